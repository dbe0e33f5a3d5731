//! Readers of addresses, patches, and problems of routing.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use aftercare_dispatch::Bad;
use aftercare_dispatch::command::{Format, SolveRequest, solve};
use aftercare_dispatch::simulate::Scenario;
use aftercare_dispatch::solve::{Objective, Options};
use aftercare_dispatch::travel::Table;
use aftercare_region::{Atlas, AtlasError, Date, lint, lint_json};

/// Seconds of the made-up clock that a plan is improved for: a few steps.
const SECONDS: f64 = 0.005;
/// Rows of a table that is planned with.
const ROWS_MAX: usize = 12;
/// Bytes of a problem that is planned: larger ones are as slow as they are dull.
const PLANNED_BYTES: usize = 4_096;

fn atlas() -> &'static Atlas {
    static ATLAS: OnceLock<Atlas> = OnceLock::new();
    ATLAS.get_or_init(|| Atlas::built_in().expect("the built-in tables are whole"))
}

fn text(data: &[u8]) -> Option<&str> {
    std::str::from_utf8(data).ok()
}

/// Reads an address and lints it as a list. What is decided has one code, and what is not says why.
pub fn region_resolve(data: &[u8]) {
    let Some(text) = text(data) else {
        return;
    };
    for day in [Date::LATEST, Date::start_of(1995)] {
        let got = atlas().resolve(text, day);
        assert!(got.code.is_none() || got.candidates.is_empty());
        assert!(
            got.why
                .iter()
                .all(|why| !why.zh.is_empty() && !why.en.is_empty())
        );
        for span in &got.spans {
            assert!(text.get(span.start as usize..span.end as usize).is_some());
        }
        assert!(text.contains(got.rest.text));
    }
    match lint(atlas(), text, Date::LATEST) {
        Ok(lines) => {
            for line in &lines {
                assert!(!lint_json(line).to_string().is_empty());
            }
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// Applies a patch; an atlas that took it still answers.
pub fn region_patch(data: &[u8]) {
    let Some(text) = text(data) else {
        return;
    };
    match Atlas::with_patches(&[("fuzz", text)]) {
        Ok(atlas) => {
            let _ = atlas.resolve("浙江省杭州市西湖区文三路 1 号", Date::LATEST);
        }
        Err(AtlasError::Patch { error, .. }) => assert!(!error.to_string().is_empty()),
        Err(other) => panic!("the built-in tables are whole: {other}"),
    }
}

/// Solves a problem by a clock of its own. The answer was checked by the independent checker before it is told.
fn planned(format: Format, data: &[u8], table: Option<Table>) {
    let request = SolveRequest {
        format,
        seconds: SECONDS,
        options: Options {
            objective: Objective::Vehicles,
            seed: 1,
            threads: 1,
        },
        table,
    };
    let ticks = AtomicU32::new(0);
    let clock = move || f64::from(ticks.fetch_add(1, Ordering::Relaxed)) * 1e-3;
    match solve(data, request, &clock) {
        Ok(answer) => assert!(!answer.text.is_empty()),
        Err(bad) => said(&bad),
    }
}

fn said(bad: &Bad) {
    assert!(!bad.place.is_empty() && !bad.what.is_empty() && !bad.remedy.is_empty());
    assert!(!bad.what.contains("breaks a rule"), "{bad}");
}

/// Reads a problem of VROOM's and plans it.
pub fn dispatch_vroom(data: &[u8]) {
    if data.len() <= PLANNED_BYTES {
        planned(Format::Vroom, data, None);
    }
}

/// Reads a text of Solomon's format and plans it.
pub fn dispatch_solomon(data: &[u8]) {
    if data.len() <= PLANNED_BYTES {
        planned(Format::Solomon, data, None);
    }
}

/// Reads a table of travel times, and plans a visit to every row.
pub fn dispatch_table(data: &[u8]) {
    let table = match Table::read(data) {
        Ok(table) => table,
        Err(bad) => return said(&bad),
    };
    assert_eq!(table.write(), data);
    let rows = table.places();
    if rows > ROWS_MAX {
        return;
    }
    let jobs: Vec<String> = (0..rows)
        .map(|row| {
            format!(
                r#"{{"id": "j{row}", "place": {{"row": {row}}}, "windows": [{{"from": 0, "to": 80000}}], "duration": {{"mean_seconds": 60}}}}"#
            )
        })
        .collect();
    let problem = format!(
        r#"{{"datum": "table", "technicians": [{{"id": "t", "start": {{"row": 0}}, "shifts": [{{"start": 0, "end": 86400}}]}}], "jobs": [{}]}}"#,
        jobs.join(",")
    );
    planned(Format::Aftercare, problem.as_bytes(), Some(table));
}

/// Reads a scenario.
pub fn dispatch_scenario(data: &[u8]) {
    if let Some(Err(bad)) = text(data).map(Scenario::read) {
        said(&bad);
    }
}
