//! Writes an MP4 with H.264 whose pixels are exact: every macroblock is stored raw (I_PCM, ITU-T H.264 7.3.5).

/// One picture: luma of each macroblock, or of each point, row by row; chroma is gray where the clip has no colors.
pub(crate) struct Picture {
    pub(crate) is_key: bool,
    pub(crate) luma: Vec<u8>,
}

/// A clip of `across` × `down` macroblocks.
pub(crate) struct ClipWriter {
    pub(crate) across: u32,
    pub(crate) down: u32,
    /// Pictures cropped away at the bottom, in pairs of rows.
    pub(crate) crop_bottom: u32,
    pub(crate) pictures: Vec<Picture>,
    /// Of each picture both planes of chroma, row by row, at half the width and height; none is gray.
    pub(crate) colors: Vec<[Vec<u8>; 2]>,
    /// The first four numbers of the track's matrix, in whole numbers.
    pub(crate) matrix: [i32; 4],
    /// The sample description, such as `avc1`.
    pub(crate) codec: [u8; 4],
    pub(crate) references: u32,
    /// Whether the parameter sets stand before each key picture alone, as `avc3` allows.
    pub(crate) are_sets_inside: bool,
    /// A label in the metadata.
    pub(crate) label: Option<String>,
}

impl ClipWriter {
    pub(crate) fn new(across: u32, down: u32, pictures: Vec<Picture>) -> Self {
        Self {
            across,
            down,
            crop_bottom: 0,
            pictures,
            colors: Vec::new(),
            matrix: [1, 0, 0, 1],
            codec: *b"avc1",
            references: 1,
            are_sets_inside: false,
            label: None,
        }
    }

    /// Ten pictures a second.
    pub(crate) fn write(&self) -> Vec<u8> {
        let mut file = file_type();
        let start = file.len() + 8;
        let samples = self.samples();
        let sizes: Vec<u32> = samples
            .iter()
            .map(|sample| u32::try_from(sample.len()).expect("a small picture"))
            .collect();
        file.extend(full(b"mdat", &samples.concat()));
        let start = u32::try_from(start).expect("a small file");
        file.extend(self.movie(start, &sizes, &[]));
        file
    }

    /// The bytes of each picture, as they stand in the file.
    pub(crate) fn samples(&self) -> Vec<Vec<u8>> {
        let mut samples = Vec::new();
        let mut number = 0;
        for (index, picture) in self.pictures.iter().enumerate() {
            let mut units = Vec::new();
            if picture.is_key {
                number = 0;
                if self.are_sets_inside {
                    units.extend([self.sequence_parameters(), picture_parameters()]);
                }
            }
            units.push(self.slice(picture, self.colors.get(index), number));
            number = (number + 1) % 16;
            let mut sample = Vec::new();
            for unit in units {
                let length = u32::try_from(unit.len()).expect("a small unit");
                sample.extend(length.to_be_bytes());
                sample.extend(unit);
            }
            samples.push(sample);
        }
        samples
    }

    /// The index of pictures of these sizes that lie beside each other, and whatever else belongs into it.
    pub(crate) fn movie(&self, start: u32, sizes: &[u32], rest: &[u8]) -> Vec<u8> {
        let count = u32::try_from(sizes.len()).expect("few pictures");
        let mut matrix = Vec::new();
        for (index, number) in [0, 1, 3, 4].iter().zip(self.matrix) {
            matrix.resize(4 * index, 0);
            matrix.extend((number << 16).to_be_bytes());
        }
        matrix.resize(36, 0);
        let track_header = [
            numbers(&[7, 0, 0, 1, 0, count, 0, 0, 0, 0]),
            matrix,
            vec![0; 8],
        ]
        .concat();
        let media_header = numbers(&[0, 0, 0, 10, count, 0]);
        let handler = [numbers(&[0, 0]), b"vide".to_vec(), vec![0; 13]].concat();
        let record = if self.are_sets_inside {
            vec![1, 66, 0, 30, 0xFF, 0xE0, 0]
        } else {
            [
                vec![1, 66, 0, 30, 0xFF, 0xE1],
                length16(&self.sequence_parameters()),
                vec![1],
                length16(&picture_parameters()),
            ]
            .concat()
        };
        let entry = [vec![0; 78], full(b"avcC", &record)].concat();
        let keys: Vec<u32> = (1..)
            .zip(&self.pictures)
            .take(sizes.len())
            .filter(|(_, picture)| picture.is_key)
            .map(|(number, _)| number)
            .collect();
        let key_count = u32::try_from(keys.len()).expect("few pictures");
        let table = [
            full(
                b"stsd",
                &[numbers(&[0, 1]), full(&self.codec, &entry)].concat(),
            ),
            full(b"stts", &numbers(&[0, 1, count, 1])),
            full(
                b"stss",
                &[numbers(&[0, key_count]), numbers(&keys)].concat(),
            ),
            full(b"stsc", &numbers(&[0, 1, 1, count, 1])),
            full(b"stsz", &[numbers(&[0, 0, count]), numbers(sizes)].concat()),
            full(b"stco", &numbers(&[0, 1, start])),
        ]
        .concat();
        let media = [
            full(b"mdhd", &media_header),
            full(b"hdlr", &handler),
            full(b"minf", &full(b"stbl", &table)),
        ]
        .concat();
        let track = [full(b"tkhd", &track_header), full(b"mdia", &media)].concat();
        let label = self.label.as_ref().map_or_else(Vec::new, |label| {
            let key = [
                numbers(&[0, 1, u32::try_from(8 + 4).expect("small")]),
                b"mdtaAIGC".to_vec(),
            ]
            .concat();
            let data = full(
                b"data",
                &[numbers(&[1, 0]), label.as_bytes().to_vec()].concat(),
            );
            let list = full(b"ilst", &full(&[0, 0, 0, 1], &data));
            let handler = full(
                b"hdlr",
                &[numbers(&[0, 0]), b"mdta".to_vec(), vec![0; 13]].concat(),
            );
            full(
                b"udta",
                &full(
                    b"meta",
                    &[numbers(&[0]), handler, full(b"keys", &key), list].concat(),
                ),
            )
        });
        full(
            b"moov",
            &[full(b"trak", &track), rest.to_vec(), label].concat(),
        )
    }

    fn sequence_parameters(&self) -> Vec<u8> {
        let mut bits = Bits::default();
        bits.push(0x42_C0_1E, 24);
        // Set 0, picture numbers of 4 bits, pictures shown in the order they are coded.
        for number in [0, 0, 2, self.references] {
            bits.golomb(number);
        }
        bits.push(0, 1);
        bits.golomb(self.across - 1);
        bits.golomb(self.down - 1);
        bits.push(0b11, 2);
        bits.push(u32::from(self.crop_bottom > 0), 1);
        if self.crop_bottom > 0 {
            for number in [0, 0, 0, self.crop_bottom] {
                bits.golomb(number);
            }
        }
        bits.push(0, 1);
        unit(0x67, bits)
    }

    fn slice(&self, picture: &Picture, colors: Option<&[Vec<u8>; 2]>, number: u32) -> Vec<u8> {
        let mut bits = Bits::default();
        bits.golomb(0);
        bits.golomb(if picture.is_key { 7 } else { 5 });
        bits.golomb(0);
        bits.push(number, 4);
        if picture.is_key {
            bits.golomb(0);
            bits.push(0, 2);
        } else {
            // References as the sequence has them, in their order, and no marking.
            bits.push(0, 3);
        }
        bits.golomb(0);
        // No filter across edges.
        bits.golomb(1);
        // A clip may lie about its size, and then has flat blocks.
        let across = self.across as usize;
        let blocks = across.saturating_mul(self.down as usize);
        let is_flat = blocks.checked_mul(256) != Some(picture.luma.len());
        let blocks = if is_flat { picture.luma.len() } else { blocks };
        for block in 0..blocks {
            if picture.is_key {
                bits.golomb(25);
            } else {
                bits.golomb(0);
                bits.golomb(30);
            }
            bits.align();
            if is_flat {
                bits.bytes.extend([picture.luma[block]; 256]);
            } else {
                for row in 0..16 {
                    let start = ((block / across * 16 + row) * across + block % across) * 16;
                    bits.bytes.extend(&picture.luma[start..start + 16]);
                }
            }
            match colors {
                None => bits.bytes.extend([128; 128]),
                Some(planes) => {
                    for plane in planes {
                        for row in 0..8 {
                            let start = ((block / across * 8 + row) * across + block % across) * 8;
                            bits.bytes.extend(&plane[start..start + 8]);
                        }
                    }
                }
            }
        }
        unit(if picture.is_key { 0x65 } else { 0x61 }, bits)
    }
}

fn picture_parameters() -> Vec<u8> {
    let mut bits = Bits::default();
    bits.golomb(0);
    bits.golomb(0);
    bits.push(0, 2);
    for number in [0, 0, 0] {
        bits.golomb(number);
    }
    bits.push(0, 3);
    for _ in 0..3 {
        bits.golomb(0);
    }
    // The filter is controlled by slices.
    bits.push(0b100, 3);
    unit(0x68, bits)
}

pub(crate) fn numbers(values: &[u32]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|value| value.to_be_bytes())
        .collect()
}

fn length16(bytes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(bytes.len())
        .expect("a small set")
        .to_be_bytes();
    [length.as_slice(), bytes].concat()
}

/// The first box of a file.
pub(crate) fn file_type() -> Vec<u8> {
    full(
        b"ftyp",
        &[b"isom\0\0\0\x01".as_slice(), b"isomavc1"].concat(),
    )
}

pub(crate) fn full(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len() + 8)
        .expect("a small box")
        .to_be_bytes();
    [length.as_slice(), kind, content].concat()
}

/// A unit with its header, its end, and three bytes after two zeros where a start code could be read.
fn unit(header: u8, mut bits: Bits) -> Vec<u8> {
    bits.push(1, 1);
    bits.align();
    let mut unit = vec![header];
    let mut zeros = 0;
    for byte in bits.bytes {
        if zeros == 2 && byte <= 3 {
            unit.push(3);
            zeros = 0;
        }
        zeros = if byte == 0 { zeros + 1 } else { 0 };
        unit.push(byte);
    }
    unit
}

#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    pending: u8,
    count: u32,
}

impl Bits {
    fn push(&mut self, value: u32, count: u32) {
        for bit in (0..count).rev() {
            self.pending = self.pending << 1 | u8::from(value >> bit & 1 == 1);
            self.count += 1;
            if self.count == 8 {
                self.bytes.push(self.pending);
                self.pending = 0;
                self.count = 0;
            }
        }
    }

    fn golomb(&mut self, number: u32) {
        let length = (number + 1).ilog2();
        self.push(0, length);
        self.push(number + 1, length + 1);
    }

    fn align(&mut self) {
        while self.count != 0 {
            self.push(0, 1);
        }
    }
}
