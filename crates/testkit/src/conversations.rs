//! Conversations and texts of the desk come back as they were written; whoever waits longest comes first; who was there is known.

use crate::clock::START;
use crate::rows::Shop;
use aftercare_domain::ids::{CaseId, DeskTextId, PersonId, TechnicianId, WorkOrderId};
use aftercare_domain::time::MINUTE_MS;
use aftercare_store::rows::{
    AreaPriceRow, ConversationRow, DeskTextRow, RelayLineRow, RelayRow, SessionRow,
};
use aftercare_store::{CaseFilter, Store, Unit, Write};
use uuid::Uuid;

async fn write(store: &dyn Store, writes: Vec<Write>) {
    let unit = Unit {
        writes,
        ..Unit::default()
    };
    store.commit(unit).await.expect("rows");
}

/// A conversation is taken and given back, a text is saved twice and withdrawn, and a colleague was seen.
pub async fn conversations_come_back(store: &dyn Store, shop: &Shop) {
    let tenant = shop.tenant.id;
    let case = CaseId(Uuid::from_u128(9_200));
    let taken = shop.conversation(case);
    write(store, vec![Write::Conversation(taken.clone())]).await;
    let found = store.conversation(tenant, case).await.expect("a read");
    assert_eq!(found.as_ref(), Some(&taken));
    let back = ConversationRow {
        held_by: None,
        held_at: None,
        ..taken
    };
    write(store, vec![Write::Conversation(back.clone())]).await;
    let found = store.conversation(tenant, case).await.expect("a read");
    assert_eq!(found, Some(back));

    let first = shop.desk_text(DeskTextId(Uuid::from_u128(9_300)));
    let second = DeskTextRow {
        version: 2,
        title: "又".to_owned(),
        ..first.clone()
    };
    let other = DeskTextRow {
        id: DeskTextId(Uuid::from_u128(9_301)),
        kind: "script".to_owned(),
        ..first.clone()
    };
    let texts = [&second, &first, &other].map(|row| Write::DeskText(row.clone()));
    write(store, texts.to_vec()).await;
    let found = store.desk_texts(tenant, "reply").await.expect("a read");
    assert_eq!(
        found,
        std::slice::from_ref(&second),
        "the latest version alone"
    );
    let withdrawn = DeskTextRow {
        version: 3,
        withdrawn: true,
        ..second
    };
    write(store, vec![Write::DeskText(withdrawn.clone())]).await;
    let found = store.desk_texts(tenant, "reply").await.expect("a read");
    assert_eq!(found, [withdrawn]);

    let price = shop.area_price();
    let later = AreaPriceRow {
        from_day: "2027-01-01".to_owned(),
        ..price.clone()
    };
    let both = [&later, &price].map(|row| Write::AreaPrice(row.clone()));
    write(store, both.to_vec()).await;
    let found = store.area_prices(tenant).await.expect("a read");
    assert_eq!(found, [price.clone(), later.clone()]);
    write(store, vec![Write::RemoveAreaPrice(price)]).await;
    let found = store.area_prices(tenant).await.expect("a read");
    assert_eq!(found, [later]);

    relays_come_back(store, shop).await;

    let at = START.plus_ms(MINUTE_MS);
    let session = SessionRow {
        last_seen_at: at,
        ..shop.session([201; 32], at)
    };
    write(store, vec![Write::Session(session)]).await;
    let before = store.users_seen(tenant, START).await.expect("a read");
    assert!(before.contains(&(shop.user.id, at)), "{before:?}");
    let after = store.users_seen(tenant, at).await.expect("a read");
    assert!(!after.iter().any(|(user, _)| *user == shop.user.id));
    let nobody = CaseFilter {
        tenant: Some(tenant),
        waiting: true,
        ..CaseFilter::default()
    };
    let page = store.cases(&nobody, None, 10).await.expect("a read");
    for pair in page.items.windows(2) {
        let since = |at: usize| pair[at].snapshot.waiting.map(|waiting| waiting.since);
        assert!(since(0) <= since(1) && since(0).is_some());
    }
}

/// Numbers between a customer and a technician come back as they were last written.
async fn relays_come_back(store: &dyn Store, shop: &Shop) {
    let tenant = shop.tenant.id;
    let (technician, work_order) = (
        TechnicianId(Uuid::from_u128(9_400)),
        WorkOrderId(Uuid::from_u128(9_401)),
    );
    let line = shop.relay_line(technician, PersonId(Uuid::from_u128(9_402)));
    let other = RelayLineRow {
        person: PersonId(Uuid::from_u128(9_403)),
        ..line.clone()
    };
    let relay = shop.relay(work_order, technician);
    let ended = RelayRow {
        turn: 2,
        ended_at: Some(START.plus_ms(MINUTE_MS)),
        ..relay.clone()
    };
    for (line, relay) in [(line, relay), (other, ended)] {
        let writes = vec![Write::RelayLine(line.clone()), Write::Relay(relay.clone())];
        write(store, writes).await;
        let found = store.relay_line(tenant, technician).await.expect("a read");
        assert_eq!(found, Some(line));
        let found = store.relay(tenant, work_order).await.expect("a read");
        assert_eq!(found, Some(relay));
    }
    let nobody = TechnicianId(Uuid::from_u128(9_404));
    let found = store.relay_line(tenant, nobody).await.expect("a read");
    assert_eq!(found, None);
}
