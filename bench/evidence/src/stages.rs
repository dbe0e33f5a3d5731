//! The stages of a run. Each works item by item; what an item has answered is appended at once.

mod cross_view;
mod derived;
mod honest;
mod negatives;
mod peers;
mod real;
pub mod reuse;
pub mod speed;

use std::time::Instant;

use anyhow::{Result, bail};

use crate::cache::Cache;
use crate::damage::Donor;
use crate::donors::donors;
use crate::parallel;
use crate::rows::{Results, Row};
use crate::suite::Item;

/// Donors of real damage for splices.
const DONORS: u32 = 24;

/// What every stage needs.
pub struct Run {
    pub seed: u64,
    /// Negative pairs of different items.
    pub pairs: usize,
    /// Entries of the index of earlier photos, and how many of them are made from pixels.
    pub entries: usize,
    pub pixels: usize,
    /// A folder of real photos, when there is one.
    pub photos: Option<std::path::PathBuf>,
    pub items: Vec<Item>,
    pub cache: Cache,
    pub donors: Vec<Donor>,
    pub results: Results,
}

impl Run {
    /// A run over the first `count` items.
    pub fn new(seed: u64, count: u32, cache: Cache, results: Results) -> Result<Self> {
        Ok(Self {
            seed,
            pairs: 0,
            entries: 0,
            pixels: 0,
            photos: None,
            items: (0..count).map(|number| Item::new(seed, number)).collect(),
            donors: donors(&cache.donors(seed), seed, DONORS)?,
            cache,
            results,
        })
    }

    /// Does `work` for every item that has not been done in an earlier run.
    fn each_item(
        &self,
        stage: &str,
        work: impl Fn(&Item) -> Result<Vec<Row>> + Sync,
    ) -> Result<()> {
        let task = |item: &Item| format!("{stage} {}", item.number);
        let pending: Vec<&Item> = self
            .items
            .iter()
            .filter(|item| !self.results.is_done(&task(item)))
            .collect();
        let start = Instant::now();
        let answers = parallel::map(&pending, |item| -> Result<usize> {
            let mut rows = work(item)?;
            for row in &mut rows {
                row.stage = stage.to_owned();
                row.suite = "rendered".to_owned();
                row.item = item.number.to_string();
                row.kind = format!("{:?}", item.kind);
            }
            let count = rows.len();
            self.results.add(&task(item), rows)?;
            Ok(count)
        });
        let rows: usize = answers.into_iter().sum::<Result<usize>>()?;
        println!(
            "{stage}: {} items, {rows} rows, {:.0} s",
            pending.len(),
            start.elapsed().as_secs_f64()
        );
        Ok(())
    }
}

/// The stages in their order: what must never happen comes first.
pub const STAGES: [&str; 13] = [
    "honest",
    "exact",
    "negatives",
    "derived",
    "edited",
    "cross-view",
    "screen",
    "rerender",
    "copy-move",
    "real",
    "reuse",
    "peers",
    "speed",
];

/// Runs one stage by name.
pub fn run(run: &Run, stage: &str) -> Result<()> {
    match stage {
        "derived" => derived::forged(run),
        "edited" => derived::undamaged(run),
        "screen" => derived::screen(run),
        "rerender" => derived::rerendered(run),
        "exact" => honest::stand(run),
        "honest" => honest::photos(run),
        "negatives" => negatives::pairs(run),
        "cross-view" => cross_view::claims(run),
        "real" => match &run.photos {
            Some(photos) => real::photos(run, photos),
            None => {
                println!("real: left out, because no --photos are given");
                Ok(())
            }
        },
        "speed" => speed::photo(run),
        "peers" => peers::compare(run),
        "reuse" => reuse::search(run),
        "copy-move" => cross_view::copy_move(run),
        _ => bail!("there is no stage {stage}"),
    }
}
