//! Every limit on a file whose labels are read. Those of the containers themselves are in `aftercare_media::limits`.

/// Bytes of one file: 64 MiB. Larger ones are not read, and the verdict says so.
pub const MAX_FILE_BYTES: usize = 64 * 1024 * 1024;
/// Bytes of a file that are held at once where its bulk is left out. With what is unpacked and put together of them, reading
/// needs 16 MB at most.
pub const MAX_RESIDENT_BYTES: usize = 8 * 1024 * 1024;
/// Marks of one file. The standard allows one label.
pub const MAX_MARKS: usize = 64;
/// Places of one file that could not be read and are named in the report.
pub const MAX_GAPS: usize = 16;
/// Bytes of one label. The security data of TC260-PG-202511A make labels long; eight thousand bytes were seen.
pub const MAX_LABEL_BYTES: usize = 64 * 1024;
/// Bytes above which a label is told to be long: programs were not seen to write as much.
pub const LONG_LABEL_BYTES: usize = 8_192;
/// Bytes of one free text (comment, description, prompt) that are searched and kept.
pub const MAX_TEXT_BYTES: usize = 64 * 1024;
/// Lines of a block of the front matter that is read as a label. The standard has seven keys.
pub const MAX_MEMBERS: usize = 256;
/// Bytes of all free texts of one file that are searched.
pub const MAX_FREE_TEXT_BYTES: usize = 1024 * 1024;
/// Compressed texts inflated in one image.
pub const MAX_INFLATED_TEXTS: usize = 64;
/// Bytes that all of them may inflate to.
pub const MAX_INFLATED_TEXTS_BYTES: usize = 4 * 1024 * 1024;
/// Bytes that one compressed text, or one part of an Office document, may inflate to.
pub const MAX_INFLATED_BYTES: usize = 1024 * 1024;
/// Bytes of all XMP packets of one file that are parsed or put together.
pub const MAX_PACKETS_BYTES: usize = 8 * 1024 * 1024;
/// Named fields of one file that are looked at.
pub const MAX_FIELDS: usize = 65_536;
/// Boxes, chunks and elements of all lists of one file that are looked at.
pub const MAX_BOXES: usize = 262_144;
/// EXIF blocks read in one file.
pub const MAX_EXIF_BLOCKS: usize = 16;
/// Parts with custom properties read in one Office document. There is one.
pub const MAX_PROPERTY_PARTS: usize = 4;
/// XML events read in the custom properties of an Office document.
pub const MAX_PROPERTY_EVENTS: usize = 100_000;
/// Bytes of the front matter of a text.
pub const MAX_FRONT_MATTER_BYTES: usize = 64 * 1024;
/// Bytes at the start of a file that tell whether it is a text. The front matter is within them.
pub const MAX_TEXT_PREFIX_BYTES: usize = 2 * MAX_FRONT_MATTER_BYTES;
/// Signatures of one file that are checked; each costs a fraction of a millisecond.
pub const MAX_SIGNATURES: usize = 8;
/// Keys and signatures read in one reserved field. Programs write two to four.
pub const MAX_SECURITY_ENTRIES: usize = 8;
/// Bits of an RSA modulus. Longer ones are slow to check and not in use.
pub const MAX_RSA_BITS: usize = 4096;
/// Bytes of an identifier that is written into a label.
pub const MAX_IDENTIFIER_BYTES: usize = 128;
/// Directories of a TIFF structure that are looked into when a label is written.
pub const MAX_DIRECTORIES: usize = 64;
/// Items of a picture, frames of a tag and blocks of a sound file that are looked at when a label is written.
pub const MAX_CARRY_ITEMS: usize = 4_096;
/// Pages of an Ogg file that a label is written into; a page holds up to 64 KiB.
pub const MAX_CARRY_PAGES: usize = 65_536;
/// Elements in one list of tags of Matroska.
pub const MAX_TAG_ELEMENTS: usize = 65_536;
/// Bytes of the dictionary of the document information of a PDF.
pub const MAX_PDF_OBJECT_BYTES: usize = 262_144;
/// Minutes by which a camera's clock may be off before a time is told: EXIF has no time zone, and zones lie up to
/// fourteen hours east and twelve west.
pub const TIME_TOLERANCE_MINUTES: i64 = 26 * 60;
/// Relative difference of two aspect ratios that rounding a thumbnail to whole pixels explains.
pub const MAX_ASPECT_DIFFERENCE: f64 = 0.03;
/// Shortest side of a picture that the explicit mark is drawn into: below it, its characters cannot be read.
pub const MIN_MARKED_SIDE: usize = 48;
/// Pixels of a picture that the explicit mark is drawn into or looked for in.
pub const MAX_MARKED_PIXELS: usize = 64 * 1024 * 1024;
/// Longest side, in pixels, of the picture in which the explicit mark is looked for: its characters are at least 40 of them
/// high there in a picture of 4:3 and have 14 where they are compared.
pub const MAX_EXPLICIT_SIDE: u32 = 1_280;
/// Longest side, in pixels, of a published copy with a drawn mark. Product pages show less.
pub const MAX_SHOWN_SIDE: u32 = 2_048;
/// Shortest side, in pixels, from which a drawn mark is looked for again before the copy is published; in smaller pictures
/// its strokes are thinner than a pixel.
pub const MIN_PROVED_SIDE: usize = 160;
/// Bytes of the text of a trace that are kept.
pub const MAX_TRACE_TEXT_BYTES: usize = 4_096;
/// Bytes of the artist that EXIF names that are read: an identifier has 36.
pub const MAX_ARTIST_BYTES: usize = 64;
/// Properties of one XMP packet that are looked at.
pub const MAX_TRACES: usize = 32;
/// Bytes after a picture, at the end of the file, in which a phone's marks are looked for.
pub const MAX_TRAILER_BYTES: usize = 1024 * 1024;
/// Bytes of one C2PA manifest store: pictures of every step may be in it. It is put together in memory, of which reading a
/// file needs 16 MB at most.
pub const MAX_MANIFEST_BYTES: usize = 8 * 1024 * 1024;
/// Bytes of the store and of what tells the parts of its file, together, where the file is read as it is needed.
pub const MAX_CHECKED_BYTES: usize = 9 * 1024 * 1024;
/// Bytes of such a file that are looked at besides those that are hashed.
pub const MAX_LOOKED_BYTES: usize = 4 * 1024 * 1024;
/// Manifests in one store that are read: one a step.
pub const MAX_MANIFESTS: usize = 64;
/// Assertions of one manifest that are read.
pub const MAX_ASSERTIONS: usize = 256;
/// Actions and ingredients of one manifest that are told.
pub const MAX_STEPS: usize = 64;
/// Depth of a CBOR value.
pub const MAX_CBOR_DEPTH: usize = 16;
/// Bytes of CBOR that are read of one manifest store, claims and signature included.
pub const MAX_CBOR_BYTES: usize = 1024 * 1024;
/// Values of CBOR that are read of one manifest store. A value may take one byte there, and takes 32 in memory.
pub const MAX_CBOR_VALUES: usize = 65_536;
/// Bytes of one manifest store that are hashed, over all references: each is hashed twice where nothing is amiss.
pub const MAX_HASHED_BYTES: usize = 2 * MAX_MANIFEST_BYTES;
/// Bytes of one certificate. The longest that were seen have four thousand.
pub const MAX_CERTIFICATE_BYTES: usize = 64 * 1024;
/// Rules about boxes that one manifest may leave out, and names in the path of one. Programs write ten and three.
pub const MAX_BOX_RULES: usize = 64;
/// See [`MAX_BOX_RULES`].
pub const MAX_PATH_NAMES: usize = 8;
/// Values in one list of DER. A certificate has some twenty extensions.
pub const MAX_DER_VALUES: usize = 256;
/// Certificates between a signer and an authority, and timestamps of one signature.
pub const MAX_CHAIN: usize = 8;
/// Ranges or boxes of a file that a manifest may leave out.
pub const MAX_EXCLUSIONS: usize = 256;
/// Bytes and certificates of a list of trusted authorities. The official one has some fifty.
pub const MAX_TRUST_LIST_BYTES: usize = 4 * 1024 * 1024;
/// See [`MAX_TRUST_LIST_BYTES`].
pub const MAX_ANCHORS: usize = 512;
/// Bytes of a text of a manifest that are told.
pub const MAX_CREDENTIAL_TEXT_BYTES: usize = 512;
