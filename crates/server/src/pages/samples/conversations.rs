//! Invented conversations and texts of the desk.

use super::{failed, id, shell};
use crate::i18n::Lang;
use crate::pages::conversations::{Conversations, Talk, Texts};
use crate::pages::desk::CasePage;
use crate::pages::{Choice, FormState, Shell};
use aftercare_app::assistant::{Draft, Drafts};
use aftercare_app::conversations::{
    Colleague, ConversationDetail, ConversationList, ConversationView, HandoverNote, Holder,
};
use aftercare_app::desk_texts::{DeskText, FilledReply, ScriptFor};
use aftercare_app::views::CaseDetail;
use aftercare_domain::audit::DeskTextKind;
use aftercare_domain::ids::{CaseId, DeskTextId, ProductId, UserId};
use aftercare_domain::{Role, Timestamp};
use askama::Template as _;

fn holder(here: bool) -> Holder {
    Holder {
        user: UserId(id(60)),
        name: "示例客服".into(),
        here,
        since: Timestamp(0),
    }
}

fn colleague(number: u128, here: bool) -> Colleague {
    Colleague {
        user: UserId(id(number)),
        name: format!("示例客服 {number}"),
        here,
        holds: 1,
    }
}

fn row(number: u128, holder: Option<Holder>) -> ConversationView {
    ConversationView {
        case: CaseId(id(number)),
        number: "AC-7Q2F-9K3M".into(),
        kind: "repair".into(),
        state: "accepted".into(),
        closed: number.is_multiple_of(2),
        name: if number == 1 { "" } else { "林**" }.into(),
        since: Timestamp(0),
        last_at: Timestamp(60_000),
        messages: 2,
        unread: number == 1,
        holder,
    }
}

fn draft(source: &str) -> Draft {
    Draft {
        source: source.into(),
        from: if source == "facts" { "" } else { "Leaks" }.into(),
        text: "The visit is agreed.".into(),
    }
}

/// The conversation of a case: one's own, and one that a colleague has who is not there.
fn talk(mine: bool) -> Talk {
    let reply = |number: u128| FilledReply {
        id: DeskTextId(id(number)),
        lang: "zh-CN".into(),
        title: format!("Greeting {number}"),
        text: "Hello.".into(),
    };
    Talk {
        detail: ConversationDetail {
            since: Some(Timestamp(0)).filter(|_| mine),
            last_at: Some(Timestamp(60_000)).filter(|_| mine),
            messages: u32::from(mine),
            holder: Some(holder(mine)),
            mine,
            note: mine.then(|| HandoverNote {
                text: "Wants the weekend.".into(),
                by: "示例客服".into(),
                at: Timestamp(0),
            }),
            colleagues: vec![colleague(61, true), colleague(62, false)],
        },
        replies: (1..12).map(reply).collect(),
        suggests: mine,
        host: mine.then(|| "model.example".into()),
        drafts: mine.then(|| Drafts {
            assistant: "endpoint".into(),
            drafts: ["facts", "script"].map(draft).to_vec(),
            problem: Some("no_answer".into()),
        }),
    }
}

/// The page of a case, with a form that failed.
pub fn case_page(shell: Shell, case: &CaseDetail, counties: Vec<Choice>) -> CasePage {
    CasePage {
        shell,
        form: failed("reveal", "", &["reason"]),
        case: case.clone(),
        technicians: super::technicians(),
        times: super::times(case),
        cards: super::cards(case),
        near: super::near(case),
        counties,
        revealed: Some(super::revealed()),
        talk: Some(talk(case.work_orders.is_empty())),
        untold: super::untold(),
        prices: Vec::new(),
    }
}

fn text(kind: DeskTextKind, number: u128) -> DeskText {
    let product = (number == 2).then(|| ProductId(id(20)));
    DeskText {
        id: DeskTextId(id(number)),
        version: 3,
        lang: if number == 1 { "zh-CN" } else { "en" }.into(),
        category: if number == 3 { "kitchen" } else { "" }.into(),
        product_name: product.map_or("", |_| "示例洗衣机").into(),
        product,
        title: format!("Sample {number}"),
        body: match kind {
            DeskTextKind::Reply => "Hello, this is {agent}.\nYour case is {number}.".into(),
            DeskTextKind::Script => "Where does it leak?\nIs the tap closed?".into(),
        },
        saved_at: Timestamp(0),
    }
}

/// Questions beside a call, open and folded; none where nobody wrote any.
pub fn scripts(written: bool) -> Vec<ScriptFor> {
    let numbers = if written { 1..4 } else { 1..1 };
    numbers
        .map(|number| ScriptFor {
            text: text(DeskTextKind::Script, number),
            fits: number == 1,
        })
        .collect()
}

/// The queue with rows in each part and with none, and the texts of both kinds for their keeper and for others.
pub fn conversations(lang: Lang) -> Vec<(&'static str, askama::Result<String>)> {
    let list = ConversationList {
        mine: vec![row(1, Some(holder(true)))],
        free: vec![row(2, None), row(3, Some(holder(false)))],
        others: vec![row(4, Some(holder(true)))],
        more: true,
        colleagues: vec![colleague(60, true), colleague(61, false)],
    };
    let mut pages = Vec::new();
    for list in [list, ConversationList::default()] {
        let page = Conversations {
            shell: shell(lang, "/desk/conversations", &Role::ALL),
            form: FormState::default(),
            list,
        };
        pages.push(("conversations", page.render()));
    }
    for (kind, path) in [
        (DeskTextKind::Reply, "/desk/replies"),
        (DeskTextKind::Script, "/desk/scripts"),
    ] {
        for keeps in [true, false] {
            let mut form = if keeps {
                failed("", "", &["title", "lang", "category", "body"])
            } else {
                FormState::default()
            };
            if keeps {
                form.values.insert("id".into(), id(1).to_string());
            }
            let texts = if keeps { 1..4 } else { 1..1 };
            let page = Texts {
                shell: shell(lang, path, &Role::ALL),
                form,
                kind,
                texts: texts.map(|number| text(kind, number)).collect(),
                products: vec![Choice::new("1", "示例洗衣机")],
                keeps,
            };
            pages.push(("texts", page.render()));
        }
    }
    pages
}
