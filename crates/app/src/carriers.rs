//! Carriers of messages that speak to others: a gateway that sends texts (SMS, or the templates of a chat) to whoever claims, and
//! e-mail to the desks. What neither carries goes where it went before.
//!
//! A message can be handed over twice when the answer was lost on the way; it has the same id then, by which the other side
//! knows it again. One that was not taken is tried again by the queue it came from, and is never dropped.

use crate::limits::{CARRIER_RESTS_MS, GATEWAY_KEY_BYTES_MAX};
use crate::notify::{Carries, Delivered, Message, Notifier, NotifyError, Recipient};
use crate::preferences::Language;
use aftercare_domain::Timestamp;
use aftercare_domain::ids::TenantId;
use aftercare_outbound::{Client, Mail, MailAddress, MailServer, Target};
use async_trait::async_trait;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// Desks that can have an e-mail address.
pub const DESKS: [&str; 4] = ["dispatcher", "reviewer", "merchant", "agent"];

/// Leaves somebody alone who did not answer, so that the next hundred messages do not each wait for it.
#[derive(Debug)]
struct Rest(AtomicI64);

impl Rest {
    const fn new() -> Self {
        Self(AtomicI64::new(i64::MIN))
    }

    fn is_over(&self, now: Timestamp) -> Result<(), NotifyError> {
        if now.0 < self.0.load(Ordering::Relaxed) {
            return Err(NotifyError::new(
                "the carrier did not answer a moment ago".to_owned(),
            ));
        }
        Ok(())
    }

    fn begin(&self, now: Timestamp) {
        let until = now.plus_ms(CARRIER_RESTS_MS);
        self.0.store(until.0, Ordering::Relaxed);
    }
}

/// What a gateway is sent, as JSON by POST, with the id also as `Idempotency-Key`. Any answer of 2xx takes the message over.
#[derive(Serialize)]
struct Text<'a> {
    id: &'a str,
    kind: &'a str,
    phone: &'a str,
    zh: &'a str,
    en: &'a str,
    /// The language that the reader chose: `zh` or `en`; missing where they chose none.
    #[serde(skip_serializing_if = "Option::is_none")]
    lang: Option<&'a str>,
}

/// A gateway that sends texts to telephones.
pub struct Gateway {
    target: Target,
    key: String,
    rest: Rest,
}

impl Gateway {
    /// A gateway at this address, asked with `Authorization: Bearer` and the key.
    ///
    /// # Errors
    /// An address that is none, a key that does not fit into a header, in words.
    pub fn new(address: &str, key: &str) -> Result<Self, String> {
        let target = address
            .parse::<Target>()
            .map_err(|error| error.to_string())?;
        let key = key.trim();
        let fits = key.bytes().all(|byte| byte.is_ascii_graphic());
        if key.is_empty() || key.len() > GATEWAY_KEY_BYTES_MAX || !fits {
            return Err(format!(
                "the key of the gateway has 1 to {GATEWAY_KEY_BYTES_MAX} letters, digits and signs, without spaces"
            ));
        }
        Ok(Self {
            target,
            key: format!("Bearer {key}"),
            rest: Rest::new(),
        })
    }
}

impl std::fmt::Debug for Gateway {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Gateway({})", self.target.host())
    }
}

/// The e-mail of the desks of one tenant.
#[derive(Debug)]
pub struct DeskMail {
    server: MailServer,
    tenant: TenantId,
    desks: BTreeMap<String, MailAddress>,
    rest: Rest,
}

impl DeskMail {
    /// Who of a tenant has which address, by the name of the desk ([`DESKS`]).
    ///
    /// # Errors
    /// A desk that there is not, in words.
    pub fn new(
        server: MailServer,
        tenant: TenantId,
        desks: BTreeMap<String, MailAddress>,
    ) -> Result<Self, String> {
        if let Some(unknown) = desks.keys().find(|desk| !DESKS.contains(&desk.as_str())) {
            return Err(format!(
                "there is no desk `{unknown}`: choose from {}",
                DESKS.join(", ")
            ));
        }
        Ok(Self {
            server,
            tenant,
            desks,
            rest: Rest::new(),
        })
    }

    /// The address for a message. What is about one shop of several is for nobody but that shop, and goes by no common
    /// address.
    fn address_of(&self, message: &Message) -> Option<&MailAddress> {
        match &message.to {
            Recipient::Desk { role, shop: None } if message.tenant == self.tenant => {
                self.desks.get(*role)
            }
            _ => None,
        }
    }
}

/// Hands each message to the one who carries it.
pub struct Carriers {
    client: Client,
    gateway: Option<Gateway>,
    mail: Option<DeskMail>,
    others: Arc<dyn Notifier>,
}

impl Carriers {
    /// Texts to whoever claims by `gateway`, mail to desks by `mail`, and what is left by `others`.
    #[must_use]
    pub const fn new(
        client: Client,
        gateway: Option<Gateway>,
        mail: Option<DeskMail>,
        others: Arc<dyn Notifier>,
    ) -> Self {
        Self {
            client,
            gateway,
            mail,
            others,
        }
    }

    async fn text(
        &self,
        gateway: &Gateway,
        message: &Message,
        phone: &str,
    ) -> Result<Delivered, NotifyError> {
        gateway.rest.is_over(message.at)?;
        let body = serde_json::to_vec(&Text {
            id: &message.id,
            kind: message.kind,
            phone,
            zh: &message.zh,
            en: &message.en,
            lang: message.lang.map(Language::name),
        })
        .map_err(|error| NotifyError::new(error.to_string()))?;
        let headers = [
            ("content-type", "application/json"),
            ("authorization", gateway.key.as_str()),
            ("idempotency-key", message.id.as_str()),
        ];
        match self.client.post(&gateway.target, &headers, body).await {
            Ok(answer) if (200..300).contains(&answer.status) => Ok(Delivered::HandedOver),
            Ok(answer) => {
                // Of one message it may say no; whoever is busy or broken is so for the next one too.
                let why = format!("the gateway answered {}", answer.status);
                if answer.status == 429 || answer.status >= 500 {
                    gateway.rest.begin(message.at);
                    return Err(NotifyError::new(why));
                }
                Err(NotifyError::refused(why))
            }
            Err(error) => {
                gateway.rest.begin(message.at);
                Err(NotifyError::new(error.to_string()))
            }
        }
    }

    async fn write(
        &self,
        mail: &DeskMail,
        message: &Message,
        to: &MailAddress,
    ) -> Result<Delivered, NotifyError> {
        mail.rest.is_over(message.at)?;
        let text = format!("{}\r\n\r\n{}\r\n", message.zh, message.en);
        let letter = Mail {
            to,
            id: &message.id,
            subject: &message.zh,
            text: &text,
            at_ms: u64::try_from(message.at.0).unwrap_or(0),
        };
        self.client
            .mail(&mail.server, letter)
            .await
            .map(|()| Delivered::HandedOver)
            .map_err(|error| {
                mail.rest.begin(message.at);
                NotifyError::new(error.to_string())
            })
    }
}

#[async_trait]
impl Notifier for Carriers {
    fn carries(&self) -> Carries {
        Carries {
            claimants: self.gateway.is_some(),
            desks: self.mail.is_some(),
        }
    }

    async fn deliver(&self, message: &Message) -> Result<Delivered, NotifyError> {
        if let (Some(gateway), Recipient::Claimant { phone, .. }) = (&self.gateway, &message.to) {
            return self.text(gateway, message, phone).await;
        }
        if let Some(mail) = &self.mail
            && let Some(to) = mail.address_of(message)
        {
            return self.write(mail, message, to).await;
        }
        self.others.deliver(message).await
    }
}

#[cfg(test)]
mod tests {
    use super::{DeskMail, Gateway};
    use crate::notify::{Message, Recipient};
    use aftercare_domain::Timestamp;
    use aftercare_domain::ids::TenantId;
    use aftercare_outbound::{MailAddress, MailServer};
    use std::collections::BTreeMap;
    use uuid::Uuid;

    const OURS: TenantId = TenantId(Uuid::from_u128(1));

    fn desk_mail(desk: &str) -> Result<DeskMail, String> {
        let address = |text: &str| text.parse::<MailAddress>().expect("an address");
        let from = address("shop@example.com");
        let server = MailServer::new("smtps://smtp.example.com", from, None).expect("a server");
        let desks = [(desk.to_owned(), address("desk@example.com"))];
        DeskMail::new(server, OURS, BTreeMap::from(desks))
    }

    fn to_desk(tenant: TenantId, role: &'static str, shop: Option<&str>) -> Message {
        Message {
            id: "0".repeat(32),
            tenant,
            to: Recipient::Desk {
                role,
                shop: shop.map(str::to_owned),
            },
            case: None,
            kind: "answer_due",
            zh: String::new(),
            en: String::new(),
            lang: None,
            at: Timestamp(0),
        }
    }

    #[test]
    fn a_desk_is_written_to_about_its_own_tenant_and_never_about_one_shop_of_several() {
        let mail = desk_mail("merchant").expect("a desk");
        let written = |message: Message| mail.address_of(&message).is_some();
        assert!(written(to_desk(OURS, "merchant", None)));
        assert!(!written(to_desk(OURS, "merchant", Some("S1"))));
        assert!(!written(to_desk(OURS, "dispatcher", None)));
        let other = TenantId(Uuid::from_u128(2));
        assert!(!written(to_desk(other, "merchant", None)));
    }

    #[test]
    fn what_cannot_work_is_refused_before_anything_is_sent() {
        assert!(desk_mail("cleaner").is_err());
        assert!(Gateway::new("https://sms.example.com/send", "key").is_ok());
        for (address, key) in [
            ("sms.example.com", "key"),
            ("https://sms.example.com/send", " "),
            ("https://sms.example.com/send", "two words"),
            ("https://sms.example.com/send", "a\r\nhost: other"),
        ] {
            assert!(Gateway::new(address, key).is_err(), "{address} {key}");
        }
    }
}
