//! The growing tree: its right edge for appending, and where its nodes come from.
//!
//! Node `(level, index)` is the root of the complete subtree over the leaves
//! `index << level .. (index + 1) << level`; level 0 are the leaves. Only complete subtrees are
//! ever stored, so a stored node never changes.

use crate::limits::MAX_TREE_SIZE;
use crate::{Hash, LedgerError, empty_root, node_hash};
use std::collections::{BTreeMap, HashMap};
use std::hash::BuildHasher;

/// A node of the tree with its place: `(level, index, hash)`.
pub type Node = (u8, u64, Hash);

/// Where proofs find the nodes of complete subtrees.
///
/// A store that answers asynchronously asks [`crate::inclusion_nodes`] or
/// [`crate::consistency_nodes`] what is needed, fetches it in one query and passes a map.
pub trait NodeSource {
    /// The root of the complete subtree `(level, index)`, or `None` when it is not stored.
    fn node(&self, level: u8, index: u64) -> Option<Hash>;
}

impl<S: BuildHasher> NodeSource for HashMap<(u8, u64), Hash, S> {
    fn node(&self, level: u8, index: u64) -> Option<Hash> {
        self.get(&(level, index)).copied()
    }
}

impl NodeSource for BTreeMap<(u8, u64), Hash> {
    fn node(&self, level: u8, index: u64) -> Option<Hash> {
        self.get(&(level, index)).copied()
    }
}

/// The right edge of a tree: all that is needed to append and to know the root.
///
/// It holds one hash for each bit that is set in the size, largest subtree first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frontier {
    size: u64,
    nodes: Vec<Hash>,
}

impl Frontier {
    /// The frontier of a tree without leaves.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A frontier from its stored parts; `nodes` as [`Frontier::nodes`] gave them (or as
    /// [`crate::root_nodes`] names them).
    ///
    /// # Errors
    /// [`LedgerError::FrontierMismatch`] when the number of nodes does not belong to the size,
    /// [`LedgerError::OutOfRange`] when the size is beyond [`MAX_TREE_SIZE`].
    pub fn from_parts(size: u64, nodes: Vec<Hash>) -> Result<Self, LedgerError> {
        if size > MAX_TREE_SIZE {
            return Err(too_large(size));
        }
        let expected = size.count_ones() as usize;
        if nodes.len() != expected {
            return Err(LedgerError::FrontierMismatch {
                size,
                expected,
                got: nodes.len(),
            });
        }
        Ok(Self { size, nodes })
    }

    /// Leaves of the tree.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The roots of the complete subtrees, largest first.
    #[must_use]
    pub fn nodes(&self) -> &[Hash] {
        &self.nodes
    }

    /// Appends a leaf; answers every node that is complete now, the leaf itself first, for the
    /// store to keep.
    ///
    /// # Panics
    /// Never in practice: only at [`MAX_TREE_SIZE`] leaves, which no machine can append.
    pub fn append(&mut self, leaf: Hash) -> Vec<Node> {
        assert!(self.size < MAX_TREE_SIZE, "the log is at its largest size");
        let mut completed = vec![(0u8, self.size, leaf)];
        let mut hash = leaf;
        let mut index = self.size;
        let mut level = 0u8;
        while index & 1 == 1
            && let Some(left) = self.nodes.pop()
        {
            hash = node_hash(&left, &hash);
            index >>= 1;
            level += 1;
            completed.push((level, index, hash));
        }
        self.nodes.push(hash);
        self.size += 1;
        debug_assert_eq!(self.nodes.len(), self.size.count_ones() as usize);
        completed
    }

    /// The root of the tree (RFC 9162 §2.1.1); SHA-256 of nothing for no leaves.
    #[must_use]
    pub fn root(&self) -> Hash {
        fold_right(&self.nodes).unwrap_or_else(empty_root)
    }
}

/// Joins complete subtrees, largest first, into the root over all of them.
pub(crate) fn fold_right(nodes: &[Hash]) -> Option<Hash> {
    let (last, rest) = nodes.split_last()?;
    Some(
        rest.iter()
            .rev()
            .fold(*last, |right, left| node_hash(left, &right)),
    )
}

pub(crate) fn too_large(size: u64) -> LedgerError {
    LedgerError::OutOfRange {
        what: "the size of the log",
        why: format!("{size} is beyond {MAX_TREE_SIZE}"),
    }
}

/// A whole tree in memory, for tests and small bundles.
#[derive(Debug, Clone, Default)]
pub struct Tree {
    frontier: Frontier,
    levels: Vec<Vec<Hash>>,
}

impl Tree {
    /// A tree without leaves.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends a leaf and answers its index.
    pub fn append(&mut self, leaf: Hash) -> u64 {
        let index = self.frontier.size();
        for (level, _, hash) in self.frontier.append(leaf) {
            let level = usize::from(level);
            if self.levels.len() == level {
                self.levels.push(Vec::new());
            }
            self.levels[level].push(hash);
        }
        index
    }

    /// Leaves of the tree.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.frontier.size()
    }

    /// The root over all leaves.
    #[must_use]
    pub fn root(&self) -> Hash {
        self.frontier.root()
    }
}

impl NodeSource for Tree {
    fn node(&self, level: u8, index: u64) -> Option<Hash> {
        let index = usize::try_from(index).ok()?;
        self.levels.get(usize::from(level))?.get(index).copied()
    }
}

impl FromIterator<Hash> for Tree {
    fn from_iter<I: IntoIterator<Item = Hash>>(leaves: I) -> Self {
        let mut tree = Self::new();
        for leaf in leaves {
            tree.append(leaf);
        }
        tree
    }
}
