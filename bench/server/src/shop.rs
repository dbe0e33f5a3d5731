//! The program under load: started on a directory of its own, over SQLite or over a PostgreSQL made for it, with somebody of
//! each role, technicians, and orders that claims are about. Everything goes through the command line and the API.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Read as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use aftercare_testkit::Server;
use anyhow::{Context as _, Result, bail, ensure};
use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sqlx::postgres::PgConnection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions as _, Connection as _};

use crate::http::{Ask, CSV, Connection, FORM, IMPORT_MAX, JSON, Who};
use crate::process;
use crate::story::{Mix, Story};

/// How long a start may take; what a killed server left is recovered in it.
const START_MAX: Duration = Duration::from_secs(120);
/// Technicians, all in the county of the reports.
const TECHNICIANS: usize = 8;
/// Orders of one import.
const ORDERS_EACH: u64 = 10_000;
/// What is kept of a shop that a later run goes on with.
const KEPT: &str = "shop.json";
/// A real PostgreSQL has more memory than one for tests.
const POSTGRES: [&str; 2] = ["shared_buffers=256MB", "max_wal_size=4GB"];
/// Bytes of the log on SQLite: pages of its tables and of their indexes.
const LOG_PAGES: &str = "SELECT COALESCE(SUM(pages.pgsize), 0) FROM dbstat AS pages JOIN sqlite_schema AS named \
    ON named.name = pages.name WHERE named.tbl_name IN ('events', 'ledger_nodes')";

/// Where the rows are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Database {
    Sqlite,
    Postgres,
}

impl Database {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
    }
}

/// Who does a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    Agent,
    Dispatcher,
    Merchant,
    Reviewer,
    Technician,
}

/// Colleagues by login, which is their role.
const COLLEAGUES: [&str; 4] = ["agent", "dispatcher", "merchant", "reviewer"];

/// What a shop is made of.
#[derive(Debug, Clone)]
pub struct Place<'a> {
    pub binary: &'a Path,
    /// A folder of its own: what was there is gone on with (SQLite), or thrown away.
    pub folder: PathBuf,
    pub database: Database,
    pub orders: u64,
}

/// What a later run needs of it.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    key: String,
    password: String,
    /// Ids of technicians, in the order of their logins.
    technicians: Vec<String>,
    orders: u64,
}

/// A shop that runs. It ends with what holds it, and a PostgreSQL of its own with it.
pub struct Shop {
    child: Child,
    pub address: SocketAddr,
    database: Database,
    folder: PathBuf,
    kept: Kept,
    /// In the order of [`COLLEAGUES`].
    colleagues: Vec<String>,
    technicians: Vec<String>,
    /// Different in every run, so that no request is taken for one of an earlier run.
    run: String,
    numbers: Numbers,
    /// The kind of file system that the rows lie on.
    pub file_system: String,
    /// For connections of our own, as one whom no policy binds.
    database_url: Option<String>,
    engine: Option<Server>,
}

/// What the shop has.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Sizes {
    pub cases: i64,
    pub events: i64,
    pub database_bytes: i64,
    /// Of it the events, the tree over them, and their indexes.
    pub log_bytes: i64,
    pub blob_bytes: i64,
}

impl Drop for Shop {
    fn drop(&mut self) {
        // `kill -9` loses nothing (`xtask torture kill`); an error means that it is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn login(technician: usize) -> String {
    format!("tech{technician}")
}

/// 32 bytes of the operating system, hexadecimal.
fn secret() -> Result<String> {
    let mut bytes = [0_u8; 32];
    File::open("/dev/urandom")
        .and_then(|mut source| source.read_exact(&mut bytes))
        .context("taking a secret from the operating system")?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// A day as imports take it.
fn day(ago: &str) -> Result<String> {
    let told = process::told("date", &["-u", "+%Y-%m-%d", "-d", ago]);
    ensure!(told.len() == 10, "`date` did not say which day was {ago}");
    Ok(told)
}

/// Starts a PostgreSQL that keeps every promise, as somebody unprivileged, and makes an empty database in it.
fn engine() -> Result<(Server, String)> {
    let shared = aftercare_testkit::postgres().context(
        "there is no PostgreSQL: install it, or put initdb on the PATH (Debian: apt-get install postgresql)",
    )?;
    let own = shared.another_with(&POSTGRES);
    let url = own.database();
    Ok((own, url))
}

impl Shop {
    /// Starts the shop of that folder, made anew unless it is there.
    pub async fn open(place: &Place<'_>) -> Result<Arc<Self>> {
        let kept = fs::read_to_string(place.folder.join(KEPT))
            .ok()
            .filter(|_| place.database == Database::Sqlite);
        let kept: Option<Kept> = kept.and_then(|text| serde_json::from_str(&text).ok());
        match kept.filter(|kept| kept.orders == place.orders) {
            Some(kept) => {
                let mut shop = Self::serve(place, kept, None).await?;
                shop.sign_in().await?;
                Ok(Arc::new(shop))
            }
            None => Self::create(place).await,
        }
    }

    async fn create(place: &Place<'_>) -> Result<Arc<Self>> {
        match fs::remove_dir_all(&place.folder) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(error).with_context(|| place.folder.display().to_string());
            }
            _ => fs::create_dir_all(&place.folder)?,
        }
        let engine = match place.database {
            Database::Sqlite => None,
            Database::Postgres => Some(engine()?),
        };
        let kept = Kept {
            key: secret()?,
            password: secret()?,
            technicians: Vec::new(),
            orders: place.orders,
        };
        let url = engine.as_ref().map(|(_, url)| url.as_str());
        let told = command(place, &kept, url)
            .args(["user", "init", "--tenant", "Bench", "--admin", "admin"])
            .output()
            .with_context(|| place.binary.display().to_string())?;
        let text = String::from_utf8_lossy(&told.stdout).into_owned();
        ensure!(
            told.status.success(),
            "`user init`: {}",
            String::from_utf8_lossy(&told.stderr)
        );
        let invitation = text
            .split_whitespace()
            .find_map(|word| word.find("/invite/").map(|at| word[at..].to_owned()))
            .context("`user init` printed no link")?;
        let mut shop = Self::serve(place, kept, engine).await?;
        shop.furnish(&invitation).await?;
        let text = serde_json::to_string(&shop.kept)?;
        shop.sign_in().await?;
        // Last of all: a shop that is not complete is made anew.
        fs::write(place.folder.join(KEPT), text)?;
        Ok(Arc::new(shop))
    }

    /// Starts the program and waits until it is ready.
    async fn serve(
        place: &Place<'_>,
        kept: Kept,
        engine: Option<(Server, String)>,
    ) -> Result<Self> {
        let (engine, url) = engine.unzip();
        let file_system = match &engine {
            Some(engine) => process::on_disk(&engine.data())?,
            None => process::on_disk(&place.folder)?,
        };
        let log = place.folder.join("serve.log");
        let began = Instant::now();
        let mut child = command(place, &kept, url.as_deref())
            .args(["serve", "--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .stderr(File::create(&log).with_context(|| log.display().to_string())?)
            .spawn()
            .with_context(|| place.binary.display().to_string())?;
        let output = child.stdout.take().context("the program's output")?;
        let mut shop = Self {
            child,
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            database: place.database,
            folder: place.folder.clone(),
            kept,
            colleagues: Vec::new(),
            technicians: Vec::new(),
            run: format!("{:x}", process::now()?.as_nanos()),
            numbers: Numbers::default(),
            file_system,
            database_url: url.map(|url| aftercare_testkit::superuser_url(&url)),
            engine,
        };
        // `serving http://127.0.0.1:PORT` is the last line that it prints.
        let address = BufReader::new(output)
            .lines()
            .map_while(Result::ok)
            .find_map(|line| line.strip_prefix("serving http://")?.trim().parse().ok());
        let Some(address) = address else {
            let told = fs::read_to_string(&log).unwrap_or_default();
            bail!("the program did not start: {}", told.trim());
        };
        shop.address = address;
        while began.elapsed() < START_MAX {
            if let Ok(mut connection) = Connection::open(address).await
                && let Ok(answer) = connection.ask(Ask::get("/readyz", Who::Nobody)).await
                && answer.status == 200
            {
                return Ok(shop);
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        bail!("the program was not ready within {} s", START_MAX.as_secs())
    }

    /// Accounts, goods, orders and technicians.
    async fn furnish(&mut self, invitation: &str) -> Result<()> {
        let mut connection = Connection::open(self.address).await?;
        self.set_password(&mut connection, invitation).await?;
        let admin = self.session(&mut connection, "admin").await?;
        let logins = COLLEAGUES.iter().map(|role| ((*role).to_owned(), *role));
        let technicians = (0..TECHNICIANS).map(|number| (login(number), "technician"));
        let mut users = Vec::new();
        for (login, role) in logins.chain(technicians) {
            let account = json!({ "login": login, "display_name": login, "roles": [role] });
            let ask = Ask::post(
                "/api/v1/users",
                Who::Token(&admin),
                JSON,
                serde_json::to_vec(&account)?,
            );
            let made: Value = connection.wanted(201, ask).await?.json()?;
            let link = made["link"].as_str().context("no link")?;
            self.set_password(&mut connection, link).await?;
            if role == "technician" {
                users.push(made["user"].as_str().context("no account")?.to_owned());
            }
        }
        let (paid, delivered) = (day("2 days ago")?, day("yesterday")?);
        let goods = "code,name,skill,warranty_days\nMUG,压测杯,tableware,0\n".to_owned();
        import(&mut connection, &admin, "products", goods).await?;
        let mut number = 0;
        while number < self.kept.orders {
            let mut table = "number,paid_at,delivered_at,product_code,paid\n".to_owned();
            let until = self.kept.orders.min(number + ORDERS_EACH);
            for order in number..until {
                table.push_str(&format!(
                    "{},{paid},{delivered},MUG,68.00\n",
                    self.order(order)
                ));
            }
            import(&mut connection, &admin, "orders", table).await?;
            number = until;
        }
        let mut table =
            "login,display_name,skills,counties,latitude,longitude,reach_m\n".to_owned();
        for number in 0..TECHNICIANS {
            let login = login(number);
            table.push_str(&format!(
                "{login},{login},lamp,330106,{:.3},{:.3},100000\n",
                30.15 + number as f64 * 0.02,
                120.0 + number as f64 * 0.03,
            ));
        }
        import(&mut connection, &admin, "technicians", table).await?;
        let ask = Ask::get("/api/v1/technicians", Who::Token(&admin));
        let known: Vec<Value> = connection.wanted(200, ask).await?.json()?;
        for user in users {
            let found = known.iter().find(|one| one["user"] == user.as_str());
            let id = found.and_then(|one| one["id"].as_str());
            let id = id.context("a technician is missing")?.to_owned();
            self.kept.technicians.push(id);
        }
        Ok(())
    }

    async fn set_password(&self, connection: &mut Connection, link: &str) -> Result<()> {
        // Hexadecimal, so that nothing of it has to be escaped.
        let password = &self.kept.password;
        let form = format!("password={password}&password_again={password}");
        let ask = Ask::post(link, Who::Nobody, FORM, form.into_bytes());
        connection.wanted(303, ask).await?;
        Ok(())
    }

    async fn session(&self, connection: &mut Connection, login: &str) -> Result<String> {
        let input = json!({ "login": login, "password": self.kept.password });
        let ask = Ask::post(
            "/api/v1/sessions",
            Who::Nobody,
            JSON,
            serde_json::to_vec(&input)?,
        );
        let session: Value = connection.wanted(201, ask).await?.json()?;
        let token = session["token"].as_str().context("no token")?;
        Ok(token.to_owned())
    }

    async fn sign_in(&mut self) -> Result<()> {
        let mut connection = Connection::open(self.address).await?;
        let mut colleagues = Vec::new();
        for role in COLLEAGUES {
            colleagues.push(self.session(&mut connection, role).await?);
        }
        let mut technicians = Vec::new();
        for number in 0..TECHNICIANS {
            technicians.push(self.session(&mut connection, &login(number)).await?);
        }
        (self.colleagues, self.technicians) = (colleagues, technicians);
        Ok(())
    }

    /// The token of whoever does a step of the case of that number.
    pub fn token(&self, by: By, number: u64) -> &str {
        match by {
            By::Agent => &self.colleagues[0],
            By::Dispatcher => &self.colleagues[1],
            By::Merchant => &self.colleagues[2],
            By::Reviewer => &self.colleagues[3],
            By::Technician => &self.technicians[nth(number)],
        }
    }

    /// The technician who visits the case of that number.
    pub fn technician(&self, number: u64) -> &str {
        &self.kept.technicians[nth(number)]
    }

    /// The order that the case of that number is about.
    pub fn order(&self, number: u64) -> String {
        format!("BENCH-{:06}", number % self.kept.orders)
    }

    pub fn run(&self) -> &str {
        &self.run
    }

    /// A case that begins.
    pub fn story(&self, mix: Mix) -> Story {
        let number = self.numbers.another();
        Story::new(mix.way(number), number)
    }

    /// Begins to count at a case that was not there before.
    pub fn count_from(&self, number: u64) {
        self.numbers.begin(number);
    }

    /// The program's process.
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// The first process of the database, where it has one of its own.
    pub fn engine_process(&self) -> Result<Option<u32>> {
        let Some(engine) = &self.engine else {
            return Ok(None);
        };
        let file = engine.data().join("postmaster.pid");
        let text = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
        let process = text
            .lines()
            .next()
            .and_then(|line| line.trim().parse().ok());
        Ok(Some(process.context("the process of PostgreSQL")?))
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// An empty database beside that of the shop, on the same server.
    pub fn another_database(&self) -> Option<String> {
        self.engine.as_ref().map(Server::database)
    }

    fn file(&self) -> PathBuf {
        self.folder.join("data/aftercare.sqlite")
    }

    async fn sqlite(&self) -> Result<SqliteConnection> {
        let options = SqliteConnectOptions::new()
            .filename(self.file())
            .read_only(true)
            .busy_timeout(Duration::from_secs(30))
            .disable_statement_logging();
        Ok(options.connect().await?)
    }

    async fn postgres(&self) -> Result<PgConnection> {
        let url = self.database_url.as_deref().context("no PostgreSQL")?;
        Ok(PgConnection::connect(url).await?)
    }

    /// A number that the database answers.
    async fn number_of(&self, sql: &'static str) -> Result<i64> {
        let (number,): (i64,) = match self.database {
            Database::Sqlite => {
                let mut connection = self.sqlite().await?;
                let found: (i64,) = sqlx::query_as(sql).fetch_one(&mut connection).await?;
                connection.close().await?;
                found
            }
            Database::Postgres => {
                let mut connection = self.postgres().await?;
                let found: (i64,) = sqlx::query_as(sql).fetch_one(&mut connection).await?;
                connection.close().await?;
                found
            }
        };
        Ok(number)
    }

    /// Jobs that wait: messages, payments, offers; the program does a bounded number of them a second.
    pub async fn jobs_left(&self) -> Result<i64> {
        self.number_of("SELECT count(*) FROM jobs WHERE done_at IS NULL")
            .await
    }

    /// Events of the log.
    pub async fn events(&self) -> Result<i64> {
        self.number_of("SELECT count(*) FROM events").await
    }

    /// Holds that what was acknowledged since there were so many events is in the database.
    pub async fn has_written(&self, before: i64, commands: usize) -> Result<()> {
        wrote(self.events().await? - before, commands)
    }

    /// Waits until nearly nothing waits any more; how many jobs are left when `most` has passed.
    pub async fn settle(&self, most: Duration) -> Result<i64> {
        let began = Instant::now();
        loop {
            let left = self.jobs_left().await?;
            if left <= 100 || began.elapsed() >= most {
                return Ok(left);
            }
            tokio::time::sleep(Duration::from_secs(2)).await;
        }
    }

    /// What it has, and what that takes on the disk.
    pub async fn sizes(&self) -> Result<Sizes> {
        let (database_bytes, log_bytes) = match self.database {
            Database::Sqlite => {
                let pages = self.number_of("SELECT page_count FROM pragma_page_count").await?;
                let size = self.number_of("SELECT page_size FROM pragma_page_size").await?;
                (pages * size, self.number_of(LOG_PAGES).await?)
            }
            Database::Postgres => (
                self.number_of("SELECT pg_database_size(current_database())")
                    .await?,
                self.number_of(
                    "SELECT pg_total_relation_size('events') + pg_total_relation_size('ledger_nodes')",
                )
                .await?,
            ),
        };
        Ok(Sizes {
            cases: self.number_of("SELECT count(*) FROM case_view").await?,
            events: self.events().await?,
            database_bytes,
            log_bytes,
            blob_bytes: i64::try_from(process::bytes_in(&self.folder.join("data/blobs"))?)?,
        })
    }

    /// Bytes of the write-ahead log beside the database: SQLite's.
    pub fn write_ahead_bytes(&self) -> u64 {
        process::bytes_of(&self.file().with_extension("sqlite-wal"))
    }
}

/// Numbers of cases. Each is given once in a run: what is sent again under its key is taken for the same request.
#[derive(Debug, Default)]
struct Numbers(AtomicU64);

impl Numbers {
    fn another(&self) -> u64 {
        self.0.fetch_add(1, Ordering::Relaxed)
    }

    /// Goes on from that number, and never back.
    fn begin(&self, number: u64) {
        self.0.fetch_max(number, Ordering::Relaxed);
    }
}

/// Each command wrote one event at least.
fn wrote(events: i64, commands: usize) -> Result<()> {
    ensure!(
        usize::try_from(events).is_ok_and(|events| events >= commands),
        "{commands} commands were acknowledged, but {events} events were written"
    );
    Ok(())
}

fn nth(number: u64) -> usize {
    // Below the number of technicians, which is small.
    (number % TECHNICIANS as u64) as usize
}

fn command(place: &Place<'_>, kept: &Kept, url: Option<&str>) -> Command {
    let mut command = Command::new(place.binary);
    command
        .stdin(Stdio::null())
        .env_remove("AFTERCARE_KEY_FILE")
        .env_remove("AFTERCARE_DATABASE_URL")
        .env("AFTERCARE_KEY", &kept.key)
        .env("AFTERCARE_DATA", place.folder.join("data"));
    if let Some(url) = url {
        command.env("AFTERCARE_DATABASE_URL", url);
    }
    command
}

async fn import(connection: &mut Connection, admin: &str, what: &str, table: String) -> Result<()> {
    let path = format!("/api/v1/imports/{what}");
    let ask = Ask {
        patience: IMPORT_MAX,
        ..Ask::post(&path, Who::Token(admin), CSV, table.into_bytes())
    };
    connection.wanted(200, ask).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Numbers, wrote};

    #[test]
    fn what_was_acknowledged_and_not_written_is_found() {
        assert!(wrote(30, 10).is_ok() && wrote(10, 10).is_ok());
        for events in [9, 0, -1] {
            let error = wrote(events, 10).expect_err("a lost command");
            assert!(error.to_string().starts_with("10 commands"), "{error}");
        }
    }

    #[test]
    fn a_number_is_given_once_in_a_run() {
        let numbers = Numbers::default();
        numbers.begin(3);
        assert_eq!((numbers.another(), numbers.another()), (3, 4));
        // There are fewer cases of the shop than loads between two of its sizes took numbers.
        numbers.begin(4);
        assert_eq!(numbers.another(), 5);
    }
}
