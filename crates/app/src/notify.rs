//! Messages to people: links, codes, offers, deadlines. The words are made here; how they travel is
//! an adapter's matter (SMS, e-mail and chat gateways plug in behind [`Notifier`]).

use crate::limits::MESSAGE_LINE_BYTES_MAX;
use crate::preferences::Language;
use aftercare_domain::Timestamp;
use aftercare_domain::ids::{CaseId, TenantId};
use aftercare_store::JobId;
use aftercare_vault::{Field, Plain, Sealed, TenantPurpose, Vault};
use async_trait::async_trait;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// To whom a message goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recipient {
    /// The claimant, by the phone number opened for this delivery.
    Claimant {
        /// E.164 number; adapters must not log it.
        phone: String,
        /// Masked form, for logs and consoles.
        masked: String,
    },
    /// A colleague with an account, by the name shown to colleagues.
    Staff {
        /// The name shown.
        display_name: String,
    },
    /// Everybody with a role in the tenant; of merchants, only those who answer for the shop.
    Desk {
        /// Stable role name.
        role: &'static str,
        /// Code of the shop that a message to merchants is about, where its order names one.
        shop: Option<String>,
    },
}

/// One message, ready to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// What makes it one message, however often it is handed over: 32 hexadecimal digits.
    pub id: String,
    /// Whose message it is.
    pub tenant: TenantId,
    /// To whom.
    pub to: Recipient,
    /// The case it is about.
    pub case: Option<CaseId>,
    /// Stable name of the message, such as `offer_made`.
    pub kind: &'static str,
    /// The text in Chinese.
    pub zh: String,
    /// The text in English.
    pub en: String,
    /// The language that its reader chose; none where they chose none.
    pub lang: Option<Language>,
    /// When it was made.
    pub at: Timestamp,
}

/// Why a message was not delivered; the job tries again.
#[derive(Debug, thiserror::Error)]
#[error("the message could not be delivered: {why}")]
pub struct NotifyError {
    /// Why, in words that name nobody.
    pub why: String,
    /// Whoever carries it has said no to this one, and will again: its number is wrong, or its words are.
    pub refused: bool,
}

impl NotifyError {
    /// It did not go, and may the next time.
    #[must_use]
    pub const fn new(why: String) -> Self {
        Self {
            why,
            refused: false,
        }
    }

    /// The carrier said no to it.
    #[must_use]
    pub const fn refused(why: String) -> Self {
        Self { why, refused: true }
    }
}

/// How far a message went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivered {
    /// It lies where somebody has to fetch it: nobody was told yet.
    Kept,
    /// A carrier has taken it over.
    HandedOver,
}

/// To whom somebody carries messages; whoever is not among them finds them in a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Carries {
    /// Whoever claims.
    pub claimants: bool,
    /// The desks, or some of them.
    pub desks: bool,
}

/// Carries messages to people.
#[async_trait]
pub trait Notifier: Send + Sync {
    /// To whom it carries anything, for an administrator who sets the installation up.
    fn carries(&self) -> Carries {
        Carries::default()
    }

    /// Delivers one message.
    ///
    /// # Errors
    /// [`NotifyError`] when it did not go; it will be tried again.
    async fn deliver(&self, message: &Message) -> Result<Delivered, NotifyError>;
}

impl Message {
    /// The id of what a piece of work says to somebody: the same whenever the same work is done again, and another one for
    /// other work or other words.
    #[must_use]
    pub fn id_of(work: JobId, kind: &str, words: &str) -> String {
        let text = format!("{} {kind} {words}", work.0);
        let mut id = hex::encode(crate::sealing::sha256(text.as_bytes()));
        id.truncate(32);
        id
    }

    fn line(&self) -> String {
        let to = match &self.to {
            Recipient::Claimant { masked, .. } => masked.clone(),
            Recipient::Staff { display_name } => display_name.clone(),
            Recipient::Desk { role, shop: None } => format!("@{role}"),
            Recipient::Desk {
                role,
                shop: Some(shop),
            } => format!("@{role}/{shop}"),
        };
        let words = match self.lang {
            Some(lang) => lang.pick(&self.zh, &self.en).to_owned(),
            None => format!("{}\n  {}", self.zh, self.en),
        };
        format!("{} {} → {}\n  {words}\n", self.at, self.kind, to)
    }
}

/// Writes each message to standard error: for development and for the demo.
#[derive(Debug, Default)]
pub struct ConsoleNotifier;

#[async_trait]
impl Notifier for ConsoleNotifier {
    async fn deliver(&self, message: &Message) -> Result<Delivered, NotifyError> {
        std::io::stderr()
            .write_all(message.line().as_bytes())
            .map(|()| Delivered::Kept)
            .map_err(|error| NotifyError::new(error.to_string()))
    }
}

/// Where a line of the file is sealed: it opens at its tenant and its time only.
const TABLE: &str = "messages";
const COLUMN: &str = "text";

/// Appends each message to a file, sealed under the key of its tenant: it holds links and codes, which open cases to
/// whoever reads them. `aftercare messages` prints them. A line is the tenant, the time in milliseconds, and the sealed
/// text as hexadecimal digits.
pub struct FileNotifier {
    path: PathBuf,
    vault: Vault,
    lock: Mutex<()>,
}

impl std::fmt::Debug for FileNotifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FileNotifier({})", self.path.display())
    }
}

impl FileNotifier {
    /// Messages are appended to `path`.
    #[must_use]
    pub const fn new(path: PathBuf, vault: Vault) -> Self {
        Self {
            path,
            vault,
            lock: Mutex::new(()),
        }
    }

    fn sealed(&self, message: &Message) -> Result<String, aftercare_vault::VaultError> {
        let (tenant, at) = (message.tenant.to_string(), message.at.0.to_string());
        let key = self.vault.tenant_key(&tenant, TenantPurpose::Messages)?;
        let sealed = key.seal(&Field::new(TABLE, &at, COLUMN), &Plain::new(message.line()))?;
        Ok(format!(
            "{tenant} {at} {}\n",
            hex::encode(sealed.as_bytes())
        ))
    }
}

/// The messages of a file, in the order they were written; none where there is no file. What was torn by a power cut at
/// the end is not there: it was not delivered, and is written again.
///
/// # Errors
/// [`NotifyError`] with the first line that is none, or that the keys do not open.
pub fn read_messages(path: &Path, vault: &Vault) -> Result<Vec<Plain<String>>, NotifyError> {
    let said = |why: String| NotifyError::new(format!("{}: {why}", path.display()));
    let file = match std::fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(said(error.to_string())),
    };
    let mut reader = BufReader::new(file);
    let mut messages = Vec::new();
    for number in 1_u64.. {
        let mut line = String::new();
        reader
            .by_ref()
            .take(MESSAGE_LINE_BYTES_MAX)
            .read_line(&mut line)
            .map_err(|error| said(format!("line {number}: {error}")))?;
        let Some(whole) = line.strip_suffix('\n') else {
            if line.len() as u64 == MESSAGE_LINE_BYTES_MAX {
                return Err(said(format!(
                    "line {number} has more than {MESSAGE_LINE_BYTES_MAX} bytes"
                )));
            }
            break;
        };
        messages
            .push(opened(whole, vault).ok_or_else(|| {
                said(format!("line {number} is no message that was sealed here"))
            })?);
    }
    Ok(messages)
}

fn opened(line: &str, vault: &Vault) -> Option<Plain<String>> {
    let mut parts = line.split(' ');
    let (tenant, at, text) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let key = vault.tenant_key(tenant, TenantPurpose::Messages).ok()?;
    let sealed = Sealed::<String>::from_bytes(hex::decode(text).ok()?).ok()?;
    key.open(&Field::new(TABLE, at, COLUMN), &sealed).ok()
}

#[async_trait]
impl Notifier for FileNotifier {
    async fn deliver(&self, message: &Message) -> Result<Delivered, NotifyError> {
        let _guard = self
            .lock
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let line = self
            .sealed(message)
            .map_err(|error| NotifyError::new(error.to_string()))?;
        crate::files::append_line_private(&self.path, line.as_bytes())
            .map(|()| Delivered::Kept)
            .map_err(|error| NotifyError::new(format!("{}: {error}", self.path.display())))
    }
}

/// Keeps messages in memory, and stands for a carrier: for tests and for the demo's printout.
#[derive(Debug, Default)]
pub struct MemoryNotifier(Mutex<Vec<Message>>);

impl MemoryNotifier {
    /// Every message so far.
    #[must_use]
    pub fn messages(&self) -> Vec<Message> {
        self.0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .clone()
    }
}

#[async_trait]
impl Notifier for MemoryNotifier {
    async fn deliver(&self, message: &Message) -> Result<Delivered, NotifyError> {
        self.0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .push(message.clone());
        Ok(Delivered::HandedOver)
    }
}

#[cfg(test)]
mod tests {
    use super::{FileNotifier, Message, Notifier as _, Recipient, read_messages};
    use crate::preferences::Language;
    use aftercare_domain::Timestamp;
    use aftercare_domain::ids::TenantId;
    use aftercare_vault::Vault;
    use uuid::Uuid;

    const OURS: TenantId = TenantId(Uuid::from_u128(1));

    fn message(text: &str) -> Message {
        Message {
            id: "0".repeat(32),
            tenant: OURS,
            to: Recipient::Desk {
                role: "dispatcher",
                shop: None,
            },
            case: None,
            kind: "dispatcher_called",
            zh: text.to_owned(),
            en: text.to_owned(),
            lang: None,
            at: Timestamp(7),
        }
    }

    /// What a full disk or a power cut left of a line takes no other with it: neither those before, nor the one that follows.
    #[tokio::test]
    async fn a_torn_line_spoils_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("messages.sealed");
        let vault = Vault::in_memory().unwrap();
        vault.add_tenant(&OURS.to_string()).unwrap();
        let notifier = FileNotifier::new(path.clone(), vault.clone());
        notifier.deliver(&message("first")).await.unwrap();
        let whole = std::fs::read(&path).unwrap();
        for before in [&b""[..], whole.as_slice()] {
            for torn in [1, whole.len() / 2, whole.len() - 1] {
                std::fs::write(&path, [before, &whole[..torn]].concat()).unwrap();
                let kept = read_messages(&path, &vault).unwrap();
                assert_eq!(kept.len(), usize::from(!before.is_empty()));
                notifier.deliver(&message("second")).await.unwrap();
                let now = read_messages(&path, &vault).unwrap();
                assert_eq!(now.len(), kept.len() + 1, "{torn} bytes were torn");
                let last = now.last().unwrap();
                assert!(last.expose_str().contains("second"));
            }
        }
    }

    #[test]
    fn a_line_has_the_words_that_its_reader_chose_and_both_where_they_chose_none() {
        let line = |lang| {
            let message = Message {
                id: "0".repeat(32),
                tenant: TenantId(Uuid::nil()),
                to: Recipient::Staff {
                    display_name: "示例师傅".to_owned(),
                },
                case: None,
                kind: "offer_made",
                zh: "请接单。".to_owned(),
                en: "Please accept.".to_owned(),
                lang,
                at: Timestamp(0),
            };
            message.line()
        };
        for (lang, zh, en) in [
            (None, true, true),
            (Some(Language::Zh), true, false),
            (Some(Language::En), false, true),
        ] {
            let line = line(lang);
            assert_eq!(line.contains("请接单。"), zh, "{line}");
            assert_eq!(line.contains("Please accept."), en, "{line}");
            assert!(line.ends_with('\n') && line.contains("示例师傅"), "{line}");
        }
    }
}
