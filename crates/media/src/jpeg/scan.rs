//! One scan: sequential, or a pass of a progressive picture (ITU-T T.81 annexes F.2 and G.2).

use crate::jpeg::bits::{Bits, Entropy};
use crate::jpeg::frame::{Frame, Store};
use crate::jpeg::tables::{Huffman, HuffmanTables, ZIGZAG, extend};

/// Largest zero run and size of a symbol.
const NIBBLE: u8 = 15;
/// Quantized DC values of 8-bit pictures have 12 bits, and an even wider sum is damage.
const MAX_DC: i32 = 1 << 14;

/// The scan header (ITU-T T.81 B.2.3).
#[derive(Debug, Clone)]
pub(super) struct ScanHeader {
    /// Index of the component in the frame, its DC table and its AC table.
    pub(super) components: Vec<(usize, usize, usize)>,
    /// First and last coefficient of the zigzag order.
    first: usize,
    last: usize,
    /// Bit that the pass before reached; 0 in a first pass.
    high: u32,
    /// Bit that this pass reaches.
    low: u32,
}

impl ScanHeader {
    /// Reads the payload of an SOS segment.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn read(payload: &[u8], frame: &Frame) -> Result<Self, &'static str> {
        let short = "short scan header";
        let count = usize::from(*payload.first().ok_or(short)?);
        if count == 0 || count > frame.components.len() {
            return Err("impossible number of components in a scan");
        }
        let selectors = payload.get(1..=2 * count).ok_or(short)?;
        let mut components: Vec<(usize, usize, usize)> = Vec::with_capacity(count);
        for pair in selectors.chunks_exact(2) {
            let index = frame
                .components
                .iter()
                .position(|component| component.id == pair[0])
                .ok_or("unknown component in a scan")?;
            if components.iter().any(|&(other, ..)| other == index) {
                return Err("component twice in a scan");
            }
            let (dc, ac) = (usize::from(pair[1] >> 4), usize::from(pair[1] & 15));
            if dc > 3 || ac > 3 {
                return Err("unknown Huffman table in a scan");
            }
            components.push((index, dc, ac));
        }
        let &[first, last, bits] = payload
            .get(1 + 2 * count..4 + 2 * count)
            .ok_or(short)?
            .first_chunk::<3>()
            .ok_or(short)?;
        let mut header = Self {
            components,
            first: usize::from(first),
            last: usize::from(last),
            high: u32::from(bits >> 4),
            low: u32::from(bits & 15),
        };
        if !frame.progressive {
            // Some writers leave these bytes empty in sequential files; they mean nothing there.
            (header.first, header.last, header.high, header.low) = (0, 63, 0, 0);
            return Ok(header);
        }
        let is_possible = if header.first == 0 {
            header.last == 0
        } else {
            header.last >= header.first && header.last <= 63 && count == 1
        };
        if !is_possible || header.low > 13 || (header.high != 0 && header.high != header.low + 1) {
            return Err("impossible scan parameters");
        }
        Ok(header)
    }

    /// Whether this scan carries DC coefficients.
    pub(super) const fn has_dc(&self) -> bool {
        self.first == 0
    }

    /// Notes the bit that this scan reaches of each coefficient.
    pub(super) fn mark(&self, reached: &mut [u32; 64]) {
        reached[self.first..=self.last].fill(self.low);
    }

    /// Blocks that this scan goes through.
    pub(super) fn visits(&self, frame: &Frame) -> usize {
        self.components
            .iter()
            .map(|&(index, ..)| {
                let component = &frame.components[index];
                component.stored_columns * component.stored_rows
            })
            .sum()
    }
}

/// State of a pass that lives for one restart interval.
#[derive(Default)]
struct Run {
    predictions: [i32; 4],
    /// Blocks left in the current run of finished blocks.
    finished: u32,
}

/// What decodes one block.
#[derive(Clone, Copy)]
enum Pass {
    Sequential,
    FirstDc,
    MoreDc,
    FirstAc,
    MoreAc,
}

/// Decodes the scan's `data` into `store`.
///
/// # Errors
/// What is wrong with the data.
pub(super) fn decode(
    header: &ScanHeader,
    frame: &Frame,
    tables: &HuffmanTables,
    restart_interval: usize,
    data: &[u8],
    entropy: &mut Entropy,
    store: &mut impl Store,
) -> Result<(), &'static str> {
    let pass = match (frame.progressive, header.first, header.high) {
        (false, ..) => Pass::Sequential,
        (true, 0, 0) => Pass::FirstDc,
        (true, 0, _) => Pass::MoreDc,
        (true, _, 0) => Pass::FirstAc,
        (true, ..) => Pass::MoreAc,
    };
    let missing = "a scan without its Huffman table";
    let mut tables_of = Vec::with_capacity(header.components.len());
    for &(index, dc, ac) in &header.components {
        let dc = tables.dc[dc].as_ref();
        let ac = tables.ac[ac].as_ref();
        let is_complete = match pass {
            Pass::Sequential => dc.is_some() && ac.is_some(),
            Pass::FirstDc => dc.is_some(),
            Pass::MoreDc => true,
            Pass::FirstAc | Pass::MoreAc => ac.is_some(),
        };
        if !is_complete {
            return Err(missing);
        }
        tables_of.push((index, dc, ac));
    }
    // A scan of one component has its own blocks only; one of several goes through whole units of all.
    let alone = header.components.len() == 1;
    let (columns, rows) = if alone {
        let component = &frame.components[header.components[0].0];
        (component.columns, component.rows)
    } else {
        (frame.unit_columns, frame.unit_rows)
    };
    if !alone {
        let blocks: usize = header
            .components
            .iter()
            .map(|&(index, ..)| frame.components[index].blocks_in_unit())
            .sum();
        if blocks > 10 {
            return Err("more than ten blocks in a unit");
        }
    }
    let units = columns * rows;
    let interval = if restart_interval == 0 {
        units
    } else {
        restart_interval
    };
    entropy.load(data, units.div_ceil(interval))?;
    let short = "picture data ends too early";
    let mut unit = 0;
    for index in 0..units.div_ceil(interval) {
        let mut bits = entropy.interval(index).ok_or(short)?;
        let mut run = Run::default();
        for _ in 0..interval.min(units - unit) {
            let (column, row) = (unit % columns, unit / columns);
            for (slot, &(index, dc, ac)) in tables_of.iter().enumerate() {
                let component = &frame.components[index];
                let (across, down) = if alone {
                    (1, 1)
                } else {
                    (component.horizontal, component.vertical)
                };
                for y in 0..down {
                    for x in 0..across {
                        let place = (column * across + x, row * down + y);
                        let step = Step {
                            header,
                            dc,
                            ac,
                            slot,
                        };
                        let block = store.block(index, place);
                        step.block(pass, &mut bits, &mut run, block)?;
                        store.finish(index, place);
                    }
                }
            }
            if bits.is_overrun() {
                return Err(short);
            }
            unit += 1;
        }
    }
    Ok(())
}

/// What is needed for one block.
struct Step<'a> {
    header: &'a ScanHeader,
    dc: Option<&'a Huffman>,
    ac: Option<&'a Huffman>,
    /// The component's place in the scan.
    slot: usize,
}

const BAD_CODE: &str = "impossible code in the picture data";

impl Step<'_> {
    #[inline]
    fn block(
        &self,
        pass: Pass,
        bits: &mut Bits<'_>,
        run: &mut Run,
        block: &mut [i16; 64],
    ) -> Result<(), &'static str> {
        match pass {
            Pass::Sequential => self.sequential(bits, run, block),
            Pass::FirstDc => {
                let value = self.next_dc(bits, run)?;
                block[0] = narrow(value << self.header.low)?;
                Ok(())
            }
            Pass::MoreDc => {
                if bits.bit() {
                    block[0] |= 1 << self.header.low;
                }
                Ok(())
            }
            Pass::FirstAc => self.first_ac(bits, run, block),
            Pass::MoreAc => self.more_ac(bits, run, block),
        }
    }

    #[inline]
    fn next_dc(&self, bits: &mut Bits<'_>, run: &mut Run) -> Result<i32, &'static str> {
        let table = self.dc.ok_or(BAD_CODE)?;
        let (length, size) = table.symbol(bits.peek()).ok_or(BAD_CODE)?;
        bits.take(length);
        let difference = value(bits, u32::from(size));
        let sum = run.predictions[self.slot] + difference;
        if sum.abs() > MAX_DC {
            return Err("impossible brightness in the picture data");
        }
        run.predictions[self.slot] = sum;
        Ok(sum)
    }

    #[inline]
    fn sequential(
        &self,
        bits: &mut Bits<'_>,
        run: &mut Run,
        block: &mut [i16; 64],
    ) -> Result<(), &'static str> {
        block[0] = narrow(self.next_dc(bits, run)?)?;
        let table = self.ac.ok_or(BAD_CODE)?;
        let mut index = 1;
        while index < 64 {
            let next = bits.peek();
            let fast = table.fast(next);
            if fast != 0 {
                let [_, _, zeros, taken] = fast.to_be_bytes();
                index += usize::from(zeros);
                bits.take(u32::from(taken));
                let place = *ZIGZAG.get(index).ok_or(BAD_CODE)?;
                let value = (fast >> 16) as i16;
                block[usize::from(place & 63)] = value;
                index += 1;
                continue;
            }
            let (length, symbol) = table.symbol(next).ok_or(BAD_CODE)?;
            bits.take(length);
            let (zeros, size) = (symbol >> 4, symbol & NIBBLE);
            if size == 0 {
                if zeros != NIBBLE {
                    break;
                }
                index += 16;
                continue;
            }
            index += usize::from(zeros);
            let place = *ZIGZAG.get(index).ok_or(BAD_CODE)?;
            block[usize::from(place & 63)] = narrow(value(bits, u32::from(size)))?;
            index += 1;
        }
        Ok(())
    }

    fn first_ac(
        &self,
        bits: &mut Bits<'_>,
        run: &mut Run,
        block: &mut [i16; 64],
    ) -> Result<(), &'static str> {
        if run.finished > 0 {
            run.finished -= 1;
            return Ok(());
        }
        let table = self.ac.ok_or(BAD_CODE)?;
        let mut index = self.header.first;
        while index <= self.header.last {
            let (length, symbol) = table.symbol(bits.peek()).ok_or(BAD_CODE)?;
            bits.take(length);
            let (zeros, size) = (symbol >> 4, symbol & NIBBLE);
            if size == 0 {
                if zeros != NIBBLE {
                    run.finished = run_length(bits, zeros) - 1;
                    break;
                }
                index += 16;
                continue;
            }
            index += usize::from(zeros);
            if index > self.header.last {
                return Err(BAD_CODE);
            }
            let value = value(bits, u32::from(size)) << self.header.low;
            block[usize::from(ZIGZAG[index])] = narrow(value)?;
            index += 1;
        }
        Ok(())
    }

    /// Refines known coefficients by one bit, and adds those that become nonzero (ITU-T T.81 G.1.2.3).
    fn more_ac(
        &self,
        bits: &mut Bits<'_>,
        run: &mut Run,
        block: &mut [i16; 64],
    ) -> Result<(), &'static str> {
        let step = 1_i16 << self.header.low;
        let mut index = self.header.first;
        if run.finished == 0 {
            let table = self.ac.ok_or(BAD_CODE)?;
            while index <= self.header.last {
                let (length, symbol) = table.symbol(bits.peek()).ok_or(BAD_CODE)?;
                bits.take(length);
                let (mut zeros, size) = (symbol >> 4, symbol & NIBBLE);
                let mut fresh = 0;
                match size {
                    0 if zeros != NIBBLE => {
                        run.finished = run_length(bits, zeros);
                        break;
                    }
                    0 => {}
                    1 => fresh = if bits.bit() { step } else { -step },
                    _ => return Err(BAD_CODE),
                }
                loop {
                    if index > self.header.last {
                        if fresh != 0 {
                            return Err(BAD_CODE);
                        }
                        break;
                    }
                    let slot = &mut block[usize::from(ZIGZAG[index])];
                    index += 1;
                    if *slot != 0 {
                        refine(bits, slot, step);
                    } else if zeros == 0 {
                        *slot = fresh;
                        break;
                    } else {
                        zeros -= 1;
                    }
                }
            }
        }
        if run.finished > 0 {
            for &place in ZIGZAG.get(index..=self.header.last).unwrap_or(&[]) {
                let slot = &mut block[usize::from(place)];
                if *slot != 0 {
                    refine(bits, slot, step);
                }
            }
            run.finished -= 1;
        }
        Ok(())
    }
}

fn refine(bits: &mut Bits<'_>, slot: &mut i16, step: i16) {
    if bits.bit() && *slot & step == 0 {
        *slot = if *slot > 0 {
            slot.saturating_add(step)
        } else {
            slot.saturating_sub(step)
        };
    }
}

/// Blocks in a run of finished blocks, this one included.
fn run_length(bits: &mut Bits<'_>, size: u8) -> u32 {
    let size = u32::from(size);
    if size == 0 {
        1
    } else {
        (1 << size) + bits.number(size)
    }
}

/// A value of `size` (0 to 15) bits.
#[inline]
fn value(bits: &mut Bits<'_>, size: u32) -> i32 {
    if size == 0 {
        0
    } else {
        extend(bits.number(size), size)
    }
}

#[inline]
fn narrow(value: i32) -> Result<i16, &'static str> {
    i16::try_from(value).map_err(|_| "impossible value in the picture data")
}
