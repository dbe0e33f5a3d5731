//! The chapter of the story about statements and parts: the database itself takes no line twice, a draft that goes gives back what waited,
//! and what was approved stays.

use crate::clock::START;
use crate::rows::shop;
use crate::story::{commit, refused, write, writes};
use aftercare_domain::Fen;
use aftercare_domain::ids::{CaseId, CoreId, OutletId, StatementId, TechnicianId, WorkOrderId};
use aftercare_domain::settlement::Payee;
use aftercare_store::rows::{
    CoreRow, OutletStockRow, StatementLineRow, StatementRow, StockMoveRow,
};
use aftercare_store::{Store, StoreError, Write};
use uuid::Uuid;

pub(crate) async fn the_desk_settles(store: &dyn Store) {
    statements_are_settled_once(store).await;
    what_a_draft_had_others_owe_goes_with_it(store).await;
    parts_move_once(store).await;
    old_parts_come_back(store).await;
}

async fn statements_are_settled_once(store: &dyn Store) {
    let shop = shop(61);
    let tenant = shop.tenant.id;
    commit(store, shop.unit()).await;
    let technician = TechnicianId(Uuid::from_u128(61_001));
    let draft = |number: u128| StatementRow {
        id: StatementId(Uuid::from_u128(61_100 + number)),
        tenant,
        technician: Some(technician),
        month: "2026-10".to_owned(),
        total_fen: Fen(5_000),
        tariff: serde_json::json!({ "labor_permille": 500 }),
        made_by: shop.user.id,
        made_at: START,
        approved_by: None,
        approved_at: None,
        outlet: None,
    };
    let line = |source: &str, statement: Option<StatementId>| StatementLineRow {
        tenant,
        source: source.to_owned(),
        statement,
        number: statement.map(|_| 1),
        technician: Some(technician),
        case: None,
        work_order: Some(WorkOrderId(Uuid::from_u128(61_200))),
        kind: "labor".to_owned(),
        amount_fen: Fen(5_000),
        reason: None,
        waited: statement.is_none(),
        made_at: START,
        outlet: None,
    };
    let mine = Payee::Technician(technician);
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
    let waits = store.waiting_lines(tenant, mine, 10).await;
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
    let waits = store.waiting_lines(tenant, mine, 10).await;
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

/// What somebody else owes for work is owed no more once the draft that settled the work is gone; what an outlet is owed waits
/// for the outlet alone.
async fn what_a_draft_had_others_owe_goes_with_it(store: &dyn Store) {
    let shop = shop(63);
    let tenant = shop.tenant.id;
    commit(store, shop.unit()).await;
    let [first, second] = [63_001, 63_002].map(|id| TechnicianId(Uuid::from_u128(id)));
    let outlet = OutletId(Uuid::from_u128(63_003));
    let draft = |number: u128, technician: Option<TechnicianId>| StatementRow {
        id: StatementId(Uuid::from_u128(63_100 + number)),
        tenant,
        technician,
        month: "2026-10".to_owned(),
        total_fen: Fen(1),
        tariff: serde_json::json!({}),
        made_by: shop.user.id,
        made_at: START,
        approved_by: None,
        approved_at: None,
        outlet: technician.is_none().then_some(outlet),
    };
    let line = |work: u128, kind: &str, who: TechnicianId| StatementLineRow {
        tenant,
        source: format!("work:{work}:{kind}"),
        statement: None,
        number: None,
        technician: Some(who),
        case: None,
        work_order: Some(WorkOrderId(Uuid::from_u128(work))),
        kind: kind.to_owned(),
        amount_fen: Fen(1),
        reason: None,
        waited: true,
        made_at: START,
        outlet: None,
    };
    let (mine, theirs) = (draft(1, Some(first)), draft(2, Some(second)));
    let labor = |work: u128, statement: StatementId| StatementLineRow {
        statement: Some(statement),
        number: Some(1),
        waited: false,
        ..line(work, "labor", first)
    };
    let (back, kept) = (
        line(1, "back_charge", second),
        line(2, "back_charge", second),
    );
    let waits = async |payee| {
        let waiting = store.waiting_lines(tenant, payee, 10).await;
        waiting.expect("a read")
    };
    let make = || {
        vec![
            Write::Statement(mine.clone()),
            Write::AddStatementLine(labor(1, mine.id)),
            Write::AddStatementLine(back.clone()),
        ]
    };
    write(store, make()).await;
    write(store, vec![Write::AddStatementLine(kept.clone())]).await;
    let second = Payee::Technician(second);
    assert_eq!(waits(second).await, [back.clone(), kept.clone()]);
    write(store, vec![Write::RemoveStatement(mine.id)]).await;
    assert_eq!(waits(second).await, std::slice::from_ref(&kept));
    // Where it stands in a draft already, it goes with that one.
    write(store, make()).await;
    let take = Write::TakeStatementLine {
        tenant,
        source: back.source.clone(),
        statement: theirs.id,
        number: 1,
    };
    write(store, vec![Write::Statement(theirs.clone()), take]).await;
    write(store, vec![Write::RemoveStatement(mine.id)]).await;
    let stands = store.statement_lines(tenant, theirs.id).await;
    assert_eq!(stands.expect("a read").len(), 1);
    write(store, vec![Write::RemoveStatement(theirs.id)]).await;
    assert_eq!(waits(second).await, [kept]);
    // An outlet's waits for the outlet, whoever did the work.
    let own = StatementLineRow {
        outlet: Some(outlet),
        ..line(3, "back_charge", first)
    };
    write(store, vec![Write::AddStatementLine(own.clone())]).await;
    assert_eq!(waits(Payee::Technician(first)).await, []);
    assert_eq!(waits(Payee::Outlet(outlet)).await, [own]);
    let whole = draft(3, None);
    write(store, vec![Write::Statement(whole.clone())]).await;
    let known = store.statement(whole.id).await;
    assert_eq!(known.expect("a read"), Some(whole));
}

/// Old parts come back once, in the order in which they are due.
async fn old_parts_come_back(store: &dyn Store) {
    let shop = shop(64);
    let tenant = shop.tenant.id;
    commit(store, shop.unit()).await;
    let work_order = WorkOrderId(Uuid::from_u128(64_001));
    let core = |place: u32, days: i64, serial: &str| CoreRow {
        id: CoreId(Uuid::from_u128(64_100 + u128::from(place))),
        tenant,
        work_order,
        place,
        case: CaseId(Uuid::from_u128(64_002)),
        technician: TechnicianId(Uuid::from_u128(64_003)),
        part: "pump".to_owned(),
        faulty: serial.to_owned(),
        replacement: String::new(),
        serial: serial.to_owned(),
        state: "owed".to_owned(),
        outlet: None,
        reason: None,
        owed_at: START,
        due_at: START.plus_ms(days),
        changed_by: None,
        changed_at: None,
        reminded_at: None,
        told_at: None,
    };
    let (late, soon) = (core(0, 2, "OLD1"), core(1, 1, ""));
    let both = || vec![Write::Core(late.clone()), Write::Core(soon.clone())];
    write(store, both()).await;
    let owed = async |technician| {
        let listed = store.cores(tenant, "owed", technician, 10).await;
        listed.expect("a read")
    };
    assert_eq!(owed(None).await, [soon.clone(), late.clone()]);
    assert_eq!(owed(Some(late.technician)).await.len(), 2);
    let somebody = TechnicianId(Uuid::from_u128(64_005));
    assert_eq!(owed(Some(somebody)).await, []);
    let of_work = store.cores_of(tenant, work_order).await.expect("a read");
    assert_eq!(of_work, [late.clone(), soon.clone()]);
    let found = store.cores_by_serial(tenant, "OLD1").await.expect("a read");
    assert_eq!(found, std::slice::from_ref(&late));
    let back = CoreRow {
        state: "returned".to_owned(),
        outlet: Some(OutletId(Uuid::from_u128(64_004))),
        changed_by: Some(shop.user.id),
        changed_at: Some(START),
        ..late.clone()
    };
    let change = vec![Write::Core(back.clone()), Write::RemoveCore(soon.id)];
    write(store, change).await;
    assert_eq!(store.core(late.id).await.expect("a read"), Some(back));
    assert_eq!(store.core(soon.id).await.expect("a read"), None);
    for gone in [late.id, soon.id] {
        let error = refused(store, writes(vec![Write::RemoveCore(gone)])).await;
        assert!(matches!(error, StoreError::Used), "{error}");
    }
    // The same part of the same work is owed once.
    let twice = CoreRow {
        id: CoreId(Uuid::from_u128(64_999)),
        ..late
    };
    let error = refused(store, writes(vec![Write::Core(twice)])).await;
    assert!(matches!(error, StoreError::Unique(_)), "{error}");
}

/// Parts at an outlet: an act is done once, and nothing is below nothing.
async fn parts_move_once(store: &dyn Store) {
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
