//! The process that alone opens people, beside a server: real processes, which are killed, and what an operator does with them.

use super::crash::{enter, exchange, post};
use super::{KEY, Said, aftercare_with, text};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// An invented root key of vaultd.
pub(super) const OWN_KEY: &str = "0202020202020202020202020202020202020202020202020202020202020202";

/// A process that is killed when it is dropped.
struct Process {
    child: Child,
    last: String,
}

impl Process {
    fn start(args: &[&str], variables: &[(&str, &str)], until: &str) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_aftercare"))
            .args(args)
            .env_remove("AFTERCARE_DATA")
            .env_remove("AFTERCARE_VAULT")
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the binary runs");
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let last = loop {
            let line = lines.next().expect("another line").expect("text");
            if line.starts_with(until) {
                break line;
            }
        };
        // What it says later is read away, so that it is never stopped by a full pipe.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, last }
    }

    /// Asks it to stop, and waits until it has.
    fn end(mut self) {
        let pid = self.child.id().to_string();
        let asked = Command::new("kill").args(["-TERM", &pid]).status();
        assert!(asked.expect("it runs").success());
        let ended = self.child.wait().expect("it ends");
        assert!(ended.success(), "{ended}");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A shop whose people's keys were given away, and an agent of it.
struct Shop {
    _folder: tempfile::TempDir,
    data: PathBuf,
    keeper: PathBuf,
    place: String,
    agent: String,
    /// A case that was reported before.
    before: String,
}

impl Shop {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let (data, keeper) = (folder.path().join("data"), folder.path().join("keeper"));
        let place = format!("unix:{}", text(&folder.path().join("vaultd.sock")));
        let init = ["user", "init", "--tenant", "示例店", "--admin", "admin"];
        let made = aftercare_with(
            &[&init[..], &["--data", text(&data)]].concat(),
            &[("AFTERCARE_KEY", KEY)],
        );
        assert_eq!(made.code, 0, "{}", made.err);
        let mut words = made.out.split_whitespace();
        let invitation = words.find(|word| word.starts_with("/invite/"));
        let mut shop = Self {
            _folder: folder,
            data,
            keeper,
            place,
            agent: String::new(),
            before: String::new(),
        };
        let (serving, address) = shop.serve(&[]);
        let admin = enter(&address, "admin", invitation.expect("a link"));
        let body = json!({ "login": "agent", "display_name": "agent", "roles": ["agent"] });
        let made = post(
            &address,
            "users",
            &admin,
            "application/json",
            &body.to_string(),
        );
        shop.agent = enter(&address, "agent", made["link"].as_str().expect("a link"));
        shop.before = shop.report(&address, "1");
        serving.end();
        let adopted = shop.vaultd(&["adopt", "--data", text(&shop.data)]);
        assert_eq!(adopted.code, 0, "{}{}", adopted.out, adopted.err);
        assert!(adopted.out.contains("1 people are kept"), "{}", adopted.out);
        shop
    }

    /// A command of vaultd on the folder.
    fn vaultd(&self, args: &[&str]) -> Said {
        let args = [&["vaultd"][..], args, &["--folder", text(&self.keeper)]].concat();
        aftercare_with(
            &args,
            &[("AFTERCARE_KEY", KEY), ("AFTERCARE_VAULTD_KEY", OWN_KEY)],
        )
    }

    fn keep(&self, more: &[&str]) -> Process {
        let folder = ["--folder", text(&self.keeper), "--listen", &self.place];
        let args = [&["vaultd", "run"][..], &folder, more].concat();
        // It needs no key of the data.
        Process::start(&args, &[("AFTERCARE_VAULTD_KEY", OWN_KEY)], "listening ")
    }

    fn serve(&self, more: &[&str]) -> (Process, String) {
        let args = ["serve", "--data", text(&self.data), "--listen"];
        let args = [&args[..], &["127.0.0.1:0"], more].concat();
        let process = Process::start(&args, &[("AFTERCARE_KEY", KEY)], "serving http://");
        let address = process.last["serving http://".len()..].to_owned();
        (process, address)
    }

    fn serve_with_keeper(&self) -> (Process, String) {
        self.serve(&["--vault", &self.place])
    }

    /// Reports a repair, and gives its case.
    fn report(&self, address: &str, digit: &str) -> String {
        let body = json!({
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
                "phone": format!("1380000000{digit}"),
                "address": "浙江省杭州市西湖区样板路 1 号",
            },
            "consent": {
                "notice_version": aftercare_app::intake::NOTICE_VERSION,
                "purposes": ["handle_the_case"],
            },
        });
        let head = format!(
            "authorization: Bearer {}\r\nidempotency-key: report-{digit}\r\ncontent-type: application/json\r\n",
            self.agent
        );
        let taken = exchange(address, "POST", "/api/v1/repairs", &head, &body.to_string());
        let (status, body) = taken.expect("an answer");
        assert!((200..300).contains(&status), "{status} {body}");
        let receipt: Value = serde_json::from_str(&body).expect("JSON");
        receipt["case"].as_str().expect("a case").to_owned()
    }

    fn look(&self, address: &str, case: &str) -> (u16, Value) {
        let head = format!(
            "authorization: Bearer {}\r\ncontent-type: application/json\r\n",
            self.agent
        );
        let body = json!({ "fields": ["phone"], "reason": "回电" }).to_string();
        let path = format!("/api/v1/cases/{case}/reveals");
        let (status, body) = exchange(address, "POST", &path, &head, &body).expect("an answer");
        (status, serde_json::from_str(&body).expect("JSON"))
    }

    fn ledger(&self) -> Vec<String> {
        let path = self.keeper.join("openings.jsonl");
        let text = std::fs::read_to_string(path).expect("the ledger");
        text.lines().map(str::to_owned).collect()
    }

    /// Events of the main log that the ledger names for reveals.
    fn said(&self) -> BTreeSet<u64> {
        let lines = self.ledger();
        let acts = lines.iter().map(|line| -> Value {
            serde_json::from_str(line).expect("a line that was written whole")
        });
        acts.filter(|record| record["act"]["opened"]["purpose"] == "reveal")
            .filter_map(|record| record["act"]["opened"]["seq"].as_u64())
            .collect()
    }
}

fn no_core(process: &Process) {
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", process.child.id()));
    let limits = limits.expect("limits");
    let line = limits
        .lines()
        .find(|line| line.starts_with("Max core file size"));
    let words: Vec<&str> = line.expect("a line").split_whitespace().collect();
    assert_eq!(words[4..6], ["0", "0"], "{words:?}");
}

#[test]
fn a_server_takes_people_in_while_vaultd_is_dead_and_shows_them_when_it_is_back() {
    let shop = Shop::new();
    // Neither half starts as if nothing had happened.
    let alone = [
        "serve",
        "--data",
        text(&shop.data),
        "--listen",
        "127.0.0.1:0",
    ];
    let said = aftercare_with(&alone, &[("AFTERCARE_KEY", KEY)]);
    assert_eq!(said.code, 2, "{}", said.out);
    assert!(said.err.contains("--vault"), "{}", said.err);
    let said = shop.vaultd(&["adopt", "--data", text(&shop.data)]);
    assert_eq!(
        said.code, 0,
        "asked again, it changes nothing: {}",
        said.err
    );
    // Whoever has the root key of the data opens nothing of it, and the other way round.
    let folder = ["--folder", text(&shop.keeper), "--listen", &shop.place];
    let args = [&["vaultd", "run"][..], &folder].concat();
    let said = aftercare_with(&args, &[("AFTERCARE_VAULTD_KEY", KEY)]);
    assert_eq!(said.code, 2, "{}{}", said.out, said.err);

    let keeping = shop.keep(&[]);
    no_core(&keeping);
    let second = aftercare_with(&args, &[("AFTERCARE_VAULTD_KEY", OWN_KEY)]);
    assert_eq!(second.code, 2);
    assert!(second.err.contains("in use"), "{}", second.err);
    let (serving, address) = shop.serve_with_keeper();
    let (status, seen) = shop.look(&address, &shop.before);
    assert_eq!(status, 200, "{seen}");
    assert!(
        seen["phone"]
            .as_str()
            .is_some_and(|phone| phone.ends_with("13800000001"))
    );

    drop(keeping);
    let during = shop.report(&address, "2");
    for case in [&shop.before, &during] {
        let (status, problem) = shop.look(&address, case);
        assert_eq!(status, 503, "{problem}");
        assert!(problem.to_string().contains("vault_away"), "{problem}");
    }
    // Killed, it left its socket.
    let keeping = shop.keep(&[]);
    let (status, seen) = shop.look(&address, &during);
    assert_eq!(status, 200, "{seen}");
    assert!(
        seen["phone"]
            .as_str()
            .is_some_and(|phone| phone.ends_with("13800000002"))
    );
    let args = ["vaultd", "status", "--vault", &shop.place, "--json"];
    let said = aftercare_with(&args, &[]);
    assert_eq!(said.code, 0, "{}", said.err);
    let status: Value = serde_json::from_str(&said.out).expect("JSON");
    // The server's own work goes on meanwhile.
    let size = status["size"].as_u64().expect("a number");
    assert!((1..=shop.ledger().len() as u64).contains(&size), "{status}");

    // A server that starts while it is away takes people in, too.
    serving.end();
    drop(keeping);
    let (serving, address) = shop.serve_with_keeper();
    let later = shop.report(&address, "3");
    assert_eq!(shop.look(&address, &later).0, 503);
    let keeping = shop.keep(&[]);
    assert_eq!(shop.look(&address, &later).0, 200);
    serving.end();
    keeping.end();
    let said = shop.vaultd(&["check", "--data", text(&shop.data)]);
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(said.out.contains("each with its event"), "{}", said.out);
    let verified = aftercare_with(
        &["log", "verify", "--deep", "--data", text(&shop.data)],
        &[("AFTERCARE_KEY", KEY)],
    );
    assert_eq!(verified.code, 0, "{}", verified.err);
}

#[test]
fn every_number_that_was_shown_has_its_leaf_although_vaultd_was_killed_and_a_missing_one_is_found()
{
    let shop = Shop::new();
    let (serving, address) = shop.serve_with_keeper();
    let mut shown = BTreeSet::new();
    for delay_ms in [10, 60, 30, 120, 5] {
        let keeping = shop.keep(&[]);
        let turns = AtomicUsize::new(0);
        let seen = std::thread::scope(|scope| {
            let looking: Vec<_> = (0..3)
                .map(|_| {
                    scope.spawn(|| {
                        let mut seen = Vec::new();
                        loop {
                            turns.fetch_add(1, Ordering::Relaxed);
                            match shop.look(&address, &shop.before) {
                                (200, shown) => {
                                    seen.push(shown["seq"].as_u64().expect("its event"));
                                }
                                (503, _) => return seen,
                                // Too fast for one account.
                                (429, _) => std::thread::sleep(Duration::from_millis(20)),
                                (status, problem) => panic!("{status} {problem}"),
                            }
                        }
                    })
                })
                .collect();
            // In the midst of it.
            while turns.load(Ordering::Relaxed) < 6 {
                std::thread::sleep(Duration::from_millis(2));
            }
            std::thread::sleep(Duration::from_millis(delay_ms));
            drop(keeping);
            let all = looking
                .into_iter()
                .flat_map(|one| one.join().expect("seen"));
            all.collect::<Vec<u64>>()
        });
        shown.extend(seen);
        let said = shop.said();
        let without: Vec<_> = shown.difference(&said).collect();
        assert!(without.is_empty(), "shown without a leaf: {without:?}");
    }
    assert!(shown.len() >= 5, "{shown:?}");
    // The state of the ledger is in the log when the server ends.
    let keeping = shop.keep(&[]);
    serving.end();
    keeping.end();
    let check = || shop.vaultd(&["check", "--data", text(&shop.data)]);
    assert_eq!(check().code, 0, "{}", check().err);
    let whole = shop.ledger();
    let write = |lines: &[String]| {
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        std::fs::write(shop.keeper.join("openings.jsonl"), text).expect("written");
    };
    for missing in [whole.len() - 1, whole.len() / 2] {
        let mut lines = whole.clone();
        lines.remove(missing);
        write(&lines);
        let found = check();
        assert_eq!(found.code, 1, "{}", found.out);
        assert!(found.err.contains("taken out"), "{}", found.err);
    }
    // One that the main log does not know of.
    let last = whole
        .iter()
        .rfind(|line| line.contains("\"opened\""))
        .expect("an opening");
    let mut lines = whole.clone();
    let record: Value = serde_json::from_str(last).expect("JSON");
    let seq = record["act"]["opened"]["seq"].as_u64().expect("a number");
    lines.push(last.replace(&format!("\"seq\":{seq}"), "\"seq\":1"));
    write(&lines);
    let found = check();
    assert_eq!(found.code, 1, "{}", found.out);
    assert!(found.err.contains("past the log"), "{}", found.err);
    write(&whole);
    assert_eq!(check().code, 0);
}

/// The only copy in a folder of copies.
fn only_copy(copies: &Path) -> PathBuf {
    let entries = std::fs::read_dir(copies).expect("copies");
    let mut paths = entries.map(|entry| entry.expect("a copy").path());
    let path = paths.next().expect("a copy");
    assert!(paths.next().is_none(), "one copy");
    path
}

#[test]
fn a_lost_disk_of_vaultd_takes_nobody_along_and_brings_nobody_back() {
    let shop = Shop::new();
    let folder = shop.keeper.parent().expect("a folder").to_owned();
    let (early, late) = (folder.join("early"), folder.join("late"));
    let back_up = |to: &Path| shop.vaultd(&["backup", "--to", text(to)]);
    let check = || shop.vaultd(&["check", "--data", text(&shop.data)]);
    let restore =
        |from: &Path| shop.vaultd(&["restore", "--from", text(from), "--data", text(&shop.data)]);
    assert!(check().out.contains("never backed up"), "{}", check().out);
    let said = back_up(&early);
    assert_eq!(said.code, 0, "{}", said.err);
    let said = check();
    assert!(said.out.contains("backed up 0 minutes ago"), "{}", said.out);

    // Everybody is wrapped under new keys, which the process copies before anybody uses them.
    let keeping = shop.keep(&["--backup-to", text(&late)]);
    let first = only_copy(&late);
    let asking = [("AFTERCARE_KEY", KEY), ("AFTERCARE_VAULT", &*shop.place)];
    let rotated = aftercare_with(&["keys", "rotate", "--data", text(&shop.data)], &asking);
    assert_eq!(rotated.code, 0, "{}", rotated.err);
    assert!(
        rotated.out.contains("back its folder up"),
        "{}",
        rotated.out
    );
    std::fs::remove_dir_all(&first).expect("removed");
    let newest = only_copy(&late);
    let (serving, address) = shop.serve_with_keeper();
    let other = shop.report(&address, "2");
    // Openings of after the copy, of which the log is told.
    for case in [&shop.before, &other] {
        assert_eq!(shop.look(&address, case).0, 200);
    }
    serving.end();
    keeping.end();
    let lines = shop.ledger().len();
    std::fs::remove_dir_all(&shop.keeper).expect("the disk is lost");

    // A copy of before the rotation opens nobody, and says so.
    let said = restore(&only_copy(&early));
    assert_eq!(said.code, 2, "{}{}", said.out, said.err);
    assert!(
        said.err.contains("before the keys were rotated"),
        "{}",
        said.err
    );
    let said = restore(&shop.data);
    assert_eq!(said.code, 2, "{}{}", said.out, said.err);
    assert!(said.err.contains("no copy of a folder"), "{}", said.err);
    assert!(!shop.keeper.exists(), "nothing half-made is left");
    let said = restore(&newest);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    assert!(said.out.contains("are lost"), "{}", said.out);
    let again = restore(&newest);
    assert_eq!(again.code, 2, "{}{}", again.out, again.err);
    assert!(
        again.err.contains("nothing is ever overwritten"),
        "{}",
        again.err
    );
    assert!(shop.ledger().len() < lines);
    let said = check();
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(
        said.out.contains("was put back from a copy"),
        "{}",
        said.out
    );

    // Both go on with it.
    let keeping = shop.keep(&[]);
    let (serving, address) = shop.serve_with_keeper();
    for (case, digit) in [(&shop.before, "1"), (&other, "2")] {
        let (status, seen) = shop.look(&address, case);
        assert_eq!(status, 200, "{seen}");
        let phone = seen["phone"].as_str().expect("a number");
        assert!(phone.ends_with(&format!("1380000000{digit}")), "{phone}");
    }
    serving.end();
    keeping.end();
    let said = check();
    assert_eq!(said.code, 0, "{}", said.err);
    let states = shop.ledger().len();
    // What was written since the restore is held against the log as before.
    let mut left = shop.ledger();
    left.remove(states - 1);
    let left: String = left.iter().map(|line| format!("{line}\n")).collect();
    std::fs::write(shop.keeper.join("openings.jsonl"), left).expect("written");
    let found = check();
    assert_eq!(found.code, 1, "{}", found.out);
    assert!(found.err.contains("taken out"), "{}", found.err);
}

#[test]
fn vaultd_opens_for_its_peer_alone_and_within_its_quota() {
    let shop = Shop::new();
    let other = (account(&shop.data) + 1).to_string();
    let keeping = shop.keep(&["--peer", &other]);
    let args = ["vaultd", "status", "--vault", &shop.place];
    let said = aftercare_with(&args, &[]);
    assert_eq!(said.code, 1, "{}", said.out);
    assert!(said.err.contains("not_yours"), "{}", said.err);
    let serve = ["serve", "--data", text(&shop.data), "--vault", &shop.place];
    let said = aftercare_with(&serve, &[("AFTERCARE_KEY", KEY)]);
    assert_eq!(said.code, 2, "{}", said.out);
    assert!(said.err.contains("not_yours"), "{}", said.err);
    drop(keeping);

    let keeping = shop.keep(&["--user-people", "1"]);
    let (serving, address) = shop.serve_with_keeper();
    let second = shop.report(&address, "2");
    assert_eq!(shop.look(&address, &shop.before).0, 200);
    let (status, problem) = shop.look(&address, &second);
    assert_eq!(status, 429, "{problem}");
    assert!(problem.to_string().contains("vault_quota"), "{problem}");
    assert_eq!(shop.look(&address, &shop.before).0, 200);
    serving.end();
    keeping.end();
    // A root key that opens both is none of its own.
    let args = [
        "vaultd",
        "adopt",
        "--data",
        text(&shop.data),
        "--folder",
        text(&shop.keeper),
    ];
    let same = [("AFTERCARE_KEY", KEY), ("AFTERCARE_VAULTD_KEY", KEY)];
    let said = aftercare_with(&args, &same);
    assert_eq!(said.code, 2, "{}", said.out);
    assert!(said.err.contains("of its own"), "{}", said.err);
}

#[test]
fn the_keys_of_people_are_taken_back_and_one_process_opens_everybody_again() {
    let shop = Shop::new();
    let release = || shop.vaultd(&["release", "--data", text(&shop.data)]);
    let keeping = shop.keep(&[]);
    let (serving, address) = shop.serve_with_keeper();
    let during = shop.report(&address, "2");
    assert_eq!(shop.look(&address, &during).0, 200);
    // Neither process may be there.
    let said = release();
    assert_eq!(said.code, 2, "{}{}", said.out, said.err);
    assert!(said.err.contains("open for writing"), "{}", said.err);
    serving.end();
    let said = release();
    assert_eq!(said.code, 2, "{}{}", said.out, said.err);
    assert!(said.err.contains("in use"), "{}", said.err);
    keeping.end();

    let said = release();
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    assert!(said.out.contains("2 people and "), "{}", said.out);
    let said = release();
    assert_eq!(said.code, 2, "{}{}", said.out, said.err);
    assert!(said.err.contains("nothing to take back"), "{}", said.err);
    let said = shop.vaultd(&["check", "--data", text(&shop.data)]);
    assert_eq!(said.code, 0, "{}", said.err);

    let (serving, address) = shop.serve(&[]);
    let after = shop.report(&address, "3");
    for (case, digit) in [(&shop.before, "1"), (&during, "2"), (&after, "3")] {
        let (status, seen) = shop.look(&address, case);
        assert_eq!(status, 200, "{seen}");
        let phone = seen["phone"].as_str().expect("a number");
        assert!(phone.ends_with(&format!("1380000000{digit}")), "{phone}");
    }
    serving.end();
    let verified = aftercare_with(
        &["log", "verify", "--deep", "--data", text(&shop.data)],
        &[("AFTERCARE_KEY", KEY)],
    );
    assert_eq!(verified.code, 0, "{}", verified.err);

    // They can be given away once more, to a folder that does not have other ones.
    let said = shop.vaultd(&["adopt", "--data", text(&shop.data)]);
    assert_eq!(said.code, 2, "{}{}", said.out, said.err);
    assert!(said.err.contains("empty folder"), "{}", said.err);
    std::fs::remove_dir_all(&shop.keeper).expect("removed");
    let said = shop.vaultd(&["adopt", "--data", text(&shop.data)]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    assert!(said.out.contains("3 people are kept"), "{}", said.out);
    // What the log was told of the ledger before binds the new one in nothing.
    let keeping = shop.keep(&[]);
    let (serving, address) = shop.serve_with_keeper();
    assert_eq!(shop.look(&address, &during).0, 200);
    serving.end();
    keeping.end();
    let said = shop.vaultd(&["check", "--data", text(&shop.data)]);
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(!said.out.contains("lost"), "{}", said.out);
}

/// The account that the tests run under.
fn account(data: &Path) -> u32 {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata(data).expect("a folder").uid()
}
