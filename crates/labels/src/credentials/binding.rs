//! The binding of a manifest to the content of its file: which bytes were hashed when it was signed, and whether they
//! still are the same (C2PA specification 2.2, section 9.2).

use std::iter::once;
use std::ops::Range;

use aftercare_media::walk::{Part, boxes};
use aws_lc_rs::digest;

use super::cbor::Cbor;
use super::der::Hash;
use super::{Binding, named};
use crate::container::Container;
use crate::limits::{MAX_BOX_RULES, MAX_EXCLUSIONS, MAX_PATH_NAMES};

/// Bytes of the header of a box before version and flags.
const HEADER_BYTES: usize = 8;

/// What of the file a manifest may leave out, and where it stands.
pub(super) struct Target<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) container: Container,
    pub(super) carriers: &'a [Range<usize>],
}

impl Target<'_> {
    /// Holds the file against the assertion `label` with this content.
    pub(super) fn check(&self, label: &str, assertion: &Cbor<'_>, algorithm: &str) -> Binding {
        if label.starts_with("c2pa.hash.boxes") {
            return named::check(self, assertion, algorithm);
        }
        if label.starts_with("c2pa.hash.bmff") && assertion.get("merkle").is_some() {
            return Binding::TreeNotRead;
        }
        let named = assertion.get("alg").and_then(Cbor::text);
        let Some(hash) = Hash::named(named.unwrap_or(algorithm)) else {
            return Binding::NotCheckable;
        };
        let Some(expected) = assertion.get("hash").and_then(Cbor::octets) else {
            return Binding::NotCheckable;
        };
        let found = if label.starts_with("c2pa.hash.data") {
            self.data(assertion, hash)
        } else if label.starts_with("c2pa.hash.bmff") {
            self.boxes(assertion, hash, label != "c2pa.hash.bmff")
        } else {
            None
        };
        match found {
            None => Binding::NotCheckable,
            Some((digest, _)) if digest != expected => Binding::Changed,
            Some((_, true)) => Binding::IntactInPart,
            Some(_) => Binding::Intact,
        }
    }

    /// The hash of everything outside the ranges that the assertion leaves out, and whether those reach beyond the
    /// manifest. `None` for ranges that are no such.
    fn data(&self, assertion: &Cbor<'_>, hash: Hash) -> Option<(Vec<u8>, bool)> {
        let listed = assertion
            .get("exclusions")
            .map(Cbor::list)
            .unwrap_or_default();
        if listed.len() > MAX_EXCLUSIONS {
            return None;
        }
        let mut excluded = Vec::new();
        for one in listed {
            let start = one.get("start")?.size()?;
            let end = start.checked_add(one.get("length")?.size()?)?;
            if end > self.bytes.len() {
                return None;
            }
            excluded.push(start..end);
        }
        excluded.sort_by_key(|range| range.start);
        let is_apart = |pair: &[Range<usize>]| pair[0].end <= pair[1].start;
        if !excluded.windows(2).all(is_apart) {
            return None;
        }
        let is_more = excluded.iter().any(|range| !self.is_manifest(range));
        let mut context = digest::Context::new(hash.algorithm());
        let mut at = 0;
        for range in excluded {
            context.update(self.bytes.get(at..range.start)?);
            at = range.end;
        }
        context.update(self.bytes.get(at..)?);
        Some((context.finish().as_ref().to_vec(), is_more))
    }

    /// Whether `range` lies within the segments, the chunk or the box of the manifest.
    fn is_manifest(&self, range: &Range<usize>) -> bool {
        let mut at = range.start;
        for carrier in self.carriers {
            if carrier.contains(&at) {
                at = carrier.end;
            }
        }
        at >= range.end
    }

    /// The hash of a file of boxes without those that the assertion leaves out. Since the second version the place of
    /// every box of the file that is not left out whole is hashed before it.
    fn boxes(
        &self,
        assertion: &Cbor<'_>,
        hash: Hash,
        with_places: bool,
    ) -> Option<(Vec<u8>, bool)> {
        if !matches!(
            self.container,
            Container::Heic | Container::Avif | Container::Mp4
        ) {
            return None;
        }
        let top = boxes::children(self.bytes, 0..self.bytes.len());
        if top.cut.is_some() {
            return None;
        }
        let mut places: Vec<usize> = top.parts.iter().map(|part| part.offset).collect();
        let mut excluded: Vec<Range<usize>> = Vec::new();
        let listed = assertion
            .get("exclusions")
            .map(Cbor::list)
            .unwrap_or_default();
        if listed.len() > MAX_BOX_RULES {
            return None;
        }
        for rule in listed {
            for part in self.parts(rule.get("xpath")?.text()?)? {
                if !self.fits(rule, &part)? {
                    continue;
                }
                let whole = part.offset..part.data.end;
                let subsets = rule.get("subset").map(Cbor::list).unwrap_or_default();
                for subset in subsets {
                    let start = whole.start.checked_add(subset.get("offset")?.size()?)?;
                    let length = subset.get("length")?.size()?;
                    let end = if length == 0 {
                        whole.end
                    } else {
                        start.checked_add(length)?.min(whole.end)
                    };
                    if start < end {
                        excluded.push(start..end);
                    }
                }
                if subsets.is_empty() {
                    places.retain(|&place| place != whole.start);
                    excluded.push(whole);
                }
                if excluded.len() > MAX_EXCLUSIONS {
                    return None;
                }
            }
        }
        excluded.sort_by_key(|range| range.start);
        // What may be left out without changing what is shown: the manifest, and what the specification asks for.
        let is_more = excluded.iter().any(|range| {
            let kind = self.bytes.get(range.start + 4..range.start + HEADER_BYTES);
            !self.is_manifest(range)
                && !matches!(kind, Some(b"ftyp" | b"mfra" | b"free" | b"skip" | b"emsg"))
        });
        let mut context = digest::Context::new(hash.algorithm());
        let mut places = places.into_iter().filter(|_| with_places).peekable();
        let mut at = 0;
        let end = self.bytes.len();
        for range in excluded.into_iter().chain(once(end..end)) {
            while at < range.start {
                while let Some(place) = places.next_if(|&place| place <= at) {
                    context.update(&u64::try_from(place).ok()?.to_be_bytes());
                }
                let stop = places
                    .peek()
                    .map_or(range.start, |&place| place.min(range.start));
                context.update(self.bytes.get(at..stop)?);
                at = stop;
            }
            while let Some(place) = places.next_if(|&place| place < range.end && place <= at) {
                context.update(&u64::try_from(place).ok()?.to_be_bytes());
            }
            at = at.max(range.end);
        }
        Some((context.finish().as_ref().to_vec(), is_more))
    }

    /// The boxes at a path such as `/moov/pssh`; `None` for a path that is not understood.
    fn parts(&self, path: &str) -> Option<Vec<Part>> {
        let mut ranges: Vec<Range<usize>> = once(0..self.bytes.len()).collect();
        let mut found: Vec<Part> = Vec::new();
        let names: Vec<&str> = path.strip_prefix('/')?.split('/').collect();
        if names.len() > MAX_PATH_NAMES {
            return None;
        }
        for name in names {
            let kind: [u8; 4] = name.as_bytes().try_into().ok()?;
            found = ranges
                .into_iter()
                .flat_map(|range| boxes::children(self.bytes, range).parts)
                .filter(|part| part.kind == kind)
                .take(MAX_EXCLUSIONS)
                .collect();
            ranges = found
                .iter()
                .map(|part| match &part.kind {
                    b"meta" => boxes::meta_content(self.bytes, &part.data),
                    _ => part.data.clone(),
                })
                .collect();
        }
        Some(found)
    }

    /// Whether a box is one that the rule leaves out; `None` for a rule that is not understood.
    fn fits(&self, rule: &Cbor<'_>, part: &Part) -> Option<bool> {
        let whole = self.bytes.get(part.offset..part.data.end)?;
        let wanted = |name: &str| rule.get(name).filter(|value| **value != Cbor::Other);
        if let Some(length) = wanted("length")
            && length.size()? != whole.len()
        {
            return Some(false);
        }
        if let Some(version) = wanted("version")
            && whole.get(HEADER_BYTES).map(|&byte| i128::from(byte)) != version.number()
        {
            return Some(false);
        }
        if let Some(flags) = wanted("flags") {
            let flags = flags.octets()?;
            let found = whole.get(HEADER_BYTES + 1..HEADER_BYTES + 4)?;
            let is_exact = wanted("exact") != Some(&Cbor::Bool(false));
            let fits = if is_exact {
                found == flags
            } else {
                let mut pairs = found.iter().zip(&flags);
                pairs.all(|(found, wanted)| found | wanted == *wanted)
            };
            if !fits {
                return Some(false);
            }
        }
        for data in wanted("data").map(Cbor::list).unwrap_or_default() {
            let at = data.get("offset")?.size()?;
            let value = data.get("value")?.octets()?;
            if whole.get(at..at.checked_add(value.len())?) != Some(&value[..]) {
                return Some(false);
            }
        }
        Some(true)
    }
}
