//! Taking a report: whatever the problem is, it is taken (有问题必受理), and the person's data is
//! sealed before anything is stored.

use crate::actions::ResolutionInput;
use crate::app::App;
use crate::engine::{Done, IdempotencyKey, KnownSpot, Side};
use crate::error::{AppError, ErrorKind};
use crate::evidence::{Upload, UploadTarget};
use crate::limits::{PHONE_INTAKES_MAX, PHONE_INTAKES_MS};
use crate::opening::CaseReader;
use crate::people::{PersonInput, SealedPerson, Spot};
use crate::principal::Principal;
use crate::reactions::Job;
use crate::views::IntakeReceipt;
use aftercare_domain::audit::{AuditBody, AuditEvent};
use aftercare_domain::command::Command;
use aftercare_domain::event::{Channel, ClaimReason, OperatorMode, Window, WorkKind};
use aftercare_domain::evidence::Envelope;
use aftercare_domain::ids::{
    CaseId, ClaimId, OrderId, OrderLineId, PersonId, ProductId, TenantId, WorkOrderId,
};
use aftercare_domain::{Actor, Role, Timestamp};
use aftercare_store::Write;
use aftercare_vault::Plain;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Version of the privacy notice that intake pages show.
pub const NOTICE_VERSION: &str = "2026-11-26";

/// Purposes a person can agree to; the first is needed to take the case at all. There is no other until something is done
/// with it and a withdrawal undoes that.
pub const PURPOSES: [&str; 1] = ["handle_the_case"];

/// A request for a visit, as entered.
#[derive(Debug, Deserialize, ToSchema)]
pub struct RepairInput {
    #[schema(value_type = String)]
    pub kind: WorkKind,
    #[schema(value_type = Option<String>)]
    pub product: Option<ProductId>,
    /// Needed when no product is named, such as `washing_machine`.
    #[serde(default)]
    pub skill: String,
    /// Division code of the county, six digits. Without it the address tells the county, and is asked about where it
    /// does not; `000000` leaves the place to a call.
    #[serde(default)]
    pub county: String,
    /// What is wrong.
    #[schema(value_type = String)]
    pub description: Plain<String>,
    /// When a visit suits.
    #[schema(value_type = Option<i64>)]
    pub from: Option<Timestamp>,
    #[schema(value_type = Option<i64>)]
    pub until: Option<Timestamp>,
    #[serde(default)]
    pub urgent: bool,
    /// Number of the order it was bought with, if known.
    #[serde(default)]
    pub order_number: String,
    pub person: PersonInput,
    pub consent: ConsentInput,
}

/// A claim, as entered.
#[derive(Debug, Deserialize, ToSchema)]
pub struct ClaimInput {
    pub order_number: String,
    /// Needed when the order has several lines.
    #[schema(value_type = Option<String>)]
    pub line: Option<OrderLineId>,
    #[schema(value_type = String)]
    pub reason: ClaimReason,
    pub ask: ResolutionInput,
    #[schema(value_type = String)]
    pub statement: Plain<String>,
    pub person: PersonInput,
    pub consent: ConsentInput,
}

/// What the person saw and agreed to.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct ConsentInput {
    /// Version of the notice that was shown.
    pub notice_version: String,
    /// Purposes agreed to.
    pub purposes: Vec<String>,
}

struct NewCase {
    case: CaseId,
    person: PersonId,
    spot: Spot,
    sealed: SealedPerson,
    key: crate::sealing::OpenCaseKey,
    open: Command,
    by: Actor,
}

/// Whether a person saw the notice that stands and agreed to what is needed.
///
/// # Errors
/// `Invalid` for `notice_version` or `purposes`.
pub fn consent_fits(consent: &ConsentInput) -> Result<(), AppError> {
    if consent.notice_version != NOTICE_VERSION {
        return Err(AppError::invalid(
            "notice_version",
            "notice_outdated",
            "个人信息告知书已更新，请刷新页面后再看一遍。",
            "The privacy notice has changed. Please reload the page and read it again.",
        ));
    }
    if !consent
        .purposes
        .iter()
        .any(|purpose| purpose == PURPOSES[0])
    {
        return Err(AppError::invalid(
            "purposes",
            "purpose_required",
            "需要您同意我们为处理本案使用这些信息；不同意也可以电话报修。",
            "We need your agreement to use this data to handle the case. You can also call us instead.",
        ));
    }
    if let Some(unknown) = consent
        .purposes
        .iter()
        .find(|purpose| !PURPOSES.contains(&purpose.as_str()))
    {
        return Err(AppError::invalid(
            "purposes",
            "purpose_unknown",
            format!("不认识的用途：{unknown}。"),
            format!("Unknown purpose: {unknown}."),
        ));
    }
    Ok(())
}

impl App {
    /// Takes a request for repair, installation, cleaning, maintenance or upgrade.
    ///
    /// # Errors
    /// [`AppError`] of kind `Invalid` naming the field; nothing is stored then.
    pub async fn report_repair(
        &self,
        tenant: TenantId,
        by: Option<&Principal>,
        input: RepairInput,
        uploads: Vec<Upload>,
        idempotency: Option<IdempotencyKey>,
    ) -> Result<IntakeReceipt, AppError> {
        if let Some(receipt) = self.taken_before(idempotency.as_ref()).await? {
            return Ok(receipt);
        }
        let skill = self.skill_of(tenant, input.product, &input.skill).await?;
        let county = self.county_of_visit(&input.county, &input.person.address)?;
        let window = window_of(input.from, input.until, self.now())?;
        let order = self.order_of_repair(tenant, by, &input).await?;
        crate::text::required("description", input.description.expose_str())?;
        let new = self
            .new_case(tenant, by, (&input.person, &county), &input.consent, order)
            .await?;
        let work_order = WorkOrderId(self.new_id());
        let mut side = Side {
            idempotency,
            ..Side::default()
        };
        let evidence = self
            .take_uploads(
                &new.key,
                &UploadTarget {
                    tenant,
                    case: new.case,
                    claim: None,
                    work_order: Some(work_order),
                    from: "claimant",
                    person: new.person,
                    order,
                    is_message: false,
                },
                uploads,
                &mut side,
            )
            .await?;
        let request = Command::RequestRepair {
            by: new.by,
            work_order,
            kind: input.kind,
            product: input.product,
            skill,
            county,
            description: new.key.seal_text(input.description.expose_str().trim())?,
            evidence,
            window,
            rework_of: None,
            inspects: None,
            urgent: input.urgent,
        };
        // Contact and place were checked above, so the system verifies at once; coverage is a fact.
        let verify = Command::VerifyRepair {
            by: Actor::System,
            work_order,
        };
        self.open_new(tenant, new, side, vec![request, verify])
            .await
    }

    /// Takes a refund, return or exchange claim.
    ///
    /// # Errors
    /// [`AppError`] naming the field or the rule; nothing is stored then.
    pub async fn file_claim(
        &self,
        tenant: TenantId,
        by: Option<&Principal>,
        input: ClaimInput,
        uploads: Vec<Upload>,
        idempotency: Option<IdempotencyKey>,
    ) -> Result<IntakeReceipt, AppError> {
        if let Some(receipt) = self.taken_before(idempotency.as_ref()).await? {
            return Ok(receipt);
        }
        // Before anything about the order is said, such as how many lines it has.
        let order = match by {
            None => {
                self.order_of_buyer(tenant, &input.order_number, &input.person)
                    .await?
            }
            Some(by) => {
                let order = self.order_reported(by, &input.order_number).await?;
                self.buyer_matches(&order, &input.person).await?;
                order
            }
        };
        let line = self.line_of(&order, input.line).await?;
        crate::text::required("statement", input.statement.expose_str())?;
        let ask = crate::act::resolution(&input.ask)?;
        let new = self
            .new_case(
                tenant,
                by,
                (&input.person, ""),
                &input.consent,
                Some(order.id),
            )
            .await?;
        let claim = ClaimId(self.new_id());
        let mut side = Side {
            idempotency,
            ..Side::default()
        };
        let evidence = self
            .take_uploads(
                &new.key,
                &UploadTarget {
                    tenant,
                    case: new.case,
                    claim: Some(claim),
                    work_order: None,
                    from: "claimant",
                    person: new.person,
                    order: Some(order.id),
                    is_message: false,
                },
                uploads,
                &mut side,
            )
            .await?;
        let file = Command::FileClaim {
            by: new.by,
            claim,
            order: order.id,
            line: line.id,
            reason: input.reason,
            ask,
            statement: new.key.seal_text(input.statement.expose_str().trim())?,
            evidence,
            statutory: None,
        };
        self.open_new(tenant, new, side, vec![file]).await
    }

    /// The order that a visit is linked with. Its claimant reads it, so that somebody who is not signed in names an order of
    /// their own or none; a repair is taken without one as well.
    async fn order_of_repair(
        &self,
        tenant: TenantId,
        by: Option<&Principal>,
        input: &RepairInput,
    ) -> Result<Option<OrderId>, AppError> {
        let number = input.order_number.trim();
        if number.is_empty() {
            return Ok(None);
        }
        if let Some(by) = by {
            return Ok(Some(self.order_reported(by, number).await?.id));
        }
        match self.order_of_buyer(tenant, number, &input.person).await {
            Ok(order) => Ok(Some(order.id)),
            Err(error) if error.field.as_deref() == Some("order_number") => Err(AppError {
                zh: format!("{}没有订单号也可以报修：把这一栏清空再提交。", error.zh),
                en: format!(
                    "{} A repair needs no order number: empty this field and send it again.",
                    error.en
                ),
                ..error
            }),
            Err(error) => Err(error),
        }
    }

    /// The skill that a visit needs: that of the product, or the one that was named. Whoever names it writes what the goods
    /// are called; it is the technicians' word for it where one of them has it, and else the text as it was written.
    ///
    /// # Errors
    /// `Invalid` when neither is given, `NotFound` for a product that is not the tenant's.
    pub(crate) async fn skill_of(
        &self,
        tenant: TenantId,
        product: Option<ProductId>,
        named: &str,
    ) -> Result<String, AppError> {
        match product {
            Some(id) => Ok(self.product_of(tenant, id).await?.skill),
            None if named.trim().is_empty() => Err(AppError::invalid(
                "product",
                "product_required",
                "请选择商品，或写明是哪一类家电。",
                "Please choose the product, or say what kind of appliance it is.",
            )),
            None => {
                let technicians = self.store().technicians(tenant).await?;
                let known = technicians.iter().flat_map(|row| &row.skills);
                let found = crate::kinds_of_goods::meant(named, known.map(String::as_str));
                Ok(found.unwrap_or_else(|| named.trim()).to_owned())
            }
        }
    }

    /// Refuses another case from the pages under a number that had many within the hour: somebody plays with it.
    async fn not_too_many_of_one_phone(
        &self,
        tenant: TenantId,
        index: Option<[u8; 16]>,
    ) -> Result<(), AppError> {
        let Some(index) = index else { return Ok(()) };
        let since = self.now().plus_ms(-PHONE_INTAKES_MS);
        let recent = self
            .store()
            .persons_by_phone(tenant, &index)
            .await?
            .iter()
            .filter(|person| person.created_at > since)
            .count();
        if recent < PHONE_INTAKES_MAX {
            return Ok(());
        }
        Err(AppError::new(
            ErrorKind::TooMany,
            "too_many_of_one_phone",
            "这个手机号一小时内提交的申请太多了，请稍后再试，或电话联系我们。",
            "Too many requests came under this phone number within an hour. Please try again later, or call us.",
        ))
    }

    async fn new_case(
        &self,
        tenant: TenantId,
        by: Option<&Principal>,
        (person, county): (&PersonInput, &str),
        consent: &ConsentInput,
        order: Option<OrderId>,
    ) -> Result<NewCase, AppError> {
        consent_fits(consent)?;
        let id = PersonId(self.new_id());
        let case = CaseId(self.new_id());
        let sealed = self.seal_person(tenant, id, person, county)?;
        if by.is_none() {
            self.not_too_many_of_one_phone(tenant, sealed.row.phone_index)
                .await?;
        }
        let key = self.new_case_key(tenant, case)?;
        let (by, channel) = match by {
            None => (Actor::Claimant { person: id }, Channel::Web),
            Some(principal) => {
                let actor = crate::access::allow(principal, &[Role::Agent, Role::Dispatcher])?;
                let channel = match actor {
                    Actor::Integrator { .. } => Channel::Api,
                    _ => Channel::Phone,
                };
                (actor, channel)
            }
        };
        let open = Command::OpenCase {
            by,
            case,
            tenant,
            claimant: id,
            mode: OperatorMode::Platform,
            channel,
            order,
            notice_version: consent.notice_version.clone(),
            purposes: consent.purposes.clone(),
        };
        Ok(NewCase {
            case,
            person: id,
            spot: self.spot_entered(person.place, county, &person.address),
            sealed,
            key,
            open,
            by,
        })
    }

    async fn open_new(
        &self,
        tenant: TenantId,
        new: NewCase,
        mut side: Side,
        commands: Vec<Command>,
    ) -> Result<IntakeReceipt, AppError> {
        // Counted and committed before anybody else of the same number is counted.
        let _alone = match (new.by, new.sealed.row.phone_index) {
            (Actor::Claimant { .. }, Some(index)) => {
                let alone = self.alone(uuid::Uuid::from_bytes(index)).await?;
                if let Some(receipt) = self.taken_before(side.idempotency.as_ref()).await? {
                    return Ok(receipt);
                }
                self.not_too_many_of_one_phone(tenant, Some(index)).await?;
                Some(alone)
            }
            _ => None,
        };
        let access = self.new_access(tenant, new.case)?;
        let receipt = access.receipt();
        side.spot = Some(KnownSpot {
            person: new.person,
            spot: new.spot,
        });
        side.writes.push(Write::Person(new.sealed.row));
        side.writes.extend(new.key.kept());
        side.writes.push(Write::CaseAccess(access.row));
        for body in [
            AuditBody::PersonSealed { person: new.person },
            AuditBody::CaseAccessMade { case: new.case },
        ] {
            side.audit.push(AuditEvent {
                at: self.now(),
                by: new.by,
                tenant,
                body,
            });
        }
        let mut all = vec![new.open];
        all.extend(commands);
        side.answer = Some(kept_answer(tenant, &new.key, &receipt)?);
        side.jobs.push(Job::send_access(&new.key, &receipt)?);
        match self.run_new(new.case, side, all).await? {
            Done::Now(_) => {
                let mut receipt = receipt;
                self.number_receipt(&mut receipt).await?;
                Ok(receipt)
            }
            Done::Before(answer) => self.receipt_from(&answer).await,
        }
    }

    /// Where in the log the case was opened: the proof that it was taken.
    async fn number_receipt(&self, receipt: &mut IntakeReceipt) -> Result<(), AppError> {
        if let Some(first) = self.store().load_case(receipt.case).await?.first() {
            receipt.seq = first.seq;
            receipt.leaf = hex::encode(first.leaf);
        }
        Ok(())
    }

    /// The receipt of a request that was sent before.
    async fn taken_before(
        &self,
        idempotency: Option<&IdempotencyKey>,
    ) -> Result<Option<IntakeReceipt>, AppError> {
        let Some(key) = idempotency else {
            return Ok(None);
        };
        match self.answered_before(key).await? {
            Some(answer) => Ok(Some(self.receipt_from(&answer).await?)),
            None => Ok(None),
        }
    }

    async fn receipt_from(&self, answer: &[u8]) -> Result<IntakeReceipt, AppError> {
        let broken =
            |error: serde_json::Error| AppError::internal(format!("stored answer: {error}"));
        let kept: KeptAnswer = serde_json::from_slice(answer).map_err(broken)?;
        let answering = CaseReader::SameRequest;
        let key = self.read_case(answering, kept.tenant, kept.case).await?;
        let mut receipt: IntakeReceipt =
            serde_json::from_str(&key.open_text(&kept.sealed)?).map_err(broken)?;
        // The log numbered the events after the answer was kept.
        self.number_receipt(&mut receipt).await?;
        Ok(receipt)
    }
}

/// A receipt holds the link and the code, so it is kept sealed under the case key.
#[derive(Serialize, Deserialize)]
struct KeptAnswer {
    tenant: TenantId,
    case: CaseId,
    sealed: Envelope,
}

fn kept_answer(
    tenant: TenantId,
    key: &crate::sealing::OpenCaseKey,
    receipt: &IntakeReceipt,
) -> Result<Vec<u8>, AppError> {
    let encode = |error: serde_json::Error| AppError::internal(format!("answer: {error}"));
    let text = serde_json::to_string(receipt).map_err(encode)?;
    serde_json::to_vec(&KeptAnswer {
        tenant,
        case: receipt.case,
        sealed: key.seal_text(&text)?,
    })
    .map_err(encode)
}

fn window_of(
    from: Option<Timestamp>,
    until: Option<Timestamp>,
    now: Timestamp,
) -> Result<Option<Window>, AppError> {
    match (from, until) {
        (None, None) => Ok(None),
        (Some(from), Some(until)) if from < until && until > now => {
            Ok(Some(Window { from, until }))
        }
        _ => Err(AppError::invalid(
            "from",
            "visit_window",
            "上门时间要有开始和结束，结束要晚于开始，并且还没过去。",
            "A visit window needs a start and a later end that has not passed.",
        )),
    }
}
