//! Small files that only their owner may read.

use std::io::Write as _;
use std::path::Path;

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

/// Syncs a file, and its name in its folder: whatever somebody wrote to it before is durable then.
///
/// # Errors
/// Whatever the file system says.
pub fn sync_with_name(path: &Path) -> std::io::Result<()> {
    std::fs::File::open(path)?.sync_data()?;
    sync_name(path)
}

fn sync_name(path: &Path) -> std::io::Result<()> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    std::fs::File::open(folder)?.sync_all()
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
