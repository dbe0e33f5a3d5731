//! Sessions: opaque tokens, kept as hashes. A wrong login, a wrong password and a locked account
//! look the same from outside, and so do a wrong link and a wrong code.

use crate::accounts::fits;
use crate::app::App;
use crate::engine::Side;
use crate::error::{AppError, ErrorKind};
use crate::limits::{
    CODE_FAILURES_MAX, REFUSAL_MS, SESSION_IDLE_MS, SESSION_MS, SESSION_TOUCH_MS,
    SIGN_IN_FAILURES_MAX, SIGN_IN_LOCK_MS,
};
use crate::principal::{Principal, SignedIn, acting_roles};
use aftercare_domain::audit::{AuditBody, AuditEvent};
use aftercare_domain::ids::{CaseId, TenantId, UserId};
use aftercare_domain::{Actor, Human, Timestamp};
use aftercare_store::{Write, rows};
use aftercare_vault::{Plain, constant_time_eq, random_token_256, token_hash};
use std::time::Duration;
use tokio::time::Instant;

/// A new session: the token goes into a cookie and is nowhere else.
#[derive(Clone)]
pub struct NewSession {
    /// 256 random bits.
    pub token: String,
    /// When it ends at the latest.
    pub expires_at: Timestamp,
}

impl std::fmt::Debug for NewSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "NewSession(until {}, ..)", self.expires_at)
    }
}

/// How the token of a session begins that was opened with the code of the message. Nobody can write it before another token:
/// a session is found by the hash of the whole. No random token has such a sign in it.
const PHONE_SHOWN: &str = "phone~";

fn new_token(begins: &str) -> Result<String, AppError> {
    Ok(format!("{begins}{}", random_token_256()?.expose()))
}

/// A refusal is given no sooner than this after the question, so that its time does not tell whether
/// there was an account to write a wrong try to.
async fn slowly<T>(started: Instant, outcome: Result<T, AppError>) -> Result<T, AppError> {
    if outcome
        .as_ref()
        .is_err_and(|error| error.kind == ErrorKind::Unauthenticated)
    {
        tokio::time::sleep_until(started + Duration::from_millis(REFUSAL_MS)).await;
    }
    outcome
}

fn refused() -> AppError {
    AppError::new(
        ErrorKind::Unauthenticated,
        "sign_in_refused",
        "登录名或密码不对，或账号暂时锁定。请核对后再试；连续输错会锁定 15 分钟。",
        "The login or password is wrong, or the account is locked for a while. Please check and try again; several wrong tries lock it for 15 minutes.",
    )
}

fn link_refused() -> AppError {
    AppError::new(
        ErrorKind::Unauthenticated,
        "link_or_code_refused",
        "链接或验证码不对。请核对短信里的链接和六位验证码；连续输错会锁定 15 分钟，也可以联系客服。",
        "The link or the code is wrong. Please check the link and the six digits you were sent; several wrong tries lock it for 15 minutes. You can also contact the service desk.",
    )
}

impl App {
    /// Signs an account in.
    ///
    /// # Errors
    /// One answer for everything that does not fit: an unknown login, a wrong password, an account
    /// that is locked, switched off, or has no password yet.
    pub async fn sign_in(
        &self,
        login: &str,
        password: Plain<String>,
    ) -> Result<NewSession, AppError> {
        let asked = self
            .store()
            .user_by_login(&login.trim().to_lowercase())
            .await?;
        let phc = asked
            .as_ref()
            .filter(|user| !user.disabled && !locked(user, self.now()))
            .and_then(|user| user.password_phc.clone());
        // An unknown login takes as long as a known one.
        let right = fits(password, phc.clone()).await?;
        // From here on known and unknown logins differ. The wait for a turn to compute is over, however long it was.
        let checked = Instant::now();
        slowly(checked, self.sign_in_if(right, asked, phc).await).await
    }

    async fn sign_in_if(
        &self,
        right: bool,
        asked: Option<rows::UserRow>,
        phc: Option<String>,
    ) -> Result<NewSession, AppError> {
        let (Some(asked), Some(phc)) = (asked, phc) else {
            return Err(refused());
        };
        if !right {
            self.count_wrong_password(asked.id).await?;
            return Err(refused());
        }
        let _alone = self.alone(asked.tenant.0).await?;
        // Read again: while the password was checked the account may have been switched off, locked
        // by other tries, or given another password.
        let mut user = self.store().user(asked.id).await?.ok_or_else(refused)?;
        if user.disabled || locked(&user, self.now()) || user.password_phc.as_ref() != Some(&phc) {
            return Err(refused());
        }
        let role = user.roles.first().copied().ok_or_else(refused)?;
        let by = Actor::Human(Human {
            user: user.id,
            role,
        });
        let (id, tenant) = (user.id, user.tenant);
        user.failures = 0;
        user.locked_until = None;
        let body = AuditBody::SignedIn { user: id };
        let writes = vec![Write::User(user)];
        self.new_session(new_token("")?, tenant, (Some(id), None), writes, by, body)
            .await
    }

    /// Counts a wrong password; the last one that is allowed locks the account for a while.
    pub(crate) async fn count_wrong_password(&self, user: UserId) -> Result<(), AppError> {
        let Some(row) = self.store().user(user).await? else {
            return Ok(());
        };
        let _alone = self.alone(row.tenant.0).await?;
        let Some(mut row) = self.store().user(user).await? else {
            return Ok(());
        };
        let now = self.now();
        if locked(&row, now) {
            return Ok(());
        }
        row.failures += 1;
        if row.failures >= SIGN_IN_FAILURES_MAX {
            row.failures = 0;
            row.locked_until = Some(now.plus_ms(SIGN_IN_LOCK_MS));
        }
        let tenant = row.tenant;
        self.commit_side(Side {
            writes: vec![Write::User(row)],
            audit: vec![AuditEvent {
                at: now,
                by: Actor::System,
                tenant,
                body: AuditBody::SignInRefused { user: Some(user) },
            }],
            ..Side::default()
        })
        .await
    }

    async fn new_session(
        &self,
        token: String,
        tenant: TenantId,
        (user, case): (Option<UserId>, Option<CaseId>),
        mut writes: Vec<Write>,
        by: Actor,
        body: AuditBody,
    ) -> Result<NewSession, AppError> {
        let now = self.now();
        let expires_at = now.plus_ms(SESSION_MS);
        writes.push(Write::RemoveExpiredSessions { now });
        writes.push(Write::Session(rows::SessionRow {
            token_hash: token_hash(&token),
            user,
            case,
            tenant,
            created_at: now,
            expires_at,
            last_seen_at: now,
        }));
        self.commit_side(Side {
            writes,
            audit: vec![AuditEvent {
                at: now,
                by,
                tenant,
                body,
            }],
            ..Side::default()
        })
        .await?;
        Ok(NewSession { token, expires_at })
    }

    /// Opens a case for its claimant: the link they were given and the code that goes with it.
    ///
    /// # Errors
    /// One answer for a wrong link, a wrong code and a locked link.
    pub async fn open_case_link(&self, link: &str, code: &str) -> Result<NewSession, AppError> {
        let started = Instant::now();
        slowly(started, self.try_open_case_link(link, code).await).await
    }

    async fn try_open_case_link(&self, link: &str, code: &str) -> Result<NewSession, AppError> {
        let hash = token_hash(link.trim());
        let Some(found) = self.store().case_access_by_link(&hash).await? else {
            return Err(link_refused());
        };
        let _alone = self.alone(found.case.0).await?;
        // Read again: other tries may have been counted, or the link replaced, meanwhile.
        let Some(mut access) = self.store().case_access_by_link(&hash).await? else {
            return Err(link_refused());
        };
        let now = self.now();
        let case = self.load(access.case).await?;
        let opened = crate::detail::opened(&case)?.clone();
        let digits: String = code.chars().filter(|c| !c.is_whitespace()).collect();
        let given = self.vault().code_hash(
            &opened.tenant.to_string(),
            &opened.case.to_string(),
            &digits,
        )?;
        let locked = access.locked_until.is_some_and(|until| until > now);
        if access.revoked || locked {
            return Err(link_refused());
        }
        // Both are compared, so that the time does not tell which was meant.
        let is_receipts = constant_time_eq(&given, &access.code_hash);
        let sent = self.code_of_message(opened.tenant, &access)?;
        let is_sent = constant_time_eq(sent.as_bytes(), digits.as_bytes());
        if !is_receipts && !is_sent {
            access.failures += 1;
            if access.failures >= CODE_FAILURES_MAX {
                access.failures = 0;
                access.locked_until = Some(now.plus_ms(SIGN_IN_LOCK_MS));
            }
            self.commit_side(Side {
                writes: vec![Write::CaseAccess(access)],
                audit: vec![AuditEvent {
                    at: now,
                    by: Actor::System,
                    tenant: opened.tenant,
                    body: AuditBody::SignInRefused { user: None },
                }],
                ..Side::default()
            })
            .await?;
            return Err(link_refused());
        }
        // Wrong tries count on: whoever has one of the two codes could else guess the other for as long as it takes, and with that of
        // the message show a phone that is not theirs.
        access.locked_until = None;
        let by = Actor::Claimant {
            person: opened.claimant,
        };
        let body = AuditBody::CaseOpenedByLink { case: opened.case };
        let token = new_token(if is_sent { PHONE_SHOWN } else { "" })?;
        let of = (None, Some(opened.case));
        let writes = vec![Write::CaseAccess(access)];
        self.new_session(token, opened.tenant, of, writes, by, body)
            .await
    }

    /// Who a session belongs to.
    ///
    /// # Errors
    /// `Unauthenticated` when it is unknown, ended or its account was switched off.
    pub async fn resolve_session(&self, token: &str) -> Result<Principal, AppError> {
        let now = self.now();
        let hash = token_hash(token);
        let session = self
            .store()
            .session(&hash)
            .await?
            .ok_or_else(AppError::unauthenticated)?;
        let idle = now.since_ms(session.last_seen_at);
        if session.expires_at <= now || idle > SESSION_IDLE_MS {
            return Err(AppError::unauthenticated());
        }
        if idle > SESSION_TOUCH_MS {
            self.commit_side(Side {
                writes: vec![Write::TouchSession {
                    token_hash: hash,
                    at: now,
                }],
                ..Side::default()
            })
            .await?;
        }
        if let Some(case) = session.case {
            let access = self.store().case_access(case).await?;
            if access.is_none_or(|access| access.revoked || access.created_at > session.created_at)
            {
                return Err(AppError::unauthenticated());
            }
            let state = self.load(case).await?;
            let person = crate::detail::opened(&state)?.claimant;
            return Ok(Principal::Claimant {
                tenant: session.tenant,
                case,
                person,
                phone_shown: token.starts_with(PHONE_SHOWN),
            });
        }
        let user = match session.user {
            Some(user) => self.store().user(user).await?,
            None => None,
        };
        user.filter(|user| !user.disabled)
            .map(|user| Principal::User(signed_in(user)))
            .ok_or_else(AppError::unauthenticated)
    }

    /// Ends a session.
    ///
    /// # Errors
    /// What the store says.
    pub async fn sign_out(&self, token: &str) -> Result<(), AppError> {
        self.commit_side(Side {
            writes: vec![Write::DeleteSession(token_hash(token))],
            ..Side::default()
        })
        .await
    }
}

fn locked(user: &rows::UserRow, now: Timestamp) -> bool {
    user.locked_until.is_some_and(|until| until > now)
}

fn signed_in(user: rows::UserRow) -> SignedIn {
    SignedIn {
        tenant: user.tenant,
        user: user.id,
        display_name: user.display_name,
        roles: acting_roles(&user.roles),
        technician: user.technician,
    }
}
