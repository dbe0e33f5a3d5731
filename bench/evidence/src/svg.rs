//! Plots as SVG: curves and histograms, nothing else.

use std::fmt::Write;

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 400.0;
const LEFT: f64 = 64.0;
const BOTTOM: f64 = 52.0;
const TOP: f64 = 40.0;
const RIGHT: f64 = 160.0;
/// Line colors that color-blind people tell apart (Okabe and Ito 2008).
const COLORS: [&str; 7] = [
    "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#555555",
];

/// A named line through points.
#[derive(Debug, Clone)]
pub struct Line {
    pub name: String,
    pub points: Vec<(f64, f64)>,
}

/// What is written along the edges of a plot.
#[derive(Debug, Clone, Copy)]
pub struct Labels<'a> {
    pub title: &'a str,
    pub across: &'a str,
    pub up: &'a str,
}

/// A plot of lines over fixed ranges. Points outside are held at the edge.
#[must_use]
pub fn lines(labels: Labels<'_>, across: (f64, f64), up: (f64, f64), lines: &[Line]) -> String {
    let mut svg = frame(labels, across, up);
    for (line, color) in lines.iter().zip(COLORS.iter().cycle()) {
        let path: Vec<String> = line
            .points
            .iter()
            .map(|(x, y)| format!("{:.1},{:.1}", place_x(*x, across), place_y(*y, up)))
            .collect();
        let _ = writeln!(
            svg,
            "<polyline fill=\"none\" stroke=\"{color}\" stroke-width=\"2\" points=\"{}\"/>",
            path.join(" ")
        );
    }
    legend(&mut svg, lines.iter().map(|line| line.name.as_str()));
    svg + "</svg>\n"
}

/// Histograms over each other, each as a share of its own number.
#[must_use]
pub fn histograms(
    labels: Labels<'_>,
    across: (f64, f64),
    bins: usize,
    groups: &[(String, Vec<f64>)],
) -> String {
    let lines_of: Vec<Line> = groups
        .iter()
        .map(|(name, values)| {
            let mut counts = vec![0.0_f64; bins];
            for value in values {
                let part = ((value - across.0) / (across.1 - across.0)).clamp(0.0, 1.0);
                counts[((part * bins as f64) as usize).min(bins - 1)] += 1.0;
            }
            let total = values.len().max(1) as f64;
            let step = (across.1 - across.0) / bins as f64;
            let points = counts
                .iter()
                .enumerate()
                .flat_map(|(bin, count)| {
                    let left = across.0 + step * bin as f64;
                    [(left, count / total), (left + step, count / total)]
                })
                .collect();
            Line {
                name: format!("{name} ({})", values.len()),
                points,
            }
        })
        .collect();
    let most = lines_of
        .iter()
        .flat_map(|line| line.points.iter().map(|point| point.1))
        .fold(0.0, f64::max);
    lines(labels, across, (0.0, most.max(0.01) * 1.05), &lines_of)
}

fn place_x(x: f64, range: (f64, f64)) -> f64 {
    let part = ((x - range.0) / (range.1 - range.0)).clamp(0.0, 1.0);
    LEFT + part * (WIDTH - LEFT - RIGHT)
}

fn place_y(y: f64, range: (f64, f64)) -> f64 {
    let part = ((y - range.0) / (range.1 - range.0)).clamp(0.0, 1.0);
    HEIGHT - BOTTOM - part * (HEIGHT - BOTTOM - TOP)
}

fn frame(labels: Labels<'_>, across: (f64, f64), up: (f64, f64)) -> String {
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" \
         font-size=\"12\">\n<rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#ffffff\"/>\n"
    );
    let (right, bottom) = (WIDTH - RIGHT, HEIGHT - BOTTOM);
    for step in 0..=5 {
        let part = f64::from(step) / 5.0;
        let (x, y) = (
            across.0 + part * (across.1 - across.0),
            up.0 + part * (up.1 - up.0),
        );
        let (px, py) = (place_x(x, across), place_y(y, up));
        let _ = writeln!(
            svg,
            "<path d=\"M{px:.1} {TOP}V{bottom}M{LEFT} {py:.1}H{right}\" stroke=\"#dddddd\" fill=\"none\"/>\
             <text x=\"{px:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>\
             <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
            bottom + 18.0,
            number(x),
            LEFT - 6.0,
            py + 4.0,
            number(y)
        );
    }
    let _ = writeln!(
        svg,
        "<rect x=\"{LEFT}\" y=\"{TOP}\" width=\"{:.1}\" height=\"{:.1}\" fill=\"none\" stroke=\"#333333\"/>\
         <text x=\"{LEFT}\" y=\"22\" font-size=\"14\" font-weight=\"bold\">{}</text>\
         <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>\
         <text transform=\"translate(16 {:.1}) rotate(-90)\" text-anchor=\"middle\">{}</text>",
        right - LEFT,
        bottom - TOP,
        escaped(labels.title),
        f64::midpoint(LEFT, right),
        HEIGHT - 12.0,
        escaped(labels.across),
        f64::midpoint(TOP, bottom),
        escaped(labels.up)
    );
    svg
}

fn legend<'a>(svg: &mut String, names: impl Iterator<Item = &'a str>) {
    for ((index, name), color) in (0_u32..).zip(names).zip(COLORS.iter().cycle()) {
        let y = TOP + 12.0 + 20.0 * f64::from(index);
        let x = WIDTH - RIGHT + 10.0;
        let _ = writeln!(
            svg,
            "<path d=\"M{x} {y}h16\" stroke=\"{color}\" stroke-width=\"3\"/><text x=\"{}\" y=\"{}\">{}</text>",
            x + 22.0,
            y + 4.0,
            escaped(name)
        );
    }
}

fn number(value: f64) -> String {
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::{Labels, Line, histograms, lines};

    const LABELS: Labels<'_> = Labels {
        title: "a < b",
        across: "x",
        up: "y",
    };

    #[test]
    fn a_line_is_drawn_inside_the_frame_and_its_words_are_escaped() {
        let line = Line {
            name: "ours & theirs".to_owned(),
            points: vec![(0.0, 0.0), (1.0, 1.0), (9.0, 9.0)],
        };
        let svg = lines(LABELS, (0.0, 1.0), (0.0, 1.0), &[line]);
        assert!(
            svg.contains("points=\"64.0,348.0 480.0,40.0 480.0,40.0\""),
            "{svg}"
        );
        assert!(svg.contains("a &lt; b") && svg.contains("ours &amp; theirs"));
    }

    #[test]
    fn a_histogram_counts_every_value_once() {
        let svg = histograms(
            LABELS,
            (0.0, 10.0),
            2,
            &[("all".to_owned(), vec![1.0, 2.0, 3.0, 9.0])],
        );
        assert!(svg.contains("all (4)"));
        // Three quarters of the values lie in the lower half.
        assert!(
            svg.contains(&format!(",{:.1}", 348.0 - 308.0 * 0.75 / (0.75 * 1.05))),
            "{svg}"
        );
    }
}
