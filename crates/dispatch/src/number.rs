//! Conversions between numbers, in one place, each saturating instead of wrapping.

/// An index as a 32-bit id; every collection that is indexed is bounded far below by `limits`.
#[must_use]
pub(crate) fn id(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

/// The whole part of a number as an index; negative numbers and NaN become 0.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "`as` saturates, which is what is wanted"
)]
#[must_use]
pub(crate) fn index(value: f64) -> usize {
    value as usize
}

/// A number rounded to whole seconds; NaN becomes 0.
#[expect(
    clippy::cast_possible_truncation,
    reason = "`as` saturates, which is what is wanted"
)]
#[must_use]
pub(crate) fn whole(value: f64) -> i64 {
    value.round() as i64
}

/// A count as a number.
#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
#[must_use]
pub(crate) fn real(count: usize) -> f64 {
    count as f64
}

/// Seconds as a number.
#[expect(
    clippy::cast_precision_loss,
    reason = "seconds of a plan stay far below 2^52"
)]
#[must_use]
pub(crate) fn seconds_real(seconds: i64) -> f64 {
    seconds as f64
}
