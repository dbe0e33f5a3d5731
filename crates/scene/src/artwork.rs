//! Full-color print: what is on cartons, books and posters. Every design is laid out from its seed.

use crate::material::{Surface, glyph};
use crate::math::{Vec3, cell, fraction, hypotenuse, smoothstep, vec3};
use crate::noise::{hash_cell, layered, unit_cell, value};

/// Shapes in the picture of a design.
const SHAPES: i32 = 9;

/// Inks, linear.
const INKS: [Vec3; 10] = [
    vec3(0.78, 0.76, 0.70),
    vec3(0.70, 0.10, 0.06),
    vec3(0.06, 0.16, 0.42),
    vec3(0.80, 0.58, 0.08),
    vec3(0.08, 0.30, 0.14),
    vec3(0.05, 0.05, 0.06),
    vec3(0.55, 0.22, 0.34),
    vec3(0.20, 0.48, 0.56),
    vec3(0.62, 0.40, 0.24),
    vec3(0.40, 0.52, 0.20),
];

fn ink(number: i32, seed: u32) -> Vec3 {
    let count = u32::try_from(INKS.len()).unwrap_or(1);
    let index = hash_cell(number, 91, seed) % count;
    INKS[usize::try_from(index).unwrap_or(0)]
}

/// The color at a place of a face `half_x` by `half_y`, in centimeters from its middle.
pub(crate) fn color(x: f32, y: f32, half_x: f32, half_y: f32, seed: u32) -> Vec3 {
    let unit = half_x.min(half_y);
    let (u, v) = (x / half_x, y / half_y);
    let ground = ink(0, seed).toward(ink(1, seed), smoothstep(-1.2, 1.2, v));
    let paper = 0.97 + 0.05 * value(x * 14.0, y * 14.0, seed ^ 3);
    let mut color = ground;
    // The picture takes the upper part, the lettering the lower.
    let parting = -0.15 + 0.3 * unit_cell(3, 5, seed);
    if v > parting {
        color = picture(x / unit, y / unit, color, seed);
    } else {
        color = lettering(x, y + half_y, half_x, (1.0 + parting) * half_y, color, seed);
    }
    // A title across the parting line.
    let band = (v - parting - 0.16) * half_y;
    let height = half_y * 0.13;
    if band.abs() < height {
        let ground = ink(2, seed);
        color = color.toward(ground, 0.85);
        let row = (band / height + 1.0) / 2.0;
        let column = (u + 0.85) * half_x / (height * 1.7);
        let length = 5.0 + (unit_cell(7, 7, seed) * 6.0).floor();
        if (0.0..length).contains(&column) && (0.1..0.9).contains(&row) {
            let bits = hash_cell(cell(column), 400, seed);
            let letter = if ground.x + ground.y + ground.z > 1.1 {
                vec3(0.04, 0.04, 0.06)
            } else {
                vec3(0.80, 0.79, 0.74)
            };
            color = color.toward(letter, glyph(fraction(column), (row - 0.1) / 0.8, bits));
        }
    }
    // A thin frame.
    let border = (half_x - x.abs()).min(half_y - y.abs());
    let frame = 1.0 - smoothstep(0.02, 0.05, (border - unit * 0.05).abs());
    color.toward(ink(5, seed), frame * 0.8) * paper
}

/// Discs, bars and leaves over a cloudy ground.
fn picture(x: f32, y: f32, ground: Vec3, seed: u32) -> Vec3 {
    let cloud = layered(x * 2.6 + 7.0, y * 2.6, 4, seed ^ 21);
    let mut color = ground.toward(ink(9, seed), smoothstep(0.35, 0.7, cloud) * 0.7);
    for number in 0..SHAPES {
        let place = |row: i32| unit_cell(number, row, seed);
        let (left, up) = (x - (place(31) * 2.2 - 1.1), y - (place(32) * 1.3 - 0.3));
        let (sin, cos) = (place(33) * 6.3).sin_cos();
        let (across, along) = (left * cos + up * sin, up * cos - left * sin);
        let size = 0.12 + 0.3 * place(34);
        let field = match hash_cell(number, 35, seed) % 4 {
            0 => hypotenuse(across, along) / size,
            1 => (across.abs() / (size * 0.4)).max(along.abs() / size),
            2 => hypotenuse(across / (size * 0.45), along / size),
            _ => {
                let petal = 1.0 + 0.35 * (along.atan2(across) * 6.0).cos();
                hypotenuse(across, along) / (size * petal)
            }
        };
        if field < 1.04 {
            let shade = 0.75 + 0.5 * layered(across * 9.0, along * 9.0, 3, seed ^ 45);
            let body = ink(10 + number, seed) * (shade * (1.0 - 0.25 * field * field));
            let rim = smoothstep(0.86, 0.9, field);
            let body = body.toward(ink(30 + number, seed), rim);
            color = color.toward(body, 1.0 - smoothstep(0.98, 1.02, field));
        }
    }
    color
}

/// Lines of small type, a table and a bar code. `up` is above the lower edge, `height` that of the area.
fn lettering(x: f32, up: f32, half_x: f32, height: f32, ground: Vec3, seed: u32) -> Vec3 {
    let light = ground.x + ground.y + ground.z > 0.9;
    let letter = if light {
        vec3(0.05, 0.05, 0.07)
    } else {
        vec3(0.76, 0.75, 0.70)
    };
    let left = x + half_x;
    let margin = half_x * 0.14;
    let down = height - up - height * 0.22;
    // The bar code in the lower right corner.
    let code = (left - half_x * 1.35) / (half_x * 0.5);
    if (0.0..1.0).contains(&code) && (height * 0.1..height * 0.36).contains(&up) {
        let bar = unit_cell(cell(code * 56.0), 600, seed) < 0.5;
        let quiet = !(0.06..0.94).contains(&code);
        return if bar && !quiet {
            vec3(0.03, 0.03, 0.03)
        } else {
            vec3(0.80, 0.80, 0.78)
        };
    }
    let line = (height * 0.072).max(0.16);
    let row = down / line;
    let column = (left - margin) / (line * 0.62);
    if row < 0.0 || column < 0.0 || up < height * 0.06 || left > half_x * 2.0 - margin {
        return ground;
    }
    let index = cell(row);
    let reach = (half_x * 2.0 - 2.0 * margin) / (line * 0.62);
    let end = reach * (0.45 + 0.5 * unit_cell(index, 71, seed));
    let part = fraction(row) / 0.66;
    if column > end || part > 1.0 || unit_cell(index, 73, seed) < 0.1 {
        return ground;
    }
    let bits = hash_cell(cell(column), index, seed ^ 0x7E87);
    let space = unit_cell(cell(column), index, seed ^ 0x19) < 0.14;
    if space {
        ground
    } else {
        ground.toward(letter, glyph(fraction(column), part, bits))
    }
}

/// Decorated tiles, each the same but for the tone of its firing.
pub(crate) fn tiles(local: Vec3, side: f32, color: Vec3, accent: Vec3, seed: u32) -> Surface {
    let (column, row) = (local.x / side, local.y / side);
    let (x, y) = (fraction(column) - 0.5, fraction(row) - 0.5);
    let joint = (0.5 - x.abs()).min(0.5 - y.abs()) * side;
    if joint < 0.12 {
        let grain = 0.9 + 0.2 * value(local.x * 9.0, local.y * 9.0, seed ^ 2);
        return Surface::matte(vec3(0.42, 0.40, 0.37) * grain);
    }
    let radius = hypotenuse(x, y);
    let petals = 4.0 + 2.0 * (unit_cell(2, 2, seed) * 3.0).floor();
    let flower = 0.26 + 0.08 * (y.atan2(x) * petals).cos();
    let ring = (radius - 0.42).abs();
    let ink =
        (1.0 - smoothstep(-0.01, 0.01, radius - flower)).max(1.0 - smoothstep(0.012, 0.024, ring));
    let tone = 0.97 + 0.06 * unit_cell(cell(column), cell(row), seed);
    let glaze = 0.98 + 0.04 * value(local.x * 2.0, local.y * 2.0, seed ^ 5);
    let mut surface = Surface::matte(color.toward(accent, ink) * (tone * glaze));
    surface.mirror = 0.04;
    surface
}
