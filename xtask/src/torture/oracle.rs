//! What must hold after a drill: every acknowledged request is in the log at the place its answer named, each of them
//! once, nothing else is there, nothing is paid twice, the log and the projections are sound, and, on SQLite, a restored backup
//! is the same.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::ErrorKind;

use anyhow::{Context, Result};
use serde::Deserialize;

use super::Report;
use super::server::{Installation, told};
use super::traffic::{Acknowledged, DEEDS, Deed};

/// Where the server writes what finance is to pay, in the data directory.
const PAYMENTS: &str = "payments.jsonl";

#[derive(Deserialize)]
struct CaseRow {
    id: String,
}

/// One event of a dump.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EventLine {
    /// Identifier of the stream, hexadecimal.
    pub(crate) stream: String,
    pub(crate) name: String,
    /// The stored bytes.
    pub(crate) payload: Vec<u8>,
    pub(crate) salt: Vec<u8>,
    /// Hexadecimal.
    pub(crate) leaf: String,
}

/// What a drill needs of a dump.
#[derive(Debug, Default)]
pub(crate) struct Dump {
    pub(crate) events: BTreeMap<u64, EventLine>,
    pub(crate) idempotency_keys: Vec<String>,
}

impl Dump {
    /// Reads the dump of a directory.
    ///
    /// # Errors
    /// When `aftercare dump` fails, or an event's line is not as expected.
    pub(crate) fn of(installation: &Installation) -> Result<Self> {
        Self::parse(&installation.read(["dump"])?)
    }

    fn parse(text: &str) -> Result<Self> {
        let mut dump = Self::default();
        for line in text.lines() {
            let fields: Vec<&str> = line.split('\t').collect();
            match fields.as_slice() {
                ["events", seq, _, stream, _, _, name, payload, salt, leaf] => {
                    let event = EventLine {
                        stream: stream.trim_start_matches('x').to_owned(),
                        name: name.trim_matches('"').to_owned(),
                        payload: bytes(payload)?,
                        salt: bytes(salt)?,
                        leaf: leaf.trim_start_matches('x').to_owned(),
                    };
                    dump.events
                        .insert(seq.parse().context("an event's place")?, event);
                }
                ["events", ..] => anyhow::bail!("an event of the dump has an unknown form: {line}"),
                ["idempotency", _, key, ..] => {
                    dump.idempotency_keys.push(key.trim_matches('"').to_owned());
                }
                _ => {}
            }
        }
        Ok(dump)
    }
}

fn bytes(field: &str) -> Result<Vec<u8>> {
    let digits = field.strip_prefix('x').context("bytes begin with x")?;
    (0..digits.len() / 2)
        .map(|position| {
            digits
                .get(position * 2..position * 2 + 2)
                .and_then(|pair| u8::from_str_radix(pair, 16).ok())
                .context("bytes are hexadecimal")
        })
        .collect()
}

/// Checks a directory whose server has stopped.
///
/// # Errors
/// When a command cannot be run or its output cannot be read.
pub(crate) fn check(installation: &Installation, acknowledged: &[Acknowledged]) -> Result<Report> {
    let mut report = Report::default();
    for arguments in [
        &["log", "verify", "--deep"][..],
        &["projections", "rebuild", "--check"],
    ] {
        let output = installation.run(arguments)?;
        if !output.status.success() {
            report
                .problems
                .push(format!("`{}`: {}", arguments.join(" "), told(&output)));
        }
    }
    let dump = Dump::of(installation)?;
    let rows: Vec<CaseRow> = serde_json::from_str(&installation.read(["case", "list", "--json"])?)
        .context("the list of cases")?;
    let cases: Vec<String> = rows.into_iter().map(|row| row.id).collect();
    report.problems.extend(compare(&dump, &cases, acknowledged));
    report.problems.extend(paid_twice(installation)?);
    report.problems.extend(same_after_restore(installation)?);
    report.lines.push(format!(
        "{} cases, {} events; every acknowledged request is there once: {}",
        cases.len(),
        dump.events.len(),
        if report.problems.is_empty() {
            "yes"
        } else {
            "NO"
        }
    ));
    Ok(report)
}

/// A payment to make, as the file has it.
#[derive(Deserialize)]
struct Payment {
    claim: String,
}

/// What is to be paid more than once for one claim, as the file beside the database has it.
fn paid_twice(installation: &Installation) -> Result<Vec<String>> {
    let path = installation.data.join(PAYMENTS);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        // Nothing was paid.
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error).with_context(|| path.display().to_string()),
    };
    Ok(twice(&text))
}

fn twice(payments: &str) -> Vec<String> {
    let mut paid = BTreeSet::new();
    payments
        .lines()
        // A line that is torn is no payment.
        .filter_map(|line| serde_json::from_str::<Payment>(line).ok())
        .filter(|payment| !paid.insert(payment.claim.clone()))
        .map(|payment| format!("DOUBLED: the claim {} is to be paid twice", payment.claim))
        .collect()
}

/// A dump's hash is the same for a directory and for what is restored from its backup.
fn same_after_restore(installation: &Installation) -> Result<Option<String>> {
    if installation.on_postgres() {
        // There a backup is `pg_dump` and a copy of the directory: no command of ours.
        return Ok(None);
    }
    let place = tempfile::tempdir().context("a directory for the backup")?;
    let (backup, restored) = (place.path().join("backup"), place.path().join("restored"));
    installation.read(["backup".as_ref(), "--out".as_ref(), backup.as_os_str()])?;
    let copy = installation.at(restored.clone());
    copy.read([
        "restore".as_ref(),
        "--from".as_ref(),
        backup.as_os_str(),
        "--data".as_ref(),
        restored.as_os_str(),
        "--without-list".as_ref(),
    ])?;
    let (ours, theirs) = (
        installation.read(["dump", "--hash"])?,
        copy.read(["dump", "--hash"])?,
    );
    Ok((ours != theirs).then(|| {
        format!(
            "the restored backup has the hash {}, the directory {}",
            theirs.trim(),
            ours.trim()
        )
    }))
}

/// Compares what clients were told with what is there.
fn compare(dump: &Dump, cases: &[String], acknowledged: &[Acknowledged]) -> Vec<String> {
    let mut problems = Vec::new();
    let mut places = BTreeSet::new();
    for ack in acknowledged {
        if !places.insert(ack.seq) {
            problems.push(format!(
                "two requests were told the place {} of the log",
                ack.seq
            ));
        }
        match dump.events.get(&ack.seq) {
            None => problems.push(format!(
                "LOST: {} was acknowledged at {}, where there is no event",
                ack.key, ack.seq
            )),
            Some(event) if event.leaf != ack.leaf || event.stream != ack.case.replace('-', "") => {
                problems.push(format!(
                    "LOST: {} was acknowledged at {}, where another event is",
                    ack.key, ack.seq
                ));
            }
            Some(_) => {}
        }
    }
    let opened: BTreeSet<&str> = acknowledged
        .iter()
        .filter(|ack| ack.deed.opens_case())
        .map(|ack| ack.case.as_str())
        .collect();
    let listed: BTreeSet<&str> = cases.iter().map(String::as_str).collect();
    if listed.len() != cases.len() {
        problems.push("a case is listed twice".to_owned());
    }
    for case in opened.difference(&listed) {
        problems.push(format!("LOST: the case {case} is not in the list"));
    }
    for case in listed.difference(&opened) {
        problems.push(format!("DOUBLED: nobody was told about the case {case}"));
    }
    for deed in DEEDS {
        problems.extend(compare_counts(dump, acknowledged, deed));
    }
    let mut kept: BTreeMap<&str, u32> = BTreeMap::new();
    for key in &dump.idempotency_keys {
        *kept.entry(key).or_default() += 1;
    }
    for ack in acknowledged {
        match kept.get(ack.key.as_str()) {
            Some(1) => {}
            Some(count) => problems.push(format!(
                "DOUBLED: the key {} is kept {count} times",
                ack.key
            )),
            None => problems.push(format!("LOST: the key {} is not kept", ack.key)),
        }
    }
    problems
}

/// In each case there are as many events of that deed as requests were acknowledged; no fewer where the system does it as well.
fn compare_counts(dump: &Dump, acknowledged: &[Acknowledged], deed: Deed) -> Vec<String> {
    let name = deed.event();
    let mut counts: BTreeMap<String, i64> = BTreeMap::new();
    for event in dump.events.values().filter(|event| event.name == name) {
        *counts.entry(event.stream.clone()).or_default() += 1;
    }
    for ack in acknowledged.iter().filter(|ack| ack.deed == deed) {
        *counts.entry(ack.case.replace('-', "")).or_default() -= 1;
    }
    counts
        .into_iter()
        .filter(|(_, difference)| *difference < 0 || *difference > 0 && deed.is_only_of_clients())
        .map(|(case, difference)| {
            if difference > 0 {
                format!("DOUBLED: case {case} has {difference} events `{name}` too many")
            } else {
                format!(
                    "LOST: case {case} has {} events `{name}` too few",
                    -difference
                )
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CASE: &str = "0193b6c2-7d1e-7c55-9a31-0d7f3c7f2a10";
    const STREAM: &str = "0193b6c27d1e7c559a310d7f3c7f2a10";

    fn dump() -> Dump {
        let text = format!(
            "events\t1\t\"case\"\tx{STREAM}\t1\t5\t\"repair_requested.v1\"\tx7b7d\tx00\txaa\n\
             events\t2\t\"case\"\tx{STREAM}\t2\t6\t\"statement_added.v1\"\tx7b7d\tx01\txbb\n\
             idempotency\t\"a/repairs\"\t\"k1\"\tx00\t201\tx00\t5\n\
             idempotency\t\"a/act\"\t\"k2\"\tx00\t200\tx00\t6\n"
        );
        Dump::parse(&text).unwrap()
    }

    fn acks() -> Vec<Acknowledged> {
        [
            (Deed::Repair, "k1", 1, "aa"),
            (Deed::Statement, "k2", 2, "bb"),
        ]
        .map(|(deed, key, seq, leaf)| Acknowledged {
            deed,
            key: key.to_owned(),
            case: CASE.to_owned(),
            seq,
            leaf: leaf.to_owned(),
            words: None,
            photo: None,
        })
        .to_vec()
    }

    #[test]
    fn a_sound_directory_has_no_problem() {
        assert_eq!(
            compare(&dump(), &[CASE.to_owned()], &acks()),
            Vec::<String>::new()
        );
        assert_eq!(dump().events[&1].payload, b"{}");
    }

    #[test]
    fn a_lost_event_is_found() {
        let mut dump = dump();
        dump.events.remove(&2);
        let problems = compare(&dump, &[CASE.to_owned()], &acks());
        assert!(
            problems
                .iter()
                .any(|problem| problem.starts_with("LOST: k2"))
        );
        assert!(problems.iter().any(|problem| problem.contains("too few")));
    }

    #[test]
    fn an_event_that_happened_twice_is_found() {
        let mut dump = dump();
        let twice = dump.events[&2].clone();
        dump.events.insert(3, twice);
        let problems = compare(&dump, &[CASE.to_owned()], &acks());
        assert_eq!(problems.len(), 1);
        assert!(problems[0].starts_with("DOUBLED"), "{problems:?}");
    }

    #[test]
    fn a_case_that_nobody_was_told_about_and_a_lost_key_are_found() {
        let mut dump = dump();
        dump.idempotency_keys.remove(0);
        let listed = [CASE.to_owned(), "another".to_owned()];
        let problems = compare(&dump, &listed, &acks());
        assert!(
            problems
                .iter()
                .any(|problem| problem.contains("about the case another"))
        );
        assert!(
            problems
                .iter()
                .any(|problem| problem.contains("the key k1 is not kept"))
        );
    }

    #[test]
    fn another_event_at_the_place_is_found() {
        let mut acks = acks();
        acks[1].leaf = "cc".to_owned();
        assert_eq!(compare(&dump(), &[CASE.to_owned()], &acks).len(), 1);
    }

    #[test]
    fn a_claim_that_is_paid_twice_is_found() {
        let line = |claim: &str| format!("{{\"claim\":\"{claim}\",\"amount_fen\":6800}}\n");
        let once = [line("a"), line("b"), "{\"claim\":\"a".to_owned()].concat();
        assert_eq!(twice(&once), Vec::<String>::new());
        let again = [line("a"), line("b"), line("a")].concat();
        assert_eq!(
            twice(&again),
            ["DOUBLED: the claim a is to be paid twice".to_owned()]
        );
    }

    #[test]
    fn an_offer_of_the_system_is_none_too_many_and_one_of_clients_is_missed() {
        let mut dump = dump();
        let offer = EventLine {
            name: Deed::Offer.event().to_owned(),
            leaf: "cc".to_owned(),
            ..dump.events[&2].clone()
        };
        dump.events.insert(3, offer);
        assert_eq!(
            compare(&dump, &[CASE.to_owned()], &acks()),
            Vec::<String>::new()
        );
        dump.events.remove(&3);
        let mut acks = acks();
        acks.push(Acknowledged {
            deed: Deed::Offer,
            key: "k2".to_owned(),
            seq: 3,
            ..acks[1].clone()
        });
        let problems = compare(&dump, &[CASE.to_owned()], &acks);
        assert!(
            problems
                .iter()
                .any(|problem| problem.contains("`repair_offered.v1` too few")),
            "{problems:?}"
        );
    }
}
