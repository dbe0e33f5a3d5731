//! What was imported comes out again, under the same headings: a file that was taken out and is imported changes nothing. Nothing of
//! a buyer is in it; what a person is known under leaves with that person's own export, and with that of customers who were taken
//! over, each opened by a reveal that is in the log before.

use crate::access::staff;
use crate::app::App;
use crate::detail::name;
use crate::equipment::Degrees;
use crate::error::AppError;
use crate::import::{ImportKind, may_import};
use crate::limits::{IMPORT_ROWS_MAX, PAGE_ROWS_MAX, REPAIRS_EXPORT_MAX};
use crate::lists::Paging;
use crate::numbers::case_number;
use crate::principal::Principal;
use crate::warranty::csv_cell;
use aftercare_domain::ids::{OutletId, ProductId, TechnicianId, TenantId};
use aftercare_domain::time::SECOND_MS;
use aftercare_domain::{Role, Timestamp};
use aftercare_store::WorkOrderFilter;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// Roles that read every repair of a tenant.
const READERS_OF_REPAIRS: &[Role] = &[Role::Dispatcher, Role::Admin, Role::Auditor];

/// What stands between the entries of one cell.
const BETWEEN: &str = "; ";

/// A value of a table: a number is never in quotes, and never taken for a formula.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Cell {
    Text(String),
    Number(String),
}

impl Cell {
    fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    fn number(number: &impl ToString) -> Self {
        Self::Number(number.to_string())
    }

    /// A number, or nothing where it is not told.
    fn known(number: Option<&impl ToString>) -> Self {
        number.map_or_else(|| Self::text(""), Self::number)
    }

    fn list(entries: &[String]) -> Self {
        Self::Text(entries.join(BETWEEN))
    }

    fn time(at: Option<Timestamp>) -> Self {
        Self::Text(at.map(Timestamp::to_china_text).unwrap_or_default())
    }

    fn yes_no(yes: bool) -> Self {
        Self::text(if yes { "true" } else { "false" })
    }
}

fn too_large(rows_max: usize) -> AppError {
    AppError::invalid(
        "what",
        "export_too_large",
        format!("超过 {rows_max} 行，请用接口分页读取。"),
        format!(
            "There are more than {rows_max} rows. Please read them page by page through the API."
        ),
    )
}

/// A table under its headings.
struct Sheet {
    headings: &'static [&'static str],
    rows: Vec<Vec<Cell>>,
}

impl Sheet {
    const fn new(headings: &'static [&'static str]) -> Self {
        Self {
            headings,
            rows: Vec::new(),
        }
    }

    fn add(&mut self, row: Vec<Cell>) -> Result<(), AppError> {
        debug_assert_eq!(row.len(), self.headings.len(), "a cell for each heading");
        if self.rows.len() >= IMPORT_ROWS_MAX {
            return Err(too_large(IMPORT_ROWS_MAX));
        }
        self.rows.push(row);
        Ok(())
    }

    fn csv(&self) -> String {
        let mut text = self.headings.join(",");
        text.push_str("\r\n");
        for row in &self.rows {
            let cells: Vec<String> = row
                .iter()
                .map(|cell| match cell {
                    Cell::Text(value) => csv_cell(value),
                    Cell::Number(value) => value.clone(),
                })
                .collect();
            text.push_str(&cells.join(","));
            text.push_str("\r\n");
        }
        text
    }

    /// An object a row; every value is a text, as an import takes it.
    fn json(&self) -> Result<String, AppError> {
        let rows: Vec<serde_json::Map<String, serde_json::Value>> = self
            .rows
            .iter()
            .map(|row| {
                let cells = self.headings.iter().zip(row);
                cells
                    .map(|(heading, cell)| {
                        let (Cell::Text(value) | Cell::Number(value)) = cell;
                        ((*heading).to_owned(), value.clone().into())
                    })
                    .collect()
            })
            .collect();
        serde_json::to_string_pretty(&rows)
            .map_err(|error| AppError::internal(format!("export: {error}")))
    }
}

impl App {
    /// Everything of a kind that can be imported, as CSV or as JSON, for whoever may import it.
    ///
    /// # Errors
    /// A missing role, or more rows than an import takes.
    pub async fn export(
        &self,
        principal: &Principal,
        kind: ImportKind,
        json: bool,
    ) -> Result<String, AppError> {
        may_import(principal, kind)?;
        let sheet = match kind {
            ImportKind::Products => self.products_out(principal).await?,
            ImportKind::Skus => self.skus_out(principal).await?,
            ImportKind::Prices => self.prices_out(principal.tenant()).await?,
            ImportKind::Codes => self.codes_out(principal.tenant()).await?,
            ImportKind::Orders => self.orders_out(principal).await?,
            ImportKind::Outlets => self.outlets_out(principal).await?,
            ImportKind::Technicians => self.technicians_out(principal).await?,
            ImportKind::Parts => self.parts_out(principal.tenant()).await?,
            ImportKind::Serials => self.serials_out(principal.tenant()).await?,
            ImportKind::History => self.history_out(principal.tenant()).await?,
            ImportKind::Customers => return self.customers_out(principal, 0, json).await,
        };
        if json { sheet.json() } else { Ok(sheet.csv()) }
    }

    /// The repairs of a tenant: what was asked for, who came, what came of it. Nothing of a customer is in it.
    ///
    /// # Errors
    /// A missing role, or more repairs than one file has.
    pub async fn repairs_out(&self, principal: &Principal, json: bool) -> Result<String, AppError> {
        staff(principal, READERS_OF_REPAIRS)?;
        let mut sheet = Sheet::new(&[
            "number",
            "kind",
            "state",
            "skill",
            "county",
            "product",
            "technician",
            "requested",
            "response_seconds",
            "visit_from",
            "visit_until",
            "done",
            "outcome",
            "diagnosis",
            "actions",
            "warranty_until",
        ]);
        let filter = WorkOrderFilter {
            tenant: Some(principal.tenant()),
            ..WorkOrderFilter::default()
        };
        let mut cursor = None;
        let mut names: HashMap<TechnicianId, String> = HashMap::new();
        loop {
            let page = self.store().work_orders(&filter, cursor, PAGE_ROWS_MAX);
            let page = page.await?;
            for row in page.items {
                if sheet.rows.len() >= REPAIRS_EXPORT_MAX {
                    return Err(too_large(REPAIRS_EXPORT_MAX));
                }
                let case = self.load(row.case_id).await?;
                let Some(order) = case.work_orders.get(&row.work_order_id) else {
                    continue;
                };
                let technician = match order.technician {
                    None => String::new(),
                    Some(id) => {
                        if let Entry::Vacant(place) = names.entry(id) {
                            place.insert(self.technician_name(id).await?);
                        }
                        names.get(&id).cloned().unwrap_or_default()
                    }
                };
                let product = match order.product {
                    Some(product) => self.product_name(product).await?,
                    None => None,
                };
                let outcome = order.outcome.as_ref().map(name);
                let response = order.response_ms.map(|ms| (ms / SECOND_MS).to_string());
                sheet.add(vec![
                    Cell::text(case_number(row.case_id)),
                    Cell::text(name(&order.kind)),
                    Cell::text(name(&order.state)),
                    Cell::text(order.skill.clone()),
                    Cell::text(order.county.clone()),
                    Cell::text(product.unwrap_or_default()),
                    Cell::text(technician),
                    Cell::time(Some(order.requested_at)),
                    Cell::Number(response.unwrap_or_default()),
                    Cell::time(order.window.map(|window| window.from)),
                    Cell::time(order.window.map(|window| window.until)),
                    Cell::time(order.done_at),
                    Cell::text(outcome.unwrap_or_default()),
                    Cell::text(order.diagnosis.clone().unwrap_or_default()),
                    Cell::list(&order.actions),
                    Cell::time(order.warranty_until),
                ])?;
            }
            cursor = page.next;
            if cursor.is_none() {
                return if json { sheet.json() } else { Ok(sheet.csv()) };
            }
        }
    }

    /// Customers as they were taken over, after the first `skip` of them: as many as one account may look at within an hour.
    ///
    /// # Errors
    /// A missing role; too many people within an hour.
    pub async fn customers_out(
        &self,
        principal: &Principal,
        skip: u32,
        json: bool,
    ) -> Result<String, AppError> {
        let by = may_import(principal, ImportKind::Customers)?;
        let mut sheet = Sheet::new(&["number", "name", "phone", "address", "language"]);
        let opened = self.customers_opened(by, principal.tenant(), skip);
        for customer in opened.await? {
            sheet.add(vec![
                Cell::text(customer.number),
                Cell::text(customer.name),
                Cell::text(customer.phone),
                Cell::text(customer.address),
                Cell::text(customer.language),
            ])?;
        }
        if json { sheet.json() } else { Ok(sheet.csv()) }
    }

    /// What was measured by county, for whoever reads it on the page; of few cases only how many there were is in it.
    ///
    /// # Errors
    /// A missing role or scope.
    pub async fn counties_out(
        &self,
        principal: &Principal,
        json: bool,
    ) -> Result<String, AppError> {
        let known = self.measured(principal).await?;
        let mut sheet = Sheet::new(&[
            "county",
            "from",
            "until",
            "reports",
            "response_median_minutes",
            "response_95_minutes",
            "arrivals",
            "arrival_median_minutes",
            "arrival_95_minutes",
            "promises",
            "promises_kept",
            "promises_kept_least_percent",
            "settled",
            "fixed_first",
            "fixed_first_least_percent",
            "finished",
            "held",
            "held_least_percent",
            "rated",
            "satisfied",
            "satisfied_least_percent",
        ]);
        for county in known.counties {
            let mut row = vec![
                Cell::text(county.county),
                Cell::time(Some(known.from)),
                Cell::time(Some(known.until)),
            ];
            for times in [county.response, county.arrival] {
                row.push(Cell::number(&times.of));
                row.push(Cell::known(times.median_minutes.as_ref()));
                row.push(Cell::known(times.most_minutes.as_ref()));
            }
            let shares = [
                county.promises,
                county.first_fix,
                county.held,
                county.satisfied,
            ];
            for counted in shares {
                let share = counted.share.as_ref();
                row.push(Cell::number(&counted.of));
                row.push(Cell::known(share.map(|share| &share.count)));
                row.push(Cell::known(share.map(|share| &share.least_percent)));
            }
            sheet.add(row)?;
        }
        if json { sheet.json() } else { Ok(sheet.csv()) }
    }

    async fn products_out(&self, principal: &Principal) -> Result<Sheet, AppError> {
        let mut sheet = Sheet::new(&[
            "code",
            "name",
            "category",
            "skill",
            "warranty_days",
            "perishable",
            "shop",
        ]);
        for product in self.kept_products(principal).await? {
            sheet.add(vec![
                Cell::text(product.code),
                Cell::text(product.name),
                Cell::text(product.category),
                Cell::text(product.skill),
                Cell::number(&product.warranty_days),
                Cell::yes_no(product.perishable),
                Cell::text(product.shop.unwrap_or_default()),
            ])?;
        }
        Ok(sheet)
    }

    async fn skus_out(&self, principal: &Principal) -> Result<Sheet, AppError> {
        let mut sheet = Sheet::new(&["product_code", "code", "name", "shop"]);
        for product in self.kept_products(principal).await? {
            for sku in self.store().skus(product.id).await? {
                sheet.add(vec![
                    Cell::text(product.code.clone()),
                    Cell::text(sku.code),
                    Cell::text(sku.name),
                    Cell::text(product.shop.clone().unwrap_or_default()),
                ])?;
            }
        }
        Ok(sheet)
    }

    async fn prices_out(&self, tenant: TenantId) -> Result<Sheet, AppError> {
        let mut sheet = Sheet::new(&["code", "label", "skill", "amount_fen"]);
        for price in self.prices_of(tenant).await? {
            sheet.add(vec![
                Cell::text(price.code),
                Cell::text(price.label),
                Cell::text(price.skill),
                Cell::number(&price.amount.0),
            ])?;
        }
        Ok(sheet)
    }

    /// Codes of faults and of what was done, the retired ones too.
    async fn codes_out(&self, tenant: TenantId) -> Result<Sheet, AppError> {
        let mut sheet = Sheet::new(&["class", "skill", "service", "code", "zh", "en", "retired"]);
        for code in self.codes_of(tenant).await?.0 {
            sheet.add(vec![
                Cell::text(code.class),
                Cell::text(code.skill),
                Cell::text(code.service),
                Cell::text(code.code),
                Cell::text(code.zh),
                Cell::text(code.en),
                Cell::yes_no(code.retired),
            ])?;
        }
        Ok(sheet)
    }

    /// Items with serial numbers, each with its latest sale.
    async fn serials_out(&self, tenant: TenantId) -> Result<Sheet, AppError> {
        let mut sheet = Sheet::new(&[
            "serial",
            "product",
            "category",
            "bought",
            "delivered",
            "promised_days",
        ]);
        for sale in self.sales(tenant).await? {
            let delivered = sale.delivered.map(|day| day.to_string());
            sheet.add(vec![
                Cell::text(sale.serial),
                Cell::text(sale.product),
                Cell::text(sale.category),
                Cell::text(sale.bought.to_string()),
                Cell::text(delivered.unwrap_or_default()),
                Cell::number(&sale.promised_days),
            ])?;
        }
        Ok(sheet)
    }

    /// Repairs that were taken over from a table; those of ours are in the table of repairs.
    async fn history_out(&self, tenant: TenantId) -> Result<Sheet, AppError> {
        let mut sheet = Sheet::new(&["serial", "reported", "done", "fixed", "used", "replaced"]);
        for repair in self.earlier_repairs(tenant).await? {
            sheet.add(vec![
                Cell::text(repair.serial),
                Cell::text(repair.reported.to_string()),
                Cell::text(repair.done.to_string()),
                Cell::yes_no(repair.fixed),
                Cell::list(&repair.used),
                Cell::list(&repair.replaced),
            ])?;
        }
        Ok(sheet)
    }

    /// Orders without their buyers, a row a line.
    async fn orders_out(&self, principal: &Principal) -> Result<Sheet, AppError> {
        let mut sheet = Sheet::new(&[
            "number",
            "platform",
            "shop",
            "paid_at",
            "delivered_at",
            "product_code",
            "sku_code",
            "quantity",
            "paid_fen",
            "serial",
        ]);
        let mut codes = Codes::default();
        let mut paging = Paging {
            cursor: None,
            limit: Some(PAGE_ROWS_MAX),
        };
        loop {
            let page = self.orders(principal, &paging).await?;
            for order in &page.items {
                for line in self.store().order_lines(order.id).await? {
                    let (product, sku) = codes.of(self, &line).await?;
                    sheet.add(vec![
                        Cell::text(order.number.clone()),
                        Cell::text(order.platform.clone()),
                        Cell::text(order.shop.clone().unwrap_or_default()),
                        Cell::time(Some(order.paid_at)),
                        Cell::time(order.delivered_at),
                        Cell::text(product),
                        Cell::text(sku),
                        Cell::number(&line.quantity),
                        Cell::number(&line.paid_fen.0),
                        Cell::text(line.serial.unwrap_or_default()),
                    ])?;
                }
            }
            if page.next_cursor.is_none() {
                return Ok(sheet);
            }
            paging.cursor = page.next_cursor;
        }
    }

    async fn outlets_out(&self, principal: &Principal) -> Result<Sheet, AppError> {
        let mut sheet = Sheet::new(&["code", "name", "county", "latitude", "longitude", "areas"]);
        for outlet in self.outlets(principal).await? {
            sheet.add(vec![
                Cell::text(outlet.code),
                Cell::text(outlet.name),
                Cell::text(outlet.county),
                Cell::number(&Degrees(outlet.latitude_e6)),
                Cell::number(&Degrees(outlet.longitude_e6)),
                Cell::list(&outlet.areas),
            ])?;
        }
        Ok(sheet)
    }

    /// Parts at outlets.
    async fn parts_out(&self, tenant: TenantId) -> Result<Sheet, AppError> {
        let mut sheet = Sheet::new(&["outlet", "part", "count", "reorder_at"]);
        let outlets = self.store().outlets(tenant).await?;
        let codes: HashMap<OutletId, String> = outlets
            .into_iter()
            .map(|outlet| (outlet.id, outlet.code))
            .collect();
        // One more than fits, so that too many are told.
        let most = u32::try_from(IMPORT_ROWS_MAX + 1).unwrap_or(u32::MAX);
        for row in self.store().outlet_stock(tenant, most).await? {
            let Some(code) = codes.get(&row.outlet) else {
                continue;
            };
            sheet.add(vec![
                Cell::text(code.clone()),
                Cell::text(row.part),
                Cell::number(&row.count),
                Cell::number(&row.reorder_at),
            ])?;
        }
        Ok(sheet)
    }

    async fn technicians_out(&self, principal: &Principal) -> Result<Sheet, AppError> {
        let mut sheet = Sheet::new(&[
            "login",
            "display_name",
            "outlet_code",
            "skills",
            "counties",
            "latitude",
            "longitude",
            "reach_m",
            "active",
            "hours",
            "absences",
            "levels",
            "certificates",
            "stock",
            "end",
        ]);
        let outlets: HashMap<_, _> = self
            .outlets(principal)
            .await?
            .into_iter()
            .map(|outlet| (outlet.id, outlet.code))
            .collect();
        for technician in self.technicians(principal).await? {
            let Some(row) = self.store().technician(technician.id).await? else {
                continue;
            };
            let Some(user) = self.store().user(technician.user).await? else {
                continue;
            };
            let outlet = technician.outlet.and_then(|id| outlets.get(&id)).cloned();
            sheet.add(vec![
                Cell::text(user.login),
                Cell::text(technician.display_name),
                Cell::text(outlet.unwrap_or_default()),
                Cell::list(&technician.skills),
                Cell::list(&technician.counties),
                Cell::number(&Degrees(row.latitude_e6)),
                Cell::number(&Degrees(row.longitude_e6)),
                Cell::number(&technician.reach_m),
                Cell::yes_no(technician.active),
                Cell::list(&technician.hours),
                Cell::list(&technician.absences),
                Cell::list(&technician.equipment.levels),
                Cell::list(&technician.equipment.certificates),
                Cell::list(&technician.equipment.stock),
                Cell::text(technician.equipment.end),
            ])?;
        }
        Ok(sheet)
    }
}

/// Codes of products and of their variants, read once.
#[derive(Default)]
struct Codes {
    products: HashMap<ProductId, String>,
    skus: HashMap<ProductId, Vec<aftercare_store::rows::SkuRow>>,
}

impl Codes {
    /// The codes of what a line is about: of the product, and of its variant if it is about one.
    async fn of(
        &mut self,
        app: &App,
        line: &aftercare_store::rows::OrderLineRow,
    ) -> Result<(String, String), AppError> {
        let id = line.product;
        if let Entry::Vacant(place) = self.products.entry(id) {
            let row = app.store().product(id).await?;
            place.insert(row.map(|row| row.code).unwrap_or_default());
        }
        let product = self.products.get(&id).cloned().unwrap_or_default();
        let Some(sku) = line.sku else {
            return Ok((product, String::new()));
        };
        if let Entry::Vacant(place) = self.skus.entry(id) {
            place.insert(app.store().skus(id).await?);
        }
        let known = self.skus.get(&id).map_or(&[][..], Vec::as_slice);
        let sku = known.iter().find(|known| known.id == sku);
        Ok((product, sku.map(|sku| sku.code.clone()).unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::{Cell, Sheet};

    #[test]
    fn a_cell_is_never_a_formula_and_a_number_stays_one() {
        let mut sheet = Sheet::new(&["name", "degrees"]);
        let row = vec![
            Cell::text("=HYPERLINK(\"x\")"),
            Cell::number(&"-120.170000"),
        ];
        sheet.add(row).unwrap();
        assert_eq!(
            sheet.csv(),
            "name,degrees\r\n\"'=HYPERLINK(\"\"x\"\")\",-120.170000\r\n"
        );
        let json: serde_json::Value = serde_json::from_str(&sheet.json().unwrap()).unwrap();
        // JSON is no spreadsheet: the text is as it stands.
        assert_eq!(json[0]["name"], "=HYPERLINK(\"x\")");
        assert_eq!(json[0]["degrees"], "-120.170000");
    }
}
