//! Whose quantization tables a JPEG has: a neutral note on how the file was last saved.
//!
//! Named are the sets of tables whose numbers are published: those that encoders scale by quality in the way of the
//! Independent JPEG Group's library, of which ITU-T T.81 annex K is by far the most frequent, and some presets of an
//! editor ([`published`] has the sources). Luma and chroma both have to be of a set; only for the tables of annex K
//! luma alone is told too, and said to be luma alone. Most cameras and some editors have tables of their own, and
//! those say nothing here.
//!
//! No messenger is named: no citable source was found that states the tables and sizes of one, and a messenger that
//! saves with the tables of annex K cannot be told from anything else that does. The numbers of the hint (sampling,
//! scans, longest side, how many tables differ) are what a list of them would need.
//!
//! | number | what it is |
//! | --- | --- |
//! | `quality` | 1 to 100, of luma; not for a preset |
//! | `chroma_quality` | 1 to 100, where chroma is of the same set |
//! | `set` | which scalable set, as `cjpeg -quant-table` of MozJPEG counts from 0, which is annex K |
//! | `preset` | which preset of the editor, from 1 |
//! | `fits` | how many sets and presets have just these tables, when luma and chroma both fit |
//! | `tables` | how many tables differ |
//! | `luma_across`, `luma_down`, `chroma_across`, `chroma_down` | sampling factors; 2, 2, 1, 1 is 4:2:0 |
//! | `progressive`, `scans` | 1 for a progressive file; scans in it |
//! | `longest_side` | pixels |

mod published;

use aftercare_media::jpeg::{Coefficients, Component};

use crate::blind::hint::{Check, Hint, Reason};
use crate::blind::tables::published::{PRESETS, Pair, SCALABLE};

/// The set of ITU-T T.81 annex K.
const STANDARD: usize = 0;

/// `table` at `quality` (1 to 100), in steps of 8 bits.
fn scaled(table: &[u16; 64], quality: u16) -> [u16; 64] {
    let quality = quality.clamp(1, 100);
    let scale = if quality < 50 {
        5_000 / quality
    } else {
        200 - 2 * quality
    };
    table.map(|step| {
        let scaled = (u32::from(step) * u32::from(scale) + 50) / 100;
        u16::try_from(scaled.clamp(1, 255)).unwrap_or(255)
    })
}

/// The best quality at which this is `base`.
fn quality_of(base: &[u16; 64], table: &[u16; 64]) -> Option<u16> {
    (1..=100)
        .rev()
        .find(|&quality| scaled(base, quality) == *table)
}

/// The tables of a file.
#[derive(Clone, Copy)]
struct Seen<'a> {
    luma: &'a [u16; 64],
    /// Both chroma tables; `None` for gray.
    chroma: Option<[&'a [u16; 64]; 2]>,
}

impl<'a> Seen<'a> {
    fn of(components: &'a [Component]) -> Option<Self> {
        match components {
            [luma] => Some(Self {
                luma: &luma.quantization,
                chroma: None,
            }),
            [luma, blue, red] => Some(Self {
                luma: &luma.quantization,
                chroma: Some([&blue.quantization, &red.quantization]),
            }),
            _ => None,
        }
    }

    /// Whether all tables are those of `pair` as they are.
    fn is(self, pair: &Pair) -> bool {
        *self.luma == pair.luma && self.chroma_is(&pair.chroma)
    }

    /// Also true of gray, which has none.
    fn chroma_is(self, table: &[u16; 64]) -> bool {
        self.chroma
            .is_none_or(|both| both.into_iter().all(|seen| seen == table))
    }

    /// The best quality at which all tables are those of `pair`.
    fn quality(self, pair: &Pair) -> Option<u16> {
        (1..=100).rev().find(|&quality| {
            *self.luma == scaled(&pair.luma, quality)
                && self.chroma_is(&scaled(&pair.chroma, quality))
        })
    }

    /// The quality of the chroma tables, where they are two of the same and of `pair`.
    fn chroma_quality(self, pair: &Pair) -> Option<u16> {
        let [blue, red] = self.chroma?;
        (blue == red)
            .then(|| quality_of(&pair.chroma, blue))
            .flatten()
    }

    fn count(self) -> usize {
        let [blue, red] = self.chroma.unwrap_or([self.luma; 2]);
        1 + usize::from(blue != self.luma) + usize::from(red != self.luma && red != blue)
    }
}

/// What the tables are known as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Known {
    /// All tables are of a scalable set at one quality.
    Scaled { set: usize, quality: u16 },
    /// An editor's preset, by its place in the list.
    Preset(usize),
    /// All tables are of a scalable set, chroma at a quality of its own.
    Mixed { set: usize, luma: u16, chroma: u16 },
    /// Luma is of annex K, chroma is not.
    LumaOnly { quality: u16 },
}

/// The names that the tables may have, the most frequent first. A file may fit several: at quality 100 all steps of
/// all sets are 1.
fn known(seen: Seen<'_>) -> Vec<Known> {
    let whole: Vec<Known> = SCALABLE
        .iter()
        .enumerate()
        .filter_map(|(set, pair)| {
            let quality = seen.quality(pair)?;
            Some(Known::Scaled { set, quality })
        })
        .chain(
            PRESETS
                .iter()
                .enumerate()
                .filter(|(_, preset)| seen.is(&preset.tables))
                .map(|(place, _)| Known::Preset(place)),
        )
        .collect();
    if !whole.is_empty() {
        return whole;
    }
    let mixed: Vec<Known> = SCALABLE
        .iter()
        .enumerate()
        .filter_map(|(set, pair)| {
            Some(Known::Mixed {
                set,
                luma: quality_of(&pair.luma, seen.luma)?,
                chroma: seen.chroma_quality(pair)?,
            })
        })
        .collect();
    if !mixed.is_empty() {
        return mixed;
    }
    quality_of(&SCALABLE[STANDARD].luma, seen.luma)
        .map(|quality| Known::LumaOnly { quality })
        .into_iter()
        .collect()
}

/// The sentences in Chinese and English.
fn sentences(known: Known) -> (String, String) {
    match known {
        Known::Scaled {
            set: STANDARD,
            quality,
        } => (
            format!(
                "文件最后一次保存使用了通用的 JPEG 参数，质量 {quality}。许多软件和聊天工具都这样保存，这只说明保存方式。"
            ),
            format!(
                "The file was last saved with the common JPEG settings at quality {quality}. Many programs and messengers save this way; it only tells how the file was saved."
            ),
        ),
        Known::Scaled { set, quality } => (
            format!(
                "文件最后一次保存使用了公开的 JPEG 参数（第 {set} 组），质量 {quality}。压缩图片的软件和网站常这样保存，这只说明保存方式。"
            ),
            format!(
                "The file was last saved with a published set of JPEG settings (number {set}) at quality {quality}. Programs and sites that make pictures small save this way; it only tells how the file was saved."
            ),
        ),
        Known::Preset(place) => {
            let preset = &PRESETS[place];
            (
                format!(
                    "文件最后一次保存使用的参数与一款图片软件的“{}”档相同。裁剪、旋转、缩小后保存也是这样，这只说明保存方式，不说明内容被改过。",
                    preset.zh
                ),
                format!(
                    "The file was last saved with the settings of the level “{}” of a photo program. Saving after cropping, turning or shrinking gives the same; it only tells how the file was saved, not that its content was changed.",
                    preset.en
                ),
            )
        }
        Known::Mixed { set, luma, chroma } => {
            let (zh, en) = if set == STANDARD {
                (
                    "通用的 JPEG 参数".to_owned(),
                    "the common JPEG settings".to_owned(),
                )
            } else {
                (
                    format!("公开的 JPEG 参数（第 {set} 组）"),
                    format!("a published set of JPEG settings (number {set})"),
                )
            };
            (
                format!(
                    "文件最后一次保存使用了{zh}，亮度质量 {luma}，颜色质量 {chroma}。有的软件这样保存，这只说明保存方式。"
                ),
                format!(
                    "The file was last saved with {en} at quality {luma} for brightness and {chroma} for color. Some programs save this way; it only tells how the file was saved."
                ),
            )
        }
        Known::LumaOnly { quality } => (
            format!(
                "文件最后一次保存时，亮度使用了通用的 JPEG 参数，质量 {quality}，颜色使用了别的参数。有的相机和软件这样保存，这只说明保存方式。"
            ),
            format!(
                "The file was last saved with the common JPEG settings at quality {quality} for brightness and with others for color. Some cameras and programs save this way; it only tells how the file was saved."
            ),
        ),
    }
}

pub(super) fn hint(read: Option<&Coefficients>) -> Hint {
    let Some((read, seen)) = read.and_then(|read| Some((read, Seen::of(&read.components)?))) else {
        return Hint::abstained(Check::Tables, Reason::NoCoefficients);
    };
    let all = known(seen);
    let Some(&first) = all.first() else {
        return Hint::nothing(Check::Tables);
    };
    let (zh, en) = sentences(first);
    let hint = Hint::found(Check::Tables, &zh, &en);
    let hint = match first {
        Known::Scaled { set, quality } => {
            let hint = hint
                .with_number("quality", i64::from(quality))
                .with_number("set", set as i64)
                .with_number("fits", all.len() as i64);
            if seen.chroma.is_some() {
                hint.with_number("chroma_quality", i64::from(quality))
            } else {
                hint
            }
        }
        Known::Preset(place) => hint
            .with_number("preset", place as i64 + 1)
            .with_number("fits", all.len() as i64),
        Known::Mixed { set, luma, chroma } => hint
            .with_number("quality", i64::from(luma))
            .with_number("chroma_quality", i64::from(chroma))
            .with_number("set", set as i64)
            .with_number("fits", all.len() as i64),
        Known::LumaOnly { quality } => hint
            .with_number("quality", i64::from(quality))
            .with_number("set", STANDARD as i64),
    };
    structure(hint, read, seen)
}

/// Adds how the file is built.
fn structure(hint: Hint, read: &Coefficients, seen: Seen<'_>) -> Hint {
    let mut hint = hint
        .with_number("tables", seen.count() as i64)
        .with_number("progressive", i64::from(read.progressive))
        .with_number("scans", read.scans as i64)
        .with_number("longest_side", i64::from(read.width.max(read.height)));
    let names = [
        ("luma_across", "luma_down"),
        ("chroma_across", "chroma_down"),
    ];
    for (component, (across, down)) in read.components.iter().zip(names) {
        hint = hint
            .with_number(across, i64::from(component.horizontal))
            .with_number(down, i64::from(component.vertical));
    }
    hint
}

#[cfg(test)]
mod tests {
    use super::{Known, PRESETS, SCALABLE, STANDARD, Seen, known, quality_of, scaled, sentences};

    fn color<'a>(luma: &'a [u16; 64], chroma: &'a [u16; 64]) -> Seen<'a> {
        Seen {
            luma,
            chroma: Some([chroma; 2]),
        }
    }

    #[test]
    fn every_standard_quality_is_recognized_and_another_table_is_not() {
        let base = &SCALABLE[STANDARD];
        // Sums of the steps in ITU-T T.81 tables K.1 and K.2.
        let sums = [&base.luma, &base.chroma].map(|table| table.iter().sum::<u16>());
        assert_eq!(sums, [3_688, 5_505]);
        assert_eq!(scaled(&base.luma, 50), base.luma);
        for quality in 1..=100 {
            let table = scaled(&base.luma, quality);
            let found = quality_of(&base.luma, &table).expect("a standard table");
            assert_eq!(scaled(&base.luma, found), table);
        }
        let mut other = scaled(&base.luma, 80);
        other[9] += 1;
        assert_eq!(quality_of(&base.luma, &other), None);
        assert_eq!(known(color(&other, &scaled(&base.chroma, 80))), []);
    }

    #[test]
    fn every_set_is_recognized_at_every_usual_quality_and_annex_k_never_goes_by_another_name() {
        for quality in 30..=95 {
            for (set, pair) in SCALABLE.iter().enumerate() {
                let (luma, chroma) = (scaled(&pair.luma, quality), scaled(&pair.chroma, quality));
                let found = known(color(&luma, &chroma));
                assert!(
                    matches!(found[..], [Known::Scaled { set: seen, quality: best }]
                        if seen == set && scaled(&pair.luma, best) == luma),
                    "set {set} at {quality}: {found:?}"
                );
            }
        }
        // At the best quality every step is 1 whatever the set is, and the most frequent one is told.
        let found = known(color(&[1; 64], &[1; 64]));
        assert_eq!(found.len(), SCALABLE.len());
        assert_eq!(
            found[0],
            Known::Scaled {
                set: STANDARD,
                quality: 100
            }
        );
    }

    #[test]
    fn every_preset_is_recognized_and_half_of_one_is_not() {
        for (place, preset) in PRESETS.iter().enumerate() {
            let pair = &preset.tables;
            assert_eq!(
                known(color(&pair.luma, &pair.chroma)),
                [Known::Preset(place)]
            );
            assert_eq!(known(color(&pair.luma, &[7; 64])), []);
        }
        // Two presets share their luma: in gray either may be meant.
        let [.., maximum] = &PRESETS;
        let gray = Seen {
            luma: &maximum.tables.luma,
            chroma: None,
        };
        assert_eq!(known(gray), [Known::Preset(3), Known::Preset(8)]);
    }

    #[test]
    fn luma_alone_is_said_to_be_luma_alone() {
        let base = &SCALABLE[STANDARD];
        let (luma, chroma) = (scaled(&base.luma, 85), scaled(&base.chroma, 60));
        assert_eq!(
            known(color(&luma, &chroma)),
            [Known::Mixed {
                set: STANDARD,
                luma: 85,
                chroma: 60
            }]
        );
        let only = [Known::LumaOnly { quality: 85 }];
        assert_eq!(known(color(&luma, &[7; 64])), only);
        // Blue and red of two qualities are of no one setting.
        let other = scaled(&base.chroma, 70);
        let uneven = Seen {
            luma: &luma,
            chroma: Some([&chroma, &other]),
        };
        assert_eq!(known(uneven), only);
        assert_eq!(uneven.count(), 3);
        let (zh, en) = sentences(only[0]);
        assert!(zh.contains("亮度") && en.contains("for brightness and with others for color"));
    }
}
