//! What holds for every text, and for every division there is.

use std::sync::OnceLock;

use aftercare_region::{Atlas, Date, Level, Resolution, Status};
use proptest::prelude::*;

fn atlas() -> &'static Atlas {
    static ATLAS: OnceLock<Atlas> = OnceLock::new();
    ATLAS.get_or_init(|| Atlas::built_in().expect("the built-in tables are whole"))
}

/// An answer never says two things: a code when it is sure, candidates when it is not, pieces that lie in the input.
fn consistent(input: &str, got: &Resolution<'_>) {
    // Districts of Taiwan share the province's code.
    let several = got.candidates.len() > 1 || got.candidates == [710_000];
    match got.status {
        Status::Exact | Status::Inferred | Status::Corrected | Status::Superseded => {
            assert!(
                got.code.is_some() && got.candidates.is_empty(),
                "{input}: {got:?}"
            );
        }
        Status::Ambiguous => {
            assert!(got.code.is_none() && several, "{input}: {got:?}");
            assert!(
                got.county.is_none() && got.town_code.is_none(),
                "{input}: {got:?}"
            );
        }
        Status::Conflict => assert!(
            got.code.is_some() || got.unit.is_some() || got.candidates.len() > 1,
            "{input}: {got:?}"
        ),
        Status::Unknown => assert!(
            got.code.is_none() && got.town_code.is_none(),
            "{input}: {got:?}"
        ),
    }
    assert!(
        got.status == Status::Exact || !got.why.is_empty(),
        "{input}: no reason for {got:?}"
    );
    for span in &got.spans {
        assert!(
            span.start < span.end && input.get(span.start as usize..span.end as usize).is_some(),
            "{input}: {got:?}"
        );
    }
    assert!(input.contains(got.rest.text));
}

/// Words that addresses are made of, and some that they are not.
const WORDS: [&str; 44] = [
    "浙江省",
    "杭州市",
    "江干区",
    "上城区",
    "四季青街道",
    "鼓楼区",
    "朝阳",
    "朝阳区",
    "吉林",
    "吉林市",
    "海南",
    "市辖区",
    "重庆市",
    "渝北区",
    "统景镇",
    "东莞市",
    "桥头镇",
    "城关镇",
    "高新区",
    "工业园区",
    "南京路",
    "人民路",
    "12号",
    "3栋2单元401室",
    "张三",
    "13800138000",
    "收货人:",
    "地址：",
    " ",
    ",",
    "-",
    "中国",
    "台北市",
    "信义区",
    "香港",
    "九龙",
    "恩施州",
    "县",
    "区",
    "\u{0}",
    "𠮷",
    "é",
    "縣",
    "１２",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn words_in_any_order_get_a_consistent_answer(picks in prop::collection::vec(0..WORDS.len(), 0..12), year in 1975_u16..2030) {
        let text: String = picks.iter().map(|at| WORDS[*at]).collect();
        consistent(&text, &atlas().resolve(&text, Date::LATEST));
        let then = atlas().resolve(&text, Date::end_of(year));
        prop_assert!(text.contains(then.rest.text));
    }

    #[test]
    fn any_text_gets_a_consistent_answer(text in "\\PC{0,40}") {
        consistent(&text, &atlas().resolve(&text, Date::LATEST));
    }

    #[test]
    fn spaces_and_width_change_no_division(at in 0_usize..2_847, number in 1_u32..9_999) {
        let (unit, id) = atlas()
            .units()
            .iter()
            .zip(0..)
            .filter(|(unit, _)| unit.level == Level::County && unit.in_force(Date::LATEST) && !unit.flags.own_number && !unit.flags.zone)
            .nth(at)
            .expect("a county");
        let name = |id: Option<u32>| id.map_or("", |id| &*atlas().unit(id).name);
        let (province, city) = (name(atlas().province(id, Date::LATEST)), name(atlas().prefecture(id, Date::LATEST)));
        let plain = format!("{province}{city}{}人民路{number}号", unit.name);
        let wide: String = plain
            .chars()
            .map(|c| if c.is_ascii_digit() { char::from_u32(u32::from(c) + 0xFEE0).expect("a full-width digit") } else { c })
            .collect();
        let spaced: String = plain.chars().flat_map(|c| [c, ' ']).collect();
        for text in [plain.clone(), wide, spaced, format!("中国{plain}"), format!("张三 13800138000 {plain}"), format!("{plain} 李四 13900139000")] {
            prop_assert_eq!(atlas().resolve(&text, Date::LATEST).code, Some(unit.public_code()), "{}", text);
        }
    }
}

#[test]
fn every_county_in_full_is_exact() {
    let atlas = atlas();
    let mut counties = 0;
    for (unit, id) in atlas.units().iter().zip(0..) {
        let listed = !unit.flags.zone && !unit.flags.own_number;
        if unit.level != Level::County || !unit.in_force(Date::LATEST) || !listed {
            continue;
        }
        let name = |id: Option<u32>| id.map_or("", |id| &*atlas.unit(id).name);
        let text = format!(
            "{}{}{}",
            name(atlas.province(id, Date::LATEST)),
            name(atlas.prefecture(id, Date::LATEST)),
            unit.name
        );
        let got = atlas.resolve(&text, Date::LATEST);
        assert_eq!(
            (got.status, got.code),
            (Status::Exact, Some(unit.code)),
            "{text}"
        );
        counties += 1;
    }
    // 2,847 of the list and five that only the statistics have.
    assert_eq!(counties, 2_852);
}

#[test]
fn a_hundred_kilobytes_of_anything_are_read_once() {
    for word in [
        "市",
        "朝阳区",
        "城关镇",
        "1-",
        "13800138000 ",
        "中国",
        "市辖区",
        "\u{0}",
    ] {
        let text = word.repeat(100_000 / word.len());
        // The work is bounded by limits, so this test takes no noticeable time; a quadratic one would take minutes.
        consistent(&text, &atlas().resolve(&text, Date::LATEST));
    }
}
