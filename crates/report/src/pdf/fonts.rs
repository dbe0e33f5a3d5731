//! Shapes of characters: one embedded font, and fonts of the machine for what it lacks.

use super::Fonts;
use brotli_decompressor::BrotliDecompress;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use typst::foundations::Bytes;
use typst::text::Font;

/// Characters of GB 2312, of the table of general standard characters (通用规范汉字表) and of the first level of Big5, cut
/// from Noto Sans CJK SC and compressed; see `assets/fonts/README.md`.
static EMBEDDED: &[u8] = include_bytes!("../../assets/fonts/NotoSansCJKsc-subset.otf.br");

static FONT: LazyLock<Option<Font>> = LazyLock::new(|| {
    let mut bytes = Vec::new();
    BrotliDecompress(&mut &EMBEDDED[..], &mut bytes).ok()?;
    Font::new(Bytes::new(bytes), 0)
});

/// A file of fonts that is larger is left alone.
const FONT_BYTES_MAX: u64 = 64 << 20;
/// So many files are looked into for characters that the embedded font lacks.
const FONT_FILES_MAX: usize = 400;
/// Folders within folders of fonts.
const FOLDER_DEPTH_MAX: usize = 4;

/// Fonts for a text, and the characters that none of them has.
pub(super) struct Chosen {
    pub fonts: Vec<Font>,
    pub missing: BTreeSet<char>,
}

/// The embedded font; `None` only if it was damaged when this program was built.
pub(super) fn embedded() -> Option<Font> {
    FONT.clone()
}

fn has(font: &Font, character: char) -> bool {
    font.info().coverage.contains(u32::from(character))
}

impl Fonts {
    /// The embedded font, and of the others those that have what it lacks.
    pub(super) fn choose(&self, wanted: &BTreeSet<char>) -> Chosen {
        let fonts: Vec<Font> = embedded().into_iter().collect();
        let mut missing = wanted.clone();
        missing.retain(|&character| !fonts.iter().any(|font| has(font, character)));
        let mut chosen = Chosen { fonts, missing };
        for file in &self.files {
            chosen.add_of(file);
        }
        if self.system && !chosen.missing.is_empty() {
            for file in system_files() {
                if chosen.missing.is_empty() {
                    break;
                }
                chosen.add_of(&file);
            }
        }
        chosen
    }
}

impl Chosen {
    fn add_of(&mut self, file: &Path) {
        if self.missing.is_empty()
            || std::fs::metadata(file).map_or(true, |known| known.len() > FONT_BYTES_MAX)
        {
            return;
        }
        let Ok(bytes) = std::fs::read(file) else {
            return;
        };
        for font in Font::iter(Bytes::new(bytes)) {
            let before = self.missing.len();
            self.missing.retain(|&character| !has(&font, character));
            if self.missing.len() < before {
                self.fonts.push(font);
            }
        }
    }
}

/// Files of fonts of the machine, by name.
fn system_files() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = [
        "/usr/share/fonts",
        "/usr/local/share/fonts",
        "/System/Library/Fonts",
        "/Library/Fonts",
        "C:\\Windows\\Fonts",
    ]
    .map(PathBuf::from)
    .into();
    if let Some(home) = std::env::var_os("HOME") {
        folders.push(Path::new(&home).join(".local/share/fonts"));
    }
    let mut files = Vec::new();
    let mut waiting: Vec<(PathBuf, usize)> =
        folders.into_iter().map(|folder| (folder, 0)).collect();
    while let Some((folder, depth)) = waiting.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else {
            continue;
        };
        for entry in entries.flatten() {
            let path = entry.path();
            if path.is_dir() {
                if depth < FOLDER_DEPTH_MAX {
                    waiting.push((path, depth + 1));
                }
            } else if path
                .extension()
                .and_then(|ending| ending.to_str())
                .is_some_and(|ending| {
                    ["ttf", "otf", "ttc", "otc"].contains(&ending.to_ascii_lowercase().as_str())
                })
            {
                files.push(path);
            }
        }
    }
    files.sort();
    files.truncate(FONT_FILES_MAX);
    files
}
