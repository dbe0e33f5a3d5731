//! Keys of people and cases as they are wrapped. While key encryption keys are rotated every one of them is wrapped again, by
//! pages, beside whoever writes: a row that changed meanwhile is left for the next round. From the beginning of a rotation on no
//! key comes in that is wrapped under an older version, whichever process wrapped it: once none is left, none comes back.

use super::checked::{CHECKSUM, Rows, columns_of};
use super::statements::{names, rows};
use super::writer::Request;
use super::{Backend, Link, Sees, SqlStore, first};
use crate::error::StoreError;
use crate::rows::{KeyRotationRow, PersonRow};
use crate::traits::Keys;
use crate::types::{KeptKey, KeyCursor, KeyOwner, KeyPage, KeyUsage, Unit, Write};
use crate::value::{Column, Value};
use aftercare_domain::ids::{CaseId, TenantId};
use aftercare_vault::WrappedKey;
use async_trait::async_trait;
use std::collections::BTreeMap;

const PERSONS: &str = "persons";
const CASE_KEYS: &str = "case_keys";
const ROTATIONS: &str = "key_rotations";
const WRAPPED: &str = "wrapped_key";
/// The version of the wrapping key in a wrapped key: its bytes from the sixth on, four of them.
const VERSION: &str = "substr(wrapped_key, 6, 4)";

/// Refuses a unit with a key that is wrapped under a version of before the latest rotation of its tenant.
pub(super) async fn refuse_stale<L: Link>(link: &mut L, unit: &Unit) -> Result<(), StoreError> {
    let mut oldest: BTreeMap<TenantId, u32> = BTreeMap::new();
    for write in &unit.writes {
        let (tenant, wrapped) = match write {
            Write::Person(PersonRow {
                tenant,
                wrapped_key: Some(wrapped),
                ..
            }) => (Some(*tenant), wrapped),
            Write::CaseKey(row) | Write::PartyKey(row) => {
                (tenant_of(link, unit, row.case).await?, &row.wrapped_key)
            }
            _ => continue,
        };
        let Some(tenant) = tenant else { continue };
        let oldest = match oldest.get(&tenant) {
            Some(version) => *version,
            None => {
                let sql = "SELECT coalesce(max(version), 0) FROM key_rotations WHERE tenant = $1";
                let version =
                    u32::from_value(first(link.read(sql, vec![tenant.to_value()]).await?))?;
                oldest.insert(tenant, version);
                version
            }
        };
        let version = WrappedKey::from_bytes(wrapped).map_or(0, |key| key.kek_version());
        if version < oldest {
            return Err(StoreError::StaleKey);
        }
    }
    Ok(())
}

/// Whose case it is: most are opened by the same unit.
async fn tenant_of<L: Link>(
    link: &mut L,
    unit: &Unit,
    case: CaseId,
) -> Result<Option<TenantId>, StoreError> {
    if let Some(append) = &unit.case
        && append.case_id == case
        && let Some(opened) = &append.after.opened
    {
        return Ok(Some(opened.tenant));
    }
    let sql = "SELECT tenant FROM case_view WHERE case_id = $1";
    let found = link.read(sql, vec![case.to_value()]).await?;
    found
        .into_iter()
        .flatten()
        .next()
        .map(TenantId::from_value)
        .transpose()
}

pub(super) async fn change<L: Link>(
    link: &mut L,
    rows: &mut Rows,
    write: &Write,
) -> Result<(), StoreError> {
    match write {
        Write::BeginKeyRotation {
            tenant,
            version,
            at,
        } => {
            let begun = rows
                .insert(
                    link,
                    ROTATIONS,
                    &["tenant", "version", "begun_at"],
                    vec![tenant.to_value(), version.to_value(), at.to_value()],
                    "ON CONFLICT (tenant, version) DO NOTHING",
                )
                .await?;
            if !begun {
                return Err(StoreError::Used);
            }
        }
        Write::EndKeyRotation {
            tenant,
            version,
            at,
            persons,
            cases,
        } => {
            // One that was begun on top of another ends both.
            let ended = rows
                .change(
                    link,
                    ROTATIONS,
                    "UPDATE key_rotations SET ended_at = $3, persons = $4, cases = $5 WHERE tenant = $1 AND version <= $2 AND ended_at IS NULL",
                    vec![
                        tenant.to_value(),
                        version.to_value(),
                        at.to_value(),
                        persons.to_value(),
                        cases.to_value(),
                    ],
                )
                .await?;
            if ended.is_empty() {
                return Err(StoreError::Used);
            }
        }
        Write::PartyKey(row) => {
            let sql = "SELECT k.party FROM case_keys k WHERE k.\"case\" = $1 AND k.party = 'tenant' AND NOT EXISTS (SELECT 1 FROM case_ends e WHERE e.\"case\" = k.\"case\" AND e.part IN ($2, 'texts'))";
            let values = vec![row.case.to_value(), row.party.to_value()];
            if link.read(sql, values).await?.is_empty() {
                return Err(StoreError::Used);
            }
            rows.upsert(link, row).await?;
        }
        _ => {}
    }
    Ok(())
}

/// Writes keys that were wrapped again; gives how many rows were still as they were read.
pub(super) async fn keep<L: Link>(
    link: &mut L,
    rows: &mut Rows,
    rewrapped: Vec<(KeptKey, Vec<u8>)>,
) -> Result<u64, StoreError> {
    let (mut persons, mut cases) = (Vec::new(), Vec::new());
    for (key, wrapped) in rewrapped {
        let row = (key.row, key.checksum, Value::Blob(wrapped));
        match key.owner {
            KeyOwner::Person(_) => persons.push(row),
            KeyOwner::Case { .. } => cases.push(row),
        }
    }
    let kept = rows.exchange(link, (PERSONS, WRAPPED), persons).await?;
    Ok(kept + rows.exchange(link, (CASE_KEYS, WRAPPED), cases).await?)
}

/// How many keys are wrapped under which version.
pub(crate) async fn usage<L: Link>(link: &mut L) -> Result<Vec<KeyUsage>, StoreError> {
    let of_persons = format!(
        "SELECT tenant, {VERSION}, count(*) FROM persons WHERE wrapped_key IS NOT NULL GROUP BY 1, 2"
    );
    let of_cases = format!(
        "SELECT v.tenant, {VERSION}, count(*), count(CASE WHEN k.party = 'tenant' THEN 1 END) FROM case_keys k LEFT JOIN case_view v ON v.case_id = k.\"case\" GROUP BY 1, 2"
    );
    let mut found: BTreeMap<(Option<TenantId>, u32), (u64, u64, u64)> = BTreeMap::new();
    for (sql, is_person) in [(of_persons, true), (of_cases, false)] {
        for row in link.read(sql, Vec::new()).await? {
            let mut row = row.into_iter();
            let mut next = || row.next().unwrap_or(Value::Null);
            let tenant = Option::<TenantId>::from_value(next())?;
            let version = Vec::<u8>::from_value(next())?;
            let version = <[u8; 4]>::try_from(version).map_or(0, u32::from_be_bytes);
            let count = u64::from_value(next())?;
            let counts = found.entry((tenant, version)).or_default();
            if is_person {
                counts.0 += count;
            } else {
                counts.1 += count;
                counts.2 += u64::from_value(next())?;
            }
        }
    }
    Ok(found
        .into_iter()
        .map(
            |((tenant, version), (persons, cases, each_case))| KeyUsage {
                tenant,
                version,
                persons,
                cases,
                each_case,
            },
        )
        .collect())
}

/// A page of people's keys.
async fn of_persons<L: Link>(
    link: &mut L,
    after: Option<KeyCursor>,
    limit: u32,
) -> Result<KeyPage, StoreError> {
    let columns = columns_of(PERSONS)?;
    let after = match after {
        Some(KeyCursor::Person(person)) => person.to_value(),
        // No id is before it.
        _ => Value::Blob(Vec::new()),
    };
    let sql = format!(
        "SELECT {}, \"{CHECKSUM}\" FROM persons WHERE id > $1 ORDER BY id LIMIT $2",
        names(columns)
    );
    let found = link.read(sql, vec![after, limit.to_value()]).await?;
    let at = |name: &str| columns.binary_search(&name).unwrap_or_default();
    let (id, tenant, wrapped) = (at("id"), at("tenant"), at(WRAPPED));
    let is_last = found.len() < usize::try_from(limit).unwrap_or(usize::MAX);
    let mut page = KeyPage {
        keys: Vec::with_capacity(found.len()),
        next: None,
    };
    for mut row in found {
        let checksum = i64::from_value(row.pop().unwrap_or(Value::Null))?;
        let person = Column::from_value(row[id].clone())?;
        page.next = Some(KeyCursor::Person(person));
        if let Some(wrapped) = Option::<Vec<u8>>::from_value(row[wrapped].clone())? {
            page.keys.push(KeptKey {
                tenant: Column::from_value(row[tenant].clone())?,
                owner: KeyOwner::Person(person),
                wrapped,
                row,
                checksum,
            });
        }
    }
    if is_last {
        // The cases follow: no id is before this one.
        page.next = Some(KeyCursor::Case {
            case: CaseId(uuid::Uuid::nil()),
            party: String::new(),
        });
    }
    Ok(page)
}

/// A page of keys of cases.
async fn of_cases<L: Link>(
    link: &mut L,
    (case, party): (CaseId, String),
    limit: u32,
) -> Result<KeyPage, StoreError> {
    let columns = columns_of(CASE_KEYS)?;
    let list: Vec<_> = columns.iter().map(|name| format!("k.\"{name}\"")).collect();
    let sql = format!(
        "SELECT {}, k.\"{CHECKSUM}\", v.tenant FROM case_keys k LEFT JOIN case_view v ON v.case_id = k.\"case\" WHERE (k.\"case\", k.party) > ($1, $2) ORDER BY k.\"case\", k.party LIMIT $3",
        list.join(", ")
    );
    let values = vec![case.to_value(), party.to_value(), limit.to_value()];
    let found = link.read(sql, values).await?;
    let at = |name: &str| columns.binary_search(&name).unwrap_or_default();
    let (case, party, wrapped) = (at("case"), at("party"), at(WRAPPED));
    let is_last = found.len() < usize::try_from(limit).unwrap_or(usize::MAX);
    let mut page = KeyPage {
        keys: Vec::with_capacity(found.len()),
        next: None,
    };
    for mut row in found {
        let tenant = Option::<TenantId>::from_value(row.pop().unwrap_or(Value::Null))?;
        let checksum = i64::from_value(row.pop().unwrap_or(Value::Null))?;
        let case = CaseId::from_value(row[case].clone())?;
        let party = String::from_value(row[party].clone())?;
        page.next = Some(KeyCursor::Case {
            case,
            party: party.clone(),
        });
        if let Some(tenant) = tenant {
            page.keys.push(KeptKey {
                tenant,
                owner: KeyOwner::Case { case, party },
                wrapped: Column::from_value(row[wrapped].clone())?,
                row,
                checksum,
            });
        }
    }
    if is_last {
        page.next = None;
    }
    Ok(page)
}

#[async_trait]
impl<B: Backend> Keys for SqlStore<B> {
    async fn key_rotations(&self) -> Result<Vec<KeyRotationRow>, StoreError> {
        rows(
            &mut *self.backend.reader(Sees::Upkeep).await?,
            "ORDER BY tenant, version",
            Vec::new(),
        )
        .await
    }

    async fn key_usage(&self) -> Result<Vec<KeyUsage>, StoreError> {
        usage(&mut *self.backend.reader(Sees::Upkeep).await?).await
    }

    async fn kept_keys(&self, after: Option<KeyCursor>, limit: u32) -> Result<KeyPage, StoreError> {
        let mut link = self.backend.reader(Sees::Upkeep).await?;
        match after {
            Some(KeyCursor::Case { case, party }) => {
                of_cases(&mut *link, (case, party), limit).await
            }
            persons => of_persons(&mut *link, persons, limit).await,
        }
    }

    async fn keep_rewrapped(&self, keys: Vec<(KeptKey, Vec<u8>)>) -> Result<u64, StoreError> {
        self.ask(|reply| Request::KeepRewrapped(keys, reply)).await
    }
}
