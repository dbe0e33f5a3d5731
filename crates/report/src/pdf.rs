//! The same page on paper: PDF/A-2a, tagged for readers that read aloud (PDF/UA-1).
//!
//! One page of HTML is the only source: it is read into blocks and laid out by a template that shows data and runs none
//! of it, so that both say the same. The same page gives the same bytes. Builds without the feature `full` answer
//! [`PdfError::NotBuilt`].

#[cfg(feature = "full")]
mod fonts;
#[cfg(feature = "full")]
mod layout;
#[cfg(feature = "full")]
mod tree;

use std::fmt;
use std::path::PathBuf;

/// Whether this build makes PDF.
pub const HAS_PDF: bool = cfg!(feature = "full");
/// Longest page that is laid out, in bytes, its pictures included.
pub const HTML_BYTES_MAX: usize = 256 << 20;
/// Most pictures in one file.
pub const PICTURES_MAX: usize = 1_000;

/// What a file says beside the page.
#[derive(Debug, Clone, Default)]
pub struct About {
    /// Who made it, as the file's properties say.
    pub author: String,
    /// When, in milliseconds since 1970 UTC.
    pub made_at_ms: i64,
    /// What stands before the list of characters that no font has, as `Characters without a shape:`.
    pub missing: String,
}

/// Fonts beside the embedded one.
#[derive(Debug, Clone, Default)]
pub struct Fonts {
    /// Files that are asked first for what the embedded font lacks.
    pub files: Vec<PathBuf>,
    /// Whether the machine's own fonts are searched after them.
    pub system: bool,
}

/// A page as a file.
#[derive(Debug)]
pub struct Pdf {
    pub bytes: Vec<u8>,
    pub pages: usize,
    /// Characters that no font has. In the file they stand as their code points (`U+20BB7`), and its last line lists them.
    pub missing: Vec<char>,
}

/// Why there is no file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PdfError {
    /// This program was built without the feature `full`.
    NotBuilt,
    /// Longer than [`HTML_BYTES_MAX`].
    TooLarge { bytes: usize },
    /// More than [`PICTURES_MAX`].
    TooManyPictures { pictures: usize },
    /// What the layout says is wrong.
    Layout(String),
}

impl fmt::Display for PdfError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotBuilt => f.write_str(
                "this program was built without PDF: build it with `--features full`, or print the HTML page",
            ),
            Self::TooLarge { bytes } => write!(
                f,
                "the page has {bytes} bytes; at most {HTML_BYTES_MAX} are laid out as PDF"
            ),
            Self::TooManyPictures { pictures } => write!(
                f,
                "the page has {pictures} pictures; at most {PICTURES_MAX} are laid out as PDF"
            ),
            Self::Layout(why) => write!(f, "the page could not be laid out as PDF: {why}"),
        }
    }
}

impl std::error::Error for PdfError {}

/// A page of ours as PDF.
///
/// # Errors
/// A build without PDF; a page beyond the limits, or one that breaks a rule of PDF/A or PDF/UA, for example by a picture
/// that is none.
#[cfg(feature = "full")]
pub fn pdf(html: &str, about: &About, fonts: &Fonts) -> Result<Pdf, PdfError> {
    layout::pdf(html, about, fonts)
}

/// A page of ours as PDF.
///
/// # Errors
/// Always [`PdfError::NotBuilt`] in this build.
#[cfg(not(feature = "full"))]
pub fn pdf(_html: &str, _about: &About, _fonts: &Fonts) -> Result<Pdf, PdfError> {
    Err(PdfError::NotBuilt)
}
