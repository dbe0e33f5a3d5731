//! Quantization and Huffman tables (ITU-T T.81 annexes B.2.4.1, B.2.4.2, C and F).

/// Natural (row-major) position of each coefficient of the zigzag order (ITU-T T.81 figure 5).
pub const ZIGZAG: [u8; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20,
    13, 6, 7, 14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59,
    52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
];

/// Bits that one look into the fast tables resolves. Ten cover nine of ten symbols of a photo and stay in the cache.
pub(super) const LOOK_BITS: u32 = 10;
const LOOK_ENTRIES: usize = 1 << LOOK_BITS;
/// Longest Huffman code.
const MAX_CODE_BITS: usize = 16;

/// Reads the payload of a DQT segment into `tables` (natural order).
///
/// # Errors
/// What is wrong with it.
pub(super) fn read_quantization(
    mut payload: &[u8],
    tables: &mut [Option<[u16; 64]>; 4],
) -> Result<(), &'static str> {
    while let Some((&head, rest)) = payload.split_first() {
        let (wide, slot) = (head >> 4, usize::from(head & 15));
        if wide > 1 || slot > 3 {
            return Err("unknown quantization table");
        }
        let bytes = if wide == 1 { 128 } else { 64 };
        let values = rest.get(..bytes).ok_or("short quantization table")?;
        let mut table = [0; 64];
        for (index, &place) in ZIGZAG.iter().enumerate() {
            table[usize::from(place)] = if wide == 1 {
                u16::from_be_bytes([values[2 * index], values[2 * index + 1]])
            } else {
                u16::from(values[index])
            };
        }
        if table.contains(&0) {
            return Err("zero in a quantization table");
        }
        tables[slot] = Some(table);
        payload = &rest[bytes..];
    }
    Ok(())
}

/// One Huffman table, ready to decode.
#[derive(Debug, Clone)]
pub(super) struct Huffman {
    /// By the next [`LOOK_BITS`] bits: code length in the upper byte and symbol in the lower one; 0 for longer codes.
    look: Box<[u16; LOOK_ENTRIES]>,
    /// By the next bits, for AC codes whose value bits are also inside the look: value in the upper 16 bits, zero run
    /// in bits 8 to 15, bits in all in bits 0 to 7; 0 otherwise.
    fast: Box<[i32; LOOK_ENTRIES]>,
    /// By length: one above the last code, shifted left to 16 bits; 0 for lengths without codes.
    limit: [u32; MAX_CODE_BITS + 1],
    /// By length: what to add to a code to get the index of its symbol.
    offset: [i32; MAX_CODE_BITS + 1],
    symbols: Vec<u8>,
}

impl Huffman {
    /// Builds the table for `counts` codes of each length and their `symbols` in order.
    fn new(counts: &[u8], symbols: &[u8]) -> Result<Self, &'static str> {
        let mut table = Self {
            look: Box::new([0; LOOK_ENTRIES]),
            fast: Box::new([0; LOOK_ENTRIES]),
            limit: [0; MAX_CODE_BITS + 1],
            offset: [0; MAX_CODE_BITS + 1],
            symbols: symbols.to_vec(),
        };
        let (mut code, mut index) = (0_u32, 0_usize);
        for (length, &count) in (1_u32..).zip(counts) {
            let slot = length as usize;
            let count = u32::from(count);
            if code + count > 1 << length {
                return Err("impossible Huffman table");
            }
            table.offset[slot] =
                i32::try_from(index).unwrap_or(0) - i32::try_from(code).unwrap_or(0);
            for _ in 0..count {
                if length <= LOOK_BITS {
                    let spare = LOOK_BITS - length;
                    let from = (code << spare) as usize;
                    let entry = u16::try_from(length << 8).unwrap_or(0) | u16::from(symbols[index]);
                    table.look[from..from + (1 << spare)].fill(entry);
                }
                code += 1;
                index += 1;
            }
            if count > 0 {
                table.limit[slot] = code << (16 - length);
            }
            code <<= 1;
        }
        table.fill_fast();
        Ok(table)
    }

    fn fill_fast(&mut self) {
        for (bits, fast) in (0_u32..).zip(self.fast.iter_mut()) {
            let entry = self.look[bits as usize];
            let (length, symbol) = (u32::from(entry >> 8), entry & 0xFF);
            let size = u32::from(symbol & 15);
            if entry == 0 || size == 0 || length + size > LOOK_BITS {
                continue;
            }
            let raw = (bits >> (LOOK_BITS - length - size)) & ((1 << size) - 1);
            let value = extend(raw, size);
            let rest = (i32::from(symbol >> 4) << 8) | i32::try_from(length + size).unwrap_or(0);
            *fast = (value << 16) | rest;
        }
    }

    /// Length and symbol of the code at the top of `bits`; `None` when no code is there.
    #[inline]
    pub(super) fn symbol(&self, bits: u64) -> Option<(u32, u8)> {
        let [length, symbol] = self.look[look_index(bits)].to_be_bytes();
        if length != 0 {
            return Some((u32::from(length), symbol));
        }
        self.long_symbol(bits)
    }

    #[cold]
    fn long_symbol(&self, bits: u64) -> Option<(u32, u8)> {
        let next = u32::try_from(bits >> 48).ok()?;
        for length in LOOK_BITS + 1..=16 {
            let slot = length as usize;
            if next < self.limit[slot] {
                let code = i32::try_from(next >> (16 - length)).ok()?;
                let index = usize::try_from(code + self.offset[slot]).ok()?;
                return Some((length, *self.symbols.get(index)?));
            }
        }
        None
    }

    /// The entry of the fast table for the bits at the top of `bits`.
    #[inline]
    pub(super) fn fast(&self, bits: u64) -> i32 {
        self.fast[look_index(bits)]
    }
}

#[inline]
const fn look_index(bits: u64) -> usize {
    (bits >> (64 - LOOK_BITS)) as usize
}

/// The signed value of `size` (1 to 15) raw bits (ITU-T T.81 F.2.2.1).
#[inline]
pub(super) const fn extend(raw: u32, size: u32) -> i32 {
    let raw = raw.cast_signed();
    if raw < 1 << (size - 1) {
        raw - (1 << size) + 1
    } else {
        raw
    }
}

/// The Huffman tables in force: DC and AC, four each.
#[derive(Debug, Default)]
pub(super) struct HuffmanTables {
    pub(super) dc: [Option<Huffman>; 4],
    pub(super) ac: [Option<Huffman>; 4],
}

impl HuffmanTables {
    /// Reads the payload of a DHT segment.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn read(&mut self, mut payload: &[u8]) -> Result<(), &'static str> {
        while let Some((&head, rest)) = payload.split_first() {
            let (class, slot) = (head >> 4, usize::from(head & 15));
            if class > 1 || slot > 3 {
                return Err("unknown Huffman table");
            }
            let counts = rest.get(..MAX_CODE_BITS).ok_or("short Huffman table")?;
            let total: usize = counts.iter().map(|&count| usize::from(count)).sum();
            let symbols = rest
                .get(MAX_CODE_BITS..MAX_CODE_BITS + total)
                .ok_or("short Huffman table")?;
            if total > 256 {
                return Err("impossible Huffman table");
            }
            let table = Huffman::new(counts, symbols)?;
            if class == 0 {
                if symbols.iter().any(|&size| size > 15) {
                    return Err("impossible Huffman table");
                }
                self.dc[slot] = Some(table);
            } else {
                self.ac[slot] = Some(table);
            }
            payload = &rest[MAX_CODE_BITS + total..];
        }
        Ok(())
    }
}
