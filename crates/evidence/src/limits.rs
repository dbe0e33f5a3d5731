//! Every limit and every published threshold of this crate.

/// Two PDQ hashes at this distance or nearer are of the same picture with high confidence (the PDQ paper, Meta 2019).
pub const PDQ_CONFIDENT_DISTANCE: u32 = 31;
/// A PDQ hash of lower quality says nothing: the picture is too plain or too blurred (the PDQ paper, Meta 2019).
pub const PDQ_MINIMUM_QUALITY: u8 = 50;
/// Bits of a PDQ hash.
pub const PDQ_BITS: u32 = 256;
/// Longest side, in pixels, of the picture that the PDQ blur works on; larger pictures are averaged down first.
pub const PDQ_WORKING_SIDE: usize = 512;

/// Longest side of a picture that can be fingerprinted, in pixels.
pub const MAX_FINGERPRINT_SIDE: u32 = 65_535;
/// Findings about reuse that one photo gets; more references add nothing for a reader.
pub const MAX_REUSE_FINDINGS: usize = 20;
/// Photos in one reuse index.
pub const MAX_INDEX_PHOTOS: usize = 20_000_000;
/// Below this many photos a plain scan is faster than looking up blocks, and needs no tables.
pub const MIN_PHOTOS_FOR_BLOCKS: usize = 4_096;

/// Previews that one request to the child may ask for.
pub const MAX_PREVIEWS: usize = 4;
/// Bytes of a reference to another photo in a finding.
pub const MAX_REFERENCE_BYTES: usize = 128;

/// Longest side, in pixels, of the picture that keypoints are found on.
pub const FEATURE_SIDE: usize = 512;
/// Keypoints of one picture and orientation.
pub const MAX_KEYPOINTS: usize = 800;
/// Longest side, in pixels, of the picture that is registered block by block.
pub const WORKING_SIDE: usize = 640;
/// Longest side, in pixels, of the picture that edits are looked for in.
pub const MASK_SIDE: usize = 1_024;
/// Small pictures are enlarged at most this much for the working sides.
pub const MAX_ENLARGEMENT: usize = 4;
/// Samples drawn at most for one homography.
pub const RANSAC_ITERATIONS_MAX: usize = 2_000;

/// Largest logarithm of a likelihood ratio or of a rate that is told, in thousandths: no test is large enough for more.
pub const LIKELIHOOD_LOG10_MILLI_MAX: i32 = 9_000;
/// Findings that one photo gets in one inspection.
pub const MAX_FINDINGS: usize = 32;
/// Photos of one claim that are inspected together.
pub const MAX_CLAIM_PHOTOS: usize = 24;
/// References (listing photos, stills and frames of the packing record) of one claim.
pub const MAX_REFERENCES: usize = 48;
/// Boxes that one finding names; the overlay has them all.
pub const MAX_BOXES: usize = 16;
/// The version of the checks: it changes whenever the same files can give another answer.
pub const CHECKS_VERSION: &str = "inspect-1";
/// Longest side of a picture whose keypoints can be stored.
pub const MAX_FEATURE_SIDE: usize = 65_535;
/// Keypoints of one picture that can be stored.
pub const MAX_STORED_KEYPOINTS: usize = 4_000;
/// Pictures that one child process holds ready at most: all of one claim.
pub const MAX_HELD_PICTURES: usize = MAX_CLAIM_PHOTOS + MAX_REFERENCES;
/// Pictures that it keeps from one claim to the next; each takes some 12 MB.
pub const MAX_KEPT_PICTURES: usize = 10;
/// A photo whose brightness (but for a hundredth of its pixels on each side) spans fewer of 256 levels shows nothing.
pub const BLANK_LUMA_RANGE: usize = 10;
