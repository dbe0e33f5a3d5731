//! Holds a claim and its photos against the order's own facts, once everybody may see what was found.

use crate::act::Asked;
use crate::app::App;
use crate::error::AppError;
use crate::sealing::ReadableCase;
use crate::views::ConsistencyDetail;
use aftercare_domain::Case;
use aftercare_domain::actor::Party;
use aftercare_domain::consistency::{
    Claimed, Counted, Piece, Reading, Recorded, Side as From, compare,
};
use aftercare_domain::event::Body;
use aftercare_domain::evidence::{Envelope, EvidenceKind, EvidenceState};
use aftercare_domain::ids::{ClaimId, EvidenceId};
use aftercare_domain::{Role, Timestamp};
use aftercare_store::StoredCaseEvent;
use aftercare_store::rows::OrderLineRow;
use std::collections::BTreeMap;

/// A line of counts: the thing and, at its end, how many.
pub(crate) fn counted(line: &str) -> Result<Counted, AppError> {
    let line = line.trim();
    let digits = line
        .char_indices()
        .rev()
        .take_while(|(_, one)| one.is_ascii_digit())
        .last()
        .map(|(at, _)| at);
    let wrong = || {
        AppError::invalid(
            "counts",
            "count_format",
            format!("“{line}”看不懂：每行写一种东西和数量，例如“公蟹 2”。"),
            format!(
                "`{line}` cannot be read: write one thing and its number a line, such as `crabs 2`."
            ),
        )
    };
    let (what, count) = line.split_at(digits.ok_or_else(wrong)?);
    let what = what
        .trim()
        .trim_end_matches([':', '：', '×', 'x', '='])
        .trim();
    if what.is_empty() {
        return Err(wrong());
    }
    Ok(Counted {
        what: what.to_owned(),
        count: count.parse().map_err(|_| wrong())?,
    })
}

impl Asked<'_> {
    /// A reading of a piece, checked and sealed under the case key.
    pub(crate) fn seal_reading(
        &self,
        counts: &[String],
        serial: &str,
        waybill: &str,
        weight: &str,
        variant: &str,
    ) -> Result<Envelope, AppError> {
        let counts = counts
            .iter()
            .filter(|line| !line.trim().is_empty())
            .map(|line| counted(line))
            .collect::<Result<_, _>>()?;
        let reading = Reading {
            counts,
            serial: Some(serial.to_owned()),
            waybill: Some(waybill.to_owned()),
            weight_g: crate::packing::grams("weight", weight)?,
            variant: Some(variant.to_owned()),
        }
        .checked()
        .map_err(|refused| AppError::invalid("counts", &refused.rule, refused.zh, refused.en))?;
        let text = serde_json::to_string(&reading)
            .map_err(|error| AppError::internal(format!("reading: {error}")))?;
        self.key.seal_text(&text)
    }
}

/// What humans read off pieces: the reviewer's latest reading of each, else the merchant's.
fn readings(
    events: &[StoredCaseEvent],
    key: &ReadableCase,
) -> Result<BTreeMap<EvidenceId, Reading>, AppError> {
    let mut read: BTreeMap<EvidenceId, (bool, Reading)> = BTreeMap::new();
    if key.ended_at().is_some() {
        return Ok(BTreeMap::new());
    }
    for stored in events {
        let Body::EvidenceRead {
            evidence,
            by,
            reading,
            ..
        } = &stored.event.body
        else {
            continue;
        };
        let reviewed = by.role == Role::Reviewer;
        if read
            .get(evidence)
            .is_some_and(|(known, _)| *known && !reviewed)
        {
            continue;
        }
        let reading = reading_of(key, reading)?;
        read.insert(*evidence, (reviewed, reading));
    }
    Ok(read
        .into_iter()
        .map(|(id, (_, reading))| (id, reading))
        .collect())
}

/// Opens a sealed reading.
pub(crate) fn reading_of(key: &ReadableCase, sealed: &Envelope) -> Result<Reading, AppError> {
    serde_json::from_str(&key.open_text(sealed)?)
        .map_err(|error| AppError::internal(format!("reading: {error}")))
}

/// A reading in words, as the timeline shows it.
pub(crate) fn reading_text(reading: &Reading) -> String {
    reading
        .counts
        .iter()
        .map(|one| format!("{} {}", one.what, one.count))
        .chain(reading.serial.iter().map(|text| format!("SN {text}")))
        .chain(reading.waybill.iter().map(|text| format!("运单 {text}")))
        .chain(reading.weight_g.iter().map(|grams| format!("{grams} g")))
        .chain(reading.variant.iter().map(|text| format!("规格 {text}")))
        .collect::<Vec<_>>()
        .join("、")
}

impl App {
    /// Where the order's own facts and the claim's pieces do not agree. Nothing before the first look.
    pub(crate) async fn consistency_of(
        &self,
        case: &Case,
        id: ClaimId,
        key: &ReadableCase,
        events: &[StoredCaseEvent],
        numbers: &BTreeMap<EvidenceId, String>,
    ) -> Result<Vec<ConsistencyDetail>, AppError> {
        let Some(claim) = case.claims.get(&id).filter(|_| case.findings_open(id)) else {
            return Ok(Vec::new());
        };
        let order = self.store().order(claim.order).await?;
        let line = self.store().order_line(claim.line).await?;
        let recorded = Recorded {
            paid_at: order.as_ref().map(|row| row.paid_at),
            delivered_at: order.and_then(|row| row.delivered_at),
            variant: match &line {
                Some(line) => self.variant_of(line).await?,
                None => None,
            },
            serial: line.and_then(|row| row.serial),
            packed: self.packed_of_order(claim.order, key).await?,
        };
        let mut readings = readings(events, key)?;
        let pieces: Vec<Piece> = claim
            .evidence
            .iter()
            .filter_map(|id| case.evidence.get(id).map(|piece| (*id, piece)))
            .filter(|(piece_id, piece)| {
                piece.state != EvidenceState::Excluded && case.is_photo_open(id, *piece_id)
            })
            .filter_map(|(id, piece)| {
                Some(Piece {
                    evidence: id,
                    number: numbers.get(&id).cloned().unwrap_or_default(),
                    side: match piece.party? {
                        Party::Claimant => From::Claimant,
                        Party::Merchant => From::Merchant,
                    },
                    taken_at: piece.file.taken_at,
                    camera_size: piece.file.camera_size,
                    size: piece.size,
                    is_whole: piece.file.kind == EvidenceKind::WholeItemPhoto,
                    reading: readings.remove(&id),
                })
            })
            .collect();
        let claimed = Claimed {
            reason: claim.reason,
            filed_at: claim.filed_at,
            whole_item_to_come: claim.evidence.iter().any(|piece_id| {
                case.evidence.get(piece_id).is_some_and(|piece| {
                    piece.party == Some(Party::Claimant)
                        && piece.file.kind == EvidenceKind::WholeItemPhoto
                        && piece.state != EvidenceState::Excluded
                        && !case.is_photo_open(id, *piece_id)
                })
            }),
        };
        Ok(compare(&recorded, claimed, &pieces)
            .into_iter()
            .map(|found| ConsistencyDetail {
                kind: crate::detail::name(&found.kind),
                evidence: found
                    .pieces
                    .iter()
                    .filter_map(|id| numbers.get(id).cloned())
                    .collect(),
                zh: found.words.zh,
                en: found.words.en,
            })
            .collect())
    }
}

impl App {
    /// The variant that a line of an order is for, as the catalog names it.
    async fn variant_of(&self, line: &OrderLineRow) -> Result<Option<String>, AppError> {
        let Some(sku) = line.sku else {
            return Ok(None);
        };
        let known = self.store().skus(line.product).await?;
        let known = known.into_iter().find(|row| row.id == sku);
        Ok(known.map(|row| row.name).filter(|name| !name.is_empty()))
    }
}

/// When a camera says that a photo was taken: `2026:11:01 18:30:05`, without a zone, so in China.
#[must_use]
pub fn taken_at(text: &str) -> Option<Timestamp> {
    let (date, clock) = text.trim().split_once(' ')?;
    let day = aftercare_domain::Day::parse(&date.replace(':', "-"))?;
    let mut parts = clock.split(':').map(|part| part.parse::<i64>().ok());
    let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next()??);
    let sound = parts.next().is_none()
        && (0..24).contains(&hour)
        && (0..60).contains(&minute)
        && (0..60).contains(&second);
    sound.then(|| {
        day.china_midnight()
            .plus_ms(((hour * 60 + minute) * 60 + second) * 1_000)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_counts_is_read_as_people_write_it() {
        for (line, what, count) in [
            ("公蟹 2", "公蟹", 2),
            ("母蟹：4", "母蟹", 4),
            ("crabs x 12", "crabs", 12),
            ("  电池AA2×3 ", "电池AA2", 3),
        ] {
            let read = counted(line).unwrap();
            assert_eq!((read.what.as_str(), read.count), (what, count));
        }
        for line in ["公蟹", "4", "公蟹 99999999999"] {
            assert_eq!(counted(line).unwrap_err().rule, "count_format", "{line}");
        }
    }

    #[test]
    fn a_cameras_clock_is_read_or_left() {
        assert_eq!(
            taken_at("2026:11:01 18:30:05").unwrap().to_china_minute(),
            "2026-11-01 18:30"
        );
        for text in [
            "",
            "0000:00:00 00:00:00",
            "2026:11:01",
            "2026:11:01 25:00:00",
            "    :  :     :  :  ",
        ] {
            assert_eq!(taken_at(text), None, "{text}");
        }
    }
}
