//! What is wrong with an input: where it is, what it is, and what to do.

use std::fmt;

/// An input that cannot be worked with. The command line prints it and exits with code 2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bad {
    /// The place: a line, a member, an id.
    pub place: String,
    /// What is wrong there.
    pub what: String,
    /// What to do about it.
    pub remedy: String,
}

impl Bad {
    /// Puts the three parts together.
    #[must_use]
    pub fn new(
        place: impl Into<String>,
        what: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            place: place.into(),
            what: what.into(),
            remedy: remedy.into(),
        }
    }
}

impl fmt::Display for Bad {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}. {}", self.place, self.what, self.remedy)
    }
}

impl std::error::Error for Bad {}
