//! Which blobs lie in the storage, page by page (Amazon S3 API Reference, “ListObjectsV2”).

use crate::sign::encoded;
use crate::storage::{Ask, ObjectStorage, element, good, refused};
use aftercare_outbound::ObjectMethod;
use aftercare_store::StoreError;
use std::collections::BTreeSet;

/// Names that are asked for at once; no server gives more.
pub const LISTED_AT_ONCE: usize = 1_000;
/// Pages of one of 256 folders that are read: a million names, and a quarter of a billion blobs in all.
const PAGES_MAX: usize = 1_000;
/// Characters of what a server calls the next page; an address has room for no more.
const TOKEN_CHARS_MAX: usize = 1_000;
/// Characters of a name without those of its folder.
const REST_CHARS: usize = 62;
const DAY_MS: i64 = 86_400_000;

impl ObjectStorage {
    /// Names of the blobs of one folder that came before a time.
    pub(crate) async fn listed(
        &self,
        folder: u8,
        before_ms: i64,
    ) -> Result<BTreeSet<String>, StoreError> {
        let first = format!("{folder:02x}");
        let prefix = self.key(&format!("{first}/"));
        let mut names = BTreeSet::new();
        let mut next = String::new();
        for _ in 0..PAGES_MAX {
            let answer = self
                .ask(Ask {
                    method: ObjectMethod::Get,
                    path: format!("/{}", self.settings.bucket),
                    query: format!(
                        "{next}list-type=2&max-keys={LISTED_AT_ONCE}&prefix={}",
                        encoded(&prefix)
                    ),
                    body: b"",
                })
                .await?;
            good(&answer, "listing blobs")?;
            let text = String::from_utf8_lossy(&answer.body);
            // Half a list has no end: what is behind it would never be looked at.
            if answer.cut || !text.contains("</ListBucketResult>") {
                return Err(refused(&answer, "listing blobs"));
            }
            names.extend(of_page(&text, &prefix, &first, before_ms));
            if element(&text, "IsTruncated").as_deref() != Some("true") {
                return Ok(names);
            }
            let token = element(&text, "NextContinuationToken")
                .filter(|token| !token.is_empty() && token.len() <= TOKEN_CHARS_MAX)
                .ok_or_else(|| {
                    StoreError::Other("the storage of objects named no next page".to_owned())
                })?;
            next = format!("continuation-token={}&", encoded(&token));
        }
        tracing::warn!(folder = %first, "more blobs than are looked at: what lies behind them stays");
        Ok(names)
    }
}

/// The blobs of a page that came before a time. What is no blob, and what says no time, is none of them.
fn of_page(text: &str, prefix: &str, first: &str, before_ms: i64) -> Vec<String> {
    text.split("<Contents>")
        .skip(1)
        .filter_map(|rest| {
            let (one, _) = rest.split_once("</Contents>")?;
            let key = element(one, "Key")?;
            let at_ms = milliseconds(&element(one, "LastModified")?)?;
            let name = key.strip_prefix(prefix)?;
            let hexadecimal = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
            let is_blob = name.len() == REST_CHARS && name.bytes().all(hexadecimal);
            (is_blob && at_ms < before_ms).then(|| format!("{first}{name}"))
        })
        .collect()
}

/// The end of the second that is written as `2026-11-02T01:00:00.000Z`, in milliseconds since 1970 (Hinnant, “chrono-compatible
/// low-level date algorithms”, `days_from_civil`); none where it is written in another way.
fn milliseconds(text: &str) -> Option<i64> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let (whole, _) = time.split_once('.').unwrap_or((time, ""));
    let numbers = |text: &str, between: char| -> Option<[i64; 3]> {
        let parts: Option<Vec<i64>> = text.split(between).map(|part| part.parse().ok()).collect();
        parts?.try_into().ok()
    };
    let [year, month, day] = numbers(date, '-')?;
    let [hour, minute, second] = numbers(whole, ':')?;
    let sound = (1970..=9999).contains(&year)
        && (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && (0..=23).contains(&hour)
        && (0..=59).contains(&minute)
        && (0..=60).contains(&second);
    if !sound {
        return None;
    }
    let shifted = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (shifted.div_euclid(400), shifted.rem_euclid(400));
    let from_march = if month > 2 { month - 3 } else { month + 9 };
    let day_of_year = (153 * from_march + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    let days = era * 146_097 + day_of_era - 719_468;
    Some(days * DAY_MS + ((hour * 60 + minute) * 60 + second) * 1_000 + 999)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_to_the_end_of_their_second() {
        for (text, at_ms) in [
            ("1970-01-01T00:00:00.000Z", 999),
            ("2013-05-23T23:59:59Z", 1_369_353_599_999),
            ("2024-02-29T12:00:00.500Z", 1_709_208_000_999),
            ("2026-11-02T01:00:00.000Z", 1_793_581_200_999),
            ("2099-12-31T23:59:59.999Z", 4_102_444_799_999),
        ] {
            assert_eq!(milliseconds(text), Some(at_ms), "{text}");
        }
        for text in [
            "",
            "2026-11-02",
            "2026-11-02T01:00:00",
            "2026-11-02T01:00:00+08:00",
            "2026-13-02T01:00:00Z",
            "2026-11-02T25:00:00Z",
            "2026-11-02T01:00Z",
            "Mon, 02 Nov 2026 01:00:00 GMT",
        ] {
            assert_eq!(milliseconds(text), None, "{text}");
        }
    }

    #[test]
    fn of_a_page_only_old_blobs_of_the_folder_are_taken() {
        let rest = "c".repeat(REST_CHARS);
        let entry = |key: &str, time: &str| {
            format!("<Contents><Key>{key}</Key><LastModified>{time}</LastModified></Contents>")
        };
        let (old, young) = ("2026-11-01T01:00:00.000Z", "2026-11-02T01:00:00.000Z");
        let page = [
            entry(&format!("sealed/ab/{rest}"), old),
            entry(&format!("sealed/ab/{}d", &rest[1..]), young),
            entry(&format!("sealed/ab/{rest}/{rest}"), old),
            entry(&format!("other/ab/{rest}"), old),
            entry("sealed/ab/notes.txt", old),
            entry(&format!("sealed/ab/{}e", &rest[1..]), "yesterday"),
        ]
        .concat();
        let found = of_page(&page, "sealed/ab/", "ab", 1_793_581_200_000);
        assert_eq!(found, [format!("ab{rest}")]);
        assert_eq!(of_page("", "", "ab", i64::MAX), Vec::<String>::new());
    }
}
