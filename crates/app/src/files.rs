//! Small files that only their owner may read.

use aftercare_vault::files::{private, sync_name};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

/// Bytes that are read at once from the end of a file.
const PIECE_BYTES: usize = 4_096;

/// Appends `bytes` to a file of mode 0600 and syncs it, and its name where it is new.
///
/// # Errors
/// Whatever the file system says.
pub fn append_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let is_new = !path.exists();
    let mut file = open_private(path)?;
    file.write_all(bytes)?;
    file.sync_data()?;
    if is_new {
        sync_name(path)?;
    }
    Ok(())
}

/// Appends a line, with its end, to a file of mode 0600 and syncs it, while no other process does so. What a full disk or a power
/// cut left of a line is taken away before: nobody was told that it was written, and what follows would be part of it.
///
/// # Errors
/// Whatever the file system says.
pub fn append_line_private(path: &Path, line: &[u8]) -> std::io::Result<()> {
    let is_new = !path.exists();
    let mut file = open_private(path)?;
    file.lock()?;
    let whole = whole_lines_bytes(path)?;
    if whole < file.metadata()?.len() {
        file.set_len(whole)?;
    }
    file.write_all(line)?;
    file.sync_data()?;
    if is_new {
        sync_name(path)?;
    }
    Ok(())
}

/// Bytes of a file up to the end of its last whole line.
fn whole_lines_bytes(path: &Path) -> std::io::Result<u64> {
    let mut file = std::fs::File::open(path)?;
    let mut end = file.metadata()?.len();
    let mut piece = [0; PIECE_BYTES];
    while end > 0 {
        let count = usize::try_from(end).map_or(PIECE_BYTES, |end| end.min(PIECE_BYTES));
        let part = &mut piece[..count];
        let start = end.saturating_sub(count as u64);
        file.seek(SeekFrom::Start(start))?;
        file.read_exact(part)?;
        if let Some(at) = part.iter().rposition(|byte| *byte == b'\n') {
            return Ok(start + at as u64 + 1);
        }
        end = start;
    }
    Ok(0)
}

/// Syncs a file, and its name in its folder: whatever somebody wrote to it before is durable then.
///
/// # Errors
/// Whatever the file system says.
pub fn sync_with_name(path: &Path) -> std::io::Result<()> {
    std::fs::File::open(path)?.sync_data()?;
    sync_name(path)
}

/// Opens a file of mode 0600 to append to it, and makes it where it is not there.
///
/// # Errors
/// Whatever the file system says.
pub fn open_private(path: &Path) -> std::io::Result<std::fs::File> {
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent)?;
    }
    let mut options = std::fs::OpenOptions::new();
    options.append(true).create(true);
    private(&mut options);
    options.open(path)
}
