//! A small shop behind the router, and a client that talks to it.

use aftercare_app::app::Parts;
use aftercare_app::clock::{Clock, DemoClock, ManualClock};
use aftercare_app::import::ImportKind;
use aftercare_app::intake::{NOTICE_VERSION, PURPOSES};
use aftercare_app::notify::MemoryNotifier;
use aftercare_app::payments::FilePayments;
use aftercare_app::rng::SplitMix;
use aftercare_app::screener::DirectScreener;
use aftercare_app::{App, Plain, Principal};
use aftercare_domain::{Role, Timestamp};
use aftercare_ledger::SigningKey;
use aftercare_region::Atlas;
use aftercare_scene::{Camera, Damage, ItemKind, Scene, View};
use aftercare_server::{QuickCheckFor, RouterConfig, router};
use aftercare_store::{OpenMode, RowKey, SqliteStore};
use aftercare_vault::{KdfCost, Keyring, RootKey, Vault};
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode, header};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::{Arc, LazyLock};
use tower::ServiceExt as _;

/// Monday 2026-11-02 09:00 in China.
const START: Timestamp = Timestamp(1_793_581_200_000);
pub const PASSWORD: &str = "an invented pass phrase";
pub const HOST: &str = "desk.example";

/// Read once for all tests.
static ATLAS: LazyLock<Arc<Atlas>> = LazyLock::new(|| Arc::new(Atlas::built_in().unwrap()));

pub struct World {
    pub app: Arc<App>,
    pub router: Router,
    pub admin: Principal,
    pub folder: tempfile::TempDir,
    /// Counts what it opens.
    pub vault: Vault,
}

/// An answer, read to its end.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub bytes: Vec<u8>,
}

impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_else(|_| panic!("not JSON: {}", self.text()))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// The cookies as the browser sends them back.
    pub fn cookies(&self) -> String {
        self.headers
            .get_all(header::SET_COOKIE)
            .iter()
            .map(|value| value.to_str().unwrap().split(';').next().unwrap())
            .collect::<Vec<_>>()
            .join("; ")
    }
}

/// A request in the making.
pub struct Ask {
    method: &'static str,
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

pub fn get(path: impl Into<String>) -> Ask {
    Ask::new("GET", path)
}

pub fn post(path: impl Into<String>) -> Ask {
    Ask::new("POST", path)
}

impl Ask {
    pub fn new(method: &'static str, path: impl Into<String>) -> Self {
        Self {
            method,
            path: path.into(),
            headers: vec![("host".to_owned(), HOST.to_owned())],
            body: Vec::new(),
        }
    }

    pub fn with(mut self, name: &str, value: &str) -> Self {
        // What is said again replaces what was said before.
        self.headers.retain(|(known, _)| known != name);
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn bearer(self, token: &str) -> Self {
        self.with("authorization", &format!("Bearer {token}"))
    }

    pub fn cookie(self, cookies: &str) -> Self {
        self.with("cookie", cookies)
    }

    /// As a browser sends a form of our own page.
    pub fn same_origin(self) -> Self {
        self.with("sec-fetch-site", "same-origin")
            .with("accept", "text/html")
    }

    pub fn json(self, value: &Value) -> Self {
        let mut ask = self.with("content-type", "application/json");
        ask.body = serde_json::to_vec(value).unwrap();
        ask
    }

    pub fn form(self, fields: &[(&str, &str)]) -> Self {
        let mut ask = self.with("content-type", "application/x-www-form-urlencoded");
        ask.body = serde_urlencoded::to_string(fields).unwrap().into_bytes();
        ask
    }

    /// A multipart form with text fields and photos.
    pub fn multipart(self, fields: &[(&str, &str)], photos: &[&[u8]]) -> Self {
        let mut ask = self.with("content-type", "multipart/form-data; boundary=CUT");
        for (name, value) in fields {
            ask.body.extend_from_slice(
                format!(
                    "--CUT\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
                )
                .as_bytes(),
            );
        }
        for photo in photos {
            ask.body.extend_from_slice(
                b"--CUT\r\ncontent-disposition: form-data; name=\"photos\"; filename=\"a.jpg\"\r\ncontent-type: image/jpeg\r\n\r\n",
            );
            ask.body.extend_from_slice(photo);
            ask.body.extend_from_slice(b"\r\n");
        }
        ask.body.extend_from_slice(b"--CUT--\r\n");
        ask
    }

    /// A multipart form with files by the name of their field.
    pub fn files(self, files: &[(&str, &[u8])]) -> Self {
        let mut ask = self.with("content-type", "multipart/form-data; boundary=CUT");
        for (name, bytes) in files {
            let head = format!(
                "--CUT\r\ncontent-disposition: form-data; name=\"{name}\"; filename=\"a.jpg\"\r\n\r\n"
            );
            ask.body.extend_from_slice(head.as_bytes());
            ask.body.extend_from_slice(bytes);
            ask.body.extend_from_slice(b"\r\n");
        }
        ask.body.extend_from_slice(b"--CUT--\r\n");
        ask
    }

    pub fn body(mut self, bytes: Vec<u8>) -> Self {
        self.body = bytes;
        self
    }

    pub fn request(self) -> Request<Body> {
        let mut request = Request::builder().method(self.method).uri(self.path);
        for (name, value) in self.headers {
            request = request.header(name, value);
        }
        request.body(Body::from(self.body)).unwrap()
    }
}

impl World {
    pub async fn new() -> Self {
        Self::open_to(QuickCheckFor::Colleagues).await
    }

    /// With the quick check for those.
    pub async fn open_to(quick_check: QuickCheckFor) -> Self {
        Self::with(quick_check, Arc::new(ManualClock::new(START))).await
    }

    /// A demo's, whose clock can be moved on.
    pub async fn sandbox() -> Self {
        let clock = DemoClock::new(START);
        clock.release();
        Self::with(QuickCheckFor::Colleagues, Arc::new(clock)).await
    }

    async fn with(quick_check: QuickCheckFor, clock: Arc<dyn Clock>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let store = SqliteStore::open(&data, OpenMode::Create(&RowKey::generate().unwrap()))
            .await
            .unwrap();
        let root = RootKey::from_bytes([7; 32]);
        let keyring =
            Keyring::create(&data.join("keyring.json"), &root, KdfCost::FOR_TESTS).unwrap();
        let vault = Vault::new(keyring);
        let app = App::start(Parts {
            store: Arc::new(store),
            vault: vault.clone(),
            clock,
            rng: Arc::new(SplitMix::seeded(1)),
            screener: Arc::new(DirectScreener),
            notifier: Arc::new(MemoryNotifier::default()),
            payments: Arc::new(FilePayments::new(folder.path().join("payments.jsonl"))),
            log_key: SigningKey::generate("test.log").unwrap(),
            atlas: Arc::clone(&ATLAS),
        })
        .await
        .unwrap();
        let (tenant, invitation) = app.create_tenant("示例店", "admin").await.unwrap();
        set_password(&app, &invitation.link).await;
        let session = app
            .sign_in("admin", Plain::new(PASSWORD.to_owned()))
            .await
            .unwrap();
        let admin = app.resolve_session(&session.token).await.unwrap();
        for (kind, text) in [
            (
                ImportKind::Products,
                "code,name,skill,warranty_days\nMUG,示例杯,tableware,0\n",
            ),
            (
                ImportKind::Orders,
                "number,paid_at,delivered_at,product_code,paid\nA1,2026-10-30,2026-11-01,MUG,68.00\n",
            ),
        ] {
            let report = app
                .import(&admin, kind, text.as_bytes(), false)
                .await
                .unwrap();
            assert_eq!(report.errors, [], "{kind:?}");
        }
        let config = RouterConfig {
            tenant,
            secure: false,
            quick_check,
            trusted_proxies: Vec::new(),
            fonts: Vec::new(),
        };
        Self {
            router: router(Arc::clone(&app), config),
            app,
            admin,
            folder,
            vault,
        }
    }

    /// The data directory.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub async fn send(&self, ask: Ask) -> Answer {
        let response = self.router.clone().oneshot(ask.request()).await.unwrap();
        let (parts, body) = response.into_parts();
        Answer {
            status: parts.status,
            headers: parts.headers,
            bytes: body.collect().await.unwrap().to_bytes().to_vec(),
        }
    }

    /// The status of an answer and what is in it; of one that stays open, only the status.
    pub async fn status(&self, ask: Ask) -> (StatusCode, String) {
        let response = self.router.clone().oneshot(ask.request()).await.unwrap();
        let (parts, body) = response.into_parts();
        let open = parts
            .headers
            .get(header::CONTENT_TYPE)
            .is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"));
        if open {
            return (parts.status, String::new());
        }
        let bytes = body.collect().await.unwrap().to_bytes();
        (parts.status, String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Makes a technician of an account, who mends lamps where the repairs of these tests are.
    pub async fn technician(&self, login: &str) {
        let people = format!(
            "login,display_name,skill,counties,latitude,longitude\n{login},示例师傅,lamp,330106,30.25,120.17\n"
        );
        let report = self
            .app
            .import(
                &self.admin,
                ImportKind::Technicians,
                people.as_bytes(),
                false,
            )
            .await
            .unwrap();
        assert_eq!(report.errors, []);
    }

    /// Makes an account and gives the token of its session.
    pub async fn colleague(&self, login: &str, role: Role) -> String {
        let invitation = self
            .app
            .create_user(&self.admin, login, login, &[role])
            .await
            .unwrap();
        set_password(&self.app, &invitation.link).await;
        self.token(login).await
    }

    /// The token of a session of `login`.
    pub async fn token(&self, login: &str) -> String {
        let answer = self
            .send(post("/api/v1/sessions").json(&json!({ "login": login, "password": PASSWORD })))
            .await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
        answer.json()["token"].as_str().unwrap().to_owned()
    }
}

async fn set_password(app: &App, link: &str) {
    let token = link.rsplit('/').next().unwrap();
    app.set_password(token, Plain::new(PASSWORD.to_owned()))
        .await
        .unwrap();
}

pub fn person() -> Value {
    json!({ "name": "林晓示", "phone": "13800000001", "address": "示例省清溪市云岭区样板路 1 号" })
}

pub fn consent() -> Value {
    json!({ "notice_version": NOTICE_VERSION, "purposes": [PURPOSES[0]] })
}

pub fn repair() -> Value {
    json!({
        "kind": "repair", "skill": "lamp", "county": "330106", "description": "灯不亮。",
        "person": person(), "consent": consent(),
    })
}

pub fn claim() -> Value {
    json!({
        "order_number": "A1", "reason": "damaged", "ask": { "kind": "refund", "amount": 6_800 },
        "statement": "收到就有裂纹。", "person": person(), "consent": consent(),
    })
}

/// A photo of a cracked mug.
pub fn photo() -> Vec<u8> {
    let scene = Scene::new(ItemKind::Mug, 11)
        .damage(Damage::Crack, 21)
        .view(View::by_hand(1));
    Camera::phone(1).shoot(&scene, 320, 240).jpeg
}
