//! Photos of a form that came back: a browser empties the field of files, and photos that nobody misses would be missed later.
//! They are kept for an hour in the memory of this process, sealed under a key of their own, for whoever has the form.

use crate::app::App;
use crate::error::AppError;
use crate::evidence::Upload;
use crate::limits::{
    SAVED_BYTES_MAX, SAVED_FORMS_MAX, SAVED_FORMS_OF_ONE_MAX, SAVED_MS, SAVED_OF_ONE_BYTES_MAX,
};
use aftercare_domain::Timestamp;
use aftercare_domain::evidence::EvidenceKind;
use aftercare_domain::ids::TenantId;
use aftercare_vault::{WrappedKey, open_blob, random_token_256, seal_blob, token_hash};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The party for which the key of such photos is wrapped.
const PARTY: &str = "sender";

/// Photos of forms that came back, by the hash of the token that the form has.
#[derive(Default)]
pub(crate) struct SavedPhotos(Mutex<HashMap<[u8; 32], Arc<Saved>>>);

/// The photos of one form.
struct Saved {
    tenant: TenantId,
    /// Who sent them, where it is known and there may be many.
    sender: Option<String>,
    at: Timestamp,
    /// The name under which their key is wrapped.
    name: String,
    wrapped: WrappedKey,
    /// What the form said that all of them show.
    shown: Option<EvidenceKind>,
    photos: Vec<SavedPhoto>,
}

struct SavedPhoto {
    kind: EvidenceKind,
    bytes: u64,
    sealed: Vec<u8>,
}

impl Saved {
    fn bytes(&self) -> usize {
        self.photos.iter().map(|photo| photo.sealed.len()).sum()
    }

    fn is_over(&self, now: Timestamp) -> bool {
        now.since_ms(self.at) >= SAVED_MS
    }
}

/// What a form that came back says of its photos.
#[derive(Clone, PartialEq, Eq)]
pub struct SavedBrief {
    /// What the form brings again: whoever has it has the photos.
    pub token: String,
    /// Bytes of each, in the order in which they came.
    pub photos: Vec<u64>,
}

impl std::fmt::Debug for SavedBrief {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SavedBrief({} photos)", self.photos.len())
    }
}

impl SavedPhotos {
    /// Takes the photos of a form in, if there is room. An earlier form of the same sender makes room for the newer one, which
    /// is the one that they are filling in.
    fn put(&self, key: [u8; 32], saved: Saved, now: Timestamp) -> bool {
        let bytes = saved.bytes();
        if bytes > SAVED_OF_ONE_BYTES_MAX {
            return false;
        }
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, other| !other.is_over(now));
        while saved.sender.is_some() {
            let own = all.iter().filter(|(_, other)| other.sender == saved.sender);
            let (forms, held) = own.clone().fold((0, 0), |(forms, held), (_, other)| {
                (forms + 1, held + other.bytes())
            });
            if forms < SAVED_FORMS_OF_ONE_MAX && held + bytes <= SAVED_OF_ONE_BYTES_MAX {
                break;
            }
            let Some(oldest) = own.min_by_key(|(_, other)| other.at).map(|(key, _)| *key) else {
                break;
            };
            all.remove(&oldest);
        }
        let held: usize = all.values().map(|other| other.bytes()).sum();
        if held + bytes > SAVED_BYTES_MAX || all.len() >= SAVED_FORMS_MAX {
            return false;
        }
        all.insert(key, Arc::new(saved));
        true
    }

    fn get(&self, key: &[u8; 32], now: Timestamp) -> Option<Arc<Saved>> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(key).filter(|saved| !saved.is_over(now)).cloned()
    }

    /// Forgets what is kept no longer.
    pub(crate) fn prune(&self, now: Timestamp) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, saved| !saved.is_over(now));
    }
}

fn gone() -> AppError {
    AppError::invalid(
        "photos",
        "photos_not_kept",
        "之前选的照片已经不在了（最多保留一小时），还没有提交。请重新选择照片；不再附照片的，直接再提交一次。",
        "The photos chosen before are no longer here (they are kept for an hour at most), and nothing was sent. Please choose them again; to go on without photos, send it once more.",
    )
}

impl App {
    /// Keeps the photos of a form that comes back to `sender`; `shown` is what the form says that all of them show. Nothing where
    /// there is no room: whoever shows the form says so then.
    ///
    /// # Errors
    /// When the operating system gives no random bytes.
    pub fn save_photos(
        &self,
        tenant: TenantId,
        sender: Option<String>,
        shown: Option<EvidenceKind>,
        photos: &[Upload],
    ) -> Result<Option<SavedBrief>, AppError> {
        let coming: usize = photos.iter().map(|photo| photo.bytes.len()).sum();
        if photos.is_empty() || coming > SAVED_OF_ONE_BYTES_MAX {
            return Ok(None);
        }
        let name = self.new_id().to_string();
        let (key, wrapped) = self
            .vault()
            .new_case_key(&tenant.to_string(), &name, PARTY)?;
        let key = key.blob_key();
        let mut sealed = Vec::with_capacity(photos.len());
        for photo in photos {
            sealed.push(SavedPhoto {
                kind: photo.kind,
                bytes: u64::try_from(photo.bytes.len()).unwrap_or(u64::MAX),
                sealed: seal_blob(&key, &photo.bytes)?,
            });
        }
        let brief = SavedBrief {
            token: random_token_256()?.expose_owned(),
            photos: sealed.iter().map(|photo| photo.bytes).collect(),
        };
        let saved = Saved {
            tenant,
            sender,
            at: self.now(),
            name,
            wrapped,
            shown,
            photos: sealed,
        };
        let is_kept = self
            .saved()
            .put(token_hash(&brief.token), saved, self.now());
        Ok(is_kept.then_some(brief))
    }

    /// What is kept under a token; nothing once it is gone.
    #[must_use]
    pub fn saved_brief(&self, token: &str) -> Option<SavedBrief> {
        let saved = self.saved().get(&token_hash(token), self.now())?;
        Some(SavedBrief {
            token: token.to_owned(),
            photos: saved.photos.iter().map(|photo| photo.bytes).collect(),
        })
    }

    /// The chosen ones of the photos that are kept under a token, by their places from zero. `shown` is what the form says now
    /// that all of them show. They stay until their hour is over, so that a form that is sent twice brings the same.
    ///
    /// # Errors
    /// `Invalid` for the field `photos` when they are gone.
    pub fn saved_photos(
        &self,
        token: &str,
        chosen: &[usize],
        shown: Option<EvidenceKind>,
    ) -> Result<Vec<Upload>, AppError> {
        let saved = self
            .saved()
            .get(&token_hash(token), self.now())
            .ok_or_else(gone)?;
        // A key that was retired meanwhile leaves nothing to open.
        let key = self
            .vault()
            .unwrap_case_key(
                &saved.tenant.to_string(),
                &saved.name,
                PARTY,
                &saved.wrapped,
            )
            .map_err(|_| gone())?
            .blob_key();
        let mut photos = Vec::with_capacity(chosen.len());
        for (place, photo) in saved.photos.iter().enumerate() {
            if !chosen.contains(&place) {
                continue;
            }
            // Those of which nothing else was said show what the form says now.
            let same = photo.kind == saved.shown.unwrap_or(EvidenceKind::DamagePhoto);
            photos.push(Upload {
                kind: shown.filter(|_| same).unwrap_or(photo.kind),
                bytes: open_blob(&key, &photo.sealed)?.expose_owned(),
                ai_declared: false,
            });
        }
        Ok(photos)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aftercare_vault::Vault;

    fn saved(vault: &Vault, sender: &str, at: i64, bytes: usize) -> Saved {
        let tenant = TenantId(uuid::Uuid::from_u128(1));
        let (_, wrapped) = vault
            .new_case_key(&tenant.to_string(), "form", PARTY)
            .expect("a key");
        Saved {
            tenant,
            sender: Some(sender.to_owned()),
            at: Timestamp(at),
            name: "form".to_owned(),
            wrapped,
            shown: None,
            photos: vec![SavedPhoto {
                kind: EvidenceKind::DamagePhoto,
                bytes: 1,
                sealed: vec![0; bytes],
            }],
        }
    }

    fn vault() -> Vault {
        let vault = Vault::in_memory().expect("a vault");
        let tenant = TenantId(uuid::Uuid::from_u128(1));
        vault.add_tenant(&tenant.to_string()).expect("a tenant");
        vault
    }

    #[test]
    fn photos_go_after_an_hour() {
        let (vault, all) = (vault(), SavedPhotos::default());
        assert!(all.put([1; 32], saved(&vault, "a", 0, 10), Timestamp(0)));
        assert!(all.get(&[1; 32], Timestamp(SAVED_MS - 1)).is_some());
        assert!(all.get(&[1; 32], Timestamp(SAVED_MS)).is_none());
        all.prune(Timestamp(SAVED_MS));
        assert!(all.0.lock().expect("no panic").is_empty());
    }

    #[test]
    fn one_sender_has_room_for_the_latest_form_and_nobody_elses() {
        let (vault, all) = (vault(), SavedPhotos::default());
        let large = SAVED_OF_ONE_BYTES_MAX / 2 + 1;
        assert!(all.put([1; 32], saved(&vault, "a", 0, large), Timestamp(0)));
        assert!(all.put([2; 32], saved(&vault, "b", 0, large), Timestamp(0)));
        assert!(all.put([3; 32], saved(&vault, "a", 1, large), Timestamp(1)));
        assert!(all.get(&[1; 32], Timestamp(1)).is_none(), "made room");
        assert!(
            all.get(&[2; 32], Timestamp(1)).is_some(),
            "another sender's"
        );
        assert!(all.get(&[3; 32], Timestamp(1)).is_some());
        let too_large = saved(&vault, "a", 2, SAVED_OF_ONE_BYTES_MAX + 1);
        assert!(!all.put([4; 32], too_large, Timestamp(2)));
        assert!(
            all.get(&[3; 32], Timestamp(2)).is_some(),
            "nothing was lost"
        );
    }

    #[test]
    fn all_senders_together_have_so_much_and_small_forms_so_many() {
        let (vault, all) = (vault(), SavedPhotos::default());
        let mut kept = 0;
        for sender in 0..10_u8 {
            let photos = saved(&vault, &sender.to_string(), 0, SAVED_OF_ONE_BYTES_MAX);
            kept += usize::from(all.put([sender; 32], photos, Timestamp(0)));
        }
        assert_eq!(kept, SAVED_BYTES_MAX / SAVED_OF_ONE_BYTES_MAX);
        let all = SavedPhotos::default();
        for form in 0..=SAVED_FORMS_OF_ONE_MAX {
            let mut key = [0; 32];
            key[..8].copy_from_slice(&form.to_be_bytes());
            let at = i64::try_from(form).expect("a small number");
            assert!(all.put(key, saved(&vault, "a", at, 1), Timestamp(at)));
        }
        let held = all.0.lock().expect("no panic").len();
        assert_eq!(held, SAVED_FORMS_OF_ONE_MAX);
    }
}
