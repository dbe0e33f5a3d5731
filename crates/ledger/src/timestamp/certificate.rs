//! Certificates of timestamp authorities (RFC 5280), and the way from one to a root that is trusted.

use super::Refused;
use super::der::{
    BITS, BOOLEAN, GENERALIZED_TIME, INTEGER, NULL, OCTETS, OID, SEQUENCE, UTC_TIME, Value,
    context, implicit, only, time,
};
use aws_lc_rs::signature::{
    self as aws, ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA384_ASN1, ECDSA_P256_SHA512_ASN1,
    ECDSA_P384_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, ECDSA_P384_SHA512_ASN1, ECDSA_P521_SHA256_ASN1,
    ECDSA_P521_SHA384_ASN1, ECDSA_P521_SHA512_ASN1, UnparsedPublicKey,
};

const RSA: &[u8] = b"\x2A\x86\x48\x86\xF7\x0D\x01\x01\x01";
const SHA256_RSA: &[u8] = b"\x2A\x86\x48\x86\xF7\x0D\x01\x01\x0B";
const SHA384_RSA: &[u8] = b"\x2A\x86\x48\x86\xF7\x0D\x01\x01\x0C";
const SHA512_RSA: &[u8] = b"\x2A\x86\x48\x86\xF7\x0D\x01\x01\x0D";
const EC: &[u8] = b"\x2A\x86\x48\xCE\x3D\x02\x01";
const ECDSA_SHA256: &[u8] = b"\x2A\x86\x48\xCE\x3D\x04\x03\x02";
const ECDSA_SHA384: &[u8] = b"\x2A\x86\x48\xCE\x3D\x04\x03\x03";
const ECDSA_SHA512: &[u8] = b"\x2A\x86\x48\xCE\x3D\x04\x03\x04";
const P256: &[u8] = b"\x2A\x86\x48\xCE\x3D\x03\x01\x07";
const P384: &[u8] = b"\x2B\x81\x04\x00\x22";
const P521: &[u8] = b"\x2B\x81\x04\x00\x23";
const SHA256: &[u8] = b"\x60\x86\x48\x01\x65\x03\x04\x02\x01";
const SHA384: &[u8] = b"\x60\x86\x48\x01\x65\x03\x04\x02\x02";
const SHA512: &[u8] = b"\x60\x86\x48\x01\x65\x03\x04\x02\x03";
const BASIC_CONSTRAINTS: &[u8] = b"\x55\x1D\x13";
const KEY_USAGE: &[u8] = b"\x55\x1D\x0F";
const EXTENDED_KEY_USAGE: &[u8] = b"\x55\x1D\x25";
const SUBJECT_ALTERNATIVE_NAME: &[u8] = b"\x55\x1D\x11";
const TIME_STAMPING: &[u8] = b"\x2B\x06\x01\x05\x05\x07\x03\x08";
const COMMON_NAME: &[u8] = b"\x55\x04\x03";
const ORGANIZATION: &[u8] = b"\x55\x04\x0A";

/// `digitalSignature` and `nonRepudiation`: what a key that stamps may be for.
const MAY_STAMP: u8 = 0b1100_0000;
/// `keyCertSign`.
const MAY_CERTIFY: u8 = 0b0000_0100;
/// The most certificates from an authority's to a root.
const CHAIN_MAX: usize = 6;

/// A hash function of a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    pub(super) fn digest(self, bytes: &[u8]) -> Vec<u8> {
        let algorithm = match self {
            Self::Sha256 => &aws_lc_rs::digest::SHA256,
            Self::Sha384 => &aws_lc_rs::digest::SHA384,
            Self::Sha512 => &aws_lc_rs::digest::SHA512,
        };
        aws_lc_rs::digest::digest(algorithm, bytes)
            .as_ref()
            .to_vec()
    }

    /// From an algorithm identifier, with or without the empty parameters.
    pub(super) fn read(value: Value<'_>) -> Result<Self, Refused> {
        match algorithm(value)? {
            (SHA256, None) => Ok(Self::Sha256),
            (SHA384, None) => Ok(Self::Sha384),
            (SHA512, None) => Ok(Self::Sha512),
            _ => Err(Refused::Algorithm),
        }
    }
}

/// The name of an algorithm, and its parameters but for empty ones.
fn algorithm(value: Value<'_>) -> Result<(&[u8], Option<Value<'_>>), Refused> {
    if value.tag != SEQUENCE {
        return Err(Refused::NotDer("an algorithm was expected"));
    }
    let mut parts = value.inside();
    let oid = parts.expect(OID)?;
    oid.dotted()?;
    let parameters = if parts.is_empty() {
        None
    } else {
        Some(parts.next()?)
    };
    parts.end()?;
    match parameters {
        Some(value) if value.tag == NULL => {
            if value.content.is_empty() {
                Ok((oid.content, None))
            } else {
                Err(Refused::NotDer("nothing, with something in it"))
            }
        }
        other => Ok((oid.content, other)),
    }
}

/// How something is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Scheme {
    rsa: bool,
    /// None where the hash is that of the signer information (`rsaEncryption` there).
    hash: Option<Hash>,
}

impl Scheme {
    pub(super) fn read(value: Value<'_>) -> Result<Self, Refused> {
        let (oid, parameters) = algorithm(value)?;
        if parameters.is_some() {
            return Err(Refused::Algorithm);
        }
        let (rsa, hash) = match oid {
            RSA => (true, None),
            SHA256_RSA => (true, Some(Hash::Sha256)),
            SHA384_RSA => (true, Some(Hash::Sha384)),
            SHA512_RSA => (true, Some(Hash::Sha512)),
            ECDSA_SHA256 => (false, Some(Hash::Sha256)),
            ECDSA_SHA384 => (false, Some(Hash::Sha384)),
            ECDSA_SHA512 => (false, Some(Hash::Sha512)),
            _ => return Err(Refused::Algorithm),
        };
        Ok(Self { rsa, hash })
    }

    /// The scheme when the hash stands elsewhere too.
    pub(super) fn with(self, hash: Hash) -> Result<Self, Refused> {
        match self.hash {
            Some(own) if own != hash => Err(Refused::Algorithm),
            _ => Ok(Self {
                hash: Some(hash),
                ..self
            }),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Rsa,
    P256,
    P384,
    P521,
}

/// A certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Certificate<'a> {
    pub(super) whole: &'a [u8],
    signed: &'a [u8],
    pub(super) serial: &'a [u8],
    pub(super) issuer: &'a [u8],
    pub(super) subject: Value<'a>,
    not_before: i64,
    not_after: i64,
    /// None for a key that is of no use here.
    key: Option<(Kind, &'a [u8])>,
    scheme: Option<Scheme>,
    signature: &'a [u8],
    is_authority: bool,
    path_length: Option<u64>,
    usage: Option<u8>,
    /// Whether its only purpose is to stamp, and must be heeded.
    stamps: bool,
    names: Option<&'a [u8]>,
}

impl<'a> Certificate<'a> {
    pub(super) fn read(value: Value<'a>) -> Result<Self, Refused> {
        if value.tag != SEQUENCE {
            return Err(Refused::NotDer("a certificate was expected"));
        }
        let mut outer = value.inside();
        let (body, scheme, signature) = (
            outer.expect(SEQUENCE)?,
            outer.expect(SEQUENCE)?,
            outer.expect(BITS)?,
        );
        outer.end()?;
        let mut fields = body.inside();
        let version = fields
            .optional(context(0))?
            .map_or(Ok(0), |value| only(value.content, INTEGER)?.small())?;
        let serial = fields.expect(INTEGER)?.integer()?;
        let inner = fields.expect(SEQUENCE)?;
        if inner.whole != scheme.whole {
            return Err(Refused::Certificate("it names two ways of signing"));
        }
        let issuer = fields.expect(SEQUENCE)?.whole;
        let mut validity = fields.expect(SEQUENCE)?.inside();
        let mut moment = || {
            let value = validity.next()?;
            match value.tag {
                UTC_TIME | GENERALIZED_TIME => time(value).map(|(seconds, _)| seconds),
                _ => Err(Refused::NotDer("a time was expected")),
            }
        };
        let (not_before, not_after) = (moment()?, moment()?);
        validity.end()?;
        let subject = fields.expect(SEQUENCE)?;
        let key = fields.expect(SEQUENCE)?;
        let mut certificate = Self {
            whole: value.whole,
            signed: body.whole,
            serial,
            issuer,
            subject,
            not_before,
            not_after,
            key: public_key(key)?,
            scheme: Scheme::read(scheme).ok(),
            signature: signature.whole_bits()?,
            is_authority: false,
            path_length: None,
            usage: None,
            stamps: false,
            names: None,
        };
        for unique in [1, 2] {
            fields.optional(implicit(unique))?;
        }
        if let Some(extensions) = fields.optional(context(3))? {
            if version != 2 {
                return Err(Refused::Certificate("its version has no extensions"));
            }
            let mut extensions = only(extensions.content, SEQUENCE)?.inside();
            let mut seen: Vec<&[u8]> = Vec::new();
            while !extensions.is_empty() {
                let name = certificate.extension(extensions.expect(SEQUENCE)?)?;
                if seen.contains(&name) {
                    return Err(Refused::Certificate("it says one thing twice"));
                }
                seen.push(name);
            }
        }
        fields.end()?;
        Ok(certificate)
    }

    fn extension(&mut self, value: Value<'a>) -> Result<&'a [u8], Refused> {
        let mut parts = value.inside();
        let name = parts.expect(OID)?.content;
        let critical = match parts.optional(BOOLEAN)? {
            Some(value) if !value.boolean()? => {
                return Err(Refused::NotDer("what is understood was written"));
            }
            other => other.is_some(),
        };
        let content = parts.expect(OCTETS)?.content;
        parts.end()?;
        match name {
            BASIC_CONSTRAINTS => {
                let mut parts = only(content, SEQUENCE)?.inside();
                self.is_authority = match parts.optional(BOOLEAN)? {
                    Some(value) => value.boolean()?,
                    None => false,
                };
                self.path_length = match parts.optional(INTEGER)? {
                    Some(value) => Some(value.small()?),
                    None => None,
                };
                parts.end()?;
            }
            KEY_USAGE => self.usage = Some(only(content, BITS)?.named_bits()?),
            EXTENDED_KEY_USAGE => {
                let mut purposes = only(content, SEQUENCE)?.inside();
                let first = purposes.expect(OID)?.content;
                self.stamps = critical && first == TIME_STAMPING && purposes.is_empty();
            }
            SUBJECT_ALTERNATIVE_NAME => self.names = Some(only(content, SEQUENCE)?.content),
            _ if critical => {
                return Err(Refused::Certificate(
                    "it demands something that is not known here",
                ));
            }
            _ => {}
        }
        Ok(name)
    }

    /// Whether the key has signed `message`.
    pub(super) fn verifies(
        &self,
        scheme: Scheme,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), Refused> {
        let ((kind, bytes), hash) = self.key.zip(scheme.hash).ok_or(Refused::Algorithm)?;
        let algorithm: &'static dyn aws::VerificationAlgorithm = match (kind, scheme.rsa, hash) {
            (Kind::Rsa, true, Hash::Sha256) => &aws::RSA_PKCS1_2048_8192_SHA256,
            (Kind::Rsa, true, Hash::Sha384) => &aws::RSA_PKCS1_2048_8192_SHA384,
            (Kind::Rsa, true, Hash::Sha512) => &aws::RSA_PKCS1_2048_8192_SHA512,
            (Kind::P256, false, Hash::Sha256) => &ECDSA_P256_SHA256_ASN1,
            (Kind::P256, false, Hash::Sha384) => &ECDSA_P256_SHA384_ASN1,
            (Kind::P256, false, Hash::Sha512) => &ECDSA_P256_SHA512_ASN1,
            (Kind::P384, false, Hash::Sha256) => &ECDSA_P384_SHA256_ASN1,
            (Kind::P384, false, Hash::Sha384) => &ECDSA_P384_SHA384_ASN1,
            (Kind::P384, false, Hash::Sha512) => &ECDSA_P384_SHA512_ASN1,
            (Kind::P521, false, Hash::Sha256) => &ECDSA_P521_SHA256_ASN1,
            (Kind::P521, false, Hash::Sha384) => &ECDSA_P521_SHA384_ASN1,
            (Kind::P521, false, Hash::Sha512) => &ECDSA_P521_SHA512_ASN1,
            _ => return Err(Refused::Algorithm),
        };
        UnparsedPublicKey::new(algorithm, bytes)
            .verify(message, signature)
            .map_err(|_| Refused::Signature)
    }

    fn is_valid_at(&self, seconds: i64) -> bool {
        (self.not_before..=self.not_after).contains(&seconds)
    }

    /// Whether the key of `issuer` signed this certificate. Somebody else may have the name of its issuer, and another key.
    fn is_signed_by(&self, issuer: &Certificate<'_>) -> Result<bool, Refused> {
        let scheme = self.scheme.ok_or(Refused::Algorithm)?;
        if issuer
            .key
            .is_some_and(|(kind, _)| (kind == Kind::Rsa) != scheme.rsa)
        {
            return Ok(false);
        }
        match issuer.verifies(scheme, self.signed, self.signature) {
            Ok(()) => Ok(true),
            Err(Refused::Signature) => Ok(false),
            Err(why) => Err(why),
        }
    }

    /// Whether it may issue certificates, with `below` authorities under it.
    fn may_issue(&self, below: u64) -> Result<(), Refused> {
        if !self.is_authority
            || self.usage.is_some_and(|usage| usage & MAY_CERTIFY == 0)
            || self.path_length.is_some_and(|most| most < below)
        {
            return Err(Refused::Certificate("its issuer may not issue it"));
        }
        Ok(())
    }

    /// Whether it may stamp.
    fn may_stamp(&self) -> Result<(), Refused> {
        if self.stamps
            && self
                .usage
                .is_none_or(|usage| usage & MAY_STAMP != 0 && usage & !MAY_STAMP == 0)
        {
            Ok(())
        } else {
            Err(Refused::Certificate("it is not for timestamps alone"))
        }
    }

    /// Whether a `GeneralName` is one of the subject's.
    pub(super) fn is_named(&self, name: Value<'_>) -> bool {
        (name.tag == context(4) && name.content == self.subject.whole)
            || self.names.is_some_and(|names| {
                let mut names = super::der::Reader(names);
                std::iter::from_fn(|| names.next().ok()).any(|own| own.whole == name.whole)
            })
    }

    /// The way from this certificate to a root, by certificates that are at hand; all valid at `seconds`. An issuer is found
    /// by its name and its key: whoever only has the name neither stands behind a certificate nor makes it a bad one.
    pub(super) fn chain<'c>(
        &'c self,
        at_hand: &'c [Certificate<'a>],
        roots: &'c [Certificate<'a>],
        seconds: i64,
    ) -> Result<Vec<&'c Certificate<'a>>, Refused> {
        self.may_stamp()?;
        if !self.is_valid_at(seconds) {
            return Err(Refused::Certificate("it was not valid at that time"));
        }
        let mut chain = vec![self];
        let mut last = self;
        while chain.len() < CHAIN_MAX {
            let below = chain.len() as u64 - 1;
            let mut why = Refused::NotTrusted;
            let mut next = None;
            for candidate in roots.iter().chain(at_hand) {
                if candidate.subject.whole != last.issuer || chain.contains(&candidate) {
                    continue;
                }
                let issues = match last.is_signed_by(candidate) {
                    Ok(false) => continue,
                    Ok(true) if candidate.is_valid_at(seconds) => candidate.may_issue(below),
                    Ok(true) => Err(Refused::Certificate(
                        "its issuer was not valid at that time",
                    )),
                    Err(refused) => Err(refused),
                };
                match issues {
                    Ok(()) => {
                        next = Some(candidate);
                        break;
                    }
                    Err(refused) => why = refused,
                }
            }
            let issuer = next.ok_or(why)?;
            chain.push(issuer);
            last = issuer;
            if roots.iter().any(|root| root.whole == issuer.whole) {
                return Ok(chain);
            }
        }
        Err(Refused::NotTrusted)
    }
}

/// The last second in which all of a chain is valid.
pub(super) fn until(chain: &[&Certificate<'_>]) -> i64 {
    let ends = chain.iter().map(|certificate| certificate.not_after);
    ends.min().unwrap_or(i64::MIN / 1000)
}

fn public_key(value: Value<'_>) -> Result<Option<(Kind, &[u8])>, Refused> {
    let mut parts = value.inside();
    let (oid, parameters) = algorithm(parts.expect(SEQUENCE)?)?;
    let bytes = parts.expect(BITS)?.whole_bits()?;
    parts.end()?;
    let curve = parameters.filter(|value| value.tag == OID);
    let kind = match (oid, curve.map(|value| value.content)) {
        (RSA, None) => Kind::Rsa,
        (EC, Some(P256)) => Kind::P256,
        (EC, Some(P384)) => Kind::P384,
        (EC, Some(P521)) => Kind::P521,
        _ => return Ok(None),
    };
    Ok(Some((kind, bytes)))
}

/// A distinguished name in words: the common name and the organization.
pub(super) fn words(name: Value<'_>) -> String {
    let mut found = [None, None];
    let mut sets = name.inside();
    while let Ok(set) = sets.next() {
        let mut pairs = set.inside();
        while let Ok(pair) = pairs.next() {
            let mut parts = pair.inside();
            let (Ok(oid), Ok(text)) = (parts.next(), parts.next()) else {
                continue;
            };
            let text = || {
                let text = String::from_utf8_lossy(text.content);
                Some(text.chars().filter(|c| !c.is_control()).collect::<String>())
            };
            match oid.content {
                COMMON_NAME => found[0] = text(),
                ORGANIZATION => found[1] = text(),
                _ => {}
            }
        }
    }
    match found {
        [Some(name), Some(organization)] => format!("{name}, {organization}"),
        [Some(name), None] | [None, Some(name)] => name,
        [None, None] => String::new(),
    }
}
