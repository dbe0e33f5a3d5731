//! `kill -9` while clients live through the stories of the demo: reports and claims with photos, messages, a technician's moves,
//! a merchant's answers, a reviewer's decisions. A kill does not lose what the operating system holds for the disk, so this shows
//! that the program never acknowledges before it has written, and that it finds its way back; it does not show a power cut. On
//! PostgreSQL the database server can be struck instead, or in turn: ours has to go on then without being started again.

use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::content;
use super::oracle;
use super::people::People;
use super::postgres::{self, Server as DatabaseServer};
use super::random::Random;
use super::server::{Installation, Server};
use super::stories;
use super::traffic::{self, Acknowledged, KINDS, Shared};
use super::{Database, Report, Victim};

/// A kill comes at most this long after the first acknowledgement that followed the start.
const STRIKE_WITHIN_MS: u64 = 120;

/// At least one kill in so many has to come while a request is under way: others show little.
const UNDER_WAY_ONE_IN: u32 = 4;

/// From so many kills on, a request that was acknowledged before one has to have been sent again after it.
const KILLS_REPLAYED_FROM: u32 = 20;

/// From so many kills on, something of every kind has to have been acknowledged, and photos.
const KILLS_MIXED_FROM: u32 = 50;

/// Orders for each kill, and those beside them: clients that have none left only report repairs.
const ORDERS_PER_KILL: u32 = 3;
const ORDERS_MIN: u32 = 60;
const ORDERS_MAX: u32 = 12_000;

/// How long clients may need for the first acknowledgement after a start.
const FIRST_ANSWER_MAX: Duration = Duration::from_secs(60);

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) seed: u64,
    /// Kills of each victim.
    pub(crate) count: u32,
    pub(crate) clients: u32,
    pub(crate) database: Database,
    /// None for all that there are.
    pub(crate) victim: Option<Victim>,
}

/// What a kill strikes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Struck {
    Application,
    Database,
}

/// What is struck, in turn.
fn victims(plan: Plan) -> Result<&'static [Struck]> {
    match (plan.database, plan.victim) {
        (Database::Sqlite, None | Some(Victim::App)) | (Database::Postgres, Some(Victim::App)) => {
            Ok(&[Struck::Application])
        }
        (Database::Sqlite, Some(Victim::Database | Victim::Both)) => {
            bail!("with SQLite there is no database server to kill: add --database postgres")
        }
        (Database::Postgres, Some(Victim::Database)) => Ok(&[Struck::Database]),
        (Database::Postgres, None | Some(Victim::Both)) => {
            Ok(&[Struck::Application, Struck::Database])
        }
    }
}

/// What came of the clients and of reading back what they were told.
struct Lived {
    acknowledged: Vec<Acknowledged>,
    seen: content::Seen,
}

/// Runs the drill.
///
/// # Errors
/// When it cannot be set up, or the server does not come back.
pub(crate) fn run(binary: &Path, plan: Plan) -> Result<Report> {
    let victims = victims(plan)?;
    let place = tempfile::tempdir().context("a directory for the drill")?;
    let rows = match plan.database {
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
    let began = Instant::now();
    let kills = plan
        .count
        .saturating_mul(u32::try_from(victims.len()).unwrap_or(u32::MAX));
    let orders = kills.saturating_mul(ORDERS_PER_KILL);
    let people = People::with_crew(&installation, orders.clamp(ORDERS_MIN, ORDERS_MAX))?;
    let mut random = Random::new(plan.seed);
    let shared = Shared::default();
    let mut strikes = Strikes::default();
    let lived = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..plan.clients)
            .map(|name| {
                let (shared, people, random) = (&shared, &people, Random::new(random.next()));
                let place = (name, plan.clients);
                scope.spawn(move || stories::client(shared, people, place, random))
            })
            .collect();
        let struck = strike(
            (&installation, rows),
            &shared,
            &mut random,
            (plan.count, victims),
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
        // Clients end what they have in hand.
        let acknowledged = traffic::joined(&shared, clients);
        server?.stop()?;
        // What is read back is read by a process that remembers nothing.
        let server = installation.serve()?;
        shared.set_address(Some(server.address));
        let seen = match &people.crew {
            Some(crew) => content::check(&shared, crew, &acknowledged)?,
            None => content::Seen::default(),
        };
        server.stop()?;
        anyhow::Ok(Lived { acknowledged, seen })
    });
    let mut report = Report::default();
    report.problems.extend(shared.failures());
    let Lived { acknowledged, seen } = match lived {
        Ok(lived) => lived,
        Err(error) => {
            report.problems.push(format!("{error:#}"));
            let told = shared.acknowledged.load(Ordering::SeqCst);
            report.result = Some(format!(
                "{}, not finished, {told} commands acknowledged, {} s, seed {}",
                struck_in_words(plan, &strikes),
                began.elapsed().as_secs(),
                plan.seed
            ));
            return Ok(report);
        }
    };
    let checked = oracle::check(&installation, &acknowledged)?;
    report.lines.extend(lines(&mut strikes, plan));
    report.lines.push(format!(
        "{} requests acknowledged, {} sent again without an answer, {} acknowledged ones sent again and answered the same",
        acknowledged.len(),
        shared.sent_again.load(Ordering::SeqCst),
        shared.replayed.load(Ordering::SeqCst)
    ));
    report.lines.push(format!(
        "read back after another start: {} cases, {} texts word by word, {} photos byte for byte",
        seen.cases, seen.texts, seen.photos
    ));
    report.lines.extend(checked.lines);
    report.problems.extend(seen.problems);
    report.problems.extend(checked.problems);
    report.problems.extend(shows_little(
        strikes.kills(),
        strikes.under_way,
        shared.replayed.load(Ordering::SeqCst),
    ));
    report
        .problems
        .extend(is_missing(strikes.kills(), &acknowledged));
    let (lost, doubled) = (report.counted("LOST"), report.counted("DOUBLED"));
    report.result = Some(format!(
        "{}, {} commands acknowledged ({}), {lost} lost, {doubled} doubled, {} other problems, {} s, seed {}",
        struck_in_words(plan, &strikes),
        acknowledged.len(),
        traffic::mix(&acknowledged),
        report.problems.len().saturating_sub(lost + doubled),
        began.elapsed().as_secs(),
        plan.seed
    ));
    Ok(report)
}

/// What was struck how often, for the line that can be published.
fn struck_in_words(plan: Plan, strikes: &Strikes) -> String {
    format!(
        "torture kill: {}, {} kills of the application, {} of the database server, {} clients",
        plan.database, strikes.of_application, strikes.of_database, plan.clients
    )
}

/// What was counted.
fn lines(strikes: &mut Strikes, plan: Plan) -> Vec<String> {
    let mut lines = vec![format!(
        "seed {}: {} kills of the application and {} of the database server, {} of them with a request under way; {} clients",
        plan.seed, strikes.of_application, strikes.of_database, strikes.under_way, plan.clients
    )];
    for (what, times_ms) in [
        (
            "first answer of our server after PostgreSQL was back",
            &mut strikes.back_ms,
        ),
        ("start after a kill", &mut strikes.starts_ms),
    ] {
        if !times_ms.is_empty() {
            lines.push(format!(
                "{what}: median {} ms, slowest {} ms",
                median(times_ms),
                times_ms.last().copied().unwrap_or(0)
            ));
        }
    }
    lines
}

/// Why a drill in which nothing was lost shows little: there was hardly anything to lose.
fn shows_little(kills: u32, under_way: u32, replayed: u64) -> Vec<String> {
    let mut reasons = Vec::new();
    if kills == 0 {
        reasons.push("nothing was killed: the drill shows nothing".to_owned());
    }
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

/// What was not among what could have been lost.
fn is_missing(kills: u32, acknowledged: &[Acknowledged]) -> Vec<String> {
    if kills < KILLS_MIXED_FROM {
        return Vec::new();
    }
    let counts = traffic::counts(acknowledged);
    let mut missing: Vec<&str> = KINDS
        .into_iter()
        .filter(|kind| !counts.contains_key(kind))
        .collect();
    if acknowledged.iter().all(|ack| ack.photo.is_none()) {
        missing.push("photos");
    }
    missing
        .into_iter()
        .map(|kind| format!("in {kills} kills no {kind} were acknowledged: the drill shows little"))
        .collect()
}

#[derive(Debug, Default)]
struct Strikes {
    /// Kills of our server.
    of_application: u32,
    /// Kills of the database server.
    of_database: u32,
    /// Kills at a moment when a request was under way.
    under_way: u32,
    /// Milliseconds from the start of the process to ready, after a kill.
    starts_ms: Vec<u128>,
    /// Milliseconds from the database server's being back to the first acknowledgement.
    back_ms: Vec<u128>,
}

impl Strikes {
    const fn kills(&self) -> u32 {
        self.of_application + self.of_database
    }
}

/// Strikes each victim so often, in turn; gives the server that runs in the end, if one does.
fn strike(
    (installation, rows): (&Installation, Option<&DatabaseServer>),
    shared: &Shared,
    random: &mut Random,
    (count, victims): (u32, &[Struck]),
    strikes: &mut Strikes,
) -> Result<Option<Server>> {
    let mut running: Option<Server> = None;
    let mut database_struck: Option<Instant> = None;
    let turns = (0..count).flat_map(|_| victims.iter().copied());
    for struck in turns {
        let kill = strikes.kills();
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
        match (struck, rows) {
            (Struck::Database, Some(rows)) => {
                rows.kill();
                database_struck = Some(Instant::now());
                strikes.of_database += 1;
                // Ours goes on.
                running = Some(server);
            }
            (Struck::Application, _) | (Struck::Database, None) => {
                server.kill();
                shared.set_address(None);
                strikes.of_application += 1;
            }
        }
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
    use super::*;
    use crate::torture::traffic::{DEEDS, Deed};

    #[test]
    fn the_median_is_the_middle_value() {
        assert_eq!(median(&mut [9, 1, 5]), 5);
        assert_eq!(median(&mut []), 0);
    }

    #[test]
    fn a_drill_with_hardly_anything_under_way_fails() {
        assert_eq!(shows_little(100, 25, 1), Vec::<String>::new());
        assert_eq!(shows_little(3, 0, 0), Vec::<String>::new());
        assert!(shows_little(0, 0, 0)[0].starts_with("nothing was killed"));
        assert!(shows_little(100, 24, 1)[0].starts_with("only 24 of 100"));
        assert!(shows_little(20, 20, 0)[0].contains("sent again"));
    }

    fn plan(database: Database, victim: Option<Victim>) -> Plan {
        Plan {
            seed: 1,
            count: 2_000,
            clients: 4,
            database,
            victim,
        }
    }

    #[test]
    fn who_is_struck_is_chosen_and_each_is_counted_by_itself() {
        let of = |database, victim| victims(plan(database, victim));
        let (app, rows) = (Struck::Application, Struck::Database);
        assert_eq!(of(Database::Sqlite, None).unwrap(), [app]);
        assert_eq!(of(Database::Postgres, None).unwrap(), [app, rows]);
        let chosen = of(Database::Postgres, Some(Victim::Database));
        assert_eq!(chosen.unwrap(), [rows]);
        assert!(of(Database::Sqlite, Some(Victim::Both)).is_err());
        let strikes = Strikes {
            of_application: 2_000,
            of_database: 1_999,
            ..Strikes::default()
        };
        assert_eq!(strikes.kills(), 3_999);
        assert_eq!(
            struck_in_words(plan(Database::Postgres, None), &strikes),
            "torture kill: PostgreSQL, 2000 kills of the application, 1999 of the database server, 4 clients"
        );
    }

    #[test]
    fn a_drill_without_one_of_the_kinds_fails() {
        let ack = |deed, photo| Acknowledged {
            deed,
            key: "k".to_owned(),
            case: String::new(),
            seq: 1,
            leaf: String::new(),
            words: None,
            photo,
        };
        let mut all: Vec<Acknowledged> = DEEDS.map(|deed| ack(deed, None)).into();
        assert_eq!(is_missing(10, &[]), Vec::<String>::new());
        assert!(is_missing(50, &all)[0].contains("no photos"));
        all.push(ack(Deed::Claim, Some(1)));
        assert_eq!(is_missing(50, &all), Vec::<String>::new());
        all.retain(|ack| ack.deed.kind() != "decisions");
        assert!(is_missing(50, &all)[0].contains("no decisions"));
    }
}
