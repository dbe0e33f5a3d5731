//! What a person asks of the data about themselves, from their own case and with the code that opens it: a copy of all of it, and
//! that it be destroyed. Nobody asks it in their name: a colleague who is called or written to has the erasure of an administrator.
//! What can be destroyed is destroyed once the time is over in which it can be taken back; what an open or a held case needs, as long
//! as it needs it, and by itself as soon as it does not.

use crate::acts::act;
use crate::app::App;
use crate::consents::OwnConsent;
use crate::engine::Side;
use crate::error::{AppError, ErrorKind};
use crate::limits::{
    ENDED_PER_READ, ERASURE_AGAIN_MS, ERASURE_GRACE_MS, OWN_COPIES_PER_HOUR_MAX, OWN_ERASURES_MAX,
};
use crate::notify::Message;
use crate::numbers::case_number;
use crate::opening::{TABLE, column};
use crate::people::{actor_name, shredded};
use crate::principal::Principal;
use crate::processing::{InBoth, ProcessedKind, of_field, read_words, use_words};
use crate::retention::CaseRetention;
use crate::views::CaseDetail;
use aftercare_domain::audit::{AuditBody, AuditEvent, CaseParty, PersonField};
use aftercare_domain::case::Opened;
use aftercare_domain::event::{Body, Channel};
use aftercare_domain::evidence::Envelope;
use aftercare_domain::ids::{CaseId, PersonId, TenantId};
use aftercare_domain::time::HOUR_MS;
use aftercare_domain::{Actor, Case, Role, Timestamp};
use aftercare_store::rows::{ErasureRequestRow, PersonRow};
use aftercare_store::{StoredEvent, Write};
use aftercare_vault::{Field, Plain, RevealField, RevealRequest};
use serde::Serialize;
use utoipa::ToSchema;

/// Why the person's own copy opens their data, as the log has it.
const OWN_COPY: &str = "本人获取自己的信息副本";

/// Why something is destroyed that its person asked to have destroyed.
const OWN_WISH: &str = "本人申请";

/// All that is kept of a person in their case.
#[derive(Clone, Serialize, ToSchema)]
pub struct OwnData {
    #[schema(value_type = i64)]
    pub made_at: Timestamp,
    pub organization: String,
    /// Number of the case.
    pub number: String,
    /// How it came to us: `web`, `phone`, `chat` or `api`.
    pub channel: String,
    /// Version of the notice that was shown, and what was agreed to.
    pub notice_version: String,
    pub agreed: Vec<String>,
    /// Uses that rest on consent alone, and when it was taken back.
    pub consents: Vec<OwnConsent>,
    /// Name, number, address and place, in full; empty once they are destroyed.
    pub person: Vec<OwnField>,
    /// Who opened something of it, the earliest first.
    pub openings: Vec<OwnOpening>,
    /// What the case holds, as the person sees it.
    pub case: CaseDetail,
    pub erasure: Option<ErasureDetail>,
}

impl std::fmt::Debug for OwnData {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "OwnData({}, ..)", self.number)
    }
}

/// A field of a person, in full.
#[derive(Clone, Serialize, ToSchema)]
pub struct OwnField {
    pub value: String,
    /// What it is for, on which ground it is kept, who gets it and until when.
    pub processed: ProcessedKind,
    /// Where it came from.
    pub source: InBoth,
}

/// Wiped when the copy is written: care takes the text over to wipe it.
impl Drop for OwnField {
    fn drop(&mut self) {
        drop(Plain::new(std::mem::take(&mut self.value)));
    }
}

/// Something was opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct OwnOpening {
    #[schema(value_type = i64)]
    pub at: Timestamp,
    /// Which event of the log says so.
    pub seq: u64,
    /// Who: a role, and never a name.
    pub who: InBoth,
    /// What.
    pub what: InBoth,
    /// What the system itself did it for.
    pub purpose: Option<InBoth>,
}

/// What became of a request that data be destroyed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ErasureDetail {
    #[schema(value_type = i64)]
    pub asked_at: Timestamp,
    /// Whether it is about every case and order under the number, or about this case alone.
    pub everywhere: bool,
    /// Until then it can be taken back.
    #[schema(value_type = i64)]
    pub due_at: Timestamp,
    /// `waiting` (it can be taken back), `held` (something is kept for now), `done` or `cancelled`.
    pub state: String,
    /// When it was done or taken back.
    #[schema(value_type = Option<i64>)]
    pub ended_at: Option<Timestamp>,
    /// What stays for now, and why.
    pub kept: Vec<KeptBack>,
}

/// Something that an erasure leaves for now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct KeptBack {
    pub what: InBoth,
    pub why: InBoth,
    /// Until when, where a day is known.
    #[schema(value_type = Option<i64>)]
    pub until: Option<Timestamp>,
}

fn both(zh: impl Into<String>, en: impl Into<String>) -> InBoth {
    InBoth {
        zh: zh.into(),
        en: en.into(),
    }
}

/// Who opened something, as it is told to the person: which side of the desk, and not whether somebody who weighs risks was there.
fn who(by: Actor) -> InBoth {
    match by {
        Actor::Claimant { .. } => both("您本人", "yourself"),
        Actor::Technician { .. } => both("上门的师傅", "the technician"),
        Actor::Integrator { .. } => both("对接的系统", "a connected system"),
        Actor::System => both("系统", "the system"),
        Actor::Human(human) => match human.role {
            Role::Merchant => both("商家", "the merchant"),
            Role::Agent | Role::Dispatcher => both("客服", "the service desk"),
            _ => both("店里的工作人员", "somebody who works for the shop"),
        },
    }
}

/// Fields of a person, in words.
fn fields_in_words(fields: &[PersonField]) -> InBoth {
    let words = fields.iter().map(|field| match field {
        PersonField::Name => ("姓名", "name"),
        PersonField::Phone => ("电话号码", "telephone number"),
        PersonField::Address => ("地址", "address"),
        PersonField::Place => ("位置坐标", "coordinates"),
    });
    let (zh, en): (Vec<&str>, Vec<&str>) = words.unzip();
    both(zh.join("、"), en.join(", "))
}

/// What an act says of this person or case, if it opened anything of them.
fn opening(
    event: &StoredEvent,
    act: &AuditEvent,
    person: PersonId,
    case: CaseId,
) -> Option<OwnOpening> {
    let in_both = |(zh, en): (&str, &str)| both(zh, en);
    let read = || both("案件里的文字和照片", "texts and photos of the case");
    let (what, purpose) = match &act.body {
        AuditBody::DataRevealed {
            person: of, fields, ..
        } if *of == person => (fields_in_words(fields), None),
        AuditBody::DataUsed {
            persons,
            fields,
            purpose,
            ..
        } if persons.contains(&person) => {
            (fields_in_words(fields), Some(in_both(use_words(*purpose))))
        }
        AuditBody::CaseRead { case: of, purpose } if *of == case => {
            (read(), purpose.map(|purpose| in_both(read_words(purpose))))
        }
        _ => return None,
    };
    Some(OwnOpening {
        at: act.at,
        seq: event.seq,
        who: who(act.by),
        what,
        purpose,
    })
}

/// Whether a request waits to be carried out.
const fn is_pending(row: &ErasureRequestRow) -> bool {
    row.cancelled_at.is_none() && row.done_at.is_none()
}

/// The claimant of that case, and whether they came with the code that was sent to their phone.
pub(crate) fn claimant(principal: &Principal, of: CaseId) -> Result<(PersonId, bool), AppError> {
    match principal {
        Principal::Claimant { case, .. } if *case != of => {
            Err(AppError::not_found("这个案件", "case"))
        }
        Principal::Claimant {
            person,
            phone_shown,
            ..
        } => Ok((*person, *phone_shown)),
        Principal::User(_) | Principal::Integrator { .. } => Err(AppError::new(
            ErrorKind::Forbidden,
            "own_person_only",
            "只有本人能申请，请用案件链接和验证码打开后再试。受理来电来信的，由管理员在“账号”页销毁。",
            "Only the person themselves asks for this, in the case that link and code open. For whoever calls or writes, an administrator destroys it on the page of accounts.",
        )),
    }
}

/// Refuses whoever has only what whoever took the case down has as well: a colleague on the telephone and a program were shown the link
/// and the code of the receipt, and are not to ask in the name of the person.
fn own_code(opened: &Opened, by_phone: bool) -> Result<(), AppError> {
    if by_phone || opened.channel == Channel::Web {
        return Ok(());
    }
    Err(AppError::new(
        ErrorKind::Refused,
        "own_phone_only",
        "这个案件是别人代您提交的，提交的人也见过这个验证码。请用发到您手机的六位验证码重新打开，再来申请。",
        "Somebody took this case down for you, and was shown this code as well. Please open it again with the six digits of the message to your phone, and ask then.",
    ))
}

/// Binds the copy into one zip file: what programs read and what people read.
///
/// # Errors
/// What cannot be written down.
pub fn bind(own: &OwnData, html: String) -> Result<Vec<u8>, AppError> {
    let json = serde_json::to_vec_pretty(own)
        .map_err(|error| AppError::internal(format!("own data: {error}")))?;
    let files = [
        ("own-data.json".to_owned(), json),
        ("own-data.html".to_owned(), html.into_bytes()),
    ];
    crate::packs::bind(files.into())
}

impl App {
    /// All that is kept of whoever asks, in the case that their link opened. That it was opened is in the log before, as every look.
    ///
    /// # Errors
    /// Whoever is not the person themselves, or has not shown it, too many copies within an hour, a keeper of the keys that does not
    /// answer.
    pub async fn own_data(&self, principal: &Principal, case: CaseId) -> Result<OwnData, AppError> {
        let (person, by_phone) = claimant(principal, case)?;
        let state = self.readable(principal, case).await?;
        let opened = crate::detail::opened(&state)?;
        own_code(opened, by_phone)?;
        let row = self.store().person(person).await?.ok_or_else(shredded)?;
        // Alone for the count of copies only: all that follows takes a while, and others wait for the same place.
        let alone = self.alone(case.0).await?;
        let fields = self.own_fields(&state, &row).await?;
        drop(alone);
        let (mut notice_version, mut agreed) = (String::new(), Vec::new());
        for stored in self.store().load_case(case).await? {
            if let Body::CaseOpened {
                notice_version: version,
                purposes,
                ..
            } = stored.event.body
            {
                (notice_version, agreed) = (version, purposes);
            }
        }
        let detail = self.case_detail(principal, case).await?;
        Ok(OwnData {
            made_at: self.now(),
            organization: detail.tenant_name.clone(),
            number: detail.number.clone(),
            channel: detail.channel.clone(),
            notice_version,
            agreed,
            consents: self.consents_of(opened.tenant, person).await?,
            person: fields,
            openings: self.openings_of(opened.tenant, person, case).await?,
            case: detail,
            erasure: self.erasure_of(&state, by_phone).await?,
        })
    }

    /// Opens what there is of a person for themselves.
    async fn own_fields(&self, state: &Case, row: &PersonRow) -> Result<Vec<OwnField>, AppError> {
        let opened = crate::detail::opened(state)?;
        let there: Vec<PersonField> = [
            (PersonField::Name, row.name.is_some()),
            (PersonField::Phone, row.phone.is_some()),
            (PersonField::Address, row.address.is_some()),
            (PersonField::Place, row.place.is_some()),
        ]
        .into_iter()
        .filter_map(|(field, is_there)| is_there.then_some(field))
        .collect();
        let Some(key) = self.person_key(row)?.filter(|_| !there.is_empty()) else {
            return Ok(Vec::new());
        };
        let by = Actor::Claimant { person: row.id };
        let now = self.now();
        let since = now.plus_ms(-HOUR_MS);
        let copies = self.store().reveals_since(opened.tenant, since).await?;
        let copies = copies.iter().filter(|event| event.by == by).count();
        if copies >= OWN_COPIES_PER_HOUR_MAX {
            return Err(AppError::new(
                ErrorKind::TooMany,
                "too_many_copies",
                format!("一小时内最多取 {OWN_COPIES_PER_HOUR_MAX} 份副本，请稍后再试。"),
                format!(
                    "At most {OWN_COPIES_PER_HOUR_MAX} copies are made within an hour. Please try again later."
                ),
            ));
        }
        let id = row.id.to_string();
        let request = RevealRequest {
            tenant: opened.tenant.to_string(),
            actor: actor_name(by),
            person: id.clone(),
            case: Some(opened.case.to_string()),
            fields: there
                .iter()
                .map(|field| RevealField::new(TABLE, column(*field)))
                .collect(),
            reason: OWN_COPY.to_owned(),
            at_ms: now.0,
        };
        let place = Field::new(TABLE, &id, "reason");
        let reason = key.seal(&place, &Plain::new(OWN_COPY.to_owned())).await?;
        let event = AuditEvent {
            at: now,
            by,
            tenant: opened.tenant,
            body: AuditBody::DataRevealed {
                person: row.id,
                case: Some(opened.case),
                fields: there.clone(),
                reason: Envelope(reason),
            },
        };
        let revealed = self.reveal_to(row, request, event).await?;
        let revealed = revealed.ok_or_else(shredded)?;
        let periods = self.periods_of(opened.tenant).await?;
        let mut fields = Vec::with_capacity(there.len());
        for field in there {
            let (Some(value), Some(processed)) =
                (revealed.open(field).await?, of_field(field, &periods))
            else {
                continue;
            };
            fields.push(OwnField {
                value: value.expose().clone(),
                processed,
                source: both(
                    "报修或申请时填写；之后更正过的以更正为准",
                    "entered with the report or the claim, or as it was corrected since",
                ),
            });
        }
        Ok(fields)
    }

    /// What the log says of who opened something of a person or of their case.
    async fn openings_of(
        &self,
        tenant: TenantId,
        person: PersonId,
        case: CaseId,
    ) -> Result<Vec<OwnOpening>, AppError> {
        let mut found = Vec::new();
        for event in self.store().openings(tenant, person, case).await? {
            found.extend(opening(&event, &act(&event)?, person, case));
        }
        Ok(found)
    }

    /// What became of the latest request of whoever asks; none where there was none.
    ///
    /// # Errors
    /// Whoever is not the person themselves.
    pub async fn own_erasure(
        &self,
        principal: &Principal,
        case: CaseId,
    ) -> Result<Option<ErasureDetail>, AppError> {
        let (_, by_phone) = claimant(principal, case)?;
        let state = self.readable(principal, case).await?;
        self.erasure_of(&state, by_phone).await
    }

    async fn erasure_of(
        &self,
        state: &Case,
        by_phone: bool,
    ) -> Result<Option<ErasureDetail>, AppError> {
        let opened = crate::detail::opened(state)?;
        let rows = self.store().erasure_requests(opened.case).await?;
        // One that waits comes before a later one that was taken back: it may have come from another case.
        let latest = rows.iter().rfind(|row| is_pending(row)).or(rows.last());
        match latest {
            Some(row) => Ok(Some(self.erasure_detail(state, row, by_phone).await?)),
            None => Ok(None),
        }
    }

    async fn erasure_detail(
        &self,
        state: &Case,
        row: &ErasureRequestRow,
        by_phone: bool,
    ) -> Result<ErasureDetail, AppError> {
        let ended_at = row.cancelled_at.or(row.done_at);
        let name = match row {
            row if row.cancelled_at.is_some() => "cancelled",
            row if row.done_at.is_some() => "done",
            row if self.now() < row.due_at => "waiting",
            _ => "held",
        };
        let kept = match row.cancelled_at {
            Some(_) => Vec::new(),
            None => self.kept_back(state, row, by_phone).await?,
        };
        Ok(ErasureDetail {
            asked_at: row.asked_at,
            everywhere: row.everywhere,
            due_at: row.due_at,
            state: name.to_owned(),
            ended_at,
            kept,
        })
    }

    /// What stays for now, each with its reason, and its day where there is one. What else there is under the number is told only to
    /// whoever came with the code that was sent to it: a request may have come here from a case of the number's owner.
    async fn kept_back(
        &self,
        state: &Case,
        row: &ErasureRequestRow,
        by_phone: bool,
    ) -> Result<Vec<KeptBack>, AppError> {
        let opened = crate::detail::opened(state)?;
        let retention = self.retention_of(state).await?;
        let mut kept = Vec::new();
        if is_pending(row) {
            let survey = self.survey(state, row.everywhere && by_phone).await?;
            let contact = || both("姓名、电话、地址", "name, telephone number, address");
            let is_own = survey.left.contains(&opened.case);
            if is_own && retention.held_since.is_some() {
                kept.push(KeptBack {
                    what: contact(),
                    why: both(
                        "案件正在保全（例如诉讼需要），解除后自动销毁",
                        "the case is under a legal hold, such as for a court; destroyed by itself when that is released",
                    ),
                    until: None,
                });
            } else if is_own {
                kept.push(KeptBack {
                    what: contact(),
                    why: both(
                        "案件还没有办结，双方的证据和联系方式还要用；办结后自动销毁",
                        "the case is still open: the evidence of both sides and the way to reach you are needed; destroyed by itself when it is closed",
                    ),
                    until: None,
                });
            }
            let others = survey.left.len() - usize::from(is_own);
            if others > 0 {
                kept.push(KeptBack {
                    what: contact(),
                    why: both(
                        format!("同一号码下还有 {others} 个案件没有办结或者正在保全，它们需要的留到那时"),
                        format!("{others} more cases under the same number are open or held: what they need stays until then"),
                    ),
                    until: None,
                });
            }
        }
        kept.extend(by_rule(&retention));
        Ok(kept)
    }

    /// Asks that the data of whoever asks be destroyed: of every case and order under their number where they came with the code that
    /// was sent to it, else of this case alone, for anybody can report something under somebody else's number.
    ///
    /// # Errors
    /// Whoever is not the person themselves, or has not shown it, one whose data was destroyed, a request that waits already, too many
    /// requests.
    pub async fn ask_erasure(
        &self,
        principal: &Principal,
        case: CaseId,
    ) -> Result<ErasureDetail, AppError> {
        let (person, everywhere) = claimant(principal, case)?;
        let state = self.readable(principal, case).await?;
        let opened = crate::detail::opened(&state)?;
        own_code(opened, everywhere)?;
        let tenant = opened.tenant;
        let row = self.store().person(person).await?;
        if row.is_none_or(|row| row.shredded_at.is_some()) {
            return Err(shredded());
        }
        let alone = self.alone(case.0).await?;
        let before = self.store().erasure_requests(case).await?;
        if before.iter().any(is_pending) {
            return Err(AppError::new(
                ErrorKind::Conflict,
                "erasure_asked_already",
                "您已经申请过，正在等待销毁。",
                "You have asked for this already; it waits to be done.",
            ));
        }
        if before.len() >= OWN_ERASURES_MAX {
            return Err(AppError::new(
                ErrorKind::TooMany,
                "too_many_erasures",
                "这个案件申请和撤回的次数太多，请打客服电话。",
                "This was asked for and taken back too often in this case. Please call the service desk.",
            ));
        }
        let now = self.now();
        let due_at = now.plus_ms(ERASURE_GRACE_MS);
        let row = ErasureRequestRow {
            case,
            asked_at: now,
            tenant,
            everywhere,
            due_at,
            next_at: due_at,
            cancelled_at: None,
            done_at: None,
        };
        let body = AuditBody::ErasureAsked {
            case,
            everywhere,
            due: due_at,
        };
        let act = self.audited(Actor::Claimant { person }, row.tenant, body);
        self.keep_request(row.clone(), act).await?;
        // Nobody waits for whoever carries the message.
        drop(alone);
        self.tell_asked(&row, person).await;
        self.erasure_detail(&state, &row, everywhere).await
    }

    /// Tells the person at the number on record, for whoever holds their link may be somebody else. Where it does not go, the page
    /// says it all the same.
    async fn tell_asked(&self, row: &ErasureRequestRow, person: PersonId) {
        let (tenant, case) = (row.tenant, row.case);
        let told = async {
            let Some(to) = self.claimant_of(tenant, case).await? else {
                return Ok(());
            };
            let lang = self.preference_of(tenant, person.0).await?.lang;
            let (number, until) = (case_number(case), row.due_at.to_china_minute());
            let message = Message {
                id: self.new_id().simple().to_string(),
                tenant,
                to,
                case: Some(case),
                kind: "erasure_asked",
                zh: format!(
                    "案件 {number}：有人申请销毁您的个人信息，{until} 之前可以在案件页面撤回。不是您本人申请的，请马上撤回，或打客服电话。"
                ),
                en: format!(
                    "Case {number}: somebody asked that your personal data be destroyed. Until {until} it can be taken back on the page of the case. If it was not you, please take it back at once, or call the service desk."
                ),
                lang,
                at: self.now(),
            };
            let sent = self.notifier().deliver(&message).await;
            sent.map(drop)
                .map_err(|error| AppError::internal(error.to_string()))
        };
        if let Err(error) = told.await {
            tracing::warn!(%case, rule = %error.rule, detail = ?error.detail, "a person was not told that their data is to be destroyed");
        }
    }

    /// Takes a request back, while it can be.
    ///
    /// # Errors
    /// Whoever is not the person themselves, no request that waits, one whose time to be taken back is over.
    pub async fn cancel_erasure(
        &self,
        principal: &Principal,
        case: CaseId,
    ) -> Result<ErasureDetail, AppError> {
        let (person, by_phone) = claimant(principal, case)?;
        let state = self.readable(principal, case).await?;
        let _alone = self.alone(case.0).await?;
        let rows = self.store().erasure_requests(case).await?;
        // The latest, which is the one that is shown: beside it may be an earlier one that came from another case.
        let Some(row) = rows.into_iter().rfind(is_pending) else {
            return Err(AppError::new(
                ErrorKind::Refused,
                "no_erasure_asked",
                "没有等待中的销毁申请。",
                "Nothing waits to be destroyed.",
            ));
        };
        let now = self.now();
        if now >= row.due_at {
            return Err(AppError::new(
                ErrorKind::Refused,
                "erasure_due",
                "可以撤回的时间已过，销毁已经开始。",
                "The time in which this can be taken back is over: the destruction has begun.",
            ));
        }
        let row = ErasureRequestRow {
            cancelled_at: Some(now),
            ..row
        };
        let body = AuditBody::ErasureCancelled { case };
        let act = self.audited(Actor::Claimant { person }, row.tenant, body);
        self.keep_request(row.clone(), act).await?;
        self.erasure_detail(&state, &row, by_phone).await
    }

    /// Takes back what was asked for everywhere under the number of a case, as that number is corrected: whoever showed the one before
    /// has not shown the next one, and what is destroyed is looked for when it is due. The caller holds the case alone.
    pub(crate) async fn end_asked_everywhere(
        &self,
        by: Actor,
        case: CaseId,
        side: &mut Side,
    ) -> Result<(), AppError> {
        let rows = self.store().erasure_requests(case).await?;
        for row in rows {
            if !row.everywhere || !is_pending(&row) {
                continue;
            }
            let body = AuditBody::ErasureCancelled { case };
            side.audit.push(self.audited(by, row.tenant, body));
            side.writes.push(Write::ErasureRequest(ErasureRequestRow {
                cancelled_at: Some(self.now()),
                ..row
            }));
        }
        Ok(())
    }

    async fn keep_request(&self, row: ErasureRequestRow, act: AuditEvent) -> Result<(), AppError> {
        let (tenant, case) = (row.tenant, row.case);
        self.commit_side(Side {
            writes: vec![Write::ErasureRequest(row)],
            audit: vec![act],
            ..Side::default()
        })
        .await?;
        self.send_change(tenant, Some(case));
        Ok(())
    }

    /// Destroys what people asked to have destroyed and what nothing needs any more; how many records that were. One of which it
    /// cannot be done keeps nobody else's from being done.
    pub(crate) async fn erasures_turn(&self, tenant: TenantId) -> Result<u64, AppError> {
        let due = self
            .store()
            .due_erasures(tenant, self.now(), ENDED_PER_READ)
            .await?;
        let (mut records, mut failed) = (0, None);
        for request in due {
            match self.erase_as_asked(&request).await {
                Ok(destroyed) => records += destroyed,
                Err(error) => {
                    tracing::error!(tenant = %tenant, case = %request.case, rule = %error.rule, detail = ?error.detail, "what a person asked for could not be destroyed");
                    failed.get_or_insert(error);
                    // Those that cannot be done must not fill every turn from its beginning.
                    if let Err(error) = self.ask_again_later(&request).await {
                        tracing::warn!(case = %request.case, rule = %error.rule, "it is looked at again in the next turn");
                    }
                }
            }
        }
        failed.map_or(Ok(records), Err)
    }

    /// A request as it is now, if it still waits: somebody may have taken it back, or another process have done it, since it was
    /// listed. The caller holds its case alone.
    async fn still_asked(
        &self,
        request: &ErasureRequestRow,
    ) -> Result<Option<ErasureRequestRow>, AppError> {
        let rows = self.store().erasure_requests(request.case).await?;
        let is_it = |row: &ErasureRequestRow| row.asked_at == request.asked_at && is_pending(row);
        Ok(rows.into_iter().find(is_it))
    }

    /// Looks at a request again in a while, after the others.
    async fn ask_again_later(&self, request: &ErasureRequestRow) -> Result<(), AppError> {
        let _alone = self.alone(request.case.0).await?;
        let Some(row) = self.still_asked(request).await? else {
            return Ok(());
        };
        self.commit_side(Side {
            writes: vec![Write::ErasureRequest(ErasureRequestRow {
                next_at: self.now().plus_ms(ERASURE_AGAIN_MS),
                ..row
            })],
            ..Side::default()
        })
        .await
    }

    async fn erase_as_asked(&self, request: &ErasureRequestRow) -> Result<u64, AppError> {
        let _alone = self.alone(request.case.0).await?;
        let Some(row) = self.still_asked(request).await? else {
            return Ok(0);
        };
        let state = self.load(row.case).await?;
        let opened = crate::detail::opened(&state)?;
        let survey = self.survey(&state, row.everywhere).await?;
        // What came after the request is not what it asked for.
        let until = Some(row.asked_at);
        let by = Actor::Claimant {
            person: opened.claimant,
        };
        let now = self.now();
        let is_own_left = survey.left.contains(&row.case);
        let mut rows = Vec::new();
        if survey.keeps(until) && !is_own_left {
            // Nothing leads from this case to the others any more: what they need is asked for there from now on.
            rows.extend(survey.left.iter().map(|case| ErasureRequestRow {
                case: *case,
                next_at: now.plus_ms(ERASURE_AGAIN_MS),
                ..row.clone()
            }));
        }
        rows.push(match is_own_left {
            true => ErasureRequestRow {
                next_at: now.plus_ms(ERASURE_AGAIN_MS),
                ..row
            },
            false => ErasureRequestRow {
                done_at: Some(now),
                ..row
            },
        });
        // Together, or nothing of it: a process that dies in between forgets nobody.
        let also = rows.into_iter().map(Write::ErasureRequest).collect();
        let doomed = survey.doomed(until);
        let destroyed = self.destroy(by, opened, doomed, OWN_WISH, also).await?;
        self.send_change(opened.tenant, Some(request.case));
        Ok(u64::try_from(destroyed).unwrap_or(u64::MAX))
    }
}

/// What stays by the rules, whatever is asked for: the evidence of both sides and the record of the trade, until their own day.
fn by_rule(retention: &CaseRetention) -> Vec<KeptBack> {
    // For whom it can be opened is no more that is kept.
    let of_party = |what: &str| CaseParty::ALL.iter().any(|party| party.name() == what);
    let still = |kept: &&crate::retention::KeptDetail| {
        kept.what != "contact" && !of_party(&kept.what) && kept.ended_at.is_none()
    };
    retention
        .kept
        .iter()
        .filter(still)
        .map(|kept| {
            let what = match kept.what.as_str() {
                "clips" => both("视频", "clips"),
                "photos" => both("照片", "photos"),
                "texts" => both("写下的文字", "what was written"),
                _ => both("订单信息和处理结果", "order facts and outcomes"),
            };
            let days = kept.days;
            let why = if kept.what == "records" || !kept.ends {
                both(
                    format!("电子商务法 31：案件结束后至少保存 {days} 天"),
                    format!("E-Commerce Law 31: kept at least {days} days after the end of the case"),
                )
            } else {
                both(
                    format!("双方的证据，按规则在案件结束后保存 {days} 天，到期自动销毁"),
                    format!("evidence of both sides: by the rules kept {days} days after the end of the case, and then destroyed by itself"),
                )
            };
            KeptBack {
                what,
                why,
                until: kept.until,
            }
        })
        .collect()
}
