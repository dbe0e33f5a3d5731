//! What comes with an entry of a case's history, and which of them are not for everybody.

use super::Reader;
use crate::views::EvidenceDetail;
use aftercare_domain::event::{Body, Escalation};

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
