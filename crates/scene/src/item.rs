//! The goods: each kind is built from a few shapes, and each seed is one design of it.

use crate::damage::Damage;
use crate::geometry::{Part, Shape};
use crate::material::{Material, Pattern};
use crate::math::{Frame, Vec3, vec3};
use crate::random::Random;

/// A kind of item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ItemKind {
    Mug,
    Plate,
    Lamp,
    Kettle,
    FruitBox,
    /// A flat printed carton, the hard case of telling two units apart.
    GiftBox,
    /// A sheet of paper with writing.
    Document,
    /// No item: a plain wall.
    BlankWall,
    /// A standing carton with a picture, lettering, a bar code and a table printed on it.
    Carton,
    /// A picture book or magazine that lies on the table.
    Book,
    /// A large printed panel that fills the picture: a planar scene.
    Poster,
    /// A floor of equal tiles: texture that repeats.
    Tiles,
}

impl ItemKind {
    /// The kinds that are sold.
    pub const PRODUCTS: [Self; 6] = [
        Self::Mug,
        Self::Plate,
        Self::Lamp,
        Self::Kettle,
        Self::FruitBox,
        Self::GiftBox,
    ];
    /// All kinds.
    pub const ALL: [Self; 12] = [
        Self::Mug,
        Self::Plate,
        Self::Lamp,
        Self::Kettle,
        Self::FruitBox,
        Self::GiftBox,
        Self::Document,
        Self::BlankWall,
        Self::Carton,
        Self::Book,
        Self::Poster,
        Self::Tiles,
    ];
}

/// An item in its own space: it stands on the plane z = 0, its front toward negative y. Centimeters.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    pub(crate) parts: Vec<Part>,
    /// What the camera looks at, and the radius around it that should fit the picture.
    pub(crate) center: Vec3,
    pub(crate) radius: f32,
    /// Where a crack or stain starts, and where a chip is.
    surface_place: Frame,
    edge_place: Frame,
    /// Size of damage.
    pub(crate) damage_size: f32,
    /// Whether a chip goes through.
    pub(crate) thin: bool,
    /// The color under the surface.
    pub(crate) raw: Vec3,
    /// The color of stains.
    pub(crate) stain: Vec3,
}

impl Item {
    pub(crate) const fn place(&self, damage: Damage) -> Frame {
        match damage {
            Damage::Chip => self.edge_place,
            Damage::Crack | Damage::Stain => self.surface_place,
        }
    }

    /// Center and radius of a sphere around all parts.
    pub(crate) fn bound(&self) -> (Vec3, f32) {
        let radius = self
            .parts
            .iter()
            .map(|part| {
                let (center, radius) = part.bound();
                (center - self.center).length() + radius
            })
            .fold(0.0, f32::max);
        (self.center, radius)
    }
}

const CREAM: Vec3 = vec3(0.78, 0.74, 0.66);
const CLAY: Vec3 = vec3(0.62, 0.45, 0.32);
const COFFEE: Vec3 = vec3(0.12, 0.055, 0.02);

/// Glaze colors, linear.
const GLAZES: [Vec3; 7] = [
    vec3(0.80, 0.79, 0.75),
    vec3(0.62, 0.74, 0.72),
    vec3(0.10, 0.22, 0.42),
    vec3(0.55, 0.16, 0.10),
    vec3(0.20, 0.38, 0.27),
    vec3(0.80, 0.62, 0.30),
    vec3(0.45, 0.36, 0.42),
];
/// Decorations, linear.
const ACCENTS: [Vec3; 5] = [
    vec3(0.05, 0.12, 0.38),
    vec3(0.62, 0.10, 0.06),
    vec3(0.85, 0.80, 0.68),
    vec3(0.08, 0.22, 0.12),
    vec3(0.70, 0.45, 0.08),
];
const PATTERNS: [Pattern; 5] = [
    Pattern::Bands,
    Pattern::Dots,
    Pattern::Petals,
    Pattern::Waves,
    Pattern::Plain,
];

fn seed32(random: &mut Random) -> u32 {
    let [a, b, c, d, ..] = random.next_u64().to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}

fn pick<T: Copy>(random: &mut Random, choices: &[T]) -> T {
    choices[random.below(choices.len())]
}

/// A glaze whose accent differs from its ground, and the color of the ground.
fn glaze(random: &mut Random, flat: bool, low: f32, high: f32) -> (Material, Vec3) {
    let color = pick(random, &GLAZES);
    let brightness = color.x + color.y + color.z;
    let accents: Vec<Vec3> = ACCENTS
        .into_iter()
        .filter(|accent| (accent.x + accent.y + accent.z - brightness).abs() > 0.6)
        .collect();
    let material = Material::Glaze {
        color,
        accent: pick(random, &accents),
        pattern: pick(random, &PATTERNS),
        flat,
        low,
        high,
        seed: seed32(random),
    };
    (material, color)
}

fn plain_glaze(color: Vec3) -> Material {
    Material::Glaze {
        color,
        accent: color,
        pattern: Pattern::Plain,
        flat: false,
        low: 0.0,
        high: 1.0,
        seed: 1,
    }
}

const FRONT: Vec3 = vec3(0.0, -1.0, 0.0);
const UP: Vec3 = vec3(0.0, 0.0, 1.0);
const GROUND: Frame = Frame::at(Vec3::ZERO);

/// Builds the design `seed` of a kind, and of that design the unit `unit`; unit 0 is the design as drawn.
pub(crate) fn build(kind: ItemKind, seed: u64, unit: u64) -> Item {
    let random = &mut Random::for_purpose(seed, 0x17E3);
    let mut item = design(kind, random);
    if unit != 0 {
        let mut random = Random::for_purpose(unit, 0x0B17);
        let shift = (random.between(-0.1, 0.1), random.between(-0.1, 0.1));
        let tint = random.between(0.96, 1.04);
        for part in &mut item.parts {
            if part.material.shift_print(shift) {
                part.tint = tint;
            }
        }
    }
    item
}

fn design(kind: ItemKind, random: &mut Random) -> Item {
    match kind {
        ItemKind::Mug => mug(random),
        ItemKind::Plate => plate(random),
        ItemKind::Lamp => lamp(random),
        ItemKind::Kettle => kettle(random),
        ItemKind::FruitBox => fruit_box(random),
        ItemKind::GiftBox => gift_box(random),
        ItemKind::Document => document(random),
        ItemKind::Carton => carton(random),
        ItemKind::Book => book(random),
        ItemKind::Poster => poster(random),
        ItemKind::Tiles => tiles(random),
        ItemKind::BlankWall => Item {
            parts: Vec::new(),
            center: Vec3::ZERO,
            radius: 12.0,
            surface_place: Frame::along(Vec3::ZERO, UP),
            edge_place: Frame::along(Vec3::ZERO, UP),
            damage_size: 6.0,
            thin: false,
            raw: CLAY,
            stain: COFFEE,
        },
    }
}

fn mug(random: &mut Random) -> Item {
    let radius = random.between(3.8, 4.4);
    let height = random.between(8.6, 10.6);
    let low_radius = radius * random.between(0.82, 1.0);
    let (outside, color) = glaze(random, false, 0.0, height);
    let inside = plain_glaze(CREAM);
    let cone = |low, high, low_radius, high_radius| Shape::Cone {
        low,
        high,
        low_radius,
        high_radius,
    };
    let ring = Frame::at(vec3(radius * 0.9, 0.0, height * 0.53));
    let inner = radius - 0.38;
    Item {
        parts: vec![
            Part::new(cone(0.0, height, low_radius, radius), GROUND, outside).damageable(),
            Part::new(cone(0.7, height, low_radius - 0.38, inner), GROUND, inside).damageable(),
            Part::new(
                Shape::Disc {
                    height,
                    inner,
                    outer: radius,
                },
                GROUND,
                plain_glaze(color),
            )
            .damageable(),
            Part::new(
                Shape::Disc {
                    height: 0.7,
                    inner: 0.0,
                    outer: low_radius - 0.35,
                },
                GROUND,
                inside,
            ),
            Part::new(
                Shape::HalfRing {
                    major: height * 0.27,
                    minor: 0.55,
                },
                ring,
                plain_glaze(color),
            ),
        ],
        center: vec3(0.6, 0.0, height * 0.48),
        radius: 7.4,
        surface_place: Frame::along(vec3(0.0, -radius * 0.97, height * 0.86), FRONT),
        edge_place: Frame::along(vec3(0.0, -radius, height), FRONT),
        damage_size: 5.0,
        thin: true,
        raw: CLAY,
        stain: COFFEE,
    }
}

fn plate(random: &mut Random) -> Item {
    let rim = random.between(10.6, 12.0);
    let well = rim * random.between(0.58, 0.68);
    let (ware, color) = glaze(random, true, well * 0.75, rim);
    let height = random.between(1.6, 2.4);
    Item {
        parts: vec![
            Part::new(
                Shape::Cone {
                    low: 0.0,
                    high: 0.7,
                    low_radius: well * 0.8,
                    high_radius: well * 0.86,
                },
                GROUND,
                plain_glaze(color),
            ),
            Part::new(
                Shape::Disc {
                    height: 0.7,
                    inner: 0.0,
                    outer: well,
                },
                GROUND,
                ware,
            )
            .damageable(),
            Part::new(
                Shape::Cone {
                    low: 0.7,
                    high: height,
                    low_radius: well,
                    high_radius: rim,
                },
                GROUND,
                ware,
            )
            .damageable(),
            Part::new(
                Shape::Disc {
                    height,
                    inner: rim,
                    outer: rim + 0.25,
                },
                GROUND,
                plain_glaze(color),
            )
            .damageable(),
        ],
        center: vec3(0.0, 0.0, 0.8),
        radius: rim * 1.02,
        surface_place: Frame {
            x: vec3(1.0, 0.0, 0.0),
            y: vec3(0.0, 1.0, 0.0),
            z: UP,
            origin: vec3(0.5, 1.5, 0.7),
        },
        edge_place: Frame::along(vec3(0.0, -rim, height), vec3(0.0, -0.35, 1.0)),
        damage_size: 7.5,
        thin: true,
        raw: CLAY,
        stain: vec3(0.22, 0.10, 0.02),
    }
}

fn lamp(random: &mut Random) -> Item {
    let stem_top = random.between(14.0, 17.0);
    let (shade_low, shade_high) = (stem_top - 1.5, stem_top + random.between(7.0, 9.5));
    let (wide, narrow) = (random.between(7.4, 9.0), random.between(4.4, 6.4));
    let cloth = pick(
        random,
        &[
            vec3(0.72, 0.62, 0.45),
            vec3(0.70, 0.66, 0.60),
            vec3(0.55, 0.20, 0.16),
            vec3(0.28, 0.38, 0.36),
        ],
    );
    let shade = Material::Fabric {
        color: cloth,
        glow: cloth.tint(vec3(0.26, 0.19, 0.10)),
    };
    let base = if random.unit() < 0.5 {
        Material::Timber {
            color: vec3(0.40, 0.24, 0.12),
            seed: seed32(random),
        }
    } else {
        plain_glaze(pick(random, &GLAZES))
    };
    let middle = f32::midpoint(shade_low, shade_high);
    Item {
        parts: vec![
            Part::new(
                Shape::Cone {
                    low: 0.0,
                    high: 1.4,
                    low_radius: 6.0,
                    high_radius: 5.5,
                },
                GROUND,
                base,
            ),
            Part::new(
                Shape::Disc {
                    height: 1.4,
                    inner: 0.0,
                    outer: 5.5,
                },
                GROUND,
                base,
            ),
            Part::new(
                Shape::Ellipsoid {
                    radii: vec3(2.6, 2.6, 3.6),
                    low: -3.4,
                    high: 3.4,
                },
                Frame::at(vec3(0.0, 0.0, 4.6)),
                base,
            ),
            Part::new(
                Shape::Cone {
                    low: 1.4,
                    high: stem_top,
                    low_radius: 0.7,
                    high_radius: 0.55,
                },
                GROUND,
                Material::Metal {
                    tint: vec3(0.75, 0.62, 0.38),
                },
            ),
            Part::new(
                Shape::Cone {
                    low: shade_low,
                    high: shade_high,
                    low_radius: wide,
                    high_radius: narrow,
                },
                GROUND,
                shade,
            )
            .damageable(),
        ],
        center: vec3(0.0, 0.0, shade_high * 0.5),
        radius: shade_high * 0.62,
        surface_place: Frame::along(
            vec3(0.0, -f32::midpoint(wide, narrow) - 0.3, middle + 2.0),
            vec3(0.0, -1.0, 0.3),
        ),
        edge_place: Frame::along(vec3(0.0, -wide, shade_low), FRONT),
        damage_size: 7.0,
        thin: true,
        raw: vec3(0.5, 0.42, 0.3),
        stain: vec3(0.10, 0.06, 0.03),
    }
}

fn kettle(random: &mut Random) -> Item {
    let round = random.between(7.2, 8.4);
    let tall = random.between(6.4, 7.6);
    let body = if random.unit() < 0.4 {
        Material::Metal {
            tint: vec3(0.80, 0.80, 0.82),
        }
    } else {
        glaze(random, false, -tall, tall).0
    };
    let dark = Material::Plastic {
        color: vec3(0.035, 0.033, 0.032),
    };
    let metal = Material::Metal {
        tint: vec3(0.80, 0.80, 0.82),
    };
    let bottom = tall * 0.82;
    let arch = Frame {
        origin: vec3(0.0, 0.0, bottom + tall * 0.55),
        x: UP,
        y: FRONT,
        z: vec3(1.0, 0.0, 0.0),
    };
    let lid = Frame::at(vec3(0.0, 0.0, bottom + tall * 0.84));
    Item {
        parts: vec![
            Part::new(
                Shape::Ellipsoid {
                    radii: vec3(round, round, tall),
                    low: -bottom,
                    high: tall * 0.88,
                },
                Frame::at(vec3(0.0, 0.0, bottom)),
                body,
            )
            .damageable(),
            Part::new(
                Shape::Ellipsoid {
                    radii: vec3(round * 0.52, round * 0.52, 1.5),
                    low: 0.0,
                    high: 1.5,
                },
                lid,
                metal,
            ),
            Part::new(
                Shape::Ellipsoid {
                    radii: vec3(0.95, 0.95, 0.95),
                    low: -1.0,
                    high: 1.0,
                },
                Frame::at(lid.origin + UP * 2.1),
                dark,
            ),
            Part::new(
                Shape::HalfRing {
                    major: round * 0.8,
                    minor: 0.72,
                },
                arch,
                dark,
            ),
            Part::new(
                Shape::Cone {
                    low: 0.0,
                    high: round * 0.85,
                    low_radius: 1.9,
                    high_radius: 0.95,
                },
                Frame::along(vec3(round * 0.78, 0.0, bottom * 0.95), vec3(1.0, 0.0, 1.0)),
                body,
            ),
        ],
        center: vec3(1.2, 0.0, bottom * 1.05),
        radius: round * 1.5,
        surface_place: Frame::along(vec3(0.0, -round, bottom + 2.2), FRONT),
        edge_place: Frame::along(vec3(-1.0, -round * 0.94, bottom + 1.0), FRONT),
        damage_size: 6.0,
        thin: false,
        raw: vec3(0.10, 0.09, 0.09),
        stain: vec3(0.16, 0.06, 0.02),
    }
}

fn fruit_box(random: &mut Random) -> Item {
    let (half_x, half_y, wall) = (12.5, 9.0, 5.8);
    let timber = vec3(0.62, 0.44, 0.25);
    let mut parts = Vec::new();
    let mut slat = |origin: Vec3, half: Vec3, random: &mut Random| {
        let material = Material::Timber {
            color: timber,
            seed: seed32(random),
        };
        parts.push(Part::new(
            Shape::Block { half },
            Frame::at(origin),
            material,
        ));
    };
    slat(vec3(0.0, 0.0, 0.3), vec3(half_x, half_y, 0.3), random);
    for level in [1.6, 4.5] {
        for side in [-1.0, 1.0] {
            slat(
                vec3(0.0, half_y * side, level),
                vec3(half_x + 0.3, 0.35, 1.25),
                random,
            );
            slat(
                vec3(half_x * side, 0.0, level),
                vec3(0.35, half_y, 1.25),
                random,
            );
        }
    }
    for (x, y) in [(-1.0, -1.0), (1.0, -1.0), (-1.0, 1.0), (1.0, 1.0)] {
        slat(
            vec3((half_x - 0.8) * x, (half_y - 0.8) * y, wall / 2.0),
            vec3(0.7, 0.7, wall / 2.0),
            random,
        );
    }
    let apples = random.unit() < 0.5;
    let mut place = Frame::along(vec3(0.0, -4.0, 9.0), UP);
    for row in 0..2_u8 {
        for column in 0..3_u8 {
            let radius = random.between(3.7, 4.2);
            let center = vec3(
                -7.9 + 7.9 * f32::from(column) + random.between(-0.4, 0.4),
                -4.2 + 8.4 * f32::from(row) + random.between(-0.4, 0.4),
                4.4 + random.between(-0.3, 0.5),
            );
            let tilt = vec3(random.between(-0.9, 0.9), random.between(-0.9, 0.9), 1.0);
            let frame = Frame::along(center, tilt);
            let seed = seed32(random);
            let material = if apples {
                Material::Apple { seed }
            } else {
                Material::Orange { seed }
            };
            let squeeze = if apples { 0.9 } else { 0.96 };
            let shape = Shape::Ellipsoid {
                radii: vec3(radius, radius, radius * squeeze),
                low: -radius,
                high: radius,
            };
            let part = Part::new(shape, frame, material);
            if row == 0 && column == 1 {
                let toward = vec3(0.1, -0.6, 0.8).normalized();
                place = Frame::along(center + toward * radius * 0.96, toward);
                parts.push(part.damageable());
            } else {
                parts.push(part);
            }
        }
    }
    Item {
        parts,
        center: vec3(0.0, 0.0, 3.6),
        radius: 13.6,
        surface_place: place,
        edge_place: place,
        damage_size: 4.6,
        thin: false,
        raw: vec3(0.70, 0.52, 0.20),
        stain: vec3(0.13, 0.075, 0.03),
    }
}

fn gift_box(random: &mut Random) -> Item {
    let half = vec3(
        random.between(9.0, 11.0),
        random.between(6.4, 8.0),
        random.between(2.2, 3.4),
    );
    let color = pick(
        random,
        &[
            vec3(0.50, 0.04, 0.04),
            vec3(0.05, 0.15, 0.30),
            vec3(0.70, 0.60, 0.42),
            vec3(0.08, 0.26, 0.18),
        ],
    );
    let accent = if color.x > 0.6 {
        vec3(0.45, 0.06, 0.04)
    } else {
        vec3(0.80, 0.58, 0.20)
    };
    let material = Material::Print {
        color,
        accent,
        half,
        seed: seed32(random),
        shift: (0.0, 0.0),
    };
    let frame = Frame::at(vec3(0.0, 0.0, half.z));
    let top = half.z * 2.0;
    Item {
        parts: vec![Part::new(Shape::Block { half }, frame, material).damageable()],
        center: vec3(0.0, 0.0, half.z * 0.8),
        radius: half.x * 1.12,
        surface_place: Frame {
            x: vec3(1.0, 0.0, 0.0),
            y: vec3(0.0, 1.0, 0.0),
            z: UP,
            origin: vec3(1.0, 1.0, top),
        },
        edge_place: Frame::along(vec3(half.x * 0.3, -half.y, top), vec3(0.0, -1.0, 1.0)),
        damage_size: 7.0,
        thin: false,
        raw: vec3(0.55, 0.44, 0.30),
        stain: vec3(0.15, 0.09, 0.04),
    }
}

fn document(random: &mut Random) -> Item {
    let half = vec3(10.5, 14.85, 0.03);
    let material = Material::Writing {
        half,
        seed: seed32(random),
    };
    Item {
        parts: vec![
            Part::new(
                Shape::Block { half },
                Frame::at(vec3(0.0, 0.0, half.z)),
                material,
            )
            .damageable(),
        ],
        center: Vec3::ZERO,
        radius: 14.5,
        surface_place: Frame {
            x: vec3(1.0, 0.0, 0.0),
            y: vec3(0.0, 1.0, 0.0),
            z: UP,
            origin: vec3(1.0, 1.0, 0.06),
        },
        edge_place: Frame::along(vec3(0.0, -half.y, 0.06), UP),
        damage_size: 8.0,
        thin: false,
        raw: vec3(0.7, 0.68, 0.62),
        stain: COFFEE,
    }
}

fn carton(random: &mut Random) -> Item {
    let half = vec3(
        random.between(4.2, 6.6),
        random.between(2.2, 3.6),
        random.between(7.0, 10.0),
    );
    let material = Material::Artwork {
        half,
        seed: seed32(random),
        shift: (0.0, 0.0),
    };
    Item {
        parts: vec![
            Part::new(
                Shape::Block { half },
                Frame::at(vec3(0.0, 0.0, half.z)),
                material,
            )
            .damageable(),
        ],
        center: vec3(0.0, 0.0, half.z),
        radius: half.z * 1.12,
        surface_place: Frame::along(vec3(0.4, -half.y, half.z * 1.25), FRONT),
        edge_place: Frame::along(
            vec3(half.x * 0.5, -half.y, half.z * 2.0),
            vec3(0.0, -1.0, 1.0),
        ),
        damage_size: 6.0,
        thin: false,
        raw: vec3(0.55, 0.44, 0.30),
        stain: vec3(0.15, 0.09, 0.04),
    }
}

/// A printed block that lies on the table or stands on it, seen from its large side.
fn printed_slab(random: &mut Random, half: Vec3, radius: f32, damage_size: f32) -> Item {
    let material = Material::Artwork {
        half,
        seed: seed32(random),
        shift: (0.0, 0.0),
    };
    let lies = half.z < half.y;
    let (surface, edge) = if lies {
        (
            Frame {
                x: vec3(1.0, 0.0, 0.0),
                y: vec3(0.0, 1.0, 0.0),
                z: UP,
                origin: vec3(0.8, 1.0, half.z * 2.0),
            },
            Frame::along(vec3(half.x * 0.3, -half.y, half.z * 2.0), UP),
        )
    } else {
        (
            Frame::along(vec3(1.0, -half.y, half.z * 1.15), FRONT),
            Frame::along(vec3(half.x * 0.3, -half.y, half.z * 2.0), FRONT),
        )
    };
    Item {
        parts: vec![
            Part::new(
                Shape::Block { half },
                Frame::at(vec3(0.0, 0.0, half.z)),
                material,
            )
            .damageable(),
        ],
        center: vec3(0.0, 0.0, half.z),
        radius,
        surface_place: surface,
        edge_place: edge,
        damage_size,
        thin: false,
        raw: vec3(0.72, 0.70, 0.64),
        stain: COFFEE,
    }
}

fn book(random: &mut Random) -> Item {
    let half = vec3(
        random.between(8.5, 10.5),
        random.between(11.5, 14.0),
        random.between(0.4, 1.4),
    );
    printed_slab(random, half, half.y * 1.02, 8.0)
}

fn poster(random: &mut Random) -> Item {
    let half = vec3(random.between(44.0, 52.0), 0.4, random.between(32.0, 38.0));
    printed_slab(random, half, 21.0, 14.0)
}

fn tiles(random: &mut Random) -> Item {
    let half = vec3(60.0, 60.0, 0.2);
    let material = Material::Tiles {
        side: random.between(3.2, 6.5),
        color: pick(random, &GLAZES),
        accent: pick(random, &ACCENTS),
        seed: seed32(random),
    };
    Item {
        parts: vec![
            Part::new(
                Shape::Block { half },
                Frame::at(vec3(0.0, 0.0, half.z)),
                material,
            )
            .damageable(),
        ],
        center: Vec3::ZERO,
        radius: 14.0,
        surface_place: Frame {
            x: vec3(1.0, 0.0, 0.0),
            y: vec3(0.0, 1.0, 0.0),
            z: UP,
            origin: vec3(1.0, 1.0, 0.4),
        },
        edge_place: Frame {
            x: vec3(1.0, 0.0, 0.0),
            y: vec3(0.0, 1.0, 0.0),
            z: UP,
            origin: vec3(-2.0, -1.0, 0.4),
        },
        damage_size: 8.0,
        thin: false,
        raw: CLAY,
        stain: COFFEE,
    }
}
