//! Frames: what was written is read as it was, and nothing else is taken for a message.

use aftercare_vaultd::limits::FRAME_BYTES_MAX;
use aftercare_vaultd::{
    Answer, Asked, Item, LedgerState, Opening, Refusal, Reply, Request, SealOne, Secret, WireError,
    WrapOne, read_frame, write_frame,
};
use proptest::prelude::*;

fn item(text: &str, bytes: &[u8]) -> Item {
    Item {
        person: text.to_owned(),
        key: bytes.to_vec(),
        table: text.to_owned(),
        row: text.to_owned(),
        column: text.to_owned(),
        sealed: bytes.to_vec(),
    }
}

/// Each kind of request.
fn requests(text: &str, number: u32, bytes: &[u8]) -> Vec<Request> {
    let name = || text.to_owned();
    vec![
        Request::Keys {},
        Request::Ledger {
            before: u64::from(number),
        },
        Request::Open(Opening {
            tenant: name(),
            actor: number.is_multiple_of(2).then(name),
            purpose: name(),
            case: number.is_multiple_of(3).then(name),
            seq: u64::from(number),
            leaf: name(),
            items: vec![item(text, bytes); 2],
        }),
        Request::Seal(SealOne {
            tenant: name(),
            person: name(),
            key: bytes.to_vec(),
            table: name(),
            row: name(),
            column: name(),
            content: Secret::from(bytes.to_vec()),
        }),
        Request::Wrap {
            tenant: name(),
            keys: vec![WrapOne {
                person: name(),
                key: bytes.to_vec(),
            }],
        },
        Request::Rotate {
            tenant: name(),
            version: number,
        },
        Request::Retire {
            tenant: name(),
            version: number,
        },
        Request::AddTenant { tenant: name() },
        Request::Shred {
            tenant: name(),
            persons: vec![name()],
        },
    ]
}

/// Each kind of answer.
fn answers(text: &str, number: u32, bytes: &[u8]) -> Vec<Result<Answer, Refusal>> {
    let name = || text.to_owned();
    vec![
        Ok(Answer::Keys([(name(), (number, name()))].into())),
        Ok(Answer::Before(None)),
        Ok(Answer::Before(Some(name()))),
        Ok(Answer::Opened(vec![Secret::from(bytes.to_vec())])),
        Ok(Answer::Sealed(name())),
        Ok(Answer::Wrapped(vec![None, Some(name())])),
        Ok(Answer::Key(number, name())),
        Ok(Answer::Done {}),
        Err(Refusal::new("a_rule", text)),
    ]
}

proptest! {
    #[test]
    fn every_message_is_read_as_it_was_written(text: String, number: u32, bytes: Vec<u8>) {
        for request in requests(&text, number, &bytes) {
            let asked = Asked::now(request);
            let read = Asked::from_bytes(&asked.to_bytes().unwrap()).unwrap();
            prop_assert_eq!(read, asked);
        }
        let state = LedgerState { size: u64::from(number), root: text.clone() };
        for result in answers(&text, number, &bytes) {
            let reply = Reply::now(result, (number % 2 == 0).then(|| state.clone()));
            let read = Reply::from_bytes(&reply.to_bytes().unwrap()).unwrap();
            prop_assert_eq!(read, reply);
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes: Vec<u8>, at: usize, with: u8) {
        let _ = Asked::from_bytes(&bytes);
        let _ = Reply::from_bytes(&bytes);
        // Sound messages with one byte changed.
        for request in requests("t", 7, b"key") {
            let mut message = Asked::now(request).to_bytes().unwrap();
            let at = at % message.len();
            message[at] = with;
            let _ = Asked::from_bytes(&message);
        }
    }
}

#[tokio::test]
async fn a_frame_has_a_length_within_bounds() {
    let mut wire = Vec::<u8>::new();
    write_frame(&mut wire, b"four").await.unwrap();
    assert_eq!(wire, [&[0, 0, 0, 4][..], b"four"].concat());
    assert_eq!(*read_frame(&mut wire.as_slice()).await.unwrap(), b"four");
    for cut in 0..wire.len() {
        let read = read_frame(&mut &wire[..cut]).await;
        assert!(matches!(read, Err(WireError::Io(_))), "{cut}");
    }
    let most = u32::try_from(FRAME_BYTES_MAX).unwrap();
    for length in [0, most + 1, u32::MAX] {
        let bytes = length.to_be_bytes();
        let read = read_frame(&mut bytes.as_slice()).await;
        assert!(matches!(read, Err(WireError::Length(_))), "{length}");
    }
    for bytes in [Vec::new(), vec![0; FRAME_BYTES_MAX + 1]] {
        let written = write_frame(&mut Vec::<u8>::new(), &bytes).await;
        assert!(matches!(written, Err(WireError::Length(_))));
    }
}

#[test]
fn another_version_and_unknown_members_are_refused_and_nothing_secret_is_printed() {
    let read = Asked::from_bytes(br#"{"version":2,"request":{"keys":{}}}"#);
    assert!(matches!(read, Err(WireError::Version(2))));
    for text in [
        r#"{"version":1,"request":{"keys":{}},"more":1}"#,
        r#"{"version":1,"request":{"keys":{"more":1}}}"#,
        r#"{"version":1,"request":{"dump":{}}}"#,
        r#"{"version":1}"#,
        "[]",
        "",
    ] {
        let read = Asked::from_bytes(text.as_bytes());
        assert!(matches!(read, Err(WireError::Message(_))), "{text}");
    }
    let said = format!("{:?}", Secret::from(b"13800000001".to_vec()));
    assert_eq!(said, "Secret(..)");
    // What is wrong is said without quoting what may be somebody's.
    let read = Asked::from_bytes(br#"{"version":1,"request":{"seal":"13800000001"}}"#);
    let said = read.unwrap_err().to_string();
    assert!(!said.contains("138"), "{said}");
}
