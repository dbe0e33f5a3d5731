//! The listener: where, with or without TLS, until when.

use crate::http::crowd::Crowd;
use crate::http::doors::Peer;
use crate::http::patience::Patient;
use crate::http::reading::Reading;
use crate::http::state::{QuickCheckFor, RouterConfig, Server};
use crate::http::tls::{self, Tls, TlsListener};
use crate::limits::{DRAIN_SECONDS_MAX, HEAD_SECONDS_MAX, PORTS_TRIED_MAX};
use aftercare_app::{App, AppError, ErrorKind, Network};
use aftercare_domain::ids::TenantId;
use axum::Router;
use axum::body::Body;
use axum::serve::Listener;
use hyper::body::Incoming;
use hyper::server::conn::http1::Builder;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use rustls::ServerConfig;
use std::future::Future;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tower::ServiceExt as _;

/// Where and how to listen.
#[derive(Clone, Debug)]
pub struct ServeConfig {
    /// The address; port 0 takes any free one.
    pub listen: SocketAddr,
    /// With or without TLS.
    pub tls: Tls,
    /// A proxy on this machine speaks TLS for us: cookies are `Secure` although we hear plain HTTP.
    pub behind_tls_proxy: bool,
    /// When the port is taken, the next free one is fine (the demo).
    pub other_port_if_taken: bool,
    /// Whose pages the public ones are.
    pub tenant: TenantId,
    /// For whom the quick check of a photo is.
    pub quick_check: QuickCheckFor,
    /// Proxies on other machines whose word about the sender is taken.
    pub trusted_proxies: Vec<Network>,
    /// Fonts for papers as PDF, see [`RouterConfig::fonts`].
    pub fonts: Vec<PathBuf>,
}

/// A socket that listens, before anything is answered on it.
pub struct Bound {
    /// The address, with the port that was given.
    pub addr: SocketAddr,
    listener: TcpListener,
    tls: Option<Arc<ServerConfig>>,
    secure: bool,
    tenant: TenantId,
    quick_check: QuickCheckFor,
    trusted_proxies: Vec<Network>,
    fonts: Vec<PathBuf>,
}

fn taken(addr: SocketAddr) -> AppError {
    AppError::new(
        ErrorKind::Invalid,
        "port_taken",
        format!("{addr} 已被别的程序占用。请换一个端口（--listen），或先停掉那个程序。"),
        format!(
            "{addr} is in use by another program. Please choose another port with --listen, or stop that program."
        ),
    )
}

fn not_bound(addr: SocketAddr, error: &std::io::Error) -> AppError {
    match error.kind() {
        std::io::ErrorKind::AddrInUse => taken(addr),
        std::io::ErrorKind::PermissionDenied => AppError::new(
            ErrorKind::Invalid,
            "port_privileged",
            format!(
                "没有权限在 {addr} 监听：1024 以下的端口需要特权。请换一个端口，或由反向代理转发。"
            ),
            format!(
                "Listening on {addr} is not permitted: ports below 1024 need a privilege. Please choose another port, or put a reverse proxy in front."
            ),
        ),
        _ => AppError::new(
            ErrorKind::Invalid,
            "listen_address",
            format!("不能在 {addr} 监听：{error}。请核对本机的地址。"),
            format!(
                "Listening on {addr} failed: {error}. Please check that the address is one of this machine's."
            ),
        ),
    }
}

/// Opens the socket.
///
/// # Errors
/// An address that others can reach without TLS, a port that is taken, TLS files that do not work.
pub async fn bind(config: &ServeConfig) -> Result<Bound, AppError> {
    let wanted = config.listen;
    if config.tls == Tls::Off && !wanted.ip().is_loopback() {
        return Err(AppError::new(
            ErrorKind::Invalid,
            "tls_required",
            format!(
                "{wanted} 可以从别的机器访问，必须使用 TLS：加上 --tls-cert 和 --tls-key，或者 --tls self-signed 试用；也可以监听 127.0.0.1，由反向代理提供 TLS。"
            ),
            format!(
                "{wanted} can be reached from other machines, so it needs TLS: give --tls-cert and --tls-key, or --tls self-signed to try it out; or listen on 127.0.0.1 behind a reverse proxy that speaks TLS."
            ),
        ));
    }
    let listener = match TcpListener::bind(wanted).await {
        Ok(listener) => listener,
        Err(error)
            if error.kind() == std::io::ErrorKind::AddrInUse && config.other_port_if_taken =>
        {
            another(wanted).await?
        }
        Err(error) => return Err(not_bound(wanted, &error)),
    };
    let addr = listener
        .local_addr()
        .map_err(|error| not_bound(wanted, &error))?;
    let tls = tls::configure(&config.tls, addr)?;
    Ok(Bound {
        addr,
        secure: tls.is_some() || config.behind_tls_proxy,
        listener,
        tls,
        tenant: config.tenant,
        quick_check: config.quick_check,
        trusted_proxies: config.trusted_proxies.clone(),
        fonts: config.fonts.clone(),
    })
}

/// The next free port above the taken one, or any at all.
async fn another(wanted: SocketAddr) -> Result<TcpListener, AppError> {
    for step in 1..=PORTS_TRIED_MAX {
        let Some(port) = wanted.port().checked_add(step) else {
            break;
        };
        if let Ok(listener) = TcpListener::bind(SocketAddr::new(wanted.ip(), port)).await {
            return Ok(listener);
        }
    }
    TcpListener::bind(SocketAddr::new(wanted.ip(), 0))
        .await
        .map_err(|_| taken(wanted))
}

impl Bound {
    /// The address for a browser, such as `https://192.0.2.7:8443`.
    #[must_use]
    pub fn url(&self) -> String {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        let reached = SocketAddr::new(tls::reachable(self.addr), self.addr.port());
        format!("{scheme}://{reached}")
    }

    /// Answers until `shutdown` is ready, then lets running requests end.
    ///
    /// # Errors
    /// Whatever ends the listener.
    pub async fn serve(
        self,
        app: Arc<App>,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), AppError> {
        let server = Server::new(
            app,
            RouterConfig {
                tenant: self.tenant,
                secure: self.secure,
                quick_check: self.quick_check,
                trusted_proxies: self.trusted_proxies.clone(),
                fonts: self.fonts,
            },
        );
        let router = crate::router_of(server.clone());
        let stopping = {
            let server = server.clone();
            async move {
                shutdown.await;
                // Streams would hold the server up for ever.
                server.close();
            }
        };
        let crowd = Crowd::new(self.trusted_proxies.clone());
        let served = async {
            match self.tls {
                None => answer(self.listener, router, crowd, stopping).await,
                Some(config) => {
                    let listener = TlsListener::new(self.listener, config)?;
                    answer(listener, router, crowd, stopping).await;
                }
            }
            std::io::Result::Ok(())
        };
        let mut closing = server.closing();
        let overdue = async move {
            // An error means that nobody can order the stop any more, so it is not overdue.
            if closing.wait_for(|closing| *closing).await.is_err() {
                std::future::pending::<()>().await;
            }
            tokio::time::sleep(Duration::from_secs(DRAIN_SECONDS_MAX)).await;
        };
        tokio::select! {
            result = served => result.map_err(|error| AppError::internal(format!("listener: {error}"))),
            () = overdue => {
                tracing::warn!("requests were still running and were cut off");
                Ok(())
            }
        }
    }
}

/// Answers every connection until `stopping` is ready, then waits for those that are busy. As
/// `axum::serve`, but a client that does not finish the head of a request, whose body stops or drips, or who does not read what
/// is answered, is let go, and one address has only so many connections.
async fn answer<L: Listener<Addr = SocketAddr>>(
    mut listener: L,
    router: Router,
    crowd: Crowd,
    stopping: impl Future<Output = ()>,
) {
    // HTTP/1.1 alone, as the TLS handshake offers it.
    let mut builder = Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_secs(HEAD_SECONDS_MAX));
    let connections = GracefulShutdown::new();
    let mut stopping = pin!(stopping);
    loop {
        let (stream, peer) = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stopping => break,
        };
        let Some(place) = crowd.enter(peer.ip()) else {
            tracing::debug!("an address has too many connections");
            continue;
        };
        let service = router
            .clone()
            .map_request(move |request: axum::http::Request<Incoming>| {
                let mut request = request.map(|body| Body::new(Patient::new(Body::new(body))));
                request.extensions_mut().insert(Peer(peer.ip()));
                request
            });
        let connection = builder.serve_connection(
            TokioIo::new(Reading::new(stream)),
            TowerToHyperService::new(service),
        );
        let watched = connections.watch(connection);
        tokio::spawn(async move {
            let _place = place;
            if let Err(error) = watched.await {
                tracing::debug!(%error, "a connection ended early");
            }
        });
    }
    drop(listener);
    connections.shutdown().await;
}

/// Listens and answers until `shutdown` is ready.
///
/// # Errors
/// As [`bind`] and [`Bound::serve`].
pub async fn serve(
    app: Arc<App>,
    config: ServeConfig,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), AppError> {
    bind(&config).await?.serve(app, shutdown).await
}
