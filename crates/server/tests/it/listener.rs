//! The listener on real sockets: what it refuses, TLS, and how it stops.

use crate::world::World;
use aftercare_domain::Role;
use aftercare_server::limits::HANDSHAKES_MAX;
use aftercare_server::{QuickCheckFor, ServeConfig, Tls, bind, qr};
use futures_util::StreamExt as _;
use rustls::pki_types::ServerName;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio_rustls::TlsConnector;
use tower::ServiceExt as _;

fn config(world: &World, listen: &str, tls: Tls) -> ServeConfig {
    ServeConfig {
        listen: listen.parse().unwrap(),
        tls,
        behind_tls_proxy: false,
        other_port_if_taken: false,
        quick_check: QuickCheckFor::Colleagues,
        trusted_proxies: Vec::new(),
        fonts: Vec::new(),
        tenant: world.admin.tenant(),
    }
}

/// Asks for the health over a connection that is closed afterwards.
async fn health(mut stream: impl AsyncRead + AsyncWrite + Unpin) -> String {
    stream
        .write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        .await
        .unwrap();
    let mut text = String::new();
    // A server that closes without a TLS goodbye has still answered.
    let _ = stream.read_to_string(&mut text).await;
    text
}

#[tokio::test]
async fn an_address_that_others_reach_needs_tls() {
    let world = World::new().await;
    let error = bind(&config(&world, "0.0.0.0:0", Tls::Off))
        .await
        .err()
        .unwrap();
    assert_eq!(error.rule, "tls_required");
    assert!(
        error.en.contains("--tls self-signed") && error.zh.contains("--tls-cert"),
        "{error}"
    );
    let bound = bind(&config(&world, "0.0.0.0:0", Tls::SelfSigned))
        .await
        .unwrap();
    assert!(
        bound.url().starts_with("https://") && !bound.url().contains("0.0.0.0"),
        "{}",
        bound.url()
    );
}

#[tokio::test]
async fn a_port_that_is_taken_is_said_or_stepped_over() {
    let world = World::new().await;
    let other = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let taken = other.local_addr().unwrap();
    let mut config = config(&world, &taken.to_string(), Tls::Off);
    let error = bind(&config).await.err().unwrap();
    assert_eq!(error.rule, "port_taken");
    assert!(error.en.contains(&taken.to_string()), "{error}");
    config.other_port_if_taken = true;
    assert_ne!(bind(&config).await.unwrap().addr, taken);
}

#[tokio::test]
async fn files_that_are_no_certificate_are_named() {
    let world = World::new().await;
    let folder = tempfile::tempdir().unwrap();
    let cert = folder.path().join("cert.pem");
    std::fs::write(&cert, "nothing").unwrap();
    for path in [cert, folder.path().join("missing.pem")] {
        let tls = Tls::Files {
            cert: path.clone(),
            key: path.clone(),
        };
        let error = bind(&config(&world, "127.0.0.1:0", tls))
            .await
            .err()
            .unwrap();
        assert_eq!(error.rule, "tls_files");
        assert!(error.en.contains(path.to_str().unwrap()), "{error}");
    }
}

pub async fn running(
    world: &World,
    tls: Tls,
) -> (SocketAddr, oneshot::Sender<()>, tokio::task::JoinHandle<()>) {
    let bound = bind(&config(world, "127.0.0.1:0", tls)).await.unwrap();
    let addr = bound.addr;
    let (stop, stopped) = oneshot::channel::<()>();
    let app = Arc::clone(&world.app);
    let task = tokio::spawn(async move {
        let asked = async {
            let _ = stopped.await;
        };
        bound.serve(app, asked).await.unwrap();
    });
    (addr, stop, task)
}

#[tokio::test]
async fn it_answers_over_tls_although_hundreds_never_shake_hands() {
    let world = World::new().await;
    let folder = tempfile::tempdir().unwrap();
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let (cert, key) = (
        folder.path().join("cert.pem"),
        folder.path().join("key.pem"),
    );
    std::fs::write(&cert, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let tls = Tls::Files {
        cert: cert.clone(),
        key,
    };
    let (addr, stop, task) = running(&world, tls).await;
    // More than there is room for.
    let mut silent = Vec::new();
    for _ in 0..HANDSHAKES_MAX + 44 {
        silent.push(TcpStream::connect(addr).await.unwrap());
    }
    let mut roots = RootCertStore::empty();
    roots
        .add(rustls::pki_types::CertificateDer::from_pem_file(&cert).unwrap())
        .unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let client = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let connector = TlsConnector::from(Arc::new(client));
    let shaken = connector.connect(
        ServerName::try_from("localhost").unwrap(),
        TcpStream::connect(addr).await.unwrap(),
    );
    let soon = std::time::Duration::from_secs(2);
    let stream = tokio::time::timeout(soon, shaken)
        .await
        .expect("it answers although others are silent")
        .unwrap();
    let answer = health(stream).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(
        answer.to_lowercase().contains("strict-transport-security"),
        "{answer}"
    );
    drop(silent);
    stop.send(()).unwrap();
    task.await.unwrap();
}

#[tokio::test]
async fn it_stops_although_a_stream_of_changes_is_open() {
    let world = World::new().await;
    let token = world.colleague("agent", Role::Agent).await;
    let (addr, stop, task) = running(&world, Tls::Off).await;
    assert!(
        health(TcpStream::connect(addr).await.unwrap())
            .await
            .starts_with("HTTP/1.1 200")
    );
    let mut stream = TcpStream::connect(addr).await.unwrap();
    let ask =
        format!("GET /api/v1/changes HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\r\n");
    stream.write_all(ask.as_bytes()).await.unwrap();
    let mut seen = vec![0; 4_096];
    let read = stream.read(&mut seen).await.unwrap();
    let head = String::from_utf8_lossy(&seen[..read]).into_owned();
    assert!(head.contains("text/event-stream"), "{head}");
    world
        .send(crate::world::post("/api/v1/repairs").json(&crate::world::repair()))
        .await;
    let mut text = String::new();
    while !text.contains("event: changed") {
        let read = stream.read(&mut seen).await.unwrap();
        assert!(read > 0, "the stream ended: {text}");
        text.push_str(&String::from_utf8_lossy(&seen[..read]));
    }
    // A technician who was not asked hears nothing of it, nor does a shop that has no claim in it.
    for (login, role) in [("tech", Role::Technician), ("shop", Role::Merchant)] {
        let token = world.colleague(login, role).await;
        let ask = crate::world::get("/api/v1/changes")
            .bearer(&token)
            .request();
        let answer = world.router.clone().oneshot(ask).await.unwrap();
        let mut frames = answer.into_body().into_data_stream();
        world
            .send(crate::world::post("/api/v1/repairs").json(&crate::world::repair()))
            .await;
        let told = tokio::time::timeout(std::time::Duration::from_millis(300), frames.next()).await;
        assert!(told.is_err(), "{login}: {told:?}");
    }
    stop.send(()).unwrap();
    let limit = std::time::Duration::from_secs(5);
    tokio::time::timeout(limit, task)
        .await
        .expect("it stops at once")
        .unwrap();
}

#[test]
fn a_qr_code_is_drawn_in_blocks() {
    let code = qr("https://192.0.2.7:8443");
    assert!(code.lines().count() > 10 && code.contains('█'), "{code}");
}
