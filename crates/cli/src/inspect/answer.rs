//! What is said about one photo: as JSON, as text, and in the report.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use aftercare_evidence::Finding;
use aftercare_evidence::driver::Driven;
use aftercare_evidence::inspect::{PhotoInspection, Verdict, checks_version};
use aftercare_labels::{Mark, Report as FileReport};
use aftercare_report::{Report, ReportPicture, Words, html_report};
use serde_json::{Value, json};

use super::files::{Claim, Named};
use crate::failure::bad_input;

/// The answer for one photo.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    /// Its place in the run, from 0.
    pub(super) number: usize,
    /// The photo as it was named.
    pub(super) photo: String,
    sha256: Option<String>,
    verdict: Verdict,
    findings: Vec<Finding>,
    marks: Vec<Value>,
    mark_words: Vec<Words>,
    notes: Vec<Words>,
    /// What of the file was not looked at.
    left_out: Vec<Words>,
    elapsed_ms: u64,
}

/// Where in a run an answer stands, and what is wanted of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    /// From 0.
    pub(super) number: usize,
    pub(super) elapsed: Duration,
    /// Where overlays are written.
    pub(super) mask_out: Option<&'a Path>,
}

impl Answer {
    /// Writes the overlays, and names them in the findings.
    ///
    /// # Errors
    /// When an overlay cannot be written.
    pub(super) fn new(
        inspection: &PhotoInspection,
        claim: &Claim,
        named: &Named,
        report: Option<&FileReport>,
        place: Place<'_>,
    ) -> anyhow::Result<Self> {
        let Place {
            number,
            elapsed,
            mask_out,
        } = place;
        let name = &inspection.photo.name;
        let photo = named.shown(name).to_owned();
        let mut findings = inspection.findings.clone();
        for finding in &mut findings {
            if let Some(reference) = &finding.reference {
                finding.reference = Some(named.shown(reference).to_owned());
            }
            let overlay = finding.mask.take();
            if let (Some(folder), Some(overlay)) = (mask_out, overlay) {
                let path = folder.join(overlay_name(number, &photo, &overlay));
                let path = std::path::absolute(&path).unwrap_or(path);
                finding.mask = Some(path.display().to_string());
            }
        }
        if let Some(folder) = mask_out {
            for overlay in &inspection.overlays {
                let path = folder.join(overlay_name(number, &photo, &overlay.name));
                std::fs::write(&path, &overlay.bytes).map_err(|error| {
                    bad_input(format!("--mask-out {}: {error}", path.display()))
                })?;
            }
        }
        let marks = report.map(|report| &report.marks);
        let taken = inspection
            .seen
            .as_ref()
            .and_then(|seen| seen.taken.as_deref());
        let mut notes: Vec<Words> = claim
            .order
            .iter()
            .flat_map(|order| order.notes(taken))
            .collect();
        if let Some(problem) = &claim.order_problem {
            notes.push(Words {
                zh: format!("订单信息读不了，没有使用：{problem}"),
                en: format!(
                    "The facts of the order could not be read and were not used: {problem}"
                ),
            });
        }
        let left_out = inspection.seen.iter().flat_map(|seen| &seen.notes);
        let left_out = left_out.map(|note| Words {
            zh: format!("{}。", note.zh()),
            en: format!("{}.", note.en()),
        });
        Ok(Self {
            left_out: left_out.collect(),
            number,
            photo,
            sha256: Some(inspection.photo.sha256.clone()).filter(|hash| !hash.is_empty()),
            verdict: inspection.verdict,
            findings,
            marks: marks
                .into_iter()
                .flatten()
                .map(|mark| serde_json::to_value(mark).unwrap_or_default())
                .collect(),
            mark_words: marks
                .into_iter()
                .flatten()
                .flat_map(mark_words)
                .chain(
                    report
                        .filter(|report| report.is_stopped())
                        .map(|_| unread()),
                )
                .collect(),
            notes,
            elapsed_ms: u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
        })
    }

    /// The stable JSON object.
    pub(super) fn to_json(&self) -> Value {
        let mut value = json!({
            "photo": self.photo,
            "sha256": self.sha256,
            "verdict": self.verdict.as_str(),
            "findings": self.findings.iter().map(finding_json).collect::<Vec<_>>(),
            "marks": self.marks,
            "elapsed_ms": self.elapsed_ms,
            "checks": checks_version(),
        });
        if !(self.left_out.is_empty() && self.notes.is_empty()) {
            let notes = self.left_out.iter().chain(&self.notes);
            value["notes"] = notes
                .map(|note| json!({ "zh": note.zh, "en": note.en }))
                .collect();
        }
        value
    }

    /// The same in words.
    pub(super) fn to_text(&self) -> String {
        let zh = chinese();
        let verdict = match (self.verdict, zh) {
            (Verdict::Clear, true) => "clear，没有发现问题",
            (Verdict::Clear, false) => "clear, nothing was found",
            (Verdict::Review, true) => "review，请人工查看或补拍",
            (Verdict::Review, false) => "review, a person should look or a new photo is needed",
            (Verdict::Intercept, true) => "intercept，暂停自动付款并请人工查看",
            (Verdict::Intercept, false) => {
                "intercept, hold automatic payment and have a person look"
            }
        };
        let mut text = format!("{}: {verdict}", self.photo);
        for finding in &self.findings {
            let _ = write!(
                text,
                "\n  {} ({})",
                finding.code.as_str(),
                finding.grade.as_str()
            );
            if let Some(reference) = &finding.reference {
                let _ = write!(text, " {reference}");
            }
            let _ = write!(text, "\n    {}", if zh { &finding.zh } else { &finding.en });
            if let Some(mask) = &finding.mask {
                let _ = write!(text, "\n    {mask}");
            }
        }
        let remarks = self.left_out.iter().chain(&self.mark_words);
        for remark in remarks.chain(&self.notes) {
            let _ = write!(text, "\n  {}", if zh { &remark.zh } else { &remark.en });
        }
        text
    }
}

/// A mark in words, and after it what is answered about a manifest.
fn mark_words(mark: &Mark) -> Vec<Words> {
    let mut words = vec![Words {
        zh: format!("{}（字节 {}）", mark.zh, mark.offset),
        en: format!("{} (byte {})", mark.en, mark.offset),
    }];
    let answers = mark.credentials.iter().flat_map(|one| one.sentences());
    words.extend(answers.map(|(_, en, zh)| Words {
        zh: format!("C2PA 清单：{zh}"),
        en: format!("C2PA manifest: {en}"),
    }));
    words
}

/// What stands for the marks of a file whose reading was given up.
fn unread() -> Words {
    Words {
        zh: "读取文件的标识时超出了时间或内存限制，未能核对。".to_owned(),
        en: "Reading what the file says about itself took too much time or memory; it was not checked.".to_owned(),
    }
}

fn finding_json(finding: &Finding) -> Value {
    json!({
        "code": finding.code.as_str(),
        "grade": finding.grade.as_str(),
        "likelihood_log10": finding.likelihood_log10_milli.map(|milli| f64::from(milli) / 1000.0),
        "false_alarm_rate": finding.false_alarm_log10_milli.map(rate),
        "reference": finding.reference,
        "boxes": finding.boxes,
        "mask": finding.mask,
        "zh": finding.zh,
        "en": finding.en,
        "numbers": finding.numbers,
    })
}

/// A rate from thousandths of its decimal logarithm, to three digits.
fn rate(log10_milli: i32) -> f64 {
    let rate = 10_f64.powf(f64::from(log10_milli) / 1000.0);
    format!("{rate:.2e}").parse().unwrap_or(rate)
}

/// A file name for an overlay: the photo's place and name, so that no two photos of a run share one.
fn overlay_name(number: usize, photo: &str, overlay: &str) -> String {
    let stem = Path::new(photo)
        .file_stem()
        .unwrap_or_default()
        .to_string_lossy();
    format!("{:04}-{stem}.{overlay}", number + 1)
}

/// Whether the terminal's language is Chinese.
pub(super) fn chinese() -> bool {
    ["LC_ALL", "LC_MESSAGES", "LANG"]
        .into_iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
        .is_some_and(|value| value.starts_with("zh"))
}

/// One self-contained page: `answers` are those of the claim's photos, in their order.
pub(super) fn report(driven: &Driven, named: &Named, answers: &[Answer]) -> String {
    let mut pictures = std::collections::BTreeMap::new();
    let inspected = driven.inspection.photos.iter().map(|photo| &photo.photo);
    for picture in inspected.chain(&driven.inspection.references) {
        let shown = driven.shown.get(&picture.name);
        pictures.insert(
            picture.name.clone(),
            ReportPicture {
                label: named.label(&picture.name).to_owned(),
                preview: shown.and_then(|shown| shown.preview.clone()),
                ..ReportPicture::default()
            },
        );
    }
    for (photo, answer) in driven.inspection.photos.iter().zip(answers) {
        if let Some(picture) = pictures.get_mut(&photo.photo.name) {
            picture.marks.clone_from(&answer.mark_words);
            picture.notes.clone_from(&answer.notes);
        }
    }
    html_report(&Report {
        inspection: &driven.inspection,
        pictures: &pictures,
    })
}
