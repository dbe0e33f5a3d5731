//! What one blind check says.

use std::collections::BTreeMap;

use crate::finding::{FindingCode, PixelBox};

/// The checks that need no reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Check {
    /// Parts of a JPEG that were not compressed as often as the rest.
    DoubleQuantization,
    /// A part with the block grid of another JPEG.
    JpegGrid,
    /// A part that was copied to another place.
    CopyMove,
    /// A part that was resized before it came into the photo.
    Resampling,
    /// A part without any grain in a grainy photo.
    Noise,
    /// The thumbnail of the file against the picture.
    Thumbnail,
    /// Whose quantization tables the file has.
    Tables,
}

impl Check {
    /// All checks, in the order of their hints.
    pub const ALL: [Self; 7] = [
        Self::DoubleQuantization,
        Self::JpegGrid,
        Self::CopyMove,
        Self::Resampling,
        Self::Noise,
        Self::Thumbnail,
        Self::Tables,
    ];

    /// The code of a finding made from a hint of this check.
    #[must_use]
    pub const fn code(self) -> FindingCode {
        match self {
            Self::DoubleQuantization | Self::JpegGrid => FindingCode::JpegInconsistent,
            Self::CopyMove => FindingCode::CopyMove,
            Self::Resampling => FindingCode::Resampled,
            Self::Noise => FindingCode::NoiseInconsistent,
            Self::Thumbnail => FindingCode::ThumbnailMismatch,
            Self::Tables => FindingCode::KnownTables,
        }
    }

    /// The name in numbers and logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DoubleQuantization => "double_quantization",
            Self::JpegGrid => "jpeg_grid",
            Self::CopyMove => "copy_move",
            Self::Resampling => "resampling",
            Self::Noise => "noise",
            Self::Thumbnail => "thumbnail",
            Self::Tables => "tables",
        }
    }
}

/// Why a check has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The file is no JPEG, or of a kind whose coefficients are not read.
    NoCoefficients,
    /// The file carries no thumbnail.
    NoThumbnail,
    /// The thumbnail could not be read.
    UnreadableThumbnail,
    /// The picture is too small for the check.
    TooSmall,
    /// Too little of the picture has the detail that the check needs.
    TooPlain,
    /// The trace that the check reads is not there, or later saving has wiped it out.
    TraceGone,
    /// The picture repeats itself, as tiles, fabric, print and writing do.
    RepeatedPattern,
    /// The picture has large parts without noise, as screenshots and drawings have.
    Drawn,
}

impl Reason {
    /// The name in numbers and logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoCoefficients => "no_coefficients",
            Self::NoThumbnail => "no_thumbnail",
            Self::UnreadableThumbnail => "unreadable_thumbnail",
            Self::TooSmall => "too_small",
            Self::TooPlain => "too_plain",
            Self::TraceGone => "trace_gone",
            Self::RepeatedPattern => "repeated_pattern",
            Self::Drawn => "drawn",
        }
    }

    const fn zh(self) -> &'static str {
        match self {
            Self::NoCoefficients => "文件不是可读取压缩数据的 JPEG",
            Self::NoThumbnail => "文件中没有缩略图",
            Self::UnreadableThumbnail => "文件中的缩略图无法读取",
            Self::TooSmall => "照片太小",
            Self::TooPlain => "照片中可用的细节太少",
            Self::TraceGone => "照片中没有这种痕迹，或已被后来的压缩抹去",
            Self::RepeatedPattern => "照片中有重复的图案，例如瓷砖、织物、印花或文字",
            Self::Drawn => "画面大片没有噪点，像截图或绘图，其中相同的图标和文字本来就会重复",
        }
    }

    const fn en(self) -> &'static str {
        match self {
            Self::NoCoefficients => "the file is no JPEG whose compressed data can be read",
            Self::NoThumbnail => "the file has no thumbnail",
            Self::UnreadableThumbnail => "the thumbnail in the file cannot be read",
            Self::TooSmall => "the photo is too small",
            Self::TooPlain => "too little of the photo has the detail that is needed",
            Self::TraceGone => "the trace is not in the photo, or later saving has wiped it out",
            Self::RepeatedPattern => {
                "the photo repeats itself, as tiles, fabric, print and writing do"
            }
            Self::Drawn => {
                "large parts have no noise, as in screenshots and drawings, where icons and words recur anyway"
            }
        }
    }
}

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Above the published threshold.
    Found,
    /// Looked, and nothing stands above the threshold. Proof of nothing.
    Nothing,
    /// There is no answer.
    Abstained(Reason),
}

/// One hint. It never holds a payment by itself; together with a reference or another view it may support a finding.
#[derive(Debug, Clone, PartialEq)]
pub struct Hint {
    pub check: Check,
    pub outcome: Outcome,
    /// Decimal logarithm of the number of false alarms expected in a photo without the trace, where one is known. It
    /// belongs to the strongest thing seen, also when that stayed below the threshold.
    pub false_alarm_log10: Option<f64>,
    /// Where, in pixels of the upright photo, strongest first.
    pub boxes: Vec<PixelBox>,
    /// The numbers to check the hint with, by name.
    pub numbers: BTreeMap<&'static str, i64>,
    /// The sentence in Chinese.
    pub zh: String,
    /// The sentence in English.
    pub en: String,
}

impl Hint {
    /// A check without an answer.
    #[must_use]
    pub(super) fn abstained(check: Check, reason: Reason) -> Self {
        let (zh, en) = names(check);
        Self {
            check,
            outcome: Outcome::Abstained(reason),
            false_alarm_log10: None,
            boxes: Vec::new(),
            numbers: BTreeMap::new(),
            zh: format!("“{zh}”检查没有结论：{}。", reason.zh()),
            en: format!("The check “{en}” gives no answer: {}.", reason.en()),
        }
    }

    /// A check that saw nothing above its threshold.
    #[must_use]
    pub(super) fn nothing(check: Check) -> Self {
        let (zh, en) = names(check);
        Self {
            check,
            outcome: Outcome::Nothing,
            false_alarm_log10: None,
            boxes: Vec::new(),
            numbers: BTreeMap::new(),
            zh: format!("“{zh}”检查没有发现异常；这不证明照片的任何事。"),
            en: format!("The check “{en}” found nothing, which proves nothing about the photo."),
        }
    }

    /// A check that found what it looks for.
    #[must_use]
    pub(super) fn found(check: Check, zh: &str, en: &str) -> Self {
        Self {
            check,
            outcome: Outcome::Found,
            false_alarm_log10: None,
            boxes: Vec::new(),
            numbers: BTreeMap::new(),
            zh: zh.to_owned(),
            en: en.to_owned(),
        }
    }

    #[must_use]
    pub(super) fn with_number(mut self, name: &'static str, value: i64) -> Self {
        self.numbers.insert(name, value);
        self
    }

    #[must_use]
    pub(super) const fn with_false_alarms(mut self, log10: f64) -> Self {
        self.false_alarm_log10 = Some(log10);
        self
    }

    #[must_use]
    pub(super) fn with_boxes(mut self, boxes: Vec<PixelBox>) -> Self {
        self.boxes = boxes;
        self
    }

    /// Whether the check found what it looks for.
    #[must_use]
    pub fn is_found(&self) -> bool {
        self.outcome == Outcome::Found
    }
}

const fn names(check: Check) -> (&'static str, &'static str) {
    match check {
        Check::DoubleQuantization => ("多次压缩", "saved more than once"),
        Check::JpegGrid => ("压缩网格", "compression grid"),
        Check::CopyMove => ("照片内复制", "copied within the photo"),
        Check::Resampling => ("局部缩放", "resized part"),
        Check::Noise => ("噪点", "grain"),
        Check::Thumbnail => ("缩略图", "thumbnail"),
        Check::Tables => ("压缩参数", "compression settings"),
    }
}
