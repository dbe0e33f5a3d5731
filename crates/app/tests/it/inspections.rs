//! A claim's photos are checked in the background, once, whatever dies in between; and nobody sees
//! what was found before a human looked.

use crate::world::{World, cracked_mug, damage};
use aftercare_app::actions::Action;
use aftercare_app::drive::{Inspected, Inspection, Source};
use aftercare_app::error::{AppError, ErrorKind};
use aftercare_app::import::ImportKind;
use aftercare_app::screener::{ChildScreener, DirectScreener, Screener};
use aftercare_app::views::IntakeReceipt;
use aftercare_domain::event::Look;
use aftercare_domain::evidence::EvidenceKind;
use aftercare_domain::ids::CaseId;
use aftercare_domain::time::DAY_MS;
use aftercare_domain::view::Overlay as Shown;
use aftercare_evidence::child::{ClipReport, PhotoReport, ScreenClip, ScreenPhoto};
use aftercare_evidence::driver::ClaimFiles;
use aftercare_evidence::inspect::{Overlay, OverlayKind, Party, Role, Verdict};
use aftercare_evidence::{Finding, FindingCode, Grade, PixelBox};
use aftercare_labels::Report;
use aftercare_labels::consistency::Times;
use aftercare_labels::credentials::TrustList;
use aftercare_labels::publish::{NotPublished, Publication, Published};
use async_trait::async_trait;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Notify;

const HEAT: &[u8] = b"a heat map";
const ALIGNED: &[u8] = b"the listing photo as it lies under the photo";
const SENTENCE: &str = "这张照片由商品主图制作，标出的部分被改动过。";

/// Reads like the real one, and says of every claim's first photo what it is told to.
#[derive(Default)]
pub(crate) struct Scripted {
    direct: DirectScreener,
    forged: AtomicBool,
    broken: AtomicBool,
    /// Has no time for anything.
    slow: AtomicBool,
    /// Finds what a photo shows missing on every photo that was taken on request.
    contradicted: AtomicBool,
    /// Stops before it answers, until it is told to go on.
    held: AtomicBool,
    reached: Notify,
    go: Notify,
    asked: Mutex<Vec<ClaimFiles>>,
}

#[async_trait]
impl Screener for &'static Scripted {
    async fn screen(&self, photo: ScreenPhoto) -> Result<PhotoReport, AppError> {
        self.direct.screen(photo).await
    }

    async fn screen_clip(&self, clip: ScreenClip) -> Result<ClipReport, AppError> {
        self.direct.screen_clip(clip).await
    }

    async fn inspect(
        &self,
        mut inspection: Inspection,
        source: &dyn Source,
    ) -> Result<Inspected, AppError> {
        if self.held.swap(false, Ordering::SeqCst) {
            self.reached.notify_one();
            self.go.notified().await;
        }
        if self.slow.load(Ordering::SeqCst) {
            inspection.within = Duration::ZERO;
        }
        self.asked.lock().unwrap().push(inspection.files.clone());
        if self.broken.load(Ordering::SeqCst) {
            return Err(AppError::internal("the child cannot be started"));
        }
        let reference = inspection.files.references.first().cloned();
        let views = inspection.files.photos.clone();
        let mut inspected = self.direct.inspect(inspection, source).await?;
        let photos = &mut inspected.driven.inspection.photos;
        if self.contradicted.load(Ordering::SeqCst) {
            for photo in photos.iter_mut() {
                let mut later = views.iter().filter(|view| view.role == Role::Challenge);
                if let Some(view) = later.find(|view| view.name != photo.photo.name) {
                    let code = FindingCode::DamageNotConfirmed;
                    let mut lacks = Finding::new(code, Grade::Near, "那里看不到", "not there");
                    lacks.reference = Some(view.name.clone());
                    photo.findings = vec![lacks];
                    photo.verdict = Verdict::Review;
                }
            }
        }
        if self.forged.load(Ordering::SeqCst) {
            let photo = &mut photos[0];
            // Where there is no listing, as if there were.
            let listing = || "listing:018f3c2a-0000-7000-8000-000000000001".to_owned();
            let name = Some(reference.map_or_else(listing, |picture| picture.name));
            let finding = |code: FindingCode| {
                let mut finding = Finding::new(code, Grade::Exact, SENTENCE, "made from it");
                finding.reference.clone_from(&name);
                finding
            };
            let mut edited = finding(FindingCode::EditedRegion);
            edited.mask = Some("edited_region.mask.png".to_owned());
            edited.boxes = vec![PixelBox {
                x: 41,
                y: 30,
                width: 9,
                height: 24,
            }];
            photo.findings = vec![finding(FindingCode::DerivedFromReference), edited];
            photo.verdict = Verdict::Intercept;
            photo.overlays = [
                ("mask.png", OverlayKind::Mask, b"a mask".as_slice()),
                ("heat.png", OverlayKind::Heat, HEAT),
                ("aligned.jpg", OverlayKind::Aligned, ALIGNED),
            ]
            .into_iter()
            .map(|(ending, kind, bytes)| Overlay {
                name: format!("edited_region.{ending}"),
                kind,
                code: FindingCode::EditedRegion,
                bytes: bytes.to_vec(),
            })
            .collect();
        }
        Ok(inspected)
    }

    async fn marks(
        &self,
        file: Vec<u8>,
        trusted: Arc<TrustList>,
        today: i64,
        times: Times,
    ) -> Report {
        self.direct.marks(file, trusted, today, times).await
    }

    async fn publish(
        &self,
        picture: Vec<u8>,
        publication: Publication,
    ) -> Result<Result<Published, NotPublished>, AppError> {
        self.direct.publish(picture, publication).await
    }
}

impl Scripted {
    /// Says from now on that the first photo was forged, or not.
    pub(crate) fn forge(&self, forged: bool) {
        self.forged.store(forged, Ordering::SeqCst);
    }
}

pub(crate) async fn world() -> (World, &'static Scripted) {
    let scripted: &'static Scripted = Box::leak(Box::default());
    (World::with(Arc::new(scripted)).await, scripted)
}

async fn inspections(world: &World, case: CaseId) -> usize {
    let events = world.events(case).await;
    let inspected = events.iter().filter(|name| *name == "claim_inspected.v1");
    inspected.count()
}

pub(crate) fn look() -> Action {
    Action::FirstLook {
        claim: None,
        look: Look::DoesNotSupport,
        note: String::new(),
        seen: Vec::new(),
    }
}

#[tokio::test]
async fn an_intercepted_photo_brings_a_human_and_opens_to_everybody_at_once() {
    let (world, scripted) = world().await;
    scripted.forged.store(true, Ordering::SeqCst);
    let receipt = world
        .claim("A1", "陈试用", "13800000003", cracked_mug(1))
        .await;
    world.app.settle().await.unwrap();
    let case = receipt.case;
    assert_eq!(world.claim_state(case).await, "first_look");
    let claimant = world.claimant(&receipt).await;
    let evidence = {
        let detail = world.app.case_detail(&world.reviewer, case).await.unwrap();
        detail.claims[0].evidence[0].id
    };
    // No view, no picture, for nobody.
    for (name, detail) in world.as_everybody_reads(&receipt).await {
        let text = serde_json::to_string(&detail).unwrap();
        for words in [
            SENTENCE,
            "intercept",
            "edited_region",
            "\"heat_map\":true",
            "\"boxes\":[{",
        ] {
            assert!(!text.contains(words), "{name} reads {words}");
        }
    }
    for (name, who) in world.everybody_at(&receipt).await {
        for which in [Shown::HeatMap, Shown::Aligned] {
            let answer = world.app.overlay_picture(&who, evidence, which).await;
            assert_eq!(answer.unwrap_err().kind, ErrorKind::NotFound, "{name}");
        }
    }
    world.act(&world.reviewer, case, look()).await.unwrap();
    let readers = [&world.reviewer, &world.merchant, &world.agent, &claimant];
    let mut read = Vec::new();
    for who in readers {
        let detail = world.app.case_detail(who, case).await.unwrap();
        let claim = &detail.claims[0];
        let check = claim.evidence[0].check.clone().unwrap();
        assert_eq!(check.verdict.as_deref(), Some("intercept"));
        assert!(check.heat_map && check.aligned && check.boxes.len() == 1);
        assert_eq!((check.width, check.height), (Some(640), Some(480)));
        read.push((claim.findings.clone(), check));
        for (which, bytes) in [(Shown::HeatMap, HEAT), (Shown::Aligned, ALIGNED)] {
            let picture = world.app.overlay_picture(who, evidence, which).await;
            assert_eq!(picture.unwrap().bytes, bytes);
        }
    }
    assert!(read.iter().all(|one| *one == read[0]), "the same for all");
    // The others still see nothing.
    let technician = &world.technician;
    let answer = world
        .app
        .overlay_picture(technician, evidence, Shown::HeatMap)
        .await;
    assert_eq!(answer.unwrap_err().kind, ErrorKind::NotFound);
    // The person is not refused anything: the merchant's window is open.
    assert_eq!(world.claim_state(case).await, "merchant_window");
}

#[tokio::test]
async fn what_died_is_done_again_and_recorded_once() {
    let (world, scripted) = world().await;
    scripted.broken.store(true, Ordering::SeqCst);
    let receipt = world
        .claim("A1", "周示范", "13800000002", cracked_mug(1))
        .await;
    assert_eq!(world.app.inspection_turn().await.unwrap().failed, 1);
    assert_eq!(world.claim_state(receipt.case).await, "evidence_check");
    scripted.broken.store(false, Ordering::SeqCst);
    world.pass(5 * aftercare_domain::time::MINUTE_MS).await;
    assert_eq!(inspections(&world, receipt.case).await, 1);
    assert_eq!(world.claim_state(receipt.case).await, "merchant_window");
    // Nothing waits any more.
    assert_eq!(world.app.inspection_turn().await.unwrap().jobs, 0);
}

#[tokio::test]
async fn photos_are_compared_with_the_listing_the_packing_and_each_other_but_never_as_copies() {
    let (world, scripted) = world().await;
    let product = world.app.products_of(world.tenant).await.unwrap();
    let mug = product.iter().find(|product| product.code == "MUG");
    world
        .app
        .store_listing_photo(&world.admin, mug.unwrap().id, cracked_mug(7), false)
        .await
        .unwrap();
    let receipt = world
        .claim("A1", "周示范", "13800000002", cracked_mug(1))
        .await;
    world.app.settle().await.unwrap();
    let case = receipt.case;
    // The listing came after the order was paid: it is not what the buyer saw.
    let first = scripted.asked.lock().unwrap().clone();
    assert_eq!(first.len(), 1);
    assert!(first[0].references.is_empty());

    let claimant = world.claimant(&receipt).await;
    let add = |text: &str| Action::AddEvidence {
        claim: None,
        answers: None,
        text: text.to_owned(),
    };
    let mut packing = damage(cracked_mug(2));
    packing.kind = EvidenceKind::PackingPhoto;
    world
        .app
        .act(&world.merchant, case, add("打包"), vec![packing], None)
        .await
        .unwrap();
    world.app.settle().await.unwrap();
    let again = vec![damage(cracked_mug(3))];
    world
        .app
        .act(&claimant, case, add("再拍一张"), again, None)
        .await
        .unwrap();
    world.app.settle().await.unwrap();
    let asked = scripted.asked.lock().unwrap().clone();
    // The claimant's photos together, then each against the packing photo, which came after the first of them.
    let together = &asked[asked.len() - 3];
    assert_eq!(together.photos.len(), 2);
    assert!(together.references.is_empty());
    for beside in &asked[asked.len() - 2..] {
        assert_eq!(beside.photos.len(), 1);
        assert_eq!(beside.photos[0].role, Role::Claim);
        let roles: Vec<Role> = beside.references.iter().map(|one| one.role).collect();
        assert_eq!(roles, [Role::Packing]);
    }
    // The merchant's photo by itself, once.
    let alone = asked.iter().filter(|files| {
        let photos = &mut files.photos.iter();
        photos.any(|photo| photo.party == Party::Merchant)
    });
    let alone: Vec<_> = alone
        .map(|files| (files.photos.len(), files.references.len()))
        .collect();
    assert_eq!(alone, [(1, 0)]);
    assert_eq!(inspections(&world, case).await, 3);
}

/// A claim whose item a technician looked at, and took a photo of.
async fn visited(
    world: &World,
    scripted: &Scripted,
    outcome: aftercare_domain::event::WorkOutcome,
) -> CaseId {
    // The very photo of another claim: the technician is not accused of that.
    let receipt = visited_with(world, scripted, outcome, cracked_mug(1), false).await;
    receipt.case
}

/// A claim at whose item a technician is, as both sides agreed.
pub(crate) async fn at_the_item(world: &World) -> IntakeReceipt {
    let receipt = world
        .claim("A3", "周示范", "13800000002", cracked_mug(1))
        .await;
    world.app.settle().await.unwrap();
    let case = receipt.case;
    let resolution = |kind: &str, fen: Option<i64>| aftercare_app::actions::ResolutionInput {
        kind: kind.to_owned(),
        amount: fen.map(aftercare_domain::Fen),
    };
    let offer = Action::OfferSettlement {
        claim: None,
        resolution: resolution("partial", Some(2_000)),
        statement: String::new(),
    };
    world.act(&world.merchant, case, offer).await.unwrap();
    let claimant = world.claimant(&receipt).await;
    let counter = Action::OfferCounter {
        claim: None,
        resolution: resolution("inspection", None),
        statement: String::new(),
    };
    world.act(&claimant, case, counter).await.unwrap();
    let accept = Action::AnswerCounter {
        claim: None,
        accept: true,
    };
    world.act(&world.merchant, case, accept).await.unwrap();
    world.app.settle().await.unwrap();
    let technicians = world.app.technicians(&world.dispatcher).await.unwrap();
    let offer = Action::Offer {
        work_order: None,
        technician: Some(technicians[0].id),
    };
    world.act(&world.dispatcher, case, offer).await.unwrap();
    let detail = world
        .app
        .case_detail(&world.technician, case)
        .await
        .unwrap();
    let accept = Action::AcceptOffer {
        work_order: None,
        offer: detail.work_orders[0].offers[0].id,
    };
    world.act(&world.technician, case, accept).await.unwrap();
    let now = world.app.now();
    let schedule = Action::Schedule {
        work_order: None,
        from: now.plus_ms(aftercare_domain::time::HOUR_MS),
        until: now.plus_ms(2 * aftercare_domain::time::HOUR_MS),
    };
    world.act(&world.technician, case, schedule).await.unwrap();
    world.start_visit(case).await;
    receipt
}

/// The technician reports, with that photo.
pub(crate) async fn report(
    world: &World,
    case: CaseId,
    outcome: aftercare_domain::event::WorkOutcome,
    photo: Vec<u8>,
) {
    let finish = Action::Finish {
        work_order: None,
        outcome,
        actions: Vec::new(),
        note: String::new(),
    };
    let mut seen = damage(photo);
    seen.kind = EvidenceKind::RepairPhoto;
    world
        .app
        .act(&world.technician, case, finish, vec![seen], None)
        .await
        .unwrap();
    world.app.settle().await.unwrap();
}

/// A claim whose item a technician looked at, with that photo, after which the claim's is `forged` or not.
pub(crate) async fn visited_with(
    world: &World,
    scripted: &Scripted,
    outcome: aftercare_domain::event::WorkOutcome,
    photo: Vec<u8>,
    forged: bool,
) -> IntakeReceipt {
    let receipt = at_the_item(world).await;
    // Whatever is said of the technician's photo, which comes last, is said of nobody.
    scripted.asked.lock().unwrap().clear();
    scripted.forge(forged);
    report(world, receipt.case, outcome, photo).await;
    receipt
}

/// The case as its events say.
async fn state_of(world: &World, case: CaseId) -> aftercare_domain::Case {
    let events = world.store.load_case(case).await.unwrap();
    events
        .iter()
        .fold(aftercare_domain::Case::default(), |case, stored| {
            aftercare_domain::evolve(case, &stored.event)
        })
}

#[tokio::test]
async fn what_was_repaired_contradicts_no_photo_of_what_was_broken() {
    let (world, scripted) = world().await;
    visited(
        &world,
        scripted,
        aftercare_domain::event::WorkOutcome::Fixed,
    )
    .await;
    assert_eq!(scripted.asked.lock().unwrap().len(), 0);
}

#[tokio::test]
async fn what_a_technician_saw_is_a_view_that_is_told_nothing_about() {
    let (world, scripted) = world().await;
    let outcome = aftercare_domain::event::WorkOutcome::NoFaultFound;
    let case = visited(&world, scripted, outcome).await;
    assert_eq!(world.claim_state(case).await, "human_review");
    let asked = scripted.asked.lock().unwrap().clone();
    assert_eq!(asked.len(), 1, "the claim's photos were looked at again");
    let parts: Vec<_> = asked[0]
        .photos
        .iter()
        .map(|photo| (photo.party, photo.role, photo.session.is_some()))
        .collect();
    assert_eq!(
        parts,
        [
            (Party::Claimant, Role::Claim, false),
            (Party::Technician, Role::Challenge, true)
        ]
    );
    // What was found about the technician's photo is nowhere.
    let state = state_of(&world, case).await;
    let of_technician = state.evidence.values().find(|piece| piece.party.is_none());
    assert_eq!(of_technician.unwrap().findings, []);
    assert!(!state.is_accused(*state.claims.keys().next().unwrap()));
}

/// The claimant adds a photo of that seed.
pub(crate) async fn add_photo(
    world: &World,
    claimant: &aftercare_app::Principal,
    case: CaseId,
    answers: Option<aftercare_domain::ids::EvidenceId>,
    photo: Vec<u8>,
) {
    let add = Action::AddEvidence {
        claim: None,
        answers,
        text: String::new(),
    };
    let photos = vec![damage(photo)];
    let added = world.app.act(claimant, case, add, photos, None).await;
    added.unwrap();
}

#[tokio::test]
async fn what_of_a_file_was_not_looked_at_is_told_with_the_findings_to_everybody() {
    let (world, scripted) = world().await;
    scripted.forged.store(true, Ordering::SeqCst);
    let moving = aftercare_testkit::animation(640, 480, 3);
    let receipt = world.claim("A1", "周示范", "13800000002", moving).await;
    world.app.settle().await.unwrap();
    let (case, claimant) = (receipt.case, world.claimant(&receipt).await);
    world.act(&world.reviewer, case, look()).await.unwrap();
    for who in [&world.reviewer, &world.merchant, &claimant] {
        let detail = world.app.case_detail(who, case).await.unwrap();
        let check = detail.claims[0].evidence[0].check.clone().unwrap();
        let [note] = &check.notes[..] else {
            panic!("one note: {:?}", check.notes);
        };
        assert!(note.en.contains("3 pictures") && note.zh.contains("第一帧"));
    }
}

#[tokio::test]
async fn a_photo_taken_on_request_contradicts_only_what_came_before_it() {
    let (world, scripted) = world().await;
    let receipt = world
        .claim("A1", "周示范", "13800000002", cracked_mug(1))
        .await;
    world.app.settle().await.unwrap();
    let (case, claimant) = (receipt.case, world.claimant(&receipt).await);
    let first = world.app.case_detail(&world.reviewer, case).await.unwrap();
    let first = first.claims[0].evidence[0].id;
    let ask = Action::AskNewPhoto {
        claim: None,
        evidence: first,
    };
    world.act(&world.reviewer, case, ask).await.unwrap();
    world.clock.advance_ms(DAY_MS);
    add_photo(&world, &claimant, case, Some(first), cracked_mug(2)).await;
    world.app.settle().await.unwrap();
    // By now it broke.
    world.clock.advance_ms(DAY_MS);
    scripted.contradicted.store(true, Ordering::SeqCst);
    add_photo(&world, &claimant, case, None, cracked_mug(3)).await;
    world.app.settle().await.unwrap();
    let state = state_of(&world, case).await;
    let claim = state.claims.values().next().unwrap();
    let accused: Vec<bool> = claim
        .evidence
        .iter()
        .map(|id| {
            let findings = &mut state.evidence[id].findings.iter();
            findings.any(aftercare_domain::evidence::Finding::accuses)
        })
        .collect();
    assert_eq!(accused, [true, false, false]);
}

#[tokio::test]
async fn a_listing_photo_that_was_added_after_the_order_was_paid_accuses_nobody() {
    let (world, scripted) = world().await;
    let products = world.app.products_of(world.tenant).await.unwrap();
    let lamp = products.iter().find(|product| product.code == "LAMP");
    let lamp = lamp.unwrap().id;
    // The very picture, on the page of another product: perhaps the shop has it from the buyer.
    let photo = cracked_mug(1);
    let stored = world
        .app
        .store_listing_photo(&world.merchant, lamp, photo, false);
    let before = stored.await.unwrap();
    world.clock.advance_ms(DAY_MS);
    let receipt = world
        .claim("A1", "陈试用", "13800000003", crate::world::saved_again(1))
        .await;
    world.app.settle().await.unwrap();
    let case = receipt.case;
    assert_eq!(world.claim_state(case).await, "merchant_window");
    let state = state_of(&world, case).await;
    let claim = *state.claims.keys().next().unwrap();
    assert!(!state.is_accused(claim));
    assert_eq!(state.to_look_at(claim).len(), 1, "a person compares");
    let piece = state.evidence.values().next().unwrap();
    let note = &piece.findings[0];
    assert_eq!(
        note.code,
        aftercare_domain::evidence::FindingCode::CannotTell
    );
    assert!(note.zh.contains("商品页面") && note.en.contains("cannot be told"));
    let asked = scripted.asked.lock().unwrap().clone();
    let references: Vec<(Role, Party)> = asked
        .iter()
        .flat_map(|files| &files.references)
        .map(|picture| (picture.role, picture.party))
        .collect();
    // Of the same shop: a tenant is one.
    assert_eq!(references, [(Role::Listing, Party::Merchant)]);
    // One that was added after the photo came is not even looked at.
    world
        .app
        .retire_listing_photos(&world.merchant, lamp)
        .await
        .unwrap();
    let healed = crate::world::saved_again(1);
    let stored = world
        .app
        .store_listing_photo(&world.merchant, lamp, healed, false);
    let after = stored.await.unwrap();
    scripted.asked.lock().unwrap().clear();
    let claimant = world.claimant(&receipt).await;
    add_photo(&world, &claimant, case, None, cracked_mug(3)).await;
    world.app.settle().await.unwrap();
    let asked = scripted.asked.lock().unwrap().clone();
    let pictures = asked.iter().flat_map(|files| &files.references);
    let names: std::collections::BTreeSet<String> =
        pictures.map(|picture| picture.name.clone()).collect();
    assert!(names.contains(&format!("listing:{before}")));
    assert!(!names.contains(&format!("listing:{after}")));
}

#[tokio::test]
async fn a_file_that_is_gone_keeps_no_other_photo_from_being_checked() {
    let (world, _) = world().await;
    let input = crate::world::claim_input("A1", "陈试用", "13800000003");
    let photos = vec![damage(cracked_mug(1)), damage(cracked_mug(2))];
    let filed = world
        .app
        .file_claim(world.tenant, None, input, photos, None);
    let case = filed.await.unwrap().case;
    let rows = world.store.evidence_of_case(case).await.unwrap();
    let (folder, file) = rows[0].blob.split_at(2);
    let blobs = world.folder.path().join("data").join("blobs");
    std::fs::remove_file(blobs.join(folder).join(file)).unwrap();
    world.app.settle().await.unwrap();
    assert_eq!(world.claim_state(case).await, "merchant_window");
    let state = state_of(&world, case).await;
    let codes = |id| {
        let findings = state.evidence[&id].findings.iter();
        findings.map(|finding| finding.code).collect::<Vec<_>>()
    };
    use aftercare_domain::evidence::FindingCode as Told;
    assert_eq!(codes(rows[0].evidence), [Told::NotDecoded]);
    assert!(!codes(rows[1].evidence).contains(&Told::NotDecoded));
    let gone = &state.evidence[&rows[0].evidence].findings[0];
    assert!(gone.zh.contains("打不开"), "{}", gone.zh);
}

#[tokio::test]
async fn a_photo_for_which_there_was_no_time_is_looked_at_again_and_never_told_to_be_unreadable() {
    let (world, scripted) = world().await;
    let receipt = world
        .claim("A1", "周示范", "13800000002", cracked_mug(1))
        .await;
    world.app.settle().await.unwrap();
    let case = receipt.case;
    let claimant = world.claimant(&receipt).await;
    let before = state_of(&world, case).await.evidence;
    scripted.slow.store(true, Ordering::SeqCst);
    add_photo(&world, &claimant, case, None, cracked_mug(2)).await;
    world.app.turn().await.unwrap();
    assert_eq!(world.app.inspection_turn().await.unwrap().failed, 1);
    let during = state_of(&world, case).await.evidence;
    assert!(before.iter().all(|(id, piece)| during[id] == *piece));
    assert_eq!(inspections(&world, case).await, 1);
    scripted.slow.store(false, Ordering::SeqCst);
    world.pass(aftercare_domain::time::MINUTE_MS).await;
    assert_eq!(inspections(&world, case).await, 2);
    let state = state_of(&world, case).await;
    for piece in state.evidence.values() {
        assert_ne!(
            piece.state,
            aftercare_domain::evidence::EvidenceState::Logged
        );
        let unread = aftercare_domain::evidence::FindingCode::NotDecoded;
        assert!(piece.findings.iter().all(|finding| finding.code != unread));
    }
}

#[tokio::test]
async fn a_photo_is_checked_though_another_was_set_aside_meanwhile() {
    let (world, scripted) = world().await;
    let receipt = world
        .claim("A1", "周示范", "13800000002", cracked_mug(1))
        .await;
    world.app.settle().await.unwrap();
    let case = receipt.case;
    let claimant = world.claimant(&receipt).await;
    add_photo(&world, &claimant, case, None, cracked_mug(2)).await;
    let claim = state_of(&world, case).await;
    let evidence = claim.claims.values().next().unwrap().evidence.clone();
    scripted.held.store(true, Ordering::SeqCst);
    let (turn, ()) = tokio::join!(world.app.inspection_turn(), async {
        scripted.reached.notified().await;
        let aside = Action::JudgeEvidence {
            claim: None,
            evidence: evidence[0],
            accepted: false,
        };
        world.act(&world.reviewer, case, aside).await.unwrap();
        scripted.go.notify_one();
    });
    assert_eq!(turn.unwrap().failed, 0);
    let state = state_of(&world, case).await;
    use aftercare_domain::evidence::EvidenceState as Stands;
    let states = evidence.iter().map(|id| state.evidence[id].state);
    assert_eq!(
        states.collect::<Vec<_>>(),
        [Stands::Excluded, Stands::Screened]
    );
}

#[tokio::test]
async fn a_photo_that_was_copied_later_does_not_make_its_first_sender_a_copy() {
    let (world, _) = world().await;
    let first = world
        .claim("A1", "周示范", "13800000002", cracked_mug(1))
        .await;
    world.app.settle().await.unwrap();
    let second = world
        .claim("A2", "陈试用", "13800000003", cracked_mug(1))
        .await;
    world.app.settle().await.unwrap();
    assert_eq!(world.claim_state(second.case).await, "first_look");
    // The first person adds a photo, so that everything of that claim is looked at again.
    let claimant = world.claimant(&first).await;
    let add = Action::AddEvidence {
        claim: None,
        answers: None,
        text: String::new(),
    };
    world
        .app
        .act(
            &claimant,
            first.case,
            add,
            vec![damage(cracked_mug(2))],
            None,
        )
        .await
        .unwrap();
    world.app.settle().await.unwrap();
    assert_eq!(inspections(&world, first.case).await, 2);
    assert_eq!(world.claim_state(first.case).await, "merchant_window");
    let events = world.events(first.case).await;
    assert!(!events.iter().any(|name| name == "first_look_required.v1"));
}

/// Puts a comment segment with an AI-content label behind the start of a JPEG.
pub(crate) fn labeled(jpeg: &[u8]) -> Vec<u8> {
    let label = br#"{"AIGC":{"Label":"1","ContentProducer":"vendor","ProduceID":"p-1"}}"#;
    let mut file = jpeg[..2].to_vec();
    file.extend([0xFF, 0xFE]);
    file.extend(u16::try_from(label.len() + 2).unwrap().to_be_bytes());
    file.extend(label);
    file.extend(&jpeg[2..]);
    file
}

#[tokio::test]
async fn what_a_file_says_about_itself_is_a_note_that_opens_with_the_findings_and_weighs_nothing() {
    let (world, scripted) = world().await;
    scripted.forged.store(true, Ordering::SeqCst);
    let original = labeled(&cracked_mug(21));
    let mut photo = damage(original.clone());
    photo.ai_declared = true;
    let input = crate::world::claim_input("A1", "陈试用", "13800000003");
    let receipt = world
        .app
        .file_claim(world.tenant, None, input, vec![photo], None)
        .await
        .unwrap();
    world.app.settle().await.unwrap();
    let case = receipt.case;
    assert_eq!(world.claim_state(case).await, "first_look");
    let claimant = world.claimant(&receipt).await;
    let readers = [&world.reviewer, &world.merchant, &claimant];
    for reader in readers {
        let detail = world.app.case_detail(reader, case).await.unwrap();
        let photo = &detail.claims[0].evidence[0];
        assert!(photo.ai_declared, "what its sender said is said at once");
        assert_eq!(photo.marks, None, "a label would color the blind look");
    }
    world.act(&world.reviewer, case, look()).await.unwrap();
    for reader in readers {
        let detail = world.app.case_detail(reader, case).await.unwrap();
        let marks = detail.claims[0].evidence[0].marks.clone().unwrap();
        assert_eq!(marks.len(), 1);
        assert_eq!(
            (
                marks[0].kind.as_str(),
                marks[0].source.as_str(),
                marks[0].level
            ),
            ("ai_label", "jpeg_comment", Some(1))
        );
        let said = |key: &str, value: &str| {
            let fields = &mut marks[0].fields.iter();
            fields.any(|field| field.key == key && field.value == value)
        };
        assert!(said("ContentProducer", "vendor") && said("Label", "1"));
    }
    // The original is untouched, and no sealed row shows the label's text.
    let evidence = {
        let detail = world.app.case_detail(&world.reviewer, case).await.unwrap();
        detail.claims[0].evidence[0].id
    };
    let picture = world
        .app
        .picture(&world.reviewer, evidence, true)
        .await
        .unwrap();
    assert_eq!(picture.bytes, original);
}

#[tokio::test]
async fn a_label_of_the_listing_photo_opens_with_the_findings() {
    let (world, scripted) = world().await;
    scripted.forged.store(true, Ordering::SeqCst);
    let products = world.app.products_of(world.tenant).await.unwrap();
    let mug = products.iter().find(|product| product.code == "MUG");
    let listing = labeled(&cracked_mug(1));
    world
        .app
        .store_listing_photo(&world.merchant, mug.unwrap().id, listing, false)
        .await
        .unwrap();
    world.clock.advance_ms(3 * DAY_MS);
    let order =
        "number,paid_at,delivered_at,product_code,paid\nA9,2026-11-04,2026-11-05,MUG,68.00\n";
    world
        .app
        .import(&world.admin, ImportKind::Orders, order.as_bytes(), false)
        .await
        .unwrap();
    let receipt = world
        .claim("A9", "陈试用", "13800000003", cracked_mug(22))
        .await;
    world.app.settle().await.unwrap();
    let case = receipt.case;
    assert_eq!(world.claim_state(case).await, "first_look");
    let claimant = world.claimant(&receipt).await;
    let readers = [&world.reviewer, &world.merchant, &claimant];
    for reader in readers {
        let detail = world.app.case_detail(reader, case).await.unwrap();
        let line = &detail.order.unwrap().lines[0];
        assert_eq!(line.listing_photos.len(), 1);
        assert_eq!(
            line.listing_labels,
            [],
            "a label would color the blind look"
        );
    }
    world.act(&world.reviewer, case, look()).await.unwrap();
    for reader in readers {
        let detail = world.app.case_detail(reader, case).await.unwrap();
        assert_eq!(detail.order.unwrap().lines[0].listing_labels.len(), 1);
    }
}

#[tokio::test]
async fn a_label_alone_holds_no_claim_back() {
    let world = World::new().await;
    let plain = world
        .claim("A1", "陈试用", "13800000003", cracked_mug(22))
        .await;
    let labeled = world
        .claim("A2", "王试用", "13800000004", labeled(&cracked_mug(23)))
        .await;
    world.app.settle().await.unwrap();
    assert_eq!(
        world.claim_state(plain.case).await,
        world.claim_state(labeled.case).await
    );
    let detail = world
        .app
        .case_detail(&world.merchant, labeled.case)
        .await
        .unwrap();
    assert_eq!(
        detail.claims[0].evidence[0].marks.as_ref().map(Vec::len),
        Some(1)
    );
}

/// Reads pictures here, and marks in a child that dies over every file.
#[derive(Default)]
struct WithoutMarks(DirectScreener);

#[async_trait]
impl Screener for WithoutMarks {
    async fn screen(&self, photo: ScreenPhoto) -> Result<PhotoReport, AppError> {
        self.0.screen(photo).await
    }

    async fn screen_clip(&self, clip: ScreenClip) -> Result<ClipReport, AppError> {
        self.0.screen_clip(clip).await
    }

    async fn inspect(
        &self,
        inspection: Inspection,
        source: &dyn Source,
    ) -> Result<Inspected, AppError> {
        self.0.inspect(inspection, source).await
    }

    async fn marks(
        &self,
        file: Vec<u8>,
        trusted: Arc<TrustList>,
        today: i64,
        times: Times,
    ) -> Report {
        let dying = ChildScreener::new("/bin/false".into());
        dying.marks(file, trusted, today, times).await
    }

    async fn publish(
        &self,
        picture: Vec<u8>,
        publication: Publication,
    ) -> Result<Result<Published, NotPublished>, AppError> {
        let dying = ChildScreener::new("/bin/false".into());
        dying.publish(picture, publication).await
    }
}

#[tokio::test]
async fn a_photo_whose_marks_cannot_be_read_is_taken_and_a_note_says_so() {
    let world = World::with(Arc::<WithoutMarks>::default()).await;
    let receipt = world
        .claim("A1", "陈试用", "13800000003", labeled(&cracked_mug(22)))
        .await;
    world.app.settle().await.unwrap();
    let detail = world
        .app
        .case_detail(&world.merchant, receipt.case)
        .await
        .unwrap();
    let marks = detail.claims[0].evidence[0].marks.as_ref().unwrap();
    assert_eq!(marks.len(), 1);
    assert_eq!(marks[0].kind, "not_checkable");
    assert!(marks[0].zh.contains("未能核对"), "{}", marks[0].zh);
}

#[tokio::test]
async fn a_file_that_waits_for_a_blind_look_is_not_checked_beside_it() {
    let (world, scripted) = world().await;
    let photo = cracked_mug(1);
    let check = async |photo: &[u8], reference: &[u8], tenant| {
        let input = aftercare_app::quick_check::QuickCheckInput {
            photo: Some(photo.to_vec()),
            references: vec![reference.to_vec()],
            tenant,
        };
        let answer = world.app.quick_check(input).await;
        answer.map(|_| ()).map_err(|error| error.rule)
    };
    let other = cracked_mug(5);
    let own = Some(world.tenant);
    assert_eq!(
        check(&photo, &other, own).await,
        Ok(()),
        "no claim has it yet"
    );
    scripted.forged.store(true, Ordering::SeqCst);
    let filed = world.claim("A1", "陈试用", "13800000003", photo.clone());
    let filed = filed.await;
    let case = filed.case;
    let being_checked = Err("claim_check_due".to_owned());
    assert_eq!(check(&photo, &other, own).await, being_checked);
    world.app.settle().await.unwrap();
    assert_eq!(world.claim_state(case).await, "first_look");
    scripted.forged.store(false, Ordering::SeqCst);
    let due = Err("first_look_due".to_owned());
    // As the photo or as what it is compared with, by a colleague or by whoever is not known.
    for tenant in [own, None] {
        assert_eq!(check(&photo, &other, tenant).await, due);
        assert_eq!(check(&other, &photo, tenant).await, due);
    }
    // Another shop learns nothing of it.
    let (stranger, _) = world.app.create_tenant("另一家店", "admin2").await.unwrap();
    assert_eq!(check(&photo, &other, Some(stranger)).await, Ok(()));
    world.act(&world.reviewer, case, look()).await.unwrap();
    assert_eq!(check(&photo, &other, own).await, Ok(()));
    // What a claim that ended unseen keeps closed is not read here either.
    scripted.forged.store(true, Ordering::SeqCst);
    let photo = cracked_mug(7);
    let filed = world.claim("A2", "王试用", "13800000004", photo.clone());
    let filed = filed.await;
    world.app.settle().await.unwrap();
    scripted.forged.store(false, Ordering::SeqCst);
    let claimant = world.claimant(&filed).await;
    let withdraw = Action::WithdrawClaim { claim: None };
    world.act(&claimant, filed.case, withdraw).await.unwrap();
    let ended = Err("ended_unseen".to_owned());
    assert_eq!(check(&photo, &other, own).await, ended);
}

/// What the checks were asked to compare so far.
pub(crate) fn asked(scripted: &Scripted) -> Vec<ClaimFiles> {
    scripted.asked.lock().unwrap().clone()
}
