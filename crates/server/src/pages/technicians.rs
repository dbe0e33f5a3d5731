//! The page of technicians, and that of what was measured of their visits.

use crate::pages::{Choice, FormState, Shell};
use aftercare_app::equipment::NeedInput;
use aftercare_app::experience::{
    COUNTED_MIN, CountedKnown, CountyKnown, ExperienceView, RATINGS_MIN, RETURN_DAYS, RatingShares,
    TimesKnown,
};
use aftercare_app::nearest::Lack;
use aftercare_app::technicians::TechnicianView;
use aftercare_domain::Timestamp;
use askama::Template;

/// `GET /desk/technicians`, `?q=` for a part of a name or skill. Each technician posts to
/// `/desk/technicians/{id}/away` (`absence_from`, `absence_until`), `…/back` (`absence` as listed) and `…/active`
/// (`active` true or false), `…/areas` (`areas`) and `…/equipment` (`levels`, `certificates`, `stock`, `end`). What visits need posts to
/// `/desk/technicians/needs` (`skill`, `kind`, `people`, `level`, `certificate`, `parts`) and `…/needs/remove`.
#[derive(Debug, Template)]
#[template(path = "desk_technicians.html")]
pub struct Technicians {
    pub shell: Shell,
    /// What failed; its subject is the technician.
    pub form: FormState,
    pub technicians: Vec<TechnicianView>,
    pub needs: Vec<NeedInput>,
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

    /// What is counted by county, and from how many on a number is told.
    #[must_use]
    pub fn measured_counties(&self) -> String {
        self.t2(
            "measured-counties-hint",
            "count",
            COUNTED_MIN,
            "days",
            RETURN_DAYS,
        )
    }

    /// What a county's row says of times: that of the half, and that of 95 of 100, with how many there are.
    #[must_use]
    pub fn times_of(&self, row: &CountyKnown) -> [String; 2] {
        [&row.response, &row.arrival].map(|times| self.times(times))
    }

    fn times(&self, times: &TimesKnown) -> String {
        if !times.enough {
            return self.measured_few(times.of);
        }
        let half = self.duration_or_more(times.median_minutes);
        let most = self.duration_or_more(times.most_minutes);
        let both = self.t2("measured-times", "half", half, "most", most);
        [both, self.t1("measured-count", "count", times.of)].join(" · ")
    }

    /// What a county's row says of promises and finished work.
    #[must_use]
    pub fn shares_of(&self, row: &CountyKnown) -> [String; 4] {
        [row.promises, row.first_fix, row.held, row.satisfied].map(|counted| self.counted(counted))
    }

    fn counted(&self, counted: CountedKnown) -> String {
        let Some(share) = counted.share else {
            return self.measured_few(counted.of);
        };
        let count = self.t2("measure-k-of-n", "k", share.count, "n", share.of);
        let least = self.t("measured-least");
        format!("{count} · {least} {} %", share.least_percent)
    }

    fn measured_few(&self, count: usize) -> String {
        if count == 0 {
            self.t("measured-none")
        } else {
            self.t1("measured-few", "count", count)
        }
    }

    /// Minutes, from two hours on hours, or that it takes longer than anybody knows.
    fn duration_or_more(&self, minutes: Option<u32>) -> String {
        match minutes {
            Some(minutes) if minutes >= 120 => {
                self.t1("measured-hours", "hours", minutes.div_ceil(60))
            }
            minutes => self.minutes_or_more(&minutes),
        }
    }

    /// Minutes, or that it takes longer than anybody knows.
    #[must_use]
    pub fn minutes_or_more(&self, minutes: &Option<u32>) -> String {
        minutes.map_or_else(
            || self.t("measured-over"),
            |minutes| self.t1("measured-min", "minutes", minutes),
        )
    }

    /// What customers said of somebody's work: each number with how many it is of.
    #[must_use]
    pub fn rating_shares(&self, shares: &RatingShares) -> String {
        let of = shares.satisfied.of;
        let satisfied = self.t2(
            "ratings-satisfied",
            "count",
            shares.satisfied.count,
            "of",
            of,
        );
        let least = self.t1("ratings-least", "percent", shares.satisfied.least_percent);
        let partly = self.t1("ratings-partly", "count", shares.partly);
        let dissatisfied = self.t1("ratings-dissatisfied", "count", shares.dissatisfied);
        let answered = self.t2("ratings-answered", "count", shares.answered, "of", of);
        [satisfied, least, partly, dissatisfied, answered].join(" · ")
    }

    /// That too few customers said how it was.
    #[must_use]
    pub fn ratings_few(&self) -> String {
        self.t1("ratings-few", "count", RATINGS_MIN)
    }

    /// The kinds of visits, to choose from.
    #[must_use]
    pub fn visit_kinds(&self) -> Vec<Choice> {
        [
            "repair", "install", "clean", "maintain", "upgrade", "inspect",
        ]
        .map(|kind| Choice::new(kind, self.word("work", kind)))
        .to_vec()
    }

    /// The stable name of the kind of visits that a need is of; empty for every kind.
    #[must_use]
    pub fn need_kind(&self, need: &NeedInput) -> String {
        let kind = need.kind.map(serde_json::to_value).and_then(Result::ok);
        let kind = kind.as_ref().and_then(serde_json::Value::as_str);
        kind.unwrap_or_default().to_owned()
    }

    /// What a kind of visit needs, in words.
    #[must_use]
    pub fn need(&self, need: &NeedInput) -> String {
        let mut words = Vec::new();
        if need.people > 1 {
            words.push(self.t("needs-two"));
        }
        if need.level > 1 {
            words.push(self.t1("needs-at-least", "level", need.level));
        }
        if need.certificate {
            words.push(self.t("needs-certificate"));
        }
        words.extend(need.parts.iter().cloned());
        if words.is_empty() {
            words.push(self.t("needs-nothing"));
        }
        words.join(" · ")
    }

    /// What keeps a technician from a visit.
    #[must_use]
    pub fn lack(&self, lack: &Lack) -> String {
        self.t(match lack {
            Lack::Skill => "lack-skill",
            Lack::Level => "lack-level",
            Lack::Certificate => "lack-certificate",
            Lack::Parts => "lack-parts",
            Lack::County => "lack-county",
            Lack::Town => "lack-town",
            Lack::Days => "lack-days",
            Lack::Reach => "lack-reach",
            Lack::Away => "lack-away",
            Lack::Off => "lack-off",
            Lack::Place => "lack-place",
            Lack::Second => "lack-second",
        })
    }
}
