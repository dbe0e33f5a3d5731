//! Damage painted onto a finished picture: what a forger does. The mask is what was visibly changed.

use aftercare_scene::random::Random;
use aftercare_scene::{Damage, RgbImage, Scene};
use image::{GrayImage, Luma, imageops};

use crate::draw;
use crate::noise::{layered, smoothstep, value};
use crate::picture::{Picture, byte};
use crate::poisson;
use crate::suite::{Item, Shot};

/// A change of at least this many steps of 255 in one channel counts as edited.
const VISIBLE_STEPS: u8 = 8;
/// Gaps in the mask up to twice this part of the shorter side are closed.
const CLOSING: f64 = 0.0025;
/// Times that another place is tried when the paint can hardly be seen.
const TRIES: u64 = 10;
/// The least mean change of edited pixels, in steps of 255.
const LEAST_MEAN_CHANGE: f64 = 14.0;

/// A way to forge damage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Painted {
    Crack,
    Scratch,
    Dent,
    Stain,
    Leak,
    Mold,
    Burn,
    Tear,
    /// A piece removed: filled from around it.
    Missing,
    BrokenCorner,
    /// Lettering replaced.
    Digits,
    /// A patch of the same picture.
    CopyMove,
    /// Real damage cut out of another photo.
    Splice,
    /// The same, blended so that its border vanishes (Pérez, Gangnet and Blake, Poisson image editing, 2003).
    Seamless,
    /// Less than a thousandth of the picture.
    Tiny,
    /// More than two fifths of the picture.
    Large,
    Hair,
    /// Another color.
    Recolor,
}

impl Painted {
    pub const ALL: [Self; 18] = [
        Self::Crack,
        Self::Scratch,
        Self::Dent,
        Self::Stain,
        Self::Leak,
        Self::Mold,
        Self::Burn,
        Self::Tear,
        Self::Missing,
        Self::BrokenCorner,
        Self::Digits,
        Self::CopyMove,
        Self::Splice,
        Self::Seamless,
        Self::Tiny,
        Self::Large,
        Self::Hair,
        Self::Recolor,
    ];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Crack => "crack",
            Self::Scratch => "scratch",
            Self::Dent => "dent",
            Self::Stain => "stain",
            Self::Leak => "leak",
            Self::Mold => "mold",
            Self::Burn => "burn",
            Self::Tear => "tear",
            Self::Missing => "missing",
            Self::BrokenCorner => "broken-corner",
            Self::Digits => "digits",
            Self::CopyMove => "copy-move",
            Self::Splice => "splice",
            Self::Seamless => "seamless",
            Self::Tiny => "tiny",
            Self::Large => "large",
            Self::Hair => "hair",
            Self::Recolor => "recolor",
        }
    }
}

/// Real damage of other goods, cut out: the picture and how strongly each of its pixels belongs to the damage.
#[derive(Debug, Clone)]
pub struct Donor {
    pub(crate) rgb: RgbImage,
    pub(crate) alpha: GrayImage,
}

/// Makes one donor of a suite; none when its damage can hardly be seen.
pub(crate) fn donor(seed: u64, number: u32) -> Option<Donor> {
    // Goods far behind the suite's own, so that no donor is an item.
    let item = Item::new(seed, 100_000 + number);
    let kind = Damage::ALL[number as usize % 3];
    let (scene, camera) = item.take(Shot::Intact(0));
    let damaged: Scene = scene.clone().damage(kind, u64::from(number));
    let (width, height) = (1_000, 750);
    let (with, without) = (damaged.render(width, height), scene.render(width, height));
    let mut alpha = changed_pixels(&without, &with, 12);
    close(&mut alpha, 4);
    let [left, top, right, bottom] = bounds(&alpha)?;
    if right - left < 24 || bottom - top < 24 {
        return None;
    }
    let margin = 14;
    let (x, y) = (left.saturating_sub(margin), top.saturating_sub(margin));
    let (w, h) = (
        (right + margin).min(width) - x,
        (bottom + margin).min(height) - y,
    );
    let photo = camera.develop(&damaged, width, height);
    Some(Donor {
        rgb: imageops::crop_imm(&photo, x, y, w, h).to_image(),
        alpha: imageops::crop_imm(&alpha, x, y, w, h).to_image(),
    })
}

/// Paints damage onto `original`. Deterministic in `seed`.
#[must_use]
pub fn paint(original: &RgbImage, kind: Painted, seed: u64, donors: &[Donor]) -> Picture {
    let mut best: Option<(f64, Picture)> = None;
    for attempt in 0..TRIES {
        let mut random = Random::for_purpose(seed, 0xD0 + attempt);
        let mut rgb = original.clone();
        Brush::new(&mut rgb, &mut random, donors).apply(kind);
        let mut mask = changed_pixels(original, &rgb, VISIBLE_STEPS);
        let mean = mean_change(original, &rgb, &mask);
        let side = f64::from(original.width().min(original.height()));
        close(&mut mask, (side * CLOSING).round().max(1.0) as u32);
        let picture = Picture { rgb, mask };
        let share = picture.edited_share();
        let fits = match kind {
            Painted::Tiny => share > 0.0001 && share < 0.001,
            Painted::Large => share > 0.4,
            _ => share > 0.001,
        };
        let score = if fits { mean } else { mean - 1_000.0 };
        if fits && mean >= LEAST_MEAN_CHANGE {
            return picture;
        }
        if best.as_ref().is_none_or(|(known, _)| score > *known) {
            best = Some((score, picture));
        }
    }
    best.map_or_else(|| Picture::clean(original.clone()), |(_, picture)| picture)
}

/// 255 where a channel differs by at least `steps`.
#[must_use]
pub fn changed_pixels(one: &RgbImage, other: &RgbImage, steps: u8) -> GrayImage {
    let mut mask = GrayImage::new(one.width(), one.height());
    for ((slot, a), b) in mask.pixels_mut().zip(one.pixels()).zip(other.pixels()) {
        let most = (0..3)
            .map(|channel| a.0[channel].abs_diff(b.0[channel]))
            .max()
            .unwrap_or(0);
        *slot = Luma([if most >= steps { 255 } else { 0 }]);
    }
    mask
}

fn mean_change(one: &RgbImage, other: &RgbImage, mask: &GrayImage) -> f64 {
    let (mut sum, mut count) = (0_u64, 0_u64);
    for ((a, b), edited) in one.pixels().zip(other.pixels()).zip(mask.iter()) {
        if *edited > 0 {
            sum += (0..3)
                .map(|channel| u64::from(a.0[channel].abs_diff(b.0[channel])))
                .max()
                .unwrap_or(0);
            count += 1;
        }
    }
    sum as f64 / count.max(1) as f64
}

/// Grows the mask by `reach` pixels (a square) and shrinks it again.
pub fn close(mask: &mut GrayImage, reach: u32) {
    *mask = spread(mask, reach, true);
    *mask = spread(mask, reach, false);
}

/// The largest (or smallest) value of a square around each pixel; pixels outside do not count.
#[must_use]
pub fn spread(mask: &GrayImage, reach: u32, largest: bool) -> GrayImage {
    let (width, height) = (mask.width() as usize, mask.height() as usize);
    let reach = reach as usize;
    let choose = |a: u8, b: u8| if largest { a.max(b) } else { a.min(b) };
    let source = mask.as_raw();
    let mut rows = source.clone();
    for y in 0..height {
        for x in 0..width {
            let range = x.saturating_sub(reach)..(x + reach + 1).min(width);
            rows[y * width + x] = source[y * width..][range]
                .iter()
                .copied()
                .fold(source[y * width + x], choose);
        }
    }
    let mut out = rows.clone();
    for y in 0..height {
        for from in y.saturating_sub(reach)..(y + reach + 1).min(height) {
            for x in 0..width {
                out[y * width + x] = choose(out[y * width + x], rows[from * width + x]);
            }
        }
    }
    GrayImage::from_raw(mask.width(), mask.height(), out).unwrap_or_else(|| mask.clone())
}

fn bounds(mask: &GrayImage) -> Option<[u32; 4]> {
    let mut found: Option<[u32; 4]> = None;
    for (x, y, pixel) in mask.enumerate_pixels() {
        if pixel.0[0] >= 128 {
            let [left, top, right, bottom] = found.unwrap_or([x, y, x, y]);
            found = Some([left.min(x), top.min(y), right.max(x), bottom.max(y)]);
        }
    }
    found
}

/// A place on the picture and what is painted there.
struct Brush<'a> {
    picture: &'a mut RgbImage,
    random: &'a mut Random,
    donors: &'a [Donor],
    /// The shorter side, in pixels.
    side: f32,
    center: (f32, f32),
    field: u64,
}

impl<'a> Brush<'a> {
    fn new(picture: &'a mut RgbImage, random: &'a mut Random, donors: &'a [Donor]) -> Self {
        let (width, height) = (picture.width() as f32, picture.height() as f32);
        let center = (
            width * random.between(0.40, 0.60),
            height * random.between(0.38, 0.62),
        );
        let field = random.next_u64();
        Self {
            side: width.min(height),
            picture,
            random,
            donors,
            center,
            field,
        }
    }

    fn apply(&mut self, kind: Painted) {
        match kind {
            Painted::Crack => self.crack(),
            Painted::Scratch => self.scratch(),
            Painted::Dent => self.dent(),
            Painted::Stain => self.stain(0.07, 0.15),
            Painted::Leak => self.leak(),
            Painted::Mold => self.mold(),
            Painted::Burn => self.burn(),
            Painted::Tear => self.tear(),
            Painted::Missing => self.missing(),
            Painted::BrokenCorner => self.broken_corner(),
            Painted::Digits => self.digits(),
            Painted::CopyMove => self.copy_move(),
            Painted::Splice => self.splice(),
            Painted::Seamless => self.seamless(),
            Painted::Tiny => self.stain(0.009, 0.014),
            Painted::Large => self.large(),
            Painted::Hair => self.hair(),
            Painted::Recolor => self.recolor(),
        }
    }

    /// Every pixel within `reach` of the center: `change` gets the offset from the center and the color.
    fn around(&mut self, reach: f32, change: impl Fn(f32, f32, [f32; 3]) -> [f32; 3]) {
        let (width, height) = (self.picture.width() as f32, self.picture.height() as f32);
        let (x0, x1) = (
            (self.center.0 - reach).max(0.0),
            (self.center.0 + reach).min(width),
        );
        let (y0, y1) = (
            (self.center.1 - reach).max(0.0),
            (self.center.1 + reach).min(height),
        );
        for y in y0 as u32..y1 as u32 {
            for x in x0 as u32..x1 as u32 {
                let pixel = self.picture.get_pixel_mut(x, y);
                let color = pixel.0.map(f32::from);
                pixel.0 =
                    change(x as f32 - self.center.0, y as f32 - self.center.1, color).map(byte);
            }
        }
    }

    fn walk(&mut self, length: f32, steps: u16, bend: f32) -> Vec<((f32, f32), (f32, f32))> {
        let mut strokes = Vec::new();
        let start = self.random.between(0.0, std::f32::consts::TAU);
        let begin = (
            self.center.0 - start.cos() * length / 2.0,
            self.center.1 - start.sin() * length / 2.0,
        );
        let mut pending = vec![(begin, start, steps, length)];
        while let Some((mut at, mut heading, left, length)) = pending.pop() {
            for _ in 0..left {
                heading += self.random.between(-bend, bend);
                let step = length / f32::from(steps) * self.random.between(0.6, 1.4);
                let to = (at.0 + heading.cos() * step, at.1 + heading.sin() * step);
                strokes.push((at, to));
                at = to;
                if strokes.len() < 40 && self.random.unit() < 0.16 {
                    let turn = if self.random.unit() < 0.5 { 0.8 } else { -0.8 };
                    pending.push((at, heading + turn, steps / 3, length * 0.7));
                }
            }
        }
        strokes
    }

    fn crack(&mut self) {
        let length = self.side * self.random.between(0.22, 0.45);
        let width = self.side * self.random.between(0.003, 0.0055);
        let strokes = self.walk(length, 18, 0.5);
        for (from, to) in &strokes {
            let aside = width * 0.7;
            draw::line(
                self.picture,
                (from.0 + aside, from.1 + aside),
                (to.0 + aside, to.1 + aside),
                width * 0.6,
                [235, 230, 222],
                0.35,
            );
        }
        for (index, (from, to)) in strokes.iter().enumerate() {
            let taper = 1.0 - 0.5 * index as f32 / strokes.len() as f32;
            draw::line(self.picture, *from, *to, width * taper, [24, 21, 20], 0.88);
        }
    }

    fn scratch(&mut self) {
        let count = 2 + self.random.below(4);
        let angle = self.random.between(0.0, std::f32::consts::PI);
        for _ in 0..count {
            let turn = angle + self.random.between(-0.15, 0.15);
            let half = self.side * self.random.between(0.06, 0.16);
            let (x, y) = (
                self.center.0 + self.side * self.random.between(-0.06, 0.06),
                self.center.1 + self.side * self.random.between(-0.06, 0.06),
            );
            let width = self.side * self.random.between(0.0018, 0.0035);
            let (dx, dy) = (turn.cos() * half, turn.sin() * half);
            let light = self.random.unit() < 0.5;
            let color = if light { [238, 236, 230] } else { [58, 54, 50] };
            draw::line(
                self.picture,
                (x - dx, y - dy),
                (x + dx, y + dy),
                width,
                color,
                0.75,
            );
        }
    }

    fn dent(&mut self) {
        let radius = self.side * self.random.between(0.09, 0.16);
        let depth = self.random.between(0.22, 0.4);
        let toward = self.random.between(0.0, std::f32::consts::TAU);
        let (light_x, light_y) = (toward.cos(), toward.sin());
        let source = self.picture.clone();
        let center = self.center;
        let seed = self.field;
        self.around(radius * 1.05, |x, y, color| {
            let ragged =
                1.0 + 0.2 * (layered(x / radius * 1.5 + 9.0, y / radius * 1.5, 2, seed) - 0.5);
            let away = x.hypot(y) / (radius * ragged);
            if away >= 1.0 {
                return color;
            }
            let press = (1.0 - away * away).powi(2);
            let pull = 1.0 + depth * press;
            let from = (center.0 + x * pull, center.1 + y * pull);
            let moved = crate::picture::sample_cubic(&source, from.0, from.1)
                .map_or(color, |pixel| pixel.0.map(f32::from));
            let slope = (x * light_x + y * light_y) / radius * (1.0 - away * away) * 2.2;
            moved.map(|channel| channel * (1.0 + 0.45 * slope - 0.12 * press))
        });
    }

    fn stain(&mut self, low: f32, high: f32) {
        let radius = self.side * self.random.between(low, high);
        let seed = self.field;
        let color =
            [[74.0, 44.0, 20.0], [52.0, 30.0, 26.0], [110.0, 84.0, 30.0]][self.random.below(3)];
        let strength = self.random.between(0.6, 0.85);
        self.around(radius * 1.35, |x, y, base| {
            let (x, y) = (x / radius, y / radius);
            let ragged = x.hypot(y) + 0.5 * (layered(x * 1.7 + 9.0, y * 1.7 + 5.0, 3, seed) - 0.5);
            let body = 1.0 - smoothstep(0.72, 0.86, ragged);
            let rim = smoothstep(0.5, 0.76, ragged) * body;
            let cover = (body * (0.5 + 0.35 * layered(x * 3.0, y * 3.0, 3, seed ^ 7)) + 0.35 * rim)
                * strength;
            mixed(base, color, cover)
        });
    }

    fn leak(&mut self) {
        let radius = self.side * self.random.between(0.06, 0.1);
        let drop = self.random.between(2.0, 3.4);
        let seed = self.field;
        self.around(radius * 3.6, |x, y, base| {
            let (x, y) = (x / radius, y / radius);
            let bend = 0.35 * (layered(1.0, y * 1.4, 2, seed) - 0.5);
            let wide =
                1.0 - 0.66 * smoothstep(-0.5, 1.0, y) + 0.26 * smoothstep(drop * 0.6, drop, y);
            let stretched = if y < 0.0 { y } else { y / drop };
            let away = ((x - bend) / wide).hypot(stretched)
                + 0.25 * (layered(x * 2.0, y * 2.0, 2, seed ^ 3) - 0.5);
            let body = 1.0 - smoothstep(0.86, 0.94, away);
            let shine = smoothstep(0.55, 0.8, away) * body * if x < bend { 1.0 } else { 0.0 };
            let wet = base.map(|channel| channel * (1.0 - 0.45 * body));
            mixed(wet, [244.0, 246.0, 250.0], shine * 0.4)
        });
    }

    fn mold(&mut self) {
        let radius = self.side * self.random.between(0.09, 0.17);
        let seed = self.field;
        self.around(radius * 1.2, |x, y, base| {
            let (x, y) = (x / radius, y / radius);
            let near = 1.0 - smoothstep(0.4, 1.1, x.hypot(y));
            let spots = layered(x * 6.0, y * 6.0, 3, seed);
            let cover = smoothstep(0.70, 0.78, spots + 0.32 * near - 0.1) * near.min(0.9);
            let tone = 60.0 + 60.0 * value(x * 40.0, y * 40.0, seed ^ 5);
            mixed(base, [tone * 0.8, tone, tone * 0.78], cover)
        });
    }

    fn burn(&mut self) {
        let radius = self.side * self.random.between(0.08, 0.15);
        let seed = self.field;
        self.around(radius * 1.4, |x, y, base| {
            let (x, y) = (x / radius, y / radius);
            let away = x.hypot(y) + 0.4 * (layered(x * 2.2 + 3.0, y * 2.2, 3, seed) - 0.5);
            let brown = 1.0 - smoothstep(0.6, 1.05, away);
            let black = 1.0 - smoothstep(0.35, 0.6, away);
            let ash = 20.0 + 36.0 * layered(x * 14.0, y * 14.0, 2, seed ^ 9);
            mixed(
                mixed(base, [66.0, 38.0, 18.0], brown * 0.8),
                [ash, ash * 0.95, ash * 0.9],
                black * 0.92,
            )
        });
    }

    fn tear(&mut self) {
        let half = self.side * self.random.between(0.09, 0.17);
        let gape = self.side * self.random.between(0.009, 0.018);
        let angle = self.random.between(0.0, std::f32::consts::PI);
        let seed = self.field;
        let (sin, cos) = angle.sin_cos();
        self.around(half * 1.1, |x, y, base| {
            let (along, across) = ((x * cos + y * sin) / half, y * cos - x * sin);
            if along.abs() >= 1.0 {
                return base;
            }
            let jag = gape * 2.4 * (layered(along * 7.0, 2.0, 3, seed) - 0.5);
            let open =
                gape * (1.0 - along * along) * (0.7 + 0.6 * value(along * 16.0, 7.0, seed ^ 1));
            let away = (across - jag).abs() / open.max(0.5);
            if away < 1.0 {
                let shade = 26.0 + 22.0 * value(x * 0.2, y * 0.2, seed);
                [shade, shade * 0.9, shade * 0.8]
            } else {
                let fiber = 1.0
                    - smoothstep(
                        1.0,
                        1.9,
                        away + 0.5 * (value(x * 0.5, y * 0.5, seed ^ 2) - 0.5),
                    );
                mixed(base, [232.0, 226.0, 214.0], fiber * 0.85)
            }
        });
    }

    fn missing(&mut self) {
        let radii = (
            self.side * self.random.between(0.05, 0.11),
            self.side * self.random.between(0.05, 0.11),
        );
        let seed = self.field;
        let hole = self.cut(radii, |x, y| {
            x.hypot(y) + 0.25 * (layered(x * 2.0, y * 2.0, 2, seed) - 0.5) < 0.9
        });
        poisson::heal(self.picture, hole.corner, &hole.inside, seed);
    }

    /// A box around the center and the pixels in it that `inside` accepts, in units of `radii`.
    fn cut(&self, radii: (f32, f32), inside: impl Fn(f32, f32) -> bool) -> Cut {
        let (w, h) = (radii.0 as u32 * 2 + 1, radii.1 as u32 * 2 + 1);
        let corner = (
            (self.center.0 - radii.0)
                .max(2.0)
                .min((self.picture.width() - w - 3) as f32) as u32,
            (self.center.1 - radii.1)
                .max(2.0)
                .min((self.picture.height() - h - 3) as f32) as u32,
        );
        let inside = GrayImage::from_fn(w, h, |x, y| {
            let at = (
                (x as f32 - radii.0) / radii.0,
                (y as f32 - radii.1) / radii.1,
            );
            Luma([if inside(at.0, at.1) { 255 } else { 0 }])
        });
        Cut { corner, inside }
    }

    fn broken_corner(&mut self) {
        let radius = self.side * self.random.between(0.06, 0.12);
        let seed = self.field;
        let cut = self.random.between(0.0, std::f32::consts::TAU);
        let (cut_x, cut_y) = (cut.cos(), cut.sin());
        self.around(radius * 1.2, |x, y, base| {
            let (x, y) = (x / radius, y / radius);
            let jag = 0.3 * (layered(x * 3.0, y * 3.0, 3, seed) - 0.5);
            let inside = (1.0 - x.hypot(y) + jag).min(x * cut_x + y * cut_y + 0.55 + jag);
            if inside <= 0.0 {
                return base;
            }
            let grain = 24.0 * (layered(x * 18.0, y * 18.0, 3, seed ^ 4) - 0.5);
            let shade = 172.0 + grain - 46.0 * (1.0 - smoothstep(0.0, 0.12, inside))
                + 26.0 * (x * 0.7 - y * 0.5);
            mixed(
                base,
                [shade, shade * 0.87, shade * 0.72],
                smoothstep(0.0, 0.02, inside),
            )
        });
    }

    fn digits(&mut self) {
        let scale = self.side * self.random.between(0.0045, 0.008);
        let year = 2_020 + self.random.below(8);
        let words = [
            format!("EXP {year}-{:02}", 1 + self.random.below(12)),
            format!("SIZE {}", 36 + self.random.below(9)),
            format!("LOT {:05}", self.random.below(99_999)),
        ][self.random.below(3)]
        .clone();
        let width = draw::text_width(&words, scale);
        let height = scale * 7.0;
        let corner = (
            (self.center.0 - width / 2.0) as i64,
            (self.center.1 - height / 2.0) as i64,
        );
        let ground = self.mean_color(corner, (width as i64, height as i64));
        let pad = (scale * 1.5) as i64;
        let source = self.picture.clone();
        // The old lettering is covered with the color around it and its own grain.
        for y in corner.1 - pad..corner.1 + height as i64 + pad {
            for x in corner.0 - pad..corner.0 + width as i64 + pad {
                let (Ok(px), Ok(py)) = (u32::try_from(x), u32::try_from(y)) else {
                    continue;
                };
                if px < source.width() && py < source.height() {
                    let grain = value(x as f32 * 0.7, y as f32 * 0.7, self.field) * 8.0 - 4.0;
                    draw::mix(
                        self.picture,
                        x,
                        y,
                        ground.map(|channel| byte(channel + grain)),
                        0.94,
                    );
                }
            }
        }
        let dark = ground.iter().sum::<f32>() > 360.0;
        let ink = if dark { [34, 32, 36] } else { [228, 226, 218] };
        draw::text(self.picture, &words, corner, scale, ink, 0.92);
    }

    fn mean_color(&self, corner: (i64, i64), size: (i64, i64)) -> [f32; 3] {
        let mut sums = [0.0_f32; 3];
        let mut count = 0.0_f32;
        for y in corner.1..corner.1 + size.1 {
            for x in corner.0..corner.0 + size.0 {
                let (Ok(x), Ok(y)) = (u32::try_from(x), u32::try_from(y)) else {
                    continue;
                };
                if x < self.picture.width() && y < self.picture.height() {
                    let pixel = self.picture.get_pixel(x, y);
                    for (sum, channel) in sums.iter_mut().zip(pixel.0) {
                        *sum += f32::from(channel);
                    }
                    count += 1.0;
                }
            }
        }
        sums.map(|sum| sum / count.max(1.0))
    }

    fn copy_move(&mut self) {
        let radii = (
            self.side * self.random.between(0.06, 0.13),
            self.side * self.random.between(0.06, 0.13),
        );
        let away = radii.0.max(radii.1) * self.random.between(2.1, 3.2);
        let turn = self.random.between(0.0, std::f32::consts::TAU);
        let (dx, dy) = (turn.cos() * away, turn.sin() * away);
        let source = self.picture.clone();
        let center = self.center;
        self.around(radii.0.max(radii.1) + 1.0, |x, y, base| {
            let inside = (1.0 - (x / radii.0).hypot(y / radii.1)) * radii.0.min(radii.1);
            if inside <= 0.0 {
                return base;
            }
            let (from_x, from_y) = ((center.0 + x + dx).round(), (center.1 + y + dy).round());
            if from_x < 0.0
                || from_y < 0.0
                || from_x >= source.width() as f32
                || from_y >= source.height() as f32
            {
                return base;
            }
            let copied = source
                .get_pixel(from_x as u32, from_y as u32)
                .0
                .map(f32::from);
            mixed(base, copied, smoothstep(0.0, 3.0, inside))
        });
    }

    /// A donor at about a fifth of the shorter side, with its corner so that it lies about the center.
    fn donated(&mut self) -> Option<(RgbImage, GrayImage, (u32, u32))> {
        if self.donors.is_empty() {
            return None;
        }
        let donor = &self.donors[self.random.below(self.donors.len())];
        let size = self.side * self.random.between(0.16, 0.28);
        let scale = size / donor.rgb.width().max(donor.rgb.height()) as f32;
        let (w, h) = (
            ((donor.rgb.width() as f32 * scale) as u32).max(12),
            ((donor.rgb.height() as f32 * scale) as u32).max(12),
        );
        let filter = imageops::FilterType::CatmullRom;
        let rgb = imageops::resize(&donor.rgb, w, h, filter);
        let alpha = imageops::resize(&donor.alpha, w, h, imageops::FilterType::Triangle);
        let corner = (
            (self.center.0 as u32)
                .saturating_sub(w / 2)
                .min(self.picture.width() - w - 1),
            (self.center.1 as u32)
                .saturating_sub(h / 2)
                .min(self.picture.height() - h - 1),
        );
        Some((rgb, alpha, corner))
    }

    fn splice(&mut self) {
        let Some((rgb, alpha, corner)) = self.donated() else {
            return;
        };
        let soft = imageops::fast_blur(&spread(&alpha, 2, true), 1.5);
        for (x, y, pixel) in rgb.enumerate_pixels() {
            let strength = f32::from(soft.get_pixel(x, y).0[0]) / 255.0;
            draw::mix(
                self.picture,
                i64::from(corner.0 + x),
                i64::from(corner.1 + y),
                pixel.0,
                strength,
            );
        }
    }

    fn seamless(&mut self) {
        let Some((rgb, alpha, corner)) = self.donated() else {
            return;
        };
        let inside = spread(&alpha, 4, true);
        poisson::clone_into(self.picture, corner, &rgb, &inside);
    }

    fn large(&mut self) {
        let seed = self.field;
        let tint =
            [[70.0, 52.0, 30.0], [64.0, 74.0, 60.0], [40.0, 34.0, 32.0]][self.random.below(3)];
        let side = self.side;
        let reach = self.picture.width().max(self.picture.height()) as f32;
        self.around(reach, |x, y, base| {
            let (x, y) = (x / side, y / side);
            let body = layered(x * 2.6 + 4.0, y * 2.6, 4, seed) + 0.34 * (0.62 - x.hypot(y));
            let cover = smoothstep(0.46, 0.54, body)
                * (0.45 + 0.4 * layered(x * 9.0, y * 9.0, 2, seed ^ 8));
            mixed(base, tint, cover)
        });
    }

    fn hair(&mut self) {
        let count = 1 + self.random.below(2);
        for _ in 0..count {
            let width = self.side * self.random.between(0.0028, 0.0042);
            let mut heading = self.random.between(0.0, std::f32::consts::TAU);
            let curl = self.random.between(-0.12, 0.12);
            let mut at = (
                self.center.0 + self.side * self.random.between(-0.1, 0.1),
                self.center.1 + self.side * self.random.between(-0.1, 0.1),
            );
            for _ in 0..26 {
                heading += curl + self.random.between(-0.06, 0.06);
                let to = (
                    at.0 + heading.cos() * self.side * 0.011,
                    at.1 + heading.sin() * self.side * 0.011,
                );
                draw::line(self.picture, at, to, width, [30, 22, 18], 0.8);
                at = to;
            }
        }
    }

    fn recolor(&mut self) {
        let radii = (
            self.side * self.random.between(0.1, 0.2),
            self.side * self.random.between(0.1, 0.2),
        );
        let seed = self.field;
        let order = self.random.below(2);
        self.around(radii.0.max(radii.1) * 1.3, |x, y, base| {
            let (u, v) = (x / radii.0, y / radii.1);
            let away = u.hypot(v) + 0.3 * (layered(u * 2.0, v * 2.0, 2, seed) - 0.5);
            let [r, g, b] = base;
            let turned = if order == 0 {
                [g * 0.8, b * 0.9 + 12.0, r]
            } else {
                [b * 0.85, r * 0.92, g * 0.75]
            };
            mixed(base, turned, 1.0 - smoothstep(0.82, 0.94, away))
        });
    }
}

struct Cut {
    corner: (u32, u32),
    inside: GrayImage,
}

fn mixed(base: [f32; 3], target: [f32; 3], part: f32) -> [f32; 3] {
    std::array::from_fn(|channel| {
        base[channel] + (target[channel] - base[channel]) * part.clamp(0.0, 1.0)
    })
}
