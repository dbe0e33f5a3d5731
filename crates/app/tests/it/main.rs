//! What the use cases promise, over a real store and a real vault.

mod accounts;
mod desks;
mod fairness;
mod goods;
mod imports;
mod privacy;
mod retries;
mod sessions;
mod world;
