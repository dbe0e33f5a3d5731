//! A packing record in a case about its order: what both sides and the reviewer see of it, and what the checks compare photos
//! with. Whoever reads it here is in the log as a reader of the case.

use super::{PackingView, unknown};
use crate::app::App;
use crate::error::AppError;
use crate::evidence::{ORIGINAL_READERS, Picture};
use crate::opening::CaseReader;
use crate::own_work::sees;
use crate::principal::Principal;
use crate::sealing::ReadableCase;
use aftercare_domain::consistency::{Packed, PackedFacts};
use aftercare_domain::ids::{CaseId, ClaimId, OrderId, PackingPieceId};
use aftercare_domain::{Case, Timestamp};
use aftercare_store::rows::{PackingPieceRow, PackingRecordRow};
use serde::Serialize;
use utoipa::ToSchema;

/// How findings name a piece of a packing record.
pub(crate) fn packing_text(piece: PackingPieceId) -> String {
    format!("packing:{piece}")
}

/// The piece of a packing record that a text names.
pub(crate) fn packing_of(text: &str) -> Option<PackingPieceId> {
    text.strip_prefix("packing:")?.parse().ok()
}

/// How a record is called on a case; `position` starts at 0.
fn packing_number(position: usize) -> String {
    format!("P-{}", position + 1)
}

/// A packing record of the order of a claim.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PackingDetail {
    /// How it is called here: `P-1`, `P-2`, … by when they were begun.
    pub number: String,
    pub record: PackingView,
    pub pieces: Vec<PackingPieceDetail>,
    /// What the packer wrote down; `null` for the claimant until the findings may be shown, and once it expired.
    pub facts: Option<PackedFactsDetail>,
    /// Whether all that is kept of it still gives the chain that its end in the log has; `null` once it expired.
    pub intact: Option<bool>,
}

/// A photo or clip of a packing record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PackingPieceDetail {
    #[schema(value_type = String)]
    pub id: PackingPieceId,
    /// Its place in the chain, from 1.
    pub number: u32,
    pub media_type: String,
    pub bytes: u64,
    /// SHA-256 of the file as it came, in hexadecimal.
    pub sha256: String,
    /// When it came, by the server's clock.
    #[schema(value_type = i64)]
    pub added_at: Timestamp,
    /// When it was taken, by the packer's own clock or the camera's.
    #[schema(value_type = Option<i64>)]
    pub client_at: Option<Timestamp>,
    pub is_clip: bool,
    /// Whether there is a picture for this reader, under `/cases/{case}/packing/{piece}`.
    pub has_picture: bool,
    /// Whether there is a clip to play for this reader, under `/cases/{case}/packing/{piece}/clip`.
    pub plays: bool,
    /// When the clip was deleted, because the time for which clips are kept was over; its still stays.
    #[schema(value_type = Option<i64>)]
    pub expired_at: Option<Timestamp>,
}

/// What a packer wrote down.
#[derive(Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PackedFactsDetail {
    pub waybill: Option<String>,
    pub serials: Vec<String>,
    /// Grams.
    pub weight_g: Option<u32>,
    /// Such as `公蟹 2`.
    pub counts: Vec<String>,
}

impl std::fmt::Debug for PackedFactsDetail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // A waybill number leads to a person.
        f.write_str("PackedFactsDetail(..)")
    }
}

impl From<PackedFacts> for PackedFactsDetail {
    fn from(facts: PackedFacts) -> Self {
        let counts = facts.counts.iter();
        Self {
            counts: counts
                .map(|one| format!("{} {}", one.what, one.count))
                .collect(),
            waybill: facts.waybill,
            serials: facts.serials,
            weight_g: facts.weight_g,
        }
    }
}

/// Whether a piece can be compared with others: a photo, or a clip that is read and still there.
fn is_read(piece: &PackingPieceRow) -> bool {
    piece.expired_at.is_none() && (piece.clip.is_none() || piece.preview_blob.is_some())
}

/// Which form of a piece is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PackingForm {
    /// The picture without personal metadata, or a still of a clip.
    Shown,
    /// The file as it came, for reviewers.
    Original,
    /// The copy of a clip to play.
    Clip,
}

impl App {
    /// Records of an order that ended, the first first, each with its number.
    async fn ended_records(
        &self,
        order: OrderId,
    ) -> Result<Vec<(String, PackingRecordRow)>, AppError> {
        let mut records = self.store().packing_of_order(order).await?;
        records.retain(|row| row.ended_at.is_some());
        let numbered = records.into_iter().enumerate();
        Ok(numbered
            .map(|(position, row)| (packing_number(position), row))
            .collect())
    }

    /// What packing records of an order say, to be held against a claim.
    pub(crate) async fn packed_of_order(
        &self,
        order: OrderId,
        key: &ReadableCase,
    ) -> Result<Vec<Packed>, AppError> {
        let mut packed = Vec::new();
        for (number, row) in self.ended_records(order).await? {
            let Some(facts) = self.packed_facts(key, &row)? else {
                continue;
            };
            packed.push(Packed {
                number,
                // Where the digits were given before, it was not packed earlier than that.
                begun_at: row.nonce.is_some().then_some(row.begun_at),
                facts,
            });
        }
        Ok(packed)
    }

    /// Pieces of an order's packing records that a claim's photos are compared with, in the order in which they came.
    pub(crate) async fn packing_references(
        &self,
        order: OrderId,
    ) -> Result<Vec<PackingPieceRow>, AppError> {
        let mut pieces = Vec::new();
        for (_, row) in self.ended_records(order).await? {
            pieces.extend(self.store().packing_pieces(row.id).await?);
        }
        pieces.retain(is_read);
        pieces.sort_by_key(|piece| piece.added_at);
        Ok(pieces)
    }

    /// The packing records of a claim's order, as this reader may see them.
    pub(crate) async fn packing_of_claim(
        &self,
        principal: &Principal,
        case: &Case,
        claim: ClaimId,
        key: &ReadableCase,
    ) -> Result<Vec<PackingDetail>, AppError> {
        let Some(found) = case.claims.get(&claim) else {
            return Ok(Vec::new());
        };
        let sees_pictures = sees_pictures(principal, case, claim);
        let mut details = Vec::new();
        for (number, row) in self.ended_records(found.order).await? {
            let record = self.packing_view(&row).await?;
            let pieces = self.store().packing_pieces(row.id).await?;
            let facts = self.packed_facts(key, &row)?;
            let (hashes, intact) = if facts.is_some() {
                let (hashes, chain) = self.chain_of(key, &row, &pieces)?;
                let logged = record.chain.as_deref();
                (hashes, Some(logged == Some(hex::encode(chain).as_str())))
            } else {
                (Vec::new(), None)
            };
            details.push(PackingDetail {
                number,
                record,
                pieces: pieces
                    .into_iter()
                    .zip(hashes)
                    .map(|(piece, hash)| PackingPieceDetail {
                        id: piece.id,
                        number: piece.number,
                        media_type: piece.media_type,
                        bytes: piece.bytes,
                        sha256: hex::encode(hash),
                        added_at: piece.added_at,
                        client_at: piece.client_at,
                        is_clip: piece.clip.is_some(),
                        has_picture: sees_pictures && piece.preview_blob.is_some(),
                        plays: sees_pictures
                            && piece.copy_blob.is_some()
                            && piece.expired_at.is_none(),
                        expired_at: piece.expired_at,
                    })
                    .collect(),
                facts: facts.filter(|_| sees_pictures).map(PackedFactsDetail::from),
                intact,
            });
        }
        Ok(details)
    }

    /// A photo or clip of a packing record, for whoever reads a case about its order: colleagues at once, the claimant with the
    /// findings.
    ///
    /// # Errors
    /// `NotFound` when there is none or it is not the reader's to see.
    pub async fn packing_picture(
        &self,
        principal: &Principal,
        case: CaseId,
        piece: PackingPieceId,
        form: PackingForm,
    ) -> Result<Picture, AppError> {
        let state = self.readable(principal, case).await?;
        let standing = self.on_case(principal, &state).await?;
        let principal = &*standing;
        if sees(principal, &state, self.now()).only().is_some() {
            return Err(unknown());
        }
        let opened = crate::detail::opened(&state)?;
        let piece = self.store().packing_piece(piece).await?;
        let piece = piece
            .filter(|piece| piece.tenant == opened.tenant)
            .ok_or_else(unknown)?;
        let record = self.store().packing_record(piece.record).await?;
        let record = record
            .filter(|record| record.ended_at.is_some())
            .ok_or_else(unknown)?;
        let is_shown = state.claims.iter().any(|(id, claim)| {
            claim.order == record.order && sees_pictures(principal, &state, *id)
        });
        if !is_shown {
            return Err(unknown());
        }
        let (blob, media_type) = match form {
            PackingForm::Shown => (piece.preview_blob.clone(), "image/jpeg".to_owned()),
            PackingForm::Original => {
                crate::access::allow(principal, ORIGINAL_READERS)?;
                (Some(piece.blob.clone()), piece.media_type.clone())
            }
            PackingForm::Clip => (piece.copy_blob.clone(), "video/mp4".to_owned()),
        };
        if form != PackingForm::Shown && piece.expired_at.is_some() {
            return Err(crate::clips::retention_ended());
        }
        let blob = blob.ok_or_else(unknown)?;
        let key = self
            .read_case(CaseReader::Somebody(principal), opened.tenant, case)
            .await?;
        let sealed = self.store().get_blob(&blob).await?;
        Ok(Picture {
            media_type,
            bytes: self.open_packing_blob(&key, opened.tenant, &sealed)?,
            etag: blob,
        })
    }
}

/// Whether somebody may see the pictures and facts of packing records with a claim: a colleague, or the claimant once the
/// findings are open.
fn sees_pictures(principal: &Principal, case: &Case, claim: ClaimId) -> bool {
    match principal {
        Principal::Claimant { .. } => case.findings_open(claim),
        Principal::User(_) | Principal::Integrator { .. } => true,
    }
}
