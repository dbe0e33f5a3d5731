//! A walk over the whole ledger of items, for tables and sums.

use crate::app::App;
use crate::error::AppError;
use crate::limits::{IMPORT_ROWS_MAX, WARRANTY_ROWS_PER_READ};
use aftercare_domain::ids::TenantId;
use aftercare_store::rows::WarrantyEntryRow;
use std::ops::ControlFlow;

impl App {
    /// Hands on every entry of the ledger, some read at a time, until `take` has enough.
    pub(super) async fn each_entry(
        &self,
        tenant: TenantId,
        mut take: impl FnMut(WarrantyEntryRow) -> Result<ControlFlow<()>, AppError> + Send,
    ) -> Result<(), AppError> {
        let mut after = String::new();
        loop {
            let most = WARRANTY_ROWS_PER_READ;
            let rows = self.store().warranty_entries(tenant, &after, most).await?;
            let Some(last) = rows.last() else {
                return Ok(());
            };
            after.clone_from(&last.source);
            for row in rows {
                if take(row)?.is_break() {
                    return Ok(());
                }
            }
        }
    }
}

/// Goes on as long as no more was gathered than a file takes, and one beyond, by which it is refused.
pub(super) const fn up_to_a_file(gathered: usize) -> ControlFlow<()> {
    if gathered > IMPORT_ROWS_MAX {
        ControlFlow::Break(())
    } else {
        ControlFlow::Continue(())
    }
}
