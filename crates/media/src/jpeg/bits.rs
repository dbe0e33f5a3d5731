//! Entropy-coded data as bits: stuffing removed once, then eight bytes a load.

use memchr::memchr;

/// Zero bytes after the data, so that the last loads need no other path.
const PADDING: usize = 8;

/// The data of one scan without stuffed bytes and markers.
#[derive(Debug, Default)]
pub(super) struct Entropy {
    bytes: Vec<u8>,
    /// Where each restart interval ends in `bytes`.
    ends: Vec<usize>,
}

impl Entropy {
    /// Unstuffs `data`. `max_intervals` is how many restart intervals the scan can have.
    ///
    /// # Errors
    /// What is wrong with the restart markers.
    pub(super) fn load(&mut self, data: &[u8], max_intervals: usize) -> Result<(), &'static str> {
        self.bytes.clear();
        self.ends.clear();
        self.bytes.reserve(data.len() + PADDING);
        let mut rest = data;
        while let Some(at) = memchr(0xFF, rest) {
            self.bytes.extend_from_slice(&rest[..at]);
            rest = &rest[at + 1..];
            match rest.first() {
                Some(0) => {
                    self.bytes.push(0xFF);
                    rest = &rest[1..];
                }
                Some(&marker @ 0xD0..=0xD7) => {
                    if usize::from(marker - 0xD0) != self.ends.len() % 8 {
                        return Err("restart marker out of order");
                    }
                    if self.ends.len() + 1 >= max_intervals {
                        return Err("too many restart markers");
                    }
                    self.ends.push(self.bytes.len());
                    rest = &rest[1..];
                }
                // A fill byte before a marker.
                _ => {}
            }
        }
        self.bytes.extend_from_slice(rest);
        self.ends.push(self.bytes.len());
        self.bytes.resize(self.bytes.len() + PADDING, 0);
        Ok(())
    }

    /// The bits of restart interval `index`, if the data has it.
    pub(super) fn interval(&self, index: usize) -> Option<Bits<'_>> {
        let end = *self.ends.get(index)?;
        let start = match index.checked_sub(1) {
            Some(before) => self.ends[before],
            None => 0,
        };
        Some(Bits {
            bytes: &self.bytes,
            at: start,
            end,
            bits: 0,
            held: 0,
        })
    }
}

/// A reader of bits, highest first. Past the end it reads whatever follows and says so in [`Bits::is_overrun`].
#[derive(Debug)]
pub(super) struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
    end: usize,
    bits: u64,
    held: u32,
}

impl Bits<'_> {
    /// The next bits, at least 32 of them valid, highest first.
    #[inline]
    pub(super) fn peek(&mut self) -> u64 {
        if self.held < 32 {
            self.refill();
        }
        self.bits
    }

    #[inline]
    fn refill(&mut self) {
        let next = self
            .bytes
            .get(self.at..self.at + 8)
            .and_then(|bytes| bytes.try_into().ok())
            .map_or(0, u64::from_be_bytes);
        self.bits |= next >> self.held;
        let taken = (63 - self.held) / 8;
        self.at += taken as usize;
        self.held += taken * 8;
    }

    /// Takes `count` bits, at most as many as the last [`Bits::peek`] promised.
    #[inline]
    pub(super) fn take(&mut self, count: u32) {
        self.bits <<= count;
        self.held -= count;
    }

    /// The next `count` (1 to 16) bits as a number.
    #[inline]
    pub(super) fn number(&mut self, count: u32) -> u32 {
        let bits = self.peek();
        self.take(count);
        u32::try_from(bits >> (64 - count)).unwrap_or(0)
    }

    /// The next bit.
    #[inline]
    pub(super) fn bit(&mut self) -> bool {
        self.number(1) == 1
    }

    /// Whether more bits were taken than the interval has.
    #[inline]
    pub(super) fn is_overrun(&self) -> bool {
        self.at * 8 > self.end * 8 + self.held as usize
    }
}
