//! A connection to the program that is kept open: one request after another, each answer read to its end.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1::SendRequest;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, HOST};
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use serde::de::DeserializeOwned;
use tokio::net::TcpStream;

/// How long an answer may take before the run fails.
const ANSWER_MAX: Duration = Duration::from_secs(60);
/// How long an import may take: it is one transaction.
pub const IMPORT_MAX: Duration = Duration::from_secs(110);
/// Bytes of an answer that are read.
const ANSWER_BYTES_MAX: usize = 8 << 20;

pub const JSON: &str = "application/json";
pub const FORM: &str = "application/x-www-form-urlencoded";
pub const CSV: &str = "text/csv";

/// Who asks, and how they say so.
#[derive(Debug, Clone, Copy)]
pub enum Who<'a> {
    Nobody,
    /// A program or a person that speaks to the API.
    Token(&'a str),
    /// A person's browser.
    Cookie(&'a str),
}

/// A request.
#[derive(Debug)]
pub struct Ask<'a> {
    pub method: Method,
    pub path: &'a str,
    pub who: Who<'a>,
    pub content: &'static str,
    pub body: Vec<u8>,
    /// Sent so that the same request is carried out once.
    pub key: Option<String>,
    pub patience: Duration,
}

impl<'a> Ask<'a> {
    pub fn get(path: &'a str, who: Who<'a>) -> Self {
        Self {
            method: Method::GET,
            path,
            who,
            content: JSON,
            body: Vec::new(),
            key: None,
            patience: ANSWER_MAX,
        }
    }

    pub fn post(path: &'a str, who: Who<'a>, content: &'static str, body: Vec<u8>) -> Self {
        Self {
            method: Method::POST,
            content,
            body,
            ..Self::get(path, who)
        }
    }
}

/// A whole answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: Bytes,
}

impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_slice(&self.body).with_context(|| self.text())
    }
}

/// A connection.
pub struct Connection {
    address: SocketAddr,
    sender: SendRequest<Full<Bytes>>,
}

async fn sender(address: SocketAddr) -> Result<SendRequest<Full<Bytes>>> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    // It ends with its sender; what went wrong with it is told by the request that waits.
    tokio::spawn(async move {
        let _ = connection.await;
    });
    Ok(sender)
}

impl Connection {
    pub async fn open(address: SocketAddr) -> Result<Self> {
        let sender = sender(address).await?;
        Ok(Self { address, sender })
    }

    /// Sends a request and reads its answer.
    pub async fn ask(&mut self, ask: Ask<'_>) -> Result<Answer> {
        let what = format!("{} {}", ask.method, ask.path);
        let patience = ask.patience;
        let answer = tokio::time::timeout(patience, self.answer(ask)).await;
        answer
            .with_context(|| format!("{what}: no answer within {} s", patience.as_secs()))?
            .context(what)
    }

    async fn answer(&mut self, ask: Ask<'_>) -> Result<Answer> {
        // A server may close what was idle for a while.
        if self.sender.is_closed() {
            self.sender = sender(self.address).await?;
        }
        let mut request = Request::builder()
            .method(ask.method)
            .uri(ask.path)
            .header(HOST, self.address.to_string())
            .header(CONTENT_TYPE, ask.content);
        match ask.who {
            Who::Nobody => {}
            Who::Token(token) => {
                request = request.header(AUTHORIZATION, format!("Bearer {token}"));
            }
            Who::Cookie(token) => {
                request = request.header(COOKIE, format!("aftercare-dev={token}"))
            }
        }
        if let Some(key) = ask.key {
            request = request.header("idempotency-key", key);
        }
        let request = request.body(Full::new(Bytes::from(ask.body)))?;
        self.sender.ready().await?;
        let response = self.sender.send_request(request).await?;
        let status = response.status().as_u16();
        let body = Limited::new(response.into_body(), ANSWER_BYTES_MAX)
            .collect()
            .await
            .map_err(|error| anyhow!("the answer broke off: {error}"))?
            .to_bytes();
        Ok(Answer { status, body })
    }

    /// The same, and the answer has to have that status.
    pub async fn wanted(&mut self, status: u16, ask: Ask<'_>) -> Result<Answer> {
        let what = format!("{} {}", ask.method, ask.path);
        let answer = self.ask(ask).await?;
        anyhow::ensure!(
            answer.status == status,
            "{what}: {} instead of {status}: {}",
            answer.status,
            answer.text()
        );
        Ok(answer)
    }
}
