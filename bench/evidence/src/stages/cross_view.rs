//! Claims with several views: damage painted onto an own photo that another view does not show, and honest claims in
//! which every view shows the item as it is. Copied patches inside one photo are looked for without any reference.

use aftercare_evidence::FindingCode;
use aftercare_evidence::inspect::{Party, Role};
use aftercare_scene::random::mix;
use anyhow::{Result, bail};

use super::Run;
use crate::chain::{Chain, Drawing, deliver, drawn_over};
use crate::damage::{self, Painted};
use crate::picture::Picture;
use crate::rows::Row;
use crate::subject::{Desk, Held, Inspected};
use crate::suite::{Item, KINDS_IN_A_ROW, Shot};

/// Forged claims of each item.
const FORGED_A_ITEM: u64 = 2;
/// Which views of the damaged session each honest claim shows: every pair, and by turns three or all of them.
const DAMAGED_CLAIMS: [&[u32]; 6] = [&[0, 1], &[0, 2], &[0, 3], &[1, 2], &[1, 3], &[2, 3]];
const LARGER_CLAIMS: [&[u32]; 3] = [&[0, 1, 2], &[0, 1, 2, 3], &[1, 2, 3]];
/// Which views of the intact session: nothing is lacking there either.
const INTACT_CLAIMS: [&[u32]; 3] = [&[0, 1], &[1, 2], &[0, 2]];
/// Honest claims of each item in which something is drawn over one photo.
const DRAWN_A_ITEM: usize = 2;
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

/// One row of a claim whose photos were sent together.
fn sent_together(desk: &mut Desk, claim: &[&Held]) -> Result<Row> {
    let answers = claim
        .iter()
        .map(|photo| desk.inspect(photo, claim, &[]))
        .collect::<Result<Vec<_>>>()?;
    Ok(together(&answers))
}

/// One row of a claim of one photo, the `first`, and others that were taken later, on request: only those can contradict.
fn taken_on_request(desk: &mut Desk, claim: &[&Held], first: usize) -> Result<Row> {
    let roles: Vec<Held> = claim
        .iter()
        .enumerate()
        .map(|(place, held)| {
            let role = if place == first {
                Role::Claim
            } else {
                Role::Challenge
            };
            held.taken_as(role)
        })
        .collect();
    sent_together(desk, &roles.iter().collect::<Vec<_>>())
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

/// Honest claims: an item seen from several places, really damaged and intact, or with something drawn over one photo. The
/// photos of one claim have come different ways.
fn honest(run: &Run, item: &Item) -> Result<Vec<Row>> {
    let mut desk = Desk::new();
    let mut session = |name: &str, shots: [Shot; 4], salt: u64, count: usize| {
        let mut views = Vec::new();
        for (view, shot) in shots.into_iter().enumerate().take(count) {
            let picture = Picture::clean(run.cache.photo(item, shot)?);
            let turn = view + (item.number + item.number / KINDS_IN_A_ROW) as usize;
            let chain = SENT[turn % SENT.len()];
            let delivered = deliver(&picture, chain, mix(item.seed ^ (salt + view as u64)), &[])?;
            views.push(desk.compared(&format!("{name}-{view}"), &delivered.file)?);
        }
        Ok::<Vec<Held>, anyhow::Error>(views)
    };
    let damaged = session("damaged", [0, 1, 2, 3].map(Shot::Damaged), 0, 4)?;
    let intact = session("intact", [0, 1, 2, 3].map(Shot::Intact), 16, 3)?;
    let larger = LARGER_CLAIMS[item.number as usize % LARGER_CLAIMS.len()];
    let claims = DAMAGED_CLAIMS
        .into_iter()
        .chain([larger])
        .map(|views| (&damaged, views))
        .chain(INTACT_CLAIMS.map(|views| (&intact, views)));
    let mut rows = Vec::new();
    for (session, views) in claims {
        let claim: Vec<&Held> = views.iter().map(|view| &session[*view as usize]).collect();
        let first = item.number as usize % claim.len();
        let mut row = taken_on_request(&mut desk, &claim, first)?;
        row.class = format!("honest-{}-views", views.len());
        rows.push(row);
    }
    // One photo with something drawn over it, beside another one without.
    for turn in 0..DRAWN_A_ITEM {
        let number = item.number as usize * DRAWN_A_ITEM + turn;
        let drawing = Drawing::ALL[number % Drawing::ALL.len()];
        let seed = mix(item.seed ^ (0x9000 + turn as u64));
        let own = run.cache.photo(item, Shot::Damaged(2 * turn as u32))?;
        let picture = Picture::clean(drawn_over(&own, drawing, seed));
        let sent = deliver(
            &picture,
            SENT[number / Drawing::ALL.len() % SENT.len()],
            seed,
            &[],
        )?;
        let photo = desk.compared(&format!("drawn-{turn}"), &sent.file)?;
        let claim = [&photo, &damaged[2 * turn + 1]];
        let mut row = taken_on_request(&mut desk, &claim, 0)?;
        row.class = format!("honest-drawn-{}", drawing.name());
        rows.push(row);
    }
    let (later, earlier) = match item.later_session() {
        Shot::Intact(view) => ("intact", &intact[view as usize]),
        Shot::Damaged(view) => ("damaged", &damaged[view as usize]),
        other => bail!("{other:?} is not a view of a session"),
    };
    rows.push(beside(
        run,
        item,
        &mut desk,
        earlier,
        (Shot::LaterLight, &format!("honest-changed-light-{later}")),
    )?);
    // Broken in use: the photo of the day it came and the one of the damage are both true.
    let after = &damaged[item.before_view() as usize];
    rows.push(beside(
        run,
        item,
        &mut desk,
        after,
        (Shot::BeforeDamage, "honest-before-damage"),
    )?);
    Ok(rows)
}

/// A claim of a session's view and another honest photo.
fn beside(
    run: &Run,
    item: &Item,
    desk: &mut Desk,
    view: &Held,
    (shot, class): (Shot, &str),
) -> Result<Row> {
    let seed = mix(item.seed ^ 0x9800);
    let chain = SENT[(item.number / 2 + item.number / KINDS_IN_A_ROW) as usize % SENT.len()];
    let picture = Picture::clean(run.cache.photo(item, shot)?);
    let sent = deliver(&picture, chain, seed, &[])?;
    let photo = desk.compared(&shot.name(), &sent.file)?;
    let claim = [view, &photo];
    let mut row = if shot == Shot::BeforeDamage {
        sent_together(desk, &claim)?
    } else {
        taken_on_request(desk, &claim, 0)?
    };
    row.class = class.to_owned();
    row.chain = chain.name().to_owned();
    Ok(row)
}

/// A patch copied inside one photo, without any reference, and untouched photos.
pub fn copy_move(run: &Run) -> Result<()> {
    run.each_item("copy-move", |item| {
        let mut rows = Vec::new();
        let turn_of_item = (item.number + item.number / KINDS_IN_A_ROW) as usize;
        let others = [Shot::Intact(2), Shot::OtherBuyer];
        for (turn, shot) in [Shot::Damaged(0), others[turn_of_item % others.len()]]
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
