//! `aftercare tenant`: further tenants of a directory, and which there are.

use crate::data::{DataArgs, open_app, open_store};
use crate::records::say;
use crate::users::tell;
use aftercare_store::OpenMode;
use clap::{Args, Subcommand};
use std::process::ExitCode;

/// Tenants: shops, brands or networks that share an installation and see nothing of each other.
#[derive(Debug, Args)]
pub struct TenantArgs {
    #[command(subcommand)]
    command: TenantCommand,
}

#[derive(Debug, Subcommand)]
enum TenantCommand {
    /// Make another tenant with keys of its own and its first administrator; prints the one-time link where the password is
    /// set. On SQLite the server is stopped first; on PostgreSQL all servers are restarted after it.
    Add {
        #[command(flatten)]
        data: DataArgs,
        /// Name of the shop, brand or network.
        #[arg(long)]
        name: String,
        /// Login of its administrator; no two accounts of an installation have the same.
        #[arg(long)]
        admin: String,
    },
    /// List them.
    List {
        #[command(flatten)]
        data: DataArgs,
        /// As a JSON array of objects with `id` and `name`.
        #[arg(long)]
        json: bool,
    },
}

/// Runs the command.
///
/// # Errors
/// Bad input, a wrong key, or a directory that another process owns.
pub async fn run(args: TenantArgs) -> anyhow::Result<ExitCode> {
    match args.command {
        TenantCommand::Add { data, name, admin } => {
            let (store, app) = open_app(&data.data, &data.database).await?;
            let made = app.create_tenant(&name, &admin).await;
            if made.is_ok() {
                app.checkpoint().await?;
            }
            drop(app);
            store.close().await;
            let (tenant, invitation) = made?;
            say(&format!("tenant {tenant}"));
            tell(&invitation.login, &invitation.link);
        }
        TenantCommand::List { data, json } => {
            let store = open_store(&data.data, &data.database, OpenMode::Read).await?;
            let tenants = store.tenants().await?;
            store.close().await;
            if json {
                let list: Vec<_> = tenants
                    .iter()
                    .map(|row| serde_json::json!({ "id": row.id, "name": row.name }))
                    .collect();
                say(&serde_json::to_string_pretty(&list)?);
            } else {
                for row in tenants {
                    say(&format!("{}  {}", row.id, row.name));
                }
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}
