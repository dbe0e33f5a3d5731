//! Small tools between values and sqlx.

use crate::error::StoreError;
use crate::rows::Row;
use crate::value::Value;
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{AssertSqlSafe, Executor, Row as _, Sqlite, TypeInfo as _, ValueRef as _};

type Query = sqlx::query::Query<'static, Sqlite, SqliteArguments>;

/// A statement with its values bound. Statements are built of names in this crate only, never of
/// what came from outside: that is bound.
pub(super) fn statement(sql: impl Into<String>, values: Vec<Value>) -> Query {
    let mut query = sqlx::query(AssertSqlSafe(sql.into()));
    for value in values {
        query = match value {
            Value::Null => query.bind(None::<i64>),
            Value::Int(number) => query.bind(number),
            Value::Text(text) => query.bind(text),
            Value::Blob(bytes) => query.bind(bytes),
        };
    }
    query
}

/// Runs a statement; gives the number of rows it touched.
pub(super) async fn run(
    executor: impl Executor<'_, Database = Sqlite>,
    sql: impl Into<String>,
    values: Vec<Value>,
) -> Result<u64, StoreError> {
    Ok(statement(sql, values)
        .execute(executor)
        .await?
        .rows_affected())
}

/// Reads rows as values.
pub(super) async fn read(
    executor: impl Executor<'_, Database = Sqlite>,
    sql: impl Into<String>,
    values: Vec<Value>,
) -> Result<Vec<Vec<Value>>, StoreError> {
    let rows = statement(sql, values).fetch_all(executor).await?;
    rows.iter().map(values_of).collect()
}

/// The values of a row as they are stored.
pub(super) fn values_of(row: &SqliteRow) -> Result<Vec<Value>, StoreError> {
    (0..row.len())
        .map(|column| {
            let raw = row.try_get_raw(column)?;
            if raw.is_null() {
                return Ok(Value::Null);
            }
            Ok(match raw.type_info().name() {
                "INTEGER" | "BOOLEAN" => Value::Int(row.try_get_unchecked(column)?),
                "TEXT" => Value::Text(row.try_get_unchecked(column)?),
                "BLOB" => Value::Blob(row.try_get_unchecked(column)?),
                other => {
                    return Err(StoreError::corrupt("a column", format!("it holds {other}")));
                }
            })
        })
        .collect()
}

/// `"a", "b"`: every name is quoted, some are words of SQL.
pub(super) fn names(columns: &[&str]) -> String {
    columns
        .iter()
        .map(|column| format!("\"{column}\""))
        .collect::<Vec<_>>()
        .join(", ")
}

/// Reads rows of a table; `rest` is what follows `FROM table`.
pub(super) async fn rows<R: Row>(
    executor: impl Executor<'_, Database = Sqlite>,
    rest: &str,
    values: Vec<Value>,
) -> Result<Vec<R>, StoreError> {
    let sql = format!("SELECT {} FROM {} {rest}", names(R::COLUMNS), R::TABLE);
    read(executor, sql, values)
        .await?
        .into_iter()
        .map(R::from_values)
        .collect()
}

/// Writes a row as a whole: a new one, or in place of the one with its key but for [`Row::KEPT`].
pub(super) async fn upsert<R: Row>(
    executor: impl Executor<'_, Database = Sqlite>,
    row: &R,
) -> Result<(), StoreError> {
    let marks = (1..=R::COLUMNS.len())
        .map(|position| format!("${position}"))
        .collect::<Vec<_>>()
        .join(", ");
    let updates = R::COLUMNS
        .iter()
        .filter(|column| !R::KEY.contains(column) && !R::KEPT.contains(column))
        .map(|column| format!("\"{column}\" = excluded.\"{column}\""))
        .collect::<Vec<_>>()
        .join(", ");
    let sql = format!(
        "INSERT INTO {} ({}) VALUES ({marks}) ON CONFLICT ({}) DO UPDATE SET {updates}",
        R::TABLE,
        names(R::COLUMNS),
        names(R::KEY),
    );
    run(executor, sql, row.values()).await?;
    Ok(())
}
