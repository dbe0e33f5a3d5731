//! PDF: an entry of the document information, in an incremental update (ISO 32000-1, 7.5.6). Every byte of the file
//! stays where it is, so signatures over it stay intact.

use memchr::memmem;

use super::splice::Splice;
use super::{Refusal, Task};
use crate::limits::MAX_PDF_OBJECT_BYTES;
use crate::mark::Source;

const BROKEN: Refusal = Refusal::Structure("a broken table of objects");

/// What a trailer says.
struct Trailer<'a> {
    root: &'a str,
    size: usize,
    /// Number and generation of the document information.
    information: Option<(usize, usize)>,
    identifier: Option<&'a str>,
    /// Offset of the table that the trailer belongs to.
    table: usize,
    is_stream: bool,
}

pub(crate) fn information(task: &Task<'_>) -> Result<Vec<Splice>, Refusal> {
    let bytes = task.bytes;
    if let Some(mark) = task.current {
        let is_plain = mark.source == Source::PdfInformation && mark.offset < bytes.len();
        if !is_plain {
            return Err(Refusal::Structure("a label in XMP"));
        }
    }
    let trailer = trailer(bytes).ok_or(BROKEN)?;
    let own = format!("/AIGC {}", literal(task.json));
    let (number, generation, dictionary) = match trailer.information {
        Some((number, generation)) => {
            let old = object(bytes, number, generation).ok_or(Refusal::Structure(
                "document information in a compressed object",
            ))?;
            let kept = without_label(old).ok_or(Refusal::Structure("a broken dictionary"))?;
            let dictionary = [b"<< ".as_slice(), &kept, own.as_bytes(), b" >>"].concat();
            (number, generation, dictionary)
        }
        None => (trailer.size, 0, format!("<< {own} >>").into_bytes()),
    };
    let mut added = b"\n".to_vec();
    let object_at = bytes.len() + added.len();
    added.extend(format!("{number} {generation} obj\n").bytes());
    added.extend(dictionary);
    added.extend(b"\nendobj\n");
    let table_at = bytes.len() + added.len();
    let mut size = trailer.size.max(number.checked_add(1).ok_or(BROKEN)?);
    let identifier = trailer
        .identifier
        .map(|identifier| format!(" /ID {identifier}"))
        .unwrap_or_default();
    let common = format!(
        "/Root {} /Info {number} {generation} R /Prev {}{identifier}",
        trailer.root, trailer.table
    );
    if trailer.is_stream {
        let own_number = size;
        size = size.checked_add(1).ok_or(BROKEN)?;
        let mut rows = Vec::new();
        for (at, generation) in [(object_at, generation), (table_at, 0)] {
            rows.push(1);
            rows.extend(super::boxes::digits(at, 8)?);
            rows.extend(super::boxes::digits(generation, 2)?);
        }
        added.extend(
            format!(
                "{own_number} 0 obj\n<< /Type /XRef /Size {size} {common} /W [1 8 2] /Index [{number} 1 {own_number} 1] /Length {} >>\nstream\n",
                rows.len()
            )
            .bytes(),
        );
        added.extend(rows);
        added.extend(b"\nendstream\nendobj\n");
    } else {
        added.extend(
            format!(
                "xref\n{number} 1\n{object_at:010} {generation:05} n \ntrailer\n<< /Size {size} {common} >>\n"
            )
            .bytes(),
        );
    }
    added.extend(format!("startxref\n{table_at}\n%%EOF\n").bytes());
    Ok(vec![Splice::insert(bytes.len(), added)])
}

fn literal(json: &str) -> String {
    let escaped = json
        .replace('\\', "\\\\")
        .replace('(', "\\(")
        .replace(')', "\\)");
    format!("({escaped})")
}

/// The last trailer of the file.
fn trailer(bytes: &[u8]) -> Option<Trailer<'_>> {
    let word = memmem::rfind(bytes, b"startxref")?;
    let digits = bytes.get(word + b"startxref".len()..)?.trim_ascii_start();
    let length = digits
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    let table: usize = std::str::from_utf8(&digits[..length]).ok()?.parse().ok()?;
    let at_table = bytes.get(table..word)?.trim_ascii_start();
    let is_stream = !at_table.starts_with(b"xref");
    let dictionary = if is_stream {
        let start = memmem::find(at_table, b"<<")?;
        if start > 32 {
            return None;
        }
        dictionary(&at_table[start..])?
    } else {
        let start = memmem::find(at_table, b"trailer")?;
        dictionary(at_table[start + b"trailer".len()..].trim_ascii_start())?
    };
    let entries = entries(dictionary)?;
    let value = |name: &str| {
        entries
            .iter()
            .find(|(key, _)| *key == name.as_bytes())
            .and_then(|(_, value)| std::str::from_utf8(value).ok())
            .map(str::trim)
    };
    if value("/Encrypt").is_some() {
        return None;
    }
    let information = match value("/Info") {
        Some(reference) => Some(self::reference(reference)?),
        None => None,
    };
    let root = value("/Root")?;
    reference(root)?;
    Some(Trailer {
        root,
        size: value("/Size")?.parse().ok()?,
        information,
        identifier: value("/ID"),
        table,
        is_stream,
    })
}

/// The numbers of `12 0 R`.
fn reference(text: &str) -> Option<(usize, usize)> {
    let mut words = text.split_ascii_whitespace();
    let pair = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
    (words.next() == Some("R")).then_some(pair)
}

/// The dictionary at the start of `bytes`, with its brackets.
fn dictionary(bytes: &[u8]) -> Option<&[u8]> {
    let bytes = &bytes[..bytes.len().min(MAX_PDF_OBJECT_BYTES)];
    let end = value_end(bytes, 0)?;
    let found = bytes.get(..end)?;
    (found.starts_with(b"<<") && found.ends_with(b">>")).then_some(found)
}

/// The dictionary of the last object with this number.
fn object(bytes: &[u8], number: usize, generation: usize) -> Option<&[u8]> {
    let head = format!("{number} {generation} obj");
    let mut before = bytes.len();
    loop {
        let at = memmem::rfind(&bytes[..before], head.as_bytes())?;
        let is_whole = at == 0 || !bytes[at - 1].is_ascii_digit();
        if is_whole {
            return dictionary(bytes[at + head.len()..].trim_ascii_start());
        }
        before = at;
    }
}

/// The offset just after the value at `at`: a dictionary, a list, a text, or a word.
fn value_end(bytes: &[u8], mut at: usize) -> Option<usize> {
    let mut depth = 0_usize;
    loop {
        let rest = bytes.get(at..)?;
        match rest.first()? {
            b'<' if rest.starts_with(b"<<") => {
                depth += 1;
                at += 2;
            }
            b'>' if rest.starts_with(b">>") => {
                depth = depth.checked_sub(1)?;
                at += 2;
            }
            b'[' => {
                depth += 1;
                at += 1;
            }
            b']' => {
                depth = depth.checked_sub(1)?;
                at += 1;
            }
            b'<' => at += memchr::memchr(b'>', rest)? + 1,
            b'(' => at += text_bytes(rest)?,
            b'%' => at += memchr::memchr2(b'\n', b'\r', rest)?,
            byte if byte.is_ascii_whitespace() || *byte == 0 => {
                at += 1;
                continue;
            }
            b'/' => at += 1 + word_bytes(&rest[1..]),
            _ => at += word_bytes(rest).max(1),
        }
        if depth == 0 {
            return Some(at);
        }
    }
}

fn word_bytes(bytes: &[u8]) -> usize {
    bytes
        .iter()
        .take_while(|byte| !byte.is_ascii_whitespace() && !b"()<>[]{}/%\0".contains(byte))
        .count()
}

/// Bytes of the literal text at the start, whose brackets are balanced.
fn text_bytes(bytes: &[u8]) -> Option<usize> {
    let mut depth = 0_usize;
    let mut at = 0;
    loop {
        match bytes.get(at)? {
            b'\\' => at += 1,
            b'(' => depth += 1,
            b')' => depth -= 1,
            _ => {}
        }
        at += 1;
        if depth == 0 {
            return Some(at);
        }
    }
}

/// Keys with their slash, and values as written.
fn entries(dictionary: &[u8]) -> Option<Vec<(&[u8], &[u8])>> {
    let inner = dictionary.strip_prefix(b"<<")?.strip_suffix(b">>")?;
    let mut entries = Vec::new();
    let mut at = 0;
    loop {
        while inner
            .get(at)
            .is_some_and(|byte| byte.is_ascii_whitespace() || *byte == 0)
        {
            at += 1;
        }
        if at >= inner.len() {
            return Some(entries);
        }
        if inner[at] != b'/' {
            return None;
        }
        let key_end = at + 1 + word_bytes(&inner[at + 1..]);
        let mut end = value_end(inner, key_end)?;
        // A reference has three words.
        let rest = inner.get(end..)?;
        if inner[key_end..end]
            .trim_ascii()
            .iter()
            .all(u8::is_ascii_digit)
            && let Some(length) = reference_rest(rest)
        {
            end += length;
        }
        entries.push((&inner[at..key_end], inner[key_end..end].trim_ascii()));
        at = end;
    }
}

/// Bytes of ` 0 R` behind a number.
fn reference_rest(bytes: &[u8]) -> Option<usize> {
    let skip = |at: usize| {
        let spaces = bytes
            .get(at..)?
            .iter()
            .take_while(|byte| byte.is_ascii_whitespace());
        let count = spaces.count();
        (count > 0).then_some(at + count)
    };
    let start = skip(0)?;
    let end = start + word_bytes(bytes.get(start..)?);
    if !bytes.get(start..end)?.iter().all(u8::is_ascii_digit) || end == start {
        return None;
    }
    let word = skip(end)?;
    let stop = word + word_bytes(bytes.get(word..)?);
    (bytes.get(word..stop)? == b"R").then_some(stop)
}

/// The entries of a dictionary without the label, as written.
fn without_label(dictionary: &[u8]) -> Option<Vec<u8>> {
    let mut kept = Vec::new();
    for (key, value) in entries(dictionary)? {
        if key != b"/AIGC" {
            kept.extend(key);
            kept.push(b' ');
            kept.extend(value);
            kept.push(b' ');
        }
    }
    Some(kept)
}
