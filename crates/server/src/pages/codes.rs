//! The page of the codes of faults and of what was done.

use crate::pages::{Choice, FormState, Shell};
use aftercare_app::codes::{SERVICES, ServiceCode};
use askama::Template;

/// `GET /desk/codes`. Posts `class`, `skill`, `service`, `code`, `zh`, `en` and `retired` to the same path.
#[derive(Debug, Template)]
#[template(path = "desk_codes.html")]
pub struct Codes {
    pub shell: Shell,
    pub form: FormState,
    pub codes: Vec<ServiceCode>,
}

impl Codes {
    /// What codes are of.
    fn classes(&self) -> Vec<Choice> {
        ["diagnosis", "action"]
            .map(|class| Choice::new(class, self.shell.word("codeclass", class)))
            .to_vec()
    }

    /// The kinds of service.
    fn services(&self) -> Vec<Choice> {
        SERVICES
            .map(|service| Choice::new(service, self.shell.word("work", service)))
            .to_vec()
    }
}
