//! `aftercare exchange serve`: keeps the list of an exchange. It knows no case and no person; members sign what they do, and
//! everything they did is an entry of one witnessed log.

use super::limits::{
    ACTS_A_MINUTE_MAX, BEAT_EVERY_S, COSIGN_EVERY, KEY_FILE, LIST_CHECKPOINT_FILE, LOOK_EVERY,
    OTHERS_A_MINUTE_MAX, PAGES_A_MINUTE_MAX, QUERIES_A_MINUTE_MAX, SEATS_BYTES_MAX,
};
use super::pace::Pace;
use super::photo::Seen;
use super::{ListDatabaseArgs, Standing, now_s};
use crate::Listen;
use crate::data::store_failure;
use crate::failure::{bad_input, bytes_of};
use crate::records::say;
use crate::witness::key_of;
use aftercare_exchange::limits::MAX_PAGE_ENTRIES;
use aftercare_exchange::{
    Act, ActRequest, AppendError, Counts, Day, Index, List, ReadRequest, Refused, Seat, What,
};
use aftercare_ledger::{
    AddCheckpoint, Checkpoint, Policy, PolicyWitness, SigningKey, add_cosignatures,
};
use aftercare_outbound::{Client, Network, Settings, Target};
use aftercare_server::{ExchangeAnswer, ExchangeAsked, Operates, serve_exchange};
use aftercare_store::{EXCHANGE_FILE, ExchangeJournal};
use aftercare_vault::files::replace;
use anyhow::Context as _;
use clap::Args;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::runtime::Handle;

/// What witnesses have cosigned last.
const COSIGNED_FILE: &str = "cosigned";

/// Keep the list of an exchange: a service of its own, that of a legal entity which is no member.
///
/// The folder holds the key (keep it secret), the list in SQLite unless a PostgreSQL database is named, and what was signed last.
/// The key of the list is printed at the start: members name it with `exchange join`. What is answered is signed; a proxy has to
/// speak TLS in front of it.
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// Folder of the operator; made, with a new key, if it is not there.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    #[command(flatten)]
    database: ListDatabaseArgs,
    /// Name of the list, such as exchange.example/list. It never changes.
    #[arg(long, value_name = "NAME")]
    name: String,
    /// Found the exchange with these members: a JSON list of what `exchange join` printed. Once, of at least three groups.
    #[arg(long, value_name = "SEATS.json")]
    found: Option<PathBuf>,
    /// Policy (C2SP tlog-policy): members are shown what these witnesses have cosigned, and nothing later.
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// A network that may be spoken to although it is not public, for witnesses; may be given several times.
    #[arg(
        long,
        value_name = "NETWORK",
        env = "AFTERCARE_ALLOW_NETWORK",
        value_delimiter = ','
    )]
    allow_network: Vec<Network>,
    /// Address to listen on.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8791")]
    listen: Listen,
}

/// The list and what was signed of it.
struct State {
    list: List,
    index: Index,
    /// The signed checkpoint of the whole list, which is kept beside the database before anybody is told of an entry.
    signed: (String, u64),
    /// The size that is kept so.
    kept: u64,
    /// What members are shown: with a policy, the latest that enough witnesses have cosigned.
    shown: Option<(String, u64)>,
    /// The database could not be read again after an entry was not kept: nothing of the list is answered until it can.
    is_broken: bool,
}

/// An operator at work.
struct Operator {
    key: SigningKey,
    folder: PathBuf,
    journal: ExchangeJournal,
    runtime: Handle,
    policy: Option<Policy>,
    /// Held until what was answered is on the disk.
    state: Mutex<State>,
    /// Questions about photos are nobody's in particular.
    queries: Pace,
    pages: Pace,
    acts: Pace,
}

/// Why nothing was answered.
enum Problem {
    /// It cannot be read: 400.
    Malformed(String),
    /// A rule says no: 403 to whoever is not a member, 409 otherwise.
    Refused(Refused),
    /// 409.
    Beyond(String),
    /// 429.
    TooMany,
    /// Nothing was kept: 503. Why stands in the log of this service, and is nobody else's to read.
    NotKept,
    /// 503.
    NotYet,
}

impl Problem {
    fn answer(&self) -> ExchangeAnswer {
        let (status, rule, detail) = match self {
            Self::Malformed(why) => (400, "malformed", why.clone()),
            Self::Refused(refused) => {
                let is_stranger = matches!(
                    refused,
                    Refused::NoMember | Refused::NotSigned | Refused::OtherTime
                );
                let status = if is_stranger { 403 } else { 409 };
                (status, refused.rule(), refused.to_string())
            }
            Self::Beyond(why) => (409, "beyond", why.clone()),
            Self::TooMany => (
                429,
                "too_many_questions",
                "too many requests at once: ask again in a minute".to_owned(),
            ),
            Self::NotKept => (
                503,
                "not_kept",
                "nothing was kept: send it again in a while".to_owned(),
            ),
            Self::NotYet => (
                503,
                "not_witnessed",
                "no witness has cosigned the list yet: ask again".to_owned(),
            ),
        };
        let body = serde_json::json!({
            "type": "about:blank",
            "title": "The exchange did not do this",
            "status": status,
            "rule": rule,
            "detail": detail,
        });
        ExchangeAnswer {
            status,
            body: body.to_string(),
        }
    }
}

impl From<AppendError> for Problem {
    fn from(error: AppendError) -> Self {
        match error {
            AppendError::Refused(refused) => Self::Refused(refused),
            AppendError::Bad(bad) => Self::Malformed(bad.to_string()),
        }
    }
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

fn read<'b, T: Deserialize<'b>>(body: &'b str) -> Result<T, Problem> {
    serde_json::from_str(body).map_err(|error| Problem::Malformed(error.to_string()))
}

fn written(value: &impl Serialize) -> Result<String, Problem> {
    serde_json::to_string(value).map_err(|error| not_kept("an answer", &error))
}

/// Tells the log of this service what could not be done and why.
fn not_kept(what: &str, error: &dyn std::fmt::Display) -> Problem {
    tracing::error!(%error, what, "nothing was kept of a request");
    Problem::NotKept
}

/// The items of a list, ready to be searched.
fn index_of(list: &List) -> Index {
    let places: Vec<u32> = list
        .register()
        .items()
        .filter_map(|(place, _)| u32::try_from(place).ok())
        .collect();
    let mut index = Index::new();
    index.add(&places, |place| {
        list.register().item(place).map(|held| &held.item)
    });
    index
}

impl Operator {
    async fn open(args: &ServeArgs) -> anyhow::Result<Self> {
        let folder = &args.data;
        let url = args.database.database_url.as_deref();
        let is_elsewhere = folder.join(LIST_CHECKPOINT_FILE).exists();
        if url.is_none() && is_elsewhere && !folder.join(EXCHANGE_FILE).exists() {
            return Err(bad_input(format!(
                "{}: a list was signed that is not in this folder: name its PostgreSQL database with --database-url, or bring {EXCHANGE_FILE} back",
                folder.display()
            )));
        }
        let journal = ExchangeJournal::open(folder, url)
            .await
            .map_err(store_failure)?;
        let key = key_of(&folder.join(KEY_FILE), &args.name)?;
        let entries = journal.entries().await?;
        let list = List::restored(key.name(), entries.iter().map(String::as_str))
            .with_context(|| format!("{}: the list", folder.display()))?;
        let kept = folder.join(LIST_CHECKPOINT_FILE);
        let kept = match std::fs::read_to_string(&kept) {
            Ok(note) => list.continues(&note, &key.verifier()).with_context(|| {
                format!(
                    "{}: what was signed is not what is kept; restore the database of before",
                    kept.display()
                )
            })?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => 0,
            Err(error) => return Err(error).with_context(|| kept.display().to_string()),
        };
        let policy = args
            .policy
            .as_deref()
            .map(crate::monitor::policy)
            .transpose()?;
        let shown = match std::fs::read_to_string(folder.join(COSIGNED_FILE)) {
            Ok(note) if policy.is_some() => {
                let size = list.continues(&note, &key.verifier())?;
                Some((note, size))
            }
            _ => None,
        };
        let signed = (list.checkpoint(&key)?, list.register().len());
        let operator = Self {
            key,
            folder: folder.clone(),
            journal,
            runtime: Handle::current(),
            policy,
            state: Mutex::new(State {
                index: index_of(&list),
                list,
                signed,
                kept,
                shown,
                is_broken: false,
            }),
            queries: Pace::new(0, QUERIES_A_MINUTE_MAX),
            pages: Pace::new(PAGES_A_MINUTE_MAX, OTHERS_A_MINUTE_MAX),
            acts: Pace::new(ACTS_A_MINUTE_MAX, OTHERS_A_MINUTE_MAX),
        };
        Ok(operator)
    }

    /// Founds the exchange, or finds that it was.
    fn found(&self, seats: Option<&Path>) -> anyhow::Result<()> {
        let is_founded = !self.lock().list.register().is_empty();
        match (seats, is_founded) {
            (None, true) => Ok(()),
            (None, false) => Err(bad_input(
                "the exchange is not founded: name its members with --found SEATS.json",
            )),
            (Some(_), true) => Err(bad_input(
                "the exchange was founded: start it without --found; further members are voted in",
            )),
            (Some(path), false) => {
                let named = path.display();
                let bytes = bytes_of(path, SEATS_BYTES_MAX)?;
                let seats: Vec<Seat> = serde_json::from_slice(&bytes)
                    .map_err(|error| bad_input(format!("{named}: {error}")))?;
                let mut state = self.lock();
                match self.commit(&mut state, What::Founded { seats }, None) {
                    Ok(_) => Ok(()),
                    Err(Problem::Refused(refused)) => Err(bad_input(format!("{named}: {refused}"))),
                    Err(problem) => anyhow::bail!("{named}: {}", problem.answer().body),
                }
            }
        }
    }

    /// What a panic left is what was kept: entries are kept before they are answered for.
    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Nothing is answered from a list in memory of which an entry may not be kept.
    fn mend(&self, state: &mut State) -> Result<(), Problem> {
        if state.is_broken {
            self.read_again(state)?;
        }
        Ok(())
    }

    /// Puts the list as it is kept in the place of the one in memory. What was signed has to be in it: a server whose latest
    /// commits were lost is not gone on with.
    fn read_again(&self, state: &mut State) -> Result<(), Problem> {
        state.is_broken = true;
        let lost = |error: &dyn std::fmt::Display| not_kept("the list, which is read again", error);
        let entries = self.runtime.block_on(self.journal.entries());
        let entries = entries.map_err(|error| lost(&error))?;
        let list = List::restored(self.key.name(), entries.iter().map(String::as_str))
            .map_err(|error| lost(&error))?;
        let (note, size) = &state.signed;
        if *size > 0 {
            list.continues(note, &self.key.verifier())
                .map_err(|error| lost(&error))?;
        }
        state.index = index_of(&list);
        state.list = list;
        state.is_broken = false;
        Ok(())
    }

    /// Enters something; what it answers is durable, and so is the signed size of the list.
    fn commit(&self, state: &mut State, what: What, act: Option<Act>) -> Result<u64, Problem> {
        self.mend(state)?;
        let place = state.list.append(now_s(), what, act)?;
        let entry = state.list.entries().last().cloned().unwrap_or_default();
        if let Err(error) = self.runtime.block_on(self.journal.append(place, &entry)) {
            tracing::error!(%error, place, "an entry was not kept, and nobody is told of it");
            // It goes out of memory again. The disk may hold it all the same: what it holds is the list. Where it cannot be read
            // now, it is before anything is answered.
            let _ = self.read_again(state);
            return Err(Problem::NotKept);
        }
        if let (Some(_), Ok(number)) = (state.list.register().item(place), u32::try_from(place)) {
            let register = state.list.register();
            state.index.add(&[number], |wanted| {
                register.item(wanted).map(|held| &held.item)
            });
        }
        self.sign(state)?;
        Ok(place)
    }

    /// Signs the whole list, and keeps that beside the database: a database that lost its end is found out.
    fn sign(&self, state: &mut State) -> Result<(), Problem> {
        let size = state.list.register().len();
        if state.kept == size {
            return Ok(());
        }
        let note = state
            .list
            .checkpoint(&self.key)
            .map_err(|error| not_kept("the checkpoint", &error))?;
        replace(&self.folder.join(LIST_CHECKPOINT_FILE), note.as_bytes())
            .map_err(|error| not_kept("the checkpoint", &error))?;
        state.signed = (note, size);
        state.kept = size;
        Ok(())
    }

    /// What members are shown.
    fn shown(&self, state: &State) -> Result<(String, u64), Problem> {
        if self.policy.is_some() {
            state.shown.clone().ok_or(Problem::NotYet)
        } else {
            Ok(state.signed.clone())
        }
    }

    fn list(&self, body: &str) -> Result<String, Problem> {
        let request: ReadRequest = read(body)?;
        let now_s = now_s();
        let mut state = self.lock();
        self.mend(&mut state)?;
        if let Err(refused) = request.check(state.list.register(), now_s) {
            return Err(if self.pages.take_other(now_s) {
                refused.into()
            } else {
                Problem::TooMany
            });
        }
        if !self.pages.take(request.member, now_s) {
            return Err(Problem::TooMany);
        }
        let (note, size) = self.shown(&state)?;
        let page = state
            .list
            .page(request.from, MAX_PAGE_ENTRIES, &note, size)
            .map_err(|error| Problem::Beyond(error.to_string()))?;
        drop(state);
        written(&page)
    }

    fn act(&self, body: &str) -> Result<String, Problem> {
        let request: ActRequest = read(body)?;
        let now_s = now_s();
        let mut state = self.lock();
        self.mend(&mut state)?;
        let place = match state.list.known(&request) {
            Some(place) => {
                if !self.acts.take_other(now_s) {
                    return Err(Problem::TooMany);
                }
                self.sign(&mut state)?;
                place
            }
            None => self.paced(&mut state, request, now_s)?,
        };
        let (note, size) = &state.signed;
        let receipt = state
            .list
            .receipt(place, note, *size)
            .map_err(|error| not_kept("a receipt", &error))?;
        drop(state);
        written(&receipt)
    }

    /// Enters an act, within the pace of the member that signed it.
    fn paced(&self, state: &mut State, request: ActRequest, now_s: u64) -> Result<u64, Problem> {
        let member = request.what.by();
        if member.is_some_and(|member| !self.acts.is_left(member, now_s)) {
            return Err(Problem::TooMany);
        }
        let entered = self.commit(state, request.what, Some(request.act));
        let is_strangers = matches!(
            entered,
            Err(Problem::Refused(Refused::NoMember | Refused::NotSigned))
        );
        match member.filter(|_| !is_strangers) {
            Some(member) => {
                self.acts.take(member, now_s);
            }
            None if !self.acts.take_other(now_s) => return Err(Problem::TooMany),
            None => {}
        }
        entered
    }

    fn query(&self, body: &str) -> Result<String, Problem> {
        let seen: Seen = read(body)?;
        let now_s = now_s();
        if !self.queries.take_other(now_s) {
            return Err(Problem::TooMany);
        }
        self.runtime
            .block_on(self.journal.count_query(Day::of(now_s).0))
            .map_err(|error| not_kept("the count of questions", &error))?;
        let mut state = self.lock();
        self.mend(&mut state)?;
        let register = state.list.register();
        let found = state.index.search(
            &seen.query(),
            |place| register.item(place).map(|held| &held.item),
            |print| seen.agrees(print),
        );
        let items: Vec<Standing> = found
            .iter()
            .filter_map(|found| Standing::of(register, found, now_s))
            .collect();
        drop(state);
        written(&serde_json::json!({ "items": items }))
    }

    fn counts(&self) -> Result<String, Problem> {
        let queries: BTreeMap<u32, u64> = self
            .runtime
            .block_on(self.journal.queries())
            .map_err(|error| not_kept("the counts", &error))?
            .into_iter()
            .collect();
        let mut state = self.lock();
        self.mend(&mut state)?;
        let counts = Counts::of(state.list.register(), now_s());
        drop(state);
        written(&serde_json::json!({ "counts": counts, "queries_a_day": queries }))
    }

    /// Says that the operator is there, when nothing else did for a while.
    fn beat(&self) {
        let mut state = self.lock();
        let now_s = now_s();
        if now_s < state.list.register().last_s().saturating_add(BEAT_EVERY_S) {
            return;
        }
        if let Err(problem) = self.commit(&mut state, What::Beat, None) {
            tracing::error!(
                problem = problem.answer().body,
                "no sign of life was entered"
            );
        }
    }

    /// Takes what enough witnesses have cosigned.
    fn show(&self, note: String, size: u64) -> std::io::Result<()> {
        replace(&self.folder.join(COSIGNED_FILE), note.as_bytes())?;
        self.lock().shown = Some((note, size));
        Ok(())
    }
}

impl Operates for Operator {
    fn answer(&self, asked: ExchangeAsked) -> ExchangeAnswer {
        let answered = match &asked {
            ExchangeAsked::Checkpoint => self.shown(&self.lock()).map(|(note, _)| note),
            ExchangeAsked::Counts => self.counts(),
            ExchangeAsked::List(body) => self.list(body),
            ExchangeAsked::Act(body) => self.act(body),
            ExchangeAsked::Query(body) => self.query(body),
        };
        match answered {
            Ok(body) => ExchangeAnswer { status: 200, body },
            Err(problem) => problem.answer(),
        }
    }
}

/// Asks the witnesses of a policy for their cosignatures, again and again.
struct Cosigning {
    operator: Arc<Operator>,
    policy: Policy,
    witnesses: Vec<(PolicyWitness, Target)>,
    client: Client,
    /// What each has cosigned last, as far as it told.
    seen: HashMap<String, u64>,
}

impl Cosigning {
    fn of(operator: &Arc<Operator>, policy: &Policy, allowed: &[Network]) -> anyhow::Result<Self> {
        let mut witnesses = Vec::new();
        for witness in policy.witnesses() {
            let Some(url) = &witness.url else { continue };
            let target: Target = format!("{}/add-checkpoint", url.trim_end_matches('/'))
                .parse()
                .map_err(|error| bad_input(format!("--policy: {}: {error}", witness.name)))?;
            witnesses.push((witness.clone(), target));
        }
        let keys: Vec<_> = witnesses.iter().map(|(witness, _)| &witness.key).collect();
        if !policy.is_met(&keys) {
            return Err(bad_input(
                "--policy: too few of its witnesses have an address: its quorum could never be met",
            ));
        }
        let settings = Settings {
            allowed: allowed.to_vec(),
            ..Settings::default()
        };
        Ok(Self {
            operator: Arc::clone(operator),
            policy: policy.clone(),
            witnesses,
            client: Client::new(&settings).map_err(anyhow::Error::msg)?,
            seen: HashMap::new(),
        })
    }

    async fn run(mut self) {
        loop {
            if let Err(error) = self.turn().await {
                tracing::warn!(%error, "the list is not cosigned by enough witnesses; it is tried again");
            }
            tokio::time::sleep(COSIGN_EVERY).await;
        }
    }

    async fn turn(&mut self) -> anyhow::Result<()> {
        let (note, size) = {
            let state = self.operator.lock();
            if state
                .shown
                .as_ref()
                .is_some_and(|shown| shown.1 == state.signed.1)
            {
                return Ok(());
            }
            state.signed.clone()
        };
        let log = self.operator.key.verifier();
        let mut cosigned = note.clone();
        for (witness, target) in &self.witnesses {
            let name = witness.key.name();
            // The first answer may say that it has seen another size than we believed.
            for _ in 0..2 {
                let old = self.seen.get(name).copied().unwrap_or(0).min(size);
                let proof = if old == 0 {
                    Vec::new()
                } else {
                    self.operator.lock().list.consistency(old, size)?
                };
                let request = AddCheckpoint {
                    old,
                    proof,
                    checkpoint: note.clone(),
                };
                let headers = [("content-type", "text/plain; charset=utf-8")];
                let body = request.to_string().into_bytes();
                let answer = match self.client.post(target, &headers, body).await {
                    Ok(answer) => answer,
                    Err(error) => {
                        tracing::warn!(%error, witness = name, "a witness was not reached");
                        break;
                    }
                };
                let text = String::from_utf8_lossy(&answer.body);
                match answer.status {
                    200 => {
                        match add_cosignatures(&cosigned, &text, &log, &witness.key) {
                            Ok(more) => cosigned = more,
                            Err(error) => {
                                tracing::warn!(%error, witness = name, "this is no cosignature");
                            }
                        }
                        self.seen.insert(name.to_owned(), size);
                        break;
                    }
                    409 => match text.trim_end().parse() {
                        Ok(seen) => {
                            self.seen.insert(name.to_owned(), seen);
                        }
                        Err(_) => break,
                    },
                    status => {
                        tracing::warn!(status, witness = name, "a witness did not cosign");
                        break;
                    }
                }
            }
        }
        let checkpoint: Checkpoint = self.policy.open(&cosigned, Some(&log))?;
        self.operator.show(cosigned, checkpoint.size)?;
        Ok(())
    }
}

/// `exchange serve`.
///
/// # Errors
/// Keys, a name, a folder or a file of members that cannot be used, an address that is taken.
pub async fn serve(args: ServeArgs) -> anyhow::Result<ExitCode> {
    crate::serve::log_json();
    let operator = Arc::new(Operator::open(&args).await?);
    let seats = args.found.clone();
    let founding = Arc::clone(&operator);
    tokio::task::spawn_blocking(move || founding.found(seats.as_deref())).await??;
    if let Some(policy) = &operator.policy {
        let cosigning = Cosigning::of(&operator, policy, &args.allow_network)?;
        tokio::spawn(cosigning.run());
    }
    let beating = Arc::clone(&operator);
    tokio::spawn(async move {
        loop {
            let operator = Arc::clone(&beating);
            let _ = tokio::task::spawn_blocking(move || operator.beat()).await;
            tokio::time::sleep(LOOK_EVERY).await;
        }
    });
    let listener = tokio::net::TcpListener::bind(args.listen)
        .await
        .map_err(|error| bad_input(format!("--listen {}: {error}", args.listen)))?;
    say(&format!("exchange {}", operator.key.verifier()));
    say(&format!("listening http://{}", listener.local_addr()?));
    serve_exchange(listener, operator, crate::serve::asked_to_stop()).await?;
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::not_kept;

    #[test]
    fn what_the_database_says_is_nobody_elses_to_read() {
        let cause = "disk I/O error: /srv/exchange/exchange.sqlite";
        let answer = not_kept("an entry", &cause).answer();
        assert_eq!(answer.status, 503);
        assert!(!answer.body.contains("sqlite") && !answer.body.contains("I/O"));
        assert!(answer.body.contains("send it again"), "{}", answer.body);
    }
}
