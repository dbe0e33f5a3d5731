//! The page of one inspection: verdict, pictures, findings, numbers, and what all of it does not prove.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use aftercare_evidence::inspect::{
    ClaimInspection, Overlay, OverlayKind, PhotoInspection, Picture, Role, Verdict,
};
use aftercare_evidence::{Finding, FindingCode, Grade};

use crate::PIECES_CSS;
use crate::html::{data_uri, escape};
use crate::pieces::{HeatView, Side, boxes, heat_view, slider, slider_start};

/// The design kit, as the server's pages load it.
const TOKENS_CSS: &str = include_str!("../../server/assets/tokens.css");
const KIT_CSS: &str = include_str!("../../server/assets/aftercare.css");
const PAGE_CSS: &str = include_str!("../assets/page.css");
/// The only script: the two sliders. Everything reads without it.
const PAGE_JS: &str = include_str!("../assets/page.js");

/// A sentence in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Words {
    pub zh: String,
    pub en: String,
}

/// A picture as the report shows it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReportPicture {
    /// What people call it: a file name, a number.
    pub label: String,
    /// A JPEG without personal metadata that keeps an AI label; `None` when the file could not be read.
    pub preview: Option<Vec<u8>>,
    /// Labels and traces read in the file: neutral remarks.
    pub marks: Vec<Words>,
    /// Remarks from the facts of the order.
    pub notes: Vec<Words>,
}

/// What a report is made of.
#[derive(Debug, Clone, Copy)]
pub struct Report<'a> {
    pub inspection: &'a ClaimInspection,
    /// By the names of the inspection's pictures. A name that is missing is shown as it is.
    pub pictures: &'a BTreeMap<String, ReportPicture>,
}

/// The whole page. The same input gives the same bytes.
#[must_use]
pub fn html_report(report: &Report<'_>) -> String {
    let page = Page { report };
    let mut html = String::with_capacity(256 * 1024);
    html.push_str("<!doctype html>\n<html lang=\"zh-CN\">\n<head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><meta name=\"color-scheme\" content=\"light dark\"><meta name=\"robots\" content=\"noindex\"><title>照片检查报告 · Photo inspection report</title>\n<style>\n");
    html.push_str(&sheets());
    html.push_str("</style></head>\n<body>\n");
    head(&mut html);
    html.push_str("<main class=\"wrap main stack-l\" id=\"main\">\n");
    page.summary(&mut html);
    for (index, photo) in report.inspection.photos.iter().enumerate() {
        page.photo(&mut html, index, photo);
    }
    page.references(&mut html);
    limits_of_proof(&mut html);
    page.run_again(&mut html);
    let _ = write!(
        html,
        "</main>\n<script>{}</script>\n</body>\n</html>\n",
        PAGE_JS.trim()
    );
    html
}

/// The design kit and the rules of reports, for a page without a second file.
#[must_use]
pub fn sheets() -> String {
    let mut sheets = String::new();
    for sheet in [TOKENS_CSS, &without_files(KIT_CSS), PIECES_CSS, PAGE_CSS] {
        sheets.push_str(sheet.trim());
        sheets.push('\n');
    }
    sheets
}

/// A sheet without the rules that need a second file.
fn without_files(sheet: &str) -> String {
    sheet
        .lines()
        .filter(|line| !line.contains("url("))
        .collect::<Vec<_>>()
        .join("\n")
}

struct Page<'a> {
    report: &'a Report<'a>,
}

impl Page<'_> {
    fn shown(&self, name: &str) -> Option<&ReportPicture> {
        self.report.pictures.get(name)
    }

    fn label<'a>(&'a self, name: &'a str) -> &'a str {
        self.shown(name)
            .map_or(name, |picture| picture.label.as_str())
    }

    fn source(&self, name: &str) -> Option<String> {
        self.shown(name)?.preview.as_deref().map(data_uri)
    }

    fn summary(&self, html: &mut String) {
        let inspection = self.report.inspection;
        let photos = inspection.photos.len();
        let references = inspection.references.len();
        let (zh, en) = verdict_words(inspection.verdict);
        let _ = write!(
            html,
            "<section class=\"stack-s\"><p class=\"s mut\">照片检查报告 · Photo inspection report</p><h1 class=\"sm\">{}</h1><p lang=\"en\" class=\"l\">{}</p><p class=\"s mut\">检查了 {photos} 张照片，用来比对的图片 {references} 张。<span lang=\"en\">{} checked against {}.</span></p><ul class=\"plain-list s\">",
            escape(zh),
            escape(en),
            counted(photos, "photo", "photos"),
            counted(references, "picture", "pictures"),
        );
        for (zh, en) in self.next_steps() {
            item(html, &zh, &en);
        }
        html.push_str("</ul>");
        if photos > 1 {
            html.push_str("<ul class=\"overview s\">");
            for (index, photo) in inspection.photos.iter().enumerate() {
                let number = index + 1;
                let _ = write!(
                    html,
                    "<li><a href=\"#photo-{number}\">照片 {number} Photo</a> <span class=\"file mut\">{}</span> {}</li>",
                    escape(self.label(&photo.photo.name)),
                    verdict_badge(photo.verdict)
                );
            }
            html.push_str("</ul>");
        }
        html.push_str("</section>\n");
    }

    /// What the reader can do now, in both languages.
    fn next_steps(&self) -> Vec<(String, String)> {
        let inspection = self.report.inspection;
        let (zh, en) = next_step(inspection.verdict);
        let mut steps = vec![(zh.to_owned(), en.to_owned())];
        let unread = inspection.photos.iter().filter(|photo| is_unread(photo));
        match unread.count() {
            0 => {}
            unread => steps.push((
                format!(
                    "有 {unread} 个文件打不开，没有检查：请换一个文件，或者请对方把原图重新发来。"
                ),
                format!(
                    "Not read, and so not checked: {}. Choose another file, or ask for the original again.",
                    counted(unread, "file", "files")
                ),
            )),
        }
        let references = &inspection.references;
        let unread = references
            .iter()
            .filter(|reference| {
                self.shown(&reference.name)
                    .is_none_or(|shown| shown.preview.is_none())
            })
            .count();
        if references.is_empty() {
            steps.push((
                "没有商品图，也没有打包记录，只检查了照片本身，能看出的少得多：请加上商品图再检查一次。"
                    .to_owned(),
                "There was no listing photo and no packing record, so only the photos themselves were checked, and much less can be told: add the listing photo and check again."
                    .to_owned(),
            ));
        } else if unread > 0 {
            steps.push((
                format!("有 {unread} 张用来比对的图片打不开，没有比对：请换一个文件再检查一次。"),
                format!(
                    "Not read, and so not compared with: {}. Choose another file and check again.",
                    counted(unread, "picture", "pictures")
                ),
            ));
        }
        steps
    }

    fn photo(&self, html: &mut String, index: usize, photo: &PhotoInspection) {
        let number = index + 1;
        let label = self.label(&photo.photo.name);
        let size = photo.seen.as_ref().map_or_else(String::new, |seen| {
            format!("{} × {} · {}", seen.width, seen.height, seen.format.name())
        });
        let _ = writeln!(
            html,
            "<section class=\"card stack photo{}\" id=\"photo-{number}\"><div class=\"row between\"><div><h2>照片 {number} <span lang=\"en\" class=\"mut\">Photo {number}</span></h2><p class=\"s mut file\">{}{}{}</p></div>{}</div>",
            if is_unread(photo) { " unread" } else { "" },
            if photo.photo.role == Role::Challenge {
                format!("{} · ", role_words(Role::Challenge))
            } else {
                String::new()
            },
            escape(label),
            if size.is_empty() {
                String::new()
            } else {
                format!(" · {size}")
            },
            verdict_badge(photo.verdict)
        );
        self.pictures(html, number, photo);
        html.push_str("<div class=\"findings\">");
        for finding in &photo.findings {
            self.finding(html, finding);
        }
        html.push_str("</div>");
        let left_out = photo.seen.iter().flat_map(|seen| &seen.notes);
        let left_out: Vec<Words> = left_out
            .map(|note| Words {
                zh: format!("{}。", note.zh()),
                en: format!("{}.", note.en()),
            })
            .collect();
        remarks(html, "没有检查的部分", "What was not looked at", &left_out);
        if let Some(shown) = self.shown(&photo.photo.name) {
            remarks(
                html,
                "文件里的标识和痕迹",
                "Labels and traces in the file",
                &shown.marks,
            );
            remarks(
                html,
                "和订单日期相比",
                "Compared with the order",
                &shown.notes,
            );
        }
        html.push_str("</section>\n");
    }

    /// The photo, and beside or under it what it was made from or compared with.
    fn pictures(&self, html: &mut String, number: usize, photo: &PhotoInspection) {
        let name = &photo.photo.name;
        let Some(source) = self.source(name) else {
            let (zh, en) = if is_unread(photo) {
                (
                    "这个文件没有检查：请换一个文件，或者请对方把原图重新发来。",
                    "This file was not checked: choose another one, or ask for the original again.",
                )
            } else {
                ("没有画面可以显示。", "There is no picture to show.")
            };
            let _ = write!(
                html,
                "<p class=\"note plain\"><span>{zh}<br><span lang=\"en\">{en}</span></span></p>"
            );
            return;
        };
        let alt = format!("照片 {number} · Photo {number}");
        let own = Side {
            source: &source,
            alt: &alt,
            tag: "照片 Photo",
        };
        let mut drawn = false;
        for overlay in &photo.overlays {
            if overlay.kind == OverlayKind::Aligned {
                self.slide(html, photo, overlay, own);
                drawn = true;
            }
        }
        for (index, overlay) in photo.overlays.iter().enumerate() {
            if overlay.kind == OverlayKind::Heat {
                let found = photo
                    .findings
                    .iter()
                    .find(|finding| finding.code == overlay.code);
                let heat = data_uri(&overlay.bytes);
                html.push_str(&heat_view(&HeatView {
                    id: &format!("heat-{number}-{index}"),
                    photo: own,
                    heat: &heat,
                    size: photo
                        .seen
                        .as_ref()
                        .map_or((0, 0), |seen| (seen.width, seen.height)),
                    boxes: found.map_or(&[], |finding| finding.boxes.as_slice()),
                    switch: "显示标记 · Show the overlay",
                    strength: "标记深浅 · Opacity",
                    low: "差别小 less",
                    high: "差别大 more",
                    caption: heat_caption(overlay.code),
                }));
                drawn = true;
            }
        }
        if drawn {
            return;
        }
        // Without an overlay: the photo, its boxes, and the picture that the findings name.
        let framed = photo
            .findings
            .iter()
            .find(|finding| !finding.boxes.is_empty());
        let frames = match (framed, &photo.seen) {
            (Some(finding), Some(seen)) => boxes((seen.width, seen.height), &finding.boxes),
            _ => String::new(),
        };
        let other = photo
            .findings
            .iter()
            .filter_map(|finding| finding.reference.as_deref())
            .find_map(|reference| self.source(reference).map(|source| (reference, source)));
        html.push_str("<div class=\"pair\">");
        figure(html, own, &frames, self.label(name));
        if let Some((reference, source)) = &other {
            let side = Side {
                source,
                alt: "用来比对的图片 · the picture compared with",
                tag: "比对图 Reference",
            };
            figure(html, side, "", self.label(reference));
        }
        html.push_str("</div>");
    }

    fn slide(&self, html: &mut String, photo: &PhotoInspection, overlay: &Overlay, own: Side<'_>) {
        let finding = photo
            .findings
            .iter()
            .find(|finding| finding.code == overlay.code);
        let reference = finding
            .and_then(|finding| finding.reference.as_deref())
            .unwrap_or_default();
        let size = photo
            .seen
            .as_ref()
            .map_or((0, 0), |seen| (seen.width, seen.height));
        let start = slider_start(size, finding.map_or(&[], |finding| &finding.boxes));
        let aligned = data_uri(&overlay.bytes);
        let before = Side {
            source: &aligned,
            alt: "用来比对的图片，已对齐 · the picture compared with, laid under the photo",
            tag: "比对图 Reference",
        };
        let caption = format!(
            "左 left: {} · 右 right: {}",
            self.label(reference),
            self.label(&photo.photo.name)
        );
        html.push_str(&slider(
            before,
            own,
            start,
            "左右拖动比较两张图 · Move to compare the two pictures",
            &caption,
        ));
    }

    fn finding(&self, html: &mut String, finding: &Finding) {
        let (title_zh, title_en) = match (finding.code, &finding.reference) {
            (FindingCode::NotDecoded, Some(_)) => ("比对图打不开", "A reference could not be read"),
            _ => title(finding.code, finding.grade),
        };
        let _ = write!(
            html,
            "<article class=\"finding\"><div class=\"row\">{}</div><h3>{title_zh}<br><span lang=\"en\">{title_en}</span></h3><p class=\"s\">{}</p><p class=\"s mut\" lang=\"en\">{}</p>",
            strength(finding),
            escape(&finding.zh),
            escape(&finding.en)
        );
        if let Some(reference) = &finding.reference {
            let _ = write!(
                html,
                "<p class=\"xs mut file\">比对图 Reference: {}</p>",
                escape(self.label(reference))
            );
        }
        numbers(html, finding);
        html.push_str("</article>");
    }

    fn references(&self, html: &mut String) {
        let references = &self.report.inspection.references;
        if references.is_empty() {
            return;
        }
        html.push_str("<section class=\"stack\"><h2>用来比对的图片 <span lang=\"en\" class=\"mut\">Pictures compared with</span></h2><div class=\"thumbs\">");
        for reference in references {
            let label = self.label(&reference.name);
            html.push_str("<figure class=\"shot\">");
            match self.source(&reference.name) {
                Some(source) => {
                    let _ = write!(
                        html,
                        "<img src=\"{source}\" alt=\"{}\">",
                        escape(role_words(reference.role))
                    );
                }
                None => html.push_str("<p class=\"note plain\">打不开 · could not be read</p>"),
            }
            let _ = write!(
                html,
                "<figcaption><b>{}</b><span class=\"file\">{}</span></figcaption></figure>",
                escape(role_words(reference.role)),
                escape(label)
            );
        }
        html.push_str("</div></section>\n");
    }

    fn run_again(&self, html: &mut String) {
        let inspection = self.report.inspection;
        let _ = write!(
            html,
            "<section class=\"card stack-s\"><h2>重新计算 <span lang=\"en\" class=\"mut\">Run it again</span></h2><p class=\"s\">用同样的文件和同一版本，所有数字都会一模一样。<span lang=\"en\">The same files and the same version give the same numbers, every one.</span></p><p class=\"s\">版本 Version: <code>{}</code></p><table class=\"tbl shas\"><thead><tr><th scope=\"col\">图片 Picture</th><th scope=\"col\">SHA-256</th></tr></thead><tbody>",
            escape(&inspection.checks)
        );
        let photos = inspection.photos.iter().map(|photo| &photo.photo);
        for picture in photos.chain(&inspection.references) {
            let hash = if picture.sha256.is_empty() {
                "打不开 could not be read"
            } else {
                &picture.sha256
            };
            let _ = write!(
                html,
                "<tr><th scope=\"row\">{}<br><span class=\"xs dim\">{}</span></th><td><code class=\"hash\">{}</code></td></tr>",
                escape(self.label(&picture.name)),
                escape(role_words(picture.role)),
                escape(hash)
            );
        }
        html.push_str("</tbody></table></section>\n");
    }
}

fn head(html: &mut String) {
    html.push_str("<a class=\"skip\" href=\"#main\">跳到正文 · Skip to the report</a><header class=\"top\"><div class=\"wrap\"><span class=\"brand\"><svg viewBox=\"0 0 32 32\" aria-hidden=\"true\" class=\"logo\"><circle cx=\"16\" cy=\"17\" r=\"11.25\" fill=\"none\" stroke=\"var(--brand)\" stroke-width=\"3.5\" pathLength=\"100\" stroke-dasharray=\"82 18\" stroke-dashoffset=\"-3.5\"/><path d=\"M10.4 17.2l4.5 4.7 3.3-6.2 2.9 1.1L27.800 5.2\" fill=\"none\" stroke=\"var(--gold-line)\" stroke-width=\"3\"/></svg>售后 <small>Aftercare</small></span></div></header>\n");
}

fn figure(html: &mut String, side: Side<'_>, frames: &str, caption: &str) {
    let _ = write!(
        html,
        "<figure class=\"shot whole\"><div class=\"view\"><span class=\"tag\">{}</span><img src=\"{}\" alt=\"{}\">{frames}</div><figcaption class=\"file\">{}</figcaption></figure>",
        escape(side.tag),
        escape(side.source),
        escape(side.alt),
        escape(caption)
    );
}

fn remarks(html: &mut String, zh: &str, en: &str, remarks: &[Words]) {
    if remarks.is_empty() {
        return;
    }
    let _ = write!(
        html,
        "<div class=\"sunk stack-s\"><h3>{zh} <span lang=\"en\" class=\"mut\">{en}</span></h3>"
    );
    for remark in remarks {
        let _ = write!(
            html,
            "<p class=\"s\">{}<br><span class=\"mut\" lang=\"en\">{}</span></p>",
            escape(&remark.zh),
            escape(&remark.en)
        );
    }
    html.push_str("</div>");
}

fn numbers(html: &mut String, finding: &Finding) {
    let logarithm = |milli: i32| format!("{:.3}", f64::from(milli) / 1000.0);
    let mut rows = vec![(
        "finding".to_owned(),
        format!("{} · {}", finding.code.as_str(), finding.grade.as_str()),
    )];
    if let Some(milli) = finding.likelihood_log10_milli {
        rows.push(("likelihood_log10".to_owned(), logarithm(milli)));
    }
    if let Some(milli) = finding.false_alarm_log10_milli {
        rows.push(("false_alarm_log10".to_owned(), logarithm(milli)));
    }
    rows.extend(
        finding
            .numbers
            .iter()
            .map(|(name, value)| (name.clone(), value.to_string())),
    );
    rows.extend(finding.boxes.iter().enumerate().map(|(index, one)| {
        (
            format!("box_{}", index + 1),
            format!("x {}, y {}, {} × {}", one.x, one.y, one.width, one.height),
        )
    }));
    html.push_str("<details><summary class=\"s\">技术细节 · Technical details</summary><p class=\"xs mut no-print\">给重新计算的人用，作决定不需要看懂。<span lang=\"en\">For whoever runs the check again; a decision does not need them.</span></p><dl class=\"dl start\">");
    for (name, value) in rows {
        let _ = write!(
            html,
            "<dt class=\"mono\">{}</dt><dd>{}</dd>",
            escape(&name),
            escape(&value)
        );
    }
    html.push_str("</dl></details>");
}

fn limits_of_proof(html: &mut String) {
    html.push_str("<section class=\"card stack-s\"><h2>这份报告不说明什么 <span lang=\"en\" class=\"mut\">What this does not prove</span></h2><ul class=\"plain-list s\">");
    for (zh, en) in [
        (
            "发现说的是照片，不是人：是谁改的、为什么改，报告不知道。",
            "Findings speak about photos, not about people: who changed a photo, and why, is not known here.",
        ),
        (
            "“没有发现问题”不证明商品有损坏，也不证明没有；没找到改动不等于没有改动。",
            "“Nothing found” proves neither that there is damage nor that there is none, and a change that was not found may still be there.",
        ),
        (
            "只看得出照片与这里列出的图片的关系；买家用自己拍的照片改图，没有另一个角度的照片就很难发现。",
            "Photos are compared only with the pictures listed here. A change to somebody's own photo is hard to find without a second view.",
        ),
        (
            "翻拍屏幕和给扁平商品拍的新照片、三脚架连拍和改图，有时分不开；报告会直说分不开。",
            "A photo of a screen and a new photo of a flat item, or two shots from a tripod and an edit, sometimes cannot be told apart. Where that is so, the report says so.",
        ),
        (
            "文件里的拍摄时间和标识可以被改掉；没有标识不等于不是 AI 生成。",
            "Dates and labels in a file can be changed; a file without a label may still be generated by AI.",
        ),
        (
            "机器不作最后决定：付款可以暂停，结论要由人作出，双方都要听。",
            "No machine decides in the end: a payment may wait, but a person decides, having heard both sides.",
        ),
    ] {
        item(html, zh, en);
    }
    html.push_str("</ul></section>\n");
}

/// A line of a list, in both languages.
fn item(html: &mut String, zh: &str, en: &str) {
    let _ = write!(
        html,
        "<li>{}<br><span class=\"mut\" lang=\"en\">{}</span></li>",
        escape(zh),
        escape(en)
    );
}

/// Whether the file of a photo could not be read.
const fn is_unread(photo: &PhotoInspection) -> bool {
    photo.seen.is_none()
}

const fn verdict_words(verdict: Verdict) -> (&'static str, &'static str) {
    match verdict {
        Verdict::Clear => ("没有发现问题", "Nothing was found"),
        Verdict::Review => (
            "请人工查看，或请对方补拍",
            "A person should look, or a new photo is needed",
        ),
        Verdict::Intercept => (
            "先不要自动付款，请人工查看",
            "Hold the automatic payment and have a person look",
        ),
    }
}

const fn next_step(verdict: Verdict) -> (&'static str, &'static str) {
    match verdict {
        Verdict::Clear => (
            "请照常处理这件申请：照片上有没有所说的损坏，仍要由人来看。",
            "Handle the claim as any other: whether the photos show the damage that was reported, a person still has to see.",
        ),
        Verdict::Review => (
            "请看下面标出的照片和说明；看不准时，请对方换个角度补拍一张，和这些照片一起再检查一次。",
            "Look at the photos that are marked below. In doubt, ask for a new photo from another angle, and check it together with these.",
        ),
        Verdict::Intercept => (
            "请由人对照下面的两张图，再听对方说明；补拍、退货、上门检测都可以选。",
            "Have a person compare the two pictures below and hear the other side. A new photo, a return and an inspection stay open.",
        ),
    }
}

fn verdict_badge(verdict: Verdict) -> String {
    let (class, zh, en) = match verdict {
        Verdict::Clear => ("badge go", "没有发现问题", "nothing found"),
        Verdict::Review => ("badge time", "请人工查看", "to be looked at"),
        Verdict::Intercept => ("badge evid", "先不付款，请人工查看", "hold, and look"),
    };
    format!("<span class=\"{class}\">{zh} · <span lang=\"en\">{en}</span></span>")
}

const fn heat_caption(code: FindingCode) -> &'static str {
    match code {
        FindingCode::EditedRegion => "与比对图不同的地方 · Where it differs from the reference",
        FindingCode::SameFlatSurface => {
            "与比对图不同的地方，可能是真实的损坏 · Where it differs from the reference, which can be real damage"
        }
        FindingCode::DamageNotConfirmed => {
            "另一张照片里没有看到的地方 · What the other photo does not show"
        }
        FindingCode::CopyMove => "重复出现的画面 · What appears twice",
        _ => "与其余部分不一致的地方 · What does not fit the rest",
    }
}

const fn role_words(role: Role) -> &'static str {
    match role {
        Role::Claim => "申请照片 Claim photo",
        Role::Challenge => "补拍照片 Photo on request",
        Role::Listing => "商品图 Listing photo",
        Role::OtherListing => "其他店铺的商品图 Another shop's listing photo",
        Role::Packing => "打包记录 Packing record",
    }
}

fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// How strong a finding is, drawn and in words; nothing is drawn for a remark.
fn strength(finding: &Finding) -> String {
    if !finding.accuses() {
        return "<span class=\"badge\">说明 · remark</span>".to_owned();
    }
    let (on, words) = match finding.likelihood_log10_milli {
        None => (0, "强度未测量 · strength not measured"),
        Some(..1_000) => (1, "强度：弱 · weak"),
        Some(1_000..2_000) => (2, "强度：中等 · moderate"),
        Some(2_000..3_000) => (3, "强度：强 · strong"),
        Some(3_000..) => (4, "强度：很强 · very strong"),
    };
    let bars: String = (0..4)
        .map(|bar| {
            if bar < on {
                "<i class=\"on\"></i>"
            } else {
                "<i></i>"
            }
        })
        .collect();
    format!("<span class=\"str\">{bars}<span>{words}</span></span>")
}

/// A finding in a few words.
fn title(code: FindingCode, grade: Grade) -> (&'static str, &'static str) {
    match (code, grade) {
        (FindingCode::DerivedFromReference, Grade::Exact) => {
            ("由比对图改成", "Made from the reference")
        }
        (FindingCode::DerivedFromReference, _) => (
            "由比对图改成，或相机没有移动",
            "Made from the reference, or by a camera that did not move",
        ),
        (FindingCode::EditedRegion, Grade::Exact) => ("画面有改动", "A part was changed"),
        (FindingCode::EditedRegion, _) => ("与比对图有不同", "A part is different"),
        (FindingCode::ReusedPhoto, _) => ("在另一件申请里用过", "Used in another claim"),
        (FindingCode::CopyMove, _) => ("同一块画面出现两次", "A part appears twice"),
        (FindingCode::JpegInconsistent, _) => ("压缩痕迹不一致", "Compression traces do not fit"),
        (FindingCode::Resampled, _) => ("有一块被缩放过", "A part was scaled"),
        (FindingCode::DamageNotConfirmed, _) => (
            "另一张照片里没有看到这处损坏",
            "Another photo does not show this damage",
        ),
        (FindingCode::NoiseInconsistent, _) => ("噪点不一致", "Noise differs"),
        (FindingCode::ThumbnailMismatch, _) => {
            ("缩略图和画面不同", "The thumbnail differs from the photo")
        }
        (FindingCode::KnownTables, _) => ("由常见软件保存", "Saved by a common program"),
        (FindingCode::Annotation, _) => ("画了圈或箭头", "Circles or arrows were drawn"),
        (FindingCode::SameFlatSurface, _) => (
            "同一个平面，无法区分翻拍和实拍",
            "The same flat surface; a recapture cannot be told from a new photo",
        ),
        (FindingCode::SamePlace, _) => (
            "商品图的背景又出现了",
            "The background of the listing appears again",
        ),
        (FindingCode::SameItemNewPhoto, _) => {
            ("同款商品的另一张照片", "Another photo of such an item")
        }
        (FindingCode::Unrelated, _) => ("与比对图没有相同之处", "Nothing in common"),
        (FindingCode::CannotTell, _) => ("无法判断", "Cannot be told"),
        (FindingCode::SharedListingPhoto, _) => {
            ("两家店铺用了同一张图", "Two shops show one picture")
        }
        (FindingCode::NotAPhotoOfTheDamage, _) => {
            ("不是损坏的照片，请补拍", "Not a photo of the damage")
        }
        (FindingCode::LowQuality, _) => ("画面细节太少", "Too little detail"),
        (FindingCode::NotDecoded, _) => ("文件打不开", "A file could not be read"),
        (FindingCode::Clear, _) => ("没有发现问题", "Nothing was found"),
    }
}

/// Names for pictures that have no label of their own.
impl ReportPicture {
    /// A picture that is only named.
    #[must_use]
    pub fn named(picture: &Picture) -> Self {
        Self {
            label: picture.name.clone(),
            ..Self::default()
        }
    }
}
