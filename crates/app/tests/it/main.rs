//! What the use cases promise, over a real store and a real vault.

mod fairness;
mod privacy;
mod retries;
mod world;
