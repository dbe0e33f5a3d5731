//! Erasure: a human's personal data is destroyed on request. A row of a person is made for each case and for each imported
//! order, so that one human has several: all of them go in one unit, or none while one of their cases is open.

use crate::access::staff;
use crate::app::App;
use crate::engine::Side;
use crate::error::{AppError, ErrorKind};
use crate::limits::{ERASED_TOGETHER_MAX, OPEN_CASES_NAMED_MAX, PAGE_ROWS_MAX};
use crate::numbers::case_number;
use crate::principal::Principal;
use crate::sealing::CaseKeyState;
use aftercare_domain::audit::{AuditBody, AuditEvent, ShredReason};
use aftercare_domain::case::Opened;
use aftercare_domain::ids::{CaseId, PersonId};
use aftercare_domain::{Actor, Case, Role};
use aftercare_store::{CaseFilter, Write, rows};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// What an erasure did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Erased {
    /// Records of the person that were destroyed now: one a case, one an imported order. 0 when all were before.
    pub records: usize,
    /// The cases of that person, as far as they can still be told.
    #[schema(value_type = Vec<String>)]
    pub cases: Vec<CaseId>,
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

    /// Destroys the keys of the human who claims in a case, in every row that the tenant has of them: name, phone, address
    /// and place cannot be opened any more, and the log still verifies. Texts and photos of the cases stay under the keys
    /// of the cases. An older backup still holds the keys; whoever puts it back destroys them again at the start, by the
    /// list `shredded` beside the database. What was destroyed before stays so, and asking again is no error.
    ///
    /// # Errors
    /// A missing role, an unknown case, a case of that person that is open or held.
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
    /// An unknown case, a case of that person that is open.
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
        let people = self.same_human(opened).await?;
        let claimants: Vec<PersonId> = people.keys().copied().collect();
        let cases = self.cases_of(opened, &claimants).await?;
        let mut open: Vec<CaseId> = cases
            .iter()
            .filter(|(_, closed)| !**closed)
            .map(|(case, _)| *case)
            .collect();
        // What lists say follows the events in the same transaction; the case that was read is no older than they are.
        if !state.closed && !open.contains(&opened.case) {
            open.push(opened.case);
        }
        if !open.is_empty() {
            return Err(still_open(&open));
        }
        self.refuse_held(cases.keys().copied()).await?;
        let left: Vec<PersonId> = people
            .values()
            .filter(|row| row.shredded_at.is_none())
            .map(|row| row.id)
            .collect();
        let cases = cases.into_keys().collect();
        if left.is_empty() {
            return Ok(Erased { records: 0, cases });
        }
        // Of a case whose texts ended, nothing is sealed any more: the erasure is done without its words.
        let note = match self.case_key_state(opened.tenant, opened.case).await? {
            CaseKeyState::There(key) => Some(key.seal_text(reason.trim())?),
            CaseKeyState::Ended(_) => None,
        };
        let now = self.now();
        self.commit_side(Side {
            writes: left
                .iter()
                .map(|person| Write::ShredPerson {
                    person: *person,
                    at: now,
                })
                .collect(),
            audit: left
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
            for person in &left {
                index.forget_person(*person);
            }
        }
        Ok(Erased {
            records: left.len(),
            cases,
        })
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

    /// The cases of these people, and whether each is closed.
    async fn cases_of(
        &self,
        opened: &Opened,
        claimants: &[PersonId],
    ) -> Result<BTreeMap<CaseId, bool>, AppError> {
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
                cases.extend(
                    page.items
                        .into_iter()
                        .map(|row| (row.case_id, row.snapshot.closed)),
                );
                cursor = page.next;
                if cursor.is_none() {
                    break;
                }
            }
        }
        Ok(cases)
    }
}

fn still_open(open: &[CaseId]) -> AppError {
    let named: Vec<String> = open
        .iter()
        .take(OPEN_CASES_NAMED_MAX)
        .map(|case| format!("{} ({case})", case_number(*case)))
        .collect();
    let (zh, en) = match open.len().checked_sub(named.len()) {
        Some(more) if more > 0 => (format!("等 {} 件", open.len()), format!(" and {more} more")),
        _ => (String::new(), String::new()),
    };
    AppError::new(
        ErrorKind::Refused,
        "case_still_open",
        format!(
            "此人还有案件没办结：{}{zh}。全部办结后才能销毁个人信息。",
            named.join("、")
        ),
        format!(
            "Cases of this person are still open: {}{en}. Personal data can be destroyed when all are closed.",
            named.join(", ")
        ),
    )
}
