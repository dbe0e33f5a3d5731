//! The layout of a page by Typst.

use super::tree::{self, Block, Inline, Page};
use super::{About, Fonts, HTML_BYTES_MAX, PICTURES_MAX, Pdf, PdfError};
use std::collections::{BTreeSet, HashMap};
use std::fmt;
use typst::diag::{FileError, FileResult, SourceDiagnostic};
use typst::foundations::{Bytes, Datetime, Duration, Smart};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt as _, World};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards, Timestamp};

/// How the pages are laid out.
const TEMPLATE: &str = include_str!("../../assets/page.typ");
pub(super) fn pdf(html: &str, about: &About, fonts: &Fonts) -> Result<Pdf, PdfError> {
    let (document, missing) = laid_out(html, about, fonts)?;
    let standards = PdfStandards::new(&[PdfStandard::A_2a, PdfStandard::Ua_1])
        .map_err(|error| PdfError::Layout(error.message().to_string()))?;
    let made = typst_pdf::pdf(
        &document,
        &PdfOptions {
            // The same page is the same document.
            ident: Smart::Custom(html.to_owned()),
            creator: Smart::Custom(Some("Aftercare".to_owned())),
            timestamp: datetime(about.made_at_ms).map(Timestamp::new_utc),
            standards,
            ..PdfOptions::default()
        },
    );
    let pages = document.pages().len();
    drop(document);
    // What was laid out is about people: nothing of it is kept for the next one.
    typst::comemo::evict(0);
    Ok(Pdf {
        bytes: made.map_err(|errors| PdfError::Layout(said(&errors)))?,
        pages,
        missing,
    })
}

fn laid_out(
    html: &str,
    about: &About,
    fonts: &Fonts,
) -> Result<(PagedDocument, Vec<char>), PdfError> {
    if html.len() > HTML_BYTES_MAX {
        return Err(PdfError::TooLarge { bytes: html.len() });
    }
    let mut page = tree::read(html);
    if page.pictures.len() > PICTURES_MAX {
        return Err(PdfError::TooManyPictures {
            pictures: page.pictures.len(),
        });
    }
    let mut wanted = BTreeSet::new();
    for_each_text(&mut page, &mut |text| {
        // They ask for another drawing of the character before them, and have no shape themselves.
        text.retain(|character| !is_mark_of_drawing(character));
        // What `escape` writes for a character that cannot be shown.
        if text.contains('\u{fffd}') {
            *text = text.replace('\u{fffd}', "□");
        }
        wanted.extend(text.chars());
    });
    wanted.extend(
        about
            .missing
            .chars()
            .chain("〔〕U+, 0123456789ABCDEF/".chars()),
    );
    let chosen = fonts.choose(&wanted);
    if !chosen.missing.is_empty() {
        for_each_text(&mut page, &mut |text| {
            if text.chars().any(|one| chosen.missing.contains(&one)) {
                *text = text
                    .chars()
                    .map(|one| named(one, &chosen.missing))
                    .collect();
            }
        });
        let list: Vec<String> = chosen.missing.iter().map(|&one| code(one)).collect();
        page.blocks.push(Block::Paragraph {
            text: vec![Inline::Text {
                text: format!("{} {}", about.missing, list.join(", ")),
                bold: false,
                exact: false,
                small: true,
                muted: true,
            }],
        });
    }
    let paper = Paper::new(&page, about, chosen.fonts)?;
    let document = typst::compile::<PagedDocument>(&paper)
        .output
        .map_err(|errors| PdfError::Layout(said(&errors)))?;
    Ok((document, chosen.missing.into_iter().collect()))
}

/// Variation selectors, joiners and the byte order mark.
fn is_mark_of_drawing(character: char) -> bool {
    matches!(character, '\u{fe00}'..='\u{fe0f}' | '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}' | '\u{ad}' | '\u{e0100}'..='\u{e01ef}')
}

fn code(character: char) -> String {
    format!("U+{:04X}", u32::from(character))
}

fn named(character: char, missing: &BTreeSet<char>) -> String {
    if missing.contains(&character) {
        format!("〔{}〕", code(character))
    } else {
        character.to_string()
    }
}

/// Every text that is shown, to be changed.
fn for_each_text(page: &mut Page, act: &mut impl FnMut(&mut String)) {
    act(&mut page.title);
    in_blocks(&mut page.blocks, act);
}

fn in_line(line: &mut [Inline], act: &mut impl FnMut(&mut String)) {
    for part in line {
        if let Inline::Text { text, .. } = part {
            act(text);
        }
    }
}

fn in_blocks(blocks: &mut [Block], act: &mut impl FnMut(&mut String)) {
    for block in blocks {
        match block {
            Block::Heading { text, .. } | Block::Paragraph { text } => in_line(text, act),
            Block::List { items, .. } => {
                for item in items {
                    in_blocks(item, act);
                }
            }
            Block::Table { head, rows, .. } => {
                for cell in head {
                    in_line(cell, act);
                }
                for cell in rows.iter_mut().flatten() {
                    in_blocks(cell, act);
                }
            }
            Block::Definitions { items } => {
                for item in items {
                    in_line(&mut item.name, act);
                    in_blocks(&mut item.blocks, act);
                }
            }
            Block::Quote { blocks } | Block::Frame { blocks, .. } => in_blocks(blocks, act),
            Block::Pictures { items } => {
                for item in items {
                    in_line(&mut item.caption, act);
                }
            }
            Block::PageBreak => {}
        }
    }
}

fn said(errors: &[SourceDiagnostic]) -> String {
    let messages: BTreeSet<&str> = errors.iter().map(|error| error.message.as_str()).collect();
    messages.into_iter().collect::<Vec<_>>().join("; ")
}

/// Date and time in UTC; `None` where no calendar has it.
fn datetime(ms: i64) -> Option<Datetime> {
    let at = jiff::Timestamp::from_millisecond(ms)
        .ok()?
        .to_zoned(jiff::tz::TimeZone::UTC);
    let part = |value: i8| u8::try_from(value).ok();
    Datetime::from_ymd_hms(
        i32::from(at.year()),
        part(at.month())?,
        part(at.day())?,
        part(at.hour())?,
        part(at.minute())?,
        part(at.second())?,
    )
}

/// What the layout may read: the template, the page, its pictures and the fonts; no file of the machine, no network, no
/// clock.
struct Paper {
    library: LazyHash<Library>,
    book: LazyHash<FontBook>,
    fonts: Vec<Font>,
    template: Source,
    files: HashMap<FileId, Bytes>,
}

impl fmt::Debug for Paper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Paper")
            .field("fonts", &self.fonts.len())
            .finish_non_exhaustive()
    }
}

fn file(name: &str) -> Result<FileId, PdfError> {
    VirtualPath::new(name)
        .map(|path| RootedPath::new(VirtualRoot::Project, path).intern())
        .map_err(|error| PdfError::Layout(format!("{name}: {error:?}")))
}

impl Paper {
    fn new(page: &Page, about: &About, fonts: Vec<Font>) -> Result<Self, PdfError> {
        let mut families: Vec<&str> = Vec::new();
        for font in &fonts {
            let family = font.info().family.as_str();
            if !families.contains(&family) {
                families.push(family);
            }
        }
        let (lang, region) = page
            .language
            .split_once('-')
            .unwrap_or((page.language.as_str(), ""));
        let data = serde_json::json!({
            "title": page.title,
            "author": about.author,
            "lang": lang,
            "region": Some(region).filter(|region| region.len() == 2),
            "fonts": families,
            "blocks": page.blocks,
        });
        let mut files = HashMap::from([(file("page.json")?, Bytes::from_string(data.to_string()))]);
        for (name, bytes) in &page.pictures {
            files.insert(file(name)?, Bytes::new(bytes.clone()));
        }
        Ok(Self {
            library: LazyHash::new(Library::default()),
            book: LazyHash::new(FontBook::from_fonts(&fonts)),
            fonts,
            template: Source::new(file("page.typ")?, TEMPLATE.to_owned()),
            files,
        })
    }
}

impl World for Paper {
    fn library(&self) -> &LazyHash<Library> {
        &self.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &self.book
    }

    fn main(&self) -> FileId {
        self.template.id()
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        if id == self.template.id() {
            Ok(self.template.clone())
        } else {
            Err(FileError::AccessDenied)
        }
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        self.files.get(&id).cloned().ok_or(FileError::AccessDenied)
    }

    fn font(&self, index: usize) -> Option<Font> {
        self.fonts.get(index).cloned()
    }

    fn today(&self, _offset: Option<Duration>) -> Option<Datetime> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use typst::layout::{Frame, FrameItem};

    fn shown(frame: &Frame, into: &mut String) {
        for (_, item) in frame.items() {
            match item {
                FrameItem::Text(run) => {
                    assert!(run.glyphs.iter().all(|glyph| glyph.id != 0), "{}", run.text);
                    into.push_str(&run.text);
                }
                FrameItem::Group(group) => shown(&group.frame, into),
                _ => {}
            }
        }
    }

    /// What stands on the pages, without spaces: lines end where the paper does.
    fn on_paper(html: &str) -> (String, Vec<char>) {
        let about = About {
            missing: "没有字形：".to_owned(),
            ..About::default()
        };
        let (document, missing) = laid_out(html, &about, &Fonts::default()).expect("a layout");
        let mut text = String::new();
        for page in document.pages() {
            shown(&page.frame, &mut text);
        }
        text.retain(|character| !character.is_whitespace());
        (text, missing)
    }

    #[test]
    fn text_is_shown_as_it_is_and_never_run() {
        let statement = "#set text(red) $x^2$ @ref *star* _low_ `code` // note /* note */ \\ #panic() <label> https://example.com";
        let escaped = crate::escape(statement);
        let (text, missing) = on_paper(&format!(
            "<html lang=en><title>T</title><h1>T</h1><blockquote>{escaped}</blockquote>"
        ));
        assert!(text.contains(&statement.replace(' ', "")), "{text}");
        assert!(missing.is_empty());
    }

    #[test]
    fn a_hash_is_copied_whole() {
        let hash = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
        let cells = format!(
            "<td>a long sentence that takes its room in the table</td><td class=hash>{hash}</td>"
        );
        let html = format!(
            "<title>T</title><h1>T</h1><table><tr><th>a</th><th>b</th></tr><tr>{}</tr></table>",
            cells.repeat(2)
        );
        let (text, _) = on_paper(&html);
        assert_eq!(text.matches(hash).count(), 2, "{text}");
        // And within the paper.
        let (document, _) =
            laid_out(&html, &About::default(), &Fonts::default()).expect("a layout");
        for page in document.pages() {
            assert!(end(&page.frame) < page.frame.width().to_pt());
        }
    }

    /// Where the rightmost text of a frame ends, in points.
    fn end(frame: &Frame) -> f64 {
        let ends = frame.items().map(|(at, item)| match item {
            FrameItem::Text(run) => at.x.to_pt() + run.width().to_pt(),
            FrameItem::Group(group) => at.x.to_pt() + end(&group.frame),
            _ => 0.0,
        });
        ends.fold(0.0, f64::max)
    }

    #[test]
    fn a_character_without_a_shape_stands_as_its_code_point_and_is_listed() {
        let (text, missing) =
            on_paper("<title>T</title><h1>王\u{20bb7}</h1><p>笑😀\u{fe0f} \u{fffd}</p>");
        assert_eq!(missing, ['\u{1f600}', '\u{20bb7}']);
        assert!(text.contains("王〔U+20BB7〕"), "{text}");
        assert!(text.contains("笑〔U+1F600〕□"), "{text}");
        assert!(text.contains("没有字形：U+1F600,U+20BB7"), "{text}");
    }

    #[test]
    fn the_embedded_font_has_every_character_of_our_own_words() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../server/locales");
        let mut wanted = BTreeSet::new();
        for language in std::fs::read_dir(folder).expect("locales").flatten() {
            for file in std::fs::read_dir(language.path())
                .expect("a language")
                .flatten()
            {
                let words = std::fs::read_to_string(file.path()).expect("words");
                wanted.extend(words.chars().filter(|one| !one.is_control()));
            }
        }
        assert!(wanted.len() > 500);
        let chosen = Fonts::default().choose(&wanted);
        assert_eq!(chosen.missing, BTreeSet::new());
    }

    #[test]
    fn a_date_is_that_of_utc() {
        let at = datetime(1_795_737_599_000).expect("a date");
        let parts = (
            at.year(),
            at.month(),
            at.day(),
            at.hour(),
            at.minute(),
            at.second(),
        );
        assert_eq!(
            parts,
            (Some(2026), Some(11), Some(26), Some(23), Some(59), Some(59))
        );
        assert!(datetime(i64::MAX).is_none());
    }
}
