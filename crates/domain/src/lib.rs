//! The rules of an after-sales case, and nothing else: no input or output, no clock, no randomness.
//!
//! `decide(&Case, Command, &Facts, now) -> Result<Vec<Event>, Refused>` says what may happen, and
//! `evolve(Case, &Event) -> Case` says what it means. Both are total: whatever the events are,
//! `evolve` returns a case, and `decide` fails only with [`Refused`].

pub mod actor;
pub mod audit;
pub mod calendar;
pub mod case;
pub mod challenge;
pub mod charge;
pub mod clock;
pub mod command;
pub mod consistency;
pub mod day;
pub mod decide;
pub mod decisions;
pub mod event;
pub mod evidence;
pub mod evolve;
pub mod facts;
pub mod goods;
pub mod guarantee;
pub mod ids;
pub mod invoice;
pub mod law;
pub mod limits;
pub mod money;
pub mod pack;
pub mod part_costs;
pub mod placing;
pub mod prices;
pub mod qualification;
pub mod refusals;
pub mod refused;
pub mod rules;
pub mod settlement;
pub mod sharing;
pub mod stock;
pub mod time;
pub mod view;
pub mod visits;
pub mod words;

pub use actor::{Actor, Human, Party, Role};
pub use audit::AuditEvent;
pub use case::{Case, ClaimState, RepairState};
pub use command::Command;
pub use day::Day;
pub use decide::decide;
pub use event::Event;
pub use evolve::evolve;
pub use facts::Facts;
pub use money::Fen;
pub use refused::Refused;
pub use time::Timestamp;
pub use words::Words;
