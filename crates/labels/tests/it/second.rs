//! The second reader of manifests (c2pa-rs), asked where it is asked in life: by the child that reads marks.

use std::net::TcpListener;
use std::time::Duration;

use aftercare_labels::child::{Manifest, Wanted, decode_answer, encode_request, run_child};
use aftercare_labels::credentials::{Binding, Compared, Credentials, Integrity};
use aftercare_labels::{Report, Rule};

use crate::files as f;
use crate::manifest::{self as m, Authority, Maker, TODAY};

fn report(file: &[u8]) -> Report {
    let wanted = Wanted {
        manifest: Manifest::Checked { today: Some(TODAY) },
        ..Wanted::METADATA
    };
    let request = encode_request(file.to_vec(), wanted).expect("a request");
    let mut out = Vec::new();
    run_child(request.as_slice(), &mut out).expect("the child answers");
    decode_answer(&out).expect("a report")
}

fn credentials(file: &[u8]) -> Credentials {
    let marks = report(file).marks;
    let found = marks.into_iter().find_map(|mark| mark.credentials);
    *found.expect("answers about a manifest")
}

fn signed() -> Vec<(&'static str, Vec<u8>)> {
    let maker = Maker::new(&Authority::lasting("sample authority"));
    let actions = m::actions(&[("c2pa.created", Some("digitalCapture"))]);
    vec![
        ("JPEG", m::embed_jpeg(&f::jpeg(), &maker, &actions)),
        ("PNG", m::embed_png(&f::png(), &maker, &actions)),
        ("WebP", m::embed_webp(&maker, &actions)),
        ("HEIC", m::embed_heif(&maker, &actions)),
    ]
}

fn compared(one: &Credentials) -> (Compared, Compared) {
    let second = one.second.expect("a second reader");
    (second.binding, second.integrity)
}

#[test]
fn two_readers_agree_about_photos_as_they_were_signed() {
    for (name, file) in signed() {
        let one = credentials(&file);
        assert_eq!(
            (one.binding, one.integrity),
            (Binding::Intact, Integrity::Intact),
            "{name}"
        );
        assert_eq!(compared(&one), (Compared::Same, Compared::Same), "{name}");
    }
}

#[test]
fn two_readers_agree_about_what_was_changed() {
    for (name, file) in signed() {
        // A byte of the picture; in the WebP, the manifest follows it.
        let mut changed = file.clone();
        let at = match name {
            "WebP" => 40,
            "PNG" => file.len() - 20,
            _ => file.len() - 8,
        };
        changed[at] ^= 1;
        let one = credentials(&changed);
        assert_eq!(
            (one.binding, one.integrity),
            (Binding::Changed, Integrity::Intact),
            "{name}"
        );
        assert_eq!(compared(&one), (Compared::Same, Compared::Same), "{name}");

        // A statement, without a new hash.
        let changed = m::replaced(&file, b"digitalCapture", b"digitalcapture");
        let one = credentials(&changed);
        assert_eq!(one.integrity, Integrity::StatementsChanged, "{name}");
        assert_eq!(compared(&one), (Compared::Same, Compared::Same), "{name}");

        // The claim itself.
        let changed = m::replaced(&file, b"sample camera", b"simple camera");
        let one = credentials(&changed);
        assert_eq!(one.integrity, Integrity::Mismatch, "{name}");
        assert_eq!(compared(&one), (Compared::Same, Compared::Same), "{name}");
        for (_, en, zh) in one.sentences() {
            assert!(!en.contains("forged") && !zh.contains("伪造"));
        }
    }
}

#[test]
fn a_tiff_is_not_given_to_the_second_reader() {
    // A directory with the tag of a manifest (C2PA specification 2.2, annex A), which our own reader tells and does not read.
    let file = f::tiff_with(0xCD41, 7, &[0; 64], false);
    let one = credentials(&file);
    assert_eq!(one.binding, Binding::NotCheckable);
    assert_eq!(one.second, None);
}

#[test]
fn a_manifest_that_is_kept_elsewhere_is_not_fetched() {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    server.set_nonblocking(true).unwrap();
    let address = format!("http://{}/manifest.c2pa", server.local_addr().unwrap());
    let packet = format!(
        r#"<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" xmlns:dcterms="http://purl.org/dc/terms/" dcterms:provenance="{address}"/></rdf:RDF></x:xmpmeta>"#
    );
    let named = f::jpeg_with_xmp(&packet);
    let maker = Maker::new(&Authority::lasting("sample authority"));
    let actions = m::actions(&[("c2pa.created", Some("digitalCapture"))]);
    let both = m::embed_jpeg(&named, &maker, &actions);
    for file in [named, both] {
        let report = report(&file);
        assert!(
            report
                .marks
                .iter()
                .any(|mark| mark.rule == Rule::RemoteManifest)
        );
    }
    std::thread::sleep(Duration::from_millis(100));
    let call = server.accept().map_err(|error| error.kind());
    assert_eq!(call.err(), Some(std::io::ErrorKind::WouldBlock));
}

#[test]
fn what_the_second_reader_stumbles_over_leaves_our_own_answers() {
    for (name, file) in signed() {
        let whole = credentials(&file);
        for cut in [1, 100, file.len() / 3] {
            // Nothing is asked to be found here but that the child answers.
            let _ = report(&file[..file.len() - cut]);
        }
        assert_eq!(whole.binding, Binding::Intact, "{name}");
    }
    for hostile in [
        m::embed_claim(&f::jpeg(), &[0x9F; 4_096]),
        m::embed_claim(&f::jpeg(), &[0x81; 60_000]),
        m::embed_signature(&f::jpeg(), &[0xD2; 4_096]),
    ] {
        let one = credentials(&hostile);
        assert_ne!(one.integrity, Integrity::Intact);
        assert_ne!(one.integrity, Integrity::NotCertain);
    }
}
