//! Writes the seeds of every fuzz target to `fuzz/seeds`: small files of each kind, made by the writers of the tests.

#![allow(
    dead_code,
    reason = "the writers of the tests offer more than the seeds need"
)]

use std::fs;
use std::path::Path;

use aftercare_dispatch::travel::Table;
use aftercare_evidence::child::{ScreenPhoto, encode_request};
use aftercare_evidence::{Features, Fingerprint};
use aftercare_labels::carry::{Declaration, Ground, Identifier, Operator};
use aftercare_labels::child::{self, Manifest, Wanted, encode_open, encode_publication};
use aftercare_labels::consistency::Times;
use aftercare_labels::publish::Publication;
use aftercare_media::{Limits, decode};
use image::codecs::bmp::BmpEncoder;
use image::codecs::gif::GifEncoder;
use image::{ExtendedColorType, Frame, RgbImage, RgbaImage};

#[path = "../../crates/labels/tests/it/bytes.rs"]
mod bytes;
#[path = "../../crates/media/tests/it/clip_writer.rs"]
mod clip_writer;
#[path = "../../crates/media/tests/it/files.rs"]
mod files;
#[expect(
    dead_code,
    reason = "the tests write fragments in more ways than a browser does"
)]
#[path = "../../crates/media/tests/it/fragment_writer.rs"]
mod fragment_writer;
#[path = "../../crates/labels/tests/it/samples.rs"]
mod samples;
#[path = "../../crates/media/tests/it/writers.rs"]
mod writers;

use clip_writer::{ClipWriter, Picture};
use fragment_writer::FragmentWriter;
use writers::{JpegKind, Tiff, flat_jpeg};

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds");
    let mut total = 0;
    let mut write = |target: &str, name: &str, bytes: &[u8]| {
        let folder = root.join(target);
        fs::create_dir_all(&folder).expect("a folder for the seeds");
        fs::write(folder.join(name), bytes).expect("a seed is written");
        total += bytes.len();
    };
    let tiny = image::imageops::thumbnail(files::picture(), 24, 16);
    let exif = files::personal_exif(6);
    for sample in samples::samples(1) {
        let target = match sample.extension {
            "jpg" => "labels_jpeg",
            "tif" => "labels_tiff",
            "mov" | "m4a" | "m4v" => "labels_mp4",
            "mkv" | "webm" => "labels_matroska",
            "opus" => "labels_ogg",
            "docx" | "xlsx" | "pptx" => "labels_zip",
            "md" => "labels_text",
            extension => &format!("labels_{extension}"),
        };
        let name = sample.name.to_lowercase().replace(' ', "_");
        write(target, &name, &sample.bytes);
        write(
            target,
            &format!("{name}_labelled"),
            &labelled_sample(&sample.bytes),
        );
    }
    let labelled = files::xmp_element(files::LABEL);

    let jpeg = aftercare_scene::encode_jpeg(&tiny, 70, Some(&exif));
    let with_xmp = files::with_segment(&jpeg, 0xE1, &files::jpeg_xmp_payload(&labelled));
    let mut jpegs = vec![("exif", jpeg), ("xmp", with_xmp)];
    for (name, channels, adobe, is_progressive) in [
        ("gray", 1, None, false),
        ("progressive", 3, None, true),
        ("cmyk", 4, Some(0), false),
        ("ycck", 4, Some(2), true),
    ] {
        let kind = JpegKind {
            adobe,
            is_progressive,
        };
        let blocks = vec![90; 6 * usize::from(channels)];
        jpegs.push((name, flat_jpeg(3, 2, channels, &blocks, kind)));
    }
    for (name, bytes) in &jpegs {
        for target in ["photo_jpeg", "coefficients", "metadata"] {
            write(target, name, bytes);
        }
    }

    let png = aftercare_scene::encode_png(&tiny);
    let text = [
        b"XML:com.adobe.xmp\0\0\0\0\0".as_slice(),
        labelled.as_bytes(),
    ]
    .concat();
    let webp = aftercare_scene::encode_webp(&tiny);
    let gif = gif(&tiny);
    let mut bmp = Vec::new();
    BmpEncoder::new(&mut bmp)
        .encode(tiny.as_raw(), 24, 16, ExtendedColorType::Rgb8)
        .expect("a small picture");
    let others = [
        ("photo_png", "plain", png.clone()),
        (
            "photo_png",
            "text",
            files::with_chunk(&png, b"iTXt", &text, false),
        ),
        ("photo_webp", "lossless", webp),
        ("photo_gif", "animated", gif),
        ("photo_bmp", "plain", bmp),
        ("photo_tiff", "rgb", tiff(2, 3, false, &tiny)),
        ("photo_tiff", "planes", tiff(2, 3, true, &tiny)),
        ("photo_tiff", "cmyk", tiff(5, 4, false, &tiny)),
        ("photo_tiff", "palette", palette()),
    ];
    for (target, name, bytes) in &others {
        write(target, name, bytes);
        write("metadata", &format!("{target}_{name}"), bytes);
        write("labels", &format!("{target}_{name}"), bytes);
    }
    write("labels", "jpeg_xmp", &jpegs[1].1);

    let pictures = (0..3_u8)
        .map(|index| Picture {
            is_key: index != 1,
            luma: vec![60 + index],
        })
        .collect();
    let mut clip = ClipWriter::new(1, 1, pictures);
    write("clip", "plain", &clip.write());
    clip.label = Some(files::LABEL.to_owned());
    clip.matrix = [0, 1, -1, 0];
    write("clip", "turned", &clip.write());
    write("labels", "clip", &clip.write());
    write("clip", "fragments", &FragmentWriter::new(clip, 1).write());

    write("exif", "camera", &exif.to_tiff(24, 16));
    write(
        "exif",
        "comment",
        &files::tiff_with_field(0x9286, 7, b"ASCII\0\0\0{\"AIGC\":{}}", true),
    );
    write("xmp", "element", labelled.as_bytes());
    write(
        "xmp",
        "attribute",
        files::xmp_attribute(files::LABEL).as_bytes(),
    );

    let request = encode_request(&ScreenPhoto {
        bytes: jpegs[0].1.clone(),
        limits: Limits::default(),
        preview_sides: vec![16],
        preview_quality: 80,
    })
    .expect("a small request");
    write("child_frame", "request", &request);
    let mut answer = Vec::new();
    aftercare_evidence::child::run_child(request.as_slice(), &mut answer).expect("an answer");
    write("child_frame", "answer", &answer);
    // The fuzzer's own frames: a length in units of four, the header, the photo.
    write("child_frame", "own", &own(&request, &jpegs[2].1));

    let photo = &jpegs[2].1;
    let id = || Identifier::new("photo-1").expect("an identifier");
    let publication = Publication {
        operator: Operator::new("001191000000MA0TE5T00X20001").expect("a code"),
        propagate_id: id(),
        ground: Ground::Declared(Declaration {
            uploader: id(),
            event: id(),
        }),
    };
    let all = Wanted {
        manifest: Manifest::Checked { today: Some(0) },
        times: Some(Times::default()),
        pixels: true,
    };
    let length = u64::try_from(photo.len()).expect("a length");
    for (name, request) in [
        ("read", child::encode_request(photo.clone(), all)),
        ("open", encode_open(length, all)),
        ("publish", encode_publication(photo.clone(), &publication)),
    ] {
        let request = request.expect("a small request");
        write("labels_frame", name, &own(&request, photo));
    }

    let photo = decode(&jpegs[0].1, &Limits::default()).expect("a photo of our own");
    let fingerprint = Fingerprint::of(&photo).expect("a photo with pixels");
    write("fingerprint", "fingerprint", &fingerprint.to_bytes());
    let features = Features {
        width: 24,
        height: 16,
        keypoints: Vec::new(),
        descriptors: Vec::new(),
    };
    write("fingerprint", "features", &features.to_bytes());
    for (target, name, bytes) in places() {
        write(target, name, &bytes);
    }
    println!("{total} bytes of seeds in {}", root.display());
}

/// Addresses, a patch, and problems of routing.
fn places() -> Vec<(&'static str, &'static str, Vec<u8>)> {
    let table = Table::new(3, vec![0, 100, 900, 100, 0, 50, 900, 50, 0]).expect("a square");
    let vroom = r#"{"vehicles": [{"id": 1, "start_index": 0, "end_index": 0, "capacity": [2], "skills": [7],
 "time_window": [0, 20000], "breaks": [{"id": 9, "time_windows": [[3000, 6000]], "service": 300}],
 "speed_factor": 1.0, "max_tasks": 3, "steps": [{"type": "job", "id": 11}]}],
"jobs": [{"id": 11, "location_index": 1, "service": 300, "delivery": [1], "priority": 3},
 {"id": 12, "location_index": 2, "service": 300, "skills": [7], "time_windows": [[9000, 9600], [10000, 12000]]}],
"matrices": {"car": {"durations": [[0, 60, 70], [60, 0, 80], [70, 80, 0]]}}}"#;
    let places = r#"{"vehicles": [{"id": 1, "start": [120.1, 30.2]}], "jobs": [{"id": 2, "location": [120.2, 30.3], "service": 60}]}"#;
    let solomon = "R\nVEHICLE\nNUMBER CAPACITY\n5 200\nCUSTOMER\n0 35 35 0 0 230 0\n1 41 49 10 61 171 10\n2 35 17 7 50 160 10\n";
    let patch = "source = \"made up\"\n[[unit]]\ncode = 330115\nname = \"钱江区\"\nfrom = \"2030-01-01\"\n[[end]]\ncode = 330114\nuntil = \"2030-01-01\"\nsuccessors = [330115]\n";
    let towns = "source = \"made up\"\n[[towns]]\nfrom = 330114\nto = 330113\non = \"2030-01-01\"\nnames = [\"下沙街道\"]\n";
    let scenario = "technicians = 20\nhours = 1.0\narrivals_per_minute = [1.8]\nby_hour = [1.0, 2.0]\n[[counties]]\nname = \"a\"\nx = 1.0\ny = 1.0\nradius = 2.0\nweight = 1.0\n";
    let bytes = |text: &str| text.as_bytes().to_vec();
    vec![
        (
            "region_resolve",
            "plain",
            bytes("浙江省杭州市西湖区文三路 1 号 2 幢 3 单元 401 室"),
        ),
        (
            "region_resolve",
            "old",
            bytes("张三 13800000000 杭州江干區四季青街道，北京市海淀区"),
        ),
        (
            "region_resolve",
            "typo",
            bytes("浙讧省杭州市西湖区没有此街道"),
        ),
        (
            "region_resolve",
            "list",
            bytes("漳州市平和县\n南昌市湾里区、鼓楼区；鼓楼区\n泉州市金门县\n"),
        ),
        ("region_patch", "split", bytes(patch)),
        ("region_patch", "towns", bytes(towns)),
        ("dispatch_vroom", "matrix", bytes(vroom)),
        ("dispatch_vroom", "places", bytes(places)),
        ("dispatch_solomon", "two", bytes(solomon)),
        ("dispatch_table", "three", table.write()),
        ("dispatch_scenario", "county", bytes(scenario)),
    ]
}

/// A request as the fuzzer's own frame: the length of the header in units of four, the header, and a part.
fn own(request: &[u8], part: &[u8]) -> Vec<u8> {
    let header = &request[12..];
    let length = usize::from(request[8]) + 256 * usize::from(request[9]);
    let unit = u8::try_from(length.div_ceil(4)).expect("a short header");
    let mut own = vec![unit];
    own.extend(&header[..length]);
    own.resize(1 + 4 * usize::from(unit), b' ');
    own.extend(part);
    own
}

fn gif(picture: &RgbImage) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = GifEncoder::new(&mut bytes);
    for shade in [0, 9] {
        let mut frame = RgbaImage::from_pixel(12, 8, image::Rgba([shade, 90, 200, 255]));
        let first = picture.get_pixel(0, 0).0;
        frame.put_pixel(0, 0, image::Rgba([first[0], first[1], first[2], 255]));
        encoder
            .encode_frame(Frame::new(frame))
            .expect("a small picture");
    }
    drop(encoder);
    bytes
}

fn tiff(photometric: u16, samples: u16, is_planar: bool, picture: &RgbImage) -> Vec<u8> {
    let size = 12 * 8;
    let strips = if is_planar {
        vec![picture.as_raw()[..size].to_vec(); usize::from(samples)]
    } else {
        vec![vec![50; size * usize::from(samples)]]
    };
    Tiff {
        width: 12,
        height: 8,
        samples,
        photometric,
        is_planar,
        is_packed: !is_planar,
        strips: &strips,
        rows_per_strip: 8,
        extra: &[(274, 6)],
        ..Tiff::default()
    }
    .write()
}

fn palette() -> Vec<u8> {
    Tiff {
        bits: 4,
        photometric: 3,
        color_map: &[7; 48],
        strips: &[vec![0x12, 0x34, 0x56, 0x78]],
        is_big_endian: true,
        ..Tiff::default()
    }
    .write()
}

/// The sample with a label, as our own product carries it on.
fn labelled_sample(bytes: &[u8]) -> Vec<u8> {
    use aftercare_labels::carry::{Declaration, Ground, Identifier, Operator, carry};
    let id = Identifier::new("pub-1").expect("an identifier");
    let ground = Ground::Declared(Declaration {
        uploader: id.clone(),
        event: id.clone(),
    });
    let operator = Operator::new("001191000000MA0TE5T00X20001").expect("a provider code");
    carry(bytes, &operator, &id, &ground)
        .expect("every sample can carry a label")
        .bytes
}
