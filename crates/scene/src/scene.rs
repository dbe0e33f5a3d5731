//! The scene: one item on a table, a lamp or window as the light, a point of view.

use image::RgbImage;

use crate::damage::Damage;
use crate::item::ItemKind;
use crate::limits::{MAX_NEIGHBORS, MAX_SIDE, MIN_SIDE};
use crate::random::Random;
use crate::trace::render_linear;

/// What the item stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Background {
    Wood,
    Cloth,
    Stone,
    /// Plain plaster or paint.
    Plain,
}

impl Background {
    /// All backgrounds.
    pub const ALL: [Self; 4] = [Self::Wood, Self::Cloth, Self::Stone, Self::Plain];
}

/// Where the camera is. Angles in degrees.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct View {
    /// Around the item; 0 is its front.
    pub azimuth: f32,
    /// Above the table; 90 looks straight down.
    pub elevation: f32,
    /// 1 fills the shorter side of the picture with the item and a margin; 2 is twice as far away.
    pub distance: f32,
    /// Turn of the camera about its axis.
    pub roll: f32,
    /// Shift of the item in the picture, as a part of its shorter side.
    pub shift: (f32, f32),
    /// Turn of the camera about its own center, right and up: what a panorama does.
    pub pan: (f32, f32),
}

impl Default for View {
    fn default() -> Self {
        Self {
            azimuth: 0.0,
            elevation: 32.0,
            distance: 1.0,
            roll: 0.0,
            shift: (0.0, 0.0),
            pan: (0.0, 0.0),
        }
    }
}

impl View {
    /// A view that a person might take by hand.
    #[must_use]
    pub fn by_hand(seed: u64) -> Self {
        let mut random = Random::for_purpose(seed, 0x71E3);
        Self {
            azimuth: random.between(-38.0, 38.0),
            elevation: random.between(22.0, 55.0),
            distance: random.between(0.95, 1.35),
            roll: random.between(-5.0, 5.0),
            shift: (random.between(-0.1, 0.1), random.between(-0.08, 0.08)),
            pan: (0.0, 0.0),
        }
    }

    /// Straight down, as a document is photographed.
    #[must_use]
    pub fn from_above() -> Self {
        Self {
            elevation: 88.0,
            ..Self::default()
        }
    }
}

/// The main light: a window or lamp. Angles in degrees, as in [`View`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Light {
    pub azimuth: f32,
    pub elevation: f32,
    /// 1 is a well-lit room.
    pub strength: f32,
    /// 0 is daylight, 1 a warm lamp.
    pub warmth: f32,
}

impl Light {
    /// A light that a room might have.
    #[must_use]
    pub fn in_a_room(seed: u64) -> Self {
        let mut random = Random::for_purpose(seed, 0x1137);
        Self {
            azimuth: random.between(-120.0, 120.0),
            elevation: random.between(38.0, 68.0),
            strength: random.between(0.75, 1.15),
            warmth: random.between(0.0, 0.8),
        }
    }
}

/// One item in one place. Build it up, then [`Scene::render`] it or let a camera shoot it.
#[derive(Debug, Clone)]
pub struct Scene {
    pub(crate) kind: ItemKind,
    pub(crate) design: u64,
    pub(crate) background: (Background, u64),
    pub(crate) view: View,
    pub(crate) light: Light,
    pub(crate) yaw: f32,
    pub(crate) damages: Vec<(Damage, u64)>,
    pub(crate) neighbors: Vec<Neighbor>,
    pub(crate) unit: u64,
}

/// Another item on the same table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Neighbor {
    pub kind: ItemKind,
    pub design: u64,
    /// Where it stands, in centimeters right of the middle of the table and behind it.
    pub place: (f32, f32),
    /// Its turn, in degrees.
    pub yaw: f32,
}

impl Scene {
    /// The design `seed` of an item, on a background, in a light and view that follow from the seed.
    #[must_use]
    pub fn new(kind: ItemKind, seed: u64) -> Self {
        let mut random = Random::for_purpose(seed, 0x5CE4);
        let background = match kind {
            ItemKind::BlankWall | ItemKind::Tiles => Background::Plain,
            _ => Background::ALL[random.below(3)],
        };
        let view = match kind {
            ItemKind::Document | ItemKind::BlankWall | ItemKind::Tiles => View::from_above(),
            ItemKind::Poster => View {
                elevation: 8.0,
                ..View::default()
            },
            _ => View {
                azimuth: random.between(-12.0, 12.0),
                elevation: random.between(26.0, 40.0),
                ..View::default()
            },
        };
        Self {
            kind,
            design: seed,
            background: (background, random.next_u64()),
            view,
            light: Light::in_a_room(seed),
            yaw: random.between(-25.0, 25.0),
            damages: Vec::new(),
            neighbors: Vec::new(),
            unit: 0,
        }
    }

    /// Sets what the item stands on; the seed moves and colors it.
    #[must_use]
    pub const fn background(mut self, background: Background, seed: u64) -> Self {
        self.background = (background, seed);
        self
    }

    /// Sets the point of view.
    #[must_use]
    pub const fn view(mut self, view: View) -> Self {
        self.view = view;
        self
    }

    /// Sets the light.
    #[must_use]
    pub const fn light(mut self, light: Light) -> Self {
        self.light = light;
        self
    }

    /// Turns the item on the table, in degrees.
    #[must_use]
    pub const fn yaw(mut self, degrees: f32) -> Self {
        self.yaw = degrees;
        self
    }

    /// Puts another item on the table. It is never damaged, and the picture is framed without regard to it. A scene
    /// holds at most [`crate::limits::MAX_NEIGHBORS`]; more are left out.
    #[must_use]
    pub fn neighbor(mut self, neighbor: Neighbor) -> Self {
        if self.neighbors.len() < MAX_NEIGHBORS {
            self.neighbors.push(neighbor);
        }
        self
    }

    /// Takes another unit of the same design: print lies up to a millimeter elsewhere and is a little lighter or darker.
    /// Unit 0 is the design as drawn.
    #[must_use]
    pub const fn unit(mut self, unit: u64) -> Self {
        self.unit = unit;
        self
    }

    /// Puts another design of the same kind in the item's place and leaves everything else as it is.
    #[must_use]
    pub const fn design(mut self, seed: u64) -> Self {
        self.design = seed;
        self
    }

    /// Damages the item itself; the seed shapes the damage. Several may be added.
    #[must_use]
    pub fn damage(mut self, damage: Damage, seed: u64) -> Self {
        self.damages.push((damage, seed));
        self
    }

    /// The same product photographed by another person: same design and damage, but another table, light, view and
    /// turn.
    #[must_use]
    pub fn retaken(&self, seed: u64) -> Self {
        let mut random = Random::for_purpose(seed, 0xAE7A);
        let mut scene = self.clone();
        if self.kind != ItemKind::BlankWall {
            scene.background = (Background::ALL[random.below(3)], random.next_u64());
        }
        scene.light = Light::in_a_room(seed);
        scene.yaw = random.between(-40.0, 40.0);
        let by_hand = View::by_hand(seed);
        scene.view = match self.kind {
            ItemKind::Document | ItemKind::BlankWall | ItemKind::Tiles => View {
                elevation: 75.0 + by_hand.elevation / 4.0,
                ..by_hand
            },
            ItemKind::Poster => View {
                elevation: by_hand.elevation / 2.0 - 6.0,
                ..by_hand
            },
            _ => by_hand,
        };
        scene
    }

    /// Renders without a camera: clean, 8-bit sRGB. Sides are held within the limits of this crate.
    #[must_use]
    pub fn render(&self, width: u32, height: u32) -> RgbImage {
        let linear = render_linear(self, width, height, 0.0);
        let data = linear
            .samples
            .iter()
            .map(|&light| to_byte(srgb_curve(light)))
            .collect();
        let (width, height) = (bounded(width), bounded(height));
        RgbImage::from_raw(width, height, data).unwrap_or_else(|| RgbImage::new(width, height))
    }
}

pub(crate) fn bounded(side: u32) -> u32 {
    side.clamp(MIN_SIDE, MAX_SIDE)
}

/// The transfer curve of sRGB (IEC 61966-2-1).
pub(crate) fn srgb_curve(light: f32) -> f32 {
    if light <= 0.003_130_8 {
        light.max(0.0) * 12.92
    } else {
        1.055 * light.powf(1.0 / 2.4) - 0.055
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to 0 to 255"
)]
pub(crate) fn to_byte(value: f32) -> u8 {
    (value.clamp(0.0, 1.0) * 255.0 + 0.5) as u8
}
