//! Budgets for scripts: a consumer's page has to open on a cheap phone in a bad network.

use std::collections::BTreeSet;
use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::Problem;
use super::tree::Tree;

/// Where pages and their layouts lie.
const TEMPLATES: &str = "crates/server/templates/";

/// Where scripts lie.
const ASSETS: &str = "crates/server/assets/";

/// Scripts of a page that extends a consumer layout, compressed, in bytes.
const CONSUMER_BYTES_MAX: usize = 20 * 1_024;

/// Scripts of any other page, compressed, in bytes.
const STAFF_BYTES_MAX: usize = 36 * 1_024;

/// The scripts that a page loads, with those of its layouts, stay within the page's budget.
pub(crate) fn budgets(tree: &Tree) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (path, _) in tree.texts(|path| path.starts_with(TEMPLATES) && path.ends_with(".html")) {
        let mut templates = BTreeSet::new();
        gather(tree, path, &mut templates);
        let consumer = templates
            .iter()
            .any(|template| template.contains("consumer"));
        let limit = if consumer {
            CONSUMER_BYTES_MAX
        } else {
            STAFF_BYTES_MAX
        };
        let mut problem = |what: String, remedy: &'static str| {
            problems.push(Problem {
                path: path.to_owned(),
                line: None,
                rule: "script-budget",
                what,
                remedy,
            });
        };
        let mut size_bytes = 0;
        let names: BTreeSet<&str> = templates
            .iter()
            .filter_map(|template| tree.text(template))
            .flat_map(scripts_in)
            .collect();
        for name in &names {
            match tree.text(&format!("{ASSETS}{name}")) {
                Some(text) => size_bytes += compressed_bytes(text),
                None => problem(
                    format!("the script `{name}` is not under {ASSETS}"),
                    "Correct the name.",
                ),
            }
        }
        if size_bytes > limit {
            problem(
                format!("its scripts are {size_bytes} bytes compressed, {limit} are the most"),
                "Load less, or only on the page that needs it; every page works without scripts anyway.",
            );
        }
    }
    problems
}

/// Adds `path` and every template that it extends, includes or imports.
fn gather(tree: &Tree, path: &str, templates: &mut BTreeSet<String>) {
    if !templates.insert(path.to_owned()) {
        return;
    }
    let text = tree.text(path).unwrap_or_default();
    for word in ["extends", "include", "import"] {
        for (start, _) in text.match_indices(word) {
            let rest = text[start + word.len()..].trim_start();
            if let Some(name) = rest
                .strip_prefix('"')
                .and_then(|rest| rest.split('"').next())
            {
                gather(tree, &format!("{TEMPLATES}{name}"), templates);
            }
        }
    }
}

/// The names in quotes that end in `.js`, from the assets folder.
fn scripts_in(text: &str) -> impl Iterator<Item = &str> {
    text.split('"')
        .filter(|part| part.ends_with(".js") && !part.contains(char::is_whitespace))
        .map(|part| part.strip_prefix("/assets/").unwrap_or(part))
}

/// Size after gzip at the best level.
fn compressed_bytes(text: &str) -> usize {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    // Writing to memory cannot fail; were it to, the file counts with its full size.
    if encoder.write_all(text.as_bytes()).is_err() {
        return text.len();
    }
    encoder.finish().map_or(text.len(), |bytes| bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Text that compresses to a little more than `bytes`: a linear congruential sequence as letters, which hold
    /// about 6.5 bits each.
    fn noise(bytes: usize) -> String {
        let mut state: u32 = 1;
        (0..bytes * 13 / 10)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                char::from(b'!' + u8::try_from((state >> 16) % 90).unwrap())
            })
            .collect()
    }

    fn what(files: &[(&str, &str)]) -> Vec<(String, String)> {
        budgets(&Tree::of(files))
            .into_iter()
            .map(|problem| (problem.path, problem.what))
            .collect()
    }

    const CONSUMER: &str = "crates/server/templates/layout/consumer.html";
    const STAFF: &str = "crates/server/templates/layout/staff.html";
    const PAGE: &str = "crates/server/templates/track.html";
    const SCRIPT: &str = "crates/server/assets/a.js";

    #[test]
    fn a_page_within_its_budget_passes() {
        let layout = r#"<script src="{{ asset("a.js") }}"></script>"#;
        assert_eq!(what(&[(CONSUMER, layout), (SCRIPT, "let a = 1;\n")]), []);
    }

    #[test]
    fn a_consumer_page_over_its_budget_is_found_through_its_layout() {
        let layout = r#"<script src="{{ asset("a.js") }}"></script>"#;
        let page = r#"{% extends "layout/consumer.html" %}"#;
        let script = noise(CONSUMER_BYTES_MAX);
        assert!(compressed_bytes(&script) > CONSUMER_BYTES_MAX);
        let problems = what(&[(CONSUMER, layout), (PAGE, page), (SCRIPT, &script)]);
        assert_eq!(problems.len(), 2);
        assert_eq!(problems[1].0, PAGE);
        assert!(
            problems[1].1.contains("20480 are the most"),
            "{}",
            problems[1].1
        );
    }

    #[test]
    fn a_staff_page_may_load_more() {
        let layout = r#"<script src="/assets/a.js"></script>"#;
        let script = noise(CONSUMER_BYTES_MAX);
        assert!(compressed_bytes(&script) < STAFF_BYTES_MAX);
        assert_eq!(what(&[(STAFF, layout), (SCRIPT, &script)]), []);
        let script = noise(STAFF_BYTES_MAX);
        assert_eq!(what(&[(STAFF, layout), (SCRIPT, &script)]).len(), 1);
    }

    #[test]
    fn a_script_that_is_not_there_is_found() {
        let problems = what(&[(CONSUMER, r#"<script src="{{ asset("b.js") }}"></script>"#)]);
        assert_eq!(
            problems[0].1,
            "the script `b.js` is not under crates/server/assets/"
        );
    }
}
