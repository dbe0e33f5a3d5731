//! A case as papers for somebody outside: the platform, a court, the police, the market regulator. Made of what both sides
//! may see, without what is for reviewers only; one state of the case always gives the same papers.

use crate::access::staff;
use crate::app::App;
use crate::error::{AppError, ErrorKind};
use crate::evidence::FINDING_READERS;
use crate::limits::PACK_PICTURE_BYTES_MAX;
use crate::opening::CaseReader;
use crate::principal::{Principal, SignedIn};
use crate::reviewing::PublishedCheck;
use crate::sealing::ReadableCase;
use crate::views::{
    CaseDetail, CitationDetail, ClaimDetail, EvidenceDetail, FindingDetail, MarkDetail,
};
use aftercare_domain::event::Body;
use aftercare_domain::ids::{CaseId, EvidenceId};
use aftercare_domain::law::{LawPack, Standing, Status};
use aftercare_domain::view::{self, Overlay};
use aftercare_domain::{Case, Day, Role, Timestamp};
use aftercare_store::StoredCaseEvent;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// For whom papers are made. What is in them is the same; the cover, the law at its end and what they ask for are not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PackFor {
    /// The platform's own dispute desk.
    Platform,
    /// A court: the list of evidence in the form of the civil evidence rules.
    Court,
    /// The police: facts and evidence; what they amount to is not said.
    Police,
    /// The market regulator, by a consumer.
    #[serde(rename = "12315")]
    Consumer,
}

impl PackFor {
    /// Every reader, in the order in which they are offered.
    pub const ALL: [Self; 4] = [Self::Platform, Self::Consumer, Self::Court, Self::Police];

    /// The name in addresses.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Platform => "platform",
            Self::Court => "court",
            Self::Police => "police",
            Self::Consumer => "12315",
        }
    }

    /// The reader of that name.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.name() == name)
    }

    /// Topics of law whose rows stand at the end: how such papers are read, never what a person did.
    const fn topics(self) -> &'static [&'static str] {
        match self {
            Self::Platform => &[
                "adverse_decision",
                "human_on_request",
                "appeal_limits",
                "fair_burden",
                "forced_refund_only",
                "evidence_duty",
            ],
            Self::Court => &[
                "evidence_list",
                "electronic_data",
                "electronic_original",
                "electronic_evidence",
                "electronic_presumption",
                "evidence_not_alone",
            ],
            Self::Police => &["electronic_data", "electronic_evidence"],
            Self::Consumer => &[
                "complaint_materials",
                "complaint_jurisdiction",
                "complaint_acceptance",
                "complaint_mediation",
                "complaint_time",
                "dispute_ways",
            ],
        }
    }
}

/// The papers of a case.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Pack {
    pub made_for: PackFor,
    /// The time of the case's latest event: what the papers know.
    #[schema(value_type = i64)]
    pub as_of: Timestamp,
    /// The case as both sides see it.
    pub case: CaseDetail,
    pub evidence: Vec<PackPiece>,
    /// How often the checks are wrong whose findings stand in it, each once.
    pub rates: Vec<PackRate>,
    /// What the decisions cite.
    pub cited: Vec<CitationDetail>,
    /// What took the place of that law, or came beside it, between the act and a decision, as of the day of the decision.
    pub changed: Vec<CitationDetail>,
    /// How such papers are read: articles in force on the day of `as_of` whose text was read.
    pub law: Vec<CitationDetail>,
    /// Leaves of the case's events by their number in the log, in hexadecimal digits: each can be proved on its own.
    pub leaves: BTreeMap<u64, String>,
    /// Name and version of what took the evidence in.
    pub extractor: String,
    /// Numbers of the pieces whose pictures are left out because the papers would be too large.
    pub without_pictures: Vec<String>,
    /// They were made in a sandbox: nothing in them happened.
    pub sandbox: bool,
}

/// How often a check is wrong whose finding stands in the papers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PackRate {
    pub code: String,
    pub grade: String,
    /// What was measured when the check was published; none where nothing was.
    pub measured: Option<PublishedCheck>,
}

/// A line of the list of evidence.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PackPiece {
    pub piece: EvidenceDetail,
    /// When it came, by our clock.
    #[schema(value_type = i64)]
    pub received_at: Timestamp,
    /// The event by which it came to the case.
    pub seq: u64,
    /// When its camera says that it was taken; only once the findings are open.
    #[schema(value_type = Option<i64>)]
    pub taken_at: Option<Timestamp>,
    /// SHA-256 of the file as it came.
    pub sha256: String,
    /// SHA-256 of the picture in these papers, a copy without personal metadata.
    pub copy_sha256: Option<String>,
    pub findings: Vec<FindingDetail>,
    /// Decisions that rest on it: `decision`, `appeal`.
    pub rested_on_by: Vec<String>,
    #[serde(skip)]
    pub pictures: Pictures,
}

/// Pictures of a piece of evidence.
#[derive(Clone, Debug, Default)]
pub struct Pictures {
    /// JPEG without personal metadata that keeps an AI label.
    pub copy: Option<Vec<u8>>,
    /// PNG to lay over it: where it differs.
    pub heat_map: Option<Vec<u8>>,
    /// JPEG of the reference as it lies under it.
    pub aligned: Option<Vec<u8>>,
}

impl Pictures {
    fn bytes(&self) -> usize {
        [&self.copy, &self.heat_map, &self.aligned]
            .into_iter()
            .flatten()
            .map(Vec::len)
            .sum()
    }
}

/// The file with the hashes of the others.
pub const SUMS: &str = "SHA256SUMS";

/// Binds files into one zip file with their hashes, always the same bytes for the same files.
///
/// # Errors
/// Names or sizes that no zip file of ours holds.
pub fn bind(mut files: BTreeMap<String, Vec<u8>>) -> Result<Vec<u8>, AppError> {
    let sums: String = files
        .iter()
        .map(|(name, bytes)| format!("{}  {name}\n", hex::encode(crate::sealing::sha256(bytes))))
        .collect();
    files.insert(SUMS.to_owned(), sums.into_bytes());
    aftercare_ledger::write_zip(&files).map_err(|error| AppError::internal(format!("zip: {error}")))
}

/// A label in a photo that a human set aside, and whom it names: what a notice is drafted from.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct NoticeDraft {
    pub number: String,
    pub tenant_name: String,
    /// Number of the photo.
    pub evidence: String,
    /// SHA-256 of the file as it came.
    pub sha256: String,
    #[schema(value_type = i64)]
    pub received_at: Timestamp,
    /// When the reviewer set it aside.
    #[schema(value_type = i64)]
    pub set_aside_at: Timestamp,
    /// The producer that the label names, as it stands there.
    pub operator: String,
    /// The label's number of the content, as it stands there.
    pub content: Option<String>,
    pub label: MarkDetail,
    pub law: Vec<CitationDetail>,
    #[schema(value_type = i64)]
    pub on: Timestamp,
}

/// Keys of a label (GB 45438-2025, annex E) that name who made the content, and its number there.
const PRODUCER: &str = "ContentProducer";
const PRODUCED: &str = "ProduceID";
/// What a notice about a label rests on.
const NOTICE_TOPICS: [&str; 2] = ["label_implicit", "label_no_removal"];

/// The producer that a label names.
fn producer(mark: &MarkDetail) -> Option<&str> {
    let field = mark.fields.iter().find(|field| field.key == PRODUCER)?;
    (mark.kind == "ai_label")
        .then(|| field.value.trim())
        .filter(|value| !value.is_empty())
}

/// Whether a notice can be drafted about a photo: a human set it aside, and its label names a producer. The label alone is
/// neutral, and so is a finding.
#[must_use]
pub fn names_producer(piece: &EvidenceDetail) -> bool {
    piece.state == "excluded"
        && piece
            .marks
            .as_ref()
            .is_some_and(|marks| marks.iter().any(|mark| producer(mark).is_some()))
}

/// Where photos came to the case, and when a human set one aside.
#[derive(Default)]
struct Arrivals {
    came: BTreeMap<EvidenceId, (u64, Timestamp)>,
    set_aside: BTreeMap<EvidenceId, Timestamp>,
}

impl Arrivals {
    fn of(events: &[StoredCaseEvent]) -> Self {
        let mut arrivals = Self::default();
        for stored in events {
            let event = &stored.event;
            match &event.body {
                Body::RepairRequested { evidence, .. }
                | Body::WorkDone { evidence, .. }
                | Body::WorkPhotosAdded { evidence, .. }
                | Body::StatementAdded {
                    files: evidence, ..
                }
                | Body::ClaimFiled { evidence, .. }
                | Body::EvidenceAdded { evidence, .. } => {
                    for file in evidence {
                        arrivals
                            .came
                            .entry(file.evidence)
                            .or_insert((stored.seq, event.at));
                    }
                }
                Body::EvidenceJudged {
                    evidence,
                    accepted: false,
                    ..
                } => {
                    arrivals.set_aside.insert(*evidence, event.at);
                }
                _ => {}
            }
        }
        arrivals
    }
}

/// The claim that a piece belongs to, if any does.
fn claim_of(case: &CaseDetail, id: EvidenceId) -> Option<&ClaimDetail> {
    let holds = |claim: &&ClaimDetail| claim.evidence.iter().any(|piece| piece.id == id);
    case.claims.iter().find(holds)
}

/// How often the checks are wrong whose findings these pieces have.
fn rates(evidence: &[PackPiece]) -> Vec<PackRate> {
    let published = crate::reviewing::checks();
    let findings = evidence.iter().flat_map(|piece| &piece.findings);
    let found: BTreeSet<(&str, &str)> = findings
        .map(|finding| (finding.code.as_str(), finding.grade.as_str()))
        .collect();
    found
        .into_iter()
        .map(|(code, grade)| PackRate {
            code: code.to_owned(),
            grade: grade.to_owned(),
            measured: published
                .iter()
                .find(|check| check.code == code && check.grade == grade)
                .cloned(),
        })
        .collect()
}

/// Every piece of a case once, in the order of its number.
fn pieces(case: &CaseDetail) -> Vec<EvidenceDetail> {
    let repairs = case.work_orders.iter().flat_map(|order| &order.evidence);
    let claims = case.claims.iter().flat_map(|claim| &claim.evidence);
    let mut seen = BTreeSet::new();
    let mut pieces: Vec<EvidenceDetail> = claims
        .chain(repairs)
        .filter(|piece| seen.insert(piece.id))
        .cloned()
        .collect();
    // Longer numbers come later: `E-100` after `E-99`.
    pieces.sort_by_key(|piece| (piece.number.len(), piece.number.clone()));
    pieces
}

impl App {
    /// The papers of a case for `made_for`.
    ///
    /// # Errors
    /// A case that is not the requester's to see, a colleague without a part in claims, a reviewer from whom the decision
    /// is still kept.
    pub async fn pack(
        &self,
        principal: &Principal,
        case: CaseId,
        made_for: PackFor,
    ) -> Result<Pack, AppError> {
        let (outside, mut detail) = self.outside_view(principal, case).await?;
        detail.actions.clear();
        // Whose answer is waited for is the reader's own matter; the timeline says it of both.
        for claim in &mut detail.claims {
            claim.answer_until = None;
        }
        let state = self.readable(principal, case).await?;
        let tenant = crate::detail::opened(&state)?.tenant;
        let key = self
            .read_case(CaseReader::Somebody(principal), tenant, case)
            .await?;
        let events = self.store().load_case(case).await?;
        let as_of = events
            .last()
            .map_or(detail.opened_at, |stored| stored.event.at);
        let arrivals = Arrivals::of(&events);
        let (mut room, mut without_pictures) = (PACK_PICTURE_BYTES_MAX, Vec::new());
        let mut evidence = Vec::new();
        for piece in pieces(&detail) {
            let Some(known) = state.evidence.get(&piece.id) else {
                continue;
            };
            let Some((seq, received_at)) = arrivals.came.get(&piece.id).copied() else {
                continue;
            };
            let mut pictures = self.pictures_of(&key, &state, &outside, piece.id).await?;
            match room.checked_sub(pictures.bytes()) {
                Some(left) => room = left,
                None => {
                    pictures = Pictures::default();
                    without_pictures.push(piece.number.clone());
                }
            }
            evidence.push(PackPiece {
                received_at,
                seq,
                taken_at: known.file.taken_at.filter(|_| piece.check.is_some()),
                sha256: hex::encode(key.open_bytes("plain_hash", &known.file.plain_hash.0)?),
                copy_sha256: pictures
                    .copy
                    .as_deref()
                    .map(|bytes| hex::encode(crate::sealing::sha256(bytes))),
                findings: findings_of(&detail, &piece),
                rested_on_by: rested_on_by(&detail, &piece),
                pictures,
                piece,
            });
        }
        let rates = rates(&evidence);
        let published = self.published_of(tenant).await?;
        let mut changed = changed(&published.law, &detail);
        self.say_citations(tenant, &mut changed).await?;
        let cited = cited(&detail);
        let law = self
            .law_of(principal, made_for.topics(), as_of, &[Status::Verified])
            .await?;
        Ok(Pack {
            made_for,
            as_of,
            case: detail,
            evidence,
            rates,
            cited,
            changed,
            law,
            leaves: events
                .iter()
                .map(|stored| (stored.seq, hex::encode(stored.leaf)))
                .collect(),
            extractor: format!("Aftercare {}", env!("CARGO_PKG_VERSION")),
            without_pictures,
            sandbox: self.sandbox_ahead_ms().is_some(),
        })
    }

    /// A notice to the producer that a photo's label names, drafted for a human to check and send. Nothing is sent.
    ///
    /// # Errors
    /// Anybody but a reviewer, a risk manager or the merchant; a photo that no human set aside, or without such a label.
    pub async fn notice_draft(
        &self,
        principal: &Principal,
        case: CaseId,
        evidence: EvidenceId,
    ) -> Result<NoticeDraft, AppError> {
        staff(
            principal,
            &[Role::Reviewer, Role::RiskManager, Role::Merchant],
        )?;
        let pack = self.pack(principal, case, PackFor::Platform).await?;
        let state = self.readable(principal, case).await?;
        let standing = self.on_case(principal, &state).await?;
        staff(
            &standing,
            &[Role::Reviewer, Role::RiskManager, Role::Merchant],
        )?;
        let none = || {
            AppError::new(
                ErrorKind::Refused,
                "no_notice",
                "只有经人工认定不采用、并且文件标识写明了生成服务提供者的照片，才能起草通知。",
                "A notice can be drafted only about a photo that a human set aside and whose label names who made it.",
            )
        };
        let found = pack
            .evidence
            .into_iter()
            .find(|known| known.piece.id == evidence && names_producer(&known.piece))
            .ok_or_else(none)?;
        let marks = found.piece.marks.unwrap_or_default();
        let label = marks
            .into_iter()
            .find(|mark| producer(mark).is_some())
            .ok_or_else(none)?;
        let events = self.store().load_case(case).await?;
        let set_aside = Arrivals::of(&events).set_aside;
        // The law of the day on which the picture came, and what took effect since beside it, each with its day.
        let known = [Status::Verified, Status::Secondary];
        let (came, on) = (found.received_at, self.now());
        let mut law = self.law_of(principal, &NOTICE_TOPICS, came, &known).await?;
        let since = self.law_of(principal, &NOTICE_TOPICS, on, &known).await?;
        let old: BTreeSet<String> = law.iter().map(|cited| cited.rule.clone()).collect();
        law.extend(since.into_iter().filter(|cited| !old.contains(&cited.rule)));
        Ok(NoticeDraft {
            number: pack.case.number,
            tenant_name: pack.case.tenant_name,
            evidence: found.piece.number,
            sha256: found.sha256,
            received_at: found.received_at,
            set_aside_at: set_aside.get(&evidence).copied().ok_or_else(none)?,
            operator: producer(&label).unwrap_or_default().to_owned(),
            content: label
                .fields
                .iter()
                .find(|field| field.key == PRODUCED)
                .map(|field| field.value.clone()),
            label,
            law,
            on,
        })
    }

    /// A case as papers may show it, and as whom it was read: the claimant or a program as themselves, colleagues without
    /// what only reviewers read.
    async fn outside_view(
        &self,
        principal: &Principal,
        case: CaseId,
    ) -> Result<(Principal, CaseDetail), AppError> {
        let own = self.case_detail(principal, case).await?;
        let Principal::User(signed_in) = principal else {
            return Ok((principal.clone(), own));
        };
        staff(principal, FINDING_READERS)?;
        if own.claims.iter().any(|claim| claim.blind_again) {
            return Err(AppError::new(
                ErrorKind::Refused,
                "look_again_first",
                "这个案件抽中了复看，您可能要独立复看：复看之前不能导出带决定的材料。",
                "This claim was drawn for another look, which may be yours: until it was taken, no papers with the decision can be made for you.",
            ));
        }
        let outside = Principal::User(SignedIn {
            roles: vec![Role::Agent],
            technician: None,
            ..signed_in.clone()
        });
        let detail = self.case_detail(&outside, case).await?;
        Ok((outside, detail))
    }

    /// The pictures of a piece; those of checks only where its findings are open to `outside`.
    async fn pictures_of(
        &self,
        key: &ReadableCase,
        case: &Case,
        outside: &Principal,
        evidence: EvidenceId,
    ) -> Result<Pictures, AppError> {
        let row = self.store().evidence_blob(evidence).await?;
        let viewer = outside.acting_as(FINDING_READERS);
        // Where a photo was removed by the rules, what was drawn of it was as well.
        let is_gone = row
            .as_ref()
            .is_some_and(|row| crate::clips::is_there(row).is_err());
        let viewer = viewer.filter(|_| !is_gone);
        let drawn = |which| viewer.and_then(|viewer| view::overlay(case, evidence, viewer, which));
        let mut pictures = Pictures::default();
        for (blob, place) in [
            (
                row.as_ref().and_then(|row| row.preview_blob.as_deref()),
                &mut pictures.copy,
            ),
            (drawn(Overlay::HeatMap), &mut pictures.heat_map),
            (drawn(Overlay::Aligned), &mut pictures.aligned),
        ] {
            if let Some(blob) = blob {
                *place = Some(key.open_blob(&self.store().get_blob(blob).await?)?);
            }
        }
        Ok(pictures)
    }

    /// Articles of some topics that are in force on the day and are known so well.
    async fn law_of(
        &self,
        principal: &Principal,
        topics: &[&str],
        at: Timestamp,
        known: &[Status],
    ) -> Result<Vec<CitationDetail>, AppError> {
        let published = self.published_of(principal.tenant()).await?;
        let day = Day::of(at);
        let mut law = Vec::new();
        for topic in topics {
            for on in published.law.topic_on(topic, day, None) {
                if on.standing == Standing::InForce && known.contains(&on.row.status) {
                    let citation = on.row.citation(day);
                    law.push(CitationDetail {
                        rule: citation.rule,
                        version: citation.version,
                        zh: None,
                        en: None,
                    });
                }
            }
        }
        self.say_citations(principal.tenant(), &mut law).await?;
        Ok(law)
    }
}

/// The sentences of the checks about one photo; none while they are closed.
fn findings_of(case: &CaseDetail, piece: &EvidenceDetail) -> Vec<FindingDetail> {
    claim_of(case, piece.id)
        .and_then(|claim| claim.findings.as_ref())
        .into_iter()
        .flatten()
        .filter(|finding| finding.evidence == piece.number)
        .cloned()
        .collect()
}

fn rested_on_by(case: &CaseDetail, piece: &EvidenceDetail) -> Vec<String> {
    let Some(claim) = claim_of(case, piece.id) else {
        return Vec::new();
    };
    [
        ("decision", &claim.decision),
        ("appeal", &claim.appeal_decision),
    ]
    .into_iter()
    .filter(|(_, made)| {
        made.as_ref()
            .is_some_and(|made| made.evidence.contains(&piece.number))
    })
    .map(|(name, _)| name.to_owned())
    .collect()
}

/// What the decisions cite, each once.
fn cited(case: &CaseDetail) -> Vec<CitationDetail> {
    let mut seen = BTreeSet::new();
    case.claims
        .iter()
        .flat_map(|claim| [&claim.decision, &claim.appeal_decision])
        .flatten()
        .flat_map(|made| &made.citations)
        .filter(|cited| seen.insert((cited.rule.clone(), cited.version.clone())))
        .cloned()
        .collect()
}

/// What changed in the law that the decisions cite, each row once.
fn changed(law: &LawPack, case: &CaseDetail) -> Vec<CitationDetail> {
    let mut seen = BTreeSet::new();
    case.claims
        .iter()
        .flat_map(|claim| [&claim.decision, &claim.appeal_decision])
        .flatten()
        .flat_map(|made| changed_by(law, &made.citations, Day::of(made.at)))
        .filter(|cited| seen.insert((cited.rule.clone(), cited.version.clone())))
        .collect()
}

/// Rows that hold on the day of a decision and did not on the day as of which it cites their topic: people say which applies.
fn changed_by(law: &LawPack, cited: &[CitationDetail], decided: Day) -> Vec<CitationDetail> {
    let mut changed = Vec::new();
    for one in cited {
        let (Some(row), Some(act)) = (law.row(&one.rule), Day::parse(&one.version)) else {
            continue;
        };
        let topics = [row.topic.as_str()];
        for both in law.side_by_side(&topics, act, decided, row.province.as_deref()) {
            let held = |id: &str| both.at_act.iter().any(|on| on.row.id == id);
            for on in both.at_decision.iter().filter(|on| !held(&on.row.id)) {
                let citation = on.row.citation(decided);
                changed.push(CitationDetail {
                    rule: citation.rule,
                    version: citation.version,
                    zh: None,
                    en: None,
                });
            }
        }
    }
    changed
}

#[cfg(test)]
mod tests {
    use super::*;
    use aftercare_domain::law::{LastDay, Read};

    #[test]
    fn what_changed_between_the_act_and_the_decision_stands_beside_what_is_cited() {
        let mut law = LawPack::shipped().expect("the shipped law");
        let day = |text: &str| Day::parse(text).expect("a day");
        let old = law.rows.get_mut("consumer/24").expect("the row");
        let mut new = old.clone();
        old.validity.to = LastDay::Known(day("2026-03-31"));
        new.id = "consumer/24-new".to_owned();
        new.validity.from = Read::Known(day("2026-04-01"));
        law.rows.insert(new.id.clone(), new);
        let cited = |rule: &str, version: &str| CitationDetail {
            rule: rule.to_owned(),
            version: version.to_owned(),
            zh: None,
            en: None,
        };
        let cites = [
            cited("law:consumer/24", "2026-03-04"),
            cited("pack:default/review", "1"),
        ];
        let later = changed_by(&law, &cites, day("2026-05-01"));
        let later: Vec<_> = later
            .iter()
            .map(|one| (one.rule.as_str(), one.version.as_str()))
            .collect();
        assert_eq!(later, [("law:consumer/24-new", "2026-05-01")]);
        assert!(changed_by(&law, &cites, day("2026-03-20")).is_empty());
    }
}
