//! The rules of the tree that the compiler does not know. They run inside `cargo test`, so a change that breaks one
//! is seen before it is pushed; each says what is wrong, where, and what to do.

mod asvs;
mod borders;
mod crates;
mod links;
mod locales;
mod scripts;
mod templates;
mod text;
mod tree;
mod urls;
mod words;

use std::fmt;

use anyhow::Result;

pub(crate) use tree::Tree;

/// One thing that is wrong in the tree.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Problem {
    /// Path from the workspace root.
    pub(crate) path: String,
    /// Line, counted from 1; none when the whole file is meant.
    pub(crate) line: Option<usize>,
    /// The rule's name.
    pub(crate) rule: &'static str,
    /// What is wrong.
    pub(crate) what: String,
    /// What to do.
    pub(crate) remedy: &'static str,
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.path)?;
        if let Some(line) = self.line {
            write!(formatter, ":{line}")?;
        }
        write!(
            formatter,
            ": [{}] {}\n  {}",
            self.rule, self.what, self.remedy
        )
    }
}

/// Applies every rule.
///
/// # Errors
/// When the crates cannot be listed (`cargo metadata` fails); a broken rule is not an error but a [`Problem`].
pub(crate) fn check(tree: &Tree) -> Result<Vec<Problem>> {
    let metadata = crates::Metadata::read(&tree.root)?;
    let mut problems = Vec::new();
    problems.extend(crates::edges(tree, &metadata));
    problems.extend(crates::settings(tree, &metadata));
    problems.extend(asvs::requirements(tree));
    problems.extend(borders::dependencies(&metadata));
    problems.extend(borders::queries(tree));
    problems.extend(borders::connections(tree));
    problems.extend(borders::clocks(tree));
    problems.extend(borders::labels(tree));
    problems.extend(links::targets(tree));
    problems.extend(locales::parity(tree));
    problems.extend(scripts::budgets(tree));
    problems.extend(templates::inline_code(tree));
    problems.extend(text::lengths(tree));
    problems.extend(text::module_docs(tree));
    problems.extend(text::sizes(tree));
    problems.extend(text::whitespace(tree));
    problems.extend(urls::hosts(tree));
    problems.extend(words::forbidden(tree));
    problems.sort();
    Ok(problems)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_is_tidy() {
        let tree = Tree::read(crate::workspace_root().unwrap()).unwrap();
        let problems = check(&tree).unwrap();
        let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
        assert!(
            told.is_empty(),
            "{} problems\n\n{}\n",
            told.len(),
            told.join("\n\n")
        );
    }

    #[test]
    fn a_problem_says_where_what_and_what_to_do() {
        let problem = Problem {
            path: "docs/A.md".to_owned(),
            line: Some(3),
            rule: "links",
            what: "nothing is at `B.md`".to_owned(),
            remedy: "Correct the link.",
        };
        assert_eq!(
            problem.to_string(),
            "docs/A.md:3: [links] nothing is at `B.md`\n  Correct the link."
        );
    }
}
