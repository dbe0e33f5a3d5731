//! What a member signs: its acts, numbered without a gap, and its requests for the list. An operator can neither make an
//! act up nor leave one out of the middle unseen, and an act that comes twice counts once.

use aftercare_ledger::{STATEMENT_SIGNATURE_BYTES, SigningKey, verify_statement};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

use crate::membership::{MemberId, MemberKey};
use crate::register::What;
use crate::{Bad, Refused};

const ACT: &str = "exchange act 1";
const READ: &str = "exchange read 1";

/// A signature (Ed25519); as text, base64.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Signature([u8; STATEMENT_SIGNATURE_BYTES]);

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signature")
    }
}

impl Serialize for Signature {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(self.0))
    }
}

impl<'de> Deserialize<'de> for Signature {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = STANDARD.decode(&text).map_err(serde::de::Error::custom)?;
        bytes
            .try_into()
            .map(Self)
            .map_err(|_| serde::de::Error::custom("a signature has 64 bytes"))
    }
}

/// Whose act it is in the order of the member's acts, and the member's signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Act {
    /// 1 for a member's first act, and one more for each.
    pub number: u64,
    /// Over the name of the list, the number and what is done.
    pub signature: Signature,
}

/// What is signed of an act.
fn body(origin: &str, number: u64, what: &What) -> Result<String, Bad> {
    let json = serde_json::to_string(what).map_err(|error| Bad::new("act", error.to_string()))?;
    Ok(format!("{origin}\n{number}\n{json}"))
}

impl Act {
    /// Signs an act for the list of this name.
    ///
    /// # Errors
    /// [`Bad`] when what is done cannot be written.
    pub fn sign(key: &SigningKey, origin: &str, number: u64, what: &What) -> Result<Self, Bad> {
        let body = body(origin, number, what)?;
        Ok(Self {
            number,
            signature: Signature(key.sign_statement(ACT, &body)),
        })
    }

    /// Whether the owner of the key signed this act.
    #[must_use]
    pub fn is_signed(&self, key: &MemberKey, origin: &str, what: &What) -> bool {
        body(origin, self.number, what)
            .is_ok_and(|body| verify_statement(&key.0, ACT, &body, &self.signature.0))
    }
}

/// What a member sends to have something entered into the list. Sent again it is answered as before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActRequest {
    /// What.
    pub what: What,
    /// Number and signature.
    pub act: Act,
}

/// What a member sends to read the list from a place on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReadRequest {
    /// Who.
    pub member: MemberId,
    /// The place of the first entry wanted.
    pub from: u64,
    /// When, in seconds since 1970.
    pub at_s: u64,
    /// Over the name of the list and these three.
    pub signature: Signature,
}

impl ReadRequest {
    fn body(origin: &str, member: MemberId, from: u64, at_s: u64) -> String {
        format!("{origin}\n{}\n{from}\n{at_s}", member.0)
    }

    /// Signs a request.
    #[must_use]
    pub fn sign(key: &SigningKey, origin: &str, member: MemberId, from: u64, at_s: u64) -> Self {
        let body = Self::body(origin, member, from, at_s);
        Self {
            member,
            from,
            at_s,
            signature: Signature(key.sign_statement(READ, &body)),
        }
    }

    /// Checks that a member asks, and now.
    ///
    /// # Errors
    /// [`Refused::NoMember`], [`Refused::NotSigned`], [`Refused::OtherTime`].
    pub fn check(&self, register: &crate::Register, now_s: u64) -> Result<(), Refused> {
        let key = register.members().key(self.member)?;
        let body = Self::body(register.origin(), self.member, self.from, self.at_s);
        if !verify_statement(&key.0, READ, &body, &self.signature.0) {
            return Err(Refused::NotSigned);
        }
        if self.at_s.abs_diff(now_s) > crate::limits::MAX_AHEAD_S {
            return Err(Refused::OtherTime);
        }
        Ok(())
    }
}
