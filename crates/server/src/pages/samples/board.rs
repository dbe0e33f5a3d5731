//! The board of the plan, for the tests of pages.

use super::super::board::Day;
use super::super::moving::Visiting;
use super::{NOW, ago, id, nearest};
use aftercare_app::nearest::Lack;
use aftercare_app::places::Said;
use aftercare_app::planning::ranked::{BoardOffer, BoardRanked};
use aftercare_app::planning::what_if::{BoardFollow, BoardShift, WhatIf};
use aftercare_app::planning::{
    Board, BoardEarlier, BoardLate, BoardTechnician, BoardVisit, BoardWaiting,
};
use aftercare_app::roads::RoadsKnown;
use aftercare_app::views::WindowDetail;
use aftercare_domain::Timestamp;
use aftercare_domain::event::WorkKind;
use aftercare_domain::ids::{CaseId, TechnicianId, WorkOrderId};
use aftercare_domain::time::{CHINA_OFFSET_MS, DAY_MS, HOUR_MS};

/// A day with a proposal, a visit that is agreed, and one that fits nowhere.
pub fn board() -> Day {
    Day::of(plan(), 0)
}

/// The plan of that day.
pub fn plan() -> Board {
    let midnight = Timestamp(NOW.0 - (NOW.0 + CHINA_OFFSET_MS).rem_euclid(DAY_MS));
    let at = |hour: i64| Timestamp(midnight.0 + hour * HOUR_MS);
    let visit = |number: u128, step: &str, hour: i64, agreed| BoardVisit {
        work_order: WorkOrderId(id(number)),
        case: CaseId(id(1)),
        number: "AC-2611-0387".into(),
        kind: WorkKind::Repair,
        skill: "lamp".into(),
        county_name: Some("浙江省杭州市西湖区".into()),
        urgent: false,
        step: step.into(),
        leaves: at(hour - 1),
        start: at(hour),
        done: at(hour + 1),
        agreed,
        late_minutes: if step == "busy" { 25 } else { 0 },
        risk_percent: if step == "agreed" { 30 } else { 0 },
        with: None,
        can_put_back: step == "agreed",
        lacks: if step == "agreed" {
            vec![Lack::County, Lack::Place, Lack::Second]
        } else {
            Vec::new()
        },
    };
    let agreed = WindowDetail {
        from: at(13),
        until: at(15),
    };
    Board {
        at: NOW,
        midnight,
        technicians: vec![BoardTechnician {
            id: TechnicianId(id(50)),
            name: "周师傅".into(),
            skills: vec!["lamp".into()],
            works: vec![WindowDetail {
                from: at(9),
                until: at(18),
            }],
            visits: vec![
                visit(10, "proposed", 10, None),
                visit(11, "agreed", 13, Some(agreed)),
                visit(12, "busy", 17, None),
            ],
        }],
        late: vec![BoardLate {
            work_order: WorkOrderId(id(14)),
            case: CaseId(id(1)),
            number: "AC-2611-0389".into(),
            skill: "lamp".into(),
            technician_name: "周师傅".into(),
            agreed,
            expected: at(16),
            late_minutes: 60,
            instead: Some(WindowDetail {
                from: at(16),
                until: at(18),
            }),
        }],
        earlier: vec![BoardEarlier {
            work_order: WorkOrderId(id(11)),
            case: CaseId(id(1)),
            number: "AC-2611-0387".into(),
            skill: "lamp".into(),
            technician_name: "周师傅".into(),
            agreed,
            earlier: WindowDetail {
                from: at(10),
                until: at(12),
            },
        }],
        offers: vec![BoardOffer {
            work_order: WorkOrderId(id(10)),
            case: CaseId(id(1)),
            number: "AC-2611-0391".into(),
            skill: "lamp".into(),
            county_name: Some("浙江省杭州市西湖区".into()),
            technicians: vec![BoardRanked {
                id: TechnicianId(id(50)),
                name: "周师傅".into(),
                start: at(10),
                travel_minutes: 12,
                overtime_minutes: 0,
                zh: "路上多 12 分钟".into(),
                en: "12 min more on the road".into(),
            }],
        }],
        unsound: Some(Said {
            zh: "新排的计划没有通过检查".into(),
            en: "A plan did not pass the check.".into(),
        }),
        roads: RoadsKnown {
            source: "straight".into(),
            measured: 0,
            zh: "找不到".into(),
            en: "Ways are straight lines times 1.35.".into(),
        },
        improved: 40,
        improved_most: 2_000,
        waiting: vec![BoardWaiting {
            work_order: WorkOrderId(id(13)),
            case: CaseId(id(1)),
            number: "AC-2611-0388".into(),
            kind: WorkKind::Clean,
            skill: "boiler".into(),
            county_name: None,
            urgent: true,
            requested_at: ago(5),
            zh: "找不到".into(),
            en: "nobody has the skill".into(),
            nearest: Some(nearest()),
        }],
    }
}

/// A visit that is to be moved.
pub fn visiting(step: &str) -> Visiting {
    Visiting {
        work_order: WorkOrderId(id(11)),
        case: CaseId(id(1)),
        number: "AC-2611-0387".into(),
        skill: "lamp".into(),
        county_name: Some("浙江省杭州市西湖区".into()),
        step: step.into(),
        technician: (!step.is_empty()).then(|| TechnicianId(id(1))),
        technician_name: (!step.is_empty()).then(|| "周师傅".into()),
        start: Some(NOW),
        agreed: (step == "agreed").then_some(agreed()),
        can_put_back: step == "agreed",
    }
}

fn agreed() -> WindowDetail {
    WindowDetail {
        from: NOW,
        until: Timestamp(NOW.0 + 2 * HOUR_MS),
    }
}

fn follow(name: Option<&str>) -> BoardFollow {
    BoardFollow {
        work_order: WorkOrderId(id(13)),
        case: CaseId(id(1)),
        number: "AC-2611-0389".into(),
        was_name: name.is_none().then(|| "周师傅".into()),
        before: name.is_none().then_some(NOW),
        technician_name: name.map(str::to_owned),
        after: name.map(|_| NOW),
    }
}

/// What would come of a move: it can be, with others that change; it needs the customer; or it cannot be.
pub fn what_if(kind: &str) -> WhatIf {
    let shift = |late_minutes, risk_after| BoardShift {
        work_order: WorkOrderId(id(12)),
        case: CaseId(id(1)),
        number: "AC-2611-0388".into(),
        technician_name: "周师傅".into(),
        before: NOW,
        after: Timestamp(NOW.0 + HOUR_MS),
        agreed: Some(agreed()),
        late_minutes,
        risk_before: 2,
        risk_after,
    };
    let fits = kind != "no_room";
    WhatIf {
        work_order: WorkOrderId(id(11)),
        case: CaseId(id(1)),
        number: "AC-2611-0387".into(),
        skill: "lamp".into(),
        step: "agreed".into(),
        was_name: Some("周师傅".into()),
        was_start: Some(NOW),
        agreed: Some(agreed()),
        technician: TechnicianId(id(50)),
        technician_name: "周师傅".into(),
        start: fits.then_some(NOW),
        done: fits.then_some(Timestamp(NOW.0 + HOUR_MS)),
        travel_minutes: if kind == "moves" { 12 } else { -3 },
        overtime_minutes: 20,
        shifts: match kind {
            "moves" => vec![shift(0, 40), shift(15, 2)],
            _ => Vec::new(),
        },
        follows: match kind {
            "moves" => vec![follow(Some("周师傅")), follow(None)],
            _ => Vec::new(),
        },
        lacks: vec![Lack::County],
        consent: (kind == "asks").then(agreed),
        may_ask: kind == "asks",
        why: (!fits).then(|| Said {
            zh: "找不到".into(),
            en: "this technician has no time for it".into(),
        }),
        possible_at: (!fits).then_some(NOW),
        seen: "1-2-3-4-5".into(),
    }
}
