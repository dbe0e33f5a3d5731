//! Short lists that pages offer: districts and rules that may be cited.

use crate::i18n::Lang;
use crate::pages::Choice;

/// Every district and county of some large cities: 行政区划代码 (GB/T 2260, published by the Ministry of
/// Civil Affairs) as of the end of 2024, compared code by code with the yearly list of
/// yescallop/areacodes (CC0-1.0); none of them changed until November 2026. Reports from elsewhere
/// are taken through the API with any code of six digits.
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
            ("110109", "门头沟区"),
            ("110111", "房山区"),
            ("110112", "通州区"),
            ("110113", "顺义区"),
            ("110114", "昌平区"),
            ("110115", "大兴区"),
            ("110116", "怀柔区"),
            ("110117", "平谷区"),
            ("110118", "密云区"),
            ("110119", "延庆区"),
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
            ("310113", "宝山区"),
            ("310114", "嘉定区"),
            ("310115", "浦东新区"),
            ("310116", "金山区"),
            ("310117", "松江区"),
            ("310118", "青浦区"),
            ("310120", "奉贤区"),
            ("310151", "崇明区"),
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
            ("420107", "青山区"),
            ("420111", "洪山区"),
            ("420112", "东西湖区"),
            ("420113", "汉南区"),
            ("420114", "蔡甸区"),
            ("420115", "江夏区"),
            ("420116", "黄陂区"),
            ("420117", "新洲区"),
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
            ("440114", "花都区"),
            ("440115", "南沙区"),
            ("440117", "从化区"),
            ("440118", "增城区"),
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
            ("440308", "盐田区"),
            ("440309", "龙华区"),
            ("440310", "坪山区"),
            ("440311", "光明区"),
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
            ("510112", "龙泉驿区"),
            ("510113", "青白江区"),
            ("510114", "新都区"),
            ("510115", "温江区"),
            ("510116", "双流区"),
            ("510117", "郫都区"),
            ("510118", "新津区"),
            ("510121", "金堂县"),
            ("510129", "大邑县"),
            ("510131", "蒲江县"),
            ("510181", "都江堰市"),
            ("510182", "彭州市"),
            ("510183", "邛崃市"),
            ("510184", "崇州市"),
            ("510185", "简阳市"),
        ],
    ),
];

/// Rules a reviewer may cite: name, version, what it says in both languages, in our own words. Each
/// was read in the text of the law; an article that could not be read there is not offered. The
/// version is the year of the amendment, or the day it came into force.
const RULES: &[(&str, &str, &str, &str)] = &[
    (
        "消费者权益保护法 第二十三条第三款",
        "2013",
        "机动车、电脑、电视、冰箱、空调、洗衣机等耐用品和装修，半年内发现瑕疵的，由商家举证",
        "For durables (cars, computers, TVs, fridges, air conditioners, washers) and decoration, the trader proves for defects found within 6 months",
    ),
    (
        "消费者权益保护法 第二十四条",
        "2013",
        "质量不合格：有国家规定或约定的按其办；都没有的，收货 7 日内可退，7 日后够解除条件可退，否则换修；运费由商家出",
        "Poor quality: state rule or agreement first; otherwise return within 7 days of receipt, later if termination conditions are met, else exchange or repair; the trader pays transport",
    ),
    (
        "消费者权益保护法 第二十五条",
        "2013",
        "网购等自收货 7 日内可无理由退；定作、鲜活易腐、已拆封或在线下载的数字商品、报刊除外，以及性质不宜退且购买时确认的",
        "Remote sale: 7 days to return without a reason from receipt; not for made-to-order, perishable, opened or downloaded digital goods, newspapers, nor goods unsuitable by nature and confirmed at purchase",
    ),
    (
        "消费者权益保护法实施条例 第十九条",
        "2024-07-01",
        "为查验拆包、合理调试仍可退；不得擅自扩大不可退范围；消费者也须诚信",
        "Opening and reasonable testing still returnable; no widening of exclusions; consumers must act in good faith",
    ),
    (
        "电子商务法 第六十二条",
        "2019-01-01",
        "争议中商家须拿出原始合同和交易记录；丢失、伪造、篡改、隐匿致查不清的要担责",
        "Traders must produce the original contract and records; loss, forgery, tampering or hiding that blocks fact-finding brings liability",
    ),
    (
        "民法典 第五百七十七条、第五百八十二条",
        "2021-01-01",
        "交付不合约定，买方可按标的性质和损失大小合理选择修理、重作、更换、退货或减价，并可要求赔偿",
        "On non-conforming performance the injured side may reasonably choose repair, redo, replacement, return or price cut, plus damages",
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
