//! Why a file was not accepted, in both languages, with what to do next.

use crate::format::Format;

/// A refusal. `Display` is the English sentence, [`MediaError::zh`] the Chinese one; [`MediaError::code`] is
/// stable for programs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MediaError {
    /// No bytes at all.
    #[error("the file is empty; choose the photo again")]
    Empty,
    /// The file is larger than the limit.
    #[error("the file has {bytes} bytes, the limit is {max}; send a smaller copy of the photo")]
    TooManyBytes { bytes: usize, max: usize },
    /// The first bytes fit nothing known.
    #[error("this is not a photo we can read; send a JPEG, PNG, WebP, GIF, TIFF or BMP photo")]
    UnknownFormat,
    /// Known, and refused.
    #[error("{} files are not accepted; {}", format.name(), remedy_en(*format))]
    RefusedFormat { format: Format },
    /// Width × height is above the limit (from the header, before decoding).
    #[error(
        "the photo is {width} × {height} pixels, the limit is {max} pixels in all; send a smaller copy"
    )]
    TooManyPixels { width: u32, height: u32, max: u64 },
    /// One side is above the limit (from the header, before decoding).
    #[error(
        "the photo is {width} × {height} pixels, a side may have at most {max}; send a smaller copy"
    )]
    SideTooLong { width: u32, height: u32, max: u32 },
    /// The header says that there are no pixels.
    #[error(
        "the photo says it is {width} × {height} pixels, so there is nothing to see; take it again"
    )]
    NoPixels { width: u32, height: u32 },
    /// The file ends before its own structure does.
    #[error("the {} file is cut off at byte {at}; upload the whole photo again", format.name())]
    Truncated { format: Format, at: usize },
    /// The structure of the file is broken.
    #[error("the {} file is damaged at byte {at} ({what}); send the photo again, as the camera wrote it", format.name())]
    Malformed {
        format: Format,
        at: usize,
        what: &'static str,
    },
    /// More segments, chunks or scans than a photo has.
    #[error("the {} file has more than {max} {what}, which no photo has; send the photo as the camera wrote it", format.name())]
    TooManyParts {
        format: Format,
        what: &'static str,
        max: usize,
    },
    /// The pixel decoder refused.
    #[error("the {} {} cannot be decoded ({what}); send it again, as the camera wrote it", format.name(), noun_en(*format))]
    NotDecoded { format: Format, what: String },
    /// A clip whose video is not H.264.
    #[error(
        "the video of the clip is {codec}, and only H.264 is looked at; the clip is kept as it is. To have it checked, send it as MP4 with H.264 (on an iPhone: Settings, Camera, Formats, Most Compatible)"
    )]
    UnreadCodec { codec: String },
    /// The AI label is too long to be carried on, and dropping it is not allowed.
    #[error(
        "the AI-content label of the file has {bytes} bytes, at most {max} can be carried on; send the photo as its program wrote it"
    )]
    LabelTooLong { bytes: usize, max: usize },
    /// A preview was asked for with a size or quality outside the limits.
    #[error("a preview of side {side} and quality {quality} is outside the limits")]
    BadPreview { side: u32, quality: u8 },
    /// Writing the preview failed.
    #[error("the preview could not be written ({what})")]
    NotEncoded { what: String },
}

impl MediaError {
    /// A stable code for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::TooManyBytes { .. } => "too_many_bytes",
            Self::UnknownFormat => "unknown_format",
            Self::RefusedFormat { .. } => "refused_format",
            Self::TooManyPixels { .. } => "too_many_pixels",
            Self::SideTooLong { .. } => "side_too_long",
            Self::NoPixels { .. } => "no_pixels",
            Self::Truncated { .. } => "truncated",
            Self::Malformed { .. } => "malformed",
            Self::TooManyParts { .. } => "too_many_parts",
            Self::NotDecoded { .. } => "not_decoded",
            Self::UnreadCodec { .. } => "not_decoded",
            Self::LabelTooLong { .. } => "label_too_long",
            Self::BadPreview { .. } => "bad_preview",
            Self::NotEncoded { .. } => "not_encoded",
        }
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
            Self::Empty => "文件是空的，请重新选择照片".to_owned(),
            Self::TooManyBytes { bytes, max } => {
                format!("文件有 {bytes} 字节，上限是 {max} 字节，请发送一张较小的照片")
            }
            Self::UnknownFormat => {
                "无法识别这个文件，请上传 JPEG、PNG、WebP、GIF、TIFF 或 BMP 照片".to_owned()
            }
            Self::RefusedFormat { format } => {
                format!("不接受 {} 文件，{}", format.name(), remedy_zh(*format))
            }
            Self::TooManyPixels { width, height, max } => {
                format!("照片为 {width} × {height} 像素，总像素上限是 {max}，请发送一张较小的照片")
            }
            Self::SideTooLong { width, height, max } => {
                format!("照片为 {width} × {height} 像素，每边最多 {max} 像素，请发送一张较小的照片")
            }
            Self::NoPixels { width, height } => {
                format!("照片标明的大小是 {width} × {height} 像素，没有内容可看，请重新拍摄")
            }
            Self::Truncated { format, at } => {
                format!(
                    "{} 文件在第 {at} 字节处中断，请重新上传完整的照片",
                    format.name()
                )
            }
            Self::Malformed { format, at, what } => {
                format!(
                    "{} 文件在第 {at} 字节处损坏（{what}），请重新发送相机拍下的原照片",
                    format.name()
                )
            }
            Self::TooManyParts { format, what, max } => {
                format!(
                    "{} 文件的内部分段超过 {max} 个（{what}），正常照片不会这样，请发送相机拍下的原照片",
                    format.name()
                )
            }
            Self::NotDecoded { format, what } => {
                format!(
                    "无法打开这{} {} {}（{what}），请重新发送相机拍下的原文件",
                    if *format == Format::Mp4 { "段" } else { "张" },
                    format.name(),
                    if *format == Format::Mp4 {
                        "视频"
                    } else {
                        "照片"
                    }
                )
            }
            Self::UnreadCodec { codec } => {
                format!(
                    "视频编码为 {codec}，目前只检查 H.264；原视频照常保存。如需检查，请改发 H.264 编码的 MP4（苹果手机：设置-相机-格式-兼容性最佳）"
                )
            }
            Self::LabelTooLong { bytes, max } => {
                format!(
                    "文件中的人工智能生成标识有 {bytes} 字节，最多能保留 {max} 字节，请发送软件生成的原文件"
                )
            }
            Self::BadPreview { side, quality } => {
                format!("预览图的边长 {side} 或质量 {quality} 超出范围")
            }
            Self::NotEncoded { what } => format!("预览图写入失败（{what}）"),
        }
    }
}

const fn noun_en(format: Format) -> &'static str {
    if matches!(format, Format::Mp4) {
        "clip"
    } else {
        "photo"
    }
}

const fn remedy_en(format: Format) -> &'static str {
    match format {
        Format::Heic | Format::Avif | Format::JpegXl => {
            "on an iPhone choose Settings, Camera, Formats, Most Compatible and take the photo again, or export it as JPEG"
        }
        Format::Mp4 => {
            "take a photo instead, or a still picture from the video, and send it as JPEG"
        }
        Format::Svg | Format::Html | Format::Pdf => {
            "take a photo or a screenshot and send it as JPEG or PNG"
        }
        Format::Zip => "unpack it and send the photos one by one",
        _ => "save the picture as JPEG or PNG and send that",
    }
}

const fn remedy_zh(format: Format) -> &'static str {
    match format {
        Format::Heic | Format::Avif | Format::JpegXl => {
            "苹果手机请在“设置-相机-格式”中选择“兼容性最佳”后重新拍摄，或先导出为 JPEG 再上传"
        }
        Format::Mp4 => "请改为拍照，或截取视频中的一帧，以 JPEG 上传",
        Format::Svg | Format::Html | Format::Pdf => "请拍照或截图，以 JPEG 或 PNG 上传",
        Format::Zip => "请先解压，再逐张上传照片",
        _ => "请另存为 JPEG 或 PNG 后上传",
    }
}
