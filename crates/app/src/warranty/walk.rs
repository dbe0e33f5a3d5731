//! A walk over the whole ledger of items, for tables and sums.

use crate::app::App;
use crate::error::AppError;
use crate::limits::{IMPORT_ROWS_MAX, WARRANTY_ROWS_PER_READ};
use aftercare_domain::ids::TenantId;
use aftercare_store::rows::WarrantyEntryRow;
use std::ops::ControlFlow;

impl App {
    /// The entries that follow `after`, some at a time, which then stands at the last of them; none when the ledger was read.
    pub(super) async fn next_entries(
        &self,
        tenant: TenantId,
        after: &mut String,
    ) -> Result<Vec<WarrantyEntryRow>, AppError> {
        let most = WARRANTY_ROWS_PER_READ;
        let rows = self.store().warranty_entries(tenant, after, most).await?;
        if let Some(last) = rows.last() {
            after.clone_from(&last.source);
        }
        Ok(rows)
    }

    /// Hands on every entry of the ledger, some read at a time, until `take` has enough.
    pub(super) async fn each_entry(
        &self,
        tenant: TenantId,
        mut take: impl FnMut(WarrantyEntryRow) -> Result<ControlFlow<()>, AppError> + Send,
    ) -> Result<(), AppError> {
        let mut after = String::new();
        loop {
            let rows = self.next_entries(tenant, &mut after).await?;
            if rows.is_empty() {
                return Ok(());
            }
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
