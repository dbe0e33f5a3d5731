//! Finds the cases of somebody who calls: by the whole phone number, or by the number of the case. Nothing is opened for
//! it; a phone number is looked up by its keyed index.

use crate::access::staff;
use crate::app::App;
use crate::error::AppError;
use crate::lists::Paging;
use crate::numbers::end_of_number;
use crate::principal::Principal;
use crate::views::{CaseRow, Page};
use aftercare_domain::Role;
use aftercare_store::CaseFilter;
use aftercare_vault::normalize_phone;

impl App {
    /// The cases of a phone number, or the case of a number such as `AC-7Q2F-9K3M`; those that changed last come first.
    ///
    /// # Errors
    /// A missing role, or a text that is neither.
    pub async fn find_cases(
        &self,
        principal: &Principal,
        sought: &str,
    ) -> Result<Page<CaseRow>, AppError> {
        staff(principal, &[Role::Agent, Role::Dispatcher])?;
        let tenant = principal.tenant();
        let mut filter = CaseFilter {
            tenant: Some(tenant),
            ..CaseFilter::default()
        };
        if let Some(end) = end_of_number(sought) {
            filter.id_end = Some(end);
        } else if let Ok(phone) = normalize_phone(sought) {
            let index = self.vault().phone_index(&tenant.to_string(), &phone)?;
            let persons = self
                .store()
                .persons_by_phone(tenant, index.as_bytes())
                .await?;
            filter.claimants = persons.iter().map(|person| person.id).collect();
            if filter.claimants.is_empty() {
                return Ok(Page {
                    items: Vec::new(),
                    next_cursor: None,
                });
            }
        } else {
            return Err(AppError::invalid(
                "sought",
                "sought",
                "请输入完整的手机号，或案件编号，例如 AC-7Q2F-9K3M。",
                "Enter the whole phone number, or the number of the case, such as AC-7Q2F-9K3M.",
            ));
        }
        self.case_page(&filter, &Paging::default()).await
    }
}
