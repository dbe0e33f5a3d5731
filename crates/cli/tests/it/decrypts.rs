//! A look at a person that is taken out of the log afterwards: real processes of a server, a witness and a monitor, and how
//! soon each of the two says so.

use super::crash::{enter, exchange, post};
use super::outsiders::{Running, get, published, size, start, start_logging};
use super::{KEY, aftercare_with, text};
use serde_json::{Value, json};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const WITHIN: Duration = Duration::from_secs(60);

/// A monitor that follows a log until something does not hold; ended with the test.
struct Monitor(Child);

impl Monitor {
    fn follow(url: &str, key: &str, state: &Path, log: &Path) -> Self {
        let log = std::fs::File::create(log).expect("a file");
        let child = Command::new(env!("CARGO_BIN_EXE_aftercare"))
            .args(["monitor", url, "--key", key, "--state", text(state)])
            .args(["--allow-network", "127.0.0.0/8"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::from(log))
            .spawn()
            .expect("the binary runs");
        Self(child)
    }
}

impl Drop for Monitor {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Asks again and again until it is so.
fn within(what: &str, mut so: impl FnMut() -> bool) -> Duration {
    let began = Instant::now();
    while !so() {
        assert!(began.elapsed() < WITHIN, "not within a minute: {what}");
        std::thread::sleep(Duration::from_millis(100));
    }
    began.elapsed()
}

#[test]
fn a_look_at_a_person_that_is_taken_out_of_the_log_is_noticed_within_a_minute() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let (data, older) = (at("data"), at("older"));
    let keyed = |args: &[&str]| {
        let said = aftercare_with(args, &[("AFTERCARE_KEY", KEY)]);
        assert_eq!(said.code, 0, "{}", said.err);
        said.out
    };
    let made = keyed(&[
        "user",
        "init",
        "--data",
        text(&data),
        "--tenant",
        "示例家电",
        "--admin",
        "admin",
    ]);
    let invitation = made
        .split_whitespace()
        .find(|word| word.starts_with("/invite/"))
        .expect("a link");
    let serve = |listen: &str, more: &[&str]| -> (Running, String) {
        let args = ["serve", "--data", text(&data), "--listen", listen];
        let running = start(&[&args[..], more].concat(), "serving http://");
        let address = running.said.last().expect("a line")["serving http://".len()..].to_owned();
        (running, address)
    };
    let (serving, address) = serve("127.0.0.1:0", &[]);
    let (_, head) = get(&address, "/api/v1/log/head");
    let head: Value = serde_json::from_str(&head).expect("JSON");
    let key = head["verifier_key"].as_str().expect("a key").to_owned();
    let admin = enter(&address, "admin", invitation);
    let body = json!({ "login": "agent", "display_name": "agent", "roles": ["agent"] }).to_string();
    let made = post(&address, "users", &admin, "application/json", &body);
    let agent = enter(&address, "agent", made["link"].as_str().expect("a link"));
    let asked = |path: &str, body: &Value| -> Value {
        let head = format!(
            "authorization: Bearer {agent}\r\nidempotency-key: {}\r\ncontent-type: application/json\r\n",
            path.len()
        );
        let answer = exchange(
            &address,
            "POST",
            &format!("/api/v1/{path}"),
            &head,
            &body.to_string(),
        );
        let (status, body) = answer.expect("an answer");
        assert!((200..300).contains(&status), "{path}: {status} {body}");
        serde_json::from_str(&body).expect("JSON")
    };
    let receipt = asked(
        "repairs",
        &json!({
            "kind": "repair",
            "product": null,
            "skill": "lamp",
            "county": "330106",
            "description": "灯不亮。",
            "from": null,
            "until": null,
            "urgent": false,
            "person": {
                "name": "样例用户",
                "phone": "13800000001",
                "address": "浙江省杭州市西湖区样板路 1 号",
            },
            "consent": {
                "notice_version": aftercare_app::intake::NOTICE_VERSION,
                "purposes": ["handle_the_case"],
            },
        }),
    );
    let case = receipt["case"].as_str().expect("a case").to_owned();
    drop(serving);
    let copied = Command::new("cp")
        .args(["-a", text(&data), text(&older)])
        .status();
    assert!(copied.expect("it runs").success());

    // The outsiders: a witness without whom nothing is published, and somebody who follows what is.
    let witness_log = at("witness.log");
    let log = std::fs::File::create(&witness_log).expect("a file");
    let home = at("w");
    let args = ["witness", "--data", text(&home), "--name", "w.example/1"];
    let more = ["--log", &key, "--listen", "127.0.0.1:0"];
    let witness = start_logging(
        &[&args[..], &more].concat(),
        "listening http://",
        Stdio::from(log),
    );
    let witness_at = &witness.said[1]["listening http://".len()..];
    let witness_key = &witness.said[0]["witness ".len()..];
    let policy = at("policy");
    let written = format!("log {key}\nwitness one {witness_key} http://{witness_at}\nquorum one\n");
    std::fs::write(&policy, written).expect("written");
    let witnessed = [
        "--log-policy",
        text(&policy),
        "--allow-network",
        "127.0.0.0/8",
    ];
    let (serving, again) = serve(&address, &witnessed);
    assert_eq!(again, address);
    let looked = asked(
        &format!("cases/{case}/reveals"),
        &json!({ "fields": ["phone"], "reason": "回电" }),
    );
    let seq = looked["seq"].as_u64().expect("its event");
    published(&address, |note| size(note) >= seq);
    let (state, monitor_log) = (at("monitor.json"), at("monitor.log"));
    let url = format!("http://{address}");
    let mut monitor = Monitor::follow(&url, &key, &state, &monitor_log);
    within("the monitor reads the log", || {
        let seen = std::fs::read(&state).unwrap_or_default();
        serde_json::from_slice::<Value>(&seen).is_ok_and(|seen| seen["size"].as_u64() >= Some(seq))
    });
    let cosigned = size(&published(&address, |_| true));
    drop(serving);

    // Whoever runs the shop takes the look back, and goes on as if it had never been.
    std::fs::remove_dir_all(&data).expect("removed");
    std::fs::rename(&older, &data).expect("put back");
    loop {
        let answer = keyed(&["log", "verify", "--data", text(&data)]);
        let events: u64 = answer
            .lines()
            .find_map(|line| line.strip_prefix("verified "))
            .and_then(|rest| rest.split(' ').next())
            .and_then(|count| count.parse().ok())
            .expect("a count");
        // Longer than what was cosigned, whatever came in between.
        if events > cosigned + 5 {
            break;
        }
        keyed(&["user", "link", "--data", text(&data), "admin"]);
    }
    let (serving, _) = serve(&address, &witnessed);
    let noticed = within("the witness does not cosign it", || {
        let said = std::fs::read_to_string(&witness_log).expect("its log");
        said.contains("does not continue what was cosigned")
    });
    println!("the witness noticed after {noticed:?}");
    assert_ne!(get(&address, "/checkpoint").0, 200, "nothing is published");
    drop(serving);
    // Published without the witness, it meets whoever followed it.
    let (_serving, _) = serve(&address, &[]);
    let noticed = within("the monitor says so", || {
        monitor.0.try_wait().expect("a process").is_some()
    });
    println!("the monitor noticed after {noticed:?}");
    let said = std::fs::read_to_string(&monitor_log).expect("its log");
    assert!(said.contains("does NOT hold"), "{said}");
}
