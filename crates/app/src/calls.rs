//! Calls: what any call center tells about them, whom a call back is owed, and what a colleague did about it. A call is a row
//! that every event fills in further, so that events may come twice and in any order; whoever was not answered is called back,
//! within the time that the rules name. The number is sealed with the person, and found by its keyed index.

use crate::access::{staff, staff_or_scope};
use crate::app::App;
use crate::catalogue::line;
use crate::engine::Side;
use crate::error::{AppError, ErrorKind};
use crate::limits::{
    CALL_AGE_MS_MAX, CALL_ANSWERED_MS, CALL_CASES_MAX, CALL_CLAIM_MS, CALL_ID_CHARS_MAX,
    CALL_RINGS_MS, CALLS_SHOWN_MAX, FOLLOW_UP_DUE_MS, RECORDING_CHARS_MAX,
};
use crate::lists::Paging;
use crate::opening::{TABLE, column};
use crate::people::{actor_name, empty, phone_read, shredded};
use crate::principal::Principal;
use crate::views::CaseRow;
use aftercare_domain::audit::{AuditBody, AuditEvent, CallChange, PersonField};
use aftercare_domain::clock::{Basis, ClockName};
use aftercare_domain::evidence::Envelope;
use aftercare_domain::ids::{CallId, CaseId, PersonId, TenantId, UserId};
use aftercare_domain::{Actor, Role, Timestamp};
use aftercare_store::rows::{CallRow, PersonRow};
use aftercare_store::{CaseFilter, NewMessage, Unit, Write};
use aftercare_vault::{E164, Field, Plain, RevealField, RevealRequest};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

mod following;
pub use following::FollowedView;
use following::Outcome;

/// Who takes calls.
const TAKERS: &[Role] = &[Role::Agent, Role::Dispatcher];
/// Where the reference of a recording is sealed.
const RECORDING: (&str, &str) = ("calls", "recording");

/// What a call center tells of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CallEvent {
    /// It rings.
    Ring,
    /// Somebody took it.
    Answered,
    /// Nobody took it.
    Missed,
    /// It is over, answered or not.
    Ended,
}

impl CallEvent {
    const fn change(self) -> CallChange {
        match self {
            Self::Ring => CallChange::Rang,
            Self::Answered => CallChange::Answered,
            Self::Missed => CallChange::Missed,
            Self::Ended => CallChange::Ended,
        }
    }
}

/// An event of a call. The same one may come again, and events may come in any order.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CallInput {
    /// The call as the call center names it: the same for all events of one call. It is stored as a keyed hash.
    pub id: String,
    pub event: CallEvent,
    /// When it happened, in milliseconds since 1970 (UTC); now when left out. A time to come counts as now.
    #[serde(default)]
    #[schema(value_type = Option<i64>)]
    pub at: Option<Timestamp>,
    /// Number of the caller; left out where it is withheld. One event of a call that has it is enough.
    #[serde(default = "empty")]
    #[schema(value_type = String)]
    pub phone: Plain<String>,
    /// Where the call center keeps the recording. It is sealed, and opens with the number.
    #[serde(default = "empty")]
    #[schema(value_type = String)]
    pub recording: Plain<String>,
}

impl std::fmt::Debug for CallInput {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "CallInput({:?}, ..)", self.event)
    }
}

/// What a colleague does about a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CallAct {
    /// Takes it: nobody else calls back for half an hour.
    Claim,
    /// Called back in vain: it is owed again, from now on; after finished work, for the third time, it is given up.
    NotReached,
    /// Nothing is owed any more; after finished work it means that the customer was reached.
    Done,
}

/// A call as a colleague sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CallView {
    #[schema(value_type = String)]
    pub id: CallId,
    /// `ringing`, `waiting` (for a call back), `talking`, `ended` or `done`.
    pub state: String,
    /// Such as `138****0001`; empty where the number is withheld, or destroyed.
    pub phone: String,
    /// Such as `林**`; empty where nobody said it.
    pub name: String,
    /// Whether there is a number to call.
    pub has_number: bool,
    pub has_recording: bool,
    /// Whether the person asked to be called back.
    pub asked: bool,
    /// The case that it is about, where that is known.
    #[schema(value_type = Option<String>)]
    pub case: Option<CaseId>,
    /// Open cases of the number, those that changed last first.
    pub cases: Vec<CaseRow>,
    /// When it rang, or was asked for.
    #[schema(value_type = i64)]
    pub since: Timestamp,
    /// Until when the person is called back.
    #[schema(value_type = Option<i64>)]
    pub due_at: Option<Timestamp>,
    /// Calls back in vain.
    pub tries: u32,
    /// The colleague who has it.
    pub claimed_by: Option<String>,
    /// The finished work that it asks about; none where it is another call.
    pub follows: Option<FollowedView>,
    /// What came of a call after finished work: `reached`, `complaint` (a case came of it), `given_up`, `answered` (the customer
    /// had said how it was) or `lapsed`; none before.
    pub outcome: Option<String>,
}

/// What is going on: who rings, whom a call back is owed, and who was answered lately.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct CallList {
    pub ringing: Vec<CallView>,
    /// The nearest deadline first.
    pub waiting: Vec<CallView>,
    /// Customers who said nothing about finished work and are to be asked, the nearest deadline first.
    pub follow_ups: Vec<CallView>,
    /// The latest first.
    pub answered: Vec<CallView>,
    /// Whether more wait than are listed.
    pub more: bool,
}

/// Number and recording of a call, once the reveal is in the log.
#[derive(Clone)]
pub struct OpenedCall {
    pub id: CallId,
    /// None where it is withheld.
    pub phone: Option<String>,
    pub recording: Option<String>,
    /// Where the reveal stands in the log.
    pub seq: u64,
    pub cases: Vec<CaseRow>,
    /// The finished work that it asks about.
    pub follows: Option<FollowedView>,
}

impl std::fmt::Debug for OpenedCall {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "OpenedCall({}, logged as {}, ..)", self.id, self.seq)
    }
}

/// A call of which nothing is known yet.
fn fresh(tenant: TenantId, id: CallId, person: PersonId, now: Timestamp) -> CallRow {
    CallRow {
        tenant,
        id,
        person,
        case: None,
        rang_at: None,
        answered_at: None,
        missed_at: None,
        ended_at: None,
        asked_at: None,
        tried_at: None,
        tries: 0,
        recording: None,
        due_at: None,
        claimed_by: None,
        claimed_at: None,
        done_at: None,
        saved_at: now,
        follows: None,
        outcome: None,
    }
}

/// From when on a call back is owed; none where somebody answered, or it was done. It depends on what is known of the call,
/// not on the order in which it came.
fn owed_since(row: &CallRow) -> Option<Timestamp> {
    if row.done_at.is_some() || (row.asked_at.is_none() && row.answered_at.is_some()) {
        return None;
    }
    row.tried_at
        .or(row.asked_at)
        .or(row.missed_at)
        .or(row.ended_at)
        .or(row.rang_at)
}

fn state(row: &CallRow, now: Timestamp) -> &'static str {
    let heard = row.asked_at.or(row.missed_at).or(row.ended_at).is_some() || row.tries > 0;
    if row.done_at.is_some() {
        "done"
    } else if row.due_at.is_some() {
        match row.rang_at {
            Some(rang) if !heard && now.since_ms(rang) < CALL_RINGS_MS => "ringing",
            _ => "waiting",
        }
    } else if row.ended_at.is_some() {
        "ended"
    } else {
        "talking"
    }
}

/// The colleague who has a call, other than this one.
fn taken_by_another(row: &CallRow, user: UserId, now: Timestamp) -> bool {
    let fresh = row
        .claimed_at
        .is_some_and(|at| now.since_ms(at) < CALL_CLAIM_MS);
    fresh && row.claimed_by.is_some_and(|claimed| claimed != user)
}

fn taken() -> AppError {
    AppError::new(
        ErrorKind::Conflict,
        "call_claimed",
        "同事正在处理这通电话，请换一通；半小时后没办完可以接手。",
        "A colleague has this call. Please take another one; after half an hour it can be taken over.",
    )
}

fn over() -> AppError {
    AppError::new(
        ErrorKind::Refused,
        "call_done",
        "这通电话已经办完，不能再查看或处理。",
        "This call is done; there is nothing left to open or to do.",
    )
}

impl App {
    /// Takes what a call center tells of a call. What was told before changes nothing; a call that nobody answered is owed a
    /// call back, whatever else comes.
    ///
    /// # Errors
    /// A missing role or scope, or the field that is wrong.
    pub async fn tell_call(
        &self,
        principal: &Principal,
        input: &CallInput,
    ) -> Result<CallView, AppError> {
        let by = staff_or_scope(principal, TAKERS, "cases:write")?;
        self.of_whole_tenant(principal).await?;
        let tenant = principal.tenant();
        let named = line("id", &input.id, 1, CALL_ID_CHARS_MAX)?;
        let phone = match input.phone.expose_str().trim() {
            "" => None,
            _ => Some(phone_read(&input.phone)?),
        };
        let recording = input.recording.expose_str().trim();
        if recording.chars().count() > RECORDING_CHARS_MAX {
            return Err(AppError::invalid(
                "recording",
                "text_too_long",
                format!("最多 {RECORDING_CHARS_MAX} 字。"),
                format!("At most {RECORDING_CHARS_MAX} characters."),
            ));
        }
        let id = self.call_id(tenant, "call", &named)?;
        let _alone = self.alone(tenant.0).await?;
        let now = self.now();
        let at = input.at.unwrap_or(now).min(now);
        let at = at.max(now.plus_ms(-CALL_AGE_MS_MAX));
        let before = self.store().call(tenant, id).await?;
        let mut side = Side::default();
        let known = match &before {
            Some(row) => self.store().person(row.person).await?,
            None => None,
        };
        let person = self
            .caller_of(by, tenant, known, phone.as_ref(), &mut side)
            .await?;
        let mut row = before
            .clone()
            .unwrap_or_else(|| fresh(tenant, id, person.id, now));
        let slot = match input.event {
            CallEvent::Ring => &mut row.rang_at,
            CallEvent::Answered => &mut row.answered_at,
            CallEvent::Missed => &mut row.missed_at,
            CallEvent::Ended => &mut row.ended_at,
        };
        slot.get_or_insert(at);
        if row.recording.is_none() && !recording.is_empty() {
            row.recording = self.seal_recording(&person, id, recording).await?;
        }
        let view = self.put_call(by, before, row, input.event.change(), side);
        self.call_view(&view.await?).await
    }

    /// Writes down that the claimant of a case wants to be called. Said again while that is owed, it changes nothing.
    ///
    /// # Errors
    /// Whoever is not the claimant of that case.
    pub async fn ask_callback(&self, principal: &Principal, case: CaseId) -> Result<(), AppError> {
        let Principal::Claimant {
            tenant,
            case: own,
            person,
            ..
        } = principal
        else {
            return Err(AppError::forbidden());
        };
        if *own != case {
            return Err(AppError::forbidden());
        }
        let by = Actor::Claimant { person: *person };
        let id = self.call_id(*tenant, "callback", &case.to_string())?;
        let _alone = self.alone(tenant.0).await?;
        let now = self.now();
        let before = self.store().call(*tenant, id).await?;
        if before.as_ref().is_some_and(|row| row.due_at.is_some()) {
            return Ok(());
        }
        let row = CallRow {
            case: Some(case),
            asked_at: Some(now),
            ..fresh(*tenant, id, *person, now)
        };
        let change = CallChange::CallbackAsked;
        self.put_call(by, before, row, change, Side::default())
            .await?;
        Ok(())
    }

    /// Whether the claimant of a case waits to be called back, and until when.
    ///
    /// # Errors
    /// What the store says.
    pub async fn callback_of(
        &self,
        tenant: TenantId,
        case: CaseId,
    ) -> Result<Option<Timestamp>, AppError> {
        let id = self.call_id(tenant, "callback", &case.to_string())?;
        let row = self.store().call(tenant, id).await?;
        Ok(row.and_then(|row| row.due_at))
    }

    /// Who rings, whom a call back is owed, and who was answered lately.
    ///
    /// # Errors
    /// A missing role or scope.
    pub async fn calls(&self, principal: &Principal) -> Result<CallList, AppError> {
        staff_or_scope(principal, TAKERS, "cases:read")?;
        self.of_whole_tenant(principal).await?;
        let tenant = principal.tenant();
        let now = self.now();
        let most = CALLS_SHOWN_MAX;
        let rows = self.store().calls_waiting(tenant, false, most).await?;
        // Whoever waits for a call back comes up, however many are still to be asked.
        let to_ask = self.store().calls_waiting(tenant, true, most).await?;
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let mut list = CallList {
            more: rows.len() >= most || to_ask.len() >= most,
            ..CallList::default()
        };
        for row in &to_ask {
            list.follow_ups.push(self.call_view(row).await?);
        }
        for row in &rows {
            let view = self.call_view(row).await?;
            match view.state.as_str() {
                "ringing" => list.ringing.push(view),
                _ => list.waiting.push(view),
            }
        }
        let since = now.plus_ms(-CALL_ANSWERED_MS);
        let rows = self
            .store()
            .calls_answered(tenant, since, CALLS_SHOWN_MAX)
            .await?;
        for row in &rows {
            list.answered.push(self.call_view(row).await?);
        }
        Ok(list)
    }

    /// Takes a call, writes down that nobody was reached, or that nothing is owed any more.
    ///
    /// # Errors
    /// A missing role, a call that a colleague has, one that is done.
    pub async fn act_on_call(
        &self,
        principal: &Principal,
        call: CallId,
        act: CallAct,
    ) -> Result<CallView, AppError> {
        self.change_call(principal, call, act, None).await
    }

    /// Writes down which case came of a call: nothing is owed any more.
    ///
    /// # Errors
    /// As [`App::act_on_call`].
    pub async fn call_became(
        &self,
        principal: &Principal,
        call: CallId,
        case: CaseId,
    ) -> Result<CallView, AppError> {
        self.readable(principal, case).await?;
        self.change_call(principal, call, CallAct::Done, Some(case))
            .await
    }

    /// Takes a call and opens its number and the reference of its recording. The reveal is in the log before.
    ///
    /// # Errors
    /// As [`App::act_on_call`]; too many people within an hour; a person whose data was destroyed.
    pub async fn open_call(
        &self,
        principal: &Principal,
        call: CallId,
    ) -> Result<OpenedCall, AppError> {
        let by = staff(principal, TAKERS)?;
        let tenant = principal.tenant();
        let taken = self
            .change_call(principal, call, CallAct::Claim, None)
            .await?;
        let row = self.call_row(tenant, call).await?;
        let person = self.store().person(row.person).await?;
        let person = person.ok_or_else(shredded)?;
        let key = self.person_key(&person)?.ok_or_else(shredded)?;
        let _counted = self.within_quota(tenant, by, person.id).await?;
        let now = self.now();
        let id = call.to_string();
        let reason = "接听来电或者回电";
        let request = RevealRequest {
            tenant: tenant.to_string(),
            actor: actor_name(by),
            person: person.id.to_string(),
            case: row.case.map(|case| case.to_string()),
            fields: vec![
                RevealField::new(TABLE, column(PersonField::Phone)),
                RevealField::new(RECORDING.0, RECORDING.1),
            ],
            reason: reason.to_owned(),
            at_ms: now.0,
        };
        let place = Field::new(RECORDING.0, &id, "reason");
        let sealed = key.seal(&place, &Plain::new(reason.to_owned())).await?;
        let event = AuditEvent {
            at: now,
            by,
            tenant,
            body: AuditBody::DataRevealed {
                person: person.id,
                case: row.case,
                fields: vec![PersonField::Phone],
                reason: Envelope(sealed),
            },
        };
        let revealed = self.reveal_to(&person, request, event).await?;
        let revealed = revealed.ok_or_else(shredded)?;
        let phone = revealed.open(PersonField::Phone).await?;
        let field = Field::new(RECORDING.0, &id, RECORDING.1);
        let recording = match &row.recording {
            Some(bytes) => Some(revealed.open_beside(&field, bytes).await?),
            None => None,
        };
        Ok(OpenedCall {
            id: call,
            phone: phone.map(|text| text.expose().clone()),
            recording: recording.map(|text| text.expose().clone()),
            seq: revealed.seq(),
            cases: taken.cases,
            follows: taken.follows,
        })
    }

    async fn change_call(
        &self,
        principal: &Principal,
        call: CallId,
        act: CallAct,
        case: Option<CaseId>,
    ) -> Result<CallView, AppError> {
        let by = staff(principal, TAKERS)?;
        let user = principal.signed_in().ok_or_else(AppError::forbidden)?.user;
        let tenant = principal.tenant();
        let _alone = self.alone(tenant.0).await?;
        let before = self.call_row(tenant, call).await?;
        let now = self.now();
        if before.done_at.is_some() {
            // Said twice, or by two at once.
            return match act {
                CallAct::Done => self.call_view(&before).await,
                CallAct::Claim | CallAct::NotReached => Err(over()),
            };
        }
        if taken_by_another(&before, user, now) {
            return Err(taken());
        }
        let mut row = before.clone();
        let change = match act {
            CallAct::Claim => {
                row.claimed_by = Some(user);
                row.claimed_at = Some(now);
                CallChange::Claimed
            }
            CallAct::NotReached => {
                if row.due_at.is_none() {
                    return Err(over());
                }
                row.claimed_by = None;
                row.claimed_at = None;
                row.tried_at = Some(now);
                row.tries = row.tries.saturating_add(1);
                if following::is_given_up(&row) {
                    following::end(&mut row, Outcome::GivenUp, now)
                } else {
                    CallChange::NotReached
                }
            }
            CallAct::Done => {
                row.case = case.or(row.case);
                match (row.follows, case) {
                    (None, _) => {
                        row.done_at = Some(now);
                        CallChange::Done
                    }
                    (Some(_), None) => following::end(&mut row, Outcome::Reached, now),
                    (Some(_), Some(_)) => following::end(&mut row, Outcome::Complaint, now),
                }
            }
        };
        let row = self
            .put_call(by, Some(before), row, change, Side::default())
            .await?;
        self.call_view(&row).await
    }

    /// Writes a call, unless it stands like that already, in one transaction with what goes with it.
    async fn put_call(
        &self,
        by: Actor,
        before: Option<CallRow>,
        mut row: CallRow,
        change: CallChange,
        mut side: Side,
    ) -> Result<CallRow, AppError> {
        row.due_at = match owed_since(&row) {
            Some(since) => Some(self.callback_due(&row, since).await?),
            None => None,
        };
        if before.as_ref() == Some(&row) && side.writes.is_empty() {
            return Ok(row);
        }
        row.saved_at = self.now();
        let tenant = row.tenant;
        let missed = |row: &CallRow| row.missed_at.is_some();
        let newly_missed = missed(&row) && !before.as_ref().is_some_and(missed);
        let topic = match change {
            CallChange::CallbackAsked => Some("callback_asked.v1"),
            _ if row.due_at.is_some() && newly_missed => Some("call_missed.v1"),
            _ => None,
        };
        let outbox = topic.map(|topic| NewMessage {
            tenant,
            topic: topic.to_owned(),
            payload: serde_json::json!({ "call": row.id, "case": row.case, "at": row.saved_at }),
        });
        let body = AuditBody::CallChanged {
            call: row.id,
            change,
        };
        side.audit.push(self.audited(by, tenant, body));
        side.writes.push(Write::Call(row.clone()));
        let unit = Unit {
            writes: side.writes,
            audit: side.audit,
            outbox: outbox.into_iter().collect(),
            ..Unit::default()
        };
        let told = self.announcing_calls(tenant);
        self.keep(Vec::new(), unit, None, told).await?;
        Ok(row)
    }

    /// Until when somebody is called back who waits since then: by the clock of the rules in force on that day, in the hours
    /// of the desk; whoever is asked about finished work waits for nothing, and is called within two days of the desk. A calendar
    /// that never opens keeps nobody waiting.
    async fn callback_due(&self, row: &CallRow, since: Timestamp) -> Result<Timestamp, AppError> {
        let tenant = row.tenant;
        let (ms, basis) = if row.follows.is_some() {
            (FOLLOW_UP_DUE_MS, Basis::Desk)
        } else {
            let published = self.published_of(tenant).await?;
            Self::clocks_on(&published, since).allowance(ClockName::Callback, false)
        };
        let calendar = self.calendar_of(tenant).await?;
        Ok(calendar
            .due(since, ms, basis)
            .map_or(since.plus_ms(ms), |due| due.at))
    }

    /// Who calls: the person of the call, else one who is known under that number, else somebody new.
    async fn caller_of(
        &self,
        by: Actor,
        tenant: TenantId,
        known: Option<PersonRow>,
        phone: Option<&E164>,
        side: &mut Side,
    ) -> Result<PersonRow, AppError> {
        if let Some(person) = known {
            if let Some(phone) = phone
                && person.wrapped_key.is_some()
                && person.phone_index.is_none()
            {
                side.writes.push(self.reached_at(&person, phone).await?);
            }
            return Ok(person);
        }
        if let Some(phone) = phone {
            let index = self.vault().phone_index(&tenant.to_string(), phone)?;
            let people = self
                .store()
                .persons_by_phone(tenant, index.as_bytes())
                .await?;
            let there = people
                .into_iter()
                .rfind(|person| person.wrapped_key.is_some());
            if let Some(person) = there {
                return Ok(person);
            }
        }
        let id = PersonId(self.new_id());
        let person = match phone {
            Some(phone) => self.caller(tenant, id, phone).await?,
            None => self.unnamed_person(tenant, id)?,
        };
        side.writes.push(Write::Person(person.clone()));
        let body = AuditBody::PersonSealed { person: id };
        side.audit.push(self.audited(by, tenant, body));
        Ok(person)
    }

    /// None once the key of the person is destroyed.
    async fn seal_recording(
        &self,
        person: &PersonRow,
        call: CallId,
        reference: &str,
    ) -> Result<Option<Vec<u8>>, AppError> {
        let Some(key) = self.person_key(person)? else {
            return Ok(None);
        };
        let id = call.to_string();
        let field = Field::new(RECORDING.0, &id, RECORDING.1);
        let text = Plain::new(reference.to_owned());
        key.seal(&field, &text).await.map(Some)
    }

    /// The id of a call: a keyed hash of its name, which may hold the number.
    fn call_id(&self, tenant: TenantId, kind: &str, name: &str) -> Result<CallId, AppError> {
        let hash = self.vault().code_hash(&tenant.to_string(), kind, name)?;
        let mut id = [0_u8; 16];
        id.copy_from_slice(&hash[..16]);
        Ok(CallId(Uuid::from_bytes(id)))
    }

    async fn call_row(&self, tenant: TenantId, call: CallId) -> Result<CallRow, AppError> {
        let row = self.store().call(tenant, call).await?;
        row.ok_or_else(|| AppError::not_found("这通电话", "call"))
    }

    async fn call_view(&self, row: &CallRow) -> Result<CallView, AppError> {
        let person = self.masked_person(row.tenant, row.person).await?;
        let has_number = !person.phone.is_empty();
        let claimed_by = match row.claimed_by {
            Some(user) => self.store().user(user).await?.map(|user| user.display_name),
            None => None,
        };
        let since = row.asked_at.or(row.rang_at).or(row.missed_at);
        Ok(CallView {
            id: row.id,
            state: state(row, self.now()).to_owned(),
            phone: person.phone,
            name: person.name,
            has_number,
            has_recording: row.recording.is_some(),
            asked: row.asked_at.is_some() && row.follows.is_none(),
            case: row.case,
            cases: self.cases_of_caller(row).await?,
            since: since
                .or(row.answered_at)
                .or(row.ended_at)
                .unwrap_or(row.saved_at),
            due_at: row.due_at,
            tries: row.tries,
            claimed_by,
            follows: self.work_followed(row).await?,
            outcome: row.outcome.clone(),
        })
    }

    /// The open cases of everybody under the number of a call.
    async fn cases_of_caller(&self, row: &CallRow) -> Result<Vec<CaseRow>, AppError> {
        let mut claimants = vec![row.person];
        let person = self.store().person(row.person).await?;
        if let Some(index) = person.and_then(|person| person.phone_index) {
            let people = self.store().persons_by_phone(row.tenant, &index).await?;
            claimants.extend(people.into_iter().map(|person| person.id));
        }
        let filter = CaseFilter {
            tenant: Some(row.tenant),
            open_only: true,
            claimants,
            ..CaseFilter::default()
        };
        let paging = Paging {
            limit: Some(CALL_CASES_MAX),
            ..Paging::default()
        };
        Ok(self.case_page(&filter, &paging).await?.items)
    }
}

#[cfg(test)]
mod tests {
    use super::{CALL_RINGS_MS, CallId, CallRow, PersonId, TenantId, Timestamp, fresh};
    use super::{owed_since, state};
    use uuid::Uuid;

    fn call() -> CallRow {
        let nobody = Uuid::nil();
        fresh(
            TenantId(nobody),
            CallId(nobody),
            PersonId(nobody),
            Timestamp(0),
        )
    }

    /// Whoever was not answered is called back: also where the call center never said what came of the ring.
    #[test]
    fn whoever_was_not_answered_is_owed_a_call_back() {
        let at = Some(Timestamp(5));
        let rang = CallRow {
            rang_at: at,
            ..call()
        };
        let ended = CallRow {
            ended_at: at,
            ..call()
        };
        for owed in [&rang, &ended] {
            assert_eq!(owed_since(owed), at);
        }
        let answered = CallRow {
            answered_at: at,
            missed_at: at,
            ..rang.clone()
        };
        assert_eq!(owed_since(&answered), None);
        let asked = CallRow {
            asked_at: Some(Timestamp(9)),
            ..answered
        };
        assert_eq!(owed_since(&asked), Some(Timestamp(9)));
    }

    #[test]
    fn a_ring_of_which_nothing_more_is_heard_waits_after_a_while() {
        let rings = CallRow {
            rang_at: Some(Timestamp(0)),
            due_at: Some(Timestamp(9)),
            ..call()
        };
        assert_eq!(state(&rings, Timestamp(1)), "ringing");
        assert_eq!(state(&rings, Timestamp(CALL_RINGS_MS)), "waiting");
    }
}
