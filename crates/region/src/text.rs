//! A text as names are looked for in it: one form for each character, separators gone, places remembered.

use crate::chars::Chars;
use crate::limits::MAX_SCANNED_CHARS;

/// The characters that names can stand in, and where each came from.
#[derive(Debug, Default)]
pub(crate) struct Folded {
    pub chars: Vec<char>,
    /// Byte range of each character in the input.
    pub starts: Vec<u32>,
    pub ends: Vec<u32>,
    /// A separator, a label or nothing stood before this character.
    pub fresh: Vec<bool>,
}

/// Words after which an address begins anew.
const LABELS: [&str; 16] = [
    "中华人民共和国",
    "中国",
    "收货地址",
    "收件地址",
    "详细地址",
    "所在地区",
    "地址",
    "住址",
    "地区",
    "家住",
    "住在",
    "位于",
    "寄到",
    "送到",
    "寄往",
    "省市区",
];

/// Characters that stand apart before a text counts as spaced out.
const SPACED_OUT_MIN: usize = 6;

impl Folded {
    pub(crate) fn of(text: &str, table: &Chars) -> Self {
        let mut folded = Self::default();
        let mut fresh = true;
        let mut characters = text.char_indices().peekable();
        while let Some((at, original)) = characters.next() {
            if folded.chars.len() >= MAX_SCANNED_CHARS {
                break;
            }
            let c = table.fold(original);
            let kept = is_written(c)
                || c == '#'
                || c == '-'
                    && !(folded.chars.last().is_some_and(|last| is_han(*last))
                        && characters
                            .peek()
                            .is_none_or(|(_, next)| is_han(*next) || next.is_whitespace()));
            if !kept {
                fresh = true;
                continue;
            }
            folded.chars.push(c);
            folded.starts.push(u32::try_from(at).unwrap_or(u32::MAX));
            folded
                .ends
                .push(u32::try_from(at + original.len_utf8()).unwrap_or(u32::MAX));
            folded.fresh.push(fresh);
            fresh = false;
        }
        folded.forget_spacing();
        folded.mark_labels();
        folded
    }

    /// Where nearly every character stands apart, the spaces separate nothing.
    fn forget_spacing(&mut self) {
        let apart = self.fresh.iter().filter(|fresh| **fresh).count();
        if apart >= SPACED_OUT_MIN && apart * 3 > self.fresh.len() * 2 {
            self.fresh.fill(false);
        }
    }

    fn mark_labels(&mut self) {
        for at in 0..self.chars.len() {
            if !self.fresh[at] {
                continue;
            }
            for label in LABELS {
                let length = label.chars().count();
                if self.starts_with(at, label)
                    && let Some(next) = self.fresh.get_mut(at + length)
                {
                    *next = true;
                }
            }
        }
    }

    pub(crate) fn starts_with(&self, at: usize, word: &str) -> bool {
        let rest = self.chars.get(at..).unwrap_or_default();
        word.chars().count() <= rest.len() && word.chars().zip(rest).all(|(a, b)| a == *b)
    }

    pub(crate) fn len(&self) -> usize {
        self.chars.len()
    }

    /// Byte range of the characters from `start` up to `end`.
    pub(crate) fn bytes(&self, start: usize, end: usize) -> (u32, u32) {
        let from = self.starts.get(start).copied().unwrap_or(0);
        let to = end
            .checked_sub(1)
            .and_then(|last| self.ends.get(last))
            .copied()
            .unwrap_or(from);
        (from, to.max(from))
    }

    /// How many characters before `at` belong to the same piece of text.
    pub(crate) fn gap_before(&self, at: usize) -> usize {
        (0..=at)
            .rev()
            .find(|place| *place == 0 || self.fresh.get(*place).copied().unwrap_or(false))
            .map_or(at, |start| at - start)
    }
}

/// A letter, a digit or a character.
pub(crate) fn is_written(c: char) -> bool {
    is_han(c) || c.is_alphanumeric()
}

/// A character of Chinese.
pub(crate) fn is_han(c: char) -> bool {
    matches!(u32::from(c), 0x3400..=0x9FFF | 0x20000..=0x323AF | 0x3007)
}
