//! Frames between the server and `aftercare child`, the process that may be killed while it reads a hostile file.
//!
//! A frame is `AFC1`, the length of the rest as a little-endian `u32`, then: the length of the header (`u32`), the
//! header (JSON), the number of parts (`u32`), and each part as length (`u32`) and bytes. Both directions use it.
//! The whole length stands first, so a reader knows at once whether to read on; nothing is allocated on the word of
//! the other side beyond [`limits::MAX_FRAME_BYTES`](crate::limits::MAX_FRAME_BYTES).

use std::io::{self, Read, Write};

use crate::limits::{MAX_FRAME_BYTES, MAX_FRAME_HEADER_BYTES, MAX_FRAME_PARTS};
use crate::walk::u32_le;

/// Bytes before the body of a frame: the magic and the length.
pub const FRAME_PREFIX_BYTES: usize = 8;
const MAGIC: &[u8; 4] = b"AFC1";

/// One message: a small JSON header and binary parts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frame {
    pub header: Vec<u8>,
    pub parts: Vec<Vec<u8>>,
}

/// Why a frame was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    #[error("the message does not start with AFC1; the two programs are of different versions")]
    BadMagic,
    #[error("the message has {bytes} bytes, the limit is {MAX_FRAME_BYTES}")]
    TooLong { bytes: usize },
    #[error("the header of the message has {bytes} bytes, the limit is {MAX_FRAME_HEADER_BYTES}")]
    HeaderTooLong { bytes: usize },
    #[error("the message has {parts} parts, the limit is {MAX_FRAME_PARTS}")]
    TooManyParts { parts: usize },
    #[error("the message is cut off or its lengths contradict each other")]
    BadLength,
}

impl From<FrameError> for io::Error {
    fn from(error: FrameError) -> Self {
        Self::new(io::ErrorKind::InvalidData, error)
    }
}

impl Frame {
    /// The whole frame as bytes.
    ///
    /// # Errors
    /// When it is above a limit.
    pub fn encode(&self) -> Result<Vec<u8>, FrameError> {
        if self.header.len() > MAX_FRAME_HEADER_BYTES {
            return Err(FrameError::HeaderTooLong {
                bytes: self.header.len(),
            });
        }
        if self.parts.len() > MAX_FRAME_PARTS {
            return Err(FrameError::TooManyParts {
                parts: self.parts.len(),
            });
        }
        let body =
            8 + self.header.len() + self.parts.iter().map(|part| 4 + part.len()).sum::<usize>();
        if body > MAX_FRAME_BYTES {
            return Err(FrameError::TooLong { bytes: body });
        }
        let length = |count: usize| {
            u32::try_from(count)
                .map(u32::to_le_bytes)
                .map_err(|_| FrameError::BadLength)
        };
        let mut bytes = Vec::with_capacity(FRAME_PREFIX_BYTES + body);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&length(body)?);
        bytes.extend_from_slice(&length(self.header.len())?);
        bytes.extend_from_slice(&self.header);
        bytes.extend_from_slice(&length(self.parts.len())?);
        for part in &self.parts {
            bytes.extend_from_slice(&length(part.len())?);
            bytes.extend_from_slice(part);
        }
        Ok(bytes)
    }

    /// Reads a body (what follows the prefix).
    ///
    /// # Errors
    /// When a limit or a length does not hold.
    pub fn decode_body(body: &[u8]) -> Result<Self, FrameError> {
        let mut at = 0;
        let header_bytes = length_at(body, &mut at)?;
        if header_bytes > MAX_FRAME_HEADER_BYTES {
            return Err(FrameError::HeaderTooLong {
                bytes: header_bytes,
            });
        }
        let header = take(body, &mut at, header_bytes)?.to_vec();
        let parts = length_at(body, &mut at)?;
        if parts > MAX_FRAME_PARTS {
            return Err(FrameError::TooManyParts { parts });
        }
        let parts = (0..parts)
            .map(|_| {
                let bytes = length_at(body, &mut at)?;
                take(body, &mut at, bytes).map(<[u8]>::to_vec)
            })
            .collect::<Result<_, _>>()?;
        if at != body.len() {
            return Err(FrameError::BadLength);
        }
        Ok(Self { header, parts })
    }

    /// Reads a whole frame, prefix included.
    ///
    /// # Errors
    /// When a limit or a length does not hold.
    pub fn decode(bytes: &[u8]) -> Result<Self, FrameError> {
        let (prefix, body) = bytes.split_first_chunk().ok_or(FrameError::BadLength)?;
        if body_bytes(prefix)? != body.len() {
            return Err(FrameError::BadLength);
        }
        Self::decode_body(body)
    }

    /// Reads the next frame from a stream; `None` at its end.
    ///
    /// # Errors
    /// As the stream; `InvalidData` with a [`FrameError`] for a bad frame.
    pub fn read(stream: &mut impl Read) -> io::Result<Option<Self>> {
        let mut prefix = [0; FRAME_PREFIX_BYTES];
        let mut filled = 0;
        while filled < FRAME_PREFIX_BYTES {
            match stream.read(&mut prefix[filled..]) {
                Ok(0) if filled == 0 => return Ok(None),
                Ok(0) => return Err(FrameError::BadLength.into()),
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        // Part by part, so that a photo is in memory once.
        let mut rest = body_bytes(&prefix)?;
        let header_bytes = read_length(stream, &mut rest)?;
        if header_bytes > MAX_FRAME_HEADER_BYTES {
            return Err(FrameError::HeaderTooLong {
                bytes: header_bytes,
            }
            .into());
        }
        let header = read_bytes(stream, &mut rest, header_bytes)?;
        let parts = read_length(stream, &mut rest)?;
        if parts > MAX_FRAME_PARTS {
            return Err(FrameError::TooManyParts { parts }.into());
        }
        let parts = (0..parts)
            .map(|_| {
                let bytes = read_length(stream, &mut rest)?;
                read_bytes(stream, &mut rest, bytes)
            })
            .collect::<io::Result<_>>()?;
        if rest != 0 {
            return Err(FrameError::BadLength.into());
        }
        Ok(Some(Self { header, parts }))
    }

    /// Writes the frame and flushes.
    ///
    /// # Errors
    /// As the stream; `InvalidData` when the frame is above a limit.
    pub fn write(&self, stream: &mut impl Write) -> io::Result<()> {
        stream.write_all(&self.encode()?)?;
        stream.flush()
    }
}

/// The number of bytes that follow `prefix`, for callers that read from an asynchronous stream.
///
/// # Errors
/// When the magic is wrong or the length is above the limit.
pub fn body_bytes(prefix: &[u8; FRAME_PREFIX_BYTES]) -> Result<usize, FrameError> {
    if !prefix.starts_with(MAGIC) {
        return Err(FrameError::BadMagic);
    }
    let bytes = u32_le(prefix, 4)
        .and_then(|length| usize::try_from(length).ok())
        .ok_or(FrameError::BadLength)?;
    if bytes > MAX_FRAME_BYTES {
        return Err(FrameError::TooLong { bytes });
    }
    Ok(bytes)
}

fn length_at(body: &[u8], at: &mut usize) -> Result<usize, FrameError> {
    let length = u32_le(body, *at)
        .and_then(|length| usize::try_from(length).ok())
        .ok_or(FrameError::BadLength)?;
    *at += 4;
    Ok(length)
}

/// The next length of a frame of which `rest` bytes are left.
fn read_length(stream: &mut impl Read, rest: &mut usize) -> io::Result<usize> {
    let bytes = read_bytes(stream, rest, 4)?;
    u32_le(&bytes, 0)
        .and_then(|length| usize::try_from(length).ok())
        .ok_or_else(|| FrameError::BadLength.into())
}

/// The next `length` bytes of a frame of which `rest` bytes are left.
fn read_bytes(stream: &mut impl Read, rest: &mut usize, length: usize) -> io::Result<Vec<u8>> {
    *rest = rest.checked_sub(length).ok_or(FrameError::BadLength)?;
    let mut bytes = vec![0; length];
    stream.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn take<'a>(body: &'a [u8], at: &mut usize, bytes: usize) -> Result<&'a [u8], FrameError> {
    let end = at.checked_add(bytes).ok_or(FrameError::BadLength)?;
    let slice = body.get(*at..end).ok_or(FrameError::BadLength)?;
    *at = end;
    Ok(slice)
}
