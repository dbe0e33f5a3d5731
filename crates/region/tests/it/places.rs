//! Datums, nearest outlets, service areas and the linter.

use aftercare_region::geo::{Bd09, Degrees, Gcj02, Wgs84, distance_m};
use aftercare_region::{Atlas, Coverage, Date, Outlets, Served, ServiceArea, lint};

fn wgs(longitude: f64, latitude: f64) -> Wgs84 {
    Wgs84(Degrees::new(longitude, latitude).expect("a point"))
}

/// Numbers from a seed: the top bits of a linear congruence (Knuth, MMIX).
struct Seeded(u64);

impl Seeded {
    fn next(&mut self) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        f64::from(u32::try_from(self.0 >> 32).expect("32 bits")) / f64::from(u32::MAX)
    }
}

#[test]
fn datums_convert_there_and_back_within_a_centimeter() {
    let mut random = Seeded(7);
    for _ in 0..2_000 {
        let point = wgs(74.0 + 60.0 * random.next(), 4.0 + 49.0 * random.next());
        let gcj = Gcj02::from(point);
        let back = Wgs84::from(gcj);
        assert!(distance_m(point, back) < 0.01);
        assert!((10.0..900.0).contains(&distance_m(point, Wgs84(gcj.0))));
        assert!(distance_m(point, Bd09::from(gcj).into()) < 0.01);
    }
    // Outside the country the datums agree.
    let paris = wgs(2.35, 48.86);
    assert_eq!(Gcj02::from(paris).0, paris.0);
}

#[test]
fn the_published_example_of_gcj_02_is_met() {
    // Tiananmen: WGS-84 116.3913, 39.9075 is GCJ-02 116.3975, 39.9089 on the vendors' maps.
    let Gcj02(point) = wgs(116.391_3, 39.907_5).into();
    assert!(
        (point.longitude() - 116.397_5).abs() < 2e-4 && (point.latitude() - 39.908_9).abs() < 2e-4,
        "{point:?}"
    );
}

#[test]
fn numbers_that_are_no_point_are_refused() {
    for (longitude, latitude) in [
        (f64::NAN, 0.0),
        (0.0, f64::INFINITY),
        (181.0, 0.0),
        (30.0, 120.0),
    ] {
        assert!(Degrees::new(longitude, latitude).is_err());
    }
}

#[test]
fn the_nearest_outlets_are_those_that_trying_all_finds() {
    let mut random = Seeded(11);
    let outlets: Vec<Wgs84> = (0..3_000)
        .map(|_| wgs(75.0 + 58.0 * random.next(), 18.0 + 34.0 * random.next()))
        .collect();
    let tree = Outlets::new(&outlets);
    for _ in 0..300 {
        let point = wgs(75.0 + 58.0 * random.next(), 18.0 + 34.0 * random.next());
        let mut all: Vec<(f64, usize)> = outlets
            .iter()
            .map(|outlet| distance_m(point, *outlet))
            .zip(0..)
            .collect();
        all.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let expected: Vec<usize> = all.iter().take(5).map(|(_, number)| *number).collect();
        let got: Vec<usize> = tree
            .nearest(point, 5)
            .iter()
            .map(|near| near.number as usize)
            .collect();
        assert_eq!(got, expected);
    }
}

#[test]
fn many_outlets_at_one_place_are_told_by_their_numbers() {
    let tree = Outlets::new(&vec![wgs(120.0, 30.0); 20_000]);
    let got: Vec<u32> = tree
        .nearest(wgs(121.0, 30.0), 3)
        .iter()
        .map(|near| near.number)
        .collect();
    assert_eq!(got, [0, 1, 2]);
    assert!(Outlets::new(&[]).nearest(wgs(0.0, 0.0), 3).is_empty());
}

#[test]
fn a_centroid_says_how_far_off_the_address_can_be() {
    let atlas = Atlas::built_in().unwrap();
    let place = atlas
        .place(atlas.find(330_106, Date::LATEST).unwrap())
        .unwrap();
    assert!(place.error_radius_m >= 10_000.0);
    assert!(distance_m(place.point, wgs(120.13, 30.26)) < 20_000.0);
    let counties = atlas
        .in_force(Date::LATEST)
        .filter(|(code, _)| code % 100 != 0);
    for (code, name) in counties {
        assert!(
            atlas
                .place(atlas.find(code, Date::LATEST).unwrap())
                .is_some(),
            "{code} {name}"
        );
    }
}

#[test]
fn an_area_covers_what_lies_below_it_and_follows_changes() {
    let atlas = Atlas::built_in().unwrap();
    let from = Date::start_of(2019);
    let served = |code| Served {
        code,
        from,
        until: None,
    };
    let area = ServiceArea::new(
        &atlas,
        vec![served(330_104), served(441_900_107), served(130_100)],
    )
    .unwrap();
    let covers = |text: &str, day: Date| area.covers(&atlas, &atlas.resolve(text, day), day);
    let then = "2019-06-01".parse().unwrap();
    assert_eq!(
        covers("杭州市江干区", then),
        Coverage::Covered(served(330_104))
    );
    // Split in 2021: the area does not say which part it meant.
    assert_eq!(
        covers("杭州市上城区四季青街道", Date::LATEST),
        Coverage::Undecided(served(330_104))
    );
    assert_eq!(covers("杭州市西湖区", Date::LATEST), Coverage::NotCovered);
    assert_eq!(
        covers("东莞市桥头镇", Date::LATEST),
        Coverage::Covered(served(441_900_107))
    );
    assert_eq!(covers("东莞市长安镇", Date::LATEST), Coverage::NotCovered);
    assert_eq!(
        covers("东莞市", Date::LATEST),
        Coverage::Undecided(served(441_900_107))
    );
    assert_eq!(
        covers("河北省石家庄市正定县", Date::LATEST),
        Coverage::Covered(served(130_100))
    );
    assert_eq!(
        covers("河北省石家庄市正定县", Date::start_of(2018)),
        Coverage::NotCovered
    );
    assert!(ServiceArea::new(&atlas, vec![served(999_998)]).is_err());
}

#[test]
fn a_town_that_is_served_is_served_under_its_new_name_and_only_asked_about_where_it_was_divided() {
    let atlas = Atlas::built_in().unwrap();
    let from = Date::start_of(2018);
    let served = |code| Served {
        code,
        from,
        until: None,
    };
    let covers = |code: u32, text: &str| {
        let area = ServiceArea::new(&atlas, vec![served(code)]).unwrap();
        area.covers(&atlas, &atlas.resolve(text, Date::LATEST), Date::LATEST)
    };
    let joined = 140_214_015;
    let county = "山西省大同市云冈区";
    let at = |town: &str| format!("{county}{town}");
    assert_eq!(
        covers(joined, &at("玉龙街道")),
        Coverage::Covered(served(joined))
    );
    assert_eq!(
        covers(joined, &at("大斗沟街道")),
        Coverage::Covered(served(joined))
    );
    assert_eq!(covers(joined, &at("云燕街道")), Coverage::NotCovered);
    // Without a town the address may lie there.
    assert_eq!(covers(joined, county), Coverage::Undecided(served(joined)));
    let divided = 511_323_115;
    for part in ["相如街道", "周口街道"] {
        assert_eq!(
            covers(divided, &format!("四川省南充市蓬安县{part}")),
            Coverage::Undecided(served(divided))
        );
    }
    // Nobody says what became of it: any town of the county may be it, none of another county.
    let gone = 513_428_207;
    assert_eq!(
        covers(gone, "四川省凉山彝族自治州普格县"),
        Coverage::Undecided(served(gone))
    );
    assert_eq!(covers(gone, "四川省南充市蓬安县"), Coverage::NotCovered);
}

#[test]
fn a_line_with_a_town_that_is_no_more_is_not_widened_to_its_county() {
    let atlas = Atlas::built_in().unwrap();
    let list =
        "四川省南充市蓬安县相如镇\n四川省凉山彝族自治州普格县辉隆乡\n河北省石家庄市正定县南牛乡";
    let lines = lint(&atlas, list, Date::LATEST).unwrap();
    let told: Vec<(&str, Option<u32>, Option<&str>)> = lines
        .iter()
        .map(|line| (line.findings[0].kind, line.code, line.remedy.as_deref()))
        .collect();
    assert_eq!(
        told,
        [
            ("abolished", None, None),
            ("abolished", None, None),
            (
                "abolished",
                Some(130_123_106),
                Some("河北省石家庄市正定县南牛镇")
            ),
        ]
    );
}

#[test]
fn the_linter_names_each_fault_and_its_remedy() {
    let atlas = Atlas::built_in().unwrap();
    let list = "漳州市平和县\n南昌市湾里区\n\n杭州市江干区\n甘孜理塘县\n漳州市平和县\n泉州市金门县\n鼓楼区\n四川省洛柠县\n漳州市\n东莞市桥头镇\n";
    let lines = lint(&atlas, list, Date::LATEST).unwrap();
    let kinds = |line: usize| -> Vec<&str> {
        lines
            .iter()
            .find(|l| l.line == line)
            .unwrap()
            .findings
            .iter()
            .map(|f| f.kind)
            .collect()
    };
    assert_eq!(kinds(1), ["covered"]);
    assert_eq!(kinds(2), ["abolished"]);
    assert_eq!(kinds(4), ["abolished", "ambiguous"]);
    assert_eq!(kinds(5), ["abbreviated"]);
    assert_eq!(kinds(6), ["duplicate", "covered"]);
    assert_eq!(kinds(7), ["unreachable"]);
    assert_eq!(kinds(8), ["ambiguous"]);
    assert_eq!(kinds(11), [""; 0]);
    // Each that is not clear says what to do.
    for line in &lines {
        for finding in &line.findings {
            assert!(finding.zh.contains(['，', '；']), "{finding:?}");
            assert!(finding.en.contains([',', ';']), "{finding:?}");
        }
    }
    // What has no code yet is a duplicate too.
    let twice = lint(&atlas, "鼓楼区\n鼓楼区\n没有这里\n没有这里", Date::LATEST).unwrap();
    for (line, kind) in [(1, "ambiguous"), (3, "unknown")] {
        assert_eq!(twice[line].findings[0].kind, kind);
        let last = twice[line].findings.last().unwrap();
        assert_eq!(last.kind, "duplicate");
        assert!(last.en.contains(&format!("line {line};")), "{last:?}");
    }
    let joined = lint(
        &atlas,
        "漳州市平和县、南昌市湾里区；漳州市平和县",
        Date::LATEST,
    )
    .unwrap();
    let inputs: Vec<&str> = joined.iter().map(|l| l.input.as_str()).collect();
    assert_eq!(inputs, ["漳州市平和县", "南昌市湾里区", "漳州市平和县"]);
    assert_eq!(joined[2].findings[0].kind, "duplicate");
    let remedy = |line: usize| {
        lines
            .iter()
            .find(|l| l.line == line)
            .unwrap()
            .remedy
            .as_deref()
    };
    assert_eq!(remedy(2), Some("江西省南昌市新建区"));
    assert_eq!(remedy(5), Some("四川省甘孜藏族自治州理塘县"));
}
