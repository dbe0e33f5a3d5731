//! Rows that neither the log nor the projections cover: each has a checksum under the key of the rows, over everything that
//! it says and the table it stands in, and each table is counted in a tally that is sealed under the same key. Whoever changes
//! a row behind the program's back cannot make its checksum; whoever takes one away, puts one in or sets one back to what it
//! was does not meet the tally. The one writer keeps both, in the transaction of the change.

use super::dump::dumped;
use super::statements::{names, places};
use super::{Link, first};
use crate::directory::LogSize;
use crate::error::StoreError;
use crate::limits::{CHECKSUMS_AT_ONCE, KEYS_AT_ONCE, NUMBERS_LEFT_OUT};
use crate::rows::Row;
use crate::value::{Column as _, Value};
use aftercare_vault::RowKey;
use std::collections::HashMap;
use std::sync::LazyLock;

/// Tables with the columns of their keys, and the columns that a dump leaves out: a checksum leaves out none. The place of a
/// table is its place in the tally: new ones come last.
const TABLES: [(&str, &[&str], &[&str]); 49] = [
    ("api_tokens", &["id"], &["last_used_at"]),
    ("blobs", &["name"], &[]),
    ("case_access", &["case"], &[]),
    ("case_keys", &["case", "party"], &[]),
    ("checkpoints", &["size"], &[]),
    ("cosigned_checkpoints", &["size"], &[]),
    ("evidence_blobs", &["evidence"], &[]),
    ("fingerprints", &["evidence"], &[]),
    ("idempotency", &["scope", "key"], &[]),
    (
        "jobs",
        &["id"],
        &["run_at", "attempts", "leased_until", "last_error"],
    ),
    ("listing_photos", &["id"], &[]),
    ("one_time_links", &["token_hash"], &[]),
    ("order_lines", &["id"], &[]),
    ("orders", &["id"], &[]),
    ("outbox", &["id"], &[]),
    ("outlets", &["id"], &[]),
    ("persons", &["id"], &[]),
    ("price_book", &["tenant", "code"], &[]),
    ("products", &["id"], &[]),
    ("rule_packs", &["tenant", "pack", "version"], &[]),
    ("sessions", &["token_hash"], &["last_seen_at"]),
    ("skus", &["id"], &[]),
    ("technicians", &["id"], &[]),
    ("tenants", &["id"], &[]),
    ("timestamps", &["size"], &[]),
    ("users", &["id"], &[]),
    ("webhook_deliveries", &["id"], &["leased_until"]),
    ("webhooks", &["id"], &[]),
    ("key_rotations", &["tenant", "version"], &[]),
    ("legal_holds", &["case", "placed_at"], &[]),
    ("case_ends", &["case", "part"], &[]),
    ("packing_records", &["id"], &[]),
    ("packing_pieces", &["id"], &[]),
    ("warranty_entries", &["tenant", "source"], &[]),
    ("statements", &["id"], &[]),
    ("statement_lines", &["tenant", "source"], &[]),
    ("outlet_stock", &["outlet", "part"], &[]),
    ("stock_moves", &["tenant", "key"], &[]),
    ("calls", &["tenant", "id"], &[]),
    ("conversations", &["tenant", "case"], &[]),
    ("desk_texts", &["tenant", "id", "version"], &[]),
    (
        "area_prices",
        &["tenant", "code", "area", "category", "from_day"],
        &[],
    ),
    ("preferences", &["tenant", "who"], &[]),
    ("relay_lines", &["tenant", "technician"], &[]),
    ("relays", &["tenant", "work_order"], &[]),
    ("cores", &["id"], &[]),
    ("erasure_requests", &["case", "asked_at"], &[]),
    ("applications", &["id"], &[]),
    ("customers", &["person"], &[]),
];

/// Tables whose rows this crate numbers.
const NUMBERED: [&str; 3] = ["jobs", "outbox", "webhook_deliveries"];

/// The column of the checksum, and the table of the tally: neither is data, so no dump has them.
pub(crate) const CHECKSUM: &str = "checksum";
pub(crate) const TALLY_TABLE: &str = "row_tally";

/// Bytes of a table in a tally: rows, sum, last number.
const COUNT_BYTES: usize = 8 + 16 + 8;

/// A table whose rows have checksums.
pub(super) struct Checked {
    pub(super) name: &'static str,
    pub(super) key: &'static [&'static str],
    /// All of them but the checksum, by name.
    pub(super) columns: Vec<&'static str>,
}

/// The columns of a table that its checksums cover, in the order of values that [`Rows::exchange`] takes.
pub(super) fn columns_of(table: &str) -> Result<&'static [&'static str], StoreError> {
    Ok(&CHECKED[place_of(table)?].columns)
}

/// All of them, in the order of the tally.
pub(super) static CHECKED: LazyLock<Vec<Checked>> = LazyLock::new(|| {
    TABLES
        .iter()
        .map(|&(name, key, volatile)| {
            let mut columns: Vec<_> = dumped(name).iter().chain(volatile).copied().collect();
            columns.sort_unstable();
            Checked { name, key, columns }
        })
        .collect()
});

fn place_of(table: &str) -> Result<usize, StoreError> {
    TABLES
        .iter()
        .position(|(name, ..)| *name == table)
        .ok_or_else(|| StoreError::Other(format!("{table} has no checksums")))
}

/// What is counted of a table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Count {
    rows: u64,
    /// The sum of the shares of its rows.
    sum: u128,
    /// The last number given to a row, where this crate numbers them.
    last: i64,
}

/// How many changes there were, and what they left.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Tally {
    changes: u64,
    counts: [Count; TABLES.len()],
}

impl Tally {
    const fn empty() -> Self {
        Self {
            changes: 0,
            counts: [Count {
                rows: 0,
                sum: 0,
                last: 0,
            }; TABLES.len()],
        }
    }

    fn encoded(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.counts.len() * COUNT_BYTES);
        for count in &self.counts {
            bytes.extend_from_slice(&count.rows.to_be_bytes());
            bytes.extend_from_slice(&count.sum.to_be_bytes());
            bytes.extend_from_slice(&count.last.to_be_bytes());
        }
        bytes
    }

    /// A tally of before a table was added has none of it.
    fn decoded(changes: u64, bytes: &[u8]) -> Self {
        let mut tally = Self {
            changes,
            ..Self::empty()
        };
        for (count, bytes) in tally.counts.iter_mut().zip(bytes.chunks_exact(COUNT_BYTES)) {
            let number = |at: usize| {
                let mut eight = [0; 8];
                eight.copy_from_slice(&bytes[at..at + 8]);
                eight
            };
            *count = Count {
                rows: u64::from_be_bytes(number(0)),
                sum: (u128::from(u64::from_be_bytes(number(8))) << 64)
                    | u128::from(u64::from_be_bytes(number(16))),
                last: i64::from_be_bytes(number(24)),
            };
        }
        tally
    }

    fn add(&mut self, key: &RowKey, place: usize, checksum: i64) {
        let count = &mut self.counts[place];
        count.rows = count.rows.wrapping_add(1);
        count.sum = count.sum.wrapping_add(key.share(TABLES[place].0, checksum));
    }

    fn remove(&mut self, key: &RowKey, place: usize, checksum: i64) {
        let count = &mut self.counts[place];
        // Of a table that somebody else wrote to, more may go than came: the tally does not fit then, and says so.
        count.rows = count.rows.wrapping_sub(1);
        count.sum = count.sum.wrapping_sub(key.share(TABLES[place].0, checksum));
    }
}

/// What a checksum is made of: the table, and every column that has something, with its name.
fn encoded<'v>(checked: &Checked, value_of: impl Fn(&str) -> Option<&'v Value>) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(256);
    part(&mut bytes, checked.name.as_bytes());
    for column in &checked.columns {
        let (kind, content): (u8, &[u8]) = match value_of(column) {
            None | Some(Value::Null) => continue,
            Some(Value::Int(number)) => {
                part(&mut bytes, column.as_bytes());
                bytes.push(b'i');
                bytes.extend_from_slice(&number.to_be_bytes());
                continue;
            }
            Some(Value::Text(text)) => (b't', text.as_bytes()),
            Some(Value::Blob(content)) => (b'b', content),
        };
        part(&mut bytes, column.as_bytes());
        bytes.push(kind);
        part(&mut bytes, content);
    }
    bytes
}

/// Bytes after their number.
fn part(bytes: &mut Vec<u8>, content: &[u8]) {
    bytes.extend_from_slice(
        &u64::try_from(content.len())
            .unwrap_or(u64::MAX)
            .to_be_bytes(),
    );
    bytes.extend_from_slice(content);
}

/// The checksum of a row whose values stand in the order of the table's columns.
fn checksum_of(key: &RowKey, checked: &Checked, values: &[Value]) -> i64 {
    let value_of = |column: &str| {
        let place = checked.columns.binary_search(&column).ok()?;
        values.get(place)
    };
    key.checksum(&encoded(checked, value_of))
}

/// The key and the tally of a database, as its writer keeps them.
#[derive(Clone)]
pub(crate) struct Rows {
    key: RowKey,
    tally: Tally,
}

impl Rows {
    /// Takes up the tally of a database. One that has no row yet gets an empty one; in a transaction that writes.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when the tally is not what was sealed, or is gone, or its key is another.
    pub(crate) async fn load<L: Link>(link: &mut L, key: &RowKey) -> Result<Self, StoreError> {
        if let Some((changes, sealed)) = stored(link).await?
            && let Some(tally) = opened(key, changes, &sealed)
        {
            return Ok(Self {
                key: key.clone(),
                tally,
            });
        }
        for checked in CHECKED.iter() {
            let sql = format!("SELECT count(*) FROM {}", checked.name);
            if first(link.read(sql, Vec::new()).await?) != Value::Int(0) {
                return Err(unopened());
            }
        }
        let rows = Self {
            key: key.clone(),
            tally: Tally::empty(),
        };
        let sealed = rows.sealed()?;
        link.run(
            format!("INSERT INTO {TALLY_TABLE} (id, changes, sealed) VALUES (1, 0, $1) ON CONFLICT (id) DO UPDATE SET changes = 0, sealed = excluded.sealed"),
            vec![Value::Blob(sealed)],
        )
        .await?;
        Ok(rows)
    }

    /// Makes the tally of a database again from its rows, each of which must have the checksum that was written with it, and
    /// writes it; in a transaction that writes. Numbers of rows that went may have been the latest: new ones begin far behind
    /// those that are there.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] with the first row that is not as it was written; [`StoreError::Directory`] where the tally is
    /// sound.
    pub(super) async fn resealed<L: Link>(
        link: &mut L,
        key: &RowKey,
        kept: Option<LogSize>,
    ) -> Result<Self, StoreError> {
        let found = stored(link).await?;
        if let Some((changes, sealed)) = &found
            && opened(key, *changes, sealed).is_some()
        {
            return Err(StoreError::Directory(
                "the tally of the rows is sound: there is nothing to seal again. What `aftercare log verify --deep` says of rows is not mended by this"
                    .to_owned(),
            ));
        }
        let mut tally = Tally::empty();
        for (place, checked) in CHECKED.iter().enumerate() {
            tally.counts[place] = counted(link, key, place, checked).await?;
            if NUMBERED.contains(&checked.name) {
                let sql = format!("SELECT coalesce(max(id), 0) FROM {}", checked.name);
                let last = i64::from_value(first(link.read(sql, Vec::new()).await?))?;
                tally.counts[place].last = last.saturating_add(NUMBERS_LEFT_OUT);
            }
        }
        // Of two numbers that may both be damaged the larger one: a database is never taken for younger than it is.
        let known = found.map_or(0, |(changes, _)| changes);
        tally.changes = known.max(kept.map_or(0, |kept| kept.changes)) + 1;
        let rows = Self {
            key: key.clone(),
            tally,
        };
        let values = vec![rows.tally.changes.to_value(), Value::Blob(rows.sealed()?)];
        link.run(
            format!("INSERT INTO {TALLY_TABLE} (id, changes, sealed) VALUES (1, $1, $2) ON CONFLICT (id) DO UPDATE SET changes = excluded.changes, sealed = excluded.sealed"),
            values,
        )
        .await?;
        Ok(rows)
    }

    /// How many rows it counts.
    pub(super) fn count(&self) -> u64 {
        self.tally.counts.iter().map(|count| count.rows).sum()
    }

    /// How many changes there were.
    pub(crate) const fn changes(&self) -> u64 {
        self.tally.changes
    }

    /// The key.
    pub(crate) const fn key(&self) -> &RowKey {
        &self.key
    }

    fn sealed(&self) -> Result<Vec<u8>, StoreError> {
        self.key
            .seal_tally(self.tally.changes, &self.tally.encoded())
            .map_err(|error| StoreError::Other(error.to_string()))
    }

    /// Writes the tally, if it changed since `before`; the last thing before a commit.
    pub(crate) async fn save<L: Link>(
        &mut self,
        link: &mut L,
        before: &Self,
    ) -> Result<(), StoreError> {
        if self.tally == before.tally {
            return Ok(());
        }
        self.tally.changes = before.tally.changes + 1;
        let sealed = self.sealed()?;
        let written = link
            .run(
                format!("UPDATE {TALLY_TABLE} SET changes = $1, sealed = $2 WHERE id = 1 AND changes = $3"),
                vec![
                    self.tally.changes.to_value(),
                    Value::Blob(sealed),
                    before.tally.changes.to_value(),
                ],
            )
            .await?;
        // Written over, a tally that somebody else set back or took away would be a good one again.
        if written == 1 { Ok(()) } else { Err(moved()) }
    }

    /// Inserts a row; `otherwise` is what follows the values, such as what to do when it is there. Says whether it was put
    /// in. Columns that are not given are empty.
    pub(crate) async fn insert<L: Link>(
        &mut self,
        link: &mut L,
        table: &str,
        columns: &[&str],
        mut values: Vec<Value>,
        otherwise: &str,
    ) -> Result<bool, StoreError> {
        let place = place_of(table)?;
        let checksum = self.checksum(place, columns, &values);
        values.push(Value::Int(checksum));
        let sql = format!(
            "INSERT INTO {table} ({}, \"{CHECKSUM}\") VALUES ({}) {otherwise}",
            names(columns),
            places(values.len())
        );
        let inserted = link.run(sql, values).await? == 1;
        if inserted {
            self.tally.add(&self.key, place, checksum);
        }
        Ok(inserted)
    }

    /// Inserts a row of a table whose rows are numbered; no number is used twice, whoever went.
    pub(crate) async fn insert_numbered<L: Link>(
        &mut self,
        link: &mut L,
        table: &str,
        columns: &[&str],
        mut values: Vec<Value>,
        otherwise: &str,
    ) -> Result<(), StoreError> {
        let next = self.next_number(table)?;
        let columns: Vec<_> = std::iter::once("id")
            .chain(columns.iter().copied())
            .collect();
        values.insert(0, Value::Int(next));
        if self
            .insert(link, table, &columns, values, otherwise)
            .await?
        {
            self.numbered(table, next)?;
        }
        Ok(())
    }

    fn next_number(&self, table: &str) -> Result<i64, StoreError> {
        Ok(self.tally.counts[place_of(table)?].last + 1)
    }

    fn numbered(&mut self, table: &str, number: i64) -> Result<(), StoreError> {
        self.tally.counts[place_of(table)?].last = number;
        Ok(())
    }

    fn checksum(&self, place: usize, columns: &[&str], values: &[Value]) -> i64 {
        let value_of = |column: &str| {
            let place = columns.iter().position(|name| *name == column)?;
            values.get(place)
        };
        self.key.checksum(&encoded(&CHECKED[place], value_of))
    }

    /// Writes a row as a whole: a new one, or in place of the one with its key but for [`Row::KEPT`].
    pub(crate) async fn upsert<R: Row, L: Link>(
        &mut self,
        link: &mut L,
        row: &R,
    ) -> Result<(), StoreError> {
        let updates = R::COLUMNS
            .iter()
            .filter(|column| !R::KEY.contains(column) && !R::KEPT.contains(column))
            .map(|column| format!("\"{column}\" = excluded.\"{column}\", "))
            .collect::<String>();
        let otherwise = format!("ON CONFLICT ({}) DO UPDATE SET {updates}", names(R::KEY));
        self.put(
            link,
            R::TABLE,
            R::COLUMNS,
            row.values(),
            (&otherwise, ""),
            !R::KEPT.is_empty(),
        )
        .await?;
        Ok(())
    }

    /// The same of a numbered row that may be there under another key: `otherwise` says what to change then, and which row
    /// is meant. Nothing happens where that is none.
    pub(crate) async fn put_numbered<L: Link>(
        &mut self,
        link: &mut L,
        table: &str,
        columns: &[&str],
        mut values: Vec<Value>,
        otherwise: (&str, &str),
    ) -> Result<(), StoreError> {
        let next = self.next_number(table)?;
        let columns: Vec<_> = std::iter::once("id")
            .chain(columns.iter().copied())
            .collect();
        values.insert(0, Value::Int(next));
        if self
            .put(link, table, &columns, values, otherwise, true)
            .await?
        {
            self.numbered(table, next)?;
        }
        Ok(())
    }

    /// Inserts a row, or changes the one that is there. Says whether it was put in. The statement negates the checksum of a
    /// row that was there, which no checksum is, so that one answer tells what happened and what went.
    async fn put<L: Link>(
        &mut self,
        link: &mut L,
        table: &str,
        columns: &[&str],
        mut values: Vec<Value>,
        (updates, condition): (&str, &str),
        kept: bool,
    ) -> Result<bool, StoreError> {
        let place = place_of(table)?;
        let checked = &CHECKED[place];
        let mut checksum = self.checksum(place, columns, &values);
        let mut key: Vec<Value> = checked
            .key
            .iter()
            .filter_map(|name| columns.iter().position(|column| column == name))
            .map(|at| values[at].clone())
            .collect();
        values.push(Value::Int(checksum));
        let whole = if kept {
            format!(", {}", names(&checked.columns))
        } else {
            String::new()
        };
        let sql = format!(
            "INSERT INTO {table} ({}, \"{CHECKSUM}\") VALUES ({}) {updates}\"{CHECKSUM}\" = -1 - {table}.\"{CHECKSUM}\" {condition} RETURNING \"{CHECKSUM}\"{whole}",
            names(columns),
            places(values.len())
        );
        let Some(row) = link.read(sql, values).await?.into_iter().next() else {
            return Ok(false);
        };
        let mut row = row.into_iter();
        let found = i64::from_value(row.next().unwrap_or(Value::Null))?;
        if found >= 0 {
            self.tally.add(&self.key, place, found);
            return Ok(true);
        }
        if kept {
            let now: Vec<Value> = row.collect();
            checksum = checksum_of(&self.key, checked, &now);
            key = key_of(checked, &now);
        }
        self.tally.remove(&self.key, place, -1 - found);
        self.tally.add(&self.key, place, checksum);
        write_checksums(link, checked, &[(key, checksum)]).await?;
        Ok(false)
    }

    /// Runs a statement that changes rows of a table, which ends where `RETURNING` may stand; gives each row as it is now,
    /// its values in the order of [`columns_of`].
    pub(crate) async fn change<L: Link>(
        &mut self,
        link: &mut L,
        table: &str,
        sql: &str,
        values: Vec<Value>,
    ) -> Result<Vec<Vec<Value>>, StoreError> {
        let place = place_of(table)?;
        let checked = &CHECKED[place];
        // The checksum is still that of the row as it was.
        let sql = format!(
            "{sql} RETURNING {}, \"{CHECKSUM}\"",
            names(&checked.columns)
        );
        let mut rows = link.read(sql, values).await?;
        let mut changed = Vec::with_capacity(rows.len());
        for row in &mut rows {
            let before = i64::from_value(row.pop().unwrap_or(Value::Null))?;
            let checksum = checksum_of(&self.key, checked, row);
            if checksum != before {
                self.tally.remove(&self.key, place, before);
                self.tally.add(&self.key, place, checksum);
                changed.push((key_of(checked, row), checksum));
            }
        }
        write_checksums(link, checked, &changed).await?;
        Ok(rows)
    }

    /// Puts another value into a column of rows that were read, each with its checksum of then: only where the row still has
    /// that. Gives how many still had. A row that does not fit its checksum is not written: it would have a good one then.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] for such a row.
    pub(crate) async fn exchange<L: Link>(
        &mut self,
        link: &mut L,
        (table, column): (&str, &str),
        rows: Vec<(Vec<Value>, i64, Value)>,
    ) -> Result<u64, StoreError> {
        let place = place_of(table)?;
        let checked = &CHECKED[place];
        let at = column_of(table, column)?;
        let keys = checked.key.len();
        let width = keys + 3;
        let marks = (0..KEYS_AT_ONCE)
            .map(|row| {
                let marks: Vec<_> = (1..=width)
                    .map(|mark| format!("${}", row * width + mark))
                    .collect();
                format!("({})", marks.join(", "))
            })
            .collect::<Vec<_>>()
            .join(", ");
        let same: String = checked
            .key
            .iter()
            .zip(1..)
            .map(|(name, mark)| format!("{table}.\"{name}\" = v.column{mark} AND "))
            .collect();
        let sql = format!(
            "UPDATE {table} SET \"{column}\" = v.column{}, \"{CHECKSUM}\" = v.column{} FROM (VALUES {marks}) AS v WHERE {same}{table}.\"{CHECKSUM}\" = v.column{} RETURNING \"{CHECKSUM}\"",
            keys + 1,
            keys + 2,
            keys + 3,
        );
        let mut exchanged = 0;
        let mut rows = rows.into_iter().peekable();
        while rows.peek().is_some() {
            let mut before = HashMap::with_capacity(KEYS_AT_ONCE);
            let mut values = Vec::with_capacity(KEYS_AT_ONCE * width);
            for (mut row, stored, value) in rows.by_ref().take(KEYS_AT_ONCE) {
                if checksum_of(&self.key, checked, &row) != stored {
                    return Err(altered(checked, &row));
                }
                row[at] = value;
                let checksum = checksum_of(&self.key, checked, &row);
                values.extend(key_of(checked, &row));
                values.push(row.swap_remove(at));
                values.extend([Value::Int(checksum), Value::Int(stored)]);
                before.insert(checksum, stored);
            }
            // One statement for any number: the last row stands in for those that are missing.
            let last = values[values.len() - width..].to_vec();
            while values.len() < KEYS_AT_ONCE * width {
                values.extend_from_slice(&last);
            }
            for now in link.read(sql.clone(), values).await?.into_iter().flatten() {
                let now = i64::from_value(now)?;
                let Some(stored) = before.get(&now) else {
                    return Err(StoreError::Other(format!(
                        "{table}: a row that was not asked for was changed"
                    )));
                };
                self.tally.remove(&self.key, place, *stored);
                self.tally.add(&self.key, place, now);
                exchanged += 1;
            }
        }
        Ok(exchanged)
    }

    /// Runs a statement that removes rows of a table, which ends where `RETURNING` may stand; gives how many.
    pub(crate) async fn remove<L: Link>(
        &mut self,
        link: &mut L,
        table: &str,
        sql: &str,
        values: Vec<Value>,
    ) -> Result<usize, StoreError> {
        let place = place_of(table)?;
        let gone = link
            .read(format!("{sql} RETURNING \"{CHECKSUM}\""), values)
            .await?;
        let count = gone.len();
        for checksum in gone.into_iter().flatten() {
            self.tally
                .remove(&self.key, place, i64::from_value(checksum)?);
        }
        Ok(count)
    }
}

/// Where a column stands in the rows that [`Rows::change`] gives.
pub(super) fn column_of(table: &str, column: &str) -> Result<usize, StoreError> {
    let checked = &CHECKED[place_of(table)?];
    checked
        .columns
        .binary_search(&column)
        .map_err(|_| StoreError::Other(format!("{table} has no column {column}")))
}

/// The values of the key of a row.
fn key_of(checked: &Checked, row: &[Value]) -> Vec<Value> {
    checked
        .key
        .iter()
        .filter_map(|name| checked.columns.binary_search(name).ok())
        .filter_map(|at| row.get(at).cloned())
        .collect()
}

/// Writes the checksums of rows that were changed, many in one statement where the table has a simple key.
async fn write_checksums<L: Link>(
    link: &mut L,
    checked: &Checked,
    rows: &[(Vec<Value>, i64)],
) -> Result<(), StoreError> {
    let table = checked.name;
    if let ([key], true) = (checked.key, rows.len() > 1) {
        let marks = (0..CHECKSUMS_AT_ONCE)
            .map(|row| format!("(${}, ${})", 2 * row + 1, 2 * row + 2))
            .collect::<Vec<_>>()
            .join(", ");
        let sql = format!(
            "UPDATE {table} SET \"{CHECKSUM}\" = v.column2 FROM (VALUES {marks}) AS v WHERE {table}.\"{key}\" = v.column1"
        );
        for some in rows.chunks(CHECKSUMS_AT_ONCE) {
            // One statement for any number: the last row stands in for those that are missing.
            let values = some
                .iter()
                .chain(some.last().into_iter().cycle())
                .take(CHECKSUMS_AT_ONCE)
                .flat_map(|(key, checksum)| key.iter().cloned().chain([Value::Int(*checksum)]))
                .collect();
            link.run(sql.clone(), values).await?;
        }
        return Ok(());
    }
    let condition = checked
        .key
        .iter()
        .zip(2..)
        .map(|(column, mark)| format!("\"{column}\" = ${mark}"))
        .collect::<Vec<_>>()
        .join(" AND ");
    for (key, checksum) in rows {
        let values = std::iter::once(Value::Int(*checksum))
            .chain(key.iter().cloned())
            .collect();
        link.run(
            format!("UPDATE {table} SET \"{CHECKSUM}\" = $1 WHERE {condition}"),
            values,
        )
        .await?;
    }
    Ok(())
}

/// The number of changes and the sealed tally, as they are stored.
async fn stored<L: Link>(link: &mut L) -> Result<Option<(u64, Vec<u8>)>, StoreError> {
    let found = link
        .read(
            format!("SELECT changes, sealed FROM {TALLY_TABLE}"),
            Vec::new(),
        )
        .await?;
    let Some(row) = found.into_iter().next() else {
        return Ok(None);
    };
    let mut row = row.into_iter();
    let mut next = || row.next().unwrap_or(Value::Null);
    Ok(Some((u64::from_value(next())?, Vec::from_value(next())?)))
}

fn opened(key: &RowKey, changes: u64, sealed: &[u8]) -> Option<Tally> {
    key.open_tally(changes, sealed)
        .map(|bytes| Tally::decoded(changes, &bytes))
}

/// The number of the last event, and how many changes the rows have seen, as the database says.
pub(super) async fn ends<L: Link>(link: &mut L) -> Result<(u64, u64), StoreError> {
    let sql = format!(
        "SELECT (SELECT coalesce(max(seq), 0) FROM events), (SELECT coalesce(max(changes), 0) FROM {TALLY_TABLE})"
    );
    let mut row = link.read(sql, Vec::new()).await?.into_iter().flatten();
    let mut next = || u64::from_value(row.next().unwrap_or(Value::Null));
    Ok((next()?, next()?))
}

/// The rows may have changed since their number was written beside the database, but were never set back.
pub(super) async fn check_changes<L: Link>(
    link: &mut L,
    kept: Option<LogSize>,
) -> Result<(), StoreError> {
    let (_, found) = ends(link).await?;
    match kept {
        Some(kept) if found < kept.changes => Err(set_back(kept.changes, found)),
        _ => Ok(()),
    }
}

/// The error of a database whose rows are older than what was acknowledged.
pub(super) fn set_back(kept: u64, found: u64) -> StoreError {
    StoreError::corrupt(
        "the database",
        format!(
            "its rows were set back: {kept} changes were acknowledged, it has seen {found}. Do not write to it; restore the latest backup, or bring back the database file and its -wal file together"
        ),
    )
}

fn unopened() -> StoreError {
    StoreError::corrupt(
        "the tally of the rows",
        "it was altered, is gone, or was made under another key: check that keyring.json is the one of this database, then restore the latest backup",
    )
}

fn moved() -> StoreError {
    StoreError::corrupt(
        "the tally of the rows",
        "it is not the one that this process left: somebody else changed it or took it away. Nothing was written; run `aftercare log verify --deep`",
    )
}

/// Computes the checksum of every row again and holds each table against the tally; gives the number of rows.
pub(super) async fn verify<L: Link>(link: &mut L, key: &RowKey) -> Result<u64, StoreError> {
    let Some((changes, sealed)) = stored(link).await? else {
        return Err(unopened());
    };
    let expected = opened(key, changes, &sealed).ok_or_else(unopened)?;
    let mut count = 0;
    for (place, checked) in CHECKED.iter().enumerate() {
        let (expected, found) = (
            expected.counts[place],
            counted(link, key, place, checked).await?,
        );
        if expected.rows != found.rows {
            return Err(StoreError::corrupt(
                checked.name,
                format!(
                    "{} rows were written, there are {}: some were taken away or put in",
                    expected.rows, found.rows
                ),
            ));
        }
        if expected.sum != found.sum {
            return Err(StoreError::corrupt(
                checked.name,
                "its rows are not those that were written last: one was set back to what it was before, or exchanged",
            ));
        }
        count += found.rows;
    }
    Ok(count)
}

/// Computes the checksum of every row of a table again, and counts them.
async fn counted<L: Link>(
    link: &mut L,
    key: &RowKey,
    place: usize,
    checked: &Checked,
) -> Result<Count, StoreError> {
    use super::Fields as _;
    use futures_util::TryStreamExt as _;

    let mut found = Tally::empty();
    {
        let sql = format!(
            "SELECT {}, \"{CHECKSUM}\" FROM {}",
            names(&checked.columns),
            checked.name
        );
        let mut rows = link.scan(sql);
        while let Some(row) = rows.try_next().await? {
            let mut row = row.values()?;
            let stored = i64::from_value(row.pop().unwrap_or(Value::Null))?;
            if checksum_of(key, checked, &row) != stored {
                return Err(altered(checked, &row));
            }
            found.add(key, place, stored);
        }
    }
    Ok(found.counts[place])
}

/// The error of a row that does not fit its checksum.
fn altered(checked: &Checked, row: &[Value]) -> StoreError {
    StoreError::corrupt(
        format!("{}, row {}", checked.name, told(checked, row)),
        "what it says does not have the checksum that was written with it: it was altered",
    )
}

/// The key of a row in words. What a client chose is not repeated.
fn told(checked: &Checked, row: &[Value]) -> String {
    key_of(checked, row)
        .iter()
        .map(|value| match value {
            Value::Blob(bytes) => hex::encode(bytes),
            Value::Int(number) => number.to_string(),
            Value::Text(text) if checked.name != "idempotency" => text.clone(),
            Value::Text(_) | Value::Null => "-".to_owned(),
        })
        .collect::<Vec<_>>()
        .join(" ")
}
