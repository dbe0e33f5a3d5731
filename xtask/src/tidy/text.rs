//! Rules about the form of files: length, first line, size, white space.

use super::Problem;
use super::tree::{Tree, lines};

/// A source file longer than this is two things.
const SOURCE_LINES_MAX: usize = 1_000;

/// A file larger than this does not belong into a repository that everybody clones.
const FILE_BYTES_MAX: usize = 200 * 1_024;

/// Files that may be larger, by name or ending, each for its reason.
const LARGE_FILES: [&str; 4] = [
    // Written by cargo.
    "Cargo.lock",
    // A font that papers embed, compressed.
    ".otf.br",
    // Divisions of the whole country, written by `xtask region-tables`.
    "crates/region/data/divisions.txt",
    // Written by npm.
    "package-lock.json",
];

/// Endings of the files that people write and read as text.
const WRITTEN: [&str; 14] = [
    ".css", ".ftl", ".html", ".js", ".json", ".md", ".mjs", ".py", ".rs", ".service", ".sh",
    ".sql", ".toml", ".tsv",
];

/// Rust files stay short enough to be read at once.
pub(crate) fn lengths(tree: &Tree) -> Vec<Problem> {
    tree.texts(|path| path.ends_with(".rs"))
        .filter_map(|(path, text)| {
            let count = text.lines().count();
            (count > SOURCE_LINES_MAX).then(|| Problem {
                path: path.to_owned(),
                line: None,
                rule: "length",
                what: format!("{count} lines, {SOURCE_LINES_MAX} are the most"),
                remedy: "Split the file where the subject changes.",
            })
        })
        .collect()
}

/// A Rust file says in its first line what it is and why.
pub(crate) fn module_docs(tree: &Tree) -> Vec<Problem> {
    tree.texts(|path| path.ends_with(".rs"))
        .filter(|(_, text)| !text.starts_with("//! "))
        .map(|(path, _)| Problem {
            path: path.to_owned(),
            line: Some(1),
            rule: "module-doc",
            what: "the file does not say what it is".to_owned(),
            remedy: "Start the file with a `//!` line: what is in it and why it is there.",
        })
        .collect()
}

/// No file is large.
pub(crate) fn sizes(tree: &Tree) -> Vec<Problem> {
    tree.files
        .iter()
        .filter(|(path, file)| {
            file.size_bytes > FILE_BYTES_MAX
                && !LARGE_FILES.iter().any(|large| path.ends_with(large))
        })
        .map(|(path, file)| Problem {
            path: path.clone(),
            line: None,
            rule: "size",
            what: format!(
                "{} KiB, {} are the most",
                file.size_bytes / 1_024,
                FILE_BYTES_MAX / 1_024
            ),
            remedy: "Generate it, make it smaller, or fetch it where it is used.",
        })
        .collect()
}

/// No tabs, no trailing white space, Unix line ends, one newline at the end.
pub(crate) fn whitespace(tree: &Tree) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (path, text) in tree.texts(|path| {
        WRITTEN.iter().any(|ending| path.ends_with(ending)) && !path.ends_with(".min.js")
            || path == ".ci/run"
    }) {
        let mut problem = |line: usize, what: &str, remedy: &'static str| {
            problems.push(Problem {
                path: path.to_owned(),
                line: Some(line),
                rule: "whitespace",
                what: what.to_owned(),
                remedy,
            });
        };
        for (number, line) in text
            .split('\n')
            .enumerate()
            .map(|(index, line)| (index + 1, line))
        {
            if line.ends_with('\r') {
                problem(number, "a carriage return", "Use Unix line ends.");
            } else if line.ends_with(char::is_whitespace) {
                problem(number, "white space at the end of the line", "Remove it.");
            }
            // A table in .tsv is made of tabs.
            if line.contains('\t') && !path.ends_with(".tsv") {
                problem(number, "a tab", "Indent with spaces.");
            }
        }
        if !text.is_empty() && (!text.ends_with('\n') || text.ends_with("\n\n")) {
            problem(
                lines(text).count(),
                "the file does not end in one newline",
                "End it in exactly one.",
            );
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_source_file_is_found() {
        let long = "//! Long.\n".repeat(SOURCE_LINES_MAX + 1);
        let tree = Tree::of(&[("a.rs", &long), ("b.rs", "//! Short.\n"), ("c.md", &long)]);
        let problems = lengths(&tree);
        assert_eq!(problems.len(), 1);
        assert_eq!(problems[0].what, "1001 lines, 1000 are the most");
    }

    #[test]
    fn a_source_file_without_its_first_line_is_found() {
        let tree = Tree::of(&[
            ("a.rs", "//! Says what it is.\n"),
            ("b.rs", "use std::fmt;\n"),
            ("c.md", "use\n"),
        ]);
        let problems = module_docs(&tree);
        assert_eq!(problems.len(), 1);
        assert_eq!(problems[0].path, "b.rs");
    }

    #[test]
    fn a_large_file_is_found() {
        let large = "a".repeat(FILE_BYTES_MAX + 1);
        let tree = Tree::of(&[
            ("photo.txt", &large),
            ("Cargo.lock", &large),
            ("small.txt", "a"),
        ]);
        let problems = sizes(&tree);
        assert_eq!(problems.len(), 1);
        assert_eq!(problems[0].path, "photo.txt");
    }

    #[test]
    fn each_kind_of_bad_white_space_is_found() {
        let check = |path: &str, text: &str| -> Vec<String> {
            whitespace(&Tree::of(&[(path, text)]))
                .into_iter()
                .map(|problem| problem.what)
                .collect()
        };
        assert_eq!(check("a.rs", "fn a() {}\n"), Vec::<String>::new());
        assert_eq!(
            check("a.rs", "fn a() {} \n"),
            ["white space at the end of the line"]
        );
        assert_eq!(check("a.css", "\ta\n"), ["a tab"]);
        assert_eq!(check("a.md", "a\r\nb\n"), ["a carriage return"]);
        assert_eq!(
            check("a.html", "a"),
            ["the file does not end in one newline"]
        );
        assert_eq!(
            check("a.html", "a\n\n"),
            ["the file does not end in one newline"]
        );
        assert_eq!(check("a.tsv", "a\tb\n"), Vec::<String>::new());
        assert_eq!(check("a.min.js", "a\tb"), Vec::<String>::new());
    }
}
