//! What other processes on the same database do: pages of this one that stay open show it, the plan and the search for
//! photos that were used before know it.

use crate::app::App;
use crate::error::AppError;
use aftercare_domain::ids::{CaseId, TenantId};
use aftercare_store::Elsewhere;
use std::collections::HashSet;
use std::sync::Weak;
use std::time::Duration;
use tokio::sync::mpsc;

/// How long to wait before more than a case is read again: whoever imports a catalogue tells it photo by photo.
const MORE_WAITS: Duration = Duration::from_secs(1);

/// Follows what is told until the application is gone.
pub(crate) async fn follow(app: Weak<App>, mut changes: mpsc::Receiver<Elsewhere>) {
    while let Some(change) = changes.recv().await {
        let mut told = vec![change];
        if !matches!(change, Elsewhere::Case { .. }) {
            tokio::time::sleep(MORE_WAITS).await;
            while let Ok(more) = changes.try_recv() {
                told.push(more);
            }
        }
        for change in together(told) {
            let Some(app) = app.upgrade() else {
                return;
            };
            let done = match change {
                Elsewhere::Case { tenant, case } => app.case_changed_elsewhere(tenant, case).await,
                Elsewhere::Staff => app.staff_changed_elsewhere().await,
                Elsewhere::Anything => app.anything_changed_elsewhere().await,
            };
            if let Err(error) = done {
                tracing::error!(rule = %error.rule, detail = ?error.detail, "what another process did could not be read");
            }
        }
    }
}

/// What is to do about changes that were told together: each once, and where anything may have changed, everything is read,
/// also the cases among them.
fn together(mut told: Vec<Elsewhere>) -> Vec<Elsewhere> {
    if told.contains(&Elsewhere::Anything) {
        return vec![Elsewhere::Anything];
    }
    let mut seen = HashSet::new();
    told.retain(|change| seen.insert(*change));
    told
}

impl App {
    async fn case_changed_elsewhere(&self, tenant: TenantId, case: CaseId) -> Result<(), AppError> {
        let learned = self.learn_photos(tenant, case).await;
        self.announce(tenant, case);
        learned
    }

    async fn anything_changed_elsewhere(&self) -> Result<(), AppError> {
        let loaded = self.load_fingerprints().await;
        self.staff_changed_elsewhere().await?;
        loaded
    }

    /// Photos are none of it, and a tenant may have millions: they stay as they are.
    async fn staff_changed_elsewhere(&self) -> Result<(), AppError> {
        self.staffs().forget().await;
        self.plans().forget();
        for tenant in self.store().tenants().await? {
            self.send_change(tenant.id, None);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn only_what_may_concern_photos_reads_them_again_and_nothing_is_done_twice() {
        let case = |number| Elsewhere::Case {
            tenant: TenantId(Uuid::from_u128(1)),
            case: CaseId(Uuid::from_u128(number)),
        };
        let (staff, anything) = (Elsewhere::Staff, Elsewhere::Anything);
        assert_eq!(together(vec![case(1)]), [case(1)]);
        // A table of technicians that is imported, and cases that go on meanwhile.
        assert_eq!(
            together(vec![staff, staff, case(1), staff, case(2), case(1)]),
            [staff, case(1), case(2)]
        );
        assert_eq!(together(vec![staff, case(1), anything]), [anything]);
    }
}
