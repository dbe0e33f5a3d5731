//! A disk as a power cut leaves it. What was synced is there; of what was not, anything may be there: all, nothing, some of it
//! in any order, half of a write, a file that got its length but not its bytes, a name without its bytes. Sectors are written
//! whole or not at all, and a write never touches bytes beside its own.

use super::record::Op;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

/// Bytes of the smallest sector.
pub const SECTOR: usize = 512;
/// Bytes of a sector of newer disks, and of a page of the operating system.
const PAGE: usize = 4_096;

pub type Bytes = Arc<Vec<u8>>;

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Node {
    Folder,
    File(usize),
}

/// What was done and is not durable yet.
#[derive(Clone, Debug)]
enum Change {
    Write {
        file: usize,
        offset: usize,
        bytes: Bytes,
    },
    Truncate {
        file: usize,
        length: usize,
    },
    Appear {
        path: String,
        node: Node,
    },
    Move {
        from: String,
        to: String,
        node: Node,
    },
    Vanish {
        path: String,
    },
}

struct Pending {
    /// The number of the op.
    number: u64,
    change: Change,
}

/// Names with the bytes of files; a folder has none.
pub type Image = BTreeMap<String, Option<Bytes>>;

/// The disk, and what the processes see.
#[derive(Default)]
pub struct Disk {
    durable: BTreeMap<String, Node>,
    seen: BTreeMap<String, Node>,
    /// The durable bytes of files, by number.
    files: Vec<Bytes>,
    pending: Vec<Pending>,
}

/// What a cut keeps of a change.
#[derive(Clone, Debug)]
enum Kept {
    All,
    Nothing,
    /// Of a write, these bytes; `grown` when the file has the length of the whole write.
    Parts {
        parts: Vec<Range<usize>>,
        grown: bool,
    },
}

/// How a cut treats what is not durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// Everything is there: what a killed process leaves.
    Everything,
    /// Nothing of it.
    Nothing,
    /// The names but no bytes.
    Names,
    /// The bytes but no names.
    Contents,
    /// All but the last.
    AllButLast,
    /// The last alone.
    LastAlone,
    /// The last write is torn at a sector.
    Torn,
    /// The same, and the file has its whole length.
    TornAndGrown,
    /// All but one of them.
    AllButOne,
    /// One of them alone.
    OneAlone,
    /// Any of them; writes whole or not at all.
    Any,
    /// Any of them, and of writes any sectors.
    AnySectors,
    /// The same with sectors as large as pages.
    AnyPages,
}

/// Cuts in the order in which they are tried at one moment; further ones are the last three in turn.
pub const CUTS: [Cut; 13] = [
    Cut::Everything,
    Cut::Nothing,
    Cut::Names,
    Cut::Contents,
    Cut::AllButLast,
    Cut::LastAlone,
    Cut::Torn,
    Cut::TornAndGrown,
    Cut::AllButOne,
    Cut::OneAlone,
    Cut::Any,
    Cut::AnySectors,
    Cut::AnyPages,
];

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}

impl Disk {
    fn file(&self, path: &str) -> usize {
        match self.seen.get(path) {
            Some(Node::File(file)) => *file,
            _ => panic!("the record writes to {path}, which is no file"),
        }
    }

    fn push(&mut self, number: u64, change: Change) {
        self.pending.push(Pending { number, change });
    }

    /// Does the op with this number.
    pub fn op(&mut self, number: u64, op: &Op) {
        let large = |number: u64| usize::try_from(number).expect("it fits");
        match op {
            Op::Folder { path } | Op::Create { path } => {
                let node = if matches!(op, Op::Folder { .. }) {
                    Node::Folder
                } else {
                    self.files.push(Bytes::default());
                    Node::File(self.files.len() - 1)
                };
                self.seen.insert(path.clone(), node);
                let path = path.clone();
                self.push(number, Change::Appear { path, node });
            }
            Op::Write {
                path,
                offset,
                bytes,
            } => {
                let change = Change::Write {
                    file: self.file(path),
                    offset: large(*offset),
                    bytes: Arc::new(bytes.clone()),
                };
                self.push(number, change);
            }
            Op::Truncate { path, length } => {
                let change = Change::Truncate {
                    file: self.file(path),
                    length: large(*length),
                };
                self.push(number, change);
            }
            Op::Link { from, to } => {
                let node = self.seen[from];
                self.seen.insert(to.clone(), node);
                let path = to.clone();
                self.push(number, Change::Appear { path, node });
            }
            Op::Rename { from, to } => {
                let node = self.seen.remove(from).expect("what is renamed is there");
                assert_ne!(node, Node::Folder, "renamed folders are not modeled");
                self.seen.insert(to.clone(), node);
                let (from, to) = (from.clone(), to.clone());
                self.push(number, Change::Move { from, to, node });
            }
            Op::Remove { path } => {
                self.seen.remove(path);
                let path = path.clone();
                self.push(number, Change::Vanish { path });
            }
            Op::Sync { path, begun } => self.sync(path, *begun),
            Op::Told { .. } | Op::Made => {}
        }
    }

    /// Makes durable what was done to a file, or to the names in a folder, before the sync began.
    fn sync(&mut self, path: &str, begun: u64) {
        let node = if path.is_empty() {
            Some(Node::Folder)
        } else {
            self.seen.get(path).copied()
        };
        let covered = |pending: &Pending| {
            pending.number < begun
                && match (&pending.change, node) {
                    (
                        Change::Write { file, .. } | Change::Truncate { file, .. },
                        Some(Node::File(synced)),
                    ) => *file == synced,
                    (
                        Change::Appear { path: name, .. } | Change::Vanish { path: name },
                        Some(Node::Folder),
                    ) => parent(name) == path,
                    (Change::Move { from, to, .. }, Some(Node::Folder)) => {
                        parent(from) == path || parent(to) == path
                    }
                    _ => false,
                }
        };
        let (done, left) = std::mem::take(&mut self.pending)
            .into_iter()
            .partition(covered);
        self.pending = left;
        for Pending { change, .. } in done {
            apply(&mut self.durable, &mut self.files, &change, &Kept::All);
        }
    }

    /// How many changes are not durable.
    pub fn pending(&self) -> usize {
        self.pending.len()
    }

    /// The disk after a cut; `random` gives numbers below the one it gets.
    pub fn after(&self, cut: Cut, random: &mut impl FnMut(usize) -> usize) -> Image {
        let (mut names, mut files) = (self.durable.clone(), self.files.clone());
        let count = self.pending.len();
        let chosen = random(count.max(1));
        let often = 1 + random(3);
        for (at, pending) in self.pending.iter().enumerate() {
            let is_name = !matches!(
                pending.change,
                Change::Write { .. } | Change::Truncate { .. }
            );
            let last = at + 1 == count;
            let keep = match cut {
                Cut::Everything => true,
                Cut::Nothing => false,
                Cut::Names => is_name,
                Cut::Contents => !is_name,
                Cut::AllButLast => !last,
                Cut::LastAlone | Cut::Torn | Cut::TornAndGrown if last => true,
                Cut::LastAlone => false,
                Cut::Torn | Cut::TornAndGrown => true,
                Cut::AllButOne => at != chosen,
                Cut::OneAlone => at == chosen,
                Cut::Any => random(4) < often,
                Cut::AnySectors | Cut::AnyPages => true,
            };
            let mut kept = if keep { Kept::All } else { Kept::Nothing };
            if let Change::Write { offset, bytes, .. } = &pending.change {
                match cut {
                    Cut::Torn | Cut::TornAndGrown if last => {
                        let sectors = sectors(*offset, bytes.len(), SECTOR);
                        let whole = random(sectors.len().max(1));
                        kept = Kept::Parts {
                            parts: sectors[..whole].to_vec(),
                            grown: cut == Cut::TornAndGrown,
                        };
                    }
                    Cut::AnySectors | Cut::AnyPages => {
                        let size = if cut == Cut::AnyPages { PAGE } else { SECTOR };
                        let mut parts = sectors(*offset, bytes.len(), size);
                        parts.retain(|_| random(4) < often);
                        kept = Kept::Parts {
                            parts,
                            grown: random(2) == 0,
                        };
                    }
                    _ => {}
                }
            } else if matches!(cut, Cut::AnySectors | Cut::AnyPages) && random(4) >= often {
                kept = Kept::Nothing;
            }
            apply(&mut names, &mut files, &pending.change, &kept);
        }
        names
            .iter()
            .filter(|(path, _)| reachable(&names, path))
            .map(|(path, node)| {
                let bytes = match node {
                    Node::Folder => None,
                    Node::File(file) => Some(Arc::clone(&files[*file])),
                };
                (path.clone(), bytes)
            })
            .collect()
    }
}

/// Whether every folder above a name is there.
fn reachable(names: &BTreeMap<String, Node>, path: &str) -> bool {
    let above = parent(path);
    above.is_empty() || names.get(above) == Some(&Node::Folder) && reachable(names, above)
}

/// The parts of a write that lie in one sector of the disk each.
fn sectors(offset: usize, length: usize, size: usize) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let mut at = 0;
    while at < length {
        let end = (at + size - (offset + at) % size).min(length);
        parts.push(at..end);
        at = end;
    }
    parts
}

fn apply(names: &mut BTreeMap<String, Node>, files: &mut [Bytes], change: &Change, kept: &Kept) {
    if matches!(kept, Kept::Nothing) {
        return;
    }
    match change {
        Change::Write {
            file,
            offset,
            bytes,
        } => {
            let content = Arc::make_mut(&mut files[*file]);
            let mut put = |part: Range<usize>| {
                let end = offset + part.end;
                if content.len() < end {
                    content.resize(end, 0);
                }
                content[offset + part.start..end].copy_from_slice(&bytes[part]);
            };
            match kept {
                Kept::Parts { parts, grown } => {
                    for part in parts {
                        put(part.clone());
                    }
                    let end = offset + bytes.len();
                    if *grown && content.len() < end {
                        content.resize(end, 0);
                    }
                }
                _ => put(0..bytes.len()),
            }
        }
        Change::Truncate { file, length } => Arc::make_mut(&mut files[*file]).resize(*length, 0),
        Change::Appear { path, node } => {
            names.insert(path.clone(), *node);
        }
        Change::Move { from, to, node } => {
            // The old name may have been given anew since.
            if names.get(from) == Some(node) {
                names.remove(from);
            }
            names.insert(to.clone(), *node);
        }
        Change::Vanish { path } => {
            names.remove(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Cut, Disk, SECTOR, sectors};
    use crate::power_cut::record::Op;

    fn ops(ops: &[Op]) -> Disk {
        let mut disk = Disk::default();
        for (number, op) in (0..).zip(ops) {
            disk.op(number, op);
        }
        disk
    }

    fn made() -> Vec<Op> {
        let path = || "f".to_owned();
        let write = |offset, byte| Op::Write {
            path: path(),
            offset,
            bytes: vec![byte; SECTOR * 2],
        };
        vec![
            Op::Create { path: path() },
            write(0, 1),
            Op::Sync {
                path: path(),
                begun: 2,
            },
            Op::Sync {
                path: String::new(),
                begun: 3,
            },
            write(0, 2),
            write(2 * SECTOR as u64, 3),
        ]
    }

    fn content(disk: &Disk, cut: Cut) -> Vec<u8> {
        let image = disk.after(cut, &mut |_| 1);
        image["f"].as_ref().expect("a file").to_vec()
    }

    #[test]
    fn what_was_synced_stays_and_of_the_rest_anything_may() {
        let disk = ops(&made());
        let (one, two, three) = ([1; SECTOR * 2], [2; SECTOR * 2], [3; SECTOR * 2]);
        assert_eq!(content(&disk, Cut::Nothing), one);
        assert_eq!(content(&disk, Cut::Everything), [two, three].concat());
        assert_eq!(content(&disk, Cut::AllButLast), two);
        assert_eq!(content(&disk, Cut::LastAlone), [one, three].concat());
        let torn = content(&disk, Cut::Torn);
        assert_eq!(torn, [&two[..], &three[..SECTOR]].concat());
        let grown = content(&disk, Cut::TornAndGrown);
        assert_eq!(grown, [&torn[..], &[0; SECTOR]].concat());
    }

    #[test]
    fn a_name_is_durable_with_its_folder_only() {
        let path = || "f".to_owned();
        let mut all = vec![
            Op::Create { path: path() },
            Op::Sync {
                path: path(),
                begun: 1,
            },
        ];
        let lost = ops(&all).after(Cut::Nothing, &mut |_| 0);
        assert!(lost.is_empty(), "{lost:?}");
        all.push(Op::Sync {
            path: String::new(),
            begun: 0,
        });
        let lost = ops(&all).after(Cut::Nothing, &mut |_| 0);
        assert!(lost.is_empty(), "a sync that began before: {lost:?}");
        all.push(Op::Sync {
            path: String::new(),
            begun: 3,
        });
        assert_eq!(ops(&all).after(Cut::Nothing, &mut |_| 0).len(), 1);
    }

    #[test]
    fn writes_are_torn_where_sectors_of_the_disk_end() {
        let ends = |offset, length| -> Vec<_> {
            let parts = sectors(offset, length, SECTOR);
            parts.iter().map(|part| (part.start, part.end)).collect()
        };
        assert_eq!(ends(500, 1_000), [(0, 12), (12, 524), (524, 1_000)]);
        assert_eq!(ends(0, 24), [(0, 24)]);
    }
}
