//! Who reviews what. A rule of a pack can name groups of reviewers; who belongs to them is the tenant's own business. A claim
//! waits for its groups for a quarter of the time that its clock has, and not at all where nobody of them can review it: then
//! every reviewer may, so that a group is never a dead end. Who has a conflict of interest stays out in either case.
//! The blind first look is anybody's: it is what a claimant waits for, and it takes no special knowledge.

use crate::access::staff;
use crate::act::the_claim;
use crate::actions::Action;
use crate::app::App;
use crate::error::{AppError, ErrorKind};
use crate::limits::{REVIEW_GROUP_MEMBERS_MAX, REVIEW_GROUPS_MAX};
use crate::lists::Paging;
use crate::principal::{Principal, acts_as};
use crate::views::{CaseDetail, ClaimRow, Page};
use aftercare_domain::case::{Claim, ClaimState};
use aftercare_domain::clock::{ClockKey, ClockName, Subject};
use aftercare_domain::ids::{ClaimId, TenantId, UserId};
use aftercare_domain::pack::{Effect, RulePack, is_name};
use aftercare_domain::{Case, Day, Role, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// Who sees the groups.
const READERS: &[Role] = &[
    Role::Admin,
    Role::RiskManager,
    Role::Auditor,
    Role::Reviewer,
];
/// Who says who belongs to them.
pub(crate) const KEEPERS: &[Role] = &[Role::Admin];
/// The part of a clock for which a claim waits for its groups: one of so many.
const PART: i64 = 4;
/// Acts that are for the groups of a claim. Looking blind, asking and stepping back are everybody's.
const ACTS: [&str; 5] = [
    "take_review",
    "decide",
    "confirm_decision",
    "return_decision",
    "decide_appeal",
];
/// Pages of the queue that are looked through for one page of what is asked for.
const QUEUE_PAGES_MAX: usize = 20;

/// A group of reviewers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReviewGroup {
    /// As the rules of packs name it: lower case letters, digits, `-` and `_`.
    pub name: String,
    /// Accounts of reviewers.
    #[schema(value_type = Vec<String>)]
    pub members: Vec<UserId>,
}

/// A member of a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct GroupMember {
    #[schema(value_type = String)]
    pub user: UserId,
    pub display_name: String,
    /// The account is in use and is a reviewer's.
    pub can_review: bool,
}

/// A group as colleagues see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReviewGroupView {
    pub name: String,
    pub members: Vec<GroupMember>,
    /// Whether a rule of a pack that is in force, or that will be, names it.
    pub named: bool,
}

/// For whom a claim waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct WaitsForGroup {
    /// The groups that the rules name; any of them.
    pub groups: Vec<String>,
    /// Until then only they review it; none where every reviewer may now.
    #[schema(value_type = Option<i64>)]
    pub until: Option<Timestamp>,
    /// Whether the reader belongs to one of them.
    pub mine: bool,
}

impl WaitsForGroup {
    /// Whether the reader has to leave it to others now.
    #[must_use]
    pub const fn is_for_others(&self) -> bool {
        self.until.is_some() && !self.mine
    }
}

/// Whose part of the queue is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum QueueOf {
    /// All of it.
    #[default]
    Everybody,
    /// What the reader may review now.
    Mine,
    /// Claims for which the rules name this group.
    Group(String),
}

impl QueueOf {
    /// Reads `mine`, the name of a group, or nothing.
    #[must_use]
    pub fn of(text: &str) -> Self {
        match text.trim() {
            "" => Self::Everybody,
            "mine" => Self::Mine,
            name => Self::Group(name.to_owned()),
        }
    }

    fn has(&self, row: &ClaimRow) -> bool {
        let waits = row.review_group.as_ref();
        match self {
            Self::Everybody => true,
            Self::Mine => !waits.is_some_and(WaitsForGroup::is_for_others),
            Self::Group(name) => waits.is_some_and(|waits| waits.groups.contains(name)),
        }
    }
}

/// The groups that a pack names anywhere.
pub(crate) fn named_by(pack: &RulePack) -> BTreeSet<&str> {
    let effects = pack.rules.iter().flat_map(|rule| &rule.then);
    effects
        .filter_map(|effect| match effect {
            Effect::Reviewers(group) => Some(group.as_str()),
            _ => None,
        })
        .collect()
}

/// When a claim that is with reviewers opens to all of them: after a part of the clock that runs for them, and at once when
/// none does.
fn opens_at(case: &Case, id: ClaimId, claim: &Claim) -> Option<Timestamp> {
    if claim.review_overdue {
        return None;
    }
    let name = match claim.state {
        ClaimState::HumanReview => ClockName::Review,
        ClaimState::Countersign | ClaimState::SecondReview => ClockName::SecondReview,
        _ => return None,
    };
    let subject = Subject::Claim(id);
    let clock = case.clock(ClockKey { name, subject })?;
    let part = clock.due_at.since_ms(clock.started_at) / PART;
    clock.is_open().then(|| clock.started_at.plus_ms(part))
}

fn only_names(name: &str) -> Result<(), AppError> {
    if is_name(name) && name != "mine" {
        return Ok(());
    }
    Err(AppError::invalid(
        "groups",
        "review_group_name",
        format!("“{name}”不能作为组名：只能有小写字母、数字、- 和 _，也不能叫 mine。"),
        format!(
            "`{name}` is no name of a group: lower case letters, digits, - and _, and not `mine`."
        ),
    ))
}

impl App {
    /// Groups of reviewers: those that somebody belongs to, and those that a rule names.
    ///
    /// # Errors
    /// A missing role.
    pub async fn review_groups(
        &self,
        principal: &Principal,
    ) -> Result<Vec<ReviewGroupView>, AppError> {
        staff(principal, READERS)?;
        let tenant = principal.tenant();
        let published = self.published_of(tenant).await?;
        let today = Day::of(self.now());
        let in_force = published.shelf.in_force_on(today);
        let to_come = published.shelf.packs().iter().filter(|pack| {
            let effective = pack.dates.effective;
            effective.is_some_and(|effective| effective > today)
        });
        let named: BTreeSet<&str> = in_force
            .into_iter()
            .chain(to_come)
            .flat_map(named_by)
            .collect();
        let kept = self.review_groups_of(tenant).await?;
        let accounts = self.store().users(tenant).await?;
        let known = kept.iter().map(|group| group.name.as_str());
        let names: BTreeSet<&str> = known.chain(named.iter().copied()).collect();
        let members = |name: &str| {
            let of = kept.iter().filter(|group| group.name == name);
            of.flat_map(|group| &group.members)
                .filter_map(|user| accounts.iter().find(|row| row.id == *user))
                .map(|row| GroupMember {
                    user: row.id,
                    display_name: row.display_name.clone(),
                    can_review: !row.disabled && acts_as(&row.roles, Role::Reviewer),
                })
                .collect()
        };
        Ok(names
            .into_iter()
            .map(|name| ReviewGroupView {
                name: name.to_owned(),
                members: members(name),
                named: named.contains(name),
            })
            .collect())
    }

    /// Says who belongs to which group, in place of what stood.
    ///
    /// # Errors
    /// A missing role; what is no name, stands twice or is too many; an account that is not there or is no reviewer's.
    pub async fn set_review_groups(
        &self,
        principal: &Principal,
        groups: &[ReviewGroup],
    ) -> Result<(), AppError> {
        staff(principal, KEEPERS)?;
        let reviewers = self
            .users_with_role(principal.tenant(), Role::Reviewer)
            .await?;
        let mut names = BTreeSet::new();
        for group in groups {
            only_names(&group.name)?;
            if !names.insert(group.name.as_str()) {
                let name = &group.name;
                return Err(AppError::invalid(
                    "groups",
                    "review_group_twice",
                    format!("组“{name}”写了两次。"),
                    format!("The group `{name}` stands there twice."),
                ));
            }
            if group.members.iter().any(|user| !reviewers.contains(user)) {
                return Err(not_a_reviewer());
            }
        }
        self.change_review_groups(principal, |kept| {
            *kept = groups.to_vec();
        })
        .await
    }

    /// Says to which groups an account belongs; a group that nobody belonged to begins with it.
    ///
    /// # Errors
    /// As [`App::set_review_groups`].
    pub async fn set_groups_of(
        &self,
        principal: &Principal,
        user: UserId,
        names: &[String],
    ) -> Result<(), AppError> {
        staff(principal, KEEPERS)?;
        let tenant = principal.tenant();
        let account = self.store().user(user).await?;
        if account.is_none_or(|row| row.tenant != tenant) {
            return Err(AppError::not_found("这个账号", "account"));
        }
        for name in names {
            only_names(name)?;
        }
        let reviewers = self.users_with_role(tenant, Role::Reviewer).await?;
        if !names.is_empty() && !reviewers.contains(&user) {
            return Err(not_a_reviewer());
        }
        self.change_review_groups(principal, |kept| {
            for group in kept.iter_mut() {
                group.members.retain(|member| *member != user);
            }
            for name in names {
                if let Some(group) = kept.iter_mut().find(|group| group.name == *name) {
                    group.members.push(user);
                } else {
                    kept.push(ReviewGroup {
                        name: name.clone(),
                        members: vec![user],
                    });
                }
            }
            kept.retain(|group| !group.members.is_empty());
        })
        .await
    }

    /// For whom a claim waits, as `reader` sees it; none where no rule names a group.
    pub(crate) async fn waits_for_group(
        &self,
        tenant: TenantId,
        case: &Case,
        id: ClaimId,
        reader: Option<UserId>,
    ) -> Result<Option<WaitsForGroup>, AppError> {
        let Some(claim) = case.claims.get(&id) else {
            return Ok(None);
        };
        let published = self.published_of(tenant).await?;
        let pack = published.shelf.pack_of(Day::of(claim.filed_at));
        if pack.is_none_or(|pack| named_by(pack).is_empty()) {
            return Ok(None);
        }
        let ruled = self.ruled(&published, case, id).await?;
        let named = ruled
            .map(|ruled| ruled.ruling.reviewers)
            .unwrap_or_default();
        if named.is_empty() {
            return Ok(None);
        }
        let members: BTreeSet<UserId> = self
            .review_groups_of(tenant)
            .await?
            .into_iter()
            .filter(|group| named.contains(&group.name))
            .flat_map(|group| group.members)
            .collect();
        let mut until = opens_at(case, id, claim).filter(|at| *at > self.now());
        if until.is_some() && !self.can_any_review(tenant, case, claim, &members).await? {
            until = None;
        }
        Ok(Some(WaitsForGroup {
            groups: named.into_iter().collect(),
            until,
            mine: reader.is_some_and(|user| members.contains(&user)),
        }))
    }

    /// Whether any of them is at work, without a conflict of interest, and did not decide what is to be looked at again.
    async fn can_any_review(
        &self,
        tenant: TenantId,
        case: &Case,
        claim: &Claim,
        members: &BTreeSet<UserId>,
    ) -> Result<bool, AppError> {
        if members.is_empty() {
            return Ok(false);
        }
        let conflicted = self.conflicted(tenant, case).await?;
        let again = matches!(
            claim.state,
            ClaimState::Countersign | ClaimState::SecondReview
        );
        let reviewers = self.users_with_role(tenant, Role::Reviewer).await?;
        Ok(reviewers.iter().any(|user| {
            let is_barred = conflicted.contains(user)
                || claim.recused.contains(user)
                || claim.returned_by.contains(user)
                || again && claim.took_part(*user);
            members.contains(user) && !is_barred
        }))
    }

    /// Refuses acts that are for the groups of a claim, while it waits for them.
    ///
    /// # Errors
    /// `reviewer_of_another_group`, with the time from which every reviewer may.
    pub(crate) async fn check_group(
        &self,
        principal: &Principal,
        case: &Case,
        action: &Action,
    ) -> Result<(), AppError> {
        let claim = match action {
            Action::TakeReview { claim }
            | Action::Decide { claim, .. }
            | Action::ConfirmDecision { claim }
            | Action::ReturnDecision { claim, .. }
            | Action::DecideAppeal { claim, .. } => *claim,
            _ => return Ok(()),
        };
        // Whoever is no reviewer, or names no claim that is there, is refused for that.
        let (Some(user), Ok(claim)) = (reviewer(principal), the_claim(case, claim)) else {
            return Ok(());
        };
        let waits = self
            .waits_for_group(principal.tenant(), case, claim, Some(user))
            .await?;
        let Some(waits) = waits.filter(WaitsForGroup::is_for_others) else {
            return Ok(());
        };
        let groups = waits.groups.join(", ");
        let at = waits
            .until
            .map(Timestamp::to_china_minute)
            .unwrap_or_default();
        Err(AppError::new(
            ErrorKind::Refused,
            "reviewer_of_another_group",
            format!(
                "按规则，这个申请先由 {groups} 组审核；到 {at} 还没有人审核的，所有审核员都可以。"
            ),
            format!(
                "By the rules this claim is for the reviewers of {groups}; from {at} on every reviewer may take it."
            ),
        ))
    }

    /// Adds to a case, for a reviewer, for whom its claims wait, and takes away the acts that are for others now.
    pub(crate) async fn say_groups(
        &self,
        principal: &Principal,
        case: &Case,
        detail: &mut CaseDetail,
    ) -> Result<(), AppError> {
        let Some(user) = reviewer(principal) else {
            return Ok(());
        };
        for claim in &mut detail.claims {
            claim.review_group = self
                .waits_for_group(principal.tenant(), case, claim.id, Some(user))
                .await?;
        }
        let claims = &detail.claims;
        let for_others = |id: ClaimId| {
            let claim = claims.iter().find(|claim| claim.id == id);
            let waits = claim.and_then(|claim| claim.review_group.as_ref());
            waits.is_some_and(WaitsForGroup::is_for_others)
        };
        detail.actions.retain(|offer| {
            let is_kept = ACTS.contains(&offer.action.as_str());
            !(is_kept && offer.claim.is_some_and(for_others))
        });
        Ok(())
    }

    /// Adds to rows of the queue for whom their claims wait.
    pub(crate) async fn say_groups_of_rows(
        &self,
        principal: &Principal,
        rows: &mut [ClaimRow],
    ) -> Result<(), AppError> {
        let tenant = principal.tenant();
        let published = self.published_of(tenant).await?;
        // Nothing is read where no rule names a group.
        if published
            .shelf
            .packs()
            .iter()
            .all(|pack| named_by(pack).is_empty())
        {
            return Ok(());
        }
        let user = reviewer(principal);
        for row in rows {
            let case = self.load(row.case).await?;
            row.review_group = self.waits_for_group(tenant, &case, row.claim, user).await?;
        }
        Ok(())
    }

    /// A part of the reviewers' queue, the nearest deadline first. A page has rows as long as there are any.
    ///
    /// # Errors
    /// As [`App::review_queue`].
    pub async fn review_queue_of(
        &self,
        principal: &Principal,
        of: &QueueOf,
        paging: &Paging,
    ) -> Result<Page<ClaimRow>, AppError> {
        let (mut paging, mut items) = (paging.clone(), Vec::new());
        for _ in 0..QUEUE_PAGES_MAX {
            let page = self.review_queue(principal, false, &paging).await?;
            items.extend(page.items.into_iter().filter(|row| of.has(row)));
            paging.cursor = page.next_cursor;
            if paging.cursor.is_none() || !items.is_empty() {
                break;
            }
        }
        Ok(Page {
            items,
            next_cursor: paging.cursor,
        })
    }

    /// The same part of the queue in one piece, the largest amount first.
    ///
    /// # Errors
    /// As [`App::review_queue_by_stake`].
    pub async fn review_queue_of_by_stake(
        &self,
        principal: &Principal,
        of: &QueueOf,
    ) -> Result<Page<ClaimRow>, AppError> {
        let mut page = self.review_queue_by_stake(principal).await?;
        page.items.retain(|row| of.has(row));
        Ok(page)
    }
}

/// The account of a reviewer.
fn reviewer(principal: &Principal) -> Option<UserId> {
    let signed_in = principal.signed_in()?;
    signed_in.has(Role::Reviewer).then_some(signed_in.user)
}

fn not_a_reviewer() -> AppError {
    AppError::invalid(
        "groups",
        "review_group_member",
        "组里只能有在用的审核员账号。",
        "Only accounts of reviewers that are in use can belong to a group.",
    )
}

/// Whether groups are within their limits.
///
/// # Errors
/// `review_groups_too_many`, saying the limits.
pub(crate) fn groups_fit(groups: &[ReviewGroup]) -> Result<(), AppError> {
    let members: usize = groups.iter().map(|group| group.members.len()).sum();
    if groups.len() <= REVIEW_GROUPS_MAX && members <= REVIEW_GROUP_MEMBERS_MAX {
        return Ok(());
    }
    Err(AppError::invalid(
        "groups",
        "review_groups_too_many",
        format!("最多 {REVIEW_GROUPS_MAX} 个组，各组合计最多 {REVIEW_GROUP_MEMBERS_MAX} 人。"),
        format!(
            "At most {REVIEW_GROUPS_MAX} groups with {REVIEW_GROUP_MEMBERS_MAX} members in all."
        ),
    ))
}
