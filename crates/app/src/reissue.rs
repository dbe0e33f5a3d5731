//! A new link and code for a claimant who lost them: they go to the phone on record, and what was there before opens
//! nothing any more.

use crate::access::staff;
use crate::app::App;
use crate::engine::Side;
use crate::error::{AppError, ErrorKind};
use crate::principal::Principal;
use crate::reactions::Job;
use crate::sealing::OpenCaseKey;
use crate::views::IntakeReceipt;
use aftercare_domain::audit::AuditBody;
use aftercare_domain::ids::{CaseId, TenantId};
use aftercare_domain::{Actor, Role};
use aftercare_store::Write;

impl App {
    /// Sends the claimant a new link and code; `checked` says that whoever asks made sure that it is the claimant who
    /// called. Nobody here sees them; the old link, its code and the sessions that began
    /// with it end at once.
    ///
    /// # Errors
    /// A missing role, a case that is not the reader's, or a person whose data was destroyed.
    pub async fn reissue_access(
        &self,
        principal: &Principal,
        case: CaseId,
        checked: bool,
    ) -> Result<(), AppError> {
        let by = staff(principal, &[Role::Agent, Role::Dispatcher])?;
        let state = self.readable(principal, case).await?;
        let opened = crate::detail::opened(&state)?.clone();
        caller_checked(checked)?;
        if self
            .masked_person(opened.tenant, opened.claimant)
            .await?
            .shredded
        {
            return Err(AppError::new(
                ErrorKind::Conflict,
                "person_shredded",
                "这位客户的个人数据已经销毁，没有可以发送的号码。",
                "This person's data was destroyed: there is no number to send it to.",
            ));
        }
        let key = self.case_key(opened.tenant, case).await?;
        let _alone = self.alone(case.0).await?;
        let (_, side) = self.renewed_access(by, opened.tenant, case, &key)?;
        self.run(case, side, |_| Ok(Vec::new())).await.map(|_| ())
    }

    /// A new link and code, and the unit in which the ones before, their codes and the sessions that began with them end and a
    /// message takes the new ones to the phone on record. The caller holds the case alone.
    pub(crate) fn renewed_access(
        &self,
        by: Actor,
        tenant: TenantId,
        case: CaseId,
        key: &OpenCaseKey,
    ) -> Result<(IntakeReceipt, Side), AppError> {
        let access = self.new_access(tenant, case)?;
        let receipt = access.receipt();
        let side = Side {
            writes: vec![
                Write::CaseAccess(access.row),
                Write::DeleteCaseSessions(case),
            ],
            audit: vec![self.audited(by, tenant, AuditBody::CaseAccessMade { case })],
            jobs: vec![Job::send_access(key, &receipt)?],
            ..Side::default()
        };
        Ok((receipt, side))
    }
}

/// Whether a colleague made sure that the caller is the customer.
pub(crate) fn caller_checked(checked: bool) -> Result<(), AppError> {
    if checked {
        return Ok(());
    }
    Err(AppError::invalid(
        "checked",
        "caller_unchecked",
        "请先核对来电人是本案的客户，再勾选发送。",
        "Please make sure that the caller is the customer of this case, and tick that you did.",
    ))
}
