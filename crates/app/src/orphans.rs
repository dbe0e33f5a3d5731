//! Files that nothing names: a process that is killed between a file and the transaction that names it leaves the file. A day
//! later it goes, from a storage of objects only where this data directory owns it; what somebody in this process is about
//! to name stays.

use crate::app::App;
use crate::error::AppError;
use crate::limits::{ORPHAN_MS, ORPHANS_PER_TURN_MAX};
use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Names of files that are stored for something whose end is not known yet, and how often.
#[derive(Clone, Debug, Default)]
pub(crate) struct UnderWay(Arc<Mutex<HashMap<String, u32>>>);

/// Names that are under way until this is dropped.
#[derive(Debug)]
pub(crate) struct Kept {
    under_way: UnderWay,
    names: Vec<String>,
}

impl UnderWay {
    fn names(&self) -> MutexGuard<'_, HashMap<String, u32>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says that these files will be named, or be removed by whoever stores them.
    pub(crate) fn keep(&self, names: Vec<String>) -> Kept {
        let mut all = self.names();
        for name in &names {
            *all.entry(name.clone()).or_insert(0) += 1;
        }
        drop(all);
        Kept {
            under_way: self.clone(),
            names,
        }
    }

    fn has(&self, name: &str) -> bool {
        self.names().contains_key(name)
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        let mut all = self.under_way.names();
        for name in &self.names {
            let left = all.get(name).map_or(0, |times| times.saturating_sub(1));
            if left == 0 {
                all.remove(name);
            } else {
                all.insert(name.clone(), left);
            }
        }
    }
}

impl App {
    /// Removes the files of one folder of blobs that nothing names, a day after they were written, and such objects; gives how
    /// many. The other processes on the database have long ended by then what they had in hand.
    ///
    /// # Errors
    /// What the store says.
    pub async fn remove_orphans(&self, folder: u8) -> Result<usize, AppError> {
        let before = self.now().plus_ms(-ORPHAN_MS);
        let names = self
            .store()
            .unnamed_blobs(folder, before, ORPHANS_PER_TURN_MAX)
            .await?;
        let mut removed = 0;
        for name in names {
            if !self.under_way().has(&name) {
                self.store().remove_file(&name).await?;
                removed += 1;
            }
        }
        let elsewhere = self
            .store()
            .unnamed_elsewhere(folder, before, ORPHANS_PER_TURN_MAX)
            .await?;
        for name in elsewhere {
            if !self.under_way().has(&name) {
                self.store().remove_blob(&name).await?;
                removed += 1;
            }
        }
        if removed > 0 {
            tracing::info!(removed, "files that nothing names were removed");
        }
        Ok(removed)
    }

    /// The same for the next folder: all of them have their turn within hours, also in a process that is started every day.
    pub(crate) async fn orphans_turn(&self) -> Result<(), AppError> {
        let folder = self.next_folder().fetch_add(1, Ordering::Relaxed);
        self.remove_orphans(folder).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::UnderWay;

    #[test]
    fn a_file_is_under_way_until_everybody_who_stores_it_is_done() {
        let under_way = UnderWay::default();
        let first = under_way.keep(vec!["a".to_owned(), "b".to_owned()]);
        let second = under_way.keep(vec!["b".to_owned()]);
        assert!(under_way.has("a") && under_way.has("b") && !under_way.has("c"));
        drop(first);
        assert!(!under_way.has("a") && under_way.has("b"));
        drop(second);
        assert!(!under_way.has("b"));
    }
}
