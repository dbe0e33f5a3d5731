//! The answers of the two commands keep their shape.

use aftercare_labels::command::{self, Answer};
use aftercare_labels::credentials::TrustList;
use aftercare_labels::{read, read_and_verify};

use crate::files as f;

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap()
}

fn check_file(name: &str, bytes: &[u8]) -> Answer {
    command::check_file(name, length(bytes), &read(bytes))
}

fn read_file(name: &str, bytes: &[u8]) -> Answer {
    command::read_file(
        name,
        length(bytes),
        &read_and_verify(bytes, &TrustList::default(), None),
    )
}

#[test]
fn the_json_has_what_scripts_read() {
    let file = f::png_with(&[(b"tEXt", f::png_text("AIGC", &f::wrapped()))], false);
    let answer = read_file("mug.png", &file);
    assert_eq!(answer.exit_code, 0);
    let json = &answer.json;
    assert_eq!(json["file"], "mug.png");
    assert_eq!(json["format"], "png");
    assert_eq!(json["verdict"], "compliant");
    let mark = &json["marks"][0];
    assert_eq!(mark["kind"], "ai_label");
    assert_eq!(mark["source"], "png_text");
    assert_eq!(mark["offset"], 33);
    assert_eq!(mark["rule"], "gb45438.implicit_label");
    assert_eq!(mark["confidence"], "declared");
    assert_eq!(mark["fields"]["Label"], "1");
    assert!(answer.text.starts_with("mug.png: PNG, "));
    // The same bytes give the same report.
    assert_eq!(answer, read_file("mug.png", &file));
}

/// What is printed is canonical too, whatever the order of members is in a build.
#[test]
fn the_printed_report_is_canonical() {
    let file = f::png_with(&[(b"tEXt", f::png_text("AIGC", &f::wrapped()))], false);
    for answer in [read_file("mug.png", &file), check_file("mug.png", &file)] {
        let printed = answer.canonical_json();
        assert!(printed.starts_with(r#"{"file":"mug.png","format":"png","gaps":[],"level":1,"#));
        let keys = [
            r#"{"ContentProducer":"#,
            r#""ContentPropagator":"#,
            r#""Label":"#,
        ];
        let places: Vec<_> = keys.iter().map(|key| printed.find(key).unwrap()).collect();
        assert!(places.is_sorted(), "{printed}");
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&printed).unwrap(),
            answer.json
        );
    }
}

#[test]
fn the_canonical_report_is_the_same_each_time() {
    let file = f::jpeg_with_xmp(&f::xmp_element(
        &f::label().replace("sample-0001", "样品 1"),
    ));
    let first = aftercare_labels::read(&file).canonical_json();
    assert!(
        first.starts_with(
            r#"{"format":"jpeg","gaps":[],"level":1,"marks":[{"citation":"GB 45438-2025, 6.1","#
        ),
        "{first}"
    );
    for _ in 0..20 {
        assert_eq!(aftercare_labels::read(&file).canonical_json(), first);
    }
}

#[test]
fn check_exits_with_1_only_for_a_broken_rule() {
    let label = f::label().replace("\"1\"", "\"9\"");
    let bad = f::jpeg_with_xmp(&f::xmp_element(&label));
    let answer = check_file("bad.jpg", &bad);
    assert_eq!(answer.exit_code, 1);
    assert_eq!(answer.json["verdict"], "non_compliant");
    assert_eq!(answer.json["rules"][0], "gb45438.label_value");
    assert!(answer.text.contains("annex E"), "{}", answer.text);
    assert_eq!(read_file("bad.jpg", &bad).exit_code, 0);
    for (file, code) in [
        (f::jpeg(), 0),
        (f::jpeg_with_xmp(&f::xmp_element(&f::label())), 0),
        (b"no photo".to_vec(), 0),
        (Vec::new(), 2),
    ] {
        assert_eq!(check_file("file", &file).exit_code, code);
    }
}

#[test]
fn no_control_character_of_a_file_reaches_the_terminal() {
    let label = f::label().replace("sample-0001", "\\u001b[31m\\u202e");
    let file = f::png_with(&[(b"tEXt", f::png_text("AIGC", &label))], false);
    let text = read_file("a.png", &file).text;
    assert!(text.contains("\\u{1b}[31m"), "{text}");
    assert!(
        text.chars()
            .all(|c| c == '\n' || !c.is_control() && c != '\u{202E}')
    );
}
