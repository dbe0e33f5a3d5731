//! A page of ours read into the few kinds of blocks that paper has. What is not known is read through, so that no text
//! of a page is ever left out for its element.

use base64::Engine as _;
use html5ever::tendril::TendrilSink as _;
use html5ever::{ParseOpts, parse_document};
use markup5ever_rcdom::{Handle, NodeData, RcDom};
use serde::Serialize;
use std::collections::BTreeMap;

/// Nesting that is still followed; deeper elements are read as one paragraph.
const DEPTH_MAX: usize = 64;

/// A page as blocks, with its pictures by the names that the blocks use.
#[derive(Debug, Default, Serialize)]
pub struct Page {
    pub title: String,
    /// BCP 47 language tag, as `zh-CN`.
    pub language: String,
    pub blocks: Vec<Block>,
    #[serde(skip)]
    pub pictures: BTreeMap<String, Vec<u8>>,
}

/// What stands below another on paper.
#[derive(Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Block {
    Heading {
        level: u8,
        text: Vec<Inline>,
    },
    Paragraph {
        text: Vec<Inline>,
    },
    List {
        numbered: bool,
        items: Vec<Vec<Block>>,
    },
    Table {
        /// Widths of the columns in proportion to each other.
        widths: Vec<u32>,
        head: Vec<Vec<Inline>>,
        rows: Vec<Vec<Vec<Block>>>,
    },
    /// Names with what stands for them.
    Definitions {
        items: Vec<Definition>,
    },
    Quote {
        blocks: Vec<Block>,
    },
    /// Set apart by a border; `tinted` where it is a note.
    Frame {
        tinted: bool,
        blocks: Vec<Block>,
    },
    /// Pictures beside each other.
    Pictures {
        items: Vec<Picture>,
    },
    PageBreak,
}

/// A name and its blocks.
#[derive(Debug, PartialEq, Serialize)]
pub struct Definition {
    pub name: Vec<Inline>,
    pub blocks: Vec<Block>,
}

/// A picture, and the one that lies over it.
#[derive(Debug, PartialEq, Serialize)]
pub struct Picture {
    pub file: String,
    pub over: Option<String>,
    /// What it shows, for who cannot see it.
    pub alt: String,
    pub caption: Vec<Inline>,
}

/// What stands in a line.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Inline {
    Text {
        text: String,
        bold: bool,
        /// A number or hash that is read letter by letter.
        exact: bool,
        small: bool,
        muted: bool,
    },
    Break,
    /// A line to write on.
    Blank,
}

#[derive(Debug, Clone, Copy, Default)]
struct Style {
    bold: bool,
    exact: bool,
    small: bool,
    muted: bool,
}

impl Style {
    /// This style within an element of these classes.
    fn of(self, classes: &str) -> Self {
        let has = |class: &str| classes.split_ascii_whitespace().any(|one| one == class);
        Self {
            exact: self.exact || has("mono") || has("hash"),
            small: self.small || has("s") || has("xs"),
            muted: self.muted || has("mut"),
            ..self
        }
    }
}

/// Reads a whole page; broken markup is read as browsers do.
pub fn read(html: &str) -> Page {
    let dom = parse_document(RcDom::default(), ParseOpts::default()).one(html);
    let mut page = Page::default();
    let mut reader = Reader {
        pictures: BTreeMap::new(),
    };
    let root = find(&dom.document, "html", 0);
    page.language = root
        .as_ref()
        .and_then(|root| attribute(root, "lang"))
        .unwrap_or_else(|| "zh-CN".to_owned());
    if let Some(title) = find(&dom.document, "title", 0) {
        page.title = collapsed(&text_of(&title, 0));
    }
    if let Some(body) = find(&dom.document, "body", 0) {
        page.blocks = reader.blocks(&body, Style::default(), 0);
    }
    page.pictures = reader.pictures;
    // rcdom frees nodes one within another; a deep page would end the stack.
    flatten(dom);
    page
}

/// Lets go of the nodes one by one.
fn flatten(dom: RcDom) {
    let mut waiting = vec![dom.document.clone()];
    drop(dom);
    while let Some(node) = waiting.pop() {
        waiting.extend(node.children.take());
    }
}

struct Reader {
    pictures: BTreeMap<String, Vec<u8>>,
}

/// Collects lines until a block comes between.
#[derive(Default)]
struct Flow {
    blocks: Vec<Block>,
    line: Vec<Inline>,
}

impl Flow {
    fn end_line(&mut self) {
        let text = tidy(std::mem::take(&mut self.line));
        if !text.is_empty() {
            self.blocks.push(Block::Paragraph { text });
        }
    }

    fn push(&mut self, block: Block) {
        self.end_line();
        self.blocks.push(block);
    }

    fn ended(mut self) -> Vec<Block> {
        self.end_line();
        self.blocks
    }
}

impl Reader {
    fn blocks(&mut self, node: &Handle, style: Style, depth: usize) -> Vec<Block> {
        let mut flow = Flow::default();
        self.children(node, style, depth, &mut flow);
        flow.ended()
    }

    fn children(&mut self, node: &Handle, style: Style, depth: usize, flow: &mut Flow) {
        if depth > DEPTH_MAX {
            flow.line.push(styled(&text_of(node, 0), style));
            return;
        }
        for child in node.children.borrow().iter() {
            self.node(child, style, depth + 1, flow);
        }
    }

    fn node(&mut self, node: &Handle, style: Style, depth: usize, flow: &mut Flow) {
        match &node.data {
            NodeData::Text { contents } => flow.line.push(styled(&contents.borrow(), style)),
            NodeData::Element { name, .. } => {
                let classes = attribute(node, "class").unwrap_or_default();
                let has = |class: &str| classes.split_ascii_whitespace().any(|one| one == class);
                if ["no-print", "skip", "js-only"].into_iter().any(&has)
                    || attribute(node, "aria-hidden").as_deref() == Some("true")
                {
                    return;
                }
                let inner = style.of(&classes);
                if has("fill") {
                    flow.line.push(Inline::Blank);
                } else if has("row") {
                    // Beside each other with a gap that is no character of the page.
                    flow.end_line();
                    for child in node.children.borrow().iter() {
                        self.node(child, inner, depth + 1, flow);
                        flow.line.push(styled(" ", inner));
                    }
                    flow.end_line();
                } else if has("sheet") {
                    flow.push(Block::PageBreak);
                    let blocks = self.blocks(node, inner, depth);
                    flow.blocks.extend(blocks);
                } else if has("card") || has("note") {
                    let blocks = self.blocks(node, inner, depth);
                    let tinted = has("note");
                    flow.push(Block::Frame { tinted, blocks });
                } else if has("pics") {
                    let items = self.figures(node, depth);
                    flow.push(Block::Pictures { items });
                } else {
                    self.element(node, &name.local, inner, depth, flow);
                }
            }
            _ => {}
        }
    }

    fn element(&mut self, node: &Handle, name: &str, style: Style, depth: usize, flow: &mut Flow) {
        match name {
            "script" | "style" | "template" | "head" | "svg" | "button" | "input" | "select"
            | "textarea" | "iframe" | "noscript" | "nav" => {}
            "br" => flow.line.push(Inline::Break),
            "b" | "strong" | "th" => {
                self.children(
                    node,
                    Style {
                        bold: true,
                        ..style
                    },
                    depth,
                    flow,
                );
            }
            "code" | "kbd" | "samp" => {
                self.children(
                    node,
                    Style {
                        exact: true,
                        ..style
                    },
                    depth,
                    flow,
                );
            }
            "small" => self.children(
                node,
                Style {
                    small: true,
                    ..style
                },
                depth,
                flow,
            ),
            "a" | "span" | "em" | "i" | "abbr" | "time" | "sub" | "sup" | "mark" | "data" | "q"
            | "cite" | "bdi" | "s" | "u" | "label" | "output" | "meter" | "progress" => {
                self.children(node, style, depth, flow);
            }
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
                let level = name.as_bytes()[1] - b'0';
                let text = self.line(node, style, depth);
                if !text.is_empty() {
                    flow.push(Block::Heading { level, text });
                }
            }
            "ul" | "ol" | "menu" => {
                let items = self.items(node, "li", style, depth);
                if !items.is_empty() {
                    let numbered = name == "ol";
                    flow.push(Block::List { numbered, items });
                }
            }
            "dl" => {
                let items = self.definitions(node, style, depth);
                if !items.is_empty() {
                    flow.push(Block::Definitions { items });
                }
            }
            "table" => {
                if let Some(table) = self.table(node, style, depth) {
                    flow.push(table);
                }
            }
            "blockquote" => {
                let blocks = self.blocks(node, style, depth);
                flow.push(Block::Quote { blocks });
            }
            "figure" => {
                let items: Vec<Picture> = self.figure(node, depth).into_iter().collect();
                if items.is_empty() {
                    let blocks = self.blocks(node, style, depth);
                    flow.end_line();
                    flow.blocks.extend(blocks);
                } else {
                    flow.push(Block::Pictures { items });
                }
            }
            "img" => {
                if let Some(file) = self.picture(node) {
                    let items = vec![Picture {
                        file,
                        over: None,
                        alt: attribute(node, "alt").unwrap_or_default(),
                        caption: Vec::new(),
                    }];
                    flow.push(Block::Pictures { items });
                }
            }
            "hr" => flow.end_line(),
            _ => {
                flow.end_line();
                self.children(node, style, depth, flow);
                flow.end_line();
            }
        }
    }

    /// Everything in a node as one line.
    fn line(&mut self, node: &Handle, style: Style, depth: usize) -> Vec<Inline> {
        in_line(self.blocks(node, style, depth))
    }

    /// The blocks of each child of that name; other children with text count as one of their own.
    fn items(&mut self, node: &Handle, name: &str, style: Style, depth: usize) -> Vec<Vec<Block>> {
        let mut items = Vec::new();
        for child in node.children.borrow().iter() {
            let mut flow = Flow::default();
            if is(child, name) {
                self.children(child, style, depth + 1, &mut flow);
            } else {
                self.node(child, style, depth + 1, &mut flow);
            }
            let blocks = flow.ended();
            if !blocks.is_empty() {
                items.push(blocks);
            }
        }
        items
    }

    fn definitions(&mut self, node: &Handle, style: Style, depth: usize) -> Vec<Definition> {
        let mut items: Vec<Definition> = Vec::new();
        let mut waiting: Vec<Handle> = node.children.borrow().iter().rev().cloned().collect();
        while let Some(child) = waiting.pop() {
            if is(&child, "dt") {
                let name = self.line(&child, style, depth + 1);
                let blocks = Vec::new();
                items.push(Definition { name, blocks });
            } else if is(&child, "div") {
                waiting.extend(child.children.borrow().iter().rev().cloned());
            } else {
                let mut flow = Flow::default();
                let inner = style.of(&attribute(&child, "class").unwrap_or_default());
                if is(&child, "dd") {
                    self.children(&child, inner, depth + 1, &mut flow);
                } else {
                    self.node(&child, style, depth + 1, &mut flow);
                }
                let blocks = flow.ended();
                match items.last_mut() {
                    Some(last) => last.blocks.extend(blocks),
                    None if !blocks.is_empty() => items.push(Definition {
                        name: Vec::new(),
                        blocks,
                    }),
                    None => {}
                }
            }
        }
        items
    }

    fn table(&mut self, node: &Handle, style: Style, depth: usize) -> Option<Block> {
        let mut head: Vec<Vec<Inline>> = Vec::new();
        let mut rows: Vec<Vec<Vec<Block>>> = Vec::new();
        for row in all(node, "tr") {
            let cells: Vec<Handle> = row
                .children
                .borrow()
                .iter()
                .filter(|cell| is(cell, "td") || is(cell, "th"))
                .cloned()
                .collect();
            let heads = cells.iter().all(|cell| is(cell, "th"));
            if heads && head.is_empty() && rows.is_empty() {
                let bold = Style {
                    bold: true,
                    ..style
                };
                head = cells
                    .iter()
                    .map(|cell| self.line(cell, bold, depth + 1))
                    .collect();
            } else {
                let read = cells.iter().map(|cell| {
                    let own = style.of(&attribute(cell, "class").unwrap_or_default());
                    let bold = own.bold || is(cell, "th");
                    self.blocks(cell, Style { bold, ..own }, depth + 1)
                });
                rows.push(read.collect());
            }
        }
        let columns = rows.iter().map(Vec::len).chain([head.len()]).max()?;
        if columns == 0 {
            return None;
        }
        for row in &mut rows {
            row.resize_with(columns, Vec::new);
        }
        if !head.is_empty() {
            head.resize_with(columns, Vec::new);
        }
        let widths = widths(columns, &head, &rows);
        Some(Block::Table { widths, head, rows })
    }

    fn figures(&mut self, node: &Handle, depth: usize) -> Vec<Picture> {
        let figures = all(node, "figure");
        let read = figures
            .iter()
            .filter_map(|figure| self.figure(figure, depth));
        read.collect()
    }

    /// A figure of one picture, or of two where the second lies over the first.
    fn figure(&mut self, node: &Handle, depth: usize) -> Option<Picture> {
        let images = all(node, "img");
        let first = images.first()?;
        let file = self.picture(first)?;
        let second = images.get(1);
        let over = second.and_then(|second| self.picture(second));
        let alt = second
            .and_then(|second| attribute(second, "alt"))
            .filter(|alt| !alt.is_empty())
            .or_else(|| attribute(first, "alt"))
            .unwrap_or_default();
        let caption = find(node, "figcaption", 0)
            .map(|caption| self.line(&caption, Style::default(), depth + 1))
            .unwrap_or_default();
        Some(Picture {
            file,
            over,
            alt,
            caption,
        })
    }

    /// Keeps the picture that the page carries within itself and gives its name; the same picture has one name.
    fn picture(&mut self, node: &Handle) -> Option<String> {
        let source = attribute(node, "src")?;
        let (kind, text) = source.strip_prefix("data:image/")?.split_once(";base64,")?;
        let ending = match kind {
            "png" => "png",
            "jpeg" => "jpg",
            _ => return None,
        };
        let bytes = base64::engine::general_purpose::STANDARD
            .decode(text)
            .ok()?;
        if let Some((name, _)) = self.pictures.iter().find(|(_, known)| **known == bytes) {
            return Some(name.clone());
        }
        let name = format!("{}.{ending}", self.pictures.len());
        self.pictures.insert(name.clone(), bytes);
        Some(name)
    }
}

/// Latin letters that fit beside each other in the width of a page, as tables are set.
const PAGE_LETTERS: usize = 116;
/// What stands between two columns.
const GAP_LETTERS: usize = 2;
/// A cell as long as a time with its day is kept on one line, and a word up to that length is never cut.
const LINE_LETTERS_MAX: usize = 18;
/// A cell that is longer asks for no more room than this one.
const TEXT_LETTERS_MAX: usize = 240;

/// Each column gets what keeps its words whole, a column of numbers, codes or days even its lines; what is left of the page goes
/// to those that have more to say.
fn widths(columns: usize, head: &[Vec<Inline>], rows: &[Vec<Vec<Block>>]) -> Vec<u32> {
    let asked: Vec<(usize, usize)> = (0..columns)
        .map(|column| {
            let name = head.get(column).map(Vec::as_slice).unwrap_or_default();
            let cells = || rows.iter().filter_map(|row| row.get(column));
            let longest = cells().map(|blocks| blocks_letters(blocks)).max();
            let wanted = letters(name).max(longest.unwrap_or(0));
            let word = cells().map(|blocks| blocks_word(blocks)).max();
            let word = longest_word(name).max(word.unwrap_or(0));
            let least = if wanted <= LINE_LETTERS_MAX {
                wanted
            } else {
                word
            };
            let least = least.clamp(2, LINE_LETTERS_MAX) + GAP_LETTERS;
            let more = wanted.min(TEXT_LETTERS_MAX).saturating_sub(least);
            (least, more)
        })
        .collect();
    let least: usize = asked.iter().map(|(least, _)| least).sum();
    let more: usize = asked.iter().map(|(_, more)| more).sum();
    let room = PAGE_LETTERS.saturating_sub(least).min(more);
    let width = |(least, own): &(usize, usize)| {
        let share = (own * room * 4).checked_div(more).unwrap_or(0);
        u32::try_from(least * 4 + share).unwrap_or(u32::MAX)
    };
    asked.iter().map(width).collect()
}

/// The longest run of letters that no line may break: other scripts break anywhere, and hashes after every eighth.
fn longest_word(text: &[Inline]) -> usize {
    let words = text.iter().flat_map(|part| match part {
        Inline::Text { text, exact, .. } => text
            .split(|c: char| c.is_whitespace() || !c.is_ascii())
            .map(|word| match word.len() {
                long if *exact && long > 20 => 8,
                long => long,
            })
            .collect::<Vec<usize>>(),
        Inline::Break => Vec::new(),
        Inline::Blank => vec![12],
    });
    words.max().unwrap_or(0)
}

fn blocks_word(blocks: &[Block]) -> usize {
    let words = blocks.iter().map(|block| match block {
        Block::Heading { text, .. } | Block::Paragraph { text } => longest_word(text),
        Block::Quote { blocks } | Block::Frame { blocks, .. } => blocks_word(blocks),
        Block::List { items, .. } => {
            let items = items.iter().map(|item| blocks_word(item));
            items.max().unwrap_or(0)
        }
        _ => LINE_LETTERS_MAX,
    });
    words.max().unwrap_or(0)
}

/// How wide a text is in Latin letters: others count twice.
fn letters(text: &[Inline]) -> usize {
    text.iter()
        .map(|part| match part {
            Inline::Text { text, .. } => {
                text.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum()
            }
            Inline::Break => 1,
            Inline::Blank => 12,
        })
        .sum()
}

fn blocks_letters(blocks: &[Block]) -> usize {
    blocks
        .iter()
        .map(|block| match block {
            Block::Heading { text, .. } | Block::Paragraph { text } => letters(text),
            Block::Quote { blocks } | Block::Frame { blocks, .. } => blocks_letters(blocks),
            Block::List { items, .. } => items.iter().map(|item| blocks_letters(item)).sum(),
            _ => 30,
        })
        .sum()
}

/// Blocks as one line, each on a line of its own within it.
fn in_line(blocks: Vec<Block>) -> Vec<Inline> {
    let mut line = Vec::new();
    for block in blocks {
        let part = match block {
            Block::Heading { text, .. } | Block::Paragraph { text } => text,
            Block::Quote { blocks } | Block::Frame { blocks, .. } => in_line(blocks),
            Block::List { items, .. } => in_line(items.into_iter().flatten().collect()),
            Block::Definitions { items } => items
                .into_iter()
                .flat_map(|item| {
                    let mut part = item.name;
                    part.push(Inline::Break);
                    part.extend(in_line(item.blocks));
                    part
                })
                .collect(),
            Block::Table { head, rows, .. } => {
                let mut part: Vec<Inline> = head.into_iter().flatten().collect();
                part.extend(in_line(rows.into_iter().flatten().flatten().collect()));
                part
            }
            Block::Pictures { items } => items.into_iter().flat_map(|item| item.caption).collect(),
            Block::PageBreak => Vec::new(),
        };
        if !line.is_empty() && !part.is_empty() {
            line.push(Inline::Break);
        }
        line.extend(part);
    }
    line
}

fn styled(text: &str, style: Style) -> Inline {
    Inline::Text {
        text: text.to_owned(),
        bold: style.bold,
        exact: style.exact,
        small: style.small,
        muted: style.muted,
    }
}

/// White space as browsers show it: runs are one space, none at the ends of a line; neighbors of one style are one text.
fn tidy(line: Vec<Inline>) -> Vec<Inline> {
    let mut tidied: Vec<Inline> = Vec::new();
    // Nothing before it, a break, or a space: another space would not show.
    let mut spaced = true;
    for part in line {
        let Inline::Text {
            text,
            bold,
            exact,
            small,
            muted,
        } = part
        else {
            trim_end(&mut tidied);
            spaced = !matches!(part, Inline::Blank);
            tidied.push(part);
            continue;
        };
        let mut kept = String::with_capacity(text.len());
        for character in text.chars() {
            // No-break spaces stay.
            if matches!(character, ' ' | '\t' | '\n' | '\r' | '\u{c}') {
                if !spaced {
                    kept.push(' ');
                }
                spaced = true;
            } else {
                kept.push(character);
                spaced = false;
            }
        }
        if kept.is_empty() {
            continue;
        }
        match tidied.last_mut() {
            Some(Inline::Text {
                text: before,
                bold: b,
                exact: e,
                small: s,
                muted: m,
            }) if (*b, *e, *s, *m) == (bold, exact, small, muted) => before.push_str(&kept),
            _ => tidied.push(Inline::Text {
                text: kept,
                bold,
                exact,
                small,
                muted,
            }),
        }
    }
    trim_end(&mut tidied);
    while tidied.last() == Some(&Inline::Break) {
        tidied.pop();
        trim_end(&mut tidied);
    }
    let first = tidied.iter().position(|part| *part != Inline::Break);
    tidied.drain(..first.unwrap_or(tidied.len()));
    tidied
}

fn trim_end(line: &mut Vec<Inline>) {
    while let Some(Inline::Text { text, .. }) = line.last_mut() {
        let end = text.trim_end_matches(' ').len();
        text.truncate(end);
        if !text.is_empty() {
            return;
        }
        line.pop();
    }
}

fn collapsed(text: &str) -> String {
    text.split_ascii_whitespace().collect::<Vec<_>>().join(" ")
}

fn is(node: &Handle, wanted: &str) -> bool {
    matches!(&node.data, NodeData::Element { name, .. } if &*name.local == wanted)
}

fn attribute(node: &Handle, wanted: &str) -> Option<String> {
    let NodeData::Element { attrs, .. } = &node.data else {
        return None;
    };
    let attributes = attrs.borrow();
    let found = attributes.iter().find(|one| &*one.name.local == wanted)?;
    Some(found.value.to_string())
}

/// The first element of that name at or below a node.
fn find(node: &Handle, name: &str, depth: usize) -> Option<Handle> {
    if is(node, name) {
        return Some(node.clone());
    }
    if depth > DEPTH_MAX {
        return None;
    }
    let children = node.children.borrow();
    children
        .iter()
        .find_map(|child| find(child, name, depth + 1))
}

/// Every element of that name below a node, in the order of the page; not those within one of that name.
fn all(node: &Handle, name: &str) -> Vec<Handle> {
    let mut found = Vec::new();
    let mut waiting: Vec<Handle> = node.children.borrow().iter().rev().cloned().collect();
    while let Some(child) = waiting.pop() {
        if is(&child, name) {
            found.push(child);
        } else {
            waiting.extend(child.children.borrow().iter().rev().cloned());
        }
    }
    found
}

/// All text below a node.
fn text_of(node: &Handle, depth: usize) -> String {
    if let NodeData::Text { contents } = &node.data {
        return contents.borrow().to_string();
    }
    if depth > 4 * DEPTH_MAX {
        return String::new();
    }
    let children = node.children.borrow();
    children
        .iter()
        .map(|child| text_of(child, depth + 1))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(words: &str) -> Inline {
        styled(words, Style::default())
    }

    #[test]
    fn white_space_is_what_a_browser_shows() {
        let page = read("<p>  one\n <b>two </b> three<br> four </p>\n<p> </p>");
        let bold = Style {
            bold: true,
            ..Style::default()
        };
        let line = vec![
            text("one "),
            styled("two ", bold),
            text("three"),
            Inline::Break,
            text("four"),
        ];
        assert_eq!(page.blocks, [Block::Paragraph { text: line }]);
    }

    #[test]
    fn what_a_page_hides_from_paper_is_not_read() {
        let html = r#"<body><nav>menu</nav><a class="skip">on</a><p class="s no-print">print me</p><script>run()</script>
            <svg aria-hidden="true"><title>icon</title></svg><button>press</button><p>kept</p></body>"#;
        let kept = vec![text("kept")];
        assert_eq!(read(html).blocks, [Block::Paragraph { text: kept }]);
    }

    #[test]
    fn what_stands_beside_each_other_does_not_run_together() {
        let html = r#"<body><div class="row between"><span>one</span><span class="mono">two</span></div></body>"#;
        let blocks = read(html).blocks;
        let [Block::Paragraph { text: line }] = blocks.as_slice() else {
            panic!("{blocks:?}");
        };
        assert_eq!(line.first(), Some(&text("one ")), "{line:?}");
    }

    #[test]
    fn elements_that_are_not_known_are_read_through() {
        let html = "<body><x-card><article><dialog>in</dialog></article>out</x-card></body>";
        let lines = ["in", "out"].map(|words| Block::Paragraph {
            text: vec![text(words)],
        });
        assert_eq!(read(html).blocks, lines);
    }

    #[test]
    fn rows_are_as_long_as_the_longest() {
        let html = "<table><tr><th>a</th><th>b</th></tr><tr><td>1</td></tr><tr><th>2</th><td>3</td><td>4</td></tr></table>";
        let blocks = read(html).blocks;
        let [Block::Table { widths, head, rows }] = blocks.as_slice() else {
            panic!("{blocks:?}");
        };
        assert_eq!((widths.len(), head.len(), rows.len()), (3, 3, 2));
        assert!(rows.iter().all(|row| row.len() == 3));
    }

    /// A number, a code and a time stay whole, and the room is for what people wrote.
    #[test]
    fn columns_of_codes_and_days_are_not_cut_and_text_takes_the_room() {
        let says = "what the reviewer wrote of it ".repeat(30);
        let hash = "0123456789abcdef".repeat(4);
        let html = format!(
            "<table><tr><th>No.</th><th>Time</th><th>Rule</th><th>Hash</th><th>Says</th></tr><tr><td>E-01</td><td>2026-11-02 \
             09:30</td><td>civil_code/985</td><td class=hash>{hash}</td><td>{says}</td></tr></table>"
        );
        let blocks = read(&html).blocks;
        let [Block::Table { widths, .. }] = blocks.as_slice() else {
            panic!("{blocks:?}");
        };
        let all: u32 = widths.iter().sum();
        let letters: Vec<usize> = widths
            .iter()
            .map(|width| usize::try_from(width * 116 / all).unwrap())
            .collect();
        for (column, content) in ["E-01", "2026-11-02 09:30", "civil_code/985"]
            .iter()
            .enumerate()
        {
            assert!(letters[column] >= content.len(), "{content}: {letters:?}");
            assert!(
                letters[column] <= content.len() + 3,
                "{content}: {letters:?}"
            );
        }
        assert!(letters[3] >= 8 && letters[4] > letters[3], "{letters:?}");
        assert!(letters[4] >= 40, "{letters:?}");
    }

    #[test]
    fn a_picture_is_kept_once_and_only_from_within_the_page() {
        let html = r#"<figure><img src="data:image/png;base64,QUJD" alt="A"><figcaption>one</figcaption></figure>
            <figure><img src="data:image/png;base64,QUJD" alt=""><img src="data:image/jpeg;base64,REVG" alt="B"></figure>
            <img src="https://example.com/a.png" alt="elsewhere">"#;
        let page = read(html);
        assert_eq!(page.pictures.len(), 2);
        let pictures: Vec<&Picture> = page
            .blocks
            .iter()
            .flat_map(|block| match block {
                Block::Pictures { items } => items.as_slice(),
                _ => &[],
            })
            .collect();
        let [first, second] = pictures.as_slice() else {
            panic!("{pictures:?}");
        };
        assert_eq!((first.file.as_str(), first.alt.as_str()), ("0.png", "A"));
        assert_eq!(second.over.as_deref(), Some("1.jpg"));
        assert_eq!(second.alt, "B");
    }

    /// Nobody writes such a page; reading it must still end, and lose nothing that is in reach.
    #[test]
    fn a_page_of_ten_thousand_elements_within_each_other_is_read() {
        let html = format!("{}deep{}", "<div>".repeat(10_000), "</div>".repeat(10_000));
        let _ = read(&html);
        let html = format!("{}deep{}", "<div>".repeat(100), "</div>".repeat(100));
        let deep = vec![text("deep")];
        assert_eq!(read(&html).blocks, [Block::Paragraph { text: deep }]);
    }
}
