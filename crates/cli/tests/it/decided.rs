//! What decisions cite, as somebody outside reads it: the log that they follow, and bundles of its cases.

use super::outsiders::{export, key_and_bundle, published, serve_files, size, start_keyed};
use super::{aftercare, demo, demo_copy, text};
use std::process::Stdio;

/// The log says what stands in it, and a bundle what a decision cites: a monitor holds the one against the other.
#[test]
fn a_monitor_holds_bundles_against_the_log_and_reads_their_decisions() {
    let folder = tempfile::tempdir().expect("a folder");
    let (out, state) = (folder.path().join("public"), folder.path().join("seen"));
    export(demo(), &out);
    let (_, key) = key_and_bundle(&folder.path().join("first.zip"));
    let url = format!("http://{}", serve_files(out.clone()));
    let list = aftercare(&["case", "list", "--data", text(demo()), "--json"]);
    let list: serde_json::Value = serde_json::from_str(&list.out).expect("JSON");
    let mut files = Vec::new();
    for case in list.as_array().expect("cases") {
        let case = case["id"].as_str().expect("an id");
        let file = folder.path().join(format!("{case}.zip"));
        let args = ["bundle", "export", case, "--data", text(demo())];
        let said = aftercare(&[&args[..], &["--out", text(&file)]].concat());
        assert_eq!(said.code, 0, "{}", said.err);
        files.push(file);
    }
    let monitor = |files: &[std::path::PathBuf]| {
        let mut args = vec!["monitor", &url, "--key", &key, "--state", text(&state)];
        args.extend(["--once", "--allow-network", "127.0.0.0/8"]);
        args.extend(files.iter().flat_map(|file| ["--bundle", text(file)]));
        aftercare(&args)
    };
    let said = monitor(&files);
    assert_eq!(said.code, 0, "{}", said.err);
    let held = said
        .out
        .lines()
        .filter(|line| line.contains("stand in the log"));
    assert_eq!(held.count(), files.len(), "{}", said.out);
    assert!(
        said.out.contains("decisions, each cites a rule"),
        "{}",
        said.out
    );
    // Also once the log was read before: it is read again for them.
    let said = monitor(&files[..1]);
    assert!(
        said.code == 0 && said.out.contains("stand in the log"),
        "{}",
        said.err
    );

    // One that was altered does not hold.
    let mut bytes = std::fs::read(&files[0]).expect("a bundle");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&files[0], bytes).expect("written");
    let said = monitor(&files[..1]);
    assert!(
        said.code == 1 && said.err.contains("a bundle does NOT hold"),
        "{}",
        said.err
    );
}

/// A bundle that leads to a state which the log does not have: somebody was shown more than is published.
#[test]
fn a_bundle_that_leads_further_than_the_log_is_noticed() {
    let folder = tempfile::tempdir().expect("a folder");
    let (out, file) = (folder.path().join("public"), folder.path().join("case.zip"));
    let (_, key) = key_and_bundle(&file);
    // The same key has signed more than what is published.
    let copy = demo_copy();
    let said = aftercare(&["user", "link", "merchant", "--data", text(copy.path())]);
    assert_eq!(said.code, 0, "{}", said.err);
    export(demo(), &out);
    let before = std::fs::read_to_string(out.join("checkpoint")).expect("a checkpoint");
    let before = size(&before);
    let demo_key = std::fs::read_to_string(copy.path().join("demo-key")).expect("a key");
    let args = [
        "serve",
        "--data",
        text(copy.path()),
        "--listen",
        "127.0.0.1:0",
    ];
    let serving = start_keyed(&args, "serving http://", Stdio::null(), demo_key.trim());
    let address = &serving.said.last().expect("a line")["serving http://".len()..];
    published(address, |note| size(note) > before);
    drop(serving);
    let case = aftercare(&["case", "list", "--data", text(copy.path()), "--json"]);
    let case: serde_json::Value = serde_json::from_str(&case.out).expect("JSON");
    let longer = folder.path().join("longer.zip");
    let id = case[0]["id"].as_str().expect("an id");
    let args = ["bundle", "export", id, "--data", text(copy.path())];
    let said = aftercare(&[&args[..], &["--out", text(&longer)]].concat());
    assert_eq!(said.code, 0, "{}", said.err);
    let url = format!("http://{}", serve_files(out.clone()));
    let args = ["monitor", &url, "--key", &key, "--once"];
    let network = ["--allow-network", "127.0.0.0/8"];
    for (bundle, code) in [(&file, 0), (&longer, 1)] {
        let said = aftercare(&[&args[..], &network, &["--bundle", text(bundle)]].concat());
        assert_eq!(said.code, code, "{}{}", said.out, said.err);
    }
}
