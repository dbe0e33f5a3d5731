//! An exchange as it runs: an operator, members and a witness, each a process of its own on loopback.

mod platform;

use super::outsiders::{Running, ask, start};
use super::{Said, aftercare_with, text};
use aftercare_app::clock::{Clock as _, SystemClock};
use aftercare_scene::{Camera, Damage, ItemKind, RgbImage, Scene, encode_jpeg, paint_on};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::Duration;

const DAY_S: u64 = 86_400;
const LOOPBACK: &str = "127.0.0.0/8";
const NAME: &str = "exchange.example/list";

fn now_s() -> u64 {
    u64::try_from(SystemClock.now().0 / 1_000).expect("after 1970")
}

fn run(args: &[&str]) -> Said {
    aftercare_with(args, &[("AFTERCARE_ALLOW_NETWORK", LOOPBACK)])
}

/// The JSON object that a run printed.
fn answer(said: &Said) -> Value {
    serde_json::from_str(said.out.trim_end())
        .unwrap_or_else(|error| panic!("{error}: {} {}", said.out, said.err))
}

/// A middle part of a picture, a little more than half of it, as a phone sends it on.
fn cropped(picture: &RgbImage) -> Vec<u8> {
    let (width, height) = (picture.width() * 3 / 4, picture.height() * 3 / 4);
    let (x, y) = (picture.width() / 8, picture.height() / 8);
    let part = RgbImage::from_fn(width, height, |column, row| {
        *picture.get_pixel(column + x, row + y)
    });
    encode_jpeg(&part, 70, None)
}

/// A folder with everything, an operator that runs, and members 1, 2 and 3, each a group of its own.
struct World {
    folder: tempfile::TempDir,
    /// The key of the list, and where the operator listens.
    log: String,
    address: String,
    operator: Option<Running>,
    /// The PostgreSQL database of the list; a file in the operator's folder without one.
    database: Option<String>,
}

impl World {
    fn founded() -> Self {
        Self::founded_on(None)
    }

    fn founded_on(database: Option<String>) -> Self {
        let mut world = Self {
            folder: tempfile::tempdir().expect("a temporary folder"),
            log: String::new(),
            address: "127.0.0.1:0".to_owned(),
            operator: None,
            database,
        };
        std::fs::create_dir(world.path("empty")).expect("a folder");
        let seats: Vec<Value> = (1..=3)
            .map(|number| {
                let said = run(&[
                    "exchange",
                    "join",
                    "--data",
                    &world.member(number),
                    "--member",
                    &number.to_string(),
                    "--group",
                    &number.to_string(),
                ]);
                assert_eq!(said.code, 0, "{}", said.err);
                answer(&said)
            })
            .collect();
        world.write("seats.json", Value::from(seats).to_string().as_bytes());
        let seats = world.named("seats.json");
        world.start(&["--found", &seats]);
        for number in 1..=3 {
            world.join(number, &[]);
        }
        world
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn named(&self, name: &str) -> String {
        text(&self.path(name)).to_owned()
    }

    fn member(&self, number: u16) -> String {
        self.named(&format!("member-{number}"))
    }

    fn write(&self, name: &str, bytes: &[u8]) -> String {
        std::fs::write(self.path(name), bytes).expect("a file");
        self.named(name)
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The arguments that name the database of the list.
    fn of_database(&self) -> Vec<&str> {
        let url = self.database.iter();
        url.flat_map(|url| ["--database-url", url.as_str()])
            .collect()
    }

    /// Starts the operator, again at the address it had.
    fn start(&mut self, more: &[&str]) {
        let data = self.named("operator");
        let mut args = vec![
            "exchange",
            "serve",
            "--data",
            &data,
            "--name",
            NAME,
            "--listen",
            &self.address,
            "--allow-network",
            LOOPBACK,
        ];
        args.extend(self.of_database());
        args.extend(more);
        let running = start(&args, "listening ");
        let line = |head: &str| {
            running
                .said
                .iter()
                .find_map(|line| line.strip_prefix(head))
                .expect("a line")
                .to_owned()
        };
        let (log, address) = (line("exchange "), line("listening http://"));
        assert!(
            self.log.is_empty() || self.log == log,
            "the key of a list stays"
        );
        self.log = log;
        self.address = address;
        self.operator = Some(running);
    }

    /// Kills the operator (SIGKILL): no goodbye.
    fn kill(&mut self) {
        self.operator.take().expect("it runs");
    }

    fn join(&self, number: u16, more: &[&str]) {
        let (data, number, url) = (self.member(number), number.to_string(), self.url());
        let mut args = vec![
            "exchange", "join", "--data", &data, "--member", &number, "--group", &number, "--url",
            &url, "--log", &self.log,
        ];
        args.extend(more);
        let said = run(&args);
        assert_eq!(said.code, 0, "{}", said.err);
    }

    /// The steps of a photo that was judged twenty days ago.
    fn dossier(&self) -> String {
        let now_s = now_s();
        let look = |by: &str| {
            json!({
                "by": by, "at_s": now_s - 19 * DAY_S,
                "face": false, "document": false, "address": false, "home": false,
            })
        };
        let dossier = json!({
            "decision": {
                "reference": "claim 7", "by": "reviewer 1", "at_s": now_s - 20 * DAY_S, "final": true,
            },
            "looks": [look("reviewer 1"), look("reviewer 2")],
            "noticed_at_s": now_s - 18 * DAY_S,
            "published_by": "reviewer 1",
        });
        self.write("dossier.json", dossier.to_string().as_bytes())
    }

    fn publish(&self, number: u16, option: &str, photo: &str, catalogue: &str) -> Said {
        run(&[
            "exchange",
            "publish",
            &self.dossier(),
            option,
            photo,
            "--catalogue",
            catalogue,
            "--data",
            &self.member(number),
            "--json",
        ])
    }

    /// One of the commands that act on an item.
    fn act(&self, number: u16, command: &str, item: u64, more: &[&str]) -> Said {
        let (data, item) = (self.member(number), item.to_string());
        let mut args = vec!["exchange", command, &item, "--data", &data, "--json"];
        args.extend(more);
        run(&args)
    }

    fn sync(&self, number: u16, more: &[&str]) -> (i32, Value) {
        let data = self.member(number);
        let mut args = vec!["exchange", "sync", "--data", &data, "--json"];
        args.extend(more);
        let said = run(&args);
        (said.code, answer(&said))
    }

    fn matched(&self, number: u16, photo: &str) -> Value {
        let said = run(&[
            "exchange",
            "match",
            photo,
            "--data",
            &self.member(number),
            "--json",
            "--blind-verdict-given",
        ]);
        assert_eq!(said.code, 0, "{}", said.err);
        answer(&said)
    }

    fn audit(&self, folder: &str) -> Said {
        let mut args = vec!["exchange", "audit", folder, "--log", &self.log, "--json"];
        if folder == self.named("operator") {
            args.extend(self.of_database());
        }
        run(&args)
    }
}

/// A photo with painted damage, and that of another product.
fn photos() -> (RgbImage, RgbImage) {
    let mut forged = Camera::phone(3).develop(&Scene::new(ItemKind::GiftBox, 11), 800, 600);
    paint_on(&mut forged, Damage::Crack, 3);
    let other = Camera::phone(4).develop(&Scene::new(ItemKind::Mug, 7), 800, 600);
    (forged, other)
}

#[test]
fn a_forgery_judged_on_one_platform_is_recognized_on_others_until_the_buyer_appeals() {
    let world = World::founded();
    let (forged, other) = photos();
    let photo = world.write("forged.jpg", &encode_jpeg(&forged, 88, None));
    let crop = world.write("crop.jpg", &cropped(&forged));
    let honest = world.write("honest.jpg", &encode_jpeg(&other, 85, None));
    std::fs::create_dir(world.path("catalogue")).expect("a folder");
    world.write("catalogue/other.jpg", &encode_jpeg(&other, 90, None));
    let catalogue = world.named("catalogue");

    // What is in A's own catalogue is refused.
    let said = world.publish(1, "--photo", &honest, &catalogue);
    assert!(
        said.code == 2 && said.err.contains("near_catalogue"),
        "{}{}",
        said.out,
        said.err
    );
    let said = world.publish(1, "--photo", &photo, &catalogue);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    let published = answer(&said);
    assert_eq!(published["state"], "entered");
    let item = published["item"].as_u64().expect("a place");

    for number in [2, 3] {
        assert_eq!(
            world.matched(number, &crop)["effect"],
            "nothing",
            "not read yet"
        );
        let (code, synced) = world.sync(number, &[]);
        assert_eq!((code, &synced["fresh"]), (0, &json!(true)), "{synced}");
        let matched = world.matched(number, &crop);
        assert_eq!(matched["effect"], "human_looks", "{matched}");
        assert_eq!(matched["window_hours"], 48);
        assert_eq!(matched["items"][0]["item"], item);
        assert_eq!(matched["items"][0]["publisher"], 1);
        let sentence = matched["en"].as_str().expect("a sentence");
        assert!(sentence.contains("A photo like this one"), "{sentence}");
        assert_eq!(world.matched(number, &honest)["effect"], "nothing");
        assert_eq!(
            world.matched(number, &photo)["items"][0]["how"],
            "same_bytes"
        );
    }

    // The buyer turns to B, which files the objection; everybody's copy is frozen with the next reading.
    let said = world.act(2, "appeal", item, &[]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    assert_eq!(world.matched(2, &crop)["effect"], "nothing");
    assert_eq!(world.sync(3, &[]).0, 0);
    assert_eq!(world.matched(3, &crop)["effect"], "nothing");
    let said = run(&["exchange", "ask", &crop, "--url", &world.url(), "--json"]);
    assert_eq!(said.code, 0, "{}", said.err);
    let standing = &answer(&said)["items"][0];
    assert_eq!(
        (&standing["tag"], &standing["waits_for"]),
        (&json!("disputed"), &json!("publisher")),
        "{standing}"
    );
    let left_s = standing["withdrawn_at_s"].as_u64().expect("a clock") - now_s();
    assert!((71 * 3_600..=72 * 3_600).contains(&left_s), "{left_s}");
    let said = run(&["exchange", "ask", &honest, "--url", &world.url(), "--json"]);
    assert_eq!(answer(&said)["items"], json!([]));

    // A is told with its next reading. It may not judge itself; it takes the item back.
    let (_, synced) = world.sync(1, &[]);
    assert_eq!(
        (&synced["due"][0]["item"], &synced["due"][0]["act"]),
        (&json!(item), &json!("answer")),
        "{synced}"
    );
    assert_eq!(world.sync(2, &[]).1["due"], json!([]), "not B's to do yet");
    let said = world.act(1, "decide", item, &["--stands"]);
    assert_eq!(
        (said.code, &answer(&said)["rule"]),
        (2, &json!("own_appeal"))
    );
    let said = world.act(1, "answer", item, &["--withdraw"]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    for number in [2, 3] {
        assert_eq!(world.sync(number, &[]).0, 0);
        assert_eq!(world.matched(number, &crop)["effect"], "nothing");
    }
    for folder in [world.member(3), world.named("operator")] {
        let said = world.audit(&folder);
        assert_eq!(said.code, 0, "{}", said.err);
        let counts = &answer(&said)["counts"];
        assert_eq!(
            (&counts["items"], &counts["withdrawn"]),
            (&json!(1), &json!(1))
        );
    }
    let said = run(&["exchange", "counts", "--url", &world.url()]);
    let counts = answer(&said);
    assert_eq!(counts["counts"]["members"], 3);
    let asked: u64 = counts["queries_a_day"]
        .as_object()
        .expect("days")
        .values()
        .filter_map(Value::as_u64)
        .sum();
    assert_eq!(asked, 2, "questions are counted");
}

/// A file with a fingerprint of its own.
fn fingerprint(world: &World, number: u64) -> String {
    let path = world.path("fingerprint.json");
    if !path.exists() {
        let photo = world.write("photo.jpg", &encode_jpeg(&photos().0, 88, None));
        let said = run(&["exchange", "fingerprint", &photo]);
        assert_eq!(said.code, 0, "{}", said.err);
        std::fs::write(&path, said.out).expect("written");
    }
    let bytes = std::fs::read(&path).expect("there");
    let mut seen: Value = serde_json::from_slice(&bytes).expect("JSON");
    seen["sha256"] = Value::from(format!("{number:064x}"));
    world.write(
        &format!("fingerprint-{number}.json"),
        seen.to_string().as_bytes(),
    )
}

fn post(address: &str, path: &str, body: &Value) -> (u16, Value) {
    let body = body.to_string();
    let (status, text) = ask(
        address,
        &format!(
            "POST {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        ),
    );
    let value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
    (status, value)
}

#[test]
fn a_killed_operator_a_partition_and_a_replay_lose_nothing_and_double_nothing() {
    lose_nothing_and_double_nothing(World::founded());
}

#[cfg(unix)]
#[test]
fn nor_do_they_where_the_list_is_in_postgres() {
    let Some(server) = aftercare_testkit::postgres() else {
        return;
    };
    lose_nothing_and_double_nothing(World::founded_on(Some(server.database())));
}

#[cfg(unix)]
#[test]
fn a_database_server_that_is_killed_loses_nothing_and_is_asked_again() {
    let Some(server) = aftercare_testkit::postgres() else {
        return;
    };
    let server = server.another();
    let world = World::founded_on(Some(server.database()));
    let empty = world.named("empty");
    let file = fingerprint(&world, 1);
    assert_eq!(world.publish(1, "--fingerprint", &file, &empty).code, 0);
    server.kill();
    // Its connection is gone: what comes now waits at the member, and is delivered once it has another one.
    let file = fingerprint(&world, 2);
    let said = world.publish(1, "--fingerprint", &file, &empty);
    assert!([0, 1].contains(&said.code), "{}{}", said.out, said.err);
    let (code, synced) = world.sync(1, &[]);
    assert_eq!((code, &synced["waiting"]), (0, &json!(0)), "{synced}");
    for folder in [world.member(1), world.named("operator")] {
        let said = world.audit(&folder);
        assert_eq!(said.code, 0, "{}", said.err);
        assert_eq!(answer(&said)["counts"]["items"], 2);
    }
    // Without the database the folder holds no list, and no other one is begun in it.
    let data = world.named("operator");
    let said = run(&[
        "exchange",
        "serve",
        "--data",
        &data,
        "--name",
        NAME,
        "--listen",
        "127.0.0.1:0",
    ]);
    assert!(
        said.code == 2 && said.err.contains("--database-url"),
        "{}{}",
        said.out,
        said.err
    );
    assert!(!world.path("operator/exchange.sqlite").exists());
}

fn lose_nothing_and_double_nothing(mut world: World) {
    let empty = world.named("empty");
    let (code, first) = world.sync(2, &[]);
    assert_eq!(code, 0, "{first}");

    // The operator is gone: what is done waits, and the copy of before is kept and says how old it is.
    world.kill();
    let file = fingerprint(&world, 1);
    let said = world.publish(1, "--fingerprint", &file, &empty);
    assert_eq!((said.code, &answer(&said)["state"]), (1, &json!("waiting")));
    let (code, alone) = world.sync(2, &[]);
    assert_eq!((code, &alone["reached"]), (1, &json!(false)));
    assert_eq!(
        (&alone["entries"], &alone["fresh"]),
        (&first["entries"], &json!(true))
    );
    assert!(alone["age_s"].as_u64().is_some_and(|age_s| age_s < 3_600));
    world.start(&[]);
    let (code, back) = world.sync(1, &[]);
    assert_eq!((code, &back["waiting"]), (0, &json!(0)), "{back}");
    assert_eq!(back["entered"].as_array().map(Vec::len), Some(1));
    let (_, again) = world.sync(1, &[]);
    assert_eq!((&again["entered"], &again["new"]), (&json!([]), &json!(0)));

    // It is killed while members publish, sooner or later in each round.
    let mut acknowledged = Vec::new();
    for round in 2..=9_u64 {
        let file = fingerprint(&world, round);
        std::thread::scope(|scope| {
            let publishing = {
                let world = &world;
                let (file, empty) = (&file, &empty);
                scope.spawn(move || world.publish(1, "--fingerprint", file, empty))
            };
            std::thread::sleep(Duration::from_millis(round * 23));
            let pid = world.operator.as_ref().expect("it runs").pid();
            let killed = std::process::Command::new("kill")
                .args(["-9", &pid.to_string()])
                .status()
                .expect("kill runs");
            assert!(killed.success());
            let said = publishing.join().expect("no panic");
            match said.code {
                0 => acknowledged.push(answer(&said)["item"].clone()),
                1 => {}
                other => panic!("{other}: {}{}", said.out, said.err),
            }
        });
        world.kill();
        world.start(&[]);
        for place in &acknowledged {
            let said = world.audit(&world.named("operator"));
            assert_eq!(said.code, 0, "{}", said.err);
            assert!(answer(&said)["entries"].as_u64() > place.as_u64());
        }
    }
    let (code, synced) = world.sync(1, &[]);
    assert_eq!((code, &synced["waiting"]), (0, &json!(0)), "{synced}");
    for folder in [world.member(1), world.named("operator")] {
        let said = world.audit(&folder);
        assert_eq!(said.code, 0, "{}", said.err);
        let audited = answer(&said);
        assert_eq!(audited["counts"]["items"], 9, "each once: {audited}");
    }
    let audited = answer(&world.audit(&world.member(1)));
    assert_eq!(audited["receipts"], 9, "each acknowledged");

    // Played back, an act is answered with the receipt of before; altered, with a refusal.
    let kept = std::fs::read(world.path("member-1/receipts/00000000000000000003.json"));
    let receipt: Value = serde_json::from_slice(&kept.expect("a receipt")).expect("JSON");
    let entry: Value =
        serde_json::from_str(receipt["entry"].as_str().expect("text")).expect("JSON");
    let mut request = json!({ "what": entry["what"], "act": entry["act"] });
    let (status, played) = post(&world.address, "/v1/acts", &request);
    assert_eq!((status, &played["entry"]), (200, &receipt["entry"]));
    request["act"]["number"] = json!(10);
    let (status, problem) = post(&world.address, "/v1/acts", &request);
    assert_eq!((status, &problem["rule"]), (403, &json!("not_signed")));
    let (status, problem) = post(&world.address, "/v1/acts", &json!({ "what": "beat" }));
    assert_eq!((status, &problem["rule"]), (400, &json!("malformed")));
    let audited = answer(&world.audit(&world.named("operator")));
    assert_eq!(audited["counts"]["items"], 9, "nothing twice");
}

#[test]
fn members_are_voted_in_and_a_member_guards_its_own_photos() {
    let world = World::founded();
    let said = run(&[
        "exchange",
        "join",
        "--data",
        &world.member(4),
        "--member",
        "4",
        "--group",
        "4",
    ]);
    let seat = world.write("seat.json", said.out.as_bytes());
    world.join(4, &[]);
    let said = run(&["exchange", "sync", "--data", &world.member(4)]);
    assert!(
        said.code == 1 && said.err.contains("no_member"),
        "a stranger reads nothing: {}{}",
        said.out,
        said.err
    );
    let vote = |number: u16, more: &[&str]| {
        let data = world.member(number);
        let mut args = vec!["exchange", "vote"];
        args.extend(more);
        args.extend(["--data", &data, "--json"]);
        run(&args)
    };
    for number in [1, 2] {
        let said = vote(number, &["admit", &seat]);
        assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    }
    assert_eq!(world.sync(4, &[]).0, 0, "two thirds of the groups said yes");
    let said = vote(4, &["suspend", "4"]);
    assert_eq!((said.code, &answer(&said)["rule"]), (2, &json!("not_now")));

    // Member 4 publishes what is a catalogue photo of member 2, which has it frozen for all.
    let (forged, _) = photos();
    let photo = world.write("photo.jpg", &encode_jpeg(&forged, 88, None));
    std::fs::create_dir(world.path("catalogue")).expect("a folder");
    world.write("catalogue/own.jpg", &encode_jpeg(&forged, 92, None));
    let said = world.publish(4, "--photo", &photo, &world.named("empty"));
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    assert_eq!(world.sync(3, &[]).0, 0);
    assert_eq!(world.matched(3, &photo)["effect"], "human_looks");
    let (code, synced) = world.sync(2, &["--catalogue", &world.named("catalogue")]);
    assert_eq!(code, 0, "{synced}");
    assert_eq!(synced["entered"].as_array().map(Vec::len), Some(1));
    assert_eq!(world.sync(3, &[]).0, 0);
    assert_eq!(world.matched(3, &photo)["effect"], "nothing");
    let counts = answer(&run(&["exchange", "counts", "--url", &world.url()]));
    assert_eq!(counts["counts"]["disputed"], 1);

    // The others put it out.
    for (number, members) in [(1, 4), (3, 3)] {
        assert_eq!(vote(number, &["suspend", "4"]).code, 0);
        let counts = answer(&run(&["exchange", "counts", "--url", &world.url()]));
        assert_eq!(counts["counts"]["members"], members);
    }
    let said = run(&["exchange", "sync", "--data", &world.member(4)]);
    assert!(
        said.code == 1 && said.err.contains("no_member"),
        "{}",
        said.err
    );
}

#[test]
fn what_was_disputed_when_it_came_and_is_upheld_is_compared_with_own_photos_after_all() {
    let world = World::founded();
    let (forged, _) = photos();
    let photo = world.write("photo.jpg", &encode_jpeg(&forged, 88, None));
    std::fs::create_dir(world.path("catalogue")).expect("a folder");
    world.write("catalogue/own.jpg", &encode_jpeg(&forged, 92, None));
    let catalogue = world.named("catalogue");
    let guard = || {
        let (code, synced) = world.sync(3, &["--catalogue", &catalogue]);
        assert_eq!(code, 0, "{synced}");
        synced["entered"].as_array().map(Vec::len)
    };
    let done = |said: Said| assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    let published = world.publish(2, "--photo", &photo, &world.named("empty"));
    let item = answer(&published)["item"].as_u64().expect("a place");
    // Disputed by somebody else before member 3 reads it: there is nothing to dispute.
    done(world.act(1, "appeal", item, &[]));
    assert_eq!(guard(), Some(0));
    done(world.act(2, "answer", item, &["--stands"]));
    done(world.act(3, "decide", item, &["--stands"]));
    assert_eq!(world.matched(3, &photo)["effect"], "human_looks");
    // It counts again, and is like a photo of member 3's own catalogue.
    assert_eq!(guard(), Some(1));
    assert_eq!(world.matched(3, &photo)["effect"], "nothing");
    // What others decide about that dispute is the end of it, and the item is back.
    done(world.act(2, "answer", item, &["--stands"]));
    done(world.act(1, "decide", item, &["--stands"]));
    assert_eq!(guard(), Some(0));
    assert_eq!(world.matched(3, &photo)["effect"], "human_looks");
}

#[test]
fn what_was_altered_or_put_back_is_found_out() {
    let mut world = World::founded();
    let empty = world.named("empty");
    let file = fingerprint(&world, 1);
    assert_eq!(world.publish(1, "--fingerprint", &file, &empty).code, 0);
    world.kill();
    let copy = |from: &Path, to: &Path| {
        std::fs::create_dir_all(to).expect("a folder");
        for entry in std::fs::read_dir(from).expect("a folder") {
            let entry = entry.expect("an entry");
            std::fs::copy(entry.path(), to.join(entry.file_name())).expect("a copy");
        }
    };
    copy(&world.path("operator"), &world.path("before"));
    world.start(&[]);
    let file = fingerprint(&world, 2);
    assert_eq!(world.publish(1, "--fingerprint", &file, &empty).code, 0);
    world.kill();

    // The database of before, beside what was signed since: the operator does not start on it.
    std::fs::copy(
        world.path("operator/checkpoint"),
        world.path("before/checkpoint"),
    )
    .expect("a copy");
    let before = world.named("before");
    let said = run(&[
        "exchange",
        "serve",
        "--data",
        &before,
        "--name",
        NAME,
        "--listen",
        "127.0.0.1:0",
    ]);
    assert!(
        said.code == 1 && said.err.contains("were signed"),
        "{}{}",
        said.out,
        said.err
    );
    let said = world.audit(&before);
    assert!(
        said.code == 1 && said.err.contains("does NOT hold"),
        "{}",
        said.err
    );

    // A member's copy with another digit in it.
    assert_eq!(world.audit(&world.member(1)).code, 0);
    let path = world.path("member-1/entries");
    let entries = std::fs::read_to_string(&path).expect("there");
    std::fs::write(&path, entries.replacen("\"quality\":", "\"quality\":0", 1)).expect("written");
    let said = world.audit(&world.member(1));
    assert!(
        said.code == 1 && said.err.contains("does NOT hold"),
        "{}",
        said.err
    );
    let said = run(&["exchange", "sync", "--data", &world.member(1)]);
    assert!(
        said.code == 1 && said.err.contains("does NOT hold"),
        "{}",
        said.err
    );

    for (args, why) in [
        (vec!["sync", "--data", &empty], "no member's folder"),
        (
            vec!["audit", &empty, "--log", &world.log],
            "Name the folder",
        ),
        (vec!["audit", &empty, "--log", "nonsense"], "--log nonsense"),
        (
            vec!["serve", "--data", &empty, "--name", "two words"],
            "--name two words",
        ),
    ] {
        let mut all = vec!["exchange"];
        all.extend(args);
        let said = run(&all);
        assert!(
            said.code == 2 && said.err.contains(why),
            "{}: {}",
            why,
            said.err
        );
    }
}

#[test]
fn members_are_shown_what_a_witness_has_cosigned() {
    let mut world = World::founded();
    let witness_data = world.named("witness");
    let witness = start(
        &[
            "witness",
            "--data",
            &witness_data,
            "--name",
            "witness.example/one",
            "--log",
            &world.log.clone(),
            "--listen",
            "127.0.0.1:0",
        ],
        "listening ",
    );
    let line = |head: &str| {
        witness
            .said
            .iter()
            .find_map(|line| line.strip_prefix(head))
            .expect("a line")
            .to_owned()
    };
    let (key, address) = (line("witness "), line("listening "));
    let policy = format!("witness one {key} {address}\nquorum one\n");
    let policy = world.write("policy", policy.as_bytes());
    world.join(2, &["--witness", &key, "--quorum", "1"]);
    let said = run(&["exchange", "sync", "--data", &world.member(2)]);
    assert!(
        said.code == 1 && said.err.contains("witnesses have cosigned"),
        "nobody saw it yet: {}",
        said.err
    );
    world.kill();
    world.start(&["--policy", &policy]);
    let mut tries = 0;
    loop {
        let said = run(&["exchange", "sync", "--data", &world.member(2), "--json"]);
        if said.code == 0 {
            assert_eq!(answer(&said)["entries"], 1);
            break;
        }
        tries += 1;
        assert!(tries < 100, "{}{}", said.out, said.err);
        std::thread::sleep(Duration::from_millis(100));
    }
    let said = run(&[
        "exchange",
        "audit",
        &world.member(2),
        "--log",
        &world.log,
        "--witness",
        &key,
        "--quorum",
        "1",
        "--json",
    ]);
    assert_eq!(said.code, 0, "{}", said.err);
    assert_eq!(answer(&said)["witnesses"], 1);
}

#[test]
fn the_demo_plays_it_with_processes_of_its_own() {
    let said = run(&["demo", "--once", "--exchange"]);
    assert_eq!(said.code, 0, "{}", said.err);
    for part in [
        "A photo like this one was judged forged elsewhere",
        "C matches it no more",
        "4 entries hold, checked offline",
    ] {
        assert!(said.out.contains(part), "{part}: {}", said.out);
    }
    let last = said.out.lines().last().expect("a line");
    assert!(
        last.starts_with("verified ") && last.ends_with(" events"),
        "{last}"
    );
}
