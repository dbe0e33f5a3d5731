//! Repairs from before there was a ledger, or done elsewhere: taken over from a table as the shop tells them, marked as such, and
//! out again. They count as the others do; a case of ours about the same day is never written over.

use super::walk::up_to_a_file;
use super::{Entry, Replaced, Said, bare, serial_wrong};
use crate::app::App;
use crate::catalogue::{Saved, line, saved};
use crate::engine::Side;
use crate::equipment::{read_parts, written_parts};
use crate::error::AppError;
use crate::limits::NAME_CHARS_MAX;
use aftercare_domain::ids::TenantId;
use aftercare_domain::{Day, Timestamp};
use aftercare_store::Write;
use aftercare_store::rows::WarrantyEntryRow;

/// An earlier repair, as it is imported.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EarlierInput {
    /// As it stands on the item.
    pub serial: String,
    /// When it was asked for, and when it was done.
    pub reported: Option<Timestamp>,
    pub done: Option<Timestamp>,
    /// Whether it helped.
    pub fixed: bool,
    /// Parts that were used, such as `valve x 1`.
    pub used: Vec<String>,
    /// Parts that had failed, such as `pump: OLD-1 > NEW-1`.
    pub replaced: Vec<String>,
}

impl EarlierInput {
    /// What finds it again: letters and digits of the serial number, in capitals, and the day on which it was asked for.
    #[must_use]
    pub fn key(&self) -> String {
        let day = self.reported.map(Day::of).map(|day| day.to_string());
        format!("{} {}", bare(&self.serial), day.unwrap_or_default())
    }
}

/// An earlier repair, as it goes out.
pub(crate) struct EarlierRepair {
    pub serial: String,
    pub reported: Day,
    pub done: Day,
    pub fixed: bool,
    pub used: Vec<String>,
    pub replaced: Vec<String>,
}

impl App {
    /// Adds an earlier repair to the unit, unless the ledger has it like that already.
    ///
    /// # Errors
    /// `Invalid` for the column that is wrong; `earlier_known` where a case of ours was opened that day.
    pub(crate) async fn put_earlier(
        &self,
        tenant: TenantId,
        input: &EarlierInput,
        side: &mut Side,
    ) -> Result<Saved, AppError> {
        let shown = line("serial", &input.serial, 1, NAME_CHARS_MAX)?;
        let serial = bare(&shown);
        if serial.is_empty() {
            return Err(serial_wrong("serial"));
        }
        let reported = needed("reported", input.reported)?;
        let done = needed("done", input.done)?;
        if done > Day::of(self.now()) {
            return Err(AppError::invalid(
                "done",
                "day_ahead",
                "日期还没有到。",
                "This day has not come yet.",
            ));
        }
        if done < reported {
            return Err(AppError::invalid(
                "done",
                "earlier_days",
                "完工日期不能早于报修日期。",
                "It cannot have been done before it was asked for.",
            ));
        }
        let used = written_parts(&read_parts("used", &input.used)?);
        let replaced = Said::read("", &input.replaced)?.replaced;
        let of_ours = |row: &WarrantyEntryRow| row.case.is_some() && Day::of(row.at) == reported;
        if self.ledger(tenant, &serial).await?.iter().any(of_ours) {
            return Err(AppError::invalid(
                "reported",
                "earlier_known",
                "台账里已有这一天报修的案件，请删掉这一行。",
                "The ledger has a case of this day already. Please remove the row.",
            ));
        }
        let source = format!("history:{serial}:{reported}");
        let earlier = self.store().warranty_entry(tenant, &source).await?;
        let now = self.now();
        let mut row = WarrantyEntryRow {
            tenant,
            source,
            serial,
            shown,
            at: reported.china_midnight(),
            case: None,
            work_order: None,
            entry: Entry::Earlier {
                done,
                failed: !input.fixed,
                used,
                replaced: replaced.unwrap_or_default(),
            }
            .to_value()?,
            saved_at: earlier.as_ref().map_or(now, |earlier| earlier.saved_at),
        };
        let saved = saved(earlier.as_ref(), &row);
        if saved != Saved::Unchanged {
            row.saved_at = now;
            side.writes.push(Write::WarrantyEntry(row));
        }
        Ok(saved)
    }

    /// Every earlier repair, by serial number and day; no more than one beyond what a file takes.
    pub(crate) async fn earlier_repairs(
        &self,
        tenant: TenantId,
    ) -> Result<Vec<EarlierRepair>, AppError> {
        let mut repairs = Vec::new();
        self.each_entry(tenant, |row| {
            if let Some(Entry::Earlier {
                done,
                failed,
                used,
                replaced,
            }) = Entry::of(&row)
            {
                repairs.push(EarlierRepair {
                    serial: row.shown,
                    reported: Day::of(row.at),
                    done,
                    fixed: !failed,
                    used,
                    replaced: replaced.iter().map(Replaced::to_string).collect(),
                });
            }
            Ok(up_to_a_file(repairs.len()))
        })
        .await?;
        Ok(repairs)
    }
}

fn needed(column: &str, at: Option<Timestamp>) -> Result<Day, AppError> {
    at.map(Day::of).ok_or_else(|| {
        AppError::invalid(
            column,
            "earlier_day",
            "请写日期，例如 2026-10-30。",
            "Please give the day, such as 2026-10-30.",
        )
    })
}
