//! Every limit of the exchange's commands and of its operator, in one place.

use std::time::Duration;

/// The key of an operator's list.
pub(super) const KEY_FILE: &str = "exchange-key";
/// What an operator signed last, outside its database.
pub(super) const LIST_CHECKPOINT_FILE: &str = "checkpoint";

/// Seconds after which an operator says that it is there when nothing happened. Members match for 72 hours after the newest
/// entry.
pub(super) const BEAT_EVERY_S: u64 = 3_600;
/// How often it looks whether it has to.
pub(super) const LOOK_EVERY: Duration = Duration::from_secs(30);
/// How often witnesses are asked, when something new was entered.
pub(super) const COSIGN_EVERY: Duration = Duration::from_secs(1);
/// Questions about own photos that an operator answers in a minute, all askers together.
pub(super) const QUERIES_A_MINUTE_MAX: u32 = 120;
/// Pages of the list that an operator reads out to one member in a minute: 600,000 entries.
pub(super) const PAGES_A_MINUTE_MAX: u32 = 600;
/// Acts of one member that an operator takes in a minute; a group has 20,000 a day.
pub(super) const ACTS_A_MINUTE_MAX: u32 = 1_200;
/// Requests in a minute that no member signed, or that were carried out before, all askers together and of each kind.
pub(super) const OTHERS_A_MINUTE_MAX: u32 = 6_000;
/// Bytes of a file with the members that found an exchange.
pub(super) const SEATS_BYTES_MAX: u64 = 1024 * 1024;
/// Bytes of the file with the steps before a publication.
pub(super) const DOSSIER_BYTES_MAX: u64 = 64 * 1024;
/// Replies that such a file holds.
pub(super) const REPLIES_MAX: usize = 100;
/// Characters of what a file calls somebody.
pub(super) const NAME_CHARS_MAX: usize = 100;
/// Bytes of a small file in a member's folder.
pub(super) const MEMBER_FILE_BYTES_MAX: u64 = 64 * 1024;
/// Acts that wait to be delivered.
pub(super) const WAITING_MAX: usize = 10_000;
/// Characters of an operator's answer that are repeated to whoever asked.
pub(super) const ANSWER_CHARS_MAX: usize = 500;
