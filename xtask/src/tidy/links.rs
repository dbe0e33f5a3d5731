//! Links of the documents lead to something: a file or folder of the tree, and a heading where one is named.

use super::Problem;
use super::tree::{Tree, lines};

/// Every relative link of every Markdown file has its target.
pub(crate) fn targets(tree: &Tree) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (path, text) in tree.texts(|path| path.ends_with(".md")) {
        let mut in_code = false;
        for (number, line) in lines(text) {
            if line.trim_start().starts_with("```") {
                in_code = !in_code;
            }
            if in_code {
                continue;
            }
            for link in links_in(line) {
                if let Some(what) = broken(tree, path, link) {
                    problems.push(Problem {
                        path: path.to_owned(),
                        line: Some(number),
                        rule: "links",
                        what,
                        remedy: "Correct the link; links are relative to the file they stand in.",
                    });
                }
            }
        }
    }
    problems
}

/// Why `link`, standing in `path`, leads nowhere; none if it leads somewhere or outside.
pub(crate) fn broken(tree: &Tree, path: &str, link: &str) -> Option<String> {
    if link.starts_with("http://") || link.starts_with("https://") || link.starts_with("mailto:") {
        return None;
    }
    let (file, heading) = match link.split_once('#') {
        Some((file, heading)) => (file, Some(heading)),
        None => (link, None),
    };
    let target = if file.is_empty() {
        path.to_owned()
    } else {
        resolve(path, file)?
    };
    if !tree.has(&target) {
        return Some(format!("nothing is at `{target}`"));
    }
    let heading = heading?;
    let text = tree.text(&target).unwrap_or_default();
    let found = lines(text).any(|(_, line)| line.starts_with('#') && anchor(line) == heading);
    (!found).then(|| format!("`{target}` has no heading `#{heading}`"))
}

/// The path from the root of `link` in the file `path`; none above the root, which no reader of a checkout has.
fn resolve(path: &str, link: &str) -> Option<String> {
    let mut parts: Vec<&str> = path.split('/').collect();
    parts.pop();
    for part in link.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

/// The anchor that a heading gets: lower case, without punctuation, spaces as hyphens.
fn anchor(heading: &str) -> String {
    heading
        .trim_start_matches('#')
        .trim()
        .to_lowercase()
        .chars()
        .filter_map(|character| match character {
            ' ' => Some('-'),
            '-' | '_' => Some(character),
            letter if letter.is_alphanumeric() => Some(letter),
            _ => None,
        })
        .collect()
}

/// The targets of `[text](target)` in a line, outside back quotes.
fn links_in(line: &str) -> impl Iterator<Item = &str> {
    let mut code = false;
    let mut found = Vec::new();
    for (index, character) in line.char_indices() {
        match character {
            '`' => code = !code,
            ']' if !code => {
                if let Some(rest) = line[index + 1..].strip_prefix('(')
                    && let Some(end) = rest.find(')')
                {
                    found.push(rest[..end].trim());
                }
            }
            _ => {}
        }
    }
    found.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn what(text: &str) -> Vec<String> {
        let tree = Tree::of(&[
            ("docs/A.md", text),
            ("docs/B.md", "# Second page\n\n## 词 and words: a list\n"),
            ("README.md", "# Read me\n"),
        ]);
        targets(&tree)
            .into_iter()
            .map(|problem| problem.what)
            .collect()
    }

    #[test]
    fn links_that_lead_somewhere_pass() {
        for text in [
            "[b](B.md)\n",
            "[b](./B.md#second-page) and [words](B.md#词-and-words-a-list)\n",
            "[up](../README.md) [folder](../docs/)\n",
            "# Top\n[here](#top)\n",
            "[out](https://www.rfc-editor.org/rfc/rfc9457)\n",
            "`[not a link](nowhere)`\n",
            "```\n[code](nowhere)\n```\n",
        ] {
            assert_eq!(what(text), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn links_that_lead_nowhere_are_found() {
        assert_eq!(what("[c](C.md)\n"), ["nothing is at `docs/C.md`"]);
        assert_eq!(
            what("[b](B.md#third)\n"),
            ["`docs/B.md` has no heading `#third`"]
        );
        assert_eq!(
            what("[here](#top)\n"),
            ["`docs/A.md` has no heading `#top`"]
        );
        assert_eq!(what("[b](B.md) [c](../B.md)\n"), ["nothing is at `B.md`"]);
    }
}
