//! A member's folder: its key, its copy of the list, and what it has done and not delivered yet.
//!
//! The copy is two files: the entries, to which pages are added, and the checkpoint that they were signed with, which is put
//! in place when all entries up to it are on the disk. What lies behind it after a power cut counts as not there. An act is
//! on the disk before it is sent, and leaves the folder of waiting ones when its receipt is.

use super::limits::{ANSWER_CHARS_MAX, MEMBER_FILE_BYTES_MAX, WAITING_MAX};
use super::now_s;
use crate::failure::{bad_input, bytes_of};
use crate::witness::{held, key_of};
pub use aftercare_app::exchange::{
    CHECKPOINT_FILE, ENTRIES_FILE, MemberSettings, OperatorSettings, RECEIPTS_FOLDER, Waiting,
};
use aftercare_app::exchange::{REFUSED_FOLDER, SETTINGS_FILE, WAITING_FOLDER};
use aftercare_exchange::{
    Act, ActRequest, Entry, GroupId, MemberId, MemberKey, Page, ReadRequest, Receipt, Replica,
    Seat, What,
};
use aftercare_ledger::{SigningKey, VerifierKey};
use aftercare_outbound::{Client, Network, ObjectMethod, Settings, Target};
use aftercare_vault::files::{private, replace};
use anyhow::Context as _;
use clap::Args;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

const KEY_FILE: &str = "member-key";
const LOOKED_FILE: &str = "looked-to";

/// Networks that a command may speak to.
#[derive(Debug, Args)]
pub struct NetworkArgs {
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

/// The keys of a list and of its witnesses.
///
/// # Errors
/// Bad input with the key that is none.
pub fn keys_of(operator: &OperatorSettings) -> anyhow::Result<(VerifierKey, Vec<VerifierKey>)> {
    operator
        .keys()
        .map_err(|error| bad_input(error.to_string()))
}

/// How an act fared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fared {
    /// It stands in the list at this place.
    Entered {
        /// The place.
        place: u64,
        /// The member's number of it.
        number: u64,
    },
    /// A rule says no; it does not wait any longer.
    Refused {
        /// The rule and what it says.
        rule: String,
        why: String,
    },
}

/// A member's folder, held by this process.
pub struct Member {
    folder: PathBuf,
    settings: MemberSettings,
    key: SigningKey,
    /// Held so that two commands never number acts at once.
    _lock: File,
}

/// The entries that count, a line each, and what was signed of them.
struct Kept {
    text: String,
    checkpoint: Option<String>,
}

impl Member {
    /// Makes a folder and a key, or finds both.
    ///
    /// # Errors
    /// Bad input: a folder of another member, or one that another command holds.
    pub fn make(folder: &Path, member: MemberId, group: GroupId) -> anyhow::Result<Self> {
        for name in [WAITING_FOLDER, RECEIPTS_FOLDER, REFUSED_FOLDER] {
            let path = folder.join(name);
            std::fs::create_dir_all(&path)
                .map_err(|error| bad_input(format!("{}: {error}", path.display())))?;
        }
        let path = folder.join(SETTINGS_FILE);
        if !path.exists() {
            let settings = MemberSettings {
                member,
                group,
                operator: None,
            };
            let lock = held(folder)?;
            replace(&path, &serde_json::to_vec_pretty(&settings)?)
                .with_context(|| path.display().to_string())?;
            drop(lock);
        }
        let made = Self::open(folder)?;
        if (made.settings.member, made.settings.group) != (member, group) {
            return Err(bad_input(format!(
                "{}: this is the folder of member {} of group {}",
                folder.display(),
                made.settings.member.0,
                made.settings.group.0
            )));
        }
        Ok(made)
    }

    /// Opens a folder.
    ///
    /// # Errors
    /// Bad input: there is none, or another command holds it.
    pub fn open(folder: &Path) -> anyhow::Result<Self> {
        let path = folder.join(SETTINGS_FILE);
        if !path.exists() {
            return Err(bad_input(format!(
                "{} is no member's folder (there is no {SETTINGS_FILE}): make it with `aftercare exchange join`",
                folder.display()
            )));
        }
        let lock = held(folder)?;
        let bytes = bytes_of(&path, MEMBER_FILE_BYTES_MAX)?;
        let settings: MemberSettings = serde_json::from_slice(&bytes)
            .map_err(|error| bad_input(format!("{}: {error}", path.display())))?;
        let name = format!("member-{}", settings.member.0);
        let key = key_of(&folder.join(KEY_FILE), &name)?;
        Ok(Self {
            folder: folder.to_owned(),
            settings,
            key,
            _lock: lock,
        })
    }

    /// The member.
    pub fn id(&self) -> MemberId {
        self.settings.member
    }

    /// Its seat, to be founded or admitted with.
    pub fn seat(&self) -> Seat {
        Seat {
            member: self.settings.member,
            group: self.settings.group,
            key: MemberKey::of(&self.key),
        }
    }

    /// Settles which list it reads. A list that was read stays the one.
    ///
    /// # Errors
    /// Bad input: keys that are none, or another list than before.
    pub fn settle(&mut self, operator: OperatorSettings) -> anyhow::Result<()> {
        keys_of(&operator)?;
        let is_other = self
            .settings
            .operator
            .as_ref()
            .is_some_and(|before| before.log != operator.log);
        if is_other && self.folder.join(CHECKPOINT_FILE).exists() {
            return Err(bad_input(format!(
                "{} holds a copy of another list: join with a folder of its own",
                self.folder.display()
            )));
        }
        self.settings.operator = Some(operator);
        let path = self.folder.join(SETTINGS_FILE);
        replace(&path, &serde_json::to_vec_pretty(&self.settings)?)
            .with_context(|| path.display().to_string())
    }

    /// Which list it reads.
    ///
    /// # Errors
    /// Bad input when it has not joined.
    pub fn operator(&self) -> anyhow::Result<&OperatorSettings> {
        self.settings.operator.as_ref().ok_or_else(|| {
            bad_input(format!(
                "{} has not joined an exchange: `aftercare exchange join` with --url and --log",
                self.folder.display()
            ))
        })
    }

    /// The kept copy, ready to be matched with. It passes over what this member has disputed and not told yet.
    ///
    /// # Errors
    /// A copy that is not the one that was signed: it is of no use, and is read anew once the two files are taken away.
    pub fn replica(&self) -> anyhow::Result<Replica> {
        let (log, witnesses) = keys_of(self.operator()?)?;
        let mut replica = Replica::new(log, witnesses, self.operator()?.quorum);
        let kept = self.kept()?;
        if let Some(checkpoint) = &kept.checkpoint {
            replica
                .restore(kept.text.lines(), checkpoint)
                .with_context(|| {
                    format!(
                        "{}: the copy of the list does NOT hold; take {ENTRIES_FILE} and {CHECKPOINT_FILE} away and synchronize again",
                        self.folder.display()
                    )
                })?;
        }
        for (_, waiting) in self.waiting()? {
            if let What::Disputed { item, .. } = waiting.what {
                replica.pass_over(item);
            }
        }
        Ok(replica)
    }

    fn kept(&self) -> anyhow::Result<Kept> {
        let (entries, checkpoint) = (
            self.folder.join(ENTRIES_FILE),
            self.folder.join(CHECKPOINT_FILE),
        );
        if !checkpoint.exists() {
            return Ok(Kept {
                text: String::new(),
                checkpoint: None,
            });
        }
        let note = std::fs::read_to_string(&checkpoint)
            .with_context(|| checkpoint.display().to_string())?;
        let (log, _) = keys_of(self.operator()?)?;
        let signed = aftercare_ledger::Checkpoint::open(&note, &[log])
            .with_context(|| checkpoint.display().to_string())?;
        let bytes = std::fs::read(&entries).with_context(|| entries.display().to_string())?;
        let wanted = usize::try_from(signed.size).unwrap_or(usize::MAX);
        // What lies behind the checkpoint was not all there when the power went.
        let end = match wanted {
            0 => 0,
            wanted => bytes
                .iter()
                .enumerate()
                .filter(|(_, byte)| **byte == b'\n')
                .nth(wanted - 1)
                .map_or(bytes.len(), |(at, _)| at + 1),
        };
        let text = String::from_utf8(bytes[..end].to_vec())
            .with_context(|| entries.display().to_string())?;
        Ok(Kept {
            text,
            checkpoint: Some(note),
        })
    }

    /// The file of entries, at the end of those that count.
    fn entries_from(&self, bytes: u64) -> std::io::Result<File> {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false);
        private(&mut options);
        let mut file = options.open(self.folder.join(ENTRIES_FILE))?;
        file.set_len(bytes)?;
        file.seek(SeekFrom::End(0))?;
        Ok(file)
    }

    /// Puts the checkpoint in place that the entries now reach.
    fn reach(&self, entries: &File, checkpoint: &str) -> std::io::Result<()> {
        entries.sync_all()?;
        replace(&self.folder.join(CHECKPOINT_FILE), checkpoint.as_bytes())
    }

    /// What waits to be delivered, oldest first, with its file.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn waiting(&self) -> anyhow::Result<Vec<(PathBuf, Waiting)>> {
        let folder = self.folder.join(WAITING_FOLDER);
        let mut paths = files_of(&folder)?;
        paths.sort_unstable();
        paths
            .into_iter()
            .map(|path| {
                let bytes = bytes_of(&path, MEMBER_FILE_BYTES_MAX)?;
                let waiting = serde_json::from_slice(&bytes)
                    .map_err(|error| bad_input(format!("{}: {error}", path.display())))?;
                Ok((path, waiting))
            })
            .collect()
    }

    /// Keeps an act that is to be delivered.
    ///
    /// # Errors
    /// When too many wait, or it cannot be kept.
    pub fn add(&self, what: What) -> anyhow::Result<PathBuf> {
        let folder = self.folder.join(WAITING_FOLDER);
        let names = files_of(&folder)?;
        if names.len() >= WAITING_MAX {
            return Err(bad_input(format!(
                "{}: {WAITING_MAX} acts wait; synchronize first",
                folder.display()
            )));
        }
        let last = names.iter().filter_map(|path| number_of(path)).max();
        let path = folder.join(format!("{:020}.json", last.unwrap_or(0) + 1));
        let waiting = Waiting { what, act: None };
        replace(&path, &serde_json::to_vec(&waiting)?)
            .with_context(|| path.display().to_string())?;
        Ok(path)
    }

    /// The place up to which items were compared with own photos.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn looked_to(&self) -> anyhow::Result<u64> {
        let path = self.folder.join(LOOKED_FILE);
        match std::fs::read_to_string(&path) {
            Ok(text) => text
                .trim()
                .parse()
                .map_err(|_| bad_input(format!("{}: a number expected", path.display()))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(0),
            Err(error) => Err(error).with_context(|| path.display().to_string()),
        }
    }

    /// Items that this member has disputed before, whatever became of that, and those whose dispute waits.
    ///
    /// # Errors
    /// A copy that cannot be read.
    pub fn disputed(&self) -> anyhow::Result<BTreeSet<u64>> {
        let mut items = BTreeSet::new();
        let mut add = |what: &What| {
            if let What::Disputed { by, item } = what
                && *by == self.settings.member
            {
                items.insert(*item);
            }
        };
        for text in self.kept()?.text.lines() {
            let entry = Entry::from_bytes(text.as_bytes())
                .map_err(|error| anyhow::anyhow!("{ENTRIES_FILE}: {error}"))?;
            add(&entry.what);
        }
        for (_, waiting) in self.waiting()? {
            add(&waiting.what);
        }
        Ok(items)
    }

    /// Remembers it, once what was found is on the disk.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn looked(&self, place: u64) -> anyhow::Result<()> {
        let path = self.folder.join(LOOKED_FILE);
        replace(&path, format!("{place}\n").as_bytes()).with_context(|| path.display().to_string())
    }

    /// The number that the next act has.
    fn next_number(&self, replica: &Replica) -> anyhow::Result<u64> {
        let receipts = files_of(&self.folder.join(RECEIPTS_FOLDER))?;
        let last = receipts.iter().filter_map(|path| number_of(path)).max();
        let acted = replica.register().acted(self.settings.member);
        Ok(acted.max(last.unwrap_or(0)) + 1)
    }

    /// Sends the oldest act that waits; none where nothing does.
    ///
    /// # Errors
    /// [`Unreached`] when the operator could not be reached or did not keep it: it waits. Everything else is a fault.
    pub async fn deliver(
        &self,
        remote: &Remote,
        replica: &Replica,
    ) -> anyhow::Result<Option<(PathBuf, Fared)>> {
        let Some((path, mut waiting)) = self.waiting()?.into_iter().next() else {
            return Ok(None);
        };
        let (log, _) = keys_of(self.operator()?)?;
        let act = match waiting.act {
            Some(act) => act,
            None => {
                let number = self.next_number(replica)?;
                let act = Act::sign(&self.key, log.name(), number, &waiting.what)?;
                waiting.act = Some(act);
                replace(&path, &serde_json::to_vec(&waiting)?)
                    .with_context(|| path.display().to_string())?;
                act
            }
        };
        let request = ActRequest {
            what: waiting.what,
            act,
        };
        match remote.post("v1/acts", &request).await? {
            Ok(body) => {
                let receipt: Receipt = serde_json::from_str(&body)
                    .with_context(|| format!("the operator's receipt: {}", beginning(&body)))?;
                let place = receipt
                    .verify(&log, &request)
                    .context("the operator's receipt does NOT hold")?;
                let kept = self
                    .folder
                    .join(RECEIPTS_FOLDER)
                    .join(format!("{:020}.json", act.number));
                replace(&kept, body.as_bytes()).with_context(|| kept.display().to_string())?;
                std::fs::remove_file(&path).with_context(|| path.display().to_string())?;
                let fared = Fared::Entered {
                    place,
                    number: act.number,
                };
                Ok(Some((path, fared)))
            }
            Err(problem) => {
                anyhow::ensure!(
                    problem.rule != "number",
                    "{}: another command acts with this member's key elsewhere, or the list was not read to its end: synchronize again",
                    problem.detail
                );
                let kept = serde_json::json!({
                    "what": request.what,
                    "rule": problem.rule,
                    "why": problem.detail,
                    "at_s": now_s(),
                });
                // Its number is the next act's, since the operator has not taken it.
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                let refused = self
                    .folder
                    .join(REFUSED_FOLDER)
                    .join(format!("{}-{name}", now_s()));
                replace(&refused, &serde_json::to_vec_pretty(&kept)?)
                    .with_context(|| refused.display().to_string())?;
                std::fs::remove_file(&path).with_context(|| path.display().to_string())?;
                let fared = Fared::Refused {
                    rule: problem.rule,
                    why: problem.detail,
                };
                Ok(Some((path, fared)))
            }
        }
    }

    /// Reads what is new in the list; answers how many entries.
    ///
    /// # Errors
    /// [`Unreached`]: the copy is as before. A list that does not hold is a fault, and the copy is as before, too.
    pub async fn read(&self, remote: &Remote, replica: &mut Replica) -> anyhow::Result<u64> {
        let (log, _) = keys_of(self.operator()?)?;
        let before = replica.cursor();
        let not_kept = || self.folder.join(ENTRIES_FILE).display().to_string();
        let mut file = self
            .entries_from(self.kept()?.text.len() as u64)
            .with_context(not_kept)?;
        loop {
            let request = ReadRequest::sign(
                &self.key,
                log.name(),
                self.settings.member,
                replica.cursor(),
                now_s(),
            );
            let body = remote
                .post("v1/list", &request)
                .await?
                .map_err(|problem| anyhow::anyhow!("{}: {}", problem.rule, problem.detail))?;
            let page: Page = serde_json::from_str(&body)
                .map_err(|error| anyhow::anyhow!("the operator's page: {error}"))?;
            let left = replica
                .take(&page, now_s())
                .context("the list does NOT hold, and the copy of before is kept")?;
            let mut lines = page.entries.join("\n");
            if !lines.is_empty() {
                lines.push('\n');
            }
            file.write_all(lines.as_bytes()).with_context(not_kept)?;
            if left == 0 {
                self.reach(&file, &page.checkpoint).with_context(not_kept)?;
                return Ok(replica.cursor() - before);
            }
            anyhow::ensure!(
                !page.entries.is_empty(),
                "the operator sends an empty page of a list that has more"
            );
        }
    }
}

/// The JSON files of a folder.
fn files_of(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    let entries = std::fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    for entry in entries {
        let path = entry.with_context(|| folder.display().to_string())?.path();
        if path.extension().is_some_and(|ending| ending == "json") {
            paths.push(path);
        }
    }
    Ok(paths)
}

fn number_of(path: &Path) -> Option<u64> {
    path.file_stem()?.to_str()?.parse().ok()
}

/// The operator could not be reached, or did not keep what it was sent.
#[derive(Debug)]
pub struct Unreached(String);

impl std::fmt::Display for Unreached {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the operator did not do this: {}", self.0)
    }
}

impl std::error::Error for Unreached {}

/// What the operator says no with (RFC 9457).
#[derive(Debug, Clone, Deserialize)]
pub struct Problem {
    /// The rule.
    pub rule: String,
    /// What it says.
    pub detail: String,
}

/// The operator, from outside.
pub struct Remote {
    client: Client,
    base: String,
}

impl Remote {
    /// The operator at an address.
    ///
    /// # Errors
    /// When no connection could be made at all.
    pub fn new(url: &str, networks: &NetworkArgs) -> anyhow::Result<Self> {
        let settings = Settings {
            allowed: networks.allow_network.clone(),
            ..Settings::default()
        };
        Ok(Self {
            client: Client::new(&settings).map_err(anyhow::Error::msg)?,
            base: url.trim_end_matches('/').to_owned(),
        })
    }

    /// Posts JSON; the inner error is the operator's own no.
    ///
    /// # Errors
    /// [`Unreached`]; bad input for an address that is none.
    pub async fn post(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> anyhow::Result<Result<String, Problem>> {
        let body = serde_json::to_vec(body)?;
        let headers = [("content-type", "application/json")];
        self.ask(ObjectMethod::Post, path, &headers, body).await
    }

    /// Reads something.
    ///
    /// # Errors
    /// As [`Remote::post`].
    pub async fn get(&self, path: &str) -> anyhow::Result<Result<String, Problem>> {
        self.ask(ObjectMethod::Get, path, &[], Vec::new()).await
    }

    async fn ask(
        &self,
        method: ObjectMethod,
        path: &str,
        headers: &[(&'static str, &str)],
        body: Vec<u8>,
    ) -> anyhow::Result<Result<String, Problem>> {
        let target: Target = format!("{}/{path}", self.base)
            .parse()
            .map_err(|error| bad_input(format!("{}: {error}", self.base)))?;
        let answer = self
            .client
            .object(method, &target, headers, body)
            .await
            .map_err(|error| Unreached(error.to_string()))?;
        let text = String::from_utf8(answer.body)
            .map_err(|_| Unreached("its answer is not text".to_owned()))?;
        if answer.cut {
            return Err(Unreached("its answer is too long".to_owned()).into());
        }
        match answer.status {
            200 => Ok(Ok(text)),
            400..=499 if answer.status != 408 && answer.status != 429 => {
                match serde_json::from_str::<Problem>(&text) {
                    Ok(problem) => Ok(Err(problem)),
                    Err(_) => {
                        Err(
                            Unreached(format!("status {}: {}", answer.status, beginning(&text)))
                                .into(),
                        )
                    }
                }
            }
            status => Err(Unreached(format!("status {status}: {}", beginning(&text))).into()),
        }
    }
}

fn beginning(text: &str) -> String {
    text.chars()
        .take(ANSWER_CHARS_MAX)
        .map(|character| {
            if character.is_control() {
                ' '
            } else {
                character
            }
        })
        .collect()
}
