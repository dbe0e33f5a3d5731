//! Timestamps of authorities (RFC 3161): what is asked, and a strict reader of what they answer. A token says that its
//! authority saw a hash at a time; one over a checkpoint says so of the whole log.
//!
//! Only signatures that `openssl ts -verify` checks too are known: RSA (PKCS #1 v1.5) and ECDSA on P-256, P-384 and P-521
//! with SHA-2. The certificate of the authority must be named by SHA-256 or better (ESSCertIDv2, RFC 5816).

mod certificate;
mod der;

use crate::LedgerError;
use crate::limits::{MAX_TIMESTAMP_BYTES, MAX_TIMESTAMP_ROOTS};
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use certificate::{Certificate, Hash, Scheme, words};
use der::{
    BOOLEAN, GENERALIZED_TIME, INTEGER, OCTETS, OID, Reader, SEQUENCE, SET, Value, context,
    implicit, only, time, written,
};
use std::fmt;
use thiserror::Error;

const SHA256_NAME: &[u8] = b"\x60\x86\x48\x01\x65\x03\x04\x02\x01";
const SIGNED_DATA: &[u8] = b"\x2A\x86\x48\x86\xF7\x0D\x01\x07\x02";
const TST_INFO: &[u8] = b"\x2A\x86\x48\x86\xF7\x0D\x01\x09\x10\x01\x04";
const CONTENT_TYPE: &[u8] = b"\x2A\x86\x48\x86\xF7\x0D\x01\x09\x03";
const MESSAGE_DIGEST: &[u8] = b"\x2A\x86\x48\x86\xF7\x0D\x01\x09\x04";
const SIGNING_CERTIFICATE: &[u8] = b"\x2A\x86\x48\x86\xF7\x0D\x01\x09\x10\x02\x0C";
const SIGNING_CERTIFICATE_V2: &[u8] = b"\x2A\x86\x48\x86\xF7\x0D\x01\x09\x10\x02\x2F";
const PEM_BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const PEM_END: &str = "-----END CERTIFICATE-----";

/// Why a timestamp does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Refused {
    /// The bytes are not in the format, or not in its only spelling.
    #[error("it is not in the format: {0}")]
    NotDer(&'static str),
    /// The authority did not stamp.
    #[error("the authority refused to stamp (status {0})")]
    NotGranted(u64),
    /// An algorithm that is not used here.
    #[error("it is signed or hashed in a way that is not accepted here")]
    Algorithm,
    /// It stamps something else.
    #[error("it stamps something else")]
    OtherImprint,
    /// It answers another question.
    #[error("it answers another question")]
    OtherNonce,
    /// It was given under another policy than asked for.
    #[error("it was given under another policy")]
    OtherPolicy,
    /// A signature does not hold.
    #[error("a signature does not hold")]
    Signature,
    /// The signed parts do not belong together.
    #[error("its parts do not belong together: {0}")]
    Parts(&'static str),
    /// A certificate cannot vouch for it.
    #[error("the certificate of the authority: {0}")]
    Certificate(&'static str),
    /// No root that is trusted stands behind it.
    #[error("none of the trusted roots stands behind the authority")]
    NotTrusted,
}

/// What an authority is asked: to stamp a hash, under its own policy or a named one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimestampRequest {
    imprint: [u8; 32],
    nonce: [u8; 8],
    policy: Option<String>,
}

impl TimestampRequest {
    /// A request to stamp `message`, told from every other one by random bytes; under a policy of the authority by its
    /// dotted object identifier, or under the one that the authority chooses.
    ///
    /// # Errors
    /// [`LedgerError::Randomness`], [`LedgerError::OutOfRange`] for a policy that is no object identifier.
    pub fn new(message: &[u8], policy: Option<&str>) -> Result<Self, LedgerError> {
        if let Some(policy) = policy
            && der::object_identifier(policy).is_none()
        {
            return Err(LedgerError::OutOfRange {
                what: "the policy of a timestamp authority",
                why: format!("{policy} is not an object identifier such as 1.3.6.1.4.1.32473.1"),
            });
        }
        let mut nonce = [0; 8];
        aws_lc_rs::rand::fill(&mut nonce).map_err(|_| LedgerError::Randomness)?;
        // Positive and of eight bytes: it has one spelling and one length.
        nonce[0] = nonce[0] & 0x7F | 0x40;
        Ok(Self {
            imprint: sha256(message),
            nonce,
            policy: policy.map(str::to_owned),
        })
    }

    /// The request in DER (`application/timestamp-query`): SHA-256, and the certificate is to come with the answer.
    #[must_use]
    pub fn to_der(&self) -> Vec<u8> {
        let algorithm = written(SEQUENCE, &[&written(OID, &[SHA256_NAME]), &[der::NULL, 0]]);
        let imprint = written(SEQUENCE, &[&algorithm, &written(OCTETS, &[&self.imprint])]);
        let version = written(INTEGER, &[&[1]]);
        let policy = self.policy.as_deref().and_then(der::object_identifier);
        let policy = policy.map_or_else(Vec::new, |name| written(OID, &[&name]));
        let nonce = written(INTEGER, &[&self.nonce]);
        let with_certificate = written(BOOLEAN, &[&[0xFF]]);
        written(
            SEQUENCE,
            &[&version, &imprint, &policy, &nonce, &with_certificate],
        )
    }
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, bytes).as_ref());
    hash
}

/// Certificates of the authorities that are trusted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TimestampRoots(Vec<Vec<u8>>);

impl TimestampRoots {
    /// Reads certificates in PEM; text between them is passed over.
    ///
    /// # Errors
    /// [`LedgerError::Malformed`] where a block is no certificate or there is none.
    pub fn from_pem(text: &str) -> Result<Self, LedgerError> {
        let malformed = |line, why: &str| LedgerError::malformed("roots of timestamps", line, why);
        let (mut roots, mut block) = (Vec::new(), None::<String>);
        for (line, number) in text.lines().zip(1..) {
            match (line.trim_end(), &mut block) {
                (PEM_BEGIN, None) => block = Some(String::new()),
                (PEM_END, Some(encoded)) => {
                    let bytes = STANDARD
                        .decode(&*encoded)
                        .map_err(|_| malformed(number, "the certificate is not base64"))?;
                    only(&bytes, SEQUENCE)
                        .and_then(|value| Certificate::read(value).map(|_| ()))
                        .map_err(|why| {
                            malformed(number, &format!("the certificate cannot be used: {why}"))
                        })?;
                    if roots.len() == MAX_TIMESTAMP_ROOTS {
                        return Err(malformed(number, "too many certificates"));
                    }
                    roots.push(bytes);
                    block = None;
                }
                (line, Some(encoded)) => encoded.push_str(line),
                (_, None) => {}
            }
        }
        if roots.is_empty() || block.is_some() {
            return Err(malformed(1, "a certificate in PEM was expected"));
        }
        Ok(Self(roots))
    }

    /// The certificates in PEM.
    #[must_use]
    pub fn to_pem(&self) -> String {
        let mut text = String::new();
        for root in &self.0 {
            let encoded = STANDARD.encode(root);
            text.push_str(PEM_BEGIN);
            for (at, character) in encoded.chars().enumerate() {
                if at % 64 == 0 {
                    text.push('\n');
                }
                text.push(character);
            }
            text.push('\n');
            text.push_str(PEM_END);
            text.push('\n');
        }
        text
    }
}

/// What an authority says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timestamp {
    /// Milliseconds since 1970, UTC.
    pub at_ms: i64,
    /// When the first of the certificates behind it ends, milliseconds since 1970: from then on it counts only where a later
    /// token vouches for it.
    pub until_ms: i64,
    /// By how many milliseconds it may be off, rounded up, where the authority says.
    pub accuracy_ms: Option<u64>,
    /// The policy of the authority, an object identifier.
    pub policy: String,
    /// Its number for the token, in hexadecimal.
    pub serial: String,
    /// Who the authority is, as its certificate says.
    pub authority: String,
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ms since 1970", self.at_ms)?;
        if let Some(accuracy) = self.accuracy_ms {
            write!(f, " ± {accuracy} ms")?;
        }
        write!(
            f,
            ", by {}, policy {}, number {}",
            self.authority, self.policy, self.serial
        )
    }
}

/// Checks the answer of an authority (`TimeStampResp`) to a request.
///
/// # Errors
/// Why it does not count.
pub fn answered(
    answer: &[u8],
    request: &TimestampRequest,
    roots: &TimestampRoots,
) -> Result<Timestamp, Refused> {
    let timestamp = open(answer, &request.imprint, Some(&request.nonce), roots)?;
    match &request.policy {
        Some(policy) if *policy != timestamp.policy => Err(Refused::OtherPolicy),
        _ => Ok(timestamp),
    }
}

/// Checks the answer of an authority as it was kept: whether it stamps `message`.
///
/// # Errors
/// Why it does not count.
pub fn stamped(
    answer: &[u8],
    message: &[u8],
    roots: &TimestampRoots,
) -> Result<Timestamp, Refused> {
    open(answer, &sha256(message), None, roots)
}

/// Checks that an answer is in the format and stamps `message`; who stamped, and whether anybody may believe it, is for
/// [`stamped`].
///
/// # Errors
/// Why it does not.
pub fn stamps(answer: &[u8], message: &[u8]) -> Result<(), Refused> {
    if answer.len() > MAX_TIMESTAMP_BYTES {
        return Err(Refused::NotDer("it is too long"));
    }
    let signed = Signed::of_answer(answer)?;
    if Info::read(signed.content)?.imprint == sha256(message) {
        Ok(())
    } else {
        Err(Refused::OtherImprint)
    }
}

fn open(
    answer: &[u8],
    imprint: &[u8; 32],
    nonce: Option<&[u8; 8]>,
    roots: &TimestampRoots,
) -> Result<Timestamp, Refused> {
    if answer.len() > MAX_TIMESTAMP_BYTES {
        return Err(Refused::NotDer("it is too long"));
    }
    let signed = Signed::of_answer(answer)?;
    let info = Info::read(signed.content)?;
    if info.imprint != imprint {
        return Err(Refused::OtherImprint);
    }
    if nonce.is_some_and(|nonce| info.nonce != Some(nonce)) {
        return Err(Refused::OtherNonce);
    }
    let roots: Vec<Certificate<'_>> = roots
        .0
        .iter()
        .map(|root| Certificate::read(only(root, SEQUENCE)?))
        .collect::<Result<_, _>>()?;
    let signer = signed
        .certificates
        .iter()
        .find(|certificate| {
            certificate.issuer == signed.signer.issuer && certificate.serial == signed.signer.serial
        })
        .ok_or(Refused::Certificate("it does not come with the token"))?;
    let chain = signer.chain(&signed.certificates, &roots, info.seconds)?;
    signed.signer.attributes(signed.content, &chain)?;
    let scheme = signed.signer.scheme.with(signed.signer.hash)?;
    let message = written(SET, &[signed.signer.attributes.content]);
    signer.verifies(scheme, &message, signed.signer.signature)?;
    if info.tsa.is_some_and(|name| !signer.is_named(name)) {
        return Err(Refused::Parts(
            "the authority has another name than its certificate",
        ));
    }
    Ok(Timestamp {
        at_ms: info.seconds * 1000 + i64::from(info.millionths / 1000),
        until_ms: certificate::until(&chain) * 1000 + 999,
        accuracy_ms: info.accuracy_ms,
        policy: info.policy,
        serial: info.serial,
        authority: words(signer.subject),
    })
}

/// `PKIStatusInfo`: granted, perhaps with changes.
fn granted(value: Value<'_>) -> Result<(), Refused> {
    let mut parts = value.inside();
    let status = parts.expect(INTEGER)?.small()?;
    let free_text = parts.optional(SEQUENCE)?;
    let failure = parts.optional(der::BITS)?;
    parts.end()?;
    if status > 1 {
        return Err(Refused::NotGranted(status));
    }
    if let Some(text) = free_text {
        let mut lines = text.inside();
        while !lines.is_empty() {
            let line = lines.expect(UTF8)?;
            std::str::from_utf8(line.content)
                .map_err(|_| Refused::NotDer("text that is not UTF-8"))?;
        }
    }
    if failure.is_some() {
        return Err(Refused::Parts("it is granted and has failed"));
    }
    Ok(())
}

const UTF8: u8 = 0x0C;

fn named(value: Value<'_>, name: &[u8]) -> Result<(), Refused> {
    if value.content == name {
        Ok(())
    } else {
        Err(Refused::NotDer("it is something else than a timestamp"))
    }
}

/// `SignedData` (RFC 5652) with one signer.
struct Signed<'a> {
    content: &'a [u8],
    certificates: Vec<Certificate<'a>>,
    signer: Signer<'a>,
}

impl<'a> Signed<'a> {
    /// What a `TimeStampResp` that granted holds.
    fn of_answer(answer: &'a [u8]) -> Result<Self, Refused> {
        let mut parts = only(answer, SEQUENCE)?.inside();
        granted(parts.expect(SEQUENCE)?)?;
        let token = parts.expect(SEQUENCE)?;
        parts.end()?;
        let mut content = token.inside();
        named(content.expect(OID)?, SIGNED_DATA)?;
        let signed = only(content.expect(context(0))?.content, SEQUENCE)?;
        content.end()?;
        Self::read(signed)
    }

    fn read(value: Value<'a>) -> Result<Self, Refused> {
        let mut parts = value.inside();
        if parts.expect(INTEGER)?.small()? != 3 {
            return Err(Refused::Parts("its version is not 3"));
        }
        let mut algorithms = parts.expect(SET)?.inside();
        let hash = Hash::read(algorithms.next()?)?;
        if !algorithms.is_empty() {
            return Err(Refused::Parts("one signer, and several hashes"));
        }
        let mut content = parts.expect(SEQUENCE)?.inside();
        named(content.expect(OID)?, TST_INFO)?;
        let octets = only(content.expect(context(0))?.content, OCTETS)?;
        content.end()?;
        let mut certificates = Vec::new();
        if let Some(set) = parts.optional(context(0))? {
            let mut set = set.inside();
            while !set.is_empty() {
                if certificates.len() == MAX_TIMESTAMP_ROOTS {
                    return Err(Refused::NotDer("too many certificates"));
                }
                certificates.push(Certificate::read(set.next()?)?);
            }
        }
        // Lists of revoked certificates are of the time of the token and say nothing later.
        parts.optional(context(1))?;
        let mut signers = parts.expect(SET)?.inside();
        let signer = Signer::read(signers.expect(SEQUENCE)?)?;
        if !signers.is_empty() {
            return Err(Refused::Parts("more than one signer"));
        }
        parts.end()?;
        if signer.hash != hash {
            return Err(Refused::Parts("the signer hashes otherwise"));
        }
        Ok(Self {
            content: octets.content,
            certificates,
            signer,
        })
    }
}

/// `SignerInfo` (RFC 5652).
struct Signer<'a> {
    issuer: &'a [u8],
    serial: &'a [u8],
    hash: Hash,
    attributes: Value<'a>,
    scheme: Scheme,
    signature: &'a [u8],
}

impl<'a> Signer<'a> {
    fn read(value: Value<'a>) -> Result<Self, Refused> {
        let mut parts = value.inside();
        if parts.expect(INTEGER)?.small()? != 1 {
            return Err(Refused::Parts(
                "the signer is not named by issuer and number",
            ));
        }
        let mut name = parts.expect(SEQUENCE)?.inside();
        let (issuer, serial) = (
            name.expect(SEQUENCE)?.whole,
            name.expect(INTEGER)?.integer()?,
        );
        name.end()?;
        let hash = Hash::read(parts.expect(SEQUENCE)?)?;
        let attributes = parts.expect(context(0))?;
        let scheme = Scheme::read(parts.expect(SEQUENCE)?)?;
        let signature = parts.expect(OCTETS)?.content;
        // What nobody signed is passed over.
        parts.optional(context(1))?;
        parts.end()?;
        Ok(Self {
            issuer,
            serial,
            hash,
            attributes,
            scheme,
            signature,
        })
    }

    /// Whether the signed attributes are about this content and these certificates.
    fn attributes(&self, content: &[u8], chain: &[&Certificate<'_>]) -> Result<(), Refused> {
        let mut attributes = self.attributes.inside();
        let (mut seen, mut of_type, mut of_digest, mut of_certificate) =
            (Vec::new(), false, false, false);
        while !attributes.is_empty() {
            let mut parts = attributes.expect(SEQUENCE)?.inside();
            let name = parts.expect(OID)?.content;
            let mut values = parts.expect(SET)?.inside();
            parts.end()?;
            if seen.contains(&name) {
                return Err(Refused::Parts("an attribute stands twice"));
            }
            seen.push(name);
            let value = values.next()?;
            values.end()?;
            match name {
                CONTENT_TYPE => {
                    of_type = value.tag == OID && value.content == TST_INFO;
                }
                MESSAGE_DIGEST => {
                    of_digest = value.tag == OCTETS && value.content == self.hash.digest(content);
                }
                SIGNING_CERTIFICATE_V2 => {
                    names_certificates(value, chain)?;
                    of_certificate = true;
                }
                _ => {}
            }
        }
        match (of_type, of_digest, of_certificate) {
            (false, _, _) => Err(Refused::Parts("what is signed is not a timestamp")),
            (_, false, _) => Err(Refused::Parts("the hash of the content is another")),
            (_, _, true) => Ok(()),
            _ if seen.contains(&SIGNING_CERTIFICATE) => {
                Err(Refused::Parts("the certificate is named by SHA-1 alone"))
            }
            _ => Err(Refused::Parts("the certificate is not named")),
        }
    }
}

/// `SigningCertificateV2` (RFC 5035): the first names the signer's certificate, all are of its chain.
fn names_certificates(value: Value<'_>, chain: &[&Certificate<'_>]) -> Result<(), Refused> {
    if value.tag != SEQUENCE {
        return Err(Refused::NotDer("names of certificates were expected"));
    }
    let mut parts = value.inside();
    let mut names = parts.expect(SEQUENCE)?.inside();
    // Policies of the certificates.
    parts.optional(SEQUENCE)?;
    parts.end()?;
    let mut first = true;
    while first || !names.is_empty() {
        let mut name = names.expect(SEQUENCE)?.inside();
        let hash = match name.optional(SEQUENCE)? {
            Some(algorithm) => Hash::read(algorithm)?,
            None => Hash::Sha256,
        };
        let sum = name.expect(OCTETS)?.content;
        let issuer_and_serial = name.optional(SEQUENCE)?;
        name.end()?;
        let among = if first { &chain[..1] } else { chain };
        let named = among
            .iter()
            .find(|certificate| hash.digest(certificate.whole) == sum)
            .ok_or(Refused::Parts("another certificate is named"))?;
        if let Some(value) = issuer_and_serial {
            let mut parts = value.inside();
            let (names, serial) = (parts.expect(SEQUENCE)?, parts.expect(INTEGER)?);
            parts.end()?;
            // One GeneralName, the directoryName of the issuer.
            let issuer = only(names.content, context(4))?;
            if issuer.content != named.issuer || serial.integer()? != named.serial {
                return Err(Refused::Parts("another certificate is named"));
            }
        }
        first = false;
    }
    Ok(())
}

/// `TSTInfo` (RFC 3161).
struct Info<'a> {
    policy: String,
    imprint: &'a [u8],
    serial: String,
    seconds: i64,
    millionths: u32,
    accuracy_ms: Option<u64>,
    nonce: Option<&'a [u8]>,
    tsa: Option<Value<'a>>,
}

impl<'a> Info<'a> {
    fn read(bytes: &'a [u8]) -> Result<Self, Refused> {
        let mut parts = only(bytes, SEQUENCE)?.inside();
        if parts.expect(INTEGER)?.small()? != 1 {
            return Err(Refused::Parts("the version of the timestamp is not 1"));
        }
        let policy = parts.expect(OID)?.dotted()?;
        let mut imprint = parts.expect(SEQUENCE)?.inside();
        if Hash::read(imprint.expect(SEQUENCE)?)? != Hash::Sha256 {
            return Err(Refused::OtherImprint);
        }
        let hash = imprint.expect(OCTETS)?.content;
        imprint.end()?;
        let serial = parts.expect(INTEGER)?.integer()?;
        let (seconds, millionths) = time(parts.expect(GENERALIZED_TIME)?)?;
        let accuracy_ms = parts.optional(SEQUENCE)?.map(accuracy).transpose()?;
        if let Some(ordering) = parts.optional(BOOLEAN)?
            && !ordering.boolean()?
        {
            return Err(Refused::NotDer("what is understood was written"));
        }
        let nonce = match parts.optional(INTEGER)? {
            Some(value) => Some(value.integer()?),
            None => None,
        };
        let tsa = match parts.optional(context(0))? {
            Some(value) => {
                let mut inside = value.inside();
                let name = inside.next()?;
                inside.end()?;
                Some(name)
            }
            None => None,
        };
        if parts.optional(context(1))?.is_some() {
            return Err(Refused::Parts(
                "it has extensions, which are not known here",
            ));
        }
        parts.end()?;
        Ok(Self {
            policy,
            imprint: hash,
            serial: serial.iter().map(|byte| format!("{byte:02x}")).collect(),
            seconds,
            millionths,
            accuracy_ms,
            nonce,
            tsa,
        })
    }
}

/// `Accuracy`, in milliseconds, rounded up.
fn accuracy(value: Value<'_>) -> Result<u64, Refused> {
    let mut parts: Reader<'_> = value.inside();
    let seconds = match parts.optional(INTEGER)? {
        Some(value) => value.small()?,
        None => 0,
    };
    let mut thousandths = |number| match parts.optional(implicit(number))? {
        Some(value) => match value.small()? {
            part @ 1..=999 => Ok(part),
            _ => Err(Refused::NotDer("a part of a second out of range")),
        },
        None => Ok(0),
    };
    let (millis, micros) = (thousandths(0)?, thousandths(1)?);
    parts.end()?;
    Ok(seconds
        .saturating_mul(1000)
        .saturating_add(millis + u64::from(micros > 0)))
}
