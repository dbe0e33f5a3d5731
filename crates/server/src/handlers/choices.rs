//! Short lists that pages offer: counties that an address leaves open, and rules that may be cited.

use crate::http::state::Server;
use crate::i18n::Lang;
use crate::pages::field::Times;
use crate::pages::{Choice, FormState, Shell};
use aftercare_app::places::COUNTY_TO_ASK;
use aftercare_app::views::CaseDetail;
use aftercare_app::{App, AppError, Principal};

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

/// Times to which the visits of a case can move, where the reader may move them or ask for it.
pub async fn times(
    server: &Server,
    principal: &Principal,
    case: &CaseDetail,
    shell: &Shell,
) -> Result<Times, AppError> {
    let mut times = Vec::new();
    for offer in &case.actions {
        let moves = matches!(offer.action.as_str(), "schedule" | "propose_times");
        let Some(work_order) = offer.work_order.filter(|_| moves) else {
            continue;
        };
        let app = server.app();
        let slots = app.visit_times(principal, case.id, work_order).await?.slots;
        let choices = slots.iter().map(|slot| {
            let value = format!("{}-{}", slot.from.0, slot.until.0);
            Choice::new(value, shell.span(&slot.from, &slot.until))
        });
        times.push((work_order, choices.collect()));
    }
    Ok(Times(times))
}

/// Counties to choose from when the address of a form leaves its county open, and that we may call about it. None
/// before that: an address tells its county.
#[must_use]
pub fn counties(app: &App, form: &FormState, lang: Lang) -> Vec<Choice> {
    if form.error("county").is_none() && form.value("county").is_empty() {
        return Vec::new();
    }
    let mut choices: Vec<Choice> = app
        .read_address(form.value("address"))
        .choices
        .into_iter()
        .map(|place| Choice::new(place.county, place.name))
        .collect();
    let chosen = form.value("county");
    if chosen != COUNTY_TO_ASK
        && !choices.iter().any(|choice| choice.value == chosen)
        && let Some(name) = app.division_name(chosen)
    {
        choices.push(Choice::new(chosen, name));
    }
    choices.push(Choice::new(
        COUNTY_TO_ASK,
        lang.pick("由客服电话核对", "Call me about it"),
    ));
    choices
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
