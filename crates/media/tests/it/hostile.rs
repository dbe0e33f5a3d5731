//! Walkers and decoders answer any mutation of real files; they never panic and never hang.

use std::sync::LazyLock;

use aftercare_media::{Limits, decode, exif, read_metadata, sniff};
use proptest::prelude::{ProptestConfig, any, prop, proptest};
use proptest::sample::Index;

use crate::files;
use crate::labels::carriers;

/// Real files of every container and carrier.
static SEEDS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let mut seeds: Vec<Vec<u8>> = carriers().into_iter().map(|(_, _, bytes)| bytes).collect();
    seeds.push(files::personal_jpeg(6));
    seeds.push(files::personal_jpeg(5));
    seeds
});

/// Small files, whose pixels decode fast.
static TINY: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let tiny = image::imageops::thumbnail(files::picture(), 40, 30);
    vec![
        aftercare_scene::encode_jpeg(&tiny, 80, Some(&files::personal_exif(6))),
        aftercare_scene::encode_png(&tiny),
        aftercare_scene::encode_webp(&tiny),
    ]
});

/// Changes bytes, cuts out a piece, and shortens the file.
fn mutate(
    seed: &[u8],
    changes: &[(Index, u8)],
    cut: Option<(Index, u8)>,
    end: Option<Index>,
    near: usize,
) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for (place, value) in changes {
        // Most structure is near the start, so most changes go there.
        let span = if value % 4 == 0 {
            bytes.len()
        } else {
            near.min(bytes.len())
        };
        let at = place.index(span);
        bytes[at] = *value;
    }
    if let Some((place, length)) = cut {
        let at = place.index(bytes.len());
        let to = (at + usize::from(length)).min(bytes.len());
        bytes.drain(at..to);
    }
    if let Some(end) = end {
        bytes.truncate(end.index(bytes.len() + 1));
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn metadata_of_mutated_files_never_panics(
        seed in any::<Index>(),
        changes in prop::collection::vec((any::<Index>(), any::<u8>()), 0..12),
        cut in prop::option::of((any::<Index>(), any::<u8>())),
        end in prop::option::of(any::<Index>()),
    ) {
        let bytes = mutate(&SEEDS[seed.index(SEEDS.len())], &changes, cut, end, 1_500);
        let _ = sniff(&bytes);
        if let Ok(metadata) = read_metadata(&bytes) {
            assert!((1..=8).contains(&metadata.orientation));
            assert!(metadata.ai_labels.iter().all(|label| label.offset <= bytes.len() && !label.json.is_empty()));
        }
    }

    #[test]
    fn exif_of_any_bytes_never_panics(
        mut bytes in prop::collection::vec(any::<u8>(), 0..300),
        big in any::<bool>(),
    ) {
        let magic: &[u8] = if big { b"MM\0*\0\0\0\x08" } else { b"II*\0\x08\0\0\0" };
        bytes.splice(0..0, magic.iter().copied());
        let exif = exif::read(&bytes, 0);
        assert!((1..=8).contains(&exif.orientation));
    }

    #[test]
    fn mutated_files_are_decoded_or_refused(
        seed in any::<Index>(),
        changes in prop::collection::vec((any::<Index>(), any::<u8>()), 0..6),
        end in prop::option::of(any::<Index>()),
    ) {
        let bytes = mutate(&TINY[seed.index(TINY.len())], &changes, None, end, 400);
        let limits = Limits { max_pixels: 1_000_000, ..Limits::default() };
        match decode(&bytes, &limits) {
            Ok(photo) => assert_eq!(photo.rgb().len(), photo.width as usize * photo.height as usize * 3),
            Err(error) => assert!(!error.zh().is_empty() && !error.en().is_empty() && !error.code().is_empty()),
        }
    }
}

#[test]
fn every_truncation_of_small_files_is_answered() {
    for bytes in TINY.iter() {
        // A WebP may lack its last padding byte.
        let last = if bytes.starts_with(b"RIFF") {
            bytes.len() - 1
        } else {
            bytes.len()
        };
        for end in 0..last {
            assert!(read_metadata(&bytes[..end]).is_err(), "{end}");
        }
        assert!(read_metadata(bytes).is_ok());
    }
}

#[test]
fn a_directory_that_points_at_itself_ends() {
    let mut tiff = b"II*\0\x08\0\0\0\x01\0".to_vec();
    tiff.extend([0x69, 0x87, 4, 0, 1, 0, 0, 0, 8, 0, 0, 0]);
    tiff.extend([8, 0, 0, 0]);
    assert_eq!(exif::read(&tiff, 0).orientation, 1);
}

#[test]
fn a_compressed_bomb_is_not_inflated() {
    let bomb = miniz_oxide::deflate::compress_to_vec_zlib(&vec![b' '; 30_000_000], 9);
    let chunk = [b"XML:com.adobe.xmp\0\x01\0\0\0".as_slice(), &bomb].concat();
    let bytes = files::with_chunk(&files::png(), b"iTXt", &chunk, false);
    let metadata = read_metadata(&bytes).unwrap();
    assert!(metadata.ai_labels.is_empty());
}
