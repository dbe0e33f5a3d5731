//! A tally of rows that was lost or damaged: nothing opens for writing then, as it should, for nobody can say any more whether
//! rows were taken away. Whoever has the keys may take the rows as they stand, once each of them was verified, and the log
//! says that it was done.

use super::apply::apply_unit;
use super::checked::Rows;
use super::writer::Tip;
use super::{Link, check_count, check_size, head_of, load_frontier, projections};
use crate::directory::LogSize;
use crate::error::StoreError;
use crate::types::{RowsReport, Unit};
use aftercare_domain::AuditEvent;
use aftercare_vault::RowKey;
use std::path::Path;

/// Makes the tally again and appends `act`, in one transaction, in a directory that the caller holds alone.
pub(crate) async fn reseal<L: Link>(
    link: &mut L,
    directory: &Path,
    key: &RowKey,
    act: AuditEvent,
) -> Result<RowsReport, StoreError> {
    check_count(link).await?;
    link.begin().await?;
    let done = made(link, directory, key, act).await;
    let (report, size) = match done {
        Ok(done) => done,
        Err(error) => {
            // Its own error does not matter beside this one.
            let _ = link.run("ROLLBACK", Vec::new()).await;
            return Err(error);
        }
    };
    link.run("COMMIT", Vec::new()).await?;
    size.write(directory)?;
    Ok(report)
}

async fn made<L: Link>(
    link: &mut L,
    directory: &Path,
    key: &RowKey,
    act: AuditEvent,
) -> Result<(RowsReport, LogSize), StoreError> {
    let frontier = load_frontier(link).await?;
    let kept = check_size(directory, link, &frontier).await?;
    let rows = Rows::resealed(link, key, kept).await?;
    let rebuilt = projections::rebuild(link, false).await?;
    if let Some(difference) = rebuilt.differences.first() {
        return Err(StoreError::corrupt(
            "the projections",
            format!("{difference} does not follow from the events"),
        ));
    }
    link.check_structure().await?;
    let report = RowsReport {
        rows: rows.count(),
        cases: rebuilt.cases,
    };
    let mut tip = Tip { frontier, rows };
    let unit = Unit {
        audit: vec![act],
        ..Unit::default()
    };
    apply_unit(link, &unit, &mut tip).await?;
    let head = head_of(&tip.frontier);
    let size = LogSize {
        size: head.size,
        root: head.root,
        changes: tip.rows.changes(),
    };
    Ok((report, size))
}
