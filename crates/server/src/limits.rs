//! Every limit of the server, in one place.

/// Bytes of one photo over the wire.
pub const PHOTO_BYTES_MAX: usize = aftercare_app::limits::PHOTO_BYTES_MAX;
/// Bytes of one request with photos, all parts together.
pub const UPLOAD_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Bytes that a form lets its files have together, so that the rest of it comes with them.
pub const UPLOAD_FILES_BYTES_MAX: usize = 60 * 1024 * 1024;
const _: () = assert!(UPLOAD_FILES_BYTES_MAX + (2 << 20) <= UPLOAD_BYTES_MAX);
// The longest clip comes with the rest of its form.
const _: () = assert!(aftercare_app::limits::CLIP_BYTES_MAX + (8 << 20) <= UPLOAD_BYTES_MAX);
/// Bytes of a request without photos.
pub const JSON_BYTES_MAX: usize = 64 * 1024;
/// Bytes of a text field of a form.
pub const FIELD_BYTES_MAX: usize = 64 * 1024;
/// Fields of a form, photos included.
pub const FIELDS_MAX: usize = 200;
/// How long an error page waits for the number at which a person answers, in milliseconds: it goes without it then.
pub const HOTLINE_MS_MAX: u64 = 500;
/// Requests with photos that are read at once; each may fill [`UPLOAD_BYTES_MAX`] of memory, and
/// [`aftercare_app::limits::SAVED_OF_ONE_BYTES_MAX`] with what an earlier sending left here.
pub const UPLOADS_MAX: usize = 16;
/// How many of them may be of people who are not signed in, so that whoever is finds room.
pub const UPLOADS_OF_STRANGERS_MAX: usize = 10;
/// How many of these may be the second or third of the same address, so that a few addresses do not have them all.
pub const UPLOADS_OF_STRANGERS_MORE_MAX: usize = 4;
/// How many of them may be of one sender: a claimant, or an address of people who are not signed in. Colleagues and programs
/// are not counted: whoever gave them their account or token answers for them.
pub const UPLOADS_OF_ONE_MAX: usize = 3;
/// How long the body of a request may stop coming, in seconds.
pub const BODY_IDLE_SECONDS_MAX: u64 = 15;
/// How long we wait for a body whatever comes of it, in seconds; after that it has to keep its pace.
pub const BODY_GRACE_SECONDS: u64 = 15;
/// The pace at which a body has to come after that: at a slower one a photo of a megabyte would not be there in
/// [`UPLOAD_SECONDS_MAX`].
pub const BODY_BYTES_PER_SECOND_MIN: u64 = 4_096;
/// How long a request with photos waits for its turn, in seconds.
pub const UPLOAD_WAIT_SECONDS_MAX: u64 = 10;
/// Reports and claims that people who are not signed in may send in a minute, all of them together: far more than a shop gets,
/// and twenty addresses at their full pace. Whoever wants to shut the door to all others needs more than that.
pub const INTAKES_PER_MINUTE_MAX: u32 = 600;
/// Once less than one in so many of them is left, those come first who sent little: see [`INTAKES_FAIR_PER_MINUTE_MAX`].
pub const INTAKES_LOW_ONE_IN: u32 = 5;
/// Reports and claims of one network (IPv4: one /24, IPv6: one /48) in a minute that are taken even then: a family's, not a
/// script's.
pub const INTAKES_FAIR_PER_MINUTE_MAX: u32 = 3;
/// Requests from one address in a minute at the doors: signing in, codes of cases, reports and claims of people who are not
/// signed in. A household or a shop's network stays far below.
pub const DOORS_PER_MINUTE_MAX: u32 = 30;
/// Addresses read and times offered for one address in a minute, for people who are not signed in: a form asks for a few.
pub const COMPUTED_PER_MINUTE_MAX: u32 = 60;
/// Pieces of photos that go ahead of their form, from one address in a minute: a form of the largest size has some three hundred, and
/// whoever sends more than that brings the rest with the form.
pub const PIECES_PER_MINUTE_MAX: u32 = 600;
/// Times that are looked for, and addresses that are read, at once for one shop, whoever asks: those under way and those that
/// wait for its plan. A look takes some milliseconds, so that the last of them waits for a fraction of a second.
pub const SEARCHES_OF_TENANT_MAX: usize = 32;
/// How many of them may be of people who are not signed in, so that whoever is finds room.
pub const SEARCHES_OF_STRANGERS_MAX: usize = 24;
/// The same for all shops together.
pub const SEARCHES_MAX: usize = 128;
/// Requests of one account, program or claimant in a minute: a person stays far below, a program that needs more asks for a
/// second account. This machine itself is not counted.
pub const OF_ACCOUNT_PER_MINUTE_MAX: u32 = 1_200;
/// Addresses, and accounts, that are remembered for it.
pub const ADDRESSES_MAX: usize = 65_536;
/// Quick checks of photos in a minute, all of them together.
pub const QUICK_CHECKS_PER_MINUTE_MAX: u32 = 60;
/// Quick checks that are under way or wait at once: one is carried out at a time, in seconds.
pub const QUICK_CHECKS_MAX: usize = 6;
/// After how many seconds a request that was turned away may come again.
pub const RETRY_SECONDS: u16 = 30;
/// Seconds between two looks at whether the session behind a stream of changes still stands.
pub const STREAM_CHECK_SECONDS: u64 = 60;
/// How long a client may take to send the head of a request, in seconds.
pub const HEAD_SECONDS_MAX: u64 = 15;
/// How long a request may take to be answered, in seconds; changes (SSE) are exempt.
pub const REQUEST_SECONDS_MAX: u64 = 120;
/// The same for a request with files: the longest clip comes over two megabits a second, and is read.
pub const UPLOAD_SECONDS_MAX: u64 = 300;
/// Bytes of a request to a witness: a proof of 63 hashes and a signed note.
pub const WITNESS_BYTES_MAX: usize = 64 * 1024;
/// Bytes of a request to the operator of an exchange: one entry, or the keypoints of a photo.
pub const EXCHANGE_BYTES_MAX: usize = 64 * 1024;
/// How long a client may take for the TLS handshake, in seconds.
pub const HANDSHAKE_SECONDS_MAX: u64 = 10;
/// TLS handshakes under way at once.
pub const HANDSHAKES_MAX: usize = 256;
/// How long running requests may go on after the order to stop, in seconds.
pub const DRAIN_SECONDS_MAX: u64 = 20;
/// Seconds between two signs of life on the stream of changes.
pub const KEEPALIVE_SECONDS: u64 = 15;
/// Streams of changes open at once.
pub const STREAMS_MAX: usize = 512;
/// How many of them may be of one account or one claimant: pages that somebody has open beside each other.
pub const STREAMS_OF_ONE_MAX: usize = 8;
/// Cases that a stream remembers to have told a technician or a merchant of.
pub const STREAM_CASES_MAX: usize = 10_000;
/// Papers of cases that are made or sent at once; each may take four times
/// [`aftercare_app::limits::PACK_PICTURE_BYTES_MAX`] of memory.
pub const PACKS_MAX: usize = 4;
/// How many of them may be of one account or one claimant.
pub const PACKS_OF_ONE_MAX: usize = 2;
/// Clips that are read or sent at once; each may take twice [`aftercare_app::limits::CLIP_BYTES_MAX`] of memory.
pub const CLIPS_MAX: usize = 8;
/// How many of them may be of one account or one claimant: a browser asks for a part while it still reads another.
pub const CLIPS_OF_ONE_MAX: usize = 2;
/// Imports that are read or carried out at once.
pub const IMPORTS_MAX: usize = 4;
/// How many of them may be of one account.
pub const IMPORTS_OF_ONE_MAX: usize = 1;
/// Bytes of a table that a page brings back, so that a browser sends it again: as much as one field takes.
pub const SERIALS_KEPT_BYTES_MAX: usize = FIELD_BYTES_MAX / 2;
/// How long a clip waits for its turn, in seconds.
pub const CLIP_WAIT_SECONDS_MAX: u64 = 10;
/// Connections at once.
pub const CONNECTIONS_MAX: usize = 4_096;
/// How many of them may be from one address (IPv6: one /64), unless it is a proxy's that is trusted or this machine: a
/// household's browsers have a few dozen.
pub const CONNECTIONS_OF_ONE_MAX: usize = 256;
/// Characters of an idempotency key.
pub const IDEMPOTENCY_KEY_CHARS_MAX: usize = 128;
/// Characters of a request id that a proxy gave.
pub const REQUEST_ID_CHARS_MAX: usize = 64;
/// Bytes of an import: products, orders, technicians, prices.
pub const IMPORT_BYTES_MAX: usize = aftercare_app::limits::IMPORT_BYTES_MAX;
/// Ports tried when the asked one is taken and another one is fine.
pub const PORTS_TRIED_MAX: u16 = 20;
/// Characters of the number of an order that a link from another site fills in.
pub const FILLED_CHARS_MAX: usize = 100;
/// Bytes of the script that other sites load.
pub const WIDGET_BYTES_MAX: usize = 4 << 10;
