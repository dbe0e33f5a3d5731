//! Reveals to people and uses by the system: the request, the receipt of its logged event, and what only a receipt can open.

use crate::limits::{MAX_REASON_BYTES, MAX_REVEAL_FIELDS, MAX_USE_PERSONS};
use crate::sealed::check_name;
use crate::{Field, Plain, VaultError};
use std::collections::BTreeSet;
use std::fmt;
use zeroize::Zeroize;

/// A column that a reveal asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevealField {
    /// The table.
    pub table: String,
    /// The column.
    pub column: String,
}

impl RevealField {
    /// The column of a table.
    pub fn new(table: impl Into<String>, column: impl Into<String>) -> Self {
        Self {
            table: table.into(),
            column: column.into(),
        }
    }
}

/// Who wants to see which fields of whom, and why. Its `Debug` leaves the reason out, because
/// people write names into reasons.
#[derive(Clone, PartialEq, Eq)]
pub struct RevealRequest {
    /// The tenant whose person it is.
    pub tenant: String,
    /// The user who asks.
    pub actor: String,
    /// The person whose fields are asked for.
    pub person: String,
    /// The case that the request belongs to, if any.
    pub case: Option<String>,
    /// The fields.
    pub fields: Vec<RevealField>,
    /// Why, in words; never empty.
    pub reason: String,
    /// When, in milliseconds since 1970 (UTC).
    pub at_ms: i64,
}

impl RevealRequest {
    /// Checks the request, so that a bad one is refused before it is logged.
    ///
    /// # Errors
    /// [`VaultError::RevealRefused`] when the reason is empty or too long, when no field or too
    /// many are asked for; [`VaultError::BadInput`] for an unusable name.
    pub fn validate(&self) -> Result<(), VaultError> {
        let refused = |why: String| VaultError::RevealRefused { why };
        check_name("a tenant", &self.tenant)?;
        check_name("an actor", &self.actor)?;
        check_name("a person", &self.person)?;
        if self.reason.trim().is_empty() {
            return Err(refused("it needs a reason in words".to_owned()));
        }
        if self.reason.len() > MAX_REASON_BYTES {
            return Err(refused(format!(
                "the reason is longer than {MAX_REASON_BYTES} bytes"
            )));
        }
        if self.fields.is_empty() || self.fields.len() > MAX_REVEAL_FIELDS {
            return Err(refused(format!(
                "it must name 1 to {MAX_REVEAL_FIELDS} fields"
            )));
        }
        Ok(())
    }
}

impl fmt::Debug for RevealRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RevealRequest")
            .field("tenant", &self.tenant)
            .field("actor", &self.actor)
            .field("person", &self.person)
            .field("case", &self.case)
            .field("fields", &self.fields)
            .field("at_ms", &self.at_ms)
            .finish_non_exhaustive()
    }
}

/// Proof that a reveal stands in the log: its sequence number and its leaf.
///
/// It is not `Clone` and not serializable: it lives in the request that logged it. Only code that
/// has just appended the event may call [`RevealReceipt::from_logged`].
pub struct RevealReceipt {
    request: RevealRequest,
    seq: u64,
    leaf: [u8; 32],
}

impl RevealReceipt {
    /// The receipt of a logged reveal; `seq` and `leaf` as the log gave them for the event that
    /// holds `request`.
    ///
    /// # Errors
    /// What [`RevealRequest::validate`] refuses; [`VaultError::RevealRefused`] for a leaf of
    /// zeros, which no hash is.
    pub fn from_logged(
        request: RevealRequest,
        seq: u64,
        leaf: [u8; 32],
    ) -> Result<Self, VaultError> {
        request.validate()?;
        if leaf == [0; 32] {
            return Err(VaultError::RevealRefused {
                why: "the event has no leaf in the log".into(),
            });
        }
        Ok(Self { request, seq, leaf })
    }

    /// What was asked for.
    #[must_use]
    pub fn request(&self) -> &RevealRequest {
        &self.request
    }

    /// The sequence number of the logged event.
    #[must_use]
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// The leaf of the logged event.
    #[must_use]
    pub fn leaf(&self) -> &[u8; 32] {
        &self.leaf
    }

    /// Refuses what the logged request does not name.
    pub(crate) fn covers(
        &self,
        tenant: &str,
        person: &str,
        field: &Field<'_>,
    ) -> Result<(), VaultError> {
        let refused = |why: String| Err(VaultError::RevealRefused { why });
        if self.request.tenant != tenant || self.request.person != person {
            return refused("the logged request is about somebody else".to_owned());
        }
        let named =
            |wanted: &RevealField| wanted.table == field.table && wanted.column == field.column;
        if !self.request.fields.iter().any(named) {
            return refused(format!("the logged request does not name {}", field.name()));
        }
        Ok(())
    }
}

impl fmt::Debug for RevealReceipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RevealReceipt")
            .field("request", &self.request)
            .field("seq", &self.seq)
            .finish_non_exhaustive()
    }
}

/// Content that a logged reveal has opened, to be shown to the one who asked. Only
/// [`crate::Vault::reveal`] makes it.
pub struct Revealed<T: Zeroize> {
    plain: Plain<T>,
    seq: u64,
}

impl<T: Zeroize> Revealed<T> {
    pub(crate) fn new(plain: Plain<T>, seq: u64) -> Self {
        Self { plain, seq }
    }

    /// The content.
    pub fn expose(&self) -> &T {
        self.plain.expose()
    }

    /// The sequence number of the event that logged the reveal.
    pub fn seq(&self) -> u64 {
        self.seq
    }
}

impl<T: Zeroize> fmt::Debug for Revealed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Revealed(logged as {}, ..)", self.seq)
    }
}

/// Why the system itself opens a person's field without showing it to a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryPurpose {
    /// To send a message to the person.
    Notify,
    /// To compute areas, distances and times of a visit.
    Dispatch,
    /// To compute an index or a masked form again.
    Reindex,
    /// To seal again under a newer key.
    Rekey,
    /// To check that a backup opens.
    BackupCheck,
    /// To open the salt of a commitment for a proof.
    Proof,
    /// To tell the operator of a relay between whom its number stands.
    Relay,
}

impl DeliveryPurpose {
    /// Every purpose, in the order of [`DeliveryPurpose::name`].
    pub const ALL: [Self; 7] = [
        Self::Notify,
        Self::Dispatch,
        Self::Reindex,
        Self::Rekey,
        Self::BackupCheck,
        Self::Proof,
        Self::Relay,
    ];

    /// The name for logs and metrics.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Notify => "notify",
            Self::Dispatch => "dispatch",
            Self::Reindex => "reindex",
            Self::Rekey => "rekey",
            Self::BackupCheck => "backup_check",
            Self::Proof => "proof",
            Self::Relay => "relay",
        }
    }

    /// The purpose of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.name() == name)
    }
}

/// What the system is about to open for one piece of its own work: of whom, which fields, and for what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UseRequest {
    /// The tenant whose people they are.
    pub tenant: String,
    /// What for.
    pub purpose: DeliveryPurpose,
    /// The people.
    pub persons: BTreeSet<String>,
    /// The fields.
    pub fields: Vec<RevealField>,
}

impl UseRequest {
    /// Checks the request, so that a bad one is refused before it is logged.
    ///
    /// # Errors
    /// [`VaultError::UseRefused`] when nobody, no field, or too many of either are named;
    /// [`VaultError::BadInput`] for an unusable name.
    pub fn validate(&self) -> Result<(), VaultError> {
        check_name("a tenant", &self.tenant)?;
        for person in &self.persons {
            check_name("a person", person)?;
        }
        if self.persons.is_empty() || self.persons.len() > MAX_USE_PERSONS {
            return Err(use_refused(format!(
                "a use must name 1 to {MAX_USE_PERSONS} people"
            )));
        }
        if self.fields.is_empty() || self.fields.len() > MAX_REVEAL_FIELDS {
            return Err(use_refused(format!(
                "a use must name 1 to {MAX_REVEAL_FIELDS} fields"
            )));
        }
        Ok(())
    }
}

fn use_refused(why: impl Into<String>) -> VaultError {
    VaultError::UseRefused { why: why.into() }
}

/// Proof that a use by the system stands in the log; like [`RevealReceipt`], neither `Clone` nor serializable.
#[derive(Debug)]
pub struct UseReceipt {
    request: UseRequest,
    seq: u64,
    leaf: [u8; 32],
}

impl UseReceipt {
    /// The receipt of a logged use; `seq` and `leaf` as the log gave them for the event that names what `request` does.
    ///
    /// # Errors
    /// What [`UseRequest::validate`] refuses; [`VaultError::UseRefused`] for a leaf of zeros, which no hash is.
    pub fn from_logged(request: UseRequest, seq: u64, leaf: [u8; 32]) -> Result<Self, VaultError> {
        request.validate()?;
        if leaf == [0; 32] {
            return Err(use_refused("the event has no leaf in the log"));
        }
        Ok(Self { request, seq, leaf })
    }

    /// The tenant whose people it names.
    #[must_use]
    pub fn tenant(&self) -> &str {
        &self.request.tenant
    }

    /// What it is for.
    #[must_use]
    pub fn purpose(&self) -> DeliveryPurpose {
        self.request.purpose
    }

    /// The sequence number of the logged event.
    #[must_use]
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// The leaf of the logged event.
    #[must_use]
    pub fn leaf(&self) -> &[u8; 32] {
        &self.leaf
    }

    /// Refuses what the logged use does not name.
    pub(crate) fn covers(
        &self,
        tenant: &str,
        person: &str,
        field: &Field<'_>,
    ) -> Result<(), VaultError> {
        if self.request.tenant != tenant || !self.request.persons.contains(person) {
            return Err(use_refused("the logged use is about somebody else"));
        }
        let named =
            |wanted: &RevealField| wanted.table == field.table && wanted.column == field.column;
        if !self.request.fields.iter().any(named) {
            return Err(use_refused(format!(
                "the logged use does not name {}",
                field.name()
            )));
        }
        Ok(())
    }
}

/// One field of a person that was opened, as an observer is told of it: whose, which, and under which leaf; never what
/// was in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// Whose.
    pub person: String,
    /// Which column.
    pub column: String,
    /// What the system opened it for; `None` for a reveal to a user.
    pub purpose: Option<DeliveryPurpose>,
    /// The number of the event that logged it.
    pub seq: u64,
    /// Its leaf.
    pub leaf: [u8; 32],
}
