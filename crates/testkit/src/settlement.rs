//! The chapter of the story about statements: the database itself takes no line twice, a draft that goes gives back what waited,
//! and what was approved stays.

use crate::clock::START;
use crate::rows::shop;
use crate::story::{commit, refused, write, writes};
use aftercare_domain::Fen;
use aftercare_domain::ids::{OutletId, StatementId, TechnicianId, WorkOrderId};
use aftercare_store::rows::{OutletStockRow, StatementLineRow, StatementRow, StockMoveRow};
use aftercare_store::{Store, StoreError, Write};
use uuid::Uuid;

pub(crate) async fn statements_are_settled_once(store: &dyn Store) {
    let shop = shop(61);
    let tenant = shop.tenant.id;
    commit(store, shop.unit()).await;
    let technician = TechnicianId(Uuid::from_u128(61_001));
    let draft = |number: u128| StatementRow {
        id: StatementId(Uuid::from_u128(61_100 + number)),
        tenant,
        technician,
        month: "2026-10".to_owned(),
        total_fen: Fen(5_000),
        tariff: serde_json::json!({ "labor_permille": 500 }),
        made_by: shop.user.id,
        made_at: START,
        approved_by: None,
        approved_at: None,
    };
    let line = |source: &str, statement: Option<StatementId>| StatementLineRow {
        tenant,
        source: source.to_owned(),
        statement,
        number: statement.map(|_| 1),
        technician,
        case: None,
        work_order: Some(WorkOrderId(Uuid::from_u128(61_200))),
        kind: "labor".to_owned(),
        amount_fen: Fen(5_000),
        reason: None,
        waited: statement.is_none(),
        made_at: START,
    };
    let (first, second) = (draft(1), draft(2));
    let waiting = line("correction:1", None);
    let settled = line("work:1:labor", Some(first.id));
    let take = |statement| Write::TakeStatementLine {
        tenant,
        source: "correction:1".to_owned(),
        statement,
        number: 2,
    };
    let make = || {
        vec![
            Write::Statement(first.clone()),
            Write::AddStatementLine(settled.clone()),
            take(first.id),
        ]
    };
    write(store, vec![Write::AddStatementLine(waiting.clone())]).await;
    let waits = store.waiting_lines(tenant, technician, 10).await;
    assert_eq!(waits.expect("a read"), std::slice::from_ref(&waiting));
    write(store, make()).await;
    let taken = StatementLineRow {
        statement: Some(first.id),
        number: Some(2),
        ..waiting.clone()
    };
    let lines = store.statement_lines(tenant, first.id).await;
    assert_eq!(lines.expect("a read"), [settled.clone(), taken]);
    // The same work in another statement, and what waits no more.
    let again = line("work:1:labor", Some(second.id));
    let twice = vec![
        Write::Statement(second.clone()),
        Write::AddStatementLine(again),
    ];
    let error = refused(store, writes(twice)).await;
    assert!(matches!(error, StoreError::Unique(_)), "{error}");
    let error = refused(store, writes(vec![take(second.id)])).await;
    assert!(matches!(error, StoreError::Used), "{error}");
    let none = store.statement(second.id).await.expect("a read");
    assert_eq!(none, None, "nothing of a unit that was refused");
    // A draft goes with its lines, and what waited waits again.
    write(store, vec![Write::RemoveStatement(first.id)]).await;
    let waits = store.waiting_lines(tenant, technician, 10).await;
    assert_eq!(waits.expect("a read"), [waiting]);
    let gone = store.statement_line(tenant, "work:1:labor").await;
    assert_eq!(gone.expect("a read"), None);
    // What was approved stays as it is.
    write(store, make()).await;
    let approve = || Write::ApproveStatement {
        statement: first.id,
        by: shop.user.id,
        at: START,
    };
    write(store, vec![approve()]).await;
    for change in [approve(), Write::RemoveStatement(first.id)] {
        let error = refused(store, writes(vec![change])).await;
        assert!(matches!(error, StoreError::Used), "{error}");
    }
    let approved = StatementRow {
        approved_by: Some(shop.user.id),
        approved_at: Some(START),
        ..first.clone()
    };
    let known = store.statement(first.id).await.expect("a read");
    assert_eq!(known.as_ref(), Some(&approved));
    let listed = store.statements(tenant, "2026-10", 10).await;
    assert_eq!(listed.expect("a read"), [approved]);
    let other = store.statements(tenant, "2026-11", 10).await;
    assert!(other.expect("a read").is_empty());
}

/// Parts at an outlet: an act is done once, and nothing is below nothing.
pub(crate) async fn parts_move_once(store: &dyn Store) {
    let shop = shop(62);
    let tenant = shop.tenant.id;
    commit(store, shop.unit()).await;
    let outlet = OutletId(Uuid::from_u128(62_001));
    let part = OutletStockRow {
        outlet,
        part: "valve".to_owned(),
        tenant,
        count: 3,
        reorder_at: 2,
    };
    let act = StockMoveRow {
        tenant,
        key: "1".to_owned(),
        act: "receive".to_owned(),
        outlet,
        part: part.part.clone(),
        count: 3,
        technician: None,
        by: shop.user.id,
        at: START,
    };
    let both = |part: &OutletStockRow| {
        vec![
            Write::OutletStock(part.clone()),
            Write::StockMove(act.clone()),
        ]
    };
    write(store, both(&part)).await;
    let more = OutletStockRow {
        count: 6,
        ..part.clone()
    };
    let error = refused(store, writes(both(&more))).await;
    assert!(matches!(error, StoreError::Unique(_)), "{error}");
    let known = store.outlet_part(outlet, "valve").await.expect("a read");
    assert_eq!(known.as_ref(), Some(&part), "nothing of it was done");
    let listed = store.outlet_stock(tenant, 10).await;
    assert_eq!(listed.expect("a read"), [part]);
    let done = store.stock_move(tenant, "1").await.expect("a read");
    assert_eq!(done, Some(act));
}
