//! The list of authorities that are trusted for C2PA signatures, as `labels read` and `serve` take it. It is a file: nothing
//! is fetched.

use crate::failure::{bad_input, bytes_of};
use aftercare_labels::credentials::{TrustList, read_key};
use clap::Args;
use std::path::PathBuf;

/// Bytes read of the two files; the reader refuses longer lists with its own words.
const FILE_BYTES_MAX: u64 = 5 * 1024 * 1024;

/// Where the list is.
#[derive(Debug, Args)]
pub struct TrustArgs {
    /// Certificates (PEM) of authorities that are trusted for C2PA signatures; after a line `[timestamps]`, of those that
    /// give times.
    #[arg(long, value_name = "FILE", env = "AFTERCARE_C2PA_TRUST")]
    c2pa_trust: Option<PathBuf>,
    /// Public key (Ed25519) of whoever keeps that list; the list has to carry its signature then.
    #[arg(
        long,
        value_name = "FILE",
        env = "AFTERCARE_C2PA_TRUST_KEY",
        requires = "c2pa_trust"
    )]
    c2pa_trust_key: Option<PathBuf>,
}

impl TrustArgs {
    /// These, where they name a list; else the list and the key of the settings file.
    #[must_use]
    pub fn or(self, list: Option<PathBuf>, key: Option<PathBuf>) -> Self {
        if self.c2pa_trust.is_some() {
            return self;
        }
        Self {
            c2pa_trust: list,
            c2pa_trust_key: key,
        }
    }

    /// The list; an empty one when none was named.
    ///
    /// # Errors
    /// Bad input with the file and what is wrong with it.
    pub fn list(&self) -> anyhow::Result<TrustList> {
        let Some(path) = &self.c2pa_trust else {
            return Ok(TrustList::default());
        };
        let text = bytes_of(path, FILE_BYTES_MAX)?;
        let read = match &self.c2pa_trust_key {
            None => TrustList::read(&text),
            Some(key) => {
                let text_of_key = bytes_of(key, FILE_BYTES_MAX)?;
                let public = read_key(&String::from_utf8_lossy(&text_of_key)).ok_or_else(|| {
                    bad_input(format!(
                        "{}: no public key of Ed25519: write it with `openssl pkey -pubout`",
                        key.display()
                    ))
                })?;
                TrustList::read_signed(&text, &public)
            }
        };
        read.map_err(|error| bad_input(format!("{}: {error}", path.display())))
    }
}
