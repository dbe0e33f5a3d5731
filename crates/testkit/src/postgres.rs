//! A real PostgreSQL server for tests: made by `initdb` in a folder of its own, reached by a socket in that folder, with
//! every sync that production has, and gone when the tests end, however they end.
//!
//! Tests that need it are skipped with a line on standard error where there is no PostgreSQL; with
//! `AFTERCARE_REQUIRE_POSTGRES=1` they fail instead.

use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// Set to 1 where a missing server is a failure.
const REQUIRE: &str = "AFTERCARE_REQUIRE_POSTGRES";
/// Where Debian and its relatives put the programs, a folder for each version.
const VERSIONS: &str = "/usr/lib/postgresql";
/// What a server is made and asked with.
const PROGRAMS: [&str; 7] = [
    "initdb",
    "postgres",
    "pg_isready",
    "createuser",
    "createdb",
    "pg_dump",
    "pg_restore",
];
/// Who owns the databases, and is nothing else: no policy binds a superuser.
const OWNER: &str = "aftercare";
/// The superuser of the server.
const SUPERUSER: &str = "postgres";
/// Whom the server runs as when the tests run as root: the first of these that there is.
const USERS: [&str; 2] = ["postgres", "nobody"];
/// How often a starting server is asked whether it is ready, and how long at most.
const ASKED_EVERY: Duration = Duration::from_millis(50);
const ASKED_MAX: u32 = 1_200;

/// Runs the server, again where it stops, until its own standard input ends, which it does when the tests do; then
/// stops it and removes its folder. `$1` is the folder, the rest is the server's command line.
const GUARD: &str = r#"
folder=$1
shift
(while :; do "$@" >>"$folder/log" 2>&1; sleep 0.1; done) &
loop=$!
cat >/dev/null
kill "$loop"
read -r server <"$folder/data/postmaster.pid"
kill -QUIT "$server"
while kill -0 "$server"; do sleep 0.1; done
rm -rf "$folder"
"#;

/// A server that runs.
#[derive(Debug)]
pub struct Server {
    programs: PathBuf,
    folder: PathBuf,
    user: Option<User>,
    databases: AtomicU32,
    /// Ends with its standard input, which this process holds.
    guard: Child,
}

#[derive(Clone, Copy, Debug)]
struct User {
    uid: u32,
    gid: u32,
}

/// The server that the tests of this process share; `None` where there is no PostgreSQL, which is said once.
///
/// # Panics
/// When it does not start, or is missing where it is required.
pub fn postgres() -> Option<&'static Server> {
    static SERVER: OnceLock<Option<Server>> = OnceLock::new();
    SERVER
        .get_or_init(|| match programs() {
            Some(programs) => Some(Server::start(programs, &[])),
            None => {
                let required = std::env::var(REQUIRE).is_ok_and(|value| value == "1");
                assert!(
                    !required,
                    "{REQUIRE}=1, but there is no PostgreSQL: install it, or put initdb on the PATH"
                );
                // Not `eprintln!`, which the test harness keeps to itself.
                let _ = writeln!(
                    std::io::stderr(),
                    "SKIPPED: tests on PostgreSQL (no initdb on the PATH or in {VERSIONS}; {REQUIRE}=1 makes this a failure)"
                );
                None
            }
        })
        .as_ref()
}

impl Server {
    /// Starts a server of its own, for a test that stops it.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn another(&self) -> Self {
        self.another_with(&[])
    }

    /// The same with settings of its own, such as `fsync=off`: what it says of these counts before anything else.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn another_with(&self, settings: &[&str]) -> Self {
        Self::start(self.programs.clone(), settings)
    }

    fn start(programs: PathBuf, settings: &[&str]) -> Self {
        let folder = tempfile::Builder::new()
            .prefix("aftercare-postgres-")
            .tempdir()
            .expect("a folder")
            .keep();
        // Whoever reaches the socket is let in.
        std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o700))
            .expect("the folder is private");
        let user = unprivileged();
        if let Some(user) = user {
            std::os::unix::fs::chown(&folder, Some(user.uid), Some(user.gid))
                .expect("the folder is given away");
        }
        let data = folder.join("data");
        let made = command(&programs.join("initdb"), user)
            .arg("--pgdata")
            .arg(&data)
            .args(["--username", SUPERUSER, "--auth", "trust"])
            .args(["--encoding", "UTF8"])
            // A locale whose order is not that of bytes, where there is one, would only test the machine.
            .args(["--locale", "C", "--no-sync", "--no-instructions"])
            .current_dir(&folder)
            .output()
            .expect("initdb runs");
        assert!(
            made.status.success(),
            "initdb: {}",
            String::from_utf8_lossy(&made.stderr)
        );
        let guard = launch(&programs, &folder, user, settings);
        let server = Self {
            programs,
            folder,
            user,
            databases: AtomicU32::new(0),
            guard,
        };
        server.wait();
        server.ask("createuser", &["--no-superuser", OWNER]);
        server
    }

    /// Has a program of PostgreSQL do something, as the superuser.
    fn ask(&self, program: &str, arguments: &[&str]) {
        let asked = command(&self.programs.join(program), self.user)
            .arg("--host")
            .arg(&self.folder)
            .args(["--username", SUPERUSER])
            .args(arguments)
            .current_dir(&self.folder)
            .output()
            .expect("it runs");
        assert!(
            asked.status.success(),
            "{program}: {}",
            String::from_utf8_lossy(&asked.stderr)
        );
    }

    /// Waits until it answers.
    fn wait(&self) {
        for _ in 0..ASKED_MAX {
            let asked = command(&self.programs.join("pg_isready"), self.user)
                .arg("--quiet")
                .arg("--host")
                .arg(&self.folder)
                .current_dir(&self.folder)
                .status()
                .expect("pg_isready runs");
            if asked.success() {
                return;
            }
            std::thread::sleep(ASKED_EVERY);
        }
        let log = std::fs::read_to_string(self.folder.join("log")).unwrap_or_default();
        panic!("PostgreSQL does not start: {log}");
    }

    /// Makes an empty database and gives its URL, for the role that owns it.
    ///
    /// # Panics
    /// When it cannot be made.
    #[must_use]
    pub fn database(&self) -> String {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.ask("createdb", &["--owner", OWNER, &name]);
        format!(
            "postgres://{OWNER}@localhost/{name}?host={}",
            self.folder.display()
        )
    }

    /// What the superuser's `pg_dump` says of a database of this server.
    ///
    /// # Panics
    /// When it fails.
    #[must_use]
    pub fn dump(&self, url: &str) -> PathBuf {
        let name = name_of(url);
        let file = self.folder.join(format!("{name}.dump"));
        let path = file.to_string_lossy();
        self.ask(
            "pg_dump",
            &["--format=custom", "--file", &path, "--dbname", name],
        );
        file
    }

    /// A new database with what was dumped.
    ///
    /// # Panics
    /// When it cannot be made.
    #[must_use]
    pub fn restored(&self, dump: &Path) -> String {
        let url = self.database();
        let path = dump.to_string_lossy();
        self.ask(
            "pg_restore",
            &["--exit-on-error", "--dbname", name_of(&url), &path],
        );
        url
    }

    /// The folder of the server's own files.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// Stops every process of the server at once, without a word to its clients, and waits until it runs again on what
    /// is on the disk.
    ///
    /// # Panics
    /// When it does not come back.
    pub fn crash(&self) {
        self.struck("-QUIT");
    }

    /// `kill -9` of the server's first process, and the same.
    ///
    /// # Panics
    /// When it does not come back.
    pub fn kill(&self) {
        self.struck("-KILL");
    }

    fn struck(&self, signal: &str) {
        let before = self.pid().expect("the server runs");
        // No checkpoint: it has to recover from its write-ahead log.
        let stopped = Command::new("kill").args([signal, &before]).status();
        assert!(stopped.expect("kill runs").success(), "no server was there");
        for _ in 0..ASKED_MAX {
            if self.pid().is_some_and(|now| now != before) {
                return self.wait();
            }
            std::thread::sleep(ASKED_EVERY);
        }
        panic!("the server did not come back");
    }

    /// The server's process, from the file that it writes itself.
    fn pid(&self) -> Option<String> {
        let text = std::fs::read_to_string(self.folder.join("data/postmaster.pid")).ok()?;
        text.lines().next().map(str::to_owned)
    }
}

/// The name of the database that a URL of [`Server::database`] names.
fn name_of(url: &str) -> &str {
    let path = url.split('?').next().unwrap_or_default();
    path.rsplit('/').next().unwrap_or_default()
}

/// The same database for the superuser, whom no policy binds: for a hand behind the program's back.
#[must_use]
pub fn superuser_url(url: &str) -> String {
    url.replacen(&format!("//{OWNER}@"), &format!("//{SUPERUSER}@"), 1)
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        let _ = self.guard.wait();
    }
}

/// The folder of PostgreSQL's programs: the first on the PATH that has all of them, else that of the newest version.
fn programs() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path).find_map(|folder| {
        // Where there is only a link to one of them, the others lie beside what it links to.
        let initdb = std::fs::canonicalize(folder.join(PROGRAMS[0])).ok()?;
        initdb.parent().map(Path::to_owned).filter(complete)
    });
    on_path.or_else(|| {
        std::fs::read_dir(VERSIONS)
            .ok()?
            .filter_map(|entry| {
                let entry = entry.ok()?;
                let version: u32 = entry.file_name().to_str()?.parse().ok()?;
                let folder = entry.path().join("bin");
                complete(&folder).then_some((version, folder))
            })
            .max()
            .map(|(_, folder)| folder)
    })
}

#[expect(clippy::ptr_arg, reason = "it filters an Option<PathBuf>")]
fn complete(folder: &PathBuf) -> bool {
    PROGRAMS
        .iter()
        .all(|program| folder.join(program).is_file())
}

/// PostgreSQL refuses to run as root; as anybody else it runs as who asks.
fn unprivileged() -> Option<User> {
    let root = std::fs::metadata("/proc/self").expect("this process").uid() == 0;
    if !root {
        return None;
    }
    let users = std::fs::read_to_string("/etc/passwd").expect("the users");
    let user = USERS.iter().find_map(|name| {
        users.lines().find_map(|line| {
            let mut fields = line.split(':');
            let found = fields.next() == Some(name);
            let (uid, gid) = (fields.nth(1)?.parse().ok()?, fields.next()?.parse().ok()?);
            found.then_some(User { uid, gid })
        })
    });
    Some(user.expect("a user that is not root"))
}

fn command(program: &Path, user: Option<User>) -> Command {
    let mut command = Command::new(program);
    command.env("LC_ALL", "C").stdin(Stdio::null());
    if let Some(user) = user {
        command.uid(user.uid).gid(user.gid);
    }
    command
}

fn launch(programs: &Path, folder: &Path, user: Option<User>, settings: &[&str]) -> Child {
    command(Path::new("/bin/sh"), user)
        .args(["-c", GUARD, "guard"])
        .arg(folder)
        .arg(programs.join("postgres"))
        .arg("-D")
        .arg(folder.join("data"))
        .arg("-k")
        .arg(folder)
        .args([
            // Nobody reaches it but through the socket in its folder.
            "-clisten_addresses=",
            "-cfsync=on",
            "-csynchronous_commit=on",
            "-cfull_page_writes=on",
            "-cshared_buffers=32MB",
            "-cmax_connections=100",
        ])
        // Of two that say something about one setting the later counts.
        .args(settings.iter().map(|setting| format!("-c{setting}")))
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        // A Ctrl-C at the terminal is meant for the tests; the guard cleans up after them.
        .process_group(0)
        .spawn()
        .expect("the guard of the server runs")
}
