//! Papers of a case for somebody outside: one page without a second file, and the files that travel with it.

use crate::i18n::{Lang, t1};
use crate::pages::Shell;
use aftercare_app::packing::PackingDetail;
use aftercare_app::packs::{NoticeDraft, Pack, PackFor, PackPiece};
use aftercare_app::platforms::PlatformDetail;
use aftercare_app::views::{CaseDetail, ClaimDetail, DecisionDetail, ResolutionDetail};
use aftercare_app::{AppError, ErrorKind};
use aftercare_domain::ids::CaseId;
use aftercare_domain::{Fen, Timestamp};
use aftercare_report::{About, Fonts, PdfError};
use askama::Template;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// Rules of the papers beside those of every report.
const SHEET: &str = include_str!("../../assets/pack.css");

/// The papers, to read, print or send.
#[derive(Debug, Template)]
#[template(path = "pack.html")]
pub struct PackPage {
    pub shell: Shell,
    pub pack: Pack,
    /// Every rule of the page: it has no second file.
    pub sheet: String,
}

/// `GET /desk/cases/{case}/notice/{evidence}`: a draft, to be printed.
#[derive(Debug, Template)]
#[template(path = "desk_notice.html")]
pub struct Notice {
    pub shell: Shell,
    pub case: CaseId,
    pub notice: NoticeDraft,
}

impl PackPage {
    /// The papers in a language. Their time is that of the case, so that the same case gives the same page.
    #[must_use]
    pub fn new(lang: Lang, pack: Pack) -> Self {
        Self {
            shell: Shell {
                lang,
                now: pack.as_of,
                path: String::new(),
                query: String::new(),
                once: false,
                staff: None,
                toast: None,
                hotline: None,
                sandbox: None,
            },
            sheet: format!("{}{SHEET}", aftercare_report::sheets()),
            pack,
        }
    }

    /// The rules of the page, within it: it is sent and kept as one file, under a policy of its own.
    fn styles(&self) -> String {
        format!("<style>{}</style>", self.sheet)
    }

    fn say(&self, key: &str, values: &[(&str, String)]) -> String {
        t1(self.shell.lang, key, values)
    }

    fn what(&self, what: &ResolutionDetail) -> String {
        let word = self.shell.word("ask", &what.kind);
        match what.amount {
            Some(amount) => format!("{word} {amount}"),
            None => word,
        }
    }

    /// A time with its day, in China's time.
    fn when(&self, at: &Timestamp) -> String {
        at.to_china_minute()
    }

    /// An amount as papers have it.
    fn sum(&self, amount: Fen) -> String {
        format!("{amount}{}", self.shell.in_capitals(&amount))
    }

    fn name(&self) -> &'static str {
        self.pack.made_for.name()
    }

    /// The case in plain sentences: who asked for what, what was answered, found, decided and paid.
    fn summary(&self) -> Vec<String> {
        let case = &self.pack.case;
        let mut said = Vec::new();
        for order in &case.work_orders {
            let item = order.product_name.clone().unwrap_or_default();
            said.push(self.say(
                "pack-sum-repair",
                &[
                    ("time", self.when(&order.requested_at)),
                    ("kind", self.shell.word("work", &order.kind)),
                    ("item", item),
                    ("state", self.shell.word("state", &order.state)),
                ],
            ));
        }
        for claim in &case.claims {
            self.sum_up(case, claim, &mut said);
        }
        said
    }

    fn sum_up(&self, case: &CaseDetail, claim: &ClaimDetail, said: &mut Vec<String>) {
        let shell = &self.shell;
        let order = case.order.as_ref();
        let item = shell.claimed(case, claim).map(|line| line.name.clone());
        said.push(self.say(
            "pack-sum-filed",
            &[
                ("time", self.when(&claim.filed_at)),
                (
                    "order",
                    order.map(|order| order.number.clone()).unwrap_or_default(),
                ),
                ("item", item.unwrap_or_default()),
                ("paid", claim.paid.to_string()),
                ("reason", shell.word("reason", &claim.reason)),
                ("ask", self.what(&claim.ask)),
            ],
        ));
        let count = |from: &str| {
            let photos = claim.evidence.iter().filter(|photo| photo.from == from);
            photos.count().to_string()
        };
        said.push(self.say(
            "pack-sum-photos",
            &[
                ("buyer", count("claimant")),
                ("merchant", count("merchant")),
            ],
        ));
        said.push(match &claim.merchant_answer {
            Some(answer) => self.say(
                "pack-sum-answer",
                &[("answer", shell.word("answer", answer))],
            ),
            None => shell.t("pack-sum-no-answer"),
        });
        said.push(match &claim.findings {
            None => shell.t("pack-sum-closed"),
            Some(findings) => {
                let accuse = findings.iter().filter(|finding| finding.accuses).count();
                self.say(
                    "pack-sum-findings",
                    &[
                        ("count", findings.len().to_string()),
                        ("accuse", accuse.to_string()),
                    ],
                )
            }
        });
        if claim.findings.is_some() && !claim.unseen.is_empty() {
            said.push(self.say("pack-sum-unseen", &[("numbers", claim.unseen.join(", "))]));
        }
        for (key, made) in [
            ("pack-sum-decided", &claim.decision),
            ("pack-sum-appeal", &claim.appeal_decision),
        ] {
            if let Some(made) = made {
                said.push(self.say(
                    key,
                    &[
                        ("time", self.when(&made.at)),
                        ("outcome", self.outcome(made)),
                    ],
                ));
            }
        }
        if let Some(there) = &claim.platform {
            self.sum_up_platform(there, said);
        }
        if let Some(paid) = claim.payment {
            let amount = ("amount", self.sum(paid));
            said.push(match claim.payment_reference.clone() {
                Some(reference) => self.say("pack-sum-paid", &[amount, ("reference", reference)]),
                None => self.say("pack-sum-to-pay", &[amount]),
            });
        }
        if let Some(owed) = &claim.recovery {
            said.push(self.say("pack-sum-owed", &[("amount", self.sum(owed.together))]));
            if let Some(how) = &owed.settled {
                let amount = self.sum(owed.settled_amount.unwrap_or_default());
                let how = shell.word("recovered", how);
                said.push(self.say("pack-sum-recovered", &[("how", how), ("amount", amount)]));
            }
        }
        said.push(self.say(
            "pack-sum-state",
            &[("state", shell.word("state", &claim.state))],
        ));
    }

    /// What the platform that decides has decided, and by how much it gave more than was paid.
    fn sum_up_platform(&self, there: &PlatformDetail, said: &mut Vec<String>) {
        let platform = self.shell.lang.pick(&there.zh, &there.en).to_owned();
        let Some(outcome) = &there.outcome else {
            said.push(self.say("pack-sum-platform-open", &[("platform", platform)]));
            return;
        };
        let outcome = self.shell.word("platform-outcome", outcome);
        let outcome = match &there.granted {
            Some(granted) => {
                let comma = self.shell.lang.pick("，", ", ");
                format!("{outcome}{comma}{}", self.what(granted))
            }
            None => outcome,
        };
        let values = [("platform", platform), ("outcome", outcome)];
        said.push(self.say("pack-sum-platform", &values));
        if let Some(above) = there.above_paid {
            said.push(self.say("pack-sum-above", &[("amount", above.to_string())]));
        }
    }

    /// What was recorded when the order was packed, once, also where several claims are about it.
    fn packing(&self) -> Vec<&PackingDetail> {
        let mut seen = BTreeSet::new();
        let claims = self.pack.case.claims.iter();
        claims
            .flat_map(|claim| &claim.packing)
            .filter(|kept| seen.insert(kept.record.id))
            .collect()
    }

    fn outcome(&self, made: &DecisionDetail) -> String {
        match &made.resolution {
            Some(what) => self.say("pack-granted", &[("what", self.what(what))]),
            None => self.shell.t("pack-rejected"),
        }
    }

    /// What a piece is meant to show, as the rules on evidence ask.
    fn purpose(&self, piece: &PackPiece) -> String {
        self.shell.word("purpose", &piece.piece.kind)
    }

    /// Who sent it, and by which way the case came.
    fn source(&self, piece: &PackPiece) -> String {
        self.say(
            "pack-source",
            &[
                ("who", self.shell.word("who", &piece.piece.from)),
                (
                    "channel",
                    self.shell.word("channel", &self.pack.case.channel),
                ),
            ],
        )
    }

    /// What comes with the papers, and what does not.
    fn enclosed(&self) -> Vec<String> {
        let pieces = self.pack.evidence.iter();
        let shown = pieces.filter(|piece| piece.pictures.copy.is_some());
        let numbers: Vec<&str> = shown.map(|piece| piece.piece.number.as_str()).collect();
        let pictures = if numbers.is_empty() {
            self.shell.t("pack-enclosed-none")
        } else {
            self.say(
                "pack-enclosed-pictures",
                &[
                    ("count", numbers.len().to_string()),
                    ("numbers", numbers.join(", ")),
                ],
            )
        };
        vec![pictures, self.shell.t("pack-enclosed-files")]
    }

    /// What a human said of it.
    fn standing(&self, piece: &PackPiece) -> String {
        let mut words = vec![self.shell.word("evidence", &piece.piece.state)];
        for by in &piece.rested_on_by {
            words.push(self.shell.word("rested", by));
        }
        words.join(self.shell.lang.pick("；", "; "))
    }

    /// The picture of a piece as an address that needs no second file.
    fn picture(bytes: &Option<Vec<u8>>) -> Option<String> {
        bytes.as_deref().map(aftercare_report::data_uri)
    }

    /// The page as it is sent.
    ///
    /// # Errors
    /// A template that does not render, which is our fault.
    pub fn html(&self) -> Result<String, AppError> {
        self.render()
            .map_err(|error| AppError::internal(format!("template: {error}")))
    }

    /// The page on paper. `fonts` are asked for characters that the embedded font lacks, the machine's own after them.
    ///
    /// # Errors
    /// A build without PDF, which says how to get it; papers that are too large; a template that does not render, which is
    /// our fault.
    pub fn pdf(&self, fonts: Vec<PathBuf>) -> Result<Vec<u8>, AppError> {
        if !aftercare_report::HAS_PDF {
            return Err(AppError::new(
                ErrorKind::Unsupported,
                "pdf_not_built",
                "这个程序没有带 PDF：请打开网页后打印，或请管理员用 `--features full` 构建。",
                "This program was built without PDF: open the page and print it, or have it built with `--features full`.",
            ));
        }
        self.drawn(&self.html()?, fonts)
    }

    fn drawn(&self, html: &str, files: Vec<PathBuf>) -> Result<Vec<u8>, AppError> {
        let about = About {
            author: self.pack.case.tenant_name.clone(),
            made_at_ms: self.pack.as_of.0,
            missing: self.shell.t("pack-pdf-missing"),
        };
        let fonts = Fonts {
            files,
            system: true,
        };
        match aftercare_report::pdf(html, &about, &fonts) {
            Ok(made) => Ok(made.bytes),
            Err(PdfError::TooLarge { .. } | PdfError::TooManyPictures { .. }) => {
                Err(AppError::new(
                    ErrorKind::TooLarge,
                    "pdf_too_large",
                    "材料太大，做不成一个 PDF：请打开网页后打印，或下载压缩包。",
                    "These papers are too large for one PDF file: open the page and print it, or take the zip file.",
                ))
            }
            Err(error) => Err(AppError::internal(format!("PDF: {error}"))),
        }
    }

    /// The page and the files that travel with it, by their names in the zip file; `key` verifies what the log signs. The
    /// page on paper is among them where this build has it.
    ///
    /// # Errors
    /// As [`Self::pdf`].
    pub fn files(
        &self,
        key: &str,
        fonts: Vec<PathBuf>,
    ) -> Result<BTreeMap<String, Vec<u8>>, AppError> {
        let html = self.html()?;
        let paper = aftercare_report::HAS_PDF
            .then(|| self.drawn(&html, fonts))
            .transpose()?;
        let json = serde_json::to_vec_pretty(&self.pack)
            .map_err(|error| AppError::internal(format!("pack: {error}")))?;
        let mut files = BTreeMap::from([
            ("index.html".to_owned(), html.into_bytes()),
            ("case.json".to_owned(), json),
            ("evidence.csv".to_owned(), self.list().into_bytes()),
            (
                "README.txt".to_owned(),
                format!(
                    "{}\n\n{}\n",
                    self.shell.t("pack-readme"),
                    self.shell.t1("pack-readme-proof", "key", key)
                )
                .into_bytes(),
            ),
        ]);
        if let Some(paper) = paper {
            files.insert("papers.pdf".to_owned(), paper);
        }
        for piece in &self.pack.evidence {
            let number = &piece.piece.number;
            let pictures = &piece.pictures;
            for (bytes, name) in [
                (&pictures.copy, format!("evidence/{number}.jpg")),
                (&pictures.heat_map, format!("evidence/{number}-where.png")),
                (
                    &pictures.aligned,
                    format!("evidence/{number}-reference.jpg"),
                ),
            ] {
                if let Some(bytes) = bytes {
                    files.insert(name, bytes.clone());
                }
            }
        }
        Ok(files)
    }

    /// The list of evidence as a table; nothing in it is a person's own text.
    fn list(&self) -> String {
        let mut list = String::from(
            "\u{feff}number,kind,source,purpose,received_at,taken_at,bytes,media_type,sha256,copy_sha256,event,leaf,extractor\r\n",
        );
        for piece in &self.pack.evidence {
            let leaf = self.pack.leaves.get(&piece.seq);
            let fields = [
                piece.piece.number.clone(),
                self.shell.kind_of(&piece.piece),
                self.source(piece),
                self.purpose(piece),
                self.when(&piece.received_at),
                piece
                    .taken_at
                    .as_ref()
                    .map(|at| self.when(at))
                    .unwrap_or_default(),
                piece.piece.bytes.to_string(),
                piece.piece.media_type.clone(),
                piece.sha256.clone(),
                piece.copy_sha256.clone().unwrap_or_default(),
                piece.seq.to_string(),
                leaf.cloned().unwrap_or_default(),
                self.pack.extractor.clone(),
            ];
            list.push_str(&line(fields));
        }
        for kept in self.packing() {
            for piece in &kept.pieces {
                let ended = kept.record.ended.as_ref();
                list.push_str(&line([
                    format!("{}/{}", kept.number, piece.number),
                    self.shell.t("packed"),
                    self.shell.word("who", "merchant"),
                    self.shell.word("purpose", "packing_photo"),
                    self.when(&piece.added_at),
                    piece
                        .client_at
                        .as_ref()
                        .map(|at| self.when(at))
                        .unwrap_or_default(),
                    piece.bytes.to_string(),
                    piece.media_type.clone(),
                    piece.sha256.clone(),
                    String::new(),
                    ended.map(|place| place.seq.to_string()).unwrap_or_default(),
                    String::new(),
                    self.pack.extractor.clone(),
                ]));
            }
        }
        list
    }
}

/// A line of the list, which a table program reads.
fn line(fields: [String; 13]) -> String {
    let quoted = fields.map(|field| format!("\"{}\"", field.replace('"', "\"\"")));
    format!("{}\r\n", quoted.join(","))
}

/// Readers that papers are offered for: the consumer's complaint is the consumer's.
#[must_use]
pub fn readers(claimant: bool) -> Vec<&'static str> {
    PackFor::ALL
        .into_iter()
        .filter(|reader| claimant || *reader != PackFor::Consumer)
        .map(PackFor::name)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::find;
    use crate::pages::samples as sample;

    fn pages(lang: Lang) -> Vec<(&'static str, String)> {
        let mut pages = Vec::new();
        for made_for in PackFor::ALL {
            for case in sample::cases(&[]) {
                let page = PackPage::new(lang, sample::papers(case, made_for));
                pages.push((made_for.name(), page.render().unwrap()));
            }
        }
        pages
    }

    #[test]
    fn papers_need_no_second_file_and_run_nothing() {
        for lang in [Lang::ZhCn, Lang::En] {
            for (name, html) in pages(lang) {
                for foreign in [
                    "<script",
                    "<link",
                    "href=",
                    "url(",
                    "@import",
                    "<form",
                    "src=\"/",
                    "src=\"http",
                    "<use",
                ] {
                    assert!(!html.contains(foreign), "{name}: {foreign}");
                }
                assert_eq!(html.matches("<h1").count(), 1, "{name}");
                for image in html.split("<img ").skip(1) {
                    let tag = image.split('>').next().unwrap();
                    assert!(
                        tag.contains("src=\"data:image/") && tag.contains("alt="),
                        "{tag}"
                    );
                }
            }
        }
    }

    #[test]
    fn papers_begin_in_plain_sentences_and_say_how_often_a_check_is_wrong() {
        for (name, html) in pages(Lang::En) {
            let at = |words: &str| {
                let found = html.find(words);
                found.unwrap_or_else(|| panic!("{name}: {words}"))
            };
            assert!(
                at("<h2>In short</h2>") < at("<h2>Who and what</h2>"),
                "{name}"
            );
            assert!(at("<h2>Evidence</h2>") < at("<h2>How often such checks are wrong</h2>"));
            // Counts, never a bare share; and what nobody measured is said.
            assert!(
                html.contains("0 of 400") && html.contains("90 of 100"),
                "{name}"
            );
            assert!(html.contains("not measured"), "{name}");
            assert!(html.contains("@page{"), "pages are numbered");
        }
    }

    /// Whoever reads the papers learns what the platform gave, by how much that is above what was paid, and with what the
    /// order was packed: each file once, by its hash.
    #[test]
    fn papers_say_what_the_platform_gave_and_list_what_was_recorded_at_packing() {
        let mut papers = sample::cases(&[])
            .into_iter()
            .map(|case| sample::papers(case, PackFor::Platform))
            .find(|papers| !papers.case.claims.is_empty())
            .unwrap();
        for claim in &mut papers.case.claims {
            claim.platform = Some(PlatformDetail {
                outcome: Some("granted".into()),
                granted: Some(ResolutionDetail {
                    kind: "refund".into(),
                    amount: Some(Fen(8_000)),
                }),
                above_paid: Some(Fen(1_200)),
                ..sample::platform()
            });
        }
        let page = PackPage::new(Lang::En, papers);
        let html = page.render().unwrap();
        for said in ["granted, ", "¥80.00", "¥12.00 above what was paid"] {
            assert!(html.contains(said), "{said}");
        }
        for kept in page.packing() {
            for piece in &kept.pieces {
                let number = format!("{}/{}</span>", kept.number, piece.number);
                assert_eq!(html.matches(&number).count(), 1, "{number}");
            }
        }
    }

    /// Whoever reads the papers learns what was only authorized, what was paid, and what was paid back of it; on Chinese paper
    /// amounts are in capital numerals too.
    #[test]
    fn papers_say_what_was_paid_and_what_came_back() {
        let said = |lang: Lang, reference: Option<&str>, settled: Option<&str>| {
            let mut papers = sample::cases(&[])
                .into_iter()
                .map(|case| sample::papers(case, PackFor::Court))
                .find(|papers| !papers.case.claims.is_empty())
                .unwrap();
            let claim = &mut papers.case.claims[0];
            claim.payment = Some(Fen(6_800));
            claim.payment_reference = reference.map(str::to_owned);
            claim.recovery = settled.map(|how| {
                let mut owed = sample::letter().recovery;
                owed.settled = Some(how.to_owned());
                owed.settled_amount = Some(Fen(4_050));
                owed
            });
            PackPage::new(lang, papers).summary().join("\n")
        };
        let open = said(Lang::En, None, None);
        assert!(open.contains("A refund of ¥68.00 was authorized"), "{open}");
        let back = said(Lang::En, Some("P-1"), Some("repaid"));
        for part in [
            "Refunded: ¥68.00 (payment P-1).",
            "It was settled: paid back by the buyer, ¥40.50.",
        ] {
            assert!(back.contains(part), "{part}: {back}");
        }
        let chinese = said(Lang::ZhCn, Some("P-1"), Some("repaid"));
        for part in ["¥68.00（大写：人民币陆拾捌元整）", "人民币肆拾元伍角"] {
            assert!(chinese.contains(part), "{part}: {chinese}");
        }
    }

    #[test]
    fn every_kind_and_state_of_evidence_has_words_on_paper() {
        use aftercare_domain::evidence::{EvidenceKind, EvidenceState};
        let kinds = [
            EvidenceKind::DamagePhoto,
            EvidenceKind::WholeItemPhoto,
            EvidenceKind::ShippingLabelPhoto,
            EvidenceKind::DestructionProof,
            EvidenceKind::ChallengePhoto,
            EvidenceKind::PackingPhoto,
            EvidenceKind::RepairPhoto,
            EvidenceKind::BeforeWorkPhoto,
            EvidenceKind::AfterWorkPhoto,
            EvidenceKind::CustomerSignature,
            EvidenceKind::Other,
        ];
        let states = [
            EvidenceState::Logged,
            EvidenceState::Excluded,
            EvidenceState::Expired,
            EvidenceState::Shredded,
        ];
        let name = |value: serde_json::Value| value.as_str().unwrap().to_owned();
        let kinds = kinds.map(|kind| name(serde_json::to_value(kind).unwrap()));
        let states = states.map(|state| name(serde_json::to_value(state).unwrap()));
        for lang in [Lang::ZhCn, Lang::En] {
            let said = |list: &str, name: &String| {
                let key = format!("{list}-{name}");
                assert!(find(lang, &key, &[]).is_some(), "{key}");
            };
            kinds.iter().for_each(|kind| said("purpose", kind));
            kinds
                .iter()
                .chain(&states)
                .for_each(|one| said("evidence", one));
        }
    }

    #[test]
    fn papers_name_what_changed_and_what_is_enclosed() {
        for (name, html) in pages(Lang::En) {
            assert!(
                html.contains("<h2>Law that changed after the act</h2>"),
                "{name}"
            );
            let (_, rest) = html.split_once("<h2>Enclosed</h2>").expect(name);
            assert!(rest.contains("evidence.csv"), "{name}");
        }
    }

    #[test]
    fn papers_are_in_the_language_that_was_asked_for() {
        let chinese = |text: &str| text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
        for (name, html) in pages(Lang::En) {
            let mut text = html.split_once("</style>").unwrap().1.to_owned();
            for kept in sample::CHINESE {
                text = text.replace(kept, "");
            }
            let line = text.split(['<', '>']).find(|part| chinese(part));
            assert_eq!(line, None, "{name}");
        }
        for (name, html) in pages(Lang::ZhCn) {
            // A key without words is shown as it is.
            for part in html.split(['<', '>']) {
                assert!(
                    !part.starts_with("pack-") && !part.starts_with("purpose"),
                    "{name}: {part}"
                );
            }
        }
    }

    #[test]
    fn the_list_of_evidence_is_a_table_with_a_line_for_each_piece() {
        for case in sample::cases(&[]) {
            let papers = sample::papers(case, PackFor::Court);
            let claims = papers.case.claims.iter();
            let packed: BTreeMap<_, usize> = claims
                .flat_map(|claim| &claim.packing)
                .map(|kept| (kept.record.id, kept.pieces.len()))
                .collect();
            assert!(papers.case.claims.is_empty() || !packed.is_empty());
            let pieces = papers.evidence.len() + packed.values().sum::<usize>();
            // The sample's claims have photos of the same number.
            let numbers: BTreeSet<String> = papers
                .evidence
                .iter()
                .map(|one| one.piece.number.clone())
                .collect();
            let files = PackPage::new(Lang::En, papers)
                .files("log.example+0a+AQ==", Vec::new())
                .unwrap();
            // Whoever is handed the papers learns with what each step can be checked, and how.
            let readme = String::from_utf8(files["README.txt"].clone()).unwrap();
            assert!(readme.contains("--key log.example+0a+AQ=="), "{readme}");
            assert!(readme.contains("/verify"), "{readme}");
            let list = String::from_utf8(files["evidence.csv"].clone()).unwrap();
            assert_eq!(list.lines().count(), 1 + pieces);
            for line in list.lines().skip(1) {
                assert_eq!(line.matches("\",\"").count(), 12, "{line}");
            }
            let pictures = files.keys().filter(|name| name.starts_with("evidence/"));
            assert_eq!(pictures.count(), 3 * numbers.len());
        }
    }
}
