//! Platforms that share a list of photos that were judged forged, and the folder of one of them: what `exchange join` and
//! `exchange sync` leave there.

use aftercare_exchange::limits::DAY_S;
use aftercare_exchange::{Act, Day, GroupId, Item, List, MemberId, MemberKey, Print, Seat, What};
use aftercare_ledger::{Hash, SigningKey};
use std::path::{Path, PathBuf};

/// The name of the list.
pub const LIST: &str = "exchange.example/list";

/// Three platforms, each a group of its own; the folder is that of member 1.
pub struct Platforms {
    list: List,
    key: SigningKey,
    members: Vec<SigningKey>,
    folder: PathBuf,
}

impl Platforms {
    /// Founded 30 days before `now_s`, in seconds since 1970; member 1 has joined and read nothing yet. Its folder is made.
    #[must_use]
    pub fn founded(folder: &Path, now_s: u64) -> Self {
        let members: Vec<SigningKey> = (0..4)
            .map(|number| SigningKey::generate(&format!("member-{number}")).expect("a key"))
            .collect();
        let seats = [1, 2, 3].map(|number: u16| Seat {
            member: MemberId(number),
            group: GroupId(number),
            key: MemberKey::of(&members[usize::from(number)]),
        });
        let key = SigningKey::generate(LIST).expect("a key");
        let mut list = List::new(LIST);
        let founded = What::Founded {
            seats: seats.to_vec(),
        };
        list.append(now_s - 30 * DAY_S, founded, None)
            .expect("three groups");
        for name in ["waiting", "receipts", "refused"] {
            std::fs::create_dir_all(folder.join(name)).expect("a folder");
        }
        let settings = serde_json::json!({
            "member": 1,
            "group": 1,
            "operator": {
                "url": "https://exchange.example",
                "log": key.verifier().to_string(),
                "witnesses": [],
                "quorum": 0,
            },
        });
        std::fs::write(folder.join("member.json"), settings.to_string()).expect("a file");
        Self {
            list,
            key,
            members,
            folder: folder.to_owned(),
        }
    }

    /// The folder of member 1.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Does something as its member; answers its place in the list.
    pub fn act(&mut self, at_s: u64, what: What) -> u64 {
        let act = what.by().map(|member| {
            let number = self.list.register().acted(member) + 1;
            let key = &self.members[usize::from(member.0)];
            Act::sign(key, LIST, number, &what).expect("an act")
        });
        self.list.append(at_s, what, act).expect("allowed")
    }

    /// Publishes a photo as a member: judged 20 days before, and told of 16 days before.
    pub fn publish(&mut self, at_s: u64, member: u16, sha256: Hash, print: Print) -> u64 {
        let item = Item {
            sha256,
            print,
            publisher: MemberId(member),
            judged_on: Day::of(at_s - 20 * DAY_S),
            noticed_on: Day::of(at_s - 16 * DAY_S),
        };
        self.act(at_s, What::Published { item })
    }

    /// Member 1 reads the list.
    pub fn sync(&self) {
        let entries = self.list.entries().join("\n") + "\n";
        std::fs::write(self.folder.join("entries"), entries).expect("a file");
        let note = self.list.checkpoint(&self.key).expect("a checkpoint");
        std::fs::write(self.folder.join("checkpoint"), note).expect("a file");
    }

    /// What waits in the folder to be delivered, oldest first.
    #[must_use]
    pub fn waiting(&self) -> Vec<What> {
        let folder = std::fs::read_dir(self.folder.join("waiting")).expect("a folder");
        let mut paths: Vec<PathBuf> = folder.map(|entry| entry.expect("a file").path()).collect();
        paths.sort_unstable();
        let read = |path: &PathBuf| -> What {
            let bytes = std::fs::read(path).expect("a file");
            let value: serde_json::Value = serde_json::from_slice(&bytes).expect("JSON");
            serde_json::from_value(value["what"].clone()).expect("an act")
        };
        paths.iter().map(read).collect()
    }

    /// Delivers what waits at that time, as `exchange sync` does; answers the places.
    pub fn deliver(&mut self, at_s: u64) -> Vec<u64> {
        let acts = self.waiting();
        let places = acts.into_iter().map(|what| self.act(at_s, what)).collect();
        let folder = std::fs::read_dir(self.folder.join("waiting")).expect("a folder");
        for entry in folder {
            std::fs::remove_file(entry.expect("a file").path()).expect("a file");
        }
        self.sync();
        places
    }
}
