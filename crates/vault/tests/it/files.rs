//! What is written is there whole or not at all, for its owner alone.

use aftercare_vault::files::{
    Staging, create, create_private, failed_backup, forget_failed_backup, last_backup, note_backup,
    note_failed_backup, replace, sync_name,
};
use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

fn mode(path: &Path) -> u32 {
    fs::metadata(path)
        .expect("it is there")
        .permissions()
        .mode()
        & 0o777
}

fn listed(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    let mut names: Vec<_> = entries
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    names.sort();
    names
}

#[test]
fn a_file_is_replaced_whole_or_not_at_all_and_only_its_owner_reads_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    create(&path, b"first").unwrap();
    let refused = create(&path, b"another").unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::AlreadyExists);
    assert_eq!(fs::read(&path).unwrap(), b"first");
    replace(&path, b"second").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"second");
    assert_eq!(mode(&path), 0o600);
    // Where a folder stands, no file can.
    let taken = folder.path().join("taken");
    fs::create_dir(&taken).unwrap();
    replace(&taken, b"third").unwrap_err();
    assert_eq!(
        listed(folder.path()),
        ["file", "taken"],
        "nothing half-made is left"
    );
    // A name alone is in the folder that this runs in.
    sync_name(Path::new("a-name-alone")).unwrap();
}

#[test]
fn a_folder_is_made_with_those_above_it_for_its_owner_alone() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("outer").join("inner");
    create_private(&inner).unwrap();
    create_private(&inner).unwrap();
    assert_eq!(mode(&inner), 0o700);
    assert_eq!(mode(inner.parent().unwrap()), 0o700);
}

#[test]
fn what_is_complete_takes_its_place_and_of_what_is_not_nothing_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("target");
    let given_up = Staging::beside(&target).unwrap();
    fs::write(given_up.path().join("half"), "").unwrap();
    assert!(Staging::is_one(given_up.path()) && !Staging::is_one(&target));
    drop(given_up);
    assert!(listed(folder.path()).is_empty());

    // An empty folder that is there already will do.
    fs::create_dir(&target).unwrap();
    let staging = Staging::beside(&target).unwrap();
    fs::write(staging.path().join("whole"), "").unwrap();
    staging.place().unwrap();
    assert_eq!(listed(folder.path()), ["target"]);
    assert_eq!(listed(&target), ["whole"]);
    assert_eq!(mode(&target), 0o700);
    let refused = Staging::beside(&target).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::DirectoryNotEmpty);
    assert!(refused.to_string().contains("nothing is ever overwritten"));
    assert_eq!(listed(&target), ["whole"]);
}

#[test]
fn a_backup_is_noted_with_its_time() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(last_backup(folder.path()).unwrap(), None);
    note_backup(folder.path(), 7).unwrap();
    let first = last_backup(folder.path()).unwrap();
    assert!(first.is_some_and(|at| at > 0));
    note_backup(folder.path(), 8).unwrap();
    assert!(last_backup(folder.path()).unwrap() >= first);
}

#[test]
fn a_backup_that_failed_is_told_until_one_is_made() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(failed_backup(folder.path()).unwrap(), None);
    note_failed_backup(folder.path(), "no room").unwrap();
    let (at, why) = failed_backup(folder.path()).unwrap().unwrap();
    assert!(at > 0);
    assert_eq!(why, "no room");
    assert_eq!(last_backup(folder.path()).unwrap(), None);
    forget_failed_backup(folder.path()).unwrap();
    assert_eq!(failed_backup(folder.path()).unwrap(), None);
    forget_failed_backup(folder.path()).unwrap();
}
