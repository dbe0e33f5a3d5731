//! The page of subscribers: addresses that are told what happens, and what was sent to them.

use crate::pages::{FormState, Shell};
use aftercare_app::webhooks::{DeliveryView, WebhookView};
use askama::Template;

/// A subscriber and its latest messages.
#[derive(Clone, Debug)]
pub struct Subscriber {
    pub webhook: WebhookView,
    pub latest: Vec<DeliveryView>,
}

/// `GET /desk/webhooks`: subscribers. Posts `url` and `topics` to `/desk/webhooks`, `enabled` (true or false), nothing, or
/// `days` and `everything` to `/desk/webhooks/{id}/enabled`, `/secret` and `/replay`.
#[derive(Debug, Template)]
#[template(path = "desk_webhooks.html")]
pub struct Webhooks {
    pub shell: Shell,
    pub form: FormState,
    pub subscribers: Vec<Subscriber>,
    /// The secret just made; shown on this answer only.
    pub secret: Option<String>,
    /// How many messages were just put on their way.
    pub replayed: Option<u32>,
}
