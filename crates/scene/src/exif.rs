//! Writes the EXIF block of an invented camera (CIPA DC-008), so that tests of metadata read real bytes.

/// What the invented camera writes. All of it is made up.
#[derive(Debug, Clone, PartialEq)]
pub struct Exif {
    pub make: String,
    pub model: String,
    /// `2026:11:01 10:20:30`.
    pub date_time: String,
    /// 1 to 8: how the stored picture must be turned to stand upright.
    pub orientation: u8,
    /// Latitude and longitude in degrees.
    pub place: Option<(f64, f64)>,
}

impl Default for Exif {
    fn default() -> Self {
        Self {
            make: "Sample".to_owned(),
            model: "Sample Camera".to_owned(),
            date_time: "2026:11:01 10:20:30".to_owned(),
            orientation: 1,
            place: None,
        }
    }
}

const ASCII: u16 = 2;
const SHORT: u16 = 3;
const LONG: u16 = 4;
const RATIONAL: u16 = 5;
const UNDEFINED: u16 = 7;

struct Entry {
    tag: u16,
    kind: u16,
    count: usize,
    value: Vec<u8>,
}

fn entry(tag: u16, kind: u16, count: usize, value: Vec<u8>) -> Entry {
    Entry {
        tag,
        kind,
        count,
        value,
    }
}

fn text(tag: u16, text: &str) -> Entry {
    let mut value = text.as_bytes().to_vec();
    value.push(0);
    entry(tag, ASCII, value.len(), value)
}

fn long(number: usize) -> [u8; 4] {
    u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes()
}

/// Degrees, minutes and hundredths of seconds as three rationals.
fn degrees(angle: f64) -> Vec<u8> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an angle has at most 64,800,000 hundredths of a second"
    )]
    let hundredths = (angle.abs().min(180.0) * 360_000.0).round() as u32;
    let parts = [
        (hundredths / 360_000, 1),
        (hundredths / 6_000 % 60, 1),
        (hundredths % 6_000, 100_u32),
    ];
    parts
        .iter()
        .flat_map(|(over, under)| [over.to_le_bytes(), under.to_le_bytes()])
        .flatten()
        .collect()
}

/// One directory at `start`, followed by the values that do not fit its entries.
fn directory(entries: &[Entry], start: usize) -> Vec<u8> {
    let mut table = Vec::new();
    let mut values = Vec::new();
    let values_start = start + 2 + entries.len() * 12 + 4;
    table.extend(u16::try_from(entries.len()).unwrap_or(0).to_le_bytes());
    for entry in entries {
        table.extend(entry.tag.to_le_bytes());
        table.extend(entry.kind.to_le_bytes());
        table.extend(long(entry.count));
        if entry.value.len() <= 4 {
            let mut field = entry.value.clone();
            field.resize(4, 0);
            table.extend(field);
        } else {
            table.extend(long(values_start + values.len()));
            values.extend(&entry.value);
            if values.len() % 2 == 1 {
                values.push(0);
            }
        }
    }
    table.extend([0; 4]);
    table.extend(values);
    table
}

impl Exif {
    /// The TIFF structure, as it follows `Exif\0\0` in a JPEG, or alone in a PNG `eXIf` or WebP `EXIF` chunk. `width`
    /// and `height` are those of the stored picture in pixels.
    #[must_use]
    pub fn to_tiff(&self, width: u32, height: u32) -> Vec<u8> {
        let orientation = entry(
            0x0112,
            SHORT,
            1,
            u16::from(self.orientation).to_le_bytes().to_vec(),
        );
        let pointer = |tag, at: usize| entry(tag, LONG, 1, long(at).to_vec());
        let main = |exif_at, gps_at: Option<usize>| {
            let mut entries = vec![text(0x010F, &self.make), text(0x0110, &self.model)];
            entries.push(entry(0x0112, SHORT, 1, orientation.value.clone()));
            entries.push(text(0x0132, &self.date_time));
            entries.push(pointer(0x8769, exif_at));
            entries.extend(gps_at.map(|at| pointer(0x8825, at)));
            directory(&entries, 8)
        };
        let gps_guess = self.place.map(|_| 0);
        let exif_at = 8 + main(0, gps_guess).len();
        let exif = directory(
            &[
                entry(0x9000, UNDEFINED, 4, b"0232".to_vec()),
                text(0x9003, &self.date_time),
                entry(0xA002, LONG, 1, width.to_le_bytes().to_vec()),
                entry(0xA003, LONG, 1, height.to_le_bytes().to_vec()),
            ],
            exif_at,
        );
        let gps_at = exif_at + exif.len();
        let gps = self.place.map(|(latitude, longitude)| {
            directory(
                &[
                    entry(0x0000, 1, 4, vec![2, 3, 0, 0]),
                    text(0x0001, if latitude < 0.0 { "S" } else { "N" }),
                    entry(0x0002, RATIONAL, 3, degrees(latitude)),
                    text(0x0003, if longitude < 0.0 { "W" } else { "E" }),
                    entry(0x0004, RATIONAL, 3, degrees(longitude)),
                ],
                gps_at,
            )
        });
        let mut tiff = b"II*\0\x08\0\0\0".to_vec();
        tiff.extend(main(exif_at, gps.as_ref().map(|_| gps_at)));
        tiff.extend(exif);
        tiff.extend(gps.unwrap_or_default());
        tiff
    }
}
