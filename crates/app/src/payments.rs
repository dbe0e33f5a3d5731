//! Paying what was authorized. The provider is an adapter; the default one appends an instruction
//! to a file that the shop's finance desk carries out.

use aftercare_domain::ids::{CaseId, ClaimId, OrderId};
use aftercare_domain::{Fen, Timestamp};
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

/// Pays refunds.
pub trait Payments: Send + Sync {
    /// Pays once for the claim and gives the provider's reference.
    ///
    /// # Errors
    /// [`PaymentError`] when it was not paid; it will be tried again.
    fn pay(&self, payment: &Payment) -> Result<String, PaymentError>;
}

/// Appends instructions to a file, one JSON line each.
#[derive(Debug)]
pub struct FilePayments {
    path: PathBuf,
    lock: Mutex<()>,
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
}

impl Payments for FilePayments {
    fn pay(&self, payment: &Payment) -> Result<String, PaymentError> {
        let _guard = self
            .lock
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let reference = format!("FILE-{}", payment.claim.0.simple());
        // Asked again after a crash between the file and the event: the line is already there.
        let there = match std::fs::read_to_string(&self.path) {
            Ok(text) => text.contains(&reference),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => false,
            Err(error) => return Err(PaymentError(error.to_string())),
        };
        if !there {
            let line = serde_json::json!({
                "reference": reference,
                "case": payment.case,
                "claim": payment.claim,
                "order": payment.order,
                "amount_fen": payment.amount,
                "at": payment.at.to_china_text(),
            });
            crate::files::append_private(&self.path, format!("{line}\n").as_bytes())
                .map_err(|error| PaymentError(error.to_string()))?;
        }
        Ok(reference)
    }
}
