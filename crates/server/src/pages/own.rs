//! What somebody chooses for themselves, the settings of the organization, and what a fresh installation still lacks.

use crate::pages::{FormState, Shell};
use aftercare_app::preferences::{Language, Preference, Quiet};
use aftercare_app::processing::ProcessingRecord;
use aftercare_app::retention::KeptDetail;
use aftercare_app::settings::{CalendarInput, SettingChange};
use aftercare_app::setup::SetupStep;
use askama::Template;

/// Days of the week, as a calendar names them.
pub const DAYS: [&str; 7] = [
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
];

fn filled<const N: usize>(values: [(&str, String); N]) -> FormState {
    FormState {
        values: values
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
        ..FormState::default()
    }
}

/// Fields of quiet hours: which of the choices, and from when until when.
fn quiet_fields(quiet: Option<Quiet>) -> [(&'static str, String); 3] {
    let choice = match quiet {
        None => "open",
        Some(Quiet::Never) => "none",
        Some(Quiet::Hours(_)) => "own",
    };
    let hours = quiet.and_then(Quiet::hours).map(|hours| hours.to_string());
    let (from, until) = hours
        .as_deref()
        .and_then(|hours| hours.split_once('-'))
        .unwrap_or_default();
    [
        ("quiet", choice.to_owned()),
        ("from", from.to_owned()),
        ("until", until.to_owned()),
    ]
}

/// The form of what somebody chose: as it stands, unless it was sent and came back.
#[must_use]
pub fn own_form(form: &FormState, chosen: Preference) -> FormState {
    if form.action == "own" {
        return form.clone();
    }
    let [quiet, from, until] = quiet_fields(chosen.quiet);
    let lang = chosen.lang.map_or("browser", Language::name);
    filled([("lang", lang.to_owned()), quiet, from, until])
}

/// The form of the organization's quiet hours, in the same way.
#[must_use]
pub fn quiet_form(form: &FormState, quiet: Option<Quiet>) -> FormState {
    if form.action == "quiet" {
        return form.clone();
    }
    filled(quiet_fields(quiet))
}

/// The form of one value, in the same way.
#[must_use]
pub fn one_form(form: &FormState, part: &str, value: String) -> FormState {
    if form.action == part {
        return form.clone();
    }
    filled([(part, value)])
}

/// The form of the desk's hours, in the same way: spans apart by commas, and a line a day of the holiday notices.
#[must_use]
pub fn hours_form(form: &FormState, calendar: &CalendarInput) -> FormState {
    if form.action == "hours" {
        return form.clone();
    }
    let days = [
        &calendar.monday,
        &calendar.tuesday,
        &calendar.wednesday,
        &calendar.thursday,
        &calendar.friday,
        &calendar.saturday,
        &calendar.sunday,
    ];
    let mut state = FormState::default();
    for (day, spans) in DAYS.into_iter().zip(days) {
        state.values.insert(day.to_owned(), spans.join(", "));
    }
    let notices: Vec<&str> = calendar
        .years
        .values()
        .map(|notice| notice.trim())
        .collect();
    state.values.insert("years".to_owned(), notices.join("\n"));
    state
}

/// `GET /desk/own`: posts `lang` (`browser`, `zh`, `en`), and of technicians `quiet` (`open`, `own`) with `from` and `until`, to
/// the same path.
#[derive(Debug, Template)]
#[template(path = "desk_own.html")]
pub struct Own {
    pub shell: Shell,
    /// As it stands, or as it came back.
    pub form: FormState,
}

/// `GET /desk/settings`: posts `part` (`name`, `hours`, `hotline`, `quiet`, `assistant`) with the fields of that part to the same path.
#[derive(Debug, Template)]
#[template(path = "desk_settings.html")]
pub struct Settings {
    pub shell: Shell,
    /// Each part as it stands, or as it came back.
    pub name: FormState,
    pub hours: FormState,
    pub hotline: FormState,
    pub quiet: FormState,
    pub assistant: FormState,
    /// The provider of drafts that the installation names.
    pub assistant_host: Option<String>,
    /// What is kept for how long, by the rules in force.
    pub kept: Vec<KeptDetail>,
    /// The latest first.
    pub changes: Vec<SettingChange>,
    /// Whether its reader changes anything.
    pub writes: bool,
}

impl Settings {
    /// What was changed, in words, with what it was called where there are several.
    fn named(&self, change: &SettingChange) -> String {
        match change.name.split_once(':') {
            Some((kind, which)) => format!("{} {which}", self.shell.word("setting", kind)),
            None => self.shell.word("setting", &change.name),
        }
    }

    /// The desk has no hours: it counts as always open.
    fn always_open(&self) -> bool {
        DAYS.iter().all(|day| self.hours.value(day).is_empty())
    }
}

/// `GET /desk/processing`: which personal data is processed, for what, and until when.
#[derive(Debug, Template)]
#[template(path = "desk_processing.html")]
pub struct Processing {
    pub shell: Shell,
    pub record: ProcessingRecord,
}

/// `GET /desk/setup`: what is set up and what is missing.
#[derive(Debug, Template)]
#[template(path = "desk_setup.html")]
pub struct Setup {
    pub shell: Shell,
    pub steps: Vec<SetupStep>,
}

impl Setup {
    /// Steps that work stays lying without.
    fn missing(&self) -> usize {
        let steps = self.steps.iter();
        steps.filter(|step| step.needed && !step.done).count()
    }

    fn done(&self) -> usize {
        self.steps.iter().filter(|step| step.done).count()
    }

    /// Whether it is the step to do next of those that are done on a page: one that work stays lying without comes before one
    /// that is advised.
    fn is_next(&self, step: &SetupStep) -> bool {
        let steps = self.steps.iter();
        let open: Vec<&SetupStep> = steps
            .filter(|one| !one.done && self.address(one).is_some())
            .collect();
        let needed = open.iter().find(|one| one.needed);
        let next = needed.or_else(|| open.first());
        next.is_some_and(|next| next.name == step.name)
    }

    /// Where a step is done; nothing for what is done where the program was started.
    #[must_use]
    pub fn address(&self, step: &SetupStep) -> Option<&'static str> {
        Some(match step.name {
            "contact" | "hours" => "/desk/settings",
            "users" | "admins" => "/desk/users",
            "products" | "prices" | "outlets" | "technicians" => "/desk/catalogue",
            "rules" => "/desk/rules",
            _ => return None,
        })
    }

    /// The roles that nobody holds, in words.
    fn lacking(&self, step: &SetupStep) -> String {
        let roles = step.lacks.iter();
        let words: Vec<String> = roles
            .map(|role| self.shell.word("role", role.name()))
            .collect();
        words.join(self.shell.pick("、", ", "))
    }
}
