//! What handlers are given: the application and how this server is set up.

use crate::http::busy::{Pace, Room};
use crate::http::doors::Paces;
use crate::http::places::Places;
use crate::limits;
use aftercare_app::{App, Network};
use aftercare_domain::ids::TenantId;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use tokio::sync::{Semaphore, watch};

/// Upper ends of the buckets of request times, in seconds.
const SECONDS_BUCKETS: [f64; 11] = [
    0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0,
];

/// For whom the quick check of a photo is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum QuickCheckFor {
    /// Colleagues who are signed in, and programs with a token.
    #[default]
    Colleagues,
    /// Everybody who opens the page.
    Everybody,
}

/// How the routes behave.
#[derive(Clone, Debug)]
pub struct RouterConfig {
    /// Whose pages the public ones are: reports and claims go to this tenant.
    pub tenant: TenantId,
    /// Whether people reach us over TLS: cookies are `Secure` then, and carry the `__Host-` prefix.
    pub secure: bool,
    /// For whom the quick check is.
    pub quick_check: QuickCheckFor,
    /// Proxies on other machines whose word about the sender is taken, as that of one on this machine is.
    pub trusted_proxies: Vec<Network>,
    /// Fonts that papers as PDF take for characters which the embedded one lacks; the machine's own are asked after them.
    pub fonts: Vec<PathBuf>,
}

/// The state of every route.
#[derive(Clone)]
pub struct Server(Arc<Inner>);

struct Inner {
    app: Arc<App>,
    config: RouterConfig,
    streams: Places,
    packs: Places,
    clips: Places,
    imports: Places,
    searches: Places,
    searches_of_strangers: Places,
    uploads: Room,
    intakes: Pace,
    fair_intakes: Paces,
    doors: Paces,
    computed: Paces,
    pieces: Paces,
    accounts: Paces<String>,
    quick_checks: Pace,
    quick_check_room: Semaphore,
    closing: watch::Sender<bool>,
}

impl Server {
    /// The state for an application.
    #[must_use]
    pub fn new(app: Arc<App>, config: RouterConfig) -> Self {
        Self(Arc::new(Inner {
            app,
            config,
            streams: Places::new(limits::STREAMS_MAX, limits::STREAMS_OF_ONE_MAX),
            packs: Places::new(limits::PACKS_MAX, limits::PACKS_OF_ONE_MAX),
            clips: Places::new(limits::CLIPS_MAX, limits::CLIPS_OF_ONE_MAX),
            imports: Places::new(limits::IMPORTS_MAX, limits::IMPORTS_OF_ONE_MAX),
            searches: Places::new(limits::SEARCHES_MAX, limits::SEARCHES_OF_TENANT_MAX),
            searches_of_strangers: Places::new(
                limits::SEARCHES_MAX,
                limits::SEARCHES_OF_STRANGERS_MAX,
            ),
            uploads: Room::new(),
            intakes: Pace::new(crate::limits::INTAKES_PER_MINUTE_MAX),
            fair_intakes: Paces::new(limits::INTAKES_FAIR_PER_MINUTE_MAX),
            doors: Paces::new(crate::limits::DOORS_PER_MINUTE_MAX),
            computed: Paces::new(crate::limits::COMPUTED_PER_MINUTE_MAX),
            pieces: Paces::new(crate::limits::PIECES_PER_MINUTE_MAX),
            accounts: Paces::new(crate::limits::OF_ACCOUNT_PER_MINUTE_MAX),
            quick_checks: Pace::new(crate::limits::QUICK_CHECKS_PER_MINUTE_MAX),
            quick_check_room: Semaphore::new(crate::limits::QUICK_CHECKS_MAX),
            closing: watch::Sender::new(false),
        }))
    }

    /// The application.
    #[must_use]
    pub fn app(&self) -> &App {
        &self.0.app
    }

    /// How the routes behave.
    #[must_use]
    pub fn config(&self) -> &RouterConfig {
        &self.0.config
    }

    /// Room for open streams of changes.
    #[must_use]
    pub fn streams(&self) -> &Places {
        &self.0.streams
    }

    /// Room for papers of cases.
    #[must_use]
    pub fn packs(&self) -> &Places {
        &self.0.packs
    }

    /// Room for clips that are played.
    #[must_use]
    pub fn clips(&self) -> &Places {
        &self.0.clips
    }

    /// Room for imports.
    #[must_use]
    pub fn imports(&self) -> &Places {
        &self.0.imports
    }

    /// Room for times that are looked for and addresses that are read, for each shop.
    #[must_use]
    pub fn searches(&self) -> &Places {
        &self.0.searches
    }

    /// How much of it people have who are not signed in.
    #[must_use]
    pub fn searches_of_strangers(&self) -> &Places {
        &self.0.searches_of_strangers
    }

    /// Room for requests with photos.
    #[must_use]
    pub fn uploads(&self) -> &Room {
        &self.0.uploads
    }

    /// The pace of reports of people who are not signed in.
    #[must_use]
    pub fn intakes(&self) -> &Pace {
        &self.0.intakes
    }

    /// The pace of them for each network that is kept when there are many.
    #[must_use]
    pub fn fair_intakes(&self) -> &Paces {
        &self.0.fair_intakes
    }

    /// The pace at the doors, for each address.
    #[must_use]
    pub fn doors(&self) -> &Paces {
        &self.0.doors
    }

    /// The pace of what is computed for people who are not signed in, for each address.
    #[must_use]
    pub fn computed(&self) -> &Paces {
        &self.0.computed
    }

    /// The pace of photos that go ahead of their form, for each address.
    #[must_use]
    pub fn pieces(&self) -> &Paces {
        &self.0.pieces
    }

    /// The pace of whoever is signed in, for each account and each case of a claimant.
    #[must_use]
    pub fn accounts(&self) -> &Paces<String> {
        &self.0.accounts
    }

    /// The pace of quick checks.
    #[must_use]
    pub fn quick_checks(&self) -> &Pace {
        &self.0.quick_checks
    }

    /// Room for quick checks.
    #[must_use]
    pub fn quick_check_room(&self) -> &Semaphore {
        &self.0.quick_check_room
    }

    /// Tells open streams to end.
    pub fn close(&self) {
        self.0.closing.send_replace(true);
    }

    /// Becomes `true` when the server stops.
    #[must_use]
    pub fn closing(&self) -> watch::Receiver<bool> {
        self.0.closing.subscribe()
    }
}

/// The recorder of this process; the first server installs it.
#[must_use]
pub fn metrics() -> &'static PrometheusHandle {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    HANDLE.get_or_init(|| {
        let builder = || {
            PrometheusBuilder::new()
                .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS_BUCKETS)
                .unwrap_or_default()
        };
        match builder().install_recorder() {
            Ok(handle) => handle,
            // Somebody embeds us and has a recorder of their own: ours shows nothing then.
            Err(error) => {
                tracing::warn!(%error, "another recorder of metrics is installed");
                builder().build_recorder().handle()
            }
        }
    })
}
