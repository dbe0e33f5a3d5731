//! The page that tells whether a number, a name or a card is ours, and the register behind it.

use crate::pages::field::CardView;
use crate::pages::{Choice, FormState, Shell};
use aftercare_app::genuine::Answer;
use aftercare_app::register::{Listed, ListedKind, RegisterView};
use askama::Template;

/// `GET /genuine`, with `?card=` for a card that was scanned. Posts `sought` to the same path, and `number` and `text` of a
/// report to `/genuine/report`.
#[derive(Debug, Template)]
#[template(path = "genuine.html")]
pub struct Genuine {
    pub shell: Shell,
    /// `form.action` is `report` when that form failed.
    pub form: FormState,
    /// What is known about what was asked.
    pub answer: Option<Answer>,
    /// What the card says that was asked about.
    pub card: Option<CardView>,
    /// Whether a report was just taken.
    pub reported: bool,
}

/// `GET /desk/register`: posts `kind`, `number`, `shown`, `label`, `technician`, `until` and `agreed` to the same path,
/// `kind` and `number` to `/desk/register/withdraw`, and `report` to `/desk/register/seen`.
#[derive(Debug, Template)]
#[template(path = "desk_register.html")]
pub struct Register {
    pub shell: Shell,
    /// `form.action` is `withdraw` or `seen` when one of those failed.
    pub form: FormState,
    pub known: RegisterView,
    pub technicians: Vec<Choice>,
}

impl Shell {
    /// Whether the number of an entry is shown beside what it is called.
    #[must_use]
    pub fn numbered(&self, entry: &Listed) -> bool {
        !matches!(entry.kind, ListedKind::Hotline | ListedKind::Brand)
    }

    /// Whether an entry is listed now.
    #[must_use]
    pub fn stands(&self, entry: &Listed) -> bool {
        entry.stands(self.now)
    }
}
