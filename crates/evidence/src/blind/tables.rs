//! Whose quantization tables a JPEG has: a neutral note on how the file was last saved.
//!
//! Only the tables of ITU-T T.81 annex K, scaled as the Independent JPEG Group's library does for qualities 1 to 100,
//! are named, because they can be computed. Most cameras and some editors have tables of their own, and those say
//! nothing here.

use aftercare_media::jpeg::Coefficients;

use crate::blind::hint::{Check, Hint, Reason};

/// The luminance table of ITU-T T.81 table K.1, in natural order.
pub(super) const STANDARD_LUMA: [u16; 64] = [
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56,
    14, 17, 22, 29, 51, 87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113,
    92, 49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
];

/// The standard luminance table at `quality` (1 to 100).
pub(super) fn standard_luma(quality: u16) -> [u16; 64] {
    let quality = quality.clamp(1, 100);
    let scale = if quality < 50 {
        5_000 / quality
    } else {
        200 - 2 * quality
    };
    STANDARD_LUMA.map(|step| {
        let scaled = (u32::from(step) * u32::from(scale) + 50) / 100;
        u16::try_from(scaled.clamp(1, 255)).unwrap_or(255)
    })
}

/// The quality whose standard luminance table this is.
pub(super) fn standard_quality(table: &[u16; 64]) -> Option<u16> {
    (1..=100)
        .rev()
        .find(|&quality| standard_luma(quality) == *table)
}

pub(super) fn hint(read: Option<&Coefficients>) -> Hint {
    let Some(luma) = read.and_then(|read| read.components.first()) else {
        return Hint::abstained(Check::Tables, Reason::NoCoefficients);
    };
    let Some(quality) = standard_quality(&luma.quantization) else {
        return Hint::nothing(Check::Tables);
    };
    let zh = format!(
        "文件最后一次保存使用了通用的 JPEG 参数，质量 {quality}。许多软件和聊天工具都这样保存，这只说明保存方式。"
    );
    let en = format!(
        "The file was last saved with the common JPEG settings at quality {quality}. Many programs and messengers save this way; it only tells how the file was saved."
    );
    Hint::found(Check::Tables, &zh, &en).with_number("quality", i64::from(quality))
}

#[cfg(test)]
mod tests {
    use super::{STANDARD_LUMA, standard_luma, standard_quality};

    #[test]
    fn every_standard_quality_is_recognized_and_another_table_is_not() {
        assert_eq!(standard_luma(50), STANDARD_LUMA);
        for quality in 1..=100 {
            let found = standard_quality(&standard_luma(quality)).expect("a standard table");
            assert_eq!(standard_luma(found), standard_luma(quality));
        }
        let mut other = standard_luma(80);
        other[9] += 1;
        assert_eq!(standard_quality(&other), None);
    }
}
