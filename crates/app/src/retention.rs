//! What is kept until when, and what ends by itself: name, number and address of a person, clips, and photos and texts of cases,
//! and packing records of orders, after the periods of the rule pack in force, counted from the end of a case, and applications to be
//! a technician a fixed time after they were decided. A legal hold stops it, and an erasure on request
//! as well. Order facts and decisions stay three years at least and end in no way of their own, and so do photos and texts where
//! the pack names no period for them.

use crate::access::staff;
use crate::app::App;
use crate::engine::Side;
use crate::error::{AppError, ErrorKind};
use crate::jobs::Turn;
use crate::limits::{
    APPLICATION_KEPT_DAYS, ENDED_PER_READ, ENDED_PER_TURN_MAX, JOBS_PER_TURN_MAX, PAGE_ROWS_MAX,
};
use crate::principal::Principal;
use crate::reactions::{CaseJob, Job};
use aftercare_domain::audit::{AuditBody, AuditEvent, CaseParty, ShredReason};
use aftercare_domain::day::Day;
use aftercare_domain::event::Body;
use aftercare_domain::evidence::{Envelope, Reference};
use aftercare_domain::ids::{CaseId, TenantId};
use aftercare_domain::pack::{RECORDS_DAYS_MIN, Retention};
use aftercare_domain::time::DAY_MS;
use aftercare_domain::{Actor, Case, Role, Timestamp};
use aftercare_store::rows::LegalHoldRow;
use aftercare_store::{CaseFilter, CasePart, Cursor, JobKinds, NewJob, StoreError, Unit, Write};
use serde::Serialize;
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// What is kept of a case until when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CaseRetention {
    /// When the case ended; `null` while it goes on, and no period runs.
    #[schema(value_type = Option<i64>)]
    pub ended_at: Option<Timestamp>,
    /// Since when a legal hold keeps everything, whatever the periods say.
    #[schema(value_type = Option<i64>)]
    pub held_since: Option<Timestamp>,
    pub kept: Vec<KeptDetail>,
}

/// One kind of what is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct KeptDetail {
    /// `contact` (name, phone number, address and place of the person), `clips`, `photos` (with stills, previews and what was made
    /// of them), `texts` (what was written in the case), `claimant`, `merchant` or `technician` (texts and photos, for that party: only
    /// where that ends before they do), or `records` (order facts and outcomes: at least so long, 电子商务法 31).
    pub what: String,
    /// Days from the end of the case.
    pub days: u32,
    /// When that is over, while nothing holds it; `null` while the case goes on.
    #[schema(value_type = Option<i64>)]
    pub until: Option<Timestamp>,
    /// Whether it ends by itself then; `false` where it stays at least so long.
    pub ends: bool,
    /// When it ended by the rules: of `photos`, `texts` and what is for one party.
    #[schema(value_type = Option<i64>)]
    pub ended_at: Option<Timestamp>,
}

/// What ended in a turn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Ended {
    /// Records of people.
    pub persons: u64,
    /// Clips, of cases and of packing records.
    pub clips: u64,
    /// Cases whose photos ended.
    pub photos: u64,
    /// Cases whose texts ended.
    pub texts: u64,
    /// Packing records; they end with the texts.
    pub packing: u64,
    /// Readings: of a case, by one of its parties.
    pub readings: u64,
}

/// What is kept of a case, and for how many days from its end; none where nothing ends it. That a party reads what there is as long
/// as it is there has no line of its own.
fn kept_of(periods: &Retention) -> Vec<(&'static str, Option<u32>)> {
    let mut kept = vec![
        ("contact", Some(periods.contact_days)),
        ("clips", Some(periods.clips_days)),
        (CasePart::Photos.name(), periods.photos_days),
        (CasePart::Texts.name(), periods.texts_days),
    ];
    for party in CaseParty::ALL {
        let days = periods.reading_days(party);
        kept.extend(days.map(|days| (party.name(), Some(days))));
    }
    kept.push(("records", None));
    kept
}

/// Ends what is overdue, some at a time, until nothing more ends or the turn is full; `some` says how many it ended.
async fn in_turns<F>(some: impl Fn() -> F) -> Result<u64, AppError>
where
    F: Future<Output = Result<u64, AppError>>,
{
    let mut ended = 0;
    while ended < ENDED_PER_TURN_MAX {
        match some().await? {
            0 => break,
            now => ended += now,
        }
    }
    Ok(ended)
}

/// Ends what is overdue page by page, until the list is over or the turn is full; `some` says how many of a page it ended, and
/// where the next one begins. Unlike [`in_turns`] it gets by what stays for now, however much that is.
async fn in_pages<F>(some: impl Fn(Option<Cursor>) -> F) -> Result<u64, AppError>
where
    F: Future<Output = Result<(u64, Option<Cursor>), AppError>>,
{
    let (mut ended, mut after) = (0, None);
    while ended < ENDED_PER_TURN_MAX {
        let (now, next) = some(after).await?;
        ended += now;
        if next.is_none() {
            break;
        }
        after = next;
    }
    Ok(ended)
}

impl App {
    /// The periods of the pack in force today.
    pub(crate) async fn periods_of(&self, tenant: TenantId) -> Result<Retention, AppError> {
        let published = self.published_of(tenant).await?;
        let pack = published.shelf.pack_of(Day::of(self.now()));
        Ok(pack.map(|pack| pack.retention).unwrap_or_default())
    }

    /// What the pack in force keeps, and for how many days from the end of a case.
    ///
    /// # Errors
    /// A missing role.
    pub async fn retention_periods(
        &self,
        principal: &Principal,
    ) -> Result<Vec<KeptDetail>, AppError> {
        staff(principal, &[Role::Admin, Role::Auditor])?;
        let periods = self.periods_of(principal.tenant()).await?;
        let kept = kept_of(&periods).into_iter();
        Ok(kept
            .map(|(what, days)| KeptDetail {
                what: what.to_owned(),
                days: days.unwrap_or(RECORDS_DAYS_MIN),
                until: None,
                ends: days.is_some(),
                ended_at: None,
            })
            .collect())
    }

    /// What is kept of a case until when.
    ///
    /// # Errors
    /// What the store says.
    pub(crate) async fn retention_of(&self, case: &Case) -> Result<CaseRetention, AppError> {
        let opened = crate::detail::opened(case)?;
        let periods = self.periods_of(opened.tenant).await?;
        let ended_at = case.closed.then_some(case.last_at);
        let holds = self.store().legal_holds(opened.case).await?;
        let ends = self.store().case_ends(opened.case).await?;
        let now = self.now();
        let kept = |(what, days): (&str, Option<u32>)| {
            let shown = days.unwrap_or(RECORDS_DAYS_MIN);
            let until = ended_at.map(|at| at.plus_ms(i64::from(shown) * DAY_MS));
            let of_party = CaseParty::ALL.iter().any(|party| party.name() == what);
            let end = ends.iter().find(|end| end.part == what);
            KeptDetail {
                what: what.to_owned(),
                days: shown,
                until,
                ends: days.is_some(),
                ended_at: match end.map(|end| end.ended_at) {
                    // A party reads a case that went on since, and for its time from the new end.
                    Some(at) if of_party && ended_at.is_none_or(|over| over > at) => {
                        until.filter(|until| *until <= now)
                    }
                    told => told,
                },
            }
        };
        Ok(CaseRetention {
            ended_at,
            held_since: active(&holds).map(|hold| hold.placed_at),
            kept: kept_of(&periods).into_iter().map(kept).collect(),
        })
    }

    /// Ends what is over, at most so much: each person, each clip, the photos and the texts of each case are an event of the log.
    /// A tenant of whom that cannot be done keeps nothing of the others for longer.
    ///
    /// # Errors
    /// What the store says of the first tenant of whom it could not be done.
    pub async fn retention_turn(&self) -> Result<Ended, AppError> {
        let (mut ended, mut failed) = (Ended::default(), None);
        for tenant in self.store().tenants().await? {
            if let Err(error) = self.end_of_tenant(tenant.id, &mut ended).await {
                tracing::error!(tenant = %tenant.id, rule = %error.rule, detail = ?error.detail, "what is kept no longer could not be ended");
                failed.get_or_insert(error);
            }
        }
        if ended != Ended::default() {
            tracing::info!(
                persons = ended.persons,
                clips = ended.clips,
                photos = ended.photos,
                texts = ended.texts,
                packing = ended.packing,
                readings = ended.readings,
                "what was kept long enough is destroyed"
            );
        }
        failed.map_or(Ok(ended), Err)
    }

    async fn end_of_tenant(&self, tenant: TenantId, ended: &mut Ended) -> Result<(), AppError> {
        let periods = self.periods_of(tenant).await?;
        let before = |days: u32| self.now().plus_ms(-i64::from(days) * DAY_MS);
        ended.persons += self
            .end_persons(tenant, before(periods.contact_days))
            .await?;
        ended.clips += self.end_clips(tenant, before(periods.clips_days)).await?;
        ended.clips += self
            .end_packing_clips(tenant, before(periods.clips_days))
            .await?;
        if let Some(days) = periods.texts_days {
            ended.packing += self.end_packing_records(tenant, before(days)).await?;
        }
        for party in CaseParty::ALL {
            if let Some(days) = periods.reading_days(party) {
                let part = CasePart::Reading(party);
                ended.readings += self.end_cases(tenant, part, before(days)).await?;
            }
        }
        for (part, days, count) in [
            (CasePart::Photos, periods.photos_days, &mut ended.photos),
            (CasePart::Texts, periods.texts_days, &mut ended.texts),
        ] {
            if let Some(days) = days {
                *count += self.end_cases(tenant, part, before(days)).await?;
            }
        }
        ended.persons += self.end_applications(tenant).await?;
        ended.persons += self.erasures_turn(tenant).await?;
        Ok(())
    }

    /// Removes the files of clips that ended, which a server does by itself.
    ///
    /// # Errors
    /// What the store says; a file that cannot be removed is tried again by the next server.
    pub async fn remove_ended_files(&self) -> Result<(), AppError> {
        loop {
            let mut turn = Turn::default();
            let kinds = JobKinds::Only(Job::REMOVE_BLOBS.to_owned());
            self.work_off(kinds, JOBS_PER_TURN_MAX, &mut turn).await?;
            if turn.jobs == 0 {
                return Ok(());
            }
        }
    }

    async fn end_persons(&self, tenant: TenantId, before: Timestamp) -> Result<u64, AppError> {
        in_turns(|| async {
            let overdue = self
                .store()
                .overdue_persons(tenant, before, ENDED_PER_READ)
                .await?;
            let mut now_ended = 0;
            for person in overdue {
                let at = self.now();
                let write = Write::ExpirePerson {
                    person,
                    at,
                    ended_before: before,
                };
                let body = AuditBody::PersonShredded {
                    person,
                    reason: ShredReason::RetentionEnded,
                    note: None,
                };
                now_ended += self.end(tenant, write, body, Vec::new()).await?;
            }
            Ok(now_ended)
        })
        .await
    }

    async fn end_clips(&self, tenant: TenantId, before: Timestamp) -> Result<u64, AppError> {
        in_turns(|| async {
            let overdue = self
                .store()
                .overdue_clips(tenant, before, ENDED_PER_READ)
                .await?;
            let mut now_ended = 0;
            for clip in overdue {
                let at = self.now();
                let (case, evidence) = (clip.case, clip.evidence);
                let write = Write::ExpireClip {
                    evidence,
                    at,
                    ended_before: before,
                };
                let job = removal(tenant, case, clip.blobs, at)?;
                let body = AuditBody::ClipExpired { case, evidence };
                now_ended += self.end(tenant, write, body, vec![job]).await?;
            }
            Ok(now_ended)
        })
        .await
    }

    async fn end_packing_clips(
        &self,
        tenant: TenantId,
        before: Timestamp,
    ) -> Result<u64, AppError> {
        in_turns(|| async {
            let overdue = self
                .store()
                .overdue_packing_clips(tenant, before, ENDED_PER_READ)
                .await?;
            let mut now_ended = 0;
            for clip in overdue {
                let at = self.now();
                let (record, piece) = (clip.record, clip.piece);
                let write = Write::ExpirePackingClip {
                    piece,
                    at,
                    ended_before: before,
                };
                let job = removal(tenant, CaseId(record.0), clip.blobs, at)?;
                let body = AuditBody::PackingClipExpired { record, piece };
                now_ended += self.end(tenant, write, body, vec![job]).await?;
            }
            Ok(now_ended)
        })
        .await
    }

    async fn end_packing_records(
        &self,
        tenant: TenantId,
        before: Timestamp,
    ) -> Result<u64, AppError> {
        in_turns(|| async {
            let overdue = self
                .store()
                .overdue_packing(tenant, before, ENDED_PER_READ)
                .await?;
            let mut now_ended = 0;
            for packing in overdue {
                let at = self.now();
                let record = packing.record;
                let write = Write::ExpirePacking {
                    record,
                    at,
                    ended_before: before,
                };
                let job = removal(tenant, CaseId(record.0), packing.blobs, at)?;
                let body = AuditBody::PackingExpired { record };
                now_ended += self.end(tenant, write, body, vec![job]).await?;
            }
            Ok(now_ended)
        })
        .await
    }

    /// Applications to be a technician that were decided long enough ago: what the applicant wrote, its photos and the person.
    async fn end_applications(&self, tenant: TenantId) -> Result<u64, AppError> {
        let before = self.now().plus_ms(-APPLICATION_KEPT_DAYS * DAY_MS);
        in_turns(|| async {
            let overdue = self
                .store()
                .overdue_applications(tenant, before, ENDED_PER_READ)
                .await?;
            let mut now_ended = 0;
            for row in overdue {
                let at = self.now();
                let (application, person) = (row.id, row.person);
                let files = u64::try_from(row.photos.len()).unwrap_or(u64::MAX);
                let act = |body| AuditEvent {
                    at,
                    by: Actor::System,
                    tenant,
                    body,
                };
                let unit = Unit {
                    writes: vec![
                        Write::ExpireApplication {
                            application,
                            at,
                            decided_before: before,
                        },
                        Write::ShredPerson { person, at },
                    ],
                    audit: vec![
                        act(AuditBody::ApplicationEnded { application, files }),
                        act(AuditBody::PersonShredded {
                            person,
                            reason: ShredReason::RetentionEnded,
                            note: None,
                        }),
                    ],
                    jobs: vec![removal(tenant, CaseId(application.0), row.photos, at)?],
                    ..Unit::default()
                };
                match self.store().commit(unit).await {
                    Ok(_) => now_ended += 1,
                    Err(StoreError::Used) => {}
                    Err(error) => return Err(error.into()),
                }
            }
            Ok(now_ended)
        })
        .await
    }

    async fn end_cases(
        &self,
        tenant: TenantId,
        part: CasePart,
        before: Timestamp,
    ) -> Result<u64, AppError> {
        in_pages(|after| async move {
            let overdue = self
                .store()
                .overdue_cases(tenant, part, before, after, ENDED_PER_READ)
                .await?;
            let kept = if part != CasePart::Texts && !overdue.items.is_empty() {
                self.pointed_to(tenant).await?
            } else {
                BTreeSet::new()
            };
            let ending = overdue.items.into_iter();
            let mut now_ended = 0;
            for case in ending.filter(|case| !kept.contains(case)) {
                now_ended += self.end_case(tenant, case, part, Some(before)).await?;
            }
            Ok((now_ended, overdue.next))
        })
        .await
    }

    /// Cases whose photos the findings of an open case point to: whoever decides that one, and both its sides, may look at them
    /// until it ends, so that nobody's reading of them ends before.
    async fn pointed_to(&self, tenant: TenantId) -> Result<BTreeSet<CaseId>, AppError> {
        let filter = CaseFilter {
            tenant: Some(tenant),
            open_only: true,
            ..CaseFilter::default()
        };
        let (mut found, mut after) = (BTreeSet::new(), None);
        loop {
            let page = self.store().cases(&filter, after, PAGE_ROWS_MAX).await?;
            for row in &page.items {
                let pieces = row.snapshot.evidence.values();
                let findings = pieces.flat_map(|piece| &piece.findings);
                found.extend(findings.filter_map(|finding| match finding.reference {
                    Some(Reference::Evidence { case, .. }) => Some(case),
                    _ => None,
                }));
            }
            after = page.next;
            if after.is_none() {
                return Ok(found);
            }
        }
    }

    /// Ends photos, texts or a party's reading of a case, unless that was done or it goes on after all; without a time, because it
    /// ended before a backup was put back.
    pub(crate) async fn end_case(
        &self,
        tenant: TenantId,
        case: CaseId,
        part: CasePart,
        ended_before: Option<Timestamp>,
    ) -> Result<u64, AppError> {
        let at = self.now();
        let blobs = match part {
            CasePart::Photos => self.sealed_files(case).await?,
            CasePart::Reading(_) | CasePart::Texts => Vec::new(),
        };
        let files = u64::try_from(blobs.len()).unwrap_or(u64::MAX);
        let (body, jobs) = match part {
            CasePart::Photos => (
                AuditBody::CasePhotosEnded { case, files },
                vec![removal(tenant, case, blobs.clone(), at)?],
            ),
            CasePart::Reading(party) => (AuditBody::CaseReadingEnded { case, party }, Vec::new()),
            CasePart::Texts => (AuditBody::CaseTextsEnded { case }, Vec::new()),
        };
        let write = Write::EndCase {
            case,
            part,
            at,
            ended_before,
            blobs,
        };
        let ended = self.end(tenant, write, body, jobs).await?;
        if ended > 0 && part == CasePart::Photos {
            let mut indexes = self.indexes().lock().await;
            if let Some(index) = indexes.get_mut(&tenant) {
                index.forget_case(case);
            }
        }
        if ended > 0 {
            self.send_change(tenant, Some(case));
        }
        Ok(ended)
    }

    /// The sealed files of a case's photos and clips that are there still, and of what was drawn of them.
    async fn sealed_files(&self, case: CaseId) -> Result<Vec<String>, AppError> {
        let mut names = BTreeSet::new();
        for row in self.store().evidence_of_case(case).await? {
            let left = row.expired_at.is_none();
            names.extend(left.then_some(row.blob));
            names.extend(row.copy_blob.filter(|_| left));
            names.extend(row.preview_blob);
        }
        for stored in self.store().load_case(case).await? {
            let findings = match stored.event.body {
                Body::EvidenceScreened { findings, .. } => findings,
                Body::ClaimInspected { photos, .. } => photos
                    .into_iter()
                    .flat_map(|photo| photo.findings)
                    .collect(),
                _ => continue,
            };
            for finding in findings {
                names.extend(finding.heat_map);
                names.extend(finding.aligned);
                names.extend(finding.mask);
            }
        }
        Ok(names.into_iter().collect())
    }

    /// Ends one thing; 0 where it goes on after all.
    async fn end(
        &self,
        tenant: TenantId,
        write: Write,
        body: AuditBody,
        jobs: Vec<NewJob>,
    ) -> Result<u64, AppError> {
        let unit = Unit {
            writes: vec![write],
            audit: vec![AuditEvent {
                at: self.now(),
                by: Actor::System,
                tenant,
                body,
            }],
            jobs,
            ..Unit::default()
        };
        match self.store().commit(unit).await {
            Ok(_) => Ok(1),
            Err(StoreError::Used) => Ok(0),
            Err(error) => Err(error.into()),
        }
    }

    /// Keeps everything of a case, whatever the periods say and whoever asks for an erasure, until it is released.
    ///
    /// # Errors
    /// A missing role, an unknown case, no reason, a case that is held.
    pub async fn place_hold(
        &self,
        principal: &Principal,
        case: CaseId,
        reason: &str,
    ) -> Result<CaseRetention, AppError> {
        let (by, state) = self.holder(principal, case).await?;
        self.hold(by, &state, reason).await
    }

    /// Lets the periods go on.
    ///
    /// # Errors
    /// A missing role, an unknown case, no reason, a case that is not held.
    pub async fn release_hold(
        &self,
        principal: &Principal,
        case: CaseId,
        reason: &str,
    ) -> Result<CaseRetention, AppError> {
        let (by, state) = self.holder(principal, case).await?;
        self.release(by, &state, reason).await
    }

    /// Either of them from the command line of the machine itself.
    ///
    /// # Errors
    /// As [`App::place_hold`] and [`App::release_hold`].
    pub async fn hold_from_console(
        &self,
        case: CaseId,
        reason: &str,
        release: bool,
    ) -> Result<CaseRetention, AppError> {
        let state = self.load(case).await?;
        if release {
            self.release(Actor::System, &state, reason).await
        } else {
            self.hold(Actor::System, &state, reason).await
        }
    }

    async fn holder(&self, principal: &Principal, case: CaseId) -> Result<(Actor, Case), AppError> {
        let by = staff(principal, &[Role::RiskManager, Role::Admin])?;
        let state = self.load(case).await?;
        if crate::detail::opened(&state)?.tenant != principal.tenant() {
            return Err(AppError::not_found("这个案件", "case"));
        }
        Ok((by, state))
    }

    async fn hold(&self, by: Actor, state: &Case, reason: &str) -> Result<CaseRetention, AppError> {
        let opened = crate::detail::opened(state)?;
        // Placed before or after an erasure, and never between its look at holds and its end.
        let _alone = self.alone(opened.case.0).await?;
        let (sealed, holds) = self.holds_and_reason(state, reason).await?;
        if active(&holds).is_some() {
            return Err(AppError::new(
                ErrorKind::Refused,
                "held_already",
                "这个案件已经在保全中。",
                "This case is held already.",
            ));
        }
        let at = self.now();
        let row = LegalHoldRow {
            case: opened.case,
            placed_at: at,
            tenant: opened.tenant,
            reason_sealed: sealed.0.clone(),
            released_at: None,
        };
        let body = AuditBody::LegalHoldPlaced {
            case: opened.case,
            reason: sealed,
        };
        self.commit_holds(by, state, vec![row], body).await
    }

    async fn release(
        &self,
        by: Actor,
        state: &Case,
        reason: &str,
    ) -> Result<CaseRetention, AppError> {
        let opened = crate::detail::opened(state)?;
        let (sealed, holds) = self.holds_and_reason(state, reason).await?;
        let at = self.now();
        let released: Vec<LegalHoldRow> = holds
            .into_iter()
            .filter(|hold| hold.released_at.is_none())
            .map(|hold| LegalHoldRow {
                released_at: Some(at),
                ..hold
            })
            .collect();
        if released.is_empty() {
            return Err(AppError::new(
                ErrorKind::Refused,
                "not_held",
                "这个案件没有保全，不需要解除。",
                "This case is not held: there is nothing to release.",
            ));
        }
        let body = AuditBody::LegalHoldReleased {
            case: opened.case,
            reason: sealed,
        };
        self.commit_holds(by, state, released, body).await
    }

    async fn holds_and_reason(
        &self,
        state: &Case,
        reason: &str,
    ) -> Result<(Envelope, Vec<LegalHoldRow>), AppError> {
        crate::text::required("reason", reason)?;
        let opened = crate::detail::opened(state)?;
        let key = self.case_key(opened.tenant, opened.case).await?;
        let holds = self.store().legal_holds(opened.case).await?;
        Ok((key.seal_text(reason.trim())?, holds))
    }

    async fn commit_holds(
        &self,
        by: Actor,
        state: &Case,
        rows: Vec<LegalHoldRow>,
        body: AuditBody,
    ) -> Result<CaseRetention, AppError> {
        let opened = crate::detail::opened(state)?;
        self.commit_side(Side {
            writes: rows.into_iter().map(Write::LegalHold).collect(),
            audit: vec![AuditEvent {
                at: self.now(),
                by,
                tenant: opened.tenant,
                body,
            }],
            ..Side::default()
        })
        .await?;
        self.send_change(opened.tenant, Some(opened.case));
        self.retention_of(state).await
    }

    /// Whether a legal hold keeps everything of a case.
    pub(crate) async fn is_held(&self, case: CaseId) -> Result<bool, AppError> {
        Ok(active(&self.store().legal_holds(case).await?).is_some())
    }

    /// Refuses what would destroy something of a case that is held.
    pub(crate) async fn refuse_held(&self, case: CaseId) -> Result<(), AppError> {
        if !self.is_held(case).await? {
            return Ok(());
        }
        let number = crate::numbers::case_number(case);
        Err(AppError::new(
            ErrorKind::Refused,
            "legal_hold",
            format!("案件 {number} 正在保全（例如诉讼需要），解除之前不能销毁个人信息。"),
            format!(
                "Case {number} is under a legal hold, such as for a court: nothing is destroyed before it is released."
            ),
        ))
    }
}

/// Removes files after the rows that name them, by a job that is in the same transaction.
fn removal(
    tenant: TenantId,
    case: CaseId,
    names: Vec<String>,
    at: Timestamp,
) -> Result<NewJob, AppError> {
    let job = Job::RemoveBlobs { names };
    let kind = job.kind().to_owned();
    let payload = serde_json::to_value(CaseJob { tenant, case, job })
        .map_err(|error| AppError::internal(format!("job: {error}")))?;
    Ok(NewJob {
        kind,
        payload,
        run_at: at,
        unique_key: None,
    })
}

fn active(holds: &[LegalHoldRow]) -> Option<&LegalHoldRow> {
    holds.iter().find(|hold| hold.released_at.is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_stays_for_now_keeps_nothing_behind_it_from_ending() {
        // A page of which nothing ends, one of which something does, and the last.
        let cursor = |key| Cursor {
            key,
            id: uuid::Uuid::nil(),
        };
        let ended = in_pages(|after: Option<Cursor>| async move {
            Ok(match after.map(|after| after.key) {
                None => (0, Some(cursor(1))),
                Some(1) => (3, Some(cursor(2))),
                _ => (2, None),
            })
        });
        assert_eq!(ended.await.unwrap(), 5);
        // Nor does a full turn read on.
        let full = in_pages(|_| async move { Ok((ENDED_PER_TURN_MAX, Some(cursor(1)))) });
        assert_eq!(full.await.unwrap(), ENDED_PER_TURN_MAX);
    }
}
