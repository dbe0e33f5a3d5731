//! The log as auditors read it: what happened, in which order, and the proof that it is still so.

use crate::access::staff_or_scope;
use crate::app::App;
use crate::error::AppError;
use crate::lists::Paging;
use crate::principal::Principal;
use crate::views::Page;
use aftercare_domain::ids::{CaseId, TenantId};
use aftercare_domain::{Role, Timestamp};
use aftercare_store::StoredEvent;
use serde::Serialize;
use std::collections::HashMap;
use utoipa::ToSchema;
use uuid::Uuid;

/// A line of the log. Nothing personal is in it. The log is one for all tenants; what happened at another one is told by
/// its leaf alone, as it is published.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LogEntry {
    /// Place in the log, from 1.
    pub seq: u64,
    #[schema(value_type = i64)]
    pub at: Timestamp,
    /// `case`, `audit`, or `other` for an event of another tenant.
    pub stream: String,
    /// Id of the case or tenant; none of another tenant.
    pub stream_id: Option<String>,
    /// Place in its stream, from 1; none of another tenant.
    pub version: Option<u64>,
    /// Released name of the event; none of another tenant.
    pub name: Option<String>,
    /// The leaf: RFC 6962 hash of the salted commitment to the stored bytes and their place, hexadecimal.
    pub leaf: String,
}

/// The state of the log.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LogHead {
    /// Number of events; where witnesses are asked, of those that they have cosigned.
    pub size: u64,
    /// Root of the tree of that size, hexadecimal.
    pub root: String,
    /// The latest published checkpoint, as a signed note.
    pub checkpoint: Option<String>,
    /// The key that verifies it.
    pub verifier_key: String,
}

/// Proof that an event is in the log.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct InclusionProof {
    pub seq: u64,
    pub leaf: String,
    /// Size of the tree the proof is for.
    pub size: u64,
    pub root: String,
    /// Hashes from the leaf to the root, hexadecimal.
    pub hashes: Vec<String>,
    pub checkpoint: String,
}

/// The result of checking the whole log.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Verification {
    pub ok: bool,
    pub events: u64,
    pub root: String,
    /// The first thing that is wrong, if something is.
    pub problem: Option<String>,
}

/// There is no such event, or none for whoever asks.
pub(crate) fn no_event() -> AppError {
    AppError::not_found("这条记录", "event")
}

impl App {
    /// A page of the log, the latest first.
    ///
    /// # Errors
    /// A missing role, or a cursor that is not ours.
    pub async fn log_page(
        &self,
        principal: &Principal,
        paging: &Paging,
    ) -> Result<Page<LogEntry>, AppError> {
        staff_or_scope(
            principal,
            &[Role::Auditor, Role::Admin, Role::RiskManager],
            "log:read",
        )?;
        let rows = u64::from(paging.rows()?);
        let head = self.store().head().await?.size;
        let until = match paging.cursor.as_deref().filter(|text| !text.is_empty()) {
            None => head,
            Some(text) => text.parse::<u64>().map_err(|_| {
                AppError::invalid(
                    "cursor",
                    "cursor",
                    "翻页标记不对，请从第一页开始。",
                    "This cursor is not one of ours. Please start from the first page.",
                )
            })?,
        };
        let from = until.saturating_sub(rows) + 1;
        let mut items = Vec::new();
        let mut seen = HashMap::new();
        for stored in self.store().range(from, rows).await? {
            if stored.seq > until {
                break;
            }
            let own = self.is_own(principal.tenant(), &stored, &mut seen).await?;
            items.push(LogEntry {
                seq: stored.seq,
                at: stored.at,
                leaf: hex::encode(stored.leaf),
                stream: if own {
                    stored.stream_kind
                } else {
                    "other".to_owned()
                },
                stream_id: own.then(|| stored.stream_id.to_string()),
                version: own.then_some(stored.version),
                name: own.then_some(stored.name),
            });
        }
        items.reverse();
        Ok(Page {
            items,
            next_cursor: (from > 1).then(|| (from - 1).to_string()),
        })
    }

    /// Whether an event belongs to a tenant; `seen` holds what was asked before.
    async fn is_own(
        &self,
        tenant: TenantId,
        stored: &StoredEvent,
        seen: &mut HashMap<Uuid, bool>,
    ) -> Result<bool, AppError> {
        if stored.stream_kind != "case" {
            return Ok(stored.stream_id == tenant.0);
        }
        if let Some(own) = seen.get(&stored.stream_id) {
            return Ok(*own);
        }
        let own = self
            .load(CaseId(stored.stream_id))
            .await?
            .opened
            .is_some_and(|opened| opened.tenant == tenant);
        seen.insert(stored.stream_id, own);
        Ok(own)
    }

    /// How long the log is and who vouches for it; where there is a policy, only as far as enough witnesses have cosigned
    /// it. Public: it says nothing about anybody.
    ///
    /// # Errors
    /// What the store says.
    pub async fn log_head(&self) -> Result<LogHead, AppError> {
        let published = self.published().await?;
        let (size, root) = match &published {
            Some(published) if self.policy().is_some() => (published.size, published.root),
            None if self.policy().is_some() => (0, aftercare_ledger::empty_root().0),
            _ => {
                let head = self.store().head().await?;
                (head.size, head.root)
            }
        };
        Ok(LogHead {
            size,
            root: hex::encode(root),
            checkpoint: published.map(|published| published.note),
            verifier_key: self.verifier_key(),
        })
    }

    /// How many events there are, published or not.
    ///
    /// # Errors
    /// What the store says.
    pub async fn log_size(&self) -> Result<u64, AppError> {
        Ok(self.store().head().await?.size)
    }

    /// The event at a place in the log.
    ///
    /// # Errors
    /// `NotFound` beyond its end.
    pub(crate) async fn event_at(&self, seq: u64) -> Result<StoredEvent, AppError> {
        self.store()
            .range(seq, 1)
            .await?
            .into_iter()
            .next()
            .filter(|stored| stored.seq == seq)
            .ok_or_else(no_event)
    }

    /// Proof that event `seq` is in the log.
    ///
    /// # Errors
    /// `NotFound` beyond its end.
    pub async fn log_proof(&self, seq: u64) -> Result<InclusionProof, AppError> {
        // First, so that a number beyond the end makes no signature.
        let stored = self.event_at(seq).await?;
        let checkpoint = self.checkpoint_for_receipt(seq).await?;
        let hashes = self.store().inclusion_proof(seq, checkpoint.size).await?;
        Ok(InclusionProof {
            seq,
            leaf: hex::encode(stored.leaf),
            size: checkpoint.size,
            root: hex::encode(checkpoint.root),
            hashes: hashes.iter().map(hex::encode).collect(),
            checkpoint: checkpoint.note,
        })
    }

    /// Checks the whole log from the stored bytes.
    ///
    /// # Errors
    /// A missing role.
    pub async fn log_verify(&self, principal: &Principal) -> Result<Verification, AppError> {
        staff_or_scope(principal, &[Role::Auditor, Role::Admin], "log:read")?;
        self.verify().await
    }
}
