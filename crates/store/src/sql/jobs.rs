//! Work that waits: taken on a lease, tried again after a growing pause, finished in the transaction
//! of its effects.

use super::checked::{Rows, column_of};
use super::writer::Request;
use super::{Backend, Link, Sees, SqlStore};
use crate::blobs::{blob_name_of, checked};
use crate::error::StoreError;
use crate::limits::{JOB_BACKOFF_MS, JOB_BACKOFF_MS_MAX, JOB_LEASE_MS};
use crate::traits::{Blobs, Jobs};
use crate::types::{ClaimedJob, JobId, JobKinds, JobRow};
use crate::value::{Column as _, Value};
use aftercare_domain::Timestamp;
use aftercare_domain::ids::CaseId;
use async_trait::async_trait;

/// The table.
const JOBS: &str = "jobs";

pub(super) async fn claim<L: Link>(
    link: &mut L,
    checked: &mut Rows,
    now: Timestamp,
    limit: u32,
    kinds: &JobKinds,
) -> Result<Vec<ClaimedJob>, StoreError> {
    let (kind, sign) = match kinds {
        JobKinds::AllBut(kind) => (kind, "<>"),
        JobKinds::Only(kind) => (kind, "="),
    };
    let sql = format!(
        "WITH due AS (SELECT id FROM jobs WHERE done_at IS NULL AND run_at <= $1 AND (leased_until IS NULL OR leased_until <= $1) AND kind {sign} $4 ORDER BY run_at, id LIMIT $3{}) UPDATE jobs SET leased_until = $2, attempts = attempts + 1 WHERE id IN (SELECT id FROM due)",
        L::SKIP_LOCKED
    );
    let values = vec![
        now.to_value(),
        now.plus_ms(JOB_LEASE_MS).to_value(),
        limit.to_value(),
        kind.to_value(),
    ];
    let column = |name| column_of(JOBS, name);
    let (id, kind) = (column("id")?, column("kind")?);
    let (payload, attempts) = (column("payload")?, column("attempts")?);
    let mut jobs = checked
        .change(link, JOBS, &sql, values)
        .await?
        .into_iter()
        .map(|mut row| {
            let mut take = |at: usize| std::mem::replace(&mut row[at], Value::Null);
            Ok(ClaimedJob {
                id: JobId(i64::from_value(take(id))?),
                kind: String::from_value(take(kind))?,
                payload: serde_json::Value::from_value(take(payload))?,
                attempts: u32::from_value(take(attempts))?,
            })
        })
        .collect::<Result<Vec<_>, StoreError>>()?;
    // RETURNING promises no order; what was queued first is done first.
    jobs.sort_by_key(|job| job.id);
    Ok(jobs)
}

pub(super) async fn fail<L: Link>(
    link: &mut L,
    checked: &mut Rows,
    id: JobId,
    attempts: u32,
    error: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let pause = JOB_BACKOFF_MS
        .saturating_mul(1_i64 << attempts.saturating_sub(1).min(20))
        .min(JOB_BACKOFF_MS_MAX);
    checked
        .change(
            link,
            JOBS,
            "UPDATE jobs SET leased_until = NULL, run_at = $2, last_error = $3 WHERE id = $1 AND done_at IS NULL AND attempts = $4",
            vec![
                Value::Int(id.0),
                now.plus_ms(pause).to_value(),
                error.to_owned().to_value(),
                attempts.to_value(),
            ],
        )
        .await?;
    Ok(())
}

/// Finishes a job; refused when it was finished before, so that its effects happen once. Numbers of
/// jobs are never used again, so one without a key can go; one with a key stays, done, to keep the
/// key from being queued again.
pub(super) async fn complete<L: Link>(
    link: &mut L,
    checked: &mut Rows,
    id: JobId,
) -> Result<(), StoreError> {
    let removed = checked
        .remove(
            link,
            JOBS,
            "DELETE FROM jobs WHERE id = $1 AND done_at IS NULL AND unique_key IS NULL",
            vec![Value::Int(id.0)],
        )
        .await?;
    if removed == 1 {
        return Ok(());
    }
    let touched = checked
        .change(
            link,
            JOBS,
            "UPDATE jobs SET done_at = run_at, leased_until = NULL, last_error = NULL WHERE id = $1 AND done_at IS NULL",
            vec![Value::Int(id.0)],
        )
        .await?;
    if touched.len() == 1 {
        Ok(())
    } else {
        Err(StoreError::Used)
    }
}

#[async_trait]
impl<B: Backend> Jobs for SqlStore<B> {
    async fn claim_jobs(
        &self,
        now: Timestamp,
        limit: u32,
        kinds: JobKinds,
    ) -> Result<Vec<ClaimedJob>, StoreError> {
        // The writer is not asked for nothing.
        let any = self
            .read(
                Sees::Nobody,
                "SELECT id FROM jobs WHERE done_at IS NULL AND run_at <= $1 AND (leased_until IS NULL OR leased_until <= $1) LIMIT 1",
                vec![now.to_value()],
            )
            .await?;
        if any.is_empty() {
            return Ok(Vec::new());
        }
        self.ask(|reply| Request::ClaimJobs(now, limit, kinds, reply))
            .await
    }

    async fn fail_job(
        &self,
        job: &ClaimedJob,
        error: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.ask(|reply| Request::FailJob(job.id, job.attempts, error.to_owned(), now, reply))
            .await
    }

    async fn open_jobs(&self, limit: u32) -> Result<Vec<JobRow>, StoreError> {
        self.read(
            Sees::Nobody,
            "SELECT id, kind, payload, run_at, attempts, last_error FROM jobs WHERE done_at IS NULL ORDER BY run_at, id LIMIT $1",
            vec![limit.to_value()],
        )
        .await?
        .into_iter()
        .map(job_row)
        .collect()
    }

    async fn failing_jobs_of(&self, case: CaseId, limit: u32) -> Result<Vec<JobRow>, StoreError> {
        // What is written into the queue names its case in this way; few jobs have failed at any time.
        let of_case = format!("%\"case\":\"{case}\"%");
        self.read(
            Sees::Nobody,
            "SELECT id, kind, payload, run_at, attempts, last_error FROM jobs WHERE done_at IS NULL AND last_error IS NOT NULL AND payload LIKE $1 ORDER BY id LIMIT $2",
            vec![of_case.to_value(), limit.to_value()],
        )
        .await?
        .into_iter()
        .map(job_row)
        .collect()
    }

    async fn open_jobs_of(&self, kind: &str, limit: u32) -> Result<Vec<JobRow>, StoreError> {
        self.read(
            Sees::Nobody,
            "SELECT id, kind, payload, run_at, attempts, last_error FROM jobs WHERE done_at IS NULL AND kind = $1 ORDER BY run_at, id LIMIT $2",
            vec![Value::Text(kind.to_owned()), limit.to_value()],
        )
        .await?
        .into_iter()
        .map(job_row)
        .collect()
    }
}

fn job_row(row: Vec<Value>) -> Result<JobRow, StoreError> {
    let mut row = row.into_iter();
    let mut next = || row.next().unwrap_or(Value::Null);
    Ok(JobRow {
        id: JobId(i64::from_value(next())?),
        kind: String::from_value(next())?,
        payload: serde_json::Value::from_value(next())?,
        run_at: Timestamp::from_value(next())?,
        attempts: u32::from_value(next())?,
        last_error: Option::from_value(next())?,
    })
}

#[async_trait]
impl<B: Backend> Blobs for SqlStore<B> {
    async fn put_blob(&self, sealed: Vec<u8>) -> Result<String, StoreError> {
        if let Some(place) = &self.place {
            let name = blob_name_of(&sealed);
            place.put(&name, sealed).await?;
            return Ok(name);
        }
        let blobs = std::sync::Arc::clone(&self.blobs);
        tokio::task::spawn_blocking(move || blobs.put(&sealed))
            .await
            .map_err(|error| StoreError::Other(error.to_string()))?
    }

    async fn get_blob(&self, name: &str) -> Result<Vec<u8>, StoreError> {
        if let Some(place) = &self.place {
            // What was stored before the place was set up lies in the directory still.
            if !self.blobs.path(name)?.exists() {
                let bytes = place.get(name).await?.ok_or_else(|| {
                    StoreError::corrupt(
                        format!("blob {name}"),
                        "it is neither in the storage of objects nor in the data directory",
                    )
                })?;
                return checked(name, bytes, "the storage of objects");
            }
        }
        let (blobs, name) = (std::sync::Arc::clone(&self.blobs), name.to_owned());
        tokio::task::spawn_blocking(move || blobs.get(&name))
            .await
            .map_err(|error| StoreError::Other(error.to_string()))?
    }

    async fn remove_blob(&self, name: &str) -> Result<(), StoreError> {
        if let Some(place) = &self.place {
            place.remove(name).await?;
        }
        self.remove_file(name).await
    }

    async fn remove_file(&self, name: &str) -> Result<(), StoreError> {
        let (blobs, name) = (std::sync::Arc::clone(&self.blobs), name.to_owned());
        tokio::task::spawn_blocking(move || blobs.remove(&name))
            .await
            .map_err(|error| StoreError::Other(error.to_string()))?
    }

    async fn unnamed_blobs(
        &self,
        folder: u8,
        before: Timestamp,
        limit: usize,
    ) -> Result<Vec<String>, StoreError> {
        super::orphans::unnamed(self, folder, before, limit).await
    }

    async fn unnamed_elsewhere(
        &self,
        folder: u8,
        before: Timestamp,
        limit: usize,
    ) -> Result<Vec<String>, StoreError> {
        super::orphans::unnamed_elsewhere(self, folder, before, limit).await
    }
}
