//! Signed notes (C2SP `signed-note`, Ed25519 only): keys, signing, and a strict parser. The key of a
//! log signs the text; that of a witness signs the text together with a time (C2SP
//! `tlog-cosignature`, `cosignature/v1`).

use crate::LedgerError;
use crate::limits::{MAX_KEY_NAME_BYTES, MAX_NOTE_BYTES, MAX_NOTE_SIGNATURES};
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::fmt;
use std::str::FromStr;
use zeroize::Zeroizing;

/// The signature type of plain Ed25519 in `signed-note`.
const ED25519_TYPE: u8 = 0x01;
/// The signature type of a timestamped Ed25519 cosignature in `tlog-cosignature`.
const COSIGNATURE_TYPE: u8 = 0x04;
const ED25519_SIGNATURE_BYTES: usize = 64;
/// The time before a cosignature: seconds since 1970, big-endian.
const TIME_BYTES: usize = 8;
const NOTE: &str = "signed note";

/// Checks a key name: not empty, no white space, no plus, no control character.
fn check_name(name: &str) -> Result<(), LedgerError> {
    let why = if name.is_empty() {
        "the name is empty"
    } else if name.len() > MAX_KEY_NAME_BYTES {
        "the name is too long"
    } else if name.contains(|c: char| c.is_whitespace() || c.is_control() || c == '+') {
        "the name has a space, a plus or a control character; use something like log.example/main"
    } else {
        return Ok(());
    };
    Err(LedgerError::Key(why.to_owned()))
}

/// What a key signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// The text of a note.
    Log,
    /// The text and a time.
    Witness,
}

impl Role {
    const fn signature_type(self) -> u8 {
        match self {
            Self::Log => ED25519_TYPE,
            Self::Witness => COSIGNATURE_TYPE,
        }
    }
}

/// Bytes of the signature of a statement.
pub const STATEMENT_SIGNATURE_BYTES: usize = ED25519_SIGNATURE_BYTES;

/// What is signed of a statement. Its first line has spaces, as the name of no key has, so that it begins no checkpoint.
fn statement(kind: &str, body: &str) -> String {
    format!("aftercare statement: {kind}\n{body}\n")
}

/// Whether the owner of an Ed25519 key has signed a statement of this kind.
#[must_use]
pub fn verify_statement(
    public_key: &[u8; 32],
    kind: &str,
    body: &str,
    signature: &[u8; STATEMENT_SIGNATURE_BYTES],
) -> bool {
    UnparsedPublicKey::new(&ED25519, public_key)
        .verify(statement(kind, body).as_bytes(), signature)
        .is_ok()
}

/// What a witness signs: that it saw this text at this time.
fn cosigned(text: &str, seconds: u64) -> String {
    format!("cosignature/v1\ntime {seconds}\n{text}")
}

/// SHA-256(name ‖ 0x0A ‖ signature type ‖ public key), first four bytes.
fn key_id(name: &str, role: Role, public_key: &[u8; 32]) -> [u8; 4] {
    let mut input = Vec::with_capacity(name.len() + 34);
    input.extend_from_slice(name.as_bytes());
    input.extend_from_slice(&[b'\n', role.signature_type()]);
    input.extend_from_slice(public_key);
    let mut id = [0u8; 4];
    id.copy_from_slice(&digest(&SHA256, &input).as_ref()[..4]);
    id
}

/// The public half of the key of a log or of a witness.
///
/// Its text is the verifier key of `signed-note`: `name+keyid+base64(type ‖ public key)`; the type is
/// 1 for a log and 4 for a witness.
#[derive(Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    role: Role,
    public_key: [u8; 32],
}

impl VerifierKey {
    /// The name of the key; for a log it is the origin of its checkpoints.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The four bytes that stand before a signature of this key.
    #[must_use]
    pub fn key_id(&self) -> [u8; 4] {
        key_id(&self.name, self.role, &self.public_key)
    }

    /// Whether it is the key of a witness.
    #[must_use]
    pub fn is_witness(&self) -> bool {
        self.role == Role::Witness
    }

    /// Whether `signature` (without the id of the key) is this key's on `text`.
    fn verifies(&self, text: &str, signature: &[u8]) -> bool {
        let key = UnparsedPublicKey::new(&ED25519, self.public_key);
        match self.role {
            Role::Log => {
                signature.len() == ED25519_SIGNATURE_BYTES
                    && key.verify(text.as_bytes(), signature).is_ok()
            }
            Role::Witness => {
                let Some((time, signature)) = signature.split_first_chunk::<TIME_BYTES>() else {
                    return false;
                };
                let seconds = u64::from_be_bytes(*time);
                signature.len() == ED25519_SIGNATURE_BYTES
                    && i64::try_from(seconds).is_ok()
                    && key
                        .verify(cosigned(text, seconds).as_bytes(), signature)
                        .is_ok()
            }
        }
    }

    /// The 32 bytes of the public key (RFC 8032).
    #[must_use]
    pub fn public_key(&self) -> &[u8; 32] {
        &self.public_key
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut encoded = vec![self.role.signature_type()];
        encoded.extend_from_slice(&self.public_key);
        let id = u32::from_be_bytes(self.key_id());
        write!(f, "{}+{id:08x}+{}", self.name, STANDARD.encode(encoded))
    }
}

impl fmt::Debug for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifierKey({self})")
    }
}

impl FromStr for VerifierKey {
    type Err = LedgerError;

    fn from_str(text: &str) -> Result<Self, LedgerError> {
        let refused = |why: &str| LedgerError::Key(why.to_owned());
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(encoded)) = (parts.next(), parts.next(), parts.next())
        else {
            return Err(refused(
                "a verifier key is name+keyid+base64, with two plus signs",
            ));
        };
        check_name(name)?;
        let bytes = STANDARD
            .decode(encoded)
            .map_err(|_| refused("the last part of the verifier key is not base64"))?;
        let (role, public_key) = match bytes.split_first() {
            Some((&ED25519_TYPE, public_key)) => (Role::Log, public_key),
            Some((&COSIGNATURE_TYPE, public_key)) => (Role::Witness, public_key),
            _ => {
                return Err(refused(
                    "only Ed25519 verifier keys (type 1 of a log, type 4 of a witness) are supported",
                ));
            }
        };
        let public_key: [u8; 32] = public_key
            .try_into()
            .map_err(|_| refused("an Ed25519 public key has 32 bytes"))?;
        let key = Self {
            name: name.to_owned(),
            role,
            public_key,
        };
        let expected = format!("{:08x}", u32::from_be_bytes(key.key_id()));
        if id != expected {
            return Err(refused(
                "the key id does not belong to the name and the key: copy it again",
            ));
        }
        Ok(key)
    }
}

/// The secret half of a log's key. Its `Debug` shows the name only.
pub struct SigningKey {
    name: String,
    pair: Ed25519KeyPair,
}

impl SigningKey {
    /// A new key from the operating system's randomness; the name becomes the log's origin.
    ///
    /// # Errors
    /// [`LedgerError::Key`] for a name that a note cannot carry, [`LedgerError::Randomness`] when
    /// no key can be made.
    pub fn generate(name: &str) -> Result<Self, LedgerError> {
        check_name(name)?;
        let pair = Ed25519KeyPair::generate().map_err(|_| LedgerError::Randomness)?;
        Ok(Self {
            name: name.to_owned(),
            pair,
        })
    }

    /// The key as PKCS#8 (version 1), to be kept sealed.
    ///
    /// # Errors
    /// [`LedgerError::Key`] when the key cannot be written, which no key made here does.
    pub fn to_pkcs8(&self) -> Result<Zeroizing<Vec<u8>>, LedgerError> {
        let document = self
            .pair
            .to_pkcs8v1()
            .map_err(|_| LedgerError::Key("the key cannot be written as PKCS#8".to_owned()))?;
        Ok(Zeroizing::new(document.as_ref().to_vec()))
    }

    /// Reads a key that [`SigningKey::to_pkcs8`] wrote.
    ///
    /// # Errors
    /// [`LedgerError::Key`] when the bytes are not an Ed25519 key or the name is not usable.
    pub fn from_pkcs8(name: &str, bytes: &[u8]) -> Result<Self, LedgerError> {
        check_name(name)?;
        let pair = Ed25519KeyPair::from_pkcs8(bytes)
            .map_err(|_| LedgerError::Key("this is not an Ed25519 key in PKCS#8".to_owned()))?;
        Ok(Self {
            name: name.to_owned(),
            pair,
        })
    }

    /// The name of the key.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The public half of a log's key, to be published.
    #[must_use]
    pub fn verifier(&self) -> VerifierKey {
        self.public_half(Role::Log)
    }

    /// The public half of a witness's key, to be published.
    #[must_use]
    pub fn witness_verifier(&self) -> VerifierKey {
        self.public_half(Role::Witness)
    }

    /// Signs something that is neither a checkpoint nor a card: `kind` names what, with its version. Statements of one kind
    /// are never taken for those of another.
    #[must_use]
    pub fn sign_statement(&self, kind: &str, body: &str) -> [u8; STATEMENT_SIGNATURE_BYTES] {
        let mut signature = [0; STATEMENT_SIGNATURE_BYTES];
        signature.copy_from_slice(self.pair.sign(statement(kind, body).as_bytes()).as_ref());
        signature
    }

    fn public_half(&self, role: Role) -> VerifierKey {
        let mut public_key = [0u8; 32];
        public_key.copy_from_slice(self.pair.public_key().as_ref());
        VerifierKey {
            name: self.name.clone(),
            role,
            public_key,
        }
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({}, ..)", self.name)
    }
}

/// Signs `text`, which must end with a newline, and answers the whole note.
pub(crate) fn sign(text: &str, key: &SigningKey) -> String {
    debug_assert!(
        text.ends_with('\n'),
        "the text of a note ends with a newline"
    );
    let mut signature = key.verifier().key_id().to_vec();
    signature.extend_from_slice(key.pair.sign(text.as_bytes()).as_ref());
    format!("{text}\n— {} {}\n", key.name, STANDARD.encode(signature))
}

/// The signature line of a witness that saw `text` at `seconds` since 1970.
pub(crate) fn cosign(text: &str, key: &SigningKey, seconds: u64) -> String {
    let mut signature = key.witness_verifier().key_id().to_vec();
    signature.extend_from_slice(&seconds.to_be_bytes());
    signature.extend_from_slice(key.pair.sign(cosigned(text, seconds).as_bytes()).as_ref());
    format!("— {} {}\n", key.name, STANDARD.encode(signature))
}

/// Parses a note and checks every signature of a known key.
///
/// Answers the text and the names of the known keys that have signed; an unknown key's signature
/// is passed over, as the format demands, and a known key's wrong signature refuses the note.
pub(crate) fn open<'note, 'keys>(
    note: &'note str,
    keys: &'keys [VerifierKey],
) -> Result<(&'note str, Vec<&'keys VerifierKey>), LedgerError> {
    let malformed = |line: usize, why: &str| LedgerError::malformed(NOTE, line, why);
    if note.len() > MAX_NOTE_BYTES {
        return Err(malformed(
            1,
            &format!("it is longer than {MAX_NOTE_BYTES} bytes"),
        ));
    }
    if let Some(at) = note.find(|c: char| c < ' ' && c != '\n') {
        let line = note[..at].matches('\n').count() + 1;
        return Err(malformed(
            line,
            "a control character (a note has only newlines)",
        ));
    }
    let split = note
        .rfind("\n\n")
        .ok_or_else(|| malformed(1, "no empty line between the text and the signatures"))?;
    let (text, rest) = note.split_at(split + 1);
    let first_line = text.matches('\n').count() + 2;
    let block = rest[1..]
        .strip_suffix('\n')
        .ok_or_else(|| malformed(first_line, "the last signature line has no newline"))?;

    let mut signers: Vec<&VerifierKey> = Vec::new();
    for (number, line) in block.split('\n').enumerate() {
        let at = first_line + number;
        if number == MAX_NOTE_SIGNATURES {
            return Err(malformed(
                at,
                &format!("more than {MAX_NOTE_SIGNATURES} signatures"),
            ));
        }
        let (name, encoded) = line
            .strip_prefix("— ")
            .and_then(|line| line.split_once(' '))
            .ok_or_else(|| malformed(at, "a signature line is “— name base64”"))?;
        check_name(name).map_err(|error| malformed(at, &error.to_string()))?;
        let bytes = STANDARD
            .decode(encoded)
            .map_err(|_| malformed(at, "the signature is not base64"))?;
        let (id, signature) = bytes
            .split_first_chunk::<4>()
            .filter(|(_, signature)| !signature.is_empty())
            .ok_or_else(|| malformed(at, "the signature is shorter than its key id"))?;
        let Some(key) = keys
            .iter()
            .find(|key| key.name == name && key.key_id() == *id)
        else {
            continue;
        };
        if !key.verifies(text, signature) {
            return Err(LedgerError::BadSignature {
                name: name.to_owned(),
            });
        }
        if !signers.contains(&key) {
            signers.push(key);
        }
    }
    Ok((text, signers))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of Go's `golang.org/x/mod/sumdb/note` documentation: another implementation's
    /// key and signature.
    #[test]
    fn opens_the_example_of_another_implementation() {
        let key: VerifierKey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
            .parse()
            .unwrap();
        let text = "If you think cryptography is the answer to your problem,\n\
                    then you don't know what your problem is.\n";
        let note = format!(
            "{text}\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2p\
             ZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
        );
        let keys = [key];
        let (opened, signers) = open(&note, &keys).unwrap();
        assert_eq!(opened, text);
        assert_eq!(signers, [&keys[0]]);
    }

    #[test]
    fn a_statement_is_good_for_its_kind_and_its_key_alone() {
        let (key, other) = (
            SigningKey::generate("member.example/1").unwrap(),
            SigningKey::generate("member.example/1").unwrap(),
        );
        let signature = key.sign_statement("an act 1", "body");
        let public = *key.verifier().public_key();
        assert!(verify_statement(&public, "an act 1", "body", &signature));
        for (key, kind, body) in [
            (*other.verifier().public_key(), "an act 1", "body"),
            (public, "an act 2", "body"),
            (public, "an act 1", "Body"),
        ] {
            assert!(!verify_statement(&key, kind, body, &signature));
        }
    }
}
