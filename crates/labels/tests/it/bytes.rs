//! Building blocks of containers.

/// Big-endian length of four bytes.
pub(crate) fn length32(length: usize) -> [u8; 4] {
    u32::try_from(length).expect("a small number").to_be_bytes()
}

/// Little-endian length of four bytes.
pub(crate) fn length32_le(length: usize) -> [u8; 4] {
    u32::try_from(length).expect("a small number").to_le_bytes()
}

/// Big-endian length of two bytes.
pub(crate) fn length16(length: usize) -> [u8; 2] {
    u16::try_from(length).expect("a small number").to_be_bytes()
}

/// Big-endian length of three bytes.
pub(crate) fn length24(length: usize) -> [u8; 3] {
    let [_, a, b, c] = length32(length);
    [a, b, c]
}

/// A box of ISO media.
pub(crate) fn boxed(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    [&length32(content.len() + 8)[..], kind, content].concat()
}

/// A box with version and flags.
pub(crate) fn full_box(kind: &[u8; 4], version: u8, content: &[u8]) -> Vec<u8> {
    boxed(kind, &[&[version, 0, 0, 0], content].concat())
}

/// A RIFF chunk with its padding.
pub(crate) fn riff_chunk(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let mut chunk = [&kind[..], &length32_le(content.len()), content].concat();
    if content.len() % 2 == 1 {
        chunk.push(0);
    }
    chunk
}

/// An EBML element with a size of eight bytes.
pub(crate) fn element(id: &[u8], content: &[u8]) -> Vec<u8> {
    let mut size = u64::try_from(content.len())
        .expect("a small number")
        .to_be_bytes();
    size[0] = 1;
    [id, &size, content].concat()
}

/// An Ogg page with one or more packets of which the last one may go on in the next page.
pub(crate) fn ogg_page(flags: u8, sequence: usize, lacing: &[u8], body: &[u8]) -> Vec<u8> {
    let mut page = b"OggS\0".to_vec();
    page.push(flags);
    page.extend([0; 8]);
    page.extend(*b"seri");
    page.extend(length32_le(sequence));
    page.extend([0; 4]);
    page.push(u8::try_from(lacing.len()).expect("a small number"));
    page.extend(lacing);
    page.extend(body);
    page
}

/// A list of Vorbis comments.
pub(crate) fn vorbis_comments(comments: &[String]) -> Vec<u8> {
    let mut list = [&length32_le(4)[..], b"test"].concat();
    list.extend(length32_le(comments.len()));
    for comment in comments {
        list.extend(length32_le(comment.len()));
        list.extend(comment.bytes());
    }
    list
}

/// A ZIP archive of deflated entries.
pub(crate) fn zip(entries: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut directory = Vec::new();
    for (name, content) in entries {
        let packed = miniz_oxide::deflate::compress_to_vec(content, 6);
        let offset = file.len();
        let mut common = vec![20, 0, 0, 0, 8, 0, 0, 0, 0, 0];
        common.extend(crc32(content).to_le_bytes());
        common.extend(length32_le(packed.len()));
        common.extend(length32_le(content.len()));
        common.extend(&length32_le(name.len())[..2]);
        common.extend([0, 0]);
        file.extend(b"PK\x03\x04");
        file.extend(&common);
        file.extend(name.bytes());
        file.extend(packed);
        directory.extend(b"PK\x01\x02\x14\0");
        directory.extend(&common);
        directory.extend([0; 10]);
        directory.extend(length32_le(offset));
        directory.extend(name.bytes());
    }
    let start = file.len();
    file.extend(&directory);
    file.extend(b"PK\x05\x06\0\0\0\0");
    for _ in 0..2 {
        file.extend(&length32_le(entries.len())[..2]);
    }
    file.extend(length32_le(directory.len()));
    file.extend(length32_le(start));
    file.extend([0, 0]);
    file
}

/// The checksum of PNG and ZIP (ISO 3309).
pub(crate) fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| {
            if crc & 1 == 1 {
                crc >> 1 ^ 0xEDB8_8320
            } else {
                crc >> 1
            }
        })
    })
}
