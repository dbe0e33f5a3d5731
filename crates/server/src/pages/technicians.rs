//! The page of technicians, and that of what was measured of their visits.

use crate::pages::{FormState, Shell};
use aftercare_app::experience::ExperienceView;
use aftercare_app::nearest::Lack;
use aftercare_app::technicians::TechnicianView;
use aftercare_domain::Timestamp;
use askama::Template;

/// `GET /desk/technicians`, `?q=` for a part of a name or skill. Each technician posts to
/// `/desk/technicians/{id}/away` (`absence_from`, `absence_until`), `…/back` (`absence` as listed) and `…/active`
/// (`active` true or false).
#[derive(Debug, Template)]
#[template(path = "desk_technicians.html")]
pub struct Technicians {
    pub shell: Shell,
    /// What failed; its subject is the technician.
    pub form: FormState,
    pub technicians: Vec<TechnicianView>,
    /// How many more were found than are shown.
    pub more: usize,
    pub q: String,
}

/// `GET /desk/measured`: what was measured of requests and visits.
#[derive(Debug, Template)]
#[template(path = "desk_measured.html")]
pub struct Measured {
    pub shell: Shell,
    pub known: ExperienceView,
}

impl Shell {
    /// The days that count, in words.
    #[must_use]
    pub fn measured_days(&self, from: &Timestamp, until: &Timestamp) -> String {
        // The last day is the one before the midnight.
        let (from, until) = (self.day(from), self.day(&until.plus_ms(-1)));
        self.t2("measured-hint", "from", from, "until", until)
    }

    /// Minutes, or that it takes longer than anybody knows.
    #[must_use]
    pub fn minutes_or_more(&self, minutes: &Option<u32>) -> String {
        minutes.map_or_else(
            || self.t("measured-over"),
            |minutes| self.t1("measured-min", "minutes", minutes),
        )
    }

    /// What keeps a technician from a visit.
    #[must_use]
    pub fn lack(&self, lack: &Lack) -> String {
        self.t(match lack {
            Lack::Skill => "lack-skill",
            Lack::County => "lack-county",
            Lack::Reach => "lack-reach",
            Lack::Away => "lack-away",
            Lack::Off => "lack-off",
        })
    }
}
