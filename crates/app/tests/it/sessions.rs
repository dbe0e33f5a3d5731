//! Signing in and staying signed in, for staff and for claimants.

use crate::world::{World, cracked_mug};
use aftercare_app::error::ErrorKind;
use aftercare_domain::Role;
use aftercare_domain::time::{DAY_MS, HOUR_MS, MINUTE_MS};
use aftercare_vault::Plain;
use std::time::{Duration, Instant};

const PASSWORD: &str = "an invented pass phrase";

fn plain(text: &str) -> Plain<String> {
    Plain::new(text.to_owned())
}

#[tokio::test]
async fn every_refusal_looks_the_same_and_none_is_quicker() {
    let world = World::new().await;
    let app = &world.app;
    let off = app
        .create_user(&world.admin, "off", "停用", &[Role::Agent])
        .await
        .unwrap();
    app.set_disabled(&world.admin, off.user, true)
        .await
        .unwrap();
    let mut answers = Vec::new();
    for (login, password) in [
        ("nobody", PASSWORD),
        ("agent", "wrong"),
        ("agent", ""),
        ("off", PASSWORD),
        ("", ""),
    ] {
        let started = Instant::now();
        let error = app.sign_in(login, plain(password)).await.unwrap_err();
        assert!(
            started.elapsed() >= Duration::from_millis(240),
            "{login} was refused at once"
        );
        answers.push((error.kind, error.rule, error.zh, error.en));
    }
    answers.dedup();
    assert_eq!(answers.len(), 1);
    assert_eq!(answers[0].0, ErrorKind::Unauthenticated);
}

#[tokio::test]
async fn signing_in_is_in_the_log_whether_it_succeeds_or_not() {
    let world = World::new().await;
    let before = world.store.head().await.unwrap().size;
    let wrong = world
        .app
        .sign_in("agent", plain("not the pass phrase"))
        .await;
    assert!(wrong.is_err());
    world.app.sign_in("agent", plain(PASSWORD)).await.unwrap();
    let logged = world.store.range(before + 1, 10).await.unwrap();
    let names: Vec<&str> = logged.iter().map(|event| event.name.as_str()).collect();
    assert_eq!(names, ["sign_in_refused.v1", "signed_in.v1"]);
    for event in &logged {
        let payload = String::from_utf8_lossy(&event.payload);
        assert!(!payload.contains("phrase"), "{payload}");
    }
}

#[tokio::test]
async fn five_wrong_passwords_lock_for_a_quarter_of_an_hour() {
    let world = World::new().await;
    let app = &world.app;
    for _ in 0..5 {
        app.sign_in("agent", plain("wrong")).await.unwrap_err();
    }
    let locked = app.sign_in("agent", plain(PASSWORD)).await.unwrap_err();
    assert_eq!(locked.rule, "sign_in_refused");
    // Tries while it is locked do not lock it for longer.
    world.clock.advance_ms(14 * MINUTE_MS);
    app.sign_in("agent", plain("wrong")).await.unwrap_err();
    world.clock.advance_ms(MINUTE_MS);
    app.sign_in("agent", plain(PASSWORD)).await.unwrap();
}

#[tokio::test]
async fn wrong_passwords_at_once_are_all_counted() {
    let world = World::new().await;
    let app = &world.app;
    let tries = (0..6).map(|_| {
        let app = app.clone();
        tokio::spawn(async move { app.sign_in("agent", plain("wrong")).await.is_err() })
    });
    for done in tries.collect::<Vec<_>>() {
        assert!(done.await.unwrap());
    }
    assert!(app.sign_in("agent", plain(PASSWORD)).await.is_err());
    // A session that was open before goes on: a stranger's wrong tries do not throw anybody out.
    app.cases(
        &world.agent,
        false,
        &aftercare_app::lists::Paging::default(),
    )
    .await
    .unwrap();
}

#[tokio::test]
async fn a_sign_in_under_way_does_not_undo_what_an_administrator_did() {
    let world = World::new().await;
    let app = &world.app;
    let agent = world.agent.signed_in().unwrap().user;
    for _ in 0..4 {
        let (_, disabled) = tokio::join!(
            app.sign_in("agent", plain(PASSWORD)),
            app.set_disabled(&world.admin, agent, true),
        );
        disabled.unwrap();
        let users = app.users(&world.admin).await.unwrap();
        assert!(users.iter().any(|user| user.id == agent && user.disabled));
        app.set_disabled(&world.admin, agent, false).await.unwrap();
    }
}

#[tokio::test]
async fn a_session_ends_when_idle_and_at_last() {
    let world = World::new().await;
    let app = &world.app;
    let idle = app.sign_in("agent", plain(PASSWORD)).await.unwrap();
    world.clock.advance_ms(12 * HOUR_MS);
    app.resolve_session(&idle.token).await.unwrap();
    world.clock.advance_ms(12 * HOUR_MS + 1);
    assert_eq!(
        app.resolve_session(&idle.token).await.unwrap_err().kind,
        ErrorKind::Unauthenticated
    );

    let busy = app.sign_in("agent", plain(PASSWORD)).await.unwrap();
    let mut lived = 0;
    while app.resolve_session(&busy.token).await.is_ok() {
        world.clock.advance_ms(6 * HOUR_MS);
        lived += 6 * HOUR_MS;
    }
    assert_eq!(lived, 7 * DAY_MS);
    assert!(app.resolve_session("no such token").await.is_err());
}

#[tokio::test]
async fn signing_out_and_being_switched_off_end_it_at_once() {
    let world = World::new().await;
    let app = &world.app;
    let first = app.sign_in("agent", plain(PASSWORD)).await.unwrap();
    let second = app.sign_in("agent", plain(PASSWORD)).await.unwrap();
    app.sign_out(&first.token).await.unwrap();
    assert!(app.resolve_session(&first.token).await.is_err());
    app.resolve_session(&second.token).await.unwrap();
    let agent = world.agent.signed_in().unwrap().user;
    app.set_disabled(&world.admin, agent, true).await.unwrap();
    assert!(app.resolve_session(&second.token).await.is_err());
}

#[tokio::test]
async fn a_new_password_signs_the_other_sessions_out() {
    let world = World::new().await;
    let app = &world.app;
    let mine = app.sign_in("agent", plain(PASSWORD)).await.unwrap();
    let other = app.sign_in("agent", plain(PASSWORD)).await.unwrap();
    let new = "a phrase never used before";
    let wrong = app
        .change_password(&world.agent, &mine.token, plain("wrong"), plain(new))
        .await
        .unwrap_err();
    assert_eq!(
        (wrong.rule.as_str(), wrong.field.as_deref()),
        ("old_password_wrong", Some("old_password"))
    );
    let strange = app
        .change_password(&world.merchant, &mine.token, plain(PASSWORD), plain(new))
        .await
        .unwrap_err();
    assert_eq!(
        strange.kind,
        ErrorKind::Unauthenticated,
        "somebody else's session"
    );
    app.change_password(&world.agent, &mine.token, plain(PASSWORD), plain(new))
        .await
        .unwrap();
    app.resolve_session(&mine.token).await.unwrap();
    assert!(app.resolve_session(&other.token).await.is_err());
    assert!(app.sign_in("agent", plain(PASSWORD)).await.is_err());
    app.sign_in("agent", plain(new)).await.unwrap();
}

#[tokio::test]
async fn whoever_has_one_code_of_a_case_cannot_guess_the_other() {
    let world = World::new().await;
    let receipt = world
        .claim("A1", "周示范", "13800000002", cracked_mug(1))
        .await;
    let link = receipt.link.rsplit('/').next().unwrap();
    for turn in 0..5 {
        let guessed = world.app.open_case_link(link, "not the code").await;
        assert!(guessed.is_err());
        // The code of the receipt does not let the count begin anew.
        let right = world.app.open_case_link(link, &receipt.code).await;
        assert_eq!(right.is_ok(), turn < 4, "{turn}");
    }
}

#[tokio::test]
async fn a_wrong_link_and_a_wrong_code_get_the_same_answer() {
    let world = World::new().await;
    let app = &world.app;
    let receipt = world
        .claim("A1", "周示范", "13800000002", cracked_mug(1))
        .await;
    let link = receipt.link.rsplit('/').next().unwrap();
    let no_link = app
        .open_case_link("no such link", &receipt.code)
        .await
        .unwrap_err();
    for _ in 0..5 {
        let error = app.open_case_link(link, "not the code").await.unwrap_err();
        assert_eq!((&error.rule, &error.zh), (&no_link.rule, &no_link.zh));
    }
    // Locked now, with the same answer even to the right code.
    let locked = app.open_case_link(link, &receipt.code).await.unwrap_err();
    assert_eq!(locked.en, no_link.en);
    world.clock.advance_ms(15 * MINUTE_MS);
    // A code copied with a space works, too.
    let spaced = format!("{} {}", &receipt.code[..3], &receipt.code[3..]);
    let session = app.open_case_link(link, &spaced).await.unwrap();
    app.resolve_session(&session.token).await.unwrap();
    world.clock.advance_ms(12 * HOUR_MS + 1);
    assert!(app.resolve_session(&session.token).await.is_err());
}
