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
/// Places of a measured table of travel times: 400 MB at this size.
pub const MAX_MATRIX_PLACES: usize = 10_000;
/// Technicians of one plan.
pub const MAX_TECHNICIANS: usize = 20_000;
/// Shifts of all technicians of one plan.
pub const MAX_SHIFTS: usize = 100_000;
/// Jobs of one plan that are not done yet.
pub const MAX_JOBS: usize = 200_000;
/// Distinct skills of one plan.
pub const MAX_SKILLS: usize = 256;
/// Distinct parts of one plan.
pub const MAX_PARTS: usize = 10_000;
/// Windows of one job.
pub const MAX_WINDOWS: usize = 64;
/// Breaks of one shift; the schedule keeps a state for each.
pub const MAX_BREAKS: usize = 2;
/// Days of one plan.
pub const MAX_DAYS: i64 = 366;
/// Hours of one job.
pub const MAX_JOB_HOURS: i64 = 72;
/// Bytes of one name (technician, job, skill, part, area).
pub const MAX_NAME_BYTES: usize = 200;
/// Stops of one shift: the schedule is walked as a whole when it changes.
pub const MAX_STOPS: usize = 500;
/// Visits tried as the one that gives way, for one job.
pub const MAX_DISPLACED: usize = 4_000;
/// Slots offered at once.
pub const MAX_OFFERS: usize = 100;
