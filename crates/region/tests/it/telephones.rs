//! Telephone area codes, and what a landline in an address is good for.

use aftercare_region::{Atlas, Date, Status};

fn atlas() -> Atlas {
    Atlas::built_in().expect("the tables of this build")
}

#[test]
fn every_area_code_has_a_division_of_today_and_its_form() {
    let atlas = atlas();
    let mut codes = Vec::new();
    for (division, _) in atlas.in_force(Date::LATEST) {
        for area in atlas.telephone_codes(division) {
            let (told, home) = atlas.telephone_area(area).expect("an area code");
            assert_eq!(told, area);
            assert!(atlas.find(home, Date::LATEST).is_some(), "{area} {home}");
            let three = area.starts_with("010") || area.starts_with("02");
            assert_eq!(area.len(), if three { 3 } else { 4 }, "{area}");
            codes.push(area);
        }
    }
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), 315);
}

#[test]
fn a_county_has_the_area_code_of_its_city() {
    let atlas = atlas();
    assert_eq!(atlas.telephone_codes(330_106), ["0571"]);
    assert_eq!(atlas.telephone_codes(110_105), ["010"]);
    assert_eq!(atlas.telephone_codes(330_000), [""; 0]);
    // The source has none for it: nothing is made up.
    assert_eq!(atlas.telephone_codes(469_005), [""; 0]);
    assert_eq!(
        atlas.telephone_area("057188880000"),
        Some(("0571", 330_100))
    );
    assert_eq!(atlas.telephone_area("01085280000"), Some(("010", 110_000)));
    for nothing in ["", "0", "13800000000", "0999", "０５７１"] {
        let told = atlas.telephone_area(nothing).map(|(area, _)| area);
        assert_eq!(told, (nothing == "0999").then_some("0999"), "{nothing}");
    }
}

#[test]
fn a_landline_tells_what_to_ask_first_and_decides_nothing() {
    let atlas = atlas();
    let open = "朝阳区建国路88号";
    for (number, likely) in [
        ("", None),
        (" 13800000000", None),
        (" 010-85280000", Some(110_105)),
        (" 0571-88880000", None),
    ] {
        let text = format!("{open}{number}");
        let told = atlas.resolve(&text, Date::LATEST);
        assert_eq!(told.status, Status::Ambiguous, "{text}");
        assert_eq!((told.code, told.likely), (None, likely), "{text}");
        assert!(told.candidates.contains(&110_105), "{text}");
        let why = told.why.iter().any(|why| why.id == "telephone_area");
        assert_eq!(why, likely.is_some(), "{text}");
    }
    // What is certain stays so, whatever number stands beside it.
    let certain = atlas.resolve("浙江省杭州市西湖区文三路1号 010-85280000", Date::LATEST);
    assert_eq!((certain.code, certain.likely), (Some(330_106), None));
}
