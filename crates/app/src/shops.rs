//! Whose claims a merchant's account answers, where a tenant is a marketplace of several shops.
//!
//! An order may name the shop that sold it, and an account the shops it answers for. An account that names none answers
//! for the orders that name none: a tenant that is one shop says nothing and nothing changes for it. On a case of another
//! shop an account is no merchant, whatever else it may be there. Products, their variants and their listing photos are kept
//! by a shop in the same way, so that no shop changes what the photos of another one's buyers are compared with. A program
//! whose account names shops reads and acts on the cases of those alone.

use crate::access::staff;
use crate::actions::Action;
use crate::app::App;
use crate::engine::Side;
use crate::error::{AppError, ErrorKind};
use crate::limits::{SHOP_CODE_CHARS_MAX, SHOPS_PER_ACCOUNT_MAX};
use crate::lookups::order_unknown;
use crate::principal::{Principal, acting_roles};
use aftercare_domain::audit::AuditBody;
use aftercare_domain::event::OperatorMode;
use aftercare_domain::ids::{CaseId, ProductId, UserId};
use aftercare_domain::{Actor, Case, Human, Role};
use aftercare_store::{Write, rows};
use std::borrow::Cow;

/// Whether whoever answers for `own` answers for an order of that shop.
pub(crate) fn serves(own: &[String], shop: Option<&str>) -> bool {
    match shop {
        None => own.is_empty(),
        Some(shop) => own.iter().any(|code| code == shop),
    }
}

/// The code of a shop: what a platform or a file calls it, never a person's name.
///
/// # Errors
/// `Invalid` naming the field.
pub(crate) fn shop_code(field: &str, text: &str) -> Result<String, AppError> {
    let code = text.trim();
    let usual = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    if code.is_empty() || code.len() > SHOP_CODE_CHARS_MAX || !code.chars().all(usual) {
        return Err(AppError::invalid(
            field,
            "shop_code",
            format!(
                "店铺编号用英文字母、数字、点、横线或下划线，最多 {SHOP_CODE_CHARS_MAX} 个字符。"
            ),
            format!(
                "The code of a shop has Latin letters, digits, dots, dashes or underscores, at most {SHOP_CODE_CHARS_MAX} characters."
            ),
        ));
    }
    Ok(code.to_owned())
}

/// The shop that an input names.
fn named_shop(named: Option<&str>) -> Result<Option<String>, AppError> {
    let named = named.map(str::trim).filter(|named| !named.is_empty());
    named.map(|named| shop_code("shop", named)).transpose()
}

/// The only shop of an account.
fn only_of(own: &[String]) -> Option<String> {
    match own {
        [only] => Some(only.clone()),
        _ => None,
    }
}

/// A shop that a merchant answers for: the one that is known, else its only one.
fn own_shop(own: &[String], known: Option<String>) -> Result<Option<String>, AppError> {
    let shop = known.or_else(|| only_of(own));
    if serves(own, shop.as_deref()) {
        return Ok(shop);
    }
    let known = own.join(", ");
    Err(AppError::invalid(
        "shop",
        "shop_not_yours",
        format!("请填写您负责的店铺编号：{known}（没有就空着）。"),
        format!("Please name a shop that you answer for: {known} (or none, if there is none)."),
    ))
}

impl App {
    /// Shops for which an account answers; none: for the orders that name none.
    pub(crate) async fn shops_of(&self, user: UserId) -> Result<Vec<String>, AppError> {
        let row = self.store().user(user).await?;
        Ok(row.and_then(|row| row.shops).unwrap_or_default())
    }

    /// What bounds the lists of a merchant, and of a program whose account names shops; nothing for anybody who also holds one of
    /// `beside`, and for those who are neither.
    pub(crate) async fn shop_bounds(
        &self,
        principal: &Principal,
        beside: &[Role],
    ) -> Result<Option<Vec<String>>, AppError> {
        match principal {
            Principal::User(signed_in)
                if signed_in.has(Role::Merchant)
                    && !beside.iter().any(|role| signed_in.has(*role)) =>
            {
                self.shops_of(signed_in.user).await.map(Some)
            }
            Principal::Integrator { user, .. } => self.shops_named_by(*user).await,
            Principal::User(_) | Principal::Claimant { .. } => Ok(None),
        }
    }

    /// The shop that the claims of a case are about, if their order names one.
    pub(crate) async fn shop_of_case(&self, case: CaseId) -> Result<Option<String>, AppError> {
        let case = self.load(case).await?;
        let Some(claim) = case.claims.values().next() else {
            return Ok(None);
        };
        let order = self.store().order(claim.order).await?;
        Ok(order.and_then(|order| order.shop))
    }

    /// Whether every claim of a case is about an order of these shops.
    pub(crate) async fn are_of_shops(&self, own: &[String], case: &Case) -> Result<bool, AppError> {
        for claim in case.claims.values() {
            let order = self.store().order(claim.order).await?;
            let shop = order.and_then(|order| order.shop);
            if !serves(own, shop.as_deref()) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The requester as somebody on this case: an account that answers for other shops is no merchant here, and one that
    /// answers for any shop judges nothing, whatever else it holds.
    pub(crate) async fn on_case<'a>(
        &self,
        principal: &'a Principal,
        case: &Case,
    ) -> Result<Cow<'a, Principal>, AppError> {
        let Principal::User(signed_in) = principal else {
            return Ok(Cow::Borrowed(principal));
        };
        if !signed_in.has(Role::Merchant) {
            return Ok(Cow::Borrowed(principal));
        }
        let mut standing = signed_in.clone();
        standing.roles = acting_roles(&signed_in.roles);
        let own = self.shops_of(signed_in.user).await?;
        if !self.are_of_shops(&own, case).await? {
            standing.roles.retain(|role| *role != Role::Merchant);
        }
        Ok(Cow::Owned(Principal::User(standing)))
    }

    /// Whether a case is there for the requester, as far as shops go: for a program whose account names shops, one whose claims
    /// are all about their orders; without a claim, one about an order of theirs, or one about no order that it took itself.
    pub(crate) async fn is_of_program(
        &self,
        principal: &Principal,
        case: &Case,
    ) -> Result<bool, AppError> {
        let Principal::Integrator { user, .. } = principal else {
            return Ok(true);
        };
        let Some(own) = self.shops_named_by(*user).await? else {
            return Ok(true);
        };
        if !case.claims.is_empty() {
            return self.are_of_shops(&own, case).await;
        }
        let opened = crate::detail::opened(case)?;
        if let Some(order) = opened.order {
            let order = self.store().order(order).await?;
            let shop = order.and_then(|order| order.shop);
            return Ok(serves(&own, shop.as_deref()));
        }
        let events = self.store().load_case(opened.case).await?;
        let first = events.first().map(|stored| stored.event.by);
        Ok(first == Some(Actor::Integrator { user: *user }))
    }

    /// Refuses a program whose account names shops what is one list of the whole tenant: the plan of its visits, its calls.
    ///
    /// # Errors
    /// `Forbidden` for it.
    pub(crate) async fn of_whole_tenant(&self, principal: &Principal) -> Result<(), AppError> {
        match principal {
            Principal::Integrator { user, .. } if self.shops_named_by(*user).await?.is_some() => {
                Err(AppError::forbidden())
            }
            _ => Ok(()),
        }
    }

    /// The order that a colleague or a program reports about; to a program whose account names shops those of other shops are
    /// unknown.
    pub(crate) async fn order_reported(
        &self,
        by: &Principal,
        number: &str,
    ) -> Result<rows::OrderRow, AppError> {
        let order = self.order_by_number(by.tenant(), number).await?;
        if let Principal::Integrator { user, .. } = by
            && let Some(own) = self.shops_named_by(*user).await?
            && !serves(&own, order.shop.as_deref())
        {
            return Err(order_unknown());
        }
        Ok(order)
    }

    /// Shops that the account of a program names; none: it is of the whole tenant.
    async fn shops_named_by(&self, program: UserId) -> Result<Option<Vec<String>>, AppError> {
        let row = self.store().user(program).await?;
        Ok(row.and_then(|row| row.shops))
    }

    /// Refuses the words of a buyer in a claim from whoever is the other side: a program whose account names shops, and a colleague who
    /// answers for the shop of the case, whatever else they may be. Of a platform's case whoever brings it brings the buyer's
    /// pictures as well.
    ///
    /// # Errors
    /// `Forbidden` for them.
    pub(crate) async fn check_speaks_for(
        &self,
        principal: &Principal,
        case: &Case,
        action: &Action,
    ) -> Result<(), AppError> {
        let of_buyer = matches!(
            action,
            Action::DrawChallenge { .. }
                | Action::AnswerChallenge { .. }
                | Action::AnswerSettlement { .. }
                | Action::OfferCounter { .. }
                | Action::ChangeAsk { .. }
                | Action::ShipReturn { .. }
                | Action::WithdrawClaim { .. }
                | Action::ObjectToHistory {}
                | Action::EraseHistory {}
        );
        // Both sides do these, and a program does them for the buyer.
        let of_either = matches!(
            action,
            Action::AddEvidence { .. }
                | Action::DisputeEvidence { .. }
                | Action::CloseRound { .. }
                | Action::Appeal { .. }
        );
        if crate::detail::opened(case)?.mode == OperatorMode::Party {
            return Ok(());
        }
        match principal {
            Principal::Integrator { user, .. } if of_buyer || of_either => {
                match self.shops_named_by(*user).await? {
                    Some(_) => Err(AppError::forbidden()),
                    None => Ok(()),
                }
            }
            Principal::User(who) if of_buyer && who.has(Role::Merchant) => Err(AppError::new(
                ErrorKind::Forbidden,
                "other_side",
                "您在这个案件里代表商家，不能替买家做这一步。请买家自己操作，或请不代表商家的同事代办。",
                "On this case you answer for the shop, so you cannot do this for the buyer. The buyer can, or a colleague who does not answer for the shop.",
            )),
            _ => Ok(()),
        }
    }

    /// Shops that bound what an actor saves and brings: those of an account that acts as a merchant, and those that the account
    /// of a program names.
    pub(crate) async fn shops_of_actor(&self, by: Actor) -> Result<Option<Vec<String>>, AppError> {
        match by {
            Actor::Human(Human {
                user,
                role: Role::Merchant,
            }) => self.shops_of(user).await.map(Some),
            Actor::Integrator { user } => self.shops_named_by(user).await,
            _ => Ok(None),
        }
    }

    /// The shop of a product that is saved, or of whose product a variant is: the one that is named, else the only one of whoever
    /// saves it. Codes are a shop's own, so that a product has no other shop to stay with.
    ///
    /// # Errors
    /// `Invalid` for a code that is none, and for a shop that is not the merchant's.
    pub(crate) async fn shop_of_product(
        &self,
        by: Actor,
        named: Option<&str>,
    ) -> Result<Option<String>, AppError> {
        let named = named_shop(named)?;
        match self.shops_of_actor(by).await? {
            None => Ok(named),
            Some(own) => own_shop(&own, named),
        }
    }

    /// The only shop of a merchant who acts; none where there are several, and for anybody else.
    pub(crate) async fn only_shop_of(&self, by: Actor) -> Result<Option<String>, AppError> {
        Ok(self.shops_of_actor(by).await?.as_deref().and_then(only_of))
    }

    /// Whether a product is kept by the shop of an order, or by none where the order names none.
    pub(crate) async fn is_kept_by(
        &self,
        product: ProductId,
        shop: Option<&str>,
    ) -> Result<bool, AppError> {
        let product = self.store().product(product).await?;
        Ok(product.is_some_and(|product| product.shop.as_deref() == shop))
    }

    /// The shop of an order that is saved: the one it names, else the one it had, else the only one of whoever saves it.
    ///
    /// # Errors
    /// `Invalid` for a code that is none, and for an order that is or becomes another shop's than the merchant's.
    pub(crate) async fn shop_of_order(
        &self,
        by: Actor,
        earlier: Option<&rows::OrderRow>,
        named: Option<&str>,
    ) -> Result<Option<String>, AppError> {
        let named = named_shop(named)?;
        let had = earlier.and_then(|order| order.shop.clone());
        let Some(own) = self.shops_of_actor(by).await? else {
            return Ok(named.or(had));
        };
        if earlier.is_some() && !serves(&own, had.as_deref()) {
            return Err(AppError::invalid(
                "number",
                "order_of_another_shop",
                "这个订单号属于另一家店铺，请核对。",
                "This order number belongs to another shop. Please check it.",
            ));
        }
        own_shop(&own, named.or(had))
    }

    /// Changes for which shops an account answers; its sessions end. An empty list: for the orders that name none.
    ///
    /// # Errors
    /// A missing role, an unknown account, a code that is none, too many.
    pub async fn change_shops(
        &self,
        principal: &Principal,
        user: UserId,
        shops: &[String],
    ) -> Result<(), AppError> {
        let by = staff(principal, &[Role::Admin])?;
        let tenant = principal.tenant();
        let mut codes = shops
            .iter()
            .map(|shop| shop_code("shops", shop))
            .collect::<Result<Vec<_>, _>>()?;
        codes.sort_unstable();
        codes.dedup();
        if codes.len() > SHOPS_PER_ACCOUNT_MAX {
            return Err(AppError::invalid(
                "shops",
                "too_many_shops",
                format!("一个账号最多负责 {SHOPS_PER_ACCOUNT_MAX} 家店铺。"),
                format!("One account answers for at most {SHOPS_PER_ACCOUNT_MAX} shops."),
            ));
        }
        let _alone = self.alone(tenant.0).await?;
        let row = self.store().user(user).await?;
        let mut row = row
            .filter(|row| row.tenant == tenant)
            .ok_or_else(|| AppError::not_found("这个账号", "account"))?;
        if row.shops.clone().unwrap_or_default() == codes {
            return Ok(());
        }
        row.shops = Some(codes.clone()).filter(|codes| !codes.is_empty());
        self.commit_side(Side {
            writes: vec![Write::User(row), Write::DeleteUserSessions(user)],
            audit: vec![self.audited(
                by,
                tenant,
                AuditBody::UserShopsChanged { user, shops: codes },
            )],
            ..Side::default()
        })
        .await
    }
}
