//! `aftercare person`: what a person may ask of the shop, done on the machine itself.

use crate::data::{DataArgs, open_app, open_store};
use crate::failure::bad_input;
use crate::records::say;
use aftercare_app::breaches::{Asked, Names, draft, findings};
use aftercare_app::canaries::touches;
use aftercare_app::clock::{Clock as _, SystemClock};
use aftercare_app::numbers::case_number;
use aftercare_app::processing::{ProcessingRecord, record};
use aftercare_domain::Timestamp;
use aftercare_domain::ids::{CaseId, TenantId};
use aftercare_store::rows::{TenantRow, UserRow};
use aftercare_store::{OpenMode, Store};
use clap::{Args, Subcommand};
use std::collections::BTreeSet;
use std::process::ExitCode;

/// People.
#[derive(Debug, Args)]
pub struct PersonArgs {
    #[command(subcommand)]
    command: PersonCommand,
}

#[derive(Debug, Subcommand)]
enum PersonCommand {
    /// Destroy name, phone and address of the person who claims in a case, in every case and order of theirs with that shop.
    /// Nobody can bring them back, but from a backup. Refused, with exit 2, while that case is open; what other cases under the
    /// same number need that are open or held is left, and they are named. Beside a running
    /// server on SQLite an administrator does it at /desk/users or by POST /api/v1/cases/CASE/erasures.
    Shred {
        /// Id of one of their cases, as `case list` shows it.
        #[arg(value_name = "CASE")]
        case: String,
        #[command(flatten)]
        data: DataArgs,
        /// Why; it is kept sealed, beside the event in the log.
        #[arg(long, value_name = "TEXT")]
        reason: String,
        /// As JSON: `records` that were destroyed now, `cases` of the person, and those of them that were `left`.
        #[arg(long)]
        json: bool,
    },
    /// Draft the report of a breach of personal data (个人信息保护法 57), in Chinese and English, as Markdown: who opened what of how many
    /// people within a time, as the log has it, and blanks for what only people know. It opens nothing, needs no key, and works beside
    /// a running server.
    Breach {
        #[command(flatten)]
        data: DataArgs,
        /// From when on, in China, such as '2026-11-25 14:30'.
        #[arg(long, value_name = "TIME")]
        from: String,
        /// Until before when.
        #[arg(long, value_name = "TIME")]
        until: String,
        /// Login of an account, where it is about what that one opened.
        #[arg(long, value_name = "LOGIN")]
        by: Option<String>,
        /// Id of the tenant, where there are several and no account is named: `aftercare tenant list` shows them.
        #[arg(long, value_name = "TENANT")]
        tenant: Option<String>,
    },
    /// Print the record of what personal data is processed (个人信息保护法 54–56, GB/T 35273), in Chinese and English, as Markdown: which,
    /// for what, on which ground, who gets it, until when by the rule pack in force, and what protects it. It opens nothing, needs no key,
    /// and works beside a running server, which shows it at /desk/processing.
    Processing {
        #[command(flatten)]
        data: DataArgs,
        /// Id of the tenant, where there are several: `aftercare tenant list` shows them.
        #[arg(long, value_name = "TENANT")]
        tenant: Option<String>,
        /// As a table for a spreadsheet (CSV).
        #[arg(long)]
        csv: bool,
    },
    /// Say who looked at people whom you made up, and at whom nobody has a reason to look: whoever does looks at others, too. Exit 1,
    /// with the account, the time and the event, where anybody did, or where the system opened them. It opens nothing, needs no
    /// key, and works beside a running server; have it run every few minutes.
    Canary {
        /// Ids of the cases that were reported in their names, as `case list` shows them.
        #[arg(value_name = "CASE", required = true)]
        cases: Vec<String>,
        #[command(flatten)]
        data: DataArgs,
        /// From when on, in China, such as '2026-11-25 14:30': after their cases were reported and what follows by itself was done.
        #[arg(long, value_name = "TIME")]
        since: String,
    },
}

/// `person`.
///
/// # Errors
/// A case that is unknown or open, a wrong key, or a directory that another process owns.
pub async fn run(args: PersonArgs) -> anyhow::Result<ExitCode> {
    match args.command {
        PersonCommand::Shred {
            case,
            data,
            reason,
            json,
        } => shred(&case, &data, &reason, json).await,
        PersonCommand::Breach {
            data,
            from,
            until,
            by,
            tenant,
        } => {
            let (from, until) = (crate::pack::time(&from)?, crate::pack::time(&until)?);
            if from >= until {
                return Err(bad_input("--from is not before --until"));
            }
            let store = open_store(&data.data, &data.database, OpenMode::Read).await?;
            let whose = (by.as_deref(), tenant.as_deref());
            let drafted = drafted(&*store, (from, until), whose).await;
            store.close().await;
            say(drafted?.trim_end());
            Ok(ExitCode::SUCCESS)
        }
        PersonCommand::Processing { data, tenant, csv } => {
            let store = open_store(&data.data, &data.database, OpenMode::Read).await?;
            let made = processed(&*store, tenant.as_deref()).await;
            store.close().await;
            let made = made?;
            let text = if csv { made.csv() } else { made.markdown() };
            say(text.trim_end());
            Ok(ExitCode::SUCCESS)
        }
        PersonCommand::Canary { cases, data, since } => canary(&cases, &data, &since).await,
    }
}

async fn processed(store: &dyn Store, tenant: Option<&str>) -> anyhow::Result<ProcessingRecord> {
    let tenant = tenant_of(store, None, tenant).await?;
    Ok(record(store, tenant.id, SystemClock.now()).await?)
}

async fn canary(cases: &[String], data: &DataArgs, since: &str) -> anyhow::Result<ExitCode> {
    let since = crate::pack::time(since)?;
    let cases = cases.iter().map(|case| case_id(case));
    let cases = cases.collect::<anyhow::Result<BTreeSet<CaseId>>>()?;
    let store = open_store(&data.data, &data.database, OpenMode::Read).await?;
    let told = told(&*store, &cases, since).await;
    store.close().await;
    let told = told?;
    for line in &told {
        say(line);
    }
    if told.is_empty() {
        say(&format!(
            "nobody looked at the people of {} cases since {}",
            cases.len(),
            since.to_china_minute()
        ));
        return Ok(ExitCode::SUCCESS);
    }
    Ok(ExitCode::FAILURE)
}

async fn told(
    store: &dyn Store,
    cases: &BTreeSet<CaseId>,
    since: Timestamp,
) -> anyhow::Result<Vec<String>> {
    let touches = touches(store, cases, since).await?.ok_or_else(|| {
        bad_input("one of these is no case of this directory: `aftercare case list` shows them")
    })?;
    let mut lines = Vec::new();
    for touch in touches {
        let who = match touch.by {
            None => "the system".to_owned(),
            Some(id) => match store.user(id).await? {
                Some(user) => user.login,
                None => id.to_string(),
            },
        };
        lines.push(format!(
            "{}: {who} looked at {} (event {})",
            case_number(touch.case),
            touch.at.to_china_minute(),
            touch.seq
        ));
    }
    Ok(lines)
}

fn case_id(case: &str) -> anyhow::Result<CaseId> {
    case.parse().map_err(|_| {
        bad_input(format!(
            "{case} is not the id of a case: `aftercare case list` shows them"
        ))
    })
}

async fn drafted(
    store: &dyn Store,
    (from, until): (Timestamp, Timestamp),
    (login, tenant): (Option<&str>, Option<&str>),
) -> anyhow::Result<String> {
    let user = match login {
        None => None,
        Some(login) => Some(account(store, login).await?),
    };
    let tenant = tenant_of(store, user.as_ref(), tenant).await?;
    let asked = Asked {
        tenant: tenant.id,
        from,
        until,
        account: user.map(|user| user.id),
    };
    let found = findings(store, &asked).await?;
    let users = store.users(tenant.id).await?;
    let logins = users.into_iter().map(|user| (user.id, user.login));
    Ok(draft(
        &found,
        &asked,
        &Names {
            organization: &tenant.name,
            logins: &logins.collect(),
            made: SystemClock.now(),
        },
    ))
}

async fn account(store: &dyn Store, login: &str) -> anyhow::Result<UserRow> {
    let user = store.user_by_login(login).await?;
    user.ok_or_else(|| bad_input(format!("--by {login}: there is no account of that login")))
}

/// The tenant of an account, the one that was named, or the only one.
async fn tenant_of(
    store: &dyn Store,
    user: Option<&UserRow>,
    named: Option<&str>,
) -> anyhow::Result<TenantRow> {
    let mut tenants = store.tenants().await?;
    let wanted = match (user, named) {
        (_, Some(text)) => Some(text.parse::<TenantId>().map_err(|_| {
            bad_input(format!(
                "--tenant {text} is not the id of a tenant: `aftercare tenant list` shows them"
            ))
        })?),
        (Some(user), None) => Some(user.tenant),
        (None, None) => None,
    };
    if let Some(wanted) = wanted {
        tenants.retain(|tenant| tenant.id == wanted);
    }
    if user.is_some_and(|user| Some(user.tenant) != wanted) {
        return Err(bad_input("--by is an account of another tenant"));
    }
    let count = tenants.len();
    match tenants.pop() {
        Some(tenant) if count == 1 => Ok(tenant),
        Some(_) => Err(bad_input(format!(
            "there are {count} tenants: say with --tenant which one it is about, `aftercare tenant list` shows them"
        ))),
        None => Err(bad_input(
            "there is no such tenant: `aftercare tenant list` shows them",
        )),
    }
}

async fn shred(case: &str, data: &DataArgs, reason: &str, json: bool) -> anyhow::Result<ExitCode> {
    let id = case_id(case)?;
    let (store, app) = open_app(&data.data, &data.database).await?;
    let erased = app.shred_person_from_console(id, reason).await;
    if erased.is_ok() {
        app.checkpoint().await?;
    }
    drop(app);
    store.close().await;
    let erased = erased?;
    if json {
        say(&serde_json::to_string(&erased)?);
        return Ok(ExitCode::SUCCESS);
    }
    if erased.records == 0 {
        say("nothing was there to destroy: this person was destroyed before");
    } else {
        let numbers: Vec<String> = erased.cases.iter().copied().map(case_number).collect();
        say(&format!(
            "destroyed {} records of one person, in the cases {} and in their orders; backups still hold them until they expire",
            erased.records,
            numbers.join(", ")
        ));
    }
    if !erased.left.is_empty() {
        let numbers: Vec<String> = erased.left.iter().copied().map(case_number).collect();
        say(&format!(
            "left is what these cases under the same number need, which are open or held: {}; ask again when they have ended",
            numbers.join(", ")
        ));
    }
    Ok(ExitCode::SUCCESS)
}
