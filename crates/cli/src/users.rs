//! `aftercare user`: a new directory with its first administrator, and links for lost passwords.

use crate::DataDir;
use crate::data::{DatabaseArgs, command_app, create_vault, open_app, open_store, root_key};
use crate::failure::bad_input;
use crate::output::say;
use aftercare_app::accounts::check_first;
use aftercare_store::{KEYRING_FILE, OpenMode};
use aftercare_vault::{KdfCost, RowKey};
use clap::{Args, Subcommand};
use std::process::ExitCode;

/// Accounts.
#[derive(Debug, Args)]
pub struct UserArgs {
    #[command(subcommand)]
    command: UserCommand,
}

#[derive(Debug, Subcommand)]
enum UserCommand {
    /// Make a data directory with its keyring, a tenant and its first administrator; prints the
    /// one-time link where the password is set.
    Init {
        /// Data directory; made if it is not there.
        #[arg(long, value_name = "DIR", env = "AFTERCARE_DATA")]
        data: DataDir,
        #[command(flatten)]
        database: DatabaseArgs,
        /// Name of the shop, brand or network.
        #[arg(long)]
        tenant: String,
        /// Login of the administrator.
        #[arg(long)]
        admin: String,
    },
    /// Make a new one-time link for an account whose password was lost.
    Link {
        /// Data directory.
        #[arg(long, value_name = "DIR", env = "AFTERCARE_DATA")]
        data: DataDir,
        #[command(flatten)]
        database: DatabaseArgs,
        /// Login of the account.
        login: String,
    },
}

/// Runs the command.
///
/// # Errors
/// Bad input, a wrong key, or a directory that another process owns.
pub async fn run(args: UserArgs) -> anyhow::Result<ExitCode> {
    match args.command {
        UserCommand::Init {
            data,
            database,
            tenant,
            admin,
        } => {
            if data.join(KEYRING_FILE).exists() {
                return Err(bad_input(format!(
                    "{} is in use already; `aftercare user link` makes a new link for an account",
                    data.display()
                )));
            }
            // A directory that was made for names which are refused could not be used again.
            check_first(&tenant, &admin)?;
            let root = root_key(&data)?;
            let rows = RowKey::generate()?;
            let store = open_store(&data, &database, OpenMode::Create(&rows)).await?;
            let vault = create_vault(&data, &root, KdfCost::STANDARD, &rows)?;
            let app = command_app(&data, &store, vault).await?;
            let (_, invitation) = app.create_tenant(&tenant, &admin).await?;
            app.checkpoint().await?;
            tell(&invitation.login, &invitation.link);
            drop(app);
            store.close().await;
        }
        UserCommand::Link {
            data,
            database,
            login,
        } => {
            let (store, app) = open_app(&data, &database).await?;
            let invitation = app.invite_from_console(&login).await?;
            tell(&invitation.login, &invitation.link);
            drop(app);
            store.close().await;
        }
    }
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn tell(login: &str, link: &str) {
    say(&format!(
        "{login}: open {link} on your server within 24 hours to set the password"
    ));
    say(&format!(
        "{login}：24 小时内在您的服务器上打开 {link} 设置密码"
    ));
}
