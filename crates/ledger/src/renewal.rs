//! A log that goes on under another key: after a backup was put back, the log is shorter than what was witnessed of it, and no
//! witness may ever cosign it again under the old key. A renewal says so, signed by both keys (C2SP `signed-note`): which
//! log it was, how much of it is left, what was last witnessed of it, and why. It is the first leaf that is written under
//! the new key, and whoever followed the old log can hold it against what he saw.

use crate::checkpoint::{parse_decimal, parse_hash};
use crate::limits::MAX_TREE_SIZE;
use crate::{Hash, LedgerError, SigningKey, VerifierKey, commitment, note};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;

const RENEWAL: &str = "renewal of a log";
/// No origin of a log: those have no spaces, so that this can never be taken for a checkpoint.
const TITLE: &str = "aftercare log renewal v1";
const FORMAT: &str = "aftercare renewed log 1";

/// Leaves and root of a log at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// Leaves.
    pub size: u64,
    /// Root over them.
    pub root: Hash,
}

/// Why a log goes on under another key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RenewalReason {
    /// A backup was put back, and the log is not the continuation of what was witnessed.
    Restored,
    /// Somebody else may have the old key.
    KeyExposed,
}

impl RenewalReason {
    /// Every reason.
    pub const ALL: [Self; 2] = [Self::Restored, Self::KeyExposed];

    /// The stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Restored => "restored",
            Self::KeyExposed => "key-exposed",
        }
    }

    /// The reason of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.name() == name)
    }
}

/// What a renewal says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Renewal {
    /// The key under which the log was signed until then.
    pub old: VerifierKey,
    /// The key under which it is signed from then on.
    pub new: VerifierKey,
    /// What of the old log is left: the leaves before the renewal.
    pub kept: Extent,
    /// The last state of the old log that outsiders hold, as far as the operator knows.
    pub witnessed: Option<Extent>,
    /// Why.
    pub reason: RenewalReason,
}

impl Renewal {
    fn text(&self) -> String {
        let mut text = format!("{TITLE}\nold {}\nnew {}\n", self.old, self.new);
        let mut line = |name: &str, extent: &Extent| {
            let root = STANDARD.encode(extent.root.as_bytes());
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{name} {} {root}", extent.size);
        };
        line("kept", &self.kept);
        if let Some(witnessed) = &self.witnessed {
            line("witnessed", witnessed);
        }
        let _ = writeln!(text, "reason {}", self.reason.name());
        text
    }

    fn parse(text: &str) -> Result<Self, LedgerError> {
        let malformed = |line, why: &str| LedgerError::malformed(RENEWAL, line, why);
        let mut lines = text
            .strip_suffix('\n')
            .ok_or_else(|| malformed(1, "the text does not end with a newline"))?
            .split('\n')
            .zip(1..)
            .peekable();
        if lines.next().is_none_or(|(line, _)| line != TITLE) {
            return Err(malformed(1, &format!("“{TITLE}” expected")));
        }
        let mut part = |name: &'static str, optional: bool| {
            let prefix = format!("{name} ");
            match lines.next_if(|(line, _)| line.starts_with(&prefix)) {
                Some((line, at)) => Ok(Some((&line[prefix.len()..], at))),
                None if optional => Ok(None),
                None => {
                    let at = lines.peek().map_or(1, |(_, at)| *at);
                    Err(malformed(at, &format!("“{name}” expected")))
                }
            }
        };
        let key = |found: Option<(&str, usize)>| -> Result<VerifierKey, LedgerError> {
            let (text, at) = found.unwrap_or_default();
            let key: VerifierKey = text
                .parse()
                .map_err(|error: LedgerError| malformed(at, &error.to_string()))?;
            match key.is_witness() {
                true => Err(malformed(at, "this is the key of a witness")),
                false => Ok(key),
            }
        };
        let extent = |(text, at): (&str, usize)| -> Result<Extent, LedgerError> {
            text.split_once(' ')
                .and_then(|(size, root)| {
                    Some(Extent {
                        size: parse_decimal(size).filter(|size| *size <= MAX_TREE_SIZE)?,
                        root: parse_hash(root)?,
                    })
                })
                .ok_or_else(|| malformed(at, "a size and a root in base64 expected"))
        };
        let old = key(part("old", false)?)?;
        let new = key(part("new", false)?)?;
        let kept = extent(part("kept", false)?.unwrap_or_default())?;
        let witnessed = part("witnessed", true)?.map(extent).transpose()?;
        let (reason, at) = part("reason", false)?.unwrap_or_default();
        let reason = RenewalReason::from_name(reason)
            .ok_or_else(|| malformed(at, "this reason is not known here"))?;
        if lines.next().is_some() {
            return Err(malformed(at + 1, "nothing is expected after the reason"));
        }
        if old.name() == new.name() {
            let why = "a log goes on under another name: witnesses remember logs by it";
            return Err(malformed(3, why));
        }
        Ok(Self {
            old,
            new,
            kept,
            witnessed,
            reason,
        })
    }

    /// Signs it with both keys and answers the whole note.
    ///
    /// # Errors
    /// [`LedgerError::Key`] when they are not the keys that it names.
    pub fn sign(&self, old: &SigningKey, new: &SigningKey) -> Result<String, LedgerError> {
        if old.verifier() != self.old || new.verifier() != self.new {
            let why = "a renewal is signed with the two keys that it names";
            return Err(LedgerError::Key(why.to_owned()));
        }
        let text = self.text();
        let by_new = note::sign(&text, new);
        let line = &by_new[text.len() + 1..];
        Ok(format!("{}{line}", note::sign(&text, old)))
    }

    /// Opens a renewal that both of its keys have signed. Whether they are the keys that one knows is for the reader.
    ///
    /// # Errors
    /// [`LedgerError::Malformed`], [`LedgerError::BadSignature`], [`LedgerError::NotSigned`] where a signature is missing.
    pub fn open(signed: &str) -> Result<Self, LedgerError> {
        let (text, _) = note::open(signed, &[])?;
        let renewal = Self::parse(text)?;
        let keys = [renewal.old.clone(), renewal.new.clone()];
        let (_, signers) = note::open(signed, &keys)?;
        for key in &keys {
            if !signers.contains(&key) {
                return Err(LedgerError::NotSigned {
                    origin: key.name().to_owned(),
                });
            }
        }
        Ok(renewal)
    }

    /// Refuses a renewal that hides something from whoever saw the old log at `seen`.
    ///
    /// # Errors
    /// In words, what it does not say.
    pub fn admits(&self, seen: &Extent) -> Result<(), String> {
        let Some(witnessed) = &self.witnessed else {
            return Err(format!(
                "the renewal does not say what was last witnessed of {}, and {} leaves of it were seen",
                self.old.name(),
                seen.size
            ));
        };
        if witnessed.size < seen.size {
            return Err(format!(
                "the renewal says that {} was last witnessed with {} leaves, and {} were seen",
                self.old.name(),
                witnessed.size,
                seen.size
            ));
        }
        for extent in [witnessed, &self.kept] {
            if extent.size == seen.size && extent.root != seen.root {
                return Err(format!(
                    "the renewal tells another root of {} leaves of {} than was seen",
                    seen.size,
                    self.old.name()
                ));
            }
        }
        Ok(())
    }
}

/// The renewal of a log as it is published: the note, and what opens the leaf that holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RenewedLog {
    format: String,
    /// The signed note.
    pub note: String,
    /// The bytes that the leaf commits to, in base64.
    stored: String,
    /// The salt of the commitment.
    salt: Hash,
}

impl RenewedLog {
    /// The renewal `note` in the event whose leaf commits to `stored` under `salt`.
    #[must_use]
    pub fn new(note: String, stored: &[u8], salt: [u8; 32]) -> Self {
        Self {
            format: FORMAT.to_owned(),
            note,
            stored: STANDARD.encode(stored),
            salt: Hash(salt),
        }
    }

    /// The renewal, and the entry of the log that it stands in. Its place is the first one after what was kept.
    ///
    /// # Errors
    /// What [`Renewal::open`] refuses; an event that does not hold this note.
    pub fn open(&self) -> Result<(Renewal, [u8; 32]), LedgerError> {
        #[derive(Deserialize)]
        struct Stored {
            body: Body,
        }
        #[derive(Deserialize)]
        struct Body {
            r#type: String,
            note: String,
        }
        let wrong = |why: &str| LedgerError::malformed(RENEWAL, 1, why);
        if self.format != FORMAT {
            return Err(wrong(&format!("its format is not “{FORMAT}”")));
        }
        let renewal = Renewal::open(&self.note)?;
        let stored = STANDARD
            .decode(&self.stored)
            .map_err(|_| wrong("the stored event is not base64"))?;
        let payload = stored
            .iter()
            .position(|byte| *byte == b'\n')
            .map(|at| &stored[at + 1..])
            .unwrap_or_default();
        let event: Stored =
            serde_json::from_slice(payload).map_err(|_| wrong("the stored event is no renewal"))?;
        if event.body.r#type != "log_renewed.v1" || event.body.note != self.note {
            return Err(wrong("the stored event is not the one of this note"));
        }
        Ok((renewal, commitment(self.salt.as_bytes(), &stored)))
    }
}
