//! The texts and files of the log that strangers send or offer: proofs, notes, policies, requests to witnesses, keys, paths of
//! tiles, bundles of entries, zip files. What is read is written again, and must be what was given.
#![no_main]

use aftercare_ledger::{
    AddCheckpoint, Checkpoint, Policy, ProofFile, TileId, VerifierKey, leaf_hash, parse_bundle,
    parse_tile, read_zip, verify_bundle, write_zip,
};
use libfuzzer_sys::fuzz_target;

/// The key of another implementation's example.
const KEY: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";

fuzz_target!(|data: &[u8]| {
    let Some((&kind, data)) = data.split_first() else {
        return;
    };
    if kind % 8 == 6 {
        if let Ok(files) = read_zip(data) {
            assert_eq!(write_zip(&files).expect("it was one"), data);
        }
        assert!(
            verify_bundle(data, Some(&[]), None).is_err(),
            "nobody is trusted"
        );
        return;
    }
    if kind % 8 == 7 {
        for path in ["tile/entries/000.p/3", "tile/0/000.p/2"] {
            let tile: TileId = path.parse().expect("a tile");
            let _ = (parse_bundle(&tile, data), parse_tile(&tile, data));
        }
        return;
    }
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    match kind % 8 {
        0 => {
            if let Ok(proof) = text.parse::<ProofFile>() {
                assert_eq!(proof.to_string(), text);
                assert!(proof.verify(&leaf_hash(b"x"), &[]).is_err());
            }
        }
        1 => {
            let key: VerifierKey = KEY.parse().expect("a key");
            let _ = Checkpoint::open(text, &[key]);
            let _ = Checkpoint::claimed_origin(text);
        }
        2 => {
            let _ = text.parse::<Policy>();
        }
        3 => {
            if let Ok(request) = text.parse::<AddCheckpoint>() {
                assert_eq!(request.to_string(), text);
            }
        }
        4 => {
            if let Ok(key) = text.parse::<VerifierKey>() {
                assert_eq!(key.to_string(), text);
            }
        }
        _ => {
            if let Ok(tile) = text.parse::<TileId>() {
                assert_eq!(tile.to_string(), text);
            }
        }
    }
});
