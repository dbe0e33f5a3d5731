//! Tiles: their names, their bytes, and proofs made from nothing else.

use crate::naive;
use aftercare_ledger::{
    NodeSource as _, TILE_WIDTH, TileId, TileKind, TileNodes, Tree, bundle_bytes,
    consistency_nodes, consistency_proof, inclusion_nodes, inclusion_proof, leaf_hash,
    parse_bundle, parse_tile, root_at, root_nodes, tile_bytes, tiles_between, tiles_for,
};
use proptest::prelude::*;
use std::collections::BTreeSet;

fn id(path: &str) -> TileId {
    path.parse()
        .unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn a_tile_has_one_name() {
    for (path, kind, index, width) in [
        ("tile/0/000", TileKind::Level(0), 0, 256),
        ("tile/0/001.p/5", TileKind::Level(0), 1, 5),
        ("tile/1/x001/x234/067", TileKind::Level(1), 1_234_067, 256),
        ("tile/entries/x001/000.p/255", TileKind::Entries, 1000, 255),
    ] {
        let tile = TileId { kind, index, width };
        assert_eq!(tile.to_string(), path);
        assert_eq!(id(path), tile);
    }
    for wrong in [
        "",
        "tile",
        "tile/0",
        "tile/0/",
        "tile/0/0",
        "tile/0/0000",
        "tile/00/000",
        "tile/+0/000",
        "tile/-1/000",
        "tile/8/000",
        "tile/64/000",
        "tile/0/x000/000",
        "tile/0/001/000",
        "tile/0/x001/x000",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/000.p/5/",
        "tile/0/000.p",
        "tile/0/000/",
        "/tile/0/000",
        "tile/entry/000",
        "tile/0/x999/x999/x999/x999/x999/x999/x999/999",
        "tile/0/..",
        "tile/0/０００",
    ] {
        assert!(wrong.parse::<TileId>().is_err(), "{wrong}");
    }
}

#[test]
fn a_log_is_exported_step_by_step_and_has_every_tile_that_its_size_says() {
    let leaves = naive::leaves(70_000);
    let tree: Tree = leaves.iter().copied().collect();
    let mut have: BTreeSet<TileId> = BTreeSet::new();
    let mut old = 0;
    for new in [
        1, 2, 255, 256, 257, 512, 600, 65_535, 65_536, 65_537, 70_000,
    ] {
        let added = tiles_between(old, new);
        for tile in &added {
            assert!(tile.is_in(new), "{tile} of {new}");
            assert!(
                have.insert(*tile) || tile.width < TILE_WIDTH,
                "{tile} again"
            );
        }
        // From nothing, the same tiles but the partial ones of before.
        for tile in tiles_between(0, new) {
            assert!(have.contains(&tile), "{tile} of {new} is missing");
        }
        old = new;
    }
    assert!(tiles_between(700, 700).is_empty());
    assert!(!id("tile/0/000").is_in(255));
    assert!(id("tile/0/000.p/255").is_in(255));
    assert!(!id("tile/1/000.p/1").is_in(255));
    assert_eq!(tile_bytes(&id("tile/1/000"), &tree).unwrap().len(), 8192);
    assert!(tile_bytes(&id("tile/1/001.p/18"), &tree).is_err());
    assert!(tile_bytes(&id("tile/entries/000"), &tree).is_err());
}

#[test]
fn proofs_are_made_from_tiles_alone() {
    let size = 66_000;
    let leaves = naive::leaves(66_000);
    let tree: Tree = leaves.iter().copied().collect();
    let read = |wanted: &[(u8, u64)]| {
        let mut nodes = TileNodes::new();
        for tile in tiles_for(wanted, size) {
            // By name and bytes, as over the network.
            let tile = id(&tile.to_string());
            let bytes = tile_bytes(&tile, &tree).unwrap();
            nodes.add(&tile, parse_tile(&tile, &bytes).unwrap());
        }
        nodes
    };
    let nodes = read(&root_nodes(size).unwrap());
    assert_eq!(root_at(&nodes, size).unwrap(), tree.root());
    for index in [0, 1, 255, 256, 40_000, 65_535, 65_536, 65_999] {
        let wanted = inclusion_nodes(index, size).unwrap();
        let tiles = tiles_for(&wanted, size);
        assert!(tiles.len() <= 4, "{} tiles for one proof", tiles.len());
        assert_eq!(
            inclusion_proof(&read(&wanted), index, size).unwrap(),
            inclusion_proof(&tree, index, size).unwrap()
        );
    }
    for old in [1, 255, 256, 300, 65_536, 65_999] {
        let wanted = consistency_nodes(old, size).unwrap();
        assert_eq!(
            consistency_proof(&read(&wanted), old, size).unwrap(),
            consistency_proof(&tree, old, size).unwrap()
        );
    }
    // What was not fetched is not made up.
    assert_eq!(TileNodes::new().node(3, 1), None);
    assert_eq!(nodes.node(0, size), None);
    assert_eq!(nodes.node(16, 1), None);
}

#[test]
fn a_bundle_of_another_length_is_refused() {
    let tile = id("tile/entries/000.p/2");
    let bytes = bundle_bytes(&[b"one".as_slice(), b""]).unwrap();
    assert_eq!(bytes, b"\0\x03one\0\0");
    assert_eq!(
        parse_bundle(&tile, &bytes).unwrap(),
        [b"one".as_slice(), b""]
    );
    for cut in 0..bytes.len() {
        assert!(parse_bundle(&tile, &bytes[..cut]).is_err(), "cut at {cut}");
    }
    assert!(parse_bundle(&tile, &[&bytes[..], b"\0\0"].concat()).is_err());
    assert!(parse_bundle(&id("tile/entries/000.p/3"), &bytes).is_err());
    assert!(bundle_bytes(&[vec![0; 65_536]]).is_err());
    assert!(parse_tile(&id("tile/0/000.p/2"), &[0; 63]).is_err());
    assert!(parse_tile(&id("tile/0/000.p/2"), &[0; 96]).is_err());
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "(tile/)?[0-9x/.pentries]{0,30}|.{0,40}") {
        if let Ok(tile) = text.parse::<TileId>() {
            prop_assert_eq!(tile.to_string(), text);
        }
    }

    #[test]
    fn names_are_read_back(level in 0u8..8, index in 0..1u64 << 60, width in 1u64..=256) {
        for kind in [TileKind::Level(level), TileKind::Entries] {
            let tile = TileId { kind, index, width };
            prop_assert_eq!(tile.to_string().parse::<TileId>().unwrap(), tile);
        }
    }

    #[test]
    fn any_bytes_are_a_bundle_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..80), width in 1u64..5) {
        let tile = TileId { kind: TileKind::Entries, index: 0, width };
        if let Ok(entries) = parse_bundle(&tile, &bytes) {
            prop_assert_eq!(&bundle_bytes(&entries).unwrap(), &bytes);
            prop_assert_eq!(entries.len() as u64, width);
        }
    }

    /// Every hash of every tile is the root of the leaves below it.
    #[test]
    fn tiles_hold_the_tree(size in 1u64..700) {
        let leaves: Vec<_> = (0..size).map(|n| leaf_hash(&n.to_be_bytes())).collect();
        let tree: Tree = leaves.iter().copied().collect();
        for tile in tiles_between(0, size) {
            let TileKind::Level(level) = tile.kind else { continue };
            let hashes = parse_tile(&tile, &tile_bytes(&tile, &tree).unwrap()).unwrap();
            let below = 1_usize << (8 * level);
            for (at, hash) in hashes.iter().enumerate() {
                let from = (usize::try_from(tile.index * TILE_WIDTH).unwrap() + at) * below;
                prop_assert_eq!(*hash, naive::root(&leaves[from..from + below]));
            }
        }
    }
}
