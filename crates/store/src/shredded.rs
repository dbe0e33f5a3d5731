//! The list of people whose keys were destroyed, outside the database: an older backup still holds them, and whoever puts
//! one back must destroy them again. A line is an id and a time; nothing in it says who that was.

use crate::blobs::replace;
use crate::error::StoreError;
use aftercare_domain::Timestamp;
use aftercare_domain::ids::PersonId;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt::Write as _;
use std::fs::File;
use std::path::Path;
use uuid::Uuid;

/// The list in the data directory.
pub const SHREDDED_FILE: &str = "shredded";

/// People by id, and when each was destroyed first.
pub(crate) type List = BTreeMap<Uuid, i64>;

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
            line.split_once(' ')
                .and_then(|(id, at)| Some((id.parse().ok()?, at.parse().ok()?)))
                .ok_or_else(|| {
                    StoreError::Directory(format!(
                        "{}, line {number}: an id and a time in milliseconds were expected",
                        path.display()
                    ))
                })
        })
        .collect()
}

/// Adds people to the list of a directory, durably; those who are on it keep their first time.
pub(crate) fn add(
    directory: &Path,
    people: impl IntoIterator<Item = (PersonId, Timestamp)>,
) -> Result<List, StoreError> {
    let mut all = List::new();
    change(directory, |list| {
        for (person, at) in people {
            list.entry(person.0).or_insert(at.0);
        }
        all.clone_from(list);
    })?;
    Ok(all)
}

/// Enters people whose keys are about to be destroyed, durably, and says who was not on the list: a destruction that nobody
/// could carry out again after a backup was put back does not happen.
pub(crate) fn enter(
    directory: &Path,
    people: &[(PersonId, Timestamp)],
) -> Result<Vec<PersonId>, StoreError> {
    let mut new = Vec::new();
    change(directory, |list| {
        for (person, at) in people {
            if let Entry::Vacant(place) = list.entry(person.0) {
                place.insert(at.0);
                new.push(*person);
            }
        }
    })?;
    Ok(new)
}

/// Takes people off the list again whose keys were not destroyed after all.
pub(crate) fn take_back(directory: &Path, people: &[PersonId]) -> Result<(), StoreError> {
    change(directory, |list| {
        for person in people {
            list.remove(&person.0);
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
        for (person, at) in &list {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{person} {at}");
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

/// Adds the people of a list to the list of a directory.
pub(crate) fn merge(directory: &Path, people: List) -> Result<(), StoreError> {
    let people = people
        .into_iter()
        .map(|(person, at)| (PersonId(person), Timestamp(at)));
    add(directory, people).map(|_| ())
}
