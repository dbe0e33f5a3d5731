//! Follows a ray for every pixel from the camera to the item, the table or the room, and adds up the light.

use std::num::NonZero;

use crate::background::Table;
use crate::damage::{Effect, PlacedDamage};
use crate::geometry::{Hit, Part};
use crate::item::{self, Item};
use crate::material::Surface;
use crate::math::{Frame, Vec3, cell, fraction, smoothstep, vec3};
use crate::random::Random;
use crate::scene::{Scene, bounded};

/// A picture of linear light, before any camera: rows of red, green, blue.
#[derive(Debug, Clone)]
pub(crate) struct LinearImage {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) samples: Vec<f32>,
}

/// Rows of a picture that one thread renders at a time.
pub(crate) const BAND_ROWS: usize = 16;
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
/// Most parts of all items in a scene; their numbers stay below the bit that marks damage.
const MAX_PARTS: usize = 62;
/// Surface numbers for the smoothing of edges.
const TABLE: u8 = 0;
const ROOM: u8 = 255;

/// Renders linear light; `distortion` bends rays radially as a lens does.
pub(crate) fn render_linear(
    scene: &Scene,
    width: u32,
    height: u32,
    distortion: f32,
) -> LinearImage {
    let (width, height) = (bounded(width) as usize, bounded(height) as usize);
    let tracer = Tracer::new(scene, width, height, distortion);
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

/// Does `work` on every band, dealt out to a few threads in turn. Bands are independent, so any number of threads gives
/// the same picture.
pub(crate) fn in_threads<Band: Send>(
    bands: impl Iterator<Item = Band>,
    work: impl Fn(usize, Band) + Sync,
) {
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

#[expect(
    clippy::cast_precision_loss,
    reason = "pixel positions are far below 2^24"
)]
const fn real(number: usize) -> f32 {
    number as f32
}

/// `one` turned by `degrees` toward `other`, and `other` turned with it.
fn turned_toward(one: Vec3, other: Vec3, degrees: f32) -> (Vec3, Vec3) {
    let (sin, cos) = degrees.to_radians().sin_cos();
    (one * cos + other * sin, other * cos - one * sin)
}

fn direction(azimuth: f32, elevation: f32) -> Vec3 {
    let (sin_around, cos_around) = azimuth.to_radians().sin_cos();
    let (sin_up, cos_up) = elevation.to_radians().sin_cos();
    vec3(sin_around * cos_up, -cos_around * cos_up, sin_up)
}

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
    table: Table,
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
    /// Where in the picture each part can be seen.
    windows: Vec<Window>,
    /// Where each part lies across the light's direction: coordinates of `sun_plane`, in the item's space.
    sun_windows: Vec<Window>,
    sun_plane: Frame,
}

/// A rectangle of a plane: of the picture, in tangents of the viewing angle, or across the light, in centimeters.
struct Window {
    left: f32,
    right: f32,
    top: f32,
    bottom: f32,
}

impl Window {
    const NOTHING: Self = Self {
        left: f32::MAX,
        right: f32::MIN,
        top: f32::MAX,
        bottom: f32::MIN,
    };
    const EVERYTHING: Self = Self {
        left: f32::MIN,
        right: f32::MAX,
        top: f32::MIN,
        bottom: f32::MAX,
    };

    fn include(&mut self, across: f32, down: f32) {
        self.left = self.left.min(across);
        self.right = self.right.max(across);
        self.top = self.top.min(down);
        self.bottom = self.bottom.max(down);
    }

    fn contains(&self, across: f32, down: f32) -> bool {
        across >= self.left && across <= self.right && down >= self.top && down <= self.bottom
    }
}

impl Tracer {
    fn new(scene: &Scene, width: usize, height: usize, distortion: f32) -> Self {
        let mut item = item::build(scene.kind, scene.design, scene.unit);
        let damages = scene
            .damages
            .iter()
            .map(|&(kind, seed)| {
                PlacedDamage::new(kind, item.place(kind), item.damage_size, item.thin, seed)
            })
            .collect();
        let item_frame = Frame::turned(Vec3::ZERO, scene.yaw.to_radians());
        for neighbor in &scene.neighbors {
            let place = Frame::turned(
                vec3(neighbor.place.0, neighbor.place.1, 0.0),
                neighbor.yaw.to_radians(),
            );
            let other = item::build(neighbor.kind, neighbor.design, 0);
            item.parts.extend(
                other
                    .parts
                    .iter()
                    .map(|part| part.moved(&place, &item_frame)),
            );
        }
        item.parts.truncate(MAX_PARTS);
        let view = scene.view;
        let toward_eye = direction(view.azimuth, view.elevation.clamp(4.0, 89.5));
        let target = item_frame.direction_out(item.center);
        let distance = item.radius * 1.12 / HALF_FIELD * view.distance.max(0.2);
        let eye = target + toward_eye * distance;
        let forward = -toward_eye;
        let right = forward.cross(vec3(0.0, 0.0, 1.0)).normalized();
        let up = right.cross(forward);
        let (forward, right) = turned_toward(forward, right, view.pan.0);
        let (forward, up) = turned_toward(forward, up, view.pan.1);
        let (sin, cos) = view.roll.to_radians().sin_cos();
        let camera = Frame {
            origin: eye,
            x: right * cos + up * sin,
            y: up * cos - right * sin,
            z: forward,
        };
        let mut random = Random::for_purpose(scene.background.1, 0xBAC6);
        let table = Table::new(scene.background.0, &mut random);
        let light = scene.light;
        let sun = direction(light.azimuth, light.elevation.clamp(8.0, 88.0));
        let warm = vec3(1.0, 0.72, 0.42);
        let sun_color = vec3(1.0, 0.97, 0.92).toward(warm, light.warmth) * (0.78 * light.strength);
        let sky_color =
            vec3(0.30, 0.33, 0.37).toward(vec3(0.36, 0.31, 0.26), light.warmth) * light.strength;
        let angle = random.between(-0.5, 0.5);
        let mut tracer = Self {
            bound: item.bound(),
            damages,
            table,
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
            windows: Vec::new(),
            sun_windows: Vec::new(),
            sun_plane: Frame::along(Vec3::ZERO, item_frame.direction_in(sun)),
            item,
            item_frame,
        };
        tracer.sun_windows = tracer
            .item
            .parts
            .iter()
            .map(|part| tracer.sun_window(part))
            .collect();
        tracer.windows = tracer
            .item
            .parts
            .iter()
            .map(|part| tracer.window(part))
            .collect();
        tracer.shadow = tracer.cast_shadow();
        tracer
    }

    /// The rectangle of the picture that a part can be seen in: that of the corners of its box.
    fn window(&self, part: &Part) -> Window {
        let mut window = Window::NOTHING;
        for corner in part.corners() {
            let world = self.item_frame.origin + self.item_frame.direction_out(corner);
            let seen = self.camera.point_in(world);
            if seen.z < 0.1 {
                return Window::EVERYTHING;
            }
            window.include(seen.x / seen.z, -seen.y / seen.z);
        }
        window
    }

    /// The rectangle across the light's direction within which a part can throw a shadow.
    fn sun_window(&self, part: &Part) -> Window {
        let mut window = Window::NOTHING;
        for corner in part.corners() {
            let across = self.sun_plane.point_in(corner);
            window.include(across.x, across.y);
        }
        window
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
        let bend = HALF_FIELD * (1.0 + self.distortion * (across * across + down * down));
        let (across, down) = (across * bend, down * bend);
        let ray = (self.camera.z + self.camera.x * across - self.camera.y * down).normalized();
        let toward = self.item_frame.direction_in(ray);
        // Eye and item are above the table, so the item is never behind it.
        if let Some((number, part, hit)) = self.first_hit(toward, (across, down)) {
            let point = self.eye_local + toward * hit.distance;
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

    /// The nearest part on the ray through the point `(across, down)` of the picture plane.
    fn first_hit(&self, toward: Vec3, (across, down): (f32, f32)) -> Option<(u8, &Part, Hit)> {
        let origin = self.eye_local;
        let mut limit = f32::INFINITY;
        let mut first = None;
        for ((number, part), window) in (1_u8..).zip(&self.item.parts).zip(&self.windows) {
            if window.contains(across, down)
                && part.may_meet(origin, toward, limit)
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

    /// The same for the light itself, whose direction is known beforehand.
    fn is_in_shadow(&self, point: Vec3) -> bool {
        let across = self.sun_plane.point_in(point);
        self.item
            .parts
            .iter()
            .zip(&self.sun_windows)
            .any(|(part, window)| {
                window.contains(across.x, across.y)
                    && part.may_meet(point, self.sun_local, f32::INFINITY)
                    && part
                        .meet(point, self.sun_local, f32::INFINITY, |at| {
                            self.is_solid(part, at)
                        })
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
        surface.albedo = surface.albedo * part.tint;
        let mut bump = part.frame.direction_out(surface.bump);
        let mut mark = number;
        if part.damageable {
            for damage in &self.damages {
                match damage.effect(point, hit.normal) {
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
        let lit = if facing > 0.0 && !self.is_in_shadow(point + hit.normal * 0.02) {
            facing
        } else {
            0.0
        };
        // Corners near the table and inside vessels get less of the sky.
        let open = 0.55 + 0.45 * smoothstep(0.0, self.item.radius * 0.5, point.z);
        let sky = self.sky_color * ((0.6 + 0.4 * normal.z) * open);
        let bounce = self.table.tone.tint(self.sun_color) * (0.16 * (1.0 - normal.z).max(0.0));
        let mut light = surface.albedo.tint(self.sun_color * lit + sky + bounce) + surface.glow;
        if surface.mirror > 0.0 {
            let cosine = (-normal.dot(toward)).clamp(0.0, 1.0);
            let grazing = (1.0 - cosine).powi(5);
            // Rough surfaces, which mirror little straight on, do not mirror much at grazing angles either.
            let gain = (surface.mirror * 14.0).min(0.7).min(1.0 - surface.mirror);
            let strength = surface.mirror + gain * grazing;
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
            let floor = self.table.tone.tint(self.sky_color + self.sun_color * 0.5);
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
        let (albedo, mirror) = self.table.surface(x, y, detail);
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
