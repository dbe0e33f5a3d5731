//! Where the objects are: a file in the data directory, so that every command that opens it finds the same place.

use crate::sign::Credentials;
use aftercare_outbound::{Network, Target, networks};
use serde::Deserialize;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Name of the file in the data directory.
const FILE: &str = "blobs.toml";
/// Characters of a bucket's name (S3 User Guide, “Bucket naming rules”).
const BUCKET_CHARS: std::ops::RangeInclusive<usize> = 3..=63;
/// Characters of a prefix.
const PREFIX_CHARS_MAX: usize = 200;

/// Why the settings cannot be used, with the file and what to do.
#[derive(Debug, thiserror::Error)]
#[error("{file}: {why}")]
pub struct SettingsError {
    /// The file.
    pub file: String,
    /// What is wrong with it.
    pub why: String,
}

/// A bucket of a server, and the key to it.
#[derive(Debug)]
pub struct Settings {
    /// Scheme, host and port: `https://objects.example.com`.
    pub endpoint: String,
    /// The bucket.
    pub bucket: String,
    /// The region that is signed for.
    pub region: String,
    /// What the names of objects begin with, without slashes at its ends; may be empty.
    pub prefix: String,
    /// The key.
    pub credentials: Credentials,
    /// Networks that may be spoken to although they are not public, also without encryption.
    pub allowed: Vec<Network>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    endpoint: String,
    bucket: String,
    #[serde(default = "usual_region")]
    region: String,
    #[serde(default)]
    prefix: String,
    /// A file of two lines: name of the key, the key.
    key_file: PathBuf,
    #[serde(default)]
    allow_network: Vec<String>,
}

fn usual_region() -> String {
    "us-east-1".to_owned()
}

impl Settings {
    /// The settings of a data directory; `None` where its blobs lie in it.
    ///
    /// # Errors
    /// A file that cannot be read, a key that is missing or unknown, a name that S3 does not allow.
    pub fn of(directory: &Path) -> Result<Option<Self>, SettingsError> {
        let path = directory.join(FILE);
        let wrong = |why: String| SettingsError {
            file: path.display().to_string(),
            why,
        };
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(wrong(error.to_string())),
        };
        let file: File = toml::from_str(&text).map_err(|error| wrong(error.to_string()))?;
        let key = std::fs::read_to_string(&file.key_file)
            .map_err(|error| wrong(format!("key_file {}: {error}", file.key_file.display())))?;
        Self::checked(file, &Zeroizing::new(key))
            .map(Some)
            .map_err(wrong)
    }

    fn checked(file: File, key: &str) -> Result<Self, String> {
        let endpoint = file.endpoint.trim_end_matches('/').to_owned();
        let target: Target = endpoint
            .parse()
            .map_err(|error: aftercare_outbound::OutboundError| format!("endpoint: {error}"))?;
        let after = endpoint.split_once("://").map_or("", |(_, after)| after);
        if after.contains(['/', '?']) {
            return Err("endpoint: write scheme, host and port only, such as https://objects.example.com; the bucket stands in a line of its own".to_owned());
        }
        let allowed = networks(&file.allow_network.join(","))
            .map_err(|error| format!("allow_network: {error}"))?;
        if !target.encrypted() && allowed.is_empty() {
            return Err("endpoint: without https, allow_network has to name the network that the server is in".to_owned());
        }
        let plain = |text: &str, more: &str| {
            text.chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || more.contains(c))
        };
        if !BUCKET_CHARS.contains(&file.bucket.len()) || !plain(&file.bucket, ".-") {
            return Err(format!(
                "bucket: a bucket has {} to {} small letters, digits, dots and hyphens",
                BUCKET_CHARS.start(),
                BUCKET_CHARS.end()
            ));
        }
        if file.region.is_empty() || !plain(&file.region, "-") {
            return Err("region: write it as the provider does, such as us-east-1".to_owned());
        }
        let prefix = file.prefix.trim_matches('/').to_owned();
        let parts_ok = prefix.is_empty()
            || prefix
                .split('/')
                .all(|part| !part.is_empty() && part != "." && part != "..");
        if prefix.len() > PREFIX_CHARS_MAX || !plain(&prefix, "._-/") || !parts_ok {
            return Err(
                "prefix: small letters, digits, dots, hyphens, underscores and single slashes"
                    .to_owned(),
            );
        }
        let mut lines = key.lines().map(str::trim).filter(|line| !line.is_empty());
        let (Some(id), Some(secret), None) = (lines.next(), lines.next(), lines.next()) else {
            return Err("key_file: two lines, the name of the key and the key".to_owned());
        };
        Ok(Self {
            endpoint,
            bucket: file.bucket,
            region: file.region,
            prefix,
            credentials: Credentials {
                id: id.to_owned(),
                secret: Zeroizing::new(secret.to_owned()),
            },
            allowed,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, key: &str) -> Result<Option<Settings>, String> {
        let folder = tempfile::tempdir().expect("a folder");
        let key_file = folder.path().join("key");
        std::fs::write(&key_file, key).expect("the key");
        let text = text.replace("KEY", &key_file.display().to_string());
        std::fs::write(folder.path().join(FILE), text).expect("the settings");
        Settings::of(folder.path()).map_err(|error| error.to_string())
    }

    const SOUND: &str =
        "endpoint = \"https://objects.example.com/\"\nbucket = \"aftercare\"\nkey_file = \"KEY\"\n";

    #[test]
    fn without_a_file_blobs_lie_in_the_directory() {
        let folder = tempfile::tempdir().expect("a folder");
        assert!(Settings::of(folder.path()).expect("nothing").is_none());
    }

    #[test]
    fn a_file_is_read_and_its_key_not_shown() {
        let read = read(SOUND, "the-id\nthe-secret\n")
            .expect("sound")
            .expect("there");
        assert_eq!(read.endpoint, "https://objects.example.com");
        assert_eq!(
            (read.region.as_str(), read.prefix.as_str()),
            ("us-east-1", "")
        );
        assert_eq!(read.credentials.secret.as_str(), "the-secret");
        assert!(!format!("{read:?}").contains("the-secret"));
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        for (change, part) in [
            (
                (
                    "https://objects.example.com/",
                    "http://objects.example:9000",
                ),
                "allow_network",
            ),
            (
                ("https://objects.example.com/", "https://a.example/bucket"),
                "bucket stands",
            ),
            (
                ("https://objects.example.com/", "ftp://a.example"),
                "https://",
            ),
            (("\"aftercare\"", "\"After/care\""), "bucket:"),
            (("bucket", "buckett"), "buckett"),
            (("KEY", "/no/such/file"), "key_file"),
            (("\nkey_file", "\nprefix = \"a/../b\"\nkey_file"), "prefix:"),
            (
                ("\nkey_file", "\nregion = \"EU west\"\nkey_file"),
                "region:",
            ),
            (
                ("\nkey_file", "\nallow_network = [\"nowhere\"]\nkey_file"),
                "allow_network",
            ),
        ] {
            let text = SOUND.replace(change.0, change.1);
            let told = read(&text, "id\nsecret\n").expect_err("unusable");
            assert!(told.contains(part), "{change:?}: {told}");
            assert!(told.contains(FILE), "{told}");
        }
        let told = read(SOUND, "only one line\n").expect_err("no key");
        assert!(told.contains("two lines"), "{told}");
    }
}
