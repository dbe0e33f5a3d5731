//! What is known of characters: traditional forms, syllables and parts, for those that an address can hold.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use anyhow::Result;

use super::text;

/// Parts in more than this many characters say what a character is about, not what it looks like.
const COMMON_PART: usize = 110;

/// Three lists after a line with `#`: `traditional+simplified` pairs, `syllable characters`, `part characters`.
pub(super) fn table(sources: &Path, names: &str) -> Result<String> {
    let wanted: BTreeSet<char> = names
        .chars()
        .filter(|c| !c.is_ascii())
        .chain(gb2312())
        .collect();
    let mut out = String::from("#traditional\n");
    for line in text(sources, "chars/TSCharacters.txt")?.lines() {
        let mut columns = line.split('\t');
        let (Some(from), Some(to)) = (columns.next(), columns.next()) else {
            continue;
        };
        let (Some(from), Some(to)) = (from.chars().next(), to.chars().next()) else {
            continue;
        };
        // A character that a name of today has is never folded away.
        if wanted.contains(&to) && from != to && !names.contains(from) {
            out.push(from);
            out.push(to);
        }
    }
    // The one common variant that the list of simplified forms leaves alone: 臺, 台.
    if !out.contains("臺台") {
        out.push_str("臺台");
    }
    out.push_str("\n#pinyin\n");
    let dictionary: BTreeMap<String, String> =
        serde_json::from_str(&text(sources, "chars/pinyin_dict.json")?)?;
    let mut syllables: BTreeMap<String, BTreeSet<char>> = BTreeMap::new();
    for (code, readings) in dictionary {
        let Some(c) = code.parse().ok().and_then(char::from_u32) else {
            continue;
        };
        if wanted.contains(&c) {
            for reading in readings.split(',') {
                syllables.entry(toneless(reading)).or_default().insert(c);
            }
        }
    }
    for (syllable, chars) in &syllables {
        let _ = writeln!(out, "{syllable}\t{}", chars.iter().collect::<String>());
    }
    out.push_str("#parts\n");
    let mut parts: BTreeMap<char, BTreeSet<char>> = BTreeMap::new();
    for line in text(sources, "chars/chaizi.tsv")?.lines() {
        let mut columns = line.split('\t');
        let Some(c) = columns.next().and_then(|c| c.chars().next()) else {
            continue;
        };
        if !wanted.contains(&c) {
            continue;
        }
        for part in columns.flat_map(|column| column.split(' ')) {
            let mut chars = part.chars();
            if let (Some(part), None) = (chars.next(), chars.next()) {
                parts.entry(part).or_default().insert(c);
            }
        }
    }
    parts.retain(|part, chars| {
        if wanted.contains(part) {
            chars.insert(*part);
        }
        chars.len() > 1 && chars.len() <= COMMON_PART
    });
    for chars in parts.values() {
        let _ = writeln!(out, "{}", chars.iter().collect::<String>());
    }
    Ok(out)
}

/// The 6,763 characters of GB/T 2312-1980.
fn gb2312() -> impl Iterator<Item = char> {
    (0xB0_u8..=0xF7).flat_map(|high| {
        (0xA1_u8..=0xFE).filter_map(move |low| {
            let bytes = [high, low];
            let (text, _, failed) = encoding_rs::GBK.decode(&bytes);
            let first = text.chars().next();
            first.filter(|_| !failed)
        })
    })
}

/// `líng` → `ling`, `lǜ` → `lv`.
fn toneless(reading: &str) -> String {
    reading
        .chars()
        .filter_map(|c| {
            Some(match c {
                'ā' | 'á' | 'ǎ' | 'à' => 'a',
                'ē' | 'é' | 'ě' | 'è' | 'ê' | 'ế' | 'ề' => 'e',
                'ī' | 'í' | 'ǐ' | 'ì' => 'i',
                'ō' | 'ó' | 'ǒ' | 'ò' => 'o',
                'ū' | 'ú' | 'ǔ' | 'ù' => 'u',
                'ǖ' | 'ǘ' | 'ǚ' | 'ǜ' | 'ü' => 'v',
                'ń' | 'ň' | 'ǹ' => 'n',
                'ḿ' => 'm',
                c if c.is_ascii_lowercase() => c,
                _ => return None,
            })
        })
        .collect()
}
