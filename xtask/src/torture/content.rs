//! Reads back what was acknowledged, as a reviewer reads it: each event in the case's timeline, each text with its words, each
//! photo byte for byte.

use std::collections::BTreeMap;

use anyhow::Result;
use serde::Deserialize;

use super::people::Crew;
use super::photo;
use super::server::get;
use super::traffic::{Acknowledged, Shared};

/// What a case shows.
#[derive(Debug, Default, Deserialize)]
struct Detail {
    timeline: Vec<Entry>,
    work_orders: Vec<Holder>,
    claims: Vec<Holder>,
}

#[derive(Debug, Deserialize)]
struct Entry {
    event: String,
}

/// Whatever has photos.
#[derive(Debug, Deserialize)]
struct Holder {
    evidence: Vec<Piece>,
}

#[derive(Debug, Deserialize)]
struct Piece {
    id: String,
}

/// What was read back.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) cases: u64,
    pub(crate) texts: u64,
    pub(crate) photos: u64,
    pub(crate) problems: Vec<String>,
}

/// Reads every case back.
///
/// # Errors
/// When the server does not answer, or not as expected.
pub(crate) fn check(shared: &Shared, crew: &Crew, acknowledged: &[Acknowledged]) -> Result<Seen> {
    let mut cases: BTreeMap<&str, Vec<&Acknowledged>> = BTreeMap::new();
    for ack in acknowledged {
        cases.entry(&ack.case).or_default().push(ack);
    }
    let mut seen = Seen::default();
    for acks in cases.values() {
        let of_case = of_case(shared, crew, acks, true)?;
        seen.cases += of_case.cases;
        seen.texts += of_case.texts;
        seen.photos += of_case.photos;
        seen.problems.extend(of_case.problems);
    }
    Ok(seen)
}

/// Reads one case back, of which this was acknowledged; `is_all` when that is everything that was.
///
/// # Errors
/// When the server does not answer, or not as expected.
pub(crate) fn of_case(
    shared: &Shared,
    crew: &Crew,
    acks: &[&Acknowledged],
    is_all: bool,
) -> Result<Seen> {
    let Some(first) = acks.first() else {
        return Ok(Seen::default());
    };
    let reader = Some(crew.reviewer.as_str());
    let path = format!("/api/v1/cases/{}", first.case);
    let (response, _) = shared.exchange(&get(&path, reader))?;
    if response.status != 200 {
        return Ok(Seen {
            problems: vec![format!(
                "LOST: the case {} cannot be read: {} {}",
                first.case, response.status, response.body
            )],
            ..Seen::default()
        });
    }
    let detail: Detail = serde_json::from_str(&response.body)?;
    let mut photos = Vec::new();
    if is_all || acks.iter().any(|ack| ack.photo.is_some()) {
        let holders = detail.work_orders.iter().chain(&detail.claims);
        for piece in holders.flat_map(|holder| &holder.evidence) {
            let path = format!("/api/v1/photos/{}?original=true", piece.id);
            let (status, bytes, _) = shared.exchange_for_bytes(&get(&path, reader))?;
            photos.push((status == 200).then_some(bytes));
        }
    }
    let mut expected = Vec::new();
    for ack in acks {
        expected.push(ack.photo.map(photo::png).transpose()?);
    }
    let mut seen = compare(acks, &expected, &response.body, &detail, &photos);
    if is_all {
        seen.problems
            .extend(too_many(&first.case, &expected, photos.len()));
    }
    Ok(seen)
}

/// Compares what was acknowledged, with its photos, with what is there.
fn compare(
    acks: &[&Acknowledged],
    expected: &[Option<Vec<u8>>],
    body: &str,
    detail: &Detail,
    photos: &[Option<Vec<u8>>],
) -> Seen {
    let mut seen = Seen {
        cases: 1,
        ..Seen::default()
    };
    for (ack, photo) in acks.iter().zip(expected) {
        let event = ack.deed.event();
        if detail.timeline.iter().all(|entry| entry.event != event) {
            seen.problems.push(format!(
                "LOST: {} was acknowledged, but the case {} does not show `{event}`",
                ack.key, ack.case
            ));
        }
        if let Some(words) = &ack.words {
            seen.texts += 1;
            if !body.contains(words.as_str()) {
                seen.problems.push(format!(
                    "LOST: {} was acknowledged, but the case {} does not show its words",
                    ack.key, ack.case
                ));
            }
        }
        if photo.is_some() {
            seen.photos += 1;
            if !photos.contains(photo) {
                seen.problems.push(format!(
                    "LOST: {} was acknowledged, but the case {} does not show its photo as it came",
                    ack.key, ack.case
                ));
            }
        }
    }
    seen
}

/// Why a case has photos that nobody was told about, if it has.
fn too_many(case: &str, expected: &[Option<Vec<u8>>], found: usize) -> Option<String> {
    let told = expected.iter().flatten().count();
    (found > told).then(|| {
        format!("DOUBLED: the case {case} has {found} photos, {told} of them were acknowledged")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::torture::traffic::Deed;

    fn ack() -> Acknowledged {
        Acknowledged {
            deed: Deed::Finish,
            key: "drill-0-7".to_owned(),
            case: "c".to_owned(),
            seq: 3,
            leaf: "aa".to_owned(),
            words: Some("moves drill-0-7.".to_owned()),
            photo: Some(7),
        }
    }

    fn problems(body: &str, photos: &[Option<Vec<u8>>]) -> Vec<String> {
        let detail: Detail = serde_json::from_str(body).unwrap();
        let expected = [Some(b"photo".to_vec())];
        let seen = compare(&[&ack()], &expected, body, &detail, photos);
        assert_eq!((seen.cases, seen.texts, seen.photos), (1, 1, 1));
        seen.problems
    }

    fn body(event: &str, text: &str) -> String {
        let timeline = format!("[{{\"event\":\"{event}\",\"text\":\"{text}\"}}]");
        format!("{{\"timeline\":{timeline},\"work_orders\":[],\"claims\":[]}}")
    }

    #[test]
    fn what_is_shown_as_it_was_acknowledged_is_no_problem() {
        let whole = body("work_done.v1", "moves drill-0-7.");
        let photos = [None, Some(b"photo".to_vec())];
        assert_eq!(problems(&whole, &photos), Vec::<String>::new());
    }

    #[test]
    fn an_event_a_text_and_a_photo_that_are_gone_or_altered_are_found() {
        let whole = body("work_done.v1", "moves drill-0-7.");
        let photo = Some(b"photo".to_vec());
        // The words of another request begin with the same ones.
        let text = body("work_done.v1", "moves drill-0-71.");
        let event = body("work_started.v1", "moves drill-0-7.");
        for (body, photos, gone) in [
            (&event, vec![photo.clone()], "work_done.v1"),
            (&text, vec![photo], "its words"),
            (&whole, vec![Some(b"phot0".to_vec())], "its photo"),
            (&whole, vec![None], "its photo"),
        ] {
            let found = problems(body, &photos);
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(found[0].starts_with("LOST: drill-0-7 ") && found[0].contains(gone));
        }
    }

    #[test]
    fn a_photo_that_nobody_was_told_about_is_found() {
        let expected = [None, Some(b"photo".to_vec())];
        assert_eq!(too_many("c", &expected, 1), None);
        assert!(too_many("c", &expected, 2).is_some_and(|why| why.starts_with("DOUBLED")));
    }
}
