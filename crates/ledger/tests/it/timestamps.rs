//! Timestamps of authorities: what counts, what does not, and that `openssl ts -verify` says the same.

#[path = "../../../testkit/src/authority.rs"]
pub mod authority;

use aftercare_ledger::{TimestampRefused, TimestampRequest, TimestampRoots, answered, stamped};
use authority::{Answer, Authority, FAULTS, Fault, Kind, POLICY, Purpose, namesake_pem};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use crate::outsiders::{OPENSSL, outsiders};
use crate::samples::Random;

const MESSAGE: &[u8] = b"log.example/aftercare\n7\n3mm1sXCaQO1zkiElWz3vWSdWNLHXl5Yh0gk8iqRWTlo=\n";
/// 2026-11-26 12:00 UTC.
const NOON: i64 = 1_795_694_400;

fn roots(authority: &Authority) -> TimestampRoots {
    TimestampRoots::from_pem(authority.root_pem()).expect("a root")
}

fn request() -> TimestampRequest {
    TimestampRequest::new(MESSAGE, None).expect("a request")
}

#[test]
fn an_authority_says_when_it_saw_something() {
    for kind in [Kind::P256, Kind::P384, Kind::Rsa] {
        let mut authority = Authority::new(kind, Purpose::Stamping);
        let request = request();
        let how = Answer {
            time: "20261126120000.25Z".to_owned(),
            accuracy: Some((1, 200, 1)),
            ..Answer::default()
        };
        let answer = authority.answer(&request.to_der(), &how);
        let timestamp = answered(&answer, &request, &roots(&authority)).unwrap();
        assert_eq!(timestamp.at_ms, NOON * 1000 + 250);
        assert_eq!(timestamp.accuracy_ms, Some(1201));
        assert_eq!(timestamp.policy, POLICY);
        assert_eq!(timestamp.authority, "Authority of timestamps, Tests only");
        assert_eq!(
            stamped(&answer, MESSAGE, &roots(&authority)).unwrap(),
            timestamp
        );
        assert_eq!(
            stamped(&answer, b"something else", &roots(&authority)),
            Err(TimestampRefused::OtherImprint)
        );
        let other = Authority::new(kind, Purpose::Stamping);
        assert_eq!(
            answered(&answer, &request, &roots(&other)),
            Err(TimestampRefused::NotTrusted),
            "another root of the same name"
        );
        // One of the same name beside it takes nothing away.
        let both = TimestampRoots::from_pem(&[other.root_pem(), authority.root_pem()].concat());
        assert!(answered(&answer, &request, &both.expect("two roots")).is_ok());
    }
}

#[test]
fn a_root_is_told_by_its_name_and_its_key() {
    let mut authority = Authority::new(Kind::P256, Purpose::Stamping);
    let request = request();
    let answer = authority.answer(&request.to_der(), &Answer::default());
    let read = |pems: &[&str]| {
        let roots = TimestampRoots::from_pem(&pems.concat()).expect("roots");
        answered(&answer, &request, &roots)
    };
    let (own, ended) = (authority.root_pem(), authority.ended_root_pem());
    let expected = read(&[own]).unwrap();
    for kind in [Kind::P256, Kind::P384, Kind::Rsa] {
        let namesake = namesake_pem(kind);
        for pems in [[own, &namesake], [&namesake, own]] {
            assert_eq!(read(&pems), Ok(expected.clone()), "{kind:?}");
        }
        assert_eq!(
            read(&[&namesake]),
            Err(TimestampRefused::NotTrusted),
            "{kind:?}"
        );
    }
    // A root that is renewed keeps its name and its key; what ended does not stand in the way of what goes on.
    for pems in [[own, ended], [ended, own]] {
        assert_eq!(read(&pems), Ok(expected.clone()));
    }
    let not_valid = "its issuer was not valid at that time";
    assert_eq!(
        read(&[ended]),
        Err(TimestampRefused::Certificate(not_valid))
    );
}

#[test]
fn a_policy_that_was_asked_for_is_kept() {
    let mut authority = Authority::new(Kind::P256, Purpose::Stamping);
    for (policy, held) in [
        (POLICY, true),
        ("1.3.6.1.4.1.32473.2", false),
        ("2.999.1", false),
    ] {
        let request = TimestampRequest::new(MESSAGE, Some(policy)).unwrap();
        let answer = authority.answer(&request.to_der(), &Answer::default());
        let said = answered(&answer, &request, &roots(&authority));
        assert_eq!(said.is_ok(), held, "{policy}: {said:?}");
    }
    for wrong in [
        "",
        "1",
        "1.40",
        "3.1",
        "1.2.",
        "1.02",
        "1.2.x",
        "1.2.340282366920938463463374607431768211456",
    ] {
        assert!(
            TimestampRequest::new(MESSAGE, Some(wrong)).is_err(),
            "{wrong}"
        );
    }
}

#[test]
fn an_answer_with_one_fault_does_not_count() {
    let mut authority = Authority::new(Kind::P256, Purpose::Stamping);
    for fault in FAULTS {
        let request = request();
        let how = Answer {
            fault,
            ..Answer::default()
        };
        let answer = authority.answer(&request.to_der(), &how);
        assert!(
            answered(&answer, &request, &roots(&authority)).is_err(),
            "{fault:?}"
        );
    }
    for purpose in [
        Purpose::StampingIfKnown,
        Purpose::StampingAndServing,
        Purpose::Anything,
    ] {
        let mut authority = Authority::new(Kind::P256, purpose);
        let request = request();
        let answer = authority.answer(&request.to_der(), &Answer::default());
        assert_eq!(
            answered(&answer, &request, &roots(&authority)),
            Err(TimestampRefused::Certificate(
                "it is not for timestamps alone"
            )),
            "{purpose:?}"
        );
    }
    let mut authority = Authority::valid(Kind::P256, Purpose::Stamping, 2020);
    let request = request();
    let answer = authority.answer(&request.to_der(), &Answer::default());
    assert_eq!(
        answered(&answer, &request, &roots(&authority)),
        Err(TimestampRefused::Certificate(
            "it was not valid at that time"
        ))
    );
}

#[test]
fn roots_are_read_and_written_as_pem() {
    let authority = Authority::new(Kind::P256, Purpose::Stamping);
    let text = format!("subject=/CN=x\n{}", authority.root_pem());
    let roots = TimestampRoots::from_pem(&text).unwrap();
    assert_eq!(TimestampRoots::from_pem(&roots.to_pem()).unwrap(), roots);
    for wrong in [
        String::new(),
        "-----BEGIN CERTIFICATE-----\n".to_owned(),
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".to_owned(),
        "-----BEGIN CERTIFICATE-----\n*\n-----END CERTIFICATE-----\n".to_owned(),
    ] {
        assert!(TimestampRoots::from_pem(&wrong).is_err(), "{wrong}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_an_answer_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(stamped(&bytes, MESSAGE, &TimestampRoots::default()).is_err());
    }
}

fn run(folder: &Path, command: &str) -> Result<(), String> {
    let mut words = command.split(' ');
    let said = Command::new(words.next().expect("a program"))
        .args(words)
        .current_dir(folder)
        .output()
        .expect("it runs");
    if said.status.success() {
        Ok(())
    } else {
        Err(String::from_utf8_lossy(&said.stderr).into_owned())
    }
}

/// What `openssl ts -verify` says, for certificates that are valid at a time, or now.
fn theirs(
    folder: &Path,
    query: &[u8],
    answer: &[u8],
    root: &str,
    at: Option<i64>,
) -> Result<(), String> {
    for (name, bytes) in [("q", query), ("r", answer), ("root.pem", root.as_bytes())] {
        std::fs::write(folder.join(name), bytes).expect("a file");
    }
    let at = at.map_or_else(String::new, |at| format!(" -attime {at}"));
    run(
        folder,
        &format!("openssl ts -verify -queryfile q -in r -CAfile root.pem{at}"),
    )
}

/// An authority that OpenSSL itself is.
fn set_up(folder: &Path) -> String {
    std::fs::write(
        folder.join("ts.cnf"),
        "[req]\ndistinguished_name=n\nprompt=no\n[n]\nO=Tests only\nCN=OpenSSL authority\n[ca]\nbasicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n[tsa_ext]\nextendedKeyUsage=critical,timeStamping\nkeyUsage=critical,digitalSignature\n[tsa]\ndefault_tsa=t\n[t]\nserial=serial\ncrypto_device=builtin\nsigner_digest=sha256\ndefault_policy=1.3.6.1.4.1.32473.1\ndigests=sha256\naccuracy=secs:1,millisecs:500,microsecs:100\nclock_precision_digits=3\nordering=yes\ntsa_name=yes\ness_cert_id_chain=no\ness_cert_id_alg=sha256\n",
    )
    .expect("a file");
    for command in [
        "openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 36500 -config ts.cnf -extensions ca -subj /CN=Root",
        "openssl req -newkey rsa:2048 -nodes -keyout tsa.key -out tsa.csr -config ts.cnf",
        "openssl x509 -req -in tsa.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out tsa.pem -days 36500 -extfile ts.cnf -extensions tsa_ext",
    ] {
        run(folder, command).expect(command);
    }
    std::fs::read_to_string(folder.join("ca.pem")).expect("a root")
}

/// Whether a request is stamped by OpenSSL, and what it answers.
fn reply(folder: &Path, query: &[u8]) -> Vec<u8> {
    std::fs::write(folder.join("q"), query).expect("a file");
    run(
        folder,
        "openssl ts -reply -config ts.cnf -queryfile q -signer tsa.pem -inkey tsa.key -out r",
    )
    .expect("it stamps");
    std::fs::read(folder.join("r")).expect("an answer")
}

#[test]
fn tokens_of_openssl_are_read() {
    if !outsiders(&[OPENSSL]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let root = set_up(folder.path());
    let roots = TimestampRoots::from_pem(&root).unwrap();
    for policy in [None, Some(POLICY)] {
        let request = TimestampRequest::new(MESSAGE, policy).unwrap();
        let answer = reply(folder.path(), &request.to_der());
        let timestamp = answered(&answer, &request, &roots).unwrap();
        assert_eq!(timestamp.accuracy_ms, Some(1501));
        assert_eq!(timestamp.authority, "OpenSSL authority, Tests only");
        let written = std::fs::metadata(folder.path().join("r")).unwrap();
        let now = written.modified().unwrap();
        let now = now.duration_since(std::time::UNIX_EPOCH).unwrap();
        let off = i128::from(timestamp.at_ms) - i128::try_from(now.as_millis()).unwrap();
        assert!(off.abs() < 60_000, "{off} ms");
    }
}

/// One change of an answer that was right: a bit, a byte, a byte more or fewer, an end, or two parts of it exchanged.
fn mutate(random: &mut Random, bytes: &mut Vec<u8>) {
    let before = bytes.clone();
    while *bytes == before {
        let at = random.below(bytes.len());
        match random.below(8) {
            0..=2 => bytes[at] ^= 1 << random.below(8),
            3 => bytes[at] = [0, 1, 5, 0x30, 0x31, 0x7F, 0x80, 0xFF][random.below(8)],
            4 => bytes.insert(at, [0, 0x30, 0x80, 0xFF][random.below(4)]),
            5 => drop(bytes.remove(at)),
            6 => bytes.truncate(at),
            _ => {
                let other = random.below(bytes.len());
                bytes.swap(at, other);
            }
        }
    }
}

/// Ten thousand of each kind with `AFTERCARE_TOKENS=10000`, others with `AFTERCARE_TOKENS_SEED`. What we take OpenSSL takes. What OpenSSL takes and we do not is
/// told by reason: our reader wants one spelling and right names also where no signature holds them.
#[test]
fn openssl_agrees_about_good_and_mutated_tokens() {
    if !outsiders(&[OPENSSL]) {
        return;
    }
    let asked = |name: &str, usual: usize| {
        let said = std::env::var(name).ok();
        said.and_then(|n| n.parse().ok()).unwrap_or(usual)
    };
    let count = asked("AFTERCARE_TOKENS", 40);
    let mut random = Random::new(asked("AFTERCARE_TOKENS_SEED", 2026) as u64);
    let folder = tempfile::tempdir().unwrap();
    let mut good: Vec<Authority> = [Kind::P256, Kind::P384, Kind::Rsa]
        .map(|kind| Authority::new(kind, Purpose::Stamping))
        .into();
    let mut bad: Vec<Authority> = [
        Purpose::StampingIfKnown,
        Purpose::StampingAndServing,
        Purpose::Anything,
    ]
    .map(|purpose| Authority::new(Kind::P256, purpose))
    .into();
    bad.push(Authority::valid(Kind::P256, Purpose::Stamping, 2020));
    let own = folder.path().join("own");
    std::fs::create_dir(&own).unwrap();
    let own_root = set_up(&own);

    let (mut held, mut stricter) = ([0; 2], BTreeMap::<String, usize>::new());
    for at in 0..2 * count {
        let mutated = at % 2 == 1;
        let request =
            TimestampRequest::new(&at.to_be_bytes(), (random.below(2) == 0).then_some(POLICY))
                .unwrap();
        let mut how = Answer {
            time: [
                "20261126120000Z",
                "20261126115959.5Z",
                "20261126000000.123456Z",
            ][random.below(3)]
            .to_owned(),
            accuracy: [
                None,
                Some((1, 0, 0)),
                Some((0, 500, 0)),
                Some((0, 0, 999)),
                Some((60, 1, 1)),
            ][random.below(5)],
            ordering: random.below(2) == 0,
            named: random.below(2) == 0,
            with_issuer: random.below(2) == 0,
            fault: Fault::None,
        };
        // A fault that is signed, an authority that may not stamp, another root, or a change of the bytes.
        let way = if mutated { random.below(16) } else { 16 };
        let who = random.below(3);
        let other = good[(who + 1) % 3].root_pem().to_owned();
        let (mut answer, mut root) = match way {
            0 => {
                let who = random.below(bad.len());
                let answer = bad[who].answer(&request.to_der(), &how);
                (answer, bad[who].root_pem().to_owned())
            }
            16 if at % 50 == 0 => (reply(&own, &request.to_der()), own_root.clone()),
            _ => {
                if matches!(way, 1..=3) {
                    how.fault = FAULTS[random.below(FAULTS.len())];
                }
                let answer = good[who].answer(&request.to_der(), &how);
                (answer, good[who].root_pem().to_owned())
            }
        };
        match way {
            4 => root = other,
            5..16 => mutate(&mut random, &mut answer),
            _ => {}
        }
        let ours = answered(&answer, &request, &TimestampRoots::from_pem(&root).unwrap());
        let at_noon = (root != own_root).then_some(NOON);
        let theirs = theirs(folder.path(), &request.to_der(), &answer, &root, at_noon);
        match &ours {
            Ok(_) => assert_eq!(
                theirs,
                Ok(()),
                "token {at} ({way}, {how:?}) is taken by us alone"
            ),
            Err(why) if theirs.is_ok() => *stricter.entry(why.to_string()).or_default() += 1,
            Err(_) => {}
        }
        held[usize::from(mutated)] += usize::from(ours.is_ok());
        assert!(mutated || ours.is_ok(), "token {at}: {ours:?}, {how:?}");
    }
    println!(
        "{count} good tokens: {} held; {count} mutated: {} held; OpenSSL takes what we take",
        held[0], held[1]
    );
    let more: usize = stricter.values().sum();
    println!("OpenSSL takes {more} more of the mutated ones:");
    for (why, times) in &stricter {
        println!("  {times} × {why}");
    }
    // Where we are stricter: spelling, versions and algorithms that no signature holds; names byte for byte, where OpenSSL
    // compares them without case and kind of text; and the attribute for the type of the content (RFC 5652, 11.1), which
    // OpenSSL does not compare.
    for why in stricter.keys() {
        assert!(
            [
                "it is not in the format",
                "its parts do not belong together: its version",
                "its parts do not belong together: what is signed is not a timestamp",
                "it is signed or hashed in a way",
                "the certificate of the authority: it does not come with the token",
            ]
            .iter()
            .any(|known| why.starts_with(known)),
            "{why}"
        );
    }
}
