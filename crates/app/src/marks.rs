//! What a photo's file declares about itself: AI-content labels and traces, read when it comes and kept beside the
//! untouched original. A mark is a neutral note; no rule of a case reads it.

use crate::limits::{
    MARK_ANSWERS_MAX, MARK_DEVIATIONS_MAX, MARK_FIELDS_MAX, MARK_TEXT_CHARS_MAX, MARKS_MAX,
};
use crate::views::{MarkDetail, MarkField, MarkRemark};
use aftercare_labels::credentials::Credentials;
use aftercare_labels::{Mark, MarkKind, Report, Rule};
use serde_json::Value;

/// The sealed column that holds them.
pub(crate) const FIELD: &str = "marks";

/// The kind of the note that stands for what could not be read.
const NOT_CHECKABLE: &str = "not_checkable";
/// The kind of an AI-content label.
const LABEL: &str = "ai_label";
/// The field of a trace that holds a stranger's text, and the answer that names the signer of a manifest.
const TEXT: &str = "text";
const SIGNER: &str = "signer";

/// The marks of a file, the labels first, else in the order in which they stand. Where reading was given up, or the file
/// could not be read whole, a note says so: it is as neutral as any other.
pub(crate) fn details(report: &Report) -> Vec<MarkDetail> {
    if report.is_stopped() {
        return gap(report).into_iter().collect();
    }
    let is_label = |mark: &&Mark| mark.kind == MarkKind::AiLabel;
    let labels = report.marks.iter().filter(is_label);
    let others = report.marks.iter().filter(|mark| !is_label(mark));
    let marks = labels.chain(others).take(MARKS_MAX).map(detail);
    marks.chain(gap(report)).collect()
}

/// The same without what the programs and people behind a file wrote there, and without whose name is in a certificate:
/// kind and field tell the other side enough, and may hold nobody's name. A label stands as it is, as it is made to be read.
pub(crate) fn for_parties(mut marks: Vec<MarkDetail>) -> Vec<MarkDetail> {
    for mark in marks.iter_mut().filter(|mark| mark.kind != LABEL) {
        mark.fields.retain(|field| field.key != TEXT);
        mark.answers
            .retain(|answer| answer.key.as_deref() != Some(SIGNER));
    }
    marks
}

/// Width and height of the picture that the camera took, where the file says that they were others than those of the one in it.
pub(crate) fn camera_size(report: &Report) -> Option<(u32, u32)> {
    let mark = report
        .marks
        .iter()
        .find(|mark| mark.rule == Rule::ExifSize)?;
    let (width, height) = mark.fields.get("declared")?.as_str()?.split_once(" × ")?;
    Some((width.parse().ok()?, height.parse().ok()?))
}

/// The AI-content labels among them.
pub(crate) fn labels(report: &Report) -> Vec<MarkDetail> {
    let marks = report.marks.iter();
    let labels = marks.filter(|mark| mark.kind == MarkKind::AiLabel);
    labels.take(MARKS_MAX).map(detail).collect()
}

/// The note that a label may have been missed, where reading was given up or a place could not be read.
pub(crate) fn gap(report: &Report) -> Option<MarkDetail> {
    if report.is_stopped() {
        return Some(not_checkable());
    }
    not_whole(report)
}

fn not_checkable() -> MarkDetail {
    note(
        "reading.stopped",
        0,
        "读取文件的标识时超出了时间或内存限制，未能核对；这不说明照片是如何制作的".to_owned(),
        "reading what the file says about itself took too much time or memory, so it was not checked; that says nothing about how the photo was made".to_owned(),
    )
}

/// The note on a file of which a place could not be read.
fn not_whole(report: &Report) -> Option<MarkDetail> {
    let first = report.gaps.iter().map(|gap| gap.offset).min()?;
    let places = report.gaps.len();
    Some(note(
        "reading.partial",
        first,
        format!(
            "文件未能完整读取（{places} 处，最早在第 {first} 字节），可能遗漏了标识；这不说明照片是如何制作的"
        ),
        format!(
            "the file was not read whole ({places} places, the first at byte {first}), so a label may have been missed; that says nothing about how the photo was made"
        ),
    ))
}

fn note(rule: &str, offset: usize, zh: String, en: String) -> MarkDetail {
    MarkDetail {
        kind: NOT_CHECKABLE.to_owned(),
        source: "file".to_owned(),
        offset: u64::try_from(offset).unwrap_or(u64::MAX),
        rule: rule.to_owned(),
        citation: String::new(),
        confidence: String::new(),
        level: None,
        zh,
        en,
        fields: Vec::new(),
        deviations: Vec::new(),
        answers: Vec::new(),
    }
}

fn detail(mark: &Mark) -> MarkDetail {
    MarkDetail {
        kind: crate::detail::name(&mark.kind),
        source: crate::detail::name(&mark.source),
        offset: u64::try_from(mark.offset).unwrap_or(u64::MAX),
        rule: mark.rule.id().to_owned(),
        citation: mark.citation.to_owned(),
        confidence: crate::detail::name(&mark.confidence),
        level: mark.level,
        zh: mark.zh.to_owned(),
        en: mark.en.to_owned(),
        fields: mark
            .fields
            .iter()
            // Of a manifest the answers tell, and a field of a trace that is empty tells nothing; one of a label does.
            .filter(|(_, value)| {
                mark.kind == MarkKind::AiLabel
                    || mark.credentials.is_none() && value.as_str() != Some("")
            })
            .take(MARK_FIELDS_MAX)
            .map(|(key, value)| MarkField {
                key: shortened(key),
                value: match value {
                    Value::String(text) => shortened(text),
                    other => shortened(&other.to_string()),
                },
            })
            .collect(),
        deviations: mark
            .deviations
            .iter()
            .take(MARK_DEVIATIONS_MAX)
            .map(|deviation| MarkRemark {
                zh: deviation.zh.to_owned(),
                en: deviation.en.to_owned(),
                key: deviation.key.as_deref().map(shortened),
            })
            .collect(),
        answers: mark.credentials.as_deref().map(answers).unwrap_or_default(),
    }
}

/// What a manifest says and how far that can be relied on, each answer by itself; who signed comes last.
fn answers(credentials: &Credentials) -> Vec<MarkRemark> {
    let mut answers: Vec<MarkRemark> = credentials
        .sentences()
        .into_iter()
        .take(MARK_ANSWERS_MAX)
        .map(|(question, en, zh)| {
            // What a manifest says is its signer's word and no finding of ours.
            let (before_zh, before_en) = match question {
                "signal" => ("清单写明：", "the manifest says: "),
                "earlier" => ("先前的清单写明：", "an earlier manifest says: "),
                _ => ("", ""),
            };
            MarkRemark {
                zh: format!("{before_zh}{zh}"),
                en: format!("{before_en}{en}"),
                key: Some(question.to_owned()),
            }
        })
        .collect();
    if let Some(signer) = &credentials.signer {
        let name = shortened(&signer.subject);
        answers.push(MarkRemark {
            zh: format!("证书写明的签署者：{name}"),
            en: format!("signed, as the certificate says, by {name}"),
            key: Some(SIGNER.to_owned()),
        });
    }
    answers
}

/// A stranger's text at the length that a page has room for; the original file keeps all of it.
fn shortened(text: &str) -> String {
    let mut characters = text.chars();
    let mut short: String = characters.by_ref().take(MARK_TEXT_CHARS_MAX).collect();
    if characters.next().is_some() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marks(bytes: &[u8]) -> Vec<MarkDetail> {
        details(&aftercare_labels::read(bytes))
    }

    /// A PNG without pixels that carries `text` under the keyword `AIGC`.
    fn png(text: &str) -> Vec<u8> {
        png_with(b"tEXt", format!("AIGC\0{text}").as_bytes())
    }

    /// A PNG without pixels that has this chunk.
    fn png_with(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
        png_of(&[(kind, data.to_vec())])
    }

    /// A PNG without pixels that has these chunks.
    fn png_of(chunks: &[(&[u8; 4], Vec<u8>)]) -> Vec<u8> {
        let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
        let mut chunk = |kind: &[u8; 4], data: &[u8]| {
            bytes.extend(u32::try_from(data.len()).unwrap().to_be_bytes());
            bytes.extend(kind);
            bytes.extend(data);
            bytes.extend([0; 4]);
        };
        chunk(b"IHDR", &[0, 0, 0, 1, 0, 0, 0, 1, 8, 2, 0, 0, 0]);
        for (kind, data) in chunks {
            chunk(kind, data);
        }
        chunk(b"IEND", &[]);
        bytes
    }

    #[test]
    fn a_label_becomes_a_note_with_its_place_and_fields() {
        let marks = marks(&png(
            r#"{"Label":"1","ContentProducer":"vendor","ProduceID":"a"}"#,
        ));
        assert_eq!(marks.len(), 1);
        let mark = &marks[0];
        assert_eq!((mark.kind.as_str(), mark.level), ("ai_label", Some(1)));
        assert_eq!(mark.offset, 33, "where the chunk begins");
        assert!(
            mark.fields
                .iter()
                .any(|field| field.key == "ContentProducer" && field.value == "vendor")
        );
        assert!(mark.zh.contains("标识"));
    }

    #[test]
    fn a_manifest_is_told_by_its_answers_and_not_by_the_names_of_fields() {
        let report = aftercare_labels::read(&png_with(b"caBX", b"no store"));
        let marks = details(&report.with_unchecked_manifests());
        assert_eq!(marks.len(), 1);
        let mark = &marks[0];
        assert_eq!(mark.rule, "trace.c2pa_manifest");
        assert_eq!(
            mark.confidence, "declared",
            "it stands where manifests are kept"
        );
        assert_eq!(mark.fields, Vec::new());
        let questions: Vec<_> = mark.answers.iter().map(|one| one.key.as_deref()).collect();
        let four = ["binding", "integrity", "trust", "validity"].map(Some);
        assert_eq!(questions, four);
    }

    #[test]
    fn a_long_text_is_shortened_and_nothing_reads_as_no_marks() {
        let long = "x".repeat(5_000);
        let marks_of_long = marks(&png(&format!(
            r#"{{"Label":"1","ContentProducer":"{long}","ProduceID":"a"}}"#
        )));
        let field = marks_of_long[0]
            .fields
            .iter()
            .find(|field| field.key == "ContentProducer");
        let value = &field.unwrap().value;
        assert_eq!(value.chars().count(), MARK_TEXT_CHARS_MAX + 1);
        assert!(value.ends_with('…'));
        assert_eq!(marks(&png_with(b"tEXt", b"Title\0a mug")), Vec::new());
    }

    #[test]
    fn a_file_that_was_not_read_whole_has_a_note_after_what_was_read() {
        let mut bytes = png(r#"{"Label":"1","ContentProducer":"vendor","ProduceID":"a"}"#);
        bytes.truncate(bytes.len() - 6);
        let found = marks(&bytes);
        assert_eq!(found.len(), 2, "{found:#?}");
        assert_eq!(found[0].kind, LABEL);
        assert_eq!(found[1].kind, NOT_CHECKABLE);
        assert_eq!(found[1].rule, "reading.partial");
        assert!(found[1].zh.contains("未能完整读取") && found[1].en.contains("not read whole"));
        assert!(found[1].en.contains("says nothing about how"));
    }

    #[test]
    fn a_label_is_told_however_many_traces_stand_before_it() {
        let mut chunks: Vec<(&[u8; 4], Vec<u8>)> = (0..2 * MARKS_MAX)
            .map(|number| {
                let text =
                    format!("prompt\0{{\"{number}\":{{\"class_type\":\"a\",\"inputs\":{{}}}}}}");
                (b"tEXt", text.into_bytes())
            })
            .collect();
        let label = r#"{"Label":"1","ContentProducer":"vendor","ProduceID":"a"}"#;
        chunks.push((b"tEXt", format!("AIGC\0{label}").into_bytes()));
        let found = marks(&png_of(&chunks));
        assert_eq!(found.len(), MARKS_MAX);
        assert_eq!(found[0].kind, LABEL);
        assert_eq!(found[1].kind, "generator_text");
    }

    #[test]
    fn the_other_side_reads_kind_and_field_and_no_text_of_anybody() {
        let text = b"parameters\0portrait of Li Lei, Steps: 20, Sampler: Euler a, Seed: 1";
        let mut found = marks(&png_with(b"tEXt", text));
        found.extend(marks(&png(
            r#"{"Label":"1","ContentProducer":"vendor","ProduceID":"a"}"#,
        )));
        found[0].answers.push(MarkRemark {
            zh: "证书写明的签署者：李雷".to_owned(),
            en: "signed, as the certificate says, by Li Lei".to_owned(),
            key: Some(SIGNER.to_owned()),
        });
        assert!(
            found[0]
                .fields
                .iter()
                .any(|field| field.value.contains("Li Lei"))
        );
        let told = for_parties(found.clone());
        assert!(!serde_json::to_string(&told).unwrap().contains("Li Lei"));
        assert!(!serde_json::to_string(&told).unwrap().contains("李雷"));
        let keys = told[0].fields.iter().map(|field| field.key.as_str());
        let keys: std::collections::BTreeSet<_> = keys.collect();
        assert_eq!(keys, ["field", "trace"].into());
        assert_eq!(told[1], found[1], "a label is made to be read");
    }

    #[test]
    fn a_file_that_could_not_be_read_in_time_gets_a_note_that_says_so() {
        let marks = details(&Report::stopped(b"\xFF\xD8\xFF"));
        assert_eq!(marks.len(), 1);
        assert_eq!(marks[0].kind, NOT_CHECKABLE);
        assert!(marks[0].zh.contains("未能核对") && marks[0].en.contains("not checked"));
    }
}
