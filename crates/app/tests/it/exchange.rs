//! A photo that other platforms judged forged: it brings a person to look, who reads so after the blind verdict with both sides;
//! what was corrected since shows no more; and a list that is missing, old or damaged keeps nothing from going on.

use crate::inspections::look;
use crate::world::{World, cracked_mug, saved_again};
use aftercare_app::evidence::Upload;
use aftercare_app::exchange::{
    CHECKPOINT_FILE, ENTRIES_FILE, Exchange, MemberSettings, OperatorSettings, SETTINGS_FILE, Seen,
    WAITING_FOLDER, Waiting,
};
use aftercare_app::screener::{DirectScreener, Screener as _};
use aftercare_app::sealing::sha256;
use aftercare_app::views::{ElsewhereDetail, IntakeReceipt};
use aftercare_domain::ids::CaseId;
use aftercare_domain::time::{DAY_MS, HOUR_MS};
use aftercare_evidence::child::ScreenPhoto;
use aftercare_exchange::limits::DAY_S;
use aftercare_exchange::{Act, Day, GroupId, Item, List, MemberId, MemberKey, Seat, Tag, What};
use aftercare_ledger::{Hash, SigningKey};
use std::path::PathBuf;

const NAME: &str = "exchange.example/list";
/// What nobody may read before the look.
const SECRETS: [&str; 4] = [
    "photos_known_elsewhere",
    "judged forged elsewhere",
    "认定一张与此相似的照片",
    NAME,
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

/// An exchange of three groups, and the folder of its member 1, which is ours.
pub struct Platforms {
    list: List,
    key: SigningKey,
    members: Vec<SigningKey>,
    pub folder: PathBuf,
}

/// What is published of a photo.
pub async fn seen(photo: Vec<u8>) -> Seen {
    let hash = Hash(sha256(&photo));
    let report = DirectScreener
        .screen(ScreenPhoto {
            bytes: photo,
            limits: aftercare_media::Limits::default(),
            preview_sides: Vec::new(),
            preview_quality: 80,
        })
        .await
        .unwrap();
    Seen {
        sha256: hash,
        fingerprint: report.fingerprint,
    }
}

impl Platforms {
    /// Founded 30 days ago; our member has read nothing yet.
    pub fn founded(world: &World) -> Self {
        let members: Vec<SigningKey> = (0..4)
            .map(|number| SigningKey::generate(&format!("member-{number}")).unwrap())
            .collect();
        let seats = [1, 2, 3].map(|number: u16| Seat {
            member: MemberId(number),
            group: GroupId(number),
            key: MemberKey::of(&members[usize::from(number)]),
        });
        let key = SigningKey::generate(NAME).unwrap();
        let mut list = List::new(NAME);
        let founded = What::Founded {
            seats: seats.to_vec(),
        };
        list.append(now_s(world) - 30 * DAY_S, founded, None)
            .unwrap();
        let folder = world.folder.path().join("member");
        std::fs::create_dir_all(folder.join(WAITING_FOLDER)).unwrap();
        let settings = MemberSettings {
            member: MemberId(1),
            group: GroupId(1),
            operator: Some(OperatorSettings {
                url: "https://exchange.example".to_owned(),
                log: key.verifier().to_string(),
                witnesses: Vec::new(),
                quorum: 0,
            }),
        };
        std::fs::write(
            folder.join(SETTINGS_FILE),
            serde_json::to_vec(&settings).unwrap(),
        )
        .unwrap();
        Self {
            list,
            key,
            members,
            folder,
        }
    }

    /// Does something as its member; answers its place in the list.
    pub fn act(&mut self, at_s: u64, what: What) -> u64 {
        let act = what.by().map(|member| {
            let number = self.list.register().acted(member) + 1;
            let key = &self.members[usize::from(member.0)];
            Act::sign(key, NAME, number, &what).unwrap()
        });
        self.list.append(at_s, what, act).unwrap()
    }

    /// Publishes a photo as a member.
    pub fn publish(&mut self, at_s: u64, member: u16, photo: &Seen) -> u64 {
        let item = Item {
            sha256: photo.sha256,
            print: photo.print(),
            publisher: MemberId(member),
            judged_on: Day::of(at_s - 20 * DAY_S),
            noticed_on: Day::of(at_s - 16 * DAY_S),
        };
        self.act(at_s, What::Published { item })
    }

    /// Our member reads the list.
    pub fn sync(&self) {
        let entries = self.list.entries().join("\n") + "\n";
        std::fs::write(self.folder.join(ENTRIES_FILE), entries).unwrap();
        let note = self.list.checkpoint(&self.key).unwrap();
        std::fs::write(self.folder.join(CHECKPOINT_FILE), note).unwrap();
    }
}

pub fn now_s(world: &World) -> u64 {
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

/// Whether it was told, whoever may read it.
async fn is_told(world: &World, case: CaseId) -> bool {
    let events = world.store.load_case(case).await.unwrap();
    events
        .iter()
        .any(|stored| stored.event.body.name() == "photos_known_elsewhere.v1")
}

#[tokio::test]
async fn a_photo_judged_forged_elsewhere_brings_a_person_and_both_sides_read_so_after_the_look() {
    let world = World::new().await;
    let mut platforms = Platforms::founded(&world);
    let item = platforms.publish(now_s(&world), 2, &seen(cracked_mug(1)).await);
    platforms.sync();
    world
        .app
        .take_part(Exchange::open(&platforms.folder).unwrap());
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
async fn what_was_corrected_since_shows_no_more_and_that_it_was_used_stays_to_be_read() {
    let world = World::new().await;
    let mut platforms = Platforms::founded(&world);
    let item = platforms.publish(now_s(&world), 2, &seen(cracked_mug(1)).await);
    platforms.sync();
    world
        .app
        .take_part(Exchange::open(&platforms.folder).unwrap());
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
    let mut platforms = Platforms::founded(&world);
    world
        .app
        .take_part(Exchange::open(&platforms.folder).unwrap());
    // Nothing was read yet.
    let first = claim(&world, "A1", cracked_mug(1)).await;
    assert!(!is_told(&world, first.case).await);
    assert_eq!(world.claim_state(first.case).await, "merchant_window");
    // The operator was last heard of four days ago.
    platforms.publish(now_s(&world) - 4 * DAY_S, 2, &seen(cracked_mug(2)).await);
    platforms.sync();
    let second = claim(&world, "A2", cracked_mug(2)).await;
    assert!(!is_told(&world, second.case).await);
    assert_eq!(world.claim_state(second.case).await, "merchant_window");
    // It is there again, and somebody has changed the copy.
    platforms.publish(now_s(&world), 3, &seen(cracked_mug(3)).await);
    platforms.sync();
    let entries = platforms.folder.join(ENTRIES_FILE);
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
async fn what_this_platform_published_or_disputes_brings_nobody() {
    let world = World::new().await;
    let mut platforms = Platforms::founded(&world);
    platforms.publish(now_s(&world), 1, &seen(cracked_mug(1)).await);
    let item = platforms.publish(now_s(&world), 2, &seen(cracked_mug(2)).await);
    platforms.sync();
    // Disputed here, and the others are not told yet.
    let by = MemberId(1);
    let waiting = Waiting {
        what: What::Disputed { by, item },
        act: None,
    };
    let file = platforms
        .folder
        .join(WAITING_FOLDER)
        .join("00000000000000000001.json");
    std::fs::write(file, serde_json::to_vec(&waiting).unwrap()).unwrap();
    world
        .app
        .take_part(Exchange::open(&platforms.folder).unwrap());
    for (order, photo) in [("A1", cracked_mug(1)), ("A2", cracked_mug(2))] {
        let receipt = claim(&world, order, photo).await;
        assert!(!is_told(&world, receipt.case).await, "{order}");
    }
}

#[tokio::test]
async fn the_list_is_read_on_as_it_grows_and_is_told_of_a_photo_that_comes_later() {
    let world = World::new().await;
    let mut platforms = Platforms::founded(&world);
    platforms.publish(now_s(&world), 2, &seen(cracked_mug(1)).await);
    platforms.sync();
    world
        .app
        .take_part(Exchange::open(&platforms.folder).unwrap());
    let receipt = claim(&world, "A1", cracked_mug(4)).await;
    let case = receipt.case;
    assert_eq!(world.claim_state(case).await, "merchant_window");
    world.pass(HOUR_MS).await;
    platforms.publish(now_s(&world), 3, &seen(cracked_mug(5)).await);
    platforms.sync();
    let claimant = world.claimant(&receipt).await;
    let add = aftercare_app::actions::Action::AddEvidence {
        claim: None,
        answers: None,
        text: "另一张".to_owned(),
    };
    let more: Vec<Upload> = vec![crate::world::damage(cracked_mug(5))];
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
