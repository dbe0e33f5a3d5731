//! Rules about the crates: who may depend on whom, and the settings that every crate shares. The table under "Crates"
//! in ARCHITECTURE.md *is* the rule; it is read here, so the document cannot drift from the code.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use super::Problem;
use super::tree::{Tree, lines};

/// The document that holds the table.
const TABLE: &str = "ARCHITECTURE.md";

/// Every package of ours but `xtask` carries it.
const PREFIX: &str = "aftercare-";

/// What `cargo metadata --no-deps` tells.
#[derive(Debug, Deserialize)]
pub(crate) struct Metadata {
    pub(crate) packages: Vec<Package>,
    /// Absolute path of the workspace.
    workspace_root: String,
}

/// One crate of the workspace.
#[derive(Debug, Deserialize)]
pub(crate) struct Package {
    name: String,
    manifest_path: String,
    license: Option<String>,
    rust_version: Option<String>,
    edition: String,
    publish: Option<Vec<String>>,
    pub(crate) dependencies: Vec<Dependency>,
}

/// One line under `[dependencies]`, `[dev-dependencies]` or `[build-dependencies]`.
#[derive(Debug, Deserialize)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    /// None for normal ones, else `dev` or `build`.
    kind: Option<String>,
    path: Option<String>,
}

impl Metadata {
    /// Asks cargo, without a network.
    ///
    /// # Errors
    /// When cargo cannot be run or a manifest is wrong; cargo's own message is passed on.
    pub(crate) fn read(root: &Path) -> Result<Self> {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let output = Command::new(cargo)
            .args([
                "metadata",
                "--offline",
                "--no-deps",
                "--format-version",
                "1",
            ])
            .current_dir(root)
            .output()
            .context("cannot run cargo metadata")?;
        if !output.status.success() {
            bail!(
                "cargo metadata failed: {}",
                String::from_utf8_lossy(&output.stderr)
            );
        }
        serde_json::from_slice(&output.stdout).context("cargo metadata answered in another form")
    }

    /// Path of the package's manifest from the workspace root.
    pub(crate) fn manifest(&self, package: &Package) -> String {
        let path = package
            .manifest_path
            .strip_prefix(&self.workspace_root)
            .unwrap_or(&package.manifest_path);
        path.trim_start_matches(['/', '\\']).replace('\\', "/")
    }
}

impl Package {
    /// The name in the table: without the prefix that all share.
    pub(crate) fn short_name(&self) -> &str {
        self.name.strip_prefix(PREFIX).unwrap_or(&self.name)
    }
}

/// What one row of the table allows.
#[derive(Debug, Default, PartialEq, Eq)]
struct Allowed {
    /// Line of the row.
    line: usize,
    normal: Names,
    /// In tests, beside `normal`.
    tests: Names,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum Names {
    #[default]
    None,
    Every,
    Some(BTreeSet<String>),
}

impl Names {
    fn allow(&self, name: &str) -> bool {
        match self {
            Self::None => false,
            Self::Every => true,
            Self::Some(names) => names.contains(name),
        }
    }

    fn parse(cell: &str) -> Self {
        if cell.contains("every crate") {
            return Self::Every;
        }
        let names: BTreeSet<String> = quoted(cell).map(str::to_owned).collect();
        if names.is_empty() {
            Self::None
        } else {
            Self::Some(names)
        }
    }
}

/// Every dependency of ours on ours stands in the table, and the table has a row for each crate and no other.
pub(crate) fn edges(tree: &Tree, metadata: &Metadata) -> Vec<Problem> {
    let table = table(tree.text(TABLE).unwrap_or_default());
    let mut problems = Vec::new();
    for package in &metadata.packages {
        let path = metadata.manifest(package);
        let name = package.short_name();
        let Some(allowed) = table.get(name) else {
            problems.push(Problem {
                path,
                line: None,
                rule: "edges",
                what: format!("the crate `{name}` has no row in the crate table of {TABLE}"),
                remedy: "Add a row: the crate, its one purpose, what it may depend on, what also in tests.",
            });
            continue;
        };
        for dependency in package
            .dependencies
            .iter()
            .filter(|dependency| dependency.path.is_some())
        {
            let target = dependency
                .name
                .strip_prefix(PREFIX)
                .unwrap_or(&dependency.name);
            let in_tests = dependency.kind.as_deref() == Some("dev");
            if allowed.normal.allow(target) || (in_tests && allowed.tests.allow(target)) {
                continue;
            }
            problems.push(Problem {
                path: path.clone(),
                line: None,
                rule: "edges",
                what: format!(
                    "`{name}` depends on `{target}`{}, which its row in {TABLE} does not allow",
                    if in_tests { " in tests" } else { "" }
                ),
                remedy: "Define a trait where the world is needed and let `app` wire it; change the table only on purpose.",
            });
        }
    }
    for (name, allowed) in &table {
        if !metadata
            .packages
            .iter()
            .any(|package| package.short_name() == name)
        {
            problems.push(Problem {
                path: TABLE.to_owned(),
                line: Some(allowed.line),
                rule: "edges",
                what: format!("the crate table has a row for `{name}`, and there is no such crate"),
                remedy: "Remove the row, or correct the name.",
            });
        }
    }
    problems
}

/// Every crate takes lints, edition, Rust version and licence from the workspace and is never published by accident.
pub(crate) fn settings(tree: &Tree, metadata: &Metadata) -> Vec<Problem> {
    let mut problems = Vec::new();
    for package in &metadata.packages {
        let path = metadata.manifest(package);
        let manifest = tree.text(&path).unwrap_or_default();
        let mut problem = |what: &str, remedy: &'static str| {
            problems.push(Problem {
                path: path.clone(),
                line: None,
                rule: "settings",
                what: what.to_owned(),
                remedy,
            });
        };
        if !manifest.contains("[lints]\nworkspace = true\n") {
            problem(
                "the crate does not take the workspace's lints",
                "Add `[lints]` with `workspace = true`.",
            );
        }
        if package.license.as_deref() != Some("Apache-2.0") {
            problem(
                "the licence is not Apache-2.0",
                "Add `license.workspace = true`.",
            );
        }
        if package.rust_version.is_none() || !manifest.contains("rust-version.workspace = true") {
            problem(
                "the crate names no Rust version",
                "Add `rust-version.workspace = true`.",
            );
        }
        if package.edition != "2024" {
            problem("the edition is not 2024", "Add `edition.workspace = true`.");
        }
        if package
            .publish
            .as_ref()
            .is_none_or(|registries| !registries.is_empty())
        {
            problem(
                "the crate could be published",
                "Add `publish.workspace = true`.",
            );
        }
    }
    problems
}

/// The rows `| name | purpose | may depend on | in tests also |` of the table, by the name in back quotes.
fn table(text: &str) -> BTreeMap<String, Allowed> {
    let mut rows = BTreeMap::new();
    let mut inside = false;
    for (number, line) in lines(text) {
        if line.starts_with("| crate |") {
            inside = true;
            continue;
        }
        if !line.starts_with('|') {
            inside = false;
        }
        if !inside {
            continue;
        }
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [name, _purpose, normal, tests] = cells.as_slice() else {
            continue;
        };
        if let Some(name) = quoted(name).next() {
            let allowed = Allowed {
                line: number,
                normal: Names::parse(normal),
                tests: Names::parse(tests),
            };
            rows.insert(name.to_owned(), allowed);
        }
    }
    rows
}

/// The parts of `text` between back quotes.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = "\
# Architecture

| crate | purpose | may depend on | in tests also |
|---|---|---|---|
| `domain` | decides | nothing of ours | nothing |
| `store` | keeps | `domain` | `testkit` |
| `testkit` | helps | `domain`, `store` | nothing |
| `cli` | runs | every crate | nothing |

| word | meaning |
|---|---|
| `other` | not a crate |
";

    fn package(name: &str, dependencies: &[(&str, Option<&str>)]) -> Package {
        Package {
            name: format!("{PREFIX}{name}"),
            manifest_path: format!("/repository/crates/{name}/Cargo.toml"),
            license: Some("Apache-2.0".to_owned()),
            rust_version: Some("1.95".to_owned()),
            edition: "2024".to_owned(),
            publish: Some(Vec::new()),
            dependencies: dependencies
                .iter()
                .map(|(target, kind)| Dependency {
                    name: format!("{PREFIX}{target}"),
                    kind: kind.map(str::to_owned),
                    path: Some(format!("/repository/crates/{target}")),
                })
                .collect(),
        }
    }

    fn workspace(packages: Vec<Package>) -> Metadata {
        Metadata {
            packages,
            workspace_root: "/repository".to_owned(),
        }
    }

    fn whole(store: &[(&str, Option<&str>)]) -> Metadata {
        workspace(vec![
            package("domain", &[]),
            package("store", store),
            package("testkit", &[("store", None)]),
            package("cli", &[("domain", None), ("store", None)]),
        ])
    }

    fn what(problems: Vec<Problem>) -> Vec<String> {
        problems.into_iter().map(|problem| problem.what).collect()
    }

    #[test]
    fn edges_of_the_table_pass() {
        let tree = Tree::of(&[(TABLE, DOCUMENT)]);
        assert_eq!(
            edges(&tree, &whole(&[("domain", None), ("testkit", Some("dev"))])),
            []
        );
    }

    #[test]
    fn an_edge_that_the_table_lacks_is_found() {
        let tree = Tree::of(&[(TABLE, DOCUMENT)]);
        let problems = edges(&tree, &whole(&[("cli", None)]));
        assert_eq!(problems[0].path, "crates/store/Cargo.toml");
        assert_eq!(
            what(problems),
            ["`store` depends on `cli`, which its row in ARCHITECTURE.md does not allow"]
        );
    }

    #[test]
    fn an_edge_for_tests_is_for_tests_only() {
        let tree = Tree::of(&[(TABLE, DOCUMENT)]);
        assert_eq!(edges(&tree, &whole(&[("testkit", None)])).len(), 1);
        assert_eq!(edges(&tree, &whole(&[("testkit", Some("build"))])).len(), 1);
        assert_eq!(
            what(edges(&tree, &whole(&[("cli", Some("dev"))]))),
            ["`store` depends on `cli` in tests, which its row in ARCHITECTURE.md does not allow"]
        );
    }

    #[test]
    fn crates_and_rows_are_the_same_set() {
        let tree = Tree::of(&[(TABLE, DOCUMENT)]);
        let mut metadata = whole(&[]);
        metadata.packages.push(package("labels", &[]));
        assert_eq!(
            what(edges(&tree, &metadata)),
            ["the crate `labels` has no row in the crate table of ARCHITECTURE.md"]
        );
        metadata.packages.retain(|package| {
            package.name != "aftercare-domain" && package.name != "aftercare-labels"
        });
        assert_eq!(
            what(edges(&tree, &metadata)),
            ["the crate table has a row for `domain`, and there is no such crate"]
        );
    }

    #[test]
    fn a_crate_with_settings_of_its_own_is_found() {
        let good = "rust-version.workspace = true\n\n[lints]\nworkspace = true\n";
        let path = "crates/domain/Cargo.toml";
        assert_eq!(
            settings(
                &Tree::of(&[(path, good)]),
                &workspace(vec![package("domain", &[])])
            ),
            []
        );

        let mut own = package("domain", &[]);
        own.license = Some("MIT".to_owned());
        own.rust_version = None;
        own.edition = "2021".to_owned();
        own.publish = None;
        assert_eq!(
            what(settings(
                &Tree::of(&[(path, "[package]\n")]),
                &workspace(vec![own])
            )),
            [
                "the crate does not take the workspace's lints",
                "the licence is not Apache-2.0",
                "the crate names no Rust version",
                "the edition is not 2024",
                "the crate could be published",
            ]
        );
    }

    #[test]
    fn the_document_has_the_table() {
        let tree = Tree::read(crate::workspace_root().unwrap()).unwrap();
        let table = table(tree.text(TABLE).unwrap());
        assert!(table.len() > 5, "the crate table of {TABLE} was not found");
        assert_eq!(table["domain"].normal, Names::None);
        assert_eq!(table["xtask"].normal, Names::Every);
    }
}
