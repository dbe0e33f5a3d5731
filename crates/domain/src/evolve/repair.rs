//! Repairs: what each event does to a work order.

use super::take_files;
use crate::actor::{Actor, Party};
use crate::case::{Case, Offer, OfferAnswer, Quote, RepairState, WorkOrder};
use crate::charge::Charge;
use crate::clock::Subject;
use crate::event::{Body, Escalation, Event, Rating};
use crate::ids::{OfferId, WorkOrderId};
use crate::invoice::Invoice;
use crate::money::Fen;
use crate::placing::{Handed, Placed, Placing, Stood};
use crate::visits::Visits;
use std::collections::BTreeMap;

fn change(case: &mut Case, id: WorkOrderId, apply: impl FnOnce(&mut WorkOrder)) {
    if let Some(order) = case.work_orders.get_mut(&id) {
        apply(order);
    }
}

fn answer(order: &mut WorkOrder, id: OfferId, answer: OfferAnswer) {
    if let Some(offer) = order.offers.iter_mut().find(|offer| offer.offer == id) {
        offer.answer = answer;
    }
}

/// Whoever did not take it does not have it on the board either.
fn unplace(order: &mut WorkOrder, id: OfferId) {
    let asked = order.offers.iter().find(|made| made.offer == id);
    let placed = order.placing.placed.map(|placed| placed.technician);
    if placed.is_some() && placed == asked.map(|made| made.technician) {
        order.placing.end();
    }
}

/// Moves on, and with that answers what a dispatcher was called for; a right that nobody has checked is not answered so.
fn go(order: &mut WorkOrder, state: RepairState) {
    order.state = state;
    if order.escalation != Some(Escalation::WarrantyUnknown) || state == RepairState::Withdrawn {
        order.escalation = None;
    }
}

pub(super) fn evolve(case: &mut Case, event: &Event) {
    match &event.body {
        Body::RepairRequested {
            work_order,
            kind,
            product,
            skill,
            county,
            evidence,
            window,
            rework_of,
            inspects,
            urgent,
            ..
        } => {
            if case.work_orders.contains_key(work_order) {
                return;
            }
            let evidence = take_files(case, evidence, Some(Party::Claimant), event.at);
            case.work_orders.insert(
                *work_order,
                WorkOrder {
                    state: RepairState::Requested,
                    kind: *kind,
                    product: *product,
                    skill: skill.clone(),
                    county: county.clone(),
                    requested_at: event.at,
                    window: *window,
                    rework_of: *rework_of,
                    inspects: *inspects,
                    urgent: *urgent,
                    offers: Vec::new(),
                    technician: None,
                    helper: None,
                    placing: Placing::default(),
                    parts_taken: None,
                    parts_beyond: BTreeMap::new(),
                    response_ms: None,
                    told_ms: None,
                    proposed: Vec::new(),
                    set_out_at: None,
                    arrived_at: None,
                    done_at: None,
                    visits: Visits::default(),
                    quote: None,
                    agreed_quote: None,
                    quotes_made: 0,
                    diagnosed: false,
                    diagnosis: None,
                    actions: Vec::new(),
                    failed: false,
                    outcome: None,
                    warranty_until: None,
                    escalation: None,
                    wrote_at: None,
                    same_part: Vec::new(),
                    statutory_offer: None,
                    evidence,
                    alike: Vec::new(),
                    rating: None,
                    invoice: None,
                    charge: Charge::default(),
                },
            );
        }
        Body::RepairVerified { work_order, .. } => {
            change(case, *work_order, |order| go(order, RepairState::Verified));
        }
        Body::RepairOffered {
            work_order,
            offer,
            technician,
            distance_m,
            ..
        } => change(case, *work_order, |order| {
            order.offers.push(Offer {
                offer: *offer,
                technician: *technician,
                distance_m: *distance_m,
                at: event.at,
                answer: OfferAnswer::Open,
            });
            // Another offer does not answer the call that nobody accepted in time.
            let late = order.escalation == Some(Escalation::NotAccepted);
            go(order, RepairState::Offered);
            if late {
                order.escalation = Some(Escalation::NotAccepted);
            }
        }),
        Body::OfferDeclined {
            work_order, offer, ..
        } => change(case, *work_order, |order| {
            answer(order, *offer, OfferAnswer::Declined);
            unplace(order, *offer);
            back_to_verified(order);
        }),
        Body::OfferLapsed { work_order, offer } => change(case, *work_order, |order| {
            answer(order, *offer, OfferAnswer::Lapsed);
            unplace(order, *offer);
            back_to_verified(order);
        }),
        Body::OfferTaken {
            work_order, offer, ..
        } => change(case, *work_order, |order| {
            answer(order, *offer, OfferAnswer::Taken);
        }),
        Body::OfferAccepted {
            work_order,
            offer,
            technician,
            response_ms,
        } => change(case, *work_order, |order| {
            answer(order, *offer, OfferAnswer::Accepted);
            order.technician = Some(*technician);
            // Somebody else may have been quicker than whoever it was given.
            let placed = order.placing.placed;
            order.placing.placed = placed.filter(|placed| placed.technician == *technician);
            order.placing.stood = None;
            // The first acceptance is the response; nothing later overrules it.
            order.response_ms.get_or_insert(*response_ms);
            go(order, RepairState::Accepted);
        }),
        Body::PlaceTold {
            work_order, county, ..
        } => change(case, *work_order, |order| {
            order.county.clone_from(county);
            if matches!(order.state, RepairState::Requested | RepairState::Verified) {
                // A dispatcher was called for the place; somebody is looked for now.
                order.escalation = None;
            }
        }),
        Body::HelperNamed {
            work_order,
            technician,
        } => change(case, *work_order, |order| {
            order.helper = Some(*technician);
        }),
        Body::HelperReleased { work_order, .. } => {
            change(case, *work_order, |order| order.helper = None);
        }
        Body::VisitPlaced {
            work_order,
            technician,
            window,
            distance_m,
            ..
        } => change(case, *work_order, |order| {
            let stood = Stood {
                technician: order.technician,
                placed: order.placing.placed,
                handed: order.placing.handed,
                asked: order.open_offers().map(|made| made.technician).collect(),
            };
            // What was accepted is handed over; whoever else is given it is asked.
            if order.is_with_technician() {
                order.technician = Some(*technician);
            }
            let handed = distance_m.map(|distance_m| Handed {
                technician: *technician,
                distance_m,
            });
            order.placing = Placing {
                placed: Some(Placed {
                    technician: *technician,
                    window: *window,
                }),
                stood: Some(stood),
                handed: handed.or(order.placing.handed),
            };
        }),
        Body::VisitPutBack { work_order, .. } => change(case, *work_order, |order| {
            if let Some(stood) = order.placing.stood.take() {
                order.technician = stood.technician;
                order.placing.placed = stood.placed;
                order.placing.handed = stood.handed;
            }
        }),
        Body::PartsTaken {
            work_order,
            parts,
            beyond,
            ..
        } => change(case, *work_order, |order| {
            order.parts_taken = Some(parts.clone());
            order.parts_beyond.clone_from(beyond);
        }),
        // That somebody wrote, that photos are alike, or that an invoice is owed stands beside what else there is, until it is
        // answered.
        Body::DispatcherCalled {
            why: Escalation::CustomerWrote | Escalation::PhotosAlike | Escalation::InvoiceWanted,
            ..
        } => {}
        Body::DispatcherCalled {
            work_order,
            why: Escalation::PaymentOpen,
        } => change(case, *work_order, |order| order.charge.called = true),
        Body::DispatcherCalled { work_order, why } => {
            change(case, *work_order, |order| order.escalation = Some(*why));
        }
        Body::StatementAdded {
            subject: Subject::WorkOrder(work_order),
            party,
            files,
            ..
        } => {
            if !case.work_orders.contains_key(work_order) {
                return;
            }
            let ids = take_files(case, files, *party, event.at);
            change(case, *work_order, |order| {
                order.evidence.extend(ids);
                match party {
                    Some(Party::Claimant) => {
                        order.wrote_at.get_or_insert(event.at);
                    }
                    // Whoever works here answers.
                    None => {
                        order.wrote_at = None;
                        let asks = matches!(
                            order.escalation,
                            Some(Escalation::WarrantyUnknown | Escalation::NothingMoves)
                        );
                        if asks && !matches!(event.by, Actor::Technician { .. }) {
                            order.escalation = None;
                        }
                    }
                    Some(Party::Merchant) => {}
                }
            });
        }
        Body::TechnicianReleased { work_order, .. } => change(case, *work_order, |order| {
            order.not_visited(event.at);
            order.technician = None;
            order.placing.end();
            // What was agreed is what the customer would like now.
            order.window = order.window.filter(|window| window.until > event.at);
            nobody_there(order);
            go(order, RepairState::Verified);
        }),
        Body::VisitScheduled { work_order, window } => change(case, *work_order, |order| {
            order.not_visited(event.at);
            order.window = Some(*window);
            order.placing.end();
            nobody_there(order);
            go(order, RepairState::Scheduled);
        }),
        Body::ChosenTimeMissed { work_order, .. } => {
            change(case, *work_order, |order| order.window = None);
        }
        Body::VisitTimesProposed {
            work_order,
            windows,
        } => change(case, *work_order, |order| {
            order.proposed.clone_from(windows);
            order.placing.stood = None;
        }),
        Body::VisitTimeKept { work_order } => {
            change(case, *work_order, |order| order.proposed.clear());
        }
        Body::CustomerAbsent { work_order } => change(case, *work_order, |order| {
            // Somebody was there, but the visit is still to be made.
            order.visits.made = order.visits.made.saturating_sub(1);
            order.window = None;
            order.placing.end();
            nobody_there(order);
            go(order, RepairState::Accepted);
        }),
        Body::CustomerTold {
            work_order,
            response_ms,
        } => change(case, *work_order, |order| {
            order.told_ms.get_or_insert(*response_ms);
        }),
        Body::TechnicianEnRoute { work_order } => {
            change(case, *work_order, |order| {
                order.proposed.clear();
                order.placing.end();
                order.set_out_at = Some(event.at);
                order.state = RepairState::EnRoute
            });
        }
        Body::TechnicianArrived { work_order } => change(case, *work_order, |order| {
            order.proposed.clear();
            order.placing.end();
            order.arrived_at = Some(event.at);
            order.visited(event.at);
            go(order, RepairState::Arrived);
        }),
        // The technician may still come: the dispatcher decides, the state does not.
        Body::NoShowRecorded { .. } => {}
        Body::RepairDiagnosed {
            work_order,
            fault_code,
            ..
        } => change(case, *work_order, |order| {
            order.diagnosed = true;
            order.diagnosis = Some(fault_code.clone());
            go(order, RepairState::Diagnosed);
        }),
        Body::QuoteProposed {
            work_order,
            quote,
            lines,
            total,
            under_warranty,
        } => change(case, *work_order, |order| {
            let replaces = order.agreed_quote.clone().map(|before| {
                Box::new(Quote {
                    replaces: None,
                    ..before
                })
            });
            order.quote = Some(Quote {
                quote: *quote,
                lines: lines.clone(),
                total: *total,
                under_warranty: *under_warranty,
                consented: None,
                replaces,
            });
            order.quotes_made = order.quotes_made.saturating_add(1);
            // A quote of nothing needs no consent: the work may start.
            if *total > Fen::ZERO {
                go(order, RepairState::QuotePending);
            } else {
                // It takes the place of what was agreed before, which nobody pays any more.
                if order.agreed_quote.is_some() {
                    order.agreed_quote = order.quote.clone();
                }
                if order.state != RepairState::InWork {
                    go(order, RepairState::Diagnosed);
                }
            }
        }),
        Body::QuoteConsented { work_order, quote } => {
            consent(case, *work_order, *quote, true);
        }
        Body::QuoteDeclined { work_order, quote } => {
            consent(case, *work_order, *quote, false);
        }
        Body::WorkStarted { work_order } => {
            change(case, *work_order, |order| go(order, RepairState::InWork));
        }
        Body::PartsAwaited { work_order, .. } => {
            change(case, *work_order, |order| {
                // That visit is over; the next one is to be agreed.
                order.window = None;
                nobody_there(order);
                go(order, RepairState::WaitingForParts);
            });
        }
        Body::PartsArrived { work_order } => change(case, *work_order, |order| {
            if order.state == RepairState::WaitingForParts {
                order.visits.made = order.visits.made.saturating_add(1);
                go(order, RepairState::InWork);
            }
        }),
        Body::WorkDone {
            work_order,
            outcome,
            actions,
            evidence,
            ..
        } => {
            if !case.work_orders.contains_key(work_order) {
                return;
            }
            let ids = take_files(case, evidence, None, event.at);
            change(case, *work_order, |order| {
                order.outcome = Some(*outcome);
                order.actions.clone_from(actions);
                order.done_at = Some(event.at);
                order.evidence.extend(ids);
                go(order, RepairState::Done);
            });
        }
        Body::WorkPhotosAdded {
            work_order,
            party,
            evidence,
        } => {
            if !case.work_orders.contains_key(work_order) {
                return;
            }
            let ids = take_files(case, evidence, *party, event.at);
            change(case, *work_order, |order| order.evidence.extend(ids));
        }
        Body::WorkPhotosAlike { work_order, photos } => {
            change(case, *work_order, |order| order.alike.extend(photos));
        }
        Body::WorkPhotosCompared { work_order, .. } => {
            change(case, *work_order, |order| order.alike.clear());
        }
        Body::WorkRated {
            work_order,
            satisfaction,
            ..
        } => change(case, *work_order, |order| {
            order.rating = Some(Rating {
                satisfaction: *satisfaction,
                at: event.at,
                answered: false,
            });
        }),
        Body::RatingAnswered { work_order, .. } => change(case, *work_order, |order| {
            if let Some(rating) = &mut order.rating {
                rating.answered = true;
            }
        }),
        Body::InvoiceRequested { work_order, .. } => change(case, *work_order, |order| {
            order.invoice = Some(Invoice {
                at: event.at,
                sent: false,
            });
        }),
        Body::InvoiceSent { work_order, .. } => change(case, *work_order, |order| {
            if let Some(invoice) = &mut order.invoice {
                invoice.sent = true;
            }
        }),
        Body::CustomerPayment { work_order, step } => change(case, *work_order, |order| {
            order.charge.take(step, event.by, event.at);
        }),
        Body::WorkConfirmed { work_order, .. } => {
            change(case, *work_order, |order| go(order, RepairState::Confirmed));
        }
        Body::WorkDisputed { work_order, .. } => {
            change(case, *work_order, |order| go(order, RepairState::Disputed));
        }
        Body::WorkDisputeSettled { work_order, .. } => {
            change(case, *work_order, |order| go(order, RepairState::Confirmed));
        }
        Body::WorkWarrantyStarted { work_order, until } => change(case, *work_order, |order| {
            order.warranty_until = Some(*until);
            go(order, RepairState::UnderWarranty);
        }),
        Body::WorkWarrantyEnded { work_order } => {
            change(case, *work_order, |order| go(order, RepairState::Expired));
        }
        Body::RepairWithdrawn { work_order } => {
            change(case, *work_order, |order| {
                order.wrote_at = None;
                order.not_visited(event.at);
                go(order, RepairState::Withdrawn);
            });
        }
        Body::RepairFailed { work_order, .. } => {
            change(case, *work_order, |order| order.failed = true);
        }
        Body::SamePartFailed { work_order, parts } => change(case, *work_order, |order| {
            order.same_part.extend(parts.iter().cloned());
        }),
        Body::StatutoryClaimOffered {
            work_order, ground, ..
        } => change(case, *work_order, |order| {
            order.statutory_offer = Some(*ground);
            if order.escalation == Some(Escalation::WarrantyUnknown) {
                order.escalation = None;
            }
        }),
        _ => {}
    }
}

/// The visit is over, or another one is to be made.
fn nobody_there(order: &mut WorkOrder) {
    order.proposed.clear();
    order.set_out_at = None;
    order.arrived_at = None;
}

fn back_to_verified(order: &mut WorkOrder) {
    // Others that were asked at the same time may still accept.
    if order.state == RepairState::Offered && order.open_offers().next().is_none() {
        order.state = RepairState::Verified;
    }
}

fn consent(case: &mut Case, id: WorkOrderId, quote: crate::ids::QuoteId, yes: bool) {
    change(case, id, |order| {
        let Some(latest) = order.quote.as_mut().filter(|latest| latest.quote == quote) else {
            return;
        };
        latest.consented = Some(yes);
        if yes {
            order.agreed_quote = order.quote.clone();
            go(order, RepairState::Consented);
        } else if order.agreed_quote.is_some() {
            // What was agreed before stands, and the work on it may go on.
            order.quote = order.agreed_quote.clone();
            go(order, RepairState::Consented);
        } else {
            go(order, RepairState::QuoteDeclined);
        }
    });
}
