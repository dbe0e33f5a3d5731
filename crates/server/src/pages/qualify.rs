//! The page of the qualification helper: the facts that a human states, and the tracks of law that may
//! come into question. Advice; it has no place for a person.

use crate::pages::{Choice, FormState, Shell};
use aftercare_domain::ids::{CaseId, ClaimId};
use aftercare_domain::law::Read;
use aftercare_domain::qualification::{Advice, Track, TrackStanding};
use askama::Template;

/// Acts that the form has room for.
pub const ROWS: usize = 5;

/// `GET /desk/cases/{case}/qualify?claim=…`. Posts `found`…, `act_on_0`, `act_obtained_0`,
/// `act_sought_0`, `act_dealt_0` and so on, the other facts, and `do` (`show` or `sign`).
#[derive(Debug, Template)]
#[template(path = "desk_qualify.html")]
pub struct Qualify {
    pub shell: Shell,
    pub form: FormState,
    pub case: CaseId,
    pub claim: ClaimId,
    pub number: String,
    pub advice: Option<Advice>,
    pub founds: Vec<Choice>,
    pub answers: Vec<Choice>,
    pub ages: Vec<Choice>,
    pub provinces: Vec<Choice>,
}

impl Qualify {
    /// Whether something was entered for an act.
    fn has_act(&self, row: &usize) -> bool {
        ["act_on", "act_obtained", "act_sought"]
            .iter()
            .any(|field| !self.form.value(&format!("{field}_{row}")).is_empty())
    }
}

impl Shell {
    /// Words that come in both languages.
    #[must_use]
    pub fn both(&self, words: (&'static str, &'static str)) -> &'static str {
        self.lang.pick(words.0, words.1)
    }

    /// A number of a tier in whole yuan, or the word unknown.
    #[must_use]
    pub fn tier(&self, number: &Read<u64>) -> String {
        match number {
            Read::Known(yuan) => yuan.to_string(),
            Read::Unknown => self.word("lawstatus", "unknown"),
        }
    }

    /// Whether it is contested that a track fits at all.
    #[must_use]
    pub fn is_contested(&self, track: &Track) -> bool {
        track.standing == TrackStanding::Contested
    }
}
