//! TLS for the listener: a certificate from files, or one that signs itself for a first try.

use crate::http::doors::sender;
use crate::limits::{HANDSHAKE_SECONDS_MAX, HANDSHAKES_MAX};
use aftercare_app::{AppError, ErrorKind};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinHandle};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// How long the listener rests after the system refused a connection (such as no file handles left).
const ACCEPT_REST: Duration = Duration::from_millis(200);

/// Where the certificate comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Tls {
    /// No TLS: allowed on loopback only.
    #[default]
    Off,
    /// A new certificate that signs itself: browsers warn once, phones can try the pages.
    SelfSigned,
    /// A certificate chain and its key, in PEM.
    Files {
        /// The chain, the server's own certificate first.
        cert: PathBuf,
        /// The private key.
        key: PathBuf,
    },
}

fn unusable(what: &str, path: &Path, why: &str) -> AppError {
    AppError::new(
        ErrorKind::Invalid,
        "tls_files",
        format!(
            "{what}文件 {} 不能用：{why}。请核对路径、权限和 PEM 格式。",
            path.display()
        ),
        format!(
            "The file {} cannot be used for TLS: {why}. Please check its path, its permissions and that it is PEM.",
            path.display()
        ),
    )
}

/// The configuration of TLS for `addr`; `None` without TLS.
///
/// # Errors
/// A file that cannot be read, or a key that does not fit its certificate.
pub fn configure(tls: &Tls, addr: SocketAddr) -> Result<Option<Arc<ServerConfig>>, AppError> {
    let (chain, key) = match tls {
        Tls::Off => return Ok(None),
        Tls::SelfSigned => self_signed(addr)?,
        Tls::Files { cert, key } => {
            let chain = CertificateDer::pem_file_iter(cert)
                .and_then(Iterator::collect::<Result<Vec<_>, _>>)
                .map_err(|error| unusable("证书", cert, &error.to_string()))?;
            if chain.is_empty() {
                return Err(unusable("证书", cert, "no certificate is in it"));
            }
            let private = PrivateKeyDer::from_pem_file(key)
                .map_err(|error| unusable("私钥", key, &error.to_string()))?;
            (chain, private)
        }
    };
    let mut config = ServerConfig::builder_with_provider(Arc::new(
        rustls::crypto::aws_lc_rs::default_provider(),
    ))
    .with_safe_default_protocol_versions()
    .map_err(|error| AppError::internal(error.to_string()))?
    .with_no_client_auth()
    .with_single_cert(chain, key)
    .map_err(|error| match tls {
        Tls::Files { cert, .. } => unusable("证书", cert, &error.to_string()),
        _ => AppError::internal(error.to_string()),
    })?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Some(Arc::new(config)))
}

fn self_signed(
    addr: SocketAddr,
) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), AppError> {
    let mut names = vec!["localhost".to_owned(), reachable(addr).to_string()];
    if addr.ip().is_unspecified() {
        names.push("127.0.0.1".to_owned());
    }
    names.dedup();
    let made = rcgen::generate_simple_self_signed(names)
        .map_err(|error| AppError::internal(format!("certificate: {error}")))?;
    let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    Ok((vec![made.cert.der().clone()], key.into()))
}

/// The address others reach us at: the one asked for, or this machine's own when any will do.
/// Nothing is sent to find it: the system only looks up which interface it would use.
#[must_use]
pub fn reachable(addr: SocketAddr) -> IpAddr {
    if !addr.ip().is_unspecified() {
        return addr.ip();
    }
    let local = || -> std::io::Result<IpAddr> {
        let socket = std::net::UdpSocket::bind((std::net::Ipv4Addr::UNSPECIFIED, 0))?;
        // TEST-NET-1 (RFC 5737): routed like any other address, belongs to nobody.
        socket.connect((std::net::Ipv4Addr::new(192, 0, 2, 1), 9))?;
        Ok(socket.local_addr()?.ip())
    };
    local().unwrap_or(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST))
}

/// Accepts connections and shakes hands beside each other, so that a slow client holds up nobody.
pub struct TlsListener {
    local: SocketAddr,
    ready: mpsc::Receiver<(TlsStream<TcpStream>, SocketAddr)>,
    task: JoinHandle<()>,
}

impl TlsListener {
    /// Listens with that configuration.
    ///
    /// # Errors
    /// Whatever the socket says of its own address.
    pub fn new(listener: TcpListener, config: Arc<ServerConfig>) -> std::io::Result<Self> {
        let local = listener.local_addr()?;
        let (done, ready) = mpsc::channel(HANDSHAKES_MAX);
        let task = tokio::spawn(accept(listener, TlsAcceptor::from(config), done));
        Ok(Self { local, ready, task })
    }
}

impl Drop for TlsListener {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Handshakes that are under way, the oldest first.
#[derive(Default)]
struct Shaking(Vec<(IpAddr, AbortHandle)>);

impl Shaking {
    /// Makes room for one more. Where there is none, the oldest handshake ends of whoever has most of them: a crowd of silent
    /// connections keeps itself out, and nobody else.
    fn make_room(&mut self) {
        self.0.retain(|(_, handshake)| !handshake.is_finished());
        if self.0.len() < HANDSHAKES_MAX {
            return;
        }
        let mut of: HashMap<IpAddr, usize> = HashMap::new();
        for (address, _) in &self.0 {
            *of.entry(*address).or_default() += 1;
        }
        let most = of.values().copied().max().unwrap_or_default();
        let oldest = self
            .0
            .iter()
            .position(|(address, _)| of.get(address) == Some(&most));
        if let Some(oldest) = oldest {
            self.0.remove(oldest).1.abort();
        }
    }
}

async fn accept(
    listener: TcpListener,
    acceptor: TlsAcceptor,
    done: mpsc::Sender<(TlsStream<TcpStream>, SocketAddr)>,
) {
    let mut shaking = Shaking::default();
    loop {
        let (stream, peer) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "a connection was not accepted");
                tokio::time::sleep(ACCEPT_REST).await;
                continue;
            }
        };
        shaking.make_room();
        let (acceptor, done) = (acceptor.clone(), done.clone());
        let handshake = tokio::spawn(async move {
            let limit = Duration::from_secs(HANDSHAKE_SECONDS_MAX);
            match tokio::time::timeout(limit, acceptor.accept(stream)).await {
                // Nobody takes it: the server is stopping.
                Ok(Ok(stream)) => {
                    let _ = done.send((stream, peer)).await;
                }
                Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
                Err(_) => tracing::debug!("a TLS handshake took too long"),
            }
        });
        shaking
            .0
            .push((sender(peer.ip()), handshake.abort_handle()));
    }
}

impl axum::serve::Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        match self.ready.recv().await {
            Some(accepted) => accepted,
            // The accepting task is gone, so nothing will come any more.
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        Ok(self.local)
    }
}
