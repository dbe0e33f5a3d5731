//! The protocol: a frame is 4 bytes of length, big-endian, and so many bytes of JSON; one request a connection, one answer.
//!
//! Everything is typed and bounded, unknown members are refused, and a frame names the version of the protocol. What is secret
//! in a frame travels as [`Secret`], which is wiped when it goes and prints nothing.

use crate::limits::FRAME_BYTES_MAX;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::{DeserializeOwned, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeMap;
use std::fmt;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use zeroize::Zeroizing;

/// The version of the protocol.
const VERSION: u32 = 1;

/// Bytes that are wiped when they go: base64 in a frame, nothing in `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub Zeroizing<Vec<u8>>);

impl From<Vec<u8>> for Secret {
    fn from(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&Zeroizing::new(STANDARD.encode(self.0.as_slice())))
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Base64;
        impl Visitor<'_> for Base64 {
            type Value = Secret;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("base64")
            }

            // Read where it lies: base64 has nothing that JSON would escape.
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Secret, E> {
                let bytes = STANDARD.decode(text);
                bytes.map(Secret::from).map_err(|_| E::custom("not base64"))
            }
        }
        deserializer.deserialize_str(Base64)
    }
}

/// Bytes that are no secret, in base64.
mod base64_text {
    use super::{Deserialize as _, Deserializer, STANDARD, Serializer};
    use base64::Engine as _;

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(deserializer)?;
        STANDARD
            .decode(text)
            .map_err(|_| serde::de::Error::custom("not base64"))
    }
}

/// One field of one person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// The person.
    pub person: String,
    /// Their key as it is stored.
    #[serde(with = "base64_text")]
    pub key: Vec<u8>,
    /// The table.
    pub table: String,
    /// The row.
    pub row: String,
    /// The column.
    pub column: String,
    /// The sealed value.
    #[serde(with = "base64_text")]
    pub sealed: Vec<u8>,
}

/// What is to be opened, under one event of the main log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Opening {
    /// The tenant.
    pub tenant: String,
    /// The user who looks; none for the system's own work.
    pub actor: Option<String>,
    /// `reveal` for a user, else the name of the system's purpose.
    pub purpose: String,
    /// The case, if it is about one.
    pub case: Option<String>,
    /// The sequence number of the event in the main log.
    pub seq: u64,
    /// Its leaf, in hexadecimal.
    pub leaf: String,
    /// The fields.
    pub items: Vec<Item>,
}

/// A value that is to be sealed for a person who is known already.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SealOne {
    /// The tenant.
    pub tenant: String,
    /// The person.
    pub person: String,
    /// Their key as it is stored.
    #[serde(with = "base64_text")]
    pub key: Vec<u8>,
    /// The table.
    pub table: String,
    /// The row.
    pub row: String,
    /// The column.
    pub column: String,
    /// The value.
    pub content: Secret,
}

/// A person's key that is to be wrapped again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WrapOne {
    /// The person.
    pub person: String,
    /// The key as it is stored.
    #[serde(with = "base64_text")]
    pub key: Vec<u8>,
}

/// What may be asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Request {
    /// The public half of each tenant's newest key.
    Keys {},
    /// The ledger, and its root at the size `before`.
    Ledger {
        /// An earlier size.
        before: u64,
    },
    /// Fields, opened.
    Open(Opening),
    /// A value, sealed.
    Seal(SealOne),
    /// Keys, wrapped under the newest version.
    Wrap {
        /// The tenant.
        tenant: String,
        /// The keys.
        keys: Vec<WrapOne>,
    },
    /// A new version of a tenant's key.
    Rotate {
        /// The tenant.
        tenant: String,
        /// The version, one more than the newest; nothing is done when it is there.
        version: u32,
    },
    /// The end of the versions before this one.
    Retire {
        /// The tenant.
        tenant: String,
        /// The version that stays.
        version: u32,
    },
    /// The first key of a tenant; nothing is done when it has one.
    AddTenant {
        /// The tenant.
        tenant: String,
    },
    /// People of whom nothing is opened any more.
    Shred {
        /// The tenant.
        tenant: String,
        /// The people.
        persons: Vec<String>,
    },
}

/// A request as it stands in a frame.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// The version of the protocol.
    pub version: u32,
    /// The request.
    pub request: Request,
}

/// How far the ledger of openings is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LedgerState {
    /// Leaves.
    pub size: u64,
    /// The RFC 6962 root over them, in hexadecimal.
    pub root: String,
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Answer {
    /// Public halves in base64, by tenant with the version.
    Keys(BTreeMap<String, (u32, String)>),
    /// The root at the size that was asked about; none where the ledger is shorter.
    Before(Option<String>),
    /// The fields in the order of the request.
    Opened(Vec<Secret>),
    /// The sealed value in base64.
    Sealed(String),
    /// Keys wrapped again, in base64, in the order of the request; none for one that was under the newest version.
    Wrapped(Vec<Option<String>>),
    /// A public half in base64, and its version.
    Key(u32, String),
    /// It is done.
    Done {},
}

/// Why nothing was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refusal {
    /// The stable name of the rule.
    pub rule: String,
    /// Why, in words that name no person.
    pub why: String,
}

impl Refusal {
    /// A refusal.
    pub fn new(rule: &str, why: impl Into<String>) -> Self {
        Self {
            rule: rule.to_owned(),
            why: why.into(),
        }
    }
}

/// An answer as it stands in a frame.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reply {
    /// The version of the protocol.
    pub version: u32,
    /// The ledger as it is after what was done; none for somebody who may not ask.
    pub ledger: Option<LedgerState>,
    /// What was done, or why nothing was.
    pub result: Result<Answer, Refusal>,
}

/// Why a frame is none.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    /// The connection ended or failed.
    #[error("the connection: {0}")]
    Io(#[from] std::io::Error),
    /// The length is out of bounds.
    #[error("a frame of {0} bytes; it has 1 to {FRAME_BYTES_MAX}")]
    Length(usize),
    /// The bytes are no message of the protocol.
    #[error("not a message of the protocol: {0}")]
    Message(String),
    /// Another version of the protocol.
    #[error(
        "version {0} of the protocol; this program speaks {VERSION}: use the same release on both sides"
    )]
    Version(u32),
}

fn parsed<T: DeserializeOwned>(bytes: &[u8], version: impl Fn(&T) -> u32) -> Result<T, WireError> {
    // The error names a place and a kind, and where it would quote, it quotes at most one member of ours.
    let message: T = serde_json::from_slice(bytes).map_err(|error| {
        WireError::Message(format!("{:?} at byte {}", error.classify(), error.column()))
    })?;
    match version(&message) {
        VERSION => Ok(message),
        other => Err(WireError::Version(other)),
    }
}

fn written(message: &impl Serialize) -> Result<Zeroizing<Vec<u8>>, WireError> {
    // The full size is reserved first: a growing buffer would leave copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(FRAME_BYTES_MAX));
    serde_json::to_writer(&mut *bytes, message)
        .map_err(|error| WireError::Message(error.to_string()))?;
    if bytes.len() > FRAME_BYTES_MAX {
        return Err(WireError::Length(bytes.len()));
    }
    Ok(bytes)
}

impl Asked {
    /// A request in this version of the protocol.
    #[must_use]
    pub const fn now(request: Request) -> Self {
        Self {
            version: VERSION,
            request,
        }
    }

    /// Reads the content of a frame.
    ///
    /// # Errors
    /// [`WireError::Message`], [`WireError::Version`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, WireError> {
        parsed(bytes, |asked: &Self| asked.version)
    }

    /// The content of a frame.
    ///
    /// # Errors
    /// [`WireError::Length`] when it is too long.
    pub fn to_bytes(&self) -> Result<Zeroizing<Vec<u8>>, WireError> {
        written(self)
    }
}

impl Reply {
    /// An answer in this version of the protocol.
    #[must_use]
    pub const fn now(result: Result<Answer, Refusal>, ledger: Option<LedgerState>) -> Self {
        Self {
            version: VERSION,
            ledger,
            result,
        }
    }

    /// Reads the content of a frame.
    ///
    /// # Errors
    /// [`WireError::Message`], [`WireError::Version`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, WireError> {
        parsed(bytes, |reply: &Self| reply.version)
    }

    /// The content of a frame.
    ///
    /// # Errors
    /// [`WireError::Length`] when it is too long.
    pub fn to_bytes(&self) -> Result<Zeroizing<Vec<u8>>, WireError> {
        written(self)
    }
}

/// Reads a frame.
///
/// # Errors
/// [`WireError::Io`] when the connection ends before, [`WireError::Length`].
pub async fn read_frame(
    from: &mut (impl AsyncRead + Unpin),
) -> Result<Zeroizing<Vec<u8>>, WireError> {
    let mut length = [0; 4];
    from.read_exact(&mut length).await?;
    let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
    if length == 0 || length > FRAME_BYTES_MAX {
        return Err(WireError::Length(length));
    }
    let mut bytes = Zeroizing::new(vec![0; length]);
    from.read_exact(&mut bytes).await?;
    Ok(bytes)
}

/// Writes a frame.
///
/// # Errors
/// [`WireError::Io`], [`WireError::Length`].
pub async fn write_frame(
    to: &mut (impl AsyncWrite + Unpin),
    bytes: &[u8],
) -> Result<(), WireError> {
    if bytes.is_empty() || bytes.len() > FRAME_BYTES_MAX {
        return Err(WireError::Length(bytes.len()));
    }
    let length = u32::try_from(bytes.len()).map_err(|_| WireError::Length(bytes.len()))?;
    to.write_all(&length.to_be_bytes()).await?;
    to.write_all(bytes).await?;
    to.flush().await?;
    Ok(())
}
