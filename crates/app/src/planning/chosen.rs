//! Whether the time that a customer chose can still be kept when somebody accepts the visit.

use super::follow::computed;
use super::refused;
use crate::access::Alone;
use crate::act::the_work_order;
use crate::actions::Action;
use crate::app::App;
use crate::error::AppError;
use crate::limits::PAGE_ROWS_MAX;
use crate::principal::Principal;
use aftercare_dispatch::limits::MAX_OFFERS;
use aftercare_domain::Case;
use aftercare_domain::event::Window;
use aftercare_domain::ids::{OfferId, TechnicianId, TenantId, WorkOrderId};
use aftercare_store::WorkOrderFilter;

impl App {
    /// Held by whoever takes a time of a technician until it stands in the plan: whoever accepts a visit for which a time was
    /// chosen, a dispatcher who gives them a visit or gives it back, and everybody who agrees on a time. Whether there is room is
    /// looked at and taken by one after another, so that no two customers are promised the same hour.
    ///
    /// # Errors
    /// As [`App::alone`].
    pub(crate) async fn whose_time_alone(
        &self,
        principal: &Principal,
        case: &Case,
        action: &Action,
    ) -> Result<Option<Alone>, AppError> {
        let whose = match action {
            Action::AcceptOffer { .. } => principal.signed_in().and_then(|who| who.technician),
            Action::MoveVisit { technician, .. } => Some(*technician),
            Action::PutBack { work_order } => the_work_order(case, *work_order)
                .ok()
                .and_then(|id| case.work_orders.get(&id)?.given_back_to()),
            Action::Schedule { work_order, .. } => the_work_order(case, *work_order)
                .ok()
                .and_then(|id| case.work_orders.get(&id)?.technician),
            _ => None,
        };
        let Some(technician) = whose else {
            return Ok(None);
        };
        let alone = self.alone(technician.0).await?;
        if alone.is_shared() {
            self.read_visits_again(crate::detail::opened(case)?.tenant, technician)
                .await?;
        }
        Ok(Some(alone))
    }

    /// Has the plan read again what a technician has: another process may have agreed on a time a moment ago.
    async fn read_visits_again(
        &self,
        tenant: TenantId,
        technician: TechnicianId,
    ) -> Result<(), AppError> {
        let filter = WorkOrderFilter {
            tenant: Some(tenant),
            states: ["accepted", "scheduled"].map(str::to_owned).to_vec(),
            technician: Some(technician),
            ..WorkOrderFilter::default()
        };
        let mut cursor = None;
        loop {
            let orders = self.store().work_orders(&filter, cursor, PAGE_ROWS_MAX);
            let page = orders.await?;
            for row in page.items {
                self.plans().noting(tenant, row.case_id)();
            }
            cursor = page.next;
            if cursor.is_none() {
                return Ok(());
            }
        }
    }

    /// The time that the customer chose, if whoever accepts the offer can keep it as the plan stands. Without a plan nothing is
    /// promised: the time is asked for again, and the acceptance stands.
    pub(crate) async fn chosen_time_kept(
        &self,
        tenant: TenantId,
        case: &Case,
        (work_order, offer): (WorkOrderId, OfferId),
    ) -> Option<Window> {
        let order = case.work_orders.get(&work_order)?;
        let chosen = order.chosen_time()?;
        let made = order.open_offers().find(|made| made.offer == offer)?;
        match self.can_keep(tenant, work_order, made.technician).await {
            Ok(kept) => kept.then_some(chosen),
            Err(error) => {
                tracing::warn!(%work_order, %error, "no plan to hold a chosen time against");
                None
            }
        }
    }

    /// Whether a technician can make an open visit within the time that is wished for, beside everything that they have, and
    /// with every agreed time kept.
    async fn can_keep(
        &self,
        tenant: TenantId,
        work_order: WorkOrderId,
        technician: TechnicianId,
    ) -> Result<bool, AppError> {
        let plan = self.fresh_plan(tenant).await?;
        if !plan.is_whole() {
            return Ok(false);
        }
        let found = computed(plan, move |live| {
            let Some(name) = live.name(work_order).map(str::to_owned) else {
                return Ok(false);
            };
            let technician = technician.to_string();
            let mut visits = live.inputs.visits.values();
            let visit = visits.find(|visit| visit.work_order == work_order);
            let staff = &live.inputs.staff;
            if visit.is_some_and(|visit| staff.need(&visit.skill, visit.kind).people > 1) {
                // Whom the plan has for it comes with somebody; of anybody else that is not known.
                let crew = live.plan.assignment(&name).unwrap_or_default();
                let leads = crew.first().is_some_and(|leg| leg.technician == technician);
                return Ok(leads && crew.len() > 1);
            }
            let ranked = live.plan.rank(&name, MAX_OFFERS);
            let ranked = ranked.map_err(|error| refused(&error))?;
            let mut ranked = ranked.iter();
            Ok(ranked.any(|who| who.technician == technician && who.cost.promises <= 0))
        });
        Ok(found.await?.1)
    }
}
