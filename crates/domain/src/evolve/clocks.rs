//! Clocks: one record a key, the latest start of it.

use crate::case::Case;
use crate::clock::{Clock, ClockKey, ClockState, PauseReason};
use crate::event::{Body, Event};
use crate::limits::HOLD_MS_MAX;
use crate::time::Timestamp;

fn change(case: &mut Case, key: ClockKey, apply: impl FnOnce(&mut Clock)) {
    if let Some(clock) = case.clocks.iter_mut().find(|clock| clock.key == key) {
        apply(clock);
    }
}

pub(super) fn evolve(case: &mut Case, event: &Event) {
    match &event.body {
        Body::ClockStarted {
            clock,
            basis,
            due_at,
            allowance_ms,
            assumed,
            ..
        } => {
            case.clocks.retain(|old| old.key != *clock);
            case.clocks.push(Clock {
                key: *clock,
                basis: *basis,
                started_at: event.at,
                due_at: *due_at,
                allowance_ms: *allowance_ms,
                extended: false,
                extended_ms: 0,
                holds: 0,
                assumed: *assumed,
                state: ClockState::Running,
            });
        }
        Body::ClockPaused {
            clock,
            reason,
            left_ms,
            until,
        } => change(case, *clock, |clock| {
            if clock.state == ClockState::Running {
                clock.holds = clock.holds.saturating_add(u32::from(until.is_some()));
                clock.state = ClockState::Paused {
                    since: event.at,
                    left_ms: *left_ms,
                    reason: *reason,
                    until: until.or_else(|| ended_since(*reason, event.at)),
                };
            }
        }),
        Body::ClockResumed {
            clock,
            due_at,
            assumed,
            ..
        } => change(case, *clock, |clock| {
            if matches!(clock.state, ClockState::Paused { .. }) {
                clock.state = ClockState::Running;
                clock.due_at = *due_at;
                clock.assumed = *assumed;
            }
        }),
        Body::ClockExtended {
            clock,
            by_ms,
            due_at,
            assumed,
            ..
        } => change(case, *clock, |clock| {
            clock.extended = true;
            clock.extended_ms = clock.extended_ms.saturating_add(*by_ms);
            let allowance_ms = clock.allowance_ms.saturating_add(*by_ms);
            set_allowance(clock, allowance_ms);
            clock.due_at = *due_at;
            clock.assumed = *assumed;
        }),
        Body::ClockRebased {
            clock,
            allowance_ms,
            due_at,
            assumed,
            ..
        } => change(case, *clock, |clock| {
            set_allowance(clock, *allowance_ms);
            clock.due_at = *due_at;
            clock.assumed = *assumed;
        }),
        Body::ClockStopped { clock } => change(case, *clock, |clock| {
            if clock.is_open() {
                clock.state = ClockState::Stopped { at: event.at };
            }
        }),
        Body::ClockExpired { clock } => change(case, *clock, |clock| {
            if clock.is_open() {
                clock.state = ClockState::Expired { at: event.at };
            }
        }),
        _ => {}
    }
}

/// The end of a pause that was written down before pauses had one: those that somebody made by hand.
fn ended_since(reason: PauseReason, since: Timestamp) -> Option<Timestamp> {
    match reason {
        PauseReason::WaitingForLook | PauseReason::WaitingForPhoto => None,
        PauseReason::WaitingForCustomer
        | PauseReason::WaitingForParts
        | PauseReason::Examination
        | PauseReason::ForceMajeure => Some(since.plus_ms(HOLD_MS_MAX)),
    }
}

/// A new allowance; a paused clock keeps the time it has used, so what is left moves with it.
fn set_allowance(clock: &mut Clock, allowance_ms: i64) {
    let more_ms = allowance_ms.saturating_sub(clock.allowance_ms);
    if let ClockState::Paused { left_ms, .. } = &mut clock.state {
        *left_ms = left_ms.saturating_add(more_ms).max(0);
    }
    clock.allowance_ms = allowance_ms;
}
