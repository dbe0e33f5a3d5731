//! Invented calls.

use super::{id, shell};
use crate::i18n::Lang;
use crate::pages::FormState;
use crate::pages::calls::Calls;
use crate::pages::desk::Intake;
use aftercare_app::calls::{CallList, CallView, FollowedView, OpenedCall};
use aftercare_app::views::CaseRow;
use aftercare_domain::ids::{CallId, CaseId, WorkOrderId};
use aftercare_domain::{Role, Timestamp};
use askama::Template as _;

fn case() -> CaseRow {
    CaseRow {
        id: CaseId(id(1)),
        number: "AC-7Q2F-9K3M".into(),
        kind: "repair".into(),
        state: "accepted".into(),
        closed: false,
        opened_at: Timestamp(0),
        updated_at: Timestamp(0),
        next_due: None,
    }
}

fn call(state: &str, phone: &str) -> CallView {
    let owed = matches!(state, "ringing" | "waiting");
    CallView {
        id: CallId(id(9)),
        state: state.into(),
        phone: phone.into(),
        name: if phone.is_empty() { "" } else { "林**" }.into(),
        has_number: !phone.is_empty(),
        has_recording: state == "ended",
        asked: state == "waiting",
        case: None,
        cases: if phone.is_empty() {
            Vec::new()
        } else {
            vec![case()]
        },
        since: Timestamp(0),
        due_at: owed.then_some(Timestamp(0)),
        tries: u32::from(state == "waiting"),
        claimed_by: (state == "waiting").then(|| "示例客服".into()),
        follows: None,
        outcome: None,
    }
}

fn followed() -> FollowedView {
    FollowedView {
        case: CaseId(id(1)),
        number: "AC-7Q2F-9K3M".into(),
        work_order: WorkOrderId(id(2)),
        product: Some("示例洗衣机".into()),
        done_at: Some(Timestamp(0)),
        tries_left: 2,
    }
}

/// The page with calls in each state, with none, and the form of a report in a call.
pub fn calls(lang: Lang) -> Vec<(&'static str, askama::Result<String>)> {
    let list = CallList {
        ringing: vec![call("ringing", "138****0001"), call("ringing", "")],
        waiting: vec![call("waiting", "138****0001"), call("done", "")],
        follow_ups: vec![CallView {
            asked: false,
            follows: Some(followed()),
            ..call("waiting", "138****0001")
        }],
        answered: vec![call("talking", "138****0001"), call("ended", "138****0001")],
        more: true,
    };
    let mut pages = Vec::new();
    for list in [list, CallList::default()] {
        let page = Calls {
            shell: shell(lang, "/desk/calls", &Role::ALL),
            form: FormState::default(),
            scripts: super::conversations::scripts(list.more),
            list,
        };
        pages.push(("calls", page.render()));
    }
    for phone in [Some("+8613800000001"), None] {
        let page = Intake {
            shell: shell(lang, "/desk/intake", &Role::ALL),
            form: FormState::default(),
            products: Vec::new(),
            counties: Vec::new(),
            scripts: super::conversations::scripts(phone.is_some()),
            terms: Vec::new(),
            notice_version: "2026-11".into(),
            receipt: None,
            call: Some(OpenedCall {
                id: CallId(id(9)),
                phone: phone.map(str::to_owned),
                recording: phone.map(|_| "rec-1".into()),
                seq: 1,
                cases: vec![case()],
                follows: phone.map(|_| followed()),
            }),
        };
        pages.push(("intake-call", page.render()));
    }
    pages
}
