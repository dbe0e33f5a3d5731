//! Imports: products, variants, prices, codes of faults and actions, orders, technicians, outlets, their parts, items with serial
//! numbers with their earlier repairs, and customers, from CSV or JSON. A file counts as a whole or not at all; every wrong row is named with what is wrong and what to do. A file that is
//! imported again changes nothing, and one that is only looked at saves nothing and says what would come of each row.

pub(crate) mod cell;
mod columns;
mod table;

use crate::access::{staff, staff_or_scope};
use crate::app::App;
use crate::catalogue::{Known, Saved};
use crate::engine::Side;
use crate::error::{AppError, ErrorKind};
use crate::limits::{IMPORT_ERRORS_MAX, IMPORT_PLANNED_MAX};
use crate::principal::Principal;
use aftercare_domain::audit::AuditBody;
use aftercare_domain::ids::TenantId;
use aftercare_domain::{Actor, Role};
use columns::{Entry, Item};
use serde::Serialize;
use std::collections::HashMap;
use table::Outcome;
use utoipa::ToSchema;

/// What can be imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportKind {
    Products,
    Skus,
    Prices,
    /// Codes of faults and of what was done.
    Codes,
    Orders,
    Outlets,
    Technicians,
    /// Parts at outlets, as somebody counted them.
    Parts,
    /// Items with serial numbers that were sold.
    Serials,
    /// Earlier repairs of items with serial numbers.
    History,
    /// Customers of another program.
    Customers,
}

impl ImportKind {
    /// Every kind, in the order in which they need one another.
    pub const ALL: [Self; 11] = [
        Self::Products,
        Self::Skus,
        Self::Prices,
        Self::Codes,
        Self::Orders,
        Self::Outlets,
        Self::Technicians,
        Self::Parts,
        Self::Serials,
        Self::History,
        Self::Customers,
    ];

    /// The kind of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Its stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Products => "products",
            Self::Skus => "skus",
            Self::Prices => "prices",
            Self::Codes => "codes",
            Self::Orders => "orders",
            Self::Outlets => "outlets",
            Self::Technicians => "technicians",
            Self::Parts => "parts",
            Self::Serials => "serials",
            Self::History => "history",
            Self::Customers => "customers",
        }
    }

    /// A file of this kind as it may be, with invented things; those of one kind go with those of another.
    #[must_use]
    pub const fn sample(self) -> &'static str {
        match self {
            Self::Products => {
                "code,name,category,skill,warranty_days,perishable\nMUG-1,示例马克杯,餐具,tableware,0,false\nLAMP-1,示例台灯,灯具,lamp,365,false\n"
            }
            Self::Skus => "product_code,code,name\nMUG-1,MUG-1-BLUE,蓝色\n",
            Self::Prices => "code,label,skill,amount\nVISIT-1,上门检测,lamp,30.00\n",
            Self::Codes => {
                "class,skill,service,code,zh,en,retired\ndiagnosis,lamp,repair,POWER-1,电源板无输出,No output of the power board,false\naction,lamp,,SWAP-1,更换电源板,Power board replaced,false\n"
            }
            Self::Orders => {
                "number,paid_at,delivered_at,product_code,quantity,paid,buyer_name,buyer_phone\nSAMPLE-1,2026-10-30,2026-11-01,MUG-1,1,68.00,示例买家,13800000000\nSAMPLE-1,2026-10-30,2026-11-01,LAMP-1,1,129.00,示例买家,13800000000\n"
            }
            Self::Outlets => {
                "code,name,county,latitude,longitude\nOUT-1,示例网点,330106,30.25,120.17\n"
            }
            Self::Technicians => {
                "login,display_name,skills,counties,latitude,longitude\nsample.tech,示例师傅,lamp,330106,30.25,120.17\n"
            }
            Self::Parts => "outlet,part,count,reorder_at\nOUT-1,示例水泵,12,3\n",
            Self::Serials => {
                "serial,product_code,bought,delivered,promised_days\nSN-SAMPLE-1,LAMP-1,2026-10-30,2026-11-01,365\n"
            }
            Self::History => {
                "serial,reported,done,fixed,used,replaced\nSN-SAMPLE-1,2026-11-01,2026-11-01,true,示例灯管 x 1,示例灯管: OLD-1 > NEW-1\n"
            }
            Self::Customers => {
                "number,name,phone,address,language\nC-SAMPLE-1,示例客户,13800000000,浙江省杭州市西湖区示例路 1 号,zh\n"
            }
        }
    }

    /// Headings of its columns, those that are needed first. Each has Chinese names too.
    #[must_use]
    pub fn columns(self) -> Vec<&'static str> {
        let mut columns: Vec<_> = columns::of(self).iter().collect();
        columns.sort_by_key(|column| !column.needed);
        columns.into_iter().map(|column| column.name).collect()
    }
}

/// Something wrong in a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RowError {
    /// Row of the file, the heading being row 1; in JSON, the position from 1.
    pub row: usize,
    /// The column by its stable name; empty when the row as a whole is wrong.
    pub column: String,
    /// The stable name of the rule.
    pub rule: String,
    /// What is wrong and what to do, in Chinese.
    pub zh: String,
    /// The same in English.
    pub en: String,
}

impl RowError {
    fn new(row: usize, column: &str, rule: &str, zh: &str, en: &str) -> Self {
        Self {
            row,
            column: column.to_owned(),
            rule: rule.to_owned(),
            zh: zh.to_owned(),
            en: en.to_owned(),
        }
    }
}

/// What would come of a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Planned {
    /// Row of the file, the heading being row 1; of several rows about one thing the first.
    pub row: usize,
    /// What finds the thing again, such as its code.
    pub key: String,
    /// `created`, `updated` or `unchanged`.
    pub then: String,
}

/// What became of an import.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct ImportReport {
    /// Rows of the file.
    pub rows: usize,
    /// Rows that are saved now; none when there is an error.
    pub saved: usize,
    /// Things that are new, changed, or stood like that already. An order counts as one thing.
    pub created: usize,
    pub updated: usize,
    pub unchanged: usize,
    /// Headings that mean nothing here and were passed over.
    pub ignored_columns: Vec<String>,
    /// How much is wrong in all; `errors` lists the first of it.
    pub errors_total: usize,
    pub errors: Vec<RowError>,
    /// Nothing was saved: the file was only looked at, and the numbers say what would come of the rows that are sound.
    pub preview: bool,
    /// Of a file that was only looked at: what would come of its first rows that are sound.
    pub planned: Vec<Planned>,
}

impl App {
    /// Imports a file. `json` says whether it is JSON; otherwise it is CSV with a heading row.
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
        self.import_file(principal, kind, (bytes, json), false)
            .await
    }

    /// Looks at a file, or imports it where `preview` is false. What begins with a bracket is JSON.
    ///
    /// # Errors
    /// As [`App::import`].
    pub async fn import_or_look(
        &self,
        principal: &Principal,
        kind: ImportKind,
        bytes: &[u8],
        preview: bool,
    ) -> Result<ImportReport, AppError> {
        let json = bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[');
        self.import_file(principal, kind, (bytes, json), preview)
            .await
    }

    /// Looks at a file as [`App::import`] would take it, and saves nothing.
    ///
    /// # Errors
    /// As [`App::import`].
    pub async fn preview_import(
        &self,
        principal: &Principal,
        kind: ImportKind,
        bytes: &[u8],
        json: bool,
    ) -> Result<ImportReport, AppError> {
        self.import_file(principal, kind, (bytes, json), true).await
    }

    async fn import_file(
        &self,
        principal: &Principal,
        kind: ImportKind,
        (bytes, json): (&[u8], bool),
        preview: bool,
    ) -> Result<ImportReport, AppError> {
        let by = may_import(principal, kind)?;
        let (items, outcome) = columns::read(kind, table::text_of(bytes)?, json)?;
        let tenant = principal.tenant();
        let held = match kind {
            ImportKind::Orders => crate::orders::orders_of(tenant),
            // Technicians change accounts.
            _ => tenant.0,
        };
        let _alone = self.alone(held).await?;
        let mut report = ImportReport {
            rows: outcome.rows,
            preview,
            ..ImportReport::default()
        };
        let Outcome {
            errors, ignored, ..
        } = outcome;
        report.ignored_columns = ignored;
        let side = self.put_all(by, tenant, items, errors, &mut report).await?;
        if preview || !report.errors.is_empty() {
            return Ok(report);
        }
        report.saved = report.rows;
        if report.created + report.updated > 0 {
            self.commit_side(side).await?;
        }
        tracing::info!(
            what = kind.name(),
            rows = report.rows,
            created = report.created,
            updated = report.updated,
            "import finished"
        );
        Ok(report)
    }

    /// Adds everything to one unit; what is wrong goes into the report.
    async fn put_all(
        &self,
        by: Actor,
        tenant: TenantId,
        items: Vec<Entry>,
        mut errors: Vec<RowError>,
        report: &mut ImportReport,
    ) -> Result<Side, AppError> {
        let mut side = Side::default();
        let mut known = Known::default();
        let mut seen: HashMap<String, usize> = HashMap::with_capacity(items.len());
        let what = items.first().map_or("nothing", |entry| entry.item.what());
        let only = self.only_shop_of(by).await?;
        for entry in items {
            let first = entry.rows.first().copied().unwrap_or_default();
            if let Some(earlier) = seen.insert(entry.item.key(only.as_deref()), first) {
                errors.push(RowError::new(
                    first,
                    entry.item.key_column(),
                    "row_twice",
                    &format!("和第 {earlier} 行是同一个编号，请只留一行。"),
                    &format!("Row {earlier} has the same code. Please keep one of them."),
                ));
                continue;
            }
            let put = self
                .put_item(by, tenant, &entry.item, &mut known, &mut side)
                .await;
            let then = match put {
                Ok(Saved::Created) => {
                    report.created += 1;
                    "created"
                }
                Ok(Saved::Updated) => {
                    report.updated += 1;
                    "updated"
                }
                Ok(Saved::Unchanged) => {
                    report.unchanged += 1;
                    "unchanged"
                }
                Err(error) if error.kind == ErrorKind::Invalid => {
                    errors.push(in_row(&entry.rows, error));
                    continue;
                }
                Err(error) => return Err(error),
            };
            if report.preview && report.planned.len() < IMPORT_PLANNED_MAX {
                let key = entry.item.shown(only.as_deref());
                report.planned.push(Planned {
                    row: first,
                    key: key.replace('\u{1f}', " ").trim().to_owned(),
                    then: then.to_owned(),
                });
            }
        }
        errors.sort_by(|left, right| (left.row, &left.column).cmp(&(right.row, &right.column)));
        report.errors_total = errors.len();
        errors.truncate(IMPORT_ERRORS_MAX);
        report.errors = errors;
        if !report.preview && !report.errors.is_empty() {
            (report.created, report.updated, report.unchanged) = (0, 0, 0);
        }
        // One act for the whole file: it is one transaction.
        side.audit.push(self.audited(
            by,
            tenant,
            AuditBody::ImportFinished {
                what: what.to_owned(),
                rows: u64::try_from(report.rows).unwrap_or(u64::MAX),
            },
        ));
        Ok(side)
    }

    async fn put_item(
        &self,
        by: Actor,
        tenant: TenantId,
        item: &Item,
        known: &mut Known,
        side: &mut Side,
    ) -> Result<Saved, AppError> {
        Ok(match item {
            Item::Product(input) => self.put_product(by, tenant, input, known, side).await?.1,
            Item::Sku(input) => self.put_sku(by, tenant, input, known, side).await?.1,
            Item::Price(input) => self.put_price(by, tenant, input, side).await?,
            Item::Code(input) => self.put_code(tenant, input, side).await?,
            Item::Order(input, buyer) => {
                self.put_order(by, tenant, input, buyer.as_ref(), known, side)
                    .await?
                    .1
            }
            Item::Outlet(input) => self.put_outlet(tenant, input, known, side).await?.1,
            Item::Technician(input) => self.put_technician(by, tenant, input, known, side).await?.1,
            Item::Part(input) => self.put_part(by, tenant, input, known, side).await?,
            Item::Serial(input) => self.put_serial(tenant, input, known, side).await?,
            Item::Earlier(input) => self.put_earlier(tenant, input, side).await?,
            Item::Customer(input) => self.put_customer(by, tenant, input, known, side).await?,
        })
    }
}

/// Who imports, if they may.
///
/// # Errors
/// `Forbidden` otherwise.
pub fn may_import(principal: &Principal, kind: ImportKind) -> Result<Actor, AppError> {
    match kind {
        ImportKind::Products | ImportKind::Skus | ImportKind::Prices => {
            staff_or_scope(principal, &[Role::Admin, Role::Merchant], "catalogue:write")
        }
        ImportKind::Orders => {
            staff_or_scope(principal, &[Role::Admin, Role::Merchant], "orders:write")
        }
        ImportKind::Outlets | ImportKind::Technicians => {
            staff(principal, crate::technicians::KEEPERS)
        }
        ImportKind::Parts => staff(principal, crate::parts::KEEPERS),
        ImportKind::Codes => staff(principal, crate::codes::KEEPERS),
        ImportKind::Serials | ImportKind::History => {
            staff(principal, &[Role::Admin, Role::Dispatcher])
        }
        ImportKind::Customers => staff(principal, &[Role::Admin]),
    }
}

/// A wrong input at its row: `lines[2].paid` is the third row of an order.
fn in_row(rows: &[usize], error: AppError) -> RowError {
    let field = error.field.unwrap_or_default();
    let line = field
        .strip_prefix("lines[")
        .and_then(|rest| rest.split_once("]."))
        .and_then(|(index, column)| Some((rows.get(index.parse::<usize>().ok()?)?, column)));
    let (row, column) = match (line, rows.first()) {
        (Some((row, column)), _) => (*row, column),
        (None, Some(row)) => (*row, field.as_str()),
        (None, None) => (0, field.as_str()),
    };
    RowError::new(row, column, &error.rule, &error.zh, &error.en)
}
