//! The demo's world: a shop, its people, its goods, its orders; and time that passes on demand.

use super::print::{self, Voice};
use aftercare_app::actions::Action;
use aftercare_app::clock::DemoClock;
use aftercare_app::evidence::Upload;
use aftercare_app::views::{ClaimDetail, IntakeReceipt};
use aftercare_app::{App, Principal};
use aftercare_domain::evidence::EvidenceKind;
use aftercare_domain::ids::{CaseId, ProductId, TenantId};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

/// Everybody of the demo who signs in.
pub struct People {
    pub agent: Principal,
    pub dispatcher: Principal,
    pub first_technician: Principal,
    pub second_technician: Principal,
    pub merchant: Principal,
    pub reviewer: Principal,
    pub second_reviewer: Principal,
}

/// What the shop sells.
pub struct Goods {
    pub lamp: ProductId,
}

/// The world.
pub struct World {
    pub app: Arc<App>,
    pub clock: Arc<DemoClock>,
    pub tenant: TenantId,
    pub people: People,
    pub goods: Goods,
    /// Where the pages are, such as `http://127.0.0.1:8787`.
    pub base: String,
    voice: Voice,
    shown: Mutex<HashMap<CaseId, usize>>,
}

impl World {
    /// Puts the world together.
    pub fn new(
        app: Arc<App>,
        clock: Arc<DemoClock>,
        tenant: TenantId,
        people: People,
        goods: Goods,
    ) -> Self {
        Self {
            app,
            clock,
            tenant,
            people,
            goods,
            base: String::new(),
            voice: Voice::new(),
            shown: Mutex::new(HashMap::new()),
        }
    }

    /// A photo to upload.
    pub fn photo(kind: EvidenceKind, bytes: &[u8]) -> Upload {
        Upload {
            kind,
            bytes: bytes.to_vec(),
            ai_declared: false,
        }
    }

    /// A headline.
    pub fn say(&self, zh: &str, en: &str) {
        self.voice.headline(zh, en);
    }

    /// A remark beside the events.
    pub fn note(&self, words: &str) {
        self.voice.note(words);
    }

    /// One step of a story, with its events printed.
    pub async fn act(&self, who: &Principal, case: CaseId, action: Action) -> anyhow::Result<()> {
        self.act_with(who, case, action, Vec::new()).await
    }

    /// One step with photos.
    pub async fn act_with(
        &self,
        who: &Principal,
        case: CaseId,
        mut action: Action,
        photos: Vec<Upload>,
    ) -> anyhow::Result<()> {
        // Whoever looks in a story looks at all that is there.
        if let Action::FirstLook { seen, .. } = &mut action {
            let detail = self.app.case_detail(who, case).await?;
            seen.extend(detail.claims.iter().flat_map(ClaimDetail::to_see));
        }
        self.app.act(who, case, action, photos, None).await?;
        self.show_new_events(case).await
    }

    /// What the system does by itself now, printed.
    pub async fn settle(&self, case: CaseId) -> anyhow::Result<()> {
        self.app.settle().await?;
        self.show_new_events(case).await
    }

    /// Lets time pass: every clock that runs out on the way does so at its own time.
    pub async fn live_through(&self, case: CaseId, ms: i64) -> anyhow::Result<()> {
        let until = self.app.now().plus_ms(ms);
        self.app.settle().await?;
        while let Some(due) = self.app.next_due(until).await? {
            self.clock.advance_to(due);
            self.app.settle().await?;
        }
        self.clock.advance_to(until);
        self.app.settle().await?;
        self.show_new_events(case).await
    }

    /// The claimant behind a receipt, through link and code.
    pub async fn claimant(&self, receipt: &IntakeReceipt) -> anyhow::Result<Principal> {
        let token = receipt.link.rsplit('/').next().unwrap_or_default();
        let session = self.app.open_case_link(token, &receipt.code).await?;
        Ok(self.app.resolve_session(&session.token).await?)
    }

    /// Prints the events of a case that were not printed yet, each with its time.
    pub async fn show_new_events(&self, case: CaseId) -> anyhow::Result<()> {
        let detail = self.app.case_detail(&self.people.agent, case).await?;
        let seen = {
            let mut shown = self
                .shown
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner);
            shown.insert(case, detail.timeline.len()).unwrap_or(0)
        };
        for entry in detail.timeline.iter().skip(seen) {
            if print::worth_a_line(&entry.event) {
                self.voice.event(entry);
            }
        }
        Ok(())
    }

    /// The last line of a story.
    pub async fn end(&self, case: CaseId) -> anyhow::Result<()> {
        let detail = self.app.case_detail(&self.people.agent, case).await?;
        self.voice
            .end(&detail.number, &detail.state, detail.version);
        Ok(())
    }
}
