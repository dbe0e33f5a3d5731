//! Applications to be a technician: who decides, what follows, what the applicant reads, and what is left when it is over.

use crate::erasure::gone;
use crate::world::{World, cracked_mug, set_password};
use aftercare_app::applications::{
    APPLY_NOTICE_VERSION, APPLY_PURPOSES, AcceptInput, ApplicationInput, ApplicationReceipt,
    CertificateInput, CheckInput,
};
use aftercare_app::engine::IdempotencyKey;
use aftercare_app::evidence::Upload;
use aftercare_app::intake::ConsentInput;
use aftercare_app::{AppError, ErrorKind, Principal};
use aftercare_domain::evidence::EvidenceKind;
use aftercare_domain::ids::ApplicationId;
use aftercare_domain::time::DAY_MS;
use aftercare_vault::Plain;

const COUNTY: &str = "浙江省杭州市西湖区";

pub fn application(name: &str, phone: &str, county: &str) -> ApplicationInput {
    let plain = |text: &str| Plain::new(text.to_owned());
    ApplicationInput {
        name: plain(name),
        phone: plain(phone),
        county: plain(county),
        skills: vec!["lamp".to_owned(), "tableware".to_owned()],
        certificates: vec![CertificateInput {
            skill: "lamp".to_owned(),
            number: plain("T3301-88-00042"),
            until: "2027-06-30".to_owned(),
        }],
        consent: ConsentInput {
            notice_version: APPLY_NOTICE_VERSION.to_owned(),
            purposes: APPLY_PURPOSES.map(str::to_owned).to_vec(),
        },
    }
}

fn photo(seed: u64) -> Upload {
    Upload {
        kind: EvidenceKind::Other,
        bytes: cracked_mug(seed),
        ai_declared: false,
    }
}

async fn apply(world: &World) -> ApplicationReceipt {
    let input = application("周申请", "13800000088", COUNTY);
    let taken = world.app.apply(world.tenant, input, vec![photo(1)], None);
    taken.await.unwrap()
}

pub fn token(receipt: &ApplicationReceipt) -> &str {
    receipt.link.strip_prefix("/apply/").unwrap()
}

fn found(certificate: Option<usize>, holds: bool, until: &str) -> CheckInput {
    CheckInput {
        certificate,
        holds,
        until: until.to_owned(),
    }
}

async fn check(world: &World, id: ApplicationId, input: CheckInput) {
    let checked = world.app.check_application(&world.admin, id, &input);
    checked.await.unwrap();
}

fn begin() -> AcceptInput {
    AcceptInput {
        login: "zhou".to_owned(),
        display_name: "周师傅".to_owned(),
        outlet_code: String::new(),
    }
}

fn rule<T: std::fmt::Debug>(result: Result<T, AppError>) -> String {
    result.unwrap_err().rule
}

async fn acts(world: &World, name: &str) -> usize {
    world.store.acts(world.tenant, name).await.unwrap().len()
}

async fn whoever_is_accepted_works(world: World) {
    let receipt = apply(&world).await;
    let id = receipt.application;
    let told = world.notifier.messages();
    let told: Vec<_> = told
        .iter()
        .filter(|one| one.kind == "application_filed")
        .collect();
    assert_eq!(told.len(), 1);
    assert!(!told[0].zh.contains('周'), "{}", told[0].zh);
    let queue = world.app.applications(&world.dispatcher).await.unwrap();
    assert_eq!(queue.len(), 1);
    assert!(queue[0].waits && queue[0].name.starts_with('周') && queue[0].name.contains('*'));
    assert_eq!(queue[0].county.as_deref(), Some(COUNTY));
    assert_eq!((queue[0].photos, queue[0].certificates.len()), (1, 1));

    // Nobody works here whom nobody looked at.
    let accept = async |input: AcceptInput| {
        let accepted = world.app.accept_application(&world.admin, id, &input);
        accepted.await
    };
    assert_eq!(rule(accept(begin()).await), "application_identity");
    check(&world, id, found(None, true, "2031-01-01")).await;
    assert_eq!(rule(accept(begin()).await), "application_certificates_open");
    let late = found(Some(1), true, "2026-11-01");
    let refused = world.app.check_application(&world.admin, id, &late).await;
    assert_eq!(rule(refused), "application_check_until");
    check(&world, id, found(Some(1), true, "2027-03-31")).await;
    let taken = AcceptInput {
        login: "tech".to_owned(),
        ..begin()
    };
    assert_eq!(rule(accept(taken).await), "login_taken");
    let invitation = accept(begin()).await.unwrap();

    set_password(&world.app, &invitation.link).await;
    let technicians = world.app.technicians(&world.dispatcher).await.unwrap();
    let who = technicians.iter().find(|who| who.user == invitation.user);
    let who = who.unwrap();
    assert_eq!(who.skills, ["lamp", "tableware"]);
    assert_eq!(who.equipment.certificates, ["lamp ~ 2027-03-31"]);
    assert!(who.active && who.areas[0].contains("西湖区"), "{who:?}");
    let own = world.app.own_application(world.tenant, token(&receipt));
    let own = own.await.unwrap();
    assert_eq!((&*own.state, own.may_reply), ("accepted", false));
    assert_eq!(rule(accept(begin()).await), "application_decided");
    let seen = world.app.application(&world.admin, id).await.unwrap();
    assert_eq!(seen.identity.unwrap().by, "管理员");
    assert_eq!(seen.user, Some(invitation.user));
    assert_eq!(acts(&world, "application_changed.v1").await, 4);
}

#[tokio::test]
async fn whoever_is_accepted_gets_an_account_and_works_with_what_was_found_valid() {
    whoever_is_accepted_works(World::new().await).await;
}

#[tokio::test]
async fn whoever_is_accepted_on_postgres_works_too() {
    if let Some(world) = World::on_postgres().await {
        whoever_is_accepted_works(world).await;
    }
}

#[tokio::test]
async fn a_refused_applicant_reads_why_answers_once_and_may_apply_again() {
    let world = World::new().await;
    let receipt = apply(&world).await;
    let (id, link) = (receipt.application, token(&receipt));
    let reply = async |text: &str| world.app.reply_to_refusal(world.tenant, link, text).await;
    assert_eq!(rule(reply("为什么？").await), "application_no_reply");
    let empty = world.app.refuse_application(&world.admin, id, " ").await;
    assert_eq!(rule(empty), "text_required");
    let refuse = async |reason: &str| {
        let refused = world.app.refuse_application(&world.admin, id, reason);
        refused.await
    };
    refuse("证书照片看不清。").await.unwrap();
    assert_eq!(rule(refuse("再说一次。").await), "application_decided");
    let own = async || {
        let own = world.app.own_application(world.tenant, link).await;
        own.unwrap()
    };
    let read = own().await;
    assert_eq!(read.reason.as_deref(), Some("证书照片看不清。"));
    assert!(read.may_reply && !read.may_withdraw);
    reply("原件可以带来看。").await.unwrap();
    assert_eq!(rule(reply("还有一句。").await), "application_no_reply");
    assert!(own().await.reply_waits);
    let seen = world.app.applications(&world.admin).await.unwrap();
    assert!(seen[0].waits);
    assert_eq!(seen[0].reply.as_deref(), Some("原件可以带来看。"));
    refuse("看过原件，已经过期。").await.unwrap();
    let read = own().await;
    assert_eq!(read.reason.as_deref(), Some("看过原件，已经过期。"));
    assert!(!read.reply_waits && !read.may_reply);

    // A second time, which they take back themselves.
    let again = apply(&world).await;
    assert_ne!(again.application, id);
    let withdraw = async || {
        let token = token(&again);
        world.app.withdraw_application(world.tenant, token).await
    };
    withdraw().await.unwrap();
    assert_eq!(rule(withdraw().await), "application_decided");
    let none = world.app.own_application(world.tenant, "no link at all");
    assert_eq!(none.await.unwrap_err().kind, ErrorKind::NotFound);
}

#[tokio::test]
async fn nothing_of_an_applicant_opens_without_its_leaf_and_nothing_is_left_after_the_time() {
    let world = World::new().await;
    let receipt = apply(&world).await;
    let id = receipt.application;
    let before = (
        world.vault.reveals(),
        acts(&world, "data_revealed.v1").await,
    );
    world.app.applications(&world.admin).await.unwrap();
    let open = async |who: &Principal, reason: &str| {
        let opened = world.app.open_application(who, id, reason);
        opened.await
    };
    assert_eq!(rule(open(&world.admin, "").await), "text_required");
    for who in [&world.dispatcher, &world.agent, &world.technician] {
        let refused = open(who, "核对证书。").await.unwrap_err();
        assert_eq!(refused.kind, ErrorKind::Forbidden);
    }
    let after = (
        world.vault.reveals(),
        acts(&world, "data_revealed.v1").await,
    );
    assert_eq!(after, before, "nothing was opened");
    let opened = open(&world.admin, "核对证书。").await.unwrap();
    assert_eq!(opened.name.as_deref(), Some("周申请"));
    assert_eq!(opened.phone.as_deref(), Some("+8613800000088"));
    assert_eq!(opened.county.as_deref(), Some(COUNTY));
    assert_eq!(opened.certificates[0].number, "T3301-88-00042");
    assert_eq!(acts(&world, "data_revealed.v1").await, before.1 + 1);
    let picture = async |number: usize| {
        let reason = "核对证书。";
        let opened = world
            .app
            .open_application_photo(&world.admin, id, number, reason);
        opened.await
    };
    let shown = picture(1).await.unwrap();
    assert_eq!(&shown.bytes[..2], [0xff, 0xd8], "a JPEG");
    assert_eq!(picture(2).await.unwrap_err().kind, ErrorKind::NotFound);
    assert_eq!(acts(&world, "data_revealed.v1").await, before.1 + 2);

    let row = world.store.application(id).await.unwrap().unwrap();
    let person = async || world.store.person(row.person).await.unwrap().unwrap();
    world
        .app
        .refuse_application(&world.admin, id, "这次不合适。")
        .await
        .unwrap();
    world.clock.advance_ms(180 * DAY_MS - 1);
    world.app.retention_turn().await.unwrap();
    assert!(!gone(&person().await));
    world.clock.advance_ms(2);
    assert_eq!(world.app.retention_turn().await.unwrap().persons, 1);
    assert!(gone(&person().await));
    world.app.remove_ended_files().await.unwrap();
    assert!(world.store.get_blob(&row.photos[0]).await.is_err());
    let left = world.store.application(id).await.unwrap().unwrap();
    assert!(left.numbers.is_none() && left.photo_key.is_none() && left.reason.is_none());
    assert_eq!(
        rule(open(&world.admin, "核对证书。").await),
        "application_ended"
    );
    let own = world.app.own_application(world.tenant, token(&receipt));
    assert!(own.await.unwrap().expired_at.is_some());
    assert_eq!(acts(&world, "application_ended.v1").await, 1);
    world.app.retention_turn().await.unwrap();
    assert_eq!(acts(&world, "application_ended.v1").await, 1, "once");
}

#[tokio::test]
async fn what_cannot_be_judged_is_not_taken_and_the_same_form_is_one_application() {
    let world = World::new().await;
    let wrong = async |change: fn(&mut ApplicationInput)| {
        let mut input = application("周申请", "13800000088", COUNTY);
        change(&mut input);
        let taken = world.app.apply(world.tenant, input, Vec::new(), None);
        let error = taken.await.unwrap_err();
        (error.field.unwrap_or_default(), error.rule)
    };
    let said = |field: &str, rule: &str| (field.to_owned(), rule.to_owned());
    assert_eq!(
        wrong(|input| input.skills = vec!["rockets".to_owned()]).await,
        said("skills", "application_skill_unknown")
    );
    assert_eq!(
        wrong(|input| input.consent.purposes.clear()).await,
        said("purposes", "purpose_required")
    );
    assert_eq!(
        wrong(|input| input.county = Plain::new(" ".to_owned())).await,
        said("county", "application_county")
    );
    assert_eq!(
        wrong(|input| input.certificates[0].until = "next year".to_owned()).await,
        said("certificates", "application_certificate_until")
    );
    let six = (0..6).map(photo).collect();
    let input = application("周申请", "13800000088", COUNTY);
    let many = world.app.apply(world.tenant, input, six, None).await;
    assert_eq!(rule(many), "application_photos");

    let key = || IdempotencyKey {
        scope: "form".to_owned(),
        key: "one".to_owned(),
        body_hash: [1; 32],
    };
    let send = async || {
        let input = application("周申请", "13800000088", "不知道在哪");
        let taken = world
            .app
            .apply(world.tenant, input, Vec::new(), Some(key()));
        taken.await.unwrap()
    };
    assert_eq!(send().await, send().await);
    let queue = world.app.applications(&world.admin).await.unwrap();
    assert_eq!(queue.len(), 1);
    assert_eq!(queue[0].county, None, "a person asks");
}
