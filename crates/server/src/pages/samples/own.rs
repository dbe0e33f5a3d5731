//! Invented choices, settings and tokens, and messages that did not get through.

use super::{ago, failed, id, shell};
use crate::i18n::Lang;
use crate::pages::own::{
    Own, Processing, Settings, Setup, hours_form, one_form, own_form as form_of, quiet_form,
};
use crate::pages::own_data::OwnDataPage;
use crate::pages::tokens::{Held, Tokens};
use crate::pages::{Choice, FormState};
use aftercare_app::consents::OwnConsent;
use aftercare_app::own_data::{ErasureDetail, KeptBack};
use aftercare_app::preferences::{Language, Preference, Quiet};
use aftercare_app::processing::{InBoth, ProcessedKind, ProcessingRecord};
use aftercare_app::retention::KeptDetail;
use aftercare_app::settings::{CalendarInput, SettingChange};
use aftercare_app::setup::SetupStep;
use aftercare_app::tokens::TokenView;
use aftercare_app::untold::Untold;
use aftercare_domain::Role;
use aftercare_domain::ids::UserId;
use askama::Template as _;

type Rendered = Vec<(&'static str, askama::Result<String>)>;

fn chosen() -> Preference {
    Preference {
        lang: Some(Language::En),
        quiet: Quiet::read("21:00-09:00").expect("hours"),
    }
}

/// What somebody chose, as a form.
pub fn own_form() -> FormState {
    form_of(&FormState::default(), chosen())
}

/// One that nobody carried, and ones that somebody said no to.
pub fn untold() -> Vec<Untold> {
    let one = |to, refused| Untold {
        to,
        what: (to != "reviewer").then(|| ("OK".into(), "OK".into())),
        attempts: 3,
        next_at: ago(-1),
        refused,
    };
    vec![
        one("claimant", true),
        one("claimant", false),
        one("technician", false),
        one("helper", false),
        one("merchant", false),
        one("dispatcher", true),
        one("reviewer", false),
    ]
}

fn settings(lang: Lang, writes: bool) -> Settings {
    let form = if writes {
        failed("hours", "", &["monday", "years"])
    } else {
        FormState::default()
    };
    let calendar = CalendarInput {
        monday: vec!["09:00-12:00".into(), "13:00-18:00".into()],
        ..CalendarInput::default()
    };
    let kept = |what: &str, ends| KeptDetail {
        what: what.into(),
        days: 365,
        until: None,
        ends,
        ended_at: None,
    };
    let change = |name: &str, by: Option<&str>| SettingChange {
        seq: 7,
        at: ago(3),
        by: by.map(str::to_owned),
        name: name.into(),
    };
    Settings {
        shell: shell(lang, "/desk/settings", &Role::ALL),
        name: one_form(&form, "name", "示例店".into()),
        hours: hours_form(
            &form,
            &if writes {
                calendar
            } else {
                CalendarInput::default()
            },
        ),
        hotline: one_form(&form, "hotline", "0571-0000 0000".into()),
        quiet: quiet_form(&form, chosen().quiet),
        assistant: one_form(&form, "assistant", "built_in".into()),
        assistant_host: writes.then(|| "model.example".into()),
        kept: vec![kept("contact", true), kept("records", false)],
        changes: if writes {
            vec![
                change("calendar", Some("周师傅")),
                change("rule_pack_draft:default@2", None),
            ]
        } else {
            Vec::new()
        },
        writes,
    }
}

fn step(name: &'static str, done: bool, needed: bool) -> SetupStep {
    let counted = matches!(
        name,
        "users" | "admins" | "products" | "prices" | "outlets" | "technicians" | "rules"
    );
    SetupStep {
        name,
        done,
        needed,
        count: counted.then_some(usize::from(done) * 2),
        at: (name == "backup" && done).then(|| ago(20)),
        lacks: if name == "users" && !done {
            vec![Role::Agent, Role::Reviewer]
        } else {
            Vec::new()
        },
    }
}

/// Every step of a fresh installation, done and not.
fn steps(done: bool) -> Vec<SetupStep> {
    [
        ("contact", true),
        ("hours", false),
        ("users", true),
        ("admins", false),
        ("products", true),
        ("prices", true),
        ("outlets", false),
        ("technicians", true),
        ("rules", false),
        ("messages", true),
        ("mail", false),
        ("backup", true),
        ("witness", false),
    ]
    .map(|(name, needed)| step(name, done, needed))
    .to_vec()
}

fn tokens(lang: Lang) -> Tokens {
    let held = |number: u32, expires: Option<i64>, used: bool, revoked: bool| Held {
        account: "示例客服".into(),
        view: TokenView {
            id: format!("token{number}"),
            user: UserId(id(90)),
            scopes: vec!["cases:read".into()],
            created_at: ago(300),
            expires_at: expires.map(ago),
            last_used_at: used.then(|| ago(2)),
            revoked,
        },
    };
    Tokens {
        shell: shell(lang, "/desk/tokens", &Role::ALL),
        form: failed("", "", &["user", "days", "scopes"]),
        tokens: vec![
            held(1, None, true, false),
            held(2, Some(-300), false, false),
            held(3, Some(1), true, false),
            held(4, None, false, true),
        ],
        programs: vec![Choice::new("1", "示例客服")],
        token: Some("act_invented".into()),
    }
}

/// What somebody asks of their own data, before they asked and in each state of a request.
fn own_data(lang: Lang, state: Option<&str>) -> OwnDataPage {
    let kept = |until| KeptBack {
        what: InBoth {
            zh: "照片".into(),
            en: "photos".into(),
        },
        why: InBoth {
            zh: "双方的证据".into(),
            en: "evidence of both sides".into(),
        },
        until,
    };
    let is_over = |state: &str| matches!(state, "done" | "cancelled");
    OwnDataPage {
        shell: shell(lang, "/c/token/data", &[]),
        form: failed("", "", &[]),
        token: "token".into(),
        number: "AC-2611-0387".into(),
        shredded: state == Some("done"),
        by_phone: state.is_none(),
        erasure: state.map(|state| ErasureDetail {
            asked_at: ago(100),
            everywhere: true,
            due_at: ago(-1),
            state: state.into(),
            ended_at: is_over(state).then(|| ago(1)),
            kept: vec![kept(None), kept(Some(ago(-900)))],
        }),
        consents: vec![OwnConsent {
            purpose: "exact_place".into(),
            what: InBoth {
                zh: "地图上的位置".into(),
                en: "the point on the map".into(),
            },
            withdrawn_at: state.map(|_| ago(50)),
            is_there: state.is_none(),
        }],
    }
}

/// A record of one kind of data.
fn processing(lang: Lang) -> Processing {
    let both = |zh: &str, en: &str| InBoth {
        zh: zh.into(),
        en: en.into(),
    };
    Processing {
        shell: shell(lang, "/desk/processing", &Role::ALL),
        record: ProcessingRecord {
            organization: "示例店".into(),
            made_at: ago(0),
            kinds: vec![ProcessedKind {
                name: "phone".into(),
                what: both("电话号码", "telephone number"),
                purpose: both("回电", "to call back"),
                basis: both("合同", "contract"),
                recipients: both("客服", "agents"),
                kept: both("365 天", "365 days"),
                measures: both("加密", "sealed"),
            }],
            own_purposes: vec![both("发送消息", "to send a message")],
        },
    }
}

/// The pages of this file, each as it can be.
pub fn own(lang: Lang) -> Rendered {
    let mut list = vec![("tokens", tokens(lang).render())];
    for (roles, form) in [
        (
            Role::ALL.to_vec(),
            failed("own", "", &["lang", "quiet", "from", "until"]),
        ),
        (
            vec![Role::Agent],
            form_of(&FormState::default(), Preference::default()),
        ),
    ] {
        let page = Own {
            shell: shell(lang, "/desk/own", &roles),
            form,
        };
        list.push(("own", page.render()));
    }
    list.push(("processing", processing(lang).render()));
    for state in [
        None,
        Some("waiting"),
        Some("held"),
        Some("done"),
        Some("cancelled"),
    ] {
        list.push(("own_data", own_data(lang, state).render()));
    }
    for writes in [true, false] {
        list.push(("settings", settings(lang, writes).render()));
        let page = Setup {
            shell: shell(lang, "/desk/setup", &Role::ALL),
            steps: steps(writes),
        };
        list.push(("setup", page.render()));
    }
    list
}
