//! How requests are recognized when they are sent again.

use crate::app::App;
use crate::error::AppError;
use aftercare_domain::ids::TenantId;

impl App {
    /// The stored form of a request's digest: keyed, because a request may hold little more than a
    /// phone number, which could be found again from a plain hash.
    ///
    /// # Errors
    /// An unknown tenant.
    pub fn request_hash(&self, tenant: TenantId, sha256: &[u8; 32]) -> Result<[u8; 32], AppError> {
        Ok(self
            .vault()
            .code_hash(&tenant.to_string(), "request", &hex::encode(sha256))?)
    }
}
