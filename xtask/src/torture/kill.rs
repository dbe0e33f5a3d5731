//! `kill -9` while clients write. A kill does not lose what the operating system holds for the disk, so this shows that
//! the program never acknowledges before it has written, and that it finds its way back; it does not show a power cut.
//! On PostgreSQL the database server is struck as often as ours, which has to go on without being started again.

use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::oracle;
use super::postgres::{self, Server as DatabaseServer};
use super::random::Random;
use super::server::{Installation, Server};
use super::traffic::{self, Shared};
use super::{Database, Report};

/// A kill comes at most this long after the first acknowledgement that followed the start.
const STRIKE_WITHIN_MS: u64 = 120;

/// At least one kill in so many has to come while a request is under way: others show little.
const UNDER_WAY_ONE_IN: u32 = 4;

/// From so many kills on, a request that was acknowledged before one has to have been sent again after it.
const KILLS_REPLAYED_FROM: u32 = 20;

/// How long clients may need for the first acknowledgement after a start.
const FIRST_ANSWER_MAX: Duration = Duration::from_secs(60);

/// Runs the drill.
///
/// # Errors
/// When it cannot be set up, or the server does not come back.
pub(crate) fn run(
    binary: &Path,
    seed: u64,
    count: u32,
    clients: u32,
    database: Database,
) -> Result<Report> {
    let place = tempfile::tempdir().context("a directory for the drill")?;
    let rows = match database {
        Database::Sqlite => None,
        Database::Postgres => Some(
            postgres::postgres()
                .context("there is no PostgreSQL: install it, or put initdb on the PATH")?,
        ),
    };
    let installation = Installation::create(
        binary,
        place.path().join("data"),
        place.path().join("serve.log"),
        rows.map(DatabaseServer::database),
        None,
    )?;
    let program = installation.program_token()?;
    let mut random = Random::new(seed);
    let shared = Shared::default();
    let began = Instant::now();
    let mut strikes = Strikes::default();
    let acknowledged = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..clients)
            .map(|name| {
                let (shared, program, random) = (&shared, &program, Random::new(random.next()));
                scope.spawn(move || traffic::client(shared, program, name, random))
            })
            .collect();
        let struck = strike(
            &installation,
            rows,
            &shared,
            &mut random,
            count,
            &mut strikes,
        );
        let server = struck.and_then(|running| {
            let server = match running {
                Some(server) => server,
                None => installation.serve()?,
            };
            shared.set_address(Some(server.address));
            Ok(server)
        });
        shared.stop();
        let mut acknowledged = Vec::new();
        if server.is_ok() {
            for thread in threads {
                acknowledged.extend(thread.join().unwrap_or_default());
            }
        }
        // Only now: clients end what they have in hand.
        server.and_then(Server::stop)?;
        anyhow::Ok(acknowledged)
    });
    let mut report = Report::default();
    report.problems.extend(shared.failures());
    let acknowledged = match acknowledged {
        Ok(acknowledged) => acknowledged,
        Err(error) => {
            report.problems.push(format!("{error:#}"));
            return Ok(report);
        }
    };
    let struck_s = began.elapsed().as_secs();
    let checked = oracle::check(&installation, &acknowledged)?;
    report.lines.push(format!(
        "seed {seed}: {} kills in {struck_s} s, {} of them with a request under way; {clients} clients",
        strikes.kills, strikes.under_way
    ));
    if database == Database::Postgres {
        report.lines.push(format!(
            "{} of them killed PostgreSQL; first answer of our server after it was back: median {} ms, slowest {} ms",
            strikes.of_database,
            median(&mut strikes.back_ms),
            strikes.back_ms.last().copied().unwrap_or(0)
        ));
    }
    report.lines.push(format!(
        "start after a kill: median {} ms, slowest {} ms",
        median(&mut strikes.starts_ms),
        strikes.starts_ms.last().copied().unwrap_or(0)
    ));
    report.lines.push(format!(
        "{} requests acknowledged, {} sent again without an answer, {} acknowledged ones sent again and answered the same",
        acknowledged.len(),
        shared.sent_again.load(Ordering::SeqCst),
        shared.replayed.load(Ordering::SeqCst)
    ));
    report.lines.extend(checked.lines);
    report.problems.extend(checked.problems);
    report.problems.extend(shows_little(
        strikes.kills,
        strikes.under_way,
        shared.replayed.load(Ordering::SeqCst),
    ));
    Ok(report)
}

/// Why a drill in which nothing was lost shows little: there was hardly anything to lose.
fn shows_little(kills: u32, under_way: u32, replayed: u64) -> Vec<String> {
    let mut reasons = Vec::new();
    if under_way < kills / UNDER_WAY_ONE_IN {
        reasons.push(format!(
            "only {under_way} of {kills} kills came while a request was under way, one in {UNDER_WAY_ONE_IN} is needed: the drill shows little"
        ));
    }
    if kills >= KILLS_REPLAYED_FROM && replayed == 0 {
        reasons.push(format!(
            "in {kills} kills no acknowledged request was sent again: whether one is done twice was not asked"
        ));
    }
    reasons
}

#[derive(Debug, Default)]
struct Strikes {
    kills: u32,
    /// Kills at a moment when a request was under way.
    under_way: u32,
    /// Milliseconds from the start of the process to ready, after a kill.
    starts_ms: Vec<u128>,
    /// Kills of the database server.
    of_database: u32,
    /// Milliseconds from its being back to the first acknowledgement.
    back_ms: Vec<u128>,
}

/// Strikes so often; gives the server that runs in the end, if one does.
fn strike(
    installation: &Installation,
    rows: Option<&DatabaseServer>,
    shared: &Shared,
    random: &mut Random,
    count: u32,
    strikes: &mut Strikes,
) -> Result<Option<Server>> {
    let mut running: Option<Server> = None;
    let mut database_struck: Option<Instant> = None;
    for kill in 0..count {
        let before = shared.acknowledged.load(Ordering::SeqCst);
        let mut server = match running.take() {
            Some(server) => server,
            None => {
                let server = installation.serve()?;
                if kill > 0 {
                    strikes.starts_ms.push(server.started_in.as_millis());
                }
                shared.set_address(Some(server.address));
                server
            }
        };
        let since = Instant::now();
        while shared.acknowledged.load(Ordering::SeqCst) == before {
            if !shared.failures().is_empty() {
                return Ok(Some(server));
            }
            anyhow::ensure!(
                since.elapsed() < FIRST_ANSWER_MAX,
                "nothing was acknowledged within {} s after kill {kill}",
                FIRST_ANSWER_MAX.as_secs()
            );
            std::thread::sleep(Duration::from_millis(1));
        }
        if let Some(struck) = database_struck.take() {
            strikes.back_ms.push(struck.elapsed().as_millis());
        }
        std::thread::sleep(Duration::from_millis(random.below(STRIKE_WITHIN_MS)));
        anyhow::ensure!(server.is_running(), "the server ended by itself");
        let under_way = shared.in_flight.load(Ordering::SeqCst) > 0;
        match rows {
            // Every other time, and ours goes on.
            Some(rows) if kill % 2 == 1 => {
                rows.kill();
                database_struck = Some(Instant::now());
                strikes.of_database += 1;
                running = Some(server);
            }
            _ => {
                server.kill();
                shared.set_address(None);
            }
        }
        strikes.kills += 1;
        strikes.under_way += u32::from(under_way);
    }
    Ok(running)
}

/// The middle value; sorts.
fn median(values: &mut [u128]) -> u128 {
    values.sort_unstable();
    values.get(values.len() / 2).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_median_is_the_middle_value() {
        assert_eq!(super::median(&mut [9, 1, 5]), 5);
        assert_eq!(super::median(&mut []), 0);
    }

    #[test]
    fn a_drill_with_hardly_anything_under_way_fails() {
        use super::shows_little;
        assert_eq!(shows_little(100, 25, 1), Vec::<String>::new());
        assert_eq!(shows_little(3, 0, 0), Vec::<String>::new());
        assert!(shows_little(100, 24, 1)[0].starts_with("only 24 of 100"));
        assert!(shows_little(20, 20, 0)[0].contains("sent again"));
    }
}
