//! What is refused after a name was resolved, and that nothing is connected to then.

use crate::receiver::{Manner, Receiver};
use aftercare_outbound::{Client, OutboundError, Resolve, Settings, Target, networks};
use async_trait::async_trait;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";

/// Says one answer after the other, and then the last one again: a name that changes between two looks.
struct Scripted {
    answers: Vec<Vec<&'static str>>,
    asked: AtomicUsize,
}

#[async_trait]
impl Resolve for Scripted {
    async fn resolve(&self, _host: &str) -> io::Result<Vec<IpAddr>> {
        let turn = self.asked.fetch_add(1, Ordering::SeqCst);
        let answer = &self.answers[turn.min(self.answers.len() - 1)];
        Ok(answer
            .iter()
            .map(|text| text.parse().expect("an address"))
            .collect())
    }
}

fn scripted(answers: &[&[&'static str]]) -> Arc<Scripted> {
    Arc::new(Scripted {
        answers: answers.iter().map(|answer| answer.to_vec()).collect(),
        asked: AtomicUsize::new(0),
    })
}

fn named(port: u16) -> Target {
    format!("http://hooks.example:{port}/")
        .parse()
        .expect("target")
}

#[tokio::test]
async fn this_machine_is_not_spoken_to_unless_the_operator_allows_it() {
    let receiver = Receiver::start(Manner::Says(OK.to_owned())).await;
    let port = receiver.address.port();
    let strict = Client::new(&Settings::default()).expect("client");
    // However the loopback address is written, the system resolves it, and what comes out is looked at.
    for host in [
        "127.0.0.1",
        "localhost",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0",
        "[::ffff:127.0.0.1]",
        "[::1]",
    ] {
        for scheme in ["http", "https"] {
            let Ok(target) = format!("{scheme}://{host}:{port}/").parse::<Target>() else {
                continue;
            };
            let error = strict.post(&target, &[], Vec::new()).await.expect_err(host);
            assert!(
                matches!(
                    error,
                    OutboundError::Refused { .. } | OutboundError::Unresolved { .. }
                ),
                "{host}: {error}"
            );
        }
    }
    assert_eq!(receiver.count(), 0, "nobody connected");
}

#[tokio::test]
async fn a_name_that_changes_between_two_looks_is_connected_to_as_it_was_vetted() {
    let receiver = Receiver::start(Manner::Says(OK.to_owned())).await;
    let resolver = scripted(&[&["127.0.0.1"], &["169.254.169.254"]]);
    let settings = Settings {
        allowed: networks("127.0.0.1").expect("networks"),
        ..Settings::default()
    };
    let client = Client::with_resolver(&settings, Arc::clone(&resolver) as Arc<dyn Resolve>)
        .expect("client");
    let target = named(receiver.address.port());
    let answer = client
        .post(&target, &[], Vec::new())
        .await
        .expect("an answer");
    assert_eq!(answer.status, 200);
    assert_eq!(
        resolver.asked.load(Ordering::SeqCst),
        1,
        "one look a request"
    );
    let error = client
        .post(&target, &[], Vec::new())
        .await
        .expect_err("it changed");
    assert_eq!(error.code(), "address_refused", "{error}");
    assert_eq!(receiver.count(), 1);
}

#[tokio::test]
async fn of_several_addresses_only_the_allowed_ones_are_tried() {
    let receiver = Receiver::start(Manner::Says(OK.to_owned())).await;
    let settings = Settings {
        allowed: networks("127.0.0.1").expect("networks"),
        ..Settings::default()
    };
    let resolver = scripted(&[&["10.0.0.1", "127.0.0.2", "127.0.0.1"]]);
    let client = Client::with_resolver(&settings, resolver).expect("client");
    let answer = client
        .post(&named(receiver.address.port()), &[], Vec::new())
        .await
        .expect("the allowed one");
    assert_eq!((answer.status, receiver.count()), (200, 1));
}

#[tokio::test]
async fn a_public_address_needs_encryption_and_a_port_of_the_web() {
    let client =
        Client::with_resolver(&Settings::default(), scripted(&[&["8.8.8.8"]])).expect("client");
    for (target, why) in [
        ("http://hooks.example/", "https"),
        ("https://hooks.example:25/", "port"),
        ("https://hooks.example:22/", "port"),
    ] {
        let target = target.parse().expect("target");
        let error = client
            .post(&target, &[], Vec::new())
            .await
            .expect_err("refused");
        assert_eq!(error.code(), "address_refused");
        assert!(error.to_string().contains(why), "{error}");
    }
}

#[tokio::test]
async fn a_name_that_stands_for_nothing_is_said_so() {
    let client = Client::with_resolver(&Settings::default(), scripted(&[&[]])).expect("client");
    let error = client
        .post(&named(8_080), &[], Vec::new())
        .await
        .expect_err("no address");
    assert_eq!(error.code(), "unresolved");
    let system = Client::new(&Settings::default()).expect("client");
    let unknown: Target = "https://nobody.invalid/".parse().expect("target");
    let error = system
        .post(&unknown, &[], Vec::new())
        .await
        .expect_err("no such name");
    assert_eq!(error.code(), "unresolved");
}
