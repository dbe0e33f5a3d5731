//! Pages of the reviewer. The blind page has no findings in it: they are not in the view it is
//! rendered from, and its template never names them.

use crate::pages::{Choice, FormState, Shell};
use aftercare_app::recovering::RecoveryLetter;
use aftercare_app::review_groups::{ReviewGroupView, WaitsForGroup};
use aftercare_app::reviewing::{ReviewMeasures, SecondLook};
use aftercare_app::rule_packs::ShadowView;
use aftercare_app::views::{CaseDetail, ClaimRow, Page};
use aftercare_domain::Role;
use aftercare_domain::ids::{CaseId, ClaimId};
use askama::Template;

/// `GET /desk/review`: claims that wait for a reviewer.
#[derive(Debug, Template)]
#[template(path = "review_queue.html")]
pub struct Queue {
    pub shell: Shell,
    pub page: Page<ClaimRow>,
    /// The largest amount first, instead of the nearest deadline.
    pub by_stake: bool,
    /// `mine`, the name of a group, or nothing for the whole queue.
    pub group: String,
    /// Names of groups; none where no rule names one and nobody belongs to one.
    pub groups: Vec<String>,
    /// Decisions that the reader can look at again.
    pub looks: Vec<SecondLook>,
}

impl Queue {
    /// The same queue of another group.
    fn link(&self, group: &str) -> String {
        let by = if self.by_stake { "&by=stake" } else { "" };
        format!("/desk/review?group={group}{by}")
    }

    /// Whether this part of the queue is shown.
    fn is_group(&self, name: &str) -> bool {
        self.group == name
    }

    /// What the next page and another order are asked with besides.
    fn query(&self) -> String {
        match self.group.as_str() {
            "" => String::new(),
            group => format!("group={group}&"),
        }
    }
}

/// `GET /desk/risk`: how reviews went, and claims that were referred to the risk manager.
#[derive(Debug, Template)]
#[template(path = "desk_risk.html")]
pub struct Risk {
    pub shell: Shell,
    pub page: Page<ClaimRow>,
    pub measures: ReviewMeasures,
}

/// `GET /desk/risk/shadow`: what runs beside the rules and thresholds in force. Posts to itself (`pack` as `id@version`,
/// `strength`, `without` several times, `from`) and to `…/end`.
#[derive(Debug, Template)]
#[template(path = "desk_shadow.html")]
pub struct ShadowPage {
    pub shell: Shell,
    pub form: FormState,
    pub shadow: Option<ShadowView>,
    /// Packs that are not in force.
    pub packs: Vec<Choice>,
    /// Codes of findings that can accuse.
    pub codes: Vec<String>,
    /// Whether the reader may begin and end one.
    pub writes: bool,
}

impl Shell {
    /// Whether somebody with these roles reviews.
    #[must_use]
    pub fn reviews(&self, roles: &[Role]) -> bool {
        roles.contains(&Role::Reviewer)
    }

    /// Whether nobody of a group can review.
    #[must_use]
    pub fn none_reviews(&self, group: &ReviewGroupView) -> bool {
        !group.members.iter().any(|who| who.can_review)
    }

    /// For whom a claim waits, in words.
    #[must_use]
    pub fn waits_for(&self, waits: &WaitsForGroup) -> String {
        let groups = waits.groups.join(", ");
        match &waits.until {
            Some(until) => self.t2("group-until", "groups", groups, "time", self.time(until)),
            None => self.t1("group-open", "groups", groups),
        }
    }

    /// Thousandths as a number, such as `2.000` or `-0.250`.
    #[must_use]
    pub fn thousandths(&self, milli: &i32) -> String {
        let sign = if *milli < 0 { "-" } else { "" };
        let (whole, part) = (milli.unsigned_abs() / 1_000, milli.unsigned_abs() % 1_000);
        format!("{sign}{whole}.{part:03}")
    }
}

/// `GET /desk/cases/{case}/recovery/{claim}`: the letter, to be printed.
#[derive(Debug, Template)]
#[template(path = "desk_recovery.html")]
pub struct Letter {
    pub shell: Shell,
    pub case: CaseId,
    pub letter: RecoveryLetter,
}

/// `GET /desk/review/{case}` while a first look is owed.
#[derive(Debug, Template)]
#[template(path = "review_blind.html")]
pub struct Blind {
    pub shell: Shell,
    pub form: FormState,
    pub case: CaseDetail,
}

/// What decisions may cite, by claim.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Citables(pub Vec<(ClaimId, Vec<Choice>)>);

impl Citables {
    /// The choices of a claim; none for a claim that nobody decides now.
    #[must_use]
    pub fn of(&self, claim: &ClaimId) -> &[Choice] {
        let found = self.0.iter().find(|(known, _)| known == claim);
        found.map_or(&[], |(_, choices)| choices)
    }
}

/// `GET /desk/review/{case}` with the findings, the decision and, on appeal, the second review.
/// The decision posts `grant` (`true` or `false`), `resolution_kind`, `resolution_amount` (yuan),
/// `reasons`, `citation` (several, each the value of a rule), `citation_rule` and
/// `citation_version` for one that is not listed, and `evidence` (several ids).
#[derive(Debug, Template)]
#[template(path = "review.html")]
pub struct Review {
    pub shell: Shell,
    pub form: FormState,
    pub case: CaseDetail,
    /// Rules that may be cited: value `rule|version`, label in words.
    pub rules: Citables,
}
