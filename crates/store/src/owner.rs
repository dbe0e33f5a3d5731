//! Whose another place for blobs is. What no row names is removed there by one data directory only: the one that said so
//! once, in a file that no backup has and in an object that lies beside the blobs. A copy of the database, restored from
//! a backup or made for a rehearsal, knows nothing of what the original has stored since, and would take it for nobody's.
//!
//! A copy of the whole directory has the file, too. So the word in both is another one at each turn, and whoever finds one
//! that is not their own last one knows of the copy: from then on neither of them removes anything. A copy that has just
//! been made can be first with its turn; what it does not know of is younger than a day then, and stays.
//!
//! Nor does the file help where the database was set back under it, or where two installations were given one place by mistake:
//! the owner would take what only the other database names for nobody's. So the object has how far the owner's log was at its
//! latest turn, too. An owner whose log does not go on from there removes nothing. And whoever keeps blobs there with another log,
//! or has had in its log for half a day what the owner's has not, says so in the object within minutes, long before the first
//! blob is a day old that the owner does not know; for what is there already, an owner's first turn removes nothing.

use crate::error::StoreError;
use crate::sql::{Backend, SqlStore, event_at, goes_on};
use crate::traits::BlobPlace;
use crate::types::Head;
use aftercare_domain::Timestamp;
use aftercare_domain::time::HOUR_MS;
use aftercare_vault::files::{private, replace};
use aftercare_vault::random_token_256;
use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

/// Says in a data directory that the other place of its blobs is its own. It is to be in no copy.
pub const PLACE_OWNER_FILE: &str = "blobs-owner";
/// Held locked by the process whose turn it is.
const LOCK_FILE: &str = "blobs-owner-lock";
/// What such a file and such an object begin with.
const FIRST_LINE: &str = "aftercare blobs 1";
/// The word where two that are copies of each other met. No word that is drawn is so short.
const CONTESTED: &str = "contested";
/// Characters of a word.
const WORD_CHARS_MAX: usize = 64;
/// What the line begins with that says how far the log was: its size and its root follow.
const LOG: &str = "log ";
/// How long before it may be removed from the place what an event brought there has to be known to its owner, in milliseconds.
const KNOWN_BEFORE_MS: i64 = 12 * HOUR_MS;

/// Whose another place for blobs is, seen from a data directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlaceOwner {
    /// This directory's.
    Ours,
    /// Nobody's: no directory said that it is its own.
    Nobody,
    /// Another directory's, and it never was that of this one.
    Elsewhere,
    /// It was this directory's, and another one took it over.
    TakenOver,
    /// This directory and a copy of it or another installation met there, or its database was set back.
    Copied,
    /// It was this directory's, and what said so there is gone.
    Gone,
}

impl PlaceOwner {
    /// In words, with what to do.
    #[must_use]
    pub const fn told(self) -> &'static str {
        match self {
            Self::Ours => "what no row names is removed from it a day after it came",
            Self::Nobody => {
                "no data directory owns it, so that what a killed process leaves there stays: run `aftercare blobs own` on the data directory whose blobs it keeps, and on no copy of it"
            }
            Self::Elsewhere => {
                "another data directory owns it; from here nothing is removed that no row names, as is right for a copy and for a further server. Where this directory took the place of the other one, run `aftercare blobs own --take-over`; where it is another installation's, give it another bucket or prefix in blobs.toml"
            }
            Self::TakenOver => {
                "another data directory took it over: from here nothing is removed that no row names. Two installations share a bucket and a prefix: give one of them others in blobs.toml"
            }
            Self::Copied => {
                "a copy of this data directory or another installation uses it, too, or the database was set back: nothing is removed there that no row names. Give the other one another bucket or prefix in its blobs.toml (a further server on the same database: remove its file blobs-owner), then run `aftercare blobs own --take-over` here"
            }
            Self::Gone => {
                "this data directory owns it, and the object that says so is gone: was the bucket emptied or set back? Nothing is removed there that no row names until `aftercare blobs own`"
            }
        }
    }
}

/// What stands in the file and in the object: whose the place is, how far the log was at the latest turn, and the word of that
/// turn. The file has the word before, too, while it is not known whether the object took the latest.
#[derive(Debug)]
struct Deed {
    id: String,
    /// None before the first turn.
    log: Option<Head>,
    words: Vec<String>,
}

/// How far a log was, as it is written.
fn head_of(text: &str) -> Option<Head> {
    let (size, root) = text.split_once(' ')?;
    Some(Head {
        size: size.parse().ok()?,
        root: hex::decode(root).ok()?.try_into().ok()?,
    })
}

impl Deed {
    fn of(text: &str) -> Option<Self> {
        let is_word = |word: &String| {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
            (1..=WORD_CHARS_MAX).contains(&word.len()) && word.bytes().all(plain)
        };
        let mut lines = text.lines();
        if lines.next() != Some(FIRST_LINE) {
            return None;
        }
        let id = lines.next()?.to_owned();
        let mut words: Vec<String> = lines.map(str::to_owned).collect();
        let log = match words.first().and_then(|line| line.strip_prefix(LOG)) {
            Some(text) => Some(head_of(text)?),
            None => None,
        };
        if log.is_some() {
            words.remove(0);
        }
        let sound = is_word(&id) && (1..=2).contains(&words.len()) && words.iter().all(is_word);
        sound.then_some(Self { id, log, words })
    }

    fn text(&self) -> String {
        let log = self.log.map_or_else(String::new, |head| {
            format!("{LOG}{} {}\n", head.size, hex::encode(head.root))
        });
        let words = self.words.join("\n");
        format!("{FIRST_LINE}\n{}\n{log}{words}\n", self.id)
    }

    /// What the directory says.
    fn read(directory: &Path) -> Result<Option<Self>, StoreError> {
        let path = directory.join(PLACE_OWNER_FILE);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let damaged = || {
            StoreError::corrupt(
                path.display().to_string(),
                "it is not what was written: remove it, and run `aftercare blobs own --take-over`",
            )
        };
        Self::of(&text).map(Some).ok_or_else(damaged)
    }

    fn write(&self, directory: &Path) -> Result<(), StoreError> {
        replace(&directory.join(PLACE_OWNER_FILE), self.text().as_bytes())?;
        Ok(())
    }

    /// What the place says.
    async fn marked(place: &dyn BlobPlace) -> Result<Option<Self>, StoreError> {
        let damaged = || {
            StoreError::corrupt(
                "the owner of the storage of objects",
                "the object is not what was written: run `aftercare blobs own --take-over` where it belongs",
            )
        };
        match place.owner().await? {
            None => Ok(None),
            Some(text) => Self::of(&text)
                .filter(|deed| deed.words.len() == 1)
                .map(Some)
                .ok_or_else(damaged),
        }
    }

    /// Says in the place that two met there: from then on nobody removes anything.
    async fn contest(mut self, place: &dyn BlobPlace) -> Result<(), StoreError> {
        if self.words == [CONTESTED] {
            return Ok(());
        }
        self.words = vec![CONTESTED.to_owned()];
        place.set_owner(&self.text()).await
    }
}

/// One process at a time; released when it is dropped or the process ends.
struct Alone(File);

impl Alone {
    fn take(directory: &Path) -> Result<Option<Self>, StoreError> {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false);
        private(&mut options);
        let file = options.open(directory.join(LOCK_FILE))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error.into()),
        }
    }
}

impl Drop for Alone {
    fn drop(&mut self) {
        // As with the lock of the directory: a child that was forked a moment ago may hold the file open.
        let _ = self.0.unlock();
    }
}

fn new_word() -> Result<String, StoreError> {
    random_token_256()
        .map(|word| word.expose_str().to_owned())
        .map_err(|error| StoreError::Other(error.to_string()))
}

fn seen(held: Option<&Deed>, marked: Option<&Deed>) -> PlaceOwner {
    match (held, marked) {
        (None, None) => PlaceOwner::Nobody,
        (None, Some(marked)) if marked.words == [CONTESTED] => PlaceOwner::Copied,
        (None, Some(_)) => PlaceOwner::Elsewhere,
        (Some(_), None) => PlaceOwner::Gone,
        (Some(held), Some(marked)) if held.id != marked.id => PlaceOwner::TakenOver,
        (Some(held), Some(marked)) => {
            if marked.words.iter().any(|word| held.words.contains(word)) {
                PlaceOwner::Ours
            } else {
                PlaceOwner::Copied
            }
        }
    }
}

/// Whose a place is; nothing is changed.
///
/// # Errors
/// What the place or the file system says, and [`StoreError::Corrupt`] where what they say of it was altered.
pub async fn place_owner(
    directory: &Path,
    place: &dyn BlobPlace,
) -> Result<PlaceOwner, StoreError> {
    let held = Deed::read(directory)?;
    Ok(seen(held.as_ref(), Deed::marked(place).await?.as_ref()))
}

/// Makes a place that of this directory. With `take_over` also where it is another one's, which removes nothing there
/// from then on, and whatever the log was before.
///
/// # Errors
/// [`StoreError::Directory`] where it is another one's, with what to do, and where a process has its turn just now; what the
/// place or the file system says.
pub async fn own_place(
    directory: &Path,
    place: &dyn BlobPlace,
    take_over: bool,
) -> Result<(), StoreError> {
    let Some(_alone) = Alone::take(directory)? else {
        return Err(StoreError::Directory(
            "a process of this data directory is looking through the storage of objects just now: try again in a minute"
                .to_owned(),
        ));
    };
    let (held, marked) = match (Deed::read(directory), Deed::marked(place).await) {
        (Err(StoreError::Corrupt { .. }), Ok(marked)) if take_over => (None, marked),
        (Ok(held), Err(StoreError::Corrupt { .. })) if take_over => (held, None),
        (held, marked) => (held?, marked?),
    };
    match seen(held.as_ref(), marked.as_ref()) {
        PlaceOwner::Ours if !take_over => return Ok(()),
        PlaceOwner::Nobody | PlaceOwner::Gone => {}
        _ if take_over => {}
        other => return Err(StoreError::Directory(other.told().to_owned())),
    }
    let deed = Deed {
        id: new_word()?,
        log: None,
        words: vec![new_word()?],
    };
    // The file first: killed in between, whoever says it again is not taken for another one.
    deed.write(directory)?;
    place.set_owner(&deed.text()).await
}

/// Takes a turn before what came before a time may be removed: whose the place is, said anew there and here where it is this
/// directory's. None where it never was and nothing is lost by that, where another process has its turn, and with the first one.
pub(crate) async fn turn<B: Backend>(
    store: &SqlStore<B>,
    place: &dyn BlobPlace,
    before: Timestamp,
) -> Result<Option<PlaceOwner>, StoreError> {
    let directory = store.directory.as_path();
    if !directory.join(PLACE_OWNER_FILE).exists() {
        // Whoever removes nothing has nothing to wait for: a place that does not answer is asked again with the next turn.
        return Ok(match Deed::marked(place).await {
            Ok(Some(marked)) => object(store, place, marked, before).await?,
            _ => None,
        });
    }
    let Some(_alone) = Alone::take(directory)? else {
        return Ok(None);
    };
    let Some(held) = Deed::read(directory)? else {
        return Ok(None);
    };
    let marked = Deed::marked(place).await?;
    let owner = seen(Some(&held), marked.as_ref());
    match (owner, marked) {
        (PlaceOwner::Ours, Some(mut marked)) => {
            let reached = match goes_on(store, marked.log).await? {
                (true, reached) => reached,
                (false, _) => {
                    marked.contest(place).await?;
                    return Ok(Some(PlaceOwner::Copied));
                }
            };
            let next = new_word()?;
            let is_first = marked.log.replace(reached).is_none();
            // Both count until the place has taken the next one, whatever ends this process.
            marked.words.push(next.clone());
            marked.write(directory)?;
            marked.words = vec![next];
            place.set_owner(&marked.text()).await?;
            marked.write(directory)?;
            // Whoever keeps blobs there as well can say so until the next one.
            if is_first {
                return Ok(None);
            }
        }
        (PlaceOwner::Copied, Some(marked)) => marked.contest(place).await?,
        (PlaceOwner::TakenOver, Some(marked)) => {
            let objected = object(store, place, marked, before).await?;
            return Ok(objected.or(Some(owner)));
        }
        _ => {}
    }
    Ok(Some(owner))
}

/// Says in a place that another directory owns that this one keeps blobs there as well, where the owner would remove them: its log
/// is not this one, or lags behind it as only that of a copy does. None where it would not.
async fn object<B: Backend>(
    store: &SqlStore<B>,
    place: &dyn BlobPlace,
    marked: Deed,
    before: Timestamp,
) -> Result<Option<PlaceOwner>, StoreError> {
    let Some(reached) = marked.log else {
        return Ok(None);
    };
    if goes_on(store, Some(reached)).await?.0 {
        let missed = event_at(store, reached.size + 1).await?;
        if missed.is_none_or(|at| at >= before.plus_ms(KNOWN_BEFORE_MS)) {
            return Ok(None);
        }
    }
    marked.contest(place).await?;
    Ok(Some(PlaceOwner::Copied))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deed_is_read_as_it_was_written_and_nothing_else_is_one() {
        let far = Head {
            size: 70,
            root: [7; 32],
        };
        for (log, words) in [
            (None, vec!["a-1_Z".to_owned()]),
            (Some(far), vec!["a".to_owned()]),
            (Some(far), vec!["a".to_owned(), "b".to_owned()]),
        ] {
            let deed = Deed {
                id: "one".to_owned(),
                log,
                words: words.clone(),
            };
            let read = Deed::of(&deed.text()).expect("a deed");
            assert_eq!((read.id, read.log), ("one".to_owned(), log));
            assert_eq!(read.words, words);
        }
        let long = format!("{FIRST_LINE}\none\n{}\n", "a".repeat(WORD_CHARS_MAX + 1));
        for text in [
            "",
            "aftercare blobs 1\none\n",
            "aftercare blobs 1\none\na\nb\nc\n",
            "aftercare blobs 1\none\na b\n",
            "aftercare blobs 1\none\nlog 7\na\n",
            "aftercare blobs 1\none\nlog 7 0707\na\n",
            "aftercare blobs 2\none\na\n",
            long.as_str(),
        ] {
            assert!(Deed::of(text).is_none(), "{text:?}");
        }
    }

    #[test]
    fn only_whoever_has_the_latest_word_owns_a_place() {
        let deed = |id: &str, words: &[&str]| Deed {
            id: id.to_owned(),
            log: None,
            words: words.iter().map(|word| (*word).to_owned()).collect(),
        };
        let held = deed("one", &["first", "second"]);
        for (marked, owner) in [
            (Some(deed("one", &["first"])), PlaceOwner::Ours),
            (Some(deed("one", &["second"])), PlaceOwner::Ours),
            (Some(deed("one", &["third"])), PlaceOwner::Copied),
            (Some(deed("one", &[CONTESTED])), PlaceOwner::Copied),
            (Some(deed("two", &["first"])), PlaceOwner::TakenOver),
            (None, PlaceOwner::Gone),
        ] {
            assert_eq!(seen(Some(&held), marked.as_ref()), owner, "{marked:?}");
        }
        assert_eq!(seen(None, Some(&held)), PlaceOwner::Elsewhere);
        let contested = deed("one", &[CONTESTED]);
        assert_eq!(seen(None, Some(&contested)), PlaceOwner::Copied);
        assert_eq!(seen(None, None), PlaceOwner::Nobody);
    }
}
