//! Finds the text of a label in a text: bare, wrapped, in a string, or among other words. Everything that reads labels
//! reads them through this, so that what is read is also carried on.

use std::borrow::Cow;

use crate::json;
use crate::limits::MAX_WRAPPER_BRACES;
use crate::object::Object;

/// The keys of GB 45438-2025, annex E in their order.
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
/// Keys that a bare object needs before it is taken for a label.
const MIN_KNOWN_KEYS: usize = 2;

/// A label's text without what is around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bare<'a> {
    pub text: Cow<'a, str>,
    pub is_wrapped: bool,
    /// Whether it was JSON in a JSON string.
    pub is_in_string: bool,
}

/// Takes the wrapping object off `text`, if there is one.
#[must_use]
pub fn unwrap(text: &str) -> Bare<'_> {
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
#[must_use]
pub fn find(text: &str) -> Option<&str> {
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

/// Whether a field of that name is one for labels: `AIGC`, in any case, or as the last part of a longer name.
#[must_use]
pub fn is_label_field(name: &str) -> bool {
    let last = name.rsplit(['.', ':', '/']).next().unwrap_or(name);
    last.trim().eq_ignore_ascii_case(WRAPPER)
}

/// The text of an application segment of a JPEG that starts with the word `AIGC`, if it is a label: between the two may
/// stand a zero, a space or a sign.
#[must_use]
pub fn in_segment(payload: &[u8]) -> Option<Cow<'_, str>> {
    let rest = payload.strip_prefix(WRAPPER.as_bytes())?;
    let skipped = rest
        .iter()
        .take_while(|byte| matches!(byte, b'\0' | b' ' | b':' | b'='))
        .count();
    let text = rest.get(skipped..)?;
    text.starts_with(b"{")
        .then(|| String::from_utf8_lossy(text))
}

/// Keys are compared without case and underscores: `contentProducer`, `content_producer`.
#[must_use]
pub fn same_key(written: &str, key: &str) -> bool {
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
