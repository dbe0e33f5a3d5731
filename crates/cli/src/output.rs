//! What a command says: its answer on standard output, and what a person should know besides on standard error. Whoever reads may
//! stop reading, which ends nothing. An answer that could not be kept, such as on a full disk, makes the command fail: half a file must
//! not look like a whole one.

use std::io::{ErrorKind, Result, Write as _};
use std::sync::OnceLock;

/// Why a part of the answer was lost, the first time.
static LOST: OnceLock<String> = OnceLock::new();

/// Whether to go on after something was written to standard output. A closed pipe is no failure; anything else is remembered.
pub(crate) fn kept(written: Result<()>) -> bool {
    let Err(error) = written else { return true };
    if error.kind() != ErrorKind::BrokenPipe {
        let _ = LOST.set(error.to_string());
    }
    false
}

/// Writes a line of the answer.
pub(crate) fn say(line: &str) {
    kept(writeln!(std::io::stdout(), "{line}"));
}

/// Writes the answer as it is.
pub(crate) fn write(bytes: &[u8]) {
    kept(std::io::stdout().write_all(bytes));
}

/// Tells a person something beside the answer.
pub(crate) fn tell(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Why the answer is not all there, once all of it was written.
pub(crate) fn lost() -> Option<&'static str> {
    kept(std::io::stdout().flush());
    LOST.get().map(String::as_str)
}

/// A text of somebody else as a part of a line: what would begin another line, or move on the terminal, is left blank.
pub(crate) fn in_line(text: &str) -> String {
    let plain = |character: char| {
        if character.is_control() {
            ' '
        } else {
            character
        }
    };
    text.chars().map(plain).collect()
}

#[cfg(test)]
mod tests {
    use super::{in_line, kept};
    use std::io::{Error, ErrorKind};

    #[test]
    fn a_reader_that_went_away_ends_the_writing_and_is_no_failure() {
        assert!(kept(Ok(())));
        assert!(!kept(Err(Error::from(ErrorKind::BrokenPipe))));
        assert_eq!(super::LOST.get(), None);
    }

    #[test]
    fn a_text_of_others_stays_in_its_line() {
        assert_eq!(in_line("昨天\nOK\u{1b}[2K"), "昨天 OK [2K");
    }
}
