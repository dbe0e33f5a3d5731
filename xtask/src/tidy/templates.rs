//! Templates hold no code and no style of their own: the pages are served under `default-src 'self'`, so an inline
//! script or style would be dead in the browser, and a way in for whoever can inject text.

use super::Problem;
use super::tree::{Tree, lines};

/// Where the templates of pages lie.
const TEMPLATES: [&str; 2] = ["crates/server/templates/", "crates/report/templates/"];

/// No inline script, style, handler or `javascript:` address.
pub(crate) fn inline_code(tree: &Tree) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (path, text) in tree.texts(|path| TEMPLATES.iter().any(|folder| path.starts_with(folder))) {
        for (number, line) in lines(text) {
            let lower = line.to_ascii_lowercase();
            for what in faults(&lower) {
                problems.push(Problem {
                    path: path.to_owned(),
                    line: Some(number),
                    rule: "inline-code",
                    what: what.to_owned(),
                    remedy: "Put styles into a class of the style sheets and behavior into a module under assets.",
                });
            }
        }
    }
    problems
}

/// What is wrong in a line in lower case.
fn faults(line: &str) -> Vec<&'static str> {
    let mut faults = Vec::new();
    if line.match_indices("<script").any(|(start, _)| {
        let tag = &line[start..];
        !tag[..tag.find('>').unwrap_or(tag.len())].contains("src=")
    }) {
        faults.push("a script without `src`");
    }
    if line.contains("<style") {
        faults.push("a style element");
    }
    if line.contains("javascript:") {
        faults.push("a `javascript:` address");
    }
    let attributes = || {
        line.split(|character: char| character.is_ascii_whitespace() || "\"'".contains(character))
    };
    if attributes().any(|word| word.starts_with("style=")) {
        faults.push("a style attribute");
    }
    if attributes().any(|word| {
        word.strip_suffix('=').is_some_and(|name| {
            name.starts_with("hx-on")
                || name.strip_prefix("on").is_some_and(|event| {
                    !event.is_empty()
                        && event
                            .chars()
                            .all(|character| character.is_ascii_lowercase())
                })
        })
    }) {
        faults.push("an event handler in an attribute");
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    fn what(line: &str) -> Vec<String> {
        let tree = Tree::of(&[("crates/server/templates/a.html", &format!("{line}\n"))]);
        inline_code(&tree)
            .into_iter()
            .map(|problem| problem.what)
            .collect()
    }

    #[test]
    fn plain_markup_passes() {
        for line in [
            r#"<script type="module" src="{{ asset("aftercare.js") }}"></script>"#,
            r#"<a class="btn" href="/track" data-act="open">once=1, on=2</a>"#,
            r#"<link rel="stylesheet" href="/assets/a.css">"#,
            r"<p>style: plain</p>",
        ] {
            assert_eq!(what(line), Vec::<String>::new(), "{line}");
        }
    }

    #[test]
    fn each_kind_of_inline_code_is_found() {
        assert_eq!(
            what("<script>alert(1)</script>"),
            ["a script without `src`"]
        );
        assert_eq!(
            what(r#"<script src="a.js"></script><script>b</script>"#),
            ["a script without `src`"]
        );
        assert_eq!(what("<STYLE>p{}</STYLE>"), ["a style element"]);
        assert_eq!(what(r#"<p style="color:red">"#), ["a style attribute"]);
        assert_eq!(
            what(r#"<p class="a"style="color:red">"#),
            ["a style attribute"]
        );
        assert_eq!(
            what(r#"<button onclick="go()">"#),
            ["an event handler in an attribute"]
        );
        assert_eq!(
            what(r#"<div hx-on:click="go()">"#),
            ["an event handler in an attribute"]
        );
        assert_eq!(
            what(r#"<a href="javascript:go()">"#),
            ["a `javascript:` address"]
        );
    }
}
