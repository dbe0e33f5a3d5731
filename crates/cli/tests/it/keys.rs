//! Rotation of keys as an operator does it: on a directory at rest, beside a server, and killed on the way.

use super::outsiders::start;
use super::{Said, aftercare, demo_copy, text};
use std::process::{Command, Stdio};
use std::time::Duration;

fn status(data: &str) -> serde_json::Value {
    let said = aftercare(&["keys", "status", "--data", data, "--json"]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    serde_json::from_str(&said.out).expect("JSON")
}

fn sound(data: &str) {
    let said = aftercare(&["log", "verify", "--deep", "--data", data]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    let said = aftercare(&["doctor", "--data", data]);
    let wrapped = said
        .out
        .lines()
        .find(|line| line.contains("wrapped keys"))
        .expect("a line");
    assert!(
        wrapped.starts_with("ok ") && wrapped.ends_with(" open"),
        "{wrapped}"
    );
}

#[test]
fn keys_are_rotated_and_what_was_backed_up_before_stays_readable() {
    let copy = demo_copy();
    let data = text(copy.path());
    let before = status(data);
    assert_eq!(before[0]["version"], 1);
    let (persons, cases) = (before[0]["persons"].clone(), before[0]["cases"].clone());
    assert!(persons.as_u64() > Some(0) && cases.as_u64() > Some(0));
    let rooms = tempfile::tempdir().expect("a folder");
    let (kept, restored) = (rooms.path().join("kept"), rooms.path().join("restored"));
    let (kept, restored) = (text(&kept), text(&restored));
    let backup = aftercare(&["backup", "--data", data, "--out", kept]);
    assert_eq!(backup.code, 0, "{}", backup.err);

    let said = aftercare(&["keys", "rotate", "--data", data, "--json"]);
    assert_eq!(said.code, 0, "{}", said.err);
    let done: serde_json::Value = serde_json::from_str(&said.out).expect("JSON");
    assert_eq!(done[0]["version"], 2);
    assert_eq!((&done[0]["persons"], &done[0]["cases"]), (&persons, &cases));
    assert_eq!(done[0]["destroyed"], 1);
    let after = status(data);
    assert_eq!(
        (&after[0]["version"], &after[0]["left"], &after[0]["held"]),
        (
            &serde_json::json!(2),
            &serde_json::json!(0),
            &serde_json::json!([2])
        )
    );
    sound(data);
    let words = aftercare(&["keys", "status", "--data", data]);
    assert!(words.out.contains("version 2 since "), "{}", words.out);
    let again = aftercare(&["keys", "rotate", "--data", data]);
    assert_eq!(again.code, 0, "{}", again.err);
    assert!(again.out.contains(": version 3 wraps "), "{}", again.out);
    assert!(again.out.contains("destroyed"), "{}", again.out);
    sound(data);

    // The backup has the keyring of then.
    let said = aftercare(&[
        "restore",
        "--from",
        kept,
        "--data",
        restored,
        "--without-list",
    ]);
    assert_eq!(said.code, 0, "{}", said.err);
    assert_eq!(status(restored)[0]["version"], 1);
    sound(restored);
    // The database of now with the keyring of then opens nobody, and says so.
    std::fs::copy(
        format!("{restored}/keyring.json"),
        copy.path().join("keyring.json"),
    )
    .expect("a copy");
    let said = aftercare(&["keys", "status", "--data", data]);
    assert_eq!(said.code, 1, "{}", said.out);
    assert!(said.out.contains("version 3"), "{}", said.out);
    let said = aftercare(&["keys", "rotate", "--data", data]);
    assert_eq!(said.code, 2, "{}", said.err);
    assert!(said.err.contains("keyring.json"), "{}", said.err);
    let said = aftercare(&["doctor", "--data", data]);
    assert_eq!(said.code, 1, "{}", said.out);
}

#[test]
fn a_rotation_that_is_killed_again_and_again_ends_with_everything_readable() {
    let copy = demo_copy();
    let data = text(copy.path());
    let before = status(data);
    for delay_ms in [60, 90, 120, 150, 180, 220, 260, 300] {
        let mut running = Command::new(env!("CARGO_BIN_EXE_aftercare"))
            .args(["keys", "rotate", "--data", data])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the binary runs");
        std::thread::sleep(Duration::from_millis(delay_ms));
        let _ = running.kill();
        running.wait().expect("it ends");
    }
    let said = aftercare(&["keys", "rotate", "--data", data]);
    assert_eq!(said.code, 0, "{}", said.err);
    let after = status(data);
    assert!(after[0]["version"].as_u64() > Some(1));
    assert_eq!(after[0]["held"], serde_json::json!([after[0]["version"]]));
    assert_eq!(
        (&after[0]["persons"], &after[0]["cases"]),
        (&before[0]["persons"], &before[0]["cases"])
    );
    sound(data);
}

/// The server owns the database; it takes the new key up and does the work.
#[test]
fn keys_are_rotated_beside_a_server_on_sqlite() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let data = text(&data);
    let args = ["demo", "--data", data, "--listen", "127.0.0.1:0"];
    let running = start(&args, "页面 / pages: ");
    let said: Said = aftercare(&["keys", "rotate", "--data", data]);
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(said.out.contains(": version 2 wraps "), "{}", said.out);
    assert_eq!(status(data)[0]["held"], serde_json::json!([2]));
    sound(data);
    let kept = folder.path().join("kept");
    let backup = aftercare(&["backup", "--data", data, "--out", text(&kept)]);
    assert_eq!(backup.code, 0, "{}", backup.err);
    assert_eq!(status(text(&kept))[0]["held"], serde_json::json!([2]));
    drop(running);
}
