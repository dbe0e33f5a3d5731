//! Drives a child process through a claim: loads the pictures, inspects each photo, and goes on when the child dies.
//!
//! A file that kills the child, or holds it too long, is answered for like any other unreadable file; the next request
//! meets a fresh child, which is told again what it needs. How the process is started and killed is the caller's
//! ([`Transport`]).

use std::collections::{BTreeMap, BTreeSet};

use aftercare_media::limits::MAX_CLIP_BYTES;
use aftercare_media::video::is_clip;
use aftercare_media::{Limits, MediaError};

use crate::calibration::Calibration;
use crate::child::{
    ProtocolError, ScreenRefused, decode_inspected, decode_loaded, encode_inspect, encode_load,
    encode_trim,
};
use crate::edited::FalseAlarms;
use crate::finding::{Finding, FindingCode, Grade};
use crate::inspect::{
    ClaimInspection, PhotoInspection, PhotoMeasures, Picture, Unread, fuse_photo, may_compare,
    may_cross_view,
};
use crate::limits::{CLIP_PICTURES, MAX_CLAIM_PHOTOS, MAX_HELD_PICTURES, MAX_REFERENCES};
use crate::session::{InspectPhoto, LoadPicture, LoadedPicture, NotInspected};

/// A child process that answers one frame with one frame.
pub trait Transport {
    /// Sends a request and reads the answer; starts a child when there is none. After an error there is none.
    ///
    /// # Errors
    /// In words, when the child died or was killed for taking too long.
    fn ask(&mut self, request: &[u8]) -> Result<Vec<u8>, ChildGone>;
}

/// Why there was no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChildGone {
    /// It used more memory or time than a file may, or crashed.
    #[error("the child died or was killed while it read a file")]
    Died,
    /// It cannot be started at all: nothing will ever be answered.
    #[error("the child cannot be started: {0}")]
    NotStarted(String),
}

/// A claim to inspect. Names are unique over `photos` and `references`.
#[derive(Debug, Clone, Default)]
pub struct ClaimFiles {
    pub photos: Vec<Picture>,
    pub references: Vec<Picture>,
    /// What the search in other claims found, by the photo's name.
    pub reuse: BTreeMap<String, Vec<Finding>>,
    /// Files that are known to be unreadable before they are sent.
    pub unread: Vec<Unread>,
}

/// What is wanted besides findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    pub limits: Limits,
    /// The longest side and the JPEG quality of a preview of each picture.
    pub preview: Option<(u32, u8)>,
    pub overlays: bool,
    /// How often an undamaged copy may be called edited.
    pub false_alarms: FalseAlarms,
}

/// A picture as it was loaded.
#[derive(Clone)]
pub struct Shown {
    pub loaded: LoadedPicture,
    /// A JPEG without personal metadata that keeps an AI label.
    pub preview: Option<Vec<u8>>,
}

/// What came of a claim.
pub struct Driven {
    pub inspection: ClaimInspection,
    /// By name; pictures that could not be read are missing.
    pub shown: BTreeMap<String, Shown>,
}

/// Why a claim was not inspected at all.
#[derive(Debug, thiserror::Error)]
pub enum DriveError {
    #[error("the child cannot be started: {0}")]
    NotStarted(String),
    #[error(transparent)]
    Protocol(#[from] ProtocolError),
    #[error("two pictures are called {0:?}; give each its own name")]
    SameName(String),
    #[error(
        "at most {MAX_CLAIM_PHOTOS} photos and {MAX_REFERENCES} references can be inspected together"
    )]
    TooMany,
}

/// The bytes of a picture, or why there are none.
pub type Read<'a> = dyn FnMut(&Picture) -> Result<Vec<u8>, Unread> + 'a;

/// Told of every photo as soon as its answer stands.
pub type Told<'a> = dyn FnMut(&PhotoInspection) + 'a;

/// Inspects a claim. `read` gives the bytes of a picture, again when a child had to be replaced; `told` hears of every
/// photo as soon as its answer stands.
///
/// # Errors
/// [`DriveError`] when nothing can be inspected; an unreadable file is not an error but an answer.
pub fn inspect_claim(
    transport: &mut dyn Transport,
    files: &ClaimFiles,
    wanted: Wanted,
    read: &mut Read<'_>,
    told: &mut Told<'_>,
) -> Result<Driven, DriveError> {
    if files.photos.len() > MAX_CLAIM_PHOTOS || files.references.len() > MAX_REFERENCES {
        return Err(DriveError::TooMany);
    }
    let mut names: Vec<&str> = pictures(files)
        .map(|picture| picture.name.as_str())
        .collect();
    names.sort_unstable();
    if let Some(pair) = names.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(DriveError::SameName(pair[0].to_owned()));
    }
    let mut drive = Drive {
        transport,
        files,
        wanted,
        read,
        unread: files.unread.clone(),
        shown: BTreeMap::new(),
        clips: BTreeSet::new(),
    };
    let mut photos = Vec::new();
    for photo in &files.photos {
        let inspection = drive.photo(photo)?;
        told(&inspection);
        photos.push(inspection);
    }
    // A report shows every picture, also one that no photo was compared with, or that the child had already.
    if wanted.preview.is_some() {
        for picture in pictures(files) {
            if !drive.shown.contains_key(&picture.name) && !drive.is_unread(picture) {
                let inspected = picture.role.is_inspected();
                drive.load(picture, inspected)?;
            }
        }
    }
    // A child that died now is replaced with the next claim.
    let _ = drive.transport.ask(&encode_trim()?);
    Ok(Driven {
        shown: drive.shown,
        inspection: ClaimInspection::of(photos, files.references.clone()),
    })
}

fn pictures(files: &ClaimFiles) -> impl Iterator<Item = &Picture> {
    files.photos.iter().chain(&files.references)
}

struct Drive<'a, 'b> {
    transport: &'a mut dyn Transport,
    files: &'a ClaimFiles,
    wanted: Wanted,
    read: &'a mut Read<'b>,
    unread: Vec<Unread>,
    shown: BTreeMap<String, Shown>,
    /// Files, by SHA-256, that turned out to be clips: each counts as several pictures.
    clips: BTreeSet<String>,
}

impl Drive<'_, '_> {
    fn is_unread(&self, picture: &Picture) -> bool {
        self.unread.iter().any(|unread| unread.name == picture.name)
    }

    fn photo(&mut self, photo: &Picture) -> Result<PhotoInspection, DriveError> {
        // Each round loads what the child lacks. Only a dying child makes a third round necessary, and the file that it
        // died of is not sent again, so there are at most as many rounds as files, and two.
        for _ in 0..pictures(self.files).count() + 2 {
            if self.is_unread(photo) {
                break;
            }
            let beyond = self.beyond(photo);
            let mut left_out = self.unread.clone();
            left_out.extend(beyond.iter().map(|picture| too_many_clips(&picture.name)));
            let request = InspectPhoto {
                photo: photo.clone(),
                views: self.files.photos.clone(),
                references: self.files.references.clone(),
                unread: left_out,
                reuse: self
                    .files
                    .reuse
                    .get(&photo.name)
                    .cloned()
                    .unwrap_or_default(),
                overlays: self.wanted.overlays,
                false_alarms: self.wanted.false_alarms,
            };
            match self.ask(&encode_inspect(&request)?)? {
                None => self.unread.push(took_too_much(&photo.name)),
                Some(frame) => match decode_inspected(&frame)? {
                    Ok(mut inspection) => {
                        let views = beyond.iter().filter(|one| one.role.is_inspected());
                        inspection.findings.extend(not_all_views(views.count()));
                        return Ok(inspection);
                    }
                    Err(NotInspected::Missing(missing)) => self.load_all(&missing)?,
                    Err(NotInspected::Refused(refused)) => {
                        self.unread.push(unread(&photo.name, refused));
                    }
                },
            }
        }
        let unread = self
            .unread
            .iter()
            .find(|unread| unread.name == photo.name)
            .cloned()
            .unwrap_or_else(|| took_too_much(&photo.name));
        let measures = PhotoMeasures {
            unread: Some(unread),
            ..PhotoMeasures::default()
        };
        Ok(fuse_photo(
            photo.clone(),
            measures,
            &self.files.photos,
            &self.files.references,
            Calibration::checked_in(),
        ))
    }

    /// The pictures that `photo` cannot be compared with, because a child does not hold as many at once: references come
    /// before views, and each in the order of the claim.
    fn beyond(&self, photo: &Picture) -> Vec<Picture> {
        let size = |picture: &Picture| {
            if self.clips.contains(&picture.sha256) {
                CLIP_PICTURES
            } else {
                1
            }
        };
        let references = self.files.references.iter();
        let references = references.filter(|reference| may_compare(photo, reference));
        let views = self.files.photos.iter();
        let views = views.filter(|view| may_cross_view(photo, view));
        let mut held = size(photo);
        let mut counted = BTreeSet::from([&photo.sha256]);
        let mut beyond = Vec::new();
        for picture in references.chain(views) {
            if self.is_unread(picture) || counted.contains(&picture.sha256) {
                continue;
            }
            if held + size(picture) > MAX_HELD_PICTURES {
                beyond.push(picture.clone());
            } else {
                held += size(picture);
                counted.insert(&picture.sha256);
            }
        }
        beyond
    }

    fn load_all(&mut self, missing: &[String]) -> Result<(), DriveError> {
        let files = self.files;
        for sha256 in missing {
            let named = pictures(files).filter(|picture| picture.sha256 == *sha256);
            let mut named = named
                .filter(|picture| !self.unread.iter().any(|unread| unread.name == picture.name));
            // Equal files are loaded once; when one of them is a photo, with what a photo needs.
            let Some(picture) = named.next() else {
                continue;
            };
            let inspected = files.photos.iter().any(|photo| photo.sha256 == *sha256);
            self.load(picture, inspected)?;
        }
        Ok(())
    }

    fn load(&mut self, picture: &Picture, inspected: bool) -> Result<(), DriveError> {
        let bytes = match (self.read)(picture) {
            Ok(bytes) => bytes,
            Err(unread) => {
                self.refuse(picture, &unread);
                return Ok(());
            }
        };
        let request = LoadPicture {
            sha256: picture.sha256.clone(),
            limits: self.wanted.limits,
            preview: self.wanted.preview,
            inspected,
        };
        let is_clip = is_clip(&bytes);
        let most = if is_clip {
            MAX_CLIP_BYTES
        } else {
            self.wanted.limits.max_bytes
        };
        if bytes.len() > most {
            let refused = ScreenRefused::from(MediaError::TooManyBytes {
                bytes: bytes.len(),
                max: most,
            });
            self.refuse(picture, &unread(&picture.name, refused));
            return Ok(());
        }
        match self.ask(&encode_load(&request, bytes)?)? {
            None => self.refuse(picture, &took_too_much(&picture.name)),
            Some(frame) => match decode_loaded(&frame)? {
                Ok((loaded, preview)) => {
                    if is_clip {
                        self.clips.insert(picture.sha256.clone());
                    }
                    for same in pictures(self.files) {
                        if same.sha256 == picture.sha256 {
                            let shown = Shown {
                                loaded: loaded.clone(),
                                preview: preview.clone(),
                            };
                            self.shown.insert(same.name.clone(), shown);
                        }
                    }
                }
                Err(refused) => self.refuse(picture, &unread(&picture.name, refused)),
            },
        }
        Ok(())
    }

    /// Remembers that a file cannot be read, under every name that it has in this claim.
    fn refuse(&mut self, picture: &Picture, why: &Unread) {
        for same in pictures(self.files) {
            if same.sha256 == picture.sha256 && !self.is_unread(same) {
                self.unread.push(Unread {
                    name: same.name.clone(),
                    ..why.clone()
                });
            }
        }
    }

    /// `None` when the child died over the request.
    fn ask(&mut self, request: &[u8]) -> Result<Option<Vec<u8>>, DriveError> {
        match self.transport.ask(request) {
            Ok(frame) => Ok(Some(frame)),
            Err(ChildGone::Died) => Ok(None),
            Err(ChildGone::NotStarted(why)) => Err(DriveError::NotStarted(why)),
        }
    }
}

fn unread(name: &str, refused: ScreenRefused) -> Unread {
    Unread {
        name: name.to_owned(),
        zh: refused.zh,
        en: refused.en,
    }
}

fn took_too_much(name: &str) -> Unread {
    Unread {
        name: name.to_owned(),
        zh: "读取它时超出了时间或内存限制。".to_owned(),
        en: "reading it took too much time or memory.".to_owned(),
    }
}

fn too_many_clips(name: &str) -> Unread {
    Unread {
        name: name.to_owned(),
        zh: "一次比对的视频太多，这一个没有参加比对。".to_owned(),
        en: "there are too many clips to compare at once, so this one was left out.".to_owned(),
    }
}

/// A remark that so many views were left out; a reference that was left out is told by the inspection itself.
fn not_all_views(count: usize) -> Option<Finding> {
    (count > 0).then(|| {
        Finding::new(
            FindingCode::CannotTell,
            Grade::Note,
            format!("本次申请的视频太多，这张照片没有和其中 {count} 个互相比对。"),
            format!(
                "This claim has too many clips: the photo was not compared with {count} of the claim's other files."
            ),
        )
    })
}
