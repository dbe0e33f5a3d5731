//! What no draft says: a decision, a refusal, an accusation. Those are a human's own words.

use super::masks::{DIGITS_MIN, SPOKEN, SPOKEN_MIN, is_digit};

/// Parts of Chinese texts.
const HAN: &str = "驳回|拒绝|不予|判定|裁定|认定|不成立|不批准|不支持您|不能退|无法退|\
    不给退|同意退|同意您的退|批准|给您退款|全额退|赔偿您|造假|伪造|\
    假冒|虚假|作假|假图|假照片|欺诈|欺骗|诈骗|骗|撒谎|说谎|恶意|修图|\
    p图";
/// Words of English texts.
const LATIN: &str = "reject|rejects|rejected|deny|denies|denied|refuse|refuses|refused|decline|declined|approve|\
    approved|granted|overruled|ineligible|fraud|fraudulent|fake|faked|forged|forgery|lie|lies|lied|\
    lying|liar|dishonest|doctored|manipulated|photoshopped|edited|scam|cheat|cheating|deceive|\
    deceived|malicious|guilty|suspicious";
/// More than one word of English.
const TOGETHER: &str = "cannot refund|can't refund|will refund|ai-generated|full refund";

/// Whether the text decides nothing and accuses nobody, as far as words tell.
pub(super) fn is_harmless(text: &str) -> bool {
    let text = text.to_lowercase();
    let mut parts = HAN.split('|').chain(TOGETHER.split('|'));
    let mut words = text.split(|c: char| !c.is_ascii_alphabetic());
    !parts.any(|part| text.contains(part))
        && !words.any(|word| LATIN.split('|').any(|known| known == word))
}

/// Whether a text that came from elsewhere leads nowhere else: no link, no address, and no number that `known` does not have.
pub(super) fn leads_nowhere(text: &str, known: &str) -> bool {
    let lower = text.to_lowercase();
    let links = ["://", "www.", "@", "<", "](", ".com", ".cn", ".net"];
    if links.iter().any(|part| lower.contains(part)) || names_host(&lower) {
        return false;
    }
    let mut spoken = text.split(|c: char| !SPOKEN.contains(c));
    if spoken.any(|run| run.chars().count() >= SPOKEN_MIN) {
        return false;
    }
    let digits = |text: &str| -> String { text.chars().filter(|c| is_digit(*c)).collect() };
    let known = digits(known);
    let mut runs = text.split(|c: char| !is_digit(c) && !" -:–—.()/·".contains(c));
    runs.all(|run| {
        let run = digits(run);
        run.chars().count() < DIGITS_MIN || known.contains(&run)
    })
}

/// Whether something is written like a host: a point right before two letters.
fn names_host(text: &str) -> bool {
    let chars: Vec<char> = text.chars().collect();
    chars.windows(4).any(|part| {
        matches!(part, [before, '.', first, second] if before.is_ascii_alphanumeric()
            && first.is_ascii_alphabetic()
            && second.is_ascii_alphabetic())
    })
}

#[cfg(test)]
mod tests {
    use super::{is_harmless, leads_nowhere};

    #[test]
    fn a_draft_decides_nothing_and_accuses_nobody() {
        for good in [
            "师傅约在 2026-11-25 14:00–16:00 上门。",
            "请补充一张照片，谢谢。",
            "Thank you. The technician calls before the visit.",
            "We believe you will hear from us today.",
        ] {
            assert!(is_harmless(good), "{good}");
        }
        for bad in [
            "很遗憾，您的申请被驳回。",
            "我们同意退款。",
            "这张照片是伪造的。",
            "照片被p图了。",
            "Your claim was REJECTED.",
            "This looks fake.",
            "We will refund you today.",
            "The photo is AI-generated.",
        ] {
            assert!(!is_harmless(bad), "{bad}");
        }
    }

    #[test]
    fn a_draft_from_elsewhere_names_no_link_and_no_number_of_its_own() {
        let known = "上门时间约在 2026-11-25 14:00–16:00。";
        assert!(leads_nowhere(
            "约在 2026-11-25 14:00–16:00，请留人。",
            known
        ));
        assert!(leads_nowhere("大约 30 分钟，[[T1]] 会响。", known));
        for bad in [
            "请打 13800000001。",
            "请打 400 800 1234。",
            "看 https://example.com",
            "请打 138.0000.0001。",
            "请打 １３８００００００００１。",
            "请打一三八零零零零零零零一。",
            "去 pay.example.top 付款",
            "去 pay.example.com 付款",
            "写到 a@b",
        ] {
            assert!(!leads_nowhere(bad, known), "{bad}");
        }
    }
}
