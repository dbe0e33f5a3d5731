//! The page on which a dispatcher moves a visit: what would come of it first, then the move itself.

use super::{Choice, FormState, Shell};
use aftercare_app::planning::what_if::WhatIf;
use aftercare_app::planning::{Board, BoardVisit};
use aftercare_app::views::WindowDetail;
use aftercare_domain::Timestamp;
use aftercare_domain::ids::{CaseId, TechnicianId, WorkOrderId};
use askama::Template;

/// A visit that is to be moved, as the board has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visiting {
    pub work_order: WorkOrderId,
    pub case: CaseId,
    pub number: String,
    pub skill: String,
    pub county_name: Option<String>,
    /// How far it has come; nothing where nobody is planned for it.
    pub step: String,
    pub technician: Option<TechnicianId>,
    pub technician_name: Option<String>,
    pub start: Option<Timestamp>,
    pub agreed: Option<WindowDetail>,
    pub can_put_back: bool,
}

impl Visiting {
    /// The visit of that number of the plan.
    #[must_use]
    pub fn of(board: &Board, work_order: WorkOrderId) -> Option<Self> {
        let planned = board.technicians.iter().find_map(|who| {
            let mut visits = who.visits.iter();
            let visit = visits.find(|visit| visit.work_order == work_order)?;
            Some(Self::planned((who.id, who.name.as_str()), visit))
        });
        let mut waiting = board.waiting.iter();
        planned.or_else(|| {
            let row = waiting.find(|row| row.work_order == work_order)?;
            Some(Self {
                work_order,
                case: row.case,
                number: row.number.clone(),
                skill: row.skill.clone(),
                county_name: row.county_name.clone(),
                step: String::new(),
                technician: None,
                technician_name: None,
                start: None,
                agreed: None,
                can_put_back: false,
            })
        })
    }

    fn planned((technician, name): (TechnicianId, &str), visit: &BoardVisit) -> Self {
        Self {
            work_order: visit.work_order,
            case: visit.case,
            number: visit.number.clone(),
            skill: visit.skill.clone(),
            county_name: visit.county_name.clone(),
            step: visit.step.clone(),
            technician: Some(technician),
            technician_name: Some(name.to_owned()),
            start: Some(visit.start),
            agreed: visit.agreed,
            can_put_back: visit.can_put_back,
        }
    }

    /// Whether somebody is on the way or there.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.step == "busy"
    }
}

/// `GET /desk/dispatch/move`, with `work_order`, `technician` and `from` of what is asked for: what would come of it. Posts the
/// same with `case` and `seen` to the same address, and `do` of `back` to take the last move back, by which whoever `has` it does.
#[derive(Debug, Template)]
#[template(path = "desk_move.html")]
pub struct Moving {
    pub shell: Shell,
    pub form: FormState,
    /// None where no visit was named, or the plan does not have it any more.
    pub about: Option<Visiting>,
    pub technicians: Vec<Choice>,
    /// Who was asked about, and the time as a form writes it.
    pub technician: String,
    pub from: String,
    /// Which day of the board leads here.
    pub day: i64,
    pub found: Option<WhatIf>,
}

impl Shell {
    /// How much longer, or shorter, somebody is on the road.
    #[must_use]
    pub fn travel_more(&self, minutes: &i64) -> String {
        match *minutes {
            0 => self.t("move-way-same"),
            less if less < 0 => self.t1("move-way-less", "minutes", -less),
            more => self.t1("move-way-more", "minutes", more),
        }
    }
}
