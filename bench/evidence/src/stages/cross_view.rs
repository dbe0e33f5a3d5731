//! Claims with several views: damage painted onto an own photo that another view does not show, and honest claims in
//! which every view shows the item as it is. Copied patches inside one photo are looked for without any reference.

use aftercare_evidence::FindingCode;
use aftercare_evidence::inspect::{Party, Role};
use aftercare_scene::random::mix;
use anyhow::Result;

use super::Run;
use crate::chain::{Chain, deliver};
use crate::damage::{self, Painted};
use crate::picture::Picture;
use crate::rows::Row;
use crate::subject::{Desk, Held, Inspected};
use crate::suite::{Item, Shot};

/// Forged claims of each item.
const FORGED_A_ITEM: u64 = 3;
/// Which views of the damaged session each honest claim shows.
const HONEST_CLAIMS: [&[u32]; 10] = [
    &[0, 1],
    &[0, 2],
    &[0, 3],
    &[1, 2],
    &[1, 3],
    &[2, 3],
    &[0, 1, 2],
    &[0, 1, 3],
    &[1, 2, 3],
    &[0, 1, 2, 3],
];
/// Deliveries of the photos of one claim.
const SENT: [Chain; 4] = [
    Chain::Jpeg95,
    Chain::Jpeg85,
    Chain::Messenger1280,
    Chain::Jpeg70,
];

/// One row a claim: the codes of all of its photos.
fn together(answers: &[Inspected]) -> Row {
    let mut row = Row::default();
    for answer in answers {
        let one = answer.row();
        if row.verdict.is_empty() || one.verdict == "intercept" || row.verdict == "clear" {
            row.verdict = one.verdict;
        }
        row.codes.extend(one.codes);
        for (name, value) in one.numbers {
            row.numbers.entry(name).or_insert(value);
        }
        row.milliseconds += one.milliseconds;
    }
    row.codes.sort();
    row.codes.dedup();
    row
}

/// Forged and honest claims of several views. The listing is not compared here, so that what is found is found by the
/// views alone.
pub fn claims(run: &Run) -> Result<()> {
    run.each_item("cross-view", |item| {
        let mut rows = Vec::new();
        if !item.is_blank() {
            for turn in 0..FORGED_A_ITEM {
                rows.extend(forged(run, item, turn)?);
            }
        }
        rows.extend(honest(run, item)?);
        Ok(rows)
    })
}

/// The buyer's own photo of the intact item with damage painted on; first alone, then with a challenge view.
fn forged(run: &Run, item: &Item, turn: u64) -> Result<Vec<Row>> {
    let seed = mix(item.seed ^ (0x8000 + turn));
    let mut desk = Desk::new();
    let kind = Painted::ALL
        [(item.number as usize * FORGED_A_ITEM as usize + turn as usize) % Painted::ALL.len()];
    let own = run.cache.photo(item, Shot::Intact(turn as u32))?;
    let picture = damage::paint(&own, kind, seed, &run.donors);
    let chain = SENT[(item.number as usize + turn as usize) % SENT.len()];
    let delivered = deliver(&picture, chain, seed, &[])?;
    let photo = desk.claim("own", &delivered.file)?;
    let alone = desk.inspect(&photo, &[&photo], &[])?;
    let challenge = run.cache.file(item, Shot::Intact(3))?;
    let challenge = desk.load("challenge", Role::Challenge, Party::Claimant, &challenge)?;
    let seen = desk.inspect(&photo, &[&photo, &challenge], &[])?;
    let overlap = seen.overlap(&[FindingCode::DamageNotConfirmed], &delivered.mask)?;
    let name = |mut row: Row, class: &str| {
        row.class = class.to_owned();
        row.chain = chain.name().to_owned();
        row.damage = kind.name().to_owned();
        row
    };
    let mut with_view = name(seen.row(), "own-edited-with-challenge");
    with_view.overlap = Some(overlap);
    Ok(vec![name(alone.row(), "own-edited-alone"), with_view])
}

/// Honest claims: a really damaged item, seen from several places.
fn honest(run: &Run, item: &Item) -> Result<Vec<Row>> {
    let mut desk = Desk::new();
    let mut held = Vec::new();
    for (place, chain) in SENT.into_iter().take(2).enumerate() {
        let mut views = Vec::new();
        for view in 0..4 {
            let picture = Picture::clean(run.cache.photo(item, Shot::Damaged(view))?);
            let chain = SENT[(place + view as usize + item.number as usize) % SENT.len()];
            let delivered = deliver(&picture, chain, mix(item.seed ^ u64::from(view)), &[])?;
            views.push(desk.claim(&format!("view-{view}-{place}"), &delivered.file)?);
        }
        held.push((views, chain));
    }
    let mut rows = Vec::new();
    for (number, views) in HONEST_CLAIMS.into_iter().enumerate() {
        // The photos of one claim may have come different ways.
        let claim: Vec<&Held> = views
            .iter()
            .enumerate()
            .map(|(at, view)| &held[(number + at) % 2].0[*view as usize])
            .collect();
        let answers = claim
            .iter()
            .map(|photo| desk.inspect(photo, &claim, &[]))
            .collect::<Result<Vec<_>>>()?;
        let mut row = together(&answers);
        row.class = format!("honest-{}-views", views.len());
        rows.push(row);
    }
    Ok(rows)
}

/// A patch copied inside one photo, without any reference, and untouched photos.
pub fn copy_move(run: &Run) -> Result<()> {
    run.each_item("copy-move", |item| {
        let mut rows = Vec::new();
        for (turn, shot) in [Shot::Damaged(0), Shot::Intact(2), Shot::OtherBuyer]
            .into_iter()
            .enumerate()
        {
            let seed = mix(item.seed ^ (0x7000 + turn as u64));
            let own = run.cache.photo(item, shot)?;
            let chain = SENT[(item.number as usize + turn) % SENT.len()];
            let mut pictures = vec![("untouched", Picture::clean(own.clone()))];
            if turn == 0 && !item.is_blank() {
                pictures.push((
                    "copy-move",
                    damage::paint(&own, Painted::CopyMove, seed, &run.donors),
                ));
            }
            for (class, picture) in pictures {
                let mut desk = Desk::new();
                let delivered = deliver(&picture, chain, seed, &[])?;
                let photo = desk.claim("own", &delivered.file)?;
                let answer = desk.inspect(&photo, &[&photo], &[])?;
                let mut row = answer.row();
                row.class = class.to_owned();
                row.chain = chain.name().to_owned();
                row.overlap = Some(answer.overlap(&[FindingCode::CopyMove], &delivered.mask)?);
                rows.push(row);
            }
        }
        Ok(rows)
    })
}
