//! Proofs: equal to the definition's, accepted when right, refused after any change.

use crate::naive;
use aftercare_ledger::{
    Hash, LedgerError, NodeSource, Tree, consistency_nodes, consistency_proof, inclusion_nodes,
    inclusion_proof, verify_consistency, verify_inclusion,
};
use proptest::prelude::*;
use std::cell::RefCell;
use std::collections::HashMap;

/// Every hash that differs from `hash` in one bit.
fn flipped(hash: Hash) -> impl Iterator<Item = Hash> {
    (0..256usize).map(move |bit| {
        let mut bytes = hash.0;
        bytes[bit / 8] ^= 1 << (bit % 8);
        Hash(bytes)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn inclusion_agrees_with_the_definition(size in 1usize..=200, pick in any::<prop::sample::Index>()) {
        let leaves = naive::leaves(size);
        let index = pick.index(size);
        let tree: Tree = leaves.iter().copied().collect();
        let proof = inclusion_proof(&tree, index as u64, size as u64).unwrap();
        prop_assert_eq!(&proof, &naive::path(index, &leaves));
        verify_inclusion(&leaves[index], index as u64, size as u64, &proof, &tree.root()).unwrap();
        // The same proof says nothing about another place or another leaf.
        for other in (0..size).filter(|other| *other != index) {
            prop_assert!(verify_inclusion(
                &leaves[index], other as u64, size as u64, &proof, &tree.root()).is_err());
            prop_assert!(verify_inclusion(
                &leaves[other], index as u64, size as u64, &proof, &tree.root()).is_err());
        }
    }

    #[test]
    fn consistency_agrees_with_the_definition(new in 0usize..=200, pick in any::<prop::sample::Index>()) {
        let old = pick.index(new + 1);
        let leaves = naive::leaves(new);
        let tree: Tree = leaves.iter().copied().collect();
        let proof = consistency_proof(&tree, old as u64, new as u64).unwrap();
        prop_assert_eq!(&proof, &naive::consistency(old, &leaves));
        let old_root = naive::root(&leaves[..old]);
        verify_consistency(old as u64, &old_root, new as u64, &tree.root(), &proof).unwrap();
    }
}

#[test]
fn every_old_size_of_every_tree_up_to_33_is_consistent() {
    for new in 0..=33usize {
        let leaves = naive::leaves(new);
        let tree: Tree = leaves.iter().copied().collect();
        for old in 0..=new {
            let proof = consistency_proof(&tree, old as u64, new as u64).unwrap();
            let old_root = naive::root(&leaves[..old]);
            verify_consistency(old as u64, &old_root, new as u64, &tree.root(), &proof).unwrap();
        }
    }
}

#[test]
fn every_single_bit_of_an_inclusion_proof_counts() {
    for (index, size) in [(0u64, 2usize), (5, 7), (6, 7), (3, 8), (11, 13)] {
        let leaves = naive::leaves(size);
        let tree: Tree = leaves.iter().copied().collect();
        let (n, root) = (size as u64, tree.root());
        let leaf = leaves[usize::try_from(index).unwrap()];
        let proof = inclusion_proof(&tree, index, n).unwrap();
        for at in 0..proof.len() {
            for hash in flipped(proof[at]) {
                let mut wrong = proof.clone();
                wrong[at] = hash;
                assert!(verify_inclusion(&leaf, index, n, &wrong, &root).is_err());
            }
        }
        assert!(
            flipped(leaf).all(|leaf| verify_inclusion(&leaf, index, n, &proof, &root).is_err())
        );
        assert!(
            flipped(root).all(|root| verify_inclusion(&leaf, index, n, &proof, &root).is_err())
        );
        let short = &proof[..proof.len() - 1];
        let long = [proof.as_slice(), &[leaf]].concat();
        assert!(verify_inclusion(&leaf, index, n, short, &root).is_err());
        assert!(verify_inclusion(&leaf, index, n, &long, &root).is_err());
        assert!(verify_inclusion(&leaf, n, n, &proof, &root).is_err());
        assert!(verify_inclusion(&leaf, index, 0, &proof, &root).is_err());
        assert!(verify_inclusion(&leaf, index, u64::MAX, &proof, &root).is_err());
    }
}

#[test]
fn every_single_bit_of_a_consistency_proof_counts() {
    for (old, new) in [(1usize, 2usize), (4, 8), (6, 8), (3, 7), (7, 13)] {
        let leaves = naive::leaves(new);
        let tree: Tree = leaves.iter().copied().collect();
        let (m, n, old_root, root) = (
            old as u64,
            new as u64,
            naive::root(&leaves[..old]),
            tree.root(),
        );
        let proof = consistency_proof(&tree, m, n).unwrap();
        for at in 0..proof.len() {
            for hash in flipped(proof[at]) {
                let mut wrong = proof.clone();
                wrong[at] = hash;
                assert!(verify_consistency(m, &old_root, n, &root, &wrong).is_err());
            }
        }
        assert!(
            flipped(old_root).all(|hash| verify_consistency(m, &hash, n, &root, &proof).is_err())
        );
        assert!(
            flipped(root).all(|hash| verify_consistency(m, &old_root, n, &hash, &proof).is_err())
        );
        let short = &proof[..proof.len() - 1];
        let long = [proof.as_slice(), &[root]].concat();
        assert!(verify_consistency(m, &old_root, n, &root, short).is_err());
        assert!(verify_consistency(m, &old_root, n, &root, &long).is_err());
        assert!(verify_consistency(n, &root, m, &old_root, &proof).is_err());
    }
}

#[test]
fn an_empty_log_is_the_beginning_of_every_log() {
    let tree: Tree = naive::leaves(5).into_iter().collect();
    let empty = naive::root(&[]);
    assert_eq!(consistency_proof(&tree, 0, 5).unwrap(), []);
    verify_consistency(0, &empty, 5, &tree.root(), &[]).unwrap();
    verify_consistency(0, &empty, 0, &empty, &[]).unwrap();
    assert!(verify_consistency(0, &tree.root(), 5, &tree.root(), &[]).is_err());
    assert!(verify_consistency(0, &tree.root(), 0, &tree.root(), &[]).is_err());
    assert!(verify_consistency(0, &empty, 5, &tree.root(), &[empty]).is_err());
    assert!(verify_consistency(5, &tree.root(), 5, &empty, &[]).is_err());
}

#[test]
fn impossible_questions_are_refused_in_words() {
    let tree: Tree = naive::leaves(5).into_iter().collect();
    let error = inclusion_proof(&tree, 5, 5).unwrap_err();
    assert_eq!(
        error.to_string(),
        "an inclusion proof: leaf 5 is not in a log of 5 leaves"
    );
    assert!(inclusion_proof(&tree, 0, 0).is_err());
    assert!(inclusion_proof(&tree, 0, u64::MAX).is_err());
    assert!(consistency_proof(&tree, 6, 5).is_err());
    // A tree that is asked for more than it has says which node is missing.
    assert_eq!(
        inclusion_proof(&tree, 0, 8).unwrap_err(),
        LedgerError::MissingNode { level: 2, index: 1 }
    );
}

/// Counts what is read.
struct Counted<'a> {
    tree: &'a Tree,
    read: RefCell<Vec<(u8, u64)>>,
}

impl NodeSource for Counted<'_> {
    fn node(&self, level: u8, index: u64) -> Option<Hash> {
        self.read.borrow_mut().push((level, index));
        self.tree.node(level, index)
    }
}

#[test]
fn a_proof_reads_the_announced_nodes_and_no_more_than_two_a_level() {
    let tree: Tree = naive::leaves(1000).into_iter().collect();
    for size in [1u64, 2, 3, 777, 999, 1000] {
        for index in [0, size / 3, size / 2, size - 1] {
            let counted = Counted {
                tree: &tree,
                read: RefCell::default(),
            };
            let proof = inclusion_proof(&counted, index, size).unwrap();
            let read = counted.read.into_inner();
            assert_eq!(read, inclusion_nodes(index, size).unwrap());
            assert!(read.len() <= 20, "{} nodes read", read.len());
            // A store answers from just these nodes.
            let fetched: HashMap<_, _> = read
                .iter()
                .map(|(level, n)| ((*level, *n), tree.node(*level, *n).unwrap()))
                .collect();
            assert_eq!(inclusion_proof(&fetched, index, size).unwrap(), proof);

            let counted = Counted {
                tree: &tree,
                read: RefCell::default(),
            };
            consistency_proof(&counted, index, size).unwrap();
            let read = counted.read.into_inner();
            assert_eq!(read, consistency_nodes(index, size).unwrap());
            assert!(read.len() <= 20, "{} nodes read", read.len());
        }
    }
}
