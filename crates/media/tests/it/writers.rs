//! Small writers of files that no encoder at hand writes: TIFF of any layout, JPEG of any number of channels.

/// How a test writes a TIFF.
pub(crate) struct Tiff<'a> {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) bits: u16,
    pub(crate) samples: u16,
    /// 0 and 1 gray, 2 RGB, 3 palette, 5 CMYK, 6 YCbCr.
    pub(crate) photometric: u16,
    pub(crate) is_planar: bool,
    /// Deflated when true, plain otherwise.
    pub(crate) is_packed: bool,
    pub(crate) is_big_endian: bool,
    /// Further entries of one 16-bit value: tag and value.
    pub(crate) extra: &'a [(u16, u16)],
    /// Red, green, then blue values.
    pub(crate) color_map: &'a [u16],
    /// One after the other, each its own strip.
    pub(crate) strips: &'a [Vec<u8>],
    pub(crate) rows_per_strip: u32,
    pub(crate) pages: u16,
}

impl Default for Tiff<'_> {
    fn default() -> Self {
        Self {
            width: 4,
            height: 2,
            bits: 8,
            samples: 1,
            photometric: 1,
            is_planar: false,
            is_packed: false,
            is_big_endian: false,
            extra: &[],
            color_map: &[],
            strips: &[],
            rows_per_strip: 2,
            pages: 1,
        }
    }
}

impl Tiff<'_> {
    fn u16(&self, value: u16) -> [u8; 2] {
        if self.is_big_endian {
            value.to_be_bytes()
        } else {
            value.to_le_bytes()
        }
    }

    fn u32(&self, value: usize) -> [u8; 4] {
        let value = u32::try_from(value).expect("a small file");
        if self.is_big_endian {
            value.to_be_bytes()
        } else {
            value.to_le_bytes()
        }
    }

    pub(crate) fn write(&self) -> Vec<u8> {
        let mut file = if self.is_big_endian {
            b"MM\0*".to_vec()
        } else {
            b"II*\0".to_vec()
        };
        file.extend([0; 4]);
        let mut offsets = Vec::new();
        let mut lengths = Vec::new();
        for strip in self.strips {
            let packed = if self.is_packed {
                miniz_oxide::deflate::compress_to_vec_zlib(strip, 6)
            } else {
                strip.clone()
            };
            offsets.push(file.len());
            lengths.push(packed.len());
            file.extend(packed);
            if file.len() % 2 == 1 {
                file.push(0);
            }
        }
        let mut lists = Vec::new();
        for list in [&offsets, &lengths] {
            lists.push(file.len());
            for &value in list {
                file.extend(self.u32(value));
            }
        }
        let bits_at = file.len();
        for _ in 0..self.samples {
            file.extend(self.u16(self.bits));
        }
        let colors_at = file.len();
        for &value in self.color_map {
            file.extend(self.u16(value));
        }
        let mut entries: Vec<(u16, u16, usize, [u8; 4])> = Vec::new();
        let short = |value: u16| {
            let [a, b] = self.u16(value);
            [a, b, 0, 0]
        };
        entries.push((256, 4, 1, self.u32(self.width as usize)));
        entries.push((257, 4, 1, self.u32(self.height as usize)));
        if self.samples <= 2 {
            let both = [self.u16(self.bits), self.u16(self.bits)].concat();
            let inline = both.try_into().expect("four bytes");
            entries.push((258, 3, usize::from(self.samples), inline));
        } else {
            entries.push((258, 3, usize::from(self.samples), self.u32(bits_at)));
        }
        entries.push((259, 3, 1, short(if self.is_packed { 8 } else { 1 })));
        entries.push((262, 3, 1, short(self.photometric)));
        let listed = |index: usize, list: &[usize]| {
            if list.len() == 1 {
                self.u32(list[0])
            } else {
                self.u32(lists[index])
            }
        };
        entries.push((273, 4, offsets.len(), listed(0, &offsets)));
        entries.push((277, 3, 1, short(self.samples)));
        entries.push((278, 4, 1, self.u32(self.rows_per_strip as usize)));
        entries.push((279, 4, lengths.len(), listed(1, &lengths)));
        entries.push((284, 3, 1, short(if self.is_planar { 2 } else { 1 })));
        if !self.color_map.is_empty() {
            entries.push((320, 3, self.color_map.len(), self.u32(colors_at)));
        }
        for &(tag, value) in self.extra {
            entries.push((tag, 3, 1, short(value)));
        }
        entries.sort_by_key(|entry| entry.0);
        let mut previous = 4;
        for _ in 0..self.pages {
            let at = self.u32(file.len());
            file[previous..previous + 4].copy_from_slice(&at);
            file.extend(self.u16(u16::try_from(entries.len()).expect("few entries")));
            for (tag, kind, count, value) in &entries {
                file.extend(self.u16(*tag));
                file.extend(self.u16(*kind));
                file.extend(self.u32(*count));
                file.extend(value);
            }
            previous = file.len();
            file.extend([0; 4]);
        }
        file
    }
}

/// How the channels of a test JPEG are declared.
#[derive(Clone, Copy)]
pub(crate) struct JpegKind {
    /// The transform of Adobe's segment, if there is one: 0 RGB or CMYK, 1 YCbCr, 2 YCCK.
    pub(crate) adobe: Option<u8>,
    pub(crate) is_progressive: bool,
}

/// A JPEG whose blocks of 8 × 8 pixels are flat: `blocks` holds the sample values of one block after the other, row by
/// row, all channels of a block together. Nothing is lost, as the quantization is by 8 and a flat block has one
/// coefficient of eight times its value.
pub(crate) fn flat_jpeg(
    across: u16,
    down: u16,
    channels: u8,
    blocks: &[u8],
    kind: JpegKind,
) -> Vec<u8> {
    let count = usize::from(channels);
    assert_eq!(
        blocks.len(),
        usize::from(across) * usize::from(down) * count
    );
    let mut file = vec![0xFF, 0xD8];
    let mut segment = |marker: u8, body: &[u8]| {
        file.extend([0xFF, marker]);
        let length = u16::try_from(body.len() + 2).expect("a small segment");
        file.extend(length.to_be_bytes());
        file.extend(body);
    };
    if let Some(transform) = kind.adobe {
        segment(
            0xEE,
            &[b"Adobe\0d\0\0\0\0".as_slice(), &[transform]].concat(),
        );
    }
    segment(0xDB, &[[0].as_slice(), &[8; 64]].concat());
    let mut frame = vec![8];
    frame.extend((down * 8).to_be_bytes());
    frame.extend((across * 8).to_be_bytes());
    frame.push(channels);
    for channel in 1..=channels {
        frame.extend([channel, 0x11, 0]);
    }
    segment(if kind.is_progressive { 0xC2 } else { 0xC0 }, &frame);
    // Differences of 0 to 11 bits, each with a code of four bits; for the rest of a block only "end of block".
    let lengths = [0, 0, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    segment(
        0xC4,
        &[
            [0x00].as_slice(),
            &lengths,
            &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
        ]
        .concat(),
    );
    let lengths = [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    segment(0xC4, &[[0x10].as_slice(), &lengths, &[0]].concat());
    let mut scan = vec![channels];
    for channel in 1..=channels {
        scan.extend([channel, 0x00]);
    }
    scan.extend([0, if kind.is_progressive { 0 } else { 63 }, 0]);
    segment(0xDA, &scan);
    let mut bits = Bits::default();
    let mut last = vec![0_i32; count];
    for block in blocks.chunks_exact(count) {
        for (last, &value) in last.iter_mut().zip(block) {
            let level = i32::from(value) - 128;
            let difference = level - *last;
            *last = level;
            let size = 32 - difference.unsigned_abs().leading_zeros();
            bits.push(size, 4);
            let value = if difference < 0 {
                difference + (1 << size) - 1
            } else {
                difference
            };
            bits.push(value.unsigned_abs(), size);
            if !kind.is_progressive {
                bits.push(0, 1);
            }
        }
    }
    file.extend(bits.finish());
    file.extend([0xFF, 0xD9]);
    file
}

#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    pending: u32,
    count: u32,
}

impl Bits {
    fn push(&mut self, value: u32, count: u32) {
        for bit in (0..count).rev() {
            self.pending = self.pending << 1 | (value >> bit & 1);
            self.count += 1;
            if self.count == 8 {
                let byte = self.pending.to_be_bytes()[3];
                self.bytes.push(byte);
                if byte == 0xFF {
                    self.bytes.push(0);
                }
                self.pending = 0;
                self.count = 0;
            }
        }
    }

    fn finish(mut self) -> Vec<u8> {
        while self.count != 0 {
            self.push(1, 1);
        }
        self.bytes
    }
}
