//! A photo that other platforms judged forged: it brings a person to look, who reads so after the blind verdict with both sides;
//! what was corrected since shows no more; and a list that is missing, old or damaged keeps nothing from going on.

use crate::inspections::look;
use crate::own_work::inspection;
use crate::planning::accept_and_agree;
use crate::world::{World, cracked_mug, damage, rejection, saved_again};
use aftercare_app::Principal;
use aftercare_app::actions::Action;
use aftercare_app::evidence::Upload;
use aftercare_app::exchange::{
    ENTRIES_FILE, Exchange, MemberSettings, SETTINGS_FILE, Seen, ShareInput, WAITING_FOLDER,
    Waiting,
};
use aftercare_app::lists::Paging;
use aftercare_app::logbook::LogEntry;
use aftercare_app::notify::Recipient;
use aftercare_app::screener::DirectScreener;
use aftercare_app::views::{ElsewhereDetail, IntakeReceipt};
use aftercare_domain::event::{Body, Shown, WorkOutcome};
use aftercare_domain::evidence::EvidenceKind;
use aftercare_domain::ids::{CaseId, EvidenceId};
use aftercare_domain::time::{DAY_MS, HOUR_MS};
use aftercare_exchange::limits::DAY_S;
use aftercare_exchange::{GroupId, MemberId, Tag, What};
use aftercare_testkit::{LIST, Platforms};

/// What nobody may read before the look.
const SECRETS: [&str; 4] = [
    "photos_known_elsewhere",
    "judged forged elsewhere",
    "认定一张与此相似的照片",
    LIST,
];
/// Who reads what was found.
const READERS: [&str; 7] = [
    "agent",
    "merchant",
    "reviewer",
    "second reviewer",
    "risk manager",
    "auditor",
    "claimant",
];

/// An exchange whose member 1 is this platform.
fn founded(world: &World) -> Platforms {
    Platforms::founded(&world.folder.path().join("member"), now_s(world))
}

async fn publish(platforms: &mut Platforms, at_s: u64, member: u16, photo: Vec<u8>) -> u64 {
    let seen = Seen::read(&DirectScreener, photo).await.unwrap();
    platforms.publish(at_s, member, seen.sha256, seen.print())
}

fn take_part(world: &World, platforms: &Platforms) {
    let exchange = Exchange::open(platforms.folder()).unwrap();
    world.app.take_part(exchange);
}

fn now_s(world: &World) -> u64 {
    u64::try_from(world.app.now().0 / 1_000).unwrap()
}

async fn claim(world: &World, order: &str, photo: Vec<u8>) -> IntakeReceipt {
    let receipt = world.claim(order, "周示范", "13800000002", photo).await;
    world.app.settle().await.unwrap();
    receipt
}

fn elsewhere(detail: &aftercare_app::views::CaseDetail) -> &[ElsewhereDetail] {
    &detail.claims[0].elsewhere
}

async fn read(world: &World, case: CaseId) -> Vec<ElsewhereDetail> {
    let detail = world.app.case_detail(&world.reviewer, case).await.unwrap();
    elsewhere(&detail).to_vec()
}

/// Refused by that rule.
fn no<T>(rule: &str) -> Result<T, String> {
    Err(rule.to_owned())
}

/// Whether it was told, whoever may read it.
async fn is_told(world: &World, case: CaseId) -> bool {
    let events = world.store.load_case(case).await.unwrap();
    events.iter().any(|stored| match &stored.event.body {
        Body::PhotosKnownElsewhere { known, .. } => !known.photos.is_empty(),
        _ => false,
    })
}

/// The whole log as an auditor reads it, the oldest first.
async fn log(world: &World) -> Vec<LogEntry> {
    let mut entries = Vec::new();
    let mut paging = Paging::default();
    loop {
        let page = world.app.log_page(&world.auditor, &paging).await.unwrap();
        entries.extend(page.items);
        paging.cursor = page.next_cursor;
        if paging.cursor.is_none() {
            break;
        }
    }
    entries.reverse();
    entries
}

/// The names of a case's events in it.
fn of_case(log: &[LogEntry], case: CaseId) -> Vec<String> {
    let of = log
        .iter()
        .filter(|entry| entry.stream_id.as_deref() == Some(case.to_string().as_str()));
    of.filter_map(|entry| entry.name.clone()).collect()
}

#[tokio::test]
async fn a_photo_judged_forged_elsewhere_brings_a_person_and_both_sides_read_so_after_the_look() {
    let world = World::new().await;
    let mut platforms = founded(&world);
    let item = publish(&mut platforms, now_s(&world), 2, cracked_mug(1)).await;
    platforms.sync();
    take_part(&world, &platforms);
    // The same picture saved again, by a buyer of this platform.
    let receipt = claim(&world, "A1", saved_again(1)).await;
    let case = receipt.case;
    assert!(is_told(&world, case).await);
    assert_eq!(world.claim_state(case).await, "first_look");
    for (name, detail) in world.as_everybody_reads(&receipt).await {
        let text = serde_json::to_string(&detail).unwrap();
        for secret in SECRETS {
            assert!(!text.contains(secret), "{name} reads {secret} before it");
        }
    }
    world.act(&world.reviewer, case, look()).await.unwrap();
    assert_eq!(world.claim_state(case).await, "merchant_window");
    let mut read_by = Vec::new();
    for (name, detail) in world.as_everybody_reads(&receipt).await {
        let told: Vec<&str> = detail
            .timeline
            .iter()
            .map(|entry| entry.event.as_str())
            .collect();
        if !READERS.contains(&name) {
            assert!(elsewhere(&detail).is_empty(), "{name}");
            assert!(!told.contains(&"photos_known_elsewhere.v1"), "{name}");
            continue;
        }
        let [one] = elsewhere(&detail) else {
            panic!("{name} reads {:?}", elsewhere(&detail));
        };
        assert_eq!(
            (one.number.as_str(), one.standing.as_str()),
            ("E-01", "stands")
        );
        assert_eq!((one.item, one.publisher), (Some(item), Some(2)));
        // START is 2026-11-02; it was judged 20 days before.
        assert_eq!(one.judged_on.as_deref(), Some("2026-10-13"), "{name}");
        assert_eq!(one.published_on.as_deref(), Some("2026-11-02"), "{name}");
        assert!(one.en.contains("object"), "how to ask: {}", one.en);
        assert!(told.contains(&"photos_known_elsewhere.v1"), "{name}");
        read_by.push(name);
    }
    assert_eq!(read_by.len(), READERS.len(), "{read_by:?}");
}

#[tokio::test]
async fn neither_the_log_nor_the_version_of_a_case_tells_of_a_match_before_the_look() {
    let world = World::new().await;
    let mut platforms = founded(&world);
    publish(&mut platforms, now_s(&world), 2, cracked_mug(1)).await;
    platforms.sync();
    take_part(&world, &platforms);
    // A photo that is used again accuses, and is known to nobody else; another one is known elsewhere.
    claim(&world, "A1", cracked_mug(4)).await;
    let accused = claim(&world, "A2", cracked_mug(4)).await.case;
    let matched = claim(&world, "A3", cracked_mug(1)).await.case;
    assert!(is_told(&world, matched).await && !is_told(&world, accused).await);
    for case in [accused, matched] {
        assert_eq!(world.claim_state(case).await, "first_look");
    }
    let names_match = |entry: &LogEntry| entry.name.as_deref() == Some("exchange_matched.v1");
    let entries = log(&world).await;
    assert_eq!(of_case(&entries, matched), of_case(&entries, accused));
    assert!(!entries.iter().any(names_match));
    let read = async |case: CaseId| {
        let detail = world.app.case_detail(&world.reviewer, case).await.unwrap();
        (detail.version, detail.timeline.len())
    };
    assert_eq!(read(matched).await, read(accused).await);
    // Once somebody has looked it stands there, and nothing of the log had to be changed for it.
    world.act(&world.reviewer, matched, look()).await.unwrap();
    let after = log(&world).await;
    assert!(after.iter().any(names_match));
    let leaves =
        |log: &[LogEntry]| -> Vec<String> { log.iter().map(|entry| entry.leaf.clone()).collect() };
    let before = leaves(&entries);
    assert_eq!(leaves(&after)[..before.len()], before);
    assert!(world.app.log_verify(&world.auditor).await.unwrap().ok);
}

/// A technician comes for a claim and takes a photo, after another platform told of a photo like that one; answers the names of
/// the case's events in the log.
async fn visited(
    world: &World,
    platforms: &mut Platforms,
    receipt: &IntakeReceipt,
    forged: Vec<u8>,
) -> Vec<String> {
    let case = receipt.case;
    accept_and_agree(world, receipt, 1).await;
    world.pass(HOUR_MS).await;
    // The photos of the claim were looked up when they came.
    assert!(!is_told(world, case).await);
    publish(platforms, now_s(world), 2, forged).await;
    platforms.sync();
    world.start_visit(case).await;
    let finish = Action::Finish {
        work_order: None,
        outcome: WorkOutcome::NoFaultFound,
        actions: Vec::new(),
        note: String::new(),
    };
    let mut seen = damage(cracked_mug(1));
    seen.kind = EvidenceKind::RepairPhoto;
    let technician = &world.technician;
    let done = world.app.act(technician, case, finish, vec![seen], None);
    done.await.unwrap();
    world.app.settle().await.unwrap();
    assert!(is_told(world, case).await);
    of_case(&log(world).await, case)
}

/// Whether the look was asked for after the checks, and they were recorded after the photos were looked up.
fn is_in_order(names: &[String]) -> bool {
    let last = |name: &str| names.iter().rposition(|one| one == name);
    let looked_up = last("photos_known_elsewhere.v1");
    let (checked, required) = (last("claim_inspected.v1"), last("first_look_required.v1"));
    looked_up < checked && checked < required
}

#[tokio::test]
async fn the_photo_of_a_visit_tells_of_no_match_by_the_order_of_what_is_logged() {
    let world = World::new().await;
    let mut platforms = founded(&world);
    platforms.sync();
    take_part(&world, &platforms);
    let receipt = inspection(&world).await;
    let names = visited(&world, &mut platforms, &receipt, cracked_mug(1)).await;
    assert!(is_in_order(&names), "{names:?}");
}

#[tokio::test]
async fn a_match_of_the_only_photo_that_is_left_brings_a_person_after_a_visit_too() {
    let world = World::new().await;
    let mut platforms = founded(&world);
    platforms.sync();
    take_part(&world, &platforms);
    let receipt = inspection(&world).await;
    let case = receipt.case;
    let add = Action::AddEvidence {
        claim: None,
        answers: None,
        text: "打包".to_owned(),
    };
    let mut packed = damage(cracked_mug(6));
    packed.kind = EvidenceKind::PackingPhoto;
    let added = world
        .app
        .act(&world.merchant, case, add, vec![packed], None);
    added.await.unwrap();
    world.app.settle().await.unwrap();
    let detail = world.app.case_detail(&world.reviewer, case).await.unwrap();
    let aside = Action::JudgeEvidence {
        claim: None,
        evidence: detail.claims[0].evidence[0].id,
        accepted: false,
    };
    world.act(&world.reviewer, case, aside).await.unwrap();
    // The merchant's photo is all there is.
    let names = visited(&world, &mut platforms, &receipt, cracked_mug(6)).await;
    assert!(is_in_order(&names), "{names:?}");
}

#[tokio::test]
async fn a_match_is_told_once_also_where_its_photo_is_set_aside_and_taken_back() {
    let world = World::new().await;
    let mut platforms = founded(&world);
    publish(&mut platforms, now_s(&world), 2, cracked_mug(1)).await;
    platforms.sync();
    take_part(&world, &platforms);
    let case = claim(&world, "A1", cracked_mug(1)).await.case;
    world.act(&world.reviewer, case, look()).await.unwrap();
    let detail = world.app.case_detail(&world.reviewer, case).await.unwrap();
    let evidence = detail.claims[0].evidence[0].id;
    for (accepted, shown) in [(false, 0), (true, 1)] {
        let judge = Action::JudgeEvidence {
            claim: None,
            evidence,
            accepted,
        };
        world.act(&world.reviewer, case, judge).await.unwrap();
        assert_eq!(read(&world, case).await.len(), shown);
    }
    let entries = log(&world).await;
    let told = entries
        .iter()
        .filter(|entry| entry.name.as_deref() == Some("exchange_matched.v1"));
    assert_eq!(told.count(), 1);
}

#[tokio::test]
async fn what_was_corrected_since_shows_no_more_and_that_it_was_used_stays_to_be_read() {
    let world = World::new().await;
    let mut platforms = founded(&world);
    let item = publish(&mut platforms, now_s(&world), 2, cracked_mug(1)).await;
    platforms.sync();
    take_part(&world, &platforms);
    let receipt = claim(&world, "A1", cracked_mug(1)).await;
    let case = receipt.case;
    world.act(&world.reviewer, case, look()).await.unwrap();
    assert_eq!(read(&world, case).await[0].standing, "stands");
    // Frozen while it is disputed.
    let by = MemberId(3);
    platforms.act(now_s(&world), What::Disputed { by, item });
    platforms.sync();
    let told = read(&world, case).await;
    assert_eq!(
        (told.len(), told[0].standing.as_str()),
        (1, "no_longer"),
        "{told:?}"
    );
    assert_eq!((told[0].item, told[0].judged_on.as_deref()), (None, None));
    assert!(told[0].en.contains("says nothing"), "{}", told[0].en);
    // And gone for good once it was withdrawn; nobody else is looked at because of it.
    let (by, tag) = (MemberId(2), Tag::Withdrawn);
    platforms.act(now_s(&world), What::Ended { by, item, tag });
    platforms.sync();
    assert_eq!(read(&world, case).await[0].standing, "no_longer");
    let second = claim(&world, "A2", cracked_mug(1)).await;
    assert!(!is_told(&world, second.case).await);
    // Three days without the operator: nothing is said about it either way.
    world.pass(4 * DAY_MS).await;
    for who in [&world.reviewer, &world.merchant] {
        let detail = world.app.case_detail(who, case).await.unwrap();
        assert_eq!(elsewhere(&detail)[0].standing, "unknown");
    }
}

#[tokio::test]
async fn a_list_that_is_missing_old_or_damaged_keeps_nothing_from_going_on() {
    let world = World::new().await;
    let mut platforms = founded(&world);
    take_part(&world, &platforms);
    // Nothing was read yet.
    let first = claim(&world, "A1", cracked_mug(1)).await;
    assert!(!is_told(&world, first.case).await);
    assert_eq!(world.claim_state(first.case).await, "merchant_window");
    // The operator was last heard of four days ago.
    publish(&mut platforms, now_s(&world) - 4 * DAY_S, 2, cracked_mug(2)).await;
    platforms.sync();
    let second = claim(&world, "A2", cracked_mug(2)).await;
    assert!(!is_told(&world, second.case).await);
    assert_eq!(world.claim_state(second.case).await, "merchant_window");
    // It is there again, and somebody has changed the copy.
    publish(&mut platforms, now_s(&world), 3, cracked_mug(3)).await;
    platforms.sync();
    let entries = platforms.folder().join(ENTRIES_FILE);
    let whole = std::fs::read_to_string(&entries).unwrap();
    std::fs::write(
        &entries,
        whole.replace("\"publisher\":3", "\"publisher\":2"),
    )
    .unwrap();
    let third = claim(&world, "A3", cracked_mug(3)).await;
    assert!(!is_told(&world, third.case).await);
    assert_eq!(world.claim_state(third.case).await, "merchant_window");
}

#[tokio::test]
async fn what_resembles_the_own_catalogue_brings_nobody_whoever_published_it() {
    let world = World::new().await;
    let mut platforms = founded(&world);
    for seed in [2, 3] {
        publish(&mut platforms, now_s(&world), 2, cracked_mug(seed)).await;
    }
    platforms.sync();
    take_part(&world, &platforms);
    let products = world.app.products_of(world.tenant).await.unwrap();
    let product = products.iter().find(|one| one.code == "MUG").unwrap();
    world
        .app
        .store_listing_photo(&world.admin, product.id, saved_again(2), false)
        .await
        .unwrap();
    for (order, seed, brings) in [("A1", 2, false), ("A2", 3, true)] {
        let case = claim(&world, order, cracked_mug(seed)).await.case;
        assert_eq!(is_told(&world, case).await, brings, "{order}");
    }
}

#[tokio::test]
async fn what_this_platform_published_or_disputes_brings_nobody() {
    let world = World::new().await;
    let mut platforms = founded(&world);
    publish(&mut platforms, now_s(&world), 1, cracked_mug(1)).await;
    let item = publish(&mut platforms, now_s(&world), 2, cracked_mug(2)).await;
    platforms.sync();
    // Disputed here, and the others are not told yet.
    let by = MemberId(1);
    let waiting = Waiting {
        what: What::Disputed { by, item },
        act: None,
    };
    let file = platforms
        .folder()
        .join(WAITING_FOLDER)
        .join("00000000000000000001.json");
    std::fs::write(file, serde_json::to_vec(&waiting).unwrap()).unwrap();
    take_part(&world, &platforms);
    for (order, photo) in [("A1", cracked_mug(1)), ("A2", cracked_mug(2))] {
        let receipt = claim(&world, order, photo).await;
        assert!(!is_told(&world, receipt.case).await, "{order}");
    }
}

#[tokio::test]
async fn what_this_platform_disputed_and_others_upheld_brings_a_person_again() {
    let world = World::new().await;
    let mut platforms = founded(&world);
    let item = publish(&mut platforms, now_s(&world), 2, cracked_mug(2)).await;
    platforms.sync();
    take_part(&world, &platforms);
    let objected = world.app.ask_about(world.tenant, cracked_mug(2), true);
    assert_eq!(objected.await.unwrap().objected, vec![item]);
    let receipt = claim(&world, "A1", cracked_mug(2)).await;
    assert!(!is_told(&world, receipt.case).await);
    platforms.deliver(now_s(&world));
    let by = MemberId(2);
    platforms.act(now_s(&world), What::Answered { by, item });
    let by = MemberId(3);
    platforms.act(now_s(&world), What::Upheld { by, item });
    platforms.sync();
    let receipt = claim(&world, "A2", cracked_mug(2)).await;
    assert!(is_told(&world, receipt.case).await);
}

#[tokio::test]
async fn the_list_is_read_on_as_it_grows_and_is_told_of_a_photo_that_comes_later() {
    let world = World::new().await;
    let mut platforms = founded(&world);
    publish(&mut platforms, now_s(&world), 2, cracked_mug(1)).await;
    platforms.sync();
    take_part(&world, &platforms);
    let receipt = claim(&world, "A1", cracked_mug(4)).await;
    let case = receipt.case;
    assert_eq!(world.claim_state(case).await, "merchant_window");
    world.pass(HOUR_MS).await;
    publish(&mut platforms, now_s(&world), 3, cracked_mug(5)).await;
    platforms.sync();
    let claimant = world.claimant(&receipt).await;
    let add = Action::AddEvidence {
        claim: None,
        answers: None,
        text: "另一张".to_owned(),
    };
    let more: Vec<Upload> = vec![damage(cracked_mug(5))];
    world
        .app
        .act(&claimant, case, add, more, None)
        .await
        .unwrap();
    world.app.settle().await.unwrap();
    assert!(is_told(&world, case).await);
    let detail = world.app.case_detail(&world.reviewer, case).await.unwrap();
    assert!(detail.claims[0].first_look_required);
    assert_eq!(elsewhere(&detail), []);
    world.act(&world.reviewer, case, look()).await.unwrap();
    let told = read(&world, case).await;
    assert_eq!((told.len(), told[0].publisher), (1, Some(3)), "{told:?}");
}

#[test]
fn a_folder_that_is_no_members_is_refused_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let error = Exchange::open(folder.path()).unwrap_err().to_string();
    assert!(error.contains("exchange join"), "{error}");
    let settings = MemberSettings {
        member: MemberId(1),
        group: GroupId(1),
        operator: None,
    };
    std::fs::write(
        folder.path().join(SETTINGS_FILE),
        serde_json::to_vec(&settings).unwrap(),
    )
    .unwrap();
    let error = Exchange::open(folder.path()).unwrap_err().to_string();
    assert!(error.contains("--url"), "{error}");
}

// ---- a photo of this platform goes into the list ----

fn notice() -> ShareInput {
    ShareInput::Notice
}

fn nobody() -> ShareInput {
    ShareInput::Look {
        shows: Shown::default(),
    }
}

fn propose() -> ShareInput {
    ShareInput::Propose {
        reasons: "裂纹是画上去的。".to_owned(),
    }
}

/// A claim that a reviewer rejected for good, whose photo the reviewer set aside.
async fn judged(world: &World) -> (CaseId, EvidenceId) {
    let (of, _) = judged_of(world).await;
    of
}

/// The same, and who filed it.
async fn judged_of(world: &World) -> ((CaseId, EvidenceId), Principal) {
    let receipt = claim(world, "A1", cracked_mug(1)).await;
    let (case, claimant) = (receipt.case, world.claimant(&receipt).await);
    world.pass(3 * DAY_MS).await;
    let detail = world.app.case_detail(&world.reviewer, case).await.unwrap();
    let evidence = detail.claims[0].evidence[0].id;
    let aside = Action::JudgeEvidence {
        claim: None,
        evidence,
        accepted: false,
    };
    world.act(&world.reviewer, case, aside).await.unwrap();
    let decide = Action::Decide {
        claim: None,
        decision: rejection(),
    };
    world.act(&world.reviewer, case, decide).await.unwrap();
    world.pass(8 * DAY_MS).await;
    assert_eq!(world.claim_state(case).await, "closed");
    ((case, evidence), claimant)
}

async fn share(
    world: &World,
    who: &Principal,
    (case, evidence): (CaseId, EvidenceId),
    input: ShareInput,
) -> Result<(), String> {
    let shared = world.app.share(who, case, evidence, input).await;
    world.app.settle().await.unwrap();
    shared.map(|_| ()).map_err(|error| error.rule)
}

/// The texts that somebody reads about it, or the rule that keeps them out.
async fn reads(
    world: &World,
    who: &Principal,
    (case, evidence): (CaseId, EvidenceId),
) -> Result<Vec<String>, String> {
    let view = world.app.sharing_of(who, case, evidence).await;
    let view = view.map_err(|error| error.rule)?;
    Ok(view
        .entries
        .into_iter()
        .filter_map(|entry| entry.text)
        .collect())
}

#[tokio::test]
async fn a_forged_photo_goes_into_the_list_after_two_looks_a_notice_fifteen_days_and_a_human() {
    let world = World::new().await;
    let mut platforms = founded(&world);
    take_part(&world, &platforms);
    let (of, claimant) = judged_of(&world).await;
    assert_eq!(
        share(&world, &world.risk_manager, of, propose()).await,
        no("role_required")
    );
    share(&world, &world.reviewer, of, propose()).await.unwrap();
    share(&world, &world.reviewer, of, nobody()).await.unwrap();
    assert_eq!(
        share(&world, &world.reviewer, of, nobody()).await,
        no("sharing_same_person")
    );
    let second = &world.second_reviewer;
    share(&world, second, of, nobody()).await.unwrap();
    // Until the notice it is nobody else's to know.
    for who in [&world.merchant, &claimant] {
        assert_eq!(reads(&world, who, of).await, no("not_found"));
    }
    assert_eq!(
        reads(&world, &world.auditor, of).await,
        Ok(vec!["裂纹是画上去的。".to_owned()])
    );
    share(&world, &world.reviewer, of, notice()).await.unwrap();
    let told = world.notifier.messages();
    let told = told.iter().find(|one| one.kind == "sharing_noticed");
    assert!(told.is_some_and(|one| one.zh.contains("15 天")), "{told:?}");
    assert_eq!(reads(&world, &world.merchant, of).await, no("not_found"));
    assert_eq!(reads(&world, &claimant, of).await, Ok(Vec::new()));
    let seen_by = async |who: &Principal| {
        let detail = world.app.case_detail(who, of.0).await.unwrap();
        let steps = detail.timeline.iter();
        let steps = steps.filter(|entry| entry.event == "photo_sharing.v1");
        (detail.claims[0].sharing.len(), steps.count())
    };
    assert_eq!(seen_by(&claimant).await, (1, 1), "the notice alone");
    assert_eq!(seen_by(&world.merchant).await, (0, 0));
    assert_eq!(seen_by(&world.reviewer).await, (1, 4));
    assert_eq!(
        share(&world, &world.reviewer, of, ShareInput::Publish).await,
        no("sharing_reply_time")
    );
    let reply = ShareInput::Reply {
        text: "这是我自己拍的。".to_owned(),
    };
    assert_eq!(
        share(&world, &world.merchant, of, reply.clone()).await,
        no("role_required")
    );
    share(&world, &claimant, of, reply.clone()).await.unwrap();
    // An agent may write it down for the claimant, too.
    share(&world, &world.agent, of, reply).await.unwrap();
    world.pass(16 * DAY_MS).await;
    assert_eq!(
        share(&world, &world.reviewer, of, ShareInput::Publish).await,
        no("sharing_reply_open")
    );
    let consider = ShareInput::Consider {
        stands: true,
        reasons: "原图里没有裂纹。".to_owned(),
    };
    share(&world, second, of, consider).await.unwrap();
    assert_eq!(platforms.waiting(), []);
    share(&world, &world.reviewer, of, ShareInput::Publish)
        .await
        .unwrap();
    // It waits to be delivered, once, whatever is done again.
    let waiting = platforms.waiting();
    let [What::Published { item }] = waiting.as_slice() else {
        panic!("{waiting:?}");
    };
    let seen = Seen::read(&DirectScreener, cracked_mug(1)).await.unwrap();
    assert_eq!((item.sha256, &item.print), (seen.sha256, &seen.print()));
    assert_eq!(item.publisher, MemberId(1));
    assert!(item.judged_on < item.noticed_on);
    assert_eq!(
        share(&world, &world.reviewer, of, ShareInput::Publish).await,
        no("sharing_not_now")
    );
    assert_eq!(platforms.waiting().len(), 1);
    // The others take it: what is published keeps the rules of all of them.
    let places = platforms.deliver(now_s(&world));
    let view = world.app.exchange_view(&world.auditor).await.unwrap();
    let view = view.unwrap();
    let own: Vec<(u64, &str)> = view
        .own
        .iter()
        .map(|one| (one.item, one.standing))
        .collect();
    assert_eq!(own, [(places[0], "stands")]);
    assert_eq!(
        (view.years[0].published, view.years[0].false_positive),
        (1, 0)
    );
}

#[tokio::test]
async fn whoever_was_told_is_told_that_it_was_let_be_and_nobody_who_was_not() {
    for was_told in [false, true] {
        let world = World::new().await;
        let platforms = founded(&world);
        take_part(&world, &platforms);
        let (of, claimant) = judged_of(&world).await;
        share(&world, &world.reviewer, of, propose()).await.unwrap();
        if was_told {
            for who in [&world.reviewer, &world.second_reviewer] {
                share(&world, who, of, nobody()).await.unwrap();
            }
            share(&world, &world.reviewer, of, notice()).await.unwrap();
        }
        share(&world, &world.reviewer, of, ShareInput::LetBe)
            .await
            .unwrap();
        let messages = world.notifier.messages();
        let told = messages.iter().filter(|one| one.kind == "sharing_let_be");
        let told: Vec<_> = told.collect();
        assert_eq!(told.len(), usize::from(was_told), "{told:?}");
        if let [one] = told.as_slice() {
            assert!(one.zh.contains("不再列入名单") && one.zh.contains("不用再做什么"));
            assert!(one.en.contains("does not go into the list"), "{}", one.en);
            assert!(matches!(one.to, Recipient::Claimant { .. }));
        }
        let detail = world.app.case_detail(&claimant, of.0).await.unwrap();
        let steps = detail.timeline.iter();
        let steps = steps.filter(|entry| entry.event == "photo_sharing.v1");
        assert_eq!(steps.count(), if was_told { 2 } else { 0 });
    }
}

#[tokio::test]
async fn what_resembles_a_product_page_or_shows_somebody_goes_nowhere() {
    let world = World::new().await;
    let platforms = founded(&world);
    take_part(&world, &platforms);
    let of = judged(&world).await;
    share(&world, &world.reviewer, of, propose()).await.unwrap();
    share(&world, &world.reviewer, of, nobody()).await.unwrap();
    share(&world, &world.second_reviewer, of, nobody())
        .await
        .unwrap();
    // Anybody may have saved it from there, whenever it came.
    let products = world.app.products_of(world.tenant).await.unwrap();
    let product = products.iter().find(|one| one.code == "MUG").unwrap();
    world
        .app
        .store_listing_photo(&world.admin, product.id, saved_again(1), false)
        .await
        .unwrap();
    assert_eq!(
        share(&world, &world.reviewer, of, notice()).await,
        Err("near_catalogue".to_owned())
    );
    assert_eq!(platforms.waiting(), []);
}

#[tokio::test]
async fn what_resembles_a_product_page_is_not_even_proposed_and_the_refusal_says_why() {
    let world = World::new().await;
    let platforms = founded(&world);
    take_part(&world, &platforms);
    let products = world.app.products_of(world.tenant).await.unwrap();
    let product = products.iter().find(|one| one.code == "MUG").unwrap();
    let put_up = async |photo: Vec<u8>| {
        let app = &world.app;
        let put = app.store_listing_photo(&world.admin, product.id, photo, false);
        put.await.unwrap();
    };
    // Of a claim that is not decided the answer would tell what its checks found: there the rules of the claim say no.
    let open = claim(&world, "A2", cracked_mug(2)).await.case;
    let detail = world.app.case_detail(&world.reviewer, open).await.unwrap();
    let open = (open, detail.claims[0].evidence[0].id);
    let of = judged(&world).await;
    put_up(saved_again(1)).await;
    put_up(saved_again(2)).await;
    for input in [propose(), notice()] {
        let refused = share(&world, &world.reviewer, open, input).await;
        assert_ne!(refused, no("near_catalogue"));
        assert!(refused.is_err());
    }
    let (case, evidence) = of;
    let proposed = world.app.share(&world.reviewer, case, evidence, propose());
    let refused = proposed.await.unwrap_err();
    assert_eq!(refused.rule, "near_catalogue");
    assert!(refused.zh.contains("商品页面"), "{}", refused.zh);
    assert!(refused.en.contains("catalogue"), "{}", refused.en);
    assert_eq!(
        reads(&world, &world.auditor, of).await,
        Ok(Vec::new()),
        "nothing began"
    );
}

#[tokio::test]
async fn without_an_exchange_nothing_begins_and_a_page_says_so() {
    let world = World::new().await;
    let of = judged(&world).await;
    assert_eq!(
        share(&world, &world.reviewer, of, propose()).await,
        Err("exchange_off".to_owned())
    );
    assert_eq!(world.app.exchange_view(&world.auditor).await.unwrap(), None);
    let asked = world.app.ask_about(world.tenant, cracked_mug(1), false);
    assert_eq!(asked.await.unwrap_err().rule, "exchange_off");
}

#[tokio::test]
async fn a_person_with_the_photo_asks_and_objects_and_it_freezes() {
    let world = World::new().await;
    let mut platforms = founded(&world);
    let item = publish(&mut platforms, now_s(&world), 2, cracked_mug(2)).await;
    platforms.sync();
    take_part(&world, &platforms);
    let ask = async |photo: Vec<u8>, objects: bool| {
        world.app.ask_about(world.tenant, photo, objects).await
    };
    let asked = ask(saved_again(2), false).await.unwrap();
    let found: Vec<(u64, &str)> = asked
        .items
        .iter()
        .map(|one| (one.item, one.standing))
        .collect();
    assert_eq!(found, [(item, "stands")]);
    assert!(asked.objected.is_empty());
    assert_eq!(ask(cracked_mug(4), true).await.unwrap().items, []);
    assert_eq!(platforms.waiting(), []);
    assert_eq!(
        ask(saved_again(2), true).await.unwrap().objected,
        vec![item]
    );
    let by = MemberId(1);
    assert_eq!(platforms.waiting(), [What::Disputed { by, item }]);
    // Said once; and nobody is looked at because of it from now on.
    let again = ask(cracked_mug(2), true).await.unwrap();
    assert!(again.objected.is_empty());
    let receipt = claim(&world, "A1", cracked_mug(2)).await;
    assert!(!is_told(&world, receipt.case).await);
    platforms.deliver(now_s(&world));
    let asked = ask(saved_again(2), true).await.unwrap();
    assert_eq!(asked.items[0].standing, "disputed");
    assert!(asked.objected.is_empty());
    assert!(asked.items[0].until.is_some());
}

#[tokio::test]
async fn nobody_asks_here_about_a_photo_that_waits_for_a_blind_look() {
    let world = World::new().await;
    let mut platforms = founded(&world);
    publish(&mut platforms, now_s(&world), 2, cracked_mug(2)).await;
    platforms.sync();
    take_part(&world, &platforms);
    let case = claim(&world, "A1", cracked_mug(2)).await.case;
    let refused = world.app.ask_about(world.tenant, cracked_mug(2), false);
    assert_eq!(refused.await.unwrap_err().rule, "first_look_due");
    // Nor about a copy of it that somebody saved again.
    let refused = world.app.ask_about(world.tenant, saved_again(2), false);
    assert_eq!(refused.await.unwrap_err().rule, "alike_unseen");
    // Nor does the page of those who run it tell which case it is.
    let matched = async || {
        let view = world.app.exchange_view(&world.reviewer).await.unwrap();
        view.unwrap().matched
    };
    assert_eq!(matched().await, []);
    world.act(&world.reviewer, case, look()).await.unwrap();
    let told = matched().await;
    assert_eq!((told.len(), told[0].case), (1, case));
    let asked = world.app.ask_about(world.tenant, cracked_mug(2), false);
    assert_eq!(asked.await.unwrap().items.len(), 1);
}

#[tokio::test]
async fn only_those_who_run_it_and_auditors_read_about_it() {
    let world = World::new().await;
    let mut platforms = founded(&world);
    publish(&mut platforms, now_s(&world), 2, cracked_mug(2)).await;
    platforms.sync();
    take_part(&world, &platforms);
    for who in [&world.merchant, &world.agent, &world.dispatcher] {
        let view = world.app.exchange_view(who).await;
        assert_eq!(view.unwrap_err().rule, "role_required");
        let log = world.app.exchange_log(who, None).await;
        assert_eq!(log.unwrap_err().rule, "role_required");
    }
    let log = world.app.exchange_log(&world.auditor, None).await.unwrap();
    let entries: Vec<(u64, &str, Option<u16>)> = log
        .entries
        .iter()
        .map(|entry| (entry.place, entry.what, entry.by))
        .collect();
    assert_eq!(entries, [(1, "published", Some(2)), (0, "founded", None)]);
    assert_eq!((log.size, log.next), (2, None));
    let first = world.app.exchange_log(&world.auditor, Some(1)).await;
    assert_eq!(first.unwrap().entries.len(), 1);
}
