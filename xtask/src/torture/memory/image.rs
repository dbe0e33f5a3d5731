//! The memory of a running process: what is mapped where, which texts are in it, and what they lie in.

use std::collections::BTreeMap;
use std::fs::File;
use std::os::unix::fs::FileExt as _;

use anyhow::{Context, Result, bail};

/// Bytes that are read at once.
const PIECE_BYTES: usize = 1_048_576;

/// Larger mappings are reserved addresses, or a program's own tables: not what a request left.
const MAPPING_BYTES_MAX: u64 = 4 * 1_024 * 1_024 * 1_024;

/// Where glibc lays the heaps of its further arenas: at multiples of this.
const ARENA_BYTES: u64 = 64 * 1_024 * 1_024;

/// Bytes of the neighborhood that are looked at on each side of what was found, and that are told of it.
const LOOKED_AT_BYTES: usize = 512;
const TOLD_BYTES: usize = 40;

/// A line of `/proc/PID/maps`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mapping {
    pub(super) start: u64,
    pub(super) end: u64,
    is_readable: bool,
    /// What it is, in words.
    pub(super) region: String,
}

/// What is mapped. Stacks of threads are told by the guard below them, further heaps by where they begin.
///
/// # Errors
/// When a line is in another form.
pub(super) fn mappings(maps: &str) -> Result<Vec<Mapping>> {
    let mut all = Vec::<Mapping>::new();
    let mut guard_ends = None;
    for line in maps.lines() {
        // address, permissions, offset, device, inode; the name may have spaces, and there may be none.
        let mut fields = line.split_ascii_whitespace();
        let (Some(addresses), Some(permissions)) = (fields.next(), fields.next()) else {
            bail!("a mapping that cannot be read: {line}");
        };
        let name = fields.skip(3).collect::<Vec<_>>().join(" ");
        let (start, end) = addresses
            .split_once('-')
            .with_context(|| format!("a mapping that cannot be read: {line}"))?;
        let (start, end) = (address(start)?, address(end)?);
        let is_guard = name.is_empty() && permissions.starts_with("---") && end - start <= 65_536;
        all.push(Mapping {
            start,
            end,
            is_readable: permissions.starts_with('r'),
            region: region(&name, start, guard_ends == Some(start)),
        });
        guard_ends = is_guard.then_some(end);
    }
    Ok(all)
}

fn address(text: &str) -> Result<u64> {
    u64::from_str_radix(text, 16).with_context(|| format!("{text} is no address"))
}

fn region(name: &str, start: u64, is_over_a_guard: bool) -> String {
    match name {
        "" if is_over_a_guard => "stack of a thread".to_owned(),
        "" if start.is_multiple_of(ARENA_BYTES) => "heap of an arena (malloc)".to_owned(),
        "" => "anonymous (large allocation, or what libraries map)".to_owned(),
        "[heap]" => "main heap (malloc)".to_owned(),
        "[stack]" => "stack of the main thread".to_owned(),
        other => {
            let file = other.rsplit('/').next().unwrap_or(other);
            format!("file or device {file}")
        }
    }
}

/// What is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern {
    /// Whose it is, by number.
    pub(super) person: usize,
    /// What of them, and in which form.
    pub(super) what: String,
    pub(super) bytes: Vec<u8>,
}

/// Patterns by their first two bytes, so that memory is gone through once.
pub(super) struct Search<'p> {
    patterns: &'p [Pattern],
    /// 65,536 lists of places in `patterns`.
    by_start: Vec<Vec<usize>>,
}

impl<'p> Search<'p> {
    /// # Panics
    /// When a pattern has fewer than two bytes.
    pub(super) fn new(patterns: &'p [Pattern]) -> Self {
        let mut by_start = vec![Vec::new(); 65_536];
        for (number, pattern) in patterns.iter().enumerate() {
            let start = [pattern.bytes[0], pattern.bytes[1]];
            by_start[usize::from(u16::from_be_bytes(start))].push(number);
        }
        Self { patterns, by_start }
    }

    /// Where which pattern is: the number of each and its place.
    pub(super) fn found(&self, bytes: &[u8]) -> Vec<(usize, usize)> {
        let mut found = Vec::new();
        // Most of a memory was never written.
        for (piece, start) in bytes.chunks(4_096).zip((0..).step_by(4_096)) {
            let next = bytes.get(start + piece.len());
            if next.is_none_or(|byte| *byte == 0) && piece.iter().all(|byte| *byte == 0) {
                continue;
            }
            for at in start..start + piece.len() {
                let Some([first, second]) = bytes.get(at..at + 2) else {
                    break;
                };
                for number in &self.by_start[usize::from(u16::from_be_bytes([*first, *second]))] {
                    if bytes[at..].starts_with(&self.patterns[*number].bytes) {
                        found.push((*number, at));
                    }
                }
            }
        }
        found
    }
}

/// What lies around what was found, as far as its neighborhood tells.
pub(super) fn buffer(before: &[u8], after: &[u8]) -> &'static str {
    let is_there = |bytes: &[u8], text: &str| {
        bytes
            .windows(text.len())
            .any(|window| window == text.as_bytes())
    };
    let (near, around) = (&before[before.len().saturating_sub(16)..], |text: &str| {
        is_there(before, text) || is_there(after, text)
    });
    if is_there(before, "HTTP/1.1\r\nhost:") || around("content-disposition: form-data") {
        "a request as it came"
    } else if is_there(before, "HTTP/1.1 20") {
        "an answer as it was sent"
    } else if is_there(near, "\":\"") || (around("\":\"") && around("\",\"")) {
        "JSON"
    } else if around("</") {
        "a page"
    } else if after.first().is_none_or(|byte| *byte < b' ') {
        "a text by itself"
    } else {
        "something else"
    }
}

/// A few bytes in letters: what is no letter is a point.
pub(super) fn letters(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes)
        .chars()
        .map(|c| match c {
            char::REPLACEMENT_CHARACTER => '·',
            c if c.is_control() => '·',
            '|' => '¦',
            c => c,
        })
        .collect()
}

/// Where something of somebody was found, told once for all that are alike.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Hits {
    pub(super) count: u64,
    /// The neighborhood of the first one.
    pub(super) example: String,
}

/// What was found in a memory.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) mappings: u64,
    pub(super) bytes: u64,
    /// Readable mappings that could not be read, such as those of the kernel's clock, or are too large.
    pub(super) unread: u64,
    /// By what of somebody, region and buffer.
    pub(super) hits: BTreeMap<(String, String, &'static str), Hits>,
    /// How often something of each person was found.
    pub(super) by_person: BTreeMap<usize, u64>,
}

impl Found {
    /// Takes in what is in one mapping.
    pub(super) fn take(&mut self, search: &Search<'_>, region: &str, bytes: &[u8]) {
        self.mappings += 1;
        self.bytes += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        for (number, at) in search.found(bytes) {
            let pattern = &search.patterns[number];
            let end = at + pattern.bytes.len();
            let before = &bytes[at.saturating_sub(LOOKED_AT_BYTES)..at];
            let after = &bytes[end..bytes.len().min(end + LOOKED_AT_BYTES)];
            let key = (
                pattern.what.clone(),
                region.to_owned(),
                buffer(before, after),
            );
            let hits = self.hits.entry(key).or_insert_with(|| Hits {
                count: 0,
                example: letters(
                    &bytes[at.saturating_sub(TOLD_BYTES)..bytes.len().min(end + TOLD_BYTES)],
                ),
            });
            hits.count += 1;
            *self.by_person.entry(pattern.person).or_default() += 1;
        }
    }
}

/// Goes through all that a process has mapped and may be read.
///
/// # Errors
/// When the process is not there, or its memory may not be read by this account.
pub(super) fn search(process: u32, search: &Search<'_>) -> Result<Found> {
    let maps = std::fs::read_to_string(format!("/proc/{process}/maps"))
        .context("what the process has mapped")?;
    let memory = File::open(format!("/proc/{process}/mem")).context("the memory of the process")?;
    let mut found = Found::default();
    for mapping in mappings(&maps)? {
        let length = mapping.end - mapping.start;
        if !mapping.is_readable {
            continue;
        }
        if length > MAPPING_BYTES_MAX {
            found.unread += 1;
            continue;
        }
        match read(&memory, mapping.start, usize::try_from(length)?) {
            Ok(bytes) => found.take(search, &mapping.region, &bytes),
            Err(_) => found.unread += 1,
        }
    }
    if found.mappings == 0 {
        bail!("none of the memory of the process could be read");
    }
    Ok(found)
}

fn read(memory: &File, start: u64, length: usize) -> std::io::Result<Vec<u8>> {
    let mut bytes = vec![0; length];
    let mut at = start;
    for piece in bytes.chunks_mut(PIECE_BYTES) {
        memory.read_exact_at(piece, at)?;
        at += u64::try_from(piece.len()).unwrap_or(u64::MAX);
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAPS: &str = "\
55d0c0000000-55d0c0021000 r--p 00000000 fd:01 131 /usr/bin/a program
55d0c1000000-55d0c1021000 rw-p 00000000 00:00 0                          [heap]
7f0000000000-7f0000021000 rw-p 00000000 00:00 0
7f0000021000-7f0004000000 ---p 00000000 00:00 0
7f1000001000-7f1000002000 ---p 00000000 00:00 0
7f1000002000-7f1000202000 rw-p 00000000 00:00 0
7f2000001000-7f2000101000 rw-p 00000000 00:00 0
7ffc00000000-7ffc00021000 rw-p 00000000 00:00 0                          [stack]
";

    #[test]
    fn each_mapping_is_told_by_what_it_is() {
        let all = mappings(MAPS).unwrap();
        let readable: Vec<&str> = all
            .iter()
            .filter(|mapping| mapping.is_readable)
            .map(|mapping| mapping.region.as_str())
            .collect();
        assert_eq!(
            readable,
            [
                "file or device a program",
                "main heap (malloc)",
                "heap of an arena (malloc)",
                "stack of a thread",
                "anonymous (large allocation, or what libraries map)",
                "stack of the main thread",
            ]
        );
        assert_eq!(all[0].end - all[0].start, 0x21000);
        assert!(mappings("nothing").is_err());
        assert!(mappings("7f00 r--p 0 0 0").is_err());
    }

    fn pattern(person: usize, text: &str) -> Pattern {
        Pattern {
            person,
            what: "name, UTF-8".to_owned(),
            bytes: text.as_bytes().to_vec(),
        }
    }

    #[test]
    fn what_is_there_is_found_wherever_it_lies() {
        let patterns = [pattern(0, "金丝雀0号"), pattern(1, "金丝雀1号")];
        let search = Search::new(&patterns);
        let length = patterns[0].bytes.len();
        // At the start, at the end, and over every seam of the pieces that are passed over where they are empty.
        for at in [0, 1, 4_090, 4_095, 4_096, 8_191, 20_000 - length] {
            let mut memory = vec![0_u8; 20_000];
            memory[at..at + length].copy_from_slice(&patterns[1].bytes);
            assert_eq!(search.found(&memory), [(1, at)], "at {at}");
        }
        assert!(search.found("金丝雀2号".as_bytes()).is_empty());
        assert!(search.found(&[]).is_empty());
        assert!(search.found(&patterns[0].bytes[..length - 1]).is_empty());
    }

    #[test]
    fn hits_that_are_alike_are_told_once_with_what_they_lie_in() {
        let patterns = [pattern(0, "金丝雀0号"), pattern(1, "金丝雀1号")];
        let search = Search::new(&patterns);
        let mut found = Found::default();
        let text = "{\"name\":\"金丝雀0号\",\"n\":1}\0{\"name\":\"金丝雀1号\"}";
        found.take(&search, "main heap (malloc)", text.as_bytes());
        found.take(&search, "stack of a thread", "金丝雀1号\0".as_bytes());
        assert_eq!((found.mappings, found.by_person.len()), (2, 2));
        let told: Vec<(&str, &str, u64)> = found
            .hits
            .iter()
            .map(|((_, region, buffer), hits)| (region.as_str(), *buffer, hits.count))
            .collect();
        assert_eq!(
            told,
            [
                ("main heap (malloc)", "JSON", 2),
                ("stack of a thread", "a text by itself", 1),
            ]
        );
        let first = found.hits.values().next().unwrap();
        assert!(
            first
                .example
                .starts_with("{\"name\":\"金丝雀0号\",\"n\":1}·"),
            "{}",
            first.example
        );
    }

    #[test]
    fn a_neighborhood_tells_the_buffer() {
        for (before, after, expected) in [
            (
                "POST /api/v1/repairs HTTP/1.1\r\nhost: a\r\n\r\n{\"name\":\"",
                "\"}",
                "a request as it came",
            ),
            (
                "HTTP/1.1 200 OK\r\n\r\n{\"name\":\"",
                "\"}",
                "an answer as it was sent",
            ),
            ("\"name\":\"", "\"}", "JSON"),
            ("<dd>", "</dd>", "a page"),
            ("\u{1}", "\u{0}", "a text by itself"),
            ("a", "b", "something else"),
        ] {
            assert_eq!(
                buffer(before.as_bytes(), after.as_bytes()),
                expected,
                "{before}"
            );
        }
        assert_eq!(letters(b"a\0|\xff"), "a·¦·");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_is_searched_and_has_what_is_looked_for() {
        // On the heap, and made while it runs, so that the text of the program does not have it.
        let secret: String = (0..20_u8)
            .map(|n| char::from(b'a' + (7 * n) % 26))
            .collect();
        let patterns = [pattern(0, &secret)];
        let found = search(std::process::id(), &Search::new(&patterns)).unwrap();
        assert!(
            found.by_person[&0] >= 1 && found.bytes > 100_000,
            "{found:?}"
        );
        assert_eq!(secret.len(), 20);
    }
}
