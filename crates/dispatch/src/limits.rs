//! Every limit on what is planned, each with its reason.

/// Bytes of one problem file: 256 MiB, four times a matrix of 2,201 places written as JSON.
pub const MAX_INPUT_BYTES: usize = 256 * 1024 * 1024;
/// Customers of one problem for [`crate::solve`]; its distances are one square of doubles, 200 MB at this size.
pub const MAX_CUSTOMERS: usize = 5_000;
/// Vehicles of one problem for [`crate::solve`].
pub const MAX_VEHICLES: usize = 10_000;
/// Coordinates, times, demands of a problem file, absolute: sums of these stay exact to 1e-3 in doubles.
pub const MAX_MAGNITUDE: f64 = 1e9;
/// Threads of one run.
pub const MAX_THREADS: usize = 256;
/// Seconds of one run: a day.
pub const MAX_RUN_SECONDS: f64 = 86_400.0;
/// Distinct routes kept for recombination.
pub const MAX_POOL_ROUTES: usize = 30_000;
/// Tours looked at by the search of one recombination; a fraction of a second.
pub const MAX_POOL_WORK: u64 = 20_000_000;
