//! Every limit of this crate.

/// Characters of one address that are read; what follows is kept as text but holds no more divisions.
pub const MAX_SCANNED_CHARS: usize = 240;

/// Bytes of one line of input; a longer one is refused by the commands.
pub const MAX_LINE_BYTES: usize = 256 * 1_024;

/// Names found in one address that are weighed; an address of people has some twenty.
pub const MAX_MATCHES: usize = 160;

/// Candidates of one address that are kept for comparison.
pub const MAX_CANDIDATES: usize = 4_096;

/// Bytes of one patch file.
pub const MAX_PATCH_BYTES: usize = 1 << 20;

/// Steps along successors; the longest chain of the tables has seven.
pub const MAX_SUCCESSIONS: usize = 32;

/// Lines of a pasted list that the linter reads.
pub const MAX_LIST_LINES: usize = 100_000;

/// Characters of the name of a division in a patch; the longest of the tables has 15.
pub const MAX_NAME_CHARS: usize = 30;
