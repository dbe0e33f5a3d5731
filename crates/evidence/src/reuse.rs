//! Was this photo used before? An index of fingerprints in memory, and the findings that follow from its matches.

mod codes;
mod local;
mod verify;

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::finding::{Finding, FindingCode, Grade};
use crate::fingerprint::Fingerprint;
use crate::limits::{
    MAX_INDEX_PHOTOS, MAX_REUSE_FINDINGS, MIN_PHOTOS_FOR_BLOCKS, PDQ_CONFIDENT_DISTANCE,
    PDQ_MINIMUM_QUALITY,
};
use crate::pdq::{Orientation, Pdq};

use codes::Codes;

pub use codes::canonical_descriptor;
pub use local::LocalPrint;
pub use verify::{LocalMatch, verify, verify_side};

/// Blocks that a hash is cut into, of 16 bits each.
const BLOCKS: usize = 16;
/// Values of one block.
const BLOCK_VALUES: usize = 1 << 16;
/// Largest number of differing bits within a block that is enumerated; above it a scan is faster.
const MAX_BLOCK_RADIUS: u32 = 2;
/// No photo.
const NONE: u32 = u32::MAX;

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

#[derive(Clone, Copy)]
struct Slot {
    key: u128,
    hash: Pdq,
    quality: u8,
    live: bool,
    /// Keypoints that it is found by.
    indexed: u8,
}

/// For each block and value, the slots that have it, as chains through `next`.
struct Blocks {
    heads: Vec<u32>,
    next: Vec<[u32; BLOCKS]>,
}

/// All photos of one tenant, searched exactly: the answer is always that of comparing with every photo.
///
/// Multi-index hashing (Norouzi, Punjani, Fleet 2012): two hashes within distance `d` agree in at least one of 16
/// blocks up to `d / 16` bits, so only photos that share a nearby block value are compared. Memory is 120 bytes a
/// photo and, from [`MIN_PHOTOS_FOR_BLOCKS`] photos on, 4 MiB of tables.
///
/// Copies that were cropped, turned by any angle or framed by something else are found by keypoints, in lists of codes
/// ([`ReuseIndex::candidates`]): 12 bytes a keypoint, at most [`INDEXED_KEYPOINTS`](crate::limits::INDEXED_KEYPOINTS)
/// a photo, and 1.5 MiB of tables.
#[derive(Default)]
pub struct ReuseIndex {
    slots: Vec<Slot>,
    free: Vec<u32>,
    /// Free once their keypoints are out of the lists.
    waiting: Vec<u32>,
    by_key: HashMap<u128, u32>,
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
        self.by_key.len()
    }

    /// Whether there is no photo.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_key.is_empty()
    }

    /// Adds a photo, or replaces the one with the same key.
    ///
    /// # Errors
    /// [`IndexFull`] at the limit.
    pub fn insert(&mut self, key: u128, fingerprint: &Fingerprint) -> Result<(), IndexFull> {
        self.remove(key);
        let slot = Slot {
            key,
            hash: fingerprint.hash(),
            quality: fingerprint.quality,
            live: true,
            #[expect(clippy::cast_possible_truncation, reason = "at most INDEXED_KEYPOINTS")]
            indexed: fingerprint.local.indexed() as u8,
        };
        let number = if let Some(number) = self.free.pop() {
            self.slots[number as usize] = slot;
            number
        } else {
            let number = u32::try_from(self.slots.len()).map_err(|_| IndexFull)?;
            if self.slots.len() == MAX_INDEX_PHOTOS {
                return Err(IndexFull);
            }
            self.slots.push(slot);
            number
        };
        self.by_key.insert(key, number);
        if let Some(blocks) = &mut self.blocks {
            blocks.link(number, slot.hash);
        } else if self.len() >= MIN_PHOTOS_FOR_BLOCKS {
            self.build_blocks();
        }
        if slot.indexed > 0 {
            self.codes
                .get_or_insert_default()
                .insert(number, &fingerprint.local);
        }
        Ok(())
    }

    /// Removes a photo; `false` when there was none with this key.
    pub fn remove(&mut self, key: u128) -> bool {
        let Some(number) = self.by_key.remove(&key) else {
            return false;
        };
        let slot = &mut self.slots[number as usize];
        slot.live = false;
        if let Some(blocks) = &mut self.blocks {
            blocks.unlink(number, slot.hash);
        }
        let indexed = usize::from(slot.indexed);
        if indexed == 0 {
            self.free.push(number);
            return true;
        }
        self.waiting.push(number);
        if let Some(codes) = &mut self.codes {
            codes.forget(indexed);
            if codes.is_stale() {
                codes.purge(|photo| self.slots[photo as usize].live);
                self.free.append(&mut self.waiting);
            }
        }
        true
    }

    /// The photos, at most [`LOCAL_CANDIDATES`](crate::limits::LOCAL_CANDIDATES), that share most keypoints with `fingerprint`, best first. Each must be
    /// checked with [`verify`]: a few shared keypoints are often chance.
    #[must_use]
    pub fn candidates(&self, fingerprint: &Fingerprint) -> Vec<Candidate> {
        let Some(codes) = &self.codes else {
            return Vec::new();
        };
        codes
            .search(&fingerprint.local, |photo| self.slots[photo as usize].live)
            .into_iter()
            .map(|shared| Candidate {
                key: self.slots[shared.photo as usize].key,
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

    /// Every photo within `max_distance` bits of any of the eight orientations of `fingerprint`, nearest first, each
    /// photo once with its best orientation.
    ///
    /// The quality of neither photo is looked at here: [`reuse_findings`] does that.
    #[must_use]
    pub fn search(&self, fingerprint: &Fingerprint, max_distance: u32) -> Vec<Match> {
        let radius = max_distance / 16;
        let mut matches = match &self.blocks {
            Some(blocks) if radius <= MAX_BLOCK_RADIUS => {
                self.search_blocks(blocks, fingerprint, max_distance, radius)
            }
            _ => self.scan(fingerprint, max_distance),
        };
        matches.sort_unstable_by_key(|found| (found.distance, found.key));
        matches
    }

    /// Compares with every photo.
    fn scan(&self, fingerprint: &Fingerprint, max_distance: u32) -> Vec<Match> {
        self.slots
            .iter()
            .filter(|slot| slot.live)
            .map(|slot| best_match(slot, fingerprint))
            .filter(|found| found.distance <= max_distance)
            .collect()
    }

    fn search_blocks(
        &self,
        blocks: &Blocks,
        fingerprint: &Fingerprint,
        max_distance: u32,
        radius: u32,
    ) -> Vec<Match> {
        let mut found = HashMap::new();
        for hash in fingerprint.orientations {
            for block in 0..BLOCKS {
                for_each_within(hash.block(block), radius, |value| {
                    let mut number = blocks.heads[block * BLOCK_VALUES + usize::from(value)];
                    while number != NONE {
                        let slot = &self.slots[number as usize];
                        if hash.distance(slot.hash) <= max_distance {
                            found
                                .entry(number)
                                .or_insert_with(|| best_match(slot, fingerprint));
                        }
                        number = blocks.next[number as usize][block];
                    }
                });
            }
        }
        found.into_values().collect()
    }

    fn build_blocks(&mut self) {
        let mut blocks = Blocks {
            heads: vec![NONE; BLOCKS * BLOCK_VALUES],
            next: Vec::new(),
        };
        for (number, slot) in (0_u32..).zip(&self.slots) {
            if slot.live {
                blocks.link(number, slot.hash);
            }
        }
        self.blocks = Some(blocks);
    }
}

impl Blocks {
    fn link(&mut self, number: u32, hash: Pdq) {
        if self.next.len() <= number as usize {
            self.next.resize(number as usize + 1, [NONE; BLOCKS]);
        }
        for block in 0..BLOCKS {
            let head = &mut self.heads[block * BLOCK_VALUES + usize::from(hash.block(block))];
            self.next[number as usize][block] = *head;
            *head = number;
        }
    }

    fn unlink(&mut self, number: u32, hash: Pdq) {
        for block in 0..BLOCKS {
            let after = self.next[number as usize][block];
            let head = &mut self.heads[block * BLOCK_VALUES + usize::from(hash.block(block))];
            if *head == number {
                *head = after;
                continue;
            }
            let mut at = *head;
            while at != NONE {
                let next = &mut self.next[at as usize][block];
                if *next == number {
                    *next = after;
                    break;
                }
                at = *next;
            }
        }
    }
}

/// The best orientation against one photo; the first of equals, so that every way of searching agrees.
fn best_match(slot: &Slot, fingerprint: &Fingerprint) -> Match {
    let mut best = Match {
        key: slot.key,
        distance: u32::MAX,
        orientation: Orientation::Upright,
        quality: slot.quality,
    };
    for (hash, orientation) in fingerprint.orientations.iter().zip(Orientation::ALL) {
        let distance = hash.distance(slot.hash);
        if distance < best.distance {
            best.distance = distance;
            best.orientation = orientation;
        }
    }
    best
}

/// Calls `visit` with every value that differs from `value` in at most `radius` bits (0 to 2).
fn for_each_within(value: u16, radius: u32, mut visit: impl FnMut(u16)) {
    visit(value);
    if radius == 0 {
        return;
    }
    for first in 0..16 {
        let once = value ^ 1 << first;
        visit(once);
        if radius > 1 {
            for second in 0..first {
                visit(once ^ 1 << second);
            }
        }
    }
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
/// one carton from nearly the same place.
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
