//! Rotation of keys: beside work and other processes, after a kill anywhere, and what a stolen keyring opens afterwards.

use crate::world::{World, repair_input};
use aftercare_app::App;
use aftercare_app::rekeying::{Retired, finish, status};
use aftercare_app::views::IntakeReceipt;
use aftercare_domain::audit::{AuditBody, AuditEvent, CaseParty};
use aftercare_domain::ids::PersonId;
use aftercare_store::rows::PersonRow;
use aftercare_store::{KeyOwner, Unit, Write};
use aftercare_vault::{
    Field, Keyring, Plain, RootKey, TenantPurpose, Vault, VaultError, WrappedKey,
};
use std::sync::Arc;
use std::time::Instant;

fn keyring_path(world: &World) -> std::path::PathBuf {
    world.folder.path().join("data").join("keyring.json")
}

/// The keyring as another process opens it.
fn opened(world: &World) -> Vault {
    let root = RootKey::from_bytes([7; 32]);
    Vault::new(Keyring::open(&keyring_path(world), &root).unwrap())
}

async fn rotations(world: &World) -> Vec<AuditBody> {
    let all = world.store.range(1, 10_000).await.unwrap();
    all.iter()
        .filter(|stored| stored.name.starts_with("tenant_key"))
        .map(|stored| {
            let event: AuditEvent = serde_json::from_slice(&stored.payload).unwrap();
            assert_eq!(event.tenant, world.tenant);
            event.body
        })
        .collect()
}

/// What the desk reads of a case: texts open under the case's key.
async fn reads(app: &App, world: &World, receipt: &IntakeReceipt) {
    let detail = app.case_detail(&world.agent, receipt.case).await.unwrap();
    let text = serde_json::to_string(&detail).unwrap();
    assert!(text.contains("灯不亮"), "{text}");
}

async fn persons(world: &World) -> Vec<PersonRow> {
    let mut rows = Vec::new();
    let mut page = world.store.kept_keys(None, 100).await.unwrap();
    loop {
        for key in &page.keys {
            if let KeyOwner::Person(person) = key.owner {
                rows.push(world.store.person(person).await.unwrap().unwrap());
            }
        }
        match page.next {
            Some(next) => page = world.store.kept_keys(Some(next), 100).await.unwrap(),
            None => return rows,
        }
    }
}

fn opens(vault: &Vault, row: &PersonRow) -> Result<(), VaultError> {
    let wrapped = WrappedKey::from_bytes(row.wrapped_key.as_ref().unwrap()).unwrap();
    vault
        .unwrap_person_key(&row.tenant.to_string(), &row.id.to_string(), &wrapped)
        .map(drop)
}

#[tokio::test]
async fn keys_are_rotated_beside_work_and_a_stolen_keyring_opens_nothing_that_is_wrapped_after_it()
{
    let world = World::new().await;
    let before = world.repair().await;
    let old_rows = persons(&world).await;
    assert!(!old_rows.is_empty());
    let stolen = opened(&world);
    let stolen_file = std::fs::read(keyring_path(&world)).unwrap();
    // A process that opened the keyring before it was changed, as several do on one PostgreSQL database.
    let beside = world.another(Arc::clone(&world.store)).await;

    // The command line makes the key; the server finds it.
    opened(&world).rotate_keks().unwrap();
    let keys = status(&*world.store, &world.vault).await.unwrap();
    assert!(keys[0].is_rotating());
    assert_eq!((keys[0].version, keys[0].held.clone()), (2, vec![1, 2]));
    let left = keys[0].left;
    assert!(left >= 5, "a person, and a case for each of its parties");
    world.app.rekey_turn().await.unwrap();
    let keys = status(&*world.store, &world.vault).await.unwrap();
    assert!(!keys[0].is_rotating(), "{keys:?}");
    assert_eq!((keys[0].left, keys[0].held.clone()), (0, vec![2]));
    assert_eq!(keys[0].persons + keys[0].cases, left);
    for party in CaseParty::ALL {
        let kept = world.store.case_key(before.case, party.name()).await;
        let wrapped = WrappedKey::from_bytes(&kept.unwrap().unwrap().wrapped_key).unwrap();
        assert_eq!(wrapped.kek_version(), 2, "{party:?}");
    }
    let claimant = world.claimant(&before).await;
    let own = world.app.case_detail(&claimant, before.case).await;
    assert_eq!(own.unwrap().work_orders[0].description, "灯不亮。");
    assert_eq!(
        rotations(&world).await,
        [
            AuditBody::TenantKeyRotated { version: 2 },
            AuditBody::TenantKeysRetired {
                version: 2,
                persons: keys[0].persons,
                cases: keys[0].cases,
            },
        ]
    );
    // Both read what was there; the one with the old keyring takes somebody in, who is wrapped under the new key.
    reads(&world.app, &world, &before).await;
    reads(&beside, &world, &before).await;
    let during = beside
        .report_repair(world.tenant, None, repair_input(), Vec::new(), None)
        .await
        .unwrap();
    reads(&beside, &world, &during).await;
    reads(&world.app, &world, &during).await;
    let keys = status(&*world.store, &world.vault).await.unwrap();
    assert_eq!((keys[0].left, keys[0].missing.clone()), (0, vec![]));
    assert!(keys[0].persons + keys[0].cases > left);

    // What a thief of the keyring, who has its root key, opens: with the database of then everything, of now nobody; what lies
    // under the keys of the tenant itself is not rotated.
    let stolen_path = world.folder.path().join("stolen.json");
    std::fs::write(&stolen_path, stolen_file).unwrap();
    drop(stolen);
    let thief = Vault::new(Keyring::open(&stolen_path, &RootKey::from_bytes([7; 32])).unwrap());
    for row in &old_rows {
        opens(&thief, row).unwrap();
    }
    for row in persons(&world).await {
        assert!(matches!(
            opens(&thief, &row),
            Err(VaultError::UnknownKeyVersion { version: 2, .. })
        ));
    }
    let field = Field::new("fingerprints", "1", "sealed");
    let seal = |vault: &Vault| {
        vault
            .tenant_key(&world.tenant.to_string(), TenantPurpose::Fingerprints)
            .unwrap()
    };
    let sealed = seal(&world.vault)
        .seal(&field, &Plain::new("now".to_owned()))
        .unwrap();
    assert!(seal(&thief).open(&field, &sealed).is_ok());

    // A second rotation goes the same way.
    world.vault.rotate_keks().unwrap();
    world.app.rekey_turn().await.unwrap();
    assert_eq!(rotations(&world).await.len(), 4);
    reads(&world.app, &world, &during).await;
    let report = world.store.verify_rows(&aftercare_testkit::row_key()).await;
    report.unwrap();
}

/// What a form brings is sealed to a public key. A rotation takes it up under the key encryption key itself.
#[tokio::test]
async fn whoever_reports_is_sealed_to_a_public_key_until_a_rotation_takes_them_up() {
    let world = World::new().await;
    let receipt = world.repair().await;
    let of_intake = |row: &PersonRow| {
        let wrapped = WrappedKey::from_bytes(row.wrapped_key.as_ref().unwrap()).unwrap();
        wrapped.is_of_intake()
    };
    let stranger = Vault::in_memory().unwrap();
    stranger.add_tenant(&world.tenant.to_string()).unwrap();
    let rows = persons(&world).await;
    assert!(!rows.is_empty());
    for row in &rows {
        assert!(of_intake(row));
        opens(&world.vault, row).unwrap();
        assert!(matches!(
            opens(&stranger, row),
            Err(VaultError::CannotOpen { .. })
        ));
    }
    world.vault.rotate_keks().unwrap();
    world.app.rekey_turn().await.unwrap();
    let taken_up = persons(&world).await;
    assert_eq!(taken_up.len(), rows.len());
    for row in &taken_up {
        assert!(!of_intake(row));
        opens(&world.vault, row).unwrap();
    }
    reads(&world.app, &world, &receipt).await;
}

/// Where a process that rotates keys can die.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Died {
    WithTheNewKeyOnly,
    BeforeAnythingWasWrappedAgain,
    AfterSomeWereWrappedAgain,
    WhenTheOldKeyWasGone,
}

#[tokio::test]
async fn a_rotation_that_was_killed_anywhere_is_finished_by_the_next_start_and_said_once() {
    for died in [
        Died::WithTheNewKeyOnly,
        Died::BeforeAnythingWasWrappedAgain,
        Died::AfterSomeWereWrappedAgain,
        Died::WhenTheOldKeyWasGone,
    ] {
        let mut world = World::new().await;
        let first = world.repair().await;
        world.vault.rotate_keks().unwrap();
        let (tenant, at) = (world.tenant, world.app.now());
        if died != Died::WithTheNewKeyOnly {
            let unit = Unit {
                writes: vec![Write::BeginKeyRotation {
                    tenant,
                    version: 2,
                    at,
                }],
                audit: vec![AuditEvent {
                    at,
                    by: aftercare_domain::Actor::System,
                    tenant,
                    body: AuditBody::TenantKeyRotated { version: 2 },
                }],
                ..Unit::default()
            };
            world.store.commit(unit).await.unwrap();
        }
        let all = world.store.kept_keys(None, 1_000).await.unwrap().keys;
        let some = match died {
            Died::AfterSomeWereWrappedAgain => 1,
            Died::WhenTheOldKeyWasGone => all.len(),
            _ => 0,
        };
        let mut rewrapped = Vec::new();
        for key in all.into_iter().take(some) {
            let KeyOwner::Person(person) = key.owner else {
                continue;
            };
            let wrapped = WrappedKey::from_bytes(&key.wrapped).unwrap();
            let again = world
                .vault
                .rewrap_person_key(&tenant.to_string(), &person.to_string(), &wrapped)
                .unwrap()
                .unwrap();
            rewrapped.push((key, again.as_bytes().to_vec()));
        }
        assert_eq!(
            world.store.keep_rewrapped(rewrapped.clone()).await.unwrap(),
            rewrapped.len() as u64
        );
        if died == Died::WhenTheOldKeyWasGone {
            rewrap_cases(&world).await;
            assert_eq!(world.vault.retire_keks(&tenant.to_string(), 2).unwrap(), 1);
        }
        // The next one knows what is in the file and in the database only.
        world.vault = opened(&world);
        let mut world = world.restarted_with_the_same_vault().await;
        world.app.rekey_turn().await.unwrap();
        let keys = status(&*world.store, &world.vault).await.unwrap();
        assert!(!keys[0].is_rotating(), "{died:?}: {keys:?}");
        assert_eq!(keys[0].held, [2], "{died:?}");
        assert_eq!(rotations(&world).await.len(), 2, "{died:?}: each said once");
        world.app.rekey_turn().await.unwrap();
        world.app = world.another(Arc::clone(&world.store)).await;
        world.app.rekey_turn().await.unwrap();
        assert_eq!(rotations(&world).await.len(), 2, "{died:?}: and not again");
        reads(&world.app, &world, &first).await;
    }
}

async fn rewrap_cases(world: &World) {
    let mut page = world.store.kept_keys(None, 1_000).await.unwrap();
    while let Some(next) = page.next {
        page = world.store.kept_keys(Some(next), 1_000).await.unwrap();
        let mut rewrapped = Vec::new();
        for key in page.keys {
            let KeyOwner::Case { case, party } = &key.owner else {
                continue;
            };
            let wrapped = WrappedKey::from_bytes(&key.wrapped).unwrap();
            let again = world
                .vault
                .rewrap_case_key(&key.tenant.to_string(), &case.to_string(), party, &wrapped)
                .unwrap()
                .unwrap();
            rewrapped.push((key, again.as_bytes().to_vec()));
        }
        world.store.keep_rewrapped(rewrapped).await.unwrap();
    }
}

#[tokio::test]
async fn a_keyring_that_is_older_than_the_database_is_told_at_the_start_and_destroys_nothing() {
    let world = World::new().await;
    world.repair().await;
    let old = std::fs::read(keyring_path(&world)).unwrap();
    world.vault.rotate_keks().unwrap();
    let new = std::fs::read(keyring_path(&world)).unwrap();
    world.app.rekey_turn().await.unwrap();
    let newest = std::fs::read(keyring_path(&world)).unwrap();
    std::fs::write(keyring_path(&world), old).unwrap();
    let error = world.try_start(opened(&world)).await.err().unwrap();
    assert_eq!(error.rule, "keyring_too_old");
    let keys = status(&*world.store, &opened(&world)).await.unwrap();
    assert_eq!(keys[0].missing, [2]);
    let nothing = |_: u64, _: u64| {};
    let error = finish(&*world.store, &opened(&world), &*world.clock, &nothing)
        .await
        .unwrap_err();
    assert_eq!(error.rule, "keyring_too_old");
    // One from the middle of the rotation has both keys: it is finished again, and nothing is said twice.
    std::fs::write(keyring_path(&world), new).unwrap();
    assert!(world.try_start(opened(&world)).await.is_ok());
    std::fs::write(keyring_path(&world), newest).unwrap();
    assert!(world.try_start(opened(&world)).await.is_ok());
    assert_eq!(rotations(&world).await.len(), 2);
}

/// A key that does not open stops the rotation before anything is destroyed.
#[tokio::test]
async fn a_key_that_does_not_open_keeps_the_old_ones() {
    let world = World::new().await;
    let receipt = world.repair().await;
    let stranger = Vault::in_memory().unwrap();
    stranger.add_tenant(&world.tenant.to_string()).unwrap();
    let id = PersonId(uuid::Uuid::from_u128(77));
    let (_, wrapped) = stranger
        .new_person_key(&world.tenant.to_string(), &id.to_string())
        .unwrap();
    let row = persons(&world).await.remove(0);
    world
        .store
        .commit(Unit {
            writes: vec![Write::Person(PersonRow {
                id,
                wrapped_key: Some(wrapped.as_bytes().to_vec()),
                ..row
            })],
            ..Unit::default()
        })
        .await
        .unwrap();
    world.vault.rotate_keks().unwrap();
    let error = world.app.rekey_turn().await.unwrap_err();
    assert_eq!(error.rule, "key_does_not_open");
    assert!(error.en.contains(&id.to_string()), "{}", error.en);
    let keys = status(&*world.store, &world.vault).await.unwrap();
    assert_eq!(keys[0].held, [1, 2]);
    assert!(keys[0].is_rotating());
    reads(&world.app, &world, &receipt).await;
}

/// How long it takes: a million people with `AFTERCARE_PEOPLE=1000000`.
#[tokio::test]
async fn every_key_is_wrapped_again_and_counted() {
    let asked = std::env::var("AFTERCARE_PEOPLE").ok();
    let count: u64 = asked.and_then(|n| n.parse().ok()).unwrap_or(2_500);
    let world = World::new().await;
    world.repair().await;
    let row = persons(&world).await.remove(0);
    let tenant = world.tenant.to_string();
    let mut made = 0;
    while made < count {
        let batch = (count - made).min(2_000);
        let writes = (made..made + batch).map(|number| {
            let id = PersonId(uuid::Uuid::from_u128(
                (1_793_581_200_000_u128 << 80) + 7 * u128::from(number),
            ));
            let (_, wrapped) = world
                .vault
                .new_person_key(&tenant, &id.to_string())
                .unwrap();
            Write::Person(PersonRow {
                id,
                wrapped_key: Some(wrapped.as_bytes().to_vec()),
                ..row.clone()
            })
        });
        let unit = Unit {
            writes: writes.collect(),
            ..Unit::default()
        };
        world.store.commit(unit).await.unwrap();
        made += batch;
    }
    world.vault.rotate_keks().unwrap();
    let started = Instant::now();
    let heard = std::sync::Mutex::new(Vec::new());
    let done = finish(
        &*world.store,
        &world.vault,
        &*world.clock,
        &|done, total| {
            heard.lock().unwrap().push((done, total));
        },
    )
    .await
    .unwrap();
    let seconds = started.elapsed().as_secs_f64();
    let [
        Retired {
            version: 2,
            persons,
            cases: 4,
            destroyed: 1,
            ..
        },
    ] = done[..]
    else {
        panic!("{done:?}");
    };
    assert!(persons > count);
    let heard = heard.into_inner().unwrap();
    // The key of the one case is wrapped for each of its four parties.
    assert_eq!(heard.first(), Some(&(0, persons + 4)));
    assert_eq!(heard.last(), Some(&(persons + 4, persons + 4)));
    assert!(heard.is_sorted());
    println!("{persons} people in {seconds:.3} s");
}
