//! Chinese and English have the same sentences: the same files, keys, attributes and variables.

use std::collections::{BTreeMap, BTreeSet};

use super::Problem;
use super::tree::{Tree, lines};

/// Folder with one folder a language, each with `.ftl` files.
const LOCALES: &str = "crates/server/locales/";

/// The language that is written first, and the one that follows it.
const LANGUAGES: [&str; 2] = ["zh-CN", "en"];

/// A message or one attribute of it, and the variables that its text names.
#[derive(Debug, Default, PartialEq, Eq)]
struct Message {
    path: String,
    line: usize,
    variables: BTreeSet<String>,
}

/// Both languages have the same keys with the same variables, each once.
pub(crate) fn parity(tree: &Tree) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut languages = Vec::new();
    for language in LANGUAGES {
        let folder = format!("{LOCALES}{language}/");
        let mut messages = BTreeMap::new();
        for (path, text) in tree.texts(|path| path.starts_with(&folder) && path.ends_with(".ftl")) {
            for (key, message) in messages_in(path, text) {
                if messages.contains_key(&key) {
                    problems.push(problem(
                        &message,
                        format!("`{key}` is said twice in {language}"),
                        "Remove one of the two.",
                    ));
                }
                messages.insert(key, message);
            }
        }
        languages.push((language, messages));
    }
    for (index, (_, messages)) in languages.iter().enumerate() {
        let (other_language, others) = &languages[1 - index];
        for (key, message) in messages {
            let Some(other) = others.get(key) else {
                problems.push(problem(
                    message,
                    format!("`{key}` is missing in {other_language}"),
                    "Add the sentence in the other language; every page is complete in both.",
                ));
                continue;
            };
            let unknown: Vec<&str> = message
                .variables
                .difference(&other.variables)
                .map(String::as_str)
                .collect();
            if !unknown.is_empty() {
                problems.push(problem(
                    message,
                    format!(
                        "`{key}` uses ${} here and not in {other_language}",
                        unknown.join(", $")
                    ),
                    "Say the same in both languages, with the same variables.",
                ));
            }
        }
    }
    problems
}

fn problem(message: &Message, what: String, remedy: &'static str) -> Problem {
    Problem {
        path: message.path.clone(),
        line: Some(message.line),
        rule: "locales",
        what,
        remedy,
    }
}

/// The keys of one Fluent file: `key`, `-term` and `key.attribute`.
fn messages_in(path: &str, text: &str) -> Vec<(String, Message)> {
    let mut messages: Vec<(String, Message)> = Vec::new();
    let mut current = String::new();
    for (number, line) in lines(text) {
        let body = line.trim_start();
        if line.starts_with('#') || body.is_empty() {
            continue;
        }
        let indented = body.len() < line.len();
        let key = body
            .split_once('=')
            .map(|(key, _)| key.trim_end())
            .filter(|key| is_key(key));
        let key = match key {
            Some(key) if !indented => {
                current = key.to_owned();
                Some(current.clone())
            }
            Some(key) if key.starts_with('.') => Some(format!("{current}{key}")),
            _ => None,
        };
        if let Some(key) = key {
            messages.push((
                key,
                Message {
                    path: path.to_owned(),
                    line: number,
                    variables: BTreeSet::new(),
                },
            ));
        }
        if let Some((_, message)) = messages.last_mut() {
            message.variables.extend(variables_in(body));
        }
    }
    messages
}

/// `name`, `-name` or `.name`, where a name is made of letters, digits, `-` and `_`.
fn is_key(key: &str) -> bool {
    let name = key.strip_prefix(['-', '.']).unwrap_or(key);
    name.starts_with(|character: char| character.is_ascii_alphabetic())
        && name
            .chars()
            .all(|character| character.is_ascii_alphanumeric() || "-_".contains(character))
}

/// The names after `$` in a line.
fn variables_in(line: &str) -> impl Iterator<Item = String> {
    line.split('$').skip(1).map(|rest| {
        rest.chars()
            .take_while(|character| character.is_ascii_alphanumeric() || "-_".contains(*character))
            .collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn what(chinese: &str, english: &str) -> Vec<String> {
        let tree = Tree::of(&[
            ("crates/server/locales/zh-CN/a.ftl", chinese),
            ("crates/server/locales/en/a.ftl", english),
        ]);
        parity(&tree)
            .into_iter()
            .map(|problem| problem.what)
            .collect()
    }

    #[test]
    fn the_same_sentences_pass() {
        assert_eq!(
            what(
                "# 说明\ntitle = 标题\ncount = 共 { $count } 件\n    .label = 件数\n",
                "title = Title\ncount =\n    { $count ->\n        [one] one item\n       *[other] { $count } items\n    }\n    .label = Items\n"
            ),
            Vec::<String>::new()
        );
    }

    #[test]
    fn a_sentence_in_one_language_is_found() {
        assert_eq!(
            what("a = 甲\nb = 乙\n", "a = A\n"),
            ["`b` is missing in en"]
        );
        assert_eq!(
            what("a = 甲\n", "a = A\n    .label = L\n"),
            ["`a.label` is missing in zh-CN"]
        );
    }

    #[test]
    fn a_sentence_said_twice_is_found() {
        assert_eq!(
            what("a = 甲\na = 乙\n", "a = A\n"),
            ["`a` is said twice in zh-CN"]
        );
    }

    #[test]
    fn a_variable_in_one_language_is_found() {
        assert_eq!(
            what("a = { $name }\n", "a = you\n"),
            ["`a` uses $name here and not in en"]
        );
    }

    #[test]
    fn the_place_is_told() {
        let tree = Tree::of(&[("crates/server/locales/zh-CN/a.ftl", "\na = 甲\n")]);
        let problems = parity(&tree);
        assert_eq!(
            (problems[0].path.as_str(), problems[0].line),
            ("crates/server/locales/zh-CN/a.ftl", Some(2))
        );
    }
}
