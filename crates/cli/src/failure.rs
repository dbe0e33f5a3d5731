//! How the command line fails: exit 2 for bad input, 1 for everything else, always with what was
//! wrong, where, and what to do.

use aftercare_app::error::{AppError, ErrorKind};
use std::fmt;

/// A failure that the user can mend: exit 2.
#[derive(Debug)]
pub struct BadInput(pub String);

impl fmt::Display for BadInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BadInput {}

/// A failure that the user can mend.
pub fn bad_input(message: impl Into<String>) -> anyhow::Error {
    anyhow::Error::new(BadInput(message.into()))
}

/// The exit code of a failure.
#[must_use]
pub fn exit_code(error: &anyhow::Error) -> u8 {
    if error.is::<BadInput>() {
        return 2;
    }
    match error.downcast_ref::<AppError>().map(|error| error.kind) {
        Some(
            ErrorKind::Invalid
            | ErrorKind::NotFound
            | ErrorKind::Refused
            | ErrorKind::TooLarge
            | ErrorKind::Unsupported,
        ) => 2,
        _ => 1,
    }
}
