//! The page of tokens: which programs speak for which account, and what each may.

use crate::pages::{Choice, FormState, Shell};
use aftercare_app::tokens::{SCOPES, TokenView};
use aftercare_domain::Timestamp;
use askama::Template;

/// A token with the account that it speaks for.
#[derive(Clone, Debug)]
pub struct Held {
    pub view: TokenView,
    /// What the account is called.
    pub account: String,
}

impl Held {
    /// Whether a program can come with it.
    #[must_use]
    pub fn stands(&self, now: Timestamp) -> bool {
        !self.view.revoked && !self.is_over(&now)
    }

    /// Whether its time is over.
    fn is_over(&self, now: &Timestamp) -> bool {
        self.view.expires_at.is_some_and(|expires| expires <= *now)
    }
}

/// For how many days a token can be made, as forms send it.
const TERMS: [&str; 4] = ["90", "30", "365", "never"];

/// `GET /desk/tokens`: posts `user`, `days` (a number, or `never`) and `scopes` to the same path, and nothing to `/desk/tokens/{token}/revoke`.
#[derive(Debug, Template)]
#[template(path = "desk_tokens.html")]
pub struct Tokens {
    pub shell: Shell,
    pub form: FormState,
    /// The newest first, those that are no use any more last.
    pub tokens: Vec<Held>,
    /// Accounts that a token can be made for.
    pub programs: Vec<Choice>,
    /// The token just made; shown on this answer only.
    pub token: Option<String>,
}

impl Tokens {
    /// What a token may be allowed, with its words.
    fn scopes(&self) -> Vec<Choice> {
        SCOPES
            .map(|scope| Choice::new(scope, self.says(scope)))
            .to_vec()
    }

    /// For how long one can be made.
    fn terms(&self) -> Vec<Choice> {
        TERMS
            .map(|days| Choice::new(days, self.shell.word("tokenterm", days)))
            .to_vec()
    }

    /// What a scope allows, in words.
    fn says(&self, scope: &str) -> String {
        self.shell.word("scope", &scope.replace(':', "_"))
    }
}
