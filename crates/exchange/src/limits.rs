//! Every limit and every period of the exchange, in one place.

/// Seconds of a day.
pub const DAY_S: u64 = 86_400;
/// Days between the notice and the publication, in which whoever sent the photo may reply.
pub const REPLY_DAYS: u32 = 15;
/// Seconds within which a publisher answers a dispute; an item whose publisher is silent is withdrawn.
pub const CORRECTION_S: u64 = 72 * 3_600;
/// Seconds within which the other body decides; an item that it does not decide about is withdrawn.
pub const APPEAL_S: u64 = 30 * DAY_S;
/// Days after which an item expires, disputed or not.
pub const LIFE_DAYS: u32 = 365;
/// Age in seconds of the newest entry of a list from which a member no longer matches with it. A correction therefore
/// works everywhere within this time, also at a member that is cut off from the operator.
pub const MAX_LIST_AGE_S: u64 = CORRECTION_S;
/// Seconds that an entry may lie in a member's future; clocks differ.
pub const MAX_AHEAD_S: u64 = 300;
/// People who confirm that a photo shows nobody.
pub const CONFIRMATIONS: usize = 2;
/// Accepted claims of unrelated people from which a photo that resembles them is no sign of anything.
pub const POISON_ACCEPTED_CLAIMS: u32 = 2;

/// Groups that found an exchange.
pub const MIN_FOUNDING_GROUPS: usize = 3;
/// Members of an exchange.
pub const MAX_MEMBERS: usize = 1_000;
/// Admissions on which a group has voted and that are not decided, from which it opens no further one: nothing closes a question that too
/// few agree with, and nobody is to shut the door to others. About every member there is one question of suspension.
pub const MAX_OPEN_ADMISSIONS_A_GROUP: usize = 50;
/// Items that one group may publish in a day.
pub const MAX_PUBLISHED_A_DAY: u32 = 10_000;
/// Acts of one group that are entered in a day, publications included: nobody fills the log by votes and disputes.
pub const MAX_ACTS_A_DAY: u32 = 20_000;
/// Items of one exchange.
pub const MAX_ITEMS: usize = 16_000_000;

/// Keypoints of an item that it is found by.
pub const MAX_WORDS: usize = 22;
/// Bytes of an item that a find is verified with.
pub const MAX_VERIFICATION_BYTES: usize = 8_192;
/// Bytes of one entry of the log.
pub const MAX_ENTRY_BYTES: usize = 32 * 1_024;
/// Entries of one page of the list.
pub const MAX_PAGE_ENTRIES: usize = 1_000;

/// Threads that read the entries of a page.
pub const MAX_READERS: usize = 16;
/// Entries from which another thread is worth starting.
pub const MIN_ENTRIES_A_READER: usize = 64;

/// Two hashes at this distance or nearer are of the same picture (the PDQ paper, 2019).
pub const PDQ_DISTANCE_MAX: u32 = 31;
/// A hash of lower quality says nothing (the PDQ paper, 2019).
pub const PDQ_QUALITY_MIN: u8 = 50;
/// Bits of a word that name its list.
pub const KEY_BITS: u32 = 24;
/// Fewest bits that lists are named by, in a small index.
pub const KEY_BITS_MIN: u32 = 8;
/// Postings that a list has in the mean, as a power of two, before the lists are made finer.
pub const LIST_POSTINGS_LOG2: u32 = 3;
/// Bits of a word that are compared within a list.
pub const CHECK_BITS: u32 = 24;
/// The least certain bits of a key that are tried both ways.
pub const PROBE_BITS: usize = 6;
/// Bits of the check that may differ.
pub const CHECK_DISTANCE_MAX: u32 = 5;
/// Steps, of 256 a turn, by which the directions of keypoints of one copy may disagree.
pub const TURN_STEPS: u8 = 8;
/// Keypoints that must agree before an item is verified.
pub const VOTES_MIN: u32 = 4;
/// Votes for one item that are looked at.
pub const MAX_VOTES: usize = 512;
/// Keypoints in one list; a longer list is passed over, so that nobody slows the search down by items that are all alike.
pub const MAX_LIST_POSTINGS: usize = 4_096;
/// Items that are verified in one search.
pub const MAX_CANDIDATES: usize = 64;
/// Keypoints of a photo that is searched for.
pub const MAX_QUERY_POINTS: usize = 200;
/// Items from which a segment of the index has tables of blocks; fewer are compared one by one.
pub const MIN_ITEMS_FOR_BLOCKS: usize = 4_096;

/// Hours by which a match lengthens the window in which a person looks.
pub const WINDOW_LENGTHENED_HOURS: u16 = 48;

/// Bytes of a scenario.
pub const MAX_SCENARIO_BYTES: usize = 64 * 1_024;
/// Platforms of a scenario.
pub const MAX_PLATFORMS: u16 = 100;
/// Claims of one scenario, over all platforms and days.
pub const MAX_CLAIMS: u64 = 10_000_000;
