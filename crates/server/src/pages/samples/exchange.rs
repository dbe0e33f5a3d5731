//! A photo that resembles one that another platform judged forged.

use super::{ago, id};
use aftercare_app::views::ElsewhereDetail;
use aftercare_domain::ids::EvidenceId;

/// What is told once the findings are open; nothing before.
pub fn told(open: bool) -> Vec<ElsewhereDetail> {
    let one = ElsewhereDetail {
        evidence: EvidenceId(id(101)),
        number: "E-01".into(),
        standing: "stands".into(),
        found_at: ago(29),
        list: "exchange.example/list".into(),
        item: Some(12),
        publisher: Some(3),
        judged_on: Some("2026-10-01".into()),
        published_on: Some("2026-10-20".into()),
        zh: "另一平台曾认定一张与此相似的照片为伪造。这只说明照片相似，请您自行判断。".into(),
        en: "A photo like this one was judged forged elsewhere. That speaks about the photo only; judge for yourself.".into(),
    };
    open.then_some(one).into_iter().collect()
}
