//! What nobody may be sent to the wrong county by: every name that several counties bear, and the areas that a brand wrote
//! down. What is expected comes from the tables themselves, or was looked up outside of them.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use aftercare_region::{Atlas, Date, Level, Status};

fn atlas() -> &'static Atlas {
    static ATLAS: OnceLock<Atlas> = OnceLock::new();
    ATLAS.get_or_init(|| Atlas::built_in().expect("the built-in tables are whole"))
}

/// A street that nobody named anything else after.
const STREET: &str = "示例路 12 号";

/// Counties of today by name, without zones and without those that have no code of their own or are in no list.
fn counties_by_name() -> BTreeMap<&'static str, Vec<u32>> {
    let mut named: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
    for unit in atlas().units() {
        let listed = !unit.flags.zone && !unit.flags.own_number && !unit.flags.unofficial;
        if unit.level == Level::County && listed && unit.in_force(Date::LATEST) {
            named.entry(&unit.name).or_default().push(unit.code);
        }
    }
    for codes in named.values_mut() {
        codes.sort_unstable();
    }
    named
}

#[test]
fn a_name_that_several_counties_bear_is_asked_about_with_all_of_them() {
    let (mut names, mut counties) = (0, 0);
    for (name, codes) in counties_by_name() {
        if codes.len() < 2 {
            continue;
        }
        for text in [name.to_owned(), format!("{name}{STREET}")] {
            let got = atlas().resolve(&text, Date::LATEST);
            assert_eq!(got.status, Status::Ambiguous, "{text}: {got:?}");
            assert_eq!((got.code, got.county), (None, None), "{text}: {got:?}");
            assert_eq!(got.candidates, codes, "{text}");
            assert!(!got.why.is_empty(), "{text}: no reason");
        }
        names += 1;
        counties += codes.len();
    }
    // 鼓楼区, 朝阳区, 西湖区 and others like them.
    assert!(names >= 25 && counties >= 60, "{names} names, {counties}");
}

#[test]
fn a_name_that_several_counties_bear_is_certain_with_its_city() {
    let atlas = atlas();
    let mut asked = 0;
    for (name, codes) in counties_by_name() {
        for code in codes.iter().filter(|_| codes.len() > 1) {
            let id = atlas.find(*code, Date::LATEST).expect("a county");
            let city = atlas
                .prefecture(id, Date::LATEST)
                .or_else(|| atlas.province(id, Date::LATEST));
            let city = &atlas.unit(city.expect("a parent")).name;
            let text = format!("{city}{name}{STREET}");
            let got = atlas.resolve(&text, Date::LATEST);
            assert_eq!(got.code, Some(*code), "{text}: {got:?}");
            asked += 1;
        }
    }
    assert!(asked >= 60, "{asked}");
}

/// Names of service areas with what they are: classes in brackets, below them `codes name`.
const AREAS: &str = include_str!("service_areas.txt");

#[test]
fn every_service_area_of_a_brand_is_read_as_what_it_is() {
    let (mut class, mut counts) = ("", BTreeMap::new());
    for line in AREAS.lines() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(name) = line.strip_prefix('[') {
            class = name.trim_end_matches(']');
            continue;
        }
        let (codes, name) = line.split_once(' ').expect("codes and a name");
        let codes: Vec<u32> = codes
            .split(',')
            .map(|code| code.parse().expect("a code"))
            .collect();
        let got = atlas().resolve(name, Date::LATEST);
        let certain = matches!(
            got.status,
            Status::Exact | Status::Inferred | Status::Corrected
        );
        let flagged = |id: &str| got.why.iter().any(|why| why.id == id);
        let right = match class {
            "certain" => certain && !flagged("unofficial") && !flagged("unreachable"),
            "unofficial" | "unreachable" => certain && flagged(class),
            "followed" => got.status == Status::Superseded,
            "open" => got.status == Status::Ambiguous && got.candidates == codes,
            other => panic!("no class {other}"),
        };
        assert!(right, "{class} {name}: {got:?}");
        match codes.as_slice() {
            [town] if *town > 999_999 => {
                assert_eq!(got.town_code, Some(*town), "{name}: {got:?}");
                // Cities without counties: what is told in place of a county is the city.
                let county = town / 1_000;
                let city = county / 100 * 100;
                assert!(
                    got.code.is_some_and(|code| code == county || code == city),
                    "{name}: {got:?}"
                );
            }
            [county] => assert_eq!(
                (got.code, got.town_code),
                (Some(*county), None),
                "{name}: {got:?}"
            ),
            _ => assert_eq!(got.code, None, "{name}: {got:?}"),
        }
        *counts.entry(class).or_insert(0) += 1;
    }
    assert_eq!(
        counts,
        BTreeMap::from([
            ("certain", 364),
            ("unofficial", 2),
            ("unreachable", 1),
            ("followed", 2),
            ("open", 1),
        ])
    );
}

/// How many provinces, prefectures and counties there were at the end of a year, as the ministry publishes it every year
/// (without Hong Kong, Macau and Taiwan: three more provinces are in the lists). Looked up there, and not in the tables: a
/// mistake of the program that makes the tables would be in them and in the hashes of the lists alike.
const PUBLISHED: [(u16, usize, usize); 13] = [
    (2012, 333, 2_852),
    (2013, 333, 2_853),
    (2014, 333, 2_854),
    (2015, 334, 2_850),
    (2016, 334, 2_851),
    (2017, 334, 2_851),
    (2018, 333, 2_851),
    (2019, 333, 2_846),
    (2020, 333, 2_844),
    (2021, 333, 2_843),
    (2022, 333, 2_843),
    (2023, 333, 2_844),
    (2024, 333, 2_846),
];

#[test]
fn there_are_as_many_divisions_in_a_year_as_the_ministry_published() {
    for (year, prefectures, counties) in PUBLISHED {
        let mut found = [0; 3];
        for (code, _) in atlas().in_force(Date::end_of(year)) {
            found[match (code % 10_000, code % 100) {
                (0, _) => 0,
                (_, 0) => 1,
                _ => 2,
            }] += 1;
        }
        assert_eq!(found, [34, prefectures, counties], "{year}");
    }
}
