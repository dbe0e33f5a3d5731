//! Messages to people: links, codes, offers, deadlines. The words are made here; how they travel is
//! an adapter's matter (SMS, e-mail and chat gateways plug in behind [`Notifier`]).

use aftercare_domain::Timestamp;
use aftercare_domain::ids::CaseId;
use std::io::Write as _;
use std::path::PathBuf;
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
    /// Everybody with a role in the tenant.
    Desk {
        /// Stable role name.
        role: &'static str,
    },
}

/// One message, ready to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
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
    /// When it was made.
    pub at: Timestamp,
}

/// Why a message was not delivered; the job tries again.
#[derive(Debug, thiserror::Error)]
#[error("the message could not be delivered: {0}")]
pub struct NotifyError(pub String);

/// Carries messages to people.
pub trait Notifier: Send + Sync {
    /// Delivers one message.
    ///
    /// # Errors
    /// [`NotifyError`] when it did not go; it will be tried again.
    fn deliver(&self, message: &Message) -> Result<(), NotifyError>;
}

impl Message {
    fn line(&self) -> String {
        let to = match &self.to {
            Recipient::Claimant { masked, .. } => masked.clone(),
            Recipient::Staff { display_name } => display_name.clone(),
            Recipient::Desk { role } => format!("@{role}"),
        };
        format!(
            "{} {} → {}\n  {}\n  {}\n",
            self.at, self.kind, to, self.zh, self.en
        )
    }
}

/// Writes each message to standard error: for development and for the demo.
#[derive(Debug, Default)]
pub struct ConsoleNotifier;

impl Notifier for ConsoleNotifier {
    fn deliver(&self, message: &Message) -> Result<(), NotifyError> {
        std::io::stderr()
            .write_all(message.line().as_bytes())
            .map_err(|error| NotifyError(error.to_string()))
    }
}

/// Appends each message to a file that only the owner can read. Numbers are written masked; the
/// file holds links and codes, so it is for a single machine's desk, not for production.
#[derive(Debug)]
pub struct FileNotifier {
    path: PathBuf,
    lock: Mutex<()>,
}

impl FileNotifier {
    /// Messages are appended to `path`.
    #[must_use]
    pub const fn new(path: PathBuf) -> Self {
        Self {
            path,
            lock: Mutex::new(()),
        }
    }
}

impl Notifier for FileNotifier {
    fn deliver(&self, message: &Message) -> Result<(), NotifyError> {
        let _guard = self
            .lock
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        crate::files::append_private(&self.path, message.line().as_bytes())
            .map_err(|error| NotifyError(format!("{}: {error}", self.path.display())))
    }
}

/// Keeps messages in memory: for tests and for the demo's printout.
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

impl Notifier for MemoryNotifier {
    fn deliver(&self, message: &Message) -> Result<(), NotifyError> {
        self.0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .push(message.clone());
        Ok(())
    }
}
