//! People whose keys another process keeps: what goes on while it is away, what it is asked, and what is noticed of its ledger.

use crate::world::{START, World};
use aftercare_app::notify::Recipient;
use aftercare_app::place_told::PlaceTold;
use aftercare_app::rekeying::{move_people, status, take_people_back};
use aftercare_app::vault_ledger::{CONTRADICTS, put_back, said, tell_all_shredded};
use aftercare_app::views::IntakeReceipt;
use aftercare_app::{AppError, ErrorKind};
use aftercare_domain::Actor;
use aftercare_domain::audit::{AuditBody, AuditEvent, PersonField, ShredReason};
use aftercare_domain::event::Body;
use aftercare_domain::ids::PersonId;
use aftercare_store::rows::PersonRow;
use aftercare_store::{Unit, Write};
use aftercare_vault::{
    DeliveryPurpose, Field, KdfCost, Keyring, OpenItem, OpenPeople, Opener, PeopleKeeper as _,
    Place, Plain, RootKey, Vault, VaultError, WrappedKey,
};
use aftercare_vaultd::{
    Act, Client, Copied, Copies, Keeper, KeeperError, LEDGER_FILE, Ledger, Peers, Quotas, Within,
    bind, serve,
};
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// Who keeps the keys of a world's people, over a real socket.
struct Kept {
    folder: PathBuf,
    socket: PathBuf,
    serving: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
}

fn root() -> RootKey {
    RootKey::from_bytes([8; 32])
}

impl Kept {
    /// Gives the keys of a world's people away.
    async fn of(world: &World, quotas: Quotas) -> Self {
        let folder = world.folder.path().join("keeper");
        Keeper::create(&folder, &root(), KdfCost::FOR_TESTS, &world.vault).unwrap();
        let mut kept = Self {
            folder,
            socket: world.folder.path().join("vaultd.sock"),
            serving: None,
        };
        kept.begin(quotas).await;
        let client = Arc::new(kept.client());
        let moved = move_people(
            &*world.store,
            &world.vault,
            &*world.clock,
            client,
            &|_, _| {},
        );
        let moved = moved.await.unwrap();
        assert_eq!((moved[0].version, moved[0].destroyed), (2, 1));
        kept
    }

    fn client(&self) -> Client {
        Client::new(&self.socket)
    }

    /// Another test of this process may just be starting a process of its own, which has every open file, and the lock of the
    /// folder with it, for a moment.
    async fn opened(&self, quotas: Quotas) -> Keeper {
        for _ in 0..200 {
            match Keeper::open(&self.folder, &root(), quotas, START.0) {
                Err(KeeperError::InUse(_)) => tokio::time::sleep(Duration::from_millis(10)).await,
                opened => return opened.unwrap(),
            }
        }
        panic!("somebody keeps it");
    }

    async fn begin(&mut self, quotas: Quotas) {
        let keeper = self.opened(quotas).await;
        let uid = std::fs::metadata(&self.folder).unwrap().uid();
        let bound = bind(&self.socket, Peers { uid, group: false })
            .await
            .unwrap();
        let (stop, stopped) = oneshot::channel();
        let serving = tokio::spawn(async move {
            let stopped = async {
                let _ = stopped.await;
            };
            serve(bound, Arc::new(keeper), || START.0, stopped)
                .await
                .unwrap();
        });
        self.serving = Some((stop, serving));
    }

    async fn end(&mut self) {
        let (stop, serving) = self.serving.take().unwrap();
        let _ = stop.send(());
        serving.await.unwrap();
    }

    /// Person, event and leaf of every opening.
    fn openings(&self) -> Vec<(String, u64, String)> {
        let mut openings = Vec::new();
        Ledger::read(&self.folder, |record| {
            if let Act::Opened {
                person, seq, leaf, ..
            } = &record.act
            {
                openings.push((person.clone(), *seq, leaf.clone()));
            }
        })
        .unwrap();
        openings
    }
}

/// Fields that were opened in a world.
fn opened(world: &World) -> u64 {
    let delivered = DeliveryPurpose::ALL.map(|purpose| world.vault.deliveries(purpose));
    world.vault.reveals() + delivered.into_iter().sum::<u64>()
}

fn told_claimants(world: &World) -> usize {
    let messages = world.notifier.messages();
    let claimants = messages
        .iter()
        .filter(|message| matches!(message.to, Recipient::Claimant { .. }));
    claimants.count()
}

async fn look(
    world: &World,
    receipt: &IntakeReceipt,
) -> Result<(Option<String>, Option<String>), AppError> {
    let fields = [PersonField::Name, PersonField::Phone];
    let seen = world
        .app
        .reveal(&world.agent, receipt.case, &fields, "回电")
        .await?;
    Ok((seen.name.clone(), seen.phone.clone()))
}

async fn head(world: &World) -> u64 {
    world.store.head().await.unwrap().size
}

#[tokio::test]
async fn people_are_taken_in_while_the_keeper_of_their_keys_is_away_and_opened_when_it_is_back() {
    let world = World::new().await;
    let before = world.repair().await;
    let mut kept = Kept::of(&world, Quotas::default()).await;
    assert!(
        !world.vault.opens_people().unwrap(),
        "it seals, and no more"
    );
    let at_first = opened(&world);
    kept.end().await;

    // Whoever reports something is taken in as always; who wants to look is told why not, and the log does not say that they did.
    let during = world.repair_of("周示范", "13800000002").await;
    let told = told_claimants(&world);
    world.app.settle().await.unwrap();
    assert_eq!(told_claimants(&world), told, "nobody's number was opened");
    let log = head(&world).await;
    for receipt in [&before, &during] {
        let away = look(&world, receipt).await.unwrap_err();
        assert_eq!(
            (away.kind, away.rule.as_str()),
            (ErrorKind::Unavailable, "vault_away")
        );
        assert!(away.zh.contains("照常受理"), "{}", away.zh);
        assert!(away.en.contains("taken as always"), "{}", away.en);
    }
    let told_place = |address: &str| PlaceTold {
        work_order: None,
        address: Plain::new(address.to_owned()),
        county: "330106".to_owned(),
        place: None,
        reason: "客户来电更正。".to_owned(),
    };
    let moves = told_place("杭州市西湖区样板路 99 号");
    let away = world
        .app
        .tell_place(&world.dispatcher, during.case, &moves)
        .await
        .unwrap_err();
    assert_eq!(away.rule, "vault_away");
    assert_eq!(head(&world).await, log);
    assert_eq!(opened(&world), at_first);

    kept.begin(Quotas::default()).await;
    let seen = look(&world, &during).await.unwrap();
    assert_eq!(seen.0.as_deref(), Some("周示范"));
    assert!(seen.1.is_some_and(|phone| phone.ends_with("13800000002")));
    let seen = look(&world, &before).await.unwrap();
    assert_eq!(seen.0.as_deref(), Some("林晓示"));
    world
        .app
        .tell_place(&world.dispatcher, during.case, &moves)
        .await
        .unwrap();
    let address = world
        .app
        .reveal(&world.agent, during.case, &[PersonField::Address], "核对")
        .await
        .unwrap();
    assert_eq!(address.address.as_deref(), Some("杭州市西湖区样板路 99 号"));
    // What waited for the number is done.
    world.pass(3_600_000).await;
    assert!(told_claimants(&world) > told);

    // Every field that came out has a leaf of the keeper, which names the event that says the same.
    let openings = kept.openings();
    assert_eq!(openings.len() as u64, opened(&world) - at_first);
    for (person, seq, leaf) in openings {
        let event = world.store.range(seq, 1).await.unwrap().remove(0);
        assert_eq!(hex::encode(event.leaf), leaf);
        assert!(matches!(
            event.name.as_str(),
            "data_revealed.v1" | "data_used.v1"
        ));
        let payload = String::from_utf8(event.payload).unwrap();
        assert!(payload.contains(&person), "{payload}");
    }
    kept.end().await;
}

#[tokio::test]
async fn the_keeper_opens_so_many_people_an_hour_whoever_asks() {
    let world = World::new().await;
    let one = world.repair().await;
    let other = world.repair_of("周示范", "13800000002").await;
    let quotas = Quotas {
        user: 1,
        ..Quotas::default()
    };
    let mut kept = Kept::of(&world, quotas).await;
    for _ in 0..2 {
        look(&world, &one).await.unwrap();
    }
    let openings = kept.openings().len();
    let refused = look(&world, &other).await.unwrap_err();
    assert_eq!(
        (refused.kind, refused.rule.as_str()),
        (ErrorKind::TooMany, "vault_quota")
    );
    assert!(refused.zh.contains("上限") && refused.en.contains("nothing was opened"));
    assert_eq!(kept.openings().len(), openings);
    kept.end().await;
}

#[tokio::test]
async fn keys_that_are_kept_apart_are_rotated_together() {
    let world = World::new().await;
    let before = world.repair().await;
    let mut kept = Kept::of(&world, Quotas::default()).await;
    let after_move = world.repair().await;
    // The command line makes the new key of the cases; the server has the keeper make that of the people.
    let data = world.folder.path().join("data").join("keyring.json");
    let command = Vault::new(Keyring::open(&data, &RootKey::from_bytes([7; 32])).unwrap());
    assert!(command.people_are_elsewhere().unwrap());
    assert!(!command.opens_people().unwrap());
    command.rotate_keks().unwrap();
    // Away: nothing is destroyed, and whoever comes is taken in.
    kept.end().await;
    let away = world.app.rekey_turn().await.unwrap_err();
    assert_eq!(away.rule, "vault_away");
    let during = world.repair_of("周示范", "13800000002").await;
    kept.begin(Quotas::default()).await;
    world.app.rekey_turn().await.unwrap();
    let keys = status(&*world.store, &world.vault).await.unwrap();
    assert!(!keys[0].is_rotating(), "{keys:?}");
    assert_eq!((keys[0].version, keys[0].held.clone()), (3, vec![3]));
    let after = world.repair_of("吴示例", "13800000003").await;
    for (receipt, name) in [
        (&before, "林晓示"),
        (&after_move, "林晓示"),
        (&during, "周示范"),
        (&after, "吴示例"),
    ] {
        assert_eq!(
            look(&world, receipt).await.unwrap().0.as_deref(),
            Some(name)
        );
        // Texts of the case are wrapped here.
        let detail = world.app.case_detail(&world.agent, receipt.case).await;
        let text = serde_json::to_string(&detail.unwrap()).unwrap();
        assert!(text.contains("灯不亮"));
    }
    // A tenant that is made now has its keys at the keeper, too.
    let (tenant, _) = world.app.create_tenant("另一家店", "boss").await.unwrap();
    let keys = kept.client().public_keys().await.unwrap();
    let theirs = keys.iter().find(|key| key.tenant() == tenant.to_string());
    let ours = world.vault.intake_key(&tenant.to_string()).unwrap();
    assert_eq!(theirs, Some(&ours));
    kept.end().await;
}

#[tokio::test]
async fn an_opening_that_is_taken_out_of_the_keepers_ledger_is_noticed() {
    let world = World::new().await;
    let receipt = world.repair().await;
    assert!(!world.app.vault_ledger_turn().await.unwrap(), "kept here");
    let mut kept = Kept::of(&world, Quotas::default()).await;
    look(&world, &receipt).await.unwrap();
    assert!(world.app.vault_ledger_turn().await.unwrap());
    assert!(!world.app.vault_ledger_turn().await.unwrap(), "nothing new");
    look(&world, &receipt).await.unwrap();
    assert!(world.app.vault_ledger_turn().await.unwrap());
    let states = said(&*world.store).await.unwrap();
    assert_eq!(states.len(), 2);
    assert!(states[0].size < states[1].size && states[0].root != states[1].root);

    kept.end().await;
    let path = kept.folder.join(LEDGER_FILE);
    let text = std::fs::read_to_string(&path).unwrap();
    let mut lines: Vec<&str> = text.lines().collect();
    lines.remove(lines.len() - 2);
    std::fs::write(&path, lines.join("\n") + "\n").unwrap();
    kept.begin(Quotas::default()).await;
    // Longer than it was, by somebody else's look.
    for _ in 0..2 {
        look(&world, &receipt).await.unwrap();
    }
    for _ in 0..2 {
        let noticed = world.app.vault_ledger_turn().await.unwrap_err();
        assert_eq!(noticed.rule, CONTRADICTS, "{noticed}");
        assert!(noticed.en.contains("taken out"), "{}", noticed.en);
    }
    assert_eq!(said(&*world.store).await.unwrap(), states);
    // A process that starts now knows it from the log alone.
    let data = world.folder.path().join("data").join("keyring.json");
    let vault = Vault::new(Keyring::open(&data, &RootKey::from_bytes([7; 32])).unwrap());
    vault.ask_keeper(Arc::new(kept.client()));
    let again = world.try_start(vault).await.unwrap();
    let noticed = again.vault_ledger_turn().await.unwrap_err();
    assert_eq!(noticed.rule, CONTRADICTS, "{noticed}");
    // What was put back is what it was.
    kept.end().await;
    std::fs::write(&path, text).unwrap();
    kept.begin(Quotas::default()).await;
    let vault = Vault::new(Keyring::open(&data, &RootKey::from_bytes([7; 32])).unwrap());
    vault.ask_keeper(Arc::new(kept.client()));
    let again = world.try_start(vault).await.unwrap();
    assert!(!again.vault_ledger_turn().await.unwrap());
    kept.end().await;
}

/// The person of a case.
async fn claimant(world: &World, receipt: &IntakeReceipt) -> PersonId {
    let events = world.store.load_case(receipt.case).await.unwrap();
    let opened = events.iter().find_map(|stored| match &stored.event.body {
        Body::CaseOpened { claimant, .. } => Some(*claimant),
        _ => None,
    });
    opened.unwrap()
}

/// What is asked with what a backup has of a person.
fn from_backup(world: &World, row: &PersonRow, seq: u64) -> OpenPeople {
    let id = row.id.to_string();
    OpenPeople {
        tenant: world.tenant.to_string(),
        opener: Opener::Somebody("somebody".to_owned()),
        case: None,
        seq,
        leaf: [1; 32],
        items: vec![OpenItem {
            key: WrappedKey::from_bytes(row.wrapped_key.as_ref().unwrap()).unwrap(),
            place: Place::from(&Field::new("persons", &id, "phone")),
            sealed: row.phone.clone().unwrap(),
            person: id,
        }],
    }
}

async fn destroy(world: &World, id: PersonId) {
    let at = world.app.now();
    let gone = Unit {
        writes: vec![Write::ShredPerson { person: id, at }],
        audit: vec![AuditEvent {
            at,
            by: Actor::System,
            tenant: world.tenant,
            body: AuditBody::PersonShredded {
                person: id,
                reason: ShredReason::Requested,
                note: None,
            },
        }],
        ..Unit::default()
    };
    world.store.commit(gone).await.unwrap();
}

#[tokio::test]
async fn a_keeper_that_is_put_back_from_a_copy_opens_nobody_who_was_destroyed_since() {
    let world = World::new().await;
    let receipt = world.repair().await;
    let mut kept = Kept::of(&world, Quotas::default()).await;
    let id = claimant(&world, &receipt).await;
    let row = world.store.person(id).await.unwrap().unwrap();
    look(&world, &receipt).await.unwrap();
    world.app.vault_ledger_turn().await.unwrap();
    let copies = Copies {
        to: world.folder.path().join("copies"),
        days: 30,
    };
    let taken = copies.take(&kept.folder, START.0, &|_, _| {}).unwrap();
    destroy(&world, id).await;
    world.app.vault_ledger_turn().await.unwrap();
    let before = said(&*world.store).await.unwrap();

    kept.end().await;
    std::fs::remove_dir_all(&kept.folder).unwrap();
    std::fs::create_dir(&kept.folder).unwrap();
    Copied::put_into(&taken.path, &kept.folder, &|_, _| {}).unwrap();
    kept.begin(Quotas::default()).await;
    let client = kept.client();
    let opened = client.open(from_backup(&world, &row, 1)).await.unwrap();
    assert_eq!(opened.len(), 1, "it has not heard of it");
    // Nor does the log take it for what it was.
    let noticed = world.app.vault_ledger_turn().await.unwrap_err();
    assert_eq!(noticed.rule, CONTRADICTS, "{noticed}");

    for _ in 0..2 {
        let told = tell_all_shredded(&*world.store, &client).await.unwrap();
        assert_eq!(told, 1);
    }
    match client.open(from_backup(&world, &row, 2)).await.unwrap_err() {
        VaultError::KeeperRefused { rule, .. } => assert_eq!(rule, "shredded"),
        other => panic!("{other}"),
    }
    put_back(&*world.store, &*world.clock, &client, taken.copied.size)
        .await
        .unwrap();
    let states = said(&*world.store).await.unwrap();
    assert_eq!(states[..before.len()], before);
    assert_eq!(states[before.len()].kept, Some(taken.copied.size));
    // Whoever starts now goes on with it.
    let data = world.folder.path().join("data").join("keyring.json");
    let vault = Vault::new(Keyring::open(&data, &RootKey::from_bytes([7; 32])).unwrap());
    vault.ask_keeper(Arc::new(kept.client()));
    let again = world.try_start(vault).await.unwrap();
    assert!(!again.vault_ledger_turn().await.unwrap());
    kept.end().await;
}

#[tokio::test]
async fn whoever_was_destroyed_is_opened_by_nobody_although_a_backup_has_the_key() {
    let world = World::new().await;
    let receipt = world.repair().await;
    let mut kept = Kept::of(&world, Quotas::default()).await;
    let id = claimant(&world, &receipt).await;
    // What a backup of before has.
    let row = world.store.person(id).await.unwrap().unwrap();
    let client = kept.client();
    let opened = client.open(from_backup(&world, &row, 1)).await.unwrap();
    assert_eq!(opened.len(), 1);

    destroy(&world, id).await;
    world.app.vault_ledger_turn().await.unwrap();
    for _ in 0..2 {
        match client.open(from_backup(&world, &row, 2)).await.unwrap_err() {
            VaultError::KeeperRefused { rule, .. } => assert_eq!(rule, "shredded"),
            other => panic!("{other}"),
        }
        kept.end().await;
        kept.begin(Quotas::default()).await;
    }
    let refused = look(&world, &receipt).await.unwrap_err();
    assert_eq!(refused.rule, "person_shredded");
    kept.end().await;
}

/// The keyring of a world as another process finds it.
fn opened_again(world: &World) -> Vault {
    let data = world.folder.path().join("data").join("keyring.json");
    Vault::new(Keyring::open(&data, &RootKey::from_bytes([7; 32])).unwrap())
}

/// Takes the keys of a world's people back, killed when so many things were asked: the last one is done, and it does not hear of it.
async fn take_back(world: &World, kept: &Kept, asked: usize) -> Result<(), AppError> {
    let keeper = kept.opened(Quotas::default()).await;
    let (to, left) = (opened_again(world), Mutex::new(asked));
    let keeper = Arc::new(Within::answered_by(move |request| {
        let reply = keeper.answer_releasing(&to, START.0, request)?;
        let mut left = left.lock().unwrap();
        let now = left.checked_sub(1).ok_or(VaultError::KeeperAway {
            why: "it was killed here".to_owned(),
        })?;
        *left = now;
        Ok(reply)
    }));
    let (store, clock) = (&*world.store, &*world.clock);
    take_people_back(store, &opened_again(world), clock, keeper, &|_, _| {})
        .await
        .map(|_| ())
}

#[tokio::test]
async fn the_keys_of_people_come_back_wherever_that_was_killed_on_the_way() {
    // What is asked: whether the keys are the same, how far the ledger is, keys wrapped, the end of a tenant, how far the ledger is.
    for asked in 0..=5 {
        let world = World::new().await;
        let before = world.repair().await;
        let mut kept = Kept::of(&world, Quotas::default()).await;
        let during = world.repair_of("周示范", "13800000002").await;
        look(&world, &during).await.unwrap();
        kept.end().await;

        let taken = take_back(&world, &kept, asked).await;
        let left = opened_again(&world);
        if asked < 5 {
            assert_eq!(taken.unwrap_err().rule, "vault_away", "{asked}");
            assert!(left.people_are_elsewhere().unwrap(), "{asked}");
            // From the first step on no server starts, and the keys do not go the other way.
            let begun = asked >= 2;
            assert_eq!(left.people_come_back().unwrap(), begun, "{asked}");
            assert_eq!(left.opens_people().unwrap(), begun, "{asked}");
            if begun {
                let keeper = Arc::new(kept.opened(Quotas::default()).await);
                let keeper = Arc::new(Within::new(keeper, || START.0));
                let (store, clock) = (&*world.store, &*world.clock);
                let given = move_people(store, &left, clock, keeper, &|_, _| {}).await;
                assert_eq!(given.unwrap_err().rule, "keys_come_back", "{asked}");
            }
            take_back(&world, &kept, usize::MAX).await.unwrap();
        } else {
            taken.unwrap();
        }

        let vault = opened_again(&world);
        assert!(!vault.people_are_elsewhere().unwrap(), "{asked}");
        let keys = status(&*world.store, &vault).await.unwrap();
        assert!(!keys[0].is_rotating(), "{keys:?}");
        assert_eq!(
            (keys[0].version, &keys[0].held[..]),
            (3, &[3][..]),
            "{asked}"
        );
        let app = world.try_start(vault).await.unwrap();
        for (receipt, name) in [(&before, "林晓示"), (&during, "周示范")] {
            let fields = [PersonField::Name];
            let seen = app
                .reveal(&world.agent, receipt.case, &fields, "回电")
                .await;
            assert_eq!(seen.unwrap().name.as_deref(), Some(name), "{asked}");
        }
        assert!(!app.vault_ledger_turn().await.unwrap(), "kept here");
        // Both sides say it, once.
        let (mut lines, mut released) = (0, Vec::new());
        Ledger::read(&kept.folder, |record| {
            lines += 1;
            if let Act::Released { version, .. } = &record.act {
                released.push(*version);
            }
        })
        .unwrap();
        assert_eq!(released, [3], "{asked}");
        let states = said(&*world.store).await.unwrap();
        assert_eq!(states.last().map(|state| state.size), Some(lines));
    }
}
