//! Packing records: found by their order, and ended by themselves when everything about the order is over. Whether that is so is
//! looked at again in the transaction that ends them, for a case may have come, or a hold may have been placed, since they were
//! listed.

use super::checked::{Rows, column_of};
use super::statements::rows;
use super::{Backend, Link, Sees, SqlStore};
use crate::error::StoreError;
use crate::rows::{PackingPieceRow, PackingRecordRow};
use crate::traits::Packing;
use crate::types::{OverduePacking, OverduePackingClip, PackingAct, Write};
use crate::value::{Column, Value};
use aftercare_domain::Timestamp;
use aftercare_domain::ids::{OrderId, PackingId, PackingPieceId, TenantId};
use async_trait::async_trait;

/// Everything about the order of a record ended before `$3`, and nothing is held: it was packed, paid and delivered before, and
/// no case about it is open, ended later or is held.
const RECORD_IS_OVER: &str = "packing_records.expired_at IS NULL AND coalesce(packing_records.ended_at, packing_records.begun_at) <= $3 AND NOT EXISTS (SELECT 1 FROM orders o WHERE o.id = packing_records.\"order\" AND (o.paid_at > $3 OR o.delivered_at > $3)) AND NOT EXISTS (SELECT 1 FROM case_view v WHERE v.order_id = packing_records.\"order\" AND (v.closed = 0 OR v.updated_at > $3 OR EXISTS (SELECT 1 FROM legal_holds h WHERE h.\"case\" = v.case_id AND h.released_at IS NULL))) AND NOT EXISTS (SELECT 1 FROM claim_view c JOIN case_view v ON v.case_id = c.case_id WHERE c.order_id = packing_records.\"order\" AND (v.closed = 0 OR v.updated_at > $3 OR EXISTS (SELECT 1 FROM legal_holds h WHERE h.\"case\" = v.case_id AND h.released_at IS NULL)))";

/// A piece is a clip that is there.
const IS_CLIP: &str = "packing_pieces.clip IS NOT NULL AND packing_pieces.expired_at IS NULL";

pub(super) async fn change<L: Link>(
    link: &mut L,
    rows: &mut Rows,
    write: &Write,
) -> Result<(), StoreError> {
    match write {
        Write::ExpirePackingClip {
            piece,
            at,
            ended_before,
        } => {
            let sql = format!(
                "UPDATE packing_pieces SET expired_at = $2 WHERE id = $1 AND {IS_CLIP} AND EXISTS (SELECT 1 FROM packing_records WHERE packing_records.id = packing_pieces.record AND {RECORD_IS_OVER})"
            );
            let values = vec![piece.to_value(), at.to_value(), ended_before.to_value()];
            let ended = rows.change(link, "packing_pieces", &sql, values).await?;
            let Some(row) = ended.into_iter().next() else {
                return Err(StoreError::Used);
            };
            for column in ["blob", "copy_blob"] {
                let name = row[column_of("packing_pieces", column)?].clone();
                forget_blob(link, rows, name).await?;
            }
        }
        Write::ExpirePacking {
            record,
            at,
            ended_before,
        } => {
            let sql = format!(
                "UPDATE packing_records SET expired_at = $2, sealed = NULL WHERE id = $1 AND {RECORD_IS_OVER}"
            );
            let values = vec![record.to_value(), at.to_value(), ended_before.to_value()];
            if rows
                .change(link, "packing_records", &sql, values)
                .await?
                .is_empty()
            {
                return Err(StoreError::Used);
            }
            for name in blobs_of(link, *record).await? {
                forget_blob(link, rows, name.to_value()).await?;
            }
            rows.remove(
                link,
                "packing_pieces",
                "DELETE FROM packing_pieces WHERE record = $1",
                vec![record.to_value()],
            )
            .await?;
        }
        _ => {}
    }
    Ok(())
}

async fn forget_blob<L: Link>(
    link: &mut L,
    rows: &mut Rows,
    name: Value,
) -> Result<(), StoreError> {
    let sql = "DELETE FROM blobs WHERE name = $1";
    rows.remove(link, "blobs", sql, vec![name]).await?;
    Ok(())
}

/// Every sealed file of a record.
async fn blobs_of<L: Link>(link: &mut L, record: PackingId) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT blob, copy_blob, preview_blob FROM packing_pieces WHERE record = $1 ORDER BY number";
    let found = link.read(sql, vec![record.to_value()]).await?;
    let names = found
        .into_iter()
        .flatten()
        .map(Option::<String>::from_value);
    Ok(names
        .collect::<Result<Vec<_>, _>>()?
        .into_iter()
        .flatten()
        .collect())
}

#[async_trait]
impl<B: Backend> Packing for SqlStore<B> {
    async fn packing_record(&self, id: PackingId) -> Result<Option<PackingRecordRow>, StoreError> {
        let mut link = self.backend.reader(Sees::ByKey).await?;
        let found = rows(&mut *link, "WHERE id = $1", vec![id.to_value()]).await?;
        Ok(found.into_iter().next())
    }

    async fn packing_of_order(&self, order: OrderId) -> Result<Vec<PackingRecordRow>, StoreError> {
        rows(
            &mut *self.backend.reader(Sees::ByKey).await?,
            "WHERE \"order\" = $1 ORDER BY begun_at, id",
            vec![order.to_value()],
        )
        .await
    }

    async fn latest_packing(
        &self,
        tenant: TenantId,
        limit: u32,
    ) -> Result<Vec<PackingRecordRow>, StoreError> {
        rows(
            &mut *self.backend.reader(Sees::Tenant(tenant)).await?,
            "WHERE tenant = $1 ORDER BY begun_at DESC, id DESC LIMIT $2",
            vec![tenant.to_value(), limit.to_value()],
        )
        .await
    }

    async fn packing_piece(
        &self,
        id: PackingPieceId,
    ) -> Result<Option<PackingPieceRow>, StoreError> {
        let mut link = self.backend.reader(Sees::ByKey).await?;
        let found = rows(&mut *link, "WHERE id = $1", vec![id.to_value()]).await?;
        Ok(found.into_iter().next())
    }

    async fn packing_pieces(&self, record: PackingId) -> Result<Vec<PackingPieceRow>, StoreError> {
        rows(
            &mut *self.backend.reader(Sees::ByKey).await?,
            "WHERE record = $1 ORDER BY number",
            vec![record.to_value()],
        )
        .await
    }

    async fn packing_acts(
        &self,
        tenant: TenantId,
        at: Timestamp,
    ) -> Result<Vec<PackingAct>, StoreError> {
        let sql = "SELECT seq, leaf, payload FROM events WHERE name IN ('packing_begun.v1', 'packing_ended.v1') AND stream_id = $1 AND at = $2 ORDER BY seq";
        self.read(Sees::Nobody, sql, vec![tenant.to_value(), at.to_value()])
            .await?
            .into_iter()
            .map(|row| {
                let mut row = row.into_iter();
                let mut next = || row.next().unwrap_or(Value::Null);
                Ok(PackingAct {
                    seq: Column::from_value(next())?,
                    leaf: Column::from_value(next())?,
                    event: serde_json::from_slice(&Vec::<u8>::from_value(next())?).map_err(
                        |error| {
                            StoreError::corrupt("an act of packing in the log", error.to_string())
                        },
                    )?,
                })
            })
            .collect()
    }

    async fn overdue_packing_clips(
        &self,
        tenant: TenantId,
        ended_before: Timestamp,
        limit: u32,
    ) -> Result<Vec<OverduePackingClip>, StoreError> {
        let sql = format!(
            "SELECT id, record, blob, copy_blob FROM packing_pieces WHERE tenant = $1 AND {IS_CLIP} AND EXISTS (SELECT 1 FROM packing_records WHERE packing_records.id = packing_pieces.record AND {RECORD_IS_OVER}) ORDER BY added_at, id LIMIT $2"
        );
        let values = vec![tenant.to_value(), limit.to_value(), ended_before.to_value()];
        self.read(Sees::Tenant(tenant), sql, values)
            .await?
            .into_iter()
            .map(|row| {
                let mut row = row.into_iter();
                let mut next = || row.next().unwrap_or(Value::Null);
                Ok(OverduePackingClip {
                    piece: Column::from_value(next())?,
                    record: Column::from_value(next())?,
                    blobs: std::iter::once(Some(String::from_value(next())?))
                        .chain([Option::<String>::from_value(next())?])
                        .flatten()
                        .collect(),
                })
            })
            .collect()
    }

    async fn overdue_packing(
        &self,
        tenant: TenantId,
        ended_before: Timestamp,
        limit: u32,
    ) -> Result<Vec<OverduePacking>, StoreError> {
        let sql = format!(
            "SELECT id FROM packing_records WHERE tenant = $1 AND {RECORD_IS_OVER} ORDER BY begun_at, id LIMIT $2"
        );
        let values = vec![tenant.to_value(), limit.to_value(), ended_before.to_value()];
        let found = self.read(Sees::Tenant(tenant), sql, values).await?;
        let mut link = self.backend.reader(Sees::Tenant(tenant)).await?;
        let mut overdue = Vec::with_capacity(found.len());
        for id in found.into_iter().flatten() {
            let record = PackingId::from_value(id)?;
            overdue.push(OverduePacking {
                record,
                blobs: blobs_of(&mut *link, record).await?,
            });
        }
        Ok(overdue)
    }
}
