//! Fields and blobs: how fast one core seals and opens them, and in how much memory.

use std::hint::black_box;
use std::io::{self, Write as _};

use aftercare_bench_common::process;
use aftercare_vault::{
    BlobWriter, DeliveryPurpose, Field, Plain, RevealField, UseReceipt, UseRequest, Vault,
};
use anyhow::{Result, ensure};

use crate::numbers::{Measured, Number, cpu_seconds};

/// Fields that are sealed, and opened.
pub const FIELDS: u64 = 2_000_000;
/// A blob of 50 GiB.
pub const BLOB_MIB: u64 = 50 * 1_024;
const MIB: usize = 1_024 * 1_024;

const TENANT: &str = "tenant-1";
const PERSON: &str = "0198a000-0000-7000-8000-000000000001";
const PHONE: &str = "13800000000";

fn vault() -> Result<Vault> {
    let vault = Vault::in_memory()?;
    vault.add_tenant(TENANT)?;
    Ok(vault)
}

/// Seals and opens one field of a person again and again, as intake and a delivery do: the key of the column is derived each
/// time.
pub fn fields(count: u64) -> Result<Vec<Measured>> {
    let vault = vault()?;
    let (key, _) = vault.new_person_key(TENANT, PERSON)?;
    let field = Field::new("people", PERSON, "phone");
    let plain = Plain::new(PHONE.to_owned());
    let sealed = key.seal(&field, &plain)?;
    let more = sealed.as_bytes().len() - PHONE.len();
    ensure!(more == 33, "a sealed field has {more} bytes more");
    let receipt = UseReceipt::from_logged(
        UseRequest {
            tenant: TENANT.to_owned(),
            purpose: DeliveryPurpose::Notify,
            persons: [PERSON.to_owned()].into(),
            fields: vec![RevealField::new("people", "phone")],
        },
        1,
        [1; 32],
    )?;
    let sealing = cpu_seconds(|| {
        for _ in 0..count {
            black_box(key.seal(&field, black_box(&plain))?);
        }
        Ok(())
    })?;
    let opening = cpu_seconds(|| {
        for _ in 0..count {
            black_box(vault.open_for_delivery(&receipt, &key, &field, black_box(&sealed))?);
        }
        Ok(())
    })?;
    let measured = |number, seconds: f64| Measured {
        number,
        value: count as f64 / seconds,
        is_whole: count >= FIELDS,
        told: format!("{count} times a content of {} bytes", PHONE.len()),
    };
    Ok(vec![
        measured(Number::FieldSeal, sealing),
        measured(Number::FieldOpen, opening),
    ])
}

/// Seals a blob that is never in memory as a whole, to nowhere.
pub fn blobs(mebibytes: u64) -> Result<Vec<Measured>> {
    let vault = vault()?;
    let (key, _) = vault.new_case_key(TENANT, "case-1", "tenant")?;
    let content: Vec<u8> = (0_u8..=255).cycle().take(MIB).collect();
    let seconds = cpu_seconds(|| {
        let mut writer = BlobWriter::new(&key.blob_key(), io::sink())?;
        for _ in 0..mebibytes {
            writer.write_all(black_box(&content))?;
        }
        writer.finish()?;
        Ok(())
    })?;
    let bytes = mebibytes as f64 * MIB as f64;
    let measured = |number, value: f64| Measured {
        number,
        value,
        is_whole: mebibytes >= BLOB_MIB,
        told: format!("one blob of {:.0} GB", bytes / 1e9),
    };
    Ok(vec![
        measured(Number::BlobSeal, bytes / 1e9 / seconds),
        measured(Number::BlobMemory, process::peak_mb(std::process::id())?),
    ])
}

#[cfg(test)]
mod tests {
    use super::{blobs, fields};

    #[test]
    fn a_short_run_measures_all_four_and_is_not_whole() {
        let mut measured = fields(100).expect("fields");
        measured.extend(blobs(1).expect("a blob"));
        assert_eq!(measured.len(), 4);
        assert!(
            measured.iter().all(|one| !one.is_whole && one.value > 0.0),
            "{measured:?}"
        );
    }
}
