//! Writes the seeds of the fuzz target `labels_manifest`: manifest stores that are bound to the picture that the target
//! puts around them, signed with keys that are made for the run and thrown away.

#![allow(
    dead_code,
    reason = "the writers of the tests offer more than the seeds need"
)]

use std::fs;
use std::path::Path;

#[path = "../../crates/labels/tests/it/bytes.rs"]
mod bytes;
#[path = "../../crates/labels/tests/it/files.rs"]
mod files;
#[path = "../../crates/labels/tests/it/manifest.rs"]
mod manifest;

use manifest::{self as m, Authority, Maker, group, own_group};

/// The picture of the target without its chunk: the signature and the header, and the end.
const HEAD: &[u8] =
    b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x01\0\0\0\x01\x08\0\0\0\0\x3a\x7e\x9b\x55";
const END: &[u8] = b"\0\0\0\0IEND\xae\x42\x60\x82";

/// The content of the chunk after the header.
fn store(png: &[u8]) -> &[u8] {
    let start = HEAD.len();
    let length: [u8; 4] = png[start..start + 4].try_into().expect("a length");
    let length = usize::try_from(u32::from_be_bytes(length)).expect("a short store");
    &png[start + 8..start + 8 + length]
}

fn main() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds/labels_manifest");
    fs::create_dir_all(&folder).expect("a folder for the seeds");
    let png = [HEAD, END].concat();
    let maker = Maker::new(&Authority::new("sample authority"));
    let captured = m::actions(&[("c2pa.created", Some("digitalCapture"))]);
    let edited = m::actions(&[
        ("c2pa.opened", None),
        ("c2pa.edited", Some("compositeWithTrainedAlgorithmicMedia")),
        ("c2pa.placed", None),
    ]);
    let groups = [
        group(&["PNGh", "IHDR"], HEAD),
        own_group(),
        group(&["IEND"], END),
    ];
    for (name, file) in [
        ("captured", m::embed_png(&png, &maker, &captured)),
        ("edited", m::embed_png(&png, &maker, &edited)),
        (
            "parent",
            m::embed_png_with_parent(&png, &maker, &edited, &captured),
        ),
        (
            "named_boxes",
            m::embed_png_by_boxes(&png, &maker, &captured, &groups),
        ),
    ] {
        let seed = store(&file);
        fs::write(folder.join(name), seed).expect("a seed is written");
        println!("{name}: {} bytes", seed.len());
    }
}
