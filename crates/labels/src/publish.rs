//! The copies of a picture that the operator publishes with a label: the file with the implicit label, its pixels as they
//! came, and the copy that pages show, with the explicit mark drawn into it (人工智能生成合成内容标识办法, articles 4 and
//! 6; GB 45438-2025, 5.2 and 6.1).
//!
//! [`publish`] answers with both copies or refuses. Each is read back before it is given out. The original is not touched.

use std::fmt;

use aftercare_media::label::{AiLabel, LabelSource};
use aftercare_media::{Format, Limits, Note, decode, jpeg_of_rgb, png_of_rgb};
use serde::{Deserialize, Serialize};

use crate::carry::{Ground, Identifier, Operator, Refusal, carry};
use crate::explicit::{self, Corner};
use crate::limits::{MAX_EXPLICIT_SIDE, MAX_SHOWN_SIDE, MIN_PROVED_SIDE};
use crate::mark::MarkKind;
use crate::report::read;

/// JPEG quality of a copy with a drawn mark: what cameras and shops use at least.
const SHOWN_QUALITY: u8 = 92;

/// What is published, by whom, and why it carries a label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Publication {
    pub operator: Operator,
    /// The operator's number of the content (`PropagateID`).
    pub propagate_id: Identifier,
    pub ground: Ground,
}

/// Where the explicit mark of the shown copy comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Visible {
    /// It was in the picture, high enough: the shown copy is the file.
    Present,
    /// It was drawn.
    Drawn,
}

/// What is told about the copies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Description {
    /// The value of `Label`: 1, 2 or 3.
    pub level: u8,
    /// The label as written.
    pub json: String,
    pub visible: Visible,
    /// Whether the shown copy is a PNG, or the file itself; else it is a JPEG.
    pub shown_as: ShownAs,
    /// Whether the original carries a C2PA manifest, which no longer fits the copies and must be verified on the original.
    pub breaks_manifest: bool,
}

/// What the shown copy is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ShownAs {
    /// In the format of the original.
    File,
    Png,
    Jpeg,
}

/// Both copies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// With the explicit and the implicit mark.
    pub shown: Vec<u8>,
    /// With the implicit label only; every pixel as it came.
    pub file: Vec<u8>,
    pub copy: Description,
}

/// Why a picture was not published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotPublished {
    OperatorCode,
    Identifier,
    NoLabel,
    SeveralLabels,
    UnreadableLabel,
    NotReadWhole,
    Format,
    Structure,
    TooLong,
    ReadBack,
    /// The pixels cannot be decoded, so no mark can be drawn.
    NotDecoded,
    /// An animation or several pages: a mark on the first would leave the others without.
    Moving,
    /// The picture is too small for characters that can be read.
    TooSmall,
}

impl NotPublished {
    /// Chinese and English sentence.
    const fn texts(self) -> (&'static str, &'static str) {
        match self {
            Self::OperatorCode => (
                "运营者的服务提供者编码无效",
                "the operator's provider code is not valid",
            ),
            Self::Identifier => (
                "编号为空、过长，或含有不允许的字符",
                "an identifier is empty, too long, or has characters that are not allowed",
            ),
            Self::NoLabel => (
                "文件没有隐式标识，不能据此写入",
                "the file has no label that could be carried on",
            ),
            Self::SeveralLabels => (
                "文件带有多个隐式标识，须由人判断以哪一个为准",
                "the file has more than one label; a person must say which is right",
            ),
            Self::UnreadableLabel => ("文件的隐式标识无法解读", "the file's label cannot be read"),
            Self::NotReadWhole => ("文件未能完整读取", "the file cannot be read whole"),
            Self::Format => (
                "不支持向这种格式写入标识",
                "labels are not written into this format",
            ),
            Self::Structure => (
                "文件结构不支持写入标识",
                "the structure of the file has no place for a label",
            ),
            Self::TooLong => ("文件或标识过长", "the file or the label is too long"),
            Self::ReadBack => (
                "写入后复读不一致，已放弃",
                "the result did not read back as it should and was given up on",
            ),
            Self::NotDecoded => (
                "图片无法解码，不能添加显式标识",
                "the picture cannot be decoded, so no mark can be drawn into it",
            ),
            Self::Moving => (
                "动图或多页图片不能逐帧添加显式标识",
                "an animation or a picture of several pages has no one place for the mark",
            ),
            Self::TooSmall => (
                "图片太小，放不下可以看清的显式标识",
                "the picture is too small for a mark that can be read",
            ),
        }
    }

    /// What happened, in Chinese.
    #[must_use]
    pub const fn zh(self) -> &'static str {
        self.texts().0
    }

    /// The same in English.
    #[must_use]
    pub const fn en(self) -> &'static str {
        self.texts().1
    }
}

impl fmt::Display for NotPublished {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.en())
    }
}

impl std::error::Error for NotPublished {}

impl From<Refusal> for NotPublished {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::OperatorCode => Self::OperatorCode,
            Refusal::Identifier => Self::Identifier,
            Refusal::NoLabel => Self::NoLabel,
            Refusal::SeveralLabels => Self::SeveralLabels,
            Refusal::UnreadableLabel => Self::UnreadableLabel,
            Refusal::NotReadWhole(_) => Self::NotReadWhole,
            Refusal::Format(_) => Self::Format,
            Refusal::Structure(_) => Self::Structure,
            Refusal::TooLong => Self::TooLong,
            Refusal::ReadBack(_) => Self::ReadBack,
        }
    }
}

/// Makes the copies of a picture. A mark that stands in it already, high enough, is kept and none is added; the shown copy is
/// the file then.
///
/// # Errors
/// [`NotPublished`] when a label cannot be written or the mark cannot be drawn, and when a copy does not read back as it
/// should.
pub fn publish(bytes: &[u8], publication: &Publication) -> Result<Published, NotPublished> {
    let carried = carry(
        bytes,
        &publication.operator,
        &publication.propagate_id,
        &publication.ground,
    )?;
    let picture = decode(bytes, &Limits::default()).map_err(|_| NotPublished::NotDecoded)?;
    let is_moving = |note: &Note| matches!(note, Note::FirstFrame { .. } | Note::FirstPage { .. });
    if picture.notes.iter().any(is_moving) {
        return Err(NotPublished::Moving);
    }
    let (small, small_width, small_height) = picture.rgb_within(MAX_EXPLICIT_SIDE);
    let found = explicit::find(&small, small_width, small_height);
    let copy = |visible, shown_as| Description {
        level: carried.level,
        json: carried.json.clone(),
        visible,
        shown_as,
        breaks_manifest: carried.breaks_manifest,
    };
    if found.is_some_and(|found| found.is_high_enough) {
        return Ok(Published {
            shown: carried.bytes.clone(),
            copy: copy(Visible::Present, ShownAs::File),
            file: carried.bytes,
        });
    }
    // A mark that is too small stays as it is, and ours goes elsewhere.
    let is_taken = found.is_some_and(|found| {
        2 * found.left + found.width > small_width && 2 * found.top + found.height > small_height
    });
    let corner = if is_taken {
        Corner::BottomLeft
    } else {
        Corner::BottomRight
    };
    let (mut rgb, width, height) = picture.rgb_within(MAX_SHOWN_SIDE);
    if !explicit::draw(&mut rgb, width, height, corner) {
        return Err(NotPublished::TooSmall);
    }
    let label = AiLabel {
        source: LabelSource::JpegXmp,
        offset: 0,
        json: carried.json.clone(),
    };
    let labels = std::slice::from_ref(&label);
    let sides = (width, height);
    let (shown, shown_as) = if picture.format == Format::Png {
        (png_of_rgb(&rgb, sides, labels), ShownAs::Png)
    } else {
        (
            jpeg_of_rgb(&rgb, sides, SHOWN_QUALITY, labels),
            ShownAs::Jpeg,
        )
    };
    let shown = shown.map_err(|_| NotPublished::TooLong)?;
    prove(&shown, carried.level, &carried.json)?;
    Ok(Published {
        shown,
        copy: copy(Visible::Drawn, shown_as),
        file: carried.bytes,
    })
}

/// Reads a copy with a drawn mark: exactly the label that was meant, nothing else, and the mark where the strokes can be told.
fn prove(shown: &[u8], level: u8, json: &str) -> Result<(), NotPublished> {
    let report = read(shown);
    let meant: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(json).map_err(|_| NotPublished::ReadBack)?;
    let [mark] = &report.marks[..] else {
        return Err(NotPublished::ReadBack);
    };
    let is_meant = mark.kind == MarkKind::AiLabel
        && mark.level == Some(level)
        && mark.fields == meant
        && report.gaps.is_empty();
    let picture = decode(shown, &Limits::default()).map_err(|_| NotPublished::ReadBack)?;
    let (rgb, width, height) = picture.rgb_within(MAX_EXPLICIT_SIDE);
    let is_seen = width.min(height) < MIN_PROVED_SIDE
        || explicit::find(&rgb, width, height).is_some_and(|found| found.is_high_enough);
    if is_meant && is_seen {
        Ok(())
    } else {
        Err(NotPublished::ReadBack)
    }
}
