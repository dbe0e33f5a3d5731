//! `aftercare monitor`: follows the public copy of a log, entry by entry, and says when it does not continue what was
//! seen before.

mod known;

use crate::decisions::{decisions, in_words};
use crate::export::RENEWAL;
use crate::failure::{bad_input, bytes_of};
use crate::output::{say, tell as tell_person};
use aftercare_ledger::limits::MAX_ZIP_BYTES;
use aftercare_ledger::{
    Checkpoint, Extent, Frontier, Hash, LedgerError, Policy, Renewal, RenewedLog, TILE_WIDTH,
    TileId, TileKind, VerifierKey, leaf_hash, parse_bundle, parse_tile, verify_bundle,
};
use aftercare_outbound::{Client, Network, Settings, Target};
use aftercare_vault::files::replace;
use clap::Args;
use known::Known;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

/// A log that drops an entry is to be noticed within a minute, also when a look at it fails once.
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// Bytes of a state: enough for a hundred million entries.
const FILE_BYTES_MAX: u64 = 32 * 1024 * 1024;

/// Follow a log and check that it only grows: every entry is read, and the root is computed from them. Exit 1 at the
/// first thing that does not hold; what was signed is printed, as the proof of it.
#[derive(Debug, Args)]
pub struct MonitorArgs {
    /// Where the log is, such as https://aftercare.example (its /checkpoint and /tile are read).
    #[arg(value_name = "URL")]
    url: String,
    /// Verifier key of the log, from its operator, not from this address.
    #[arg(long, value_name = "KEY")]
    key: String,
    /// Policy (C2SP tlog-policy): a checkpoint counts only when these witnesses have cosigned it.
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// File with what was seen; without it every run begins from the first entry.
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// An evidence bundle: each of its events has to stand in the log, and each decision in it has to cite a rule, a reviewer and
    /// evidence that came to the case. May be given several times; the log is read from its first entry for it, once.
    #[arg(long, value_name = "FILE")]
    bundle: Vec<PathBuf>,
    /// Look once instead of every 10 seconds.
    #[arg(long)]
    once: bool,
    /// A network that may be spoken to although it is not public, also without encryption, such as `10.0.0.0/8`; may be
    /// given several times.
    #[arg(
        long,
        value_name = "NETWORK",
        env = "AFTERCARE_ALLOW_NETWORK",
        value_delimiter = ','
    )]
    allow_network: Vec<Network>,
}

/// What was seen: the right edge of the tree.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Seen {
    size: u64,
    frontier: Vec<Hash>,
    /// The key of the log that was seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    /// The entries; a state of before they were remembered has none, and is read anew once.
    #[serde(default)]
    known: Known,
}

impl Seen {
    /// Whether it says of every entry what it was.
    fn is_whole(&self) -> bool {
        self.known.is_whole() && self.known.size() == self.size
    }

    fn root(&self) -> Result<Hash, Ended> {
        Frontier::from_parts(self.size, self.frontier.clone())
            .map(|frontier| frontier.root())
            .map_err(|error| Ended::Unread(error.into()))
    }
}

/// Why a look ended.
enum Ended {
    /// The log could not be read; nothing is said about it.
    Unread(anyhow::Error),
    /// The log is not what it was, or not what it says.
    Broken(String),
}

impl From<anyhow::Error> for Ended {
    fn from(error: anyhow::Error) -> Self {
        Self::Unread(error)
    }
}

/// Bundles that are held against the log, until they were.
#[derive(Default)]
struct Bundles {
    /// The leaf of each of their events, by its place in the log, from 1.
    leaves: BTreeMap<u64, Hash>,
    /// The largest state that one of them leads to.
    size: u64,
    /// What is said of them once they are in it.
    said: Vec<String>,
}

impl Bundles {
    /// Reads bundles of a log; why one of them does not hold.
    fn read(files: &[PathBuf], keys: &[VerifierKey]) -> anyhow::Result<Result<Self, String>> {
        let mut read = Self::default();
        for file in files {
            let zip = bytes_of(file, u64::try_from(MAX_ZIP_BYTES)?.saturating_mul(2))?;
            let wrong = |why: String| format!("{}: {why}", file.display());
            let report = match verify_bundle(&zip, Some(keys), None) {
                Ok(report) => report,
                Err(error) => return Ok(Err(wrong(error.to_string()))),
            };
            let found = match decisions(&report) {
                Ok(found) => found,
                Err(unfounded) => return Ok(Err(wrong(unfounded.to_string()))),
            };
            for entry in &report.entries {
                let before = read.leaves.insert(entry.seq, entry.leaf);
                if before.is_some_and(|leaf| leaf != entry.leaf) {
                    return Ok(Err(wrong(format!(
                        "another bundle has another event at place {}",
                        entry.seq
                    ))));
                }
            }
            read.size = read.size.max(report.size);
            read.said.push(format!(
                "{} events of case {} stand in the log; {}",
                report.events,
                report.case,
                in_words(found)
            ));
        }
        Ok(Ok(read))
    }

    /// Whether there is something that was not held against the log yet.
    fn wait(&self) -> bool {
        !self.said.is_empty()
    }
}

struct Monitor {
    base: String,
    key: VerifierKey,
    policy: Option<Policy>,
    client: Client,
}

impl Monitor {
    /// What lies at a path of the address. Where nothing comes, nothing is said about the log, and whoever named the address
    /// has something to mend: that must not look like a log which does not hold.
    async fn get(&self, path: &str) -> anyhow::Result<Vec<u8>> {
        let unread = |why: String| {
            bad_input(format!(
                "{}/{path} cannot be read: {why}; nothing is said about the log: see whether the address is right and can be reached",
                self.base
            ))
        };
        let target: Target = format!("{}/{path}", self.base)
            .parse()
            .map_err(|error| unread(format!("{error}")))?;
        let answer = self.client.get(&target).await;
        let answer = answer.map_err(|error| unread(format!("{:#}", anyhow::Error::from(error))))?;
        if answer.status != 200 || answer.cut {
            return Err(unread(format!("status {}", answer.status)));
        }
        Ok(answer.body)
    }

    async fn look(&self, seen: &mut Seen, bundles: &mut Bundles) -> Result<(), Ended> {
        let note = String::from_utf8(self.get("checkpoint").await?)
            .map_err(|_| anyhow::anyhow!("the checkpoint is not text"))?;
        let broken = |why: String| Ended::Broken(format!("{why}\n{note}"));
        let signed = match &self.policy {
            Some(policy) => policy.open(&note, Some(&self.key)),
            None => Checkpoint::open(&note, std::slice::from_ref(&self.key)),
        }
        .map_err(|error| self.unsigned(error, &note))?;
        let renewal = self.renewal(seen).await?;
        // A state that does not say what every entry was is read again from the first one.
        let mut from = seen.clone();
        if !seen.is_whole() || bundles.wait() {
            from = Seen::default();
        }
        let mut grew_from = seen.size;
        if let Some((renewal, _)) = &renewal {
            if signed.size <= renewal.kept.size {
                return Err(broken(format!(
                    "the log has {} entries, and its renewal says that it went on after {}",
                    signed.size, renewal.kept.size
                )));
            }
            // All of it is read again: what was put back may have gone on otherwise before it was renewed.
            from = Seen::default();
            grew_from = 0;
        }
        if signed.size < grew_from {
            return Err(broken(format!(
                "the log has {} entries, it had {grew_from}",
                signed.size
            )));
        }
        if signed.size < bundles.size {
            return Err(broken(format!(
                "the log has {} entries, and a bundle leads to a state of {}",
                signed.size, bundles.size
            )));
        }
        // What was seen and should be there: all of it, or as far as a renewal says that entries were kept.
        let mut kept = renewal
            .as_ref()
            .map_or(seen.size, |(renewal, _)| renewal.kept.size.min(seen.size));
        let seen_root = seen.root()?;
        let compared = if seen.is_whole() {
            seen.known.clone()
        } else {
            Known::default()
        };
        let mut known = from.known;
        let mut frontier = Frontier::from_parts(from.size, from.frontier)
            .map_err(|error| Ended::Unread(error.into()))?;
        while frontier.size() < signed.size {
            let index = frontier.size() / TILE_WIDTH;
            let width = (signed.size - index * TILE_WIDTH).min(TILE_WIDTH);
            let bundle = TileId {
                kind: TileKind::Entries,
                index,
                width,
            };
            let tile = TileId {
                kind: TileKind::Level(0),
                index,
                width,
            };
            let bytes = self.get(&bundle.to_string()).await?;
            let entries =
                parse_bundle(&bundle, &bytes).map_err(|error| broken(error.to_string()))?;
            let hashes = parse_tile(&tile, &self.get(&tile.to_string()).await?)
                .map_err(|error| broken(error.to_string()))?;
            let skip = usize::try_from(frontier.size() % TILE_WIDTH).unwrap_or(usize::MAX);
            for (entry, hash) in entries.iter().zip(hashes).skip(skip) {
                let leaf = leaf_hash(entry);
                if leaf != hash {
                    return Err(broken(format!(
                        "entry {} is not the one of its tile",
                        frontier.size()
                    )));
                }
                if let Some((renewal, wanted)) = &renewal
                    && frontier.size() == renewal.kept.size
                    && (frontier.root() != renewal.kept.root || entry[..] != wanted[..])
                {
                    return Err(broken(format!(
                        "the renewal that it publishes is not what stands in it after {} entries",
                        renewal.kept.size
                    )));
                }
                let wanted = bundles.leaves.get(&(frontier.size() + 1));
                if wanted.is_some_and(|wanted| *wanted != leaf) {
                    return Err(broken(format!(
                        "entry {} is not the event that a bundle has there",
                        frontier.size()
                    )));
                }
                frontier.append(leaf);
                known.add(leaf);
                if known.size() > kept {
                    continue;
                }
                if let Some(others) = compared.contradicts(&known) {
                    let told = format!(
                        "entries {} to {} are not the ones that were seen",
                        others.start,
                        others.end - 1
                    );
                    if renewal.is_none() {
                        return Err(broken(told));
                    }
                    say(&told);
                    kept = others.start;
                    continue;
                }
                if renewal.is_none() && known.size() == seen.size && frontier.root() != seen_root {
                    return Err(broken(format!(
                        "the first {} entries are not the ones that were seen",
                        seen.size
                    )));
                }
            }
        }
        if frontier.root() != signed.root {
            return Err(broken(format!(
                "the entries that were seen, and those that came after them, do not have the root that was signed for {} entries",
                signed.size
            )));
        }
        if let Some((renewal, _)) = &renewal {
            let uncompared = if seen.is_whole() {
                seen.known.uncompared(kept)
            } else {
                kept
            };
            tell(renewal, seen.size - kept, uncompared);
        }
        for said in std::mem::take(bundles).said {
            say(&said);
        }
        if signed.size > from.size {
            say(&format!(
                "{} entries, consistent ({} new)",
                signed.size,
                signed.size - kept.min(signed.size)
            ));
        }
        *seen = Seen {
            size: frontier.size(),
            frontier: frontier.nodes().to_vec(),
            key: Some(self.key.to_string()),
            known,
        };
        Ok(())
    }

    /// What a checkpoint that does not open says of the log: a wrong signature is no accident of reading.
    fn unsigned(&self, error: LedgerError, note: &str) -> Ended {
        let is_of_it = Checkpoint::claimed_origin(note).is_ok_and(|name| name == self.key.name());
        match error {
            LedgerError::BadSignature { .. } => Ended::Broken(format!("{error}\n{note}")),
            LedgerError::NotSigned { .. } if is_of_it => Ended::Broken(format!(
                "it names the log {} and is not signed with the key of that log\n{note}",
                self.key.name()
            )),
            LedgerError::NotSigned { origin } if !is_of_it => Ended::Unread(anyhow::anyhow!(
                "this is the log {origin}, not {}: where it was renewed its operator has the new --key",
                self.key.name()
            )),
            other => Ended::Unread(other.into()),
        }
    }

    /// The renewal by which the log that was seen goes on under the key that is followed now, and the entry it stands in.
    /// None where it is the log that was seen.
    async fn renewal(&self, seen: &Seen) -> Result<Option<(Renewal, [u8; 32])>, Ended> {
        let key = self.key.to_string();
        let Some(before) = seen.key.as_ref().filter(|before| **before != key) else {
            return Ok(None);
        };
        let bytes = self.get(RENEWAL).await?;
        let broken = |why: String| {
            let published = String::from_utf8_lossy(&bytes);
            Ended::Broken(format!("{RENEWAL}: {why}\n{published}"))
        };
        let published: RenewedLog =
            serde_json::from_slice(&bytes).map_err(|error| broken(error.to_string()))?;
        let (renewal, entry) = published
            .open()
            .map_err(|error| broken(error.to_string()))?;
        if renewal.new != self.key || renewal.old.to_string() != *before {
            return Err(Ended::Unread(bad_input(format!(
                "what was seen is of the log {before}; the log at this address goes on from {}, so that the two cannot be held against each other: start anew with another --state",
                renewal.old
            ))));
        }
        let (size, root) = (seen.size, seen.root()?);
        renewal.admits(&Extent { size, root }).map_err(broken)?;
        Ok(Some((renewal, entry)))
    }
}

/// Says that the log was renewed: how many of the entries that were seen are gone, and how many of the others cannot be held
/// against what was seen.
fn tell(renewal: &Renewal, lost: u64, uncompared: u64) {
    let (reason, old) = (renewal.reason.name(), renewal.old.name());
    say(&if lost > 0 {
        format!("the log was renewed ({reason}): {lost} entries that were seen of {old} are lost")
    } else {
        format!("the log was renewed ({reason}): it goes on from {old}")
    });
    if uncompared > 0 {
        say(&format!(
            "{uncompared} entries of before cannot be held against what was seen"
        ));
    }
}

fn read_state(path: &Path) -> anyhow::Result<Seen> {
    if !path.exists() {
        return Ok(Seen::default());
    }
    let bytes = bytes_of(path, FILE_BYTES_MAX)?;
    serde_json::from_slice(&bytes)
        .map_err(|error| bad_input(format!("{}: {error}", path.display())))
}

/// `monitor`.
///
/// # Errors
/// An address, a key or a file that cannot be used, and with `--once` a log that cannot be read.
pub async fn run(args: MonitorArgs) -> anyhow::Result<ExitCode> {
    let policy = args.policy.as_deref().map(policy).transpose()?;
    let settings = Settings {
        allowed: args.allow_network,
        ..Settings::default()
    };
    let monitor = Monitor {
        base: args.url.trim_end_matches('/').to_owned(),
        key: args
            .key
            .parse()
            .map_err(|error| bad_input(format!("--key: {error}")))?,
        policy,
        client: Client::new(&settings).map_err(anyhow::Error::msg)?,
    };
    let mut keys = vec![monitor.key.clone()];
    if let Some(policy) = &monitor.policy {
        keys.extend(policy.witnesses().iter().map(|witness| witness.key.clone()));
    }
    let mut bundles = match Bundles::read(&args.bundle, &keys)? {
        Ok(bundles) => bundles,
        Err(why) => {
            tell_person(&format!("aftercare: a bundle does NOT hold: {why}"));
            return Ok(ExitCode::FAILURE);
        }
    };
    let mut seen = args
        .state
        .as_deref()
        .map_or_else(|| Ok(Seen::default()), read_state)?;
    loop {
        let before = (seen.size, seen.key.clone(), seen.is_whole());
        match monitor.look(&mut seen, &mut bundles).await {
            Ok(()) => {}
            Err(Ended::Broken(why)) => {
                tell_person(&format!("aftercare: the log does NOT hold: {why}"));
                return Ok(ExitCode::FAILURE);
            }
            Err(Ended::Unread(error)) if args.once => return Err(error),
            Err(Ended::Unread(error)) => {
                tell_person(&format!(
                    "aftercare: not read, it is tried again: {error:#}"
                ));
            }
        }
        if let Some(path) = args
            .state
            .as_deref()
            .filter(|_| (seen.size, seen.key.clone(), seen.is_whole()) != before)
        {
            let json = serde_json::to_vec(&seen)?;
            replace(path, &json)
                .map_err(|error| bad_input(format!("--state {}: {error}", path.display())))?;
        }
        if args.once {
            say(&format!("{} entries hold", seen.size));
            return Ok(ExitCode::SUCCESS);
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            () = crate::serve::asked_to_stop() => return Ok(ExitCode::SUCCESS),
        }
    }
}

/// Reads a policy file.
///
/// # Errors
/// Bad input with the line.
pub(crate) fn policy(path: &Path) -> anyhow::Result<Policy> {
    let bytes = bytes_of(path, FILE_BYTES_MAX)?;
    String::from_utf8_lossy(&bytes)
        .parse()
        .map_err(|error| bad_input(format!("{}: {error}", path.display())))
}
