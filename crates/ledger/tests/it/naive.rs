//! The definitions of RFC 9162 §2.1 written down as they stand there, without any cleverness: what
//! the crate's own code is compared with.

use aftercare_ledger::{Hash, empty_root, node_hash};

fn split_point(n: usize) -> usize {
    let mut k = 1;
    while k * 2 < n {
        k *= 2;
    }
    k
}

pub fn root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => empty_root(),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(split_point(leaves.len()));
            node_hash(&root(left), &root(right))
        }
    }
}

pub fn path(index: usize, leaves: &[Hash]) -> Vec<Hash> {
    if leaves.len() <= 1 {
        return Vec::new();
    }
    let k = split_point(leaves.len());
    let (left, right) = leaves.split_at(k);
    let (mut path, sibling) = if index < k {
        (path(index, left), root(right))
    } else {
        (path(index - k, right), root(left))
    };
    path.push(sibling);
    path
}

pub fn consistency(old: usize, leaves: &[Hash]) -> Vec<Hash> {
    if old == 0 || old == leaves.len() {
        Vec::new()
    } else {
        subproof(old, leaves, true)
    }
}

fn subproof(old: usize, leaves: &[Hash], whole: bool) -> Vec<Hash> {
    if old == leaves.len() {
        return if whole {
            Vec::new()
        } else {
            vec![root(leaves)]
        };
    }
    let k = split_point(leaves.len());
    let (left, right) = leaves.split_at(k);
    let (mut proof, sibling) = if old <= k {
        (subproof(old, left, whole), root(right))
    } else {
        (subproof(old - k, right, false), root(left))
    };
    proof.push(sibling);
    proof
}

/// `count` different leaves.
pub fn leaves(count: usize) -> Vec<Hash> {
    (0..count)
        .map(|n| aftercare_ledger::leaf_hash(&n.to_be_bytes()))
        .collect()
}
