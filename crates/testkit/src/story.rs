//! One story that every store must be able to live through, told through the traits alone.

use crate::authority::{Answer, Authority, Kind, Purpose};
use crate::calls::calls_wait_in_order;
use crate::cases::{Choice, Ids, TestCase, open_many};
use crate::clock::{FakeClock, START};
use crate::endings::what_is_over_ends;
use crate::keys::keys_are_wrapped_again;
use crate::packing::parcels_are_recorded_and_end;
use crate::people::a_person_moves_and_is_shredded;
use crate::products::{nothing_is_of_a_shop, shops_keep_their_own_products};
use crate::rows::{Shop, shop};
use crate::stamps::the_log_says_which_timestamps_are_kept;
use crate::subscribers::messages_reach_subscribers;
use crate::tokens::tokens_say_when_they_were_used;
use aftercare_domain::audit::AuditBody;
use aftercare_domain::clock::ClockKey;
use aftercare_domain::ids::{
    CaseId, EvidenceId, ListingPhotoId, OrderLineId, OutletId, SkuId, TechnicianId,
};
use aftercare_domain::time::{DAY_MS, HOUR_MS, MINUTE_MS};
use aftercare_domain::{Fen, Timestamp, evolve};
use aftercare_ledger::{
    Checkpoint, Hash, SigningKey, TimestampRequest, VerifierKey, event_leaf, verify_consistency,
    verify_inclusion,
};
use aftercare_store::rows::{BlobRow, CaseAccessRow, OneTimeLinkRow, RulePackRow};
use aftercare_store::{
    CaseFilter, ClaimFilter, ClaimedJob, Committed, Cursor, IdempotencyRecord, JobKinds, NewJob,
    NewMessage, Outcome, Store, StoreError, Unit, WorkOrderFilter, Write,
};
use futures_util::future::join_all;
use std::collections::BTreeSet;

/// Commands at once in the story of group commit.
const CROWD: u64 = 200;

/// Blobs that rows refer to from the first chapter on: evidence, its preview and copy, a listing photo.
const KEPT: u64 = 4;

/// Walks through every trait of a store that is empty. The answer is the key that the log was signed with.
///
/// # Panics
/// At the first sentence of the story that is not true.
pub async fn story(store: &dyn Store) -> VerifierKey {
    let shop = shop(1);
    nothing_is_there(store).await;
    commit(store, shop.unit()).await;
    rows_come_back(store, &shop).await;
    a_case_goes_on(store, &shop).await;
    a_conflict_leaves_nothing(store, &shop).await;
    a_request_is_answered_once(store, &shop).await;
    jobs_are_done_once(store, &shop).await;
    a_crowd_is_committed_together(store, &shop).await;
    messages_reach_subscribers(store, &shop).await;
    lists_are_paged(store, &shop).await;
    clocks_are_due(store, &shop).await;
    blobs_come_back(store).await;
    a_person_moves_and_is_shredded(store, &shop).await;
    keys_are_wrapped_again(store).await;
    what_is_over_ends(store).await;
    parcels_are_recorded_and_end(store).await;
    crate::settlement::the_desk_settles(store).await;
    calls_wait_in_order(store, &shop).await;
    crate::conversations::conversations_come_back(store, &shop).await;
    the_log_proves_itself(store).await;
    let key = checkpoints_are_kept(store).await;
    projections_follow_from_events(store).await;
    key
}

pub(crate) async fn commit(store: &dyn Store, unit: Unit) -> Committed {
    match store.commit(unit).await.expect("the unit is committed") {
        Outcome::Committed(committed) => committed,
        Outcome::Replayed(_) => panic!("nothing was asked before"),
    }
}

pub(crate) async fn refused(store: &dyn Store, unit: Unit) -> StoreError {
    let before = store.head().await.expect("a head");
    let error = store.commit(unit).await.expect_err("the unit is refused");
    assert_eq!(
        store.head().await.expect("a head"),
        before,
        "a refused unit leaves no event"
    );
    error
}

async fn nothing_is_there(store: &dyn Store) {
    let head = store.head().await.expect("a head");
    assert_eq!(
        (head.size, head.root),
        (0, aftercare_ledger::empty_root().0)
    );
    assert_eq!(store.range(1, 10).await.expect("a range"), vec![]);
    assert_eq!(store.tenants().await.expect("tenants"), vec![]);
    assert_eq!(
        store.latest_checkpoint().await.expect("no checkpoint"),
        None
    );
}

async fn rows_come_back(store: &dyn Store, shop: &Shop) {
    let tenant = shop.tenant.id;
    assert_eq!(
        store.tenant(tenant).await.expect("a read"),
        Some(shop.tenant.clone())
    );
    assert_eq!(
        store.user(shop.user.id).await.expect("a read"),
        Some(shop.user.clone())
    );
    let by_login = store.user_by_login(&shop.user.login).await.expect("a read");
    assert_eq!(by_login, Some(shop.user.clone()));
    let by_phone = store
        .persons_by_phone(tenant, &[7; 16])
        .await
        .expect("a read");
    assert_eq!(by_phone, vec![shop.person.clone()]);
    shops_keep_their_own_products(store, shop).await;
    let order = store
        .order_by_number(tenant, &shop.order.number)
        .await
        .expect("a read");
    assert_eq!(order, Some(shop.order.clone()));
    let (own, other) = ([String::from("north")], [String::from("south")]);
    for (shops, known) in [
        (None, 1),
        (Some(&own[..]), 1),
        (Some(&other[..]), 0),
        (Some(&[][..]), 0),
    ] {
        let listed = store.orders(tenant, shops, "", 10).await.expect("a read");
        assert_eq!(listed.len(), known, "{shops:?}");
    }
    let lines = store.order_lines(shop.order.id).await.expect("a read");
    assert_eq!(lines, vec![shop.line.clone()]);

    // A row is written again in place of the one with its key.
    let mut renamed = shop.user.clone();
    renamed.display_name = "值班".to_owned();
    write(store, vec![Write::User(renamed.clone())]).await;
    assert_eq!(store.users(tenant).await.expect("a read"), vec![renamed]);

    let mut second = shop.user.clone();
    second.id = aftercare_domain::ids::UserId(uuid::Uuid::from_u128(77));
    let error = refused(store, writes(vec![Write::User(second)])).await;
    assert!(
        matches!(error, StoreError::Unique(_)),
        "a login is unique over all tenants: {error}"
    );

    let session = shop.session([1; 32], START.plus_ms(HOUR_MS));
    write(store, vec![Write::Session(session.clone())]).await;
    assert_eq!(
        store.session(&[1; 32]).await.expect("a read"),
        Some(session)
    );
    write(
        store,
        vec![Write::RemoveExpiredSessions {
            now: START.plus_ms(HOUR_MS),
        }],
    )
    .await;
    assert_eq!(store.session(&[1; 32]).await.expect("a read"), None);

    refunds_stop_at_what_was_paid(store, shop).await;
    links_work_once(store, shop).await;
    the_other_rows_come_back(store, shop).await;
    photos_are_retired(store, shop).await;
}

/// Reads one thing, which is there.
macro_rules! read {
    ($read:expr) => {
        $read.await.expect("a read")
    };
}

async fn the_other_rows_come_back(store: &dyn Store, shop: &Shop) {
    let mut ids = Ids::new(2);
    let (tenant, product) = (shop.tenant.id, shop.product.id);
    let (case, other) = (CaseId(ids.uuid()), CaseId(ids.uuid()));
    let token = shop.api_token();
    let key = shop.case_key(case);
    let sku = shop.sku(SkuId(ids.uuid()));
    let price = shop.price();
    let entries = [
        shop.warranty_entry("repair:1", "SN1"),
        shop.warranty_entry("sale:1", "SN1"),
        shop.warranty_entry("sale:2", "SN2"),
    ];
    let (pack, draft) = (
        shop.rule_pack("1", Some("2026-11-02")),
        shop.rule_pack("2", None),
    );
    let outlet = shop.outlet(OutletId(ids.uuid()));
    let technician = shop.technician(TechnicianId(ids.uuid()), outlet.id);
    let evidence = shop.evidence(EvidenceId(ids.uuid()), case, &"e".repeat(64));
    let fingerprint = shop.fingerprint(evidence.evidence, case);
    let rows = vec![
        Write::ApiToken(token.clone()),
        Write::CaseKey(key.clone()),
        Write::Sku(sku.clone()),
        Write::Price(price.clone()),
        Write::WarrantyEntry(entries[1].clone()),
        Write::WarrantyEntry(entries[0].clone()),
        Write::WarrantyEntry(entries[2].clone()),
        Write::RulePack(draft.clone()),
        Write::RulePack(pack.clone()),
        Write::Outlet(outlet.clone()),
        Write::Technician(technician.clone()),
        Write::Fingerprint(fingerprint.clone()),
    ];
    write(store, rows).await;
    assert_eq!(
        read!(store.api_token_by_hash(&token.token_hash)),
        Some(token.clone())
    );
    assert_eq!(read!(store.api_tokens(tenant)), vec![token.clone()]);
    tokens_say_when_they_were_used(store, &token).await;
    assert_eq!(read!(store.case_key(case, "claimant")), Some(key));
    assert_eq!(read!(store.case_key(case, "merchant")), None);
    assert_eq!(read!(store.case_key(other, "claimant")), None);
    assert_eq!(read!(store.skus(product)), vec![sku]);
    assert_eq!(read!(store.price(tenant, "WM-PUMP")), Some(price.clone()));
    assert_eq!(read!(store.prices(tenant)), vec![price]);
    assert_eq!(
        read!(store.warranty_entry(tenant, "sale:1")).as_ref(),
        Some(&entries[1])
    );
    assert_eq!(
        read!(store.warranty_of(tenant, "SN1", 10)),
        entries[..2].to_vec()
    );
    assert_eq!(
        read!(store.warranty_entries(tenant, "repair:1", 1)),
        vec![entries[1].clone()]
    );
    assert_eq!(
        read!(store.rule_packs(tenant)),
        vec![pack.clone(), draft.clone()]
    );
    // A draft can go, what was published cannot.
    let remove = |row: &RulePackRow| Write::RemoveDraftPack {
        tenant,
        pack: row.pack.clone(),
        version: row.version.clone(),
    };
    write(store, vec![remove(&pack), remove(&draft)]).await;
    assert_eq!(read!(store.rule_packs(tenant)), vec![pack]);
    assert_eq!(read!(store.outlets(tenant)), vec![outlet]);
    assert_eq!(
        read!(store.technician(technician.id)),
        Some(technician.clone())
    );
    assert_eq!(read!(store.technicians(tenant)), vec![technician]);
    assert_eq!(
        read!(store.fingerprint(evidence.evidence)),
        Some(fingerprint)
    );

    // Evidence names a blob: it is stored first.
    let mut evidence = evidence;
    evidence.blob = read!(store.put_blob(b"sealed evidence".to_vec()));
    evidence.preview_blob = Some(read!(store.put_blob(b"sealed preview".to_vec())));
    evidence.copy_blob = Some(read!(store.put_blob(b"sealed copy".to_vec())));
    evidence.clip = Some("{}".to_owned());
    write(store, vec![Write::EvidenceBlob(evidence.clone())]).await;
    assert_eq!(
        read!(store.evidence_blob(evidence.evidence)),
        Some(evidence.clone())
    );
    assert_eq!(
        read!(store.evidence_by_index(tenant, &[9; 32])),
        vec![evidence.clone()]
    );
    assert_eq!(read!(store.evidence_of_case(case)), vec![evidence]);
    assert_eq!(read!(store.evidence_of_case(other)), vec![]);

    let mut session = shop.session([31; 32], START.plus_ms(DAY_MS));
    let mut claimant = shop.session([32; 32], START.plus_ms(DAY_MS));
    (claimant.user, claimant.case) = (None, Some(case));
    let touch = Write::TouchSession {
        token_hash: [31; 32],
        at: START.plus_ms(5),
    };
    write(
        store,
        vec![
            Write::Session(session.clone()),
            Write::Session(claimant.clone()),
            touch,
        ],
    )
    .await;
    session.last_seen_at = START.plus_ms(5);
    assert_eq!(read!(store.session(&[31; 32])), Some(session.clone()));
    assert_eq!(read!(store.session(&[32; 32])), Some(claimant.clone()));
    write(store, vec![Write::DeleteUserSessions(shop.user.id)]).await;
    assert_eq!(read!(store.session(&[31; 32])), None);
    assert_eq!(
        read!(store.session(&[32; 32])),
        Some(claimant.clone()),
        "only that user's"
    );
    write(
        store,
        vec![Write::DeleteCaseSessions(case), Write::Session(session)],
    )
    .await;
    assert_eq!(read!(store.session(&[32; 32])), None);
    write(store, vec![Write::DeleteSession([31; 32])]).await;
    assert_eq!(read!(store.session(&[31; 32])), None);
}

async fn photos_are_retired(store: &dyn Store, shop: &Shop) {
    let mut ids = Ids::new(3);
    let blob = read!(store.put_blob(b"sealed listing photo".to_vec()));
    let first = shop.listing_photo(ListingPhotoId(ids.uuid()), 1, &blob);
    let second = shop.listing_photo(ListingPhotoId(ids.uuid()), 2, &blob);
    write(store, vec![Write::ListingPhoto(first.clone())]).await;
    let retire = Write::RetireListingPhotos {
        product: shop.product.id,
        at: START.plus_ms(9),
    };
    write(store, vec![retire, Write::ListingPhoto(second.clone())]).await;
    let mut retired = first;
    retired.retired_at = Some(START.plus_ms(9));
    assert_eq!(read!(store.listing_photo(second.id)), Some(second.clone()));
    let all = vec![retired, second];
    assert_eq!(
        read!(store.listing_photos(shop.product.id)),
        all,
        "versions are kept"
    );
    assert_eq!(read!(store.tenant_listing_photos(shop.tenant.id)), all);
}

async fn refunds_stop_at_what_was_paid(store: &dyn Store, shop: &Shop) {
    let refund = |line, fen| Write::AddRefunded {
        line,
        amount: Fen(fen),
    };
    write(store, vec![refund(shop.line.id, 6_000)]).await;
    let error = refused(store, writes(vec![refund(shop.line.id, 801)])).await;
    assert_eq!(error, StoreError::NotLeft);
    refused(store, writes(vec![refund(shop.line.id, -1)])).await;
    let nowhere = OrderLineId(uuid::Uuid::nil());
    refused(store, writes(vec![refund(nowhere, 1)])).await;
    // What is refused takes the whole unit with it: no word that money may move stays behind.
    let before = store.head().await.expect("a head");
    let mut beyond = writes(vec![refund(shop.line.id, 801)]);
    beyond.audit = vec![shop.act(AuditBody::SettingChanged {
        name: "beyond".to_owned(),
    })];
    refused(store, beyond).await;
    assert_eq!(store.head().await.expect("a head"), before);
    // What was called off is free again, once.
    let release = |fen| Write::ReleaseRefund {
        line: shop.line.id,
        amount: Fen(fen),
    };
    write(store, vec![release(6_000)]).await;
    for fen in [1, -1] {
        refused(store, writes(vec![release(fen)])).await;
    }
    write(store, vec![refund(shop.line.id, 6_800)]).await;
    let line = store
        .order_line(shop.line.id)
        .await
        .expect("a read")
        .expect("the line");
    assert_eq!(line.refunded_fen, line.paid_fen);
}

async fn links_work_once(store: &dyn Store, shop: &Shop) {
    let link = OneTimeLinkRow {
        token_hash: [2; 32],
        user: shop.user.id,
        purpose: "set_password".to_owned(),
        expires_at: START.plus_ms(DAY_MS),
        used_at: None,
    };
    write(store, vec![Write::OneTimeLink(link)]).await;
    let using = Write::UseOneTimeLink {
        token_hash: [2; 32],
        at: START,
    };
    write(store, vec![using.clone()]).await;
    assert_eq!(refused(store, writes(vec![using])).await, StoreError::Used);
    let link = store
        .one_time_link(&[2; 32])
        .await
        .expect("a read")
        .expect("the link");
    assert_eq!(link.used_at, Some(START));
    write(store, vec![Write::DeleteOneTimeLinks(link.user)]).await;
    assert_eq!(read!(store.one_time_link(&[2; 32])), None);
}

async fn a_case_goes_on(store: &dyn Store, shop: &Shop) {
    let mut case = TestCase::new(100, shop.tenant.id);
    let before = store.head().await.expect("a head");
    let opening = case.open();
    let unit = Unit {
        audit: vec![shop.act(AuditBody::CaseAccessMade { case: case.id })],
        writes: vec![Write::CaseAccess(CaseAccessRow {
            case: case.id,
            link_token_hash: [4; 32],
            code_hash: [5; 32],
            failures: 0,
            locked_until: None,
            created_at: START,
            revoked: false,
        })],
        ..case.unit(opening).expect("a case opens")
    };
    let committed = commit(store, unit).await;
    assert_eq!(
        committed.case_leaves[0].0,
        before.size + 1,
        "numbers have no gap"
    );
    assert_eq!(committed.audit_leaves[0].seq(), before.size + 2);
    let access = store
        .case_access_by_link(&[4; 32])
        .await
        .expect("a read")
        .expect("the way in");
    assert_eq!(access.case, case.id);

    let request = case.request_repair();
    commit(store, case.unit(request).expect("a repair is asked for")).await;
    for _ in 0..12 {
        if let Some(append) = case.choose(Choice::Forward) {
            let unit = Unit {
                case: Some(append),
                ..Unit::default()
            };
            commit(store, unit).await;
        }
    }
    let stored = store.load_case(case.id).await.expect("the case");
    let replayed = stored
        .iter()
        .fold(aftercare_domain::Case::default(), |case, stored| {
            evolve(case, &stored.event)
        });
    assert_eq!(replayed, case.case, "what is stored is what was decided");
    for (version, stored) in (1..).zip(&stored) {
        assert_eq!(stored.version, version);
    }
    assert_eq!(
        store
            .load_case(CaseId(uuid::Uuid::nil()))
            .await
            .expect("no case"),
        vec![]
    );
}

async fn a_conflict_leaves_nothing(store: &dyn Store, shop: &Shop) {
    let mut case = TestCase::new(101, shop.tenant.id);
    let opening = case.open();
    commit(store, case.unit(opening).expect("a case opens")).await;
    let request = case.request_repair();
    let request = case.unit(request).expect("a repair is asked for");
    commit(store, request.clone()).await;
    let mut late = request;
    late.writes.push(Write::Blob(BlobRow {
        name: "0".repeat(64),
        bytes: 1,
        created_at: START,
    }));
    late.audit.push(shop.act(AuditBody::SettingChanged {
        name: "late".to_owned(),
    }));
    let error = refused(store, late).await;
    let found = case.case.version;
    assert!(
        matches!(error, StoreError::Conflict { expected: 1, found: now } if now == found),
        "{error}"
    );
    assert_eq!(
        store.verify_blobs().await.expect("the blobs are there"),
        KEPT
    );
}

async fn a_request_is_answered_once(store: &dyn Store, shop: &Shop) {
    let request = |body_hash| IdempotencyRecord {
        scope: format!("{}/refunds", shop.tenant.id),
        key: "k-1".to_owned(),
        body_hash,
        status: 201,
        body: b"{\"ok\":true}".to_vec(),
        at: START,
    };
    let act = shop.act(AuditBody::SettingChanged {
        name: "clock".to_owned(),
    });
    let unit = |body_hash| Unit {
        audit: vec![act.clone()],
        idempotency: Some(request(body_hash)),
        ..Unit::default()
    };
    // The same request twice at once: one is done, the other gets its answer.
    let outcomes = join_all([store.commit(unit([1; 32])), store.commit(unit([1; 32]))]).await;
    let replays = outcomes
        .iter()
        .filter(|outcome| matches!(outcome, Ok(Outcome::Replayed(stored)) if stored.status == 201 && stored.body == b"{\"ok\":true}"))
        .count();
    assert_eq!(replays, 1, "{outcomes:?}");
    let size = store.head().await.expect("a head").size;
    assert!(matches!(
        store.commit(unit([1; 32])).await,
        Ok(Outcome::Replayed(_))
    ));
    assert_eq!(
        store.head().await.expect("a head").size,
        size,
        "an answer again is no event"
    );
    assert_eq!(
        refused(store, unit([2; 32])).await,
        StoreError::IdempotencyMismatch
    );
    let kept = store
        .idempotent(&request([1; 32]).scope, "k-1")
        .await
        .expect("a read")
        .expect("the answer");
    assert_eq!((kept.status, kept.body_hash), (201, [1; 32]));
}

async fn jobs_are_done_once(store: &dyn Store, shop: &Shop) {
    let clock = FakeClock::default();
    let [case, other] = [9_401, 9_402].map(|id| CaseId(uuid::Uuid::from_u128(id)));
    let job = |number: u32| NewJob {
        kind: "screen".to_owned(),
        payload: serde_json::json!({ "number": number, "case": case }),
        run_at: START,
        unique_key: Some("screen-1".to_owned()),
    };
    commit(
        store,
        Unit {
            jobs: vec![job(1), job(2)],
            ..Unit::default()
        },
    )
    .await;
    let open = store.open_jobs(10).await.expect("jobs");
    assert_eq!(open.len(), 1, "one job a key: {open:?}");
    let of_kind = async |kind| store.open_jobs_of(kind, 10).await.expect("jobs");
    assert_eq!(of_kind("screen").await, open);
    assert_eq!(of_kind("pay").await, vec![]);
    let early = clock.now().plus_ms(-1);
    assert_eq!(
        store.claim_jobs(early, 10, any()).await.expect("a claim"),
        vec![]
    );
    assert_eq!(store.next_due(clock.now()).await.expect("due"), Some(START));

    for others in [
        JobKinds::AllBut("screen".to_owned()),
        JobKinds::Only("pay".to_owned()),
    ] {
        let taken = store.claim_jobs(clock.now(), 10, others).await;
        assert_eq!(taken.expect("a claim"), vec![], "of other kinds");
    }
    let first = take_one(store, clock.now()).await;
    assert_eq!(
        store
            .claim_jobs(clock.now(), 10, any())
            .await
            .expect("a claim"),
        vec![],
        "it is leased"
    );
    let due = store.next_due(clock.now()).await.expect("due");
    assert_eq!(due, None, "nobody has to look before the lease ends");
    store
        .fail_job(&first, "the child was killed", clock.now())
        .await
        .expect("failed");
    assert_eq!(
        store
            .claim_jobs(clock.now(), 10, any())
            .await
            .expect("a claim"),
        vec![],
        "it waits"
    );
    let open = store.open_jobs(10).await.expect("jobs");
    assert_eq!(open[0].last_error.as_deref(), Some("the child was killed"));

    assert_eq!(read!(store.failing_jobs_of(case, 10)), open);
    assert_eq!(read!(store.failing_jobs_of(other, 10)), vec![]);
    let only = JobKinds::Only("screen".to_owned());
    let taken = store.claim_jobs(clock.advance(HOUR_MS), 10, only).await;
    assert_eq!(taken.expect("a claim").len(), 1, "of its kind");

    // A worker that died: the lease ends, somebody else takes the job.
    let second = take_one(store, clock.advance(HOUR_MS)).await;
    let third = take_one(store, clock.advance(HOUR_MS)).await;
    assert_eq!((first.id, second.id), (second.id, third.id));
    // The one that was thought dead gives up late: the lease of the other one stands.
    store
        .fail_job(&second, "too late", clock.now())
        .await
        .expect("nothing to put back");
    let open = store.open_jobs(10).await.expect("jobs");
    assert_eq!(open[0].last_error.as_deref(), Some("the child was killed"));
    let done = Unit {
        audit: vec![shop.act(AuditBody::SettingChanged {
            name: "screened".to_owned(),
        })],
        complete_job: Some(third.id),
        ..Unit::default()
    };
    commit(store, done.clone()).await;
    assert_eq!(
        refused(store, done).await,
        StoreError::Used,
        "its effects happen once"
    );
    assert_eq!(store.open_jobs(10).await.expect("jobs"), vec![]);
    // Its key stays taken; a job without a key is done once as well.
    let again = Unit {
        jobs: vec![
            job(1),
            NewJob {
                unique_key: None,
                ..job(1)
            },
        ],
        ..Unit::default()
    };
    commit(store, again).await;
    let keyless = take_one(store, clock.now()).await;
    assert_ne!(keyless.id, third.id);
    let done = Unit {
        complete_job: Some(keyless.id),
        ..Unit::default()
    };
    commit(store, done.clone()).await;
    assert_eq!(
        refused(store, done).await,
        StoreError::Used,
        "its effects happen once"
    );
    assert_eq!(store.open_jobs(10).await.expect("jobs"), vec![]);
}

/// Every job of the story.
fn any() -> JobKinds {
    JobKinds::AllBut("none".to_owned())
}

async fn take_one(store: &dyn Store, now: Timestamp) -> ClaimedJob {
    let mut jobs = store.claim_jobs(now, 10, any()).await.expect("a claim");
    assert_eq!(jobs.len(), 1, "{jobs:?}");
    assert_eq!(jobs[0].payload["number"], 1);
    jobs.remove(0)
}

async fn a_crowd_is_committed_together(store: &dyn Store, shop: &Shop) {
    let before = store.head().await.expect("a head").size;
    let (cases, mut units): (Vec<_>, Vec<_>) =
        open_many(1_000, CROWD, shop.tenant.id).into_iter().unzip();
    // One of them cannot be: the others do not care.
    let mut wrong = units[0].clone();
    if let Some(append) = &mut wrong.case {
        append.expected_version = 5;
    }
    units.insert(units.len() / 2, wrong);
    units[0].outbox.push(NewMessage {
        tenant: shop.tenant.id,
        topic: "case.opened".to_owned(),
        payload: serde_json::json!({ "case": cases[0].id.to_string() }),
    });
    let outcomes = join_all(units.into_iter().map(|unit| store.commit(unit))).await;
    let mut numbers = BTreeSet::new();
    let mut refusals = 0;
    for outcome in outcomes {
        match outcome {
            Ok(Outcome::Committed(committed)) => {
                numbers.extend(committed.case_leaves.iter().map(|(seq, _)| *seq));
            }
            Ok(Outcome::Replayed(_)) => panic!("nothing was asked before"),
            Err(StoreError::Conflict { .. }) => refusals += 1,
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!(refusals, 1);
    let after = store.head().await.expect("a head").size;
    assert_eq!(
        numbers,
        (before + 1..=after).collect(),
        "gap-free, none lost"
    );
    for case in &cases {
        let stored = store.load_case(case.id).await.expect("the case");
        assert_eq!(
            stored.len(),
            usize::try_from(case.case.version).expect("a small number")
        );
    }
}

async fn lists_are_paged(store: &dyn Store, shop: &Shop) {
    let filter = CaseFilter {
        tenant: Some(shop.tenant.id),
        open_only: false,
        ..CaseFilter::default()
    };
    let mut seen = BTreeSet::new();
    let mut cursor: Option<Cursor> = None;
    let mut latest = i64::MAX;
    loop {
        let page = store.cases(&filter, cursor, 64).await.expect("a page");
        for row in &page.items {
            assert!(row.updated_at.0 <= latest, "the latest change first");
            latest = row.updated_at.0;
            assert!(seen.insert(row.case_id), "a row is listed once");
            assert_eq!(row.snapshot.version, row.version);
        }
        let Some(next) = page.next else { break };
        let text = next.to_string();
        cursor = Some(text.parse().expect("a cursor reads back"));
    }
    assert_eq!(
        u64::try_from(seen.len()).expect("a small number"),
        CROWD + 2
    );
    // By the end of its id, which its number tells.
    for id in seen.iter().take(3) {
        let numbered = CaseFilter {
            id_end: id.0.as_bytes().last_chunk().copied(),
            ..filter.clone()
        };
        let found = store.cases(&numbered, None, 200).await.expect("a page");
        assert!(found.items.iter().any(|row| row.case_id == *id));
        let ends = found
            .items
            .iter()
            .all(|row| row.case_id.0.as_bytes().last_chunk() == numbered.id_end.as_ref());
        assert!(ends, "another case was found");
    }
    let nobody = CaseFilter {
        tenant: Some(aftercare_domain::ids::TenantId(uuid::Uuid::nil())),
        open_only: true,
        ..CaseFilter::default()
    };
    assert_eq!(
        store.cases(&nobody, None, 10).await.expect("a page").items,
        vec![]
    );
    assert!("12".parse::<Cursor>().is_err());
}

async fn clocks_are_due(store: &dyn Store, shop: &Shop) {
    let mut case = TestCase::new(102, shop.tenant.id);
    let (opening, filing) = (case.open(), case.file_claim());
    let request = case.request_repair();
    for command in [opening, filing, request] {
        commit(store, case.unit(command).expect("it is allowed")).await;
    }
    let mut claims = ClaimFilter {
        tenant: Some(shop.tenant.id),
        states: vec!["evidence_check".to_owned()],
        ..ClaimFilter::default()
    };
    let listed = store.claims(&claims, None, 10).await.expect("claims");
    assert_eq!(listed.items.len(), 1);
    assert_eq!(listed.items[0].case_id, case.id);
    assert!(listed.items[0].next_due.is_some());
    let line = listed.items[0].line;
    for (line, known) in [(OrderLineId(uuid::Uuid::nil()), 0), (line, 1)] {
        claims.line = Some(line);
        let listed = store.claims(&claims, None, 10).await.expect("claims");
        assert_eq!(listed.items.len(), known);
    }
    // Its order names no shop.
    for (shops, known) in [(vec![], 1), (vec!["north".to_owned()], 0)] {
        claims.shops = Some(shops);
        let listed = store.claims(&claims, None, 10).await.expect("claims");
        assert_eq!(listed.items.len(), known, "{:?}", claims.shops);
    }
    for choice in [Choice::Forward, Choice::Forward] {
        let append = case.choose(choice).expect("it goes on");
        commit(
            store,
            Unit {
                case: Some(append),
                ..Unit::default()
            },
        )
        .await;
    }
    let asked = case
        .case
        .work_orders
        .values()
        .next()
        .and_then(|order| order.offers.last())
        .expect("an offer")
        .technician;
    let orders = WorkOrderFilter {
        tenant: Some(shop.tenant.id),
        technician: Some(asked),
        ..WorkOrderFilter::default()
    };
    let listed = store.work_orders(&orders, None, 10).await.expect("repairs");
    assert_eq!(listed.items.len(), 1, "who is asked sees it");
    assert_eq!(listed.items[0].state, "offered");
    nothing_is_of_a_shop(store, shop).await;

    let next = *case.case.next_due().expect("a clock runs");
    let due = |now: Timestamp| async move { store.due_clocks(now, 1_000).await.expect("clocks") };
    let early: Vec<(CaseId, ClockKey)> = due(next.due_at.plus_ms(-1)).await;
    assert!(!early.contains(&(case.id, next.key)));
    assert!(due(next.due_at).await.contains(&(case.id, next.key)));
    let soon = store.next_due(next.due_at).await.expect("due");
    assert!(soon.is_some_and(|at| at <= next.due_at));
    assert_eq!(
        store
            .next_due(START.plus_ms(-MINUTE_MS))
            .await
            .expect("nothing"),
        None
    );
}

async fn blobs_come_back(store: &dyn Store) {
    let sealed: Vec<u8> = (0..=255).cycle().take(70_000).collect();
    let name = store.put_blob(sealed.clone()).await.expect("a blob");
    assert_eq!(
        store.put_blob(sealed.clone()).await.expect("the same blob"),
        name
    );
    assert_eq!(store.get_blob(&name).await.expect("its bytes"), sealed);
    for wrong in ["../keyring.json", "ABCD", &"f".repeat(64)] {
        let error = store
            .get_blob(wrong)
            .await
            .expect_err("there is no such blob");
        assert!(matches!(error, StoreError::Corrupt { .. }), "{error}");
    }
    let row = BlobRow {
        name,
        bytes: 70_000,
        created_at: START,
    };
    write(store, vec![Write::Blob(row)]).await;
    assert_eq!(
        store.verify_blobs().await.expect("every blob is there"),
        KEPT + 1
    );
}

async fn the_log_proves_itself(store: &dyn Store) {
    let head = store.head().await.expect("a head");
    let root = Hash(head.root);
    let events = store.range(1, head.size).await.expect("the log");
    assert_eq!(
        u64::try_from(events.len()).expect("a small number"),
        head.size
    );
    for stored in events.iter().step_by(17).chain(events.last()) {
        let leaf = event_leaf(&stored.salt, &stored.committed());
        assert_eq!(leaf.0, stored.leaf, "a leaf follows from the stored bytes");
        let proof = hashes(
            store
                .inclusion_proof(stored.seq, head.size)
                .await
                .expect("a proof"),
        );
        verify_inclusion(&leaf, stored.seq - 1, head.size, &proof, &root)
            .expect("it is in the log");
    }
    assert!(
        store
            .inclusion_proof(head.size + 1, head.size)
            .await
            .is_err()
    );
    let mut tree = aftercare_ledger::Frontier::new();
    let mut old_root = tree.root();
    for stored in &events[..events.len() / 2] {
        tree.append(Hash(stored.leaf));
        old_root = tree.root();
    }
    let proof = store
        .consistency_proof(tree.size(), head.size)
        .await
        .expect("a proof");
    verify_consistency(tree.size(), &old_root, head.size, &root, &hashes(proof))
        .expect("the log only grew");
    let report = store.verify_log(&[]).await.expect("the log verifies");
    assert_eq!((report.events, report.root), (head.size, head.root));
}

async fn checkpoints_are_kept(store: &dyn Store) -> VerifierKey {
    let log = SigningKey::generate("log.example").expect("a key");
    let witness = SigningKey::generate("witness.example").expect("a key");
    let head = store.head().await.expect("a head");
    let checkpoint = Checkpoint {
        origin: log.name().to_owned(),
        size: head.size,
        root: Hash(head.root),
        extensions: Vec::new(),
    };
    let note = checkpoint.sign(&log).expect("a signature");
    let cosigned = format!("{note}{}", checkpoint.cosign(&witness, 1_700_000_000));
    for _ in 0..2 {
        store
            .put_checkpoint(head.size, head.root, &note)
            .await
            .expect("kept, the second time as well");
    }
    assert_eq!(store.latest_cosigned().await.expect("none yet"), None);
    for _ in 0..2 {
        store
            .put_cosigned(head.size, head.root, &cosigned)
            .await
            .expect("kept, the second time as well");
    }
    let note_of = |kept: Option<aftercare_store::Checkpoint>| kept.map(|kept| kept.note);
    let signed = store.latest_checkpoint().await.expect("a checkpoint");
    assert_eq!(note_of(signed), Some(note));
    let kept = store.latest_cosigned().await.expect("a checkpoint");
    assert_eq!(note_of(kept.clone()), Some(cosigned.clone()));
    assert_eq!(store.latest_stamped().await.expect("none yet"), None);
    let mut authority = Authority::new(Kind::P256, Purpose::Stamping);
    let request = TimestampRequest::new(cosigned.as_bytes(), None).expect("a request");
    let stamped = aftercare_store::Stamped {
        checkpoint: kept.expect("a checkpoint"),
        at: Timestamp(1_795_694_400_000),
        authority: "https://tsa.example/".to_owned(),
        answer: authority.answer(&request.to_der(), &Answer::default()),
    };
    for _ in 0..2 {
        store
            .put_stamped(&stamped)
            .await
            .expect("kept, the second time as well");
    }
    for found in [
        store.latest_stamped().await,
        store.stamped_over(1).await,
        store.stamped_over(head.size).await,
    ] {
        assert_eq!(found.expect("a timestamp"), Some(stamped.clone()));
    }
    let beyond = store.stamped_over(head.size + 1).await.expect("none");
    assert_eq!(beyond, None, "it says nothing of later events");
    the_log_says_which_timestamps_are_kept(store, &stamped).await;
    let key = log.verifier();
    store
        .verify_log(std::slice::from_ref(&key))
        .await
        .expect("the log verifies with both");
    key
}

fn hashes(hashes: Vec<[u8; 32]>) -> Vec<Hash> {
    hashes.into_iter().map(Hash).collect()
}

async fn projections_follow_from_events(store: &dyn Store) {
    let checked = store.rebuild(false).await.expect("a check");
    assert_eq!(checked.differences, Vec::<String>::new());
    assert_eq!(checked.cases, CROWD + 6);
    let page = store
        .cases(&CaseFilter::default(), None, 1_000)
        .await
        .expect("a page");
    store.rebuild(true).await.expect("a rebuild");
    let again = store
        .cases(&CaseFilter::default(), None, 1_000)
        .await
        .expect("a page");
    assert_eq!(page, again, "made again, they are the same");
}

pub(crate) fn writes(writes: Vec<Write>) -> Unit {
    Unit {
        writes,
        ..Unit::default()
    }
}

pub(crate) async fn write(store: &dyn Store, rows: Vec<Write>) {
    commit(store, writes(rows)).await;
}
