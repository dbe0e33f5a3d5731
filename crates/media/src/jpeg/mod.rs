//! Reads the quantized coefficients of a JPEG (ITU-T T.81), which pixels no longer show: what a file was before it
//! was saved again is written there.
//!
//! Sequential and progressive Huffman files of 8 bits, any sampling, restart intervals, any number of scans up to a
//! limit. Everything else is refused by name. A damaged or short file is refused as a whole: half a picture would
//! be compared with a whole one.

mod bits;
mod frame;
mod idct;
mod scaled;
mod scan;
mod tables;

use crate::error::MediaError;
use crate::format::Format;
use crate::jpeg::bits::Entropy;
use crate::jpeg::frame::{Frame, Store};
use crate::jpeg::scan::ScanHeader;
use crate::jpeg::tables::HuffmanTables;
use crate::limits::{MAX_JPEG_BLOCK_VISITS, MAX_JPEG_COMPONENTS, MAX_JPEG_KEPT_BLOCKS};
use crate::walk::jpeg as walker;

pub use scaled::{Scale, Scaled, scaled_luma, scaled_rgb};
pub use tables::ZIGZAG;

/// Define quantization tables.
const DQT: u8 = 0xDB;
/// Define Huffman tables.
const DHT: u8 = 0xC4;
/// Define restart interval.
const DRI: u8 = 0xDD;
/// Application segment 14: Adobe's color transform.
const APP14: u8 = 0xEE;

/// Which components' coefficients are kept. A component that is not kept costs no memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// The first one: luma, or gray.
    Luma,
    All,
}

/// One component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Component {
    /// Sampling factors, 1 to 4.
    pub horizontal: u8,
    pub vertical: u8,
    /// Quantization steps in natural (row-major) order: index `8 * v + u` for `u` cycles across and `v` down.
    pub quantization: [u16; 64],
    /// Blocks a row and rows of blocks that carry picture; the last ones may reach beyond its edge.
    pub columns: usize,
    pub rows: usize,
    /// Blocks a stored row, which fill whole units.
    stored_columns: usize,
    /// Quantized coefficients, 64 a block in natural order; empty when not kept.
    coefficients: Vec<i16>,
}

impl Component {
    /// The quantized coefficients of the block in `column` and `row` in natural order; `None` outside the picture and
    /// when the component was not kept.
    #[must_use]
    pub fn block(&self, column: usize, row: usize) -> Option<&[i16; 64]> {
        if column >= self.columns || row >= self.rows {
            return None;
        }
        let from = (row * self.stored_columns + column) * 64;
        self.coefficients.get(from..)?.first_chunk::<64>()
    }

    /// Whether the coefficients were kept.
    #[must_use]
    pub fn is_kept(&self) -> bool {
        !self.coefficients.is_empty()
    }

    /// The samples of the component, `columns * 8` wide and `rows * 8` high, row-major, 0 to 255 with fractions and not
    /// clamped; empty when not kept.
    #[must_use]
    pub fn samples(&self) -> Vec<f32> {
        self.samples_as(0.0, |sample| sample)
    }

    /// The samples as a decoder gives them out: rounded, 0 to 255.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        self.samples_as(0, idct::to_byte)
    }

    fn samples_as<T: Copy>(&self, empty: T, convert: impl Fn(f32) -> T) -> Vec<T> {
        if !self.is_kept() {
            return Vec::new();
        }
        let width = self.columns * 8;
        let mut samples = vec![empty; width * self.rows * 8];
        for row in 0..self.rows {
            for column in 0..self.columns {
                let Some(block) = self.block(column, row) else {
                    continue;
                };
                let pixels = idct::full(block, &self.quantization);
                for (y, line) in pixels.chunks_exact(8).enumerate() {
                    let from = (row * 8 + y) * width + column * 8;
                    for (slot, &sample) in samples[from..from + 8].iter_mut().zip(line) {
                        *slot = convert(sample);
                    }
                }
            }
        }
        samples
    }
}

/// The quantized picture, as stored (EXIF orientation is not applied).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coefficients {
    /// Stored width and height in pixels.
    pub width: u32,
    pub height: u32,
    pub progressive: bool,
    pub scans: usize,
    /// Units between restart markers; 0 without.
    pub restart_interval: u16,
    /// The color transform of Adobe's segment: 0 none, 1 YCbCr, 2 YCCK.
    pub adobe_transform: Option<u8>,
    pub components: Vec<Component>,
    /// Whether the scans reached the last bit of every coefficient. A progressive file that was cut between two scans
    /// and closed again is a sound file of a coarser picture.
    pub is_complete: bool,
    frame: Frame,
}

/// Keeps whole components.
struct Kept {
    components: Vec<KeptComponent>,
    scratch: [i16; 64],
}

struct KeptComponent {
    stored_columns: usize,
    /// 0 when the component is not kept.
    stored_rows: usize,
    coefficients: Vec<i16>,
}

impl Kept {
    fn new(mut components: Vec<KeptComponent>) -> Result<Self, &'static str> {
        let blocks = |component: &KeptComponent| component.stored_columns * component.stored_rows;
        if components.iter().map(blocks).sum::<usize>() > MAX_JPEG_KEPT_BLOCKS {
            return Err("more blocks than are kept");
        }
        for component in &mut components {
            component.coefficients = vec![0; blocks(component) * 64];
        }
        Ok(Self {
            components,
            scratch: [0; 64],
        })
    }
}

impl Store for Kept {
    fn wants(&self, index: usize) -> bool {
        self.components[index].stored_rows > 0
    }

    fn begin(&mut self, _index: usize, _quantization: &[u16; 64]) {}

    #[inline]
    fn block(&mut self, index: usize, (column, row): (usize, usize)) -> &mut [i16; 64] {
        let component = &mut self.components[index];
        let from = (row * component.stored_columns + column) * 64;
        component
            .coefficients
            .get_mut(from..)
            .and_then(|blocks| blocks.first_chunk_mut::<64>())
            .unwrap_or(&mut self.scratch)
    }

    #[inline]
    fn finish(&mut self, _index: usize, _place: (usize, usize)) {}
}

/// Reads the coefficients of a JPEG.
///
/// # Errors
/// [`MediaError::Truncated`], [`MediaError::Malformed`] or [`MediaError::TooManyParts`] for damaged files,
/// [`MediaError::NotDecoded`] for the kinds of JPEG that are not read.
pub fn coefficients(bytes: &[u8], keep: Keep) -> Result<Coefficients, MediaError> {
    let read = read(bytes, |frame| {
        let components = frame
            .components
            .iter()
            .enumerate()
            .map(|(index, component)| KeptComponent {
                stored_columns: component.stored_columns,
                stored_rows: if keep == Keep::All || index == 0 {
                    component.stored_rows
                } else {
                    0
                },
                coefficients: Vec::new(),
            })
            .collect();
        Kept::new(components)
    })?;
    let Read {
        frame,
        store,
        quantization,
        scans,
        restart_interval,
        adobe_transform,
        is_complete,
    } = read;
    let components = frame
        .components
        .iter()
        .zip(store.components)
        .zip(quantization)
        .map(|((component, kept), quantization)| Component {
            horizontal: u8::try_from(component.horizontal).unwrap_or(1),
            vertical: u8::try_from(component.vertical).unwrap_or(1),
            quantization,
            columns: component.columns,
            rows: component.rows,
            stored_columns: kept.stored_columns,
            coefficients: kept.coefficients,
        })
        .collect();
    Ok(Coefficients {
        width: u32::try_from(frame.width).unwrap_or(0),
        height: u32::try_from(frame.height).unwrap_or(0),
        progressive: frame.progressive,
        scans,
        restart_interval,
        adobe_transform,
        components,
        is_complete,
        frame,
    })
}

/// What all readers of a JPEG share.
struct Read<S> {
    frame: Frame,
    store: S,
    /// One table a component, as it was when the component's first scan began.
    quantization: Vec<[u16; 64]>,
    scans: usize,
    restart_interval: u16,
    adobe_transform: Option<u8>,
    is_complete: bool,
}

/// A frame, where its blocks go, and the steps of the components whose scans have begun.
type Opened<S> = (Frame, S, Vec<Option<[u16; 64]>>);

/// Decodes all scans into the store that `open` makes for the frame.
fn read<S: Store>(
    bytes: &[u8],
    open: impl FnOnce(&Frame) -> Result<S, &'static str>,
) -> Result<Read<S>, MediaError> {
    let map = walker::walk(bytes)?;
    let malformed = |at: usize, what: &'static str| MediaError::Malformed {
        format: Format::Jpeg,
        at,
        what,
    };
    let mut tables = HuffmanTables::default();
    let mut quantization_tables = [None; 4];
    let mut restart_interval = 0;
    let mut adobe_transform = None;
    let mut open = Some(open);
    let mut opened: Option<Opened<S>> = None;
    // By component and coefficient of the zigzag order: the lowest bit that a scan reached.
    let mut reached = [[u32::MAX; 64]; MAX_JPEG_COMPONENTS];
    let mut entropy = Entropy::default();
    let mut visits = 0;
    for (segment, next) in map.segments.iter().zip(map.segments.iter().skip(1)) {
        let payload = bytes.get(segment.payload.clone()).unwrap_or(&[]);
        let here = |what: &'static str| malformed(segment.offset, what);
        match segment.marker {
            DQT => {
                tables::read_quantization(payload, &mut quantization_tables).map_err(here)?;
            }
            DHT => tables.read(payload).map_err(here)?,
            DRI => {
                restart_interval = crate::walk::u16_be(payload, 0)
                    .ok_or_else(|| here("short restart interval"))?;
            }
            APP14 if payload.starts_with(b"Adobe") => {
                adobe_transform = payload.get(11).copied();
            }
            0xC0..=0xCF if !matches!(segment.marker, 0xC8 | 0xCC) => {
                let refused = |what: &'static str| MediaError::NotDecoded {
                    format: Format::Jpeg,
                    what: what.to_owned(),
                };
                let frame = Frame::read(segment.marker, payload).map_err(refused)?;
                // The walker has refused a second frame header.
                if let Some(open) = open.take() {
                    let store = open(&frame).map_err(refused)?;
                    let latched = vec![None; frame.components.len()];
                    opened = Some((frame, store, latched));
                }
            }
            walker::SOS => {
                let (frame, store, latched) = opened
                    .as_mut()
                    .ok_or_else(|| here("picture data before the frame header"))?;
                let header = ScanHeader::read(payload, frame).map_err(here)?;
                for &(index, ..) in &header.components {
                    if latched[index].is_some() {
                        if !frame.progressive {
                            return Err(here("component coded twice"));
                        }
                        continue;
                    }
                    if !header.has_dc() {
                        return Err(here("fine detail before the brightness"));
                    }
                    let table = quantization_tables[frame.components[index].table]
                        .ok_or_else(|| here("missing quantization table"))?;
                    latched[index] = Some(table);
                    store.begin(index, &table);
                }
                for &(index, ..) in &header.components {
                    header.mark(&mut reached[index]);
                }
                visits += header.visits(frame);
                if visits > MAX_JPEG_BLOCK_VISITS {
                    return Err(MediaError::TooManyParts {
                        format: Format::Jpeg,
                        what: "blocks in all scans",
                        max: MAX_JPEG_BLOCK_VISITS,
                    });
                }
                if !header
                    .components
                    .iter()
                    .any(|&(index, ..)| store.wants(index))
                {
                    continue;
                }
                let data = bytes.get(segment.payload.end..next.offset).unwrap_or(&[]);
                scan::decode(
                    &header,
                    frame,
                    &tables,
                    usize::from(restart_interval),
                    data,
                    &mut entropy,
                    store,
                )
                .map_err(here)?;
            }
            _ => {}
        }
    }
    let (frame, store, latched) = opened.ok_or_else(|| malformed(map.end, "no frame header"))?;
    let quantization = latched
        .into_iter()
        .collect::<Option<Vec<_>>>()
        .ok_or_else(|| malformed(map.end, "a component without picture data"))?;
    let is_complete = reached
        .iter()
        .take(frame.components.len())
        .flatten()
        .all(|&low| low == 0);
    Ok(Read {
        frame,
        store,
        quantization,
        scans: map.scans,
        restart_interval,
        adobe_transform,
        is_complete,
    })
}
