//! The floor over the wired path: random rule packs are drafted, published and come into force through
//! the application, claims are filed and heard under them, and whatever a pack says, no accusation pays by
//! itself, nobody is refused by a machine alone, every decision cites what was in force on the day, every
//! wait has an end, and both sides see every piece that was used.
//!
//! `AFTERCARE_ANY_PACKS=10000` drives so many; without it a number that takes less than a minute.
//! `AFTERCARE_ANY_SEED` gives others, so that several runs together drive many.

use crate::world::{World, claim_input, damage, refund, rejection};
use aftercare_app::actions::{Action, CitationInput, DecisionInput, ResolutionInput};
use aftercare_app::evidence::Upload;
use aftercare_app::import::ImportKind;
use aftercare_app::payments::{Booked, Booking, Made, Payment, PaymentError, Payments};
use aftercare_app::rng::{Rng as _, SplitMix};
use aftercare_app::views::{CaseDetail, IntakeReceipt};
use aftercare_domain::event::{ClaimReason, Look};
use aftercare_domain::evidence::EvidenceKind;
use aftercare_domain::ids::{CaseId, ClaimId};
use aftercare_domain::law::{LawPack, Standing};
use aftercare_domain::pack::RulePack;
use aftercare_domain::time::{DAY_MS, MINUTE_MS};
use aftercare_domain::{Day, Fen};
use aftercare_scene::{Camera, ItemKind, Scene};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

/// Packs without the variable.
const PACKS: usize = 24;
/// Packs of one shop: each is on its shelf for good.
const PACKS_A_SHOP: usize = 12;
/// Every so many packs a claim comes with a photo that somebody else sent before.
const ACCUSED_EVERY: usize = 6;

/// Pays whatever it is asked to, as often as it is asked to: that nobody is paid twice is not its doing.
#[derive(Default)]
struct Asked(Mutex<Vec<Made>>);

impl Payments for Asked {
    fn pay(&self, payment: &Payment) -> Result<String, PaymentError> {
        let mut asked = self.0.lock().unwrap();
        let reference = format!("{}-{}", payment.claim, asked.len());
        asked.push(Made {
            reference: reference.clone(),
            claim: payment.claim,
            case: payment.case,
            amount: payment.amount,
        });
        Ok(reference)
    }

    fn made(&self) -> Result<Vec<Made>, PaymentError> {
        Ok(self.0.lock().unwrap().clone())
    }

    fn book(&self, _booking: &Booking) -> Result<String, PaymentError> {
        Ok(String::new())
    }

    fn booked(&self) -> Result<Vec<Booked>, PaymentError> {
        Ok(Vec::new())
    }
}

struct Draw(SplitMix);

impl Draw {
    fn below(&self, most: u64) -> u64 {
        self.0.next_u64() % most
    }

    fn of<'a>(&self, from: &[&'a str]) -> &'a str {
        let at = self.below(u64::try_from(from.len()).unwrap());
        from[usize::try_from(at).unwrap()]
    }

    fn yuan(&self) -> u64 {
        1 + self.below(200)
    }

    fn condition(&self) -> String {
        match self.below(11) {
            0 => format!(
                "reason = [\"{}\"]",
                self.of(&["damaged", "missing", "other"])
            ),
            1 => format!("ask = [\"{}\"]", self.of(&["refund", "return", "partial"])),
            2 => format!("amount_at_most = \"{}\"", self.yuan()),
            3 => format!("amount_above = \"{}\"", self.yuan()),
            4 => format!("perishable = {}", self.of(&["true", "false"])),
            5 => format!("filed_within = \"{} h\"", 1 + self.below(900)),
            6 => format!("filed_after = \"{} h\"", 1 + self.below(900)),
            7 => format!("shown = [\"{}\"]", self.of(&["whole_item", "close_up"])),
            8 => "accused = true".to_owned(),
            9 => format!("rejected_before = {}", 1 + self.below(3)),
            _ => format!("statutory = {}", self.of(&["true", "false"])),
        }
    }

    fn effect(&self) -> String {
        match self.below(8) {
            0 => format!(
                "without_return = {{ by = \"{}\", cap = \"{}\" }}",
                self.of(&["merchant", "reviewer"]),
                self.yuan()
            ),
            1 => "return_first = true".to_owned(),
            2 => format!(
                "ask = [\"{}\"]",
                self.of(&["whole_item", "shipping_label", "unboxing_clip"])
            ),
            3 => "first_look = true".to_owned(),
            4 => "second_reviewer = true".to_owned(),
            5 => "reviewers = \"fresh\"".to_owned(),
            6 => format!("sample_permille = {}", 1 + self.below(1_000)),
            _ => format!(
                "widen = {{ {} = \"{} h\" }}",
                self.of(&["merchant_answer", "review", "evidence_round"]),
                100 + self.below(400)
            ),
        }
    }

    fn rule(&self, number: u64) -> String {
        let some = |parts: Vec<String>| {
            let mut seen = BTreeSet::new();
            let parts: Vec<String> = parts
                .into_iter()
                .filter(|part| seen.insert(part.split(' ').next().unwrap().to_owned()))
                .collect();
            parts.join(", ")
        };
        let when = some((0..self.below(4)).map(|_| self.condition()).collect());
        let then = some((0..1 + self.below(2)).map(|_| self.effect()).collect());
        format!(
            "[[rule]]\nid = \"rule-{number}\"\nzh = \"理由\"\nen = \"Reason\"\nwhen = {{ {when} }}\nthen = {{ {then} }}\ncites = [\"platform_rules/21\"]\n"
        )
    }

    /// A pack of rules that are sound, and how many were drawn that are not.
    fn pack(&self, version: usize, law: &LawPack) -> (String, usize) {
        let mut text = format!(
            "id = \"any\"\nversion = \"{version}\"\ntitle_zh = \"随机\"\ntitle_en = \"Random\"\n[dates]\nnotice = \"major\"\n[clocks]\nmerchant_answer = \"{} h\"\nreview = \"{} h\"\nappeal = \"{} h\"\n",
            24 + self.below(400),
            1 + self.below(400),
            72 + self.below(400),
        );
        let mut refused = 0;
        for number in 0..self.below(6) {
            let more = format!("{text}{}", self.rule(number));
            match RulePack::read(&more, law) {
                Ok(_) => text = more,
                Err(_) => refused += 1,
            }
        }
        (text, refused)
    }
}

/// What only a human does.
const BY_HUMANS: [&str; 8] = [
    "payment_authorized.v1",
    "claim_executed.v1",
    "claim_decided.v1",
    "appeal_decided.v1",
    "merchant_agreed.v1",
    "settlement_accepted.v1",
    "decision_confirmed.v1",
    "fraud_referral_made.v1",
];

/// Lets every clock run out, each at its time, until none is left.
async fn run_out(world: &World) {
    for _ in 0..64 {
        world.app.settle().await.unwrap();
        let far = world.app.now().plus_ms(2_000 * DAY_MS);
        let Some(due) = world.app.next_due(far).await.unwrap() else {
            return;
        };
        world.clock.advance_to(due);
    }
    panic!("a wait had no end");
}

struct Story<'a> {
    world: &'a World,
    draw: &'a Draw,
    law: &'a LawPack,
    pack: String,
}

impl Story<'_> {
    async fn file(&self, number: usize, which: usize, photo: Option<&[u8]>) -> IntakeReceipt {
        let phone = format!("1390{:04}{:03}", number % 10_000, which);
        let mut input = claim_input(&format!("N{number}-{which}"), "周示范", &phone);
        input.reason = match self.draw.below(3) {
            0 => ClaimReason::Damaged,
            1 => ClaimReason::Missing,
            _ => ClaimReason::Other,
        };
        let fen = 1 + i64::try_from(self.draw.below(6_800)).unwrap();
        input.ask = ResolutionInput {
            kind: self.draw.of(&["refund", "return", "partial"]).to_owned(),
            ..refund(fen)
        };
        let photos = photo.map(|photo| damage(photo.to_vec()));
        let filed = self.world.app.file_claim(
            self.world.tenant,
            Some(&self.world.agent),
            input,
            photos.into_iter().collect(),
            None,
        );
        let receipt = filed.await.unwrap();
        self.world.app.settle().await.unwrap();
        receipt
    }

    /// A minute later.
    async fn later(&self) {
        let now = self.world.app.now();
        self.world.clock.advance_to(now.plus_ms(MINUTE_MS));
        self.world.app.settle().await.unwrap();
    }

    /// A reviewer looks, blind, at what nobody saw, and judges what the checks say that a person should.
    async fn look(&self, case: CaseId) {
        for _ in 0..8 {
            let claim = self.seen(case).await.claims.remove(0);
            let wanted = claim
                .evidence
                .iter()
                .find(|piece| claim.to_look_at.contains(&piece.number));
            let action = if claim.state == "first_look" || !claim.unseen.is_empty() {
                Action::FirstLook {
                    claim: None,
                    look: Look::CannotTell,
                    note: String::new(),
                    seen: Vec::new(),
                }
            } else if let Some(piece) = wanted {
                Action::JudgeEvidence {
                    claim: None,
                    evidence: piece.id,
                    accepted: true,
                }
            } else {
                return;
            };
            self.act(&self.world.reviewer, case, action).await;
        }
        panic!("there is always more to look at");
    }

    async fn seen(&self, case: CaseId) -> CaseDetail {
        let app = &self.world.app;
        app.case_detail(&self.world.risk_manager, case)
            .await
            .unwrap()
    }

    /// Nobody acts: a human has it in the end, and nothing was paid, granted or refused.
    async fn left_alone(&self, case: CaseId, accused: bool) {
        if accused {
            let before = self.seen(case).await;
            assert_eq!(before.claims[0].state, "first_look");
            assert!(before.claims[0].findings.is_none());
        }
        run_out(self.world).await;
        let after = self.seen(case).await;
        for entry in &after.timeline {
            assert!(
                !BY_HUMANS.contains(&entry.event.as_str()),
                "{}",
                entry.event
            );
        }
        let state = after.claims[0].state.as_str();
        assert!(matches!(state, "human_review" | "first_look"), "{state}");
        assert!(!accused || state == "first_look");
        assert_eq!((after.claims[0].payment, after.clocks.len()), (None, 0));
    }

    async fn act(&self, who: &aftercare_app::Principal, case: CaseId, action: Action) {
        if let Err(error) = self.world.act(who, case, action).await {
            panic!("{error}\n{}", self.pack);
        }
    }

    /// Both sides are heard, a human decides, and another confirms where the pack says so.
    async fn heard(&self, receipt: &IntakeReceipt, packing: Vec<u8>) {
        let (world, case) = (self.world, receipt.case);
        let filed = Day::of(self.seen(case).await.opened_at);
        self.look(case).await;
        if self.seen(case).await.claims[0].state == "evidence_check" {
            // Another photo was asked for, and none comes.
            world.pass(2 * DAY_MS + MINUTE_MS).await;
        }
        let contest = Action::Contest {
            claim: None,
            statement: "发货时完好。".to_owned(),
        };
        self.act(&world.merchant, case, contest).await;
        let add = Action::AddEvidence {
            claim: None,
            answers: None,
            text: String::new(),
        };
        let packing = Upload {
            kind: EvidenceKind::PackingPhoto,
            bytes: packing,
            ai_declared: false,
        };
        let added = world
            .app
            .act(&world.merchant, case, add, vec![packing], None);
        if let Err(error) = added.await {
            panic!("{error}\n{}", self.pack);
        }
        self.later().await;
        for who in [&world.merchant, &world.agent] {
            self.act(who, case, Action::CloseRound { claim: None })
                .await;
        }
        self.look(case).await;
        let claim = self.seen(case).await.claims[0].id;
        let citable = world
            .app
            .citable(&world.reviewer, case, claim)
            .await
            .unwrap();
        let cited = &citable[usize::try_from(self.draw.below(1_000)).unwrap() % citable.len()];
        let grant = self.draw.below(2) == 0;
        let evidence = self.seen(case).await.claims[0]
            .evidence
            .iter()
            .map(|piece| piece.id)
            .collect();
        let decide = |version: &str| Action::Decide {
            claim: None,
            decision: DecisionInput {
                grant,
                resolution: grant.then(|| ResolutionInput {
                    kind: "partial".to_owned(),
                    ..refund(100)
                }),
                citations: vec![CitationInput {
                    rule: cited.rule.clone(),
                    version: version.to_owned(),
                }],
                evidence,
                ..rejection()
            },
        };
        let decision = decide(&cited.version);
        let mut old = decision.clone();
        if let Action::Decide { decision, .. } = &mut old
            && cited.rule.starts_with("pack:")
        {
            decision.citations[0].version = "never".to_owned();
            let refused = world.act(&world.reviewer, case, old).await.unwrap_err();
            assert_eq!(refused.rule, "citation_not_in_force");
        }
        self.act(&world.reviewer, case, decision).await;
        if self.seen(case).await.claims[0].state == "countersign" {
            // Nothing is told and nothing moves before the second reviewer agrees.
            let told = world.app.case_detail(&world.merchant, case).await.unwrap();
            assert!(told.claims[0].proposal.is_none() && told.claims[0].decision.is_none());
            let confirm = || Action::ConfirmDecision { claim: None };
            let own = world.act(&world.reviewer, case, confirm()).await;
            assert_eq!(own.unwrap_err().rule, "second_reviewer_differs");
            self.act(&world.second_reviewer, case, confirm()).await;
        }
        let decided = self.seen(case).await;
        let made = decided.claims[0].decision.as_ref().unwrap();
        for citation in &made.citations {
            match citation.rule.strip_prefix("law:") {
                Some(row) => assert_eq!(
                    self.law.row(row).unwrap().validity.standing(filed),
                    Standing::InForce
                ),
                None => assert!(citation.rule.starts_with("pack:any/"), "{}", citation.rule),
            }
        }
        self.both_sides_saw(receipt).await;
        run_out(world).await;
        let after = self.seen(case).await;
        assert_eq!(after.claims[0].state, "closed", "{}", self.pack);
        assert_eq!(after.claims[0].payment.is_some(), grant);
    }

    /// The claimant and the merchant see the same pieces, findings, rules and reasons, and a piece of each was used.
    async fn both_sides_saw(&self, receipt: &IntakeReceipt) {
        let (app, case) = (&self.world.app, receipt.case);
        let claimant = self.world.claimant(receipt).await;
        let claimant = app.case_detail(&claimant, case).await.unwrap();
        let merchant = app.case_detail(&self.world.merchant, case).await.unwrap();
        let used = &merchant.claims[0].decision.as_ref().unwrap().evidence;
        let of = |party: &str| {
            let pieces = &merchant.claims[0].evidence;
            let mut used = pieces.iter().filter(|piece| used.contains(&piece.number));
            used.any(|piece| piece.from == party)
        };
        assert!(of("claimant") && of("merchant"), "{used:?}");
        let shown = |detail: &CaseDetail| {
            let claim = &detail.claims[0];
            let decision = claim.decision.as_ref().unwrap();
            let findings = claim
                .findings
                .as_ref()
                .map(|all| all.iter().map(|one| one.zh.clone()).collect::<Vec<_>>());
            (
                claim
                    .evidence
                    .iter()
                    .map(|piece| piece.number.clone())
                    .collect::<BTreeSet<_>>(),
                findings,
                claim.goes_by.clone(),
                decision.reasons.clone(),
            )
        };
        let (one, other) = (shown(&claimant), shown(&merchant));
        assert!(used.iter().all(|number| one.0.contains(number)));
        assert_eq!(one, other);
        assert!(one.1.is_some(), "findings are open when it is decided");
    }
}

/// A photo so small that reading it costs little; of another thing with another number.
fn photo(number: u64) -> Vec<u8> {
    Camera::phone(number)
        .shoot(&Scene::new(ItemKind::Mug, number), 96, 96)
        .jpeg
}

#[tokio::test]
async fn whatever_a_pack_says_no_machine_pays_or_refuses_and_every_wait_ends() {
    let number = |name: &str| std::env::var(name).ok()?.parse::<usize>().ok();
    let packs = number("AFTERCARE_ANY_PACKS").unwrap_or(PACKS);
    let seed = number("AFTERCARE_ANY_SEED").unwrap_or(20_261_126);
    let law = LawPack::shipped().unwrap();
    let draw = Draw(SplitMix::seeded(u64::try_from(seed).unwrap()));
    let shared = photo(5);
    let (mut driven, mut refused, mut accused, mut twice, mut money) = (0_usize, 0, 0, 0, 0);
    while driven < packs {
        let payments = Arc::new(Asked::default());
        let world = World::paying(Arc::clone(&payments) as _).await;
        let here = (packs - driven).min(PACKS_A_SHOP);
        let mut granted: Vec<(ClaimId, Fen)> = Vec::new();
        let mut orders = "number,paid_at,delivered_at,product_code,paid\n".to_owned();
        for number in 0..here {
            for which in 0..2 {
                orders.push_str(&format!(
                    "N{number}-{which},2026-10-30,2026-11-01,MUG,68.00\n"
                ));
            }
        }
        let report = world
            .app
            .import(&world.admin, ImportKind::Orders, orders.as_bytes(), false)
            .await
            .unwrap();
        assert_eq!(report.errors, []);
        for number in 0..here {
            let (text, wrong) = draw.pack(number, &law);
            refused += wrong;
            let version = number.to_string();
            world
                .app
                .save_pack_draft(&world.risk_manager, &text)
                .await
                .unwrap();
            let today = Day::of(world.app.now());
            world
                .app
                .publish_pack(&world.admin, "any", &version, today.plus_days(16))
                .await
                .unwrap();
            world.clock.advance_to(world.app.now().plus_ms(17 * DAY_MS));
            let story = Story {
                world: &world,
                draw: &draw,
                law: &law,
                pack: text,
            };
            let with = (number % ACCUSED_EVERY == 0).then_some(shared.as_slice());
            // The first of a shop has nothing to be like.
            let is_accused = with.is_some() && number > 0;
            let alone = story.file(number, 0, with).await;
            story.left_alone(alone.case, is_accused).await;
            accused += usize::from(is_accused);
            // Every claim that is heard comes with a photo, some with the one that somebody else sent before.
            let seed = u64::try_from(driven).unwrap();
            let own = photo(100 + 2 * seed);
            let heard_with = with.filter(|_| number % (2 * ACCUSED_EVERY) == ACCUSED_EVERY);
            let heard = story
                .file(number, 1, Some(heard_with.unwrap_or(own.as_slice())))
                .await;
            story.heard(&heard, photo(101 + 2 * seed)).await;
            twice += usize::from(
                world
                    .events(heard.case)
                    .await
                    .contains(&"decision_confirmed.v1".to_owned()),
            );
            let detail = story.seen(heard.case).await;
            granted.extend(
                detail.claims[0]
                    .payment
                    .map(|fen| (detail.claims[0].id, fen)),
            );
            driven += 1;
        }
        // What a human granted was paid, once, and nothing else was.
        let made = payments.made().unwrap();
        let mut paid: Vec<(ClaimId, Fen)> =
            made.iter().map(|one| (one.claim, one.amount)).collect();
        paid.sort_unstable();
        granted.sort_unstable();
        assert_eq!(paid, granted);
        money += granted.len();
    }
    println!(
        "{driven} packs, {accused} accused claims, {twice} decided by two, {money} paid, {refused} rules refused"
    );
    assert!(accused > 0 && twice > 0 && refused > 0 && money > 0);
}
