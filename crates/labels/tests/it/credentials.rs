//! C2PA manifests: four answers apart, on manifests that are made and signed here, byte by byte.

use std::io::Cursor;

use aftercare_labels::child::{Manifest, Wanted, answer_from};
use aftercare_labels::credentials::{
    Binding, Credentials, Integrity, Signal, Trust, TrustError, TrustList, Unasked, Validity,
    read_key, verify,
};
use aftercare_labels::{Report, Rule, Verdict, command, read, read_and_verify};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::files as f;
use crate::manifest::{
    self as m, Authority, Maker, TODAY, Value, bytes, embed_jpeg, list, map, number, text,
};

/// A maker whose certificate an authority signed, and the list with that authority.
fn trusted() -> (Maker, TrustList) {
    let authority = Authority::new("sample authority");
    let list = TrustList::read(authority.pem().as_bytes()).expect("a list");
    (Maker::new(&authority), list)
}

fn captured() -> Value {
    m::actions(&[("c2pa.created", Some("digitalCapture"))])
}

fn only(file: &[u8], list: &TrustList) -> Credentials {
    verified(file, list).expect("a manifest")
}

/// The answers about the manifest of a file, today: the same whether it is held or read as it is needed.
pub(crate) fn verified(file: &[u8], list: &TrustList) -> Option<Credentials> {
    let wanted = Wanted {
        manifest: Manifest::Checked { today: Some(TODAY) },
        ..Wanted::METADATA
    };
    let told = answer_from(&mut Cursor::new(file), list, wanted).expect("a report");
    assert_eq!(
        without_second(told),
        read_and_verify(file, list, Some(TODAY))
    );
    verify(file, list, Some(TODAY))
}

/// What our own reader told, in builds that have a second one.
pub(crate) fn without_second(mut report: Report) -> Report {
    for credentials in report
        .marks
        .iter_mut()
        .filter_map(|mark| mark.credentials.as_mut())
    {
        credentials.second = None;
    }
    report
}

fn answers(one: &Credentials) -> (Binding, Integrity, Trust, Validity) {
    (one.binding, one.integrity, one.trust, one.validity)
}

#[test]
fn an_untouched_photo_of_a_trusted_camera_speaks_for_its_sender() {
    let (maker, trust) = trusted();
    for file in [
        embed_jpeg(&f::jpeg(), &maker, &captured()),
        m::embed_png(&f::png(), &maker, &captured()),
        m::embed_webp(&maker, &captured()),
        m::embed_heif(&maker, &captured()),
    ] {
        let one = only(&file, &trust);
        assert_eq!(
            answers(&one),
            (
                Binding::Intact,
                Integrity::Intact,
                Trust::Trusted,
                Validity::ValidToday
            ),
            "{one:#?}"
        );
        assert!(one.is_trusted_capture());
        let step = one.current.expect("a step");
        assert_eq!(step.signals, [Signal::Captured]);
        assert_eq!(step.actions[0].action, "c2pa.created");
        assert_eq!(
            step.actions[0].source_type.as_deref(),
            Some("digitalCapture")
        );
        assert_eq!(step.generator, "sample camera 1.0");
        let signer = one.signer.expect("a signer");
        assert_eq!(
            (signer.subject.as_str(), signer.algorithm),
            ("sample signer, Sample", "ES256")
        );
    }
}

#[test]
fn each_of_the_four_answers_changes_alone() {
    let (maker, trust) = trusted();
    let file = embed_jpeg(&f::jpeg(), &maker, &captured());
    let good = answers(&only(&file, &trust));

    // The content: a byte of the picture.
    let mut changed = file.clone();
    let at = changed.len() - 30;
    changed[at] ^= 1;
    let one = only(&changed, &trust);
    assert_eq!(answers(&one), (Binding::Changed, good.1, good.2, good.3));
    assert!(!one.is_trusted_capture());

    // The manifest: what the action says, without a new hash.
    let changed = m::replaced(&file, b"digitalCapture", b"digitalcapture");
    let one = only(&changed, &trust);
    assert_eq!(one.integrity, Integrity::StatementsChanged);
    assert_eq!((one.binding, one.trust), (good.0, good.2));
    // What was changed is not told as if it had been signed.
    assert_eq!(one.current.expect("a step").actions, []);

    // The claim itself.
    let changed = m::replaced(&file, b"sample camera", b"simple camera");
    let one = only(&changed, &trust);
    assert_eq!(one.integrity, Integrity::Mismatch);
    assert_eq!(
        (one.binding, one.trust, one.validity),
        (good.0, good.2, good.3)
    );

    // The signer's trust: another list, and none.
    let other = Authority::new("another authority");
    let other = TrustList::read(other.pem().as_bytes()).expect("a list");
    assert_eq!(only(&file, &other).trust, Trust::NotListed);
    let none = TrustList::default();
    let one = only(&file, &none);
    assert_eq!(
        answers(&one),
        (good.0, good.1, Trust::NoList, good.3),
        "the rest needs no list"
    );
    assert!(!one.is_trusted_capture());

    // The time.
    for (today, validity) in [
        (None, Validity::NotCheckable),
        (Some(m::NOT_BEFORE - 1), Validity::NotYet),
        (Some(m::NOT_AFTER + 1), Validity::Expired),
    ] {
        let one = verify(&file, &trust, today).expect("a manifest");
        assert_eq!(answers(&one), (good.0, good.1, good.2, validity));
        assert!(!one.is_trusted_capture(), "{validity:?}");
    }
}

#[test]
fn a_certificate_of_the_same_name_with_another_key_is_not_trusted() {
    let (_, trust) = trusted();
    let imitation = Authority::new("sample authority");
    let file = embed_jpeg(&f::jpeg(), &Maker::new(&imitation), &captured());
    let one = only(&file, &trust);
    assert_eq!(
        (one.integrity, one.trust),
        (Integrity::Intact, Trust::NotListed)
    );
}

#[test]
fn a_certificate_for_another_purpose_does_not_sign_content() {
    let authority = Authority::new("sample authority");
    let trust = TrustList::read(authority.pem().as_bytes()).expect("a list");
    let file = embed_jpeg(&f::jpeg(), &Maker::for_servers(&authority), &captured());
    assert_eq!(only(&file, &trust).trust, Trust::Unfit);
}

#[test]
fn leaving_out_more_than_the_manifest_is_told() {
    let (maker, trust) = trusted();
    let file = m::embed_jpeg_without(&f::jpeg(), &maker, &captured(), 40);
    let one = only(&file, &trust);
    assert_eq!(
        (one.binding, one.integrity),
        (Binding::IntactInPart, Integrity::Intact)
    );
    assert!(!one.is_trusted_capture());
}

#[test]
fn actions_become_the_signals_of_the_conformance_program() {
    let (maker, trust) = trusted();
    let camera = ("c2pa.created", Some("digitalCapture"));
    for (actions, signals, is_capture) in [
        (
            vec![("c2pa.created", Some("trainedAlgorithmicMedia"))],
            vec![Signal::Generated],
            false,
        ),
        (
            vec![
                camera,
                ("c2pa.edited", Some("compositeWithTrainedAlgorithmicMedia")),
                ("c2pa.resized.proportional", None),
            ],
            vec![
                Signal::Captured,
                Signal::NonEditorial,
                Signal::EditedByGenerator,
            ],
            false,
        ),
        (
            vec![
                ("c2pa.opened", Some("screenCapture")),
                ("c2pa.drawing", Some("digitalArt")),
            ],
            vec![
                Signal::ScreenMayBeGenerated,
                Signal::Edited,
                Signal::EditedPossiblyByGenerator,
            ],
            false,
        ),
        (vec![("sample.own", None)], vec![Signal::Ambiguous], false),
        (
            vec![camera, ("c2pa.resized.proportional", None)],
            vec![Signal::Captured, Signal::NonEditorial],
            true,
        ),
        // Edited after it was taken: it is a capture, and does not speak for the sender as one.
        (
            vec![camera, ("c2pa.edited", Some("humanEdits"))],
            vec![Signal::Captured, Signal::Edited],
            false,
        ),
        (
            vec![camera, ("c2pa.drawing", Some("digitalArt"))],
            vec![
                Signal::Captured,
                Signal::Edited,
                Signal::EditedPossiblyByGenerator,
            ],
            false,
        ),
        (
            vec![camera, ("c2pa.edited", None)],
            vec![Signal::Captured],
            false,
        ),
        (
            vec![camera, ("c2pa.cropped", None)],
            vec![Signal::Captured],
            false,
        ),
        (
            vec![camera, ("c2pa.enhanced", Some("trainedAlgorithmicMedia"))],
            vec![Signal::Captured, Signal::NonEditorial],
            false,
        ),
        (
            vec![camera, ("sample.own", None)],
            vec![Signal::Captured, Signal::Ambiguous],
            false,
        ),
    ] {
        let file = embed_jpeg(&f::jpeg(), &maker, &m::actions(&actions));
        let one = only(&file, &trust);
        assert_eq!(one.is_trusted_capture(), is_capture, "{actions:?}");
        let says = one.sentences().iter().any(|(name, ..)| *name == "capture");
        assert_eq!(says, is_capture, "{actions:?}");
        assert_eq!(one.current.expect("a step").signals, signals);
    }
    // As many actions as are told: what follows them is not known.
    let mut many = vec![camera];
    many.resize(64, ("c2pa.published", None));
    many.push(("c2pa.edited", Some("humanEdits")));
    let one = only(&embed_jpeg(&f::jpeg(), &maker, &m::actions(&many)), &trust);
    assert!(!one.is_trusted_capture());
}

/// A capture that a generated file went into is no photo as a camera took it, and neither is one that anything else did.
#[test]
fn a_capture_with_an_ingredient_does_not_speak_for_its_sender() {
    let (maker, trust) = trusted();
    let generated = m::actions(&[("c2pa.created", Some("trainedAlgorithmicMedia"))]);
    for earlier in [generated, captured()] {
        let file = m::embed_jpeg_with_parent(&f::jpeg(), &maker, &captured(), &earlier, false);
        let one = only(&file, &trust);
        assert_eq!(
            answers(&one),
            (
                Binding::Intact,
                Integrity::Intact,
                Trust::Trusted,
                Validity::ValidToday
            )
        );
        assert!(!one.is_trusted_capture());
    }
}

#[test]
fn the_manifest_of_an_ingredient_is_told_as_what_went_before() {
    let (maker, trust) = trusted();
    let generated = m::actions(&[("c2pa.created", Some("trainedAlgorithmicMedia"))]);
    let edited = m::actions(&[("c2pa.opened", None), ("c2pa.edited", Some("humanEdits"))]);
    for file in [
        m::embed_jpeg_with_parent(&f::jpeg(), &maker, &edited, &generated, false),
        m::embed_png_with_parent(&f::png(), &maker, &edited, &generated),
    ] {
        let one = only(&file, &trust);
        assert_eq!(
            (one.binding, one.integrity),
            (Binding::Intact, Integrity::Intact)
        );
        assert_eq!(one.earlier.len(), 1);
        assert_eq!(one.earlier[0].signals, [Signal::Generated]);
        let step = one.current.expect("a step");
        assert_eq!(step.ingredients[0].relationship, "parentOf");
        assert_eq!(step.ingredients[0].is_intact, Some(true));
    }
    // The manifest of the ingredient was exchanged.
    let file = m::embed_jpeg_with_parent(&f::jpeg(), &maker, &edited, &generated, true);
    let step = only(&file, &trust).current.expect("a step");
    assert_eq!(step.ingredients[0].is_intact, Some(false));
}

#[test]
fn the_report_and_the_command_tell_the_answers() {
    let (maker, trust) = trusted();
    let file = embed_jpeg(&f::jpeg(), &maker, &captured());
    // Reading alone checks nothing, and says so by saying nothing.
    let noted = read(&file).marks.remove(0);
    assert_eq!((noted.rule, noted.credentials), (Rule::Manifest, None));
    let report = read_and_verify(&file, &trust, Some(TODAY));
    assert_eq!(report.verdict, Verdict::Absent, "a manifest is no label");
    let one = report.marks[0].credentials.as_deref().expect("answers");
    assert!(one.is_trusted_capture());
    let answer = command::read_file(
        "a.jpg",
        file.len() as u64,
        &read_and_verify(&file, &trust, Some(TODAY)),
    );
    let told = &answer.json["marks"][0]["credentials"];
    for (name, value) in [
        ("binding", "intact"),
        ("integrity", "intact"),
        ("trust", "trusted"),
        ("validity", "valid_today"),
    ] {
        assert_eq!(told[name], value);
    }
    assert_eq!(told["current"]["signals"][0], "captured");
    for (_, en, zh) in one.sentences() {
        assert!(answer.text.contains(en) && !zh.is_empty());
    }
    let speaks = |report: &Report| {
        let one = report.marks[0].credentials.as_ref().expect("answers");
        one.sentences().iter().any(|(name, ..)| *name == "capture")
    };
    assert!(speaks(&report), "it counts for the sender");
    let unknown = read_and_verify(&file, &TrustList::default(), Some(TODAY));
    assert!(!speaks(&unknown));
    // The same bytes on the same day give the same report.
    let again = read_and_verify(&file, &trust, Some(TODAY));
    assert_eq!(report.canonical_json(), again.canonical_json());
}

#[test]
fn what_was_not_asked_is_said() {
    let (maker, trust) = trusted();
    let words = |one: &Credentials| {
        let sentences = one.sentences().into_iter();
        sentences
            .filter_map(|(name, en, _)| (name == "unasked").then_some(en))
            .collect::<Vec<_>>()
    };
    let one = only(&embed_jpeg(&f::jpeg(), &maker, &captured()), &trust);
    assert_eq!(one.unasked, [Unasked::Revocation]);
    assert_eq!(words(&one), [Unasked::Revocation.en()]);
    assert!(one.is_trusted_capture(), "it takes nothing from the sender");
    let file = m::embed_jpeg_with_identity(&f::jpeg(), &maker, &captured());
    let one = only(&file, &trust);
    assert_eq!(one.binding, Binding::Intact);
    assert_eq!(one.unasked, [Unasked::Revocation, Unasked::Identity]);
    assert_eq!(words(&one).len(), 2);
    // Nothing was signed that could be asked about.
    let one = only(&m::embed_claim(&f::jpeg(), &[0xA0]), &trust);
    assert_eq!(one.unasked, []);
}

#[test]
fn a_movie_bound_by_a_tree_of_hashes_is_told_apart_from_a_changed_one() {
    let (maker, trust) = trusted();
    let one = only(&m::embed_movie_with_tree(&maker, &captured()), &trust);
    assert_eq!(
        (one.binding, one.integrity, one.trust),
        (Binding::TreeNotRead, Integrity::Intact, Trust::Trusted)
    );
    assert!(!one.is_trusted_capture());
}

#[test]
fn a_manifest_in_a_tiff_is_told_and_not_read() {
    let (maker, trust) = trusted();
    // The whole store of a photo that would be intact.
    let photo = embed_jpeg(&f::jpeg(), &maker, &captured());
    let store = &photo[m::manifest_range(&photo)];
    let file = f::tiff_with(0xCD41, 7, store, false);
    assert_eq!(verify(&file, &trust, Some(TODAY)), None);
    let report = read_and_verify(&file, &trust, Some(TODAY));
    assert_eq!(report.marks.len(), 1);
    assert_eq!(report.marks[0].rule, Rule::Manifest);
    let one = report.marks[0].credentials.as_deref().expect("answers");
    assert_eq!(
        answers(one),
        (
            Binding::NotCheckable,
            Integrity::NotCheckable,
            Trust::NotCheckable,
            Validity::NotCheckable
        )
    );
    assert!(one.current.is_none() && !one.is_trusted_capture());
}

#[test]
fn a_manifest_kept_elsewhere_is_told_and_not_fetched() {
    let (_, trust) = trusted();
    let packet = "<x xmlns:dcterms='http://purl.org/dc/terms/' dcterms:provenance='https://example.com/a.c2pa'/>";
    let report = read_and_verify(&f::jpeg_with_xmp(packet), &trust, Some(TODAY));
    assert_eq!(report.marks.len(), 1);
    let mark = &report.marks[0];
    assert_eq!(mark.rule, Rule::RemoteManifest);
    assert_eq!(mark.fields["text"], "https://example.com/a.c2pa");
    assert_eq!(
        (mark.credentials.as_deref(), report.verdict),
        (None, Verdict::Absent)
    );
    // One in the file itself is no such.
    let own = packet.replace("https://example.com/a.c2pa", "self#jumbf=/c2pa/urn:c2pa:1");
    assert!(read(&f::jpeg_with_xmp(&own)).marks.is_empty());
}

#[test]
fn a_key_is_read_as_programs_write_it() {
    let raw = STANDARD.encode([9; 32]);
    let usual = [
        b"\x30\x2A\x30\x05\x06\x03\x2B\x65\x70\x03\x21\x00".as_slice(),
        &[9; 32],
    ]
    .concat();
    let usual = format!(
        "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
        STANDARD.encode(usual)
    );
    assert_eq!(read_key(&raw), Some([9; 32]));
    assert_eq!(read_key(&usual), Some([9; 32]));
    for text in ["", "no key", &STANDARD.encode([9; 31])] {
        assert_eq!(read_key(text), None);
    }
}

#[test]
fn files_without_a_manifest_have_no_answer() {
    let none = TrustList::default();
    for file in [f::jpeg(), f::png(), Vec::new(), b"jumb c2pa".to_vec()] {
        assert_eq!(verify(&file, &none, None), None);
    }
}

#[test]
fn broken_manifests_are_not_checkable_and_never_a_panic() {
    let (maker, trust) = trusted();
    let file = embed_jpeg(&f::jpeg(), &maker, &captured());
    let whole = only(&file, &trust);
    let manifest = m::manifest_range(&file);
    // Every seventh byte of the manifest changed, and the file cut at every thirteenth.
    for at in manifest.clone().step_by(7) {
        let mut broken = file.clone();
        broken[at] ^= 0x55;
        let Some(one) = verify(&broken, &trust, Some(TODAY)) else {
            continue;
        };
        if one.integrity == Integrity::Intact && one.trust == Trust::Trusted {
            // Only the manifest's own name is not signed.
            let said = |one: &Credentials| {
                let step = one.current.clone().expect("a step");
                (step.generator, step.actions, step.ingredients, step.signals)
            };
            assert_eq!(said(&one), said(&whole), "byte {at}");
        }
    }
    for at in manifest.step_by(13) {
        let _ = verify(&file[..at], &trust, Some(TODAY));
    }
    // Lists of lists, and a length that lies.
    for claim in [
        vec![0x81; 5_000],
        vec![0x9B, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
    ] {
        let file = m::embed_claim(&f::jpeg(), &claim);
        let one = only(&file, &trust);
        assert_eq!(
            answers(&one),
            (
                Binding::NotCheckable,
                Integrity::NotCheckable,
                Trust::NotCheckable,
                Validity::NotCheckable
            )
        );
    }
}

#[test]
fn references_that_repeat_cost_no_more_than_their_bytes() {
    let (maker, trust) = trusted();
    let file = m::embed_jpeg_repeating(&f::jpeg(), &maker, 5_000_000, 200);
    let one = only(&file, &trust);
    assert_eq!(
        (one.binding, one.integrity),
        (Binding::NotCheckable, Integrity::NotCheckable)
    );
}

#[test]
fn values_that_take_more_memory_than_bytes_are_limited() {
    let (_, trust) = trusted();
    // A list of a hundred thousand empty maps: one byte each in the file.
    let many = [&b"\x9A\0\x01\x86\xA0"[..], &[0xA0; 100_000]].concat();
    for file in [
        m::embed_signature(&f::jpeg(), &many),
        m::embed_claim(&f::jpeg(), &many),
    ] {
        let one = only(&file, &trust);
        assert_eq!(
            (one.integrity, one.trust),
            (Integrity::NotCheckable, Trust::NotCheckable)
        );
    }
    let few = [&b"\x9A\0\0\xC3\x50"[..], &[0xA0; 50_000]].concat();
    let one = only(&m::embed_signature(&f::jpeg(), &few), &trust);
    assert_eq!(one.binding, Binding::Missing, "the claim is read");
}

#[test]
fn a_list_of_authorities_may_be_signed() {
    let authority = Authority::new("sample authority");
    let (key, signed) = m::signed_list(&authority.pem());
    let list = TrustList::read_signed(&signed, &key).expect("a list");
    assert_eq!(
        list,
        TrustList::read(authority.pem().as_bytes()).expect("a list")
    );
    let mut other = signed.clone();
    other[3] ^= 1;
    assert_eq!(
        TrustList::read_signed(&other, &key),
        Err(TrustError::SignatureMismatch)
    );
    assert_eq!(
        TrustList::read_signed(&signed, &[7; 32]),
        Err(TrustError::SignatureMismatch)
    );
    assert_eq!(
        TrustList::read_signed(authority.pem().as_bytes(), &key),
        Err(TrustError::NotSigned)
    );
    for (text, error) in [
        (String::new(), TrustError::NoCertificate),
        (
            format!(
                "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
                STANDARD.encode([0x30, 3, 1, 1, 1])
            ),
            TrustError::Certificate(1),
        ),
    ] {
        assert_eq!(TrustList::read(text.as_bytes()), Err(error));
    }
}

#[test]
fn values_are_written_as_the_reader_expects_them() {
    // A self-check of the maker: the shapes that the tests rely on.
    let value = map(&[("a", number(7)), ("b", list(&[bytes(b"x"), text("y")]))]);
    assert_eq!(
        value.0, b"\xA2\x61a\x07\x61b\x82\x41x\x61y",
        "RFC 8949, appendix A"
    );
}
