//! Cases of an outside platform (party mode): linked, read again, and what the platform decided. We prepare the answer; the
//! platform decides, moves the money, and its deadline counts where it is earlier.

use super::draft::{Draft, comes_before_answer, sealed, short};
use super::outcome;
use super::permissions::Act;
use crate::clock::{Clock, ClockState, Subject};
use crate::command::Command;
use crate::event::{Body, Citation, OperatorMode, Platform, PlatformOutcome};
use crate::evidence::Envelope;
use crate::ids::ClaimId;
use crate::refusals;
use crate::refused::Refused;
use crate::time::Timestamp;

/// Whether an outside platform decides this case.
pub(super) fn is_party(draft: &Draft<'_>) -> bool {
    let opened = draft.case.opened.as_ref();
    opened.is_some_and(|opened| opened.mode == OperatorMode::Party)
}

/// Whether the actor may do this of the claimant's side, or brings a platform's case: the buyer there is not here.
pub(super) fn allow_or_brought(draft: &Draft<'_>, act: Act) -> Result<(), Refused> {
    draft.allow(act).or_else(|refused| {
        if is_party(draft) {
            draft.allow(Act::BringPlatformCase)
        } else {
            Err(refused)
        }
    })
}

pub(super) fn decide(draft: &mut Draft<'_>, command: Command) -> Result<(), Refused> {
    match command {
        Command::LinkPlatform {
            claim,
            platform,
            object,
            status,
            due_at,
            ..
        } => link(draft, claim, platform, object, status, due_at),
        Command::ReadPlatform {
            claim,
            object,
            status,
            due_at,
            ..
        } => read(draft, claim, object, status, due_at),
        Command::RecordPlatformOutcome {
            by,
            claim,
            outcome,
            may_exceed,
        } => {
            draft.allow(Act::BringPlatformCase)?;
            let open = draft.claim(claim)?;
            let linked = open
                .platform
                .as_ref()
                .ok_or_else(refusals::platform_not_linked)?;
            if linked.outcome.is_some() {
                return Err(refusals::platform_decided_already());
            }
            if open.state.is_ended() {
                return Err(refusals::claim_ended());
            }
            // The platform moves the money, also more than was paid. Whoever records that says that it is no slip of the pen.
            let above_paid = match outcome {
                PlatformOutcome::Granted { resolution } => {
                    outcome::above_paid(draft, open, resolution)?
                }
                PlatformOutcome::Rejected | PlatformOutcome::TakenBack => None,
            };
            if let (Some(above), false) = (above_paid, may_exceed) {
                let Refused { rule, zh, en } = refusals::grant_above_paid();
                return Err(Refused {
                    rule,
                    zh: format!("{zh}高出 {above}。"),
                    en: format!("{en} It is {above} more."),
                });
            }
            draft.emit(Body::PlatformDecided {
                claim,
                recorded_by: by,
                outcome,
                above_paid,
            });
            match outcome {
                PlatformOutcome::Granted { .. } => {
                    outcome::close(draft, claim);
                    Ok(())
                }
                // The platform moves the money; goods that lie with the shop move by nobody's hand but the shop's.
                PlatformOutcome::Rejected | PlatformOutcome::TakenBack => {
                    outcome::end_with_nothing(draft, claim)
                }
            }
        }
        _ => Ok(()),
    }
}

fn link(
    draft: &mut Draft<'_>,
    claim: ClaimId,
    platform: Platform,
    object: Envelope,
    status: String,
    due_at: Option<Timestamp>,
) -> Result<(), Refused> {
    draft.allow(Act::BringPlatformCase)?;
    if !is_party(draft) {
        return Err(refusals::not_party_mode());
    }
    if draft.claim(claim)?.platform.is_some() {
        return Err(refusals::platform_linked_already());
    }
    sealed(&object)?;
    short(&status)?;
    draft.emit(Body::PlatformLinked {
        claim,
        platform,
        object,
        status,
        due_at,
    });
    shorten(draft, claim, platform)
}

fn read(
    draft: &mut Draft<'_>,
    claim: ClaimId,
    object: Envelope,
    status: String,
    due_at: Option<Timestamp>,
) -> Result<(), Refused> {
    draft.allow(Act::BringPlatformCase)?;
    let link = draft
        .claim(claim)?
        .platform
        .as_ref()
        .ok_or_else(refusals::platform_not_linked)?;
    let platform = link.platform;
    if link.outcome.is_some() {
        return Err(refusals::platform_decided_already());
    }
    sealed(&object)?;
    short(&status)?;
    draft.emit(Body::PlatformRead {
        claim,
        object,
        status,
        due_at,
    });
    shorten(draft, claim, platform)
}

/// Moves the clocks that run beyond the platform's deadline to it. A later deadline moves none back: what a rule gave stays
/// as it is.
fn shorten(draft: &mut Draft<'_>, claim: ClaimId, platform: Platform) -> Result<(), Refused> {
    let subject = Subject::Claim(claim);
    let Some(due) = draft.platform_due(subject) else {
        return Ok(());
    };
    let late: Vec<Clock> = draft
        .case
        .open_clocks(subject)
        .filter(|clock| {
            comes_before_answer(clock.key.name)
                && clock.state == ClockState::Running
                && clock.due_at > due
        })
        .copied()
        .collect();
    for clock in late {
        draft.emit(Body::ClockRebased {
            clock: clock.key,
            allowance_ms: due.since_ms(clock.started_at).max(0),
            due_at: due,
            assumed: false,
            rule: Citation {
                rule: format!("platform:{}/deadline", platform.name()),
                version: "1".to_owned(),
            },
        });
    }
    Ok(())
}
