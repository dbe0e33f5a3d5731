//! The page of tokens: which programs speak for which account, and what each may.

use crate::pages::{Choice, FormState, Shell};
use aftercare_app::tokens::{SCOPES, TokenView};
use askama::Template;

/// A token with the account that it speaks for.
#[derive(Clone, Debug)]
pub struct Held {
    pub view: TokenView,
    /// What the account is called.
    pub account: String,
}

/// `GET /desk/tokens`: posts `user` and `scopes` to the same path, and nothing to `/desk/tokens/{token}/revoke`.
#[derive(Debug, Template)]
#[template(path = "desk_tokens.html")]
pub struct Tokens {
    pub shell: Shell,
    pub form: FormState,
    /// The newest first, those that were revoked last.
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

    /// What a scope allows, in words.
    fn says(&self, scope: &str) -> String {
        self.shell.word("scope", &scope.replace(':', "_"))
    }
}
