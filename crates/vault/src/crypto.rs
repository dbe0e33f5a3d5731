//! The few primitives that everything else here is made of.
//!
//! A sealed value is `suite(1) ‖ key version(4, big-endian) ‖ nonce(12) ‖ ciphertext ‖ tag(16)`:
//! 33 bytes more than its content. Suite 1 is AES-256-GCM-SIV (RFC 8452), which stays safe
//! should a random nonce ever repeat.

use crate::VaultError;
use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::{hkdf, rand};
use zeroize::Zeroizing;

/// AES-256-GCM-SIV.
pub(crate) const SUITE_GCM_SIV: u8 = 0x01;
/// HPKE (RFC 9180) in base mode: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM. Only wrapped keys have it.
pub(crate) const SUITE_HPKE: u8 = 0x02;
/// Bytes of the tag of every suite.
pub(crate) const TAG_BYTES: usize = 16;
/// Suite, key version and nonce.
pub(crate) const HEADER_BYTES: usize = 1 + 4 + NONCE_LEN;
/// What sealing adds to the content.
pub(crate) const OVERHEAD_BYTES: usize = HEADER_BYTES + TAG_BYTES;

/// A key that is wiped when it goes.
pub(crate) type Key = Zeroizing<[u8; 32]>;

/// Random bytes from the operating system.
pub(crate) fn random<const N: usize>() -> Result<Zeroizing<[u8; N]>, VaultError> {
    let mut bytes = Zeroizing::new([0u8; N]);
    rand::fill(bytes.as_mut_slice()).map_err(|_| VaultError::Crypto("random bytes"))?;
    Ok(bytes)
}

/// Joins parts so that no two different lists give the same bytes: each after its length
/// (u32, big-endian).
pub(crate) fn join(parts: &[&[u8]]) -> Vec<u8> {
    let mut joined = Vec::with_capacity(parts.iter().map(|part| part.len() + 4).sum());
    for part in parts {
        // Names are bounded by MAX_NAME_BYTES; the cap only keeps the conversion total.
        joined.extend_from_slice(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
        joined.extend_from_slice(part);
    }
    joined
}

struct Length(usize);

impl hkdf::KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

/// HKDF-SHA256 (RFC 5869) of `secret` into N bytes; `label` first in the info, then `parts`.
pub(crate) fn derive<const N: usize>(
    secret: &[u8],
    salt: &[u8],
    label: &str,
    parts: &[&[u8]],
) -> Result<Zeroizing<[u8; N]>, VaultError> {
    let mut info = join(&[label.as_bytes()]);
    info.extend_from_slice(&join(parts));
    let mut out = Zeroizing::new([0u8; N]);
    hkdf::Salt::new(hkdf::HKDF_SHA256, salt)
        .extract(secret)
        .expand(&[&info], Length(N))
        .and_then(|okm| okm.fill(out.as_mut_slice()))
        .map_err(|_| VaultError::Crypto("key derivation"))?;
    Ok(out)
}

fn gcm_siv(key: &Key) -> Result<LessSafeKey, VaultError> {
    UnboundKey::new(&AES_256_GCM_SIV, key.as_slice())
        .map(LessSafeKey::new)
        .map_err(|_| VaultError::Crypto("a key schedule"))
}

/// The version is part of what is authenticated, whatever the caller binds besides.
fn bind(version: u32, context: &[&[u8]]) -> Vec<u8> {
    let mut bound = join(context);
    bound.extend_from_slice(&[SUITE_GCM_SIV]);
    bound.extend_from_slice(&version.to_be_bytes());
    bound
}

/// Seals `content` under `key`; `context` must be the same to open it.
pub(crate) fn seal(
    key: &Key,
    version: u32,
    context: &[&[u8]],
    content: &[u8],
) -> Result<Vec<u8>, VaultError> {
    let nonce = random::<NONCE_LEN>()?;
    // The full size is reserved first: a growing buffer would leave copies of the content behind.
    let mut sealed = Vec::with_capacity(OVERHEAD_BYTES + content.len());
    sealed.push(SUITE_GCM_SIV);
    sealed.extend_from_slice(&version.to_be_bytes());
    sealed.extend_from_slice(nonce.as_slice());
    sealed.extend_from_slice(content);
    let tag = gcm_siv(key)?
        .seal_in_place_separate_tag(
            Nonce::assume_unique_for_key(*nonce),
            Aad::from(bind(version, context)),
            &mut sealed[HEADER_BYTES..],
        )
        .map_err(|_| VaultError::Crypto("sealing"))?;
    sealed.extend_from_slice(tag.as_ref());
    Ok(sealed)
}

/// The key version that a sealed value names; `None` when it is too short or of another suite.
pub(crate) fn version_of(sealed: &[u8]) -> Option<u32> {
    if sealed.len() < OVERHEAD_BYTES || sealed[0] != SUITE_GCM_SIV {
        return None;
    }
    sealed[1..5].try_into().ok().map(u32::from_be_bytes)
}

/// Opens what [`seal`] made; `None` when anything at all differs.
pub(crate) fn open(key: &Key, context: &[&[u8]], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let version = version_of(sealed)?;
    let nonce: [u8; NONCE_LEN] = sealed[5..HEADER_BYTES].try_into().ok()?;
    let mut content = Zeroizing::new(sealed[HEADER_BYTES..].to_vec());
    let length = gcm_siv(key)
        .ok()?
        .open_in_place(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(bind(version, context)),
            &mut content,
        )
        .ok()?
        .len();
    content.truncate(length);
    Some(content)
}

/// Opens exactly 32 bytes: a key.
pub(crate) fn open_key(key: &Key, context: &[&[u8]], sealed: &[u8]) -> Option<Key> {
    let content = open(key, context, sealed)?;
    let bytes: &[u8; 32] = content.as_slice().try_into().ok()?;
    Some(Zeroizing::new(*bytes))
}
