//! Lines, circles, boxes and lettering, for watermarks, stickers, markers and screens.

use aftercare_scene::RgbImage;
use image::Rgb;

/// The columns of a 5 by 7 font from the space to Z; the lowest bit is the top row.
const FONT: [[u8; 5]; 59] = [
    [0, 0, 0, 0, 0],
    [0, 0, 95, 0, 0],
    [0, 7, 0, 7, 0],
    [20, 127, 20, 127, 20],
    [36, 42, 127, 42, 18],
    [35, 19, 8, 100, 98],
    [54, 73, 85, 34, 80],
    [0, 5, 3, 0, 0],
    [0, 28, 34, 65, 0],
    [0, 65, 34, 28, 0],
    [20, 8, 62, 8, 20],
    [8, 8, 62, 8, 8],
    [0, 80, 48, 0, 0],
    [8, 8, 8, 8, 8],
    [0, 96, 96, 0, 0],
    [32, 16, 8, 4, 2],
    [62, 81, 73, 69, 62],
    [0, 66, 127, 64, 0],
    [66, 97, 81, 73, 70],
    [33, 65, 69, 75, 49],
    [24, 20, 18, 127, 16],
    [39, 69, 69, 69, 57],
    [60, 74, 73, 73, 48],
    [1, 113, 9, 5, 3],
    [54, 73, 73, 73, 54],
    [6, 73, 73, 41, 30],
    [0, 54, 54, 0, 0],
    [0, 86, 54, 0, 0],
    [8, 20, 34, 65, 0],
    [20, 20, 20, 20, 20],
    [0, 65, 34, 20, 8],
    [2, 1, 81, 9, 6],
    [50, 73, 121, 65, 62],
    [126, 17, 17, 17, 126],
    [127, 73, 73, 73, 54],
    [62, 65, 65, 65, 34],
    [127, 65, 65, 34, 28],
    [127, 73, 73, 73, 65],
    [127, 9, 9, 9, 1],
    [62, 65, 73, 73, 122],
    [127, 8, 8, 8, 127],
    [0, 65, 127, 65, 0],
    [32, 64, 65, 63, 1],
    [127, 8, 20, 34, 65],
    [127, 64, 64, 64, 64],
    [127, 2, 12, 2, 127],
    [127, 4, 8, 16, 127],
    [62, 65, 65, 65, 62],
    [127, 9, 9, 9, 6],
    [62, 65, 81, 33, 94],
    [127, 9, 25, 41, 70],
    [70, 73, 73, 73, 49],
    [1, 1, 127, 1, 1],
    [63, 64, 64, 64, 63],
    [31, 32, 64, 32, 31],
    [63, 64, 56, 64, 63],
    [99, 20, 8, 20, 99],
    [7, 8, 112, 8, 7],
    [97, 81, 73, 69, 67],
];

/// Mixes `color` into a pixel that exists.
pub fn mix(picture: &mut RgbImage, x: i64, y: i64, color: [u8; 3], strength: f32) {
    let (Ok(x), Ok(y)) = (u32::try_from(x), u32::try_from(y)) else {
        return;
    };
    if x < picture.width() && y < picture.height() {
        let pixel = picture.get_pixel_mut(x, y);
        for (channel, target) in pixel.0.iter_mut().zip(color) {
            let mixed = f32::from(*channel) + (f32::from(target) - f32::from(*channel)) * strength;
            *channel = (mixed.clamp(0.0, 255.0) + 0.5) as u8;
        }
    }
}

/// A filled box.
pub fn fill(
    picture: &mut RgbImage,
    corner: (i64, i64),
    size: (i64, i64),
    color: [u8; 3],
    strength: f32,
) {
    for y in corner.1..corner.1 + size.1 {
        for x in corner.0..corner.0 + size.0 {
            mix(picture, x, y, color, strength);
        }
    }
}

/// Lettering; its corner is the upper left one. Lower case is drawn as upper case.
pub fn text(
    picture: &mut RgbImage,
    words: &str,
    corner: (i64, i64),
    scale: f32,
    color: [u8; 3],
    strength: f32,
) {
    for (place, letter) in words.to_ascii_uppercase().bytes().enumerate() {
        let Some(columns) = FONT.get(usize::from(letter.saturating_sub(32))) else {
            continue;
        };
        let left = place as f32 * 6.0 * scale;
        for y in 0..(7.0 * scale) as i64 {
            for x in 0..(5.0 * scale) as i64 {
                let (column, row) = ((x as f32 / scale) as usize, (y as f32 / scale) as u32);
                if columns.get(column).is_some_and(|bits| bits >> row & 1 == 1) {
                    mix(
                        picture,
                        corner.0 + left as i64 + x,
                        corner.1 + y,
                        color,
                        strength,
                    );
                }
            }
        }
    }
}

/// How wide [`text`] is.
#[must_use]
pub fn text_width(words: &str, scale: f32) -> f32 {
    words.len() as f32 * 6.0 * scale
}

/// A line with round ends and soft sides.
pub fn line(
    picture: &mut RgbImage,
    from: (f32, f32),
    to: (f32, f32),
    width: f32,
    color: [u8; 3],
    strength: f32,
) {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let length = (dx * dx + dy * dy).max(1e-6);
    let reach = width + 2.0;
    let (left, right) = (from.0.min(to.0) - reach, from.0.max(to.0) + reach);
    let (top, bottom) = (from.1.min(to.1) - reach, from.1.max(to.1) + reach);
    for y in top as i64..=bottom as i64 {
        for x in left as i64..=right as i64 {
            let (px, py) = (x as f32 - from.0, y as f32 - from.1);
            let part = ((px * dx + py * dy) / length).clamp(0.0, 1.0);
            let away = (px - dx * part).hypot(py - dy * part);
            let cover = (width / 2.0 + 0.5 - away).clamp(0.0, 1.0);
            if cover > 0.0 {
                mix(picture, x, y, color, strength * cover);
            }
        }
    }
}

/// The outline of an ellipse, as drawn with a marker: it does not quite close.
pub fn ring(
    picture: &mut RgbImage,
    center: (f32, f32),
    radii: (f32, f32),
    width: f32,
    color: [u8; 3],
    wobble: f32,
) {
    let steps = 72_u16;
    let place = |step: u16| {
        let angle = f32::from(step) / f32::from(steps) * 6.4 + wobble;
        let bend = 1.0
            + 0.04 * (angle * 2.0 + wobble * 7.0).sin()
            + 0.02 * f32::from(step) / f32::from(steps);
        (
            center.0 + radii.0 * bend * angle.cos(),
            center.1 + radii.1 * bend * angle.sin(),
        )
    };
    for step in 0..steps {
        line(picture, place(step), place(step + 1), width, color, 1.0);
    }
}

/// An arrow.
pub fn arrow(picture: &mut RgbImage, from: (f32, f32), to: (f32, f32), width: f32, color: [u8; 3]) {
    line(picture, from, to, width, color, 1.0);
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let length = dx.hypot(dy).max(1.0);
    let (dx, dy) = (dx / length, dy / length);
    let head = width * 5.0;
    for turn in [2.6_f32, -2.6] {
        let (sin, cos) = turn.sin_cos();
        let end = (
            to.0 + (dx * cos - dy * sin) * head,
            to.1 + (dx * sin + dy * cos) * head,
        );
        line(picture, to, end, width, color, 1.0);
    }
}

/// A picture of one color.
#[must_use]
pub fn sheet(width: u32, height: u32, color: [u8; 3]) -> RgbImage {
    RgbImage::from_pixel(width, height, Rgb(color))
}

/// Pictures side by side with a caption each, for looking at.
#[must_use]
pub fn contact_sheet(pictures: &[(String, RgbImage)], columns: u32, cell: u32) -> RgbImage {
    let caption = 14;
    let rows = (pictures.len() as u32).div_ceil(columns);
    let height = cell * 3 / 4 + caption;
    let mut whole = sheet(columns * (cell + 4), rows * (height + 4), [30, 30, 30]);
    for (index, (name, picture)) in (0_u32..).zip(pictures) {
        let scale = (f64::from(cell) / f64::from(picture.width()))
            .min(f64::from(cell) * 0.75 / f64::from(picture.height()));
        let small = image::imageops::thumbnail(
            picture,
            ((f64::from(picture.width()) * scale) as u32).max(1),
            ((f64::from(picture.height()) * scale) as u32).max(1),
        );
        let (x, y) = (index % columns * (cell + 4), index / columns * (height + 4));
        image::imageops::replace(&mut whole, &small, i64::from(x), i64::from(y + caption));
        text(
            &mut whole,
            name,
            (i64::from(x) + 2, i64::from(y) + 3),
            1.0,
            [255, 220, 120],
            1.0,
        );
    }
    whole
}
