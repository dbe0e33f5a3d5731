//! Lists for the desks: what is waiting, the nearest deadline first.

use crate::access::staff_or_scope;
use crate::app::App;
use crate::detail::{kind_and_state, name, resolution_detail};
use crate::error::AppError;
use crate::limits::{PAGE_ROWS_DEFAULT, PAGE_ROWS_MAX, QUEUE_ROWS_MAX};
use crate::numbers::case_number;
use crate::own_work::{Sees, sees};
use crate::principal::Principal;
use crate::views::{CaseRow, ClaimRow, MaskedPerson, Page, WindowDetail, WorkOrderRow};
use aftercare_domain::Role;
use aftercare_domain::actor::Party;
use aftercare_domain::case::{ClaimState, RepairState};
use aftercare_domain::event::Escalation;
use aftercare_domain::ids::TenantId;
use aftercare_store::{CaseFilter, ClaimFilter, Cursor, WorkOrderFilter};
use serde::Deserialize;

/// Which of a technician's jobs are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Jobs {
    /// Offers to answer and work that is not done.
    #[default]
    Ahead,
    /// Work that was done lately.
    Done,
}

/// Repairs that a technician has before them.
const JOBS_AHEAD: [RepairState; 11] = [
    RepairState::Offered,
    RepairState::Accepted,
    RepairState::Scheduled,
    RepairState::EnRoute,
    RepairState::Arrived,
    RepairState::Diagnosed,
    RepairState::QuotePending,
    RepairState::Consented,
    RepairState::QuoteDeclined,
    RepairState::InWork,
    RepairState::WaitingForParts,
];
/// Repairs that still wait for somebody besides [`JOBS_AHEAD`]; what is over is found among the cases.
const ELSE_AT_DISPATCH: [RepairState; 4] = [
    RepairState::Requested,
    RepairState::Verified,
    RepairState::Done,
    RepairState::Disputed,
];
/// Who reads the lists of repairs.
const AT_DISPATCH: &[Role] = &[Role::Dispatcher, Role::Agent, Role::Admin, Role::Auditor];
/// Who reads the reviewers' queue.
const AT_REVIEW: &[Role] = &[Role::Reviewer, Role::RiskManager, Role::Auditor];

const JOBS_DONE: [RepairState; 4] = [
    RepairState::Done,
    RepairState::Disputed,
    RepairState::Confirmed,
    RepairState::UnderWarranty,
];

/// Which part of a list is asked for.
#[derive(Clone, Debug, Default)]
pub struct Paging {
    /// Where to go on, as given by the page before.
    pub cursor: Option<String>,
    /// Rows, at most `PAGE_ROWS_MAX`.
    pub limit: Option<u32>,
}

impl Paging {
    /// Rows to read.
    ///
    /// # Errors
    /// `Invalid` above the limit.
    pub fn rows(&self) -> Result<u32, AppError> {
        let rows = self.limit.unwrap_or(PAGE_ROWS_DEFAULT);
        if rows == 0 || rows > PAGE_ROWS_MAX {
            return Err(AppError::invalid(
                "limit",
                "page_rows",
                format!("每页 1 到 {PAGE_ROWS_MAX} 行。"),
                format!("A page has 1 to {PAGE_ROWS_MAX} rows."),
            ));
        }
        Ok(rows)
    }

    fn cursor(&self) -> Result<Option<Cursor>, AppError> {
        self.cursor
            .as_deref()
            .filter(|text| !text.is_empty())
            .map(|text| {
                text.parse().map_err(|_| {
                    AppError::invalid(
                        "cursor",
                        "cursor",
                        "翻页标记不对，请从第一页开始。",
                        "This cursor is not one of ours. Please start from the first page.",
                    )
                })
            })
            .transpose()
    }
}

/// Which of a merchant's claims are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum InboxPart {
    /// Those in which the merchant may have something to do.
    #[default]
    Waiting,
    /// Those that wait for somebody else.
    Running,
    /// Those that are over; a refund that was paid can be contested there.
    Ended,
}

impl InboxPart {
    /// Every part, as they are shown.
    pub const ALL: [Self; 3] = [Self::Waiting, Self::Running, Self::Ended];

    /// The name in addresses.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Ended => "ended",
        }
    }

    /// The part of that name, or those that wait for the merchant.
    #[must_use]
    pub fn of(name: &str) -> Self {
        let mut all = Self::ALL.into_iter();
        all.find(|part| part.name() == name).unwrap_or_default()
    }

    /// The states of its claims.
    const fn states(self) -> &'static [ClaimState] {
        match self {
            Self::Waiting => &[
                ClaimState::MerchantWindow,
                ClaimState::CounterOffered,
                ClaimState::EvidenceRound,
                ClaimState::Decided,
                ClaimState::Agreed,
                ClaimState::Final,
            ],
            Self::Running => &[
                ClaimState::EvidenceCheck,
                ClaimState::FirstLook,
                ClaimState::SettlementOffered,
                ClaimState::Inspection,
                ClaimState::HumanReview,
                ClaimState::Countersign,
                ClaimState::SecondReview,
            ],
            Self::Ended => &[
                ClaimState::Executed,
                ClaimState::Closed,
                ClaimState::Withdrawn,
            ],
        }
    }
}

impl App {
    /// Every case of the tenant, the latest change first.
    ///
    /// # Errors
    /// A missing role, or a cursor that is not ours.
    pub async fn cases(
        &self,
        principal: &Principal,
        open_only: bool,
        paging: &Paging,
    ) -> Result<Page<CaseRow>, AppError> {
        let readers = &[
            Role::Agent,
            Role::Dispatcher,
            Role::Reviewer,
            Role::RiskManager,
            Role::Auditor,
            Role::Admin,
        ];
        staff_or_scope(principal, readers, "cases:read")?;
        let filter = CaseFilter {
            tenant: Some(principal.tenant()),
            open_only,
            shops: self.shop_bounds(principal, readers).await?,
            ..CaseFilter::default()
        };
        self.case_page(&filter, paging).await
    }

    /// Every case of a tenant, for the command line.
    ///
    /// # Errors
    /// A cursor that is not ours.
    pub async fn case_rows(
        &self,
        tenant: TenantId,
        open_only: bool,
        paging: &Paging,
    ) -> Result<Page<CaseRow>, AppError> {
        let filter = CaseFilter {
            tenant: Some(tenant),
            open_only,
            ..CaseFilter::default()
        };
        self.case_page(&filter, paging).await
    }

    /// A page of the cases that a filter lets through.
    pub(crate) async fn case_page(
        &self,
        filter: &CaseFilter,
        paging: &Paging,
    ) -> Result<Page<CaseRow>, AppError> {
        let page = self
            .store()
            .cases(filter, paging.cursor()?, paging.rows()?)
            .await?;
        let items = page
            .items
            .iter()
            .map(|row| {
                let (kind, state) = kind_and_state(&row.snapshot);
                CaseRow {
                    id: row.case_id,
                    number: case_number(row.case_id),
                    kind,
                    state,
                    closed: row.closed,
                    opened_at: row.opened_at,
                    updated_at: row.updated_at,
                    next_due: row.next_due,
                }
            })
            .collect();
        Ok(Page {
            items,
            next_cursor: page.next.map(|cursor| cursor.to_string()),
        })
    }

    /// Repairs for the dispatcher and the agent, escalated and due ones first.
    ///
    /// # Errors
    /// A missing role, or a cursor that is not ours.
    pub async fn work_orders(
        &self,
        principal: &Principal,
        states: &[RepairState],
        paging: &Paging,
    ) -> Result<Page<WorkOrderRow>, AppError> {
        staff_or_scope(principal, AT_DISPATCH, "cases:read")?;
        let filter = WorkOrderFilter {
            tenant: Some(principal.tenant()),
            states: states.iter().map(name).collect(),
            shops: self.shop_bounds(principal, AT_DISPATCH).await?,
            ..WorkOrderFilter::default()
        };
        self.work_order_rows(filter, paging).await
    }

    /// What a dispatcher has before them: repairs that wait for a dispatcher, a technician or the claimant, and those of
    /// any state where a dispatcher was called and nobody has answered, the latter first.
    ///
    /// # Errors
    /// A missing role, or a cursor that is not ours.
    pub async fn at_dispatch(
        &self,
        principal: &Principal,
        paging: &Paging,
    ) -> Result<Page<WorkOrderRow>, AppError> {
        staff_or_scope(principal, AT_DISPATCH, "cases:read")?;
        let filter = WorkOrderFilter {
            tenant: Some(principal.tenant()),
            states: ELSE_AT_DISPATCH
                .iter()
                .chain(&JOBS_AHEAD)
                .map(name)
                .collect(),
            or_called: true,
            technician: None,
            shops: self.shop_bounds(principal, AT_DISPATCH).await?,
        };
        self.work_order_rows(filter, paging).await
    }

    /// The signed-in technician's jobs: offers to answer and visits to make, or what was done lately.
    ///
    /// # Errors
    /// Somebody who is not a technician.
    pub async fn my_jobs(
        &self,
        principal: &Principal,
        which: Jobs,
        paging: &Paging,
    ) -> Result<Page<WorkOrderRow>, AppError> {
        let technician = principal
            .signed_in()
            .and_then(|signed_in| {
                signed_in
                    .technician
                    .filter(|_| signed_in.has(Role::Technician))
            })
            .ok_or_else(AppError::forbidden)?;
        let filter = WorkOrderFilter {
            tenant: Some(principal.tenant()),
            technician: Some(technician),
            states: match which {
                Jobs::Ahead => JOBS_AHEAD.iter().map(name).collect(),
                Jobs::Done => JOBS_DONE.iter().map(name).collect(),
            },
            ..WorkOrderFilter::default()
        };
        let mut page = self.work_order_rows(filter, paging).await?;
        if which == Jobs::Ahead {
            // When to be where is what a day is planned by.
            for row in &mut page.items {
                let case = self.load(row.case).await?;
                let order = case.work_orders.get(&row.work_order);
                let agreed = order.filter(|order| order.is_agreed());
                row.visit = agreed.and_then(|order| order.window).map(WindowDetail::of);
            }
        }
        if which == Jobs::Done {
            // Whose page no longer opens is not listed either.
            let mut kept = Vec::with_capacity(page.items.len());
            for row in page.items {
                let case = self.load(row.case).await?;
                let kept_yet = match sees(principal, &case, self.now()) {
                    Sees::Nothing => false,
                    Sees::Own(own) => own.contains(&row.work_order),
                    Sees::All => true,
                };
                if kept_yet {
                    kept.push(row);
                }
            }
            page.items = kept;
        }
        Ok(page)
    }

    async fn work_order_rows(
        &self,
        filter: WorkOrderFilter,
        paging: &Paging,
    ) -> Result<Page<WorkOrderRow>, AppError> {
        let page = self
            .store()
            .work_orders(&filter, paging.cursor()?, paging.rows()?)
            .await?;
        let photos_alike = name(&Escalation::PhotosAlike);
        let mut items = Vec::with_capacity(page.items.len());
        for row in page.items {
            let person = self.masked_person(row.tenant, row.claimant).await?;
            let technician_name = match row.technician {
                Some(technician) => Some(self.technician_name(technician).await?),
                None => None,
            };
            items.push(WorkOrderRow {
                case: row.case_id,
                work_order: row.work_order_id,
                number: case_number(row.case_id),
                kind: row.kind,
                state: row.state,
                skill: row.skill,
                county_name: self.division_name(&row.county),
                county: row.county,
                urgent: row.urgent,
                // A technician's own list is no place for it: a dispatcher compares first.
                escalation: row
                    .escalation
                    .filter(|why| filter.technician.is_none() || *why != photos_alike),
                technician_name,
                helping: filter.technician.is_some_and(|mine| {
                    row.technician.is_some_and(|technician| technician != mine)
                }),
                visit: None,
                person,
                requested_at: row.requested_at,
                response_ms: row.response_ms,
                next_due: row.next_due,
                next_clock: row.next_clock,
            });
        }
        Ok(Page {
            items,
            next_cursor: page.next.map(|cursor| cursor.to_string()),
        })
    }

    /// The merchant's inbox: claims of the merchant's shops that wait for the merchant, also those in a review in which the
    /// buyer said something that is not answered; those with which somebody is late first, then the nearest deadline.
    ///
    /// # Errors
    /// A missing role, or a cursor that is not ours.
    pub async fn inbox(
        &self,
        principal: &Principal,
        all: bool,
        paging: &Paging,
    ) -> Result<Page<ClaimRow>, AppError> {
        let states: &[ClaimState] = if all {
            &[]
        } else {
            InboxPart::Waiting.states()
        };
        self.merchant_rows(principal, states, !all, paging).await
    }

    /// One part of the merchant's claims, the nearest deadline first.
    ///
    /// # Errors
    /// A missing role, or a cursor that is not ours.
    pub async fn inbox_part(
        &self,
        principal: &Principal,
        part: InboxPart,
        paging: &Paging,
    ) -> Result<Page<ClaimRow>, AppError> {
        let awaited = part == InboxPart::Waiting;
        self.merchant_rows(principal, part.states(), awaited, paging)
            .await
    }

    async fn merchant_rows(
        &self,
        principal: &Principal,
        states: &[ClaimState],
        awaited: bool,
        paging: &Paging,
    ) -> Result<Page<ClaimRow>, AppError> {
        staff_or_scope(principal, &[Role::Merchant], "cases:read")?;
        let filter = ClaimFilter {
            tenant: Some(principal.tenant()),
            states: states.iter().map(name).collect(),
            or_awaited: awaited.then(|| name(&Party::Merchant)),
            shops: self.shop_bounds(principal, &[]).await?,
            ..ClaimFilter::default()
        };
        self.claim_rows(filter, paging, false).await
    }

    /// The reviewers' queue: claims with which somebody is late first, then the nearest deadline.
    ///
    /// # Errors
    /// A missing role, or a cursor that is not ours.
    pub async fn review_queue(
        &self,
        principal: &Principal,
        all: bool,
        paging: &Paging,
    ) -> Result<Page<ClaimRow>, AppError> {
        staff_or_scope(principal, AT_REVIEW, "cases:read")?;
        let states: &[ClaimState] = if all {
            &[]
        } else {
            &[
                ClaimState::FirstLook,
                ClaimState::HumanReview,
                ClaimState::Countersign,
                ClaimState::SecondReview,
            ]
        };
        let filter = ClaimFilter {
            tenant: Some(principal.tenant()),
            states: states.iter().map(name).collect(),
            // Nothing is decided there, but a person should look.
            or_to_look_at: !all,
            shops: self.shop_bounds(principal, AT_REVIEW).await?,
            ..ClaimFilter::default()
        };
        let mut page = self.claim_rows(filter, paging, true).await?;
        self.say_groups_of_rows(principal, &mut page.items).await?;
        Ok(page)
    }

    /// The reviewers' queue in one piece: late ones first, then the largest amount; of equal ones the nearest deadline.
    ///
    /// # Errors
    /// A missing role.
    pub async fn review_queue_by_stake(
        &self,
        principal: &Principal,
    ) -> Result<Page<ClaimRow>, AppError> {
        let mut paging = Paging {
            cursor: None,
            limit: Some(PAGE_ROWS_MAX),
        };
        let mut rows = Vec::new();
        loop {
            let page = self.review_queue(principal, false, &paging).await?;
            rows.extend(page.items);
            paging.cursor = page.next_cursor;
            if paging.cursor.is_none() || rows.len() >= QUEUE_ROWS_MAX {
                break;
            }
        }
        // Stable: the store gives them by deadline.
        rows.sort_by_key(|row| {
            let stake = row.ask.amount.unwrap_or(aftercare_domain::Fen(0));
            (!row.is_overdue, std::cmp::Reverse(stake))
        });
        Ok(Page {
            items: rows,
            next_cursor: None,
        })
    }

    pub(crate) async fn claim_rows(
        &self,
        filter: ClaimFilter,
        paging: &Paging,
        internal: bool,
    ) -> Result<Page<ClaimRow>, AppError> {
        let page = self
            .store()
            .claims(&filter, paging.cursor()?, paging.rows()?)
            .await?;
        let mut items = Vec::with_capacity(page.items.len());
        for row in page.items {
            let order = self.order_brief(row.order).await?;
            let item = order
                .lines
                .iter()
                .find(|line| line.id == row.line)
                .map(|line| line.name.clone())
                .unwrap_or_default();
            items.push(ClaimRow {
                case: row.case_id,
                claim: row.claim_id,
                number: case_number(row.case_id),
                state: row.state,
                reason: row.reason,
                ask: resolution_detail(row.ask),
                item,
                order_number: order.number,
                filed_at: row.filed_at,
                next_due: row.next_due,
                next_clock: row.next_clock,
                fraud_referral: internal && row.fraud_referral,
                to_look_at: if internal { row.to_look_at } else { 0 },
                is_overdue: row.late,
                awaited: row.awaited,
                review_group: None,
            });
        }
        Ok(Page {
            items,
            next_cursor: page.next.map(|cursor| cursor.to_string()),
        })
    }
}

/// Nobody's data, for a row whose person is gone.
#[must_use]
pub fn nobody() -> MaskedPerson {
    MaskedPerson {
        shredded: true,
        ..MaskedPerson::default()
    }
}
