//! Frames between the server and the child hold their limits on both sides.

use aftercare_media::child::{FRAME_PREFIX_BYTES, Frame, FrameError, body_bytes};
use aftercare_media::limits::{MAX_FRAME_BYTES, MAX_FRAME_PARTS};
use proptest::prelude::{any, prop, proptest};

fn sample() -> Frame {
    Frame {
        header: br#"{"a":1}"#.to_vec(),
        parts: vec![vec![1, 2, 3], Vec::new(), vec![9; 100]],
    }
}

#[test]
fn frames_come_back_as_they_were() {
    let bytes = sample().encode().unwrap();
    assert_eq!(Frame::decode(&bytes).unwrap(), sample());
    let two = [bytes.as_slice(), &bytes].concat();
    let mut stream = two.as_slice();
    assert_eq!(Frame::read(&mut stream).unwrap(), Some(sample()));
    assert_eq!(Frame::read(&mut stream).unwrap(), Some(sample()));
    assert_eq!(Frame::read(&mut stream).unwrap(), None);
    let mut written = Vec::new();
    sample().write(&mut written).unwrap();
    assert_eq!(written, bytes);
    let prefix = bytes[..FRAME_PREFIX_BYTES].try_into().unwrap();
    assert_eq!(
        body_bytes(prefix).unwrap(),
        bytes.len() - FRAME_PREFIX_BYTES
    );
}

#[test]
fn limits_hold_on_both_sides() {
    let many = Frame {
        header: Vec::new(),
        parts: vec![Vec::new(); MAX_FRAME_PARTS + 1],
    };
    assert!(matches!(
        many.encode(),
        Err(FrameError::TooManyParts { .. })
    ));
    let large = Frame {
        header: Vec::new(),
        parts: vec![vec![0; MAX_FRAME_BYTES]],
    };
    assert!(matches!(large.encode(), Err(FrameError::TooLong { .. })));
    assert!(matches!(
        body_bytes(b"AFC2\0\0\0\0"),
        Err(FrameError::BadMagic)
    ));
    assert!(matches!(
        body_bytes(b"AFC1\xFF\xFF\xFF\xFF"),
        Err(FrameError::TooLong { .. })
    ));
}

#[test]
fn cut_frames_are_errors() {
    let bytes = sample().encode().unwrap();
    for end in 0..bytes.len() {
        assert!(Frame::decode(&bytes[..end]).is_err(), "{end}");
        let read = Frame::read(&mut &bytes[..end]);
        assert!(
            if end == 0 {
                read.unwrap().is_none()
            } else {
                read.is_err()
            },
            "{end}"
        );
    }
}

proptest! {
    #[test]
    fn any_bytes_are_answered_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Frame::decode_body(&bytes);
        let framed = [b"AFC1".as_slice(), &u32::try_from(bytes.len()).unwrap().to_le_bytes(), &bytes].concat();
        let _ = Frame::decode(&framed);
        let _ = Frame::read(&mut framed.as_slice());
    }
}
