//! What becomes of an answer that nobody reads or that does not fit on the disk, and of files and folders that are named carelessly.

use super::outsiders::{export, key_and_bundle, serve_files, start};
use super::{KEY, Said, aftercare, aftercare_with, demo, demo_copy, text};
use aftercare_ledger::SigningKey;
use std::path::Path;
use std::process::{Command, Stdio};

/// A photo with a label.
const LABELED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/demo/labeled.jpg");

/// Runs the binary in a folder with these streams.
fn run(args: &[&str], folder: &Path, out: Stdio, err: Stdio) -> Said {
    Command::new(env!("CARGO_BIN_EXE_aftercare"))
        .args(args)
        .current_dir(folder)
        .env_remove("AFTERCARE_KEY")
        .env_remove("AFTERCARE_KEY_FILE")
        .env_remove("AFTERCARE_DATA")
        .env_remove("AFTERCARE_DATABASE_URL")
        .stdin(Stdio::null())
        .stdout(out)
        .stderr(err)
        .spawn()
        .and_then(std::process::Child::wait_with_output)
        .expect("the binary runs")
        .into()
}

/// A pipe whose reader has gone away.
fn unread() -> Stdio {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    writer.into()
}

/// A file on a disk that is full.
#[cfg(target_os = "linux")]
fn full() -> Stdio {
    let disk = std::fs::File::options().write(true).open("/dev/full");
    disk.expect("a full disk").into()
}

#[test]
fn an_answer_that_nobody_reads_is_no_failure_and_changes_no_exit_code() {
    let copy = demo_copy();
    let (data, here) = (text(copy.path()), copy.path());
    for args in [
        &["case", "list", "--json", "--data", data][..],
        &["dump", "--data", data],
        &["user", "link", "merchant", "--data", data],
        &["evidence", "reindex", "--json", "--data", data],
        &["labels", "read", LABELED, "--json"],
    ] {
        let said = run(args, here, unread(), Stdio::piped());
        assert_eq!((said.code, said.err.as_str()), (0, ""), "{args:?}");
    }
    // Nor does it where what went wrong is read by nobody.
    for (args, code) in [
        (&["case", "list", "--data", "/nowhere"][..], 2),
        (&["bundle", "verify", "demo-key"], 1),
    ] {
        let said = run(args, here, unread(), unread());
        assert_eq!(said.code, code, "{args:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn an_answer_that_does_not_fit_on_the_disk_is_a_failure() {
    let folder = tempfile::tempdir().expect("a folder");
    let addresses = folder.path().join("addresses");
    std::fs::write(&addresses, "浙江省杭州市\n").expect("written");
    let data = text(demo());
    for args in [
        &["case", "list", "--data", data][..],
        &["case", "list", "--json", "--data", data],
        &["dump", "--data", data],
        &["log", "verify", "--data", data],
        &["region", "resolve", text(&addresses)],
        &["labels", "read", LABELED],
    ] {
        let said = run(args, folder.path(), full(), Stdio::piped());
        assert_eq!(said.code, 1, "{args:?}");
        assert!(
            said.err.contains("standard output"),
            "{args:?}: {}",
            said.err
        );
    }
}

#[test]
fn a_folder_of_a_witness_is_that_of_one_process() {
    let folder = tempfile::tempdir().expect("a folder");
    let home = folder.path().join("witness");
    let log = SigningKey::generate("a.example").expect("a key").verifier();
    let log = log.to_string();
    let args = [
        "witness",
        "--data",
        text(&home),
        "--name",
        "w.example",
        "--log",
        &log,
        "--listen",
        "127.0.0.1:0",
    ];
    let running = start(&args, "listening http://");
    let said = aftercare(&args);
    assert_eq!(said.code, 2, "{}", said.err);
    assert!(
        said.err.contains("another process is at work"),
        "{}",
        said.err
    );
    drop(running);
    drop(start(&args, "listening http://"));
}

#[test]
fn a_state_may_be_a_name_without_a_folder() {
    let folder = tempfile::tempdir().expect("a folder");
    let (out, zip) = (folder.path().join("log"), folder.path().join("case.zip"));
    export(demo(), &out);
    let (_, key) = key_and_bundle(&zip);
    let url = format!("http://{}", serve_files(out));
    let args = ["monitor", &url, "--key", &key, "--state", "seen.json"];
    let once = ["--once", "--allow-network", "127.0.0.0/8"];
    for _ in 0..2 {
        let args = [&args[..], &once].concat();
        let said = run(&args, folder.path(), Stdio::piped(), Stdio::piped());
        assert_eq!(said.code, 0, "{}{}", said.out, said.err);
        assert!(folder.path().join("seen.json").is_file());
    }
}

#[test]
fn names_that_are_refused_make_no_directory() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let init = |tenant: &str, admin: &str| {
        let args = ["user", "init", "--data", text(&data), "--tenant", tenant];
        let args = [&args[..], &["--admin", admin]].concat();
        aftercare_with(&args, &[("AFTERCARE_KEY", KEY)])
    };
    for (tenant, admin) in [("", "admin"), ("示例家电", "ad min"), (" ", "")] {
        let said = init(tenant, admin);
        assert_eq!(said.code, 2, "{}{}", said.out, said.err);
        assert!(!data.exists(), "{tenant:?} {admin:?}");
    }
    let said = init("示例家电", "admin");
    assert_eq!(said.code, 0, "{}", said.err);
}

#[test]
fn a_file_that_cannot_be_written_is_bad_input() {
    let folder = tempfile::tempdir().expect("a folder");
    let list = aftercare(&["case", "list", "--data", text(demo()), "--json"]);
    let list: serde_json::Value = serde_json::from_str(&list.out).expect("JSON");
    let case = list[0]["id"].as_str().expect("an id");
    let out = folder.path().join("missing").join("case.zip");
    let args = ["bundle", "export", case, "--data", text(demo())];
    let said = aftercare(&[&args[..], &["--out", text(&out)]].concat());
    assert_eq!(said.code, 2, "{}", said.err);
    assert!(said.err.contains("--out"), "{}", said.err);
}
