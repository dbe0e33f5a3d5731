//! From the fields of a form to what the application takes, and back to the form when it failed.

use crate::handlers::confirm::CONFIRM;
use crate::handlers::frame::Frame;
use crate::http::body::{Form, PHOTOS_KIND};
use crate::http::idempotency::{FORM_ID, is_form_id, new_form_id};
use crate::pages::FormState;
use aftercare_app::actions::{Action, ResolutionInput};
use aftercare_app::corrections::PhoneInput;
use aftercare_app::evidence::Upload;
use aftercare_app::intake::{ClaimInput, ConsentInput, RepairInput, consent_fits};
use aftercare_app::limits::QUOTE_LINES_MAX;
use aftercare_app::people::{self, PersonInput};
use aftercare_app::place_told::PlaceTold;
use aftercare_app::{AppError, ErrorKind, Plain, text};
use aftercare_domain::event::Resolution;
use aftercare_domain::evidence::EvidenceKind;
use aftercare_domain::time::{CHINA_OFFSET_MS, DAY_MS, HOUR_MS, MINUTE_MS};
use aftercare_domain::{Fen, Timestamp};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

/// Fields that are answers yes or no.
const YES_NO: [&str; 9] = [
    "accept",
    "accepted",
    "as_described",
    "consent",
    "grant",
    "right",
    "under_warranty",
    "upheld",
    "urgent",
];
/// Fields that are points in time, as `datetime-local` sends them: without a zone, meant in China.
const TIMES: [&str; 2] = ["from", "until"];
/// Fields that are for the page, not for the action.
const OF_THE_PAGE: [&str; 7] = [
    "next",
    "read",
    FORM_ID,
    PHOTOS_KIND,
    SAVED,
    SAVED_PHOTO,
    CONFIRM,
];
/// The field by which a form brings again what an earlier sending left here.
pub const SAVED: &str = "saved";
/// The field with the places of those photos that stay with it.
pub const SAVED_PHOTO: &str = "saved_photo";
/// What is said of photos that were not kept, in Chinese and English.
pub const NO_PHOTOS_KEPT: (&str, &str) = (
    "照片没有保留，请重新选择。",
    "The photos were not kept. Please choose them again.",
);
/// Fields that hold a list, one entry a line.
const LISTS: [&str; 3] = ["parts", "counts", "replaced"];
/// Fields that are never shown again: what they held was a file or a secret.
const NOT_KEPT: [&str; 4] = ["password", "password_again", "code", "photos"];
/// Fields that pages show an error beside although an untouched form does not send them.
const ALWAYS_SHOWN: [&str; 24] = [
    "actions",
    "to",
    "receipt",
    "line",
    "window",
    "windows",
    "purposes",
    "photos",
    "photo",
    "reference",
    "product",
    "kind",
    "county",
    "reason",
    "ask_kind",
    "look",
    "grant",
    "roles",
    "outcome",
    "satisfaction",
    "means",
    "upheld",
    "checked",
    "sought",
];

/// Actions whose forms say what is offered or granted in `resolution_kind` and `resolution_amount`.
const RESOLVING: [&str; 5] = [
    "decide",
    "decide_appeal",
    "look_again",
    "offer_counter",
    "offer_settlement",
];

pub(crate) fn yuan(field: &str, text: &str) -> Result<Fen, AppError> {
    Fen::from_yuan(text).map_err(|_| {
        AppError::invalid(
            field,
            "amount_format",
            "金额请写成 68 或 68.00（元）。",
            "Write the amount in yuan, such as 68 or 68.00.",
        )
    })
}

/// Days from 1970-01-01 to a date of the Gregorian calendar (Hinnant, “chrono-compatible low-level
/// date algorithms”, `days_from_civil`).
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// `2026-11-25T14:30`, with or without seconds, in China.
fn parse_time(text: &str) -> Option<Timestamp> {
    let (date, clock) = text.split_once(['T', ' '])?;
    let whole = |text: &str| {
        text.parse::<i64>()
            .ok()
            .filter(|_| text.bytes().all(|b| b.is_ascii_digit()))
    };
    let mut date = date.split('-').map(whole);
    let (year, month, day) = (date.next()??, date.next()??, date.next()??);
    let mut clock = clock.split(':').map(whole);
    let (hour, minute, second) = (
        clock.next()??,
        clock.next()??,
        clock.next().unwrap_or(Some(0))?,
    );
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let longest = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    let sound = (1970..=9999).contains(&year)
        && (1..=12).contains(&month)
        && (1..=longest).contains(&day)
        && hour < 24
        && minute < 60
        && second < 60
        && date.next().is_none()
        && clock.next().is_none();
    sound.then(|| {
        let days = days_from_civil(year, month, day);
        Timestamp(
            days * DAY_MS + hour * HOUR_MS + minute * MINUTE_MS + second * 1_000 - CHINA_OFFSET_MS,
        )
    })
}

fn time(field: &str, text: &str) -> Result<Value, AppError> {
    moment(field, text).map(|time| json!(time.0))
}

/// A time as forms write it.
///
/// # Errors
/// `Invalid` for the field.
pub fn moment(field: &str, text: &str) -> Result<Timestamp, AppError> {
    parse_time(text).ok_or_else(|| {
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

/// What was granted, from two fields; none when no kind was chosen.
///
/// # Errors
/// An amount that is missing or written wrongly.
pub fn resolution_of(
    form: &Form,
    kind: &str,
    amount: &str,
) -> Result<Option<Resolution>, AppError> {
    let value = resolution(form, kind, amount)?;
    let input: Option<ResolutionInput> = serde_json::from_value(value)
        .map_err(|error| AppError::internal(format!("resolution: {error}")))?;
    input
        .as_ref()
        .map(aftercare_app::act::resolution)
        .transpose()
}

/// A time that was chosen: `from-until` in milliseconds.
fn window(field: &str, text: &str) -> Result<Map<String, Value>, AppError> {
    let (from, until) = text.split_once('-').unwrap_or_default();
    match (from.parse::<i64>(), until.parse::<i64>()) {
        (Ok(from), Ok(until)) => Ok(Map::from_iter([
            ("from".to_owned(), json!(from)),
            ("until".to_owned(), json!(until)),
        ])),
        _ => Err(AppError::invalid(
            field,
            "time_format",
            "请从列出的时间里选。",
            "Please choose one of the times that are listed.",
        )),
    }
}

/// Lines of a quote, a row of fields each (`line_code_0`, `line_label_0`, `line_amount_0`, …); a row
/// that was left empty is no line.
fn quote_lines(form: &Form) -> Result<Value, AppError> {
    let mut lines = Vec::new();
    for row in 0..QUOTE_LINES_MAX {
        let [code, label, amount] =
            &["code", "label", "amount"].map(|column| format!("line_{column}_{row}"));
        let (code, label, amount) = (form.get(code), form.get(label), form.get(amount));
        if code.is_empty() && label.is_empty() && amount.is_empty() {
            continue;
        }
        let amount = match amount {
            "" => Value::Null,
            text => json!(yuan(&format!("line_amount_{row}"), text)?.0),
        };
        lines.push(json!({ "code": code, "label": label, "amount": amount }));
    }
    Ok(Value::Array(lines))
}

/// Rules that are cited: those ticked, as `rule|version`, and one that was written down.
fn citations(form: &Form) -> Value {
    let ticked = form
        .all("citation")
        .filter_map(|text| text.split_once('|'))
        .map(|(rule, version)| json!({ "rule": rule, "version": version }));
    let written = Some(form.get("citation_rule"))
        .filter(|rule| !rule.is_empty())
        .map(|rule| json!({ "rule": rule, "version": form.get("citation_version") }));
    ticked.chain(written).collect()
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
    for (name, value) in form.fields.expose() {
        let special = name.starts_with("line_")
            || name.starts_with("citation")
            || name.starts_with("ask_")
            || name.starts_with("resolution_")
            || name.ends_with("_yuan")
            || (decision && name == "evidence")
            || (form.get("action") == "first_look" && name == "seen")
            || matches!(name.as_str(), "window" | "windows" | "actions")
            || OF_THE_PAGE.contains(&name.as_str());
        if !special {
            put_plain(&mut map, name, value.trim())?;
        }
    }
    match form.get("action") {
        "quote" => {
            map.insert("lines".to_owned(), quote_lines(form)?);
        }
        "finish" => {
            let done = form.all("actions").filter(|code| !code.is_empty());
            map.insert("actions".to_owned(), done.map(Value::from).collect());
        }
        // A time that was chosen goes before what was typed.
        "schedule" if !form.get("window").is_empty() => {
            map.append(&mut window("window", form.get("window"))?);
        }
        "propose_times" => {
            let windows = form.all("windows").filter(|text| !text.is_empty());
            let windows = windows.map(|text| window("windows", text).map(Value::Object));
            map.insert("windows".to_owned(), windows.collect::<Result<_, _>>()?);
        }
        "take_statutory_claim" => {
            map.insert(
                "ask".to_owned(),
                resolution(form, "ask_kind", "ask_amount")?,
            );
        }
        "offer_settlement" | "offer_counter" | "look_again" => {
            // Left out where nothing was chosen, so that reading names it.
            let chosen = resolution(form, "resolution_kind", "resolution_amount")?;
            if !chosen.is_null() {
                map.insert("resolution".to_owned(), chosen);
            }
        }
        "first_look" => {
            let seen = form.all("seen").filter(|id| !id.is_empty());
            map.insert("seen".to_owned(), seen.map(Value::from).collect());
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
            let evidence = form
                .all("evidence")
                .filter(|id| !id.is_empty())
                .map(Value::from)
                .collect();
            map.insert("evidence".to_owned(), evidence);
            if !form.get("freight_yuan").is_empty() {
                let sum = yuan("freight_yuan", form.get("freight_yuan"))?;
                map.insert("freight".to_owned(), json!(sum.0));
            }
        }
        "contest_paid" if !form.get("freight_yuan").is_empty() => {
            let sum = yuan("freight_yuan", form.get("freight_yuan"))?;
            map.insert("freight".to_owned(), json!(sum.0));
        }
        "record_payment" | "let_go_payment" | "give_back_payment" => {
            let sum = yuan("amount_yuan", form.get("amount_yuan"))?;
            map.insert("amount".to_owned(), json!(sum.0));
        }
        "settle_recovery" => {
            if !form.get("amount_yuan").is_empty() {
                let sum = yuan("amount_yuan", form.get("amount_yuan"))?;
                map.insert("amount".to_owned(), json!(sum.0));
            }
            let cited = citations(form)
                .as_array()
                .and_then(|all| all.first().cloned());
            map.insert("rule".to_owned(), cited.unwrap_or(Value::Null));
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
            Some(name) => missing_field(match name {
                "ask" => "ask_kind",
                "resolution" => "resolution_kind",
                name => name,
            }),
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

fn missing_field(name: &str) -> AppError {
    AppError::invalid(
        name,
        "required",
        "请填写或选择这一项。",
        "Please fill this in or choose one.",
    )
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
    let purposes: Vec<&str> = form
        .all("purposes")
        .filter(|text| !text.is_empty())
        .collect();
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

/// A phone number that is put right.
#[must_use]
pub fn phone(form: &Form) -> PhoneInput {
    PhoneInput {
        phone: Plain::new(form.get("phone").to_owned()),
        reason: form.get("reason").to_owned(),
        checked: form.get("checked") == "true",
    }
}

/// Where a visit is, as it was told in a call.
///
/// # Errors
/// `Invalid` with the field that is missing or wrong.
pub fn place_told(form: &Form) -> Result<PlaceTold, AppError> {
    let mut map = Map::new();
    chosen(form, &mut map, &["county"]);
    map.insert(
        "work_order".to_owned(),
        text_or_null(form.get("work_order")),
    );
    for name in ["address", "reason"] {
        map.insert(name.to_owned(), json!(form.get(name)));
    }
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

/// What is wrong with what a person entered about themselves, and with what they agreed to.
fn faults_of_person(form: &Form) -> impl Iterator<Item = AppError> {
    let plain = |name: &str| Plain::new(form.get(name).to_owned());
    let person = PersonInput {
        name: plain("name"),
        phone: plain("phone"),
        address: plain("address"),
        place: None,
    };
    let consent = ConsentInput {
        notice_version: form.get("notice_version").to_owned(),
        purposes: form
            .all("purposes")
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
            .collect(),
    };
    let consent = consent_fits(&consent).err();
    people::faults(&person).into_iter().chain(consent)
}

/// The fields of `names` that were left empty.
fn left_empty(form: &Form, names: &[&str]) -> Vec<AppError> {
    let empty = names.iter().filter(|name| form.get(name).is_empty());
    empty.map(|name| missing_field(name)).collect()
}

/// Everything that can be told to be wrong with the form of a claim without looking anything up: nobody should have to send
/// it once for every mistake.
#[must_use]
pub fn faults_of_claim(form: &Form) -> Vec<AppError> {
    let mut faults = left_empty(form, &["order_number", "reason", "ask_kind"]);
    faults.extend(resolution_of(form, "ask_kind", "ask_amount").err());
    faults.extend(text::required("statement", form.get("statement")).err());
    faults.extend(faults_of_person(form));
    faults
}

/// The same for the form of a repair.
#[must_use]
pub fn faults_of_repair(form: &Form) -> Vec<AppError> {
    let mut faults = left_empty(form, &["kind"]);
    if form.get("product").is_empty() && form.get("skill").is_empty() {
        faults.push(missing_field("product"));
    }
    faults.extend(text::required("description", form.get("description")).err());
    let times = TIMES.iter();
    faults.extend(times.filter_map(|name| time_or_null(form, name).err()));
    faults.extend(faults_of_person(form));
    faults
}

/// A form that nothing was entered in yet, with an id of its own.
///
/// # Errors
/// `Internal` when the operating system gives no random bytes.
pub fn fresh() -> Result<FormState, AppError> {
    let mut state = FormState::default();
    state.values.insert(FORM_ID.to_owned(), new_form_id()?);
    Ok(state)
}

/// An intake form that failed as it is shown again: it keeps its id, unless it was taken already
/// with other content, or has none.
///
/// # Errors
/// `Internal` when the operating system gives no random bytes.
pub fn with_id(
    mut state: FormState,
    error: &AppError,
    frame: &Frame,
) -> Result<FormState, AppError> {
    let taken = error.rule == "idempotency_key_reused";
    if taken {
        let words = frame.lang.pick(
            "这份表单已经提交过，这次的内容和上次不同。如果要再提交一份，请核对后再提交一次。",
            "This form was sent already, with other content. To send one more, please check it and send it again.",
        );
        state.problem = Some(words.to_owned());
    }
    if taken || !is_form_id(state.value(FORM_ID)) {
        state.values.insert(FORM_ID.to_owned(), new_form_id()?);
    }
    Ok(state)
}

/// The photos of a report: unless their sender said otherwise, they show the state before a repair.
#[must_use]
pub fn photos_of_report(form: &Form) -> Vec<Upload> {
    form.photos
        .iter()
        .map(|photo| Upload {
            kind: match photo.kind {
                EvidenceKind::DamagePhoto => EvidenceKind::RepairPhoto,
                kind => kind,
            },
            bytes: photo.bytes.clone(),
            ai_declared: photo.ai_declared,
        })
        .collect()
}

/// Says what is wrong beside the field that is to blame, unless something was said there before.
fn place(state: &mut FormState, form: &Form, error: &AppError, frame: &Frame) {
    let words = frame.words(error).to_owned();
    let field = match error.field.as_deref() {
        Some(field) if state.values.contains_key(field) || ALWAYS_SHOWN.contains(&field) => field,
        Some("ask") => "ask_kind",
        // The application's names of what these forms have under names of their own.
        Some("resolution") if RESOLVING.contains(&form.get("action")) => "resolution_kind",
        Some(field @ ("resolution_kind" | "citations"))
            if RESOLVING.contains(&form.get("action")) =>
        {
            field
        }
        Some("amount") if state.values.contains_key("resolution_amount") => "resolution_amount",
        Some("freight") if state.values.contains_key("freight_yuan") => "freight_yuan",
        Some("amount") if state.values.contains_key("ask_amount") => "ask_amount",
        // Beside no field of this form, so above all of them.
        _ => {
            state.problem.get_or_insert(words);
            return;
        }
    };
    state.errors.entry(field.to_owned()).or_insert(words);
}

/// Says what else is wrong, beside what was found first.
pub fn add_faults(state: &mut FormState, form: &Form, faults: &[AppError], frame: &Frame) {
    for fault in faults {
        place(state, form, fault, frame);
    }
}

/// Takes back what was said of the photos, in either language.
pub fn take_back(state: &mut FormState, (zh, en): (&str, &str)) {
    state
        .errors
        .retain(|field, words| field != "photos" || (words != zh && words != en));
}

/// An intake form as it was sent, to be shown with more in it.
///
/// # Errors
/// `Internal` when the operating system gives no random bytes.
pub fn as_sent(form: &Form) -> Result<FormState, AppError> {
    let mut state = kept(form);
    if !is_form_id(state.value(FORM_ID)) {
        state.values.insert(FORM_ID.to_owned(), new_form_id()?);
    }
    Ok(state)
}

/// The form as it was sent, with what is wrong beside the field that is to blame.
#[must_use]
pub fn failed(form: &Form, error: &AppError, frame: &Frame) -> FormState {
    let mut state = kept(form);
    place(&mut state, form, error, frame);
    // A browser empties the fields of files.
    if !form.photos.is_empty() {
        let (zh, en) = NO_PHOTOS_KEPT;
        let photos = state.errors.entry("photos".to_owned());
        photos.or_insert_with(|| frame.lang.pick(zh, en).to_owned());
    }
    state
}

fn kept(form: &Form) -> FormState {
    let mut state = FormState {
        action: form.get("action").to_owned(),
        subject: match form.get("work_order") {
            "" => form.get("claim").to_owned(),
            work_order => work_order.to_owned(),
        },
        ..FormState::default()
    };
    for (name, value) in form.fields.expose() {
        if !NOT_KEPT.contains(&name.as_str()) {
            state
                .values
                .entry(name.clone())
                .or_insert_with(|| value.clone());
            state
                .lists
                .entry(name.clone())
                .or_default()
                .push(value.clone());
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn form(fields: &[(&str, &str)]) -> Form {
        let fields = fields.iter();
        Form {
            fields: Plain::new(
                fields
                    .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                    .collect(),
            ),
            ..Form::default()
        }
    }

    const ID: &str = "0198a000-0000-7000-8000-000000000001";

    fn value(fields: &[(&str, &str)]) -> Value {
        serde_json::to_value(action(&form(fields)).expect("an action")).expect("JSON")
    }

    #[test]
    fn what_somebody_wrote_is_not_in_what_is_told_of_a_form() {
        let form = form(&[("name", "金丝雀"), ("phone", "13800000000")]);
        assert_eq!(form.get("phone"), "13800000000");
        let told = format!("{form:?}");
        assert!(told.contains("Plain(..)"), "{told}");
        assert!(!told.contains("金丝雀") && !told.contains("138"), "{told}");
    }

    #[test]
    fn times_without_a_zone_are_meant_in_china() {
        assert_eq!(parse_time("1970-01-01T08:00"), Some(Timestamp(0)));
        assert_eq!(
            parse_time("2026-11-25T20:08:19"),
            Some(Timestamp(1_795_608_499_000))
        );
        assert_eq!(
            parse_time("2024-02-29 00:00")
                .map(Timestamp::to_china_text)
                .as_deref(),
            Some("2024-02-29T00:00:00+08:00")
        );
        for wrong in [
            "2026-02-29T08:00",
            "2026-13-01T08:00",
            "2026-11-25T24:00",
            "2026-11-25",
            "+026-11-25T08:00",
            "x",
        ] {
            assert_eq!(parse_time(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_quote_comes_in_rows_and_in_yuan() {
        let value = value(&[
            ("action", "quote"),
            ("work_order", ID),
            ("next", "/desk/jobs"),
            ("line_code_0", "VISIT"),
            ("line_label_0", ""),
            ("line_amount_0", ""),
            ("line_code_1", ""),
            ("line_label_1", ""),
            ("line_amount_1", ""),
            ("line_code_2", ""),
            ("line_label_2", "灯管"),
            ("line_amount_2", "12.5"),
            ("under_warranty", "true"),
        ]);
        assert_eq!(value["lines"][0]["code"], "VISIT");
        assert_eq!(value["lines"][0]["amount"], Value::Null);
        assert_eq!(value["lines"][1]["amount"], 1_250);
        assert_eq!(value["lines"].as_array().map(Vec::len), Some(2));
        assert_eq!(value["under_warranty"], true);
    }

    #[test]
    fn a_decision_comes_with_its_rules_and_photos() {
        let granted = value(&[
            ("action", "decide"),
            ("claim", ID),
            ("grant", "true"),
            ("resolution_kind", "partial"),
            ("resolution_amount", "20"),
            ("reasons", "裂纹属实。"),
            ("evidence", ID),
            ("citation", "消费者权益保护法 第二十四条|2013"),
            ("citation_rule", "pack:default/evidence"),
            ("citation_version", "1"),
        ]);
        assert_eq!(granted["resolution"]["amount"], 2_000);
        assert_eq!(granted["citations"][0]["version"], "2013");
        assert_eq!(granted["citations"][1]["rule"], "pack:default/evidence");
        assert_eq!(granted["evidence"][0], ID);
        let rejected = value(&[
            ("action", "decide"),
            ("grant", "false"),
            ("resolution_kind", "refund"),
            ("resolution_amount", "68"),
            ("reasons", "看不出损坏。"),
        ]);
        assert_eq!(
            rejected["resolution"],
            Value::Null,
            "what was left in the field is not granted"
        );
        assert_eq!(rejected["grant"], false);
    }

    #[test]
    fn answers_lists_and_times_are_read() {
        let done = value(&[
            ("action", "finish"),
            ("outcome", "fixed"),
            ("actions", "SWAP-1"),
            ("actions", "TEST"),
        ]);
        assert_eq!(done["actions"], json!(["SWAP-1", "TEST"]));
        assert_eq!(
            value(&[("action", "answer_settlement"), ("accept", "false")])["accept"],
            false
        );
        assert_eq!(
            value(&[
                ("action", "await_parts"),
                ("parts", "灯管\r\n镇流器，保险丝")
            ])["parts"],
            json!(["灯管", "镇流器", "保险丝"])
        );
        assert_eq!(
            value(&[
                ("action", "schedule"),
                ("from", "1970-01-01T08:00"),
                ("until", "1970-01-01T09:00")
            ])["until"],
            3_600_000
        );
        let chosen = value(&[("action", "schedule"), ("window", "3600000-7200000")]);
        assert_eq!(
            (&chosen["from"], &chosen["until"]),
            (&json!(3_600_000), &json!(7_200_000))
        );
        let asked = value(&[
            ("action", "propose_times"),
            ("windows", "1-2"),
            ("windows", "3-4"),
        ]);
        assert_eq!(
            asked["windows"],
            json!([{"from": 1, "until": 2}, {"from": 3, "until": 4}])
        );
        assert_eq!(
            value(&[("action", "dispute_evidence"), ("evidence", ID)])["evidence"],
            ID,
            "one photo, not a list"
        );
        assert_eq!(
            value(&[("action", "offer"), ("technician", "")])["technician"],
            Value::Null
        );
    }

    #[test]
    fn what_is_missing_or_wrong_is_named_by_its_field() {
        let field = |fields: &[(&str, &str)]| action(&form(fields)).expect_err("refused").field;
        assert_eq!(
            field(&[("action", "finish"), ("note", "x")]).as_deref(),
            Some("outcome")
        );
        assert_eq!(
            field(&[
                ("action", "offer_settlement"),
                ("claim", ID),
                ("resolution_kind", "")
            ])
            .as_deref(),
            Some("resolution_kind")
        );
        assert_eq!(
            field(&[("action", "schedule"), ("from", "soon"), ("until", "")]).as_deref(),
            Some("from")
        );
        assert_eq!(
            field(&[
                ("action", "quote"),
                ("line_label_3", "灯管"),
                ("line_amount_3", "much")
            ])
            .as_deref(),
            Some("line_amount_3")
        );
        assert_eq!(
            action(&form(&[("action", "no_such_action")]))
                .expect_err("refused")
                .rule,
            "form_value"
        );
        assert_eq!(
            action(&form(&[])).expect_err("refused").field.as_deref(),
            Some("action")
        );
    }

    #[test]
    fn only_paths_of_ours_are_gone_to() {
        for (path, ours) in [
            ("/desk", true),
            ("/desk/jobs/1", true),
            ("/c/token/case", true),
            ("//elsewhere.example", false),
            ("/desk//x", false),
            ("https://elsewhere.example", false),
            ("/deskx", false),
            ("", false),
        ] {
            assert_eq!(next(&form(&[("next", path)])).is_some(), ours, "{path}");
        }
    }
}
