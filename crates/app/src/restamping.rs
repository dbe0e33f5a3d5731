//! Timestamps that last: once a year, and in good time before the first certificate behind one of them ends, the log says which
//! timestamps it keeps (`timestamps_renewed.v1`). The next one over the log, which is asked for within the minute as for
//! every new event, then vouches for all of them, with certificates of its own.

use crate::acts::act;
use crate::app::App;
use crate::error::AppError;
use crate::limits::{
    TIMESTAMPS_PER_READ, TIMESTAMPS_RENEWED_BEFORE_MS, TIMESTAMPS_RENEWED_EVERY_MS,
    TIMESTAMPS_SETTLED_MS,
};
use crate::renewing::NO_TENANT;
use aftercare_domain::Actor;
use aftercare_domain::audit::{AuditBody, AuditEvent};
use aftercare_ledger::{
    BundleRestamp, Frontier, Hash, ProofFile, TimestampRoots, Tree, inclusion_proof, leaf_hash,
    stamped,
};
use aftercare_store::{Stamped, Store, StoreError, StoredEvent};

const RENEWED: &str = "timestamps_renewed.v1";

/// What such an event says.
struct Renewed {
    event: StoredEvent,
    after: u64,
    through: u64,
    root: String,
}

/// Every such event, the first one first.
async fn renewals(store: &dyn Store) -> Result<Vec<Renewed>, StoreError> {
    let events = store.acts(NO_TENANT, RENEWED).await?;
    events
        .into_iter()
        .map(|event| {
            let broken = |why: String| StoreError::corrupt(format!("event {}", event.seq), why);
            match act(&event)?.body {
                AuditBody::TimestampsRenewed {
                    after,
                    through,
                    root,
                    ..
                } => Ok(Renewed {
                    event,
                    after,
                    through,
                    root,
                }),
                _ => Err(broken("it is something else than its name says".to_owned())),
            }
        })
        .collect()
}

/// Gives every timestamp over more than `after` events and no more than `through` to `to`, in order.
async fn each(
    store: &dyn Store,
    after: u64,
    through: u64,
    mut to: impl FnMut(&Stamped) + Send,
) -> Result<(), StoreError> {
    let mut from = after;
    loop {
        let some = store.stamped_after(from, TIMESTAMPS_PER_READ).await?;
        for kept in &some {
            if kept.checkpoint.size > through {
                return Ok(());
            }
            to(kept);
            from = kept.checkpoint.size;
        }
        if some.is_empty() {
            return Ok(());
        }
    }
}

impl App {
    /// Says in the log which timestamps are kept, where it is time for that; whether it said so. `roots` are of the
    /// authorities that are asked.
    ///
    /// # Errors
    /// What the store says.
    pub async fn renew_timestamps(&self, roots: &TimestampRoots) -> Result<bool, AppError> {
        let renewed = renewals(self.store()).await?;
        let after = renewed.iter().map(|renewed| renewed.through).max();
        let after = after.unwrap_or_default();
        // The certificates of an authority follow each other: those behind its first timestamp end first.
        let firsts = self.store().first_stamped_after(after).await?;
        let now = self.now();
        let due = firsts.iter().any(|first| {
            let note = first.checkpoint.note.as_bytes();
            let until = stamped(&first.answer, note, roots).map(|said| said.until_ms);
            now.since_ms(first.at) >= TIMESTAMPS_RENEWED_EVERY_MS
                || until.is_ok_and(|until| until - now.0 <= TIMESTAMPS_RENEWED_BEFORE_MS)
        });
        if !due {
            return Ok(false);
        }
        let mut tree = Frontier::new();
        let (mut through, mut settled) = (after, true);
        let last = self.store().latest_stamped().await?;
        let last = last.map_or(after, |last| last.checkpoint.size);
        each(self.store(), after, last, |kept| {
            settled &= now.since_ms(kept.at) >= TIMESTAMPS_SETTLED_MS;
            if settled {
                tree.append(leaf_hash(&kept.answer));
                through = kept.checkpoint.size;
            }
        })
        .await?;
        if tree.size() == 0 {
            return Ok(false);
        }
        self.append(AuditEvent {
            at: now,
            by: Actor::System,
            tenant: NO_TENANT,
            body: AuditBody::TimestampsRenewed {
                after,
                through,
                tokens: tree.size(),
                root: tree.root().to_string(),
            },
        })
        .await?;
        tracing::info!(
            tokens = tree.size(),
            "the log says which timestamps it keeps: the next one vouches for them"
        );
        Ok(true)
    }
}

/// The later timestamps that vouch for one, each for the one before it: what goes into a bundle beside it. `fits` tells whether
/// a checkpoint is one that the bundle may lead to.
///
/// # Errors
/// What the store says; [`StoreError::Corrupt`] where the timestamps that are there are not those that the log says are kept.
pub async fn restamps_of(
    store: &dyn Store,
    first: &Stamped,
    fits: impl Fn(&Stamped) -> bool,
) -> Result<Vec<BundleRestamp>, StoreError> {
    let renewals = renewals(store).await?;
    let mut links = Vec::new();
    let mut size = first.checkpoint.size;
    loop {
        let renewed = renewals
            .iter()
            .find(|renewed| (renewed.after + 1..=renewed.through).contains(&size));
        let Some(renewed) = renewed else {
            return Ok(links);
        };
        let seq = renewed.event.seq;
        let mut later = store.stamped_over(seq).await?;
        while let Some(other) = later.as_ref().filter(|later| !fits(later)) {
            let next = other.checkpoint.size + 1;
            later = store.stamped_over(next).await?;
        }
        // One that was kept is over less than the event that says so.
        let Some(later) = later.filter(|later| later.checkpoint.size > size) else {
            return Ok(links);
        };
        let (mut tree, mut index) = (Tree::new(), None);
        each(store, renewed.after, renewed.through, |kept| {
            let place = tree.append(leaf_hash(&kept.answer));
            if kept.checkpoint.size == size {
                index = Some(place);
            }
        })
        .await?;
        let wrong = |why: String| StoreError::corrupt("the timestamps of the log", why);
        let index = index.filter(|_| tree.root().to_string() == renewed.root);
        let index = index.ok_or_else(|| {
            wrong(format!(
                "those that are there are not those that event {seq} says are kept"
            ))
        })?;
        let path =
            inclusion_proof(&tree, index, tree.size()).map_err(|error| wrong(error.to_string()))?;
        let proof = store.inclusion_proof(seq, later.checkpoint.size).await?;
        links.push(BundleRestamp {
            seq,
            committed: renewed.event.committed(),
            salt: renewed.event.salt,
            proof: ProofFile {
                extra: None,
                index: seq - 1,
                proof: proof.into_iter().map(Hash).collect(),
                checkpoint: later.checkpoint.note,
            },
            index,
            path,
            answer: later.answer,
        });
        size = later.checkpoint.size;
    }
}
