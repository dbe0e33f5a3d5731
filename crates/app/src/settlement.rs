//! Statements of what technicians are owed: drawn up of finished work by the tenant's tariff, approved by a person, taken along
//! as a table. Nothing is settled twice: a line is known by what it was made of, here and in the database. What was approved is
//! never changed; a correction, and what is taken back for work that did not hold, is a line of the technician's next statement.

use crate::access::staff;
use crate::app::App;
use crate::catalogue::line;
use crate::engine::Side;
use crate::error::{AppError, ErrorKind};
use crate::limits::{
    AMOUNT_FEN_MAX, CORRECTION_KEY_CHARS_MAX, PAGE_ROWS_MAX, STATEMENT_LINES_MAX, STATEMENTS_MAX,
};
use crate::principal::Principal;
use crate::warranty::csv_cell;
use aftercare_domain::audit::AuditBody;
use aftercare_domain::case::{OfferAnswer, WorkOrder};
use aftercare_domain::ids::{CaseId, StatementId, TechnicianId, TenantId, WorkOrderId};
use aftercare_domain::settlement::{Job, LineKind, Month, Reworked, Tariff, lines_of, source_of};
use aftercare_domain::{Case, Day, Fen, Role};
use aftercare_store::rows::{StatementLineRow, StatementRow};
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

/// For whom and until which month a statement is drawn up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StatementInput {
    #[schema(value_type = String)]
    pub technician: TechnicianId,
    /// `2026-10`: what was done up to its end and is in no statement yet.
    pub month: String,
}

/// A correction as it is entered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CorrectionInput {
    /// Chosen by the sender: sent again with the same key, it counts once.
    pub key: String,
    #[schema(value_type = String)]
    pub technician: TechnicianId,
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
    #[schema(value_type = String)]
    pub technician: TechnicianId,
    /// The name that customers see.
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
    /// `labor`, `parts`, `travel`, `back_charge` or `correction`.
    pub kind: String,
    #[schema(value_type = Option<String>)]
    pub case: Option<CaseId>,
    /// The number that the customer has.
    pub case_number: Option<String>,
    #[schema(value_type = Option<String>)]
    pub work_order: Option<WorkOrderId>,
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

    /// Draws up what a technician is owed for work that was done up to the end of a month, and is in no statement yet.
    ///
    /// # Errors
    /// A missing role, an unknown technician, a month that is none or not over, nothing to settle, too much of it.
    pub async fn make_statement(
        &self,
        principal: &Principal,
        input: &StatementInput,
    ) -> Result<StatementId, AppError> {
        let by = staff(principal, MAKERS)?;
        let maker = principal.signed_in().ok_or_else(AppError::forbidden)?.user;
        let (tenant, technician) = (principal.tenant(), input.technician);
        let month = month_of(&input.month)?;
        let _alone = self.alone(tenant.0).await?;
        self.technician_row(tenant, technician).await?;
        let now = self.now();
        if month.last_day() >= Day::of(now) {
            return Err(AppError::invalid(
                "month",
                "month_not_over",
                "这个月还没有过完。",
                "This month is not over yet.",
            ));
        }
        let tariff = self.settings_of(tenant).await?.tariff;
        let id = StatementId(self.new_id());
        let mut side = Side::default();
        let mut total = 0_i64;
        let mut number = 0_u32;
        let waiting = self
            .store()
            .waiting_lines(tenant, technician, STATEMENT_LINES_MAX)
            .await?;
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
        for job in self.unsettled(tenant, technician, month).await? {
            for made in lines_of(&job, &tariff) {
                let own = made.technician == technician;
                // What is taken back from somebody may be known from a draft that went again.
                let known = made.kind == LineKind::BackCharge
                    && self
                        .store()
                        .statement_line(tenant, &made.source)
                        .await?
                        .is_some();
                if known {
                    continue;
                }
                if own {
                    number += 1;
                    total = total.saturating_add(made.amount.0);
                }
                side.writes.push(Write::AddStatementLine(StatementLineRow {
                    tenant,
                    source: made.source,
                    statement: own.then_some(id),
                    number: own.then_some(number),
                    technician: made.technician,
                    case: Some(made.case),
                    work_order: Some(made.work_order),
                    kind: made.kind.name().to_owned(),
                    amount_fen: made.amount,
                    reason: None,
                    waited: !own,
                    made_at: now,
                }));
            }
            if number > STATEMENT_LINES_MAX {
                return Err(refused(
                    "statement_too_long",
                    "一份结算单的行数太多，请先结算更早的月份。",
                    "There are too many lines for one statement. Please settle earlier months first.",
                ));
            }
        }
        if number == 0 {
            return Err(refused(
                "nothing_to_settle",
                "到这个月底没有还没结算的完工。",
                "Nothing that was done up to the end of this month is left to settle.",
            ));
        }
        let tariff = serde_json::to_value(&tariff)
            .map_err(|error| AppError::internal(format!("tariff: {error}")))?;
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
        }));
        let body = AuditBody::StatementMade {
            statement: id,
            technician,
            month: month.to_string(),
        };
        side.audit.push(self.audited(by, tenant, body));
        self.commit_side(side).await?;
        Ok(id)
    }

    /// Finished work of a technician that is in no statement.
    async fn unsettled(
        &self,
        tenant: TenantId,
        technician: TechnicianId,
        month: Month,
    ) -> Result<Vec<Job>, AppError> {
        let filter = WorkOrderFilter {
            tenant: Some(tenant),
            states: FINISHED.map(str::to_owned).to_vec(),
            technician: Some(technician),
            ..WorkOrderFilter::default()
        };
        let mut jobs = Vec::new();
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

    /// Writes a correction down: a line of the technician's next statement. Sent again with its key, it counts once.
    ///
    /// # Errors
    /// A missing role, an unknown technician, the field that is wrong; `correction_differs` for another one with its key.
    pub async fn record_correction(
        &self,
        principal: &Principal,
        input: &CorrectionInput,
    ) -> Result<(), AppError> {
        let by = staff(principal, MAKERS)?;
        let (tenant, technician) = (principal.tenant(), input.technician);
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
        self.technician_row(tenant, technician).await?;
        let source = format!("correction:{key}");
        if let Some(known) = self.store().statement_line(tenant, &source).await? {
            let same = known.technician == technician
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
        };
        let body = AuditBody::CorrectionRecorded { technician };
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
        let mut all = Vec::with_capacity(rows.len());
        for row in rows {
            all.push(self.brief(&row).await?);
        }
        Ok(all)
    }

    /// A statement with its lines: for the desk, and once it was approved for whose it is.
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
        let theirs = own == Some(row.technician) && row.approved_at.is_some();
        if !theirs && staff(principal, READERS).is_err() {
            return Err(unknown());
        }
        let lines = self.store().statement_lines(tenant, id).await?;
        let tariff: Tariff = serde_json::from_value(row.tariff.clone())
            .map_err(|error| AppError::internal(format!("stored tariff: {error}")))?;
        Ok(StatementView {
            statement: self.brief(&row).await?,
            tariff: TariffInput::of(&tariff),
            lines: lines.into_iter().map(line_view).collect(),
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
        let mut text = "number,kind,case,work_order,reason,amount_fen\r\n".to_owned();
        for line in &view.lines {
            let id = |id: Option<String>| csv_cell(&id.unwrap_or_default());
            // Writing to a string never fails.
            let _ = write!(
                text,
                "{},{},{},{},{},{}\r\n",
                line.number,
                csv_cell(&line.kind),
                id(line.case_number.clone()),
                id(line.work_order.map(|order| order.to_string())),
                id(line.reason.clone()),
                line.amount.0,
            );
        }
        let _ = write!(text, ",\"total\",,,,{}\r\n", view.statement.total.0);
        Ok(text)
    }

    async fn brief(&self, row: &StatementRow) -> Result<StatementBrief, AppError> {
        Ok(StatementBrief {
            id: row.id,
            technician: row.technician,
            name: self.technician_name(row.technician).await?,
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

fn line_view(row: StatementLineRow) -> StatementLineView {
    StatementLineView {
        number: row.number.unwrap_or(0),
        kind: row.kind,
        case: row.case,
        case_number: row.case.map(crate::numbers::case_number),
        work_order: row.work_order,
        amount: row.amount_fen,
        reason: row.reason,
    }
}

/// Meters at which whoever did the work accepted it.
fn distance_m(order: &WorkOrder, technician: TechnicianId) -> u32 {
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
