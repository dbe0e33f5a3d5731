//! Timestamp authorities on the command line: whom `serve` asks, and whom readers of the log believe.

use crate::failure::{bad_input, bytes_of};
use aftercare_app::stamping::Authorities;
use aftercare_ledger::TimestampRoots;
use clap::Args;
use std::path::{Path, PathBuf};

/// Bytes read of the file; the reader refuses longer lists with its own words.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// Whom to believe.
#[derive(Clone, Debug, Default, Args)]
pub struct RootsArgs {
    /// Certificates (PEM) of the timestamp authorities' roots that you trust.
    #[arg(long, value_name = "FILE", env = "AFTERCARE_TIMESTAMP_ROOTS")]
    pub timestamp_roots: Option<PathBuf>,
}

impl RootsArgs {
    /// The roots, where a file was named.
    ///
    /// # Errors
    /// Bad input with the file and what is wrong with it.
    pub fn roots(&self) -> anyhow::Result<Option<TimestampRoots>> {
        self.timestamp_roots.as_deref().map(read).transpose()
    }
}

fn read(path: &Path) -> anyhow::Result<TimestampRoots> {
    let bytes = bytes_of(path, FILE_BYTES_MAX)?;
    TimestampRoots::from_pem(&String::from_utf8_lossy(&bytes))
        .map_err(|error| bad_input(format!("--timestamp-roots {}: {error}", path.display())))
}

/// Whom to ask.
#[derive(Debug, Args)]
pub struct StampArgs {
    /// A timestamp authority (RFC 3161) that stamps the published log once a minute; may be given several times, the next
    /// one is asked where one does not answer.
    #[arg(
        long,
        value_name = "URL",
        env = "AFTERCARE_TIMESTAMP_AUTHORITY",
        value_delimiter = ','
    )]
    timestamp_authority: Vec<String>,
    /// The policy to stamp under, an object identifier such as 1.3.6.1.4.1.32473.1; the authority's own without it.
    #[arg(long, value_name = "OID", env = "AFTERCARE_TIMESTAMP_POLICY")]
    timestamp_policy: Option<String>,
    #[command(flatten)]
    roots: RootsArgs,
}

impl StampArgs {
    /// The authorities, with what the settings file names where the command line names nothing.
    ///
    /// # Errors
    /// Bad input: an address, a policy or a file that cannot be used, authorities without roots.
    pub fn or(
        self,
        urls: Vec<String>,
        policy: Option<String>,
        roots: Option<PathBuf>,
    ) -> anyhow::Result<Option<Authorities>> {
        let urls = if self.timestamp_authority.is_empty() {
            urls
        } else {
            self.timestamp_authority
        };
        if urls.is_empty() {
            return Ok(None);
        }
        let path = self.roots.timestamp_roots.or(roots).ok_or_else(|| {
            bad_input("--timestamp-authority needs --timestamp-roots: the certificates that its tokens are checked with")
        })?;
        Authorities::new(&urls, self.timestamp_policy.or(policy), read(&path)?)
            .map(Some)
            .map_err(|error| bad_input(error.to_string()))
    }
}
