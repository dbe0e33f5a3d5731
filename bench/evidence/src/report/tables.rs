//! RESULTS.md.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::{LARGE, Measured, is_derived, is_from_a_buyer, rate, shows_a_copy};
use crate::rows::Row;
use crate::stages::reuse::NEW_PHOTO;
use crate::stats::{Rate, mean, quantile};

/// Suites in the order of the columns.
const SUITES: [&str; 3] = ["rendered", LARGE, "real"];

/// One line of the main table.
struct Goal {
    what: &'static str,
    goal: &'static str,
    floor: &'static str,
    /// Says what was measured in a suite; nothing when nothing was.
    measured: fn(&Measured, &str) -> Option<String>,
    /// The goal as a number and whether more is better, for the gap.
    target: Option<(f64, bool)>,
    /// The measured number and of how many cases.
    value: fn(&Measured, &str) -> Option<(f64, u64)>,
    /// With fewer cases a met goal does not count as met.
    least: u64,
}

fn share(rate: &Rate, more_is_better: bool) -> Option<String> {
    (rate.cases() > 0).then(|| {
        let (sign, bound) = if more_is_better {
            ("≥", rate.lower_bound())
        } else {
            ("≤", rate.upper_bound())
        };
        format!(
            "{:.2} % ({} of {}, {} items; {sign} {:.2} %)",
            rate.share() * 100.0,
            rate.happened(),
            rate.cases(),
            rate.item_count(),
            bound * 100.0
        )
    })
}

fn value(rate: &Rate) -> Option<(f64, u64)> {
    (rate.cases() > 0).then(|| (rate.share(), rate.cases()))
}

/// Forged and undamaged deliveries in place.
fn derived(measured: &Measured, suite: &str) -> Rate {
    let rows = measured
        .of("derived", suite)
        .chain(measured.of("edited", suite));
    rate(rows, is_derived)
}

fn false_accepts(measured: &Measured, suite: &str) -> Rate {
    let honest = measured
        .of("honest", suite)
        .filter(|row| !shows_a_copy(row));
    let mut rate = rate(honest, is_derived);
    for row in many_pairs(measured, suite) {
        // One row of these stages stands for many pairs.
        let pairs = row.numbers.get("pairs").copied().unwrap_or(0.0) as u64;
        let wrong = row.numbers.get("accepted").copied().unwrap_or(0.0) as u64;
        for pair in 0..pairs {
            rate.add(&row.item, pair < wrong);
        }
    }
    rate
}

fn many_pairs<'a>(measured: &'a Measured, suite: &'a str) -> impl Iterator<Item = &'a Row> {
    measured
        .of("negatives", suite)
        .chain(measured.of("unrelated", suite))
}

/// How many pairs of the hard classes were asked, the honest photos against the listing among them.
fn hard_pairs(measured: &Measured, suite: &str) -> u64 {
    let honest = measured
        .of("honest", suite)
        .filter(|row| !shows_a_copy(row))
        .count() as u64;
    let pairs: f64 = measured
        .of("negatives", suite)
        .filter_map(|row| row.numbers.get("pairs"))
        .sum();
    honest + pairs as u64
}

/// Whether a pair is called `exact`, by the product or by the check that its words may hide.
fn is_exact(row: &Row) -> bool {
    row.has_grade("derived_from_reference", "exact")
        || row.has_grade("direct:derived_from_reference", "exact")
}

fn by_class<'a>(
    rows: impl Iterator<Item = &'a Row>,
    name: fn(&Row) -> &str,
    holds: fn(&Row) -> bool,
) -> BTreeMap<String, Rate> {
    let mut classes: BTreeMap<String, Rate> = BTreeMap::new();
    for row in rows {
        classes
            .entry(name(row).to_owned())
            .or_default()
            .add(&row.item, holds(row));
    }
    classes
}

fn chains(measured: &Measured, suite: &str) -> BTreeMap<String, Rate> {
    let rows = measured
        .of("derived", suite)
        .chain(measured.of("edited", suite));
    by_class(rows, |row| &row.class, is_derived)
}

fn worst(classes: &BTreeMap<String, Rate>) -> Option<(&String, &Rate)> {
    classes
        .iter()
        .min_by(|one, other| one.1.share().total_cmp(&other.1.share()))
}

/// F1 and IoU of the masks whatever the verdict is; nothing where no row recorded one, which is no measurement.
fn mask_points<'a>(rows: impl Iterator<Item = &'a Row>) -> Option<(Vec<f64>, Vec<f64>)> {
    let rows: Vec<&Row> = rows.filter(|row| row.overlap.is_some()).collect();
    rows.iter().any(|row| row.mask_point.is_some()).then(|| {
        rows.iter()
            .map(|row| {
                // Where nothing could be laid on the origin, everything was missed.
                row.mask_point
                    .map_or((0.0, 0.0), |overlap| (overlap.f1(), overlap.iou()))
            })
            .unzip()
    })
}

fn overlaps<'a>(rows: impl Iterator<Item = &'a Row>) -> (Vec<f64>, Vec<f64>) {
    rows.filter_map(|row| row.overlap)
        .map(|overlap| (overlap.f1(), overlap.iou()))
        .unzip()
}

fn masks(measured: &Measured, suite: &str) -> Option<String> {
    let (f1, iou) = overlaps(measured.of("derived", suite));
    if f1.is_empty() {
        return None;
    }
    let (name, least) = damages(measured, suite)
        .into_iter()
        .map(|(name, values)| (name, mean(&values)))
        .min_by(|one, other| one.1.total_cmp(&other.1))?;
    let point = mask_points(measured.of("derived", suite)).map_or_else(
        || "not measured".to_owned(),
        |(f1, iou)| format!("F1 {:.3}, IoU {:.3}", mean(&f1), mean(&iou)),
    );
    Some(format!(
        "as shown F1 {:.3}, IoU {:.3} ({} claims), worst damage {name} {least:.3}; mask point whatever the verdict {point}",
        mean(&f1),
        mean(&iou),
        f1.len()
    ))
}

fn damages(measured: &Measured, suite: &str) -> BTreeMap<String, Vec<f64>> {
    let mut damages: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for row in measured.of("derived", suite) {
        if let Some(overlap) = row.overlap {
            damages
                .entry(row.damage.clone())
                .or_default()
                .push(overlap.f1());
        }
    }
    damages
}

fn called_edited(row: &Row) -> bool {
    row.has("edited_region")
}

fn honest_claims(measured: &Measured, suite: &str) -> Rate {
    let rows = measured
        .of("cross-view", suite)
        .filter(|row| row.class.starts_with("honest"));
    rate(rows, |row| row.has("damage_not_confirmed"))
}

/// Honest claims of several views in which a human looks, or a later photo is asked for.
fn unclear_claims(measured: &Measured, suite: &str) -> Rate {
    let rows = measured
        .of("cross-view", suite)
        .filter(|row| row.class.starts_with("honest"));
    rate(rows, |row| row.verdict != "clear")
}

fn own_edited(measured: &Measured, class: &'static str) -> Rate {
    let rows = measured
        .of("cross-view", "rendered")
        .filter(move |row| row.class == class);
    rate(rows, |row| row.has("damage_not_confirmed"))
}

/// Searches for copies that keep enough of the picture.
fn searched(measured: &Measured, suite: &str) -> Rate {
    let rows = measured
        .of("reuse", suite)
        .filter(|row| row.class != "crop-20" && row.class != NEW_PHOTO);
    rate(rows, found_first)
}

/// New photos that were taken for an earlier one.
fn taken_for_another(measured: &Measured, suite: &str) -> Rate {
    let rows = measured
        .of("reuse", suite)
        .filter(|row| row.class == NEW_PHOTO);
    rate(rows, |row| {
        row.numbers.get("told").is_some_and(|told| *told > 0.0)
    })
}

/// Honest claims in which something was drawn over one photo.
fn drawn_claims(measured: &Measured, suite: &str) -> Rate {
    let rows = measured
        .of("cross-view", suite)
        .filter(|row| row.class.starts_with("honest-drawn"));
    rate(rows, |row| row.has("damage_not_confirmed"))
}

/// Milliseconds of a 12-megapixel photo in all, the slower case.
fn slowest(measured: &Measured, suite: &str) -> Option<(f64, f64)> {
    let most = |name: &str| {
        measured
            .of("speed", suite)
            .filter(|row| !row.class.contains("OpenCV"))
            .filter_map(|row| row.numbers.get(name).copied())
            .reduce(f64::max)
    };
    Some((most("ms in all")?, most("MB at most")?))
}

fn found_first(row: &Row) -> bool {
    row.numbers.get("first").is_some_and(|first| *first > 0.0)
}

const GOALS: [Goal; 20] = [
    Goal {
        what: "derived in place: recall",
        goal: "99 %",
        floor: "93 %",
        measured: |m, s| share(&derived(m, s), true),
        least: 3000,
        target: Some((0.99, true)),
        value: |m, s| value(&derived(m, s)),
    },
    Goal {
        what: "derived in place: worst chain",
        goal: "97 %",
        floor: "",
        measured: |m, s| {
            let classes = chains(m, s);
            let (name, rate) = worst(&classes)?;
            Some(format!("{name}: {}", share(rate, true)?))
        },
        least: 50,
        target: Some((0.97, true)),
        value: |m, s| worst(&chains(m, s)).and_then(|(_, rate)| value(rate)),
    },
    Goal {
        what: "false accepts: negative pairs called derived",
        goal: "0 of ≥ 100,000, ≥ 2,000 hard",
        floor: "0",
        measured: |m, s| {
            let told = share(&false_accepts(m, s), false)?;
            Some(format!("{told}; hard {}", hard_pairs(m, s)))
        },
        least: 100000,
        target: Some((0.0, false)),
        value: |m, s| value(&false_accepts(m, s)),
    },
    Goal {
        what: "grade `exact` on unmoved-camera pairs",
        goal: "0 of ≥ 3,000",
        floor: "0 of ≥ 300",
        measured: |m, s| share(&rate(m.of("exact", s), is_exact), false),
        least: 3000,
        target: Some((0.0, false)),
        value: |m, s| value(&rate(m.of("exact", s), is_exact)),
    },
    Goal {
        what: "photo of a screen or print: `same_flat_surface` or derived",
        goal: "≥ 90 %",
        floor: "",
        measured: |m, s| {
            share(
                &rate(m.of("screen", s), |row| {
                    row.mentions("same_flat_surface") || is_derived(row)
                }),
                true,
            )
        },
        least: 300,
        target: Some((0.90, true)),
        value: |m, s| {
            value(&rate(m.of("screen", s), |row| {
                row.mentions("same_flat_surface") || is_derived(row)
            }))
        },
    },
    Goal {
        what: "of these photos of a screen or print, `clear` (a remark where the goods are known to be flat)",
        goal: "",
        floor: "",
        measured: |m, s| {
            share(
                &rate(m.of("screen", s), |row| row.verdict == "clear"),
                false,
            )
        },
        least: 0,
        target: None,
        value: |m, s| value(&rate(m.of("screen", s), |row| row.verdict == "clear")),
    },
    Goal {
        what: "re-rendered from a slightly moved camera: `same_place`",
        goal: "≥ 70 %",
        floor: "",
        measured: |m, s| share(&rate(moved(m, s), |row| row.mentions("same_place")), true),
        least: 300,
        target: Some((0.70, true)),
        value: |m, s| value(&rate(moved(m, s), |row| row.mentions("same_place"))),
    },
    Goal {
        what: "honest photos from a buyer called `same_place`",
        goal: "≤ 2 %",
        floor: "",
        measured: |m, s| share(&rate(buyers(m, s), |row| row.mentions("same_place")), false),
        least: 1000,
        target: Some((0.02, false)),
        value: |m, s| value(&rate(buyers(m, s), |row| row.mentions("same_place"))),
    },
    Goal {
        what: "edited region: mask",
        goal: "F1 0.87, IoU 0.78; worst damage 0.75",
        floor: "F1 0.80",
        measured: masks,
        least: 1000,
        target: Some((0.87, true)),
        value: |m, s| {
            let (f1, _) = overlaps(m.of("derived", s));
            (!f1.is_empty()).then(|| (mean(&f1), f1.len() as u64))
        },
    },
    Goal {
        what: "undamaged derivative called edited",
        goal: "≤ 0.5 %",
        floor: "≤ 3 %",
        measured: |m, s| share(&rate(m.of("edited", s), called_edited), false),
        least: 1000,
        target: Some((0.005, false)),
        value: |m, s| value(&rate(m.of("edited", s), called_edited)),
    },
    Goal {
        what: "honest photo accused",
        goal: "≤ 0.1 % (0 of ≥ 3,000), none `intercept`",
        floor: "same",
        measured: |m, s| {
            let accused = share(&rate(m.of("honest", s), Row::is_accused), false)?;
            let held = m
                .of("honest", s)
                .filter(|row| row.verdict == "intercept")
                .count();
            Some(format!("{accused}; `intercept` {held}"))
        },
        least: 3000,
        target: Some((0.001, false)),
        value: |m, s| value(&rate(m.of("honest", s), Row::is_accused)),
    },
    Goal {
        what: "honest photo from a buyer not `clear` (copies shown as such apart)",
        goal: "≤ 2 %",
        floor: "≤ 5 %",
        measured: |m, s| share(&rate(new_photos(m, s), |row| row.verdict != "clear"), false),
        least: 1000,
        target: Some((0.02, false)),
        value: |m, s| value(&rate(new_photos(m, s), |row| row.verdict != "clear")),
    },
    Goal {
        what: "own photo edited, with a later challenge view",
        goal: "≥ 80 % found",
        floor: "",
        measured: |m, s| {
            if s != "rendered" {
                return None;
            }
            let with = share(&own_edited(m, "own-edited-with-challenge"), true)?;
            let alone = own_edited(m, "own-edited-alone");
            let missed = 1.0
                - rate(
                    m.of("cross-view", s)
                        .filter(|row| row.class == "own-edited-alone"),
                    Row::is_accused,
                )
                .share();
            Some(format!(
                "{with}; without a second view {:.1} % missed of {}",
                missed * 100.0,
                alone.cases()
            ))
        },
        least: 300,
        target: Some((0.80, true)),
        value: |m, s| {
            if s == "rendered" {
                value(&own_edited(m, "own-edited-with-challenge"))
            } else {
                None
            }
        },
    },
    Goal {
        what: "honest claims of several views flagged",
        goal: "≤ 0.1 %",
        floor: "0 of ≥ 3,000 rendered",
        measured: |m, s| share(&honest_claims(m, s), false),
        least: 3000,
        target: Some((0.001, false)),
        value: |m, s| value(&honest_claims(m, s)),
    },
    Goal {
        what: "honest claims of several views that are not clear (a later photo is asked for)",
        goal: "≤ 2 %",
        floor: "",
        measured: |m, s| share(&unclear_claims(m, s), false),
        least: 3000,
        target: Some((0.02, false)),
        value: |m, s| value(&unclear_claims(m, s)),
    },
    Goal {
        what: "of these claims, those with a ring, arrow, bar, date or face drawn over a photo",
        goal: "≤ 0.1 %",
        floor: "",
        measured: |m, s| share(&drawn_claims(m, s), false),
        least: 300,
        target: Some((0.001, false)),
        value: |m, s| value(&drawn_claims(m, s)),
    },
    Goal {
        what: "copy-move without a reference",
        goal: "F1 0.75, 0 false",
        floor: "",
        measured: |m, s| {
            let (f1, _) = overlaps(m.of("copy-move", s).filter(|row| row.class == "copy-move"));
            let untouched = rate(
                m.of("copy-move", s).filter(|row| row.class == "untouched"),
                // A remark is one, too: the check says it beside an honest photo.
                |row| row.mentions("copy_move"),
            );
            (!f1.is_empty()).then(|| {
                format!(
                    "F1 {:.3} ({} photos); false {} of {}",
                    mean(&f1),
                    f1.len(),
                    untouched.happened(),
                    untouched.cases()
                )
            })
        },
        least: 100,
        target: Some((0.75, true)),
        value: |m, s| {
            let (f1, _) = overlaps(m.of("copy-move", s).filter(|row| row.class == "copy-move"));
            (!f1.is_empty()).then(|| (mean(&f1), f1.len() as u64))
        },
    },
    Goal {
        what: "reuse in 1,000,000 entries: first answer is the original (crops of 35 % and more)",
        goal: "99 %, p99 ≤ 50 ms",
        floor: "",
        measured: |m, s| {
            let index = m.of("reuse-index", s).next()?;
            let number = |name: &str| index.numbers.get(name).copied().unwrap_or_default();
            Some(format!(
                "{}; {} entries, {} from pixels; p99 {:.1} ms",
                share(&searched(m, s), true)?,
                number("entries"),
                number("of them from pixels"),
                number("ms to search and check, p99")
            ))
        },
        least: 500,
        target: Some((0.99, true)),
        value: |m, s| value(&searched(m, s)),
    },
    Goal {
        what: "new photo of an item taken for an earlier one among 1,000,000 entries",
        goal: "≤ 0.1 %",
        floor: "",
        measured: |m, s| share(&taken_for_another(m, s), false),
        least: 500,
        target: Some((0.001, false)),
        value: |m, s| value(&taken_for_another(m, s)),
    },
    Goal {
        what: "12-MP JPEG against 8 listing photos with cached features, one core: the slower of a copy and a new photo",
        goal: "≤ 400 ms CPU, ≤ 250 MB",
        floor: "≤ 1 s",
        measured: |m, s| {
            let (time, memory) = slowest(m, s)?;
            Some(format!("{time:.0} ms, {memory:.0} MB"))
        },
        least: 1,
        target: Some((400.0, false)),
        value: |m, s| slowest(m, s).map(|(time, _)| (time, 1)),
    },
];

fn moved<'a>(measured: &'a Measured, suite: &'a str) -> impl Iterator<Item = &'a Row> {
    measured
        .of("rerender", suite)
        .filter(|row| row.class == "moved-camera")
}

fn buyers<'a>(measured: &'a Measured, suite: &'a str) -> impl Iterator<Item = &'a Row> {
    measured
        .of("honest", suite)
        .filter(|row| row.suite == "real" || is_from_a_buyer(row))
}

fn new_photos<'a>(measured: &'a Measured, suite: &'a str) -> impl Iterator<Item = &'a Row> {
    buyers(measured, suite).filter(|row| !shows_a_copy(row))
}

/// The whole page.
pub fn page(measured: &Measured, plots: &[String]) -> String {
    let mut page =
        String::from("# What the evidence checks do on photos whose origin is known\n\n");
    page += "Written by `bench/evidence` (its README says how to run it); do not edit. Bounds are one-sided, 95 %, clustered \
             by item. Rendered items and real photos stand apart; the real ones are few, so they are a stress test.\n\n";
    for head in &measured.heads {
        let _ = writeln!(
            page,
            "- seed {}, photos {} px, commit {}, checks {}",
            head.seed, head.side, head.commit, head.checks
        );
    }
    page += "\n| what | goal | floor | measured, rendered | gap | rendered at 12 MP | real |\n|---|---|---|---|---|---|---|\n";
    for goal in &GOALS {
        let rendered = (goal.measured)(measured, SUITES[0]).unwrap_or_else(|| "not run".to_owned());
        let [large, real] = [SUITES[1], SUITES[2]]
            .map(|suite| (goal.measured)(measured, suite).unwrap_or_else(|| "—".to_owned()));
        let gap = match (goal.target, (goal.value)(measured, SUITES[0])) {
            (Some((target, more)), Some((value, cases))) => {
                let missing = if more { target - value } else { value - target };
                if missing <= 0.0 && cases < goal.least {
                    format!("within, but {cases} of {} cases", goal.least)
                } else if missing <= 0.0 {
                    "met".to_owned()
                } else if goal.what.contains("mask") || goal.what.contains("copy-move") {
                    format!("{missing:.3}")
                } else if goal.what.starts_with("12-MP") {
                    format!("{missing:.0} ms")
                } else {
                    format!("{:.2} points", missing * 100.0)
                }
            }
            _ => "—".to_owned(),
        };
        let _ = writeln!(
            page,
            "| {} | {} | {} | {rendered} | {gap} | {large} | {real} |",
            goal.what, goal.goal, goal.floor
        );
    }
    other(measured, &mut page);
    section(
        &mut page,
        "Derived, by delivery (forged and undamaged, rendered)",
        &chains(measured, "rendered"),
        true,
    );
    damage_table(measured, &mut page);
    let edited = by_class(
        measured.of("edited", "rendered"),
        |row| &row.class,
        called_edited,
    );
    section(
        &mut page,
        "Undamaged derivatives called edited, by delivery (rendered)",
        &edited,
        false,
    );
    for suite in SUITES {
        let accused = by_class(
            measured.of("honest", suite),
            |row| &row.class,
            Row::is_accused,
        );
        section(
            &mut page,
            &format!("Honest photos accused, by kind ({suite})"),
            &accused,
            false,
        );
        let unclear = by_class(
            measured.of("honest", suite),
            |row| &row.class,
            |row| row.verdict != "clear",
        );
        section(
            &mut page,
            &format!("Honest photos not `clear`, by kind ({suite})"),
            &unclear,
            false,
        );
    }
    let flagged = by_class(
        measured
            .of("cross-view", "rendered")
            .filter(|row| row.class.starts_with("honest")),
        |row| &row.class,
        |row| row.has("damage_not_confirmed"),
    );
    section(
        &mut page,
        "Honest claims of several views flagged, by kind (rendered)",
        &flagged,
        false,
    );
    let unclear = by_class(
        measured
            .of("cross-view", "rendered")
            .filter(|row| row.class.starts_with("honest")),
        |row| &row.class,
        |row| row.verdict != "clear",
    );
    section(
        &mut page,
        "Honest claims of several views not clear, by kind (rendered)",
        &unclear,
        false,
    );
    let unmoved = by_class(measured.of("exact", "rendered"), |row| &row.class, is_exact);
    section(
        &mut page,
        "Fixed stand: grade `exact`, by what changed",
        &unmoved,
        false,
    );
    let linked = by_class(
        measured.of("exact", "rendered"),
        |row| &row.class,
        |row| is_derived(row) || row.has("direct:derived_from_reference"),
    );
    section(
        &mut page,
        "Fixed stand: called derived at any grade (pairs of one party are never asked)",
        &linked,
        false,
    );
    negatives_table(measured, &mut page);
    section(
        &mut page,
        "Search among earlier photos, by delivery (rendered)",
        &by_class(
            measured
                .of("reuse", "rendered")
                .filter(|row| row.class != NEW_PHOTO),
            |row| &row.class,
            found_first,
        ),
        true,
    );
    let made_anew = by_class(
        measured.of("rerender", "rendered"),
        |row| &row.class,
        is_derived,
    );
    section(&mut page, "Made anew: called derived", &made_anew, true);
    peers(measured, &mut page);
    if !plots.is_empty() {
        page += "\n## Plots\n\n";
        for name in plots {
            let _ = writeln!(page, "![{name}](plots/{name})");
        }
    }
    page
}

fn section(page: &mut String, title: &str, classes: &BTreeMap<String, Rate>, more_is_better: bool) {
    if classes.is_empty() {
        return;
    }
    let _ = write!(page, "\n## {title}\n\n| class | rate |\n|---|---|\n");
    for (name, rate) in classes {
        let _ = writeln!(
            page,
            "| {name} | {} |",
            share(rate, more_is_better).unwrap_or_default()
        );
    }
}

fn damage_table(measured: &Measured, page: &mut String) {
    let damages = damages(measured, "rendered");
    if damages.is_empty() {
        return;
    }
    *page += "\n## Edited region, by damage (rendered; F1 of each claim, averaged)\n\n\
              | damage | claims | as shown | median | mask point whatever the verdict |\n|---|---|---|---|---|\n";
    for (name, values) in damages {
        let points = mask_points(
            measured
                .of("derived", "rendered")
                .filter(|row| row.damage == name),
        );
        let point = points.map_or_else(|| "—".to_owned(), |(f1, _)| format!("{:.3}", mean(&f1)));
        let _ = writeln!(
            page,
            "| {name} | {} | {:.3} | {:.3} | {point} |",
            values.len(),
            mean(&values),
            quantile(&values, 0.5)
        );
    }
}

/// The pairs that stand in rows of many, by class, and how near the nearest came.
fn negatives_table(measured: &Measured, page: &mut String) {
    struct Class<'a> {
        sums: [f64; 4],
        highest: Option<(f64, &'a Row)>,
    }
    let mut classes: BTreeMap<&str, Class<'_>> = BTreeMap::new();
    for row in many_pairs(measured, "rendered") {
        let class = classes.entry(&row.class).or_insert(Class {
            sums: [0.0; 4],
            highest: None,
        });
        for (sum, name) in class
            .sums
            .iter_mut()
            .zip(["pairs", "compared", "near", "accepted"])
        {
            *sum += row.numbers.get(name).copied().unwrap_or_default();
        }
        let score = row.numbers.get("highest_score").copied();
        if let Some(score) = score
            && !row.chain.is_empty()
            && class.highest.is_none_or(|(most, _)| score > most)
        {
            class.highest = Some((score, row));
        }
    }
    if classes.is_empty() {
        return;
    }
    *page += "\n## Negative pairs, by class (rendered)\n\nPhotos as the cameras wrote them. Compared: keypoints agreed, so \
              that every block was looked at.\n\n| class | pairs | compared | near | called derived | highest score | of |\n\
              |---|---|---|---|---|---|---|\n";
    for (name, class) in classes {
        let [pairs, compared, near, accepted] = class.sums;
        let highest = class.highest.map_or_else(
            || "— | —".to_owned(),
            |(score, row)| format!("{score:.2} | item {}, {}", row.item, row.chain),
        );
        let _ = writeln!(
            page,
            "| {name} | {pairs} | {compared} | {near} | {accepted} | {highest} |"
        );
    }
}

/// Speed and reuse, whose rows are finished numbers.
fn other(measured: &Measured, page: &mut String) {
    let rows: Vec<&Row> = measured
        .rows
        .iter()
        .filter(|row| row.stage == "speed" || row.stage == "reuse-index")
        .collect();
    if rows.is_empty() {
        return;
    }
    *page += "\n## Speed and reuse\n\n| what | number | value |\n|---|---|---|\n";
    for row in rows {
        for (name, value) in &row.numbers {
            let _ = writeln!(page, "| {} | {name} | {value:.2} |", row.class);
        }
    }
}

/// The least threshold of a peer that accepts no negative, and its recall there.
fn peer_recall(
    rows: &[&Row],
    name: &str,
    more_is_closer: bool,
    negatives: &[&str],
) -> Option<String> {
    let score = |row: &Row| {
        row.numbers
            .get(name)
            .map(|value| if more_is_closer { *value } else { -value })
    };
    let truth = |row: &&&Row, kinds: &[&str]| kinds.iter().any(|kind| row.class.starts_with(kind));
    let most = rows
        .iter()
        .filter(|row| truth(row, negatives))
        .filter_map(|row| score(row))
        .fold(f64::NEG_INFINITY, f64::max);
    let mut rate = Rate::default();
    for row in rows.iter().filter(|row| truth(row, &["derived"])) {
        rate.add(&row.item, score(row)? > most);
    }
    share(&rate, true)
}

fn peers(measured: &Measured, page: &mut String) {
    let rows: Vec<&Row> = measured.of("peers", "rendered").collect();
    if rows.is_empty() {
        return;
    }
    let count = |kind: &str| {
        rows.iter()
            .filter(|row| row.class.starts_with(kind))
            .count()
    };
    let _ = write!(
        page,
        "\n## Peers on the same pairs\n\nEvery fifth item, each claim against one listing photo: {} derived, {} hard \
         negative, {} unrelated pairs. A peer's threshold is fitted on these very pairs, which flatters it; ours is the \
         product's.\n\n| method | recall at 0 of the unrelated | recall at 0 of all negatives | ms a pair |\n|---|---|---|---|\n",
        count("derived"),
        count("hard"),
        count("unrelated")
    );
    for (title, name, closer, time) in [
        ("ORB 2000, MAGSAC", "peer_orb", true, Some("peer_orb_ms")),
        ("SIFT 2000, MAGSAC", "peer_sift", true, Some("peer_sift_ms")),
        ("PDQ", "peer_pdq", false, None),
        ("PDQ, eight orientations", "peer_pdq8", false, None),
        ("pHash", "peer_phash", false, None),
    ] {
        let times: Vec<f64> = rows
            .iter()
            .filter_map(|row| time.and_then(|time| row.numbers.get(time)).copied())
            .collect();
        let _ = writeln!(
            page,
            "| {title} | {} | {} | {} |",
            peer_recall(&rows, name, closer, &["unrelated"]).unwrap_or_default(),
            peer_recall(&rows, name, closer, &["unrelated", "hard"]).unwrap_or_default(),
            if times.is_empty() {
                "—".to_owned()
            } else {
                format!("{:.0}", mean(&times))
            }
        );
    }
    let ours = rate(
        rows.iter()
            .copied()
            .filter(|row| row.class.starts_with("derived")),
        is_derived,
    );
    let wrong = rate(
        rows.iter()
            .copied()
            .filter(|row| !row.class.starts_with("derived")),
        is_derived,
    );
    let times: Vec<f64> = rows.iter().map(|row| row.milliseconds).collect();
    let _ = writeln!(
        page,
        "| ours, fixed thresholds | | {}; false {} of {} | {:.0} |",
        share(&ours, true).unwrap_or_default(),
        wrong.happened(),
        wrong.cases(),
        mean(&times)
    );
    *page += "\n| edited region | F1 |\n|---|---|\n";
    for (title, name) in [
        ("ELA, best threshold for each picture", "peer_ela"),
        ("DQ, best threshold for each picture", "peer_dq"),
        ("everything marked", "peer_everything"),
    ] {
        let values: Vec<f64> = rows
            .iter()
            .filter_map(|row| row.numbers.get(name))
            .copied()
            .collect();
        let _ = writeln!(page, "| {title} | {:.3} |", mean(&values));
    }
    let (f1, _) = overlaps(rows.iter().copied());
    let _ = writeln!(page, "| ours, fixed thresholds | {:.3} |", mean(&f1));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::Overlap;

    fn forged(suite: &str, mask_point: Option<Overlap>) -> Row {
        Row {
            stage: "derived".to_owned(),
            suite: suite.to_owned(),
            item: "one".to_owned(),
            damage: "crack".to_owned(),
            overlap: Some(Overlap {
                hit: 1,
                wrong: 1,
                missed: 0,
                pixels: 4,
            }),
            mask_point,
            ..Row::default()
        }
    }

    #[test]
    fn a_mask_point_that_no_row_recorded_is_no_measurement() {
        let found = Overlap {
            hit: 1,
            wrong: 0,
            missed: 0,
            pixels: 4,
        };
        let measured = Measured {
            heads: Vec::new(),
            rows: vec![
                forged("real", None),
                forged("rendered", Some(found)),
                forged("rendered", None),
            ],
        };
        let shown = "as shown F1 0.667, IoU 0.500";
        assert_eq!(
            masks(&measured, "real").unwrap(),
            format!(
                "{shown} (1 claims), worst damage crack 0.667; mask point whatever the verdict not measured"
            )
        );
        // Where the stage records it, a row without one was missed.
        assert_eq!(
            masks(&measured, "rendered").unwrap(),
            format!(
                "{shown} (2 claims), worst damage crack 0.667; mask point whatever the verdict F1 0.500, IoU 0.500"
            )
        );
        assert!(page(&measured, &[]).contains("| crack | 2 | 0.667 | 0.667 | 0.500 |"));
    }
}
