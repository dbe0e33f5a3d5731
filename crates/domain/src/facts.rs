//! What the application gathered before a decision: the order, the calendar, the rules, who can go.
//! A fact that a decision rests on is copied into its event.

use crate::calendar::WorkingCalendar;
use crate::guarantee::Goods;
use crate::ids::{OrderId, OrderLineId, TechnicianId, UserId};
use crate::money::Fen;
use crate::pack::{Published, Ruling};
use crate::rules::Rules;
use crate::time::Timestamp;
use std::sync::Arc;

/// Facts for one decision. `Facts::default()` has the default rules, a calendar that is always
/// open, no order and no technician.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// The rules in force.
    pub rules: Rules,
    /// Desk hours and holidays of the tenant.
    pub calendar: WorkingCalendar,
    /// The order line a claim is about.
    pub order: Option<OrderFacts>,
    /// Technicians who have the skill, cover the place and are active: nearest first.
    pub candidates: Vec<Candidate>,
    /// Whether anybody at all covers the place for that skill.
    pub covered: bool,
    /// The tenant's published packs and the law. Where they are given, a decision has to cite a rule
    /// or a law that was in force on the day the claim was filed.
    pub published: Option<Arc<Published>>,
    /// What the pack of the day the claim was filed says about it, as far as everybody involved may
    /// know it now. Where it is given, a reviewer gives goods away only if it lets a reviewer.
    pub ruling: Option<Ruling>,
    /// Times at which whoever accepted the repair can come, as the plan stands: a customer chooses one of them. For an
    /// acceptance the time that the customer chose, if whoever accepts can keep it.
    pub visit_windows: Vec<crate::event::Window>,
    /// A number that is drawn for the decision, the same whenever it is asked for, which nobody who
    /// decides knows: whether the pack's sample falls on it.
    pub drawn: Option<u64>,
    /// Users who must not review this case (the merchant's own people, whoever acted on it before).
    pub conflicted: Vec<UserId>,
}

/// What an order line says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderFacts {
    pub order: OrderId,
    pub line: OrderLineId,
    /// Paid for this line.
    pub paid: Fen,
    /// Already refunded on this line, or authorized to be, through any case.
    pub refunded: Fen,
    /// Whether a claim on this line is open in another case that a platform decides.
    pub open_at_platform: bool,
    pub purchased_at: Timestamp,
    pub delivered_at: Option<Timestamp>,
    /// End of the warranty, if the product has one.
    pub warranty_until: Option<Timestamp>,
    pub perishable: bool,
    /// Which provisions on repair, exchange and return are about it; none where nobody can say.
    pub goods: Option<Goods>,
}

/// A technician who could go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub technician: TechnicianId,
    /// Straight line between stored coordinates, meters, rounded to 100 m.
    pub distance_m: u32,
}
