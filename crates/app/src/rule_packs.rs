//! A tenant's rule packs: drafts, public notice, what is in force on which day, and what a pack says
//! about a claim. Packs are published, never put into force at once: a claim goes by the pack of the
//! day it was filed until it ends.

mod reading;
mod shadow;
mod simulating;

pub(crate) use reading::law_behind_words;
pub use reading::{
    AppliedRule, AskedEvidence, Citable, ClaimRules, LawDetail, LawRowDetail, PackClock,
    PackDetail, PackGroup, PackPeriod, PackRow, RuleDetail,
};
pub use shadow::{
    ChecksInput, PackName, ShadowChecks, ShadowInput, ShadowPack, ShadowView, accusing_codes,
};
pub(crate) use shadow::{KEEPERS as SHADOW_KEEPERS, Shadow};
pub use simulating::{CategoryCount, DifferenceCount, SideCount, SimulatedCase, SimulationDetail};

use crate::access::staff;
use crate::app::App;
use crate::engine::Side;
use crate::error::{AppError, ErrorKind};
use crate::limits::{RULE_PACK_BYTES_MAX, RULE_PACKS_MAX};
use crate::principal::Principal;
use crate::sealing::sha256;
use aftercare_domain::audit::{AuditBody, AuditEvent};
use aftercare_domain::case::Claim;
use aftercare_domain::ids::{ClaimId, TenantId};
use aftercare_domain::law::LawPack;
use aftercare_domain::pack::{ClaimFacts, Dates, Outside, Published, RulePack, Ruling, Shelf};
use aftercare_domain::rules::Rules;
use aftercare_domain::{Case, Day, Refused, Role, Timestamp};
use aftercare_store::rows::RulePackRow;
use aftercare_store::{Write, rows};
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

/// Who writes and publishes packs.
pub(crate) const WRITERS: &[Role] = &[Role::Admin, Role::RiskManager];
/// Who reads packs and the law they rest on: everybody who works with claims.
pub(crate) const READERS: &[Role] = &[
    Role::Admin,
    Role::RiskManager,
    Role::Auditor,
    Role::Reviewer,
    Role::Merchant,
    Role::Agent,
    Role::Dispatcher,
];

/// The law that ships, with the shelf of a tenant that has published nothing.
static SHIPPED: LazyLock<Result<Arc<Published>, Vec<Refused>>> = LazyLock::new(|| {
    let law = Arc::new(LawPack::shipped()?);
    let shelf = Shelf::new(vec![RulePack::shipped_default(&law)?], &law)?;
    Ok(Arc::new(Published { law, shelf }))
});

/// Shelves that were read, each with what it was read from.
#[derive(Debug, Default)]
pub(crate) struct Shelves(Mutex<HashMap<TenantId, Shelved>>);

/// A shelf and the rows it was read from.
type Shelved = (Vec<RulePackRow>, Arc<Published>);

/// What a claim goes by: the clocks, and what the pack says about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ruled {
    /// Clocks, widened where a rule says so.
    pub clocks: Rules,
    /// What the rules say.
    pub ruling: Ruling,
}

/// The shipped law and default pack.
///
/// # Errors
/// Never for the shipped texts.
pub(crate) fn shipped() -> Result<Arc<Published>, AppError> {
    SHIPPED
        .as_ref()
        .map(Arc::clone)
        .map_err(|wrong| AppError::internal(format!("the shipped packs: {wrong:?}")))
}

/// Several refusals of one text as one error: the first one's rule, everybody's words.
pub(crate) fn all_of(field: &str, wrong: Vec<Refused>) -> AppError {
    let rule = wrong
        .first()
        .map_or("pack_form", |refused| refused.rule.as_str())
        .to_owned();
    let zh: Vec<String> = wrong.iter().map(|refused| refused.zh.clone()).collect();
    let en: Vec<String> = wrong.into_iter().map(|refused| refused.en).collect();
    AppError::invalid(field, &rule, zh.join("\n"), en.join("\n"))
}

/// The days of a row, as they are written in it.
fn days_of(row: &RulePackRow) -> (Option<Day>, Option<Day>) {
    let day = |text: &Option<String>| text.as_deref().and_then(Day::parse);
    (day(&row.published), day(&row.effective))
}

/// A stored pack, with the days it was published with.
pub(crate) fn pack_of(row: &RulePackRow, law: &LawPack) -> Result<RulePack, Vec<Refused>> {
    let mut pack = RulePack::read(&row.text, law)?;
    let (published, effective) = days_of(row);
    pack.dates = Dates {
        notice: pack.dates.notice,
        published,
        effective,
    };
    pack.check(law)?;
    Ok(pack)
}

/// The shelf of the rows that were published, the shipped pack first.
pub(crate) fn shelf_of(rows: &[RulePackRow]) -> Result<Published, AppError> {
    let shipped = shipped()?;
    let law = Arc::clone(&shipped.law);
    let unreadable = |wrong: Vec<Refused>| {
        AppError::new(
            ErrorKind::Internal,
            "rule_packs_unreadable",
            "已公布的规则包无法读取，可能被手工改过。请管理员核对数据库备份。",
            "A published rule pack cannot be read; it may have been edited by hand. Please compare with a backup.",
        )
        .with_detail(format!("{wrong:?}"))
    };
    let mut packs = shipped.shelf.packs().to_vec();
    for row in rows {
        packs.push(pack_of(row, &law).map_err(unreadable)?);
    }
    let shelf = Shelf::new(packs, &law).map_err(unreadable)?;
    Ok(Published { law, shelf })
}

impl App {
    /// What a tenant has published, and the law: what decisions are held to.
    pub(crate) async fn published_of(&self, tenant: TenantId) -> Result<Arc<Published>, AppError> {
        let mut rows = self.store().rule_packs(tenant).await?;
        rows.retain(|row| row.published.is_some());
        if rows.is_empty() {
            return shipped();
        }
        let shelves = self.shelves();
        {
            let known = shelves.0.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some((read, published)) = known.get(&tenant)
                && *read == rows
            {
                return Ok(Arc::clone(published));
            }
        }
        let published = Arc::new(shelf_of(&rows)?);
        shelves
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(tenant, (rows, Arc::clone(&published)));
        Ok(published)
    }

    /// What the rules know of a claim and its case does not.
    pub(crate) async fn outside_of(
        &self,
        published: &Published,
        case: &Case,
        claim: &Claim,
    ) -> Result<Outside, AppError> {
        let mut outside = Outside {
            delivered_at: self
                .store()
                .order(claim.order)
                .await?
                .and_then(|row| row.delivered_at),
            history: self.history_for_rules(published, case, claim).await?,
            ..Outside::default()
        };
        if let Some(line) = self.store().order_line(claim.line).await?
            && let Some(product) = self.store().product(line.product).await?
        {
            outside.category = product.category;
        }
        Ok(outside)
    }

    /// What the pack of the day of filing says about a claim, as far as everybody involved may know
    /// it: nothing in it tells of a finding before the first look.
    pub(crate) async fn ruled(
        &self,
        published: &Published,
        case: &Case,
        id: ClaimId,
    ) -> Result<Option<Ruled>, AppError> {
        let Some(claim) = case.claims.get(&id) else {
            return Ok(None);
        };
        let outside = self.outside_of(published, case, claim).await?;
        let (Some(facts), Some(pack)) = (
            ClaimFacts::as_sides_see(case, id, &outside),
            published.shelf.pack_of(Day::of(claim.filed_at)),
        ) else {
            return Ok(None);
        };
        let ruling = pack.rule_on(&facts);
        Ok(Some(Ruled {
            clocks: pack.clocks_for(&ruling),
            ruling,
        }))
    }

    /// The clocks that the pack in force today publishes, for whoever is about to file.
    ///
    /// # Errors
    /// What the store says.
    pub async fn published_clocks(&self, tenant: TenantId) -> Result<Rules, AppError> {
        let published = self.published_of(tenant).await?;
        Ok(Self::clocks_on(&published, self.now()))
    }

    /// The clocks of everything that is not a claim: those of the pack in force on that day.
    pub(crate) fn clocks_on(published: &Published, at: Timestamp) -> Rules {
        published
            .shelf
            .pack_of(Day::of(at))
            .map(|pack| pack.clocks.clone())
            .unwrap_or_default()
    }

    /// Keeps a pack as a draft: checked, in force nowhere, changed as often as one likes. A draft of
    /// the same id and version is replaced.
    ///
    /// # Errors
    /// A missing role; everything that is wrong in the text, named by its rule; days in the text;
    /// an id and version that were published; more packs than are kept.
    pub async fn save_pack_draft(
        &self,
        principal: &Principal,
        text: &str,
    ) -> Result<(String, String), AppError> {
        let by = staff(principal, WRITERS)?;
        let tenant = principal.tenant();
        if text.len() > RULE_PACK_BYTES_MAX {
            return Err(AppError::invalid(
                "text",
                "pack_too_large",
                format!("规则包最多 {RULE_PACK_BYTES_MAX} 字节。"),
                format!("A rule pack has at most {RULE_PACK_BYTES_MAX} bytes."),
            ));
        }
        let law = Arc::clone(&shipped()?.law);
        let pack = RulePack::read(text, &law).map_err(|wrong| all_of("text", wrong))?;
        if pack.dates.published.is_some() || pack.dates.effective.is_some() {
            return Err(AppError::invalid(
                "text",
                "pack_days_in_text",
                "草案里不写 published 和 effective：公示和生效的日期在公布时确定。",
                "Leave published and effective out of a draft: its days are set when it is published.",
            ));
        }
        let (id, version) = (pack.id().to_owned(), pack.version().to_owned());
        let _alone = self.alone(tenant.0).await?;
        let known = self.store().rule_packs(tenant).await?;
        let shipped = shipped()?;
        let taken = shipped
            .shelf
            .packs()
            .iter()
            .any(|pack| pack.id() == id && pack.version() == version)
            || known
                .iter()
                .any(|row| row.pack == id && row.version == version && row.published.is_some());
        if taken {
            return Err(AppError::invalid(
                "text",
                "pack_version_used",
                format!(
                    "规则包 {id}@{version} 已经公布过。决定和时限都引用编号和版本，请换一个新版本号。"
                ),
                format!(
                    "Rule pack {id}@{version} was published before. Decisions and clocks cite id and version: please give it a new version."
                ),
            ));
        }
        let is_new = !known
            .iter()
            .any(|row| row.pack == id && row.version == version);
        if is_new && known.len() >= RULE_PACKS_MAX {
            return Err(AppError::new(
                ErrorKind::Refused,
                "too_many_rule_packs",
                format!("规则包最多 {RULE_PACKS_MAX} 个，请先删去不用的草案。"),
                format!(
                    "There can be at most {RULE_PACKS_MAX} rule packs. Please remove drafts that nobody needs."
                ),
            ));
        }
        let name = format!("rule_pack_draft:{id}@{version}");
        self.commit_side(Side {
            writes: vec![Write::RulePack(RulePackRow {
                tenant,
                pack: id.clone(),
                version: version.clone(),
                text: text.to_owned(),
                published: None,
                effective: None,
                saved_at: self.now(),
            })],
            audit: vec![AuditEvent {
                at: self.now(),
                by,
                tenant,
                body: AuditBody::SettingChanged { name },
            }],
            ..Side::default()
        })
        .await?;
        Ok((id, version))
    }

    /// Removes a draft. What was published stays: decisions cite it.
    ///
    /// # Errors
    /// A missing role, a pack that is not there, one that was published.
    pub async fn remove_pack_draft(
        &self,
        principal: &Principal,
        id: &str,
        version: &str,
    ) -> Result<(), AppError> {
        let by = staff(principal, WRITERS)?;
        let tenant = principal.tenant();
        let _alone = self.alone(tenant.0).await?;
        let row = self.pack_row(tenant, id, version).await?;
        only_draft(&row)?;
        let name = format!("rule_pack_draft_removed:{id}@{version}");
        self.commit_side(Side {
            writes: vec![Write::RemoveDraftPack {
                tenant,
                pack: row.pack,
                version: row.version,
            }],
            audit: vec![AuditEvent {
                at: self.now(),
                by,
                tenant,
                body: AuditBody::SettingChanged { name },
            }],
            ..Side::default()
        })
        .await
    }

    /// Publishes a draft for notice from today on. From then on its text stands, and it takes effect
    /// on the day that is named.
    ///
    /// # Errors
    /// A missing role; a pack that is not there or was published; a notice that is too short for
    /// what the pack changes; a day on which another pack takes effect; law that is not in force on
    /// that day.
    pub async fn publish_pack(
        &self,
        principal: &Principal,
        id: &str,
        version: &str,
        effective: Day,
    ) -> Result<(), AppError> {
        let by = staff(principal, WRITERS)?;
        let tenant = principal.tenant();
        let today = Day::of(self.now());
        let _alone = self.alone(tenant.0).await?;
        let mut row = self.pack_row(tenant, id, version).await?;
        only_draft(&row)?;
        row.published = Some(today.to_string());
        row.effective = Some(effective.to_string());
        row.saved_at = self.now();
        let published = self.published_of(tenant).await?;
        let pack = pack_of(&row, &published.law).map_err(|wrong| all_of("effective", wrong))?;
        published
            .shelf
            .publish(pack, &published.law, today)
            .map_err(|wrong| all_of("effective", wrong))?;
        self.commit_side(Side {
            audit: vec![AuditEvent {
                at: self.now(),
                by,
                tenant,
                body: AuditBody::RulePackPublished {
                    pack: row.pack.clone(),
                    version: row.version.clone(),
                    sha256: hex::encode(sha256(row.text.as_bytes())),
                    published: today,
                    effective,
                },
            }],
            writes: vec![Write::RulePack(row)],
            ..Side::default()
        })
        .await
    }

    pub(crate) async fn pack_row(
        &self,
        tenant: TenantId,
        id: &str,
        version: &str,
    ) -> Result<rows::RulePackRow, AppError> {
        self.store()
            .rule_packs(tenant)
            .await?
            .into_iter()
            .find(|row| row.pack == id && row.version == version)
            .ok_or_else(|| AppError::not_found("这个规则包", "rule pack"))
    }
}

fn only_draft(row: &RulePackRow) -> Result<(), AppError> {
    if row.published.is_none() {
        return Ok(());
    }
    Err(AppError::new(
        ErrorKind::Refused,
        "pack_published",
        "这个规则包已经公布，不能再改动或者删除；请另存一个新版本。",
        "This rule pack was published and can no longer be changed or removed: save a new version.",
    ))
}
