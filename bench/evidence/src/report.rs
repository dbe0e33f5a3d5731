//! The report: the goals beside what was measured, plots, and the counts that the findings quote.

mod calibration;
mod plots;
mod tables;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};

use crate::phone::Habit;
use crate::rows::{self, Head, Row};
use crate::stats::Rate;

/// Photos with a longer side of this many pixels stand apart from the others: the suite of a few at 12 megapixels.
const LARGE_SIDE: u32 = 3_000;
/// The name of that suite.
const LARGE: &str = "rendered at 12 MP";

/// The runs that a report is about.
pub struct Measured {
    pub heads: Vec<Head>,
    pub rows: Vec<Row>,
}

impl Measured {
    /// Reads the results of one or more runs. Items of different seeds are different items.
    ///
    /// # Errors
    /// When a file cannot be read, when the files measure different commits or versions of the checks, and when two of
    /// them have the same stage of the same seed and size: nothing may count twice, and a page speaks of one program.
    pub fn read(files: &[PathBuf]) -> Result<Self> {
        ensure!(!files.is_empty(), "name at least one results file");
        let (mut heads, mut all) = (Vec::new(), Vec::new());
        let mut stages = BTreeSet::new();
        for file in files {
            let (head, mut rows) = rows::read(file)?;
            if let Some(first) = heads.first() {
                let first: &Head = first;
                ensure!(
                    (&head.checks, &head.commit) == (&first.checks, &first.commit),
                    "{} measures {} of commit {}, and the first file {} of commit {}: run one commit through all stages",
                    file.display(),
                    head.checks,
                    head.commit,
                    first.checks,
                    first.commit
                );
            }
            let own: BTreeSet<&str> = rows.iter().map(|row| row.stage.as_str()).collect();
            for stage in own {
                ensure!(
                    stages.insert((head.seed, head.side, stage.to_owned())),
                    "stage {stage} of seed {} at {} pixels stands in two files",
                    head.seed,
                    head.side
                );
            }
            for row in &mut rows {
                if row.suite == "rendered" {
                    row.item = format!("{}/{}", head.seed, row.item);
                    if head.side >= LARGE_SIDE {
                        LARGE.clone_into(&mut row.suite);
                    }
                }
            }
            heads.push(head);
            all.append(&mut rows);
        }
        Ok(Self { heads, rows: all })
    }

    /// Rows of a stage and suite.
    pub fn of<'a>(&'a self, stage: &'a str, suite: &'a str) -> impl Iterator<Item = &'a Row> {
        self.rows
            .iter()
            .filter(move |row| row.stage == stage && row.suite == suite)
    }
}

/// Whether the checks say that a photo was made from a reference: as an accusation, or as a copy without changes.
#[must_use]
pub fn is_derived(row: &Row) -> bool {
    row.has("derived_from_reference") || row.mentions("not_a_photo_of_the_damage")
}

/// Classes of the honest stage that do show the listing's or an earlier file again.
#[must_use]
pub fn shows_a_copy(row: &Row) -> bool {
    matches!(
        row.class.as_str(),
        "quotes-the-listing" | "same-photo-again"
    )
}

/// Photos that an honest buyer may send: taken at home, or copies that are shown as such. The others of the honest
/// stage were taken in the merchant's place, and are compared on purpose as if a buyer had sent them.
#[must_use]
pub fn is_from_a_buyer(row: &Row) -> bool {
    matches!(
        row.class.as_str(),
        "new-photo"
            | "really-damaged"
            | "marker"
            | "beauty"
            | "other-unit-of-print"
            | "quotes-the-listing"
            | "same-photo-again"
            | "catalogue-clone"
    ) || Habit::by_name(&row.class).is_some()
}

/// Counts how often something holds, by item.
pub fn rate<'a>(rows: impl Iterator<Item = &'a Row>, holds: impl Fn(&Row) -> bool) -> Rate {
    let mut rate = Rate::default();
    for row in rows {
        rate.add(&row.item, holds(row));
    }
    rate
}

/// Writes everything: the table, the plots and the calibration.
pub fn write(
    measured: &Measured,
    results: &Path,
    plots: &Path,
    calibration: Option<&Path>,
) -> Result<()> {
    fs::create_dir_all(plots)?;
    let names = plots::write(measured, plots)?;
    fs::write(results, tables::page(measured, &names))?;
    if let Some(path) = calibration {
        fs::write(path, calibration::file(measured))?;
    }
    Ok(())
}
