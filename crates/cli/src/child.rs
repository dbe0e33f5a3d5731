//! `aftercare child`: the process that reads hostile photos. It limits itself before it reads a byte
//! and has nothing to lose: no keys, no database, no network.

use anyhow::Context as _;
use clap::Args;
use rustix::process::{Resource, Rlimit, setrlimit};

/// Memory the child may map, in bytes. Reading any one photo takes less than 256 MiB (a test measures it); the rest is
/// for the pictures of a claim that are held ready, and for what is mapped and never touched.
const ADDRESS_SPACE_BYTES: u64 = 1_536 * 1024 * 1024;
/// Memory that the child may map which reads marks and makes published copies: the longest file is held once, reading its
/// metadata takes less than 16 MiB, and its pixels are decoded once and copied once for a drawn mark; the rest is for what
/// is mapped and never touched.
const MARKS_ADDRESS_SPACE_BYTES: u64 = 1_024 * 1024 * 1024;
/// Files the child may have open: its three streams.
const OPEN_FILES: u64 = 8;

/// What the child reads.
#[derive(Debug, Args)]
pub struct ChildArgs {
    /// Read what files say about themselves, labels and manifests, instead of pictures.
    #[arg(long)]
    marks: bool,
}

/// Limits this process, then answers requests on standard input until it ends.
///
/// # Errors
/// When a limit cannot be set, or a request is not understood.
pub fn run(args: &ChildArgs) -> anyhow::Result<()> {
    let memory = if args.marks {
        MARKS_ADDRESS_SPACE_BYTES
    } else {
        ADDRESS_SPACE_BYTES
    };
    limit(Resource::As, memory).context("limiting memory")?;
    limit(Resource::Core, 0).context("switching core dumps off")?;
    limit(Resource::Nofile, OPEN_FILES).context("limiting open files")?;
    // No file of more than 0 bytes: the child writes nothing to disk.
    limit(Resource::Fsize, 0).context("forbidding files")?;
    let (stdin, stdout) = (std::io::stdin().lock(), std::io::stdout().lock());
    if args.marks {
        // A long file is read into few pages of much memory that stays untouched. A system that hands out huge pages by
        // itself would fill it. Where it knows no such pages, it has none to hand out.
        #[cfg(target_os = "linux")]
        let _ = rustix::thread::disable_transparent_huge_pages(true);
        return aftercare_labels::child::run_child(stdin, stdout).context("reading marks");
    }
    aftercare_evidence::child::run_child(stdin, stdout).context("reading a photo")
}

fn limit(resource: Resource, most: u64) -> anyhow::Result<()> {
    let limit = Rlimit {
        current: Some(most),
        maximum: Some(most),
    };
    setrlimit(resource, limit)?;
    Ok(())
}
