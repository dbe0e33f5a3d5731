//! E-mail, handed to the operator's own mail server. The conversation and the form of a message are those of `lettre`; the
//! connection is ours, so that it is vetted and encrypted as every other one.

use crate::client::Client;
use crate::error::OutboundError;
use crate::limits::{MAIL_SUBJECT_CHARS_MAX, MAIL_TEXT_BYTES_MAX};
use crate::target::Target;
use lettre::message::header::ContentType;
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::extension::ClientId;
use lettre::{Address, transport::smtp};
use std::fmt;
use std::str::FromStr;
use std::time::{Duration, UNIX_EPOCH};
use tokio::time::timeout;

/// An e-mail address, checked in form. It is not printed.
#[derive(Clone, PartialEq, Eq)]
pub struct MailAddress(Address);

impl fmt::Debug for MailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MailAddress")
    }
}

impl FromStr for MailAddress {
    type Err = OutboundError;

    fn from_str(text: &str) -> Result<Self, OutboundError> {
        text.trim()
            .parse()
            .map(Self)
            .map_err(|_| OutboundError::NotATarget {
                zh: "这不是邮箱地址，请写成 name@example.com 的样子。",
                en: "This is not an e-mail address: write it as name@example.com.",
            })
    }
}

/// The operator's mail server, and who writes.
pub struct MailServer {
    target: Target,
    from: MailAddress,
    login: Option<Credentials>,
}

impl fmt::Debug for MailServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MailServer({})", self.target.host())
    }
}

impl MailServer {
    /// A server at `smtps://HOST[:PORT]`, or, in a network that the operator allowed, at `smtp://HOST[:PORT]`; a name and a
    /// password where it wants them.
    ///
    /// # Errors
    /// An address that is none; a password that would travel without encryption.
    pub fn new(
        address: &str,
        from: MailAddress,
        login: Option<(String, String)>,
    ) -> Result<Self, OutboundError> {
        let target = Target::of_mail(address)?;
        if login.is_some() && !target.encrypted() {
            return Err(OutboundError::NotATarget {
                zh: "密码只通过加密连接发送，请使用 smtps://。",
                en: "A password is sent over an encrypted connection only: use smtps://.",
            });
        }
        Ok(Self {
            target,
            from,
            login: login.map(|(name, password)| Credentials::new(name, password)),
        })
    }
}

/// One message in plain text.
#[derive(Clone, Copy)]
pub struct Mail<'a> {
    /// To whom.
    pub to: &'a MailAddress,
    /// What makes it one message, however often it is handed over: letters, digits, dots and dashes.
    pub id: &'a str,
    /// What it is about, in one line.
    pub subject: &'a str,
    /// The text.
    pub text: &'a str,
    /// When it was written, in milliseconds since 1970.
    pub at_ms: u64,
}

impl Client {
    /// Hands a message to a mail server, which answers for it from then on.
    ///
    /// # Errors
    /// Why it was not taken. Whether it was is unknown where the connection broke: hand it over again with the same id, by
    /// which mail programs know it again.
    pub async fn mail(&self, server: &MailServer, mail: Mail<'_>) -> Result<(), OutboundError> {
        let message = written(server, mail)?;
        let host = || server.target.host().to_owned();
        timeout(self.patience(), self.hand_over(server, &message))
            .await
            .map_err(|_| OutboundError::TooSlow { host: host() })?
    }

    async fn hand_over(&self, server: &MailServer, message: &Message) -> Result<(), OutboundError> {
        let not_taken = |error: smtp::Error| OutboundError::NotTaken {
            host: server.target.host().to_owned(),
            why: error.status().map_or_else(
                || "it does not speak SMTP as it should, or the connection ended".to_owned(),
                |code| format!("it answered {code}"),
            ),
        };
        let line = self.mail_line(&server.target).await?;
        let hello = ClientId::Domain(server.from.0.domain().to_owned());
        let mut talk = AsyncSmtpConnection::connect_with_transport(line, &hello)
            .await
            .map_err(not_taken)?;
        if let Some(login) = &server.login {
            talk.auth(&[Mechanism::Plain, Mechanism::Login], login)
                .await
                .map_err(not_taken)?;
        }
        talk.send(message.envelope(), &message.formatted())
            .await
            .map_err(not_taken)?;
        // It has the message; a good-bye that fails changes nothing.
        let _ = talk.quit().await;
        Ok(())
    }
}

fn written(server: &MailServer, mail: Mail<'_>) -> Result<Message, OutboundError> {
    if mail.text.len() > MAIL_TEXT_BYTES_MAX {
        return Err(OutboundError::TooLarge {
            bytes: mail.text.len(),
        });
    }
    let plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-');
    if mail.id.is_empty() || !mail.id.chars().all(plain) {
        return Err(OutboundError::NotMade);
    }
    // One line, whatever it is made of.
    let subject: String = mail
        .subject
        .chars()
        .filter(|letter| !letter.is_control())
        .take(MAIL_SUBJECT_CHARS_MAX)
        .collect();
    Message::builder()
        .from(Mailbox::new(None, server.from.0.clone()))
        .to(Mailbox::new(None, mail.to.0.clone()))
        .subject(subject)
        .message_id(Some(format!("<{}@{}>", mail.id, server.from.0.domain())))
        .date(UNIX_EPOCH + Duration::from_millis(mail.at_ms))
        .header(ContentType::TEXT_PLAIN)
        .body(mail.text.to_owned())
        .map_err(|_| OutboundError::NotMade)
}
