//! Tokens of programs end on their day, and say when they were last used without costing a write a request.

use crate::world::World;
use aftercare_app::error::ErrorKind;
use aftercare_app::limits::TOKEN_DAYS_MAX;
use aftercare_app::tokens::{NewToken, TokenView};
use aftercare_domain::ids::UserId;
use aftercare_domain::time::{DAY_MS, HOUR_MS, MINUTE_MS};
use aftercare_store::Write;

async fn program(world: &World) -> UserId {
    let users = world.app.users(&world.admin).await.unwrap();
    let erp = users.into_iter().find(|user| user.login == "erp");
    erp.unwrap().id
}

async fn made(world: &World, days: Option<u32>) -> NewToken {
    let (user, scopes) = (program(world).await, ["cases:read".to_owned()]);
    let made = world
        .app
        .create_token_for(&world.admin, user, &scopes, days)
        .await;
    made.unwrap()
}

async fn shown(world: &World, token: &NewToken) -> TokenView {
    let tokens = world.app.tokens(&world.admin).await.unwrap();
    let found = tokens.into_iter().find(|view| view.id == token.id);
    found.unwrap()
}

#[tokio::test]
async fn a_token_ends_on_its_day_and_says_so_to_whoever_has_it() {
    let world = World::new().await;
    let token = made(&world, Some(30)).await;
    let end = world.app.now().plus_ms(30 * DAY_MS);
    assert_eq!(token.expires_at, Some(end));
    assert_eq!(shown(&world, &token).await.expires_at, Some(end));
    let forever = made(&world, None).await;
    assert_eq!(forever.expires_at, None);

    world.clock.advance_to(end.plus_ms(-1));
    world.app.resolve_token(&token.token).await.unwrap();
    world.clock.advance_to(end);
    let error = world.app.resolve_token(&token.token).await.unwrap_err();
    assert_eq!(
        (error.kind, error.rule.as_str()),
        (ErrorKind::Unauthenticated, "token_expired")
    );
    for words in [&error.zh, &error.en] {
        assert!(words.contains("2026-12-02 09:00"), "{words}");
    }
    world.app.resolve_token(&forever.token).await.unwrap();
    // One that was revoked before is nobody's.
    let revoke = world.app.revoke_token(&world.admin, &token.id).await;
    revoke.unwrap();
    let error = world.app.resolve_token(&token.token).await.unwrap_err();
    assert_ne!(error.rule, "token_expired");
}

#[tokio::test]
async fn a_token_stands_for_a_day_at_least_and_two_years_at_most() {
    let world = World::new().await;
    let (user, scopes) = (program(&world).await, ["cases:read".to_owned()]);
    for days in [0, TOKEN_DAYS_MAX + 1, u32::MAX] {
        let error = world
            .app
            .create_token_for(&world.admin, user, &scopes, Some(days))
            .await
            .unwrap_err();
        assert_eq!(
            (error.rule.as_str(), error.field.as_deref()),
            ("token_days", Some("days")),
            "{days}"
        );
    }
    made(&world, Some(TOKEN_DAYS_MAX)).await;
}

#[tokio::test]
async fn the_last_use_is_noted_once_an_hour_and_takes_no_revocation_back() {
    let world = World::new().await;
    let token = made(&world, None).await;
    assert_eq!(shown(&world, &token).await.last_used_at, None);
    let first = world.app.now();
    let comes = || world.app.resolve_token(&token.token);
    comes().await.unwrap();
    assert_eq!(shown(&world, &token).await.last_used_at, Some(first));
    for _ in 0..3 {
        world.clock.advance_ms(19 * MINUTE_MS);
        comes().await.unwrap();
    }
    assert_eq!(
        shown(&world, &token).await.last_used_at,
        Some(first),
        "57 minutes later nothing was written"
    );
    world.clock.advance_to(first.plus_ms(HOUR_MS));
    comes().await.unwrap();
    assert_eq!(
        shown(&world, &token).await.last_used_at,
        Some(first.plus_ms(HOUR_MS))
    );

    // Who came at the moment of the revocation notes the use alone.
    let revoke = world.app.revoke_token(&world.admin, &token.id).await;
    revoke.unwrap();
    let late = aftercare_store::Unit {
        writes: vec![Write::TouchApiToken {
            id: token.id.clone(),
            at: first.plus_ms(HOUR_MS + 1),
        }],
        ..aftercare_store::Unit::default()
    };
    world.store.commit(late).await.unwrap();
    assert!(shown(&world, &token).await.revoked);
    assert!(comes().await.is_err());
    // A try in vain is no use.
    assert_eq!(
        shown(&world, &token).await.last_used_at,
        Some(first.plus_ms(HOUR_MS + 1))
    );
}
