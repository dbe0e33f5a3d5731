//! Who carries messages: a gateway for texts, a mail server for the desks, and the hours of the night in which what can wait
//! waits.

use crate::failure::{bad_input, bytes_of};
use aftercare_app::carriers::{Carriers, DeskMail, Gateway};
use aftercare_app::limits::{CARRIER_PATIENCE, GATEWAY_KEY_BYTES_MAX};
use aftercare_app::notify::Notifier;
use aftercare_app::quiet::QuietHours;
use aftercare_app::relay::{ConsoleRelay, Relay, RelayGateway};
use aftercare_outbound::{Client, MailAddress, MailServer, Network, Settings, networks};
use aftercare_store::Store;
use anyhow::Context as _;
use clap::Args;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Carriers of messages to people.
#[derive(Debug, Args)]
pub struct CarrierArgs {
    /// A gateway that sends texts to whoever claims: it is asked by POST with JSON (docs/MESSAGES.md).
    #[arg(long, value_name = "URL", env = "AFTERCARE_TEXT_GATEWAY")]
    text_gateway: Option<String>,
    /// The key of that gateway.
    #[arg(long, value_name = "FILE", env = "AFTERCARE_TEXT_GATEWAY_KEY")]
    text_gateway_key: Option<PathBuf>,
    /// A mail server for messages to the desks, such as `smtps://smtp.example.com`.
    #[arg(long, value_name = "URL", env = "AFTERCARE_MAIL_SERVER")]
    mail_server: Option<String>,
    /// Who writes these e-mails.
    #[arg(long, value_name = "ADDRESS", env = "AFTERCARE_MAIL_FROM")]
    mail_from: Option<String>,
    /// The name of an account at that server.
    #[arg(long, value_name = "NAME", env = "AFTERCARE_MAIL_USER")]
    mail_user: Option<String>,
    /// Its password.
    #[arg(long, value_name = "FILE", env = "AFTERCARE_MAIL_PASSWORD")]
    mail_password: Option<PathBuf>,
    /// A desk and its address, such as `dispatcher=desk@example.com`; may be given several times.
    #[arg(
        long,
        value_name = "DESK=ADDRESS",
        env = "AFTERCARE_MAIL_DESK",
        value_delimiter = ','
    )]
    mail_desk: Vec<String>,
    /// A gateway that puts a number between customer and technician, so that neither learns the other's: it is asked by POST with
    /// JSON (docs/RELAY.md). `console` writes to standard error what it would be asked.
    #[arg(long, value_name = "URL", env = "AFTERCARE_RELAY")]
    relay: Option<String>,
    /// The key of that gateway.
    #[arg(long, value_name = "FILE", env = "AFTERCARE_RELAY_KEY")]
    relay_key: Option<PathBuf>,
    /// A network in which a gateway or the mail server may be although it is not public, also without encryption; may be
    /// given several times.
    #[arg(
        long,
        value_name = "NET",
        env = "AFTERCARE_MESSAGE_NETWORK",
        value_delimiter = ','
    )]
    message_network: Vec<Network>,
    /// When nobody is woken by a message that can wait, by the clock of China, such as `22:00-08:00`.
    #[arg(long, value_name = "HOURS", env = "AFTERCARE_QUIET_HOURS")]
    quiet_hours: Option<String>,
}

/// The same in the settings file, as a table `[carriers]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CarrierFile {
    text_gateway: Option<String>,
    text_gateway_key: Option<PathBuf>,
    mail_server: Option<String>,
    mail_from: Option<String>,
    mail_user: Option<String>,
    mail_password: Option<PathBuf>,
    mail_desk: Vec<String>,
    relay: Option<String>,
    relay_key: Option<PathBuf>,
    message_network: Vec<String>,
    quiet_hours: Option<String>,
}

/// A number that nobody has, of the relay that only writes.
const CONSOLE_NUMBER: &str = "000-00000000";

/// Carriers that were read and checked, before anything is opened.
pub struct Chosen {
    gateway: Option<Gateway>,
    mail: Option<(MailServer, BTreeMap<String, MailAddress>)>,
    networks: Vec<Network>,
    /// When what can wait waits.
    pub quiet: Option<QuietHours>,
    /// Who puts numbers between customers and technicians.
    pub relay: Option<Arc<dyn Relay>>,
}

impl std::fmt::Debug for Chosen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Chosen")
            .field("gateway", &self.gateway)
            .field("mail", &self.mail.is_some())
            .field("relay", &self.relay.is_some())
            .finish_non_exhaustive()
    }
}

/// The relay that was named, asked through the same networks as the carriers of messages.
fn relay_of(
    named: Option<&str>,
    key: Option<&Path>,
    networks: &[Network],
) -> anyhow::Result<Option<Arc<dyn Relay>>> {
    match (named, key) {
        (None, None) => Ok(None),
        (Some("console"), None) => Ok(Some(Arc::new(ConsoleRelay::new(CONSOLE_NUMBER)))),
        (Some(url), Some(path)) if url != "console" => {
            let key = secret(path, GATEWAY_KEY_BYTES_MAX)?;
            let relay = RelayGateway::new(client(networks)?, url, &key)
                .map_err(|error| bad_input(format!("--relay {url}: {error}")))?;
            Ok(Some(Arc::new(relay)))
        }
        _ => Err(bad_input(
            "--relay and --relay-key belong together: where numbers are asked for, and the file with the key for it; `--relay console` has no key",
        )),
    }
}

/// Connects to carriers and relays.
fn client(networks: &[Network]) -> anyhow::Result<Client> {
    Client::new(&Settings {
        allowed: networks.to_vec(),
        patience: Some(CARRIER_PATIENCE),
        ..Settings::default()
    })
    .map_err(anyhow::Error::msg)
    .context("carriers of messages")
}

/// The key or password in a file.
pub(crate) fn secret(path: &Path, bytes_max: usize) -> anyhow::Result<String> {
    let bytes = bytes_of(path, bytes_max as u64 + 2)?;
    if bytes.len() > bytes_max + 1 {
        return Err(bad_input(format!(
            "{}: a key or password has at most {bytes_max} bytes",
            path.display()
        )));
    }
    let text = String::from_utf8(bytes)
        .map_err(|_| bad_input(format!("{}: it is not text", path.display())))?;
    Ok(text.trim().to_owned())
}

impl CarrierArgs {
    /// What the command line says, and the settings file where it says nothing.
    ///
    /// # Errors
    /// Bad input: what cannot be read, what is missing beside what is there.
    pub fn or(self, file: CarrierFile) -> anyhow::Result<Chosen> {
        let gateway = match (
            self.text_gateway.or(file.text_gateway),
            self.text_gateway_key.or(file.text_gateway_key),
        ) {
            (None, None) => None,
            (Some(url), Some(key)) => {
                let key = secret(&key, GATEWAY_KEY_BYTES_MAX)?;
                let gateway = Gateway::new(&url, &key)
                    .map_err(|error| bad_input(format!("--text-gateway {url}: {error}")))?;
                Some(gateway)
            }
            _ => {
                return Err(bad_input(
                    "--text-gateway and --text-gateway-key belong together: where texts are sent, and the file with the key for it",
                ));
            }
        };
        let login = match (
            self.mail_user.or(file.mail_user),
            self.mail_password.or(file.mail_password),
        ) {
            (None, None) => None,
            (Some(user), Some(path)) => Some((user, secret(&path, GATEWAY_KEY_BYTES_MAX)?)),
            _ => {
                return Err(bad_input(
                    "--mail-user and --mail-password belong together: an account and the file with its password",
                ));
            }
        };
        let desks = if self.mail_desk.is_empty() {
            file.mail_desk
        } else {
            self.mail_desk
        };
        let mail = match (
            self.mail_server.or(file.mail_server),
            self.mail_from.or(file.mail_from),
        ) {
            (None, None) if login.is_none() && desks.is_empty() => None,
            (Some(at), Some(from)) if !desks.is_empty() => {
                let from = from
                    .parse::<MailAddress>()
                    .map_err(|error| bad_input(format!("--mail-from: {error}")))?;
                let server = MailServer::new(&at, from, login)
                    .map_err(|error| bad_input(format!("--mail-server {at}: {error}")))?;
                Some((server, addresses(&desks)?))
            }
            _ => {
                return Err(bad_input(
                    "e-mail to the desks needs --mail-server, --mail-from and at least one --mail-desk",
                ));
            }
        };
        let networks = if self.message_network.is_empty() {
            networks(&file.message_network.join(","))
                .map_err(|error| bad_input(format!("message_network: {error}")))?
        } else {
            self.message_network
        };
        let quiet = self.quiet_hours.or(file.quiet_hours);
        let quiet = quiet.map(|text| {
            text.parse::<QuietHours>()
                .map_err(|error| bad_input(format!("--quiet-hours {text}: {error}")))
        });
        let relay = self.relay.or(file.relay);
        let relay_key = self.relay_key.or(file.relay_key);
        let relay = relay_of(relay.as_deref(), relay_key.as_deref(), &networks)?;
        Ok(Chosen {
            relay,
            gateway,
            mail,
            networks,
            quiet: quiet.transpose()?,
        })
    }
}

fn addresses(desks: &[String]) -> anyhow::Result<BTreeMap<String, MailAddress>> {
    let mut found = BTreeMap::new();
    for desk in desks {
        let (name, address) = desk.split_once('=').ok_or_else(|| {
            bad_input(
                "--mail-desk: write a desk and its address, such as dispatcher=desk@example.com",
            )
        })?;
        let address = address
            .parse::<MailAddress>()
            .map_err(|error| bad_input(format!("--mail-desk {name}: {error}")))?;
        if found.insert(name.trim().to_owned(), address).is_some() {
            return Err(bad_input(format!(
                "--mail-desk {name}: a desk has one address"
            )));
        }
    }
    Ok(found)
}

impl Chosen {
    /// These carriers in front of whoever carried messages before.
    ///
    /// # Errors
    /// Bad input: a desk that there is not, e-mail where there are several tenants; what the store says.
    pub async fn before(
        self,
        others: Arc<dyn Notifier>,
        store: &dyn Store,
    ) -> anyhow::Result<Arc<dyn Notifier>> {
        if self.gateway.is_none() && self.mail.is_none() {
            return Ok(others);
        }
        let mail = match self.mail {
            None => None,
            Some((server, desks)) => match store.tenants().await?.as_slice() {
                // Nobody is there yet who could be written to; serving says so in its own words.
                [] => None,
                [tenant] => Some(
                    DeskMail::new(server, tenant.id, desks)
                        .map_err(|error| bad_input(format!("--mail-desk: {error}")))?,
                ),
                tenants => {
                    return Err(bad_input(format!(
                        "e-mail to the desks is for an installation with one tenant, and this one has {}: leave --mail-server out",
                        tenants.len()
                    )));
                }
            },
        };
        let client = client(&self.networks)?;
        Ok(Arc::new(Carriers::new(client, self.gateway, mail, others)))
    }
}
