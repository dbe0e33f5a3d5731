//! The crates `sigstore-types`, `sigstore-crypto` and `sigstore-merkle`: checkpoints and inclusion as Sigstore's clients
//! have them. Their reader of checkpoints trims and passes over what it does not need, so what it read is written again and
//! must be the text it was given; and it lets names have control characters and pluses, which `signed-note` forbids.

use crate::proof_text::read;
use crate::samples::{NO, Sample};
use aftercare_ledger::VerifierKey;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sigstore_crypto::VerificationKey;
use sigstore_merkle::{hash_leaf, verify_inclusion_proof};
use sigstore_types::{Checkpoint, DerPublicKey, Sha256Hash, SignatureBytes};

/// What stands before an Ed25519 public key (RFC 8410).
const SPKI: [u8; 12] = [
    0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
];

pub struct Judge {
    keys: Vec<(VerifierKey, VerificationKey)>,
}

impl Judge {
    pub fn new(keys: &[VerifierKey]) -> Self {
        let known = |key: &VerifierKey| {
            let spki = DerPublicKey::from_bytes(&[&SPKI[..], key.public_key()].concat());
            (
                key.clone(),
                VerificationKey::from_spki(&spki).expect("a key"),
            )
        };
        Self {
            keys: keys.iter().map(known).collect(),
        }
    }

    pub fn verdict(&self, sample: &Sample) -> String {
        self.held(sample).unwrap_or_else(|| NO.to_owned())
    }

    fn held(&self, sample: &Sample) -> Option<String> {
        let proof = read(&sample.text)?;
        if proof.note.contains(|c: char| c < ' ' && c != '\n') {
            return None;
        }
        let checkpoint = Checkpoint::from_text(proof.note).ok()?;
        if written(&checkpoint) != proof.note {
            return None;
        }
        let mut signed = Vec::new();
        for line in checkpoint.signatures() {
            if line.name.contains('+') {
                return None;
            }
            let Some((key, verification)) = self.keys.iter().find(|(key, _)| {
                key.name() == line.name && key.key_id() == *line.key_id.as_bytes()
            }) else {
                continue;
            };
            let mut message = checkpoint.signed_data().to_vec();
            let mut signature = line.signature.as_bytes();
            if key.is_witness() {
                let (time, rest) = signature.split_first_chunk::<8>()?;
                let seconds = u64::from_be_bytes(*time);
                if seconds >= 1 << 63 {
                    return None;
                }
                let mut cosigned = format!("cosignature/v1\ntime {seconds}\n").into_bytes();
                cosigned.append(&mut message);
                (message, signature) = (cosigned, rest);
            }
            verification
                .verify(&message, &SignatureBytes::from_bytes(signature))
                .ok()?;
            if !signed.contains(&key) {
                signed.push(key);
            }
        }
        if !signed
            .iter()
            .any(|key| !key.is_witness() && key.name() == checkpoint.origin())
        {
            return None;
        }
        let size = checkpoint.tree_size();
        let path: Vec<Sha256Hash> = proof.path.into_iter().map(Sha256Hash::new).collect();
        let leaf = hash_leaf(&sample.entry);
        verify_inclusion_proof(&leaf, proof.index, size, &path, checkpoint.root_hash()).ok()?;
        let witnesses = signed.iter().filter(|key| key.is_witness()).count();
        Some(format!("{} {size} {witnesses}", proof.index))
    }
}

/// The note as the format has it.
fn written(checkpoint: &Checkpoint) -> String {
    let mut note = format!("{}\n", checkpoint.to_signed_note_body());
    for line in checkpoint.signatures() {
        let bytes = [line.key_id.as_bytes().as_slice(), line.signature.as_bytes()].concat();
        note += &format!("— {} {}\n", line.name, STANDARD.encode(bytes));
    }
    note
}
