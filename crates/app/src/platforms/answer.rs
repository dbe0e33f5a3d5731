//! Our answer or appeal in the platform's form: what is sent, to which call, within which limits, and what a human adds.
//! Nothing is sent from here.

use super::{PlatformCase, Slot, platform_words};
use crate::access::staff_or_scope;
use crate::app::App;
use crate::error::{AppError, ErrorKind};
use crate::principal::Principal;
use crate::views::{CaseDetail, ClaimDetail};
use aftercare_domain::Role;
use aftercare_domain::event::Platform;
use aftercare_domain::ids::CaseId;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

/// What is exported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AnswerKind {
    /// What the merchant answered.
    #[default]
    Answer,
    /// What the merchant adds to the platform's dispute: the latest statement.
    Appeal,
}

/// A limit of the platform, and whether we read it there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Limit {
    pub field: String,
    pub characters: usize,
    /// `false`: from third parties or from memory; the platform has the last word.
    pub verified: bool,
    /// Characters that were left out to keep to it.
    pub left_out: usize,
}

/// Something that a human adds or checks before it is sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ToDo {
    pub zh: String,
    pub en: String,
}

/// An answer in a platform's form.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PlatformAnswer {
    pub platform: String,
    pub zh: String,
    pub en: String,
    /// The platform's number of the case.
    pub reference: String,
    pub kind: AnswerKind,
    /// The platform's call, such as `/afterSale/operate`; `null` where only its own page takes it.
    pub call: Option<String>,
    #[schema(value_type = Object)]
    pub body: Value,
    pub limits: Vec<Limit>,
    /// Numbers of our pieces of evidence to attach.
    pub attachments: Vec<String>,
    pub to_do: Vec<ToDo>,
}

/// Longest texts that the platforms take. None was read on a platform's own page: the first two are said in third parties'
/// clients, the last is the shortest that any of them is said to take.
const WECHAT_REASON_MAX: usize = 200;
const TAOBAO_MESSAGE_MAX: usize = 200;
const DOUYIN_REMARK_MAX: usize = 200;
/// Pictures that one answer carries: four, as 抖店 is said to take; the others are said to take more.
const PICTURES_MAX: usize = 4;

/// What the merchant answered, by its stable name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Said {
    Agreed,
    Offered,
    Contested,
}

struct Writer {
    limits: Vec<Limit>,
    to_do: Vec<ToDo>,
}

impl Writer {
    /// The text within a limit, which is noted.
    fn text(&mut self, field: &str, text: &str, characters: usize) -> String {
        let short: String = text.chars().take(characters).collect();
        self.limits.push(Limit {
            field: field.to_owned(),
            characters,
            verified: false,
            left_out: text.chars().count().saturating_sub(characters),
        });
        short
    }

    fn remind(&mut self, zh: &str, en: &str) {
        self.to_do.push(ToDo {
            zh: zh.to_owned(),
            en: en.to_owned(),
        });
    }
}

impl App {
    /// The merchant's answer, or what it adds to the dispute, in the platform's form.
    ///
    /// # Errors
    /// A case of no platform, or one that was not answered yet.
    pub async fn platform_answer(
        &self,
        principal: &Principal,
        case: CaseId,
        kind: AnswerKind,
    ) -> Result<PlatformAnswer, AppError> {
        staff_or_scope(
            principal,
            &[
                Role::Merchant,
                Role::Agent,
                Role::Reviewer,
                Role::RiskManager,
            ],
            "cases:read",
        )?;
        let found = self.platform_case(principal, case).await?;
        let detail = self.case_detail(principal, case).await?;
        write(&found, &detail, kind)
    }
}

fn write(
    found: &PlatformCase,
    detail: &CaseDetail,
    kind: AnswerKind,
) -> Result<PlatformAnswer, AppError> {
    let claim = detail
        .claims
        .iter()
        .find(|claim| claim.platform.is_some())
        .ok_or_else(|| AppError::not_found("平台售后单", "case of a platform"))?;
    let mut writer = Writer {
        limits: Vec::new(),
        to_do: Vec::new(),
    };
    let (call, body) = match kind {
        AnswerKind::Answer => {
            let said = said(claim)?;
            let text = text_of(detail, &["merchant_contested.v1", "settlement_offered.v1"]);
            answer(found, said, text, &mut writer)
        }
        AnswerKind::Appeal => {
            let text = text_of(detail, &["statement_added.v1", "merchant_contested.v1"]);
            if text.is_empty() {
                return Err(nothing_said());
            }
            appeal(found, text, &mut writer)
        }
    };
    let attachments: Vec<String> = claim
        .evidence
        .iter()
        .filter(|piece| piece.from == "merchant")
        .map(|piece| piece.number.clone())
        .take(PICTURES_MAX)
        .collect();
    if !attachments.is_empty() {
        writer.remind(
            "把所附证据的图片上传到平台，把返回的编号填进去。",
            "Upload the pictures that are attached to the platform, and put the numbers that it gives into the answer.",
        );
    }
    let (zh, en) = platform_words(found.platform);
    Ok(PlatformAnswer {
        platform: found.platform.name().to_owned(),
        zh: zh.to_owned(),
        en: en.to_owned(),
        reference: found.reference().to_owned(),
        kind,
        call: call.map(str::to_owned),
        body,
        limits: writer.limits,
        attachments,
        to_do: writer.to_do,
    })
}

fn nothing_said() -> AppError {
    AppError::new(
        ErrorKind::Refused,
        "nothing_to_export",
        "还没有答复或说明可以导出，请先在案件里答复。",
        "There is no answer or statement to export yet. Please answer the claim first.",
    )
}

fn said(claim: &ClaimDetail) -> Result<Said, AppError> {
    match claim.merchant_answer.as_deref() {
        Some("agreed") => Ok(Said::Agreed),
        Some("offered") => Ok(Said::Offered),
        Some("contested") => Ok(Said::Contested),
        _ => Err(nothing_said()),
    }
}

/// The latest text of the merchant that came with one of these events.
fn text_of<'a>(detail: &'a CaseDetail, events: &[&str]) -> &'a str {
    detail
        .timeline
        .iter()
        .rev()
        .filter(|entry| entry.who == "merchant" && events.contains(&entry.event.as_str()))
        .find_map(|entry| entry.text.as_deref())
        .unwrap_or_default()
}

/// The call and the body of an answer.
fn answer(
    found: &PlatformCase,
    said: Said,
    text: &str,
    writer: &mut Writer,
) -> (Option<&'static str>, Value) {
    let goes_back = matches!(
        found.resolution(),
        Ok(aftercare_domain::event::Resolution::Return { .. }
            | aftercare_domain::event::Resolution::Exchange)
    );
    if said == Said::Offered {
        writer.remind(
            "平台的接口不传方案金额：请在平台页面里与买家协商，或者修改退款金额。",
            "The platform's call carries no offer: agree on it with the buyer on the platform's page, or change the amount there.",
        );
    }
    match (found.platform, said) {
        (Platform::Wechat, Said::Agreed) => {
            if goes_back {
                writer.remind(
                    "填写退货地址编号 address_id。",
                    "Put in address_id, where the goods go back to.",
                );
            }
            (
                Some("/channels/ec/aftersale/acceptapply"),
                json!({ "after_sale_order_id": found.reference(), "accept_type": if goes_back { 1 } else { 2 } }),
            )
        }
        (Platform::Wechat, _) => {
            writer.remind(
                "从平台的拒绝原因里选 reject_reason_type。",
                "Choose reject_reason_type from the platform's reasons.",
            );
            (
                Some("/channels/ec/aftersale/rejectapply"),
                json!({
                    "after_sale_order_id": found.reference(),
                    "reject_reason_type": Value::Null,
                    "reject_reason": writer.text("reject_reason", text, WECHAT_REASON_MAX),
                }),
            )
        }
        (Platform::Taobao, Said::Agreed) => {
            writer.remind("同意退款需要在平台页面确认付款。", "Agreeing is confirmed on the platform's page, where the payment is confirmed as well.");
            (None, json!({ "refund_id": found.reference() }))
        }
        (Platform::Taobao, _) => {
            writer.remind(
                "平台可能要求 refuse_reason_id 和一张凭证图片 refuse_proof。",
                "The platform may want refuse_reason_id and one picture, refuse_proof.",
            );
            (
                Some("taobao.refund.refuse"),
                json!({
                    "refund_id": found.reference(),
                    "refuse_message": writer.text("refuse_message", text, TAOBAO_MESSAGE_MAX),
                    "tid": number(found, Slot::Order),
                    "oid": number(found, Slot::OrderLine),
                    "refund_phase": found.text(Slot::Phase),
                    "refund_version": number(found, Slot::Version),
                }),
            )
        }
        (Platform::Douyin, _) => {
            let agreed = said == Said::Agreed;
            writer.remind(
                "按平台的操作类型表填写 type；拒绝时从平台的原因里选 reject_reason_code。",
                "Put in type from the platform's table of operations; to refuse, choose reject_reason_code from its reasons.",
            );
            let mut item = json!({
                "aftersale_id": found.reference(),
                "update_time": found.number(Slot::Updated).map(|ms| ms.div_euclid(1_000)),
            });
            if !agreed && let Value::Object(item) = &mut item {
                let remark = writer.text("items[].remark", text, DOUYIN_REMARK_MAX);
                item.insert("reason".to_owned(), json!(remark));
                item.insert("remark".to_owned(), json!(remark));
                item.insert("evidence".to_owned(), json!([]));
                item.insert("reject_reason_code".to_owned(), Value::Null);
            }
            (
                Some("/afterSale/operate"),
                json!({ "type": Value::Null, "items": [item] }),
            )
        }
    }
}

/// The call and the body of what is added to a dispute.
fn appeal(found: &PlatformCase, text: &str, writer: &mut Writer) -> (Option<&'static str>, Value) {
    match found.platform {
        Platform::Wechat => {
            let dispute = found.text(Slot::Dispute).filter(|text| !text.is_empty());
            if dispute.is_none() {
                writer.remind(
                    "这张售后单还没有纠纷单号 complaint_id：平台介入后重新导入再导出。",
                    "This case has no complaint_id yet: read it again once the platform stepped in, then export.",
                );
            }
            (
                Some("/channels/ec/aftersale/addcomplaintproof"),
                json!({
                    "complaint_id": dispute,
                    "content": writer.text("content", text, WECHAT_REASON_MAX),
                    "media_id_list": [],
                }),
            )
        }
        Platform::Taobao => (
            Some("taobao.refund.message.add"),
            json!({
                "refund_id": found.reference(),
                "content": writer.text("content", text, TAOBAO_MESSAGE_MAX),
            }),
        ),
        Platform::Douyin => (
            Some("/aftersale/submitEvidence"),
            json!({
                "aftersale_id": found.reference(),
                "comment": writer.text("comment", text, DOUYIN_REMARK_MAX),
                "evidence": [],
            }),
        ),
    }
}

fn number(found: &PlatformCase, slot: Slot) -> Option<i64> {
    found.text(slot)?.parse().ok()
}
