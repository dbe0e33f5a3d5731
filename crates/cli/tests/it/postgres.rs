//! The commands over what is stored, on a PostgreSQL server.

use crate::{KEY, Said, aftercare, aftercare_with, demo, demo_copy, text};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A server that is stopped when the test ends.
struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_new_directory_is_served_from_postgres() {
    let Some(server) = aftercare_testkit::postgres() else {
        return;
    };
    let url = server.database();
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let data = text(&data);
    let on = |args: &[&str]| -> Said {
        let args: Vec<_> = args.iter().copied().chain(["--data", data]).collect();
        aftercare_with(
            &args,
            &[("AFTERCARE_KEY", KEY), ("AFTERCARE_DATABASE_URL", &url)],
        )
    };
    let early = on(&["migrate"]);
    assert_eq!(early.code, 2);
    assert!(early.err.contains("is not there"), "{}", early.err);
    let made = on(&["user", "init", "--tenant", "示例家电", "--admin", "admin"]);
    assert_eq!(made.code, 0, "{}", made.err);
    assert!(made.out.contains("/invite/"), "{}", made.out);

    let mut serving = Serving(
        Command::new(env!("CARGO_BIN_EXE_aftercare"))
            .args(["serve", "--data", data, "--database-url", &url])
            .args(["--listen", "127.0.0.1:0"])
            .env("AFTERCARE_KEY", KEY)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the server starts"),
    );
    let mut lines = BufReader::new(serving.0.stdout.take().expect("its words")).lines();
    let line = lines.next().expect("a line").expect("text");
    let address = line.strip_prefix("serving http://").expect("where it is");
    let mut asked = TcpStream::connect(address).expect("it listens");
    write!(
        asked,
        "GET /readyz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    )
    .expect("a question");
    let mut answer = String::new();
    asked.read_to_string(&mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");

    // Beside the server, also what would need a SQLite directory for itself.
    for command in [
        vec!["log", "verify", "--deep"],
        vec!["projections", "rebuild", "--check"],
        vec!["migrate"],
        vec!["case", "list", "--json"],
        vec!["keys", "rotate"],
        vec!["keys", "status"],
    ] {
        let said = on(&command);
        assert_eq!(said.code, 0, "{command:?}: {}", said.err);
    }
    let hash = on(&["dump", "--hash"]);
    assert_eq!((hash.code, hash.out.trim().len()), (0, 64), "{}", hash.err);
    let mut worker = Serving(
        Command::new(env!("CARGO_BIN_EXE_aftercare"))
            .args(["worker", "--data", data, "--database-url", &url])
            .env("AFTERCARE_KEY", KEY)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("a worker starts"),
    );
    let mut lines = BufReader::new(worker.0.stdout.take().expect("its words")).lines();
    assert_eq!(lines.next().expect("a line").expect("text"), "working");
    let stopped = Command::new("kill").arg(worker.0.id().to_string()).status();
    assert!(stopped.expect("kill runs").success());
    assert!(worker.0.wait().expect("it ends").success(), "when asked to");
    let alone = aftercare_with(&["worker", "--data", data], &[("AFTERCARE_KEY", KEY)]);
    assert_eq!(alone.code, 2);
    assert!(alone.err.contains("--database-url"), "{}", alone.err);
    drop(serving);
    let doctor = on(&["doctor"]);
    assert_eq!(doctor.code, 0, "{}", doctor.out);

    let without = aftercare_with(
        &["log", "verify", "--data", data],
        &[("AFTERCARE_KEY", KEY)],
    );
    assert_eq!(without.code, 2);
    assert!(without.err.contains("aftercare.sqlite"), "{}", without.err);
}

#[test]
fn a_backup_of_postgres_is_tried_out_and_put_back_by_its_own_tools() {
    let Some(server) = aftercare_testkit::postgres() else {
        return;
    };
    let url = server.database();
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let (data, kept, back) = (at("data"), at("kept"), at("back"));
    let on = |args: &[&str], data: &Path, url: &str| -> Said {
        let args = [args, &["--data", text(data)][..]].concat();
        aftercare_with(
            &args,
            &[("AFTERCARE_KEY", KEY), ("AFTERCARE_DATABASE_URL", url)],
        )
    };
    let made = on(
        &["user", "init", "--tenant", "示例家电", "--admin", "admin"],
        &data,
        &url,
    );
    assert_eq!(made.code, 0, "{}", made.err);
    let none = on(
        &[
            "backup",
            "--out",
            text(&at("none")),
            "--pg-bin",
            text(&data),
        ],
        &data,
        &url,
    );
    assert_eq!(none.code, 2, "{}", none.err);
    assert!(none.err.contains("no pg_dump"), "{}", none.err);
    let told = on(&["doctor"], &data, &url);
    assert!(
        told.code == 1 && told.out.contains("WRONG latest backup: failed"),
        "{}",
        told.out
    );

    // In a database of a server that is there, and in a server of its own.
    let scratch = aftercare_testkit::superuser_url(&url);
    let said = on(
        &["backup", "--out", text(&kept), "--scratch-url", &scratch],
        &data,
        &url,
    );
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(said.out.contains("backed up and verified"), "{}", said.out);
    let told = on(&["doctor"], &data, &url);
    assert_eq!(told.code, 0, "{}", told.out);
    assert!(told.out.contains("latest backup: made at"), "{}", told.out);
    let said = on(&["backup", "--out", text(&at("own"))], &data, &url);
    assert_eq!(said.code, 0, "{}", said.err);

    let restore = |from: &Path, to: &Path, url: &str| {
        on(
            &["restore", "--from", text(from), "--without-list"],
            to,
            url,
        )
    };
    let other = server.database();
    let said = restore(&kept, &back, &other);
    assert_eq!(said.code, 0, "{}", said.err);
    let hash = |data: &Path, url: &str| {
        let said = on(&["dump", "--hash"], data, url);
        assert_eq!(said.code, 0, "{}", said.err);
        said.out
    };
    assert_eq!(hash(&back, &other), hash(&data, &url));
    let said = on(&["log", "verify", "--deep"], &back, &other);
    assert_eq!(
        said.code, 0,
        "no row of any tenant is missing: {}",
        said.err
    );
    // Nothing is written over, and a dump of one needs a database.
    let said = restore(&kept, &at("again"), &other);
    assert!(said.code != 0 && !at("again").exists(), "{}", said.out);
    let said = aftercare_with(
        &[
            "restore",
            "--from",
            text(&kept),
            "--data",
            text(&at("alone")),
            "--without-list",
        ],
        &[("AFTERCARE_KEY", KEY)],
    );
    assert_eq!(said.code, 2, "{}", said.out);
    assert!(said.err.contains("--database-url"), "{}", said.err);
}

#[test]
fn a_directory_moves_to_postgres_and_says_the_same_there() {
    let Some(server) = aftercare_testkit::postgres() else {
        return;
    };
    let url = server.database();
    let copy = demo_copy();
    let data = text(copy.path());
    let missing = aftercare(&["migrate", "--data", data, "--from-sqlite"]);
    assert_eq!(missing.code, 2);
    assert!(missing.err.contains("--database-url"), "{}", missing.err);
    let move_it = [
        "migrate",
        "--from-sqlite",
        "--database-url",
        &url,
        "--data",
        data,
    ];
    let moved = aftercare(&move_it);
    assert_eq!(moved.code, 0, "{}", moved.err);
    assert!(
        moved.out.starts_with("moved and verified "),
        "{}",
        moved.out
    );
    for command in [
        vec!["log", "verify"],
        vec!["case", "list", "--json"],
        vec!["dump", "--hash"],
    ] {
        let ask = |data: &str, url: &[&str]| -> Said {
            let args: Vec<_> = command
                .iter()
                .copied()
                .chain(["--data", data])
                .chain(url.iter().copied())
                .collect();
            aftercare(&args)
        };
        let there = ask(data, &["--database-url", &url]);
        assert_eq!(there.code, 0, "{command:?}: {}", there.err);
        assert_eq!(there.out, ask(text(demo()), &[]).out, "{command:?}");
    }
    let again = aftercare(&move_it);
    assert_eq!(again.code, 2);
    assert!(again.err.contains("moved before"), "{}", again.err);
}
