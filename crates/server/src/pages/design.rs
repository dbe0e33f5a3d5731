//! The page of the design: every part that pages are made of, so that one design stays one.

use crate::pages::{Choice, FormState, Shell};
use askama::Template;
use std::collections::BTreeMap;

/// `GET /design`: every part in both themes, with the names of its classes. It shows nothing of anybody.
#[derive(Debug, Template)]
#[template(path = "design.html")]
pub struct Design {
    pub shell: Shell,
    pub form: FormState,
}

/// Names of the buttons, of the badges, and of the notes.
const BUTTONS: [&str; 5] = ["btn go", "btn", "btn stop", "btn small", "btn full"];
const BADGES: [&str; 6] = [
    "badge",
    "badge go",
    "badge time",
    "badge evid",
    "badge stop",
    "badge line",
];
const NOTES: [&str; 4] = ["note", "note plain", "note time", "note stop"];
/// Clocks: their class, what is left, and how much of their time in percent.
const CLOCKS: [(&str, &str, u8); 4] = [
    ("clock", "plenty", 80),
    ("clock soon", "soon", 20),
    ("clock late", "late", 0),
    ("clock held", "held", 60),
];
const ICONS: [&str; 25] = [
    "box", "camera", "chat", "check", "clock", "doc", "eye", "home", "image", "info", "lock",
    "minus", "moon", "off", "phone", "pin", "plus", "right", "search", "shield", "swap", "sync",
    "undo", "user", "warn",
];

impl Design {
    /// The page with a form in which one field is wrong.
    #[must_use]
    pub fn of(shell: Shell) -> Self {
        let wrong = shell.t("design-wrong");
        let form = FormState {
            errors: BTreeMap::from([("wrong".to_owned(), wrong)]),
            ..FormState::default()
        };
        Self { shell, form }
    }

    const fn themes() -> [&'static str; 2] {
        ["light", "dark"]
    }

    const fn buttons() -> [&'static str; 5] {
        BUTTONS
    }

    const fn badges() -> [&'static str; 6] {
        BADGES
    }

    const fn notes() -> [&'static str; 4] {
        NOTES
    }

    const fn clocks() -> [(&'static str, &'static str, u8); 4] {
        CLOCKS
    }

    const fn icons() -> [&'static str; 25] {
        ICONS
    }

    fn choices(&self) -> Vec<Choice> {
        ["1", "2"]
            .map(|number| Choice::new(number, self.shell.t1("design-choice", "number", number)))
            .into()
    }
}
