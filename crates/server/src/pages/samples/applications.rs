//! Invented applications to be a technician, in each of their states.

use super::{ago, failed, id, invitation, shell};
use crate::i18n::Lang;
use crate::pages::FormState;
use crate::pages::applications::{Application, Applications, Applied, Apply, OwnApplicationPage};
use aftercare_app::applications::{
    ApplicationView, CheckView, OpenedApplication, OpenedCertificate, OwnApplication, PaperView,
};
use aftercare_domain::Role;
use aftercare_domain::ids::{ApplicationId, UserId};
use askama::Template as _;

fn check(holds: bool) -> CheckView {
    CheckView {
        by: "周管理".into(),
        at: ago(3),
        holds,
        until: holds.then(|| "2027-06-30".into()),
    }
}

fn paper(number: usize, checked: Option<bool>) -> PaperView {
    PaperView {
        number,
        skill: "gas".into(),
        until: "2027-06-30".into(),
        is_over: number == 2,
        check: checked.map(check),
    }
}

fn view(state: &str) -> ApplicationView {
    let is_refused = state == "refused";
    ApplicationView {
        id: ApplicationId(id(95)),
        state: state.into(),
        waits: matches!(state, "waiting" | "refused"),
        name: "周**".into(),
        phone: "138****0088".into(),
        county: is_refused.then(|| "浙江省杭州市西湖区".into()),
        skills: vec!["gas".into(), "lamp".into()],
        identity: is_refused.then(|| check(true)),
        certificates: vec![paper(1, Some(true)), paper(2, Some(false)), paper(3, None)],
        photos: 2,
        filed_at: ago(5),
        decided_at: (state != "waiting").then(|| ago(2)),
        reason: is_refused.then(|| "证书照片看不清。".into()),
        reply: is_refused.then(|| "原件可以带来看。".into()),
        user: (state == "accepted").then(|| UserId(id(80))),
        expired_at: (state == "withdrawn").then(|| ago(1)),
    }
}

fn opened() -> OpenedApplication {
    OpenedApplication {
        name: Some("周申请".into()),
        phone: Some("+8613800000088".into()),
        county: Some("浙江省杭州市西湖区".into()),
        certificates: vec![OpenedCertificate {
            skill: "gas".into(),
            number: "T3301-88-00042".into(),
        }],
        seq: 42,
    }
}

/// Every page of theirs, with forms that failed.
pub fn applications(lang: Lang) -> Vec<(&'static str, askama::Result<String>)> {
    let mut pages = Vec::new();
    for skills in [vec!["gas".to_owned(), "lamp".to_owned()], Vec::new()] {
        let page = Apply {
            shell: shell(lang, "/apply", &[]),
            form: failed(
                "",
                "",
                &["name", "phone", "county", "skills", "photos", "purposes"],
            ),
            skills,
            notice_version: "2026-11".into(),
        };
        pages.push(("apply", page.render()));
    }
    let applied = Applied {
        shell: shell(lang, "/apply", &[]),
        link: "/apply/abc".into(),
        full_link: "http://localhost/apply/abc".into(),
    };
    pages.push(("applied", applied.render()));
    let states = ["waiting", "accepted", "refused", "withdrawn"];
    for state in states {
        let is_refused = state == "refused";
        let page = OwnApplicationPage {
            shell: shell(lang, "/apply/abc", &[]),
            form: failed("", "", &["text"]),
            token: "abc".into(),
            own: OwnApplication {
                state: state.into(),
                filed_at: ago(5),
                decided_at: (state != "waiting").then(|| ago(2)),
                reason: is_refused.then(|| "证书照片看不清。".into()),
                reply: is_refused.then(|| "原件可以带来看。".into()),
                reply_waits: is_refused,
                may_reply: is_refused,
                may_withdraw: state == "waiting",
                expired_at: (state == "withdrawn").then(|| ago(1)),
            },
        };
        pages.push(("own application", page.render()));
    }
    for list in [Vec::new(), states.map(view).to_vec()] {
        let page = Applications {
            shell: shell(lang, "/desk/applications", &Role::ALL),
            list,
        };
        pages.push(("applications", page.render()));
    }
    let forms = [
        failed("check", "identity", &["until"]),
        failed("accept", "", &["login", "display_name", "outlet_code"]),
        failed("refuse", "", &["reason"]),
        failed("open", "", &["reason"]),
    ];
    for (state, form) in states.into_iter().zip(forms) {
        for judges in [true, false] {
            let is_accepted = judges && state == "accepted";
            let whole = "http://localhost/invite/abc".to_owned();
            let page = Application {
                shell: shell(lang, "/desk/applications/abc", &Role::ALL),
                form: if judges {
                    form.clone()
                } else {
                    FormState::default()
                },
                one: view(state),
                opened: judges.then(opened),
                invited: is_accepted.then(|| (invitation(), whole)),
                judges,
            };
            pages.push(("application", page.render()));
        }
    }
    pages
}
