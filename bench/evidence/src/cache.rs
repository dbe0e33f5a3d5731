//! Photos are rendered once and kept as the files that the cameras wrote.

use std::fs;
use std::path::{Path, PathBuf};

use aftercare_scene::RgbImage;
use anyhow::{Context, Result};

use crate::picture::{decode, jpeg};
use crate::suite::{Item, STAND_FRAMES, Shot};

/// A folder of rendered photos of one seed and size.
#[derive(Debug, Clone)]
pub struct Cache {
    root: PathBuf,
    folder: PathBuf,
    side: u32,
}

impl Cache {
    #[must_use]
    pub fn new(root: &Path, seed: u64, side: u32) -> Self {
        Self {
            root: root.to_path_buf(),
            folder: root.join(format!("seed-{seed}-{side}")),
            side,
        }
    }

    #[must_use]
    pub const fn side(&self) -> u32 {
        self.side
    }

    /// Where the caches of all seeds and sizes lie.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where the donors of a suite lie.
    #[must_use]
    pub fn donors(&self, seed: u64) -> PathBuf {
        self.root.join(format!("donors-{seed}"))
    }

    /// Where the photos lie.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn path(&self, item: &Item, shot: Shot) -> PathBuf {
        self.folder
            .join(format!("{:04}", item.number))
            .join(format!("{}.jpg", shot.name()))
    }

    /// The file of a photo; rendered now if it is not there yet.
    pub fn file(&self, item: &Item, shot: Shot) -> Result<Vec<u8>> {
        let path = self.path(item, shot);
        if let Ok(file) = fs::read(&path) {
            return Ok(file);
        }
        if let Shot::Stand(_) = shot {
            self.render_stand(item)?;
            return fs::read(&path).with_context(|| format!("reading {}", path.display()));
        }
        let file = jpeg(&item.render(shot, self.side), item.quality(shot))?;
        write_whole(&path, &file)?;
        Ok(file)
    }

    /// The photo as pixels.
    pub fn photo(&self, item: &Item, shot: Shot) -> Result<RgbImage> {
        decode(&self.file(item, shot)?)
    }

    /// Renders what is missing of an item. Returns how many photos it has.
    pub fn fill(&self, item: &Item) -> Result<usize> {
        let shots = item.shots();
        for shot in &shots {
            if !self.path(item, *shot).exists() {
                self.file(item, *shot)?;
            }
        }
        Ok(shots.len())
    }

    fn render_stand(&self, item: &Item) -> Result<()> {
        let light = item.stand_light(self.side);
        for frame in 0..STAND_FRAMES {
            let shot = Shot::Stand(frame);
            let (_, camera) = item.take(shot);
            let picture = camera.develop_exposure(light.clone());
            write_whole(&self.path(item, shot), &jpeg(&picture, item.quality(shot))?)?;
        }
        Ok(())
    }
}

/// Writes beside the place and renames, so that an interrupted run leaves no half photo.
fn write_whole(path: &Path, file: &[u8]) -> Result<()> {
    let folder = path.parent().context("a photo lies in a folder")?;
    fs::create_dir_all(folder)?;
    let draft = path.with_extension(format!("draft-{:?}", std::thread::current().id()));
    fs::write(&draft, file)?;
    fs::rename(&draft, path).with_context(|| format!("keeping {}", path.display()))
}
