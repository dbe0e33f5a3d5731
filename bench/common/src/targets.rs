//! The table that every report begins with: what was asked, number by number, beside what was measured. A number that was not
//! measured says so.

use std::fmt::Write as _;

/// Whether what was measured is enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Met,
    /// Below what is asked, above the least that is accepted.
    Floor,
    Missed,
    /// Not everything that was asked for has been run: no verdict.
    Incomplete,
}

impl From<bool> for Verdict {
    fn from(enough: bool) -> Self {
        if enough { Self::Met } else { Self::Missed }
    }
}

impl Verdict {
    /// The verdict where everything was run, none otherwise.
    #[must_use]
    pub fn of(self, whole: bool) -> Self {
        if whole { self } else { Self::Incomplete }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::Floor => "floor met, **goal missed**",
            Self::Missed => "**missed**",
            Self::Incomplete => "incomplete",
        }
    }
}

/// A line of the table: what is asked, what was measured, and whether that is enough; none when it was not measured.
pub struct Line {
    pub what: String,
    pub asked: String,
    pub measured: Option<(String, Verdict)>,
}

/// The table.
pub fn write(text: &mut String, lines: &[Line]) {
    text.push_str("\n## Targets\n\n| what | goal | measured | enough? |\n|---|---|---|---|\n");
    for line in lines {
        let (measured, verdict) = match &line.measured {
            None => ("not measured", ""),
            Some((measured, verdict)) => (measured.as_str(), verdict.word()),
        };
        let _ = writeln!(
            text,
            "| {} | {} | {measured} | {verdict} |",
            line.what, line.asked
        );
    }
}

#[cfg(test)]
mod tests {
    use super::{Line, Verdict, write};

    #[test]
    fn each_line_says_whether_it_is_enough_or_that_nobody_measured() {
        let line = |measured: Option<Verdict>| Line {
            what: "speed".to_owned(),
            asked: "≥ 2".to_owned(),
            measured: measured.map(|verdict| ("3".to_owned(), verdict)),
        };
        let mut text = String::new();
        write(
            &mut text,
            &[
                line(None),
                line(Some(true.into())),
                line(Some(false.into())),
                line(Some(Verdict::Floor)),
                line(Some(Verdict::Met.of(false))),
            ],
        );
        let lines: Vec<&str> = text.lines().skip(5).collect();
        assert_eq!(
            lines,
            [
                "| speed | ≥ 2 | not measured |  |",
                "| speed | ≥ 2 | 3 | met |",
                "| speed | ≥ 2 | 3 | **missed** |",
                "| speed | ≥ 2 | 3 | floor met, **goal missed** |",
                "| speed | ≥ 2 | 3 | incomplete |",
            ]
        );
    }
}
