//! The tables reproduce what was published, without the sources at hand.

use aftercare_region::{Atlas, Date, Status};

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

/// Status, code, town's code and town's name of an address today.
fn today<'a>(
    atlas: &'a Atlas,
    input: &'a str,
) -> (Status, Option<u32>, Option<u32>, Option<&'a str>) {
    let got = atlas.resolve(input, Date::LATEST);
    (got.status, got.code, got.town_code, got.town)
}

fn why_of(atlas: &Atlas, input: &str, id: &str) -> String {
    let got = atlas.resolve(input, Date::LATEST);
    let why = got.why.iter().find(|why| why.id == id);
    why.unwrap_or_else(|| panic!("{input}: {:?}", got.why))
        .en
        .clone()
}

#[test]
fn towns_that_were_joined_into_one_lead_to_it() {
    let atlas = Atlas::built_in().unwrap();
    // Five subdistricts became one; the published table names it once for all of them. The
    // statistics number it otherwise than the ministry, and their number is told.
    for old in [
        "白洞街道",
        "大斗沟街道",
        "四老沟街道",
        "同家梁街道",
        "永定庄街道",
    ] {
        assert_eq!(
            today(&atlas, &format!("山西省大同市云冈区{old}")),
            (
                Status::Superseded,
                Some(140_214),
                Some(140_214_033),
                Some("玉龙街道")
            ),
            "{old}"
        );
    }
    let codes: Vec<u32> = [140_214_010, 140_214_015, 140_214_008]
        .into_iter()
        .flat_map(|code| atlas.towns_on(code, Date::LATEST))
        .map(|town| town.code)
        .collect();
    assert_eq!(codes, [140_214_033; 3]);
    let then = atlas.towns_on(140_214_015, "2019-06-01".parse().unwrap());
    assert_eq!(then[0].name, "大斗沟街道");
}

#[test]
fn changes_of_2023_are_known_from_that_year_on() {
    let atlas = Atlas::built_in().unwrap();
    let old = "河北省石家庄市正定县南牛乡";
    let new = "河北省石家庄市正定县南牛镇";
    assert_eq!(
        today(&atlas, old),
        (
            Status::Superseded,
            Some(130_123),
            Some(130_123_106),
            Some("南牛镇")
        )
    );
    assert_eq!(
        today(&atlas, new),
        (
            Status::Exact,
            Some(130_123),
            Some(130_123_106),
            Some("南牛镇")
        )
    );
    let before = atlas.resolve(old, Date::end_of(2022));
    assert_eq!(
        (before.status, before.town_code),
        (Status::Exact, Some(130_123_200))
    );
    // A subdistrict that nothing became.
    assert_eq!(
        today(&atlas, "新疆维吾尔自治区伊犁哈萨克自治州伊宁市北京路街道"),
        (
            Status::Exact,
            Some(654_002),
            Some(654_002_009),
            Some("北京路街道")
        )
    );
    // A town that went to another county.
    assert_eq!(
        today(&atlas, "甘肃省兰州市永登县中川镇"),
        (
            Status::Superseded,
            Some(620_122),
            Some(620_122_108),
            Some("中川镇")
        )
    );
}

#[test]
fn a_town_that_was_divided_asks_for_its_part_and_keeps_the_county() {
    let atlas = Atlas::built_in().unwrap();
    let input = "四川省南充市蓬安县相如镇";
    assert_eq!(
        today(&atlas, input),
        (Status::Superseded, Some(511_323), None, None)
    );
    assert_eq!(
        why_of(&atlas, input, "town_split"),
        "相如镇 was divided; write one of 周口街道, 相如街道"
    );
}

#[test]
fn a_town_of_which_no_source_says_what_became_is_said_to_be_gone() {
    let atlas = Atlas::built_in().unwrap();
    let input = "四川省凉山彝族自治州普格县辉隆乡";
    assert_eq!(
        today(&atlas, input),
        (Status::Superseded, Some(513_428), None, None)
    );
    let why = why_of(&atlas, input, "obsolete_town");
    assert!(why.contains("do not say where it went"), "{why}");
    assert!(atlas.towns_on(513_428_207, Date::LATEST).is_empty());
}

#[test]
fn every_change_of_a_town_leads_to_towns_that_stand() {
    let atlas = Atlas::built_in().unwrap();
    let (mut led, mut open) = (0, 0);
    for town in atlas.towns().iter().filter(|town| town.ended.is_some()) {
        let now = atlas.towns_on(town.code, Date::LATEST);
        for next in &now {
            assert!(
                !next.homes.is_empty(),
                "{} {} -> {next:?}",
                town.code,
                town.name
            );
        }
        led += usize::from(!now.is_empty());
        open += usize::from(now.is_empty());
    }
    // Of the others the published tables say only that they were abolished.
    assert!(led > 4_200 && open < 2_000, "{led} lead on, {open} do not");
}
