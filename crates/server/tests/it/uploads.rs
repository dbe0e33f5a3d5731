//! Requests with photos on real sockets: who sends slowly, or much at once, keeps nobody else from sending.

use crate::listener::running;
use crate::world::{HOST, World, claim, photo};
use aftercare_domain::Role;
use aftercare_server::Tls;
use aftercare_server::limits::STREAMS_OF_ONE_MAX;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use tower::ServiceExt as _;

const CLAIMS: &str = "/api/v1/claims";
const PART: &str = "--CUT\r\ncontent-disposition: form-data; name=\"photos\"; filename=\"a.jpg\"\r\ncontent-type: image/jpeg\r\n\r\n";
/// Long enough for whatever has room, and shorter than anybody waits for it.
const SOON: Duration = Duration::from_secs(8);

/// Sends the head of a form with a photo; the proxy beside the server says that `sender` does.
async fn begin(addr: SocketAddr, path: &str, sender: &str, more: &str, bytes: usize) -> TcpStream {
    let mut stream = TcpStream::connect(addr).await.unwrap();
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\nx-forwarded-for: {sender}\r\n{more}content-type: multipart/form-data; boundary=CUT\r\ncontent-length: {bytes}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

/// What is answered to a form of which a byte comes every `pace`, or nothing more at all.
fn dripping(mut stream: TcpStream, pace: Option<Duration>) -> JoinHandle<String> {
    tokio::spawn(async move {
        stream.write_all(PART.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        let mut read = [0; 4_096];
        loop {
            let pause = pace.unwrap_or(Duration::from_secs(3_600));
            tokio::select! {
                got = stream.read(&mut read) => match got {
                    Ok(bytes) if bytes > 0 => answer.extend_from_slice(&read[..bytes]),
                    // The server may close on what nobody reads any more.
                    _ => return String::from_utf8_lossy(&answer).into_owned(),
                },
                () = sleep(pause) => { let _ = stream.write_all(b"x").await; }
            }
        }
    })
}

/// Files a claim with a photo, all of it at once.
async fn file(addr: SocketAddr, sender: &str, more: &str) -> String {
    let mut body = format!(
        "--CUT\r\ncontent-disposition: form-data; name=\"input\"\r\n\r\n{}\r\n{PART}",
        claim()
    )
    .into_bytes();
    body.extend_from_slice(&photo());
    body.extend_from_slice(b"\r\n--CUT--\r\n");
    let mut stream = begin(addr, CLAIMS, sender, more, body.len()).await;
    stream.write_all(&body).await.unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    text
}

#[tokio::test]
async fn one_sender_does_not_keep_everybody_from_sending_photos() {
    let world = World::new().await;
    let (addr, stop, task) = running(&world, Tls::Off).await;
    let mut slow = Vec::new();
    for _ in 0..24 {
        let stream = begin(addr, CLAIMS, "198.51.100.1", "", 1_000_000).await;
        slow.push(dripping(stream, Some(Duration::from_secs(1))));
    }
    sleep(Duration::from_millis(300)).await;
    let answer = timeout(SOON, file(addr, "198.51.100.2", ""))
        .await
        .expect("somebody else is answered");
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    slow.iter().for_each(JoinHandle::abort);
    stop.send(()).unwrap();
    task.await.unwrap();
}

#[tokio::test]
async fn however_many_strangers_send_whom_we_know_has_room() {
    let world = World::new().await;
    let token = world.colleague("agent", Role::Agent).await;
    let (addr, stop, task) = running(&world, Tls::Off).await;
    let mut slow = Vec::new();
    for number in 0..24 {
        let stream = begin(addr, CLAIMS, &format!("203.0.113.{number}"), "", 1_000_000).await;
        slow.push(dripping(stream, Some(Duration::from_secs(1))));
    }
    sleep(Duration::from_millis(300)).await;
    let known = format!("authorization: Bearer {token}\r\n");
    let answer = timeout(SOON, file(addr, "203.0.113.200", &known))
        .await
        .expect("a colleague is answered");
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    slow.iter().for_each(JoinHandle::abort);
    stop.send(()).unwrap();
    task.await.unwrap();
}

#[tokio::test]
async fn a_body_that_drips_or_stops_is_let_go() {
    let world = World::new().await;
    let (addr, stop, task) = running(&world, Tls::Off).await;
    let mut slow = Vec::new();
    for pace in [Some(Duration::from_secs(1)), None] {
        let stream = begin(addr, CLAIMS, "198.51.100.1", "", 1_000_000).await;
        slow.push(dripping(stream, pace));
    }
    for answer in slow {
        let answer = timeout(Duration::from_secs(40), answer)
            .await
            .expect("it is let go")
            .unwrap();
        assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
        assert!(
            answer.contains("urn:aftercare:problem:too_slow"),
            "{answer}"
        );
    }
    stop.send(()).unwrap();
    task.await.unwrap();
}

#[tokio::test]
async fn nothing_is_read_from_who_did_not_enter_the_code() {
    let world = World::new().await;
    let (addr, stop, task) = running(&world, Tls::Off).await;
    let stream = begin(addr, "/c/abc/act", "198.51.100.1", "", 1_000_000).await;
    let answer = timeout(SOON, dripping(stream, None))
        .await
        .expect("it is answered before the photos came")
        .unwrap();
    assert!(answer.starts_with("HTTP/1.1 303"), "{answer}");
    stop.send(()).unwrap();
    task.await.unwrap();
}

/// Nothing is read of somebody who may not import, however much they send.
#[tokio::test]
async fn an_import_of_somebody_who_may_not_is_refused_unread() {
    let world = World::new().await;
    let token = world.colleague("tech", Role::Technician).await;
    let read = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&read);
    let body = Body::from_stream(futures_util::stream::once(async move {
        seen.store(true, Ordering::Relaxed);
        Ok::<_, std::io::Error>(vec![b'x'; 1 << 20])
    }));
    let request = Request::post("/api/v1/imports/orders")
        .header("host", HOST)
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "text/csv")
        .body(body)
        .unwrap();
    let answer = world.router.clone().oneshot(request).await.unwrap();
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
    assert!(!read.load(Ordering::Relaxed));
}

/// Pages that stay open: one account has a few, and leaves room for the others.
#[tokio::test]
async fn one_account_has_only_a_few_live_pages() {
    let world = World::new().await;
    let (one, other) = (
        world.colleague("agent", Role::Agent).await,
        world.colleague("agent2", Role::Agent).await,
    );
    let open = async |token: &str| {
        let ask = crate::world::get("/api/v1/changes").bearer(token).request();
        world.router.clone().oneshot(ask).await.unwrap()
    };
    let mut streams = Vec::new();
    for _ in 0..STREAMS_OF_ONE_MAX {
        let stream = open(&one).await;
        assert_eq!(stream.status(), StatusCode::OK);
        streams.push(stream);
    }
    assert_eq!(open(&one).await.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(open(&other).await.status(), StatusCode::OK);
    streams.pop();
    assert_eq!(open(&one).await.status(), StatusCode::OK);
}
