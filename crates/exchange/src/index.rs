//! Which items of the list resemble a photo: exactly by hash, and through a crop by keypoints. Everything is compared on
//! the member's own machine.
//!
//! The items lie in segments, each packed and never changed; two of like size are made one again, so that there are few.

mod packed;

use aftercare_ledger::Hash;

use crate::limits::{MAX_CANDIDATES, PDQ_QUALITY_MIN, PROBE_BITS};
use crate::{Item, Pdq, Print, Word};

use packed::Packed;

/// A keypoint of a photo that is searched for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueryPoint {
    /// Its word.
    pub word: Word,
    /// The least certain bits of the word's key, as [`sketch`](crate::sketch) names them.
    pub weak: [u8; PROBE_BITS],
}

/// A photo that is searched for. It never leaves the member.
#[derive(Clone, PartialEq, Eq)]
pub struct Query {
    /// SHA-256 of the file.
    pub sha256: Hash,
    /// Its hash, as it is and in the seven other orientations.
    pub orientations: [Pdq; 8],
    /// PDQ quality, 0 to 100.
    pub quality: u8,
    /// Its keypoints; more than [`MAX_QUERY_POINTS`](crate::limits::MAX_QUERY_POINTS) are not looked at.
    pub points: Vec<QueryPoint>,
}

impl Query {
    /// The query by which a member looks whether one of its own photos resembles an item of the list. What an item does not
    /// tell, its other orientations and how certain its words are, is not tried.
    #[must_use]
    pub fn of_item(item: &Item) -> Self {
        Self {
            sha256: item.sha256,
            orientations: [item.print.pdq; 8],
            quality: item.print.quality,
            points: item
                .print
                .words
                .iter()
                .map(|&word| QueryPoint {
                    word,
                    weak: std::array::from_fn(|_| 0),
                })
                .collect(),
        }
    }
}

/// How an item resembles the photo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum How {
    /// The same bytes.
    SameBytes,
    /// A near hash.
    Near {
        /// Bits that differ, of 256.
        distance: u32,
    },
    /// Keypoints of a part agree, and the verification holds.
    Part {
        /// Keypoints that agree.
        votes: u32,
    },
}

/// An item that resembles the photo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// The place of its entry.
    pub item: u64,
    /// How, in the strongest way.
    pub how: How,
}

/// All items of a list.
#[derive(Debug, Default)]
pub struct Index {
    segments: Vec<Packed>,
}

impl Index {
    /// An empty index.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The number of items.
    #[must_use]
    pub fn len(&self) -> usize {
        self.segments.iter().map(Packed::len).sum()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.segments.is_empty()
    }

    /// Bytes of memory.
    #[must_use]
    pub fn memory(&self) -> usize {
        self.segments.iter().map(Packed::memory).sum()
    }

    /// Adds items by the places of their entries; `item` is asked for each of them, and again for earlier ones when
    /// segments are made one. Those that it has no answer for are left out.
    pub fn add<'a>(&mut self, new: &[u32], item: impl Fn(u64) -> Option<&'a Item>) {
        if new.is_empty() {
            return;
        }
        let mut places = new.to_vec();
        while let Some(last) = self.segments.last()
            && last.len() < 2 * places.len()
            && let Some(last) = self.segments.pop()
        {
            let mut joined = last.into_places();
            joined.append(&mut places);
            places = joined;
        }
        places.retain(|&place| item(u64::from(place)).is_some());
        if !places.is_empty() {
            self.segments.push(Packed::of(places, &item));
        }
    }

    /// The items that resemble a photo, strongest first, each once. `item` answers for those that count; `verify` is
    /// asked about at most [`MAX_CANDIDATES`] that only keypoints speak for.
    pub fn search<'a>(
        &self,
        query: &Query,
        item: impl Fn(u64) -> Option<&'a Item>,
        mut verify: impl FnMut(&Print) -> bool,
    ) -> Vec<Found> {
        let mut found: Vec<Found> = Vec::new();
        let mut candidates: Vec<(u32, u32)> = Vec::new();
        for segment in &self.segments {
            segment.same_bytes(&query.sha256, |place| {
                if item(place.into()).is_some_and(|item| item.sha256 == query.sha256) {
                    found.push(Found {
                        item: place.into(),
                        how: How::SameBytes,
                    });
                }
            });
            if query.quality >= PDQ_QUALITY_MIN {
                segment.near(&query.orientations, |place, distance| {
                    if item(place.into()).is_some() {
                        found.push(Found {
                            item: place.into(),
                            how: How::Near { distance },
                        });
                    }
                });
            }
            candidates.extend(segment.parts(&query.points));
        }
        candidates.sort_unstable_by_key(|&(place, votes)| (u32::MAX - votes, place));
        let known =
            |found: &[Found], place: u32| found.iter().any(|found| found.item == u64::from(place));
        let counting: Vec<_> = candidates
            .into_iter()
            .filter(|&(place, _)| !known(&found, place))
            .filter_map(|(place, votes)| Some((place, votes, item(place.into())?)))
            .take(MAX_CANDIDATES)
            .collect();
        for (place, votes, item) in counting {
            if verify(&item.print) {
                found.push(Found {
                    item: place.into(),
                    how: How::Part { votes },
                });
            }
        }
        found.sort_unstable_by_key(|found| (found.item, found.how));
        found.dedup_by_key(|found| found.item);
        found.sort_unstable_by_key(|found| (found.how, found.item));
        found
    }
}
