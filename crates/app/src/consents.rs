//! Consent: what a person's data is used for on no other ground than that, and that they take it back, on the page of their own case
//! and at once. What the contract or the law needs is no matter of consent, and is not asked about here.

use crate::app::App;
use crate::engine::{KnownSpot, Side};
use crate::error::{AppError, ErrorKind};
use crate::own_data::claimant;
use crate::people::{Spot, shredded};
use crate::places::COUNTY_TO_ASK;
use crate::principal::Principal;
use crate::processing::InBoth;
use aftercare_domain::audit::{AuditBody, AuditEvent, ConsentPurpose};
use aftercare_domain::case::RepairState;
use aftercare_domain::command::Command;
use aftercare_domain::ids::{CaseId, PersonId, TenantId, WorkOrderId};
use aftercare_domain::{Actor, Case, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

/// What the log calls it when somebody took a consent back.
const WITHDRAWN: &str = "consent_withdrawn.v1";

/// A use that rests on consent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct OwnConsent {
    /// Stable name, such as `exact_place`.
    pub purpose: String,
    /// What is used for what, and what becomes of it without consent.
    pub what: InBoth,
    /// When it was taken back last.
    #[schema(value_type = Option<i64>)]
    pub withdrawn_at: Option<Timestamp>,
    /// Whether there is anything that it could be taken back for.
    pub is_there: bool,
}

/// What a purpose is, in words.
const fn words(purpose: ConsentPurpose) -> (&'static str, &'static str) {
    match purpose {
        ConsentPurpose::ExactPlace => (
            "地图上的位置（如果您给过），用来计算师傅上门的路程和时间；不同意的，按地址所在的乡镇或区县计算",
            "the point on the map at which you are, if you told it, for distances and times of visits; without it they go by the town or county of your address",
        ),
    }
}

/// Work of the case whose place still counts for whom to send and when, with its county.
fn to_come(state: &Case) -> Vec<(WorkOrderId, String)> {
    let counts = |state: &RepairState| {
        matches!(
            state,
            RepairState::Requested
                | RepairState::Verified
                | RepairState::Offered
                | RepairState::Accepted
                | RepairState::Scheduled
        )
    };
    state
        .work_orders
        .iter()
        .filter(|(_, order)| counts(&order.state) && order.county != COUNTY_TO_ASK)
        .map(|(id, order)| (*id, order.county.clone()))
        .collect()
}

fn nothing_given() -> AppError {
    AppError::new(
        ErrorKind::Refused,
        "no_consent_given",
        "您没有提供过这项信息，没有可以撤回的。",
        "You have not given this, so there is nothing to take back.",
    )
}

impl App {
    /// The uses of a person's data that rest on their consent, and when they took it back.
    ///
    /// # Errors
    /// Whoever is not the person themselves.
    pub async fn own_consents(
        &self,
        principal: &Principal,
        case: CaseId,
    ) -> Result<Vec<OwnConsent>, AppError> {
        let (person, _) = claimant(principal, case)?;
        let state = self.readable(principal, case).await?;
        let tenant = crate::detail::opened(&state)?.tenant;
        self.consents_of(tenant, person).await
    }

    pub(crate) async fn consents_of(
        &self,
        tenant: TenantId,
        person: PersonId,
    ) -> Result<Vec<OwnConsent>, AppError> {
        let row = self.store().person(person).await?;
        let row = row.filter(|row| row.shredded_at.is_none());
        let mut withdrawn = Vec::new();
        for event in self.store().acts(tenant, WITHDRAWN).await? {
            let act: AuditEvent = serde_json::from_slice(&event.payload)
                .map_err(|error| AppError::internal(format!("event {}: {error}", event.seq)))?;
            if let AuditBody::ConsentWithdrawn {
                person: of,
                purpose,
                ..
            } = act.body
                && of == person
            {
                withdrawn.push((purpose, act.at));
            }
        }
        let consents = ConsentPurpose::ALL.map(|purpose| {
            let latest = withdrawn.iter().rfind(|(of, _)| *of == purpose);
            let (zh, en) = words(purpose);
            OwnConsent {
                purpose: purpose.name().to_owned(),
                what: InBoth {
                    zh: zh.to_owned(),
                    en: en.to_owned(),
                },
                withdrawn_at: latest.map(|(_, at)| *at),
                is_there: row.as_ref().is_some_and(|row| match purpose {
                    ConsentPurpose::ExactPlace => row.place.is_some(),
                }),
            }
        });
        Ok(consents
            .into_iter()
            .filter(|consent| consent.is_there || consent.withdrawn_at.is_some())
            .collect())
    }

    /// Takes a consent back: what rested on it is destroyed, and the plan goes without it from then on.
    ///
    /// # Errors
    /// Whoever is not the person themselves, a person who was destroyed, nothing that rests on it, a keeper of the keys that does
    /// not answer.
    pub async fn withdraw_consent(
        &self,
        principal: &Principal,
        case: CaseId,
        purpose: ConsentPurpose,
    ) -> Result<(), AppError> {
        let (person, _) = claimant(principal, case)?;
        let state = self.readable(principal, case).await?;
        let tenant = crate::detail::opened(&state)?.tenant;
        let _alone = self.alone(case.0).await?;
        let row = self.store().person(person).await?;
        let row = row
            .filter(|row| row.shredded_at.is_none())
            .ok_or_else(shredded)?;
        let by = Actor::Claimant { person };
        let body = AuditBody::ConsentWithdrawn {
            person,
            case,
            purpose,
        };
        let audit = vec![self.audited(by, tenant, body)];
        match purpose {
            ConsentPurpose::ExactPlace => {
                let spot = self.spot_for_dispatch(tenant, person).await?;
                if spot.place.is_none() {
                    return Err(nothing_given());
                }
                let side = Side {
                    writes: vec![self.without_point(&row, &spot).await?],
                    audit,
                    spot: Some(KnownSpot {
                        person,
                        spot: Spot {
                            place: None,
                            town: spot.town,
                        },
                    }),
                    ..Side::default()
                };
                // What is planned by the point is planned anew; where a technician is on the way there is nothing to plan.
                if to_come(&state).is_empty() {
                    return self.commit_side(side).await;
                }
                self.run(case, side, |state| {
                    let told = to_come(state).into_iter();
                    let commands = told.map(|(work_order, county)| Command::TellPlace {
                        by,
                        work_order,
                        county,
                        reason: None,
                    });
                    Ok(commands.collect())
                })
                .await
                .map(drop)
            }
        }
    }
}
