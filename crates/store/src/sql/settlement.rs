//! Statements of what technicians and outlets are owed, and old parts that come back. The primary key of their lines is what each was made of: whatever the application
//! believes, the database takes none of them twice.

use super::Link;
use super::checked::Rows;
use crate::error::StoreError;
use crate::rows::{Row, StatementLineRow, StockMoveRow};
use crate::types::Write;
use crate::value::Column as _;

pub(super) async fn change<L: Link>(
    link: &mut L,
    rows: &mut Rows,
    write: &Write,
) -> Result<(), StoreError> {
    match write {
        // Never in place of one that is there: that one stands in another statement.
        Write::AddStatementLine(row) => {
            let (table, columns) = (StatementLineRow::TABLE, StatementLineRow::COLUMNS);
            rows.insert(link, table, columns, row.values(), "").await?;
        }
        // The same: an act is done once.
        Write::StockMove(row) => {
            let (table, columns) = (StockMoveRow::TABLE, StockMoveRow::COLUMNS);
            rows.insert(link, table, columns, row.values(), "").await?;
        }
        Write::TakeStatementLine {
            tenant,
            source,
            statement,
            number,
        } => {
            let sql = "UPDATE statement_lines SET statement = $3, number = $4 WHERE tenant = $1 AND source = $2 AND statement IS NULL";
            let values = vec![
                tenant.to_value(),
                source.to_value(),
                statement.to_value(),
                number.to_value(),
            ];
            let taken = rows.change(link, "statement_lines", sql, values).await?;
            if taken.is_empty() {
                return Err(StoreError::Used);
            }
        }
        Write::ApproveStatement { statement, by, at } => {
            let sql = "UPDATE statements SET approved_by = $2, approved_at = $3 WHERE id = $1 AND approved_at IS NULL";
            let values = vec![statement.to_value(), by.to_value(), at.to_value()];
            let approved = rows.change(link, "statements", sql, values).await?;
            if approved.is_empty() {
                return Err(StoreError::Used);
            }
        }
        Write::RemoveStatement(statement) => {
            let id = || vec![statement.to_value()];
            let sql = "DELETE FROM statements WHERE id = $1 AND approved_at IS NULL";
            if rows.remove(link, "statements", sql, id()).await? == 0 {
                return Err(StoreError::Used);
            }
            // What somebody else owes for work that is settled no more is owed no more; what stands in a statement stays.
            let sql = "DELETE FROM statement_lines WHERE statement IS NULL AND kind = 'back_charge' AND EXISTS (SELECT 1 FROM statement_lines l WHERE l.statement = $1 AND l.kind = 'labor' AND l.tenant = statement_lines.tenant AND l.work_order = statement_lines.work_order)";
            rows.remove(link, "statement_lines", sql, id()).await?;
            // Of such a line in this one the work may have been given up since.
            let sql = "DELETE FROM statement_lines WHERE statement = $1 AND waited = 1 AND kind = 'back_charge' AND NOT EXISTS (SELECT 1 FROM statement_lines l WHERE l.kind = 'labor' AND l.tenant = statement_lines.tenant AND l.work_order = statement_lines.work_order)";
            rows.remove(link, "statement_lines", sql, id()).await?;
            // What waited before it waits again.
            let sql = "UPDATE statement_lines SET statement = NULL, number = NULL WHERE statement = $1 AND waited = 1";
            rows.change(link, "statement_lines", sql, id()).await?;
            let sql = "DELETE FROM statement_lines WHERE statement = $1";
            rows.remove(link, "statement_lines", sql, id()).await?;
        }
        Write::RemoveCore(core) => {
            let sql = "DELETE FROM cores WHERE id = $1 AND state = 'owed'";
            if rows
                .remove(link, "cores", sql, vec![core.to_value()])
                .await?
                == 0
            {
                return Err(StoreError::Used);
            }
        }
        _ => {}
    }
    Ok(())
}
