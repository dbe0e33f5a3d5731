//! Writes a voice note: an MP4 with sound alone, as recorders of telephones write it, and with what they say about themselves.

/// Pieces of sound a second.
pub(crate) const PIECES_PER_SECOND: u32 = 50;
/// One of them.
pub(crate) const PIECE: [u8; 6] = [0x21, 0x10, 0x04, 0x60, 0x8C, 0x1C];

/// A voice note of so many seconds, with a place and a maker in its metadata.
pub(crate) fn voice(seconds: u32) -> Vec<u8> {
    let count = seconds * PIECES_PER_SECOND;
    let mut file = boxed(b"ftyp", b"M4A \0\0\0\0M4A isom");
    let start = u32::try_from(file.len() + 8).expect("a small file");
    let sound: Vec<u8> = (0..count).flat_map(|_| PIECE).collect();
    file.extend(boxed(b"mdat", &sound));
    let tables = [
        boxed(b"stts", &numbers(&[0, 1, count, 20])),
        boxed(b"stsc", &numbers(&[0, 1, 1, count, 1])),
        boxed(b"stsz", &numbers(&[0, 6, count])),
        boxed(b"stco", &numbers(&[0, 1, start])),
    ];
    let said = boxed(
        b"udta",
        &boxed(b"\xA9xyz", b"\0\x0F\x15\xC7+30.25+120.17/example-phone"),
    );
    file.extend(movie(&tables.concat(), count * 20, &said));
    file
}

/// A movie of one sound with these tables of its pieces, and what stands beside it.
pub(crate) fn movie(tables: &[u8], duration: u32, beside: &[u8]) -> Vec<u8> {
    let handler = [numbers(&[0, 0]), b"soun".to_vec(), vec![0; 13]].concat();
    let description = [numbers(&[0, 1]), boxed(b"mp4a", &[0; 28])].concat();
    let table = [&boxed(b"stsd", &description)[..], tables].concat();
    let media = [
        boxed(b"mdhd", &numbers(&[0, 0, 0, 1_000, duration, 0])),
        boxed(b"hdlr", &handler),
        boxed(b"minf", &boxed(b"stbl", &table)),
    ]
    .concat();
    let track = [
        boxed(b"tkhd", &numbers(&[7, 0, 0, 1, 0, duration])),
        boxed(b"mdia", &media),
    ]
    .concat();
    boxed(b"moov", &[&boxed(b"trak", &track)[..], beside].concat())
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
