//! The tables that items stand on.

use crate::math::{Vec3, cell, fraction, smoothstep, vec3, wave};
use crate::noise::{layered, unit_cell, value};
use crate::random::Random;
use crate::scene::Background;

/// One table: what it is made of, and which piece of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Table {
    kind: Background,
    seed: u32,
    /// The two main colors, linear.
    pub(crate) tone: Vec3,
    second_tone: Vec3,
}

impl Table {
    pub(crate) fn new(kind: Background, random: &mut Random) -> Self {
        let (tone, second_tone) = tones(kind, random);
        let [a, b, c, d, ..] = random.next_u64().to_le_bytes();
        Self {
            kind,
            seed: u32::from_le_bytes([a, b, c, d]),
            tone,
            second_tone,
        }
    }

    /// The color at a place, in centimeters, and how much it mirrors. Fine structure is drawn as far as `detail`, 0 to 1.
    pub(crate) fn surface(&self, x: f32, y: f32, detail: f32) -> (Vec3, f32) {
        let seed = self.seed;
        match self.kind {
            Background::Wood => {
                let plank = cell(y / 9.0);
                let shift = unit_cell(plank, 17, seed) * 300.0;
                let tone = 0.85 + 0.3 * unit_cell(plank, 18, seed);
                let warp = value((x + shift) * 0.035, y * 0.22, seed) * 5.0;
                let ring = wave((y * 1.1 + warp * 2.4 + shift) * 0.159);
                let fiber = value((x + shift) * 0.35, y * 13.0, seed ^ 2) * detail;
                let mix =
                    0.35 * ring + 0.3 * fiber + 0.2 * value((x + shift) * 0.15, y * 2.5, seed ^ 3);
                let gap = 1.0
                    - 0.6
                        * (1.0
                            - smoothstep(
                                0.05,
                                0.13,
                                (fraction(y / 9.0) * 9.0).min(9.0 - fraction(y / 9.0) * 9.0),
                            ));
                (self.tone.toward(self.second_tone, mix) * (tone * gap), 0.05)
            }
            Background::Cloth => {
                let check = |along: f32| smoothstep(0.48, 0.52, fraction(along / 6.0)) * 0.5;
                let ink = check(x) + check(y);
                let weave = (wave(x * 3.3) - 0.5) * (wave(y * 3.3) - 0.5);
                let thread = weave * 0.4 * detail + 0.12 * value(x * 5.0, y * 5.0, seed);
                let fold = layered(x * 0.06, y * 0.06, 2, seed ^ 4) - 0.5;
                (
                    self.tone.toward(self.second_tone, ink) * (0.92 + thread + fold * 0.3),
                    0.0,
                )
            }
            Background::Stone => {
                let cloud = layered(x * 0.09, y * 0.09, 2, seed);
                let vein = (layered(x * 0.05 + 40.0, y * 0.05, 2, seed ^ 6) - 0.5).abs();
                let speck = value(x * 6.0, y * 6.0, seed ^ 8);
                let mix = cloud * 0.7 + 0.5 * (1.0 - smoothstep(0.0, 0.035, vein));
                (
                    self.tone.toward(self.second_tone, mix.min(1.0)) * (0.94 + 0.1 * speck),
                    0.05,
                )
            }
            Background::Plain => {
                let grain = value(x * 4.0, y * 4.0, seed) * 0.03
                    + 0.03 * value(x * 0.05, y * 0.05, seed ^ 1);
                (self.tone * (0.97 + grain), 0.0)
            }
        }
    }
}

/// The two main colors of a background, linear.
fn tones(background: Background, random: &mut Random) -> (Vec3, Vec3) {
    let choices: &[(Vec3, Vec3)] = match background {
        Background::Wood => &[
            (vec3(0.50, 0.32, 0.17), vec3(0.30, 0.16, 0.07)),
            (vec3(0.62, 0.46, 0.29), vec3(0.44, 0.29, 0.15)),
            (vec3(0.22, 0.12, 0.06), vec3(0.10, 0.05, 0.025)),
        ],
        Background::Cloth => &[
            (vec3(0.72, 0.70, 0.66), vec3(0.42, 0.10, 0.09)),
            (vec3(0.66, 0.68, 0.70), vec3(0.12, 0.20, 0.38)),
            (vec3(0.55, 0.50, 0.42), vec3(0.42, 0.37, 0.29)),
            (vec3(0.20, 0.27, 0.24), vec3(0.14, 0.19, 0.17)),
        ],
        Background::Stone => &[
            (vec3(0.72, 0.71, 0.69), vec3(0.46, 0.46, 0.47)),
            (vec3(0.26, 0.26, 0.27), vec3(0.13, 0.13, 0.14)),
            (vec3(0.58, 0.52, 0.44), vec3(0.40, 0.34, 0.28)),
        ],
        Background::Plain => &[
            (vec3(0.70, 0.69, 0.66), vec3(0.70, 0.69, 0.66)),
            (vec3(0.55, 0.60, 0.58), vec3(0.55, 0.60, 0.58)),
            (vec3(0.72, 0.64, 0.54), vec3(0.72, 0.64, 0.54)),
        ],
    };
    choices[random.below(choices.len())]
}
