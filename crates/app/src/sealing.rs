//! Sealing with the keys of a case, a tenant or a person, in the places the tables have.

use crate::app::App;
use crate::error::{AppError, ErrorKind};
use crate::opening::ReadReceipt;
use aftercare_domain::Timestamp;
use aftercare_domain::audit::CaseParty;
use aftercare_domain::evidence::Envelope;
use aftercare_domain::ids::{CaseId, EvidenceId, ListingPhotoId, TenantId};
use aftercare_domain::time::DAY_MS;
use aftercare_evidence::Fingerprint;
use aftercare_store::{CasePart, Unit, Write, rows};
use aftercare_vault::{
    CaseKey, Field, Plain, Sealed, TenantPurpose, VaultError, WrappedKey, open_blob, seal_blob,
};

/// Free text of a case, wherever it stands: bound to the case, so it cannot be moved to another.
const CASE_TEXT: (&str, &str) = ("case", "text");

impl From<VaultError> for AppError {
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::RevealRefused { ref why } => Self::new(
                ErrorKind::Invalid,
                "reveal_refused",
                "查看个人信息需要写明理由和要看的内容。",
                format!("Personal data cannot be shown: {why}."),
            ),
            VaultError::NoKeeper | VaultError::KeeperAway { .. } => Self {
                detail: Some(error.to_string()),
                ..Self::new(
                    ErrorKind::Unavailable,
                    VAULT_AWAY,
                    "保管客户信息密钥的进程（vaultd）现在没有回应，姓名、电话和地址暂时打不开，什么也没有打开。新的申请照常受理。请稍后再试，或者告诉管理员。",
                    "The process that keeps the keys of people (vaultd) does not answer: names, numbers and addresses cannot be opened now, and nothing was. New requests are taken as always. Please try again later, or tell an administrator.",
                )
            },
            VaultError::KeeperRefused { ref rule, .. } if rule == "quota" => Self {
                detail: Some(error.to_string()),
                ..Self::new(
                    ErrorKind::TooMany,
                    "vault_quota",
                    "一小时内打开的客户信息已达保管密钥的进程（vaultd）所允许的上限，这次没有打开。请稍后再试；确有需要请找管理员。",
                    "As many people were opened within an hour as the process that keeps their keys (vaultd) allows; nothing was opened now. Please go on later, or ask an administrator.",
                )
            },
            VaultError::KeeperRefused { ref rule, .. } if rule == "shredded" => {
                crate::people::shredded()
            }
            other => Self::internal(other.to_string()),
        }
    }
}

/// The rule of what cannot be done while the process that keeps the keys of people is away.
pub(crate) const VAULT_AWAY: &str = "vault_away";

/// The key of a case for one request: it seals, and opens nothing.
pub struct OpenCaseKey {
    key: CaseKey,
    /// Of a key that was just made: what it is wrapped in, once for each party.
    wraps: Vec<rows::CaseKeyRow>,
}

/// Says that something of a case is destroyed, because the time for which it was kept is over.
pub(crate) fn ended(at: Timestamp) -> AppError {
    AppError::new(
        ErrorKind::NotFound,
        "retention_ended",
        format!("已过保存期限，已于 {at} 销毁。"),
        format!("The time for which this is kept is over: it was destroyed at {at}."),
    )
}

impl OpenCaseKey {
    fn field<'a>(&'a self, column: &'a str) -> Field<'a> {
        Field::new(CASE_TEXT.0, self.key.case(), column)
    }

    /// Seals free text.
    ///
    /// # Errors
    /// When the text is too long for a field.
    pub fn seal_text(&self, text: &str) -> Result<Envelope, AppError> {
        let sealed = self
            .key
            .seal_text(&self.field(CASE_TEXT.1), &Plain::new(text.to_owned()))?;
        Ok(Envelope(sealed.into_bytes()))
    }

    /// Seals bytes for a column.
    ///
    /// # Errors
    /// When they are too long for a field.
    pub fn seal_bytes(&self, column: &str, bytes: &[u8]) -> Result<Vec<u8>, AppError> {
        Ok(self
            .key
            .seal(&self.field(column), &Plain::new(bytes.to_vec()))?
            .into_bytes())
    }

    /// Seals a photo or clip.
    ///
    /// # Errors
    /// When the operating system gives no random bytes.
    pub fn seal_blob(&self, bytes: &[u8]) -> Result<Vec<u8>, AppError> {
        Ok(seal_blob(&self.key.blob_key(), bytes)?)
    }

    /// What keeps a new key: a row for each party of the case.
    pub(crate) fn kept(&self) -> impl Iterator<Item = Write> {
        self.wraps.iter().cloned().map(Write::CaseKey)
    }
}

/// Says that somebody opens a case no more, because the time for which their party read it is over.
fn reading_ended(at: Timestamp) -> AppError {
    AppError::new(
        ErrorKind::Forbidden,
        "reading_ended",
        format!("您查看本案文字和照片的期限已于 {at} 结束。"),
        format!(
            "The time for which you read texts and photos of this case is over: it ended at {at}."
        ),
    )
}

/// The key of a case, or when it was destroyed by the rules, or what the reader's own party opened it with.
pub(crate) enum CaseKeyState {
    There(OpenCaseKey),
    Ended(Timestamp),
    ReadingEnded(Timestamp),
}

/// A case whose reading is in the log: opens its texts, photos and answers, unless they ended.
pub struct ReadableCase(CaseKeyState);

impl ReadableCase {
    /// The case of that key, once its reading is in the log.
    pub(crate) const fn logged(key: CaseKeyState, _: &ReadReceipt) -> Self {
        Self(key)
    }

    /// When its texts ended, if they did, or its reader's time to read them.
    #[must_use]
    pub const fn ended_at(&self) -> Option<Timestamp> {
        match &self.0 {
            CaseKeyState::There(_) => None,
            CaseKeyState::Ended(at) | CaseKeyState::ReadingEnded(at) => Some(*at),
        }
    }

    /// When its reader's time to read it ended, if that did, while it is kept.
    #[must_use]
    pub const fn reading_ended_at(&self) -> Option<Timestamp> {
        match &self.0 {
            CaseKeyState::There(_) | CaseKeyState::Ended(_) => None,
            CaseKeyState::ReadingEnded(at) => Some(*at),
        }
    }

    /// The key, to seal with.
    ///
    /// # Errors
    /// `retention_ended` when it was destroyed by the rules, `reading_ended` when the reader's time is over.
    pub fn key(&self) -> Result<&OpenCaseKey, AppError> {
        match &self.0 {
            CaseKeyState::There(key) => Ok(key),
            CaseKeyState::Ended(at) => Err(ended(*at)),
            CaseKeyState::ReadingEnded(at) => Err(reading_ended(*at)),
        }
    }

    /// Opens free text for somebody who reads the case; where it ended, or their time to read it, says so in its place.
    ///
    /// # Errors
    /// When it was altered or belongs to another case.
    pub fn open_or_say(&self, envelope: &Envelope) -> Result<String, AppError> {
        match &self.0 {
            CaseKeyState::There(_) => self.open_text(envelope),
            CaseKeyState::Ended(at) => Ok(format!(
                "〔已过保存期限，已于 {at} 销毁 / ended by rule, {at}〕"
            )),
            CaseKeyState::ReadingEnded(at) => Ok(format!(
                "〔您查看本案的期限已于 {at} 结束 / your time to read this ended, {at}〕"
            )),
        }
    }

    /// Opens free text for a party of the case.
    ///
    /// # Errors
    /// When it was altered or belongs to another case.
    pub fn open_text(&self, envelope: &Envelope) -> Result<String, AppError> {
        let held = self.key()?;
        let sealed = Sealed::<String>::from_bytes(envelope.0.clone())?;
        let plain = held.key.open_text(&held.field(CASE_TEXT.1), &sealed)?;
        Ok(plain.expose().clone())
    }

    /// Opens bytes of a column.
    ///
    /// # Errors
    /// When they were altered or belong to another case or column.
    pub fn open_bytes(&self, column: &str, sealed: &[u8]) -> Result<Vec<u8>, AppError> {
        let held = self.key()?;
        let sealed = Sealed::<Vec<u8>>::from_bytes(sealed.to_vec())?;
        let plain = held.key.open(&held.field(column), &sealed)?;
        Ok(plain.expose().clone())
    }

    /// Opens a photo or clip.
    ///
    /// # Errors
    /// When it was altered or belongs to another case.
    pub fn open_blob(&self, sealed: &[u8]) -> Result<Vec<u8>, AppError> {
        Ok(open_blob(&self.key()?.key.blob_key(), sealed)?.expose_owned())
    }
}

/// SHA-256 of plain bytes; sealed or keyed before it is stored.
#[must_use]
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    aftercare_vault::blob_name(bytes)
}

impl App {
    /// Makes the key of a new case.
    ///
    /// # Errors
    /// When the tenant has no keys.
    pub(crate) fn new_case_key(
        &self,
        tenant: TenantId,
        case: CaseId,
    ) -> Result<OpenCaseKey, AppError> {
        let own = CaseParty::Tenant.name();
        let (key, _) = self
            .vault()
            .new_case_key(&tenant.to_string(), &case.to_string(), own)?;
        let wraps = CaseParty::ALL
            .into_iter()
            .map(|party| self.wrap_for(&key, case, party))
            .collect::<Result<_, AppError>>()?;
        Ok(OpenCaseKey { key, wraps })
    }

    /// The key of a case as it is kept for a party.
    fn wrap_for(
        &self,
        key: &CaseKey,
        case: CaseId,
        party: CaseParty,
    ) -> Result<rows::CaseKeyRow, AppError> {
        let wrapped = self.vault().wrap_case_key(key, party.name())?;
        Ok(rows::CaseKeyRow {
            case,
            party: party.name().to_owned(),
            wrapped_key: wrapped.as_bytes().to_vec(),
        })
    }

    /// The key of a case, to seal with, whoever seals: the tenant's, which is the last that ends. [`App::read_case`] is for whoever
    /// opens.
    ///
    /// # Errors
    /// `retention_ended` when it was destroyed by the rules, `NotFound` when there is none.
    pub(crate) async fn case_key(
        &self,
        tenant: TenantId,
        case: CaseId,
    ) -> Result<OpenCaseKey, AppError> {
        let own = CaseParty::Tenant;
        match self.case_key_state(tenant, case, own).await? {
            CaseKeyState::There(key) => Ok(key),
            CaseKeyState::Ended(at) => Err(ended(at)),
            CaseKeyState::ReadingEnded(at) => Err(reading_ended(at)),
        }
    }

    /// The key of a case as it opens for a party, or when it was destroyed by the rules, for that party or as a whole. A case that
    /// goes on again is read by all its parties as long as it does, and for their time from its new end.
    ///
    /// # Errors
    /// `NotFound` when there is none and nothing says why.
    pub(crate) async fn case_key_state(
        &self,
        tenant: TenantId,
        case: CaseId,
        party: CaseParty,
    ) -> Result<CaseKeyState, AppError> {
        if let Some(row) = self.store().case_key(case, party.name()).await? {
            return Ok(CaseKeyState::There(self.unwrapped(tenant, &row)?));
        }
        let ends = self.store().case_ends(case).await?;
        let end_of = |part: &str| {
            let end = ends.iter().find(|end| end.part == part);
            end.map(|end| end.ended_at)
        };
        if let Some(at) = end_of(CasePart::Texts.name()) {
            return Ok(CaseKeyState::Ended(at));
        }
        let reading_ended = end_of(party.name());
        if let Some(at) = reading_ended
            && let Some(at) = self.reading_over_at(tenant, case, party, at).await?
        {
            return Ok(CaseKeyState::ReadingEnded(at));
        }
        let own = CaseParty::Tenant.name();
        let Some(row) = self.store().case_key(case, own).await? else {
            return Err(AppError::not_found("这个案件的密钥", "key of this case"));
        };
        let key = self.unwrapped(tenant, &row)?;
        if reading_ended.is_none() {
            self.keep_for(&key, case, party).await;
        }
        Ok(CaseKeyState::There(key))
    }

    /// Since when a party whose wrap is gone reads a case no more; none while it goes on, or for the party's time since it ended anew:
    /// whoever was heard again reads how that ended.
    async fn reading_over_at(
        &self,
        tenant: TenantId,
        case: CaseId,
        party: CaseParty,
        ended_at: Timestamp,
    ) -> Result<Option<Timestamp>, AppError> {
        let state = self.load(case).await?;
        if !state.closed {
            return Ok(None);
        }
        if state.last_at <= ended_at {
            return Ok(Some(ended_at));
        }
        let days = self.periods_of(tenant).await?.reading_days(party);
        let over_at = days.map(|days| state.last_at.plus_ms(i64::from(days) * DAY_MS));
        Ok(over_at.filter(|over_at| *over_at <= self.now()))
    }

    fn unwrapped(&self, tenant: TenantId, row: &rows::CaseKeyRow) -> Result<OpenCaseKey, AppError> {
        let wrapped = WrappedKey::from_bytes(&row.wrapped_key)?;
        let key = self.vault().unwrap_case_key(
            &tenant.to_string(),
            &row.case.to_string(),
            &row.party,
            &wrapped,
        )?;
        Ok(OpenCaseKey {
            key,
            wraps: Vec::new(),
        })
    }

    /// Gives a party of a case of before parties had wraps of their own one, with which it opens from then on. Where that cannot be
    /// written now, it reads through the tenant's, and the next look gives it one.
    async fn keep_for(&self, key: &OpenCaseKey, case: CaseId, party: CaseParty) {
        let row = match self.wrap_for(&key.key, case, party) {
            Ok(row) => row,
            Err(error) => {
                tracing::warn!(%case, rule = %error.rule, "a key of the case could not be wrapped for who reads it");
                return;
            }
        };
        let unit = Unit {
            writes: vec![Write::PartyKey(row)],
            ..Unit::default()
        };
        if let Err(error) = self.store().commit(unit).await {
            tracing::warn!(%case, %error, "a key of the case is not kept yet for who reads it");
        }
    }

    /// When that part of a case ended by the rules, if it did.
    pub(crate) async fn ended_at(
        &self,
        case: CaseId,
        part: CasePart,
    ) -> Result<Option<Timestamp>, AppError> {
        let ends = self.store().case_ends(case).await?;
        let of_part = ends.iter().find(|end| end.part == part.name());
        Ok(of_part.map(|end| end.ended_at))
    }

    /// The keyed hash under which the tenant finds the same photo again.
    pub(crate) fn photo_index(
        &self,
        tenant: TenantId,
        hash: &[u8; 32],
    ) -> Result<[u8; 32], AppError> {
        Ok(self.vault().photo_index(&tenant.to_string(), hash)?)
    }

    /// Seals a fingerprint of a photo of a case.
    pub(crate) fn seal_fingerprint(
        &self,
        tenant: TenantId,
        evidence: EvidenceId,
        bytes: &[u8],
    ) -> Result<Vec<u8>, AppError> {
        let key = self
            .vault()
            .tenant_key(&tenant.to_string(), TenantPurpose::Fingerprints)?;
        let row = evidence.to_string();
        let field = Field::new("fingerprints", &row, "sealed");
        Ok(key.seal(&field, &Plain::new(bytes.to_vec()))?.into_bytes())
    }

    /// Opens a fingerprint.
    pub(crate) fn open_fingerprint(
        &self,
        tenant: TenantId,
        evidence: EvidenceId,
        sealed: &[u8],
    ) -> Result<Fingerprint, AppError> {
        let plain = self.open_fingerprint_bytes(tenant, evidence, sealed)?;
        Fingerprint::from_bytes(plain.expose())
            .map_err(|error| AppError::internal(format!("fingerprint of {evidence}: {error}")))
    }

    fn open_fingerprint_bytes(
        &self,
        tenant: TenantId,
        evidence: EvidenceId,
        sealed: &[u8],
    ) -> Result<Plain<Vec<u8>>, AppError> {
        let key = self
            .vault()
            .tenant_key(&tenant.to_string(), TenantPurpose::Fingerprints)?;
        let row = evidence.to_string();
        let field = Field::new("fingerprints", &row, "sealed");
        Ok(key.open(&field, &Sealed::<Vec<u8>>::from_bytes(sealed.to_vec())?)?)
    }

    /// Whether a sealed fingerprint is stored as this program stores one: an earlier version has no keypoints.
    pub(crate) fn is_current_fingerprint(
        &self,
        tenant: TenantId,
        evidence: EvidenceId,
        sealed: &[u8],
    ) -> Result<bool, AppError> {
        let print = self.open_fingerprint_bytes(tenant, evidence, sealed)?;
        Ok(Fingerprint::from_bytes(print.expose())
            .is_ok_and(|read| read.to_bytes() == *print.expose()))
    }

    /// Seals a listing photo under the tenant's key: it is public, but the store keeps nothing bare.
    pub(crate) fn seal_listing(&self, tenant: TenantId, bytes: &[u8]) -> Result<Vec<u8>, AppError> {
        let key = self
            .vault()
            .tenant_key(&tenant.to_string(), TenantPurpose::Blobs)?;
        Ok(seal_blob(&key.blob_key(), bytes)?)
    }

    /// Opens a listing photo.
    pub(crate) fn open_listing(
        &self,
        tenant: TenantId,
        photo: ListingPhotoId,
        sealed: &[u8],
    ) -> Result<Vec<u8>, AppError> {
        let key = self
            .vault()
            .tenant_key(&tenant.to_string(), TenantPurpose::Blobs)?;
        open_blob(&key.blob_key(), sealed)
            .map(|plain| plain.expose().clone())
            .map_err(|error| AppError::internal(format!("listing photo {photo}: {error}")))
    }
}
