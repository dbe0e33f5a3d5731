//! Reads a pack from TOML. What a file says is first looked at as it stands, so that a rule that
//! reads "nothing was found" is refused by its name and told why, and only then typed.

use super::check::Problems;
use super::retention::{Retention, whole_days};
use super::{
    Ask, Dates, Effect, EvidenceAsked, EvidenceSet, Granter, Notice, Predicate, Rule, RulePack,
};
use crate::clock::ClockName;
use crate::day::Day;
use crate::event::ClaimReason;
use crate::law::LawPack;
use crate::limits::LAW_TEXT_BYTES_MAX;
use crate::money::Fen;
use crate::refused::Refused;
use crate::rules::Rules;
use crate::time::{DAY_MS, HOUR_MS, MINUTE_MS};
use crate::words::Words;
use serde::Deserialize;
use toml::{Table, Value};

/// Names under which a rule might try to read that nothing was found: the neutral codes of findings
/// and the words that people use for it.
const NOTHING_FOUND: [&str; 22] = [
    "annotation",
    "authentic",
    "cannot_tell",
    "clear",
    "finding",
    "findings",
    "genuine",
    "honest",
    "known_tables",
    "low_quality",
    "no_finding",
    "no_findings",
    "not_accused",
    "not_decoded",
    "nothing_found",
    "passed",
    "same_flat_surface",
    "same_item_new_photo",
    "same_place",
    "unrelated",
    "verdict",
    "verified_photo",
];
/// Every condition, for the message that a name is none of them.
const PREDICATES: &str = "reason, ask, amount_at_most, amount_above, category, perishable, filed_within, filed_after, shown, accused, rejected_before, granted_before, statutory, on_appeal";
/// Every effect, likewise.
const EFFECTS: &str = "without_return, return_first, ask, first_look, second_reviewer, reviewers, sample_permille, widen";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPack {
    id: String,
    version: String,
    title_zh: String,
    title_en: String,
    dates: RawDates,
    #[serde(default)]
    clocks: Table,
    #[serde(default)]
    retention: Table,
    #[serde(default)]
    rule: Vec<RawRule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDates {
    notice: RawNotice,
    published: Option<Day>,
    effective: Option<Day>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum RawNotice {
    First,
    Ordinary,
    Major,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRule {
    id: String,
    zh: String,
    en: String,
    #[serde(default)]
    when: Table,
    #[serde(default)]
    then: Table,
    #[serde(default)]
    cites: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawWithoutReturn {
    by: RawGranter,
    cap: Option<Value>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum RawGranter {
    Merchant,
    Reviewer,
}

impl RulePack {
    /// Reads a pack and checks it against the law that it rests on.
    ///
    /// # Errors
    /// Everything that is wrong, by the rules of [`super::RULES`] and those of clocks.
    pub fn read(text: &str, law: &LawPack) -> Result<Self, Vec<Refused>> {
        let mut problems = Problems {
            pack: "",
            found: Vec::new(),
        };
        if text.len() > LAW_TEXT_BYTES_MAX {
            problems.whole(
                "pack_too_large",
                &format!("文件超过 {LAW_TEXT_BYTES_MAX} 字节。"),
                &format!("it is larger than {LAW_TEXT_BYTES_MAX} bytes."),
            );
            return Err(problems.found);
        }
        let raw: RawPack = match toml::from_str(text) {
            Ok(raw) => raw,
            Err(error) => {
                problems.whole(
                    "pack_form",
                    &format!("格式不对：{error}"),
                    &format!("its form is wrong: {error}"),
                );
                return Err(problems.found);
            }
        };
        let mut problems = Problems {
            pack: &raw.id,
            found: Vec::new(),
        };
        let clocks = clocks(&raw, &mut problems);
        let retention = retention(&raw, &mut problems);
        let rules = raw
            .rule
            .iter()
            .map(|rule| typed(rule, &mut problems))
            .collect();
        let pack = Self {
            title: Words::new(raw.title_zh.as_str(), raw.title_en.as_str()),
            dates: Dates {
                notice: match raw.dates.notice {
                    RawNotice::First => Notice::First,
                    RawNotice::Ordinary => Notice::Ordinary,
                    RawNotice::Major => Notice::Major,
                },
                published: raw.dates.published,
                effective: raw.dates.effective,
            },
            clocks,
            retention,
            rules,
        };
        let mut found = problems.found;
        if let Err(wrong) = pack.check(law) {
            found.extend(wrong);
        }
        if found.is_empty() {
            Ok(pack)
        } else {
            Err(found)
        }
    }
}

/// A length of time such as `48 h`, `30 min` or `7 d`, in milliseconds.
fn span(value: &Value) -> Option<i64> {
    let (count, unit) = value.as_str()?.trim().split_once(' ')?;
    let unit_ms = match unit.trim() {
        "min" => MINUTE_MS,
        "h" => HOUR_MS,
        "d" => DAY_MS,
        _ => return None,
    };
    let digits = !count.is_empty() && count.bytes().all(|byte| byte.is_ascii_digit());
    if !digits {
        return None;
    }
    count.parse::<i64>().ok()?.checked_mul(unit_ms)
}

/// An amount in yuan, as text or as a whole number.
fn yuan(value: &Value) -> Option<Fen> {
    match value {
        Value::String(text) => Fen::from_yuan(text).ok(),
        Value::Integer(whole) if *whole >= 0 => whole.checked_mul(100).map(Fen),
        _ => None,
    }
}

/// The clocks of a pack: what it leaves out is as in [`Rules::default`].
fn clocks(raw: &RawPack, problems: &mut Problems<'_>) -> Rules {
    let mut table = Table::new();
    for (name, value) in &raw.clocks {
        if name == "offers_at_once" {
            // How many technicians share the clock of an offer: a number, not a time.
            table.insert(name.clone(), value.clone());
            continue;
        }
        match span(value) {
            Some(ms) => {
                table.insert(format!("{name}_ms"), Value::Integer(ms));
            }
            None => problems.whole(
                "pack_form",
                &format!("时限 {name} 须写成 \"48 h\"、\"30 min\" 或 \"7 d\"。"),
                &format!("write the clock `{name}` as \"48 h\", \"30 min\" or \"7 d\"."),
            ),
        }
    }
    table.insert("id".to_owned(), Value::String(raw.id.clone()));
    table.insert("version".to_owned(), Value::String(raw.version.clone()));
    match Value::Table(table).try_into() {
        Ok(rules) => rules,
        Err(error) => {
            problems.whole(
                "pack_form",
                &format!("没有这样的时限：{error}"),
                &format!("there is no such clock: {error}"),
            );
            Rules {
                id: raw.id.clone(),
                version: raw.version.clone(),
                ..Rules::default()
            }
        }
    }
}

/// The periods of a pack: what it leaves out is as in [`Retention::default`].
fn retention(raw: &RawPack, problems: &mut Problems<'_>) -> Retention {
    let mut retention = Retention::default();
    for (name, value) in &raw.retention {
        let is_put = span(value)
            .and_then(whole_days)
            .is_some_and(|days| retention.put(name, days));
        if !is_put {
            problems.whole(
                "pack_form",
                &format!("保存期限 {name} 不对：只有 contact、clips、photos、texts、claimant、merchant 和 technician，写成整天数，例如 \"90 d\"。"),
                &format!("the period `{name}` is not valid: there are `contact`, `clips`, `photos`, `texts`, `claimant`, `merchant` and `technician`, in whole days such as \"90 d\"."),
            );
        }
    }
    retention
}

/// Whether a condition tries to read that nothing was found.
fn reads_nothing_found(name: &str, value: &Value) -> bool {
    let named = |text: &str| NOTHING_FOUND.contains(&text);
    let within = |value: &Value| match value {
        Value::String(text) => named(text),
        Value::Array(values) => values.iter().filter_map(Value::as_str).any(named),
        Value::Table(table) => table
            .iter()
            .any(|(key, value)| named(key) || value.as_str().is_some_and(named)),
        _ => false,
    };
    // The name of a category is the shop's own word and is not read as a finding.
    named(name)
        || (name == "accused" && value.as_bool() != Some(true))
        || name == "not"
        || (name != "category" && within(value))
}

fn typed(raw: &RawRule, problems: &mut Problems<'_>) -> Rule {
    let mut when = Vec::new();
    for (name, value) in &raw.when {
        if reads_nothing_found(name, value) {
            problems.rule(
                "pack_reads_nothing_found",
                &raw.id,
                &format!("条件 {name} 把“没有发现问题”当作依据。没有发现问题不能证明任何事，规则不能读取；只有 accused = true（检查结果提示有问题）可以用来安排人工查看。"),
                &format!("its condition `{name}` reads that nothing was found. That proves nothing, and no rule may read it; only accused = true (a check points to a problem) may bring a human."),
            );
            continue;
        }
        match predicate(name, value) {
            Ok(predicate) => when.push(predicate),
            Err(true) => problems.rule(
                "pack_predicate_not_valid",
                &raw.id,
                &format!("条件 {name} 的取值不对：{value}"),
                &format!("the value of its condition `{name}` is not valid: {value}"),
            ),
            Err(false) => problems.rule(
                "pack_predicate_unknown",
                &raw.id,
                &format!("没有“{name}”这种条件，可用的有：{PREDICATES}"),
                &format!("there is no condition `{name}`; there are: {PREDICATES}"),
            ),
        }
    }
    let mut then = Vec::new();
    for (name, value) in &raw.then {
        match effects(name, value) {
            Ok(effects) => then.extend(effects),
            Err(true) => problems.rule(
                "pack_effect_not_valid",
                &raw.id,
                &format!("结果 {name} 的取值不对：{value}"),
                &format!("the value of its effect `{name}` is not valid: {value}"),
            ),
            Err(false) => problems.rule(
                "pack_effect_unknown",
                &raw.id,
                &format!("没有“{name}”这种结果，可用的有：{EFFECTS}"),
                &format!("there is no effect `{name}`; there are: {EFFECTS}"),
            ),
        }
    }
    Rule {
        id: raw.id.clone(),
        why: Words::new(raw.zh.as_str(), raw.en.as_str()),
        when,
        then,
        cites: raw.cites.clone(),
    }
}

/// Values of a closed list by their names.
fn list<T: serde::de::DeserializeOwned>(value: &Value) -> Option<Vec<T>> {
    value
        .as_array()?
        .iter()
        .map(|one| T::deserialize(one.clone()).ok())
        .collect()
}

fn count(value: &Value) -> Option<u32> {
    u32::try_from(value.as_integer()?).ok()
}

/// A condition; `Err(true)` if its value is not valid, `Err(false)` if there is none of that name.
fn predicate(name: &str, value: &Value) -> Result<Predicate, bool> {
    let only_true = |predicate: Predicate| (value.as_bool() == Some(true)).then_some(predicate);
    match name {
        "reason" => list::<ClaimReason>(value).map(Predicate::ReasonIs),
        "ask" => list::<Ask>(value).map(Predicate::AskIs),
        "amount_at_most" => yuan(value).map(Predicate::AmountAtMost),
        "amount_above" => yuan(value).map(Predicate::AmountAbove),
        "category" => list::<String>(value).map(Predicate::CategoryIs),
        "perishable" => value.as_bool().map(Predicate::Perishable),
        "filed_within" => span(value).map(Predicate::FiledWithin),
        "filed_after" => span(value).map(Predicate::FiledAfter),
        "shown" => evidence(value).map(Predicate::Shown),
        "accused" => only_true(Predicate::Accused),
        "rejected_before" => count(value).map(Predicate::RejectedBefore),
        "granted_before" => count(value).map(Predicate::GrantedBefore),
        "statutory" => value.as_bool().map(Predicate::Statutory),
        "on_appeal" => only_true(Predicate::OnAppeal),
        _ => return Err(false),
    }
    .ok_or(true)
}

fn evidence(value: &Value) -> Option<EvidenceSet> {
    list::<EvidenceAsked>(value).map(|kinds| kinds.into_iter().collect())
}

/// The effects of one entry; the error as for [`predicate`].
fn effects(name: &str, value: &Value) -> Result<Vec<Effect>, bool> {
    let only_true = |effect: Effect| (value.as_bool() == Some(true)).then(|| vec![effect]);
    match name {
        "without_return" => without_return(value).map(|effect| vec![effect]),
        "return_first" => only_true(Effect::ReturnFirst),
        "ask" => evidence(value).map(|evidence| vec![Effect::Ask(evidence)]),
        "first_look" => only_true(Effect::FirstLook),
        "second_reviewer" => only_true(Effect::SecondReviewer),
        "reviewers" => value
            .as_str()
            .map(|group| vec![Effect::Reviewers(group.to_owned())]),
        "sample_permille" => count(value)
            .and_then(|permille| u16::try_from(permille).ok())
            .map(|permille| vec![Effect::Sample(permille)]),
        "widen" => value.as_table().and_then(|clocks| {
            clocks
                .iter()
                .map(|(clock, value)| {
                    let clock = ClockName::ALL
                        .into_iter()
                        .find(|known| known.name() == clock)?;
                    Some(Effect::Widen(clock, span(value)?))
                })
                .collect()
        }),
        _ => return Err(false),
    }
    .ok_or(true)
}

fn without_return(value: &Value) -> Option<Effect> {
    let raw = RawWithoutReturn::deserialize(value.clone()).ok()?;
    let cap = match &raw.cap {
        Some(cap) => Some(yuan(cap)?),
        None => None,
    };
    Some(Effect::WithoutReturn {
        by: match raw.by {
            RawGranter::Merchant => Granter::Merchant,
            RawGranter::Reviewer => Granter::Reviewer,
        },
        cap,
    })
}
