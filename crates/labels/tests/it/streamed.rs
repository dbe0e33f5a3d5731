//! Manifests of the longest files, which are read and hashed piece by piece.

use std::fs;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;

use aftercare_labels::child::{Manifest, Wanted, answer_from};
use aftercare_labels::consistency::Times;
use aftercare_labels::credentials::{Binding, Credentials, Integrity, TrustList};
use aftercare_labels::limits::MAX_FILE_BYTES;
use aws_lc_rs::digest::{Context, SHA256};

use crate::bytes::{boxed, crc32, length32, length32_le, riff_chunk};
use crate::files as f;
use crate::long_files::{MAX_MEMORY_BYTES, Made, counted};
use crate::manifest::{self as m, Authority, Maker, TODAY};

/// What of a file stands before its bulk, with the store put in, and which bytes carry the store.
type Head = Box<dyn Fn(&[u8]) -> m::Placed>;

/// How the bulk is written: the unit that repeats, and what follows it.
struct Kind {
    name: &'static str,
    head: Head,
    unit: Vec<u8>,
    tail: Vec<u8>,
}

fn kinds() -> Vec<Kind> {
    let chunk = {
        let checked = [&b"IDAT"[..], &[0x5A; 8_192]].concat();
        let check = crc32(&checked).to_be_bytes();
        [&length32(8_192)[..], &checked, &check].concat()
    };
    vec![
        Kind {
            name: "JPEG",
            head: Box::new(|store| {
                let (file, carrier) = m::in_jpeg(&f::jpeg(), store);
                (file[..file.len() - 2].to_vec(), carrier)
            }),
            unit: vec![0x5A],
            tail: b"\xFF\xD9".to_vec(),
        },
        Kind {
            name: "PNG",
            head: Box::new(|store| {
                let (file, carrier) = m::in_png(&f::png(), store);
                (file[..file.len() - 12].to_vec(), carrier)
            }),
            unit: chunk,
            tail: b"\0\0\0\0IEND\xAE\x42\x60\x82".to_vec(),
        },
        Kind {
            name: "WAV",
            head: Box::new(|store| {
                let manifest = riff_chunk(b"C2PA", store);
                let data = MAX_FILE_BYTES - 12 - manifest.len() - 8;
                let whole = length32_le(MAX_FILE_BYTES - 8);
                let start = [b"RIFF", &whole[..], b"WAVE"].concat();
                let end = [b"data", &length32_le(data)[..]].concat();
                let carrier = 12..12 + 8 + store.len();
                ([start, manifest, end].concat(), carrier)
            }),
            unit: vec![0x5A],
            tail: Vec::new(),
        },
    ]
}

/// The hash of everything but `left_out`.
fn hash(made: &mut Made, left_out: &Range<usize>) -> Vec<u8> {
    let mut context = Context::new(&SHA256);
    let mut block = vec![0; 256 * 1024];
    let mut at = 0;
    made.rewind().unwrap();
    loop {
        let wanted = if at < left_out.start {
            (left_out.start - at).min(block.len())
        } else {
            block.len()
        };
        let read = made.read(&mut block[..wanted]).unwrap();
        if read == 0 {
            return context.finish().as_ref().to_vec();
        }
        context.update(&block[..read]);
        at += read;
        if at == left_out.start {
            at = left_out.end;
            made.seek(SeekFrom::Start(u64::try_from(at).unwrap()))
                .unwrap();
        }
    }
}

/// A file of the greatest length whose manifest binds its bytes, with so many bytes of another statement in the manifest.
fn signed(kind: &Kind, maker: &Maker, more: usize) -> Made {
    let actions = m::actions(&[("c2pa.created", Some("digitalCapture"))]);
    let store = |range: &Range<usize>, hash: &[u8]| {
        let statements = [
            ("c2pa.actions.v2", actions.clone()),
            ("sample.long", m::bytes(&vec![0; more])),
            ("c2pa.hash.data", m::data_hash(range, hash)),
        ];
        m::store(&[maker.manifest("urn:c2pa:1", &statements)])
    };
    let made = |head: &[u8]| Made::new(MAX_FILE_BYTES, head, &kind.unit, &kind.tail);
    let (draft, carrier) = (kind.head)(&store(&(0..0), &[0; 32]));
    let hash = hash(&mut made(&draft), &carrier);
    let (head, found) = (kind.head)(&store(&carrier, &hash));
    assert_eq!(found, carrier, "the store keeps its length");
    made(&head)
}

/// A movie of the greatest length that is bound by its boxes.
fn signed_movie(maker: &Maker) -> Made {
    let actions = m::actions(&[("c2pa.created", Some("digitalCapture"))]);
    let head = |hash: &[u8]| {
        let store = m::store(&[maker.manifest(
            "urn:c2pa:1",
            &[
                ("c2pa.actions.v2", actions.clone()),
                ("c2pa.hash.bmff.v3", m::box_hash(hash)),
            ],
        )]);
        let start = [boxed(b"ftyp", b"isom\0\0\0\0isom"), m::own_box(&store)].concat();
        let data = MAX_FILE_BYTES - start.len();
        [start, length32(data).to_vec(), b"mdat".to_vec()].concat()
    };
    let draft = head(&[0; 32]);
    let start = draft.len() - 8;
    let mut context = Context::new(&SHA256);
    context.update(&u64::try_from(start).unwrap().to_be_bytes());
    context.update(&draft[start..]);
    let bulk = vec![0x5A; MAX_FILE_BYTES - draft.len()];
    context.update(&bulk);
    Made::long(&head(context.finish().as_ref()), &[0x5A])
}

/// Files of every kind, and one whose manifest is long.
pub(crate) fn all() -> Vec<(String, Made)> {
    /// Bytes of a statement in a long manifest, as pictures of steps are.
    const LONG: usize = 7 * 1024 * 1024;
    let maker = Maker::new(&Authority::new("sample authority"));
    let mut all = Vec::new();
    for kind in kinds() {
        all.push((kind.name.to_owned(), signed(&kind, &maker, 16)));
        let name = format!("{} with a long manifest", kind.name);
        all.push((name, signed(&kind, &maker, LONG)));
    }
    all.push(("MP4".to_owned(), signed_movie(&maker)));
    all
}

pub(crate) fn told<R: Read + Seek>(made: &mut R) -> Credentials {
    let wanted = Wanted {
        manifest: Manifest::Checked { today: Some(TODAY) },
        times: Some(Times::default()),
        pixels: true,
    };
    let report = answer_from(made, &TrustList::default(), wanted).expect("a report");
    let credentials = report.marks.into_iter().find_map(|mark| mark.credentials);
    *credentials.expect("answers")
}

/// A file with one byte that is another.
struct Flipped(Made, u64);

impl Read for Flipped {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let start = self.0.stream_position()?;
        let read = self.0.read(into)?;
        let at = self.1.checked_sub(start).map(usize::try_from);
        if let Some(byte) = at.and_then(|at| into[..read].get_mut(at.unwrap())) {
            *byte ^= 1;
        }
        Ok(read)
    }
}

impl Seek for Flipped {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.0.seek(to)
    }
}

/// Run by a test in `child`.
pub(crate) fn are_bound_to_the_last_byte() {
    for (name, mut made) in all() {
        let one = told(&mut made);
        assert_eq!(
            (one.binding, one.integrity),
            (Binding::Intact, Integrity::Intact),
            "{name}"
        );
        // Once to find the parts, once to be hashed, and the manifest.
        let most = 2 * MAX_FILE_BYTES + MAX_FILE_BYTES / 4;
        assert!(made.read <= most, "{} bytes of {name} were read", made.read);
        let end = made.seek(SeekFrom::End(0)).unwrap();
        let one = told(&mut Flipped(made, end - 100));
        assert_eq!(
            (one.binding, one.integrity),
            (Binding::Changed, Integrity::Intact),
            "{name}"
        );
    }
}

#[test]
#[ignore = "takes the memory of the whole process; run by a test in `child` in a process of its own"]
fn memory_of_each_manifest() {
    for (name, mut made) in all() {
        // The peak counts from here.
        fs::write("/proc/self/clear_refs", "5").unwrap();
        let before = counted("VmRSS");
        let one = told(&mut made);
        let taken = counted("VmHWM").saturating_sub(before);
        println!("{name}: {} kB", taken / 1000);
        assert!(taken <= MAX_MEMORY_BYTES, "{name} took {taken} bytes");
        assert_eq!(one.binding, Binding::Intact, "{name}");
    }
}
