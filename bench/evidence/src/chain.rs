//! Deliveries: what happens to a photo between the picture and the claim. The mask goes through the same geometry.

use aftercare_scene::RgbImage;
use aftercare_scene::random::Random;
use anyhow::Result;
use image::imageops::{self, FilterType};
use image::{GrayImage, Rgb};

use crate::draw;
use crate::picture::{Picture, blurred, jpeg, scaled};
use crate::recapture;

/// Filled around what a warp leaves open.
const OUTSIDE: Rgb<u8> = Rgb([16, 16, 16]);

/// One way of delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Chain {
    Jpeg95,
    Jpeg85,
    Jpeg70,
    Jpeg50,
    Jpeg30,
    DoubleJpeg,
    WebpHop,
    Messenger1080,
    Messenger1280,
    Half,
    Png,
    ScreenshotLight,
    ScreenshotDark,
    ScreenPhoto,
    PrintPhoto,
    Crop70,
    Crop50,
    Crop35,
    Crop20,
    RotateSmall,
    RotateLarge,
    Rotate90,
    Rotate180,
    Rotate270,
    Mirror,
    Stretch,
    Tone,
    Beauty,
    Gray,
    Vignette,
    Denoise,
    Sharpen,
    SuperResolution,
    Noise,
    Blur,
    Border,
    Collage,
    Sticker,
    Watermark,
    /// Cropped, mirrored, toned and sent by a messenger.
    Combined,
}

impl Chain {
    pub const ALL: [Self; 40] = [
        Self::Jpeg95,
        Self::Jpeg85,
        Self::Jpeg70,
        Self::Jpeg50,
        Self::Jpeg30,
        Self::DoubleJpeg,
        Self::WebpHop,
        Self::Messenger1080,
        Self::Messenger1280,
        Self::Half,
        Self::Png,
        Self::ScreenshotLight,
        Self::ScreenshotDark,
        Self::ScreenPhoto,
        Self::PrintPhoto,
        Self::Crop70,
        Self::Crop50,
        Self::Crop35,
        Self::Crop20,
        Self::RotateSmall,
        Self::RotateLarge,
        Self::Rotate90,
        Self::Rotate180,
        Self::Rotate270,
        Self::Mirror,
        Self::Stretch,
        Self::Tone,
        Self::Beauty,
        Self::Gray,
        Self::Vignette,
        Self::Denoise,
        Self::Sharpen,
        Self::SuperResolution,
        Self::Noise,
        Self::Blur,
        Self::Border,
        Self::Collage,
        Self::Sticker,
        Self::Watermark,
        Self::Combined,
    ];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Jpeg95 => "jpeg-95",
            Self::Jpeg85 => "jpeg-85",
            Self::Jpeg70 => "jpeg-70",
            Self::Jpeg50 => "jpeg-50",
            Self::Jpeg30 => "jpeg-30",
            Self::DoubleJpeg => "double-jpeg",
            Self::WebpHop => "webp-hop",
            Self::Messenger1080 => "messenger-1080",
            Self::Messenger1280 => "messenger-1280",
            Self::Half => "half-size",
            Self::Png => "png",
            Self::ScreenshotLight => "screenshot-light",
            Self::ScreenshotDark => "screenshot-dark",
            Self::ScreenPhoto => "photo-of-screen",
            Self::PrintPhoto => "photo-of-print",
            Self::Crop70 => "crop-70",
            Self::Crop50 => "crop-50",
            Self::Crop35 => "crop-35",
            Self::Crop20 => "crop-20",
            Self::RotateSmall => "rotate-small",
            Self::RotateLarge => "rotate-large",
            Self::Rotate90 => "rotate-90",
            Self::Rotate180 => "rotate-180",
            Self::Rotate270 => "rotate-270",
            Self::Mirror => "mirror",
            Self::Stretch => "stretch",
            Self::Tone => "tone",
            Self::Beauty => "beauty",
            Self::Gray => "gray",
            Self::Vignette => "vignette",
            Self::Denoise => "denoise",
            Self::Sharpen => "sharpen",
            Self::SuperResolution => "super-resolution",
            Self::Noise => "noise",
            Self::Blur => "blur",
            Self::Border => "border",
            Self::Collage => "collage-4",
            Self::Sticker => "sticker",
            Self::Watermark => "watermark",
            Self::Combined => "combined",
        }
    }

    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|chain| chain.name() == name)
    }

    /// Photographed from a screen or from paper: these have a row of their own.
    #[must_use]
    pub const fn is_recapture(self) -> bool {
        matches!(self, Self::ScreenPhoto | Self::PrintPhoto)
    }

    /// Something was laid over the picture that is not damage.
    #[must_use]
    pub const fn adds_marks(self) -> bool {
        matches!(self, Self::Sticker | Self::Watermark)
    }

    /// Whether all of the original may be kept: what an honest person's photo goes through on its way.
    #[must_use]
    pub const fn is_honest(self) -> bool {
        matches!(
            self,
            Self::Jpeg95
                | Self::Jpeg85
                | Self::Jpeg70
                | Self::Jpeg50
                | Self::DoubleJpeg
                | Self::WebpHop
                | Self::Messenger1080
                | Self::Messenger1280
                | Self::Half
                | Self::Png
                | Self::Crop70
                | Self::Rotate90
                | Self::Rotate180
                | Self::Rotate270
                | Self::Tone
                | Self::Beauty
                | Self::Denoise
                | Self::Sharpen
                | Self::Watermark
        )
    }

    /// The honest ways of delivery.
    #[must_use]
    pub fn honest() -> Vec<Self> {
        Self::ALL
            .into_iter()
            .filter(|chain| chain.is_honest())
            .collect()
    }
}

/// A delivered file and the truth about it.
#[derive(Debug, Clone)]
pub struct Delivered {
    pub file: Vec<u8>,
    /// How the file's name ends.
    pub extension: &'static str,
    /// As large as the delivered picture; 255 where it shows edited pixels.
    pub mask: GrayImage,
}

/// Delivers a picture. `others` are pictures for the other places of a collage.
pub fn deliver(
    picture: &Picture,
    chain: Chain,
    seed: u64,
    others: &[RgbImage],
) -> Result<Delivered> {
    let mut random = Random::for_purpose(seed, 0xC4A1);
    let (sent, quality) = transform(picture, chain, &mut random, others)?;
    let mask = sharp(sent.mask);
    if chain == Chain::Png {
        let file = aftercare_scene::encode_png(&sent.rgb);
        return Ok(Delivered {
            file,
            extension: "png",
            mask,
        });
    }
    Ok(Delivered {
        file: jpeg(&sent.rgb, quality)?,
        extension: "jpg",
        mask,
    })
}

fn sharp(mut mask: GrayImage) -> GrayImage {
    mask.iter_mut()
        .for_each(|value| *value = if *value >= 128 { 255 } else { 0 });
    mask
}

/// The delivered pixels before the last JPEG, and its quality.
fn transform(
    picture: &Picture,
    chain: Chain,
    random: &mut Random,
    others: &[RgbImage],
) -> Result<(Picture, u8)> {
    let plain = picture.clone();
    let usual = 84 + random.below(10) as u8;
    Ok(match chain {
        Chain::Jpeg95 => (plain, 95),
        Chain::Jpeg85 => (plain, 85),
        Chain::Jpeg70 => (plain, 70),
        Chain::Jpeg50 => (plain, 50),
        Chain::Jpeg30 => (plain, 30),
        Chain::DoubleJpeg => {
            let first = plain.through_jpeg(60 + random.below(20) as u8)?;
            let (width, height) = first.size();
            let (x, y) = (1 + random.below(7) as u32, 1 + random.below(7) as u32);
            (first.cropped(x, y, width - x, height - y), 90)
        }
        Chain::WebpHop => {
            let quality = random.between(60.0, 82.0);
            let hop = webp::Encoder::from_rgb(&plain.rgb, plain.rgb.width(), plain.rgb.height())
                .encode(quality);
            let rgb = crate::picture::decode(&hop)?;
            (Picture { rgb, ..plain }, 88)
        }
        Chain::Messenger1080 => {
            let first = messenger(&plain, 1_080)?;
            (first.within(1_080), 70)
        }
        Chain::Messenger1280 => {
            let first = messenger(&plain, 1_280)?;
            (first.within(1_280), 74)
        }
        Chain::Half => {
            let (width, height) = plain.size();
            let scale = f64::from(random.between(0.4, 0.75));
            (
                plain.resized(scaled(width, scale), scaled(height, scale)),
                80,
            )
        }
        Chain::Png => (plain, 90),
        Chain::ScreenshotLight => (screenshot(&plain, false, random), 88),
        Chain::ScreenshotDark => (screenshot(&plain, true, random), 88),
        Chain::ScreenPhoto => (recapture::screen(&plain, random), 90),
        Chain::PrintPhoto => (recapture::print(&plain, random), 90),
        Chain::Crop70 => (crop(&plain, 0.70, random), usual),
        Chain::Crop50 => (crop(&plain, 0.50, random), usual),
        Chain::Crop35 => (crop(&plain, 0.35, random), usual),
        Chain::Crop20 => (crop(&plain, 0.20, random), usual),
        Chain::RotateSmall => (rotate(&plain, random.between(1.0, 6.0), random), usual),
        Chain::RotateLarge => (rotate(&plain, random.between(8.0, 42.0), random), usual),
        Chain::Rotate90 => (plain.turned(1), usual),
        Chain::Rotate180 => (plain.turned(2), usual),
        Chain::Rotate270 => (plain.turned(3), usual),
        Chain::Mirror => (plain.mirrored(), usual),
        Chain::Stretch => {
            let (width, height) = plain.size();
            let factor = f64::from(random.between(0.06, 0.15));
            let (across, down) = if random.unit() < 0.5 {
                (1.0 + factor, 1.0)
            } else {
                (1.0 - factor, 1.0)
            };
            (
                plain.resized(scaled(width, across), scaled(height, down)),
                usual,
            )
        }
        Chain::Tone => (tone(plain, random), usual),
        Chain::Beauty => (beauty(&plain, random), usual),
        Chain::Gray => {
            let mut gray = plain;
            gray.each(|_, _, [r, g, b]| [0.299 * r + 0.587 * g + 0.114 * b; 3]);
            (gray, usual)
        }
        Chain::Vignette => (vignette(plain, random), usual),
        Chain::Denoise => {
            let mut smooth = plain.clone();
            smooth.rgb = median3(&plain.rgb);
            (smooth, usual)
        }
        Chain::Sharpen => {
            let gain = random.between(0.5, 1.1);
            let soft = blurred(&plain.rgb, 1.4);
            let mut crisp = plain;
            crisp.each(|x, y, color| {
                let soft = soft.get_pixel(x, y).0;
                std::array::from_fn(|c| color[c] + gain * (color[c] - f32::from(soft[c])))
            });
            (crisp, usual)
        }
        Chain::SuperResolution => {
            let (width, height) = plain.size();
            let small = plain.resized(width / 2, height / 2);
            let large = small.resized_with(width, height, FilterType::Lanczos3);
            let soft = blurred(&large.rgb, 1.2);
            let mut crisp = large;
            crisp.each(|x, y, color| {
                let soft = soft.get_pixel(x, y).0;
                std::array::from_fn(|c| color[c] + 0.9 * (color[c] - f32::from(soft[c])))
            });
            (crisp, 92)
        }
        Chain::Noise => {
            let strength = random.between(4.0, 9.0);
            let mut noisy = plain;
            noisy.each(|_, _, color| {
                let luma = random.normal() * strength;
                color.map(|channel| channel + luma + random.normal() * strength * 0.5)
            });
            (noisy, usual)
        }
        Chain::Blur => {
            let mut soft = plain.clone();
            soft.rgb = blurred(&plain.rgb, random.between(1.0, 2.2));
            (soft, usual)
        }
        Chain::Border => (border(&plain, random), usual),
        Chain::Collage => (collage(&plain, random, others), 86),
        Chain::Sticker => (sticker(plain, random), usual),
        Chain::Watermark => (watermark(plain, random), usual),
        Chain::Combined => {
            let cut = crop(&plain, 0.6, random);
            let turned = if random.unit() < 0.5 {
                cut.mirrored()
            } else {
                cut
            };
            let toned = tone(turned, random);
            (messenger(&toned, 1_080)?, 72)
        }
    })
}

/// Once through a messenger.
fn messenger(picture: &Picture, side: u32) -> Result<Picture> {
    picture.within(side).through_jpeg(72)
}

/// A crop that keeps `share` of the area, and the damage if there is one.
fn crop(picture: &Picture, share: f64, random: &mut Random) -> Picture {
    let (width, height) = picture.size();
    let aspect = f64::from(random.between(0.85, 1.18));
    let w = scaled(width, (share * aspect).sqrt()).min(width);
    let h = scaled(height, (share / aspect).sqrt()).min(height);
    let center = picture.edited_center().unwrap_or((
        f64::from(width) * f64::from(random.between(0.35, 0.65)),
        f64::from(height) * f64::from(random.between(0.35, 0.65)),
    ));
    let place = |center: f64, part: u32, whole: u32, shift: f32| {
        let corner = center - f64::from(part) * (0.5 + f64::from(shift));
        (corner.max(0.0) as u32).min(whole - part)
    };
    let x = place(center.0, w, width, random.between(-0.15, 0.15));
    let y = place(center.1, h, height, random.between(-0.15, 0.15));
    picture.cropped(x, y, w, h)
}

/// Turned either way and cut to the largest upright rectangle that is nearly filled.
fn rotate(picture: &Picture, degrees: f32, random: &mut Random) -> Picture {
    let degrees = if random.unit() < 0.5 {
        -degrees
    } else {
        degrees
    };
    let (width, height) = picture.size();
    let (sin, cos) = f64::from(degrees).to_radians().sin_cos();
    let (w, h) = (f64::from(width), f64::from(height));
    // Largest inner rectangle of the same proportions.
    let scale = (w / (w * cos.abs() + h * sin.abs())).min(h / (w * sin.abs() + h * cos.abs()));
    let (out_w, out_h) = (scaled(width, scale), scaled(height, scale));
    let (cx, cy) = ((w - 1.0) / 2.0, (h - 1.0) / 2.0);
    let (ox, oy) = (
        (f64::from(out_w) - 1.0) / 2.0,
        (f64::from(out_h) - 1.0) / 2.0,
    );
    picture.warped((out_w, out_h), OUTSIDE, |x, y| {
        let (x, y) = (x - ox, y - oy);
        (cx + x * cos - y * sin, cy + x * sin + y * cos)
    })
}

fn tone(mut picture: Picture, random: &mut Random) -> Picture {
    let gamma = random.between(0.72, 1.35);
    let contrast = random.between(0.8, 1.3);
    let lift = random.between(-14.0, 14.0);
    let warmth = random.between(-0.08, 0.08);
    let saturation = random.between(0.7, 1.4);
    picture.each(|_, _, color| {
        let toned = color.map(|channel| {
            let curved = (channel / 255.0).powf(gamma) * 255.0;
            (curved - 128.0) * contrast + 128.0 + lift
        });
        let luma = 0.299 * toned[0] + 0.587 * toned[1] + 0.114 * toned[2];
        let [r, g, b] = toned.map(|channel| luma + (channel - luma) * saturation);
        [r * (1.0 + warmth), g, b * (1.0 - warmth)]
    });
    picture
}

/// A beauty filter: surfaces smoothed, edges kept, lighter and warmer.
fn beauty(picture: &Picture, random: &mut Random) -> Picture {
    let soft = blurred(&picture.rgb, 3.0);
    let strength = random.between(0.5, 0.85);
    let mut smooth = picture.clone();
    smooth.each(|x, y, color| {
        let soft = soft.get_pixel(x, y).0.map(f32::from);
        let away = (0..3)
            .map(|c| (color[c] - soft[c]).abs())
            .fold(0.0, f32::max);
        let part = strength * (-away * away / 260.0).exp();
        let [r, g, b]: [f32; 3] = std::array::from_fn(|c| {
            let value = color[c] + (soft[c] - color[c]) * part;
            255.0 * (value / 255.0).max(0.0).powf(0.9)
        });
        [r * 1.02, g, b * 0.985]
    });
    smooth
}

fn vignette(mut picture: Picture, random: &mut Random) -> Picture {
    let strength = random.between(0.3, 0.6);
    let (width, height) = (picture.rgb.width() as f32, picture.rgb.height() as f32);
    picture.each(|x, y, color| {
        let (u, v) = (x as f32 / width * 2.0 - 1.0, y as f32 / height * 2.0 - 1.0);
        let gain = 1.0 - strength * ((u * u + v * v) / 2.0).powf(1.3);
        color.map(|channel| channel * gain)
    });
    picture
}

/// The median of a 3 by 3 square, channel by channel.
#[must_use]
pub fn median3(picture: &RgbImage) -> RgbImage {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let data = picture.as_raw();
    let mut out = data.clone();
    for y in 1..height.saturating_sub(1) {
        for x in 1..width.saturating_sub(1) {
            for channel in 0..3 {
                let mut values = [0_u8; 9];
                for (slot, value) in values.iter_mut().enumerate() {
                    let (dy, dx) = (slot / 3, slot % 3);
                    *value = data[((y + dy - 1) * width + x + dx - 1) * 3 + channel];
                }
                let (_, median, _) = values.select_nth_unstable(4);
                out[(y * width + x) * 3 + channel] = *median;
            }
        }
    }
    RgbImage::from_raw(picture.width(), picture.height(), out).unwrap_or_else(|| picture.clone())
}

/// A phone's screenshot of a chat or a gallery.
fn screenshot(picture: &Picture, dark: bool, random: &mut Random) -> Picture {
    let (width, height) = [
        (1_080, 2_340),
        (1_170, 2_532),
        (1_080, 1_920),
        (1_440, 3_088),
    ][random.below(4)];
    let ground = if dark { [18, 18, 20] } else { [242, 242, 245] };
    let ink = if dark { [220, 220, 224] } else { [40, 40, 44] };
    let fills = random.unit() < 0.6;
    let inner = if fills { width } else { scaled(width, 0.78) };
    let (w, h) = picture.size();
    let mut shown = picture.resized(
        inner,
        scaled(h, f64::from(inner) / f64::from(w)).min(height - 500),
    );
    if random.unit() < 0.3 && fills {
        // Zoomed in: the sides are outside the screen.
        let zoomed = picture.resized(
            scaled(width, 1.25),
            scaled(h, f64::from(width) * 1.25 / f64::from(w)),
        );
        let x = (zoomed.size().0 - width) / 2;
        shown = zoomed.cropped(x, 0, width, zoomed.size().1.min(height - 500));
    }
    let (shown_w, shown_h) = shown.size();
    let x = (width - shown_w) / 2;
    let y = 250 + (height - 500 - shown_h) / 2;
    let mut whole = shown.placed_on(draw::sheet(width, height, ground), x, y);
    let screen = &mut whole.rgb;
    draw::text(screen, "14:27", (60, 40), 5.0, ink, 1.0);
    draw::text(
        screen,
        "5G 82%",
        (i64::from(width) - 260, 40),
        5.0,
        ink,
        1.0,
    );
    draw::text(screen, "< ORDER 20261108", (50, 150), 6.0, ink, 1.0);
    let bottom = i64::from(height) - 170;
    draw::fill(screen, (0, bottom), (i64::from(width), 2), ink, 0.3);
    for place in 0..4 {
        let x = i64::from(width) * (2 * place + 1) / 8;
        draw::ring(
            screen,
            (x as f32, bottom as f32 + 70.0),
            (30.0, 30.0),
            5.0,
            ink,
            0.0,
        );
    }
    if !fills {
        draw::text(
            screen,
            "LOOK HOW IT ARRIVED",
            (90, i64::from(y) - 80),
            5.0,
            ink,
            1.0,
        );
    }
    whole
}

fn border(picture: &Picture, random: &mut Random) -> Picture {
    let (width, height) = picture.size();
    let thick = scaled(width, f64::from(random.between(0.03, 0.09)));
    let below = if random.unit() < 0.5 {
        thick * 3
    } else {
        thick
    };
    let color = [[250, 250, 248], [12, 12, 12], [214, 190, 150]][random.below(3)];
    picture.placed_on(
        draw::sheet(width + 2 * thick, height + thick + below, color),
        thick,
        thick,
    )
}

/// Four pictures in a square of squares.
fn collage(picture: &Picture, random: &mut Random, others: &[RgbImage]) -> Picture {
    let (width, height) = picture.size();
    let gap = 12;
    let (w, h) = (width * 5 / 8, height * 5 / 8);
    let mut whole = Picture::clean(draw::sheet(
        2 * w + 3 * gap,
        2 * h + 3 * gap,
        [255, 255, 255],
    ));
    let ours = random.below(4) as u32;
    let first = random.below(others.len().max(1));
    for place in 0..4 {
        let (x, y) = (gap + place % 2 * (w + gap), gap + place / 2 * (h + gap));
        if place == ours {
            let small = picture.resized(w, h);
            imageops::replace(&mut whole.rgb, &small.rgb, i64::from(x), i64::from(y));
            imageops::replace(&mut whole.mask, &small.mask, i64::from(x), i64::from(y));
        } else if let Some(other) = others.get((first + place as usize) % others.len().max(1)) {
            let small = imageops::resize(other, w, h, FilterType::Triangle);
            imageops::replace(&mut whole.rgb, &small, i64::from(x), i64::from(y));
        }
    }
    whole
}

/// A round sticker in a corner; what it hides is no longer to be seen as edited.
fn sticker(mut picture: Picture, random: &mut Random) -> Picture {
    let (width, height) = (picture.rgb.width() as f32, picture.rgb.height() as f32);
    let radius = width.min(height) * random.between(0.08, 0.13);
    let center = (
        if random.unit() < 0.5 {
            radius * 1.3
        } else {
            width - radius * 1.3
        },
        if random.unit() < 0.5 {
            radius * 1.3
        } else {
            height - radius * 1.3
        },
    );
    for y in 0..picture.rgb.height() {
        for x in 0..picture.rgb.width() {
            let away = (x as f32 - center.0).hypot(y as f32 - center.1);
            if away < radius {
                let face = if away > radius * 0.9 {
                    [40, 30, 10]
                } else {
                    [252, 206, 60]
                };
                draw::mix(&mut picture.rgb, i64::from(x), i64::from(y), face, 1.0);
                picture.mask.put_pixel(x, y, image::Luma([0]));
            }
        }
    }
    for side in [-0.35, 0.35] {
        let eye = (center.0 + side * radius, center.1 - radius * 0.25);
        draw::line(&mut picture.rgb, eye, eye, radius * 0.2, [40, 30, 10], 1.0);
    }
    let mouth = |part: f32| {
        (
            center.0 + part * radius * 0.5,
            center.1 + radius * (0.45 - 0.2 * part * part),
        )
    };
    for step in -4..4_i16 {
        let (from, to) = (f32::from(step) / 4.0, f32::from(step + 1) / 4.0);
        draw::line(
            &mut picture.rgb,
            mouth(from),
            mouth(to),
            radius * 0.09,
            [40, 30, 10],
            1.0,
        );
    }
    picture
}

/// The camera's or messenger's line of text in a corner.
fn watermark(mut picture: Picture, random: &mut Random) -> Picture {
    let (width, height) = (picture.rgb.width() as f32, picture.rgb.height() as f32);
    let scale = (width / 1_600.0 * random.between(3.0, 4.5)).max(1.0);
    let words = [
        "SHOT ON PHONE X20 PRO",
        "2026-11-08 14:27",
        "@MARKET.SELLER_8812",
    ][random.below(3)];
    let x = if random.unit() < 0.5 {
        width * 0.03
    } else {
        width * 0.97 - draw::text_width(words, scale)
    };
    let y = height * 0.965 - 7.0 * scale;
    let (x, y) = (x as i64, y as i64);
    let shadow = scale as i64 / 2 + 1;
    draw::text(
        &mut picture.rgb,
        words,
        (x + shadow, y + shadow),
        scale,
        [0, 0, 0],
        0.45,
    );
    draw::text(
        &mut picture.rgb,
        words,
        (x, y),
        scale,
        [255, 255, 255],
        0.85,
    );
    picture
}

/// A ring and an arrow in red around `center` (parts of width and height), as honest people draw them.
#[must_use]
pub fn marked(picture: &RgbImage, center: (f32, f32), seed: u64) -> RgbImage {
    let mut random = Random::for_purpose(seed, 0x4ED);
    let mut drawn = picture.clone();
    let (width, height) = (picture.width() as f32, picture.height() as f32);
    let side = width.min(height);
    let center = (center.0 * width, center.1 * height);
    let radii = (
        side * random.between(0.1, 0.2),
        side * random.between(0.08, 0.16),
    );
    let thick = side * random.between(0.006, 0.012);
    let color = [[228, 24, 30], [250, 40, 36], [236, 20, 90]][random.below(3)];
    draw::ring(
        &mut drawn,
        center,
        radii,
        thick,
        color,
        random.between(0.0, 6.0),
    );
    if random.unit() < 0.6 {
        let turn = random.between(0.0, std::f32::consts::TAU);
        let tip = (
            center.0 + radii.0 * 1.1 * turn.cos(),
            center.1 + radii.1 * 1.1 * turn.sin(),
        );
        let tail = (
            tip.0 + side * 0.18 * turn.cos(),
            tip.1 + side * 0.18 * turn.sin(),
        );
        draw::arrow(&mut drawn, tail, tip, thick, color);
    }
    drawn
}

/// What people draw over a photo to point at something or to hide something. None of it is damage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drawing {
    /// A ring, often with an arrow, in red.
    RedRing,
    /// A ring in black.
    BlackRing,
    /// An arrow in white.
    WhiteArrow,
    /// A black bar over something private.
    Bar,
    /// A date, as cameras print it.
    Date,
    /// A yellow face.
    Face,
}

impl Drawing {
    pub const ALL: [Self; 6] = [
        Self::RedRing,
        Self::BlackRing,
        Self::WhiteArrow,
        Self::Bar,
        Self::Date,
        Self::Face,
    ];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::RedRing => "red-ring",
            Self::BlackRing => "black-ring",
            Self::WhiteArrow => "white-arrow",
            Self::Bar => "bar",
            Self::Date => "date",
            Self::Face => "face",
        }
    }
}

/// The picture with something drawn over it.
#[must_use]
pub fn drawn_over(picture: &RgbImage, drawing: Drawing, seed: u64) -> RgbImage {
    let mut random = Random::for_purpose(seed, 0xD4A);
    let center = (random.between(0.35, 0.65), random.between(0.35, 0.65));
    if drawing == Drawing::RedRing {
        return marked(picture, center, seed);
    }
    let mut drawn = picture.clone();
    let (width, height) = (picture.width() as f32, picture.height() as f32);
    let side = width.min(height);
    let (x, y) = (center.0 * width, center.1 * height);
    let thick = side * random.between(0.006, 0.012);
    match drawing {
        Drawing::RedRing => {}
        Drawing::BlackRing => {
            let radii = (
                side * random.between(0.1, 0.2),
                side * random.between(0.08, 0.16),
            );
            let wobble = random.between(0.0, 6.0);
            draw::ring(&mut drawn, (x, y), radii, thick, [16, 16, 18], wobble);
        }
        Drawing::WhiteArrow => {
            let turn = random.between(0.0, std::f32::consts::TAU);
            let tail = (x + side * 0.2 * turn.cos(), y + side * 0.2 * turn.sin());
            draw::arrow(&mut drawn, tail, (x, y), thick, [250, 250, 250]);
        }
        Drawing::Bar => {
            let size = (
                (side * random.between(0.15, 0.3)) as i64,
                (side * random.between(0.04, 0.08)) as i64,
            );
            draw::fill(&mut drawn, (x as i64, y as i64), size, [8, 8, 8], 1.0);
        }
        Drawing::Date => {
            let scale = (side * 0.006).max(1.0);
            let words = "2026-03-14 09:26";
            let left = width - draw::text_width(words, scale) - side * 0.05;
            let corner = (left as i64, (height - side * 0.1) as i64);
            draw::text(&mut drawn, words, corner, scale, [255, 190, 40], 1.0);
        }
        Drawing::Face => {
            let radius = side * random.between(0.05, 0.09);
            draw::line(
                &mut drawn,
                (x, y),
                (x + 1.0, y),
                2.0 * radius,
                [255, 205, 45],
                1.0,
            );
            for eye in [-0.35, 0.35] {
                let at = (x + eye * radius, y - 0.3 * radius);
                draw::line(
                    &mut drawn,
                    at,
                    (at.0 + 1.0, at.1),
                    0.3 * radius,
                    [80, 45, 20],
                    1.0,
                );
            }
        }
    }
    drawn
}

/// A quadrangle near the corners of a picture of this size, each corner moved inward by up to `most` of the side.
#[must_use]
pub fn leaning(
    width: u32,
    height: u32,
    least: f32,
    most: f32,
    random: &mut Random,
) -> [(f64, f64); 4] {
    let (w, h) = (f64::from(width), f64::from(height));
    let mut inward = || f64::from(random.between(least, most));
    [
        (w * inward(), h * inward()),
        (w * (1.0 - inward()), h * inward()),
        (w * (1.0 - inward()), h * (1.0 - inward())),
        (w * inward(), h * (1.0 - inward())),
    ]
}

/// The corners of a picture, clockwise.
#[must_use]
pub fn corners(width: u32, height: u32) -> [(f64, f64); 4] {
    let (right, bottom) = (f64::from(width) - 1.0, f64::from(height) - 1.0);
    [(0.0, 0.0), (right, 0.0), (right, bottom), (0.0, bottom)]
}
