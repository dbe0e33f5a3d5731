//! Signatures in the reserved fields of a label (practice guide TC260-PG-202511A): SM3withSM2 and RSA with SHA-256.
//!
//! The key usually stands in the same file as the signature. Then a signature that fits proves only that the label was
//! not changed since somebody signed it: whoever writes a label can sign it. Only a key that was known before
//! ([`Trust::Pinned`]) says who that was.

use aws_lc_rs::digest;
use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::limits::{MAX_RSA_BITS, MAX_SECURITY_ENTRIES};
use crate::power::power;
use crate::sm2::{self, COORDINATE_BYTES, Point};
use crate::word::{Word, one_of};

const CITATION: &str = "TC260-PG-202511A";
/// SM3withSM2 (GM/T 0006-2012).
const SM3_WITH_SM2: &str = "1.2.156.10197.1.501";
/// RSA PKCS #1 with SHA-256 (RFC 8017).
const RSA_WITH_SHA256: &str = "1.2.840.113549.1.1.11";
/// What those are called in a report, and what any other is.
const SM3_WITH_SM2_NAME: &str = "SM3withSM2";
const RSA_WITH_SHA256_NAME: &str = "SHA256withRSA";
const OTHER_ALGORITHM: &str = "other";
/// The fields that hold signatures.
const FIELDS: [&str; 2] = ["ReservedCode1", "ReservedCode2"];
/// What a signature over the label's own fields is called; the guide says `Md`, programs write the others.
const LABEL_CONTENT: [&str; 3] = ["Md", "LabelMataData", "LabelMetaData"];
/// Smallest modulus, in bits, that aws-lc-rs verifies with.
const MIN_RSA_BITS: usize = 2048;
const SHA256_BYTES: usize = 32;

/// Keys whose holder was established from outside the file that is checked: the first coordinate of the point, the
/// holder, and how it is known.
const PINNED: [([u8; COORDINATE_BYTES], &str); 2] = [
    // The same key stood in four videos of this service that two platforms delivered; its second coordinate is even.
    (
        *b"\xA0\xB3\xB0\xB6\xA0\xC9\xB0\xC8\x9C\xAB\x32\x83\x42\xAF\x4E\x82\x21\xEC\x5B\x40\x79\x9C\xBE\x83\x5A\xB4\x25\x1F\x7B\x47\xE4\xFD",
        "MiniMax",
    ),
    // The same key stood in unrelated documents that this service exported under its provider code.
    (
        *b"\x57\x28\xF0\x8C\x58\xD9\xC7\x21\x50\xA7\x05\x69\x3E\xF7\x33\x78\x59\xF8\xFF\x21\x6E\x80\x26\x30\x04\x1A\xFA\xE5\xC0\x36\xF0\xA6",
        "StepFun (阶跃星辰)",
    ),
];

/// What a signature says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It fits the label.
    Intact,
    /// It does not fit the label's fields as they stand: they were changed, or it was made over something else.
    Mismatch,
    /// It cannot be checked: no key, another algorithm, or it is over something that is not in the label.
    NotCheckable,
}

/// What the key proves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trust {
    /// The key stands in the file itself: integrity only.
    Embedded,
    /// The key was known before, with its holder: integrity and origin.
    Pinned,
}

/// One signature in a reserved field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signature {
    /// `ReservedCode1` (producer) or `ReservedCode2` (propagator).
    #[serde(deserialize_with = "read_key")]
    pub key: Word,
    /// `SM3withSM2`, `SHA256withRSA`, or `other`.
    #[serde(deserialize_with = "read_algorithm")]
    pub algorithm: Word,
    pub state: State,
    /// Set only when the signature is intact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trust: Option<Trust>,
    /// Who holds the pinned key.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "read_signer"
    )]
    pub signer: Option<Word>,
    #[serde(skip_deserializing)]
    pub citation: &'static str,
    #[serde(skip_deserializing)]
    pub en: &'static str,
    #[serde(skip_deserializing)]
    pub zh: &'static str,
}

fn read_key<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Word, D::Error> {
    one_of(deserializer, FIELDS)
}

fn read_algorithm<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Word, D::Error> {
    let known = [SM3_WITH_SM2_NAME, RSA_WITH_SHA256_NAME, OTHER_ALGORITHM];
    one_of(deserializer, known)
}

fn read_signer<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Word>, D::Error> {
    one_of(deserializer, PINNED.map(|(_, holder)| holder)).map(Some)
}

impl Signature {
    /// Sets what is not read from a message.
    pub(crate) fn restore(&mut self) {
        *self = Self::new(self.key, self.algorithm, self.state, self.signer);
    }

    const fn new(
        key: &'static str,
        algorithm: &'static str,
        state: State,
        signer: Option<&'static str>,
    ) -> Self {
        let (en, zh) = match (state, signer) {
            (State::Intact, None) => (
                "the signed fields were not changed since they were signed; the key stands in the same file, so this does not say who signed",
                "被签名的字段自签名后未被更改；公钥就在同一文件中，因此不能说明由谁签名",
            ),
            (State::Intact, Some(_)) => (
                "the signed fields were not changed, and they were signed with a key that was known before",
                "被签名的字段未被更改，且由事先已知的密钥签名",
            ),
            (State::Mismatch, _) => (
                "the signature does not fit the fields as they stand: they were changed, or something else was signed",
                "签名与现有字段不符：字段已被更改，或签名的是其他内容",
            ),
            (State::NotCheckable, _) => (
                "the signature cannot be checked with what is in the file",
                "仅凭文件内容无法验证签名",
            ),
        };
        let trust = match (state, signer) {
            (State::Intact, None) => Some(Trust::Embedded),
            (State::Intact, Some(_)) => Some(Trust::Pinned),
            _ => None,
        };
        Self {
            key,
            algorithm,
            state,
            trust,
            signer,
            citation: CITATION,
            en,
            zh,
        }
    }
}

enum Key {
    Sm2(Point),
    Rsa(Vec<u8>),
}

/// The signed text: the label's first members as they are written in it, without braces (guide, annex A.1).
fn message(fields: &[(&str, &str)]) -> String {
    fields
        .iter()
        .map(|(key, value)| format!("\"{key}\":{}", Value::String((*value).to_owned())))
        .collect::<Vec<_>>()
        .join(",")
}

/// The signatures in both reserved fields. `values` are those of [`crate::label::KEYS`]; `budget` is how many checks the
/// file has left, because each costs far more than reading.
pub(crate) fn check(values: &[Option<String>; 7], budget: &mut usize) -> Vec<Signature> {
    let value = |index: usize| values[index].as_deref().unwrap_or_default();
    let producer = [
        ("Label", value(0)),
        ("ContentProducer", value(1)),
        ("ProduceID", value(2)),
    ];
    let propagator = [
        ("Label", value(0)),
        ("ContentPropagator", value(4)),
        ("PropagateID", value(5)),
    ];
    let mut found = reserved(FIELDS[0], value(3), &[message(&producer)], true, budget);
    // The guide's text for the propagator was not seen; a form that fits is one, and one that does not says nothing.
    let forms = [message(&propagator), message(&propagator[1..])];
    found.extend(reserved(FIELDS[1], value(6), &forms, false, budget));
    found
}

fn reserved(
    field: &'static str,
    text: &str,
    messages: &[String],
    is_form_known: bool,
    budget: &mut usize,
) -> Vec<Signature> {
    if !text.contains("SecurityData") {
        return Vec::new();
    }
    let Ok(parsed) = serde_json::from_str::<Value>(text) else {
        return Vec::new();
    };
    let security = &parsed["SecurityData"];
    let entries = ["PubSD", "PubSd"]
        .iter()
        .find_map(|name| security[name].as_array())
        .map(Vec::as_slice)
        .unwrap_or_default();
    let entries = &entries[..entries.len().min(MAX_SECURITY_ENTRIES)];
    let text_of = |entry: &Value, name: &str| entry[name].as_str().unwrap_or_default().to_owned();
    let keys: Vec<(Value, Key)> = entries
        .iter()
        .filter(|entry| entry["Type"] == "PubKey")
        .flat_map(|entry| {
            let id = entry["KeyID"].clone();
            public_keys(&text_of(entry, "AlgID"), &text_of(entry, "KeyValue"))
                .into_iter()
                .map(move |key| (id.clone(), key))
        })
        .collect();
    entries
        .iter()
        .filter(|entry| entry["Type"] == "DS")
        .map(|entry| {
            let algorithm = match entry["AlgID"].as_str() {
                Some(SM3_WITH_SM2) => SM3_WITH_SM2_NAME,
                Some(RSA_WITH_SHA256) => RSA_WITH_SHA256_NAME,
                _ => OTHER_ALGORITHM,
            };
            let covers_label = entry["TBSData"]["Type"]
                .as_str()
                .is_some_and(|name| LABEL_CONTENT.contains(&name));
            let keys: Vec<&Key> = keys
                .iter()
                .filter(|(id, _)| entry["KeyID"].is_null() || id.is_null() || *id == entry["KeyID"])
                .map(|(_, key)| key)
                .collect();
            let signature = bytes_of(&text_of(entry, "Signature")).unwrap_or_default();
            let can_check =
                covers_label && algorithm != OTHER_ALGORITHM && !keys.is_empty() && *budget > 0;
            if !can_check {
                return Signature::new(field, algorithm, State::NotCheckable, None);
            }
            *budget -= 1;
            let fitting = keys.into_iter().find(|key| {
                messages
                    .iter()
                    .any(|message| fits(key, message.as_bytes(), &signature))
            });
            match fitting {
                Some(key) => Signature::new(field, algorithm, State::Intact, holder(key)),
                None if is_form_known => Signature::new(field, algorithm, State::Mismatch, None),
                None => Signature::new(field, algorithm, State::NotCheckable, None),
            }
        })
        .collect()
}

fn holder(key: &Key) -> Option<&'static str> {
    let Key::Sm2(point) = key else { return None };
    PINNED
        .iter()
        .find(|(x, _)| *x == point.x_bytes())
        .map(|(_, holder)| *holder)
}

/// The key that a value stands for; two when only the first coordinate is given.
fn public_keys(algorithm: &str, value: &str) -> Vec<Key> {
    let Some(bytes) = bytes_of(value) else {
        return Vec::new();
    };
    match algorithm {
        SM3_WITH_SM2 => points(&bytes).into_iter().map(Key::Sm2).collect(),
        RSA_WITH_SHA256 => vec![Key::Rsa(bytes)],
        _ => Vec::new(),
    }
}

fn points(bytes: &[u8]) -> Vec<Point> {
    let two = |both: &[u8]| {
        let (x, y) = both.split_at_checked(COORDINATE_BYTES)?;
        Point::new(x.try_into().ok()?, y.try_into().ok()?)
    };
    let lift = |x: &[u8], is_odd| Point::lift(x.try_into().ok()?, is_odd);
    let point = match bytes {
        [0x04, both @ ..] if both.len() == 2 * COORDINATE_BYTES => two(both),
        both if both.len() == 2 * COORDINATE_BYTES => two(both),
        [0x02, x @ ..] if x.len() == COORDINATE_BYTES => lift(x, false),
        [0x03, x @ ..] if x.len() == COORDINATE_BYTES => lift(x, true),
        // A first coordinate alone, one program puts a zero in front: either point may be meant.
        [0x00, x @ ..] | x if x.len() == COORDINATE_BYTES => {
            return [lift(x, false), lift(x, true)]
                .into_iter()
                .flatten()
                .collect();
        }
        // A SubjectPublicKeyInfo (RFC 5280) ends in the uncompressed point.
        [0x30, ..] if bytes.len() > 2 * COORDINATE_BYTES + 1 => {
            let (_, end) = bytes.split_at(bytes.len() - 2 * COORDINATE_BYTES - 1);
            end.strip_prefix(&[0x04]).and_then(two)
        }
        _ => None,
    };
    point.into_iter().collect()
}

/// Whether `signature` under `key` is over `message`, or over its digest as some programs do.
fn fits(key: &Key, message: &[u8], signature: &[u8]) -> bool {
    match key {
        Key::Sm2(point) => two_numbers(signature).is_some_and(|(r, s)| {
            sm2::verify(point, message, &r, &s) || sm2::verify(point, &sm2::sm3(message), &r, &s)
        }),
        Key::Rsa(key) => {
            UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key)
                .verify(message, signature)
                .is_ok()
                || rsa_bare_digest(key, signature)
                    .is_some_and(|found| found == digest::digest(&digest::SHA256, message).as_ref())
        }
    }
}

/// The two numbers of `SEQUENCE { INTEGER, INTEGER }`, or of 64 plain bytes.
fn two_numbers(signature: &[u8]) -> Option<([u8; COORDINATE_BYTES], [u8; COORDINATE_BYTES])> {
    if let Some((r, s)) = signature.split_at_checked(COORDINATE_BYTES)
        && s.len() == COORDINATE_BYTES
    {
        return Some((r.try_into().ok()?, s.try_into().ok()?));
    }
    let (content, _) = der(signature, 0x30)?;
    let (r, rest) = der(content, 0x02)?;
    let (s, _) = der(rest, 0x02)?;
    Some((padded(r)?, padded(s)?))
}

/// The content of the DER element with this tag at the start, and what comes after it.
fn der(bytes: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (&found, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7F => (usize::from(first), rest),
        0x81 | 0x82 => {
            let (length, rest) = rest.split_at_checked(usize::from(first & 0x7F))?;
            let length = length
                .iter()
                .fold(0, |length, &byte| length << 8 | usize::from(byte));
            (length, rest)
        }
        _ => return None,
    };
    (found == tag).then(|| rest.split_at_checked(length))?
}

fn padded(number: &[u8]) -> Option<[u8; COORDINATE_BYTES]> {
    let digits = without_zeros(number);
    let mut padded = [0; COORDINATE_BYTES];
    let start = COORDINATE_BYTES.checked_sub(digits.len())?;
    padded[start..].copy_from_slice(digits);
    Some(padded)
}

fn without_zeros(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|&&byte| byte == 0).count();
    &number[zeros..]
}

/// The 32 bytes that a PKCS #1 signature encloses without naming the hash. One vendor signs so, which RFC 8017 does not
/// allow and aws-lc-rs refuses.
fn rsa_bare_digest(key: &[u8], signature: &[u8]) -> Option<[u8; SHA256_BYTES]> {
    let (sequence, _) = der(key, 0x30)?;
    // A SubjectPublicKeyInfo has an algorithm and a bit string around the key of PKCS #1.
    let sequence = match der(sequence, 0x30) {
        Some((_, rest)) => {
            let (bits, _) = der(rest, 0x03)?;
            der(bits.strip_prefix(&[0])?, 0x30)?.0
        }
        None => sequence,
    };
    let (modulus, rest) = der(sequence, 0x02)?;
    let (exponent, _) = der(rest, 0x02)?;
    let (modulus, exponent) = (without_zeros(modulus), without_zeros(exponent));
    let bits = modulus.len() * 8;
    // A long exponent would make the check slow; every key in use has one of three bytes.
    if !(MIN_RSA_BITS..=MAX_RSA_BITS).contains(&bits)
        || exponent.len() > 4
        || signature.len() != modulus.len()
    {
        return None;
    }
    let exponent = exponent
        .iter()
        .fold(0, |exponent, &byte| exponent << 8 | u32::from(byte));
    let opened = power(signature, exponent, modulus)?;
    let padding = opened.strip_prefix(&[0, 1])?;
    let (filling, digest) =
        padding.split_at_checked(padding.len().checked_sub(SHA256_BYTES + 1)?)?;
    let digest = digest.strip_prefix(&[0])?;
    filling
        .iter()
        .all(|&byte| byte == 0xFF)
        .then(|| digest.try_into().ok())?
}

/// Bytes written as hexadecimal digits or as Base64.
fn bytes_of(text: &str) -> Option<Vec<u8>> {
    let text = text.trim();
    let is_hex = text.len().is_multiple_of(2) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_hex {
        return text
            .as_bytes()
            .chunks_exact(2)
            .map(|pair| {
                let pair = std::str::from_utf8(pair).ok()?;
                u8::from_str_radix(pair, 16).ok()
            })
            .collect();
    }
    STANDARD.decode(text).ok()
}
