//! The engine of the adapters: a table of paths, what each becomes, and how it is written.

use super::{Kept, Slot, malformed};
use crate::error::AppError;
use aftercare_domain::Timestamp;
use aftercare_domain::time::{CHINA_OFFSET_MS, SECOND_MS};
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// How a platform writes a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Text,
    /// A whole number that is a name, not a count.
    NumberAsText,
    /// A count, or an amount in fen.
    Number,
    /// `68.00`.
    Yuan,
    /// Seconds since 1970.
    Seconds,
    /// Seconds that are left.
    SecondsLeft,
    /// `2026-11-02 09:00:00` in China.
    LocalTime,
    Flag,
    /// 0 or 1.
    FlagAsNumber,
    /// A list of texts.
    List,
}

/// A field of a platform's object.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    /// Keys from the root, joined by dots; a number is a place in a list.
    pub path: &'static str,
    pub to: Slot,
    pub form: Form,
    /// Whether the spelling was seen in a public client library.
    pub seen: bool,
}

impl Field {
    pub const fn seen(path: &'static str, to: Slot, form: Form) -> Self {
        Self {
            path,
            to,
            form,
            seen: true,
        }
    }
}

/// What became of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Use {
    Mapped,
    Dropped,
    /// Dropped because the adapter does not know it.
    Unknown,
}

/// A field of an object that was read, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldUse {
    pub path: String,
    #[serde(rename = "use")]
    pub used: Use,
    /// What it became.
    #[schema(value_type = Option<String>)]
    pub to: Option<Slot>,
    /// Why it was dropped.
    pub zh: String,
    pub en: String,
}

/// Leaves of an object that are looked at; one with more is refused.
const LEAVES_MAX: usize = 2_000;

fn at<'a>(object: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(object, |value, key| match value {
        Value::Array(list) => list.get(key.parse::<usize>().ok()?),
        _ => value.get(key),
    })
}

/// Paths of the leaves; a list of texts is one leaf.
fn leaves(value: &Value, path: &str, found: &mut Vec<String>) {
    let below = |key: &str| {
        if path.is_empty() {
            key.to_owned()
        } else {
            format!("{path}.{key}")
        }
    };
    match value {
        Value::Object(map) if !map.is_empty() => {
            for (key, value) in map {
                leaves(value, &below(key), found);
            }
        }
        Value::Array(list) if list.iter().any(Value::is_object) => {
            for (position, value) in list.iter().enumerate() {
                leaves(value, &below(&position.to_string()), found);
            }
        }
        _ => found.push(path.to_owned()),
    }
}

fn is_below(path: &str, top: &str) -> bool {
    path == top
        || path
            .strip_prefix(top)
            .is_some_and(|rest| rest.starts_with('.'))
}

/// Maps an object by a table, and says what became of every leaf of it.
///
/// # Errors
/// A field that is written otherwise than the table says, with its path.
pub(super) fn drop_and_map(
    fields: &[Field],
    dropped: &[(&str, &str, &str)],
    object: &Value,
    read_at: Timestamp,
) -> Result<(BTreeMap<Slot, Kept>, Vec<FieldUse>), AppError> {
    let mut values = BTreeMap::new();
    for field in fields {
        if let Some(value) = at(object, field.path).filter(|value| !value.is_null()) {
            let kept = kept(field.form, value, read_at).ok_or_else(|| wrong(field))?;
            values.insert(field.to, kept);
        }
    }
    let mut paths = Vec::new();
    leaves(object, "", &mut paths);
    if paths.len() > LEAVES_MAX {
        return Err(malformed("对象太大。", "The object is too large."));
    }
    let uses = paths
        .into_iter()
        .map(|path| {
            if let Some(field) = fields.iter().find(|field| is_below(&path, field.path)) {
                let (zh, en) = if field.seen {
                    ("", "")
                } else {
                    ("字段名未核实", "the spelling was not verified")
                };
                return FieldUse {
                    path,
                    used: Use::Mapped,
                    to: Some(field.to),
                    zh: zh.to_owned(),
                    en: en.to_owned(),
                };
            }
            let reason = dropped.iter().find(|(top, ..)| is_below(&path, top));
            let (used, zh, en) = match reason {
                Some((_, zh, en)) => (Use::Dropped, *zh, *en),
                None => (
                    Use::Unknown,
                    "适配器不认识这个字段，没有保存",
                    "the adapter does not know this field; it was not kept",
                ),
            };
            FieldUse {
                path,
                used,
                to: None,
                zh: zh.to_owned(),
                en: en.to_owned(),
            }
        })
        .collect();
    Ok((values, uses))
}

fn wrong(field: &Field) -> AppError {
    malformed(
        &format!("字段 {} 的写法不对。", field.path),
        &format!("The field {} is not written as expected.", field.path),
    )
}

fn kept(form: Form, value: &Value, read_at: Timestamp) -> Option<Kept> {
    Some(match form {
        Form::Text => Kept::Text(value.as_str()?.to_owned()),
        Form::NumberAsText => Kept::Text(value.as_i64()?.to_string()),
        Form::Number => Kept::Number(value.as_i64()?),
        Form::Yuan => Kept::Number(fen(value.as_str()?)?),
        Form::Seconds => Kept::Number(value.as_i64()?.checked_mul(SECOND_MS)?),
        Form::SecondsLeft => {
            let left = value.as_i64()?.checked_mul(SECOND_MS)?;
            Kept::Number(read_at.0.checked_add(left)?)
        }
        Form::LocalTime => Kept::Number(local(value.as_str()?)?),
        Form::Flag => Kept::Flag(value.as_bool()?),
        Form::FlagAsNumber => match value.as_i64()? {
            0 => Kept::Flag(false),
            1 => Kept::Flag(true),
            _ => return None,
        },
        Form::List => Kept::List(
            value
                .as_array()?
                .iter()
                .map(|item| item.as_str().map(str::to_owned))
                .collect::<Option<_>>()?,
        ),
    })
}

/// Writes a value at its place.
pub(super) fn put(object: &mut Value, field: &Field, kept: &Kept, read_at: Timestamp) {
    let value = match (field.form, kept) {
        (Form::NumberAsText, Kept::Text(text)) => text
            .parse::<i64>()
            .map_or(Value::Null, |number| json!(number)),
        (Form::Yuan, Kept::Number(fen)) => json!(yuan(*fen)),
        (Form::Seconds, Kept::Number(ms)) => json!(ms.div_euclid(SECOND_MS)),
        (Form::SecondsLeft, Kept::Number(ms)) => {
            json!(ms.saturating_sub(read_at.0).div_euclid(SECOND_MS))
        }
        (Form::LocalTime, Kept::Number(ms)) => json!(local_text(*ms)),
        (Form::FlagAsNumber, Kept::Flag(flag)) => json!(i64::from(*flag)),
        (_, Kept::Flag(flag)) => json!(flag),
        (_, Kept::Number(number)) => json!(number),
        (_, Kept::Text(text)) => json!(text),
        (_, Kept::List(list)) => json!(list),
    };
    let mut place = object;
    for key in field.path.split('.') {
        place = match key.parse::<usize>() {
            Ok(position) => {
                if !place.is_array() {
                    *place = Value::Array(Vec::new());
                }
                let Value::Array(list) = place else { return };
                while list.len() <= position {
                    list.push(Value::Null);
                }
                let Some(next) = list.get_mut(position) else {
                    return;
                };
                next
            }
            Err(_) => {
                if !place.is_object() {
                    *place = Value::Object(Map::new());
                }
                let Value::Object(map) = place else { return };
                map.entry(key.to_owned()).or_insert(Value::Null)
            }
        };
    }
    *place = value;
}

/// `68.00` in fen.
fn fen(text: &str) -> Option<i64> {
    let (whole, part) = text.split_once('.')?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || part.len() != 2 || !digits(part) {
        return None;
    }
    whole
        .parse::<i64>()
        .ok()?
        .checked_mul(100)?
        .checked_add(part.parse().ok()?)
}

fn yuan(fen: i64) -> String {
    format!("{}.{:02}", fen.div_euclid(100), fen.rem_euclid(100))
}

/// `2026-11-02 09:00:00` in China, in milliseconds since 1970.
fn local(text: &str) -> Option<i64> {
    let time: jiff::civil::DateTime = text.replacen(' ', "T", 1).parse().ok()?;
    let zone = jiff::tz::Offset::constant(8).to_time_zone();
    let at = time.to_zoned(zone).ok()?.timestamp();
    Some(at.as_millisecond())
}

fn local_text(ms: i64) -> String {
    let utc = ms.saturating_add(CHINA_OFFSET_MS);
    jiff::Timestamp::from_millisecond(utc).map_or_else(
        |_| String::new(),
        |time| time.strftime("%Y-%m-%d %H:%M:%S").to_string(),
    )
}
