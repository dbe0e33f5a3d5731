//! Every limit of the domain, in one place. A limit refuses with a rule and a remedy; nothing is
//! cut off silently.

/// Events of one case. A case that reaches this is not a case any more; open another.
pub const EVENTS_PER_CASE_MAX: u64 = 10_000;
/// Repairs of one case.
pub const WORK_ORDERS_PER_CASE_MAX: usize = 32;
/// Claims of one case.
pub const CLAIMS_PER_CASE_MAX: usize = 32;
/// Pieces of evidence of one claim, both sides together.
pub const EVIDENCE_PER_CLAIM_MAX: usize = 40;
/// Photos and clips of one work order, everybody's together.
pub const EVIDENCE_PER_WORK_ORDER_MAX: usize = 40;
/// Voice notes about the claims of a case that one side sends.
pub const VOICE_PER_PARTY_MAX: usize = 40;
/// Pieces of evidence in one command.
pub const EVIDENCE_PER_COMMAND_MAX: usize = 20;
/// Offers of one work order.
pub const OFFERS_PER_WORK_ORDER_MAX: usize = 200;
/// Quotes of one work order.
pub const QUOTES_PER_WORK_ORDER_MAX: u32 = 20;
/// Payments of one work order, and sums of them that went back.
pub const PAYMENTS_PER_WORK_ORDER_MAX: usize = 20;
/// Lines of one quote.
pub const QUOTE_LINES_MAX: usize = 50;
/// Parts named in one wait.
pub const PARTS_MAX: usize = 50;
/// Codes of what was done in one repair.
pub const ACTIONS_MAX: usize = 10;
/// Pieces of one part that a visit takes.
pub const PARTS_EACH_MAX: u32 = 100_000;
/// Old parts of one name that come back from one visit; more than that are no pieces with a number.
pub const CORES_OF_PART_MAX: usize = 50;
/// Settlement offers of one claim: more would be a way to put off the review.
pub const SETTLEMENT_OFFERS_MAX: u32 = 3;
/// Freight that a merchant can state when it contests a paid refund: 10,000 yuan.
pub const FREIGHT_FEN_MAX: crate::money::Fen = crate::money::Fen(1_000_000);
/// Offers of the claimant on one claim.
pub const COUNTER_OFFERS_MAX: u32 = 3;
/// Times a machine asks for a new photo in one claim; after that only a human does.
pub const AUTOMATIC_PHOTO_REQUESTS_MAX: u32 = 1;
/// Digits of the code that a photo on request shows.
pub const CHALLENGE_CODE_DIGITS: usize = 4;
/// Digits that draw a request: the code, the side, the sign of the hand.
pub const CHALLENGE_DIGITS: usize = CHALLENGE_CODE_DIGITS + 2;
/// How long a request can be answered, in milliseconds: ten minutes, enough for paper, pen and a slow upload.
pub const CHALLENGE_MS: i64 = 10 * crate::time::MINUTE_MS;
/// Requests that can be drawn for one claim: with ever more draws one would come that a picture at hand fits.
pub const CHALLENGES_PER_CLAIM_MAX: u32 = 10;
/// How long what a side added last is there for the other side before a decision may use it, in milliseconds: a day.
pub const HEARING_MS: i64 = crate::time::DAY_MS;
/// The same where the rule pack gives the sides less than that to add evidence: two hours.
pub const HEARING_SHORT_MS: i64 = 2 * crate::time::HOUR_MS;
/// How often one side can make the decision of a review wait by saying something new: with no end to it there would be no
/// decision.
pub const HEARINGS_PER_SIDE_MAX: usize = 3;
/// How long a clock stands still at most when somebody holds it, in milliseconds: a week, then it runs on by itself.
pub const HOLD_MS_MAX: i64 = 7 * crate::time::DAY_MS;
/// The same for a claim about perishable goods: a night.
pub const HOLD_PERISHABLE_MS_MAX: i64 = 12 * crate::time::HOUR_MS;
/// How often one clock of a claim can be held by hand: with no end to it there would be no decision.
pub const HOLDS_PER_CLAIM_CLOCK_MAX: u32 = 3;
/// Likenesses to photos that were judged forged elsewhere, of one claim: more of them would say nothing else.
pub const ELSEWHERE_PER_CLAIM_MAX: usize = 100;
/// How much longer, in hours, a look can take because of them: two days.
pub const LOOK_LONGER_HOURS_MAX: u16 = 48;
/// People who find that a photo shows nobody before it goes into the list of an exchange.
pub const SHARING_LOOKS: usize = 2;
/// How long whoever sent a photo has to reply before it goes there, in milliseconds: fifteen days.
pub const SHARING_REPLY_MS: i64 = 15 * crate::time::DAY_MS;
/// Replies about one photo.
pub const SHARING_REPLIES_MAX: u32 = 5;
/// Citations of one decision.
pub const CITATIONS_MAX: usize = 50;
/// Findings of one piece of evidence.
pub const FINDINGS_PER_EVIDENCE_MAX: usize = 100;
/// Sentences about what of one file was not looked at.
pub const NOTES_PER_EVIDENCE_MAX: usize = 10;
/// Boxes of one finding.
pub const BOXES_PER_FINDING_MAX: usize = 64;
/// Numbers of one finding.
pub const NUMBERS_PER_FINDING_MAX: usize = 64;
/// Characters of the sentence of a finding.
pub const FINDING_CHARS_MAX: usize = 1_000;
/// Characters of a short text (a code, a skill, a reference, a reason in the clear).
pub const SHORT_TEXT_CHARS_MAX: usize = 200;
/// Bytes of a sealed text (a statement, reasons): about 20,000 Chinese characters.
pub const SEALED_TEXT_BYTES_MAX: usize = 64 * 1024;
/// Corrections of the phone number of one case: each sends a message to a number that nobody has shown to be theirs.
pub const PHONE_CORRECTIONS_MAX: u32 = 5;
/// Purposes in a privacy notice.
pub const PURPOSES_MAX: usize = 20;
/// Other times that a customer is asked to choose from.
pub const VISIT_TIMES_MAX: usize = 10;
/// Length of a visit window in milliseconds: three days.
pub const WINDOW_MS_MAX: i64 = 3 * crate::time::DAY_MS;
/// The longest wish, in milliseconds, that is a chosen time and is agreed on when somebody accepts it: four hours. A longer
/// one says what suits, and a time within it is asked for.
pub const CHOSEN_WINDOW_MS_MAX: i64 = 4 * crate::time::HOUR_MS;
/// How far ahead a visit may be planned, in milliseconds: one year.
pub const WINDOW_AHEAD_MS_MAX: i64 = 366 * crate::time::DAY_MS;
/// The longest allowance of a clock, in milliseconds: ten years (a long work warranty).
pub const ALLOWANCE_MS_MAX: i64 = 3_660 * crate::time::DAY_MS;
/// Days that one calendar computation may look at: a hundred years. A calendar without any opening
/// hours is noticed instead of searched for ever.
pub const CALENDAR_SCAN_DAYS_MAX: i64 = 36_600;
/// Opening spans of one weekday.
pub const SPANS_PER_DAY_MAX: usize = 8;
/// Bytes of one file of a law pack or of a rule pack.
pub const LAW_TEXT_BYTES_MAX: usize = 1024 * 1024;
/// Rows of one file of a law pack.
pub const LAW_ROWS_MAX: usize = 5_000;
/// Characters of what a row of law says.
pub const LAW_WORDS_CHARS_MAX: usize = 500;
/// Acts of one matter that is qualified.
pub const ACTS_MAX: usize = 1_000;
/// Things that are counted on one piece of evidence.
pub const COUNTS_PER_READING_MAX: usize = 20;
/// Rules of one pack.
pub const PACK_RULES_MAX: usize = 500;
/// Conditions of one rule.
pub const PREDICATES_PER_RULE_MAX: usize = 20;
/// Technicians asked at once for one work order: more would mostly learn that they were too late.
pub const OFFERS_AT_ONCE_MAX: u8 = 5;
/// A part of the price, in percent, above which a reviewer's partial refund counts as a refund without return.
pub const PARTIAL_PERCENT_MAX: i64 = 50;
/// The largest amount of a tariff: 10,000 yuan for a visit or a kilometer.
pub const TARIFF_FEN_MAX: crate::money::Fen = crate::money::Fen(1_000_000);
/// Kinds of visits, and beginnings of codes, of a tariff.
pub const TARIFF_CODES_MAX: usize = 50;
