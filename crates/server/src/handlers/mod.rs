//! The pages: each handler reads through the application and renders a template.

pub mod admin;
pub mod applications;
pub mod calls;
pub mod choices;
pub mod claimant;
pub mod codes;
pub mod confirm;
pub mod conversations;
pub mod cores;
pub mod costs;
pub mod design;
pub mod desk;
pub mod doors;
pub mod error_page;
pub mod exchange;
pub mod field;
pub mod forms;
pub mod frame;
pub mod genuine;
pub mod health;
pub mod jobs;
pub mod known;
pub mod moving;
pub mod own;
pub mod own_data;
pub mod packing;
pub mod packs;
pub mod parts;
pub mod payments;
pub mod pictures;
pub mod platforms;
pub mod prices;
pub mod public;
pub mod qualify;
pub mod quick_check;
pub mod risk;
pub mod rules;
pub mod sandbox;
pub mod saved;
pub mod serials;
pub mod settlement;
pub mod tables;
pub mod technicians;
pub mod tokens;
pub mod verify;
pub mod warranty;
pub mod webhooks;
pub mod widget;

use crate::http::table::Routes;
use axum::routing::{get, post};

/// Every page.
pub fn routes() -> Routes {
    Routes::new()
        .route("/", get(public::landing))
        .route("/report", get(public::report).post(public::send_report))
        .route("/claim", get(public::claim).post(public::send_claim))
        .route("/uploads", post(saved::piece))
        .route("/follow", get(public::follow).post(public::send_follow))
        .route("/design", get(design::design))
        .route("/genuine", get(genuine::genuine).post(genuine::check))
        .route("/genuine/report", post(genuine::report))
        .route(
            "/apply",
            get(applications::apply).post(applications::send_apply),
        )
        .route(
            "/apply/{receipt}",
            get(applications::own).post(applications::act_own),
        )
        .route("/c/{token}", get(claimant::code).post(claimant::send_code))
        .route("/c/{token}/case", get(claimant::case))
        .route("/c/{token}/receipts/{seq}", get(claimant::receipt))
        .route(
            "/c/{token}/paid/{work_order}",
            get(payments::claimant_receipt),
        )
        .route("/c/{token}/pack/{reader}", get(packs::claimant_page))
        .route("/c/{token}/pack/{reader}/pdf", get(packs::claimant_pdf))
        .route("/c/{token}/pack/{reader}/zip", get(packs::claimant_zip))
        .route("/c/{token}/act", post(claimant::act))
        .route("/c/{token}/phone", post(claimant::phone))
        .route("/c/{token}/place", post(claimant::place))
        .route("/c/{token}/own", post(claimant::choose))
        .route("/c/{token}/data", get(own_data::page).post(own_data::copy))
        .route("/c/{token}/erasure", post(own_data::erasure))
        .route("/login", get(doors::login).post(doors::send_login))
        .route("/logout", post(doors::logout))
        .route(
            "/invite/{token}",
            get(doors::invite).post(doors::send_invite),
        )
        .route("/photos/{evidence}", get(pictures::photo))
        .route("/packing/{case}/{piece}", get(packing::picture))
        .route("/packing/{case}/{piece}/clip", get(packing::clip))
        .route("/photos/{evidence}/clip", get(pictures::clip))
        .route("/photos/{evidence}/heat-map", get(pictures::heat_map))
        .route("/photos/{evidence}/aligned", get(pictures::aligned))
        .route("/listing/{photo}", get(pictures::listing))
        .route("/assets/{*address}", get(pictures::asset))
        .route("/desk", get(desk::home))
        .route(
            "/desk/password",
            get(doors::own_password).post(doors::send_own_password),
        )
        .route(
            "/tools/quick-check",
            get(quick_check::tool).post(quick_check::send_tool),
        )
        .route(
            "/desk/quick-check",
            get(quick_check::desk).post(quick_check::send_desk),
        )
        .route("/desk/intake", get(desk::intake).post(desk::send_intake))
        .route("/desk/intake/known", post(known::known))
        .route("/desk/intake/customer", post(known::customer))
        .route("/desk/dispatch", get(desk::dispatch))
        .route(
            "/desk/dispatch/move",
            get(moving::moving).post(moving::send),
        )
        .route("/desk/dispatch/week", get(moving::week))
        .route("/desk/dispatch/map", get(moving::map))
        .route("/desk/technicians", get(technicians::technicians))
        .route(
            "/desk/technicians/{technician}/away",
            post(technicians::add_absence),
        )
        .route(
            "/desk/technicians/{technician}/back",
            post(technicians::remove_absence),
        )
        .route(
            "/desk/technicians/{technician}/active",
            post(technicians::set_active),
        )
        .route(
            "/desk/technicians/{technician}/areas",
            post(technicians::set_areas),
        )
        .route(
            "/desk/technicians/{technician}/equipment",
            post(technicians::set_equipment),
        )
        .route("/desk/technicians/needs", post(technicians::save_need))
        .route(
            "/desk/technicians/needs/remove",
            post(technicians::remove_need),
        )
        .route("/desk/applications", get(applications::applications))
        .route(
            "/desk/applications/{application}",
            get(applications::application).post(applications::act),
        )
        .route(
            "/desk/applications/{application}/open",
            post(applications::open),
        )
        .route("/desk/measured", get(technicians::measured))
        .route("/desk/jobs", get(jobs::jobs))
        .route("/desk/jobs/line", post(jobs::line))
        .route("/desk/jobs/calendar", post(jobs::calendar))
        .route("/calendar/{calendar}", get(jobs::subscribed))
        .route("/desk/jobs/worker.js", get(field::worker))
        .route("/desk/jobs/manifest.webmanifest", get(field::manifest))
        .route("/desk/jobs/{case}", get(desk::job))
        .route("/desk/packing/worker.js", get(field::packing_worker))
        .route(
            "/desk/packing/manifest.webmanifest",
            get(field::packing_manifest),
        )
        .route("/desk/packing", get(packing::packing).post(packing::begin))
        .route(
            "/desk/packing/{record}",
            get(packing::record).post(packing::send),
        )
        .route("/desk/inbox", get(desk::inbox))
        .route("/desk/inbox/{case}", get(desk::inbox_case))
        .route("/desk/review", get(desk::review))
        .route("/desk/review/{case}", get(desk::review_case))
        .route("/desk/risk", get(desk::risk))
        .route("/desk/risk/measures.csv", get(risk::csv))
        .route(
            "/desk/risk/shadow",
            get(risk::shadow).post(risk::begin_shadow),
        )
        .route("/desk/risk/shadow/end", post(risk::end_shadow))
        .route("/desk/cases", get(desk::cases).post(desk::find_cases))
        .route("/desk/cases/list.csv", get(tables::cases))
        .route("/desk/cases/{case}", get(desk::case))
        .route("/desk/cases/{case}/act", post(desk::act))
        .route("/desk/cases/{case}/reveal", post(desk::reveal))
        .route("/desk/cases/{case}/hold", post(desk::hold))
        .route("/desk/cases/{case}/place", post(desk::tell_place))
        .route("/desk/cases/{case}/phone", post(desk::correct_phone))
        .route("/desk/cases/{case}/access", post(desk::reissue_access))
        .route(
            "/desk/cases/{case}/qualify",
            get(qualify::qualify).post(qualify::send_qualify),
        )
        .route(
            "/desk/cases/{case}/paid/{work_order}",
            get(payments::desk_receipt),
        )
        .route("/desk/cases/{case}/recovery/{claim}", get(payments::letter))
        .route("/desk/cases/{case}/pack/{reader}", get(packs::desk_page))
        .route("/desk/cases/{case}/pack/{reader}/pdf", get(packs::desk_pdf))
        .route("/desk/cases/{case}/pack/{reader}/zip", get(packs::desk_zip))
        .route("/desk/cases/{case}/notice/{evidence}", get(packs::notice))
        .route(
            "/desk/platform",
            get(platforms::bring).post(platforms::send_bring),
        )
        .route("/desk/cases/{case}/platform-answer", get(platforms::answer))
        .route(
            "/desk/cases/{case}/platform-outcome",
            post(platforms::outcome),
        )
        .route("/desk/register", get(genuine::register).post(genuine::list))
        .route("/desk/register/withdraw", post(genuine::withdraw))
        .route("/desk/register/seen", post(genuine::seen))
        .route("/desk/calls", get(calls::calls))
        .route("/desk/calls/{call}", post(calls::act))
        .route("/c/{token}/callback", post(claimant::callback))
        .route("/widget.js", get(widget::widget))
        .route("/desk/prices", get(prices::prices).post(prices::save))
        .route("/desk/prices/remove", post(prices::remove))
        .route("/desk/conversations", get(conversations::conversations))
        .route("/desk/conversations/{case}", post(conversations::act))
        .route(
            "/desk/replies",
            get(conversations::replies).post(conversations::save_reply),
        )
        .route(
            "/desk/scripts",
            get(conversations::scripts).post(conversations::save_script),
        )
        .route(
            "/desk/warranty",
            get(warranty::warranty).post(warranty::exchange),
        )
        .route("/desk/warranty/ledger.csv", get(warranty::csv))
        .route(
            "/desk/warranty/costs",
            get(costs::costs).post(costs::set_costs),
        )
        .route("/desk/warranty/costs.csv", get(costs::csv))
        .route("/desk/serials", get(serials::serials).post(serials::send))
        .route(
            "/desk/customers",
            get(serials::customers).post(serials::send_customers),
        )
        .route(
            "/desk/serials/history",
            get(serials::history).post(serials::send_history),
        )
        .route(
            "/desk/settlement",
            get(settlement::settlement).post(settlement::make),
        )
        .route("/desk/parts", get(parts::parts).post(parts::move_stock))
        .route(
            "/desk/parts/import",
            get(serials::parts).post(serials::send_parts),
        )
        .route("/desk/parts/reorder", post(parts::set_reorder))
        .route("/desk/parts/stock.csv", get(tables::stock))
        .route("/desk/cores", get(cores::cores).post(cores::act))
        .route("/desk/cores/parts", post(cores::set_parts))
        .route("/desk/cores/list.csv", get(cores::csv))
        .route("/desk/settlement/statements.csv", get(tables::statements))
        .route("/desk/settlement/tariff", post(settlement::set_tariff))
        .route("/desk/settlement/corrections", post(settlement::correct))
        .route("/desk/settlement/outlets", post(settlement::set_outlet))
        .route("/desk/settlement/{statement}", get(settlement::statement))
        .route(
            "/desk/settlement/{statement}/approve",
            post(settlement::approve),
        )
        .route(
            "/desk/settlement/{statement}/remove",
            post(settlement::remove),
        )
        .route(
            "/desk/settlement/{statement}/lines.csv",
            get(settlement::csv),
        )
        .route("/verify", get(verify::verify).post(verify::send_verify))
        .route("/desk/log", get(desk::log))
        .route("/desk/log/verify", post(desk::verify_log))
        .route("/desk/rules", get(rules::packs).post(rules::save_draft))
        .route("/desk/rules/{id}/{version}", get(rules::pack))
        .route("/desk/rules/{id}/{version}/publish", post(rules::publish))
        .route("/desk/rules/{id}/{version}/remove", post(rules::remove))
        .route("/desk/law", get(rules::law))
        .route("/desk/payments", get(payments::payments))
        .route("/exchange", get(exchange::ask).post(exchange::send_ask))
        .route("/desk/exchange", get(exchange::exchange))
        .route("/desk/exchange/log", get(exchange::log))
        .route(
            "/desk/cases/{case}/sharing/{evidence}",
            get(exchange::sharing).post(exchange::send_sharing),
        )
        .route(
            "/c/{token}/sharing/{evidence}",
            get(exchange::own_sharing).post(exchange::send_own_sharing),
        )
        .route("/desk/health", get(health::health))
        .route("/desk/users", get(admin::users).post(admin::create_user))
        .route("/desk/erasures", post(admin::erase))
        .route(
            "/desk/sandbox",
            get(sandbox::sandbox).post(sandbox::move_on),
        )
        .route("/desk/users/{user}/roles", post(admin::change_roles))
        .route("/desk/users/{user}/groups", post(admin::set_groups))
        .route("/desk/users/{user}/disabled", post(admin::set_disabled))
        .route("/desk/users/{user}/invite", post(admin::invite))
        .route(
            "/desk/webhooks",
            get(webhooks::webhooks).post(webhooks::create_webhook),
        )
        .route(
            "/desk/webhooks/{webhook}/enabled",
            post(webhooks::set_enabled),
        )
        .route(
            "/desk/webhooks/{webhook}/secret",
            post(webhooks::renew_secret),
        )
        .route("/desk/webhooks/{webhook}/replay", post(webhooks::replay))
        .route("/desk/tokens", get(tokens::tokens).post(tokens::create))
        .route("/desk/tokens/{token}/revoke", post(tokens::revoke))
        .route("/desk/own", get(own::own).post(own::send_own))
        .route(
            "/desk/settings",
            get(own::settings).post(own::send_settings),
        )
        .route("/desk/processing", get(own::processing))
        .route("/desk/processing.csv", get(own::processing_csv))
        .route("/desk/setup", get(own::setup))
        .route("/desk/catalogue", get(admin::catalogue))
        .route("/desk/codes", get(codes::codes).post(codes::save))
        .route("/desk/catalogue/import", post(admin::import))
        .route("/desk/catalogue/export/{what}", get(tables::export))
        .route("/desk/catalogue/photo", post(admin::listing_photo))
        .route(
            "/desk/listing/{photo}",
            get(admin::listing_page).post(admin::act_listing),
        )
}
