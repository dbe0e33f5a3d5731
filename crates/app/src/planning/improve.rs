//! What the plan does while nothing else happens: it improves itself by small slices, a large one that was repaired in
//! place is told again, and it looks which agreed visits could be made earlier.

use super::build::{Live, Step};
use super::follow::TenantPlan;
use super::{BoardEarlier, SLOT_DAYS, refused, slot_windows};
use crate::app::App;
use crate::error::AppError;
use crate::numbers::case_number;
use crate::views::WindowDetail;
use aftercare_dispatch::plan::Cost;
use aftercare_dispatch::plan::model::Window as Span;
use aftercare_domain::ids::TenantId;
use std::sync::Arc;
use tokio::sync::Mutex;

/// Slices of one turn for one tenant: another tenant and the end of the process wait no longer.
const SLICES_PER_TURN: u32 = 50;
/// Agreed visits, the next ones first, for which an earlier time is looked for.
const EARLIER_LOOKED: usize = 20;
/// So much more on the road is a visit that comes earlier worth, in seconds.
const EARLIER_TRAVEL_S: i64 = 10 * 60;

impl App {
    /// Improves plans that nobody works on and whose cases stand still; how many slices were done, and plans made again. A
    /// slice never moves a time that was agreed, and the next request waits for one slice at most. The same plan after as
    /// many slices is the same, whenever they are done.
    ///
    /// # Errors
    /// A thread that failed.
    pub async fn improve_turn(&self) -> Result<u32, AppError> {
        let mut done = 0;
        for (tenant, plan) in self.plans().all() {
            let told_of_before = plan.try_lock().ok();
            let told_of_before = told_of_before.map(|plan| plan.is_told_of_before(self.now()));
            if told_of_before == Some(true) {
                // The next one who looks need not wait for it.
                drop(self.fresh_plan(tenant).await?);
                self.send_change(tenant, None);
                done += 1;
                continue;
            }
            if self.is_to_tell_again(tenant, &plan) {
                // Nobody waits for it: what happens meanwhile is more than it.
                self.told_beside(tenant).await?;
                self.send_change(tenant, None);
                done += 1;
                continue;
            }
            let mut before = None;
            let mut better = false;
            for _ in 0..SLICES_PER_TURN {
                // Whoever asks for the plan goes first, and so does what has to be taken in.
                let Ok(mut held) = Arc::clone(&plan).try_lock_owned() else {
                    break;
                };
                if self.plans().has_changed(tenant) {
                    break;
                }
                let now = self.now();
                let slice = move || {
                    let live = held.live.as_mut()?;
                    let before = live.plan.cost();
                    let (used, all) = live.improvement();
                    if used >= all {
                        return None;
                    }
                    let more = live.improve();
                    let after = live.plan.cost();
                    let broken = (!more || live.is_small()).then(|| live.check().err());
                    if let Some(broken) = broken.flatten() {
                        held.fall_back(broken, now);
                        return Some((before, after, false));
                    }
                    Some((before, after, more))
                };
                let slice = tokio::task::spawn_blocking(slice).await;
                let slice = slice
                    .map_err(|error| AppError::internal(format!("improving the plan: {error}")))?;
                let Some((was, is, more)) = slice else {
                    break;
                };
                done += 1;
                better |= is < *before.get_or_insert(was);
                if !more {
                    break;
                }
            }
            if better {
                self.send_change(tenant, None);
            }
        }
        Ok(done)
    }

    fn is_to_tell_again(&self, tenant: TenantId, plan: &Mutex<TenantPlan>) -> bool {
        let held = plan.try_lock();
        !self.plans().has_changed(tenant)
            && held.is_ok_and(|plan| plan.is_to_tell_again(self.now()))
    }
}

/// Agreed visits that could be made earlier without harm to anybody: at what time, the earliest one each. They move only
/// when the customer agrees.
pub(super) fn earlier(live: &mut Live, now: i64) -> Result<Vec<BoardEarlier>, AppError> {
    let mut agreed: Vec<_> = live
        .inputs
        .visits
        .values()
        .filter(|visit| visit.step == Step::Agreed && !visit.asked)
        .filter_map(|visit| Some((visit.window?, visit.clone())))
        .collect();
    agreed.sort_by_key(|(window, visit)| (window.from, visit.work_order));
    let mut found = Vec::new();
    for (window, visit) in agreed {
        let kept = Span {
            from: live.inputs.seconds(window.from),
            to: live.inputs.seconds(window.until),
        };
        if kept.from <= now || kept.from >= SLOT_DAYS * 86_400 {
            continue;
        }
        if found.len() >= EARLIER_LOOKED {
            break;
        }
        found.push((kept, window, visit));
    }
    let mut rows = Vec::new();
    for (kept, window, visit) in found {
        let Some(name) = live.name(visit.work_order).map(str::to_owned) else {
            continue;
        };
        let mut windows = slot_windows(now);
        windows.retain(|slot| slot.to <= kept.from);
        windows.push(kept);
        let offers = live.plan.moves(&name, &windows, windows.len());
        let offers = offers.map_err(|error| refused(&error))?;
        let stays = offers.iter().find(|offer| offer.window == kept);
        let Some(stays) = stays.map(|offer| offer.cost) else {
            continue;
        };
        let mut better = offers.iter().filter(|offer| offer.window != kept);
        let first = better
            .by_ref()
            .filter(|offer| is_no_worse(&offer.cost, &stays))
            .min_by_key(|offer| offer.window.from);
        if let (Some(offer), Some(technician)) = (first, visit.technician) {
            rows.push(BoardEarlier {
                work_order: visit.work_order,
                case: visit.case,
                number: case_number(visit.case),
                skill: visit.skill.clone(),
                technician_name: live
                    .inputs
                    .staff
                    .who(technician)
                    .map(|who| who.name.clone())
                    .unwrap_or_default(),
                agreed: WindowDetail::of(window),
                earlier: WindowDetail {
                    from: live.inputs.time(offer.window.from),
                    until: live.inputs.time(offer.window.to),
                },
            });
        }
    }
    Ok(rows)
}

/// Whether no term before the road is worse, and the road is not much longer.
fn is_no_worse(new: &Cost, old: &Cost) -> bool {
    new.promises <= old.promises
        && new.risk <= old.risk
        && new.overtime <= old.overtime
        && new.changes <= old.changes
        && new.travel <= old.travel + EARLIER_TRAVEL_S
}
