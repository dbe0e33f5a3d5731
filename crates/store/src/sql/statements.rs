//! Statements that every database understands, built of rows and names.

use super::Link;
use crate::error::StoreError;
use crate::rows::Row;
use crate::value::Value;

/// `"a", "b"`: every name is quoted, some are words of SQL.
pub(crate) fn names(columns: &[&str]) -> String {
    columns
        .iter()
        .map(|column| format!("\"{column}\""))
        .collect::<Vec<_>>()
        .join(", ")
}

/// `$1, $2`: a place for each of so many values.
pub(crate) fn places(count: usize) -> String {
    (1..=count)
        .map(|position| format!("${position}"))
        .collect::<Vec<_>>()
        .join(", ")
}

/// Reads rows of a table; `rest` is what follows `FROM table`.
pub(crate) async fn rows<R: Row, L: Link>(
    link: &mut L,
    rest: &str,
    values: Vec<Value>,
) -> Result<Vec<R>, StoreError> {
    let sql = format!("SELECT {} FROM {} {rest}", names(R::COLUMNS), R::TABLE);
    link.read(sql, values)
        .await?
        .into_iter()
        .map(R::from_values)
        .collect()
}

/// Writes a row as a whole: a new one, or in place of the one with its key but for [`Row::KEPT`].
pub(crate) async fn upsert<R: Row, L: Link>(link: &mut L, row: &R) -> Result<(), StoreError> {
    let updates = R::COLUMNS
        .iter()
        .filter(|column| !R::KEY.contains(column) && !R::KEPT.contains(column))
        .map(|column| format!("\"{column}\" = excluded.\"{column}\""))
        .collect::<Vec<_>>()
        .join(", ");
    let sql = format!(
        "INSERT INTO {} ({}) VALUES ({}) ON CONFLICT ({}) DO UPDATE SET {updates}",
        R::TABLE,
        names(R::COLUMNS),
        places(R::COLUMNS.len()),
        names(R::KEY),
    );
    link.run(sql, row.values()).await?;
    Ok(())
}
