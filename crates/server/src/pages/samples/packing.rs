//! Packing records, invented.

use super::{ago, failed, id};
use crate::pages::Shell;
use crate::pages::packing::{Packing, PackingRecord};
use aftercare_app::packing::{
    LogPlace, PackedFactsDetail, PackingDetail, PackingPieceDetail, PackingView,
};
use aftercare_app::views::NoteDetail;
use aftercare_domain::ids::{PackingId, PackingPieceId};

fn place(seq: u64) -> Option<LogPlace> {
    Some(LogPlace {
        seq,
        leaf: "ab".repeat(32),
    })
}

/// A record of a parcel, while it is open or once it ended.
fn record(number: u128, has_ended: bool) -> PackingView {
    PackingView {
        id: PackingId(id(number)),
        order_number: "SO-2611-0001".into(),
        nonce: (number % 2 == 1).then(|| "40716253".into()),
        offline: number.is_multiple_of(2),
        begun_at: ago(90),
        ended_at: has_ended.then(|| ago(89)),
        client_begun_at: Some(ago(91)),
        client_ended_at: None,
        pieces: if has_ended { 2 } else { 0 },
        missing: if has_ended {
            Vec::new()
        } else {
            vec!["photos".into()]
        },
        begun: place(31),
        ended: place(35).filter(|_| has_ended),
        chain: has_ended.then(|| "cd".repeat(32)),
        attests: if has_ended {
            vec![NoteDetail {
                zh: "服务器在 2026-11-01 09:00 给出校验码 40716253。".into(),
                en: "The server gave the digits 40716253 on 2026-11-01 09:00.".into(),
            }]
        } else {
            Vec::new()
        },
        expired_at: None,
    }
}

/// The pages of records: their list, and records with digits, from offline and open.
pub fn pages(shell: &Shell) -> (Packing, Vec<PackingRecord>) {
    let records = vec![record(701, true), record(702, true), record(703, false)];
    let pages = records.iter().map(|record| PackingRecord {
        shell: shell.clone(),
        form: failed("", "", &["photos", "waybill", "weight", "counts"]),
        record: record.clone(),
        account: id(704).to_string(),
    });
    let pages = pages.collect();
    let list = Packing {
        shell: shell.clone(),
        form: failed("", "", &["order_number"]),
        records,
        account: id(704).to_string(),
    };
    (list, pages)
}

/// What a claim shows of its order's parcels: with everything, and as its claimant sees them before the findings.
pub fn recorded(is_open: bool) -> Vec<PackingDetail> {
    let piece = |number: u32, is_clip: bool| PackingPieceDetail {
        id: PackingPieceId(id(700 + u128::from(number))),
        number,
        media_type: if is_clip { "video/mp4" } else { "image/jpeg" }.into(),
        bytes: 481_213,
        sha256: "ef".repeat(32),
        added_at: ago(89),
        client_at: Some(ago(90)),
        is_clip,
        has_picture: is_open,
        plays: is_open && is_clip,
        expired_at: None,
    };
    [701, 702]
        .into_iter()
        .zip(1..)
        .map(|(number, position)| PackingDetail {
            number: format!("P-{position}"),
            record: record(number, true),
            pieces: vec![piece(1, false), piece(2, true)],
            facts: is_open.then(|| PackedFactsDetail {
                waybill: Some("SF-DEMO-0001".into()),
                serials: vec!["SN-DEMO-1".into()],
                weight_g: Some(1_250),
                counts: vec!["MUG 1".into()],
            }),
            intact: Some(is_open),
        })
        .collect()
}
