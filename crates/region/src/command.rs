//! The answers of `aftercare region resolve` and `aftercare region lint`: a JSON line a line of input.

use serde_json::{Map, Value, json};

use crate::atlas::Atlas;
use crate::date::Date;
use crate::limits::MAX_LINE_BYTES;
use crate::resolve::{Resolution, Status};

/// One line of input as one JSON object: input, status, code, town_code, candidates, province, city, county, town,
/// rest, spans, why; `likely` where a landline in the text rings in one of several candidates.
#[must_use]
pub fn resolve_line(atlas: &Atlas, line: &str, day: Date) -> Value {
    if line.len() > MAX_LINE_BYTES {
        return json!({
            "input": line.chars().take(80).collect::<String>(),
            "status": Status::Unknown,
            "code": null,
            "candidates": [],
            "why": [{
                "id": "too_long",
                "zh": format!("一行最多{MAX_LINE_BYTES}字节"),
                "en": format!("a line has at most {MAX_LINE_BYTES} bytes"),
            }],
        });
    }
    to_json(line, &atlas.resolve(line, day))
}

/// A resolution as the command line writes it; codes are strings.
#[must_use]
pub fn to_json(input: &str, resolution: &Resolution<'_>) -> Value {
    let rest = &resolution.rest;
    let spans: Vec<Value> = resolution
        .spans
        .iter()
        .map(|span| json!({"part": span.part, "start": span.start, "end": span.end}))
        .collect();
    let why: Vec<Value> = resolution
        .why
        .iter()
        .map(|why| json!({"id": why.id, "zh": why.zh, "en": why.en}))
        .collect();
    let mut object = Map::new();
    let mut set = |key: &str, value: Value| {
        object.insert(key.to_owned(), value);
    };
    set("input", json!(input));
    set("status", json!(resolution.status));
    set(
        "code",
        json!(resolution.code.map(|code| format!("{code:06}"))),
    );
    set(
        "town_code",
        json!(resolution.town_code.map(|code| format!("{code:09}"))),
    );
    let candidates: Vec<String> = resolution
        .candidates
        .iter()
        .map(|code| format!("{code:06}"))
        .collect();
    set("candidates", json!(candidates));
    if let Some(likely) = resolution.likely {
        set("likely", json!(format!("{likely:06}")));
    }
    set("province", json!(resolution.province));
    set("city", json!(resolution.city));
    set("county", json!(resolution.county));
    set("town", json!(resolution.town));
    set(
        "rest",
        json!({
            "text": rest.text, "road": rest.road, "number": rest.number,
            "building": rest.building, "unit": rest.unit, "room": rest.room,
        }),
    );
    set("spans", Value::Array(spans));
    set("why", Value::Array(why));
    Value::Object(object)
}
