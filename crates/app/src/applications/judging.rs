//! What a person decides about an application: what they found about who the applicant is and about each certificate, and then
//! whether the applicant works here. No machine decides any of it.

use super::views::{JUDGES, waits};
use super::{ACCEPTED, Check, Papers, REASON, REFUSED};
use crate::access::staff;
use crate::accounts::Invitation;
use crate::app::App;
use crate::catalogue::Known;
use crate::engine::Side;
use crate::equipment::EquipmentInput;
use crate::error::{AppError, ErrorKind};
use crate::people::Place;
use crate::principal::Principal;
use crate::technicians::{REACH_M_DEFAULT, TechnicianInput};
use crate::text::required;
use aftercare_domain::audit::ApplicationChange;
use aftercare_domain::ids::{ApplicationId, TenantId};
use aftercare_domain::{Day, Role};
use aftercare_store::Write;
use aftercare_store::rows::{ApplicationRow, OutletRow, UserRow};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a person found about a paper.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(default)]
pub struct CheckInput {
    /// The place of the certificate, from 1; without it, who the applicant is.
    pub certificate: Option<usize>,
    /// Whether it is what it says.
    pub holds: bool,
    /// The last day on which that is good, such as `2027-06-30`; needed where it holds.
    pub until: String,
}

/// With what an applicant begins.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(default)]
pub struct AcceptInput {
    /// The login of the account that is made.
    pub login: String,
    /// The name colleagues and customers see.
    pub display_name: String,
    /// The outlet that the technician belongs to; without it their days begin in the middle of their county.
    pub outlet_code: String,
}

/// What a person does about an application.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(tag = "act", rename_all = "snake_case")]
pub enum ApplicationAct {
    Check(CheckInput),
    Accept(AcceptInput),
    Refuse {
        /// The applicant reads it.
        reason: String,
    },
}

/// What came of it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ApplicationActed {
    /// The account of whoever was accepted, and the link that sets its password: shown once.
    pub invitation: Option<Invitation>,
}

fn refused(rule: &str, zh: &str, en: &str) -> AppError {
    AppError::new(ErrorKind::Refused, rule, zh, en)
}

/// Skills and certificates with which an applicant begins, as technicians are entered.
fn found_valid(papers: &Papers, skills: &[String], today: Day) -> (Vec<String>, Vec<String>) {
    let stands = |skill: &str| {
        let mut of_skill = papers
            .certificates
            .iter()
            .filter(|paper| paper.skill == skill)
            .peekable();
        // A skill without certificates is as the applicant says.
        of_skill.peek().is_none()
            || of_skill.any(|paper| {
                paper
                    .check
                    .as_ref()
                    .is_some_and(|check| check.stands(today))
            })
    };
    let skills = skills
        .iter()
        .filter(|skill| stands(skill.as_str()))
        .cloned()
        .collect();
    let certificates = papers.certificates.iter().filter_map(|paper| {
        let check = paper.check.as_ref().filter(|check| check.stands(today))?;
        Some(format!("{} ~ {}", paper.skill, check.until?))
    });
    (skills, certificates.collect())
}

impl App {
    /// Does something about an application.
    ///
    /// # Errors
    /// A missing role, an application that is not there or was decided, and what each act says.
    pub async fn act_on_application(
        &self,
        principal: &Principal,
        id: ApplicationId,
        act: &ApplicationAct,
    ) -> Result<ApplicationActed, AppError> {
        let mut invitation = None;
        match act {
            ApplicationAct::Check(input) => self.check_application(principal, id, input).await?,
            ApplicationAct::Accept(input) => {
                invitation = Some(self.accept_application(principal, id, input).await?);
            }
            ApplicationAct::Refuse { reason } => {
                self.refuse_application(principal, id, reason).await?;
            }
        }
        Ok(ApplicationActed { invitation })
    }

    /// One that a person has to decide.
    async fn undecided(
        &self,
        tenant: TenantId,
        id: ApplicationId,
    ) -> Result<ApplicationRow, AppError> {
        let row = self.application_row(tenant, id).await?;
        if waits(&row) {
            return Ok(row);
        }
        Err(refused(
            "application_decided",
            "这份申请已经有结果，不能再改。被拒绝的申请人可以重新申请。",
            "This application was decided already. Whoever was refused can apply again.",
        ))
    }

    /// Writes down what a person found about who the applicant is, or about a certificate.
    ///
    /// # Errors
    /// A missing role, an application that is not there or was decided, the field that is wrong.
    pub async fn check_application(
        &self,
        principal: &Principal,
        id: ApplicationId,
        input: &CheckInput,
    ) -> Result<(), AppError> {
        let by = staff(principal, JUDGES)?;
        let human = by.human().ok_or_else(AppError::forbidden)?;
        let _alone = self.alone(principal.tenant().0).await?;
        let mut row = self.undecided(principal.tenant(), id).await?;
        let today = Day::of(self.now());
        let until = Day::parse(input.until.trim()).filter(|day| *day >= today);
        if input.holds && until.is_none() {
            return Err(AppError::invalid(
                "until",
                "application_check_until",
                "请填写核对结果有效到哪一天，从今天起，例如 2027-06-30。",
                "Please say until which day what you found is good, from today on, such as 2027-06-30.",
            ));
        }
        let check = Check {
            by: human.user,
            at: self.now(),
            holds: input.holds,
            until: until.filter(|_| input.holds),
        };
        let mut papers = Papers::stored(&row)?;
        let change = match input.certificate {
            None => {
                papers.identity = Some(check);
                ApplicationChange::IdentityChecked
            }
            Some(number) => {
                let at = number.checked_sub(1);
                let paper = at.and_then(|at| papers.certificates.get_mut(at));
                let paper = paper.ok_or_else(|| {
                    AppError::invalid(
                        "certificate",
                        "application_certificate_unknown",
                        "这份申请没有这张证书。",
                        "This application has no such certificate.",
                    )
                })?;
                paper.check = Some(check);
                ApplicationChange::CertificateChecked
            }
        };
        row.papers = papers.to_value()?;
        self.save_application(by, row, change).await
    }

    /// Makes an account and a technician of an applicant, in one transaction: with the skills whose certificates were found valid,
    /// and with these certificates until the days that were found.
    ///
    /// # Errors
    /// A missing role, an application that is not there or was decided, who is not identified or has papers that nobody looked at;
    /// what [`App::create_user`] and [`App::save_technician`] say.
    pub async fn accept_application(
        &self,
        principal: &Principal,
        id: ApplicationId,
        input: &AcceptInput,
    ) -> Result<Invitation, AppError> {
        let by = staff(principal, JUDGES)?;
        let tenant = principal.tenant();
        let _alone = self.alone(tenant.0).await?;
        let mut row = self.undecided(tenant, id).await?;
        let papers = Papers::stored(&row)?;
        let today = Day::of(self.now());
        if !papers
            .identity
            .as_ref()
            .is_some_and(|check| check.stands(today))
        {
            return Err(refused(
                "application_identity",
                "还没有人核对过申请人的身份，或者核对结果已过期。请先核对身份。",
                "Nobody has made sure who the applicant is, or that is good no longer. Please check the identity first.",
            ));
        }
        if papers
            .certificates
            .iter()
            .any(|paper| paper.check.is_none())
        {
            return Err(refused(
                "application_certificates_open",
                "还有证书没有核对。请逐张写下核对结果。",
                "There are certificates that nobody looked at. Please write down what you found about each.",
            ));
        }
        let (skills, certificates) = found_valid(&papers, &row.skills, today);
        if skills.is_empty() {
            return Err(refused(
                "application_no_skill",
                "没有一个项目的证书是有效的，不能接受。",
                "There is no skill whose certificate is valid, so the applicant cannot be accepted.",
            ));
        }
        let mut known = Known::default();
        let outlet = match input.outlet_code.trim() {
            "" => None,
            code => self.outlet_by_code(tenant, code, &mut known).await?,
        };
        let home = self.home_of(&row, outlet.as_ref(), input)?;
        let mut side = Side::default();
        let invitation = self
            .add_account(
                tenant,
                by,
                &input.login,
                &input.display_name,
                &[Role::Technician],
                &mut side,
            )
            .await?;
        let account = account_in(&side)?;
        let technician = TechnicianInput {
            login: invitation.login.clone(),
            display_name: input.display_name.clone(),
            outlet_code: input.outlet_code.clone(),
            skills,
            counties: row.county.clone().map(|county| vec![county]),
            latitude_e6: home.latitude_e6,
            longitude_e6: home.longitude_e6,
            reach_m: REACH_M_DEFAULT,
            active: true,
            hours: Vec::new(),
            absences: None,
            equipment: EquipmentInput {
                certificates: Some(certificates),
                ..EquipmentInput::default()
            },
        };
        self.put_technician_of(by, account, &technician, &mut known, &mut side)
            .await?;
        let now = self.now();
        ACCEPTED.clone_into(&mut row.state);
        row.decided_at = Some(now);
        row.reply_read_at = row.replied_at.map(|_| now);
        row.user = Some(invitation.user);
        self.put_application(by, row, ApplicationChange::Accepted, &mut side);
        self.commit_side(side).await?;
        Ok(invitation)
    }

    /// Where the technician's days begin: at the outlet, or in the middle of the county.
    fn home_of(
        &self,
        row: &ApplicationRow,
        outlet: Option<&OutletRow>,
        input: &AcceptInput,
    ) -> Result<Place, AppError> {
        if let Some(outlet) = outlet {
            return Ok(Place {
                latitude_e6: outlet.latitude_e6,
                longitude_e6: outlet.longitude_e6,
            });
        }
        if !input.outlet_code.trim().is_empty() {
            return Err(AppError::invalid(
                "outlet_code",
                "outlet_unknown",
                "没有这个编号的网点，请先导入网点。",
                "There is no outlet of that code. Import the outlets first.",
            ));
        }
        let middle = row
            .county
            .as_deref()
            .and_then(|county| self.middle_of(county));
        middle.map(|(place, _)| place).ok_or_else(|| {
            AppError::invalid(
                "outlet_code",
                "application_outlet",
                "从申请看不出在哪个区县，请填写网点编号。",
                "The application does not tell the county. Please enter the code of an outlet.",
            )
        })
    }

    /// Refuses an applicant, who reads why and may answer once; or stays at it after their answer.
    ///
    /// # Errors
    /// A missing role, an application that is not there or was decided, no reason.
    pub async fn refuse_application(
        &self,
        principal: &Principal,
        id: ApplicationId,
        reason: &str,
    ) -> Result<(), AppError> {
        let by = staff(principal, JUDGES)?;
        let _alone = self.alone(principal.tenant().0).await?;
        let mut row = self.undecided(principal.tenant(), id).await?;
        required("reason", reason)?;
        let (name, now) = (row.id.to_string(), self.now());
        row.reason = Some(self.seal_words(row.tenant, &name, REASON, reason.trim())?);
        REFUSED.clone_into(&mut row.state);
        row.decided_at = Some(now);
        row.reply_read_at = row.replied_at.map(|_| now);
        self.save_application(by, row, ApplicationChange::Refused)
            .await
    }
}

/// The account that was just added to a unit.
fn account_in(side: &Side) -> Result<UserRow, AppError> {
    let account = side.writes.iter().find_map(|write| match write {
        Write::User(row) => Some(row.clone()),
        _ => None,
    });
    account.ok_or_else(|| AppError::internal("an account that was not added"))
}

#[cfg(test)]
mod tests {
    use super::super::Paper;
    use super::*;
    use aftercare_domain::Timestamp;
    use aftercare_domain::ids::UserId;
    use uuid::Uuid;

    fn paper(skill: &str, check: Option<(bool, &str)>) -> Paper {
        Paper {
            skill: skill.to_owned(),
            until: Day::parse("2030-01-01").unwrap(),
            check: check.map(|(holds, until)| Check {
                by: UserId(Uuid::nil()),
                at: Timestamp(0),
                holds,
                until: Day::parse(until),
            }),
        }
    }

    #[test]
    fn a_skill_is_as_good_as_its_certificates() {
        let papers = Papers {
            identity: None,
            certificates: vec![
                paper("gas", Some((false, "2027-06-30"))),
                paper("gas", Some((true, "2027-06-30"))),
                paper("lift", Some((true, "2026-01-01"))),
                paper("power", None),
            ],
        };
        let skills = ["gas", "lamp", "lift", "power"].map(str::to_owned);
        let today = Day::parse("2026-11-02").unwrap();
        let (skills, certificates) = found_valid(&papers, &skills, today);
        assert_eq!(skills, ["gas", "lamp"], "what has none is as it was said");
        assert_eq!(certificates, ["gas ~ 2027-06-30"]);
    }
}
