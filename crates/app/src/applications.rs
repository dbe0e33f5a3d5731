//! Applications to be a technician: somebody who wants to work for the shop says what they can, and a person looks at who they are
//! and at their certificates. Whoever is accepted gets an account by invitation and a technician's row with what was found valid;
//! whoever is refused reads why, and may answer once. What an applicant writes is sealed under a key of their own, opens by a reveal
//! that is in the log before, and is destroyed when the time for which it is kept is over.

mod judging;
mod views;

use crate::app::App;
use crate::engine::{IdempotencyKey, Side};
use crate::error::{AppError, ErrorKind};
use crate::evidence::{Upload, numbered};
use crate::intake::ConsentInput;
use crate::limits::{
    APPLICATION_CERTIFICATES_MAX, APPLICATION_PHOTOS_MAX, APPLICATION_REPLY_MS,
    APPLICATION_SKILLS_MAX, APPLICATIONS_WAITING_MAX, CERTIFICATE_NUMBER_CHARS_MAX,
};
use crate::notify::{Message, Recipient};
use crate::people::PersonInput;
use crate::places::PlaceStatus;
use crate::text::{optional, required};
use aftercare_domain::audit::{ApplicationChange, AuditBody};
use aftercare_domain::evidence::Envelope;
use aftercare_domain::ids::{ApplicationId, PersonId, TenantId, UserId};
use aftercare_domain::{Actor, Day, Timestamp};
use aftercare_store::rows::ApplicationRow;
use aftercare_store::{IdempotencyRecord, Outcome, Unit, Write};
use aftercare_vault::{
    BlobKey, Field, Plain, Sealed, TenantPurpose, random_token_256, seal_blob, token_hash,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

pub use judging::{AcceptInput, ApplicationAct, ApplicationActed, CheckInput};
pub use views::{ApplicationView, CheckView, OpenedApplication, OpenedCertificate, PaperView};

/// Version of the privacy notice that the form shows.
pub const APPLY_NOTICE_VERSION: &str = "2026-11-28";
/// What an applicant agrees to: without it nobody may look.
pub const APPLY_PURPOSES: [&str; 1] = ["judge_the_application"];

/// The table that applications are sealed in, and its columns.
const APPLICATIONS: &str = "applications";
const NUMBERS: &str = "numbers";
const PHOTO_KEY: &str = "photo_key";
const REASON: &str = "reason";
const REPLY: &str = "reply";

/// States of an application.
pub const WAITING: &str = "waiting";
pub const ACCEPTED: &str = "accepted";
pub const REFUSED: &str = "refused";
pub const WITHDRAWN: &str = "withdrawn";

/// An application as entered.
#[derive(Debug)]
pub struct ApplicationInput {
    pub name: Plain<String>,
    pub phone: Plain<String>,
    /// Where the applicant lives or works, with province, city and county.
    pub county: Plain<String>,
    /// Of those that [`App::skills_offered`] gives.
    pub skills: Vec<String>,
    pub certificates: Vec<CertificateInput>,
    pub consent: ConsentInput,
}

/// A certificate as entered.
#[derive(Debug)]
pub struct CertificateInput {
    /// One of the applicant's skills.
    pub skill: String,
    pub number: Plain<String>,
    /// The last day on which it is valid, such as `2027-06-30`.
    pub until: String,
}

/// What the applicant gets: the one link under which they read how it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApplicationReceipt {
    pub application: ApplicationId,
    /// Path of the page.
    pub link: String,
}

/// How an application stands, for whoever has its link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnApplication {
    /// `waiting`, `accepted`, `refused` or `withdrawn`.
    pub state: String,
    pub filed_at: Timestamp,
    pub decided_at: Option<Timestamp>,
    /// Why it was refused.
    pub reason: Option<String>,
    /// What the applicant answered.
    pub reply: Option<String>,
    /// Whether the answer waits for a person.
    pub reply_waits: bool,
    pub may_reply: bool,
    pub may_withdraw: bool,
    /// When everything the applicant wrote was destroyed, because it was kept long enough.
    pub expired_at: Option<Timestamp>,
}

/// What was found about a paper, and by whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Check {
    by: UserId,
    at: Timestamp,
    holds: bool,
    /// The last day on which it is good; none of what does not hold.
    until: Option<Day>,
}

impl Check {
    /// Whether it holds on a day.
    fn stands(&self, day: Day) -> bool {
        self.holds && self.until.is_some_and(|until| day <= until)
    }
}

/// A certificate without its number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Paper {
    skill: String,
    /// As the applicant says.
    until: Day,
    check: Option<Check>,
}

/// What a person has to look at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Papers {
    identity: Option<Check>,
    certificates: Vec<Paper>,
}

impl Papers {
    fn stored(row: &ApplicationRow) -> Result<Self, AppError> {
        serde_json::from_value(row.papers.clone())
            .map_err(|error| AppError::internal(format!("papers of {}: {error}", row.id)))
    }

    fn to_value(&self) -> Result<serde_json::Value, AppError> {
        serde_json::to_value(self).map_err(|error| AppError::internal(format!("papers: {error}")))
    }
}

/// The answer that is kept for the same form sent again.
#[derive(Serialize, Deserialize)]
struct Kept {
    application: ApplicationId,
    link: Envelope,
}

/// The place of something that is sealed.
fn place<'a>(row: &'a str, column: &'a str) -> Field<'a> {
    Field::new(APPLICATIONS, row, column)
}

fn unknown() -> AppError {
    AppError::not_found("这份申请", "application")
}

/// The skills that were chosen, each once.
fn skills_fit(offered: &[String], chosen: &[String]) -> Result<Vec<String>, AppError> {
    let chosen: BTreeSet<&str> = chosen
        .iter()
        .map(|skill| skill.trim())
        .filter(|skill| !skill.is_empty())
        .collect();
    if chosen.is_empty() || chosen.len() > APPLICATION_SKILLS_MAX {
        return Err(AppError::invalid(
            "skills",
            "application_skills",
            format!("请选择会做的项目，最多 {APPLICATION_SKILLS_MAX} 项。"),
            format!("Please choose what you can do, {APPLICATION_SKILLS_MAX} at most."),
        ));
    }
    if let Some(other) = chosen
        .iter()
        .find(|skill| !offered.iter().any(|known| known == *skill))
    {
        return Err(AppError::invalid(
            "skills",
            "application_skill_unknown",
            format!("本店没有“{other}”这个项目，请从列表里选。"),
            format!("This shop has no work of the kind `{other}`. Please choose from the list."),
        ));
    }
    Ok(chosen.into_iter().map(str::to_owned).collect())
}

/// The certificates without their numbers.
fn papers_fit(
    certificates: &[CertificateInput],
    skills: &[String],
) -> Result<Vec<Paper>, AppError> {
    if certificates.len() > APPLICATION_CERTIFICATES_MAX {
        return Err(AppError::invalid(
            "certificates",
            "application_certificates",
            format!("最多填 {APPLICATION_CERTIFICATES_MAX} 张证书。"),
            format!("At most {APPLICATION_CERTIFICATES_MAX} certificates."),
        ));
    }
    let paper = |entered: &CertificateInput| {
        let skill = entered.skill.trim();
        if !skills.iter().any(|known| known == skill) {
            return Err(AppError::invalid(
                "certificates",
                "application_certificate_skill",
                "证书要对应您选的一个项目。",
                "A certificate belongs to one of the skills that you chose.",
            ));
        }
        let number = entered.number.expose_str().trim();
        if number.is_empty() || number.chars().count() > CERTIFICATE_NUMBER_CHARS_MAX {
            return Err(AppError::invalid(
                "certificates",
                "application_certificate_number",
                format!("请填写证书编号，最多 {CERTIFICATE_NUMBER_CHARS_MAX} 个字。"),
                format!(
                    "Please enter the number of the certificate, at most {CERTIFICATE_NUMBER_CHARS_MAX} characters."
                ),
            ));
        }
        let until = Day::parse(entered.until.trim()).ok_or_else(|| {
            AppError::invalid(
                "certificates",
                "application_certificate_until",
                "请填写证书有效期的最后一天，例如 2027-06-30。",
                "Please enter the last day on which the certificate is valid, such as 2027-06-30.",
            )
        })?;
        Ok(Paper {
            skill: skill.to_owned(),
            until,
            check: None,
        })
    };
    certificates.iter().map(paper).collect()
}

/// Whether the applicant saw the notice that stands and agreed.
fn consent_fits(consent: &ConsentInput) -> Result<(), AppError> {
    if consent.notice_version != APPLY_NOTICE_VERSION {
        return Err(AppError::invalid(
            "notice_version",
            "notice_outdated",
            "个人信息告知书已更新，请刷新页面后再看一遍。",
            "The privacy notice has changed. Please reload the page and read it again.",
        ));
    }
    if consent.purposes != APPLY_PURPOSES {
        return Err(AppError::invalid(
            "purposes",
            "purpose_required",
            "需要您同意我们为审核这份申请使用这些信息；不同意就不能审核。",
            "We need your agreement to use this data to judge the application. Without it nobody may look at it.",
        ));
    }
    Ok(())
}

fn county_required(county: &Plain<String>) -> Result<(), AppError> {
    if county.expose_str().trim().is_empty() {
        return Err(AppError::invalid(
            "county",
            "application_county",
            "请填写您在哪个区县，从省、市写起。",
            "Please write in which county you are, with province and city.",
        ));
    }
    Ok(())
}

/// What of the person is checked as everybody's is, under the names that this form has.
fn of_form(error: AppError) -> AppError {
    if error.field.as_deref() == Some("address") {
        return AppError {
            field: Some("county".to_owned()),
            ..error
        };
    }
    error
}

impl App {
    /// What applicants choose from: the skills that products of the shop need, and those that its technicians have.
    ///
    /// # Errors
    /// What the store says.
    pub async fn skills_offered(&self, tenant: TenantId) -> Result<Vec<String>, AppError> {
        let products = self.store().products(tenant).await?;
        let technicians = self.store().technicians(tenant).await?;
        let needed = products.into_iter().map(|product| product.skill);
        let known = technicians.into_iter().flat_map(|row| row.skills);
        let all: BTreeSet<String> = needed
            .chain(known)
            .filter(|skill| !skill.trim().is_empty())
            .collect();
        Ok(all.into_iter().collect())
    }

    /// Takes an application. The same form sent twice is one.
    ///
    /// # Errors
    /// The field that is wrong, or that more wait already than people can look at.
    pub async fn apply(
        &self,
        tenant: TenantId,
        input: ApplicationInput,
        photos: Vec<Upload>,
        idempotency: Option<IdempotencyKey>,
    ) -> Result<ApplicationReceipt, AppError> {
        if let Some(key) = &idempotency
            && let Some(answer) = self.answered_before(key).await?
        {
            return self.receipt_kept(tenant, &answer);
        }
        consent_fits(&input.consent)?;
        county_required(&input.county)?;
        let skills = skills_fit(&self.skills_offered(tenant).await?, &input.skills)?;
        let certificates = papers_fit(&input.certificates, &skills)?;
        if photos.len() > APPLICATION_PHOTOS_MAX {
            return Err(AppError::invalid(
                "photos",
                "application_photos",
                format!("最多 {APPLICATION_PHOTOS_MAX} 张证书照片。"),
                format!("At most {APPLICATION_PHOTOS_MAX} photos of certificates."),
            ));
        }
        if self.store().applications_waiting(tenant).await? >= APPLICATIONS_WAITING_MAX {
            return Err(AppError::new(
                ErrorKind::TooMany,
                "too_many_applications",
                "现在等待审核的申请太多，这一份没有收下，请过几天再来，或者打我们的客服电话。",
                "Too many applications wait to be looked at, so this one was not taken. Please come again in a few days, or call us.",
            ));
        }
        let id = ApplicationId(self.new_id());
        let name = id.to_string();
        let county = self.county_typed(input.county.expose_str());
        let numbers: Vec<&str> = input
            .certificates
            .iter()
            .map(|certificate| certificate.number.expose_str().trim())
            .collect();
        let numbers = serde_json::to_string(&numbers)
            .map_err(|error| AppError::internal(format!("numbers: {error}")))?;
        let entered = PersonInput {
            name: input.name,
            phone: input.phone,
            address: input.county,
            place: None,
        };
        let (mut person, key) = self
            .seal_person_with_key(tenant, PersonId(self.new_id()), &entered, "")
            .map_err(of_form)?;
        // Who applied is found by nobody who looks for a customer's number, and goes nowhere.
        (person.phone_index, person.last4_index, person.place) = (None, None, None);
        let numbers = key.seal(&place(&name, NUMBERS), &Plain::new(numbers))?;
        let mut side = Side::default();
        let (mut names, mut photo_key) = (Vec::new(), None);
        if !photos.is_empty() {
            let (blob_key, kept) = BlobKey::fresh()?;
            photo_key = Some(key.seal(&place(&name, PHOTO_KEY), &kept)?.into_bytes());
            for (position, upload) in photos.into_iter().enumerate() {
                let shown = self
                    .certificate_photo(upload.bytes)
                    .await
                    .map_err(|error| numbered(error, position, false))?;
                let sealed = seal_blob(&blob_key, &shown)?;
                names.push(self.put_blob(sealed, &mut side));
            }
        }
        let token = random_token_256()?;
        let papers = Papers {
            identity: None,
            certificates,
        };
        let by = Actor::Claimant { person: person.id };
        let sealed = AuditBody::PersonSealed { person: person.id };
        side.audit.push(self.audited(by, tenant, sealed));
        let row = ApplicationRow {
            id,
            tenant,
            token_hash: token_hash(token.expose_str()),
            person: person.id,
            state: WAITING.to_owned(),
            filed_at: self.now(),
            notice_version: input.consent.notice_version,
            purposes: input.consent.purposes,
            county,
            skills,
            papers: papers.to_value()?,
            numbers: Some(numbers.into_bytes()),
            photo_key,
            photos: names,
            decided_at: None,
            reason: None,
            reply: None,
            replied_at: None,
            reply_read_at: None,
            user: None,
            expired_at: None,
        };
        side.writes.push(Write::Person(person));
        self.put_application(by, row, ApplicationChange::Filed, &mut side);
        let kept = Kept {
            application: id,
            link: Envelope(self.seal_words(tenant, &name, "link", token.expose_str())?),
        };
        let answer = serde_json::to_vec(&kept)
            .map_err(|error| AppError::internal(format!("answer: {error}")))?;
        let at = self.now();
        let unit = Unit {
            audit: side.audit,
            writes: side.writes,
            idempotency: idempotency.map(|key| IdempotencyRecord {
                scope: key.scope,
                key: key.key,
                body_hash: key.body_hash,
                status: 200,
                body: answer,
                at,
            }),
            ..Unit::default()
        };
        if let Outcome::Replayed(stored) = self.keep(side.blobs, unit, None, || {}).await? {
            return self.receipt_kept(tenant, &stored.body);
        }
        self.tell_admins(
            tenant,
            "application_filed",
            "有人申请做师傅，请在“师傅申请”页审核。",
            "Somebody applied to be a technician. Please look at it on the page of applications.",
        )
        .await;
        Ok(receipt(id, token.expose_str()))
    }

    /// The code of the county that was typed, where it stands for one.
    fn county_typed(&self, typed: &str) -> Option<String> {
        let reading = self.read_address(typed.trim());
        match reading.status {
            PlaceStatus::Certain | PlaceStatus::Adjusted => reading.county,
            PlaceStatus::Open | PlaceStatus::Contradicts | PlaceStatus::Unknown => None,
        }
    }

    /// A photo of a certificate, read in the child: the picture without what its file says about its owner.
    async fn certificate_photo(&self, bytes: Vec<u8>) -> Result<Vec<u8>, AppError> {
        if aftercare_media::video::is_clip(&bytes) {
            return Err(AppError::invalid(
                "photos",
                "application_photo_kind",
                "这里只收照片，不收视频。",
                "Only photos are taken here, no clips.",
            ));
        }
        let report = self.read_photo(bytes).await?;
        let mut previews = report.previews.into_iter();
        previews
            .next()
            .ok_or_else(|| AppError::internal("a photo without its preview"))
    }

    fn receipt_kept(
        &self,
        tenant: TenantId,
        answer: &[u8],
    ) -> Result<ApplicationReceipt, AppError> {
        let kept: Kept = serde_json::from_slice(answer)
            .map_err(|error| AppError::internal(format!("kept answer: {error}")))?;
        let name = kept.application.to_string();
        let token = self.open_words(tenant, &name, "link", &kept.link.0)?;
        Ok(receipt(kept.application, &token))
    }

    /// How an application stands, for whoever has its link.
    ///
    /// # Errors
    /// `NotFound` for a link that none has.
    pub async fn own_application(
        &self,
        tenant: TenantId,
        token: &str,
    ) -> Result<OwnApplication, AppError> {
        let row = self.application_of_link(tenant, token).await?;
        let name = row.id.to_string();
        let words = |column: &str, sealed: &Option<Vec<u8>>| -> Result<Option<String>, AppError> {
            let opened = sealed
                .as_ref()
                .map(|bytes| self.open_words(tenant, &name, column, bytes));
            opened.transpose()
        };
        Ok(OwnApplication {
            reason: words(REASON, &row.reason)?,
            reply: words(REPLY, &row.reply)?,
            reply_waits: row.replied_at.is_some() && row.reply_read_at.is_none(),
            may_reply: self.may_reply(&row),
            may_withdraw: row.state == WAITING,
            state: row.state,
            filed_at: row.filed_at,
            decided_at: row.decided_at,
            expired_at: row.expired_at,
        })
    }

    /// Whether a refused applicant may answer: once, within the time for it.
    fn may_reply(&self, row: &ApplicationRow) -> bool {
        let in_time = row
            .decided_at
            .is_some_and(|at| self.now().since_ms(at) <= APPLICATION_REPLY_MS);
        row.state == REFUSED && row.replied_at.is_none() && row.expired_at.is_none() && in_time
    }

    /// Answers a refusal, once; a person looks at it again.
    ///
    /// # Errors
    /// `NotFound` for a link that none has, an empty text, and a refusal that there is not, was answered, or is too long ago.
    pub async fn reply_to_refusal(
        &self,
        tenant: TenantId,
        token: &str,
        text: &str,
    ) -> Result<(), AppError> {
        let _alone = self.alone(tenant.0).await?;
        let mut row = self.application_of_link(tenant, token).await?;
        if !self.may_reply(&row) {
            let days = APPLICATION_REPLY_MS / aftercare_domain::time::DAY_MS;
            return Err(AppError::new(
                ErrorKind::Refused,
                "application_no_reply",
                format!("现在不能答复：只有被拒绝的申请可以答复，{days} 天内一次。可以重新申请。"),
                format!(
                    "There is nothing to answer now: a refusal can be answered once, within {days} days. You can apply again."
                ),
            ));
        }
        required("text", text)?;
        let name = row.id.to_string();
        row.reply = Some(self.seal_words(tenant, &name, REPLY, text.trim())?);
        row.replied_at = Some(self.now());
        let by = Actor::Claimant { person: row.person };
        self.save_application(by, row, ApplicationChange::Replied)
            .await?;
        self.tell_admins(
            tenant,
            "application_replied",
            "一位被拒绝的申请人作了答复，请在“师傅申请”页再看一次。",
            "A refused applicant answered. Please look at it again on the page of applications.",
        )
        .await;
        Ok(())
    }

    /// Takes an application back that nobody decided yet.
    ///
    /// # Errors
    /// `NotFound` for a link that none has, and one that was decided.
    pub async fn withdraw_application(
        &self,
        tenant: TenantId,
        token: &str,
    ) -> Result<(), AppError> {
        let _alone = self.alone(tenant.0).await?;
        let mut row = self.application_of_link(tenant, token).await?;
        if row.state != WAITING {
            return Err(AppError::new(
                ErrorKind::Refused,
                "application_decided",
                "这份申请已经有结果，不用再撤回。",
                "This application was decided already; there is nothing to take back.",
            ));
        }
        WITHDRAWN.clone_into(&mut row.state);
        row.decided_at = Some(self.now());
        let by = Actor::Claimant { person: row.person };
        self.save_application(by, row, ApplicationChange::Withdrawn)
            .await
    }

    async fn application_of_link(
        &self,
        tenant: TenantId,
        token: &str,
    ) -> Result<ApplicationRow, AppError> {
        self.store()
            .application_by_token(&token_hash(token))
            .await?
            .filter(|row| row.tenant == tenant)
            .ok_or_else(unknown)
    }

    /// Adds a changed row to the unit, and says so in the log.
    fn put_application(
        &self,
        by: Actor,
        row: ApplicationRow,
        change: ApplicationChange,
        side: &mut Side,
    ) {
        let body = AuditBody::ApplicationChanged {
            application: row.id,
            change,
        };
        side.audit.push(self.audited(by, row.tenant, body));
        side.writes.push(Write::Application(row));
    }

    async fn save_application(
        &self,
        by: Actor,
        row: ApplicationRow,
        change: ApplicationChange,
    ) -> Result<(), AppError> {
        let mut side = Side::default();
        self.put_application(by, row, change, &mut side);
        self.commit_side(side).await
    }

    /// Seals what the shop and an applicant write to each other.
    fn seal_words(
        &self,
        tenant: TenantId,
        row: &str,
        column: &str,
        text: &str,
    ) -> Result<Vec<u8>, AppError> {
        optional("text", text)?;
        let key = self
            .vault()
            .tenant_key(&tenant.to_string(), TenantPurpose::Applications)?;
        let sealed = key.seal(&place(row, column), &Plain::new(text.to_owned()))?;
        Ok(sealed.into_bytes())
    }

    fn open_words(
        &self,
        tenant: TenantId,
        row: &str,
        column: &str,
        sealed: &[u8],
    ) -> Result<String, AppError> {
        let key = self
            .vault()
            .tenant_key(&tenant.to_string(), TenantPurpose::Applications)?;
        let sealed = Sealed::<String>::from_bytes(sealed.to_vec())?;
        let plain = key.open(&place(row, column), &sealed)?;
        Ok(plain.expose().clone())
    }

    /// Tells administrators that something waits on the page; the words name nobody.
    async fn tell_admins(&self, tenant: TenantId, kind: &'static str, zh: &str, en: &str) {
        let message = Message {
            id: self.new_id().simple().to_string(),
            tenant,
            to: Recipient::Desk {
                role: "admin",
                shop: None,
            },
            case: None,
            kind,
            zh: zh.to_owned(),
            en: en.to_owned(),
            lang: None,
            at: self.now(),
        };
        if let Err(error) = self.notifier().deliver(&message).await {
            tracing::warn!(%error, kind, "something waits on the page of applications, and nobody was told");
        }
    }
}

fn receipt(application: ApplicationId, token: &str) -> ApplicationReceipt {
    ApplicationReceipt {
        application,
        link: format!("/apply/{token}"),
    }
}

/// Everything that is wrong with what an applicant entered, each with its field.
#[must_use]
pub fn faults(input: &ApplicationInput, offered: &[String]) -> Vec<AppError> {
    let person = PersonInput {
        name: input.name.clone(),
        phone: input.phone.clone(),
        address: input.county.clone(),
        place: None,
    };
    let skills = skills_fit(offered, &input.skills);
    let papers = skills
        .as_ref()
        .ok()
        .and_then(|skills| papers_fit(&input.certificates, skills).err());
    crate::people::faults(&person)
        .into_iter()
        .map(of_form)
        .chain(county_required(&input.county).err())
        .chain(skills.err())
        .chain(papers)
        .chain(consent_fits(&input.consent).err())
        .collect()
}
