//! `Plain<T>`: personal content while one request needs it, wiped when it goes.

use serde::{Deserialize, Deserializer};
use std::fmt;
use zeroize::{Zeroize, Zeroizing};

/// Personal content in the clear. It has no `Serialize` and its `Debug` shows nothing; it is
/// wiped when dropped. [`Plain::expose`] is the one way in, so that a search finds every reader.
pub struct Plain<T: Zeroize>(T);

impl<T: Zeroize> Plain<T> {
    /// Takes content into care.
    pub fn new(content: T) -> Self {
        Self(content)
    }

    /// The content.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize + Default> Plain<T> {
    /// The content, out of care: for what is sent to its reader at once and is too large to be there twice.
    #[must_use]
    pub fn expose_owned(mut self) -> T {
        std::mem::take(&mut self.0)
    }
}

impl Plain<String> {
    /// The content as `&str`.
    #[must_use]
    pub fn expose_str(&self) -> &str {
        &self.0
    }
}

impl<T: Zeroize> Drop for Plain<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl<T: Zeroize + Clone> Clone for Plain<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: Zeroize + Default> Default for Plain<T> {
    fn default() -> Self {
        Self(T::default())
    }
}

impl<T: Zeroize> fmt::Debug for Plain<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Plain(..)")
    }
}

impl<T: Zeroize> From<T> for Plain<T> {
    fn from(content: T) -> Self {
        Self(content)
    }
}

/// Content comes in as JSON or a form; it never goes out that way.
impl<'de, T: Zeroize + Deserialize<'de>> Deserialize<'de> for Plain<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self)
    }
}

/// What can be sealed: it has one form in bytes and is wiped when dropped.
pub trait Content: Zeroize + Sized {
    /// The bytes that are sealed.
    fn to_content(&self) -> Zeroizing<Vec<u8>>;

    /// Reads what [`Content::to_content`] wrote; `None` when it is something else.
    fn from_content(content: Zeroizing<Vec<u8>>) -> Option<Self>;
}

impl Content for String {
    fn to_content(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(self.as_bytes().to_vec())
    }

    fn from_content(mut content: Zeroizing<Vec<u8>>) -> Option<Self> {
        match Self::from_utf8(std::mem::take(&mut *content)) {
            Ok(text) => Some(text),
            Err(error) => {
                error.into_bytes().zeroize();
                None
            }
        }
    }
}

impl Content for Vec<u8> {
    fn to_content(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(self.clone())
    }

    fn from_content(mut content: Zeroizing<Vec<u8>>) -> Option<Self> {
        Some(std::mem::take(&mut *content))
    }
}

/// A plain hash or a salt.
impl Content for [u8; 32] {
    fn to_content(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(self.to_vec())
    }

    fn from_content(content: Zeroizing<Vec<u8>>) -> Option<Self> {
        content.as_slice().try_into().ok()
    }
}
