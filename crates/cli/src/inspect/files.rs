//! The files of a claim: read under a limit, hashed once, and named by what they hold.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use aftercare_evidence::driver::ClaimFiles;
use aftercare_evidence::inspect::{Party, Picture, Role, Unread};

use super::order::Order;

/// Bytes read of one file. What is larger is no photo that could be inspected.
const FILE_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// A file as it was named, and where that leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct File {
    /// As it was written: answers use it.
    pub(super) shown: String,
    pub(super) path: PathBuf,
}

impl File {
    /// A path that was written relative to `folder`.
    pub(super) fn within(folder: &Path, path: &Path) -> Self {
        Self {
            shown: path.display().to_string(),
            path: folder.join(path),
        }
    }
}

/// One claim as it was given.
#[derive(Debug, Clone, Default)]
pub(super) struct Claim {
    pub(super) photos: Vec<File>,
    /// Taken later, on request: inspected after the photos.
    pub(super) challenges: Vec<File>,
    pub(super) listing: Vec<File>,
    pub(super) packing: Vec<File>,
    pub(super) order: Option<Order>,
    /// Why the facts of the order could not be read.
    pub(super) order_problem: Option<String>,
}

impl Claim {
    /// Takes the facts of an order, and the pictures that it names.
    pub(super) fn add_order(&mut self, order: Option<Order>) {
        let Some(order) = order else { return };
        let [listing, packing] = order.files();
        self.listing.extend(listing);
        self.packing.extend(packing);
        self.order = Some(order);
    }

    /// What a person may have given otherwise than it was meant, in their language. It is inspected all the same.
    pub(super) fn notes(&self, chinese: bool) -> Vec<String> {
        let photos: Vec<&File> = self.photos.iter().chain(&self.challenges).collect();
        let references: Vec<&File> = self.listing.iter().chain(&self.packing).collect();
        let mut notes = Vec::new();
        for (index, file) in photos.iter().enumerate() {
            let is_same = |other: &&File| other.path == file.path;
            if photos[..index].iter().any(is_same) {
                notes.push(if chinese {
                    format!("{}：给了不止一次，会当作申请里的另一张照片。", file.shown)
                } else {
                    format!(
                        "{}: given more than once, and taken as another photo of the claim.",
                        file.shown
                    )
                });
            } else if references.iter().any(is_same) {
                notes.push(if chinese {
                    format!("{}：既是申请的照片，又用来比对，等于和自己比。", file.shown)
                } else {
                    format!(
                        "{}: given as a photo and to compare with, so it is compared with itself.",
                        file.shown
                    )
                });
            }
        }
        if references.is_empty() {
            notes.push(if chinese {
                "没有可以比对的图片；用 --listing 给出商品图，能看出的多得多。".to_owned()
            } else {
                "There is nothing to compare with; give the listing photo with --listing, and much more can be told."
                    .to_owned()
            });
        }
        notes
    }
}

/// What is known of the files of a run: hashes by path, so that a file which many lines name is hashed once.
#[derive(Debug, Default)]
pub(super) struct Known(Mutex<HashMap<PathBuf, Result<String, String>>>);

/// The pictures of a claim under names of their own, and where each came from.
pub(super) struct Named {
    pub(super) files: ClaimFiles,
    given: HashMap<String, File>,
}

impl Named {
    /// The path behind a name.
    pub(super) fn path(&self, name: &str) -> &Path {
        self.given
            .get(name)
            .map_or(Path::new(""), |file| file.path.as_path())
    }

    /// A name as the file was given.
    pub(super) fn shown<'a>(&'a self, name: &'a str) -> &'a str {
        self.given.get(name).map_or(name, |file| &file.shown)
    }

    /// A name for a page that is sent on: the file's own, without the folders of this machine, unless two share it.
    pub(super) fn label<'a>(&'a self, name: &'a str) -> &'a str {
        let own = |file: &'a File| Path::new(&file.shown).file_name()?.to_str();
        let Some(label) = self.given.get(name).and_then(own) else {
            return self.shown(name);
        };
        let alike = self.given.values().filter(|file| own(file) == Some(label));
        if alike.count() > 1 {
            self.shown(name)
        } else {
            label
        }
    }
}

impl Known {
    /// The hash of a file, or why it cannot be read.
    fn sha256(&self, path: &Path) -> Result<String, String> {
        if let Ok(known) = self.0.lock()
            && let Some(hash) = known.get(path)
        {
            return hash.clone();
        }
        let hash = read(path).map(|bytes| hex(&aftercare_app::sealing::sha256(&bytes)));
        if let Ok(mut known) = self.0.lock() {
            known.insert(path.to_owned(), hash.clone());
        }
        hash
    }

    /// The bytes of a picture, in the words of the inspection when there are none.
    pub(super) fn bytes(path: &Path, name: &str) -> Result<Vec<u8>, Unread> {
        read(path).map_err(|error| unread(name, &error))
    }

    /// Gives every picture a name. References are named by what they hold, so that their order does not matter, and a
    /// file that is given twice is one reference.
    pub(super) fn name(&self, claim: &Claim) -> Named {
        let mut named = Named {
            files: ClaimFiles::default(),
            given: HashMap::new(),
        };
        let photos = claim.photos.iter().map(|file| (file, Role::Claim));
        let challenges = claim.challenges.iter();
        let challenges = challenges.map(|file| (file, Role::Challenge));
        for (index, (file, role)) in photos.chain(challenges).enumerate() {
            let hash = self.sha256(&file.path);
            let name = format!("photo {}", index + 1);
            add(&mut named, name, file, role, hash);
        }
        let listing = claim.listing.iter().map(|file| (file, Role::Listing));
        let packing = claim.packing.iter().map(|file| (file, Role::Packing));
        for (file, role) in listing.chain(packing) {
            let hash = self.sha256(&file.path);
            let name = match &hash {
                Ok(hash) => format!("reference {hash}"),
                Err(_) => format!("unread {}", file.shown),
            };
            if !named.given.contains_key(&name) {
                add(&mut named, name, file, role, hash);
            }
        }
        named
    }
}

fn add(named: &mut Named, name: String, file: &File, role: Role, hash: Result<String, String>) {
    named.given.insert(name.clone(), file.clone());
    let sha256 = match hash {
        Ok(hash) => hash,
        Err(error) => {
            named.files.unread.push(unread(&name, &error));
            String::new()
        }
    };
    let picture = Picture {
        name,
        role,
        party: if role.is_inspected() {
            Party::Claimant
        } else {
            Party::Merchant
        },
        session: None,
        sha256,
    };
    if role.is_inspected() {
        named.files.photos.push(picture);
    } else {
        named.files.references.push(picture);
    }
}

fn unread(name: &str, error: &str) -> Unread {
    Unread {
        name: name.to_owned(),
        zh: format!("打不开文件（{error}）。"),
        en: format!("the file cannot be opened ({error})."),
    }
}

/// The bytes of a file under the limit.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, String> {
    use std::io::Read as _;
    let mut bytes = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes))
        .map_err(|error| error.to_string())?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(format!("it has more than {FILE_BYTES_MAX} bytes"));
    }
    Ok(bytes)
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_given_twice_is_remarked_on() {
        let files = |names: &[&str]| -> Vec<File> {
            let here = Path::new("");
            names
                .iter()
                .map(|name| File::within(here, Path::new(name)))
                .collect()
        };
        let mut claim = Claim {
            photos: files(&["a.jpg", "b.jpg"]),
            challenges: files(&["c.jpg"]),
            listing: files(&["l.jpg", "l.jpg"]),
            ..Claim::default()
        };
        // References are named by what they hold, so that one given twice is one.
        assert_eq!(claim.notes(false), Vec::<String>::new());
        claim.challenges = files(&["a.jpg"]);
        claim.listing = files(&["b.jpg"]);
        let notes = claim.notes(false);
        assert!(notes[0].starts_with("b.jpg: given as a photo and to compare with"));
        assert!(notes[1].starts_with("a.jpg: given more than once"));
        claim = Claim {
            photos: files(&["a.jpg"]),
            ..Claim::default()
        };
        assert!(claim.notes(true)[0].contains("--listing"));
    }
}
