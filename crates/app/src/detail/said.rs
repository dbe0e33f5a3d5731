//! What comes with an entry of a case's history, and which of them are not for everybody.

use super::Reader;
use crate::error::AppError;
use crate::principal::Principal;
use crate::views::{AlikeDetail, EvidenceDetail, InvoiceDetail};
use aftercare_domain::Role;
use aftercare_domain::case::WorkOrder;
use aftercare_domain::event::{Body, Escalation, PaymentStep};

impl Reader<'_> {
    /// Photos and voice notes of a message.
    pub(super) fn files_of(&self, body: &Body) -> Vec<EvidenceDetail> {
        let Body::StatementAdded { files, .. } = body else {
            return Vec::new();
        };
        let known = files
            .iter()
            .filter_map(|file| self.case.evidence.get(&file.evidence));
        known
            .map(|evidence| self.evidence_detail(evidence))
            .collect()
    }

    /// The invoice that the customer asked for.
    pub(super) fn invoice(&self, order: &WorkOrder) -> Option<InvoiceDetail> {
        order
            .invoice
            .filter(|_| self.reads_invoices())
            .map(|invoice| InvoiceDetail {
                at: invoice.at,
                sent: invoice.sent,
            })
    }

    /// Whether the reader asked for the invoice or sends it: to whom it is made out is nobody else's to know.
    fn reads_invoices(&self) -> bool {
        matches!(self.principal, Principal::Claimant { .. })
            || self.principal.has(Role::Agent)
            || self.principal.has(Role::Dispatcher)
    }

    /// What is on an invoice, its number, and what was written down with a payment, for whoever may read it.
    pub(super) fn invoice_text(&self, body: &Body) -> Result<Option<String>, AppError> {
        let sealed = match body {
            Body::InvoiceRequested { details, .. } => details,
            Body::InvoiceSent { number, .. } => number,
            Body::CustomerPayment { step, .. } => match step {
                PaymentStep::Paid {
                    reference: Some(words),
                    ..
                }
                | PaymentStep::GivenBack { reason: words, .. }
                | PaymentStep::LetGo { reason: words, .. } => words,
                PaymentStep::Paid { .. } | PaymentStep::Answered { .. } => return Ok(None),
            },
            _ => return Ok(None),
        };
        if !self.reads_invoices() {
            return Ok(None);
        }
        Ok(Some(self.key.open_or_say(sealed)?))
    }

    /// Whether the reader compares photos of finished work: until a person has, a likeness is nobody else's to know.
    pub(super) fn compares(&self) -> bool {
        self.principal.has(Role::Dispatcher)
    }

    /// Photos of finished work that are like earlier ones, for whom compares them.
    pub(super) fn alike(&self, order: &WorkOrder) -> Vec<AlikeDetail> {
        let photos = order.alike.iter().filter(|_| self.compares());
        photos
            .map(|photo| AlikeDetail {
                evidence: photo.evidence,
                number: self.number(photo.evidence),
                earlier: photo.earlier,
                case: photo.case,
                case_number: crate::numbers::case_number(photo.case),
                same_file: photo.same_file,
            })
            .collect()
    }
}

/// Whether an event is about photos of finished work that are like earlier ones.
pub(super) const fn is_of_a_comparison(body: &Body) -> bool {
    matches!(
        body,
        Body::WorkPhotosAlike { .. }
            | Body::WorkPhotosCompared { .. }
            | Body::DispatcherCalled {
                why: Escalation::PhotosAlike,
                ..
            }
    )
}
