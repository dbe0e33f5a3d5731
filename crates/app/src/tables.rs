//! Lists as tables of comma-separated values, for a spreadsheet: what the pages show, and nothing that they do not.

use crate::app::App;
use crate::error::AppError;
use crate::limits::{CASES_EXPORT_MAX, PAGE_ROWS_MAX};
use crate::lists::Paging;
use crate::principal::Principal;
use crate::warranty::csv_cell;
use aftercare_domain::Timestamp;
use std::fmt::Write as _;

fn moment(at: Option<Timestamp>) -> String {
    at.map(Timestamp::to_china_text).unwrap_or_default()
}

impl App {
    /// The cases of a tenant; times are of China. Nothing of a person is in it.
    ///
    /// # Errors
    /// A missing role, or more cases than one file may have.
    pub async fn cases_csv(
        &self,
        principal: &Principal,
        open_only: bool,
    ) -> Result<String, AppError> {
        let mut text = "number,kind,state,closed,opened,changed,next_deadline\r\n".to_owned();
        let mut paging = Paging {
            cursor: None,
            limit: Some(PAGE_ROWS_MAX),
        };
        let mut count = 0_usize;
        loop {
            let page = self.cases(principal, open_only, &paging).await?;
            count += page.items.len();
            if count > CASES_EXPORT_MAX {
                return Err(AppError::invalid(
                    "limit",
                    "export_too_large",
                    format!("案件超过 {CASES_EXPORT_MAX} 件，请用接口分页读取。"),
                    format!(
                        "There are more than {CASES_EXPORT_MAX} cases. Please read them page by page through the API."
                    ),
                ));
            }
            for row in &page.items {
                // Writing to a string never fails.
                let _ = write!(
                    text,
                    "{},{},{},{},{},{},{}\r\n",
                    csv_cell(&row.number),
                    csv_cell(&row.kind),
                    csv_cell(&row.state),
                    row.closed,
                    csv_cell(&moment(Some(row.opened_at))),
                    csv_cell(&moment(Some(row.updated_at))),
                    csv_cell(&moment(row.next_due)),
                );
            }
            if page.next_cursor.is_none() {
                return Ok(text);
            }
            paging.cursor = page.next_cursor;
        }
    }

    /// The parts at outlets and on vans: `outlet` rows have when they are ordered, `van` rows what is reserved.
    ///
    /// # Errors
    /// A missing role.
    pub async fn stock_csv(&self, principal: &Principal) -> Result<String, AppError> {
        let stock = self.stock(principal).await?;
        let mut text = "place,code,name,part,count,reserved,order_at,short\r\n".to_owned();
        for row in &stock.outlets {
            let _ = write!(
                text,
                "outlet,{},{},{},{},,{},{}\r\n",
                csv_cell(&row.outlet),
                csv_cell(&row.outlet_name),
                csv_cell(&row.part),
                row.count,
                row.reorder_at,
                row.low,
            );
        }
        for row in &stock.vans {
            let _ = write!(
                text,
                "van,{},{},{},{},{},,{}\r\n",
                csv_cell(&row.technician.to_string()),
                csv_cell(&row.name),
                csv_cell(&row.part),
                row.count,
                row.reserved,
                row.missing,
            );
        }
        Ok(text)
    }

    /// What technicians and outlets are owed of a month, a line a statement, in fen; drafts are said to be drafts.
    ///
    /// # Errors
    /// A missing role, or a month that is none.
    pub async fn statements_csv(
        &self,
        principal: &Principal,
        month: &str,
    ) -> Result<String, AppError> {
        let listed = self.statements(principal, month).await?;
        let mut text = "technician,outlet,name,month,amount_fen,state\r\n".to_owned();
        for row in &listed {
            let state = if row.approved { "approved" } else { "draft" };
            let _ = write!(
                text,
                "{},{},{},{},{},{state}\r\n",
                csv_cell(
                    &row.technician
                        .map(|who| who.to_string())
                        .unwrap_or_default()
                ),
                csv_cell(row.outlet.as_deref().unwrap_or_default()),
                csv_cell(&row.name),
                csv_cell(&row.month),
                row.total.0,
            );
        }
        Ok(text)
    }
}
