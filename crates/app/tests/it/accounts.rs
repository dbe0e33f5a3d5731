//! Accounts, roles, one-time links and tokens of programs.

use crate::shops::kind;
use crate::world::{World, cracked_mug, rejection, saved_again};
use aftercare_app::Principal;
use aftercare_app::actions::Action;
use aftercare_app::error::ErrorKind;
use aftercare_app::lists::Paging;
use aftercare_domain::Role;
use aftercare_domain::event::Look;
use aftercare_domain::ids::EvidenceId;
use aftercare_domain::time::HOUR_MS;
use aftercare_store::{Unit, Write};
use aftercare_vault::Plain;

const PASSWORD: &str = "another invented phrase";

fn plain(text: &str) -> Plain<String> {
    Plain::new(text.to_owned())
}

fn token(link: &str) -> &str {
    link.rsplit('/').next().unwrap()
}

fn user_of(principal: &Principal) -> aftercare_domain::ids::UserId {
    principal.signed_in().unwrap().user
}

/// Length counts; kinds of characters do not, and neither do the words that are guessed first.
#[tokio::test]
async fn a_password_is_long_and_rests_on_no_word_that_comes_first() {
    let world = World::new().await;
    let app = &world.app;
    let made = app
        .create_user(&world.admin, "zhou", "周示范", &[Role::Agent])
        .await
        .unwrap();
    let link = token(&made.link);
    for (password, rule) in [
        ("ninechars", "password_length"),
        ("Aftercare2026!", "password_guessable"),
        ("admin-admin-1234", "password_guessable"),
        ("password12345", "password_guessable"),
        ("示例售后密码12345", "password_guessable"),
    ] {
        let refused = app.set_password(link, plain(password)).await.unwrap_err();
        assert_eq!(refused.rule, rule, "{password}");
    }
    // All of one kind, with a word of the trade in a sentence, and long.
    for (password, link) in [
        ("onlysmallletters".to_owned(), made.link.clone()),
        ("our agent sings at noon".to_owned(), String::new()),
        ("雨后的山路上有三只白鹭".to_owned(), String::new()),
        ("ab 9!".repeat(20), String::new()),
    ] {
        let link = match link.is_empty() {
            true => {
                app.invite_again(&world.admin, made.user)
                    .await
                    .unwrap()
                    .link
            }
            false => link,
        };
        app.set_password(token(&link), plain(&password))
            .await
            .unwrap();
        app.sign_in("zhou", plain(&password)).await.unwrap();
    }
}

#[tokio::test]
async fn a_link_sets_a_password_once_and_for_a_day() {
    let world = World::new().await;
    let app = &world.app;
    let invitation = app
        .create_user(&world.admin, "New.Agent", "新同事", &[Role::Agent])
        .await
        .unwrap();
    assert_eq!(invitation.login, "new.agent");
    assert_eq!(
        app.peek_invite(token(&invitation.link)).await.unwrap(),
        "new.agent"
    );
    for (password, rule) in [
        ("short", "password_length"),
        ("aaaaaaaaaaaa", "password_guessable"),
        ("my NEW.agent password", "password_guessable"),
    ] {
        let error = app
            .set_password(token(&invitation.link), plain(password))
            .await
            .unwrap_err();
        assert_eq!(
            (error.rule.as_str(), error.field.as_deref()),
            (rule, Some("password"))
        );
    }
    app.set_password(token(&invitation.link), plain(PASSWORD))
        .await
        .unwrap();
    let again = app
        .set_password(token(&invitation.link), plain(PASSWORD))
        .await
        .unwrap_err();
    assert_eq!(again.rule, "link_invalid");
    app.sign_in(" NEW.AGENT ", plain(PASSWORD)).await.unwrap();

    let late = app
        .invite_again(&world.admin, invitation.user)
        .await
        .unwrap();
    world.clock.advance_ms(24 * HOUR_MS);
    let error = app
        .set_password(token(&late.link), plain(PASSWORD))
        .await
        .unwrap_err();
    assert_eq!(error.rule, "link_invalid");
    let unknown = app
        .set_password("no such link", plain(PASSWORD))
        .await
        .unwrap_err();
    assert_eq!(
        (unknown.rule, unknown.en),
        (error.rule, error.en),
        "the three are not told apart"
    );
}

#[tokio::test]
async fn one_account_never_judges_and_answers() {
    let world = World::new().await;
    let error = world
        .app
        .create_user(
            &world.admin,
            "both",
            "两边",
            &[Role::Reviewer, Role::Merchant],
        )
        .await
        .unwrap_err();
    assert_eq!(error.rule, "merchant_is_no_reviewer");
    let error = world
        .app
        .change_roles(
            &world.admin,
            user_of(&world.reviewer),
            &[Role::Reviewer, Role::Merchant],
        )
        .await
        .unwrap_err();
    assert_eq!(error.rule, "merchant_is_no_reviewer");
    let referring = [Role::Merchant, Role::RiskManager];
    let made = world
        .app
        .create_user(&world.admin, "both", "两边", &referring)
        .await;
    assert_eq!(made.unwrap_err().rule, "merchant_is_no_risk_manager");
    let error = world
        .app
        .change_roles(&world.admin, user_of(&world.merchant), &referring)
        .await
        .unwrap_err();
    assert_eq!(error.rule, "merchant_is_no_risk_manager");
    let none = world
        .app
        .change_roles(&world.admin, user_of(&world.reviewer), &[])
        .await
        .unwrap_err();
    assert_eq!(none.rule, "role_needed");
}

/// Acts of those who judge, and of those who weigh what stands beside a claim.
fn judging(photo: EvidenceId) -> Vec<Action> {
    let reasons = || "照片和面单对不上。".to_owned();
    vec![
        Action::FirstLook {
            claim: None,
            look: Look::CannotTell,
            note: String::new(),
            seen: vec![photo],
        },
        Action::JudgeEvidence {
            claim: None,
            evidence: photo,
            accepted: false,
        },
        Action::AskNewPhoto {
            claim: None,
            evidence: photo,
        },
        Action::TakeReview { claim: None },
        Action::Decide {
            claim: None,
            decision: rejection(),
        },
        Action::ConfirmDecision { claim: None },
        Action::ReturnDecision {
            claim: None,
            reasons: reasons(),
        },
        Action::LookAgain {
            claim: None,
            grant: false,
            resolution: None,
            reasons: reasons(),
        },
        Action::DecideAppeal {
            claim: None,
            freight: None,
            decision: rejection(),
        },
        Action::ReferFraud {
            claim: None,
            reasons: reasons(),
        },
        Action::WithdrawReferral {
            claim: None,
            reasons: reasons(),
        },
    ]
}

/// What an account was given before one account could not hold both: it answers for its shop, and judges nothing of any shop.
#[tokio::test]
async fn an_account_that_holds_both_from_before_answers_and_judges_nothing() {
    let world = World::new().await;
    let app = &world.app;
    let merchant = user_of(&world.merchant);
    let mut row = world.store.user(merchant).await.unwrap().unwrap();
    row.roles.extend([Role::Reviewer, Role::RiskManager]);
    let unit = Unit {
        writes: vec![Write::User(row)],
        ..Unit::default()
    };
    world.store.commit(unit).await.unwrap();
    let session = app
        .sign_in("merchant", plain(crate::world::PASSWORD))
        .await
        .unwrap();
    let signed_in = app.resolve_session(&session.token).await.unwrap();
    assert_eq!(signed_in.signed_in().unwrap().roles, [Role::Merchant]);
    // Nor does more open to it where all that stands in its row is said of it.
    let both = world.account("merchant").await;
    assert_eq!(both.signed_in().unwrap().roles.len(), 3);

    let first = world
        .claim("A1", "周示范", "13800000002", cracked_mug(1))
        .await;
    app.settle().await.unwrap();
    let second = world
        .claim("A2", "陈试用", "13800000003", saved_again(1))
        .await;
    app.settle().await.unwrap();
    let case = second.case;
    assert_eq!(world.claim_state(case).await, "first_look");
    let read = app.case_detail(&world.reviewer, case).await.unwrap();
    let (claim, photo) = (read.claims[0].id, read.claims[0].evidence[0].id);
    let forbidden = Some(ErrorKind::Forbidden);
    for who in [&signed_in, &both] {
        for action in judging(photo) {
            let refused = world.act(who, case, action).await.unwrap_err();
            assert_eq!(refused.kind, ErrorKind::Forbidden, "{refused}");
        }
        let detail = app.case_detail(who, case).await.unwrap();
        for offer in &detail.actions {
            assert!(offer.action != "first_look" && offer.action != "refer_fraud");
        }
        let queue = app.review_queue(who, false, &Paging::default()).await;
        assert_eq!(kind(queue), forbidden);
        assert_eq!(kind(app.second_looks(who).await), forbidden);
        assert_eq!(kind(app.review_measures(who).await), forbidden);
        assert_eq!(kind(app.matter_of(who, case, claim).await), forbidden);
        assert_eq!(kind(app.picture(who, photo, true).await), forbidden);
    }
    let group = ["valuables".to_owned()];
    let member = app.set_groups_of(&world.admin, merchant, &group).await;
    assert_eq!(member.unwrap_err().rule, "review_group_member");
    // For its shop it answers as before.
    let agree = Action::Agree { claim: None };
    world.act(&both, first.case, agree).await.unwrap();

    // Of another shop it is no merchant, and no judge either: the case is not there for it.
    let shops = ["north".to_owned()];
    app.change_shops(&world.admin, merchant, &shops)
        .await
        .unwrap();
    for action in judging(photo) {
        let hidden = world.act(&both, case, action).await.unwrap_err();
        assert_eq!(hidden.kind, ErrorKind::NotFound, "{hidden}");
    }
}

#[tokio::test]
async fn the_last_administrator_stays() {
    let world = World::new().await;
    let app = &world.app;
    let admin = user_of(&world.admin);
    for error in [
        app.set_disabled(&world.admin, admin, true)
            .await
            .unwrap_err(),
        app.change_roles(&world.admin, admin, &[Role::Agent])
            .await
            .unwrap_err(),
    ] {
        assert_eq!(error.rule, "last_admin");
    }
    // Two administrators who switch one another off at the same moment: one of them stays.
    let other = user_of(&world.auditor);
    app.change_roles(&world.admin, other, &[Role::Admin])
        .await
        .unwrap();
    let (first, second) = tokio::join!(
        app.set_disabled(&world.admin, other, true),
        app.set_disabled(&world.admin, admin, true),
    );
    assert_eq!(usize::from(first.is_ok()) + usize::from(second.is_ok()), 1);
    let users = app.users(&world.admin).await.unwrap();
    let left = users
        .iter()
        .filter(|user| !user.disabled && user.roles.contains(&Role::Admin));
    assert_eq!(left.count(), 1);
}

#[tokio::test]
async fn every_change_of_an_account_is_in_the_log() {
    let world = World::new().await;
    let before = world.store.head().await.unwrap().size;
    let user = user_of(&world.agent);
    world
        .app
        .change_roles(&world.admin, user, &[Role::Dispatcher])
        .await
        .unwrap();
    world
        .app
        .set_disabled(&world.admin, user, true)
        .await
        .unwrap();
    world
        .app
        .set_disabled(&world.admin, user, false)
        .await
        .unwrap();
    let names: Vec<String> = world
        .store
        .range(before + 1, 10)
        .await
        .unwrap()
        .into_iter()
        .map(|event| event.name)
        .collect();
    assert_eq!(
        names,
        [
            "user_roles_changed.v1",
            "user_disabled.v1",
            "user_enabled.v1"
        ]
    );
}

#[tokio::test]
async fn only_administrators_manage_accounts() {
    let world = World::new().await;
    for (name, principal) in world.everybody() {
        if name == "admin" {
            continue;
        }
        let error = world
            .app
            .create_user(principal, "x", "x", &[Role::Agent])
            .await
            .unwrap_err();
        assert_eq!(error.kind, ErrorKind::Forbidden, "{name}");
        let error = world
            .app
            .change_roles(principal, user_of(&world.agent), &[Role::Admin])
            .await
            .unwrap_err();
        assert_eq!(error.kind, ErrorKind::Forbidden, "{name}");
    }
    let taken = world
        .app
        .create_user(&world.admin, "AGENT", "x", &[Role::Agent])
        .await
        .unwrap_err();
    assert_eq!(taken.rule, "login_taken");
    let odd = world
        .app
        .create_user(&world.admin, "a b", "x", &[Role::Agent])
        .await
        .unwrap_err();
    assert_eq!(odd.rule, "login_format");
}

#[tokio::test]
async fn an_account_of_another_tenant_does_not_exist() {
    let world = World::new().await;
    let (_, other) = world
        .app
        .create_tenant("另一家店", "other-admin")
        .await
        .unwrap();
    let error = world
        .app
        .set_disabled(&world.admin, other.user, true)
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotFound);
    let error = world
        .app
        .invite_again(&world.admin, other.user)
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotFound);
}

#[tokio::test]
async fn a_token_does_what_its_scopes_say_and_no_more() {
    let world = World::new().await;
    let app = &world.app;
    let erp = app
        .users(&world.admin)
        .await
        .unwrap()
        .into_iter()
        .find(|user| user.login == "erp")
        .unwrap();
    let no_integrator = app
        .create_token(
            &world.admin,
            user_of(&world.agent),
            &["log:read".to_owned()],
        )
        .await
        .unwrap_err();
    assert_eq!(no_integrator.kind, ErrorKind::NotFound);
    let unknown = app
        .create_token(&world.admin, erp.id, &["everything".to_owned()])
        .await
        .unwrap_err();
    assert_eq!(unknown.rule, "scope_unknown");

    let made = app
        .create_token(&world.admin, erp.id, &["cases:write".to_owned()])
        .await
        .unwrap();
    assert!(
        made.token.starts_with("act_") && made.token.len() == 47,
        "{}",
        made.token.len()
    );
    let program = app.resolve_token(&made.token).await.unwrap();
    let paging = Paging::default();
    assert_eq!(
        app.log_page(&program, &paging).await.unwrap_err().kind,
        ErrorKind::Forbidden
    );
    assert_eq!(
        app.orders(&program, &paging).await.unwrap_err().kind,
        ErrorKind::Forbidden
    );
    assert_eq!(
        app.users(&program).await.unwrap_err().kind,
        ErrorKind::Forbidden
    );

    app.revoke_token(&world.admin, &made.id).await.unwrap();
    assert_eq!(
        app.resolve_token(&made.token).await.unwrap_err().kind,
        ErrorKind::Unauthenticated
    );
    let listed = app.tokens(&world.admin).await.unwrap();
    assert!(
        listed
            .iter()
            .any(|token| token.id == made.id && token.revoked)
    );
}

#[tokio::test]
async fn nobody_but_an_administrator_destroys_personal_data() {
    let world = World::new().await;
    let app = &world.app;
    let receipt = world
        .claim("A1", "周示范", "13800000002", cracked_mug(1))
        .await;
    let claimant = world.claimant(&receipt).await;
    let erp = app
        .users(&world.admin)
        .await
        .unwrap()
        .into_iter()
        .find(|user| user.login == "erp")
        .unwrap();
    let made = app
        .create_token(&world.admin, erp.id, &["cases:write".to_owned()])
        .await
        .unwrap();
    let program = app.resolve_token(&made.token).await.unwrap();
    for principal in [&claimant, &program, &world.agent] {
        let error = app
            .shred_person(principal, receipt.case, "reason")
            .await
            .unwrap_err();
        assert_eq!(error.kind, ErrorKind::Forbidden);
    }
    let evidence = app
        .case_detail(&claimant, receipt.case)
        .await
        .unwrap()
        .claims[0]
        .evidence[0]
        .id;
    // The sender has the photo; its original with all its metadata is for those who examine it.
    let error = app.picture(&claimant, evidence, true).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Forbidden);
}

/// A tenant that was refused leaves no keys behind.
#[tokio::test]
async fn a_tenant_whose_login_is_taken_leaves_nothing() {
    let world = World::new().await;
    let tenants = || -> Vec<String> {
        let path = world.folder.path().join("data").join("keyring.json");
        let text = std::fs::read_to_string(path).unwrap();
        let keyring: serde_json::Value = serde_json::from_str(&text).unwrap();
        let tenants = keyring.get("tenants").or(keyring.pointer("/body/tenants"));
        tenants
            .unwrap()
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect()
    };
    let before = tenants();
    let taken = world
        .app
        .create_tenant("另一家示例店", "admin")
        .await
        .unwrap_err();
    assert_eq!(taken.rule, "login_taken");
    assert_eq!(tenants(), before);
    let (tenant, _) = world
        .app
        .create_tenant("另一家示例店", "another-admin")
        .await
        .unwrap();
    assert!(tenants().contains(&tenant.to_string()));
}

/// A link that lies in an old mail opens nothing once there is another one, or a password was set since.
#[tokio::test]
async fn only_the_last_link_of_an_account_works_and_only_until_a_password_is_set() {
    let world = World::new().await;
    let app = &world.app;
    let user = user_of(&world.agent);
    let link = async || app.invite_again(&world.admin, user).await.unwrap().link;
    let (first, second) = (link().await, link().await);
    let refused = app.set_password(token(&first), plain(PASSWORD)).await;
    assert_eq!(refused.unwrap_err().rule, "link_invalid");
    app.set_password(token(&second), plain(PASSWORD))
        .await
        .unwrap();
    for old in [&first, &second] {
        let refused = app.set_password(token(old), plain(PASSWORD)).await;
        assert_eq!(refused.unwrap_err().rule, "link_invalid");
    }
    // The own password changes: whoever had asked for a link before has none.
    let third = link().await;
    let session = app.sign_in("agent", plain(PASSWORD)).await.unwrap();
    let agent = app.resolve_session(&session.token).await.unwrap();
    let (old, new) = (plain(PASSWORD), plain("one more invented phrase"));
    app.change_password(&agent, &session.token, old, new)
        .await
        .unwrap();
    assert_eq!(
        app.peek_invite(token(&third)).await.unwrap_err().rule,
        "link_invalid"
    );
}
