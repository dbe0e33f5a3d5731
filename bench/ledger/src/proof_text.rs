//! The few lines of a C2SP `tlog-proof` before its checkpoint, which none of the other crates reads. Written from the
//! specification, not from our own reader.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// What stands before the checkpoint, and the checkpoint.
pub struct ProofText<'t> {
    pub index: u64,
    pub path: Vec<[u8; 32]>,
    pub note: &'t str,
}

/// Reads a proof; `None` where it is not in the format.
pub fn read(text: &str) -> Option<ProofText<'_>> {
    let rest = text.strip_prefix("c2sp.org/tlog-proof@v1\n")?;
    let end = rest.find("\n\n")?;
    let (head, note) = (&rest[..end], &rest[end + 2..]);
    let mut lines = head.split('\n');
    let mut line = lines.next()?;
    if let Some(extra) = line.strip_prefix("extra ") {
        STANDARD.decode(extra).ok()?;
        line = lines.next()?;
    }
    let digits = line.strip_prefix("index ")?;
    let index: u64 = digits.parse().ok()?;
    if digits != index.to_string() {
        return None;
    }
    let path = lines
        .map(|line| STANDARD.decode(line).ok()?.try_into().ok())
        .collect::<Option<Vec<[u8; 32]>>>()?;
    Some(ProofText { index, path, note })
}
