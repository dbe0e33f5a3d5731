//! The table of security requirements is whole, and what it names is there: a test that was renamed or taken out, or a
//! document without its heading, is found here and not by the next auditor.

use super::Problem;
use super::links;
use super::tree::{Tree, lines};
use std::collections::BTreeSet;

/// Requirements of the OWASP Application Security Verification Standard 5.0.0, levels 1 and 2 only (level 3 has 92 more).
const TABLE: &str = "security/asvs.csv";
/// How many of them are of each level.
const OF_LEVEL: [(&str, usize); 2] = [("1", 70), ("2", 183)];
const HEADINGS: &str = "id,level,requirement,test or reason";
const REMEDY: &str = "Name a test (`test: path::name; ...`), a document (`document: path#heading`), a file with a reason \
                      (`code: path (why)`), or say why not (`not applicable: ...`, `not met: ...`).";

/// Every row of the table holds.
pub(crate) fn requirements(tree: &Tree) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut wrong = |line: Option<usize>, what: String| {
        problems.push(Problem {
            path: TABLE.to_owned(),
            line,
            rule: "asvs",
            what,
            remedy: REMEDY,
        });
    };
    let Some(text) = tree.text(TABLE) else {
        wrong(None, "the table is not there".to_owned());
        return problems;
    };
    let mut ids = BTreeSet::new();
    let mut levels = Vec::new();
    for (number, line) in lines(text) {
        if number == 1 {
            if line != HEADINGS {
                wrong(Some(1), format!("the headings are not `{HEADINGS}`"));
            }
            continue;
        }
        let cells = cells(line);
        let [id, level, requirement, answer] = cells.as_slice() else {
            wrong(Some(number), format!("{} cells, not four", cells.len()));
            continue;
        };
        if !is_id(id) {
            wrong(Some(number), format!("`{id}` is no id such as V1.2.3"));
        }
        if !ids.insert(id.clone()) {
            wrong(Some(number), format!("{id} stands twice"));
        }
        if requirement.trim().is_empty() {
            wrong(Some(number), format!("{id} says nothing"));
        }
        levels.push(level.clone());
        for what in faults(tree, answer) {
            wrong(Some(number), format!("{id}: {what}"));
        }
    }
    for (level, expected) in OF_LEVEL {
        let found = levels.iter().filter(|found| *found == level).count();
        if found != expected {
            wrong(
                None,
                format!("{found} rows of level {level}, not {expected}"),
            );
        }
    }
    if levels.len() != OF_LEVEL.iter().map(|(_, count)| count).sum::<usize>() {
        wrong(None, format!("{} rows in all", levels.len()));
    }
    problems
}

fn is_id(text: &str) -> bool {
    let Some(numbers) = text.strip_prefix('V') else {
        return false;
    };
    let parts: Vec<&str> = numbers.split('.').collect();
    parts.len() == 3 && parts.iter().all(|part| part.parse::<u8>().is_ok())
}

/// What is wrong with the last cell.
fn faults(tree: &Tree, answer: &str) -> Vec<String> {
    let Some((kind, rest)) = answer.split_once(": ") else {
        return vec![format!("`{answer}` is neither a test nor a reason")];
    };
    match kind {
        "test" => rest
            .split("; ")
            .filter_map(|named| no_test(tree, named))
            .collect(),
        "document" => links::broken(tree, "", rest).into_iter().collect(),
        "code" => {
            let file = rest.split(' ').next().unwrap_or_default();
            let reasoned = rest.contains(" (") && rest.ends_with(')');
            match (tree.files.contains_key(file), reasoned) {
                (true, true) => Vec::new(),
                (false, _) => vec![format!("there is no file `{file}`")],
                (true, false) => vec![format!("no reason stands beside `{file}`")],
            }
        }
        "not applicable" | "not met" if rest.len() > 10 => Vec::new(),
        _ => vec![format!("`{answer}` is neither a test nor a reason")],
    }
}

/// Why `path::name` is no test; none if it is one.
fn no_test(tree: &Tree, named: &str) -> Option<String> {
    let Some((path, name)) = named.split_once("::") else {
        return Some(format!("`{named}` is not `path::name`"));
    };
    let Some(text) = tree.text(path) else {
        return Some(format!("there is no file `{path}`"));
    };
    let head = format!("fn {name}(");
    let mut before = Vec::new();
    for (_, line) in lines(text) {
        let line = line.trim();
        if line.trim_start_matches("async ").starts_with(&head) {
            // Attributes stand right above, with nothing else between.
            let tested = before
                .iter()
                .rev()
                .take_while(|line: &&&str| !line.is_empty() && **line != "}")
                .any(|line| line.starts_with("#[test]") || line.starts_with("#[tokio::test"));
            return (!tested).then(|| format!("`{name}` in `{path}` is not a test"));
        }
        before.push(line);
    }
    Some(format!("`{path}` has no test `{name}`"))
}

/// The cells of a row after RFC 4180; no cell has a line break.
fn cells(line: &str) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut quoted = false;
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' if quoted && characters.peek() == Some(&'"') => {
                characters.next();
                push(&mut cells, '"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => cells.push(String::new()),
            other => push(&mut cells, other),
        }
    }
    cells
}

fn push(cells: &mut [String], character: char) {
    if let Some(cell) = cells.last_mut() {
        cell.push(character);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(rows: &str) -> Vec<String> {
        let table = format!("{HEADINGS}\n{rows}\n");
        let files = [
            (TABLE, table.as_str()),
            ("a.rs", "#[test]\nfn it_holds() {}\n\nfn a_helper() {}\n"),
            ("docs/A.md", "# Title\n\n## Part one\n"),
        ];
        requirements(&Tree::of(&files))
            .into_iter()
            .filter(|problem| problem.line.is_some())
            .map(|problem| problem.what)
            .collect()
    }

    #[test]
    fn rows_that_hold_pass() {
        let rows = "V1.1.1,1,\"One, and two\",test: a.rs::it_holds\n\
                    V1.1.2,2,Two,document: docs/A.md#part-one\n\
                    V1.1.3,2,Three,code: a.rs (it says \"\"so\"\")\n\
                    V1.1.4,2,Four,not applicable: there is none of it\n\
                    V1.1.5,2,Five,not met: nobody has done it yet";
        assert_eq!(tree(rows), Vec::<String>::new());
    }

    #[test]
    fn rows_that_do_not_hold_are_found() {
        for (row, part) in [
            ("V1.1.1,1,One,test: a.rs::gone", "no test `gone`"),
            ("V1.1.1,1,One,test: a.rs::a_helper", "is not a test"),
            ("V1.1.1,1,One,test: b.rs::it_holds", "no file `b.rs`"),
            ("V1.1.1,1,One,document: docs/A.md#part-two", "no heading"),
            ("V1.1.1,1,One,code: a.rs", "no reason"),
            ("V1.1.1,1,One,not met: later", "neither"),
            ("V1.1.1,1,One,yes", "neither"),
            ("V1.1.1,1,,test: a.rs::it_holds", "says nothing"),
            ("W1,1,One,test: a.rs::it_holds", "is no id"),
            ("V1.1.1,1,One", "3 cells"),
        ] {
            let told = tree(row).join("\n");
            assert!(told.contains(part), "{row}: {told}");
        }
        let twice = "V1.1.1,1,One,test: a.rs::it_holds\nV1.1.1,1,One,test: a.rs::it_holds";
        assert_eq!(tree(twice), ["V1.1.1 stands twice"]);
    }

    #[test]
    fn a_table_with_too_few_rows_is_found() {
        let files = [(TABLE, "id,level,requirement,test or reason\n")];
        assert_eq!(requirements(&Tree::of(&files)).len(), 3);
    }
}
