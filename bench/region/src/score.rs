//! Compares answers with the truth, as the shared scorer does: a province or city that a municipality repeats counts
//! as none, an open question is right when exactly its codes are asked, and a wrong county given without doubt is
//! silent.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::generate::Row;

/// What the tables of sources write where there is no city.
const BLANK: [&str; 9] = [
    "",
    "市辖区",
    "县",
    "直辖",
    "直辖县",
    "省直辖",
    "省直辖县级行政区划",
    "自治区直辖县级行政区划",
    "省直辖县级行政单位",
];

/// Rows that are right, of `rows`.
#[derive(Debug, Default, Clone)]
pub(crate) struct Tally {
    pub rows: usize,
    pub county: usize,
    pub code: usize,
    pub status: usize,
    pub towns: usize,
    pub town: usize,
    pub silent: usize,
    /// Right and all, by kind.
    pub kinds: BTreeMap<String, (usize, usize)>,
    /// The first rows that are wrong.
    pub wrong: Vec<String>,
}

fn bare(name: &str) -> &str {
    for end in [
        "壮族自治区",
        "回族自治区",
        "维吾尔自治区",
        "自治区",
        "特别行政区",
        "省",
        "市",
    ] {
        if let Some(stem) = name.strip_suffix(end) {
            return stem;
        }
    }
    name
}

fn classes(row: &Row) -> &'static [&'static str] {
    if row.code.contains('|') || row.status.contains("ambiguous") {
        &["ambiguous"]
    } else if row.status.starts_with("obsolete") {
        &["superseded"]
    } else if row.status.starts_with("conflict") {
        &["conflict"]
    } else {
        &["exact", "inferred", "corrected"]
    }
}

/// What a reason must flag: a division that only the statistics number, or one to which nobody can travel.
fn flag(row: &Row) -> Option<&'static str> {
    if row.status.starts_with("nonofficial") {
        Some("unofficial")
    } else if row.status.contains("not reachable") {
        Some("unreachable")
    } else {
        None
    }
}

fn is_flagged(got: &Value, flag: &str) -> bool {
    let why = got.get("why").and_then(Value::as_array);
    let mut ids = why.into_iter().flatten().filter_map(|why| why.get("id"));
    ids.any(|id| id.as_str() == Some(flag))
}

impl Tally {
    pub(crate) fn add(&mut self, row: &Row, got: &Value) {
        let text = |key: &str| got.get(key).and_then(Value::as_str).unwrap_or_default();
        let (province, mut city, mut county, town) =
            (text("province"), text("city"), text("county"), text("town"));
        let codes: BTreeSet<&str> = row
            .code
            .split('|')
            .filter(|code| !code.is_empty())
            .collect();
        let open = row.status.contains("ambiguous") || codes.len() > 1;
        let status = text("status");
        let doubted = matches!(status, "ambiguous" | "conflict" | "unknown");
        if BLANK.contains(&city)
            || bare(city) == bare(province)
                && ["北京", "上海", "天津", "重庆"].contains(&bare(province))
        {
            city = "";
        }
        if row.city.is_empty() && !city.is_empty() && (city == county || city == row.county) {
            city = "";
            if BLANK.contains(&county) || county == row.town {
                county = &row.county;
            }
        }
        if BLANK.contains(&county) {
            county = "";
        }
        let right = if open {
            if got.get("status").is_some() {
                let asked: BTreeSet<&str> = got
                    .get("candidates")
                    .and_then(Value::as_array)
                    .into_iter()
                    .flatten()
                    .filter_map(Value::as_str)
                    .collect();
                doubted && asked == codes
            } else {
                county.is_empty()
            }
        } else {
            let province_right = row.province.is_empty() || bare(province) == bare(&row.province);
            let county_right = county == row.county
                || row.county.is_empty()
                    && (county.is_empty() || county == row.city || county == row.town);
            province_right && city == row.city && county_right
        };
        self.rows += 1;
        self.county += usize::from(right);
        let six = |code: &str| code.get(..6).unwrap_or_default().to_owned();
        let code_right = codes.len() > 1
            || codes.iter().any(|code| six(code) == six(text("code")))
            // The one town that sources number differently.
            || row.raw.contains("峪泉镇") && text("code").starts_with("6202");
        self.code += usize::from(right && code_right);
        let status_right = classes(row).contains(&status)
            && flag(row).is_none_or(|flag| is_flagged(got, flag));
        self.status += usize::from(status_right);
        if !row.town.is_empty() {
            self.towns += 1;
            self.town += usize::from(right && (town == row.town || county == row.town));
        }
        self.silent += usize::from(!right && !doubted && !county.is_empty());
        let kind = self.kinds.entry(row.kind.clone()).or_default();
        kind.0 += usize::from(right);
        kind.1 += 1;
        if !(right && (status_right || got.get("status").is_none())) && self.wrong.len() < 12 {
            self.wrong.push(format!(
                "{} → {status} {}{province}{city}{county}{town}",
                row.raw,
                text("code")
            ));
        }
    }
}

/// Reads a table of truth with the columns raw, province, city, county, town, code, status, and maybe kind.
pub(crate) fn read(text: &str) -> Vec<Row> {
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap_or_default().split('\t').collect();
    lines
        .map(|line| {
            let columns: Vec<&str> = line.split('\t').collect();
            let column = |name: &str| {
                let at = header.iter().position(|head| *head == name);
                at.and_then(|at| columns.get(at))
                    .copied()
                    .unwrap_or_default()
                    .to_owned()
            };
            let status = column("status");
            let kind = match column("kind") {
                kind if kind.is_empty() => status
                    .split([';', '('])
                    .next()
                    .unwrap_or_default()
                    .to_owned(),
                kind => kind,
            };
            Row {
                kind,
                raw: column("raw"),
                province: column("province"),
                city: column("city"),
                county: column("county"),
                town: column("town"),
                code: column("code"),
                status,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_division_that_has_to_be_flagged_is_right_with_its_flag_alone() {
        let rows = read(
            "raw\tprovince\tcity\tcounty\ttown\tcode\tstatus\n\
             甲\t甲省\t\t甲区\t\t110101\tnonofficial_county(a list omits it)\n\
             乙\t甲省\t\t甲区\t\t110101\tcounty;listed but not reachable from the mainland\n",
        );
        for (row, id) in rows.iter().zip(["unofficial", "unreachable"]) {
            for (why, right) in [(json!([]), 0), (json!([{"id": "zone"}]), 0), (json!([{"id": id}]), 1)] {
                let mut tally = Tally::default();
                let got = json!({"status": "exact", "province": "甲省", "county": "甲区", "code": "110101", "why": why});
                tally.add(row, &got);
                assert_eq!((tally.county, tally.status), (1, right), "{why}");
            }
        }
    }
}
