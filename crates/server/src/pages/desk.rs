//! Pages of the desks: home, phone intake, dispatch, cases, the log, accounts, the catalogue.

use crate::pages::board::{Cell, Day};
use crate::pages::conversations::Talk;
use crate::pages::field::{Cards, Times};
use crate::pages::{Choice, FormState, Shell};
use aftercare_app::accounts::{AccountView, Invitation};
use aftercare_app::calls::OpenedCall;
use aftercare_app::catalogue::ProductView;
use aftercare_app::customers::CustomerView;
use aftercare_app::desk_texts::ScriptFor;
use aftercare_app::import::ImportKind;
use aftercare_app::logbook::{LogEntry, LogHead, Verification};
use aftercare_app::nearest::Nearest;
use aftercare_app::people::RevealedPerson;
use aftercare_app::prices::Price;
use aftercare_app::review_groups::ReviewGroupView;
use aftercare_app::technicians::TechnicianView;
use aftercare_app::untold::Untold;
use aftercare_app::views::{
    CaseDetail, CaseRow, IntakeReceipt, ListingPhotoDetail, OrderBrief, Page, WorkOrderRow,
};
use aftercare_app::visit_terms::VisitTerms;
use aftercare_app::wording::Words;
use aftercare_domain::Timestamp;
use aftercare_domain::ids::{ListingPhotoId, ProductId, UserId, WorkOrderId};
use askama::Template;

/// `GET /desk`: where each role goes on.
#[derive(Debug, Template)]
#[template(path = "desk_home.html")]
pub struct Home {
    pub shell: Shell,
}

/// `GET /desk/sandbox`: moves the clock of a sandbox on. Posts to itself (`hours`).
#[derive(Debug, Template)]
#[template(path = "desk_sandbox.html")]
pub struct Sandbox {
    pub shell: Shell,
    pub form: FormState,
}

/// `GET /desk/intake`: a report by phone. Posts multipart to `/desk/intake` the fields of
/// [`crate::pages::public::Report`]; `channel` is the agent's.
#[derive(Debug, Template)]
#[template(path = "desk_intake.html")]
pub struct Intake {
    pub shell: Shell,
    pub form: FormState,
    pub products: Vec<Choice>,
    pub counties: Vec<Choice>,
    pub notice_version: String,
    /// The case just taken: number, link and code to read out.
    pub receipt: Option<IntakeReceipt>,
    /// The call in which it is taken down: its number and recording, shown once.
    pub call: Option<OpenedCall>,
    /// Questions to ask.
    pub scripts: Vec<ScriptFor>,
    /// What cancelling costs, and not being there, to be told before a visit is booked.
    pub terms: Vec<Words>,
}

/// `POST /desk/intake/known`: a piece of the page of intake, for what was typed so far.
#[derive(Debug, Template)]
#[template(path = "desk_known.html")]
pub struct Known {
    pub shell: Shell,
    /// Open cases of the number.
    pub open: Vec<CaseRow>,
    /// Who is known under the number, masked.
    pub customer: Option<CustomerView>,
    pub order: Option<OrderBrief>,
    /// Whether an order was asked about.
    pub asked: bool,
}

impl Known {
    /// Whether a warranty still stands.
    fn covered(&self, until: &Timestamp) -> bool {
        *until >= self.shell.now
    }
}

/// `GET /desk/dispatch`: repairs that wait, and the live plan, `?day=1` for tomorrow's. Each row posts `offer` to `/desk/cases/{case}/act` with
/// `work_order` and optionally `technician`.
#[derive(Debug, Template)]
#[template(path = "desk_dispatch.html")]
pub struct Dispatch {
    pub shell: Shell,
    pub form: FormState,
    pub page: Page<WorkOrderRow>,
    pub technicians: Vec<TechnicianView>,
    pub board: Day,
}

/// So many technicians are listed beside each row at most: every row has the list again.
const LISTED_TECHNICIANS_MAX: usize = 30;

impl Dispatch {
    /// Whether somebody is chosen beside the row itself; where there are many, on the page of its case.
    #[must_use]
    pub fn lists_technicians(&self) -> bool {
        self.technicians.len() <= LISTED_TECHNICIANS_MAX
    }
}

/// `GET /desk/cases`: every case, `?open=1` for the open ones.
#[derive(Debug, Template)]
#[template(path = "desk_cases.html")]
pub struct Cases {
    pub shell: Shell,
    pub page: Page<CaseRow>,
    pub open_only: bool,
    pub form: FormState,
    /// Whether these are the cases of whoever calls.
    pub found: bool,
}

/// Who is near repairs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Near(pub Vec<(WorkOrderId, Nearest)>);

impl Near {
    #[must_use]
    pub fn of(&self, work_order: &WorkOrderId) -> Option<&Nearest> {
        let found = self.0.iter().find(|(known, _)| known == work_order);
        found.map(|(_, near)| near)
    }
}

/// `GET /desk/cases/{case}`: a case as colleagues read it. Posts `reveal` (`fields`, `reason`) to
/// `/desk/cases/{case}/reveal`, where a visit is (`address`, `county`) to `/desk/cases/{case}/place`, and every offered
/// action to `/desk/cases/{case}/act`.
#[derive(Debug, Template)]
#[template(path = "desk_case.html")]
pub struct CasePage {
    pub shell: Shell,
    pub form: FormState,
    pub case: CaseDetail,
    pub technicians: Vec<TechnicianView>,
    pub times: Times,
    pub cards: Cards,
    /// Who is near repairs that nobody covers or takes.
    pub near: Near,
    /// Counties to choose from, once the address of a form leaves its county open.
    pub counties: Vec<Choice>,
    /// Personal data just opened; shown on this answer only.
    pub revealed: Option<RevealedPerson>,
    /// The conversation, for whoever answers claimants.
    pub talk: Option<Talk>,
    /// Who was not told, for whoever calls them.
    pub untold: Vec<Untold>,
    /// The price book as it holds for the repair.
    pub prices: Vec<Price>,
}

impl CasePage {
    /// What cancelling costs, and not being there.
    fn terms(&self) -> Vec<Words> {
        VisitTerms::of(&self.prices).sentences()
    }
}

/// `GET /desk/log`: the log as auditors read it. Posts to `/desk/log/verify`.
#[derive(Debug, Template)]
#[template(path = "desk_log.html")]
pub struct Log {
    pub shell: Shell,
    pub head: LogHead,
    pub page: Page<LogEntry>,
    /// The result of a check just made.
    pub verification: Option<Verification>,
}

/// `GET /desk/users`: accounts. Posts to `/desk/users` (`login`, `display_name`, `roles`…),
/// `/desk/users/{id}/roles` (`roles`…), `/desk/users/{id}/disabled` (`disabled` true or false),
/// `/desk/users/{id}/groups` (`groups`), `/desk/users/{id}/invite` and `/desk/erasures` (`case`, `reason`).
#[derive(Debug, Template)]
#[template(path = "desk_users.html")]
pub struct Users {
    pub shell: Shell,
    pub form: FormState,
    pub users: Vec<AccountView>,
    pub groups: Vec<ReviewGroupView>,
    /// The one-time link just made, with scheme and host in `full_link`.
    pub invitation: Option<Invitation>,
    pub full_link: String,
}

impl Users {
    /// The groups that an account belongs to, with commas between them.
    fn groups_of(&self, user: &UserId) -> String {
        let of = |group: &&ReviewGroupView| group.members.iter().any(|who| who.user == *user);
        let names = self
            .groups
            .iter()
            .filter(of)
            .map(|group| group.name.as_str());
        names.collect::<Vec<_>>().join(", ")
    }
}

/// `GET /desk/catalogue`: products and prices. Posts multipart to `/desk/catalogue/import` (`kind`:
/// `products`, `orders`, `prices`, `outlets`, `technicians`; `file`) and `/desk/catalogue/photo` (`product`,
/// `photos`).
#[derive(Debug, Template)]
#[template(path = "desk_catalogue.html")]
pub struct Catalogue {
    pub shell: Shell,
    pub form: FormState,
    pub products: Vec<ProductView>,
    pub prices: Vec<Price>,
    /// Listing photos that stand, with product and version.
    pub photos: Vec<(ProductId, ListingPhotoId, u32)>,
    /// What the last import did: a sentence.
    pub imported: Option<String>,
    /// Lines that were not taken, with the reason.
    pub rejected: Vec<String>,
}

impl Catalogue {
    /// What its reader may take out.
    #[must_use]
    pub fn taken_out(&self) -> Vec<ImportKind> {
        let keeps_technicians = self.shell.has(&["admin", "dispatcher"]);
        let of_the_desk = [
            ImportKind::Outlets,
            ImportKind::Technicians,
            ImportKind::Parts,
            ImportKind::Serials,
            ImportKind::History,
            ImportKind::Codes,
        ];
        ImportKind::ALL
            .into_iter()
            .filter(|kind| keeps_technicians || !of_the_desk.contains(kind))
            .filter(|kind| *kind != ImportKind::Customers || self.shell.has(&["admin"]))
            .collect()
    }

    /// What its reader may import.
    #[must_use]
    pub fn kinds(&self) -> Vec<ImportKind> {
        let keeps_technicians = self.shell.has(&["admin", "dispatcher"]);
        let kinds = [
            ImportKind::Products,
            ImportKind::Orders,
            ImportKind::Prices,
            ImportKind::Codes,
            ImportKind::Outlets,
            ImportKind::Technicians,
        ];
        kinds
            .into_iter()
            .filter(|kind| {
                let of_the_desk = matches!(
                    kind,
                    ImportKind::Codes | ImportKind::Outlets | ImportKind::Technicians
                );
                keeps_technicians || !of_the_desk
            })
            .collect()
    }

    /// The listing photos of a product that stand.
    #[must_use]
    pub fn photos_of(&self, product: &ProductId) -> Vec<&(ProductId, ListingPhotoId, u32)> {
        let photos = self.photos.iter();
        photos.filter(|(of, ..)| of == product).collect()
    }
}

/// `GET /desk/listing/{photo}`: a listing photo, how it is published, and the forms that say why it carries a label. Posts
/// `action` (`declare`, or `judge` with `why`).
#[derive(Debug, Template)]
#[template(path = "desk_listing.html")]
pub struct ListingPhoto {
    pub shell: Shell,
    pub form: FormState,
    pub photo: ListingPhotoDetail,
}
