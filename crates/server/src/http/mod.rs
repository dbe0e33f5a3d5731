//! What every route shares: who asks, limits, problems, headers, logs, the listener.

pub mod acted_at;
pub mod body;
pub mod both_names;
pub mod busy;
pub mod changes;
pub mod cookies;
mod crowd;
pub mod csrf;
pub mod doors;
pub mod exchange;
pub mod headers;
pub mod health;
pub mod ical;
pub mod idempotency;
pub mod listen;
pub mod observe;
pub mod patience;
pub mod places;
pub mod problem;
pub mod qr;
mod reading;
pub mod state;
pub mod table;
pub mod tls;
pub mod who;
pub mod witness;
