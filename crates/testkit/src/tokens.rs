//! The chapter of the story about a program's token: when it was last used is counted beside what administrators save.

use crate::clock::START;
use crate::story::write;
use aftercare_store::rows::ApiTokenRow;
use aftercare_store::{Store, Write};

/// The later time stands, and whoever saves the token meanwhile does not take it back.
pub(crate) async fn tokens_say_when_they_were_used(store: &dyn Store, token: &ApiTokenRow) {
    let touch = |after_ms| Write::TouchApiToken {
        id: token.id.clone(),
        at: START.plus_ms(after_ms),
    };
    write(store, vec![touch(7), touch(5)]).await;
    let revoked = ApiTokenRow {
        revoked: true,
        ..token.clone()
    };
    write(store, vec![Write::ApiToken(revoked.clone())]).await;
    let expected = ApiTokenRow {
        last_used_at: Some(START.plus_ms(7)),
        ..revoked
    };
    let found = store.api_token_by_hash(&token.token_hash).await;
    assert_eq!(found.expect("a read"), Some(expected));
}
