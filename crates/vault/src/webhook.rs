//! Secrets and signatures of messages to subscribers, after Standard Webhooks 1.0.0 (symmetric, `v1`).

use crate::{Plain, VaultError, crypto};
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// How a secret begins, so that scanners and people recognize one.
const SECRET_PREFIX: &str = "whsec_";
/// Random bytes of a secret; the standard asks for 24 to 64.
const SECRET_BYTES: usize = 32;

/// A new secret: `whsec_` and 32 random bytes in base64.
///
/// # Errors
/// [`VaultError::Crypto`] when the operating system gives no random bytes.
pub fn new_webhook_secret() -> Result<Plain<String>, VaultError> {
    let random = crypto::random::<SECRET_BYTES>()?;
    Ok(Plain::new(
        SECRET_PREFIX.to_owned() + &STANDARD.encode(random.as_slice()),
    ))
}

/// The signature of a message: `v1,` and the HMAC-SHA256 of `ID.SECONDS.BODY` in base64, as it stands in the header
/// `webhook-signature`.
///
/// # Errors
/// [`VaultError::BadInput`] when the secret is not one of [`new_webhook_secret`].
pub fn sign_webhook(
    secret: &Plain<String>,
    id: &str,
    seconds: i64,
    body: &[u8],
) -> Result<String, VaultError> {
    let wrong = || VaultError::bad_input("a webhook secret", "it is not `whsec_` and base64");
    let key = secret
        .expose()
        .strip_prefix(SECRET_PREFIX)
        .ok_or_else(wrong)?;
    let key = zeroize::Zeroizing::new(STANDARD.decode(key).map_err(|_| wrong())?);
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, &key));
    context.update(format!("{id}.{seconds}.").as_bytes());
    context.update(body);
    Ok("v1,".to_owned() + &STANDARD.encode(context.sign().as_ref()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification's reference libraries: anybody's library verifies what we sign.
    #[test]
    fn a_message_is_signed_as_the_standard_says() {
        let secret = Plain::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned());
        let signed = sign_webhook(
            &secret,
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            br#"{"test": 2432232314}"#,
        )
        .expect("a signature");
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_secret_is_new_each_time_and_signs() {
        let (one, two) = (
            new_webhook_secret().expect("a secret"),
            new_webhook_secret().expect("a secret"),
        );
        assert_ne!(one.expose(), two.expose());
        assert_eq!(one.expose().len(), "whsec_".len() + 44);
        let sign = |secret| sign_webhook(secret, "msg_1", 1, b"{}").expect("a signature");
        assert_ne!(sign(&one), sign(&two));
        for wrong in ["", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_!"] {
            let signed = sign_webhook(&Plain::new(wrong.to_owned()), "msg_1", 1, b"{}");
            assert_eq!(signed.is_err(), wrong != "whsec_", "{wrong}");
        }
    }
}
