//! Imports: products, variants, prices, orders, technicians and outlets from CSV or JSON. A file counts
//! as a whole or not at all; every wrong row is named with what is wrong and what to do.

use crate::access::staff_or_scope;
use crate::app::App;
use crate::catalogue::{ProductInput, SkuInput};
use crate::engine::Side;
use crate::error::{AppError, ErrorKind};
use crate::limits::{IMPORT_BYTES_MAX, IMPORT_ERRORS_MAX, IMPORT_ROWS_MAX};
use crate::orders::{OrderInput, OrderLineInput};
use crate::prices::Price;
use crate::principal::Principal;
use crate::technicians::{OutletInput, TechnicianInput};
use aftercare_domain::audit::AuditBody;
use aftercare_domain::time::CHINA_OFFSET_MS;
use aftercare_domain::{Actor, Fen, Role, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// What can be imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportKind {
    Products,
    Skus,
    Prices,
    Orders,
    Outlets,
    Technicians,
}

impl ImportKind {
    /// The kind of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "products" => Self::Products,
            "skus" => Self::Skus,
            "prices" => Self::Prices,
            "orders" => Self::Orders,
            "outlets" => Self::Outlets,
            "technicians" => Self::Technicians,
            _ => return None,
        })
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Products => "products",
            Self::Skus => "skus",
            Self::Prices => "prices",
            Self::Orders => "orders",
            Self::Outlets => "outlets",
            Self::Technicians => "technicians",
        }
    }

    const fn scope(self) -> &'static str {
        match self {
            Self::Orders => "orders:write",
            _ => "catalogue:write",
        }
    }
}

/// A row that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RowError {
    /// Row of the file, the header being row 1; in JSON, the position from 1.
    pub row: usize,
    pub column: String,
    pub zh: String,
    pub en: String,
}

/// What became of an import.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ImportReport {
    /// Rows that were saved; none when there is an error.
    pub saved: usize,
    pub errors: Vec<RowError>,
}

/// Chinese and other usual headings.
const HEADINGS: &[(&str, &str)] = &[
    ("编号", "code"),
    ("商品编号", "product_code"),
    ("商品编码", "product_code"),
    ("名称", "name"),
    ("商品名称", "name"),
    ("类目", "category"),
    ("技能", "skill"),
    ("保修天数", "warranty_days"),
    ("生鲜", "perishable"),
    ("项目", "label"),
    ("金额", "amount"),
    ("价格", "amount"),
    ("订单号", "number"),
    ("平台", "platform"),
    ("付款时间", "paid_at"),
    ("签收时间", "delivered_at"),
    ("数量", "quantity"),
    ("实付", "paid"),
    ("序列号", "serial"),
    ("登录名", "login"),
    ("姓名", "display_name"),
    ("网点编号", "outlet_code"),
    ("区县", "county"),
    ("覆盖区县", "counties"),
    ("纬度", "latitude"),
    ("经度", "longitude"),
    ("最远米数", "reach_m"),
];

/// One row of a CSV file, by heading.
struct Cells {
    row: usize,
    cells: BTreeMap<String, String>,
}

impl Cells {
    fn text(&self, column: &str) -> String {
        self.cells.get(column).map(|cell| cell.trim().to_owned()).unwrap_or_default()
    }

    fn error(&self, column: &str, zh: String, en: String) -> RowError {
        RowError {
            row: self.row,
            column: column.to_owned(),
            zh,
            en,
        }
    }

    fn needed(&self, column: &str) -> Result<String, RowError> {
        let text = self.text(column);
        if text.is_empty() {
            return Err(self.error(
                column,
                format!("“{column}”不能空。"),
                format!("`{column}` is needed."),
            ));
        }
        Ok(text)
    }

    fn number<T: std::str::FromStr>(&self, column: &str, empty: T) -> Result<T, RowError> {
        let text = self.text(column);
        if text.is_empty() {
            return Ok(empty);
        }
        text.parse().map_err(|_| {
            self.error(
                column,
                format!("“{text}”不是这里能用的数字。"),
                format!("`{text}` is not a number that fits here."),
            )
        })
    }

    fn yuan(&self, column: &str) -> Result<Fen, RowError> {
        Fen::from_yuan(&self.needed(column)?).map_err(|error| {
            self.error(
                column,
                "金额写成 68 或 68.00。".to_owned(),
                error.to_string(),
            )
        })
    }

    fn time(&self, column: &str) -> Result<Option<Timestamp>, RowError> {
        let text = self.text(column);
        if text.is_empty() {
            return Ok(None);
        }
        parse_time(&text).map(Some).ok_or_else(|| {
            self.error(
                column,
                format!("“{text}”不是时间，写成 2026-11-25 18:00。"),
                format!("`{text}` is not a time: write it as 2026-11-25 18:00."),
            )
        })
    }

    fn yes(&self, column: &str) -> bool {
        matches!(
            self.text(column).to_lowercase().as_str(),
            "1" | "true" | "yes" | "y" | "是"
        )
    }

    fn list(&self, column: &str) -> Vec<String> {
        self.text(column)
            .split([';', '；', '|', '、', ' '])
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .map(str::to_owned)
            .collect()
    }

    /// Degrees with decimals, to millionths.
    fn degrees_e6(&self, column: &str) -> Result<i32, RowError> {
        let text = self.needed(column)?;
        let wrong = || {
            self.error(
                column,
                format!("“{text}”不是经纬度，写成 30.25 这样的度数。"),
                format!("`{text}` is not a coordinate: write degrees such as 30.25."),
            )
        };
        let degrees: f64 = text.parse().map_err(|_| wrong())?;
        if !(-180.0..=180.0).contains(&degrees) {
            return Err(wrong());
        }
        #[expect(clippy::cast_possible_truncation, reason = "within ±180 million")]
        let e6 = (degrees * 1e6).round() as i32;
        Ok(e6)
    }
}

/// `2026-11-25 18:00[:00]` or a date alone in China Standard Time, or RFC 3339.
#[must_use]
pub fn parse_time(text: &str) -> Option<Timestamp> {
    if let Ok(instant) = text.parse::<jiff::Timestamp>() {
        return Some(Timestamp(instant.as_millisecond()));
    }
    let text = text.replace('/', "-");
    let civil = ["%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"]
        .iter()
        .find_map(|format| jiff::civil::DateTime::strptime(format, &text).ok())
        .or_else(|| {
            jiff::civil::Date::strptime("%Y-%m-%d", &text)
                .ok()
                .map(|date| date.at(0, 0, 0, 0))
        })?;
    let utc = civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(Timestamp(utc.timestamp().as_millisecond() - CHINA_OFFSET_MS))
}

enum Item {
    Product(ProductInput),
    Sku(SkuInput),
    Price(Price),
    Order(OrderInput),
    Outlet(OutletInput),
    Technician(TechnicianInput),
}

impl App {
    /// Imports a file. `json` says whether it is a JSON array; otherwise it is CSV with a heading row.
    ///
    /// # Errors
    /// A missing role, a file that cannot be read at all. Wrong rows are in the report.
    pub async fn import(
        &self,
        principal: &Principal,
        kind: ImportKind,
        bytes: &[u8],
        json: bool,
    ) -> Result<ImportReport, AppError> {
        let by = staff_or_scope(principal, &[Role::Admin, Role::Merchant], kind.scope())?;
        let text = text_of(bytes)?;
        let (items, mut errors) = if json {
            read_json(kind, text)?
        } else {
            read_csv(kind, text)?
        };
        let rows = items.len();
        let tenant = principal.tenant();
        let mut side = Side::default();
        for (row, item) in items {
            if let Err(error) = self.put_item(by, tenant, item, &mut side).await {
                if error.kind != ErrorKind::Invalid {
                    return Err(error);
                }
                errors.push(RowError {
                    row,
                    column: error.field.clone().unwrap_or_default(),
                    zh: error.zh,
                    en: error.en,
                });
            }
        }
        if !errors.is_empty() {
            errors.sort_by_key(|error| error.row);
            errors.truncate(IMPORT_ERRORS_MAX);
            return Ok(ImportReport { saved: 0, errors });
        }
        side.audit.push(self.audited(
            by,
            tenant,
            AuditBody::ImportFinished {
                what: kind.name().to_owned(),
                rows: u64::try_from(rows).unwrap_or(u64::MAX),
            },
        ));
        self.commit_side(side).await?;
        Ok(ImportReport {
            saved: rows,
            errors,
        })
    }

    async fn put_item(
        &self,
        by: Actor,
        tenant: aftercare_domain::ids::TenantId,
        item: Item,
        side: &mut Side,
    ) -> Result<(), AppError> {
        match item {
            Item::Product(input) => self.put_product(by, tenant, &input, side).await.map(|_| ()),
            Item::Sku(input) => self.put_sku(by, tenant, &input, side).await.map(|_| ()),
            Item::Price(input) => self.put_price(by, tenant, &input, side),
            Item::Order(input) => self.put_order(by, tenant, &input, side).await.map(|_| ()),
            Item::Outlet(input) => self.put_outlet(by, tenant, &input, side).await.map(|_| ()),
            Item::Technician(input) => {
                self.put_technician(by, tenant, &input, side).await.map(|_| ())
            }
        }
    }
}

fn text_of(bytes: &[u8]) -> Result<&str, AppError> {
    if bytes.len() > IMPORT_BYTES_MAX {
        return Err(AppError::new(
            ErrorKind::TooLarge,
            "import_bytes",
            format!("文件超过 {} MB，请分成几个文件。", IMPORT_BYTES_MAX / 1_048_576),
            format!("The file is larger than {} MB. Please split it.", IMPORT_BYTES_MAX / 1_048_576),
        ));
    }
    std::str::from_utf8(bytes)
        .map(|text| text.trim_start_matches('\u{feff}'))
        .map_err(|error| {
            AppError::invalid(
                "file",
                "import_encoding",
                format!("文件不是 UTF-8 编码（第 {} 个字节起）。用表格软件另存为“CSV UTF-8”再试。", error.valid_up_to() + 1),
                format!("The file is not UTF-8 (from byte {} on). Save it as “CSV UTF-8” and try again.", error.valid_up_to() + 1),
            )
        })
}

fn too_many_rows() -> AppError {
    AppError::invalid(
        "file",
        "import_rows",
        format!("一次最多 {IMPORT_ROWS_MAX} 行，请分成几个文件。"),
        format!("At most {IMPORT_ROWS_MAX} rows at once. Please split the file."),
    )
}

/// Items with the row each came from, and the rows that could not be read.
type Read = (Vec<(usize, Item)>, Vec<RowError>);

fn read_json(kind: ImportKind, text: &str) -> Result<Read, AppError> {
    let values: Vec<serde_json::Value> = serde_json::from_str(text).map_err(|error| {
        AppError::invalid(
            "file",
            "import_json",
            format!("不是 JSON 数组（第 {} 行第 {} 列）。", error.line(), error.column()),
            format!("This is not a JSON array: {error}."),
        )
    })?;
    if values.len() > IMPORT_ROWS_MAX {
        return Err(too_many_rows());
    }
    let (mut items, mut errors) = (Vec::new(), Vec::new());
    for (position, value) in values.into_iter().enumerate() {
        let row = position + 1;
        let item = match kind {
            ImportKind::Products => one(value).map(Item::Product),
            ImportKind::Skus => one(value).map(Item::Sku),
            ImportKind::Prices => one(value).map(Item::Price),
            ImportKind::Orders => one(value).map(Item::Order),
            ImportKind::Outlets => one(value).map(Item::Outlet),
            ImportKind::Technicians => one(value).map(Item::Technician),
        };
        match item {
            Ok(item) => items.push((row, item)),
            Err(error) => errors.push(RowError {
                row,
                column: String::new(),
                zh: format!("这一项读不出来：{error}"),
                en: format!("This item cannot be read: {error}"),
            }),
        }
    }
    Ok((items, errors))
}

fn one<T: DeserializeOwned>(value: serde_json::Value) -> Result<T, serde_json::Error> {
    serde_json::from_value(value)
}

fn read_csv(kind: ImportKind, text: &str) -> Result<Read, AppError> {
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .from_reader(text.as_bytes());
    let bad_file = |error: csv::Error| {
        AppError::invalid(
            "file",
            "import_csv",
            format!("不是 CSV 表格：{error}。"),
            format!("This is not a CSV table: {error}."),
        )
    };
    let headings: Vec<String> = reader
        .headers()
        .map_err(bad_file)?
        .iter()
        .map(heading)
        .collect();
    let (mut items, mut errors) = (Vec::new(), Vec::new());
    for (position, record) in reader.records().enumerate() {
        if position >= IMPORT_ROWS_MAX {
            return Err(too_many_rows());
        }
        let record = record.map_err(bad_file)?;
        let cells = Cells {
            row: position + 2,
            cells: headings
                .iter()
                .cloned()
                .zip(record.iter().map(str::to_owned))
                .collect(),
        };
        if cells.cells.values().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        match item_of(kind, &cells) {
            Ok(item) => items.push((cells.row, item)),
            Err(error) => errors.push(error),
        }
    }
    if kind == ImportKind::Orders {
        items = join_orders(items);
    }
    Ok((items, errors))
}

fn heading(text: &str) -> String {
    let text = text.trim().to_lowercase();
    HEADINGS
        .iter()
        .find(|(chinese, _)| *chinese == text)
        .map_or(text, |(_, name)| (*name).to_owned())
}

fn item_of(kind: ImportKind, cells: &Cells) -> Result<Item, RowError> {
    Ok(match kind {
        ImportKind::Products => Item::Product(ProductInput {
            code: cells.needed("code")?,
            name: cells.needed("name")?,
            category: cells.text("category"),
            skill: cells.text("skill"),
            warranty_days: cells.number("warranty_days", 0)?,
            perishable: cells.yes("perishable"),
        }),
        ImportKind::Skus => Item::Sku(SkuInput {
            product_code: cells.needed("product_code")?,
            code: cells.needed("code")?,
            name: cells.needed("name")?,
        }),
        ImportKind::Prices => Item::Price(Price {
            code: cells.needed("code")?,
            label: cells.needed("label")?,
            skill: cells.text("skill"),
            amount: cells.yuan("amount")?,
        }),
        ImportKind::Orders => Item::Order(OrderInput {
            number: cells.needed("number")?,
            platform: cells.text("platform"),
            paid_at: cells.time("paid_at")?.ok_or_else(|| {
                cells.error(
                    "paid_at",
                    "付款时间不能空。".to_owned(),
                    "`paid_at` is needed.".to_owned(),
                )
            })?,
            delivered_at: cells.time("delivered_at")?,
            lines: vec![OrderLineInput {
                product_code: cells.needed("product_code")?,
                quantity: cells.number("quantity", 1)?,
                paid: cells.yuan("paid")?,
                serial: Some(cells.text("serial")),
            }],
        }),
        ImportKind::Outlets => Item::Outlet(OutletInput {
            code: cells.needed("code")?,
            name: cells.needed("name")?,
            county: cells.needed("county")?,
            latitude_e6: cells.degrees_e6("latitude")?,
            longitude_e6: cells.degrees_e6("longitude")?,
        }),
        ImportKind::Technicians => Item::Technician(TechnicianInput {
            login: cells.needed("login")?,
            display_name: cells.needed("display_name")?,
            outlet_code: cells.text("outlet_code"),
            skills: cells.list("skill"),
            counties: cells.list("counties"),
            latitude_e6: cells.degrees_e6("latitude")?,
            longitude_e6: cells.degrees_e6("longitude")?,
            reach_m: cells.number("reach_m", 30_000)?,
            active: true,
        }),
    })
}

/// Rows with the same order number are lines of one order.
fn join_orders(items: Vec<(usize, Item)>) -> Vec<(usize, Item)> {
    let mut joined: Vec<(usize, Item)> = Vec::new();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for (row, item) in items {
        match item {
            Item::Order(order) => match places.get(&order.number) {
                Some(place) => {
                    if let Item::Order(first) = &mut joined[*place].1 {
                        first.lines.extend(order.lines);
                    }
                }
                None => {
                    places.insert(order.number.clone(), joined.len());
                    joined.push((row, Item::Order(order)));
                }
            },
            other => joined.push((row, other)),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_people_write_them() {
        let expected = Some(Timestamp(1_764_064_800_000));
        for text in [
            "2025-11-25 18:00",
            "2025/11/25 18:00:00",
            "2025-11-25T18:00",
            "2025-11-25T10:00:00Z",
            "2025-11-25T18:00:00+08:00",
        ] {
            assert_eq!(parse_time(text), expected, "{text}");
        }
        assert_eq!(parse_time("明天"), None);
    }

    #[test]
    fn chinese_headings_and_bad_rows_are_named() {
        let text = "编号,名称,保修天数\nL1,示例灯,365\n,缺编号,1\nL3,三,三百\n";
        let (items, errors) = read_csv(ImportKind::Products, text).unwrap();
        assert_eq!(items.len(), 1);
        assert_eq!(
            errors.iter().map(|error| (error.row, error.column.as_str())).collect::<Vec<_>>(),
            [(3, "code"), (4, "warranty_days")]
        );
    }

    #[test]
    fn rows_of_one_order_are_its_lines() {
        let text = "订单号,付款时间,商品编号,实付\nA1,2026-11-01,M1,68\nA1,2026-11-01,L1,129.00\n";
        let (items, errors) = read_csv(ImportKind::Orders, text).unwrap();
        assert!(errors.is_empty());
        assert_eq!(items.len(), 1);
        let Item::Order(order) = &items[0].1 else { panic!("an order") };
        assert_eq!(order.lines.len(), 2);
        assert_eq!(order.lines[1].paid, Fen(12_900));
    }

    #[test]
    fn another_encoding_is_explained() {
        let error = text_of(&[0xB1, 0xE0]).unwrap_err();
        assert_eq!(error.rule, "import_encoding");
    }
}
