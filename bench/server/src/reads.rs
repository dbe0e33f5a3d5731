//! Pages and reads of the API with many cases: every route that a desk opens all day, by whoever opens it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use clap::Args;
use serde::{Deserialize, Serialize};
use tokio::task::JoinSet;

use crate::commands::Built;
use crate::grown::{Cases, Grown, NAME};
use crate::http::{Ask, Connection, Who};
use crate::numbers::Times;
use crate::rows::Rows;
use crate::shop::{By, Database, Shop};

/// A route, whose page it is (none: nobody has to be signed in), and whether a browser or a program asks.
#[derive(Debug, Clone, Copy)]
pub struct Route {
    pub path: &'static str,
    by: Option<By>,
    is_page: bool,
}

const fn api(path: &'static str, by: By) -> Route {
    Route {
        path,
        by: Some(by),
        is_page: false,
    }
}

const fn page(path: &'static str, by: By) -> Route {
    Route {
        path,
        by: Some(by),
        is_page: true,
    }
}

const fn public(path: &'static str) -> Route {
    Route {
        path,
        by: None,
        is_page: true,
    }
}

/// What is read. `{claim}`, `{repair}` and `{order}` are others each time.
pub static ROUTES: [Route; 24] = [
    api("/api/v1/cases", By::Agent),
    api("/api/v1/cases?open=true&limit=200", By::Agent),
    api("/api/v1/cases/{claim}", By::Agent),
    api("/api/v1/cases/{repair}", By::Dispatcher),
    api("/api/v1/orders/{order}", By::Agent),
    api("/api/v1/claims", By::Merchant),
    api("/api/v1/claims?all=true", By::Merchant),
    api("/api/v1/claims", By::Reviewer),
    api("/api/v1/work-orders", By::Dispatcher),
    api("/api/v1/jobs", By::Technician),
    api("/api/v1/technicians", By::Dispatcher),
    api("/api/v1/products", By::Agent),
    page("/desk", By::Agent),
    page("/desk/cases", By::Agent),
    page("/desk/cases?open=1", By::Agent),
    page("/desk/cases/{claim}", By::Agent),
    page("/desk/inbox", By::Merchant),
    page("/desk/inbox/{claim}", By::Merchant),
    page("/desk/review", By::Reviewer),
    page("/desk/review/{claim}", By::Reviewer),
    page("/desk/dispatch", By::Dispatcher),
    page("/desk/jobs", By::Technician),
    public("/report"),
    public("/claim"),
];

impl Route {
    pub const fn is_page(self) -> bool {
        self.is_page
    }

    /// The route in words.
    pub fn name(self) -> String {
        let who = match self.by {
            None => "anybody",
            Some(By::Agent) => "agent",
            Some(By::Dispatcher) => "dispatcher",
            Some(By::Merchant) => "merchant",
            Some(By::Reviewer) => "reviewer",
            Some(By::Technician) => "technician",
        };
        format!("{} ({who})", self.path)
    }

    /// Its path, with the case of that number.
    fn filled(self, shop: &Shop, cases: &Cases, number: usize) -> Option<String> {
        // A large prime, so that the cases come from everywhere.
        let of = |all: &[String]| -> Option<String> {
            let at = number.wrapping_mul(1_000_003).checked_rem(all.len())?;
            all.get(at).cloned()
        };
        if self.path.contains("{claim}") {
            return Some(self.path.replace("{claim}", &of(&cases.claims)?));
        }
        if self.path.contains("{repair}") {
            return Some(self.path.replace("{repair}", &of(&cases.repairs)?));
        }
        let order = shop.order((number as u64).wrapping_mul(1_000_003));
        Some(self.path.replace("{order}", &order))
    }
}

#[derive(Debug, Clone, Args)]
pub struct ReadsArgs {
    #[command(flatten)]
    pub built: Built,
    /// Cases that there are at least; they are made by the API first.
    #[arg(long, default_value_t = 100_000)]
    pub cases: u64,
    /// Clients, each with a connection that it keeps open.
    #[arg(long, default_value_t = 4)]
    pub clients: usize,
    /// Seconds that count, for all routes together.
    #[arg(long, default_value_t = 120)]
    pub seconds: u64,
    /// Seconds before them.
    #[arg(long, default_value_t = 10)]
    pub warm: u64,
    /// How long it is waited for jobs that the cases left behind.
    #[arg(long, default_value_t = 7_200)]
    pub settle: u64,
}

/// What one route took.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Row {
    pub database: Database,
    pub cases: u64,
    pub clients: usize,
    pub route: String,
    pub is_page: bool,
    pub times: Times,
    /// Of an answer, on average.
    pub bytes: usize,
    pub jobs_left: i64,
}

/// What was seen of a route.
#[derive(Debug, Default)]
struct Seen {
    millis: Vec<f64>,
    bytes: usize,
}

async fn client(
    shop: Arc<Shop>,
    cases: Arc<Cases>,
    next: Arc<AtomicUsize>,
    (begins, ends): (Instant, Instant),
) -> Result<BTreeMap<usize, Seen>> {
    let mut connection = Connection::open(shop.address).await?;
    let mut seen: BTreeMap<usize, Seen> = BTreeMap::new();
    while Instant::now() < ends {
        let number = next.fetch_add(1, Ordering::Relaxed);
        let at = number % ROUTES.len();
        let route = ROUTES[at];
        let path = route
            .filled(&shop, &cases, number / ROUTES.len())
            .with_context(|| format!("{}: there is no such case", route.path))?;
        let who = match route.by {
            None => Who::Nobody,
            Some(by) if route.is_page => Who::Cookie(shop.token(by, 0)),
            Some(by) => Who::Token(shop.token(by, 0)),
        };
        let sent = Instant::now();
        let answer = connection.wanted(200, Ask::get(&path, who)).await?;
        let took_ms = sent.elapsed().as_secs_f64() * 1e3;
        // What was sent in the time counts, also where its answer came later.
        if Instant::now() >= begins {
            let seen = seen.entry(at).or_default();
            seen.millis.push(took_ms);
            seen.bytes += answer.body.len();
        }
    }
    Ok(seen)
}

async fn measure(args: &ReadsArgs, database: Database) -> Result<Vec<Row>> {
    let place = args.built.place(NAME, database)?;
    let mut grown = Grown::open(&place).await?;
    grown.grow(args.cases).await?;
    let settle = Duration::from_secs(args.settle);
    let jobs_left = grown.shop.settle(settle).await?;
    let cases = Arc::new(grown.cases.clone());
    let next = Arc::new(AtomicUsize::new(0));
    let begins = Instant::now() + Duration::from_secs(args.warm);
    let times = (begins, begins + Duration::from_secs(args.seconds));
    let mut clients = JoinSet::new();
    for _ in 0..args.clients {
        let (cases, next) = (Arc::clone(&cases), Arc::clone(&next));
        clients.spawn(client(Arc::clone(&grown.shop), cases, next, times));
    }
    let mut all: BTreeMap<usize, Seen> = BTreeMap::new();
    while let Some(done) = clients.join_next().await {
        for (at, seen) in done?? {
            let so_far = all.entry(at).or_default();
            so_far.millis.extend(seen.millis);
            so_far.bytes += seen.bytes;
        }
    }
    Ok(all
        .into_iter()
        .map(|(at, seen)| Row {
            database,
            cases: args.cases,
            clients: args.clients,
            route: ROUTES[at].name(),
            is_page: ROUTES[at].is_page,
            bytes: seen.bytes / seen.millis.len().max(1),
            times: Times::of(seen.millis),
            jobs_left,
        })
        .collect())
}

pub fn run(args: &ReadsArgs, folder: &Path) -> Result<()> {
    ensure!(
        args.clients > 0 && args.seconds > 0,
        "clients and seconds must be above 0"
    );
    let mut rows = Rows::<Row>::open(folder, "reads")?;
    let runtime = crate::runtime()?;
    for database in args.built.asked(&[Database::Sqlite]) {
        let is_there = |route: &Route| {
            rows.all.iter().any(|row| {
                (row.database, row.cases, row.clients) == (database, args.cases, args.clients)
                    && row.route == route.name()
            })
        };
        if ROUTES.iter().all(is_there) {
            continue;
        }
        for row in runtime.block_on(measure(args, database))? {
            rows.push(row)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_route_has_a_name_of_its_own() {
        let names: std::collections::BTreeSet<String> =
            ROUTES.iter().map(|route| route.name()).collect();
        assert_eq!(names.len(), ROUTES.len());
    }
}
