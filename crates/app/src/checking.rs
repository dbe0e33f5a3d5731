//! A receipt, or the hash of one step, held against the log: what an outsider asks who has nothing but that. Entries of the log
//! are salted commitments and public, so that the answer says nothing about anybody.

use crate::app::App;
use crate::error::AppError;
use crate::limits::RECEIPT_BYTES_MAX;
use aftercare_ledger::{Hash, LedgerError, ProofFile, leaf_hash};

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It leads to what the log has signed, and the log still has it in its place.
    Held,
    /// It is in the log, and no checkpoint that is published holds it yet.
    NotSigned,
    /// No key of this log, nor of one that it goes on from, has signed it.
    SignedByOthers,
    /// It does not lead to what was signed: something in it was changed.
    Changed,
    /// This log has signed it, and has something else in its place now, or ends before it.
    Gone,
    /// The log has something else in that place, or ends before it.
    NotThere,
}

impl Verdict {
    /// Every one.
    pub const ALL: [Self; 6] = [
        Self::Held,
        Self::NotSigned,
        Self::SignedByOthers,
        Self::Changed,
        Self::Gone,
        Self::NotThere,
    ];

    /// Its name in words of pages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::NotSigned => "not_signed",
            Self::SignedByOthers => "signed_by_others",
            Self::Changed => "changed",
            Self::Gone => "gone",
            Self::NotThere => "not_there",
        }
    }
}

/// What was checked, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    pub verdict: Verdict,
    /// Number of the step in the log.
    pub seq: u64,
    /// Hash of its leaf, in hexadecimal digits.
    pub leaf: String,
    /// Entries of the checkpoint that holds it, and the name of the log that signed it.
    pub signed: Option<(u64, String)>,
}

fn not_a_receipt(zh: &str, en: &str) -> AppError {
    AppError::invalid(
        "text",
        "not_a_receipt",
        format!(
            "这不是我们的凭证（.tlog-proof 文件）：{zh}。请把文件原样选上，或把全部内容原样粘贴。"
        ),
        format!(
            "This is not a receipt (a .tlog-proof file): {en}. Please choose the file as it is, or paste all of it as it is."
        ),
    )
}

impl App {
    /// Holds a receipt against the log as it stands. Lines may end as a browser or an editor ends them. Public.
    ///
    /// # Errors
    /// `Invalid` for what is no receipt, and what the store says.
    pub async fn check_receipt(&self, text: &str) -> Result<Checked, AppError> {
        if text.len() > RECEIPT_BYTES_MAX {
            return Err(not_a_receipt("太长", "it is too long"));
        }
        let text = format!("{}\n", text.replace("\r\n", "\n").trim());
        let file: ProofFile = text
            .parse()
            .map_err(|error: LedgerError| not_a_receipt("格式不对", &error.to_string()))?;
        let entry = file
            .extra
            .as_deref()
            .ok_or_else(|| not_a_receipt("里面没有 extra 一行", "it has no line `extra`"))?;
        let leaf = leaf_hash(entry);
        let seq = file.index.saturating_add(1);
        let (verdict, signed) = match file.verify(&leaf, &self.log_verifiers()?) {
            Ok(checkpoint) => {
                let is_there = self.leaf_at(seq).await? == Some(leaf);
                let verdict = if is_there {
                    Verdict::Held
                } else {
                    Verdict::Gone
                };
                (verdict, Some((checkpoint.size, checkpoint.origin)))
            }
            Err(LedgerError::NotSigned { .. }) => (Verdict::SignedByOthers, None),
            Err(error @ LedgerError::Malformed { .. }) => {
                return Err(not_a_receipt("格式不对", &error.to_string()));
            }
            Err(_) => (Verdict::Changed, None),
        };
        Ok(Checked {
            verdict,
            seq,
            leaf: leaf.to_string(),
            signed,
        })
    }

    /// Holds the hash of a step, as pages show it, against what the log has in that place. Public.
    ///
    /// # Errors
    /// `Invalid` for what is no hash, and what the store says.
    pub async fn check_hash(&self, seq: u64, hash: &str) -> Result<Checked, AppError> {
        let hash: Hash = hash.trim().to_ascii_lowercase().parse().map_err(|_| {
            AppError::invalid(
                "hash",
                "not_a_hash",
                "哈希应为 64 位十六进制数字，在提交后的页面和日志页上可以找到。",
                "A hash has 64 hexadecimal digits; the page after a report and the page of the log show it.",
            )
        })?;
        let published = self.published().await?;
        let found = self.leaf_at(seq).await?;
        let signed = published.filter(|published| published.size >= seq);
        let verdict = match (found == Some(hash), &signed) {
            (false, _) => Verdict::NotThere,
            (true, None) => Verdict::NotSigned,
            (true, Some(_)) => Verdict::Held,
        };
        let of_log = |size| (size, self.log_key().name().to_owned());
        Ok(Checked {
            verdict,
            seq,
            leaf: hash.to_string(),
            signed: signed
                .filter(|_| verdict == Verdict::Held)
                .map(|published| of_log(published.size)),
        })
    }

    async fn leaf_at(&self, seq: u64) -> Result<Option<Hash>, AppError> {
        if seq == 0 || seq > self.log_size().await? {
            return Ok(None);
        }
        Ok(Some(Hash(self.event_at(seq).await?.leaf)))
    }
}
