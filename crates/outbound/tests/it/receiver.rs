//! A receiver that answers every connection with what a test says, byte by byte.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;

/// Bytes of one request that a receiver reads at most.
const REQUEST_BYTES_MAX: usize = 64 * 1024;

/// What a receiver does with a connection.
#[derive(Clone)]
pub enum Manner {
    /// Reads the request and writes this.
    Says(String),
    /// Reads the request and writes this again and again.
    Floods(String),
    /// Reads the request and says nothing.
    Hangs,
    /// Writes this without reading anything.
    Greets(String),
    /// Hangs up without reading.
    HangsUp,
    /// Reads the request and writes the answer a byte at a time.
    Drips(String),
}

pub struct Receiver {
    pub address: SocketAddr,
    pub requests: mpsc::UnboundedReceiver<String>,
    pub connections: Arc<AtomicUsize>,
}

impl Receiver {
    pub async fn start(manner: Manner) -> Self {
        Self::over(manner, None).await
    }

    pub async fn over(manner: Manner, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (told, requests) = mpsc::unbounded_channel();
        let connections = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&connections);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::SeqCst);
                let (manner, told, tls) = (manner.clone(), told.clone(), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        None => serve(stream, manner, told).await,
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                serve(stream, manner, told).await;
                            }
                        }
                    }
                });
            }
        });
        Self {
            address,
            requests,
            connections,
        }
    }

    pub fn count(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    manner: Manner,
    told: mpsc::UnboundedSender<String>,
) {
    match &manner {
        Manner::HangsUp => return,
        Manner::Greets(text) => {
            let _ = stream.write_all(text.as_bytes()).await;
            let _ = stream.shutdown().await;
            return;
        }
        _ => {}
    }
    let request = read_request(&mut stream).await;
    // A test that is over does not listen.
    let _ = told.send(request);
    match manner {
        Manner::Says(text) => {
            let _ = stream.write_all(text.as_bytes()).await;
            let _ = stream.shutdown().await;
        }
        Manner::Floods(text) => while stream.write_all(text.as_bytes()).await.is_ok() {},
        Manner::Drips(text) => {
            for byte in text.into_bytes() {
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                if stream.write_all(&[byte]).await.is_err() {
                    return;
                }
            }
        }
        Manner::Hangs => std::future::pending::<()>().await,
        Manner::HangsUp | Manner::Greets(_) => {}
    }
}

async fn read_request<S: AsyncRead + Unpin>(stream: &mut S) -> String {
    let mut read = Vec::new();
    while read.len() < REQUEST_BYTES_MAX {
        let mut piece = [0; 4_096];
        let count = stream.read(&mut piece).await.unwrap_or(0);
        read.extend_from_slice(&piece[..count]);
        let text = String::from_utf8_lossy(&read);
        let whole = text.split_once("\r\n\r\n").is_some_and(|(head, body)| {
            let length = head
                .to_ascii_lowercase()
                .lines()
                .find_map(|line| line.strip_prefix("content-length: ").map(str::to_owned))
                .and_then(|length| length.parse::<usize>().ok())
                .unwrap_or(0);
            body.len() >= length
        });
        if whole || count == 0 {
            break;
        }
    }
    String::from_utf8_lossy(&read).into_owned()
}

/// A connection to nobody: a port that was free a moment ago.
pub async fn free_port() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    assert!(TcpStream::connect(address).await.is_err());
    address
}
