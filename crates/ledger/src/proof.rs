//! Inclusion and consistency proofs (RFC 9162 §2.1.3 and §2.1.4) from stored nodes, and their checks.
//!
//! A proof is first planned as ranges of leaves, each the subtree whose root is one hash of the
//! proof; a range that is not complete (only ever the one at the right edge) is joined from its
//! complete subtrees. So a proof reads O(log n) nodes, and [`inclusion_nodes`] can say which
//! before anything is read.

use crate::limits::MAX_TREE_SIZE;
use crate::tree::{fold_right, too_large};
use crate::{Hash, LedgerError, NodeSource, empty_root, node_hash};
use std::ops::Range;

/// The largest power of two below `n` (the split point of RFC 9162); `n` is at least 2.
fn split_point(n: u64) -> u64 {
    1 << (n - 1).ilog2()
}

/// The complete subtrees that make up `range`, largest first, as `(level, index)`.
///
/// The start of a range of a proof is always a multiple of the largest power of two in its length.
fn complete_subtrees(range: &Range<u64>) -> Vec<(u8, u64)> {
    let mut nodes = Vec::new();
    let mut start = range.start;
    while start < range.end {
        let level = (range.end - start).ilog2();
        debug_assert_eq!(
            start & ((1 << level) - 1),
            0,
            "a range of a proof is aligned"
        );
        nodes.push((
            u8::try_from(level).expect("ilog2 of a u64 is below 64"),
            start >> level,
        ));
        start += 1 << level;
    }
    nodes
}

fn check_size(size: u64) -> Result<(), LedgerError> {
    if size > MAX_TREE_SIZE {
        Err(too_large(size))
    } else {
        Ok(())
    }
}

/// PATH(index, D[size]), leaf end first.
fn inclusion_ranges(index: u64, size: u64) -> Result<Vec<Range<u64>>, LedgerError> {
    check_size(size)?;
    if index >= size {
        return Err(LedgerError::OutOfRange {
            what: "an inclusion proof",
            why: format!("leaf {index} is not in a log of {size} leaves"),
        });
    }
    let mut ranges = Vec::new();
    let (mut start, mut end) = (0, size);
    while end - start > 1 {
        let middle = start + split_point(end - start);
        if index < middle {
            ranges.push(middle..end);
            end = middle;
        } else {
            ranges.push(start..middle);
            start = middle;
        }
    }
    ranges.reverse();
    Ok(ranges)
}

/// SUBPROOF of RFC 9162 §2.1.4.1, leaf end first.
fn consistency_ranges(old: u64, new: u64) -> Result<Vec<Range<u64>>, LedgerError> {
    check_size(new)?;
    if old > new {
        return Err(LedgerError::OutOfRange {
            what: "a consistency proof",
            why: format!("the old size {old} is beyond the new size {new}"),
        });
    }
    if old == 0 || old == new {
        return Ok(Vec::new());
    }
    let mut ranges = Vec::new();
    let (mut start, mut end) = (0, new);
    while old < end {
        let middle = start + split_point(end - start);
        if old <= middle {
            ranges.push(middle..end);
            end = middle;
        } else {
            ranges.push(start..middle);
            start = middle;
        }
    }
    // The subtree that ends at `old`. If it is the whole old tree, the verifier has its root.
    if start > 0 {
        ranges.push(start..end);
    }
    ranges.reverse();
    Ok(ranges)
}

fn range_root(source: &impl NodeSource, range: &Range<u64>) -> Result<Hash, LedgerError> {
    let hashes = complete_subtrees(range)
        .into_iter()
        .map(|(level, index)| {
            source
                .node(level, index)
                .ok_or(LedgerError::MissingNode { level, index })
        })
        .collect::<Result<Vec<_>, _>>()?;
    Ok(fold_right(&hashes).unwrap_or_else(empty_root))
}

fn nodes_of(ranges: &[Range<u64>]) -> Vec<(u8, u64)> {
    ranges.iter().flat_map(complete_subtrees).collect()
}

/// The stored nodes that [`inclusion_proof`] will read, as `(level, index)`.
///
/// # Errors
/// [`LedgerError::OutOfRange`] when the leaf is not in a log of this size.
pub fn inclusion_nodes(index: u64, size: u64) -> Result<Vec<(u8, u64)>, LedgerError> {
    Ok(nodes_of(&inclusion_ranges(index, size)?))
}

/// The stored nodes that [`consistency_proof`] will read, as `(level, index)`.
///
/// # Errors
/// [`LedgerError::OutOfRange`] when `old` is beyond `new`.
pub fn consistency_nodes(old: u64, new: u64) -> Result<Vec<(u8, u64)>, LedgerError> {
    Ok(nodes_of(&consistency_ranges(old, new)?))
}

/// The stored nodes of the frontier of a log of this size, largest subtree first: what
/// [`root_at`] reads and [`crate::Frontier::from_parts`] takes.
///
/// # Errors
/// [`LedgerError::OutOfRange`] when the size is beyond [`MAX_TREE_SIZE`].
pub fn root_nodes(size: u64) -> Result<Vec<(u8, u64)>, LedgerError> {
    check_size(size)?;
    Ok(complete_subtrees(&(0..size)))
}

/// The root that the log had at this size.
///
/// # Errors
/// [`LedgerError::MissingNode`] when a node is not stored, [`LedgerError::OutOfRange`] for a size
/// beyond [`MAX_TREE_SIZE`].
pub fn root_at(source: &impl NodeSource, size: u64) -> Result<Hash, LedgerError> {
    check_size(size)?;
    range_root(source, &(0..size))
}

/// The proof that leaf `index` is in the log of `size` leaves (RFC 9162 §2.1.3.1), O(log n).
///
/// # Errors
/// [`LedgerError::OutOfRange`] when the leaf is not in a log of this size,
/// [`LedgerError::MissingNode`] when a node is not stored.
pub fn inclusion_proof(
    source: &impl NodeSource,
    index: u64,
    size: u64,
) -> Result<Vec<Hash>, LedgerError> {
    inclusion_ranges(index, size)?
        .iter()
        .map(|range| range_root(source, range))
        .collect()
}

/// The proof that the log of `old` leaves is the beginning of the log of `new` leaves
/// (RFC 9162 §2.1.4.1), O(log n). Empty when nothing was added or the old log was empty.
///
/// # Errors
/// [`LedgerError::OutOfRange`] when `old` is beyond `new`, [`LedgerError::MissingNode`] when a
/// node is not stored.
pub fn consistency_proof(
    source: &impl NodeSource,
    old: u64,
    new: u64,
) -> Result<Vec<Hash>, LedgerError> {
    consistency_ranges(old, new)?
        .iter()
        .map(|range| range_root(source, range))
        .collect()
}

/// Checks an inclusion proof (RFC 9162 §2.1.3.2).
///
/// # Errors
/// [`LedgerError::ProofRefused`] when it does not show that `leaf` is leaf `index` of the log with
/// this size and root.
pub fn verify_inclusion(
    leaf: &Hash,
    index: u64,
    size: u64,
    proof: &[Hash],
    root: &Hash,
) -> Result<(), LedgerError> {
    let refused = |why| LedgerError::ProofRefused {
        what: "inclusion",
        why,
    };
    if index >= size || size > MAX_TREE_SIZE {
        return Err(refused("the leaf lies outside the log"));
    }
    let (mut node, mut last) = (index, size - 1);
    let mut hash = *leaf;
    for sibling in proof {
        if last == 0 {
            return Err(refused("the proof is too long"));
        }
        if node & 1 == 1 || node == last {
            hash = node_hash(sibling, &hash);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    if last != 0 {
        return Err(refused("the proof is too short"));
    }
    if hash != *root {
        return Err(refused("it leads to another root"));
    }
    Ok(())
}

/// Checks a consistency proof (RFC 9162 §2.1.4.2).
///
/// The empty log is the beginning of every log: `old` = 0 needs the empty root and an empty proof.
///
/// # Errors
/// [`LedgerError::ProofRefused`] when it does not show that the log `(old, old_root)` is the
/// beginning of the log `(new, new_root)`.
pub fn verify_consistency(
    old: u64,
    old_root: &Hash,
    new: u64,
    new_root: &Hash,
    proof: &[Hash],
) -> Result<(), LedgerError> {
    let refused = |why| LedgerError::ProofRefused {
        what: "consistency",
        why,
    };
    if old > new || new > MAX_TREE_SIZE {
        return Err(refused("the old log is larger than the new one"));
    }
    if old == 0 || old == new {
        let known_root = if old == new { *new_root } else { empty_root() };
        if !proof.is_empty() {
            return Err(refused("the proof is too long"));
        }
        if *old_root != known_root || (new == 0 && *new_root != empty_root()) {
            return Err(refused("the old root is another"));
        }
        return Ok(());
    }
    let (mut node, mut last) = (old - 1, new - 1);
    while node & 1 == 1 {
        node >>= 1;
        last >>= 1;
    }
    // An old log of a power of two is itself the first subtree, and its root is known.
    let mut rest = proof.iter();
    let first = if old.is_power_of_two() {
        *old_root
    } else {
        *rest.next().ok_or(refused("the proof is too short"))?
    };
    let (mut old_hash, mut new_hash) = (first, first);
    for sibling in rest {
        if last == 0 {
            return Err(refused("the proof is too long"));
        }
        if node & 1 == 1 || node == last {
            old_hash = node_hash(sibling, &old_hash);
            new_hash = node_hash(sibling, &new_hash);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            new_hash = node_hash(&new_hash, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    if last != 0 {
        return Err(refused("the proof is too short"));
    }
    if old_hash != *old_root {
        return Err(refused("it leads to another old root"));
    }
    if new_hash != *new_root {
        return Err(refused("it leads to another new root"));
    }
    Ok(())
}
