//! What somebody chose for themselves: in which language they are told, and when they are not woken by what can wait. Nobody
//! chooses for another. What is left open is as the browser has it, and as the organization has it.

use crate::app::App;
use crate::engine::Side;
use crate::error::AppError;
use crate::principal::Principal;
use crate::quiet::QuietHours;
use aftercare_domain::audit::{AuditBody, AuditEvent};
use aftercare_domain::ids::TenantId;
use aftercare_domain::{Actor, Human};
use aftercare_store::{Write, rows};
use std::fmt;
use uuid::Uuid;

/// What the log calls it when somebody chose something for themselves.
pub(crate) const SETTING: &str = "own_preference";

/// A language in which somebody is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    Zh,
    En,
}

impl Language {
    /// Every language that there are words in.
    pub const ALL: [Self; 2] = [Self::Zh, Self::En];

    /// `zh` or `en`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Zh => "zh",
            Self::En => "en",
        }
    }

    /// The language of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|lang| lang.name() == name)
    }

    /// Words of this language out of both.
    #[must_use]
    pub const fn pick<'a>(self, zh: &'a str, en: &'a str) -> &'a str {
        match self {
            Self::Zh => zh,
            Self::En => en,
        }
    }
}

/// When nobody is woken by what can wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quiet {
    /// Every message goes at once.
    Never,
    /// In these hours what can wait waits.
    Hours(QuietHours),
}

/// How [`Quiet::Never`] is written.
const NEVER: &str = "none";

impl Quiet {
    /// Reads `22:00-08:00`, `none`, or nothing where it is left open.
    ///
    /// # Errors
    /// `quiet_hours` for the field `quiet` where it is none of these.
    pub fn read(text: &str) -> Result<Option<Self>, AppError> {
        match text.trim() {
            "" => Ok(None),
            NEVER => Ok(Some(Self::Never)),
            hours => match hours.parse() {
                Ok(hours) => Ok(Some(Self::Hours(hours))),
                Err(_) => Err(AppError::invalid(
                    "quiet",
                    "quiet_hours",
                    "免打扰时段请写开始和结束两个时间，例如 22:00 到 08:00，两个时间不能相同。",
                    "Give two different times for the quiet hours, from and until, such as 22:00 and 08:00.",
                )),
            },
        }
    }

    /// The hours, where there are any.
    #[must_use]
    pub const fn hours(self) -> Option<QuietHours> {
        match self {
            Self::Never => None,
            Self::Hours(hours) => Some(hours),
        }
    }
}

impl fmt::Display for Quiet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Never => f.write_str(NEVER),
            Self::Hours(hours) => hours.fmt(f),
        }
    }
}

/// What somebody chose; what they left open is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Preference {
    pub lang: Option<Language>,
    pub quiet: Option<Quiet>,
}

/// Who chooses, and how the log names them. A program reads no messages.
fn chooser(principal: &Principal) -> Result<(Uuid, Actor), AppError> {
    match principal {
        Principal::User(signed_in) => {
            let role = signed_in.roles.first().ok_or_else(AppError::forbidden)?;
            let by = Actor::Human(Human {
                user: signed_in.user,
                role: *role,
            });
            Ok((signed_in.user.0, by))
        }
        Principal::Claimant { person, .. } => Ok((person.0, Actor::Claimant { person: *person })),
        Principal::Integrator { .. } => Err(AppError::forbidden()),
    }
}

impl App {
    /// What the requester chose.
    ///
    /// # Errors
    /// `Forbidden` for a program.
    pub async fn preference(&self, principal: &Principal) -> Result<Preference, AppError> {
        let (who, _) = chooser(principal)?;
        self.preference_of(principal.tenant(), who).await
    }

    /// Keeps what the requester chooses, in place of what they chose before.
    ///
    /// # Errors
    /// `Forbidden` for a program; a person whose data was destroyed.
    pub async fn choose_preference(
        &self,
        principal: &Principal,
        chosen: Preference,
    ) -> Result<(), AppError> {
        let (who, by) = chooser(principal)?;
        if let Principal::Claimant { person, .. } = principal {
            let row = self.store().person(*person).await?;
            // Nothing is written down about somebody again of whom everything was destroyed.
            row.filter(|row| row.shredded_at.is_none())
                .ok_or_else(|| AppError::not_found("这位客户", "person"))?;
        }
        let tenant = principal.tenant();
        self.commit_side(Side {
            writes: vec![Write::Preference(rows::PreferenceRow {
                tenant,
                who,
                lang: chosen.lang.map(|lang| lang.name().to_owned()),
                quiet: chosen.quiet.map(|quiet| quiet.to_string()),
                saved_at: self.now(),
            })],
            audit: vec![AuditEvent {
                at: self.now(),
                by,
                tenant,
                body: AuditBody::SettingChanged {
                    name: SETTING.to_owned(),
                },
            }],
            ..Side::default()
        })
        .await
    }

    /// What an account, or whoever claims, chose.
    pub(crate) async fn preference_of(
        &self,
        tenant: TenantId,
        who: Uuid,
    ) -> Result<Preference, AppError> {
        let Some(row) = self.store().preference(tenant, who).await? else {
            return Ok(Preference::default());
        };
        Ok(Preference {
            lang: row.lang.as_deref().and_then(Language::from_name),
            quiet: row.quiet.and_then(|text| Quiet::read(&text).ok()).flatten(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Language, Quiet};

    #[test]
    fn what_was_chosen_is_read_as_it_was_written() {
        assert_eq!(Quiet::read(" ").expect("nothing"), None);
        for text in ["none", "22:00-08:00", "12:30-13:00"] {
            let quiet = Quiet::read(text).expect("hours").expect("a choice");
            assert_eq!(quiet.to_string(), text);
            assert_eq!(quiet.hours().is_none(), text == "none");
        }
        for wrong in ["never", "22:00", "-", "22:00-22:00"] {
            let error = Quiet::read(wrong).expect_err("no hours");
            assert_eq!(error.field.as_deref(), Some("quiet"), "{wrong}");
        }
        for lang in Language::ALL {
            assert_eq!(Language::from_name(lang.name()), Some(lang));
        }
        assert_eq!(Language::from_name("fr"), None);
    }
}
