//! Damage as part of an object: it lies on the surface, so every view shows it in the right place.

use crate::math::{Frame, Vec3, hypotenuse, smoothstep, vec3};
use crate::noise::{layered, value};
use crate::random::Random;

/// A kind of damage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Damage {
    /// A jagged line with branches.
    Crack,
    /// A piece broken off, mostly at an edge.
    Chip,
    /// A blot of liquid, soot or rot.
    Stain,
}

impl Damage {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::Crack, Self::Chip, Self::Stain];
}

/// One straight piece of a crack, in the plane of the surface.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stroke {
    from: (f32, f32),
    to: (f32, f32),
    width: f32,
}

impl Stroke {
    /// Distance from a point to the piece, over its half width: below 1 is inside.
    fn depth(&self, x: f32, y: f32) -> f32 {
        let (dx, dy) = (self.to.0 - self.from.0, self.to.1 - self.from.1);
        let (px, py) = (x - self.from.0, y - self.from.1);
        let part = ((px * dx + py * dy) / (dx * dx + dy * dy).max(1e-9)).clamp(0.0, 1.0);
        hypotenuse(px - dx * part, py - dy * part) / self.width
    }
}

/// A jagged polyline with branches, from the origin toward negative y, about `length` long.
pub(crate) fn crack_strokes(random: &mut Random, length: f32, width: f32) -> Vec<Stroke> {
    let mut strokes = Vec::new();
    let mut pending = vec![(
        (0.0, 0.0),
        random.between(-0.4, 0.4) - std::f32::consts::FRAC_PI_2,
        length,
        width,
        0,
    )];
    while let Some((mut at, mut heading, length, width, generation)) = pending.pop() {
        let steps = if generation == 0 { 12 } else { 6 };
        let mut left = steps;
        let mut here = width;
        while left > 0 {
            heading += random.between(-0.55, 0.55);
            let step = length / 12.0 * random.between(0.6, 1.4);
            let to = (at.0 + heading.cos() * step, at.1 + heading.sin() * step);
            strokes.push(Stroke {
                from: at,
                to,
                width: here,
            });
            at = to;
            here *= 0.93;
            left -= 1;
            if generation < 2 && random.unit() < 0.22 {
                let turn = if random.unit() < 0.5 { 0.8 } else { -0.8 };
                pending.push((at, heading + turn, length * 0.6, here * 0.7, generation + 1));
            }
        }
    }
    strokes
}

/// How deep in a crack a point is: 0 outside, 1 at the middle.
pub(crate) fn crack_depth(strokes: &[Stroke], x: f32, y: f32) -> f32 {
    let nearest = strokes
        .iter()
        .map(|stroke| stroke.depth(x, y))
        .fold(f32::INFINITY, f32::min);
    1.0 - smoothstep(0.35, 1.2, nearest)
}

/// How strong a blot is at a point, for a blot of radius 1: 0 outside; stronger at its rim, as liquids dry.
pub(crate) fn stain_strength(x: f32, y: f32, seed: u32) -> f32 {
    let ragged = hypotenuse(x, y) + 0.55 * (layered(x * 1.7 + 9.0, y * 1.7 + 5.0, 3, seed) - 0.5);
    let body = 1.0 - smoothstep(0.72, 0.84, ragged);
    let rim = smoothstep(0.55, 0.76, ragged) * body;
    body * (0.5 + 0.3 * layered(x * 3.0, y * 3.0, 3, seed ^ 77)) + rim * 0.4
}

/// How far inside a broken-off piece of radius 1 a point is: below 1 is broken, near 0 is the deepest.
pub(crate) fn chip_field(x: f32, y: f32, seed: u32) -> f32 {
    hypotenuse(x, y * 1.15) * (0.75 + 0.5 * value(y.atan2(x) * 2.2 + 20.0, 0.5, seed))
}

/// What damage does at a point.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Effect {
    None,
    /// The surface is darker by this much, 0 to 1.
    Crack(f32),
    /// The raw material shows, with an uneven surface.
    Raw {
        bump: Vec3,
        shade: f32,
    },
    /// The surface is mixed with the color of the stain by this much, 0 to 1.
    Stain(f32),
}

/// Damage at its place on an item.
#[derive(Debug, Clone)]
pub(crate) struct PlacedDamage {
    pub(crate) kind: Damage,
    /// Origin on the surface, third axis outward, second axis up along the surface.
    frame: Frame,
    /// In centimeters.
    radius: f32,
    strokes: Vec<Stroke>,
    seed: u32,
    /// Whether a chip goes through the wall.
    thin: bool,
}

impl PlacedDamage {
    pub(crate) fn new(kind: Damage, frame: Frame, size: f32, thin: bool, seed: u64) -> Self {
        let mut random = Random::for_purpose(seed, 0xDA3A);
        let (mut frame, radius) = match kind {
            Damage::Crack => (frame, size * 1.25),
            Damage::Chip => (frame, size * random.between(0.24, 0.32)),
            Damage::Stain => (frame, size * random.between(0.4, 0.55)),
        };
        let slide = random.between(-0.3, 0.3) * size;
        frame.origin = frame.origin + frame.x * slide;
        let strokes = if kind == Damage::Crack {
            let width = size * random.between(0.011, 0.016);
            crack_strokes(&mut random, size * 1.1, width)
        } else {
            Vec::new()
        };
        let [a, b, c, d, ..] = random.next_u64().to_le_bytes();
        Self {
            kind,
            frame,
            radius,
            strokes,
            seed: u32::from_le_bytes([a, b, c, d]),
            thin,
        }
    }

    /// The point in the plane of the damage, if it is near.
    fn flatten(&self, point: Vec3) -> Option<(f32, f32)> {
        let local = self.frame.point_in(point);
        let near = local.x * local.x + local.y * local.y < self.radius * self.radius * 2.25
            && local.z.abs() < self.radius.max(0.8);
        near.then_some((local.x, local.y))
    }

    /// Whether the material is gone at this point.
    pub(crate) fn is_hole(&self, point: Vec3) -> bool {
        self.kind == Damage::Chip
            && self.thin
            && self.flatten(point).is_some_and(|(x, y)| {
                chip_field(x / self.radius, y / self.radius, self.seed) < 0.62
            })
    }

    /// The effect at a point whose surface faces along `normal`. A crack and a chip go through a wall; a stain stays on
    /// its side.
    pub(crate) fn effect(&self, point: Vec3, normal: Vec3) -> Effect {
        if self.kind == Damage::Stain && normal.dot(self.frame.z) < 0.05 {
            return Effect::None;
        }
        let Some((x, y)) = self.flatten(point) else {
            return Effect::None;
        };
        match self.kind {
            Damage::Crack => match crack_depth(&self.strokes, x, y) {
                depth if depth > 0.0 => Effect::Crack(depth),
                _ => Effect::None,
            },
            Damage::Chip => {
                let field = chip_field(x / self.radius, y / self.radius, self.seed);
                if field > 1.0 {
                    return Effect::None;
                }
                let grain = |offset: f32| value(x * 6.0 + offset, y * 6.0, self.seed ^ 5) - 0.5;
                let slope = self.frame.x * (-x / self.radius) + self.frame.y * (-y / self.radius);
                Effect::Raw {
                    bump: slope * 0.8 + vec3(grain(0.0), grain(31.0), grain(67.0)) * 0.7,
                    shade: 0.55 + 0.45 * smoothstep(0.3, 0.95, field)
                        - 0.25 * smoothstep(0.9, 1.0, field),
                }
            }
            Damage::Stain => match stain_strength(x / self.radius, y / self.radius, self.seed) {
                strength if strength > 0.0 => Effect::Stain(strength.min(1.0)),
                _ => Effect::None,
            },
        }
    }
}
