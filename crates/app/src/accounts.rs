//! Accounts: the tenant and its first administrator, colleagues, one-time links, passwords.

use crate::access::staff;
use crate::app::App;
use crate::engine::Side;
use crate::error::{AppError, ErrorKind};
use crate::limits::{
    INVITE_MS, LOGIN_CHARS_MAX, NAME_CHARS_MAX, PASSWORD_CHARS_MAX, PASSWORD_CHARS_MIN,
    PASSWORDS_AT_ONCE,
};
use crate::principal::{Principal, acts_as};
use aftercare_domain::audit::{AuditBody, AuditEvent};
use aftercare_domain::ids::{TenantId, UserId};
use aftercare_domain::{Actor, Human, Role, Timestamp};
use aftercare_store::{Write, rows};
use aftercare_vault::{
    Plain, hash_password, random_token_256, spend_password_time, token_hash, verify_password,
};
use serde::Serialize;
use tokio::sync::Semaphore;
use utoipa::ToSchema;

/// An account as administrators see it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AccountView {
    #[schema(value_type = String)]
    pub id: UserId,
    pub login: String,
    pub display_name: String,
    #[schema(value_type = Vec<String>)]
    pub roles: Vec<Role>,
    pub disabled: bool,
    /// Whether a password was set; until then the one-time link is needed.
    pub active: bool,
    /// Codes of the shops whose claims it answers as a merchant; empty: those of orders that name no shop.
    pub shops: Vec<String>,
    #[schema(value_type = i64)]
    pub created_at: Timestamp,
}

/// A new account and the link that sets its password: shown once.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Invitation {
    #[schema(value_type = String)]
    pub user: UserId,
    pub login: String,
    /// Path of the page where the password is set; works once, for 24 hours.
    pub link: String,
}

impl App {
    /// Makes a tenant, its keys and its first administrator.
    ///
    /// # Errors
    /// Wrong input, or a login that is taken.
    pub async fn create_tenant(
        &self,
        name: &str,
        admin_login: &str,
    ) -> Result<(TenantId, Invitation), AppError> {
        let name = tenant_name(name)?;
        let tenant = TenantId(self.new_id());
        let created = AuditEvent {
            at: self.now(),
            by: Actor::System,
            tenant,
            body: AuditBody::TenantCreated {
                name: name.to_owned(),
            },
        };
        let mut side = Side {
            writes: vec![Write::Tenant(rows::TenantRow {
                id: tenant,
                name: name.to_owned(),
                mode: "platform".to_owned(),
                settings: serde_json::json!({}),
            })],
            audit: vec![created],
            ..Side::default()
        };
        let invitation = self
            .add_account(
                tenant,
                Actor::System,
                admin_login,
                "管理员",
                &[Role::Admin],
                &mut side,
            )
            .await?;
        // Only now: keys of a tenant that was refused would stay in the keyring. And before the tenant is there, for one
        // without keys could do nothing.
        let of_keys = tenant.to_string();
        if let Some(keeper) = self.vault().keeper()? {
            let key = keeper.add_tenant(&of_keys).await?;
            self.vault().keep_people_keys(&[key])?;
        }
        self.vault().add_tenant(&of_keys)?;
        self.commit_side(side).await?;
        Ok((tenant, invitation))
    }

    /// Makes an account; its password is set through the link that comes back.
    ///
    /// # Errors
    /// A missing role, wrong input, a login that is taken, roles that exclude each other.
    pub async fn create_user(
        &self,
        principal: &Principal,
        login: &str,
        display_name: &str,
        roles: &[Role],
    ) -> Result<Invitation, AppError> {
        let by = staff(principal, &[Role::Admin])?;
        let mut side = Side::default();
        let invitation = self
            .add_account(
                principal.tenant(),
                by,
                login,
                display_name,
                roles,
                &mut side,
            )
            .await?;
        self.commit_side(side).await?;
        Ok(invitation)
    }

    /// Adds an account to a unit, and the link that sets its password.
    ///
    /// # Errors
    /// As [`App::create_user`].
    pub(crate) async fn add_account(
        &self,
        tenant: TenantId,
        by: Actor,
        login: &str,
        display_name: &str,
        roles: &[Role],
        side: &mut Side,
    ) -> Result<Invitation, AppError> {
        let login = login_of(login)?;
        let roles = roles_of(roles)?;
        let display_name = display_name.trim();
        if display_name.is_empty() || display_name.chars().count() > NAME_CHARS_MAX {
            return Err(AppError::invalid(
                "display_name",
                "display_name",
                format!("请填写同事看到的名字，最多 {NAME_CHARS_MAX} 字。"),
                format!(
                    "Please enter the name colleagues see, at most {NAME_CHARS_MAX} characters."
                ),
            ));
        }
        if self.store().user_by_login(&login).await?.is_some() {
            return Err(AppError::invalid(
                "login",
                "login_taken",
                "这个登录名已有人使用，请换一个。",
                "This login is taken. Please choose another.",
            ));
        }
        let user = UserId(self.new_id());
        side.writes.push(Write::User(rows::UserRow {
            id: user,
            tenant,
            login: login.clone(),
            display_name: display_name.to_owned(),
            roles: roles.clone(),
            password_phc: None,
            disabled: false,
            created_at: self.now(),
            technician: None,
            failures: 0,
            locked_until: None,
            shops: None,
        }));
        side.audit
            .push(self.act_of(by, tenant, AuditBody::UserCreated { user, roles }));
        let link = self.add_link(by, tenant, user, side)?;
        Ok(Invitation { user, login, link })
    }

    fn act_of(&self, by: Actor, tenant: TenantId, body: AuditBody) -> AuditEvent {
        AuditEvent {
            at: self.now(),
            by,
            tenant,
            body,
        }
    }

    fn add_link(
        &self,
        by: Actor,
        tenant: TenantId,
        user: UserId,
        side: &mut Side,
    ) -> Result<String, AppError> {
        let token = random_token_256()?.expose().clone();
        // Whoever found an earlier one has nothing of it any more.
        side.writes.push(Write::DeleteOneTimeLinks(user));
        side.writes.push(Write::OneTimeLink(rows::OneTimeLinkRow {
            token_hash: token_hash(&token),
            user,
            purpose: "set_password".to_owned(),
            expires_at: self.now().plus_ms(INVITE_MS),
            used_at: None,
        }));
        side.audit.push(self.act_of(
            by,
            tenant,
            AuditBody::OneTimeLinkMade {
                user,
                purpose: "set_password".to_owned(),
            },
        ));
        Ok(format!("/invite/{token}"))
    }

    /// Makes a new link for an account whose password was lost.
    ///
    /// # Errors
    /// A missing role or an unknown account.
    pub async fn invite_again(
        &self,
        principal: &Principal,
        user: UserId,
    ) -> Result<Invitation, AppError> {
        let by = staff(principal, &[Role::Admin])?;
        let row = self.user_of(principal.tenant(), user).await?;
        let mut side = Side::default();
        let link = self.add_link(by, row.tenant, user, &mut side)?;
        self.commit_side(side).await?;
        Ok(Invitation {
            user,
            login: row.login,
            link,
        })
    }

    /// A new administrator's link from the command line of the machine itself.
    ///
    /// # Errors
    /// An unknown login.
    pub async fn invite_from_console(&self, login: &str) -> Result<Invitation, AppError> {
        let row = self
            .store()
            .user_by_login(&login_of(login)?)
            .await?
            .ok_or_else(|| AppError::not_found("这个账号", "account"))?;
        let mut side = Side::default();
        let link = self.add_link(Actor::System, row.tenant, row.id, &mut side)?;
        self.commit_side(side).await?;
        Ok(Invitation {
            user: row.id,
            login: row.login,
            link,
        })
    }

    async fn user_of(&self, tenant: TenantId, user: UserId) -> Result<rows::UserRow, AppError> {
        self.store()
            .user(user)
            .await?
            .filter(|row| row.tenant == tenant)
            .ok_or_else(|| AppError::not_found("这个账号", "account"))
    }

    /// Whose password a link sets, without using it.
    ///
    /// # Errors
    /// `NotFound` for a link that is unknown, used or expired: the three are not told apart.
    pub async fn peek_invite(&self, token: &str) -> Result<String, AppError> {
        let (_, row) = self.invite(token).await?;
        Ok(row.login)
    }

    async fn invite(&self, token: &str) -> Result<([u8; 32], rows::UserRow), AppError> {
        let gone = || {
            AppError::new(
                ErrorKind::NotFound,
                "link_invalid",
                "这个链接无效、已用过或已过期，请管理员重新发一个。",
                "This link is not valid, was used, or has expired. Please ask an administrator for a new one.",
            )
        };
        let hash = token_hash(token);
        let link = self.store().one_time_link(&hash).await?.ok_or_else(gone)?;
        if link.used_at.is_some() || link.expires_at <= self.now() || link.purpose != "set_password"
        {
            return Err(gone());
        }
        let user = self.store().user(link.user).await?.ok_or_else(gone)?;
        if user.disabled {
            return Err(gone());
        }
        Ok((hash, user))
    }

    /// Sets the password of an account through its one-time link, and signs its other sessions out.
    ///
    /// # Errors
    /// A link that does not work, a password that is too short.
    pub async fn set_password(&self, token: &str, password: Plain<String>) -> Result<(), AppError> {
        let (_, user) = self.invite(token).await?;
        password_ok(password.expose_str(), &user.login)?;
        let phc = hashed(password).await?;
        let _alone = self.alone(user.tenant.0).await?;
        // Read again: the link may have been used, or the account changed, while the hash was made.
        let (hash, mut user) = self.invite(token).await?;
        let now = self.now();
        let (id, tenant) = (user.id, user.tenant);
        user.password_phc = Some(phc);
        user.failures = 0;
        user.locked_until = None;
        self.commit_side(Side {
            writes: vec![
                Write::UseOneTimeLink {
                    token_hash: hash,
                    at: now,
                },
                Write::DeleteOneTimeLinks(id),
                Write::User(user),
                Write::DeleteUserSessions(id),
            ],
            audit: vec![self.act_of(Actor::System, tenant, AuditBody::PasswordSet { user: id })],
            ..Side::default()
        })
        .await
    }

    /// Changes the own password, and signs every other session of the account out. `session` is the
    /// token of the session that goes on.
    ///
    /// # Errors
    /// `Invalid` naming the field: a wrong old password (it counts as a wrong try), or a new one that
    /// is too short.
    pub async fn change_password(
        &self,
        principal: &Principal,
        session: &str,
        old: Plain<String>,
        new: Plain<String>,
    ) -> Result<(), AppError> {
        let signed_in = principal.signed_in().ok_or_else(AppError::forbidden)?;
        let (tenant, id) = (signed_in.tenant, signed_in.user);
        let role = signed_in.roles.first().ok_or_else(AppError::forbidden)?;
        let by = Actor::Human(Human {
            user: id,
            role: *role,
        });
        let row = self.user_of(tenant, id).await?;
        password_ok(new.expose_str(), &row.login)?;
        let wrong = || {
            AppError::invalid(
                "old_password",
                "old_password_wrong",
                "原密码不对，或账号暂时锁定。忘记了可以请管理员发一个新链接。",
                "The old password is wrong, or the account is locked for a while. If it is lost, an administrator can make a new link.",
            )
        };
        if row.locked_until.is_some_and(|until| until > self.now()) {
            return Err(wrong());
        }
        if !fits(old, row.password_phc.clone()).await? {
            self.count_wrong_password(id).await?;
            return Err(wrong());
        }
        let phc = hashed(new).await?;
        let _alone = self.alone(tenant.0).await?;
        let kept = self
            .store()
            .session(&token_hash(session))
            .await?
            .filter(|session| session.user == Some(id))
            .ok_or_else(AppError::unauthenticated)?;
        let mut now_row = self.user_of(tenant, id).await?;
        if now_row.disabled || now_row.password_phc != row.password_phc {
            return Err(wrong());
        }
        now_row.password_phc = Some(phc);
        now_row.failures = 0;
        now_row.locked_until = None;
        self.commit_side(Side {
            writes: vec![
                Write::User(now_row),
                Write::DeleteOneTimeLinks(id),
                Write::DeleteUserSessions(id),
                Write::Session(kept),
            ],
            audit: vec![self.act_of(by, tenant, AuditBody::PasswordSet { user: id })],
            ..Side::default()
        })
        .await
    }

    /// Accounts of the tenant.
    ///
    /// # Errors
    /// A missing role.
    pub async fn users(&self, principal: &Principal) -> Result<Vec<AccountView>, AppError> {
        staff(principal, &[Role::Admin, Role::Auditor])?;
        Ok(self
            .store()
            .users(principal.tenant())
            .await?
            .into_iter()
            .map(|row| AccountView {
                id: row.id,
                login: row.login,
                display_name: row.display_name,
                roles: row.roles,
                disabled: row.disabled,
                active: row.password_phc.is_some(),
                shops: row.shops.unwrap_or_default(),
                created_at: row.created_at,
            })
            .collect())
    }

    /// Changes what an account may do; its sessions end, so that nobody goes on in an old role.
    ///
    /// # Errors
    /// A missing role, roles that exclude each other, or the last administrator.
    pub async fn change_roles(
        &self,
        principal: &Principal,
        user: UserId,
        roles: &[Role],
    ) -> Result<(), AppError> {
        let by = staff(principal, &[Role::Admin])?;
        let roles = roles_of(roles)?;
        let _alone = self.alone(principal.tenant().0).await?;
        let mut row = self.user_of(principal.tenant(), user).await?;
        if row.roles.contains(&Role::Admin) && !roles.contains(&Role::Admin) {
            self.another_admin(principal.tenant(), user).await?;
        }
        row.roles.clone_from(&roles);
        self.commit_side(Side {
            writes: vec![Write::User(row), Write::DeleteUserSessions(user)],
            audit: vec![self.act_of(
                by,
                principal.tenant(),
                AuditBody::UserRolesChanged { user, roles },
            )],
            ..Side::default()
        })
        .await
    }

    /// Switches an account off or on again; its sessions end.
    ///
    /// # Errors
    /// A missing role, or the last administrator.
    pub async fn set_disabled(
        &self,
        principal: &Principal,
        user: UserId,
        disabled: bool,
    ) -> Result<(), AppError> {
        let by = staff(principal, &[Role::Admin])?;
        let _alone = self.alone(principal.tenant().0).await?;
        let mut row = self.user_of(principal.tenant(), user).await?;
        if disabled && row.roles.contains(&Role::Admin) {
            self.another_admin(principal.tenant(), user).await?;
        }
        row.disabled = disabled;
        let body = if disabled {
            AuditBody::UserDisabled { user }
        } else {
            AuditBody::UserEnabled { user }
        };
        self.commit_side(Side {
            writes: vec![Write::User(row), Write::DeleteUserSessions(user)],
            audit: vec![self.act_of(by, principal.tenant(), body)],
            ..Side::default()
        })
        .await
    }

    async fn another_admin(&self, tenant: TenantId, user: UserId) -> Result<(), AppError> {
        let other = self
            .users_with_role(tenant, Role::Admin)
            .await?
            .into_iter()
            .any(|admin| admin != user);
        if other {
            return Ok(());
        }
        Err(AppError::new(
            ErrorKind::Refused,
            "last_admin",
            "这是最后一位管理员，请先设一位新的管理员。",
            "This is the last administrator. Please appoint another one first.",
        ))
    }

    /// Accounts that are in use, hold the role and act in it.
    pub(crate) async fn users_with_role(
        &self,
        tenant: TenantId,
        role: Role,
    ) -> Result<Vec<UserId>, AppError> {
        Ok(self
            .store()
            .users(tenant)
            .await?
            .into_iter()
            .filter(|row| !row.disabled && acts_as(&row.roles, role))
            .map(|row| row.id)
            .collect())
    }
}

/// Argon2id takes 19 MiB and its time: only a few at once, and not on a thread that answers others.
static PASSWORDS: Semaphore = Semaphore::const_new(PASSWORDS_AT_ONCE);

async fn hashed(password: Plain<String>) -> Result<String, AppError> {
    let _turn = PASSWORDS.acquire().await;
    tokio::task::spawn_blocking(move || hash_password(&password))
        .await
        .map_err(|error| AppError::internal(format!("hashing a password: {error}")))?
        .map_err(AppError::from)
}

/// Whether the password is the one that was hashed. Without a hash it takes as long and is `false`.
pub(crate) async fn fits(password: Plain<String>, phc: Option<String>) -> Result<bool, AppError> {
    let _turn = PASSWORDS.acquire().await;
    tokio::task::spawn_blocking(move || {
        // What is out of range cannot be the password, but must take its time all the same.
        let length = password.expose().chars().count();
        let usual = (1..=PASSWORD_CHARS_MAX).contains(&length);
        match phc {
            Some(phc) if usual => verify_password(&password, &phc),
            _ => spend_password_time(&Plain::new("an unknown account".to_owned())).map(|()| false),
        }
    })
    .await
    .map_err(|error| AppError::internal(format!("checking a password: {error}")))?
    .map_err(AppError::from)
}

/// Checks the names of a new tenant and of its administrator, before anything is made for them.
///
/// # Errors
/// The field that is wrong.
pub fn check_first(tenant: &str, admin_login: &str) -> Result<(), AppError> {
    tenant_name(tenant)?;
    login_of(admin_login).map(|_| ())
}

pub(crate) fn tenant_name(text: &str) -> Result<&str, AppError> {
    let name = text.trim();
    if name.is_empty() || name.chars().count() > NAME_CHARS_MAX {
        return Err(AppError::invalid(
            "name",
            "tenant_name",
            format!("请填写商家或品牌名称，最多 {NAME_CHARS_MAX} 字。"),
            format!(
                "Please enter the name of the shop or brand, at most {NAME_CHARS_MAX} characters."
            ),
        ));
    }
    Ok(name)
}

fn login_of(text: &str) -> Result<String, AppError> {
    let login = text.trim().to_lowercase();
    let usual = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '@');
    if login.is_empty() || login.chars().count() > LOGIN_CHARS_MAX || !login.chars().all(usual) {
        return Err(AppError::invalid(
            "login",
            "login_format",
            format!("登录名用字母、数字、点、横线、下划线或 @，最多 {LOGIN_CHARS_MAX} 个字符。"),
            format!(
                "A login has letters, digits, dots, dashes, underscores or @, at most {LOGIN_CHARS_MAX} characters."
            ),
        ));
    }
    Ok(login)
}

/// Words that come to everybody's mind here: a password may have them, but not rest on them.
const PLAIN_WORDS: [&str; 12] = [
    "aftercare",
    "admin",
    "agent",
    "auditor",
    "merchant",
    "password",
    "reviewer",
    "technician",
    "售后",
    "客服",
    "密码",
    "shouhou",
];
/// Characters that a password has besides such words and its digits, at least.
const OWN_CHARS_MIN: usize = 6;

/// Length is what makes a password hard to guess; beyond it only the guesses that come first are
/// refused.
fn password_ok(password: &str, login: &str) -> Result<(), AppError> {
    let chars = password.chars().count();
    if !(PASSWORD_CHARS_MIN..=PASSWORD_CHARS_MAX).contains(&chars) {
        return Err(AppError::invalid(
            "password",
            "password_length",
            format!(
                "密码要 {PASSWORD_CHARS_MIN} 到 {PASSWORD_CHARS_MAX} 个字符，用一句自己记得住的话最好。"
            ),
            format!(
                "A password has {PASSWORD_CHARS_MIN} to {PASSWORD_CHARS_MAX} characters; a sentence you remember is best."
            ),
        ));
    }
    let different: std::collections::BTreeSet<char> = password.chars().collect();
    let lower = password.to_lowercase();
    let rests_on_a_word = PLAIN_WORDS.iter().any(|word| {
        let rest = lower.replace(word, "");
        rest.len() < lower.len()
            && rest.chars().filter(|c| c.is_alphabetic()).count() < OWN_CHARS_MIN
    });
    if different.len() < 4 || lower.contains(login) || rests_on_a_word {
        return Err(AppError::invalid(
            "password",
            "password_guessable",
            "密码太容易猜：不要包含登录名，不要只用几个重复的字符，也不要只用“密码”“售后”一类的词加数字。",
            "This password is easy to guess: leave the login out, use more than a few different characters, and more than a word of the trade with digits.",
        ));
    }
    Ok(())
}

/// A judge is not a party: nobody reviews claims, or owns the referrals and compensations beside them, who also answers for a shop.
fn roles_of(roles: &[Role]) -> Result<Vec<Role>, AppError> {
    let mut roles = roles.to_vec();
    roles.sort_unstable();
    roles.dedup();
    if roles.is_empty() {
        return Err(AppError::invalid(
            "roles",
            "role_needed",
            "请至少选择一个角色。",
            "Please choose at least one role.",
        ));
    }
    if roles.contains(&Role::Merchant) && roles.contains(&Role::Reviewer) {
        return Err(AppError::invalid(
            "roles",
            "merchant_is_no_reviewer",
            "同一个账号不能既替商家答复又做审核员。",
            "One account cannot both answer claims for the shop and review them.",
        ));
    }
    if roles.contains(&Role::Merchant) && roles.contains(&Role::RiskManager) {
        return Err(AppError::invalid(
            "roles",
            "merchant_is_no_risk_manager",
            "同一个账号不能既替商家答复又做风控负责人：移交标记和平台补偿不能由商家自己登记。",
            "One account cannot both answer claims for the shop and be a risk manager: a shop records no referral and no compensation of its own.",
        ));
    }
    Ok(roles)
}
