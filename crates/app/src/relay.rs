//! Numbers that stand between two people (隐私号, AXB): whoever of the two calls the number reaches the other, and neither learns
//! the other's. Who rents such numbers plugs in behind [`Relay`]; [`crate::relays`] says between whom one stands and for how long.
//!
//! A binding has an id of ours that names nobody: asked for again under the same id it is the same binding, so that an answer that
//! was lost on its way costs no second number.

use crate::limits::{
    CARRIER_RESTS_MS, GATEWAY_KEY_BYTES_MAX, RELAY_EXTENSION_DIGITS_MAX, RELAY_NUMBER_CHARS_MAX,
};
use aftercare_domain::Timestamp;
use aftercare_outbound::{Client, Target};
use aftercare_vault::{Plain, mask_phone, normalize_phone};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::io::Write as _;
use std::sync::atomic::{AtomicI64, Ordering};

/// Between whom a number is to stand, and until when.
pub struct Binding {
    /// What makes it one binding, however often it is asked for: 32 hexadecimal digits.
    pub id: String,
    /// E.164 number of the technician; adapters must not log it.
    pub technician: Plain<String>,
    /// E.164 number of the customer; adapters must not log it.
    pub customer: Plain<String>,
    /// When the number must lead nowhere any more, whatever happens here.
    pub until: Timestamp,
    /// When it is asked for.
    pub at: Timestamp,
}

impl std::fmt::Debug for Binding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Binding({}, until {})", self.id, self.until)
    }
}

/// A number that both call.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RelayNumber {
    /// As it is dialed.
    pub number: String,
    /// Digits that are dialed once it answers.
    #[serde(default)]
    pub extension: Option<String>,
}

impl std::fmt::Debug for RelayNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // While it stands it leads to a person.
        f.write_str("RelayNumber(..)")
    }
}

impl RelayNumber {
    /// Whether it can be dialed: nothing else is shown to anybody.
    fn checked(self) -> Result<Self, RelayError> {
        let digits = |text: &str, also: &[u8]| {
            !text.is_empty()
                && text
                    .bytes()
                    .all(|byte| byte.is_ascii_digit() || also.contains(&byte))
        };
        let number = digits(&self.number, b"+-") && self.number.len() <= RELAY_NUMBER_CHARS_MAX;
        let extension = self
            .extension
            .as_ref()
            .is_none_or(|text| digits(text, &[]) && text.len() <= RELAY_EXTENSION_DIGITS_MAX);
        if number && extension {
            Ok(self)
        } else {
            Err(RelayError(
                "the relay answered with something that is no number".to_owned(),
            ))
        }
    }
}

/// Why the relay did not do what it was asked; it is asked again. It names nobody.
#[derive(Debug, thiserror::Error)]
#[error("the relay of telephone numbers did not do it: {0}")]
pub struct RelayError(pub String);

/// Whoever rents numbers that stand between two people.
#[async_trait]
pub trait Relay: Send + Sync {
    /// Puts a number between two people until a time.
    ///
    /// # Errors
    /// [`RelayError`] when there is none; it is asked for again under the same id.
    async fn bind(&self, binding: &Binding) -> Result<RelayNumber, RelayError>;

    /// Lets a binding end at another time.
    ///
    /// # Errors
    /// [`RelayError`] when it was not taken; it is asked again.
    async fn end_at(&self, id: &str, until: Timestamp, at: Timestamp) -> Result<(), RelayError>;

    /// Ends a binding now. One that is not known has ended.
    ///
    /// # Errors
    /// [`RelayError`] when it was not taken; it is asked again.
    async fn release(&self, id: &str, at: Timestamp) -> Result<(), RelayError>;
}

/// Writes to standard error what a relay would be asked, with masked numbers: for development and for the demo. Its number with an
/// extension of four digits leads nowhere.
#[derive(Debug)]
pub struct ConsoleRelay {
    number: String,
}

impl ConsoleRelay {
    /// With that number.
    #[must_use]
    pub fn new(number: &str) -> Self {
        Self {
            number: number.to_owned(),
        }
    }

    /// What a line says of a number that nobody may read.
    fn masked(number: &Plain<String>) -> String {
        normalize_phone(number.expose_str()).map_or_else(
            |_| "***".to_owned(),
            |phone| mask_phone(&phone).as_str().to_owned(),
        )
    }

    fn say(line: &str) -> Result<(), RelayError> {
        std::io::stderr()
            .write_all(line.as_bytes())
            .map_err(|error| RelayError(error.to_string()))
    }
}

#[async_trait]
impl Relay for ConsoleRelay {
    async fn bind(&self, binding: &Binding) -> Result<RelayNumber, RelayError> {
        let [first, second, ..] = crate::sealing::sha256(binding.id.as_bytes());
        let extension = format!("{:04}", u16::from_be_bytes([first, second]) % 10_000);
        Self::say(&format!(
            "{} relay bind {} {} ↔ {} = {} #{extension} until {}\n",
            binding.at,
            binding.id,
            Self::masked(&binding.technician),
            Self::masked(&binding.customer),
            self.number,
            binding.until,
        ))?;
        RelayNumber {
            number: self.number.clone(),
            extension: Some(extension),
        }
        .checked()
    }

    async fn end_at(&self, id: &str, until: Timestamp, at: Timestamp) -> Result<(), RelayError> {
        Self::say(&format!("{at} relay end_at {id} {until}\n"))
    }

    async fn release(&self, id: &str, at: Timestamp) -> Result<(), RelayError> {
        Self::say(&format!("{at} relay release {id}\n"))
    }
}

/// What a gateway is asked, as JSON by POST, with the id also in `Idempotency-Key`. Times are milliseconds since 1970.
#[derive(Serialize)]
#[serde(tag = "do", rename_all = "snake_case")]
enum Asked<'a> {
    Bind {
        id: &'a str,
        a: &'a str,
        b: &'a str,
        until: i64,
    },
    EndAt {
        id: &'a str,
        until: i64,
    },
    Release {
        id: &'a str,
    },
}

/// A gateway that an operator runs or rents (docs/RELAY.md).
pub struct RelayGateway {
    client: Client,
    target: Target,
    key: String,
    rests_until: AtomicI64,
}

impl std::fmt::Debug for RelayGateway {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RelayGateway({})", self.target.host())
    }
}

impl RelayGateway {
    /// A gateway at this address, asked with `Authorization: Bearer` and the key.
    ///
    /// # Errors
    /// An address that is none, a key that does not fit into a header, in words.
    pub fn new(client: Client, address: &str, key: &str) -> Result<Self, String> {
        let target = address
            .parse::<Target>()
            .map_err(|error| error.to_string())?;
        let key = key.trim();
        let fits = key.bytes().all(|byte| byte.is_ascii_graphic());
        if key.is_empty() || key.len() > GATEWAY_KEY_BYTES_MAX || !fits {
            return Err(format!(
                "the key of the relay has 1 to {GATEWAY_KEY_BYTES_MAX} letters, digits and signs, without spaces"
            ));
        }
        Ok(Self {
            client,
            target,
            key: format!("Bearer {key}"),
            rests_until: AtomicI64::new(i64::MIN),
        })
    }

    /// Gives the status and the body of an answer; what is busy or broken is left alone for a moment.
    async fn ask(
        &self,
        id: &str,
        asked: &Asked<'_>,
        at: Timestamp,
    ) -> Result<(u16, Vec<u8>), RelayError> {
        if at.0 < self.rests_until.load(Ordering::Relaxed) {
            return Err(RelayError("it did not answer a moment ago".to_owned()));
        }
        let rest = || {
            let until = at.plus_ms(CARRIER_RESTS_MS);
            self.rests_until.store(until.0, Ordering::Relaxed);
        };
        let body = serde_json::to_vec(asked).map_err(|error| RelayError(error.to_string()))?;
        let headers = [
            ("content-type", "application/json"),
            ("authorization", self.key.as_str()),
            ("idempotency-key", id),
        ];
        match self.client.post(&self.target, &headers, body).await {
            Ok(answer) => {
                if answer.status == 429 || answer.status >= 500 {
                    rest();
                }
                Ok((answer.status, answer.body))
            }
            Err(error) => {
                rest();
                Err(RelayError(error.to_string()))
            }
        }
    }

    /// Something of a binding that is known, or of one that has ended there.
    async fn change(&self, id: &str, asked: &Asked<'_>, at: Timestamp) -> Result<(), RelayError> {
        match self.ask(id, asked, at).await?.0 {
            200..=299 | 404 | 410 => Ok(()),
            status => Err(RelayError(format!("it answered {status}"))),
        }
    }
}

#[async_trait]
impl Relay for RelayGateway {
    async fn bind(&self, binding: &Binding) -> Result<RelayNumber, RelayError> {
        let asked = Asked::Bind {
            id: &binding.id,
            a: binding.technician.expose_str(),
            b: binding.customer.expose_str(),
            until: binding.until.0,
        };
        let (status, body) = self.ask(&binding.id, &asked, binding.at).await?;
        if !(200..300).contains(&status) {
            return Err(RelayError(format!("it answered {status}")));
        }
        // What it wrote may hold a number: nothing of it is quoted.
        let given: RelayNumber = serde_json::from_slice(&body)
            .map_err(|_| RelayError("its answer could not be read".to_owned()))?;
        given.checked()
    }

    async fn end_at(&self, id: &str, until: Timestamp, at: Timestamp) -> Result<(), RelayError> {
        let asked = Asked::EndAt { id, until: until.0 };
        self.change(id, &asked, at).await
    }

    async fn release(&self, id: &str, at: Timestamp) -> Result<(), RelayError> {
        self.change(id, &Asked::Release { id }, at).await
    }
}

#[cfg(test)]
mod tests {
    use super::{Binding, ConsoleRelay, RelayNumber};
    use aftercare_domain::Timestamp;
    use aftercare_vault::Plain;

    #[test]
    fn only_what_can_be_dialed_is_a_number() {
        let number = |number: &str, extension: Option<&str>| {
            RelayNumber {
                number: number.to_owned(),
                extension: extension.map(str::to_owned),
            }
            .checked()
            .is_ok()
        };
        assert!(number("0571-00000000", Some("0042")));
        assert!(number("+8600000000000", None));
        for (text, extension) in [
            ("", None),
            ("call me", None),
            ("javascript:1", None),
            ("000000000000000000000000000000000", None),
            ("057100000000", Some("")),
            ("057100000000", Some("1a")),
            ("057100000000", Some("123456789")),
        ] {
            assert!(!number(text, extension), "{text} {extension:?}");
        }
    }

    #[test]
    fn nothing_that_is_printed_has_a_number_in_full() {
        let plain = Plain::new("+8613800000001".to_owned());
        assert_eq!(ConsoleRelay::masked(&plain), "138****0001");
        let binding = Binding {
            id: "00".repeat(16),
            technician: plain.clone(),
            customer: plain,
            until: Timestamp(0),
            at: Timestamp(0),
        };
        assert!(!format!("{binding:?}").contains("0001"));
        let number = RelayNumber {
            number: "057100000000".to_owned(),
            extension: None,
        };
        assert!(!format!("{number:?}").contains("0571"));
    }
}
