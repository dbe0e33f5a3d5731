//! Backups away from the machine: a backup that was made and verified is cut into pieces, sealed, and kept in a storage of objects; and
//! brought back from there. The storage learns sizes, numbers and times. The keyring goes as it lies in the backup, sealed under the
//! root key, which stays at home; all else is sealed under a key that only the keyring has.

use crate::DataDir;
use crate::data::{object_storage, open_vault, row_key};
use crate::failure::bad_input;
use crate::output::say;
use aftercare_objects::Settings;
use aftercare_store::{BlobPlace, KEYRING_FILE, blob_name_of};
use aftercare_vault::files::{Staging, create_private, private};
use aftercare_vault::{BlobKey, Vault, open_blob, seal_blob};
use anyhow::{Context as _, bail};
use clap::Args;
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Component, Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

/// What stands first in what says where a backup is.
const FORMAT: &str = "aftercare backup v1";
/// Bytes of a piece before it is sealed: it goes in one request, and two of them are in memory at most.
const PIECE_BYTES: u64 = 8 * 1024 * 1024;
/// Letters of the name of a backup.
const NAME_CHARS_MAX: usize = 64;

/// Bring a backup back from the storage of objects to which `backup --to` sent it, into a folder from which `restore` makes a data
/// directory. Every piece is checked; with the key of the directory, and without the machine that was lost.
#[derive(Debug, Args)]
pub struct FetchArgs {
    /// A folder whose file `blobs.toml` names the storage.
    #[arg(long, value_name = "DIR")]
    from: DataDir,
    /// The name under which it was sent.
    #[arg(long = "as", value_name = "NAME")]
    name: String,
    /// A folder that does not exist yet, or is empty.
    #[arg(long, value_name = "DIR")]
    out: DataDir,
}

/// Where a backup is: names of objects. It is found by the name that the backup was given.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Index {
    format: String,
    /// Pieces of the keyring, as they are: it is sealed under the root key.
    keyring: Vec<String>,
    /// Sealed pieces of the list of all other files.
    files: Vec<String>,
}

impl Index {
    fn of(found: &[u8]) -> anyhow::Result<Self> {
        let index: Self =
            serde_json::from_slice(found).context("what says where the backup is was altered")?;
        if index.format != FORMAT {
            bail!(
                "the backup is of the format {:?}, not {FORMAT:?}",
                index.format
            );
        }
        Ok(index)
    }
}

/// What a backup is made of, and which one it is: no other can be given in its place.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    name: String,
    files: Vec<Kept>,
}

/// A file of a backup.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    /// From the folder of the backup on, with `/` between.
    path: String,
    pieces: Vec<String>,
}

/// A storage that was looked at before a backup is made: it is there, and has none of that name.
pub(crate) struct Away {
    storage: Arc<dyn BlobPlace>,
    key: BlobKey,
    name: String,
    index: String,
}

/// The object that says where the backup of that name is.
fn index_of(name: &str) -> anyhow::Result<String> {
    let usual = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    if name.is_empty() || name.len() > NAME_CHARS_MAX || !name.bytes().all(usual) {
        return Err(bad_input(format!(
            "--as {name}: a backup's name has up to {NAME_CHARS_MAX} letters, digits, dots, hyphens and underscores, such as 2026-11-28"
        )));
    }
    Ok(blob_name_of(format!("{FORMAT}\n{name}").as_bytes()))
}

fn storage_of(folder: &Path, option: &str) -> anyhow::Result<Arc<dyn BlobPlace>> {
    let storage = object_storage(folder)?.ok_or_else(|| {
        bad_input(format!(
            "{option} {}: there is no blobs.toml in it, which names the storage",
            folder.display()
        ))
    })?;
    Ok(Arc::new(storage))
}

/// Whether two folders name the same place in the same storage.
fn is_same_place(one: &Path, other: &Path) -> anyhow::Result<bool> {
    let place = |folder: &Path| -> anyhow::Result<Option<(String, String, String)>> {
        let settings = Settings::of(folder).map_err(|error| bad_input(error.to_string()))?;
        Ok(settings.map(|settings| (settings.endpoint, settings.bucket, settings.prefix)))
    };
    let (one, other) = (place(one)?, place(other)?);
    Ok(one.is_some() && one == other)
}

/// Keeps what is read, piece by piece; the names of the pieces.
async fn keep(
    storage: &dyn BlobPlace,
    key: Option<&BlobKey>,
    mut from: impl Read,
) -> anyhow::Result<Vec<String>> {
    let mut names = Vec::new();
    loop {
        let mut piece = Vec::new();
        from.by_ref().take(PIECE_BYTES).read_to_end(&mut piece)?;
        if piece.is_empty() {
            return Ok(names);
        }
        let sealed = match key {
            Some(key) => seal_blob(key, &piece)?,
            None => piece,
        };
        let name = blob_name_of(&sealed);
        storage.put(&name, sealed).await?;
        names.push(name);
    }
}

/// Writes what was kept so; each piece has to be the one of its name.
async fn bring(
    storage: &dyn BlobPlace,
    key: Option<&BlobKey>,
    names: &[String],
    mut into: impl Write,
) -> anyhow::Result<()> {
    for name in names {
        let sealed = storage.get(name).await?;
        let sealed = sealed.with_context(|| format!("object {name} of the backup is gone"))?;
        if blob_name_of(&sealed) != *name {
            bail!("object {name} of the backup is not what was kept: its bytes were altered");
        }
        match key {
            Some(key) => into.write_all(open_blob(key, &sealed)?.expose())?,
            None => into.write_all(&sealed)?,
        }
    }
    Ok(())
}

/// The files of a folder, in their order.
fn files_in(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let (mut found, mut open) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.is_dir() {
                open.push(path);
            } else {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// A path of the list, if it stays in its folder.
fn inside(path: &str) -> anyhow::Result<&Path> {
    let parts = Path::new(path);
    let is_inside = |part: Component<'_>| matches!(part, Component::Normal(_));
    if path.is_empty() || !parts.components().all(is_inside) {
        bail!("the backup has a file {path:?}, which is none of a backup");
    }
    Ok(parts)
}

impl Away {
    /// Looks whether the storage that a folder names is there, keeps no blobs of a data directory, such as `data`, and has no backup
    /// of that name.
    pub(crate) async fn of(
        folder: &Path,
        name: &str,
        data: &Path,
        vault: &Vault,
    ) -> anyhow::Result<Self> {
        let away = Self {
            storage: storage_of(folder, "--to")?,
            key: row_key(vault)?.backup_key()?,
            name: name.to_owned(),
            index: index_of(name)?,
        };
        // No row names the pieces of a backup: they would go within days, as what a killed process left.
        if is_same_place(folder, data)? || away.storage.owner().await?.is_some() {
            return Err(bad_input(format!(
                "--to {}: photos lie in this storage, and what no row names is removed from there; give the backups a bucket or a prefix of their own",
                folder.display()
            )));
        }
        if away.storage.get(&away.index).await?.is_some() {
            return Err(bad_input(format!(
                "--as {name}: the storage has a backup of that name; give this one another"
            )));
        }
        Ok(away)
    }

    /// Sends a backup, and how many files it has.
    pub(crate) async fn send(&self, backup: &Path) -> anyhow::Result<usize> {
        let (storage, key) = (&*self.storage, Some(&self.key));
        let mut files = Vec::new();
        for path in files_in(backup)? {
            let within = path.strip_prefix(backup)?;
            if within == Path::new(KEYRING_FILE) {
                continue;
            }
            let parts: Vec<String> = within
                .components()
                .map(|part| part.as_os_str().to_string_lossy().into_owned())
                .collect();
            files.push(Kept {
                path: parts.join("/"),
                pieces: keep(storage, key, File::open(&path)?).await?,
            });
        }
        let count = files.len() + 1;
        let listed = Listed {
            name: self.name.clone(),
            files,
        };
        let keyring = File::open(backup.join(KEYRING_FILE))?;
        let index = Index {
            format: FORMAT.to_owned(),
            keyring: keep(storage, None, keyring).await?,
            files: keep(storage, key, serde_json::to_vec(&listed)?.as_slice()).await?,
        };
        // The last of all: whoever finds it finds everything.
        let index = serde_json::to_vec(&index)?;
        storage.put(&self.index, index.clone()).await?;
        if storage.get(&self.index).await? != Some(index) {
            bail!("the storage does not give back what it was given: this backup is not there");
        }
        Ok(count)
    }

    /// Reads back where what was sent is, and the list of it: nothing of the backup is missing there.
    pub(crate) async fn read_list_back(&self, backup: &Path) -> anyhow::Result<()> {
        let listed = self.listed().await?.1;
        let sent = files_in(backup)?.len();
        let found = listed.files.len() + 1;
        if found != sent {
            bail!("the backup has {sent} files, the storage gives a list of {found}");
        }
        Ok(())
    }

    /// Reads back all that was sent, as whoever lost this machine would, into a folder beside the backup that is gone when what is
    /// returned is. Every piece has to be the one that was sent.
    pub(crate) async fn read_back(&self, backup: &Path) -> anyhow::Result<Staging> {
        let mut bytes = 0;
        for path in files_in(backup)? {
            bytes += std::fs::metadata(&path)?.len();
        }
        let stat = rustix::fs::statvfs(backup)?;
        if stat.f_bavail.saturating_mul(stat.f_frsize) < bytes {
            bail!(
                "there is no room beside {} to read {} MB back: free some, or have the list alone read back with --read-back list",
                backup.display(),
                bytes / 1_048_576
            );
        }
        let (index, listed) = self.listed().await?;
        let mut name = backup.file_name().unwrap_or_default().to_owned();
        name.push(".read-back");
        let staging = Staging::beside(&backup.with_file_name(name))?;
        let (storage, folder) = (&*self.storage, staging.path());
        bring_keyring(storage, &index, folder).await?;
        if std::fs::read(folder.join(KEYRING_FILE))? != std::fs::read(backup.join(KEYRING_FILE))? {
            bail!("the storage gives back another keyring than it was given");
        }
        bring_files(storage, &self.key, &listed, folder).await?;
        Ok(staging)
    }

    /// Where the backup is, and what it is made of, as the storage says now.
    async fn listed(&self) -> anyhow::Result<(Index, Listed)> {
        let found = self.storage.get(&self.index).await?;
        let found = found.context("the storage does not have the backup that it was given")?;
        let index = Index::of(&found)?;
        let listed = list_of(&*self.storage, &self.key, &index, &self.name).await?;
        Ok((index, listed))
    }
}

/// `fetch`.
///
/// # Errors
/// A storage, a name or a folder that cannot be used, a wrong key, a piece that is gone or was altered.
pub async fn fetch(args: FetchArgs) -> anyhow::Result<ExitCode> {
    let index = index_of(&args.name)?;
    let storage = storage_of(&args.from, "--from")?;
    let storage = &*storage;
    let found = storage.get(&index).await?.ok_or_else(|| {
        bad_input(format!(
            "--as {}: the storage has no backup of that name",
            args.name
        ))
    })?;
    let index = Index::of(&found)?;
    let staging = Staging::beside(&args.out)
        .map_err(|error| bad_input(format!("--out {}: {error}", args.out.display())))?;
    let folder = staging.path();
    bring_keyring(storage, &index, folder).await?;
    let vault = open_vault(folder)?;
    let key = row_key(&vault)?.backup_key()?;
    drop(vault);
    let listed = list_of(storage, &key, &index, &args.name).await?;
    bring_files(storage, &key, &listed, folder).await?;
    staging.place()?;
    say(&format!(
        "brought {} files of the backup {} to {}: make a data directory of it with `aftercare restore --from`",
        listed.files.len() + 1,
        args.name,
        args.out.display()
    ));
    Ok(ExitCode::SUCCESS)
}

/// Brings the keyring of a backup into a folder.
async fn bring_keyring(
    storage: &dyn BlobPlace,
    index: &Index,
    folder: &Path,
) -> anyhow::Result<()> {
    let keyring = new_file(&folder.join(KEYRING_FILE))?;
    bring(storage, None, &index.keyring, &keyring).await?;
    keyring.sync_all()?;
    Ok(())
}

/// What the backup of that name is made of.
async fn list_of(
    storage: &dyn BlobPlace,
    key: &BlobKey,
    index: &Index,
    name: &str,
) -> anyhow::Result<Listed> {
    let mut list = Vec::new();
    bring(storage, Some(key), &index.files, &mut list).await?;
    let listed: Listed = serde_json::from_slice(&list)?;
    if listed.name != name {
        bail!(
            "under the name {name} the storage gives the backup {}",
            listed.name
        );
    }
    Ok(listed)
}

/// Brings all files of a backup but the keyring into a folder.
async fn bring_files(
    storage: &dyn BlobPlace,
    key: &BlobKey,
    listed: &Listed,
    folder: &Path,
) -> anyhow::Result<()> {
    for kept in &listed.files {
        let path = folder.join(inside(&kept.path)?);
        if let Some(above) = path.parent() {
            create_private(above)?;
        }
        let file = new_file(&path)?;
        bring(storage, Some(key), &kept.pieces, &file).await?;
        file.sync_all()?;
    }
    Ok(())
}

/// A file that is not there yet, for its owner alone.
fn new_file(path: &Path) -> anyhow::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    private(&mut options);
    options
        .open(path)
        .with_context(|| path.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::{index_of, inside};

    #[test]
    fn a_name_finds_its_backup_and_a_path_stays_in_its_folder() {
        let index = index_of("2026-11-28").expect("a name");
        assert_eq!(index.len(), 64);
        assert_ne!(index, index_of("2026-11-29").expect("another"));
        for wrong in ["", "a b", "../x", &"a".repeat(65)] {
            assert!(index_of(wrong).is_err(), "{wrong}");
        }
        assert!(inside("blobs/ab/cdef").is_ok());
        for wrong in ["", "/etc/passwd", "../x", "blobs/../../x"] {
            assert!(inside(wrong).is_err(), "{wrong}");
        }
    }
}
