//! Pages of party mode.

use crate::pages::{FormState, Shell};
use aftercare_app::platforms::{AnswerKind, Brought, FieldUse, PlatformAnswer, Use};
use aftercare_domain::ids::CaseId;
use askama::Template;

/// `GET /desk/platform`: a platform's case is brought, and what became of its fields.
#[derive(Debug, Template)]
#[template(path = "desk_platform.html")]
pub struct Bring {
    pub shell: Shell,
    pub form: FormState,
    pub brought: Option<Brought>,
}

/// `GET /desk/cases/{case}/platform-answer`: the answer in the platform's form, to copy.
#[derive(Debug, Template)]
#[template(path = "desk_platform_answer.html")]
pub struct PlatformAnswerPage {
    pub shell: Shell,
    pub case: CaseId,
    pub answer: PlatformAnswer,
    /// The body as it is sent.
    pub body: String,
}

impl PlatformAnswerPage {
    fn appeals(&self) -> bool {
        self.answer.kind == AnswerKind::Appeal
    }
}

impl Shell {
    /// What became of a field, in words.
    #[must_use]
    pub fn use_of(&self, field: &FieldUse) -> String {
        self.t(match field.used {
            Use::Mapped => "use-mapped",
            Use::Dropped => "use-dropped",
            Use::Unknown => "use-unknown",
        })
    }
}
