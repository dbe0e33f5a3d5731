//! Addresses as people write them.

use std::sync::OnceLock;

use aftercare_region::{Atlas, Date, Status};

fn atlas() -> &'static Atlas {
    static ATLAS: OnceLock<Atlas> = OnceLock::new();
    ATLAS.get_or_init(|| Atlas::built_in().expect("the built-in tables are whole"))
}

fn check(input: &str, status: Status, code: u32) {
    let got = atlas().resolve(input, Date::LATEST);
    assert_eq!(
        (got.status, got.code),
        (status, Some(code)),
        "{input}: {got:?}"
    );
}

fn asks(input: &str, status: Status, candidates: &[u32]) {
    let got = atlas().resolve(input, Date::LATEST);
    assert_eq!((got.status, got.code), (status, None), "{input}: {got:?}");
    assert_eq!(got.candidates, candidates, "{input}");
}

#[test]
fn a_full_address_is_exact_and_split_into_its_parts() {
    let input = "四川省宜宾市兴文县石海镇青年路442号紫金苑15栋1单元2901室";
    let got = atlas().resolve(input, Date::LATEST);
    assert_eq!(got.status, Status::Exact);
    assert_eq!(
        (got.code, got.town_code),
        (Some(511_528), Some(511_528_108))
    );
    assert_eq!(
        (got.province, got.city, got.county, got.town),
        (
            Some("四川省"),
            Some("宜宾市"),
            Some("兴文县"),
            Some("石海镇")
        )
    );
    let rest = got.rest;
    assert_eq!((rest.road, rest.number), (Some("青年路"), Some("442号")));
    assert_eq!(
        (rest.building, rest.unit, rest.room),
        (Some("15栋"), Some("1单元"), Some("2901室"))
    );
    let texts: Vec<&str> = got
        .spans
        .iter()
        .map(|s| &input[s.start as usize..s.end as usize])
        .collect();
    assert_eq!(
        texts,
        [
            "四川省",
            "宜宾市",
            "兴文县",
            "石海镇",
            "青年路",
            "442号",
            "15栋",
            "1单元",
            "2901室"
        ]
    );
}

#[test]
fn what_is_missing_and_certain_is_filled_in() {
    check("湖南永州宁远保利香槟14-1-2612", Status::Inferred, 431_126);
    check("镇巴县观音镇兴业路269号", Status::Inferred, 610_728);
    check("恩施州鹤峰县", Status::Inferred, 422_828);
    check("海南贵德县", Status::Inferred, 632_523);
    check("重庆璧山区三合镇", Status::Inferred, 500_120);
    check("长安区魏寨街道香格里拉小区", Status::Inferred, 610_116);
}

#[test]
fn names_of_another_time_lead_to_what_took_their_place() {
    check("南昌市湾里区", Status::Superseded, 360_112);
    check("四平市公主岭市", Status::Superseded, 220_184);
    check(
        "陕西省安康地区旬阳县世纪城7-1-3052",
        Status::Superseded,
        610_981,
    );
    check(
        "四川省重庆市万县市天城区天城大道88号",
        Status::Superseded,
        500_101,
    );
    check("杭州市江干区四季青街道", Status::Superseded, 330_102);
    check("杭州市江干区下沙街道", Status::Superseded, 330_114);
    check(
        "重庆市渝北区龙溪街道新牌坊一路101号",
        Status::Superseded,
        500_157,
    );
    check("重庆市渝北区统景镇", Status::Superseded, 500_109);
}

#[test]
fn an_old_contract_keeps_the_division_of_its_day() {
    let got = atlas().resolve("杭州市江干区", "2019-05-01".parse().unwrap());
    assert_eq!((got.status, got.code), (Status::Inferred, Some(330_104)));
    let got = atlas().resolve("杭州市江干区四季青街道", "2019-05-01".parse().unwrap());
    assert_eq!(got.code, Some(330_104));
}

#[test]
fn a_tie_a_split_and_a_contradiction_ask_back() {
    asks(
        "鼓楼区幸福里157号",
        Status::Ambiguous,
        &[320_106, 320_302, 350_102, 410_204],
    );
    asks("杭州市江干区", Status::Ambiguous, &[330_102, 330_114]);
    asks("重庆市渝北区", Status::Ambiguous, &[500_109, 500_157]);
    asks(
        "重庆市北碚区水土街道",
        Status::Ambiguous,
        &[500_109, 500_157],
    );
    asks(
        "湖北省鼓楼区",
        Status::Conflict,
        &[320_106, 320_302, 350_102, 410_204],
    );
    check("江西省芜湖市鸠江区清水街道", Status::Conflict, 340_207);
}

#[test]
fn a_town_of_a_city_without_counties_ties_with_one_of_a_county() {
    asks(
        "广东省长安镇示例路 1 号",
        Status::Ambiguous,
        &[441_225, 441_900],
    );
    let got = atlas().resolve("长安镇示例路 1 号", Date::LATEST);
    assert_eq!(got.status, Status::Ambiguous);
    for code in [330_481, 441_225, 441_900] {
        assert!(got.candidates.contains(&code), "{got:?}");
    }
    check("东莞长安镇示例路 1 号", Status::Inferred, 441_900);
    check("广东省东莞市长安镇示例路 1 号", Status::Exact, 441_900);
    check(
        "广东省肇庆市封开县长安镇示例路 1 号",
        Status::Exact,
        441_225,
    );
}

#[test]
fn misspelled_names_are_read_by_sound_and_shape() {
    check(
        "河南省洛阳市洛柠县景阳镇长春路288号",
        Status::Corrected,
        410_328,
    );
    check("河北省保定市高杨县庞口镇", Status::Corrected, 130_628);
    check("扛州市西湖区文三路", Status::Corrected, 330_106);
}

#[test]
fn traditional_characters_and_company_around_the_address_change_nothing() {
    check(
        "江蘇省連雲港市海州區板浦鎮西藏路515号",
        Status::Exact,
        320_706,
    );
    check(
        "收货人:云南生,电话:13113370832,地址:河北省 石家庄市 赞皇县 土门乡太原街953号",
        Status::Exact,
        130_129,
    );
    let got = atlas().resolve(
        "贵州省 遵义市 凤冈县 天桥镇碧桂园A座8层 张伟 18814191822",
        Date::LATEST,
    );
    assert_eq!((got.status, got.rest.text), (Status::Exact, "碧桂园A座8层"));
}

#[test]
fn roads_and_estates_named_after_places_are_no_places() {
    check("上海市黄浦区南京东路233号", Status::Exact, 310_101);
    check("新疆伊宁市上海城徐汇苑23号楼", Status::Inferred, 654_002);
    check(
        "重庆 重庆市 沙坪坝区 壮志路33号四川外国语大学",
        Status::Exact,
        500_106,
    );
}

#[test]
fn what_has_no_county_has_the_code_of_its_prefecture() {
    check("东莞市桥头镇", Status::Inferred, 441_900);
    check("苏州工业园区星海街200号", Status::Inferred, 320_500);
    check(
        "四川省成都市高新区天府大道北段1700号",
        Status::Inferred,
        510_100,
    );
    check("台湾省台北市信义区市府路1号", Status::Exact, 710_000);
    check("香港九龙油尖旺区弥敦道132号", Status::Inferred, 810_000);
}

#[test]
fn nothing_is_made_of_nothing() {
    for input in ["", "你好", "12345", "\u{0}\u{7f}", "浙江省"] {
        let got = atlas().resolve(input, Date::LATEST);
        assert_eq!((got.status, got.code), (Status::Unknown, None), "{input}");
    }
}

#[test]
fn nothing_in_the_text_is_passed_over_in_silence() {
    let told = |text: &str| {
        let got = atlas().resolve(text, Date::LATEST);
        let why: Vec<&str> = got.why.iter().map(|why| why.id).collect();
        (
            got.status,
            got.code,
            why.join(" "),
            got.why.iter().map(|why| why.zh.clone()).collect::<String>(),
        )
    };
    let (status, code, why, zh) = told("浙讧省杭州市西湖区文三路 1 号");
    assert_eq!((status, code), (Status::Corrected, Some(330_106)));
    assert!(
        why.contains("corrected") && zh.contains("浙讧省") && zh.contains("浙江省"),
        "{zh}"
    );
    let (status, code, why, zh) = told("浙江省杭川市西湖区文三路 1 号");
    assert_eq!((status, code), (Status::Corrected, Some(330_106)), "{why}");
    assert!(zh.contains("杭州市") || why.contains("corrected"), "{zh}");
    // Two addresses in one text are asked about, whichever of them says more.
    for text in [
        "浙江省杭州市西湖区文三路 1 号，北京市海淀区中关村大街 2 号",
        "北京市海淀区中关村大街 2 号，收件浙江省杭州市西湖区北山街道曙光路 1 号",
        "浙江省杭州市西湖区北山街道曙光路 1 号（旧址北京市海淀区中关村大街 2 号）",
        "浙讧省杭州市西湖区文三路 1 号；北京市海淀区中关村大街 2 号",
    ] {
        let (status, code, why, zh) = told(text);
        assert_eq!((status, code), (Status::Ambiguous, None), "{text}");
        assert!(
            why.contains("second_address") && zh.contains("海淀区") && zh.contains("西湖区"),
            "{why} {zh}"
        );
        assert_eq!(
            atlas().resolve(text, Date::LATEST).candidates,
            [110_108, 330_106]
        );
    }
    let (_, code, why, zh) = told("浙江省杭州市西湖区没有此街道文三路 1 号");
    assert_eq!(code, Some(330_106));
    assert!(
        why.contains("unknown_town") && zh.contains("没有此街道"),
        "{why} {zh}"
    );
    // Roads called after other places, and a place said twice, are no second address.
    for text in [
        "上海市黄浦区北京东路 1 号",
        "浙江省杭州市西湖区文三路 1 号 浙江省杭州市",
        "浙江省杭州市西湖区北山街道曙光路 1 号",
        "四川省成都市武侯区武侯祠大街 1 号",
    ] {
        let (status, _, why, _) = told(text);
        assert_eq!((status, why.as_str()), (Status::Exact, ""), "{text}");
    }
}
