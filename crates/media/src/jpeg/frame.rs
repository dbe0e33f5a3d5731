//! The frame header and where decoded blocks go.

use crate::limits::{MAX_JPEG_BLOCKS, MAX_JPEG_COMPONENTS};

/// Samples along the side of a block.
pub(super) const SIDE: usize = 8;

/// One component as the frame header has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FrameComponent {
    pub(super) id: u8,
    /// Blocks of this component along each side of a unit.
    pub(super) horizontal: usize,
    pub(super) vertical: usize,
    pub(super) table: usize,
    /// Blocks that carry picture.
    pub(super) columns: usize,
    pub(super) rows: usize,
    /// Blocks with those that fill up units.
    pub(super) stored_columns: usize,
    pub(super) stored_rows: usize,
}

impl FrameComponent {
    pub(super) const fn blocks_in_unit(&self) -> usize {
        self.horizontal * self.vertical
    }
}

/// The frame header (ITU-T T.81 B.2.2) with the sizes that follow from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) progressive: bool,
    pub(super) components: Vec<FrameComponent>,
    pub(super) unit_columns: usize,
    pub(super) unit_rows: usize,
    pub(super) max_horizontal: usize,
    pub(super) max_vertical: usize,
}

impl Frame {
    /// Reads the payload of a frame header with this marker.
    ///
    /// # Errors
    /// What is wrong with it, or which kind of JPEG is not read.
    pub(super) fn read(marker: u8, payload: &[u8]) -> Result<Self, &'static str> {
        let progressive = match marker {
            0xC0 | 0xC1 => false,
            0xC2 => true,
            0xC3 | 0xC7 | 0xCB | 0xCF => return Err("lossless JPEG"),
            0xC9 | 0xCA | 0xCD | 0xCE => return Err("JPEG with arithmetic coding"),
            _ => return Err("hierarchical JPEG"),
        };
        let short = "short frame header";
        let &[precision, h1, h0, w1, w0, count] = payload.first_chunk::<6>().ok_or(short)?;
        if precision != 8 {
            return Err("JPEG with other than 8 bits a sample");
        }
        let (width, height) = (
            usize::from(u16::from_be_bytes([w1, w0])),
            usize::from(u16::from_be_bytes([h1, h0])),
        );
        if width == 0 || height == 0 {
            return Err("picture without a size");
        }
        let count = usize::from(count);
        if count == 0 || count > MAX_JPEG_COMPONENTS {
            return Err("impossible number of components");
        }
        let specs = payload.get(6..6 + 3 * count).ok_or(short)?;
        let sampling = |spec: &[u8]| (usize::from(spec[1] >> 4), usize::from(spec[1] & 15));
        let (mut max_horizontal, mut max_vertical) = (1, 1);
        for spec in specs.chunks_exact(3) {
            let (horizontal, vertical) = sampling(spec);
            if !(1..=4).contains(&horizontal) || !(1..=4).contains(&vertical) || spec[2] > 3 {
                return Err("impossible sampling");
            }
            max_horizontal = max_horizontal.max(horizontal);
            max_vertical = max_vertical.max(vertical);
        }
        let unit_columns = width.div_ceil(SIDE * max_horizontal);
        let unit_rows = height.div_ceil(SIDE * max_vertical);
        let mut components: Vec<FrameComponent> = Vec::with_capacity(count);
        for spec in specs.chunks_exact(3) {
            if components.iter().any(|other| other.id == spec[0]) {
                return Err("component twice in the frame header");
            }
            let (horizontal, vertical) = sampling(spec);
            let component = FrameComponent {
                id: spec[0],
                horizontal,
                vertical,
                table: usize::from(spec[2]),
                columns: (width * horizontal).div_ceil(max_horizontal).div_ceil(SIDE),
                rows: (height * vertical).div_ceil(max_vertical).div_ceil(SIDE),
                stored_columns: unit_columns * horizontal,
                stored_rows: unit_rows * vertical,
            };
            if component.stored_columns * component.stored_rows > MAX_JPEG_BLOCKS {
                return Err("more blocks than are read");
            }
            components.push(component);
        }
        Ok(Self {
            width,
            height,
            progressive,
            components,
            unit_columns,
            unit_rows,
            max_horizontal,
            max_vertical,
        })
    }
}

/// Where the blocks of a scan go. Blocks come in any order, and those of a progressive picture more than once.
pub(super) trait Store {
    /// Whether the blocks of component `index` are looked at; scans of other components are passed over.
    fn wants(&self, index: usize) -> bool;

    /// The first scan of component `index` begins; its steps are in natural order.
    fn begin(&mut self, index: usize, quantization: &[u16; 64]);

    /// The block at `place` (column, row) of component `index`: as the passes before left it, or zeros.
    fn block(&mut self, index: usize, place: (usize, usize)) -> &mut [i16; 64];

    /// This pass has finished the block that [`Store::block`] gave last.
    fn finish(&mut self, index: usize, place: (usize, usize));
}
