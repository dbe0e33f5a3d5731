//! RESULTS.md from the rows: what was asked, what was measured, and how.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result};

use crate::numbers::Times;
use crate::rows::Rows;
use crate::targets::{self, Measured};
use crate::{bare, commands, process, reads, scale, soak};

pub fn write(folder: &Path, out: &Path) -> Result<()> {
    let commands = Rows::<commands::Row>::open(folder, "commands")?.all;
    let reads = Rows::<reads::Row>::open(folder, "reads")?.all;
    let soak = Rows::<soak::Row>::open(folder, "soak")?.all;
    let scale = Rows::<commands::Row>::open(folder, "scale")?.all;
    let growth = Rows::<scale::Growth>::open(folder, "growth")?.all;
    let mut text = format!(
        "# Results of the benchmark over HTTP\n\n\
         Written by `cargo run --release --locked -- report`; the README says how to run it and what a number means. One\n\
         machine, program, database and load generator on it: {}.\n",
        process::machine()
    );
    let measured = Measured {
        commands: &commands,
        reads: &reads,
        soak: &soak,
        scale: &scale,
        growth: &growth,
    };
    targets::write(&mut text, &measured);
    loads(&mut text, &commands);
    routes(&mut text, &reads);
    soaks(&mut text, &soak);
    by_clients(&mut text, &scale);
    by_cases(&mut text, &growth);
    std::fs::write(out, text).with_context(|| out.display().to_string())
}

fn times(times: &Times) -> String {
    format!(
        "{:.1} ms | {:.1} ms | {:.1} ms | {:.1} ms",
        times.p50_ms, times.p95_ms, times.p99_ms, times.max_ms
    )
}

/// Milliseconds of processor time for each command.
fn cpu_ms(seconds: f64, row: &commands::Row) -> f64 {
    1e3 * seconds / row.times.count.max(1) as f64
}

fn loads(text: &mut String, rows: &[commands::Row]) {
    if rows.is_empty() {
        return;
    }
    let many = bare::MANY;
    let _ = write!(
        text,
        "\n## Durable commands\n\nClosed loop, timed from sending; any answer that is not as expected ends the run, so that no row has errors. `claims` is\n\
         file, answer, decide, move; in `stories` every fifth case is a repair whose technician the live plan chooses. Processor\n\
         time is for each command. The database alone: one row to a sync, and {many} rows to a sync (SQLite) or {many} connections\n\
         (PostgreSQL).\n\n\
         | database | mix | clients | s | commands/s | p50 | p95 | p99 | max | program | database | generator | memory of program, generator | jobs that waited at the end | database alone | disk |\n\
         |---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|\n"
    );
    for row in rows {
        let alone = row.bare.map_or_else(String::new, |bare| {
            format!("{:.0}/s, {:.0}/s", bare.one, bare.many)
        });
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {:.0} | {} | {:.2} ms | {:.2} ms | {:.2} ms | {:.0} MB, {:.0} MB | {} | {alone} | {} |",
            row.database.name(),
            row.mix.name(),
            row.clients,
            row.seconds,
            row.per_second,
            times(&row.times),
            cpu_ms(row.server_cpu_s, row),
            cpu_ms(row.database_cpu_s, row),
            cpu_ms(row.generator_cpu_s, row),
            row.resident_mb,
            row.generator_mb,
            row.jobs_left,
            row.file_system,
        );
    }
    for row in rows {
        let _ = write!(
            text,
            "\n### {}, {}, {} clients: each command\n\n| command | count | p50 | p95 | p99 | max |\n|---|---|---|---|---|---|\n",
            row.database.name(),
            row.mix.name(),
            row.clients
        );
        for (command, of) in &row.by_command {
            let _ = writeln!(text, "| {command} | {} | {} |", of.count, times(of));
        }
    }
}

fn routes(text: &mut String, rows: &[reads::Row]) {
    let Some(first) = rows.first() else {
        return;
    };
    let _ = write!(
        text,
        "\n## Pages and reads\n\n{} clients in a closed loop over all routes, one route after another; timed from sending. Jobs\n\
         that still waited when it began: {}.\n\n\
         | cases | route | count | p50 | p95 | p99 | max | bytes |\n|---|---|---|---|---|---|---|---|\n",
        first.clients, first.jobs_left
    );
    for row in rows {
        let _ = writeln!(
            text,
            "| {} | `{}` | {} | {} | {} |",
            row.cases,
            row.route,
            row.times.count,
            times(&row.times),
            row.bytes
        );
    }
}

fn soaks(text: &mut String, rows: &[soak::Row]) {
    if rows.is_empty() {
        return;
    }
    text.push_str(
        "\n## A steady load\n\nStories at a fixed rate, timed from when a command was due. The plot of the memory is beside the rows.\n\n\
         | database | s | commands/s | p50 | p95 | p99 | max | memory at its start, at its end, most | growth | cores used | cases | jobs that waited at the end |\n\
         |---|---|---|---|---|---|---|---|---|---|---|---|\n",
    );
    for row in rows {
        let at =
            |sample: Option<&crate::numbers::Sample>| sample.map_or(0.0, |one| one.resident_mb);
        let most = row
            .samples
            .iter()
            .map(|sample| sample.resident_mb)
            .fold(0.0, f64::max);
        let grown = row.growth_percent.map_or_else(
            || "not known".to_owned(),
            |grown| format!("{grown:+.2} % from second {:.0}", row.from_s),
        );
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {:.0}, {:.0}, {most:.0} MB | {grown} | {:.2} | {} | {} |",
            row.database.name(),
            row.seconds,
            row.rate,
            times(&row.times),
            at(row.samples.first()),
            at(row.samples.last()),
            row.server_cpu_s / (row.seconds as f64).max(1.0),
            row.cases,
            row.jobs_left
        );
    }
}

fn by_clients(text: &mut String, rows: &[commands::Row]) {
    if rows.is_empty() {
        return;
    }
    text.push_str(
        "\n## Commands a second by clients\n\nThe mix `claims`, one loop after the other on one shop.\n\n\
         | database | clients | commands/s | p50 | p95 | p99 | max | program, a command | database, a command |\n\
         |---|---|---|---|---|---|---|---|---|\n",
    );
    for row in rows {
        let _ = writeln!(
            text,
            "| {} | {} | {:.0} | {} | {:.2} ms | {:.2} ms |",
            row.database.name(),
            row.clients,
            row.per_second,
            times(&row.times),
            cpu_ms(row.server_cpu_s, row),
            cpu_ms(row.database_cpu_s, row),
        );
    }
}

/// Bytes of a case between two sizes of a shop, or since it was empty.
fn each(now: i64, before: i64, cases: i64) -> f64 {
    (now - before) as f64 / cases.max(1) as f64
}

fn by_cases(text: &mut String, rows: &[scale::Growth]) {
    if rows.is_empty() {
        return;
    }
    let _ = write!(
        text,
        "\n## With many cases\n\nSQLite, the mix `shop` led through the API; then {} clients with the mix `claims`. Bytes of a case are those that came since\n\
         the line before, in the first line all; the database has orders and accounts besides. No case has photos.\n\n\
         | cases | events | database | of it the log | blobs | log of writes | bytes of a case: database, log | bytes of an event in the database | commands/s | p99 | jobs that waited |\n\
         |---|---|---|---|---|---|---|---|---|---|---|\n",
        bare::MANY
    );
    let mut before: Option<&scale::Growth> = None;
    for row in rows {
        let now = row.sizes;
        let (cases, events, database, log) = before.map_or((0, 0, 0, 0), |before| {
            let of = before.sizes;
            (of.cases, of.events, of.database_bytes, of.log_bytes)
        });
        let more = now.cases - cases;
        let _ = writeln!(
            text,
            "| {} | {} | {:.0} MB | {:.0} MB | {:.0} MB | {:.0} MB | {:.0}, {:.0} | {:.0} | {:.0} | {:.1} ms | {} |",
            now.cases,
            now.events,
            now.database_bytes as f64 / 1e6,
            now.log_bytes as f64 / 1e6,
            now.blob_bytes as f64 / 1e6,
            row.write_ahead_bytes as f64 / 1e6,
            each(now.database_bytes, database, more),
            each(now.log_bytes, log, more),
            each(now.database_bytes, database, now.events - events),
            row.load.per_second,
            row.load.times.p99_ms,
            row.jobs_left
        );
        before = Some(row);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::targets::tests::{grown, loaded};

    #[test]
    fn bytes_of_a_case_are_those_that_came_since_the_line_before() {
        let mut text = String::new();
        by_cases(&mut text, &[grown(100, 1_000), grown(300, 5_000)]);
        let lines: Vec<&str> = text.lines().rev().take(2).collect();
        assert!(lines[1].contains("| 10, 5 | 1 |"), "{}", lines[1]);
        assert!(lines[0].contains("| 20, 10 | 2 |"), "{}", lines[0]);
    }

    #[test]
    fn processor_time_is_told_for_each_command() {
        let mut text = String::new();
        let row = loaded(crate::shop::Database::Sqlite, 64, 1.0, 1.0);
        // 60 s for 1,000 commands.
        loads(&mut text, &[row]);
        assert!(text.contains("| 60.00 ms | 0.00 ms | 30.00 ms |"), "{text}");
    }

    #[test]
    fn tables_have_as_many_cells_in_every_line() {
        let mut text = String::new();
        let row = loaded(crate::shop::Database::Sqlite, 64, 1.0, 1.0);
        loads(&mut text, std::slice::from_ref(&row));
        by_clients(&mut text, &[row]);
        by_cases(&mut text, &[grown(100, 1_000)]);
        let mut cells = None;
        for line in text.lines() {
            if !line.starts_with('|') {
                cells = None;
                continue;
            }
            let count = line.matches('|').count();
            assert_eq!(*cells.get_or_insert(count), count, "{line}");
        }
    }

    #[test]
    fn nothing_is_written_of_what_was_not_measured() {
        let mut text = String::new();
        loads(&mut text, &[]);
        routes(&mut text, &[]);
        soaks(&mut text, &[]);
        by_clients(&mut text, &[]);
        by_cases(&mut text, &[]);
        assert_eq!(text, "");
    }
}
