//! Hashes, commitments, and the growing tree.

use crate::naive;
use aftercare_ledger::{
    COMMITMENT_DOMAIN, Frontier, Hash, LedgerError, NodeSource, Tree, commitment, empty_root,
    event_leaf, fresh_salt, leaf_hash, root_at, root_nodes,
};
use std::collections::HashMap;

/// The leaves that the implementations of Certificate Transparency test with.
const CT_LEAVES: [&[u8]; 8] = [
    b"",
    b"\x00",
    b"\x10",
    b"\x20\x21",
    b"\x30\x31",
    b"\x40\x41\x42\x43",
    b"\x50\x51\x52\x53\x54\x55\x56\x57",
    b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
];
const CT_ROOTS: [&str; 9] = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

#[test]
fn roots_are_those_of_certificate_transparency() {
    let mut frontier = Frontier::new();
    let mut tree = Tree::new();
    assert_eq!(frontier.root().to_string(), CT_ROOTS[0]);
    for (entry, root) in CT_LEAVES.iter().zip(&CT_ROOTS[1..]) {
        frontier.append(leaf_hash(entry));
        tree.append(leaf_hash(entry));
        assert_eq!(frontier.root().to_string(), *root);
        assert_eq!(tree.root(), frontier.root());
    }
}

#[test]
fn a_frontier_agrees_with_the_definition_and_survives_being_stored() {
    let leaves = naive::leaves(200);
    let mut frontier = Frontier::new();
    let mut stored: HashMap<(u8, u64), Hash> = HashMap::new();
    for (index, leaf) in leaves.iter().enumerate() {
        let completed = frontier.append(*leaf);
        assert_eq!(completed[0], (0, index as u64, *leaf));
        for (level, index, hash) in completed {
            assert_eq!(
                stored.insert((level, index), hash),
                None,
                "a node is completed once"
            );
        }
        let size = index as u64 + 1;
        assert_eq!(frontier.size(), size);
        assert_eq!(frontier.root(), naive::root(&leaves[..=index]));
        assert_eq!(root_at(&stored, size).unwrap(), frontier.root());

        let nodes: Vec<Hash> = root_nodes(size)
            .unwrap()
            .into_iter()
            .map(|(level, index)| stored.node(level, index).unwrap())
            .collect();
        assert_eq!(Frontier::from_parts(size, nodes).unwrap(), frontier);
    }
    // Every earlier root can still be computed.
    for size in 0..=200usize {
        assert_eq!(
            root_at(&stored, size as u64).unwrap(),
            naive::root(&leaves[..size])
        );
    }
}

#[test]
fn a_frontier_with_missing_or_extra_hashes_is_refused() {
    let error = Frontier::from_parts(6, vec![empty_root()]).unwrap_err();
    assert_eq!(
        error,
        LedgerError::FrontierMismatch {
            size: 6,
            expected: 2,
            got: 1
        }
    );
    assert!(Frontier::from_parts(0, vec![empty_root()]).is_err());
    assert!(Frontier::from_parts(u64::MAX, vec![empty_root(); 64]).is_err());
}

#[test]
fn a_commitment_has_the_documented_layout() {
    let salt = [7u8; 32];
    let stored = b"{\"kind\":\"claim_filed.v1\"}";
    let mut layout = COMMITMENT_DOMAIN.to_vec();
    layout.extend_from_slice(&32u64.to_be_bytes());
    layout.extend_from_slice(&salt);
    layout.extend_from_slice(&(stored.len() as u64).to_be_bytes());
    layout.extend_from_slice(stored);
    let expected = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &layout);
    assert_eq!(COMMITMENT_DOMAIN.len(), 31);
    assert_eq!(commitment(&salt, stored), expected.as_ref());
    assert_eq!(event_leaf(&salt, stored), leaf_hash(expected.as_ref()));

    assert_ne!(event_leaf(&salt, stored), event_leaf(&[8u8; 32], stored));
    assert_ne!(event_leaf(&salt, stored), event_leaf(&salt, b"{}"));
    assert_ne!(fresh_salt().unwrap(), fresh_salt().unwrap());
}

#[test]
fn a_hash_has_one_text() {
    let text = CT_ROOTS[8];
    let hash: Hash = text.parse().unwrap();
    assert_eq!(hash.to_string(), text);
    assert_eq!(serde_json::to_string(&hash).unwrap(), format!("\"{text}\""));
    assert_eq!(
        serde_json::from_str::<Hash>(&format!("\"{text}\"")).unwrap(),
        hash
    );
    for wrong in [
        "",
        &text[1..],
        &text.to_uppercase(),
        &format!("{text}0"),
        &"é".repeat(32),
    ] {
        assert!(wrong.parse::<Hash>().is_err(), "{wrong}");
    }
    assert_eq!(Hash::try_from(hash.as_bytes().as_slice()).unwrap(), hash);
    assert!(Hash::try_from([0u8; 31].as_slice()).is_err());
}
