//! Sealed blobs: whole, in ranges, and refused after any change.

use crate::{OTHER_TENANT, TENANT, vault};
use aftercare_vault::{
    BlobKey, BlobReader, BlobWriter, TenantPurpose, Vault, VaultError, blob_name,
    limits::BLOB_CHUNK_BYTES, open_blob, open_blob_range, seal_blob,
};
use proptest::prelude::*;
use std::io::{Cursor, Write as _};

const HEADER: usize = 73;
const SEALED_CHUNK: usize = BLOB_CHUNK_BYTES + 16;

fn key(vault: &Vault) -> BlobKey {
    vault
        .new_case_key(TENANT, "case-1", "tenant")
        .expect("a key")
        .0
        .blob_key()
}

/// Bytes that differ from place to place.
fn content(length: usize) -> Vec<u8> {
    (0..length)
        .map(|n| ((n % 251) ^ (n / BLOB_CHUNK_BYTES)).to_le_bytes()[0])
        .collect()
}

#[test]
fn every_length_around_a_chunk_comes_back() {
    let vault = vault();
    let key = key(&vault);
    for length in [0, 1, 16383, 16384, 16385, 32767, 32768, 32769, 100_000] {
        let content = content(length);
        let sealed = seal_blob(&key, &content).unwrap();
        let chunks = length.div_ceil(BLOB_CHUNK_BYTES).max(1);
        assert_eq!(sealed.len(), HEADER + length + chunks * 16);
        assert_eq!(open_blob(&key, &sealed).unwrap().expose(), &content);
        let reader = BlobReader::new(&key, Cursor::new(&sealed)).unwrap();
        assert_eq!(reader.len(), length as u64);
        assert_eq!(reader.is_empty(), length == 0);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_range_is_the_same_bytes(
        length in 0usize..70_000, offset in 0u64..80_000, wanted in 0u64..80_000,
        step in 1usize..40_000
    ) {
        let vault = vault();
        let key = key(&vault);
        let content = content(length);
        // Written in pieces of any size, it is one blob.
        let mut writer = BlobWriter::new(&key, Vec::new()).unwrap();
        for piece in content.chunks(step) {
            writer.write_all(piece).unwrap();
        }
        let sealed = writer.finish().unwrap();
        let from = usize::try_from(offset).unwrap().min(length);
        let to = usize::try_from(offset + wanted).unwrap().min(length);
        let range = open_blob_range(&key, &sealed, offset, wanted).unwrap();
        prop_assert_eq!(range.expose().as_slice(), &content[from..to]);
        prop_assert!(open_blob_range(&key, &sealed, u64::MAX, u64::MAX).unwrap().expose().is_empty());
    }
}

#[test]
fn a_blob_opens_under_its_own_key_only() {
    let vault = vault();
    let key = key(&vault);
    let sealed = seal_blob(&key, b"photo").unwrap();
    let others = [
        vault
            .new_case_key(TENANT, "case-1", "tenant")
            .unwrap()
            .0
            .blob_key(),
        vault
            .new_case_key(OTHER_TENANT, "case-1", "tenant")
            .unwrap()
            .0
            .blob_key(),
        vault
            .tenant_key(TENANT, TenantPurpose::Blobs)
            .unwrap()
            .blob_key(),
    ];
    for other in others {
        assert!(matches!(
            open_blob(&other, &sealed),
            Err(VaultError::CannotOpen { .. })
        ));
    }
    // The key of a case gives the same blob key each time it is opened.
    let (case, wrapped) = vault.new_case_key(TENANT, "case-2", "tenant").unwrap();
    let sealed = seal_blob(&case.blob_key(), b"photo").unwrap();
    let again = vault
        .unwrap_case_key(TENANT, "case-2", "tenant", &wrapped)
        .unwrap();
    assert_eq!(
        open_blob(&again.blob_key(), &sealed).unwrap().expose(),
        b"photo"
    );
}

#[test]
fn a_key_that_is_kept_as_a_text_opens_its_own_blobs_only() {
    let (key, text) = BlobKey::fresh().unwrap();
    let (other, _) = BlobKey::fresh().unwrap();
    let sealed = seal_blob(&key, b"photo").unwrap();
    let again = BlobKey::from_kept(text.expose()).unwrap();
    assert_eq!(open_blob(&again, &sealed).unwrap().expose(), b"photo");
    assert!(matches!(
        open_blob(&other, &sealed),
        Err(VaultError::CannotOpen { .. })
    ));
}

#[test]
fn the_same_photo_never_gives_the_same_bytes() {
    let vault = vault();
    let key = key(&vault);
    let (first, second) = (
        seal_blob(&key, b"photo").unwrap(),
        seal_blob(&key, b"photo").unwrap(),
    );
    assert_ne!(blob_name(&first), blob_name(&second));
    assert_eq!(blob_name(&first), blob_name(&first.clone()));
}

#[test]
fn every_flipped_bit_of_a_small_blob_is_refused() {
    let vault = vault();
    let key = key(&vault);
    let sealed = seal_blob(&key, b"a small photo").unwrap();
    for bit in 0..sealed.len() * 8 {
        let mut wrong = sealed.clone();
        wrong[bit / 8] ^= 1 << (bit % 8);
        assert!(open_blob(&key, &wrong).is_err(), "bit {bit}");
    }
}

#[test]
fn a_flipped_byte_spoils_its_chunk_and_says_which() {
    let vault = vault();
    let key = key(&vault);
    let whole = content(3 * BLOB_CHUNK_BYTES + 5);
    let sealed = seal_blob(&key, &whole).unwrap();
    for chunk in 0..4 {
        let mut wrong = sealed.clone();
        wrong[HEADER + chunk * SEALED_CHUNK] ^= 1;
        let error = open_blob(&key, &wrong).unwrap_err().to_string();
        assert!(
            error.starts_with(&format!("chunk {chunk} of a blob")),
            "{error}"
        );
    }
}

#[test]
fn a_cut_blob_is_refused_at_once_wherever_it_is_cut() {
    let vault = vault();
    let key = key(&vault);
    let sealed = seal_blob(&key, &content(2 * BLOB_CHUNK_BYTES + 100)).unwrap();
    for cut in [
        0,
        1,
        40,
        HEADER,
        HEADER + 15,
        HEADER + 16,
        HEADER + SEALED_CHUNK,
        HEADER + 2 * SEALED_CHUNK,
        HEADER + 2 * SEALED_CHUNK + 16,
        sealed.len() - 1,
    ] {
        // Even a range that lies whole before the cut is refused: the end is checked first.
        let opened = open_blob_range(&key, &sealed[..cut], 0, 10);
        assert!(opened.is_err(), "cut at {cut}");
    }
    let longer = [sealed.as_slice(), &[0; 16]].concat();
    assert!(open_blob(&key, &longer).is_err());
    let twice = [sealed.as_slice(), &sealed[HEADER..]].concat();
    assert!(open_blob(&key, &twice).is_err());
}

#[test]
fn chunks_cannot_be_exchanged_left_out_or_taken_from_another_blob() {
    let vault = vault();
    let key = key(&vault);
    let whole = content(4 * BLOB_CHUNK_BYTES);
    let sealed = seal_blob(&key, &whole).unwrap();
    let chunk = |blob: &[u8], n: usize| {
        blob[HEADER + n * SEALED_CHUNK..HEADER + (n + 1) * SEALED_CHUNK].to_vec()
    };
    let assemble = |order: [usize; 4]| {
        let mut blob = sealed[..HEADER].to_vec();
        order.iter().for_each(|n| blob.extend(chunk(&sealed, *n)));
        blob
    };
    assert_eq!(
        open_blob(&key, &assemble([0, 1, 2, 3])).unwrap().expose(),
        &whole
    );
    for order in [[1, 0, 2, 3], [0, 2, 1, 3], [0, 0, 2, 3], [0, 1, 3, 2]] {
        assert!(open_blob(&key, &assemble(order)).is_err(), "{order:?}");
    }
    let mut short = sealed[..HEADER].to_vec();
    [0, 1, 3]
        .iter()
        .for_each(|n| short.extend(chunk(&sealed, *n)));
    assert!(open_blob(&key, &short).is_err());

    let other = seal_blob(&key, &whole).unwrap();
    let mut mixed = sealed.clone();
    mixed[HEADER..HEADER + SEALED_CHUNK].copy_from_slice(&chunk(&other, 0));
    assert!(open_blob(&key, &mixed).is_err());
}

#[test]
fn a_writer_that_lost_a_chunk_does_not_finish() {
    /// Takes the header and then fails.
    struct Full(usize);
    impl std::io::Write for Full {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 = self
                .0
                .checked_sub(bytes.len())
                .ok_or(std::io::ErrorKind::StorageFull)?;
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let vault = vault();
    let mut writer = BlobWriter::new(&key(&vault), Full(HEADER)).unwrap();
    assert!(writer.write_all(&content(40_000)).is_err());
    assert!(writer.write_all(b"more").is_err());
    assert!(writer.finish().is_err());
    assert!(BlobWriter::new(&key(&vault), Full(HEADER - 1)).is_err());
}
