//! The files that the rules look at: what git tracks or would track, or everything but build outputs where there is
//! no git.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

/// Folders that hold outputs, never sources.
const OUTPUT_FOLDERS: [&str; 4] = [".git", "node_modules", "shots", "target"];

/// One file of the tree.
#[derive(Debug, Default)]
pub(crate) struct TreeFile {
    /// Size on disk in bytes.
    pub(crate) size_bytes: usize,
    /// The content where it is UTF-8 text.
    pub(crate) text: Option<String>,
}

/// A snapshot of the tree, by path from the root with forward slashes.
#[derive(Debug)]
pub(crate) struct Tree {
    pub(crate) root: PathBuf,
    pub(crate) files: BTreeMap<String, TreeFile>,
}

impl Tree {
    /// Reads the tree below `root`.
    ///
    /// # Errors
    /// When a folder cannot be listed or a file cannot be read.
    pub(crate) fn read(root: &Path) -> Result<Self> {
        let paths = match tracked(root) {
            Some(paths) => paths,
            None => walked(root)?,
        };
        let mut files = BTreeMap::new();
        for path in paths {
            let full = root.join(&path);
            // Tracked but deleted, or a folder that is a repository of its own.
            if !full.is_file() {
                continue;
            }
            let bytes = fs::read(&full).with_context(|| format!("cannot read {path}"))?;
            let size_bytes = bytes.len();
            let text = String::from_utf8(bytes)
                .ok()
                .filter(|text| !text.contains('\0'));
            files.insert(path, TreeFile { size_bytes, text });
        }
        Ok(Self {
            root: root.to_owned(),
            files,
        })
    }

    /// The text files whose path `wanted` accepts, with their content.
    pub(crate) fn texts<'tree>(
        &'tree self,
        wanted: impl Fn(&str) -> bool + 'tree,
    ) -> impl Iterator<Item = (&'tree str, &'tree str)> {
        self.files
            .iter()
            .filter(move |(path, _)| wanted(path))
            .filter_map(|(path, file)| file.text.as_deref().map(|text| (path.as_str(), text)))
    }

    /// The content of one text file.
    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        self.files.get(path)?.text.as_deref()
    }

    /// True where `path` is a file of the tree or a folder that holds one.
    pub(crate) fn has(&self, path: &str) -> bool {
        let path = path.trim_end_matches('/');
        path.is_empty()
            || self.files.contains_key(path)
            || self.files.keys().any(|file| {
                file.strip_prefix(path)
                    .is_some_and(|rest| rest.starts_with('/'))
            })
    }

    /// A tree in memory, for the tests of the rules.
    #[cfg(test)]
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let files = files
            .iter()
            .map(|(path, text)| {
                let file = TreeFile {
                    size_bytes: text.len(),
                    text: Some((*text).to_owned()),
                };
                ((*path).to_owned(), file)
            })
            .collect();
        Self {
            root: PathBuf::new(),
            files,
        }
    }
}

/// Each line of `text` with its number, from 1.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .map(|(index, line)| (index + 1, line))
}

/// What git tracks and what it would track; none without git or outside a repository.
fn tracked(root: &Path) -> Option<Vec<String>> {
    let output = Command::new("git")
        .args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ])
        .current_dir(root)
        .output()
        .ok()?;
    if !output.status.success() {
        return None;
    }
    let list = String::from_utf8(output.stdout).ok()?;
    let paths: Vec<String> = list.split_terminator('\0').map(str::to_owned).collect();
    // A source archive unpacked inside somebody else's repository.
    paths
        .iter()
        .any(|path| path == "Cargo.toml")
        .then_some(paths)
}

fn walked(root: &Path) -> Result<Vec<String>> {
    let mut paths = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in
            fs::read_dir(&folder).with_context(|| format!("cannot list {}", folder.display()))?
        {
            let entry = entry?;
            let name = entry.file_name();
            if entry.file_type()?.is_dir() {
                if !OUTPUT_FOLDERS.iter().any(|output| name == *output) {
                    folders.push(entry.path());
                }
            } else if let Ok(relative) = entry.path().strip_prefix(root) {
                paths.push(relative.to_string_lossy().replace('\\', "/"));
            }
        }
    }
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_there_when_it_holds_a_file() {
        let tree = Tree::of(&[("docs/GLOSSARY.md", "")]);
        assert!(tree.has("docs") && tree.has("docs/") && tree.has("docs/GLOSSARY.md"));
        assert!(!tree.has("doc") && !tree.has("docs/GLOSS"));
    }

    #[test]
    fn both_ways_of_listing_find_the_workspace_and_no_outputs() {
        let root = crate::workspace_root().unwrap();
        let walked = walked(root).unwrap();
        for paths in [tracked(root), Some(walked)].into_iter().flatten() {
            assert!(paths.iter().any(|path| path == "Cargo.toml"));
            assert!(paths.iter().any(|path| path == "xtask/src/tidy.rs"));
            assert!(
                !paths
                    .iter()
                    .any(|path| path.starts_with("target/") || path.starts_with(".git/"))
            );
        }
    }
}
