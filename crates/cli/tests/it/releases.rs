//! The way back of people's keys as a real process, killed at any moment: afterwards nobody is lost, and whoever was destroyed is
//! opened by neither side. `AFTERCARE_RELEASES=200` has it done as often; the default is a few.

use super::vaultd::OWN_KEY;
use super::{aftercare_with, copy_folder, demo, demo_vault, row_key, text};
use aftercare_app::clock::{Clock as _, SystemClock};
use aftercare_domain::Actor;
use aftercare_domain::audit::{AuditBody, AuditEvent, ShredReason};
use aftercare_domain::ids::{PersonId, TenantId};
use aftercare_store::{
    EventLog as _, KeyOwner, Keys as _, OpenMode, SqliteStore, Unit, Upkeep as _, Write,
};
use aftercare_vault::{RootKey, WrappedKey, random_code};
use aftercare_vaultd::{Keeper, Quotas, Request};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How often the keys are taken back where nobody says otherwise.
const RELEASES: usize = 3;
/// How often each of them is killed on the way, at most.
const KILLS: usize = 3;
/// Wrapped keys that are read together.
const PAGE: u32 = 500;

/// What a database has of people: their tenant and their wrapped key.
type People = BTreeMap<PersonId, (TenantId, WrappedKey)>;

async fn people(data: &Path) -> People {
    let store = SqliteStore::open(data, OpenMode::Read)
        .await
        .expect("a store");
    let (mut after, mut people) = (None, People::new());
    loop {
        let page = store.kept_keys(after, PAGE).await.expect("keys");
        for key in page.keys {
            if let KeyOwner::Person(person) = key.owner {
                let wrapped = WrappedKey::from_bytes(&key.wrapped).expect("a wrapped key");
                people.insert(person, (key.tenant, wrapped));
            }
        }
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    store.close().await;
    people
}

/// A data directory whose keys of people were given away, and the folder that keeps them.
struct Given {
    folder: tempfile::TempDir,
    /// Everybody who is there.
    people: People,
    /// Somebody who was destroyed since, with the key as it was before they were given away, and after.
    destroyed: (PersonId, TenantId, [WrappedKey; 2]),
}

impl Given {
    async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let (data, keeper) = (folder.path().join("data"), folder.path().join("keeper"));
        copy_folder(demo(), &data);
        let before = people(&data).await;
        let said = vaultd("adopt", folder.path());
        assert_eq!(said.code, 0, "{}{}", said.out, said.err);
        let mut people = people(&data).await;
        let first = *people.keys().next().expect("somebody");
        let (tenant, wrapped) = people.remove(&first).expect("somebody");
        let at = SystemClock.now();
        let store = SqliteStore::open(&data, OpenMode::Write(&row_key(&data)))
            .await
            .expect("a store");
        let gone = Unit {
            writes: vec![Write::ShredPerson { person: first, at }],
            audit: vec![AuditEvent {
                at,
                by: Actor::System,
                tenant,
                body: AuditBody::PersonShredded {
                    person: first,
                    reason: ShredReason::Requested,
                    note: None,
                },
            }],
            ..Unit::default()
        };
        store.commit(gone).await.expect("committed");
        store.close().await;
        let told = opened(&keeper).answer(
            at.0,
            Request::Shred {
                tenant: tenant.to_string(),
                persons: vec![first.to_string()],
            },
        );
        told.result.expect("it is told of");
        let keys = [before[&first].1.clone(), wrapped];
        Self {
            folder,
            people,
            destroyed: (first, tenant, keys),
        }
    }

    /// What must be true when the keys were taken back.
    async fn hold(&self, room: &Path, delays: &[Duration]) {
        let (data, keeper) = (room.join("data"), room.join("keeper"));
        let vault = demo_vault(&data);
        let now = people(&data).await;
        assert!(
            now.keys().eq(self.people.keys()),
            "other people than before: {delays:?}"
        );
        for (person, (tenant, key)) in &now {
            let opened = vault.unwrap_person_key(&tenant.to_string(), &person.to_string(), key);
            assert!(opened.is_ok(), "{person} is lost: {delays:?}");
        }
        let (person, tenant, keys) = &self.destroyed;
        for key in keys {
            let opened = vault.unwrap_person_key(&tenant.to_string(), &person.to_string(), key);
            assert!(opened.is_err(), "{person} is there again: {delays:?}");
        }
        let check = vaultd("check", room);
        assert_eq!(check.code, 0, "{delays:?}: {}", check.err);
        let verify = ["log", "verify", "--deep", "--data", text(&data)];
        let verified = aftercare_with(&verify, &[]);
        assert_eq!(verified.code, 0, "{delays:?}: {}", verified.err);
        let keeper = opened(&keeper);
        assert!(
            keeper.is_shredded(&tenant.to_string(), &person.to_string()),
            "{delays:?}"
        );
    }
}

fn opened(keeper: &Path) -> Keeper {
    let root = RootKey::from_key_text(OWN_KEY).expect("a key");
    Keeper::open(keeper, &root, Quotas::default(), SystemClock.now().0).expect("a keeper")
}

/// A command of vaultd on the two folders of a room.
fn vaultd(command: &str, room: &Path) -> super::Said {
    let (data, keeper) = (room.join("data"), room.join("keeper"));
    let args = [
        "vaultd",
        command,
        "--data",
        text(&data),
        "--folder",
        text(&keeper),
    ];
    aftercare_with(&args, &[("AFTERCARE_VAULTD_KEY", OWN_KEY)])
}

/// Takes the keys back for so long, and gives how that ended: none where it was killed.
fn killed_after(delay: Duration, room: &Path) -> Option<i32> {
    let (data, keeper) = (room.join("data"), room.join("keeper"));
    let mut running = Command::new(env!("CARGO_BIN_EXE_aftercare"))
        .args(["vaultd", "release", "--data", text(&data)])
        .args(["--folder", text(&keeper)])
        .env_remove("AFTERCARE_DATABASE_URL")
        .env("AFTERCARE_VAULTD_KEY", OWN_KEY)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary runs");
    std::thread::sleep(delay);
    let _ = running.kill();
    running.wait().expect("it ends").code()
}

/// Any moment of what takes so long, and a little after.
fn moment(whole: Duration) -> Duration {
    let digits = random_code(4).expect("random digits");
    let part: u32 = digits.expose().parse().expect("a number");
    whole.mul_f64(f64::from(part) / 9_000.0)
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_lost_or_brought_back_however_often_the_way_back_is_killed() {
    let asked = std::env::var("AFTERCARE_RELEASES").ok();
    let releases = asked.and_then(|n| n.parse().ok()).unwrap_or(RELEASES);
    let given = Given::new().await;
    let rooms = tempfile::tempdir().expect("a folder");
    let (mut whole, mut killed) = (Duration::ZERO, 0);
    for round in 0..=releases {
        let room = rooms.path().join(round.to_string());
        copy_folder(given.folder.path(), &room);
        let mut delays = Vec::new();
        // The first one tells how long it takes.
        while round > 0 && delays.len() < KILLS {
            let delay = moment(whole);
            delays.push(delay);
            match killed_after(delay, &room) {
                None => killed += 1,
                // It had ended, or had been killed when everything was done.
                Some(0 | 2) => break,
                Some(code) => panic!("exit {code}: {delays:?}"),
            }
        }
        let began = Instant::now();
        let said = vaultd("release", &room);
        if round == 0 {
            whole = began.elapsed();
        }
        let is_back = said.code == 0 || said.err.contains("nothing to take back");
        assert!(is_back, "{delays:?}: {}{}", said.out, said.err);
        given.hold(&room, &delays).await;
        std::fs::remove_dir_all(&room).expect("removed");
    }
    println!("{releases} times taken back, killed {killed} times on the way");
}
