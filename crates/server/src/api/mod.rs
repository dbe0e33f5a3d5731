//! REST under `/api/v1`, described by OpenAPI 3.1 that is generated from the routes themselves.

pub mod accounts;
pub mod applications;
pub mod calls;
pub mod cases;
pub mod catalogue;
pub mod conversations;
pub mod cores;
pub mod lists;
pub mod log;
pub mod own;
pub mod own_data;
pub mod packing;
pub mod packs;
pub mod photos;
pub mod places;
pub mod platforms;
pub mod quick_check;
pub mod register;
pub mod rules;
pub mod settings;
pub mod statements;
pub mod stock;
pub mod warranty;
pub mod webhooks;

use crate::http::changes;
use crate::http::problem::Problem;
use crate::http::state::Server;
use crate::http::table::Routes;
use axum::Json;
use axum::routing::get;
use serde::Deserialize;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{
    ContentBuilder, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, PathItem, Ref, RefOr,
    ResponseBuilder, SecurityRequirement,
};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Routes that answer without anybody being signed in.
pub const PUBLIC: &[(&str, &str)] = &[
    ("post", "/api/v1/repairs"),
    ("post", "/api/v1/claims"),
    ("post", "/api/v1/places"),
    ("post", "/api/v1/slots"),
    ("post", "/api/v1/sessions"),
    ("post", "/api/v1/case-sessions"),
    ("get", "/api/v1/products"),
    ("get", "/api/v1/log/head"),
    ("post", "/api/v1/genuine"),
];

/// Which part of a list.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
    /// Rows, 1 to 200; 50 when left out.
    pub limit: Option<u32>,
}

impl PageQuery {
    pub(crate) fn paging(self) -> aftercare_app::lists::Paging {
        aftercare_app::lists::Paging {
            cursor: self.cursor,
            limit: self.limit,
        }
    }
}

/// A form with an input and photos.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only describes the form in the OpenAPI document")]
pub struct InputWithPhotos {
    /// The JSON of the input.
    input: String,
    /// JPEG, PNG or WebP, or a clip (MP4, MOV); `photos.whole_item_photo`, `photos.shipping_label_photo`,
    /// `photos.destruction_proof`, `photos.packing_photo` and `photos.repair_photo` say what a photo shows.
    #[schema(value_type = Vec<String>, format = Binary)]
    photos: Vec<String>,
    /// `yes` when the sender declares that AI made or changed any of these photos: a neutral note.
    ai_declared: Option<String>,
}

/// The routes, in four functions: each leaves its descriptions on the stack of a build that is not optimized, and all at once
/// are more than a thread of two megabytes has.
fn api() -> OpenApiRouter<Server> {
    let mut router = OpenApiRouter::new();
    for more in [first_quarter, second_quarter, third_quarter, last_quarter] {
        router = more(router);
    }
    router
}

fn first_quarter(router: OpenApiRouter<Server>) -> OpenApiRouter<Server> {
    router
        .routes(routes!(cases::report_repair))
        .routes(routes!(cases::file_claim, lists::claims))
        .routes(routes!(places::read_address))
        .routes(routes!(places::slots))
        .routes(routes!(places::times))
        .routes(routes!(places::board))
        .routes(routes!(places::nearest))
        .routes(routes!(places::what_if))
        .routes(routes!(places::experience))
        .routes(routes!(lists::cases))
        .routes(routes!(cases::get_case))
        .routes(routes!(cases::act))
        .routes(routes!(cases::reveal))
        .routes(routes!(cases::tell_place))
        .routes(routes!(cases::erase))
        .routes(routes!(cases::hold))
        .routes(routes!(own_data::own_data))
        .routes(routes!(
            own_data::own_erasure,
            own_data::ask_own_erasure,
            own_data::cancel_own_erasure
        ))
        .routes(routes!(own_data::own_consents))
        .routes(routes!(own_data::withdraw_own_consent))
        .routes(routes!(platforms::bring))
        .routes(routes!(platforms::answer))
        .routes(routes!(platforms::outcome))
        .routes(routes!(cases::payment_receipt))
        .routes(routes!(packs::pack))
        .routes(routes!(packs::notice))
        .routes(routes!(packing::begin_packing, packing::packing_records))
        .routes(routes!(packing::packing_record))
        .routes(routes!(packing::add_to_packing))
        .routes(routes!(packing::end_packing))
        .routes(routes!(packing::record_parcel))
        .routes(routes!(packing::packing_picture))
}

fn second_quarter(router: OpenApiRouter<Server>) -> OpenApiRouter<Server> {
    router
        .routes(routes!(packing::packing_clip))
        .routes(routes!(photos::photo))
        .routes(routes!(photos::clip))
        .routes(routes!(photos::heat_map))
        .routes(routes!(photos::aligned))
        .routes(routes!(quick_check::quick_check))
        .routes(routes!(lists::work_orders))
        .routes(routes!(lists::jobs))
        .routes(routes!(log::page))
        .routes(routes!(log::head))
        .routes(routes!(log::proof))
        .routes(routes!(log::receipt))
        .routes(routes!(log::verify))
        .routes(routes!(accounts::sign_in, accounts::sign_out))
        .routes(routes!(accounts::open_case))
        .routes(routes!(accounts::users, accounts::create_user))
        .routes(routes!(accounts::change_user))
        .routes(routes!(accounts::invite_again))
        .routes(routes!(accounts::tokens, accounts::create_token))
        .routes(routes!(accounts::revoke_token))
        .routes(routes!(catalogue::products, catalogue::save_product))
        .routes(routes!(catalogue::listing_photo))
        .routes(routes!(catalogue::listing_detail))
        .routes(routes!(catalogue::declare_listing_photo))
        .routes(routes!(catalogue::judge_listing_photo))
        .routes(routes!(catalogue::prices, catalogue::save_price))
        .routes(routes!(
            catalogue::service_codes,
            catalogue::save_service_code
        ))
        .routes(routes!(catalogue::technicians))
        .routes(routes!(catalogue::set_absences))
        .routes(routes!(catalogue::set_areas))
        .routes(routes!(catalogue::set_equipment))
        .routes(routes!(applications::applications))
}

fn third_quarter(router: OpenApiRouter<Server>) -> OpenApiRouter<Server> {
    router
        .routes(routes!(applications::application))
        .routes(routes!(applications::act_on_application))
        .routes(routes!(catalogue::order))
        .routes(routes!(catalogue::import))
        .routes(routes!(catalogue::export))
        .routes(routes!(settings::settings))
        .routes(routes!(rules::packs, rules::save_draft))
        .routes(routes!(rules::pack, rules::remove_draft))
        .routes(routes!(rules::publish))
        .routes(routes!(rules::simulation))
        .routes(routes!(rules::law))
        .routes(routes!(rules::payments))
        .routes(routes!(rules::measures))
        .routes(routes!(
            rules::shadow,
            rules::begin_shadow,
            rules::end_shadow
        ))
        .routes(routes!(rules::second_looks))
        .routes(routes!(rules::history))
        .routes(routes!(settings::set_calendar))
        .routes(routes!(settings::set_hotline))
        .routes(routes!(settings::set_name))
        .routes(routes!(settings::set_quiet_hours))
        .routes(routes!(settings::set_assistant))
        .routes(routes!(settings::setting_changes))
        .routes(routes!(own::preferences, own::choose_preferences))
        .routes(routes!(own::own_number, own::save_own_number))
        .routes(routes!(own::own_ratings))
        .routes(routes!(webhooks::webhooks, webhooks::create_webhook))
        .routes(routes!(webhooks::change_webhook))
        .routes(routes!(webhooks::renew_webhook_secret))
        .routes(routes!(webhooks::webhook_deliveries))
        .routes(routes!(webhooks::replay_delivery))
        .routes(routes!(webhooks::replay_webhook))
        .routes(routes!(settings::visit_needs, settings::set_visit_needs))
}

fn last_quarter(router: OpenApiRouter<Server>) -> OpenApiRouter<Server> {
    router
        .routes(routes!(
            settings::review_groups,
            settings::set_review_groups
        ))
        .routes(routes!(calls::tell_call, calls::calls))
        .routes(routes!(calls::act_on_call))
        .routes(routes!(warranty::warranty))
        .routes(routes!(warranty::record_exchange))
        .routes(routes!(warranty::warranty_costs))
        .routes(routes!(warranty::part_costs, warranty::set_part_costs))
        .routes(routes!(statements::tariff, statements::set_tariff))
        .routes(routes!(statements::statements, statements::make_statement))
        .routes(routes!(statements::statement, statements::remove_statement))
        .routes(routes!(statements::approve_statement))
        .routes(routes!(stock::stock))
        .routes(routes!(stock::move_stock))
        .routes(routes!(stock::set_reorder))
        .routes(routes!(register::check))
        .routes(routes!(register::register, register::list))
        .routes(routes!(register::withdraw))
        .routes(routes!(cores::cores))
        .routes(routes!(cores::act_on_core))
        .routes(routes!(cores::core_parts, cores::set_core_parts))
        .routes(routes!(statements::record_correction))
        .routes(routes!(
            statements::outlet_settlements,
            statements::set_outlet_settlement
        ))
        .routes(routes!(catalogue::area_prices, catalogue::save_area_price))
        .routes(routes!(catalogue::remove_area_price))
        .routes(routes!(conversations::conversations))
        .routes(routes!(conversations::conversation))
        .routes(routes!(conversations::act_on_conversation))
        .routes(routes!(conversations::suggest_drafts))
        .routes(routes!(conversations::replies, conversations::save_reply))
        .routes(routes!(conversations::scripts, conversations::save_script))
        .routes(routes!(changes::changes))
}

/// The routes and their description.
pub fn routes() -> (axum::Router<Server>, OpenApi) {
    let info = InfoBuilder::new()
        .title("Aftercare")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "After-sales cases: repairs, refund claims, their evidence and the log that proves them. \
             Times are milliseconds since 1970-01-01T00:00:00Z, amounts are fen (0.01 CNY). \
             Every answer that is not a success is `application/problem+json` (RFC 9457) with the \
             name of the rule and the words in Chinese and English.",
        ))
        .license(Some(LicenseBuilder::new().name("Apache-2.0").build()))
        .build();
    let (router, mut openapi) =
        OpenApiRouter::with_openapi(OpenApiBuilder::new().info(info).build())
            .nest("/api/v1", api())
            .split_for_parts();
    finish(&mut openapi);
    (router, openapi)
}

/// The routes as the server answers them, with their description beside them.
pub fn table() -> Routes {
    let (router, document) = routes();
    let paths = document.paths.paths.keys().cloned().collect();
    Routes::known(router, paths).route(
        "/api/v1/openapi.json",
        get(move || {
            let document = document.clone();
            async move { Json(document) }
        }),
    )
}

/// Adds what every operation shares: problems, and who may call.
fn finish(openapi: &mut OpenApi) {
    let problem = ResponseBuilder::new()
        .description("A problem after RFC 9457")
        .content(
            "application/problem+json",
            ContentBuilder::new()
                .schema(Some(Ref::from_schema_name("Problem")))
                .build(),
        )
        .build();
    for (path, item) in &mut openapi.paths.paths {
        for (method, operation) in operations(item) {
            operation
                .responses
                .responses
                .insert("default".to_owned(), RefOr::T(problem.clone()));
            if !PUBLIC.contains(&(method, path.as_str())) {
                operation.security = Some(vec![
                    SecurityRequirement::new("bearer", Vec::<String>::new()),
                    SecurityRequirement::new("session", Vec::<String>::new()),
                ]);
            }
        }
    }
    let components = openapi.components.get_or_insert_default();
    components.schemas.insert(
        "Problem".to_owned(),
        <Problem as utoipa::PartialSchema>::schema(),
    );
    components.add_security_scheme(
        "bearer",
        SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build()),
    );
    components.add_security_scheme(
        "session",
        SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new("__Host-aftercare"))),
    );
}

/// The operations of a path with the names of their methods.
pub fn operations(
    item: &mut PathItem,
) -> impl Iterator<Item = (&'static str, &mut utoipa::openapi::path::Operation)> {
    [
        ("get", item.get.as_mut()),
        ("post", item.post.as_mut()),
        ("put", item.put.as_mut()),
        ("patch", item.patch.as_mut()),
        ("delete", item.delete.as_mut()),
    ]
    .into_iter()
    .filter_map(|(method, operation)| operation.map(|operation| (method, operation)))
}
