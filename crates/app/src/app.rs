//! The application: everything a use case needs, wired once.

use crate::access::Rows;
use crate::assistant::Assistant;
use crate::buyers::Tries;
use crate::catalogue::ListingReading;
use crate::clock::Clock;
use crate::cosigning::Cosigning;
use crate::elsewhere;
use crate::engine::{IdempotencyKey, Side};
use crate::error::{AppError, ErrorKind};
use crate::exchange::Exchange;
use crate::experience::Experiences;
use crate::fingerprints::Broken;
use crate::jobs::Resting;
use crate::limits::{PAGE_ROWS_MAX, PRUNE_EVERY_MS};
use crate::notify::Notifier;
use crate::opening::ReadToday;
use crate::orphans::UnderWay;
use crate::own_work::{Sees, sees};
use crate::payments::Payments;
use crate::planning::{Plans, SLOTS_ALL};
use crate::principal::Principal;
use crate::published_log::Publishing;
use crate::publishing::{Publisher, Shelf};
use crate::quiet::QuietHours;
use crate::relay::Relay;
use crate::rng::{Rng, uuid_v7};
use crate::roads::Roads;
use crate::rule_packs::Shelves;
use crate::saved_photos::SavedPhotos;
use crate::screener::Screener;
use crate::screening::{TenantIndex, Unlearned};
use crate::staff::Staffs;
use crate::stamping::Stamping;
use crate::vault_ledger::Followed;
use aftercare_domain::Timestamp;
use aftercare_domain::command::Command;
use aftercare_domain::event::{OperatorMode, Window};
use aftercare_domain::facts::{Facts, OrderFacts};
use aftercare_domain::guarantee::Goods;
use aftercare_domain::ids::{
    CaseId, ListingPhotoId, OrderId, OrderLineId, PersonId, TenantId, UserId,
};
use aftercare_domain::{Actor, Case, Human, Role};
use aftercare_labels::credentials::TrustList;
use aftercare_ledger::SigningKey;
use aftercare_outbound::Client;
use aftercare_region::Atlas;
use aftercare_store::{ClaimFilter, Store, Unit};
use aftercare_vault::Vault;
use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU8};
use std::sync::{Arc, OnceLock};
use tokio::sync::{Mutex, broadcast};
use uuid::Uuid;

/// How many changes a slow listener may be behind before it has to read everything again.
const CHANGES_KEPT: usize = 256;

/// Name of the log's signing key in the keyring.
pub const LOG_KEY: &str = "log-signing-key";

/// Something changed: pages that show it read it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// The tenant.
    pub tenant: TenantId,
    /// The case; none when it may be anything of the tenant.
    pub case: Option<CaseId>,
    /// It is about calls alone: a matter of the desks.
    pub calls: bool,
}

/// What the application is made of.
pub struct Parts {
    /// Events, tables, blobs, jobs.
    pub store: Arc<dyn Store>,
    /// Keys.
    pub vault: Vault,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Ids.
    pub rng: Arc<dyn Rng>,
    /// Reads hostile photos.
    pub screener: Arc<dyn Screener>,
    /// Carries messages.
    pub notifier: Arc<dyn Notifier>,
    /// Pays refunds.
    pub payments: Arc<dyn Payments>,
    /// Signs checkpoints of the log.
    pub log_key: SigningKey,
    /// Divisions of China, with the operator's own dated changes.
    pub atlas: Arc<Atlas>,
}

/// The application.
pub struct App {
    parts: Parts,
    indexes: Mutex<HashMap<TenantId, TenantIndex>>,
    changes: broadcast::Sender<Change>,
    public_url: OnceLock<String>,
    trusted_signers: OnceLock<Arc<TrustList>>,
    publisher: OnceLock<Publisher>,
    shelf: Mutex<Shelf>,
    listings: Mutex<HashMap<ListingPhotoId, Arc<ListingReading>>>,
    plans: Plans,
    staffs: Staffs,
    experiences: Experiences,
    shelves: Shelves,
    publishing: Publishing,
    outbound: OnceLock<Arc<Client>>,
    cosigning: Cosigning,
    stamping: Stamping,
    roads: Roads,
    quiet: OnceLock<QuietHours>,
    relay: OnceLock<Arc<dyn Relay>>,
    read_today: ReadToday,
    /// When old messages were last removed, in milliseconds.
    pruned_at: AtomicI64,
    /// The folder of blobs that is looked through next for files that nothing names.
    next_folder: AtomicU8,
    under_way: UnderWay,
    /// Those that could not be read at the start and are made again.
    broken_fingerprints: Mutex<BTreeSet<Broken>>,
    rows: Rows,
    tries: Tries,
    saved: SavedPhotos,
    resting: Resting,
    unlearned: Unlearned,
    /// Whether a rotation of keys that died before its last word was looked for.
    keys_looked_at: AtomicBool,
    followed: Followed,
    exchange: OnceLock<Arc<Exchange>>,
    assistant: OnceLock<Arc<dyn Assistant>>,
}

/// Where to begin with the folders of blobs: elsewhere at each start.
fn any_folder(now: Timestamp) -> u8 {
    u8::try_from((now.0 / PRUNE_EVERY_MS).rem_euclid(256)).unwrap_or(0)
}

impl App {
    /// Wires the application and opens the photo fingerprints into memory.
    ///
    /// # Errors
    /// What the store or the vault says.
    pub async fn start(parts: Parts) -> Result<Arc<Self>, AppError> {
        let now = parts.clock.now();
        let app = Arc::new(Self {
            parts,
            indexes: Mutex::new(HashMap::new()),
            changes: broadcast::channel(CHANGES_KEPT).0,
            public_url: OnceLock::new(),
            trusted_signers: OnceLock::new(),
            publisher: OnceLock::new(),
            shelf: Mutex::new(Shelf::default()),
            listings: Mutex::new(HashMap::new()),
            plans: Plans::default(),
            staffs: Staffs::default(),
            experiences: Experiences::default(),
            shelves: Shelves::default(),
            publishing: Publishing::default(),
            outbound: OnceLock::new(),
            cosigning: Cosigning::default(),
            stamping: Stamping::default(),
            roads: Roads::default(),
            quiet: OnceLock::new(),
            relay: OnceLock::new(),
            read_today: ReadToday::default(),
            pruned_at: AtomicI64::new(0),
            next_folder: AtomicU8::new(any_folder(now)),
            under_way: UnderWay::default(),
            broken_fingerprints: Mutex::default(),
            rows: Rows::default(),
            tries: Tries::default(),
            saved: SavedPhotos::default(),
            resting: Resting::default(),
            unlearned: Unlearned::default(),
            keys_looked_at: AtomicBool::new(false),
            followed: Followed::default(),
            exchange: OnceLock::new(),
            assistant: OnceLock::new(),
        });
        // Heard from before anything is read, so that nothing falls in between.
        let elsewhere = app.store().elsewhere().await?;
        app.check_keyring().await?;
        app.shred_again().await?;
        app.load_fingerprints().await?;
        if let Some(changes) = elsewhere {
            tokio::spawn(elsewhere::follow(Arc::downgrade(&app), changes));
        }
        Ok(app)
    }

    pub(crate) fn store(&self) -> &dyn Store {
        &*self.parts.store
    }

    /// The store, for a task that outlives a borrow.
    pub(crate) fn shared_store(&self) -> Arc<dyn Store> {
        Arc::clone(&self.parts.store)
    }

    /// The clock, for the same.
    pub(crate) fn shared_clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.parts.clock)
    }

    pub(crate) fn atlas(&self) -> &Atlas {
        &self.parts.atlas
    }

    pub(crate) const fn vault(&self) -> &Vault {
        &self.parts.vault
    }

    pub(crate) fn screener(&self) -> &dyn Screener {
        &*self.parts.screener
    }

    pub(crate) fn notifier(&self) -> &dyn Notifier {
        &*self.parts.notifier
    }

    pub(crate) fn payments(&self) -> &dyn Payments {
        &*self.parts.payments
    }

    pub(crate) const fn indexes(&self) -> &Mutex<HashMap<TenantId, TenantIndex>> {
        &self.indexes
    }

    pub(crate) const fn tries(&self) -> &Tries {
        &self.tries
    }

    /// Photos of forms that came back.
    pub(crate) const fn saved(&self) -> &SavedPhotos {
        &self.saved
    }

    /// Cases whose clock could not be handled a moment ago.
    pub(crate) const fn resting(&self) -> &Resting {
        &self.resting
    }

    /// Cases of which photos are not in the index yet.
    pub(crate) const fn unlearned(&self) -> &Unlearned {
        &self.unlearned
    }

    pub(crate) const fn rows(&self) -> &Rows {
        &self.rows
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        &*self.parts.clock
    }

    pub(crate) const fn keys_looked_at(&self) -> &AtomicBool {
        &self.keys_looked_at
    }

    pub(crate) const fn followed(&self) -> &Followed {
        &self.followed
    }

    pub(crate) const fn exchange_slot(&self) -> &OnceLock<Arc<Exchange>> {
        &self.exchange
    }

    pub(crate) const fn stamping(&self) -> &Stamping {
        &self.stamping
    }

    pub(crate) const fn broken_fingerprints(&self) -> &Mutex<BTreeSet<Broken>> {
        &self.broken_fingerprints
    }

    pub(crate) const fn read_today(&self) -> &ReadToday {
        &self.read_today
    }

    pub(crate) const fn quiet(&self) -> &OnceLock<QuietHours> {
        &self.quiet
    }

    /// Who puts numbers between customers and technicians, if somebody does.
    pub(crate) const fn relay_slot(&self) -> &OnceLock<Arc<dyn Relay>> {
        &self.relay
    }

    /// Who suggests drafts to desks, if an installation names somebody.
    pub(crate) const fn assistant_slot(&self) -> &OnceLock<Arc<dyn Assistant>> {
        &self.assistant
    }

    pub(crate) const fn roads(&self) -> &Roads {
        &self.roads
    }

    pub(crate) const fn plans(&self) -> &Plans {
        &self.plans
    }

    pub(crate) const fn experiences(&self) -> &Experiences {
        &self.experiences
    }

    pub(crate) const fn shelves(&self) -> &Shelves {
        &self.shelves
    }

    pub(crate) const fn publishing(&self) -> &Publishing {
        &self.publishing
    }

    pub(crate) const fn staffs(&self) -> &Staffs {
        &self.staffs
    }

    pub(crate) const fn publisher_slot(&self) -> &OnceLock<Publisher> {
        &self.publisher
    }

    pub(crate) const fn shelf(&self) -> &Mutex<Shelf> {
        &self.shelf
    }

    /// Says where people reach the pages, such as `https://aftercare.example`; the first call counts.
    pub fn set_public_url(&self, url: &str) {
        // A second server over the same application keeps the first address.
        let _ = self.public_url.set(url.trim_end_matches('/').to_owned());
    }

    /// Says whose signatures on C2PA manifests are trusted; the first call counts, and until then nobody's are.
    pub fn trust_signers(&self, list: TrustList) {
        let _ = self.trusted_signers.set(Arc::new(list));
    }

    /// Whose signatures on C2PA manifests are trusted.
    pub(crate) fn trusted_signers(&self) -> Arc<TrustList> {
        self.trusted_signers.get().cloned().unwrap_or_default()
    }

    /// Says through whom others are connected to; the first call counts, and until then nobody is.
    pub fn connect_through(&self, client: Client) {
        let _ = self.outbound.set(Arc::new(client));
    }

    pub(crate) fn outbound(&self) -> Option<&Arc<Client>> {
        self.outbound.get()
    }

    pub(crate) const fn cosigning(&self) -> &Cosigning {
        &self.cosigning
    }

    pub(crate) const fn pruned_at(&self) -> &AtomicI64 {
        &self.pruned_at
    }

    pub(crate) const fn next_folder(&self) -> &AtomicU8 {
        &self.next_folder
    }

    pub(crate) const fn under_way(&self) -> &UnderWay {
        &self.under_way
    }

    pub(crate) fn rng(&self) -> &dyn Rng {
        &*self.parts.rng
    }

    /// What is known of the labels of listing photos.
    pub(crate) const fn known_listings(
        &self,
    ) -> &Mutex<HashMap<ListingPhotoId, Arc<ListingReading>>> {
        &self.listings
    }

    /// A path of the pages as people can open it; the path alone while nothing is said.
    pub(crate) fn public_link(&self, path: &str) -> String {
        let base = self.public_url.get().map_or("", String::as_str);
        format!("{base}{path}")
    }

    /// The time now.
    pub fn now(&self) -> Timestamp {
        self.parts.clock.now()
    }

    /// A new id: ids sort by the time they were made.
    pub fn new_id(&self) -> Uuid {
        uuid_v7(self.now(), &*self.parts.rng)
    }

    /// Changes from now on, for pages that stay open.
    pub fn changes(&self) -> broadcast::Receiver<Change> {
        self.changes.subscribe()
    }

    pub(crate) fn announce(&self, tenant: TenantId, case: CaseId) {
        self.announcing(tenant, case)();
    }

    /// Tells the plan and the pages that stay open of a case that changed, when it is called.
    pub(crate) fn announcing(
        &self,
        tenant: TenantId,
        case: CaseId,
    ) -> impl FnOnce() + Send + use<> {
        let (note, changes) = (self.plans.noting(tenant, case), self.changes.clone());
        move || {
            note();
            // Nobody listening is fine.
            let _ = changes.send(Change {
                tenant,
                case: Some(case),
                calls: false,
            });
        }
    }

    pub(crate) fn send_change(&self, tenant: TenantId, case: Option<CaseId>) {
        // Nobody listening is fine.
        let _ = self.changes.send(Change {
            tenant,
            case,
            calls: false,
        });
    }

    /// Says that the calls of a tenant changed, when it is called.
    pub(crate) fn announcing_calls(&self, tenant: TenantId) -> impl FnOnce() + Send + use<> {
        let changes = self.changes.clone();
        move || {
            let _ = changes.send(Change {
                tenant,
                case: None,
                calls: true,
            });
        }
    }

    /// Commits rows, their blobs and their audited acts.
    pub(crate) async fn commit_side(&self, side: Side) -> Result<(), AppError> {
        let unit = Unit {
            audit: side.audit,
            writes: side.writes,
            complete_job: side.complete_job,
            ..Unit::default()
        };
        let told = self.staffs.noting(&unit.writes);
        self.keep(side.blobs, unit, None, told).await?;
        Ok(())
    }

    /// The answer kept for a request that was sent before.
    ///
    /// # Errors
    /// `Conflict` when the key was used for another body.
    pub async fn answered_before(&self, key: &IdempotencyKey) -> Result<Option<Vec<u8>>, AppError> {
        let Some(stored) = self.store().idempotent(&key.scope, &key.key).await? else {
            return Ok(None);
        };
        if stored.body_hash != key.body_hash {
            return Err(aftercare_store::StoreError::IdempotencyMismatch.into());
        }
        Ok(Some(stored.body))
    }

    /// The case, if the requester may read it: its claimant, staff of the tenant, a program of the tenant or of the shop, or a
    /// technician with work on it, who sees that work alone ([`sees`]).
    ///
    /// # Errors
    /// `NotFound` otherwise: what is not yours does not exist for you.
    pub(crate) async fn readable(
        &self,
        principal: &Principal,
        id: CaseId,
    ) -> Result<Case, AppError> {
        let case = self.load(id).await?;
        let opened = crate::detail::opened(&case)?;
        let hidden = || AppError::not_found("这个案件", "case");
        if opened.tenant != principal.tenant() {
            return Err(hidden());
        }
        if !self.is_of_program(principal, &case).await? {
            return Err(hidden());
        }
        let standing = self.on_case(principal, &case).await?;
        match sees(&standing, &case, self.now()) {
            Sees::Nothing => Err(hidden()),
            Sees::Own(_) | Sees::All => Ok(case),
        }
    }

    /// Whether the requester may read the case.
    pub async fn may_read(&self, principal: &Principal, case: CaseId) -> bool {
        self.readable(principal, case).await.is_ok()
    }

    /// Everything the decider needs to know for one command.
    pub(crate) async fn facts_for(
        &self,
        case: &Case,
        command: &Command,
        side: &Side,
    ) -> Result<Facts, AppError> {
        let tenant = match (case.opened.as_ref(), command) {
            (Some(opened), _) => opened.tenant,
            (None, Command::OpenCase { tenant, .. }) => *tenant,
            (None, _) => return Err(AppError::not_found("这个案件", "case")),
        };
        let published = self.published_of(tenant).await?;
        let mut facts = Facts {
            rules: Self::clocks_on(&published, self.now()),
            published: Some(published),
            calendar: self.calendar_of(tenant).await?,
            ..Facts::default()
        };
        facts.order = self.order_for(case, command).await?;
        match command {
            Command::VerifyRepair { work_order, .. }
            | Command::OfferRepair { work_order, .. }
            | Command::OfferBeside { work_order, .. }
            | Command::PlaceVisit { work_order, .. }
            | Command::PutBackVisit { work_order, .. } => {
                if let (Some(order), Some(opened)) =
                    (case.work_orders.get(work_order), case.opened.as_ref())
                {
                    let spot = self.person_spot(tenant, opened.claimant, side).await?;
                    let (mut candidates, covered) = self.candidates(tenant, order, &spot).await?;
                    // Whom the plan has is asked first, the others by what the visit adds to the plan, and who fits nowhere in
                    // it nearest first. Without a plan somebody is asked too.
                    if !matches!(command, Command::VerifyRepair { .. }) {
                        match self.ranked_technicians(tenant, *work_order).await {
                            Ok(ranked) => candidates.sort_by_key(|candidate| {
                                let mut ranked = ranked.iter();
                                let place = ranked.position(|who| *who == candidate.technician);
                                place.unwrap_or(usize::MAX)
                            }),
                            Err(error) => tracing::warn!(%error, "no plan to ask"),
                        }
                    }
                    if let Command::PlaceVisit { technician, .. } = command
                        && candidates
                            .iter()
                            .all(|known| known.technician != *technician)
                    {
                        // A dispatcher may give it to somebody whom nobody would have asked; the way is settled all the same.
                        let chosen = self.chosen_by_hand(tenant, order, &spot, *technician);
                        candidates.extend(chosen.await?);
                    }
                    facts.candidates = candidates;
                    facts.covered = covered;
                }
            }
            Command::AcceptOffer {
                work_order, offer, ..
            } => {
                let kept = self
                    .chosen_time_kept(tenant, case, (*work_order, *offer))
                    .await;
                facts.visit_windows = kept.into_iter().collect();
            }
            Command::ScheduleVisit {
                by: Actor::Claimant { .. },
                work_order,
                ..
            } => {
                if let Some(order) = case.work_orders.get(work_order) {
                    let key = (order.requested_at, *work_order);
                    let times = self.times_for(tenant, key, SLOTS_ALL).await?;
                    facts.visit_windows = times
                        .into_iter()
                        .map(|time| Window {
                            from: time.from,
                            until: time.until,
                        })
                        .collect();
                }
            }
            Command::TakeFirstLook { .. }
            | Command::DecideClaim { .. }
            | Command::ConfirmDecision { .. }
            | Command::ReturnDecision { .. }
            | Command::LookAgain { .. }
            | Command::DecideAppeal { .. }
            | Command::AssignReviewer { .. }
            | Command::PauseClock { .. }
            | Command::ResumeClock { .. }
            | Command::JudgeEvidence { .. }
            | Command::Share { .. } => {
                facts.conflicted = self.conflicted(tenant, case).await?;
                facts.drawn = crate::act::claim_of(command)
                    .map(|claim| self.drawn_for(tenant, claim))
                    .transpose()?;
            }
            _ => {}
        }
        Ok(facts)
    }

    /// The order line that a command is about: the one being filed, the claim's, or that of the
    /// repaired product.
    async fn order_for(
        &self,
        case: &Case,
        command: &Command,
    ) -> Result<Option<OrderFacts>, AppError> {
        if let Command::FileClaim { order, line, .. } = command {
            let mut facts = self.order_facts(*order, *line).await?;
            if let Some(facts) = &mut facts {
                facts.open_at_platform = self.is_open_at_platform(case, *line).await?;
            }
            return Ok(facts);
        }
        if let Some((order, line)) = claim_line(case, command) {
            return self.order_facts(order, line).await;
        }
        let Some(order) = case.opened.as_ref().and_then(|opened| opened.order) else {
            return Ok(None);
        };
        match case.work_orders.keys().next_back() {
            Some(work_order) => match self.line_of_repair(case, *work_order).await? {
                Some(line) => self.order_facts(order, line).await,
                None => Ok(None),
            },
            None => Ok(None),
        }
    }

    /// Where the person is, as it is known already or else from the store.
    async fn person_spot(
        &self,
        tenant: TenantId,
        person: PersonId,
        side: &Side,
    ) -> Result<crate::people::Spot, AppError> {
        match side.spot.as_ref().filter(|known| known.person == person) {
            Some(known) => Ok(known.spot.clone()),
            None => self.spot_for_dispatch(tenant, person).await,
        }
    }

    async fn order_facts(
        &self,
        order: OrderId,
        line: OrderLineId,
    ) -> Result<Option<OrderFacts>, AppError> {
        let (Some(order_row), Some(line_row)) = (
            self.store().order(order).await?,
            self.store().order_line(line).await?,
        ) else {
            return Ok(None);
        };
        if line_row.order != order {
            return Ok(None);
        }
        let product = self.store().product(line_row.product).await?;
        Ok(Some(OrderFacts {
            order,
            line,
            paid: line_row.paid_fen,
            refunded: line_row.refunded_fen,
            open_at_platform: false,
            purchased_at: order_row.paid_at,
            delivered_at: order_row.delivered_at,
            warranty_until: line_row.warranty_until,
            perishable: line_row.perishable,
            goods: product.and_then(|row| Goods::of_category(&row.category)),
        }))
    }

    /// Whether a claim on the order line is open in another case that a platform decides.
    async fn is_open_at_platform(&self, case: &Case, line: OrderLineId) -> Result<bool, AppError> {
        let own = case.opened.as_ref().map(|opened| opened.case);
        let filter = ClaimFilter {
            line: Some(line),
            ..ClaimFilter::default()
        };
        let mut cursor = None;
        loop {
            let page = self.store().claims(&filter, cursor, PAGE_ROWS_MAX).await?;
            for row in page.items {
                if Some(row.case_id) == own {
                    continue;
                }
                let other = self.load(row.case_id).await?;
                let is_party = crate::detail::opened(&other)?.mode == OperatorMode::Party;
                let claim = other.claims.get(&row.claim_id);
                if is_party && claim.is_some_and(|claim| !claim.state.is_ended()) {
                    return Ok(true);
                }
            }
            cursor = page.next;
            if cursor.is_none() {
                return Ok(false);
            }
        }
    }

    /// Who must not review the case: whoever already acted on it in another role.
    pub(crate) async fn conflicted(
        &self,
        tenant: TenantId,
        case: &Case,
    ) -> Result<Vec<UserId>, AppError> {
        let id = crate::detail::opened(case)?.case;
        let mut users: Vec<UserId> = self
            .store()
            .load_case(id)
            .await?
            .iter()
            .filter_map(|stored| match stored.event.by {
                Actor::Human(Human { user, role }) if role != Role::Reviewer => Some(user),
                Actor::Technician { user, .. } | Actor::Integrator { user } => Some(user),
                _ => None,
            })
            .collect();
        users.extend(self.users_with_role(tenant, Role::Merchant).await?);
        users.sort_unstable();
        users.dedup();
        Ok(users)
    }

    // ---- the log ----

    /// The public key of the log.
    #[must_use]
    pub fn verifier_key(&self) -> String {
        self.parts_log_verifier().to_string()
    }

    /// The key that verifies checkpoints.
    pub(crate) fn parts_log_verifier(&self) -> aftercare_ledger::VerifierKey {
        self.parts.log_key.verifier()
    }

    pub(crate) const fn log_key(&self) -> &SigningKey {
        &self.parts.log_key
    }

    /// When the next clock or job is due, if by `until`.
    ///
    /// # Errors
    /// What the store says.
    pub async fn next_due(&self, until: Timestamp) -> Result<Option<Timestamp>, AppError> {
        Ok(self.store().next_due(until).await?)
    }

    /// Tenants, for the command line and for a server with a single one.
    ///
    /// # Errors
    /// What the store says.
    pub async fn tenants(&self) -> Result<Vec<(TenantId, String)>, AppError> {
        Ok(self
            .store()
            .tenants()
            .await?
            .into_iter()
            .map(|row| (row.id, row.name))
            .collect())
    }

    /// Whether everything that is needed to answer is there.
    ///
    /// # Errors
    /// `Unavailable` in words.
    pub async fn ready(&self) -> Result<(), AppError> {
        self.store().head().await.map(|_| ()).map_err(|error| {
            AppError::new(
                ErrorKind::Unavailable,
                "store_unavailable",
                "数据库暂时不可用。",
                "The database is not available right now.",
            )
            .with_detail(error.to_string())
        })
    }
}

/// The order line of the claim a command is about: the one it names, the one whose clock ran out, or
/// the latest.
fn claim_line(case: &Case, command: &Command) -> Option<(OrderId, OrderLineId)> {
    let claim = case.claims.get(&crate::act::claim_of(command)?)?;
    Some((claim.order, claim.line))
}
