//! The list of authorities that an operator trusts for C2PA signatures and timestamps. Nothing is fetched: a list is a
//! file, and a list that came from elsewhere carries the signature of whoever keeps it.

use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::der::Certificate;
use crate::limits::{MAX_ANCHORS, MAX_TRUST_LIST_BYTES};

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";
/// The line after which certificates are those of authorities that give times.
const TIMES: &str = "[timestamps]";
/// The line after which the signature over everything before it stands.
const SIGNATURE: &str = "[signature]";
/// Bytes of a public key of Ed25519.
pub const KEY_BYTES: usize = 32;

/// What stands before the key in its usual form (RFC 8410).
const KEY_PREFIX: &[u8] = b"\x30\x2A\x30\x05\x06\x03\x2B\x65\x70\x03\x21\x00";

/// The public key of Ed25519 in a text: base64 of its 32 bytes, or the form that `openssl pkey -pubout` writes.
#[must_use]
pub fn read_key(text: &str) -> Option<[u8; KEY_BYTES]> {
    let lines = text.lines().filter(|line| !line.starts_with("-----"));
    let bytes = STANDARD
        .decode(lines.map(str::trim).collect::<String>())
        .ok()?;
    let key = bytes.strip_prefix(KEY_PREFIX).unwrap_or(&bytes);
    key.try_into().ok()
}

/// Why a list was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrustError {
    TooLong,
    NotText,
    /// The certificate with that number, from 1, cannot be read.
    Certificate(usize),
    TooMany,
    NoCertificate,
    NotSigned,
    SignatureMismatch,
}

impl TrustError {
    /// What is wrong, in English.
    #[must_use]
    pub fn en(self) -> String {
        match self {
            Self::TooLong => format!("the list has more than {MAX_TRUST_LIST_BYTES} bytes"),
            Self::NotText => "the list is no text".to_owned(),
            Self::Certificate(number) => {
                format!("certificate {number} of the list cannot be read")
            }
            Self::TooMany => format!("the list has more than {MAX_ANCHORS} certificates"),
            Self::NoCertificate => "the list has no certificate".to_owned(),
            Self::NotSigned => "the list carries no signature".to_owned(),
            Self::SignatureMismatch => {
                "the signature of the list does not fit: it was changed, or another key signed it"
                    .to_owned()
            }
        }
    }

    /// What is wrong, in Chinese.
    #[must_use]
    pub fn zh(self) -> String {
        match self {
            Self::TooLong => format!("信任列表超过 {MAX_TRUST_LIST_BYTES} 字节"),
            Self::NotText => "信任列表不是文本".to_owned(),
            Self::Certificate(number) => format!("信任列表中的第 {number} 张证书无法读取"),
            Self::TooMany => format!("信任列表超过 {MAX_ANCHORS} 张证书"),
            Self::NoCertificate => "信任列表中没有证书".to_owned(),
            Self::NotSigned => "信任列表没有签名".to_owned(),
            Self::SignatureMismatch => {
                "信任列表的签名不符：内容被改动，或由其他密钥签署".to_owned()
            }
        }
    }
}

impl std::fmt::Display for TrustError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.en())
    }
}

impl std::error::Error for TrustError {}

/// Authorities that are trusted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustList {
    signers: Vec<Vec<u8>>,
    times: Vec<Vec<u8>>,
}

impl TrustList {
    /// Reads certificates between their lines (RFC 7468); those after a line `[timestamps]` are for timestamps. Other
    /// text is left out, and so is a signature.
    ///
    /// # Errors
    /// [`TrustError`] for a text without a certificate, or with one that cannot be read.
    pub fn read(bytes: &[u8]) -> Result<Self, TrustError> {
        if bytes.len() > MAX_TRUST_LIST_BYTES {
            return Err(TrustError::TooLong);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| TrustError::NotText)?;
        let mut list = Self::default();
        let mut for_times = false;
        let mut open: Option<String> = None;
        for line in text.lines().map(str::trim) {
            match (line, open.as_mut()) {
                (SIGNATURE, _) => break,
                (TIMES, _) => for_times = true,
                (BEGIN, _) => open = Some(String::new()),
                (END, _) => {
                    let number = list.signers.len() + list.times.len() + 1;
                    if number > MAX_ANCHORS {
                        return Err(TrustError::TooMany);
                    }
                    let refused = TrustError::Certificate(number);
                    let body = open.take().ok_or(refused)?;
                    let certificate = STANDARD.decode(body).map_err(|_| refused)?;
                    Certificate::read(&certificate).ok_or(refused)?;
                    if for_times {
                        list.times.push(certificate);
                    } else {
                        list.signers.push(certificate);
                    }
                }
                (line, Some(body)) => body.push_str(line),
                (_, None) => {}
            }
        }
        if list.signers.is_empty() && list.times.is_empty() {
            return Err(TrustError::NoCertificate);
        }
        Ok(list)
    }

    /// Reads a list that carries a signature: a line `[signature]` at its end, and after it the Ed25519 signature over
    /// everything before that line, in base64.
    ///
    /// # Errors
    /// [`TrustError`] when the signature is missing or is not one of `key`, and as [`TrustList::read`].
    pub fn read_signed(bytes: &[u8], key: &[u8; KEY_BYTES]) -> Result<Self, TrustError> {
        if bytes.len() > MAX_TRUST_LIST_BYTES {
            return Err(TrustError::TooLong);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| TrustError::NotText)?;
        let (signed, rest) = text
            .rsplit_once(SIGNATURE)
            .filter(|(signed, _)| signed.ends_with('\n'))
            .ok_or(TrustError::NotSigned)?;
        let signature = STANDARD
            .decode(rest.trim())
            .map_err(|_| TrustError::NotSigned)?;
        UnparsedPublicKey::new(&ED25519, key)
            .verify(signed.as_bytes(), &signature)
            .map_err(|_| TrustError::SignatureMismatch)?;
        Self::read(signed.as_bytes())
    }

    /// The list as [`TrustList::read`] takes it; nothing for an empty one.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        for (heading, certificates) in [(None, &self.signers), (Some(TIMES), &self.times)] {
            if let Some(heading) = heading.filter(|_| !certificates.is_empty()) {
                text.extend([heading, "\n"]);
            }
            for one in certificates {
                text.extend([BEGIN, "\n", &STANDARD.encode(one), "\n", END, "\n"]);
            }
        }
        text
    }

    /// Whether it names no authority for signatures.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.signers.is_empty()
    }

    pub(super) fn signers(&self) -> Vec<Certificate<'_>> {
        let read = self.signers.iter().map(Vec::as_slice);
        read.filter_map(Certificate::read).collect()
    }

    pub(super) fn times(&self) -> Vec<Certificate<'_>> {
        let read = self.times.iter().map(Vec::as_slice);
        read.filter_map(Certificate::read).collect()
    }
}
