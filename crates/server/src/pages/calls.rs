//! The page of calls: who rings, whom a call back is owed, and who was answered.

use crate::pages::{FormState, Shell};
use aftercare_app::calls::{CallList, CallView};
use aftercare_app::desk_texts::ScriptFor;
use askama::Template;

/// `GET /desk/calls`. Each call posts `do` to `/desk/calls/{call}`: `open` shows the number and the form of a report,
/// `not_reached` and `done` say what came of it.
#[derive(Debug, Template)]
#[template(path = "desk_calls.html")]
pub struct Calls {
    pub shell: Shell,
    pub form: FormState,
    pub list: CallList,
    /// Questions to ask.
    pub scripts: Vec<ScriptFor>,
}

impl Calls {
    /// The parts of the page with the keys of their headings.
    fn parts(&self) -> [(&'static str, &[CallView]); 4] {
        [
            ("calls-ringing", self.list.ringing.as_slice()),
            ("calls-waiting", self.list.waiting.as_slice()),
            ("calls-follow-ups", self.list.follow_ups.as_slice()),
            ("calls-answered", self.list.answered.as_slice()),
        ]
    }

    /// What ends a call: after finished work that the customer was reached.
    fn finish_key(call: &CallView) -> &'static str {
        if call.follows.is_some() {
            "calls-reached"
        } else {
            "calls-finish"
        }
    }

    /// Whether the key opens this call: the first one of the page, since a key can mean one thing only.
    fn is_first(&self, call: &CallView) -> bool {
        let mut all = self.parts().into_iter().flat_map(|(_, calls)| calls);
        all.next().is_some_and(|first| first.id == call.id)
    }
}
