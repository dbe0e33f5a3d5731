//! Bringing a case of a platform here, reading it again, and recording what the platform decided.

use super::{
    FieldUse, Kept, PlatformCase, Slot, Stage, malformed, platform_reference, platform_words,
};
use crate::access::allow;
use crate::app::App;
use crate::engine::Side;
use crate::error::{AppError, ErrorKind};
use crate::evidence::{Upload, UploadTarget};
use crate::limits::PLATFORM_OBJECT_BYTES_MAX;
use crate::opening::CaseReader;
use crate::principal::Principal;
use crate::sealing::{OpenCaseKey, ReadableCase};
use crate::shops::serves;
use crate::views::{Acted, ResolutionDetail};
use aftercare_domain::audit::{AuditBody, AuditEvent};
use aftercare_domain::case::{Claim, PlatformLink};
use aftercare_domain::command::Command;
use aftercare_domain::event::{Channel, OperatorMode, Platform, PlatformOutcome, Resolution};
use aftercare_domain::ids::{CaseId, ClaimId, OrderLineId, PersonId, TenantId};
use aftercare_domain::time::MINUTE_MS;
use aftercare_domain::{Actor, Case, Fen, Role, Timestamp};
use aftercare_store::Write;
use serde::Serialize;
use utoipa::ToSchema;

/// Who brings cases of platforms, and records what was decided there.
const BRINGERS: &[Role] = &[Role::Merchant, Role::Agent];
/// A deadline that is told as seconds that are left comes out a little different each time it is read.
const SAME_DUE_MS: i64 = MINUTE_MS;

/// What became of an object that was brought.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Brought {
    #[schema(value_type = String)]
    pub case: CaseId,
    pub number: String,
    /// Both names in one, as every call takes it: `wechat:2000000000123`.
    pub reference: String,
    /// Whether the case is new here.
    pub opened: bool,
    /// Whether it said something else than before.
    pub changed: bool,
    /// What became of every field.
    pub fields: Vec<FieldUse>,
}

/// The case of a platform, as a claim shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PlatformDetail {
    /// `wechat`, `taobao` or `douyin`.
    pub platform: String,
    pub zh: String,
    pub en: String,
    /// The platform's number of the case.
    pub reference: String,
    /// The platform's own word for how far it is.
    pub status: String,
    /// Until when the platform waits.
    #[schema(value_type = Option<i64>)]
    pub due_at: Option<Timestamp>,
    /// The platform's numbers of the buyer's pictures, which are brought by hand.
    pub pictures: Vec<String>,
    /// `granted`, `rejected` or `taken_back`, once a human recorded it.
    pub outcome: Option<String>,
    pub granted: Option<ResolutionDetail>,
    /// How much more that is, in fen, than what was paid less what was refunded before.
    #[schema(value_type = Option<i64>)]
    pub above_paid: Option<Fen>,
    /// What the status says of the outcome, for a human to check and record.
    pub suggested: Option<String>,
}

impl App {
    /// The case that a platform's number stands for, in this tenant. The id is made of the number under the tenant's key, so
    /// that nothing has to be looked up, bringing a case twice makes one case, and the id tells nobody the number.
    ///
    /// # Errors
    /// When the tenant has no keys.
    pub fn platform_case_id(
        &self,
        tenant: TenantId,
        platform: Platform,
        reference: &str,
    ) -> Result<CaseId, AppError> {
        let text = format!(
            "aftercare/platform-case/v1\n{}\n{reference}",
            platform.name()
        );
        let index = self.photo_index(tenant, &crate::sealing::sha256(text.as_bytes()))?;
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&index[..16]);
        Ok(CaseId(uuid::Builder::from_custom_bytes(bytes).into_uuid()))
    }

    /// The case that `text` names, when it is a platform's name and number.
    ///
    /// # Errors
    /// When the tenant has no keys.
    pub fn case_of_both_names(
        &self,
        tenant: TenantId,
        text: &str,
    ) -> Result<Option<CaseId>, AppError> {
        platform_reference(text)
            .map(|(platform, reference)| self.platform_case_id(tenant, platform, reference))
            .transpose()
    }

    /// Takes a platform's object: opens its case, or reads it again. `uploads` are the buyer's pictures, fetched by hand.
    ///
    /// # Errors
    /// A missing role, an object that is none, an order that is not here yet.
    pub async fn bring_platform_case(
        &self,
        principal: &Principal,
        object: &[u8],
        line: Option<OrderLineId>,
        uploads: Vec<Upload>,
    ) -> Result<Brought, AppError> {
        let by = bringer(principal)?;
        if object.len() > PLATFORM_OBJECT_BYTES_MAX {
            return Err(malformed("对象太大。", "The object is too large."));
        }
        let (found, fields) = PlatformCase::read(object, self.now())?;
        let tenant = principal.tenant();
        let case = self.platform_case_id(tenant, found.platform, found.reference())?;
        let reference = format!("{}:{}", found.platform.name(), found.reference());
        let alone = self.alone(case.0).await?;
        let opened = self.store().load_case(case).await?.is_empty();
        let changed = if opened {
            self.open_platform_case(tenant, by, case, &found, line, uploads)
                .await?;
            true
        } else {
            self.read_platform_case(principal, case, found, uploads)
                .await?
        };
        drop(alone);
        Ok(Brought {
            case,
            number: crate::numbers::case_number(case),
            reference,
            opened,
            changed,
            fields,
        })
    }

    async fn open_platform_case(
        &self,
        tenant: TenantId,
        by: Actor,
        case: CaseId,
        found: &PlatformCase,
        line: Option<OrderLineId>,
        uploads: Vec<Upload>,
    ) -> Result<(), AppError> {
        let number = found.text(Slot::Order).unwrap_or_default();
        let not_here = || {
            AppError::invalid(
                "order_number",
                "order_unknown",
                format!("还没有订单 {number}：请先导入订单，再导入它的售后单。"),
                format!(
                    "Order {number} is not here yet: import the order first, then its after-sales case."
                ),
            )
        };
        let order = self
            .order_by_number(tenant, number)
            .await
            .map_err(|error| {
                if error.rule == "order_unknown" {
                    not_here()
                } else {
                    error
                }
            })?;
        // Another shop's order is not here for a merchant.
        if let Some(own) = self.shops_of_actor(by).await?
            && !serves(&own, order.shop.as_deref())
        {
            return Err(not_here());
        }
        let line = self.line_of(&order, line).await?;
        let (person, claim) = (PersonId(self.new_id()), ClaimId(self.new_id()));
        let key = self.new_case_key(tenant, case)?;
        let mut side = Side::default();
        let target = UploadTarget {
            tenant,
            case,
            claim: Some(claim),
            work_order: None,
            from: "claimant",
            person,
            order: Some(order.id),
            is_message: false,
        };
        let evidence = self.take_uploads(&key, &target, uploads, &mut side).await?;
        side.writes
            .push(Write::Person(self.unnamed_person(tenant, person)?));
        side.writes.extend(key.kept());
        side.audit.push(AuditEvent {
            at: self.now(),
            by,
            tenant,
            body: AuditBody::PersonSealed { person },
        });
        let statement = [Slot::Statement, Slot::Reason]
            .into_iter()
            .filter_map(|slot| found.text(slot))
            .find(|text| !text.trim().is_empty())
            .unwrap_or("（平台上没有说明 / nothing was written there）");
        let commands = vec![
            Command::OpenCase {
                by,
                case,
                tenant,
                claimant: person,
                mode: OperatorMode::Party,
                channel: Channel::Api,
                order: Some(order.id),
                // The buyer saw the platform's notice, and agreed to nothing here.
                notice_version: format!("platform:{}", found.platform.name()),
                purposes: Vec::new(),
            },
            Command::FileClaim {
                by,
                claim,
                order: order.id,
                line: line.id,
                reason: found.reason(),
                ask: found.resolution()?,
                statement: key.seal_text(statement)?,
                evidence,
                statutory: None,
            },
            Command::LinkPlatform {
                by,
                claim,
                platform: found.platform,
                object: sealed(&key, found)?,
                status: found.text(Slot::Status).unwrap_or_default().to_owned(),
                due_at: found.due_at(),
            },
        ];
        self.run_new(case, side, commands).await?;
        Ok(())
    }

    /// Reads a case again; whether it said something else, or pictures came with it.
    async fn read_platform_case(
        &self,
        principal: &Principal,
        case: CaseId,
        mut found: PlatformCase,
        uploads: Vec<Upload>,
    ) -> Result<bool, AppError> {
        let state = self.readable(principal, case).await?;
        // Whoever brings it does so as what they are on this case.
        let standing = self.on_case(principal, &state).await?;
        let by = bringer(&standing)?;
        let opened = crate::detail::opened(&state)?;
        let (tenant, person, order) = (opened.tenant, opened.claimant, opened.order);
        let key = self
            .read_case(CaseReader::Somebody(principal), tenant, case)
            .await?;
        let (claim, link) = linked(&state).ok_or_else(no_platform_case)?;
        let before = unsealed(&key, link)?;
        if let (Some(was), Some(is)) = (before.due_at(), found.due_at())
            && was.since_ms(is).saturating_abs() < SAME_DUE_MS
        {
            found.values.insert(Slot::Due, Kept::Number(was.0));
        }
        let (same, over) = (before == found, link.outcome.is_some());
        if over || (same && uploads.is_empty()) {
            return Ok(false);
        }
        let mut side = Side::default();
        let target = UploadTarget {
            tenant,
            case,
            claim: Some(claim),
            work_order: None,
            from: "claimant",
            person,
            order,
            is_message: false,
        };
        let key = key.key()?;
        let evidence = self.take_uploads(key, &target, uploads, &mut side).await?;
        let object = sealed(key, &found)?;
        let status = found.text(Slot::Status).unwrap_or_default().to_owned();
        let due_at = found.due_at();
        self.run(case, side, |_| {
            let mut commands = Vec::new();
            if !same {
                commands.push(Command::ReadPlatform {
                    by,
                    claim,
                    object: object.clone(),
                    status: status.clone(),
                    due_at,
                });
            }
            if !evidence.is_empty() {
                commands.push(Command::AddEvidence {
                    by,
                    claim,
                    party: aftercare_domain::actor::Party::Claimant,
                    evidence: evidence.clone(),
                    answers: None,
                });
            }
            Ok(commands)
        })
        .await?;
        Ok(true)
    }

    /// Records what the platform decided. Only somebody who is signed in can: no program ends a claim against a person. More
    /// than was paid is recorded once they say that it is so (`may_exceed`).
    ///
    /// # Errors
    /// Anybody else, a case of no platform, an outcome that is there already.
    pub async fn record_platform_outcome(
        &self,
        principal: &Principal,
        case: CaseId,
        outcome: &str,
        resolution: Option<Resolution>,
        may_exceed: bool,
    ) -> Result<Acted, AppError> {
        let signs = |principal: &Principal| {
            let signed_in = principal.signed_in()?;
            BRINGERS.iter().find_map(|role| signed_in.as_human(*role))
        };
        signs(principal).ok_or_else(AppError::forbidden)?;
        let state = self.readable(principal, case).await?;
        let standing = self.on_case(principal, &state).await?;
        let human = signs(&standing).ok_or_else(AppError::forbidden)?;
        let (claim, _) = linked(&state).ok_or_else(no_platform_case)?;
        let outcome = match (outcome, resolution) {
            ("granted", Some(resolution)) => PlatformOutcome::Granted { resolution },
            ("rejected", None) => PlatformOutcome::Rejected,
            ("taken_back", None) => PlatformOutcome::TakenBack,
            _ => {
                return Err(AppError::invalid(
                    "outcome",
                    "platform_outcome",
                    "请选择平台的结果：支持（写明内容）、不支持或买家已撤回。",
                    "Please choose what the platform decided: granted (and what), rejected, or taken back by the buyer.",
                ));
            }
        };
        self.run(case, Side::default(), |_| {
            Ok(vec![Command::RecordPlatformOutcome {
                by: human,
                claim,
                outcome,
                may_exceed,
            }])
        })
        .await
    }

    /// A claim's case at the platform, opened for the view.
    ///
    /// # Errors
    /// A sealed object that was altered.
    pub(crate) fn platform_detail(
        &self,
        key: &ReadableCase,
        claim: &Claim,
    ) -> Result<Option<PlatformDetail>, AppError> {
        let Some(link) = claim.platform.as_ref().filter(|_| key.ended_at().is_none()) else {
            return Ok(None);
        };
        let found = unsealed(key, link)?;
        let (zh, en) = platform_words(link.platform);
        let (outcome, granted) = match link.outcome {
            None => (None, None),
            Some(PlatformOutcome::Granted { resolution }) => (
                Some("granted"),
                Some(crate::detail::resolution_detail(resolution)),
            ),
            Some(PlatformOutcome::Rejected) => (Some("rejected"), None),
            Some(PlatformOutcome::TakenBack) => (Some("taken_back"), None),
        };
        let suggested = match found.stage() {
            Stage::Open => None,
            Stage::Granted => Some("granted"),
            Stage::Rejected => Some("rejected"),
            Stage::TakenBack => Some("taken_back"),
        };
        Ok(Some(PlatformDetail {
            platform: link.platform.name().to_owned(),
            zh: zh.to_owned(),
            en: en.to_owned(),
            reference: found.reference().to_owned(),
            status: link.status.clone(),
            due_at: link.due_at,
            pictures: match found.values.get(&Slot::Pictures) {
                Some(Kept::List(list)) => list.clone(),
                _ => Vec::new(),
            },
            outcome: outcome.map(str::to_owned),
            granted,
            above_paid: link.above_paid,
            suggested: suggested.filter(|_| outcome.is_none()).map(str::to_owned),
        }))
    }

    /// What was mapped of a case's object.
    ///
    /// # Errors
    /// A case that the requester may not read, or that is of no platform.
    pub(crate) async fn platform_case(
        &self,
        principal: &Principal,
        case: CaseId,
    ) -> Result<PlatformCase, AppError> {
        let state = self.readable(principal, case).await?;
        let tenant = crate::detail::opened(&state)?.tenant;
        let (_, link) = linked(&state).ok_or_else(no_platform_case)?;
        let key = self
            .read_case(CaseReader::Somebody(principal), tenant, case)
            .await?;
        unsealed(&key, link)
    }
}

fn no_platform_case() -> AppError {
    AppError::new(
        ErrorKind::Refused,
        "no_platform_case",
        "这个案件不是平台的售后单。",
        "This case is no after-sales case of a platform.",
    )
}

/// Whoever brings a case; the claimant never does.
fn bringer(principal: &Principal) -> Result<Actor, AppError> {
    if matches!(principal, Principal::Claimant { .. }) {
        return Err(AppError::forbidden());
    }
    allow(principal, BRINGERS)
}

fn linked(case: &Case) -> Option<(ClaimId, &PlatformLink)> {
    case.claims
        .iter()
        .find_map(|(id, claim)| claim.platform.as_ref().map(|link| (*id, link)))
}

fn sealed(
    key: &OpenCaseKey,
    found: &PlatformCase,
) -> Result<aftercare_domain::evidence::Envelope, AppError> {
    let text = serde_json::to_string(found)
        .map_err(|error| AppError::internal(format!("platform case: {error}")))?;
    key.seal_text(&text)
}

fn unsealed(key: &ReadableCase, link: &PlatformLink) -> Result<PlatformCase, AppError> {
    serde_json::from_str(&key.open_text(&link.object)?)
        .map_err(|error| AppError::internal(format!("platform case: {error}")))
}
