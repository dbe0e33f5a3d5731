//! Short lists that pages offer: districts and rules that may be cited.

use crate::i18n::Lang;
use crate::pages::Choice;

/// Districts of some large cities (GB/T 2260, as of 2025). Reports from elsewhere are taken by phone
/// or through the API with any code of six digits.
const COUNTIES: &[(&str, &[(&str, &str)])] = &[
    (
        "北京市",
        &[
            ("110101", "东城区"),
            ("110102", "西城区"),
            ("110105", "朝阳区"),
            ("110106", "丰台区"),
            ("110107", "石景山区"),
            ("110108", "海淀区"),
            ("110112", "通州区"),
            ("110114", "昌平区"),
            ("110115", "大兴区"),
        ],
    ),
    (
        "上海市",
        &[
            ("310101", "黄浦区"),
            ("310104", "徐汇区"),
            ("310105", "长宁区"),
            ("310106", "静安区"),
            ("310107", "普陀区"),
            ("310109", "虹口区"),
            ("310110", "杨浦区"),
            ("310112", "闵行区"),
            ("310115", "浦东新区"),
        ],
    ),
    (
        "杭州市",
        &[
            ("330102", "上城区"),
            ("330105", "拱墅区"),
            ("330106", "西湖区"),
            ("330108", "滨江区"),
            ("330109", "萧山区"),
            ("330110", "余杭区"),
            ("330111", "富阳区"),
            ("330112", "临安区"),
            ("330113", "临平区"),
            ("330114", "钱塘区"),
            ("330122", "桐庐县"),
            ("330127", "淳安县"),
            ("330182", "建德市"),
        ],
    ),
    (
        "武汉市",
        &[
            ("420102", "江岸区"),
            ("420103", "江汉区"),
            ("420104", "硚口区"),
            ("420105", "汉阳区"),
            ("420106", "武昌区"),
            ("420111", "洪山区"),
        ],
    ),
    (
        "广州市",
        &[
            ("440103", "荔湾区"),
            ("440104", "越秀区"),
            ("440105", "海珠区"),
            ("440106", "天河区"),
            ("440111", "白云区"),
            ("440112", "黄埔区"),
            ("440113", "番禺区"),
        ],
    ),
    (
        "深圳市",
        &[
            ("440303", "罗湖区"),
            ("440304", "福田区"),
            ("440305", "南山区"),
            ("440306", "宝安区"),
            ("440307", "龙岗区"),
        ],
    ),
    (
        "成都市",
        &[
            ("510104", "锦江区"),
            ("510105", "青羊区"),
            ("510106", "金牛区"),
            ("510107", "武侯区"),
            ("510108", "成华区"),
        ],
    ),
];

/// Rules a reviewer may cite: name, version, what it says in both languages.
const RULES: &[(&str, &str, &str, &str)] = &[
    (
        "消费者权益保护法 第二十三条",
        "2013",
        "耐用商品六个月内的瑕疵，由经营者举证",
        "Defects of durable goods within six months: the seller bears the burden of proof",
    ),
    (
        "消费者权益保护法 第二十四条",
        "2013",
        "不符合质量要求的，退货、更换或者修理",
        "Goods below the agreed quality: return, exchange or repair",
    ),
    (
        "消费者权益保护法 第二十五条",
        "2013",
        "网络购物七日无理由退货",
        "Online purchases: return within seven days without a reason",
    ),
    (
        "产品质量法 第四十条",
        "2018",
        "不符合说明或样品的，修理、更换、退货并赔偿",
        "Goods not as described: repair, exchange, return and compensation",
    ),
];

/// Districts to choose from.
#[must_use]
pub fn counties() -> Vec<Choice> {
    COUNTIES
        .iter()
        .flat_map(|(city, counties)| {
            counties
                .iter()
                .map(move |(code, name)| Choice::new(*code, format!("{city} {name}")))
        })
        .collect()
}

/// Rules to choose from.
#[must_use]
pub fn rules(lang: Lang) -> Vec<Choice> {
    RULES
        .iter()
        .map(|(rule, version, zh, en)| {
            Choice::new(
                format!("{rule}|{version}"),
                format!("{rule} — {}", lang.pick(zh, en)),
            )
        })
        .collect()
}
