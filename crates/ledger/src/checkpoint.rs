//! Checkpoints: the size and root of the log, signed (C2SP `tlog-checkpoint`).

use crate::limits::{MAX_CHECKPOINT_EXTENSIONS, MAX_TREE_SIZE};
use crate::note;
use crate::{Hash, LedgerError, SigningKey, VerifierKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::fmt::Write as _;

const CHECKPOINT: &str = "checkpoint";

/// What a log says of itself at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The name of the log; equal to the name of its key.
    pub origin: String,
    /// Leaves of the tree.
    pub size: u64,
    /// The root over all leaves.
    pub root: Hash,
    /// Further lines, each not empty; opaque to the log's monitors, so normally none.
    pub extensions: Vec<String>,
}

impl Checkpoint {
    /// Signs the checkpoint and answers the whole note.
    ///
    /// # Errors
    /// [`LedgerError::Malformed`] when the origin is not the name of the key, when the size is
    /// beyond the limit, or when an extension line is empty or has a control character.
    pub fn sign(&self, key: &SigningKey) -> Result<String, LedgerError> {
        if self.origin != key.name() {
            return Err(LedgerError::malformed(
                CHECKPOINT,
                1,
                format!(
                    "the origin is {}, the key is that of {}",
                    self.origin,
                    key.name()
                ),
            ));
        }
        if self.size > MAX_TREE_SIZE {
            return Err(LedgerError::malformed(
                CHECKPOINT,
                2,
                "the size is beyond the limit",
            ));
        }
        check_extensions(self.extensions.iter().map(String::as_str))?;
        Ok(note::sign(&self.text(), key))
    }

    /// Opens a signed checkpoint.
    ///
    /// The log's own key, the one whose name is the origin, must be given and must have signed;
    /// every other given key (a witness) that appears must verify too; unknown keys are passed
    /// over.
    ///
    /// # Errors
    /// [`LedgerError::Malformed`] with the line that is wrong, [`LedgerError::BadSignature`],
    /// [`LedgerError::NotSigned`].
    pub fn open(note: &str, keys: &[VerifierKey]) -> Result<Self, LedgerError> {
        Self::open_cosigned(note, keys).map(|(checkpoint, _)| checkpoint)
    }

    /// Opens a signed checkpoint as [`Checkpoint::open`] does, and says which of the given witnesses
    /// have cosigned it.
    ///
    /// # Errors
    /// As [`Checkpoint::open`].
    pub fn open_cosigned<'k>(
        note: &str,
        keys: &'k [VerifierKey],
    ) -> Result<(Self, Vec<&'k VerifierKey>), LedgerError> {
        let (text, mut signers) = note::open(note, keys)?;
        let checkpoint = Self::parse(text)?;
        let of_the_log = |key: &VerifierKey| !key.is_witness() && key.name() == checkpoint.origin;
        if !signers.iter().any(|key| of_the_log(key)) {
            return Err(LedgerError::NotSigned {
                origin: checkpoint.origin,
            });
        }
        signers.retain(|key| key.is_witness());
        Ok((checkpoint, signers))
    }

    /// The origin that a signed checkpoint names; nothing vouches for it yet.
    ///
    /// # Errors
    /// [`LedgerError::Malformed`] when the text is no checkpoint.
    pub fn claimed_origin(note: &str) -> Result<String, LedgerError> {
        let (text, _) = note::open(note, &[])?;
        Self::parse(text).map(|checkpoint| checkpoint.origin)
    }

    /// The line with which a witness says that it saw this checkpoint at `seconds` since 1970. Only
    /// for a checkpoint that was opened and found consistent with all that the witness saw before.
    #[must_use]
    pub fn cosign(&self, key: &SigningKey, seconds: u64) -> String {
        note::cosign(&self.text(), key, seconds)
    }

    /// The text that is signed.
    fn text(&self) -> String {
        let mut text = format!(
            "{}\n{}\n{}\n",
            self.origin,
            self.size,
            STANDARD.encode(self.root.as_bytes())
        );
        for line in &self.extensions {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{line}");
        }
        text
    }

    fn parse(text: &str) -> Result<Self, LedgerError> {
        let malformed = |line, why: &str| LedgerError::malformed(CHECKPOINT, line, why);
        let text = text
            .strip_suffix('\n')
            .ok_or_else(|| malformed(1, "the text does not end with a newline"))?;
        let mut lines = text.split('\n');
        let origin = lines
            .next()
            .filter(|line| !line.is_empty())
            .ok_or_else(|| malformed(1, "the origin is empty"))?;
        let size = lines
            .next()
            .ok_or_else(|| malformed(2, "the size is missing"))?;
        let size = parse_decimal(size)
            .filter(|size| *size <= MAX_TREE_SIZE)
            .ok_or_else(|| {
                malformed(2, "the size is not a decimal number without leading zeros")
            })?;
        let root = lines
            .next()
            .ok_or_else(|| malformed(3, "the root is missing"))?;
        let root =
            parse_hash(root).ok_or_else(|| malformed(3, "the root is not 32 bytes in base64"))?;
        let extensions: Vec<String> = lines.map(str::to_owned).collect();
        check_extensions(extensions.iter().map(String::as_str))?;
        Ok(Self {
            origin: origin.to_owned(),
            size,
            root,
            extensions,
        })
    }
}

fn check_extensions<'a>(lines: impl ExactSizeIterator<Item = &'a str>) -> Result<(), LedgerError> {
    if lines.len() > MAX_CHECKPOINT_EXTENSIONS {
        let why = format!("more than {MAX_CHECKPOINT_EXTENSIONS} extension lines");
        return Err(LedgerError::malformed(CHECKPOINT, 4, why));
    }
    for (number, line) in lines.enumerate() {
        if line.is_empty() || line.contains(|c: char| c < ' ') {
            let why = "an extension line is empty or has a control character";
            return Err(LedgerError::malformed(CHECKPOINT, 4 + number, why));
        }
    }
    Ok(())
}

/// A decimal number in its only accepted form: ASCII digits, no leading zero.
pub(crate) fn parse_decimal(text: &str) -> Option<u64> {
    let number: u64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

/// 32 bytes in standard base64.
pub(crate) fn parse_hash(text: &str) -> Option<Hash> {
    let bytes: [u8; 32] = STANDARD.decode(text).ok()?.try_into().ok()?;
    Some(Hash(bytes))
}
