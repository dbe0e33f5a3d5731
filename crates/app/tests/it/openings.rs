//! Every place that opens something sealed, and what has to be there before it: a person's data takes the receipt of a
//! reveal, or of a use by the system for one of two purposes, that is in the log; texts and photos of a case go to the
//! parties of that case, who were asked for first.

use crate::world::{World, cracked_mug};
use aftercare_app::lists::{Jobs, Paging};
use aftercare_domain::audit::PersonField;
use aftercare_vault::DeliveryPurpose;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Calls that open, as they are written. Keys are among them: without one nothing opens.
const CALLS: [&str; 20] = [
    ".reveal(",
    "RevealReceipt::from_logged(",
    "UseReceipt::from_logged(",
    ".open_for_delivery(",
    ".reveal_elsewhere(",
    ".deliver_elsewhere(",
    "PersonKey>",
    ".unwrap_person_key(",
    ".display_key(",
    ".unwrap_case_key(",
    ".tenant_key(",
    "ReadableCase::logged(",
    ".open_text(",
    ".open_bytes(",
    "open_blob(",
    "key.open(",
    ".open_or_say(",
    "display.open(",
    "BlobReader::",
    "BlobKey::from_kept(",
];

/// File below `crates`, call, how often it stands there, and what it opens for whom.
const PLACES: [(&str, &str, usize, &str); 64] = [
    // A person: the leaf comes first, and the receipt is made of it; both doors are in one file.
    (
        "app/src/opening.rs",
        "RevealReceipt::from_logged(",
        1,
        "made of the event that was just committed, from its leaf",
    ),
    (
        "app/src/opening.rs",
        "UseReceipt::from_logged(",
        1,
        "made of the event that was just committed, from its leaf",
    ),
    (
        "app/src/opening.rs",
        ".reveal(",
        1,
        "a field of a person, with that receipt; the vault refuses fields that it does not name",
    ),
    (
        "app/src/opening.rs",
        ".open_for_delivery(",
        1,
        "the place for distances (dispatch), the number for a message (notify), with that receipt",
    ),
    (
        "app/src/opening.rs",
        ".unwrap_person_key(",
        1,
        "the key for the two calls above; it seals, and opens nothing by itself",
    ),
    (
        "app/src/opening.rs",
        ".reveal_elsewhere(",
        1,
        "the first of these doors, asked of whoever keeps the key, with the same receipt",
    ),
    (
        "app/src/opening.rs",
        ".deliver_elsewhere(",
        1,
        "the second one, likewise",
    ),
    // The process that keeps the keys of people: its receipts are made of the leaves of its own ledger, which are durable then.
    (
        "vaultd/src/keeper.rs",
        "RevealReceipt::from_logged(",
        1,
        "made of the leaf that was just synced",
    ),
    (
        "vaultd/src/keeper.rs",
        "UseReceipt::from_logged(",
        1,
        "made of the leaf that was just synced",
    ),
    (
        "vaultd/src/keeper.rs",
        ".reveal(",
        2,
        "a field of a person, with that receipt, within the quota; and the function itself",
    ),
    (
        "vaultd/src/keeper.rs",
        ".open_for_delivery(",
        1,
        "a field of a person for the system's own work, with that receipt, within the quota",
    ),
    (
        "vaultd/src/keeper.rs",
        ".unwrap_person_key(",
        1,
        "the key for these calls, and to seal with",
    ),
    (
        "server/src/api/cases.rs",
        ".reveal(",
        1,
        "asks the use case of a reveal",
    ),
    (
        "server/src/handlers/desk.rs",
        ".reveal(",
        1,
        "asks the same use case",
    ),
    (
        "cli/src/away.rs",
        "open_blob(",
        1,
        "a piece of a sealed backup that is brought back, as sealed inside as the data directory is",
    ),
    (
        "cli/src/demo/stories.rs",
        ".reveal(",
        1,
        "asks the same use case, in the demo",
    ),
    (
        "app/src/people.rs",
        ".display_key(",
        5,
        "seals and opens masked forms",
    ),
    (
        "app/src/people.rs",
        "display.open(",
        1,
        "masked forms only: the vault's type has no other",
    ),
    // A case: `readable` or `case_detail` asked who it is before, or the system works on it; its reading is in the log, once a
    // day for each reader, before there is a `ReadableCase` to call these on.
    (
        "app/src/opening.rs",
        "ReadableCase::logged(",
        2,
        "made when the reading was just committed, or was before on this day; for a claimant, by a session that is in the log",
    ),
    (
        "app/src/sealing.rs",
        ".unwrap_case_key(",
        1,
        "the key of a case; every use case that takes it asked who reads before, or runs as the system",
    ),
    (
        "app/src/sealing.rs",
        ".open_text(",
        2,
        "texts of a case, for the calls below",
    ),
    (
        "app/src/detail.rs",
        ".open_or_say(",
        11,
        "what the parties wrote, in the case as its reader may see it, or that it ended by the rules",
    ),
    (
        "app/src/relays.rs",
        ".open_bytes(",
        1,
        "the number between customer and technician, for either of them as they read the case; it is neither one's own",
    ),
    (
        "app/src/exchange/sharing.rs",
        ".open_or_say(",
        1,
        "what was written about a photo on its way into the list of an exchange, for colleagues and whoever sent it",
    ),
    (
        "app/src/exchange/sharing.rs",
        ".open_bytes(",
        1,
        "the hash of a photo that a human published into that list, as the system's own work",
    ),
    (
        "app/src/conversations.rs",
        ".open_or_say(",
        1,
        "what a colleague said when a conversation was handed over, for whoever answers claimants",
    ),
    (
        "app/src/sealing.rs",
        "open_blob(",
        3,
        "photos of a case and of listings, for the calls below",
    ),
    // Of no case yet: for whoever has the token of the form that came back, within the hour.
    (
        "app/src/saved_photos.rs",
        ".unwrap_case_key(",
        1,
        "the key of the photos of one form that came back",
    ),
    (
        "app/src/saved_photos.rs",
        "open_blob(",
        1,
        "these photos, when the form is sent again with its token",
    ),
    (
        "app/src/detail/said.rs",
        ".open_or_say(",
        1,
        "to whom an invoice is made out, its number, and what was written with a payment, for the customer, agents and dispatchers",
    ),
    (
        "app/src/detail.rs",
        ".open_text(",
        1,
        "advice that a human signed, for reviewers",
    ),
    (
        "app/src/consistency.rs",
        ".open_text(",
        1,
        "readings of a photo, with the findings",
    ),
    (
        "app/src/evidence.rs",
        "open_blob(",
        2,
        "a photo and what a check drew, for whoever may see it",
    ),
    (
        "app/src/inspection.rs",
        "open_blob(",
        1,
        "photos for the check, in a child without keys",
    ),
    (
        "app/src/intake.rs",
        ".open_text(",
        1,
        "the kept answer of a request, for the same sender with the same body",
    ),
    (
        "app/src/lookups.rs",
        ".open_bytes(",
        1,
        "marks of a photo, with the findings",
    ),
    (
        "app/src/messages.rs",
        ".open_text(",
        1,
        "link and code for the claimant's message",
    ),
    (
        "app/src/packs.rs",
        ".open_bytes(",
        1,
        "hashes of a case's photos, for papers of it that both sides may see",
    ),
    (
        "app/src/packs.rs",
        "open_blob(",
        1,
        "previews of a case's photos, for these papers",
    ),
    (
        "app/src/platforms/bring.rs",
        ".open_text(",
        1,
        "a platform's own object, for colleagues who work on its case",
    ),
    (
        "app/src/packing/sealing.rs",
        ".tenant_key(",
        1,
        "packing records of orders, sealed and opened",
    ),
    (
        "app/src/packing/sealing.rs",
        "key.open(",
        2,
        "salt, facts and hashes of a packing record: for the chain itself, and for whoever reads a case about the order, whose reading is in the log",
    ),
    (
        "app/src/packing/sealing.rs",
        "open_blob(",
        1,
        "a picture of a packing record, for whoever reads a case about the order, and for the check, whose reading is in the log",
    ),
    // Applications to be a technician.
    (
        "app/src/applications/views.rs",
        "BlobKey::from_kept(",
        1,
        "the key of the photos of an applicant, which lies under the person's key and opened with the receipt of that look",
    ),
    (
        "app/src/applications/views.rs",
        "open_blob(",
        1,
        "one of these photos, for the administrator whose look is in the log",
    ),
    (
        "app/src/applications.rs",
        ".tenant_key(",
        2,
        "why somebody was refused, what they answered, and the link of a form that was sent twice, sealed and opened",
    ),
    (
        "app/src/applications.rs",
        "key.open(",
        1,
        "the same, for the applicant and whoever judges",
    ),
    // The tenant's own.
    (
        "app/src/sealing.rs",
        ".tenant_key(",
        4,
        "fingerprints and listing photos",
    ),
    (
        "app/src/sealing.rs",
        "key.open(",
        2,
        "bytes of a case, for the calls above, and a fingerprint",
    ),
    (
        "app/src/notify.rs",
        ".tenant_key(",
        2,
        "messages that wait in a file, sealed and opened",
    ),
    (
        "app/src/notify.rs",
        "key.open(",
        1,
        "such a message, for whoever has the key of the machine and carries it",
    ),
    (
        "app/src/webhooks.rs",
        ".tenant_key(",
        2,
        "secrets of subscribers",
    ),
    (
        "app/src/webhooks.rs",
        "key.open(",
        1,
        "a subscriber's secret, to sign with",
    ),
    (
        "app/src/register.rs",
        ".tenant_key(",
        2,
        "what visitors reported about numbers, sealed and opened",
    ),
    (
        "app/src/register.rs",
        "key.open(",
        1,
        "such a report, for whoever looks at it; it asks for nobody's name",
    ),
    (
        "app/src/publishing.rs",
        "open_listing(",
        1,
        "a listing photo, which is public",
    ),
    (
        "app/src/inspection.rs",
        "open_listing(",
        1,
        "a listing photo, for the check",
    ),
    (
        "app/src/sealing.rs",
        "open_listing(",
        1,
        "the function itself",
    ),
    (
        "app/src/screening.rs",
        "open_fingerprint(",
        3,
        "fingerprints, for reuse",
    ),
    (
        "app/src/fingerprints.rs",
        "open_fingerprint(",
        3,
        "fingerprints, for reuse, at the start and to see whether they are to be made anew",
    ),
    (
        "app/src/fingerprints.rs",
        "open_blob(",
        1,
        "a photo whose fingerprint is made anew, in a child without keys",
    ),
    (
        "app/src/fingerprints.rs",
        "open_listing(",
        1,
        "a listing photo whose fingerprint is made anew, in a child without keys",
    ),
    (
        "app/src/clips.rs",
        "open_blob(",
        2,
        "a clip and its pictures, for whoever may see it",
    ),
    (
        "app/src/sealing.rs",
        "open_fingerprint(",
        1,
        "the function itself",
    ),
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn every_place_that_opens_something_sealed_is_in_the_table() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut files = Vec::new();
    for entry in std::fs::read_dir(crates).unwrap() {
        let folder = entry.unwrap().path();
        // The vault is what is called; its own tests show that it refuses.
        if folder.join("src").is_dir() && !folder.ends_with("vault") {
            sources(&folder.join("src"), &mut files);
        }
    }
    let mut found = BTreeMap::new();
    for path in files {
        let text = std::fs::read_to_string(&path).unwrap();
        if !text.contains("aftercare_vault")
            && !text.contains("open_")
            && !text.contains(".reveal(")
        {
            continue;
        }
        let name = path
            .strip_prefix(crates)
            .unwrap()
            .to_string_lossy()
            .replace('\\', "/");
        for call in CALLS
            .into_iter()
            .chain(["open_listing(", "open_fingerprint("])
        {
            let count = text.matches(call).count();
            if count > 0 {
                found.insert((name.clone(), call), count);
            }
        }
    }
    let listed: BTreeMap<(String, &str), usize> = PLACES
        .into_iter()
        .map(|(file, call, count, _)| ((file.to_owned(), call), count))
        .collect();
    assert_eq!(
        found, listed,
        "a place opens something and the table does not say for whom, or the other way round"
    );
}

/// Reads everything that somebody may read, as everybody.
async fn read_everything(world: &World, cases: &[aftercare_domain::ids::CaseId]) {
    let (app, first) = (&world.app, Paging::default());
    for who in [
        &world.admin,
        &world.agent,
        &world.dispatcher,
        &world.technician,
        &world.merchant,
        &world.reviewer,
        &world.risk_manager,
        &world.auditor,
    ] {
        // Most may read few of these: what counts is what the vault opened meanwhile.
        for case in cases {
            let _ = app.case_detail(who, *case).await;
            let _ = app.history(who, *case).await;
        }
        let _ = app.cases(who, false, &first).await;
        let _ = app.work_orders(who, &[], &first).await;
        let _ = app.my_jobs(who, Jobs::Ahead, &first).await;
        let _ = app.inbox(who, true, &first).await;
        let _ = app.review_queue(who, true, &first).await;
        let _ = app.orders(who, &first).await;
        let _ = app.log_page(who, &first).await;
        let _ = app.board(who).await;
        let _ = app.users(who).await;
        let _ = app.technicians(who).await;
        let _ = app.reconcile(who).await;
        let _ = app.measured(who).await;
    }
}

#[tokio::test]
async fn nothing_of_a_person_is_opened_but_by_a_reveal_that_is_in_the_log() {
    let world = World::new().await;
    let repair = world.repair().await;
    let claim = world
        .claim("A1", "周示范", "13800000002", cracked_mug(1))
        .await;
    world.app.settle().await.unwrap();
    let cases = [repair.case, claim.case];
    read_everything(&world, &cases).await;
    for receipt in [&repair, &claim] {
        let claimant = world.claimant(receipt).await;
        world
            .app
            .case_detail(&claimant, receipt.case)
            .await
            .unwrap();
    }
    assert_eq!(world.vault.reveals(), 0, "nobody asked");

    // Whoever is refused leaves no event and opens nothing.
    let every = [PersonField::Name, PersonField::Phone, PersonField::Address];
    let before = world.store.head().await.unwrap().size;
    for (who, reason) in [
        (&world.merchant, "想看看"),
        (&world.reviewer, "想看看"),
        (&world.auditor, "想看看"),
        (&world.admin, "想看看"),
        (&world.agent, "  "),
    ] {
        let refused = world.app.reveal(who, repair.case, &every, reason).await;
        assert!(refused.is_err());
    }
    let nothing = world
        .app
        .reveal(&world.agent, repair.case, &[], "回电")
        .await;
    assert!(nothing.is_err(), "no field");
    assert_eq!(world.vault.reveals(), 0);
    assert_eq!(world.store.head().await.unwrap().size, before);

    // Who may: what was opened is what the event names, and the event was there when it was opened.
    for (fields, opened) in [(&every[..1], 1), (&every[1..], 3)] {
        let revealed = world
            .app
            .reveal(&world.agent, repair.case, fields, "回电")
            .await
            .unwrap();
        assert_eq!(world.vault.reveals(), opened);
        let logged = world.store.range(revealed.seq, 1).await.unwrap();
        assert_eq!(logged[0].name, "data_revealed.v1");
        let event: serde_json::Value = serde_json::from_slice(&logged[0].payload).unwrap();
        assert_eq!(
            event["body"]["fields"],
            serde_json::to_value(fields).unwrap()
        );
    }

    // The system's own work: distances and messages, and no purpose besides.
    for purpose in DeliveryPurpose::ALL {
        let count = world.vault.deliveries(purpose);
        let used = matches!(purpose, DeliveryPurpose::Notify | DeliveryPurpose::Dispatch);
        assert!(used || count == 0, "{}: {count}", purpose.name());
    }
    assert!(world.vault.deliveries(DeliveryPurpose::Notify) > 0);
}

/// Who read which case, by the log, from its entry `after` on.
async fn readings(world: &World, after: u64) -> Vec<(String, String)> {
    let logged = world.store.range(after + 1, 1_000).await.unwrap();
    logged
        .iter()
        .filter(|stored| stored.name == "case_read.v1")
        .map(|stored| {
            let event: serde_json::Value = serde_json::from_slice(&stored.payload).unwrap();
            let by = &event["by"];
            let who = match by["kind"].as_str().unwrap() {
                "human" => by["role"].as_str().unwrap().to_owned(),
                "system" => event["body"]["purpose"].as_str().unwrap().to_owned(),
                other => other.to_owned(),
            };
            (who, event["body"]["case"].as_str().unwrap().to_owned())
        })
        .collect()
}

#[tokio::test]
async fn whoever_reads_a_case_is_in_the_log_once_a_day_before_anything_is_opened() {
    let world = World::new().await;
    let claim = world
        .claim("A1", "周示范", "13800000002", cracked_mug(1))
        .await;
    let id = claim.case.to_string();
    let took = |who: &str| (who.to_owned(), id.clone());
    world.app.settle().await.unwrap();
    // The system told the claimant and checked the photo.
    let mut own = readings(&world, 0).await;
    own.sort();
    assert_eq!(own, [took("inspect"), took("notify")]);

    let head = async || world.store.head().await.unwrap().size;
    let detail = async |who| world.app.case_detail(who, claim.case).await;
    for _ in 0..2 {
        let before = head().await;
        assert!(detail(&world.technician).await.is_err());
        assert_eq!(head().await, before, "who may not read it leaves nothing");
        detail(&world.reviewer).await.unwrap();
    }
    let evidence = detail(&world.reviewer).await.unwrap().claims[0].evidence[0].id;
    let photo = world.app.picture(&world.reviewer, evidence, false).await;
    photo.unwrap();
    detail(&world.merchant).await.unwrap();
    let all = readings(&world, 0).await;
    assert_eq!(all[2..], [took("reviewer"), took("merchant")]);
    // A claimant is in the log since the session began.
    let claimant = world.claimant(&claim).await;
    let before = head().await;
    let began = world.store.range(before, 1).await.unwrap();
    assert_eq!(began[0].name, "case_link_opened.v1");
    detail(&claimant).await.unwrap();
    assert_eq!(head().await, before);
    // The next day is another one.
    let before = head().await;
    world.pass(24 * 3_600_000).await;
    detail(&world.merchant).await.unwrap();
    assert!(readings(&world, before).await.contains(&took("merchant")));
}
