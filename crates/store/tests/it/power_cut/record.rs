//! What a process told the kernel about the files of a data directory, in order: the record of which power cuts are made.
//! `xtask torture replay` writes it, the tests of power cuts read it; both compile this file.

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use std::io::{Error, ErrorKind, Read as _, Result, Write as _};

/// The first bytes of a record.
const MAGIC: &[u8] = b"aftercare record 1\n";

/// Bytes that a record may have when it is unpacked.
const RECORD_BYTES_MAX: u64 = 1 << 31;

/// Writes of the same length, the latest ones, that a write may be told as a change of.
const ALIKE_MAX: usize = 400;

/// Places at which two writes are compared before one is told as a change of the other.
const SAMPLES: usize = 64;

/// One thing that was done. Paths are those below the folder that the data directory lies in, with slashes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Op {
    /// A folder was made.
    Folder { path: String },
    /// An empty file was made.
    Create { path: String },
    /// Bytes were written.
    Write {
        path: String,
        offset: u64,
        bytes: Vec<u8>,
    },
    /// The file was cut off, or got zeros at its end.
    Truncate { path: String, length: u64 },
    /// A second name for a file.
    Link { from: String, to: String },
    /// A name was moved, over another one if that was there.
    Rename { from: String, to: String },
    /// A name was taken away.
    Remove { path: String },
    /// A file, or the names in a folder, were synced: what was done to it before the op with the number `begun` is durable.
    Sync { path: String, begun: u64 },
    /// A client was told that an event is at `seq`, with this leaf.
    Told { seq: u64, leaf: String },
    /// The command that makes the directory said that it is made.
    Made,
}

/// A record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The key that opens the keyring: that of a directory which exists in this record only.
    pub key: String,
    /// The key that verifies the log.
    pub verifier: String,
    /// Name of the data directory.
    pub directory: String,
    /// What was done.
    pub ops: Vec<Op>,
}

fn broken(what: &str) -> Error {
    Error::new(ErrorKind::InvalidData, format!("a record: {what}"))
}

struct Out(Vec<u8>);

impl Out {
    fn number(&mut self, number: u64) {
        self.0.extend_from_slice(&number.to_le_bytes());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
    }

    fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }
}

struct In<'a>(&'a [u8]);

impl In<'_> {
    fn take(&mut self, length: usize) -> Result<&[u8]> {
        let (taken, rest) = self
            .0
            .split_at_checked(length)
            .ok_or_else(|| broken("it ends too early"))?;
        self.0 = rest;
        Ok(taken)
    }

    fn number(&mut self) -> Result<u64> {
        let mut eight = [0; 8];
        eight.copy_from_slice(self.take(8)?);
        Ok(u64::from_le_bytes(eight))
    }

    fn bytes(&mut self) -> Result<Vec<u8>> {
        let length = usize::try_from(self.number()?).map_err(|_| broken("a length"))?;
        Ok(self.take(length)?.to_vec())
    }

    fn text(&mut self) -> Result<String> {
        String::from_utf8(self.bytes()?).map_err(|_| broken("a text"))
    }
}

/// An earlier write of the same length that differs little, by how far it lies back; pages of a database are written again
/// and again.
fn alike(earlier: &[&[u8]], bytes: &[u8]) -> usize {
    let step = (bytes.len() / SAMPLES).max(1);
    let differences = |other: &[u8]| {
        (0..bytes.len())
            .step_by(step)
            .filter(|at| other[*at] != bytes[*at])
            .count()
    };
    earlier
        .iter()
        .rev()
        .enumerate()
        .filter(|(_, other)| other.len() == bytes.len())
        .take(ALIKE_MAX)
        .map(|(back, other)| (differences(other), back + 1))
        .min()
        .filter(|(differences, _)| differences * step < bytes.len() / 2)
        .map_or(0, |(_, back)| back)
}

fn exclusive_or(bytes: &mut [u8], other: &[u8]) {
    for (byte, other) in bytes.iter_mut().zip(other) {
        *byte ^= other;
    }
}

impl Record {
    /// Packs it. A write is told as its difference to an earlier one, which is what makes a record small.
    ///
    /// # Errors
    /// When it cannot be compressed.
    pub fn packed(&self) -> Result<Vec<u8>> {
        let mut out = Out(MAGIC.to_vec());
        out.text(&self.key);
        out.text(&self.verifier);
        out.text(&self.directory);
        out.number(self.ops.len() as u64);
        let mut writes: Vec<&[u8]> = Vec::new();
        for op in &self.ops {
            match op {
                Op::Folder { path } => {
                    out.number(0);
                    out.text(path);
                }
                Op::Create { path } => {
                    out.number(1);
                    out.text(path);
                }
                Op::Write {
                    path,
                    offset,
                    bytes,
                } => {
                    out.number(2);
                    out.text(path);
                    out.number(*offset);
                    let back = alike(&writes, bytes);
                    out.number(back as u64);
                    let mut told = bytes.clone();
                    if back > 0 {
                        exclusive_or(&mut told, writes[writes.len() - back]);
                    }
                    out.bytes(&told);
                    writes.push(bytes);
                }
                Op::Truncate { path, length } => {
                    out.number(3);
                    out.text(path);
                    out.number(*length);
                }
                Op::Link { from, to } => {
                    out.number(4);
                    out.text(from);
                    out.text(to);
                }
                Op::Rename { from, to } => {
                    out.number(5);
                    out.text(from);
                    out.text(to);
                }
                Op::Remove { path } => {
                    out.number(6);
                    out.text(path);
                }
                Op::Sync { path, begun } => {
                    out.number(7);
                    out.text(path);
                    out.number(*begun);
                }
                Op::Told { seq, leaf } => {
                    out.number(8);
                    out.number(*seq);
                    out.text(leaf);
                }
                Op::Made => out.number(9),
            }
        }
        let mut packer = GzEncoder::new(Vec::new(), Compression::best());
        packer.write_all(&out.0)?;
        packer.finish()
    }

    /// Reads what [`Record::packed`] made.
    ///
    /// # Errors
    /// When it is something else.
    pub fn unpacked(packed: &[u8]) -> Result<Self> {
        let mut all = Vec::new();
        GzDecoder::new(packed)
            .take(RECORD_BYTES_MAX)
            .read_to_end(&mut all)?;
        let rest = all
            .strip_prefix(MAGIC)
            .ok_or_else(|| broken("it does not begin like one"))?;
        let mut from = In(rest);
        let (key, verifier, directory) = (from.text()?, from.text()?, from.text()?);
        let count = from.number()?;
        let mut ops: Vec<Op> = Vec::new();
        let mut writes: Vec<usize> = Vec::new();
        for number in 0..count {
            let op = match from.number()? {
                0 => Op::Folder { path: from.text()? },
                1 => Op::Create { path: from.text()? },
                2 => {
                    let (path, offset) = (from.text()?, from.number()?);
                    let back = usize::try_from(from.number()?).map_err(|_| broken("a write"))?;
                    let mut bytes = from.bytes()?;
                    if back > 0 {
                        let earlier = writes
                            .len()
                            .checked_sub(back)
                            .map(|at| &ops[writes[at]])
                            .ok_or_else(|| broken("a write of before"))?;
                        if let Op::Write { bytes: other, .. } = earlier {
                            exclusive_or(&mut bytes, other);
                        }
                    }
                    writes.push(ops.len());
                    Op::Write {
                        path,
                        offset,
                        bytes,
                    }
                }
                3 => Op::Truncate {
                    path: from.text()?,
                    length: from.number()?,
                },
                4 => Op::Link {
                    from: from.text()?,
                    to: from.text()?,
                },
                5 => Op::Rename {
                    from: from.text()?,
                    to: from.text()?,
                },
                6 => Op::Remove { path: from.text()? },
                7 => {
                    let (path, begun) = (from.text()?, from.number()?);
                    if begun > number {
                        return Err(broken("a sync that begins after it ended"));
                    }
                    Op::Sync { path, begun }
                }
                8 => Op::Told {
                    seq: from.number()?,
                    leaf: from.text()?,
                },
                9 => Op::Made,
                _ => return Err(broken("an op that nobody knows")),
            };
            ops.push(op);
        }
        if !from.0.is_empty() {
            return Err(broken("there is more than it says"));
        }
        Ok(Self {
            key,
            verifier,
            directory,
            ops,
        })
    }
}
