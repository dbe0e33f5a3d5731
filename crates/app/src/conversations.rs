//! Conversations: whose message waits for a human, who has it, and handing it on. What waits follows from the events of the case;
//! who has it is a row, for it changes nothing about the case. Whoever has one and is not there holds up nobody, and nobody has
//! to have it to answer.

use crate::access::{staff, staff_or_scope};
use crate::app::App;
use crate::detail::kind_and_state;
use crate::engine::Side;
use crate::error::{AppError, ErrorKind};
use crate::limits::{CONVERSATIONS_SHOWN_MAX, HANDOVER_CHARS_MAX, PRESENT_MS};
use crate::numbers::case_number;
use crate::opening::CaseReader;
use crate::principal::Principal;
use aftercare_domain::audit::{AuditBody, ConversationChange};
use aftercare_domain::case::Waiting;
use aftercare_domain::command::Command;
use aftercare_domain::event::MessagesEnd;
use aftercare_domain::evidence::Envelope;
use aftercare_domain::ids::{CaseId, TenantId, UserId};
use aftercare_domain::{Actor, Role, Timestamp};
use aftercare_store::rows::{ConversationRow, UserRow};
use aftercare_store::{CaseFilter, CaseViewRow, Write};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Who answers claimants.
pub(crate) const TAKERS: &[Role] = &[Role::Agent, Role::Dispatcher];

/// What a colleague does about a conversation.
#[derive(Clone, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(tag = "act", rename_all = "snake_case", deny_unknown_fields)]
pub enum ConversationAct {
    /// Takes it, also from a colleague who is not there.
    Take {},
    /// Hands it to a colleague, with what that colleague should know; everybody at the desk who reads the case reads it.
    HandOver {
        #[schema(value_type = String)]
        to: UserId,
        note: String,
    },
    /// Puts it back into the queue.
    GiveBack {},
    /// Nobody has to answer any more.
    Settle {
        /// `phoned` or `nothing_asked`.
        #[schema(value_type = String)]
        how: MessagesEnd,
        /// When the latest message came that was read: `last_at`.
        #[schema(value_type = i64)]
        until: Timestamp,
    },
}

impl std::fmt::Debug for ConversationAct {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Take {} => "Take",
            Self::HandOver { .. } => "HandOver(..)",
            Self::GiveBack {} => "GiveBack",
            Self::Settle { .. } => "Settle",
        })
    }
}

/// Who has a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Holder {
    #[schema(value_type = String)]
    pub user: UserId,
    pub name: String,
    /// Seen within ten minutes; from one who is not, anybody takes it over.
    pub here: bool,
    #[schema(value_type = i64)]
    pub since: Timestamp,
}

/// A claimant who waits for a human.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ConversationView {
    #[schema(value_type = String)]
    pub case: CaseId,
    pub number: String,
    /// `repair`, `claim` or `both`.
    pub kind: String,
    /// State of the latest thing on the case.
    pub state: String,
    pub closed: bool,
    /// Such as `林**`; empty where nobody said it.
    pub name: String,
    /// When the first message came that nobody has answered.
    #[schema(value_type = i64)]
    pub since: Timestamp,
    /// When the latest came.
    #[schema(value_type = i64)]
    pub last_at: Timestamp,
    /// How many nobody has answered.
    pub messages: u32,
    /// Whether nobody at the desk has read the case since the latest.
    pub unread: bool,
    pub holder: Option<Holder>,
}

/// Somebody who answers claimants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Colleague {
    #[schema(value_type = String)]
    pub user: UserId,
    pub name: String,
    /// Seen within ten minutes.
    pub here: bool,
    /// Conversations of the list that this colleague has.
    pub holds: u32,
}

/// Whose message waits; in each part whoever waits longest comes first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct ConversationList {
    /// Those that the reader has.
    pub mine: Vec<ConversationView>,
    /// Those that nobody has, or somebody who is not there.
    pub free: Vec<ConversationView>,
    /// Those that colleagues have who are there.
    pub others: Vec<ConversationView>,
    /// Whether more wait than are listed.
    pub more: bool,
    /// Those who are there first, then by name.
    pub colleagues: Vec<Colleague>,
}

/// What was said when a conversation was handed over.
#[derive(Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct HandoverNote {
    pub text: String,
    pub by: String,
    #[schema(value_type = i64)]
    pub at: Timestamp,
}

impl std::fmt::Debug for HandoverNote {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "HandoverNote(at {}, ..)", self.at)
    }
}

/// The conversation with the claimant of a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ConversationDetail {
    /// When the first message came that nobody has answered; none where nothing waits.
    #[schema(value_type = Option<i64>)]
    pub since: Option<Timestamp>,
    #[schema(value_type = Option<i64>)]
    pub last_at: Option<Timestamp>,
    /// How many nobody has answered.
    pub messages: u32,
    pub holder: Option<Holder>,
    /// Whether the reader has it.
    pub mine: bool,
    pub note: Option<HandoverNote>,
    /// To whom it can be handed: everybody else who answers claimants.
    pub colleagues: Vec<Colleague>,
}

/// The desk of a tenant: its accounts by id, and when their sessions were last seen.
struct Desk {
    users: BTreeMap<UserId, UserRow>,
    seen: BTreeMap<UserId, Timestamp>,
}

impl Desk {
    fn is_here(&self, user: UserId) -> bool {
        self.seen.contains_key(&user)
    }

    fn name(&self, user: UserId) -> String {
        let found = self.users.get(&user);
        found.map_or_else(String::new, |row| row.display_name.clone())
    }

    /// Somebody with an account that works, who answers claimants.
    fn answers(&self, user: UserId) -> bool {
        self.users
            .get(&user)
            .is_some_and(|row| !row.disabled && row.roles.iter().any(|role| TAKERS.contains(role)))
    }

    fn holder(&self, row: Option<&ConversationRow>) -> Option<Holder> {
        let row = row?;
        let user = row.held_by?;
        Some(Holder {
            user,
            name: self.name(user),
            here: self.is_here(user) && self.answers(user),
            since: row.held_at.unwrap_or(row.saved_at),
        })
    }

    /// Everybody who answers claimants, whoever is there first; `holds` counts among these conversations.
    fn colleagues(&self, rows: &[ConversationView]) -> Vec<Colleague> {
        let mut colleagues: Vec<Colleague> = self
            .users
            .keys()
            .filter(|user| self.answers(**user))
            .map(|user| {
                let held = rows.iter().filter(|row| {
                    row.holder
                        .as_ref()
                        .is_some_and(|holder| holder.user == *user)
                });
                Colleague {
                    user: *user,
                    name: self.name(*user),
                    here: self.is_here(*user),
                    holds: u32::try_from(held.count()).unwrap_or(u32::MAX),
                }
            })
            .collect();
        colleagues.sort_by(|a, b| (!a.here, &a.name, a.user).cmp(&(!b.here, &b.name, b.user)));
        colleagues
    }
}

/// A conversation that nobody ever had.
const fn fresh(tenant: TenantId, case: CaseId, now: Timestamp) -> ConversationRow {
    ConversationRow {
        tenant,
        case,
        held_by: None,
        held_at: None,
        note: None,
        note_by: None,
        noted_at: None,
        seen_by: None,
        seen_at: None,
        saved_at: now,
    }
}

/// Whether nobody at the desk has read the case since the latest message.
fn is_unread(waiting: Waiting, row: Option<&ConversationRow>) -> bool {
    let seen = row.and_then(|row| row.seen_at);
    seen.is_none_or(|seen| seen < waiting.last_at)
}

fn held() -> AppError {
    AppError::new(
        ErrorKind::Conflict,
        "conversation_held",
        "同事正在跟进这位客户，人在线。请让同事转交或放回；急着回复时可以直接写。",
        "A colleague who is there has this conversation. Ask for it to be handed over or given back; whoever has to answer at once may simply write.",
    )
}

fn colleague_unknown() -> AppError {
    AppError::invalid(
        "to",
        "colleague_unknown",
        "请选择一位能回复客户的同事（客服或调度）。",
        "Please choose a colleague who answers customers: an agent or a dispatcher.",
    )
}

impl App {
    async fn desk_of(&self, tenant: TenantId, reader: Option<UserId>) -> Result<Desk, AppError> {
        let now = self.now();
        let users = self.store().users(tenant).await?;
        let since = now.plus_ms(-PRESENT_MS);
        let seen = self.store().users_seen(tenant, since).await?;
        // Whoever asks is there.
        let seen = seen.into_iter().chain(reader.map(|user| (user, now)));
        Ok(Desk {
            users: users.into_iter().map(|row| (row.id, row)).collect(),
            seen: seen.collect(),
        })
    }

    /// Claimants who wait for a human, and who is there to answer them.
    ///
    /// # Errors
    /// A missing role or scope.
    pub async fn conversations(&self, principal: &Principal) -> Result<ConversationList, AppError> {
        staff_or_scope(principal, TAKERS, "cases:read")?;
        let tenant = principal.tenant();
        let user = principal.signed_in().map(|who| who.user);
        let desk = self.desk_of(tenant, user).await?;
        let filter = CaseFilter {
            tenant: Some(tenant),
            waiting: true,
            shops: self.shop_bounds(principal, TAKERS).await?,
            ..CaseFilter::default()
        };
        let page = self
            .store()
            .cases(&filter, None, CONVERSATIONS_SHOWN_MAX)
            .await?;
        let mut all = Vec::with_capacity(page.items.len());
        for row in &page.items {
            let held = self.store().conversation(tenant, row.case_id).await?;
            all.extend(self.conversation_view(&desk, row, held.as_ref()).await?);
        }
        let mut list = ConversationList {
            more: page.next.is_some(),
            colleagues: desk.colleagues(&all),
            ..ConversationList::default()
        };
        for view in all {
            let part = match &view.holder {
                Some(holder) if Some(holder.user) == user => &mut list.mine,
                Some(holder) if holder.here => &mut list.others,
                _ => &mut list.free,
            };
            part.push(view);
        }
        Ok(list)
    }

    async fn conversation_view(
        &self,
        desk: &Desk,
        row: &CaseViewRow,
        held: Option<&ConversationRow>,
    ) -> Result<Option<ConversationView>, AppError> {
        let (Some(waiting), Some(opened)) = (row.snapshot.waiting, &row.snapshot.opened) else {
            return Ok(None);
        };
        let (kind, state) = kind_and_state(&row.snapshot);
        let person = self.masked_person(row.tenant, opened.claimant).await?;
        Ok(Some(ConversationView {
            case: row.case_id,
            number: case_number(row.case_id),
            kind,
            state,
            closed: row.closed,
            name: person.name,
            since: waiting.since,
            last_at: waiting.last_at,
            messages: waiting.messages,
            unread: is_unread(waiting, held),
            holder: desk.holder(held),
        }))
    }

    /// The conversation of a case for whoever answers claimants. Whoever asks has read the messages: the queue shows it.
    ///
    /// # Errors
    /// A missing role, or a case that is not the reader's to see.
    pub async fn conversation(
        &self,
        principal: &Principal,
        case: CaseId,
    ) -> Result<ConversationDetail, AppError> {
        staff(principal, TAKERS)?;
        let user = principal.signed_in().ok_or_else(AppError::forbidden)?.user;
        let tenant = principal.tenant();
        let state = self.readable(principal, case).await?;
        let desk = self.desk_of(tenant, Some(user)).await?;
        let mut row = self.store().conversation(tenant, case).await?;
        if let Some(waiting) = state.waiting
            && is_unread(waiting, row.as_ref())
        {
            row = Some(self.mark_read(tenant, case, user).await?);
        }
        let note = match row.as_ref().and_then(|row| row.note.clone()) {
            Some(sealed) => {
                let key = self
                    .read_case(CaseReader::Somebody(principal), tenant, case)
                    .await?;
                Some(key.open_or_say(&Envelope(sealed))?)
            }
            None => None,
        };
        let note = note.zip(row.as_ref()).map(|(text, row)| HandoverNote {
            text,
            by: row.note_by.map_or_else(String::new, |by| desk.name(by)),
            at: row.noted_at.unwrap_or(row.saved_at),
        });
        let holder = desk.holder(row.as_ref());
        let mut colleagues = desk.colleagues(&[]);
        colleagues.retain(|colleague| colleague.user != user);
        Ok(ConversationDetail {
            since: state.waiting.map(|waiting| waiting.since),
            last_at: state.waiting.map(|waiting| waiting.last_at),
            messages: state.waiting.map_or(0, |waiting| waiting.messages),
            mine: holder.as_ref().is_some_and(|holder| holder.user == user),
            holder,
            note,
            colleagues,
        })
    }

    /// Notes that somebody at the desk has read the case. The reading itself is in the log already.
    async fn mark_read(
        &self,
        tenant: TenantId,
        case: CaseId,
        user: UserId,
    ) -> Result<ConversationRow, AppError> {
        let _alone = self.alone(tenant.0).await?;
        let now = self.now();
        let row = self.store().conversation(tenant, case).await?;
        let row = ConversationRow {
            seen_by: Some(user),
            seen_at: Some(now),
            saved_at: now,
            ..row.unwrap_or_else(|| fresh(tenant, case, now))
        };
        let side = Side {
            writes: vec![Write::Conversation(row.clone())],
            ..Side::default()
        };
        self.commit_side(side).await?;
        Ok(row)
    }

    /// Takes a conversation, hands it on, gives it back, or settles what was written.
    ///
    /// # Errors
    /// A missing role; a case that is not the reader's to see; a colleague who is there and has it; the field that is wrong; what
    /// the rules of the case say.
    pub async fn act_on_conversation(
        &self,
        principal: &Principal,
        case: CaseId,
        act: &ConversationAct,
    ) -> Result<(), AppError> {
        let by = staff(principal, TAKERS)?;
        self.readable(principal, case).await?;
        if let ConversationAct::Settle { how, until } = act {
            let Actor::Human(human) = by else {
                return Err(AppError::forbidden());
            };
            let command = Command::SettleMessages {
                by: human,
                how: *how,
                until: *until,
            };
            let make = |_: &aftercare_domain::Case| Ok(vec![command.clone()]);
            self.run(case, Side::default(), make).await?;
            return Ok(());
        }
        self.hand_on(principal, case, by, act).await
    }

    async fn hand_on(
        &self,
        principal: &Principal,
        case: CaseId,
        by: Actor,
        act: &ConversationAct,
    ) -> Result<(), AppError> {
        let user = principal.signed_in().ok_or_else(AppError::forbidden)?.user;
        let tenant = principal.tenant();
        let _alone = self.alone(tenant.0).await?;
        let desk = self.desk_of(tenant, Some(user)).await?;
        let now = self.now();
        let before = self.store().conversation(tenant, case).await?;
        let row = before.unwrap_or_else(|| fresh(tenant, case, now));
        let holder = desk.holder(Some(&row));
        let own = holder.as_ref().is_some_and(|holder| holder.user == user);
        if !own && holder.is_some_and(|holder| holder.here) {
            return Err(held());
        }
        let (row, change, to) = match act {
            // Pressed twice.
            ConversationAct::Take {} if own => return Ok(()),
            ConversationAct::GiveBack {} if row.held_by.is_none() => return Ok(()),
            ConversationAct::Take {} => (
                ConversationRow {
                    held_by: Some(user),
                    held_at: Some(now),
                    ..row
                },
                ConversationChange::Taken,
                None,
            ),
            ConversationAct::HandOver { to, note } => {
                if *to == user || !desk.answers(*to) {
                    return Err(colleague_unknown());
                }
                let note = handover_note(note)?;
                let sealed = self.case_key(tenant, case).await?.seal_text(note)?;
                (
                    ConversationRow {
                        held_by: Some(*to),
                        held_at: Some(now),
                        note: Some(sealed.0),
                        note_by: Some(user),
                        noted_at: Some(now),
                        ..row
                    },
                    ConversationChange::HandedOver,
                    Some(*to),
                )
            }
            ConversationAct::GiveBack {} => (
                ConversationRow {
                    held_by: None,
                    held_at: None,
                    ..row
                },
                ConversationChange::GivenBack,
                None,
            ),
            ConversationAct::Settle { .. } => {
                return Err(AppError::internal("an act reached the wrong table"));
            }
        };
        let row = ConversationRow {
            saved_at: now,
            ..row
        };
        let body = AuditBody::ConversationChanged { case, change, to };
        let side = Side {
            writes: vec![Write::Conversation(row)],
            audit: vec![self.audited(by, tenant, body)],
            ..Side::default()
        };
        self.commit_side(side).await?;
        self.send_change(tenant, Some(case));
        Ok(())
    }
}

/// What is said when a conversation is handed over: whoever takes it over does not begin anew.
fn handover_note(note: &str) -> Result<&str, AppError> {
    let note = note.trim();
    let chars = note.chars().count();
    if (1..=HANDOVER_CHARS_MAX).contains(&chars) {
        return Ok(note);
    }
    Err(AppError::invalid(
        "note",
        "handover_note",
        format!(
            "请写 1 到 {HANDOVER_CHARS_MAX} 个字，让接手的同事知道说到哪里了，现在是 {chars} 个字。"
        ),
        format!(
            "Say in 1 to {HANDOVER_CHARS_MAX} characters how far it has come, so that the colleague need not begin anew; this has {chars}."
        ),
    ))
}
