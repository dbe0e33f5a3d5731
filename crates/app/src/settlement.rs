//! Statements of what technicians and outlets are owed: drawn up of finished work by a tariff, approved by a person, taken along
//! as a table. Nothing is settled twice: a line is known by what it was made of, here and in the database, whoever it is owed to.
//! What was approved is never changed; a correction, and what is taken back for work that did not hold, is a line of the next
//! statement. An outlet that is settled with as a whole is owed what its technicians earn, and pays them itself.

mod cash;

use crate::access::staff;
use crate::app::App;
use crate::catalogue::line;
use crate::engine::Side;
use crate::error::{AppError, ErrorKind};
use crate::limits::{
    AMOUNT_FEN_MAX, CORRECTION_KEY_CHARS_MAX, OUTLETS_SETTLED_MAX, PAGE_ROWS_MAX,
    STATEMENT_LINES_MAX, STATEMENTS_MAX,
};
use crate::principal::Principal;
use crate::warranty::csv_cell;
use aftercare_domain::audit::AuditBody;
use aftercare_domain::case::{OfferAnswer, WorkOrder};
use aftercare_domain::ids::{CaseId, OutletId, StatementId, TechnicianId, TenantId, WorkOrderId};
use aftercare_domain::settlement::{
    Job, Line, LineKind, Month, Payee, Reworked, Tariff, lines_of, source_of,
};
use aftercare_domain::{Case, Day, Fen, Role};
use aftercare_store::rows::{OutletRow, StatementLineRow, StatementRow};
use aftercare_store::{WorkOrderFilter, Write};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use utoipa::ToSchema;

/// Who draws statements up and writes corrections down.
const MAKERS: &[Role] = &[Role::Admin, Role::Dispatcher];
/// Who approves them, and sets the tariff.
const APPROVERS: &[Role] = &[Role::Admin];
/// Who reads them all; a technician reads the own ones that were approved.
const READERS: &[Role] = &[Role::Admin, Role::Dispatcher, Role::Auditor];
/// States of work that is over and was agreed with.
const FINISHED: [&str; 3] = ["confirmed", "under_warranty", "expired"];
/// Why something is corrected.
pub const REASONS: [&str; 4] = ["miscounted", "agreed", "paid_otherwise", "other"];

/// The tariff as entered and shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TariffInput {
    /// Fen for each visit of a kind: `repair`, `install`, `clean`, `maintain`, `upgrade`, `inspect`.
    #[schema(value_type = BTreeMap<String, i64>)]
    pub base: BTreeMap<String, Fen>,
    /// Thousandths of what the customer agreed to pay for work.
    pub labor_permille: u16,
    /// The same of parts.
    pub parts_permille: u16,
    /// The same of travel.
    pub travel_permille: u16,
    /// How codes of the price book that are about parts begin.
    pub parts_codes: Vec<String>,
    /// The same of travel.
    pub travel_codes: Vec<String>,
    /// Fen for each kilometer, straight, beyond the free ones.
    #[schema(value_type = i64)]
    pub per_km: Fen,
    /// Meters that are free.
    pub free_m: u32,
    /// Thousandths of what work that is done again earns, taken back from whoever's work did not hold.
    pub back_charge_permille: u16,
}

impl TariffInput {
    fn tariff(&self) -> Tariff {
        let codes = |codes: &[String]| codes.iter().map(|code| code.trim().to_owned()).collect();
        Tariff {
            base: self.base.clone(),
            labor_permille: self.labor_permille,
            parts_permille: self.parts_permille,
            travel_permille: self.travel_permille,
            parts_codes: codes(&self.parts_codes),
            travel_codes: codes(&self.travel_codes),
            per_km: self.per_km,
            free_m: self.free_m,
            back_charge_permille: self.back_charge_permille,
        }
    }

    fn of(tariff: &Tariff) -> Self {
        Self {
            base: tariff.base.clone(),
            labor_permille: tariff.labor_permille,
            parts_permille: tariff.parts_permille,
            travel_permille: tariff.travel_permille,
            parts_codes: tariff.parts_codes.clone(),
            travel_codes: tariff.travel_codes.clone(),
            per_km: tariff.per_km,
            free_m: tariff.free_m,
            back_charge_permille: tariff.back_charge_permille,
        }
    }
}

/// An outlet that is settled with as a whole, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct OutletSettled {
    outlet: OutletId,
    /// Its own rules; those of the tenant without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tariff: Option<Tariff>,
}

/// Whether an outlet is settled with as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OutletSettlement {
    /// Code of the outlet.
    pub outlet: String,
    /// Whether it is owed what its technicians earn, from statements on that are drawn up from now on.
    pub whole: bool,
    /// Its own tariff; without, that of the tenant counts.
    #[serde(default)]
    pub tariff: Option<TariffInput>,
}

/// For whom and until which month a statement is drawn up: a technician or an outlet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StatementInput {
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub technician: Option<TechnicianId>,
    /// Code of an outlet that is settled with as a whole.
    #[serde(default)]
    pub outlet: Option<String>,
    /// `2026-10`: what was done up to its end and is in no statement yet.
    pub month: String,
}

/// A correction as it is entered, for a technician or an outlet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CorrectionInput {
    /// Chosen by the sender: sent again with the same key, it counts once.
    pub key: String,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub technician: Option<TechnicianId>,
    /// Code of an outlet, instead of a technician.
    #[serde(default)]
    pub outlet: Option<String>,
    /// Fen; below zero where it is taken back.
    #[schema(value_type = i64)]
    pub amount: Fen,
    /// `miscounted`, `agreed`, `paid_otherwise` or `other`.
    pub reason: String,
}

/// A statement in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct StatementBrief {
    #[schema(value_type = String)]
    pub id: StatementId,
    #[schema(value_type = Option<String>)]
    pub technician: Option<TechnicianId>,
    /// Code of the outlet, where it is an outlet's.
    pub outlet: Option<String>,
    /// The name of the outlet, or the technician's that customers see.
    pub name: String,
    pub month: String,
    /// Fen.
    #[schema(value_type = i64)]
    pub total: Fen,
    pub approved: bool,
}

/// A line of a statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct StatementLineView {
    pub number: u32,
    /// `labor`, `parts`, `travel`, `back_charge`, `correction` or `cash`.
    pub kind: String,
    #[schema(value_type = Option<String>)]
    pub case: Option<CaseId>,
    /// The number that the customer has.
    pub case_number: Option<String>,
    #[schema(value_type = Option<String>)]
    pub work_order: Option<WorkOrderId>,
    /// Whose work it was, in an outlet's statement.
    pub done_by: Option<String>,
    /// Fen; below zero where it is taken back.
    #[schema(value_type = i64)]
    pub amount: Fen,
    /// Of a correction.
    pub reason: Option<String>,
}

/// A statement with its lines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct StatementView {
    pub statement: StatementBrief,
    /// The rules that it went by.
    pub tariff: TariffInput,
    pub lines: Vec<StatementLineView>,
}

/// A statement that was drawn up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct StatementMade {
    #[schema(value_type = String)]
    pub id: StatementId,
    /// One statement has no room for all of it: what is left is settled by another one of the same month.
    pub more: bool,
}

/// Who is owed what, as the tenant says it today.
struct Payees {
    /// The outlet of each technician who has one.
    outlet_of: BTreeMap<TechnicianId, OutletId>,
    whole: Vec<OutletSettled>,
}

impl Payees {
    fn is_whole(&self, outlet: OutletId) -> bool {
        self.whole.iter().any(|one| one.outlet == outlet)
    }

    /// Who is owed what the work of a technician earns.
    fn of(&self, technician: TechnicianId) -> Payee {
        match self.outlet_of.get(&technician) {
            Some(outlet) if self.is_whole(*outlet) => Payee::Outlet(*outlet),
            _ => Payee::Technician(technician),
        }
    }

    /// Whose work earns for a payee.
    fn workers(&self, payee: Payee) -> Vec<TechnicianId> {
        match payee {
            Payee::Technician(technician) if self.of(technician) == payee => vec![technician],
            Payee::Technician(_) => Vec::new(),
            Payee::Outlet(outlet) => {
                let of = self.outlet_of.iter();
                of.filter(|(who, own)| **own == outlet && self.of(**who) == payee)
                    .map(|(who, _)| *who)
                    .collect()
            }
        }
    }

    /// The rules by which a payee is settled with.
    fn tariff(&self, payee: Payee, usual: &Tariff) -> Tariff {
        let own = match payee {
            Payee::Technician(_) => None,
            Payee::Outlet(outlet) => {
                let mut whole = self.whole.iter();
                whole.find(|one| one.outlet == outlet)
            }
        };
        own.and_then(|one| one.tariff.as_ref())
            .unwrap_or(usual)
            .clone()
    }
}

/// The columns of rows that say whose they are.
const fn columns_of(payee: Payee) -> (Option<TechnicianId>, Option<OutletId>) {
    match payee {
        Payee::Technician(technician) => (Some(technician), None),
        Payee::Outlet(outlet) => (None, Some(outlet)),
    }
}

fn refused(rule: &str, zh: &str, en: &str) -> AppError {
    AppError::new(ErrorKind::Refused, rule, zh, en)
}

fn approved_already() -> AppError {
    refused(
        "statement_approved",
        "这份结算单已经批准，不能再改；要改的写成下一份的更正。",
        "This statement was approved and stays as it is. Write a correction for the next one.",
    )
}

fn month_of(text: &str) -> Result<Month, AppError> {
    Month::parse(text).ok_or_else(|| {
        AppError::invalid(
            "month",
            "month_form",
            "月份写成 2026-10。",
            "Write the month as 2026-10.",
        )
    })
}

impl App {
    /// The tariff by which work is settled.
    ///
    /// # Errors
    /// A missing role.
    pub async fn tariff(&self, principal: &Principal) -> Result<TariffInput, AppError> {
        staff(principal, READERS)?;
        let tariff = self.settings_of(principal.tenant()).await?.tariff;
        Ok(TariffInput::of(&tariff))
    }

    /// Sets the tariff for statements that are drawn up from now on.
    ///
    /// # Errors
    /// A missing role, or `tariff_not_valid`.
    pub async fn set_tariff(
        &self,
        principal: &Principal,
        input: &TariffInput,
    ) -> Result<(), AppError> {
        let by = staff(principal, APPROVERS)?;
        let tariff = input.tariff();
        tariff
            .check()
            .map_err(|wrong| AppError::invalid("tariff", &wrong.rule, wrong.zh, wrong.en))?;
        self.change_stored(principal.tenant(), by, "tariff", |settings| {
            settings.tariff = tariff;
            Ok(())
        })
        .await
    }

    /// Outlets that are settled with as a whole, by code.
    ///
    /// # Errors
    /// A missing role.
    pub async fn outlet_settlements(
        &self,
        principal: &Principal,
    ) -> Result<Vec<OutletSettlement>, AppError> {
        staff(principal, READERS)?;
        let tenant = principal.tenant();
        let whole = self.settings_of(tenant).await?.outlets_settled;
        let outlets = self.store().outlets(tenant).await?;
        Ok(outlets
            .into_iter()
            .filter_map(|outlet| {
                let one = whole.iter().find(|one| one.outlet == outlet.id)?;
                Some(OutletSettlement {
                    outlet: outlet.code,
                    whole: true,
                    tariff: one.tariff.as_ref().map(TariffInput::of),
                })
            })
            .collect())
    }

    /// Says whether an outlet is settled with as a whole, for statements that are drawn up from now on. What waits for a
    /// statement already is still owed to whom it waits for.
    ///
    /// # Errors
    /// A missing role, an outlet that is not there, `tariff_not_valid`, or more outlets than there is room for.
    pub async fn set_outlet_settlement(
        &self,
        principal: &Principal,
        input: &OutletSettlement,
    ) -> Result<(), AppError> {
        let by = staff(principal, APPROVERS)?;
        let tenant = principal.tenant();
        let outlet = self.outlet_of(tenant, &input.outlet).await?.id;
        let tariff = input.tariff.as_ref().map(TariffInput::tariff);
        if let Some(tariff) = &tariff {
            tariff
                .check()
                .map_err(|wrong| AppError::invalid("tariff", &wrong.rule, wrong.zh, wrong.en))?;
        }
        let new = input.whole.then_some(OutletSettled { outlet, tariff });
        self.change_stored(tenant, by, "outlet_settlement", |settings| {
            settings.outlets_settled.retain(|one| one.outlet != outlet);
            settings.outlets_settled.extend(new);
            if settings.outlets_settled.len() > OUTLETS_SETTLED_MAX {
                return Err(AppError::invalid(
                    "outlet",
                    "outlets_settled_full",
                    format!("整体结算的网点最多 {OUTLETS_SETTLED_MAX} 个。"),
                    format!(
                        "At most {OUTLETS_SETTLED_MAX} outlets can be settled with as a whole."
                    ),
                ));
            }
            Ok(())
        })
        .await
    }

    /// Whom an input names: a technician or an outlet, and not both.
    async fn payee_named(
        &self,
        tenant: TenantId,
        technician: Option<TechnicianId>,
        outlet: Option<&str>,
    ) -> Result<Payee, AppError> {
        match (
            technician,
            outlet.map(str::trim).filter(|code| !code.is_empty()),
        ) {
            (Some(technician), None) => {
                self.technician_row(tenant, technician).await?;
                Ok(Payee::Technician(technician))
            }
            (None, Some(code)) => Ok(Payee::Outlet(self.outlet_of(tenant, code).await?.id)),
            _ => Err(AppError::invalid(
                "technician",
                "statement_payee",
                "请选择一位师傅或一个网点，只选一个。",
                "Please choose a technician or an outlet, one of them.",
            )),
        }
    }

    async fn payees(&self, tenant: TenantId) -> Result<Payees, AppError> {
        let technicians = self.store().technicians(tenant).await?;
        Ok(Payees {
            outlet_of: technicians
                .into_iter()
                .filter_map(|row| Some((row.id, row.outlet?)))
                .collect(),
            whole: self.settings_of(tenant).await?.outlets_settled,
        })
    }

    /// Draws up what a technician or an outlet is owed for work that was done up to the end of a month, and is in no statement
    /// yet: what waits first, then the work, the first done first. Where one statement has no room for all of it, whole pieces
    /// of work are left for another one of the same month.
    ///
    /// # Errors
    /// A missing role, an unknown technician or outlet, a month that is none or not over, nothing to settle;
    /// `settled_with_outlet` for a technician whose outlet is owed it, `outlet_not_whole` for an outlet that is owed nothing.
    pub async fn make_statement(
        &self,
        principal: &Principal,
        input: &StatementInput,
    ) -> Result<StatementMade, AppError> {
        let by = staff(principal, MAKERS)?;
        let maker = principal.signed_in().ok_or_else(AppError::forbidden)?.user;
        let tenant = principal.tenant();
        let month = month_of(&input.month)?;
        let _alone = self.alone(tenant.0).await?;
        let payee = self
            .payee_named(tenant, input.technician, input.outlet.as_deref())
            .await?;
        let now = self.now();
        if month.last_day() >= Day::of(now) {
            return Err(AppError::invalid(
                "month",
                "month_not_over",
                "这个月还没有过完。",
                "This month is not over yet.",
            ));
        }
        let payees = self.payees(tenant).await?;
        let tariff = payees.tariff(payee, &self.settings_of(tenant).await?.tariff);
        let id = StatementId(self.new_id());
        let mut side = Side::default();
        let mut total = 0_i64;
        let mut number = 0_u32;
        // One more than there is room for says that there are more.
        let mut waiting = self
            .store()
            .waiting_lines(tenant, payee, STATEMENT_LINES_MAX + 1)
            .await?;
        let room = usize::try_from(STATEMENT_LINES_MAX).unwrap_or(usize::MAX);
        let mut more = waiting.len() > room;
        waiting.truncate(room);
        for row in waiting {
            number += 1;
            total = total.saturating_add(row.amount_fen.0);
            side.writes.push(Write::TakeStatementLine {
                tenant,
                source: row.source,
                statement: id,
                number,
            });
        }
        let jobs = if more {
            Vec::new()
        } else {
            self.unsettled(tenant, &payees.workers(payee), month)
                .await?
        };
        for job in jobs {
            let lines = self.lines_to_settle(tenant, &job, &tariff).await?;
            let own = lines
                .iter()
                .filter(|made| payees.of(made.technician) == payee);
            let own = u32::try_from(own.count()).unwrap_or(u32::MAX);
            if number.saturating_add(own) > STATEMENT_LINES_MAX {
                more = true;
                break;
            }
            for made in lines {
                let owed_to = payees.of(made.technician);
                let own = owed_to == payee;
                if own {
                    number += 1;
                    total = total.saturating_add(made.amount.0);
                }
                side.writes.push(Write::AddStatementLine(StatementLineRow {
                    tenant,
                    source: made.source,
                    statement: own.then_some(id),
                    number: own.then_some(number),
                    technician: Some(made.technician),
                    case: Some(made.case),
                    work_order: Some(made.work_order),
                    kind: made.kind.name().to_owned(),
                    amount_fen: made.amount,
                    reason: None,
                    waited: !own,
                    made_at: now,
                    outlet: columns_of(owed_to).1,
                }));
            }
        }
        if number == 0 {
            return Err(nothing_for(payee, &payees));
        }
        let tariff = serde_json::to_value(&tariff)
            .map_err(|error| AppError::internal(format!("tariff: {error}")))?;
        let (technician, outlet) = columns_of(payee);
        side.writes.push(Write::Statement(StatementRow {
            id,
            tenant,
            technician,
            month: month.to_string(),
            total_fen: Fen(total),
            tariff,
            made_by: maker,
            made_at: now,
            approved_by: None,
            approved_at: None,
            outlet,
        }));
        let (statement, month) = (id, month.to_string());
        let body = match payee {
            Payee::Technician(technician) => AuditBody::StatementMade {
                statement,
                technician,
                month,
            },
            Payee::Outlet(outlet) => AuditBody::OutletStatementMade {
                statement,
                outlet,
                month,
            },
        };
        side.audit.push(self.audited(by, tenant, body));
        self.commit_side(side).await?;
        Ok(StatementMade { id, more })
    }

    /// The lines of finished work; what is taken back from somebody may be settled already, from a draft that went again.
    async fn lines_to_settle(
        &self,
        tenant: TenantId,
        job: &Job,
        tariff: &Tariff,
    ) -> Result<Vec<Line>, AppError> {
        let mut lines = lines_of(job, tariff);
        for place in (0..lines.len()).rev() {
            if lines[place].kind != LineKind::BackCharge {
                continue;
            }
            let known = self
                .store()
                .statement_line(tenant, &lines[place].source)
                .await?;
            if known.is_some() {
                lines.remove(place);
            }
        }
        Ok(lines)
    }

    /// Finished work of technicians that is in no statement, the first done first.
    async fn unsettled(
        &self,
        tenant: TenantId,
        technicians: &[TechnicianId],
        month: Month,
    ) -> Result<Vec<Job>, AppError> {
        let mut jobs = Vec::new();
        for technician in technicians.iter().copied() {
            let filter = WorkOrderFilter {
                tenant: Some(tenant),
                states: FINISHED.map(str::to_owned).to_vec(),
                technician: Some(technician),
                ..WorkOrderFilter::default()
            };
            let mut cursor = None;
            loop {
                let page = self
                    .store()
                    .work_orders(&filter, cursor, PAGE_ROWS_MAX)
                    .await?;
                for row in page.items {
                    let source = source_of(row.work_order_id, LineKind::Labor);
                    let known = self.store().statement_line(tenant, &source).await?;
                    if row.technician != Some(technician) || known.is_some() {
                        continue;
                    }
                    let case = self.load(row.case_id).await?;
                    let job = job_of(&case, row.case_id, row.work_order_id);
                    jobs.extend(job.filter(|job| job.done <= month.last_day()));
                }
                cursor = page.next;
                if cursor.is_none() {
                    break;
                }
            }
        }
        jobs.sort_by_key(|job| (job.done, job.work_order));
        Ok(jobs)
    }

    /// Approves a draft: from then on it stays as it is.
    ///
    /// # Errors
    /// A missing role, an unknown statement, `statement_approved`.
    pub async fn approve_statement(
        &self,
        principal: &Principal,
        id: StatementId,
    ) -> Result<(), AppError> {
        let by = staff(principal, APPROVERS)?;
        let approver = principal.signed_in().ok_or_else(AppError::forbidden)?.user;
        let tenant = principal.tenant();
        let _alone = self.alone(tenant.0).await?;
        let row = self.statement_row(tenant, id).await?;
        if row.approved_at.is_some() {
            return Err(approved_already());
        }
        let approve = Write::ApproveStatement {
            statement: id,
            by: approver,
            at: self.now(),
        };
        let body = AuditBody::StatementApproved { statement: id };
        let side = Side {
            writes: vec![approve],
            audit: vec![self.audited(by, tenant, body)],
            ..Side::default()
        };
        self.commit_side(side).await
    }

    /// Removes a draft; what stood in it is settled by another one.
    ///
    /// # Errors
    /// A missing role, an unknown statement, `statement_approved`.
    pub async fn remove_statement(
        &self,
        principal: &Principal,
        id: StatementId,
    ) -> Result<(), AppError> {
        let by = staff(principal, MAKERS)?;
        let tenant = principal.tenant();
        let _alone = self.alone(tenant.0).await?;
        let row = self.statement_row(tenant, id).await?;
        if row.approved_at.is_some() {
            return Err(approved_already());
        }
        let body = AuditBody::StatementRemoved { statement: id };
        let side = Side {
            writes: vec![Write::RemoveStatement(id)],
            audit: vec![self.audited(by, tenant, body)],
            ..Side::default()
        };
        self.commit_side(side).await
    }

    /// Writes a correction down: a line of the next statement of whoever it names. Sent again with its key, it counts once.
    ///
    /// # Errors
    /// A missing role, an unknown technician or outlet, the field that is wrong; `correction_differs` for another one with its
    /// key.
    pub async fn record_correction(
        &self,
        principal: &Principal,
        input: &CorrectionInput,
    ) -> Result<(), AppError> {
        let by = staff(principal, MAKERS)?;
        let tenant = principal.tenant();
        let key = line("key", &input.key, 1, CORRECTION_KEY_CHARS_MAX)?;
        if input.amount == Fen::ZERO || input.amount.0.saturating_abs() > AMOUNT_FEN_MAX {
            let most = Fen(AMOUNT_FEN_MAX);
            return Err(AppError::invalid(
                "amount",
                "correction_amount",
                format!("更正的金额不能是 0，也不能超过 {most}；扣回的写负数。"),
                format!(
                    "A correction is not nothing and no more than {most}; below zero where it is taken back."
                ),
            ));
        }
        if !REASONS.contains(&input.reason.as_str()) {
            return Err(AppError::invalid(
                "reason",
                "correction_reason",
                "请选择更正的原因。",
                "Please choose why it is corrected.",
            ));
        }
        let _alone = self.alone(tenant.0).await?;
        let payee = self
            .payee_named(tenant, input.technician, input.outlet.as_deref())
            .await?;
        let (technician, outlet) = columns_of(payee);
        let source = format!("correction:{key}");
        if let Some(known) = self.store().statement_line(tenant, &source).await? {
            let same = (known.technician, known.outlet) == (technician, outlet)
                && known.amount_fen == input.amount
                && known.reason.as_ref() == Some(&input.reason);
            return if same {
                Ok(())
            } else {
                Err(refused(
                    "correction_differs",
                    "这个编号已经用于另一笔更正，请换一个。",
                    "This key was used for another correction. Please use a new one.",
                ))
            };
        }
        let row = StatementLineRow {
            tenant,
            source,
            statement: None,
            number: None,
            technician,
            case: None,
            work_order: None,
            kind: LineKind::Correction.name().to_owned(),
            amount_fen: input.amount,
            reason: Some(input.reason.clone()),
            waited: true,
            made_at: self.now(),
            outlet,
        };
        let body = match payee {
            Payee::Technician(technician) => AuditBody::CorrectionRecorded { technician },
            Payee::Outlet(outlet) => AuditBody::OutletCorrectionRecorded { outlet },
        };
        let side = Side {
            writes: vec![Write::AddStatementLine(row)],
            audit: vec![self.audited(by, tenant, body)],
            ..Side::default()
        };
        self.commit_side(side).await
    }

    /// The statements of a month.
    ///
    /// # Errors
    /// A missing role, or a month that is none.
    pub async fn statements(
        &self,
        principal: &Principal,
        month: &str,
    ) -> Result<Vec<StatementBrief>, AppError> {
        staff(principal, READERS)?;
        let tenant = principal.tenant();
        let month = month_of(month)?.to_string();
        let rows = self
            .store()
            .statements(tenant, &month, STATEMENTS_MAX)
            .await?;
        let outlets = self.store().outlets(tenant).await?;
        let mut all = Vec::with_capacity(rows.len());
        for row in rows {
            all.push(self.brief(&row, &outlets).await?);
        }
        Ok(all)
    }

    /// A statement with its lines: for the desk, and once it was approved for the technician whose it is.
    ///
    /// # Errors
    /// A missing role, or `NotFound`.
    pub async fn statement(
        &self,
        principal: &Principal,
        id: StatementId,
    ) -> Result<StatementView, AppError> {
        let own = principal
            .signed_in()
            .filter(|who| who.has(Role::Technician))
            .and_then(|who| who.technician);
        if own.is_none() {
            staff(principal, READERS)?;
        }
        let tenant = principal.tenant();
        let row = self.statement_row(tenant, id).await?;
        let theirs = own.is_some() && own == row.technician && row.approved_at.is_some();
        if !theirs && staff(principal, READERS).is_err() {
            return Err(unknown());
        }
        let lines = self.store().statement_lines(tenant, id).await?;
        let names = if row.outlet.is_some() {
            self.technician_names(tenant).await?
        } else {
            BTreeMap::new()
        };
        let tariff: Tariff = serde_json::from_value(row.tariff.clone())
            .map_err(|error| AppError::internal(format!("stored tariff: {error}")))?;
        let outlets = match row.outlet {
            Some(_) => self.store().outlets(tenant).await?,
            None => Vec::new(),
        };
        Ok(StatementView {
            statement: self.brief(&row, &outlets).await?,
            tariff: TariffInput::of(&tariff),
            lines: lines
                .into_iter()
                .map(|line| line_view(line, &names))
                .collect(),
        })
    }

    /// An approved statement as a table for a spreadsheet: a row a line, UTF-8, lines ended by CRLF (RFC 4180).
    ///
    /// # Errors
    /// As [`App::statement`], and `statement_not_approved`.
    pub async fn statement_csv(
        &self,
        principal: &Principal,
        id: StatementId,
    ) -> Result<String, AppError> {
        let view = self.statement(principal, id).await?;
        if !view.statement.approved {
            return Err(refused(
                "statement_not_approved",
                "批准以后才能导出。",
                "It can be exported once it was approved.",
            ));
        }
        let mut text = "number,kind,case,work_order,done_by,reason,amount_fen\r\n".to_owned();
        for line in &view.lines {
            let id = |id: Option<String>| csv_cell(&id.unwrap_or_default());
            // Writing to a string never fails.
            let _ = write!(
                text,
                "{},{},{},{},{},{},{}\r\n",
                line.number,
                csv_cell(&line.kind),
                id(line.case_number.clone()),
                id(line.work_order.map(|order| order.to_string())),
                id(line.done_by.clone()),
                id(line.reason.clone()),
                line.amount.0,
            );
        }
        let _ = write!(text, ",\"total\",,,,,{}\r\n", view.statement.total.0);
        Ok(text)
    }

    async fn technician_names(
        &self,
        tenant: TenantId,
    ) -> Result<BTreeMap<TechnicianId, String>, AppError> {
        let rows = self.store().technicians(tenant).await?.into_iter();
        Ok(rows.map(|row| (row.id, row.display_name)).collect())
    }

    async fn brief(
        &self,
        row: &StatementRow,
        outlets: &[OutletRow],
    ) -> Result<StatementBrief, AppError> {
        let mut outlets = outlets.iter();
        let outlet = outlets.find(|outlet| Some(outlet.id) == row.outlet);
        let name = match (row.technician, outlet) {
            (Some(technician), _) => self.technician_name(technician).await?,
            (None, Some(outlet)) => outlet.name.clone(),
            (None, None) => String::new(),
        };
        Ok(StatementBrief {
            id: row.id,
            technician: row.technician,
            outlet: outlet.map(|outlet| outlet.code.clone()),
            name,
            month: row.month.clone(),
            total: row.total_fen,
            approved: row.approved_at.is_some(),
        })
    }

    async fn statement_row(
        &self,
        tenant: TenantId,
        id: StatementId,
    ) -> Result<StatementRow, AppError> {
        let row = self.store().statement(id).await?;
        row.filter(|row| row.tenant == tenant).ok_or_else(unknown)
    }
}

fn unknown() -> AppError {
    AppError::not_found("这份结算单", "statement")
}

/// Nothing is left to settle, and why that may be.
fn nothing_for(payee: Payee, payees: &Payees) -> AppError {
    match payee {
        Payee::Technician(technician) if payees.of(technician) != payee => refused(
            "settled_with_outlet",
            "这位师傅的完工和所在网点整体结算，请给网点生成结算单。",
            "The work of this technician is settled with their outlet as a whole. Draw up the outlet's statement.",
        ),
        Payee::Outlet(outlet) if !payees.is_whole(outlet) => refused(
            "outlet_not_whole",
            "这个网点没有设为整体结算，完工直接结算给师傅。",
            "This outlet is not settled with as a whole: its technicians are owed their work themselves.",
        ),
        _ => refused(
            "nothing_to_settle",
            "到这个月底没有还没结算的完工。",
            "Nothing that was done up to the end of this month is left to settle.",
        ),
    }
}

fn line_view(row: StatementLineRow, names: &BTreeMap<TechnicianId, String>) -> StatementLineView {
    let done_by = row.technician.and_then(|who| names.get(&who).cloned());
    StatementLineView {
        done_by,
        number: row.number.unwrap_or(0),
        kind: row.kind,
        case: row.case,
        case_number: row.case.map(crate::numbers::case_number),
        work_order: row.work_order,
        amount: row.amount_fen,
        reason: row.reason,
    }
}

/// Meters at which whoever did the work accepted it, or was given what somebody else had accepted.
fn distance_m(order: &WorkOrder, technician: TechnicianId) -> u32 {
    let handed = order.placing.handed;
    if let Some(handed) = handed.filter(|handed| handed.technician == technician) {
        return handed.distance_m;
    }
    let mut offers = order.offers.iter().rev();
    offers
        .find(|offer| offer.technician == technician && offer.answer == OfferAnswer::Accepted)
        .map_or(0, |offer| offer.distance_m)
}

/// Finished work as it is settled; none while it is not finished.
fn job_of(case: &Case, id: CaseId, work_order: WorkOrderId) -> Option<Job> {
    let order = case.work_orders.get(&work_order)?;
    let technician = order.technician?;
    let kind = serde_json::to_value(order.kind).ok()?;
    let quote = order.agreed_quote.as_ref();
    Some(Job {
        work_order,
        case: id,
        technician,
        kind: kind.as_str()?.to_owned(),
        done: Day::of(order.done_at?),
        quote: quote.map_or_else(Vec::new, |quote| quote.lines.clone()),
        distance_m: distance_m(order, technician),
        reworks: order.rework_of.and_then(|first| {
            let first = case.work_orders.get(&first)?;
            Some(Reworked {
                technician: first.technician?,
                failed: first.failed,
            })
        }),
    })
}
