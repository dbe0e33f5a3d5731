//! The scene: one item on a table, a lamp or window as the light, a point of view; and its rendering.

use std::num::NonZero;

use image::RgbImage;

use crate::damage::{Damage, Effect, PlacedDamage};
use crate::geometry::{Hit, Part};
use crate::item::{self, Item, ItemKind};
use crate::limits::{MAX_SIDE, MIN_SIDE};
use crate::material::Surface;
use crate::math::{Frame, Vec3, cell, fraction, smoothstep, vec3, wave};
use crate::noise::{layered, unit_cell, value};
use crate::random::Random;

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
}

impl Default for View {
    fn default() -> Self {
        Self {
            azimuth: 0.0,
            elevation: 32.0,
            distance: 1.0,
            roll: 0.0,
            shift: (0.0, 0.0),
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
            distance: random.between(0.85, 1.35),
            roll: random.between(-5.0, 5.0),
            shift: (random.between(-0.1, 0.1), random.between(-0.08, 0.08)),
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

/// A picture of linear light, before any camera: rows of red, green, blue.
#[derive(Debug, Clone)]
pub(crate) struct LinearImage {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) samples: Vec<f32>,
}

/// One item in one place. Build it up, then [`Scene::render`] it or let a camera shoot it.
#[derive(Debug, Clone)]
pub struct Scene {
    kind: ItemKind,
    design: u64,
    background: (Background, u64),
    view: View,
    light: Light,
    yaw: f32,
    damages: Vec<(Damage, u64)>,
}

impl Scene {
    /// The design `seed` of an item, on a background, in a light and view that follow from the seed.
    #[must_use]
    pub fn new(kind: ItemKind, seed: u64) -> Self {
        let mut random = Random::for_purpose(seed, 0x5CE4);
        let background = match kind {
            ItemKind::BlankWall => Background::Plain,
            _ => Background::ALL[random.below(3)],
        };
        let view = match kind {
            ItemKind::Document | ItemKind::BlankWall => View::from_above(),
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
            ItemKind::Document | ItemKind::BlankWall => View {
                elevation: 75.0 + by_hand.elevation / 4.0,
                ..by_hand
            },
            _ => by_hand,
        };
        scene
    }

    /// Renders without a camera: clean, 8-bit sRGB. Sides are held within the limits of this crate.
    #[must_use]
    pub fn render(&self, width: u32, height: u32) -> RgbImage {
        let linear = self.render_linear(width, height, 0.0);
        let data = linear
            .samples
            .iter()
            .map(|&light| to_byte(srgb_curve(light)))
            .collect();
        let (width, height) = (bounded(width), bounded(height));
        RgbImage::from_raw(width, height, data).unwrap_or_else(|| RgbImage::new(width, height))
    }

    /// Renders linear light; `distortion` bends rays radially as a lens does.
    pub(crate) fn render_linear(&self, width: u32, height: u32, distortion: f32) -> LinearImage {
        let (width, height) = (bounded(width) as usize, bounded(height) as usize);
        let tracer = Tracer::new(self, width, height, distortion);
        let mut samples = vec![0.0; width * height * 3];
        let mut surfaces = vec![0_u8; width * height];
        let rows = BAND_ROWS * width;
        let bands = samples.chunks_mut(rows * 3).zip(surfaces.chunks_mut(rows));
        in_threads(bands, |band, (samples, surfaces)| {
            tracer.render_band(band * BAND_ROWS, samples, surfaces)
        });
        in_threads(samples.chunks_mut(rows * 3), |band, samples| {
            tracer.smooth_band(band * BAND_ROWS, samples, &surfaces);
        });
        LinearImage {
            width,
            height,
            samples,
        }
    }
}

/// Does `work` on every band, dealt out to a few threads in turn. Bands are independent, so any number of threads gives
/// the same picture.
fn in_threads<Band: Send>(bands: impl Iterator<Item = Band>, work: impl Fn(usize, Band) + Sync) {
    let threads = std::thread::available_parallelism()
        .map_or(1, NonZero::get)
        .min(MAX_THREADS);
    let mut hands: Vec<Vec<(usize, Band)>> = (0..threads).map(|_| Vec::new()).collect();
    for (number, band) in bands.enumerate() {
        hands[number % threads].push((number, band));
    }
    std::thread::scope(|scope| {
        for hand in hands {
            let work = &work;
            scope.spawn(move || {
                hand.into_iter()
                    .for_each(|(number, band)| work(number, band))
            });
        }
    });
}

fn bounded(side: u32) -> u32 {
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

#[expect(
    clippy::cast_precision_loss,
    reason = "pixel positions are far below 2^24"
)]
const fn real(number: usize) -> f32 {
    number as f32
}

fn direction(azimuth: f32, elevation: f32) -> Vec3 {
    let (sin_around, cos_around) = azimuth.to_radians().sin_cos();
    let (sin_up, cos_up) = elevation.to_radians().sin_cos();
    vec3(sin_around * cos_up, -cos_around * cos_up, sin_up)
}

/// Rows of a picture that one thread renders at a time.
const BAND_ROWS: usize = 16;
/// Threads that render one picture.
const MAX_THREADS: usize = 4;
/// Half the field of view over the shorter side, as a tangent: about that of a phone's main camera.
const HALF_FIELD: f32 = 0.45;
/// Where the table ends, in centimeters from the item.
const TABLE_RADIUS: f32 = 95.0;
/// Cells along one side of the shadow map.
const SHADOW_CELLS: usize = 104;
/// Directions toward the light whose mean is the soft shadow.
const SHADOW_RAYS: usize = 5;
/// Surface numbers for the smoothing of edges.
const TABLE: u8 = 0;
const ROOM: u8 = 255;

/// The shadow and the loss of ambient light on the table around the item.
struct ShadowMap {
    /// Half the side of the covered square, in centimeters.
    extent: f32,
    light: Vec<f32>,
    ambient: Vec<f32>,
}

struct Tracer {
    item: Item,
    item_frame: Frame,
    damages: Vec<PlacedDamage>,
    bound: (Vec3, f32),
    background: Background,
    background_seed: u32,
    tone: Vec3,
    second_tone: Vec3,
    turn: (f32, f32),
    offset: (f32, f32),
    eye: Vec3,
    /// The same in the item's space.
    eye_local: Vec3,
    camera: Frame,
    shift: (f32, f32),
    distortion: f32,
    width: usize,
    height: usize,
    /// In the world, toward the light, and the same in the item's space.
    sun: Vec3,
    sun_local: Vec3,
    sun_frame: Frame,
    sun_color: Vec3,
    sky_color: Vec3,
    shadow: ShadowMap,
}

impl Tracer {
    fn new(scene: &Scene, width: usize, height: usize, distortion: f32) -> Self {
        let item = item::build(scene.kind, scene.design);
        let damages = scene
            .damages
            .iter()
            .map(|&(kind, seed)| {
                PlacedDamage::new(kind, item.place(kind), item.damage_size, item.thin, seed)
            })
            .collect();
        let item_frame = Frame::turned(Vec3::ZERO, scene.yaw.to_radians());
        let view = scene.view;
        let toward_eye = direction(view.azimuth, view.elevation.clamp(4.0, 89.5));
        let target = item_frame.direction_out(item.center);
        let distance = item.radius * 1.12 / HALF_FIELD * view.distance.max(0.2);
        let eye = target + toward_eye * distance;
        let forward = -toward_eye;
        let right = forward.cross(vec3(0.0, 0.0, 1.0)).normalized();
        let up = right.cross(forward);
        let (sin, cos) = view.roll.to_radians().sin_cos();
        let camera = Frame {
            origin: eye,
            x: right * cos + up * sin,
            y: up * cos - right * sin,
            z: forward,
        };
        let mut random = Random::for_purpose(scene.background.1, 0xBAC6);
        let (tone, second_tone) = tones(scene.background.0, &mut random);
        let light = scene.light;
        let sun = direction(light.azimuth, light.elevation.clamp(8.0, 88.0));
        let warm = vec3(1.0, 0.72, 0.42);
        let sun_color = vec3(1.0, 0.97, 0.92).toward(warm, light.warmth) * (0.78 * light.strength);
        let sky_color =
            vec3(0.30, 0.33, 0.37).toward(vec3(0.36, 0.31, 0.26), light.warmth) * light.strength;
        let angle = random.between(-0.5, 0.5);
        let [a, b, c, d, ..] = random.next_u64().to_le_bytes();
        let mut tracer = Self {
            bound: item.bound(),
            damages,
            background: scene.background.0,
            background_seed: u32::from_le_bytes([a, b, c, d]),
            tone,
            second_tone,
            turn: angle.sin_cos(),
            offset: (random.between(0.0, 500.0), random.between(0.0, 500.0)),
            eye,
            eye_local: item_frame.point_in(eye),
            camera,
            shift: view.shift,
            distortion,
            width,
            height,
            sun,
            sun_local: item_frame.direction_in(sun),
            sun_frame: Frame::along(Vec3::ZERO, sun),
            sun_color,
            sky_color,
            shadow: ShadowMap {
                extent: 1.0,
                light: Vec::new(),
                ambient: Vec::new(),
            },
            item,
            item_frame,
        };
        tracer.shadow = tracer.cast_shadow();
        tracer
    }

    fn render_band(&self, first_row: usize, samples: &mut [f32], surfaces: &mut [u8]) {
        let rows = samples
            .chunks_exact_mut(self.width * 3)
            .zip(surfaces.chunks_exact_mut(self.width));
        for (y, (samples, surfaces)) in rows.enumerate() {
            for (x, (pixel, surface)) in samples.chunks_exact_mut(3).zip(surfaces).enumerate() {
                let (light, seen) = self.trace(real(x) + 0.5, real(first_row + y) + 0.5);
                pixel.copy_from_slice(&[light.x, light.y, light.z]);
                *surface = seen;
            }
        }
    }

    /// Takes four samples instead of one where neighboring pixels show different surfaces.
    fn smooth_band(&self, first_row: usize, samples: &mut [f32], surfaces: &[u8]) {
        for (index, pixel) in samples.chunks_exact_mut(3).enumerate() {
            let (x, y) = (index % self.width, first_row + index / self.width);
            let at = y * self.width + x;
            let here = surfaces[at];
            let same = |there: usize| surfaces[there] == here;
            if (x == 0 || same(at - 1))
                && (x + 1 == self.width || same(at + 1))
                && (y == 0 || same(at - self.width))
                && (y + 1 == self.height || same(at + self.width))
            {
                continue;
            }
            let (column, row) = (real(x), real(y));
            let sum = [(0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75)]
                .iter()
                .fold(Vec3::ZERO, |sum, (right, down)| {
                    sum + self.trace(column + right, row + down).0
                });
            pixel.copy_from_slice(&[sum.x * 0.25, sum.y * 0.25, sum.z * 0.25]);
        }
    }

    /// The light and the surface seen through a point of the picture.
    fn trace(&self, x: f32, y: f32) -> (Vec3, u8) {
        let shorter = real(self.width.min(self.height)) / 2.0;
        let across = (x - real(self.width) / 2.0) / shorter - self.shift.0 * 2.0;
        let down = (y - real(self.height) / 2.0) / shorter - self.shift.1 * 2.0;
        let bend = 1.0 + self.distortion * (across * across + down * down);
        let ray = (self.camera.z + self.camera.x * (across * HALF_FIELD * bend)
            - self.camera.y * (down * HALF_FIELD * bend))
            .normalized();
        let origin = self.eye_local;
        let toward = self.item_frame.direction_in(ray);
        if let Some((number, part, hit)) = self.first_hit(origin, toward) {
            let point = origin + toward * hit.distance;
            // A table before the item hides nothing: the item stands on it.
            return self.shade_item(number, part, &hit, point, toward);
        }
        if ray.z < -1e-4 {
            let distance = -self.eye.z / ray.z;
            let point = self.eye + ray * distance;
            if point.x * point.x + point.y * point.y < TABLE_RADIUS * TABLE_RADIUS {
                return (self.shade_table(point, ray, distance), TABLE);
            }
        }
        (self.room(ray), ROOM)
    }

    fn first_hit(&self, origin: Vec3, toward: Vec3) -> Option<(u8, &Part, Hit)> {
        let to_center = self.bound.0 - origin;
        let along = to_center.dot(toward);
        if along < 0.0 || to_center.dot(to_center) - along * along > self.bound.1 * self.bound.1 {
            return None;
        }
        let mut limit = f32::INFINITY;
        let mut first = None;
        for (number, part) in (1_u8..).zip(&self.item.parts) {
            if part.may_meet(origin, toward, limit)
                && let Some(hit) =
                    part.meet(origin, toward, limit, |point| self.is_solid(part, point))
            {
                limit = hit.distance;
                first = Some((number, part, hit));
            }
        }
        first
    }

    fn is_solid(&self, part: &Part, point: Vec3) -> bool {
        !part.damageable || !self.damages.iter().any(|damage| damage.is_hole(point))
    }

    /// Whether something of the item stands between a point and a light. Item space.
    fn is_shaded(&self, point: Vec3, toward: Vec3) -> bool {
        let to_center = self.bound.0 - point;
        let along = to_center.dot(toward).max(0.0);
        let nearest = to_center - toward * along;
        if nearest.dot(nearest) > self.bound.1 * self.bound.1 {
            return false;
        }
        self.item.parts.iter().any(|part| {
            part.may_meet(point, toward, f32::INFINITY)
                && part
                    .meet(point, toward, f32::INFINITY, |at| self.is_solid(part, at))
                    .is_some()
        })
    }

    fn shade_item(
        &self,
        number: u8,
        part: &Part,
        hit: &Hit,
        point: Vec3,
        toward: Vec3,
    ) -> (Vec3, u8) {
        let mut surface = part.material.surface(hit.local, hit.local_normal);
        let mut bump = part.frame.direction_out(surface.bump);
        let mut mark = number;
        if part.damageable {
            for damage in &self.damages {
                match damage.effect(point) {
                    Effect::None => continue,
                    Effect::Crack(depth) => {
                        surface.albedo = surface.albedo * (1.0 - 0.9 * depth);
                        surface.mirror *= 1.0 - depth;
                        surface.glow = surface.glow * (1.0 - 0.7 * depth);
                    }
                    Effect::Raw {
                        bump: uneven,
                        shade,
                    } => {
                        surface = Surface::matte(self.item.raw * shade);
                        bump = uneven;
                    }
                    Effect::Stain(strength) => {
                        surface.albedo = surface.albedo.toward(self.item.stain, strength * 0.85);
                        surface.mirror *= 1.0 - 0.5 * strength;
                        surface.glow = surface.glow * (1.0 - 0.6 * strength);
                    }
                }
                mark |= 64;
            }
        }
        let normal = (hit.normal + bump).normalized();
        let facing = normal.dot(self.sun_local);
        let lit = if facing > 0.0 && !self.is_shaded(point + hit.normal * 0.02, self.sun_local) {
            facing
        } else {
            0.0
        };
        // Corners near the table and inside vessels get less of the sky.
        let open = 0.55 + 0.45 * smoothstep(0.0, self.item.radius * 0.5, point.z);
        let sky = self.sky_color * ((0.6 + 0.4 * normal.z) * open);
        let bounce = self.tone.tint(self.sun_color) * (0.16 * (1.0 - normal.z).max(0.0));
        let mut light = surface.albedo.tint(self.sun_color * lit + sky + bounce) + surface.glow;
        if surface.mirror > 0.0 {
            let cosine = (-normal.dot(toward)).clamp(0.0, 1.0);
            let grazing = (1.0 - cosine).powi(5);
            let strength = surface.mirror + (1.0 - surface.mirror) * grazing * 0.7;
            let mirrored = toward - normal * (2.0 * toward.dot(normal));
            let seen = self.room(self.item_frame.direction_out(mirrored));
            let seen = if surface.metal {
                seen.tint(surface.albedo * 2.1)
            } else {
                seen
            };
            light = light + seen * strength;
        }
        (light, mark)
    }

    /// The room around the table, as seen directly or in a glaze: walls, and the window that is the light.
    fn room(&self, toward: Vec3) -> Vec3 {
        let wall = self.sky_color * (1.15 + 0.5 * toward.z);
        if toward.z < 0.0 {
            let floor = self.tone.tint(self.sky_color + self.sun_color * 0.5);
            return wall.toward(floor, smoothstep(0.0, 0.25, -toward.z));
        }
        let seen = self.sun_frame.direction_in(toward);
        if seen.z <= 0.05 {
            return wall;
        }
        let (x, y) = (seen.x / seen.z, seen.y / seen.z);
        let inside =
            (1.0 - smoothstep(0.30, 0.33, x.abs())) * (1.0 - smoothstep(0.38, 0.41, y.abs()));
        let bars = smoothstep(0.012, 0.03, x.abs()) * smoothstep(0.012, 0.03, (y - 0.05).abs());
        wall + self.sun_color * (6.5 * inside * bars)
    }

    fn shade_table(&self, point: Vec3, ray: Vec3, distance: f32) -> Vec3 {
        let (sin, cos) = self.turn;
        let x = point.x * cos - point.y * sin + self.offset.0;
        let y = point.x * sin + point.y * cos + self.offset.1;
        // Fine structure fades with distance, where it would only alias.
        let detail = 1.0 - smoothstep(60.0, 150.0, distance);
        let (albedo, mirror) = self.table_surface(x, y, detail);
        let (light, ambient) = self.shadow.at(point);
        let lit = self.sun_color * (self.sun.z * light) + self.sky_color * ambient;
        let mut color = albedo.tint(lit);
        if mirror > 0.0 {
            let grazing = (1.0 + ray.z).clamp(0.0, 1.0).powi(4);
            color = color + self.sky_color * ((mirror + 0.25 * grazing) * ambient);
        }
        // Light falls off away from the window's side.
        let slope = (point.x * self.sun.x + point.y * self.sun.y) * 0.003;
        color * (1.0 + slope.clamp(-0.25, 0.25))
    }

    fn table_surface(&self, x: f32, y: f32, detail: f32) -> (Vec3, f32) {
        let seed = self.background_seed;
        match self.background {
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
                let cloud = layered(x * 0.09, y * 0.09, 3, seed);
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

    fn cast_shadow(&self) -> ShadowMap {
        let extent = self.bound.1 * 2.6;
        let mut light = vec![1.0; SHADOW_CELLS * SHADOW_CELLS];
        let mut covered = vec![0.0; SHADOW_CELLS * SHADOW_CELLS];
        if self.item.parts.is_empty() {
            return ShadowMap {
                extent,
                light,
                ambient: covered.iter().map(|_| 1.0).collect(),
            };
        }
        let mut random = Random::new(7);
        let rays: Vec<Vec3> = (0..SHADOW_RAYS)
            .map(|_| {
                let (x, y) = (random.between(-0.07, 0.07), random.between(-0.07, 0.07));
                let bent = self.sun_frame.z + self.sun_frame.x * x + self.sun_frame.y * y;
                self.item_frame.direction_in(bent.normalized())
            })
            .collect();
        let share = 1.0 / real(rays.len());
        for row in 0..SHADOW_CELLS {
            for column in 0..SHADOW_CELLS {
                let place =
                    |index: usize| ((real(index) + 0.5) / real(SHADOW_CELLS) * 2.0 - 1.0) * extent;
                let point = self
                    .item_frame
                    .point_in(vec3(place(column), place(row), 0.02));
                let at = row * SHADOW_CELLS + column;
                let blocked = rays
                    .iter()
                    .filter(|&&ray| self.is_shaded(point, ray))
                    .count();
                light[at] = 1.0 - real(blocked) * share;
                if self.is_shaded(point, vec3(0.0, 0.0, 1.0)) {
                    covered[at] = 1.0;
                }
            }
        }
        for _ in 0..2 {
            soften(&mut light, 1);
            soften(&mut covered, 3);
        }
        let ambient = covered.iter().map(|part| 1.0 - 0.62 * part).collect();
        ShadowMap {
            extent,
            light,
            ambient,
        }
    }
}

impl ShadowMap {
    /// The part of the sun and of the sky that reaches a point of the table.
    fn at(&self, point: Vec3) -> (f32, f32) {
        let position = |along: f32| (along / self.extent + 1.0) * 0.5 * real(SHADOW_CELLS) - 0.5;
        let (x, y) = (position(point.x), position(point.y));
        let last = real(SHADOW_CELLS - 1);
        if x < 0.0 || y < 0.0 || x >= last || y >= last {
            return (1.0, 1.0);
        }
        let (column, row) = (
            usize::try_from(cell(x)).unwrap_or(0),
            usize::try_from(cell(y)).unwrap_or(0),
        );
        let (across, down) = (fraction(x), fraction(y));
        let mix = |map: &[f32]| {
            let at = row * SHADOW_CELLS + column;
            let upper = map[at] + (map[at + 1] - map[at]) * across;
            let lower = map[at + SHADOW_CELLS]
                + (map[at + SHADOW_CELLS + 1] - map[at + SHADOW_CELLS]) * across;
            upper + (lower - upper) * down
        };
        (mix(&self.light), mix(&self.ambient))
    }
}

/// The mean over a square of `2 * reach + 1` cells.
fn soften(map: &mut [f32], reach: usize) {
    let source = map.to_vec();
    let side = SHADOW_CELLS;
    let mean_along = |source: &[f32], step: usize, along: usize, at: usize| {
        let (from, to) = (along.saturating_sub(reach), (along + reach).min(side - 1));
        let first = at - along * step;
        (from..=to)
            .map(|index| source[first + index * step])
            .sum::<f32>()
            / real(to - from + 1)
    };
    let mut rows = vec![0.0; side * side];
    for (at, slot) in rows.iter_mut().enumerate() {
        *slot = mean_along(&source, 1, at % side, at);
    }
    for (at, slot) in map.iter_mut().enumerate() {
        *slot = mean_along(&rows, side, at / side, at);
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
