//! From a name to addresses.

use async_trait::async_trait;
use std::io;
use std::net::IpAddr;

/// Resolves names. What comes out is vetted by the caller, whoever resolved it.
#[async_trait]
pub trait Resolve: Send + Sync {
    /// The addresses of a name; also of an address that is written out.
    ///
    /// # Errors
    /// What the system says.
    async fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>>;
}

/// Asks the system, as every other program on the machine does.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemResolver;

#[async_trait]
impl Resolve for SystemResolver {
    async fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        // The port is not asked for; the system wants one.
        let found = tokio::net::lookup_host((host, 0)).await?;
        Ok(found.map(|address| address.ip()).collect())
    }
}
