//! Tokens, codes and passwords.

use crate::plain;
use aftercare_vault::{
    VaultError, constant_time_eq, hash_password, random_code, random_token_256,
    spend_password_time, token_hash, verify_password,
};
use std::collections::HashSet;

#[test]
fn tokens_are_long_and_never_repeat() {
    let tokens: HashSet<String> = (0..100)
        .map(|_| random_token_256().unwrap().expose().clone())
        .collect();
    assert_eq!(tokens.len(), 100);
    assert!(tokens.iter().all(|token| token.len() == 43));
    let url_safe = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    assert!(tokens.iter().all(|token| token.chars().all(url_safe)));
}

#[test]
fn codes_have_their_digits_all_equally_likely() {
    let mut counts = [0u32; 10];
    for _ in 0..1000 {
        for digit in random_code(10).unwrap().expose().bytes() {
            counts[usize::from(digit - b'0')] += 1;
        }
    }
    // 1000 expected of each; beyond 6 standard deviations (30 each) something is wrong.
    assert!(
        counts.iter().all(|count| (820..1180).contains(count)),
        "{counts:?}"
    );
    assert_eq!(random_code(6).unwrap().expose().len(), 6);
    assert!(random_code(0).is_err() && random_code(13).is_err());
}

#[test]
fn a_token_is_stored_as_its_sha256() {
    let hash = token_hash("abc");
    assert_eq!(hash[..4], [0xba, 0x78, 0x16, 0xbf]);
    assert!(constant_time_eq(&hash, &token_hash("abc")));
    assert!(!constant_time_eq(&hash, &token_hash("abd")));
    assert!(!constant_time_eq(&hash, &hash[1..]));
}

#[test]
fn a_password_is_verified_against_its_own_hash() {
    let hash = hash_password(&plain("一个很长的口令")).unwrap();
    assert!(
        hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
        "{hash}"
    );
    assert!(verify_password(&plain("一个很长的口令"), &hash).unwrap());
    assert!(!verify_password(&plain("另一个很长的口令"), &hash).unwrap());
    assert!(!verify_password(&plain(""), &hash).unwrap());
    assert_ne!(hash_password(&plain("一个很长的口令")).unwrap(), hash);
    spend_password_time(&plain("anything")).unwrap();
}

#[test]
fn a_damaged_password_hash_is_damage_and_not_a_wrong_password() {
    for stored in [
        "",
        "plain text",
        "$argon2id$v=19$m=99999999,t=2,p=1$YWFhYWFhYWFhYWFhYWFhYQ$YWFhYWFhYWFhYWFhYWFhYQ",
        "$argon2id$v=19$m=19456,t=1000,p=1$YWFhYWFhYWFhYWFhYWFhYQ$YWFhYWFhYWFhYWFhYWFhYQ",
    ] {
        let error = verify_password(&plain("x"), stored).unwrap_err();
        assert!(
            matches!(error, VaultError::Damaged { .. }),
            "{stored}: {error}"
        );
    }
    assert!(hash_password(&plain("")).is_err());
    assert!(hash_password(&plain(&"x".repeat(2000))).is_err());
}
