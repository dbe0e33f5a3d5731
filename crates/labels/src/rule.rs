//! The rules that a label is held against, each with a stable id, a citation and a sentence in both languages.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// One rule. [`Rule::is_violation`] tells the rules that make a label non-compliant from those that only tell how
/// a program writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// The mark is an implicit label.
    ImplicitLabel,
    /// The mark is a text that a generator wrote about its work.
    GeneratorText,
    /// A program says that it generated the content.
    GeneratorMark,
    /// A program says that it changed the content with a generator.
    GenerativeEdit,
    /// The IPTC field that tells where a picture comes from.
    SourceType,
    /// The IPTC fields on the system and the prompt.
    AiSystem,
    /// An editor named itself.
    Editor,
    Screenshot,
    Messenger,
    /// A C2PA manifest is there; its content was not verified.
    Manifest,
    /// A C2PA manifest is named that is kept elsewhere.
    RemoteManifest,
    /// A text like the explicit mark was seen in the picture.
    ExplicitMark,
    /// EXIF names other sides than the picture has.
    ExifSize,
    /// The thumbnail has another shape than the picture.
    ExifThumbnail,
    /// By the camera's clock the photo was taken before the order, before the delivery, after its upload.
    ExifBeforeOrder,
    ExifBeforeDelivery,
    ExifAfterUpload,
    /// EXIF names a camera, and the picture is stored as programs store it.
    LibraryTables,
    Progressive,
    OneLabel,
    NotJson,
    OtherSchema,
    MissingKey,
    EmptyValue,
    LabelValue,
    ValueNotString,
    DuplicateKey,
    KeyCase,
    ProviderCode,
    CharacterSet,
    ProviderName,
    ServiceDigit,
    MissingReservedCode,
    KeyOrder,
    UnknownKey,
    OtherCarrier,
    KeyName,
    NotWrapped,
    JsonInString,
    XmpPrefix,
    BrokenXmp,
    SignatureMismatch,
    LongLabel,
}

const ANNEX_E: &str = "GB 45438-2025, annex E";
const IPTC: &str = "IPTC Photo Metadata Standard 2025.1";
const C2PA: &str = "C2PA Technical Specification 2.4";
/// What traces without a standard are held against.
const PRACTICE: &str = "no standard: as the programs write it (docs/LABELS.md, Traces)";
const EXIF: &str = "CIPA DC-008";
const JPEG: &str = "ITU-T T.81";
const IMAGE_GUIDE: &str = "TC260-PG-20259A";
const CARRIER_GUIDES: &str = "TC260-PG-20257A, 20258A, 20259A, 202510A";

impl Rule {
    /// All rules, for documents and tests.
    pub const ALL: [Self; 43] = [
        Self::ImplicitLabel,
        Self::GeneratorText,
        Self::GeneratorMark,
        Self::GenerativeEdit,
        Self::SourceType,
        Self::AiSystem,
        Self::Editor,
        Self::Screenshot,
        Self::Messenger,
        Self::Manifest,
        Self::RemoteManifest,
        Self::ExplicitMark,
        Self::ExifSize,
        Self::ExifThumbnail,
        Self::ExifBeforeOrder,
        Self::ExifBeforeDelivery,
        Self::ExifAfterUpload,
        Self::LibraryTables,
        Self::Progressive,
        Self::OneLabel,
        Self::NotJson,
        Self::OtherSchema,
        Self::MissingKey,
        Self::EmptyValue,
        Self::LabelValue,
        Self::ValueNotString,
        Self::DuplicateKey,
        Self::KeyCase,
        Self::ProviderCode,
        Self::CharacterSet,
        Self::ProviderName,
        Self::ServiceDigit,
        Self::MissingReservedCode,
        Self::KeyOrder,
        Self::UnknownKey,
        Self::OtherCarrier,
        Self::KeyName,
        Self::NotWrapped,
        Self::JsonInString,
        Self::XmpPrefix,
        Self::BrokenXmp,
        Self::SignatureMismatch,
        Self::LongLabel,
    ];

    /// Id, citation, English sentence, Chinese sentence.
    const fn texts(self) -> (&'static str, &'static str, &'static str, &'static str) {
        match self {
            Self::ImplicitLabel => (
                "gb45438.implicit_label",
                "GB 45438-2025, 6.1",
                "the file carries an implicit AI-content label",
                "文件带有人工智能生成合成内容隐式标识",
            ),
            Self::GeneratorText => (
                "trace.generator_text",
                PRACTICE,
                "a generator wrote a text about its work into the file",
                "生成软件在文件中写入了关于生成过程的文字",
            ),
            Self::GeneratorMark => (
                "trace.generator_mark",
                PRACTICE,
                "a program says in the file that it generated the content",
                "生成软件在文件中写明内容由其生成",
            ),
            Self::GenerativeEdit => (
                "trace.generative_edit",
                PRACTICE,
                "a program says in the file that a generator changed a part of the content",
                "软件在文件中写明部分内容经生成式编辑",
            ),
            Self::SourceType => (
                "trace.digital_source_type",
                IPTC,
                "the file says where the picture comes from",
                "文件写明了图片的来源类型",
            ),
            Self::AiSystem => (
                "trace.ai_system",
                IPTC,
                "the file names an AI system or a prompt",
                "文件写明了所用的人工智能系统或提示词",
            ),
            Self::Editor => (
                "trace.editor",
                PRACTICE,
                "an editor named itself in the file; cropping and brightness leave the same mark as retouching",
                "编辑软件在文件中留有名称；裁剪、调亮与修图留下的痕迹相同",
            ),
            Self::Screenshot => (
                "trace.screenshot",
                PRACTICE,
                "the file says that it is a picture of a screen",
                "文件写明为屏幕截图",
            ),
            Self::Messenger => (
                "trace.messenger",
                PRACTICE,
                "the file went through a messenger or a social network",
                "文件经即时通讯或社交平台转发",
            ),
            Self::Manifest => (
                "trace.c2pa_manifest",
                C2PA,
                "the file carries a C2PA manifest, a signed statement about how it was made",
                "文件带有 C2PA 清单，即关于其来源的签名声明",
            ),
            Self::RemoteManifest => (
                "trace.c2pa_remote_manifest",
                C2PA,
                "the file names a C2PA manifest that is kept elsewhere; it was not fetched, because nothing is fetched from anywhere",
                "文件写明其 C2PA 清单存放在别处；此处不访问网络，未获取该清单",
            ),
            Self::ExplicitMark => (
                "gb45438.explicit_mark",
                "GB 45438-2025, 5.2",
                "a text like the mark for generated content stands on an edge of the picture",
                "图片边缘有类似“AI生成”显式标识的文字",
            ),
            Self::ExifSize => (
                "exif.size",
                EXIF,
                "EXIF names other sides than the picture has, as after cropping or scaling",
                "EXIF 记录的尺寸与图片不同，裁剪或缩放后会如此",
            ),
            Self::ExifThumbnail => (
                "exif.thumbnail",
                EXIF,
                "the thumbnail in EXIF has another shape than the picture, as after cropping",
                "EXIF 缩略图的长宽比与图片不同，裁剪后会如此",
            ),
            Self::ExifBeforeOrder => (
                "exif.before_order",
                EXIF,
                "by the camera's clock the photo was taken before the order; the clock may be wrong",
                "按相机时钟，照片拍摄于下单之前；相机时钟可能不准",
            ),
            Self::ExifBeforeDelivery => (
                "exif.before_delivery",
                EXIF,
                "by the camera's clock the photo was taken before the delivery; the clock may be wrong",
                "按相机时钟，照片拍摄于签收之前；相机时钟可能不准",
            ),
            Self::ExifAfterUpload => (
                "exif.after_upload",
                EXIF,
                "by the camera's clock the photo was taken after its upload; the clock may be wrong",
                "按相机时钟，照片拍摄于上传之后；相机时钟可能不准",
            ),
            Self::LibraryTables => (
                "jpeg.library_tables",
                JPEG,
                "EXIF names a camera, and the quantization tables are exactly those of the free JPEG library, as many programs and some phones use them",
                "EXIF 写有相机型号，而量化表与通用 JPEG 库完全一致，许多软件和部分手机都用它",
            ),
            Self::Progressive => (
                "jpeg.progressive",
                JPEG,
                "EXIF names a camera, and the picture is stored progressively, as programs do",
                "EXIF 写有相机型号，而图片以渐进方式存储，这是软件的做法",
            ),
            Self::OneLabel => (
                "gb45438.one_label",
                "GB 45438-2025, 6.1 c)",
                "the file carries more than one label",
                "文件带有多于一个隐式标识",
            ),
            Self::NotJson => (
                "gb45438.not_json",
                ANNEX_E,
                "the label is no JSON object",
                "标识不是 JSON 对象",
            ),
            Self::OtherSchema => (
                "gb45438.other_schema",
                ANNEX_E,
                "the label has the keys of another scheme",
                "标识使用了其他格式的字段",
            ),
            Self::MissingKey => (
                "gb45438.missing_key",
                "GB 45438-2025, 6.1 and annex E",
                "a required key is missing",
                "缺少必需的字段",
            ),
            Self::EmptyValue => (
                "gb45438.empty_value",
                "GB 45438-2025, 6.1 and annex E",
                "a required value is empty: content that is generated names its producer, content that is possibly or suspectedly generated names the propagator",
                "必需的值为空：标为“属于”的应有生成方，标为“可能”或“疑似”的应有传播方",
            ),
            Self::LabelValue => (
                "gb45438.label_value",
                ANNEX_E,
                "the value of Label is none of 1, 2 and 3",
                "Label 的值不是 1、2 或 3",
            ),
            Self::ValueNotString => (
                "gb45438.value_not_string",
                ANNEX_E,
                "a value is not a text",
                "值不是字符串",
            ),
            Self::DuplicateKey => (
                "gb45438.duplicate_key",
                ANNEX_E,
                "a key stands twice in the label",
                "标识中字段重复",
            ),
            Self::KeyCase => (
                "gb45438.key_case",
                ANNEX_E,
                "a key is spelled with other letters than the standard's",
                "字段名的大小写与标准不同",
            ),
            Self::ProviderCode => (
                "tc260.provider_code",
                "TC260-PG-20252A; GB 32100-2015",
                "a provider code has the wrong structure or check character",
                "服务提供者编码的结构或校验码不正确",
            ),
            Self::CharacterSet => (
                "gb45438.character_set",
                "GB 45438-2025, annex E j)",
                "a value has characters outside 0x21 to 0x7E",
                "值中有 0x21 至 0x7E 以外的字符",
            ),
            Self::ProviderName => (
                "tc260.provider_name",
                "TC260-PG-20252A",
                "the provider is given by a name instead of a code",
                "服务提供者以名称而非编码给出",
            ),
            Self::ServiceDigit => (
                "tc260.service_digit",
                "TC260-PG-20252A",
                "the service digit of the code does not fit the field it stands in",
                "编码中的服务类型与所在字段不符",
            ),
            Self::MissingReservedCode => (
                "gb45438.missing_reserved_code",
                ANNEX_E,
                "a reserved field is missing",
                "缺少预留字段",
            ),
            Self::KeyOrder => (
                "gb45438.key_order",
                ANNEX_E,
                "the keys stand in another order than in the standard",
                "字段顺序与标准不同",
            ),
            Self::UnknownKey => (
                "gb45438.unknown_key",
                ANNEX_E,
                "the label has a key that the standard does not know",
                "标识中有标准以外的字段",
            ),
            Self::OtherCarrier => (
                "tc260.other_carrier",
                CARRIER_GUIDES,
                "the label stands in another place than the practice guides name for this format",
                "标识所在的位置不是实践指南为该格式规定的位置",
            ),
            Self::KeyName => (
                "tc260.key_name",
                CARRIER_GUIDES,
                "the name of the field is not spelled AIGC",
                "字段名称不是 AIGC",
            ),
            Self::NotWrapped => (
                "tc260.not_wrapped",
                "TC260-PG-20259A, annex B",
                "the label is not wrapped in an object with the key AIGC",
                "标识没有包在键为 AIGC 的对象中",
            ),
            Self::JsonInString => (
                "tc260.json_in_string",
                ANNEX_E,
                "the label is JSON written as a text inside JSON",
                "标识是写在 JSON 字符串中的 JSON",
            ),
            Self::XmpPrefix => (
                "tc260.xmp_prefix",
                IMAGE_GUIDE,
                "the namespace has another prefix than TC260",
                "命名空间前缀不是 TC260",
            ),
            Self::BrokenXmp => (
                "tc260.broken_xmp",
                IMAGE_GUIDE,
                "the XMP packet around the label is no well-formed XML",
                "标识所在的 XMP 数据不是格式正确的 XML",
            ),
            Self::SignatureMismatch => (
                "tc260.signature_mismatch",
                "TC260-PG-202511A",
                "the signature in a reserved field does not fit the fields as they stand",
                "预留字段中的签名与现有字段不符",
            ),
            Self::LongLabel => (
                "gb45438.long_label",
                ANNEX_E,
                "the label is longer than 8,192 bytes; the standard sets no limit, but programs were not seen to write as much",
                "标识超过 8192 字节；标准未限制长度，但尚未见到软件写入如此长的标识",
            ),
        }
    }

    /// Stable id for programs.
    #[must_use]
    pub const fn id(self) -> &'static str {
        self.texts().0
    }

    /// Where it is written. Traces that no standard names say so.
    #[must_use]
    pub const fn citation(self) -> &'static str {
        self.texts().1
    }

    /// What was found, in English.
    #[must_use]
    pub const fn en(self) -> &'static str {
        self.texts().2
    }

    /// What was found, in Chinese.
    #[must_use]
    pub const fn zh(self) -> &'static str {
        self.texts().3
    }

    /// Whether breaking it makes a label non-compliant. The others are told and change no verdict.
    #[must_use]
    pub const fn is_violation(self) -> bool {
        matches!(
            self,
            Self::OneLabel
                | Self::NotJson
                | Self::OtherSchema
                | Self::MissingKey
                | Self::EmptyValue
                | Self::LabelValue
                | Self::ValueNotString
                | Self::DuplicateKey
                | Self::KeyCase
                | Self::ProviderCode
        )
    }
}

impl Serialize for Rule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.id())
    }
}

impl<'de> Deserialize<'de> for Rule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let id = String::deserialize(deserializer)?;
        let found = Self::ALL.into_iter().find(|rule| rule.id() == id);
        found.ok_or_else(|| D::Error::custom("a rule that this program does not know"))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::Rule;

    #[test]
    fn ids_are_unique_and_texts_are_there() {
        let ids: BTreeSet<_> = Rule::ALL.iter().map(|rule| rule.id()).collect();
        assert_eq!(ids.len(), Rule::ALL.len());
        for rule in Rule::ALL {
            assert!(!rule.en().is_empty() && !rule.zh().is_empty());
            assert!(!rule.citation().is_empty());
        }
    }
}
