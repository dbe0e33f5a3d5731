//! Applications to be a technician: found by their link, waiting for a person, and ended by themselves. Whether one is over is looked
//! at again in the transaction that ends it.

use super::checked::Rows;
use super::statements::rows;
use super::{Backend, Link, Sees, SqlStore, first};
use crate::error::StoreError;
use crate::rows::ApplicationRow;
use crate::traits::Applications;
use crate::types::Write;
use crate::value::Column as _;
use aftercare_domain::Timestamp;
use aftercare_domain::ids::{ApplicationId, TenantId};
use async_trait::async_trait;

/// Somebody has to look at it: it came, or its refusal was answered.
const WAITS: &str = "(state = 'waiting' OR replied_at IS NOT NULL AND reply_read_at IS NULL AND expired_at IS NULL)";

/// It was decided before `$2`, and nothing of it waits to be read.
const IS_OVER: &str =
    "expired_at IS NULL AND decided_at <= $2 AND (replied_at IS NULL OR reply_read_at IS NOT NULL)";

pub(super) async fn change<L: Link>(
    link: &mut L,
    rows: &mut Rows,
    write: &Write,
) -> Result<(), StoreError> {
    let Write::ExpireApplication {
        application,
        at,
        decided_before,
    } = write
    else {
        return Ok(());
    };
    let found: Vec<ApplicationRow> =
        super::statements::rows(link, "WHERE id = $1", vec![application.to_value()]).await?;
    let sql = format!(
        "UPDATE applications SET expired_at = $3, numbers = NULL, photo_key = NULL, photos = '[]', reason = NULL, reply = NULL WHERE id = $1 AND {IS_OVER}"
    );
    let values = vec![
        application.to_value(),
        decided_before.to_value(),
        at.to_value(),
    ];
    if rows
        .change(link, "applications", &sql, values)
        .await?
        .is_empty()
    {
        return Err(StoreError::Used);
    }
    for name in found.iter().flat_map(|row| &row.photos) {
        let sql = "DELETE FROM blobs WHERE name = $1";
        rows.remove(link, "blobs", sql, vec![name.to_value()])
            .await?;
    }
    Ok(())
}

#[async_trait]
impl<B: Backend> Applications for SqlStore<B> {
    async fn application(&self, id: ApplicationId) -> Result<Option<ApplicationRow>, StoreError> {
        let mut link = self.backend.reader(Sees::ByKey).await?;
        let found = rows(&mut *link, "WHERE id = $1", vec![id.to_value()]).await?;
        Ok(found.into_iter().next())
    }

    async fn application_by_token(
        &self,
        token_hash: &[u8; 32],
    ) -> Result<Option<ApplicationRow>, StoreError> {
        let mut link = self.backend.reader(Sees::ByKey).await?;
        let values = vec![token_hash.to_value()];
        let found = rows(&mut *link, "WHERE token_hash = $1", values).await?;
        Ok(found.into_iter().next())
    }

    async fn applications(
        &self,
        tenant: TenantId,
        limit: u32,
    ) -> Result<Vec<ApplicationRow>, StoreError> {
        let mut link = self.backend.reader(Sees::Tenant(tenant)).await?;
        let order = format!(
            "WHERE tenant = $1 ORDER BY CASE WHEN {WAITS} THEN 0 ELSE 1 END, CASE WHEN {WAITS} THEN filed_at ELSE -filed_at END, id LIMIT $2"
        );
        rows(
            &mut *link,
            &order,
            vec![tenant.to_value(), limit.to_value()],
        )
        .await
    }

    async fn applications_waiting(&self, tenant: TenantId) -> Result<u64, StoreError> {
        let sql = format!("SELECT count(*) FROM applications WHERE tenant = $1 AND {WAITS}");
        let found = self
            .read(Sees::Tenant(tenant), sql, vec![tenant.to_value()])
            .await?;
        u64::from_value(first(found))
    }

    async fn overdue_applications(
        &self,
        tenant: TenantId,
        decided_before: Timestamp,
        limit: u32,
    ) -> Result<Vec<ApplicationRow>, StoreError> {
        let mut link = self.backend.reader(Sees::Tenant(tenant)).await?;
        let rest = format!("WHERE tenant = $1 AND {IS_OVER} ORDER BY decided_at, id LIMIT $3");
        let values = vec![
            tenant.to_value(),
            decided_before.to_value(),
            limit.to_value(),
        ];
        rows(&mut *link, &rest, values).await
    }
}
