//! From the fields of a form to what the application takes, and back to the form when it failed.

use crate::handlers::frame::Frame;
use crate::http::body::Form;
use crate::pages::FormState;
use aftercare_app::actions::Action;
use aftercare_app::import::parse_time;
use aftercare_app::intake::{ClaimInput, RepairInput};
use aftercare_app::{AppError, ErrorKind};
use aftercare_domain::Fen;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

/// Fields that are answers yes or no.
const YES_NO: [&str; 7] = [
    "accept", "accepted", "as_described", "consent", "grant", "under_warranty", "urgent",
];
/// Fields that are points in time, as `datetime-local` sends them: without a zone, meant in China.
const TIMES: [&str; 2] = ["from", "until"];
/// Fields that are for the page, not for the action.
const OF_THE_PAGE: [&str; 2] = ["next", "read"];
/// Fields that hold a list, one entry a line.
const LISTS: [&str; 1] = ["parts"];
/// Fields that are never shown again: what they held was a file or a secret.
const NOT_KEPT: [&str; 4] = ["password", "password_again", "code", "photos"];
/// Fields that pages show an error beside although an untouched form does not send them.
const ALWAYS_SHOWN: [&str; 11] = [
    "purposes", "photos", "product", "kind", "county", "reason", "ask_kind", "look", "grant", "roles", "outcome",
];

fn yuan(field: &str, text: &str) -> Result<Fen, AppError> {
    Fen::from_yuan(text).map_err(|_| {
        AppError::invalid(
            field,
            "amount_format",
            "金额请写成 68 或 68.00（元）。",
            "Write the amount in yuan, such as 68 or 68.00.",
        )
    })
}

fn time(field: &str, text: &str) -> Result<Value, AppError> {
    parse_time(text).map(|time| json!(time.0)).ok_or_else(|| {
        AppError::invalid(
            field,
            "time_format",
            "时间请写成 2026-11-25 14:30。",
            "Write the time as 2026-11-25 14:30.",
        )
    })
}

/// `{kind, amount}` from two fields; `null` when no kind was chosen.
fn resolution(form: &Form, kind: &str, amount: &str) -> Result<Value, AppError> {
    let chosen = form.get(kind);
    if chosen.is_empty() {
        return Ok(Value::Null);
    }
    let sum = match form.get(amount) {
        "" => Value::Null,
        text => json!(yuan(amount, text)?.0),
    };
    Ok(json!({ "kind": chosen, "amount": sum }))
}

/// Lines of a quote from three columns of fields; a row without code and label is left out.
fn quote_lines(form: &Form) -> Result<Value, AppError> {
    let codes: Vec<&str> = form.all("line_code").collect();
    let labels: Vec<&str> = form.all("line_label").collect();
    let amounts: Vec<&str> = form.all("line_amount").collect();
    let rows = codes.len().max(labels.len()).max(amounts.len());
    let at = |column: &[&str], row: usize| column.get(row).copied().unwrap_or_default().to_owned();
    let mut lines = Vec::new();
    for row in 0..rows {
        let (code, label, amount) = (at(&codes, row), at(&labels, row), at(&amounts, row));
        if code.is_empty() && label.is_empty() && amount.is_empty() {
            continue;
        }
        let amount = match amount.as_str() {
            "" => Value::Null,
            text => json!(yuan("line_amount", text)?.0),
        };
        lines.push(json!({ "code": code, "label": label, "amount": amount }));
    }
    Ok(Value::Array(lines))
}

/// Rules that are cited: `rule|version` in one field, or rule and version in two.
fn citations(form: &Form) -> Value {
    let versions: Vec<&str> = form.all("citation_version").collect();
    form.all("citation_rule")
        .enumerate()
        .filter(|(_, rule)| !rule.is_empty())
        .map(|(row, rule)| match rule.split_once('|') {
            Some((rule, version)) => json!({ "rule": rule, "version": version }),
            None => json!({
                "rule": rule,
                "version": versions.get(row).copied().unwrap_or_default(),
            }),
        })
        .collect()
}

fn put_plain(map: &mut Map<String, Value>, name: &str, value: &str) -> Result<(), AppError> {
    let value = match value {
        "" => return Ok(()),
        text if TIMES.contains(&name) => time(name, text)?,
        text if YES_NO.contains(&name) => json!(matches!(text, "true" | "on" | "1" | "yes")),
        text if LISTS.contains(&name) => text
            .split(['\n', '\r', '，', '、', ','])
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .map(Value::from)
            .collect(),
        text => json!(text),
    };
    map.entry(name).or_insert(value);
    Ok(())
}

/// The action that a form asks for.
///
/// # Errors
/// `Invalid` with the field that is missing or wrong.
pub fn action(form: &Form) -> Result<Action, AppError> {
    let mut map = Map::new();
    let decision = matches!(form.get("action"), "decide" | "decide_appeal");
    for (name, value) in &form.fields {
        let special = name.starts_with("line_")
            || name.starts_with("citation_")
            || name.starts_with("ask_")
            || name.starts_with("resolution_")
            || (decision && name == "evidence")
            || OF_THE_PAGE.contains(&name.as_str());
        if !special {
            put_plain(&mut map, name, value.trim())?;
        }
    }
    match form.get("action") {
        "quote" => {
            map.insert("lines".to_owned(), quote_lines(form)?);
        }
        "take_statutory_claim" => {
            map.insert("ask".to_owned(), resolution(form, "ask_kind", "ask_amount")?);
        }
        "offer_settlement" => {
            map.insert(
                "resolution".to_owned(),
                resolution(form, "resolution_kind", "resolution_amount")?,
            );
        }
        "decide" | "decide_appeal" => {
            let granted = map.get("grant") == Some(&Value::Bool(true));
            if granted {
                map.insert(
                    "resolution".to_owned(),
                    resolution(form, "resolution_kind", "resolution_amount")?,
                );
            }
            map.insert("citations".to_owned(), citations(form));
            let evidence = form.all("evidence").filter(|id| !id.is_empty()).map(Value::from).collect();
            map.insert("evidence".to_owned(), evidence);
        }
        _ => {}
    }
    read(Value::Object(map))
}

/// Reads a value that a form became; what is missing or wrong is named by the form's own field.
fn read<T: DeserializeOwned>(value: Value) -> Result<T, AppError> {
    serde_json::from_value(value).map_err(|error| {
        let text = error.to_string();
        let missing = text
            .strip_prefix("missing field `")
            .and_then(|rest| rest.split_once('`'))
            .map(|(name, _)| name);
        match missing {
            Some(name) => AppError::invalid(
                match name {
                    "ask" => "ask_kind",
                    "resolution" => "resolution_kind",
                    name => name,
                },
                "required",
                "请填写或选择这一项。",
                "Please fill this in or choose one.",
            ),
            // The text may quote what was entered, so it is neither shown nor logged.
            None => AppError::new(
                ErrorKind::Invalid,
                "form_value",
                "表单里有一项的内容不对，请刷新页面后重试。",
                "A field of the form has a value that does not fit. Please reload the page and try again.",
            ),
        }
    })
}

fn text_or_null(text: &str) -> Value {
    match text {
        "" => Value::Null,
        text => json!(text),
    }
}

fn time_or_null(form: &Form, field: &str) -> Result<Value, AppError> {
    match form.get(field) {
        "" => Ok(Value::Null),
        text => time(field, text),
    }
}

/// The fields that were chosen, without those that were left empty, so that reading names them.
fn chosen(form: &Form, map: &mut Map<String, Value>, names: &[&str]) {
    for name in names {
        let value = form.get(name);
        if !value.is_empty() {
            map.insert((*name).to_owned(), json!(value));
        }
    }
}

fn person_and_consent(form: &Form, map: &mut Map<String, Value>) {
    map.insert(
        "person".to_owned(),
        json!({
            "name": form.get("name"),
            "phone": form.get("phone"),
            "address": form.get("address"),
        }),
    );
    let purposes: Vec<&str> = form.all("purposes").filter(|text| !text.is_empty()).collect();
    map.insert(
        "consent".to_owned(),
        json!({ "notice_version": form.get("notice_version"), "purposes": purposes }),
    );
}

/// A request for a visit.
///
/// # Errors
/// `Invalid` with the field that is missing or wrong.
pub fn repair(form: &Form) -> Result<RepairInput, AppError> {
    let mut map = Map::new();
    chosen(form, &mut map, &["kind", "county"]);
    map.insert("product".to_owned(), text_or_null(form.get("product")));
    for name in ["skill", "description", "order_number"] {
        map.insert(name.to_owned(), json!(form.get(name)));
    }
    map.insert("urgent".to_owned(), json!(form.get("urgent") == "true"));
    for name in TIMES {
        map.insert(name.to_owned(), time_or_null(form, name)?);
    }
    person_and_consent(form, &mut map);
    read(Value::Object(map))
}

/// A claim.
///
/// # Errors
/// `Invalid` with the field that is missing or wrong.
pub fn claim(form: &Form) -> Result<ClaimInput, AppError> {
    let mut map = Map::new();
    chosen(form, &mut map, &["reason"]);
    map.insert("line".to_owned(), text_or_null(form.get("line")));
    for name in ["order_number", "statement"] {
        map.insert(name.to_owned(), json!(form.get(name)));
    }
    let ask = resolution(form, "ask_kind", "ask_amount")?;
    if !ask.is_null() {
        map.insert("ask".to_owned(), ask);
    }
    person_and_consent(form, &mut map);
    read(Value::Object(map))
}

/// The form as it was sent, with what is wrong beside the field that is to blame.
#[must_use]
pub fn failed(form: &Form, error: &AppError, frame: &Frame) -> FormState {
    let mut state = FormState {
        action: form.get("action").to_owned(),
        subject: match form.get("work_order") {
            "" => form.get("claim").to_owned(),
            work_order => work_order.to_owned(),
        },
        ..FormState::default()
    };
    for (name, value) in &form.fields {
        if !NOT_KEPT.contains(&name.as_str()) {
            state.values.entry(name.clone()).or_insert_with(|| value.clone());
        }
    }
    let words = frame.words(error).to_owned();
    match error.field.as_deref() {
        Some(field) if state.values.contains_key(field) || ALWAYS_SHOWN.contains(&field) => {
            state.errors.insert(field.to_owned(), words);
        }
        Some("ask") => {
            state.errors.insert("ask_kind".to_owned(), words);
        }
        Some("amount") if state.values.contains_key("ask_amount") => {
            state.errors.insert("ask_amount".to_owned(), words);
        }
        // Beside no field of this form, so above all of them.
        _ => state.problem = Some(words),
    }
    state
}

/// Whether a failed form is shown again: what the sender can put right there.
#[must_use]
pub const fn worth_showing(error: &AppError) -> bool {
    matches!(
        error.kind,
        ErrorKind::Invalid
            | ErrorKind::Refused
            | ErrorKind::Conflict
            | ErrorKind::TooLarge
            | ErrorKind::Unsupported
            | ErrorKind::TooMany
            | ErrorKind::Unavailable
            | ErrorKind::Internal
    )
}

/// A path of ours that a form may send its reader to.
#[must_use]
pub fn next(form: &Form) -> Option<&str> {
    let path = form.get("next");
    let ours = (path == "/desk" || path.starts_with("/desk/") || path.starts_with("/c/"))
        && !path.contains(['\\', '\r', '\n'])
        && !path.contains("//");
    ours.then_some(path)
}
