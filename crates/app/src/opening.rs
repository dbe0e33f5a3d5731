//! The one gate through which anything of a person or of a case is opened. Every way through it appends a leaf first. For name,
//! number, address and place that is one for each reveal to a user and for each use by the system, and the receipt without which
//! the vault opens nothing is made of what that leaf's transaction answered, and of nothing else. For texts and photos of a case it
//! is one for each reader and day.

use crate::access::Alone;
use crate::app::App;
use crate::error::{AppError, DISK_FULL, ErrorKind};
use crate::limits::{READINGS_KNOWN_MAX, REVEALED_PEOPLE_PER_HOUR_MAX};
use crate::principal::Principal;
use crate::sealing::ReadableCase;
use aftercare_domain::audit::{
    AuditBody, AuditEvent, CaseParty, PersonField, ReadPurpose, UsePurpose,
};
use aftercare_domain::ids::{CaseId, PersonId, TenantId};
use aftercare_domain::time::HOUR_MS;
use aftercare_domain::{Actor, Role, Timestamp};
use aftercare_store::{Appended, Outcome, Unit, rows};
use aftercare_vault::limits::MAX_USE_PERSONS;
use aftercare_vault::{
    DeliveryPurpose, Field, OpenItem, PeopleKeeper, PersonKey, Place, Plain, RevealField,
    RevealReceipt, RevealRequest, Revealed, SealItem, Sealed, UseReceipt, UseRequest, WrappedKey,
};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The table that people are sealed in.
pub(crate) const TABLE: &str = "persons";

/// The column of a field.
pub(crate) const fn column(field: PersonField) -> &'static str {
    match field {
        PersonField::Name => "name",
        PersonField::Phone => "phone",
        PersonField::Address => "address",
        PersonField::Place => "place",
    }
}

const fn sealed(row: &rows::PersonRow, field: PersonField) -> Option<&Vec<u8>> {
    match field {
        PersonField::Name => row.name.as_ref(),
        PersonField::Phone => row.phone.as_ref(),
        PersonField::Address => row.address.as_ref(),
        PersonField::Place => row.place.as_ref(),
    }
}

const fn delivery(purpose: UsePurpose) -> DeliveryPurpose {
    match purpose {
        UsePurpose::Notify => DeliveryPurpose::Notify,
        UsePurpose::Dispatch => DeliveryPurpose::Dispatch,
        UsePurpose::Relay => DeliveryPurpose::Relay,
    }
}

/// The key of a person who is known: it seals, and opens nothing by itself.
pub(crate) enum HeldKey {
    /// In this process.
    Here(PersonKey),
    /// In the process that keeps the keys of people, which is asked.
    Elsewhere {
        keeper: Arc<dyn PeopleKeeper>,
        tenant: String,
        person: String,
        wrapped: WrappedKey,
    },
}

impl HeldKey {
    /// Seals a text for one place.
    ///
    /// # Errors
    /// A text that is too long, a keeper that does not answer or refuses.
    pub(crate) async fn seal(
        &self,
        field: &Field<'_>,
        text: &Plain<String>,
    ) -> Result<Vec<u8>, AppError> {
        match self {
            Self::Here(key) => Ok(key.seal(field, text)?.into_bytes()),
            Self::Elsewhere {
                keeper,
                tenant,
                person,
                wrapped,
            } => {
                let item = SealItem {
                    tenant: tenant.clone(),
                    person: person.clone(),
                    key: wrapped.clone(),
                    place: Place::from(field),
                    content: Plain::new(text.expose_str().as_bytes().to_vec()),
                };
                Ok(keeper.seal(item).await?)
            }
        }
    }

    /// Whether something could be opened now: asked before anything is written into the log about it.
    async fn ready(&self) -> Result<(), AppError> {
        match self {
            Self::Here(_) => Ok(()),
            Self::Elsewhere { keeper, .. } => Ok(keeper.ready().await?),
        }
    }
}

/// A person whose reveal is in the log: opens the fields that it names.
pub(crate) struct RevealedTo<'a> {
    app: &'a App,
    row: &'a rows::PersonRow,
    key: HeldKey,
    receipt: RevealReceipt,
}

impl RevealedTo<'_> {
    /// Where the reveal stands in the log.
    pub(crate) fn seq(&self) -> u64 {
        self.receipt.seq()
    }

    /// A field; `None` where the person has none.
    ///
    /// # Errors
    /// A field that the reveal does not name, bytes that were altered or moved; a keeper that does not answer or refuses.
    pub(crate) async fn open(
        &self,
        field: PersonField,
    ) -> Result<Option<Revealed<String>>, AppError> {
        let Some(bytes) = sealed(self.row, field) else {
            return Ok(None);
        };
        let id = self.row.id.to_string();
        let place = Field::new(TABLE, &id, column(field));
        self.open_beside(&place, bytes).await.map(Some)
    }

    /// Something that is sealed under the key of the person in another table, where the reveal names it.
    ///
    /// # Errors
    /// As [`RevealedTo::open`].
    pub(crate) async fn open_beside(
        &self,
        field: &Field<'_>,
        bytes: &[u8],
    ) -> Result<Revealed<String>, AppError> {
        let (vault, sealed) = (self.app.vault(), Sealed::from_bytes(bytes.to_vec())?);
        let revealed = match &self.key {
            HeldKey::Here(key) => vault.reveal(&self.receipt, key, field, &sealed),
            HeldKey::Elsewhere {
                keeper, wrapped, ..
            } => {
                vault
                    .reveal_elsewhere(&**keeper, &self.receipt, wrapped, (field, &sealed))
                    .await
            }
        };
        Ok(revealed?)
    }
}

/// Who opens texts and photos of a case: somebody, or the system for a piece of its own work.
#[derive(Clone, Copy)]
pub(crate) enum CaseReader<'a> {
    Somebody(&'a Principal),
    System(ReadPurpose),
    /// Whoever sends a request again that was carried out, and gets the answer that was kept of it.
    SameRequest,
}

/// Roles in which somebody with several reads: the one that says most about why comes first.
const READERS: &[Role] = &[
    Role::Reviewer,
    Role::RiskManager,
    Role::Merchant,
    Role::Technician,
    Role::Dispatcher,
    Role::Agent,
    Role::Auditor,
    Role::Admin,
];

/// Roles of the tenant's own people among them: whoever has one of these reads as the tenant.
const DESK: &[Role] = &[
    Role::Reviewer,
    Role::RiskManager,
    Role::Dispatcher,
    Role::Agent,
    Role::Auditor,
    Role::Admin,
];

/// Proof that the reading of a case stands in the log; only [`App::read_case`] has any.
pub(crate) struct ReadReceipt(());

/// Who has read which case today, as far as it is in the log: a second look on one day writes nothing.
#[derive(Default)]
pub(crate) struct ReadToday(Mutex<(Timestamp, HashSet<(String, CaseId)>)>);

impl App {
    /// A case whose texts and photos are opened, once its reading is in the log: once a day for each reader and each kind of
    /// work. A claimant's is the one of the session (`case_link_opened.v1`). Whether the reader may read it is asked before. Each
    /// opens it with what its key is wrapped in for their own party.
    ///
    /// # Errors
    /// `NotFound` when there is no key of the case and no rule ended it; what the store says.
    pub(crate) async fn read_case(
        &self,
        reader: CaseReader<'_>,
        tenant: TenantId,
        case: CaseId,
    ) -> Result<ReadableCase, AppError> {
        let (by, purpose) = match reader {
            CaseReader::Somebody(principal) => {
                let by = principal.acting_as(READERS);
                (by.ok_or_else(AppError::forbidden)?, None)
            }
            CaseReader::System(purpose) => (Actor::System, Some(purpose)),
            CaseReader::SameRequest => (Actor::System, None),
        };
        let party = self.party_of(reader).await?;
        // There is such a requester only through a session, whose leaf was written with it, and such an answer only through a
        // request whose leaves were written with it. On a full disk both are still answered.
        if matches!(
            reader,
            CaseReader::Somebody(Principal::Claimant { .. }) | CaseReader::SameRequest
        ) {
            let key = self.case_key_state(tenant, case, party).await?;
            return Ok(ReadableCase::logged(key, &ReadReceipt(())));
        }
        let now = self.now();
        let known = (format!("{by:?} {purpose:?}"), case);
        if !self.read_today().has(now, &known) {
            let body = AuditBody::CaseRead { case, purpose };
            self.append(AuditEvent {
                at: now,
                by,
                tenant,
                body,
            })
            .await
            .map_err(not_read)?;
            self.read_today().add(now, known);
        }
        // After the leaf: what ended meanwhile is not opened behind the leaf that says so.
        let key = self.case_key_state(tenant, case, party).await?;
        Ok(ReadableCase::logged(key, &ReadReceipt(())))
    }

    /// As which party of a case somebody reads it. Whoever also works at the desk reads as the tenant, and so does a program, unless
    /// its account names shops.
    async fn party_of(&self, reader: CaseReader<'_>) -> Result<CaseParty, AppError> {
        let CaseReader::Somebody(principal) = reader else {
            return Ok(CaseParty::Tenant);
        };
        Ok(match principal {
            Principal::Claimant { .. } => CaseParty::Claimant,
            Principal::Integrator { .. } => match self.shop_bounds(principal, &[]).await? {
                Some(_) => CaseParty::Merchant,
                None => CaseParty::Tenant,
            },
            Principal::User(who) if DESK.iter().any(|role| who.has(*role)) => CaseParty::Tenant,
            Principal::User(who) if who.has(Role::Merchant) => CaseParty::Merchant,
            Principal::User(_) => CaseParty::Technician,
        })
    }
}

/// Nothing was to be saved: the words of a full disk are about looking.
fn not_read(error: AppError) -> AppError {
    if error.rule != DISK_FULL {
        return error;
    }
    AppError::new(
        ErrorKind::Unavailable,
        DISK_FULL,
        "服务器磁盘已满：打开案件之前要先把这次查看写进日志，现在写不进去，所以没有打开。请管理员腾出空间后再试。",
        "The server's disk is full: a case is opened only once the look at it is in the log, which cannot be written now. Please ask an administrator to make room, and try again.",
    )
}

impl ReadToday {
    /// Whether this reading of the day of `now` is in the log.
    fn has(&self, now: Timestamp, known: &(String, CaseId)) -> bool {
        let mut read = self.lock();
        let today = now.china_midnight();
        if read.0 != today {
            *read = (today, HashSet::new());
        }
        read.1.contains(known)
    }

    /// Keeps that this reading of the day of `now` is in the log. While its leaf was written midnight may have passed: then
    /// it is none of the day that is kept now.
    fn add(&self, now: Timestamp, known: (String, CaseId)) {
        let mut read = self.lock();
        if read.0 != now.china_midnight() {
            return;
        }
        if read.1.len() >= READINGS_KNOWN_MAX {
            read.1.clear();
        }
        read.1.insert(known);
    }

    fn lock(&self) -> MutexGuard<'_, (Timestamp, HashSet<(String, CaseId)>)> {
        // A set of names cannot be left half written.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl App {
    /// Appends an audited act by itself, durably, and says where it stands.
    pub(crate) async fn append(&self, event: AuditEvent) -> Result<Appended, AppError> {
        let unit = Unit {
            audit: vec![event],
            ..Unit::default()
        };
        match self.store().commit(unit).await? {
            Outcome::Committed(committed) => committed
                .audit_leaves
                .last()
                .copied()
                .ok_or_else(|| AppError::internal("an audited act without a leaf")),
            Outcome::Replayed(_) => Err(AppError::internal(
                "an audited act was answered from an earlier request",
            )),
        }
    }

    /// The key of a person; `None` once it is destroyed. It seals, and opens nothing by itself.
    pub(crate) fn person_key(&self, row: &rows::PersonRow) -> Result<Option<HeldKey>, AppError> {
        let Some(wrapped) = &row.wrapped_key else {
            return Ok(None);
        };
        let wrapped = WrappedKey::from_bytes(wrapped)?;
        let (tenant, person) = (row.tenant.to_string(), row.id.to_string());
        Ok(Some(match self.vault().keeper()? {
            None => HeldKey::Here(self.vault().unwrap_person_key(&tenant, &person, &wrapped)?),
            Some(keeper) => HeldKey::Elsewhere {
                keeper,
                tenant,
                person,
                wrapped,
            },
        }))
    }

    /// Refuses whoever has looked at too many people within the last hour, as the log says: of all processes, and whatever was
    /// started again. Somebody whom they looked at in that hour may be looked at again. What it gives is held until the reveal is
    /// in the log: whoever asks for many people at once is counted one by one.
    ///
    /// # Errors
    /// `TooMany` beyond [`REVEALED_PEOPLE_PER_HOUR_MAX`].
    pub(crate) async fn within_quota(
        &self,
        tenant: TenantId,
        by: Actor,
        person: PersonId,
    ) -> Result<Option<Alone>, AppError> {
        let Some(account) = by.human().map(|human| human.user) else {
            return Ok(None);
        };
        let alone = self.alone(account.0).await?;
        let since = self.now().plus_ms(-HOUR_MS);
        let seen: HashSet<PersonId> = self
            .store()
            .reveals_since(tenant, since)
            .await?
            .into_iter()
            .filter(|event| event.by.human().map(|human| human.user) == Some(account))
            .filter_map(|event| match event.body {
                AuditBody::DataRevealed { person, .. } => Some(person),
                _ => None,
            })
            .collect();
        if seen.len() < REVEALED_PEOPLE_PER_HOUR_MAX || seen.contains(&person) {
            return Ok(Some(alone));
        }
        Err(AppError::new(
            ErrorKind::TooMany,
            "reveal_quota",
            format!(
                "一小时内已查看 {REVEALED_PEOPLE_PER_HOUR_MAX} 位客户的个人信息，这是每个账号的上限。请稍后再看；确有需要请找管理员。"
            ),
            format!(
                "You have looked at {REVEALED_PEOPLE_PER_HOUR_MAX} people within an hour, which is the most for one account. Please go on later, or ask an administrator."
            ),
        ))
    }

    /// Writes a reveal into the log; `None` for a person whose key is destroyed, of whom nothing is written then. `event`
    /// is the reveal that `request` asks for.
    ///
    /// # Errors
    /// A request that names nothing or has no reason, a keeper of the key that does not answer: it is not written.
    pub(crate) async fn reveal_to<'a>(
        &'a self,
        row: &'a rows::PersonRow,
        request: RevealRequest,
        event: AuditEvent,
    ) -> Result<Option<RevealedTo<'a>>, AppError> {
        let Some(key) = self.person_key(row)? else {
            return Ok(None);
        };
        request.validate()?;
        key.ready().await?;
        let appended = self.append(event).await?;
        Ok(Some(RevealedTo {
            app: self,
            row,
            key,
            receipt: RevealReceipt::from_logged(request, appended.seq(), appended.leaf())?,
        }))
    }

    /// Opens one field of people for a piece of the system's own work, which is in the log before: one leaf for up to
    /// [`MAX_USE_PERSONS`] of them. Who has no such field, or no key any more, is not in the answer nor in the leaf;
    /// where that is everybody, nothing is written.
    ///
    /// # Errors
    /// What the store says, bytes that were altered or moved; a keeper that does not answer or refuses.
    pub(crate) async fn open_for(
        &self,
        (tenant, case): (TenantId, Option<CaseId>),
        purpose: UsePurpose,
        field: PersonField,
        people: &[rows::PersonRow],
    ) -> Result<HashMap<PersonId, Plain<String>>, AppError> {
        let there: Vec<_> = people
            .iter()
            .filter(|row| row.tenant == tenant && row.wrapped_key.is_some())
            .filter_map(|row| Some((row, sealed(row, field)?)))
            .collect();
        let mut opened = HashMap::new();
        if there.is_empty() {
            return Ok(opened);
        }
        let keeper = self.vault().keeper()?;
        if let Some(keeper) = &keeper {
            keeper.ready().await?;
        }
        for some in there.chunks(MAX_USE_PERSONS) {
            let request = UseRequest {
                tenant: tenant.to_string(),
                purpose: delivery(purpose),
                persons: some.iter().map(|(row, _)| row.id.to_string()).collect(),
                fields: vec![RevealField::new(TABLE, column(field))],
            };
            request.validate()?;
            let appended = self
                .append(AuditEvent {
                    at: self.now(),
                    by: Actor::System,
                    tenant,
                    body: AuditBody::DataUsed {
                        purpose,
                        case,
                        persons: some.iter().map(|(row, _)| row.id).collect(),
                        fields: vec![field],
                    },
                })
                .await?;
            let receipt = UseReceipt::from_logged(request, appended.seq(), appended.leaf())?;
            if let Some(keeper) = &keeper {
                let items = items_of(some, field)?;
                let about = case.map(|case| case.to_string());
                let plains = self
                    .vault()
                    .deliver_elsewhere(&**keeper, &receipt, about, items)
                    .await?;
                opened.extend(some.iter().map(|(row, _)| row.id).zip(plains));
                continue;
            }
            for (row, bytes) in some {
                let Some(HeldKey::Here(key)) = self.person_key(row)? else {
                    continue;
                };
                let id = row.id.to_string();
                let plain = self.vault().open_for_delivery(
                    &receipt,
                    &key,
                    &Field::new(TABLE, &id, column(field)),
                    &Sealed::<String>::from_bytes((*bytes).clone())?,
                )?;
                opened.insert(row.id, plain);
            }
        }
        Ok(opened)
    }
}

/// One field of each of them, as it is asked for.
fn items_of(
    some: &[(&rows::PersonRow, &Vec<u8>)],
    field: PersonField,
) -> Result<Vec<OpenItem>, AppError> {
    some.iter()
        .map(|(row, bytes)| {
            let person = row.id.to_string();
            Ok(OpenItem {
                key: WrappedKey::from_bytes(row.wrapped_key.as_deref().unwrap_or_default())?,
                place: Place::from(&Field::new(TABLE, &person, column(field))),
                person,
                sealed: (*bytes).clone(),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{AppError, CaseId, ErrorKind, ReadToday, Timestamp, not_read};
    use aftercare_domain::time::DAY_MS;
    use aftercare_store::StoreError;

    /// Who looks at a case on a full disk is told why it does not open, not that something was not saved.
    #[test]
    fn on_a_full_disk_a_look_says_why_nothing_opens() {
        let full = not_read(StoreError::Full.into());
        assert_eq!(
            (full.kind, &*full.rule),
            (ErrorKind::Unavailable, "disk_full")
        );
        assert!(full.en.contains("opened only once"), "{}", full.en);
        let other = not_read(AppError::forbidden());
        assert_eq!(other.rule, AppError::forbidden().rule);
    }

    /// Midnight passes while the leaf of a reading is written: the next day's first look has a leaf of its own.
    #[test]
    fn a_reading_of_yesterday_is_none_of_today() {
        let (yesterday, today) = (Timestamp(0), Timestamp(DAY_MS));
        let read = ReadToday::default();
        let known = ("somebody".to_owned(), CaseId(uuid::Uuid::nil()));
        assert!(!read.has(yesterday, &known));
        assert!(
            !read.has(today, &known),
            "somebody else looks after midnight"
        );
        read.add(yesterday, known.clone());
        assert!(!read.has(today, &known));
        read.add(today, known.clone());
        assert!(read.has(today, &known));
    }
}
