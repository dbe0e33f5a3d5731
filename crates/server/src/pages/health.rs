//! The page of health.

use crate::pages::Shell;
use aftercare_app::health::Health;
use aftercare_app::rekeying::TenantKeys;
use aftercare_domain::Timestamp;
use askama::Template;

/// `GET /desk/health`: what fails, what is late, how the log and the keys stand, each with what to do.
#[derive(Debug, Template)]
#[template(path = "desk_health.html")]
pub struct HealthPage {
    pub shell: Shell,
    pub health: Health,
}

impl HealthPage {
    /// Events that no checkpoint covers yet.
    const fn unsigned(&self) -> u64 {
        self.health.events.saturating_sub(self.health.signed)
    }

    /// When the latest backup was made.
    fn backed_up(&self) -> Option<String> {
        self.health.backup.map(|at| self.shell.time(&at))
    }

    /// When the latest backup failed, where none was made since.
    fn backup_failed(&self) -> Option<String> {
        self.health.backup_failed.map(|at| self.shell.time(&at))
    }

    /// Since when the newest key wraps, where it is not the first one.
    fn since(&self, keys: &TenantKeys) -> Option<String> {
        keys.since.map(|since| self.shell.time(&Timestamp(since)))
    }
}
