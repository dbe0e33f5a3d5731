//! What other processes on the same database do: pages of this one that stay open show it, the plan and the search for
//! photos that were used before know it.

use crate::app::App;
use crate::error::AppError;
use aftercare_domain::ids::{CaseId, TenantId};
use aftercare_store::Elsewhere;
use std::sync::Weak;
use std::time::Duration;
use tokio::sync::mpsc;

/// How long to wait before everything is read again: whoever imports a catalogue tells it photo by photo.
const ANYTHING_WAITS: Duration = Duration::from_secs(1);

/// Follows what is told until the application is gone.
pub(crate) async fn follow(app: Weak<App>, mut changes: mpsc::Receiver<Elsewhere>) {
    while let Some(change) = changes.recv().await {
        if change == Elsewhere::Anything {
            tokio::time::sleep(ANYTHING_WAITS).await;
            // Also the cases among these are read then.
            while changes.try_recv().is_ok() {}
        }
        let Some(app) = app.upgrade() else {
            return;
        };
        let done = match change {
            Elsewhere::Case { tenant, case } => app.case_changed_elsewhere(tenant, case).await,
            Elsewhere::Anything => app.anything_changed_elsewhere().await,
        };
        if let Err(error) = done {
            tracing::error!(rule = %error.rule, detail = ?error.detail, "what another process did could not be read");
        }
    }
}

impl App {
    async fn case_changed_elsewhere(&self, tenant: TenantId, case: CaseId) -> Result<(), AppError> {
        let learned = self.learn_photos(tenant, case).await;
        self.announce(tenant, case);
        learned
    }

    async fn anything_changed_elsewhere(&self) -> Result<(), AppError> {
        let loaded = self.load_fingerprints().await;
        self.staffs().forget().await;
        self.plans().forget();
        for tenant in self.store().tenants().await? {
            self.send_change(tenant.id, None);
        }
        loaded
    }
}
