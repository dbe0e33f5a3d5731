//! Drills that try to make the system lose data: killing it, filling its disk, flipping its bytes, cutting the power; and one that searches its
//! memory for people. They drive the real binary through its own HTTP API and command line, so what they show holds for an installation.

mod content;
mod enospc;
mod flip;
mod http;
mod kill;
mod memory;
mod oracle;
mod people;
mod photo;
#[expect(dead_code, reason = "tests of stores need more of it than a drill")]
#[path = "../../crates/testkit/src/postgres.rs"]
mod postgres;
mod random;
#[path = "../../crates/store/tests/it/power_cut/record.rs"]
mod record;
mod replay;
mod server;
mod stories;
mod traffic;

use std::fmt;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand, ValueEnum};

/// A drill and what it needs.
#[derive(Args)]
pub(crate) struct Torture {
    /// The binary to try; otherwise the `aftercare` beside this program, built with `cargo build --locked`.
    #[arg(long, value_name = "FILE", env = "AFTERCARE_BINARY", global = true)]
    binary: Option<PathBuf>,
    /// Seed of when to strike and where; printed, so that a run can be repeated.
    #[arg(long, default_value_t = 1, global = true)]
    seed: u64,
    #[command(subcommand)]
    drill: Drill,
}

#[derive(Subcommand)]
enum Drill {
    /// `kill -9` at random moments while clients write: nothing acknowledged may be lost, nothing may happen twice.
    Kill {
        /// How often each victim is killed.
        #[arg(long, default_value_t = 500)]
        count: u32,
        /// Where the rows are. On PostgreSQL a server of it is started for the drill.
        #[arg(long, value_enum, default_value_t = Database::Sqlite)]
        database: Database,
        /// What is killed; otherwise our server, and on PostgreSQL the database server in turn with it.
        #[arg(long, value_enum)]
        victim: Option<Victim>,
        /// Clients that write at the same time.
        #[arg(long, default_value_t = 4)]
        clients: u32,
    },
    /// Fill the disk while clients write: a clear refusal, nothing acknowledged lost, and on again when there is room.
    Enospc {
        /// Size of the disk in MiB; a tmpfs is mounted for it, so this needs root.
        #[arg(long, default_value_t = 32)]
        size_mib: u32,
    },
    /// Flip bits in copies of a data directory, and cut files off: whatever shows in anything that is read must be noticed.
    Flip {
        /// How many of each kind: in an event, in a blob, anywhere in the database, anywhere in its write-ahead log. Every tenth
        /// of the last three cuts the file off instead.
        #[arg(long, default_value_t = 30)]
        count: u32,
    },
    /// Search the memory of a server that took people in, opened them, and has nothing to do any more, for anything of them. Needs
    /// root: the server forbids others to read its memory.
    Memory {
        /// How many people, at most as many as an account may look at within an hour.
        #[arg(long, default_value_t = 30)]
        people: u32,
        /// For how many seconds nothing is asked before.
        #[arg(long, default_value_t = 10)]
        idle_s: u64,
    },
    /// Record what the program writes and syncs while clients write, and cut the power at every moment: whatever of it was
    /// not synced is kept, lost, torn or kept out of order, in states by the thousand. Needs `strace` to record.
    Replay {
        /// How many states, each unlike all others.
        #[arg(long, default_value_t = 2_000)]
        states: u64,
        /// Requests that are acknowledged while it is recorded.
        #[arg(long, default_value_t = 200)]
        requests: u64,
        /// Keep the record in this file.
        #[arg(long, value_name = "FILE")]
        keep: Option<PathBuf>,
        /// Take this record; nothing is recorded.
        #[arg(long, value_name = "FILE", conflicts_with_all = ["keep", "requests"])]
        record: Option<PathBuf>,
    },
}

/// Where the rows are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Database {
    /// In a file of the data directory.
    Sqlite,
    /// On a PostgreSQL server.
    Postgres,
}

impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        })
    }
}

/// What is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Victim {
    /// Our server.
    App,
    /// The database server.
    Database,
    /// Both, in turn, each as often as asked.
    Both,
}

/// Runs a drill.
///
/// # Errors
/// When the drill cannot be set up. What it finds wrong is no error but a failing exit code, told on standard output.
pub(crate) fn run(torture: Torture) -> Result<ExitCode> {
    let binary = match torture.binary {
        Some(path) => path,
        None => beside_us()?,
    };
    if !binary.is_file() {
        bail!(
            "{} is not there: build it with `cargo build --locked`, or name one with --binary",
            binary.display()
        );
    }
    let report = match torture.drill {
        Drill::Kill {
            count,
            database,
            victim,
            clients,
        } => {
            let plan = kill::Plan {
                seed: torture.seed,
                count,
                clients,
                database,
                victim,
            };
            kill::run(&binary, plan)?
        }
        Drill::Enospc { size_mib } => enospc::run(&binary, size_mib)?,
        Drill::Flip { count } => flip::run(&binary, torture.seed, count)?,
        Drill::Memory { people, idle_s } => memory::run(&binary, memory::Plan { people, idle_s })?,
        Drill::Replay {
            states,
            requests,
            keep,
            record,
        } => {
            let record = match record {
                Some(path) => replay::Source::Kept(path),
                None => replay::Source::New { requests, keep },
            };
            replay::run(&binary, torture.seed, states, record)?
        }
    };
    for line in report.told() {
        crate::say(&line);
    }
    if report.problems.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    Ok(ExitCode::FAILURE)
}

fn beside_us() -> Result<PathBuf> {
    let ours = std::env::current_exe().context("where this program lies")?;
    Ok(ours.with_file_name(format!("aftercare{}", std::env::consts::EXE_SUFFIX)))
}

/// How a drill ended.
#[derive(Debug, Default)]
pub(crate) struct Report {
    /// What was done and counted.
    pub(crate) lines: Vec<String>,
    /// What went wrong; the drill failed when there is one.
    pub(crate) problems: Vec<String>,
    /// What was done and found, in one line that can be published as it is.
    pub(crate) result: Option<String>,
    /// Nothing was done, for a reason that is in the lines.
    pub(crate) is_skipped: bool,
}

impl Report {
    /// How many problems are of the kind that this word begins.
    fn counted(&self, word: &str) -> usize {
        let named = self
            .problems
            .iter()
            .filter(|problem| problem.contains(word));
        named.count()
    }

    /// Everything there is to say; what can be published comes last.
    fn told(&self) -> Vec<String> {
        let verdict = match (self.problems.is_empty(), self.is_skipped) {
            (false, _) => "FAILED",
            (true, true) => "SKIPPED",
            (true, false) => "PASSED",
        };
        let mut told = self.lines.clone();
        told.extend(
            self.problems
                .iter()
                .map(|problem| format!("PROBLEM {problem}")),
        );
        told.extend(
            self.result
                .iter()
                .map(|result| format!("{verdict} {result}")),
        );
        told
    }
}

#[cfg(test)]
mod tests {
    use super::Report;

    #[test]
    fn the_line_to_publish_comes_last_and_says_how_it_ended() {
        let mut report = Report {
            lines: vec!["4 kills".to_owned()],
            result: Some("torture kill: 0 lost".to_owned()),
            ..Report::default()
        };
        assert_eq!(report.told(), ["4 kills", "PASSED torture kill: 0 lost"]);
        report.is_skipped = true;
        assert_eq!(report.told()[1], "SKIPPED torture kill: 0 lost");
        report.problems.push("LOST: the case".to_owned());
        report.problems.push("client 1: LOST: a word".to_owned());
        assert_eq!((report.counted("LOST"), report.counted("DOUBLED")), (2, 0));
        let told = report.told();
        assert_eq!(told[1], "PROBLEM LOST: the case");
        assert_eq!(told[3], "FAILED torture kill: 0 lost");
    }
}
