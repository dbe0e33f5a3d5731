//! Whether something is ours: a telephone number, the name of a hotline, a brand, an outlet, a technician's number, a price, or the
//! card that a technician shows at the door. The answer is *listed by us*, *not listed* or *withdrawn*, and never that somebody is false: of others
//! nothing is known here.

use crate::app::App;
use crate::error::{AppError, ErrorKind};
use crate::limits::{CARD_STANDS_MS, GENUINE_CHARS_MAX};
use crate::numbers::case_number;
use crate::own_work::sees;
use crate::principal::Principal;
use crate::register::{Listed, ListedKind, digits_of, staff_number};
use aftercare_domain::case::WorkOrder;
use aftercare_domain::ids::{CaseId, TechnicianId, TenantId, WorkOrderId};
use aftercare_domain::{Day, Fen, Timestamp};
pub use aftercare_ledger::card::{VisitCard, in_address};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// How somebody stands with us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Verified by us, and it stands.
    Listed,
    /// We do not list it. It may be somebody else's, or written otherwise; nothing is said about it.
    NotListed,
    /// It was ours, and no longer stands: withdrawn, run out, or the visit was changed.
    Withdrawn,
}

impl Standing {
    /// The stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Listed => "listed",
            Self::NotListed => "not_listed",
            Self::Withdrawn => "withdrawn",
        }
    }
}

/// What is known about what was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub standing: Standing,
    /// `hotline`, `technician`, `brand`, `outlet`, `price` or `card`; none of what is not listed.
    pub what: Option<&'static str>,
    /// The number as we write it; of a technician the number alone, for a name is on the card.
    pub shown: Option<String>,
    /// What a hotline is called, or what is said of a brand or an outlet.
    pub label: Option<String>,
    /// What a price was when it was verified.
    pub amount: Option<Fen>,
    /// When it was verified, and until when; none of the number that stands on our pages, and of a card.
    pub verified: Option<(Timestamp, Day)>,
    /// What the card says, where its signature is ours.
    pub card: Option<VisitCard>,
}

impl Answer {
    /// Whether it is listed.
    #[must_use]
    pub fn is_listed(&self) -> bool {
        self.standing == Standing::Listed
    }

    /// Whether it was ours and no longer stands.
    #[must_use]
    pub fn is_withdrawn(&self) -> bool {
        self.standing == Standing::Withdrawn
    }

    const fn nothing() -> Self {
        Self {
            standing: Standing::NotListed,
            what: None,
            shown: None,
            label: None,
            amount: None,
            verified: None,
            card: None,
        }
    }

    fn of(entry: &Listed, now: Timestamp) -> Self {
        let technician = entry.kind == ListedKind::Technician;
        Self {
            standing: if entry.stands(now) {
                Standing::Listed
            } else {
                Standing::Withdrawn
            },
            what: Some(entry.kind.name()),
            shown: Some(if technician {
                entry.number.clone()
            } else {
                entry.shown.clone()
            }),
            label: Some(entry.label.clone()).filter(|label| !technician && !label.is_empty()),
            amount: entry.amount,
            verified: Some((entry.verified_at, entry.until)),
            card: None,
        }
    }
}

/// The same for programs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct GenuineView {
    /// Whose register answers: what is listed in it, a person of this shop verified.
    pub shop: String,
    /// `listed`, `not_listed` or `withdrawn`. What is not listed may be somebody else's, or written otherwise: nothing is said
    /// about it.
    pub standing: String,
    /// `hotline`, `technician`, `brand`, `outlet`, `price` or `card`; none of what is not listed.
    pub what: Option<String>,
    /// As we write it; of a technician the number alone.
    pub shown: Option<String>,
    pub label: Option<String>,
    /// Of a price: fen.
    #[schema(value_type = Option<i64>)]
    pub amount: Option<Fen>,
    /// When one of us verified it, in milliseconds since 1970; none of the number that stands on our pages, and of a card.
    #[schema(value_type = Option<i64>)]
    pub verified_at: Option<Timestamp>,
    /// The last day on which it stands.
    pub until: Option<String>,
    /// What the card says, where its signature is ours.
    pub card: Option<CardView>,
}

/// What a card says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CardView {
    /// The business that sends somebody.
    pub shop: String,
    /// The number of the order as the customer knows it.
    pub order: String,
    /// The name under which the technician agreed to be shown.
    pub name: String,
    /// The technician's number.
    pub staff: String,
    /// Empty where there is none.
    pub outlet: String,
    /// Empty where there is none.
    pub brand: String,
    /// Milliseconds since 1970: the visit begins between the two.
    pub from_ms: i64,
    pub until_ms: i64,
}

impl GenuineView {
    /// An answer as programs read it.
    fn of(shop: String, answer: Answer) -> Self {
        let (verified_at, until) = answer.verified.unzip();
        Self {
            shop,
            standing: answer.standing.name().to_owned(),
            what: answer.what.map(str::to_owned),
            shown: answer.shown,
            label: answer.label,
            amount: answer.amount,
            verified_at,
            until: until.map(|day| day.to_string()),
            card: answer.card.map(|card| CardView {
                shop: card.shop,
                order: card.order,
                name: card.name,
                staff: card.staff,
                outlet: card.outlet,
                brand: card.brand,
                from_ms: card.from_ms,
                until_ms: card.until_ms,
            }),
        }
    }
}

/// A card of a visit, for the technician who shows it and for the customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardShown {
    pub work_order: WorkOrderId,
    pub technician: TechnicianId,
    pub card: VisitCard,
    /// The signed note.
    pub note: String,
}

impl App {
    /// Whether a number, a name or a card is ours, for programs.
    ///
    /// # Errors
    /// As [`App::check_genuine`].
    pub async fn ask_genuine(&self, tenant: TenantId, text: &str) -> Result<GenuineView, AppError> {
        let answer = self.check_genuine(tenant, text).await?;
        Ok(GenuineView::of(self.tenant_name(tenant).await?, answer))
    }

    /// Whether a number, a name or a card is ours.
    ///
    /// # Errors
    /// `Invalid` for a text that is empty or too long.
    pub async fn check_genuine(&self, tenant: TenantId, text: &str) -> Result<Answer, AppError> {
        let text = text.trim();
        if text.is_empty() || text.chars().count() > GENUINE_CHARS_MAX {
            return Err(AppError::invalid(
                "sought",
                "genuine_sought",
                "请输入电话号码、热线名称、品牌、网点、师傅工号或收费项目，或贴上名片的内容。",
                "Please enter a telephone number, the name of a hotline, a brand, an outlet, a technician's number or a price, or the text of a card.",
            ));
        }
        if let Ok(card) = VisitCard::read(text, &[self.parts_log_verifier()]) {
            let standing = if self.card_stands(tenant, &card).await? {
                Standing::Listed
            } else {
                Standing::Withdrawn
            };
            return Ok(Answer {
                standing,
                what: Some("card"),
                card: Some(card),
                ..Answer::nothing()
            });
        }
        let mut settings = self.settings_of(tenant).await?;
        self.withdraw_other_prices(tenant, &mut settings.register)
            .await?;
        let now = self.now();
        let digits = digits_of(text);
        let staff = staff_number(text).ok();
        let named = text.to_lowercase();
        let asked = |entry: &&Listed| match entry.kind {
            ListedKind::Hotline => {
                digits
                    .as_ref()
                    .is_some_and(|digits| entry.has_digits(digits))
                    || !entry.label.is_empty() && entry.label.to_lowercase() == named
            }
            ListedKind::Technician => staff.as_ref() == Some(&entry.number),
            ListedKind::Brand => entry.number == named,
            ListedKind::Outlet | ListedKind::Price => {
                entry.number.to_lowercase() == named || entry.shown.to_lowercase() == named
            }
        };
        let found = settings.register.iter().filter(asked);
        // What stands is told rather than what was withdrawn under the same name.
        if let Some(entry) = found.max_by_key(|entry| entry.stands(now)) {
            return Ok(Answer::of(entry, now));
        }
        let own = settings.hotline.as_deref();
        Ok(
            match own.filter(|own| digits.is_some() && digits_of(own) == digits) {
                // It stands on every page of ours.
                Some(own) => Answer {
                    standing: Standing::Listed,
                    what: Some(ListedKind::Hotline.name()),
                    shown: Some(own.to_owned()),
                    ..Answer::nothing()
                },
                None => Answer::nothing(),
            },
        )
    }

    /// Whether a card whose signature is ours still stands: the visit is as it says, and its technician is listed.
    async fn card_stands(&self, tenant: TenantId, card: &VisitCard) -> Result<bool, AppError> {
        let (Ok(case), Ok(visit)) = (card.case.parse::<Uuid>(), card.visit.parse::<Uuid>()) else {
            return Ok(false);
        };
        let state = match self.load(CaseId(case)).await {
            Ok(state) => state,
            Err(error) if error.kind == ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(error),
        };
        let ours = state
            .opened
            .as_ref()
            .is_some_and(|opened| opened.tenant == tenant);
        let order = state.work_orders.get(&WorkOrderId(visit)).filter(|_| ours);
        let now = self.now();
        let Some(order) = order.filter(|order| {
            let window = order.window.filter(|_| is_coming(order));
            window.is_some_and(|window| {
                window.from.0 == card.from_ms
                    && window.until.0 == card.until_ms
                    && now.since_ms(window.until) <= CARD_STANDS_MS
            })
        }) else {
            return Ok(false);
        };
        let settings = self.settings_of(tenant).await?;
        Ok(settings.register.iter().any(|entry| {
            entry.kind == ListedKind::Technician
                && entry.number == card.staff
                && entry.shown == card.name
                && entry.stands(now)
                && entry.technician.is_some()
                && [order.technician, order.helper].contains(&entry.technician)
        }))
    }

    /// The cards of the visits of a case that are agreed and not over, of whoever comes and is in the register: for its
    /// customer, for whoever is at the desk, and for the technicians themselves.
    ///
    /// # Errors
    /// `NotFound` for a case that the reader may not see.
    pub async fn visit_cards(
        &self,
        principal: &Principal,
        case: CaseId,
    ) -> Result<Vec<CardShown>, AppError> {
        let state = self.readable(principal, case).await?;
        let tenant = crate::detail::opened(&state)?.tenant;
        let now = self.now();
        let seen = sees(principal, &state, now);
        let orders: Vec<_> = state
            .work_orders
            .iter()
            .filter(|(id, _)| seen.only().is_none_or(|only| only.contains(*id)))
            .filter(|(_, order)| is_coming(order))
            .filter_map(|(id, order)| Some((*id, order, order.window?)))
            .filter(|(_, _, window)| now.since_ms(window.until) <= CARD_STANDS_MS)
            .collect();
        if orders.is_empty() {
            return Ok(Vec::new());
        }
        let (settings, staff) = (self.settings_of(tenant).await?, self.staff(tenant).await?);
        let shop = self.tenant_name(tenant).await?;
        let mut cards = Vec::new();
        for (work_order, order, window) in orders {
            for technician in [order.technician, order.helper].into_iter().flatten() {
                let mut entries = settings.register.iter();
                let listed =
                    entries.find(|entry| entry.technician == Some(technician) && entry.stands(now));
                let Some(listed) = listed else { continue };
                let outlet = staff.who(technician).and_then(|who| who.outlet);
                let outlet = staff
                    .outlets()
                    .iter()
                    .find(|known| Some(known.id) == outlet);
                let card = VisitCard {
                    shop: shop.clone(),
                    order: case_number(case),
                    case: case.to_string(),
                    visit: work_order.to_string(),
                    name: listed.shown.clone(),
                    staff: listed.number.clone(),
                    outlet: outlet.map(|outlet| outlet.name.clone()).unwrap_or_default(),
                    brand: listed.label.clone(),
                    from_ms: window.from.0,
                    until_ms: window.until.0,
                };
                let note = card
                    .sign(self.log_key())
                    .map_err(|error| AppError::internal(format!("card: {error}")))?;
                cards.push(CardShown {
                    work_order,
                    technician,
                    card,
                    note,
                });
            }
        }
        Ok(cards)
    }
}

/// Whether a visit is agreed, and somebody comes or is there.
fn is_coming(order: &WorkOrder) -> bool {
    order.is_with_technician() && order.is_agreed()
}
