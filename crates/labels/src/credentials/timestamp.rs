//! Timestamps (RFC 3161) on a signature: when it was there at the latest, said by an authority.

use super::cbor::{byte_string, signed_structure};
use super::der::{
    self, Algorithm, Certificate, Der, Hash, OCTETS, OID, SEQUENCE, SET, context, next,
};
use super::signature::{Signed, Way, way};
use crate::limits::MAX_CHAIN;

const SIGNED_DATA: &[u8] = b"\x2A\x86\x48\x86\xF7\x0D\x01\x07\x02";
const TIME_INFORMATION: &[u8] = b"\x2A\x86\x48\x86\xF7\x0D\x01\x09\x10\x01\x04";
const MESSAGE_DIGEST: &[u8] = b"\x2A\x86\x48\x86\xF7\x0D\x01\x09\x04";
/// The purpose of a certificate that may give times (RFC 3161, 2.3).
const GIVES_TIMES: &[u8] = b"\x2B\x06\x01\x05\x05\x07\x03\x08";

/// A timestamp that fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    /// Seconds since 1970.
    pub(super) seconds: i64,
    /// Whether its authority is on the list.
    pub(super) is_trusted: bool,
}

/// The first timestamp of `signed` that fits it and `claim`.
pub(super) fn read(
    signed: &Signed<'_>,
    claim: &[u8],
    anchors: &[Certificate<'_>],
) -> Option<Stamp> {
    signed
        .timestamps()
        .into_iter()
        .take(MAX_CHAIN)
        .find_map(|(token, is_over_signature)| {
            let payload = if is_over_signature {
                byte_string(signed.signature)
            } else {
                claim.to_vec()
            };
            let message = signed_structure("CounterSignature", signed.protected, &payload);
            verify(token, &message, anchors)
        })
}

/// Verifies one token, or the whole answer of an authority around it.
fn verify(token: &[u8], message: &[u8], anchors: &[Certificate<'_>]) -> Option<Stamp> {
    let outer = next(token)?.0.tagged(SEQUENCE)?;
    let mut parts = outer.values()?;
    if parts.first()?.tag == SEQUENCE {
        // The answer: a status, then the token.
        parts = parts.get(1)?.values()?;
    }
    if parts.first()?.content != SIGNED_DATA {
        return None;
    }
    let data = parts.get(1)?.tagged(context(0))?.values()?;
    let data = data.first()?.values()?;
    let content = data.get(2)?.values()?;
    if content.first()?.content != TIME_INFORMATION {
        return None;
    }
    let information = content.get(1)?.tagged(context(0))?.values()?;
    let information = information.first()?.tagged(OCTETS)?.content;
    let seconds = time(information, message)?;
    let certificates: Vec<Certificate<'_>> = data
        .iter()
        .find(|part| part.tag == context(0))?
        .values()?
        .into_iter()
        .take(MAX_CHAIN)
        .filter_map(|one| Certificate::read(one.whole))
        .collect();
    let signers = data.last()?.tagged(SET)?.values()?;
    let signer = signers.first()?.values()?;
    let chain = ordered(&signer, certificates)?;
    let authority = chain.first()?;
    let gives_times = authority
        .purposes
        .as_ref()
        .is_some_and(|purposes| purposes.contains(&GIVES_TIMES));
    (gives_times && fits(&signer, authority, information)?).then(|| Stamp {
        seconds,
        is_trusted: way(&chain, anchors, seconds) == Way::Trusted,
    })
}

/// The time in the signed information, if it is about `message`.
fn time(information: &[u8], message: &[u8]) -> Option<i64> {
    let fields = next(information)?.0.tagged(SEQUENCE)?.values()?;
    let imprint = fields.get(2)?.tagged(SEQUENCE)?.values()?;
    let algorithm = imprint.first()?.values()?;
    let hash = Hash::of_algorithm(algorithm.first()?.tagged(OID)?.content)?;
    let is_about = imprint.get(1)?.tagged(OCTETS)?.content == hash.digest(message);
    is_about.then(|| der::seconds(*fields.get(4)?)).flatten()
}

/// The certificates with that of the signer in front.
fn ordered<'a>(
    signer: &[Der<'_>],
    mut certificates: Vec<Certificate<'a>>,
) -> Option<Vec<Certificate<'a>>> {
    let named = signer.get(1)?;
    let at = if named.tag == SEQUENCE {
        let parts = named.values()?;
        let (issuer, serial) = (parts.first()?.whole, parts.get(1)?.content);
        certificates
            .iter()
            .position(|one| one.issuer.whole == issuer && one.serial == serial)?
    } else {
        // Named by an identifier of its key: it is the one that gives times.
        certificates.iter().position(|one| !one.is_authority)?
    };
    certificates.swap(0, at);
    Some(certificates)
}

/// Whether `authority` signed the information.
fn fits(signer: &[Der<'_>], authority: &Certificate<'_>, information: &[u8]) -> Option<bool> {
    let digest = signer.get(2)?.values()?;
    let hash = Hash::of_algorithm(digest.first()?.tagged(OID)?.content)?;
    let attributes = signer.get(3)?.tagged(context(0))?;
    let is_about = attributes.values()?.iter().any(|attribute| {
        let parts = attribute.values().unwrap_or_default();
        let [name, set] = parts[..] else {
            return false;
        };
        name.content == MESSAGE_DIGEST
            && next(set.content).is_some_and(|(value, _)| {
                value.tag == OCTETS && value.content == hash.digest(information)
            })
    });
    if !is_about {
        return Some(false);
    }
    // The attributes are signed as a set (RFC 5652, 5.4).
    let mut message = attributes.whole.to_vec();
    *message.first_mut()? = SET;
    let algorithm = Algorithm::read(*signer.get(4)?)?;
    let signature = signer.get(5)?.tagged(OCTETS)?.content;
    let key = authority.key;
    key.verify(algorithm, Some(hash), &message, signature)
}
