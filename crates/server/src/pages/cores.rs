//! The page of old parts that come back for new ones.

use crate::pages::{Choice, FormState, Shell};
use aftercare_app::cores::{CoreParts, CoreView, REASONS};
use aftercare_domain::stock::CoreState;
use askama::Template;

/// `GET /desk/cores`, with `?state=`. Each old part posts `core`, `act`, `outlet`, `serial`, `reason` and `state` to the same
/// path; which parts come back is posted to `/desk/cores/parts` (`parts`).
#[derive(Debug, Template)]
#[template(path = "desk_cores.html")]
pub struct Cores {
    pub shell: Shell,
    /// `form.action` is `act`, with the old part as its subject, or `parts`.
    pub form: FormState,
    /// The state that is shown.
    pub state: String,
    pub cores: Vec<CoreView>,
    pub parts: CoreParts,
    /// Codes and names.
    pub outlets: Vec<Choice>,
}

impl Cores {
    /// The names of the states.
    fn states(&self) -> Vec<Choice> {
        CoreState::ALL
            .map(|state| Choice::new(state.name(), self.shell.word("core", state.name())))
            .to_vec()
    }

    /// Why nobody waits for an old part any more.
    fn reasons(&self) -> Vec<Choice> {
        REASONS
            .map(|reason| Choice::new(reason, self.shell.word("corewhy", reason)))
            .to_vec()
    }

    /// Which parts come back, as it is entered.
    fn written(&self) -> String {
        let parts = self.parts.parts.iter();
        let written: Vec<String> = parts
            .map(|one| format!("{} {}", one.part, one.days))
            .collect();
        written.join("; ")
    }
}
