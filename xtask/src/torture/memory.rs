//! What of people is left in the memory of a serving process that has nothing to do: whoever takes an image of it, as a core
//! dump or with the rights of the machine's root, has that. The image is read from the kernel, page by page, which is what a
//! core image has and more.

mod image;

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

use self::image::{Found, Pattern, Search};
use super::Report;
use super::http::{self, Request, Response};
use super::people::People;
use super::server::{Installation, Server, field, post};
use super::traffic;

/// An account may look at so many people within an hour.
const PEOPLE_MAX: u32 = 60;
/// Those who report without being signed in: one address may not open more within a minute.
const BY_THEMSELVES: u32 = 5;
/// A text of the program itself, which has to be found wherever its memory is read.
const CONTROL: &str = "/cases/{case}/reveals";

/// How many people, and how long nothing is asked before the image is taken.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan {
    pub(super) people: u32,
    pub(super) idle_s: u64,
}

/// Somebody who was made up.
struct Canary {
    name: String,
    phone: String,
    street: String,
}

fn canaries(count: u32) -> Vec<Canary> {
    (0..count)
        .map(|at| Canary {
            name: format!("金丝雀{at}号"),
            phone: format!("1387{:07}", 4_210_007 + 31 * at),
            street: format!("样板路{}弄{at}室", 700 + at),
        })
        .collect()
}

/// What must not be there of somebody, in each form in which it could be: as text, in the two orders of UTF-16, as addresses and
/// JSON may write it, and of a number its masked form, one byte for each digit, and the number as a number.
fn patterns(people: &[Canary]) -> Vec<Pattern> {
    let mut patterns = Vec::<Pattern>::new();
    for (person, canary) in people.iter().enumerate() {
        let mut add = |what: &str, form: &str, bytes: Vec<u8>| {
            // Digits are the same in several forms.
            if !patterns.iter().any(|known| known.bytes == bytes) {
                patterns.push(Pattern {
                    person,
                    what: format!("{what}, {form}"),
                    bytes,
                });
            }
        };
        for (what, text) in [
            ("name", &canary.name),
            ("number", &canary.phone),
            ("address", &canary.street),
        ] {
            let units = || text.encode_utf16();
            add(what, "UTF-8", text.clone().into_bytes());
            add(what, "UTF-16", units().flat_map(u16::to_le_bytes).collect());
            add(
                what,
                "UTF-16, the other order",
                units().flat_map(u16::to_be_bytes).collect(),
            );
            add(what, "as an address writes it", percent(text).into_bytes());
            add(what, "as JSON may write it", escaped(text).into_bytes());
        }
        let phone = &canary.phone;
        let masked = format!("{}****{}", &phone[..3], &phone[7..]);
        add("number", "masked", masked.into_bytes());
        let digits = phone.bytes().map(|digit| digit - b'0').collect();
        add("number", "a byte for each digit", digits);
        if let Ok(number) = phone.parse::<u64>() {
            add("number", "as a number", number.to_le_bytes().to_vec());
        }
    }
    patterns
}

fn percent(text: &str) -> String {
    let written = |byte: u8| match byte {
        b if b.is_ascii() => char::from(b).to_string(),
        b => format!("%{b:02X}"),
    };
    text.bytes().map(written).collect()
}

fn escaped(text: &str) -> String {
    let written = |c: char| match c {
        c if c.is_ascii() => c.to_string(),
        c => c
            .encode_utf16(&mut [0; 2])
            .iter()
            .map(|unit| format!("\\u{unit:04x}"))
            .collect(),
    };
    text.chars().map(written).collect()
}

/// Runs the drill.
///
/// # Errors
/// When it cannot be set up, or the memory of the process may not be read: for that this has to run as root.
pub(super) fn run(binary: &Path, plan: Plan) -> Result<Report> {
    if plan.people == 0 || plan.people > PEOPLE_MAX {
        bail!("--people is 1 to {PEOPLE_MAX}: an account may look at no more within an hour");
    }
    let place = tempfile::tempdir().context("a directory for the drill")?;
    let began = Instant::now();
    let installation = Installation::create(
        binary,
        place.path().join("data"),
        place.path().join("log"),
        None,
        None,
    )?;
    let people = People::with_crew(&installation, 0)?;
    let canaries = canaries(plan.people);
    let mut server = installation.serve()?;
    for (number, canary) in (0..).zip(&canaries) {
        lived(&server, &people, number, canary).with_context(|| format!("person {number}"))?;
    }
    std::thread::sleep(Duration::from_secs(plan.idle_s));
    ensure!(server.is_running(), "the server ended by itself");

    let mut patterns = patterns(&canaries);
    let control = canaries.len();
    patterns.push(Pattern {
        person: control,
        what: "the control".to_owned(),
        bytes: CONTROL.into(),
    });
    let mut found = image::search(server.process(), &Search::new(&patterns))
        .context("the server forbids others to read its memory: run this as root")?;
    ensure!(
        found.by_person.remove(&control).is_some(),
        "the search does not even find the program's own text: it shows nothing"
    );
    found.hits.retain(|(what, _, _), _| what != "the control");
    let mut report = told(&found, &patterns[..patterns.len() - 1], plan);
    if let Some(result) = &mut report.result {
        result.push_str(&format!("; {} s", began.elapsed().as_secs()));
    }
    server.stop()?;
    Ok(report)
}

/// What was found, by what, where and in which buffer.
fn told(found: &Found, patterns: &[Pattern], plan: Plan) -> Report {
    let mut report = Report::default();
    report.lines.push(format!(
        "{} mappings of {} bytes were read, {} could not be",
        found.mappings, found.bytes, found.unread
    ));
    let mut count = 0;
    for ((what, region, buffer), hits) in &found.hits {
        count += hits.count;
        report.problems.push(format!(
            "FOUND {} times: {what}; in: {region}; in {buffer}; the first: {}",
            hits.count, hits.example
        ));
    }
    report.result = Some(format!(
        "torture memory: {} people taken in and looked at, {} patterns in {} bytes of memory after {} idle seconds: {count} \
         hits, of {} people",
        plan.people,
        patterns.len(),
        found.bytes,
        plan.idle_s,
        found.by_person.len()
    ));
    report
}

/// Somebody reports, by themselves or through a program, with a photo or without; is looked at; and what goes wrong on the way.
fn lived(server: &Server, people: &People, number: u32, canary: &Canary) -> Result<()> {
    let crew = people.crew.as_ref().context("the crew of the drill")?;
    let by_themselves = number < BY_THEMSELVES;
    let body = reported(canary, &canary.phone);
    let mut report = traffic::once(
        "/api/v1/repairs".to_owned(),
        &people.program,
        &format!("canary-{number}"),
        &body,
    );
    if by_themselves {
        report.bearer = None;
        report.idempotency_key = None;
    }
    if number.is_multiple_of(2) {
        report = traffic::with_photo(report, u64::from(number))?;
    }
    let receipt = asked(server, &report, 200..300)?;
    let case = field(&receipt, "case")?;

    // A slip in the number, and a body that is cut off behind all that was written.
    let wrong = reported(canary, &format!("{}12", canary.phone)).to_string();
    let cut = body.to_string();
    let cut = cut.trim_end_matches('}').to_owned();
    for refused in [wrong, cut] {
        let request = post("/api/v1/repairs", Some(&people.program), refused);
        asked(server, &request, 400..500)?;
    }

    let reason = format!("回电 {} {}", canary.name, canary.phone);
    let look = json!({ "fields": ["name", "phone", "address"], "reason": reason });
    let path = format!("/api/v1/cases/{case}/reveals");
    let opened = asked(
        server,
        &post(&path, Some(&crew.desk), look.to_string()),
        200..300,
    )?;
    ensure!(
        opened.body.contains(&canary.phone),
        "the look did not open the number"
    );
    if by_themselves {
        let link = field(&receipt, "link")?;
        let link = link.rsplit('/').next().unwrap_or(&link);
        let login = json!({ "link": link, "code": field(&receipt, "code")? }).to_string();
        let session = asked(
            server,
            &post("/api/v1/case-sessions", None, login),
            200..300,
        )?;
        let session = field(&session, "token")?;
        let path = format!("/api/v1/cases/{case}/own-data");
        asked(
            server,
            &post(&path, Some(&session), String::new()),
            200..300,
        )?;
    }
    Ok(())
}

fn reported(canary: &Canary, phone: &str) -> Value {
    let mut body = traffic::report("lamp", &format!("灯不亮，请联系{}。", canary.name));
    body["person"] = json!({
        "name": canary.name,
        "phone": phone,
        "address": format!("浙江省杭州市西湖区{}", canary.street),
    });
    body
}

fn asked(server: &Server, request: &Request, expected: std::ops::Range<u16>) -> Result<Response> {
    let response = http::send(server.address, request)?;
    ensure!(
        expected.contains(&response.status),
        "{} {}: {} {}",
        request.method,
        request.path,
        response.status,
        response.body
    );
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_is_looked_for_in_every_form() {
        let people = canaries(2);
        let patterns = patterns(&people);
        let has = |bytes: &[u8]| patterns.iter().any(|pattern| pattern.bytes == bytes);
        for bytes in [
            "金丝雀1号".as_bytes(),
            b"13874210038",
            b"138****0038",
            "样板路701弄1室".as_bytes(),
            b"\x01\x03\x08\x07\x04\x02\x01\x00\x00\x03\x08",
            b"1\x003\x008\x007\x004\x002\x001\x000\x000\x003\x008\x00",
            "%E9%87%91%E4%B8%9D%E9%9B%801%E5%8F%B7".as_bytes(),
            b"\\u91d1\\u4e1d\\u96c01\\u53f7",
        ] {
            assert!(has(bytes), "{}", String::from_utf8_lossy(bytes));
        }
        assert!(has(&13_874_210_038_u64.to_le_bytes()));
        assert!(
            patterns.iter().all(|pattern| pattern.bytes.len() >= 8),
            "a short one would be found by chance"
        );
        // 5 forms of a name and of an address, 3 of a number as text, and 3 more.
        assert_eq!(patterns.len(), 2 * (5 + 3 + 5 + 3));
    }

    #[test]
    fn what_was_found_is_told_with_where_it_lies_and_fails() {
        let plan = Plan {
            people: 1,
            idle_s: 10,
        };
        let people = canaries(1);
        let patterns = patterns(&people);
        let search = Search::new(&patterns);
        let mut found = Found::default();
        found.take(&search, "main heap (malloc)", b"nothing");
        let report = told(&found, &patterns, plan);
        assert!(report.problems.is_empty());
        let line = report.result.unwrap();
        assert!(
            line.ends_with("after 10 idle seconds: 0 hits, of 0 people"),
            "{line}"
        );
        found.take(
            &search,
            "main heap (malloc)",
            b"{\"phone\":\"13874210007\"}",
        );
        let report = told(&found, &patterns, plan);
        assert_eq!(
            report.problems,
            [
                "FOUND 1 times: number, UTF-8; in: main heap (malloc); in JSON; the first: {\"phone\":\"13874210007\"}"
            ]
        );
        assert!(report.result.unwrap().ends_with("1 hits, of 1 people"));
    }
}
