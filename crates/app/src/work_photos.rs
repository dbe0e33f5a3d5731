//! Whether a photo of finished work was seen before: for another visit, or as somebody else's file. A dispatcher is told and
//! compares; no finding is made, and nothing follows by itself.

use crate::app::App;
use crate::engine::Side;
use crate::error::AppError;
use aftercare_domain::command::Command;
use aftercare_domain::evidence::EvidenceKind;
use aftercare_domain::ids::{CaseId, EvidenceId, TenantId, WorkOrderId};

impl App {
    /// Looks whether the technician's photos of finished work are like earlier ones, and records those that are. Done again,
    /// it records nothing new.
    ///
    /// # Errors
    /// What the store says.
    pub(crate) async fn compare_photos(
        &self,
        tenant: TenantId,
        case: CaseId,
        work_order: WorkOrderId,
        side: Side,
    ) -> Result<(), AppError> {
        let state = self.load(case).await?;
        let order = state
            .work_orders
            .get(&work_order)
            .ok_or_else(|| AppError::not_found("这次维修", "repair"))?;
        if order.inspects.is_some() {
            // What a technician saw for a claim is held against the claim's photos, and told with them.
            return Err(aftercare_domain::refusals::no_photos_alike().into());
        }
        // Another process may have taken them in, a moment ago.
        self.learn_photos(tenant, case).await?;
        let pieces = order
            .evidence
            .iter()
            .filter_map(|id| state.evidence.get(id));
        let finished: Vec<EvidenceId> = pieces
            .filter(|piece| piece.party.is_none() && piece.added_at == order.done_at)
            // Signatures are alike, and say nothing about the work.
            .filter(|piece| piece.file.kind != EvidenceKind::CustomerSignature)
            .map(|piece| piece.file.evidence)
            .collect();
        let mut photos = Vec::new();
        for evidence in &finished {
            photos.extend(self.seen_before(tenant, case, *evidence, &finished).await?);
        }
        self.run(case, side, |_| {
            Ok(if photos.is_empty() {
                Vec::new()
            } else {
                vec![Command::RecordAlikePhotos {
                    work_order,
                    photos: photos.clone(),
                }]
            })
        })
        .await
        .map(|_| ())
    }
}
