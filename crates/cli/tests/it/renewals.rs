//! A log that goes on under another key after a restore, and witnesses that are silent; real processes on loopback.

use super::outsiders::{add_checkpoint, ask, get, published, serve_files, size, start, witness};
use super::{KEY, aftercare_with, text};
use aftercare_ledger::{AddCheckpoint, SigningKey};
use std::path::Path;
use std::process::Command;

/// After a backup was put back, a log goes on under another name; whoever followed it holds it to what was seen.
#[test]
fn a_restored_log_goes_on_under_another_name_and_hides_nothing_from_outsiders() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let (data, older) = (at("data"), at("older"));
    let keyed = |args: &[&str], code: i32| {
        let said = aftercare_with(args, &[("AFTERCARE_KEY", KEY)]);
        assert_eq!(said.code, code, "{args:?}: {} {}", said.out, said.err);
        said
    };
    let init = [
        "user",
        "init",
        "--data",
        text(&data),
        "--tenant",
        "示例家电",
        "--admin",
    ];
    keyed(&[&init[..], &["admin"]].concat(), 0);
    let copied = Command::new("cp")
        .args(["-a", text(&data), text(&older)])
        .status();
    assert!(copied.expect("it runs").success());
    let link = || keyed(&["user", "link", "--data", text(&data), "admin"], 0);
    let export = |out: &str| {
        let out = at(out);
        keyed(
            &["log", "export", "--data", text(&data), "--out", text(&out)],
            0,
        );
        let note = std::fs::read_to_string(out.join("checkpoint")).expect("a checkpoint");
        (out, note)
    };
    link();
    link();
    let serving = start(
        &["serve", "--data", text(&data), "--listen", "127.0.0.1:0"],
        "serving http://",
    );
    let address = &serving.said.last().expect("a line")["serving http://".len()..];
    assert_eq!(get(address, "/renewal.json").0, 404, "it was never renewed");
    let head: serde_json::Value =
        serde_json::from_str(&get(address, "/api/v1/log/head").1).expect("JSON");
    let old = head["verifier_key"].as_str().expect("a key").to_owned();
    let size = |note: &str| note.lines().nth(1).and_then(|line| line.parse().ok());
    published(address, |note| size(note) >= head["size"].as_u64());
    drop(serving);
    let (before, witnessed) = export("before");
    let last = at("last");
    std::fs::write(&last, &witnessed).expect("written");

    // A monitor and a witness see it.
    let state = at("seen");
    let monitor = |out: &Path, key: &str, code: i32| {
        let url = format!("http://{}", serve_files(out.to_owned()));
        let mut args = vec!["monitor", &url, "--key", key, "--state", text(&state)];
        args.extend(["--once", "--allow-network", "127.0.0.0/8"]);
        keyed(&args, code)
    };
    monitor(&before, &old, 0);
    let cosign = |address: &str, note: &str| {
        let request = AddCheckpoint {
            old: 0,
            proof: Vec::new(),
            checkpoint: note.to_owned(),
        };
        add_checkpoint(address, &request)
    };
    let home = at("w");
    let (watching, address, _) = witness(&home, "w.example/1", &old, "127.0.0.1:0");
    assert_eq!(cosign(&address, &witnessed).0, 200);
    drop(watching);

    // The disk dies, and the backup of before is put back.
    std::fs::remove_dir_all(&data).expect("removed");
    std::fs::rename(&older, &data).expect("put back");
    let renewal = at("renewal.json");
    let renew = |more: &[&str], code: i32| {
        let args = ["log", "renew", "--data", text(&data)];
        keyed(&[&args[..], more].concat(), code)
    };
    assert!(renew(&["--reason", "mood"], 2).err.contains("key-exposed"));
    assert!(
        renew(&["--witnessed", text(&home.join("witness-key"))], 2)
            .err
            .contains("text")
    );
    // Somebody went on with it, without a word to anybody.
    link();
    let (_, own) = export("own");
    std::fs::write(at("own-note"), own).expect("written");
    let continues = renew(&["--witnessed", text(&at("own-note"))], 2);
    assert!(
        continues.err.contains("nothing to renew"),
        "{}",
        continues.err
    );
    let said = renew(&["--witnessed", text(&last), "--out", text(&renewal)], 0);
    assert!(
        said.out.contains("are lost, and the log says so"),
        "{}",
        said.out
    );
    let new = said
        .out
        .trim_end()
        .rsplit(' ')
        .next()
        .expect("a key")
        .to_owned();
    // Asked again, as after a kill, it says the same and makes no second one.
    let again = renew(&["--witnessed", text(&last), "--out", text(&renewal)], 0);
    assert_eq!(again.out, said.out);
    link();
    assert!(
        renew(&["--witnessed", text(&last)], 2)
            .err
            .contains("no checkpoint")
    );
    keyed(&["log", "verify", "--data", text(&data)], 0);
    link();
    keyed(&["log", "verify", "--data", text(&data)], 0);

    // Who knows the old key alone is told to ask; who has both is told what is lost, once.
    let (after, note) = export("after");
    assert!(
        note.starts_with(new.split('+').next().expect("a name")),
        "{note}"
    );
    assert!(monitor(&after, &old, 1).err.contains("renewed"));
    let kept = std::fs::read(&state).expect("a state");
    let told = monitor(&after, &new, 0);
    assert!(told.out.contains("are lost"), "{}", told.out);
    // What somebody went on with before the renewal stands where something else was seen.
    assert!(
        told.out.contains("are not the ones that were seen"),
        "{}",
        told.out
    );
    assert!(!monitor(&after, &new, 0).out.contains("lost"));
    // Who saw more than it admits calls it broken.
    let mut more: serde_json::Value = serde_json::from_slice(&kept).expect("JSON");
    let frontier = more["frontier"].as_array().expect("hashes").clone();
    let size = more["size"].as_u64().expect("a size").next_power_of_two() * 2;
    more["size"] = size.into();
    more["frontier"] = vec![frontier[0].clone()].into();
    std::fs::write(&state, more.to_string()).expect("written");
    let hidden = monitor(&after, &new, 1);
    assert!(
        hidden.err.contains("was last witnessed with"),
        "{}",
        hidden.err
    );

    // The server publishes what witnesses are given.
    let args = ["serve", "--data", text(&data), "--listen", "127.0.0.1:0"];
    let serving = start(&args, "serving http://");
    let address = &serving.said.last().expect("a line")["serving http://".len()..];
    let (status, published) = get(address, "/renewal.json");
    let given = std::fs::read_to_string(&renewal).expect("a renewal");
    let read = |json: &str| serde_json::from_str::<serde_json::Value>(json).expect("JSON");
    assert_eq!((status, read(&published)), (200, read(&given)));
    drop(serving);

    // The witness takes it over, and cosigns the old name no more.
    let args = ["witness", "--data", text(&home), "--name", "w.example/1"];
    let both = ["--log", &old, "--log", &new, "--renewal", text(&renewal)];
    let listen = ["--listen", "127.0.0.1:0"];
    let args = [&args[..], &both, &listen].concat();
    let state = home.join("witness-state.json");
    let honest = std::fs::read_to_string(&state).expect("a state");
    let mut more: serde_json::Value = serde_json::from_str(&honest).expect("JSON");
    let name = old.split('+').next().expect("a name");
    more[name]["size"] = size.into();
    std::fs::write(&state, more.to_string()).expect("written");
    assert!(keyed(&args, 2).err.contains("was last witnessed with"));
    std::fs::write(&state, honest).expect("written");
    let watching = start(&args, "listening http://");
    let address = &watching.said[1]["listening http://".len()..];
    let (status, why) = cosign(address, &witnessed);
    assert!(
        status == 404 && why.contains("goes on as"),
        "{status} {why}"
    );
    assert_eq!(cosign(address, &note).0, 200);
}

/// A witness that takes the connection and says nothing keeps nobody waiting, while enough others answer.
#[test]
fn a_silent_witness_delays_nobody() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let keyed = |args: &[&str]| {
        let said = aftercare_with(args, &[("AFTERCARE_KEY", KEY)]);
        assert_eq!(said.code, 0, "{}", said.err);
    };
    let init = [
        "user",
        "init",
        "--data",
        text(&data),
        "--tenant",
        "示例家电",
        "--admin",
    ];
    keyed(&[&init[..], &["admin"]].concat());
    let serve = |more: &[&str]| {
        let args = ["serve", "--data", text(&data), "--listen", "127.0.0.1:0"];
        let running = start(&[&args[..], more].concat(), "serving http://");
        let address = running.said.last().expect("a line")["serving http://".len()..].to_owned();
        (running, address)
    };
    let (alone, address) = serve(&[]);
    let head: serde_json::Value =
        serde_json::from_str(&get(&address, "/api/v1/log/head").1).expect("JSON");
    let key = head["verifier_key"].as_str().expect("a key").to_owned();
    drop(alone);
    let home = folder.path().join("w");
    let (_watching, at, witness_key) = witness(&home, "w.example/1", &key, "127.0.0.1:0");
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let silent_at = silent.local_addr().expect("an address");
    let silent_key = SigningKey::generate("w.example/2")
        .expect("a key")
        .witness_verifier();
    let policy = folder.path().join("policy");
    let written = format!(
        "log {key}\nwitness one {witness_key} http://{at}\nwitness two {silent_key} http://{silent_at}\ngroup any any one two\nquorum any\n"
    );
    std::fs::write(&policy, written).expect("written");
    let allowed = ["--allow-network", "127.0.0.0/8"];
    let (_serving, address) = serve(&[&["--log-policy", text(&policy)], &allowed[..]].concat());
    let mut before = size(&published(&address, |_| true));
    let began = std::time::Instant::now();
    for _ in 0..3 {
        let body = serde_json::json!({
            "kind": "repair", "skill": "lamp", "county": "330106", "description": "灯不亮。",
            "person": {"name": "林晓示", "phone": "13800000001", "address": "样板路 1 号"},
            "consent": {
                "notice_version": aftercare_app::intake::NOTICE_VERSION,
                "purposes": [aftercare_app::intake::PURPOSES[0]],
            },
        })
        .to_string();
        let sent = format!(
            "POST /api/v1/repairs HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        let (status, said) = ask(&address, &sent);
        assert!(status < 300, "{status} {said}");
        before = size(&published(&address, |note| size(note) > before));
    }
    let took = began.elapsed();
    // It would be given up after 15 seconds each time.
    assert!(took < std::time::Duration::from_secs(30), "{took:?}");
}
