//! The exchange of photos that were judged forged, as this platform takes part in it: not at all, until an operator names a
//! member's folder.
//!
//! The list is read from the folder that `aftercare exchange sync` keeps. Nothing is asked of anybody: a photo and what is
//! searched for stay here. All that a likeness can do is bring a person to look and give that person longer ([`Effect`]); a list
//! that is missing, too old or damaged does nothing at all, and keeps nothing from going on.

mod folder;
mod member;
mod seen;
mod sharing;

pub use folder::{
    CHECKPOINT_FILE, ENTRIES_FILE, FolderError, LOCK_FILE, MemberSettings, OperatorSettings,
    RECEIPTS_FOLDER, REFUSED_FOLDER, SETTINGS_FILE, WAITING_FOLDER, Waiting, json_files, log_key,
    member_settings,
};
pub use member::{
    AskedAbout, AskedItem, DueItem, ExchangeEntry, ExchangeLog, ExchangeView, MatchedCase, OwnItem,
    RefusedView, YearOfErrors,
};
pub use seen::Seen;
pub(crate) use sharing::reads_step;
pub use sharing::{ShareInput, SharingEntry, SharingView};

use crate::app::App;
use crate::engine::Side;
use crate::error::{AppError, ErrorKind};
use crate::evidence::FINDING_READERS;
use crate::limits::EXCHANGE_ITEMS_PER_PHOTO_MAX;
use crate::principal::Principal;
use crate::views::ElsewhereDetail;
use aftercare_domain::audit::AuditBody;
use aftercare_domain::case::Elsewhere;
use aftercare_domain::command::Command;
use aftercare_domain::day::Day as ChinaDay;
use aftercare_domain::event::{KnownElsewhere, KnownPhoto};
use aftercare_domain::ids::{CaseId, ClaimId, EvidenceId, TenantId};
use aftercare_domain::time::{DAY_MS, SECOND_MS};
use aftercare_domain::{Case, Timestamp, view};
use aftercare_exchange::limits::WINDOW_LENGTHENED_HOURS;
use aftercare_exchange::{BlindVerdictGiven, Day, Effect, Found, GroupId, Item, What};
use aftercare_ledger::Hash;
use folder::Held;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// This platform's place in an exchange: the folder of its member, and the copy of the list that lies there.
pub struct Exchange {
    folder: PathBuf,
    settings: MemberSettings,
    operator: OperatorSettings,
    /// The name of the list.
    name: String,
    held: Mutex<Held>,
}

impl std::fmt::Debug for Exchange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Exchange({})", self.name)
    }
}

/// What the list says now about an item that was told of earlier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It counts.
    Stands,
    /// It was disputed, withdrawn, wrong, or its time is over.
    NoLonger,
    /// The list is not there, too old, or another one.
    Unknown,
}

impl Standing {
    const fn name(self) -> &'static str {
        match self {
            Self::Stands => "stands",
            Self::NoLonger => "no_longer",
            Self::Unknown => "unknown",
        }
    }
}

/// Seconds since 1970, as the list counts them.
pub(crate) fn seconds(at: Timestamp) -> u64 {
    u64::try_from(at.0.div_euclid(SECOND_MS)).unwrap_or(0)
}

/// A day of the list, such as `2026-02-01`.
#[must_use]
pub fn day_text(day: u32) -> String {
    ChinaDay::of(Timestamp(i64::from(day).saturating_mul(DAY_MS))).to_string()
}

impl Exchange {
    /// Opens a member's folder. The list need not be there yet.
    ///
    /// # Errors
    /// A folder that is no member's, or of one that has not joined.
    pub fn open(folder: &Path) -> Result<Self, FolderError> {
        let settings = member_settings(folder)?;
        let operator = settings.operator.clone().ok_or_else(|| {
            FolderError(format!(
                "{} has not joined an exchange: `aftercare exchange join` with --url and --log",
                folder.display()
            ))
        })?;
        let (log, _) = operator.keys()?;
        Ok(Self {
            folder: folder.to_owned(),
            settings,
            operator,
            name: log.name().to_owned(),
            held: Mutex::default(),
        })
    }

    /// The group of the member.
    pub(crate) const fn group(&self) -> GroupId {
        self.settings.group
    }

    /// Keeps the act by which a photo goes into the list, to be delivered by the next `exchange sync`. One that stands there,
    /// waits already or was refused is not kept again.
    ///
    /// # Errors
    /// A folder that cannot be read or written, or in which a command is at work.
    pub(crate) fn keep_published(
        &self,
        seen: &Seen,
        judged_on: Day,
        noticed_on: Day,
    ) -> Result<(), FolderError> {
        let item = Item {
            sha256: seen.sha256,
            print: seen.print(),
            publisher: self.settings.member,
            judged_on,
            noticed_on,
        };
        item.print
            .check()
            .map_err(|bad| FolderError(bad.to_string()))?;
        let _hold = folder::hold(&self.folder)?;
        let mut held = self.lock();
        held.refresh(&self.folder, &self.operator)?;
        let is_in_list = held.replica().is_some_and(|replica| {
            let group = self.settings.group;
            replica.register().published(group, &item.sha256).is_some()
        });
        drop(held);
        let is_it = |what: &What| matches!(what, What::Published { item: other } if other.sha256 == item.sha256);
        let is_kept = is_in_list
            || folder::waiting(&self.folder)?
                .iter()
                .any(|waiting| is_it(&waiting.what))
            || folder::refused(&self.folder)?
                .iter()
                .any(|refused| is_it(&refused.what));
        if is_kept {
            return Ok(());
        }
        folder::add(&self.folder, What::Published { item })
    }

    /// What a panic left was read from the disk, and is read from there again.
    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the list as it lies in the folder knows of photos: none of them where it knows nothing, and nothing at all without a
    /// list that is matched with now. Items of the own group are passed over: what was judged here is known here. It waits for
    /// the disk.
    ///
    /// # Errors
    /// A copy that cannot be read, or does not hold.
    pub fn known(
        &self,
        photos: &[(EvidenceId, Seen)],
        now_s: u64,
    ) -> Result<Option<KnownElsewhere>, FolderError> {
        let mut held = self.lock();
        held.refresh(&self.folder, &self.operator)?;
        let fresh = held.replica().filter(|replica| replica.is_fresh(now_s));
        let Some(replica) = fresh else {
            return Ok(None);
        };
        let register = replica.register();
        let mut known = KnownElsewhere {
            list: self.name.clone(),
            entries: replica.cursor(),
            // Whatever is found: who looks has no more time for a photo that resembles one than for any other.
            longer_h: WINDOW_LENGTHENED_HOURS,
            photos: Vec::new(),
        };
        for (evidence, seen) in photos {
            let mut found: Vec<Found> =
                replica.matches(&seen.query(), now_s, |print| seen.agrees(print));
            found.retain(|found| {
                register
                    .item(found.item)
                    .is_some_and(|held| held.group != self.settings.group)
            });
            match Effect::of(&found) {
                Effect::Nothing => {}
                Effect::HumanLooks(look) => {
                    known.longer_h = known.longer_h.max(look.window_hours());
                    let items = found.iter().take(EXCHANGE_ITEMS_PER_PHOTO_MAX);
                    known.photos.extend(items.filter_map(|found| {
                        let held = register.item(found.item)?;
                        Some(KnownPhoto {
                            evidence: *evidence,
                            item: found.item,
                            publisher: held.item.publisher.0,
                            judged_on: held.item.judged_on.0,
                            published_on: held.published_on.0,
                        })
                    }));
                }
            }
        }
        Ok(Some(known))
    }

    /// How items of a list stand now. It waits for the disk.
    #[must_use]
    pub fn standings(&self, items: &[(String, u64)], now_s: u64) -> Vec<Standing> {
        let mut held = self.lock();
        let read = held.refresh(&self.folder, &self.operator);
        if let Err(error) = &read {
            tracing::warn!(%error, "the list of the exchange cannot be read");
        }
        let replica = held
            .replica()
            .filter(|replica| read.is_ok() && replica.is_fresh(now_s));
        items
            .iter()
            .map(|(list, item)| {
                let held = replica
                    .filter(|_| *list == self.name)
                    .and_then(|replica| replica.register().item(*item));
                match held {
                    Some(held) if held.counts_at(now_s) => Standing::Stands,
                    Some(_) => Standing::NoLonger,
                    None => Standing::Unknown,
                }
            })
            .collect()
    }
}

impl App {
    /// Takes part in an exchange from now on; the first call counts, and without one nothing is matched.
    pub fn take_part(&self, exchange: Exchange) {
        let _ = self.exchange_slot().set(Arc::new(exchange));
    }

    /// What the exchange's list knows of photos of a claim, each with the SHA-256 of its file, and what they were searched with.
    /// Whatever is wrong with the list or with a fingerprint is told in the log of the process, and nothing follows from it.
    async fn known_elsewhere(
        &self,
        tenant: TenantId,
        photos: Vec<(EvidenceId, [u8; 32])>,
    ) -> Option<(KnownElsewhere, Vec<(EvidenceId, Seen)>)> {
        let exchange = Arc::clone(self.exchange_slot().get()?);
        let mut asked = Vec::with_capacity(photos.len());
        for (evidence, sha256) in photos {
            match self.seen_photo(tenant, evidence, sha256).await {
                Ok(seen) => asked.extend(seen.map(|seen| (evidence, seen))),
                Err(error) => {
                    tracing::warn!(%evidence, rule = %error.rule, detail = ?error.detail, "a photo could not be looked up in the list of the exchange");
                }
            }
        }
        if asked.is_empty() {
            return None;
        }
        let now_s = seconds(self.now());
        let known = tokio::task::spawn_blocking(move || {
            let known = exchange.known(&asked, now_s);
            known.map(|known| Some((known?, asked)))
        });
        match known.await {
            Ok(Ok(known)) => known,
            Ok(Err(error)) => {
                tracing::warn!(%error, "the list of the exchange cannot be read, and is not matched with");
                None
            }
            Err(error) => {
                tracing::error!(%error, "looking up photos in the list of the exchange failed");
                None
            }
        }
    }

    /// Takes out photos that resemble one of the own catalogue, or those of accepted claims by people who have nothing to do with
    /// each other: what many may have is no sign of a forgery, and an item like it may be meant to hit honest people. By the rules
    /// of the list it should not be there.
    async fn pass_over_near(
        &self,
        tenant: TenantId,
        state: &Case,
        known: &mut KnownElsewhere,
        asked: &[(EvidenceId, Seen)],
    ) -> Result<(), AppError> {
        let matched: BTreeSet<EvidenceId> =
            known.photos.iter().map(|photo| photo.evidence).collect();
        for (evidence, seen) in asked {
            if !matched.contains(evidence) {
                continue;
            }
            let nearness = self.nearness_of(tenant, state, &seen.fingerprint).await?;
            if nearness.check().is_err() {
                known.photos.retain(|photo| photo.evidence != *evidence);
            }
        }
        Ok(())
    }

    /// What a photo of a case is searched with; `None` when its fingerprint is kept no more, or never was.
    pub(crate) async fn seen_photo(
        &self,
        tenant: TenantId,
        evidence: EvidenceId,
        sha256: [u8; 32],
    ) -> Result<Option<Seen>, AppError> {
        let blob = self.store().evidence_blob(evidence).await?;
        let Some(blob) = blob.filter(|blob| blob.tenant == tenant) else {
            return Ok(None);
        };
        let fingerprint = self.fingerprint_of(&blob).await?;
        Ok(fingerprint.map(|(_, fingerprint)| Seen {
            sha256: Hash(sha256),
            fingerprint,
        }))
    }

    /// Has a person look at photos of a claim that resemble some of the exchange's list, before what the checks found moves the
    /// claim on. Done again it tells nothing twice. That they were looked up is recorded of every claim, whatever was found: the
    /// log, the number of a case's version and the messages of subscribers are read by whoever may be the one to look blind.
    ///
    /// # Errors
    /// What the store says. That the claim was agreed on or decided meanwhile is no error: then nothing is to look at.
    pub(crate) async fn tell_elsewhere(
        &self,
        tenant: TenantId,
        case: CaseId,
        claim: ClaimId,
        photos: Vec<(EvidenceId, [u8; 32])>,
    ) -> Result<(), AppError> {
        let Some((mut known, asked)) = self.known_elsewhere(tenant, photos).await else {
            return Ok(());
        };
        let state = self.load(case).await?;
        if let Some(found) = state.claims.get(&claim) {
            let is_told = |photo: &KnownPhoto| {
                let mut told = found.elsewhere.iter();
                told.any(|one| {
                    one.list == known.list
                        && (one.photo.evidence, one.photo.item) == (photo.evidence, photo.item)
                })
            };
            let photos = std::mem::take(&mut known.photos);
            known.photos = photos.into_iter().filter(|photo| !is_told(photo)).collect();
        }
        self.pass_over_near(tenant, &state, &mut known, &asked)
            .await?;
        let told = self
            .run(case, Side::default(), |_| {
                Ok(vec![Command::RecordElsewhere {
                    claim,
                    known: known.clone(),
                }])
            })
            .await;
        match told {
            Err(error) if error.kind != ErrorKind::Refused => Err(error),
            _ => Ok(()),
        }
    }

    /// What the photos of a claim resemble elsewhere, as the requester may read it: nothing before somebody looked at the photo
    /// blind. Of what counts no more, or cannot be looked up now, it is told that it was there and nothing else.
    pub(crate) async fn elsewhere_of(
        &self,
        principal: &Principal,
        case: &Case,
        claim: ClaimId,
        numbers: &BTreeMap<EvidenceId, String>,
    ) -> Vec<ElsewhereDetail> {
        let viewer = principal.acting_as(FINDING_READERS);
        let known = viewer.and_then(|viewer| view::known_elsewhere(case, claim, viewer));
        let known: Vec<Elsewhere> = known.into_iter().flatten().cloned().collect();
        if known.is_empty() {
            return Vec::new();
        }
        let items: Vec<(String, u64)> = known
            .iter()
            .map(|one| (one.list.clone(), one.photo.item))
            .collect();
        let now_s = seconds(self.now());
        let standings = match self.exchange_slot().get().cloned() {
            Some(exchange) => {
                tokio::task::spawn_blocking(move || exchange.standings(&items, now_s))
                    .await
                    .unwrap_or_default()
            }
            None => Vec::new(),
        };
        known
            .into_iter()
            .enumerate()
            .map(|(place, one)| {
                let standing = standings.get(place).copied();
                let number = numbers.get(&one.photo.evidence).cloned();
                detail(
                    one,
                    number.unwrap_or_default(),
                    standing.unwrap_or(Standing::Unknown),
                )
            })
            .collect()
    }
}

/// Likenesses that everybody involved in a case could ever know: the claim, the list and the item. One of a photo that was set
/// aside stays among them, and is no new one when the photo is taken back.
pub(crate) fn open_matches(case: &Case) -> BTreeSet<(ClaimId, String, u64)> {
    let mut open = BTreeSet::new();
    for (id, claim) in &case.claims {
        for one in claim.elsewhere.iter().filter(|one| one.was_open) {
            open.insert((*id, one.list.clone(), one.photo.item));
        }
    }
    open
}

/// What is told in the log of likenesses that have opened since `before`, so that they are found without reading every case. It
/// is written no earlier: an act that names the case would tell whoever looks blind.
pub(crate) fn matches_opened(
    before: &BTreeSet<(ClaimId, String, u64)>,
    id: CaseId,
    after: &Case,
) -> Vec<AuditBody> {
    let mut opened: BTreeMap<(ClaimId, String), Vec<u64>> = BTreeMap::new();
    for one in open_matches(after) {
        if !before.contains(&one) {
            let (claim, list, item) = one;
            opened.entry((claim, list)).or_default().push(item);
        }
    }
    opened
        .into_iter()
        .map(|((claim, list), items)| AuditBody::ExchangeMatched {
            case: id,
            claim,
            list,
            items,
        })
        .collect()
}

/// Whether a reader may know of a likeness now: it is told with the findings, for before the look it would color it.
pub(crate) fn reads_known(
    principal: &Principal,
    case: &Case,
    claim: ClaimId,
    known: &KnownElsewhere,
) -> bool {
    let viewer = principal.acting_as(FINDING_READERS);
    let open = viewer.and_then(|viewer| view::known_elsewhere(case, claim, viewer));
    let mut open = open.into_iter().flatten();
    open.any(|one| known.photos.contains(&one.photo))
}

/// What is told of a likeness. Only a case that lets it be read ([`view::known_elsewhere`]) brings one here: the blind verdict was
/// given.
fn detail(one: Elsewhere, number: String, standing: Standing) -> ElsewhereDetail {
    let KnownPhoto {
        evidence,
        item,
        publisher,
        judged_on,
        published_on,
    } = one.photo;
    let found_at = one.at;
    if standing != Standing::Stands {
        return ElsewhereDetail {
            evidence,
            number,
            standing: standing.name().to_owned(),
            found_at,
            list: one.list,
            item: None,
            publisher: None,
            judged_on: None,
            published_on: None,
            zh: match standing {
                Standing::NoLonger => "审核时曾参考其他平台的一条记录，该记录现已失效（有异议、被撤回、被更正或已到期），不再说明任何问题。",
                _ => "审核时曾参考其他平台的一条记录，目前无法核实它是否仍然有效，因此不再显示，也不说明任何问题。",
            }
            .to_owned(),
            en: match standing {
                Standing::NoLonger => "An entry of another platform was used here. It counts no more: it was disputed, withdrawn or corrected, or its time is over. It says nothing any longer.",
                _ => "An entry of another platform was used here. Whether it still counts cannot be told at the moment, so it is not shown, and says nothing.",
            }
            .to_owned(),
        };
    }
    let (zh, en) = BlindVerdictGiven.sentence();
    let (judged_on, published_on) = (day_text(judged_on), day_text(published_on));
    let list = &one.list;
    ElsewhereDetail {
        evidence,
        number,
        standing: standing.name().to_owned(),
        found_at,
        zh: format!(
            "{zh}（名单 {list} 第 {item} 条：成员 {publisher} 于 {judged_on} 认定，{published_on} 公布，目前有效。要询问或提出异议，请联系本平台客服；任何成员都可以代为提出，提出后该条立即冻结。）"
        ),
        en: format!(
            "{en} (List {list}, item {item}: judged by member {publisher} on {judged_on}, published on {published_on}, and counts now. To ask about it or to object, turn to this platform's service desk: any member can object for you, and the item is frozen at once.)"
        ),
        list: one.list,
        item: Some(item),
        publisher: Some(publisher),
        judged_on: Some(judged_on),
        published_on: Some(published_on),
    }
}
