//! Every limit of outgoing connections, in one place.

use std::time::Duration;

/// Characters of an address; browsers and proxies take about as many.
pub const ADDRESS_CHARS_MAX: usize = 2_000;
/// Addresses of one name that are tried.
pub const ADDRESSES_TRIED_MAX: usize = 3;
/// How long a name may take to be resolved.
pub const RESOLVE_MAX: Duration = Duration::from_secs(5);
/// How long one address may take to accept a connection.
pub const CONNECT_MAX: Duration = Duration::from_secs(4);
/// How long a request may take in all, from the name to the last byte of the answer. Standard Webhooks 1.0.0
/// recommends 15 to 30 seconds.
pub const REQUEST_MAX: Duration = Duration::from_secs(15);
/// Bytes of a body that is sent.
pub const SENT_BYTES_MAX: usize = 1024 * 1024;
/// Bytes of an answer that are read; the rest is never taken off the line.
pub const ANSWER_BYTES_MAX: usize = 64 * 1024;
/// Bytes that a storage of objects is sent or gives at once: the largest photo that is taken has a third of it.
pub const OBJECT_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Bytes of the head of an answer (status line and headers), and what is read at once.
pub const HEAD_BYTES_MAX: usize = 32 * 1024;
/// Headers of an answer.
pub const HEADERS_MAX: usize = 100;
/// Ports that a public address may be asked at: those of the web, and those that need no privilege. Others belong to
/// mail, remote login and the like, which must not be spoken to in somebody else's name.
pub const WEB_PORTS: [u16; 2] = [80, 443];
/// Ports at which a public mail server may be spoken to: those at which the connection is encrypted from its first byte (RFC 8314).
pub const MAIL_PORTS: [u16; 1] = [465];
/// Bytes of one e-mail's text, and characters of its subject.
pub const MAIL_TEXT_BYTES_MAX: usize = 64 * 1024;
pub const MAIL_SUBJECT_CHARS_MAX: usize = 200;
/// The first port that needs no privilege.
pub const FREE_PORT_MIN: u16 = 1_024;
/// Networks that an operator can allow.
pub const NETWORKS_MAX: usize = 64;
