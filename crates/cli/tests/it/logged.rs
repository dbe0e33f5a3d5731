//! What a real server writes to its standard output and error while people report, are looked at, mistype and are refused: nothing of
//! any of them, whatever the level. Whoever steals the log of the machine finds nobody.

use super::crash::{enter, exchange, post};
use super::outsiders::get;
use super::{KEY, aftercare_with, text};
use serde_json::{Value, json};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Ended with the test.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A server that says all it has to say into two files; and where it answers.
fn serve(data: &Path, out: &Path, err: &Path) -> (Server, String) {
    let file = |path: &Path| Stdio::from(std::fs::File::create(path).expect("a file"));
    let child = Command::new(env!("CARGO_BIN_EXE_aftercare"))
        .args(["serve", "--data", text(data), "--listen", "127.0.0.1:0"])
        .env_remove("AFTERCARE_DATA")
        .env("AFTERCARE_KEY", KEY)
        .env("AFTERCARE_LOG", "debug")
        .stdin(Stdio::null())
        .stdout(file(out))
        .stderr(file(err))
        .spawn()
        .expect("the binary runs");
    let server = Server(child);
    let began = Instant::now();
    loop {
        let said = std::fs::read_to_string(out).expect("its output");
        let mut lines = said.lines().filter(|_| said.ends_with('\n'));
        if let Some(address) = lines.find_map(|line| line.strip_prefix("serving http://")) {
            return (server, address.to_owned());
        }
        assert!(began.elapsed() < Duration::from_secs(60), "{said}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

struct Canary {
    name: String,
    phone: String,
    street: String,
}

/// As many as one address may open the cases of within a minute.
const PEOPLE: u32 = 6;

fn canaries() -> Vec<Canary> {
    (0..PEOPLE)
        .map(|at| Canary {
            name: format!("金丝雀{at}号"),
            phone: format!("1387{:07}", 4_210_007 + 31 * at),
            street: format!("样板路{}弄{at}室", 700 + at),
        })
        .collect()
}

fn repair(canary: &Canary, phone: &str) -> Value {
    json!({
        "kind": "repair", "product": null, "skill": "lamp", "county": "330106",
        "description": format!("灯不亮，请联系{}。", canary.name),
        "from": null, "until": null, "urgent": false,
        "person": {
            "name": canary.name, "phone": phone,
            "address": format!("浙江省杭州市西湖区{}", canary.street),
        },
        "consent": {
            "notice_version": aftercare_app::intake::NOTICE_VERSION,
            "purposes": ["handle_the_case"],
        },
    })
}

/// What the log must not have of somebody, plain, shortened, or as addresses write it.
fn wanted(canary: &Canary) -> Vec<String> {
    let Canary {
        name,
        phone,
        street,
    } = canary;
    let percent = |text: &str| -> String {
        let bytes = text.bytes();
        bytes.map(|byte| format!("%{byte:02X}")).collect()
    };
    let escaped = |text: &str| -> String {
        let units = text.encode_utf16();
        units.map(|unit| format!("\\u{unit:04x}")).collect()
    };
    // A digit that follows is spelled out or not; the letters before it are the person's all the same.
    let letters: String = name.chars().take(3).collect();
    vec![
        name.clone(),
        percent(&letters),
        escaped(&letters),
        phone.clone(),
        format!("{}****{}", &phone[..3], &phone[7..]),
        street.clone(),
    ]
}

#[test]
fn a_thief_of_the_programs_log_finds_nobody() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let data = at("data");
    let made = aftercare_with(
        &[
            "user",
            "init",
            "--data",
            text(&data),
            "--tenant",
            "示例家电",
            "--admin",
            "admin",
        ],
        &[("AFTERCARE_KEY", KEY)],
    );
    assert_eq!(made.code, 0, "{}", made.err);
    let invitation = made
        .out
        .split_whitespace()
        .find(|word| word.starts_with("/invite/"))
        .expect("a link");
    let (out, err) = (at("out"), at("err"));
    let (server, address) = serve(&data, &out, &err);
    let admin = enter(&address, "admin", invitation);
    let body = json!({ "login": "agent", "display_name": "agent", "roles": ["agent"] }).to_string();
    let made = post(&address, "users", &admin, "application/json", &body);
    let agent = enter(&address, "agent", made["link"].as_str().expect("a link"));
    let refused = |path: &str, token: &str, body: &str| {
        let head = match token {
            "" => "content-type: application/json\r\n".to_owned(),
            token => {
                format!("authorization: Bearer {token}\r\ncontent-type: application/json\r\n")
            }
        };
        let (status, answer) =
            exchange(&address, "POST", &format!("/api/v1/{path}"), &head, body).expect("an answer");
        assert!((400..500).contains(&status), "{path}: {status} {answer}");
    };

    let canaries = canaries();
    let mut wanted: Vec<String> = canaries.iter().flat_map(wanted).collect();
    let mut cases = Vec::new();
    for canary in &canaries {
        let good = repair(canary, &canary.phone).to_string();
        // By themselves: the code that a colleague has seen is not enough for all that is kept of somebody.
        let receipt = post(&address, "repairs", "", "application/json", &good);
        let case = receipt["case"].as_str().expect("a case").to_owned();
        let link = receipt["link"].as_str().expect("a link");
        let token = link.rsplit('/').next().expect("its end").to_owned();
        // A number with a slip, a body that is cut off behind all that was written, one of another type.
        refused(
            "repairs",
            &agent,
            &repair(canary, &format!("{}12", canary.phone)).to_string(),
        );
        refused("repairs", &agent, &good[..good.len() - 2]);
        refused(
            "repairs",
            &agent,
            &json!({ "person": canary.name, "skill": [canary.phone, canary.street] }).to_string(),
        );
        // A look with their name in its reason, one that is refused, and one for which nobody is signed in.
        let path = format!("cases/{case}/reveals");
        let reason = format!("回电 {} {}", canary.name, canary.phone);
        let look = json!({ "fields": ["name", "phone", "address"], "reason": reason }).to_string();
        post(&address, &path, &agent, "application/json", &look);
        refused(&path, &admin, &look);
        refused(&path, "", &look);
        // Themselves: by their link with a wrong code, then with the right one, and all that is kept of them.
        let wrong = json!({ "link": token, "code": canary.phone }).to_string();
        refused("case-sessions", "", &wrong);
        let right = json!({ "link": token, "code": receipt["code"] }).to_string();
        let session = post(&address, "case-sessions", "", "application/json", &right);
        let session = session["token"].as_str().expect("a token").to_owned();
        let path = format!("cases/{case}/own-data");
        post(&address, &path, &session, "application/json", "");
        // What somebody writes into the address of a page.
        for path in [
            format!("/c/{token}"),
            format!("/desk/cases?sought={}", canary.phone),
            format!("/verify?name={}", canary.phone),
            format!("/nowhere/{}", canary.phone),
        ] {
            get(&address, &path);
        }
        wanted.extend([token, session]);
        cases.push(case);
    }
    // Messages, offers and what else follows by itself.
    std::thread::sleep(Duration::from_secs(2));
    drop(server);
    let mut said = std::fs::read(&out).expect("its output");
    said.extend(std::fs::read(&err).expect("its log"));
    let said = String::from_utf8(said).expect("text");
    let found: Vec<&String> = wanted.iter().filter(|text| said.contains(*text)).collect();
    println!("{} patterns in {} bytes", wanted.len(), said.len());
    assert!(found.is_empty(), "{found:?}");
    // It was logged, each request by its route.
    for route in ["/api/v1/repairs", "/c/{token}"] {
        assert!(said.contains(route), "{route}: {said}");
    }
}
