//! Pages of the rules: a shop's packs, one pack in words, and the law they rest on.

use crate::i18n::Lang;
use crate::pages::{FormState, Shell};
use aftercare_app::rule_packs::{LawDetail, LawRowDetail, PackDetail, PackRow, SimulationDetail};
use askama::Template;

/// `GET /desk/rules`: packs. Posts multipart to `/desk/rules` (`text` or `file`).
#[derive(Debug, Template)]
#[template(path = "desk_rules.html")]
pub struct Packs {
    pub shell: Shell,
    pub form: FormState,
    pub packs: Vec<PackRow>,
    /// Whether the reader may write packs.
    pub writes: bool,
}

/// `GET /desk/rules/{id}/{version}`: a pack in words. Posts to `…/publish` (`effective`) and
/// `…/remove`; `?try=1` runs the past claims under it.
#[derive(Debug, Template)]
#[template(path = "desk_rule_pack.html")]
pub struct Pack {
    pub shell: Shell,
    pub form: FormState,
    pub known: PackDetail,
    pub writes: bool,
    /// Whether the reader may run the past claims under it.
    pub tries: bool,
    pub tried: Option<SimulationDetail>,
}

/// `GET /desk/law`: the law pack, folded by instrument; `?q=` shows the articles with these words.
#[derive(Debug, Template)]
#[template(path = "desk_law.html")]
pub struct Law {
    pub shell: Shell,
    pub law: LawDetail,
    /// What was searched; empty for all.
    pub q: String,
}

/// A law or regulation, with its articles that were found.
#[derive(Debug)]
pub struct Instrument<'a> {
    pub name: String,
    pub rows: Vec<&'a LawRowDetail>,
}

impl Law {
    /// Whether an article holds every word that was searched, in either language.
    fn is_found(&self, row: &LawRowDetail) -> bool {
        let text = [
            row.id.as_str(),
            &self.shell.law_article(row),
            &row.instrument_zh,
            &row.instrument_en,
            &row.zh,
            &row.en,
        ]
        .join(" ")
        .to_lowercase();
        self.q
            .to_lowercase()
            .split_whitespace()
            .all(|word| text.contains(word))
    }

    /// The articles that were found, by the law or regulation they stand in.
    fn instruments(&self) -> Vec<Instrument<'_>> {
        let found: Vec<&LawRowDetail> = self
            .law
            .rows
            .iter()
            .filter(|row| self.is_found(row))
            .collect();
        found
            .chunk_by(|a, b| a.instrument_zh == b.instrument_zh)
            .map(|rows| Instrument {
                name: self.shell.law_instrument(rows[0]),
                rows: rows.to_vec(),
            })
            .collect()
    }
}

impl Shell {
    /// Where a pack is.
    #[must_use]
    pub fn rule_pack(&self, pack: &PackRow) -> String {
        format!("/desk/rules/{}/{}", pack.id, pack.version)
    }

    /// A law or regulation by its name.
    #[must_use]
    pub fn law_instrument(&self, row: &LawRowDetail) -> String {
        match self.lang {
            Lang::ZhCn => format!("《{}》", row.instrument_zh),
            Lang::En => row.instrument_en.clone(),
        }
    }

    /// An article of law by its name.
    #[must_use]
    pub fn law_name(&self, row: &LawRowDetail) -> String {
        let instrument = self.law_instrument(row);
        match self.lang {
            Lang::ZhCn => format!("{instrument}{}", self.law_article(row)),
            Lang::En => format!("{instrument}, art. {}", article_number(&row.article)),
        }
    }

    /// An article by its number.
    #[must_use]
    pub fn law_article(&self, row: &LawRowDetail) -> String {
        match self.lang {
            Lang::ZhCn => format!("第 {} 条", article_number(&row.article)),
            Lang::En => format!("Art. {}", article_number(&row.article)),
        }
    }

    /// A day or a source of the law pack, where the word unknown stands for what nobody read.
    #[must_use]
    pub fn law_day(&self, text: &str) -> String {
        match text {
            "unknown" => self.word("lawstatus", "unknown"),
            known => known.to_owned(),
        }
    }

    /// How long a clock of a pack runs, in days, hours or minutes.
    #[must_use]
    pub fn allowance(&self, ms: &i64) -> String {
        use aftercare_domain::time::{DAY_MS, HOUR_MS, MINUTE_MS};
        let (count, zh, en) = if ms % DAY_MS == 0 {
            (ms / DAY_MS, "天", "d")
        } else if ms % HOUR_MS == 0 {
            (ms / HOUR_MS, "小时", "h")
        } else {
            (ms / MINUTE_MS, "分钟", "min")
        };
        format!("{count} {}", self.pick(zh, en))
    }
}

/// The number that a reader finds in the law: what follows it in a row's name only tells several rows of one article
/// apart.
fn article_number(article: &str) -> &str {
    match article.split_once('-') {
        Some((number, part))
            if number.bytes().all(|byte| byte.is_ascii_digit())
                && part.bytes().all(|byte| byte.is_ascii_lowercase()) =>
        {
            number
        }
        _ => article,
    }
}

#[cfg(test)]
mod tests {
    use super::article_number;

    #[test]
    fn an_article_is_named_by_its_number_alone() {
        assert_eq!(article_number("19-human"), "19");
        assert_eq!(article_number("253-1"), "253-1");
        assert_eq!(article_number("21"), "21");
        assert_eq!(article_number("amendment-2025"), "amendment-2025");
    }
}
