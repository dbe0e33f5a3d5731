//! Every limit on untrusted media, in one place, so that a reader can see what a hostile file may cost.

use serde::{Deserialize, Serialize};

/// Bytes of one photo: 20 MiB, twice what current phones write for a full-size JPEG.
pub const MAX_PHOTO_BYTES: usize = 20 * 1024 * 1024;
/// Pixels of one photo (width × height, read from the header before decoding): 50 million.
pub const MAX_PHOTO_PIXELS: u64 = 50_000_000;
/// Longest side of one photo in pixels.
pub const MAX_PHOTO_SIDE: u32 = 16_384;
/// Bytes that decoding one photo may take beyond the file: the pixels as the decoder writes them and what it keeps
/// besides. 50 million pixels of RGB fit; where a pixel costs more, fewer pixels are allowed. With the file itself and
/// the program, the child stays below 256 MiB.
pub const MAX_WORKING_BYTES: u64 = 176 * 1024 * 1024;
/// Pixels that are kept at full size. A larger photo is halved once after decoding, so that turning it upright and
/// looking at it does not take the memory twice; no analysis looks at more than 1,024 pixels a side.
pub const MAX_KEPT_PIXELS: u64 = 25_000_000;

/// Marker segments of one JPEG. Real files have fewer than 100; multi-scan files a few more.
pub const MAX_JPEG_SEGMENTS: usize = 4_096;
/// Scans of one JPEG. Each scan of a progressive file touches every pixel, so many scans are a time bomb.
pub const MAX_JPEG_SCANS: usize = 64;
/// Components of one JPEG: gray, three colors, or four inks.
pub const MAX_JPEG_COMPONENTS: usize = 4;
/// Blocks kept of one component of a JPEG whose coefficients are read: 50 million pixels and the blocks that fill up
/// rows and columns; 108 MB.
pub const MAX_JPEG_BLOCKS: usize = 850_000;
/// Blocks kept of one JPEG over all components: 50 million pixels with halved colors; 166 MB.
pub const MAX_JPEG_KEPT_BLOCKS: usize = 1_300_000;
/// Blocks decoded in one JPEG, over all scans and components. A photo of 50 million pixels without subsampling in ten
/// scans has 23 million; many empty scans would otherwise cost seconds.
pub const MAX_JPEG_BLOCK_VISITS: usize = 32_000_000;
/// Chunks of one PNG. Encoders that split IDAT every 4 KiB reach 5,120 at 20 MiB.
pub const MAX_PNG_CHUNKS: usize = 16_384;
/// Chunks of one WebP.
pub const MAX_WEBP_CHUNKS: usize = 4_096;

/// Strips or tiles of the first page of one TIFF: one a row for the tallest photo, four times over.
pub const MAX_TIFF_CHUNKS: usize = 65_536;
/// Pages of one TIFF that are counted; only the first is decoded.
pub const MAX_TIFF_PAGES: usize = 1_024;

/// Bytes of one clip: half a minute of a phone's full high definition.
pub const MAX_CLIP_BYTES: usize = 64 * 1024 * 1024;
/// Pictures taken from one clip.
pub const MAX_CLIP_PICTURES: usize = 24;
/// Longest side of a picture taken from a clip, in pixels; larger ones are reduced. All of a clip fit into memory.
pub const MAX_CLIP_SIDE: u32 = 1_280;
/// Pixels of one picture of a clip: 4096 × 2304.
pub const MAX_CLIP_PICTURE_PIXELS: u64 = 9_437_184;
/// Pixels that are decoded of one clip, wanted or on the way to a wanted picture: 96 pictures of full high definition.
pub const MAX_CLIP_READ_PIXELS: u64 = 200_000_000;
/// Bytes that are decoded of one clip, as bits cost time besides pixels.
pub const MAX_CLIP_READ_BYTES: u64 = 12 * 1024 * 1024;
/// Pictures in the stream of one clip: an hour at 60 a second.
pub const MAX_CLIP_SAMPLES: usize = 216_000;
/// Tracks of one clip that are looked at.
pub const MAX_CLIP_TRACKS: usize = 16;
/// Parameter sets of one clip.
pub const MAX_PARAMETER_SETS: usize = 32;
/// Pictures that H.264 may keep for reference.
pub const MAX_H264_REFERENCES: u32 = 16;

/// Directories (IFDs) followed in one EXIF block.
pub const MAX_EXIF_DIRECTORIES: usize = 8;
/// Entries read in one EXIF directory.
pub const MAX_EXIF_ENTRIES: usize = 512;
/// Bytes of a text that a summary keeps (make, model, dates).
pub const MAX_SUMMARY_TEXT_BYTES: usize = 128;
/// Bytes of an EXIF comment or description that is searched for a label.
pub const MAX_COMMENT_BYTES: usize = 65_536;
/// Bytes of one XMP packet that is parsed.
pub const MAX_XMP_BYTES: usize = 1024 * 1024;
/// XML events read in one XMP packet.
pub const MAX_XMP_EVENTS: usize = 100_000;
/// Bytes that one compressed text chunk of a PNG may inflate to.
pub const MAX_INFLATED_BYTES: usize = 1024 * 1024;
/// Compressed text chunks inflated in one PNG, of those in which a label may stand.
pub const MAX_INFLATED_CHUNKS: usize = 64;
/// Bytes that all of them may inflate to.
pub const MAX_INFLATED_CHUNKS_BYTES: usize = 4 * 1024 * 1024;

/// Boxes of one list of an ISO base media file: two a fragment, so some 18 hours of a stream in pieces of two seconds.
pub const MAX_BOXES: usize = 65_536;
/// Items of interest of one HEIC or AVIF file, and names of one `keys` box.
pub const MAX_ITEMS: usize = 256;
/// Extents read in one `iloc` box.
pub const MAX_ITEM_EXTENTS: usize = 65_536;
/// Chunks of one RIFF list. An AVI without OpenDML has one chunk a frame, but inside a list that is not entered.
pub const MAX_RIFF_CHUNKS: usize = 4_096;
/// Blocks of one GIF: three a frame.
pub const MAX_GIF_BLOCKS: usize = 65_536;
/// Elements of one list of a Matroska file. A live stream of unknown size has its frames in one list.
pub const MAX_EBML_ELEMENTS: usize = 1_000_000;
/// Elements of interest kept of one list of a Matroska file.
pub const MAX_EBML_KEPT: usize = 4_096;
/// Tags walked in one FLV file: some 10 hours of video with sound.
pub const MAX_FLV_TAGS: usize = 4_000_000;
/// Script tags kept of one FLV file.
pub const MAX_FLV_SCRIPTS: usize = 64;
/// Depth of the values of one FLV script tag.
pub const MAX_AMF_DEPTH: usize = 8;
/// Values read in one FLV script tag.
pub const MAX_AMF_VALUES: usize = 65_536;
/// Bytes of one ID3 tag that are read (covers may be large).
pub const MAX_ID3_BYTES: usize = 16 * 1024 * 1024;
/// Frames of one ID3 tag.
pub const MAX_ID3_FRAMES: usize = 4_096;
/// Metadata blocks of one FLAC file.
pub const MAX_FLAC_BLOCKS: usize = 1_024;
/// Pages of one Ogg file that are read before its streams must have shown their comments.
pub const MAX_OGG_PAGES: usize = 1_024;
/// Streams of one Ogg file.
pub const MAX_OGG_STREAMS: usize = 16;
/// Bytes of the comments of all streams of one Ogg file.
pub const MAX_OGG_COMMENT_BYTES: usize = 4 * 1024 * 1024;
/// Comments read in one list of Vorbis comments.
pub const MAX_VORBIS_COMMENTS: usize = 4_096;
/// Entries of one ZIP archive.
pub const MAX_ZIP_ENTRIES: usize = 65_536;
/// Objects with a stream that are looked at in one PDF.
pub const MAX_PDF_STREAMS: usize = 65_536;
/// Trailers looked at in one PDF; each saved change adds one.
pub const MAX_PDF_TRAILERS: usize = 16_384;
/// Keys in one PDF whose value is read, and references followed to a value.
pub const MAX_PDF_KEYS: usize = 256;
/// See [`MAX_PDF_KEYS`].
pub const MAX_PDF_REFERENCES: usize = 4;
/// Compressed object streams inflated in one PDF, and what they may inflate to in all.
pub const MAX_PDF_INFLATED_STREAMS: usize = 1_024;
/// See [`MAX_PDF_INFLATED_STREAMS`].
pub const MAX_PDF_INFLATED_BYTES: usize = 8 * 1024 * 1024;
/// Bytes that one of them may inflate to; it is held at once.
pub const MAX_PDF_OBJECTS_BYTES: usize = 2 * 1024 * 1024;
/// Bytes of all XMP packets of one PDF that are kept.
pub const MAX_PDF_PACKETS_BYTES: usize = 2 * 1024 * 1024;

/// Bytes kept of one text of a container's metadata: twice the longest label, so that a longer one is noticed and a
/// picture in a comment costs little.
pub const MAX_FIELD_TEXT_BYTES: usize = 128 * 1024;
/// Bytes kept of all texts of one list of frames, comments or members.
pub const MAX_FIELD_TEXTS_BYTES: usize = 2 * 1024 * 1024;
/// Bytes read of an unsynchronized ID3 tag, which is put right in memory first.
pub const MAX_UNSYNCHRONIZED_BYTES: usize = 4 * 1024 * 1024;

/// Labels collected from one file. The standard allows one.
pub const MAX_LABELS: usize = 16;
/// Members of one JSON object that is read as a label. The standard has seven.
pub const MAX_MEMBERS: usize = 256;
/// Opening braces tried before the key of a wrapped label in a free text.
pub const MAX_WRAPPER_BRACES: usize = 16;
/// Bytes of one label. GB 45438-2025 sets no limit; with the security data of TC260-PG-202511A eight thousand bytes were
/// seen. A preview writes it into one JPEG segment, which holds 65,533 bytes.
pub const MAX_LABEL_BYTES: usize = 60 * 1024;
/// Bytes of all labels of one file. They go through the header of a frame, where escaping may grow them sixfold.
pub const MAX_LABELS_BYTES: usize = 128 * 1024;

/// Smallest and largest longest side of a preview, in pixels.
pub const MIN_PREVIEW_SIDE: u32 = 16;
/// See [`MIN_PREVIEW_SIDE`].
pub const MAX_PREVIEW_SIDE: u32 = 4_096;
/// Lowest and highest JPEG quality of a preview.
pub const MIN_PREVIEW_QUALITY: u8 = 30;
/// See [`MIN_PREVIEW_QUALITY`].
pub const MAX_PREVIEW_QUALITY: u8 = 95;

/// Bytes of the JSON header of one frame between the server and `aftercare child`.
pub const MAX_FRAME_HEADER_BYTES: usize = 1024 * 1024;
/// Binary parts of one frame.
pub const MAX_FRAME_PARTS: usize = 32;
/// Bytes of one whole frame: a photo, its previews, or a clip, and the header.
pub const MAX_FRAME_BYTES: usize = MAX_CLIP_BYTES + 2 * MAX_FRAME_HEADER_BYTES;

/// The limits that a caller may tighten. They cannot be raised above the constants of this file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Bytes of the file.
    pub max_bytes: usize,
    /// Width × height.
    pub max_pixels: u64,
    /// Longest side in pixels.
    pub max_side: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_bytes: MAX_PHOTO_BYTES,
            max_pixels: MAX_PHOTO_PIXELS,
            max_side: MAX_PHOTO_SIDE,
        }
    }
}

impl Limits {
    /// These limits, each no higher than the constant of this crate.
    #[must_use]
    pub fn capped(self) -> Self {
        Self {
            max_bytes: self.max_bytes.min(MAX_PHOTO_BYTES),
            max_pixels: self.max_pixels.min(MAX_PHOTO_PIXELS),
            max_side: self.max_side.min(MAX_PHOTO_SIDE),
        }
    }
}
