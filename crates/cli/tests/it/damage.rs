//! A flipped byte is noticed and explained, wherever it is.

use super::{aftercare, demo_copy, text};
use std::path::{Path, PathBuf};

fn replace_in_file(path: &Path, from: &[u8], to: &[u8]) {
    assert_eq!(from.len(), to.len());
    let mut bytes = std::fs::read(path).expect("the file");
    let at = bytes
        .windows(from.len())
        .position(|window| window == from)
        .expect("the bytes are there");
    bytes[at..at + to.len()].copy_from_slice(to);
    std::fs::write(path, bytes).expect("written");
}

#[test]
fn an_altered_event_is_named() {
    let copy = demo_copy();
    replace_in_file(
        &copy.path().join("aftercare.sqlite"),
        b"\"type\":\"merchant_agreed.v1\"",
        b"\"type\":\"merchant_agrees.v1\"",
    );
    let said = aftercare(&["log", "verify", "--data", text(copy.path())]);
    assert_eq!(said.code, 1, "{}{}", said.out, said.err);
    assert!(said.err.contains("NOT verified"), "{}", said.err);
    assert!(
        said.err.contains("altered or moved after it was written"),
        "{}",
        said.err
    );
}

/// The name of an account is not in the log: its own checksum tells.
#[test]
fn an_altered_account_is_named() {
    let copy = demo_copy();
    let database = copy.path().join("aftercare.sqlite");
    let deep = ["log", "verify", "--deep", "--data", text(copy.path())];
    let said = aftercare(&deep);
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(said.out.contains("rows beside the log"), "{}", said.out);
    replace_in_file(
        &database,
        "李师傅（示例）".as_bytes(),
        "李师母（示例）".as_bytes(),
    );
    let said = aftercare(&["log", "verify", "--data", text(copy.path())]);
    assert_eq!(said.code, 0, "the log is as it was: {}", said.err);
    let said = aftercare(&deep);
    assert_eq!(said.code, 1, "{}{}", said.out, said.err);
    let named = |words: &str| {
        ["users, row ", "technicians, row "]
            .iter()
            .any(|table| words.contains(table))
    };
    assert!(said.err.contains("NOT verified"), "{}", said.err);
    assert!(named(&said.err), "{}", said.err);
    let said = aftercare(&["doctor", "--data", text(copy.path())]);
    assert!(said.out.contains("WRONG rows: "), "{}", said.out);
    assert!(named(&said.out), "{}", said.out);
}

#[test]
fn an_altered_photo_is_named() {
    let copy = demo_copy();
    let blob = first_file(&copy.path().join("blobs"));
    let mut bytes = std::fs::read(&blob).expect("a blob");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&blob, bytes).expect("written");
    let said = aftercare(&["log", "verify", "--data", text(copy.path())]);
    assert_eq!(said.code, 1, "{}{}", said.out, said.err);
    assert!(said.err.contains("its bytes were altered"), "{}", said.err);
}

#[test]
fn a_shortened_log_is_noticed() {
    let copy = demo_copy();
    // The size that was acknowledged is kept outside the database.
    let path = copy.path().join("log-size");
    let kept = std::fs::read_to_string(&path).expect("the size");
    let (size, rest) = kept.trim().split_once(' ').expect("a size and a root");
    let more = size.parse::<u64>().expect("a number") + 3;
    std::fs::write(&path, format!("{more} {rest}\n")).expect("written");
    let said = aftercare(&["log", "verify", "--data", text(copy.path())]);
    assert_eq!(said.code, 1, "{}{}", said.out, said.err);
    assert!(said.err.contains("shortened"), "{}", said.err);
    // And nobody writes on top of it.
    let said = aftercare(&["migrate", "--data", text(copy.path())]);
    assert_eq!(said.code, 1, "{}{}", said.out, said.err);
    assert!(said.err.contains("shortened"), "{}", said.err);
}

#[test]
fn a_damaged_keyring_or_a_wrong_key_is_told_apart() {
    let copy = demo_copy();
    std::fs::write(copy.path().join("demo-key"), "f".repeat(64)).expect("written");
    let said = aftercare(&["log", "verify", "--data", text(copy.path())]);
    assert_eq!(said.code, 2, "{}", said.err);
    assert!(
        said.err.contains("does not open this keyring"),
        "{}",
        said.err
    );
}

fn first_file(folder: &Path) -> PathBuf {
    let first = std::fs::read_dir(folder)
        .expect("a folder")
        .next()
        .expect("something is in it")
        .expect("an entry")
        .path();
    if first.is_dir() {
        first_file(&first)
    } else {
        first
    }
}
