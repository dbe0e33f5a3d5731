//! The four answers about a manifest, each with its sentence, and what was not asked. None of them says that a file is forged.

use serde::{Deserialize, Serialize};

/// Writes the sentences of an answer.
macro_rules! sentences {
    ($name:ident: $($variant:ident => $en:literal, $zh:literal;)*) => {
        impl $name {
            /// The sentence in English.
            #[must_use]
            pub const fn en(self) -> &'static str {
                match self { $(Self::$variant => $en,)* }
            }

            /// The sentence in Chinese.
            #[must_use]
            pub const fn zh(self) -> &'static str {
                match self { $(Self::$variant => $zh,)* }
            }
        }
    };
}

/// Whether the content of the file is what was signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Binding {
    Intact,
    /// What was hashed is as it was; more than the manifest was left out.
    IntactInPart,
    Changed,
    /// It is bound in a way that is not read here.
    NotCheckable,
    /// It is bound by named boxes that cannot be followed in this file or format.
    BoxesNotRead,
    /// It is bound piece by piece, by a tree of hashes (Merkle), as long movies and streams are.
    TreeNotRead,
    /// The manifest names no content.
    Missing,
    /// Two readers contradict each other; what each found is told apart.
    NotCertain,
}

sentences! { Binding:
    Intact => "the content is as it was when the manifest was signed", "文件内容与签名时一致";
    IntactInPart => "the signed part of the content is as it was; some of the file was not signed",
        "已签名部分与签名时一致；文件有一部分未被签名";
    Changed => "the content differs from what was signed; saving or sending a file again does that too",
        "文件内容与签名时不一致；重新保存或转发也会造成这种情况";
    NotCheckable => "the content is bound in a way that is not checked here", "此处无法核对内容与签名的绑定方式";
    BoxesNotRead => "the content is bound by named boxes, which cannot be followed in this file",
        "内容按具名数据块绑定，此处无法在该文件中逐块核对";
    TreeNotRead => "the content is bound piece by piece by a tree of hashes (Merkle), which is not followed here",
        "内容按哈希树（Merkle）分段绑定，此处不逐段核对";
    Missing => "the manifest names no content", "清单未绑定任何内容";
    NotCertain => "not certain: two readers of the manifest contradict each other about the content",
        "无法确定：两个读取程序对文件内容的结论相互矛盾";
}

/// Whether the manifest is what its signer signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Integrity {
    Intact,
    /// The signature fits; a statement that the manifest refers to is missing or differs.
    StatementsChanged,
    Mismatch,
    NotCheckable,
    /// Two readers contradict each other; what each found is told apart.
    NotCertain,
}

sentences! { Integrity:
    Intact => "the manifest is as its signer signed it", "清单与签署者签名时一致";
    StatementsChanged => "the signature fits, but a statement it covers is missing or was changed",
        "签名相符，但其所覆盖的某项声明缺失或被改动";
    Mismatch => "the signature does not fit the manifest", "签名与清单不符";
    NotCheckable => "the signature cannot be checked", "签名无法核验";
    NotCertain => "not certain: two readers contradict each other about the manifest and its signature",
        "无法确定：两个读取程序对清单及其签名的结论相互矛盾";
}

/// Whether the signer is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trust {
    /// The certificate leads to an authority on the list.
    Trusted,
    NotListed,
    /// No list was given.
    NoList,
    /// The certificate is not for signing content.
    Unfit,
    /// A certificate of the chain was not signed by its issuer.
    Broken,
    NotCheckable,
}

sentences! { Trust:
    Trusted => "the signer's certificate leads to an authority on the list", "签署者证书可追溯至信任列表中的机构";
    NotListed => "the signer's certificate leads to no authority on the list; that is so for many services",
        "签署者证书不在信任列表之内；许多服务都是如此";
    NoList => "no list of trusted authorities was given", "未提供信任列表";
    Unfit => "the certificate is not one for signing content", "该证书不是用于签署内容的证书";
    Broken => "the certificates do not belong together", "证书之间无法相互印证";
    NotCheckable => "the certificate cannot be read", "证书无法读取";
}

/// Whether the certificate was valid when it was used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Validity {
    /// At the time of a timestamp of an authority on the list.
    ValidWhenStamped,
    /// At the time of a timestamp whose authority is not on the list.
    ValidWhenStampedByUnlisted,
    /// Today; there is no timestamp that fits.
    ValidToday,
    /// It has run out, and there is no timestamp that fits. It may have been valid when it was used.
    Expired,
    /// It was not valid at the time of the timestamp.
    InvalidWhenStamped,
    /// It is not valid yet.
    NotYet,
    NotCheckable,
}

sentences! { Validity:
    ValidWhenStamped => "the certificate was valid at the time that a trusted authority confirmed",
        "可信时间戳所确认的时刻证书有效";
    ValidWhenStampedByUnlisted => "the certificate was valid at the time of the timestamp, whose authority is not on the list",
        "时间戳所示时刻证书有效，但时间戳机构不在信任列表之内";
    ValidToday => "the certificate is valid today; there is no timestamp", "证书目前有效；没有时间戳";
    Expired => "the certificate has run out and there is no timestamp; it may have been valid when it was used",
        "证书已过期且没有时间戳；签署时可能有效";
    InvalidWhenStamped => "the certificate was not valid at the time of the timestamp", "时间戳所示时刻证书无效";
    NotYet => "the certificate is not valid yet", "证书尚未生效";
    NotCheckable => "without today's date or a timestamp that cannot be said", "没有当前日期或时间戳，无法判断";
}

/// What was not asked about a manifest: said, because silence would be taken for an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unasked {
    /// Whether the signer's certificate was revoked: that is known elsewhere, and nothing is fetched.
    Revocation,
    /// Whether a statement about a person or an organization (CAWG identity assertion) holds.
    Identity,
}

sentences! { Unasked:
    Revocation => "whether the certificate was revoked was not asked: nothing is fetched from anywhere",
        "未查询证书是否已被吊销：此处不访问网络";
    Identity => "the manifest also says who made the content (CAWG); that statement was not checked",
        "清单中另有关于作者身份的声明（CAWG），此处未核验";
}
