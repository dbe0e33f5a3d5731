//! What was asked of the program, number by number, beside what the rows say. A number that was not measured says so.

use aftercare_bench_common::targets::{self, Line, Verdict};

use crate::shop::Database;
use crate::story::Mix;
use crate::{bare, commands, reads, scale, soak};

/// What a run that counts is made of.
const CLIENTS: usize = bare::MANY;
const SECONDS: u64 = 60;
const CASES: u64 = 100_000;
const SOAK_SECONDS: u64 = 1_800;
/// Reads of a route of which a percentile says something.
const READS_MIN: usize = 100;
/// Commands a second that are asked for, by database.
const ASKED: [(Database, f64); 2] = [(Database::Sqlite, 3_000.0), (Database::Postgres, 2_000.0)];
const P99_MS_MAX: f64 = 60.0;
const READ_P95_MS_MAX: f64 = 25.0;
const GROWTH_PERCENT_MAX: f64 = 1.0;

/// All rows.
#[derive(Default)]
pub struct Measured<'a> {
    pub commands: &'a [commands::Row],
    pub reads: &'a [reads::Row],
    pub soak: &'a [soak::Row],
    pub scale: &'a [commands::Row],
    pub growth: &'a [scale::Growth],
}

/// The table.
pub fn write(text: &mut String, rows: &Measured<'_>) {
    targets::write(text, &lines(rows));
}

fn lines(rows: &Measured<'_>) -> Vec<Line> {
    let mut all = Vec::new();
    for (database, asked) in ASKED {
        durable(&mut all, rows.commands, database, asked);
    }
    read(&mut all, rows.reads);
    soaked(&mut all, rows.soak);
    model(&mut all, rows);
    all
}

/// The longest run with that many clients.
fn best_of(rows: &[commands::Row], database: Database, mix: Mix) -> Option<&commands::Row> {
    rows.iter()
        .filter(|row| (row.database, row.mix, row.clients) == (database, mix, CLIENTS))
        .max_by_key(|row| row.seconds)
}

fn durable(all: &mut Vec<Line>, rows: &[commands::Row], database: Database, asked: f64) {
    let name = database.name();
    let row = best_of(rows, database, Mix::Claims);
    let judged = |told: String, enough: bool, row: &commands::Row| {
        (told, Verdict::from(enough).of(row.seconds >= SECONDS))
    };
    all.push(Line {
        what: format!(
            "{name}: durable commands over HTTP, {CLIENTS} clients, generator on the same cores"
        ),
        asked: format!("≥ {asked:.0}/s"),
        measured: row.map(|row| {
            judged(
                format!("{:.0}/s", row.per_second),
                row.per_second >= asked,
                row,
            )
        }),
    });
    all.push(Line {
        what: format!("{name}: their p99"),
        asked: format!("≤ {P99_MS_MAX:.0} ms"),
        measured: row.map(|row| {
            let p99 = row.times.p99_ms;
            judged(format!("{p99:.1} ms"), p99 <= P99_MS_MAX, row)
        }),
    });
    let bare = row.and_then(|row| Some((row, row.bare?)));
    let many = match database {
        Database::Sqlite => format!("{} rows to a sync", bare::MANY),
        Database::Postgres => format!("{} connections", bare::MANY),
    };
    all.push(Line {
        what: format!(
            "{name}: beside the database alone, rows inserted and synced in the same run"
        ),
        asked: "the ratio".to_owned(),
        measured: bare.map(|(row, bare)| {
            let told = format!(
                "{:.2} of {:.0}/s (one row to a sync), {:.2} of {:.0}/s ({many})",
                row.per_second / bare.one,
                bare.one,
                row.per_second / bare.many,
                bare.many
            );
            judged(told, true, row)
        }),
    });
}

fn read(all: &mut Vec<Line>, rows: &[reads::Row]) {
    for (what, is_page) in [("reads of the API", false), ("pages", true)] {
        let mine = || {
            rows.iter()
                .filter(move |row| row.is_page == is_page && row.cases >= CASES)
        };
        let worst = mine().max_by(|a, b| a.times.p95_ms.total_cmp(&b.times.p95_ms));
        let is_there = |route: &&reads::Route| {
            mine().any(|row| row.route == route.name() && row.times.count >= READS_MIN)
        };
        let routes = reads::ROUTES
            .iter()
            .filter(|route| route.is_page() == is_page);
        let (asked, there) = (routes.clone().count(), routes.filter(is_there).count());
        all.push(Line {
            what: format!("{what} with {CASES} cases, the slowest of {asked} routes"),
            asked: format!("p95 ≤ {READ_P95_MS_MAX:.0} ms"),
            measured: worst.map(|row| {
                let p95 = row.times.p95_ms;
                (
                    format!("{p95:.1} ms: `{}`", row.route),
                    Verdict::from(p95 <= READ_P95_MS_MAX).of(there == asked),
                )
            }),
        });
    }
}

fn soaked(all: &mut Vec<Line>, rows: &[soak::Row]) {
    let row = rows
        .iter()
        .max_by_key(|row| (row.rate >= soak::RATE, row.seconds));
    all.push(Line {
        what: "memory from minute 10 to the end of 30 minutes".to_owned(),
        asked: format!("grows ≤ {GROWTH_PERCENT_MAX:.0} %"),
        measured: row.and_then(|row| {
            let grown = row.growth_percent?;
            let told = format!("{grown:+.2} % at {} commands a second", row.rate);
            let verdict = Verdict::from(grown <= GROWTH_PERCENT_MAX);
            let is_whole = row.seconds >= SOAK_SECONDS && row.rate >= soak::RATE;
            Some((told, verdict.of(is_whole)))
        }),
    });
}

/// Whether the constants of the model stand: they have no goal but to be there.
fn model(all: &mut Vec<Line>, rows: &Measured<'_>) {
    for database in commands::DATABASES {
        let has = |clients: usize| {
            let mut rows = rows.scale.iter();
            rows.any(|row| (row.database, row.clients) == (database, clients))
        };
        let found = scale::CLIENTS
            .into_iter()
            .filter(|clients| has(*clients))
            .count();
        all.push(Line {
            what: format!("{}: commands a second by clients", database.name()),
            asked: format!("{} numbers of clients", scale::CLIENTS.len()),
            measured: (found > 0).then(|| {
                let whole = found == scale::CLIENTS.len();
                (format!("{found}, below"), Verdict::Met.of(whole))
            }),
        });
    }
    let has = |cases: u64| rows.growth.iter().any(|row| row.cases == cases);
    let found = scale::CASES.into_iter().filter(|cases| has(*cases)).count();
    all.push(Line {
        what: "bytes of a case, and speed with many cases".to_owned(),
        asked: format!("{} numbers of cases", scale::CASES.len()),
        measured: (found > 0).then(|| {
            let whole = found == scale::CASES.len();
            (format!("{found}, below"), Verdict::Met.of(whole))
        }),
    });
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::bare::Bare;
    use crate::numbers::Times;
    use crate::shop::Sizes;

    pub fn loaded(
        database: Database,
        clients: usize,
        per_second: f64,
        p99_ms: f64,
    ) -> commands::Row {
        commands::Row {
            database,
            mix: Mix::Claims,
            clients,
            seconds: 60,
            per_second,
            times: Times {
                count: 1_000,
                p99_ms,
                ..Times::default()
            },
            by_command: vec![("decide".to_owned(), Times::default())],
            server_cpu_s: 60.0,
            database_cpu_s: 0.0,
            generator_cpu_s: 30.0,
            resident_mb: 80.0,
            generator_mb: 20.0,
            jobs_left: 7,
            file_system: "ext4".to_owned(),
            bare: Some(Bare {
                one: 1_000.0,
                many: 10_000.0,
            }),
        }
    }

    fn route(route: reads::Route, p95_ms: f64) -> reads::Row {
        reads::Row {
            database: Database::Sqlite,
            cases: CASES,
            clients: 4,
            route: route.name(),
            is_page: route.is_page(),
            times: Times {
                count: READS_MIN,
                p95_ms,
                ..Times::default()
            },
            bytes: 1_000,
            jobs_left: 0,
        }
    }

    fn soak(growth_percent: f64, seconds: u64) -> soak::Row {
        soak::Row {
            database: Database::Sqlite,
            seconds,
            rate: 60,
            connections: 16,
            samples: Vec::new(),
            growth_percent: Some(growth_percent),
            from_s: 600.0,
            times: Times::default(),
            server_cpu_s: 1.0,
            cases: 1,
            jobs_left: 0,
            file_system: "ext4".to_owned(),
        }
    }

    pub fn grown(cases: u64, database_bytes: i64) -> scale::Growth {
        scale::Growth {
            cases,
            sizes: Sizes {
                cases: i64::try_from(cases).expect("a number"),
                events: 10 * i64::try_from(cases).expect("a number"),
                database_bytes,
                log_bytes: database_bytes / 2,
                blob_bytes: 0,
            },
            write_ahead_bytes: 0,
            jobs_left: 0,
            load: loaded(Database::Sqlite, 64, 900.0, 50.0),
        }
    }

    fn table(rows: &Measured<'_>) -> Vec<String> {
        let mut text = String::new();
        write(&mut text, rows);
        text.lines().skip(5).map(str::to_owned).collect()
    }

    #[test]
    fn every_number_has_a_line_and_says_when_it_was_not_measured() {
        let lines = table(&Measured::default());
        assert_eq!(lines.len(), 2 * 3 + 2 + 1 + 3);
        let all = lines
            .iter()
            .all(|line| line.ends_with("| not measured |  |"));
        assert!(all, "{lines:#?}");
    }

    /// Every row that is asked for: good ones, or bad ones.
    struct All {
        commands: Vec<commands::Row>,
        reads: Vec<reads::Row>,
        soak: Vec<soak::Row>,
        scale: Vec<commands::Row>,
        growth: Vec<scale::Growth>,
    }

    impl All {
        fn new(better: bool) -> Self {
            let (per_second, p99_ms) = if better {
                (3_000.0, 60.0)
            } else {
                (1_999.0, 60.1)
            };
            let loops = commands::DATABASES.into_iter();
            Self {
                commands: commands::DATABASES
                    .map(|database| loaded(database, 64, per_second, p99_ms))
                    .into(),
                reads: reads::ROUTES
                    .map(|one| route(one, if better { 25.0 } else { 25.1 }))
                    .into(),
                soak: vec![soak(if better { 1.0 } else { 1.1 }, SOAK_SECONDS)],
                scale: loops
                    .flat_map(|database| {
                        scale::CLIENTS.map(|clients| loaded(database, clients, 1.0, 1.0))
                    })
                    .collect(),
                growth: scale::CASES.map(|cases| grown(cases, 1_000)).into(),
            }
        }

        fn rows(&self) -> Measured<'_> {
            Measured {
                commands: &self.commands,
                reads: &self.reads,
                soak: &self.soak,
                scale: &self.scale,
                growth: &self.growth,
            }
        }
    }

    /// Lines that have no goal but to be there.
    fn has_goal(line: &str) -> bool {
        ![
            "| the ratio |",
            " numbers of clients |",
            " numbers of cases |",
        ]
        .iter()
        .any(|word| line.contains(word))
    }

    #[test]
    fn what_is_enough_is_met_and_what_is_not_is_missed() {
        for (better, word) in [(true, "| met |"), (false, "| **missed** |")] {
            let all = All::new(better);
            for line in table(&all.rows()) {
                let word = if has_goal(&line) { word } else { "| met |" };
                assert!(line.ends_with(word), "{line}");
            }
        }
    }

    #[test]
    fn nothing_is_judged_before_every_run_is_there() {
        let mut all = All::new(true);
        for row in &mut all.commands {
            row.seconds = 5;
        }
        // A page and a read of the API are missing.
        let (pages, reads): (Vec<_>, Vec<_>) = all.reads.into_iter().partition(|row| row.is_page);
        all.reads = pages
            .into_iter()
            .skip(1)
            .chain(reads.into_iter().skip(1))
            .collect();
        all.soak = vec![soak(0.0, 30)];
        all.scale.retain(|row| row.clients != 8);
        all.growth.pop();
        for line in table(&all.rows()) {
            assert!(line.ends_with("| incomplete |"), "{line}");
        }
    }

    #[test]
    fn few_reads_and_a_slow_soak_are_no_measurement() {
        let mut all = All::new(true);
        for row in &mut all.reads {
            row.times.count = READS_MIN - 1;
        }
        all.soak[0].rate = soak::RATE - 1;
        let lines = table(&all.rows());
        let open = lines.iter().filter(|line| line.ends_with("| incomplete |"));
        assert_eq!(open.count(), 3, "{lines:#?}");
        // A long one at another rate does not stand before the one that counts.
        let mut all = All::new(true);
        all.soak.push(soak::Row {
            rate: 1,
            ..soak(9.0, 2 * SOAK_SECONDS)
        });
        let lines = table(&all.rows());
        assert!(
            lines.iter().all(|line| line.ends_with("| met |")),
            "{lines:#?}"
        );
    }

    #[test]
    fn few_cases_and_other_mixes_count_for_nothing() {
        let mut all = All::new(true);
        for row in &mut all.reads {
            row.cases = 500;
        }
        for row in &mut all.commands {
            row.mix = Mix::Stories;
        }
        let lines = table(&all.rows());
        let nothing = lines
            .iter()
            .filter(|line| line.contains("| not measured |"));
        assert_eq!(nothing.count(), 2 * 3 + 2, "{lines:#?}");
    }

    #[test]
    fn the_ratio_is_that_of_the_same_run() {
        let all = All::new(true);
        let lines = table(&all.rows());
        let line = lines.iter().find(|line| line.contains("| the ratio |"));
        let line = line.expect("a ratio");
        assert!(
            line.contains("3.00 of 1000/s") && line.contains("0.30 of 10000/s"),
            "{line}"
        );
    }
}
