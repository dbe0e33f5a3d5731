//! What is known of characters: one form for each, how it sounds and what it looks like.

use std::collections::HashMap;

const TABLE: &str = include_str!("../data/chars.txt");

/// Cost of writing one character for another that sounds the same.
const SAME_SOUND: f32 = 0.25;
/// … that sounds alike (n for l, an for ang).
const LIKE_SOUND: f32 = 0.4;
/// … that shares an uncommon part (宁 for 柠).
const SAME_PART: f32 = 0.4;
/// … that has nothing in common.
pub(crate) const OTHER: f32 = 1.0;

/// Tables of characters of the basic plane.
#[derive(Debug)]
pub(crate) struct Chars {
    /// Simplified form, or 0 when the character is its own.
    simplified: Vec<u16>,
    /// Place of a character in the two lists below; 0 for one of which nothing is known.
    known: Vec<u16>,
    /// Up to four syllables of each character; 0 is none.
    sounds: Vec<[u16; 4]>,
    /// Up to six uncommon parts of each character; 0 is none.
    parts: Vec<[u16; 6]>,
    /// Syllables reduced to what careless typing keeps apart.
    blurred: Vec<u16>,
}

impl Chars {
    pub(crate) fn read() -> Self {
        let mut chars = Self {
            simplified: vec![0; 1 << 16],
            known: vec![0; 1 << 16],
            sounds: vec![[0; 4]],
            parts: vec![[0; 6]],
            blurred: vec![0],
        };
        let mut section = "";
        let mut group = 0_u16;
        let mut blurs: HashMap<String, u16> = HashMap::new();
        for line in TABLE.lines() {
            if line.starts_with('#') {
                section = line;
                continue;
            }
            match section {
                "#traditional" => {
                    let mut pairs = line.chars();
                    while let (Some(from), Some(to)) = (pairs.next(), pairs.next()) {
                        if let (Some(slot), Ok(to)) = (
                            chars.simplified.get_mut(u32::from(from) as usize),
                            u16::try_from(u32::from(to)),
                        ) {
                            *slot = to;
                        }
                    }
                }
                "#pinyin" => {
                    let Some((syllable, list)) = line.split_once('\t') else {
                        continue;
                    };
                    let sound = u16::try_from(chars.blurred.len()).unwrap_or(0);
                    let next = u16::try_from(blurs.len() + 1).unwrap_or(0);
                    let blur = *blurs.entry(blur(syllable)).or_insert(next);
                    chars.blurred.push(blur);
                    for c in list.chars() {
                        let place = chars.place(c);
                        put(chars.sounds.get_mut(place), sound);
                    }
                }
                _ => {
                    group += 1;
                    for c in line.chars() {
                        let place = chars.place(c);
                        put(chars.parts.get_mut(place), group);
                    }
                }
            }
        }
        chars
    }

    /// The place of a character, made when it has none; 0 outside the basic plane.
    fn place(&mut self, c: char) -> usize {
        let Some(slot) = self.known.get_mut(u32::from(c) as usize) else {
            return 0;
        };
        if *slot == 0 {
            *slot = u16::try_from(self.sounds.len()).unwrap_or(0);
            self.sounds.push([0; 4]);
            self.parts.push([0; 6]);
        }
        usize::from(*slot)
    }

    fn known(&self, c: char) -> usize {
        self.known
            .get(u32::from(c) as usize)
            .map_or(0, |place| usize::from(*place))
    }

    /// The character as names of today write it: simplified, half width.
    pub(crate) fn fold(&self, c: char) -> char {
        let code = u32::from(c);
        match code {
            0xFF01..=0xFF5E => char::from_u32(code - 0xFEE0).unwrap_or(c),
            0x3000 => ' ',
            _ => match self.simplified.get(code as usize) {
                Some(0) | None => c,
                Some(to) => char::from_u32(u32::from(*to)).unwrap_or(c),
            },
        }
    }

    /// What it costs to read `a` as `b`, 0 to 1.
    pub(crate) fn cost(&self, a: char, b: char) -> f32 {
        if a == b {
            return 0.0;
        }
        let (a, b) = (self.known(a), self.known(b));
        if a == 0 || b == 0 {
            return OTHER;
        }
        let (Some(sounds_a), Some(sounds_b)) = (self.sounds.get(a), self.sounds.get(b)) else {
            return OTHER;
        };
        let mut cost = OTHER;
        for x in sounds_a.iter().take_while(|x| **x != 0) {
            for y in sounds_b.iter().take_while(|y| **y != 0) {
                if x == y {
                    return SAME_SOUND;
                }
                if self.blurred.get(usize::from(*x)) == self.blurred.get(usize::from(*y)) {
                    cost = LIKE_SOUND;
                }
            }
        }
        if cost > SAME_PART
            && let (Some(parts_a), Some(parts_b)) = (self.parts.get(a), self.parts.get(b))
            && parts_a
                .iter()
                .take_while(|part| **part != 0)
                .any(|part| parts_b.contains(part))
        {
            cost = SAME_PART;
        }
        cost
    }

    /// The cheapest way to read `typed` as `name`: characters exchanged, left out or added. `None` above `limit`.
    pub(crate) fn distance(&self, typed: &[char], name: &[char], limit: f32) -> Option<f32> {
        const LEFT_OUT: f32 = 0.8;
        let mut row = [0.0_f32; MAX_NAME + 1];
        if typed.len() > MAX_NAME || name.len() > MAX_NAME {
            return None;
        }
        for at in 1..=name.len() {
            row[at] = row[at - 1] + LEFT_OUT;
        }
        for t in typed {
            let mut diagonal = row[0];
            row[0] += LEFT_OUT;
            let mut least = row[0];
            for (at, n) in name.iter().enumerate() {
                let exchanged = if diagonal > limit {
                    diagonal
                } else {
                    diagonal + self.cost(*t, *n)
                };
                diagonal = row[at + 1];
                row[at + 1] = exchanged
                    .min(row[at] + LEFT_OUT)
                    .min(row[at + 1] + LEFT_OUT);
                least = least.min(row[at + 1]);
            }
            if least > limit {
                return None;
            }
        }
        Some(row[name.len()]).filter(|cost| *cost <= limit)
    }
}

fn put<const N: usize>(list: Option<&mut [u16; N]>, value: u16) {
    if let Some(slot) = list.and_then(|list| list.iter_mut().find(|slot| **slot == 0)) {
        *slot = value;
    }
}

/// The longest name that is compared with a typed one.
pub(crate) const MAX_NAME: usize = 24;

/// zh→z, ng→n, l→n, h→f, r→l: what dialects and fast typing confuse.
fn blur(syllable: &str) -> String {
    let mut text = syllable
        .replace("zh", "z")
        .replace("ch", "c")
        .replace("sh", "s");
    if text.ends_with("ng") {
        text.pop();
    }
    if let Some(rest) = text.strip_prefix('l') {
        text = format!("n{rest}");
    }
    if let Some(rest) = text.strip_prefix("hu") {
        text = format!("f{rest}");
    }
    text
}
