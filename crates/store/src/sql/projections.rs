//! Projections: rows that lists read, made from the case as its events left it.

use super::log::{EVENT_COLUMNS, stored_event};
use super::statements::{names, places};
use super::writer::Request;
use super::{Backend, Link, Sees, SqlStore, first};
use crate::error::StoreError;
use crate::limits::{DIFFERENCES_MAX, EVENTS_PER_CHUNK};
use crate::traits::Projections;
use crate::types::{
    CaseFilter, CaseViewRow, ClaimFilter, ClaimViewRow, Cursor, ListPage, RebuildReport,
    WorkOrderFilter, WorkOrderViewRow,
};
use crate::value::{Column as _, Json, Value};
use aftercare_domain::actor::Party;
use aftercare_domain::audit::{AuditBody, AuditEvent};
use aftercare_domain::case::{Claim, ClaimState};
use aftercare_domain::clock::{Clock, ClockKey, ClockState, Subject};
use aftercare_domain::ids::{
    CaseId, ClaimId, OrderId, OrderLineId, PersonId, TechnicianId, TenantId, WorkOrderId,
};
use aftercare_domain::{Case, Event, Timestamp, evolve};
use async_trait::async_trait;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Sorts after every deadline: what has none comes last.
const NEVER: i64 = i64::MAX;
/// Taken off the time of a claim with which somebody is late: it sorts before every deadline, the oldest first.
const LATE: i64 = 1 << 60;

struct Table {
    name: &'static str,
    columns: &'static [&'static str],
}

const CASES: Table = Table {
    name: "case_view",
    columns: &[
        "case_id",
        "tenant",
        "claimant",
        "order_id",
        "closed",
        "opened_at",
        "updated_at",
        "version",
        "next_due",
        "next_clock",
        "snapshot",
        "waiting_since",
    ],
};
const WORK_ORDERS: Table = Table {
    name: "work_order_view",
    columns: &[
        "case_id",
        "work_order_id",
        "tenant",
        "claimant",
        "kind",
        "state",
        "technician",
        "asked",
        "asked_too",
        "skill",
        "county",
        "urgent",
        "escalation",
        "requested_at",
        "response_ms",
        "next_due",
        "next_clock",
        "sort_due",
    ],
};
const CLAIMS: Table = Table {
    name: "claim_view",
    columns: &[
        "case_id",
        "claim_id",
        "tenant",
        "claimant",
        "state",
        "order_id",
        "line_id",
        "ask",
        "reason",
        "reviewer",
        "second_reviewer",
        "fraud_referral",
        "to_look_at",
        "filed_at",
        "next_due",
        "next_clock",
        "late",
        "awaited",
        "sort_due",
    ],
};
const CLOCKS: Table = Table {
    name: "clock_view",
    columns: &["case_id", "clock", "due_at"],
};
/// Rows of a case, all of which are made anew with each of its events.
const TABLES: [&Table; 4] = [&CASES, &WORK_ORDERS, &CLAIMS, &CLOCKS];
/// Which acts opened something of a person or of a case.
const OPENINGS: Table = Table {
    name: "opening_view",
    columns: &["subject", "seq", "tenant"],
};
const ALL_TABLES: [&Table; 5] = [&CASES, &WORK_ORDERS, &CLAIMS, &CLOCKS, &OPENINGS];
/// Acts of the log by which something of a person or of a case was opened.
const OPENING_ACTS: [&str; 3] = ["data_revealed.v1", "data_used.v1", "case_read.v1"];

/// The stable name of a plain enum.
fn name<T: serde::Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(text)) => text,
        _ => String::new(),
    }
}

fn next_of(case: &Case, subject: Subject) -> Option<&Clock> {
    case.clocks
        .iter()
        .filter(|clock| clock.key.subject == subject && matches!(clock.state, ClockState::Running))
        .min_by_key(|clock| clock.due_at)
}

fn due(clock: Option<&Clock>) -> Option<Timestamp> {
    clock.map(|clock| clock.due_at)
}

fn clock_name(clock: Option<&Clock>) -> Option<String> {
    clock.map(|clock| name(&clock.key.name))
}

/// Every projection row of a case, table by table.
fn rows_of(id: CaseId, case: &Case) -> Vec<(&'static Table, Vec<Value>)> {
    let Some(opened) = &case.opened else {
        return Vec::new();
    };
    let next = case.next_due();
    let mut rows = vec![(
        &CASES,
        vec![
            id.to_value(),
            opened.tenant.to_value(),
            opened.claimant.to_value(),
            opened.order.to_value(),
            case.closed.to_value(),
            opened.at.to_value(),
            case.last_at.to_value(),
            case.version.to_value(),
            due(next).to_value(),
            clock_name(next).to_value(),
            Value::Text(serde_json::to_string(case).unwrap_or_default()),
            case.waiting.map(|waiting| waiting.since).to_value(),
        ],
    )];
    for (work_order, order) in &case.work_orders {
        let next = next_of(case, Subject::WorkOrder(*work_order));
        let mut open: Vec<TechnicianId> =
            order.open_offers().map(|offer| offer.technician).collect();
        let asked = open.pop();
        // Whoever was asked at the same time, or comes along.
        let ended = order.state.is_ended() || order.done_at.is_some();
        let helper = order.helper.filter(|_| !ended);
        let asked_too = open.iter().chain(&helper);
        let asked_too: Vec<String> = asked_too.map(TechnicianId::to_string).collect();
        let waits = next.map_or(NEVER, |clock| clock.due_at.0);
        // What a dispatcher was called for comes before every deadline.
        let sort = if order.call().is_some() {
            order.requested_at.0
        } else {
            waits
        };
        rows.push((
            &WORK_ORDERS,
            vec![
                id.to_value(),
                work_order.to_value(),
                opened.tenant.to_value(),
                opened.claimant.to_value(),
                name(&order.kind).to_value(),
                name(&order.state).to_value(),
                order.technician.to_value(),
                asked.to_value(),
                asked_too.join(" ").to_value(),
                order.skill.to_value(),
                order.county.to_value(),
                order.urgent.to_value(),
                order.call().map(|why| name(&why)).to_value(),
                order.requested_at.to_value(),
                order.response_ms.to_value(),
                due(next).to_value(),
                clock_name(next).to_value(),
                Value::Int(sort),
            ],
        ));
    }
    for (claim_id, claim) in &case.claims {
        let next = next_of(case, Subject::Claim(*claim_id));
        let late = is_late(claim);
        let waits = next.map_or(NEVER, |clock| clock.due_at.0);
        let sort = if late {
            claim.filed_at.0.saturating_sub(LATE)
        } else {
            waits
        };
        rows.push((
            &CLAIMS,
            vec![
                id.to_value(),
                claim_id.to_value(),
                opened.tenant.to_value(),
                opened.claimant.to_value(),
                name(&claim.state).to_value(),
                claim.order.to_value(),
                claim.line.to_value(),
                claim.ask.to_value(),
                name(&claim.reason).to_value(),
                claim.reviewer.to_value(),
                claim.second_reviewer.to_value(),
                claim.fraud_referral.to_value(),
                photos_to_look_at(case, *claim_id).to_value(),
                claim.filed_at.to_value(),
                due(next).to_value(),
                clock_name(next).to_value(),
                late.to_value(),
                awaited(claim).to_value(),
                Value::Int(sort),
            ],
        ));
    }
    for clock in &case.clocks {
        if let Some(at) = clock.acts_at() {
            rows.push((
                &CLOCKS,
                vec![
                    id.to_value(),
                    Value::Text(serde_json::to_string(&clock.key).unwrap_or_default()),
                    at.to_value(),
                ],
            ));
        }
    }
    rows
}

/// Whether whoever owes the next step, a reviewer or whoever carries the outcome out, is late with it.
const fn is_late(claim: &Claim) -> bool {
    match claim.state {
        ClaimState::FirstLook
        | ClaimState::HumanReview
        | ClaimState::Countersign
        | ClaimState::SecondReview => claim.review_overdue,
        ClaimState::Agreed | ClaimState::Final => claim.execution_overdue,
        _ => false,
    }
}

/// Whose word a review waits for, where it is that of either side.
const BOTH: &str = "both";

/// Whose word a review waits for: the other side's was the last, something was found about a photo of theirs, or a technician
/// reported; and the merchant who owes goods to the claimant, also while a reviewer looks because they did not come.
fn awaited(claim: &Claim) -> Option<String> {
    let in_review = matches!(
        claim.state,
        ClaimState::HumanReview | ClaimState::SecondReview
    );
    let awaits = |party| in_review && claim.hearing.awaits(party);
    let merchant = awaits(Party::Merchant) || claim.owes_goods();
    match (awaits(Party::Claimant), merchant) {
        (true, true) => Some(BOTH.to_owned()),
        (true, false) => Some(name(&Party::Claimant)),
        (false, true) => Some(name(&Party::Merchant)),
        (false, false) => None,
    }
}

/// Photos of a claim at which a reviewer should look: blind, where nobody has, else as the findings say.
fn photos_to_look_at(case: &Case, id: ClaimId) -> u32 {
    let open = |claim: &Claim| claim.state.takes_evidence();
    let mut photos = case.to_look_at(id);
    if case.claims.get(&id).is_some_and(open) {
        photos.extend(case.unseen(id));
    }
    u32::try_from(photos.len()).unwrap_or(u32::MAX)
}

/// The rows of an act in that place of the log: one for each person, or the case, of whom it opened something.
fn openings_of(seq: u64, act: &AuditEvent) -> BTreeSet<Vec<Value>> {
    let subjects = match &act.body {
        AuditBody::DataRevealed { person, .. } => vec![person.0],
        AuditBody::DataUsed { persons, .. } => persons.iter().map(|person| person.0).collect(),
        AuditBody::CaseRead { case, .. } => vec![case.0],
        _ => Vec::new(),
    };
    let row = |subject: Uuid| vec![subject.to_value(), seq.to_value(), act.tenant.to_value()];
    subjects.into_iter().map(row).collect()
}

/// Adds the projection rows of an act.
pub(super) async fn project_act<L: Link>(
    link: &mut L,
    seq: u64,
    act: &AuditEvent,
) -> Result<(), StoreError> {
    for values in openings_of(seq, act) {
        insert(link, &OPENINGS, values).await?;
    }
    Ok(())
}

/// Replaces the projection rows of a case.
pub(super) async fn project<L: Link>(
    link: &mut L,
    id: CaseId,
    case: &Case,
) -> Result<(), StoreError> {
    for table in TABLES {
        link.run(
            format!("DELETE FROM {} WHERE case_id = $1", table.name),
            vec![id.to_value()],
        )
        .await?;
    }
    for (table, values) in rows_of(id, case) {
        insert(link, table, values).await?;
    }
    Ok(())
}

async fn insert<L: Link>(
    link: &mut L,
    table: &Table,
    values: Vec<Value>,
) -> Result<(), StoreError> {
    let sql = format!(
        "INSERT INTO {} ({}) VALUES ({})",
        table.name,
        names(table.columns),
        places(table.columns.len())
    );
    link.run(sql, values).await?;
    Ok(())
}

/// Makes every projection again from the events and compares it with what stands; with `keep` the new
/// rows take the place of the old ones. To be called in a transaction that writes.
pub(super) async fn rebuild<L: Link>(
    link: &mut L,
    keep: bool,
) -> Result<RebuildReport, StoreError> {
    let mut cases: BTreeMap<Uuid, Case> = BTreeMap::new();
    let mut expected: BTreeMap<&'static str, BTreeSet<Vec<Value>>> = BTreeMap::new();
    let mut report = RebuildReport::default();
    let mut from = 1_u64;
    loop {
        let chunk = link
            .read(
                format!("SELECT {EVENT_COLUMNS} FROM events WHERE seq >= $1 ORDER BY seq LIMIT $2"),
                vec![from.to_value(), EVENTS_PER_CHUNK.to_value()],
            )
            .await?;
        if chunk.is_empty() {
            break;
        }
        for row in chunk {
            let stored = stored_event(row)?;
            from = stored.seq + 1;
            report.events += 1;
            let broken = |error: serde_json::Error| {
                StoreError::corrupt(format!("event {}", stored.seq), error.to_string())
            };
            if stored.stream_kind != "case" {
                if OPENING_ACTS.contains(&stored.name.as_str()) {
                    let act: AuditEvent =
                        serde_json::from_slice(&stored.payload).map_err(broken)?;
                    let made = expected.entry(OPENINGS.name).or_default();
                    made.extend(openings_of(stored.seq, &act));
                }
                continue;
            }
            let event: Event = serde_json::from_slice(&stored.payload).map_err(broken)?;
            let case = cases.entry(stored.stream_id).or_default();
            *case = evolve(std::mem::take(case), &event);
        }
    }
    report.cases = u64::try_from(cases.len()).unwrap_or(u64::MAX);
    for (id, case) in &cases {
        for (table, values) in rows_of(CaseId(*id), case) {
            expected.entry(table.name).or_default().insert(values);
        }
    }
    for table in ALL_TABLES {
        let live: BTreeSet<Vec<Value>> = link
            .read(
                format!("SELECT {} FROM {}", names(table.columns), table.name),
                Vec::new(),
            )
            .await?
            .into_iter()
            .collect();
        let made = expected.entry(table.name).or_default();
        for row in live.symmetric_difference(made) {
            if report.differences.len() < DIFFERENCES_MAX {
                report
                    .differences
                    .push(format!("{}: {}", table.name, describe(row)));
            }
        }
    }
    if keep {
        replace(link, &expected).await?;
    }
    Ok(report)
}

async fn replace<L: Link>(
    link: &mut L,
    expected: &BTreeMap<&'static str, BTreeSet<Vec<Value>>>,
) -> Result<(), StoreError> {
    for table in ALL_TABLES {
        link.run(format!("DELETE FROM {}", table.name), Vec::new())
            .await?;
        for values in expected.get(table.name).into_iter().flatten() {
            insert(link, table, values.clone()).await?;
        }
    }
    Ok(())
}

/// The ids a row begins with: enough to find it.
fn describe(row: &[Value]) -> String {
    row.iter()
        .take(2)
        .map(|value| match value {
            Value::Blob(bytes) => hex::encode(bytes),
            Value::Text(text) => text.clone(),
            Value::Int(number) => number.to_string(),
            Value::Null => "-".to_owned(),
        })
        .collect::<Vec<_>>()
        .join(" ")
}

/// A condition and its values.
#[derive(Default)]
struct Where {
    parts: Vec<String>,
    values: Vec<Value>,
    tenant: Option<TenantId>,
}

impl Where {
    fn value(&mut self, value: Value) -> String {
        self.values.push(value);
        format!("${}", self.values.len())
    }

    fn tenant(&mut self, tenant: Option<TenantId>) {
        self.tenant = tenant;
        if let Some(tenant) = tenant {
            let mark = self.value(tenant.to_value());
            self.parts.push(format!("tenant = {mark}"));
        }
    }

    fn claimants(&mut self, claimants: &[PersonId]) {
        if !claimants.is_empty() {
            let marks: Vec<_> = claimants
                .iter()
                .map(|claimant| self.value(claimant.to_value()))
                .collect();
            self.parts
                .push(format!("claimant IN ({})", marks.join(", ")));
        }
    }

    fn states(&mut self, states: &[String]) {
        if !states.is_empty() {
            let marks: Vec<_> = states
                .iter()
                .map(|state| self.value(state.to_value()))
                .collect();
            self.parts.push(format!("state IN ({})", marks.join(", ")));
        }
    }

    /// Claims on orders of these shops.
    fn shops(&mut self, shops: &[String]) {
        // A claim whose order is gone names no shop either.
        let condition = if shops.is_empty() {
            "NOT EXISTS (SELECT 1 FROM orders o WHERE o.id = order_id AND o.shop IS NOT NULL)"
                .to_owned()
        } else {
            let marks: Vec<_> = shops
                .iter()
                .map(|shop| self.value(shop.to_value()))
                .collect();
            format!(
                "EXISTS (SELECT 1 FROM orders o WHERE o.id = order_id AND o.shop IN ({}))",
                marks.join(", ")
            )
        };
        self.parts.push(condition);
    }

    /// Cases of these shops: `table` has the case's id, and `order` says what the case is about.
    fn cases_of_shops(&mut self, shops: &[String], table: &str, order: &str) {
        if shops.is_empty() {
            self.parts.push("1 = 0".to_owned());
            return;
        }
        let marks: Vec<_> = shops
            .iter()
            .map(|shop| self.value(shop.to_value()))
            .collect();
        let marks = marks.join(", ");
        self.parts.push(format!(
            "NOT EXISTS (SELECT 1 FROM claim_view c WHERE c.case_id = {table}.case_id AND NOT EXISTS (SELECT 1 FROM orders o WHERE o.id = c.order_id AND o.shop IN ({marks})))"
        ));
        self.parts.push(format!(
            "EXISTS (SELECT 1 FROM orders o WHERE o.shop IN ({marks}) AND (o.id = {order} OR o.id IN (SELECT c.order_id FROM claim_view c WHERE c.case_id = {table}.case_id)))"
        ));
    }

    /// Widens the last condition, if there is one besides the tenant's.
    fn or(&mut self, also: &str) {
        if let Some(last) = self
            .parts
            .last_mut()
            .filter(|last| last.starts_with("state IN") || last.starts_with("(state IN"))
        {
            *last = format!("({last} OR {also})");
        }
    }

    /// Rows after the cursor in the order `key`, `id`.
    fn after(&mut self, cursor: Option<Cursor>, key: &str, id: &str, descending: bool) {
        if let Some(cursor) = cursor {
            let (key_mark, id_mark) = (
                self.value(Value::Int(cursor.key)),
                self.value(cursor.id.to_value()),
            );
            let sign = if descending { '<' } else { '>' };
            self.parts.push(format!(
                "({key} {sign} {key_mark} OR ({key} = {key_mark} AND {id} > {id_mark}))"
            ));
        }
    }

    fn sql(&self) -> String {
        if self.parts.is_empty() {
            String::new()
        } else {
            format!("WHERE {}", self.parts.join(" AND "))
        }
    }
}

/// Cuts a list that was read one row too long.
pub(super) fn page<T>(mut items: Vec<T>, limit: u32, cursor: fn(&T) -> Cursor) -> ListPage<T> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = items.len() > limit;
    items.truncate(limit);
    let next = if more { items.last().map(cursor) } else { None };
    ListPage { items, next }
}

/// A projection in the order in which it is listed: by `key`, and by `id` where that is equal.
struct Listing {
    table: &'static Table,
    key: &'static str,
    id: &'static str,
    descending: bool,
}

const LATEST_CASES: Listing = Listing {
    table: &CASES,
    key: "updated_at",
    id: "case_id",
    descending: true,
};
/// Those whose claimant waits, longest first.
const WAITING_CASES: Listing = Listing {
    table: &CASES,
    key: "waiting_since",
    id: "case_id",
    descending: false,
};
const DUE_WORK_ORDERS: Listing = Listing {
    table: &WORK_ORDERS,
    key: "sort_due",
    id: "work_order_id",
    descending: false,
};
const DUE_CLAIMS: Listing = Listing {
    table: &CLAIMS,
    key: "sort_due",
    id: "claim_id",
    descending: false,
};

impl<B: Backend> SqlStore<B> {
    /// A page of the rows that meet the condition, from the cursor on.
    async fn listed<T>(
        &self,
        listing: &Listing,
        mut condition: Where,
        after: Option<Cursor>,
        limit: u32,
        of_row: fn(Vec<Value>) -> Result<T, StoreError>,
        cursor: fn(&T) -> Cursor,
    ) -> Result<ListPage<T>, StoreError> {
        let Listing {
            table,
            key,
            id,
            descending,
        } = *listing;
        // Lists of all tenants are the operator's, and those of whoever works for everybody.
        let sees = condition.tenant.map_or(Sees::Work, Sees::Tenant);
        condition.after(after, key, id, descending);
        let sql = format!(
            "SELECT {} FROM {} {} ORDER BY {key}{}, {id} LIMIT {}",
            names(table.columns),
            table.name,
            condition.sql(),
            if descending { " DESC" } else { "" },
            u64::from(limit) + 1
        );
        let items = self
            .read(sees, sql, condition.values)
            .await?
            .into_iter()
            .map(of_row)
            .collect::<Result<Vec<_>, _>>()?;
        Ok(page(items, limit, cursor))
    }
}

#[async_trait]
impl<B: Backend> Projections for SqlStore<B> {
    async fn cases(
        &self,
        filter: &CaseFilter,
        after: Option<Cursor>,
        limit: u32,
    ) -> Result<ListPage<CaseViewRow>, StoreError> {
        let mut condition = Where::default();
        condition.tenant(filter.tenant);
        if filter.open_only {
            condition.parts.push("closed = 0".to_owned());
        }
        condition.claimants(&filter.claimants);
        if let Some(end) = filter.id_end {
            let mark = condition.value(end.to_value());
            // The last 5 of 16 bytes, counted from 1.
            condition
                .parts
                .push(format!("substr(case_id, 12, 5) = {mark}"));
        }
        if let Some(shops) = &filter.shops {
            condition.cases_of_shops(shops, CASES.name, "case_view.order_id");
        }
        if filter.waiting {
            condition.parts.push("waiting_since IS NOT NULL".to_owned());
            let cursor = |row: &CaseViewRow| Cursor {
                key: row.snapshot.waiting.map_or(0, |waiting| waiting.since.0),
                id: row.case_id.0,
            };
            return self
                .listed(&WAITING_CASES, condition, after, limit, case_row, cursor)
                .await;
        }
        self.listed(&LATEST_CASES, condition, after, limit, case_row, |row| {
            Cursor {
                key: row.updated_at.0,
                id: row.case_id.0,
            }
        })
        .await
    }

    async fn work_orders(
        &self,
        filter: &WorkOrderFilter,
        after: Option<Cursor>,
        limit: u32,
    ) -> Result<ListPage<WorkOrderViewRow>, StoreError> {
        let mut condition = Where::default();
        condition.tenant(filter.tenant);
        condition.states(&filter.states);
        if filter.or_called {
            condition.or("escalation IS NOT NULL");
        }
        if let Some(technician) = filter.technician {
            let mark = condition.value(technician.to_value());
            let among = condition.value(format!("%{technician}%").to_value());
            condition.parts.push(format!(
                "(technician = {mark} OR asked = {mark} OR asked_too LIKE {among})"
            ));
        }
        if let Some(shops) = &filter.shops {
            let order =
                "(SELECT v.order_id FROM case_view v WHERE v.case_id = work_order_view.case_id)";
            condition.cases_of_shops(shops, WORK_ORDERS.name, order);
        }
        let paged = self
            .listed(
                &DUE_WORK_ORDERS,
                condition,
                after,
                limit,
                work_order_row,
                |(row, sort)| Cursor {
                    key: *sort,
                    id: row.work_order_id.0,
                },
            )
            .await?;
        Ok(ListPage {
            items: paged.items.into_iter().map(|(row, _)| row).collect(),
            next: paged.next,
        })
    }

    async fn claims(
        &self,
        filter: &ClaimFilter,
        after: Option<Cursor>,
        limit: u32,
    ) -> Result<ListPage<ClaimViewRow>, StoreError> {
        let mut condition = Where::default();
        condition.tenant(filter.tenant);
        condition.states(&filter.states);
        if filter.or_to_look_at {
            condition.or("to_look_at > 0");
        }
        if let Some(side) = &filter.or_awaited {
            let mark = condition.value(side.to_value());
            condition.or(&format!("awaited IN ({mark}, '{BOTH}')"));
        }
        if let Some(line) = filter.line {
            let mark = condition.value(line.to_value());
            condition.parts.push(format!("line_id = {mark}"));
        }
        if let Some(shops) = &filter.shops {
            condition.shops(shops);
        }
        let paged = self
            .listed(
                &DUE_CLAIMS,
                condition,
                after,
                limit,
                claim_row,
                |(row, sort)| Cursor {
                    key: *sort,
                    id: row.claim_id.0,
                },
            )
            .await?;
        Ok(ListPage {
            items: paged.items.into_iter().map(|(row, _)| row).collect(),
            next: paged.next,
        })
    }

    async fn due_clocks(
        &self,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<(CaseId, ClockKey)>, StoreError> {
        self.read(
            Sees::Work,
            "SELECT case_id, clock FROM clock_view WHERE due_at <= $1 ORDER BY due_at, case_id, clock LIMIT $2",
            vec![now.to_value(), limit.to_value()],
        )
        .await?
        .into_iter()
        .map(|row| {
            let mut row = row.into_iter();
            let case = CaseId::from_value(row.next().unwrap_or(Value::Null))?;
            let text = String::from_value(row.next().unwrap_or(Value::Null))?;
            let clock = serde_json::from_str(&text)
                .map_err(|error| StoreError::corrupt("clock_view.clock", error.to_string()))?;
            Ok((case, clock))
        })
        .collect()
    }

    async fn next_due(&self, until: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        let rows = self
            .read(
                Sees::Work,
                "SELECT min(due) FROM (SELECT min(due_at) AS due FROM clock_view UNION ALL SELECT min(CASE WHEN leased_until > run_at THEN leased_until ELSE run_at END) FROM jobs WHERE done_at IS NULL) AS waiting",
                Vec::new(),
            )
            .await?;
        let due: Option<Timestamp> = Option::from_value(first(rows))?;
        Ok(due.filter(|due| *due <= until))
    }

    async fn rebuild(&self, keep: bool) -> Result<RebuildReport, StoreError> {
        self.ask(|reply| Request::Rebuild(keep, reply)).await
    }
}

fn case_row(row: Vec<Value>) -> Result<CaseViewRow, StoreError> {
    let mut row = row.into_iter();
    let mut next = || row.next().unwrap_or(Value::Null);
    let case_id = CaseId::from_value(next())?;
    let tenant = TenantId::from_value(next())?;
    let (_claimant, _order) = (next(), next());
    Ok(CaseViewRow {
        case_id,
        tenant,
        closed: bool::from_value(next())?,
        opened_at: Timestamp::from_value(next())?,
        updated_at: Timestamp::from_value(next())?,
        version: u64::from_value(next())?,
        next_due: Option::from_value(next())?,
        next_clock: Option::from_value(next())?,
        snapshot: Json::<Case>::from_value(next())?.0,
    })
}

fn work_order_row(row: Vec<Value>) -> Result<(WorkOrderViewRow, i64), StoreError> {
    let mut row = row.into_iter();
    let mut next = || row.next().unwrap_or(Value::Null);
    let case_id = CaseId::from_value(next())?;
    let work_order_id = WorkOrderId::from_value(next())?;
    let tenant = TenantId::from_value(next())?;
    let claimant = PersonId::from_value(next())?;
    let kind = String::from_value(next())?;
    let state = String::from_value(next())?;
    let technician: Option<TechnicianId> = Option::from_value(next())?;
    let asked: Option<TechnicianId> = Option::from_value(next())?;
    let _asked_too = next();
    let view = WorkOrderViewRow {
        work_order_id,
        case_id,
        tenant,
        claimant,
        kind,
        state,
        technician: technician.or(asked),
        skill: String::from_value(next())?,
        county: String::from_value(next())?,
        urgent: bool::from_value(next())?,
        escalation: Option::from_value(next())?,
        requested_at: Timestamp::from_value(next())?,
        response_ms: Option::from_value(next())?,
        next_due: Option::from_value(next())?,
        next_clock: Option::from_value(next())?,
    };
    Ok((view, i64::from_value(next())?))
}

/// A claim, and by what it is listed.
fn claim_row(row: Vec<Value>) -> Result<(ClaimViewRow, i64), StoreError> {
    let mut row = row.into_iter();
    let mut next = || row.next().unwrap_or(Value::Null);
    let case_id = CaseId::from_value(next())?;
    let claim_id = ClaimId::from_value(next())?;
    let tenant = TenantId::from_value(next())?;
    let claimant = PersonId::from_value(next())?;
    let state = String::from_value(next())?;
    let order = OrderId::from_value(next())?;
    let line = OrderLineId::from_value(next())?;
    let ask = aftercare_domain::event::Resolution::from_value(next())?;
    let reason = String::from_value(next())?;
    let (_reviewer, _second) = (next(), next());
    let view = ClaimViewRow {
        claim_id,
        case_id,
        tenant,
        claimant,
        state,
        order,
        line,
        ask,
        reason,
        fraud_referral: bool::from_value(next())?,
        to_look_at: u32::from_value(next())?,
        filed_at: Timestamp::from_value(next())?,
        next_due: Option::from_value(next())?,
        next_clock: Option::from_value(next())?,
        late: bool::from_value(next())?,
        awaited: Option::from_value(next())?,
    };
    Ok((view, i64::from_value(next())?))
}
