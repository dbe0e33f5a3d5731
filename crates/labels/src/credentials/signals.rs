//! What the actions of a manifest amount to: the signals of the C2PA conformance program (conformance-public,
//! asset-rubrics, August 2026), nine about how the content began and five about what was done with it.

use serde::{Deserialize, Serialize};

use super::{Action, Ingredient};

/// One signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signal {
    BlankCanvas,
    Captured,
    CapturedAndStitched,
    CompositionMayBeGenerated,
    Generated,
    UnknownProvenance,
    DigitalCreation,
    PartlyGenerated,
    ScreenMayBeGenerated,
    /// Actions are missing, not all told, or not standard ones.
    Ambiguous,
    /// Saved, converted, scaled and the like.
    NonEditorial,
    EditedByGenerator,
    Edited,
    EditedPossiblyByGenerator,
}

impl Signal {
    /// Whether it says that a generator took part.
    #[must_use]
    pub const fn is_generated(self) -> bool {
        matches!(
            self,
            Self::Generated | Self::PartlyGenerated | Self::EditedByGenerator
        )
    }

    /// Whether it may stand beside [`Signal::Captured`] in a manifest that tells of a photo as a camera took it.
    pub(super) const fn fits_a_capture(self) -> bool {
        matches!(self, Self::Captured | Self::NonEditorial | Self::Ambiguous)
    }

    /// The sentence in English.
    #[must_use]
    pub const fn en(self) -> &'static str {
        match self {
            Self::BlankCanvas => "begun with an empty canvas",
            Self::Captured => "captured by a camera",
            Self::CapturedAndStitched => "put together from captured pictures",
            Self::CompositionMayBeGenerated => "a composition that may have generated parts",
            Self::Generated => "generated",
            Self::UnknownProvenance => "made of a file of unknown origin",
            Self::DigitalCreation => "made with a program, not generated",
            Self::PartlyGenerated => "partly generated",
            Self::ScreenMayBeGenerated => "a picture of a screen, which may show generated content",
            Self::Ambiguous => "what was done is not told in full",
            Self::NonEditorial => "saved, converted or scaled",
            Self::EditedByGenerator => "edited with a generator",
            Self::Edited => "edited, not with a generator",
            Self::EditedPossiblyByGenerator => "edited, possibly with a generator",
        }
    }

    /// The sentence in Chinese.
    #[must_use]
    pub const fn zh(self) -> &'static str {
        match self {
            Self::BlankCanvas => "从空白画布开始",
            Self::Captured => "由相机拍摄",
            Self::CapturedAndStitched => "由多张拍摄画面拼接",
            Self::CompositionMayBeGenerated => "合成内容，可能含有生成部分",
            Self::Generated => "生成内容",
            Self::UnknownProvenance => "由来源不明的文件制成",
            Self::DigitalCreation => "用软件制作，非生成",
            Self::PartlyGenerated => "部分为生成内容",
            Self::ScreenMayBeGenerated => "屏幕截图，可能显示生成内容",
            Self::Ambiguous => "所做处理未完整说明",
            Self::NonEditorial => "保存、转换或缩放",
            Self::EditedByGenerator => "使用生成工具编辑",
            Self::Edited => "编辑过，未使用生成工具",
            Self::EditedPossiblyByGenerator => "编辑过，可能使用生成工具",
        }
    }
}

/// Actions that say how content began.
const INCEPTION: [&str; 2] = ["c2pa.created", "c2pa.opened"];
/// Actions that change nothing that is seen.
const NON_EDITORIAL: [&str; 11] = [
    "c2pa.converted",
    "c2pa.published",
    "c2pa.repackaged",
    "c2pa.transcoded",
    "c2pa.resized.proportional",
    "c2pa.enhanced",
    "c2pa.edited.metadata",
    "c2pa.watermarked",
    "c2pa.watermarked.bound",
    "c2pa.watermarked.unbound",
    "c2pa.redacted",
];
const GENERATED: [&str; 4] = [
    "trainedAlgorithmicMedia",
    "compositeWithTrainedAlgorithmicMedia",
    "compositeSynthetic",
    "trainedAlgorithmicData",
];
const POSSIBLY_GENERATED: [&str; 2] = ["digitalArt", "composite"];

/// The signals of one manifest, in order, each once. `are_clear` says that the manifest vouches for all its actions.
pub(super) fn of(actions: &[Action], ingredients: &[Ingredient], are_clear: bool) -> Vec<Signal> {
    let mut signals = Vec::new();
    let is_standard =
        |action: &Action| action.action.starts_with("c2pa.") && action.action != "c2pa.unknown";
    if actions.is_empty() || !are_clear || !actions.iter().all(is_standard) {
        signals.push(Signal::Ambiguous);
    }
    if ingredients.iter().any(|one| one.manifest.is_none()) {
        signals.push(Signal::UnknownProvenance);
    }
    for action in actions {
        let name = action.action.as_str();
        let source = action.source_type.as_deref();
        if INCEPTION.contains(&name) {
            signals.extend(source.and_then(inception));
        } else if NON_EDITORIAL.contains(&name) {
            signals.push(Signal::NonEditorial);
        } else if let Some(source) = source {
            signals.push(if GENERATED.contains(&source) {
                Signal::EditedByGenerator
            } else {
                Signal::Edited
            });
            if POSSIBLY_GENERATED.contains(&source) {
                signals.push(Signal::EditedPossiblyByGenerator);
            }
        }
    }
    signals.sort_unstable();
    signals.dedup();
    signals
}

/// Whether an action may have changed what is seen: all that is neither a beginning nor on the list of those that do not. One
/// of the list that names a source, such as a generator, is none of those.
pub(super) fn is_editorial(action: &Action) -> bool {
    let name = action.action.as_str();
    !INCEPTION.contains(&name) && (!NON_EDITORIAL.contains(&name) || action.source_type.is_some())
}

fn inception(source: &str) -> Option<Signal> {
    Some(match source {
        "empty" => Signal::BlankCanvas,
        "digitalCapture" | "computationalCapture" => Signal::Captured,
        "compositeCapture" => Signal::CapturedAndStitched,
        "composite" => Signal::CompositionMayBeGenerated,
        "trainedAlgorithmicMedia" => Signal::Generated,
        "digitalCreation" => Signal::DigitalCreation,
        "compositeWithTrainedAlgorithmicMedia" => Signal::PartlyGenerated,
        "screenCapture" => Signal::ScreenMayBeGenerated,
        _ => return None,
    })
}
