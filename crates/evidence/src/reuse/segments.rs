//! Many lists of small records in little memory: the lists of a segment lie one after the other in one piece, with the
//! photos of a list as differences, and what is new waits in a short list beside it.

/// Bits of a list's number within its segment.
const SEGMENT_BITS: usize = 8;
/// Lists of one segment.
const SEGMENT_LISTS: usize = 1 << SEGMENT_BITS;
/// Segments: 65,536 lists in all.
const SEGMENTS: usize = 256;
/// Records of a segment that wait at most before they are put into its lists.
const WAITING: usize = 384;
/// Space that a segment grows by: one in so many.
const GROWTH_PART: usize = 24;

/// Lists of records of `N` bytes, each of a photo.
pub(super) struct Segments<const N: usize> {
    segments: Vec<Segment<N>>,
    /// Where a segment is built anew.
    scratch: Vec<u8>,
}

struct Segment<const N: usize> {
    /// Where each list begins in `bytes`, and where the last one ends.
    starts: Vec<u32>,
    /// The photo of the last record of each list.
    last: Vec<u32>,
    /// For each record by how much its photo's number is above that of the one before, seven bits a byte, and `N` bytes.
    bytes: Vec<u8>,
    /// In the order of lists, and within a list of photos.
    waiting: Vec<Waiting<N>>,
}

#[derive(Clone, Copy)]
struct Waiting<const N: usize> {
    list: u8,
    /// Lowest byte first.
    photo: [u8; 3],
    record: [u8; N],
}

impl<const N: usize> Waiting<N> {
    fn photo(&self) -> u32 {
        let [low, middle, high] = self.photo;
        u32::from_le_bytes([low, middle, high, 0])
    }
}

impl<const N: usize> Default for Segments<N> {
    fn default() -> Self {
        Self {
            segments: (0..SEGMENTS)
                .map(|_| Segment {
                    starts: vec![0; SEGMENT_LISTS + 1],
                    last: vec![0; SEGMENT_LISTS],
                    bytes: Vec::new(),
                    waiting: Vec::new(),
                })
                .collect(),
            scratch: Vec::new(),
        }
    }
}

impl<const N: usize> Segments<N> {
    /// Adds a record to a list; photos are added in the order of their numbers, which are below 2^24.
    pub fn push(&mut self, list: usize, photo: u32, record: [u8; N]) {
        let segment = &mut self.segments[list >> SEGMENT_BITS];
        let [list, ..] = list.to_le_bytes();
        let [low, middle, high, _] = photo.to_le_bytes();
        let place = segment
            .waiting
            .partition_point(|waiting| waiting.list <= list);
        if segment.waiting.len() == segment.waiting.capacity() {
            segment.waiting.reserve_exact(WAITING / 4);
        }
        segment.waiting.insert(
            place,
            Waiting {
                list,
                photo: [low, middle, high],
                record,
            },
        );
        if segment.waiting.len() == WAITING {
            segment.put_in(&mut self.scratch);
        }
    }

    /// Calls `visit` with the photo and the bytes of every record of a list.
    pub fn visit(&self, list: usize, mut visit: impl FnMut(u32, [u8; N])) {
        let segment = &self.segments[list >> SEGMENT_BITS];
        let [list, ..] = list.to_le_bytes();
        segment.records(list, &mut visit);
        let from = segment
            .waiting
            .partition_point(|waiting| waiting.list < list);
        for waiting in segment.waiting[from..]
            .iter()
            .take_while(|waiting| waiting.list == list)
        {
            visit(waiting.photo(), waiting.record);
        }
    }

    /// Gives every photo the number that `numbers` has for it, in the same order; `None` takes it out.
    pub fn renumber(&mut self, numbers: impl Fn(u32) -> Option<u32>) {
        for segment in &mut self.segments {
            segment.put_in(&mut self.scratch);
            let mut starts = Vec::with_capacity(SEGMENT_LISTS + 1);
            self.scratch.clear();
            for list in 0..=u8::MAX {
                starts.push(position(&self.scratch));
                let mut last = 0;
                segment.records(list, &mut |photo, record| {
                    if let Some(photo) = numbers(photo) {
                        write(&mut self.scratch, photo - last, record);
                        last = photo;
                    }
                });
                segment.last[usize::from(list)] = last;
            }
            starts.push(position(&self.scratch));
            segment.starts = starts;
            segment.replace(&self.scratch);
        }
    }

    /// Bytes of memory.
    pub fn memory(&self) -> usize {
        self.segments
            .iter()
            .map(|segment| {
                (segment.starts.capacity() + segment.last.capacity()) * size_of::<u32>()
                    + segment.bytes.capacity()
                    + segment.waiting.capacity() * size_of::<Waiting<N>>()
                    + size_of::<Segment<N>>()
            })
            .sum::<usize>()
            + self.scratch.capacity()
    }
}

impl<const N: usize> Segment<N> {
    fn records(&self, list: u8, visit: &mut impl FnMut(u32, [u8; N])) {
        let list = usize::from(list);
        let (from, to) = (self.starts[list], self.starts[list + 1]);
        let mut rest = &self.bytes[from as usize..to as usize];
        let mut photo = 0;
        while let Some((first, after)) = rest.split_first() {
            let mut difference = u32::from(first & 127);
            let (mut byte, mut shift) = (*first, 7);
            rest = after;
            while byte > 127 {
                let Some((next, after)) = rest.split_first() else {
                    return;
                };
                difference |= u32::from(next & 127) << shift;
                (byte, shift, rest) = (*next, shift + 7, after);
            }
            photo += difference;
            let Some((record, after)) = rest.split_first_chunk() else {
                return;
            };
            visit(photo, *record);
            rest = after;
        }
    }

    /// Puts what waits at the ends of the lists.
    fn put_in(&mut self, scratch: &mut Vec<u8>) {
        scratch.clear();
        let mut waiting = self.waiting.iter().peekable();
        let mut from = 0;
        for list in 0..SEGMENT_LISTS {
            let to = self.starts[list + 1];
            scratch.extend_from_slice(&self.bytes[from as usize..to as usize]);
            from = to;
            while let Some(next) = waiting.next_if(|waiting| usize::from(waiting.list) == list) {
                write(scratch, next.photo() - self.last[list], next.record);
                self.last[list] = next.photo();
            }
            self.starts[list + 1] = position(scratch);
        }
        self.waiting.clear();
        self.replace(scratch);
    }

    fn replace(&mut self, bytes: &[u8]) {
        let spare = self.bytes.capacity().checked_sub(bytes.len());
        if spare.is_none_or(|spare| spare > bytes.len() / (GROWTH_PART / 2) + 64) {
            // Given back first, so that the larger piece may lie in its place.
            self.bytes = Vec::new();
            self.bytes
                .reserve_exact(bytes.len() + bytes.len() / GROWTH_PART);
        }
        self.bytes.clear();
        self.bytes.extend_from_slice(bytes);
    }
}

/// Where the next byte goes. A segment is far below 4 GiB: 16 million photos with 255 keypoints, spread over all segments.
fn position(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX)
}

fn write<const N: usize>(bytes: &mut Vec<u8>, mut difference: u32, record: [u8; N]) {
    while difference > 127 {
        let [low, ..] = difference.to_le_bytes();
        bytes.push(low | 128);
        difference >>= 7;
    }
    let [low, ..] = difference.to_le_bytes();
    bytes.push(low);
    bytes.extend_from_slice(&record);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `lists` has in each list, photo by photo.
    fn contents(lists: &Segments<6>) -> Vec<Vec<(u32, [u8; 6])>> {
        (0..SEGMENTS * SEGMENT_LISTS)
            .map(|list| {
                let mut found = Vec::new();
                lists.visit(list, |photo, record| found.push((photo, record)));
                found
            })
            .collect()
    }

    #[test]
    fn lists_keep_what_was_put_in_and_take_little_room() {
        let mut lists = Segments::<6>::default();
        let mut expected = vec![Vec::new(); SEGMENTS * SEGMENT_LISTS];
        // Photos of 20 records, some of them far apart, in lists of which some are used more than others.
        let mut state = 1_u64;
        let mut photo = 0;
        for number in 0..12_000_u32 {
            photo += if number % 1_000 == 0 { 70_000 } else { 1 };
            for _ in 0..20 {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                let [a, b, c, d, e, f, g, h] = state.to_be_bytes();
                let list = usize::from(a) << SEGMENT_BITS | usize::from(b & c);
                let record = [c, d, e, f, g, h];
                lists.push(list, photo, record);
                expected[list].push((photo, record));
            }
        }
        assert_eq!(contents(&lists), expected);
        let records = 12_000 * 20;
        let tables = SEGMENTS * (2 * SEGMENT_LISTS * 4 + WAITING * 10);
        let each = (lists.memory() - tables) as f64 / f64::from(records);
        assert!(each <= 9.0, "{each} bytes a record");

        // Every third photo goes; the others move up.
        let kept = |photo: u32| (!photo.is_multiple_of(3)).then(|| photo / 3 * 2 + photo % 3 - 1);
        lists.renumber(kept);
        for list in &mut expected {
            *list = list
                .iter()
                .filter_map(|(photo, record)| Some((kept(*photo)?, *record)))
                .collect();
        }
        assert_eq!(contents(&lists), expected);
    }
}
