//! The signature of a claim: COSE_Sign1 with a chain of certificates (C2PA specification 2.2, section 13), and the
//! certificates up to a list of authorities that somebody trusts.

use aws_lc_rs::signature::{
    self as aws, ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ECDSA_P521_SHA512_FIXED,
    ED25519, UnparsedPublicKey,
};

use super::cbor::{Cbor, signed_structure};
use super::der::{Certificate, KeyKind};
use crate::limits::{MAX_CERTIFICATE_BYTES, MAX_CHAIN};

/// Names of header parameters (RFC 9052 and RFC 9360).
const ALGORITHM: i128 = 1;
const CHAIN: i128 = 33;

/// Purposes that C2PA accepts for a signer: e-mail protection, signing of documents, and signing of claims.
pub(super) const SIGNER_PURPOSES: [&[u8]; 3] = [
    b"\x2B\x06\x01\x05\x05\x07\x03\x04",
    b"\x2B\x06\x01\x05\x05\x07\x03\x24",
    b"\x2B\x06\x01\x04\x01\x83\xE8\x5E\x02\x01",
];

/// What the algorithms of signatures are called (RFC 9053).
pub(super) const ALGORITHMS: [&str; 8] = [
    "ES256", "ES384", "ES512", "PS256", "PS384", "PS512", "EdDSA", "other",
];

/// A signature as it stands in the manifest.
pub(super) struct Signed<'a> {
    pub(super) protected: &'a [u8],
    unprotected: Cbor<'a>,
    algorithm: i128,
    pub(super) chain: Vec<Vec<u8>>,
    pub(super) signature: &'a [u8],
}

impl<'a> Signed<'a> {
    /// Reads a COSE_Sign1 whose payload stands elsewhere with the given reader; `None` when it is broken.
    pub(super) fn read(
        bytes: &'a [u8],
        read: impl Fn(&'a [u8]) -> Option<Cbor<'a>>,
    ) -> Option<Self> {
        let value = read(bytes)?;
        let [protected, unprotected, _, signature] = value.list() else {
            return None;
        };
        let protected = protected.bytes()?;
        let header = read(protected)?;
        let find = |map: &Cbor<'a>| {
            let value = map.numbered(CHAIN).or_else(|| map.get("x5chain"))?;
            let one = value.octets().map(|one| vec![one]);
            one.or_else(|| value.list().iter().map(Cbor::octets).collect())
        };
        let chain = find(&header).or_else(|| find(unprotected))?;
        let is_short = chain.iter().all(|one| one.len() <= MAX_CERTIFICATE_BYTES);
        (!chain.is_empty() && chain.len() <= MAX_CHAIN && is_short).then_some(Self {
            protected,
            algorithm: header.numbered(ALGORITHM)?.number()?,
            chain,
            signature: signature.bytes()?,
            unprotected: unprotected.clone(),
        })
    }

    /// The timestamps, and whether they are over the signature (`sigTst2`) instead of the claim (`sigTst`).
    pub(super) fn timestamps(&self) -> Vec<(&'a [u8], bool)> {
        let mut tokens = Vec::new();
        for (name, is_over_signature) in [("sigTst2", true), ("sigTst", false)] {
            let list = self
                .unprotected
                .get(name)
                .and_then(|container| container.get("tstTokens"))
                .map(Cbor::list)
                .unwrap_or_default();
            let found = list.iter().filter_map(|token| token.get("val")?.bytes());
            tokens.extend(found.map(|token| (token, is_over_signature)));
        }
        tokens
    }

    /// Whether the holder of the first certificate signed `claim`; `None` for an algorithm that is not known here.
    pub(super) fn is_over(&self, claim: &[u8], signer: &Certificate<'_>) -> Option<bool> {
        let verification: &'static dyn aws::VerificationAlgorithm =
            match (self.algorithm, signer.key.kind) {
                (-7, KeyKind::P256) => &ECDSA_P256_SHA256_FIXED,
                (-35, KeyKind::P384) => &ECDSA_P384_SHA384_FIXED,
                (-36, KeyKind::P521) => &ECDSA_P521_SHA512_FIXED,
                (-37, KeyKind::Rsa) => &aws::RSA_PSS_2048_8192_SHA256,
                (-38, KeyKind::Rsa) => &aws::RSA_PSS_2048_8192_SHA384,
                (-39, KeyKind::Rsa) => &aws::RSA_PSS_2048_8192_SHA512,
                (-8 | -19, KeyKind::Ed25519) => &ED25519,
                _ => return None,
            };
        let message = signed_structure("Signature1", self.protected, claim);
        let key = UnparsedPublicKey::new(verification, signer.key.bytes);
        Some(key.verify(&message, self.signature).is_ok())
    }

    /// The name of the algorithm.
    pub(super) const fn algorithm(&self) -> &'static str {
        let [es256, es384, es512, ps256, ps384, ps512, eddsa, other] = ALGORITHMS;
        match self.algorithm {
            -7 => es256,
            -35 => es384,
            -36 => es512,
            -37 => ps256,
            -38 => ps384,
            -39 => ps512,
            -8 | -19 => eddsa,
            _ => other,
        }
    }
}

/// Where the way up from a certificate ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// At an authority of the list.
    Trusted,
    /// At a certificate whose issuer is neither in the file nor on the list.
    Unknown,
    /// At a certificate that its issuer did not sign, or whose issuer may sign none.
    Broken,
}

/// Follows `chain` from its first certificate up to one of `anchors`. Everything above it has to be valid
/// at `at`, in seconds since 1970.
pub(super) fn way(chain: &[Certificate<'_>], anchors: &[Certificate<'_>], at: i64) -> Way {
    let Some(mut current) = chain.first() else {
        return Way::Unknown;
    };
    let is_valid = |one: &Certificate<'_>| one.is_valid_at(at);
    for _ in 0..=chain.len() {
        let is_anchor = |one: &&Certificate<'_>| one.whole == current.whole;
        // A leaf on the list is trusted by itself.
        if anchors.iter().find(is_anchor).is_some_and(is_valid) {
            return Way::Trusted;
        }
        let issued =
            |one: &&Certificate<'_>| one.subject.whole == current.issuer.whole && one.is_authority;
        let mut above = anchors.iter().filter(issued);
        if above.any(|one| is_valid(one) && current.is_signed_by(one)) {
            return Way::Trusted;
        }
        let named = chain
            .iter()
            .find(|one| one.subject.whole == current.issuer.whole && one.whole != current.whole);
        match named {
            Some(next) if next.is_authority && current.is_signed_by(next) && is_valid(next) => {
                current = next;
            }
            Some(next) if next.is_authority && current.is_signed_by(next) => return Way::Unknown,
            Some(_) => return Way::Broken,
            None => return Way::Unknown,
        }
    }
    Way::Unknown
}
