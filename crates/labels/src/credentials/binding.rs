//! The binding of a manifest to the content of its file: which bytes were hashed when it was signed, and whether they
//! still are the same (C2PA specification 2.2, section 9.2).

use std::iter::once;
use std::ops::Range;

use aftercare_media::walk::{Part, boxes};
use aws_lc_rs::digest;

use super::cbor::Cbor;
use super::content::Content;
use super::der::Hash;
use super::{Binding, named};
use crate::container::Container;
use crate::limits::{MAX_BOX_RULES, MAX_EXCLUSIONS, MAX_PATH_NAMES};

/// Bytes of the header of a box before version and flags.
const HEADER_BYTES: usize = 8;

/// What of the file a manifest may leave out, and where it stands.
pub(super) struct Target<'a, 'c> {
    pub(super) content: &'a Content<'c>,
    pub(super) container: Container,
    pub(super) carriers: &'a [Range<usize>],
}

impl Target<'_, '_> {
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
            if end > self.content.len() {
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
            self.content.hash(at..range.start, &mut context)?;
            at = range.end;
        }
        self.content.hash(at..self.content.len(), &mut context)?;
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
        let end = self.content.len();
        let top = boxes::children(self.content.outline(), 0..end);
        if top.cut.is_some() {
            return None;
        }
        let mut places: Vec<usize> = top.parts.iter().map(|part| part.offset).collect();
        // With the kind of the box that they are in.
        let mut excluded: Vec<(Range<usize>, [u8; 4])> = Vec::new();
        let listed = assertion
            .get("exclusions")
            .map(Cbor::list)
            .unwrap_or_default();
        if listed.len() > MAX_BOX_RULES {
            return None;
        }
        for rule in listed {
            for part in self.parts(&top.parts, rule.get("xpath")?.text()?)? {
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
                        excluded.push((start..end, part.kind));
                    }
                }
                if subsets.is_empty() {
                    places.retain(|&place| place != whole.start);
                    excluded.push((whole, part.kind));
                }
                if excluded.len() > MAX_EXCLUSIONS {
                    return None;
                }
            }
        }
        excluded.sort_by_key(|(range, _)| range.start);
        // What may be left out without changing what is shown: the manifest, and what the specification asks for.
        let is_more = excluded.iter().any(|(range, kind)| {
            !self.is_manifest(range)
                && !matches!(kind, b"ftyp" | b"mfra" | b"free" | b"skip" | b"emsg")
        });
        let mut context = digest::Context::new(hash.algorithm());
        let mut places = places.into_iter().filter(|_| with_places).peekable();
        let mut at = 0;
        let excluded = excluded.into_iter().map(|(range, _)| range);
        for range in excluded.chain(once(end..end)) {
            while at < range.start {
                while let Some(place) = places.next_if(|&place| place <= at) {
                    context.update(&u64::try_from(place).ok()?.to_be_bytes());
                }
                let stop = places
                    .peek()
                    .map_or(range.start, |&place| place.min(range.start));
                self.content.hash(at..stop, &mut context)?;
                at = stop;
            }
            while let Some(place) = places.next_if(|&place| place < range.end && place <= at) {
                context.update(&u64::try_from(place).ok()?.to_be_bytes());
            }
            at = at.max(range.end);
        }
        Some((context.finish().as_ref().to_vec(), is_more))
    }

    /// The boxes at a path such as `/moov/pssh`, those at the top being `top`; `None` for a path that is not understood, or
    /// that leads through too much.
    fn parts(&self, top: &[Part], path: &str) -> Option<Vec<Part>> {
        let names = path.strip_prefix('/')?.split('/');
        let kinds = names.map(|name| <[u8; 4]>::try_from(name.as_bytes()).ok());
        let kinds: Vec<[u8; 4]> = kinds.collect::<Option<_>>()?;
        let (first, inner) = kinds.split_first()?;
        if inner.len() >= MAX_PATH_NAMES {
            return None;
        }
        let mut found = Vec::new();
        let outer = top.iter().filter(|part| part.kind == *first);
        for part in outer.take(MAX_EXCLUSIONS) {
            if inner.is_empty() {
                found.push(part.clone());
            } else {
                let whole = self.content.part(part.offset..part.data.end)?;
                let start = moved(part, |at| at - part.offset);
                let inside = below(&whole, start, inner).into_iter();
                found.extend(inside.map(|one| moved(&one, |at| at + part.offset)));
            }
        }
        found.truncate(MAX_EXCLUSIONS);
        Some(found)
    }

    /// Whether a box is one that the rule leaves out; `None` for a rule that is not understood.
    fn fits(&self, rule: &Cbor<'_>, part: &Part) -> Option<bool> {
        let whole = part.offset..part.data.end;
        let wanted = |name: &str| rule.get(name).filter(|value| **value != Cbor::Other);
        if let Some(length) = wanted("length")
            && length.size()? != whole.len()
        {
            return Some(false);
        }
        // Nothing behind the box belongs to it: then there is no such part, while `None` is no answer.
        let part = |at: usize, length: usize| {
            let start = whole.start.saturating_add(at);
            let range = start..start.saturating_add(length);
            if range.end > whole.end {
                return Some(None);
            }
            self.content.part(range).map(Some)
        };
        if let Some(version) = wanted("version") {
            let found = part(HEADER_BYTES, 1)?;
            let found = found.and_then(|found| found.first().copied());
            if found.map(i128::from) != version.number() {
                return Some(false);
            }
        }
        if let Some(flags) = wanted("flags") {
            let flags = flags.octets()?;
            let found = part(HEADER_BYTES + 1, 3)??;
            let is_exact = wanted("exact") != Some(&Cbor::Bool(false));
            let fits = if is_exact {
                found[..] == flags[..]
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
            if part(at, value.len())?.as_deref() != Some(&value[..]) {
                return Some(false);
            }
        }
        Some(true)
    }
}

/// The boxes at the path `kinds` below `part`.
fn below(bytes: &[u8], part: Part, kinds: &[[u8; 4]]) -> Vec<Part> {
    kinds.iter().fold(vec![part], |outer, kind| {
        let inner = outer.into_iter().flat_map(|part| {
            let range = match &part.kind {
                b"meta" => boxes::meta_content(bytes, &part.data),
                _ => part.data,
            };
            boxes::children(bytes, range).parts
        });
        let inner = inner.filter(|part| part.kind == *kind);
        inner.take(MAX_EXCLUSIONS).collect()
    })
}

/// The same part with every place moved.
fn moved(part: &Part, place: impl Fn(usize) -> usize) -> Part {
    Part {
        kind: part.kind,
        offset: place(part.offset),
        data: place(part.data.start)..place(part.data.end),
    }
}
