//! The helper without any model: it finds among the texts of the desk those that have words of what the customer wrote last, and of
//! what the case waits for. Nothing leaves this machine.

use super::question::{Assistant, Draft, NoDraft, Parcel, Question, Ready, is_han};
use crate::limits::{DRAFT_ASKED_LINES, DRAFTS_MAX};
use async_trait::async_trait;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// Finds drafts among the texts of the desk.
#[derive(Clone, Copy, Debug, Default)]
pub struct BuiltIn;

/// Whoever asks when something happens has one of these.
const ASKS_WHEN: &str = "几点|什么时候|啥时候|何时|多久|哪天|今天|明天|还来|来吗|到哪|when|time|long|today|tomorrow|coming|arrive";

/// Words about what a case in this state, or with this clock, waits for.
pub(super) fn topic(name: &str) -> &'static str {
    match name {
        "requested" | "verified" | "offered" | "response" => "安排师傅 接单 technician",
        "accepted" | "scheduled" | "en_route" | "scheduling" | "arrival" => {
            "上门时间 师傅 visit technician"
        }
        "quote_pending" | "quote_consent" => "报价 费用 价格 quote price",
        "waiting_for_parts" | "parts" => "配件 到货 parts",
        "done" | "confirmation" => "确认 修好 confirm",
        "under_warranty" => "保修 质保 warranty",
        "merchant_window" | "merchant_answer" | "settlement_answer" => "商家 回复 merchant",
        "evidence_round" | "new_photo" => "补充 照片 说明 photo",
        "human_review" | "review" | "second_review" => "审核 review",
        "return_shipping" | "return_inspection" => "寄回 退货 return",
        "agreed" | "final" | "execution" => "到账 退款 refund",
        _ => "",
    }
}

/// Words of a text: those of letters and digits, and of Chinese each two characters that stand together.
fn words(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for run in text.split(|c: char| !c.is_alphanumeric()) {
        let mut latin = String::new();
        let mut before = None;
        for c in run.chars() {
            if is_han(c) {
                found.insert(std::mem::take(&mut latin));
                found.extend(before.map(|first: char| [first, c].iter().collect::<String>()));
                before = Some(c);
            } else {
                latin.extend(c.to_lowercase());
                before = None;
            }
        }
        found.insert(latin);
    }
    found.retain(|word| word.chars().count() > 1);
    found
}

/// How well each text fits, those that have nothing in common left out.
pub(super) fn ranked(question: &Question) -> Vec<&Ready> {
    let lang = question.lang();
    let asked = words(&question.asked(DRAFT_ASKED_LINES).join("\n"));
    let clock = question.due.as_ref().map_or("", |(name, _)| name.as_str());
    let waits = words(&format!("{} {}", topic(&question.state), topic(clock)));
    let texts = question.ready.iter().filter(|ready| ready.lang == lang);
    let texts: Vec<(&Ready, BTreeSet<String>, BTreeSet<String>)> = texts
        .map(|ready| (ready, words(&ready.title), words(&ready.text)))
        .collect();
    // What stands in most texts says little about any of them.
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for (_, title, text) in &texts {
        for word in title.union(text) {
            *seen.entry(word.as_str()).or_default() += 1;
        }
    }
    let weight = |word: &String| {
        let times = seen.get(word.as_str()).copied().unwrap_or(1);
        (texts.len() / times).max(1)
    };
    let mut found: Vec<(usize, &Ready)> = texts
        .iter()
        .map(|(ready, title, text)| {
            let in_title: usize = asked.intersection(title).map(weight).sum();
            let in_text: usize = asked.intersection(text).map(weight).sum();
            let of_state = waits
                .iter()
                .filter(|word| title.contains(*word) || text.contains(*word));
            (4 * in_title + 2 * in_text + of_state.count(), *ready)
        })
        .filter(|(fits, _)| *fits > 0)
        .collect();
    found.sort_by_key(|(fits, ready)| (Reverse(*fits), ready.asks, ready.title.clone()));
    found.into_iter().map(|(_, ready)| ready).collect()
}

/// Drafts from the texts of the desk and what is known of the case.
pub(super) fn drafts(question: &Question) -> Vec<Draft> {
    let asked = question.asked(DRAFT_ASKED_LINES).join("\n").to_lowercase();
    let ready = ranked(question);
    let facts = question.facts();
    let when = ASKS_WHEN.split('|').any(|word| asked.contains(word));
    let told = (!facts.is_empty() && (when || ready.is_empty())).then(|| Draft {
        source: "facts".to_owned(),
        from: String::new(),
        text: facts.join(if question.lang() == "en" { " " } else { "" }),
    });
    let found = ready.into_iter().map(|ready| Draft {
        source: if ready.asks { "script" } else { "reply" }.to_owned(),
        from: ready.title.clone(),
        text: ready.text.clone(),
    });
    told.into_iter().chain(found).take(DRAFTS_MAX).collect()
}

#[async_trait]
impl Assistant for BuiltIn {
    fn provider(&self) -> &'static str {
        "built_in"
    }

    fn parcel(&self, _: &Question) -> Result<Option<Parcel>, NoDraft> {
        Ok(None)
    }

    async fn suggest(
        &self,
        question: &Question,
        _parcel: Option<Parcel>,
    ) -> Result<Vec<Draft>, NoDraft> {
        Ok(drafts(question))
    }
}

#[cfg(test)]
mod tests {
    use super::super::question::{Line, Speaker};
    use super::{Question, Ready, drafts, words};
    use aftercare_domain::Timestamp;

    fn ready(title: &str, text: &str, asks: bool) -> Ready {
        Ready {
            lang: "zh-CN".to_owned(),
            title: title.to_owned(),
            text: text.to_owned(),
            asks,
        }
    }

    fn question(said: &str) -> Question {
        Question {
            at: Timestamp(0),
            state: "scheduled".to_owned(),
            due: None,
            visit: None,
            product: None,
            lines: vec![Line {
                by: Speaker::Customer,
                text: said.to_owned(),
            }],
            ready: vec![
                ready("问候", "您好，请问有什么可以帮您？", false),
                ready("配件", "您好，配件到了会马上通知您。", false),
                ready("漏水", "您好，进水阀关了吗？", true),
                ready("改时间", "您好，想改上门时间请告诉我们哪天方便。", false),
            ],
            names: Vec::new(),
            initial: None,
        }
    }

    fn titles(question: &Question) -> Vec<String> {
        let found = drafts(question).into_iter();
        found
            .map(|draft| format!("{}:{}", draft.source, draft.from))
            .collect()
    }

    #[test]
    fn what_the_customer_asks_about_comes_first_and_then_what_the_case_waits_for() {
        assert_eq!(
            titles(&question("配件到没到？")),
            ["reply:配件", "reply:改时间"]
        );
        assert_eq!(
            titles(&question("还在漏水")),
            ["script:漏水", "reply:改时间"]
        );
        let mut nothing = question("嗯");
        nothing.state.clear();
        assert_eq!(titles(&nothing), [""; 0]);
    }

    #[test]
    fn whoever_asks_when_is_told_what_is_agreed_and_what_is_due() {
        let mut asked = question("师傅几点来？");
        asked.visit = Some("2026-11-25 14:00–16:00".to_owned());
        asked.due = Some(("arrival".to_owned(), Timestamp(0)));
        let first = drafts(&asked).remove(0);
        assert_eq!(first.source, "facts");
        assert!(first.text.contains("14:00–16:00") && first.text.contains("1970-01-01"));
        // In the language of the customer, and no text in another.
        asked.lines[0].text = "When does the technician come?".to_owned();
        let found = drafts(&asked);
        assert_eq!(found.len(), 1);
        assert!(
            found[0].text.starts_with("The visit is agreed"),
            "{}",
            found[0].text
        );
    }

    #[test]
    fn words_of_both_languages_are_told_apart() {
        let found: Vec<String> = words("E5代码, Washer漏水 a").into_iter().collect();
        assert_eq!(found, ["e5", "washer", "代码", "漏水"]);
    }
}
