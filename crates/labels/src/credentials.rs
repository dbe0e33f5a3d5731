//! C2PA manifests ("Content Credentials", specification 2.2): who says in a signed way how a file came about.
//!
//! Four questions are answered apart: whether the content is what was signed, whether the manifest is, whether the
//! signer is somebody on a list of trusted authorities, and whether the certificate was valid at the time. None of the
//! answers says that a file is forged: a messenger that saves a photo again breaks the binding, and most generators'
//! services are on no list. Nothing is fetched from anywhere. A file without a manifest is neutral.

mod answers;
mod binding;
mod cbor;
mod content;
mod der;
pub(crate) mod jumbf;
mod named;
pub(crate) mod second;
mod signals;
mod signature;
mod timestamp;
mod trust;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::io;

use aftercare_media::walk::boxes;
use serde::{Deserialize, Deserializer, Serialize};

pub use answers::{Binding, Integrity, Trust, Unasked, Validity};
pub use second::{Compared, Second};
pub use signals::Signal;
pub use trust::{KEY_BYTES, TrustError, TrustList, read_key};

use binding::Target;
use cbor::Cbor;
use content::Content;
use der::{Certificate, Hash, name_of};
use jumbf::Super;
use signature::{ALGORITHMS, SIGNER_PURPOSES, Signed, Way, way};

use crate::container::Container;
use crate::limits::{
    MAX_ASSERTIONS, MAX_CBOR_BYTES, MAX_CBOR_VALUES, MAX_CREDENTIAL_TEXT_BYTES, MAX_FILE_BYTES,
    MAX_HASHED_BYTES, MAX_MANIFESTS, MAX_STEPS,
};
use crate::sheet::Layout;
use crate::word::{Word, one_of};

/// Who signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signer {
    /// Name and organization in the certificate.
    pub subject: String,
    pub issuer: String,
    #[serde(deserialize_with = "read_algorithm")]
    pub algorithm: Word,
    /// Seconds since 1970.
    pub not_before: i64,
    pub not_after: i64,
    /// The time of a timestamp that fits, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stamped: Option<i64>,
}

fn read_algorithm<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Word, D::Error> {
    one_of(deserializer, ALGORITHMS)
}

/// One action that a manifest tells, such as `c2pa.created`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Action {
    pub action: String,
    /// The last part of the IPTC or C2PA address, such as `digitalCapture`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_type: Option<String>,
    /// The program, as the manifest calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub program: Option<String>,
    /// When, as the manifest writes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
}

/// A file that the content was made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ingredient {
    /// `parentOf`, `componentOf` or `inputTo`.
    pub relationship: String,
    pub title: String,
    /// Its own manifest, if it had one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manifest: Option<String>,
    /// Whether that manifest is in the file as it was when it was taken in; `None` without one, or when the store is too
    /// long to tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_intact: Option<bool>,
}

/// What one manifest says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    pub manifest: String,
    /// The program that made the manifest, as it calls itself.
    pub generator: String,
    pub actions: Vec<Action>,
    pub ingredients: Vec<Ingredient>,
    /// What that amounts to, in the words of the conformance program.
    pub signals: Vec<Signal>,
}

/// A manifest store, read and checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credentials {
    /// Where the manifest begins in the file.
    pub offset: usize,
    pub binding: Binding,
    pub integrity: Integrity,
    pub trust: Trust,
    pub validity: Validity,
    /// What a second reader found, where one was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub second: Option<Second>,
    /// What was not asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unasked: Vec<Unasked>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signer: Option<Signer>,
    /// What the manifest of this file says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current: Option<Step>,
    /// What the manifests of earlier files say that this one was made of: as this manifest's signer took them in. Their
    /// own signatures are not checked.
    pub earlier: Vec<Step>,
}

impl Credentials {
    /// Whether a trusted signer says of this very content that a camera took it, and of no edit, no other file and no
    /// generator. That speaks for whoever sent it; its absence speaks against nobody.
    #[must_use]
    pub fn is_trusted_capture(&self) -> bool {
        let is_now = matches!(
            self.validity,
            Validity::ValidWhenStamped | Validity::ValidToday
        );
        let has_captured = |step: &Step| {
            step.signals.contains(&Signal::Captured)
                && step.signals.iter().all(|signal| signal.fits_a_capture())
                && !step.actions.iter().any(signals::is_editorial)
                // Whatever went into it, its own signature was not checked.
                && step.ingredients.is_empty()
                // Of more actions none is told.
                && step.actions.len() < MAX_STEPS
        };
        self.binding == Binding::Intact
            && self.integrity == Integrity::Intact
            && self.trust == Trust::Trusted
            && is_now
            && self.current.as_ref().is_some_and(has_captured)
    }

    /// The answers in words: what is answered, in English and in Chinese. After the four comes what a second reader found,
    /// what was not asked, and `capture`, when the manifest speaks for the sender; signals come last, those of earlier files as `earlier`.
    #[must_use]
    pub fn sentences(&self) -> Vec<(&'static str, &'static str, &'static str)> {
        let mut sentences = vec![
            ("binding", self.binding.en(), self.binding.zh()),
            ("integrity", self.integrity.en(), self.integrity.zh()),
            ("trust", self.trust.en(), self.trust.zh()),
            ("validity", self.validity.en(), self.validity.zh()),
        ];
        let second = self.second.into_iter().flat_map(Second::sentences);
        sentences.extend(second.map(|(en, zh)| ("second", en, zh)));
        let unasked = self.unasked.iter();
        sentences.extend(unasked.map(|one| ("unasked", one.en(), one.zh())));
        if self.is_trusted_capture() {
            sentences.push(("capture", CAPTURE.0, CAPTURE.1));
        }
        let steps = self.current.iter().map(|step| ("signal", step));
        let steps = steps.chain(self.earlier.iter().map(|step| ("earlier", step)));
        for (name, step) in steps {
            let told = step.signals.iter().map(|one| (name, one.en(), one.zh()));
            sentences.extend(told);
        }
        sentences
    }

    /// Nothing could be checked of the manifest that begins there.
    pub(crate) const fn unread(offset: usize) -> Self {
        Self {
            offset,
            binding: Binding::NotCheckable,
            integrity: Integrity::NotCheckable,
            trust: Trust::NotCheckable,
            validity: Validity::NotCheckable,
            second: None,
            unasked: Vec::new(),
            signer: None,
            current: None,
            earlier: Vec::new(),
        }
    }
}

/// Reads and checks the manifest of a file; `None` when there is none in a place where it is looked for (JPEG, PNG, WebP,
/// HEIC, AVIF, JPEG XL, MP4, MOV, WAV and AVI). `today` is in seconds since 1970.
#[must_use]
pub fn verify(bytes: &[u8], list: &TrustList, today: Option<i64>) -> Option<Credentials> {
    if bytes.len() > MAX_FILE_BYTES {
        return None;
    }
    verify_content(&Content::Whole(bytes), Container::of(bytes), 0, list, today)
}

/// The same of a file that is read as it is needed, after what tells its parts was laid out.
///
/// # Errors
/// As the source.
pub(crate) fn verify_layout(
    layout: &mut Layout<'_>,
    container: Container,
    list: &TrustList,
    today: Option<i64>,
) -> io::Result<Option<Credentials>> {
    let held_bytes = layout.held_bytes();
    let content = Content::of(layout);
    let credentials = verify_content(&content, container, held_bytes, list, today);
    content.failure().map_or(Ok(credentials), Err)
}

/// `held_bytes` is the memory that is taken besides the manifest.
fn verify_content(
    content: &Content<'_>,
    container: Container,
    held_bytes: usize,
    list: &TrustList,
    today: Option<i64>,
) -> Option<Credentials> {
    let place = content.place_of_store(container)?;
    let offset = place.carriers.first().map_or(0, |range| range.start);
    let target = Target {
        content,
        container,
        carriers: &place.carriers,
    };
    let store = content.store(&place, held_bytes);
    let credentials = store.and_then(|store| read(&store, &target, list, today));
    Some(credentials.map_or_else(
        || Credentials::unread(offset),
        |read| Credentials { offset, ..read },
    ))
}

/// `None` for a store whose last manifest cannot be read.
fn read(
    store: &[u8],
    target: &Target<'_, '_>,
    list: &TrustList,
    today: Option<i64>,
) -> Option<Credentials> {
    let parts = boxes::children(store, 0..store.len()).parts;
    let first = parts.into_iter().find(|part| part.kind == *b"jumb")?;
    let root = Super::read(store.get(first.data)?)?;
    let manifests: Vec<Super<'_>> = root.children().take(MAX_MANIFESTS + 1).collect();
    if manifests.len() > MAX_MANIFESTS {
        return None;
    }
    let (active, earlier) = manifests.split_last()?;
    let budget = Budget::new();
    let manifest = Manifest::read(active, &budget)?;
    let by_label: BTreeMap<&str, &Super<'_>> = manifests
        .iter()
        .map(|manifest| (manifest.label, manifest))
        .collect();
    let mut credentials = Credentials::unread(0);
    credentials.binding = manifest.binding(target);
    credentials.current = Some(manifest.step(&by_label, &budget));
    credentials.earlier = earlier
        .iter()
        .filter_map(|one| Some(Manifest::read(one, &budget)?.step(&by_label, &budget)))
        .collect();
    let signature = active.child("c2pa.signature");
    let signed = signature.as_ref().and_then(|one| one.part(b"cbor"));
    let signed = signed.and_then(|bytes| Signed::read(bytes, |part| budget.read(part)));
    if let Some(signed) = signed {
        manifest.signer(&signed, list, today, &mut credentials);
    }
    if credentials.signer.is_some() {
        credentials.unasked.push(Unasked::Revocation);
    }
    if manifest.has_identity {
        credentials.unasked.push(Unasked::Identity);
    }
    Some(credentials)
}

/// What may still be done for one store, so that references that repeat cost no more than their bytes.
struct Budget {
    hashed: Cell<usize>,
    read: Cell<usize>,
    values: Cell<usize>,
}

impl Budget {
    const fn new() -> Self {
        Self {
            hashed: Cell::new(MAX_HASHED_BYTES),
            read: Cell::new(MAX_CBOR_BYTES),
            values: Cell::new(MAX_CBOR_VALUES),
        }
    }

    /// Whether `content` is what `reference` hashes; `None` when too much was hashed before.
    fn fits(&self, reference: &Cbor<'_>, algorithm: Option<&str>, content: &[u8]) -> Option<bool> {
        self.hashed
            .set(self.hashed.get().checked_sub(content.len())?);
        let named = reference.get("alg").and_then(Cbor::text).or(algorithm);
        let hash = Hash::named(named.unwrap_or(DEFAULT_HASH));
        let expected = reference.get("hash").and_then(Cbor::octets);
        Some(
            hash.is_some_and(|hash| {
                expected.is_some_and(|expected| expected == hash.digest(content))
            }),
        )
    }

    /// Reads CBOR; `None` when it is broken, or too much was read before.
    fn read<'a>(&self, content: &'a [u8]) -> Option<Cbor<'a>> {
        self.read.set(self.read.get().checked_sub(content.len())?);
        Cbor::read(content, &self.values)
    }
}

/// An assertion that the claim refers to and that fits its hash.
struct Assertion<'a> {
    label: &'a str,
    content: Cbor<'a>,
}

/// One manifest with its claim.
struct Manifest<'a> {
    label: &'a str,
    claim_bytes: &'a [u8],
    claim: Cbor<'a>,
    assertions: Vec<Assertion<'a>>,
    /// Whether every assertion of the claim is there and fits.
    is_whole: bool,
    /// Whether actions stand among what others gave (`gathered_assertions`).
    has_gathered_actions: bool,
    /// Whether it says who made the content.
    has_identity: bool,
}

impl<'a> Manifest<'a> {
    fn read(manifest: &Super<'a>, budget: &Budget) -> Option<Self> {
        let claim_box = manifest
            .child("c2pa.claim.v2")
            .or_else(|| manifest.child("c2pa.claim"))?;
        let claim_bytes = claim_box.part(b"cbor")?;
        let claim = budget.read(claim_bytes)?;
        let mut read = Self {
            label: manifest.label,
            claim_bytes,
            claim: claim.clone(),
            assertions: Vec::new(),
            is_whole: true,
            has_gathered_actions: false,
            has_identity: false,
        };
        let store = manifest.child("c2pa.assertions")?;
        let found: Vec<Super<'a>> = store.children().take(MAX_ASSERTIONS + 1).collect();
        let algorithm = claim.get("alg").and_then(Cbor::text);
        let redacted = claim.get("redacted_assertions").map(Cbor::list);
        let redacted = redacted.unwrap_or_default();
        let is_redacted = |address: &str| redacted.iter().any(|one| one.text() == Some(address));
        for name in ["assertions", "created_assertions", "gathered_assertions"] {
            let listed = claim.get(name).map(Cbor::list).unwrap_or_default();
            for reference in listed.iter().take(MAX_ASSERTIONS) {
                let address = reference.get("url").and_then(Cbor::text)?;
                let label = read.local(address);
                let one = found.iter().find(|one| Some(one.label) == label);
                match one {
                    Some(one) if budget.fits(reference, algorithm, one.content)? => {
                        read.add(one, name, budget)?;
                    }
                    _ => read.is_whole &= is_redacted(address),
                }
            }
        }
        Some(read)
    }

    /// The label of an assertion of this manifest that is named by an address.
    fn local<'b>(&self, address: &'b str) -> Option<&'b str> {
        let path = address.strip_prefix("self#jumbf=")?;
        let path = match path.strip_prefix("/c2pa/") {
            Some(rest) => rest.strip_prefix(self.label)?.strip_prefix('/')?,
            None => path,
        };
        path.strip_prefix("c2pa.assertions/")
    }

    /// Keeps an assertion that is told; `None` when it is broken or there is no room for it.
    fn add(&mut self, one: &Super<'a>, list: &str, budget: &Budget) -> Option<()> {
        self.has_identity |= one.label.starts_with(IDENTITY);
        // Assertions in JSON, pictures and others say nothing that is told here.
        let is_told = TOLD.iter().any(|kind| one.label.starts_with(kind));
        if let Some(content) = one.part(b"cbor").filter(|_| is_told) {
            self.has_gathered_actions |=
                list == "gathered_assertions" && one.label.starts_with(ACTIONS);
            self.assertions.push(Assertion {
                label: one.label,
                content: budget.read(content)?,
            });
        }
        Some(())
    }

    /// Assertions of a kind; a number may follow the label.
    fn of_kind(&self, kind: &str) -> impl Iterator<Item = &Assertion<'a>> {
        self.assertions
            .iter()
            .filter(move |one| one.label.starts_with(kind))
    }

    fn has_parent(&self) -> bool {
        self.of_kind(INGREDIENT)
            .any(|one| one.content.get("relationship").and_then(Cbor::text) == Some("parentOf"))
    }

    fn binding(&self, target: &Target<'_, '_>) -> Binding {
        let algorithm = self.claim.get("alg").and_then(Cbor::text);
        let algorithm = algorithm.unwrap_or(DEFAULT_HASH);
        let mut found = self.of_kind(BINDING);
        match (found.next(), found.next()) {
            (Some(one), None) => {
                // A second assertion of a kind has a number behind two strokes.
                let label = one.label.split("__").next().unwrap_or_default();
                target.check(label, &one.content, algorithm)
            }
            // Two answers that may differ are none.
            (Some(_), Some(_)) => Binding::NotCheckable,
            // An update of a manifest leaves the binding to the one before it.
            (None, _) if !self.is_whole || self.has_parent() => Binding::NotCheckable,
            (None, _) => Binding::Missing,
        }
    }

    /// Answers who signed, and whether the signature fits.
    fn signer(
        &self,
        signed: &Signed<'_>,
        list: &TrustList,
        today: Option<i64>,
        credentials: &mut Credentials,
    ) {
        let chain: Vec<Certificate<'_>> = signed
            .chain
            .iter()
            .map_while(|one| Certificate::read(one))
            .collect();
        let Some(leaf) = chain.first() else {
            return;
        };
        credentials.integrity = match signed.is_over(self.claim_bytes, leaf) {
            None => Integrity::NotCheckable,
            Some(false) => Integrity::Mismatch,
            Some(true) if self.is_whole => Integrity::Intact,
            Some(true) => Integrity::StatementsChanged,
        };
        let stamp = timestamp::read(signed, self.claim_bytes, &list.times());
        credentials.validity = match (stamp, today) {
            (Some(stamp), _) if !leaf.is_valid_at(stamp.seconds) => Validity::InvalidWhenStamped,
            (Some(stamp), _) if stamp.is_trusted => Validity::ValidWhenStamped,
            (Some(_), _) => Validity::ValidWhenStampedByUnlisted,
            (None, None) => Validity::NotCheckable,
            (None, Some(today)) if today < leaf.not_before => Validity::NotYet,
            (None, Some(today)) if today > leaf.not_after => Validity::Expired,
            (None, Some(_)) => Validity::ValidToday,
        };
        let is_fit = !leaf.is_authority
            && leaf.purposes.as_ref().is_some_and(|purposes| {
                let mut fitting = SIGNER_PURPOSES.iter();
                fitting.any(|fitting| purposes.contains(fitting))
            });
        // A chain is looked at on the day it was used, else today, else when it began: validity has its own answer.
        let at = stamp.map(|stamp| stamp.seconds).or(today);
        let at = at.filter(|&at| leaf.is_valid_at(at));
        let at = at.unwrap_or(leaf.not_before);
        credentials.trust = match way(&chain, &list.signers(), at) {
            Way::Broken => Trust::Broken,
            _ if !is_fit => Trust::Unfit,
            _ if list.is_empty() => Trust::NoList,
            Way::Trusted => Trust::Trusted,
            Way::Unknown => Trust::NotListed,
        };
        credentials.signer = Some(Signer {
            subject: short(&name_of(leaf.subject)),
            issuer: short(&name_of(leaf.issuer)),
            algorithm: signed.algorithm(),
            not_before: leaf.not_before,
            not_after: leaf.not_after,
            stamped: stamp.map(|stamp| stamp.seconds),
        });
    }

    fn step(&self, manifests: &BTreeMap<&str, &Super<'_>>, budget: &Budget) -> Step {
        let mut actions = Vec::new();
        let mut are_all_told = false;
        for one in self.of_kind(ACTIONS) {
            are_all_told |= one.content.get("allActionsIncluded") == Some(&Cbor::Bool(true));
            let listed = one
                .content
                .get("actions")
                .map(Cbor::list)
                .unwrap_or_default();
            let room = MAX_STEPS.saturating_sub(actions.len());
            actions.extend(listed.iter().take(room).map(read_action));
        }
        let ingredients: Vec<Ingredient> = self
            .of_kind(INGREDIENT)
            .take(MAX_STEPS)
            .map(|one| read_ingredient(&one.content, manifests, budget))
            .collect();
        let are_clear = are_all_told && !self.has_gathered_actions;
        Step {
            manifest: short(self.label),
            generator: self.generator(),
            signals: signals::of(&actions, &ingredients, are_clear),
            actions,
            ingredients,
        }
    }

    fn generator(&self) -> String {
        let information = self.claim.get("claim_generator_info");
        let information = information.and_then(|info| info.list().first().or(Some(info)));
        let part = |name: &str| information.and_then(|info| info.get(name)?.text());
        match (
            part("name"),
            part("version"),
            self.claim.get("claim_generator"),
        ) {
            (Some(name), Some(version), _) => short(&format!("{name} {version}")),
            (Some(name), None, _) => short(name),
            (None, _, Some(generator)) => short(generator.text().unwrap_or_default()),
            (None, _, None) => String::new(),
        }
    }
}

/// What [`Credentials::is_trusted_capture`] means, in English and in Chinese.
const CAPTURE: (&str, &str) = (
    "a trusted signer says that a camera took this content, and tells of no edit; it was not changed after it was signed: that speaks for whoever sent it",
    "可信签署者声明该内容由相机拍摄，未提及任何编辑，签名后未被改动：这对提交者有利",
);

/// Kinds of assertions that are told or followed.
const ACTIONS: &str = "c2pa.actions";
const INGREDIENT: &str = "c2pa.ingredient";
const BINDING: &str = "c2pa.hash.";
/// A statement about a person or an organization (CAWG, Identity Assertion 1.1).
const IDENTITY: &str = "cawg.identity";
const TOLD: [&str; 3] = [ACTIONS, INGREDIENT, BINDING];

/// The hash where a manifest names none.
const DEFAULT_HASH: &str = "sha256";

fn read_action(action: &Cbor<'_>) -> Action {
    let text = |name: &str| action.get(name).and_then(Cbor::text);
    let program = action.get("softwareAgent");
    let program = program.and_then(|agent| agent.text().or_else(|| agent.get("name")?.text()));
    Action {
        action: short(text("action").unwrap_or_default()),
        source_type: text("digitalSourceType")
            .map(|address| short(address.rsplit('/').next().unwrap_or(address))),
        program: program.map(short),
        when: text("when").map(short),
    }
}

fn read_ingredient(
    ingredient: &Cbor<'_>,
    manifests: &BTreeMap<&str, &Super<'_>>,
    budget: &Budget,
) -> Ingredient {
    let text = |name: &str| {
        short(
            ingredient
                .get(name)
                .and_then(Cbor::text)
                .unwrap_or_default(),
        )
    };
    let reference = ingredient
        .get("activeManifest")
        .or_else(|| ingredient.get("c2pa_manifest"));
    let label = reference
        .and_then(|one| one.get("url")?.text())
        .and_then(|address| address.strip_prefix("self#jumbf=/c2pa/"));
    Ingredient {
        relationship: text("relationship"),
        title: text("dc:title"),
        is_intact: reference.and_then(|reference| {
            let found = label.and_then(|label| manifests.get(label));
            found.map_or(Some(false), |found| {
                budget.fits(reference, None, found.content)
            })
        }),
        manifest: label.map(short),
    }
}

/// At most [`MAX_CREDENTIAL_TEXT_BYTES`] of a text, whole characters only.
fn short(text: &str) -> String {
    let end = text.floor_char_boundary(MAX_CREDENTIAL_TEXT_BYTES);
    text.get(..end).unwrap_or_default().to_owned()
}
