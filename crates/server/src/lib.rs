//! REST and pages of Aftercare over HTTP.
//!
//! The only crate that answers HTTP. It establishes who asks, reads what comes under limits, calls
//! the application, and writes JSON or pages; it decides nothing itself.

pub mod api;
pub mod assets;
pub mod handlers;
pub mod http;
pub mod i18n;
pub mod limits;
pub mod pages;

pub use http::exchange::{
    ExchangeAnswer, ExchangeAsked, Operates, exchange_router, serve_exchange,
};
pub use http::listen::{Bound, ServeConfig, bind, serve};
pub use http::qr::qr;
pub use http::state::{QuickCheckFor, RouterConfig};
pub use http::tls::Tls;
pub use http::witness::{Cosigned, Cosigns, serve_witness, witness_router};

use aftercare_app::App;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use http::state::Server;
use http::table::Routes;
use std::sync::Arc;
use tower::ServiceBuilder;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, NotForContentType, Predicate as _};

/// Every route, ready to be called: what [`serve`] answers with, and what tests call without a
/// socket.
pub fn router(app: Arc<App>, config: RouterConfig) -> axum::Router {
    router_of(Server::new(app, config))
}

pub(crate) fn router_of(server: Server) -> axum::Router {
    // The first scrape must not miss the first requests.
    let _ = http::state::metrics();
    let routes = routes()
        .into_router()
        .layer(DefaultBodyLimit::max(limits::UPLOAD_BYTES_MAX))
        .layer(from_fn_with_state(server.clone(), http::busy::layer))
        .layer(from_fn_with_state(server.clone(), http::doors::layer))
        .layer(from_fn_with_state(server.clone(), http::csrf::layer))
        .layer(from_fn_with_state(server.clone(), http::observe::layer))
        .layer(from_fn_with_state(server.clone(), http::headers::layer))
        // A clip is compressed already, and its parts are counted in its own bytes; so is a voice note.
        .layer(
            CompressionLayer::new().compress_when(
                DefaultPredicate::new()
                    .and(NotForContentType::const_new("video/"))
                    .and(NotForContentType::const_new("audio/")),
            ),
        )
        .with_state(server.clone());
    // Around the routes, since a path is matched before the layers of a router run.
    let named = ServiceBuilder::new()
        .layer(from_fn_with_state(server, http::both_names::layer))
        .service(routes);
    axum::Router::new().fallback_service(named)
}

fn routes() -> Routes {
    api::table()
        .merge(handlers::routes())
        .route("/checkpoint", get(api::log::checkpoint))
        .route("/tile/{*path}", get(api::log::tile))
        .route("/renewal.json", get(api::log::renewal))
        .route("/healthz", get(http::health::alive))
        .route("/readyz", get(http::health::ready))
        .route("/metrics", get(http::health::prometheus))
}

/// Every path that [`router`] answers, as its route has it: `/desk/cases/{case}`.
#[must_use]
pub fn paths() -> Vec<String> {
    routes().paths().to_vec()
}
