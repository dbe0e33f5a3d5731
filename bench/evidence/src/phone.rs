//! What phones and their owners do to a new photo before it is sent: nothing of it is a forgery. The photo is taken as
//! its camera saved it, is changed, and goes its way through one more delivery.

use aftercare_scene::random::Random;
use aftercare_scene::{Background, RgbImage};
use anyhow::Result;
use image::imageops::{self, FilterType};
use image::{GrayImage, Rgb};

use crate::chain::{self, Chain, Delivered, deliver, leaning, median3};
use crate::draw;
use crate::noise::{layered, smoothstep};
use crate::picture::{Map, Picture, blurred, scaled};
use crate::suite::{Item, Shot};

/// The longer side of the small pictures that tell the goods from what they stand on: a phone's own map is as coarse.
const SUBJECT_SIDE: u32 = 320;
/// Pictures with different tables differ by so much where the table is, in steps of 255; less is its light on the goods.
const TABLE_DIFFERS: u8 = 40;
/// Below this share of the picture, and above its rest, the goods were not told from the table.
const LEAST_SUBJECT: f64 = 0.04;

/// One thing that is done to an honest photo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Habit {
    /// Several exposures in one: shadows lifted, lights held, local contrast raised.
    Hdr,
    /// A dark room made light: noise, smeared by the denoiser, without fine color.
    Night,
    /// The background blurred behind a rough outline of the goods.
    Portrait,
    /// A weave too fine for the sensor, made smaller without a filter.
    Moire,
    /// A camera app that prints time and place over a corner.
    WatermarkCamera,
    /// A part of the picture enlarged to all of it.
    DigitalZoom,
    /// Made "clearer" by an app: smaller, larger and sharpened.
    Enhanced,
    Screenshot,
    /// A scrolled chat as one picture, with two photos in it.
    LongScreenshot,
    /// Something private made unreadable.
    Mosaic,
    /// Four own photos in one.
    Collage,
    /// The hand moved.
    Moving,
    /// Perspective taken out by a scanner app, contrast raised.
    Straightened,
    /// The front camera.
    Mirrored,
}

impl Habit {
    pub const ALL: [Self; 14] = [
        Self::Hdr,
        Self::Night,
        Self::Portrait,
        Self::Moire,
        Self::WatermarkCamera,
        Self::DigitalZoom,
        Self::Enhanced,
        Self::Screenshot,
        Self::LongScreenshot,
        Self::Mosaic,
        Self::Collage,
        Self::Moving,
        Self::Straightened,
        Self::Mirrored,
    ];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hdr => "hdr",
            Self::Night => "night",
            Self::Portrait => "portrait",
            Self::Moire => "moire",
            Self::WatermarkCamera => "watermark-camera",
            Self::DigitalZoom => "digital-zoom",
            Self::Enhanced => "enhanced",
            Self::Screenshot => "own-screenshot",
            Self::LongScreenshot => "long-screenshot",
            Self::Mosaic => "mosaic",
            Self::Collage => "own-collage",
            Self::Moving => "moving",
            Self::Straightened => "straightened",
            Self::Mirrored => "mirrored",
        }
    }

    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|habit| habit.name() == name)
    }

    /// The deliveries that make a habit by themselves; without any, one of [`SENT`] follows.
    const fn chains(self) -> &'static [Chain] {
        match self {
            Self::Enhanced => &[Chain::SuperResolution],
            Self::Screenshot => &[Chain::ScreenshotLight, Chain::ScreenshotDark],
            Self::Collage => &[Chain::Collage],
            Self::Mirrored => &[Chain::Mirror],
            _ => &SENT,
        }
    }
}

/// Habits that each item shows.
const HABITS_A_ITEM: usize = 3;

/// The habits of an item; they take turns over the items. The number goes on counting, so that a habit meets all photos.
#[must_use]
pub fn habits(item: &Item) -> [(usize, Habit); HABITS_A_ITEM] {
    let first = item.number as usize * HABITS_A_ITEM;
    std::array::from_fn(|step| {
        let turn = first + step;
        (turn, Habit::ALL[turn % Habit::ALL.len()])
    })
}

/// Deliveries of what was changed already.
const SENT: [Chain; 6] = [
    Chain::Jpeg95,
    Chain::Jpeg85,
    Chain::Messenger1080,
    Chain::Messenger1280,
    Chain::Half,
    Chain::WebpHop,
];

/// A photo as its owner sends it, and the delivery it went through. `own` are other photos of the same person.
pub fn sent(
    item: &Item,
    shot: Shot,
    photo: &RgbImage,
    habit: Habit,
    seed: u64,
    own: &[RgbImage],
) -> Result<(Delivered, Chain)> {
    let mut random = Random::for_purpose(seed, 0x9B17);
    let rgb = match habit {
        Habit::Hdr => hdr(photo, &mut random),
        Habit::Night => night(photo, &mut random),
        Habit::Portrait => portrait(photo, &subject(item, shot), &mut random),
        Habit::Moire => moire(photo, &subject(item, shot), &mut random),
        Habit::WatermarkCamera => watermark_camera(photo, &mut random),
        Habit::DigitalZoom => digital_zoom(photo, &mut random),
        Habit::LongScreenshot => long_screenshot(photo, own.first(), &mut random),
        Habit::Mosaic => mosaic(photo, &mut random),
        Habit::Moving => moving(photo, &mut random),
        Habit::Straightened => straightened(photo, &mut random),
        Habit::Enhanced | Habit::Screenshot | Habit::Collage | Habit::Mirrored => photo.clone(),
    };
    let chains = habit.chains();
    let chain = chains[random.below(chains.len())];
    Ok((deliver(&Picture::clean(rgb), chain, seed, own)?, chain))
}

/// Where a photo shows goods (255) and where the table or wall that they stand on (0), coarse as a phone sees it.
#[must_use]
pub fn subject(item: &Item, shot: Shot) -> GrayImage {
    let (scene, camera) = item.take(shot);
    let (width, height) = (SUBJECT_SIDE, SUBJECT_SIDE * 3 / 4);
    let on = |background, seed| {
        let scene = scene.clone().background(background, seed);
        blurred(&camera.develop(&scene, width, height), 0.8)
    };
    let tables = [
        on(Background::Plain, item.seed ^ 1),
        on(Background::Wood, item.seed ^ 2),
        on(Background::Stone, item.seed ^ 3),
    ];
    let mut mask = GrayImage::from_pixel(width, height, image::Luma([255]));
    for (x, y, pixel) in mask.enumerate_pixels_mut() {
        let colors = tables.each_ref().map(|table| table.get_pixel(x, y).0);
        let differs = (0..3).any(|channel| {
            let values = colors.map(|color| color[channel]);
            let [first, second, third] = values;
            first.max(second).max(third) - first.min(second).min(third) > TABLE_DIFFERS
        });
        if differs {
            pixel.0[0] = 0;
        }
    }
    let share = mask.iter().filter(|value| **value > 0).count() as f64 / mask.len() as f64;
    if !(LEAST_SUBJECT..=1.0 - LEAST_SUBJECT).contains(&share) {
        // Nothing stands out: what is in the middle is taken to be meant.
        for (x, y, pixel) in mask.enumerate_pixels_mut() {
            let (u, v) = (
                x as f32 / width as f32 * 2.0 - 1.0,
                y as f32 / height as f32 * 2.0 - 1.0,
            );
            pixel.0[0] = if u.hypot(v) < 0.6 { 255 } else { 0 };
        }
    }
    imageops::blur(&mask, 1.2)
}

/// The coarse mask at a place of a picture of this size, 0 to 1.
fn at(mask: &GrayImage, (width, height): (u32, u32), x: u32, y: u32) -> f32 {
    let scale = |place: u32, side: u32, small: u32| {
        (f64::from(place) + 0.5) * f64::from(small) / f64::from(side) - 0.5
    };
    let (u, v) = (
        scale(x, width, mask.width()).clamp(0.0, f64::from(mask.width() - 1)),
        scale(y, height, mask.height()).clamp(0.0, f64::from(mask.height() - 1)),
    );
    f32::from(crate::picture::sample_mask(mask, u, v)) / 255.0
}

fn luma(color: [f32; 3]) -> f32 {
    0.299 * color[0] + 0.587 * color[1] + 0.114 * color[2]
}

fn sharpened(picture: &RgbImage, radius: f32, gain: f32) -> RgbImage {
    let soft = blurred(picture, radius);
    let mut crisp = Picture::clean(picture.clone());
    crisp.each(|x, y, color| {
        let soft = soft.get_pixel(x, y).0;
        std::array::from_fn(|c| color[c] + gain * (color[c] - f32::from(soft[c])))
    });
    crisp.rgb
}

fn hdr(photo: &RgbImage, random: &mut Random) -> RgbImage {
    let side = photo.width().max(photo.height()) as f32;
    let wide = blurred(photo, side * random.between(0.012, 0.03));
    let (held, detail, saturation) = (
        random.between(0.45, 0.7),
        random.between(1.15, 1.5),
        random.between(1.05, 1.3),
    );
    let middle = random.between(105.0, 130.0);
    let mut mapped = Picture::clean(photo.clone());
    mapped.each(|x, y, color| {
        let base = luma(wide.get_pixel(x, y).0.map(f32::from)).max(4.0);
        let light = luma(color).max(1.0);
        let target = middle * (base / middle).powf(held) * (light / base).powf(detail);
        color.map(|channel| {
            let gained = channel * target / light;
            target + (gained - target) * saturation
        })
    });
    mapped.rgb
}

fn night(photo: &RgbImage, random: &mut Random) -> RgbImage {
    let dark = random.between(0.03, 0.09);
    let frames = random.between(4.0, 9.0);
    let gamma = 1.0 / random.between(2.5, 3.0);
    let mut picture = Picture::clean(photo.clone());
    // The light that is left, the sensor's noise in the mean of some frames, and a curve that makes it light again.
    picture.each(|_, _, color| {
        color.map(|channel| {
            let light = (channel / 255.0).powf(2.2) * dark;
            let noise = (light * 0.000_6 + 0.000_002).sqrt() / frames.sqrt() * random.normal();
            255.0 * ((light + noise).max(0.0) / dark).powf(gamma)
        })
    });
    let merged = median3(&picture.rgb);
    let soft = blurred(&merged, 2.2);
    let wide = blurred(&merged, 6.0);
    let (smear, saturation) = (random.between(0.6, 0.9), random.between(0.75, 0.95));
    let mut smooth = Picture::clean(merged);
    smooth.each(|x, y, color| {
        let (soft, wide) = (
            soft.get_pixel(x, y).0.map(f32::from),
            wide.get_pixel(x, y).0.map(f32::from),
        );
        let away = (luma(color) - luma(soft)).abs();
        let part = smear * (-away * away / 120.0).exp();
        let light = luma(color) + (luma(soft) - luma(color)) * part;
        wide.map(|channel| light + (channel - luma(wide)) * saturation)
    });
    sharpened(&smooth.rgb, 1.3, random.between(0.4, 0.9))
}

fn portrait(photo: &RgbImage, goods: &GrayImage, random: &mut Random) -> RgbImage {
    let side = photo.width().max(photo.height()) as f32;
    let size = photo.dimensions();
    let (near, far) = (
        blurred(photo, side * random.between(0.002, 0.004)),
        blurred(photo, side * random.between(0.006, 0.011)),
    );
    let mut picture = Picture::clean(photo.clone());
    let height = photo.height() as f32;
    picture.each(|x, y, color| {
        let sharp = smoothstep(0.3, 0.7, at(goods, size, x, y));
        // What is higher in the picture is mostly farther away.
        let away = 1.0 - smoothstep(0.45, 0.95, y as f32 / height);
        let (near, far) = (near.get_pixel(x, y).0, far.get_pixel(x, y).0);
        std::array::from_fn(|c| {
            let soft = f32::from(near[c]) * (1.0 - away) + f32::from(far[c]) * away;
            soft + (color[c] - soft) * sharp
        })
    });
    picture.rgb
}

fn moire(photo: &RgbImage, goods: &GrayImage, random: &mut Random) -> RgbImage {
    let size = photo.dimensions();
    let lean = leaning(size.0, size.1, 0.0, 0.12, random);
    let cloth = Map::between(chain::corners(size.0, size.1), lean);
    let (turn, thread) = (random.between(-0.5, 0.5), random.between(1.7, 2.7));
    let (sin, cos) = turn.sin_cos();
    let (depth, bend) = (random.between(18.0, 40.0), random.between(3.0, 9.0));
    let field = random.next_u64();
    // The weave is the goods' or the cloth's below.
    let on_goods = random.unit() < 0.6;
    let weave = |x: f32, y: f32| {
        let (u, v) = cloth.apply(f64::from(x), f64::from(y));
        let (u, v) = (u as f32, v as f32);
        let fold = bend * layered(x * 0.004, y * 0.004, 2, field);
        let across = (u * cos - v * sin + fold) / thread * std::f32::consts::TAU;
        let down = (u * sin + v * cos - fold) / thread * std::f32::consts::TAU;
        across.cos() * down.cos()
    };
    let mut picture = Picture::clean(photo.clone());
    picture.each(|x, y, color| {
        let goods = at(goods, size, x, y);
        let share = depth * if on_goods { goods } else { 1.0 - goods };
        if share < 0.5 {
            return color;
        }
        // Each color is sampled at its own place of the sensor's mosaic.
        let (x, y) = (x as f32, y as f32);
        let threads = [
            weave(x, y),
            weave(x + 0.5, y + 0.5),
            weave(x + 1.0, y + 1.0),
        ];
        std::array::from_fn(|c| color[c] + share * threads[c])
    });
    let scale = f64::from(random.between(0.55, 0.85));
    let smaller = (scaled(size.0, scale), scaled(size.1, scale));
    picture
        .warped(smaller, Rgb([16; 3]), |x, y| {
            (
                (x / scale).min(f64::from(size.0) - 1.0),
                (y / scale).min(f64::from(size.1) - 1.0),
            )
        })
        .rgb
}

fn watermark_camera(photo: &RgbImage, random: &mut Random) -> RgbImage {
    let mut picture = photo.clone();
    let (width, height) = (photo.width() as f32, photo.height() as f32);
    let scale = (width / 1_600.0 * random.between(4.0, 6.0)).max(1.0);
    let (left, top) = (
        width * random.between(0.02, 0.05),
        height * random.between(0.68, 0.74),
    );
    let line = 10.0 * scale;
    let panel = [[20, 24, 30], [250, 250, 250]][random.below(2)];
    let ink = if panel[0] > 128 {
        [30, 34, 40]
    } else {
        [250, 250, 250]
    };
    let accent = [[250, 196, 40], [40, 120, 240], [40, 180, 120]][random.below(3)];
    let corner = (left as i64, top as i64);
    let extent = (
        (draw::text_width("FLAT 3 - DEMO STREET 12", scale) + 8.0 * scale) as i64,
        (5.2 * line) as i64,
    );
    draw::fill(
        &mut picture,
        corner,
        extent,
        panel,
        random.between(0.35, 0.7),
    );
    let bar = ((1.5 * scale) as i64).max(1);
    draw::fill(&mut picture, corner, (bar, extent.1), accent, 1.0);
    let inset = corner.0 + (4.0 * scale) as i64;
    let below = |part: f32| (top + part * line) as i64;
    draw::text(
        &mut picture,
        "14:27",
        (inset, below(0.3)),
        1.6 * scale,
        ink,
        1.0,
    );
    for (row, words) in [
        "2026-11-08 SUNDAY 9C",
        "FLAT 3 - DEMO STREET 12",
        "TIME AND PLACE CAMERA",
    ]
    .into_iter()
    .enumerate()
    {
        draw::text(
            &mut picture,
            words,
            (inset, below(1.9 + row as f32)),
            scale,
            ink,
            0.95,
        );
    }
    picture
}

fn digital_zoom(photo: &RgbImage, random: &mut Random) -> RgbImage {
    let (width, height) = photo.dimensions();
    let part = f64::from(random.between(0.4, 0.65));
    let (w, h) = (scaled(width, part), scaled(height, part));
    let place = |whole: u32, cut: u32, random: &mut Random| {
        (f64::from(whole - cut) * f64::from(random.between(0.3, 0.7))) as u32
    };
    let (x, y) = (place(width, w, random), place(height, h, random));
    let cut = Picture::clean(photo.clone()).cropped(x, y, w, h);
    let large = cut.resized_with(width, height, FilterType::Lanczos3);
    sharpened(&large.rgb, 1.6, random.between(0.4, 1.0))
}

fn long_screenshot(photo: &RgbImage, other: Option<&RgbImage>, random: &mut Random) -> RgbImage {
    let dark = random.unit() < 0.4;
    let (ground, ink) = if dark {
        ([18, 18, 20], [220, 220, 224])
    } else {
        ([238, 238, 240], [40, 40, 44])
    };
    let width = 1_080;
    let shown_width = scaled(width, f64::from(random.between(0.55, 0.8)));
    let shown: Vec<RgbImage> = [Some(photo), other]
        .into_iter()
        .flatten()
        .map(|picture| {
            let share = f64::from(shown_width) / f64::from(picture.width());
            let high = scaled(picture.height(), share);
            imageops::resize(picture, shown_width, high, FilterType::CatmullRom)
        })
        .collect();
    let gap = 150;
    let height = 260 + shown.iter().map(|one| one.height() + gap).sum::<u32>() + 120;
    let mut page = draw::sheet(width, height, ground);
    draw::text(&mut page, "14:27", (60, 40), 5.0, ink, 1.0);
    draw::text(&mut page, "< SHOP SERVICE", (50, 130), 6.0, ink, 1.0);
    let mut top = 260;
    for (picture, words) in shown.iter().zip(["IT ARRIVED LIKE THIS", "AND FROM HERE"]) {
        draw::text(&mut page, words, (240, i64::from(top)), 5.0, ink, 1.0);
        let left = i64::from(width - shown_width - 40);
        imageops::replace(&mut page, picture, left, i64::from(top) + 60);
        top += picture.height() + gap;
    }
    page
}

fn mosaic(photo: &RgbImage, random: &mut Random) -> RgbImage {
    let (width, height) = photo.dimensions();
    let cell = (width / 60).max(4);
    let (w, h) = (
        scaled(width, f64::from(random.between(0.12, 0.25))),
        scaled(height, f64::from(random.between(0.06, 0.14))),
    );
    let place = |whole: u32, part: u32, random: &mut Random| {
        (f64::from(whole - part) * f64::from(random.between(0.05, 0.95))) as u32
    };
    let (x, y) = (place(width, w, random), place(height, h, random));
    let part = imageops::crop_imm(photo, x, y, w, h).to_image();
    let coarse = imageops::resize(
        &part,
        (w / cell).max(1),
        (h / cell).max(1),
        FilterType::Triangle,
    );
    let blocks = imageops::resize(&coarse, w, h, FilterType::Nearest);
    let mut picture = photo.clone();
    imageops::replace(&mut picture, &blocks, i64::from(x), i64::from(y));
    picture
}

/// Steps along the way of a hand that moved.
const STEPS: u16 = 9;

fn moving(photo: &RgbImage, random: &mut Random) -> RgbImage {
    let side = photo.width().max(photo.height()) as f32;
    let way = side * random.between(0.003, 0.007);
    let (sin, cos) = random.between(0.0, std::f32::consts::PI).sin_cos();
    let (right, bottom) = (photo.width() as f32 - 1.0, photo.height() as f32 - 1.0);
    let mut picture = Picture::clean(photo.clone());
    picture.each(|x, y, _| {
        let mut sum = [0.0_f32; 3];
        for step in 0..STEPS {
            let part = (f32::from(step) / f32::from(STEPS - 1) - 0.5) * way;
            let (u, v) = (
                (x as f32 + part * cos).round().clamp(0.0, right),
                (y as f32 + part * sin).round().clamp(0.0, bottom),
            );
            let color = photo.get_pixel(u as u32, v as u32).0;
            for (slot, channel) in sum.iter_mut().zip(color) {
                *slot += f32::from(channel);
            }
        }
        sum.map(|slot| slot / f32::from(STEPS))
    });
    picture.rgb
}

fn straightened(photo: &RgbImage, random: &mut Random) -> RgbImage {
    let (width, height) = photo.dimensions();
    let quad = leaning(width, height, 0.02, 0.1, random);
    let (w, h) = (scaled(width, 0.9), scaled(height, 0.9));
    let back = Map::between(chain::corners(w, h), quad);
    let mut flat =
        Picture::clean(photo.clone()).warped((w, h), Rgb([16; 3]), |x, y| back.apply(x, y));
    let contrast = random.between(1.1, 1.35);
    flat.each(|_, _, color| color.map(|channel| (channel - 128.0) * contrast + 134.0));
    sharpened(&flat.rgb, 1.4, 0.5)
}
