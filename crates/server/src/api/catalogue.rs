//! Products, prices, orders, technicians, and their import from files.

use crate::http::body::{Form, Json, read};
use crate::http::idempotency::actor;
use crate::http::problem::{Answer, Failure, malformed, unsupported};
use crate::http::state::Server;
use crate::http::who::Who;
use crate::limits::IMPORT_BYTES_MAX;
use aftercare_app::catalogue::{ProductInput, ProductView};
use aftercare_app::codes::ServiceCode;
use aftercare_app::equipment::EquipmentInput;
use aftercare_app::import::{ImportKind, ImportReport, may_import};
use aftercare_app::prices::{AreaPrice, AreaPriceView, Price, PricesAt};
use aftercare_app::technicians::TechnicianView;
use aftercare_app::views::{ListingPhotoDetail, OrderBrief};
use aftercare_app::{AppError, Principal};
use aftercare_domain::audit::SuspicionGround;
use aftercare_domain::ids::{ListingPhotoId, ProductId, TechnicianId};
use axum::extract::{Path, Query, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Products that a report can name. Public: they stand in the shop.
#[utoipa::path(get, path = "/products", tag = "catalogue", responses((status = 200, body = Vec<ProductView>)))]
pub async fn products(
    State(server): State<Server>,
    who: Option<Who>,
) -> Answer<axum::Json<Vec<ProductView>>> {
    let tenant = who.map_or(server.config().tenant, |Who(principal)| principal.tenant());
    Ok(axum::Json(server.app().products_of(tenant).await?))
}

/// A new id.
#[derive(Serialize, ToSchema)]
pub struct Made {
    pub id: String,
}

/// Makes a product, or changes the one of that code.
#[utoipa::path(
    post, path = "/products", tag = "catalogue", request_body = ProductInput,
    responses((status = 200, body = Made))
)]
pub async fn save_product(
    State(server): State<Server>,
    Who(principal): Who,
    Json(input): Json<ProductInput>,
) -> Answer<axum::Json<Made>> {
    let id = server.app().save_product(&principal, &input).await?;
    Ok(axum::Json(Made { id: id.to_string() }))
}

/// Adds a listing photo to a product.
#[utoipa::path(
    post, path = "/products/{product}/listing-photos", tag = "catalogue",
    params(("product" = String, Path)),
    request_body(content = crate::api::InputWithPhotos, content_type = "multipart/form-data"),
    responses((status = 201, body = Vec<Made>))
)]
pub async fn listing_photo(
    State(server): State<Server>,
    Who(principal): Who,
    Path(product): Path<ProductId>,
    form: Form,
) -> Answer<(StatusCode, axum::Json<Vec<Made>>)> {
    if form.photos.is_empty() {
        return Err(Failure(AppError {
            field: Some("photos".to_owned()),
            ..malformed(
                "请附上主图（字段名 photos）。",
                "Please send the photos in parts named `photos`.",
            )
        }));
    }
    let mut made = Vec::with_capacity(form.photos.len());
    for photo in form.photos {
        let id = server
            .app()
            .store_listing_photo(&principal, product, photo.bytes, photo.ai_declared)
            .await?;
        made.push(Made { id: id.to_string() });
    }
    Ok((StatusCode::CREATED, axum::Json(made)))
}

/// A listing photo: the labels in its file, what was declared and decided about it, and how it is published.
#[utoipa::path(
    get, path = "/listing-photos/{photo}", tag = "catalogue", params(("photo" = String, Path)),
    responses((status = 200, body = ListingPhotoDetail))
)]
pub async fn listing_detail(
    State(server): State<Server>,
    Who(principal): Who,
    Path(photo): Path<ListingPhotoId>,
) -> Answer<axum::Json<ListingPhotoDetail>> {
    Ok(axum::Json(
        server.app().listing_detail(&principal, photo).await?,
    ))
}

/// Declares that AI made or changed a listing photo: it is shown with a label that says "possibly generated".
#[utoipa::path(
    put, path = "/listing-photos/{photo}/declaration", tag = "catalogue", params(("photo" = String, Path)),
    responses((status = 204, description = "Declared"))
)]
pub async fn declare_listing_photo(
    State(server): State<Server>,
    Who(principal): Who,
    Path(photo): Path<ListingPhotoId>,
) -> Answer<StatusCode> {
    server
        .app()
        .declare_listing_photo(&principal, photo)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Why a listing photo is suspected to be generated.
#[derive(Debug, Deserialize, ToSchema)]
pub struct SuspicionInput {
    /// `visible_mark`, `trace_in_file` or `trace_in_picture`.
    pub why: String,
}

/// The ground of that name.
pub(crate) fn suspicion(name: &str) -> Result<SuspicionGround, AppError> {
    SuspicionGround::from_name(name).ok_or_else(|| {
        AppError::invalid(
            "why",
            "suspicion_ground",
            "请选择认定的依据。",
            "Please choose the ground of the decision.",
        )
    })
}

/// Decides, as a named person, that a listing photo is suspected to be generated: it is shown with a label that says so. A
/// program cannot decide this.
#[utoipa::path(
    put, path = "/listing-photos/{photo}/suspicion", tag = "catalogue", params(("photo" = String, Path)),
    request_body = SuspicionInput,
    responses((status = 204, description = "Decided"))
)]
pub async fn judge_listing_photo(
    State(server): State<Server>,
    Who(principal): Who,
    Path(photo): Path<ListingPhotoId>,
    Json(input): Json<SuspicionInput>,
) -> Answer<StatusCode> {
    let why = suspicion(&input.why)?;
    server
        .app()
        .judge_listing_photo(&principal, photo, why)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The price book, as it holds for everywhere, or in a county, for a category of products, on a day.
#[utoipa::path(
    get, path = "/prices", tag = "catalogue", params(PricesAt),
    responses((status = 200, body = Vec<Price>))
)]
pub async fn prices(
    State(server): State<Server>,
    Who(principal): Who,
    Query(at): Query<PricesAt>,
) -> Answer<axum::Json<Vec<Price>>> {
    let app = server.app();
    let tenant = principal.tenant();
    Ok(axum::Json(app.prices_holding(tenant, &at).await?))
}

/// Adds a price to the price book, or changes the one of that code. What was quoted before stays as it was.
#[utoipa::path(
    post, path = "/prices", tag = "catalogue", request_body = Price,
    responses((status = 204, description = "Saved"))
)]
pub async fn save_price(
    State(server): State<Server>,
    Who(principal): Who,
    Json(input): Json<Price>,
) -> Answer<StatusCode> {
    server.app().save_price(&principal, &input).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Codes of faults and of what was done, those that are retired too.
#[utoipa::path(get, path = "/service-codes", tag = "catalogue", responses((status = 200, body = Vec<ServiceCode>)))]
pub async fn service_codes(
    State(server): State<Server>,
    Who(principal): Who,
) -> Answer<axum::Json<Vec<ServiceCode>>> {
    Ok(axum::Json(server.app().service_codes(&principal).await?))
}

/// Adds a code, or changes what stands under it; with `retired` nobody chooses it any more, and what it was chosen for stays.
#[utoipa::path(
    put, path = "/service-codes", tag = "catalogue", request_body = ServiceCode,
    responses((status = 204, description = "Saved"))
)]
pub async fn save_service_code(
    State(server): State<Server>,
    Who(principal): Who,
    Json(input): Json<ServiceCode>,
) -> Answer<StatusCode> {
    let app = server.app();
    app.save_service_code(&principal, &input).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Prices that hold in a place only, for some products only, or for a time only; everywhere else the price of the code holds.
#[utoipa::path(get, path = "/prices/areas", tag = "catalogue", responses((status = 200, body = Vec<AreaPriceView>)))]
pub async fn area_prices(
    State(server): State<Server>,
    Who(principal): Who,
) -> Answer<axum::Json<Vec<AreaPriceView>>> {
    Ok(axum::Json(server.app().area_prices(&principal).await?))
}

/// Saves such a price; one of the same place, products and first day is changed.
#[utoipa::path(
    post, path = "/prices/areas", tag = "catalogue", request_body = AreaPrice,
    responses((status = 204, description = "Saved"))
)]
pub async fn save_area_price(
    State(server): State<Server>,
    Who(principal): Who,
    Json(input): Json<AreaPrice>,
) -> Answer<StatusCode> {
    server.app().save_area_price(&principal, &input).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Removes the price of that code, place, products and first day.
#[utoipa::path(
    post, path = "/prices/areas/remove", tag = "catalogue", request_body = AreaPrice,
    responses((status = 204, description = "Removed"))
)]
pub async fn remove_area_price(
    State(server): State<Server>,
    Who(principal): Who,
    Json(input): Json<AreaPrice>,
) -> Answer<StatusCode> {
    server.app().remove_area_price(&principal, &input).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Technicians of the tenant.
#[utoipa::path(get, path = "/technicians", tag = "catalogue", responses((status = 200, body = Vec<TechnicianView>)))]
pub async fn technicians(
    State(server): State<Server>,
    Who(principal): Who,
) -> Answer<axum::Json<Vec<TechnicianView>>> {
    Ok(axum::Json(server.app().technicians(&principal).await?))
}

/// When a technician is away.
#[derive(Debug, Deserialize, ToSchema)]
pub struct AbsencesInput {
    /// An entry each, both days included: `2026-12-01 ~ 2026-12-03`, or with times `2026-12-01 13:00 ~ 2026-12-01 18:00`.
    pub absences: Vec<String>,
}

/// Sets when a technician is away; the plan goes around it at once.
#[utoipa::path(
    put, path = "/technicians/{technician}/absences", tag = "catalogue", params(("technician" = String, Path)),
    request_body = AbsencesInput,
    responses((status = 204, description = "Saved"))
)]
pub async fn set_absences(
    State(server): State<Server>,
    Who(principal): Who,
    Path(technician): Path<TechnicianId>,
    Json(input): Json<AbsencesInput>,
) -> Answer<StatusCode> {
    server
        .app()
        .set_absences(&principal, technician, &input.absences)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What a technician serves.
#[derive(Debug, Deserialize, ToSchema)]
pub struct AreasInput {
    /// An entry each, by code or name, from a province to a town; with days, both included, where it is not for good:
    /// `330106`, `东莞市长安镇 2026-12-01 ~ 2026-12-31`, `330100 2026-12-01 ~`. Without any, what the outlet serves.
    pub areas: Vec<String>,
}

/// Sets what a technician serves; the plan keeps to it at once, and what was accepted stays.
#[utoipa::path(
    put, path = "/technicians/{technician}/areas", tag = "catalogue", params(("technician" = String, Path)),
    request_body = AreasInput,
    responses((status = 204, description = "Saved"))
)]
pub async fn set_areas(
    State(server): State<Server>,
    Who(principal): Who,
    Path(technician): Path<TechnicianId>,
    Json(input): Json<AreasInput>,
) -> Answer<StatusCode> {
    server
        .app()
        .set_areas(&principal, technician, &input.areas)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sets levels of skills, certificates by date, parts on the van and where the day ends; what is left out stays. The plan
/// keeps to it at once.
#[utoipa::path(
    put, path = "/technicians/{technician}/equipment", tag = "catalogue", params(("technician" = String, Path)),
    request_body = EquipmentInput,
    responses((status = 204, description = "Saved"))
)]
pub async fn set_equipment(
    State(server): State<Server>,
    Who(principal): Who,
    Path(technician): Path<TechnicianId>,
    Json(input): Json<EquipmentInput>,
) -> Answer<StatusCode> {
    server
        .app()
        .set_equipment(&principal, technician, &input)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// An order by its number.
#[utoipa::path(
    get, path = "/orders/{number}", tag = "catalogue", params(("number" = String, Path)),
    responses((status = 200, body = OrderBrief))
)]
pub async fn order(
    State(server): State<Server>,
    Who(principal): Who,
    Path(number): Path<String>,
) -> Answer<axum::Json<OrderBrief>> {
    Ok(axum::Json(
        server.app().order_for_staff(&principal, &number).await?,
    ))
}

pub(crate) fn kind_of(what: &str) -> Result<ImportKind, Failure> {
    ImportKind::from_name(what).ok_or_else(|| Failure(AppError::not_found("这种导入", "import")))
}

/// How a table is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    #[default]
    Csv,
    Json,
}

/// How a table is wanted.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ExportQuery {
    /// `csv` (the default) or `json`.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    pub format: Format,
    /// Of `customers`: how many were taken out before.
    #[serde(default)]
    #[param(value_type = Option<u32>)]
    pub skip: u32,
}

/// What is taken out and never comes in: it was done, or measured.
const REPAIRS: &str = "repairs";
const COUNTIES: &str = "counties";

/// A table of a kind as a file.
pub(crate) async fn table_of(
    server: &Server,
    principal: &Principal,
    what: &str,
    query: ExportQuery,
) -> Answer<Response> {
    let json = query.format == Format::Json;
    let app = server.app();
    let (name, table) = if what == REPAIRS {
        (REPAIRS, app.repairs_out(principal, json).await?)
    } else if what == COUNTIES {
        (COUNTIES, app.counties_out(principal, json).await?)
    } else {
        let kind = kind_of(what)?;
        let table = match kind {
            ImportKind::Customers => app.customers_out(principal, query.skip, json).await?,
            _ => app.export(principal, kind, json).await?,
        };
        (kind.name(), table)
    };
    let (media_type, ending) = if json {
        ("application/json", "json")
    } else {
        ("text/csv; charset=utf-8", "csv")
    };
    let headers = [
        (header::CONTENT_TYPE, media_type.to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}.{ending}\""),
        ),
    ];
    Ok((headers, table).into_response())
}

/// Everything of a kind that can be imported (`products`, `skus`, `prices`, `orders`, `outlets`, `technicians`, `parts`, `serials`),
/// under the same headings: imported again it changes nothing. Orders come without their buyers. `repairs` are what was asked for, who came and
/// what came of it, without the customer; `counties` is what was measured by county; `customers` are 60 at most, each with a reveal
/// in the log, after the first `skip`. As JSON it is an array of objects.
#[utoipa::path(
    get, path = "/exports/{what}", tag = "catalogue", params(("what" = String, Path), ExportQuery),
    responses((status = 200, description = "The table", body = String, content_type = "text/csv"))
)]
pub async fn export(
    State(server): State<Server>,
    Who(principal): Who,
    Path(what): Path<String>,
    Query(query): Query<ExportQuery>,
) -> Answer<Response> {
    table_of(&server, &principal, &what, query).await
}

/// Whether a file is only looked at.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PreviewQuery {
    /// `true` saves nothing and says what would come of each row.
    #[serde(default)]
    pub preview: bool,
}

/// Imports `products`, `skus`, `prices`, `codes` (of faults and of what was done), `orders`, `outlets`, `technicians`, `parts`,
/// `serials`, `history` (earlier repairs of items with serial numbers) or `customers`: all rows or none. With `preview` the file is only
/// looked at.
#[utoipa::path(
    post, path = "/imports/{what}", tag = "catalogue", params(("what" = String, Path), PreviewQuery),
    request_body(content((String = "text/csv"), (Vec<serde_json::Value> = "application/json"))),
    responses(
        (status = 200, description = "Every row was saved, or is sound", body = ImportReport),
        (status = 422, description = "Nothing was saved; the rows that are wrong", body = ImportReport),
    )
)]
pub async fn import(
    State(server): State<Server>,
    Who(principal): Who,
    Path(what): Path<String>,
    Query(query): Query<PreviewQuery>,
    request: Request,
) -> Answer<(StatusCode, axum::Json<ImportReport>)> {
    let kind = kind_of(&what)?;
    let content_type = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
        .to_ascii_lowercase();
    let json = content_type.starts_with("application/json");
    if !json && !content_type.starts_with("text/csv") {
        return Err(Failure(unsupported("text/csv or application/json")));
    }
    // Who may not import has nothing read of theirs.
    may_import(&principal, kind)?;
    let _place = server.imports().take(&actor(&principal))?;
    let bytes = read(request, &server, IMPORT_BYTES_MAX).await?;
    let app = server.app();
    let report = if query.preview {
        app.preview_import(&principal, kind, &bytes, json).await?
    } else {
        app.import(&principal, kind, &bytes, json).await?
    };
    let status = if report.errors.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    Ok((status, axum::Json(report)))
}
