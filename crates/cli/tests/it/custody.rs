//! What holds over time: a log that authorities stamp, and people who stay destroyed; real processes on loopback.

use super::outsiders::{key_and_bundle, start};
use super::{KEY, aftercare, aftercare_with, demo, demo_copy, text};
use aftercare_store::{EventLog as _, OpenMode, SqliteStore, Unit, Upkeep as _, Write};
use aftercare_testkit::authority::{Answer, Authority, Kind, Purpose};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::Command;

/// An authority over HTTP on loopback; the first `refused` requests get an answer that is no token.
fn authority_at_work(mut authority: Authority, mut refused: usize) -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            let mut reader = BufReader::new(stream.try_clone().expect("a reader"));
            let (mut length, mut header) = (0, String::from("x"));
            while header.trim() != "" {
                header.clear();
                reader.read_line(&mut header).expect("a header");
                if let Some(value) = header.to_ascii_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().expect("a number");
                }
            }
            let mut query = vec![0; length];
            reader.read_exact(&mut query).expect("a request");
            let now = Command::new("date")
                .args(["-u", "+%Y%m%d%H%M%SZ"])
                .output()
                .expect("the time");
            let how = Answer {
                time: String::from_utf8_lossy(&now.stdout).trim().to_owned(),
                ..Answer::default()
            };
            let mut body = authority.answer(&query, &how);
            if refused > 0 {
                refused -= 1;
                body.truncate(200);
            }
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/timestamp-reply\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                body.len()
            );
            let _ = stream.write_all(&[head.as_bytes(), &body].concat());
        }
    });
    format!("http://{address}")
}

#[test]
fn a_server_has_its_log_stamped_and_passes_over_a_bad_authority() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let keyed = |args: &[&str]| aftercare_with(args, &[("AFTERCARE_KEY", KEY)]);
    let said = keyed(&[
        "user",
        "init",
        "--data",
        text(&data),
        "--tenant",
        "示例家电",
        "--admin",
        "admin",
    ]);
    assert_eq!(said.code, 0, "{}", said.err);
    let [bad, good] = [
        Authority::new(Kind::Rsa, Purpose::Stamping),
        Authority::new(Kind::P256, Purpose::Stamping),
    ];
    let roots = folder.path().join("roots.pem");
    std::fs::write(&roots, [bad.root_pem(), good.root_pem()].concat()).expect("written");
    let urls = format!(
        "{},{}",
        authority_at_work(bad, 1),
        authority_at_work(good, 0)
    );
    let serve = |authority: &[&str]| {
        let mut args = vec![
            "serve",
            "--data",
            text(&data),
            "--listen",
            "127.0.0.1:0",
            "--allow-network",
            "127.0.0.0/8",
        ];
        args.extend(authority);
        args.iter()
            .map(|arg| (*arg).to_owned())
            .collect::<Vec<String>>()
    };
    let args = serve(&[
        "--timestamp-authority",
        &urls,
        "--timestamp-roots",
        text(&roots),
    ]);
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let running = start(&args, "serving http://");
    let until = std::time::Instant::now() + std::time::Duration::from_secs(60);
    let verified = loop {
        let said = keyed(&[
            "log",
            "verify",
            "--data",
            text(&data),
            "--timestamp-roots",
            text(&roots),
        ]);
        assert_eq!(said.code, 0, "{}", said.err);
        if said.out.contains("1 timestamps") {
            break said.out;
        }
        assert!(std::time::Instant::now() < until, "{}", said.out);
        std::thread::sleep(std::time::Duration::from_millis(200));
    };
    assert!(
        verified.contains("by Authority of timestamps, Tests only"),
        "{verified}"
    );
    drop(running);
    // What can never work is said at the start.
    for (wrong, why) in [
        (
            serve(&["--timestamp-authority", &urls]),
            "needs --timestamp-roots",
        ),
        (
            serve(&[
                "--timestamp-authority",
                "ftp://x",
                "--timestamp-roots",
                text(&roots),
            ]),
            "timestamp authority ftp://x",
        ),
        (
            serve(&[
                "--timestamp-authority",
                &urls,
                "--timestamp-roots",
                text(&roots),
                "--timestamp-policy",
                "x",
            ]),
            "not an object identifier",
        ),
    ] {
        let said = keyed(&wrong.iter().map(String::as_str).collect::<Vec<_>>());
        assert!(said.code == 2 && said.err.contains(why), "{}", said.err);
    }
}

/// What the notice promises can be done on the machine itself; for a case that is open nothing is destroyed.
#[test]
fn a_person_is_destroyed_from_the_command_line_when_the_case_is_closed() {
    let data = demo_copy();
    let shred = |case: &str, reason: &str| {
        aftercare(&[
            "person",
            "shred",
            case,
            "--data",
            text(data.path()),
            "--reason",
            reason,
            "--json",
        ])
    };
    let said = aftercare(&["case", "list", "--data", text(data.path()), "--json"]);
    let cases: Vec<serde_json::Value> = serde_json::from_str(&said.out).expect("JSON");
    let (mut destroyed, mut open) = (Vec::new(), 0);
    for case in &cases {
        let id = case["id"].as_str().expect("an id");
        let said = shred(id, "本人要求");
        if said.code == 2 {
            assert!(said.err.contains("still open"), "{}", said.err);
            open += 1;
            continue;
        }
        assert_eq!(said.code, 0, "{}", said.err);
        let told: serde_json::Value = serde_json::from_str(&said.out).expect("JSON");
        assert!(told["cases"].to_string().contains(id), "{told}");
        destroyed.push((id, told["records"].as_u64().expect("a number")));
    }
    assert!(open > 0 && !destroyed.is_empty(), "{open} {destroyed:?}");
    assert!(destroyed[0].1 >= 1, "{destroyed:?}");
    // Again is no error; a word that is no case, one that is unknown and no reason are.
    let again = shred(destroyed[0].0, "本人又问");
    assert!(
        again.code == 0 && again.out.contains("\"records\":0"),
        "{} {}",
        again.out,
        again.err
    );
    for (case, reason) in [
        ("AC-0000-0000", "本人要求"),
        ("0198a000-0000-7000-8000-000000000001", "本人要求"),
        (destroyed[0].0, " "),
    ] {
        let said = shred(case, reason);
        assert_eq!(said.code, 2, "{case}: {}", said.err);
    }
    let said = aftercare(&["log", "verify", "--data", text(data.path())]);
    assert_eq!(said.code, 0, "{}", said.err);
    let said = aftercare(&[
        "bundle",
        "export",
        destroyed[0].0,
        "--data",
        text(data.path()),
        "--out",
        text(&data.path().join("case.zip")),
    ]);
    assert!(
        said.code == 0 && said.out.contains("shredded"),
        "{} {}",
        said.out,
        said.err
    );
}

/// A destroyed person is told in a bundle, and stays destroyed when an older backup is put back.
#[tokio::test(flavor = "multi_thread")]
async fn a_destroyed_person_is_told_in_a_bundle_and_not_brought_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let (file, backup) = (folder.path().join("case.zip"), folder.path().join("backup"));
    let (case, key) = key_and_bundle(&file);
    let data = demo_copy();
    let done = |args: &[&str]| {
        let said = aftercare(args);
        assert_eq!(said.code, 0, "{}", said.err);
        said
    };
    done(&[
        "backup",
        "--data",
        text(data.path()),
        "--out",
        text(&backup),
    ]);
    let store = SqliteStore::open(data.path(), OpenMode::Write(&crate::row_key(data.path())))
        .await
        .expect("a store");
    let history = store
        .load_case(case.parse().expect("an id"))
        .await
        .expect("a case");
    let state = aftercare_domain::evolve::replay(history.iter().map(|stored| &stored.event));
    let person = state.opened.expect("opened").claimant;
    let at = aftercare_domain::Timestamp(1_795_694_400_000);
    let unit = Unit {
        writes: vec![Write::ShredPerson { person, at }],
        ..Unit::default()
    };
    store.commit(unit).await.expect("committed");
    store.close().await;
    let said = done(&[
        "bundle",
        "export",
        &case,
        "--data",
        text(data.path()),
        "--out",
        text(&file),
    ]);
    assert!(said.out.contains("shredded"), "{}", said.out);
    let said = done(&["bundle", "verify", text(&file), "--key", &key]);
    assert!(
        said.out.contains("shredded") && said.out.contains("verified"),
        "{}",
        said.out
    );
    done(&["log", "verify", "--data", text(data.path())]);

    let restored = folder.path().join("restored");
    let list = data.path().join("shredded");
    let said = done(&[
        "restore",
        "--from",
        text(&backup),
        "--data",
        text(&restored),
        "--shredded",
        text(&list),
    ]);
    assert!(
        said.out.contains("destroyed 1 people again"),
        "{}",
        said.out
    );
    done(&["log", "verify", "--data", text(&restored)]);
    let said = done(&[
        "bundle",
        "export",
        &case,
        "--data",
        text(&restored),
        "--out",
        text(&file),
    ]);
    assert!(said.out.contains("shredded"), "{}", said.out);
}

/// Without a list it is said what that means, and only on request; a list that is none is refused before anything is restored,
/// so that nobody is left in a directory half-way.
#[test]
fn a_restore_asks_for_the_destroyed_and_reads_their_list_first() {
    let folder = tempfile::tempdir().expect("a folder");
    let backup = folder.path().join("backup");
    let said = aftercare(&["backup", "--data", text(demo()), "--out", text(&backup)]);
    assert_eq!(said.code, 0, "{}", said.err);
    let other = folder.path().join("other");
    let bare = ["restore", "--from", text(&backup), "--data", text(&other)];
    let said = aftercare(&bare);
    assert!(
        said.code == 2 && said.err.contains("--shredded"),
        "{}",
        said.err
    );
    assert!(!other.exists(), "nothing was restored");
    let said = aftercare(&[&bare[..], &["--without-list"]].concat());
    assert!(
        said.code == 0 && said.err.contains("--shredded"),
        "{}",
        said.err
    );
    let wrong = folder.path().join("wrong");
    let again = folder.path().join("again");
    for (content, why) in [
        (None, "no list of destroyed people"),
        (Some(&b"nobody"[..]), "line 1"),
        (Some(&b"\xFF\xFE"[..]), "no list of destroyed people"),
    ] {
        if let Some(content) = content {
            std::fs::write(&wrong, content).expect("written");
        }
        let said = aftercare(&[
            "restore",
            "--from",
            text(&backup),
            "--data",
            text(&again),
            "--shredded",
            text(&wrong),
        ]);
        assert!(said.code == 2 && said.err.contains(why), "{}", said.err);
        assert!(
            !again.exists(),
            "{why}: the person is in {}",
            again.display()
        );
    }
    let left: Vec<_> = std::fs::read_dir(folder.path())
        .expect("a listing")
        .map(|entry| entry.expect("an entry").file_name())
        .filter(|name| name.to_string_lossy().contains(".part"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

/// A process that has keys in its memory leaves no image of it when it dies.
#[cfg(target_os = "linux")]
#[test]
fn a_server_leaves_no_core_image() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let init = [
        "user",
        "init",
        "--data",
        text(&data),
        "--tenant",
        "示例家电",
    ];
    let args = [&init[..], &["--admin", "admin"]].concat();
    let said = aftercare_with(&args, &[("AFTERCARE_KEY", KEY)]);
    assert_eq!(said.code, 0, "{}", said.err);
    let args = ["serve", "--data", text(&data), "--listen", "127.0.0.1:0"];
    let serving = start(&args, "serving http://");
    let limits =
        std::fs::read_to_string(format!("/proc/{}/limits", serving.pid())).expect("limits");
    let line = limits
        .lines()
        .find(|line| line.starts_with("Max core file size"));
    let words: Vec<&str> = line.expect("a line").split_whitespace().collect();
    assert_eq!(words[4..6], ["0", "0"], "{words:?}");
}
