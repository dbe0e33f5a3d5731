//! PostgreSQL's own programs, for copies of its databases: `pg_dump` makes one, `pg_restore` puts it back, and a server of their own,
//! or a database that is dropped afterwards, is where a copy is tried out.

use crate::failure::bad_input;
use aftercare_store::POSTGRES_SEES_ALL;
use aftercare_vault::files::create_private;
use aftercare_vault::random_token_256;
use anyhow::{Context as _, bail};
use clap::Args;
use std::ffi::OsStr;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Where Debian and its relatives put the programs, a folder for each version.
const VERSIONS: &str = "/usr/lib/postgresql";
/// The superuser of a server that is made for a check.
const SUPERUSER: &str = "postgres";
/// Whom it runs as where this program runs as root: the first of these that there is.
const USERS: [&str; 2] = ["postgres", "nobody"];
/// How often a starting server is asked whether it is ready, and how long at most.
const ASKED_EVERY: Duration = Duration::from_millis(100);
const ASKED_MAX: u32 = 600;
/// Letters of a name that nobody else has.
const NAME_CHARS: usize = 16;

/// Runs the server until its own standard input ends, which it does when this program does, however it ends.
const GUARD: &str = r#"
"$@" &
server=$!
cat >/dev/null
kill -QUIT "$server"
wait "$server"
"#;

/// Where the programs are.
#[derive(Clone, Debug, Args)]
pub struct ProgramsArgs {
    /// The folder of PostgreSQL's programs; without it they are looked for on the PATH.
    #[arg(long, value_name = "DIR", env = "AFTERCARE_PG_BIN")]
    pg_bin: Option<PathBuf>,
}

/// Where they are, and where a copy is tried out.
#[derive(Clone, Debug, Args)]
pub struct ScratchArgs {
    #[command(flatten)]
    programs: ProgramsArgs,
    /// A PostgreSQL server, as a URL of a role that may make databases, on which a copy is tried out in a database that is dropped
    /// afterwards; without it a server is made for that in the folder for temporary files (TMPDIR), with initdb.
    #[arg(
        long,
        value_name = "URL",
        env = "AFTERCARE_SCRATCH_URL",
        hide_env_values = true
    )]
    scratch_url: Option<String>,
}

impl ProgramsArgs {
    /// Where a program is.
    fn find(&self, name: &str) -> anyhow::Result<PathBuf> {
        if let Some(folder) = &self.pg_bin {
            let program = folder.join(name);
            if program.is_file() {
                return Ok(program);
            }
            return Err(bad_input(format!(
                "--pg-bin {}: there is no {name} in it",
                folder.display()
            )));
        }
        let path = std::env::var_os("PATH").unwrap_or_default();
        // A link to something of another name is a wrapper, which chooses by servers of its own.
        let is_itself = |program: &PathBuf| {
            std::fs::canonicalize(program)
                .is_ok_and(|real| real.file_name() == Some(OsStr::new(name)))
        };
        std::env::split_paths(&path)
            .map(|folder| folder.join(name))
            .find(is_itself)
            .or_else(|| newest().map(|folder| folder.join(name)).filter(is_itself))
            .ok_or_else(|| {
                bad_input(format!(
                    "{name} of PostgreSQL is not on the PATH: install it, or give its folder with --pg-bin"
                ))
            })
    }

    /// Writes all of a database to a file, the rows of every tenant.
    ///
    /// # Errors
    /// No such program, and what it says.
    pub fn dump(&self, url: &str, file: &Path) -> anyhow::Result<()> {
        let mut dump = asking(&self.find("pg_dump")?, "--dbname", url);
        dump.args(["--format=custom", "--enable-row-security"])
            .arg("--file")
            .arg(file)
            .env("PGOPTIONS", POSTGRES_SEES_ALL);
        run(dump, "pg_dump")
    }

    /// Puts what was written into an empty database, all of it or nothing.
    ///
    /// # Errors
    /// No such program, and what it says.
    pub fn put_back(&self, url: &str, file: &Path) -> anyhow::Result<()> {
        let mut restore = asking(&self.find("pg_restore")?, "--dbname", url);
        restore
            .args(["--no-owner", "--no-privileges", "--single-transaction"])
            .arg(file);
        run(restore, "pg_restore")
    }
}

impl ScratchArgs {
    /// Where the programs are.
    pub const fn programs(&self) -> &ProgramsArgs {
        &self.programs
    }

    /// A database with what was written, until it is dropped.
    ///
    /// # Errors
    /// No such programs, a server that does not start or does not let us in, and what they say.
    pub async fn database(&self, file: &Path) -> anyhow::Result<Scratch> {
        let scratch = match &self.scratch_url {
            Some(server) => self.database_on(server)?,
            None => self.server().await?,
        };
        self.programs
            .put_back(&scratch.url, file)
            .context("the copy cannot be put back")?;
        Ok(scratch)
    }

    fn database_on(&self, server: &str) -> anyhow::Result<Scratch> {
        let name = format!("aftercare_check_{}", nobodys_name()?);
        let mut create = asking(&self.programs.find("createdb")?, "--maintenance-db", server);
        create
            .args(["--encoding", "UTF8", "--template", "template0"])
            .arg(&name);
        run(create, "createdb")?;
        let mut end = asking(&self.programs.find("dropdb")?, "--maintenance-db", server);
        end.args(["--if-exists", "--force"]).arg(&name);
        Ok(Scratch {
            url: named(server, &name),
            database: Some(end),
            _server: None,
        })
    }

    async fn server(&self) -> anyhow::Result<Scratch> {
        // Where there is only a link to it, the others lie beside what it links to.
        let initdb = std::fs::canonicalize(self.programs.find("initdb")?)?;
        let programs = initdb.parent().context("initdb lies in no folder")?;
        let folder = std::env::temp_dir().join(format!("aftercare-check-{}", nobodys_name()?));
        create_private(&folder).with_context(|| folder.display().to_string())?;
        let mut kept = Folder(folder, None);
        let folder = kept.0.clone();
        let user = unprivileged()?;
        if let Some((uid, gid)) = user {
            std::os::unix::fs::chown(&folder, Some(uid), Some(gid))?;
        }
        let as_user = |program: &Path| {
            let mut command = Command::new(program);
            command.env("LC_ALL", "C").current_dir(&folder);
            if let Some((uid, gid)) = user {
                command.uid(uid).gid(gid);
            }
            command
        };
        let data = folder.join("data");
        let mut make = as_user(&initdb);
        make.arg("--pgdata")
            .arg(&data)
            .args(["--username", SUPERUSER, "--auth", "trust"])
            .args(["--encoding", "UTF8", "--locale", "C"])
            .args(["--no-sync", "--no-instructions"]);
        run(make, "initdb")?;
        let mut guard = as_user(Path::new("/bin/sh"));
        guard
            .args(["-c", GUARD, "guard"])
            .arg(programs.join("postgres"))
            .arg("-D")
            .arg(&data)
            .arg("-k")
            .arg(&folder)
            // Nobody reaches it but through the socket in its folder.
            .arg("-clisten_addresses=")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // A Ctrl-C at the terminal is meant for this program; the guard cleans up after it.
            .process_group(0);
        let guard = guard.spawn().context("starting a server for the check")?;
        kept.1 = Some(guard);
        for _ in 0..ASKED_MAX {
            let asked = as_user(&programs.join("pg_isready"))
                .arg("--quiet")
                .arg("--host")
                .arg(&folder)
                .stdin(Stdio::null())
                .status()
                .context("pg_isready")?;
            if asked.success() {
                return Ok(Scratch {
                    url: format!(
                        "postgres:///postgres?host={}&user={SUPERUSER}",
                        folder.display()
                    ),
                    database: None,
                    _server: Some(kept),
                });
            }
            tokio::time::sleep(ASKED_EVERY).await;
        }
        bail!("the PostgreSQL server that was made for the check does not start");
    }
}

/// A database for a check, gone when this is. It prints nothing of itself: a password may be in what drops it.
pub struct Scratch {
    url: String,
    /// What drops it, where the server stays.
    database: Option<Command>,
    /// Its server, where that goes with it.
    _server: Option<Folder>,
}

/// The folder of a server, and what keeps the server running.
struct Folder(PathBuf, Option<Child>);

impl Scratch {
    /// Where it is.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Some(command) = &mut self.database {
            // It holds nothing that was not sealed, and its name says what it is.
            let _ = command
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status();
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Some(guard) = &mut self.1 {
            drop(guard.stdin.take());
            let _ = guard.wait();
        }
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The programs of the newest version that is installed.
fn newest() -> Option<PathBuf> {
    std::fs::read_dir(VERSIONS)
        .ok()?
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let version: u32 = entry.file_name().to_str()?.parse().ok()?;
            Some((version, entry.path().join("bin")))
        })
        .max()
        .map(|(_, folder)| folder)
}

/// PostgreSQL refuses to run as root: whom it runs as there, by user and group.
fn unprivileged() -> anyhow::Result<Option<(u32, u32)>> {
    if !rustix::process::geteuid().is_root() {
        return Ok(None);
    }
    let users = std::fs::read_to_string("/etc/passwd")?;
    let user = USERS.iter().find_map(|name| {
        users.lines().find_map(|line| {
            let mut fields = line.split(':');
            let found = fields.next() == Some(name);
            let (uid, gid) = (fields.nth(1)?.parse().ok()?, fields.next()?.parse().ok()?);
            found.then_some((uid, gid))
        })
    });
    if user.is_none() {
        return Err(bad_input(format!(
            "a server for the check cannot run as root, and this machine has no user {USERS:?}: run this as the user of the service, or give --scratch-url"
        )));
    }
    Ok(user)
}

/// Letters and digits that nobody else has.
fn nobodys_name() -> anyhow::Result<String> {
    let token = random_token_256()?;
    let plain = token.expose_str().chars();
    Ok(plain
        .filter(char::is_ascii_alphanumeric)
        .take(NAME_CHARS)
        .map(|letter| letter.to_ascii_lowercase())
        .collect())
}

/// A program that asks a server.
fn asking(program: &Path, option: &str, url: &str) -> Command {
    let (url, password) = without_password(url);
    let mut command = Command::new(program);
    command
        .env("LC_ALL", "C")
        .arg("--no-password")
        .arg(format!("{option}={url}"));
    if let Some(password) = password {
        command.env("PGPASSWORD", password);
    }
    command
}

fn run(mut command: Command, name: &str) -> anyhow::Result<()> {
    let said = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .output()
        .with_context(|| format!("{name} cannot be run"))?;
    if !said.status.success() {
        bail!("{name}: {}", String::from_utf8_lossy(&said.stderr).trim());
    }
    Ok(())
}

/// Parts of a URL: scheme and server, the database, and what follows a question mark.
fn parts(url: &str) -> (&str, &str, &str) {
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let server = path.find("://").map_or(0, |at| at + 3);
    let end = path[server..]
        .find('/')
        .map_or(path.len(), |at| server + at);
    (&path[..end], path[end..].trim_start_matches('/'), query)
}

/// The same server and another database.
fn named(url: &str, database: &str) -> String {
    let (server, _, query) = parts(url);
    let kept: Vec<_> = query
        .split('&')
        .filter(|part| !part.is_empty() && !part.starts_with("dbname="))
        .collect();
    let mark = if kept.is_empty() { "" } else { "?" };
    format!("{server}/{database}{mark}{}", kept.join("&"))
}

/// A URL without its password, and that: what stands on a command line can be read by everybody on the machine.
fn without_password(url: &str) -> (String, Option<String>) {
    let (server, database, query) = parts(url);
    let mut password = None;
    let mut kept = Vec::new();
    for part in query.split('&').filter(|part| !part.is_empty()) {
        match part.strip_prefix("password=") {
            Some(found) => password = Some(decoded(found)),
            None => kept.push(part),
        }
    }
    let mut server = server.to_owned();
    let begin = server.find("://").map_or(0, |at| at + 3);
    if let Some(at) = server.rfind('@')
        && let Some(colon) = server[begin..at].find(':')
    {
        password.get_or_insert(decoded(&server[begin + colon + 1..at]));
        server.replace_range(begin + colon..at, "");
    }
    let mark = if kept.is_empty() { "" } else { "?" };
    (
        format!("{server}/{database}{mark}{}", kept.join("&")),
        password,
    )
}

/// What stands in a URL as `%41` and the like, as it is meant.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let digits = after.get(..2).filter(|_| *first == b'%');
        let meant = digits
            .and_then(|two| std::str::from_utf8(two).ok())
            .and_then(|two| u8::from_str_radix(two, 16).ok());
        bytes.push(meant.unwrap_or(*first));
        rest = if meant.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::{named, without_password};

    #[test]
    fn no_password_stands_on_a_command_line() {
        for (url, bare, password) in [
            (
                "postgres://a:p%40ss@host:5433/name?sslmode=require",
                "postgres://a@host:5433/name?sslmode=require",
                Some("p@ss"),
            ),
            (
                "postgres:///name?host=/run/postgresql",
                "postgres:///name?host=/run/postgresql",
                None,
            ),
            (
                "postgres://host/name?user=a&password=x%3D1",
                "postgres://host/name?user=a",
                Some("x=1"),
            ),
            ("postgres://a@host", "postgres://a@host/", None),
        ] {
            let (found, given) = without_password(url);
            assert_eq!((found.as_str(), given.as_deref()), (bare, password));
        }
    }

    #[test]
    fn another_database_of_a_server_keeps_the_rest() {
        for (url, other) in [
            (
                "postgres://a:b@host:5433/name?host=/x",
                "postgres://a:b@host:5433/check?host=/x",
            ),
            ("postgres://a@host", "postgres://a@host/check"),
            (
                "postgres:///name?host=/x&dbname=y",
                "postgres:///check?host=/x",
            ),
        ] {
            assert_eq!(named(url, "check"), other);
        }
    }
}
