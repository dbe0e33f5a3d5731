//! The pages of applications to be a technician: the form for everybody, what the applicant reads under their link, and the queue
//! of those who judge.

use crate::pages::{FormState, Shell};
use aftercare_app::accounts::Invitation;
use aftercare_app::applications::{ApplicationView, OpenedApplication, OwnApplication};
use askama::Template;

/// Rows for certificates on the form.
pub const CERTIFICATE_ROWS: usize = 3;

/// `GET /apply`. Posts `name`, `phone`, `county`, `skills`, the rows `certificate_skill_0`, `certificate_number_0`,
/// `certificate_until_0` and so on, `photos`, and the consent to the same path.
#[derive(Debug, Template)]
#[template(path = "apply.html")]
pub struct Apply {
    pub shell: Shell,
    pub form: FormState,
    /// What can be chosen.
    pub skills: Vec<String>,
    pub notice_version: String,
}

/// What an applicant gets, shown once.
#[derive(Debug, Template)]
#[template(path = "applied.html")]
pub struct Applied {
    pub shell: Shell,
    pub link: String,
    pub full_link: String,
}

/// `GET /apply/{receipt}`: posts `do` (`reply` with `text`, or `withdraw`) to the same path.
#[derive(Debug, Template)]
#[template(path = "application_own.html")]
pub struct OwnApplicationPage {
    pub shell: Shell,
    pub form: FormState,
    pub token: String,
    pub own: OwnApplication,
}

/// `GET /desk/applications`
#[derive(Debug, Template)]
#[template(path = "desk_applications.html")]
pub struct Applications {
    pub shell: Shell,
    pub list: Vec<ApplicationView>,
}

/// `GET /desk/applications/{application}`: posts `act` (`check` with `certificate`, `holds` and `until`; `accept` with `login`,
/// `display_name` and `outlet_code`; `refuse` with `reason`) to the same path, and `reason` with `photo` to `…/open`.
#[derive(Debug, Template)]
#[template(path = "desk_application.html")]
pub struct Application {
    pub shell: Shell,
    /// `form.action` is the act that failed, or `open`; `form.subject` the certificate of a check, or `identity`.
    pub form: FormState,
    pub one: ApplicationView,
    /// What the applicant wrote, once the look is in the log.
    pub opened: Option<OpenedApplication>,
    /// The account of whoever was accepted just now, with the whole address of its link.
    pub invited: Option<(Invitation, String)>,
    /// Whether the reader judges.
    pub judges: bool,
}
