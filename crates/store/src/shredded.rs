//! The list of people whose keys were destroyed, and of cases whose photos, texts or a party's reading ended, outside the database:
//! an older backup still holds them, and whoever puts one back must destroy them again. A line is an id and a time, and of a case
//! what ended of it; nothing in it says who that was.

use crate::error::StoreError;
use crate::types::CasePart;
use aftercare_domain::Timestamp;
use aftercare_domain::ids::{CaseId, PersonId};
use aftercare_vault::files::replace;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fs::File;
use std::path::Path;
use uuid::Uuid;

/// The list in the data directory.
pub const SHREDDED_FILE: &str = "shredded";

/// What was destroyed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Gone {
    Person(PersonId),
    Case(CaseId, CasePart),
}

impl Gone {
    /// As a line says it, with when it was destroyed first.
    fn line(self, at: i64) -> String {
        match self {
            Self::Person(person) => format!("{person} {at}"),
            Self::Case(case, part) => format!("{case} {at} {}", part.name()),
        }
    }

    fn of_line(line: &str) -> Option<(Self, i64)> {
        let mut words = line.split(' ');
        let (id, at) = (words.next()?.parse::<Uuid>().ok()?, words.next()?);
        let gone = match words.next() {
            None => Self::Person(PersonId(id)),
            Some(part) => Self::Case(CaseId(id), CasePart::from_name(part)?),
        };
        words.next().is_none().then_some((gone, at.parse().ok()?))
    }
}

/// What was destroyed, and when each was first.
pub(crate) type List = BTreeMap<Gone, i64>;

/// Reads a list; an empty one where there is no file.
pub(crate) fn read(path: &Path) -> Result<List, StoreError> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(List::new()),
        Err(error) => return Err(error.into()),
    };
    text.lines()
        .zip(1..)
        .map(|(line, number)| {
            Gone::of_line(line).ok_or_else(|| {
                StoreError::Directory(format!(
                    "{}, line {number}: an id and a time in milliseconds were expected, and of a case what ended of it",
                    path.display()
                ))
            })
        })
        .collect()
}

/// Adds what was destroyed to the list of a directory, durably; what is on it keeps its first time. Gives all of it.
pub(crate) fn add(
    directory: &Path,
    gone: impl IntoIterator<Item = (Gone, Timestamp)>,
) -> Result<List, StoreError> {
    let mut all = List::new();
    change(directory, |list| {
        for (gone, at) in gone {
            list.entry(gone).or_insert(at.0);
        }
        all.clone_from(list);
    })?;
    Ok(all)
}

/// Enters what is about to be destroyed, durably, and says what was not on the list: a destruction that nobody could carry out
/// again after a backup was put back does not happen.
pub(crate) fn enter(
    directory: &Path,
    destroyed: &[(Gone, Timestamp)],
) -> Result<Vec<Gone>, StoreError> {
    let mut new = Vec::new();
    change(directory, |list| {
        for (gone, at) in destroyed {
            if let Entry::Vacant(place) = list.entry(*gone) {
                place.insert(at.0);
                new.push(*gone);
            }
        }
    })?;
    Ok(new)
}

/// Takes off the list again what was not destroyed after all.
pub(crate) fn take_back(directory: &Path, listed: &[Gone]) -> Result<(), StoreError> {
    change(directory, |list| {
        for gone in listed {
            list.remove(gone);
        }
    })
}

/// Changes the list of a directory; no other process does so meanwhile.
fn change(directory: &Path, how: impl FnOnce(&mut List)) -> Result<(), StoreError> {
    let path = directory.join(SHREDDED_FILE);
    let held = File::open(directory)?;
    held.lock()?;
    let before = read(&path)?;
    let mut list = before.clone();
    how(&mut list);
    if list != before {
        let mut text = String::new();
        for (gone, at) in &list {
            text += &gone.line(*at);
            text.push('\n');
        }
        replace(&path, text.as_bytes())?;
    }
    Ok(())
}

/// Reads a list that somebody named, such as that of a directory that was lost.
pub(crate) fn read_named(list: &Path) -> Result<List, StoreError> {
    let wrong = |why: String| {
        StoreError::Directory(format!(
            "{} is no list of destroyed people (the file {SHREDDED_FILE} of a data directory): {why}",
            list.display()
        ))
    };
    if !list.is_file() {
        return Err(wrong("it is no file".to_owned()));
    }
    read(list).map_err(|error| match error {
        StoreError::Directory(_) => error,
        other => wrong(other.to_string()),
    })
}

/// Adds a list to the list of a directory.
pub(crate) fn merge(directory: &Path, list: List) -> Result<(), StoreError> {
    let list = list.into_iter().map(|(gone, at)| (gone, Timestamp(at)));
    add(directory, list).map(|_| ())
}
