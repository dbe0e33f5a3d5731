//! Sealing to somebody who alone can open it (HPKE, RFC 9180): base mode, one message a key, DHKEM(X25519, HKDF-SHA256) and
//! HKDF-SHA256. Whoever seals keeps nothing that opens: the key of the sender is made for one message and dropped.

use crate::VaultError;
use aws_lc_rs::aead::{
    AES_128_GCM, AES_256_GCM, Aad, Algorithm, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce,
    UnboundKey,
};
use aws_lc_rs::agreement::{PrivateKey, UnparsedPublicKey, X25519, agree};
use aws_lc_rs::encoding::{AsBigEndian as _, Curve25519SeedBin};
use aws_lc_rs::hmac;
use zeroize::{Zeroize as _, Zeroizing};

/// Bytes of a public key, and of what goes before a sealed message.
pub const HPKE_PUBLIC_BYTES: usize = 32;
const SECRET_BYTES: usize = 32;
const KEM: [u8; 2] = [0x00, 0x20];
const KDF: [u8; 2] = [0x00, 0x01];
const VERSION: &[u8] = b"HPKE-v1";
const BASE_MODE: u8 = 0;

/// What seals the message itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HpkeAead {
    /// AES-128-GCM.
    Aes128Gcm,
    /// AES-256-GCM.
    Aes256Gcm,
    /// ChaCha20-Poly1305 (RFC 8439).
    ChaCha20Poly1305,
}

impl HpkeAead {
    const fn id(self) -> [u8; 2] {
        match self {
            Self::Aes128Gcm => [0x00, 0x01],
            Self::Aes256Gcm => [0x00, 0x02],
            Self::ChaCha20Poly1305 => [0x00, 0x03],
        }
    }

    fn algorithm(self) -> &'static Algorithm {
        match self {
            Self::Aes128Gcm => &AES_128_GCM,
            Self::Aes256Gcm => &AES_256_GCM,
            Self::ChaCha20Poly1305 => &CHACHA20_POLY1305,
        }
    }
}

/// Whom something is sealed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HpkePublicKey(pub [u8; HPKE_PUBLIC_BYTES]);

/// Who opens it. Prints nothing of itself, and is wiped when it is dropped.
pub struct HpkePrivateKey {
    secret: Zeroizing<[u8; SECRET_BYTES]>,
    public: HpkePublicKey,
}

impl std::fmt::Debug for HpkePrivateKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "HpkePrivateKey(of {:?})", self.public)
    }
}

fn unusable<E>(_: E) -> VaultError {
    VaultError::CannotOpen {
        what: "what is sealed to a key".to_owned(),
    }
}

impl HpkePrivateKey {
    /// A fresh key.
    ///
    /// # Errors
    /// [`VaultError::Crypto`] when the operating system gives no random bytes.
    pub fn generate() -> Result<Self, VaultError> {
        let key =
            PrivateKey::generate(&X25519).map_err(|_| VaultError::Crypto("a new key pair"))?;
        let seed: Curve25519SeedBin<'_> = key.as_be_bytes().map_err(unusable)?;
        let mut secret = Zeroizing::new([0; SECRET_BYTES]);
        secret.copy_from_slice(seed.as_ref());
        Self::from_bytes(&secret)
    }

    /// A key from its 32 bytes.
    ///
    /// # Errors
    /// [`VaultError::CannotOpen`] for bytes that are no key.
    pub fn from_bytes(secret: &[u8; SECRET_BYTES]) -> Result<Self, VaultError> {
        let key = PrivateKey::from_private_key(&X25519, secret).map_err(unusable)?;
        let public = key.compute_public_key().map_err(unusable)?;
        Ok(Self {
            secret: Zeroizing::new(*secret),
            public: HpkePublicKey(public.as_ref().try_into().map_err(unusable)?),
        })
    }

    /// The other half.
    #[must_use]
    pub const fn public(&self) -> HpkePublicKey {
        self.public
    }

    /// DH of this key and another's; never the zero of a point of small order, which is refused.
    fn agree(&self, peer: &HpkePublicKey) -> Result<Zeroizing<[u8; 32]>, VaultError> {
        let own = PrivateKey::from_private_key(&X25519, &*self.secret).map_err(unusable)?;
        let peer = UnparsedPublicKey::new(&X25519, peer.0);
        agree(&own, peer, unusable(()), |shared| {
            let mut kept = Zeroizing::new([0; 32]);
            if shared.len() != kept.len() {
                return Err(unusable(()));
            }
            kept.copy_from_slice(shared);
            Ok(kept)
        })
    }
}

/// `LabeledExtract`.
fn extract(suite: &[u8], salt: &[u8], label: &[u8], ikm: &[u8]) -> Zeroizing<[u8; 32]> {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, salt));
    for part in [VERSION, suite, label, ikm] {
        context.update(part);
    }
    taken(&context.sign())
}

/// `LabeledExpand` to no more than one block.
fn expand(suite: &[u8], prk: &[u8], label: &[u8], info: &[u8], length: u8) -> Zeroizing<[u8; 32]> {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, prk));
    for part in [&[0, length][..], VERSION, suite, label, info, &[1]] {
        context.update(part);
    }
    taken(&context.sign())
}

fn taken(tag: &hmac::Tag) -> Zeroizing<[u8; 32]> {
    let mut bytes = Zeroizing::new([0; 32]);
    bytes.copy_from_slice(tag.as_ref());
    bytes
}

/// `ExtractAndExpand` of the KEM.
fn shared_secret(dh: &[u8; 32], enc: &HpkePublicKey, to: &HpkePublicKey) -> Zeroizing<[u8; 32]> {
    let suite = [b"KEM", &KEM[..]].concat();
    let prk = extract(&suite, b"", b"eae_prk", dh);
    expand(&suite, &*prk, b"shared_secret", &[enc.0, to.0].concat(), 32)
}

/// `KeySchedule` in base mode: the key and the nonce of the first message.
fn schedule(
    aead: HpkeAead,
    shared: &[u8; 32],
    info: &[u8],
) -> Result<(LessSafeKey, Nonce), VaultError> {
    let suite = [&b"HPKE"[..], &KEM, &KDF, &aead.id()].concat();
    let context = [
        &[BASE_MODE][..],
        &*extract(&suite, b"", b"psk_id_hash", b""),
        &*extract(&suite, b"", b"info_hash", info),
    ]
    .concat();
    let secret = extract(&suite, shared, b"secret", b"");
    let (key_bytes, nonce_bytes) = (aead.algorithm().key_len(), NONCE_LEN);
    let length = u8::try_from(key_bytes).map_err(unusable)?;
    let key = expand(&suite, &*secret, b"key", &context, length);
    let nonce = expand(&suite, &*secret, b"base_nonce", &context, 12);
    let key = UnboundKey::new(aead.algorithm(), &key[..key_bytes]).map_err(unusable)?;
    let nonce = Nonce::try_assume_unique_for_key(&nonce[..nonce_bytes]).map_err(unusable)?;
    Ok((LessSafeKey::new(key), nonce))
}

/// Seals one message to a key; `info` says what for, `aad` what it belongs to. The answer begins with the 32 bytes that only the
/// other half makes something of.
///
/// # Errors
/// A key that is no point, and an operating system without random bytes.
pub fn hpke_seal(
    aead: HpkeAead,
    to: &HpkePublicKey,
    info: &[u8],
    aad: &[u8],
    message: &[u8],
) -> Result<Vec<u8>, VaultError> {
    seal_from(&HpkePrivateKey::generate()?, aead, to, info, aad, message)
}

/// The same with the sender's key of a published example.
pub(crate) fn seal_from(
    sender: &HpkePrivateKey,
    aead: HpkeAead,
    to: &HpkePublicKey,
    info: &[u8],
    aad: &[u8],
    message: &[u8],
) -> Result<Vec<u8>, VaultError> {
    let dh = sender.agree(to)?;
    let enc = sender.public();
    let (key, nonce) = schedule(aead, &shared_secret(&dh, &enc, to), info)?;
    let mut sealed = message.to_vec();
    key.seal_in_place_append_tag(nonce, Aad::from(aad), &mut sealed)
        .map_err(unusable)?;
    let mut whole = enc.0.to_vec();
    whole.append(&mut sealed);
    Ok(whole)
}

/// Opens what was sealed to a key.
///
/// # Errors
/// [`VaultError::CannotOpen`] where it was altered, or sealed to another key, for something else or with other data beside it.
pub fn hpke_open(
    aead: HpkeAead,
    own: &HpkePrivateKey,
    info: &[u8],
    aad: &[u8],
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, VaultError> {
    let (enc, message) = sealed
        .split_first_chunk::<HPKE_PUBLIC_BYTES>()
        .ok_or_else(|| unusable(()))?;
    let enc = HpkePublicKey(*enc);
    let dh = own.agree(&enc)?;
    let (key, nonce) = schedule(aead, &shared_secret(&dh, &enc, &own.public()), info)?;
    let mut opened = Zeroizing::new(message.to_vec());
    let length = key
        .open_in_place(nonce, Aad::from(aad), &mut opened)
        .map_err(unusable)?
        .len();
    opened[length..].zeroize();
    opened.truncate(length);
    Ok(opened)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(hexadecimal: &str) -> Vec<u8> {
        (0..hexadecimal.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&hexadecimal[at..at + 2], 16).expect("hexadecimal"))
            .collect()
    }

    fn key(hexadecimal: &str) -> HpkePrivateKey {
        HpkePrivateKey::from_bytes(&bytes(hexadecimal).try_into().expect("32 bytes"))
            .expect("a key")
    }

    const INFO: &str = "4f6465206f6e2061204772656369616e2055726e";
    const MESSAGE: &str = "4265617574792069732074727574682c20747275746820626561757479";
    const AAD: &str = "436f756e742d30";

    /// RFC 9180, A.1.1.1 and A.2.1.1, sequence number 0.
    #[test]
    fn the_published_examples_come_out() {
        for (aead, sender, enc, own, to, sealed) in [
            (
                HpkeAead::Aes128Gcm,
                "52c4a758a802cd8b936eceea314432798d5baf2d7e9235dc084ab1b9cfa2f736",
                "37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431",
                "4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8",
                "3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d",
                "f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a96d8770ac83d07bea87e13c512a",
            ),
            (
                HpkeAead::ChaCha20Poly1305,
                "f4ec9b33b792c372c1d2c2063507b684ef925b8c75a42dbcbf57d63ccd381600",
                "1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a",
                "8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb",
                "4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a",
                "1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db21993c62ce81883d2dd1b51a28",
            ),
        ] {
            let (sender, own) = (key(sender), key(own));
            assert_eq!(own.public().0.to_vec(), bytes(to));
            let (info, aad, message) = (bytes(INFO), bytes(AAD), bytes(MESSAGE));
            let whole =
                seal_from(&sender, aead, &own.public(), &info, &aad, &message).expect("sealed");
            assert_eq!(whole, [bytes(enc), bytes(sealed)].concat(), "{aead:?}");
            let opened = hpke_open(aead, &own, &info, &aad, &whole).expect("opened");
            assert_eq!(*opened, message);
        }
    }

    #[test]
    fn only_the_other_half_opens_it_as_it_was_sealed() {
        let (own, other) = (
            HpkePrivateKey::generate().expect("a key"),
            HpkePrivateKey::generate().expect("a key"),
        );
        for aead in [HpkeAead::Aes256Gcm, HpkeAead::ChaCha20Poly1305] {
            let sealed =
                hpke_seal(aead, &own.public(), b"info", b"aad", b"message").expect("sealed");
            let again =
                hpke_seal(aead, &own.public(), b"info", b"aad", b"message").expect("sealed");
            assert_ne!(sealed, again, "each has a key of its own");
            let opened = hpke_open(aead, &own, b"info", b"aad", &sealed).expect("opened");
            assert_eq!(*opened, b"message");
            assert!(hpke_open(aead, &other, b"info", b"aad", &sealed).is_err());
            assert!(hpke_open(aead, &own, b"infO", b"aad", &sealed).is_err());
            assert!(hpke_open(aead, &own, b"info", b"aaD", &sealed).is_err());
            for at in 0..sealed.len() {
                let mut wrong = sealed.clone();
                wrong[at] ^= 1;
                assert!(
                    hpke_open(aead, &own, b"info", b"aad", &wrong).is_err(),
                    "byte {at}"
                );
                assert!(hpke_open(aead, &own, b"info", b"aad", &sealed[..at]).is_err());
            }
        }
        // A point of small order makes no secret.
        assert!(hpke_seal(HpkeAead::Aes256Gcm, &HpkePublicKey([0; 32]), b"", b"", b"x").is_err());
        assert!(!format!("{own:?}").contains(&format!("{:?}", &own.secret[..4])));
    }
}
