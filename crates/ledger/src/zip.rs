//! Zip files with nothing compressed (APPNOTE 6.3.10, method 0): what an evidence bundle travels in.
//! Written always the same way for the same files; read strictly, with no name that could leave its
//! folder.

use crate::LedgerError;
use crate::limits::{MAX_ZIP_BYTES, MAX_ZIP_FILES};
use std::collections::BTreeMap;

const ZIP: &str = "zip file";
const LOCAL: u32 = 0x0403_4b50;
const CENTRAL: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;
const LOCAL_BYTES: usize = 30;
const CENTRAL_BYTES: usize = 46;
const END_BYTES: usize = 22;
/// Version 2.0 of the format, and the flag that names are UTF-8.
const VERSION: u16 = 20;
const UTF8: u16 = 1 << 11;
/// 1980-01-01, the first day that the format knows: a bundle says its times itself.
const DAY: u16 = 0x21;

/// CRC-32 (ISO-HDLC), as zip and PNG have it.
fn crc32(bytes: &[u8]) -> u32 {
    let table: [u32; 256] = std::array::from_fn(|at| {
        let mut value = u32::from(at.to_le_bytes()[0]);
        for _ in 0..8 {
            value = if value & 1 == 1 {
                0xedb8_8320 ^ (value >> 1)
            } else {
                value >> 1
            };
        }
        value
    });
    !bytes.iter().fold(!0_u32, |crc, byte| {
        table[usize::from(crc.to_le_bytes()[0] ^ *byte)] ^ (crc >> 8)
    })
}

fn refused(why: impl Into<String>) -> LedgerError {
    LedgerError::malformed(ZIP, 1, why)
}

/// Whether a name stays inside the folder it is unpacked to, on every system.
fn is_sound(name: &str) -> bool {
    name.len() <= 255
        && !name.is_empty()
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b'/'))
        && name
            .split('/')
            .all(|part| !part.is_empty() && !part.starts_with('.'))
}

/// Writes files, in the order of their names.
///
/// # Errors
/// [`LedgerError::Malformed`] for a name that could leave its folder, and beyond [`MAX_ZIP_BYTES`].
pub fn write_zip(files: &BTreeMap<String, Vec<u8>>) -> Result<Vec<u8>, LedgerError> {
    let total: usize = files.values().map(Vec::len).sum();
    if files.len() > MAX_ZIP_FILES || total > MAX_ZIP_BYTES {
        return Err(refused("too many files or bytes for one bundle"));
    }
    let short = |length: usize| u16::try_from(length).map_err(|_| refused("a length"));
    let long = |length: usize| u32::try_from(length).map_err(|_| refused("a length"));
    let (mut out, mut central) = (Vec::new(), Vec::new());
    for (name, bytes) in files {
        if !is_sound(name) {
            return Err(refused(format!("the name {name:?}")));
        }
        let start = long(out.len())?;
        let mut common = Vec::new();
        for value in [VERSION, UTF8, 0, 0, DAY] {
            common.extend_from_slice(&value.to_le_bytes());
        }
        for value in [crc32(bytes), long(bytes.len())?, long(bytes.len())?] {
            common.extend_from_slice(&value.to_le_bytes());
        }
        common.extend_from_slice(&short(name.len())?.to_le_bytes());
        common.extend_from_slice(&[0, 0]);
        out.extend_from_slice(&LOCAL.to_le_bytes());
        out.extend_from_slice(&common);
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(bytes);
        central.extend_from_slice(&CENTRAL.to_le_bytes());
        central.extend_from_slice(&VERSION.to_le_bytes());
        central.extend_from_slice(&common);
        // Comment, disk, attributes.
        central.extend_from_slice(&[0; 10]);
        central.extend_from_slice(&start.to_le_bytes());
        central.extend_from_slice(name.as_bytes());
    }
    let (at, count) = (long(out.len())?, short(files.len())?);
    let length = long(central.len())?;
    out.append(&mut central);
    out.extend_from_slice(&END.to_le_bytes());
    out.extend_from_slice(&[0; 4]);
    for value in [count, count] {
        out.extend_from_slice(&value.to_le_bytes());
    }
    for value in [length, at] {
        out.extend_from_slice(&value.to_le_bytes());
    }
    out.extend_from_slice(&[0; 2]);
    Ok(out)
}

/// Reads what [`write_zip`] wrote: the bytes of each file by its name. Whatever else a zip file can be
/// (compressed, encrypted, with something before, between or after its files) is refused, so that
/// two readers never see two bundles in one file.
///
/// # Errors
/// [`LedgerError::Malformed`] with what is wrong.
pub fn read_zip(zip: &[u8]) -> Result<BTreeMap<String, Vec<u8>>, LedgerError> {
    if zip.len() > MAX_ZIP_BYTES + MAX_ZIP_FILES * 1024 {
        return Err(refused("it is too long"));
    }
    let end = zip
        .len()
        .checked_sub(END_BYTES)
        .ok_or_else(|| refused("it is too short"))?;
    let count = usize::from(u16_at(zip, end + 10)?);
    let mut at = u32_at(zip, end + 16)? as usize;
    let mut files = BTreeMap::new();
    for _ in 0..count.min(MAX_ZIP_FILES) {
        let length = u32_at(zip, at + 24)? as usize;
        let name_length = usize::from(u16_at(zip, at + 28)?);
        let name = slice(zip, at + CENTRAL_BYTES, name_length)?;
        let name = std::str::from_utf8(name).map_err(|_| refused("a name is not text"))?;
        let start = u32_at(zip, at + 42)? as usize;
        let bytes = slice(zip, start + LOCAL_BYTES + name_length, length)?;
        if files.insert(name.to_owned(), bytes.to_vec()).is_some() {
            return Err(refused(format!("{name} stands in it twice")));
        }
        at += CENTRAL_BYTES + name_length;
    }
    // One set of files has one zip file: everything else that was read is checked at once.
    if write_zip(&files)? == zip {
        Ok(files)
    } else {
        Err(refused(
            "it is not as `bundle export` writes it, or was altered",
        ))
    }
}

fn slice(zip: &[u8], at: usize, length: usize) -> Result<&[u8], LedgerError> {
    at.checked_add(length)
        .and_then(|end| zip.get(at..end))
        .ok_or_else(|| refused("it is cut short"))
}

fn u16_at(zip: &[u8], at: usize) -> Result<u16, LedgerError> {
    let bytes = slice(zip, at, 2)?;
    Ok(u16::from_le_bytes([bytes[0], bytes[1]]))
}

fn u32_at(zip: &[u8], at: usize) -> Result<u32, LedgerError> {
    let bytes = slice(zip, at, 4)?;
    Ok(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
}
