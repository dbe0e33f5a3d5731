//! Donors of a suite, rendered once and kept as pictures.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use image::{GrayImage, ImageFormat, Rgba, RgbaImage};

use crate::damage::{Donor, donor};
use crate::parallel;

/// The donors of a suite; those that do not lie in `folder` yet are rendered and kept there. A donor whose damage cannot
/// be seen is kept as an empty file.
pub fn donors(folder: &Path, seed: u64, count: u32) -> Result<Vec<Donor>> {
    fs::create_dir_all(folder)?;
    let numbers: Vec<u32> = (0..count).collect();
    let all = parallel::map(&numbers, |number| {
        one(&folder.join(format!("{number:02}.png")), seed, *number)
    });
    Ok(all
        .into_iter()
        .collect::<Result<Vec<_>>>()?
        .into_iter()
        .flatten()
        .collect())
}

fn one(path: &Path, seed: u64, number: u32) -> Result<Option<Donor>> {
    if let Ok(file) = fs::read(path) {
        if file.is_empty() {
            return Ok(None);
        }
        let kept = image::load_from_memory(&file)
            .with_context(|| format!("reading {}", path.display()))?
            .into_rgba8();
        return Ok(Some(Donor {
            rgb: image::DynamicImage::ImageRgba8(kept.clone()).into_rgb8(),
            alpha: GrayImage::from_fn(kept.width(), kept.height(), |x, y| {
                image::Luma([kept.get_pixel(x, y)[3]])
            }),
        }));
    }
    let made = donor(seed, number);
    let mut file = Vec::new();
    if let Some(donor) = &made {
        let kept = RgbaImage::from_fn(donor.rgb.width(), donor.rgb.height(), |x, y| {
            let [red, green, blue] = donor.rgb.get_pixel(x, y).0;
            Rgba([red, green, blue, donor.alpha.get_pixel(x, y)[0]])
        });
        kept.write_to(&mut std::io::Cursor::new(&mut file), ImageFormat::Png)?;
    }
    let draft = path.with_extension("draft");
    fs::write(&draft, &file)?;
    fs::rename(&draft, path).with_context(|| format!("keeping {}", path.display()))?;
    Ok(made)
}
