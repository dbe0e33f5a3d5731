//! A bar on the terminal while several files are worked on; silent when standard error is no terminal.

use std::cell::Cell;
use std::io::{IsTerminal as _, Write as _};
use std::path::Path;

const WIDTH: usize = 24;
/// Columns of a file's name beside the bar. A line that is wider than the terminal could not be cleared.
const NAME_COLUMNS_MAX: usize = 40;

pub(super) struct Progress {
    total: usize,
    done: Cell<usize>,
    shown: bool,
}

impl Progress {
    /// A bar for `total` files; for one file there is none.
    pub(super) fn new(total: usize) -> Self {
        let progress = Self {
            total,
            done: Cell::new(0),
            shown: total > 1 && std::io::stderr().is_terminal(),
        };
        progress.draw("");
        progress
    }

    /// One more file is done.
    pub(super) fn done(&self, file: &str) {
        self.done.set(self.done.get() + 1);
        let name = Path::new(file)
            .file_name()
            .unwrap_or_default()
            .to_string_lossy();
        self.draw(&fitting(&name));
    }

    /// Makes room for a line of output.
    pub(super) fn clear(&self) {
        if self.shown {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }

    fn draw(&self, name: &str) {
        if self.shown && self.done.get() < self.total {
            let _ = write!(
                std::io::stderr(),
                "\r\x1b[K{}",
                bar(self.done.get(), self.total, name)
            );
        }
    }
}

/// An error is told on a line of its own, too.
impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
    }
}

/// The beginning of a name that fits beside the bar.
fn fitting(name: &str) -> String {
    let mut left = NAME_COLUMNS_MAX;
    let characters = name.chars().filter(|character| !character.is_control());
    characters
        .take_while(|character| {
            // Near enough: the characters of East Asia take two columns.
            let columns = if *character < '\u{1100}' { 1 } else { 2 };
            let fits = columns <= left;
            left = left.saturating_sub(columns);
            fits
        })
        .collect()
}

fn bar(done: usize, total: usize, name: &str) -> String {
    let full = done * WIDTH / total.max(1);
    format!(
        "[{}{}] {done}/{total} {name}",
        "#".repeat(full),
        ".".repeat(WIDTH - full)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_fills_up() {
        assert_eq!(bar(0, 4, ""), "[........................] 0/4 ");
        assert_eq!(bar(3, 4, "a.jpg"), "[##################......] 3/4 a.jpg");
    }

    #[test]
    fn a_long_name_keeps_the_bar_in_one_line() {
        assert_eq!(fitting("a\n.jpg"), "a.jpg");
        assert_eq!(fitting(&"a".repeat(99)), "a".repeat(40));
        assert_eq!(fitting(&"照".repeat(99)), "照".repeat(20));
    }
}
