//! Was this photo used before? An index of fingerprints in memory, and the findings that follow from its matches.

mod codes;
mod hashes;
mod keys;
mod local;
mod segments;
mod verify;

use serde::{Deserialize, Serialize};

use crate::finding::{Finding, FindingCode, Grade};
use crate::fingerprint::Fingerprint;
use crate::limits::{
    MAX_INDEX_PHOTOS, MAX_REUSE_FINDINGS, MIN_PHOTOS_FOR_BLOCKS, PDQ_CONFIDENT_DISTANCE,
    PDQ_MINIMUM_QUALITY,
};
use crate::pdq::{Orientation, Pdq};

use codes::Codes;
use hashes::Blocks;
use keys::Keys;

pub use codes::canonical_descriptor;
pub use local::LocalPrint;
pub use verify::{LocalMatch, verify, verify_side};

/// Quality of a photo that was removed and is still in the lists.
const REMOVED: u8 = u8::MAX;
/// Removed photos are taken out of the lists from so many on ...
const LEAST_REMOVED: usize = 256;
/// ... when they are at least one in so many.
const REMOVED_PART: usize = 8;
/// Space that the lists of photos grow by: one in so many.
const GROWTH_PART: usize = 16;

/// A photo of the index that looks like the one searched for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Match {
    /// The key that it was inserted with.
    pub key: u128,
    /// Bits that differ.
    pub distance: u32,
    /// How the searched photo must be turned to look like this one.
    pub orientation: Orientation,
    /// PDQ quality of the photo in the index.
    pub quality: u8,
}

/// A photo of the index that shares keypoints with the one searched for: a reason to [`verify`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Candidate {
    /// The key that it was inserted with.
    pub key: u128,
    /// Keypoints of the searched photo that have a near one there.
    pub votes: u32,
    /// How near they are; only the order means something.
    pub score: f32,
    /// They agree that one picture is a mirror image of the other.
    pub mirrored: bool,
}

/// All photos of one tenant, searched exactly: the answer is always that of comparing with every photo.
///
/// Multi-index hashing (Norouzi, Punjani, Fleet 2012): of two near hashes some blocks are nearly equal, so only photos
/// that share a nearby block value are compared.
///
/// Copies that were cropped, turned by any angle or framed by something else are found by keypoints, in lists of codes
/// ([`ReuseIndex::candidates`]), at most [`INDEXED_KEYPOINTS`](crate::limits::INDEXED_KEYPOINTS) a photo.
///
/// Bytes a photo: 49 for key, hash and quality, about 6 to find the number of a key, from [`MIN_PHOTOS_FOR_BLOCKS`]
/// photos on 33 for the order of the hashes, and about 8 a keypoint; 4 MiB of tables whatever the number of photos.
#[derive(Default)]
pub struct ReuseIndex {
    /// Of each photo its key, hash and quality; a photo's number is its place in them.
    keys: Vec<u128>,
    hashes: Vec<Pdq>,
    qualities: Vec<u8>,
    numbers: Keys,
    blocks: Option<Blocks>,
    codes: Option<Codes>,
}

/// The index is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the reuse index holds {MAX_INDEX_PHOTOS} photos, its limit; let old photos expire")]
pub struct IndexFull;

impl ReuseIndex {
    /// An empty index.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The number of photos.
    #[must_use]
    pub fn len(&self) -> usize {
        self.numbers.len()
    }

    /// Whether there is no photo.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds a photo, or replaces the one with the same key.
    ///
    /// # Errors
    /// [`IndexFull`] at the limit.
    pub fn insert(&mut self, key: u128, fingerprint: &Fingerprint) -> Result<(), IndexFull> {
        self.remove(key);
        if self.keys.len() == MAX_INDEX_PHOTOS {
            self.take_out_removed();
        }
        let number = u32::try_from(self.keys.len()).map_err(|_| IndexFull)?;
        if self.keys.len() == MAX_INDEX_PHOTOS {
            return Err(IndexFull);
        }
        push(&mut self.keys, key);
        push(&mut self.hashes, fingerprint.hash());
        push(&mut self.qualities, fingerprint.quality.min(REMOVED - 1));
        self.numbers.insert(&self.keys, number);
        if let Some(blocks) = &mut self.blocks {
            blocks.grow(&self.hashes);
        } else if self.len() >= MIN_PHOTOS_FOR_BLOCKS {
            self.blocks = Some(Blocks::of(&self.hashes));
        }
        if fingerprint.local.indexed() > 0 {
            self.codes
                .get_or_insert_default()
                .insert(number, &fingerprint.local);
        }
        Ok(())
    }

    /// Removes a photo; `false` when there was none with this key.
    pub fn remove(&mut self, key: u128) -> bool {
        let Some(number) = self.numbers.remove(&self.keys, key) else {
            return false;
        };
        self.qualities[number as usize] = REMOVED;
        let removed = self.keys.len() - self.len();
        if removed >= LEAST_REMOVED && removed * REMOVED_PART >= self.keys.len() {
            self.take_out_removed();
        }
        true
    }

    /// Numbers the photos anew without those that were removed.
    fn take_out_removed(&mut self) {
        let mut next = 0_u32;
        let numbers: Vec<Option<u32>> = self
            .qualities
            .iter()
            .map(|quality| {
                (*quality != REMOVED).then(|| {
                    next += 1;
                    next - 1
                })
            })
            .collect();
        keep(&mut self.keys, &self.qualities);
        keep(&mut self.hashes, &self.qualities);
        self.qualities.retain(|quality| *quality != REMOVED);
        self.numbers = Keys::of(&self.keys);
        if self.blocks.is_some() {
            self.blocks = Some(Blocks::of(&self.hashes));
        }
        if let Some(codes) = &mut self.codes {
            codes.renumber(|number| numbers[number as usize]);
        }
    }

    fn is_live(&self, number: usize) -> bool {
        self.qualities[number] != REMOVED
    }

    /// The photos, at most [`LOCAL_CANDIDATES`](crate::limits::LOCAL_CANDIDATES), that share most keypoints with `fingerprint`, best first. Each must be
    /// checked with [`verify`]: a few shared keypoints are often chance.
    #[must_use]
    pub fn candidates(&self, fingerprint: &Fingerprint) -> Vec<Candidate> {
        let Some(codes) = &self.codes else {
            return Vec::new();
        };
        codes
            .search(&fingerprint.local, |photo| self.is_live(photo as usize))
            .into_iter()
            .map(|shared| Candidate {
                key: self.keys[shared.photo as usize],
                votes: shared.votes,
                score: shared.score,
                mirrored: shared.mirrored,
            })
            .collect()
    }

    /// Bytes that the lists of keypoints take.
    #[must_use]
    pub fn keypoint_memory(&self) -> usize {
        self.codes.as_ref().map_or(0, Codes::memory)
    }

    /// Bytes that everything takes: keys, hashes, their order and the lists of keypoints.
    #[must_use]
    pub fn memory(&self) -> usize {
        self.keys.capacity() * size_of::<u128>()
            + self.hashes.capacity() * size_of::<Pdq>()
            + self.qualities.capacity()
            + self.numbers.memory()
            + self.blocks.as_ref().map_or(0, Blocks::memory)
            + self.keypoint_memory()
    }

    /// Every photo within `max_distance` bits of any of the eight orientations of `fingerprint`, nearest first, each
    /// photo once with its best orientation.
    ///
    /// The quality of neither photo is looked at here: [`reuse_findings`] does that.
    #[must_use]
    pub fn search(&self, fingerprint: &Fingerprint, max_distance: u32) -> Vec<Match> {
        let mut found = Vec::new();
        let through_blocks = self.blocks.as_ref().is_some_and(|blocks| {
            fingerprint.orientations.iter().all(|hash| {
                blocks.near(*hash, self.hashes.len(), max_distance, |number| {
                    if hash.distance(self.hashes[number]) <= max_distance {
                        found.push(number);
                    }
                })
            })
        });
        if !through_blocks {
            found = (0..self.hashes.len()).collect();
        }
        found.sort_unstable();
        found.dedup();
        let mut matches: Vec<Match> = found
            .into_iter()
            .filter(|number| self.is_live(*number))
            .map(|number| self.best_match(number, fingerprint))
            .filter(|found| found.distance <= max_distance)
            .collect();
        matches.sort_unstable_by_key(|found| (found.distance, found.key));
        matches
    }

    /// The best orientation against one photo; the first of equals, so that every way of searching agrees.
    fn best_match(&self, number: usize, fingerprint: &Fingerprint) -> Match {
        let mut best = Match {
            key: self.keys[number],
            distance: u32::MAX,
            orientation: Orientation::Upright,
            quality: self.qualities[number],
        };
        for (hash, orientation) in fingerprint.orientations.iter().zip(Orientation::ALL) {
            let distance = hash.distance(self.hashes[number]);
            if distance < best.distance {
                best.distance = distance;
                best.orientation = orientation;
            }
        }
        best
    }
}

/// Adds to a list that grows by little, because it is most of the memory.
fn push<T>(list: &mut Vec<T>, value: T) {
    if list.len() == list.capacity() {
        list.reserve_exact(list.len() / GROWTH_PART + 64);
    }
    list.push(value);
}

/// Keeps those of a list whose photos were not removed.
fn keep<T>(list: &mut Vec<T>, qualities: &[u8]) {
    let mut quality = qualities.iter();
    list.retain(|_| quality.next() != Some(&REMOVED));
}

/// Where the other photo comes from, as only the caller can know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// The same person sent it before for the same order: no accusation, whatever the reason.
    SameOrderSamePerson,
    /// It is a listing photo of the product, which anybody may have saved: no accusation.
    ListingPhoto,
    /// It belongs to another claim.
    OtherClaim,
}

/// How the other photo resembles this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReuseEvidence {
    /// The same bytes (found by the tenant's keyed hash).
    SameBytes,
    /// A near fingerprint.
    Near {
        /// Bits that differ, of 256.
        distance: u32,
        orientation: Orientation,
        /// PDQ quality of the other photo.
        quality: u8,
    },
    /// Keypoints of a part of the photo, or of a photo that was turned or framed, agree with the other's.
    Part {
        /// Keypoints that agree on one map.
        agreeing: u32,
        mirrored: bool,
        /// Median distance from that map, in thousandths of a pixel at the working side.
        residual_milli: u32,
        /// Whether they agree as exactly as those of copies ([`LocalMatch::is_exact`]).
        exact: bool,
    },
}

impl From<LocalMatch> for ReuseEvidence {
    fn from(found: LocalMatch) -> Self {
        Self::Part {
            agreeing: u32::try_from(found.agreeing).unwrap_or(u32::MAX),
            mirrored: found.mirrored,
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a distance within a picture"
            )]
            residual_milli: (found.residual * 1e3).round() as u32,
            exact: found.is_exact(),
        }
    }
}

impl From<Match> for ReuseEvidence {
    fn from(found: Match) -> Self {
        Self::Near {
            distance: found.distance,
            orientation: found.orientation,
            quality: found.quality,
        }
    }
}

/// One match with what the caller knows about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReuseMatch {
    /// How the finding names the other photo (a claim's number, an opaque id); cut at 128 bytes.
    pub reference: String,
    pub relation: Relation,
    pub evidence: ReuseEvidence,
}

/// Decimal logarithm, in thousandths, of the chance that two different files have the same 256-bit keyed hash.
const SAME_BYTES_FALSE_ALARM_LOG10_MILLI: i32 = -77_000;

/// An upper bound (95 %) of the chance that one pair of different photos is as near as a near match, as a decimal
/// logarithm in thousandths: none of [`NEAR_TEST_PAIRS`] pairs was, and 3 in 83,436 is 10^-4.44.
const NEAR_FALSE_ALARM_LOG10_MILLI: i32 = -4_440;
/// Pairs of different real photos that were compared in all eight orientations: all pairs of 409 (36 grocery products,
/// each with a product picture and ten phone photos, and 13 views of a statue); 2,058 of the pairs show the same
/// product. The nearest pair was 50 bits apart, the nearest two phone photos of one product 56.
const NEAR_TEST_PAIRS: u32 = 83_436;
/// How many of them were near.
const NEAR_TEST_FALSE_ALARMS: u32 = 0;

/// The same bound for kept keypoints that agree exactly ([`LocalMatch::is_exact`]): 3 of 79,003 did, and 7.75 in 79,003
/// is 10^-4.01.
const PART_FALSE_ALARM_LOG10_MILLI: i32 = -4_010;
/// Pairs of different real photos whose kept keypoints were compared: all pairs of 398 of those above. The thresholds
/// were chosen on them and on copies of 40 of them.
const PART_TEST_PAIRS: u32 = 79_003;
/// How many of them agreed exactly: two pairs of product pictures made from one artwork, and one pair of phone photos of
/// one carton from nearly the same place. The same three did when all 83,436 pairs were compared again, with keypoints
/// counted that agree sharply without the rest of the overlap.
const PART_TEST_FALSE_ALARMS: u32 = 3;

/// The findings about one photo from all its matches.
///
/// What a near match cannot tell apart, and why it is only a reason to look: photos by a camera that did not move
/// (rendered pairs are 0 to 8 bits apart, and damage added between them often stays below 31), and the same flat print
/// or product framed alike to within half a degree and one percent (2 of 672 rendered pairs, 26 and 28 bits apart; with
/// the slack of a hand, 0 of 1,344 were below 40).
///
/// * the same bytes in another claim: `reused_photo`, grade exact;
/// * a near fingerprint (distance at most 31, quality at least 50 on both) in another claim: `reused_photo`, grade
///   near. It is weaker, because two photos by a camera that did not move look the same to the hash;
/// * a listing photo (also when other claims have it: their number is given), or the same bytes again by the same person for the same order: `not_a_photo_of_the_damage`;
/// * a part that agrees exactly with a photo of another claim: `reused_photo`, grade near;
/// * a near fingerprint or part by the same person for the same order: nothing. Two shots in a row are what honest people do;
/// * otherwise `low_quality` when the picture is too plain to be compared, else `clear`.
#[must_use]
pub fn reuse_findings(photo: &Fingerprint, matches: &[ReuseMatch]) -> Vec<Finding> {
    let mut relevant: Vec<&ReuseMatch> = matches
        .iter()
        .filter(|found| is_relevant(photo, found))
        .collect();
    relevant.sort_by_key(|found| match found.evidence {
        ReuseEvidence::SameBytes => 0,
        ReuseEvidence::Near { distance, .. } => 1 + distance,
        // After every near photo, those that share more first.
        ReuseEvidence::Part { agreeing, .. } => u32::MAX - agreeing,
    });
    // A photo that is in the listing says nothing about the other claims that show the same listing photo: anybody may
    // have saved it. How many there are stays visible as a number, because a near match cannot tell a saved listing
    // photo from an edited one.
    let is_listing = relevant
        .iter()
        .any(|found| found.relation == Relation::ListingPhoto);
    let elsewhere = relevant
        .iter()
        .filter(|found| found.relation == Relation::OtherClaim)
        .count();
    let mut findings: Vec<Finding> = Vec::new();
    for found in relevant {
        let finding = match found.relation {
            Relation::ListingPhoto => listing_finding(found)
                .with_number("other_claims", i64::try_from(elsewhere).unwrap_or(i64::MAX)),
            Relation::SameOrderSamePerson => repeated_finding(found),
            Relation::OtherClaim if is_listing => continue,
            Relation::OtherClaim => reused_finding(photo, found),
        };
        if findings.len() < MAX_REUSE_FINDINGS && !findings.contains(&finding) {
            findings.push(finding);
        }
    }
    if findings.is_empty() {
        findings.push(if photo.is_comparable() {
            clear_finding()
        } else {
            low_quality_finding(photo)
        });
    }
    findings
}

fn is_relevant(photo: &Fingerprint, found: &ReuseMatch) -> bool {
    match found.evidence {
        ReuseEvidence::SameBytes => true,
        ReuseEvidence::Near {
            distance, quality, ..
        } => {
            found.relation != Relation::SameOrderSamePerson
                && distance <= PDQ_CONFIDENT_DISTANCE
                && photo.is_comparable()
                && quality >= PDQ_MINIMUM_QUALITY
        }
        ReuseEvidence::Part { exact, .. } => {
            found.relation != Relation::SameOrderSamePerson && exact
        }
    }
}

fn reused_finding(photo: &Fingerprint, found: &ReuseMatch) -> Finding {
    let finding = match found.evidence {
        ReuseEvidence::SameBytes => {
            let mut finding = Finding::new(
                FindingCode::ReusedPhoto,
                Grade::Exact,
                "这张照片和另一件申请里用过的照片是同一个文件。",
                "This photo is the same file as a photo used in another claim.",
            );
            finding.false_alarm_log10_milli = Some(SAME_BYTES_FALSE_ALARM_LOG10_MILLI);
            finding
        }
        ReuseEvidence::Near {
            distance,
            orientation,
            quality,
        } => {
            let (zh, en) = if orientation == Orientation::Upright {
                (
                    "这张照片和另一件申请里用过的照片画面几乎相同。",
                    "This photo looks almost the same as a photo used in another claim.",
                )
            } else {
                (
                    "这张照片经过旋转或镜像后，和另一件申请里用过的照片画面几乎相同。",
                    "Turned or mirrored, this photo looks almost the same as a photo used in another claim.",
                )
            };
            let mut finding = Finding::new(
                FindingCode::ReusedPhoto,
                Grade::Near,
                format!(
                    "{zh}在我们的测试里，{NEAR_TEST_PAIRS} 对不同的照片中有 {NEAR_TEST_FALSE_ALARMS} 对这样相近；但相机不动连拍的两张照片会这样相近，请人工对比。"
                ),
                format!(
                    "{en} In our tests, {NEAR_TEST_FALSE_ALARMS} of {NEAR_TEST_PAIRS} pairs of different photos were this alike; but two photos by a camera that did not move are, so compare both by eye."
                ),
            );
            finding.false_alarm_log10_milli = Some(NEAR_FALSE_ALARM_LOG10_MILLI);
            finding
                .with_number("distance", i64::from(distance))
                .with_number("quality", i64::from(photo.quality))
                .with_number("other_quality", i64::from(quality))
        }
        ReuseEvidence::Part {
            agreeing,
            mirrored,
            residual_milli,
            ..
        } => {
            let (zh, en) = if mirrored {
                ("镜像后，", "In a mirror, a")
            } else {
                ("", "A")
            };
            let mut finding = Finding::new(
                FindingCode::ReusedPhoto,
                Grade::Near,
                format!(
                    "{zh}这张照片有一部分和另一件申请里用过的照片位置完全对应（{agreeing} 处）。在我们的测试里，{PART_TEST_PAIRS} 对不同的照片中有 {PART_TEST_FALSE_ALARMS} 对这样对应；但相机不动连拍的照片会这样，请人工对比。"
                ),
                format!(
                    "{en} part of this photo fits exactly on a photo used in another claim ({agreeing} places). In our tests, {PART_TEST_FALSE_ALARMS} of {PART_TEST_PAIRS} pairs of different photos did; but photos by a camera that did not move do, so compare both by eye."
                ),
            );
            finding.false_alarm_log10_milli = Some(PART_FALSE_ALARM_LOG10_MILLI);
            finding
                .with_number("agreeing", i64::from(agreeing))
                .with_number("residual_milli", i64::from(residual_milli))
        }
    };
    finding.with_reference(&found.reference)
}

fn listing_finding(found: &ReuseMatch) -> Finding {
    let (zh, en) = match found.evidence {
        ReuseEvidence::SameBytes => (
            "这张照片就是商品页面上的图片",
            "This photo is a picture from the product page",
        ),
        ReuseEvidence::Near { .. } => (
            "这张照片和商品页面上的图片几乎相同",
            "This photo looks almost the same as a picture from the product page",
        ),
        ReuseEvidence::Part { .. } => (
            "这张照片有一部分和商品页面上的图片完全对应",
            "A part of this photo fits exactly on a picture from the product page",
        ),
    };
    let finding = Finding::new(
        FindingCode::NotAPhotoOfTheDamage,
        Grade::Note,
        format!("{zh}，不能说明收到的商品的情况。请重新拍一张实物照片。"),
        format!(
            "{en}, so it does not tell how the item arrived. Please take a new photo of the item."
        ),
    );
    finding.with_reference(&found.reference)
}

fn repeated_finding(found: &ReuseMatch) -> Finding {
    let finding = Finding::new(
        FindingCode::NotAPhotoOfTheDamage,
        Grade::Note,
        "这张照片在本订单里已经提交过。请重新拍一张能看清问题的照片。",
        "This photo was already sent for this order. Please take a new photo that shows the problem.",
    );
    finding.with_reference(&found.reference)
}

fn low_quality_finding(photo: &Fingerprint) -> Finding {
    Finding::new(
        FindingCode::LowQuality,
        Grade::Note,
        "这张照片的画面细节太少（太模糊、太暗或大面积空白），无法和以前的照片比对。这不说明照片有问题。",
        "This photo has too little detail (blurred, dark or mostly plain) to be compared with earlier photos. That says nothing against the photo.",
    )
    .with_number("quality", i64::from(photo.quality))
}

fn clear_finding() -> Finding {
    Finding::new(
        FindingCode::Clear,
        Grade::Note,
        "没有发现这张照片在其他申请里用过。这不证明商品有损坏，也不证明没有。",
        "This photo was not found in any other claim. That proves neither that there is damage nor that there is none.",
    )
}
