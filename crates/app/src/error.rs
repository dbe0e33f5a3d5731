//! Why a use case failed, in words for both languages and a stable rule name.

use aftercare_domain::Refused;

/// The rule of whatever cannot be done while there is no room.
pub(crate) const DISK_FULL: &str = "disk_full";

/// What kind of failure it is: decides the HTTP status and the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The input is wrong (400 or 422, exit 2).
    Invalid,
    /// Nobody is signed in (401).
    Unauthenticated,
    /// The requester may not do that (403).
    Forbidden,
    /// There is no such thing, or it is not the requester's to see (404).
    NotFound,
    /// A rule refuses it now (409).
    Refused,
    /// Somebody else changed it meanwhile (409 / 412).
    Conflict,
    /// Too large (413).
    TooLarge,
    /// Not a format that can be used (415).
    Unsupported,
    /// Too often (429).
    TooMany,
    /// No room, or the store cannot write now (503 / 507).
    Unavailable,
    /// Our fault (500).
    Internal,
}

/// A failed use case.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{rule}: {en}")]
pub struct AppError {
    /// What kind.
    pub kind: ErrorKind,
    /// The stable name of the rule or limit.
    pub rule: String,
    /// What was wrong and what to do, in Chinese.
    pub zh: String,
    /// The same in English.
    pub en: String,
    /// The field of the input, if one is to blame.
    pub field: Option<String>,
    /// Detail for the operator's log; never shown to a user and never personal.
    pub detail: Option<String>,
}

impl AppError {
    /// An error of that kind and rule.
    #[must_use]
    pub fn new(kind: ErrorKind, rule: &str, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self {
            kind,
            rule: rule.to_owned(),
            zh: zh.into(),
            en: en.into(),
            field: None,
            detail: None,
        }
    }

    /// Wrong input in the field of that name.
    #[must_use]
    pub fn invalid(field: &str, rule: &str, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self {
            field: Some(field.to_owned()),
            ..Self::new(ErrorKind::Invalid, rule, zh, en)
        }
    }

    /// No such thing, or not the requester's to see: the two are not told apart.
    #[must_use]
    pub fn not_found(what_zh: &str, what_en: &str) -> Self {
        Self::new(
            ErrorKind::NotFound,
            "not_found",
            format!("没有找到{what_zh}，请核对编号或链接。"),
            format!("There is no such {what_en}. Please check the number or the link."),
        )
    }

    /// The requester may not do that.
    #[must_use]
    pub fn forbidden() -> Self {
        Self::new(
            ErrorKind::Forbidden,
            "role_required",
            "您的账号没有做这件事的权限，请联系管理员。",
            "Your account may not do this. Please ask an administrator.",
        )
    }

    /// Nobody is signed in.
    #[must_use]
    pub fn unauthenticated() -> Self {
        Self::new(
            ErrorKind::Unauthenticated,
            "sign_in_required",
            "请先登录。",
            "Please sign in first.",
        )
    }

    /// Our fault; the detail goes to the log only.
    #[must_use]
    pub fn internal(detail: impl Into<String>) -> Self {
        Self {
            detail: Some(detail.into()),
            ..Self::new(
                ErrorKind::Internal,
                "internal",
                "我们这边出了问题，您填的都在。请稍后再试。",
                "Something failed on our side. What you entered is kept. Please try again.",
            )
        }
    }

    /// With a detail for the log.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }
}

impl From<Refused> for AppError {
    fn from(refused: Refused) -> Self {
        Self {
            kind: ErrorKind::Refused,
            rule: refused.rule,
            zh: refused.zh,
            en: refused.en,
            field: None,
            detail: None,
        }
    }
}
