//! The chapter of the story about parcels: how they were packed comes back as it was written, stands in the log, and ends by
//! itself when everything about the order is over.

use crate::cases::{Choice, TestCase};
use crate::clock::START;
use crate::rows::shop;
use crate::story::{commit, refused, write, writes};
use aftercare_domain::audit::AuditBody;
use aftercare_domain::ids::{PackingId, PackingPieceId};
use aftercare_domain::time::{DAY_MS, MINUTE_MS};
use aftercare_store::rows::{BlobRow, LegalHoldRow, OrderRow, PackingPieceRow, PackingRecordRow};
use aftercare_store::{OverduePacking, OverduePackingClip, Store, StoreError, Unit, Write};
use uuid::Uuid;

/// Puts a blob into the store, and its row.
async fn blob(store: &dyn Store, content: u8) -> String {
    let name = store.put_blob(vec![content; 200]).await.expect("a blob");
    let row = BlobRow {
        name: name.clone(),
        bytes: 200,
        created_at: START,
    };
    write(store, vec![Write::Blob(row)]).await;
    name
}

pub(crate) async fn parcels_are_recorded_and_end(store: &dyn Store) {
    let shop = shop(51);
    let tenant = shop.tenant.id;
    commit(store, shop.unit()).await;
    // Paid and delivered long before it is looked at here.
    let order = shop.order.id;
    let record = PackingRecordRow {
        id: PackingId(Uuid::from_u128(51_001)),
        tenant,
        order,
        packer: shop.user.id,
        nonce: Some("40716253".to_owned()),
        offline: false,
        begun_at: START,
        ended_at: None,
        client_begun_at: Some(START.plus_ms(-MINUTE_MS)),
        client_ended_at: None,
        pieces: 0,
        chain: [51; 32],
        sealed: Some(vec![51; 90]),
        expired_at: None,
    };
    let begun = shop.act(AuditBody::PackingBegun {
        record: record.id,
        order,
        nonce: record.nonce.clone(),
        offline: false,
    });
    let committed = commit(
        store,
        Unit {
            writes: vec![Write::PackingRecord(record.clone())],
            audit: vec![begun.clone()],
            ..Unit::default()
        },
    )
    .await;
    let acts = store.packing_acts(tenant, START).await.expect("a read");
    assert_eq!(acts.len(), 1);
    assert_eq!(
        (acts[0].seq, acts[0].leaf),
        (
            committed.audit_leaves[0].seq(),
            committed.audit_leaves[0].leaf()
        )
    );
    assert_eq!(acts[0].event, begun);
    let later = store.packing_acts(tenant, START.plus_ms(1)).await;
    assert_eq!(later.expect("a read"), []);

    let (still, preview) = (blob(store, 51).await, blob(store, 52).await);
    let (film, shown, copy) = (
        blob(store, 53).await,
        blob(store, 54).await,
        blob(store, 55).await,
    );
    let photo = PackingPieceRow {
        id: PackingPieceId(Uuid::from_u128(51_011)),
        record: record.id,
        tenant,
        number: 1,
        blob: still.clone(),
        preview_blob: Some(preview.clone()),
        copy_blob: None,
        bytes: 200,
        media_type: "image/jpeg".to_owned(),
        plain_hash_sealed: vec![51; 60],
        exact_index: [52; 32],
        added_at: START,
        client_at: None,
        clip: None,
        expired_at: None,
    };
    let clip = PackingPieceRow {
        id: PackingPieceId(Uuid::from_u128(51_012)),
        number: 2,
        blob: film.clone(),
        preview_blob: Some(shown.clone()),
        copy_blob: Some(copy.clone()),
        media_type: "video/mp4".to_owned(),
        clip: Some("{}".to_owned()),
        ..photo.clone()
    };
    let full = PackingRecordRow {
        ended_at: Some(START.plus_ms(MINUTE_MS)),
        pieces: 2,
        ..record.clone()
    };
    write(
        store,
        vec![
            Write::PackingPiece(photo.clone()),
            Write::PackingPiece(clip.clone()),
            Write::PackingRecord(full.clone()),
        ],
    )
    .await;
    // No two pieces have one place in the chain.
    let twice = PackingPieceRow {
        id: PackingPieceId(Uuid::from_u128(51_013)),
        ..clip.clone()
    };
    let error = refused(store, writes(vec![Write::PackingPiece(twice)])).await;
    assert!(matches!(error, StoreError::Unique(_)), "{error}");
    let read = store.packing_record(record.id).await.expect("a read");
    assert_eq!(read, Some(full.clone()));
    let of_order = store.packing_of_order(order).await.expect("a read");
    assert_eq!(of_order, vec![full.clone()]);
    let latest = store.latest_packing(tenant, 5).await.expect("a read");
    assert_eq!(latest, vec![full.clone()]);
    let pieces = store.packing_pieces(record.id).await.expect("a read");
    assert_eq!(pieces, vec![photo.clone(), clip.clone()]);
    let piece = store.packing_piece(clip.id).await.expect("a read");
    assert_eq!(piece, Some(clip.clone()));
    store.verify_blobs().await.expect("what is named is there");

    // A delivery, and a case about the order, put its end off; a hold stops it.
    let clips = async |before| {
        let found = store.overdue_packing_clips(tenant, before, 10).await;
        found.expect("a read")
    };
    let records = async |before| {
        let found = store.overdue_packing(tenant, before, 10).await;
        found.expect("a read")
    };
    let ended = START.plus_ms(MINUTE_MS);
    let overdue = OverduePackingClip {
        piece: clip.id,
        record: record.id,
        blobs: vec![film.clone(), copy.clone()],
    };
    assert_eq!(clips(ended.plus_ms(-1)).await, []);
    assert_eq!(clips(ended).await, std::slice::from_ref(&overdue));
    let delivered = ended.plus_ms(DAY_MS);
    write(
        store,
        vec![Write::Order(OrderRow {
            delivered_at: Some(delivered),
            ..shop.order.clone()
        })],
    )
    .await;
    assert_eq!(clips(delivered.plus_ms(-1)).await, []);
    assert_eq!(clips(delivered).await, std::slice::from_ref(&overdue));
    assert_eq!(
        records(delivered).await,
        [OverduePacking {
            record: record.id,
            blobs: vec![
                still.clone(),
                preview.clone(),
                film.clone(),
                copy.clone(),
                shown.clone()
            ],
        }]
    );

    let mut case = TestCase::new(5_100, tenant);
    if let Some(facts) = &mut case.facts.order {
        facts.order = order;
    }
    let late = START.plus_ms(1_000_000_000_000);
    for choice in [Choice::Claim, Choice::Claim, Choice::Withdraw] {
        let append = case.choose(choice);
        let unit = Unit {
            case: Some(append.expect("a step")),
            ..Unit::default()
        };
        commit(store, unit).await;
        assert_eq!(clips(late).await.is_empty(), !case.case.closed);
        assert_eq!(records(late).await.is_empty(), !case.case.closed);
    }
    assert!(case.case.closed);
    let over = case.case.last_at.max(delivered);
    let hold = |released_at| {
        Write::LegalHold(LegalHoldRow {
            case: case.id,
            placed_at: START,
            tenant,
            reason_sealed: vec![51; 40],
            released_at,
        })
    };
    let end_clip = |ended_before| {
        vec![Write::ExpirePackingClip {
            piece: clip.id,
            at: late,
            ended_before,
        }]
    };
    let end_record = |ended_before| {
        vec![Write::ExpirePacking {
            record: record.id,
            at: late,
            ended_before,
        }]
    };
    write(store, vec![hold(None)]).await;
    assert_eq!(clips(late).await, []);
    for held in [end_clip(late), end_record(late)] {
        assert_eq!(refused(store, writes(held)).await, StoreError::Used);
    }

    write(store, vec![hold(Some(late))]).await;
    for early in [end_clip(over.plus_ms(-1)), end_record(over.plus_ms(-1))] {
        assert_eq!(refused(store, writes(early)).await, StoreError::Used);
    }
    write(store, end_clip(over)).await;
    assert_eq!(
        refused(store, writes(end_clip(over))).await,
        StoreError::Used
    );
    assert_eq!(clips(late).await, []);
    let gone = store.packing_piece(clip.id).await.expect("a read");
    assert_eq!(gone.expect("its still stays").expired_at, Some(late));
    for name in [&film, &copy] {
        store.remove_blob(name).await.expect("it is removed");
    }
    store.verify_blobs().await.expect("what is named is there");

    write(store, end_record(over)).await;
    assert_eq!(
        refused(store, writes(end_record(over))).await,
        StoreError::Used
    );
    let left = store.packing_record(record.id).await.expect("a read");
    let left = left.expect("times and chain stay");
    assert_eq!((left.sealed, left.expired_at), (None, Some(late)));
    assert_eq!(left.chain, full.chain);
    let pieces = store.packing_pieces(record.id).await.expect("a read");
    assert_eq!(pieces, []);
    assert_eq!(records(late).await, []);
    for name in [&still, &preview, &shown] {
        store.remove_blob(name).await.expect("it is removed");
    }

    store.verify_blobs().await.expect("what is named is there");
}
