//! Invented jobs of a technician.

use super::{failed, page, shell};
use crate::i18n::Lang;
use crate::pages::field::{CalendarView, Jobs};
use aftercare_app::experience::{RatingShares, RatingsKnown, ShareKnown};
use aftercare_app::relays::OwnLine;
use aftercare_app::views::WorkOrderRow;
use aftercare_domain::ids::TechnicianId;
use aftercare_domain::{Role, Timestamp};
use askama::Template as _;

/// What customers said of somebody's work: enough of them, or too few.
pub fn ratings(enough: bool) -> RatingsKnown {
    RatingsKnown {
        technician: TechnicianId(super::id(50)),
        name: "周师傅".into(),
        shares: enough.then_some(RatingShares {
            satisfied: ShareKnown {
                of: 20,
                count: 17,
                least_percent: 65,
            },
            partly: 2,
            dissatisfied: 1,
            answered: 3,
        }),
    }
}

/// The page with the jobs ahead, and with those that are done.
pub fn jobs(lang: Lang, items: &[WorkOrderRow]) -> Vec<(&'static str, askama::Result<String>)> {
    let pages = [None, Some(ratings(true)), Some(ratings(false))].map(|ratings| {
        let name = if ratings.is_some() {
            "jobs done"
        } else {
            "jobs"
        };
        let page = Jobs {
            shell: shell(lang, "/desk/jobs", &Role::ALL),
            page: page(items.to_vec()),
            done: ratings.is_some(),
            account: "0198a000-0000-7000-8000-00000000000a".into(),
            form: failed("", "", &["phone"]),
            line: Some(OwnLine {
                masked: Some("139****0077".into()),
            }),
            ratings,
            calendar: CalendarView {
                since: Some(Timestamp(1_793_581_200_000)),
                link: Some("https://desk.example/calendar/cal_secret.ics".into()),
            },
        };
        (name, page.render())
    });
    pages.into()
}
