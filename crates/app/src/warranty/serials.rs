//! Items with serial numbers that were sold before there was a ledger, or elsewhere: taken over from a table, and out again with all
//! that were sold. What an order of ours or an exchange says already is never written over.

use super::walk::up_to_a_file;
use super::{Entry, bare, serial_wrong};
use crate::app::App;
use crate::catalogue::{Known, Saved, line, product_unknown, saved};
use crate::engine::Side;
use crate::error::AppError;
use crate::limits::{NAME_CHARS_MAX, WARRANTY_DAYS_MAX};
use aftercare_domain::ids::TenantId;
use aftercare_domain::{Day, Timestamp};
use aftercare_store::Write;
use aftercare_store::rows::WarrantyEntryRow;
use std::collections::BTreeMap;

/// An item that was sold, as it is imported.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SerialInput {
    /// As it stands on the item.
    pub serial: String,
    /// Code of the catalogue; without one, `product` and `category` say what it is.
    pub product_code: String,
    pub product: String,
    pub category: String,
    pub bought: Option<Timestamp>,
    pub delivered: Option<Timestamp>,
    /// Days that the seller promised; without, those of the catalogue.
    pub promised_days: Option<u32>,
}

impl SerialInput {
    /// What finds it again: letters and digits of the serial number, in capitals.
    #[must_use]
    pub fn key(&self) -> String {
        bare(&self.serial)
    }
}

impl App {
    /// Adds the sale of an item to the unit, unless the ledger has it like that already.
    ///
    /// # Errors
    /// `Invalid` for the column that is wrong; `serial_sold` where an order of ours sold it on other terms,
    /// `serial_exchanged` where it was handed over for another one.
    pub(crate) async fn put_serial(
        &self,
        tenant: TenantId,
        input: &SerialInput,
        known: &mut Known,
        side: &mut Side,
    ) -> Result<Saved, AppError> {
        let shown = line("serial", &input.serial, 1, NAME_CHARS_MAX)?;
        let serial = bare(&shown);
        if serial.is_empty() {
            return Err(serial_wrong("serial"));
        }
        let (product, category, usual) = match input.product_code.trim() {
            "" => {
                let product = line("product", &input.product, 0, NAME_CHARS_MAX)?;
                let category = line("category", &input.category, 0, NAME_CHARS_MAX)?;
                if product.is_empty() && category.is_empty() {
                    return Err(AppError::invalid(
                        "product_code",
                        "serial_product",
                        "请写商品编号，或者商品名称和类目。",
                        "Please give the code of the product, or its name and category.",
                    ));
                }
                (product, category, 0)
            }
            code => {
                let found = self.product_by_code(tenant, None, code, known).await?;
                let product = found.ok_or_else(|| product_unknown(code))?;
                (product.name, product.category, product.warranty_days)
            }
        };
        let (bought, delivered) = days(input, Day::of(self.now()))?;
        let promised_days = input.promised_days.unwrap_or(usual);
        if promised_days > WARRANTY_DAYS_MAX {
            return Err(AppError::invalid(
                "promised_days",
                "warranty_days",
                format!("保修天数最多 {WARRANTY_DAYS_MAX}。"),
                format!("At most {WARRANTY_DAYS_MAX} days of warranty."),
            ));
        }
        let source = format!("serial:{serial}");
        let (mut otherwise, mut came_for) = (None, None);
        for row in self.ledger(tenant, &serial).await? {
            match Entry::of(&row) {
                Some(Entry::Sold {
                    bought: known,
                    delivered: came,
                    ..
                }) if row.source != source => {
                    if (known, came) == (bought, delivered) {
                        return Ok(Saved::Unchanged);
                    }
                    otherwise = Some(known);
                }
                Some(Entry::CameFor { serial: other, .. }) => came_for = Some(other),
                _ => {}
            }
        }
        if let Some(other) = came_for {
            return Err(AppError::invalid(
                "serial",
                "serial_exchanged",
                format!("这一件是换给客户的（原来是 {other}），不用导入。"),
                format!("This one was handed over for {other}: it is in the ledger already."),
            ));
        }
        if let Some(known) = otherwise {
            return Err(AppError::invalid(
                "serial",
                "serial_sold",
                format!(
                    "台账里这个序列号已由订单登记（{known} 购买），和这一行不一样。请核对，或删掉这一行。"
                ),
                format!(
                    "The ledger has this serial number from an order ({known}), which differs from this row. Please check it, or remove the row."
                ),
            ));
        }
        let earlier = self.store().warranty_entry(tenant, &source).await?;
        let now = self.now();
        let mut row = WarrantyEntryRow {
            tenant,
            source,
            serial,
            shown,
            at: bought.china_midnight(),
            case: None,
            work_order: None,
            entry: Entry::Sold {
                product,
                category,
                promised_days,
                bought,
                delivered,
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

    /// Every item that was sold, each with its latest sale, by serial number; no more than one beyond what a file takes.
    pub(crate) async fn sales(&self, tenant: TenantId) -> Result<Vec<Sale>, AppError> {
        let mut latest: BTreeMap<String, (Timestamp, Sale)> = BTreeMap::new();
        self.each_entry(tenant, |row| {
            let known = latest.get(&row.serial);
            let is_older = known.is_some_and(|(at, _)| *at > row.at);
            if let Some(Entry::Sold {
                product,
                category,
                promised_days,
                bought,
                delivered,
            }) = Entry::of(&row)
                && !is_older
            {
                let sale = Sale {
                    serial: row.shown,
                    product,
                    category,
                    bought,
                    delivered,
                    promised_days,
                };
                latest.insert(row.serial, (row.at, sale));
            }
            Ok(up_to_a_file(latest.len()))
        })
        .await?;
        Ok(latest.into_values().map(|(_, sale)| sale).collect())
    }
}

/// An item that was sold, as it goes out.
pub(crate) struct Sale {
    pub serial: String,
    pub product: String,
    pub category: String,
    pub bought: Day,
    pub delivered: Option<Day>,
    pub promised_days: u32,
}

/// When it was bought and delivered: one of the days is needed, neither lies ahead, and nothing comes before it was bought.
fn days(input: &SerialInput, today: Day) -> Result<(Day, Option<Day>), AppError> {
    let [bought, delivered] = [input.bought, input.delivered].map(|at| at.map(Day::of));
    let Some(first) = bought.or(delivered) else {
        return Err(AppError::invalid(
            "bought",
            "serial_day",
            "请写购买日期或签收日期，例如 2026-10-30。",
            "Please give the day on which it was bought or delivered, such as 2026-10-30.",
        ));
    };
    for (column, day) in [("bought", bought), ("delivered", delivered)] {
        if day.is_some_and(|day| day > today) {
            return Err(AppError::invalid(
                column,
                "day_ahead",
                "日期还没有到。",
                "This day has not come yet.",
            ));
        }
    }
    if delivered.is_some_and(|delivered| delivered < first) {
        return Err(AppError::invalid(
            "delivered",
            "serial_days",
            "签收日期不能早于购买日期。",
            "It cannot have been delivered before it was bought.",
        ));
    }
    Ok((first, delivered))
}
