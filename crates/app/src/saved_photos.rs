//! Photos of a form that came back: a browser empties the field of files, and photos that nobody misses would be missed later.
//! They are kept for an hour in the memory of this process, sealed under a key of their own, for whoever has the form. Where a
//! network breaks, photos go ahead of their form piece by piece, and are kept in the same way.

use crate::app::App;
use crate::clips;
use crate::error::AppError;
use crate::evidence::Upload;
use crate::limits::{
    PHOTOS_PER_REQUEST_MAX, PIECE_BYTES_MAX, PIECES_OF_PHOTO_MAX, SAVED_BYTES_MAX, SAVED_FORMS_MAX,
    SAVED_FORMS_OF_ONE_MAX, SAVED_MS, SAVED_OF_ONE_BYTES_MAX,
};
use aftercare_domain::Timestamp;
use aftercare_domain::evidence::EvidenceKind;
use aftercare_domain::ids::TenantId;
use aftercare_vault::{BlobKey, WrappedKey, open_blob, random_token_256, seal_blob, token_hash};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The party for which the key of such photos is wrapped.
const PARTY: &str = "sender";

/// Photos of forms that came back, by the hash of the token that the form has.
#[derive(Default)]
pub(crate) struct SavedPhotos(Mutex<HashMap<[u8; 32], Arc<Saved>>>);

/// The photos of one form.
#[derive(Clone)]
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

#[derive(Clone)]
struct SavedPhoto {
    kind: EvidenceKind,
    bytes: u64,
    /// How many it may have once all of it is here.
    bytes_max: u64,
    /// What it is made of, in order, each sealed by itself: one piece where it came at once.
    pieces: Vec<Arc<Vec<u8>>>,
}

/// A piece of a photo that goes ahead of its form.
#[derive(Clone, Copy)]
pub struct PhotoPiece<'a> {
    /// What the pieces before it are kept under; empty for the first of a form.
    pub token: &'a str,
    /// Which of the form's photos, from zero.
    pub photo: usize,
    /// How many bytes of it come before this piece.
    pub from: u64,
    pub bytes: &'a [u8],
}

fn count(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

impl Saved {
    fn bytes(&self) -> usize {
        let pieces = self.photos.iter().flat_map(|photo| &photo.pieces);
        pieces.map(|piece| piece.len()).sum()
    }

    /// Whether a piece goes on where its photo ends, or begins the next photo.
    fn goes_on_with(&self, piece: &PhotoPiece<'_>) -> bool {
        match self.photos.get(piece.photo) {
            Some(photo) => {
                photo.bytes == piece.from
                    && photo.bytes.saturating_add(count(piece.bytes)) <= photo.bytes_max
                    && photo.pieces.len() < PIECES_OF_PHOTO_MAX
            }
            None => {
                piece.photo == self.photos.len()
                    && piece.photo < PHOTOS_PER_REQUEST_MAX
                    && piece.from == 0
            }
        }
    }

    /// Takes in a piece that goes on, sealed.
    fn take(&mut self, piece: &PhotoPiece<'_>, sealed: Vec<u8>) {
        if piece.photo == self.photos.len() {
            let bytes_max = clips::bytes_max(piece.bytes);
            self.photos.push(SavedPhoto {
                kind: EvidenceKind::DamagePhoto,
                bytes: 0,
                bytes_max: u64::try_from(bytes_max).unwrap_or(u64::MAX),
                pieces: Vec::new(),
            });
        }
        if let Some(photo) = self.photos.get_mut(piece.photo) {
            photo.bytes = photo.bytes.saturating_add(count(piece.bytes));
            photo.pieces.push(Arc::new(sealed));
        }
    }

    fn brief(&self, token: String) -> SavedBrief {
        SavedBrief {
            token,
            photos: self.photos.iter().map(|photo| photo.bytes).collect(),
        }
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

/// Lets the oldest forms of a sender go, except that under `kept`, until so many forms and bytes more have room beside theirs.
fn make_room(
    all: &mut HashMap<[u8; 32], Arc<Saved>>,
    sender: Option<&str>,
    kept: &[u8; 32],
    (forms_coming, bytes_coming): (usize, usize),
) {
    while sender.is_some() {
        let own = all
            .iter()
            .filter(|(_, other)| other.sender.as_deref() == sender);
        let (forms, held) = own.clone().fold((0, 0), |(forms, held), (_, other)| {
            (forms + 1, held + other.bytes())
        });
        if forms + forms_coming <= SAVED_FORMS_OF_ONE_MAX
            && held + bytes_coming <= SAVED_OF_ONE_BYTES_MAX
        {
            break;
        }
        let oldest = own
            .filter(|(key, _)| *key != kept)
            .min_by_key(|(_, other)| other.at)
            .map(|(key, _)| *key);
        let Some(oldest) = oldest else {
            break;
        };
        all.remove(&oldest);
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
        make_room(&mut all, saved.sender.as_deref(), &key, (1, bytes));
        let held: usize = all.values().map(|other| other.bytes()).sum();
        if held + bytes > SAVED_BYTES_MAX || all.len() >= SAVED_FORMS_MAX {
            return false;
        }
        all.insert(key, Arc::new(saved));
        true
    }

    /// Adds a sealed piece to the photos of a form, and gives the form as it is then; nothing where there is no room. An earlier
    /// form of the same sender makes room here too.
    fn add(
        &self,
        key: &[u8; 32],
        piece: &PhotoPiece<'_>,
        sealed: Vec<u8>,
        now: Timestamp,
    ) -> Option<Arc<Saved>> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, other| !other.is_over(now));
        let form = all.get(key)?;
        let (sender, own) = (form.sender.clone(), form.bytes());
        // Nothing else goes for what has no room anyway.
        if own + sealed.len() > SAVED_OF_ONE_BYTES_MAX {
            return None;
        }
        make_room(&mut all, sender.as_deref(), key, (0, sealed.len()));
        let held: usize = all.values().map(|other| other.bytes()).sum();
        if held + sealed.len() > SAVED_BYTES_MAX {
            return None;
        }
        let form = all.get_mut(key)?;
        // Of two that saw the same end, one goes on there.
        if form.goes_on_with(piece) {
            Arc::make_mut(form).take(piece, sealed);
        }
        Some(Arc::clone(form))
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

/// The refusal of what is no piece of a photo; a page sends none such.
#[must_use]
pub fn not_a_piece() -> AppError {
    AppError::invalid(
        "piece",
        "photo_piece",
        format!(
            "照片分段须写明 photo（第几张，从 0 起）和 from（前面已有多少字节），每段 1 到 {PIECE_BYTES_MAX} 字节。"
        ),
        format!(
            "A piece of a photo says which one it is of (photo, from 0) and how many bytes come before it (from), and has 1 to {PIECE_BYTES_MAX} bytes."
        ),
    )
}

impl App {
    /// Keeps a piece of a photo that goes ahead of its form, and says how much of each photo is here. A piece that does not go
    /// on where its photo ends changes nothing: whoever does not know whether a piece arrived sends it again. Nothing where
    /// there is no room: the form brings its photos itself then.
    ///
    /// # Errors
    /// `Invalid` for a piece without bytes or with too many, and when what came before it is gone.
    pub fn save_piece(
        &self,
        tenant: TenantId,
        sender: Option<String>,
        piece: &PhotoPiece<'_>,
    ) -> Result<Option<SavedBrief>, AppError> {
        if piece.bytes.is_empty() || piece.bytes.len() > PIECE_BYTES_MAX {
            return Err(not_a_piece());
        }
        let token = if piece.token.is_empty() {
            match self.begin_saving(tenant, sender)? {
                Some(token) => token,
                None => return Ok(None),
            }
        } else {
            piece.token.to_owned()
        };
        let key = token_hash(&token);
        let saved = self.saved().get(&key, self.now()).ok_or_else(gone)?;
        if !saved.goes_on_with(piece) {
            return Ok(Some(saved.brief(token)));
        }
        let sealed = seal_blob(&self.key_of(&saved)?, piece.bytes)?;
        let kept = self.saved().add(&key, piece, sealed, self.now());
        Ok(kept.map(|saved| saved.brief(token)))
    }

    /// The token of a form of which nothing came yet; nothing where there is no room.
    fn begin_saving(
        &self,
        tenant: TenantId,
        sender: Option<String>,
    ) -> Result<Option<String>, AppError> {
        let name = self.new_id().to_string();
        let (_, wrapped) = self
            .vault()
            .new_case_key(&tenant.to_string(), &name, PARTY)?;
        let token = random_token_256()?.expose_owned();
        let saved = Saved {
            tenant,
            sender,
            at: self.now(),
            name,
            wrapped,
            shown: None,
            photos: Vec::new(),
        };
        let is_kept = self.saved().put(token_hash(&token), saved, self.now());
        Ok(is_kept.then_some(token))
    }

    fn key_of(&self, saved: &Saved) -> Result<BlobKey, AppError> {
        let tenant = saved.tenant.to_string();
        // A key that was retired meanwhile leaves nothing to open.
        let key = self
            .vault()
            .unwrap_case_key(&tenant, &saved.name, PARTY, &saved.wrapped)
            .map_err(|_| gone())?;
        Ok(key.blob_key())
    }

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
                bytes: count(&photo.bytes),
                bytes_max: count(&photo.bytes),
                pieces: vec![Arc::new(seal_blob(&key, &photo.bytes)?)],
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
        Some(saved.brief(token.to_owned()))
    }

    /// The chosen ones of the photos that are kept under a token, by their places from zero. `shown` is what the form says now
    /// that all of them show. They stay until their hour is over, so that a form that is sent twice brings the same.
    ///
    /// # Errors
    /// `Invalid` for the field `photos` when they are gone, and when one of them never came.
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
        if chosen.iter().any(|place| *place >= saved.photos.len()) {
            return Err(gone());
        }
        let key = self.key_of(&saved)?;
        let mut photos = Vec::with_capacity(chosen.len());
        for (place, photo) in saved.photos.iter().enumerate() {
            if !chosen.contains(&place) {
                continue;
            }
            // Those of which nothing else was said show what the form says now.
            let same = photo.kind == saved.shown.unwrap_or(EvidenceKind::DamagePhoto);
            let mut bytes = Vec::with_capacity(usize::try_from(photo.bytes).unwrap_or(0));
            for piece in &photo.pieces {
                bytes.extend_from_slice(open_blob(&key, piece)?.expose());
            }
            photos.push(Upload {
                kind: shown.filter(|_| same).unwrap_or(photo.kind),
                bytes,
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
                bytes_max: 1,
                pieces: vec![Arc::new(vec![0; bytes])],
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

    fn piece(photo: usize, from: u64, bytes: &[u8]) -> PhotoPiece<'_> {
        PhotoPiece {
            token: "",
            photo,
            from,
            bytes,
        }
    }

    #[test]
    fn pieces_go_on_where_a_photo_ends_and_one_that_comes_again_changes_nothing() {
        let (vault, all) = (vault(), SavedPhotos::default());
        let empty = Saved {
            photos: Vec::new(),
            ..saved(&vault, "a", 0, 0)
        };
        assert!(all.put([1; 32], empty, Timestamp(0)));
        let add = |piece: &PhotoPiece<'_>| {
            let kept = all.add(&[1; 32], piece, vec![0; 60], Timestamp(1));
            kept.expect("room").brief(String::new()).photos
        };
        assert_eq!(add(&piece(1, 0, b"no first photo")), Vec::<u64>::new());
        assert_eq!(add(&piece(0, 3, b"no beginning")), Vec::<u64>::new());
        assert_eq!(add(&piece(0, 0, b"four")), [4]);
        assert_eq!(add(&piece(0, 0, b"four")), [4], "came again");
        assert_eq!(add(&piece(0, 5, b"a gap")), [4]);
        assert_eq!(add(&piece(0, 4, b"and")), [7]);
        assert_eq!(add(&piece(1, 0, b"next")), [7, 4]);
        let form = all.get(&[1; 32], Timestamp(1)).expect("the form");
        assert_eq!(form.bytes(), 180);
        // A photo that came whole with its form is whole.
        assert!(all.put([2; 32], saved(&vault, "a", 0, 10), Timestamp(0)));
        let longer = all.add(&[2; 32], &piece(0, 1, b"more"), vec![0; 60], Timestamp(1));
        assert_eq!(longer.expect("the form").photos[0].bytes, 1);
        // What is over is over for its pieces too.
        let late = all.add(
            &[1; 32],
            &piece(1, 4, b"late"),
            Vec::new(),
            Timestamp(SAVED_MS),
        );
        assert!(late.is_none());
    }

    #[test]
    fn pieces_have_the_room_of_their_sender_and_no_more() {
        let (vault, all) = (vault(), SavedPhotos::default());
        let half = SAVED_OF_ONE_BYTES_MAX / 2;
        assert!(all.put([1; 32], saved(&vault, "a", 0, half), Timestamp(0)));
        assert!(all.put([2; 32], saved(&vault, "b", 0, half), Timestamp(0)));
        assert!(all.put([3; 32], saved(&vault, "a", 1, half), Timestamp(1)));
        let add = |bytes: usize| {
            let next = piece(1, 0, b"next");
            all.add(&[3; 32], &next, vec![0; bytes], Timestamp(1))
        };
        assert!(add(1).is_some());
        assert!(all.get(&[1; 32], Timestamp(1)).is_none(), "made room");
        assert!(all.get(&[2; 32], Timestamp(1)).is_some(), "not theirs");
        assert!(all.put([4; 32], saved(&vault, "a", 1, 1), Timestamp(1)));
        assert!(add(half).is_none(), "more than one sender has");
        assert!(all.get(&[4; 32], Timestamp(1)).is_some(), "no room made");
        assert!(all.get(&[3; 32], Timestamp(1)).is_some(), "nothing is lost");
    }
}
