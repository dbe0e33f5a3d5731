//! What is measured: the inspection as the product runs it, from the bytes of the files to findings and verdict.

use aftercare_evidence::edited::FalseAlarms;
use aftercare_evidence::inspect::{OverlayKind, Party, PhotoInspection, Picture, Role, Verdict};
use aftercare_evidence::session::{InspectPhoto, LoadPicture, NotInspected, Session};
use aftercare_evidence::{FindingCode, Prepared};
use aftercare_media::Limits;
use aftercare_scene::random::mix;
use anyhow::{Context, Result, anyhow};
use image::{GrayImage, imageops};

use crate::clock::thread_milliseconds;
use crate::rows::{Overlap, Row};

/// A session of the checks, and the pictures that it holds.
#[derive(Default)]
pub struct Desk {
    session: Session,
}

/// A picture that a desk holds.
#[derive(Debug, Clone)]
pub struct Held(Picture);

impl Held {
    /// The same photo in another role.
    #[must_use]
    pub fn taken_as(&self, role: Role) -> Self {
        self.with_role(&self.0.name, role, self.0.party)
    }

    /// The same bytes in another role.
    #[must_use]
    pub fn with_role(&self, name: &str, role: Role, party: Party) -> Self {
        Self(Picture {
            name: name.to_owned(),
            role,
            party,
            ..self.0.clone()
        })
    }
}

/// A name for bytes: not a hash that anybody has to trust, only one that differs where they do.
fn digest(bytes: &[u8]) -> String {
    let mut state = [1_u64, 2, 3, 4];
    for (index, chunk) in bytes.chunks(8).enumerate() {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        let slot = &mut state[index % 4];
        *slot = mix(*slot ^ u64::from_le_bytes(word));
    }
    state
        .map(|word| format!("{:016x}", mix(word ^ bytes.len() as u64)))
        .concat()
}

impl Desk {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Loads a file.
    pub fn load(&mut self, name: &str, role: Role, party: Party, file: &[u8]) -> Result<Held> {
        let sha256 = digest(file);
        let request = LoadPicture {
            sha256: sha256.clone(),
            limits: Limits::default(),
            preview: None,
            inspected: role.is_inspected(),
        };
        self.session
            .load(&request, file)
            .map_err(|refused| anyhow!("{name}: {}", refused.en))?;
        Ok(Held(Picture {
            name: name.to_owned(),
            role,
            party,
            session: None,
            sha256,
        }))
    }

    /// A photo of the claim.
    pub fn claim(&mut self, name: &str, file: &[u8]) -> Result<Held> {
        self.load(name, Role::Claim, Party::Claimant, file)
    }

    /// A photo of the claim that is only asked about with its references: without the checks of the file alone, which
    /// cannot tell where a photo comes from and take a third of the time.
    pub fn compared(&mut self, name: &str, file: &[u8]) -> Result<Held> {
        let held = self.load(name, Role::Listing, Party::Claimant, file)?;
        self.session.inspect_without_hints(&held.0.sha256);
        Ok(held.with_role(name, Role::Claim, Party::Claimant))
    }

    /// A photo of the listing.
    pub fn listing(&mut self, name: &str, file: &[u8]) -> Result<Held> {
        self.load(name, Role::Listing, Party::Merchant, file)
    }

    /// Inspects a photo among the others of its claim (itself among them) and against the references. The time is that
    /// of the comparison alone, in milliseconds of CPU.
    pub fn inspect(
        &mut self,
        photo: &Held,
        views: &[&Held],
        references: &[&Held],
    ) -> Result<Inspected> {
        let request = InspectPhoto {
            photo: photo.0.clone(),
            views: views.iter().map(|held| held.0.clone()).collect(),
            references: references.iter().map(|held| held.0.clone()).collect(),
            unread: Vec::new(),
            reuse: Vec::new(),
            overlays: true,
            false_alarms: FalseAlarms::default(),
        };
        let start = thread_milliseconds();
        let inspection = self.session.inspect(request).map_err(|why| match why {
            NotInspected::Missing(missing) => anyhow!("not loaded: {missing:?}"),
            NotInspected::Refused(refused) => anyhow!("{}", refused.en),
        })?;
        Ok(Inspected {
            inspection,
            milliseconds: thread_milliseconds() - start,
        })
    }

    /// A picture as it is compared.
    pub fn prepared(&self, held: &Held) -> Result<&Prepared> {
        self.session
            .prepared(&held.0.sha256)
            .with_context(|| format!("{} is not held any more", held.0.name))
    }

    /// Forgets all but the few pictures used last.
    pub fn trim(&mut self) {
        self.session.trim();
    }
}

/// The answer about one photo.
pub struct Inspected {
    pub inspection: PhotoInspection,
    pub milliseconds: f64,
}

impl Inspected {
    /// A row with the findings; the caller says what it is about.
    #[must_use]
    pub fn row(&self) -> Row {
        let mut row = Row {
            verdict: self.inspection.verdict.as_str().to_owned(),
            milliseconds: self.milliseconds,
            ..Row::default()
        };
        for finding in &self.inspection.findings {
            row.codes.push(format!(
                "{}/{}",
                finding.code.as_str(),
                finding.grade.as_str()
            ));
            for (name, value) in &finding.numbers {
                row.numbers.entry(name.clone()).or_insert(*value as f64);
            }
        }
        row
    }

    #[must_use]
    pub fn is_intercepted(&self) -> bool {
        self.inspection.verdict == Verdict::Intercept
    }

    /// Whether a finding of these codes against `reference` shows a mask.
    #[must_use]
    pub fn shows_mask(&self, codes: &[FindingCode], reference: &Held) -> bool {
        self.inspection.findings.iter().any(|finding| {
            codes.contains(&finding.code)
                && finding.mask.is_some()
                && finding.reference.as_deref() == Some(reference.0.name.as_str())
        })
    }

    /// How well the mask of a finding agrees with the truth. Without a finding, everything is missed.
    pub fn overlap(&self, codes: &[FindingCode], truth: &GrayImage) -> Result<Overlap> {
        let mask = self
            .inspection
            .overlays
            .iter()
            .find(|overlay| overlay.kind == OverlayKind::Mask && codes.contains(&overlay.code));
        let found = match mask {
            Some(overlay) => image::load_from_memory(&overlay.bytes)
                .context("reading a mask")?
                .into_luma8(),
            None => {
                let scale = 1_024.0 / f64::from(truth.width().max(truth.height()));
                GrayImage::new(
                    (f64::from(truth.width()) * scale).round().max(1.0) as u32,
                    (f64::from(truth.height()) * scale).round().max(1.0) as u32,
                )
            }
        };
        Ok(overlap(&found, truth))
    }
}

/// Compares a found mask with the truth, at the size of the found one.
#[must_use]
pub fn overlap(found: &GrayImage, truth: &GrayImage) -> Overlap {
    let truth = if truth.dimensions() == found.dimensions() {
        truth.clone()
    } else {
        imageops::resize(
            truth,
            found.width(),
            found.height(),
            imageops::FilterType::Triangle,
        )
    };
    let mut sums = Overlap::default();
    for (found, truth) in found.iter().zip(truth.iter()) {
        match (*found >= 128, *truth >= 128) {
            (true, true) => sums.hit += 1,
            (true, false) => sums.wrong += 1,
            (false, true) => sums.missed += 1,
            (false, false) => {}
        }
        sums.pixels += 1;
    }
    sums
}
