//! Reads one label, and holds it against GB 45438-2025 annex E.

use aftercare_media::Object;
use aftercare_media::label::{KEYS, same_key};
use serde_json::Value;

use crate::mark::{Deviation, Mark};
use crate::provider::{self, Provider, Service};
use crate::rule::Rule;
use crate::signature::{self, State};

/// Keys of a scheme that a cloud service writes into image descriptions.
const OTHER_SCHEMA: [&str; 4] = ["ServiceProvider", "ServiceUser", "Time", "ContentId"];
/// Keys of that scheme that make an object one of its labels.
const MIN_OTHER_KEYS: usize = 2;

/// Reads the label `text` into `mark` and adds what differs from annex E. At most `signatures` signatures are checked.
pub(crate) fn judge(mark: &mut Mark, text: &str, signatures: &mut usize) {
    let Some(object) = Object::parse(text) else {
        mark.fields
            .insert("text".to_owned(), Value::String(text.to_owned()));
        mark.deviations.push(Deviation::plain(Rule::NotJson));
        return;
    };
    for (key, value) in &object.0 {
        if !mark.fields.contains_key(key) {
            mark.fields.insert(key.clone(), value.clone());
        }
    }
    if OTHER_SCHEMA.iter().filter(|key| object.has(key)).count() >= MIN_OTHER_KEYS {
        mark.deviations.push(Deviation::plain(Rule::OtherSchema));
        return;
    }
    let mut deviations = Vec::new();
    let values = values(&object, &mut deviations);
    required(&values, &mut deviations);
    mark.level = level(values[0].as_deref(), &mut deviations);
    let producer = values[1].as_deref().unwrap_or_default();
    let propagator = values[4].as_deref().unwrap_or_default();
    mark.producer = provider_code(KEYS[1], producer, Service::Propagation, &mut deviations);
    mark.propagator = provider_code(KEYS[4], propagator, Service::Generation, &mut deviations);
    let needed: &[usize] = match mark.level {
        Some(1) => &[1, 2],
        Some(_) => &[4, 5],
        None => &[],
    };
    for &index in needed {
        if values[index]
            .as_deref()
            .is_some_and(|value| value.trim().is_empty())
        {
            deviations.push(about(Rule::EmptyValue, KEYS[index], None));
        }
    }
    mark.signatures = signature::check(&values, signatures);
    for signature in &mark.signatures {
        if signature.state == State::Mismatch {
            deviations.push(about(Rule::SignatureMismatch, signature.key, None));
        }
    }
    mark.deviations.append(&mut deviations);
}

fn about(rule: Rule, key: &str, found: Option<String>) -> Deviation {
    Deviation::of(rule, Some(key.to_owned()), found)
}

/// The values of the keys of annex E, as texts.
fn values(object: &Object, deviations: &mut Vec<Deviation>) -> [Option<String>; 7] {
    let mut values: [Option<String>; 7] = Default::default();
    let mut last = None;
    let mut is_ordered = true;
    for (written, value) in &object.0 {
        let Some(index) = KEYS.iter().position(|key| same_key(written, key)) else {
            deviations.push(Deviation::of(Rule::UnknownKey, None, Some(written.clone())));
            continue;
        };
        let key = KEYS[index];
        if written != key {
            deviations.push(about(Rule::KeyCase, key, Some(written.clone())));
        }
        if values[index].is_some() {
            deviations.push(about(Rule::DuplicateKey, key, None));
            continue;
        }
        is_ordered &= last.is_none_or(|last| last < index);
        last = Some(index);
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Null => {
                deviations.push(about(Rule::ValueNotString, key, Some("null".to_owned())));
                String::new()
            }
            other => {
                deviations.push(about(Rule::ValueNotString, key, None));
                other.to_string()
            }
        };
        if let Some(character) = text.chars().find(|c| !('\u{21}'..='\u{7E}').contains(c)) {
            let code = format!("U+{:04X}", u32::from(character));
            deviations.push(about(Rule::CharacterSet, key, Some(code)));
        }
        values[index] = Some(text);
    }
    if !is_ordered {
        deviations.push(Deviation::plain(Rule::KeyOrder));
    }
    values
}

fn required(values: &[Option<String>; 7], deviations: &mut Vec<Deviation>) {
    for (key, value) in KEYS.iter().zip(values) {
        if value.is_none() {
            let rule = if key.starts_with("ReservedCode") {
                Rule::MissingReservedCode
            } else {
                Rule::MissingKey
            };
            deviations.push(about(rule, key, None));
        }
    }
}

fn level(value: Option<&str>, deviations: &mut Vec<Deviation>) -> Option<u8> {
    let value = value?;
    let level = match value.trim() {
        "1" => Some(1),
        "2" => Some(2),
        "3" => Some(3),
        _ => None,
    };
    if level.is_none() || value != value.trim() {
        deviations.push(about(Rule::LabelValue, KEYS[0], Some(value.to_owned())));
    }
    level
}

/// The code in a provider field; `misfit` is the service that does not belong into it.
fn provider_code(
    key: &str,
    value: &str,
    misfit: Service,
    deviations: &mut Vec<Deviation>,
) -> Option<provider::ProviderCode> {
    match provider::parse(value) {
        Provider::Empty => None,
        Provider::Code(code) => {
            if code.service == misfit {
                deviations.push(about(Rule::ServiceDigit, key, None));
            }
            Some(code)
        }
        Provider::BrokenCode(fault) => {
            deviations.push(about(
                Rule::ProviderCode,
                key,
                Some(fault.name().to_owned()),
            ));
            None
        }
        Provider::Name { known } => {
            deviations.push(about(Rule::ProviderName, key, known.map(str::to_owned)));
            None
        }
    }
}
