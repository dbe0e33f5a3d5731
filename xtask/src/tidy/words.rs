//! Words that must not stand in the tree: marks of unfinished work, words that accuse a person, traces of the machine
//! that something was made on.

use super::Problem;
use super::tree::{Tree, lines};

/// A word and where it is looked for.
struct Forbidden {
    /// The word; its parts are joined here so that this file passes its own rule.
    word: &'static str,
    /// True when letters or digits beside it make it another word.
    whole: bool,
    rule: &'static str,
    remedy: &'static str,
}

const UNFINISHED: &str = "Finish it, or leave it out and say so in CHANGELOG.md.";
const ACCUSING: &str =
    "A finding speaks about a photo, never about a person; say what was found in the photo.";
const MACHINE: &str =
    "Write a path from the repository's root, or one that every installation has.";

const FORBIDDEN: [Forbidden; 20] = [
    unfinished(concat!("todo", "!(")),
    unfinished(concat!("unimplemented", "!(")),
    unfinished(concat!("dbg", "!(")),
    unfinished(concat!("FIX", "ME")),
    unfinished(concat!("TO", "DO")),
    unfinished(concat!("X", "XX")),
    unfinished(concat!("HA", "CK")),
    accusing(concat!("造假", "者")),
    accusing(concat!("骗", "子")),
    accusing(concat!("诈骗", "犯")),
    accusing(concat!("恶意", "用户")),
    accusing(concat!("fraud", "ster")),
    accusing(concat!("scam", "mer")),
    accusing(concat!("wrong", "doer")),
    machine(concat!("/ro", "ot/")),
    machine(concat!("/ho", "me/")),
    machine(concat!("/Use", "rs/")),
    machine(concat!("/work/", "main")),
    machine(concat!("/work/", "shared")),
    machine(concat!("shared/", "research")),
];

const fn unfinished(word: &'static str) -> Forbidden {
    Forbidden {
        word,
        whole: true,
        rule: "unfinished",
        remedy: UNFINISHED,
    }
}

const fn accusing(word: &'static str) -> Forbidden {
    Forbidden {
        word,
        whole: false,
        rule: "accusing-word",
        remedy: ACCUSING,
    }
}

const fn machine(word: &'static str) -> Forbidden {
    Forbidden {
        word,
        whole: false,
        rule: "machine-path",
        remedy: MACHINE,
    }
}

/// Files that may hold such a word, each for its reason.
const EXEMPT: [&str; 7] = [
    // Written by cargo and npm; the names in it are other people's.
    "Cargo.lock",
    "bench/Cargo.lock",
    "bench/labels/Cargo.lock",
    "bench/ledger/Cargo.lock",
    "bench/region/Cargo.lock",
    "fuzz/Cargo.lock",
    "e2e/package-lock.json",
];

/// None of the words stands in a text of the tree.
pub(crate) fn forbidden(tree: &Tree) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (path, text) in tree.texts(|path| !EXEMPT.contains(&path) && !path.ends_with(".min.js")) {
        for (number, line) in lines(text) {
            for forbidden in &FORBIDDEN {
                if contains(line, forbidden) {
                    problems.push(Problem {
                        path: path.to_owned(),
                        line: Some(number),
                        rule: forbidden.rule,
                        what: format!("`{}` stands here", forbidden.word),
                        remedy: forbidden.remedy,
                    });
                }
            }
        }
    }
    problems
}

fn contains(line: &str, forbidden: &Forbidden) -> bool {
    // ASCII lower case keeps the length, so the places are the same in both.
    let (line, word) = if forbidden.rule == "accusing-word" {
        (
            line.to_ascii_lowercase(),
            forbidden.word.to_ascii_lowercase(),
        )
    } else {
        (line.to_owned(), forbidden.word.to_owned())
    };
    let part_of_word = |character: char| character.is_ascii_alphanumeric() || character == '_';
    line.match_indices(&word).any(|(start, found)| {
        if !forbidden.whole {
            return true;
        }
        let before = line[..start].chars().next_back();
        let after = line[start + found.len()..].chars().next();
        let ends_open = found.ends_with('(');
        !before.is_some_and(part_of_word) && (ends_open || !after.is_some_and(part_of_word))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(path: &str, text: &str) -> Vec<&'static str> {
        forbidden(&Tree::of(&[(path, text)]))
            .into_iter()
            .map(|problem| problem.rule)
            .collect()
    }

    #[test]
    fn every_word_is_found_wherever_it_stands() {
        for forbidden in &FORBIDDEN {
            assert_eq!(
                rules("docs/A.md", &format!("a {} b\n", forbidden.word)),
                [forbidden.rule]
            );
            assert!(rules("Cargo.lock", &format!("a {} b\n", forbidden.word)).is_empty());
        }
    }

    #[test]
    fn a_word_inside_another_is_not_meant() {
        assert!(
            rules(
                "a.rs",
                concat!(
                    "let MA",
                    "X",
                    "XX1 = 1;
"
                )
            )
            .is_empty()
        );
        assert!(rules("a.md", "The list of what is to be done.\n").is_empty());
    }

    #[test]
    fn an_accusation_is_found_in_capitals_too() {
        assert_eq!(
            rules("a.ftl", concat!("a = The Fraud", "ster\n")),
            ["accusing-word"]
        );
    }

    #[test]
    fn the_line_is_told() {
        let problems = forbidden(&Tree::of(&[("a.rs", concat!("one\ntwo FIX", "ME\n"))]));
        assert_eq!(problems[0].line, Some(2));
    }
}
