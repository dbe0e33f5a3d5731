//! Reads one label, and holds it against GB 45438-2025 annex E.

use std::borrow::Cow;

use aftercare_media::json;
use serde_json::Value;

use crate::limits::MAX_WRAPPER_BRACES;
use crate::mark::{Deviation, Mark};
use crate::object::Object;
use crate::provider::{self, Provider, Service};
use crate::rule::Rule;
use crate::signature::{self, State};

/// The keys of annex E in their order.
pub const KEYS: [&str; 7] = [
    "Label",
    "ContentProducer",
    "ProduceID",
    "ReservedCode1",
    "ContentPropagator",
    "PropagateID",
    "ReservedCode2",
];
/// The key that a wrapped label stands under.
const WRAPPER: &str = "AIGC";
/// Keys of a scheme that a cloud service writes into image descriptions.
const OTHER_SCHEMA: [&str; 4] = ["ServiceProvider", "ServiceUser", "Time", "ContentId"];
/// Keys that a bare object needs before it is taken for a label.
const MIN_KNOWN_KEYS: usize = 2;

/// A label's text without what is around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bare<'a> {
    pub(crate) text: Cow<'a, str>,
    pub(crate) is_wrapped: bool,
    /// Whether it was JSON in a JSON string.
    pub(crate) is_in_string: bool,
}

/// Takes the wrapping object off `text`, if there is one.
pub(crate) fn unwrap(text: &str) -> Bare<'_> {
    let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\0' || c == '\u{FEFF}');
    let (inner, is_wrapped) = match json::member(text, WRAPPER) {
        Some(inner) => (inner, true),
        None => (text, false),
    };
    if inner.starts_with('"')
        && let Ok(inside) = serde_json::from_str::<String>(inner)
    {
        return Bare {
            text: Cow::Owned(inside.trim().to_owned()),
            is_wrapped,
            is_in_string: true,
        };
    }
    Bare {
        text: Cow::Borrowed(inner),
        is_wrapped,
        is_in_string: false,
    }
}

/// The label in a text that may hold anything: wrapped, bare, or after the word `AIGC`.
pub(crate) fn find(text: &str) -> Option<&str> {
    let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\0' || c == '\u{FEFF}');
    if text.starts_with('{') && is_label_object(text) {
        return Some(text);
    }
    find_wrapped(text).or_else(|| find_after_word(text))
}

/// Whether `text` is an object with the keys of a label, or of the other scheme.
fn is_label_object(text: &str) -> bool {
    let known = |object: &Object, keys: &[&str]| {
        keys.iter()
            .filter(|key| object.0.iter().any(|(name, _)| same_key(name, key)))
            .count()
            >= MIN_KNOWN_KEYS
    };
    Object::parse(text).is_some_and(|object| {
        known(&object, &KEYS)
            || object.has("ServiceProvider") && object.has("ContentId")
            || json::member(text, WRAPPER)
                .is_some_and(|inner| inner.starts_with('{') || inner.starts_with("\"{"))
    })
}

fn find_wrapped(text: &str) -> Option<&str> {
    let key = text.find("\"AIGC\"")?;
    // The brace that opens the wrapper is one of the last before the key: other members may stand between.
    text.get(..key)?
        .rmatch_indices('{')
        .take(MAX_WRAPPER_BRACES)
        .filter_map(|(start, _)| json::object_at(text, start))
        .find(|object| {
            json::member(object, WRAPPER)
                .is_some_and(|inner| inner.starts_with('{') || inner.starts_with("\"{"))
        })
}

fn find_after_word(text: &str) -> Option<&str> {
    text.match_indices(WRAPPER)
        .take(MAX_WRAPPER_BRACES)
        .find_map(|(at, word)| {
            let after = at + word.len();
            let rest = text.get(after..)?;
            let skipped = rest.len() - rest.trim_start_matches([' ', ':', '=', '"']).len();
            json::object_at(text, after + skipped).filter(|object| is_label_object(object))
        })
}

/// Keys are compared without case and underscores: `contentProducer`, `content_producer`.
pub(crate) fn same_key(written: &str, key: &str) -> bool {
    let mut written = written.bytes().filter(|&byte| byte != b'_');
    let mut key = key.bytes();
    loop {
        match (written.next(), key.next()) {
            (None, None) => return true,
            (Some(left), Some(right)) if left.eq_ignore_ascii_case(&right) => {}
            _ => return false,
        }
    }
}

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
    if OTHER_SCHEMA.iter().filter(|key| object.has(key)).count() >= MIN_KNOWN_KEYS {
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
