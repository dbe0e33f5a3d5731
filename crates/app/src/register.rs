//! The register: which telephone numbers, brands, outlets, technicians and prices are the shop's own, who verified each and until
//! when; and the numbers that visitors reported, for a person to look at.

use crate::access::staff;
use crate::app::App;
use crate::error::{AppError, ErrorKind};
use crate::limits::{
    NAME_CHARS_MAX, NUMBER_REPORT_CHARS_MAX, NUMBER_REPORTS_MAX, REGISTER_DAYS_MAX,
    REGISTER_ENTRIES_MAX, STAFF_NUMBER_CHARS_MAX,
};
use crate::notify::{Message, Recipient};
use crate::principal::Principal;
use crate::settings::is_number;
use aftercare_domain::evidence::Envelope;
use aftercare_domain::ids::{TechnicianId, TenantId};
use aftercare_domain::{Actor, Day, Fen, Role, Timestamp};
use aftercare_vault::{Field, Plain, Sealed, TenantPurpose};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// Who keeps the register.
const KEEPERS: &[Role] = &[Role::Admin];
/// Who looks at what visitors report.
const LOOKERS: &[Role] = &[Role::Admin, Role::Dispatcher, Role::Agent];
/// Who reads the register.
const READERS: &[Role] = &[Role::Admin, Role::Dispatcher, Role::Agent, Role::Auditor];

/// What is listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ListedKind {
    /// A telephone number at which our people answer.
    Hotline,
    /// Somebody who makes our visits.
    Technician,
    /// A brand for which the shop may work.
    Brand,
    /// An outlet of the shop.
    Outlet,
    /// A price of the price book.
    Price,
}

impl ListedKind {
    /// Every kind.
    pub const ALL: [Self; 5] = [
        Self::Hotline,
        Self::Technician,
        Self::Brand,
        Self::Outlet,
        Self::Price,
    ];

    /// As forms and pages write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hotline => "hotline",
            Self::Technician => "technician",
            Self::Brand => "brand",
            Self::Outlet => "outlet",
            Self::Price => "price",
        }
    }
}

/// An entry of the register.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    pub kind: ListedKind,
    /// The digits of a telephone number, the number of a technician, the name of a brand in small letters, or the code of an
    /// outlet or a price.
    pub number: String,
    /// The telephone number as it is written, the name under which the technician agreed to be shown, or what a brand, an outlet
    /// or a price is called.
    pub shown: String,
    /// What the number is called, such as 维修热线, or the brand that the technician comes for, or what else there is to say; may
    /// be empty.
    pub label: String,
    /// Whose number it is, of a technician's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub technician: Option<TechnicianId>,
    /// What a price was when it was verified: once it is another one, the entry stands no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Fen>,
    /// Who verified it, by the name shown to colleagues, and when.
    pub verified_by: String,
    pub verified_at: Timestamp,
    /// The last day on which it stands.
    pub until: Day,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn_at: Option<Timestamp>,
}

impl Listed {
    /// Whether it is listed at `now`: verified, not run out, and not withdrawn.
    #[must_use]
    pub fn stands(&self, now: Timestamp) -> bool {
        self.withdrawn_at.is_none() && Day::of(now) <= self.until
    }

    /// Whether it is the telephone number with these digits. They are taken from how it is written: entries of before were kept
    /// without the country.
    #[must_use]
    pub fn has_digits(&self, digits: &str) -> bool {
        self.kind == ListedKind::Hotline && digits_of(&self.shown).as_deref() == Some(digits)
    }

    fn is(&self, kind: ListedKind, number: &str) -> bool {
        self.kind == kind && self.number == number
    }
}

/// An entry as it is entered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ListInput {
    /// `hotline`, `technician`, `brand`, `outlet` or `price`.
    pub kind: String,
    /// A telephone number, a technician's number, the name of a brand, or the code of an outlet or of the price book.
    pub number: String,
    /// Of a technician: the name as agreed. What else is listed is shown as it was entered, or as the shop has it.
    #[serde(default)]
    pub shown: String,
    /// What a hotline is called, the brand that a technician comes for, by which right a brand is served, where an outlet is.
    #[serde(default)]
    pub label: String,
    /// Of a technician's number.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub technician: Option<TechnicianId>,
    /// The last day on which it stands, such as `2027-06-30`.
    pub until: String,
    /// Whether the technician agreed to be shown so.
    #[serde(default)]
    pub agreed: bool,
}

/// Which entry is withdrawn.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WithdrawInput {
    /// As it is listed.
    pub kind: String,
    /// As it is listed.
    pub number: String,
}

/// An entry as colleagues and programs read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ListedView {
    /// `hotline`, `technician`, `brand`, `outlet` or `price`.
    pub kind: String,
    /// Digits of a telephone number, a technician's number, the name of a brand in small letters, or a code.
    pub number: String,
    pub shown: String,
    pub label: String,
    #[schema(value_type = Option<String>)]
    pub technician: Option<TechnicianId>,
    /// Of a price: fen.
    #[schema(value_type = Option<i64>)]
    pub amount: Option<Fen>,
    /// Whether whoever asks is told that it is listed.
    pub stands: bool,
    /// Who verified it, by the name shown to colleagues.
    pub verified_by: String,
    /// Milliseconds since 1970.
    #[schema(value_type = i64)]
    pub verified_at: Timestamp,
    /// The last day on which it stands.
    pub until: String,
    #[schema(value_type = Option<i64>)]
    pub withdrawn_at: Option<Timestamp>,
}

/// A number that a visitor reported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NumberReport {
    pub id: Uuid,
    pub at: Timestamp,
    /// What was written, sealed under a key of the tenant.
    pub sealed: Envelope,
}

/// What a visitor wrote.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Written {
    number: String,
    text: String,
}

/// A report as a colleague reads it.
#[derive(Clone, PartialEq, Eq)]
pub struct ReportShown {
    pub id: Uuid,
    pub at: Timestamp,
    pub number: String,
    pub text: String,
}

impl std::fmt::Debug for ReportShown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ReportShown({}, ..)", self.id)
    }
}

/// The register as colleagues see it.
#[derive(Clone, Debug)]
pub struct RegisterView {
    /// What stands comes first, then by number.
    pub listed: Vec<Listed>,
    pub reports: Vec<ReportShown>,
    /// Whether the reader keeps it.
    pub keeps: bool,
    /// Whether the reader looks at reports.
    pub looks: bool,
}

/// The digits of a telephone number as numbers are compared: without the prefix of the country, and with a `+` before those of
/// another one, whose digits may be those of a number at home.
#[must_use]
pub fn digits_of(text: &str) -> Option<String> {
    let text = text.trim();
    if !is_number(text) {
        return None;
    }
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let abroad = text.starts_with('+') || digits.starts_with("00");
    let bare = digits.trim_start_matches("00");
    Some(match bare.strip_prefix("86") {
        // Written from abroad, an area code has lost its zero.
        Some(home) if abroad && home.starts_with('1') && home.len() == 11 => home.to_owned(),
        Some(home) if abroad && !home.starts_with('0') && !home.starts_with("400") => {
            format!("0{home}")
        }
        Some(home) if abroad => home.to_owned(),
        None if abroad => format!("+{bare}"),
        _ => digits,
    })
}

fn invalid(field: &str, rule: &str, zh: impl Into<String>, en: impl Into<String>) -> AppError {
    AppError::invalid(field, rule, zh, en)
}

/// What is asked for is not there, or not there any more.
fn unknown() -> AppError {
    invalid(
        "number",
        "register_unknown",
        "没有这一条，请刷新页面。",
        "There is no such entry. Please reload the page.",
    )
}

/// Refuses a line that is empty where it must not be, too long, or more than a line.
fn a_line(field: &str, text: &str, most: usize, needed: bool) -> Result<String, AppError> {
    let text = text.trim();
    let sound = text.chars().count() <= most && !text.chars().any(char::is_control);
    if sound && !(needed && text.is_empty()) {
        return Ok(text.to_owned());
    }
    Err(invalid(
        field,
        "register_line",
        format!("请填写一行，最多 {most} 个字。"),
        format!("Please write one line of at most {most} characters."),
    ))
}

impl App {
    /// The register, and what visitors reported where the reader looks at that.
    ///
    /// # Errors
    /// A missing role.
    pub async fn register(&self, principal: &Principal) -> Result<RegisterView, AppError> {
        staff(principal, READERS)?;
        let tenant = principal.tenant();
        let settings = self.settings_of(tenant).await?;
        let listed = self.in_order(tenant, settings.register).await?;
        let looks = staff(principal, LOOKERS).is_ok();
        let mut reports = Vec::new();
        for report in settings.reports.iter().filter(|_| looks) {
            let written = self.open_report(tenant, report)?;
            reports.push(ReportShown {
                id: report.id,
                at: report.at,
                number: written.number,
                text: written.text,
            });
        }
        Ok(RegisterView {
            listed,
            reports,
            keeps: staff(principal, KEEPERS).is_ok(),
            looks,
        })
    }

    /// The register without what visitors reported.
    ///
    /// # Errors
    /// A missing role.
    pub async fn listed(&self, principal: &Principal) -> Result<Vec<ListedView>, AppError> {
        staff(principal, READERS)?;
        let tenant = principal.tenant();
        let entries = self.settings_of(tenant).await?.register;
        let entries = self.in_order(tenant, entries).await?;
        let now = self.now();
        Ok(entries
            .into_iter()
            .map(|entry| ListedView {
                stands: entry.stands(now),
                kind: entry.kind.name().to_owned(),
                number: entry.number,
                shown: entry.shown,
                label: entry.label,
                technician: entry.technician,
                amount: entry.amount,
                verified_by: entry.verified_by,
                verified_at: entry.verified_at,
                until: entry.until.to_string(),
                withdrawn_at: entry.withdrawn_at,
            })
            .collect())
    }

    /// What stands comes first, then by kind and number. A price that is another one by now counts as withdrawn.
    async fn in_order(
        &self,
        tenant: TenantId,
        mut entries: Vec<Listed>,
    ) -> Result<Vec<Listed>, AppError> {
        let now = self.now();
        self.withdraw_other_prices(tenant, &mut entries).await?;
        entries.sort_by_key(|entry| (!entry.stands(now), entry.kind.name(), entry.number.clone()));
        Ok(entries)
    }

    /// Marks entries of prices that the price book has otherwise by now, or not at all, as withdrawn: nobody verified what it
    /// says today.
    pub(crate) async fn withdraw_other_prices(
        &self,
        tenant: TenantId,
        entries: &mut [Listed],
    ) -> Result<(), AppError> {
        if entries.iter().all(|entry| entry.kind != ListedKind::Price) {
            return Ok(());
        }
        let book = self.prices_of(tenant).await?;
        let now = self.now();
        for entry in entries
            .iter_mut()
            .filter(|entry| entry.kind == ListedKind::Price)
        {
            let stands = book.iter().any(|price| {
                price.code == entry.number
                    && Some(price.amount) == entry.amount
                    && price.label == entry.shown
            });
            if !stands {
                entry.withdrawn_at.get_or_insert(now);
            }
        }
        Ok(())
    }

    /// Lists a number, a brand, an outlet, a technician or a price, or verifies it anew; who does it is written down.
    ///
    /// # Errors
    /// A missing role, or the field that is wrong.
    pub async fn list_in_register(
        &self,
        principal: &Principal,
        input: &ListInput,
    ) -> Result<(), AppError> {
        let by = staff(principal, KEEPERS)?;
        let tenant = principal.tenant();
        let now = self.now();
        let until = Day::parse(input.until.trim()).filter(|until| {
            let days = until.days_since(Day::of(now));
            (0..=REGISTER_DAYS_MAX).contains(&days)
        });
        let Some(until) = until else {
            return Err(invalid(
                "until",
                "register_until",
                format!(
                    "请写有效期的最后一天，例如 2027-06-30，从今天起最多 {REGISTER_DAYS_MAX} 天。"
                ),
                format!(
                    "Please write the last day on which it stands, such as 2027-06-30: at most {REGISTER_DAYS_MAX} days from today."
                ),
            ));
        };
        let label = a_line("label", &input.label, NAME_CHARS_MAX, false)?;
        let mut amount = None;
        let (kind, number, shown, technician) = match input.kind.trim() {
            "brand" => {
                let shown = a_line("number", &input.number, NAME_CHARS_MAX, true)?;
                (ListedKind::Brand, shown.to_lowercase(), shown, None)
            }
            "outlet" => {
                let outlet = self.outlet_of(tenant, &input.number).await;
                let outlet = outlet.map_err(|error| AppError {
                    field: Some("number".to_owned()),
                    ..error
                })?;
                (ListedKind::Outlet, outlet.code, outlet.name, None)
            }
            "price" => {
                let code = input.number.trim();
                let book = self.prices_of(tenant).await?;
                let price = book.into_iter().find(|price| price.code == code);
                let Some(price) = price else {
                    return Err(invalid(
                        "number",
                        "price_unknown",
                        "价目表里没有这个编号，请先登记价格。",
                        "The price book has no such code. Please enter the price first.",
                    ));
                };
                amount = Some(price.amount);
                (ListedKind::Price, price.code, price.label, None)
            }
            "hotline" => {
                let number = digits_of(&input.number).ok_or_else(|| {
                    invalid(
                        "number",
                        "register_number",
                        "电话号码只能有数字、空格、括号、+ 和 -，例如 0571-0000 0000。",
                        "A telephone number has digits, spaces, brackets, + and - only, such as 0571-0000 0000.",
                    )
                })?;
                let shown = input.number.trim().to_owned();
                (ListedKind::Hotline, number, shown, None)
            }
            "technician" => {
                let number = staff_number(&input.number)?;
                let shown = a_line("shown", &input.shown, NAME_CHARS_MAX, true)?;
                if !input.agreed {
                    return Err(invalid(
                        "agreed",
                        "register_agreed",
                        "请先问过师傅，再勾选同意这样展示。",
                        "Please ask the technician first, and tick that they agreed to be shown so.",
                    ));
                }
                let known = self.staff(tenant).await?;
                let technician = input.technician.filter(|id| known.who(*id).is_some());
                let Some(technician) = technician else {
                    return Err(invalid(
                        "technician",
                        "register_technician",
                        "请选择在岗的师傅。",
                        "Please choose a technician who is active.",
                    ));
                };
                (ListedKind::Technician, number, shown, Some(technician))
            }
            _ => {
                return Err(invalid(
                    "kind",
                    "register_kind",
                    "请选择登记的是电话、师傅、品牌、网点还是价格。",
                    "Please choose whether it is a telephone number, a technician, a brand, an outlet or a price.",
                ));
            }
        };
        let verified_by = principal
            .signed_in()
            .map(|who| who.display_name.clone())
            .unwrap_or_default();
        let entry = Listed {
            kind,
            number,
            shown,
            label,
            technician,
            amount,
            verified_by,
            verified_at: now,
            until,
            withdrawn_at: None,
        };
        self.change_stored(tenant, by, "register", |settings| {
            settings
                .register
                .retain(|known| !known.is(entry.kind, &entry.number));
            if settings.register.len() >= REGISTER_ENTRIES_MAX {
                return Err(AppError::new(
                    ErrorKind::Conflict,
                    "register_full",
                    format!("登记最多 {REGISTER_ENTRIES_MAX} 条。"),
                    format!("The register has room for {REGISTER_ENTRIES_MAX} entries."),
                ));
            }
            settings.register.push(entry);
            Ok(())
        })
        .await
    }

    /// Withdraws an entry: whoever asks is told so from now on. What was withdrawn is kept, and can be verified anew.
    ///
    /// # Errors
    /// A missing role, or an entry that is not there.
    pub async fn withdraw_from_register(
        &self,
        principal: &Principal,
        kind: &str,
        number: &str,
    ) -> Result<(), AppError> {
        let by = staff(principal, KEEPERS)?;
        let now = self.now();
        self.change_stored(principal.tenant(), by, "register", |settings| {
            let mut entries = settings.register.iter_mut();
            let entry = entries
                .find(|entry| entry.kind.name() == kind && entry.number == number)
                .ok_or_else(unknown)?;
            entry.withdrawn_at.get_or_insert(now);
            Ok(())
        })
        .await
    }

    /// Takes a visitor's report about a number or a person at the door; a person looks at it. Nothing is said about anybody.
    ///
    /// # Errors
    /// The field that is wrong, or that more wait already than a person can look at.
    pub async fn report_number(
        &self,
        tenant: TenantId,
        number: &str,
        text: &str,
    ) -> Result<(), AppError> {
        let written = Written {
            number: a_line("number", number, NAME_CHARS_MAX, true)?,
            text: text.trim().to_owned(),
        };
        if written.text.chars().count() > NUMBER_REPORT_CHARS_MAX {
            return Err(invalid(
                "text",
                "report_too_long",
                format!("最多 {NUMBER_REPORT_CHARS_MAX} 个字。"),
                format!("At most {NUMBER_REPORT_CHARS_MAX} characters."),
            ));
        }
        let id = self.new_id();
        let report = NumberReport {
            id,
            at: self.now(),
            sealed: self.seal_report(tenant, id, &written)?,
        };
        self.change_stored(tenant, Actor::System, "number_reports", |settings| {
            if settings.reports.len() >= NUMBER_REPORTS_MAX {
                return Err(AppError::new(
                    ErrorKind::TooMany,
                    "too_many_reports",
                    "现在等待查看的反馈太多，这一条没有收下，请打我们的客服电话。",
                    "Too many reports wait to be looked at, so this one was not taken. Please call us.",
                ));
            }
            settings.reports.push(report);
            Ok(())
        })
        .await?;
        let message = Message {
            id: id.simple().to_string(),
            tenant,
            to: Recipient::Desk {
                role: "agent",
                shop: None,
            },
            case: None,
            kind: "number_reported",
            zh: "有访客反馈了一个号码，请在“登记”页查看。".to_owned(),
            en: "A visitor reported a number. Please look at it on the page of the register."
                .to_owned(),
            lang: None,
            at: self.now(),
        };
        let told = self.notifier().deliver(&message).await;
        if let Err(error) = told {
            tracing::warn!(%error, "a report of a number waits on its page, and nobody was told");
        }
        Ok(())
    }

    /// A person has looked at a report: it is kept no longer.
    ///
    /// # Errors
    /// A missing role, or a report that is not there.
    pub async fn close_report(&self, principal: &Principal, id: Uuid) -> Result<(), AppError> {
        let by = staff(principal, LOOKERS)?;
        self.change_stored(principal.tenant(), by, "number_reports", |settings| {
            let before = settings.reports.len();
            settings.reports.retain(|report| report.id != id);
            if settings.reports.len() == before {
                return Err(unknown());
            }
            Ok(())
        })
        .await
    }

    fn seal_report(
        &self,
        tenant: TenantId,
        id: Uuid,
        written: &Written,
    ) -> Result<Envelope, AppError> {
        let json = serde_json::to_vec(written)
            .map_err(|error| AppError::internal(format!("report: {error}")))?;
        let key = self
            .vault()
            .tenant_key(&tenant.to_string(), TenantPurpose::Settings)?;
        let row = id.to_string();
        let field = Field::new("tenants", &row, "number_report");
        Ok(Envelope(key.seal(&field, &Plain::new(json))?.into_bytes()))
    }

    fn open_report(&self, tenant: TenantId, report: &NumberReport) -> Result<Written, AppError> {
        let key = self
            .vault()
            .tenant_key(&tenant.to_string(), TenantPurpose::Settings)?;
        let row = report.id.to_string();
        let field = Field::new("tenants", &row, "number_report");
        let sealed = Sealed::<Vec<u8>>::from_bytes(report.sealed.0.clone())?;
        let json = key.open(&field, &sealed)?;
        serde_json::from_slice(json.expose())
            .map_err(|error| AppError::internal(format!("report: {error}")))
    }
}

/// A technician's number as it is compared: letters and digits, in capitals.
pub(crate) fn staff_number(text: &str) -> Result<String, AppError> {
    let text = text.trim().to_ascii_uppercase();
    let sound = (1..=STAFF_NUMBER_CHARS_MAX).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if sound {
        return Ok(text);
    }
    Err(invalid(
        "number",
        "staff_number",
        format!("工号最多 {STAFF_NUMBER_CHARS_MAX} 个字母、数字或 -，例如 A017。"),
        format!(
            "A technician's number has at most {STAFF_NUMBER_CHARS_MAX} letters, digits or -, such as A017."
        ),
    ))
}

#[cfg(test)]
mod tests {
    use super::digits_of;

    #[test]
    fn a_number_is_the_same_however_it_is_written() {
        for text in [
            "0571-0000 0000",
            "(0571) 00000000",
            "+86 571 0000 0000",
            "0086-571-00000000",
        ] {
            assert_eq!(digits_of(text).as_deref(), Some("057100000000"), "{text}");
        }
        for text in ["13800000001", "+86 138 0000 0001", "138-0000-0001"] {
            assert_eq!(digits_of(text).as_deref(), Some("13800000001"), "{text}");
        }
        assert_eq!(digits_of("12315").as_deref(), Some("12315"));
        assert_eq!(digits_of("400-000-0000").as_deref(), Some("4000000000"));
        assert_eq!(digits_of("+86 400 000 0000").as_deref(), Some("4000000000"));
        // The digits of a mobile here, and a number of somebody else there.
        for text in ["+1 380-000-0001", "001 (380) 000-0001"] {
            assert_eq!(digits_of(text).as_deref(), Some("+13800000001"), "{text}");
        }
        for text in ["", "12", "维修热线", "A017", "0571-0000 0000 转 1"] {
            assert_eq!(digits_of(text), None, "{text}");
        }
    }
}
