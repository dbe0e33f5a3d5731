//! Signed cards of visits: who comes to which order, between when and when, so that it can be checked at the door, also
//! without a network. A card is a signed note whose text begins with [`HEAD`]; no checkpoint does, since the name of a key
//! has no space.

use crate::limits::{MAX_CARD_BYTES, MAX_CARD_FIELD_CHARS};
use crate::{LedgerError, SigningKey, VerifierKey, note};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The first line of every card.
const HEAD: &str = "aftercare visit card 1";
const CARD: &str = "visit card";
/// What stands before a card in an address.
const IN_ADDRESS: &str = "card=";

/// What a card says. Nothing of the customer is on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VisitCard {
    /// The business that sends somebody.
    pub shop: String,
    /// The number of the order as the customer knows it.
    pub order: String,
    /// Id of the case, which the log names.
    pub case: String,
    /// Id of the visit.
    pub visit: String,
    /// The name under which the technician agreed to be shown.
    pub name: String,
    /// The technician's number.
    pub staff: String,
    /// The outlet; empty where there is none.
    pub outlet: String,
    /// The brand; empty where there is none.
    pub brand: String,
    /// Milliseconds since 1970: the visit begins between the two.
    pub from_ms: i64,
    pub until_ms: i64,
}

impl VisitCard {
    /// The lines after the first one, in their order.
    fn lines(&self) -> [(&'static str, String); 10] {
        [
            ("shop", self.shop.clone()),
            ("order", self.order.clone()),
            ("case", self.case.clone()),
            ("visit", self.visit.clone()),
            ("name", self.name.clone()),
            ("staff", self.staff.clone()),
            ("outlet", self.outlet.clone()),
            ("brand", self.brand.clone()),
            ("from", self.from_ms.to_string()),
            ("until", self.until_ms.to_string()),
        ]
    }

    /// Signs the card and answers the whole note.
    ///
    /// # Errors
    /// [`LedgerError::Malformed`] when a field is too long or has a control character.
    pub fn sign(&self, key: &SigningKey) -> Result<String, LedgerError> {
        let mut text = format!("{HEAD}\n");
        for (number, (name, value)) in self.lines().into_iter().enumerate() {
            if value.chars().count() > MAX_CARD_FIELD_CHARS || value.chars().any(char::is_control) {
                return Err(LedgerError::malformed(
                    CARD,
                    number + 2,
                    format!(
                        "`{name}` has at most {MAX_CARD_FIELD_CHARS} characters and no control characters"
                    ),
                ));
            }
            text.push_str(name);
            text.push(' ');
            text.push_str(&value);
            text.push('\n');
        }
        Ok(note::sign(&text, key))
    }

    /// Reads a card and checks that one of the keys has signed it: a note, its short form, or an address that ends with
    /// the short form.
    ///
    /// # Errors
    /// [`LedgerError`]: what it is not, [`LedgerError::BadSignature`] where it was altered, [`LedgerError::NotSigned`]
    /// where another key has signed it.
    pub fn read(text: &str, keys: &[VerifierKey]) -> Result<Self, LedgerError> {
        let malformed = |line: usize, why: &str| LedgerError::malformed(CARD, line, why);
        let text = text.trim_start();
        let note = if text.starts_with(HEAD) {
            // What was pasted into a form has other ends of lines and none at its end.
            format!("{}\n", text.trim_end().replace("\r\n", "\n"))
        } else {
            let short = text.rsplit_once(IN_ADDRESS).map_or(text, |(_, card)| card);
            let short = short.split(['&', '#']).next().unwrap_or_default().trim();
            let bytes = URL_SAFE_NO_PAD.decode(short);
            let bytes = bytes.map_err(|_| malformed(1, "neither a card nor its short form"))?;
            String::from_utf8(bytes)
                .map_err(|_| malformed(1, "neither a card nor its short form"))?
        };
        if note.len() > MAX_CARD_BYTES {
            return Err(malformed(
                1,
                &format!("it is longer than {MAX_CARD_BYTES} bytes"),
            ));
        }
        let (text, signers) = note::open(&note, keys)?;
        if signers.is_empty() {
            return Err(LedgerError::NotSigned {
                origin: HEAD.to_owned(),
            });
        }
        let mut lines = text.lines();
        if lines.next() != Some(HEAD) {
            return Err(malformed(1, "it is signed, and no visit card"));
        }
        let mut number = 1;
        let mut field = |name: &str| {
            number += 1;
            lines
                .next()
                .and_then(|line| line.strip_prefix(name)?.strip_prefix(' '))
                .map(str::to_owned)
                .ok_or_else(|| malformed(number, &format!("`{name} …` expected")))
        };
        let card = Self {
            shop: field("shop")?,
            order: field("order")?,
            case: field("case")?,
            visit: field("visit")?,
            name: field("name")?,
            staff: field("staff")?,
            outlet: field("outlet")?,
            brand: field("brand")?,
            from_ms: whole(&field("from")?)
                .ok_or_else(|| malformed(10, "milliseconds expected"))?,
            until_ms: whole(&field("until")?)
                .ok_or_else(|| malformed(11, "milliseconds expected"))?,
        };
        if lines.next().is_some() {
            return Err(malformed(12, "nothing more expected"));
        }
        Ok(card)
    }
}

fn whole(text: &str) -> Option<i64> {
    text.parse().ok()
}

/// The short form of a card for an address: base64 without characters that an address would change.
#[must_use]
pub fn short_form(note: &str) -> String {
    URL_SAFE_NO_PAD.encode(note)
}

/// The end of an address that carries a card.
#[must_use]
pub fn in_address(note: &str) -> String {
    format!("{IN_ADDRESS}{}", short_form(note))
}
