//! The before/after slider and the heat map, in the markup of the design kit: no inline style and no script of their
//! own. Without scripts the slider's pictures stand side by side.

use std::fmt::Write as _;

use aftercare_evidence::PixelBox;

use crate::html::escape;

/// One picture of a pair. `source` is an address (`data:` or a path) and is written as it is, quoted.
#[derive(Debug, Clone, Copy)]
pub struct Side<'a> {
    pub source: &'a str,
    /// What is seen, for those who do not see it.
    pub alt: &'a str,
    /// The short name on the picture.
    pub tag: &'a str,
}

/// A slider between two pictures of the same proportions: `before` is left of the knob, `after` right of it. The knob
/// starts `start` hundredths from the left. `label` tells what the slider does; `caption` stands below.
#[must_use]
pub fn slider(before: Side<'_>, after: Side<'_>, start: u32, label: &str, caption: &str) -> String {
    let mut html = String::from("<figure class=\"shot cmp whole\" data-vars><div class=\"view\">");
    for (side, class) in [(before, "tag"), (after, "tag r")] {
        let _ = write!(html, "<span class=\"{class}\">{}</span>", escape(side.tag));
    }
    for side in [before, after] {
        let _ = write!(
            html,
            "<img src=\"{}\" alt=\"{}\">",
            escape(side.source),
            escape(side.alt)
        );
    }
    let _ = write!(
        html,
        "<span class=\"knob\"><svg class=\"i\" viewBox=\"0 0 24 24\" aria-hidden=\"true\"><path d=\"M9 6l-5 6 5 6M15 6l5 6-5 6\"/></svg></span><input type=\"range\" min=\"0\" max=\"100\" value=\"{}\" data-var=\"--x\" data-unit=\"%\" aria-label=\"{}\"></div><figcaption>{}</figcaption></figure>",
        start.min(100),
        escape(label),
        escape(caption)
    );
    html
}

/// Where a slider starts so that what was found lies wholly in the photo's part, as far as that leaves some of the
/// other picture: a bit left of the leftmost box.
#[must_use]
pub fn slider_start((width, _): (u32, u32), boxes: &[PixelBox]) -> u32 {
    const MARGIN: u32 = 4;
    let left = boxes.iter().map(|one| one.x).min();
    left.filter(|_| width > 0).map_or(50, |left| {
        let hundredths = u64::from(left) * 100 / u64::from(width);
        u32::try_from(hundredths)
            .unwrap_or(50)
            .saturating_sub(MARGIN)
            .clamp(10, 90)
    })
}

/// A photo with what was found in it laid over.
#[derive(Debug, Clone, Copy)]
pub struct HeatView<'a> {
    /// Unique on the page; letters, digits and `-`.
    pub id: &'a str,
    pub photo: Side<'a>,
    /// The address of the heat map, of the photo's proportions.
    pub heat: &'a str,
    /// Width and height that the boxes are measured in.
    pub size: (u32, u32),
    pub boxes: &'a [PixelBox],
    /// The words beside the switch of the heat map, and beside its strength.
    pub switch: &'a str,
    pub strength: &'a str,
    /// The ends of the scale.
    pub low: &'a str,
    pub high: &'a str,
    pub caption: &'a str,
}

/// A photo with a heat map over it, which can be switched off (also without scripts) and weakened.
#[must_use]
pub fn heat_view(view: &HeatView<'_>) -> String {
    let id = escape(view.id);
    let mut html = format!(
        "<figure class=\"shot heatbox whole\" data-vars><div class=\"view over\"><span class=\"tag\">{}</span><img src=\"{}\" alt=\"{}\"><img class=\"heat\" src=\"{}\" alt=\"\">",
        escape(view.photo.tag),
        escape(view.photo.source),
        escape(view.photo.alt),
        escape(view.heat)
    );
    html.push_str(&boxes(view.size, view.boxes));
    let _ = write!(
        html,
        "</div><figcaption>{}</figcaption><div class=\"row\"><label class=\"switch\"><input type=\"checkbox\" checked> {}</label><label class=\"js-only s mut\" for=\"{id}\">{}</label><span class=\"grow js-only\"><input id=\"{id}\" type=\"range\" min=\"0\" max=\"1\" step=\".05\" value=\".8\" data-var=\"--heat\"></span><span class=\"legend xs mut\">{} <span class=\"ramp\" aria-hidden=\"true\"></span> {}</span></div></figure>",
        escape(view.caption),
        escape(view.switch),
        escape(view.strength),
        escape(view.low),
        escape(view.high)
    );
    html
}

/// Frames around what was found; empty when there is nothing to frame.
#[must_use]
pub(crate) fn boxes((width, height): (u32, u32), boxes: &[PixelBox]) -> String {
    if boxes.is_empty() || width == 0 || height == 0 {
        return String::new();
    }
    let mut svg = format!(
        "<svg class=\"boxes\" viewBox=\"0 0 {width} {height}\" preserveAspectRatio=\"none\" aria-hidden=\"true\">"
    );
    for one in boxes {
        let _ = write!(
            svg,
            "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/>",
            one.x, one.y, one.width, one.height
        );
    }
    svg.push_str("</svg>");
    svg
}
