//! The page of the qualification helper, for reviewers and risk managers.

use crate::handlers::frame::{Frame, Said};
use crate::handlers::public::again;
use crate::http::body::Form;
use crate::http::problem::Answer;
use crate::http::state::Server;
use crate::http::who::Staff;
use crate::i18n::Lang;
use crate::pages::qualify::{Qualify, ROWS};
use crate::pages::{Choice, FormState};
use aftercare_app::qualifying::MatterInput;
use aftercare_app::{AppError, Principal};
use aftercare_domain::ids::{CaseId, ClaimId};
use aftercare_domain::qualification::{Act, Advice, Age, Found};
use aftercare_domain::{Day, Fen};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde::de::DeserializeOwned;

const FOUNDS: [Found; 4] = [
    Found::Planted,
    Found::Swapped,
    Found::MadeUp,
    Found::Invented,
];
/// Ages that matter to the law: value, Chinese, English.
const AGES: [(&str, &str, &str); 4] = [
    ("adult", "18 岁以上", "18 and more"),
    ("under18", "16、17 岁", "16 or 17"),
    ("under16", "14、15 岁", "14 or 15"),
    ("under14", "14 岁以下", "under 14"),
];
/// Answers to yes or no: value, Chinese, English.
const ANSWERS: [(&str, &str, &str); 3] = [
    ("", "不清楚", "not known"),
    ("yes", "是", "yes"),
    ("no", "否", "no"),
];

/// Which claim of the case.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct ClaimQuery {
    /// Its id.
    #[serde(default)]
    claim: String,
}

/// The claim that is named; one that cannot be read is like one that is not there.
fn claim_of(text: &str) -> Result<ClaimId, AppError> {
    text.parse()
        .map_err(|_| AppError::not_found("这笔索赔", "claim"))
}

fn choices(list: &[(&str, &str, &str)], lang: Lang) -> Vec<Choice> {
    list.iter()
        .map(|(value, zh, en)| Choice::new(*value, lang.pick(zh, en)))
        .collect()
}

/// The stable name of a value, as forms send it.
fn name_of<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_value(value)
        .ok()
        .and_then(|value| value.as_str().map(str::to_owned))
        .unwrap_or_default()
}

fn read<T: DeserializeOwned>(field: &str, text: &str) -> Result<T, AppError> {
    serde_json::from_value(serde_json::Value::from(text)).map_err(|_| {
        AppError::invalid(
            field,
            "value_unknown",
            "没有这个选项，请刷新页面后重试。",
            "There is no such choice. Please reload the page and try again.",
        )
    })
}

fn day(form: &Form, field: &str) -> Result<Option<Day>, AppError> {
    match form.get(field).trim() {
        "" => Ok(None),
        text => Day::parse(text).map(Some).ok_or_else(|| {
            AppError::invalid(
                field,
                "day_format",
                "日期请写成 2026-01-31。",
                "Write the day as 2026-01-31.",
            )
        }),
    }
}

fn amount(form: &Form, field: &str) -> Result<Option<Fen>, AppError> {
    match form.get(field).trim() {
        "" => Ok(None),
        text => Fen::from_yuan(text).map(Some).map_err(|_| {
            AppError::invalid(
                field,
                "amount_format",
                "金额请写成 68 或 68.00（元）。",
                "Write the amount in yuan, such as 68 or 68.00.",
            )
        }),
    }
}

fn answer(form: &Form, field: &str) -> Option<bool> {
    match form.get(field) {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    }
}

/// The facts of the form. A row without anything in it is no act.
fn matter(form: &Form) -> Result<MatterInput, AppError> {
    let mut acts = Vec::new();
    for row in 0..ROWS {
        let act = Act {
            on: day(form, &format!("act_on_{row}"))?,
            obtained: amount(form, &format!("act_obtained_{row}"))?,
            sought: amount(form, &format!("act_sought_{row}"))?,
            dealt_with: answer(form, &format!("act_dealt_{row}")),
        };
        if act != Act::default() {
            acts.push(act);
        }
    }
    Ok(MatterInput {
        found: form
            .all("found")
            .map(|name| read("found", name))
            .collect::<Result<_, _>>()?,
        acts,
        province: Some(form.get("province"))
            .filter(|code| !code.is_empty())
            .map(str::to_owned),
        known_on: day(form, "known_on")?,
        reported_on: day(form, "reported_on")?,
        decision_on: day(form, "decision_on")?,
        repaid: answer(form, "repaid"),
        age: match form.get("age") {
            "" => None,
            name => Some(read::<Age>("age", name)?),
        },
        over_network: answer(form, "over_network"),
        between_businesses: answer(form, "between_businesses"),
    })
}

/// The form as the facts of the case fill it.
fn filled(input: &MatterInput) -> FormState {
    let mut form = FormState::default();
    let mut put = |name: String, value: String| {
        form.values.insert(name, value);
    };
    for (row, act) in input.acts.iter().enumerate().take(ROWS) {
        for (name, value) in [
            ("on", act.on.map(|day| day.to_string())),
            ("obtained", act.obtained.map(|amount| amount.to_string())),
            ("sought", act.sought.map(|amount| amount.to_string())),
        ] {
            put(format!("act_{name}_{row}"), value.unwrap_or_default());
        }
    }
    if let Some(day) = input.decision_on {
        put("decision_on".to_owned(), day.to_string());
    }
    form
}

/// The form as it was sent.
fn kept(form: &Form) -> FormState {
    let mut state = FormState::default();
    for (name, value) in form.fields.expose() {
        state.values.insert(name.clone(), value.clone());
        state
            .lists
            .entry(name.clone())
            .or_default()
            .push(value.clone());
    }
    state
}

fn page(
    server: &Server,
    frame: &Frame,
    principal: &Principal,
    (case, claim): (CaseId, ClaimId),
    form: FormState,
    advice: Option<Advice>,
) -> Answer<Qualify> {
    let lang = frame.lang;
    let founds = FOUNDS
        .iter()
        .map(|found| {
            let (zh, en) = found.words();
            Choice::new(name_of(found), lang.pick(zh, en))
        })
        .collect();
    let provinces = server
        .app()
        .threshold_provinces()?
        .into_iter()
        .map(|(code, name)| Choice::new(code, name))
        .collect();
    Ok(Qualify {
        shell: frame.shell(Some(principal)),
        form,
        case,
        claim,
        number: aftercare_app::numbers::case_number(case),
        advice,
        founds,
        answers: choices(&ANSWERS, lang),
        ages: choices(&AGES, lang),
        provinces,
    })
}

/// `GET /desk/cases/{case}/qualify`
pub async fn qualify(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    Path(case): Path<CaseId>,
    Query(ClaimQuery { claim }): Query<ClaimQuery>,
) -> Answer<Response> {
    let claim = claim_of(&claim)?;
    let input = server.app().matter_of(&principal, case, claim).await?;
    let of = (case, claim);
    let page = page(&server, &frame, &principal, of, filled(&input), None)?;
    frame.page(StatusCode::OK, &page)
}

/// `POST /desk/cases/{case}/qualify`: shows the advice, or signs it.
pub async fn send_qualify(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    Path(case): Path<CaseId>,
    form: Form,
) -> Answer<Response> {
    let claim = claim_of(form.get("claim"))?;
    let app = server.app();
    let frame = frame.at(&format!("/desk/cases/{case}/qualify?claim={claim}"));
    // Whoever may not open the page is told so before anything is said of the form.
    app.matter_of(&principal, case, claim).await?;
    let signs = form.get("do") == "sign";
    let advised = match matter(&form) {
        Ok(input) if signs => match app.sign_advice(&principal, case, claim, input).await {
            Ok(acted) => {
                let case = format!("/desk/review/{case}");
                return Ok(frame.go(&case, Some(Said::Logged(acted.seq))));
            }
            Err(error) => Err(error),
        },
        Ok(input) => app.advise(&principal, case, claim, input).await,
        Err(error) => Err(error),
    };
    let (state, advice, status) = match advised {
        Ok(advice) => (kept(&form), Some(advice), StatusCode::OK),
        Err(error) => {
            let (state, status) = again(&form, &error, &frame)?;
            (state, None, status)
        }
    };
    let page = page(&server, &frame, &principal, (case, claim), state, advice)?;
    frame.page(status, &page)
}
