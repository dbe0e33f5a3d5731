//! A file as rows of named cells: CSV with a heading row, a JSON array of objects, or one JSON object
//! a line. Headings may be Chinese or English; what nobody asked for is named, not dropped in silence.

use super::cell::CellError;
use super::{RowError, cell};
use crate::datum::Datum;
use crate::error::{AppError, ErrorKind};
use crate::limits::{IMPORT_BYTES_MAX, IMPORT_COLUMNS_MAX, IMPORT_ROWS_MAX};
use crate::people::Place;
use aftercare_domain::{Fen, Timestamp};
use std::collections::BTreeMap;

/// A column that a kind of import knows.
pub(super) struct Column {
    /// Its stable name, which is also its English heading.
    pub name: &'static str,
    /// Whether every row needs it.
    pub needed: bool,
    /// Other headings, as [`heading_key`] writes them.
    pub others: &'static [&'static str],
}

/// One row by the stable names of its columns.
pub(super) struct Row {
    /// Row of the file, the heading being row 1; in JSON, the position from 1.
    pub number: usize,
    cells: BTreeMap<&'static str, String>,
    /// Columns in which JSON had a bare number.
    bare_numbers: Vec<&'static str>,
}

/// What came out of a file beside its rows.
#[derive(Default)]
pub(super) struct Outcome {
    pub rows: usize,
    pub errors: Vec<RowError>,
    /// Headings that mean nothing here.
    pub ignored: Vec<String>,
}

/// A heading without case, spaces, dashes, stars and what stands in brackets: `实付（元）` is `实付`.
fn heading_key(text: &str) -> String {
    let mut key = String::new();
    for c in text.chars() {
        match c {
            '(' | '（' | '[' | '【' => break,
            '_' | '-' | '*' | '\u{feff}' => {}
            c if c.is_whitespace() => {}
            c => key.extend(c.to_lowercase()),
        }
    }
    key
}

fn column_of(columns: &'static [Column], heading: &str) -> Option<&'static Column> {
    let key = heading_key(heading);
    columns
        .iter()
        .find(|column| heading_key(column.name) == key || column.others.contains(&key.as_str()))
}

fn bad_file(rule: &str, zh: impl Into<String>, en: impl Into<String>) -> AppError {
    AppError::invalid("file", rule, zh, en)
}

/// The text of a file.
///
/// # Errors
/// `TooLarge`, or `Invalid` with what kind of file it seems to be and how to save it.
pub(super) fn text_of(bytes: &[u8]) -> Result<&str, AppError> {
    const SAVE_ZH: &str = "请在表格软件里“另存为”选“CSV UTF-8（逗号分隔）”再上传。";
    const SAVE_EN: &str = "In the spreadsheet choose “Save as”, “CSV UTF-8”, and upload that file.";
    if bytes.len() > IMPORT_BYTES_MAX {
        let most = IMPORT_BYTES_MAX / 1_048_576;
        return Err(AppError::new(
            ErrorKind::TooLarge,
            "import_bytes",
            format!("文件超过 {most} MB，请分成几个文件。"),
            format!("The file is larger than {most} MB. Please split it."),
        ));
    }
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(&[0xD0, 0xCF, 0x11, 0xE0]) {
        return Err(bad_file(
            "import_workbook",
            format!("这是 Excel 工作簿，不是 CSV。{SAVE_ZH}"),
            format!("This is an Excel workbook, not CSV. {SAVE_EN}"),
        ));
    }
    if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
        return Err(bad_file(
            "import_encoding",
            format!("文件是 UTF-16 编码。{SAVE_ZH}"),
            format!("The file is encoded in UTF-16. {SAVE_EN}"),
        ));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let good = bytes.get(..error.valid_up_to()).unwrap_or_default();
        let line = good.iter().filter(|byte| **byte == b'\n').count() + 1;
        bad_file(
            "import_encoding",
            format!("文件不是 UTF-8 编码（第 {line} 行，可能是 GBK）。{SAVE_ZH}"),
            format!("The file is not UTF-8 (line {line}; it may be GBK). {SAVE_EN}"),
        )
    })?;
    let text = text.trim_start_matches('\u{feff}');
    if text.trim().is_empty() {
        return Err(bad_file(
            "import_empty",
            "文件是空的，请检查后再上传。",
            "The file is empty. Please check it and upload it again.",
        ));
    }
    if text.contains('\0') {
        return Err(bad_file(
            "import_encoding",
            format!("文件里有零字节，不是文本。{SAVE_ZH}"),
            format!("The file has zero bytes, so it is no text. {SAVE_EN}"),
        ));
    }
    Ok(text)
}

fn too_many_rows() -> AppError {
    bad_file(
        "import_rows",
        format!("一次最多 {IMPORT_ROWS_MAX} 行，请分成几个文件。"),
        format!("At most {IMPORT_ROWS_MAX} rows at once. Please split the file."),
    )
}

/// Commas, semicolons or tabs: whatever the heading row has most of.
fn delimiter(text: &str) -> u8 {
    let heading = text.lines().next().unwrap_or_default();
    let count = |delimiter: u8| heading.bytes().filter(|byte| *byte == delimiter).count();
    [b',', b';', b'\t']
        .into_iter()
        .rev()
        .max_by_key(|delimiter| count(*delimiter))
        .unwrap_or(b',')
}

/// Reads a CSV file row by row.
///
/// # Errors
/// A file that is no table, or has not the columns that are needed.
pub(super) fn read_csv(
    columns: &'static [Column],
    text: &str,
    mut each: impl FnMut(Row, &mut Vec<RowError>),
) -> Result<Outcome, AppError> {
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .delimiter(delimiter(text))
        .from_reader(text.as_bytes());
    let unreadable = |error: csv::Error| {
        bad_file(
            "import_csv",
            format!("不是 CSV 表格：{error}。请重新另存为 CSV UTF-8。"),
            format!("This is not a CSV table: {error}. Please save it as CSV UTF-8 again."),
        )
    };
    let mut outcome = Outcome::default();
    let headings = reader.headers().map_err(unreadable)?.clone();
    let mut names: Vec<Option<&'static str>> = Vec::with_capacity(headings.len());
    for heading in &headings {
        let name = column_of(columns, heading).map(|column| column.name);
        if name.is_some() && names.contains(&name) {
            return Err(twice(heading));
        }
        if name.is_none() && !heading.trim().is_empty() {
            outcome.ignored.push(shown(heading));
        }
        names.push(name);
    }
    outcome.ignored.truncate(IMPORT_COLUMNS_MAX);
    check_headings(columns, &names)?;
    // Lines that a quoted cell went on over: spreadsheets do not count them as rows.
    let mut inner_lines: u64 = 0;
    for record in reader.records() {
        let record = record.map_err(unreadable)?;
        let line = record.position().map_or(0, csv::Position::line);
        let number = usize::try_from(line.saturating_sub(inner_lines)).unwrap_or(usize::MAX);
        let breaks = record
            .iter()
            .flat_map(str::bytes)
            .filter(|byte| *byte == b'\n');
        inner_lines += u64::try_from(breaks.count()).unwrap_or(0);
        if record.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        outcome.rows += 1;
        if outcome.rows > IMPORT_ROWS_MAX {
            return Err(too_many_rows());
        }
        if record
            .iter()
            .skip(names.len())
            .any(|cell| !cell.trim().is_empty())
        {
            outcome.errors.push(RowError::new(
                number,
                "",
                "row_too_long",
                "这一行的格数比表头多；单元格里有逗号时要用英文双引号括起来。",
                "This row has more cells than the heading row; a cell with a comma needs double quotes.",
            ));
            continue;
        }
        let cells = names
            .iter()
            .zip(record.iter())
            .filter_map(|(name, cell)| name.map(|name| (name, as_written(cell).to_owned())))
            .collect();
        let row = Row {
            number,
            cells,
            bare_numbers: Vec::new(),
        };
        each(row, &mut outcome.errors);
    }
    Ok(outcome)
}

/// A cell without the mark by which a spreadsheet was kept from taking it for a formula, as our own tables have it.
fn as_written(cell: &str) -> &str {
    let cell = cell.trim();
    match cell.strip_prefix('\'') {
        Some(rest) if rest.starts_with(['=', '+', '-', '@']) => rest,
        _ => cell,
    }
}

fn shown(heading: &str) -> String {
    heading.trim().chars().take(40).collect()
}

fn twice(heading: &str) -> AppError {
    let heading = shown(heading);
    bad_file(
        "column_twice",
        format!("“{heading}”这一列出现了两次（或两个表头意思相同），请删去一列。"),
        format!("Column `{heading}` is there twice, or under two headings. Please remove one."),
    )
}

fn check_headings(columns: &[Column], names: &[Option<&'static str>]) -> Result<(), AppError> {
    let missing: Vec<String> = columns
        .iter()
        .filter(|column| column.needed && !names.contains(&Some(column.name)))
        .map(|column| match column.others.first() {
            Some(chinese) => format!("{chinese} / {}", column.name),
            None => column.name.to_owned(),
        })
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let known: Vec<&str> = columns.iter().map(|column| column.name).collect();
    Err(bad_file(
        "column_missing",
        format!(
            "缺少这些列：{}。表头要在第一行；可用的列：{}。",
            missing.join("，"),
            known.join("，")
        ),
        format!(
            "These columns are missing: {}. The headings must be in the first row; the columns are: {}.",
            missing.join(", "),
            known.join(", ")
        ),
    ))
}

/// Reads a JSON array of objects, or one object a line. An object with `lines` stands for one row a
/// line, each with the rest of the object.
///
/// # Errors
/// A file that is no such JSON.
pub(super) fn read_json(
    columns: &'static [Column],
    text: &str,
    mut each: impl FnMut(Row, &mut Vec<RowError>),
) -> Result<Outcome, AppError> {
    let unreadable = |error: serde_json::Error| {
        bad_file(
            "import_json",
            format!(
                "第 {} 行第 {} 列不是有效的 JSON。文件应为对象的数组，或每行一个对象。",
                error.line(),
                error.column()
            ),
            format!(
                "This is not valid JSON: {error}. The file should be an array of objects, or one object a line."
            ),
        )
    };
    let mut outcome = Outcome::default();
    let values: Vec<serde_json::Value> = if text.trim_start().starts_with('[') {
        serde_json::from_str(text).map_err(unreadable)?
    } else {
        serde_json::Deserializer::from_str(text)
            .into_iter()
            .take(IMPORT_ROWS_MAX + 1)
            .collect::<Result<_, _>>()
            .map_err(unreadable)?
    };
    for (position, value) in values.into_iter().enumerate() {
        let number = position + 1;
        for object in objects(value) {
            outcome.rows += 1;
            if outcome.rows > IMPORT_ROWS_MAX {
                return Err(too_many_rows());
            }
            match row_of(columns, number, object, &mut outcome.ignored) {
                Ok(row) => each(row, &mut outcome.errors),
                Err(error) => outcome.errors.push(error),
            }
        }
    }
    Ok(outcome)
}

/// The object itself, or one for each of its `lines`.
fn objects(value: serde_json::Value) -> Vec<serde_json::Value> {
    let serde_json::Value::Object(mut object) = value else {
        return vec![value];
    };
    match object.remove("lines") {
        Some(serde_json::Value::Array(lines)) if !lines.is_empty() => lines
            .into_iter()
            .map(|line| match line {
                serde_json::Value::Object(line) => {
                    let mut whole = object.clone();
                    whole.extend(line);
                    serde_json::Value::Object(whole)
                }
                other => other,
            })
            .collect(),
        Some(other) => {
            object.insert("lines".to_owned(), other);
            vec![serde_json::Value::Object(object)]
        }
        None => vec![serde_json::Value::Object(object)],
    }
}

fn row_of(
    columns: &'static [Column],
    number: usize,
    value: serde_json::Value,
    ignored: &mut Vec<String>,
) -> Result<Row, RowError> {
    let serde_json::Value::Object(object) = value else {
        return Err(RowError::new(
            number,
            "",
            "row_no_object",
            "这一项不是对象，请写成 {\"列名\": 值}。",
            "This item is not an object: write {\"column\": value}.",
        ));
    };
    let mut row = Row {
        number,
        cells: BTreeMap::new(),
        bare_numbers: Vec::new(),
    };
    for (key, value) in object {
        let Some(column) = column_of(columns, &key) else {
            let heading = shown(&key);
            if ignored.len() < IMPORT_COLUMNS_MAX && !ignored.contains(&heading) {
                ignored.push(heading);
            }
            continue;
        };
        let text = match value {
            serde_json::Value::Null => String::new(),
            serde_json::Value::String(text) => text.trim().to_owned(),
            serde_json::Value::Number(number) => {
                row.bare_numbers.push(column.name);
                number.to_string()
            }
            serde_json::Value::Bool(value) => value.to_string(),
            serde_json::Value::Array(items) => {
                joined(items).ok_or_else(|| nested(number, column.name))?
            }
            serde_json::Value::Object(_) => return Err(nested(number, column.name)),
        };
        if row.cells.insert(column.name, text).is_some() {
            return Err(RowError::new(
                number,
                column.name,
                "column_twice",
                "这一列出现了两次（或两个名字意思相同），请删去一个。",
                "This column is there twice, or under two names. Please remove one.",
            ));
        }
    }
    Ok(row)
}

fn joined(items: Vec<serde_json::Value>) -> Option<String> {
    let texts: Option<Vec<String>> = items
        .into_iter()
        .map(|item| match item {
            serde_json::Value::String(text) => Some(text),
            serde_json::Value::Number(number) => Some(number.to_string()),
            _ => None,
        })
        .collect();
    texts.map(|texts| texts.join(";"))
}

fn nested(number: usize, column: &str) -> RowError {
    RowError::new(
        number,
        column,
        "cell_nested",
        "这里要写文字、数字、是否，或文字的数组。",
        "This takes a text, a number, a boolean, or an array of texts.",
    )
}

/// The cells of a row, read one by one; what is wrong is collected, so that a row names all of it.
pub(super) struct Cells<'a> {
    row: &'a Row,
    errors: &'a mut Vec<RowError>,
    wrong: bool,
}

impl<'a> Cells<'a> {
    pub(super) const fn new(row: &'a Row, errors: &'a mut Vec<RowError>) -> Self {
        Self {
            row,
            errors,
            wrong: false,
        }
    }

    /// Whether nothing was wrong so far.
    pub(super) const fn sound(&self) -> bool {
        !self.wrong
    }

    fn fail(&mut self, column: &str, rule: &str, zh: &str, en: &str) {
        self.wrong = true;
        self.errors
            .push(RowError::new(self.row.number, column, rule, zh, en));
    }

    fn take<T>(&mut self, column: &str, read: Result<T, CellError>, or: T) -> T {
        match read {
            Ok(value) => value,
            Err(error) => {
                self.fail(column, error.rule, &error.zh, &error.en);
                or
            }
        }
    }

    /// The text of a cell, empty when there is none.
    pub(super) fn text(&self, column: &str) -> String {
        self.row.cells.get(column).cloned().unwrap_or_default()
    }

    /// Whether the file has the column.
    pub(super) fn has(&self, column: &str) -> bool {
        self.row.cells.contains_key(column)
    }

    /// The text of a cell that cannot be empty.
    pub(super) fn needed(&mut self, column: &str) -> String {
        let text = self.text(column);
        if text.is_empty() {
            self.fail(
                column,
                "cell_empty",
                "这一格不能空着。",
                "This cell cannot be empty.",
            );
        }
        text
    }

    pub(super) fn number(&mut self, column: &str, empty: u32, most: u32) -> u32 {
        let text = self.text(column);
        if text.is_empty() {
            return empty;
        }
        self.take(column, cell::number(&text, most), empty)
    }

    pub(super) fn yes_no(&mut self, column: &str, empty: bool) -> bool {
        let text = self.text(column);
        if text.is_empty() {
            return empty;
        }
        self.take(column, cell::yes_no(&text), empty)
    }

    pub(super) fn list(&mut self, column: &str) -> Vec<String> {
        cell::list(&self.needed(column))
    }

    pub(super) fn degrees_e6(&mut self, column: &str, most: i32) -> i32 {
        let text = self.needed(column);
        if text.is_empty() {
            return 0;
        }
        self.take(column, cell::degrees_e6(&text, most), 0)
    }

    /// A point in WGS-84, whatever datum the row says.
    pub(super) fn place(&mut self) -> Place {
        let (latitude_e6, longitude_e6) = (
            self.degrees_e6("latitude", 90),
            self.degrees_e6("longitude", 180),
        );
        let text = self.text("datum");
        let datum = self.take("datum", cell::datum(&text), Datum::default());
        datum.to_wgs84(latitude_e6, longitude_e6)
    }

    pub(super) fn time(&mut self, column: &str) -> Option<Timestamp> {
        let text = self.text(column);
        if text.is_empty() {
            return None;
        }
        let read = cell::time(&text).map(Some);
        self.take(column, read, None)
    }

    /// An amount in yuan in `column`, or in fen in `column_fen`. A bare number of JSON is refused in
    /// the first: other interfaces count fen there, and a hundredfold price is no small mistake.
    pub(super) fn amount(&mut self, column: &'static str, column_fen: &'static str) -> Fen {
        let (yuan, fen) = (self.text(column), self.text(column_fen));
        match (yuan.is_empty(), fen.is_empty()) {
            (true, true) => {
                self.needed(column);
                Fen::ZERO
            }
            (false, false) => {
                self.fail(
                    column,
                    "amount_twice",
                    "金额写了两次（元和分），请只留一个。",
                    "The amount is there twice, in yuan and in fen. Please keep one.",
                );
                Fen::ZERO
            }
            (true, false) => {
                let read = fen.parse::<i64>().map(Fen).map_err(|_| CellError {
                    rule: "cell_amount",
                    zh: "分要写成整数，例如 6800。".to_owned(),
                    en: "Fen are whole numbers, such as 6800.".to_owned(),
                });
                self.take(column_fen, read, Fen::ZERO)
            }
            (false, true) if self.row.bare_numbers.contains(&column) => {
                self.fail(
                    column,
                    "amount_unit",
                    &format!("JSON 里的金额请写成文字“68.00”（元），或用 {column_fen} 写分。"),
                    &format!("In JSON write yuan as a text, \"68.00\", or fen in `{column_fen}`."),
                );
                Fen::ZERO
            }
            (false, true) => self.take(column, cell::amount(&yuan), Fen::ZERO),
        }
    }
}
