//! Between whom a number stands, and for how long: the customer and the technician of a repair, from the acceptance until some days
//! after the work is done, in which either may still have a question. It ends by itself then, at once when somebody else takes the
//! work or nobody does, and its end is told to whoever rents the number when it is bound: no number outlives this server. Neither
//! number is in the log, and neither side learns the other's.

use crate::app::App;
use crate::error::{AppError, ErrorKind};
use crate::limits::{RELAY_AFTER_MS, RELAYS_MOVED_MAX};
use crate::people::phone_read;
use crate::principal::Principal;
use crate::reactions::{CaseJob, Job};
use crate::relay::{Binding, Relay, RelayError, RelayNumber};
use crate::sealing::{ReadableCase, sha256};
use aftercare_domain::audit::{AuditBody, AuditEvent, PersonField, ShredReason, UsePurpose};
use aftercare_domain::case::{RepairState, WorkOrder};
use aftercare_domain::ids::{CaseId, PersonId, TechnicianId, TenantId, WorkOrderId};
use aftercare_domain::time::DAY_MS;
use aftercare_domain::{Actor, Role, Timestamp};
use aftercare_store::rows::{PersonRow, RelayLineRow, RelayRow};
use aftercare_store::{ClaimedJob, NewJob, Unit, WorkOrderFilter, Write};
use aftercare_vault::Plain;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// The column that the number of a binding is sealed for.
const NUMBER: &str = "relay_number";

/// States of a repair in which its technician and its customer have to reach each other.
const UNDER_WAY: [RepairState; 10] = [
    RepairState::Accepted,
    RepairState::Scheduled,
    RepairState::EnRoute,
    RepairState::Arrived,
    RepairState::Diagnosed,
    RepairState::QuotePending,
    RepairState::QuoteDeclined,
    RepairState::Consented,
    RepairState::InWork,
    RepairState::WaitingForParts,
];

/// The number between a customer and a technician, for either of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RelayDetail {
    /// As it is dialed; it is neither side's own.
    pub number: String,
    /// Digits that are dialed once it answers.
    pub extension: Option<String>,
    /// When it leads nowhere any more.
    #[schema(value_type = i64)]
    pub until: Timestamp,
}

/// The number that a technician is called through, as the technician sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnLine {
    /// Masked; none before one was saved, and a year after.
    pub masked: Option<String>,
}

/// What should stand between two people now.
struct Wanted {
    technician: TechnicianId,
    line: PersonRow,
    customer: PersonRow,
    until: Timestamp,
    under_way: bool,
}

impl Wanted {
    /// The id of the binding number `turn` of a repair: another one for other people or another number of theirs.
    fn binding(&self, work_order: WorkOrderId, turn: u32) -> String {
        let text = format!(
            "relay {work_order} {} {} {} {} {turn}",
            self.technician,
            self.line.id,
            self.customer.id,
            hex::encode(self.customer.phone_index.unwrap_or_default()),
        );
        let mut id = hex::encode(sha256(text.as_bytes()));
        id.truncate(32);
        id
    }

    /// When the next look at it is due: a day before the number would end under a repair that goes on, else when it ends.
    fn looked_at_again(&self) -> Timestamp {
        if self.under_way {
            self.until.plus_ms(-DAY_MS)
        } else {
            self.until
        }
    }
}

/// Until when the two sides of a repair may have to call each other, to the end of a day; none when they have not.
fn until(order: &WorkOrder, now: Timestamp) -> Option<(Timestamp, bool)> {
    let end_of_day = |at: Timestamp| at.plus_ms(RELAY_AFTER_MS).china_midnight().plus_ms(DAY_MS);
    if UNDER_WAY.contains(&order.state) {
        let visit = order.window.map_or(now, |window| window.until.max(now));
        return Some((end_of_day(visit), true));
    }
    let is_done = matches!(
        order.state,
        RepairState::Done
            | RepairState::Confirmed
            | RepairState::Disputed
            | RepairState::UnderWarranty
            | RepairState::Expired
    );
    let until = end_of_day(order.done_at.filter(|_| is_done)?);
    (until > now).then_some((until, false))
}

fn not_relayed(error: &RelayError) -> AppError {
    AppError::new(
        ErrorKind::Internal,
        "relay_failed",
        format!("隐私号还没有办好，会再试：{error}"),
        format!("The number in between is not there yet and is asked for again: {error}"),
    )
}

/// Why a technician is not shown a number that can be called otherwise.
pub(crate) fn through_the_relay() -> AppError {
    AppError::new(
        ErrorKind::Refused,
        "relay_instead",
        "这一单有隐私号：请用工单页上的号码打给客户，不用查看真实号码。打不通时请联系调度台。",
        "There is a number in between: call the customer through the one on the page of the job. Their own number is not needed. If nobody is reached, please ask the dispatch desk.",
    )
}

/// The technician who asks.
fn own(principal: &Principal) -> Result<(TechnicianId, Actor), AppError> {
    let signed_in = principal.signed_in().ok_or_else(AppError::forbidden)?;
    let technician = signed_in
        .technician
        .filter(|_| signed_in.has(Role::Technician))
        .ok_or_else(AppError::forbidden)?;
    let user = signed_in.user;
    Ok((technician, Actor::Technician { technician, user }))
}

impl App {
    /// Puts numbers between customers and technicians from now on; the first call counts, and until then nobody does.
    pub fn relay_through(&self, relay: Arc<dyn Relay>) {
        let _ = self.relay_slot().set(relay);
    }

    /// Whether numbers are put between customers and technicians.
    pub(crate) fn has_relay(&self) -> bool {
        self.relay_slot().get().is_some()
    }

    /// The number that the technician is called through; none where no numbers are put in between.
    ///
    /// # Errors
    /// Whoever is no technician.
    pub async fn own_line(&self, principal: &Principal) -> Result<Option<OwnLine>, AppError> {
        let (technician, _) = own(principal)?;
        if !self.has_relay() {
            return Ok(None);
        }
        let tenant = principal.tenant();
        let masked = match self.store().relay_line(tenant, technician).await? {
            Some(line) => self.masked_person(tenant, line.person).await?.phone,
            None => String::new(),
        };
        Ok(Some(OwnLine {
            masked: Some(masked).filter(|text| !text.is_empty()),
        }))
    }

    /// Saves the number that the technician is called through, in place of the one before, which is destroyed; an empty one
    /// leaves none. What the technician has under way is called through it from now on.
    ///
    /// # Errors
    /// Whoever is no technician, a number that is none, no relay.
    pub async fn save_own_line(
        &self,
        principal: &Principal,
        phone: &Plain<String>,
    ) -> Result<(), AppError> {
        let (technician, by) = own(principal)?;
        if !self.has_relay() {
            return Err(AppError::new(
                ErrorKind::Refused,
                "no_relay",
                "这里没有开通隐私号，不用登记号码。",
                "No numbers are put in between here, so none is needed of yours.",
            ));
        }
        let tenant = principal.tenant();
        let at = self.now();
        let alone = self.alone(technician.0).await?;
        let mut unit = Unit::default();
        let was = self.store().relay_line(tenant, technician).await?;
        let person = PersonId(self.new_id());
        if !phone.expose_str().trim().is_empty() {
            let number = phone_read(phone)?;
            let mut row = self.caller(tenant, person, &number).await?;
            // Nobody is found by the number of a colleague: it is no customer's.
            row.phone_index = None;
            row.last4_index = None;
            unit.writes.push(Write::Person(row));
            unit.writes.push(Write::RelayLine(RelayLineRow {
                tenant,
                technician,
                person,
                saved_at: at,
            }));
            unit.audit
                .push(self.audited(by, tenant, AuditBody::PersonSealed { person }));
        }
        if let Some(was) = was
            && let Some(row) = self.store().person(was.person).await?
            && row.wrapped_key.is_some()
        {
            unit.writes.push(Write::ShredPerson { person: row.id, at });
            let body = AuditBody::PersonShredded {
                person: row.id,
                reason: ShredReason::Requested,
                note: None,
            };
            unit.audit.push(self.audited(by, tenant, body));
        }
        let filter = WorkOrderFilter {
            tenant: Some(tenant),
            technician: Some(technician),
            states: UNDER_WAY.iter().map(crate::detail::name).collect(),
            ..WorkOrderFilter::default()
        };
        let found = self.store().work_orders(&filter, None, RELAYS_MOVED_MAX);
        for row in found.await?.items {
            unit.jobs
                .push(keep_at((tenant, row.case_id), row.work_order_id, at)?);
        }
        if !unit.writes.is_empty() {
            self.keep(Vec::new(), unit, Some(alone), || {}).await?;
        }
        Ok(())
    }

    /// The number of a repair for whoever of its two sides reads the case.
    ///
    /// # Errors
    /// What the store says, bytes that were altered.
    pub(crate) async fn relay_shown(
        &self,
        principal: &Principal,
        tenant: TenantId,
        key: &ReadableCase,
        work_order: WorkOrderId,
    ) -> Result<Option<RelayDetail>, AppError> {
        let side = match principal {
            Principal::Claimant { .. } => None,
            Principal::User(who) if who.has(Role::Technician) && who.technician.is_some() => {
                who.technician
            }
            Principal::User(_) | Principal::Integrator { .. } => return Ok(None),
        };
        let row = self.store().relay(tenant, work_order).await?;
        let Some(row) = row.filter(|row| self.is_standing(row)) else {
            return Ok(None);
        };
        if side.is_some_and(|technician| technician != row.technician) || key.ended_at().is_some() {
            return Ok(None);
        }
        let number = key.open_bytes(NUMBER, &row.number)?;
        let number: RelayNumber = serde_json::from_slice(&number)
            .map_err(|error| AppError::internal(format!("number in between: {error}")))?;
        Ok(Some(RelayDetail {
            number: number.number,
            extension: number.extension,
            until: row.until,
        }))
    }

    /// Whether a technician reaches the customer of a repair through a number in between.
    ///
    /// # Errors
    /// What the store says.
    pub(crate) async fn is_relayed(
        &self,
        tenant: TenantId,
        work_order: WorkOrderId,
        technician: TechnicianId,
    ) -> Result<bool, AppError> {
        let row = self.store().relay(tenant, work_order).await?;
        Ok(row.is_some_and(|row| row.technician == technician && self.is_standing(&row)))
    }

    fn is_standing(&self, row: &RelayRow) -> bool {
        row.ended_at.is_none() && row.until > self.now()
    }

    /// Brings the number between the two sides of a repair in line with the repair: there is none, one, another one, or one that
    /// ends at another time. Done twice it is done once.
    ///
    /// # Errors
    /// [`AppError`] when the relay did not do it; the job is tried again.
    pub(crate) async fn keep_relay(
        &self,
        claimed: &ClaimedJob,
        (tenant, case): (TenantId, CaseId),
        work_order: WorkOrderId,
    ) -> Result<(), AppError> {
        let mut unit = Unit {
            complete_job: Some(claimed.id),
            ..Unit::default()
        };
        let Some(relay) = self.relay_slot().get() else {
            self.keep(Vec::new(), unit, None, || {}).await?;
            return Ok(());
        };
        let alone = self.alone(work_order.0).await?;
        let wanted = self.relay_wanted(tenant, case, work_order).await?;
        let row = self.store().relay(tenant, work_order).await?;
        let turn = row.as_ref().map_or(0, |row| row.turn);
        let standing = row.filter(|row| row.ended_at.is_none());
        let same =
            |row: &RelayRow, wanted: &Wanted| row.binding == wanted.binding(work_order, row.turn);
        match (standing, wanted) {
            (Some(row), Some(wanted)) if same(&row, &wanted) => {
                self.move_relay_end(&**relay, row, &wanted, &mut unit)
                    .await?;
            }
            (standing, wanted) => {
                if let Some(row) = standing {
                    // Durable before another number is asked for.
                    let ended = self.end_relay(&**relay, row).await?;
                    self.keep(Vec::new(), ended, None, || {}).await?;
                }
                if let Some(wanted) = wanted {
                    let place = (case, work_order, turn + 1);
                    self.bind_relay(&**relay, tenant, place, &wanted, &mut unit)
                        .await?;
                }
            }
        }
        self.keep(Vec::new(), unit, Some(alone), || {}).await?;
        Ok(())
    }

    /// What should stand between the two sides of a repair now.
    async fn relay_wanted(
        &self,
        tenant: TenantId,
        case: CaseId,
        work_order: WorkOrderId,
    ) -> Result<Option<Wanted>, AppError> {
        let state = self.load(case).await?;
        let Some(order) = state.work_orders.get(&work_order) else {
            return Ok(None);
        };
        let (Some(technician), Some((until, under_way))) =
            (order.technician, until(order, self.now()))
        else {
            return Ok(None);
        };
        let claimant = crate::detail::opened(&state)?.claimant;
        let Some(line) = self.store().relay_line(tenant, technician).await? else {
            return Ok(None);
        };
        let reached = |row: &PersonRow| row.wrapped_key.is_some() && row.phone.is_some();
        let line = self.store().person(line.person).await?.filter(reached);
        let customer = self.store().person(claimant).await?.filter(reached);
        let (Some(line), Some(customer)) = (line, customer) else {
            return Ok(None);
        };
        Ok(Some(Wanted {
            technician,
            line,
            customer,
            until,
            under_way,
        }))
    }

    async fn bind_relay(
        &self,
        relay: &dyn Relay,
        tenant: TenantId,
        (case, work_order, turn): (CaseId, WorkOrderId, u32),
        wanted: &Wanted,
        unit: &mut Unit,
    ) -> Result<(), AppError> {
        let key = self.case_key(tenant, case).await?;
        let people = [wanted.line.clone(), wanted.customer.clone()];
        let mut numbers = self
            .open_for(
                (tenant, Some(case)),
                UsePurpose::Relay,
                PersonField::Phone,
                &people,
            )
            .await?;
        let (Some(technician), Some(customer)) = (
            numbers.remove(&wanted.line.id),
            numbers.remove(&wanted.customer.id),
        ) else {
            return Ok(());
        };
        let at = self.now();
        let binding = Binding {
            id: wanted.binding(work_order, turn),
            technician,
            customer,
            until: wanted.until,
            at,
        };
        let given = relay
            .bind(&binding)
            .await
            .map_err(|error| not_relayed(&error))?;
        let given = serde_json::to_vec(&given)
            .map_err(|error| AppError::internal(format!("number in between: {error}")))?;
        unit.writes.push(Write::Relay(RelayRow {
            tenant,
            work_order,
            case,
            technician: wanted.technician,
            binding: binding.id,
            turn,
            number: key.seal_bytes(NUMBER, &given)?,
            bound_at: at,
            until: wanted.until,
            ended_at: None,
        }));
        let body = AuditBody::RelayBound {
            case,
            work_order,
            technician: wanted.technician,
            until: wanted.until,
        };
        unit.audit.push(self.of_the_system(tenant, body));
        let again = wanted.looked_at_again();
        unit.jobs.push(keep_at((tenant, case), work_order, again)?);
        Ok(())
    }

    async fn move_relay_end(
        &self,
        relay: &dyn Relay,
        row: RelayRow,
        wanted: &Wanted,
        unit: &mut Unit,
    ) -> Result<(), AppError> {
        if row.until == wanted.until {
            // Of a repair that goes on the next look is due already; of one that is done it may be due too early.
            if !wanted.under_way {
                let place = (row.tenant, row.case);
                unit.jobs
                    .push(keep_at(place, row.work_order, wanted.until)?);
            }
            return Ok(());
        }
        relay
            .end_at(&row.binding, wanted.until, self.now())
            .await
            .map_err(|error| not_relayed(&error))?;
        let body = AuditBody::RelayBound {
            case: row.case,
            work_order: row.work_order,
            technician: row.technician,
            until: wanted.until,
        };
        unit.audit.push(self.of_the_system(row.tenant, body));
        let again = wanted.looked_at_again();
        let place = (row.tenant, row.case);
        unit.jobs.push(keep_at(place, row.work_order, again)?);
        unit.writes.push(Write::Relay(RelayRow {
            until: wanted.until,
            ..row
        }));
        Ok(())
    }

    async fn end_relay(&self, relay: &dyn Relay, row: RelayRow) -> Result<Unit, AppError> {
        let at = self.now();
        relay
            .release(&row.binding, at)
            .await
            .map_err(|error| not_relayed(&error))?;
        let body = AuditBody::RelayEnded {
            case: row.case,
            work_order: row.work_order,
        };
        Ok(Unit {
            audit: vec![self.of_the_system(row.tenant, body)],
            writes: vec![Write::Relay(RelayRow {
                ended_at: Some(at),
                ..row
            })],
            ..Unit::default()
        })
    }

    fn of_the_system(&self, tenant: TenantId, body: AuditBody) -> AuditEvent {
        self.audited(Actor::System, tenant, body)
    }
}

/// The work of keeping the number of a repair, at a time.
fn keep_at(
    (tenant, case): (TenantId, CaseId),
    work_order: WorkOrderId,
    run_at: Timestamp,
) -> Result<NewJob, AppError> {
    let job = Job::KeepRelay { work_order };
    let kind = job.kind().to_owned();
    let payload = serde_json::to_value(CaseJob { tenant, case, job })
        .map_err(|error| AppError::internal(format!("job: {error}")))?;
    Ok(NewJob {
        kind,
        payload,
        run_at,
        unique_key: None,
    })
}
