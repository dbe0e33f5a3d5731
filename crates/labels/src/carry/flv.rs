//! FLV: a member of `onMetaData`. Places of key frames that the metadata name are moved with their frames.

use std::ops::Range;

use aftercare_media::limits::{MAX_AMF_DEPTH, MAX_AMF_VALUES};
use aftercare_media::walk::flv;

use super::boxes::{digits, number};
use super::splice::{Splice, grown};
use super::{Refusal, Task};
use crate::mark::Source;
use crate::movie::FIELD;

const TAG_HEADER_BYTES: usize = 11;
const SCRIPT: u8 = 18;
/// The name of the script, as a text with its length.
const NAME: &[u8] = b"\x02\0\x0AonMetaData";
const END: &[u8] = &[0, 0, 9];
const BROKEN: Refusal = Refusal::Structure("broken metadata");

fn key(name: &str) -> Vec<u8> {
    [&[0, u8::try_from(name.len()).unwrap_or(0)], name.as_bytes()].concat()
}

fn text(json: &str) -> Result<Vec<u8>, Refusal> {
    Ok(if let Ok(length) = u16::try_from(json.len()) {
        [&[2][..], &length.to_be_bytes(), json.as_bytes()].concat()
    } else {
        [&[12][..], &digits(json.len(), 4)?, json.as_bytes()].concat()
    })
}

pub(crate) fn metadata(task: &Task<'_>) -> Result<Vec<Splice>, Refusal> {
    let bytes = task.bytes;
    let scripts = flv::scripts(bytes).parts;
    let is_metadata = |data: &Range<usize>| bytes[data.clone()].starts_with(NAME);
    let found = scripts.iter().find(|one| {
        is_metadata(&one.data)
            && task
                .current
                .is_none_or(|mark| one.data.contains(&mark.offset))
    });
    let Some(script) = found else {
        if task.current.is_some() {
            return Err(Refusal::Structure("a label in an unknown tag"));
        }
        let member = [key(FIELD), text(task.json)?].concat();
        let data = [NAME, b"\x08\0\0\0\x01", &member, END].concat();
        let head = [&[SCRIPT][..], &digits(data.len(), 3)?, &[0; 7]].concat();
        let tail = digits(data.len() + TAG_HEADER_BYTES, 4)?;
        let first = number(bytes, 5, 4).ok_or(BROKEN)? + 4;
        return Ok(vec![Splice::insert(first, [head, data, tail].concat())]);
    };
    let change = match task.current {
        Some(mark) if mark.source == Source::FlvMetadata => {
            let name = number(bytes, mark.offset, 2).ok_or(BROKEN)?;
            let start = mark.offset + 2 + name;
            // A short text, or a long one.
            let width = match bytes.get(start) {
                Some(2) => 2,
                Some(12) => 4,
                _ => return Err(BROKEN),
            };
            let length = number(bytes, start + 1, width).ok_or(BROKEN)?;
            let end = start + 1 + width + length;
            if end > script.data.end {
                return Err(BROKEN);
            }
            vec![Splice::new(
                mark.offset..end,
                [key(FIELD), text(task.json)?].concat(),
            )]
        }
        Some(_) => return Err(Refusal::Structure("a label in an unknown field")),
        None => {
            let list = script.data.start + NAME.len();
            if !bytes[script.data.clone()].ends_with(END) {
                return Err(BROKEN);
            }
            let member = [key(FIELD), text(task.json)?].concat();
            let mut change = vec![Splice::insert(script.data.end - END.len(), member)];
            match bytes.get(list) {
                Some(8) => {
                    let count = number(bytes, list + 1, 4).ok_or(BROKEN)?;
                    change.push(Splice::patch(list + 1, &digits(count + 1, 4)?));
                }
                Some(3) => {}
                _ => return Err(BROKEN),
            }
            change
        }
    };
    let growth = super::boxes::growth(&change);
    let mut splices = change;
    let length = grown(script.data.len(), growth)?;
    splices.push(Splice::patch(script.offset + 1, &digits(length, 3)?));
    splices.push(Splice::patch(
        script.data.end,
        &digits(length + TAG_HEADER_BYTES, 4)?,
    ));
    let mut places = Places {
        bytes: &bytes[..script.data.end],
        at: script.data.start + NAME.len(),
        values: 0,
        found: Vec::new(),
    };
    places.value("", 0).ok_or(BROKEN)?;
    for at in places.found {
        let old = f64::from_be_bytes(
            bytes
                .get(at..at + 8)
                .and_then(|bytes| bytes.try_into().ok())
                .ok_or(BROKEN)?,
        );
        // Places at or behind the end of the script move; the size of the file is behind everything.
        #[expect(
            clippy::cast_precision_loss,
            reason = "places in a file of 64 MiB are exact"
        )]
        let moved = if old >= script.data.end as f64 {
            old + growth as f64
        } else {
            old
        };
        splices.push(Splice::patch(at, &moved.to_be_bytes()));
    }
    Ok(splices)
}

/// Finds the numbers that are places in the file: `filesize` and the list `filepositions`.
struct Places<'a> {
    bytes: &'a [u8],
    at: usize,
    values: usize,
    found: Vec<usize>,
}

impl Places<'_> {
    fn name(&mut self) -> Option<String> {
        let length = number(self.bytes, self.at, 2)?;
        let text = self.bytes.get(self.at + 2..self.at + 2 + length)?;
        self.at += 2 + length;
        Some(String::from_utf8_lossy(text).into_owned())
    }

    fn skip(&mut self, count: usize) -> Option<()> {
        self.at = self.at.checked_add(count)?;
        (self.at <= self.bytes.len()).then_some(())
    }

    fn value(&mut self, name: &str, depth: usize) -> Option<()> {
        self.values += 1;
        if depth > MAX_AMF_DEPTH || self.values > MAX_AMF_VALUES {
            return None;
        }
        let kind = *self.bytes.get(self.at)?;
        self.at += 1;
        match kind {
            0 => {
                if matches!(name, "filesize" | "filepositions") {
                    self.found.push(self.at);
                }
                self.skip(8)
            }
            1 => self.skip(1),
            2 => {
                let length = number(self.bytes, self.at, 2)?;
                self.skip(2 + length)
            }
            12 => {
                let length = number(self.bytes, self.at, 4)?;
                self.skip(length.checked_add(4)?)
            }
            3 | 8 => {
                if kind == 8 {
                    self.skip(4)?;
                }
                loop {
                    let name = self.name()?;
                    if name.is_empty() && self.bytes.get(self.at) == Some(&9) {
                        return self.skip(1);
                    }
                    self.value(&name, depth + 1)?;
                }
            }
            5 | 6 => Some(()),
            7 => self.skip(2),
            10 => {
                let count = number(self.bytes, self.at, 4)?;
                self.skip(4)?;
                for _ in 0..count {
                    self.value(name, depth + 1)?;
                }
                Some(())
            }
            11 => self.skip(10),
            _ => None,
        }
    }
}
