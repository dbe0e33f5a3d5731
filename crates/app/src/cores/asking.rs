//! Old parts that are not brought in time: whoever has one is reminded the day after, and a week later a person at the desk is told,
//! and again every week until the part came back or was let go. No part is taken for lost by a machine.

use crate::app::App;
use crate::error::AppError;
use crate::limits::{CORES_AGAIN_MS, CORES_ASKED_MS};
use crate::messages::not_carried;
use crate::notify::{Message, Recipient};
use crate::numbers::case_number;
use crate::preferences::Quiet;
use crate::reactions::{CaseJob, Job};
use aftercare_domain::audit::AuditBody;
use aftercare_domain::ids::{CoreId, TechnicianId, TenantId, WorkOrderId};
use aftercare_domain::stock::CoreState;
use aftercare_domain::{Actor, Day, Timestamp};
use aftercare_store::rows::CoreRow;
use aftercare_store::{ClaimedJob, NewJob, Unit, Write};
use std::collections::{BTreeMap, BTreeSet};

/// When somebody is asked about an old part that is owed: in the morning after the day on which it is due, then every week.
fn asked_at(row: &CoreRow) -> Timestamp {
    match row.told_at.or(row.reminded_at) {
        Some(asked) => asked.plus_ms(CORES_AGAIN_MS),
        None => row.due_at.china_midnight().plus_ms(CORES_ASKED_MS),
    }
}

/// Whether the desk is asked: whoever has the part was reminded.
const fn is_for_desk(row: &CoreRow) -> bool {
    row.reminded_at.is_some()
}

/// Names of parts with how many of each, such as `pump x 2, valve`.
fn named(rows: &[&CoreRow], between: &str) -> String {
    let mut parts: BTreeMap<&str, usize> = BTreeMap::new();
    for row in rows {
        *parts.entry(row.part.as_str()).or_default() += 1;
    }
    let named: Vec<String> = parts
        .into_iter()
        .map(|(part, count)| match count {
            1 => part.to_owned(),
            _ => format!("{part} x {count}"),
        })
        .collect();
    named.join(between)
}

/// The first day on which one of them was due.
fn first_due(rows: &[&CoreRow]) -> String {
    let first = rows.iter().map(|row| row.due_at).min();
    first.map_or_else(String::new, |at| Day::of(at).to_string())
}

/// The work that asks about the old parts of a visit.
pub(super) fn job_of(row: &CoreRow, run_at: Timestamp) -> Result<NewJob, AppError> {
    let job = Job::AskForCores {
        work_order: row.work_order,
    };
    let kind = job.kind().to_owned();
    let (tenant, case) = (row.tenant, row.case);
    let payload = serde_json::to_value(CaseJob { tenant, case, job })
        .map_err(|error| AppError::internal(format!("job: {error}")))?;
    Ok(NewJob {
        kind,
        payload,
        run_at,
        unique_key: None,
    })
}

impl App {
    async fn cores_owed(
        &self,
        tenant: TenantId,
        work_order: WorkOrderId,
    ) -> Result<Vec<CoreRow>, AppError> {
        let mut rows = self.store().cores_of(tenant, work_order).await?;
        rows.retain(|row| row.state == CoreState::Owed.name());
        Ok(rows)
    }

    /// Asks about the old parts of a visit that are late, and comes back while any is owed.
    ///
    /// # Errors
    /// [`AppError`] when a message could not be delivered; the job is tried again.
    pub(crate) async fn ask_for_cores(
        &self,
        claimed: &ClaimedJob,
        job: &CaseJob,
        work_order: WorkOrderId,
    ) -> Result<(), AppError> {
        let (tenant, now) = (job.tenant, self.now());
        let owed = self.cores_owed(tenant, work_order).await?;
        let Some(first) = owed.iter().map(asked_at).min() else {
            return self.finish_job(claimed).await;
        };
        if first > now {
            return self.put_off(claimed, first).await;
        }
        let (for_desk, fresh): (Vec<&CoreRow>, Vec<&CoreRow>) = owed
            .iter()
            .filter(|row| asked_at(row) <= now)
            .partition(|row| is_for_desk(row));
        let mut of: BTreeMap<TechnicianId, Vec<&CoreRow>> = BTreeMap::new();
        for row in &fresh {
            of.entry(row.technician).or_default().push(row);
        }
        for technician in of.keys() {
            if let Some(morning) = self.night_of(tenant, *technician).await? {
                return self.put_off(claimed, morning).await;
            }
        }
        for (technician, rows) in &of {
            self.remind_of_cores((claimed, job), *technician, rows)
                .await?;
        }
        if !for_desk.is_empty() {
            self.tell_of_cores((claimed, job), &for_desk).await?;
        }
        let asked: BTreeSet<CoreId> = fresh.iter().chain(&for_desk).map(|row| row.id).collect();
        let alone = self.alone(tenant.0).await?;
        let mut unit = Unit {
            complete_job: Some(claimed.id),
            ..Unit::default()
        };
        // What came back meanwhile is asked about no more.
        let mut next: Option<Timestamp> = None;
        for mut row in self.cores_owed(tenant, work_order).await? {
            if asked.contains(&row.id) {
                let whom = if is_for_desk(&row) {
                    row.told_at = Some(now);
                    "dispatcher"
                } else {
                    row.reminded_at = Some(now);
                    "technician"
                };
                let body = AuditBody::CoreAsked {
                    core: row.id,
                    whom: whom.to_owned(),
                };
                unit.audit.push(self.audited(Actor::System, tenant, body));
                unit.writes.push(Write::Core(row.clone()));
            }
            let at = asked_at(&row);
            next = Some(next.map_or(at, |earlier| earlier.min(at)));
        }
        if let Some(run_at) = next {
            unit.jobs.push(NewJob {
                kind: claimed.kind.clone(),
                payload: claimed.payload.clone(),
                run_at,
                unique_key: None,
            });
        }
        self.keep(Vec::new(), unit, Some(alone), || {}).await?;
        Ok(())
    }

    /// Until when a technician is not to be disturbed, where it is night for them.
    async fn night_of(
        &self,
        tenant: TenantId,
        technician: TechnicianId,
    ) -> Result<Option<Timestamp>, AppError> {
        let Some(account) = self.account_of(technician).await? else {
            return Ok(None);
        };
        let own = self.preference_of(tenant, account).await?;
        let hours = own.quiet.and_then(Quiet::hours);
        Ok(hours.and_then(|hours| hours.morning_after(self.now())))
    }

    async fn remind_of_cores(
        &self,
        (claimed, job): (&ClaimedJob, &CaseJob),
        technician: TechnicianId,
        rows: &[&CoreRow],
    ) -> Result<(), AppError> {
        let (number, due) = (case_number(job.case), first_due(rows));
        let zh = format!(
            "【{number}】旧件“{}”应在 {due} 前退回网点，还没有登记退回。请带回网点登记；退不回来的，请告诉调度员。",
            named(rows, "、")
        );
        let en = format!(
            "[{number}] The old part ({}) was to be back at the outlet by {due}, and nobody recorded it. Please bring it; where that cannot be, tell the dispatcher.",
            named(rows, ", ")
        );
        let account = self.account_of(technician).await?;
        let lang = match account {
            Some(account) => self.preference_of(job.tenant, account).await?.lang,
            None => None,
        };
        let display_name = self.technician_name(technician).await?;
        self.hand_over(Message {
            id: Message::id_of(claimed.id, "cores_due", &zh),
            tenant: job.tenant,
            to: Recipient::Staff { display_name },
            case: Some(job.case),
            kind: "cores_due",
            zh,
            en,
            lang,
            at: self.now(),
        })
        .await
    }

    async fn tell_of_cores(
        &self,
        (claimed, job): (&ClaimedJob, &CaseJob),
        rows: &[&CoreRow],
    ) -> Result<(), AppError> {
        let (number, due) = (case_number(job.case), first_due(rows));
        let zh = format!(
            "【{number}】旧件“{}”应在 {due} 前退回，提醒过师傅，仍没有登记退回。请联系师傅，或在旧件页登记免退的原因。",
            named(rows, "、")
        );
        let en = format!(
            "[{number}] The old part ({}) was to be back by {due}; the technician was reminded, and nobody recorded it. Please ask the technician, or let it go for a reason on the page of old parts.",
            named(rows, ", ")
        );
        self.hand_over(Message {
            id: Message::id_of(claimed.id, "cores_overdue", &zh),
            tenant: job.tenant,
            to: Recipient::Desk {
                role: "dispatcher",
                shop: None,
            },
            case: Some(job.case),
            kind: "cores_overdue",
            zh,
            en,
            lang: None,
            at: self.now(),
        })
        .await
    }

    async fn hand_over(&self, message: Message) -> Result<(), AppError> {
        let delivered = self.notifier().deliver(&message).await;
        delivered.map(|_| ()).map_err(|error| not_carried(&error))
    }
}
