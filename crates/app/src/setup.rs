//! What an installation still lacks before people come: each step is looked up where it would be found when it is done, so that
//! nobody ticks anything off.

use crate::access::staff;
use crate::app::App;
use crate::error::AppError;
use crate::limits::BACKUP_EVERY_MS;
use crate::principal::Principal;
use aftercare_domain::{Role, Timestamp};
use aftercare_store::rows::UserRow;

/// Roles without which something that people send stays lying.
const NEEDED: [Role; 4] = [
    Role::Agent,
    Role::Dispatcher,
    Role::Merchant,
    Role::Reviewer,
];

/// How many administrators there should be: one alone who is away or lost the password locks everybody out.
const ADMINS_MIN: usize = 2;

/// A step, and how it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetupStep {
    /// Stable name, such as `users`.
    pub name: &'static str,
    pub done: bool,
    /// Whether work stays lying without it; the others are advised.
    pub needed: bool,
    /// How many there are, of what can be counted.
    pub count: Option<usize>,
    /// When it was done the last time, of what is done again and again.
    pub at: Option<Timestamp>,
    /// Roles that nobody holds who can sign in.
    pub lacks: Vec<Role>,
}

impl SetupStep {
    const fn new(name: &'static str, done: bool) -> Self {
        Self {
            name,
            done,
            needed: true,
            count: None,
            at: None,
            lacks: Vec::new(),
        }
    }

    /// Of things of which one is enough.
    const fn counted(name: &'static str, count: usize) -> Self {
        let mut step = Self::new(name, count > 0);
        step.count = Some(count);
        step
    }

    const fn advised(mut self) -> Self {
        self.needed = false;
        self
    }
}

/// Accounts that can sign in and hold the role.
fn with_role(users: &[UserRow], role: Role) -> usize {
    let can =
        |row: &&UserRow| !row.disabled && row.password_phc.is_some() && row.roles.contains(&role);
    users.iter().filter(can).count()
}

impl App {
    /// What is set up and what is missing, in the order in which one thing needs another.
    ///
    /// # Errors
    /// A missing role; what the store says.
    pub async fn setup(&self, principal: &Principal) -> Result<Vec<SetupStep>, AppError> {
        staff(principal, &[Role::Admin])?;
        let tenant = principal.tenant();
        let settings = self.settings(principal).await?;
        let users = self.store().users(tenant).await?;
        let lacks: Vec<Role> = NEEDED
            .into_iter()
            .filter(|role| with_role(&users, *role) == 0)
            .collect();
        let admins = with_role(&users, Role::Admin);
        let packs = self.store().rule_packs(tenant).await?;
        let published = packs.iter().filter(|pack| pack.published.is_some());
        let technicians = self.store().technicians(tenant).await?;
        let carries = self.notifier().carries();
        let backup = self.store().last_backup().await?;
        let is_recent = |at: Timestamp| self.now().since_ms(at) <= BACKUP_EVERY_MS;
        Ok(vec![
            SetupStep::new("contact", settings.hotline.is_some()),
            SetupStep::new("hours", settings.calendar.is_some()).advised(),
            SetupStep {
                lacks: lacks.clone(),
                count: Some(users.len()),
                ..SetupStep::new("users", lacks.is_empty())
            },
            SetupStep {
                count: Some(admins),
                ..SetupStep::new("admins", admins >= ADMINS_MIN).advised()
            },
            SetupStep::counted("products", self.store().products(tenant).await?.len()),
            SetupStep::counted("prices", self.store().prices(tenant).await?.len()),
            SetupStep::counted("outlets", self.store().outlets(tenant).await?.len()).advised(),
            SetupStep::counted(
                "technicians",
                technicians.iter().filter(|who| who.active).count(),
            ),
            SetupStep::counted("rules", published.count()).advised(),
            SetupStep::new("messages", carries.claimants),
            SetupStep::new("mail", carries.desks).advised(),
            SetupStep {
                at: backup,
                ..SetupStep::new("backup", backup.is_some_and(is_recent))
            },
            SetupStep::new("witness", self.policy().is_some()).advised(),
        ])
    }
}
