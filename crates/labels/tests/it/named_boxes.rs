//! The binding of a manifest by named boxes: the segments of a JPEG, the chunks of a PNG.

use aftercare_labels::credentials::{Binding, Credentials, TrustList};

use crate::credentials::verified;
use crate::files as f;
use crate::manifest::{
    self as m, Authority, Maker, Value, embed_jpeg_by_boxes, embed_png_by_boxes, group, own_group,
};

/// Names and ranges of the segments of a JPEG with one scan; the scan reaches to the end marker.
fn segments(jpeg: &[u8]) -> Vec<(String, std::ops::Range<usize>)> {
    let mut found = vec![("SOI".to_owned(), 0..2)];
    let mut at = 2;
    loop {
        let marker = jpeg[at + 1];
        let length = usize::from(u16::from_be_bytes([jpeg[at + 2], jpeg[at + 3]]));
        let name = match marker {
            0xC4 => "DHT".to_owned(),
            0xC0..=0xCF => format!("SOF{}", marker - 0xC0),
            0xDB => "DQT".to_owned(),
            0xDD => "DRI".to_owned(),
            0xE0..=0xEF => format!("APP{}", marker - 0xE0),
            0xFE => "COM".to_owned(),
            0xDA => {
                let end = jpeg.len() - 2;
                found.push(("SOS".to_owned(), at..end));
                found.push(("EOI".to_owned(), end..jpeg.len()));
                return found;
            }
            other => panic!("a marker that the tests do not write: {other:02X}"),
        };
        found.push((name, at..at + 2 + length));
        at += 2 + length;
    }
}

fn maker() -> Maker {
    Maker::new(&Authority::new("sample authority"))
}

fn actions() -> Value {
    m::actions(&[("c2pa.created", Some("digitalCapture"))])
}

fn only(file: &[u8]) -> Credentials {
    verified(file, &TrustList::default()).expect("a manifest")
}

/// The groups of a JPEG: its start, the manifest, then `rest` as they were cut.
fn groups(jpeg: &[u8], cuts: &[usize]) -> Vec<Value> {
    let segments = segments(jpeg);
    let mut groups = vec![group(&["SOI"], &jpeg[..2]), own_group()];
    let mut from = 1;
    for &to in cuts.iter().chain([&segments.len()]) {
        let part = &segments[from..to];
        let names: Vec<&str> = part.iter().map(|(name, _)| name.as_str()).collect();
        let range = part[0].1.start..part[part.len() - 1].1.end;
        groups.push(group(&names, &jpeg[range]));
        from = to;
    }
    groups
}

fn bound(jpeg: &[u8], groups: &[Value]) -> Vec<u8> {
    embed_jpeg_by_boxes(jpeg, &maker(), &actions(), groups)
}

#[test]
fn a_photo_whose_segments_are_as_they_were_signed_is_intact() {
    let jpeg = f::jpeg();
    for cuts in [vec![], vec![2], vec![2, 3, 4]] {
        let file = bound(&jpeg, &groups(&jpeg, &cuts));
        assert_eq!(only(&file).binding, Binding::Intact, "{cuts:?}");
        // A byte of the coded picture, and one of the tables.
        for at in [file.len() - 30, file.len() - jpeg.len() + 30] {
            let mut changed = file.clone();
            changed[at] ^= 1;
            let one = only(&changed);
            assert_eq!(one.binding, Binding::Changed, "byte {at} of {cuts:?}");
        }
    }
}

#[test]
fn a_segment_that_is_new_or_gone_changes_the_content() {
    let jpeg = f::jpeg();
    let file = bound(&jpeg, &groups(&jpeg, &[]));
    let picture = file.len() - (jpeg.len() - 2);
    let comment = b"\xFF\xFE\0\x06late";
    let added = [&file[..picture], comment, &file[picture..]].concat();
    assert_eq!(only(&added).binding, Binding::Changed);
    let second = segments(&jpeg)[1].1.len();
    let removed = [&file[..picture], &file[picture + second..]].concat();
    assert_eq!(only(&removed).binding, Binding::Changed);
}

#[test]
fn what_the_groups_leave_out_is_told() {
    let jpeg = f::jpeg();
    let whole = groups(&jpeg, &[]);
    // Bytes after the end of the picture.
    let more = [bound(&jpeg, &whole), b"more".to_vec()].concat();
    assert_eq!(only(&more).binding, Binding::IntactInPart);
    // The last segment is not listed.
    let count = segments(&jpeg).len();
    let short = groups(&jpeg, &[count - 1]);
    let file = bound(&jpeg, &short[..short.len() - 1]);
    assert_eq!(only(&file).binding, Binding::IntactInPart);
    // A group that is listed and left out, and a range of one.
    let second = segments(&jpeg).swap_remove(1);
    let names = m::list(&[m::text(&second.0)]);
    let mut left_out = groups(&jpeg, &[2]);
    let excluded = ("excluded", Value(vec![0xF5]));
    let empty = [("hash", m::bytes(&[0])), ("pad", m::bytes(b""))];
    let members = [&[("names", names.clone()), excluded][..], &empty].concat();
    left_out[2] = m::map(&members);
    assert_eq!(
        only(&bound(&jpeg, &left_out)).binding,
        Binding::IntactInPart
    );
    let content = &jpeg[second.1.clone()];
    let kept = [&content[..4], &content[6..]].concat();
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &kept);
    let ranged = |start: usize, length: usize| {
        let range = m::map(&[("start", m::number(start)), ("length", m::number(length))]);
        let mut groups = groups(&jpeg, &[2]);
        groups[2] = m::map(&[
            ("names", names.clone()),
            ("hash", m::bytes(hash.as_ref())),
            ("exclusions", m::list(&[range])),
        ]);
        only(&bound(&jpeg, &groups)).binding
    };
    assert_eq!(ranged(4, 2), Binding::IntactInPart);
    assert_eq!(ranged(5, 2), Binding::Changed);
    assert_eq!(ranged(4, 60_000), Binding::BoxesNotRead);
}

#[test]
fn what_cannot_be_followed_is_said_so_and_is_no_change() {
    let jpeg = f::jpeg();
    for groups in [
        vec![],
        vec![m::text("SOI")],
        vec![m::map(&[("names", m::list(&[m::number(1)]))])],
        vec![
            group(&["SOI"], &jpeg[..2]),
            own_group(),
            group(&["RST0"], b""),
        ],
    ] {
        let one = only(&bound(&jpeg, &groups));
        assert_eq!(one.binding, Binding::BoxesNotRead);
        assert!(!one.is_trusted_capture());
        let told = one.sentences();
        let (_, en, zh) = told.first().expect("the binding");
        assert!(en.contains("named boxes") && zh.contains("无法"), "{en}");
    }
    // A second picture after the first, whose segments are listed too.
    let mut listed = groups(&jpeg, &[]);
    listed.push(group(&["SOI"], b"\xFF\xD8"));
    let file = [bound(&jpeg, &listed), b"\xFF\xD8".to_vec()].concat();
    assert_eq!(only(&file).binding, Binding::BoxesNotRead);
}

#[test]
fn the_chunks_of_a_png_are_followed_too() {
    let png = f::png();
    let mut names = Vec::new();
    let mut at = 33;
    while at < png.len() {
        let length: [u8; 4] = png[at..at + 4].try_into().expect("a length");
        let kind = String::from_utf8(png[at + 4..at + 8].to_vec()).expect("a kind");
        names.push(kind);
        at += 12 + usize::try_from(u32::from_be_bytes(length)).expect("small");
    }
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let rest = group(&names, &png[33..]);
    let with_signature = group(&["PNGh", "IHDR"], &png[..33]);
    let without = group(&["IHDR"], &png[8..33]);
    for first in [with_signature, without] {
        let groups = [first, own_group(), rest.clone()];
        let file = embed_png_by_boxes(&png, &maker(), &actions(), &groups);
        assert_eq!(only(&file).binding, Binding::Intact);
        let mut changed = file.clone();
        let at = file.len() - 20;
        changed[at] ^= 1;
        assert_eq!(only(&changed).binding, Binding::Changed);
        let cut = &file[..file.len() - 4];
        assert_eq!(only(cut).binding, Binding::BoxesNotRead);
    }
}
