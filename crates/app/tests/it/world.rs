//! A small shop for the tests of cases: real store, real vault, photos from code, a clock that stands.

use aftercare_app::actions::{Action, CitationInput, DecisionInput, ResolutionInput};
use aftercare_app::app::Parts;
use aftercare_app::clock::{Clock, ManualClock};
use aftercare_app::error::ErrorKind;
use aftercare_app::evidence::Upload;
use aftercare_app::import::{ImportKind, RowError};
use aftercare_app::intake::{ClaimInput, ConsentInput, NOTICE_VERSION, PURPOSES, RepairInput};
use aftercare_app::notify::{MemoryNotifier, Notifier};
use aftercare_app::payments::{FilePayments, Payments};
use aftercare_app::people::{PersonInput, Place};
use aftercare_app::rng::SplitMix;
use aftercare_app::screener::{DirectScreener, Screener};
use aftercare_app::views::{Acted, CaseDetail, ClaimDetail, IntakeReceipt};
use aftercare_app::{App, AppError, Principal, SignedIn};
use aftercare_domain::event::{ClaimReason, WorkKind, WorkOutcome};
use aftercare_domain::evidence::EvidenceKind;
use aftercare_domain::ids::{CaseId, TenantId, UserId};
use aftercare_domain::time::HOUR_MS;
use aftercare_domain::{Fen, Role, Timestamp};
use aftercare_ledger::SigningKey;
use aftercare_region::Atlas;
use aftercare_scene::{Background, Camera, Damage, ItemKind, Scene, View};
use aftercare_store::{OpenMode, PostgresStore, SqliteStore, Store};
use aftercare_vault::{KdfCost, Keyring, Plain, RootKey, Vault};
use std::sync::{Arc, LazyLock};

/// Monday 2026-11-02 09:00 in China.
pub const START: Timestamp = Timestamp(1_793_581_200_000);
pub const PASSWORD: &str = "an invented pass phrase";

/// Who reads the case of a claim.
const CLAIM_READERS: [&str; 8] = [
    "agent",
    "dispatcher",
    "merchant",
    "reviewer",
    "second reviewer",
    "risk manager",
    "auditor",
    "claimant",
];

/// Read once for all tests.
static ATLAS: LazyLock<Arc<Atlas>> = LazyLock::new(|| Arc::new(Atlas::built_in().unwrap()));

pub struct World {
    pub app: Arc<App>,
    pub store: Arc<dyn Store>,
    pub clock: Arc<ManualClock>,
    pub notifier: Arc<MemoryNotifier>,
    pub tenant: TenantId,
    pub admin: Principal,
    pub agent: Principal,
    pub dispatcher: Principal,
    pub technician: Principal,
    pub merchant: Principal,
    pub reviewer: Principal,
    pub second_reviewer: Principal,
    pub risk_manager: Principal,
    pub auditor: Principal,
    pub folder: tempfile::TempDir,
    /// Counts what it opens.
    pub vault: Vault,
}

impl World {
    /// Imports outlets as a dispatcher; the rules that rows broke, in their order.
    pub async fn import_outlets(&self, text: &str) -> Vec<String> {
        let kind = ImportKind::Outlets;
        let report = self
            .app
            .import(&self.dispatcher, kind, text.as_bytes(), false)
            .await
            .unwrap();
        report.errors.into_iter().map(|error| error.rule).collect()
    }

    pub async fn new() -> Self {
        Self::with(Arc::new(DirectScreener)).await
    }

    /// With somebody else who reads the photos.
    pub async fn with(screener: Arc<dyn Screener>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let store = SqliteStore::open(&data, OpenMode::Create(&aftercare_testkit::row_key()))
            .await
            .unwrap();
        Self::over(Arc::new(store), folder, screener).await
    }

    /// With somebody else who pays.
    pub async fn paying(payments: Arc<dyn Payments>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let store = SqliteStore::open(&data, OpenMode::Create(&aftercare_testkit::row_key()))
            .await
            .unwrap();
        let screener = Arc::new(DirectScreener);
        Self::over_paying(Arc::new(store), folder, screener, payments).await
    }

    /// Over a database of PostgreSQL; none where there is no server.
    pub async fn on_postgres() -> Option<Self> {
        let url = aftercare_testkit::postgres()?.database();
        Some(Self::over_postgres(&url).await)
    }

    /// Over that database, which is empty.
    pub async fn over_postgres(url: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let key = aftercare_testkit::row_key();
        let store = PostgresStore::open(&data, url, OpenMode::Create(&key))
            .await
            .unwrap();
        Self::over(Arc::new(store), folder, Arc::new(DirectScreener)).await
    }

    /// Over a store whose directory is `data` in the folder.
    pub async fn over(
        store: Arc<dyn Store>,
        folder: tempfile::TempDir,
        screener: Arc<dyn Screener>,
    ) -> Self {
        let file = FilePayments::new(folder.path().join("payments.jsonl"));
        Self::over_paying(store, folder, screener, Arc::new(file)).await
    }

    async fn over_paying(
        store: Arc<dyn Store>,
        folder: tempfile::TempDir,
        screener: Arc<dyn Screener>,
        payments: Arc<dyn Payments>,
    ) -> Self {
        let data = folder.path().join("data");
        let root = RootKey::from_bytes([7; 32]);
        let keyring =
            Keyring::create(&data.join("keyring.json"), &root, KdfCost::FOR_TESTS).unwrap();
        let clock = Arc::new(ManualClock::new(START));
        let notifier = Arc::new(MemoryNotifier::default());
        let vault = Vault::new(keyring);
        let app = App::start(Parts {
            store: Arc::clone(&store),
            vault: vault.clone(),
            clock: Arc::clone(&clock) as _,
            rng: Arc::new(SplitMix::seeded(1)),
            screener,
            notifier: Arc::clone(&notifier) as _,
            payments,
            log_key: SigningKey::generate("test.log").unwrap(),
            atlas: Arc::clone(&ATLAS),
        })
        .await
        .unwrap();
        let (tenant, invitation) = app.create_tenant("示例店", "admin").await.unwrap();
        set_password(&app, &invitation.link).await;
        let admin = sign_in(&app, "admin").await;
        for (login, role) in [
            ("agent", Role::Agent),
            ("dispatcher", Role::Dispatcher),
            ("tech", Role::Technician),
            ("merchant", Role::Merchant),
            ("reviewer", Role::Reviewer),
            ("reviewer2", Role::Reviewer),
            ("risk", Role::RiskManager),
            ("auditor", Role::Auditor),
            ("erp", Role::Integrator),
        ] {
            let invitation = app
                .create_user(&admin, login, login, &[role])
                .await
                .unwrap();
            if matches!(login, "agent" | "merchant") {
                set_password(&app, &invitation.link).await;
            }
        }
        for (kind, text) in [
            (
                ImportKind::Products,
                "code,name,skill,warranty_days\nMUG,示例杯,tableware,0\nLAMP,示例灯,lamp,365\n",
            ),
            (
                ImportKind::Prices,
                "code,label,amount\nVISIT,上门检测,30.00\n",
            ),
            (
                ImportKind::Technicians,
                "login,display_name,skill,counties,latitude,longitude\ntech,示例师傅,lamp,330106,30.25,120.17\n",
            ),
            (
                ImportKind::Orders,
                "number,paid_at,delivered_at,product_code,paid\nA1,2026-10-30,2026-11-01,MUG,68.00\nA2,2026-10-30,2026-11-01,MUG,68.00\nA3,2026-10-30,2026-11-01,LAMP,129.00\n",
            ),
        ] {
            let report = app
                .import(&admin, kind, text.as_bytes(), false)
                .await
                .unwrap();
            assert_eq!(report.errors, [], "{kind:?}");
        }
        Self {
            agent: as_signed_in(&store, "agent").await,
            dispatcher: as_signed_in(&store, "dispatcher").await,
            technician: as_signed_in(&store, "tech").await,
            merchant: as_signed_in(&store, "merchant").await,
            reviewer: as_signed_in(&store, "reviewer").await,
            second_reviewer: as_signed_in(&store, "reviewer2").await,
            risk_manager: as_signed_in(&store, "risk").await,
            auditor: as_signed_in(&store, "auditor").await,
            admin,
            app,
            store,
            clock,
            notifier,
            tenant,
            folder,
            vault,
        }
    }

    /// An account of a technician.
    pub async fn technician_account(&self, login: &str) {
        let invitation = self
            .app
            .create_user(&self.admin, login, login, &[Role::Technician])
            .await
            .unwrap();
        set_password(&self.app, &invitation.link).await;
    }

    /// Imports technicians; the rows that are wrong.
    pub async fn import_technicians(&self, text: &str) -> Vec<RowError> {
        self.app
            .import(
                &self.dispatcher,
                ImportKind::Technicians,
                text.as_bytes(),
                false,
            )
            .await
            .unwrap()
            .errors
    }

    /// The same shop after its process ended without a word and was started again.
    pub async fn restarted(mut self) -> Self {
        self.app = self.another(Arc::clone(&self.store)).await;
        self
    }

    /// The same, going on with this world's counting vault.
    pub async fn restarted_with_the_same_vault(mut self) -> Self {
        let (store, clock) = (Arc::clone(&self.store), Arc::clone(&self.clock));
        // Other ids than before the restart.
        let rng = SplitMix::seeded(store.head().await.unwrap().size + 3);
        self.app = self.start(store, clock, self.vault.clone(), rng).await;
        self
    }

    /// The application of another process.
    pub async fn another(&self, store: Arc<dyn Store>) -> Arc<App> {
        self.another_by(store, Arc::clone(&self.clock)).await
    }

    /// The application of a machine with its own clock.
    pub async fn another_by(&self, store: Arc<dyn Store>, clock: Arc<ManualClock>) -> Arc<App> {
        let data = self.folder.path().join("data");
        let root = RootKey::from_bytes([7; 32]);
        let keyring = Keyring::open(&data.join("keyring.json"), &root).unwrap();
        self.start(store, clock, Vault::new(keyring), SplitMix::seeded(2))
            .await
    }

    /// The application of a process that has another clock.
    pub async fn with_clock(&self, clock: Arc<dyn Clock>) -> Arc<App> {
        let data = self.folder.path().join("data");
        let root = RootKey::from_bytes([7; 32]);
        let keyring = Keyring::open(&data.join("keyring.json"), &root).unwrap();
        let (store, notifier) = (Arc::clone(&self.store), Arc::clone(&self.notifier) as _);
        let begun = self.begin(
            store,
            clock,
            Vault::new(keyring),
            SplitMix::seeded(5),
            notifier,
        );
        begun.await.unwrap()
    }

    /// The same shop with somebody else who carries its messages.
    pub async fn carried_by(mut self, notifier: Arc<dyn Notifier>) -> Self {
        let (store, clock) = (Arc::clone(&self.store), Arc::clone(&self.clock));
        let (vault, rng) = (self.vault.clone(), SplitMix::seeded(2));
        self.app = self.start_with(store, clock, vault, rng, notifier).await;
        self
    }

    /// A start with this keyring, and why it is refused.
    pub async fn try_start(&self, vault: Vault) -> Result<Arc<App>, AppError> {
        let (store, clock) = (Arc::clone(&self.store), Arc::clone(&self.clock));
        let notifier = Arc::clone(&self.notifier) as _;
        self.begin(store, clock, vault, SplitMix::seeded(3), notifier)
            .await
    }

    async fn start(
        &self,
        store: Arc<dyn Store>,
        clock: Arc<ManualClock>,
        vault: Vault,
        rng: SplitMix,
    ) -> Arc<App> {
        let notifier = Arc::clone(&self.notifier) as _;
        self.start_with(store, clock, vault, rng, notifier).await
    }

    async fn start_with(
        &self,
        store: Arc<dyn Store>,
        clock: Arc<ManualClock>,
        vault: Vault,
        rng: SplitMix,
        notifier: Arc<dyn Notifier>,
    ) -> Arc<App> {
        let begun = self.begin(store, clock, vault, rng, notifier).await;
        begun.unwrap()
    }

    async fn begin(
        &self,
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        vault: Vault,
        rng: SplitMix,
        notifier: Arc<dyn Notifier>,
    ) -> Result<Arc<App>, AppError> {
        App::start(Parts {
            store,
            vault,
            clock,
            rng: Arc::new(rng),
            screener: Arc::new(DirectScreener),
            notifier,
            payments: Arc::new(FilePayments::new(self.folder.path().join("payments.jsonl"))),
            log_key: SigningKey::generate("test.log").unwrap(),
            atlas: Arc::clone(&ATLAS),
        })
        .await
    }

    pub fn everybody(&self) -> [(&'static str, &Principal); 9] {
        [
            ("admin", &self.admin),
            ("agent", &self.agent),
            ("dispatcher", &self.dispatcher),
            ("technician", &self.technician),
            ("merchant", &self.merchant),
            ("reviewer", &self.reviewer),
            ("second reviewer", &self.second_reviewer),
            ("risk manager", &self.risk_manager),
            ("auditor", &self.auditor),
        ]
    }

    /// Everybody, the claimant of the case, and somebody of another tenant who may do everything there.
    pub async fn everybody_at(&self, receipt: &IntakeReceipt) -> Vec<(&'static str, Principal)> {
        let own = self.everybody().into_iter();
        let mut all: Vec<_> = own.map(|(name, who)| (name, who.clone())).collect();
        all.push(("claimant", self.claimant(receipt).await));
        let foreign = Principal::User(SignedIn {
            tenant: TenantId(uuid::Uuid::from_u128(2)),
            user: UserId(uuid::Uuid::from_u128(3)),
            display_name: "别家的人".to_owned(),
            roles: vec![
                Role::Admin,
                Role::Agent,
                Role::Merchant,
                Role::RiskManager,
                Role::Auditor,
                Role::Dispatcher,
            ],
            technician: None,
        });
        all.push(("of another tenant", foreign));
        all
    }

    /// The case of a claim as each of them reads it: nobody is left out who may, and it does not exist for the others.
    pub async fn as_everybody_reads(
        &self,
        receipt: &IntakeReceipt,
    ) -> Vec<(&'static str, CaseDetail)> {
        let mut read = Vec::new();
        for (name, who) in self.everybody_at(receipt).await {
            match self.app.case_detail(&who, receipt.case).await {
                Ok(detail) => read.push((name, detail)),
                Err(error) => assert_eq!(error.kind, ErrorKind::NotFound, "{name}: {error}"),
            }
        }
        let names: Vec<_> = read.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, CLAIM_READERS);
        read
    }

    /// Somebody as signed in.
    pub async fn account(&self, login: &str) -> Principal {
        as_signed_in(&self.store, login).await
    }

    pub async fn claim(
        &self,
        order: &str,
        name: &str,
        phone: &str,
        photo: Vec<u8>,
    ) -> IntakeReceipt {
        self.app
            .file_claim(
                self.tenant,
                None,
                claim_input(order, name, phone),
                vec![damage(photo)],
                None,
            )
            .await
            .unwrap()
    }

    pub async fn repair(&self) -> IntakeReceipt {
        self.app
            .report_repair(self.tenant, None, repair_input(), Vec::new(), None)
            .await
            .unwrap()
    }

    /// A repair that somebody else than [`repair_input`]'s reported.
    pub async fn repair_of(&self, name: &str, phone: &str) -> IntakeReceipt {
        let mut input = repair_input();
        input.person = person(name, phone);
        self.app
            .report_repair(self.tenant, None, input, Vec::new(), None)
            .await
            .unwrap()
    }

    pub async fn claimant(&self, receipt: &IntakeReceipt) -> Principal {
        let token = receipt.link.rsplit('/').next().unwrap();
        let session = self.app.open_case_link(token, &receipt.code).await.unwrap();
        self.app.resolve_session(&session.token).await.unwrap()
    }

    /// The claimant with the code of the message, which shows that the phone is theirs.
    pub async fn claimant_by_phone(&self, receipt: &IntakeReceipt) -> Principal {
        self.app.settle().await.unwrap();
        let messages = self.notifier.messages();
        let sent = messages
            .iter()
            .find(|one| one.kind == "case_access" && one.case == Some(receipt.case))
            .unwrap();
        let (_, rest) = sent.zh.split_once("验证码 ").unwrap();
        let code: String = rest.chars().take_while(char::is_ascii_digit).collect();
        let token = receipt.link.rsplit('/').next().unwrap();
        let session = self.app.open_case_link(token, &code).await.unwrap();
        self.app.resolve_session(&session.token).await.unwrap()
    }

    pub async fn act(
        &self,
        who: &Principal,
        case: CaseId,
        mut action: Action,
    ) -> Result<Acted, AppError> {
        // A look that names nothing is at all that is there.
        if let Action::FirstLook { seen, .. } = &mut action
            && seen.is_empty()
        {
            let detail = self.app.case_detail(who, case).await?;
            seen.extend(detail.claims.iter().flat_map(ClaimDetail::to_see));
        }
        self.app.act(who, case, action, Vec::new(), None).await
    }

    /// Lets time pass; clocks run out at their own time.
    pub async fn pass(&self, ms: i64) {
        let until = self.app.now().plus_ms(ms);
        self.app.settle().await.unwrap();
        while let Some(due) = self.app.next_due(until).await.unwrap() {
            self.clock.advance_to(due);
            self.app.settle().await.unwrap();
        }
        self.clock.advance_to(until);
        self.app.settle().await.unwrap();
    }

    /// The technician's way through an agreed visit, from setting out to work that has begun; no time passes.
    pub async fn start_visit(&self, case: CaseId) {
        for action in [
            Action::SetOut { work_order: None },
            Action::Arrive { work_order: None },
            Action::Diagnose {
                work_order: None,
                fault_code: "E1".to_owned(),
                note: String::new(),
            },
            Action::StartWork { work_order: None },
        ] {
            let done = self.act(&self.technician, case, action.clone()).await;
            done.unwrap_or_else(|error| panic!("{action:?}: {error}"));
        }
    }

    /// The technician's way through a visit that is agreed for the next two hours, up to work that is done.
    pub async fn carry_out(&self, case: CaseId) {
        self.pass(2 * HOUR_MS).await;
        self.start_visit(case).await;
        let finish = Action::Finish {
            work_order: None,
            outcome: WorkOutcome::Fixed,
            actions: Vec::new(),
            note: String::new(),
        };
        self.act(&self.technician, case, finish).await.unwrap();
    }

    pub async fn claim_state(&self, case: CaseId) -> String {
        let detail = self.app.case_detail(&self.reviewer, case).await.unwrap();
        detail.claims.last().unwrap().state.clone()
    }

    pub async fn events(&self, case: CaseId) -> Vec<String> {
        let detail = self.app.case_detail(&self.reviewer, case).await.unwrap();
        detail
            .timeline
            .into_iter()
            .map(|entry| entry.event)
            .collect()
    }
}

pub async fn set_password(app: &App, link: &str) {
    let token = link.rsplit('/').next().unwrap();
    app.set_password(token, Plain::new(PASSWORD.to_owned()))
        .await
        .unwrap();
}

/// Somebody as signed in, without the time that a password takes: signing in has tests of its own.
async fn as_signed_in(store: &Arc<dyn Store>, login: &str) -> Principal {
    let user = store.user_by_login(login).await.unwrap().unwrap();
    Principal::User(SignedIn {
        tenant: user.tenant,
        user: user.id,
        display_name: user.display_name,
        roles: user.roles,
        technician: user.technician,
    })
}

async fn sign_in(app: &App, login: &str) -> Principal {
    let session = app
        .sign_in(login, Plain::new(PASSWORD.to_owned()))
        .await
        .unwrap();
    app.resolve_session(&session.token).await.unwrap()
}

pub fn damage(bytes: Vec<u8>) -> Upload {
    Upload {
        kind: EvidenceKind::DamagePhoto,
        bytes,
        ai_declared: false,
    }
}

fn plain(text: &str) -> Plain<String> {
    Plain::new(text.to_owned())
}

pub fn person(name: &str, phone: &str) -> PersonInput {
    PersonInput {
        name: plain(name),
        phone: plain(phone),
        address: plain("示例省清溪市云岭区样板路 1 号"),
        place: Some(Place {
            latitude_e6: 30_251_000,
            longitude_e6: 120_171_000,
        }),
    }
}

pub fn consent() -> ConsentInput {
    ConsentInput {
        notice_version: NOTICE_VERSION.to_owned(),
        purposes: vec![PURPOSES[0].to_owned()],
    }
}

pub fn claim_input(order: &str, name: &str, phone: &str) -> ClaimInput {
    ClaimInput {
        order_number: order.to_owned(),
        line: None,
        reason: ClaimReason::Damaged,
        ask: refund(6_800),
        statement: plain("收到就有裂纹。"),
        person: person(name, phone),
        consent: consent(),
    }
}

pub fn repair_input() -> RepairInput {
    RepairInput {
        kind: WorkKind::Repair,
        product: None,
        skill: "lamp".to_owned(),
        county: "330106".to_owned(),
        description: plain("灯不亮。"),
        from: None,
        until: None,
        urgent: false,
        order_number: "A3".to_owned(),
        person: person("林晓示", "13800000001"),
        consent: consent(),
    }
}

pub fn refund(fen: i64) -> ResolutionInput {
    ResolutionInput {
        kind: "refund".to_owned(),
        amount: Some(Fen(fen)),
    }
}

pub fn rejection() -> DecisionInput {
    DecisionInput {
        grant: false,
        resolution: None,
        reasons: "照片看不出这只杯子的情况。".to_owned(),
        citations: vec![CitationInput {
            rule: "pack:default/evidence".to_owned(),
            version: "1".to_owned(),
        }],
        evidence: Vec::new(),
    }
}

/// A photo of a cracked mug at somebody's home; different seeds are different people.
pub fn cracked_mug(seed: u64) -> Vec<u8> {
    let scene = Scene::new(ItemKind::Mug, 11)
        .damage(Damage::Crack, 21 + seed)
        .background(Background::ALL[usize::try_from(seed).unwrap() % 4], seed)
        .view(View::by_hand(seed));
    Camera::phone(seed).shoot(&scene, 640, 480).jpeg
}

/// The same picture saved again: other bytes, the same photo.
pub fn saved_again(seed: u64) -> Vec<u8> {
    let scene = Scene::new(ItemKind::Mug, 11)
        .damage(Damage::Crack, 21 + seed)
        .background(Background::ALL[usize::try_from(seed).unwrap() % 4], seed)
        .view(View::by_hand(seed));
    let picture = Camera::phone(seed).shoot(&scene, 640, 480).picture;
    aftercare_scene::encode_jpeg(&picture, 70, None)
}
