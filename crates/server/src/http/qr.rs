//! QR codes: of half blocks for the terminal, and as a drawing for a page.

use qrcode::render::unicode::Dense1x2;
use qrcode::{Color, EcLevel, QrCode};
use std::fmt::Write as _;

/// Modules of light around a code (ISO/IEC 18004: four).
const QUIET: usize = 4;

/// `text` as a QR code of half blocks, or the text itself when it is too long for one.
#[must_use]
pub fn qr(text: &str) -> String {
    match QrCode::new(text.as_bytes()) {
        // Terminals are dark: light modules are drawn, so that scanners see dark on light.
        Ok(code) => code
            .render::<Dense1x2>()
            .dark_color(Dense1x2::Light)
            .light_color(Dense1x2::Dark)
            .build(),
        Err(_) => text.to_owned(),
    }
}

/// A code as a page draws it: in a square of so many modules, dark where the path is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QrDrawing {
    pub width: usize,
    /// The path of an SVG.
    pub path: String,
}

/// `text` as a drawing; none when it is too long for a code.
#[must_use]
pub fn drawing(text: &str) -> Option<QrDrawing> {
    // The least correction: the code is read off a screen, and stays as small as can be.
    let code = QrCode::with_error_correction_level(text.as_bytes(), EcLevel::L).ok()?;
    let width = code.width();
    let mut path = String::new();
    for (y, row) in code.to_colors().chunks(width).enumerate() {
        let mut x = 0;
        while x < row.len() {
            let dark = row[x..].iter().take_while(|color| **color == Color::Dark);
            let dark = dark.count();
            if dark > 0 {
                // Writing into a string cannot fail.
                let _ = write!(path, "M{} {}h{dark}v1h-{dark}z", x + QUIET, y + QUIET);
            }
            x += dark.max(1);
        }
    }
    Some(QrDrawing {
        width: width + 2 * QUIET,
        path,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The drawing read back, module by module.
    fn modules(drawing: &QrDrawing) -> Vec<(usize, usize)> {
        let mut dark = Vec::new();
        for run in drawing.path.split('M').filter(|run| !run.is_empty()) {
            let (at, rest) = run.split_once('h').expect("a run");
            let (x, y) = at.split_once(' ').expect("a place");
            let long = rest.split_once('v').expect("a height").0;
            let number = |text: &str| text.parse::<usize>().expect("a number");
            dark.extend((number(x)..number(x) + number(long)).map(|x| (x, number(y))));
        }
        dark
    }

    #[test]
    fn a_drawing_has_every_dark_module_once_and_light_around_it() {
        let text = "https://desk.example/genuine?card=QUJD";
        let drawn = drawing(text).expect("a code");
        let code =
            QrCode::with_error_correction_level(text.as_bytes(), EcLevel::L).expect("a code");
        assert_eq!(drawn.width, code.width() + 8);
        let colors = code.to_colors();
        let mut expected = Vec::new();
        for y in 0..code.width() {
            for x in 0..code.width() {
                if colors[y * code.width() + x] == Color::Dark {
                    expected.push((x + 4, y + 4));
                }
            }
        }
        assert_eq!(modules(&drawn), expected);
        // The corner of a finder: seven dark ones above a frame.
        assert!(drawn.path.starts_with("M4 4h7v1h-7z"));
        assert_eq!(drawing(&"x".repeat(4_000)), None);
    }
}
