//! Sealed blobs: photos and clips in chunks that can be read from the middle.
//!
//! After the idea of C2SP `chunked-encryption`. A blob is
//!
//! ```text
//! "ACB1"(4) ‖ suite 1(1) ‖ key version(4, big-endian) ‖ salt(32) ‖ commitment(32)     73 bytes
//! then chunks of 16 KiB of content, each with its tag(16); the last may be shorter
//! ```
//!
//! HKDF-SHA256(data key, salt, owner and header) gives the blob's own AES-256-GCM key and the
//! commitment, which ties the blob to that one key. The nonce of a chunk is its number and whether
//! it is the last, so chunks cannot be exchanged, left out or cut off; the key is used for one
//! blob only, so no nonce repeats. A blob of no bytes is one empty last chunk.

use crate::crypto::{self, Key, TAG_BYTES};
use crate::limits::{BLOB_CHUNK_BYTES, MAX_BLOB_BYTES};
use crate::sealed::DataKey;
use crate::token::{constant_time_eq, random_token_256, sha256};
use crate::{Plain, VaultError};
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use std::fmt;
use std::io::{self, Cursor, Read, Seek, SeekFrom, Write};
use zeroize::Zeroizing;

const MAGIC: [u8; 4] = *b"ACB1";
const SUITE_AES_GCM: u8 = 0x01;
const PREFIX_BYTES: usize = 4 + 1 + 4;
const SALT_BYTES: usize = 32;
const COMMITMENT_BYTES: usize = 32;
const BLOB_HEADER_BYTES: usize = PREFIX_BYTES + SALT_BYTES + COMMITMENT_BYTES;
const SEALED_CHUNK_BYTES: usize = BLOB_CHUNK_BYTES + TAG_BYTES;

/// The key of the blobs of one case, or of one purpose of a tenant. It opens every blob of that
/// owner.
#[derive(Clone)]
pub struct BlobKey {
    owner: Vec<u8>,
    version: u32,
    key: Key,
}

impl BlobKey {
    pub(crate) fn new(data: &DataKey) -> Self {
        Self {
            owner: crypto::join(&[
                data.purpose.as_bytes(),
                data.tenant.as_bytes(),
                data.owner.as_bytes(),
            ]),
            version: data.version,
            key: data.key.clone(),
        }
    }

    /// That of backups: see [`crate::RowKey::backup_key`].
    pub(crate) fn of_backups(key: Key) -> Self {
        Self {
            owner: crypto::join(&[b"backup".as_slice()]),
            version: 1,
            key,
        }
    }

    /// A new key for the blobs of one owner alone, and the text that it is kept as: sealed with the owner's own fields, so that
    /// whoever may not open those opens none of these, and with the owner's key they are destroyed as well.
    ///
    /// # Errors
    /// [`VaultError::Crypto`] when the operating system gives no random bytes.
    pub fn fresh() -> Result<(Self, Plain<String>), VaultError> {
        let text = random_token_256()?;
        let key = Self::from_kept(text.expose_str())?;
        Ok((key, text))
    }

    /// The key that is kept as this text.
    ///
    /// # Errors
    /// [`VaultError::Crypto`] when it cannot be derived.
    pub fn from_kept(text: &str) -> Result<Self, VaultError> {
        let key =
            crypto::derive::<32>(text.as_bytes(), b"aftercare kept blob key v1", "blobs", &[])?;
        Ok(Self {
            owner: crypto::join(&[b"kept".as_slice()]),
            version: 1,
            key,
        })
    }

    fn prefix(&self) -> [u8; PREFIX_BYTES] {
        let mut prefix = [0u8; PREFIX_BYTES];
        prefix[..4].copy_from_slice(&MAGIC);
        prefix[4] = SUITE_AES_GCM;
        prefix[5..].copy_from_slice(&self.version.to_be_bytes());
        prefix
    }

    fn derive(
        &self,
        salt: &[u8; SALT_BYTES],
    ) -> Result<(ChunkKey, [u8; COMMITMENT_BYTES]), VaultError> {
        let both = crypto::derive::<64>(
            self.key.as_slice(),
            salt,
            "aftercare-vault blob v1",
            &[&self.prefix(), &self.owner],
        )?;
        let key = UnboundKey::new(&AES_256_GCM, &both[..32])
            .map_err(|_| VaultError::Crypto("a key schedule"))?;
        let mut commitment = [0u8; COMMITMENT_BYTES];
        commitment.copy_from_slice(&both[32..]);
        Ok((ChunkKey(LessSafeKey::new(key)), commitment))
    }
}

impl fmt::Debug for BlobKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BlobKey(..)")
    }
}

struct ChunkKey(LessSafeKey);

impl ChunkKey {
    /// Three zero bytes, one for the last chunk, and the number of the chunk.
    fn nonce(index: u64, last: bool) -> Nonce {
        let mut nonce = [0u8; NONCE_LEN];
        nonce[3] = u8::from(last);
        nonce[4..].copy_from_slice(&index.to_be_bytes());
        Nonce::assume_unique_for_key(nonce)
    }

    fn seal(&self, index: u64, last: bool, chunk: &mut Vec<u8>) -> Result<(), VaultError> {
        self.0
            .seal_in_place_append_tag(Self::nonce(index, last), Aad::empty(), chunk)
            .map_err(|_| VaultError::Crypto("sealing a chunk"))
    }

    fn open<'a>(
        &self,
        index: u64,
        last: bool,
        chunk: &'a mut [u8],
    ) -> Result<&'a [u8], VaultError> {
        self.0
            .open_in_place(Self::nonce(index, last), Aad::empty(), chunk)
            .map(|content| &*content)
            .map_err(|_| VaultError::cannot_open(format!("chunk {index} of a blob")))
    }
}

/// Seals a blob while it is written. Without [`BlobWriter::finish`] what was written has no last
/// chunk and cannot be opened.
pub struct BlobWriter<W: Write> {
    inner: W,
    key: ChunkKey,
    index: u64,
    /// Never more than one chunk, and room for its tag, so it is never moved.
    buffer: Zeroizing<Vec<u8>>,
    written: u64,
    /// A chunk was lost on its way: nothing that follows could be opened.
    failed: bool,
}

impl<W: Write> BlobWriter<W> {
    /// Starts a blob by writing its header.
    ///
    /// # Errors
    /// [`VaultError::BlobIo`] when the header cannot be written.
    pub fn new(key: &BlobKey, mut inner: W) -> Result<Self, VaultError> {
        let salt = crypto::random::<SALT_BYTES>()?;
        let (chunk_key, commitment) = key.derive(&salt)?;
        inner.write_all(&key.prefix())?;
        inner.write_all(salt.as_slice())?;
        inner.write_all(&commitment)?;
        Ok(Self {
            inner,
            key: chunk_key,
            index: 0,
            buffer: Zeroizing::new(Vec::with_capacity(SEALED_CHUNK_BYTES)),
            written: 0,
            failed: false,
        })
    }

    fn write_chunk(&mut self, last: bool) -> Result<(), VaultError> {
        if self.failed {
            return Err(
                io::Error::other("a chunk could not be written before; start again").into(),
            );
        }
        self.failed = true;
        self.key.seal(self.index, last, &mut self.buffer)?;
        self.inner.write_all(&self.buffer)?;
        self.failed = false;
        self.buffer.clear();
        self.index += 1;
        Ok(())
    }

    /// Writes the last chunk and answers what was written to.
    ///
    /// # Errors
    /// [`VaultError::BlobIo`] when it cannot be written.
    pub fn finish(mut self) -> Result<W, VaultError> {
        self.write_chunk(true)?;
        self.inner.flush()?;
        Ok(self.inner)
    }
}

impl<W: Write> Write for BlobWriter<W> {
    fn write(&mut self, content: &[u8]) -> io::Result<usize> {
        if content.is_empty() {
            return Ok(0);
        }
        if self.written >= MAX_BLOB_BYTES {
            return Err(io::Error::other(format!(
                "a blob may have {MAX_BLOB_BYTES} bytes"
            )));
        }
        // A full chunk waits until more comes: only then is it known not to be the last.
        if self.failed || self.buffer.len() == BLOB_CHUNK_BYTES {
            self.write_chunk(false).map_err(io::Error::other)?;
        }
        let taken = content.len().min(BLOB_CHUNK_BYTES - self.buffer.len());
        self.buffer.extend_from_slice(&content[..taken]);
        self.written += taken as u64;
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// Reads a sealed blob from any place in it.
pub struct BlobReader<R> {
    inner: R,
    key: ChunkKey,
    chunks: u64,
    length: u64,
}

impl<R: Read + Seek> BlobReader<R> {
    /// Opens a blob: checks the key against its commitment, and the last chunk, which alone says
    /// that the blob is whole at its end.
    ///
    /// # Errors
    /// [`VaultError::Damaged`] when it is no blob or has an impossible length,
    /// [`VaultError::CannotOpen`] when it belongs to another key or was cut off or altered.
    pub fn new(key: &BlobKey, mut inner: R) -> Result<Self, VaultError> {
        let damaged = |at: &str| VaultError::Damaged {
            what: "a blob",
            at: at.to_owned(),
        };
        let sealed_length = inner.seek(SeekFrom::End(0))?;
        let body = sealed_length
            .checked_sub(BLOB_HEADER_BYTES as u64)
            .ok_or_else(|| damaged("its header is cut off"))?;
        let mut header = [0u8; BLOB_HEADER_BYTES];
        inner.seek(SeekFrom::Start(0))?;
        inner.read_exact(&mut header)?;
        if header[..4] != MAGIC || header[4] != SUITE_AES_GCM {
            return Err(damaged("its header: not a blob, or of an unknown suite"));
        }
        if header[..PREFIX_BYTES] != key.prefix() {
            let version = u32::from_be_bytes([header[5], header[6], header[7], header[8]]);
            return Err(VaultError::UnknownKeyVersion {
                what: "a blob",
                version,
            });
        }
        let mut salt = [0u8; SALT_BYTES];
        salt.copy_from_slice(&header[PREFIX_BYTES..PREFIX_BYTES + SALT_BYTES]);
        let (chunk_key, commitment) = key.derive(&salt)?;
        if !constant_time_eq(&commitment, &header[PREFIX_BYTES + SALT_BYTES..]) {
            return Err(VaultError::cannot_open("a blob"));
        }

        let chunks = body.div_ceil(SEALED_CHUNK_BYTES as u64);
        let tags = chunks * TAG_BYTES as u64;
        let length = body
            .checked_sub(tags)
            .filter(|length| {
                chunks > 0 && length.div_ceil(BLOB_CHUNK_BYTES as u64).max(1) == chunks
            })
            .ok_or_else(|| damaged("its length"))?;
        let mut reader = Self {
            inner,
            key: chunk_key,
            chunks,
            length,
        };
        reader.chunk(chunks - 1)?;
        Ok(reader)
    }

    /// Bytes of the plain content.
    pub fn len(&self) -> u64 {
        self.length
    }

    /// Whether the blob has no content.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// The content of one chunk.
    fn chunk(&mut self, index: u64) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let last = index + 1 == self.chunks;
        let start = index * BLOB_CHUNK_BYTES as u64;
        // Never more than one chunk, so it fits any usize.
        let content = usize::try_from((self.length - start).min(BLOB_CHUNK_BYTES as u64))
            .map_err(|_| VaultError::Crypto("the length of a chunk"))?;
        let at = BLOB_HEADER_BYTES as u64 + index * SEALED_CHUNK_BYTES as u64;
        let mut chunk = Zeroizing::new(vec![0u8; content + TAG_BYTES]);
        self.inner.seek(SeekFrom::Start(at))?;
        self.inner.read_exact(&mut chunk)?;
        let opened = self.key.open(index, last, &mut chunk)?.len();
        chunk.truncate(opened);
        Ok(chunk)
    }

    /// The content from `offset` on, `length` bytes or up to the end; what lies beyond the end is
    /// empty. Only the chunks it touches are read.
    ///
    /// # Errors
    /// [`VaultError::CannotOpen`] naming the chunk that was altered, [`VaultError::BlobIo`].
    pub fn read_range(&mut self, offset: u64, length: u64) -> Result<Plain<Vec<u8>>, VaultError> {
        let start = offset.min(self.length);
        let end = offset.saturating_add(length).min(self.length);
        let too_large = |_| VaultError::bad_input("a range of a blob", "it does not fit in memory");
        let mut content = Zeroizing::new(Vec::with_capacity(
            usize::try_from(end - start).map_err(too_large)?,
        ));
        let chunk_bytes = BLOB_CHUNK_BYTES as u64;
        let mut at = start;
        while at < end {
            let index = at / chunk_bytes;
            let chunk_start = index * chunk_bytes;
            let from = usize::try_from(at - chunk_start).map_err(too_large)?;
            let to = usize::try_from(end.min(chunk_start + chunk_bytes) - chunk_start)
                .map_err(too_large)?;
            content.extend_from_slice(&self.chunk(index)?[from..to]);
            at = chunk_start + to as u64;
        }
        Ok(Plain::new(std::mem::take(&mut *content)))
    }

    /// The whole content.
    ///
    /// # Errors
    /// As [`BlobReader::read_range`].
    pub fn read_all(&mut self) -> Result<Plain<Vec<u8>>, VaultError> {
        self.read_range(0, self.length)
    }
}

impl<W: Write> fmt::Debug for BlobWriter<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BlobWriter({} bytes)", self.written)
    }
}

impl<R> fmt::Debug for BlobReader<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BlobReader({} bytes)", self.length)
    }
}

/// Seals a blob that is in memory.
///
/// # Errors
/// [`VaultError::Crypto`] when the operating system gives no random bytes.
pub fn seal_blob(key: &BlobKey, content: &[u8]) -> Result<Vec<u8>, VaultError> {
    let chunks = content.len().div_ceil(BLOB_CHUNK_BYTES).max(1);
    let sealed = Vec::with_capacity(BLOB_HEADER_BYTES + content.len() + chunks * TAG_BYTES);
    let mut writer = BlobWriter::new(key, sealed)?;
    writer.write_all(content)?;
    writer.finish()
}

/// Opens a whole blob that is in memory.
///
/// # Errors
/// As [`BlobReader::new`] and [`BlobReader::read_range`].
pub fn open_blob(key: &BlobKey, sealed: &[u8]) -> Result<Plain<Vec<u8>>, VaultError> {
    BlobReader::new(key, Cursor::new(sealed))?.read_all()
}

/// Opens `length` bytes from `offset` of a blob that is in memory.
///
/// # Errors
/// As [`BlobReader::new`] and [`BlobReader::read_range`].
pub fn open_blob_range(
    key: &BlobKey,
    sealed: &[u8],
    offset: u64,
    length: u64,
) -> Result<Plain<Vec<u8>>, VaultError> {
    BlobReader::new(key, Cursor::new(sealed))?.read_range(offset, length)
}

/// The name of a blob: SHA-256 of its sealed bytes, which says nothing about its content.
#[must_use]
pub fn blob_name(sealed: &[u8]) -> [u8; 32] {
    sha256(sealed)
}
