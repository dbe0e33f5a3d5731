//! Settings of a tenant: the rule pack in force and the working calendar of its desk.

use crate::app::App;
use crate::error::AppError;
use aftercare_domain::calendar::WorkingCalendar;
use aftercare_domain::ids::TenantId;
use aftercare_domain::rules::Rules;

impl App {
    /// The rules of a tenant: its own where its settings name some, else the defaults.
    pub(crate) async fn rules_of(&self, tenant: TenantId) -> Result<Rules, AppError> {
        let settings = self.settings_of(tenant).await?;
        match settings.get("rules") {
            None => Ok(Rules::default()),
            Some(value) => serde_json::from_value(value.clone())
                .map_err(|error| AppError::internal(format!("rules of tenant {tenant}: {error}"))),
        }
    }

    /// The working calendar of a tenant: always open unless its settings name hours.
    pub(crate) async fn calendar_of(&self, tenant: TenantId) -> Result<WorkingCalendar, AppError> {
        let settings = self.settings_of(tenant).await?;
        let Some(hours) = settings.get("desk_hours").and_then(|hours| hours.as_array()) else {
            return Ok(WorkingCalendar::default());
        };
        let mut spans = Vec::with_capacity(hours.len());
        for span in hours {
            let pair = span.as_array().and_then(|pair| {
                Some((pair.first()?.as_str()?, pair.get(1)?.as_str()?))
            });
            let (from, until) = pair.ok_or_else(|| {
                AppError::internal(format!("desk_hours of tenant {tenant}: pairs such as [\"09:00\", \"12:00\"] are needed"))
            })?;
            spans.push(aftercare_domain::calendar::Span::parse(from, until)?);
        }
        Ok(WorkingCalendar::weekdays(&spans)?)
    }

    async fn settings_of(&self, tenant: TenantId) -> Result<serde_json::Value, AppError> {
        Ok(self
            .store()
            .tenant(tenant)
            .await?
            .map(|row| row.settings)
            .unwrap_or_default())
    }
}
