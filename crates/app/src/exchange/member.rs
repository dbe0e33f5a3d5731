//! What the pages about the exchange show: to those who run this platform's part of it, to auditors, and to a person who has a
//! photo and asks what stands about it, or objects.

use super::folder::{self, Held};
use super::{Exchange, FolderError, Seen, day_text, seconds};
use crate::access::staff;
use crate::app::App;
use crate::error::{AppError, ErrorKind};
use crate::evidence::FINDING_READERS;
use crate::limits::{
    EXCHANGE_ENTRIES_PER_PAGE, EXCHANGE_MATCHES_SHOWN_MAX, EXCHANGE_OBJECTIONS_A_DAY_MAX,
    EXCHANGE_OWN_SHOWN_MAX,
};
use crate::principal::Principal;
use aftercare_domain::audit::{AuditBody, AuditEvent};
use aftercare_domain::ids::{CaseId, EvidenceId, TenantId};
use aftercare_domain::time::SECOND_MS;
use aftercare_domain::{Actor, Role, Timestamp, view};
use aftercare_exchange::{Counts, Entry, Found, Held as Item, Replica, Tag, What};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Who reads about this platform's part in the exchange.
const READERS: &[Role] = &[
    Role::Reviewer,
    Role::RiskManager,
    Role::Auditor,
    Role::Admin,
];

/// An item that this platform's group published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnItem {
    /// Its place in the list.
    pub item: u64,
    /// Days, such as `2026-02-01`.
    pub judged_on: String,
    pub published_on: String,
    /// `stands`, or what became of it: `disputed`, `false_positive`, `withdrawn`, `expired`.
    pub standing: &'static str,
    /// How often it was disputed.
    pub disputes: u32,
}

/// A disputed item that the group has to answer, or may decide about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueItem {
    pub item: u64,
    /// `answer` one of the own, `decide` about one of others.
    pub act: &'static str,
    /// When it is withdrawn by itself.
    pub until: Option<Timestamp>,
}

/// An act that the operator refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedView {
    pub at: Timestamp,
    /// What, such as `published`.
    pub what: &'static str,
    pub rule: String,
    pub why: String,
}

/// A case whose photo resembled an item, once somebody has looked at the photo blind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MatchedCase {
    pub at: Timestamp,
    pub case: CaseId,
    pub number: String,
    pub items: Vec<u64>,
}

/// What became of the items of one year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct YearOfErrors {
    pub year: u32,
    pub published: u64,
    pub ever_disputed: u64,
    pub false_positive: u64,
    pub withdrawn: u64,
}

/// This platform's part in an exchange.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExchangeView {
    /// The name of the list.
    pub list: String,
    pub member: u16,
    pub group: u16,
    /// Why the copy cannot be read, if it cannot.
    pub problem: Option<String>,
    /// Entries of the copy.
    pub entries: u64,
    /// When the newest of them was made.
    pub newest_at: Option<Timestamp>,
    /// Whether photos are compared with it now.
    pub is_fresh: bool,
    /// What the list says as a whole.
    pub members: u64,
    pub groups: u64,
    pub items: u64,
    pub standing: u64,
    pub disputed: u64,
    /// The yearly report of errors, the latest year first.
    pub years: Vec<YearOfErrors>,
    /// Items of the own group, the newest first.
    pub own: Vec<OwnItem>,
    pub due: Vec<DueItem>,
    /// Acts that wait to be delivered: what each is.
    pub waiting: Vec<&'static str>,
    pub refused: Vec<RefusedView>,
    /// The newest first.
    pub matched: Vec<MatchedCase>,
}

/// An entry of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExchangeEntry {
    pub place: u64,
    pub at: Timestamp,
    /// `founded`, `voted`, `published`, `disputed`, `answered`, `upheld`, `ended` or `beat`.
    pub what: &'static str,
    /// The member whose act it is.
    pub by: Option<u16>,
    /// The item that it is about.
    pub item: Option<u64>,
}

/// A page of the list, the newest entries first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExchangeLog {
    pub list: String,
    /// Entries of the copy.
    pub size: u64,
    /// The root over them, hexadecimal.
    pub root: String,
    pub entries: Vec<ExchangeEntry>,
    /// Where the page before these begins.
    pub next: Option<u64>,
}

/// What stands about a photo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskedItem {
    pub item: u64,
    /// `same_bytes`, `near` or `part`.
    pub how: &'static str,
    pub publisher: u16,
    /// Days, such as `2026-02-01`.
    pub judged_on: String,
    pub noticed_on: String,
    pub published_on: String,
    /// As [`OwnItem::standing`].
    pub standing: &'static str,
    /// While it is disputed, when it is withdrawn unless somebody acts before.
    pub until: Option<Timestamp>,
}

/// The answer to a person who has a photo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskedAbout {
    /// When the newest entry of the copy was made; none without one.
    pub as_of: Option<Timestamp>,
    pub items: Vec<AskedItem>,
    /// Items to which the person objected with this very request.
    pub objected: Vec<u64>,
}

fn at(seconds: u64) -> Timestamp {
    let seconds = i64::try_from(seconds).unwrap_or(i64::MAX / SECOND_MS);
    Timestamp(seconds.saturating_mul(SECOND_MS))
}

const fn standing(tag: Option<Tag>) -> &'static str {
    match tag {
        None => "stands",
        Some(Tag::Disputed) => "disputed",
        Some(Tag::FalsePositive) => "false_positive",
        Some(Tag::Withdrawn) => "withdrawn",
        Some(Tag::Expired) => "expired",
    }
}

/// The name of what an entry says, and the item that it is about.
const fn what_of(what: &What) -> (&'static str, Option<u64>) {
    match what {
        What::Founded { .. } => ("founded", None),
        What::Voted { .. } => ("voted", None),
        What::Published { .. } => ("published", None),
        What::Disputed { item, .. } => ("disputed", Some(*item)),
        What::Answered { item, .. } => ("answered", Some(*item)),
        What::Upheld { item, .. } => ("upheld", Some(*item)),
        What::Ended { item, .. } => ("ended", Some(*item)),
        What::Beat => ("beat", None),
    }
}

/// The exchange is off here.
fn off() -> AppError {
    AppError::new(
        ErrorKind::NotFound,
        "exchange_off",
        "本平台没有加入照片名单交换。",
        "This platform takes part in no exchange.",
    )
}

fn unreadable(error: &FolderError) -> AppError {
    tracing::error!(%error, "the folder of the exchange's member cannot be used");
    AppError::new(
        ErrorKind::Unavailable,
        "exchange_unreadable",
        "名单现在读不出来，请稍后再试。",
        "The list cannot be read right now. Please try again later.",
    )
}

impl Exchange {
    /// Everything that a page about this platform's part shows but for its cases. It waits for the disk.
    fn view(&self, now_s: u64) -> ExchangeView {
        let mut held = self.lock();
        let mut problem = held
            .refresh(&self.folder, &self.operator)
            .err()
            .map(|error| error.to_string());
        let waiting = folder::waiting(&self.folder);
        let refused = folder::refused(&self.folder);
        let errors = [waiting.as_ref().err(), refused.as_ref().err()];
        for error in errors.into_iter().flatten() {
            problem.get_or_insert_with(|| error.to_string());
        }
        let mut view = ExchangeView {
            list: self.name.clone(),
            member: self.settings.member.0,
            group: self.settings.group.0,
            problem,
            entries: 0,
            newest_at: None,
            is_fresh: false,
            members: 0,
            groups: 0,
            items: 0,
            standing: 0,
            disputed: 0,
            years: Vec::new(),
            own: Vec::new(),
            due: Vec::new(),
            waiting: waiting
                .unwrap_or_default()
                .iter()
                .map(|waiting| what_of(&waiting.what).0)
                .collect(),
            refused: refused
                .unwrap_or_default()
                .into_iter()
                .rev()
                .take(EXCHANGE_OWN_SHOWN_MAX)
                .map(|act| RefusedView {
                    at: at(act.at_s),
                    what: what_of(&act.what).0,
                    rule: act.rule,
                    why: act.why,
                })
                .collect(),
            matched: Vec::new(),
        };
        if let Some(replica) = held.replica() {
            self.fill(&mut view, replica, now_s);
        }
        view
    }

    fn fill(&self, view: &mut ExchangeView, replica: &Replica, now_s: u64) {
        let register = replica.register();
        let counts = Counts::of(register, now_s);
        view.entries = counts.entries;
        view.newest_at = (!register.is_empty()).then(|| at(register.last_s()));
        view.is_fresh = replica.is_fresh(now_s);
        (view.members, view.groups) = (counts.members, counts.groups);
        (view.items, view.standing, view.disputed) =
            (counts.items, counts.standing, counts.disputed);
        view.years = counts
            .years
            .iter()
            .rev()
            .map(|(year, of)| YearOfErrors {
                year: *year,
                published: of.published,
                ever_disputed: of.ever_disputed,
                false_positive: of.false_positive,
                withdrawn: of.withdrawn,
            })
            .collect();
        let group = self.settings.group;
        for (item, held) in register.items() {
            let tag = held.tag_at(now_s);
            if held.group == group {
                view.own.push(OwnItem {
                    item,
                    judged_on: day_text(held.item.judged_on.0),
                    published_on: day_text(held.published_on.0),
                    standing: standing(tag),
                    disputes: held.disputes,
                });
            }
            let is_due = if held.is_answered {
                held.group != group && held.disputed_by != Some(group)
            } else {
                held.group == group
            };
            if tag == Some(Tag::Disputed) && is_due {
                view.due.push(DueItem {
                    item,
                    act: if held.is_answered { "decide" } else { "answer" },
                    until: held.until_s.map(at),
                });
            }
        }
        view.own.reverse();
        view.own.truncate(EXCHANGE_OWN_SHOWN_MAX);
        view.due.sort_by_key(|due| due.until);
    }

    /// A page of the list. It waits for the disk.
    fn page(&self, before: Option<u64>) -> Result<ExchangeLog, FolderError> {
        let mut held = self.lock();
        held.refresh(&self.folder, &self.operator)?;
        let Some(replica) = held.replica() else {
            return Ok(ExchangeLog {
                list: self.name.clone(),
                size: 0,
                root: String::new(),
                entries: Vec::new(),
                next: None,
            });
        };
        let size = replica.cursor();
        let end = before.unwrap_or(size).min(size);
        let from = end.saturating_sub(EXCHANGE_ENTRIES_PER_PAGE);
        let (list, root) = (self.name.clone(), replica.root().to_string());
        drop(held);
        let mut entries = Vec::new();
        for (place, text) in (from..end).zip(folder::entries(&self.folder, from, end)?) {
            let entry = Entry::from_bytes(text.as_bytes())
                .map_err(|bad| FolderError(format!("entry {place}: {bad}")))?;
            let (what, item) = what_of(&entry.what);
            entries.push(ExchangeEntry {
                place,
                at: at(entry.at_s),
                what,
                by: entry.what.by().map(|member| member.0),
                item: item.or_else(|| (what == "published").then_some(place)),
            });
        }
        entries.reverse();
        Ok(ExchangeLog {
            list,
            size,
            root,
            entries,
            next: (from > 0).then_some(from),
        })
    }

    /// What stands about a photo, however old the list is; with `objects`, the acts by which this member disputes what counts are
    /// kept, to be delivered by the next `exchange sync`. It waits for the disk.
    fn about(&self, seen: &Seen, now_s: u64, objects: bool) -> Result<AskedAbout, FolderError> {
        let hold = objects.then(|| folder::hold(&self.folder)).transpose()?;
        let mut held = self.lock();
        held.refresh(&self.folder, &self.operator)?;
        let Some(found) = found(&held, seen) else {
            return Ok(AskedAbout {
                as_of: None,
                items: Vec::new(),
                objected: Vec::new(),
            });
        };
        let Some(register) = held.replica().map(Replica::register) else {
            return Err(FolderError("the copy went away".to_owned()));
        };
        let mut asked = AskedAbout {
            as_of: (!register.is_empty()).then(|| at(register.last_s())),
            items: Vec::new(),
            objected: Vec::new(),
        };
        let waits: Vec<u64> = folder::waiting(&self.folder)?
            .iter()
            .filter_map(|waiting| match waiting.what {
                What::Disputed { item, .. } => Some(item),
                _ => None,
            })
            .collect();
        for found in found {
            let Some(held) = register.item(found.item) else {
                continue;
            };
            asked.items.push(item_of(&found, held, now_s));
            let may = held.counts_at(now_s) && !waits.contains(&found.item);
            if hold.is_some() && may {
                asked.objected.push(found.item);
            }
        }
        for item in &asked.objected {
            let by = self.settings.member;
            folder::add(&self.folder, What::Disputed { by, item: *item })?;
        }
        Ok(asked)
    }
}

/// What resembles a photo in the copy; `None` without one.
fn found(held: &Held, seen: &Seen) -> Option<Vec<Found>> {
    let replica = held.replica()?;
    Some(replica.resembling(&seen.query(), |print| seen.agrees(print)))
}

fn item_of(found: &Found, held: &Item, now_s: u64) -> AskedItem {
    let tag = held.tag_at(now_s);
    AskedItem {
        item: found.item,
        how: match found.how {
            aftercare_exchange::How::SameBytes => "same_bytes",
            aftercare_exchange::How::Near { .. } => "near",
            aftercare_exchange::How::Part { .. } => "part",
        },
        publisher: held.item.publisher.0,
        judged_on: day_text(held.item.judged_on.0),
        noticed_on: day_text(held.item.noticed_on.0),
        published_on: day_text(held.published_on.0),
        standing: standing(tag),
        until: held.until_s.filter(|_| tag == Some(Tag::Disputed)).map(at),
    }
}

impl App {
    /// Whether this platform takes part in an exchange.
    #[must_use]
    pub fn takes_part(&self) -> bool {
        self.exchange_slot().get().is_some()
    }

    fn exchange(&self) -> Result<Arc<Exchange>, AppError> {
        self.exchange_slot().get().cloned().ok_or_else(off)
    }

    /// This platform's part in the exchange; `None` where it takes part in none.
    ///
    /// # Errors
    /// `Forbidden` for anybody but reviewers, risk managers, auditors and administrators; what the store says.
    pub async fn exchange_view(
        &self,
        principal: &Principal,
    ) -> Result<Option<ExchangeView>, AppError> {
        staff(principal, READERS)?;
        let Ok(exchange) = self.exchange() else {
            return Ok(None);
        };
        let now_s = seconds(self.now());
        let view = tokio::task::spawn_blocking(move || exchange.view(now_s)).await;
        let mut view = view.map_err(|error| AppError::internal(error.to_string()))?;
        view.matched = self.matched(principal).await?;
        Ok(Some(view))
    }

    /// Cases whose photos resembled items, the newest first: those whose photos somebody has looked at, and no others, for
    /// whoever reads this may be the one to look blind.
    async fn matched(&self, principal: &Principal) -> Result<Vec<MatchedCase>, AppError> {
        let viewer = principal.acting_as(FINDING_READERS);
        let acts = self
            .store()
            .acts(principal.tenant(), "exchange_matched.v1")
            .await?;
        let mut matched = Vec::new();
        for stored in acts.iter().rev() {
            if matched.len() >= EXCHANGE_MATCHES_SHOWN_MAX {
                break;
            }
            let act: AuditEvent = serde_json::from_slice(&stored.payload)
                .map_err(|error| AppError::internal(format!("an audited act: {error}")))?;
            let AuditBody::ExchangeMatched {
                case, claim, items, ..
            } = act.body
            else {
                continue;
            };
            let state = self.load(case).await?;
            let open = viewer.and_then(|viewer| view::known_elsewhere(&state, claim, viewer));
            let mut open = open.into_iter().flatten();
            if open.any(|one| items.contains(&one.photo.item)) {
                matched.push(MatchedCase {
                    at: act.at,
                    case,
                    number: crate::numbers::case_number(case),
                    items,
                });
            }
        }
        Ok(matched)
    }

    /// A page of the list, the newest first, up to the place `before`.
    ///
    /// # Errors
    /// As [`App::exchange_view`]; `NotFound` where this platform takes part in none; a copy that cannot be read.
    pub async fn exchange_log(
        &self,
        principal: &Principal,
        before: Option<u64>,
    ) -> Result<ExchangeLog, AppError> {
        staff(principal, READERS)?;
        let exchange = self.exchange()?;
        tokio::task::spawn_blocking(move || exchange.page(before))
            .await
            .map_err(|error| AppError::internal(error.to_string()))?
            .map_err(|error| unreadable(&error))
    }

    /// What stands in the list about a photo, for anybody who has it; with `objects`, this platform objects for them to what
    /// counts. The photo is kept nowhere.
    ///
    /// # Errors
    /// `NotFound` where this platform takes part in no exchange; a photo that cannot be read, or that waits for a blind look here, as
    /// it is or like it;
    /// `TooMany` objections in a day.
    pub async fn ask_about(
        &self,
        tenant: TenantId,
        photo: Vec<u8>,
        objects: bool,
    ) -> Result<AskedAbout, AppError> {
        let exchange = self.exchange()?;
        if let Some(closed) = self.closed_in_a_claim(Some(tenant), &photo).await?
            && closed.rule != "ended_unseen"
        {
            return Err(closed);
        }
        let seen = Seen::read(self.screener(), photo).await?;
        self.alike_unseen(tenant, &seen).await?;
        let now_s = seconds(self.now());
        if objects && self.objections_today(tenant).await? >= EXCHANGE_OBJECTIONS_A_DAY_MAX {
            return Err(AppError::new(
                ErrorKind::TooMany,
                "too_many_objections",
                "今天提出的异议太多了，请明天再试，或联系本平台客服。",
                "As many objections were made today as the limit allows. Please try again tomorrow, or turn to the service desk.",
            ));
        }
        let list = exchange.name.clone();
        let asked = tokio::task::spawn_blocking(move || exchange.about(&seen, now_s, objects))
            .await
            .map_err(|error| AppError::internal(error.to_string()))?
            .map_err(|error| unreadable(&error))?;
        if !asked.objected.is_empty() {
            let body = AuditBody::ExchangeObjected {
                list,
                items: asked.objected.clone(),
            };
            let side = crate::engine::Side {
                audit: vec![self.audited(Actor::System, tenant, body)],
                ..crate::engine::Side::default()
            };
            self.commit_side(side).await?;
        }
        Ok(asked)
    }

    /// Refuses a photo that is like one of a claim here which waits for a blind look: a copy that was saved again is another
    /// file, and what the list knows of it would tell whoever looks as much.
    async fn alike_unseen(&self, tenant: TenantId, seen: &Seen) -> Result<(), AppError> {
        let alike = self.alike_ever(tenant, None, &seen.fingerprint).await?;
        let mut by_case: BTreeMap<CaseId, Vec<EvidenceId>> = BTreeMap::new();
        for (evidence, case) in alike.pieces {
            by_case.entry(case).or_default().push(evidence);
        }
        for (case, pieces) in by_case {
            let state = self.load(case).await?;
            let waits = state.claims.iter().any(|(id, claim)| {
                let is_closed = |piece: &EvidenceId| {
                    claim.evidence.contains(piece) && !state.is_photo_open(*id, *piece)
                };
                !claim.state.is_ended() && pieces.iter().any(is_closed)
            });
            if waits {
                return Err(AppError::new(
                    ErrorKind::Refused,
                    "alike_unseen",
                    "有一件申请里的照片与它相似，正在等审核员先看一眼。在那之前，这里不说名单里有没有它。",
                    "A photo like this one stands in a claim that a reviewer has to look at first. Until then nothing is said here of what the list knows about it.",
                ));
            }
        }
        Ok(())
    }

    /// How many objections were kept within the last day.
    async fn objections_today(&self, tenant: TenantId) -> Result<usize, AppError> {
        let since = self.now().plus_ms(-aftercare_domain::time::DAY_MS);
        let acts = self.store().acts(tenant, "exchange_objected.v1").await?;
        Ok(acts.iter().rev().take_while(|act| act.at > since).count())
    }
}
