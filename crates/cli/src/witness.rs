//! `aftercare witness`: watches logs of others and cosigns what continues what it saw (C2SP `tlog-witness`). It knows
//! nothing of cases; whoever runs it should not be whoever runs the log.

use crate::Listen;
use crate::failure::{bad_input, bytes_of};
use crate::records::say;
use aftercare_app::clock::{Clock as _, SystemClock};
use aftercare_app::exchange::log_key;
use aftercare_ledger::{
    AddCheckpoint, Checkpoint, Extent, Hash, Refusal, RenewedLog, SigningKey, VerifierKey,
    WitnessState, consider, empty_root,
};
use aftercare_server::{Cosigned, Cosigns, serve_witness};
use aftercare_vault::files::replace;
use anyhow::Context as _;
use clap::Args;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex};

const KEY_FILE: &str = "witness-key";
const STATE_FILE: &str = "witness-state.json";
const LOCK_FILE: &str = "lock";
pub(crate) const RENEWAL_BYTES_MAX: u64 = 64 * 1024;

/// Cosign checkpoints of logs that only ever grew. The folder holds the key (keep it secret) and, for each log, the
/// latest state that was cosigned; the public key is printed at the start.
#[derive(Debug, Args)]
pub struct WitnessArgs {
    /// Folder of this witness; made, with a new key, if it is not there.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Name of this witness in its cosignatures, such as witness.example/w1.
    #[arg(long, value_name = "NAME")]
    name: String,
    /// Verifier key of a log to watch (`serve` shows it on /api/v1/log/head); may be given several times.
    #[arg(long = "log", value_name = "KEY", required = true)]
    logs: Vec<String>,
    /// The renewal of a log that this witness knows (`log renew --out`, or /renewal.json of the log): it is held against what was
    /// cosigned, and the old name is cosigned no more. The new key is given with --log.
    #[arg(long = "renewal", value_name = "FILE")]
    renewals: Vec<PathBuf>,
    /// Address to listen on. What is answered is signed, so a proxy may speak TLS in front of it.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8790")]
    listen: Listen,
}

/// Size and root of a log, as kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Kept {
    size: u64,
    root: Hash,
    /// The name under which the log goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    renewed_by: Option<String>,
}

/// A witness at work.
struct Witness {
    key: SigningKey,
    logs: Vec<VerifierKey>,
    folder: PathBuf,
    /// Held from the comparison until the new state is on the disk: two requests never cosign from one state.
    kept: Mutex<BTreeMap<String, Kept>>,
    /// Two processes that each remember what they cosigned themselves would cosign two logs as one.
    _lock: File,
}

impl Witness {
    fn open(args: &WitnessArgs) -> anyhow::Result<Self> {
        let logs = args
            .logs
            .iter()
            .map(|text| log_key(text).map_err(|error| bad_input(error.to_string())))
            .collect::<anyhow::Result<Vec<VerifierKey>>>()?;
        for (at, log) in logs.iter().enumerate() {
            // What was cosigned is remembered by the name of the log: two of one name would be taken for one another.
            if logs[..at].iter().any(|before| before.name() == log.name()) {
                return Err(bad_input(format!(
                    "--log {}: two logs have this name; one witness can watch one of them, start another with a folder, a name and a key of its own",
                    log.name()
                )));
            }
        }
        std::fs::create_dir_all(&args.data)
            .map_err(|error| bad_input(format!("--data {}: {error}", args.data.display())))?;
        let lock = held(&args.data)?;
        let path = args.data.join(STATE_FILE);
        let key_path = args.data.join(KEY_FILE);
        if !path.exists() {
            if key_path.exists() {
                return Err(bad_input(format!(
                    "{} is missing beside the key. A witness that forgot what it cosigned must not go on: restore the file, or start anew in another folder, under another name and key",
                    path.display()
                )));
            }
            // Before the key: a key without it is one that forgot.
            replace(&path, b"{}").with_context(|| path.display().to_string())?;
        }
        let mut kept: BTreeMap<String, Kept> = match std::fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| {
                bad_input(format!(
                    "{}: {error}. A witness that forgot what it cosigned must not go on: restore the file, or start anew under another name and key",
                    path.display()
                ))
            })?,
            Err(error) => return Err(error).context(path.display().to_string()),
        };
        for renewal in &args.renewals {
            renew(renewal, &logs, &mut kept)?;
        }
        if !args.renewals.is_empty() {
            let json = serde_json::to_vec_pretty(&kept)?;
            replace(&path, &json).with_context(|| path.display().to_string())?;
        }
        Ok(Self {
            key: key_of(&key_path, &args.name)?,
            logs,
            folder: args.data.clone(),
            kept: Mutex::new(kept),
            _lock: lock,
        })
    }

    fn cosign(&self, body: &str) -> Result<String, Stopped> {
        let request: AddCheckpoint = body.parse().map_err(Refusal::Malformed)?;
        let mut kept = self.kept.lock().map_err(|_| Stopped::Broken)?;
        if let Ok(origin) = Checkpoint::claimed_origin(&request.checkpoint)
            && let Some(by) = kept.get(&origin).and_then(|kept| kept.renewed_by.clone())
        {
            return Err(Refusal::Renewed { origin, by }.into());
        }
        let checkpoint = consider(&request, &self.logs, |origin| {
            kept.get(origin)
                .map_or_else(WitnessState::default, |kept| WitnessState {
                    size: kept.size,
                    root: kept.root,
                })
        })?;
        let mut next = kept.clone();
        next.insert(
            checkpoint.origin.clone(),
            Kept {
                size: checkpoint.size,
                root: checkpoint.root,
                renewed_by: None,
            },
        );
        let json = serde_json::to_vec_pretty(&next).map_err(|_| Stopped::Broken)?;
        replace(&self.folder.join(STATE_FILE), &json).map_err(Stopped::NotKept)?;
        *kept = next;
        let seconds = u64::try_from(SystemClock.now().0 / 1000).unwrap_or(0);
        Ok(checkpoint.cosign(&self.key, seconds))
    }
}

/// Takes a renewal over: it must not hide anything that was cosigned here, and ends the old name.
fn renew(
    path: &Path,
    logs: &[VerifierKey],
    kept: &mut BTreeMap<String, Kept>,
) -> anyhow::Result<()> {
    let wrong = |why: String| bad_input(format!("--renewal {}: {why}", path.display()));
    let bytes = bytes_of(path, RENEWAL_BYTES_MAX)?;
    let published: RenewedLog =
        serde_json::from_slice(&bytes).map_err(|error| wrong(error.to_string()))?;
    let (renewal, _) = published.open().map_err(|error| wrong(error.to_string()))?;
    let (old, new) = (renewal.old.name(), renewal.new.name());
    if !logs.contains(&renewal.new) {
        return Err(wrong(format!(
            "its new key is not given with --log: {}",
            renewal.new
        )));
    }
    let known = logs.iter().find(|log| log.name() == old);
    if known.is_some_and(|known| *known != renewal.old) {
        return Err(wrong(format!("its old key is not the one of {old}")));
    }
    match kept.get_mut(old) {
        Some(before) => {
            let seen = Extent {
                size: before.size,
                root: before.root,
            };
            renewal.admits(&seen).map_err(wrong)?;
            before.renewed_by = Some(new.to_owned());
        }
        None if known.is_none() => {
            return Err(wrong(format!("this witness has never known the log {old}")));
        }
        None => {
            let nothing = Kept {
                size: 0,
                root: empty_root(),
                renewed_by: Some(new.to_owned()),
            };
            kept.insert(old.to_owned(), nothing);
        }
    }
    tracing::warn!(
        old,
        new,
        kept = renewal.kept.size,
        witnessed = renewal.witnessed.map(|witnessed| witnessed.size),
        reason = renewal.reason.name(),
        "a log was renewed: its old name is cosigned no more"
    );
    Ok(())
}

/// Why there is no cosignature.
enum Stopped {
    Refused(Refusal),
    NotKept(std::io::Error),
    Broken,
}

impl From<Refusal> for Stopped {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl Cosigns for Witness {
    fn add_checkpoint(&self, body: &str) -> Cosigned {
        match self.cosign(body) {
            Ok(line) => Cosigned {
                status: 200,
                size: None,
                body: line,
            },
            Err(Stopped::Refused(refusal)) => {
                // A fork is what a witness is there for: whoever runs it must see it.
                if matches!(refusal, Refusal::Forked { .. } | Refusal::Inconsistent(_)) {
                    tracing::error!(%refusal, request = body, "a log does not continue what was cosigned");
                }
                let size = match &refusal {
                    Refusal::OtherSize { size, .. } => Some(*size),
                    _ => None,
                };
                Cosigned {
                    status: refusal.status(),
                    size,
                    body: format!("{refusal}\n"),
                }
            }
            Err(Stopped::NotKept(error)) => {
                tracing::error!(%error, "the state could not be kept, so nothing was cosigned");
                Cosigned {
                    status: 503,
                    size: None,
                    body: "the state could not be kept\n".to_owned(),
                }
            }
            Err(Stopped::Broken) => Cosigned {
                status: 503,
                size: None,
                body: "restart this witness\n".to_owned(),
            },
        }
    }
}

/// Reads the key, or makes one.
pub(crate) fn key_of(path: &Path, name: &str) -> anyhow::Result<SigningKey> {
    let said = || path.display().to_string();
    match std::fs::read(path) {
        Ok(bytes) => SigningKey::from_pkcs8(name, &bytes)
            .map_err(|error| bad_input(format!("{}: {error}", said()))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let key = SigningKey::generate(name)
                .map_err(|error| bad_input(format!("--name {name}: {error}")))?;
            replace(path, &key.to_pkcs8()?).with_context(said)?;
            Ok(key)
        }
        Err(error) => Err(error).with_context(said),
    }
}

/// Keeps a folder for this process as long as what it gives is held.
///
/// # Errors
/// Bad input: another process holds it, or it cannot be written.
pub(crate) fn held(folder: &Path) -> anyhow::Result<File> {
    let path = folder.join(LOCK_FILE);
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(|error| bad_input(format!("{}: {error}", path.display())))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(bad_input(format!(
            "{}: another process is at work in this folder; wait until it is done, or stop it",
            folder.display()
        ))),
        Err(TryLockError::Error(error)) => Err(error).context(path.display().to_string()),
    }
}

/// `witness`.
///
/// # Errors
/// Keys, a name or a folder that cannot be used, an address that is taken.
pub async fn run(args: WitnessArgs) -> anyhow::Result<ExitCode> {
    crate::serve::log_json();
    let witness = Witness::open(&args)?;
    let key = witness.key.witness_verifier();
    let listener = tokio::net::TcpListener::bind(args.listen)
        .await
        .map_err(|error| bad_input(format!("--listen {}: {error}", args.listen)))?;
    say(&format!("witness {key}"));
    say(&format!("listening http://{}", listener.local_addr()?));
    serve_witness(listener, Arc::new(witness), crate::serve::asked_to_stop()).await?;
    Ok(ExitCode::SUCCESS)
}
