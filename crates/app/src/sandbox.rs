//! The clock of a sandbox: a demo's time can be moved on, so that a rule pack is tried from filing to the last appeal in a
//! minute. Who serves people has the clock of the machine, which nothing here can move: there is no tenant to mark and no
//! setting to forget. All tenants of a process share one log, whose events come in the order of time, so a clock of one
//! tenant alone would break what the log says; the sandbox is the process.

use crate::access::staff;
use crate::app::App;
use crate::engine::Side;
use crate::error::AppError;
use crate::limits::{SANDBOX_AHEAD_MS_MAX, SANDBOX_HOURS_MAX, SANDBOX_STEPS_MAX};
use crate::principal::Principal;
use aftercare_domain::audit::{AuditBody, AuditEvent};
use aftercare_domain::time::HOUR_MS;
use aftercare_domain::{Role, Timestamp};

impl App {
    /// Milliseconds by which the time was moved on in a sandbox; none where the clock is real.
    #[must_use]
    pub fn sandbox_ahead_ms(&self) -> Option<i64> {
        let clock = self.clock().sandbox()?;
        Some(clock.ahead_ms())
    }

    /// Moves the clock of a sandbox on by whole hours. Whatever runs out or is due on the way happens at its own time, and
    /// the log says that the clock was moved before anything of it. Never back: time that has passed is in the log.
    ///
    /// # Errors
    /// A missing role; a clock that is real; no hours, or too many.
    pub async fn move_sandbox(
        &self,
        principal: &Principal,
        hours: i64,
    ) -> Result<Timestamp, AppError> {
        let by = staff(principal, &[Role::Admin])?;
        let Some(ahead_ms) = self.sandbox_ahead_ms() else {
            return Err(AppError::not_found(
                "可以拨快的时钟",
                "clock that can be moved",
            ));
        };
        if !(1..=SANDBOX_HOURS_MAX).contains(&hours) {
            return Err(AppError::invalid(
                "hours",
                "sandbox_hours",
                format!("一次拨快 1 到 {SANDBOX_HOURS_MAX} 小时；时钟不能往回拨。"),
                format!(
                    "Move it on by 1 to {SANDBOX_HOURS_MAX} hours at a time; a clock never goes back."
                ),
            ));
        }
        let ms = hours * HOUR_MS;
        if ahead_ms.saturating_add(ms) > SANDBOX_AHEAD_MS_MAX {
            let years = SANDBOX_AHEAD_MS_MAX / (365 * 24 * HOUR_MS);
            return Err(AppError::invalid(
                "hours",
                "sandbox_too_far",
                format!("一共最多拨快 {years} 年。"),
                format!("It can be moved on by {years} years in all."),
            ));
        }
        self.commit_side(Side {
            audit: vec![AuditEvent {
                at: self.now(),
                by,
                tenant: principal.tenant(),
                body: AuditBody::SandboxClockMoved {
                    hours: u32::try_from(hours).unwrap_or(u32::MAX),
                },
            }],
            ..Side::default()
        })
        .await?;
        let until = self.now().plus_ms(ms);
        self.settle().await?;
        for _ in 0..SANDBOX_STEPS_MAX {
            let Some(due) = self.next_due(until).await? else {
                break;
            };
            self.move_to(due);
            self.settle().await?;
        }
        self.move_to(until);
        self.settle().await?;
        Ok(self.now())
    }

    fn move_to(&self, time: Timestamp) {
        if let Some(clock) = self.clock().sandbox() {
            clock.move_to(time);
        }
    }
}
