//! Small files that only their owner may read.

use std::io::Write as _;
use std::path::Path;

/// Appends `bytes` to a file of mode 0600 and syncs it.
///
/// # Errors
/// Whatever the file system says.
pub fn append_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = open_private(path)?;
    file.write_all(bytes)?;
    file.sync_data()
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
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options.open(path)
}
