//! The question before an act that cannot be taken back: what it is, what follows, and the way back.

use crate::pages::Shell;
use aftercare_app::views::ResolutionDetail;
use askama::Template;

/// What is asked about.
#[derive(Clone, Debug, Default)]
pub struct Question {
    /// The act, by the name in its form.
    pub action: String,
    /// Number of the case.
    pub number: String,
    /// What is agreed to, where something is.
    pub what: Option<ResolutionDetail>,
    /// Whom it is about, as lists show people; empty where it is about nobody.
    pub whom: String,
    /// The fields of the form, which it brings again.
    pub fields: Vec<(String, String)>,
    /// Where the form goes.
    pub to: String,
    /// The page that it came from.
    pub back: String,
}

/// The question to a claimant.
#[derive(Debug, Template)]
#[template(path = "confirm.html")]
pub struct Confirm {
    pub shell: Shell,
    pub question: Question,
}

/// The same to a colleague.
#[derive(Debug, Template)]
#[template(path = "desk_confirm.html")]
pub struct DeskConfirm {
    pub shell: Shell,
    pub question: Question,
}
