//! Pages of the technician: the day's jobs and one job with the step in hand.

use crate::http::qr::QrDrawing;
use crate::pages::{Choice, FormState, Shell};
use aftercare_app::codes::CodeBook;
use aftercare_app::experience::RatingsKnown;
use aftercare_app::genuine::VisitCard;
use aftercare_app::people::RevealedPerson;
use aftercare_app::prices::Price;
use aftercare_app::relays::OwnLine;
use aftercare_app::views::{CaseDetail, OfferDetail, Page, WorkOrderDetail, WorkOrderRow};
use aftercare_domain::Timestamp;
use aftercare_domain::ids::{TechnicianId, WorkOrderId};
use askama::Template;

/// Rows of the quote form.
pub const QUOTE_ROWS: usize = 6;

/// Times to which visits of a case can move, as the plan stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Times(pub Vec<(WorkOrderId, Vec<Choice>)>);

impl Times {
    /// The times of a repair, those that fit best first; each sends `from-until` in milliseconds.
    #[must_use]
    pub fn of(&self, work_order: &WorkOrderId) -> &[Choice] {
        let found = self.0.iter().find(|(known, _)| known == work_order);
        found.map_or(&[], |(_, times)| times)
    }
}

/// A card of a visit as pages show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardView {
    pub technician: Option<TechnicianId>,
    pub shop: String,
    pub order: String,
    pub name: String,
    pub staff: String,
    pub outlet: String,
    pub brand: String,
    pub from: Timestamp,
    pub until: Timestamp,
    /// Where it is checked: a path with the card.
    pub address: String,
    /// The same address with its host, as a code to be scanned.
    pub drawing: Option<QrDrawing>,
}

impl CardView {
    /// What a card says.
    #[must_use]
    pub fn of(card: &VisitCard) -> Self {
        Self {
            technician: None,
            shop: card.shop.clone(),
            order: card.order.clone(),
            name: card.name.clone(),
            staff: card.staff.clone(),
            outlet: card.outlet.clone(),
            brand: card.brand.clone(),
            from: Timestamp(card.from_ms),
            until: Timestamp(card.until_ms),
            address: String::new(),
            drawing: None,
        }
    }
}

/// Cards of the visits of a case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cards(pub Vec<(WorkOrderId, CardView)>);

impl Cards {
    /// Of whoever comes to a visit.
    #[must_use]
    pub fn of(&self, work_order: &WorkOrderId) -> Vec<&CardView> {
        let cards = self.0.iter().filter(|(of, _)| of == work_order);
        cards.map(|(_, card)| card).collect()
    }

    /// The one that a technician shows at the door.
    #[must_use]
    pub fn own(&self, work_order: &WorkOrderId, mine: &Option<TechnicianId>) -> Option<&CardView> {
        let mut cards = self.of(work_order).into_iter();
        cards.find(|card| card.technician.is_some() && card.technician == *mine)
    }
}

/// `GET /desk/jobs`: offers to answer and work that is not done; with `which=done` what was done lately. Posts `phone` to
/// `/desk/jobs/line`, and `do` (`make` or `end`) to `/desk/jobs/calendar`.
#[derive(Debug, Template)]
#[template(path = "jobs.html")]
pub struct Jobs {
    pub shell: Shell,
    pub page: Page<WorkOrderRow>,
    /// Whether it is the work that was done lately.
    pub done: bool,
    /// Whose page it is: what was done without a network is sent by the same account only.
    pub account: String,
    pub form: FormState,
    /// The number that customers are connected to; none where no numbers are put in between.
    pub line: Option<OwnLine>,
    /// Beside what was done: what customers said of it.
    pub ratings: Option<RatingsKnown>,
    pub calendar: CalendarView,
}

/// The link of the technician's calendar.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CalendarView {
    /// Since when there is one.
    pub since: Option<Timestamp>,
    /// The one just made; shown on this answer only.
    pub link: Option<String>,
}

/// `GET /desk/jobs/{case}`: one job. Forms post to `/desk/cases/{case}/act` with `next` set to this
/// page; the reveal form posts `fields` and `reason` to `/desk/cases/{case}/reveal`. The quote posts
/// [`QUOTE_ROWS`] rows of `line_code_0`, `line_label_0` and `line_amount_0` (yuan), …, of which empty
/// ones are left out, and `under_warranty`; waiting for parts posts `parts`, one a line.
#[derive(Debug, Template)]
#[template(path = "job.html")]
pub struct Job {
    pub shell: Shell,
    pub form: FormState,
    pub case: CaseDetail,
    pub prices: Vec<Price>,
    /// What a technician chooses of.
    pub codes: CodeBook,
    pub times: Times,
    pub cards: Cards,
    /// Personal data just opened; shown on this answer only.
    pub revealed: Option<RevealedPerson>,
    /// The technician behind the reader's account.
    pub mine: Option<TechnicianId>,
    /// Whose page it is, as in [`Jobs`].
    pub account: String,
}

impl Job {
    /// Whether the repair is the reader's, who may have to go on with it without a network.
    #[must_use]
    pub fn is_own(&self, order: &WorkOrderDetail) -> bool {
        let who = order.technician.as_ref();
        who.is_some_and(|who| Some(who.id) == self.mine)
    }

    /// The offer that the reader has to answer, whoever else was asked.
    #[must_use]
    pub fn own_offer<'a>(&self, order: &'a WorkOrderDetail) -> Option<&'a OfferDetail> {
        let mut offers = order.offers.iter().rev();
        offers.find(|offer| Some(offer.technician) == self.mine && offer.answer == "open")
    }
}
