//! What one crate alone may do: only `store` knows SQL, only `server` answers HTTP, only `outbound` connects, only
//! `app` reads a clock, only what carries AI-content labels on writes one.

use super::Problem;
use super::crates::Metadata;
use super::tree::{Tree, lines};

/// Libraries that few crates may use, and which.
const OWNED_LIBRARIES: [(&str, &[&str]); 10] = [
    ("sqlx", &["store"]),
    ("rusqlite", &["store"]),
    ("axum", &["server"]),
    ("tower-http", &["server"]),
    ("hyper", &["outbound", "server"]),
    ("rustls-native-certs", &["outbound"]),
    ("reqwest", &["outbound"]),
    ("ureq", &["outbound"]),
    ("lettre", &["outbound"]),
    ("rusty-s3", &["outbound"]),
];

/// Calls that connect to somewhere else.
const CONNECTIONS: [&str; 2] = [
    concat!("TcpStream::", "connect"),
    concat!("lookup_", "host("),
];

/// How a statement of SQL begins, in capitals. Two words, so that prose does not look like a query.
const QUERIES: [&str; 10] = [
    "BEGIN IMMEDIATE",
    "CREATE INDEX",
    "CREATE TABLE",
    "CREATE TRIGGER",
    "DELETE FROM",
    "DROP TABLE",
    "INSERT INTO",
    "PRAGMA ",
    "SELECT * FROM",
    "SELECT COUNT(",
];

/// Calls that read the wall clock or make an id from it.
const CLOCKS: [&str; 7] = [
    concat!("SystemTime::", "now"),
    concat!("Timestamp::", "now"),
    concat!("Zoned::", "now"),
    concat!("Utc::", "now"),
    concat!("Local::", "now"),
    concat!("now_", "v7("),
    concat!("new_", "v4("),
];

/// The one file that reads the clock.
const CLOCK_FILE: &str = "crates/app/src/clock.rs";

/// What makes an AI-content label, or writes one into a picture.
const LABELS: [&str; 5] = [
    concat!("label_", "png("),
    concat!("jpeg_", "of_rgb("),
    concat!("png_", "of_rgb("),
    concat!(" AiLabel", " {"),
    concat!("media::AiLabel", " {"),
];

/// Where that is done: what reads and writes labels, and the pictures that a check draws of a photo that has one.
const LABEL_PLACES: [&str; 3] = [
    "crates/evidence/src/inspect/measure.rs",
    "crates/labels/",
    "crates/media/",
];

/// A library that stands for a border is used on one side of it only.
pub(crate) fn dependencies(metadata: &Metadata) -> Vec<Problem> {
    let mut problems = Vec::new();
    for package in &metadata.packages {
        for dependency in &package.dependencies {
            let owner = OWNED_LIBRARIES
                .iter()
                .find(|(library, _)| *library == dependency.name);
            if let Some((library, owners)) =
                owner.filter(|(_, owners)| !owners.contains(&package.short_name()))
            {
                problems.push(Problem {
                    path: metadata.manifest(package),
                    line: None,
                    rule: "borders",
                    what: format!(
                        "`{}` depends on {library}, which only `{}` may use",
                        package.short_name(),
                        owners.join("` and `")
                    ),
                    remedy: "Ask that crate through its traits or functions instead.",
                });
            }
        }
    }
    problems
}

/// No SQL outside `store`.
pub(crate) fn queries(tree: &Tree) -> Vec<Problem> {
    found(
        tree,
        &QUERIES,
        "a statement of SQL",
        "Move it into `crates/store`; nothing else knows SQL.",
        |path| !path.starts_with("crates/store/"),
    )
}

/// No outgoing connection outside `outbound`; tests speak to what they started themselves.
pub(crate) fn connections(tree: &Tree) -> Vec<Problem> {
    found(
        tree,
        &CONNECTIONS,
        "connects to somewhere else",
        "Ask `crates/outbound`, which vets the address and bounds sizes and times.",
        |path| !path.starts_with("crates/outbound/") && !path.contains("/tests/"),
    )
}

/// No clock outside `app`.
pub(crate) fn clocks(tree: &Tree) -> Vec<Problem> {
    found(
        tree,
        &CLOCKS,
        "reads the clock or makes an id",
        "Take the time and ids as arguments; `app` has the Clock and the Rng. Tests use fixed times.",
        |path| path != CLOCK_FILE,
    )
}

/// No label made of anything but one that was read, a declaration or a decision: not in tests of others either.
pub(crate) fn labels(tree: &Tree) -> Vec<Problem> {
    found(
        tree,
        &LABELS,
        "makes an AI-content label, or writes one",
        "Ask `aftercare_labels::carry` or `publish` with a ground; a preview carries the label of its photo on by itself.",
        |path| !LABEL_PLACES.iter().any(|place| path.starts_with(place)),
    )
}

fn found(
    tree: &Tree,
    needles: &[&str],
    what: &str,
    remedy: &'static str,
    wanted: impl Fn(&str) -> bool,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (path, text) in tree
        .texts(|path| path.starts_with("crates/") && path.ends_with(".rs"))
        .filter(|(path, _)| wanted(path))
    {
        for (number, line) in lines(text) {
            if let Some(needle) = needles.iter().find(|needle| line.contains(**needle)) {
                problems.push(Problem {
                    path: path.to_owned(),
                    line: Some(number),
                    rule: "borders",
                    what: format!("`{}`: {what}", needle.trim_end()),
                    remedy,
                });
            }
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_outside_the_store_is_found() {
        let text = "//! A.\nlet sql = \"INSERT INTO events VALUES ($1)\";\n";
        assert_eq!(queries(&Tree::of(&[("crates/store/src/a.rs", text)])), []);
        let problems = queries(&Tree::of(&[("crates/app/src/a.rs", text)]));
        assert_eq!(problems.len(), 1);
        assert_eq!(problems[0].line, Some(2));
    }

    #[test]
    fn a_connection_outside_of_outbound_is_found() {
        let text = format!("//! A.\nlet stream = {}(address);\n", CONNECTIONS[0]);
        for allowed in ["crates/outbound/src/a.rs", "crates/server/tests/it/a.rs"] {
            assert_eq!(connections(&Tree::of(&[(allowed, &text)])), []);
        }
        assert_eq!(
            connections(&Tree::of(&[("crates/app/src/a.rs", &text)])).len(),
            1
        );
    }

    #[test]
    fn a_clock_outside_the_app_is_found() {
        for clock in CLOCKS {
            let text = format!("//! A.\nlet now = {clock}();\n");
            assert_eq!(clocks(&Tree::of(&[(CLOCK_FILE, &text)])), []);
            assert_eq!(
                clocks(&Tree::of(&[("crates/app/src/a.rs", &text)])).len(),
                1,
                "{clock}"
            );
            assert_eq!(
                clocks(&Tree::of(&[("crates/domain/tests/it/a.rs", &text)])).len(),
                1,
                "{clock}"
            );
        }
    }

    #[test]
    fn a_label_made_elsewhere_is_found() {
        for label in LABELS {
            let text = format!("//! A.\nlet made ={label}\n");
            for place in LABEL_PLACES {
                let path = format!("{place}src/a.rs");
                assert_eq!(labels(&Tree::of(&[(&path, &text)])), [], "{label}");
            }
            for path in ["crates/app/src/a.rs", "crates/server/tests/it/a.rs"] {
                assert_eq!(labels(&Tree::of(&[(path, &text)])).len(), 1, "{label}");
            }
        }
        let read = "//! A.\nif mark.kind == MarkKind::AiLabel {\n}\n";
        assert_eq!(labels(&Tree::of(&[("crates/app/src/a.rs", read)])), []);
    }

    #[test]
    fn a_library_on_the_wrong_side_is_found() {
        let metadata = |name: &str| -> Metadata {
            serde_json::from_value(serde_json::json!({
                "workspace_root": "/repository",
                "packages": [{
                    "name": format!("aftercare-{name}"),
                    "manifest_path": format!("/repository/crates/{name}/Cargo.toml"),
                    "license": "Apache-2.0", "rust_version": "1.95", "edition": "2024", "publish": [],
                    "dependencies": [{ "name": "sqlx", "kind": null, "path": null }],
                }],
            }))
            .unwrap()
        };
        assert_eq!(dependencies(&metadata("store")), []);
        let problems = dependencies(&metadata("app"));
        assert_eq!(
            problems[0].what,
            "`app` depends on sqlx, which only `store` may use"
        );
        assert_eq!(problems[0].path, "crates/app/Cargo.toml");
    }
}
