//! What a pack has to be before it can be published. Every problem is told at once, each with the
//! name of its rule.

use super::{CITES_PACK, Effect, Granter, Predicate, Rule, RulePack};
use crate::clock::ClockName;
use crate::event::ClaimReason;
use crate::law::{LawPack, Standing};
use crate::limits::{
    LAW_WORDS_CHARS_MAX, PACK_RULES_MAX, PREDICATES_PER_RULE_MAX, SHORT_TEXT_CHARS_MAX,
};
use crate::money::Fen;
use crate::pack::EvidenceAsked;
use crate::refused::Refused;
use std::collections::BTreeSet;

/// The rules by which a pack is refused, beside those of its clocks.
pub const RULES: &[&str] = &[
    "pack_form",
    "pack_too_large",
    "pack_id_not_valid",
    "pack_dates_not_valid",
    "pack_notice_too_short",
    "pack_rule_id_not_valid",
    "pack_rule_id_taken",
    "pack_rule_empty",
    "pack_rule_without_law",
    "pack_law_not_in_force",
    "pack_law_unverified",
    "pack_predicate_unknown",
    "pack_effect_unknown",
    "pack_predicate_not_valid",
    "pack_effect_not_valid",
    "pack_reads_nothing_found",
    "pack_accusation_grants",
    "pack_forced_refund_only",
    "pack_history_beyond_routing",
    "pack_window_not_valid",
    "pack_retention_not_valid",
];

/// The most that can be sampled: all.
const PERMILLE_MAX: u16 = 1_000;

pub(super) struct Problems<'a> {
    pub(super) pack: &'a str,
    pub(super) found: Vec<Refused>,
}

impl Problems<'_> {
    /// A problem of a rule, by its name.
    pub(super) fn rule(&mut self, rule: &'static str, id: &str, zh: &str, en: &str) {
        self.found.push(Refused::new(
            rule,
            format!("规则包“{}”的规则“{id}”：{zh}", self.pack),
            format!("Rule `{id}` of the pack `{}`: {en}", self.pack),
        ));
    }

    /// A problem of the whole pack.
    pub(super) fn whole(&mut self, rule: &'static str, zh: &str, en: &str) {
        self.found.push(Refused::new(
            rule,
            format!("规则包“{}”：{zh}", self.pack),
            format!("The pack `{}`: {en}", self.pack),
        ));
    }
}

/// Whether a text is a name within a pack, of a rule or of a group of reviewers: lower case letters, digits, `-` and `_`.
#[must_use]
pub fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text.chars().count() <= SHORT_TEXT_CHARS_MAX
        && text.bytes().all(|byte| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-')
        })
}

impl RulePack {
    /// Checks a pack against the law that it rests on.
    ///
    /// # Errors
    /// Everything that is wrong: by a rule of [`RULES`], or of its clocks
    /// ([`crate::rules::Rules::validate`]).
    pub fn check(&self, law: &LawPack) -> Result<(), Vec<Refused>> {
        let mut problems = Problems {
            pack: self.id(),
            found: Vec::new(),
        };
        if let Err(wrong) = self.clocks.validate() {
            problems.found.extend(wrong);
        }
        if !is_name(self.id()) || self.version().chars().count() > SHORT_TEXT_CHARS_MAX {
            problems.whole(
                "pack_id_not_valid",
                "编号只用小写字母、数字、下划线和连字符，版本不能太长。",
                "its id has lower-case letters, digits, underscores and hyphens, and its version is short.",
            );
        }
        if self.rules.len() > PACK_RULES_MAX {
            problems.whole(
                "pack_too_large",
                &format!("规则超过 {PACK_RULES_MAX} 条。"),
                &format!("it has more than {PACK_RULES_MAX} rules."),
            );
            return Err(problems.found);
        }
        self.check_dates(&mut problems);
        self.retention.check(&mut problems);
        let mut seen = BTreeSet::new();
        for rule in &self.rules {
            let clock = ClockName::ALL.iter().any(|clock| clock.name() == rule.id);
            if !is_name(&rule.id) {
                problems.rule(
                    "pack_rule_id_not_valid",
                    &rule.id,
                    "名称只用小写字母、数字、下划线和连字符。",
                    "its name has lower-case letters, digits, underscores and hyphens.",
                );
            }
            if clock || !seen.insert(rule.id.as_str()) {
                problems.rule(
                    "pack_rule_id_taken",
                    &rule.id,
                    "名称与另一条规则或者时限相同。",
                    "another rule or a clock has its name.",
                );
            }
            self.check_law(rule, law, &mut problems);
            check_form(rule, &mut problems);
            check_sense(rule, &mut problems);
            self.check_windows(rule, &mut problems);
        }
        if problems.found.is_empty() {
            Ok(())
        } else {
            Err(problems.found)
        }
    }

    fn check_dates(&self, problems: &mut Problems<'_>) {
        match (self.dates.published, self.dates.effective) {
            (None, None) => {}
            (Some(published), Some(effective)) => {
                let earliest = self.dates.notice.earliest_effect(published);
                if effective < earliest {
                    let days = self.dates.notice.days();
                    problems.whole(
                        "pack_notice_too_short",
                        &format!("公示至少 {days} 天，公示当日不算，最早 {earliest} 生效。"),
                        &format!(
                            "it needs {days} days of public notice, the day of publication not counted: it takes effect on {earliest} at the earliest."
                        ),
                    );
                }
            }
            _ => problems.whole(
                "pack_dates_not_valid",
                "公示日和生效日要么都有，要么都没有（草案）。",
                "it has both a day of publication and a day of effect, or neither (a draft).",
            ),
        }
    }

    /// A rule rests on law that is in force when the pack takes effect.
    fn check_law(&self, rule: &Rule, law: &LawPack, problems: &mut Problems<'_>) {
        if rule.cites.is_empty() {
            problems.rule(
                "pack_rule_without_law",
                &rule.id,
                "没有引用法律依据（cites）。",
                "it cites no law.",
            );
        }
        for cited in &rule.cites {
            let Some(row) = law.row(cited) else {
                problems.rule(
                    "pack_law_not_in_force",
                    &rule.id,
                    &format!("法律包中没有“{cited}”。"),
                    &format!("the law pack has no row `{cited}`."),
                );
                continue;
            };
            let standing = self
                .dates
                .effective
                .map(|effective| row.validity.standing(effective));
            if matches!(standing, Some(Standing::NotYet | Standing::Over)) {
                problems.rule(
                    "pack_law_not_in_force",
                    &rule.id,
                    &format!("“{cited}”在规则包生效日不是现行规定。"),
                    &format!("`{cited}` is not the law on the day that the pack takes effect."),
                );
            }
        }
    }

    /// A widened clock is wider than the pack's, and within the limits of clocks.
    fn check_windows(&self, rule: &Rule, problems: &mut Problems<'_>) {
        for effect in &rule.then {
            let Effect::Widen(clock, ms) = effect else {
                continue;
            };
            let mut clocks = self.clocks.clone();
            clocks.widen(*clock, *ms);
            let (before, _) = self.clocks.allowance(*clock, false);
            if *ms <= before || clocks.validate().is_err() {
                problems.rule(
                    "pack_window_not_valid",
                    &rule.id,
                    &format!("{} 只能在上限之内延长，不能缩短。", clock.name()),
                    &format!(
                        "`{}` can only be widened, within its ceiling, and never shortened.",
                        clock.name()
                    ),
                );
            }
        }
    }
}

fn check_form(rule: &Rule, problems: &mut Problems<'_>) {
    let fits = |text: &str| (1..=LAW_WORDS_CHARS_MAX).contains(&text.trim().chars().count());
    if rule.then.is_empty() || !fits(&rule.why.zh) || !fits(&rule.why.en) {
        problems.rule(
            "pack_rule_empty",
            &rule.id,
            "要有至少一个结果，以及中文和英文的理由。",
            "it needs an effect, and its reason in Chinese and in English.",
        );
    }
    let kinds: BTreeSet<&str> = rule.when.iter().map(Predicate::name).collect();
    if kinds.len() != rule.when.len() || rule.when.len() > PREDICATES_PER_RULE_MAX {
        problems.rule(
            "pack_predicate_not_valid",
            &rule.id,
            "同一种条件只能出现一次。",
            "each kind of condition stands once.",
        );
    }
    for predicate in &rule.when {
        let valid = match predicate {
            Predicate::ReasonIs(reasons) => !reasons.is_empty(),
            Predicate::AskIs(asks) => !asks.is_empty(),
            Predicate::CategoryIs(categories) => {
                !categories.is_empty()
                    && categories.iter().all(|category| {
                        (1..=SHORT_TEXT_CHARS_MAX).contains(&category.trim().chars().count())
                    })
            }
            Predicate::AmountAtMost(amount) => *amount > Fen::ZERO,
            Predicate::AmountAbove(amount) => *amount >= Fen::ZERO,
            Predicate::FiledWithin(ms) | Predicate::FiledAfter(ms) => *ms > 0,
            Predicate::Shown(evidence) => !evidence.is_empty(),
            Predicate::RejectedBefore(count) | Predicate::GrantedBefore(count) => *count > 0,
            Predicate::Perishable(_)
            | Predicate::Accused
            | Predicate::Statutory(_)
            | Predicate::OnAppeal => true,
        };
        if !valid {
            problems.rule(
                "pack_predicate_not_valid",
                &rule.id,
                &format!("条件 {} 是空的或者不是正数。", predicate.name()),
                &format!(
                    "its condition `{}` is empty or not above nothing.",
                    predicate.name()
                ),
            );
        }
    }
    for effect in &rule.then {
        let valid = match effect {
            Effect::WithoutReturn { cap, .. } => cap.is_none_or(|cap| cap > Fen::ZERO),
            Effect::Ask(evidence) => !evidence.is_empty(),
            Effect::Reviewers(group) => is_name(group),
            Effect::Sample(permille) => (1..=PERMILLE_MAX).contains(permille),
            Effect::ReturnFirst
            | Effect::FirstLook
            | Effect::SecondReviewer
            | Effect::Widen(..) => true,
        };
        if !valid {
            problems.rule(
                "pack_effect_not_valid",
                &rule.id,
                &format!("结果 {} 的取值不对。", effect.name()),
                &format!("the value of its effect `{}` is not valid.", effect.name()),
            );
        }
    }
}

/// A rule gives nothing for an accusation, lets a reviewer give goods away only where nothing can go
/// back, and uses history only to route and to ask.
fn check_sense(rule: &Rule, problems: &mut Problems<'_>) {
    let grants = |by: Option<Granter>| {
        rule.then.iter().any(|effect| match effect {
            Effect::WithoutReturn { by: granter, .. } => by.is_none_or(|by| by == *granter),
            _ => false,
        })
    };
    let accused = rule.when.contains(&Predicate::Accused);
    if accused && grants(None) {
        problems.rule(
            "pack_accusation_grants",
            &rule.id,
            "检查结果提示可能有问题时，不得放宽退款条件。",
            "a finding that accuses may not open a refund.",
        );
    }
    if grants(Some(Granter::Reviewer)) && !rule.when.iter().any(cannot_go_back) {
        problems.rule(
            "pack_forced_refund_only",
            &rule.id,
            "强迫商家退款不退货是被禁止的：由审核员决定的，须是鲜活易腐、变质、少件或者已有销毁证明；否则只能由商家自愿。",
            "forcing a refund without return on merchants is banned: a reviewer may grant it only for goods that spoil, are spoiled or missing, or with proof of destruction; otherwise by = \"merchant\".",
        );
    }
    let history = rule.when.iter().any(|predicate| {
        matches!(
            predicate,
            Predicate::RejectedBefore(_) | Predicate::GrantedBefore(_)
        )
    });
    let beyond = rule.then.iter().any(|effect| {
        !matches!(
            effect,
            Effect::Ask(_)
                | Effect::ReturnFirst
                | Effect::FirstLook
                | Effect::SecondReviewer
                | Effect::Reviewers(_)
                | Effect::Sample(_)
        )
    });
    if history && beyond {
        problems.rule(
            "pack_history_beyond_routing",
            &rule.id,
            "以往结果只能用来安排审核、要求更多证据或者先退货。",
            "earlier outcomes may only route, ask for more evidence, or ask for the goods first.",
        );
    }
}

/// Whether a condition means that nothing useful can go back.
fn cannot_go_back(predicate: &Predicate) -> bool {
    match predicate {
        Predicate::Perishable(perishable) => *perishable,
        Predicate::ReasonIs(reasons) => reasons
            .iter()
            .all(|reason| matches!(reason, ClaimReason::Missing | ClaimReason::Spoiled)),
        Predicate::Shown(evidence) => evidence.contains(EvidenceAsked::DestructionProof),
        _ => false,
    }
}

/// The part of a citation behind `pack:`, as id and rule.
pub(super) fn cited_rule(citation: &str) -> Option<(&str, &str)> {
    citation.strip_prefix(CITES_PACK)?.split_once('/')
}
