//! The ledger of whoever keeps the keys of people, followed by the main log: how far it is stands there (`vault_ledger.v1`), so
//! that an opening that is taken out of it contradicts a leaf that witnesses have cosigned. In the other direction the keeper
//! is told whose data were destroyed, so that it opens nothing of them whatever backup is put back.

use crate::acts::act;
use crate::app::App;
use crate::clock::Clock;
use crate::error::{AppError, ErrorKind};
use crate::limits::{EVENTS_FOLLOWED_PER_READ, SHREDDED_TOLD_TOGETHER_MAX};
use crate::renewing::NO_TENANT;
use aftercare_domain::Actor;
use aftercare_domain::audit::{AuditBody, AuditEvent};
use aftercare_domain::ids::TenantId;
use aftercare_ledger::{Hash, empty_root};
use aftercare_store::{Store, StoreError, StoredEvent, Unit};
use aftercare_vault::{KeptLedger, PeopleKeeper};
use std::collections::{BTreeMap, BTreeSet};

const SAID: &str = "vault_ledger.v1";
const SHREDDED: &str = "person_shredded.v1";

/// The rule by which an operator learns that the ledger of openings is not what it was.
pub const CONTRADICTS: &str = "vault_ledger_contradicts";

/// A state of the ledger of openings that stands in the main log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Said {
    /// The event that says it.
    pub seq: u64,
    /// Leaves.
    pub size: u64,
    /// The RFC 6962 root over them.
    pub root: Hash,
    /// Where the ledger was put back from a copy then: how many lines of before are in it; none of those of another folder.
    pub kept: Option<u64>,
}

/// Every state of the ledger of openings that the main log has, the first one first.
///
/// # Errors
/// What the store says; [`StoreError::Corrupt`] for an event that is none.
pub async fn said(store: &dyn Store) -> Result<Vec<Said>, StoreError> {
    let events = store.acts(NO_TENANT, SAID).await?;
    events.iter().map(said_by).collect()
}

fn said_by(event: &StoredEvent) -> Result<Said, StoreError> {
    let broken = |why: String| StoreError::corrupt(format!("event {}", event.seq), why);
    let AuditBody::VaultLedger { size, root, kept } = act(event)?.body else {
        return Err(broken("it is something else than its name says".to_owned()));
    };
    Ok(Said {
        seq: event.seq,
        size,
        root: root
            .parse()
            .map_err(|_| broken(format!("{root} is no root")))?,
        kept,
    })
}

/// Tells a keeper that was put back from a copy of everybody who was destroyed, as the main log and the list outside the
/// database have them; of so many people. Whom it knows already changes nothing.
///
/// # Errors
/// What the store and the keeper say.
pub async fn tell_all_shredded(
    store: &dyn Store,
    keeper: &dyn PeopleKeeper,
) -> Result<usize, AppError> {
    let mut gone: BTreeMap<TenantId, BTreeSet<String>> = BTreeMap::new();
    for tenant in store.tenants().await? {
        for event in store.acts(tenant.id, SHREDDED).await? {
            if let Some((of, person)) = shredded_by(&event)? {
                gone.entry(of).or_default().insert(person);
            }
        }
    }
    for (tenant, person) in store.shredded_elsewhere().await? {
        gone.entry(tenant).or_default().insert(person.to_string());
    }
    let mut told = 0;
    for (tenant, persons) in gone {
        let persons: Vec<String> = persons.into_iter().collect();
        for some in persons.chunks(SHREDDED_TOLD_TOGETHER_MAX) {
            keeper.shred(&tenant.to_string(), some.to_vec()).await?;
            told += some.len();
        }
    }
    Ok(told)
}

/// Writes into the main log that the ledger of openings was put back from a copy of so many lines, or begun anew with none, and how
/// far it is now: states that the log has of more lines than those bind it no longer.
///
/// # Errors
/// What the store and the keeper say.
pub async fn put_back(
    store: &dyn Store,
    clock: &dyn Clock,
    keeper: &dyn PeopleKeeper,
    kept: u64,
) -> Result<(), AppError> {
    let now = keeper.ledger(0).await?;
    let unit = Unit {
        audit: vec![how_far(clock, &now, Some(kept))],
        ..Unit::default()
    };
    store.commit(unit).await?;
    Ok(())
}

/// Writes into the main log how far the ledger of openings is, where it grew since the log was told of it: for a command that
/// has both.
///
/// # Errors
/// `Refused` with the rule [`CONTRADICTS`] when it is not what was told of it; what the store and the keeper say.
pub(crate) async fn note_how_far(
    store: &dyn Store,
    clock: &dyn Clock,
    keeper: &dyn PeopleKeeper,
) -> Result<(), AppError> {
    let last = said(store).await?.pop();
    let (size, root) = last.map_or((0, empty_root()), |last| (last.size, last.root));
    let now = keeper.ledger(size).await?;
    if now.root_before != Some(root.0) {
        return Err(contradicts(size, now.size));
    }
    if now.size > size {
        let unit = Unit {
            audit: vec![how_far(clock, &now, None)],
            ..Unit::default()
        };
        store.commit(unit).await?;
    }
    Ok(())
}

fn how_far(clock: &dyn Clock, now: &KeptLedger, kept: Option<u64>) -> AuditEvent {
    AuditEvent {
        at: clock.now(),
        by: Actor::System,
        tenant: NO_TENANT,
        body: AuditBody::VaultLedger {
            size: now.size,
            root: Hash(now.root).to_string(),
            kept,
        },
    }
}

/// Tenant and person of an event that says that somebody was destroyed.
fn shredded_by(event: &StoredEvent) -> Result<Option<(TenantId, String)>, StoreError> {
    let act = act(event)?;
    Ok(match act.body {
        AuditBody::PersonShredded { person, .. } => Some((act.tenant, person.to_string())),
        _ => None,
    })
}

/// How far this process has followed both.
#[derive(Default)]
pub(crate) struct Followed(tokio::sync::Mutex<Following>);

#[derive(Default)]
struct Following {
    point: Option<Point>,
    /// Sizes then and now of a ledger that is not what it was: it stays said until somebody has looked.
    wrong: Option<(u64, u64)>,
}

#[derive(Clone, Copy)]
struct Point {
    /// Events of the main log up to here were looked at for destroyed people.
    seq: u64,
    /// The latest state that the main log has.
    size: u64,
    root: Hash,
}

impl App {
    /// Tells the keeper of people's keys who was destroyed, holds its ledger against what it was, and writes into the log how far it
    /// is, where it grew; whether it wrote anything. Nothing is done where this process keeps the keys itself.
    ///
    /// # Errors
    /// `Refused` with the rule [`CONTRADICTS`] when the ledger is not what was told of it before; a keeper that does not
    /// answer; what the store says.
    pub async fn vault_ledger_turn(&self) -> Result<bool, AppError> {
        let Some(keeper) = self.vault().keeper()? else {
            return Ok(false);
        };
        let mut followed = self.followed().0.lock().await;
        if let Some((then, now)) = followed.wrong {
            return Err(contradicts(then, now));
        }
        let mut point = match followed.point {
            Some(point) => point,
            None => self.last_said().await?,
        };
        point.seq = self.tell_shredded(&*keeper, point.seq).await?;
        followed.point = Some(point);
        let mut now = None;
        let told = keeper.told_since().into_iter();
        for (size, root) in told.chain([(point.size, point.root.0)]) {
            let state = keeper.ledger(size).await?;
            if state.root_before != Some(root) {
                followed.wrong = Some((size, state.size));
                return Err(contradicts(size, state.size));
            }
            now = Some(state);
        }
        let Some(now) = now else { return Ok(false) };
        if now.size == point.size {
            return Ok(false);
        }
        let root = Hash(now.root);
        self.append(AuditEvent {
            at: self.now(),
            by: Actor::System,
            tenant: NO_TENANT,
            body: AuditBody::VaultLedger {
                size: now.size,
                root: root.to_string(),
                kept: None,
            },
        })
        .await?;
        followed.point = Some(Point {
            size: now.size,
            root,
            ..point
        });
        Ok(true)
    }

    /// Where a process that has just started goes on: from the latest state that the log has, and, with those who were destroyed,
    /// from the one before, for somebody may have been while the latest was written.
    async fn last_said(&self) -> Result<Point, AppError> {
        let mut point = Point {
            seq: 0,
            size: 0,
            root: empty_root(),
        };
        let mut is_known = false;
        let mut end = self.store().head().await?.size;
        while end > 0 {
            let from = end.saturating_sub(EVENTS_FOLLOWED_PER_READ) + 1;
            let events = self.store().range(from, end + 1 - from).await?;
            for event in events.iter().rev().filter(|event| event.name == SAID) {
                if is_known {
                    point.seq = event.seq;
                    return Ok(point);
                }
                let Said { size, root, .. } = said_by(event)?;
                (point.size, point.root, is_known) = (size, root, true);
            }
            end = from - 1;
        }
        Ok(point)
    }

    /// Tells of those who were destroyed since that event, and gives the last one that was looked at.
    async fn tell_shredded(
        &self,
        keeper: &dyn PeopleKeeper,
        mut seq: u64,
    ) -> Result<u64, AppError> {
        loop {
            let events = self
                .store()
                .range(seq + 1, EVENTS_FOLLOWED_PER_READ)
                .await?;
            let Some(last) = events.last().map(|event| event.seq) else {
                return Ok(seq);
            };
            let mut gone: BTreeMap<TenantId, Vec<String>> = BTreeMap::new();
            for event in events.iter().filter(|event| event.name == SHREDDED) {
                if let Some((tenant, person)) = shredded_by(event)? {
                    gone.entry(tenant).or_default().push(person);
                }
            }
            for (tenant, persons) in gone {
                for some in persons.chunks(SHREDDED_TOLD_TOGETHER_MAX) {
                    keeper.shred(&tenant.to_string(), some.to_vec()).await?;
                }
            }
            seq = last;
        }
    }
}

fn contradicts(size: u64, now: u64) -> AppError {
    AppError::new(
        ErrorKind::Refused,
        CONTRADICTS,
        format!(
            "保管密钥的进程（vaultd）的开启记录和以前说的不一样：曾有 {size} 条时的根对不上，现在有 {now} 条。有记录被删改过，或者换成了旧的备份。请立即查明。"
        ),
        format!(
            "The ledger of openings of vaultd is not what it was: its root over {size} leaves has changed, or it has fewer; it has {now} now. Openings were taken out or altered, or an older copy was put back. Find out at once: `aftercare vaultd check`."
        ),
    )
}
