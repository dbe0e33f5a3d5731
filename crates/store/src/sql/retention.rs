//! What ends by itself: people, clips, photos and texts of cases, and what a party reads a case with, whose time is over. Whether
//! that is so is looked at again in the transaction that ends them, for a case may have gone on, or a hold may have been placed,
//! since they were listed.

use super::checked::{Rows, column_of};
use super::persons::SHRED;
use super::projections::page;
use super::statements::rows;
use super::{Backend, Link, Sees, SqlStore};
use crate::error::StoreError;
use crate::rows::{CaseEndRow, ErasureRequestRow, LegalHoldRow};
use crate::traits::Retention;
use crate::types::{CasePart, Cursor, ListPage, OverdueClip, Write};
use crate::value::{Column, Value};
use aftercare_domain::Timestamp;
use aftercare_domain::ids::{CaseId, PersonId, TenantId};
use async_trait::async_trait;

/// Everything about the person of a row ended before `$3`, and nothing is held: no case of theirs, nor of an order that they
/// bought, is open or ended later; no order of theirs is younger. Whoever applied to be a technician ends with the application.
const PERSON_IS_OVER: &str = "wrapped_key IS NOT NULL AND created_at <= $3 AND NOT EXISTS (SELECT 1 FROM case_view v WHERE v.claimant = persons.id AND (v.closed = 0 OR v.updated_at > $3)) AND NOT EXISTS (SELECT 1 FROM orders o WHERE o.buyer = persons.id AND (o.paid_at > $3 OR o.delivered_at > $3 OR EXISTS (SELECT 1 FROM case_view v WHERE v.order_id = o.id AND (v.closed = 0 OR v.updated_at > $3 OR EXISTS (SELECT 1 FROM legal_holds h WHERE h.\"case\" = v.case_id AND h.released_at IS NULL))))) AND NOT EXISTS (SELECT 1 FROM case_view v JOIN legal_holds h ON h.\"case\" = v.case_id WHERE v.claimant = persons.id AND h.released_at IS NULL) AND NOT EXISTS (SELECT 1 FROM calls c WHERE c.person = persons.id AND (c.saved_at > $3 AND coalesce(c.outcome, '') NOT IN ('answered', 'lapsed') OR c.done_at IS NULL AND c.due_at IS NOT NULL)) AND NOT EXISTS (SELECT 1 FROM applications a WHERE a.person = persons.id)";

/// A row is a clip that is there, of a case that ended before `$3` and is not held.
const CLIP_IS_OVER: &str = "clip IS NOT NULL AND expired_at IS NULL AND created_at <= $3 AND EXISTS (SELECT 1 FROM case_view v WHERE v.case_id = evidence_blobs.\"case\" AND v.closed = 1 AND v.updated_at <= $3) AND NOT EXISTS (SELECT 1 FROM legal_holds h WHERE h.\"case\" = evidence_blobs.\"case\" AND h.released_at IS NULL)";

/// A case ended before `$2` and is not held.
const CASE_IS_OVER: &str = "v.closed = 1 AND v.updated_at <= $2 AND NOT EXISTS (SELECT 1 FROM legal_holds h WHERE h.\"case\" = v.case_id AND h.released_at IS NULL)";

/// There is such a part of a case, and it has not ended.
fn is_left(part: CasePart) -> String {
    let sql = match part {
        // Of a case of before parties had wraps of their own there is the tenant's alone.
        CasePart::Reading(party) => {
            return format!(
                "NOT EXISTS (SELECT 1 FROM case_ends e WHERE e.\"case\" = v.case_id AND e.part = '{}') AND EXISTS (SELECT 1 FROM case_keys k WHERE k.\"case\" = v.case_id)",
                party.name()
            );
        }
        CasePart::Photos => {
            "NOT EXISTS (SELECT 1 FROM case_ends e WHERE e.\"case\" = v.case_id AND e.part = 'photos') AND EXISTS (SELECT 1 FROM evidence_blobs b WHERE b.\"case\" = v.case_id)"
        }
        CasePart::Texts => {
            "NOT EXISTS (SELECT 1 FROM case_ends e WHERE e.\"case\" = v.case_id AND e.part = 'texts') AND (EXISTS (SELECT 1 FROM case_ends e WHERE e.\"case\" = v.case_id AND e.part = 'photos') OR NOT EXISTS (SELECT 1 FROM evidence_blobs b WHERE b.\"case\" = v.case_id))"
        }
    };
    sql.to_owned()
}

/// The tenant of a case of which that part is there, and may end.
async fn tenant_of<L: Link>(
    link: &mut L,
    case: CaseId,
    part: CasePart,
    ended_before: Option<Timestamp>,
) -> Result<TenantId, StoreError> {
    let found = match ended_before {
        Some(before) => {
            let sql = format!(
                "SELECT v.tenant FROM case_view v WHERE v.case_id = $1 AND {CASE_IS_OVER} AND {}",
                is_left(part)
            );
            link.read(sql, vec![case.to_value(), before.to_value()])
                .await?
        }
        // Put back by a backup: whatever is left of it goes.
        None => {
            let sql = "SELECT v.tenant FROM case_view v WHERE v.case_id = $1 AND NOT EXISTS (SELECT 1 FROM case_ends e WHERE e.\"case\" = v.case_id AND e.part = $2)";
            let values = vec![case.to_value(), part.name().to_owned().to_value()];
            link.read(sql, values).await?
        }
    };
    let tenant = found.into_iter().flatten().next();
    TenantId::from_value(tenant.ok_or(StoreError::Used)?)
}

/// Ends a part of a case.
async fn end<L: Link>(
    link: &mut L,
    rows: &mut Rows,
    ended: CaseEndRow,
    part: CasePart,
    blobs: &[String],
) -> Result<(), StoreError> {
    let case = || vec![ended.case.to_value()];
    match part {
        CasePart::Photos => {
            // Nothing is found by an index of nothing.
            rows.change(
                link,
                "evidence_blobs",
                "UPDATE evidence_blobs SET expired_at = coalesce(expired_at, $2), preview_blob = NULL, copy_blob = NULL, marks_sealed = NULL, exact_index = $3 WHERE \"case\" = $1",
                vec![
                    ended.case.to_value(),
                    ended.ended_at.to_value(),
                    [0_u8; 32].to_value(),
                ],
            )
            .await?;
            for name in blobs {
                let sql = "DELETE FROM blobs WHERE name = $1";
                rows.remove(link, "blobs", sql, vec![name.to_value()])
                    .await?;
            }
            let sql = "DELETE FROM fingerprints WHERE \"case\" = $1";
            rows.remove(link, "fingerprints", sql, case()).await?;
        }
        CasePart::Reading(party) => {
            let sql = "DELETE FROM case_keys WHERE \"case\" = $1 AND party = $2";
            let values = vec![ended.case.to_value(), party.name().to_owned().to_value()];
            rows.remove(link, "case_keys", sql, values).await?;
        }
        CasePart::Texts => {
            let sql = "DELETE FROM case_keys WHERE \"case\" = $1";
            rows.remove(link, "case_keys", sql, case()).await?;
        }
    }
    rows.upsert(link, &ended).await
}

pub(super) async fn change<L: Link>(
    link: &mut L,
    rows: &mut Rows,
    write: &Write,
) -> Result<(), StoreError> {
    match write {
        Write::ExpirePerson {
            person,
            at,
            ended_before,
        } => {
            let ended = rows
                .change(
                    link,
                    "persons",
                    &format!("{SHRED} WHERE id = $1 AND {PERSON_IS_OVER}"),
                    vec![person.to_value(), at.to_value(), ended_before.to_value()],
                )
                .await?;
            if ended.is_empty() {
                return Err(StoreError::Used);
            }
            let sql = "DELETE FROM preferences WHERE who = $1";
            rows.remove(link, "preferences", sql, vec![person.to_value()])
                .await?;
            let sql = "DELETE FROM customers WHERE person = $1";
            rows.remove(link, "customers", sql, vec![person.to_value()])
                .await?;
        }
        Write::ExpireClip {
            evidence,
            at,
            ended_before,
        } => {
            let ended = rows
                .change(
                    link,
                    "evidence_blobs",
                    &format!(
                        "UPDATE evidence_blobs SET expired_at = $2 WHERE evidence = $1 AND {CLIP_IS_OVER}"
                    ),
                    vec![evidence.to_value(), at.to_value(), ended_before.to_value()],
                )
                .await?;
            let Some(row) = ended.into_iter().next() else {
                return Err(StoreError::Used);
            };
            for column in ["blob", "copy_blob"] {
                let name = row[column_of("evidence_blobs", column)?].clone();
                rows.remove(
                    link,
                    "blobs",
                    "DELETE FROM blobs WHERE name = $1",
                    vec![name],
                )
                .await?;
            }
        }
        Write::EndCase {
            case,
            part,
            at,
            ended_before,
            blobs,
        } => {
            let ended = CaseEndRow {
                case: *case,
                part: part.name().to_owned(),
                tenant: tenant_of(link, *case, *part, *ended_before).await?,
                ended_at: *at,
            };
            end(link, rows, ended, *part, blobs).await?;
        }
        _ => {}
    }
    Ok(())
}

#[async_trait]
impl<B: Backend> Retention for SqlStore<B> {
    async fn overdue_persons(
        &self,
        tenant: TenantId,
        ended_before: Timestamp,
        limit: u32,
    ) -> Result<Vec<PersonId>, StoreError> {
        let sql = format!(
            "SELECT id FROM persons WHERE tenant = $1 AND {PERSON_IS_OVER} ORDER BY created_at, id LIMIT $2"
        );
        let values = vec![tenant.to_value(), limit.to_value(), ended_before.to_value()];
        let found = self.read(Sees::Tenant(tenant), sql, values).await?;
        found
            .into_iter()
            .flatten()
            .map(PersonId::from_value)
            .collect()
    }

    async fn overdue_clips(
        &self,
        tenant: TenantId,
        ended_before: Timestamp,
        limit: u32,
    ) -> Result<Vec<OverdueClip>, StoreError> {
        let sql = format!(
            "SELECT evidence, \"case\", blob, copy_blob FROM evidence_blobs WHERE tenant = $1 AND {CLIP_IS_OVER} ORDER BY created_at, evidence LIMIT $2"
        );
        let values = vec![tenant.to_value(), limit.to_value(), ended_before.to_value()];
        let found = self.read(Sees::Tenant(tenant), sql, values).await?;
        found
            .into_iter()
            .map(|row| {
                let mut row = row.into_iter();
                let mut next = || row.next().unwrap_or(Value::Null);
                Ok(OverdueClip {
                    evidence: Column::from_value(next())?,
                    case: Column::from_value(next())?,
                    blobs: std::iter::once(Some(String::from_value(next())?))
                        .chain([Option::<String>::from_value(next())?])
                        .flatten()
                        .collect(),
                })
            })
            .collect()
    }

    async fn overdue_cases(
        &self,
        tenant: TenantId,
        part: CasePart,
        ended_before: Timestamp,
        after: Option<Cursor>,
        limit: u32,
    ) -> Result<ListPage<CaseId>, StoreError> {
        let mut values = vec![tenant.to_value(), ended_before.to_value()];
        let mut from = "";
        if let Some(after) = after {
            values.extend([Value::Int(after.key), after.id.to_value()]);
            from = " AND (v.updated_at > $3 OR (v.updated_at = $3 AND v.case_id > $4))";
        }
        let sql = format!(
            "SELECT v.case_id, v.updated_at FROM case_view v WHERE v.tenant = $1 AND {CASE_IS_OVER} AND {}{from} ORDER BY v.updated_at, v.case_id LIMIT {}",
            is_left(part),
            u64::from(limit) + 1
        );
        let found = self.read(Sees::Tenant(tenant), sql, values).await?;
        let cases = found
            .into_iter()
            .map(|row| {
                let mut row = row.into_iter();
                let mut next = || row.next().unwrap_or(Value::Null);
                let case = CaseId::from_value(next())?;
                Ok((case, Timestamp::from_value(next())?))
            })
            .collect::<Result<Vec<_>, StoreError>>()?;
        let found = page(cases, limit, |(case, ended_at)| Cursor {
            key: ended_at.0,
            id: case.0,
        });
        Ok(ListPage {
            items: found.items.into_iter().map(|(case, _)| case).collect(),
            next: found.next,
        })
    }

    async fn case_ends(&self, case: CaseId) -> Result<Vec<CaseEndRow>, StoreError> {
        rows(
            &mut *self.backend.reader(Sees::ByKey).await?,
            "WHERE \"case\" = $1 ORDER BY part",
            vec![case.to_value()],
        )
        .await
    }

    async fn legal_holds(&self, case: CaseId) -> Result<Vec<LegalHoldRow>, StoreError> {
        rows(
            &mut *self.backend.reader(Sees::ByKey).await?,
            "WHERE \"case\" = $1 ORDER BY placed_at",
            vec![case.to_value()],
        )
        .await
    }

    async fn erasure_requests(&self, case: CaseId) -> Result<Vec<ErasureRequestRow>, StoreError> {
        rows(
            &mut *self.backend.reader(Sees::ByKey).await?,
            "WHERE \"case\" = $1 ORDER BY asked_at",
            vec![case.to_value()],
        )
        .await
    }

    async fn due_erasures(
        &self,
        tenant: TenantId,
        by: Timestamp,
        limit: u32,
    ) -> Result<Vec<ErasureRequestRow>, StoreError> {
        rows(
            &mut *self.backend.reader(Sees::Tenant(tenant)).await?,
            "WHERE tenant = $1 AND next_at <= $2 AND cancelled_at IS NULL AND done_at IS NULL ORDER BY next_at, \"case\" LIMIT $3",
            vec![tenant.to_value(), by.to_value(), limit.to_value()],
        )
        .await
    }
}
