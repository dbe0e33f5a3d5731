//! A bounded reader of CBOR (RFC 8949), the encoding of claims, assertions and signatures in a C2PA manifest. It borrows
//! from the manifest, follows nothing, and writes the two structures that are signed.

use std::cell::Cell;

use crate::limits::MAX_CBOR_DEPTH;

/// One value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cbor<'a> {
    /// An integer of either sign.
    Number(i128),
    Bytes(&'a [u8]),
    Text(&'a str),
    List(Vec<Cbor<'a>>),
    Map(Vec<(Cbor<'a>, Cbor<'a>)>),
    Bool(bool),
    /// `null`, `undefined`, a fraction, or a simple value without a meaning here.
    Other,
}

impl<'a> Cbor<'a> {
    /// Reads one value that fills `bytes`, with zero bytes after it at most; `None` when it is broken or beyond a limit.
    /// `left` is how many values may still be read.
    pub(super) fn read(bytes: &'a [u8], left: &Cell<usize>) -> Option<Self> {
        let mut reader = Reader { bytes, at: 0, left };
        let value = reader.value(0)?;
        let rest = bytes.get(reader.at..)?;
        rest.iter().all(|&byte| byte == 0).then_some(value)
    }

    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        self.member(|name| *name == Cbor::Text(key))
    }

    pub(super) fn numbered(&self, key: i128) -> Option<&Self> {
        self.member(|name| *name == Cbor::Number(key))
    }

    fn member(&self, is_wanted: impl Fn(&Self) -> bool) -> Option<&Self> {
        match self {
            Self::Map(members) => members
                .iter()
                .find(|(name, _)| is_wanted(name))
                .map(|(_, value)| value),
            _ => None,
        }
    }

    pub(super) const fn text(&self) -> Option<&'a str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(super) const fn bytes(&self) -> Option<&'a [u8]> {
        match self {
            Self::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    pub(super) fn list(&self) -> &[Self] {
        match self {
            Self::List(values) => values,
            _ => &[],
        }
    }

    pub(super) const fn number(&self) -> Option<i128> {
        match self {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// A number that is a place or a length.
    pub(super) fn size(&self) -> Option<usize> {
        usize::try_from(self.number()?).ok()
    }

    /// Bytes, also when they were written as a list of numbers, as one program does.
    pub(super) fn octets(&self) -> Option<Vec<u8>> {
        match self {
            Self::Bytes(bytes) => Some(bytes.to_vec()),
            Self::List(values) => values
                .iter()
                .map(|value| u8::try_from(value.number()?).ok())
                .collect(),
            _ => None,
        }
    }
}

/// Kinds of values (RFC 8949, section 3.1).
const UNSIGNED: u8 = 0;
const NEGATIVE: u8 = 1;
const BYTES: u8 = 2;
const TEXT: u8 = 3;
const LIST: u8 = 4;
const MAP: u8 = 5;
const TAG: u8 = 6;
/// The byte that ends a list of unknown length.
const BREAK: u8 = 0xFF;

struct Reader<'a, 'b> {
    bytes: &'a [u8],
    at: usize,
    left: &'b Cell<usize>,
}

/// How long a value is.
enum Length {
    Known(u64),
    /// Up to a break.
    Open,
}

impl<'a> Reader<'a, '_> {
    fn byte(&mut self) -> Option<u8> {
        let byte = *self.bytes.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    fn take(&mut self, length: u64) -> Option<&'a [u8]> {
        let end = self.at.checked_add(usize::try_from(length).ok()?)?;
        let taken = self.bytes.get(self.at..end)?;
        self.at = end;
        Some(taken)
    }

    fn length(&mut self, information: u8) -> Option<Length> {
        let width = match information {
            0..=23 => return Some(Length::Known(u64::from(information))),
            24 => 1,
            25 => 2,
            26 => 4,
            27 => 8,
            31 => return Some(Length::Open),
            _ => return None,
        };
        let number = self
            .take(width)?
            .iter()
            .fold(0, |number, &byte| number << 8 | u64::from(byte));
        Some(Length::Known(number))
    }

    fn value(&mut self, depth: usize) -> Option<Cbor<'a>> {
        if depth == MAX_CBOR_DEPTH {
            return None;
        }
        self.left.set(self.left.get().checked_sub(1)?);
        let head = self.byte()?;
        let length = self.length(head & 0x1F)?;
        Some(match (head >> 5, length) {
            (UNSIGNED, Length::Known(number)) => Cbor::Number(i128::from(number)),
            (NEGATIVE, Length::Known(number)) => Cbor::Number(-1 - i128::from(number)),
            (BYTES, Length::Known(length)) => Cbor::Bytes(self.take(length)?),
            (TEXT, Length::Known(length)) => {
                Cbor::Text(std::str::from_utf8(self.take(length)?).ok()?)
            }
            (LIST, length) => {
                let mut values = Vec::new();
                self.repeat(&length, |reader| {
                    values.push(reader.value(depth + 1)?);
                    Some(())
                })?;
                Cbor::List(values)
            }
            (MAP, length) => {
                let mut members = Vec::new();
                self.repeat(&length, |reader| {
                    members.push((reader.value(depth + 1)?, reader.value(depth + 1)?));
                    Some(())
                })?;
                Cbor::Map(members)
            }
            (TAG, Length::Known(_)) => self.value(depth + 1)?,
            (7, Length::Known(20)) => Cbor::Bool(false),
            (7, Length::Known(21)) => Cbor::Bool(true),
            (7, Length::Known(_)) => Cbor::Other,
            _ => return None,
        })
    }

    fn repeat(
        &mut self,
        length: &Length,
        mut one: impl FnMut(&mut Self) -> Option<()>,
    ) -> Option<()> {
        match length {
            // Each value is at least a byte, so a lie about the number ends with the bytes.
            Length::Known(count) => {
                for _ in 0..*count {
                    one(self)?;
                }
            }
            Length::Open => {
                while *self.bytes.get(self.at)? != BREAK {
                    one(self)?;
                }
                self.at += 1;
            }
        }
        Some(())
    }
}

/// Adds the head of a value of `kind` with the shortest length.
fn head(out: &mut Vec<u8>, kind: u8, length: usize) {
    let kind = kind << 5;
    let big = length.to_be_bytes();
    let [.., b4, b3, b2, b1] = big;
    match length {
        0..24 => out.push(kind | b1),
        24..0x100 => out.extend([kind | 24, b1]),
        0x100..0x1_0000 => out.extend([kind | 25, b2, b1]),
        _ => out.extend([kind | 26, b4, b3, b2, b1]),
    }
}

/// `bytes` as one value.
pub(super) fn byte_string(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + 5);
    head(&mut out, BYTES, bytes.len());
    out.extend_from_slice(bytes);
    out
}

/// What COSE signs (RFC 9052, section 4.4): a list of the context, the protected header, no further data, and the payload.
pub(super) fn signed_structure(context: &str, protected: &[u8], payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(payload.len() + protected.len() + 64);
    head(&mut out, LIST, 4);
    head(&mut out, TEXT, context.len());
    out.extend_from_slice(context.as_bytes());
    out.extend(byte_string(protected));
    out.extend(byte_string(&[]));
    out.extend(byte_string(payload));
    out
}
