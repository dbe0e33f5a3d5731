//! What surfaces look like: glaze, metal, cloth, timber, fruit, print and paper.

use std::f32::consts::TAU;

use crate::artwork;
use crate::math::{Vec3, cell, fraction, hypotenuse, smoothstep, vec3};
use crate::noise::{hash_cell, layered, unit_cell, value};

/// A decoration of glazed ware, drawn along the surface.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Pattern {
    Plain,
    Bands,
    Dots,
    Petals,
    Waves,
}

/// How a part is made.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Material {
    /// Glazed ceramic or enamel; `flat` ware is decorated along its radius, upright ware along its height.
    Glaze {
        color: Vec3,
        accent: Vec3,
        pattern: Pattern,
        flat: bool,
        low: f32,
        high: f32,
        seed: u32,
    },
    Metal {
        tint: Vec3,
    },
    Plastic {
        color: Vec3,
    },
    Fabric {
        color: Vec3,
        glow: Vec3,
    },
    Timber {
        color: Vec3,
        seed: u32,
    },
    Orange {
        seed: u32,
    },
    Apple {
        seed: u32,
    },
    /// A printed carton; `half` is half its size.
    Print {
        color: Vec3,
        accent: Vec3,
        half: Vec3,
        seed: u32,
        /// How far the print lies beside its place, in centimeters.
        shift: (f32, f32),
    },
    /// Full-color print: pictures, lettering, tables; `half` is half the size of the block.
    Artwork {
        half: Vec3,
        seed: u32,
        /// How far the print lies beside its place, in centimeters.
        shift: (f32, f32),
    },
    /// Equal decorated tiles.
    Tiles {
        side: f32,
        color: Vec3,
        accent: Vec3,
        seed: u32,
    },
    /// Paper with lines of writing.
    Writing {
        half: Vec3,
        seed: u32,
    },
}

/// The optical properties at one point.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Surface {
    pub(crate) albedo: Vec3,
    /// Reflectivity seen straight on, 0 to 1.
    pub(crate) mirror: f32,
    /// Whether reflections take the color of the surface.
    pub(crate) metal: bool,
    pub(crate) glow: Vec3,
    /// Added to the normal before it is normalized again, in the part's frame.
    pub(crate) bump: Vec3,
}

impl Surface {
    pub(crate) const fn matte(albedo: Vec3) -> Self {
        Self {
            albedo,
            mirror: 0.0,
            metal: false,
            glow: Vec3::ZERO,
            bump: Vec3::ZERO,
        }
    }

    const fn glossy(albedo: Vec3, mirror: f32) -> Self {
        Self {
            mirror,
            ..Self::matte(albedo)
        }
    }
}

impl Material {
    /// Moves the print, if there is one; says whether there is.
    pub(crate) const fn shift_print(&mut self, by: (f32, f32)) -> bool {
        match self {
            Self::Print { shift, .. } | Self::Artwork { shift, .. } => {
                *shift = by;
                true
            }
            _ => false,
        }
    }

    pub(crate) fn surface(&self, local: Vec3, normal: Vec3) -> Surface {
        match *self {
            Self::Glaze {
                color,
                accent,
                pattern,
                flat,
                low,
                high,
                seed,
            } => {
                let angle = local.y.atan2(local.x) / TAU + 0.5;
                let along = if flat {
                    hypotenuse(local.x, local.y)
                } else {
                    local.z
                };
                let part = (along - low) / (high - low);
                let ink = pattern.ink(angle, part, seed);
                let speckle = 0.97
                    + 0.06
                        * value(
                            local.x * 9.0 + local.z * 7.0,
                            local.y * 9.0 - local.z * 5.0,
                            seed,
                        );
                Surface::glossy(color.toward(accent, ink) * speckle, 0.05)
            }
            Self::Metal { tint } => {
                let brushed = value(hypotenuse(local.x, local.y) * 0.4, local.z * 40.0, 7) - 0.5;
                Surface {
                    mirror: 0.62,
                    metal: true,
                    bump: vec3(0.0, 0.0, brushed * 0.03),
                    ..Surface::matte(tint * 0.45)
                }
            }
            Self::Plastic { color } => Surface::glossy(color, 0.045),
            Self::Fabric { color, glow } => {
                let angle = local.y.atan2(local.x) * 60.0;
                let weave = 0.86 + 0.14 * value(angle, local.z * 11.0, 3)
                    - 0.1 * value(angle * 0.4, local.z * 2.0, 5);
                Surface {
                    glow: glow * weave,
                    ..Surface::matte(color * weave)
                }
            }
            Self::Timber { color, seed } => {
                let grain = layered(
                    local.x * 0.35 + local.y * 0.3,
                    (local.z + local.y) * 4.0,
                    3,
                    seed,
                );
                let fiber = value(local.x * 0.8, (local.z + local.y) * 22.0, seed ^ 1);
                Surface::glossy(color * (0.62 + 0.45 * grain + 0.12 * fiber), 0.015)
            }
            Self::Orange { seed } => orange(local, normal, seed),
            Self::Apple { seed } => apple(local, normal, seed),
            Self::Print {
                color,
                accent,
                half,
                seed,
                shift,
            } => printed(local, normal, half, (color, accent), seed, shift),
            Self::Artwork { half, seed, shift } => {
                let face = face(local, normal, half);
                let (x, y) = (face.0 + shift.0, face.1 + shift.1);
                let side = face_number(normal);
                Surface::glossy(artwork::color(x, y, face.2, face.3, seed ^ side), 0.025)
            }
            Self::Tiles {
                side,
                color,
                accent,
                seed,
            } => artwork::tiles(local, side, color, accent, seed),
            Self::Writing { half, seed } => Surface::matte(writing(local, half, seed)),
        }
    }
}

impl Pattern {
    /// How much of the accent color is at `angle` (0 to 1 around) and `part` (0 to 1 along); both edges are soft.
    fn ink(self, angle: f32, part: f32, seed: u32) -> f32 {
        let shift = unit_cell(1, 0, seed);
        let edge = |distance: f32, size: f32| 1.0 - smoothstep(size * 0.9, size * 1.1, distance);
        match self {
            Self::Plain => 0.0,
            Self::Bands => {
                let center = 0.3 + 0.4 * shift;
                let wide = edge((part - center).abs(), 0.09 + 0.05 * unit_cell(2, 0, seed));
                let thin = edge((part - center - 0.2).abs(), 0.018)
                    .max(edge((part - center + 0.2).abs(), 0.018));
                wide.max(thin)
            }
            Self::Dots => {
                let (columns, rows) = (14.0, 5.0);
                let row = (part * rows).floor();
                let across = fraction(angle * columns + 0.5 * fraction(row * 0.5) * 2.0) - 0.5;
                let down = fraction(part * rows) - 0.5;
                if (0.0..rows).contains(&row) {
                    edge(hypotenuse(across, down), 0.2 + 0.12 * shift)
                } else {
                    0.0
                }
            }
            Self::Petals => {
                let count = 7.0 + (shift * 5.0).floor();
                let across = (fraction(angle * count) - 0.5) * 2.0;
                let up = (part - 0.52) * 3.0;
                let leaf = |turn: f32| {
                    let (sin, cos) = turn.sin_cos();
                    let (x, y) = (across * cos - up * sin, across * sin + up * cos - 0.42);
                    edge(hypotenuse(x / 0.2, y / 0.42), 1.0)
                };
                let flower = leaf(0.0)
                    .max(leaf(1.256))
                    .max(leaf(-1.256))
                    .max(leaf(2.513))
                    .max(leaf(-2.513));
                let line = edge((part - 0.12).abs(), 0.015).max(edge((part - 0.92).abs(), 0.015));
                flower.max(line)
            }
            Self::Waves => {
                let wave = (angle * TAU * (5.0 + (shift * 4.0).floor())).sin() * 0.045;
                let lines = fraction((part + wave) * (4.0 + (unit_cell(3, 0, seed) * 3.0).floor()));
                if (0.08..0.92).contains(&part) {
                    edge((lines - 0.5).abs(), 0.16)
                } else {
                    0.0
                }
            }
        }
    }
}

fn orange(local: Vec3, normal: Vec3, seed: u32) -> Surface {
    let (x, y) = (
        normal.x * 3.0 + normal.z * 1.3,
        normal.y * 3.0 - normal.z * 0.7,
    );
    let tone = layered(x, y, 3, seed);
    let color = vec3(0.86, 0.33, 0.035).toward(vec3(0.78, 0.46, 0.05), tone);
    let pores = vec3(
        value(local.x * 7.0 + local.z * 3.0, local.y * 7.0, seed ^ 11) - 0.5,
        value(local.y * 7.0, local.z * 7.0 + local.x * 3.0, seed ^ 12) - 0.5,
        0.0,
    );
    let stem = 1.0 - smoothstep(0.985, 0.993, normal.z);
    Surface {
        bump: pores * 0.22,
        ..Surface::glossy(vec3(0.2, 0.2, 0.04).toward(color, stem), 0.014)
    }
}

fn apple(local: Vec3, normal: Vec3, seed: u32) -> Surface {
    let angle = normal.y.atan2(normal.x);
    let streak = value(angle * 9.0, normal.z * 1.5, seed) * 0.6
        + 0.4 * layered(angle * 2.0, normal.z * 2.0, 2, seed ^ 5);
    let blush = smoothstep(0.1, 0.75, streak + 0.25 * normal.x);
    let color = vec3(0.72, 0.55, 0.12).toward(vec3(0.55, 0.03, 0.03), blush);
    let dot = value(
        local.x * 6.0 + local.z * 4.0,
        local.y * 6.0 + local.z * 2.0,
        seed ^ 9,
    );
    let color = color.toward(vec3(0.8, 0.7, 0.4), smoothstep(0.86, 0.92, dot) * 0.5);
    let stem = 1.0 - smoothstep(0.97, 0.99, normal.z);
    Surface::glossy(vec3(0.16, 0.11, 0.04).toward(color, stem), 0.02)
}

/// Which two coordinates lie in the face, and half the size of the face.
fn face(local: Vec3, normal: Vec3, half: Vec3) -> (f32, f32, f32, f32) {
    if normal.z.abs() > 0.5 {
        (local.x, local.y, half.x, half.y)
    } else if normal.y.abs() > 0.5 {
        (local.x, local.z, half.x, half.z)
    } else {
        (local.y, local.z, half.y, half.z)
    }
}

/// A number for each pair of opposite faces, so that they are printed differently.
fn face_number(normal: Vec3) -> u32 {
    if normal.z.abs() > 0.5 {
        0x51ED
    } else if normal.y.abs() > 0.5 {
        0
    } else {
        0xA7C3
    }
}

fn printed(
    local: Vec3,
    normal: Vec3,
    half: Vec3,
    (color, accent): (Vec3, Vec3),
    seed: u32,
    shift: (f32, f32),
) -> Surface {
    let (x, y, half_x, half_y) = face(local, normal, half);
    let (x, y) = (x + shift.0, y + shift.1);
    let border = (half_x - x.abs()).min(half_y - y.abs());
    let line =
        |distance: f32, width: f32| 1.0 - smoothstep(width * 0.7, width * 1.3, distance.abs());
    let mut ink = line(border - 0.6, 0.12).max(line(border - 0.95, 0.05));
    if normal.z > 0.5 {
        let center = half_x * (0.2 * unit_cell(5, 1, seed) - 0.35);
        let radius = hypotenuse(x - center, y);
        let angle = y.atan2(x - center);
        let petals = 6.0 + (unit_cell(6, 1, seed) * 6.0).floor();
        let rosette = radius / half_y - 0.45 - 0.12 * (angle * petals).cos();
        ink = ink
            .max(1.0 - smoothstep(-0.01, 0.01, rosette) - line(radius - half_y * 0.25, 0.25))
            .max(line(radius - half_y * 0.68, 0.1));
        // A column of invented characters at the right.
        let (column, row) = ((x - half_x * 0.38) / 1.5, (y + half_y * 0.72) / 1.5);
        if (0.0..2.0).contains(&column) && (0.0..half_y * 0.96).contains(&row) {
            ink = ink.max(glyph(
                fraction(column),
                fraction(row),
                hash_cell(cell(column), cell(row), seed),
            ));
        }
    } else {
        ink = ink.max(
            line(fraction(x * 0.35 + 0.5 * fraction(y)) - 0.5, 0.08) * smoothstep(1.0, 1.2, border),
        );
    }
    let paper = 0.96 + 0.06 * value(x * 14.0, y * 14.0, seed ^ 3);
    Surface::glossy(color.toward(accent, ink.clamp(0.0, 1.0)) * paper, 0.03)
}

/// An invented character: strokes of a 4 × 4 grid, the same for the same bits.
pub(crate) fn glyph(x: f32, y: f32, bits: u32) -> f32 {
    if !(0.1..0.9).contains(&x) || !(0.1..0.9).contains(&y) {
        return 0.0;
    }
    let (across, down) = ((x - 0.1) * 5.0, (y - 0.1) * 5.0);
    let horizontal =
        (fraction(down) - 0.5).abs() < 0.22 && bits >> cell(down).rem_euclid(4) & 1 == 1;
    let vertical =
        (fraction(across) - 0.5).abs() < 0.22 && bits >> (8 + cell(across).rem_euclid(4)) & 1 == 1;
    if horizontal || vertical { 1.0 } else { 0.0 }
}

fn writing(local: Vec3, half: Vec3, seed: u32) -> Vec3 {
    let paper = vec3(0.82, 0.81, 0.78) * (0.97 + 0.05 * value(local.x * 6.0, local.y * 6.0, seed));
    let (left, top) = (local.x + half.x - 2.0, half.y - 2.2 - local.y);
    let (column, row) = (left / 0.62, top / 1.0);
    let (rows, columns) = (
        (half.y * 2.0 - 4.4).floor(),
        ((half.x * 2.0 - 4.0) / 0.62).floor(),
    );
    if !(0.0..columns).contains(&column) || !(0.0..rows).contains(&row) {
        return paper;
    }
    // Paragraphs end early, and some lines are left empty.
    let end = if unit_cell(cell(row), 71, seed) < 0.25 {
        columns * unit_cell(cell(row), 72, seed)
    } else {
        columns
    };
    let height = fraction(row) / 0.62;
    if column > end || height > 1.0 || unit_cell(cell(row), 73, seed) < 0.08 {
        return paper;
    }
    let ink = glyph(
        fraction(column),
        height,
        hash_cell(cell(column), cell(row), seed),
    );
    paper.toward(vec3(0.05, 0.05, 0.06), ink)
}
