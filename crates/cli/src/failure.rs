//! How the command line fails: exit 2 for bad input, 1 for everything else, always with what was
//! wrong, where, and what to do.

use aftercare_app::error::{AppError, ErrorKind};
use std::fmt;
use std::io::Read as _;
use std::path::Path;

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

/// The first `bytes_max` bytes of a file that the user named: one more than its reader takes, so that the reader can say
/// that it is too long.
///
/// # Errors
/// Bad input with the path, when it cannot be read.
pub fn bytes_of(path: &Path, bytes_max: u64) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(bytes_max).read_to_end(&mut bytes))
        .map_err(|error| bad_input(format!("{}: {error}", path.display())))?;
    Ok(bytes)
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
