//! Names, numbers and addresses are taken out of texts before they leave, by their form, and put back into what comes in return.
//! Nothing of a person is opened for it: what is known of the name is its first character, which lists show. More is taken out than
//! has to be, for it costs nothing: it is put back.

use super::question::is_han;

/// Digits from which on a number may be somebody's.
pub(super) const DIGITS_MIN: usize = 5;
/// Spoken digits from which on it may be a telephone number.
pub(super) const SPOKEN_MIN: usize = 7;
pub(super) const SPOKEN: &str = "零〇一二三四五六七八九幺两";
/// Characters of a name in Chinese.
const NAME_HAN_MAX: usize = 4;
/// Whoever says who they are.
const SAYS_NAME: &str = "我叫|我是|本人|姓名|名字|收货人|联系人|微信|wechat|my name is|i am|i'm|this is|call me|contact";
/// Before these stands a name.
const TITLES_AFTER: [&str; 4] = ["先生", "女士", "小姐", "太太"];
/// What an address is made of.
const PLACES: &str = "省市区县镇乡村路街巷弄号栋幢室楼苑园";
/// The name of a street stands before these.
const STREETS: &str = "路街巷弄";
const PLACES_LATIN: &str = "street|st|road|rd|avenue|ave|lane|building|room|apartment|apt|flat";

/// What stands in place of what was taken out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Name,
    Number,
    Address,
    Link,
}

impl Kind {
    const fn letter(self) -> char {
        match self {
            Self::Name => 'N',
            Self::Number => 'T',
            Self::Address => 'A',
            Self::Link => 'L',
        }
    }
}

/// What was taken out, with what stands in its place.
#[derive(Default)]
pub(super) struct Masks(Vec<(String, String)>);

impl Masks {
    /// The text without what looks like a name, a number, an address or a link; `names` are known to be such.
    pub(super) fn hide(&mut self, text: &str, names: &[String], initial: Option<char>) -> String {
        // Nobody writes marks of ours.
        let text = text.replace('[', "［").replace(']', "］");
        let all: Vec<char> = text.chars().collect();
        let mut marks = Marks {
            lower: all
                .iter()
                .map(|c| c.to_lowercase().next().unwrap_or(*c))
                .collect(),
            kinds: vec![None; all.len()],
            all,
        };
        marks.links();
        marks.addresses();
        marks.numbers();
        marks.names(names, initial);
        let mut hidden = String::with_capacity(text.len());
        let mut at = 0;
        while let Some(c) = marks.all.get(at) {
            let Some(kind) = marks.kinds[at] else {
                hidden.push(*c);
                at += 1;
                continue;
            };
            let from = at;
            while marks.kinds.get(at).is_some_and(Option::is_some) {
                at += 1;
            }
            let taken: String = marks.all[from..at].iter().collect();
            hidden.push_str(&self.mark(kind, taken));
        }
        hidden
    }

    /// The mark for what is taken out; the same for the same.
    fn mark(&mut self, kind: Kind, taken: String) -> String {
        if let Some((mark, _)) = self.0.iter().find(|(_, known)| *known == taken) {
            return mark.clone();
        }
        let mark = format!("[[{}{}]]", kind.letter(), self.0.len() + 1);
        self.0.push((mark.clone(), taken));
        mark
    }

    /// The text with what was taken out in its place; none where it has marks that nobody made.
    pub(super) fn put_back(&self, text: &str) -> Option<String> {
        let mut whole = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("[[") {
            let (inside, left) = after.split_once("]]")?;
            let mark = format!("[[{inside}]]");
            let (_, taken) = self.0.iter().find(|(known, _)| *known == mark)?;
            whole.push_str(before);
            whole.push_str(taken);
            rest = left;
        }
        whole.push_str(rest);
        (!whole.contains("]]")).then_some(whole)
    }
}

/// The beginning of a text that is too long. It does not end within a number: what is left of one would be too short to be known.
pub(super) fn shortened(text: &str, chars_max: usize) -> String {
    let mut short: String = text.chars().take(chars_max).collect();
    if short.len() < text.len() {
        let whole = short.trim_end_matches(|c: char| is_digit(c) || !c.is_alphanumeric());
        let bytes = whole.len();
        short.truncate(bytes);
    }
    short
}

/// Whether a text still has what was to be taken out: then it does not leave.
pub(super) fn leaks(text: &str) -> bool {
    let long = |run: &str| run.chars().filter(|c| is_digit(*c)).count() >= DIGITS_MIN;
    let mut runs = text.split(|c: char| !is_digit(c) && !" -".contains(c));
    text.contains(AT) || runs.any(long)
}

/// The characters of a text, and what each of them is a part of.
struct Marks {
    all: Vec<char>,
    lower: Vec<char>,
    kinds: Vec<Option<Kind>>,
}

/// What stands in an address of mail, also in full width.
const AT: [char; 2] = ['@', '＠'];

/// A digit in any dress.
pub(super) fn is_digit(c: char) -> bool {
    c.is_numeric()
}

impl Marks {
    fn set(&mut self, kind: Kind, from: usize, until: usize) {
        for slot in self.kinds.iter_mut().take(until).skip(from) {
            slot.get_or_insert(kind);
        }
    }

    /// Runs of characters that `of` holds for.
    fn runs(&self, of: impl Fn(char) -> bool) -> Vec<(usize, usize)> {
        let mut found = Vec::new();
        let mut from = None;
        for (at, c) in self.all.iter().enumerate() {
            match (of(*c), from) {
                (true, None) => from = Some(at),
                (false, Some(begun)) => {
                    found.push((begun, at));
                    from = None;
                }
                _ => {}
            }
        }
        found.extend(from.map(|begun| (begun, self.all.len())));
        found
    }

    /// Where the words stand.
    fn places_of(&self, words: &str) -> Vec<usize> {
        let words: Vec<char> = words.to_lowercase().chars().collect();
        if words.is_empty() {
            return Vec::new();
        }
        let windows = self.lower.windows(words.len()).enumerate();
        let found = windows.filter(|(_, window)| *window == words.as_slice());
        found.map(|(at, _)| at).collect()
    }

    fn count(&self, (from, until): (usize, usize), of: impl Fn(char) -> bool) -> usize {
        self.all[from..until].iter().filter(|c| of(**c)).count()
    }

    /// Addresses of the net, and of mail.
    fn links(&mut self) {
        for (from, until) in self.runs(|c| c.is_ascii_graphic() || AT.contains(&c)) {
            let run: String = self.lower[from..until].iter().collect();
            if run.contains(AT) || run.contains("://") || run.contains("www.") {
                self.set(Kind::Link, from, until);
            }
        }
    }

    /// Digits, also spoken ones, with what stands between them, and what is made of letters and digits, such as a serial number.
    fn numbers(&mut self) {
        // Whoever hides a number puts anything in between but letters, and some digits in words.
        let said = |c: char| is_digit(c) || SPOKEN.contains(c);
        for run in self.runs(|c| said(c) || !c.is_alphanumeric()) {
            if self.count(run, is_digit) < DIGITS_MIN && self.count(run, said) < SPOKEN_MIN {
                continue;
            }
            let first = (run.0..run.1).find(|at| said(self.all[*at]));
            let last = (run.0..run.1).rfind(|at| said(self.all[*at]));
            if let (Some(first), Some(last)) = (first, last) {
                self.set(Kind::Number, first, last + 1);
            }
        }
        for run in self.runs(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-') {
            if run.1 - run.0 >= DIGITS_MIN && self.count(run, is_digit) > 1 {
                self.set(Kind::Number, run.0, run.1);
            }
        }
    }

    /// Clauses that have two parts of an address, names of streets, and what stands around an English one.
    fn addresses(&mut self) {
        for (from, until) in self.runs(|c| !"，。；！？,;!?\n".contains(c)) {
            let mut parts: Vec<char> = self.all[from..until]
                .iter()
                .copied()
                .filter(|c| PLACES.contains(*c))
                .collect();
            parts.sort_unstable();
            parts.dedup();
            let clause: String = self.all[from..until].iter().collect();
            let house = ["小区", "单元", "社区", "公寓"]
                .iter()
                .any(|word| clause.contains(word));
            if parts.len() > 1 || (house && clause.chars().any(is_digit)) {
                self.set(Kind::Address, from, until);
            }
            let lower = clause.to_lowercase();
            let mut words = lower.split(|c: char| !c.is_alphabetic());
            let latin = words.any(|word| PLACES_LATIN.split('|').any(|known| known == word));
            if latin && clause.chars().any(is_digit) {
                self.set(Kind::Address, from, until);
            }
        }
        for at in 0..self.all.len() {
            if STREETS.contains(self.all[at]) {
                let name = self.all[..at].iter().rev().take(NAME_HAN_MAX);
                let name = name.take_while(|c| is_han(**c)).count();
                self.set(Kind::Address, at - name, at + 1);
            }
        }
    }

    /// Names that are known, those that somebody says they have, and what begins as the customer's does.
    fn names(&mut self, known: &[String], initial: Option<char>) {
        for name in known.iter().filter(|name| name.chars().count() > 1) {
            for at in self.places_of(name) {
                self.set(Kind::Name, at, at + name.chars().count());
            }
        }
        for words in SAYS_NAME.split('|') {
            let length = words.chars().count();
            for at in self.places_of(words) {
                let gap = self.all[at + length..].iter();
                let gap = gap.take_while(|c| " :：是号叫".contains(**c)).count();
                self.name_from(at + length + gap);
            }
        }
        for title in TITLES_AFTER {
            for at in self.places_of(title) {
                let name = self.all[..at].iter().rev().take(2);
                let name = name.take_while(|c| is_han(**c)).count();
                self.set(Kind::Name, at - name, at);
            }
        }
        for title in ["mr", "mrs", "ms", "miss"] {
            for at in self.places_of(title) {
                let after = at + title.chars().count();
                let alone = at == 0 || !self.all[at - 1].is_alphabetic();
                let ends = self.all.get(after).is_some_and(|c| " .".contains(*c));
                if alone && ends {
                    let gap = self.all[after..].iter().take_while(|c| " .".contains(**c));
                    self.name_from(after + gap.count());
                }
            }
        }
        let Some(initial) = initial else {
            return;
        };
        for at in 0..self.all.len() {
            let begins = at == 0 || !self.all[at - 1].is_ascii_alphabetic();
            if self.all[at] == initial && (is_han(initial) || begins) {
                self.name_from(at);
            }
        }
    }

    /// A name that begins here: some characters of Chinese, or words of letters that begin with a capital.
    fn name_from(&mut self, from: usize) {
        let han = self.all.iter().skip(from).take(NAME_HAN_MAX);
        let han = han.take_while(|c| is_han(**c)).count();
        if han > 0 {
            self.set(Kind::Name, from, from + han);
            return;
        }
        let mut at = from;
        let mut until = from;
        // First, middle and last; the first also without a capital.
        for word in 0..3 {
            let letters = self
                .all
                .iter()
                .skip(at)
                .take_while(|c| c.is_alphanumeric() || "_'-".contains(**c));
            let length = letters.count();
            let capital = self.all.get(at).is_some_and(|c| c.is_uppercase());
            if length == 0 || (word > 0 && !capital) {
                break;
            }
            until = at + length;
            at = until + 1;
            if self.all.get(until) != Some(&' ') {
                break;
            }
        }
        self.set(Kind::Name, from, until);
    }
}

#[cfg(test)]
mod tests {
    use super::{Masks, leaks, shortened};
    use proptest::prelude::{prop_assert, prop_assert_eq, proptest};

    const SECRETS: [&str; 12] = [
        "13800000001",
        "138 0000 0001",
        "138-0000-0001",
        "１３８００００００００１",
        "一三八零零零零零零零一",
        "林晓示",
        "文三路1号",
        "西湖区",
        "lin@example.com",
        "https://pay.example.com/x",
        "SN20260101",
        "Jane Doe",
    ];

    #[test]
    fn names_numbers_and_addresses_do_not_leave_and_come_back() {
        let names = ["周师傅".to_owned()];
        for (text, secret) in [
            ("我的电话13800000001，几点来？", SECRETS[0]),
            ("打138 0000 0001吧", SECRETS[1]),
            ("打138-0000-0001吧", SECRETS[2]),
            ("打１３８００００００００１吧", SECRETS[3]),
            ("打一三八零零零零零零零一吧", SECRETS[4]),
            ("打138，0000/0001吧", "0000"),
            ("打138\u{200b}0000\u{200b}0001吧", "0000"),
            ("打𝟏𝟑𝟖𝟎𝟎𝟎𝟎𝟎𝟎𝟎𝟏吧", "𝟎𝟎"),
            ("打一三八 零零零零 零零零一吧", "零零零零"),
            ("打138零零00零零01吧", "138"),
            ("写到lin＠example.com好吗", "lin"),
            ("我是林晓示，洗衣机漏水", SECRETS[5]),
            ("浙江省杭州市西湖区文三路1号3幢，洗衣机漏水", SECRETS[6]),
            ("我在杭州市西湖区那边", SECRETS[7]),
            ("写到lin@example.com好吗", SECRETS[8]),
            ("看https://pay.example.com/x好吗", SECRETS[9]),
            ("机号SN20260101坏了", SECRETS[10]),
            ("Hello, my name is Jane Doe and it leaks", SECRETS[11]),
            ("周师傅还来吗", "周师傅"),
            ("12 Long Street, it leaks", "Long Street"),
            ("请林先生接电话", "林"),
            ("Ask Mr. Doe please", "Doe"),
        ] {
            let mut masks = Masks::default();
            let hidden = masks.hide(text, &names, Some('林'));
            assert!(!hidden.contains(secret), "{hidden}");
            assert!(!leaks(&hidden), "{hidden}");
            assert_eq!(masks.put_back(&hidden).as_deref(), Some(text));
        }
        let mut masks = Masks::default();
        let hidden = masks.hide("洗衣机漏水，今天几点来？", &[], Some('林'));
        assert_eq!(hidden, "洗衣机漏水，今天几点来？", "what is nobody's stays");
    }

    #[test]
    fn marks_that_nobody_made_come_from_nobody() {
        let mut masks = Masks::default();
        let hidden = masks.hide("[[T1]] 13800000001", &[], None);
        assert_eq!(hidden.matches("[[").count(), 1, "{hidden}");
        for bad in ["[[T9]]", "[[", "]]", "[[T1", "[[N1]]"] {
            assert_eq!(masks.put_back(bad), None, "{bad}");
        }
        assert!(leaks("打 138 0000 0001"));
    }

    #[test]
    fn a_long_text_does_not_end_within_a_number() {
        let text = "电话138 0000 0001";
        assert_eq!(shortened(text, 99), text);
        assert_eq!(shortened(text, 5), "电话");
        assert_eq!(shortened(text, 7), "电话");
        assert_eq!(shortened("漏水了，快来", 5), "漏水了，快");
    }

    proptest! {
        /// Whatever is written, nothing long of digits leaves, and all of it comes back.
        #[test]
        fn no_long_number_leaves(text in "[0-9 a-z好路\\-]{0,40}") {
            let mut masks = Masks::default();
            let hidden = masks.hide(&text, &[], Some('好'));
            let back = masks.put_back(&hidden);
            prop_assert_eq!(back.as_deref(), Some(text.as_str()));
            let outside = hidden.split("[[").map(|part| part.split_once("]]").map_or(part, |(_, after)| after));
            let outside = outside.collect::<Vec<_>>().join("|");
            prop_assert!(!leaks(&outside), "{}", hidden);
        }
    }
}
