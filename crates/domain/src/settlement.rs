//! What a technician, or the outlet of a technician, is owed for finished work, by the tariff of the tenant: whole fen, the same whenever it is computed. Each
//! line has a source that is its own for ever, so that nothing can be settled twice.

use crate::day::Day;
use crate::event::QuoteLine;
use crate::ids::{CaseId, OutletId, TechnicianId, WorkOrderId};
use crate::limits::{TARIFF_CODES_MAX, TARIFF_FEN_MAX};
use crate::money::Fen;
use crate::refused::Refused;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// The rules by which work is settled.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Tariff {
    /// For each visit of a kind, such as `repair`, whatever the customer paid.
    pub base: BTreeMap<String, Fen>,
    /// Thousandths of what the customer agreed to pay, of lines that are neither parts nor travel.
    pub labor_permille: u16,
    /// Thousandths of lines about parts.
    pub parts_permille: u16,
    /// Thousandths of lines about travel.
    pub travel_permille: u16,
    /// How codes of the price book that are about parts begin.
    pub parts_codes: Vec<String>,
    /// How codes of the price book that are about travel begin.
    pub travel_codes: Vec<String>,
    /// For each kilometer, straight, beyond those that are free; parts of one count as parts.
    pub per_km: Fen,
    /// Meters that are free.
    pub free_m: u32,
    /// Thousandths of what work that is done again earns, taken back from whoever's work did not hold.
    pub back_charge_permille: u16,
}

/// Thousandths of the whole.
const WHOLE: u16 = 1_000;

impl Tariff {
    /// Whether it can be settled by.
    ///
    /// # Errors
    /// `tariff_not_valid`: a share beyond the whole, an amount below zero or beyond any real one, an empty code, or too many.
    pub fn check(&self) -> Result<(), Refused> {
        let shares = [
            self.labor_permille,
            self.parts_permille,
            self.travel_permille,
            self.back_charge_permille,
        ];
        let mut amounts = self.base.values().chain([&self.per_km]);
        let codes = || self.parts_codes.iter().chain(&self.travel_codes);
        let sound = shares.iter().all(|share| *share <= WHOLE)
            && amounts.all(|amount| (Fen::ZERO..=TARIFF_FEN_MAX).contains(amount))
            && self.base.len() <= TARIFF_CODES_MAX
            && codes().count() <= TARIFF_CODES_MAX
            && codes().all(|code| !code.trim().is_empty());
        if sound {
            return Ok(());
        }
        Err(Refused::new(
            "tariff_not_valid",
            format!(
                "结算规则不对：比例在 0 到 1000‰ 之间，金额在 ¥0.00 到 {TARIFF_FEN_MAX} 之间，编号开头最多 {TARIFF_CODES_MAX} 个且不能为空。"
            ),
            format!(
                "The tariff is not valid: shares are 0 to 1000 ‰, amounts ¥0.00 to {TARIFF_FEN_MAX}, and at most {TARIFF_CODES_MAX} beginnings of codes, none of them empty."
            ),
        ))
    }

    fn kind_of(&self, line: &QuoteLine) -> LineKind {
        let begins = |codes: &[String]| codes.iter().any(|code| line.code.starts_with(code.trim()));
        if begins(&self.parts_codes) {
            LineKind::Parts
        } else if begins(&self.travel_codes) {
            LineKind::Travel
        } else {
            LineKind::Labor
        }
    }
}

/// Who is owed what work earned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Payee {
    /// Whoever did it.
    Technician(TechnicianId),
    /// The outlet that whoever did it belongs to, where it is settled with as a whole.
    Outlet(OutletId),
}

/// Whose work is done again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reworked {
    /// Who did it first.
    pub technician: TechnicianId,
    /// It counted as failed: nothing is taken back where nothing was wrong.
    pub failed: bool,
}

/// Finished work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    pub work_order: WorkOrderId,
    pub case: CaseId,
    pub technician: TechnicianId,
    /// Such as `repair`.
    pub kind: String,
    pub done: Day,
    /// What the customer agreed to pay.
    pub quote: Vec<QuoteLine>,
    /// Straight, when it was accepted.
    pub distance_m: u32,
    pub reworks: Option<Reworked>,
}

/// What a line is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineKind {
    Labor,
    Parts,
    Travel,
    BackCharge,
    Correction,
    /// Cash of a customer that whoever did the work has.
    Cash,
}

impl LineKind {
    /// The stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Labor => "labor",
            Self::Parts => "parts",
            Self::Travel => "travel",
            Self::BackCharge => "back_charge",
            Self::Correction => "correction",
            Self::Cash => "cash",
        }
    }
}

/// A line of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What it is made of: no two lines have the same.
    pub source: String,
    /// Who is owed it, or owes it where it is below zero.
    pub technician: TechnicianId,
    pub case: CaseId,
    pub work_order: WorkOrderId,
    pub kind: LineKind,
    pub amount: Fen,
}

/// The source of a line of a work order.
#[must_use]
pub fn source_of(work_order: WorkOrderId, kind: LineKind) -> String {
    format!("work:{work_order}:{}", kind.name())
}

/// Thousandths of an amount that is not below zero, half a fen upwards.
#[must_use]
pub fn share(amount: Fen, permille: u16) -> Fen {
    let exact = i128::from(amount.0) * i128::from(permille) + 500;
    Fen(i64::try_from(exact.div_euclid(1_000)).unwrap_or(i64::MAX))
}

/// The lines of finished work: labor always, also of nothing, so that it is known as settled; parts and travel where there is
/// something; and what is taken back from whoever's work is done again.
#[must_use]
pub fn lines_of(job: &Job, tariff: &Tariff) -> Vec<Line> {
    let sum = |kind: LineKind| {
        let lines = job.quote.iter().filter(|line| tariff.kind_of(line) == kind);
        Fen(lines.fold(0_i64, |sum, line| sum.saturating_add(line.amount.0)))
    };
    let base = tariff.base.get(&job.kind).copied().unwrap_or(Fen::ZERO);
    let labor = share(sum(LineKind::Labor), tariff.labor_permille);
    // Meters beyond the free ones are thousandths of kilometers.
    let meters = i128::from(job.distance_m.saturating_sub(tariff.free_m));
    let way = (i128::from(tariff.per_km.0) * meters + 500).div_euclid(1_000);
    let way = i64::try_from(way).unwrap_or(i64::MAX);
    let travel = share(sum(LineKind::Travel), tariff.travel_permille);
    let amounts = [
        (LineKind::Labor, base.0.saturating_add(labor.0)),
        (
            LineKind::Parts,
            share(sum(LineKind::Parts), tariff.parts_permille).0,
        ),
        (LineKind::Travel, way.saturating_add(travel.0)),
    ];
    let line = |technician, kind, amount| Line {
        source: source_of(job.work_order, kind),
        technician,
        case: job.case,
        work_order: job.work_order,
        kind,
        amount: Fen(amount),
    };
    let mut lines: Vec<Line> = amounts
        .iter()
        .filter(|(kind, amount)| *kind == LineKind::Labor || *amount != 0)
        .map(|(kind, amount)| line(job.technician, *kind, *amount))
        .collect();
    if let Some(first) = job.reworks.filter(|first| first.failed) {
        let earned = amounts
            .iter()
            .fold(0_i64, |sum, (_, amount)| sum.saturating_add(*amount));
        let back = share(Fen(earned), tariff.back_charge_permille).0;
        if back != 0 {
            lines.push(line(first.technician, LineKind::BackCharge, -back));
        }
    }
    lines
}

/// A month of the calendar in China.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month(Day);

impl Month {
    /// Reads `2026-11`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Day::parse(&format!("{}-01", text.trim())).map(Self)
    }

    /// The month of a day.
    #[must_use]
    pub fn of(day: Day) -> Self {
        let text = day.to_string();
        text.get(..7).and_then(Self::parse).unwrap_or(Self(day))
    }

    /// Its first day.
    #[must_use]
    pub const fn first_day(self) -> Day {
        self.0
    }

    /// Its last day.
    #[must_use]
    pub fn last_day(self) -> Day {
        self.0.plus_months(1).plus_days(-1)
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let day = self.0.to_string();
        f.write_str(day.get(..7).unwrap_or(&day))
    }
}
