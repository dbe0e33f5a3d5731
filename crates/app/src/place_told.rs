//! Where a visit is, told in a call: who could not say it in the report is called, and what they say is sealed with the
//! person, as it would have been with the report. The case has the county alone.

use crate::access::staff;
use crate::act::the_work_order;
use crate::app::App;
use crate::engine::Side;
use crate::error::AppError;
use crate::people::Place;
use crate::places::COUNTY_TO_ASK;
use crate::principal::Principal;
use crate::views::Acted;
use aftercare_domain::command::Command;
use aftercare_domain::ids::{CaseId, WorkOrderId};
use aftercare_domain::{Actor, Role};
use aftercare_vault::Plain;
use serde::Deserialize;
use utoipa::ToSchema;

/// Where a visit is, as it was told in a call.
#[derive(Deserialize, ToSchema)]
pub struct PlaceTold {
    /// May be left out when the case has one repair.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub work_order: Option<WorkOrderId>,
    /// As it would stand on a parcel; the one that is known stays when it is empty.
    #[serde(default = "crate::people::empty")]
    #[schema(value_type = String)]
    pub address: Plain<String>,
    /// Division code of the county; empty where the address tells it.
    #[serde(default)]
    pub county: String,
    /// The point, if it is known; a new address without one takes back the old point.
    #[serde(default)]
    #[schema(value_type = Option<crate::datum::PlaceInput>)]
    pub place: Option<Place>,
    /// Why a colleague puts right what was known; a customer need not say.
    #[serde(default)]
    pub reason: String,
}

impl std::fmt::Debug for PlaceTold {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PlaceTold(..)")
    }
}

impl App {
    /// Takes down where a visit is: a dispatcher or an agent was told in a call, or the customer puts it right. The plan
    /// has it at once, and somebody is asked where nobody has the work.
    ///
    /// # Errors
    /// `Invalid` for the field `county` or `address` when the place stays open, for `reason` when a colleague corrects what was
    /// known and does not say why, a missing role, a technician who is on the way.
    pub async fn tell_place(
        &self,
        principal: &Principal,
        case: CaseId,
        told: &PlaceTold,
    ) -> Result<Acted, AppError> {
        let by = match principal {
            Principal::Claimant { person, .. } => Actor::Claimant { person: *person },
            _ => staff(principal, &[Role::Dispatcher, Role::Agent])?,
        };
        let state = self.readable(principal, case).await?;
        let opened = crate::detail::opened(&state)?;
        let county = self.county_of_visit(&told.county, &told.address)?;
        if county == COUNTY_TO_ASK {
            return Err(AppError::invalid(
                "county",
                "county_needed",
                "请选择上门地点所在的区县。",
                "Please choose the county of the visit.",
            ));
        }
        let work_order = the_work_order(&state, told.work_order)?;
        let known = state.work_orders.get(&work_order);
        let is_known = known.is_some_and(|order| order.county != COUNTY_TO_ASK);
        let is_own = matches!(by, Actor::Claimant { .. });
        let reason = told.reason.trim();
        if !is_own && is_known {
            crate::text::required("reason", reason)?;
        }
        let reason = match is_own || reason.is_empty() {
            true => None,
            false => {
                let key = self.case_key(opened.tenant, case).await?;
                Some(key.seal_text(reason)?)
            }
        };
        let row = self.store().person(opened.claimant).await?;
        let row = row.ok_or_else(|| AppError::not_found("这位客户", "person"))?;
        // Whoever tells the point alone has said nothing about the town of the address.
        let point_alone = told.place.is_some() && told.address.expose_str().trim().is_empty();
        let town = match point_alone {
            true => self.spot_for_dispatch(opened.tenant, row.id).await?.town,
            false => None,
        };
        let side = Side {
            writes: self
                .moved(&row, (&county, told), town)
                .await?
                .into_iter()
                .collect(),
            ..Side::default()
        };
        self.run(case, side, |_| {
            Ok(vec![Command::TellPlace {
                by,
                work_order,
                county: county.clone(),
                reason: reason.clone(),
            }])
        })
        .await
    }
}
