//! Drills: what a thief finds in a copied data directory, whether anything is opened without a leaf before it, whether a leaf
//! that is taken away is noticed, and whether a destroyed person stays destroyed.

use crate::applications::{application, token};
use crate::world::{World, person, repair_input};
use aftercare_app::actions::Action;
use aftercare_app::import::ImportKind;
use aftercare_app::notify::{FileNotifier, Notifier as _, read_messages};
use aftercare_domain::audit::PersonField;
use aftercare_domain::ids::CaseId;
use aftercare_ledger::{
    AddCheckpoint, Checkpoint, Hash, SigningKey, Tree, WitnessState, consider, consistency_proof,
    root_at,
};
use aftercare_store::{
    EventLog as _, LOG_SIZE_FILE, OpenMode, PostgresStore, SHREDDED_FILE, SqliteStore, Store,
    StoredEvent,
};
use aftercare_vault::{DeliveryPurpose, Keyring, Opening, Plain, RootKey, Vault};
use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, SHA512, digest};
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// SplitMix64: the same drill on every run.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % n as u64).unwrap()
    }
}

struct Canary {
    name: String,
    phone: String,
    address: String,
}

fn canaries(count: usize) -> Vec<Canary> {
    let mut random = Random(0xca7a_2026);
    (0..count)
        .map(|at| Canary {
            name: format!("金丝雀{}", ["甲", "乙", "丙", "丁"][at % 4]),
            phone: format!("138{:08}", random.below(100_000_000)),
            address: format!("浙江省杭州市西湖区样板路{}号{at}室", 1 + random.below(900)),
        })
        .collect()
}

/// What a thief would look for, and what each find would be: the person in plain, masked digits, and beginnings of every
/// usual hash of the number, as bytes, in hexadecimal and in base64, which is what an index that can be guessed is made of.
fn wanted(canaries: &[Canary]) -> HashMap<Vec<u8>, &'static str> {
    let mut wanted = HashMap::new();
    for canary in canaries {
        let Canary {
            name,
            phone,
            address,
        } = canary;
        wanted.insert(name.as_bytes().to_vec(), "a name");
        wanted.insert(phone.as_bytes().to_vec(), "a phone number");
        // The part of the address that no other text has.
        let street = address.split_once("西湖区").unwrap().1;
        wanted.insert(street.as_bytes().to_vec(), "an address");
        let masked = format!("{}****{}", &phone[..3], &phone[7..]);
        wanted.insert(masked.into_bytes(), "masked digits");
        for spelled in [phone.clone(), format!("+86{phone}"), format!("86{phone}")] {
            for algorithm in [&SHA256, &SHA512, &SHA1_FOR_LEGACY_USE_ONLY] {
                let hash = digest(algorithm, spelled.as_bytes());
                let hash = hash.as_ref();
                wanted.insert(hash[..8].to_vec(), "a hash");
                let hexadecimal = hex::encode(&hash[..8]);
                wanted.insert(
                    hexadecimal.to_uppercase().into_bytes(),
                    "a hash in hexadecimal",
                );
                wanted.insert(hexadecimal.into_bytes(), "a hash in hexadecimal");
                wanted.insert(base64(&hash[..6]), "a hash in base64");
            }
        }
    }
    wanted
}

/// Base64 of six bytes.
fn base64(bytes: &[u8]) -> Vec<u8> {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let number = bytes
        .iter()
        .fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    (0..8)
        .rev()
        .map(|group| LETTERS[usize::try_from(number >> (6 * group) & 63).unwrap()])
        .collect()
}

fn every_file(folder: &Path) -> Vec<PathBuf> {
    let (mut found, mut open) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                found.push(path);
            }
        }
    }
    found
}

/// What of it lies in a folder, file by file.
fn found(folder: &Path, wanted: &HashMap<Vec<u8>, &'static str>) -> (u64, BTreeMap<String, usize>) {
    let mut lengths: Vec<usize> = wanted.keys().map(Vec::len).collect();
    lengths.sort_unstable();
    lengths.dedup();
    // Most places are passed over by their first two bytes.
    let two = |bytes: &[u8]| usize::from(u16::from_be_bytes([bytes[0], bytes[1]]));
    let mut begins = vec![false; 1 << 16];
    for pattern in wanted.keys() {
        begins[two(pattern)] = true;
    }
    let (mut searched, mut hits) = (0, BTreeMap::new());
    for file in every_file(folder) {
        let bytes = std::fs::read(&file).unwrap();
        searched += bytes.len() as u64;
        for (at, pair) in bytes.windows(2).enumerate() {
            if !begins[two(pair)] {
                continue;
            }
            for length in &lengths {
                let window = bytes.get(at..at + length);
                if let Some(what) = window.and_then(|window| wanted.get(window)) {
                    let name = file.file_name().unwrap().to_string_lossy();
                    *hits.entry(format!("{what} in {name}")).or_insert(0) += 1;
                }
            }
        }
    }
    (searched, hits)
}

/// Canaries in a shop: all of them bought something, some reported a repair, were told of it and looked at. Gives what a thief would
/// look for.
async fn inhabited(world: &World, canaries: &[Canary]) -> HashMap<Vec<u8>, &'static str> {
    let mut csv =
        String::from("number,paid_at,delivered_at,product_code,paid,buyer_name,buyer_phone\n");
    for (at, Canary { name, phone, .. }) in canaries.iter().enumerate() {
        csv += &format!("K{at},2026-10-30,2026-11-01,LAMP,129.00,{name},{phone}\n");
    }
    let report = world
        .app
        .import(&world.admin, ImportKind::Orders, csv.as_bytes(), false)
        .await
        .unwrap();
    assert_eq!(report.errors, []);
    // Every tenth also reports a repair, is told of it, and has a colleague look at the number.
    let (mut opens_a_case, mut only_on_the_page) = (Vec::new(), Vec::new());
    for Canary {
        name,
        phone,
        address,
    } in canaries.iter().step_by(10)
    {
        let mut input = repair_input();
        input.person = person(name, phone);
        input.person.address = Plain::new(address.clone());
        let receipt = world
            .app
            .report_repair(world.tenant, None, input, Vec::new(), None)
            .await
            .unwrap();
        opens_a_case.push(receipt.link.rsplit('/').next().unwrap().to_owned());
        only_on_the_page.push(format!("验证码 {}", receipt.code));
        only_on_the_page.push(format!("\"code\":\"{}\"", receipt.code));
        let reason = format!("回电 {name} {phone}");
        world
            .app
            .reveal(&world.agent, receipt.case, &[PersonField::Phone], &reason)
            .await
            .unwrap();
        // They take a copy of all that is kept of them, and ask that it be destroyed.
        let own = world.claimant(&receipt).await;
        let copy = world.app.own_data(&own, receipt.case).await.unwrap();
        assert!(copy.person.iter().any(|field| field.value == *name));
        world.app.ask_erasure(&own, receipt.case).await.unwrap();
    }
    // Some would rather work here: they are looked at, refused, and answer.
    for Canary {
        name,
        phone,
        address,
    } in canaries.iter().skip(5).step_by(10).take(5)
    {
        let input = application(name, phone, address);
        let applied = world.app.apply(world.tenant, input, Vec::new(), None);
        let receipt = applied.await.unwrap();
        let (id, reason) = (receipt.application, format!("回电 {name} {phone}"));
        let opened = world.app.open_application(&world.admin, id, &reason).await;
        assert_eq!(opened.unwrap().name.as_deref(), Some(name.as_str()));
        let refused = world.app.refuse_application(&world.admin, id, &reason);
        refused.await.unwrap();
        let link = token(&receipt);
        let replied = world.app.reply_to_refusal(world.tenant, link, &reason);
        replied.await.unwrap();
        only_on_the_page.push(link.to_owned());
    }
    world.app.settle().await.unwrap();
    for message in world.notifier.messages() {
        let code = message.zh.split_once("验证码 ").map(|(_, rest)| rest);
        opens_a_case.extend(code.map(|rest| format!("验证码 {}", &rest[..6])));
    }
    // What a server does with messages by itself: it keeps them in the directory for somebody who carries them.
    let data = world.folder.path().join("data");
    let root = RootKey::from_bytes([7; 32]);
    let vault = Vault::new(Keyring::open(&data.join("keyring.json"), &root).unwrap());
    let file = data.join("messages.sealed");
    let notifier = FileNotifier::new(file.clone(), vault.clone());
    for message in world.notifier.messages() {
        notifier.deliver(&message).await.unwrap();
    }
    let kept = read_messages(&file, &vault).unwrap();
    assert_eq!(kept.len(), world.notifier.messages().len());
    for text in &opens_a_case {
        let told = |message: &Plain<String>| message.expose_str().contains(text);
        assert!(kept.iter().any(told), "nobody was told {text}");
    }
    let mut wanted = wanted(canaries);
    wanted.extend(
        opens_a_case
            .iter()
            .chain(&only_on_the_page)
            .map(|text| (text.clone().into_bytes(), "what opens a case")),
    );
    wanted
}

/// So many people; a thousand with `AFTERCARE_CANARIES=1000`.
fn people() -> usize {
    let asked = std::env::var("AFTERCARE_CANARIES").ok();
    asked.and_then(|n| n.parse().ok()).unwrap_or(30)
}

/// Every row as whoever has the database reads it: bytes as they are.
async fn rows_of(store: &dyn Store) -> Vec<u8> {
    let mut dump = Vec::new();
    store.dump(&mut dump).await.unwrap();
    let mut rows = Vec::with_capacity(dump.len());
    for field in dump.split(|byte| matches!(byte, b'\n' | b'\t')) {
        let bytes = field
            .strip_prefix(b"x")
            .and_then(|digits| hex::decode(digits).ok());
        rows.extend(bytes.unwrap_or_else(|| field.to_vec()));
        rows.push(b'\n');
    }
    rows
}

#[tokio::test]
async fn a_thief_of_the_data_directory_finds_nobody() {
    let count = people();
    let canaries = canaries(count);
    let world = World::new().await;
    let wanted = inhabited(&world, &canaries).await;
    let data = world.folder.path().join("data");
    // A thief who has the backup as well, made while the database and its write-ahead log are open.
    let reader = SqliteStore::open(&data, OpenMode::Read).await.unwrap();
    reader
        .backup(&world.folder.path().join("backup"), &[])
        .await
        .unwrap();
    let names: Vec<String> = every_file(world.folder.path())
        .iter()
        .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    assert!(names.iter().any(|name| name.ends_with("-wal")), "{names:?}");

    let rows = rows_of(&*world.store).await;
    std::fs::write(world.folder.path().join("rows"), rows).unwrap();
    let (searched, hits) = found(world.folder.path(), &wanted);
    println!(
        "{count} people, {} patterns, {searched} bytes in {} files: {hits:?}",
        wanted.len(),
        names.len()
    );
    assert!(hits.is_empty(), "{hits:?}");
    // The search itself finds what is there.
    let plain = world.folder.path().join("plain");
    std::fs::create_dir(&plain).unwrap();
    let hash = digest(&SHA256, canaries[1].phone.as_bytes());
    let text = format!(
        "x{} {} {}",
        canaries[0].phone,
        canaries[2].name,
        hex::encode(hash.as_ref())
    );
    std::fs::write(plain.join("log"), text).unwrap();
    assert_eq!(found(&plain, &wanted).1.len(), 3);
}

/// The same of a thief who has the files of the database server.
#[tokio::test]
async fn a_thief_of_the_database_server_finds_nobody() {
    let Some(server) = aftercare_testkit::postgres() else {
        return;
    };
    // One of its own: what other tests leave there is not searched.
    let server = server.another();
    let canaries = canaries(people());
    let world = World::over_postgres(&server.database()).await;
    let wanted = inhabited(&world, &canaries).await;
    let rows = rows_of(&*world.store).await;
    std::fs::write(world.folder.path().join("rows"), rows).unwrap();
    let log = server.data().join("pg_wal");
    let mut folders = vec![world.folder.path().to_owned(), log.clone()];
    // The database itself; those that PostgreSQL brings along have smaller numbers.
    for entry in std::fs::read_dir(server.data().join("base")).unwrap() {
        let entry = entry.unwrap();
        let number = entry.file_name().to_string_lossy().parse::<u32>();
        if number.is_ok_and(|number| number >= 16_384) {
            folders.push(entry.path());
        }
    }
    assert_eq!(folders.len(), 3, "{folders:?}");
    for folder in &folders {
        let (searched, hits) = found(folder, &wanted);
        println!("{searched} bytes in {}: {hits:?}", folder.display());
        assert!(hits.is_empty(), "{hits:?}");
    }
    // What is no secret is found where the server wrote it, and among the rows.
    let known = HashMap::from([("示例店".as_bytes().to_vec(), "the name of the shop")]);
    for folder in [&log, &folders[0]] {
        assert!(!found(folder, &known).1.is_empty(), "{}", folder.display());
    }
}

/// What an opening has to say of itself in the log: the event's name, whose field, which, and for what.
fn says(logged: &StoredEvent, opening: &Opening) -> bool {
    let payload: serde_json::Value = serde_json::from_slice(&logged.payload).unwrap();
    let body = &payload["body"];
    let names = |list: &serde_json::Value, wanted: &str| {
        let mut all = list.as_array().unwrap().iter();
        all.any(|named| named == wanted)
    };
    let named = names(&body["fields"], &opening.column);
    named
        && match opening.purpose {
            None => logged.name == "data_revealed.v1" && body["person"] == opening.person.as_str(),
            Some(purpose) => {
                logged.name == "data_used.v1"
                    && body["purpose"] == purpose.name()
                    && payload["by"]["kind"] == "system"
                    && names(&body["persons"], &opening.person)
            }
        }
}

/// A hundred steps that anybody may take in any order; whatever the vault opened meanwhile, for whomever, has a leaf that
/// names it. The leaf is a commitment under a random salt: whoever shows it when he opens has it from the transaction that
/// wrote it. Longer with `AFTERCARE_OPENINGS=1000`.
#[tokio::test]
async fn nothing_is_opened_without_an_earlier_leaf() {
    let asked = std::env::var("AFTERCARE_OPENINGS").ok();
    let steps: usize = asked.and_then(|n| n.parse().ok()).unwrap_or(100);
    let mut world = World::new().await;
    let openings: Arc<Mutex<Vec<Opening>>> = Arc::default();
    let list = Arc::clone(&openings);
    world
        .vault
        .observe(move |opening| list.lock().unwrap().push(opening.clone()));
    let mut random = Random(0x1eaf_2026);
    let mut cases = Vec::new();
    for step in 0..steps {
        let case = |random: &mut Random| cases.get(random.below(cases.len().max(1))).copied();
        match random.below(11) {
            0 if cases.len() < 12 => {
                let mut input = repair_input();
                input.person = person("林晓示", &format!("1380000{step:04}"));
                if random.below(3) == 0 {
                    input.person.place = None;
                }
                let taken = world
                    .app
                    .report_repair(world.tenant, None, input, Vec::new(), None)
                    .await;
                cases.push(taken.unwrap().case);
            }
            1 | 2 => {
                let fields = [PersonField::Phone, PersonField::Place];
                let everybody = world.everybody();
                let who = match random.below(2) {
                    0 => &world.agent,
                    _ => everybody[random.below(everybody.len())].1,
                };
                if let Some(case) = case(&mut random) {
                    let some = match random.below(5) {
                        0 => &[],
                        more => &fields[..1 + more % 2],
                    };
                    let _ = world.app.reveal(who, case, some, "回电").await;
                }
            }
            3 => {
                let Some(case) = case(&mut random) else {
                    continue;
                };
                let detail = world.app.case_detail(&world.dispatcher, case).await;
                let orders = detail.unwrap().work_orders;
                let offer = orders.iter().flat_map(|order| &order.offers).next_back();
                if let Some(offer) = offer.map(|offer| offer.id) {
                    let work_order = None;
                    let answer = match random.below(3) {
                        0 => Action::DeclineOffer {
                            work_order,
                            offer,
                            reason: "路上".to_owned(),
                        },
                        _ => Action::AcceptOffer { work_order, offer },
                    };
                    let _ = world.act(&world.technician, case, answer).await;
                }
            }
            4 => {
                if let Some(case) = case(&mut random) {
                    let from = world.app.now().plus_ms(4 * 3_600_000);
                    let agree = Action::Schedule {
                        work_order: None,
                        from,
                        until: from.plus_ms(2 * 3_600_000),
                    };
                    let _ = world.act(&world.technician, case, agree).await;
                }
            }
            5 => {
                if random.below(4) == 0
                    && let Some(case) = case(&mut random)
                {
                    let give_back = Action::WithdrawRepair { work_order: None };
                    let _ = world.act(&world.agent, case, give_back).await;
                }
            }
            6 => {
                let _ = world.app.board(&world.dispatcher).await.unwrap();
            }
            7 => {
                if let Some(case) = case(&mut random) {
                    let detail = world.app.case_detail(&world.dispatcher, case).await;
                    let order = detail.unwrap().work_orders[0].id;
                    let _ = world.app.nearest(&world.dispatcher, case, order).await;
                }
            }
            8 => {
                let minutes = i64::try_from(random.below(40)).unwrap();
                world.pass(minutes * 60_000).await;
            }
            9 => world = world.restarted_with_the_same_vault().await,
            _ => {
                world.app.settle().await.unwrap();
            }
        }
    }
    world.app.settle().await.unwrap();
    let head = world.store.head().await.unwrap().size;
    let log = world.store.range(1, head).await.unwrap();
    let openings = openings.lock().unwrap();
    let mut of: BTreeMap<&str, usize> = BTreeMap::new();
    for opening in openings.iter() {
        let logged = &log[usize::try_from(opening.seq).unwrap() - 1];
        assert_eq!(logged.leaf, opening.leaf, "{opening:?}");
        assert!(
            says(logged, opening),
            "{} does not say {opening:?}",
            logged.seq
        );
        *of.entry(opening.purpose.map_or("reveal", DeliveryPurpose::name))
            .or_default() += 1;
    }
    // The vault counts what it opens by itself: nothing passed the observer by.
    let mut counted = world.vault.reveals();
    for purpose in DeliveryPurpose::ALL {
        counted += world.vault.deliveries(purpose);
    }
    assert_eq!(counted, openings.len() as u64);
    println!("{steps} steps, {head} events, opened {of:?}, each with a leaf before it");
    for purpose in ["reveal", "notify", "dispatch"] {
        assert!(
            of.get(purpose) > Some(&3),
            "{of:?}: this drill shows little"
        );
    }
}

/// Whatever is opened for a colleague has its leaf before it, and a refusal leaves nothing.
#[tokio::test]
async fn a_reveal_has_its_leaf_before_it_and_a_refusal_leaves_nothing() {
    let world = World::new().await;
    let receipt = world.repair().await;
    world.app.settle().await.unwrap();
    let mut random = Random(0x0de2_2026);
    let every = [
        PersonField::Name,
        PersonField::Phone,
        PersonField::Address,
        PersonField::Place,
    ];
    let mut opened = 0;
    for step in 0..80 {
        let everybody = world.everybody();
        let (who, principal) = everybody[random.below(everybody.len())];
        let fields: Vec<PersonField> = every.into_iter().filter(|_| random.below(2) == 0).collect();
        let reason = ["回电", "", " ", "确认地址"][random.below(4)];
        let before = world.store.head().await.unwrap().size;
        let said = world
            .app
            .reveal(principal, receipt.case, &fields, reason)
            .await;
        let after = world.store.head().await.unwrap().size;
        let logged = world.store.range(before + 1, 100).await.unwrap();
        match said {
            Ok(revealed) => {
                opened += 1;
                assert_eq!((after, logged.len()), (before + 1, 1), "step {step}: {who}");
                assert_eq!(
                    (revealed.seq, logged[0].name.as_str()),
                    (after, "data_revealed.v1")
                );
                let payload: serde_json::Value =
                    serde_json::from_slice(&logged[0].payload).unwrap();
                let named = payload.to_string();
                for (field, value) in [
                    ("\"name\"", &revealed.name),
                    ("\"phone\"", &revealed.phone),
                    ("\"address\"", &revealed.address),
                ] {
                    assert!(
                        value.is_none() || named.contains(field),
                        "step {step}: {field} is not in {named}"
                    );
                }
            }
            Err(_) => assert_eq!(
                after, before,
                "step {step}: a refusal to {who} left something"
            ),
        }
    }
    assert!(opened > 3, "{opened} reveals: this drill shows nothing");
    println!("80 questions, {opened} opened, each with a leaf before it");
}

/// A log from which the leaf of a reveal or of a use was taken away is not cosigned any more, however its owner goes on and whatever he signs.
#[tokio::test]
async fn an_opening_that_is_taken_out_of_the_log_is_noticed_by_a_witness() {
    let world = World::new().await;
    let receipt = world.repair().await;
    for _ in 0..5 {
        world
            .app
            .reveal(&world.agent, receipt.case, &[PersonField::Phone], "回电")
            .await
            .unwrap();
        world.app.settle().await.unwrap();
    }
    let events = world.store.range(1, 10_000).await.unwrap();
    let leaves: Vec<Hash> = events.iter().map(|event| Hash(event.leaf)).collect();
    let tree: Tree = leaves.iter().copied().collect();
    assert_eq!(tree.root().0, world.store.head().await.unwrap().root);
    let named = |name: &str| -> Vec<usize> {
        (0..events.len())
            .filter(|at| events[*at].name == name)
            .collect()
    };
    let reveals = named("data_revealed.v1");
    assert_eq!(reveals.len(), 5);
    let openings = [reveals, named("data_used.v1")].concat();
    assert!(
        openings.len() > 6,
        "the customer was told, and somebody was asked"
    );
    let key = SigningKey::generate("test.log").unwrap();
    let size = tree.size();
    let seen = WitnessState {
        size,
        root: root_at(&tree, size).unwrap(),
    };
    let keys = [key.verifier()];
    let asked = |tree: &Tree, size: u64, old: u64| {
        let checkpoint = Checkpoint {
            origin: "test.log".to_owned(),
            size,
            root: root_at(tree, size).unwrap(),
            extensions: Vec::new(),
        };
        let request = AddCheckpoint {
            old,
            proof: if old == 0 || old >= size {
                Vec::new()
            } else {
                consistency_proof(tree, old, size).unwrap()
            },
            checkpoint: checkpoint.sign(&key).unwrap(),
        };
        consider(&request, &keys, |_| seen)
    };
    assert!(asked(&tree, size, size).is_ok(), "the honest log goes on");
    for opening in openings {
        let mut forged: Tree = Tree::new();
        for (at, leaf) in leaves.iter().enumerate() {
            if at != opening {
                forged.append(*leaf);
            }
        }
        // He goes on writing for a while, so that nobody wonders at the size.
        for leaf in leaves.iter().take(10) {
            forged.append(*leaf);
        }
        for size in size - 1..=forged.size() {
            for old in [0, size - 1, size, seen.size] {
                assert!(
                    asked(&forged, size, old).is_err(),
                    "leaf {opening}, size {size}, old {old}"
                );
            }
        }
    }
}

/// A repair that is over.
async fn ended(world: &World) -> CaseId {
    let receipt = world.repair().await;
    let claimant = world.claimant(&receipt).await;
    world
        .act(
            &claimant,
            receipt.case,
            Action::WithdrawRepair { work_order: None },
        )
        .await
        .unwrap();
    receipt.case
}

/// Starts on what was put back, and says whether the person of the case is destroyed there as an event of the log.
async fn started(world: &World, store: Arc<dyn Store>, case: CaseId, destroyed: bool) {
    let before = store.head().await.unwrap().size;
    let app = world.another(Arc::clone(&store)).await;
    let detail = app.case_detail(&world.agent, case).await.unwrap();
    assert_eq!(detail.person.shredded, destroyed);
    assert_eq!(detail.person.phone.is_empty(), destroyed);
    let logged = store.range(before + 1, 1).await.unwrap();
    assert_eq!(
        logged
            .first()
            .is_some_and(|event| event.name == "person_shredded.v1"),
        destroyed,
        "it is an event of the log"
    );
    store.verify_log(&[]).await.unwrap();
    // A second start finds nothing left to do.
    let before = store.head().await.unwrap().size;
    drop(world.another(Arc::clone(&store)).await);
    assert_eq!(store.head().await.unwrap().size, before);
    drop(app);
    store.close().await;
}

#[tokio::test]
async fn a_backup_does_not_bring_a_destroyed_person_back() {
    let world = World::new().await;
    let case = ended(&world).await;
    let data = world.folder.path().join("data");
    let backup = world.folder.path().join("last week");
    let reader = SqliteStore::open(&data, OpenMode::Read).await.unwrap();
    reader.backup(&backup, &[]).await.unwrap();
    world
        .app
        .shred_person(&world.admin, case, "本人要求")
        .await
        .unwrap();
    let list = data.join(SHREDDED_FILE);
    assert_eq!(std::fs::read_to_string(&list).unwrap().lines().count(), 1);

    // Put back without the list, the person is there again: that is what the list is for.
    let (with, without) = (
        world.folder.path().join("with"),
        world.folder.path().join("without"),
    );
    aftercare_store::restore(&backup, &without, &[])
        .await
        .unwrap();
    aftercare_store::restore_shredding(&backup, &with, &[], &list)
        .await
        .unwrap();
    for (target, destroyed) in [(&without, false), (&with, true)] {
        let key = aftercare_testkit::row_key();
        let store = SqliteStore::open(target, OpenMode::Write(&key)).await;
        started(&world, Arc::new(store.unwrap()), case, destroyed).await;
    }
}

/// The same on PostgreSQL, where a backup is the size of the log, then a dump of the database, then the directory
/// (docs/DEPLOY.md).
#[tokio::test]
async fn a_dump_of_the_database_does_not_bring_a_destroyed_person_back() {
    let Some(server) = aftercare_testkit::postgres() else {
        return;
    };
    let url = server.database();
    let world = World::over_postgres(&url).await;
    let case = ended(&world).await;
    let data = world.folder.path().join("data");
    let size = std::fs::read(data.join(LOG_SIZE_FILE)).unwrap();
    let dump = server.dump(&url);
    world
        .app
        .shred_person(&world.admin, case, "本人要求")
        .await
        .unwrap();
    for (name, destroyed) in [("without", false), ("with", true)] {
        let target = world.folder.path().join(name);
        std::fs::create_dir(&target).unwrap();
        std::fs::write(target.join(LOG_SIZE_FILE), &size).unwrap();
        if destroyed {
            std::fs::copy(data.join(SHREDDED_FILE), target.join(SHREDDED_FILE)).unwrap();
        }
        let key = aftercare_testkit::row_key();
        let restored = server.restored(&dump);
        let store = PostgresStore::open(&target, &restored, OpenMode::Write(&key)).await;
        let store = store.unwrap();
        // What was put back keeps tenants apart as before, and has every row as it was written.
        store.verify_rows(&key).await.unwrap();
        started(&world, Arc::new(store), case, destroyed).await;
    }
}
