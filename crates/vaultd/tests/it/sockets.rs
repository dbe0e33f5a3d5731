//! Who may ask, and what is done about a socket that is there already.

use crate::process::Running;
use crate::{Serving, Shop, TENANT, looking, rule, text};
use aftercare_vault::{PeopleKeeper as _, VaultError};
use aftercare_vaultd::{Answer, Client, Peers, Quotas, Request, bind};
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;
use tokio::io::AsyncReadExt as _;
use tokio::net::UnixStream;

#[tokio::test]
async fn whoever_is_asked_on_its_socket_answers_and_nobody_else_may_connect() {
    let shop = Shop::new().await;
    let person = shop.taken_in(1);
    let away = shop.client().ready().await.unwrap_err();
    assert!(matches!(away, VaultError::KeeperAway { .. }), "{away}");
    assert!(away.to_string().contains("vaultd.sock"), "{away}");

    let serving = shop.served(Quotas::default()).await;
    let mode = std::fs::metadata(shop.socket()).unwrap().permissions();
    assert_eq!(mode.mode() & 0o777, 0o600);
    let client = shop.client();
    client.ready().await.unwrap();
    let opened = client.open(looking("agent", 1, &[&person])).await.unwrap();
    assert_eq!(text(&opened[0]), person.told);
    match client.ask(Request::Keys {}).await.unwrap() {
        Answer::Keys(keys) => assert_eq!(keys[TENANT].0, 2),
        other => panic!("{other:?}"),
    }
    serving.end().await;
    assert!(!shop.socket().exists());
    assert!(client.ready().await.is_err());
}

#[tokio::test]
async fn a_process_of_another_account_is_told_nothing() {
    let shop = Shop::new().await;
    let person = shop.taken_in(1);
    let expected = Peers {
        uid: shop.uid() + 1,
        group: false,
    };
    let bound = bind(&shop.socket(), expected).await.unwrap();
    let serving = Serving::over(bound, shop.opened(Quotas::default()));
    let client = shop.client();
    let refused = client.open(looking("agent", 1, &[&person])).await;
    assert_eq!(rule(refused), "not_yours");
    assert!(
        client.told_since().is_empty(),
        "not even how long its ledger is"
    );
    serving.end().await;
    let told = shop.within(Quotas::default()).ledger(0).await.unwrap();
    assert_eq!(told.size, 2, "the rotation of the shop, and no opening");
}

#[tokio::test]
async fn whoever_listens_in_a_folder_of_another_account_is_asked_nothing() {
    let shop = Shop::new().await;
    let folder = shop.folder.path().join("run");
    std::fs::create_dir(&folder).unwrap();
    let socket = folder.join("vaultd.sock");
    let bound = bind(&socket, shop.peers()).await.unwrap();
    let serving = Serving::over(bound, shop.opened(Quotas::default()));
    let client = Client::new(&socket);
    client.ready().await.unwrap();
    if std::os::unix::fs::chown(&folder, Some(shop.uid() + 1), None).is_err() {
        eprintln!("skipped: only the superuser gives a folder away");
        return;
    }
    let refused = client.ready().await.unwrap_err().to_string();
    assert!(refused.contains("belongs to account"), "{refused}");
    serving.end().await;
}

#[tokio::test]
async fn a_socket_that_a_killed_process_left_is_taken_over_and_a_living_one_is_not() {
    let shop = Shop::new().await;
    let running = Running::start(&shop).await;
    let taken = bind(&shop.socket(), shop.peers()).await.unwrap_err();
    assert!(
        taken.to_string().contains("another process listens"),
        "{taken}"
    );
    running.kill();
    assert!(shop.socket().exists(), "it was left behind");
    assert!(shop.client().ready().await.is_err());
    let serving = shop.served(Quotas::default()).await;
    shop.client().ready().await.unwrap();
    serving.end().await;

    std::fs::write(shop.socket(), "no socket").unwrap();
    let refused = bind(&shop.socket(), shop.peers()).await.unwrap_err();
    assert!(refused.to_string().contains("no socket"), "{refused}");
    assert!(shop.socket().exists(), "what is somebody's stays");
    let open = shop.folder.path().join("open");
    std::fs::create_dir(&open).unwrap();
    std::fs::set_permissions(&open, std::fs::Permissions::from_mode(0o777)).unwrap();
    let refused = bind(&open.join("s"), shop.peers()).await.unwrap_err();
    assert!(
        refused.to_string().contains("others can write"),
        "{refused}"
    );
}

#[tokio::test]
async fn whoever_sends_rubbish_or_nothing_keeps_nobody_from_being_answered() {
    let shop = Shop::new().await;
    let serving = shop.served(Quotas::default()).await;
    let silent = UnixStream::connect(shop.socket()).await.unwrap();
    let mut rude = UnixStream::connect(shop.socket()).await.unwrap();
    aftercare_vaultd::write_frame(
        &mut rude,
        b"{\"version\":1,\"request\":{\"everything\":{}}}",
    )
    .await
    .unwrap();
    let answer = aftercare_vaultd::read_frame(&mut rude).await.unwrap();
    let reply = aftercare_vaultd::Reply::from_bytes(&answer).unwrap();
    assert_eq!(reply.result.unwrap_err().rule, "bad_request");
    // A length beyond all bounds: it is hung up.
    let mut long = UnixStream::connect(shop.socket()).await.unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut long, &u32::MAX.to_be_bytes())
        .await
        .unwrap();
    let mut rest = Vec::new();
    let _ = tokio::time::timeout(Duration::from_secs(5), long.read_to_end(&mut rest))
        .await
        .expect("it hangs up");
    assert!(rest.is_empty());
    let told = shop.client().ledger(0).await.unwrap();
    assert_eq!(told.size, 2);
    drop(silent);
    serving.end().await;
}
