//! What outsiders do with a log: follow it, cosign it, check a bundle; real processes on loopback.

use super::{KEY, Said, aftercare, aftercare_with, demo, demo_copy, text};
use aftercare_ledger::{
    AddCheckpoint, Checkpoint, ProofFile, SigningKey, TimestampRequest, VerifierKey,
    add_cosignatures, leaf_hash, node_hash, tiles_between,
};
use aftercare_store::{EventLog as _, OpenMode, SqliteStore, Stamped, Upkeep as _};
use aftercare_testkit::authority::{Answer, Authority, Kind, Purpose};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A process that is ended with the test.
pub(crate) struct Running {
    child: Child,
    pub(crate) said: Vec<String>,
}

impl Running {
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts the binary and waits for its line that begins with `until`.
pub(crate) fn start(args: &[&str], until: &str) -> Running {
    start_logging(args, until, Stdio::null())
}

/// The same with a place for what it logs.
pub(crate) fn start_logging(args: &[&str], until: &str, log: Stdio) -> Running {
    let mut child = Command::new(env!("CARGO_BIN_EXE_aftercare"))
        .args(args)
        .env_remove("AFTERCARE_DATA")
        .env("AFTERCARE_KEY", KEY)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(log)
        .spawn()
        .expect("the binary runs");
    let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
    let mut said = Vec::new();
    while !said
        .last()
        .is_some_and(|line: &String| line.starts_with(until))
    {
        said.push(lines.next().expect("another line").expect("text"));
    }
    // What it says later is read away, so that it is never stopped by a full pipe.
    std::thread::spawn(move || lines.for_each(drop));
    Running { child, said }
}

/// One request of HTTP/1.1: status and body.
pub(super) fn ask(address: &str, request: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).expect("a connection");
    stream.write_all(request.as_bytes()).expect("sent");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("an answer");
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let status = answer[9..12].parse().expect("a status");
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    (status, body.to_owned())
}

pub(super) fn add_checkpoint(address: &str, request: &AddCheckpoint) -> (u16, String) {
    let body = request.to_string();
    ask(
        address,
        &format!(
            "POST /add-checkpoint HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        ),
    )
}

pub(super) fn export(data: &Path, out: &Path) -> Said {
    let said = aftercare(&["log", "export", "--data", text(data), "--out", text(out)]);
    assert_eq!(said.code, 0, "{}", said.err);
    said
}

/// The key of the demo's log, as `bundle export` says it.
pub(crate) fn key_and_bundle(out: &Path) -> (String, String) {
    let list = aftercare(&["case", "list", "--data", text(demo()), "--json"]);
    let list: serde_json::Value = serde_json::from_str(&list.out).expect("JSON");
    let case = list[0]["id"].as_str().expect("an id").to_owned();
    let said = aftercare(&[
        "bundle",
        "export",
        &case,
        "--data",
        text(demo()),
        "--out",
        text(out),
    ]);
    assert_eq!(said.code, 0, "{}", said.err);
    let key = said
        .out
        .trim_end()
        .rsplit(' ')
        .next()
        .expect("a key")
        .to_owned();
    (case, key)
}

#[test]
fn a_bundle_is_written_and_checked_without_the_data() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("case.zip");
    let (case, key) = key_and_bundle(&file);
    let said = aftercare(&["bundle", "verify", text(&file), "--key", &key]);
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(
        said.out.contains(&case) && said.out.contains("no witness"),
        "{}",
        said.out
    );
    assert!(said.err.is_empty(), "{}", said.err);
    let said = aftercare(&["bundle", "verify", text(&file)]);
    assert!(
        said.code == 0 && said.err.contains("compare its keys.txt"),
        "{}",
        said.err
    );
    // Nothing of the people in it can be read.
    let bytes = std::fs::read(&file).expect("the bundle");
    for secret in ["13800000001", "林晓示", "样板路"] {
        assert!(
            !bytes
                .windows(secret.len())
                .any(|part| part == secret.as_bytes())
        );
    }
    let mut wrong = bytes.clone();
    wrong[bytes.len() / 2] ^= 1;
    std::fs::write(&file, wrong).expect("written");
    let said = aftercare(&["bundle", "verify", text(&file), "--key", &key]);
    assert!(
        said.code == 1 && said.err.contains("NOT verified"),
        "{}",
        said.err
    );
    let none = "0198a000-0000-7000-8000-000000000001";
    for (case, why) in [
        ("nonsense", "not the id of a case"),
        (none, "there is no case"),
    ] {
        let said = aftercare(&[
            "bundle",
            "export",
            case,
            "--data",
            text(demo()),
            "--out",
            text(&file),
        ]);
        assert!(said.code == 2 && said.err.contains(why), "{}", said.err);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bundle_takes_what_witnesses_have_cosigned() {
    let folder = tempfile::tempdir().expect("a folder");
    let (file, out) = (folder.path().join("case.zip"), folder.path().join("public"));
    let (case, key) = key_and_bundle(&file);
    let data = demo_copy();
    export(data.path(), &out);
    let note = std::fs::read_to_string(out.join("checkpoint")).expect("a checkpoint");
    let log: VerifierKey = key.parse().expect("a key");
    let signed = Checkpoint::open(&note, &[log]).expect("signed");
    let witness = SigningKey::generate("witness.example/w1").expect("a key");
    let cosigned = format!("{note}{}", signed.cosign(&witness, 1_795_694_400));
    let store = SqliteStore::open(data.path(), OpenMode::Write(&crate::row_key(data.path())))
        .await
        .expect("a store");
    store
        .put_cosigned(signed.size, signed.root.0, &cosigned)
        .await
        .expect("kept");
    let mut authority = Authority::new(Kind::P256, Purpose::Stamping);
    let request = TimestampRequest::new(cosigned.as_bytes(), None).expect("a request");
    store
        .put_stamped(&Stamped {
            checkpoint: store.latest_cosigned().await.expect("read").expect("kept"),
            at: aftercare_domain::Timestamp(1_795_694_400_000),
            authority: "https://tsa.example/".to_owned(),
            answer: authority.answer(&request.to_der(), &Answer::default()),
        })
        .await
        .expect("kept");
    store.close().await;
    let roots = folder.path().join("roots.pem");
    std::fs::write(&roots, authority.root_pem()).expect("written");
    let verify = |more: &[&str]| {
        aftercare(&[&["log", "verify", "--data", text(data.path())], more].concat())
    };
    let said = verify(&["--timestamp-roots", text(&roots)]);
    assert!(
        said.code == 0
            && said
                .out
                .contains("2026-11-26T20:00:00+08:00 by Authority of timestamps"),
        "{} {}",
        said.out,
        said.err
    );
    assert!(verify(&[]).out.contains("not checked"));
    let other = Authority::new(Kind::P256, Purpose::Stamping);
    std::fs::write(folder.path().join("other.pem"), other.root_pem()).expect("written");
    let said = verify(&["--timestamp-roots", text(&folder.path().join("other.pem"))]);
    assert!(
        said.code == 1 && said.err.contains("NOT verified"),
        "{}",
        said.err
    );
    let verified = |more: &[&str]| {
        let args = [
            "bundle",
            "export",
            &case,
            "--data",
            text(data.path()),
            "--out",
            text(&file),
        ];
        let said = aftercare(&[&args, more].concat());
        assert_eq!(said.code, 0, "{}", said.err);
        let witness = witness.witness_verifier().to_string();
        let said = aftercare(&[
            "bundle",
            "verify",
            text(&file),
            "--key",
            &key,
            "--key",
            &witness,
            "--timestamp-roots",
            text(&roots),
        ]);
        assert_eq!(said.code, 0, "{}", said.err);
        said.out
    };
    let said = verified(&[]);
    assert!(said.contains("cosigned by witness.example/w1"), "{said}");
    assert!(
        said.contains("stood so before 2026-11-26T20:00:00+08:00"),
        "{said}"
    );
}

#[test]
fn a_log_is_exported_once_and_then_only_what_is_new() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("public");
    let first = export(demo(), &out);
    let note = std::fs::read_to_string(out.join("checkpoint")).expect("a checkpoint");
    let size: u64 = note
        .lines()
        .nth(1)
        .expect("a size")
        .parse()
        .expect("a number");
    for tile in tiles_between(0, size) {
        assert!(out.join(tile.to_string()).is_file(), "{tile}");
    }
    assert!(
        first.out.contains(&format!("exported {size} entries")),
        "{}",
        first.out
    );
    assert!(export(demo(), &out).out.contains(" 0 new files"));
    // The copy of another log is not written over.
    let text_of = note.replacen(&size.to_string(), &(size + 1).to_string(), 1);
    std::fs::write(out.join("checkpoint"), text_of).expect("written");
    let said = aftercare(&["log", "export", "--data", text(demo()), "--out", text(&out)]);
    assert!(
        said.code == 2 && said.err.contains("not of this log"),
        "{}",
        said.err
    );
}

/// Serves a folder of files, each answer with its length, as any static server would.
pub(super) fn serve_files(folder: std::path::PathBuf) -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            let mut line = String::new();
            let mut reader = BufReader::new(stream.try_clone().expect("a reader"));
            reader.read_line(&mut line).expect("a request");
            let mut header = String::from("x");
            while header.trim() != "" {
                header.clear();
                reader.read_line(&mut header).expect("a header");
            }
            let path = line
                .split(' ')
                .nth(1)
                .expect("a path")
                .trim_start_matches('/')
                .to_owned();
            let (status, body) = std::fs::read(folder.join(path))
                .map_or(("404 Not Found", Vec::new()), |body| ("200 OK", body));
            let head = format!(
                "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                body.len()
            );
            let _ = stream.write_all(&[head.as_bytes(), &body].concat());
        }
    });
    address
}

#[test]
fn a_monitor_follows_a_log_and_notices_what_was_changed() {
    let folder = tempfile::tempdir().expect("a folder");
    let (out, state) = (folder.path().join("public"), folder.path().join("seen"));
    export(demo(), &out);
    let (_, key) = key_and_bundle(&folder.path().join("case.zip"));
    let url = format!("http://{}", serve_files(out.clone()));
    let monitor = || {
        aftercare(&[
            "monitor",
            &url,
            "--key",
            &key,
            "--state",
            text(&state),
            "--once",
            "--allow-network",
            "127.0.0.0/8",
        ])
    };
    let said = monitor();
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(
        said.out.contains("consistent") && said.out.contains("entries hold"),
        "{}",
        said.out
    );
    let kept = std::fs::read(&state).expect("a state");
    // Nothing new: nothing is read but the checkpoint.
    assert!(!monitor().out.contains("consistent"));

    // One entry is changed, and its hash with it: the root gives it away.
    std::fs::remove_file(&state).expect("removed");
    let note = std::fs::read_to_string(out.join("checkpoint")).expect("a checkpoint");
    let size: u64 = note
        .lines()
        .nth(1)
        .expect("a size")
        .parse()
        .expect("a number");
    let partial = if size < 256 {
        format!(".p/{size}")
    } else {
        String::new()
    };
    let bundle = out.join(format!("tile/entries/000{partial}"));
    let before = std::fs::read(&bundle).expect("a bundle");
    let mut changed = before.clone();
    changed[10] ^= 1;
    std::fs::write(&bundle, &changed).expect("written");
    let said = monitor();
    assert!(
        said.code == 1 && said.err.contains("does NOT hold"),
        "{}",
        said.err
    );
    assert!(
        said.err.contains(note.lines().next().expect("an origin")),
        "what was signed is the proof: {}",
        said.err
    );
    std::fs::write(&bundle, before).expect("written");

    // A log that is shorter than it was: seen by whoever looked before, although it is signed.
    let mut longer: serde_json::Value = serde_json::from_slice(&kept).expect("JSON");
    let frontier = longer["frontier"].as_array().expect("hashes").clone();
    let more = size.next_power_of_two() * 2;
    longer["size"] = more.into();
    longer["frontier"] = vec![frontier[0].clone()].into();
    std::fs::write(&state, longer.to_string()).expect("written");
    let said = monitor();
    assert!(
        said.code == 1 && said.err.contains("it had"),
        "{}",
        said.err
    );
    // An address that is not allowed, one where nobody answers, and one where there is no log: 1 would call the log broken.
    let nowhere = format!("{url}/nowhere");
    for (url, network) in [
        ("http://127.0.0.1:9", "10.0.0.0/8"),
        ("http://127.0.0.1:9", "127.0.0.0/8"),
        (nowhere.as_str(), "127.0.0.0/8"),
    ] {
        let args = ["monitor", url, "--key", &key, "--once"];
        let said = aftercare(&[&args[..], &["--allow-network", network]].concat());
        assert_eq!(said.code, 2, "{}", said.err);
        assert!(
            said.err.contains(url) && said.err.contains("nothing is said about the log"),
            "{}",
            said.err
        );
    }
    let said = aftercare(&["monitor", &url, "--key", "nonsense", "--once"]);
    assert_eq!(said.code, 2, "{}", said.err);
}

#[test]
fn a_witness_cosigns_a_log_and_remembers_after_it_was_killed() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("public");
    let data = demo_copy();
    export(data.path(), &out);
    let note = std::fs::read_to_string(out.join("checkpoint")).expect("a checkpoint");
    let (_, key) = key_and_bundle(&folder.path().join("case.zip"));
    let log: VerifierKey = key.parse().expect("a key");
    let size = Checkpoint::open(&note, std::slice::from_ref(&log))
        .expect("signed")
        .size;
    let home = folder.path().join("witness");
    let begin = || {
        let running = start(
            &[
                "witness",
                "--data",
                text(&home),
                "--name",
                "witness.example/w1",
                "--log",
                &key,
                "--listen",
                "127.0.0.1:0",
            ],
            "listening http://",
        );
        let address = running.said[1]["listening http://".len()..].to_owned();
        let key: VerifierKey = running.said[0]["witness ".len()..].parse().expect("a key");
        (running, address, key)
    };
    let (running, address, witness) = begin();
    let request = AddCheckpoint {
        old: 0,
        proof: Vec::new(),
        checkpoint: note.clone(),
    };
    let (status, lines) = add_checkpoint(&address, &request);
    assert_eq!(status, 200, "{lines}");
    let cosigned = add_cosignatures(&note, &lines, &log, &witness).expect("a cosignature");
    assert!(cosigned.starts_with(&note));
    drop(running);

    // Killed and started again, it is the same witness and knows what it saw.
    let (_running, address, again) = begin();
    assert_eq!(again, witness);
    let (status, body) = add_checkpoint(&address, &request);
    assert_eq!((status, body.as_str()), (409, format!("{size}\n").as_str()));
    let (status, lines) = add_checkpoint(
        &address,
        &AddCheckpoint {
            old: size,
            ..request.clone()
        },
    );
    assert_eq!(status, 200, "{lines}");
    let forged = AddCheckpoint {
        old: size,
        proof: Vec::new(),
        checkpoint: note.replacen('\n', "\u{20}\n", 1),
    };
    assert_eq!(add_checkpoint(&address, &forged).0, 404);
    assert_eq!(
        ask(
            &address,
            &format!(
                "GET /add-checkpoint HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n"
            )
        )
        .0,
        405
    );

    // A policy that asks for this witness takes the cosigned checkpoint, and not the bare one.
    let policy = folder.path().join("policy");
    std::fs::write(
        &policy,
        format!("log {key}\nwitness w1 {witness}\nquorum w1\n"),
    )
    .expect("written");
    let url = format!("http://{}", serve_files(out.clone()));
    let monitor = || {
        aftercare(&[
            "monitor",
            &url,
            "--key",
            &key,
            "--policy",
            text(&policy),
            "--once",
            "--allow-network",
            "127.0.0.1/32",
        ])
    };
    let said = monitor();
    assert!(
        said.code == 1 && said.err.contains("quorum w1"),
        "{}",
        said.err
    );
    std::fs::write(out.join("checkpoint"), cosigned).expect("written");
    let said = monitor();
    assert_eq!(said.code, 0, "{}", said.err);
}

/// Whoever forgot what it cosigned would cosign a log that was rewritten: it does not start.
#[test]
fn a_witness_that_forgot_what_it_cosigned_does_not_start() {
    let folder = tempfile::tempdir().expect("a folder");
    let home = folder.path().join("witness");
    let log = |name: &str| {
        SigningKey::generate(name)
            .expect("a key")
            .verifier()
            .to_string()
    };
    let (first, second, same) = (log("a.example"), log("b.example"), log("a.example"));
    let begin = |logs: &[&str]| {
        let mut args = vec!["witness", "--data", text(&home), "--name", "w.example"];
        for key in logs {
            args.extend(["--log", key]);
        }
        args.extend(["--listen", "127.0.0.1:0"]);
        args.into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let refused = |logs: &[&str], why: &str| {
        let args = begin(logs);
        let said = aftercare(&args.iter().map(String::as_str).collect::<Vec<_>>());
        assert!(said.code == 2 && said.err.contains(why), "{}", said.err);
    };
    // Two logs of one name would be taken for one another.
    refused(&[&first, &second, &same], "two logs have this name");
    refused(&[&first, &first], "two logs have this name");
    assert!(!home.exists(), "nothing was made");

    let args = begin(&[&first, &second]);
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    // It has cosigned nothing yet, and starts again.
    for _ in 0..2 {
        drop(start(&args, "listening http://"));
    }
    let state = home.join("witness-state.json");
    std::fs::remove_file(&state).expect("the state is there from the first start on");
    refused(&[&first, &second], "is missing beside the key");
    std::fs::write(&state, "{").expect("written");
    refused(&[&first, &second], "must not go on");
}

pub(super) fn get(address: &str, path: &str) -> (u16, String) {
    ask(
        address,
        &format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n"),
    )
}

/// A witness at work: process, address and key.
pub(super) fn witness(
    home: &Path,
    name: &str,
    log: &str,
    listen: &str,
) -> (Running, String, VerifierKey) {
    let running = start(
        &[
            "witness",
            "--data",
            text(home),
            "--name",
            name,
            "--log",
            log,
            "--listen",
            listen,
        ],
        "listening http://",
    );
    let address = running.said[1]["listening http://".len()..].to_owned();
    let key = running.said[0]["witness ".len()..].parse().expect("a key");
    (running, address, key)
}

/// The number of leaves of a checkpoint.
pub(super) fn size(note: &str) -> u64 {
    let line = note.lines().nth(1).expect("a size");
    line.parse().expect("a number")
}

/// Asks for the published checkpoint until it is what is wanted.
pub(super) fn published(address: &str, wanted: impl Fn(&str) -> bool) -> String {
    let until = std::time::Instant::now() + std::time::Duration::from_secs(60);
    loop {
        let (status, note) = get(address, "/checkpoint");
        if status == 200 && wanted(&note) {
            return note;
        }
        assert!(std::time::Instant::now() < until, "still {status}: {note}");
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
}

#[test]
fn a_server_publishes_only_what_its_witnesses_have_cosigned() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let keyed = |args: &[&str]| {
        let said = aftercare_with(args, &[("AFTERCARE_KEY", KEY)]);
        assert_eq!(said.code, 0, "{}", said.err);
    };
    keyed(&[
        "user",
        "init",
        "--data",
        text(&data),
        "--tenant",
        "示例家电",
        "--admin",
        "admin",
    ]);
    let serve = |more: &[&str]| {
        let mut args = vec!["serve", "--data", text(&data), "--listen", "127.0.0.1:0"];
        args.extend(more);
        let running = start(&args, "serving http://");
        let line = running.said.last().expect("a line");
        let address = line["serving http://".len()..].to_owned();
        (running, address)
    };
    let (alone, address) = serve(&[]);
    let bare = published(&address, |_| true);
    let (_, head) = get(&address, "/api/v1/log/head");
    let head: serde_json::Value = serde_json::from_str(&head).expect("JSON");
    let key = head["verifier_key"].as_str().expect("a key").to_owned();
    let log: VerifierKey = key.parse().expect("a key");
    drop(alone);

    let homes = ["one", "two"].map(|name| folder.path().join(name));
    let (first, first_at, first_key) = witness(&homes[0], "w.example/1", &key, "127.0.0.1:0");
    let (second, second_at, second_key) = witness(&homes[1], "w.example/2", &key, "127.0.0.1:0");
    let policy = folder.path().join("policy");
    let written = format!(
        "log {key}\nwitness one {first_key} http://{first_at}\nwitness two {second_key} http://{second_at}\ngroup both all one two\nquorum both\n"
    );
    std::fs::write(&policy, &written).expect("written");
    let known: aftercare_ledger::Policy = written.parse().expect("a policy");
    assert!(known.open(&bare, Some(&log)).is_err());
    let witnessed = [
        "--log-policy",
        text(&policy),
        "--allow-network",
        "127.0.0.0/8",
    ];
    let (serving, address) = serve(&witnessed);
    let note = published(&address, |_| true);
    let before = known.open(&note, Some(&log)).expect("both have cosigned");
    drop(serving);

    // One witness is away while the log grows: what was published stays, and nothing newer is.
    drop(second);
    keyed(&["user", "link", "--data", text(&data), "admin"]);
    let (serving, address) = serve(&witnessed);
    std::thread::sleep(std::time::Duration::from_secs(3));
    assert_eq!(get(&address, "/checkpoint"), (200, note.clone()));
    let (_, head) = get(&address, "/api/v1/log/head");
    let head: serde_json::Value = serde_json::from_str(&head).expect("JSON");
    assert_eq!(
        (&head["checkpoint"], head["size"].as_u64()),
        (&serde_json::json!(note), Some(before.size))
    );
    // The copy for a static server keeps to it as well, unless it is asked for more.
    let out = folder.path().join("public");
    let copy = |more: &[&str]| {
        keyed(
            &[
                &["log", "export", "--data", text(&data), "--out", text(&out)],
                more,
            ]
            .concat(),
        );
        std::fs::read_to_string(out.join("checkpoint")).expect("a checkpoint")
    };
    assert_eq!(copy(&[]), note);
    let alone = copy(&["--uncosigned"]);
    assert!(
        Checkpoint::open(&alone, std::slice::from_ref(&log))
            .expect("signed")
            .size
            > before.size
    );
    assert!(known.open(&alone, Some(&log)).is_err());
    // It comes back, and the server, which was started anew, is told where it stands.
    let (_second, _, _) = witness(&homes[1], "w.example/2", &key, &second_at);
    let note = published(&address, |note| {
        known.open(note, Some(&log)).expect("cosigned").size > before.size
    });
    let after = known.open(&note, Some(&log)).expect("both have cosigned");
    assert!(after.size > before.size);
    drop((serving, first));
    keyed(&["log", "verify", "--data", text(&data)]);

    // A policy that can never be met is refused at the start.
    std::fs::write(
        &policy,
        format!("log {key}\nwitness one {first_key}\nquorum one\n"),
    )
    .expect("written");
    let said = aftercare_with(
        &[
            "serve",
            "--data",
            text(&data),
            "--log-policy",
            text(&policy),
        ],
        &[("AFTERCARE_KEY", KEY)],
    );
    assert_eq!(said.code, 2, "{}", said.err);
    assert!(said.err.contains("never be met"), "{}", said.err);
}

/// Whoever puts an older copy of the data back, and so takes the newest leaves away, and goes on, meets the witness.
#[test]
fn a_leaf_that_was_taken_back_is_noticed_by_a_witness_within_a_minute() {
    let folder = tempfile::tempdir().expect("a folder");
    let (data, older) = (folder.path().join("data"), folder.path().join("older"));
    let keyed = |args: &[&str]| {
        let said = aftercare_with(args, &[("AFTERCARE_KEY", KEY)]);
        assert_eq!(said.code, 0, "{}", said.err);
        said
    };
    keyed(&[
        "user",
        "init",
        "--data",
        text(&data),
        "--tenant",
        "示例家电",
        "--admin",
        "admin",
    ]);
    let copied = Command::new("cp")
        .args(["-a", text(&data), text(&older)])
        .status();
    assert!(copied.expect("it runs").success());
    let link = || keyed(&["user", "link", "--data", text(&data), "admin"]);
    link();
    let verified = keyed(&["log", "verify", "--data", text(&data)]).out;
    let leaves = verified.lines().last().expect("a line");
    let leaves = leaves.strip_prefix("verified ").expect("a number");
    let leaves: u64 = leaves
        .strip_suffix(" events")
        .and_then(|number| number.parse().ok())
        .expect("a number");
    let out = folder.path().join("public");
    keyed(&["log", "export", "--data", text(&data), "--out", text(&out)]);
    let serve = |more: &[&str]| {
        let mut args = vec!["serve", "--data", text(&data), "--listen", "127.0.0.1:0"];
        args.extend(more);
        let running = start(&args, "serving http://");
        let address = running.said.last().expect("a line")["serving http://".len()..].to_owned();
        (running, address)
    };
    let (alone, address) = serve(&[]);
    let (_, head) = get(&address, "/api/v1/log/head");
    let head: serde_json::Value = serde_json::from_str(&head).expect("JSON");
    let key = head["verifier_key"].as_str().expect("a key").to_owned();
    drop(alone);
    let log_at = folder.path().join("witness.log");
    let home = folder.path().join("w");
    let log = std::fs::File::create(&log_at).expect("a file");
    let witness = start_logging(
        &[
            "witness",
            "--data",
            text(&home),
            "--name",
            "w.example/1",
            "--log",
            &key,
            "--listen",
            "127.0.0.1:0",
        ],
        "listening http://",
        Stdio::from(log),
    );
    let at = &witness.said[1]["listening http://".len()..];
    let witness_key = &witness.said[0]["witness ".len()..];
    let policy = folder.path().join("policy");
    std::fs::write(
        &policy,
        format!("log {key}\nwitness one {witness_key} http://{at}\nquorum one\n"),
    )
    .expect("written");
    let witnessed = [
        "--log-policy",
        text(&policy),
        "--allow-network",
        "127.0.0.0/8",
    ];
    let (serving, address) = serve(&witnessed);
    // The leaf that is taken back is among what was cosigned: the tree before it goes on in either history.
    published(&address, |note| size(note) >= leaves);
    drop(serving);

    std::fs::remove_dir_all(&data).expect("removed");
    std::fs::rename(&older, &data).expect("put back");
    // As many leaves and more, but others.
    link();
    link();
    let began = std::time::Instant::now();
    let (_serving, address) = serve(&witnessed);
    loop {
        let said = std::fs::read_to_string(&log_at).expect("the log");
        if said.contains("does not continue what was cosigned") {
            break;
        }
        assert!(
            began.elapsed() < std::time::Duration::from_secs(60),
            "not noticed: {said}"
        );
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    println!("noticed after {:?}", began.elapsed());
    assert_ne!(
        get(&address, "/checkpoint").0,
        200,
        "nothing of it is published"
    );
}

/// What is not signed as it says is called broken, whoever put it there.
#[test]
fn a_monitor_calls_a_wrong_signature_broken() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("public");
    export(demo(), &out);
    let (_, key) = key_and_bundle(&folder.path().join("case.zip"));
    let url = format!("http://{}", serve_files(out.clone()));
    let monitor = || {
        let args = ["monitor", &url, "--key", &key, "--once"];
        aftercare(&[&args[..], &["--allow-network", "127.0.0.0/8"]].concat())
    };
    assert_eq!(monitor().code, 0);
    let note = std::fs::read_to_string(out.join("checkpoint")).expect("a checkpoint");
    let (origin, rest) = note.split_once('\n').expect("lines");
    let (size, _) = rest.split_once('\n').expect("lines");
    let more: u64 = size.parse().expect("a number");
    let impostor = SigningKey::generate(origin).expect("a key");
    let another = Checkpoint {
        origin: origin.to_owned(),
        size: more,
        root: aftercare_ledger::Hash([7; 32]),
        extensions: Vec::new(),
    };
    for (note, says) in [
        // The signature is of another size.
        (note.replacen(size, &(more + 1).to_string(), 1), "signature"),
        // Another key under the name of the log.
        (
            another.sign(&impostor).expect("a note"),
            "not signed with the key",
        ),
    ] {
        std::fs::write(out.join("checkpoint"), note).expect("written");
        let said = monitor();
        assert_eq!(said.code, 1, "{}", said.err);
        assert!(
            said.err.contains("does NOT hold") && said.err.contains(says),
            "{}",
            said.err
        );
    }
}

#[test]
fn a_receipt_is_checked_with_nothing_but_the_key() {
    let folder = tempfile::tempdir().unwrap();
    let key = SigningKey::generate("log.example").unwrap();
    let entries = [[1_u8; 32], [2; 32]];
    let leaves = entries.map(|entry| leaf_hash(&entry));
    let checkpoint = Checkpoint {
        origin: "log.example".to_owned(),
        size: 2,
        root: node_hash(&leaves[0], &leaves[1]),
        extensions: Vec::new(),
    };
    let receipt = ProofFile {
        extra: Some(entries[1].to_vec()),
        index: 1,
        proof: vec![leaves[0]],
        checkpoint: checkpoint.sign(&key).unwrap(),
    };
    let file = folder.path().join("receipt-2.tlog-proof");
    std::fs::write(&file, receipt.to_string()).unwrap();
    let trusted = key.verifier().to_string();
    let check = |path: &Path, key: &str| {
        let path = path.to_str().unwrap();
        aftercare(&["receipt", "verify", path, "--key", key, "--json"])
    };
    let held = check(&file, &trusted);
    assert_eq!(held.code, 0, "{}", held.err);
    let said: serde_json::Value = serde_json::from_str(&held.out).unwrap();
    assert_eq!(said["held"], true);
    assert_eq!(said["seq"], 2);
    assert_eq!(said["leaf"], leaves[1].to_string());
    assert_eq!(said["size"], 2);
    let path = file.to_str().unwrap();
    let words = aftercare(&["receipt", "verify", path, "--key", &trusted]);
    assert!(words.out.contains("step 2") && words.out.contains("2 entries"));

    // Another entry, and another log's key.
    let changed = folder.path().join("changed.tlog-proof");
    let other = ProofFile {
        extra: Some(vec![3; 32]),
        ..receipt
    };
    std::fs::write(&changed, other.to_string()).unwrap();
    let others = SigningKey::generate("log.example").unwrap().verifier();
    for refused in [check(&changed, &trusted), check(&file, &others.to_string())] {
        assert_eq!(refused.code, 1, "{}", refused.err);
        let said: serde_json::Value = serde_json::from_str(&refused.out).unwrap();
        assert_eq!(said["held"], false);
    }
    // What cannot be read is said, with what to do.
    let none = folder.path().join("none.txt");
    std::fs::write(&none, "no receipt\n").unwrap();
    for wrong in [
        check(&none, &trusted),
        check(&folder.path().join("missing"), &trusted),
        check(&file, "no key"),
        aftercare(&["receipt", "verify", path]),
    ] {
        assert_eq!(wrong.code, 2, "{}{}", wrong.out, wrong.err);
        assert!(!wrong.err.is_empty());
    }
}
