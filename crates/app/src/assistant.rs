//! The assistant of the desk: it suggests what a colleague might reply, and can do nothing else. It is off until an administrator
//! turns it on. It is asked texts and answers texts ([`Draft`]); whoever wants to say one sends a message of their own, and the event
//! of that message tells that it began with a draft. It never learns what the checks of photos found, nor anything that was opened of a
//! person, and what it says decides nothing (`guard`).

mod built_in;
mod endpoint;
mod guard;
mod masks;
mod question;

pub use built_in::BuiltIn;
pub use endpoint::Endpoint;
pub use question::{Assistant, Draft, Line, NoDraft, Parcel, Question, Ready, Speaker};

use crate::access::staff;
use crate::app::App;
use crate::conversations::TAKERS;
use crate::desk_texts::for_product;
use crate::error::AppError;
use crate::limits::DRAFTS_MAX;
use crate::principal::Principal;
use crate::views::CaseDetail;
use aftercare_domain::audit::{AuditBody, DeskTextKind, DraftPurpose};
use aftercare_domain::clock::ClockName;
use aftercare_domain::event::DraftUse;
use aftercare_domain::ids::{CaseId, TenantId};
use aftercare_domain::{Actor, Role, Timestamp};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

/// Who suggests drafts to the desk of a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AssistantKind {
    /// The texts of the desk are searched here; nothing leaves.
    BuiltIn,
    /// The provider that the installation names.
    Endpoint,
}

impl AssistantKind {
    /// Every kind.
    pub const ALL: [Self; 2] = [Self::BuiltIn, Self::Endpoint];

    /// The stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::BuiltIn => "built_in",
            Self::Endpoint => "endpoint",
        }
    }

    /// Reads `built_in`, `endpoint`, or `off`.
    ///
    /// # Errors
    /// `assistant_unknown` for anything else.
    pub fn read(text: &str) -> Result<Option<Self>, AppError> {
        let text = text.trim();
        if text == OFF {
            return Ok(None);
        }
        let found = Self::ALL.into_iter().find(|kind| kind.name() == text);
        found.map(Some).ok_or_else(|| {
            AppError::invalid(
                "assistant",
                "assistant_unknown",
                "请选择：关闭、本机检索或外部服务。",
                "Please choose `off`, `built_in` or `endpoint`.",
            )
        })
    }
}

/// How it is written that nobody suggests anything.
pub const OFF: &str = "off";

/// What is suggested for a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Drafts {
    /// `off`, `built_in` or `endpoint`.
    pub assistant: String,
    /// The likeliest first.
    pub drafts: Vec<Draft>,
    /// Why the provider has none: `busy`, `no_answer`, `not_usable` or `not_connected`; the drafts are then from the desk's own texts.
    /// Missing where nothing went wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// Clocks of which a customer is told when they end.
const TOLD: [ClockName; 16] = [
    ClockName::Response,
    ClockName::Scheduling,
    ClockName::Arrival,
    ClockName::QuoteConsent,
    ClockName::Parts,
    ClockName::Confirmation,
    ClockName::MerchantAnswer,
    ClockName::SettlementAnswer,
    ClockName::EvidenceRound,
    ClockName::Review,
    ClockName::SecondReview,
    ClockName::Appeal,
    ClockName::ReturnShipping,
    ClockName::ReturnInspection,
    ClockName::Execution,
    ClockName::NewPhoto,
];

/// The clock of a case that ends next, where a customer may be told of it.
pub(crate) fn next_due(case: &CaseDetail, now: Timestamp) -> Option<(String, Timestamp)> {
    let told = |name: &str| TOLD.iter().any(|clock| clock.name() == name);
    let next = case
        .clocks
        .iter()
        .find(|clock| clock.paused.is_none() && clock.due_at > now && told(&clock.name))?;
    Some((next.name.clone(), next.due_at))
}

/// The visit that was agreed and has not been, such as `2026-11-25 14:00–16:00`.
pub(crate) fn next_visit(case: &CaseDetail, now: Timestamp) -> Option<String> {
    let waits = |state: &str| matches!(state, "accepted" | "scheduled" | "en_route");
    let windows = case.work_orders.iter().rev();
    let mut windows = windows
        .filter(|order| order.agreed && waits(&order.state))
        .filter_map(|order| order.window.as_ref())
        .filter(|window| window.until > now);
    let window = windows.next()?;
    let (from, until) = (
        window.from.to_china_minute(),
        window.until.to_china_minute(),
    );
    Some(match (from.split_once(' '), until.split_once(' ')) {
        (Some((day, _)), Some((same, time))) if day == same => format!("{from}–{time}"),
        _ => format!("{from}–{until}"),
    })
}

/// What became of a draft in the text that a colleague sends; none where they began with none.
pub(crate) fn draft_use(draft: &str, text: &str) -> Option<DraftUse> {
    // Browsers send lines with a carriage return.
    let plain = |text: &str| text.replace("\r\n", "\n").trim().to_owned();
    let draft = plain(draft);
    if draft.is_empty() {
        return None;
    }
    Some(if draft == plain(text) {
        DraftUse::Unchanged
    } else {
        DraftUse::Edited
    })
}

impl App {
    /// Says who suggests drafts to desks that turn it on; the first call counts.
    pub fn suggest_through(&self, assistant: Arc<dyn Assistant>) {
        // A second call keeps the first one.
        let _ = self.assistant_slot().set(assistant);
    }

    /// The provider that the installation names.
    pub(crate) fn assistant_named(&self) -> Option<String> {
        let named = self.assistant_slot().get();
        named.map(|assistant| assistant.provider().to_owned())
    }

    /// Who suggests drafts to the desk of a tenant; none while it is off.
    pub(crate) async fn assistant_of(
        &self,
        tenant: TenantId,
    ) -> Result<Option<AssistantKind>, AppError> {
        Ok(self.settings_of(tenant).await?.assistant)
    }

    /// Who suggests drafts, and the host that a provider is asked at, for whoever answers claimants: whether the page offers it.
    ///
    /// # Errors
    /// A missing role.
    pub async fn assistant_for(
        &self,
        principal: &Principal,
    ) -> Result<Option<(AssistantKind, Option<String>)>, AppError> {
        staff(principal, TAKERS)?;
        let kind = self.assistant_of(principal.tenant()).await?;
        let host = self.assistant_named();
        Ok(kind.map(|kind| (kind, host.filter(|_| kind == AssistantKind::Endpoint))))
    }

    /// Drafts of a reply to the claimant of a case. Nothing is written down of them and nobody is sent anything; where a provider
    /// elsewhere is asked, the log says so before.
    ///
    /// # Errors
    /// A missing role, or a case that is not the reader's to see. Where the provider fails, that is said beside what is found here.
    pub async fn drafts_for(
        &self,
        principal: &Principal,
        case: CaseId,
    ) -> Result<Drafts, AppError> {
        let by = staff(principal, TAKERS)?;
        let tenant = principal.tenant();
        let detail = self.case_detail(principal, case).await?;
        let Some(kind) = self.assistant_of(tenant).await? else {
            return Ok(Drafts {
                assistant: OFF.to_owned(),
                drafts: Vec::new(),
                problem: None,
            });
        };
        let question = self.question(principal, &detail).await?;
        let asked = match (kind, self.assistant_slot().get()) {
            (AssistantKind::BuiltIn, _) => Ok(built_in::drafts(&question)),
            (AssistantKind::Endpoint, None) => Err("not_connected"),
            (AssistantKind::Endpoint, Some(assistant)) => {
                let asked = self
                    .ask(&**assistant, (by, tenant, case), &question)
                    .await?;
                asked.map_err(|none| {
                    tracing::warn!(%tenant, ?none, "the provider of drafts has none");
                    none.name()
                })
            }
        };
        let (mut drafts, mut problem) = match asked {
            Ok(drafts) => (drafts, None),
            Err(problem) => (built_in::drafts(&question), Some(problem)),
        };
        let found = drafts.len();
        drafts.retain(|draft| guard::is_harmless(&draft.text));
        if drafts.len() < found && kind == AssistantKind::Endpoint && problem.is_none() {
            drafts = built_in::drafts(&question);
            drafts.retain(|draft| guard::is_harmless(&draft.text));
            problem = Some("not_usable");
        }
        drafts.truncate(DRAFTS_MAX);
        Ok(Drafts {
            assistant: kind.name().to_owned(),
            drafts,
            problem: problem.map(str::to_owned),
        })
    }

    /// Asks, once it is in the log what leaves.
    async fn ask(
        &self,
        assistant: &dyn Assistant,
        (by, tenant, case): (Actor, TenantId, CaseId),
        question: &Question,
    ) -> Result<Result<Vec<Draft>, NoDraft>, AppError> {
        let parcel = match assistant.parcel(question) {
            Ok(parcel) => parcel,
            Err(none) => return Ok(Err(none)),
        };
        if let Some(parcel) = &parcel {
            let hash = self.vault().sent_hash(&tenant.to_string(), parcel.body())?;
            let body = AuditBody::DraftAsked {
                case,
                provider: assistant.provider().to_owned(),
                purpose: DraftPurpose::Reply,
                bytes: u32::try_from(parcel.body().len()).unwrap_or(u32::MAX),
                keyed_hash: hex::encode(hash),
            };
            self.append(self.audited(by, tenant, body)).await?;
        }
        Ok(assistant.suggest(question, parcel).await)
    }

    /// What an assistant is asked about a case: what the claimant and the desk wrote, the desk's own texts, and what is agreed and
    /// due. Of what the other side, a technician or a reviewer wrote, of findings, photos and decisions it is told nothing.
    async fn question(
        &self,
        principal: &Principal,
        case: &CaseDetail,
    ) -> Result<Question, AppError> {
        let now = self.now();
        let replies = self.replies_for(principal, case).await?;
        let replies = replies.into_iter().map(|reply| Ready {
            lang: reply.lang,
            title: reply.title,
            text: reply.text,
            asks: false,
        });
        let mut ready: Vec<Ready> = replies.collect();
        let scripts = self.desk_texts(principal, DeskTextKind::Script).await?;
        let product = self.product_of_case(principal, case.id).await?;
        let products = self.store().products(principal.tenant()).await?;
        let known = products.iter().find(|known| Some(known.id) == product);
        let category = known.map_or("", |known| known.category.as_str());
        let scripts = for_product(&scripts, product, category).into_iter();
        ready.extend(scripts.map(|script| Ready {
            lang: script.lang.clone(),
            title: script.title.clone(),
            text: script.body.clone(),
            asks: true,
        }));
        let repaired = case.work_orders.last();
        let first = repaired.map(|order| Line {
            by: Speaker::Customer,
            text: order.description.clone(),
        });
        let messages = case
            .timeline
            .iter()
            .filter(|entry| entry.event == "statement_added.v1");
        let said = messages.filter_map(|entry| {
            let by = match entry.who.as_str() {
                "claimant" => Speaker::Customer,
                who if who == Role::Agent.name() || who == Role::Dispatcher.name() => Speaker::Desk,
                _ => return None,
            };
            let text = entry.text.clone()?;
            Some(Line { by, text })
        });
        let lines: Vec<Line> = first.into_iter().chain(said).collect();
        let helpers = case.work_orders.iter().flat_map(|order| {
            let both = order.technician.iter().chain(&order.helper);
            both.map(|technician| technician.name.clone())
        });
        let own = principal.signed_in().map(|who| who.display_name.clone());
        Ok(Question {
            at: now,
            // That a photo waits for a look is told by no word of this.
            state: Some(case.state.clone())
                .filter(|state| !built_in::topic(state).is_empty())
                .unwrap_or_default(),
            due: next_due(case, now),
            visit: next_visit(case, now),
            product: known.map(|known| known.name.clone()),
            lines,
            ready,
            names: helpers.chain(own).collect(),
            initial: case
                .person
                .name
                .chars()
                .next()
                .filter(|c| c.is_alphabetic()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{TOLD, draft_use};
    use aftercare_domain::clock::ClockName;
    use aftercare_domain::event::DraftUse;

    /// All that an assistant is made of.
    const OWN: [&str; 5] = [
        include_str!("assistant/built_in.rs"),
        include_str!("assistant/endpoint.rs"),
        include_str!("assistant/guard.rs"),
        include_str!("assistant/masks.rs"),
        include_str!("assistant/question.rs"),
    ];

    #[test]
    fn an_assistant_reaches_nothing_that_sends_decides_or_opens() {
        for source in OWN {
            for line in source
                .lines()
                .filter(|line| line.trim_start().starts_with("use "))
            {
                let own = [
                    "use super::",
                    "use crate::limits::",
                    "use std::",
                    "use serde",
                    "use async_trait::",
                    "use utoipa::ToSchema;",
                    "use proptest::",
                    "use tokio::sync::Semaphore;",
                    "use aftercare_domain::Timestamp;",
                    "use aftercare_outbound::{Client, Target};",
                ];
                let line = line.trim_start();
                assert!(own.iter().any(|known| line.starts_with(known)), "{line}");
            }
            for path in [
                "crate::app",
                "crate::act",
                "aftercare_store",
                "aftercare_evidence",
            ] {
                assert!(!source.contains(path), "{path}");
            }
        }
    }

    #[test]
    fn nobody_is_told_of_a_look_or_a_check_by_its_clock() {
        for name in [
            ClockName::FirstLook,
            ClockName::Screening,
            ClockName::Attention,
        ] {
            assert!(!TOLD.contains(&name), "{name:?}");
        }
    }

    #[test]
    fn what_became_of_a_draft_is_told_by_its_words_alone() {
        assert_eq!(draft_use("", "好。"), None);
        assert_eq!(draft_use(" \n", ""), None);
        let same = draft_use("好。\n再见。", " 好。\r\n再见。");
        assert_eq!(same, Some(DraftUse::Unchanged));
        assert_eq!(draft_use("好。", "不好。"), Some(DraftUse::Edited));
    }
}
