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
pub const MAX_INDEX_PHOTOS: usize = 16_000_000;
/// Below this many photos a plain scan is faster than looking up blocks, and needs no tables.
pub const MIN_PHOTOS_FOR_BLOCKS: usize = 4_096;

/// Keypoints of a photo that a fingerprint keeps.
pub const LOCAL_KEYPOINTS: usize = 200;
/// Keypoints of a photo that it is found by. With about 8 bytes each that is, hash and key included, below 300 bytes a
/// photo.
pub const INDEXED_KEYPOINTS: usize = 22;
/// Smallest scale, in pixels at [`WORKING_SIDE`], of a keypoint that a photo is found by.
pub const INDEXED_SCALE_MIN: f32 = 2.2;
/// Lists that one keypoint is looked for in.
pub const LOCAL_PROBES: usize = 24;
/// Nearest keypoints of other photos that one keypoint votes for.
pub const LOCAL_NEAREST: usize = 24;
/// Keypoints that one search compares with at most: what bounds its time.
pub const LOCAL_CHECKS_MAX: usize = 12_000_000;
/// Largest squared distance of codes that is a vote; unrelated descriptors are some 250,000 apart.
pub const LOCAL_CODE_DISTANCE_MAX: u32 = 80_000;
/// A descriptor whose sides differ less than this is looked for in its mirror image too.
pub const LOCAL_SIDE_MARGIN: f32 = 0.08;
/// Photos that are checked keypoint by keypoint in one search.
pub const LOCAL_CANDIDATES: usize = 64;
/// Distance in pixels at [`WORKING_SIDE`] within which kept keypoints agree on a map.
pub const LOCAL_TOLERANCE: f64 = 3.0;
/// Kept keypoints that must agree.
pub const LOCAL_AGREEING_MIN: usize = 8;
/// Largest median distance, in thousandths of a pixel, of kept keypoints that agree exactly.
pub const LOCAL_RESIDUAL_MAX_MILLI: u32 = 900;
/// Smallest share of the overlap, in thousandths, in which kept keypoints agree.
pub const LOCAL_COVERAGE_MIN_MILLI: u32 = 720;
/// Kept keypoints that must agree where the rest of the overlap does not. Six of 124 rendered copies are told by this
/// alone, at most 0.114 pixels and 0.001 off; of 1,558 pairs of different photos the nearest was 0.166 and 0.0015 off.
pub const LOCAL_SHARP_AGREEING_MIN: usize = 12;
/// See [`LOCAL_SHARP_AGREEING_MIN`]: largest median distance in thousandths of a pixel.
pub const LOCAL_SHARP_RESIDUAL_MAX_MILLI: u32 = 120;
/// See [`LOCAL_SHARP_AGREEING_MIN`]: largest perspective in thousandths of the agreeing region.
pub const LOCAL_SHARP_PERSPECTIVE_MAX_MILLI: u32 = 1;
/// Largest perspective, in thousandths of the agreeing region, of kept keypoints that agree exactly.
pub const LOCAL_PERSPECTIVE_MAX_MILLI: u32 = 6;

/// Previews that one request to the child may ask for.
pub const MAX_PREVIEWS: usize = 4;
/// Bytes of a reference to another photo in a finding.
pub const MAX_REFERENCE_BYTES: usize = 128;

/// Shorter side, in pixels, below which the blind checks have too little to go by.
pub const MIN_BLIND_SIDE: usize = 160;
/// Boxes that one blind hint names.
pub const MAX_BLIND_BOXES: usize = 8;
/// Frequencies of the zigzag order that are looked at for a first compression.
pub const DOUBLE_FREQUENCIES: usize = 10;
/// Largest step of a first compression that is tried.
pub const MAX_DOUBLE_STEP: i32 = 120;
/// The first compression's step must be this much coarser than the last one's; otherwise it leaves too little.
pub const DOUBLE_STEP_RATIO: f64 = 1.3;
/// Log likelihood, in nats, that a frequency must gain from a first compression.
pub const DOUBLE_GAIN_NATS: f64 = 100.0;
/// Share of the evidence that is believed: coefficients of a block and neighboring blocks are not independent.
pub const DOUBLE_TEMPER: f64 = 0.4;
/// A part counts as compressed once below this decimal logarithm of the number of false alarms. None of 144 rendered
/// photos saved twice without an edit and of 48 saved once was flagged; 68 of 72 painted in between were.
pub const DOUBLE_LOCAL_LOG10: f64 = -4.0;
/// When more of the photo than this share was compressed once, there is no rest to compare it with.
pub const DOUBLE_MAX_SHARE: f64 = 0.5;
/// A part has a block grid of its own below this decimal logarithm of the number of false alarms. Without the rules on
/// the rest of the photo, honest photos resized by a few percent after a coarse save reach -11.3. With all rules none of
/// 24 rendered photos in 60 honest ways (cropped, toned, resized or blurred between two saves) and of 409 real ones was
/// flagged; of parts of 80 to 208 pixels from a file of quality 75, 18 to 21 of 24 were, after a last save at 90 or
/// more, and 4 of 24 after one at 80. These rules were chosen on the same rendered photos.
pub const GRID_LOG10: f64 = -12.0;
/// Windows of the same origin with this share of the best one's logarithm belong to the part.
pub const GRID_PART_SHARE: f64 = 0.6;
/// A window of the same origin below this elsewhere says that the grid is the picture's own: cropped between two saves.
pub const GRID_SAME_LOG10: f64 = 0.0;
/// A window of any other foreign origin below this elsewhere says that the picture was resized between two saves.
pub const GRID_DRIFT_LOG10: f64 = -2.0;
/// Evidence in nats of the same origin in all the rest of the photo above which the grid is the picture's own.
pub const GRID_OUTSIDE: f64 = 15.0;
/// The second strongest origin of a window may have this share of the evidence of the strongest.
pub const GRID_RUNNER_UP: f64 = 0.5;
/// When more of the photo than this share has the other grid, it is the picture's own.
pub const GRID_MAX_SHARE: f64 = 0.3;
/// Mean step of the six lowest frequencies of the last save above which nothing is seen of an older grid.
pub const GRID_COARSE_STEPS: f64 = 6.0;
/// Evidence in nats of any grid in a picture that is no JPEG, below which it has none that could differ.
pub const GRID_VISIBLE: f64 = 20.0;
/// Longest side of a thumbnail, in pixels; larger ones are previews of another kind.
pub const MAX_THUMBNAIL_SIDE: u32 = 2_048;
/// Correlation from which the thumbnail shows the whole photo.
pub const THUMBNAIL_SAME: f64 = 0.9;
/// Correlation below which no turn and no crop explains the thumbnail. Chosen, not fitted: no benchmark has it yet.
pub const THUMBNAIL_OTHER: f64 = 0.6;
/// A thumbnail or photo whose brightness deviates less than this is too plain to compare.
pub const THUMBNAIL_PLAIN: f64 = 8.0;
/// A place differs when its mean brightness is this far off, in gray levels, and this many robust deviations.
pub const THUMBNAIL_LOCAL_DIFFERENCE: f64 = 18.0;
/// See [`THUMBNAIL_LOCAL_DIFFERENCE`].
pub const THUMBNAIL_LOCAL_SIGMAS: f64 = 10.0;

/// Keypoints of a photo that are matched among themselves.
pub const COPY_KEYPOINTS: usize = 2_000;
/// A copy is at least this far from its origin, in pixels at [`MASK_SIDE`].
pub const COPY_MIN_SHIFT: f32 = 24.0;
/// Squared distance of two descriptors up to which they are alike.
pub const COPY_LIKENESS: u32 = 40_000;
/// Distance of the nearest descriptor over that of the second nearest up to which a pair stands out.
pub const COPY_RATIO: f64 = 0.7;
/// Pixels by which a pair may miss the shared map.
pub const COPY_TOLERANCE: f64 = 2.5;
/// Pairs that must share a map.
pub const COPY_PAIRS: usize = 4;
/// Decimal logarithm of the number of chance maps up to which a shared map is looked at.
pub const COPY_LOG10: f64 = -3.0;
/// Correlation of a window with its copy from which it belongs to the copied part.
pub const COPY_CORRELATION: f64 = 0.9;
/// Correlation of the whole part with its copy, after the map was refined, from which it is a copy. Packs of one
/// product on one shelf reach 0.957.
pub const COPY_EXACT: f64 = 0.96;
/// The same for the finest detail: of 34 photos of shelves the highest, two packs of one product, has 0.795. Copies
/// within photos of 348 pixels have 0.90 and more when saved at quality 95, and 0.78 to 0.87 at quality 80.
pub const COPY_FINE: f64 = 0.83;
/// Pixels at [`MASK_SIDE`] that a copied part has at least.
pub const COPY_AREA: usize = 400;
/// Share of the picture without any noise from which it is a screenshot or a drawing, where the same icon or word
/// stands twice to the pixel.
pub const COPY_DRAWN: f64 = 0.35;

/// A part counts as resized below this decimal logarithm of the number of false alarms.
pub const RESAMPLED_LOG10: f64 = -12.0;
/// Evidence in nats that each axis must have by itself: stripes have it along one only.
pub const RESAMPLED_AXIS_NATS: f64 = 6.0;
/// Mean step of the last save's luma table above which nothing is left: about quality 95.
pub const RESAMPLED_COARSE_STEPS: f64 = 6.5;
/// Agreement of the phases of all strips of a part, of 1, along the axis where they agree less.
pub const RESAMPLED_COHERENCE: f32 = 0.75;
/// Any period elsewhere below this decimal logarithm of the number of false alarms, and below this share of the part's,
/// leaves no answer.
pub const RESAMPLED_ELSEWHERE_LOG10: f64 = -2.0;
/// See [`RESAMPLED_ELSEWHERE_LOG10`].
pub const RESAMPLED_ELSEWHERE_SHARE: f64 = 0.2;
/// When more of the photo than this share has the period, it is the picture's own.
pub const RESAMPLED_MAX_SHARE: f64 = 0.3;
/// Mean evidence in nats for the same period in the rest of the photo above which it is the picture's own; 2 is chance.
pub const RESAMPLED_OUTSIDE_NATS: f64 = 3.5;
/// Windows with this share of the best one's logarithm belong to the part.
pub const RESAMPLED_PART_SHARE: f64 = 0.4;
/// Mean second difference, in gray levels, below which a photo is too plain.
pub const RESAMPLED_PLAIN: f64 = 0.5;

/// Grain (3.6 times the deviation of white noise, in gray levels) up to which a block has none.
pub const NOISE_QUIET: f32 = 0.8;
/// Grain from which a block of the rest of the photo has some, and from which one as bright as the part has.
pub const NOISE_GRAINY: f32 = 2.5;
/// See [`NOISE_GRAINY`].
pub const NOISE_ALIKE: f32 = 2.0;
/// Share of all blocks that must have grain: a soft photo gives no answer.
pub const NOISE_PHOTO_SHARE: f64 = 0.9;
/// Share of the blocks as bright as the part that must have grain.
pub const NOISE_GRAINY_SHARE: f64 = 0.97;
/// Blocks that must be there to compare with.
pub const NOISE_COMPARED: usize = 300;
/// Blocks of a part: 24 of 64 pixels.
pub const NOISE_PART_BLOCKS: usize = 24;
/// Share of blocks without grain outside such parts from which the photo is soft by itself.
pub const NOISE_QUIET_ELSEWHERE: f64 = 0.01;
/// Share of the photo without grain above which it is a screenshot, a drawing or a softened photo.
pub const NOISE_MAX_SHARE: f64 = 0.2;
/// Gray levels from black and from white that are not compared.
pub const NOISE_CLIPPED: u8 = 16;

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
pub const CHECKS_VERSION: &str = "inspect-9";
/// Longest side of a picture whose keypoints can be stored.
pub const MAX_FEATURE_SIDE: usize = 65_535;
/// Keypoints of one picture that can be stored.
pub const MAX_STORED_KEYPOINTS: usize = 4_000;
/// Pictures that one child process holds ready at most: all of one claim of photos. A clip counts as
/// [`CLIP_PICTURES`]; a photo is compared with as many as fit beside it, references first, and of the others it is said
/// that they were left out.
pub const MAX_HELD_PICTURES: usize = MAX_CLAIM_PHOTOS + MAX_REFERENCES;
/// Pictures that it keeps from one claim to the next; each takes some 12 MB.
pub const MAX_KEPT_PICTURES: usize = 10;
/// A photo whose brightness (but for a hundredth of its pixels on each side) spans fewer of 256 levels shows nothing.
pub const BLANK_LUMA_RANGE: usize = 10;

/// A match counts when its distance is less than this share of the second nearest (Lowe 2004, §7.1).
pub const MATCH_RATIO: f64 = 0.8;
/// Fewer matched keypoints than this say nothing.
pub const MIN_MATCHES: usize = 6;
/// Matched keypoints that must agree on one map for a pair to be compared block by block; of 1,486 unrelated pairs none
/// had more than 7.
pub const MIN_INLIERS: usize = 8;
/// With so many the mirror is not tried.
pub const MIRROR_SKIPPED_INLIERS: usize = 40;
/// Tight tolerance of a matched keypoint in thousandths of a pixel at a longer side of 1,024; half a pixel is added.
pub const TIGHT_TOLERANCE_MILLI: u32 = 3_000;
/// Loose tolerance of a matched keypoint in thousandths of a pixel at a longer side of 1,024.
pub const LOOSE_TOLERANCE_MILLI: u32 = 10_000;
/// Smallest factor by which areas change from the claim to the listing.
pub const MIN_AREA_FACTOR: f64 = 2e-3;
/// Largest factor by which areas change from the claim to the listing.
pub const MAX_AREA_FACTOR: f64 = 500.0;

/// Pictures that are taken from one clip.
pub const CLIP_PICTURES: usize = 6;
/// References that one photo is searched for edits against: the firmest ones.
pub const MAX_LOCALIZED_REFERENCES: usize = 4;
/// JPEG quality of a reference that is shown under a photo.
pub const ALIGNED_QUALITY: u8 = 80;
