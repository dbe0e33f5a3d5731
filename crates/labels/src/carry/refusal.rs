//! Why a label was not written.

use std::error::Error;
use std::fmt;

use crate::container::Container;

/// Why a label was not written. The file is unchanged then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The operator's code is broken or belongs to a service that generates content.
    OperatorCode,
    /// An identifier is empty, too long, or has characters outside 0x21 to 0x7E.
    Identifier,
    /// The ground is the file's own label, and it has none.
    NoLabel,
    /// The file has more than one label; which one is right is for a person to say.
    SeveralLabels,
    /// The file's label cannot be read, so that nothing can be copied from it.
    UnreadableLabel,
    /// The file cannot be read whole, so that a second label might be missed.
    NotReadWhole(String),
    /// Labels are not written into this format.
    Format(Container),
    /// The file has a structure that is not rewritten: what, in a few words.
    Structure(&'static str),
    /// The file or the label is too long.
    TooLong,
    /// The result does not read back as it should: how.
    ReadBack(String),
}

impl Refusal {
    /// What happened, in Chinese.
    #[must_use]
    pub fn zh(&self) -> String {
        match self {
            Self::OperatorCode => "运营者的服务提供者编码无效".to_owned(),
            Self::Identifier => "编号为空、过长，或含有 0x21 至 0x7E 以外的字符".to_owned(),
            Self::NoLabel => "文件没有隐式标识，不能据此写入".to_owned(),
            Self::SeveralLabels => "文件带有多个隐式标识，须由人判断以哪一个为准".to_owned(),
            Self::UnreadableLabel => "文件的隐式标识无法解读".to_owned(),
            Self::NotReadWhole(what) => format!("文件未能完整读取（{what}）"),
            Self::Format(format) => format!("不支持向 {} 格式写入标识", format.name()),
            Self::Structure(what) => format!("文件结构不支持写入标识（{what}）"),
            Self::TooLong => "文件或标识过长".to_owned(),
            Self::ReadBack(what) => format!("写入后复读不一致（{what}），已放弃"),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OperatorCode => formatter.write_str("the operator's provider code is not valid"),
            Self::Identifier => formatter.write_str(
                "an identifier is empty, too long, or has characters outside 0x21 to 0x7E",
            ),
            Self::NoLabel => formatter.write_str("the file has no label that could be carried on"),
            Self::SeveralLabels => formatter
                .write_str("the file has more than one label; a person must say which is right"),
            Self::UnreadableLabel => formatter.write_str("the file's label cannot be read"),
            Self::NotReadWhole(what) => {
                write!(formatter, "the file cannot be read whole: {what}")
            }
            Self::Format(format) => {
                write!(formatter, "labels are not written into {}", format.name())
            }
            Self::Structure(what) => {
                write!(formatter, "the file is not rewritten: {what}")
            }
            Self::TooLong => formatter.write_str("the file or the label is too long"),
            Self::ReadBack(what) => {
                write!(formatter, "the result was given up on: {what}")
            }
        }
    }
}

impl Error for Refusal {}
