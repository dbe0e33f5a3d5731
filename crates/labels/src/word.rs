//! Texts of the program's own that come back in a message of the child: only known ones are read, as they stand here.

use serde::de::Error as _;
use serde::{Deserialize as _, Deserializer};

/// A text of the program. The name keeps serde from borrowing it out of a message.
pub(crate) type Word = &'static str;

/// One of `words`.
pub(crate) fn one_of<'de, D: Deserializer<'de>>(
    deserializer: D,
    words: impl IntoIterator<Item = Word>,
) -> Result<Word, D::Error> {
    let read = String::deserialize(deserializer)?;
    let found = words.into_iter().find(|word| *word == read);
    found.ok_or_else(|| D::Error::custom("a text that this program does not know"))
}
