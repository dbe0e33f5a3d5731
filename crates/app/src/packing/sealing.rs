//! Seals what a packing record holds under the tenant's key for it. What was sealed opens for the chain itself, and for whoever
//! reads a case, whose reading is in the log then.

use super::{beginning, chained, hash_of};
use crate::app::App;
use crate::error::AppError;
use crate::sealing::ReadableCase;
use aftercare_domain::consistency::PackedFacts;
use aftercare_domain::ids::{PackingPieceId, TenantId};
use aftercare_store::rows::{PackingPieceRow, PackingRecordRow};
use aftercare_vault::{
    Field, Plain, Sealed, TenantKey, TenantPurpose, open_blob, random_token_256, seal_blob,
};
use serde::{Deserialize, Serialize};

/// The salt of the chain, and what the packer wrote down.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Kept {
    salt: String,
    facts: PackedFacts,
}

fn broken(error: impl std::fmt::Display) -> AppError {
    AppError::internal(format!("packing record: {error}"))
}

impl App {
    fn packing_key(&self, tenant: TenantId) -> Result<TenantKey, AppError> {
        Ok(self
            .vault()
            .tenant_key(&tenant.to_string(), TenantPurpose::Packing)?)
    }

    pub(super) fn seal_packing_blob(
        &self,
        tenant: TenantId,
        bytes: &[u8],
    ) -> Result<Vec<u8>, AppError> {
        Ok(seal_blob(&self.packing_key(tenant)?.blob_key(), bytes)?)
    }

    /// Opens a picture of a record for whoever reads that case.
    ///
    /// # Errors
    /// `reading_ended` for whom the reading of the case ended.
    pub(crate) fn open_packing_blob(
        &self,
        read: &ReadableCase,
        tenant: TenantId,
        sealed: &[u8],
    ) -> Result<Vec<u8>, AppError> {
        read.key()?;
        let key = self.packing_key(tenant)?.blob_key();
        Ok(open_blob(&key, sealed)?.expose_owned())
    }

    pub(super) fn seal_packing_hash(
        &self,
        tenant: TenantId,
        piece: PackingPieceId,
        hash: &[u8; 32],
    ) -> Result<Vec<u8>, AppError> {
        let id = piece.to_string();
        let field = Field::new("packing_pieces", &id, "plain_hash_sealed");
        let plain = Plain::new(hash.to_vec());
        Ok(self.packing_key(tenant)?.seal(&field, &plain)?.into_bytes())
    }

    fn open_packing_hash(&self, piece: &PackingPieceRow) -> Result<[u8; 32], AppError> {
        let key = self.packing_key(piece.tenant)?;
        let id = piece.id.to_string();
        let field = Field::new("packing_pieces", &id, "plain_hash_sealed");
        let sealed = Sealed::<Vec<u8>>::from_bytes(piece.plain_hash_sealed.clone())?;
        let plain = key.open(&field, &sealed)?;
        let hash = plain.expose().as_slice().try_into();
        hash.map_err(|_| broken("a hash of another length"))
    }

    /// Makes the salt of a new record, and begins its chain.
    pub(super) fn seal_beginning(&self, row: &mut PackingRecordRow) -> Result<(), AppError> {
        let salt = random_token_256()?.expose().clone();
        row.chain = beginning(&salt, row);
        self.seal_kept(
            row,
            &Kept {
                salt,
                facts: PackedFacts::default(),
            },
        )
    }

    pub(super) fn seal_facts(
        &self,
        row: &mut PackingRecordRow,
        facts: PackedFacts,
    ) -> Result<(), AppError> {
        let kept = self.open_kept(row)?;
        self.seal_kept(row, &Kept { facts, ..kept })
    }

    fn seal_kept(&self, row: &mut PackingRecordRow, kept: &Kept) -> Result<(), AppError> {
        let json = serde_json::to_vec(kept).map_err(broken)?;
        let id = row.id.to_string();
        let field = Field::new("packing_records", &id, "sealed");
        let sealed = self
            .packing_key(row.tenant)?
            .seal(&field, &Plain::new(json))?;
        row.sealed = Some(sealed.into_bytes());
        Ok(())
    }

    fn open_kept(&self, row: &PackingRecordRow) -> Result<Kept, AppError> {
        let Some(sealed) = &row.sealed else {
            return Err(broken("it expired"));
        };
        let key = self.packing_key(row.tenant)?;
        let id = row.id.to_string();
        let field = Field::new("packing_records", &id, "sealed");
        let plain = key.open(&field, &Sealed::<Vec<u8>>::from_bytes(sealed.clone())?)?;
        serde_json::from_slice(plain.expose()).map_err(broken)
    }

    /// Whether a record ended with these words.
    pub(super) fn was_ended_with(
        &self,
        row: &PackingRecordRow,
        facts: &PackedFacts,
    ) -> Result<bool, AppError> {
        Ok(row.sealed.is_some() && self.open_kept(row)?.facts == *facts)
    }

    /// What the packer wrote down, for whoever reads that case; `None` once it expired, or their time to read the case did.
    pub(super) fn packed_facts(
        &self,
        read: &ReadableCase,
        row: &PackingRecordRow,
    ) -> Result<Option<PackedFacts>, AppError> {
        if row.sealed.is_none() || read.reading_ended_at().is_some() {
            return Ok(None);
        }
        Ok(Some(self.open_kept(row)?.facts))
    }

    /// The hash of each piece, and the chain that everything that is kept gives; for whoever reads that case.
    pub(super) fn chain_of(
        &self,
        _: &ReadableCase,
        row: &PackingRecordRow,
        pieces: &[PackingPieceRow],
    ) -> Result<(Vec<[u8; 32]>, [u8; 32]), AppError> {
        let kept = self.open_kept(row)?;
        let mut chain = beginning(&kept.salt, row);
        let mut hashes = Vec::with_capacity(pieces.len());
        for piece in pieces {
            let hash = self.open_packing_hash(piece)?;
            chain = chained(&chain, &hash);
            hashes.push(hash);
        }
        Ok((hashes, chained(&chain, &hash_of(&kept.facts)?)))
    }
}
