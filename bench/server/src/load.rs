//! Load: clients that each keep a connection open and lead one case after another.
//!
//! In a closed loop a client sends its next command when the last one was answered, and a command is timed from when it was
//! sent. At a fixed rate a command is timed from when it was due, so that a server that falls behind is not spared.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::Result;
use tokio::task::JoinSet;

use crate::http::Connection;
use crate::numbers::Times;
use crate::process;
use crate::shop::Shop;
use crate::story::{Mix, Story};

/// What clients saw of what they sent within the time that counts, in milliseconds by command.
#[derive(Debug, Default)]
pub struct Tally {
    by_command: BTreeMap<&'static str, Vec<f64>>,
    /// Answers that came after that time: they are as slow as they were, and count for no rate.
    late: usize,
}

impl Tally {
    fn note(&mut self, command: &'static str, took_ms: f64) {
        self.by_command.entry(command).or_default().push(took_ms);
    }

    fn add(&mut self, other: Self) {
        for (command, millis) in other.by_command {
            self.by_command.entry(command).or_default().extend(millis);
        }
        self.late += other.late;
    }

    /// How many were answered in the time.
    pub fn in_time(&self) -> usize {
        let all: usize = self.by_command.values().map(Vec::len).sum();
        all - self.late
    }

    /// All commands together.
    pub fn times(&self) -> Times {
        Times::of(self.by_command.values().flatten().copied().collect())
    }

    /// Each command.
    pub fn by_command(self) -> Vec<(String, Times)> {
        let all = self.by_command.into_iter();
        all.map(|(command, millis)| (command.to_owned(), Times::of(millis)))
            .collect()
    }
}

/// Seconds of processor time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cpu {
    pub server_s: f64,
    /// Of the database where it has processes of its own.
    pub database_s: f64,
    pub generator_s: f64,
}

impl Cpu {
    /// Of these processes until now.
    pub fn of(shop: &Shop) -> Result<Self> {
        let database = shop.engine_process()?;
        Ok(Self {
            server_s: process::cpu_seconds(shop.process())?,
            database_s: database.map_or(Ok(0.0), process::cpu_seconds)?,
            // The program and the database are children of this process, or of a guard that is.
            generator_s: process::own_cpu_seconds(std::process::id())?,
        })
    }

    pub fn since(self, before: Self) -> Self {
        Self {
            server_s: self.server_s - before.server_s,
            database_s: self.database_s - before.database_s,
            generator_s: self.generator_s - before.generator_s,
        }
    }
}

/// A closed loop.
#[derive(Debug, Clone, Copy)]
pub struct Closed {
    pub clients: usize,
    pub mix: Mix,
    /// Not counted.
    pub warm: Duration,
    pub counted: Duration,
}

/// What a closed loop gave.
#[derive(Debug)]
pub struct Gave {
    pub tally: Tally,
    pub cpu: Cpu,
    pub resident_mb: f64,
}

/// Runs it. The first answer that is not as expected ends it with an error.
pub async fn closed(shop: &Arc<Shop>, load: Closed) -> Result<Gave> {
    let begins = Instant::now() + load.warm;
    let ends = begins + load.counted;
    let mut clients = JoinSet::new();
    for _ in 0..load.clients {
        clients.spawn(client(Arc::clone(shop), load.mix, begins, ends));
    }
    let watched = async {
        tokio::time::sleep_until(begins.into()).await;
        let before = Cpu::of(shop)?;
        tokio::time::sleep_until(ends.into()).await;
        anyhow::Ok((
            Cpu::of(shop)?.since(before),
            process::resident_mb(shop.process())?,
        ))
    };
    let all = async {
        let mut tally = Tally::default();
        while let Some(done) = clients.join_next().await {
            tally.add(done??);
        }
        anyhow::Ok(tally)
    };
    // Whichever fails first ends both.
    let (tally, (cpu, resident_mb)) = tokio::try_join!(all, watched)?;
    Ok(Gave {
        tally,
        cpu,
        resident_mb,
    })
}

async fn client(shop: Arc<Shop>, mix: Mix, begins: Instant, ends: Instant) -> Result<Tally> {
    let mut connection = Connection::open(shop.address).await?;
    let mut tally = Tally::default();
    loop {
        let mut story = shop.story(mix);
        while story.next().is_some() {
            if Instant::now() >= ends {
                return Ok(tally);
            }
            story.look(&shop, &mut connection).await?;
            let (step, took_ms) = story.go_on(&shop, &mut connection).await?;
            let now = Instant::now();
            if now >= begins {
                // A server that stalls at the end is not spared either.
                tally.note(step.name(), took_ms);
                tally.late += usize::from(now >= ends);
            }
        }
    }
}

/// Leads cases of the shop, so many at once, each to where its way ends, and gives each id to `noted` then.
pub async fn lead(
    shop: &Arc<Shop>,
    (cases, at_once): (u64, usize),
    mix: Mix,
    mut noted: impl FnMut(&Story) -> Result<()>,
) -> Result<()> {
    let mut running = JoinSet::new();
    let mut left = cases;
    let mut idle = Vec::new();
    for _ in 0..at_once {
        idle.push(Connection::open(shop.address).await?);
    }
    loop {
        while left > 0
            && let Some(mut connection) = idle.pop()
        {
            left -= 1;
            let shop = Arc::clone(shop);
            running.spawn(async move {
                let mut story = shop.story(mix);
                while story.next().is_some() {
                    story.look(&shop, &mut connection).await?;
                    story.go_on(&shop, &mut connection).await?;
                }
                anyhow::Ok((story, connection))
            });
        }
        let Some(done) = running.join_next().await else {
            return Ok(());
        };
        let (story, connection) = done??;
        noted(&story)?;
        idle.push(connection);
    }
}

/// A fixed rate.
#[derive(Debug, Clone, Copy)]
pub struct Paced {
    pub connections: usize,
    pub mix: Mix,
    pub per_second: u32,
    pub counted: Duration,
}

/// Runs it: command number `n` is due `n / per_second` after the start, whatever the ones before it took.
pub async fn paced(shop: &Arc<Shop>, load: Paced, start: Instant) -> Result<Tally> {
    let next = Arc::new(AtomicU32::new(0));
    let mut clients = JoinSet::new();
    for _ in 0..load.connections {
        clients.spawn(steady(Arc::clone(shop), load, start, Arc::clone(&next)));
    }
    let mut tally = Tally::default();
    while let Some(done) = clients.join_next().await {
        tally.add(done??);
    }
    Ok(tally)
}

async fn steady(
    shop: Arc<Shop>,
    load: Paced,
    start: Instant,
    next: Arc<AtomicU32>,
) -> Result<Tally> {
    let mut connection = Connection::open(shop.address).await?;
    let mut tally = Tally::default();
    let pace = Duration::from_secs(1) / load.per_second;
    loop {
        let mut story = shop.story(load.mix);
        while story.next().is_some() {
            story.look(&shop, &mut connection).await?;
            let number = next.fetch_add(1, Ordering::Relaxed);
            let after = pace * number;
            if after >= load.counted {
                return Ok(tally);
            }
            let due = start + after;
            tokio::time::sleep_until(due.into()).await;
            let (step, _) = story.go_on(&shop, &mut connection).await?;
            tally.note(step.name(), due.elapsed().as_secs_f64() * 1e3);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_of_all_commands_and_of_each() {
        let mut tally = Tally::default();
        tally.note("file", 1.0);
        let mut other = Tally::default();
        other.note("file", 3.0);
        other.note("decide", 9.0);
        // Its answer came after the end.
        other.late = 1;
        tally.add(other);
        assert_eq!((tally.times().count, tally.times().max_ms), (3, 9.0));
        assert_eq!(tally.in_time(), 2);
        let each = tally.by_command();
        let found: Vec<_> = each
            .iter()
            .map(|(command, times)| (command.as_str(), times.count, times.max_ms))
            .collect();
        assert_eq!(found, [("decide", 1, 9.0), ("file", 2, 3.0)]);
    }
}
