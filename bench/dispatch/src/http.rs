//! A report over HTTP until its visit is planned, offered and durable: the built program serves its demo on this machine,
//! technicians are added, and reports come at a steady pace. Each is timed from when it was due, so that a server that
//! falls behind is not spared: until its answer, and until the case shows an offer, which is an event on the disk.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use serde_json::{Value, json};

use crate::latency::{self, Row};
use crate::rows::Rows;

/// The demo plays its stories before it answers.
const READY: Duration = Duration::from_secs(300);
/// A request that takes longer is an error.
const ANSWER: Duration = Duration::from_secs(30);
/// Requests before the first that counts.
const WARM: usize = 50;
/// Bytes of an answer that are read.
const ANSWER_BYTES: usize = 1 << 20;
/// The visit is asked for so often until it is offered to somebody.
const ASK_AGAIN: Duration = Duration::from_millis(2);
/// After so long it counts as not offered.
const OFFER: Duration = Duration::from_secs(10);
/// How the rows of both times begin.
pub const OFFERED: &str = "report over HTTP until offered, durable,";
const ANSWERED: &str = "report over HTTP until answered, durable,";
/// Requests of one run at most: half an hour at fifty a second.
const REQUESTS_MAX: usize = 90_000;

#[derive(Debug, Args)]
pub struct HttpArgs {
    /// The program, built with `cargo build --release --locked` in the repository.
    #[arg(long, default_value = "../../target/release/aftercare")]
    pub binary: PathBuf,
    /// Where the demo keeps its data: a disk, not memory. The folder must not exist; it is removed afterwards.
    #[arg(long, default_value = "target/http")]
    pub data: PathBuf,
    /// Reports a second.
    #[arg(long, default_value_t = 50)]
    pub rate: usize,
    /// Seconds that are measured.
    #[arg(long, default_value_t = 60)]
    pub seconds: usize,
    /// Connections that are kept open.
    #[arg(long, default_value_t = 16)]
    pub connections: usize,
    /// Technicians that are added before.
    #[arg(long, default_value_t = 200)]
    pub technicians: usize,
}

impl HttpArgs {
    pub fn whole(smoke: bool) -> Self {
        Self {
            binary: PathBuf::from("../../target/release/aftercare"),
            data: PathBuf::from("target/http"),
            rate: if smoke { 5 } else { 50 },
            seconds: if smoke { 2 } else { 60 },
            connections: if smoke { 2 } else { 16 },
            technicians: if smoke { 3 } else { 200 },
        }
    }
}

/// The demo, ended and removed when it goes.
struct Served {
    child: Child,
    data: PathBuf,
    address: SocketAddr,
    password: String,
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.data);
    }
}

fn serve(args: &HttpArgs) -> Result<Served> {
    ensure!(
        !args.data.exists(),
        "{} is there already; remove it, or name another folder",
        args.data.display()
    );
    let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let mut child = Command::new(&args.binary)
        .args(["demo", "--listen", &address.to_string(), "--data"])
        .arg(&args.data)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .with_context(|| {
            format!(
                "{}: build it with `cargo build --release --locked` first",
                args.binary.display()
            )
        })?;
    let output = child.stdout.take().context("no output")?;
    let mut served = Served {
        child,
        data: args.data.clone(),
        address,
        password: String::new(),
    };
    // Read to the end, so that the program never waits for its reader.
    let (found, password) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            if let Some((_, word)) = line.split_once("password: ") {
                let _ = found.send(word.trim().to_owned());
            }
        }
    });
    served.password = password
        .recv_timeout(READY)
        .context("the demo printed no password")?;
    let start = Instant::now();
    loop {
        let ready = Connection::open(address).and_then(|mut connection| {
            connection.ask("GET", "/readyz", "", "application/json", b"")
        });
        if ready.is_ok_and(|(status, _)| status == 200) {
            return Ok(served);
        }
        ensure!(start.elapsed() < READY, "the demo did not become ready");
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// A connection that is kept open.
struct Connection(BufReader<TcpStream>);

impl Connection {
    fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect_timeout(&address, ANSWER)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(ANSWER))?;
        stream.set_write_timeout(Some(ANSWER))?;
        Ok(Self(BufReader::new(stream)))
    }

    /// Sends a request and reads its answer: the status and the body.
    fn ask(
        &mut self,
        method: &str,
        path: &str,
        token: &str,
        content: &str,
        body: &[u8],
    ) -> Result<(u16, Vec<u8>)> {
        let mut request = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {content}\r\nContent-Length: {}\r\n",
            body.len()
        );
        if !token.is_empty() {
            request.push_str(&format!("Authorization: Bearer {token}\r\n"));
        }
        request.push_str("\r\n");
        let mut bytes = request.into_bytes();
        bytes.extend_from_slice(body);
        self.0.get_mut().write_all(&bytes)?;
        let mut line = String::new();
        self.0.read_line(&mut line)?;
        let status = line
            .split(' ')
            .nth(1)
            .and_then(|word| word.parse().ok())
            .with_context(|| format!("not an answer: {line:?}"))?;
        let (mut length, mut chunked) = (0, false);
        loop {
            line.clear();
            self.0.read_line(&mut line)?;
            let Some((name, value)) = line.trim_end().split_once(':') else {
                break;
            };
            if name.eq_ignore_ascii_case("content-length") {
                length = value.trim().parse()?;
            }
            chunked |= name.eq_ignore_ascii_case("transfer-encoding");
        }
        ensure!(
            !chunked && length <= ANSWER_BYTES,
            "an answer of another kind"
        );
        let mut answer = vec![0; length];
        self.0.read_exact(&mut answer)?;
        Ok((status, answer))
    }

    fn json(&mut self, path: &str, token: &str, body: &Value) -> Result<Value> {
        let body = serde_json::to_vec(body)?;
        let (status, answer) = self.ask("POST", path, token, "application/json", &body)?;
        let text = String::from_utf8_lossy(&answer).into_owned();
        ensure!((200..300).contains(&status), "{path}: {status} {text}");
        Ok(serde_json::from_slice(&answer).unwrap_or(Value::Null))
    }

    fn sign_in(&mut self, login: &str, password: &str) -> Result<String> {
        let input = json!({ "login": login, "password": password });
        let session = self.json("/api/v1/sessions", "", &input)?;
        let token = session["token"].as_str().context("no token")?;
        Ok(token.to_owned())
    }
}

/// What one connection saw, in microseconds from when each report was due.
#[derive(Default)]
struct Times {
    answered: Vec<f64>,
    offered: Vec<f64>,
    not_taken: usize,
    not_offered: usize,
}

/// Technicians all over the city of the demo.
fn add_technicians(connection: &mut Connection, token: &str, count: usize) -> Result<()> {
    let mut table = "login,display_name,skills,counties,latitude,longitude,reach_m\n".to_owned();
    for number in 0..count {
        let login = format!("bench{number}");
        let account = json!({ "login": login, "display_name": login, "roles": ["technician"] });
        connection.json("/api/v1/users", token, &account)?;
        let (row, column) = (number / 20, number % 20);
        table.push_str(&format!(
            "{login},{login},lamp,330106,{:.3},{:.3},100000\n",
            30.15 + row as f64 * 0.02,
            120.0 + column as f64 * 0.015,
        ));
    }
    let path = "/api/v1/imports/technicians";
    let (status, answer) = connection.ask("POST", path, token, "text/csv", table.as_bytes())?;
    ensure!(
        status == 200,
        "{path}: {status} {}",
        String::from_utf8_lossy(&answer)
    );
    Ok(())
}

fn report(number: usize) -> Result<Vec<u8>> {
    let input = json!({
        "kind": "repair", "skill": "lamp", "county": "330106", "description": "灯不亮。",
        "person": {
            "name": "压测样", "phone": format!("139{:08}", number % 100_000_000),
            "address": format!("杭州西湖区样板路 {} 号", number % 900 + 1),
            "place": {
                "latitude_e6": 30_150_000 + (number * 7_919 % 200_000) as i64,
                "longitude_e6": 120_000_000 + (number * 104_729 % 280_000) as i64,
            },
        },
        "consent": { "notice_version": "2026-11-26", "purposes": ["handle_the_case"] },
    });
    Ok(serde_json::to_vec(&input)?)
}

pub fn run(args: &HttpArgs, folder: &Path) -> Result<()> {
    ensure!(
        args.rate > 0 && args.seconds > 0 && args.connections > 0,
        "rate, seconds and connections must be above 0"
    );
    let count = args.rate * args.seconds;
    if count > REQUESTS_MAX {
        bail!("{count} requests, {REQUESTS_MAX} are the most");
    }
    let named = |what: &str| format!("{what} {} a second", args.rate);
    let mut rows = Rows::<Row>::open(folder, "http")?;
    if rows
        .all
        .iter()
        .any(|row| row.what == named(OFFERED) && row.count == count)
    {
        return Ok(());
    }
    let served = serve(args)?;
    let mut first = Connection::open(served.address)?;
    let admin = first.sign_in("admin", &served.password)?;
    add_technicians(&mut first, &admin, args.technicians)?;
    let agent = first.sign_in("agent", &served.password)?;
    for number in 0..WARM.min(count) {
        let body = report(REQUESTS_MAX + number)?;
        let (status, answer) =
            first.ask("POST", "/api/v1/repairs", &agent, "application/json", &body)?;
        ensure!(
            status == 201,
            "a report: {status} {}",
            String::from_utf8_lossy(&answer)
        );
    }
    let next = AtomicUsize::new(0);
    let start = Instant::now();
    let pace = Duration::from_secs(1) / args.rate as u32;
    let work = || -> Result<Times> {
        let mut connection = Connection::open(served.address)?;
        let mut times = Times::default();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= count {
                return Ok(times);
            }
            let body = report(number)?;
            let due = start + pace * number as u32;
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            let (status, answer) =
                connection.ask("POST", "/api/v1/repairs", &agent, "application/json", &body)?;
            times.answered.push(due.elapsed().as_secs_f64() * 1e6);
            if status != 201 {
                times.not_taken += 1;
                continue;
            }
            let receipt: Value = serde_json::from_slice(&answer)?;
            let case = receipt["case"].as_str().context("no case")?;
            let path = format!("/api/v1/cases/{case}");
            loop {
                let (_, body) = connection.ask("GET", &path, &agent, "application/json", b"")?;
                let detail: Value = serde_json::from_slice(&body)?;
                let offers = detail["work_orders"][0]["offers"].as_array();
                if offers.is_some_and(|offers| !offers.is_empty()) {
                    break;
                }
                if due.elapsed() > OFFER {
                    times.not_offered += 1;
                    break;
                }
                std::thread::sleep(ASK_AGAIN);
            }
            times.offered.push(due.elapsed().as_secs_f64() * 1e6);
        }
    };
    let parts = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..args.connections).map(|_| scope.spawn(work)).collect();
        workers
            .into_iter()
            .map(|worker| {
                worker
                    .join()
                    .unwrap_or_else(|_| bail!("a connection stopped"))
            })
            .collect::<Result<Vec<_>>>()
    })?;
    let mut all = Times::default();
    for part in parts {
        all.answered.extend(part.answered);
        all.offered.extend(part.offered);
        all.not_taken += part.not_taken;
        all.not_offered += part.not_offered;
    }
    let size = (args.technicians, count);
    let notes = vec![("not taken".to_owned(), all.not_taken as f64)];
    let answered = latency::row(&named(ANSWERED), size, all.answered, notes);
    latency::push(&mut rows, answered)?;
    let notes = vec![
        ("not taken".to_owned(), all.not_taken as f64),
        ("not offered".to_owned(), all.not_offered as f64),
        ("seconds".to_owned(), start.elapsed().as_secs_f64()),
    ];
    let offered = latency::row(&named(OFFERED), size, all.offered, notes);
    latency::push(&mut rows, offered)
}
