//! What a server shows after it was killed: a real process over a directory of its own, ended by SIGKILL in the midst of
//! acknowledged changes.

use super::outsiders::{Running, start};
use super::{KEY, aftercare_with, text};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// The worker has done its part within so long.
const WORK: Duration = Duration::from_secs(60);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(100);
/// Kills in the midst of changes.
const KILLS: usize = 4;
/// Acknowledged reports before each of them.
const REPORTS_PER_KILL: usize = 3;
/// Reports in all, so that technicians keep up with them.
const REPORTS_MAX: usize = 40;
const PASSWORD: &str = "an invented pass phrase";
/// Logins and where they live.
const TECHNICIANS: [(&str, &str); 3] = [
    ("east", "30.25,120.24"),
    ("north", "30.30,120.17"),
    ("west", "30.24,120.10"),
];

/// A server that is killed when it is dropped.
struct Serving {
    _running: Running,
    address: String,
}

fn serve(data: &Path) -> Serving {
    let args = ["serve", "--data", text(data), "--listen", "127.0.0.1:0"];
    let running = start(&args, "serving http://");
    let line = running.said.last().expect("a line");
    let address = line["serving http://".len()..].to_owned();
    Serving {
        _running: running,
        address,
    }
}

/// What the server answers; nothing when it was killed before that.
pub(super) fn exchange(
    address: &str,
    method: &str,
    path: &str,
    head: &str,
    body: &(impl AsRef<[u8]> + ?Sized),
) -> Option<(u16, String)> {
    let body = body.as_ref();
    let length = body.len();
    let mut request = format!(
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n{head}content-length: {length}\r\n\r\n"
    )
    .into_bytes();
    request.extend_from_slice(body);
    let mut stream = TcpStream::connect(address).ok()?;
    stream.write_all(&request).ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok()?;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("content-length")
            .then(|| value.parse().ok())?
    });
    // One that was cut off is no answer.
    (length.is_none_or(|length: usize| length == body.len()))
        .then(|| (head[9..12].parse().expect("a status"), body.to_owned()))
}

pub(super) fn get(address: &str, path: &str, token: &str) -> Option<Value> {
    let head = format!("authorization: Bearer {token}\r\n");
    let (status, body) = exchange(address, "GET", &format!("/api/v1/{path}"), &head, "")?;
    assert_eq!(status, 200, "{path}: {body}");
    serde_json::from_str(&body).ok()
}

/// A change that is asked for, again under the same key where no answer came.
#[derive(Clone)]
struct Asked {
    token: String,
    path: String,
    key: String,
    body: String,
    deed: Deed,
}

/// What an answer acknowledges.
#[derive(Clone)]
enum Deed {
    Reported,
    Accepted { case: String, technician: String },
    Agreed { case: String, window: (i64, i64) },
}

impl Asked {
    fn new(token: &str, path: String, key: String, body: &Value, deed: Deed) -> Self {
        Self {
            token: token.to_owned(),
            path,
            key,
            body: body.to_string(),
            deed,
        }
    }

    /// Whether it was acknowledged.
    fn ask(&self, address: &str, known: &Mutex<Known>) -> bool {
        let head = format!(
            "authorization: Bearer {}\r\nidempotency-key: {}\r\ncontent-type: application/json\r\n",
            self.token, self.key
        );
        let path = format!("/api/v1/{}", self.path);
        let Some((status, body)) = exchange(address, "POST", &path, &head, &self.body) else {
            return false;
        };
        assert!((200..300).contains(&status), "{path} {}: {body}", self.body);
        let answer: Value = serde_json::from_str(&body).expect("JSON");
        let mut known = known.lock().expect("nobody failed");
        match &self.deed {
            Deed::Reported => {
                let case = answer["case"].as_str().expect("a case").to_owned();
                known.cases.insert(case, Stands::default());
                known.reports += 1;
            }
            Deed::Accepted { case, technician } => {
                let stands = known.cases.get_mut(case).expect("it was reported");
                stands.technician = Some(technician.clone());
            }
            Deed::Agreed { case, window } => {
                known.cases.get_mut(case).expect("reported").window = Some(*window);
                known.agreements += 1;
            }
        }
        true
    }
}

/// How far a case has come, as it was acknowledged.
#[derive(Clone, Default, Debug)]
struct Stands {
    technician: Option<String>,
    window: Option<(i64, i64)>,
}

/// Everything that was acknowledged.
#[derive(Default)]
struct Known {
    cases: BTreeMap<String, Stands>,
    reports: usize,
    agreements: usize,
}

/// Tokens of those who ask.
struct Staff {
    agent: String,
    dispatcher: String,
    /// By id.
    technicians: BTreeMap<String, String>,
}

fn form(address: &str, path: &str, body: &str) {
    let head =
        format!("origin: http://{address}\r\ncontent-type: application/x-www-form-urlencoded\r\n");
    let (status, body) = exchange(address, "POST", path, &head, body).expect("an answer");
    assert_eq!(status, 303, "{path}: {body}");
}

pub(super) fn post(
    address: &str,
    path: &str,
    token: &str,
    kind: &str,
    body: &(impl AsRef<[u8]> + ?Sized),
) -> Value {
    let bearer = match token {
        "" => String::new(),
        token => format!("authorization: Bearer {token}\r\n"),
    };
    let head = format!("{bearer}content-type: {kind}\r\n");
    let path = format!("/api/v1/{path}");
    let (status, body) = exchange(address, "POST", &path, &head, body).expect("an answer");
    assert!((200..300).contains(&status), "{path}: {status} {body}");
    serde_json::from_str(&body).expect("JSON")
}

/// Sets the password of an invitation and signs in.
pub(super) fn enter(address: &str, login: &str, invitation: &str) -> String {
    let word = PASSWORD.replace(' ', "+");
    form(
        address,
        invitation,
        &format!("password={word}&password_again={word}"),
    );
    let body = json!({ "login": login, "password": PASSWORD }).to_string();
    let session = post(address, "sessions", "", "application/json", &body);
    session["token"].as_str().expect("a token").to_owned()
}

/// A shop with a dispatcher and technicians.
fn set_up(address: &str, invitation: &str) -> Staff {
    let admin = enter(address, "admin", invitation);
    let account = |login: &str, role: &str| {
        let body = json!({ "login": login, "display_name": login, "roles": [role] }).to_string();
        let made = post(address, "users", &admin, "application/json", &body);
        enter(address, login, made["link"].as_str().expect("a link"))
    };
    let agent = account("agent", "agent");
    let dispatcher = account("dispatcher", "dispatcher");
    let tokens: BTreeMap<&str, String> = TECHNICIANS
        .map(|(login, _)| (login, account(login, "technician")))
        .into();
    let mut table = "login,display_name,skill,counties,latitude,longitude\n".to_owned();
    for (login, place) in TECHNICIANS {
        table += &format!("{login},{login},lamp,330106,{place}\n");
    }
    post(address, "imports/technicians", &admin, "text/csv", &table);
    let listed = get(address, "technicians", &admin).expect("an answer");
    let listed = listed.as_array().expect("a list").iter();
    let technicians = listed.map(|who| {
        let name = who["display_name"].as_str().or(who["name"].as_str());
        let token = &tokens[name.expect("a name")];
        (who["id"].as_str().expect("an id").to_owned(), token.clone())
    });
    Staff {
        agent,
        dispatcher,
        technicians: technicians.collect(),
    }
}

fn report(token: &str, number: usize) -> Asked {
    let step = i64::try_from(number).expect("few") * 7_919 % 60_000;
    let body = json!({
        "kind": "repair",
        "product": null,
        "skill": "lamp",
        "county": "330106",
        "description": "灯不亮。",
        "from": null,
        "until": null,
        "urgent": number % 5 == 4,
        "person": {
            "name": "样例用户",
            "phone": "13800000000",
            "address": "浙江省杭州市西湖区样板路 1 号",
            "place": { "latitude_e6": 30_230_000 + step, "longitude_e6": 120_190_000 - step },
        },
        "consent": { "notice_version": aftercare_app::intake::NOTICE_VERSION, "purposes": ["handle_the_case"] },
    });
    let (path, key) = ("repairs".to_owned(), format!("report-{number}"));
    Asked::new(token, path, key, &body, Deed::Reported)
}

/// Reports one repair after another until the server is gone; the report that was not answered.
fn report_on(address: &str, staff: &Staff, known: &Mutex<Known>) -> Option<Asked> {
    let mut number = known.lock().expect("nobody failed").reports;
    while number < REPORTS_MAX {
        let asked = report(&staff.agent, number);
        if !asked.ask(address, known) {
            return Some(asked);
        }
        number += 1;
        std::thread::sleep(LOOK);
    }
    None
}

/// Has technicians accept what is offered to them and agree on times until the server is gone or the test stops it;
/// what was not answered.
fn agree_on(
    address: &str,
    staff: &Staff,
    known: &Mutex<Known>,
    stop: &AtomicBool,
) -> Option<Asked> {
    while !stop.load(Ordering::SeqCst) {
        let cases = known.lock().expect("nobody failed").cases.clone();
        for (case, stands) in cases {
            let asked = match &stands {
                Stands {
                    technician: Some(technician),
                    window: None,
                } => time(address, staff, &case, technician)?,
                Stands {
                    technician: None, ..
                } => offered(address, staff, &case)?,
                Stands { .. } => None,
            };
            if let Some(asked) = asked
                && !asked.ask(address, known)
            {
                return Some(asked);
            }
        }
        std::thread::sleep(LOOK);
    }
    None
}

/// The acceptance of the offer that is open in a case, if one is; nothing when the server is gone.
#[expect(clippy::option_option, reason = "gone, nothing to do, or something")]
fn offered(address: &str, staff: &Staff, case: &str) -> Option<Option<Asked>> {
    let detail = get(address, &format!("cases/{case}"), &staff.dispatcher)?;
    let offers = detail["work_orders"][0]["offers"].as_array();
    let open = offers
        .into_iter()
        .flatten()
        .find(|offer| offer["answer"] == "open");
    Some(open.map(|offer| {
        let (id, who) = (&offer["id"], offer["technician"].as_str().expect("an id"));
        let body = json!({ "action": "accept_offer", "work_order": null, "offer": id });
        Asked::new(
            &staff.technicians[who],
            format!("cases/{case}/actions"),
            format!("accept-{case}"),
            &body,
            Deed::Accepted {
                case: case.to_owned(),
                technician: who.to_owned(),
            },
        )
    }))
}

/// The agreement on a time that can be kept; nothing when the server is gone.
#[expect(clippy::option_option, reason = "gone, nothing to do, or something")]
fn time(address: &str, staff: &Staff, case: &str, technician: &str) -> Option<Option<Asked>> {
    let token = &staff.technicians[technician];
    let detail = get(address, &format!("cases/{case}"), token)?;
    let order = detail["work_orders"][0]["id"].as_str().expect("an id");
    let times = get(
        address,
        &format!("cases/{case}/work-orders/{order}/times"),
        token,
    )?;
    let slots = times["slots"].as_array().expect("a list");
    Some(slots.last().map(|slot| {
        let window = (
            slot["from"].as_i64().expect("a time"),
            slot["until"].as_i64().expect("a time"),
        );
        let body = json!({ "action": "schedule", "work_order": null, "from": window.0, "until": window.1 });
        Asked::new(
            token,
            format!("cases/{case}/actions"),
            format!("agree-{case}"),
            &body,
            Deed::Agreed {
                case: case.to_owned(),
                window,
            },
        )
    }))
}

/// Every visit on the board: its case, who makes it, and the visit.
fn shown(board: &Value) -> Vec<(String, Option<String>, &Value)> {
    let case = |row: &Value| row["case"].as_str().expect("a case").to_owned();
    let mut all = Vec::new();
    for who in board["technicians"].as_array().expect("a list") {
        for visit in who["visits"].as_array().expect("a list") {
            let id = who["id"].as_str().map(str::to_owned);
            all.push((case(visit), id, visit));
        }
    }
    for row in board["waiting"].as_array().expect("a list") {
        all.push((case(row), None, row));
    }
    all
}

/// The board has everything that was acknowledged as it was acknowledged, nothing twice, and `unanswered` more at most.
fn holds(board: &Value, known: &Known, unanswered: usize) {
    let shown = shown(board);
    let cases: BTreeSet<&str> = shown.iter().map(|(case, ..)| case.as_str()).collect();
    assert_eq!(
        cases.len(),
        shown.len(),
        "nothing is planned twice: {board}"
    );
    for (case, stands) in &known.cases {
        let found = shown.iter().find(|(shown, ..)| shown == case);
        let (_, who, visit) = found.unwrap_or_else(|| panic!("{case} is lost: {board}"));
        if let Some(technician) = &stands.technician {
            assert_eq!(who.as_ref(), Some(technician), "{case}: {board}");
        }
        if let Some((from, until)) = stands.window {
            assert_eq!(visit["step"], "agreed", "{visit}");
            assert_eq!(visit["agreed"], json!({ "from": from, "until": until }));
            let start = visit["start"].as_i64().expect("a time");
            assert!((from..=until).contains(&start), "the time is kept: {visit}");
        }
    }
    assert!(
        shown.len() <= known.cases.len() + unanswered,
        "{} of {} were acknowledged",
        shown.len(),
        known.cases.len()
    );
}

fn board(serving: &Serving, staff: &Staff) -> Value {
    get(&serving.address, "board", &staff.dispatcher).expect("an answer")
}

/// Lets everybody write until enough was acknowledged, kills the server in the midst of it, and gives what was not
/// answered.
fn strike(serving: Serving, staff: &Staff, known: &Mutex<Known>, delay: Duration) -> Vec<Asked> {
    let goal = |known: &Known| (known.reports, known.agreements);
    let before = goal(&known.lock().expect("nobody failed"));
    let stop = AtomicBool::new(false);
    let address = serving.address.clone();
    std::thread::scope(|scope| {
        let reporter = scope.spawn(|| report_on(&address, staff, known));
        let technicians = scope.spawn(|| agree_on(&address, staff, known, &stop));
        let since = Instant::now();
        loop {
            let now = goal(&known.lock().expect("nobody failed"));
            let enough = now.0 >= before.0 + REPORTS_PER_KILL && now.1 > before.1;
            if enough || reporter.is_finished() || since.elapsed() > WORK {
                break;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(delay);
        drop(serving);
        stop.store(true, Ordering::SeqCst);
        let unanswered = [reporter.join(), technicians.join()];
        let now = goal(&known.lock().expect("nobody failed"));
        assert!(now.1 > before.1, "from {before:?} to {now:?}");
        unanswered
            .into_iter()
            .filter_map(|asked| asked.expect("nobody failed"))
            .collect()
    })
}

#[test]
fn the_board_has_all_that_was_acknowledged_after_kills_and_is_the_same() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let made = aftercare_with(
        &[
            "user",
            "init",
            "--tenant",
            "示例店",
            "--admin",
            "admin",
            "--data",
            text(&data),
        ],
        &[("AFTERCARE_KEY", KEY)],
    );
    assert_eq!(made.code, 0, "{}", made.err);
    let mut words = made.out.split_whitespace();
    let invitation = words.find(|word| word.starts_with("/invite/"));
    let mut serving = serve(&data);
    let staff = set_up(&serving.address, invitation.expect("a link"));
    let known = Mutex::new(Known::default());

    for kill in 0..KILLS {
        let delay = Duration::from_millis(37 * kill as u64);
        let unanswered = strike(serving, &staff, &known, delay);
        serving = serve(&data);
        let after = board(&serving, &staff);
        let reports = unanswered
            .iter()
            .filter(|asked| matches!(asked.deed, Deed::Reported));
        holds(
            &after,
            &known.lock().expect("nobody failed"),
            reports.count(),
        );
        // Whoever had no answer asks again, and it is done once.
        for asked in &unanswered {
            assert!(asked.ask(&serving.address, &known), "it is answered now");
        }
        let after = board(&serving, &staff);
        holds(&after, &known.lock().expect("nobody failed"), 0);
    }

    // The plan looks at the clock in quarter hours: one that passes meanwhile is no crash.
    for _ in 0..3 {
        let before = board(&serving, &staff);
        drop(serving);
        serving = serve(&data);
        let after = board(&serving, &staff);
        if before["at"] == after["at"] {
            assert_eq!(
                after, before,
                "the first look after a kill is the last before it"
            );
            return;
        }
    }
    panic!("the clock never stood");
}
