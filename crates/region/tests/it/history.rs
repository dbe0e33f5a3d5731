//! The tables reproduce what was published, without the sources at hand.

use aftercare_region::{Atlas, Date};

/// `year count hash`, written by `xtask region-tables` after it compared all lists with the sources.
const YEARS: &str = include_str!("../years.tsv");

#[test]
fn each_of_the_44_yearly_lists_is_reproduced() {
    let atlas = Atlas::built_in().unwrap();
    let mut years = 0;
    for line in YEARS.lines() {
        let mut columns = line.split('\t');
        let year: u16 = columns.next().unwrap().parse().unwrap();
        let expected = (columns.next().unwrap(), columns.next().unwrap());
        let mut count = 0;
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        for (code, name) in atlas.in_force(Date::end_of(year)) {
            count += 1;
            for byte in format!("{code} {name}\n").bytes() {
                hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
            }
        }
        assert_eq!(
            (count.to_string().as_str(), format!("{hash:016x}").as_str()),
            expected,
            "{year}"
        );
        years += 1;
    }
    assert_eq!(years, 44);
}

#[test]
fn today_has_the_changes_of_2025_and_2026() {
    let atlas = Atlas::built_in().unwrap();
    let counties = |day| {
        atlas
            .in_force(day)
            .filter(|(code, _)| code % 100 != 0)
            .count()
    };
    assert_eq!(counties(Date::end_of(2024)), 2_846);
    assert_eq!(counties(Date::LATEST), 2_847);
    let latest = |code| atlas.upgrade(code, Date::end_of(2024), Date::LATEST);
    assert_eq!(latest(500_105), [500_157]);
    assert_eq!(latest(500_112), [500_109, 500_157]);
    assert!(
        atlas
            .in_force(Date::LATEST)
            .any(|(code, name)| (code, name) == (659_013, "草湖市"))
    );
}

#[test]
fn every_dead_county_leads_somewhere_or_is_known_to_lead_nowhere() {
    let atlas = Atlas::built_in().unwrap();
    let mut dead = 0;
    let mut lost = Vec::new();
    for year in 1981..=2024 {
        for (code, name) in atlas.in_force(Date::end_of(year)) {
            if code % 100 == 0 {
                continue;
            }
            dead += 1;
            if atlas
                .upgrade(code, Date::end_of(year), Date::LATEST)
                .is_empty()
                && !lost.contains(&(code, name))
            {
                lost.push((code, name));
            }
        }
    }
    assert!(dead > 100_000);
    assert_eq!(lost, []);
}
