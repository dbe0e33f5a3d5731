//! The crates `signed_note` and `tlog_tiles`: notes, checkpoints and inclusion as Cloudflare's logs have them. A cosignature
//! is a verifier of ours there, as the crate has none: the message of C2SP `tlog-cosignature`, checked by ed25519-dalek.

use crate::proof_text::read;
use crate::samples::{NO, Sample};
use aftercare_ledger::VerifierKey;
use ed25519_dalek::{Signature, Verifier as _, VerifyingKey};
use signed_note::{Note, StandardVerifier, Verifier, VerifierList};
use tlog_tiles::{Checkpoint, Hash, check_record, record_hash};

struct Witness {
    name: String,
    id: u32,
    key: VerifyingKey,
}

impl Verifier for Witness {
    fn name(&self) -> &str {
        &self.name
    }

    fn key_id(&self) -> u32 {
        self.id
    }

    fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        let Some((time, signature)) = signature.split_first_chunk::<8>() else {
            return false;
        };
        let Ok(signature) = Signature::from_slice(signature) else {
            return false;
        };
        let seconds = u64::from_be_bytes(*time);
        let mut cosigned = format!("cosignature/v1\ntime {seconds}\n").into_bytes();
        cosigned.extend_from_slice(message);
        seconds < 1 << 63 && self.key.verify(&cosigned, &signature).is_ok()
    }
}

pub struct Judge {
    keys: Vec<VerifierKey>,
}

impl Judge {
    pub fn new(keys: &[VerifierKey]) -> Self {
        Self {
            keys: keys.to_vec(),
        }
    }

    fn verifiers(&self) -> VerifierList {
        let verifier = |key: &VerifierKey| -> Box<dyn Verifier> {
            if key.is_witness() {
                Box::new(Witness {
                    name: key.name().to_owned(),
                    id: u32::from_be_bytes(key.key_id()),
                    key: VerifyingKey::from_bytes(key.public_key()).expect("a key"),
                })
            } else {
                Box::new(StandardVerifier::new(&key.to_string()).expect("a key"))
            }
        };
        VerifierList::new(self.keys.iter().map(verifier).collect())
    }

    pub fn verdict(&self, sample: &Sample) -> String {
        self.held(sample).unwrap_or_else(|| NO.to_owned())
    }

    fn held(&self, sample: &Sample) -> Option<String> {
        let proof = read(&sample.text)?;
        let note = Note::from_bytes(proof.note.as_bytes()).ok()?;
        let (signed, _) = note.verify(&self.verifiers()).ok()?;
        let checkpoint = Checkpoint::from_bytes(note.text()).ok()?;
        let by = |witness: bool| {
            self.keys
                .iter()
                .filter(move |key| key.is_witness() == witness)
                .filter(|key| {
                    signed.iter().any(|line| {
                        line.name() == key.name() && line.id() == u32::from_be_bytes(key.key_id())
                    })
                })
        };
        if !by(false).any(|key| key.name() == checkpoint.origin()) {
            return None;
        }
        let path = proof.path.into_iter().map(Hash).collect();
        let (size, leaf) = (checkpoint.size(), record_hash(&sample.entry));
        check_record(&path, size, *checkpoint.hash(), proof.index, leaf).ok()?;
        Some(format!("{} {size} {}", proof.index, by(true).count()))
    }
}
