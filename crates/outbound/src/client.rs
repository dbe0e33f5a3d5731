//! One request at a time to a vetted address.

use crate::error::OutboundError;
use crate::limits::{
    ADDRESSES_TRIED_MAX, ANSWER_BYTES_MAX, CONNECT_MAX, FREE_PORT_MIN, HEAD_BYTES_MAX, HEADERS_MAX,
    MAIL_PORTS, OBJECT_BYTES_MAX, REQUEST_MAX, RESOLVE_MAX, SENT_BYTES_MAX, WEB_PORTS,
};
use crate::line::Line;
use crate::resolve::{Resolve, SystemResolver};
use crate::target::Target;
use crate::vet::{Network, not_public};
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Bytes};
use hyper::header::{HOST, HeaderName, HeaderValue, USER_AGENT};
use hyper::http::request;
use hyper::{HeaderMap, Method, Request, Response};
use hyper_util::rt::TokioIo;
use lettre::transport::smtp::client::AsyncTokioStream;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// How we call ourselves.
const AGENT: &str = concat!("aftercare/", env!("CARGO_PKG_VERSION"));

/// What an operator decides about outgoing connections.
#[derive(Clone, Default)]
pub struct Settings {
    /// Networks that may be spoken to although they are not public, also without encryption: an intranet, a test.
    pub allowed: Vec<Network>,
    /// Authorities that are trusted besides those of the machine.
    pub authorities: Vec<CertificateDer<'static>>,
    /// How long a request may take in all; [`REQUEST_MAX`] when none is given.
    pub patience: Option<Duration>,
}

/// What was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status, such as 200. One that redirects is an answer like any other.
    pub status: u16,
    /// Seconds that the answer asks to wait (`Retry-After` as a number).
    pub retry_after_s: Option<u32>,
    /// The body, or its beginning.
    pub body: Vec<u8>,
    /// Whether more would have come than is read.
    pub cut: bool,
    /// What the other side calls these bytes (`ETag`), as it wrote it.
    pub etag: Option<String>,
    /// Whether a storage of objects has only marked as removed what was to be removed, and keeps it as an earlier version
    /// (`x-amz-delete-marker`).
    pub keeps_version: bool,
}

/// How a storage of objects is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObjectMethod {
    /// Whether it is there.
    Head,
    /// Its bytes.
    Get,
    /// Keep these bytes.
    Put,
    /// Begin or end something that has several steps.
    Post,
    /// Give something up.
    Delete,
}

/// Makes outgoing requests. Connections are not kept: each request resolves, vets and connects anew.
pub struct Client {
    allowed: Vec<Network>,
    patience: Duration,
    resolver: Arc<dyn Resolve>,
    tls: TlsConnector,
    /// The same, for what is no conversation in HTTP.
    mail_tls: TlsConnector,
    /// No authority at all is trusted: said before a certificate is blamed.
    trusts_nobody: bool,
}

impl Client {
    /// A client that resolves as the machine does and trusts whom the machine trusts.
    ///
    /// # Errors
    /// An authority of the settings that is not a certificate, as text.
    pub fn new(settings: &Settings) -> Result<Self, String> {
        Self::with_resolver(settings, Arc::new(SystemResolver))
    }

    /// A client with another way to resolve names.
    ///
    /// # Errors
    /// As [`Client::new`].
    pub fn with_resolver(settings: &Settings, resolver: Arc<dyn Resolve>) -> Result<Self, String> {
        let mut roots = RootCertStore::empty();
        let native = rustls_native_certs::load_native_certs();
        for error in &native.errors {
            tracing::warn!(%error, "an authority of this machine could not be read");
        }
        // Some machines keep old entries that rustls does not read; the others count.
        roots.add_parsable_certificates(native.certs);
        for authority in &settings.authorities {
            roots
                .add(authority.clone())
                .map_err(|error| format!("an authority is not a certificate: {error}"))?;
        }
        let trusts_nobody = roots.is_empty();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let mail_tls = TlsConnector::from(Arc::new(config.clone()));
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self {
            allowed: settings.allowed.clone(),
            patience: settings.patience.unwrap_or(REQUEST_MAX),
            resolver,
            tls: TlsConnector::from(Arc::new(config)),
            mail_tls,
            trusts_nobody,
        })
    }

    /// Whether the operator named networks that may be spoken to without encryption.
    #[must_use]
    pub fn allows_private(&self) -> bool {
        !self.allowed.is_empty()
    }

    /// Sends a body and gives the answer, whatever its status.
    ///
    /// # Errors
    /// Why there was none. Whether the other side took the request is unknown then: send it again with the same id.
    pub async fn post(
        &self,
        target: &Target,
        headers: &[(&'static str, &str)],
        body: Vec<u8>,
    ) -> Result<Answer, OutboundError> {
        if body.len() > SENT_BYTES_MAX {
            return Err(OutboundError::TooLarge { bytes: body.len() });
        }
        let mut request = Request::post(target.path());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.ask(target, request, body).await
    }

    /// Reads what stands at an address, whatever the status of the answer.
    ///
    /// # Errors
    /// Why there was no answer.
    pub async fn get(&self, target: &Target) -> Result<Answer, OutboundError> {
        self.ask(target, Request::get(target.path()), Vec::new())
            .await
    }

    /// Asks a storage of objects: with a method of its own, up to [`OBJECT_BYTES_MAX`] there and back.
    ///
    /// # Errors
    /// Why there was no answer, and a body that is larger.
    pub async fn object(
        &self,
        method: ObjectMethod,
        target: &Target,
        headers: &[(&'static str, &str)],
        body: Vec<u8>,
    ) -> Result<Answer, OutboundError> {
        if body.len() > OBJECT_BYTES_MAX {
            return Err(OutboundError::TooLarge { bytes: body.len() });
        }
        let method = match method {
            ObjectMethod::Head => Method::HEAD,
            ObjectMethod::Get => Method::GET,
            ObjectMethod::Put => Method::PUT,
            ObjectMethod::Post => Method::POST,
            ObjectMethod::Delete => Method::DELETE,
        };
        let mut request = Request::builder().method(method).uri(target.path());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.ask_for(target, request, body, OBJECT_BYTES_MAX).await
    }

    async fn ask(
        &self,
        target: &Target,
        request: request::Builder,
        body: Vec<u8>,
    ) -> Result<Answer, OutboundError> {
        self.ask_for(target, request, body, ANSWER_BYTES_MAX).await
    }

    /// Reads at most `room` bytes of the answer.
    async fn ask_for(
        &self,
        target: &Target,
        request: request::Builder,
        body: Vec<u8>,
        room: usize,
    ) -> Result<Answer, OutboundError> {
        let mut request = request
            .body(Full::new(Bytes::from(body)))
            .map_err(|error| OutboundError::NotHttp {
                host: target.host().to_owned(),
                why: error.to_string(),
            })?;
        name_both(request.headers_mut(), target)?;
        let too_slow = || OutboundError::TooSlow {
            host: target.host().to_owned(),
        };
        timeout(self.patience, self.send(target, request, room))
            .await
            .map_err(|_| too_slow())?
    }

    async fn send(
        &self,
        target: &Target,
        request: Request<Full<Bytes>>,
        room: usize,
    ) -> Result<Answer, OutboundError> {
        let addresses = self.vetted(target).await?;
        let stream = connect(target, &addresses).await?;
        if !target.encrypted() {
            return exchange(target, stream, request, room).await;
        }
        let stream = self.encrypted(&self.tls, target, stream).await?;
        exchange(target, stream, request, room).await
    }

    /// How long one piece of work with another server may take in all.
    pub(crate) const fn patience(&self) -> Duration {
        self.patience
    }

    /// A connection to a vetted address of a mail server, encrypted where the target says so.
    pub(crate) async fn mail_line(
        &self,
        target: &Target,
    ) -> Result<Box<dyn AsyncTokioStream>, OutboundError> {
        let addresses = self.vetted(target).await?;
        let stream = connect(target, &addresses).await?;
        let peer = stream
            .peer_addr()
            .map_err(|error| OutboundError::Unreachable {
                host: target.host().to_owned(),
                why: error.to_string(),
            })?;
        if !target.encrypted() {
            return Ok(Box::new(Line::new(stream, peer)));
        }
        let stream = self.encrypted(&self.mail_tls, target, stream).await?;
        Ok(Box::new(Line::new(stream, peer)))
    }

    async fn encrypted(
        &self,
        tls: &TlsConnector,
        target: &Target,
        stream: TcpStream,
    ) -> Result<TlsStream<TcpStream>, OutboundError> {
        let untrusted = |why: String| OutboundError::Untrusted {
            host: target.host().to_owned(),
            why,
        };
        if self.trusts_nobody {
            return Err(untrusted(
                "this machine trusts no authority (install ca-certificates, or name a file in SSL_CERT_FILE)"
                    .to_owned(),
            ));
        }
        let name = ServerName::try_from(target.host().to_owned())
            .map_err(|error| untrusted(error.to_string()))?;
        tls.connect(name, stream)
            .await
            .map_err(|error| untrusted(error.to_string()))
    }

    /// The addresses of the target that may be spoken to, and nothing else is connected to.
    async fn vetted(&self, target: &Target) -> Result<Vec<SocketAddr>, OutboundError> {
        let unresolved = || OutboundError::Unresolved {
            host: target.host().to_owned(),
        };
        let found = timeout(RESOLVE_MAX, self.resolver.resolve(target.host()))
            .await
            .map_err(|_| unresolved())?
            .map_err(|_| unresolved())?;
        let mut refused = None;
        let mut good = Vec::new();
        for address in found {
            match self.why_not(address, target) {
                None => good.push(SocketAddr::new(address.to_canonical(), target.port())),
                Some(why) => {
                    refused.get_or_insert((address, why));
                }
            }
        }
        good.truncate(ADDRESSES_TRIED_MAX);
        match refused {
            Some((address, why)) if good.is_empty() => Err(OutboundError::Refused {
                host: target.host().to_owned(),
                address,
                why,
            }),
            _ if good.is_empty() => Err(unresolved()),
            _ => Ok(good),
        }
    }

    fn why_not(&self, address: IpAddr, target: &Target) -> Option<&'static str> {
        if self.allowed.iter().any(|network| network.contains(address)) {
            return None;
        }
        if let Some(why) = not_public(address) {
            return Some(why);
        }
        if !target.encrypted() {
            return Some("a public address needs an encrypted connection (https, smtps)");
        }
        if target.is_mail() {
            return (!MAIL_PORTS.contains(&target.port()))
                .then_some("not a port of encrypted mail");
        }
        let web = WEB_PORTS.contains(&target.port()) || target.port() >= FREE_PORT_MIN;
        (!web).then_some("not a port of the web")
    }
}

/// Says whom is asked and who asks.
fn name_both(headers: &mut HeaderMap, target: &Target) -> Result<(), OutboundError> {
    let host =
        HeaderValue::from_str(target.authority()).map_err(|error| OutboundError::NotHttp {
            host: target.host().to_owned(),
            why: error.to_string(),
        })?;
    headers.insert(HOST, host);
    headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
    headers.insert(
        HeaderName::from_static("connection"),
        HeaderValue::from_static("close"),
    );
    Ok(())
}

/// Connects to the first of the addresses that accepts.
async fn connect(target: &Target, addresses: &[SocketAddr]) -> Result<TcpStream, OutboundError> {
    let mut last = "no address".to_owned();
    for address in addresses {
        match timeout(CONNECT_MAX, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => last = error.to_string(),
            Err(_) => "no answer in time".clone_into(&mut last),
        }
    }
    Err(OutboundError::Unreachable {
        host: target.host().to_owned(),
        why: last,
    })
}

/// One request and its answer over a connection, which ends with it.
async fn exchange<S>(
    target: &Target,
    stream: S,
    request: Request<Full<Bytes>>,
    room: usize,
) -> Result<Answer, OutboundError>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let not_http = |error: hyper::Error| OutboundError::NotHttp {
        host: target.host().to_owned(),
        why: error.to_string(),
    };
    let (mut sender, connection) = hyper::client::conn::http1::Builder::new()
        .max_buf_size(HEAD_BYTES_MAX)
        .max_headers(HEADERS_MAX)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(not_http)?;
    // Driven beside the request and not on a task of its own: when the time is over, it is dropped with it.
    let mut connection = std::pin::pin!(connection);
    let answer = async move { read(sender.send_request(request).await?, room).await };
    let mut answer = std::pin::pin!(answer);
    let answered = tokio::select! {
        biased;
        answered = &mut answer => answered,
        // The connection can be through before its last bytes are read.
        _ = &mut connection => answer.await,
    };
    answered.map_err(not_http)
}

async fn read(
    response: Response<hyper::body::Incoming>,
    most: usize,
) -> Result<Answer, hyper::Error> {
    let status = response.status().as_u16();
    let retry_after_s = response
        .headers()
        .get(hyper::header::RETRY_AFTER)
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.trim().parse().ok());
    let etag = response
        .headers()
        .get(hyper::header::ETAG)
        .and_then(|value| value.to_str().ok())
        .map(str::to_owned);
    let keeps_version = response
        .headers()
        .get("x-amz-delete-marker")
        .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"true"));
    let mut incoming = response.into_body();
    let mut answer = Answer {
        status,
        retry_after_s,
        body: Vec::new(),
        cut: false,
        etag,
        keeps_version,
    };
    while !incoming.is_end_stream() {
        let Some(frame) = incoming.frame().await else {
            break;
        };
        let Ok(data) = frame?.into_data() else {
            continue;
        };
        let room = most - answer.body.len();
        answer.body.extend_from_slice(&data[..data.len().min(room)]);
        if data.len() > room {
            answer.cut = true;
            break;
        }
    }
    Ok(answer)
}
