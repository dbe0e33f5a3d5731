//! The order's own facts against what a claim and its photos and clips say: what is held against what,
//! and where the two do not agree. It comes before any look at pixels, reads nothing but what the order
//! records, what a camera wrote into a file (its clock, its size), and what humans read off a piece, and it speaks about pieces,
//! never about a person. Agreement proves nothing and is not said.

use crate::event::ClaimReason;
use crate::ids::EvidenceId;
use crate::limits::{COUNTS_PER_READING_MAX, SHORT_TEXT_CHARS_MAX};
use crate::refused::Refused;
use crate::time::{DAY_MS, HOUR_MS, Timestamp};
use crate::words::Words;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// How far a camera's clock and a carrier's may differ before a time is held against another: clocks
/// of phones are set by the network, those of cameras and of carriers' scanners by hand.
pub const CLOCKS_DIFFER_MS_MAX: i64 = HOUR_MS;
/// A camera that was never set says a day of years ago: from ten years on nothing is held against it.
pub const CAMERA_CLOCK_WRONG_MS_MIN: i64 = 3_650 * DAY_MS;

/// How far two scales may differ before a weight is held against another: scales of shops and of carriers round, and parcels
/// take up damp.
pub const WEIGHTS_DIFFER_PERCENT_MAX: u32 = 10;
/// See [`WEIGHTS_DIFFER_PERCENT_MAX`]: grams that light parcels may always differ.
pub const WEIGHTS_DIFFER_G_MAX: u32 = 100;

/// How much the shape of a picture may differ from the one that the camera took before it counts as cut: programs that make
/// pictures smaller round the sides.
pub const SHAPES_DIFFER_PERCENT_MAX: u32 = 2;

/// What stands behind a color or a size in Chinese as often as not.
const VARIANT_FILLERS: [char; 4] = ['色', '码', '号', '款'];

/// So many of something, as a human counted them on a piece.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counted {
    /// What, in the words of whoever counted, such as `公蟹`.
    pub what: String,
    /// How many.
    pub count: u32,
}

/// What a human read off a photo or a clip.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Reading {
    /// What can be counted on it.
    pub counts: Vec<Counted>,
    /// A serial number, as it stands on the item.
    pub serial: Option<String>,
    /// The number of the waybill on the label.
    pub waybill: Option<String>,
    /// What a scale or a label says that the parcel weighs, in grams.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight_g: Option<u32>,
    /// The variant, as it looks or as it stands on the item or its label, such as `红色 XL`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
}

/// What a packer wrote down about one parcel.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PackedFacts {
    /// The number of the waybill.
    pub waybill: Option<String>,
    /// The serial numbers that went in.
    pub serials: Vec<String>,
    /// What the closed parcel weighed, in grams.
    pub weight_g: Option<u32>,
    /// What was counted.
    pub counts: Vec<Counted>,
}

impl std::fmt::Debug for PackedFacts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // A waybill number leads to a person.
        f.write_str("PackedFacts(..)")
    }
}

/// A packing record of the order, as its packer made it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Packed {
    /// How it is called on the case, such as `P-1`.
    pub number: String,
    /// When it was begun, by the server's clock; `None` where everything came afterwards, and nobody but the packer says when it
    /// was packed.
    pub begun_at: Option<Timestamp>,
    /// What was written down.
    pub facts: PackedFacts,
}

impl Reading {
    /// The reading without space around its texts, if it says anything and within its limits.
    ///
    /// # Errors
    /// `reading_empty`, `reading_too_long`, `reading_twice` for one thing counted twice.
    pub fn checked(self) -> Result<Self, Refused> {
        let text = |text: Option<String>| {
            text.map(|text| text.trim().to_owned())
                .filter(|text| !text.is_empty())
        };
        let counts: Vec<Counted> = self
            .counts
            .into_iter()
            .map(|one| Counted {
                what: one.what.trim().to_owned(),
                count: one.count,
            })
            .filter(|one| !one.what.is_empty())
            .collect();
        let reading = Self {
            counts,
            serial: text(self.serial),
            waybill: text(self.waybill),
            weight_g: self.weight_g.filter(|grams| *grams > 0),
            variant: text(self.variant),
        };
        if reading == Self::default() {
            return Err(Refused::new(
                "reading_empty",
                "请写下从照片或视频上读到的数量、序列号、运单号、重量或者规格。",
                "Write down what can be read off the photo or clip: counts, a serial number, a waybill number, a weight, a variant.",
            ));
        }
        let texts = reading
            .counts
            .iter()
            .map(|one| &one.what)
            .chain(&reading.serial)
            .chain(&reading.waybill)
            .chain(&reading.variant);
        if reading.counts.len() > COUNTS_PER_READING_MAX
            || texts
                .into_iter()
                .any(|text| text.chars().count() > SHORT_TEXT_CHARS_MAX)
        {
            return Err(Refused::new(
                "reading_too_long",
                format!(
                    "一份材料最多记 {COUNTS_PER_READING_MAX} 种数量，每项不超过 {SHORT_TEXT_CHARS_MAX} 个字。"
                ),
                format!(
                    "At most {COUNTS_PER_READING_MAX} things are counted on one piece, each named in at most {SHORT_TEXT_CHARS_MAX} characters."
                ),
            ));
        }
        let mut names: Vec<&str> = reading.counts.iter().map(|one| one.what.as_str()).collect();
        names.sort_unstable();
        if names.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(Refused::new(
                "reading_twice",
                "同一种东西在一份材料上只记一次数量。",
                "Count each thing once on one piece.",
            ));
        }
        Ok(reading)
    }
}

/// From which side a piece is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The claimant: what arrived.
    Claimant,
    /// The merchant: what was packed.
    Merchant,
}

/// What is known of a piece.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The piece.
    pub evidence: EvidenceId,
    /// Its number on the case, such as `E-02`.
    pub number: String,
    /// From whom.
    pub side: Side,
    /// When the camera says that it was taken; it may be set wrong.
    pub taken_at: Option<Timestamp>,
    /// Width and height of the picture that the camera took, where its file says that the one that came has others.
    pub camera_size: Option<(u32, u32)>,
    /// Width and height of the picture that came.
    pub size: Option<(u32, u32)>,
    /// Whether its sender says that it shows the whole item.
    pub is_whole: bool,
    /// What a human read off it.
    pub reading: Option<Reading>,
}

/// What the order records of the line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recorded {
    /// When it was paid.
    pub paid_at: Option<Timestamp>,
    /// When it was signed for.
    pub delivered_at: Option<Timestamp>,
    /// The serial number that was sent.
    pub serial: Option<String>,
    /// The variant that was ordered, as the catalog names it.
    pub variant: Option<String>,
    /// How its parcels were packed, the first first.
    pub packed: Vec<Packed>,
}

/// What was claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claimed {
    /// Why.
    pub reason: ClaimReason,
    /// When.
    pub filed_at: Timestamp,
    /// Whether the claimant sent a photo of the whole item of which nobody may read anything yet.
    pub whole_item_to_come: bool,
}

/// What does not agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Filed before the order was signed for.
    FiledBeforeDelivery,
    /// Taken before the order was paid, by the camera's clock.
    TakenBeforeOrder,
    /// Taken before the order was signed for, by the camera's clock.
    TakenBeforeDelivery,
    /// Another serial number than the order's.
    SerialDiffers,
    /// Two pieces of one side that count the same things otherwise.
    CountsDiffer,
    /// What arrived, as counted, is not what was packed, as counted.
    CountsNotAsPacked,
    /// Another waybill than on the other side's piece, or in the packing record.
    WaybillDiffers,
    /// Another weight than the packed parcel's.
    WeightDiffers,
    /// Packed before the order was paid, by the server's clock.
    PackedBeforeOrder,
    /// Packed after the order was signed for, by the server's clock.
    PackedAfterDelivery,
    /// Taken before the parcel was packed, by the camera's clock.
    TakenBeforePacking,
    /// The packing record has other serial numbers than the order.
    PackedSerialDiffers,
    /// A serial number was sent, and none was read off what the claimant shows.
    SerialNotRead,
    /// Another variant than the order's.
    VariantDiffers,
    /// A photo of which a part came, and none of the whole item.
    CutToDetail,
}

/// Where two facts do not agree, or one is not there: a question to ask, with the pieces it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disagreement {
    /// What does not agree.
    pub kind: Kind,
    /// The pieces, in order.
    pub pieces: Vec<EvidenceId>,
    /// In words, with both facts.
    pub words: Words,
}

/// Holds the order's facts, and those of its packing records, against the claim's and its pieces'. In order: times, serial
/// numbers, variants, counts, waybills, weights, photos that were cut; pieces in the order given.
#[must_use]
pub fn compare(order: &Recorded, claim: Claimed, pieces: &[Piece]) -> Vec<Disagreement> {
    let mut found = Vec::new();
    times(order, claim, pieces, &mut found);
    serials(order, pieces, &mut found);
    serial_not_read(order, claim, pieces, &mut found);
    variants(order, pieces, &mut found);
    counts(pieces, &mut found);
    packed_counts(&order.packed, pieces, &mut found);
    waybills(&order.packed, pieces, &mut found);
    weights(&order.packed, pieces, &mut found);
    cuts(claim, pieces, &mut found);
    found
}

/// Reasons that nobody can have before the goods are there.
const fn needs_delivery(reason: ClaimReason) -> bool {
    matches!(
        reason,
        ClaimReason::Damaged
            | ClaimReason::Faulty
            | ClaimReason::NotAsDescribed
            | ClaimReason::WrongItem
            | ClaimReason::Spoiled
    )
}

fn times(order: &Recorded, claim: Claimed, pieces: &[Piece], found: &mut Vec<Disagreement>) {
    if let Some(delivered) = order.delivered_at
        && needs_delivery(claim.reason)
        && delivered.since_ms(claim.filed_at) > CLOCKS_DIFFER_MS_MAX
    {
        let (filed, delivered) = (
            claim.filed_at.to_china_minute(),
            delivered.to_china_minute(),
        );
        found.push(Disagreement {
            kind: Kind::FiledBeforeDelivery,
            pieces: Vec::new(),
            words: Words::new(
                format!("申请在 {filed} 提出，订单记录的签收时间是 {delivered}。请核对签收记录。"),
                format!("The claim was filed on {filed}; the order says that it was signed for on {delivered}. Please check the carrier's record."),
            ),
        });
    }
    // Of several parcels the first: another one may well be packed when the first has arrived.
    let packed_at = order.packed.iter().filter_map(|one| one.begun_at).min();
    packing_times(order, packed_at, found);
    for piece in pieces.iter().filter(|piece| piece.side == Side::Claimant) {
        let Some(taken) = piece.taken_at else {
            continue;
        };
        let earlier = |than: Option<Timestamp>| {
            than.filter(|than| {
                let by = than.since_ms(taken);
                (CLOCKS_DIFFER_MS_MAX..CAMERA_CLOCK_WRONG_MS_MIN).contains(&by)
            })
        };
        let number = &piece.number;
        let at = taken.to_china_minute();
        let (kind, zh, en) = if let Some(paid) = earlier(order.paid_at) {
            let paid = paid.to_china_minute();
            (
                Kind::TakenBeforeOrder,
                format!(
                    "{number} 的相机时间是 {at}，早于付款时间 {paid}。相机时间可能设错，请问明何时拍摄。"
                ),
                format!(
                    "By its camera's clock {number} was taken on {at}, before the order was paid on {paid}. The clock may be set wrong: ask when it was taken."
                ),
            )
        } else if let Some(packed) = earlier(packed_at) {
            let packed = packed.to_china_minute();
            (
                Kind::TakenBeforePacking,
                format!(
                    "{number} 的相机时间是 {at}，早于打包记录开始的时间 {packed}。相机时间可能设错，请问明何时拍摄。"
                ),
                format!(
                    "By its camera's clock {number} was taken on {at}, before the packing record was begun on {packed}. The clock may be set wrong: ask when it was taken."
                ),
            )
        } else if let Some(delivered) = earlier(order.delivered_at) {
            let delivered = delivered.to_china_minute();
            (
                Kind::TakenBeforeDelivery,
                format!(
                    "{number} 的相机时间是 {at}，早于签收时间 {delivered}。相机时间可能设错，请问明何时拍摄。"
                ),
                format!(
                    "By its camera's clock {number} was taken on {at}, before the order was signed for on {delivered}. The clock may be set wrong: ask when it was taken."
                ),
            )
        } else {
            continue;
        };
        found.push(Disagreement {
            kind,
            pieces: vec![piece.evidence],
            words: Words::new(zh, en),
        });
    }
}

/// A packing record that does not fit the order's own times is a question to whoever packed.
fn packing_times(order: &Recorded, packed_at: Option<Timestamp>, found: &mut Vec<Disagreement>) {
    let Some(packed) = packed_at else {
        return;
    };
    let at = packed.to_china_minute();
    if let Some(paid) = order.paid_at
        && paid.since_ms(packed) > CLOCKS_DIFFER_MS_MAX
    {
        let paid = paid.to_china_minute();
        found.push(Disagreement {
            kind: Kind::PackedBeforeOrder,
            pieces: Vec::new(),
            words: Words::new(
                format!("打包记录在 {at} 开始，早于付款时间 {paid}。请商家核对是不是这个订单的包裹。"),
                format!("The packing record was begun on {at}, before the order was paid on {paid}. Ask the merchant whether it is of this order's parcel."),
            ),
        });
    }
    if let Some(delivered) = order.delivered_at
        && packed.since_ms(delivered) > CLOCKS_DIFFER_MS_MAX
    {
        let delivered = delivered.to_china_minute();
        found.push(Disagreement {
            kind: Kind::PackedAfterDelivery,
            pieces: Vec::new(),
            words: Words::new(
                format!("打包记录在 {at} 才开始，晚于签收时间 {delivered}。请商家核对是不是这个订单的包裹。"),
                format!("The packing record was begun only on {at}, after the order was signed for on {delivered}. Ask the merchant whether it is of this order's parcel."),
            ),
        });
    }
}

/// Letters and digits only, in capitals: how people write serial numbers and waybills differs.
fn bare(text: &str) -> String {
    text.chars()
        .filter(|one| one.is_alphanumeric())
        .flat_map(char::to_uppercase)
        .collect()
}

fn serials(order: &Recorded, pieces: &[Piece], found: &mut Vec<Disagreement>) {
    let packed: Vec<(&str, &str)> = order
        .packed
        .iter()
        .flat_map(|record| {
            let serials = record.facts.serials.iter();
            serials.map(|serial| (record.number.as_str(), serial.as_str()))
        })
        .filter(|(_, serial)| !bare(serial).is_empty())
        .collect();
    let went_in = |serial: &str| packed.iter().any(|(_, one)| bare(one) == bare(serial));
    let listed_as_packed = || {
        let serials: Vec<&str> = packed.iter().map(|(_, serial)| *serial).collect();
        serials.join(", ")
    };
    let sent = order
        .serial
        .as_deref()
        .filter(|text| !bare(text).is_empty());
    if let (Some(sent), Some((record, _))) = (sent, packed.first())
        && !went_in(sent)
    {
        let serials = listed_as_packed();
        found.push(Disagreement {
            kind: Kind::PackedSerialDiffers,
            pieces: Vec::new(),
            words: Words::new(
                format!("订单记录发出的序列号是 {sent}，打包记录 {record} 里是 {serials}。请商家核对发的是哪一件。"),
                format!("The order says that serial number {sent} was sent; packing record {record} has {serials}. Ask the merchant which one was sent."),
            ),
        });
    }
    let Some(sent) = sent else {
        let Some((record, _)) = packed.first() else {
            return;
        };
        for (piece, read) in read_serials(pieces).filter(|(_, read)| !went_in(read)) {
            let (number, serials) = (&piece.number, listed_as_packed());
            found.push(Disagreement {
                kind: Kind::SerialDiffers,
                pieces: vec![piece.evidence],
                words: Words::new(
                    format!("{number} 上读到的序列号是 {read}，打包记录 {record} 里是 {serials}。请再拍一次序列号，也请核对打包时的画面。"),
                    format!("The serial number read off {number} is {read}; packing record {record} has {serials}. Ask for the number once more, and look at the packing record."),
                ),
            });
        }
        return;
    };
    for (piece, read) in read_serials(pieces).filter(|(_, read)| !went_in(read)) {
        if bare(read) != bare(sent) {
            let number = &piece.number;
            found.push(Disagreement {
                kind: Kind::SerialDiffers,
                pieces: vec![piece.evidence],
                words: Words::new(
                    format!("{number} 上读到的序列号是 {read}，订单记录发出的是 {sent}。请再拍一次序列号，也请核对发货记录。"),
                    format!("The serial number read off {number} is {read}; the order says that {sent} was sent. Ask for the number once more, and check the packing record."),
                ),
            });
        }
    }
}

/// Reasons of whoever has an item in front of them on which a serial number could stand: what spoils has none, and what did not
/// come cannot be looked at.
const fn may_show_a_serial(reason: ClaimReason) -> bool {
    matches!(
        reason,
        ClaimReason::Damaged
            | ClaimReason::Faulty
            | ClaimReason::NotAsDescribed
            | ClaimReason::WrongItem
    )
}

/// Somebody read what the claimant sent, and found no serial number on it where one was sent. What nobody read says nothing.
fn serial_not_read(
    order: &Recorded,
    claim: Claimed,
    pieces: &[Piece],
    found: &mut Vec<Disagreement>,
) {
    if !may_show_a_serial(claim.reason) || read_serials(pieces).next().is_some() {
        return;
    }
    let read: Vec<&Piece> = pieces
        .iter()
        .filter(|piece| piece.side == Side::Claimant && piece.reading.is_some())
        .collect();
    let said = |serial: &&str| !bare(serial).is_empty();
    let of_records = || {
        order.packed.iter().find_map(|record| {
            let mut serials = record.facts.serials.iter().map(String::as_str);
            serials.find(said).map(|serial| (record, serial))
        })
    };
    let (zh, en) = if let Some(sent) = order.serial.as_deref().filter(said) {
        (
            format!("订单记录发出的序列号是 {sent}"),
            format!("The order says that serial number {sent} was sent"),
        )
    } else if let Some((record, serial)) = of_records() {
        let number = &record.number;
        (
            format!("打包记录 {number} 里的序列号是 {serial}"),
            format!("Packing record {number} has serial number {serial}"),
        )
    } else {
        return;
    };
    if read.is_empty() {
        return;
    }
    let numbers: Vec<&str> = read.iter().map(|piece| piece.number.as_str()).collect();
    let (on_zh, on_en) = (numbers.join("、"), numbers.join(", "));
    found.push(Disagreement {
        kind: Kind::SerialNotRead,
        pieces: read.iter().map(|piece| piece.evidence).collect(),
        words: Words::new(
            format!("{zh}，{on_zh} 上没有读到序列号。它可能在没有拍到的一面，也可能已经磨掉；请补拍一张序列号，问不到的可以请师傅上门看。"),
            format!("{en}; none was read off {on_en}. It may be on a side that was not photographed, or worn off: ask for a photo of it, or where nobody can be asked have a technician look."),
        ),
    });
}

/// A letter, digit or sign of Latin script as it is, also where it was entered as wide as a Chinese character.
fn narrow(one: char) -> char {
    match one {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(one) - 0xFEE0).unwrap_or(one),
        one => one,
    }
}

/// What a variant's name is made of: numbers and words of one script, without what says only that it is a color or a size.
fn parts_of(variant: &str) -> Vec<String> {
    let mut parts: Vec<String> = vec![String::new()];
    let mut before = None;
    for one in variant.chars().map(narrow) {
        let kind = (one.is_ascii(), one.is_ascii_digit());
        if !one.is_alphanumeric() || before.is_some_and(|before| before != kind) {
            parts.push(String::new());
        }
        before = one.is_alphanumeric().then_some(kind);
        if one.is_alphanumeric()
            && !VARIANT_FILLERS.contains(&one)
            && let Some(part) = parts.last_mut()
        {
            part.extend(one.to_uppercase());
        }
    }
    parts.retain(|part| !part.is_empty());
    parts
}

/// Whether a part of a name may say the same as another one: `L` is `Large`, `128G` is `128GB`, and `深红` is a red.
fn may_say(one: &str, other: &str) -> bool {
    let is_word = |part: &str| part.chars().all(|letter| letter.is_ascii_alphabetic());
    if is_word(one) && is_word(other) {
        one.starts_with(other) || other.starts_with(one)
    } else if !one.is_ascii() && !other.is_ascii() {
        one.contains(other) || other.contains(one)
    } else {
        one == other
    }
}

/// Whether two names may be of one variant: everything that the shorter one says, the other one says, too.
fn may_be_one_variant(one: &str, other: &str) -> bool {
    let (one, other) = (parts_of(one), parts_of(other));
    let says = |all: &[String], part: &String| all.iter().any(|known| may_say(known, part));
    one.iter().all(|part| says(&other, part)) || other.iter().all(|part| says(&one, part))
}

fn variants(order: &Recorded, pieces: &[Piece], found: &mut Vec<Disagreement>) {
    let Some(sent) = order.variant.as_deref() else {
        return;
    };
    for piece in pieces {
        let read = piece.reading.as_ref();
        let Some(read) = read.and_then(|reading| reading.variant.as_deref()) else {
            continue;
        };
        if may_be_one_variant(read, sent) {
            continue;
        }
        let number = &piece.number;
        found.push(Disagreement {
            kind: Kind::VariantDiffers,
            pieces: vec![piece.evidence],
            words: Words::new(
                format!("{number} 上看到的规格是 {read}，订单里是 {sent}。同一种规格叫法可能不同，灯光下颜色也会变，也可能发错了货；请核对打包记录，也请再拍一张能看清规格的照片。"),
                format!("{number} shows variant {read}; the order is for {sent}. One variant may have several names, colors change with the light, or another one was sent: check the packing record, and ask for a photo that shows it."),
            ),
        });
    }
}

/// Whether a picture of that size is a part of one that the camera took: smaller, and of another shape. One that was only made
/// smaller has the same shape, whichever way up.
fn is_cut(camera: (u32, u32), came: (u32, u32)) -> bool {
    let sides = |(one, other): (u32, u32)| (u128::from(one.max(other)), u128::from(one.min(other)));
    let ((camera_long, camera_short), (long, short)) = (sides(camera), sides(came));
    let (one, other) = (long * camera_short, camera_long * short);
    long <= camera_long
        && short <= camera_short
        && one.abs_diff(other) * 100 > one.max(other) * u128::from(SHAPES_DIFFER_PERCENT_MAX)
}

/// Where a part of a photo came, the whole item is asked for, unless it is there already, or came and is being looked at.
fn cuts(claim: Claimed, pieces: &[Piece], found: &mut Vec<Disagreement>) {
    let cut = |piece: &Piece| {
        let sizes = piece.camera_size.zip(piece.size);
        sizes.filter(|(camera, came)| is_cut(*camera, *came))
    };
    let of_claimant = || pieces.iter().filter(|piece| piece.side == Side::Claimant);
    if claim.whole_item_to_come || of_claimant().any(|piece| piece.is_whole && cut(piece).is_none())
    {
        return;
    }
    for piece in of_claimant() {
        let Some(((camera_width, camera_height), (width, height))) = cut(piece) else {
            continue;
        };
        let number = &piece.number;
        found.push(Disagreement {
            kind: Kind::CutToDetail,
            pieces: vec![piece.evidence],
            words: Words::new(
                format!("{number} 的文件写着相机拍的是 {camera_width}×{camera_height} 像素，收到的是 {width}×{height}，是其中的一部分。为了让人看清问题处，裁剪很常见；请再拍一张能看清整件商品的照片。"),
                format!("The file of {number} says that the camera took {camera_width}×{camera_height} pixels, and {width}×{height} came: a part of them. People often cut a photo so that the damage is seen; ask for one of the whole item."),
            ),
        });
    }
}

/// Serial numbers that were read off the claimant's pieces.
fn read_serials(pieces: &[Piece]) -> impl Iterator<Item = (&Piece, &str)> {
    pieces
        .iter()
        .filter(|piece| piece.side == Side::Claimant)
        .filter_map(|piece| Some((piece, piece.reading.as_ref()?.serial.as_deref()?)))
}

/// What a piece counts, by name.
fn counted(piece: &Piece) -> BTreeMap<&str, u32> {
    piece
        .reading
        .iter()
        .flat_map(|reading| &reading.counts)
        .map(|one| (one.what.as_str(), one.count))
        .collect()
}

/// Counts in words, such as `公蟹 2、母蟹 4`.
fn listed(counts: &BTreeMap<&str, u32>, between: &str) -> String {
    let parts: Vec<String> = counts
        .iter()
        .map(|(what, count)| format!("{what} {count}"))
        .collect();
    parts.join(between)
}

/// Whether both count something of one name otherwise.
fn differ(one: &BTreeMap<&str, u32>, other: &BTreeMap<&str, u32>) -> bool {
    one.iter()
        .any(|(what, count)| other.get(what).is_some_and(|found| found != count))
}

fn counts(pieces: &[Piece], found: &mut Vec<Disagreement>) {
    for (position, one) in pieces.iter().enumerate() {
        let here = counted(one);
        for other in pieces.iter().skip(position.saturating_add(1)) {
            let there = counted(other);
            if !differ(&here, &there) {
                continue;
            }
            let kind = if one.side == other.side {
                Kind::CountsDiffer
            } else {
                Kind::CountsNotAsPacked
            };
            let (first, second) = (&one.number, &other.number);
            let zh = format!(
                "{first} 上数到{}，{second} 上数到{}。",
                listed(&here, "、"),
                listed(&there, "、")
            );
            let en = format!(
                "{first} shows {}; {second} shows {}.",
                listed(&here, ", "),
                listed(&there, ", ")
            );
            let (ask_zh, ask_en) = match kind {
                Kind::CountsDiffer => (
                    "两份材料应是同一批商品，请当场逐个指认再拍一次。",
                    "Both should show the same goods: ask for one more clip that points at each of them.",
                ),
                _ => (
                    "请核对发货清单，也请当场逐个指认再拍一次。",
                    "Check the packing list, and ask for one more clip that points at each of them.",
                ),
            };
            found.push(Disagreement {
                kind,
                pieces: vec![one.evidence, other.evidence],
                words: Words::new(format!("{zh}{ask_zh}"), format!("{en} {ask_en}")),
            });
        }
    }
}

/// What arrived, as counted on a piece, against what was counted when it was packed: of several parcels a piece may show one or
/// all of them.
fn packed_counts(packed: &[Packed], pieces: &[Piece], found: &mut Vec<Disagreement>) {
    let Some(first) = packed.first() else {
        return;
    };
    let mut known: BTreeMap<&str, BTreeSet<u32>> = BTreeMap::new();
    let mut whole: BTreeMap<&str, u32> = BTreeMap::new();
    for one in packed.iter().flat_map(|record| &record.facts.counts) {
        known.entry(&one.what).or_default().insert(one.count);
        let sum = whole.entry(&one.what).or_default();
        *sum = sum.saturating_add(one.count);
    }
    for (what, sum) in &whole {
        known.entry(*what).or_default().insert(*sum);
    }
    for piece in pieces.iter().filter(|piece| piece.side == Side::Claimant) {
        let here = counted(piece);
        let is_other = |(what, count): (&&str, &u32)| {
            let as_packed = known.get(*what);
            as_packed.is_some_and(|counts| !counts.contains(count))
        };
        if !here.iter().any(is_other) {
            continue;
        }
        let (number, record) = (&piece.number, &first.number);
        let (zh, en) = (listed(&here, "、"), listed(&here, ", "));
        let (packed_zh, packed_en) = (listed(&whole, "、"), listed(&whole, ", "));
        found.push(Disagreement {
            kind: Kind::CountsNotAsPacked,
            pieces: vec![piece.evidence],
            words: Words::new(
                format!("{number} 上数到{zh}，打包记录 {record} 写的是{packed_zh}。请核对打包时的画面，也请当场逐个指认再拍一次。"),
                format!("{number} shows {en}; packing record {record} says {packed_en}. Look at the packing record, and ask for one more clip that points at each of them."),
            ),
        });
    }
}

fn waybills(packed: &[Packed], pieces: &[Piece], found: &mut Vec<Disagreement>) {
    let read = |side: Side| {
        pieces.iter().filter_map(move |piece| {
            let waybill = piece.reading.as_ref()?.waybill.as_deref()?;
            (piece.side == side && !bare(waybill).is_empty()).then_some((piece, waybill))
        })
    };
    // The merchant's: on a piece of the case, or in a packing record.
    let sent: Vec<(&str, Option<EvidenceId>, &str)> = read(Side::Merchant)
        .map(|(piece, waybill)| (piece.number.as_str(), Some(piece.evidence), waybill))
        .chain(packed.iter().filter_map(|record| {
            let waybill = record.facts.waybill.as_deref()?;
            (!bare(waybill).is_empty()).then_some((record.number.as_str(), None, waybill))
        }))
        .collect();
    // Several parcels may belong to one order: only a label that is none of them asks a question.
    let Some((other, on, known)) = sent.first() else {
        return;
    };
    for (piece, waybill) in read(Side::Claimant) {
        if sent
            .iter()
            .any(|(_, _, known)| bare(known) == bare(waybill))
        {
            continue;
        }
        let number = &piece.number;
        found.push(Disagreement {
            kind: Kind::WaybillDiffers,
            pieces: on.iter().copied().chain([piece.evidence]).collect(),
            words: Words::new(
                format!("{number} 上的运单号是 {waybill}，{other} 上是 {known}。请核对是不是同一个包裹。"),
                format!("The waybill on {number} is {waybill}, on {other} {known}. Check whether it is the same parcel."),
            ),
        });
    }
}

/// Whether two scales may have weighed the same parcel.
fn weigh_the_same(one: u32, other: u32) -> bool {
    let room = (one.max(other) / 100 * WEIGHTS_DIFFER_PERCENT_MAX).max(WEIGHTS_DIFFER_G_MAX);
    one.abs_diff(other) <= room
}

fn weights(packed: &[Packed], pieces: &[Piece], found: &mut Vec<Disagreement>) {
    let weighed: Vec<(&str, u32)> = packed
        .iter()
        .filter_map(|record| Some((record.number.as_str(), record.facts.weight_g?)))
        .collect();
    let Some((record, first)) = weighed.first() else {
        return;
    };
    let whole = weighed
        .iter()
        .fold(0_u32, |sum, (_, grams)| sum.saturating_add(*grams));
    for piece in pieces.iter().filter(|piece| piece.side == Side::Claimant) {
        let Some(read) = piece.reading.as_ref().and_then(|reading| reading.weight_g) else {
            continue;
        };
        let mut known = weighed.iter().map(|(_, grams)| *grams).chain([whole]);
        if known.any(|grams| weigh_the_same(grams, read)) {
            continue;
        }
        let number = &piece.number;
        found.push(Disagreement {
            kind: Kind::WeightDiffers,
            pieces: vec![piece.evidence],
            words: Words::new(
                format!("{number} 上的重量是 {read} 克，打包记录 {record} 是 {first} 克。请核对快递称重记录。"),
                format!("The weight on {number} is {read} g, in packing record {record} {first} g. Check what the carrier weighed."),
            ),
        });
    }
}
