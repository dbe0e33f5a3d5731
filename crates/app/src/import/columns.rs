//! Which columns each kind of import has, and what a row of them is.

use super::cell;
use super::table::{self, Cells, Column, Outcome, Row};
use super::{ImportKind, RowError};
use crate::catalogue::{ProductInput, SkuInput};
use crate::codes::ServiceCode;
use crate::customers::CustomerInput;
use crate::equipment::EquipmentInput;
use crate::error::AppError;
use crate::limits::{PARTS_EACH_MAX, QUANTITY_MAX, REACH_M_MAX, WARRANTY_DAYS_MAX};
use crate::orders::{OrderInput, OrderLineInput};
use crate::parts::CountedPart;
use crate::people::PersonInput;
use crate::prices::Price;
use crate::technicians::{OutletInput, REACH_M_DEFAULT, TechnicianInput};
use crate::warranty::{EarlierInput, SerialInput};
use aftercare_domain::Timestamp;
use aftercare_vault::Plain;
use std::collections::HashMap;

/// One thing of a file.
pub(super) enum Item {
    Product(ProductInput),
    Sku(SkuInput),
    Price(Price),
    Code(ServiceCode),
    Order(OrderInput, Option<PersonInput>),
    Outlet(OutletInput),
    Technician(TechnicianInput),
    Part(CountedPart),
    Serial(SerialInput),
    Earlier(EarlierInput),
    Customer(CustomerInput),
}

/// A thing and the rows it came from.
pub(super) struct Entry {
    pub item: Item,
    pub rows: Vec<usize>,
}

impl Item {
    /// The kind's stable name.
    pub(super) const fn what(&self) -> &'static str {
        match self {
            Self::Product(_) => "products",
            Self::Sku(_) => "skus",
            Self::Price(_) => "prices",
            Self::Code(_) => "codes",
            Self::Order(..) => "orders",
            Self::Outlet(_) => "outlets",
            Self::Technician(_) => "technicians",
            Self::Part(_) => "parts",
            Self::Serial(_) => "serials",
            Self::Earlier(_) => "history",
            Self::Customer(_) => "customers",
        }
    }

    /// What finds it again; two of a file cannot have the same. What names no shop is of the only one of whoever brings it.
    pub(super) fn key(&self, only_shop: Option<&str>) -> String {
        let of = |shop: Option<&str>| shop.or(only_shop).unwrap_or_default().to_owned();
        match self {
            Self::Product(input) => {
                format!("{}\u{1f}{}", of(input.shop.as_deref()), input.code)
            }
            Self::Sku(input) => {
                let shop = of(input.shop.as_deref());
                format!("{shop}\u{1f}{}\u{1f}{}", input.product_code, input.code)
            }
            Self::Price(input) => input.code.clone(),
            Self::Code(input) => input.key(),
            Self::Order(input, _) => input.number.clone(),
            Self::Outlet(input) => input.code.clone(),
            Self::Technician(input) => input.login.to_lowercase(),
            Self::Part(input) => format!("{}\u{1f}{}", input.outlet, input.part),
            Self::Serial(input) => input.key(),
            Self::Earlier(input) => input.key(),
            Self::Customer(input) => input.key(),
        }
    }

    /// The same as it may be shown: a telephone number is masked.
    pub(super) fn shown(&self, only_shop: Option<&str>) -> String {
        match self {
            Self::Customer(input) => input.shown(),
            _ => self.key(only_shop),
        }
    }

    /// The column the key stands in.
    pub(super) const fn key_column(&self) -> &'static str {
        match self {
            Self::Order(..) => "number",
            Self::Technician(_) => "login",
            Self::Part(_) => "part",
            Self::Serial(_) | Self::Earlier(_) => "serial",
            Self::Customer(_) => "phone",
            _ => "code",
        }
    }
}

const fn needed(name: &'static str, others: &'static [&'static str]) -> Column {
    Column {
        name,
        needed: true,
        others,
    }
}

const fn wanted(name: &'static str, others: &'static [&'static str]) -> Column {
    Column {
        name,
        needed: false,
        others,
    }
}

const PRODUCTS: &[Column] = &[
    needed(
        "code",
        &[
            "商品编号",
            "编号",
            "商品编码",
            "编码",
            "货号",
            "productcode",
        ],
    ),
    needed(
        "name",
        &["商品名称", "名称", "商品", "productname", "title"],
    ),
    wanted("category", &["类目", "分类", "品类"]),
    wanted("skill", &["技能", "维修技能", "服务技能"]),
    wanted("warranty_days", &["保修天数", "质保天数", "保修期"]),
    wanted("perishable", &["生鲜", "易腐", "是否生鲜"]),
    wanted("shop", &["店铺编号", "商家编号", "shopid"]),
];

const SKUS: &[Column] = &[
    needed("product_code", &["商品编号", "商品编码", "货号"]),
    needed("code", &["规格编号", "编号", "规格编码", "sku", "skucode"]),
    needed("name", &["规格名称", "名称", "规格", "skuname"]),
    wanted("shop", &["店铺编号", "商家编号", "shopid"]),
];

const PRICES: &[Column] = &[
    needed("code", &["编号", "项目编号", "价格编号"]),
    needed("label", &["项目", "项目名称", "名称", "name"]),
    wanted("skill", &["技能", "维修技能", "服务技能"]),
    wanted("amount", &["金额", "价格", "单价", "price"]),
    wanted("amount_fen", &["金额分"]),
];

const CODES: &[Column] = &[
    needed("class", &["类型", "代码类型"]),
    wanted("skill", &["技能", "维修技能", "品类"]),
    wanted("service", &["服务类型", "服务"]),
    needed("code", &["代码", "编号", "故障代码"]),
    needed("zh", &["中文", "中文说明", "说明"]),
    needed("en", &["英文", "英文说明"]),
    wanted("retired", &["停用", "已停用"]),
];

const ORDERS: &[Column] = &[
    needed(
        "number",
        &["订单号", "订单编号", "ordernumber", "orderno", "order"],
    ),
    wanted("platform", &["平台", "渠道", "店铺"]),
    wanted("shop", &["店铺编号", "商家编号", "shopid"]),
    wanted("paid_at", &["付款时间", "支付时间", "下单时间"]),
    wanted("delivered_at", &["签收时间", "送达时间", "收货时间"]),
    needed("product_code", &["商品编号", "商品编码", "货号"]),
    wanted("sku_code", &["规格编号", "规格编码", "sku"]),
    wanted("quantity", &["数量", "件数"]),
    wanted("paid", &["实付", "实付金额", "付款金额"]),
    wanted("paid_fen", &["实付分"]),
    wanted("serial", &["序列号", "机身号", "sn"]),
    wanted("buyer_name", &["买家", "买家姓名", "收货人"]),
    wanted(
        "buyer_phone",
        &["买家电话", "买家手机", "手机号", "联系电话"],
    ),
];

const OUTLETS: &[Column] = &[
    needed("code", &["网点编号", "编号"]),
    needed("name", &["网点名称", "名称", "网点"]),
    needed("county", &["区县", "区县代码", "行政区划代码"]),
    needed("latitude", &["纬度", "lat"]),
    needed("longitude", &["经度", "lon", "lng"]),
    wanted("datum", &["坐标系", "坐标系统"]),
    wanted("areas", &["服务区域", "覆盖区域", "area"]),
];

const TECHNICIANS: &[Column] = &[
    needed("login", &["登录名", "账号"]),
    needed("display_name", &["姓名", "名称", "师傅", "name"]),
    wanted("outlet_code", &["网点编号", "网点"]),
    needed("skills", &["技能", "维修技能", "skill"]),
    // Empty where the outlet's areas are served.
    wanted("counties", &["覆盖区县", "区县", "服务区县", "county"]),
    needed("latitude", &["纬度", "lat"]),
    needed("longitude", &["经度", "lon", "lng"]),
    wanted("datum", &["坐标系", "坐标系统"]),
    wanted("reach_m", &["最远米数", "服务半径米"]),
    wanted("active", &["启用", "在岗", "是否启用"]),
    wanted("hours", &["上班时间", "工作时间", "班次"]),
    wanted(
        "absences",
        &["请假", "请假时间", "休假", "absence", "leave"],
    ),
    wanted("levels", &["技能等级", "等级", "level"]),
    wanted("certificates", &["证书", "证书有效期", "certificate"]),
    wanted("stock", &["车上配件", "随车配件", "配件", "parts"]),
    wanted("end", &["收工地点", "下班地点", "dayend"]),
];

const PARTS: &[Column] = &[
    needed("outlet", &["网点编号", "网点", "outletcode", "warehouse"]),
    needed(
        "part",
        &["配件", "配件名称", "名称", "partname", "itemcode"],
    ),
    needed(
        "count",
        &["数量", "库存", "库存数量", "quantity", "qty", "actualqty"],
    ),
    wanted("reorder_at", &["补货点", "安全库存", "reorderlevel"]),
];

const SERIALS: &[Column] = &[
    needed("serial", &["序列号", "机身号", "sn", "serialnumber"]),
    wanted("product_code", &["商品编号", "商品编码", "货号"]),
    wanted("product", &["商品名称", "商品", "名称", "productname"]),
    wanted("category", &["类目", "分类", "品类"]),
    wanted(
        "bought",
        &["购买日期", "销售日期", "购买时间", "付款时间", "boughtat"],
    ),
    wanted(
        "delivered",
        &["签收日期", "送达日期", "签收时间", "deliveredat"],
    ),
    wanted(
        "promised_days",
        &["保修天数", "质保天数", "保修期", "warrantydays"],
    ),
];

const HISTORY: &[Column] = &[
    needed("serial", &["序列号", "机身号", "sn", "serialnumber"]),
    needed("reported", &["报修日期", "报修时间", "reportedat"]),
    needed("done", &["完工日期", "完工时间", "doneat"]),
    wanted("fixed", &["修好", "是否修好"]),
    wanted("used", &["使用配件", "用掉的配件"]),
    wanted("replaced", &["更换部件", "换下的部件"]),
];

/// As spreadsheets, ERPNext (`customer_name`, `mobile_no`, `primary_address`) and Odoo (`ref`, `display_name`, `contact_address`) head them.
const CUSTOMERS: &[Column] = &[
    needed(
        "name",
        &[
            "姓名",
            "客户姓名",
            "客户名称",
            "名称",
            "客户",
            "customername",
            "displayname",
        ],
    ),
    needed(
        "phone",
        &[
            "电话",
            "手机",
            "手机号",
            "联系电话",
            "客户电话",
            "mobile",
            "mobileno",
            "phonenumber",
        ],
    ),
    wanted(
        "address",
        &[
            "地址",
            "联系地址",
            "客户地址",
            "primaryaddress",
            "contactaddress",
            "completeaddress",
        ],
    ),
    wanted("language", &["语言", "lang"]),
    wanted(
        "number",
        &[
            "客户编号",
            "会员号",
            "编号",
            "ref",
            "reference",
            "customercode",
            "id",
        ],
    ),
];

/// The columns of a kind.
pub(super) const fn of(kind: ImportKind) -> &'static [Column] {
    match kind {
        ImportKind::Products => PRODUCTS,
        ImportKind::Skus => SKUS,
        ImportKind::Prices => PRICES,
        ImportKind::Codes => CODES,
        ImportKind::Orders => ORDERS,
        ImportKind::Outlets => OUTLETS,
        ImportKind::Technicians => TECHNICIANS,
        ImportKind::Parts => PARTS,
        ImportKind::Serials => SERIALS,
        ImportKind::History => HISTORY,
        ImportKind::Customers => CUSTOMERS,
    }
}

/// Reads a file into things and the rows that are wrong.
///
/// # Errors
/// A file that cannot be read at all.
pub(super) fn read(
    kind: ImportKind,
    text: &str,
    json: bool,
) -> Result<(Vec<Entry>, Outcome), AppError> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut orders = Orders::default();
    let each = |row: Row, errors: &mut Vec<RowError>| {
        if kind == ImportKind::Orders {
            orders.add(&row, errors);
            return;
        }
        let mut cells = Cells::new(&row, errors);
        let item = item_of(kind, &mut cells);
        if let Some(item) = item.filter(|_| cells.sound()) {
            entries.push(Entry {
                item,
                rows: vec![row.number],
            });
        }
    };
    let outcome = if json {
        table::read_json(of(kind), text, each)?
    } else {
        table::read_csv(of(kind), text, each)?
    };
    entries.extend(orders.entries);
    Ok((entries, outcome))
}

fn item_of(kind: ImportKind, cells: &mut Cells<'_>) -> Option<Item> {
    Some(match kind {
        ImportKind::Products => Item::Product(ProductInput {
            code: cells.needed("code"),
            name: cells.needed("name"),
            category: cells.text("category"),
            skill: cells.text("skill"),
            warranty_days: cells.number("warranty_days", 0, WARRANTY_DAYS_MAX),
            perishable: cells.yes_no("perishable", false),
            shop: shop(cells),
        }),
        ImportKind::Skus => Item::Sku(SkuInput {
            product_code: cells.needed("product_code"),
            code: cells.needed("code"),
            name: cells.needed("name"),
            shop: shop(cells),
        }),
        ImportKind::Prices => Item::Price(Price {
            code: cells.needed("code"),
            label: cells.needed("label"),
            skill: cells.text("skill"),
            amount: cells.amount("amount", "amount_fen"),
        }),
        ImportKind::Outlets => {
            let (code, name) = (cells.needed("code"), cells.needed("name"));
            let county = cells.needed("county");
            let place = cells.place();
            Item::Outlet(OutletInput {
                code,
                name,
                county,
                latitude_e6: place.latitude_e6,
                longitude_e6: place.longitude_e6,
                areas: listed(cells, "areas"),
            })
        }
        ImportKind::Technicians => Item::Technician(technician(cells)),
        ImportKind::Parts => {
            // What nobody counted is not 0.
            cells.needed("count");
            Item::Part(CountedPart {
                outlet: cells.needed("outlet"),
                part: cells.needed("part"),
                count: cells.number("count", 0, PARTS_EACH_MAX),
                reorder_at: match cells.text("reorder_at").as_str() {
                    "" => None,
                    _ => Some(cells.number("reorder_at", 0, PARTS_EACH_MAX)),
                },
            })
        }
        ImportKind::Serials => Item::Serial(SerialInput {
            serial: cells.needed("serial"),
            product_code: cells.text("product_code"),
            product: cells.text("product"),
            category: cells.text("category"),
            bought: cells.time("bought"),
            delivered: cells.time("delivered"),
            promised_days: match cells.text("promised_days").as_str() {
                "" => None,
                _ => Some(cells.number("promised_days", 0, WARRANTY_DAYS_MAX)),
            },
        }),
        ImportKind::History => Item::Earlier(EarlierInput {
            serial: cells.needed("serial"),
            reported: cells.time("reported"),
            done: cells.time("done"),
            fixed: cells.yes_no("fixed", true),
            used: cell::list(&cells.text("used")),
            replaced: cell::list(&cells.text("replaced")),
        }),
        ImportKind::Customers => Item::Customer(CustomerInput {
            number: cells.text("number"),
            language: cells.text("language"),
            person: PersonInput {
                name: Plain::new(cells.needed("name")),
                phone: Plain::new(cells.needed("phone")),
                address: Plain::new(cells.text("address")),
                place: None,
            },
        }),
        ImportKind::Codes => Item::Code(ServiceCode {
            class: cells.needed("class"),
            skill: cells.text("skill"),
            service: cells.text("service"),
            code: cells.needed("code"),
            zh: cells.needed("zh"),
            en: cells.needed("en"),
            retired: cells.yes_no("retired", false),
        }),
        // Several rows make one order: they are put together by `Orders`.
        ImportKind::Orders => return None,
    })
}

fn technician(cells: &mut Cells<'_>) -> TechnicianInput {
    let (login, display_name) = (cells.needed("login"), cells.needed("display_name"));
    let (skills, counties) = (cells.list("skills"), listed(cells, "counties"));
    let place = cells.place();
    TechnicianInput {
        login,
        display_name,
        outlet_code: cells.text("outlet_code"),
        skills,
        counties,
        latitude_e6: place.latitude_e6,
        longitude_e6: place.longitude_e6,
        reach_m: cells.number("reach_m", REACH_M_DEFAULT, REACH_M_MAX),
        active: cells.yes_no("active", true),
        hours: cell::list(&cells.text("hours")),
        absences: listed(cells, "absences"),
        equipment: EquipmentInput {
            levels: listed(cells, "levels"),
            certificates: listed(cells, "certificates"),
            stock: listed(cells, "stock"),
            // A file says what is on the van.
            stock_before: None,
            end: cells.has("end").then(|| cells.text("end")),
        },
    }
}

/// The shop that a row names.
fn shop(cells: &Cells<'_>) -> Option<String> {
    Some(cells.text("shop")).filter(|shop| !shop.is_empty())
}

/// The entries of a cell. A file without the column leaves what stands.
fn listed(cells: &mut Cells<'_>, column: &'static str) -> Option<Vec<String>> {
    cells.has(column).then(|| cell::list(&cells.text(column)))
}

/// Orders under way: rows with the same number are lines of one.
#[derive(Default)]
struct Orders {
    entries: Vec<Entry>,
    places: HashMap<String, usize>,
    /// Numbers of which a row is wrong: the row is named, the order is not complained about again.
    broken: HashMap<String, usize>,
}

impl Orders {
    fn add(&mut self, row: &Row, errors: &mut Vec<RowError>) {
        let mut cells = Cells::new(row, errors);
        let number = cells.needed("number");
        let line = OrderLineInput {
            product_code: product_and_sku(&cells.needed("product_code"), &cells.text("sku_code")),
            quantity: cells.number("quantity", 1, QUANTITY_MAX),
            paid: cells.amount("paid", "paid_fen"),
            serial: Some(cells.text("serial")).filter(|serial| !serial.is_empty()),
        };
        let head = Head {
            platform: cells.text("platform"),
            shop: cells.text("shop"),
            paid_at: cells.time("paid_at"),
            delivered_at: cells.time("delivered_at"),
            buyer_name: cells.text("buyer_name"),
            buyer_phone: cells.text("buyer_phone"),
        };
        let known = self.places.get(&number).copied();
        let follows = known.is_some() || self.broken.contains_key(&number);
        if !follows {
            // The first row of an order says when it was paid.
            cells.needed("paid_at");
        }
        let sound = cells.sound();
        if !sound {
            self.broken.entry(number).or_insert(row.number);
            return;
        }
        match (
            known.and_then(|place| self.entries.get_mut(place)),
            head.paid_at,
        ) {
            (Some(entry), _) => {
                if let Item::Order(order, buyer) = &mut entry.item {
                    let first = entry.rows.first().copied().unwrap_or_default();
                    for column in head.differing(order, buyer.as_ref()) {
                        errors.push(RowError::new(
                            row.number,
                            column,
                            "order_differs",
                            &format!("和同一订单的第 {first} 行不一致；请改成一样，或在后面的行留空。"),
                            &format!("This differs from row {first} of the same order. Make them equal, or leave it empty in later rows."),
                        ));
                    }
                    order.lines.push(line);
                    entry.rows.push(row.number);
                }
            }
            (None, Some(paid_at)) => {
                let buyer = head.buyer();
                self.places.insert(number.clone(), self.entries.len());
                self.entries.push(Entry {
                    item: Item::Order(
                        OrderInput {
                            number,
                            platform: head.platform,
                            paid_at,
                            delivered_at: head.delivered_at,
                            shop: Some(head.shop).filter(|shop| !shop.is_empty()),
                            lines: vec![line],
                        },
                        buyer,
                    ),
                    rows: vec![row.number],
                });
            }
            // A row of an order whose first row is wrong: that one is named already.
            (None, None) => {}
        }
    }
}

/// What the rows of an order share.
struct Head {
    platform: String,
    shop: String,
    paid_at: Option<Timestamp>,
    delivered_at: Option<Timestamp>,
    buyer_name: String,
    buyer_phone: String,
}

impl Head {
    fn buyer(&self) -> Option<PersonInput> {
        if self.buyer_name.is_empty() && self.buyer_phone.is_empty() {
            return None;
        }
        Some(PersonInput {
            name: Plain::new(self.buyer_name.clone()),
            phone: Plain::new(self.buyer_phone.clone()),
            address: Plain::new(String::new()),
            place: None,
        })
    }

    /// Columns of a later row that say something else than the first one.
    fn differing(&self, order: &OrderInput, buyer: Option<&PersonInput>) -> Vec<&'static str> {
        let other = |text: &str, first: &str| !text.is_empty() && text != first;
        let mut columns = Vec::new();
        if other(&self.platform, &order.platform) {
            columns.push("platform");
        }
        if other(&self.shop, order.shop.as_deref().unwrap_or_default()) {
            columns.push("shop");
        }
        if self.paid_at.is_some_and(|paid_at| paid_at != order.paid_at) {
            columns.push("paid_at");
        }
        if self.delivered_at.is_some() && self.delivered_at != order.delivered_at {
            columns.push("delivered_at");
        }
        let name = buyer.map_or("", |buyer| buyer.name.expose_str());
        if other(&self.buyer_name, name) {
            columns.push("buyer_name");
        }
        let phone = buyer.map_or("", |buyer| buyer.phone.expose_str());
        if other(&self.buyer_phone, phone) {
            columns.push("buyer_phone");
        }
        columns
    }
}

fn product_and_sku(product: &str, sku: &str) -> String {
    if sku.is_empty() {
        product.to_owned()
    } else {
        format!("{product}/{sku}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Found = Vec<(usize, String, String)>;

    fn wrong(kind: ImportKind, text: &str, json: bool) -> Found {
        let (_, outcome) = read(kind, text, json).unwrap();
        outcome
            .errors
            .into_iter()
            .map(|error| (error.row, error.column, error.rule))
            .collect()
    }

    fn at(row: usize, column: &str, rule: &str) -> (usize, String, String) {
        (row, column.to_owned(), rule.to_owned())
    }

    #[test]
    fn a_row_names_everything_that_is_wrong_with_it() {
        let text = "编号,名称,保修天数,生鲜\nL1,示例灯,365,否\n,缺编号,三百,也许\nL3,三,99999,\n";
        let (entries, _) = read(ImportKind::Products, text, false).unwrap();
        assert_eq!(entries.len(), 1);
        assert_eq!(
            wrong(ImportKind::Products, text, false),
            [
                at(3, "code", "cell_empty"),
                at(3, "warranty_days", "cell_number"),
                at(3, "perishable", "cell_yes_no"),
                at(4, "warranty_days", "cell_number"),
            ]
        );
    }

    #[test]
    fn rows_are_counted_as_a_spreadsheet_counts_them() {
        // An empty line, and a cell of two lines.
        let text = "code,name\n\nA,\"one\ntwo\"\n,three\n";
        assert_eq!(
            wrong(ImportKind::Products, text, false),
            [at(4, "code", "cell_empty")]
        );
    }

    #[test]
    fn headings_may_be_chinese_have_units_and_other_delimiters() {
        let text = "\u{feff}订单号;付款时间;商品编号;实付（元）;备注\nA1;2026-11-01 09:00;M1;68;小心\nA1;;L1/W;129.50;\n";
        let text = table::text_of(text.as_bytes()).unwrap();
        let (entries, outcome) = read(ImportKind::Orders, text, false).unwrap();
        assert_eq!(outcome.ignored, ["备注"]);
        assert_eq!(outcome.errors, []);
        let [
            Entry {
                item: Item::Order(order, None),
                rows,
            },
        ] = entries.as_slice()
        else {
            panic!("one order without a buyer");
        };
        assert_eq!(rows, &[2, 3]);
        assert_eq!(order.lines[1].paid.0, 12_950);
        assert_eq!(order.paid_at.to_china_text(), "2026-11-01T09:00:00+08:00");
    }

    #[test]
    fn rows_of_one_order_must_agree() {
        let text = "number,paid_at,product_code,paid,buyer_name,buyer_phone\n\
            A1,2026-11-01,M1,68,示例,13800000000\n\
            A1,2026-11-02,L1,129.00,,\n\
            A2,,M1,68,,\n\
            A2,2026-11-02,M1,68,,\n";
        assert_eq!(
            wrong(ImportKind::Orders, text, false),
            [
                at(3, "paid_at", "order_differs"),
                at(4, "paid_at", "cell_empty")
            ]
        );
    }

    #[test]
    fn json_has_the_same_columns_and_no_doubtful_amounts() {
        let text = r#"[
            {"code": "V", "label": "上门", "amount": "30.00"},
            {"编号": "W", "项目": "清洗", "amount_fen": 4500, "skill": null},
            {"code": "X", "label": "检测", "amount": 68},
            {"code": "Y", "label": {"zh": "?"}, "amount": "1"},
            7
        ]"#;
        let (entries, _) = read(ImportKind::Prices, text, true).unwrap();
        let amounts: Vec<_> = entries
            .iter()
            .map(|entry| match &entry.item {
                Item::Price(price) => price.amount.0,
                _ => 0,
            })
            .collect();
        assert_eq!(amounts, [3_000, 4_500]);
        assert_eq!(
            wrong(ImportKind::Prices, text, true),
            [
                at(3, "amount", "amount_unit"),
                at(4, "label", "cell_nested"),
                at(5, "", "row_no_object"),
            ]
        );
    }

    #[test]
    fn orders_of_json_may_hold_their_lines() {
        let text = r#"{"number": "A1", "paid_at": "2026-11-01T09:00:00+08:00", "lines": [{"product_code": "M1", "paid": "68"}, {"product_code": "L1", "paid": "1"}]}
            {"number": "A2", "paid_at": "2026-11-01", "product_code": "M1", "paid": "68"}"#;
        let (entries, outcome) = read(ImportKind::Orders, text, true).unwrap();
        assert_eq!(outcome.errors, []);
        assert_eq!(entries.len(), 2);
        assert_eq!(entries[0].rows, [1, 1]);
    }

    #[test]
    fn what_is_no_table_is_explained() {
        let rule = |bytes: &[u8]| table::text_of(bytes).unwrap_err().rule;
        assert_eq!(rule(b"PK\x03\x04rest"), "import_workbook");
        assert_eq!(rule(&[0xFF, 0xFE, 0x31, 0x00]), "import_encoding");
        assert_eq!(rule(b" \n"), "import_empty");
        let gbk = table::text_of(b"code,name\nA,\xB1\xE0").unwrap_err();
        assert_eq!(gbk.rule, "import_encoding");
        assert!(gbk.en.contains("line 2"), "{}", gbk.en);
        let missing = |text: &str, json| {
            read(ImportKind::Skus, text, json)
                .err()
                .map(|error| error.rule)
        };
        assert_eq!(
            missing("product_code,code\nA,B\n", false).as_deref(),
            Some("column_missing")
        );
        assert_eq!(
            missing("商品编号,货号,编号,名称\n", false).as_deref(),
            Some("column_twice")
        );
        assert_eq!(missing("[{", true).as_deref(), Some("import_json"));
    }
}
