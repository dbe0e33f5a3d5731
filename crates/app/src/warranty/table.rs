//! The ledger of items with serial numbers as a table.

use super::{Entry, READERS, Replaced};
use crate::access::staff;
use crate::app::App;
use crate::error::AppError;
use crate::limits::WARRANTY_EXPORT_MAX;
use crate::principal::Principal;
use aftercare_domain::case::WorkOrder;
use aftercare_domain::ids::CaseId;
use aftercare_domain::{Case, Day};
use aftercare_store::rows::WarrantyEntryRow;
use std::fmt::Write as _;

impl App {
    /// The whole ledger as a table for a spreadsheet: a row an entry, UTF-8, lines ended by CRLF (RFC 4180).
    ///
    /// # Errors
    /// A missing role, or more entries than one file may have.
    pub async fn warranty_csv(&self, principal: &Principal) -> Result<String, AppError> {
        staff(principal, READERS)?;
        let tenant = principal.tenant();
        let mut text = "serial,kind,day,product,category,promised_days,delivered,case,work_order,used,replaced,other_serial,diagnosis,actions\r\n".to_owned();
        let (mut after, mut count) = (String::new(), 0_usize);
        let mut read: Option<(CaseId, Case)> = None;
        loop {
            let rows = self.next_entries(tenant, &mut after).await?;
            if rows.is_empty() {
                return Ok(text);
            }
            count += rows.len();
            if count > WARRANTY_EXPORT_MAX {
                return Err(AppError::invalid(
                    "limit",
                    "export_too_large",
                    format!("台账超过 {WARRANTY_EXPORT_MAX} 条，请用接口按序列号读取。"),
                    format!(
                        "The ledger has more than {WARRANTY_EXPORT_MAX} entries. Please read it by serial number through the API."
                    ),
                ));
            }
            for row in &rows {
                // Of a repair the case says what was found and done; the entries of one often follow one another.
                if let (Some(id), Some(_)) = (row.case, row.work_order)
                    && read.as_ref().is_none_or(|(known, _)| *known != id)
                {
                    read = Some((id, self.load(id).await?));
                }
                let case = read.as_ref().filter(|(known, _)| row.case == Some(*known));
                let order = case.zip(row.work_order);
                let order = order.and_then(|((_, case), id)| case.work_orders.get(&id));
                csv_row(&mut text, row, order);
            }
        }
    }
}

/// A cell of a table: in quotes, and never taken for a formula by a spreadsheet.
pub(crate) fn csv_cell(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let mark = if formula { "'" } else { "" };
    format!("\"{mark}{}\"", text.replace('"', "\"\""))
}

fn csv_row(text: &mut String, row: &WarrantyEntryRow, order: Option<&WorkOrder>) {
    let Some(entry) = Entry::of(row) else {
        return;
    };
    let id = |id: Option<String>| id.unwrap_or_default();
    let [mut product, mut category, mut promised, mut delivered] = [const { String::new() }; 4];
    let [mut used_parts, mut replaced_parts, mut other] = [const { String::new() }; 3];
    match &entry {
        Entry::Sold {
            product: name,
            category: kind,
            promised_days,
            delivered: on,
            ..
        } => {
            product.clone_from(name);
            category.clone_from(kind);
            promised = promised_days.to_string();
            delivered = on.map(|day| day.to_string()).unwrap_or_default();
        }
        Entry::Repaired { used, replaced } | Entry::Earlier { used, replaced, .. } => {
            used_parts = used.join("; ");
            let replaced: Vec<String> = replaced.iter().map(Replaced::to_string).collect();
            replaced_parts = replaced.join("; ");
        }
        Entry::CameFor {
            serial,
            product: name,
            category: kind,
            promised_days,
            ..
        } => {
            other.clone_from(serial);
            product.clone_from(name);
            category.clone_from(kind);
            promised = promised_days.to_string();
        }
        Entry::WentFor { serial, .. } => other.clone_from(serial),
    }
    let cells = [
        row.shown.clone(),
        entry.kind().to_owned(),
        Day::of(row.at).to_string(),
        product,
        category,
        promised,
        delivered,
        id(row.case.map(|case| case.to_string())),
        id(row.work_order.map(|order| order.to_string())),
        used_parts,
        replaced_parts,
        other,
        id(order.and_then(|order| order.diagnosis.clone())),
        order
            .map(|order| order.actions.join("; "))
            .unwrap_or_default(),
    ]
    .map(|cell| csv_cell(&cell));
    // Writing to a string never fails.
    let _ = write!(text, "{}\r\n", cells.join(","));
}
