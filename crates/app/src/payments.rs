//! Paying what was authorized, and booking what customers paid. The provider is an adapter; the default one appends an
//! instruction to a file that the shop's finance desk carries out, and a booking to another that it holds against the till.

use aftercare_domain::event::Means;
use aftercare_domain::ids::{CaseId, ClaimId, OrderId, PaymentId, WorkOrderId};
use aftercare_domain::{Fen, Timestamp};
use aftercare_store::COLLECTED_FILE;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
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

/// What is booked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Entry {
    /// A customer paid for finished work.
    Paid,
    /// The customer says that it never was: the booking of it counts no more.
    Struck,
    /// Money of a payment went back.
    GivenBack,
}

/// Something to be booked. Entry and payment are the idempotency key: asked twice, it is booked once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Booking {
    pub entry: Entry,
    pub payment: PaymentId,
    pub case: CaseId,
    pub work_order: WorkOrderId,
    /// How much, never below zero.
    pub amount: Fen,
    /// How it was paid; none for what went back.
    pub means: Option<Means>,
    /// When it was written down.
    pub at: Timestamp,
}

/// A booking as the provider knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Booked {
    /// The provider's reference.
    pub reference: String,
    pub entry: Entry,
    pub payment: PaymentId,
    pub amount: Fen,
}

/// Pays refunds, and books what customers pay.
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

    /// Books what a customer paid, or what became of it, once, and gives the provider's reference.
    ///
    /// # Errors
    /// [`PaymentError`] when it was not booked; it will be tried again.
    fn book(&self, booking: &Booking) -> Result<String, PaymentError>;

    /// Everything that was booked, for reconciliation, in the order it was.
    ///
    /// # Errors
    /// [`PaymentError`] when the provider cannot be asked.
    fn booked(&self) -> Result<Vec<Booked>, PaymentError>;
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

/// A line of the file of bookings.
#[derive(Serialize, Deserialize)]
struct BookedLine {
    reference: String,
    entry: Entry,
    payment: PaymentId,
    case: CaseId,
    work_order: WorkOrderId,
    amount_fen: Fen,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    means: Option<Means>,
    at: String,
}

/// Writes down once what has a reference: a line, its reference and its amount.
fn once<L: Serialize + serde::de::DeserializeOwned>(
    path: &Path,
    line: &L,
    (reference, amount): (String, Fen),
    of: impl Fn(&L) -> (&str, Fen),
) -> Result<String, PaymentError> {
    let failed = |error: std::io::Error| PaymentError(error.to_string());
    let (lines, torn) = lines_of::<L>(path)?;
    // Asked again after a crash between the file and the event: the line is already there.
    if let Some((_, there)) = lines.iter().map(of).find(|(known, _)| *known == reference) {
        if there == amount {
            // Whoever wrote it may have died before it was durable, and the event that follows would be.
            crate::files::sync_with_name(path).map_err(failed)?;
            return Ok(reference);
        }
        return Err(PaymentError(format!(
            "{reference} was already instructed for {} fen, not {}",
            there.0, amount.0
        )));
    }
    let line = serde_json::to_string(line).map_err(|error| PaymentError(error.to_string()))?;
    let before = if torn { "\n" } else { "" };
    crate::files::append_private(path, format!("{before}{line}\n").as_bytes()).map_err(failed)?;
    Ok(reference)
}

/// The whole lines of a file, and whether a torn one follows them: a process that died while it
/// wrote left no instruction, and nobody carries out half of one.
fn lines_of<L: serde::de::DeserializeOwned>(path: &Path) -> Result<(Vec<L>, bool), PaymentError> {
    let text = match std::fs::read_to_string(path) {
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
}

impl Payments for FilePayments {
    fn pay(&self, payment: &Payment) -> Result<String, PaymentError> {
        let _guard = self
            .lock
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let _alone = self.alone()?;
        let reference = format!("FILE-{}", payment.claim.0.simple());
        let line = Line {
            reference: reference.clone(),
            case: payment.case,
            claim: payment.claim,
            order: payment.order,
            amount_fen: payment.amount,
            at: payment.at.to_china_text(),
        };
        once(&self.path, &line, (reference, payment.amount), |line| {
            (line.reference.as_str(), line.amount_fen)
        })
    }

    fn made(&self) -> Result<Vec<Made>, PaymentError> {
        let _guard = self
            .lock
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let (lines, _) = lines_of::<Line>(&self.path)?;
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

    fn book(&self, booking: &Booking) -> Result<String, PaymentError> {
        let _guard = self
            .lock
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let _alone = self.alone()?;
        let kind = match booking.entry {
            Entry::Paid => "PAID",
            Entry::Struck => "STRUCK",
            Entry::GivenBack => "BACK",
        };
        let reference = format!("{kind}-{}", booking.payment.0.simple());
        let line = BookedLine {
            reference: reference.clone(),
            entry: booking.entry,
            payment: booking.payment,
            case: booking.case,
            work_order: booking.work_order,
            amount_fen: booking.amount,
            means: booking.means,
            at: booking.at.to_china_text(),
        };
        // Beside the instructions, so that nobody carries a booking out.
        let path = self.path.with_file_name(COLLECTED_FILE);
        once(&path, &line, (reference, booking.amount), |line| {
            (line.reference.as_str(), line.amount_fen)
        })
    }

    fn booked(&self) -> Result<Vec<Booked>, PaymentError> {
        let _guard = self
            .lock
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let (lines, _) = lines_of::<BookedLine>(&self.path.with_file_name(COLLECTED_FILE))?;
        Ok(lines
            .into_iter()
            .map(|line| Booked {
                reference: line.reference,
                entry: line.entry,
                payment: line.payment,
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
    fn a_booking_is_made_once_and_beside_the_instructions() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("payments.jsonl");
        let booking = |entry, amount| Booking {
            entry,
            payment: PaymentId(Uuid::from_u128(7)),
            case: CaseId(Uuid::from_u128(1)),
            work_order: WorkOrderId(Uuid::from_u128(3)),
            amount: Fen(amount),
            means: Some(Means::Cash),
            at: Timestamp(0),
        };
        for entry in [Entry::Paid, Entry::Paid, Entry::Struck] {
            // A new process every time.
            let payments = FilePayments::new(path.clone());
            payments.book(&booking(entry, 8_000)).unwrap();
        }
        let payments = FilePayments::new(path.clone());
        payments.book(&booking(Entry::Paid, 8_001)).unwrap_err();
        let booked = payments.booked().unwrap();
        let entries: Vec<_> = booked.iter().map(|one| one.entry).collect();
        assert_eq!(entries, [Entry::Paid, Entry::Struck]);
        assert!(!path.exists(), "nobody carries a booking out");
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
