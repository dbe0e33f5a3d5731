//! What decisions cite, as somebody outside reads it: the log that they follow, and bundles of its cases.

use super::crash::post;
use super::outsiders::{export, get, key_and_bundle, published, serve_files, size, start};
use super::{KEY, aftercare, aftercare_with, demo, text};

/// A report of a repair.
fn report() -> String {
    let report = serde_json::json!({
        "kind": "repair", "skill": "lamp", "county": "330106", "description": "灯不亮。",
        "person": { "name": "样例用户", "phone": "13800000001", "address": "示例省示例市样板路 1 号" },
        "consent": {
            "notice_version": aftercare_app::intake::NOTICE_VERSION,
            "purposes": ["handle_the_case"],
        },
    });
    report.to_string()
}

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
    let at = |name: &str| folder.path().join(name);
    let (data, out) = (at("data"), at("public"));
    let keyed = |args: &[&str]| {
        let said = aftercare_with(args, &[("AFTERCARE_KEY", KEY)]);
        assert_eq!(said.code, 0, "{}", said.err);
    };
    let made = [
        "user",
        "init",
        "--data",
        text(&data),
        "--tenant",
        "示例家电",
    ];
    keyed(&[&made[..], &["--admin", "admin"]].concat());
    // What is published at the end of a run, and who signed it.
    let run = |reports: bool| {
        let args = ["serve", "--data", text(&data), "--listen", "127.0.0.1:0"];
        let serving = start(&args, "serving http://");
        let address = &serving.said.last().expect("a line")["serving http://".len()..];
        let case = reports.then(|| {
            let receipt = post(address, "repairs", "", "application/json", &report());
            receipt["case"].as_str().expect("a case").to_owned()
        });
        let (_, head) = get(address, "/api/v1/log/head");
        let head: serde_json::Value = serde_json::from_str(&head).expect("JSON");
        let entries = head["size"].as_u64().expect("a size");
        published(address, |note| size(note) >= entries);
        let key = head["verifier_key"].as_str().expect("a key").to_owned();
        (case.unwrap_or_default(), key)
    };
    let (case, key) = run(true);
    let bundle = |name: &str| {
        let file = at(name);
        let args = ["bundle", "export", &case, "--data", text(&data), "--out"];
        keyed(&[&args[..], &[text(&file)]].concat());
        file
    };
    let file = bundle("case.zip");
    keyed(&["log", "export", "--data", text(&data), "--out", text(&out)]);
    // The same key has signed more than what is published.
    keyed(&["user", "link", "admin", "--data", text(&data)]);
    run(false);
    let longer = bundle("longer.zip");
    let url = format!("http://{}", serve_files(out));
    let args = ["monitor", &url, "--key", &key, "--once"];
    let network = ["--allow-network", "127.0.0.0/8"];
    for (bundle, code) in [(&file, 0), (&longer, 1)] {
        let said = aftercare(&[&args[..], &network, &["--bundle", text(bundle)]].concat());
        assert_eq!(said.code, code, "{}{}", said.out, said.err);
    }
}
