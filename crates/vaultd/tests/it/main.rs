//! The process that keeps the keys of people, over real sockets, and as a real process that is killed.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests stop the test where it cannot go on"
)]

mod copies;
mod frames;
mod keepers;
mod ledgers;
mod openings;
mod process;
mod sockets;

use aftercare_vault::{
    Field, KdfCost, OpenItem, OpenPeople, Opener, PeopleKeeper as _, PersonKey, Place, Plain,
    RootKey, Vault, VaultError, WrappedKey,
};
use aftercare_vaultd::{Bound, Client, Keeper, KeeperError, Peers, Quotas, Within, bind, serve};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub const TENANT: &str = "0198-tenant";
/// An invented moment.
pub const NOW_MS: i64 = 1_793_581_200_000;
const TABLE: &str = "persons";

pub fn root() -> RootKey {
    RootKey::from_bytes([3; 32])
}

/// A shop that takes people in, and the folder of whoever opens them: its keyring has the second version of the key, of which
/// the shop has the public half alone.
pub struct Shop {
    pub folder: tempfile::TempDir,
    pub web: Vault,
}

/// A person as the shop stores them.
pub struct Stored {
    pub id: String,
    pub key: WrappedKey,
    pub phone: Vec<u8>,
    pub told: String,
}

impl Shop {
    pub async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let web = Vault::in_memory().unwrap();
        web.add_tenant(TENANT).unwrap();
        let shop = Self { folder, web };
        Keeper::create(&shop.keeper(), &root(), KdfCost::FOR_TESTS, &shop.web).unwrap();
        let within = shop.within(Quotas::default());
        let key = within.rotate(TENANT, 2).await.unwrap();
        within.retire(TENANT, 2).await.unwrap();
        shop.web.keep_people_keys(&[key]).unwrap();
        shop
    }

    pub fn keeper(&self) -> PathBuf {
        self.folder.path().join("keeper")
    }

    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("vaultd.sock")
    }

    pub fn client(&self) -> Client {
        Client::new(&self.socket())
    }

    pub fn opened(&self, quotas: Quotas) -> Keeper {
        opened_at(&self.keeper(), quotas, NOW_MS)
    }

    pub fn within(&self, quotas: Quotas) -> Within {
        Within::new(Arc::new(self.opened(quotas)), || NOW_MS)
    }

    /// The account that this test runs under.
    pub fn uid(&self) -> u32 {
        std::fs::metadata(self.folder.path()).unwrap().uid()
    }

    pub fn peers(&self) -> Peers {
        Peers {
            uid: self.uid(),
            group: false,
        }
    }

    /// Takes somebody in, without asking anybody.
    pub fn taken_in(&self, number: usize) -> Stored {
        let id = format!("person-{number}");
        let (key, wrapped) = self
            .web
            .intake_key(TENANT)
            .unwrap()
            .new_person_key(&id)
            .unwrap();
        let told = format!("1380000{number:04}");
        Stored {
            phone: sealed(&key, &id, &told),
            id,
            key: wrapped,
            told,
        }
    }

    /// Listens and answers until it is dropped.
    pub async fn served(&self, quotas: Quotas) -> Serving {
        let bound = bind(&self.socket(), self.peers()).await.unwrap();
        Serving::over(bound, self.opened(quotas))
    }
}

/// Opens a folder that nobody keeps any more. Another test of this process may just be starting a process of its own, which has
/// every open file, and the lock with it, for a moment.
pub fn opened_at(folder: &Path, quotas: Quotas, now_ms: i64) -> Keeper {
    for _ in 0..200 {
        match Keeper::open(folder, &root(), quotas, now_ms) {
            Err(KeeperError::InUse(_)) => std::thread::sleep(Duration::from_millis(10)),
            opened => return opened.unwrap(),
        }
    }
    panic!("somebody keeps {}", folder.display());
}

fn sealed(key: &PersonKey, person: &str, text: &str) -> Vec<u8> {
    let field = Field::new(TABLE, person, "phone");
    let sealed = key.seal(&field, &Plain::new(text.to_owned())).unwrap();
    sealed.into_bytes()
}

/// A server within this process.
pub struct Serving {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Serving {
    pub fn over(bound: Bound, keeper: Keeper) -> Self {
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(async move {
            let stopped = async {
                let _ = stopped.await;
            };
            serve(bound, Arc::new(keeper), || NOW_MS, stopped)
                .await
                .unwrap();
        });
        Self { stop, task }
    }

    pub async fn end(self) {
        let _ = self.stop.send(());
        self.task.await.unwrap();
    }
}

/// What is asked to look at the numbers of these people.
pub fn looking(actor: &str, seq: u64, people: &[&Stored]) -> OpenPeople {
    OpenPeople {
        tenant: TENANT.to_owned(),
        opener: Opener::Somebody(actor.to_owned()),
        case: Some("case-1".to_owned()),
        seq,
        leaf: [9; 32],
        items: people
            .iter()
            .map(|person| OpenItem {
                person: person.id.clone(),
                key: person.key.clone(),
                place: Place::from(&Field::new(TABLE, &person.id, "phone")),
                sealed: person.phone.clone(),
            })
            .collect(),
    }
}

pub fn text(plain: &Plain<Vec<u8>>) -> String {
    String::from_utf8(plain.expose().clone()).unwrap()
}

/// The rule of a refusal.
pub fn rule<T: std::fmt::Debug>(answer: Result<T, VaultError>) -> String {
    match answer {
        Err(VaultError::KeeperRefused { rule, .. }) => rule,
        other => panic!("no refusal: {other:?}"),
    }
}

pub fn ledger_lines(keeper: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(keeper.join(aftercare_vaultd::LEDGER_FILE)).unwrap();
    text.lines().map(str::to_owned).collect()
}
