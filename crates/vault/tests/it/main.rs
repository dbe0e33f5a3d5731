//! The vault through its public face: what opens, what must not, and what never shows.

mod blobs;
mod fields;
mod files;
mod forms;
mod intake;
mod keyrings;
mod phones;
mod reveals;
mod tokens;

use aftercare_vault::Vault;

pub const TENANT: &str = "0198-tenant";
pub const OTHER_TENANT: &str = "0198-other-tenant";

/// A vault with two tenants.
pub fn vault() -> Vault {
    let vault = Vault::in_memory().expect("a vault");
    vault.add_tenant(TENANT).expect("a tenant");
    vault.add_tenant(OTHER_TENANT).expect("a tenant");
    vault
}

/// Text as content.
pub fn plain(text: &str) -> aftercare_vault::Plain<String> {
    aftercare_vault::Plain::new(text.to_owned())
}
