//! Writes a voice note: an MP4 with sound alone, as recorders of telephones write it, and with what they say about themselves.

/// Pieces of sound a second.
const PIECES_PER_SECOND: u32 = 50;

/// A voice note of so many seconds, with a place and a maker in its metadata.
pub(crate) fn voice(seconds: u32) -> Vec<u8> {
    let count = seconds * PIECES_PER_SECOND;
    let piece = [0x21, 0x10, 0x04, 0x60, 0x8C, 0x1C];
    let mut file = boxed(b"ftyp", b"M4A \0\0\0\0M4A isom");
    let start = u32::try_from(file.len() + 8).expect("a small file");
    let sound: Vec<u8> = (0..count).flat_map(|_| piece).collect();
    file.extend(boxed(b"mdat", &sound));
    let handler = [numbers(&[0, 0]), b"soun".to_vec(), vec![0; 13]].concat();
    let table = [
        boxed(
            b"stsd",
            &[numbers(&[0, 1]), boxed(b"mp4a", &[0; 28])].concat(),
        ),
        boxed(b"stts", &numbers(&[0, 1, count, 20])),
        boxed(b"stsc", &numbers(&[0, 1, 1, count, 1])),
        boxed(b"stsz", &numbers(&[0, 6, count])),
        boxed(b"stco", &numbers(&[0, 1, start])),
    ]
    .concat();
    let media = [
        boxed(b"mdhd", &numbers(&[0, 0, 0, 1_000, count * 20, 0])),
        boxed(b"hdlr", &handler),
        boxed(b"minf", &boxed(b"stbl", &table)),
    ]
    .concat();
    let track = [
        boxed(b"tkhd", &numbers(&[7, 0, 0, 1, 0, count * 20])),
        boxed(b"mdia", &media),
    ]
    .concat();
    let said = boxed(
        b"udta",
        &boxed(b"\xA9xyz", b"\0\x0F\x15\xC7+30.25+120.17/example-phone"),
    );
    file.extend(boxed(b"moov", &[boxed(b"trak", &track), said].concat()));
    file
}

fn numbers(values: &[u32]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|value| value.to_be_bytes())
        .collect()
}

fn boxed(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len() + 8).expect("a small box");
    [&length.to_be_bytes()[..], kind, content].concat()
}
