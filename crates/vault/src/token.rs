//! Tokens and codes: random, stored as a hash only, compared in constant time.

use crate::limits::MAX_CODE_DIGITS;
use crate::{Plain, VaultError, crypto};
use aws_lc_rs::{constant_time, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// A random token of 256 bits, 43 characters of base64url, for sessions and links.
///
/// # Errors
/// [`VaultError::Crypto`] when the operating system gives no random bytes.
pub fn random_token_256() -> Result<Plain<String>, VaultError> {
    Ok(Plain::new(
        URL_SAFE_NO_PAD.encode(crypto::random::<32>()?.as_slice()),
    ))
}

/// A random code of 1 to [`MAX_CODE_DIGITS`] decimal digits, each equally likely. Store it by
/// [`crate::Vault::code_hash`], and count the attempts.
///
/// # Errors
/// [`VaultError::BadInput`] for another number of digits.
pub fn random_code(digits: usize) -> Result<Plain<String>, VaultError> {
    if !(1..=MAX_CODE_DIGITS).contains(&digits) {
        return Err(VaultError::bad_input(
            "a code",
            format!("it may have 1 to {MAX_CODE_DIGITS} digits"),
        ));
    }
    let mut code = String::with_capacity(digits);
    while code.len() < digits {
        for byte in crypto::random::<32>()?.iter() {
            // 250 is the largest multiple of ten in a byte; beyond it some digits would be
            // more likely.
            if *byte < 250 && code.len() < digits {
                code.push(char::from(b'0' + byte % 10));
            }
        }
    }
    Ok(Plain::new(code))
}

/// SHA-256 of a token, as it is stored. Enough for 256-bit tokens; not for codes or passwords.
#[must_use]
pub fn token_hash(token: &str) -> [u8; 32] {
    sha256(token.as_bytes())
}

/// SHA-256.
pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0u8; 32];
    hash.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
    hash
}

/// Compares without telling by its time where the difference is.
#[must_use]
pub fn constant_time_eq(left: &[u8], right: &[u8]) -> bool {
    constant_time::verify_slices_are_equal(left, right).is_ok()
}
