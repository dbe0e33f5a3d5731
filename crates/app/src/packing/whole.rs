//! Whether everything of a parcel came, and came whole. Whoever recorded it without a connection hashed each picture when it was
//! taken, and names the hashes: a file that changed on its way is refused, and a record does not end while a named one is missing.

use crate::app::App;
use crate::error::AppError;
use crate::evidence::Upload;
use crate::limits::PACKING_PIECES_MAX;
use crate::sealing::sha256;
use aftercare_store::rows::PackingRecordRow;
use std::collections::HashSet;

/// The field in which hashes are named.
const FIELD: &str = "sha256";

/// More pictures than a record has room for.
pub(super) fn too_many(field: &str) -> AppError {
    AppError::invalid(
        field,
        "packing_pieces",
        format!("一份打包记录最多 {PACKING_PIECES_MAX} 张照片和视频。"),
        format!("A packing record has at most {PACKING_PIECES_MAX} photos and clips."),
    )
}

fn hash_of(text: &str) -> Result<[u8; 32], AppError> {
    let mut hash = [0; 32];
    hex::decode_to_slice(text, &mut hash).map_err(|_| {
        AppError::invalid(
            FIELD,
            "packing_hash_format",
            "SHA-256 应为 64 个十六进制字符。",
            "A SHA-256 is 64 hexadecimal digits.",
        )
    })?;
    Ok(hash)
}

/// Holds files against the hashes that their sender names, one each in the same order; nothing is held against none.
///
/// # Errors
/// `packing_hash_format` for what is no hash, `packing_hashes` for more or fewer than files, `packing_changed` for the first file
/// with another hash.
pub fn all_as_named(uploads: &[Upload], named: &[String]) -> Result<(), AppError> {
    if named.is_empty() {
        return Ok(());
    }
    if named.len() != uploads.len() {
        return Err(AppError::invalid(
            FIELD,
            "packing_hashes",
            format!(
                "有 {} 份画面，却有 {} 个 SHA-256，请一一对应。",
                uploads.len(),
                named.len()
            ),
            format!(
                "There are {} files and {} hashes: name one for each file, in the same order.",
                uploads.len(),
                named.len()
            ),
        ));
    }
    for (number, (upload, text)) in (1_u32..).zip(uploads.iter().zip(named)) {
        if sha256(&upload.bytes) != hash_of(text)? {
            return Err(AppError::invalid(
                "photos",
                "packing_changed",
                format!("第 {number} 份画面和拍下时不一样了：可能在路上或存储里损坏，请再送一次。"),
                format!(
                    "File {number} is not what it was when it was taken: it was damaged on its way or where it was kept. Please send it again."
                ),
            ));
        }
    }
    Ok(())
}

impl App {
    /// Refuses to end a record that has not everything that was named.
    pub(super) async fn all_there(
        &self,
        row: &PackingRecordRow,
        named: &[String],
    ) -> Result<(), AppError> {
        if named.is_empty() {
            return Ok(());
        }
        if u32::try_from(named.len()).unwrap_or(u32::MAX) > PACKING_PIECES_MAX {
            return Err(too_many(FIELD));
        }
        let pieces = self.store().packing_pieces(row.id).await?;
        let there: HashSet<[u8; 32]> = pieces.iter().map(|piece| piece.exact_index).collect();
        let mut missing = Vec::new();
        for (number, text) in (1_u32..).zip(named) {
            let index = self.photo_index(row.tenant, &hash_of(text)?)?;
            if !there.contains(&index) {
                missing.push(number.to_string());
            }
        }
        if missing.is_empty() {
            return Ok(());
        }
        Err(AppError::invalid(
            FIELD,
            "packing_incomplete",
            format!(
                "第 {} 份画面还没有传到，先补传，再结束记录。",
                missing.join("、")
            ),
            format!(
                "Not here yet: number {}. Send what is missing before the record ends.",
                missing.join(", ")
            ),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::all_as_named;
    use crate::evidence::Upload;
    use crate::sealing::sha256;
    use aftercare_domain::evidence::EvidenceKind;

    fn upload(bytes: &[u8]) -> Upload {
        Upload {
            kind: EvidenceKind::PackingPhoto,
            bytes: bytes.to_vec(),
            ai_declared: false,
        }
    }

    #[test]
    fn a_file_that_changed_on_its_way_is_told_from_one_that_did_not() {
        let files = [upload(b"one"), upload(b"two")];
        let named = |texts: [&[u8]; 2]| texts.map(|text| hex::encode(sha256(text)));
        let rule = |named: &[String]| all_as_named(&files, named).map_err(|error| error.rule);
        assert_eq!(rule(&[]), Ok(()));
        assert_eq!(rule(&named([b"one", b"two"])), Ok(()));
        let refused = |rule: &str| Err(rule.to_owned());
        assert_eq!(rule(&named([b"two", b"one"])), refused("packing_changed"));
        let first = &named([b"one", b"two"])[..1];
        assert_eq!(rule(first), refused("packing_hashes"));
        let words = ["ab".to_owned(), "cd".to_owned()];
        assert_eq!(rule(&words), refused("packing_hash_format"));
    }
}
