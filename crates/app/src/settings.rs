//! What a tenant sets for itself: the hours of its desk. Its rules are in `rule_packs`.

use crate::access::staff;
use crate::accounts::tenant_name;
use crate::app::App;
use crate::assistant::{AssistantKind, OFF};
use crate::codes::{ServiceCode, tenant_beside};
use crate::cores::CorePart;
use crate::engine::Side;
use crate::equipment::{Need, NeedInput, needs_fit};
use crate::error::{AppError, ErrorKind};
use crate::limits::{
    CALENDAR_YEARS_MAX, CHANGES_READ_MAX, CHANGES_SHOWN_MAX, HOTLINE_CHARS_MAX, HOTLINE_DIGITS_MIN,
};
use crate::preferences::{Quiet, SETTING as OWN_SETTING};
use crate::principal::Principal;
use crate::quiet::QuietHours;
use crate::register::{Listed, NumberReport};
use crate::review_groups::{KEEPERS as GROUP_KEEPERS, ReviewGroup, groups_fit};
use crate::rule_packs::{SHADOW_KEEPERS, Shadow};
use crate::settlement::OutletSettled;
use crate::technicians::KEEPERS;
use aftercare_domain::audit::{AuditBody, AuditEvent};
use aftercare_domain::calendar::{Span, WorkingCalendar};
use aftercare_domain::ids::{TenantId, UserId};
use aftercare_domain::rules::Rules;
use aftercare_domain::{Actor, Refused, Role, Timestamp};
use aftercare_store::{Write, rows};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Roles that read the settings of their tenant.
const READERS: &[Role] = &[
    Role::Admin,
    Role::RiskManager,
    Role::Auditor,
    Role::Dispatcher,
    Role::Agent,
    Role::Reviewer,
    Role::Merchant,
];

/// Desk hours by weekday, each span as `09:00-12:00`, and the holiday notices of further years.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CalendarInput {
    pub monday: Vec<String>,
    pub tuesday: Vec<String>,
    pub wednesday: Vec<String>,
    pub thursday: Vec<String>,
    pub friday: Vec<String>,
    pub saturday: Vec<String>,
    pub sunday: Vec<String>,
    /// Notices of years that the program does not know yet: one line a day, `2027-02-05 off` or
    /// `2027-02-14 work`.
    pub years: BTreeMap<String, String>,
}

/// Settings of a tenant as they stand.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SettingsView {
    pub name: String,
    /// `platform` or `party`.
    pub mode: String,
    /// The clocks of the rule pack in force today: durations in milliseconds.
    #[schema(value_type = Object)]
    pub rules: Rules,
    /// Desk hours; `None` while the desk counts as always open.
    pub calendar: Option<CalendarInput>,
    /// The telephone number that consumers read on every page; `None` while there is none.
    pub hotline: Option<String>,
    /// When customers are not woken by what can wait: `22:00-08:00`, or `none`; `null` where it is left to how the
    /// installation was started.
    pub quiet_hours: Option<String>,
    /// Who suggests drafts of replies to the desk: `off`, `built_in` or `endpoint`.
    pub assistant: String,
    /// The host of the provider that the installation names for `endpoint`; `None` where it names none.
    pub assistant_host: Option<String>,
}

/// A setting that was changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SettingChange {
    /// Its place in the log.
    pub seq: u64,
    #[schema(value_type = i64)]
    pub at: Timestamp,
    /// Who changed it, as colleagues know them; none where nobody's account did.
    pub by: Option<String>,
    /// Stable name of the setting, such as `calendar`.
    pub name: String,
}

/// What the settings column holds.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Stored {
    #[serde(skip_serializing_if = "Option::is_none")]
    calendar: Option<CalendarInput>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hotline: Option<String>,
    /// What kinds of visits need.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    needs: Vec<Need>,
    /// Which numbers and technicians are the tenant's own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) register: Vec<Listed>,
    /// Numbers that visitors reported, until a person has looked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) reports: Vec<NumberReport>,
    /// Who belongs to which group of reviewers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    review_groups: Vec<ReviewGroup>,
    /// What runs beside what is in force.
    #[serde(skip_serializing_if = "Option::is_none")]
    shadow: Option<Shadow>,
    /// The rules by which finished work is settled.
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) tariff: aftercare_domain::settlement::Tariff,
    /// When customers are not woken, as it is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    quiet_hours: Option<String>,
    /// Who suggests drafts to the desk; nobody does unless it is set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) assistant: Option<AssistantKind>,
    /// Outlets that are settled with as a whole.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) outlets_settled: Vec<OutletSettled>,
    /// Parts of which the old piece comes back.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) core_parts: Vec<CorePart>,
    /// Codes of faults and of what was done.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) codes: Vec<ServiceCode>,
    /// What parts were bought for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) part_costs: Vec<aftercare_domain::part_costs::PartCost>,
}

/// Whether a part of the settings is as if it had never been set.
fn is_default<T: Default + PartialEq>(part: &T) -> bool {
    *part == T::default()
}

impl CalendarInput {
    /// The working calendar these hours make.
    ///
    /// # Errors
    /// `calendar_invalid`, naming what cannot be read.
    pub fn calendar(&self) -> Result<WorkingCalendar, Refused> {
        if self.years.len() > CALENDAR_YEARS_MAX {
            return Err(Refused::new(
                "calendar_invalid",
                format!("最多 {CALENDAR_YEARS_MAX} 个年份的放假安排，请删去过去的年份。"),
                format!("At most {CALENDAR_YEARS_MAX} yearly notices: remove those of past years."),
            ));
        }
        let mut calendar = WorkingCalendar::new([
            spans(&self.monday)?,
            spans(&self.tuesday)?,
            spans(&self.wednesday)?,
            spans(&self.thursday)?,
            spans(&self.friday)?,
            spans(&self.saturday)?,
            spans(&self.sunday)?,
        ])?;
        for (year, notice) in &self.years {
            let number = year
                .trim()
                .parse::<i64>()
                .ok()
                .filter(|year| (1970..=9999).contains(year));
            let Some(number) = number else {
                return Err(Refused::new(
                    "calendar_invalid",
                    format!("“{year}”不是年份，请写成四位数字，例如 2027。"),
                    format!("`{year}` is not a year: write four digits, such as 2027."),
                ));
            };
            calendar = calendar.with_year(number, notice)?;
        }
        Ok(calendar)
    }
}

fn spans(texts: &[String]) -> Result<Vec<Span>, Refused> {
    texts
        .iter()
        .map(|text| {
            let (from, until) = text
                .split_once(['-', '–', '—', '~', '～', '至'])
                .unwrap_or((text.as_str(), ""));
            Span::parse(from, until)
        })
        .collect()
}

/// Whether it can be called.
pub(crate) fn is_number(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    text.len() <= HOTLINE_CHARS_MAX
        && digits >= HOTLINE_DIGITS_MIN
        && text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || b" ()+-".contains(&byte))
}

/// A refusal of the domain about a field of the input.
fn input_error(field: &str, refused: Refused) -> AppError {
    AppError::invalid(field, &refused.rule, refused.zh, refused.en)
}

/// The rule of settings that nobody can read.
const UNREADABLE: &str = "settings_unreadable";

fn stored(row: &rows::TenantRow) -> Result<Stored, AppError> {
    serde_json::from_value(row.settings.clone()).map_err(|error| {
        AppError::new(
            ErrorKind::Internal,
            UNREADABLE,
            "商家的设置无法读取，可能被手工改过。请管理员重新保存营业时间。",
            "The settings of this tenant cannot be read; they may have been edited by hand. Please save the hours again.",
        )
        .with_detail(format!("settings of tenant {}: {error}", row.id))
    })
}

impl App {
    async fn tenant_row(&self, tenant: TenantId) -> Result<rows::TenantRow, AppError> {
        self.store()
            .tenant(tenant)
            .await?
            .ok_or_else(|| AppError::not_found("这个商家", "tenant"))
    }

    /// The working calendar: the tenant's hours, or always open while none are set.
    pub(crate) async fn calendar_of(&self, tenant: TenantId) -> Result<WorkingCalendar, AppError> {
        let row = self.tenant_row(tenant).await?;
        match stored(&row)?.calendar {
            None => Ok(WorkingCalendar::default()),
            Some(input) => Ok(input.calendar()?),
        }
    }

    /// The settings of the requester's tenant.
    ///
    /// # Errors
    /// A missing role.
    pub async fn settings(&self, principal: &Principal) -> Result<SettingsView, AppError> {
        staff(principal, READERS)?;
        let row = self.tenant_row(principal.tenant()).await?;
        let settings = stored(&row)?;
        let published = self.published_of(principal.tenant()).await?;
        Ok(SettingsView {
            name: row.name,
            mode: row.mode,
            rules: Self::clocks_on(&published, self.now()),
            calendar: settings.calendar,
            hotline: settings.hotline,
            quiet_hours: settings.quiet_hours,
            assistant: settings
                .assistant
                .map_or(OFF, AssistantKind::name)
                .to_owned(),
            assistant_host: self.assistant_named(),
        })
    }

    /// The telephone number at which a person answers, for pages that everybody reads.
    ///
    /// # Errors
    /// What the store says.
    pub async fn hotline(&self, tenant: TenantId) -> Result<Option<String>, AppError> {
        let row = self.store().tenant(tenant).await?;
        Ok(match row {
            Some(row) => stored(&row)?.hotline,
            None => None,
        })
    }

    /// Sets the telephone number that consumers read on every page; `None` takes it away.
    ///
    /// # Errors
    /// A missing role, or what is no telephone number.
    pub async fn set_hotline(
        &self,
        principal: &Principal,
        hotline: Option<String>,
    ) -> Result<(), AppError> {
        staff(principal, &[Role::Admin])?;
        let hotline = hotline.map(|number| number.trim().to_owned());
        let hotline = hotline.filter(|number| !number.is_empty());
        if !hotline.as_deref().is_none_or(is_number) {
            return Err(AppError::invalid(
                "hotline",
                "hotline",
                format!(
                    "客服电话最多 {HOTLINE_CHARS_MAX} 个字，只能有数字、空格、括号、+ 和 -，例如 0571-0000 0000。"
                ),
                format!(
                    "A hotline has at most {HOTLINE_CHARS_MAX} characters: digits, spaces, brackets, + and -, such as 0571-0000 0000."
                ),
            ));
        }
        self.change_settings(principal, ("hotline", &[Role::Admin]), |settings| {
            settings.hotline.clone_from(&hotline);
            Ok(())
        })
        .await
    }

    /// Sets the desk hours; `None` makes the desk count as always open.
    ///
    /// # Errors
    /// A missing role, or hours that cannot be read.
    pub async fn set_calendar(
        &self,
        principal: &Principal,
        calendar: Option<CalendarInput>,
    ) -> Result<(), AppError> {
        staff(principal, &[Role::Admin])?;
        if let Some(input) = &calendar {
            input
                .calendar()
                .map_err(|refused| input_error("calendar", refused))?;
        }
        self.change_settings(principal, ("calendar", &[Role::Admin]), |settings| {
            settings.calendar.clone_from(&calendar);
            Ok(())
        })
        .await
    }

    /// Sets when customers are not woken by what can wait: hours, never, or, with `None`, as the installation was started.
    ///
    /// # Errors
    /// A missing role.
    pub async fn set_quiet_hours(
        &self,
        principal: &Principal,
        quiet: Option<Quiet>,
    ) -> Result<(), AppError> {
        self.change_settings(principal, ("quiet_hours", &[Role::Admin]), |settings| {
            settings.quiet_hours = quiet.map(|quiet| quiet.to_string());
            Ok(())
        })
        .await
    }

    /// Says who suggests drafts of replies to the desk; `None` turns it off.
    ///
    /// # Errors
    /// A missing role; a provider where the installation names none.
    pub async fn set_assistant(
        &self,
        principal: &Principal,
        kind: Option<AssistantKind>,
    ) -> Result<(), AppError> {
        staff(principal, &[Role::Admin])?;
        if kind == Some(AssistantKind::Endpoint) && self.assistant_named().is_none() {
            return Err(AppError::invalid(
                "assistant",
                "no_provider",
                "启动服务的设置里没有写外部服务，请先请运维写上（见 docs/ASSISTANT.md）。",
                "The installation names no provider. Please have whoever runs it name one first (docs/ASSISTANT.md).",
            ));
        }
        self.change_settings(principal, ("assistant", &[Role::Admin]), |settings| {
            settings.assistant = kind;
            Ok(())
        })
        .await
    }

    /// When customers of a tenant are not woken who chose nothing themselves. Settings that cannot be read keep no message back
    /// for ever: it goes by the hours of the installation then.
    pub(crate) async fn quiet_of(&self, tenant: TenantId) -> Result<Option<QuietHours>, AppError> {
        let set = match self.settings_of(tenant).await {
            Ok(settings) => settings
                .quiet_hours
                .and_then(|text| Quiet::read(&text).ok())
                .flatten(),
            Err(error) if error.rule == UNREADABLE => {
                tracing::warn!(%tenant, detail = ?error.detail, "messages go by the quiet hours of the installation");
                None
            }
            Err(error) => return Err(error),
        };
        Ok(match set {
            Some(set) => set.hours(),
            None => self.quiet().get().copied(),
        })
    }

    /// Gives the organization another name: people read it on their case, and in what they are told.
    ///
    /// # Errors
    /// A missing role, no name, or one that is too long.
    pub async fn rename_organization(
        &self,
        principal: &Principal,
        name: &str,
    ) -> Result<(), AppError> {
        let by = staff(principal, &[Role::Admin])?;
        let name = tenant_name(name)?;
        let _alone = self.alone(principal.tenant().0).await?;
        let mut row = self.tenant_row(principal.tenant()).await?;
        name.clone_into(&mut row.name);
        self.commit_side(Side {
            writes: vec![Write::Tenant(row)],
            audit: vec![AuditEvent {
                at: self.now(),
                by,
                tenant: principal.tenant(),
                body: AuditBody::SettingChanged {
                    name: "organization_name".to_owned(),
                },
            }],
            ..Side::default()
        })
        .await
    }

    /// The latest settings that somebody changed for the organization, the latest first; what people chose for themselves, and
    /// what came in by itself, is not among them.
    ///
    /// # Errors
    /// A missing role.
    pub async fn setting_changes(
        &self,
        principal: &Principal,
    ) -> Result<Vec<SettingChange>, AppError> {
        staff(principal, &[Role::Admin, Role::Auditor])?;
        let tenant = principal.tenant();
        let read = self.store().settings_changed(tenant, CHANGES_READ_MAX);
        let events = read.await?;
        let users = self.store().users(tenant).await?;
        let called = |user: UserId| {
            let known = users.iter().find(|row| row.id == user);
            known.map(|row| row.display_name.clone())
        };
        let changes = events.into_iter().filter_map(|(seq, event)| {
            let AuditBody::SettingChanged { name } = event.body else {
                return None;
            };
            let by = match event.by {
                Actor::Human(human) => called(human.user),
                Actor::Technician { user, .. } | Actor::Integrator { user } => called(user),
                Actor::Claimant { .. } | Actor::System => None,
            };
            let of_organization = name != OWN_SETTING && event.by != Actor::System;
            of_organization.then_some(SettingChange {
                seq,
                at: event.at,
                by,
                name,
            })
        });
        Ok(changes.take(CHANGES_SHOWN_MAX).collect())
    }

    /// Who belongs to which group of reviewers.
    pub(crate) async fn review_groups_of(
        &self,
        tenant: TenantId,
    ) -> Result<Vec<ReviewGroup>, AppError> {
        let row = self.tenant_row(tenant).await?;
        Ok(stored(&row)?.review_groups)
    }

    /// Changes who belongs to which.
    pub(crate) async fn change_review_groups(
        &self,
        principal: &Principal,
        change: impl FnOnce(&mut Vec<ReviewGroup>) + Send,
    ) -> Result<(), AppError> {
        self.change_settings(principal, ("review_groups", GROUP_KEEPERS), |settings| {
            change(&mut settings.review_groups);
            for group in &mut settings.review_groups {
                group.members.sort_unstable();
                group.members.dedup();
            }
            groups_fit(&settings.review_groups)
        })
        .await
    }

    /// What runs beside the rules and thresholds in force.
    pub(crate) async fn shadow_of(&self, tenant: TenantId) -> Result<Option<Shadow>, AppError> {
        let row = self.tenant_row(tenant).await?;
        Ok(stored(&row)?.shadow)
    }

    /// Keeps what runs beside them; the log says `name`.
    pub(crate) async fn keep_shadow(
        &self,
        principal: &Principal,
        name: &str,
        shadow: Option<Shadow>,
    ) -> Result<(), AppError> {
        self.change_settings(principal, (name, SHADOW_KEEPERS), |settings| {
            settings.shadow.clone_from(&shadow);
            Ok(())
        })
        .await
    }

    /// What kinds of visits need of whoever goes.
    pub(crate) async fn needs_of(&self, tenant: TenantId) -> Result<Vec<Need>, AppError> {
        let row = self.tenant_row(tenant).await?;
        Ok(stored(&row)?.needs)
    }

    /// Sets what kinds of visits need; the plan keeps to it at once.
    ///
    /// # Errors
    /// A missing role, or the need that is not understood.
    pub async fn set_visit_needs(
        &self,
        principal: &Principal,
        needs: &[NeedInput],
    ) -> Result<(), AppError> {
        staff(principal, KEEPERS)?;
        let needs = Need::read_all(needs)?;
        self.change_settings(principal, ("needs", KEEPERS), |settings| {
            settings.needs.clone_from(&needs);
            Ok(())
        })
        .await
    }

    /// Adds what a kind of visit needs, in place of what stood for it.
    ///
    /// # Errors
    /// As [`App::set_visit_needs`].
    pub async fn save_visit_need(
        &self,
        principal: &Principal,
        need: &NeedInput,
    ) -> Result<(), AppError> {
        let new = Need::read(need)?;
        self.change_settings(principal, ("needs", KEEPERS), |settings| {
            settings.needs.retain(|known| !known.is_of(&new));
            settings.needs.push(new.clone());
            needs_fit(&settings.needs)
        })
        .await
    }

    /// Takes away what a kind of visit needs.
    ///
    /// # Errors
    /// As [`App::set_visit_needs`].
    pub async fn remove_visit_need(
        &self,
        principal: &Principal,
        need: &NeedInput,
    ) -> Result<(), AppError> {
        self.change_settings(principal, ("needs", KEEPERS), |settings| {
            let other = |known: &Need| known.skill != need.skill || known.kind != need.kind;
            settings.needs.retain(other);
            Ok(())
        })
        .await
    }

    async fn change_settings(
        &self,
        principal: &Principal,
        (name, keepers): (&str, &[Role]),
        change: impl FnOnce(&mut Stored) -> Result<(), AppError> + Send,
    ) -> Result<(), AppError> {
        let by = staff(principal, keepers)?;
        self.change_stored(principal.tenant(), by, name, change)
            .await
    }

    /// What a tenant has set.
    pub(crate) async fn settings_of(&self, tenant: TenantId) -> Result<Stored, AppError> {
        stored(&self.tenant_row(tenant).await?)
    }

    /// Changes what a tenant has set beside what else a unit writes; the unit says itself what was done.
    pub(crate) async fn change_beside<T: Send>(
        &self,
        tenant: TenantId,
        side: &mut Side,
        change: impl FnOnce(&mut Stored) -> Result<T, AppError> + Send,
    ) -> Result<T, AppError> {
        let begun = tenant_beside(side, tenant).cloned();
        let mut row = match begun {
            Some(row) => row,
            None => self.tenant_row(tenant).await?,
        };
        let mut settings = stored(&row)?;
        let changed = change(&mut settings)?;
        row.settings = serde_json::to_value(&settings)
            .map_err(|error| AppError::internal(format!("settings: {error}")))?;
        side.writes
            .retain(|write| !matches!(write, Write::Tenant(row) if row.id == tenant));
        side.writes.push(Write::Tenant(row));
        Ok(changed)
    }

    /// Changes what a tenant has set, one change after another.
    pub(crate) async fn change_stored(
        &self,
        tenant: TenantId,
        by: Actor,
        name: &str,
        change: impl FnOnce(&mut Stored) -> Result<(), AppError> + Send,
    ) -> Result<(), AppError> {
        let _alone = self.alone(tenant.0).await?;
        let mut row = self.tenant_row(tenant).await?;
        let mut settings = stored(&row)?;
        change(&mut settings)?;
        row.settings = serde_json::to_value(&settings)
            .map_err(|error| AppError::internal(format!("settings: {error}")))?;
        self.commit_side(Side {
            writes: vec![Write::Tenant(row)],
            audit: vec![AuditEvent {
                at: self.now(),
                by,
                tenant,
                body: AuditBody::SettingChanged {
                    name: name.to_owned(),
                },
            }],
            ..Side::default()
        })
        .await
    }
}
