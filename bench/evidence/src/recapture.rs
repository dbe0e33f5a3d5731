//! A photo of a screen or of a print: perspective, the lens of the second camera, the pattern of the display, glare,
//! paper and ink.

use aftercare_scene::random::Random;
use image::{GrayImage, Luma, Rgb, RgbImage};

use crate::chain::{corners, leaning};
use crate::noise::layered;
use crate::picture::{Map, Picture, blurred, byte, sample_cubic, sample_mask};

/// Points of each pixel of the second camera along one side at which the display is looked up: few enough that the
/// pattern of the display aliases, as it does on a sensor.
const SAMPLES: u32 = 2;
/// Pixels of a display per pixel of the second photo, about.
const DISPLAY_SIDE: f32 = 1_900.0;

/// How the second camera sees a flat thing.
struct Sight {
    /// From the photo to the flat thing.
    back: Map,
    bend: f64,
    middle: (f64, f64),
}

impl Sight {
    fn new(from: (u32, u32), to: (u32, u32), least: f32, most: f32, random: &mut Random) -> Self {
        let quadrangle = leaning(to.0, to.1, least, most, random);
        Self {
            back: Map::between(quadrangle, corners(from.0, from.1)),
            bend: f64::from(random.between(-0.015, 0.02)),
            middle: (f64::from(to.0) / 2.0, f64::from(to.1) / 2.0),
        }
    }

    fn look(&self, x: f64, y: f64) -> (f64, f64) {
        let (dx, dy) = (
            (x - self.middle.0) / self.middle.1,
            (y - self.middle.1) / self.middle.1,
        );
        let bend = 1.0 + self.bend * (dx * dx + dy * dy);
        self.back.apply(
            self.middle.0 + dx * bend * self.middle.1,
            self.middle.1 + dy * bend * self.middle.1,
        )
    }
}

/// The photo of a screen that shows the picture.
pub fn screen(picture: &Picture, random: &mut Random) -> Picture {
    let (width, height) = picture.size();
    let longer = width.max(height) as f32;
    let per_pixel = f64::from(DISPLAY_SIDE / longer);
    let sight = Sight::new((width, height), (width, height), -0.06, 0.09, random);
    let stripe = random.between(0.10, 0.28);
    let glare = (
        width as f32 * random.between(0.0, 1.0),
        height as f32 * random.between(0.0, 1.0),
        random.between(10.0, 46.0),
    );
    let black = random.between(4.0, 16.0);
    let tint = [random.between(0.94, 1.04), 1.0, random.between(0.98, 1.1)];
    let mut mask = GrayImage::new(width, height);
    let mut rgb = RgbImage::new(width, height);
    for y in 0..height {
        for x in 0..width {
            let mut sum = [0.0_f32; 3];
            for part in 0..SAMPLES * SAMPLES {
                let offset = |index: u32| (f64::from(index) + 0.5) / f64::from(SAMPLES) - 0.5;
                let (u, v) = sight.look(
                    f64::from(x) + offset(part % SAMPLES),
                    f64::from(y) + offset(part / SAMPLES),
                );
                let Some(color) = sample_cubic(&picture.rgb, u as f32, v as f32) else {
                    for slot in &mut sum {
                        *slot += 20.0;
                    }
                    continue;
                };
                // Three bars of color side by side in each element, with a dark line between rows.
                let bar = (u * per_pixel).rem_euclid(1.0) as f32 * 3.0;
                let row = (v * per_pixel).rem_euclid(1.0) as f32;
                let gap = if row > 0.86 { 1.0 - stripe * 1.4 } else { 1.0 };
                for (channel, slot) in sum.iter_mut().enumerate() {
                    let lit = (bar as usize).min(2) == channel;
                    let gain = if lit {
                        1.0 + 2.0 * stripe
                    } else {
                        1.0 - stripe
                    };
                    *slot +=
                        (black + f32::from(color.0[channel]) * 0.96) * gain * gap * tint[channel];
                }
            }
            let away = ((x as f32 - glare.0).hypot(y as f32 - glare.1) / longer * 2.6).min(1.0);
            let shine = glare.2 * (1.0 - away) * (1.0 - away);
            let count = (SAMPLES * SAMPLES) as f32;
            rgb.put_pixel(x, y, Rgb(sum.map(|value| byte(value / count + shine))));
            let (u, v) = sight.look(f64::from(x), f64::from(y));
            mask.put_pixel(x, y, Luma([sample_mask(&picture.mask, u, v)]));
        }
    }
    finish(Picture { rgb, mask }, random.between(0.7, 1.2), random)
}

/// The photo of a sheet of paper that the picture is printed on.
pub fn print(picture: &Picture, random: &mut Random) -> Picture {
    let (width, height) = picture.size();
    let sight = Sight::new((width, height), (width, height), 0.01, 0.10, random);
    let slope = (random.between(-0.25, 0.25), random.between(-0.25, 0.25));
    let paper = [
        random.between(226.0, 240.0),
        random.between(224.0, 236.0),
        random.between(210.0, 230.0),
    ];
    let ink = random.between(26.0, 44.0);
    let table = [
        random.between(70.0, 150.0),
        random.between(60.0, 120.0),
        random.between(50.0, 100.0),
    ];
    let seed = random.next_u64();
    let dots = f64::from(random.between(0.55, 0.8));
    let mut mask = GrayImage::new(width, height);
    let mut rgb = RgbImage::new(width, height);
    let margin = f64::from(width.min(height)) * 0.04;
    for y in 0..height {
        for x in 0..width {
            let (u, v) = sight.look(f64::from(x), f64::from(y));
            let lamp = 1.0
                + slope.0 * (x as f32 / width as f32 - 0.5)
                + slope.1 * (y as f32 / height as f32 - 0.5);
            let on_sheet = u > -margin
                && v > -margin
                && u < f64::from(width) + margin
                && v < f64::from(height) + margin;
            let color = match sample_cubic(&picture.rgb, u as f32, v as f32) {
                Some(color) => {
                    // A screen of dots at 45 degrees, too fine to resolve fully.
                    let (a, b) = ((u + v) * dots, (u - v) * dots);
                    let dot = (a.sin() * b.sin()) as f32 * 5.0;
                    std::array::from_fn(|c| {
                        let part = f32::from(color.0[c]) / 255.0;
                        ink + (paper[c] - ink) * part.powf(0.92) + dot
                    })
                }
                None if on_sheet => paper,
                None => {
                    let grain = layered(x as f32 * 0.03, y as f32 * 0.3, 3, seed);
                    table.map(|channel| channel * (0.8 + 0.4 * grain))
                }
            };
            rgb.put_pixel(x, y, Rgb(color.map(|channel| byte(channel * lamp))));
            mask.put_pixel(x, y, Luma([sample_mask(&picture.mask, u, v)]));
        }
    }
    finish(Picture { rgb, mask }, random.between(0.7, 1.1), random)
}

/// The lens's blur and the sensor's noise.
fn finish(mut picture: Picture, blur: f32, random: &mut Random) -> Picture {
    picture.rgb = blurred(&picture.rgb, blur);
    let noise = random.between(1.2, 2.6);
    picture.each(|_, _, color| color.map(|channel| channel + random.normal() * noise));
    picture
}
