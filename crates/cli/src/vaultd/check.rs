//! `aftercare vaultd check`: the ledger of openings held against the main log, also of a folder that is being put back from a copy.

use super::failure;
use crate::data::{DataArgs, open_store};
use crate::failure::bad_input;
use crate::output::say;
use aftercare_app::clock::{Clock as _, SystemClock};
use aftercare_app::vault_ledger;
use aftercare_domain::audit::{AuditBody, AuditEvent};
use aftercare_ledger::{Hash, root_at};
use aftercare_store::{OpenMode, Store, StoredEvent};
use aftercare_vault::files::last_backup;
use aftercare_vaultd::{Act, KeeperError, Ledger};
use anyhow::Context as _;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::ExitCode;

/// An opening of the ledger: its line, and what it says.
struct Opened {
    line: u64,
    tenant: String,
    person: String,
    leaf: String,
}

/// What a ledger that contradicts nothing has.
pub(super) struct Sound {
    lines: u64,
    openings: u64,
    states: u64,
    /// Lines that the log was told of and that were lost, the folder having been put back from a copy.
    pub(super) lost: u64,
    /// Openings whose event was lost with the log, an older copy of which was put back before the folder was.
    pub(super) unknown: u64,
}

pub(super) async fn check(data: &DataArgs, folder: &Path) -> anyhow::Result<ExitCode> {
    let store = open_store(&data.data, &data.database, OpenMode::Read).await?;
    let checked = held(&*store, folder, false).await;
    store.close().await;
    let sound = checked?.map_err(anyhow::Error::msg)?;
    say(&format!(
        "checked {} lines: {} openings, each with its event in the log; {} states of the ledger in the log, each as it says",
        sound.lines, sound.openings, sound.states
    ));
    if sound.lost > 0 || sound.unknown > 0 {
        say(&format!(
            "the folder was put back from a copy: {} lines that the log was told of are lost; {} openings name events that the log no longer has",
            sound.lost, sound.unknown
        ));
    }
    say(&backed_up(folder)?);
    Ok(ExitCode::SUCCESS)
}

/// When a folder was copied last, in words.
pub(super) fn backed_up(folder: &Path) -> anyhow::Result<String> {
    let last = last_backup(folder).with_context(|| folder.display().to_string())?;
    Ok(match last {
        Some(at) => format!("backed up {} ago", age(SystemClock.now().0 - at)),
        None => "never backed up: `aftercare vaultd backup` does it".to_owned(),
    })
}

/// A time that has passed, in words, to the unit that says enough.
fn age(ms: i64) -> String {
    let minutes = ms.max(0) / 60_000;
    match (minutes / 60 / 24, minutes / 60) {
        (0, 0) => format!("{minutes} minutes"),
        (0, hours) => format!("{hours} hours"),
        (days, _) => format!("{days} days"),
    }
}

/// Holds the ledger of a folder against the log, or says in words what is wrong. `putting_back` says that the folder is about
/// to be put back from a copy: what the log was told of more lines than it has binds it no longer, as after such an event.
///
/// The log is read first, then the ledger, and the events last: whatever is written meanwhile, an opening has its event.
pub(super) async fn held(
    store: &dyn Store,
    folder: &Path,
    putting_back: bool,
) -> anyhow::Result<Result<Sound, String>> {
    let states = vault_ledger::said(store).await?;
    let end = store.head().await?.size;
    let (mut lines, mut openings) = (0, BTreeMap::<u64, Vec<Opened>>::new());
    let tree = Ledger::read(folder, |record| {
        lines += 1;
        if let Act::Opened {
            tenant,
            person,
            seq,
            leaf,
            ..
        } = &record.act
        {
            openings.entry(*seq).or_default().push(Opened {
                line: lines,
                tenant: tenant.clone(),
                person: person.clone(),
                leaf: leaf.clone(),
            });
        }
    })
    .map_err(|error| match error {
        KeeperError::File { .. } => bad_input(error.to_string()),
        other => failure(other),
    })?;
    // The events by which it was put back from copies, or begun anew, and how many lines of before it had then.
    let mut put_back: Vec<(u64, u64)> = states
        .iter()
        .filter_map(|state| Some((state.seq, state.kept?)))
        .collect();
    if putting_back {
        put_back.push((end + 1, tree.size()));
    }
    let mut sound = Sound {
        lines,
        openings: 0,
        states: 0,
        lost: 0,
        unknown: 0,
    };
    for state in &states {
        let kept = put_back
            .iter()
            .filter(|(seq, _)| *seq > state.seq)
            .map(|(_, kept)| *kept)
            .min();
        if let Some(kept) = kept
            && kept < state.size
        {
            // None is kept where the keys were given to a new folder: that one lost nothing.
            if kept > 0 {
                sound.lost = sound.lost.max(state.size - kept);
            }
            continue;
        }
        let now = root_at(&tree, state.size.min(tree.size()))?;
        if state.size > tree.size() || now != state.root {
            return Ok(Err(format!(
                "event {} of the log says that the ledger of openings had {} lines with the root {}; its first {} of {} lines have the root {now}: openings were taken out or altered, or an older copy was put back",
                state.seq,
                state.size,
                state.root,
                state.size.min(tree.size()),
                tree.size()
            )));
        }
        sound.states += 1;
    }
    for (seq, opened) in &openings {
        let event = store.range(*seq, 1).await?.into_iter().next();
        let event = event.filter(|event| event.seq == *seq);
        let people = match &event {
            Some(event) => people_of(event)?,
            None => BTreeSet::new(),
        };
        for one in opened {
            let is_same = event
                .as_ref()
                .is_some_and(|event| Hash(event.leaf).to_string() == one.leaf);
            if is_same && people.contains(&(one.tenant.clone(), one.person.clone())) {
                sound.openings += 1;
                continue;
            }
            // When it was put back, the log did not reach as far as that: an older copy of it had been put back before.
            let is_lost = put_back
                .iter()
                .any(|(event, kept)| one.line <= *kept && *seq >= *event);
            if !is_lost {
                return Ok(Err(format!(
                    "line {} of the ledger of openings names event {seq} of the log, which does not say that person {} was opened: somebody opened people past the log, or the log is another one",
                    one.line, one.person
                )));
            }
            sound.unknown += 1;
        }
    }
    Ok(Ok(sound))
}

/// Whom an event of the log says that something was opened of.
fn people_of(event: &StoredEvent) -> anyhow::Result<BTreeSet<(String, String)>> {
    if !matches!(event.name.as_str(), "data_revealed.v1" | "data_used.v1") {
        return Ok(BTreeSet::new());
    }
    let act: AuditEvent = serde_json::from_slice(&event.payload)
        .with_context(|| format!("event {} of the log", event.seq))?;
    let tenant = act.tenant.to_string();
    let persons = match act.body {
        AuditBody::DataRevealed { person, .. } => vec![person],
        AuditBody::DataUsed { persons, .. } => persons,
        _ => Vec::new(),
    };
    Ok(persons
        .into_iter()
        .map(|person| (tenant.clone(), person.to_string()))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::age;

    #[test]
    fn an_age_is_told_in_the_unit_that_says_enough() {
        assert_eq!(age(-5), "0 minutes");
        assert_eq!(age(59 * 60_000), "59 minutes");
        assert_eq!(age(61 * 60_000), "1 hours");
        assert_eq!(age(50 * 3_600_000), "2 days");
    }
}
