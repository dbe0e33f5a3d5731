//! E-mail: a whole conversation with a mail server on this machine, and servers that refuse or babble.

use crate::requests::acceptor;
use aftercare_outbound::limits::ANSWER_BYTES_MAX;
use aftercare_outbound::{
    Client, Mail, MailAddress, MailServer, OutboundError, Settings, networks,
};
use rustls::pki_types::CertificateDer;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;

/// A mail server of which `refused` says what it answers to the command that begins with it.
#[derive(Clone, Copy, Default)]
struct Manner {
    refused: Option<(&'static str, &'static str)>,
    babbles: bool,
}

/// What was told to the server, line by line, over all its conversations.
struct Server {
    address: SocketAddr,
    told: mpsc::UnboundedReceiver<String>,
}

impl Server {
    async fn start(manner: Manner, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (tell, told) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                match &tls {
                    None => talk(stream, manner, &tell).await,
                    Some(tls) => {
                        if let Ok(stream) = tls.accept(stream).await {
                            talk(stream, manner, &tell).await;
                        }
                    }
                }
            }
        });
        Self { address, told }
    }

    fn heard(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.told.try_recv().ok()).collect()
    }
}

async fn talk<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    manner: Manner,
    tell: &mpsc::UnboundedSender<String>,
) {
    let (read, mut write) = tokio::io::split(stream);
    let mut lines = BufReader::new(read).lines();
    let mut say = async |text: String| write.write_all(text.as_bytes()).await.is_ok();
    if manner.babbles {
        while say("220-".to_owned() + &"x".repeat(1_000) + "\r\n").await {}
        return;
    }
    say("220 mail.example.com ESMTP\r\n".to_owned()).await;
    let mut in_text = false;
    while let Ok(Some(line)) = lines.next_line().await {
        let answer = if in_text {
            in_text = line != ".";
            if in_text { "" } else { "250 2.0.0 taken" }
        } else if let Some((_, answer)) = manner.refused.filter(|(of, _)| line.starts_with(of)) {
            answer
        } else if line.starts_with("EHLO") {
            "250-mail.example.com\r\n250-8BITMIME\r\n250 AUTH PLAIN"
        } else if line.starts_with("AUTH") {
            "235 2.7.0 welcome"
        } else if line == "DATA" {
            in_text = true;
            "354 go on"
        } else if line == "QUIT" {
            "221 bye"
        } else {
            "250 2.1.0 fine"
        };
        // A test that is over does not listen.
        let _ = tell.send(line);
        if !answer.is_empty() && !say(format!("{answer}\r\n")).await {
            return;
        }
    }
}

fn client(authorities: Vec<CertificateDer<'static>>) -> Client {
    Client::new(&Settings {
        allowed: networks("127.0.0.0/8").expect("networks"),
        authorities,
        patience: Some(Duration::from_secs(5)),
    })
    .expect("client")
}

fn address(text: &str) -> MailAddress {
    text.parse().expect("an e-mail address")
}

fn plain(server: &Server) -> MailServer {
    let from = address("desk@shop.example.com");
    MailServer::new(&format!("smtp://{}", server.address), from, None).expect("server")
}

async fn send(client: &Client, server: &MailServer, text: &str) -> Result<(), OutboundError> {
    let to = address("dispatcher@shop.example.com");
    let mail = Mail {
        to: &to,
        id: "0123abcd",
        subject: "A case\r\nBcc: other@example.com",
        text,
        at_ms: 1_767_225_600_000,
    };
    client.mail(server, mail).await
}

#[tokio::test]
async fn a_message_is_handed_over_whole_and_named() {
    let mut server = Server::start(Manner::default(), None).await;
    let text = "A line.\r\n.\r\nAfter a line with a dot.";
    send(&client(Vec::new()), &plain(&server), text)
        .await
        .expect("taken");
    let heard = server.heard();
    let has = |line: &str| heard.iter().any(|heard| heard == line);
    assert!(heard[0].starts_with("EHLO shop.example.com"), "{heard:?}");
    assert!(
        heard[1].starts_with("MAIL FROM:<desk@shop.example.com>"),
        "{heard:?}"
    );
    assert!(
        heard[2].starts_with("RCPT TO:<dispatcher@shop.example.com>"),
        "{heard:?}"
    );
    assert!(has("Message-ID: <0123abcd@shop.example.com>"), "{heard:?}");
    assert!(has("Date: Thu, 01 Jan 2026 00:00:00 +0000"), "{heard:?}");
    assert!(has("After a line with a dot."), "{heard:?}");
    assert_eq!(heard.last().map(String::as_str), Some("QUIT"));
    // What would have been a header of its own is a part of the subject.
    assert!(
        !heard.iter().any(|line| line.starts_with("Bcc")),
        "{heard:?}"
    );
    assert_eq!(
        heard.iter().filter(|line| line.starts_with("RCPT")).count(),
        1
    );
}

#[tokio::test]
async fn a_password_travels_over_a_trusted_connection_only() {
    let (tls, certificate) = acceptor(&["localhost"]);
    let mut server = Server::start(Manner::default(), Some(tls)).await;
    let from = || address("desk@shop.example.com");
    let login = || Some(("desk".to_owned(), "invented password".to_owned()));
    let at = format!("smtps://localhost:{}", server.address.port());
    let mail = MailServer::new(&at, from(), login()).expect("server");
    send(&client(vec![certificate]), &mail, "text")
        .await
        .expect("taken");
    // "\0desk\0invented password" in base64.
    let heard = server.heard();
    assert!(
        heard.contains(&"AUTH PLAIN AGRlc2sAaW52ZW50ZWQgcGFzc3dvcmQ=".to_owned()),
        "{heard:?}"
    );
    let error = send(&client(Vec::new()), &mail, "text")
        .await
        .expect_err("nobody trusts it");
    assert_eq!(error.code(), "untrusted", "{error}");
    assert_eq!(server.heard(), Vec::<String>::new());
    assert!(MailServer::new("smtp://127.0.0.1", from(), login()).is_err());
    assert!(!format!("{mail:?}").contains("invented"));
}

#[tokio::test]
async fn a_server_that_refuses_says_by_which_answer_and_names_nobody() {
    for (refused, code) in [
        (
            ("MAIL", "451 4.3.0 dispatcher@shop.example.com later"),
            "451",
        ),
        (
            ("RCPT", "550 5.1.1 dispatcher@shop.example.com is unknown"),
            "550",
        ),
        (("DATA", "554 5.7.1 no"), "554"),
    ] {
        let manner = Manner {
            refused: Some(refused),
            babbles: false,
        };
        let server = Server::start(manner, None).await;
        let error = send(&client(Vec::new()), &plain(&server), "text")
            .await
            .expect_err("refused");
        assert_eq!(error.code(), "not_taken");
        let words = error.to_string();
        assert!(
            words.contains(code) && !words.contains("dispatcher"),
            "{words}"
        );
    }
}

#[tokio::test]
async fn of_a_server_that_babbles_no_more_is_read_than_is_allowed() {
    let manner = Manner {
        babbles: true,
        ..Manner::default()
    };
    let server = Server::start(manner, None).await;
    let error = send(&client(Vec::new()), &plain(&server), "text")
        .await
        .expect_err("no end");
    // Given up by its size, long before the time is over.
    assert_eq!(
        error.code(),
        "not_taken",
        "{error} after {ANSWER_BYTES_MAX} bytes"
    );
}

#[tokio::test]
async fn a_public_mail_server_is_spoken_to_encrypted_and_at_its_port_only() {
    let from = || address("desk@shop.example.com");
    let client = client(Vec::new());
    // Refused before anybody is connected to.
    for (at, why) in [
        ("smtp://198.51.100.7", "address_refused"),
        ("smtps://10.0.0.5", "address_refused"),
        ("smtps://1.1.1.1:587", "address_refused"),
        ("smtp://1.1.1.1", "address_refused"),
    ] {
        let server = MailServer::new(at, from(), None).expect(at);
        let error = send(&client, &server, "text").await.expect_err(at);
        assert_eq!(error.code(), why, "{at}: {error}");
    }
}

#[tokio::test]
async fn what_is_no_message_is_not_sent() {
    let mut server = Server::start(Manner::default(), None).await;
    let mail_server = plain(&server);
    let to = address("dispatcher@shop.example.com");
    let mail = Mail {
        to: &to,
        id: "a",
        subject: "s",
        text: "t",
        at_ms: 0,
    };
    for wrong in ["", "a b", "a>\r\nBcc: x", "<a>"] {
        let mail = Mail { id: wrong, ..mail };
        assert!(client(Vec::new()).mail(&mail_server, mail).await.is_err());
    }
    let long = "x".repeat(1024 * 1024);
    let mail = Mail {
        text: &long,
        ..mail
    };
    assert!(client(Vec::new()).mail(&mail_server, mail).await.is_err());
    assert_eq!(server.heard(), Vec::<String>::new());
    for wrong in ["", "name", "@example.com", "a b@example.com", "a@b@c"] {
        assert!(wrong.parse::<MailAddress>().is_err(), "{wrong}");
    }
}
