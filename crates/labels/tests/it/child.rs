//! The child says of a file what the crate says of it, in frames; nothing of the program's own words comes from the child.

use aftercare_labels::child::{
    Manifest, ProtocolError, Step, Wanted, answer, decode_answer, decode_step, decode_trusted,
    encode_list, encode_open, encode_piece, encode_request, run_child,
};
use aftercare_labels::credentials::{Binding, Trust, TrustList, Validity};
use aftercare_labels::{Report, Verdict, read, read_and_verify};
use aftercare_media::child::Frame;

use crate::credentials::without_second;
use crate::files as f;
use crate::manifest::{self as m, Authority, Maker, TODAY};
use crate::samples::samples;

const CHECKED: Manifest = Manifest::Checked { today: Some(TODAY) };

/// What one child answers to these requests.
fn answers(requests: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let mut out = Vec::new();
    run_child(requests.concat().as_slice(), &mut out).expect("the child answers");
    let mut rest = out.as_slice();
    std::iter::from_fn(|| Frame::read(&mut rest).expect("a frame"))
        .map(|frame| frame.encode().expect("a frame"))
        .collect()
}

fn asked(file: &[u8], manifest: Manifest) -> Vec<u8> {
    let wanted = Wanted {
        manifest,
        ..Wanted::METADATA
    };
    encode_request(file.to_vec(), wanted).expect("a request")
}

#[test]
fn a_report_comes_back_as_it_was_made() {
    let mut files: Vec<Vec<u8>> = samples(1).into_iter().map(|sample| sample.bytes).collect();
    files.push(f::png_with(
        &[(b"tEXt", f::png_text("AIGC", &f::wrapped()))],
        false,
    ));
    files.push(crate::signatures::signed_by_a_known_key());
    files.push(Vec::new());
    files.push(b"neither picture nor text \xFF".to_vec());
    for file in files {
        let answer = answers(&[asked(&file, Manifest::Told)]).remove(0);
        let told = decode_answer(&answer).expect("a report");
        assert_eq!(told, read(&file));
        assert_eq!(told.canonical_json(), read(&file).canonical_json());
    }
}

#[test]
fn the_list_is_told_once_and_holds_for_every_file_after_it() {
    let authority = Authority::new("sample authority");
    let times = Authority::new("sample clock");
    let text = format!("{}[timestamps]\n{}", authority.pem(), times.pem());
    let list = TrustList::read(text.as_bytes()).expect("a list");
    assert_eq!(
        TrustList::read(list.to_text().as_bytes()).as_ref(),
        Ok(&list)
    );
    let actions = m::actions(&[("c2pa.created", Some("digitalCapture"))]);
    let file = m::embed_jpeg(&f::jpeg(), &Maker::new(&authority), &actions);
    let trust = encode_list(&list).expect("a request").expect("a list");
    let said = answers(&[
        asked(&file, CHECKED),
        trust,
        asked(&file, CHECKED),
        asked(&file, CHECKED),
        asked(&file, Manifest::Told),
    ]);
    let before = decode_answer(&said[0]).expect("a report");
    let empty = TrustList::default();
    let before = without_second(before);
    assert_eq!(before, read_and_verify(&file, &empty, Some(TODAY)));
    assert!(matches!(encode_list(&empty), Ok(None)));
    decode_trusted(&said[1]).expect("it is trusted");
    for answer in &said[2..4] {
        let told = decode_answer(answer).expect("a report");
        let told = without_second(told);
        assert_eq!(told, read_and_verify(&file, &list, Some(TODAY)));
        let credentials = told.marks[0].credentials.as_ref().expect("answers");
        assert!(credentials.is_trusted_capture());
    }
    let told = decode_answer(&said[4]).expect("a report");
    assert_eq!(told.marks[0].credentials, None, "it was not asked for");
    assert!(matches!(
        decode_answer(&said[1]),
        Err(ProtocolError::OtherAnswer)
    ));
    assert!(decode_trusted(&said[2]).is_err());
}

#[test]
fn a_child_that_lies_cannot_put_words_into_a_report() {
    let file = f::png_with(&[(b"tEXt", f::png_text("AIGC", &f::wrapped()))], false);
    let answer = answers(&[asked(&file, Manifest::Told)]).remove(0);
    let mut frame = Frame::decode(&answer).expect("a frame");
    let honest = String::from_utf8(frame.parts.remove(0)).expect("JSON");
    let sentence = read(&file).marks[0].en;
    let with = |part: String| {
        let header = frame.header.clone();
        let parts = vec![part.into_bytes()];
        Frame { header, parts }.encode().expect("a frame")
    };
    let changed = honest.replace(sentence, "the sender is a liar");
    assert_ne!(changed, honest);
    let told = decode_answer(&with(changed)).expect("a report");
    assert_eq!(told, read(&file), "the sentence is that of the rule");
    let unknown = honest.replace("gb45438.implicit_label", "gb45438.liar");
    assert!(decode_answer(&with(unknown)).is_err());
    for nonsense in ["", "{}", "[]", "{\"format\":\"png\"}"] {
        assert!(decode_answer(&with(nonsense.to_owned())).is_err());
    }
}

#[test]
fn a_file_that_was_given_up_is_inconclusive_and_its_manifest_not_checkable() {
    let report = Report::stopped(&f::jpeg());
    assert!(report.is_stopped() && report.marks.is_empty());
    assert_eq!(report.verdict, Verdict::Inconclusive);
    assert!(!read(&f::jpeg()).is_stopped());
    let actions = m::actions(&[("c2pa.created", None)]);
    let maker = Maker::new(&Authority::new("sample authority"));
    let file = m::embed_jpeg(&f::jpeg(), &maker, &actions);
    let report = read(&file).with_unchecked_manifests();
    let one = report.marks[0].credentials.as_ref().expect("answers");
    assert_eq!(one.offset, report.marks[0].offset);
    assert_eq!(
        (one.binding, one.trust, one.validity),
        (
            Binding::NotCheckable,
            Trust::NotCheckable,
            Validity::NotCheckable
        )
    );
}

/// What a child says of a file that is read for it piece by piece, and how many bytes it asked for.
fn piecewise(file: &[u8], wanted: Wanted) -> (Report, usize) {
    use std::io::Write as _;
    let (to_child, mut requests) = std::io::pipe().unwrap();
    let (mut answers, from_child) = std::io::pipe().unwrap();
    let child = std::thread::spawn(move || run_child(to_child, from_child));
    let mut request = encode_open(u64::try_from(file.len()).unwrap(), wanted).unwrap();
    let mut asked = 0;
    let report = loop {
        requests.write_all(&request).unwrap();
        let frame = Frame::read(&mut answers).unwrap().expect("an answer");
        match decode_step(&frame.encode().unwrap()).unwrap() {
            Step::Report(report) => break *report,
            Step::Need { offset, bytes } => {
                let start = usize::try_from(offset).unwrap();
                asked += bytes;
                request = encode_piece(file[start..start + bytes].to_vec()).unwrap();
            }
        }
    };
    drop(requests);
    child.join().unwrap().unwrap();
    (report, asked)
}

#[test]
fn a_file_that_is_read_piece_by_piece_is_told_like_one_that_is_held() {
    let list = TrustList::default();
    let all = Wanted {
        manifest: CHECKED,
        times: Some(aftercare_labels::consistency::Times::default()),
        pixels: true,
    };
    let authority = Authority::new("sample authority");
    let actions = m::actions(&[("c2pa.created", Some("digitalCapture"))]);
    let signed = m::embed_jpeg(&f::jpeg(), &Maker::new(&authority), &actions);
    let mut files: Vec<Vec<u8>> = samples(1).into_iter().map(|sample| sample.bytes).collect();
    files.push(signed);
    // Segments of the kind that carries manifests, with something else in them.
    files.push(f::jpeg_with(0xEB, format!("AIGC{}", f::label()).as_bytes()));
    let late = [&b"JP\0\x01\0\0\0\x01"[..], &[0; 300], b"c2pa"].concat();
    files.push(f::jpeg_with(0xEB, &late));
    for file in files {
        for wanted in [Wanted::METADATA, all] {
            let (report, _) = piecewise(&file, wanted);
            assert_eq!(without_second(report), answer(&file, &list, wanted));
        }
    }
    // Of a long movie little is asked for, whatever is wanted.
    let movie = samples(1).into_iter().find(|sample| sample.name == "MP4");
    let bulk = crate::bytes::boxed(b"mdat", &vec![7; 8 * 1024 * 1024]);
    let movie = [movie.unwrap().bytes, bulk].concat();
    let (report, asked) = piecewise(&movie, all);
    assert_eq!(report, answer(&movie, &list, all));
    assert!(asked < 256 * 1024, "{asked} bytes were asked for");
}

/// Whether a second reader holds the whole file, and hashes it anew.
const HAS_SECOND_READER: bool = cfg!(feature = "full");

#[test]
fn the_longest_files_are_bound_to_the_last_byte() {
    if !HAS_SECOND_READER {
        crate::streamed::are_bound_to_the_last_byte();
    }
}

#[test]
fn no_manifest_takes_much_memory() {
    if !HAS_SECOND_READER {
        crate::long_files::in_a_process_of_its_own("streamed::memory_of_each_manifest");
    }
}
