//! What a decoded photo does not show, in both languages.

use serde::{Deserialize, Serialize};

/// One thing that was left out. `Display` is the English sentence, [`Note::zh`] the Chinese one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "note", rename_all = "snake_case")]
pub enum Note {
    /// Of an animation only the first picture is looked at.
    #[error("the file is an animation of {frames} pictures; only the first one was looked at")]
    FirstFrame { frames: usize },
    /// Of a document only the first page is looked at.
    #[error("the file has {pages} pages; only the first one was looked at")]
    FirstPage { pages: usize },
    /// The photo is so large that it was looked at in half its size.
    #[error("the photo is {width} × {height} pixels; it was looked at in half that size")]
    Halved { width: u32, height: u32 },
    /// A picture of a clip was looked at in a smaller size.
    #[error("the pictures are {width} × {height} pixels; they were looked at in a smaller size")]
    Reduced { width: u32, height: u32 },
}

impl Note {
    /// The note about an animation of `frames` pictures; none for a still picture.
    pub(crate) fn first_frame(frames: usize) -> Option<Self> {
        (frames > 1).then_some(Self::FirstFrame { frames })
    }

    /// The sentence in English (the same as `Display`).
    #[must_use]
    pub fn en(&self) -> String {
        self.to_string()
    }

    /// The sentence in Chinese.
    #[must_use]
    pub fn zh(&self) -> String {
        match self {
            Self::FirstFrame { frames } => {
                format!("文件是 {frames} 帧的动图，只检查了第一帧")
            }
            Self::FirstPage { pages } => format!("文件有 {pages} 页，只检查了第一页"),
            Self::Halved { width, height } => {
                format!("照片为 {width} × {height} 像素，按一半大小检查")
            }
            Self::Reduced { width, height } => {
                format!("画面为 {width} × {height} 像素，缩小后检查")
            }
        }
    }
}
