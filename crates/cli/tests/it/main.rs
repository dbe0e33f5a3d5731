//! The binary as scripts and people use it.

mod away;
#[path = "../../../labels/tests/it/bytes.rs"]
mod bytes;
mod cards;
mod child;
#[path = "../../../media/tests/it/clip_writer.rs"]
mod clip_writer;
mod commands;
mod crash;
mod custody;
mod damage;
mod decided;
mod decrypts;
mod exchange;
#[expect(
    dead_code,
    reason = "the writers of the label tests offer more than is needed here"
)]
#[path = "../../../labels/tests/it/files.rs"]
mod files;
mod help;
mod hostile;
mod inspect;
mod keys;
mod logged;
#[expect(
    dead_code,
    reason = "the writers of the label tests offer more than is needed here"
)]
#[path = "../../../labels/tests/it/manifest.rs"]
mod manifest;
mod marks;
mod outsiders;
mod pack;
mod paper;
#[cfg(unix)]
mod postgres;
#[cfg(unix)]
mod releases;
mod renewals;
mod stories;
mod streams;
#[cfg(unix)]
mod vaultd;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

/// What a run said.
struct Said {
    code: i32,
    out: String,
    err: String,
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// Runs the binary without any key in its environment.
fn aftercare(args: &[&str]) -> Said {
    aftercare_with(args, &[])
}

/// An invented key.
const KEY: &str = "0101010101010101010101010101010101010101010101010101010101010101";

/// Runs the binary with these variables in its environment and no other of ours.
fn aftercare_with(args: &[&str], variables: &[(&str, &str)]) -> Said {
    Command::new(env!("CARGO_BIN_EXE_aftercare"))
        .args(args)
        .env_remove("AFTERCARE_KEY")
        .env_remove("AFTERCARE_KEY_FILE")
        .env_remove("AFTERCARE_DATA")
        .env_remove("AFTERCARE_DATABASE_URL")
        .env_remove("AFTERCARE_VAULT")
        .envs(variables.iter().copied())
        .stdin(std::process::Stdio::null())
        .output()
        .expect("the binary runs")
        .into()
}

/// A demo that was played once.
struct Demo {
    /// Goes with the demo.
    _folder: tempfile::TempDir,
    data: PathBuf,
    /// What it printed.
    told: String,
}

/// A demo's data, made once for all tests; tests that change something copy it.
fn demo() -> &'static Path {
    &played().data
}

fn played() -> &'static Demo {
    static DEMO: OnceLock<Demo> = OnceLock::new();
    DEMO.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let data = folder.path().join("data");
        let said = aftercare(&["demo", "--once", "--data", text(&data)]);
        assert_eq!(said.code, 0, "{}", said.err);
        assert!(
            said.out
                .lines()
                .last()
                .is_some_and(|line| { line.starts_with("verified ") && line.ends_with(" events") }),
            "{}",
            said.out
        );
        Demo {
            _folder: folder,
            data,
            told: said.out,
        }
    })
}

/// A copy of the demo's data to damage.
fn demo_copy() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    copy_folder(demo(), folder.path());
    folder
}

/// Copies a folder with everything in it.
fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("a copy");
        }
    }
}

/// The keys of a demo's data.
fn demo_vault(data: &Path) -> aftercare_vault::Vault {
    let text = std::fs::read_to_string(data.join("demo-key")).expect("the demo's key");
    let root = aftercare_vault::RootKey::from_key_text(text.trim()).expect("a key");
    let keyring = aftercare_vault::Keyring::open(&data.join("keyring.json"), &root);
    aftercare_vault::Vault::new(keyring.expect("a keyring"))
}

/// The key of the rows of a demo's data.
fn row_key(data: &Path) -> aftercare_store::RowKey {
    let vault = demo_vault(data);
    vault.row_key().expect("sound").expect("there")
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path of text")
}
