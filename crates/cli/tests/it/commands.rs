//! The stable command line: what scripts rely on.

use super::{aftercare, demo, text};
use serde_json::{Value, json};

#[test]
fn the_demo_tells_its_stories_to_their_end() {
    let said = aftercare(&["demo", "--once"]);
    assert_eq!(said.code, 0, "{}", said.err);
    for words in [
        "故事一",
        "故事二",
        "故事三",
        "故事四",
        "故事五",
        "故事六",
        "claim_executed.v1",
        "first_look.v1",
        "offer_lapsed.v1",
        "work_confirmed.v1",
        "appeal_decided.v1",
        "后来应要求补拍的照片拍到了同一处，那里看不到这样的损坏",
        "asked back which: 浙江省杭州市西湖区、江西省南昌市西湖区",
        "the first technician is sick",
    ] {
        assert!(
            said.out.contains(words),
            "{words} is missing in\n{}",
            said.out
        );
    }
    // Full phone numbers and names stay sealed.
    for secret in [
        "13800000001",
        "林晓示",
        "样板路",
        "13800000006",
        "孙晓样",
        "示例街",
    ] {
        assert!(!said.out.contains(secret), "{secret} is printed");
    }
}

#[test]
fn case_list_gives_objects_with_id_kind_and_state() {
    let said = aftercare(&["case", "list", "--data", text(demo()), "--json"]);
    assert_eq!(said.code, 0, "{}", said.err);
    let list: Vec<Value> = serde_json::from_str(&said.out).expect("a JSON array");
    assert_eq!(list.len(), 8);
    for case in &list {
        for key in ["id", "kind", "state"] {
            assert!(case[key].is_string(), "{key} in {case}");
        }
    }
    assert!(
        list.iter()
            .any(|case| case["kind"] == "repair" && case["state"] == "under_warranty")
    );
}

#[test]
fn a_verified_log_exits_0_with_counts() {
    let said = aftercare(&["log", "verify", "--data", text(demo())]);
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(
        said.out
            .lines()
            .last()
            .is_some_and(|line| line.starts_with("verified "))
    );
}

#[test]
fn a_second_tenant_gets_its_administrator_and_nothing_is_made_of_bad_input() {
    let copy = super::demo_copy();
    let data = text(copy.path());
    let add = |name: &str, admin: &str| {
        aftercare(&[
            "tenant", "add", "--data", data, "--name", name, "--admin", admin,
        ])
    };
    let listed = || {
        let said = aftercare(&["tenant", "list", "--json", "--data", data]);
        assert_eq!(said.code, 0, "{}", said.err);
        serde_json::from_str::<Vec<serde_json::Value>>(&said.out).expect("a list")
    };
    assert_eq!(listed().len(), 1);
    // A login is one account's, whosever tenant it is in.
    for (name, admin) in [("第二家店（示例）", "merchant"), ("", "second-admin")] {
        let said = add(name, admin);
        assert_eq!(said.code, 2, "{}{}", said.out, said.err);
    }
    assert_eq!(listed().len(), 1);
    let said = add("第二家店（示例）", "second-admin");
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(
        said.out.contains("second-admin: open /invite/"),
        "{}",
        said.out
    );
    let names: Vec<_> = listed().iter().map(|row| row["name"].clone()).collect();
    assert!(names.contains(&"第二家店（示例）".into()), "{names:?}");
    let said = aftercare(&["log", "verify", "--deep", "--data", data]);
    assert_eq!(said.code, 0, "{}", said.err);
}

#[test]
fn a_restored_backup_holds_the_same() {
    let folder = tempfile::tempdir().expect("a folder");
    let (backup, restored) = (folder.path().join("backup"), folder.path().join("restored"));
    let said = aftercare(&["backup", "--data", text(demo()), "--out", text(&backup)]);
    assert_eq!(said.code, 0, "{}", said.err);
    let said = aftercare(&[
        "restore",
        "--from",
        text(&backup),
        "--data",
        text(&restored),
        "--without-list",
    ]);
    assert_eq!(said.code, 0, "{}", said.err);
    let hash = |data| {
        let said = aftercare(&["dump", "--hash", "--data", data]);
        assert_eq!(said.code, 0, "{}", said.err);
        said.out
    };
    assert_eq!(hash(text(demo())), hash(text(&restored)));
    // Nothing is ever overwritten.
    let said = aftercare(&[
        "restore",
        "--from",
        text(&backup),
        "--data",
        text(&restored),
        "--without-list",
    ]);
    assert_eq!(said.code, 2);
    assert!(said.err.contains("not an empty directory"), "{}", said.err);
}

#[test]
fn projections_equal_what_the_events_say() {
    let copy = super::demo_copy();
    let said = aftercare(&[
        "projections",
        "rebuild",
        "--check",
        "--data",
        text(copy.path()),
    ]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    assert!(said.out.contains("equal to the live ones"), "{}", said.out);
}

#[test]
fn fingerprints_are_made_again_from_the_photos() {
    let copy = super::demo_copy();
    let reindex = |more: &[&str]| {
        let data = ["evidence", "reindex", "--json", "--data", text(copy.path())];
        let said = aftercare(&[&data, more].concat());
        assert_eq!(said.code, 0, "{}{}", said.out, said.err);
        let answer: Value = serde_json::from_str(&said.out).expect("a JSON object");
        assert_eq!(answer["unreadable"], json!([]), "{}", said.out);
        let number = |name: &str| answer[name].as_u64().expect("a number");
        (number("photos"), number("made"))
    };
    let (photos, made) = reindex(&[]);
    assert!(photos > 0);
    assert_eq!(made, 0, "all are as they should be");
    let (again, made) = reindex(&["--all"]);
    assert_eq!(again, photos);
    assert!(made > 0);
    let said = aftercare(&[
        "evidence",
        "reindex",
        "--data",
        text(copy.path()),
        "--from",
        "nowhere",
    ]);
    assert_eq!(said.code, 2, "{}", said.err);
    assert!(said.err.contains("--from nowhere"), "{}", said.err);
}

#[test]
fn a_report_of_a_breach_is_drafted_without_a_key() {
    let breach = |from: &str, more: &[&str]| {
        let args = ["person", "breach", "--data", text(demo()), "--from", from];
        aftercare(&[&args[..], &["--until", "2100-01-01 00:00"], more].concat())
    };
    let said = breach("2000-01-01 00:00", &[]);
    assert_eq!(said.code, 0, "{}", said.err);
    for words in ["第五十七条", "article 57", "〔待填〕", "[to be filled in]"] {
        assert!(said.out.contains(words), "{words}: {}", said.out);
    }
    for (from, more, why) in [
        ("yesterday", &[][..], "is not a time"),
        ("2100-01-01 00:00", &[], "not before"),
        ("2000-01-01 00:00", &["--by", "nobody"], "no account"),
        (
            "2000-01-01 00:00",
            &["--tenant", "x"],
            "not the id of a tenant",
        ),
    ] {
        let said = breach(from, more);
        assert_eq!(said.code, 2, "{}", said.out);
        assert!(said.err.contains(why), "{}", said.err);
    }
}

#[test]
fn the_record_of_processing_is_printed_without_a_key() {
    let record = |more: &[&str]| {
        let args = ["person", "processing", "--data", text(demo())];
        aftercare(&[&args[..], more].concat())
    };
    let said = record(&[]);
    assert_eq!(said.code, 0, "{}", said.err);
    for words in [
        "# 个人信息处理活动记录",
        "# Record of processing",
        "days after the end of the case",
    ] {
        assert!(said.out.contains(words), "{words}: {}", said.out);
    }
    let table = record(&["--csv"]);
    assert_eq!(table.code, 0, "{}", table.err);
    assert!(table.out.starts_with("\"name\","), "{}", table.out);
    let said = record(&["--tenant", "x"]);
    assert_eq!(said.code, 2, "{}", said.out);
}

#[test]
fn a_look_at_somebody_who_was_made_up_exits_1() {
    let said = aftercare(&["case", "list", "--data", text(demo()), "--json"]);
    let cases: Vec<Value> = serde_json::from_str(&said.out).expect("JSON");
    let ids = cases.iter().map(|case| case["id"].as_str().expect("an id"));
    let ids: Vec<&str> = ids.collect();
    let canary = |cases: &[&str], since: &str| {
        let end = ["--data", text(demo()), "--since", since];
        aftercare(&[&["person", "canary"][..], cases, &end].concat())
    };
    let said = canary(&ids, "2100-01-01 00:00");
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(said.out.starts_with("nobody looked"), "{}", said.out);
    // The demo's own people are looked at all the time, if only by the system for its messages.
    let said = canary(&ids, "2000-01-01 00:00");
    assert_eq!(said.code, 1, "{}", said.err);
    assert!(said.out.contains(" looked at "), "{}", said.out);
    for (case, since) in [
        ("AC-0000-0000", "2000-01-01 00:00"),
        ("0198a000-0000-7000-8000-000000000001", "2000-01-01 00:00"),
        (ids[0], "yesterday"),
    ] {
        let said = canary(&[case], since);
        assert_eq!(said.code, 2, "{case}: {}", said.out);
    }
}

#[test]
fn the_doctor_finds_a_sound_directory_sound() {
    let said = aftercare(&["doctor", "--data", text(demo())]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    assert!(!said.out.contains("WRONG"), "{}", said.out);
}

#[test]
fn a_directory_that_has_its_blobs_has_no_storage_to_own() {
    let said = aftercare(&["blobs", "own", "--data", text(demo())]);
    assert_eq!(said.code, 2, "{}", said.out);
    assert!(said.err.contains("blobs.toml"), "{}", said.err);
}

#[test]
fn a_real_server_refuses_a_demo_directory() {
    let said = aftercare(&["serve", "--data", text(demo())]);
    assert_eq!(said.code, 2);
    assert!(said.err.contains("aftercare user init"), "{}", said.err);
}

#[test]
fn bad_input_exits_2_and_says_what_to_do() {
    let folder = tempfile::tempdir().expect("a folder");
    let missing = folder.path().join("nowhere");
    for args in [
        vec!["case", "list", "--data", text(&missing)],
        vec!["dump", "--hash", "--data", text(&missing)],
        vec!["log", "verify", "--data", text(&missing)],
        vec![
            "restore",
            "--from",
            text(&missing),
            "--data",
            text(folder.path()),
            "--without-list",
        ],
        vec!["serve", "--listen", "127.0.0.1:1"],
        vec!["serve", "--data", "x", "--tls-cert", "only.pem"],
        vec!["demo", "--data", text(demo()), "--once"],
        vec!["no-such-command"],
    ] {
        let said = aftercare(&args);
        assert_eq!(said.code, 2, "{args:?}: {}", said.err);
        assert!(said.err.len() > 20, "{args:?} says nothing");
        assert!(!said.err.contains("panicked"), "{args:?}: {}", said.err);
    }
}

#[test]
fn a_wrong_settings_file_names_the_line_and_the_key() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("aftercare.toml");
    std::fs::write(&file, "data = \"x\"\nlisten_on = \"127.0.0.1:1\"\n").expect("a file");
    let said = aftercare(&["serve", "--config", text(&file)]);
    assert_eq!(said.code, 2);
    assert!(said.err.contains("listen_on"), "{}", said.err);
}

#[test]
fn labels_are_read_and_checked() {
    let folder = tempfile::tempdir().expect("a folder");
    let labeled = folder.path().join("labeled.md");
    let front = "---\nAIGC: {\"Label\":\"1\",\"ContentProducer\":\"001191110102MACQD9K64010000\",\"ProduceID\":\"a1\",\"ReservedCode1\":\"\",\"ContentPropagator\":\"\",\"PropagateID\":\"\",\"ReservedCode2\":\"\"}\n---\n";
    std::fs::write(&labeled, front).expect("written");
    let plain = folder.path().join("plain.md");
    std::fs::write(&plain, "# nothing\n").expect("written");
    let said = aftercare(&["labels", "read", "--json", text(&labeled), text(&plain)]);
    assert_eq!(said.code, 0, "{}", said.err);
    let lines: Vec<Value> = said
        .out
        .lines()
        .map(|line| serde_json::from_str(line).expect("one object a file"))
        .collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0]["marks"][0]["fields"]["Label"], "1", "{}", lines[0]);
    assert_eq!(lines[1]["verdict"], "absent", "{}", lines[1]);
    let said = aftercare(&["labels", "check", text(&plain)]);
    assert_eq!(
        said.code, 0,
        "a file without a label breaks no rule: {}",
        said.err
    );
    let said = aftercare(&["labels", "check", text(&folder.path().join("none"))]);
    assert_eq!(said.code, 2);
}

#[test]
fn a_list_of_trusted_signers_that_cannot_be_used_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str, content: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, content).expect("written");
        path
    };
    let photo = file("a.md", "# nothing\n");
    let (list, key) = (
        file("list.pem", "no certificate"),
        file("key.pub", "no key"),
    );
    let missing = folder.path().join("none.pem");
    for (args, named) in [
        (vec!["--c2pa-trust", text(&missing)], "none.pem"),
        (vec!["--c2pa-trust", text(&list)], "no certificate"),
        (
            vec!["--c2pa-trust", text(&list), "--c2pa-trust-key", text(&key)],
            "key.pub",
        ),
        (vec!["--c2pa-trust-key", text(&key)], "--c2pa-trust"),
    ] {
        let said = aftercare(&[&["labels", "read", text(&photo)][..], &args].concat());
        assert_eq!(said.code, 2, "{args:?}: {}", said.err);
        assert!(said.err.contains(named), "{args:?}: {}", said.err);
    }
}

#[test]
fn addresses_are_resolved_and_lists_are_checked() {
    let folder = tempfile::tempdir().expect("a folder");
    let list = folder.path().join("areas.txt");
    std::fs::write(&list, "漳州市平和县\n杭州市江干区\n漳州市平和县\n").expect("written");
    let said = aftercare(&["region", "resolve", text(&list)]);
    assert_eq!(said.code, 0, "{}", said.err);
    let lines: Vec<Value> = said
        .out
        .lines()
        .map(|line| serde_json::from_str(line).expect("one object a line"))
        .collect();
    assert_eq!(lines.len(), 3);
    assert_eq!(
        (&lines[0]["status"], &lines[0]["code"]),
        (&json!("inferred"), &json!("350628"))
    );
    assert_eq!(lines[1]["candidates"], json!(["330102", "330114"]));
    insta::assert_json_snapshot!("region_resolve_line", lines[1]);
    let said = aftercare(&["region", "resolve", "--as-of", "2019", text(&list)]);
    assert!(said.out.contains("330104"), "{}", said.out);
    let said = aftercare(&["region", "lint", text(&list)]);
    assert_eq!(said.code, 1, "{}", said.err);
    let last: Value = said
        .out
        .lines()
        .last()
        .and_then(|line| serde_json::from_str(line).ok())
        .expect("an object");
    assert_eq!(
        (&last["line"], &last["findings"][0]["kind"]),
        (&json!(3), &json!("duplicate"))
    );
    let patch = folder.path().join("patch.toml");
    std::fs::write(
        &patch,
        "source = \"x\"\n[[end]]\ncode = 330102\nuntil = \"2030-01-01\"\nsuccessors = [330102]\n",
    )
    .expect("written");
    let said = aftercare(&["region", "resolve", "--patch", text(&patch), text(&list)]);
    assert_eq!(said.code, 2);
    assert!(said.err.contains("330102"), "{}", said.err);
    let said = aftercare(&["region", "resolve", "--as-of", "yesterday", text(&list)]);
    assert_eq!(said.code, 2);
}

#[test]
fn a_day_is_planned_from_a_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("tiny.txt");
    let problem = "TINY\nVEHICLE\nNUMBER CAPACITY\n2 10\nCUSTOMER\n0 0 0 0 0 100 0\n1 3 4 4 0 50 5\n2 6 8 4 0 50 5\n3 0 5 4 0 50 5\n";
    std::fs::write(&path, problem).expect("written");
    let ask = |time: &str| {
        let input = text(&path);
        aftercare(&[
            "dispatch", "solve", input, "--format", "solomon", "--time", time, "--json",
        ])
    };
    let said = ask("0.2");
    assert_eq!(said.code, 0, "{}", said.err);
    let answer: Value = serde_json::from_str(&said.out).expect("one JSON object");
    assert_eq!(answer["feasible"], true);
    assert_eq!(answer["vehicles"], 2);
    assert!(
        answer["distance"]
            .as_f64()
            .is_some_and(|distance| (distance - 30.0).abs() < 1e-3)
    );
    assert_eq!(answer["routes"].as_array().map(Vec::len), Some(2));
    assert_eq!(answer["unassigned"], serde_json::json!([]));
    assert!(answer["elapsed_ms"].is_u64());
    let said = ask("-1");
    assert_eq!(said.code, 2);
    std::fs::write(&path, problem.replace("50 5", "NaN 5")).expect("written");
    let said = ask("0.2");
    assert_eq!(said.code, 2);
    assert!(said.err.contains("due date is NaN"), "{}", said.err);
}

#[test]
fn a_problem_that_cannot_be_is_refused_with_its_place_and_exit_code_2() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("problem.json");
    let good = r#"{"datum": "wgs84", "technicians": [{"id": "t", "start": {"x": 120.1, "y": 30.2}, "skills": {"gas": 1}, "shifts": [{"start": 28800, "end": 61200}]}], "jobs": [{"id": "j", "place": {"x": 120.11, "y": 30.21}, "windows": [{"from": 32400, "to": 36000}], "duration": {"mean_seconds": 600}, "skills": {"gas": 1}}]}"#;
    let ask = |problem: &str| {
        std::fs::write(&path, problem).expect("written");
        let input = text(&path);
        aftercare(&[
            "dispatch",
            "solve",
            input,
            "--format",
            "aftercare",
            "--time",
            "0.1",
            "--json",
        ])
    };
    assert_eq!(ask(good).code, 0);
    let twice = r#"{"id": "j", "place"#;
    for (from, to, says) in [
        (r#""to": 36000"#, r#""to": 300"#, "before it begins"),
        (
            r#"600}, "skills": {"gas""#,
            r#"600}, "skills": {"magic""#,
            "no technician has",
        ),
        ("600}", "-600}", "-600"),
        ("120.11", "NaN", "line 1"),
        ("120.11", "999", "longitude"),
        (r#""y": 30.21"#, r#""y": 30.21, "datum": "gcj02""#, "Gcj02"),
        (r#""end": 61200"#, r#""end": 100"#, "start < end"),
        (r#""datum": "wgs84""#, r#""datum": "table""#, "table"),
    ] {
        let said = ask(&good.replace(from, to));
        assert_eq!(said.code, 2, "{to}: {}", said.out);
        assert!(said.err.contains(says), "{to}: {}", said.err);
        assert_eq!(said.out, "", "nothing on the way of answers");
    }
    let (head, job) = good.split_once(twice).expect("the job");
    let job = job.trim_end_matches("]}");
    let said = ask(&format!("{head}{twice}{job}, {twice}{job}]}}"));
    assert_eq!(said.code, 2);
    assert!(said.err.contains("twice"), "{}", said.err);
}

#[test]
fn dispatching_rules_are_compared() {
    let folder = tempfile::tempdir().expect("a folder");
    let (scenario, table, picture) = (
        folder.path().join("s.toml"),
        folder.path().join("s.csv"),
        folder.path().join("s.svg"),
    );
    std::fs::write(
        &scenario,
        "technicians = 10\nhours = 1.0\narrivals_per_minute = [0.1]\nseeds = 1\nburst = 1\n",
    )
    .expect("written");
    let said = aftercare(&[
        "dispatch",
        "simulate",
        text(&scenario),
        "--csv",
        text(&table),
        "--svg",
        text(&picture),
    ]);
    assert_eq!(said.code, 0, "{}", said.err);
    assert_eq!(said.out.lines().count(), 4);
    assert_eq!(
        std::fs::read_to_string(&table)
            .expect("a table")
            .lines()
            .count(),
        5
    );
    assert!(
        std::fs::read_to_string(&picture)
            .expect("a picture")
            .starts_with("<svg")
    );
    std::fs::write(&scenario, "technicians = 0\n").expect("written");
    let said = aftercare(&["dispatch", "simulate", text(&scenario)]);
    assert_eq!(said.code, 2);
    assert!(said.err.contains("from 1 to 5000"), "{}", said.err);
}

#[test]
fn the_exchange_is_simulated_and_refuses_nobody() {
    let folder = tempfile::tempdir().expect("a folder");
    let (scenario, table) = (folder.path().join("s.toml"), folder.path().join("s.csv"));
    std::fs::write(
        &scenario,
        "days = 30\nhonest_claims_a_day = 2\nforging_buyers = 4\n",
    )
    .expect("written");
    let said = aftercare(&[
        "exchange",
        "simulate",
        text(&scenario),
        "--csv",
        text(&table),
        "--json",
    ]);
    assert_eq!(said.code, 0, "{}", said.err);
    let outcome: serde_json::Value = serde_json::from_str(&said.out).expect("JSON");
    assert_eq!(outcome["honest_claims"], 300);
    assert_eq!(outcome["honest_refused"], 0);
    assert_eq!(
        std::fs::read_to_string(&table)
            .expect("a table")
            .lines()
            .count(),
        31
    );
    let said = aftercare(&["exchange", "simulate", text(&scenario)]);
    assert!(
        said.out.contains("claims of honest people: 300"),
        "{}",
        said.out
    );
    std::fs::write(&scenario, "platforms = 2\n").expect("written");
    let said = aftercare(&["exchange", "simulate", text(&scenario)]);
    assert_eq!(said.code, 2);
    assert!(said.err.contains("3 to 100 expected"), "{}", said.err);
}

/// What the messages say is asserted where they are made (`drills`); here, that a file which somebody altered is not printed.
#[test]
fn messages_that_wait_are_printed_only_as_they_were_sealed() {
    let copy = super::demo_copy();
    let messages = || aftercare(&["messages", "--data", text(copy.path())]);
    let said = messages();
    assert_eq!((said.code, said.out.as_str()), (0, ""), "{}", said.err);
    std::fs::write(copy.path().join("messages.sealed"), "who when what\n").expect("written");
    let said = messages();
    assert!(
        said.code == 1 && said.out.is_empty() && said.err.contains("line 1"),
        "{} {}",
        said.out,
        said.err
    );
}
