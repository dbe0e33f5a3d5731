//! Codes of faults and of what was done about them, which a tenant keeps by kind of product and of service. A technician chooses
//! among them; what was chosen is in the events, so that a code that nobody uses any more is retired and never taken away.

use crate::access::staff;
use crate::app::App;
use crate::catalogue::{Saved, line, saved, short};
use crate::detail::name;
use crate::engine::Side;
use crate::error::AppError;
use crate::kinds_of_goods::meant;
use crate::limits::{CODE_CHARS_MAX, CODES_MAX, CODES_TOLD_MAX, NAME_CHARS_MAX};
use crate::principal::Principal;
use aftercare_domain::Role;
use aftercare_domain::case::WorkOrder;
use aftercare_domain::event::WorkKind;
use aftercare_domain::ids::TenantId;
use aftercare_store::rows;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Who keeps them.
pub(crate) const KEEPERS: &[Role] = &[Role::Admin, Role::Dispatcher];
/// Who reads the list.
const READERS: &[Role] = &[
    Role::Admin,
    Role::Dispatcher,
    Role::Technician,
    Role::Agent,
    Role::Auditor,
];
/// What was found.
pub const DIAGNOSIS: &str = "diagnosis";
/// What was done about it.
pub const ACTION: &str = "action";
/// Kinds of service that a code can be for.
pub const SERVICES: [&str; 6] = [
    "repair", "install", "clean", "maintain", "upgrade", "inspect",
];

/// A code of a fault, or of what was done.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ServiceCode {
    /// `diagnosis` or `action`.
    pub class: String,
    /// The kind of product, as a product names the skill that it needs; empty for all.
    #[serde(default)]
    pub skill: String,
    /// `repair`, `install`, `clean`, `maintain`, `upgrade` or `inspect`; empty for all.
    #[serde(default)]
    pub service: String,
    /// Such as `E21`.
    pub code: String,
    /// What it means, in Chinese.
    pub zh: String,
    /// The same in English.
    pub en: String,
    /// Nobody chooses it any more; what it was chosen for keeps its words.
    #[serde(default)]
    pub retired: bool,
}

impl ServiceCode {
    fn place(&self) -> (&str, &str, &str, &str) {
        (&self.class, &self.skill, &self.service, &self.code)
    }

    /// What finds it again in a file.
    pub(crate) fn key(&self) -> String {
        let (class, skill, service, code) = self.place();
        format!("{class}\u{1f}{skill}\u{1f}{service}\u{1f}{code}")
    }

    /// As it is kept.
    fn sound(&self) -> Result<Self, AppError> {
        let class = match self.class.trim() {
            "diagnosis" | "诊断" | "故障" => DIAGNOSIS,
            "action" | "处理" | "措施" => ACTION,
            _ => {
                return Err(AppError::invalid(
                    "class",
                    "code_class",
                    "类型请写 diagnosis（诊断）或 action（处理）。",
                    "The class is `diagnosis` or `action`.",
                ));
            }
        };
        let service = self.service.trim();
        if !service.is_empty() && !SERVICES.contains(&service) {
            return Err(AppError::invalid(
                "service",
                "code_service",
                format!("服务类型请留空，或写其中一种：{}。", SERVICES.join("、")),
                format!(
                    "Leave the kind of service empty, or write one of: {}.",
                    SERVICES.join(", ")
                ),
            ));
        }
        Ok(Self {
            class: class.to_owned(),
            skill: line("skill", &self.skill, 0, NAME_CHARS_MAX)?,
            service: service.to_owned(),
            code: line("code", &self.code, 1, CODE_CHARS_MAX)?,
            zh: short("zh", &self.zh)?,
            en: short("en", &self.en)?,
            retired: self.retired,
        })
    }
}

/// A code that was chosen, with its words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CodeSaid {
    pub code: String,
    /// Empty where the list does not have it.
    pub zh: String,
    pub en: String,
}

/// The codes of a tenant, by class, kind of product and of service, and code.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CodeBook(pub Vec<ServiceCode>);

impl CodeBook {
    /// The codes of a class for a kind of product and of service, those that are retired too.
    fn fitting(&self, class: &str, skill: &str, service: &str) -> Vec<&ServiceCode> {
        let fits = |one: &&ServiceCode| {
            one.class == class
                && (one.service.is_empty() || one.service == service)
                && (one.skill.is_empty()
                    || meant(skill, std::iter::once(one.skill.as_str())).is_some())
        };
        self.0.iter().filter(fits).collect()
    }

    /// What a technician chooses from.
    #[must_use]
    pub fn choices(&self, class: &str, skill: &str, service: &str) -> Vec<&ServiceCode> {
        let mut choices = self.fitting(class, skill, service);
        choices.retain(|one| !one.retired);
        choices
    }

    /// A code with its words: those for the very product and service before those for all.
    #[must_use]
    pub fn said(&self, class: &str, (skill, service): (&str, &str), code: &str) -> CodeSaid {
        let found = self
            .fitting(class, skill, service)
            .into_iter()
            .filter(|one| one.code == code)
            .max_by_key(|one| (!one.skill.is_empty(), !one.service.is_empty()));
        CodeSaid {
            code: code.to_owned(),
            zh: found.map(|one| one.zh.clone()).unwrap_or_default(),
            en: found.map(|one| one.en.clone()).unwrap_or_default(),
        }
    }

    /// What was found in a repair.
    pub(crate) fn diagnosis_of(&self, order: &WorkOrder) -> Option<CodeSaid> {
        let code = order.diagnosis.as_ref()?;
        Some(self.said(
            DIAGNOSIS,
            (order.skill.as_str(), name(&order.kind).as_str()),
            code,
        ))
    }

    /// What was done in a repair.
    pub(crate) fn actions_of(&self, order: &WorkOrder) -> Vec<CodeSaid> {
        let service = name(&order.kind);
        let said =
            |code: &String| self.said(ACTION, (order.skill.as_str(), service.as_str()), code);
        order.actions.iter().map(said).collect()
    }

    /// Whether a code can be chosen. Where no list of faults is kept, the code is what the device shows.
    pub(crate) fn check(
        &self,
        (class, field): (&str, &str),
        (skill, kind): (&str, WorkKind),
        code: &str,
    ) -> Result<(), AppError> {
        let service = name(&kind);
        let known = self.fitting(class, skill, &service);
        let code = code.trim();
        // A list of which everything is retired leaves nothing to choose, and is none.
        let is_kept = known.iter().any(|one| !one.retired);
        if class == DIAGNOSIS && (!is_kept || code.is_empty()) {
            return Ok(());
        }
        let mut same = known.iter().filter(|one| one.code == code).peekable();
        let is_retired = same.peek().is_some();
        if same.any(|one| !one.retired) {
            return Ok(());
        }
        let code: String = code.chars().take(CODE_CHARS_MAX).collect();
        let choices = self.choices(class, skill, &service);
        let choices: Vec<&str> = choices
            .iter()
            .take(CODES_TOLD_MAX)
            .map(|one| one.code.as_str())
            .collect();
        let (first_zh, first_en) = if choices.is_empty() {
            (
                "请把它写在说明里，并请管理员或调度员补充代码表。".to_owned(),
                "Please write it in the note, and ask an administrator or dispatcher to complete the list.".to_owned(),
            )
        } else {
            (
                format!("请改选，例如：{}。", choices.join("、")),
                format!("Please choose another, such as: {}.", choices.join(", ")),
            )
        };
        Err(if is_retired {
            AppError::invalid(
                field,
                "code_retired",
                format!("代码“{code}”已停用。{first_zh}"),
                format!("The code `{code}` is retired. {first_en}"),
            )
        } else {
            AppError::invalid(
                field,
                "code_unknown",
                format!("代码表里没有“{code}”。{first_zh}"),
                format!("The list has no code `{code}`. {first_en}"),
            )
        })
    }
}

/// Puts a code among the others, in place of what stood under it.
fn put(codes: &mut Vec<ServiceCode>, new: ServiceCode) -> Result<Saved, AppError> {
    let at = codes.binary_search_by(|one| one.place().cmp(&new.place()));
    let then = saved(at.ok().and_then(|at| codes.get(at)), &new);
    match at {
        Ok(at) => codes[at] = new,
        Err(_) if codes.len() >= CODES_MAX => {
            return Err(AppError::invalid(
                "code",
                "codes_max",
                format!("代码最多 {CODES_MAX} 个，停用的也算。"),
                format!("There can be at most {CODES_MAX} codes, retired ones among them."),
            ));
        }
        Err(at) => codes.insert(at, new),
    }
    Ok(then)
}

impl App {
    /// The codes of the reader's tenant.
    ///
    /// # Errors
    /// A missing role.
    pub async fn service_codes(&self, principal: &Principal) -> Result<Vec<ServiceCode>, AppError> {
        staff(principal, READERS)?;
        Ok(self.codes_of(principal.tenant()).await?.0)
    }

    /// The codes of a tenant.
    ///
    /// # Errors
    /// What the store says.
    pub async fn codes_of(&self, tenant: TenantId) -> Result<CodeBook, AppError> {
        Ok(CodeBook(self.settings_of(tenant).await?.codes))
    }

    /// Saves a code, in place of what stood under it; retired, nobody chooses it any more.
    ///
    /// # Errors
    /// A missing role, or the field that is wrong.
    pub async fn save_service_code(
        &self,
        principal: &Principal,
        input: &ServiceCode,
    ) -> Result<(), AppError> {
        let by = staff(principal, KEEPERS)?;
        let new = input.sound()?;
        self.change_stored(principal.tenant(), by, "codes", |settings| {
            put(&mut settings.codes, new).map(drop)
        })
        .await
    }

    /// Puts a code of a file into what the unit writes; the tenant's row is written once for all of them.
    pub(crate) async fn put_code(
        &self,
        tenant: TenantId,
        input: &ServiceCode,
        side: &mut Side,
    ) -> Result<Saved, AppError> {
        let new = input.sound()?;
        self.change_beside(tenant, side, |settings| put(&mut settings.codes, new))
            .await
    }
}

/// The row of a tenant among what a unit writes.
pub(crate) fn tenant_beside(side: &Side, tenant: TenantId) -> Option<&rows::TenantRow> {
    side.writes.iter().find_map(|write| match write {
        aftercare_store::Write::Tenant(row) if row.id == tenant => Some(row),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(class: &str, (skill, service): (&str, &str), code: &str) -> ServiceCode {
        ServiceCode {
            class: class.to_owned(),
            skill: skill.to_owned(),
            service: service.to_owned(),
            code: code.to_owned(),
            zh: format!("{skill}{service}的{code}"),
            en: format!("{code} of {skill}{service}"),
            retired: false,
        }
    }

    fn rule(book: &CodeBook, class: &str, skill: &str, text: &str) -> Option<String> {
        let checked = book.check((class, "field"), (skill, WorkKind::Repair), text);
        checked.err().map(|error| error.rule)
    }

    #[test]
    fn a_code_is_for_its_product_and_service_and_for_no_other() {
        let mut codes = Vec::new();
        for one in [
            code(DIAGNOSIS, ("", ""), "E1"),
            code(DIAGNOSIS, ("lamp", "repair"), "E1"),
            code(DIAGNOSIS, ("lamp", "clean"), "DUST"),
            code(ACTION, ("lamp", ""), "SWAP"),
        ] {
            assert_eq!(put(&mut codes, one.clone()).ok(), Some(Saved::Created));
            assert_eq!(put(&mut codes, one).ok(), Some(Saved::Unchanged));
        }
        let book = CodeBook(codes);
        let told = book.said(DIAGNOSIS, ("灯具", "repair"), "E1");
        assert_eq!(told.en, "E1 of lamprepair", "another name of the same kind");
        assert_eq!(
            book.said(DIAGNOSIS, ("kettle", "repair"), "E1").en,
            "E1 of "
        );
        assert_eq!(rule(&book, DIAGNOSIS, "lamp", " E1 "), None);
        assert_eq!(
            rule(&book, DIAGNOSIS, "lamp", "DUST").as_deref(),
            Some("code_unknown"),
            "it is for another service"
        );
        assert_eq!(
            rule(&book, ACTION, "kettle", "SWAP").as_deref(),
            Some("code_unknown")
        );
    }

    #[test]
    fn a_retired_code_is_refused_with_what_can_be_chosen_and_keeps_its_words() {
        let gone = ServiceCode {
            retired: true,
            ..code(DIAGNOSIS, ("lamp", ""), "OLD")
        };
        let book = CodeBook(vec![code(DIAGNOSIS, ("lamp", ""), "NEW"), gone]);
        let error = book.check((DIAGNOSIS, "f"), ("lamp", WorkKind::Repair), "OLD");
        let error = error.unwrap_err();
        assert_eq!(error.rule, "code_retired");
        assert!(error.zh.contains("NEW") && error.en.contains("NEW"));
        assert_eq!(
            book.said(DIAGNOSIS, ("lamp", "repair"), "OLD").en,
            "OLD of lamp"
        );
        assert_eq!(book.choices(DIAGNOSIS, "lamp", "repair").len(), 1);
        // What is retired altogether holds up no diagnosis: the page asks for what the device shows.
        let (_, retired) = book.0.split_at(1);
        let none = CodeBook(retired.to_vec());
        assert_eq!(rule(&none, DIAGNOSIS, "lamp", "E7"), None);
        // Without a list the code is what the device shows; what was done needs one.
        assert_eq!(rule(&book, DIAGNOSIS, "kettle", "E7"), None);
        assert_eq!(
            rule(&book, ACTION, "lamp", "E7").as_deref(),
            Some("code_unknown")
        );
    }
}
