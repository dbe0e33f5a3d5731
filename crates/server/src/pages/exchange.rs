//! Pages about the exchange of photos that were judged forged: this platform's part in it, its list, a photo on its way there,
//! and what stands about a photo, for anybody who has it.

use crate::pages::{FormState, Shell};
use aftercare_app::exchange::{AskedAbout, ExchangeLog, ExchangeView, SharingView};
use askama::Template;

/// `GET /desk/exchange`: what we published, what matched, how the copy of the list stands, and the yearly report of errors.
#[derive(Debug, Template)]
#[template(path = "desk_exchange.html")]
pub struct ExchangePage {
    pub shell: Shell,
    /// None where this platform takes part in none.
    pub view: Option<ExchangeView>,
}

/// `GET /desk/exchange/log?before=…`: the entries of the list, the newest first.
#[derive(Debug, Template)]
#[template(path = "desk_exchange_log.html")]
pub struct ExchangeLogPage {
    pub shell: Shell,
    pub log: ExchangeLog,
}

/// `GET` and `POST /desk/cases/{case}/sharing/{evidence}`. Posts `do` (`propose`, `look`, `notice`, `consider`, `publish`,
/// `let_be`, or `reply` for the shop), and what belongs to it: `reasons`, `text`, `face`, `document`, `address`, `home`, `stands`.
#[derive(Debug, Template)]
#[template(path = "desk_sharing.html")]
pub struct SharingPage {
    pub shell: Shell,
    pub form: FormState,
    pub sharing: SharingView,
}

/// `GET` and `POST /c/{token}/sharing/{evidence}`: the same for the claimant who sent the photo. Posts `text`.
#[derive(Debug, Template)]
#[template(path = "own_sharing.html")]
pub struct OwnSharingPage {
    pub shell: Shell,
    pub form: FormState,
    pub token: String,
    pub sharing: SharingView,
}

/// `GET` and `POST /exchange`: what stands about a photo. Posts `photo` and `do` (`ask` or `object`).
#[derive(Debug, Template)]
#[template(path = "exchange_ask.html")]
pub struct AskPage {
    pub shell: Shell,
    pub form: FormState,
    /// Whether this platform takes part in an exchange.
    pub is_on: bool,
    pub asked: Option<AskedAbout>,
}

impl SharingPage {
    /// Whether the reader can take the step now, as far as the page knows; a rule says the rest.
    fn may(&self, step: &str) -> bool {
        let stage = self.sharing.stage.as_str();
        if step == "reply" {
            return self.sharing.is_sender && matches!(stage, "noticed" | "replied");
        }
        self.sharing.is_reviewer
            && match step {
                "propose" => stage == "none",
                "look" => stage == "looking" && !self.sharing.has_looked,
                "notice" => stage == "cleared",
                "consider" => stage == "replied",
                "publish" => stage == "noticed" && self.sharing.is_over,
                "let_be" => matches!(stage, "looking" | "cleared" | "noticed" | "replied"),
                _ => false,
            }
    }
}
