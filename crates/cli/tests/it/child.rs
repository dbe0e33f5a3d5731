//! The process that reads hostile photos: whatever it is sent, it answers in words, within 256 MiB and two seconds of
//! processor time.

use std::fs;
use std::io::{Read as _, Write as _};
use std::process::{Child, Command, Stdio};

use aftercare_evidence::child::{
    FRAME_PREFIX_BYTES, PhotoReport, ScreenPhoto, ScreenRefused, body_bytes, decode_response,
    encode_request,
};
use aftercare_media::Limits;
use aftercare_scene::{RgbImage, encode_jpeg, encode_png};

/// Memory that the child may use at its highest, in KiB.
pub(crate) const MEMORY_KIB: u64 = 256 * 1_024;
/// Processor time that one photo may take, in ticks of a hundredth of a second.
const TICKS: u64 = 200;

pub(crate) struct Answer {
    pub(crate) said: Result<PhotoReport, ScreenRefused>,
    peak_kib: u64,
    ticks: u64,
}

/// A child with its pipes.
pub(crate) struct Running(Child);

impl Running {
    pub(crate) fn start() -> Self {
        let child = Command::new(env!("CARGO_BIN_EXE_aftercare"))
            .arg("child")
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the binary runs");
        Self(child)
    }

    /// Sends a frame and reads the answer; `None` when the child died over it.
    pub(crate) fn exchange(&mut self, request: &[u8]) -> Option<Vec<u8>> {
        let stdin = self.0.stdin.as_mut().expect("a pipe");
        stdin.write_all(request).ok()?;
        let stdout = self.0.stdout.as_mut().expect("a pipe");
        let mut answer = vec![0; FRAME_PREFIX_BYTES];
        stdout.read_exact(&mut answer).ok()?;
        let length = body_bytes(answer.first_chunk().expect("eight bytes")).expect("a frame");
        let mut body = vec![0; length];
        stdout.read_exact(&mut body).ok()?;
        answer.extend(body);
        Some(answer)
    }

    /// The most memory it has had, in KiB, and its processor time in hundredths of a second.
    pub(crate) fn measured(&self) -> (u64, u64) {
        (peak_kib(&self.0), ticks(&self.0))
    }

    pub(crate) fn end(mut self) {
        drop(self.0.stdin.take());
        assert!(self.0.wait().expect("the child ends").success());
    }
}

/// Sends one photo to a fresh child and measures it.
pub(crate) fn ask(bytes: Vec<u8>) -> Answer {
    let mut child = Running::start();
    let request = encode_request(&ScreenPhoto {
        bytes,
        limits: Limits::default(),
        preview_sides: vec![1_600],
        preview_quality: 85,
    })
    .expect("a request within the limits");
    let answer = child.exchange(&request).expect("the child answers");
    let (peak_kib, ticks) = child.measured();
    child.end();
    Answer {
        said: decode_response(&answer).expect("an answer"),
        peak_kib,
        ticks,
    }
}

/// The most memory the process has had.
pub(crate) fn peak_kib(child: &Child) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).expect("a process");
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM:"))
        .expect("a peak");
    let number = line.split_whitespace().nth(1).expect("a number");
    number.parse().expect("a number")
}

/// Processor time of the process, in user and kernel mode.
fn ticks(child: &Child) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{}/stat", child.id())).expect("a process");
    let after_name = stat.rsplit(')').next().expect("a name");
    let field = |index: usize| -> u64 {
        let word = after_name.split_whitespace().nth(index).expect("a field");
        word.parse().expect("a number")
    };
    field(11) + field(12)
}

/// A picture with detail everywhere, made of shifted copies of one row, so that even a large one is made fast.
pub(crate) fn detailed(width: u32, height: u32) -> RgbImage {
    let row = width as usize * 3;
    let mut state = 1_u32;
    let noise: Vec<u8> = (0..2 * row)
        .map(|at| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let wave = u8::try_from(at / 90 % 200).expect("below 200");
            wave + u8::try_from(state >> 27).expect("five bits")
        })
        .collect();
    let mut pixels = Vec::with_capacity(row * height as usize);
    for y in 0..height as usize {
        let shift = y * 7 % (row / 3) * 3;
        pixels.extend_from_slice(&noise[shift..shift + row]);
    }
    RgbImage::from_raw(width, height, pixels).expect("enough pixels")
}

pub(crate) fn check(name: &str, answer: &Answer) {
    eprintln!(
        "{name}: {} KiB at most, {} ms, {}",
        answer.peak_kib,
        answer.ticks * 10,
        match &answer.said {
            Ok(report) => format!("{} × {}", report.width, report.height),
            Err(refused) => refused.en.clone(),
        }
    );
    assert!(
        answer.peak_kib <= MEMORY_KIB,
        "{name} took {} KiB",
        answer.peak_kib
    );
    assert!(
        answer.ticks <= TICKS,
        "{name} took {} ms",
        answer.ticks * 10
    );
}

#[test]
fn a_photo_of_fifty_million_pixels_is_read_within_the_memory_limit() {
    let photo = encode_jpeg(&detailed(8_160, 6_120), 70, None);
    let turned = with_orientation(&photo, 6);
    for (name, bytes, size) in [
        ("upright", photo, (8_160, 6_120)),
        ("turned", turned, (6_120, 8_160)),
    ] {
        let answer = ask(bytes);
        check(name, &answer);
        let report = answer.said.expect("a photo within the limits");
        assert_eq!((report.width, report.height), size);
    }
}

/// The photo with an EXIF block that says only how it is turned.
fn with_orientation(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    let mut block = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    block.extend([orientation, 0, 0, 0, 0, 0, 0]);
    let length = u16::try_from(block.len() + 2).expect("a small block");
    let mut file = jpeg[..2].to_vec();
    file.extend([0xFF, 0xE1]);
    file.extend(length.to_be_bytes());
    file.extend(block);
    file.extend(&jpeg[2..]);
    file
}

#[test]
fn the_largest_photo_that_is_turned_at_full_size_stays_within_the_limit() {
    let photo = with_orientation(&encode_jpeg(&detailed(5_760, 4_320), 80, None), 8);
    let answer = ask(photo);
    check("24.9 megapixels turned", &answer);
    assert_eq!(answer.said.expect("a photo").width, 4_320);
}

#[test]
fn large_files_of_other_formats_stay_within_the_limit_or_are_refused() {
    let png = encode_png(&detailed(4_000, 3_000));
    let answer = ask(png);
    check("PNG of 12 megapixels", &answer);
    // Bombs: much picture out of few bytes.
    let flat = encode_png(&RgbImage::new(8_160, 6_120));
    assert!(flat.len() < 2_000_000);
    check("flat PNG of 50 megapixels", &ask(flat));
    let webp = aftercare_scene::encode_webp(&RgbImage::new(4_800, 4_500));
    check("flat WebP of 22 megapixels", &ask(webp));
}

#[test]
fn nonsense_is_refused_in_words_and_the_child_lives_on() {
    for (name, bytes) in [
        ("nothing", Vec::new()),
        ("text", b"hello".to_vec()),
        (
            "a cut photo",
            encode_jpeg(&detailed(64, 48), 80, None)[..700].to_vec(),
        ),
        ("a video", b"\0\0\0\x18ftypisom\0\0\0\0".to_vec()),
    ] {
        let answer = ask(bytes);
        check(name, &answer);
        let refused = answer.said.err().expect("nothing to see");
        assert!(!refused.zh.is_empty() && !refused.en.is_empty() && !refused.code.is_empty());
    }
}
