//! Writes JPEG files from coefficients, in the kinds that no encoder of the tests' dependencies writes: progressive
//! with successive approximation and runs of finished blocks, restart intervals, any sampling.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "numbers of small test pictures"
)]

use aftercare_media::jpeg::ZIGZAG;

pub(crate) struct Plane {
    pub(crate) horizontal: usize,
    pub(crate) vertical: usize,
    /// Blocks that fill whole units.
    pub(crate) columns: usize,
    pub(crate) rows: usize,
    /// Blocks that carry picture.
    pub(crate) own_columns: usize,
    pub(crate) own_rows: usize,
    pub(crate) blocks: Vec<[i16; 64]>,
}

pub(crate) struct Picture {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) step: u8,
    pub(crate) planes: Vec<Plane>,
    pub(crate) restart_interval: usize,
}

impl Picture {
    /// A smooth picture with detail; `sampling` has the factors of each component.
    pub(crate) fn new(width: usize, height: usize, step: u8, sampling: &[(usize, usize)]) -> Self {
        let max_h = sampling.iter().map(|s| s.0).max().expect("a component");
        let max_v = sampling.iter().map(|s| s.1).max().expect("a component");
        let planes = sampling
            .iter()
            .enumerate()
            .map(|(index, &(horizontal, vertical))| {
                let columns = width.div_ceil(8 * max_h) * horizontal;
                let rows = height.div_ceil(8 * max_v) * vertical;
                let sample = |x: usize, y: usize| {
                    let x = (x * max_h / horizontal) as f32;
                    let y = (y * max_v / vertical) as f32;
                    let wave = (x * 0.21 + index as f32).sin() * (y * 0.17).cos();
                    let grain = ((x as u32).wrapping_mul(2_654_435_761)
                        ^ (y as u32).wrapping_mul(2_246_822_519))
                        >> 27;
                    let flat = if index == 0 { 60.0 } else { 20.0 };
                    128.0
                        + flat * wave
                        + if x > 20.0 {
                            grain as f32 / 2.0 - 8.0
                        } else {
                            0.0
                        }
                };
                let mut blocks = Vec::new();
                for row in 0..rows {
                    for column in 0..columns {
                        let mut block = [0.0; 64];
                        for (place, value) in block.iter_mut().enumerate() {
                            *value = sample(column * 8 + place % 8, row * 8 + place / 8) - 128.0;
                        }
                        blocks.push(quantize(&block, f32::from(step)));
                    }
                }
                Plane {
                    horizontal,
                    vertical,
                    columns,
                    rows,
                    own_columns: (width * horizontal).div_ceil(max_h).div_ceil(8),
                    own_rows: (height * vertical).div_ceil(max_v).div_ceil(8),
                    blocks,
                }
            })
            .collect();
        Self {
            width,
            height,
            step,
            planes,
            restart_interval: 0,
        }
    }

    pub(crate) fn sequential(&self) -> Vec<u8> {
        let mut file = self.head(0xC0);
        let all: Vec<usize> = (0..self.planes.len()).collect();
        self.scan(&mut file, &all, (0, 63, 0, 0), false);
        file.extend([0xFF, 0xD9]);
        file
    }

    /// One scan a component.
    pub(crate) fn sequential_in_parts(&self) -> Vec<u8> {
        let mut file = self.head(0xC1);
        for index in 0..self.planes.len() {
            self.scan(&mut file, &[index], (0, 63, 0, 0), false);
        }
        file.extend([0xFF, 0xD9]);
        file
    }

    pub(crate) fn progressive(&self) -> Vec<u8> {
        let mut file = self.head(0xC2);
        let all: Vec<usize> = (0..self.planes.len()).collect();
        self.scan(&mut file, &all, (0, 0, 0, 1), true);
        for &index in &all {
            self.scan(&mut file, &[index], (1, 5, 0, 2), true);
            self.scan(&mut file, &[index], (6, 63, 0, 2), true);
            self.scan(&mut file, &[index], (1, 63, 2, 1), true);
        }
        self.scan(&mut file, &all, (0, 0, 1, 0), true);
        for &index in &all {
            self.scan(&mut file, &[index], (1, 63, 1, 0), true);
        }
        file.extend([0xFF, 0xD9]);
        file
    }

    fn head(&self, frame_marker: u8) -> Vec<u8> {
        let mut file = vec![0xFF, 0xD8, 0xFF, 0xDB, 0, 67, 0];
        file.extend([self.step; 64]);
        // Fifteen DC codes of four bits; 254 AC codes of eight bits and two of nine: every symbol has a code.
        file.extend([0xFF, 0xC4, 0, 2 + 17 + 15, 0x00]);
        file.extend([0, 0, 0, 15, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        file.extend(0..15);
        file.extend([0xFF, 0xC4, 1, 2 + 17, 0x10]);
        file.extend([0, 0, 0, 0, 0, 0, 0, 254, 2, 0, 0, 0, 0, 0, 0, 0]);
        file.extend(0..=255);
        if self.restart_interval > 0 {
            file.extend([0xFF, 0xDD, 0, 4]);
            file.extend((self.restart_interval as u16).to_be_bytes());
        }
        let count = self.planes.len() as u8;
        file.extend([0xFF, frame_marker, 0, 8 + 3 * count, 8]);
        file.extend((self.height as u16).to_be_bytes());
        file.extend((self.width as u16).to_be_bytes());
        file.push(count);
        for (id, plane) in (1..).zip(&self.planes) {
            file.extend([id, (plane.horizontal << 4 | plane.vertical) as u8, 0]);
        }
        file
    }

    fn scan(
        &self,
        file: &mut Vec<u8>,
        indices: &[usize],
        (first, last, high, low): (u8, u8, u8, u8),
        progressive: bool,
    ) {
        let count = indices.len() as u8;
        file.extend([0xFF, 0xDA, 0, 6 + 2 * count, count]);
        for &index in indices {
            file.extend([index as u8 + 1, 0]);
        }
        file.extend([first, last, high << 4 | low]);
        let mut writer = Writer::new(file, (first, last), (high, low), progressive);
        let alone = indices.len() == 1;
        let one = &self.planes[indices[0]];
        let (columns, rows) = if alone {
            (one.own_columns, one.own_rows)
        } else {
            (one.columns / one.horizontal, one.rows / one.vertical)
        };
        for unit in 0..columns * rows {
            if self.restart_interval > 0 && unit > 0 && unit % self.restart_interval == 0 {
                writer.restart(unit / self.restart_interval - 1);
            }
            for &index in indices {
                let plane = &self.planes[index];
                let (across, down) = if alone {
                    (1, 1)
                } else {
                    (plane.horizontal, plane.vertical)
                };
                for y in 0..down {
                    for x in 0..across {
                        let column = unit % columns * across + x;
                        let row = unit / columns * down + y;
                        writer.block(index, &plane.blocks[row * plane.columns + column]);
                    }
                }
            }
        }
        writer.end();
    }
}

fn quantize(block: &[f32; 64], step: f32) -> [i16; 64] {
    let mut coefficients = [0; 64];
    for (place, slot) in coefficients.iter_mut().enumerate() {
        let (u, v) = ((place % 8) as f32, (place / 8) as f32);
        let mut sum = 0.0;
        for (at, value) in block.iter().enumerate() {
            let (x, y) = ((at % 8) as f32, (at / 8) as f32);
            let angle = std::f32::consts::PI / 16.0;
            sum +=
                value * ((2.0 * x + 1.0) * u * angle).cos() * ((2.0 * y + 1.0) * v * angle).cos();
        }
        let norm = |k: f32| if k == 0.0 { 0.5_f32.sqrt() } else { 1.0 };
        *slot = (sum / 4.0 * norm(u) * norm(v) / step).round() as i16;
    }
    coefficients
}

struct Writer<'a> {
    file: &'a mut Vec<u8>,
    bits: u64,
    held: u32,
    first: usize,
    last: usize,
    refines: bool,
    low: u32,
    progressive: bool,
    predictions: [i32; 4],
    finished: u32,
    corrections: Vec<bool>,
}

impl<'a> Writer<'a> {
    fn new(
        file: &'a mut Vec<u8>,
        (first, last): (u8, u8),
        (high, low): (u8, u8),
        progressive: bool,
    ) -> Self {
        Self {
            file,
            bits: 0,
            held: 0,
            first: usize::from(first),
            last: usize::from(last),
            refines: high > 0,
            low: u32::from(low),
            progressive,
            predictions: [0; 4],
            finished: 0,
            corrections: Vec::new(),
        }
    }

    fn put(&mut self, value: u32, count: u32) {
        self.bits = self.bits << count | u64::from(value & ((1 << count) - 1));
        self.held += count;
        while self.held >= 8 {
            let byte = (self.bits >> (self.held - 8)) as u8;
            self.file.push(byte);
            if byte == 0xFF {
                self.file.push(0);
            }
            self.held -= 8;
        }
    }

    fn ac_symbol(&mut self, symbol: u8) {
        if symbol < 254 {
            self.put(u32::from(symbol), 8);
        } else {
            self.put(254 * 2 + u32::from(symbol) - 254, 9);
        }
    }

    fn value(&mut self, value: i32, size: u32) {
        let raw = if value < 0 {
            value + (1 << size) - 1
        } else {
            value
        };
        if size > 0 {
            self.put(raw as u32, size);
        }
    }

    fn flush_run(&mut self) {
        if self.finished > 0 {
            let size = self.finished.ilog2();
            self.ac_symbol((size as u8) << 4);
            if size > 0 {
                self.put(self.finished, size);
            }
            self.finished = 0;
        }
        for bit in std::mem::take(&mut self.corrections) {
            self.put(u32::from(bit), 1);
        }
    }

    fn align(&mut self) {
        self.flush_run();
        if self.held > 0 {
            let fill = 8 - self.held;
            self.put((1 << fill) - 1, fill);
        }
    }

    fn restart(&mut self, number: usize) {
        self.align();
        self.file.extend([0xFF, 0xD0 + (number % 8) as u8]);
        self.predictions = [0; 4];
    }

    fn end(mut self) {
        self.align();
    }

    fn block(&mut self, index: usize, block: &[i16; 64]) {
        if self.first == 0 {
            let dc = i32::from(block[0]);
            if self.refines {
                self.put((dc >> self.low) as u32, 1);
            } else {
                let dc = dc >> self.low;
                let difference = dc - self.predictions[index];
                self.predictions[index] = dc;
                let size = 32 - difference.unsigned_abs().leading_zeros();
                self.put(size, 4);
                self.value(difference, size);
            }
        }
        if self.refines && self.first > 0 {
            self.refine(block);
        } else if self.last > 0 {
            self.first_pass(block);
        }
    }

    fn first_pass(&mut self, block: &[i16; 64]) {
        let mut zeros = 0;
        for &place in &ZIGZAG[self.first.max(1)..=self.last] {
            // Toward zero, as the standard has it for AC coefficients.
            let value = i32::from(block[usize::from(place)]) / (1 << self.low);
            if value == 0 {
                zeros += 1;
                continue;
            }
            self.flush_run();
            while zeros > 15 {
                self.ac_symbol(0xF0);
                zeros -= 16;
            }
            let size = 32 - value.unsigned_abs().leading_zeros();
            self.ac_symbol(zeros << 4 | size as u8);
            self.value(value, size);
            zeros = 0;
        }
        if zeros > 0 {
            self.finished += 1;
            if !self.progressive || self.finished == 0x7FFF {
                self.flush_run();
            }
        }
    }

    fn refine(&mut self, block: &[i16; 64]) {
        let magnitudes: Vec<(u16, bool)> = ZIGZAG[self.first..=self.last]
            .iter()
            .map(|&place| {
                let value = block[usize::from(place)];
                (value.unsigned_abs() >> self.low, value > 0)
            })
            .collect();
        let last_new = magnitudes
            .iter()
            .rposition(|&(magnitude, _)| magnitude == 1);
        let mut zeros = 0;
        let mut waiting = Vec::new();
        for (index, &(magnitude, positive)) in magnitudes.iter().enumerate() {
            if magnitude == 0 {
                zeros += 1;
                continue;
            }
            while zeros > 15 && last_new.is_some_and(|last| index <= last) {
                self.flush_run();
                self.ac_symbol(0xF0);
                zeros -= 16;
                for bit in waiting.drain(..) {
                    self.put(u32::from(bit), 1);
                }
            }
            if magnitude > 1 {
                waiting.push(magnitude & 1 == 1);
                continue;
            }
            self.flush_run();
            self.ac_symbol(zeros << 4 | 1);
            self.put(u32::from(positive), 1);
            for bit in waiting.drain(..) {
                self.put(u32::from(bit), 1);
            }
            zeros = 0;
        }
        if zeros > 0 || !waiting.is_empty() {
            self.finished += 1;
            self.corrections.append(&mut waiting);
            if self.finished == 0x7FFF {
                self.flush_run();
            }
        }
    }
}
