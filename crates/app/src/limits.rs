//! Every limit of the use cases, in one place.

/// Photos that one request may bring.
pub const PHOTOS_PER_REQUEST_MAX: usize = 9;
/// Bytes of one photo.
pub const PHOTO_BYTES_MAX: usize = aftercare_media::limits::MAX_PHOTO_BYTES;
/// Bytes of one clip: half a minute of full high definition, and room for the rest of its form in one request.
pub const CLIP_BYTES_MAX: usize = 48 * 1024 * 1024;
/// How long one clip may last, in milliseconds: an inspection looks at six pictures, which say nothing about an hour.
pub const CLIP_MS_MAX: u64 = 10 * 60 * 1_000;
/// How long a clip on request may last, in milliseconds: long enough for a code, a sign and a side.
pub const CHALLENGE_CLIP_MS_MAX: u64 = 60 * 1_000;
/// Bytes of one voice note of a message, and how long it may last, in milliseconds: somebody listens to it, and longer ones are told
/// on the telephone.
pub const VOICE_BYTES_MAX: usize = 10 * 1024 * 1024;
pub const VOICE_MS_MAX: u64 = 5 * 60 * 1_000;
/// Clips that are read at once; others wait.
pub const CLIPS_AT_ONCE: usize = 2;
/// Time that a clip may take in the decoder, in milliseconds; after that it is kept unread.
pub const SCREEN_CLIP_MS_MAX: u64 = 40_000;
/// How far ahead of ours the clock of a device may be that tells when something was done, in milliseconds.
pub const TOLD_AHEAD_MS_MAX: i64 = 5 * 60 * 1_000;
/// How long ago something may have been done that a device was without a network for, in milliseconds.
pub const TOLD_BEHIND_MS_MAX: i64 = 7 * 24 * 60 * 60 * 1_000;
/// What was done less than so long ago was done now, in milliseconds.
pub const TOLD_APART_MS_MIN: i64 = 60 * 1_000;
/// Photos that one case may hold.
pub const PHOTOS_PER_CASE_MAX: usize = 60;
/// Characters of a free text (a fault, a statement, reasons).
pub const TEXT_CHARS_MAX: usize = 4_000;
/// Characters of a name.
pub const NAME_CHARS_MAX: usize = 60;
/// Characters of an address.
pub const ADDRESS_CHARS_MAX: usize = 200;
/// How often a command is decided again when somebody else was faster.
pub const CONFLICT_RETRIES_MAX: u32 = 8;
/// Rows of one page of a list.
pub const PAGE_ROWS_MAX: u32 = 200;
/// Rows of a page when none is asked for.
pub const PAGE_ROWS_DEFAULT: u32 = 50;
/// Timers and jobs handled in one turn of the worker.
pub const JOBS_PER_TURN_MAX: u32 = 64;
/// How long a case is left alone whose clock could not be handled, in milliseconds: the clocks of others go on meanwhile.
pub const CLOCK_RESTS_MS: i64 = 60 * 1_000;
/// Cases that are left alone so at the same time.
pub const CASES_RESTING_MAX: usize = 10_000;
/// Digits of the code that goes with a tracking link.
pub const ACCESS_CODE_DIGITS: usize = 6;
/// Longest side of a preview in pixels.
pub const PREVIEW_SIDE_MAX: u32 = 1_280;
/// Time a photo may take in the decoder, in milliseconds.
pub const SCREEN_PHOTO_MS_MAX: u64 = 20_000;
/// Time that reading a file's marks may take, in milliseconds; tenths of a second are usual for the largest.
pub const READ_MARKS_MS_MAX: u64 = 10_000;
/// Time that one request of an inspection may take in the child, in milliseconds: loading a picture, or comparing a
/// photo with everything in its claim.
pub const INSPECT_REQUEST_MS_MAX: u64 = 60_000;
/// Time that the photos of one claim may take in all, in milliseconds.
pub const INSPECT_CLAIM_MS_MAX: u64 = 120_000;
// Nobody else takes it up meanwhile, and a minute is left to write down what was found.
const _: () =
    assert!(INSPECT_CLAIM_MS_MAX + 60_000 <= aftercare_store::limits::JOB_LEASE_MS.cast_unsigned());
/// Photos that are inspected together: a claim with more is inspected in several rounds.
pub const INSPECTED_PHOTOS_MAX: usize = aftercare_evidence::limits::MAX_CLAIM_PHOTOS;
/// Photos of technicians among them, the latest.
pub const VISIT_PHOTOS_MAX: usize = 8;
/// Packing photos that a claim's photos are compared with; of more, the latest.
pub const PACKING_PHOTOS_MAX: usize = 20;
/// Photos and clips of one packing record: two minutes with a picture every two seconds.
pub const PACKING_PIECES_MAX: u32 = 60;
/// Packing records of one order: parcels, and what was begun again.
pub const PACKING_RECORDS_MAX: usize = 50;
/// Packing records that a list shows, the latest first.
pub const PACKING_LISTED_MAX: u32 = 20;
/// Serial numbers of one parcel.
pub const PACKING_SERIALS_MAX: usize = 200;
/// How long a packing record takes something more after it was begun, in milliseconds: a long shift.
pub const PACKING_OPEN_MS: i64 = 12 * 60 * 60 * 1_000;
/// Digits that a packing record begins with: few enough for a slip of paper or a second screen.
pub const PACKING_NONCE_DIGITS: usize = 8;
/// The heaviest parcel, in grams: a ton.
pub const PARCEL_G_MAX: u32 = 1_000_000;
/// Photos of other listings that a claim's photos are compared with, the nearest first.
pub const OTHER_LISTING_PHOTOS_MAX: usize = 8;
/// Time that a quick check may take, in milliseconds.
pub const QUICK_CHECK_MS_MAX: u64 = 45_000;
/// Reference photos of a quick check.
pub const QUICK_CHECK_REFERENCES_MAX: usize = 8;
/// Longest side of a picture that a quick check shows, in pixels.
pub const QUICK_CHECK_SIDE_MAX: u32 = 1_024;
/// Hamming distance up to which two fingerprints count as near (PDQ paper: confident at 31).
pub const NEAR_DISTANCE_MAX: u32 = 31;
/// Earlier photos that one photo is held against by who sent them, the same files and the nearest first: a packing station
/// makes thousands that are alike.
pub const ALIKE_PHOTOS_MAX: usize = 200;
/// Fingerprints that are read from the store at once; each has 8 kilobytes.
pub const FINGERPRINTS_PER_READ: u32 = 1_000;
/// Fingerprints that are made again in one turn: each takes as long as reading a photo.
pub const MENDED_PER_TURN: usize = 4;
/// Bytes of a receipt that somebody has checked: ours have a few thousand.
pub const RECEIPT_BYTES_MAX: usize = 64 * 1024;
/// How long the photos of a form that came back are kept, in milliseconds.
pub const SAVED_MS: i64 = 60 * 60 * 1_000;
/// Bytes of them, sealed, that this process holds, of all senders together.
pub const SAVED_BYTES_MAX: usize = 320 * 1024 * 1024;
/// Bytes of them of one sender, an address or a claimant: those of one request, and what sealing adds.
pub const SAVED_OF_ONE_BYTES_MAX: usize = 80 * 1024 * 1024;
/// Bytes of a piece of a photo that goes ahead of its form.
pub const PIECE_BYTES_MAX: usize = 1024 * 1024;
/// Pieces that a photo or a clip is made of at most.
pub const PIECES_OF_PHOTO_MAX: usize = 512;
/// Forms whose photos are held, of all senders together.
pub const SAVED_FORMS_MAX: usize = 4_096;
/// How many of them may be of one sender.
pub const SAVED_FORMS_OF_ONE_MAX: usize = 16;
/// Days a fingerprint is kept after its photo came.
pub const FINGERPRINT_DAYS: i64 = 365;

/// How long a one-time link works, in milliseconds.
pub const INVITE_MS: i64 = 24 * 60 * 60 * 1_000;
/// Characters of a login.
pub const LOGIN_CHARS_MAX: usize = 64;
/// Characters of a password, at least.
pub const PASSWORD_CHARS_MIN: usize = 10;
/// Characters of a password, at most: hashing a book is no protection.
pub const PASSWORD_CHARS_MAX: usize = 200;
/// Wrong passwords in a row before an account is locked for a while.
pub const SIGN_IN_FAILURES_MAX: u32 = 5;
/// How long it is locked, in milliseconds.
pub const SIGN_IN_LOCK_MS: i64 = 15 * 60 * 1_000;
/// Passwords hashed or checked at once: each takes 19 MiB.
pub const PASSWORDS_AT_ONCE: usize = 2;
/// A refused sign-in is answered no sooner than this, in milliseconds.
pub const REFUSAL_MS: u64 = 250;
/// Wrong codes before a case link is locked for a while, also with right ones in between.
pub const CODE_FAILURES_MAX: u32 = 5;
/// How long a session lasts without a request, in milliseconds.
pub const SESSION_IDLE_MS: i64 = 12 * 60 * 60 * 1_000;
/// How long a session lasts at most, in milliseconds.
pub const SESSION_MS: i64 = 7 * 24 * 60 * 60 * 1_000;
/// How often the last use of a session is written, in milliseconds.
pub const SESSION_TOUCH_MS: i64 = 5 * 60 * 1_000;
/// Tokens of programs per tenant.
pub const API_TOKENS_MAX: usize = 100;
/// Bytes of an import.
pub const IMPORT_BYTES_MAX: usize = 20 * 1024 * 1024;
/// Rows of an import.
pub const IMPORT_ROWS_MAX: usize = 50_000;
/// Wrong rows that an import lists.
pub const IMPORT_ERRORS_MAX: usize = 100;
/// Rows of which a look at a file says what would come of them.
pub const IMPORT_PLANNED_MAX: usize = 100;
/// Unknown headings that an import names.
pub const IMPORT_COLUMNS_MAX: usize = 50;
/// Listing photos that stand at once for a product.
pub const LISTING_PHOTOS_MAX: usize = 12;
/// Characters of the name of a product.
pub const TITLE_CHARS_MAX: usize = 120;
/// Days of a product's warranty: twenty years.
pub const WARRANTY_DAYS_MAX: u32 = 7_305;
/// The largest amount of a price or an order line, in fen: a hundred million yuan.
pub const AMOUNT_FEN_MAX: i64 = 10_000_000_000;
/// Lines of one order.
pub const ORDER_LINES_MAX: usize = 200;
/// Pieces of one order line.
pub const QUANTITY_MAX: u32 = 100_000;
/// How far in the future an order may have been paid, in milliseconds: clocks of shops differ.
pub const ORDER_AHEAD_MS_MAX: i64 = 24 * 60 * 60 * 1_000;
/// Outlets of a tenant.
pub const OUTLETS_MAX: usize = 10_000;
/// Skills of a technician.
pub const SKILLS_MAX: usize = 100;
/// Counties that a technician covers.
pub const COUNTIES_MAX: usize = 500;
/// Areas that an outlet serves.
pub const OUTLET_AREAS_MAX: usize = 1_000;
/// How far a technician goes at most, in meters.
pub const REACH_M_MAX: u32 = 1_000_000;
/// Absences of a technician that are kept.
pub const ABSENCES_MAX: usize = 50;
/// Days of one absence: a year.
pub const ABSENCE_DAYS_MAX: i64 = 366;
/// Yearly holiday notices of a tenant.
pub const CALENDAR_YEARS_MAX: usize = 20;
/// Rule packs of a tenant, drafts and published ones.
pub const RULE_PACKS_MAX: usize = 200;
/// Bytes of a tenant's rule pack; the shipped ones have four thousand.
pub const RULE_PACK_BYTES_MAX: usize = 32 * 1024;
/// Acts that the qualification helper takes at once: what is signed is kept sealed, as one text.
pub const QUALIFIED_ACTS_MAX: usize = 50;
/// Refunds that one reconciliation shows.
pub const RECONCILED_PAYMENTS_MAX: usize = 2_000;
/// Months of which it is said what disputes cost, the latest first.
pub const COSTED_MONTHS_MAX: usize = 12;
/// Past claims that a back-simulation looks at, the latest first.
pub const SIMULATED_CLAIMS_MAX: usize = 5_000;

/// Cases of one person that are looked through for earlier outcomes.
pub const HISTORY_CASES_MAX: usize = 200;
/// How long an outcome about a person counts, in milliseconds: twelve months of 365 days.
pub const HISTORY_MS: i64 = 365 * 24 * 60 * 60 * 1_000;
/// Claims that the figures of the review are counted over, the latest first.
pub const MEASURED_CLAIMS_MAX: usize = 5_000;
/// Decisions that two reviewers judged without knowing of each other, from which Cohen's kappa is told: of fewer it says nothing.
pub const KAPPA_PAIRS_MIN: u32 = 30;
/// Hours by which the clock of a sandbox is moved on at once: thirty days.
pub const SANDBOX_HOURS_MAX: i64 = 30 * 24;
/// Milliseconds by which it can be ahead in all: five years.
pub const SANDBOX_AHEAD_MS_MAX: i64 = 5 * 365 * 24 * 60 * 60 * 1_000;
/// Clocks and jobs that are waited for one by one while it is moved; what is due after them is done at its end.
pub const SANDBOX_STEPS_MAX: usize = 10_000;
/// Groups of reviewers of a tenant.
pub const REVIEW_GROUPS_MAX: usize = 30;
/// Members of all groups of reviewers of a tenant together.
pub const REVIEW_GROUP_MEMBERS_MAX: usize = 500;
/// Claims that a shadow is run over at once, the latest change first.
pub const SHADOW_CLAIMS_MAX: usize = 1_000;
/// Days before today from which a shadow begins at the earliest.
pub const SHADOW_DAYS_BACK_MAX: i64 = 366;
/// Claims of the review queue that are put in order by amount.
pub const QUEUE_ROWS_MAX: usize = 1_000;

pub use aftercare_domain::limits::{CITATIONS_MAX, QUOTE_LINES_MAX};
/// Bytes of published copies of listing photos that are kept in memory; others are made again.
pub const PUBLISHED_BYTES_KEPT: usize = 64 * 1024 * 1024;
/// Listing photos whose labels are kept in memory.
pub const LISTING_LABELS_KEPT: usize = 4_096;
/// Marks that are kept of one photo.
pub const MARKS_MAX: usize = 16;
/// Answers that are kept about one manifest: four questions, and the signals of its steps.
pub const MARK_ANSWERS_MAX: usize = 32;
/// Keys and values that are kept of one mark; a label has seven.
pub const MARK_FIELDS_MAX: usize = 16;
/// Deviations that are kept of one mark.
pub const MARK_DEVIATIONS_MAX: usize = 12;
/// Characters that are kept of a key or value of a mark.
pub const MARK_TEXT_CHARS_MAX: usize = 200;
/// Milliseconds that a receipt waits for cosignatures; it is promised within five seconds.
pub const COSIGNATURES_MS_MAX: u64 = 3_000;
/// How long one witness is waited for, both questions together.
pub const WITNESS_MS_MAX: u64 = 3_000;
/// How long the others are waited for once enough have cosigned.
pub const LATE_WITNESS_MS_MAX: u64 = 200;
/// Milliseconds between two timestamps of the log.
pub const TIMESTAMP_EVERY_MS: i64 = 60_000;
/// Milliseconds until authorities are asked again after none of them stamped.
pub const TIMESTAMP_AGAIN_MS: i64 = 10_000;
/// Milliseconds by which the clock of an authority and ours may differ.
pub const TIMESTAMP_OFF_MS_MAX: u64 = 300_000;
/// Milliseconds between two looks at whether the timestamps that are kept have to be renewed.
pub const RENEWALS_LOOKED_AT_EVERY_MS: i64 = 3_600_000;
/// How old the first timestamp that no later one vouches for may get, in milliseconds: a year.
pub const TIMESTAMPS_RENEWED_EVERY_MS: i64 = 365 * 86_400_000;
/// How long before the first certificate behind a timestamp ends a later one vouches for it, in milliseconds.
pub const TIMESTAMPS_RENEWED_BEFORE_MS: i64 = 90 * 86_400_000;
/// Timestamps younger than so many milliseconds are renewed the next time: another server may still be keeping one of then.
pub const TIMESTAMPS_SETTLED_MS: i64 = 600_000;
/// Timestamps read at once.
pub const TIMESTAMPS_PER_READ: u32 = 1_000;
/// Milliseconds between two signatures of the log.
pub const CHECKPOINT_MS_MIN: u64 = 1_000;

/// Subscribers' addresses of a tenant.
pub const WEBHOOKS_MAX: usize = 20;
/// Events that one subscriber names.
pub const WEBHOOK_TOPICS_MAX: usize = 100;
/// Pauses between the attempts to deliver a message, in milliseconds, as Standard Webhooks 1.0.0 recommends: ten attempts
/// within 75 hours and 35 minutes.
pub const WEBHOOK_PAUSES_MS: [i64; 9] = [
    5_000, 300_000, 1_800_000, 7_200_000, 18_000_000, 36_000_000, 50_400_000, 72_000_000,
    86_400_000,
];
/// The longest pause that a receiver can ask for (`Retry-After`), in milliseconds: a day.
pub const WEBHOOK_PAUSE_MS_MAX: i64 = 86_400_000;
/// How long nothing may get through before a subscriber is switched off, in milliseconds: five days, longer than all
/// attempts of one message.
pub const WEBHOOK_FAILING_MS: i64 = 5 * 24 * 60 * 60 * 1_000;
/// How long the secret before still signs beside the new one, in milliseconds: a day to change it.
pub const WEBHOOK_OLD_SECRET_MS: i64 = 24 * 60 * 60 * 1_000;
/// Messages handed to subscribers at once.
pub const MESSAGES_PER_TURN: u32 = 500;
/// Messages on their way at once, to everybody and to one subscriber.
pub const DELIVERIES_AT_ONCE: u32 = 32;
/// See [`DELIVERIES_AT_ONCE`].
pub const DELIVERIES_TO_ONE: u32 = 4;
/// Messages that one request sends again.
pub const REPLAYED_MAX: u32 = 10_000;
/// How long messages can be sent again, in milliseconds: thirty days.
pub const MESSAGES_KEPT_MS: i64 = 30 * 24 * 60 * 60 * 1_000;
/// How long the answer of a request with an idempotency key is kept, in milliseconds: a week.
pub const ANSWERS_KEPT_MS: i64 = 7 * 24 * 60 * 60 * 1_000;
/// How often old messages and answers are removed, in milliseconds.
pub const PRUNE_EVERY_MS: i64 = 60_000;
/// How many of each are removed at once, so that nobody waits for it.
pub const PRUNED_AT_ONCE: u32 = 5_000;
/// Cases that people who are not signed in can open under one phone number within [`PHONE_INTAKES_MS`]: a household has a
/// few, a script has many.
pub const PHONE_INTAKES_MAX: usize = 10;
/// See [`PHONE_INTAKES_MAX`]: an hour, in milliseconds.
pub const PHONE_INTAKES_MS: i64 = 60 * 60 * 1_000;
/// Wrong phone numbers that people who are not signed in may try on one order number within [`WRONG_PHONES_MS`]: a buyer has
/// two or three.
pub const WRONG_PHONES_MAX: u32 = 10;
/// See [`WRONG_PHONES_MAX`]: an hour, in milliseconds.
pub const WRONG_PHONES_MS: i64 = 60 * 60 * 1_000;
/// Order numbers that are remembered for it.
pub const ORDERS_TRIED_MAX: usize = 65_536;
/// The highest level of a skill.
pub const LEVEL_MAX: u8 = 9;
/// Certificates of a technician that are kept.
pub const CERTIFICATES_MAX: usize = 50;
/// Kinds of parts on a van, or of a need.
pub const PARTS_MAX: usize = 200;
/// Pieces of one part.
pub const PARTS_EACH_MAX: u32 = 100_000;
/// People of one visit; the engine plans two at most.
pub const PEOPLE_MAX: u8 = 2;
/// Needs of visits of a tenant.
pub const NEEDS_MAX: usize = 200;
/// Rows and columns of a table that is asked of a road server at once: the address and the answer stay within what is
/// sent and read, and the server's own limit is 100 places where nobody changed it.
pub const ROAD_BLOCK: usize = 40;
/// Places of a plan whose ways are measured; a table of so many has a million ways.
pub const ROAD_PLACES_MAX: usize = 1_000;
/// A road server that failed is asked again after so many milliseconds.
pub const ROAD_AGAIN_MS: i64 = 5 * 60 * 1_000;
/// The first plan after a start waits for its ways so long at most.
pub const ROAD_FIRST_WAIT: std::time::Duration = std::time::Duration::from_secs(15);
/// Seconds of a measured way: a day.
pub const ROAD_WAY_S_MAX: f64 = 86_400.0;
/// Bytes of a platform's object that is brought: an answer with everything in it has some ten kilobytes.
pub const PLATFORM_OBJECT_BYTES_MAX: usize = 256 << 10;
/// Bytes of pictures in the papers of one case: 48 MiB, which a browser still opens as one page and an office still takes by
/// e-mail in parts. What does not fit is named.
pub const PACK_PICTURE_BYTES_MAX: usize = 48 << 20;
/// A payment that the provider made and nobody recorded within this time is shown as one that does not
/// agree, in milliseconds: the job that records it has tried several times by then.
pub const PAYMENT_UNRECORDED_MS_MAX: i64 = 10 * 60 * 1_000;
/// How old a file must be that nothing names before it is removed, in milliseconds: a day, much longer than a request may take.
pub const ORPHAN_MS: i64 = 24 * 60 * 60 * 1_000;
/// How long it may take to store what a transaction names, in milliseconds: a process that stood still for longer names nothing, for
/// another one may take what it stored before for forgotten.
pub const STORING_MS_MAX: i64 = ORPHAN_MS / 2;
/// Such files that are removed at once.
pub const ORPHANS_PER_TURN_MAX: usize = 1_000;
/// People whose cases are asked for at once when a human is erased.
pub const ERASED_TOGETHER_MAX: usize = 100;
/// Bytes of a line of the file of messages; a message has some hundred characters.
pub const MESSAGE_LINE_BYTES_MAX: u64 = 1 << 20;
/// Events read at once when the leaf of a renewal is looked for.
pub const EVENTS_PER_SEARCH: u64 = 1_000;
/// Readings of cases that are known to be in the log today; beyond it they are written anew.
pub const READINGS_KNOWN_MAX: usize = 100_000;
/// Wrapped keys read and wrapped again at once while keys are rotated: others who write wait no longer than for so many.
pub const KEYS_PER_PAGE: u32 = 1_000;
/// Events of the log that are looked through at once for people who were destroyed.
pub const EVENTS_FOLLOWED_PER_READ: u64 = 1_000;
/// Destroyed people of whom the keeper of people's keys is told at once.
pub const SHREDDED_TOLD_TOGETHER_MAX: usize = 500;
/// Rounds over all keys until a rotation gives up: in each those are left that somebody changed just then.
pub const REWRAP_ROUNDS_MAX: u32 = 10;
/// People or clips read at once when what is over ends, and how many end in one turn at most.
pub const ENDED_PER_READ: u32 = 200;
pub const ENDED_PER_TURN_MAX: u64 = 5_000;
/// People whose data one account may have revealed to it within an hour: a day's visits or an hour's calls, and no list of customers.
pub const REVEALED_PEOPLE_PER_HOUR_MAX: usize = 60;
/// Copies of their own data that a person may have made within an hour.
pub const OWN_COPIES_PER_HOUR_MAX: usize = 3;
/// How long a person may take back that their data be destroyed, in milliseconds: whoever did it in anger has slept over it.
pub const ERASURE_GRACE_MS: i64 = 3 * aftercare_domain::time::DAY_MS;
/// When something that still keeps it from being done is looked at again, in milliseconds.
pub const ERASURE_AGAIN_MS: i64 = 60 * 60 * 1_000;
/// How often that may be asked for and taken back in one case.
pub const OWN_ERASURES_MAX: usize = 10;

/// Skills, certificates and photos of one application to be a technician.
pub const APPLICATION_SKILLS_MAX: usize = 20;
pub const APPLICATION_CERTIFICATES_MAX: usize = 10;
pub const APPLICATION_PHOTOS_MAX: usize = 5;
/// Characters of the number of a certificate.
pub const CERTIFICATE_NUMBER_CHARS_MAX: usize = 64;
/// Applications of a tenant that wait for a person, and those that its page lists.
pub const APPLICATIONS_WAITING_MAX: u64 = 500;
pub const APPLICATIONS_LISTED_MAX: u32 = 600;
/// How long a refused applicant may answer, in milliseconds.
pub const APPLICATION_REPLY_MS: i64 = 30 * aftercare_domain::time::DAY_MS;
/// Days for which an application is kept once it was decided or taken back: long enough to answer, and to ask a second time.
pub const APPLICATION_KEPT_DAYS: i64 = 180;
const _: () =
    assert!(APPLICATION_REPLY_MS < APPLICATION_KEPT_DAYS * aftercare_domain::time::DAY_MS);

/// How long after the work a technician still reads it, in milliseconds: for questions about it, and no longer.
pub const TECHNICIAN_READS_MS: i64 = 14 * aftercare_domain::time::DAY_MS;
/// Characters of the code of a shop, and shops for which one account answers.
pub const SHOP_CODE_CHARS_MAX: usize = 64;
pub const SHOPS_PER_ACCOUNT_MAX: usize = 100;
/// Numbers and technicians in a tenant's register, those withdrawn among them.
pub const REGISTER_ENTRIES_MAX: usize = 200;
/// Days for which an entry of the register may be verified: two years.
pub const REGISTER_DAYS_MAX: i64 = 731;
/// Characters of a technician's number.
pub const STAFF_NUMBER_CHARS_MAX: usize = 20;
/// Reports of numbers that wait for a person: with more, whoever reports another one is asked to call.
pub const NUMBER_REPORTS_MAX: usize = 50;
/// Characters of such a report.
pub const NUMBER_REPORT_CHARS_MAX: usize = 500;
/// Characters of what somebody asks about on the page that tells whether it is ours: a card fits.
pub const GENUINE_CHARS_MAX: usize = 3_000;
/// How long after its window a card still stands, in milliseconds: who comes late is still ours.
pub const CARD_STANDS_MS: i64 = aftercare_domain::time::DAY_MS;
/// Hours before an agreed time from which on cancelling may have a price at most: a week.
pub const FREE_UNTIL_HOURS_MAX: u16 = 168;
/// Characters of a hotline.
pub const HOTLINE_CHARS_MAX: usize = 24;
/// Digits of a hotline at least: short numbers such as 12315 have five, the shortest three.
pub const HOTLINE_DIGITS_MIN: usize = 3;
/// Entries of the ledger of one item.
pub const WARRANTY_ENTRIES_MAX: u32 = 200;
/// Entries of the ledger in one file, and how many are read at once.
pub const WARRANTY_EXPORT_MAX: usize = 100_000;
pub const WARRANTY_ROWS_PER_READ: u32 = 1_000;
/// Repairs in one table: each is read whole.
pub const REPAIRS_EXPORT_MAX: usize = 10_000;
/// Cases in one table.
pub const CASES_EXPORT_MAX: usize = 100_000;
/// Lines of one statement, and statements of one month.
pub const STATEMENT_LINES_MAX: u32 = 10_000;
pub const STATEMENTS_MAX: u32 = 2_000;
/// Outlets of a tenant that are settled with as a whole.
pub const OUTLETS_SETTLED_MAX: usize = 2_000;
/// Characters of an e-mail address, and of the tax number of a company.
pub const EMAIL_CHARS_MAX: usize = 254;
pub const TAX_NUMBER_CHARS: std::ops::RangeInclusive<usize> = 15..=20;
/// What parts were bought for: entries of a tenant.
pub const PART_COSTS_MAX: usize = 2_000;
/// Months of which the cost of parts is asked for at once, and repairs that come into question.
pub const COST_MONTHS_MAX: u32 = 12;
pub const COST_REPAIRS_MAX: usize = 5_000;
/// Codes of faults and of what was done that a tenant keeps: they are read with its other settings. Characters of one, and how
/// many a refusal names.
pub const CODES_MAX: usize = 300;
pub const CODE_CHARS_MAX: usize = 40;
pub const CODES_TOLD_MAX: usize = 12;
/// Names of parts of which the old piece comes back, and days within which it does.
pub const CORE_PARTS_MAX: usize = 200;
pub const CORE_DAYS_MAX: u32 = 366;
/// When whoever has an old part is reminded that it is late: at nine of the day after the one on which it is due, counted from the
/// midnight with which that began, in milliseconds.
pub const CORES_ASKED_MS: i64 =
    aftercare_domain::time::DAY_MS + 9 * aftercare_domain::time::HOUR_MS;
/// How long after a reminder of an old part a person is told that it still is late, and told again, in milliseconds: a week.
pub const CORES_AGAIN_MS: i64 = 7 * aftercare_domain::time::DAY_MS;
/// Old parts of one list; what is beyond comes when these are done.
pub const CORES_SHOWN_MAX: u32 = 1_000;
/// Visits that are done and whose parts the system has not taken off the vans yet, looked at when parts are moved.
pub const TAKES_WAITING_MAX: u32 = 10_000;
/// Characters of the key of a correction.
pub const CORRECTION_KEY_CHARS_MAX: usize = 64;
/// How long a person has in the morning to read what waited over night, before anything of its case may run out, in milliseconds.
pub const READING_MS: i64 = 2 * aftercare_domain::time::HOUR_MS;
/// How long a carrier of messages is left alone after it did not answer, in milliseconds: clocks and other work go on meanwhile.
pub const CARRIER_RESTS_MS: i64 = 30 * aftercare_domain::time::SECOND_MS;
/// How long handing one message over may take.
pub const CARRIER_PATIENCE: std::time::Duration = std::time::Duration::from_secs(5);
/// How long a number stands between customer and technician after the work is done, in milliseconds: as long as the numbers of
/// orders on the large market places do.
pub const RELAY_AFTER_MS: i64 = 15 * aftercare_domain::time::DAY_MS;
/// Characters of a number that stands between two people.
pub const RELAY_NUMBER_CHARS_MAX: usize = 20;
/// Digits of its extension.
pub const RELAY_EXTENSION_DIGITS_MAX: usize = 8;
/// Repairs of a technician whose numbers are moved at once when the technician's own number changes.
pub const RELAYS_MOVED_MAX: u32 = 200;
/// Visits that the calendar of a technician shows.
pub const CALENDAR_VISITS_MAX: u32 = 200;
/// Bytes of a signature that a customer drew on the technician's device.
pub const SIGNATURE_BYTES_MAX: usize = 256 * 1024;
/// Bytes of the key that a gateway of messages is asked with.
pub const GATEWAY_KEY_BYTES_MAX: usize = 1_000;
/// Pieces of work that the page of health looks at.
pub const JOBS_SHOWN_MAX: u32 = 500;
/// How long work and clocks that are due may lie before somebody should look why, in milliseconds.
pub const HANDLED_WITHIN_MS: i64 = 5 * aftercare_domain::time::MINUTE_MS;
/// Parts at the outlets of a tenant on one page.
pub const STOCK_ROWS_MAX: u32 = 5_000;
/// Characters of a call's id as its call center names it.
pub const CALL_ID_CHARS_MAX: usize = 128;
/// Characters of the reference of a recording.
pub const RECORDING_CHARS_MAX: usize = 500;
/// Characters of the number under which a shop knows a customer.
pub const CUSTOMER_NUMBER_CHARS_MAX: usize = 64;
/// Calls of a list; what is beyond comes when these are done.
pub const CALLS_SHOWN_MAX: u32 = 100;
/// Cases that are shown with a call.
pub const CALL_CASES_MAX: u32 = 5;
/// How long a call that nothing more was told about still rings, in milliseconds.
pub const CALL_RINGS_MS: i64 = 5 * aftercare_domain::time::MINUTE_MS;
/// How long a call that was answered stays on the page, in milliseconds: what was said is written down meanwhile.
pub const CALL_ANSWERED_MS: i64 = 2 * aftercare_domain::time::HOUR_MS;
/// How long a call is one colleague's alone, in milliseconds: whoever was called away holds up nobody.
pub const CALL_CLAIM_MS: i64 = 30 * aftercare_domain::time::MINUTE_MS;
/// How long after finished work a customer who said nothing about it is called, in milliseconds: first they are asked on the page.
pub const FOLLOW_UP_AFTER_MS: i64 = 3 * aftercare_domain::time::DAY_MS;
/// Within how much time of the desk such a customer is called, in milliseconds: about two days.
pub const FOLLOW_UP_DUE_MS: i64 = 16 * aftercare_domain::time::HOUR_MS;
/// How often such a customer is called in vain before it is given up.
pub const FOLLOW_UP_TRIES_MAX: u32 = 3;
/// How long such a call is owed, in milliseconds: what is asked later nobody remembers, and the number is not kept for it.
pub const FOLLOW_UP_LAPSES_MS: i64 = 30 * aftercare_domain::time::DAY_MS;
/// How long ago an event of a call may be; an older time counts as this old, in milliseconds.
pub const CALL_AGE_MS_MAX: i64 = 30 * aftercare_domain::time::DAY_MS;
/// How long ago an agent's session may last have asked for something while the agent still counts as there, in milliseconds: twice
/// the time after which a session is noted again.
pub const PRESENT_MS: i64 = 2 * SESSION_TOUCH_MS;
/// Conversations of a list; what is beyond comes when these are answered.
pub const CONVERSATIONS_SHOWN_MAX: u32 = 100;
/// Characters of what is said when a conversation is handed over.
pub const HANDOVER_CHARS_MAX: usize = 500;
/// Texts of one kind that a tenant keeps for its desk, those withdrawn among them.
pub const DESK_TEXTS_MAX: usize = 200;
/// Characters of such a text: a reply fits into one message.
pub const DESK_TEXT_CHARS_MAX: usize = 1_000;
/// Drafts of a reply that are suggested at once, and messages of the customer that they are found by.
pub const DRAFTS_MAX: usize = 3;
pub const DRAFT_ASKED_LINES: usize = 3;
/// What a provider of drafts is sent: messages, the latest of them; texts of the desk; characters of each; bytes in all.
pub const DRAFT_LINES_MAX: usize = 8;
pub const DRAFT_TEXTS_SENT_MAX: usize = 5;
pub const DRAFT_LINE_CHARS_MAX: usize = 1_000;
pub const DRAFT_SENT_BYTES_MAX: usize = 64 * 1024;
/// What it may answer, in its own tokens and in characters: a reply fits into one message.
pub const DRAFT_TOKENS_MAX: u32 = 600;
pub const DRAFT_CHARS_MAX: usize = 1_000;
/// Colleagues for whom a provider is asked at the same time; the others use the desk's own texts.
pub const DRAFTS_AT_ONCE: usize = 4;
/// How long asking a provider may take, and how long it is left alone after it did not answer, in milliseconds.
pub const PROVIDER_PATIENCE: std::time::Duration = std::time::Duration::from_secs(10);
pub const PROVIDER_RESTS_MS: i64 = 30 * aftercare_domain::time::SECOND_MS;
/// Changes of settings that are read for the page that shows them, and that are shown: those of the organization.
pub const CHANGES_READ_MAX: u32 = 400;
pub const CHANGES_SHOWN_MAX: usize = 20;
/// Messages of one case that did not get through, as they are shown.
pub const UNTOLD_SHOWN_MAX: u32 = 20;
/// How long ago a backup may have been taken before somebody should take the next, in milliseconds.
pub const BACKUP_EVERY_MS: i64 = 7 * aftercare_domain::time::DAY_MS;
/// Days for which a token of a program may stand: two years, and somebody looks at it again.
pub const TOKEN_DAYS_MAX: u32 = 731;
/// A token's last use is noted again after this long, in milliseconds, so that a program costs no write a request.
pub const TOKEN_TOUCH_MS: i64 = aftercare_domain::time::HOUR_MS;
/// Prices of a tenant that hold in a place, for some products, or for a time.
pub const AREA_PRICES_MAX: usize = 5_000;
/// Items of the exchange's list that one photo is told to resemble.
pub const EXCHANGE_ITEMS_PER_PHOTO_MAX: usize = 5;
/// Bytes of a small file in the folder of an exchange's member.
pub const EXCHANGE_FILE_BYTES_MAX: u64 = 64 * 1024;
/// Acts that wait in the folder of an exchange's member.
pub const EXCHANGE_WAITING_MAX: usize = 10_000;
/// Entries of the exchange's list on one page.
pub const EXCHANGE_ENTRIES_PER_PAGE: u64 = 100;
/// Own items, and acts that were refused, that a page shows.
pub const EXCHANGE_OWN_SHOWN_MAX: usize = 100;
/// Cases whose photos resembled items, that a page shows.
pub const EXCHANGE_MATCHES_SHOWN_MAX: usize = 50;
/// Objections that people make through this platform within a day: each freezes what it is about for all members.
pub const EXCHANGE_OBJECTIONS_A_DAY_MAX: usize = 20;
/// Cases that the draft of a report of a breach names; of further ones it says how many there are.
pub const BREACH_CASES_NAMED_MAX: usize = 200;
