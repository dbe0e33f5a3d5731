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
