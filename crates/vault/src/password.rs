//! Passwords of accounts: Argon2id in PHC strings.

use crate::limits::{
    MAX_ARGON2_LANES, MAX_ARGON2_MEMORY_KIB, MAX_ARGON2_PASSES, MAX_PASSWORD_BYTES, PASSWORD_LANES,
    PASSWORD_MEMORY_KIB, PASSWORD_PASSES,
};
use crate::{KdfCost, Plain, VaultError, crypto};
use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, Params, PasswordHasher as _, PasswordVerifier as _};

const COST: KdfCost = KdfCost {
    memory_kib: PASSWORD_MEMORY_KIB,
    passes: PASSWORD_PASSES,
    lanes: PASSWORD_LANES,
};

fn check_length(password: &Plain<String>) -> Result<(), VaultError> {
    let length = password.expose().len();
    if length == 0 || length > MAX_PASSWORD_BYTES {
        return Err(VaultError::bad_input(
            "a password",
            format!("it must have 1 to {MAX_PASSWORD_BYTES} bytes"),
        ));
    }
    Ok(())
}

/// Hashes a password for storage: Argon2id, 19 MiB, two passes, as a PHC string.
///
/// # Errors
/// [`VaultError::BadInput`] when it is empty or longer than [`MAX_PASSWORD_BYTES`] bytes.
pub fn hash_password(password: &Plain<String>) -> Result<String, VaultError> {
    check_length(password)?;
    let salt = crypto::random::<16>()?;
    let hash: PasswordHash = COST
        .argon2()?
        .hash_password_with_salt(password.expose().as_bytes(), salt.as_slice())
        .map_err(|_| VaultError::Crypto("Argon2id"))?;
    Ok(hash.to_string())
}

/// Whether `password` is the one that `stored` was made from.
///
/// # Errors
/// [`VaultError::Damaged`] when `stored` is not a PHC string of Argon2 within the limits.
pub fn verify_password(password: &Plain<String>, stored: &str) -> Result<bool, VaultError> {
    let damaged = |at: &str| VaultError::Damaged {
        what: "a stored password",
        at: at.to_owned(),
    };
    if check_length(password).is_err() {
        return Ok(false);
    }
    let hash = PasswordHash::new(stored).map_err(|_| damaged("its PHC string"))?;
    let params = Params::try_from(&hash).map_err(|_| damaged("its parameters"))?;
    if params.m_cost() > MAX_ARGON2_MEMORY_KIB
        || params.t_cost() > MAX_ARGON2_PASSES
        || params.p_cost() > MAX_ARGON2_LANES
    {
        return Err(damaged("its parameters are beyond the limits"));
    }
    Ok(Argon2::default()
        .verify_password(password.expose().as_bytes(), &hash)
        .is_ok())
}

/// Takes the time of one [`verify_password`], so that an unknown account answers as slowly as a
/// wrong password.
///
/// # Errors
/// As [`hash_password`].
pub fn spend_password_time(password: &Plain<String>) -> Result<(), VaultError> {
    hash_password(password).map(|_| ())
}
