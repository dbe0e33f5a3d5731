//! What may be changed about an address without changing its division: spaces, width, characters of another time,
//! company around it.

use aftercare_region::{Atlas, Date, Status};

use crate::generate::{Row, traditional};
use crate::random::Random;

/// One way to write the same address.
type Change = (&'static str, fn(&str, &mut Random) -> String);

const CHANGES: [Change; 8] = [
    ("spaces between all characters", |text, _| {
        text.chars().flat_map(|c| [c, ' ']).collect()
    }),
    ("spaces at random", |text, random| {
        let mut out = String::new();
        for c in text.chars() {
            out.push(c);
            if random.once_in(5) {
                out.push(' ');
            }
        }
        out
    }),
    ("full width", |text, _| {
        text.chars()
            .map(|c| {
                if c.is_ascii_graphic() {
                    char::from_u32(u32::from(c) + 0xFEE0).unwrap_or(c)
                } else {
                    c
                }
            })
            .collect()
    }),
    ("traditional characters", |text, _| traditional(text)),
    ("中国 in front", |text, _| format!("中国{text}")),
    ("name and phone in front", |text, _| {
        format!("张三 13800138000 {text}")
    }),
    ("name and phone behind", |text, _| {
        format!("{text} 张三 13800138000")
    }),
    ("labels", |text, _| {
        format!("收货人:李四,电话:13900139000,收货地址:{text}")
    }),
];

/// Cases, changes of the answer, and the first of those.
pub(crate) struct Outcome {
    pub cases: usize,
    pub changed: usize,
    pub examples: Vec<String>,
}

pub(crate) fn run(atlas: &Atlas, rows: &[Row], seed: u64) -> Outcome {
    let mut random = Random::new(seed);
    let mut outcome = Outcome {
        cases: 0,
        changed: 0,
        examples: Vec::new(),
    };
    for row in rows {
        let before = atlas.resolve(&row.raw, Date::LATEST);
        let (name, change) = &CHANGES[random.below(CHANGES.len())];
        let text = change(&row.raw, &mut random);
        let after = atlas.resolve(&text, Date::LATEST);
        // A span or a spelling is another, the division is not.
        let same = before.code == after.code
            && before.candidates == after.candidates
            && before.town_code == after.town_code;
        count(&mut outcome, same, name, &text);
        // Without its province, an address that is certain stays so or asks; it never becomes another.
        if before.status == Status::Exact
            && let Some(rest) = row.raw.strip_prefix(&*row.province)
            && !row.province.is_empty()
            && !row.city.is_empty()
        {
            let after = atlas.resolve(rest, Date::LATEST);
            count(
                &mut outcome,
                after.code == before.code,
                "without the province",
                rest,
            );
        }
    }
    outcome
}

fn count(outcome: &mut Outcome, same: bool, name: &str, text: &str) {
    outcome.cases += 1;
    if !same {
        outcome.changed += 1;
        if outcome.examples.len() < 20 {
            outcome.examples.push(format!("{name}: {text}"));
        }
    }
}
