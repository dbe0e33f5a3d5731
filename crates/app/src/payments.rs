//! Paying what was authorized. The provider is an adapter; the default one appends an instruction
//! to a file that the shop's finance desk carries out.

use aftercare_domain::ids::{CaseId, ClaimId, OrderId};
use aftercare_domain::{Fen, Timestamp};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::sync::Mutex;

/// One payment to make. The claim's id is the provider's idempotency key: asked twice, a provider
/// pays once and gives the same reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// The case.
    pub case: CaseId,
    /// The claim: the idempotency key.
    pub claim: ClaimId,
    /// The order whose payment goes back.
    pub order: OrderId,
    /// How much.
    pub amount: Fen,
    /// When it was asked.
    pub at: Timestamp,
}

/// Why a payment was not made; the job tries again with the same key.
#[derive(Debug, thiserror::Error)]
#[error("the payment was not made: {0}")]
pub struct PaymentError(pub String);

/// A payment as the provider knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// The provider's reference.
    pub reference: String,
    /// The claim it was made for: the idempotency key.
    pub claim: ClaimId,
    /// The case of the claim.
    pub case: CaseId,
    /// How much.
    pub amount: Fen,
}

/// Pays refunds.
pub trait Payments: Send + Sync {
    /// Pays once for the claim and gives the provider's reference.
    ///
    /// # Errors
    /// [`PaymentError`] when it was not paid; it will be tried again.
    fn pay(&self, payment: &Payment) -> Result<String, PaymentError>;

    /// Every payment that the provider made, for reconciliation, in the order they were made.
    ///
    /// # Errors
    /// [`PaymentError`] when the provider cannot be asked.
    fn made(&self) -> Result<Vec<Made>, PaymentError>;
}

/// Appends instructions to a file, one JSON line each.
#[derive(Debug)]
pub struct FilePayments {
    path: PathBuf,
    lock: Mutex<()>,
}

/// A line of the file.
#[derive(Serialize, Deserialize)]
struct Line {
    reference: String,
    case: CaseId,
    claim: ClaimId,
    order: OrderId,
    amount_fen: Fen,
    at: String,
}

impl FilePayments {
    /// Instructions are appended to `path`.
    #[must_use]
    pub const fn new(path: PathBuf) -> Self {
        Self {
            path,
            lock: Mutex::new(()),
        }
    }

    /// The file for as long as this is held: processes that share the directory look and write one after another, so that
    /// two of them cannot both find that a claim was not instructed.
    fn alone(&self) -> Result<std::fs::File, PaymentError> {
        let failed = |error: std::io::Error| PaymentError(error.to_string());
        let file = crate::files::open_private(&self.path.with_extension("lock")).map_err(failed)?;
        file.lock().map_err(failed)?;
        Ok(file)
    }

    /// The whole lines of the file, and whether a torn one follows them: a process that died while it
    /// wrote left no instruction, and nobody carries out half of one.
    fn lines(&self) -> Result<(Vec<Line>, bool), PaymentError> {
        let text = match std::fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(PaymentError(error.to_string())),
        };
        let torn = !text.is_empty() && !text.ends_with('\n');
        let lines = text
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect();
        Ok((lines, torn))
    }
}

impl Payments for FilePayments {
    fn pay(&self, payment: &Payment) -> Result<String, PaymentError> {
        let _guard = self
            .lock
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let _alone = self.alone()?;
        let reference = format!("FILE-{}", payment.claim.0.simple());
        let (lines, torn) = self.lines()?;
        // Asked again after a crash between the file and the event: the line is already there.
        if let Some(there) = lines.iter().find(|line| line.reference == reference) {
            if there.amount_fen == payment.amount {
                // Whoever wrote it may have died before it was durable, and the event that follows would be.
                crate::files::sync_with_name(&self.path)
                    .map_err(|error| PaymentError(error.to_string()))?;
                return Ok(reference);
            }
            return Err(PaymentError(format!(
                "{reference} was already instructed for {} fen, not {}",
                there.amount_fen.0, payment.amount.0
            )));
        }
        let line = serde_json::to_string(&Line {
            reference: reference.clone(),
            case: payment.case,
            claim: payment.claim,
            order: payment.order,
            amount_fen: payment.amount,
            at: payment.at.to_china_text(),
        })
        .map_err(|error| PaymentError(error.to_string()))?;
        let before = if torn { "\n" } else { "" };
        crate::files::append_private(&self.path, format!("{before}{line}\n").as_bytes())
            .map_err(|error| PaymentError(error.to_string()))?;
        Ok(reference)
    }

    fn made(&self) -> Result<Vec<Made>, PaymentError> {
        let _guard = self
            .lock
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let (lines, _) = self.lines()?;
        Ok(lines
            .into_iter()
            .map(|line| Made {
                reference: line.reference,
                claim: line.claim,
                case: line.case,
                amount: line.amount_fen,
            })
            .collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;
    use uuid::Uuid;

    fn payment(claim: u8, amount: i64) -> Payment {
        Payment {
            case: CaseId(Uuid::from_u128(1)),
            claim: ClaimId(Uuid::from_u128(u128::from(claim))),
            order: OrderId(Uuid::from_u128(2)),
            amount: Fen(amount),
            at: Timestamp(0),
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

        /// However often it is asked, in whatever order, and whoever dies in the middle of a line.
        #[test]
        fn nothing_is_paid_twice(asked in prop::collection::vec((0_u8..4, 0_usize..3, 0_usize..60), 1..30)) {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("payments.jsonl");
            let mut paid = BTreeMap::new();
            for (claim, dies, cut) in asked {
                let before = std::fs::read(&path).unwrap_or_default();
                // A new process every time.
                let payments = FilePayments::new(path.clone());
                let reference = payments.pay(&payment(claim, 6_800 + i64::from(claim))).unwrap();
                let after = std::fs::read(&path).unwrap();
                if dies == 0 && after.len() > before.len() {
                    // It died while it wrote: nobody was told a reference.
                    let kept = before.len() + cut.min(after.len() - before.len() - 1);
                    std::fs::write(&path, &after[..kept]).unwrap();
                } else {
                    paid.insert(claim, reference);
                }
            }
            let made = FilePayments::new(path).made().unwrap();
            let mut seen = BTreeMap::new();
            for one in &made {
                *seen.entry(one.claim).or_insert(0) += 1;
                let claim = u8::try_from(one.claim.0.as_u128()).unwrap();
                prop_assert_eq!(one.amount, Fen(6_800 + i64::from(claim)));
            }
            prop_assert!(seen.values().all(|count| *count == 1), "{:?}", made);
            for reference in paid.values() {
                prop_assert!(made.iter().any(|one| one.reference == *reference));
            }
        }
    }

    #[test]
    fn processes_that_pay_at_once_instruct_each_claim_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("payments.jsonl");
        let start = std::sync::Barrier::new(8);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    // What each process has of its own.
                    let payments = FilePayments::new(path.clone());
                    start.wait();
                    for claim in 0..20 {
                        payments.pay(&payment(claim, 6_800)).unwrap();
                    }
                });
            }
        });
        assert_eq!(FilePayments::new(path).made().unwrap().len(), 20);
    }

    #[test]
    fn a_claim_is_never_paid_another_amount() {
        let folder = tempfile::tempdir().unwrap();
        let payments = FilePayments::new(folder.path().join("payments.jsonl"));
        payments.pay(&payment(1, 6_800)).unwrap();
        let refused = payments.pay(&payment(1, 6_801)).unwrap_err();
        assert!(refused.0.contains("6800"), "{refused}");
        assert_eq!(payments.made().unwrap().len(), 1);
    }
}
