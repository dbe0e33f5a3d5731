//! A phone number that was written wrong: the customer puts it right with the code that was shown with the report, or the desk
//! does, and says why. Whoever has the wrong phone was sent a link and a code: both end with it.

use crate::access::staff;
use crate::app::App;
use crate::error::{AppError, ErrorKind};
use crate::people::phone_read;
use crate::principal::Principal;
use crate::reissue::caller_checked;
use crate::views::IntakeReceipt;
use aftercare_domain::command::Command;
use aftercare_domain::ids::CaseId;
use aftercare_domain::{Actor, Role};
use aftercare_vault::Plain;

/// The right number, and why.
pub struct PhoneInput {
    pub phone: Plain<String>,
    /// Why a colleague corrects it; a customer need not say.
    pub reason: String,
    /// A colleague made sure that it is the customer who called.
    pub checked: bool,
}

impl std::fmt::Debug for PhoneInput {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PhoneInput(..)")
    }
}

impl App {
    /// Puts the phone number of a case right. The link, its codes and the sessions that began with them end; a new link and
    /// a code go to the right number. The customer gets them with the answer too, so that another slip locks nobody
    /// out; a colleague does not see them. What somebody who showed the number before asked to have destroyed under it is
    /// taken back.
    ///
    /// # Errors
    /// A missing role, a number that is none or the known one, `phone_shown` for whoever came with the code that was sent
    /// to the number, a person whose data was destroyed, too many corrections.
    pub async fn correct_phone(
        &self,
        principal: &Principal,
        case: CaseId,
        input: &PhoneInput,
    ) -> Result<Option<IntakeReceipt>, AppError> {
        let (by, is_own) = match principal {
            Principal::Claimant { person, .. } => (Actor::Claimant { person: *person }, true),
            _ => (staff(principal, &[Role::Agent, Role::Dispatcher])?, false),
        };
        let state = self.readable(principal, case).await?;
        let opened = crate::detail::opened(&state)?.clone();
        let phone = phone_read(&input.phone)?;
        if let Principal::Claimant {
            phone_shown: true, ..
        } = principal
        {
            // Whoever has a phone that was written by mistake must not take the case of somebody else with it.
            return Err(AppError::new(
                ErrorKind::Refused,
                "phone_shown",
                "您是用发到登记号码的验证码打开的，这个号码能收到消息。要换号码，请用提交时页面上显示的验证码打开，或打客服电话。",
                "You came with the code that was sent to the number on record, which therefore works. To change it, open the case with the code that was shown when it was sent, or call us.",
            ));
        }
        if !is_own {
            crate::text::required("reason", &input.reason)?;
            caller_checked(input.checked)?;
        }
        let row = self.store().person(opened.claimant).await?;
        let row = row.ok_or_else(|| AppError::not_found("这位客户", "person"))?;
        let corrected = self.reached_at(&row, &phone).await?;
        let key = self.case_key(opened.tenant, case).await?;
        let reason = match is_own {
            true => None,
            false => Some(key.seal_text(input.reason.trim())?),
        };
        let _alone = self.alone(case.0).await?;
        let (receipt, mut side) = self.renewed_access(by, opened.tenant, case, &key)?;
        side.writes.insert(0, corrected);
        self.end_asked_everywhere(by, case, &mut side).await?;
        let acted = self
            .run(case, side, |_| {
                Ok(vec![Command::CorrectPhone {
                    by,
                    reason: reason.clone(),
                }])
            })
            .await?;
        Ok(is_own.then_some(IntakeReceipt {
            seq: acted.seq,
            leaf: acted.leaf,
            ..receipt
        }))
    }
}
