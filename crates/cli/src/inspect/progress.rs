//! A bar on the terminal while several files are worked on; silent when standard error is no terminal.

use std::cell::Cell;
use std::io::{IsTerminal as _, Write as _};
use std::path::Path;

const WIDTH: usize = 24;
/// Characters of a file's name beside the bar.
const NAME_MAX: usize = 40;

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
        let name: String = name
            .chars()
            .filter(|character| !character.is_control())
            .take(NAME_MAX)
            .collect();
        self.draw(&name);
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
}
