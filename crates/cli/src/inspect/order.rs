//! Facts of the order, and the notes that they give. They change no finding and no verdict.

use std::path::{Path, PathBuf};

use aftercare_report::Words;
use serde::Deserialize;

use super::files::File;

/// ORDER.json.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Order {
    #[serde(default)]
    placed_at: Option<String>,
    #[serde(default)]
    shipped_at: Option<String>,
    #[serde(default)]
    delivered_at: Option<String>,
    #[serde(default)]
    listing: Vec<PathBuf>,
    #[serde(default)]
    packing: Vec<PathBuf>,
    /// Where it was read from.
    #[serde(skip)]
    folder: PathBuf,
}

/// Reads the facts of an order; paths in it are relative to it.
pub(super) fn read(path: &Path) -> Result<Order, String> {
    let shown = path.display();
    let bytes = super::files::read(path)
        .map_err(|error| format!("{shown}: {error}. Give the path of ORDER.json."))?;
    let mut order: Order = serde_json::from_slice(&bytes).map_err(|error| {
        format!(
            "{shown}: this is not the JSON of an order ({error}). `aftercare inspect --help` lists its fields."
        )
    })?;
    let dates = [
        ("placed_at", &order.placed_at),
        ("shipped_at", &order.shipped_at),
        ("delivered_at", &order.delivered_at),
    ];
    for (field, text) in dates {
        if let Some(text) = text
            && local(text).is_none()
        {
            return Err(format!(
                "{shown}: {field} is {text:?}. Write it like 2026-11-20T10:00:00+08:00, or 2026-11-20."
            ));
        }
    }
    path.parent()
        .unwrap_or(Path::new(""))
        .clone_into(&mut order.folder);
    Ok(order)
}

/// The local date and time of a text, without its offset: a camera's clock has none either. Only the date when only the
/// date is given. Texts of this form compare like times.
fn local(text: &str) -> Option<String> {
    let text = text.trim().replacen(' ', "T", 1);
    let (date, time) = match text.split_once('T') {
        Some((date, time)) => (date, Some(time)),
        None => (text.as_str(), None),
    };
    let digits = |part: &str, count: usize| {
        part.len() == count && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    let parts: Vec<&str> = date.split(['-', ':']).collect();
    let [year, month, day] = parts[..] else {
        return None;
    };
    if !digits(year, 4) || !digits(month, 2) || !digits(day, 2) {
        return None;
    }
    let date = format!("{year}-{month}-{day}");
    let Some(time) = time else {
        return Some(date);
    };
    let clock = time.get(..5)?;
    let (hour, minute) = clock.split_once(':')?;
    (digits(hour, 2) && digits(minute, 2)).then(|| format!("{date}T{clock}"))
}

impl Order {
    /// The pictures that it names: of the listing, and of the packing record.
    pub(super) fn files(&self) -> [Vec<File>; 2] {
        [&self.listing, &self.packing].map(|paths| {
            paths
                .iter()
                .map(|path| File::within(&self.folder, path))
                .collect()
        })
    }

    /// What the dates say about a photo with this camera date (`2026:11:01 10:20:30`).
    pub(super) fn notes(&self, taken: Option<&str>) -> Vec<Words> {
        let Some(taken) = taken.and_then(local) else {
            return Vec::new();
        };
        let before = |date: &Option<String>| {
            date.as_deref().and_then(local).filter(|date| {
                // With only a date, a photo of that day is not before it.
                let length = date.len().min(taken.len());
                taken[..length] < date[..length]
            })
        };
        let events = [
            (&self.placed_at, "下单", "the order was placed"),
            (&self.shipped_at, "发货", "the parcel was handed over"),
            (&self.delivered_at, "签收", "the parcel was delivered"),
        ];
        // The earliest event that the photo lies before says the most.
        let found = events
            .into_iter()
            .find_map(|(date, zh, en)| before(date).map(|date| (date, zh, en)));
        let Some((date, zh, en)) = found else {
            return Vec::new();
        };
        let (taken, date) = (taken.replace('T', " "), date.replace('T', " "));
        vec![Words {
            zh: format!(
                "文件里记录的拍摄时间（{taken}）早于{zh}（{date}）。手机时间可能不准，只作参考。"
            ),
            en: format!(
                "The file says that the photo was taken ({taken}) before {en} ({date}). A camera's clock may be wrong, so nothing is concluded from it."
            ),
        }]
    }
}
