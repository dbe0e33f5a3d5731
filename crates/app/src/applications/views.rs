//! Applications as the desk reads them: in masked forms, and opened for whoever judges, once the look is in the log.

use super::{
    APPLICATIONS, Check, NUMBERS, PHOTO_KEY, Papers, REASON, REFUSED, REPLY, WAITING, place,
    unknown,
};
use crate::access::staff;
use crate::app::App;
use crate::error::{AppError, ErrorKind};
use crate::evidence::Picture;
use crate::limits::APPLICATIONS_LISTED_MAX;
use crate::opening::{RevealedTo, TABLE, column};
use crate::people::{actor_name, named};
use crate::principal::Principal;
use crate::text::required;
use aftercare_domain::audit::{AuditBody, AuditEvent, PersonField};
use aftercare_domain::evidence::Envelope;
use aftercare_domain::ids::{ApplicationId, TenantId, UserId};
use aftercare_domain::{Actor, Day, Role, Timestamp};
use aftercare_store::rows::{ApplicationRow, PersonRow};
use aftercare_vault::{BlobKey, Plain, RevealField, RevealRequest, open_blob};
use serde::Serialize;
use std::collections::HashMap;
use utoipa::ToSchema;

/// Who judges applications.
pub(super) const JUDGES: &[Role] = &[Role::Admin];
/// Who reads how they stand.
const READERS: &[Role] = &[Role::Admin, Role::Dispatcher];

/// What a person found about a paper.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CheckView {
    /// Who looked, by the name colleagues see.
    pub by: String,
    #[schema(value_type = i64)]
    pub at: Timestamp,
    pub holds: bool,
    /// The last day on which it is good, such as `2027-06-30`; none of what does not hold.
    pub until: Option<String>,
}

/// A certificate without its number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PaperView {
    /// Its place, from 1.
    pub number: usize,
    pub skill: String,
    /// The last day on which it is valid, as the applicant says.
    pub until: String,
    /// Whether that day is over.
    pub is_over: bool,
    pub check: Option<CheckView>,
}

/// An application as lists show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ApplicationView {
    #[schema(value_type = String)]
    pub id: ApplicationId,
    /// `waiting`, `accepted`, `refused` or `withdrawn`.
    pub state: String,
    /// Whether a person has to decide: it came, or its refusal was answered.
    pub waits: bool,
    /// Masked.
    pub name: String,
    /// Masked.
    pub phone: String,
    /// The county that was typed, where it stands for one.
    pub county: Option<String>,
    pub skills: Vec<String>,
    pub identity: Option<CheckView>,
    pub certificates: Vec<PaperView>,
    /// How many photos of certificates there are.
    pub photos: usize,
    #[schema(value_type = i64)]
    pub filed_at: Timestamp,
    #[schema(value_type = Option<i64>)]
    pub decided_at: Option<Timestamp>,
    /// Why it was refused, as the applicant reads it.
    pub reason: Option<String>,
    /// What the applicant answered.
    pub reply: Option<String>,
    /// The account that was made of it.
    #[schema(value_type = Option<String>)]
    pub user: Option<UserId>,
    /// When everything the applicant wrote was destroyed, because it was kept long enough.
    #[schema(value_type = Option<i64>)]
    pub expired_at: Option<Timestamp>,
}

impl ApplicationView {
    /// Numbers of its photos, from 1.
    #[must_use]
    pub fn photo_numbers(&self) -> Vec<usize> {
        (1..=self.photos).collect()
    }
}

/// What an applicant wrote, once the look is in the log.
pub struct OpenedApplication {
    pub name: Option<String>,
    pub phone: Option<String>,
    /// As it was typed.
    pub county: Option<String>,
    pub certificates: Vec<OpenedCertificate>,
    /// Where the look stands in the log.
    pub seq: u64,
}

impl std::fmt::Debug for OpenedApplication {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "OpenedApplication(logged as {}, ..)", self.seq)
    }
}

/// A certificate with its number.
pub struct OpenedCertificate {
    pub skill: String,
    pub number: String,
}

impl std::fmt::Debug for OpenedCertificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OpenedCertificate(..)")
    }
}

/// Whether a person has to decide about it.
pub(super) fn waits(row: &ApplicationRow) -> bool {
    let is_answered = row.state == REFUSED
        && row.replied_at.is_some()
        && row.reply_read_at.is_none()
        && row.expired_at.is_none();
    row.state == WAITING || is_answered
}

fn gone() -> AppError {
    AppError::new(
        ErrorKind::Refused,
        "application_ended",
        "这份申请的保存期限已过，申请人填写的内容已经销毁。",
        "The time for which this application is kept is over: what the applicant wrote was destroyed.",
    )
}

impl App {
    /// Applications of the tenant: first those that wait for a person, the first that came first.
    ///
    /// # Errors
    /// A missing role.
    pub async fn applications(
        &self,
        principal: &Principal,
    ) -> Result<Vec<ApplicationView>, AppError> {
        staff(principal, READERS)?;
        let tenant = principal.tenant();
        let rows = self
            .store()
            .applications(tenant, APPLICATIONS_LISTED_MAX)
            .await?;
        let names = self.account_names(tenant).await?;
        let mut views = Vec::with_capacity(rows.len());
        for row in rows {
            views.push(self.application_view(row, &names).await?);
        }
        Ok(views)
    }

    /// One of them.
    ///
    /// # Errors
    /// A missing role, or one that is not there.
    pub async fn application(
        &self,
        principal: &Principal,
        id: ApplicationId,
    ) -> Result<ApplicationView, AppError> {
        staff(principal, READERS)?;
        let row = self.application_row(principal.tenant(), id).await?;
        let names = self.account_names(row.tenant).await?;
        self.application_view(row, &names).await
    }

    async fn account_names(&self, tenant: TenantId) -> Result<HashMap<UserId, String>, AppError> {
        let users = self.store().users(tenant).await?;
        Ok(users
            .into_iter()
            .map(|user| (user.id, user.display_name))
            .collect())
    }

    pub(super) async fn application_row(
        &self,
        tenant: TenantId,
        id: ApplicationId,
    ) -> Result<ApplicationRow, AppError> {
        self.store()
            .application(id)
            .await?
            .filter(|row| row.tenant == tenant)
            .ok_or_else(unknown)
    }

    async fn application_view(
        &self,
        row: ApplicationRow,
        names: &HashMap<UserId, String>,
    ) -> Result<ApplicationView, AppError> {
        let name = row.id.to_string();
        let words = |column: &str, sealed: &Option<Vec<u8>>| -> Result<Option<String>, AppError> {
            let opened = sealed
                .as_ref()
                .map(|bytes| self.open_words(row.tenant, &name, column, bytes));
            opened.transpose()
        };
        let check = |check: Check| CheckView {
            by: names.get(&check.by).cloned().unwrap_or_default(),
            at: check.at,
            holds: check.holds,
            until: check.until.map(|day| day.to_string()),
        };
        let today = Day::of(self.now());
        let papers = Papers::stored(&row)?;
        let certificates = papers.certificates.into_iter().zip(1..);
        let person = self.masked_person(row.tenant, row.person).await?;
        Ok(ApplicationView {
            id: row.id,
            waits: waits(&row),
            name: person.name,
            phone: person.phone,
            county: row
                .county
                .as_deref()
                .and_then(|code| self.division_name(code)),
            identity: papers.identity.map(check),
            certificates: certificates
                .map(|(paper, number)| PaperView {
                    number,
                    skill: paper.skill,
                    is_over: paper.until < today,
                    until: paper.until.to_string(),
                    check: paper.check.map(check),
                })
                .collect(),
            photos: row.photos.len(),
            filed_at: row.filed_at,
            decided_at: row.decided_at,
            reason: words(REASON, &row.reason)?,
            reply: words(REPLY, &row.reply)?,
            user: row.user,
            expired_at: row.expired_at,
            state: row.state,
            skills: row.skills,
        })
    }

    /// Opens what an applicant wrote, for whoever judges it. The look is committed to the log first.
    ///
    /// # Errors
    /// A missing role, no reason, an application that is not there or ended, too many people within an hour.
    pub async fn open_application(
        &self,
        principal: &Principal,
        id: ApplicationId,
        reason: &str,
    ) -> Result<OpenedApplication, AppError> {
        const FIELDS: [PersonField; 3] =
            [PersonField::Name, PersonField::Phone, PersonField::Address];
        let (by, row, person) = self.judged(principal, id, reason).await?;
        let revealed = self
            .reveal_application((by, reason), &row, &person, (FIELDS.as_slice(), NUMBERS))
            .await?;
        let name = row.id.to_string();
        let numbers: Vec<String> = match &row.numbers {
            Some(bytes) => {
                let json = revealed.open_beside(&place(&name, NUMBERS), bytes).await?;
                serde_json::from_str(json.expose())
                    .map_err(|error| AppError::internal(format!("numbers: {error}")))?
            }
            None => Vec::new(),
        };
        let papers = Papers::stored(&row)?.certificates.into_iter();
        Ok(OpenedApplication {
            name: named(&revealed, &FIELDS, PersonField::Name).await?,
            phone: named(&revealed, &FIELDS, PersonField::Phone).await?,
            county: named(&revealed, &FIELDS, PersonField::Address).await?,
            certificates: papers
                .zip(numbers)
                .map(|(paper, number)| OpenedCertificate {
                    skill: paper.skill,
                    number,
                })
                .collect(),
            seq: revealed.seq(),
        })
    }

    /// Opens a photo of a certificate, by its number from 1; a look of its own in the log.
    ///
    /// # Errors
    /// As [`App::open_application`], and a photo that is not there.
    pub async fn open_application_photo(
        &self,
        principal: &Principal,
        id: ApplicationId,
        number: usize,
        reason: &str,
    ) -> Result<Picture, AppError> {
        let (by, row, person) = self.judged(principal, id, reason).await?;
        let none = || AppError::not_found("这张照片", "photo");
        let at = number.checked_sub(1).ok_or_else(none)?;
        let blob = row.photos.get(at).ok_or_else(none)?;
        let kept = row.photo_key.as_ref().ok_or_else(none)?;
        let revealed = self
            .reveal_application((by, reason), &row, &person, ([].as_slice(), PHOTO_KEY))
            .await?;
        let name = row.id.to_string();
        let key = revealed.open_beside(&place(&name, PHOTO_KEY), kept).await?;
        let key = BlobKey::from_kept(key.expose())?;
        let sealed = self.store().get_blob(blob).await?;
        Ok(Picture {
            media_type: "image/jpeg".to_owned(),
            bytes: open_blob(&key, &sealed)?.expose_owned(),
            etag: blob.clone(),
        })
    }

    /// Who looks at which application, and its person, whose data are still there.
    async fn judged(
        &self,
        principal: &Principal,
        id: ApplicationId,
        reason: &str,
    ) -> Result<(Actor, ApplicationRow, PersonRow), AppError> {
        let by = staff(principal, JUDGES)?;
        let row = self.application_row(principal.tenant(), id).await?;
        required("reason", reason)?;
        let person = self.store().person(row.person).await?;
        let person = person
            .filter(|person| person.wrapped_key.is_some())
            .ok_or_else(gone)?;
        Ok((by, row, person))
    }

    async fn reveal_application<'a>(
        &'a self,
        (by, reason): (Actor, &str),
        row: &ApplicationRow,
        person: &'a PersonRow,
        (fields, beside): (&[PersonField], &str),
    ) -> Result<RevealedTo<'a>, AppError> {
        let key = self.person_key(person)?.ok_or_else(gone)?;
        let _counted = self.within_quota(row.tenant, by, person.id).await?;
        let (now, reason, name) = (self.now(), reason.trim(), row.id.to_string());
        let of_person = fields
            .iter()
            .map(|field| RevealField::new(TABLE, column(*field)));
        let request = RevealRequest {
            tenant: row.tenant.to_string(),
            actor: actor_name(by),
            person: person.id.to_string(),
            case: None,
            fields: of_person
                .chain([RevealField::new(APPLICATIONS, beside)])
                .collect(),
            reason: reason.to_owned(),
            at_ms: now.0,
        };
        let sealed = key
            .seal(&place(&name, "opened_for"), &Plain::new(reason.to_owned()))
            .await?;
        let event = AuditEvent {
            at: now,
            by,
            tenant: row.tenant,
            body: AuditBody::DataRevealed {
                person: person.id,
                case: None,
                fields: fields.to_vec(),
                reason: Envelope(sealed),
            },
        };
        self.reveal_to(person, request, event)
            .await?
            .ok_or_else(gone)
    }
}
