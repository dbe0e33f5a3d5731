//! A bounded reader of DER (ITU-T X.690): certificates (RFC 5280) and timestamps (RFC 3161) in a C2PA manifest. Only what
//! is needed is read; nothing is followed to anywhere outside the bytes.

use aws_lc_rs::signature::{
    self as aws, ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA384_ASN1, ECDSA_P256_SHA512_ASN1,
    ECDSA_P384_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, ECDSA_P384_SHA512_ASN1, ECDSA_P521_SHA256_ASN1,
    ECDSA_P521_SHA384_ASN1, ECDSA_P521_SHA512_ASN1, ED25519, UnparsedPublicKey,
};

use crate::limits::MAX_DER_VALUES;

pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;
pub(super) const OID: u8 = 0x06;
pub(super) const OCTETS: u8 = 0x04;
const INTEGER: u8 = 0x02;
const BITS: u8 = 0x03;
const BOOLEAN: u8 = 0x01;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
/// The tag of member `number` that a structure names by context.
pub(super) const fn context(number: u8) -> u8 {
    0xA0 | number
}

const RSA: &[u8] = b"\x2A\x86\x48\x86\xF7\x0D\x01\x01\x01";
const RSA_PSS: &[u8] = b"\x2A\x86\x48\x86\xF7\x0D\x01\x01\x0A";
const SHA256_RSA: &[u8] = b"\x2A\x86\x48\x86\xF7\x0D\x01\x01\x0B";
const SHA384_RSA: &[u8] = b"\x2A\x86\x48\x86\xF7\x0D\x01\x01\x0C";
const SHA512_RSA: &[u8] = b"\x2A\x86\x48\x86\xF7\x0D\x01\x01\x0D";
const ECDSA_SHA256: &[u8] = b"\x2A\x86\x48\xCE\x3D\x04\x03\x02";
const ECDSA_SHA384: &[u8] = b"\x2A\x86\x48\xCE\x3D\x04\x03\x03";
const ECDSA_SHA512: &[u8] = b"\x2A\x86\x48\xCE\x3D\x04\x03\x04";
const ED25519_OID: &[u8] = b"\x2B\x65\x70";
const P256: &[u8] = b"\x2A\x86\x48\xCE\x3D\x03\x01\x07";
const P384: &[u8] = b"\x2B\x81\x04\x00\x22";
const P521: &[u8] = b"\x2B\x81\x04\x00\x23";
const SHA256: &[u8] = b"\x60\x86\x48\x01\x65\x03\x04\x02\x01";
const SHA384: &[u8] = b"\x60\x86\x48\x01\x65\x03\x04\x02\x02";
const SHA512: &[u8] = b"\x60\x86\x48\x01\x65\x03\x04\x02\x03";
const BASIC_CONSTRAINTS: &[u8] = b"\x55\x1D\x13";
const EXTENDED_KEY_USAGE: &[u8] = b"\x55\x1D\x25";
const COMMON_NAME: &[u8] = b"\x55\x04\x03";
const ORGANIZATION: &[u8] = b"\x55\x04\x0A";

/// One value: its tag, what is in it, and all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Der<'a> {
    pub(super) tag: u8,
    pub(super) content: &'a [u8],
    pub(super) whole: &'a [u8],
}

impl<'a> Der<'a> {
    /// The values in it; `None` when they are broken or too many.
    pub(super) fn values(&self) -> Option<Vec<Self>> {
        values(self.content)
    }

    pub(super) const fn tagged(self, tag: u8) -> Option<Self> {
        if self.tag == tag { Some(self) } else { None }
    }
}

/// The values that fill `bytes`.
pub(super) fn values(mut bytes: &[u8]) -> Option<Vec<Der<'_>>> {
    let mut values = Vec::new();
    while !bytes.is_empty() {
        let (value, rest) = next(bytes)?;
        if values.len() == MAX_DER_VALUES {
            return None;
        }
        values.push(value);
        bytes = rest;
    }
    Some(values)
}

/// The first value in `bytes`, and what follows it.
pub(super) fn next(bytes: &[u8]) -> Option<(Der<'_>, &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7F))?;
        // Certificates are small: more digits mean nothing that fits.
        if digits.is_empty() || digits.len() > 4 {
            return None;
        }
        let length = digits
            .iter()
            .fold(0, |length, &digit| length << 8 | usize::from(digit));
        (length, rest)
    };
    let (content, rest) = rest.split_at_checked(length)?;
    let whole = bytes.get(..bytes.len() - rest.len())?;
    Some((
        Der {
            tag,
            content,
            whole,
        },
        rest,
    ))
}

/// A hash function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    /// By the name that C2PA gives it.
    pub(super) fn named(name: &str) -> Option<Self> {
        match name {
            "sha256" => Some(Self::Sha256),
            "sha384" => Some(Self::Sha384),
            "sha512" => Some(Self::Sha512),
            _ => None,
        }
    }

    pub(super) fn of_algorithm(oid: &[u8]) -> Option<Self> {
        match oid {
            SHA256 | SHA256_RSA | ECDSA_SHA256 => Some(Self::Sha256),
            SHA384 | SHA384_RSA | ECDSA_SHA384 => Some(Self::Sha384),
            SHA512 | SHA512_RSA | ECDSA_SHA512 | ED25519_OID => Some(Self::Sha512),
            _ => None,
        }
    }

    pub(super) fn algorithm(self) -> &'static aws_lc_rs::digest::Algorithm {
        match self {
            Self::Sha256 => &aws_lc_rs::digest::SHA256,
            Self::Sha384 => &aws_lc_rs::digest::SHA384,
            Self::Sha512 => &aws_lc_rs::digest::SHA512,
        }
    }

    pub(super) fn digest(self, bytes: &[u8]) -> Vec<u8> {
        aws_lc_rs::digest::digest(self.algorithm(), bytes)
            .as_ref()
            .to_vec()
    }
}

/// An algorithm identifier: its name, and the hash that goes with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Algorithm<'a> {
    oid: &'a [u8],
    hash: Option<Hash>,
}

impl<'a> Algorithm<'a> {
    pub(super) fn read(value: Der<'a>) -> Option<Self> {
        let values = value.tagged(SEQUENCE)?.values()?;
        let oid = values.first()?.tagged(OID)?.content;
        let hash = if oid == RSA_PSS {
            // The hash is the first parameter, [0], and SHA-1 when it is missing.
            let parameters = values.get(1)?.values()?;
            let first = parameters.first()?.tagged(context(0))?.values()?;
            let named = first.first()?.values()?;
            Hash::of_algorithm(named.first()?.tagged(OID)?.content)
        } else {
            Hash::of_algorithm(oid)
        };
        Some(Self { oid, hash })
    }
}

/// A public key as a certificate has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Key<'a> {
    pub(super) kind: KeyKind,
    /// A point, a list of modulus and exponent, or 32 bytes.
    pub(super) bytes: &'a [u8],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyKind {
    P256,
    P384,
    P521,
    Rsa,
    Ed25519,
}

impl<'a> Key<'a> {
    fn read(value: Der<'a>) -> Option<Self> {
        let values = value.tagged(SEQUENCE)?.values()?;
        let algorithm = values.first()?.values()?;
        let kind = match (
            algorithm.first()?.content,
            algorithm.get(1).map(|parameter| parameter.content),
        ) {
            (RSA | RSA_PSS, _) => KeyKind::Rsa,
            (ED25519_OID, _) => KeyKind::Ed25519,
            (_, Some(P256)) => KeyKind::P256,
            (_, Some(P384)) => KeyKind::P384,
            (_, Some(P521)) => KeyKind::P521,
            _ => return None,
        };
        Some(Self {
            kind,
            bytes: bits(*values.get(1)?)?,
        })
    }

    /// Whether `signature` after `algorithm` is one over `message`, `hash` where the algorithm names none; `None` for
    /// an algorithm that is not known here.
    pub(super) fn verify(
        &self,
        algorithm: Algorithm<'_>,
        hash: Option<Hash>,
        message: &[u8],
        signature: &[u8],
    ) -> Option<bool> {
        let hash = algorithm.hash.or(hash)?;
        let verification: &'static dyn aws::VerificationAlgorithm = match (self.kind, hash) {
            (KeyKind::P256, Hash::Sha256) => &ECDSA_P256_SHA256_ASN1,
            (KeyKind::P256, Hash::Sha384) => &ECDSA_P256_SHA384_ASN1,
            (KeyKind::P256, Hash::Sha512) => &ECDSA_P256_SHA512_ASN1,
            (KeyKind::P384, Hash::Sha512) => &ECDSA_P384_SHA512_ASN1,
            (KeyKind::P384, Hash::Sha256) => &ECDSA_P384_SHA256_ASN1,
            (KeyKind::P384, Hash::Sha384) => &ECDSA_P384_SHA384_ASN1,
            (KeyKind::P521, Hash::Sha256) => &ECDSA_P521_SHA256_ASN1,
            (KeyKind::P521, Hash::Sha384) => &ECDSA_P521_SHA384_ASN1,
            (KeyKind::P521, Hash::Sha512) => &ECDSA_P521_SHA512_ASN1,
            (KeyKind::Ed25519, _) => &ED25519,
            (KeyKind::Rsa, hash) => match (algorithm.oid == RSA_PSS, hash) {
                (true, Hash::Sha256) => &aws::RSA_PSS_2048_8192_SHA256,
                (true, Hash::Sha384) => &aws::RSA_PSS_2048_8192_SHA384,
                (true, Hash::Sha512) => &aws::RSA_PSS_2048_8192_SHA512,
                (false, Hash::Sha256) => &aws::RSA_PKCS1_2048_8192_SHA256,
                (false, Hash::Sha384) => &aws::RSA_PKCS1_2048_8192_SHA384,
                (false, Hash::Sha512) => &aws::RSA_PKCS1_2048_8192_SHA512,
            },
        };
        let key = UnparsedPublicKey::new(verification, self.bytes);
        Some(key.verify(message, signature).is_ok())
    }
}

/// The bytes of a string of bits without a rest.
fn bits(value: Der<'_>) -> Option<&[u8]> {
    match value.tagged(BITS)?.content.split_first()? {
        (0, bytes) => Some(bytes),
        _ => None,
    }
}

/// A certificate (RFC 5280).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Certificate<'a> {
    pub(super) whole: &'a [u8],
    signed: &'a [u8],
    pub(super) serial: &'a [u8],
    pub(super) issuer: Der<'a>,
    pub(super) subject: Der<'a>,
    /// Seconds since 1970.
    pub(super) not_before: i64,
    pub(super) not_after: i64,
    pub(super) key: Key<'a>,
    algorithm: Algorithm<'a>,
    signature: &'a [u8],
    pub(super) is_authority: bool,
    /// What the key may be used for, as identifiers; `None` when the certificate does not say.
    pub(super) purposes: Option<Vec<&'a [u8]>>,
}

impl<'a> Certificate<'a> {
    pub(super) fn read(bytes: &'a [u8]) -> Option<Self> {
        let (outer, _) = next(bytes)?;
        let [body, algorithm, signature] = outer.tagged(SEQUENCE)?.values()?[..] else {
            return None;
        };
        let mut fields = body.tagged(SEQUENCE)?.values()?.into_iter().peekable();
        let _ = fields.next_if(|field| field.tag == context(0));
        let serial = fields.next()?.tagged(INTEGER)?.content;
        fields.next()?;
        let issuer = fields.next()?.tagged(SEQUENCE)?;
        let validity = fields.next()?.values()?;
        let subject = fields.next()?.tagged(SEQUENCE)?;
        let key = Key::read(fields.next()?)?;
        let mut certificate = Self {
            whole: outer.whole,
            signed: body.whole,
            serial,
            issuer,
            subject,
            not_before: seconds(*validity.first()?)?,
            not_after: seconds(*validity.get(1)?)?,
            key,
            algorithm: Algorithm::read(algorithm)?,
            signature: bits(signature)?,
            is_authority: false,
            purposes: None,
        };
        if let Some(extensions) = fields.find(|field| field.tag == context(3)) {
            for extension in extensions.values()?.first()?.values()? {
                certificate.extension(&extension.values()?)?;
            }
        }
        Some(certificate)
    }

    fn extension(&mut self, parts: &[Der<'a>]) -> Option<()> {
        let (Some(name), Some(value)) = (parts.first(), parts.last()) else {
            return None;
        };
        let read = || next(value.tagged(OCTETS)?.content)?.0.values();
        match name.content {
            BASIC_CONSTRAINTS => {
                let first = read()?;
                self.is_authority = first
                    .first()
                    .is_some_and(|value| value.tag == BOOLEAN && value.content != [0]);
            }
            EXTENDED_KEY_USAGE => {
                let purposes = read()?;
                self.purposes = Some(purposes.iter().map(|purpose| purpose.content).collect());
            }
            _ => {}
        }
        Some(())
    }

    /// Whether the holder of `issuer` signed this certificate.
    pub(super) fn is_signed_by(&self, issuer: &Certificate<'_>) -> bool {
        let key = issuer.key;
        key.verify(self.algorithm, None, self.signed, self.signature) == Some(true)
    }

    pub(super) fn is_valid_at(&self, seconds: i64) -> bool {
        (self.not_before..=self.not_after).contains(&seconds)
    }
}

/// The name and the organization in a distinguished name, as texts.
pub(super) fn name_of(name: Der<'_>) -> String {
    let mut found = [None, None];
    for set in name.values().unwrap_or_default() {
        for pair in set.values().unwrap_or_default() {
            let pair = pair.values().unwrap_or_default();
            if let [oid, value] = pair[..] {
                let text = || Some(String::from_utf8_lossy(value.content).into_owned());
                match oid.content {
                    COMMON_NAME => found[0] = text(),
                    ORGANIZATION => found[1] = text(),
                    _ => {}
                }
            }
        }
    }
    match found {
        [Some(name), Some(organization)] if name != organization => {
            format!("{name}, {organization}")
        }
        [Some(name), _] | [None, Some(name)] => name,
        _ => String::new(),
    }
}

/// A time in seconds since 1970. Times of certificates and timestamps are in UTC.
pub(super) fn seconds(value: Der<'_>) -> Option<i64> {
    let text = std::str::from_utf8(value.content).ok()?.strip_suffix('Z')?;
    let (year, rest) = match value.tag {
        UTC_TIME => {
            let (year, rest) = text.split_at_checked(2)?;
            let year: i64 = year.parse().ok()?;
            // RFC 5280, 4.1.2.5.1: two digits from 50 on belong to the last century.
            (if year < 50 { 2000 + year } else { 1900 + year }, rest)
        }
        GENERALIZED_TIME => {
            let (year, rest) = text.split_at_checked(4)?;
            (year.parse().ok()?, rest)
        }
        _ => return None,
    };
    let part = |at: usize| rest.get(at..at + 2)?.parse::<i64>().ok();
    let (month, day) = (part(0)?, part(2)?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    Some(((days(year, month, day) * 24 + part(4)?) * 60 + part(6)?) * 60 + part(8)?)
}

/// Days since 1970-01-01 in the Gregorian calendar: years are counted from March, so that the leap day is the last one.
const fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month > 2 { year } else { year - 1 };
    let era = year.div_euclid(400);
    let year_of_era = year - era * 400;
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}
