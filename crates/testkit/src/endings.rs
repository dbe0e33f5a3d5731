//! The chapter of the story about what ends by itself: people and clips, when everything about them is over and nothing holds it.

use crate::cases::{Choice, TestCase};
use crate::clock::START;
use crate::rows::shop;
use crate::story::{commit, refused, write, writes};
use aftercare_domain::Timestamp;
use aftercare_domain::audit::CaseParty;
use aftercare_domain::ids::{CallId, EvidenceId, TenantId, WorkOrderId};
use aftercare_store::rows::{
    BlobRow, CallRow, CaseKeyRow, ErasureRequestRow, EvidenceBlobRow, LegalHoldRow, PersonRow,
};
use aftercare_store::{CasePart, Cursor, OverdueClip, Store, StoreError, Unit, Write};

pub(crate) async fn what_is_over_ends(store: &dyn Store) {
    let shop = shop(41);
    let tenant = shop.tenant.id;
    commit(store, shop.unit()).await;
    let persons = async |before| {
        let found = store.overdue_persons(tenant, before, 10).await;
        found.expect("a read")
    };
    let late = START.plus_ms(1_000_000_000_000);
    // A buyer without a case: from when there was a row, and an order, at the latest.
    assert_eq!(persons(START.plus_ms(-1)).await, []);
    assert_eq!(persons(START).await, [shop.person.id]);
    assert_eq!(store.overdue_persons(tenant, late, 0).await, Ok(vec![]));

    let mut case = TestCase::new(4_100, tenant);
    let person = PersonRow {
        id: case.person,
        created_at: START.plus_ms(-1),
        ..shop.person.clone()
    };
    write(store, vec![Write::Person(person.clone())]).await;
    for choice in [Choice::Repair, Choice::Repair, Choice::Withdraw] {
        let append = case.choose(choice);
        let unit = Unit {
            case: Some(append.expect("a step")),
            ..Unit::default()
        };
        commit(store, unit).await;
        let is_over = persons(late).await.contains(&person.id);
        assert_eq!(is_over, case.case.closed, "{choice:?}");
    }
    assert!(case.case.closed);
    let ended = case.case.last_at;
    assert!(!persons(ended.plus_ms(-1)).await.contains(&person.id));
    assert!(persons(ended).await.contains(&person.id));

    // A call after finished work that ended by itself keeps no number for longer; one that was made does.
    let call = |outcome: &str| {
        Write::Call(CallRow {
            due_at: None,
            done_at: Some(ended),
            saved_at: late,
            follows: Some(WorkOrderId(uuid::Uuid::from_u128(41_003))),
            outcome: Some(outcome.to_owned()),
            ..shop.call(CallId(uuid::Uuid::from_u128(41_004)), person.id)
        })
    };
    write(store, vec![call("reached")]).await;
    assert!(!persons(ended).await.contains(&person.id));
    for outcome in ["lapsed", "answered"] {
        write(store, vec![call(outcome)]).await;
        assert!(persons(ended).await.contains(&person.id), "{outcome}");
    }

    // A clip of that case with its copy, and a photo.
    let blob = async |content: u8| store.put_blob(vec![content; 300]).await.expect("a blob");
    let (file, copy) = (blob(41).await, blob(42).await);
    let clip = EvidenceBlobRow {
        copy_blob: Some(copy.clone()),
        clip: Some("{}".to_owned()),
        ..shop.evidence(EvidenceId(uuid::Uuid::from_u128(41_001)), case.id, &file)
    };
    let photo = shop.evidence(
        EvidenceId(uuid::Uuid::from_u128(41_002)),
        case.id,
        &blob(43).await,
    );
    let named = [&file, &copy].map(|name| {
        Write::Blob(BlobRow {
            name: name.clone(),
            bytes: 300,
            created_at: START,
        })
    });
    write(store, named.into()).await;
    write(
        store,
        [&clip, &photo]
            .map(|row| Write::EvidenceBlob(row.clone()))
            .into(),
    )
    .await;
    write(
        store,
        vec![Write::Fingerprint(aftercare_store::rows::FingerprintRow {
            person: person.id,
            ..shop.fingerprint(photo.evidence, case.id)
        })],
    )
    .await;
    let overdue = OverdueClip {
        evidence: clip.evidence,
        case: case.id,
        blobs: vec![file.clone(), copy.clone()],
    };
    let clips = async |before| {
        let found = store.overdue_clips(tenant, before, 10).await;
        found.expect("a read")
    };
    assert_eq!(clips(ended.plus_ms(-1)).await, []);
    assert_eq!(clips(ended).await, [overdue]);

    // What is held does not end, also where it was listed before.
    let hold = |released_at| {
        Write::LegalHold(LegalHoldRow {
            case: case.id,
            placed_at: START,
            tenant,
            reason_sealed: vec![41; 40],
            released_at,
        })
    };
    let end_person = |ended_before| {
        vec![Write::ExpirePerson {
            person: person.id,
            at: late,
            ended_before,
        }]
    };
    let end_clip = |ended_before| {
        vec![Write::ExpireClip {
            evidence: clip.evidence,
            at: late,
            ended_before,
        }]
    };
    write(store, vec![hold(None)]).await;
    assert!(!persons(late).await.contains(&person.id));
    assert_eq!(clips(late).await, []);
    for held in [end_person(late), end_clip(late)] {
        assert_eq!(refused(store, writes(held)).await, StoreError::Used);
    }
    write(store, vec![hold(Some(late))]).await;
    let holds = store.legal_holds(case.id).await.expect("a read");
    assert_eq!((holds.len(), holds[0].released_at), (1, Some(late)));

    for early in [end_person(ended.plus_ms(-1)), end_clip(ended.plus_ms(-1))] {
        assert_eq!(refused(store, writes(early)).await, StoreError::Used);
    }
    write(store, end_person(ended)).await;
    write(store, end_clip(ended)).await;
    for again in [end_person(ended), end_clip(ended)] {
        assert_eq!(refused(store, writes(again)).await, StoreError::Used);
    }
    assert!(!persons(late).await.contains(&person.id));
    assert_eq!(clips(late).await, []);
    let gone = store
        .person(person.id)
        .await
        .expect("a read")
        .expect("a row");
    assert_eq!((gone.shredded_at, gone.wrapped_key), (Some(late), None));
    let print = store.fingerprint(photo.evidence).await.expect("a read");
    assert!(print.is_some(), "it has a time of its own");
    let row = store.evidence_blob(clip.evidence).await.expect("a read");
    assert_eq!(row.expect("a row").expired_at, Some(late));
    // No row names the files any more.
    for name in [&file, &copy] {
        store.remove_blob(name).await.expect("it is removed");
        store.remove_blob(name).await.expect("none is no error");
        assert!(store.get_blob(name).await.is_err());
    }
    store.verify_blobs().await.expect("what is named is there");
    requests_come_back(store, shop.erasure_request(case.id)).await;
    readings_end(store, tenant, shop.case_key(case.id), ended).await;
    photos_and_texts_end(store, tenant, &photo, ended, hold).await;
    crate::applications::applications_wait_and_end(store).await;
    crate::openings::who_opened_what_is_found(store, case.id).await;
}

/// What a claimant asked to have destroyed is found when it is due, until it was taken back or done.
async fn requests_come_back(store: &dyn Store, asked: ErasureRequestRow) {
    let (tenant, case, due) = (asked.tenant, asked.case, asked.next_at);
    let found = async |by| {
        let found = store.due_erasures(tenant, by, 10).await;
        found.expect("a read")
    };
    write(store, vec![Write::ErasureRequest(asked.clone())]).await;
    assert_eq!(found(due.plus_ms(-1)).await, []);
    assert_eq!(found(due).await, std::slice::from_ref(&asked));
    let back = ErasureRequestRow {
        cancelled_at: Some(due),
        ..asked.clone()
    };
    let done = ErasureRequestRow {
        asked_at: due,
        done_at: Some(due),
        ..asked
    };
    let over = [&back, &done].map(|row| Write::ErasureRequest(row.clone()));
    write(store, over.to_vec()).await;
    assert_eq!(found(due).await, []);
    let all = store.erasure_requests(case).await.expect("a read");
    assert_eq!(all, [back, done], "the first first");
}

/// What a party reads a case with that ended then goes alone, and comes back by nothing; the others' stay.
async fn readings_end(store: &dyn Store, tenant: TenantId, key: CaseKeyRow, ended: Timestamp) {
    let (case, late) = (key.case, START.plus_ms(1_000_000_000_000));
    let of = |party: CaseParty| CaseKeyRow {
        party: party.name().to_owned(),
        ..key.clone()
    };
    let (claimant, technician) = (CaseParty::Claimant, CaseParty::Technician);
    // Of before there was a wrap for each, there is the tenant's.
    let own = |party| writes(vec![Write::PartyKey(of(party))]);
    assert_eq!(refused(store, own(technician)).await, StoreError::Used);
    write(store, vec![Write::CaseKey(of(CaseParty::Tenant))]).await;
    for party in [claimant, CaseParty::Merchant] {
        commit(store, own(party)).await;
    }
    let there = async |party: CaseParty| {
        let found = store.case_key(case, party.name()).await;
        found.expect("a read").is_some()
    };
    for party in [claimant, technician] {
        let part = CasePart::Reading(party);
        let over = async |before| {
            let found = store.overdue_cases(tenant, part, before, None, 10).await;
            found.expect("a read").items
        };
        let end = |ended_before| {
            vec![Write::EndCase {
                case,
                part,
                at: late,
                ended_before,
                blobs: Vec::new(),
            }]
        };
        assert_eq!(over(ended.plus_ms(-1)).await, []);
        assert_eq!(over(ended).await, [case]);
        let early = writes(end(Some(ended.plus_ms(-1))));
        assert_eq!(refused(store, early).await, StoreError::Used);
        write(store, end(Some(ended))).await;
        assert_eq!(over(late).await, []);
        for again in [end(Some(late)), end(None)] {
            assert_eq!(refused(store, writes(again)).await, StoreError::Used);
        }
        assert_eq!(refused(store, own(party)).await, StoreError::Used);
        assert!(!there(party).await);
    }
    assert!(there(CaseParty::Merchant).await && there(CaseParty::Tenant).await);
}

/// Of a case that ended then, with that photo.
async fn photos_and_texts_end(
    store: &dyn Store,
    tenant: TenantId,
    photo: &EvidenceBlobRow,
    ended: Timestamp,
    hold: impl Fn(Option<Timestamp>) -> Write,
) {
    let (case, late) = (photo.case, START.plus_ms(1_000_000_000_000));
    let (photos, texts) = (CasePart::Photos, CasePart::Texts);
    let over = async |part, before| {
        let found = store.overdue_cases(tenant, part, before, None, 10).await;
        found.expect("a read").items
    };
    let end = |part, ended_before| {
        vec![Write::EndCase {
            case,
            part,
            at: late,
            ended_before,
            blobs: vec![photo.blob.clone()],
        }]
    };
    assert_eq!(over(photos, ended.plus_ms(-1)).await, []);
    assert_eq!(over(photos, ended).await, [case]);
    // Whoever leaves it as it is goes on behind it.
    for (key, found) in [(ended.0 - 1, vec![case]), (ended.0, vec![])] {
        let id = case.0;
        let after = Some(Cursor { key, id });
        let page = store.overdue_cases(tenant, photos, ended, after, 10).await;
        let page = page.expect("a read");
        assert_eq!((page.items, page.next), (found, None));
    }
    assert_eq!(over(texts, late).await, [], "they end after the photos");
    write(store, vec![hold(None)]).await;
    assert_eq!(over(photos, late).await, []);
    assert_eq!(
        refused(store, writes(end(photos, Some(late)))).await,
        StoreError::Used
    );
    write(store, vec![hold(Some(late))]).await;
    for early in [end(photos, Some(ended.plus_ms(-1))), end(texts, Some(late))] {
        assert_eq!(refused(store, writes(early)).await, StoreError::Used);
    }
    write(store, end(photos, Some(ended))).await;
    let row = store.evidence_blob(photo.evidence).await.expect("a read");
    let row = row.expect("a row");
    assert_eq!((row.expired_at, row.preview_blob), (Some(late), None));
    let found = store.evidence_by_index(tenant, &photo.exact_index).await;
    let found = found.expect("a read");
    assert!(found.iter().all(|found| found.evidence != photo.evidence));
    assert_eq!(store.fingerprint(photo.evidence).await, Ok(None));
    store.remove_blob(&photo.blob).await.expect("it is removed");
    store.verify_blobs().await.expect("what is named is there");

    assert_eq!(over(photos, late).await, []);
    assert_eq!(over(texts, ended).await, [case]);
    assert!(
        store
            .case_key(case, "merchant")
            .await
            .expect("a read")
            .is_some()
    );
    write(store, end(texts, Some(ended))).await;
    for party in CaseParty::ALL {
        assert_eq!(store.case_key(case, party.name()).await, Ok(None));
    }
    let ends = store.case_ends(case).await.expect("a read");
    let told: Vec<_> = ends
        .iter()
        .map(|end| (end.part.as_str(), end.ended_at))
        .collect();
    let all = ["claimant", "photos", "technician", "texts"];
    assert_eq!(told, all.map(|part| (part, late)));
    assert_eq!(over(texts, late).await, []);
    for again in [end(photos, None), end(texts, None), end(texts, Some(late))] {
        assert_eq!(refused(store, writes(again)).await, StoreError::Used);
    }
    assert_eq!(store.ended_elsewhere().await, Ok(vec![]));
}
