//! Codes of what a technician found and did.

use super::{VISIT, the_work_order};
use crate::access::staff;
use crate::actions::Action;
use crate::app::App;
use crate::codes::{ACTION, DIAGNOSIS};
use crate::error::AppError;
use crate::principal::Principal;
use aftercare_domain::Case;
use aftercare_domain::limits::ACTIONS_MAX;

impl App {
    /// Whether the codes of what is reported can be chosen. Whoever may not report is told so by the act itself.
    pub(super) async fn codes_fit(
        &self,
        principal: &Principal,
        case: &Case,
        action: &Action,
    ) -> Result<(), AppError> {
        let (named, of, codes) = match action {
            Action::Diagnose {
                work_order,
                fault_code,
                ..
            } => (
                *work_order,
                (DIAGNOSIS, "fault_code"),
                std::slice::from_ref(fault_code),
            ),
            Action::Finish {
                work_order,
                actions,
                ..
            } if !actions.is_empty() => (*work_order, (ACTION, "actions"), actions.as_slice()),
            _ => return Ok(()),
        };
        let (Ok(_), Some(opened)) = (staff(principal, VISIT), &case.opened) else {
            return Ok(());
        };
        if codes.len() > ACTIONS_MAX {
            return Err(AppError::invalid(
                "actions",
                "actions_max",
                format!("一次最多选 {ACTIONS_MAX} 项处理，其余请写在说明里。"),
                format!(
                    "At most {ACTIONS_MAX} actions can be chosen; please write the others in the note."
                ),
            ));
        }
        let id = the_work_order(case, named)?;
        let Some(order) = case.work_orders.get(&id) else {
            return Ok(());
        };
        let book = self.codes_of(opened.tenant).await?;
        codes
            .iter()
            .try_for_each(|code| book.check(of, (order.skill.as_str(), order.kind), code))
    }
}
