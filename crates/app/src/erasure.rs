//! Erasure: a human's personal data is destroyed on request. A row of a person is made for each case and for each imported
//! order, so that one human has several: all of them go in one unit, but for what another case under the same number needs
//! that is open or held. Anybody can report something under a number that is not theirs: such a case keeps nobody
//! from being erased, and it may as well be that of a relative who shares the telephone, who must not be stood up.

use crate::access::staff;
use crate::app::App;
use crate::engine::Side;
use crate::error::{AppError, ErrorKind};
use crate::limits::{ERASED_TOGETHER_MAX, PAGE_ROWS_MAX};
use crate::numbers::{case_number, end_of_number};
use crate::principal::Principal;
use crate::sealing::CaseKeyState;
use aftercare_domain::audit::{AuditBody, AuditEvent, CaseParty, ShredReason};
use aftercare_domain::case::Opened;
use aftercare_domain::ids::{CaseId, OrderId, PersonId};
use aftercare_domain::{Actor, Case, Role, Timestamp};
use aftercare_store::{CaseFilter, Write, rows};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// What an erasure did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Erased {
    /// Records of the person that were destroyed now: one a case, one an imported order. 0 when all were before.
    pub records: usize,
    /// The cases of that person, as far as they can still be told.
    #[schema(value_type = Vec<String>)]
    pub cases: Vec<CaseId>,
    /// Those of them that are open or held: what they need was left. When they have ended, the same question, about one of them,
    /// destroys it too.
    #[schema(value_type = Vec<String>)]
    pub left: Vec<CaseId>,
}

/// A case under the number of whoever is to be erased.
pub(crate) struct Found {
    is_closed: bool,
    claimant: Option<PersonId>,
    order: Option<OrderId>,
}

/// Whom an erasure is about, and what of them is needed.
pub(crate) struct Survey {
    people: BTreeMap<PersonId, rows::PersonRow>,
    cases: BTreeMap<CaseId, Found>,
    /// Cases that are open or held.
    pub left: Vec<CaseId>,
    /// Rows that these need.
    needed: BTreeSet<PersonId>,
}

impl Survey {
    /// Rows that are there, of those that came until `until`.
    fn there(&self, until: Option<Timestamp>) -> impl Iterator<Item = PersonId> {
        self.people
            .values()
            .filter(move |row| row.shredded_at.is_none())
            .filter(move |row| until.is_none_or(|until| row.created_at <= until))
            .map(|row| row.id)
    }

    /// Rows that can be destroyed now.
    pub(crate) fn doomed(&self, until: Option<Timestamp>) -> Vec<PersonId> {
        let there = self.there(until);
        there.filter(|id| !self.needed.contains(id)).collect()
    }

    /// Whether something is kept that an open or a held case needs.
    pub(crate) fn keeps(&self, until: Option<Timestamp>) -> bool {
        self.there(until).any(|id| self.needed.contains(&id))
    }
}

impl App {
    /// Destroys again what the list outside the database names as destroyed, people and what ended of cases: an older backup
    /// that was put back still had it. Each is an event of the log, as the first time.
    pub(crate) async fn shred_again(&self) -> Result<(), AppError> {
        for (tenant, case, part) in self.store().ended_elsewhere().await? {
            self.end_case(tenant, case, part, None).await?;
        }
        for (tenant, person) in self.store().shredded_elsewhere().await? {
            let at = self.now();
            self.commit_side(Side {
                writes: vec![Write::ShredPerson { person, at }],
                audit: vec![AuditEvent {
                    at,
                    by: Actor::System,
                    tenant,
                    body: AuditBody::PersonShredded {
                        person,
                        reason: ShredReason::Requested,
                        note: None,
                    },
                }],
                ..Side::default()
            })
            .await?;
        }
        Ok(())
    }

    /// The case that an administrator names: by its id or by the number that its person knows. A number names a case, it is
    /// not unique by construction: one that two cases have names neither.
    ///
    /// # Errors
    /// A missing role, no such case, a number that several cases have.
    pub async fn case_named(&self, principal: &Principal, name: &str) -> Result<CaseId, AppError> {
        staff(principal, &[Role::Admin])?;
        let name = name.trim();
        if let Ok(case) = name.parse() {
            return Ok(case);
        }
        let unknown = || {
            AppError::invalid(
                "case",
                "case_number",
                "请填写案件编号，如 AC-7Q2F-9K3M，或者案件页面地址里最后的那一段。",
                "Please give the number of the case, such as AC-7Q2F-9K3M, or the last part of the address of its page.",
            )
        };
        let filter = CaseFilter {
            tenant: Some(principal.tenant()),
            id_end: Some(end_of_number(name).ok_or_else(unknown)?),
            ..CaseFilter::default()
        };
        let found = self.store().cases(&filter, None, 2).await?;
        match found.items.as_slice() {
            [only] => Ok(only.case_id),
            [] => Err(unknown()),
            _ => Err(AppError::invalid(
                "case",
                "case_number_of_several",
                "这个编号有不止一个案件，请填写案件页面地址里最后的那一段。",
                "Several cases have this number. Please give the last part of the address of the case's page.",
            )),
        }
    }

    /// Whom an erasure would be about: the number of the case, and its person as lists show people.
    ///
    /// # Errors
    /// A missing role, an unknown case.
    pub async fn to_be_erased(
        &self,
        principal: &Principal,
        case: CaseId,
    ) -> Result<(String, String), AppError> {
        staff(principal, &[Role::Admin])?;
        let state = self.load(case).await?;
        let opened = crate::detail::opened(&state)?;
        if opened.tenant != principal.tenant() {
            return Err(AppError::not_found("这个案件", "case"));
        }
        let person = self.masked_person(opened.tenant, opened.claimant).await?;
        Ok((
            case_number(case),
            format!("{} {}", person.name, person.phone),
        ))
    }

    /// Destroys the keys of the human who claims in a case, in every row that the tenant has of them: name, phone, address
    /// and place cannot be opened any more, and the log still verifies. Texts and photos of the cases stay under the keys
    /// of the cases. An older backup still holds the keys; whoever puts it back destroys them again at the start, by the
    /// list `shredded` beside the database. What was destroyed before stays so, and asking again is no error. What other cases
    /// under the same number need that are open or held is left, and they are named.
    ///
    /// # Errors
    /// A missing role, an unknown case, one that is open or held.
    pub async fn shred_person(
        &self,
        principal: &Principal,
        case: CaseId,
        reason: &str,
    ) -> Result<Erased, AppError> {
        let by = staff(principal, &[Role::Admin])?;
        let state = self.load(case).await?;
        if crate::detail::opened(&state)?.tenant != principal.tenant() {
            return Err(AppError::not_found("这个案件", "case"));
        }
        self.erase(by, &state, reason).await
    }

    /// The same from the command line of the machine itself.
    ///
    /// # Errors
    /// An unknown case, one that is open or held.
    pub async fn shred_person_from_console(
        &self,
        case: CaseId,
        reason: &str,
    ) -> Result<Erased, AppError> {
        let state = self.load(case).await?;
        self.erase(Actor::System, &state, reason).await
    }

    async fn erase(&self, by: Actor, state: &Case, reason: &str) -> Result<Erased, AppError> {
        crate::text::required("reason", reason)?;
        let opened = crate::detail::opened(state)?;
        let _alone = self.alone(opened.case.0).await?;
        let survey = self.survey(state, true).await?;
        // What lists say follows the events in the same transaction; the case that was read is no older than they are.
        let listed = survey.cases.get(&opened.case);
        if !state.closed || listed.is_some_and(|case| !case.is_closed) {
            return Err(still_open(opened.case));
        }
        self.refuse_held(opened.case).await?;
        let records = self
            .destroy(by, opened, survey.doomed(None), reason, Vec::new())
            .await?;
        Ok(Erased {
            records,
            cases: survey.cases.into_keys().collect(),
            left: survey.left,
        })
    }

    /// Whom an erasure is about, and what of them is needed: everywhere under the number of the case, or in that case alone.
    pub(crate) async fn survey(&self, state: &Case, everywhere: bool) -> Result<Survey, AppError> {
        let opened = crate::detail::opened(state)?;
        let mut people = self.same_human(opened).await?;
        if !everywhere {
            people.retain(|id, _| *id == opened.claimant);
        }
        let claimants: Vec<PersonId> = people.keys().copied().collect();
        let cases = self.cases_of(opened, &claimants).await?;
        let (mut left, mut needed) = (Vec::new(), BTreeSet::new());
        for (id, case) in &cases {
            let is_closed = case.is_closed && (*id != opened.case || state.closed);
            if is_closed && !self.is_held(*id).await? {
                continue;
            }
            left.push(*id);
            needed.extend(case.claimant);
            // Who bought it decides who reads the order of a repair.
            if let Some(order) = case.order {
                let order = self.store().order(order).await?;
                needed.extend(order.and_then(|order| order.buyer));
            }
        }
        Ok(Survey {
            people,
            cases,
            left,
            needed,
        })
    }

    /// Destroys these rows, each with an event of the log; `reason` is sealed beside that of whoever claims in the case, and `also` is
    /// written with it.
    pub(crate) async fn destroy(
        &self,
        by: Actor,
        opened: &Opened,
        doomed: Vec<PersonId>,
        reason: &str,
        also: Vec<Write>,
    ) -> Result<usize, AppError> {
        if doomed.is_empty() && also.is_empty() {
            return Ok(0);
        }
        // Of a case whose texts ended, nothing is sealed any more: the erasure is done without its words.
        let note = match self
            .case_key_state(opened.tenant, opened.case, CaseParty::Tenant)
            .await?
        {
            CaseKeyState::There(key) => Some(key.seal_text(reason.trim())?),
            CaseKeyState::Ended(_) | CaseKeyState::ReadingEnded(_) => None,
        };
        let now = self.now();
        self.commit_side(Side {
            writes: doomed
                .iter()
                .map(|person| Write::ShredPerson {
                    person: *person,
                    at: now,
                })
                .chain(also)
                .collect(),
            audit: doomed
                .iter()
                .map(|person| AuditEvent {
                    at: now,
                    by,
                    tenant: opened.tenant,
                    body: AuditBody::PersonShredded {
                        person: *person,
                        reason: ShredReason::Requested,
                        // Sealed for the case that was named; with the others it would be another case's text.
                        note: note.clone().filter(|_| *person == opened.claimant),
                    },
                })
                .collect(),
            ..Side::default()
        })
        .await?;
        let mut indexes = self.indexes().lock().await;
        if let Some(index) = indexes.get_mut(&opened.tenant) {
            for person in &doomed {
                index.forget_person(*person);
            }
        }
        Ok(doomed.len())
    }

    /// Every row of the human who claims in that case: those of the same phone number, and the buyer of the order.
    async fn same_human(
        &self,
        opened: &Opened,
    ) -> Result<BTreeMap<PersonId, rows::PersonRow>, AppError> {
        let claimant = self
            .store()
            .person(opened.claimant)
            .await?
            .ok_or_else(|| AppError::not_found("这个人", "person"))?;
        let mut people = BTreeMap::new();
        if let Some(index) = claimant.phone_index {
            let same = self.store().persons_by_phone(opened.tenant, &index).await?;
            people.extend(same.into_iter().map(|row| (row.id, row)));
        }
        let order = match opened.order {
            Some(order) => self.store().order(order).await?,
            None => None,
        };
        if let Some(buyer) = order.and_then(|order| order.buyer)
            && let Some(row) = self.store().person(buyer).await?
            // A repair is also reported for what somebody else bought: who has another number is somebody else.
            && (row.phone_index.is_none() || row.phone_index == claimant.phone_index)
        {
            people.insert(row.id, row);
        }
        people.insert(claimant.id, claimant);
        Ok(people)
    }

    /// The cases of these people.
    async fn cases_of(
        &self,
        opened: &Opened,
        claimants: &[PersonId],
    ) -> Result<BTreeMap<CaseId, Found>, AppError> {
        let mut cases = BTreeMap::new();
        for claimants in claimants.chunks(ERASED_TOGETHER_MAX) {
            let filter = CaseFilter {
                tenant: Some(opened.tenant),
                claimants: claimants.to_vec(),
                ..CaseFilter::default()
            };
            let mut cursor = None;
            loop {
                let page = self.store().cases(&filter, cursor, PAGE_ROWS_MAX).await?;
                cases.extend(page.items.into_iter().map(|row| {
                    let opened = row.snapshot.opened;
                    let found = Found {
                        is_closed: row.snapshot.closed,
                        claimant: opened.as_ref().map(|opened| opened.claimant),
                        order: opened.and_then(|opened| opened.order),
                    };
                    (row.case_id, found)
                }));
                cursor = page.next;
                if cursor.is_none() {
                    break;
                }
            }
        }
        Ok(cases)
    }
}

fn still_open(case: CaseId) -> AppError {
    let number = case_number(case);
    AppError::new(
        ErrorKind::Refused,
        "case_still_open",
        format!("案件 {number}（{case}）还没办结。办结后才能销毁个人信息。"),
        format!(
            "Case {number} ({case}) is still open. Personal data can be destroyed when it is closed."
        ),
    )
}
