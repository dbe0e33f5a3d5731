//! The vault: the opened keyring in use, shared by the whole program.

use crate::crypto;
use crate::keyring::TenantKeys;
use crate::keys::Wrap;
use crate::row_key;
use crate::sealed::{DataKey, check_name};
use crate::{
    CaseKey, Content, DeliveryPurpose, DisplayKey, E164, Field, IntakeKey, Keyring, Last4, Opening,
    PeopleKeeper, PersonKey, Plain, RevealReceipt, Revealed, RowKey, Sealed, TenantKey,
    TenantPurpose, UseReceipt, VaultError, WrappedKey,
};
use aws_lc_rs::hmac;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

const PERSON: &str = "person";
const CASE: &str = "case";
const DISPLAY: &str = "tenant-display";
/// The party of a person's one wrapped key.
const NO_PARTY: &str = "";
/// Data keys are made with this version.
pub(crate) const FIRST_KEY_VERSION: u32 = 1;

/// A keyed index of a phone number or of its last four digits: 16 bytes of HMAC-SHA256 under the
/// tenant's index key. Without that key it cannot be tested against guesses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PhoneIndex(pub [u8; 16]);

impl PhoneIndex {
    /// The bytes for the database.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

struct Inner {
    keyring: RwLock<Keyring>,
    reveals: AtomicU64,
    deliveries: [AtomicU64; DeliveryPurpose::ALL.len()],
    observer: OnceLock<Observer>,
    keeper: OnceLock<Arc<dyn PeopleKeeper>>,
}

type Observer = Box<dyn Fn(&Opening) + Send + Sync>;

/// The opened keyring in use. Clones share it; every method may be called from any thread, and
/// only those that change keys ([`Vault::add_tenant`], [`Vault::rotate_tenant_kek`], [`Vault::rotate_keks`],
/// [`Vault::retire_keks`], [`Vault::put_secret`], [`Vault::keep_row_key`]) write a file.
#[derive(Clone)]
pub struct Vault(Arc<Inner>);

impl Vault {
    /// Puts a keyring into use.
    #[must_use]
    pub fn new(keyring: Keyring) -> Self {
        Self(Arc::new(Inner {
            keyring: RwLock::new(keyring),
            reveals: AtomicU64::new(0),
            deliveries: Default::default(),
            observer: OnceLock::new(),
            keeper: OnceLock::new(),
        }))
    }

    /// A vault without a file, under throw-away keys; for tests and checks.
    ///
    /// # Errors
    /// [`VaultError::Crypto`] when the operating system gives no random bytes.
    pub fn in_memory() -> Result<Self, VaultError> {
        Keyring::in_memory().map(Self::new)
    }

    // A panic elsewhere cannot leave the keyring half-changed: its file and its maps are
    // exchanged only after everything that can fail.
    pub(crate) fn read(&self) -> RwLockReadGuard<'_, Keyring> {
        self.0
            .keyring
            .read()
            .unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn write(&self) -> RwLockWriteGuard<'_, Keyring> {
        self.0
            .keyring
            .write()
            .unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn keeper_slot(&self) -> &OnceLock<Arc<dyn PeopleKeeper>> {
        &self.0.keeper
    }

    /// Makes the keys of a new tenant; see [`Keyring::add_tenant`].
    ///
    /// # Errors
    /// As [`Keyring::add_tenant`].
    pub fn add_tenant(&self, tenant: &str) -> Result<(), VaultError> {
        self.write().add_tenant(tenant)
    }

    /// Whether the tenant has keys.
    #[must_use]
    pub fn has_tenant(&self, tenant: &str) -> bool {
        self.read().tenant(tenant).is_ok()
    }

    /// Makes a new key encryption key; see [`Keyring::rotate_tenant_kek`].
    ///
    /// # Errors
    /// As [`Keyring::rotate_tenant_kek`].
    pub fn rotate_tenant_kek(&self, tenant: &str) -> Result<u32, VaultError> {
        self.write().rotate_tenant_kek(tenant)
    }

    /// Makes a new key encryption key for each tenant; see [`Keyring::rotate_keks`].
    ///
    /// # Errors
    /// As [`Keyring::rotate_keks`].
    pub fn rotate_keks(&self) -> Result<Vec<(String, u32)>, VaultError> {
        self.write().rotate_keks()
    }

    /// Destroys key encryption keys that wrap nothing any more; see [`Keyring::retire_keks`].
    ///
    /// # Errors
    /// As [`Keyring::retire_keks`].
    pub fn retire_keks(&self, tenant: &str, version: u32) -> Result<usize, VaultError> {
        self.write().retire_keks(tenant, version)
    }

    /// Takes up what other processes wrote to the keyring; see [`Keyring::refresh`].
    ///
    /// # Errors
    /// As [`Keyring::refresh`].
    pub fn refresh(&self) -> Result<bool, VaultError> {
        self.write().refresh()
    }

    /// The names of the tenants that have keys, in order.
    #[must_use]
    pub fn tenants(&self) -> Vec<String> {
        self.read().tenants().map(str::to_owned).collect()
    }

    /// The versions of the tenant's key encryption keys, the newest last.
    ///
    /// # Errors
    /// [`VaultError::UnknownTenant`].
    pub fn kek_versions(&self, tenant: &str) -> Result<Vec<u32>, VaultError> {
        self.read().kek_versions(tenant)
    }

    /// The newest version of the tenant's key encryption key.
    ///
    /// # Errors
    /// [`VaultError::UnknownTenant`].
    pub fn kek_version(&self, tenant: &str) -> Result<u32, VaultError> {
        self.read().kek_version(tenant)
    }

    /// Keeps a secret under a name; see [`Keyring::put_secret`].
    ///
    /// # Errors
    /// As [`Keyring::put_secret`].
    pub fn put_secret(&self, name: &str, secret: &[u8]) -> Result<(), VaultError> {
        self.write().put_secret(name, secret)
    }

    /// The secret of this name, if there is one.
    #[must_use]
    pub fn secret(&self, name: &str) -> Option<Plain<Vec<u8>>> {
        self.read().secret(name)
    }

    /// The key of the rows, if the keyring keeps one.
    ///
    /// # Errors
    /// [`VaultError::BadInput`] when what it keeps is none.
    pub fn row_key(&self) -> Result<Option<RowKey>, VaultError> {
        self.secret(row_key::SECRET_NAME)
            .map(|secret| RowKey::from_secret(&secret))
            .transpose()
    }

    /// Keeps the key of the rows in the keyring.
    ///
    /// # Errors
    /// As [`Keyring::put_secret`].
    pub fn keep_row_key(&self, key: &RowKey) -> Result<(), VaultError> {
        self.put_secret(row_key::SECRET_NAME, key.secret())
    }

    // ── data keys ──

    fn wrap(&self, wrap: &Wrap<'_>, data: &DataKey) -> Result<WrappedKey, VaultError> {
        let keyring = self.read();
        let (version, kek) = keyring.newest_kek(wrap.tenant)?;
        wrap.wrap(*version, kek, data)
    }

    fn unwrap(&self, wrap: &Wrap<'_>, wrapped: &WrappedKey) -> Result<DataKey, VaultError> {
        let version = wrapped.kek_version();
        let opened = |keyring: &Keyring| {
            let kek = keyring.kek(wrap.tenant, version)?;
            Some(wrap.unwrap(kek, wrapped))
        };
        let known = opened(&self.read());
        if let Some(done) = known {
            return done;
        }
        // Another process may have made it since.
        self.refresh()?;
        let keyring = self.read();
        keyring.tenant(wrap.tenant)?;
        opened(&keyring).unwrap_or(Err(VaultError::UnknownKeyVersion {
            what: "a wrapped key",
            version,
        }))
    }

    fn rewrap(
        &self,
        wrap: &Wrap<'_>,
        wrapped: &WrappedKey,
    ) -> Result<Option<WrappedKey>, VaultError> {
        let data = self.unwrap(wrap, wrapped)?;
        if wrapped.kek_version() == self.kek_version(wrap.tenant)? && !wrapped.is_of_intake() {
            return Ok(None);
        }
        self.wrap(wrap, &data).map(Some)
    }

    fn new_key(&self, wrap: &Wrap<'_>) -> Result<(DataKey, WrappedKey), VaultError> {
        let data = DataKey {
            tenant: wrap.tenant.to_owned(),
            purpose: wrap.purpose,
            owner: wrap.owner.to_owned(),
            version: FIRST_KEY_VERSION,
            key: crypto::random()?,
        };
        let wrapped = self.wrap(wrap, &data)?;
        Ok((data, wrapped))
    }

    /// The public half of the tenant's newest key encryption key, also of one that another process keeps: it makes keys of people
    /// and opens none.
    ///
    /// # Errors
    /// [`VaultError::UnknownTenant`].
    pub fn intake_key(&self, tenant: &str) -> Result<IntakeKey, VaultError> {
        let keyring = self.read();
        if let Some(people) = keyring.people_keys()? {
            let newest = people.get(tenant).and_then(|keys| keys.last_key_value());
            let (version, public) =
                newest.ok_or_else(|| VaultError::UnknownTenant(tenant.to_owned()))?;
            return IntakeKey::published(tenant, *version, *public);
        }
        let (version, kek) = keyring.newest_kek(tenant)?;
        IntakeKey::of(tenant, *version, kek)
    }

    /// Makes the key of a person. The wrapped form is to be stored once and only once: deleting
    /// it is the shredding of the person.
    ///
    /// # Errors
    /// [`VaultError::UnknownTenant`], [`VaultError::BadInput`] for an unusable name, [`VaultError::NoKeeper`] where another
    /// process keeps the keys of people: an [`IntakeKey`] makes one there.
    pub fn new_person_key(
        &self,
        tenant: &str,
        person: &str,
    ) -> Result<(PersonKey, WrappedKey), VaultError> {
        check_name("a person", person)?;
        self.people_are_here()?;
        let (data, wrapped) = self.new_key(&person_wrap(tenant, person))?;
        Ok((PersonKey(data), wrapped))
    }

    /// Opens the stored key of a person.
    ///
    /// # Errors
    /// [`VaultError::CannotOpen`] when the bytes were altered or are another person's,
    /// [`VaultError::UnknownKeyVersion`], [`VaultError::UnknownTenant`], [`VaultError::NoKeeper`] where another process keeps
    /// the keys of people.
    pub fn unwrap_person_key(
        &self,
        tenant: &str,
        person: &str,
        wrapped: &WrappedKey,
    ) -> Result<PersonKey, VaultError> {
        self.people_are_here()?;
        self.unwrap(&person_wrap(tenant, person), wrapped)
            .map(PersonKey)
    }

    /// Wraps a person's key under the newest key encryption key, also one that an [`IntakeKey`] wrapped; `None` when it
    /// already is.
    ///
    /// # Errors
    /// As [`Vault::unwrap_person_key`].
    pub fn rewrap_person_key(
        &self,
        tenant: &str,
        person: &str,
        wrapped: &WrappedKey,
    ) -> Result<Option<WrappedKey>, VaultError> {
        self.people_are_here()?;
        self.rewrap(&person_wrap(tenant, person), wrapped)
    }

    /// Wraps a person's key, which the keyring of a keeper opens, under the newest key encryption key of this one: for the way
    /// back from another process.
    ///
    /// # Errors
    /// As [`Vault::unwrap_person_key`] of the keeper, [`VaultError::UnknownTenant`].
    pub fn wrap_from_keeper(
        &self,
        keeper: &Self,
        tenant: &str,
        person: &str,
        wrapped: &WrappedKey,
    ) -> Result<WrappedKey, VaultError> {
        let key = keeper.unwrap_person_key(tenant, person, wrapped)?;
        self.wrap(&person_wrap(tenant, person), &key.0)
    }

    /// Makes the key of a case, wrapped for one party (say `tenant`); further parties by
    /// [`Vault::wrap_case_key`].
    ///
    /// # Errors
    /// [`VaultError::UnknownTenant`], [`VaultError::BadInput`] for an unusable name.
    pub fn new_case_key(
        &self,
        tenant: &str,
        case: &str,
        party: &str,
    ) -> Result<(CaseKey, WrappedKey), VaultError> {
        check_name("a case", case)?;
        check_name("a party", party)?;
        let (data, wrapped) = self.new_key(&case_wrap(tenant, case, party))?;
        Ok((CaseKey(data), wrapped))
    }

    /// Wraps a case's key for a further party.
    ///
    /// # Errors
    /// As [`Vault::new_case_key`].
    pub fn wrap_case_key(&self, key: &CaseKey, party: &str) -> Result<WrappedKey, VaultError> {
        check_name("a party", party)?;
        self.wrap(&case_wrap(key.tenant(), key.case(), party), &key.0)
    }

    /// Opens a party's stored key of a case.
    ///
    /// # Errors
    /// [`VaultError::CannotOpen`] when the bytes were altered or are another case's or party's,
    /// [`VaultError::UnknownKeyVersion`], [`VaultError::UnknownTenant`].
    pub fn unwrap_case_key(
        &self,
        tenant: &str,
        case: &str,
        party: &str,
        wrapped: &WrappedKey,
    ) -> Result<CaseKey, VaultError> {
        self.unwrap(&case_wrap(tenant, case, party), wrapped)
            .map(CaseKey)
    }

    /// Wraps a party's key of a case under the newest key encryption key; `None` when it
    /// already is.
    ///
    /// # Errors
    /// As [`Vault::unwrap_case_key`].
    pub fn rewrap_case_key(
        &self,
        tenant: &str,
        case: &str,
        party: &str,
        wrapped: &WrappedKey,
    ) -> Result<Option<WrappedKey>, VaultError> {
        self.rewrap(&case_wrap(tenant, case, party), wrapped)
    }

    // ── keys of the tenant ──

    fn tenant_data(&self, tenant: &str, purpose: &'static str) -> Result<DataKey, VaultError> {
        let key = crypto::derive(
            self.read().tenant(tenant)?.data.as_slice(),
            &[],
            "aftercare-vault tenant data v1",
            &[purpose.as_bytes()],
        )?;
        Ok(DataKey {
            tenant: tenant.to_owned(),
            purpose,
            owner: tenant.to_owned(),
            version: FIRST_KEY_VERSION,
            key,
        })
    }

    /// The tenant's key of masked forms.
    ///
    /// # Errors
    /// [`VaultError::UnknownTenant`].
    pub fn display_key(&self, tenant: &str) -> Result<DisplayKey, VaultError> {
        self.tenant_data(tenant, DISPLAY).map(DisplayKey)
    }

    /// The tenant's key for data that belong to no one person.
    ///
    /// # Errors
    /// [`VaultError::UnknownTenant`].
    pub fn tenant_key(
        &self,
        tenant: &str,
        purpose: TenantPurpose,
    ) -> Result<TenantKey, VaultError> {
        self.tenant_data(tenant, purpose.label()).map(TenantKey)
    }

    // ── the two doors ──

    /// Opens one field of a person for the user whose reveal was logged.
    ///
    /// # Errors
    /// [`VaultError::RevealRefused`] when the receipt is about somebody else or does not name the
    /// field, [`VaultError::CannotOpen`] when the value was altered or moved.
    pub fn reveal<T: Content>(
        &self,
        receipt: &RevealReceipt,
        key: &PersonKey,
        field: &Field<'_>,
        sealed: &Sealed<T>,
    ) -> Result<Revealed<T>, VaultError> {
        receipt.covers(key.tenant(), key.person(), field)?;
        let plain = key.0.open(field, sealed)?;
        self.note_reveal(key.person(), field, receipt);
        Ok(Revealed::new(plain, receipt.seq()))
    }

    /// Counts and tells that a field was revealed.
    pub(crate) fn note_reveal(&self, person: &str, field: &Field<'_>, receipt: &RevealReceipt) {
        self.0.reveals.fetch_add(1, Ordering::Relaxed);
        self.tell(person, field, None, receipt.seq(), receipt.leaf());
    }

    /// Opens one field of a person for the system's own work, which was logged before. The content
    /// must reach no user's screen: that is what [`Vault::reveal`] is for.
    ///
    /// # Errors
    /// [`VaultError::UseRefused`] when the receipt is about somebody else or does not name the
    /// field, [`VaultError::CannotOpen`] when the value was altered or moved.
    pub fn open_for_delivery<T: Content>(
        &self,
        receipt: &UseReceipt,
        key: &PersonKey,
        field: &Field<'_>,
        sealed: &Sealed<T>,
    ) -> Result<Plain<T>, VaultError> {
        receipt.covers(key.tenant(), key.person(), field)?;
        let plain = key.0.open(field, sealed)?;
        self.note_delivery(key.person(), field, receipt);
        Ok(plain)
    }

    /// Counts and tells that a field was opened for the system's own work.
    pub(crate) fn note_delivery(&self, person: &str, field: &Field<'_>, receipt: &UseReceipt) {
        let purpose = receipt.purpose();
        self.0.deliveries[purpose as usize].fetch_add(1, Ordering::Relaxed);
        self.tell(person, field, Some(purpose), receipt.seq(), receipt.leaf());
    }

    /// Has `observer` told of every field of a person that is opened from now on; the first one stays.
    pub fn observe(&self, observer: impl Fn(&Opening) + Send + Sync + 'static) {
        let _ = self.0.observer.set(Box::new(observer));
    }

    fn tell(
        &self,
        person: &str,
        field: &Field<'_>,
        purpose: Option<DeliveryPurpose>,
        seq: u64,
        leaf: &[u8; 32],
    ) {
        if let Some(observer) = self.0.observer.get() {
            observer(&Opening {
                person: person.to_owned(),
                column: field.column.to_owned(),
                purpose,
                seq,
                leaf: *leaf,
            });
        }
    }

    /// Fields revealed since the start, for metrics.
    #[must_use]
    pub fn reveals(&self) -> u64 {
        self.0.reveals.load(Ordering::Relaxed)
    }

    /// Fields opened for a purpose since the start, for metrics.
    #[must_use]
    pub fn deliveries(&self, purpose: DeliveryPurpose) -> u64 {
        self.0.deliveries[purpose as usize].load(Ordering::Relaxed)
    }

    // ── keyed indexes ──

    fn keyed(&self, tenant: &str, label: &str, parts: &[&[u8]]) -> Result<[u8; 32], VaultError> {
        let keyring = self.read();
        let TenantKeys { index, .. } = keyring.tenant(tenant)?;
        let key = crypto::derive::<32>(index.as_slice(), &[], label, &[])?;
        let tag = hmac::sign(
            &hmac::Key::new(hmac::HMAC_SHA256, key.as_slice()),
            &crypto::join(parts),
        );
        tag.as_ref()
            .try_into()
            .map_err(|_| VaultError::Crypto("HMAC-SHA256"))
    }

    fn phone_keyed(&self, tenant: &str, label: &str, text: &str) -> Result<PhoneIndex, VaultError> {
        let full = self.keyed(tenant, label, &[text.as_bytes()])?;
        let mut index = [0u8; 16];
        index.copy_from_slice(&full[..16]);
        Ok(PhoneIndex(index))
    }

    /// The index by which the tenant finds a person by phone number.
    ///
    /// # Errors
    /// [`VaultError::UnknownTenant`].
    pub fn phone_index(&self, tenant: &str, phone: &E164) -> Result<PhoneIndex, VaultError> {
        self.phone_keyed(tenant, "aftercare-vault index phone v1", phone.expose())
    }

    /// The index by which the tenant finds people by the last four digits of their number.
    ///
    /// # Errors
    /// [`VaultError::UnknownTenant`].
    pub fn last4_index(&self, tenant: &str, last4: &Last4) -> Result<PhoneIndex, VaultError> {
        self.phone_keyed(tenant, "aftercare-vault index last4 v1", last4.expose())
    }

    /// The index by which the tenant finds the same photo again; `sha256` is of the plain bytes,
    /// which itself is never stored in the clear.
    ///
    /// # Errors
    /// [`VaultError::UnknownTenant`].
    pub fn photo_index(&self, tenant: &str, sha256: &[u8; 32]) -> Result<[u8; 32], VaultError> {
        self.keyed(tenant, "aftercare-vault index photo v1", &[sha256])
    }

    /// What stands in the log for bytes that were sent to somebody: whoever has them can show that it was these, and nobody
    /// without the tenant's key can guess them from it.
    ///
    /// # Errors
    /// [`VaultError::UnknownTenant`].
    pub fn sent_hash(&self, tenant: &str, bytes: &[u8]) -> Result<[u8; 32], VaultError> {
        self.keyed(tenant, "aftercare-vault sent v1", &[bytes])
    }

    /// The stored form of a short code, such as the one that opens a tracking link: keyed,
    /// because a code of a few digits could be guessed from a plain hash. `subject` is what the
    /// code is for.
    ///
    /// # Errors
    /// [`VaultError::UnknownTenant`].
    pub fn code_hash(
        &self,
        tenant: &str,
        subject: &str,
        code: &str,
    ) -> Result<[u8; 32], VaultError> {
        self.keyed(
            tenant,
            "aftercare-vault code v1",
            &[subject.as_bytes(), code.as_bytes()],
        )
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Vault({} tenants)", self.read().tenants().count())
    }
}

pub(crate) fn person_wrap<'a>(tenant: &'a str, person: &'a str) -> Wrap<'a> {
    Wrap {
        tenant,
        purpose: PERSON,
        owner: person,
        party: NO_PARTY,
    }
}

fn case_wrap<'a>(tenant: &'a str, case: &'a str, party: &'a str) -> Wrap<'a> {
    Wrap {
        tenant,
        purpose: CASE,
        owner: case,
        party,
    }
}
