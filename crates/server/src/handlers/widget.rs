//! The script that leads from a shop's own page to this service, and what such a link fills in.

use crate::assets;
use crate::http::problem::{Answer, Failure};
use crate::http::state::Server;
use crate::pages::FormState;
use aftercare_app::AppError;
use axum::body::Body;
use axum::http::{HeaderName, header};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;

/// The script among the assets; served under a name that stays, for other sites.
const SCRIPT: &str = "widget.js";
/// An hour: a shop's page gets a new one the same day.
const KEEP: &str = "public, max-age=3600";

/// What a link from another site fills in.
#[derive(Debug, Default, Deserialize)]
pub struct Filled {
    /// Code of a product.
    #[serde(default)]
    pub product: String,
    /// Code of the shop that keeps it, where a tenant has several.
    #[serde(default)]
    pub shop: String,
    /// Number of an order.
    #[serde(default)]
    pub order: String,
}

/// `GET /widget.js`
pub async fn widget() -> Answer<Response> {
    let url = assets::url(SCRIPT);
    let asset = url
        .strip_prefix(assets::ROOT)
        .and_then(assets::find)
        .ok_or_else(|| Failure(AppError::internal("the widget is not among the assets")))?;
    let headers = [
        (header::CONTENT_TYPE, asset.media_type),
        (header::CACHE_CONTROL, KEEP),
        // The one thing here that other sites load.
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "cross-origin",
        ),
    ];
    Ok((headers, Body::from(asset.bytes.as_slice())).into_response())
}

/// Fills in what a link names: a product that the catalogue has, and the number of an order as it was written.
///
/// # Errors
/// What the store says.
pub async fn fill(server: &Server, filled: &Filled, form: &mut FormState) -> Answer<()> {
    let order: String = filled
        .order
        .trim()
        .chars()
        .take(crate::limits::FILLED_CHARS_MAX)
        .collect();
    if !order.is_empty() {
        form.values.insert("order_number".to_owned(), order);
    }
    let code = filled.product.trim();
    if code.is_empty() {
        return Ok(());
    }
    let products = server.app().products_of(server.config().tenant).await?;
    let shop = filled.shop.trim();
    let mut found = products.iter().filter(|product| {
        product.code == code && (shop.is_empty() || product.shop.as_deref() == Some(shop))
    });
    // Of two shops with the same code nobody guesses.
    if let (Some(product), None) = (found.next(), found.next()) {
        let id = product.id.to_string();
        form.values.insert("product".to_owned(), id);
    }
    Ok(())
}
