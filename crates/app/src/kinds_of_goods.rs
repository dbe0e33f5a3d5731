//! What people call the goods that are repaired. Technicians' skills are texts of the tenant's own (`washing_machine`, or
//! 洗衣机), and nobody who reports a leak knows them: whoever writes 滚筒洗衣机 means the same, and would otherwise wait
//! for a technician who does not exist.

/// Names of one kind of goods, the first in lower case with underscores as most catalogues have it.
const KINDS: &[&[&str]] = &[
    &[
        "washing_machine",
        "洗衣机",
        "滚筒洗衣机",
        "波轮洗衣机",
        "全自动洗衣机",
        "洗烘一体机",
        "washer",
    ],
    &["dryer", "干衣机", "烘干机", "tumble_dryer", "clothes_dryer"],
    &[
        "refrigerator",
        "冰箱",
        "电冰箱",
        "冰柜",
        "冷柜",
        "fridge",
        "freezer",
    ],
    &[
        "air_conditioner",
        "空调",
        "空调器",
        "挂式空调",
        "柜式空调",
        "中央空调",
        "air_conditioning",
        "aircon",
    ],
    &[
        "television",
        "电视",
        "电视机",
        "彩电",
        "智能电视",
        "tv",
        "tv_set",
    ],
    &[
        "water_heater",
        "热水器",
        "电热水器",
        "燃气热水器",
        "太阳能热水器",
        "geyser",
    ],
    &["boiler", "壁挂炉", "燃气壁挂炉", "锅炉"],
    &[
        "gas_stove",
        "燃气灶",
        "煤气灶",
        "灶具",
        "stove",
        "cooktop",
        "hob",
    ],
    &[
        "range_hood",
        "油烟机",
        "抽油烟机",
        "吸油烟机",
        "cooker_hood",
        "extractor_hood",
    ],
    &["dishwasher", "洗碗机"],
    &["oven", "烤箱", "电烤箱", "蒸烤箱", "蒸箱"],
    &["microwave", "微波炉", "microwave_oven"],
    &["induction_cooker", "电磁炉", "induction_hob"],
    &["rice_cooker", "电饭煲", "电饭锅"],
    &["water_purifier", "净水器", "净水机", "water_filter"],
    &["air_purifier", "空气净化器", "空气清新机"],
    &["vacuum_cleaner", "吸尘器", "vacuum"],
    &[
        "robot_vacuum",
        "扫地机",
        "扫地机器人",
        "扫拖机器人",
        "robot_vacuum_cleaner",
    ],
    &["fan", "电风扇", "风扇", "吊扇"],
    &[
        "lamp",
        "灯",
        "灯具",
        "电灯",
        "吊灯",
        "吸顶灯",
        "台灯",
        "light",
        "lighting",
    ],
    &[
        "smart_lock",
        "智能锁",
        "智能门锁",
        "指纹锁",
        "密码锁",
        "door_lock",
    ],
    &[
        "toilet",
        "马桶",
        "坐便器",
        "智能马桶",
        "马桶盖",
        "智能马桶盖",
    ],
    &["faucet", "水龙头", "龙头", "tap"],
    &[
        "computer",
        "电脑",
        "台式机",
        "台式电脑",
        "pc",
        "desktop_computer",
    ],
    &["laptop", "笔记本", "笔记本电脑", "notebook"],
    &[
        "mobile_phone",
        "手机",
        "智能手机",
        "phone",
        "smartphone",
        "cell_phone",
    ],
    &["tablet", "平板", "平板电脑"],
    &["printer", "打印机", "复印机"],
    &["router", "路由器", "无线路由器", "wifi_router"],
    &["camera", "摄像头", "监控摄像头", "security_camera"],
    &["furniture", "家具"],
];

/// A name as it is compared: in lower case, blanks and hyphens as underscores, one for all names of a kind.
fn told_apart_by(name: &str) -> String {
    let plain: String = name
        .trim()
        .chars()
        .map(|sign| {
            if sign.is_whitespace() || sign == '-' {
                '_'
            } else {
                sign
            }
        })
        .flat_map(char::to_lowercase)
        .collect();
    KINDS
        .iter()
        .find(|names| names.contains(&plain.as_str()))
        .map_or(plain, |names| names[0].to_owned())
}

/// The one of `known` that somebody means who wrote `named`: the same text before the same name written otherwise before
/// another name of the same kind. `None` where nothing of them is meant.
pub(crate) fn meant<'a>(
    named: &str,
    known: impl Iterator<Item = &'a str> + Clone,
) -> Option<&'a str> {
    let named = named.trim();
    known
        .clone()
        .find(|one| *one == named)
        .or_else(|| {
            known
                .clone()
                .find(|one| one.to_lowercase() == named.to_lowercase())
        })
        .or_else(|| {
            let wanted = told_apart_by(named);
            known.clone().find(|one| told_apart_by(one) == wanted)
        })
}

#[cfg(test)]
mod tests {
    use super::{KINDS, meant, told_apart_by};
    use std::collections::BTreeSet;

    #[test]
    fn a_skill_is_found_by_what_people_call_the_goods() {
        let known = ["washing_machine", "空调", "Lamp", "elevator"];
        let found = |named: &str| meant(named, known.into_iter());
        for (named, skill) in [
            ("washing_machine", Some("washing_machine")),
            (" 洗衣机 ", Some("washing_machine")),
            ("滚筒洗衣机", Some("washing_machine")),
            ("Washing machine", Some("washing_machine")),
            ("air-conditioner", Some("空调")),
            ("lamp", Some("Lamp")),
            ("吸顶灯", Some("Lamp")),
            ("Elevator", Some("elevator")),
            ("电梯", None),
            ("冰箱", None),
            ("", None),
        ] {
            assert_eq!(found(named), skill, "{named}");
        }
    }

    #[test]
    fn the_text_itself_comes_before_another_name() {
        let known = ["washing_machine", "洗衣机"];
        assert_eq!(meant("洗衣机", known.into_iter()), Some("洗衣机"));
        assert_eq!(meant("washer", known.into_iter()), Some("washing_machine"));
    }

    #[test]
    fn no_name_stands_for_two_kinds_and_each_is_found() {
        let mut seen = BTreeSet::new();
        for names in KINDS {
            for name in *names {
                assert!(seen.insert(*name), "{name} stands twice");
                assert_eq!(told_apart_by(name), names[0], "{name}");
            }
        }
    }
}
