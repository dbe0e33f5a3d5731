//! What is sent, what is read, and when a request is given up.

use crate::receiver::{Manner, Receiver, free_port};
use aftercare_outbound::limits::{ANSWER_BYTES_MAX, SENT_BYTES_MAX};
use aftercare_outbound::{Client, OutboundError, Settings, Target, networks};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use std::sync::Arc;
use std::time::Duration;
use tokio_rustls::TlsAcceptor;

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello";

fn settings() -> Settings {
    Settings {
        allowed: networks("127.0.0.0/8").expect("networks"),
        patience: Some(Duration::from_secs(2)),
        ..Settings::default()
    }
}

fn client() -> Client {
    Client::new(&settings()).expect("client")
}

fn at(receiver: &Receiver, path: &str) -> Target {
    format!("http://{}{path}", receiver.address)
        .parse()
        .expect("target")
}

#[tokio::test]
async fn a_body_arrives_with_its_headers_and_the_answer_comes_back() {
    let mut receiver = Receiver::start(Manner::Says(OK.to_owned())).await;
    let answer = client()
        .post(
            &at(&receiver, "/hook?a=b"),
            &[
                ("webhook-id", "msg_1"),
                ("content-type", "application/json"),
            ],
            b"{\"a\":1}".to_vec(),
        )
        .await
        .expect("an answer");
    assert_eq!(
        (answer.status, answer.body.as_slice(), answer.cut),
        (200, &b"hello"[..], false)
    );
    let request = receiver.requests.recv().await.expect("a request");
    assert!(
        request.starts_with("POST /hook?a=b HTTP/1.1\r\n"),
        "{request}"
    );
    for line in [
        "webhook-id: msg_1".to_owned(),
        "content-length: 7".to_owned(),
        format!("host: {}", receiver.address),
    ] {
        assert!(request.contains(&line), "{line} in {request}");
    }
    assert!(request.ends_with("{\"a\":1}"));
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let inner = Receiver::start(Manner::Says(OK.to_owned())).await;
    let outer = Receiver::start(Manner::Says(format!(
        "HTTP/1.1 307 Temporary Redirect\r\nlocation: http://{}/\r\ncontent-length: 0\r\n\r\n",
        inner.address
    )))
    .await;
    let answer = client()
        .post(&at(&outer, "/"), &[], Vec::new())
        .await
        .expect("an answer");
    assert_eq!(answer.status, 307);
    assert_eq!((outer.count(), inner.count()), (1, 0));
}

#[tokio::test]
async fn a_request_to_wait_is_read() {
    let receiver = Receiver::start(Manner::Says(
        "HTTP/1.1 503 Busy\r\nretry-after: 120\r\ncontent-length: 0\r\n\r\n".to_owned(),
    ))
    .await;
    let answer = client()
        .post(&at(&receiver, "/"), &[], Vec::new())
        .await
        .expect("an answer");
    assert_eq!((answer.status, answer.retry_after_s), (503, Some(120)));
}

#[tokio::test]
async fn of_an_endless_answer_only_the_beginning_is_read() {
    let receiver = Receiver::start(Manner::Floods(
        "HTTP/1.1 200 OK\r\n\r\n".to_owned() + &"x".repeat(100_000),
    ))
    .await;
    let answer = client()
        .post(&at(&receiver, "/"), &[], Vec::new())
        .await
        .expect("an answer");
    assert_eq!((answer.body.len(), answer.cut), (ANSWER_BYTES_MAX, true));
}

#[tokio::test]
async fn endless_headers_are_given_up() {
    let receiver = Receiver::start(Manner::Floods("HTTP/1.1 200 OK\r\nx: y\r\n".to_owned())).await;
    let error = client()
        .post(&at(&receiver, "/"), &[], Vec::new())
        .await
        .expect_err("no answer");
    assert_eq!(error.code(), "not_http", "{error}");
}

#[tokio::test]
async fn who_is_silent_or_slow_is_given_up_in_time() {
    let body = "HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n".to_owned();
    for manner in [Manner::Hangs, Manner::Drips(body + &"x".repeat(1_000))] {
        let receiver = Receiver::start(manner).await;
        let started = std::time::Instant::now();
        let error = client()
            .post(&at(&receiver, "/"), &[], Vec::new())
            .await
            .expect_err("no answer");
        assert!(matches!(error, OutboundError::TooSlow { .. }), "{error}");
        assert!(started.elapsed() < Duration::from_secs(10));
    }
}

#[tokio::test]
async fn who_hangs_up_or_speaks_something_else_is_said_so() {
    let nonsense = Manner::Says("220 mail.example ESMTP\r\n".to_owned());
    for manner in [Manner::HangsUp, nonsense] {
        let receiver = Receiver::start(manner).await;
        let error = client()
            .post(&at(&receiver, "/"), &[], Vec::new())
            .await
            .expect_err("no answer");
        assert_eq!(error.code(), "not_http", "{error}");
    }
    let nobody: Target = format!("http://{}/", free_port().await)
        .parse()
        .expect("target");
    let error = client()
        .post(&nobody, &[], Vec::new())
        .await
        .expect_err("nobody");
    assert_eq!(error.code(), "unreachable", "{error}");
}

#[tokio::test]
async fn more_than_is_allowed_is_not_sent() {
    let receiver = Receiver::start(Manner::Says(OK.to_owned())).await;
    let error = client()
        .post(&at(&receiver, "/"), &[], vec![0; SENT_BYTES_MAX + 1])
        .await
        .expect_err("too large");
    assert_eq!((error.code(), receiver.count()), ("too_large", 0));
}

pub fn acceptor(names: &[&str]) -> (TlsAcceptor, CertificateDer<'static>) {
    let names = names
        .iter()
        .map(|&name| name.to_owned())
        .collect::<Vec<_>>();
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(names).expect("certificate");
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .expect("a certificate and its key");
    (TlsAcceptor::from(Arc::new(config)), cert.der().clone())
}

#[tokio::test]
async fn a_certificate_must_be_trusted_and_fit_the_name() {
    let (tls, certificate) = acceptor(&["localhost"]);
    let receiver = Receiver::over(Manner::Says(OK.to_owned()), Some(tls)).await;
    let target = |host: &str| -> Target {
        format!("https://{host}:{}/", receiver.address.port())
            .parse()
            .expect("target")
    };
    let trusting = Client::new(&Settings {
        authorities: vec![certificate],
        ..settings()
    })
    .expect("client");
    let answer = trusting
        .post(&target("localhost"), &[], Vec::new())
        .await
        .expect("an answer");
    assert_eq!(answer.status, 200);
    let other_name = trusting.post(&target("127.0.0.1"), &[], Vec::new()).await;
    assert_eq!(other_name.expect_err("another name").code(), "untrusted");
    let stranger = client().post(&target("localhost"), &[], Vec::new()).await;
    assert_eq!(stranger.expect_err("a stranger").code(), "untrusted");
}

#[tokio::test]
async fn what_is_not_tls_is_said_so() {
    let receiver = Receiver::start(Manner::Greets(OK.to_owned())).await;
    let target: Target = format!("https://localhost:{}/", receiver.address.port())
        .parse()
        .expect("target");
    let error = client()
        .post(&target, &[], Vec::new())
        .await
        .expect_err("not TLS");
    assert_eq!(error.code(), "untrusted", "{error}");
}
