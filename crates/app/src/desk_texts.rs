//! Texts that colleagues use: replies with places that are filled in for a case, and questions to ask in a call about a product.
//! Each is in one language; what is saved again is another version, and the earlier ones stay.

use crate::access::staff;
use crate::app::App;
use crate::assistant::{next_due, next_visit};
use crate::catalogue::{line, short};
use crate::engine::Side;
use crate::error::{AppError, ErrorKind};
use crate::limits::{DESK_TEXT_CHARS_MAX, DESK_TEXTS_MAX, NAME_CHARS_MAX};
use crate::principal::Principal;
use crate::views::CaseDetail;
use aftercare_domain::audit::{AuditBody, DeskTextKind};
use aftercare_domain::ids::{CaseId, DeskTextId, ProductId};
use aftercare_domain::{Role, Timestamp};
use aftercare_store::Write;
use aftercare_store::rows::DeskTextRow;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Who writes them.
const KEEPERS: &[Role] = &[Role::Admin];
/// Who uses them.
const READERS: &[Role] = &[Role::Agent, Role::Dispatcher, Role::Admin];
/// Languages that a text may be in, by their tags.
pub const LANGS: [&str; 2] = ["zh-CN", "en"];

/// What can be filled into a reply. There are no other places: a reply says nothing about a person that the person did not see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Number of the case.
    Number,
    /// Name of the business.
    Shop,
    /// Name of whoever writes.
    Agent,
    /// The product of the case.
    Product,
    /// The number at which a person answers.
    Hotline,
    /// The visit that was agreed, day and time.
    Visit,
    /// When the next step is due.
    Due,
}

impl Place {
    /// Every place.
    pub const ALL: [Self; 7] = [
        Self::Number,
        Self::Shop,
        Self::Agent,
        Self::Product,
        Self::Hotline,
        Self::Visit,
        Self::Due,
    ];

    /// As it stands between braces.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Shop => "shop",
            Self::Agent => "agent",
            Self::Product => "product",
            Self::Hotline => "hotline",
            Self::Visit => "visit",
            Self::Due => "due",
        }
    }

    fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|place| place.name() == name)
    }
}

/// A text as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DeskText {
    #[schema(value_type = String)]
    pub id: DeskTextId,
    /// One more each time it is saved.
    pub version: u32,
    /// `zh-CN` or `en`.
    pub lang: String,
    /// Category of products that it is for; empty for all.
    pub category: String,
    #[schema(value_type = Option<String>)]
    pub product: Option<ProductId>,
    pub product_name: String,
    pub title: String,
    pub body: String,
    #[schema(value_type = i64)]
    pub saved_at: Timestamp,
}

/// A text as entered.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeskTextInput {
    /// The text that this is a version of; left out for a new one.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub id: Option<DeskTextId>,
    /// The version that was read; 0 for a new one.
    #[serde(default)]
    pub version: u32,
    /// `zh-CN` or `en`.
    pub lang: String,
    /// Category of products; empty for all. Of questions only.
    #[serde(default)]
    pub category: String,
    /// One product alone. Of questions only.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub product: Option<ProductId>,
    pub title: String,
    /// Of replies it may have the places `{number}`, `{shop}`, `{agent}`, `{product}`, `{hotline}`, `{visit}` and `{due}`.
    pub body: String,
    /// Whether nobody uses it any more.
    #[serde(default)]
    pub withdrawn: bool,
}

/// A reply for one case, its places filled in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FilledReply {
    #[schema(value_type = String)]
    pub id: DeskTextId,
    pub lang: String,
    pub title: String,
    pub text: String,
}

/// Questions as they are shown beside a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptFor {
    pub text: DeskText,
    /// Whether they are for what the call is about; the others are folded.
    pub fits: bool,
}

/// A piece of a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece<'a> {
    Words(&'a str),
    Place(Place),
}

fn place_unknown(found: &str) -> AppError {
    let names: Vec<String> = Place::ALL
        .iter()
        .map(|place| format!("{{{}}}", place.name()))
        .collect();
    let names = names.join(" ");
    AppError::invalid(
        "body",
        "reply_place",
        format!("“{found}”不能填写。花括号里只能是这些：{names}。"),
        format!("`{found}` cannot be filled in. Between braces there can be: {names}."),
    )
}

/// A reply in pieces.
fn pieces(body: &str) -> Result<Vec<Piece<'_>>, AppError> {
    let mut found = Vec::new();
    let mut rest = body;
    while let Some(at) = rest.find(['{', '}']) {
        let (words, after) = rest.split_at(at);
        if !words.is_empty() {
            found.push(Piece::Words(words));
        }
        let inside = after
            .strip_prefix('{')
            .and_then(|inside| inside.split_once('}'));
        let Some((name, left)) = inside else {
            return Err(place_unknown(
                &after.chars().take(NAME_CHARS_MAX).collect::<String>(),
            ));
        };
        let Some(place) = Place::of(name) else {
            let name: String = name.chars().take(NAME_CHARS_MAX).collect();
            return Err(place_unknown(&format!("{{{name}}}")));
        };
        found.push(Piece::Place(place));
        rest = left;
    }
    if !rest.is_empty() {
        found.push(Piece::Words(rest));
    }
    Ok(found)
}

/// The reply with its places filled in; none where something is not known: nobody is sent a gap.
fn fill(body: &str, value: impl Fn(Place) -> Option<String>) -> Option<String> {
    let mut text = String::new();
    for piece in pieces(body).ok()? {
        match piece {
            Piece::Words(words) => text.push_str(words),
            Piece::Place(place) => {
                text.push_str(&value(place).filter(|value| !value.is_empty())?);
            }
        }
    }
    Some(text)
}

/// A text of several lines of at most so many characters.
fn body_of(kind: DeskTextKind, body: &str) -> Result<String, AppError> {
    let body = body.replace("\r\n", "\n");
    let body = body.trim();
    let chars = body.chars().count();
    let odd = |c: char| c.is_control() && c != '\n';
    if !(1..=DESK_TEXT_CHARS_MAX).contains(&chars) || body.contains(odd) {
        return Err(AppError::invalid(
            "body",
            "desk_text",
            format!("这里要写 1 到 {DESK_TEXT_CHARS_MAX} 个字，现在是 {chars} 个字。"),
            format!("This takes 1 to {DESK_TEXT_CHARS_MAX} characters; it has {chars}."),
        ));
    }
    if kind == DeskTextKind::Reply {
        pieces(body)?;
    }
    Ok(body.to_owned())
}

/// How well a text fits a product: the product itself, then its category, then what is for all; none where it is for others.
fn fit(text: &DeskText, product: Option<ProductId>, category: &str) -> Option<u8> {
    match text.product {
        Some(own) => (Some(own) == product).then_some(0),
        None if text.category.is_empty() => Some(2),
        None => (text.category == category).then_some(1),
    }
}

/// The texts that are for a product, those for it alone first.
#[must_use]
pub fn for_product<'a>(
    texts: &'a [DeskText],
    product: Option<ProductId>,
    category: &str,
) -> Vec<&'a DeskText> {
    let mut fitting: Vec<(u8, &DeskText)> = texts
        .iter()
        .filter_map(|text| Some((fit(text, product, category)?, text)))
        .collect();
    fitting.sort_by_key(|(fit, _)| *fit);
    fitting.into_iter().map(|(_, text)| text).collect()
}

impl App {
    /// The texts of a kind that are in use, by title.
    ///
    /// # Errors
    /// A missing role.
    pub async fn desk_texts(
        &self,
        principal: &Principal,
        kind: DeskTextKind,
    ) -> Result<Vec<DeskText>, AppError> {
        staff(principal, READERS)?;
        let tenant = principal.tenant();
        let rows = self.store().desk_texts(tenant, kind.name()).await?;
        let products = self.store().products(tenant).await?;
        let named = |id: Option<ProductId>| {
            let found = products.iter().find(|product| Some(product.id) == id);
            found.map_or_else(String::new, |product| product.name.clone())
        };
        let rows = rows.into_iter().filter(|row| !row.withdrawn);
        Ok(rows
            .map(|row| DeskText {
                id: row.id,
                version: row.version,
                lang: row.lang,
                category: row.category,
                product_name: named(row.product),
                product: row.product,
                title: row.title,
                body: row.body,
                saved_at: row.saved_at,
            })
            .collect())
    }

    /// Saves a new text, or another version of one.
    ///
    /// # Errors
    /// A missing role; the field that is wrong; `changed_meanwhile` when somebody else saved it.
    pub async fn save_desk_text(
        &self,
        principal: &Principal,
        kind: DeskTextKind,
        input: &DeskTextInput,
    ) -> Result<(), AppError> {
        let by = staff(principal, KEEPERS)?;
        let user = principal.signed_in().ok_or_else(AppError::forbidden)?.user;
        let tenant = principal.tenant();
        let _alone = self.alone(tenant.0).await?;
        let known = self.store().desk_texts(tenant, kind.name()).await?;
        let row = DeskTextRow {
            tenant,
            id: input.id.unwrap_or_else(|| DeskTextId(self.new_id())),
            version: input.version.saturating_add(1),
            kind: kind.name().to_owned(),
            lang: lang_of(&input.lang)?,
            category: line("category", &input.category, 0, NAME_CHARS_MAX)?,
            product: match input.product {
                Some(id) => Some(self.product_of(tenant, id).await?.id),
                None => None,
            },
            title: short("title", &input.title)?,
            body: body_of(kind, &input.body)?,
            withdrawn: input.withdrawn,
            saved_by: user,
            saved_at: self.now(),
        };
        if kind == DeskTextKind::Reply && (row.product.is_some() || !row.category.is_empty()) {
            return Err(AppError::invalid(
                "category",
                "reply_for_all",
                "回复对所有商品通用，这里请留空。",
                "A reply is for all products. Please leave this empty.",
            ));
        }
        if row.product.is_some() && !row.category.is_empty() {
            return Err(AppError::invalid(
                "category",
                "script_for_one",
                "选了商品就不用再写类别，请留空一个。",
                "With a product there is no category. Please leave one of them empty.",
            ));
        }
        let before = known.iter().find(|text| text.id == row.id);
        match (input.id, before) {
            (Some(_), None) => return Err(AppError::not_found("这条内容", "text")),
            (Some(_), Some(before)) if before.version != input.version => {
                return Err(AppError::new(
                    ErrorKind::Conflict,
                    "changed_meanwhile",
                    "刚才有人也改了这一条，请刷新后再改。",
                    "Somebody else saved this text just now. Please reload and change it again.",
                ));
            }
            (None, _) if known.len() >= DESK_TEXTS_MAX => {
                return Err(AppError::new(
                    ErrorKind::Refused,
                    "desk_texts_full",
                    format!("最多 {DESK_TEXTS_MAX} 条（停用的也算），请改写已有的。"),
                    format!(
                        "There are {DESK_TEXTS_MAX} texts, those withdrawn among them. Please change one of them."
                    ),
                ));
            }
            _ => {}
        }
        let same_name = known.iter().any(|text| {
            text.id != row.id
                && !text.withdrawn
                && (&text.lang, &text.category, text.product, &text.title)
                    == (&row.lang, &row.category, row.product, &row.title)
        });
        if same_name && !row.withdrawn {
            return Err(AppError::invalid(
                "title",
                "desk_text_there",
                "同一语言、同一商品已经有这个名称，请换一个名称或者改写原来那条。",
                "There is a text of this name for the same language and product. Please choose another name, or change that one.",
            ));
        }
        let unchanged = before.is_some_and(|before| {
            let same = DeskTextRow {
                version: before.version,
                saved_by: before.saved_by,
                saved_at: before.saved_at,
                ..row.clone()
            };
            same == *before
        });
        if unchanged {
            return Ok(());
        }
        let body = AuditBody::DeskTextSaved {
            text: row.id,
            kind,
            version: row.version,
        };
        let side = Side {
            writes: vec![Write::DeskText(row)],
            audit: vec![self.audited(by, tenant, body)],
            ..Side::default()
        };
        self.commit_side(side).await
    }

    /// Questions for a call: those that fit the product first, or that of the caller's case where no product was chosen yet, those of
    /// the reader's language before others.
    ///
    /// # Errors
    /// A missing role, or a case that is not the reader's to see.
    pub async fn scripts_for(
        &self,
        principal: &Principal,
        product: Option<ProductId>,
        case: Option<CaseId>,
        lang: &str,
    ) -> Result<Vec<ScriptFor>, AppError> {
        let mut texts = self.desk_texts(principal, DeskTextKind::Script).await?;
        if texts.is_empty() {
            return Ok(Vec::new());
        }
        let product = match (product, case) {
            (None, Some(case)) => self.product_of_case(principal, case).await?,
            (product, _) => product,
        };
        let products = self.store().products(principal.tenant()).await?;
        let chosen = products.iter().find(|known| Some(known.id) == product);
        let category = chosen.map_or("", |known| known.category.as_str());
        texts.sort_by_key(|text| text.lang != lang);
        let fitting: Vec<DeskText> = for_product(&texts, product, category)
            .into_iter()
            .cloned()
            .collect();
        texts.retain(|text| !fitting.contains(text));
        let shown = |fits| move |text| ScriptFor { text, fits };
        let others = texts.into_iter().map(shown(false));
        Ok(fitting.into_iter().map(shown(true)).chain(others).collect())
    }

    /// The product that a case is about: of its latest repair, else of the order line of its latest claim.
    pub(crate) async fn product_of_case(
        &self,
        principal: &Principal,
        case: CaseId,
    ) -> Result<Option<ProductId>, AppError> {
        let state = self.readable(principal, case).await?;
        let repaired = state.work_orders.values().next_back();
        if let Some(product) = repaired.and_then(|order| order.product) {
            return Ok(Some(product));
        }
        let Some(claim) = state.claims.values().next_back() else {
            return Ok(None);
        };
        let line = self.store().order_line(claim.line).await?;
        Ok(line.map(|line| line.product))
    }

    /// The replies for a case, filled in for whoever writes. One of which something is not known is left out.
    ///
    /// # Errors
    /// A missing role.
    pub async fn replies_for(
        &self,
        principal: &Principal,
        case: &CaseDetail,
    ) -> Result<Vec<FilledReply>, AppError> {
        let texts = self.desk_texts(principal, DeskTextKind::Reply).await?;
        let hotline = self.hotline(principal.tenant()).await?;
        let now = self.now();
        let agent = principal.signed_in().map(|who| who.display_name.clone());
        let value = |place| match place {
            Place::Number => Some(case.number.clone()),
            Place::Shop => Some(case.tenant_name.clone()),
            Place::Agent => agent.clone(),
            Place::Product => product_name(case),
            Place::Hotline => hotline.clone(),
            Place::Visit => next_visit(case, now),
            Place::Due => next_due(case, now).map(|(_, at)| at.to_china_minute()),
        };
        let filled = texts.into_iter().filter_map(|reply| {
            Some(FilledReply {
                text: fill(&reply.body, value)?,
                id: reply.id,
                lang: reply.lang,
                title: reply.title,
            })
        });
        Ok(filled.collect())
    }
}

fn lang_of(lang: &str) -> Result<String, AppError> {
    let found = LANGS.into_iter().find(|known| *known == lang.trim());
    found.map(str::to_owned).ok_or_else(|| {
        AppError::invalid(
            "lang",
            "lang_unknown",
            "请选择语言：中文或英文。",
            "Please choose a language: `zh-CN` or `en`.",
        )
    })
}

/// The product that a case is about: of the latest repair, else of the order line of the latest claim.
fn product_name(case: &CaseDetail) -> Option<String> {
    let repaired = case.work_orders.last();
    let repaired = repaired.and_then(|order| order.product_name.clone());
    repaired.or_else(|| {
        let claim = case.claims.last()?;
        let lines = &case.order.as_ref()?.lines;
        let line = lines.iter().find(|line| line.id == claim.line)?;
        Some(line.name.clone())
    })
}

#[cfg(test)]
mod tests {
    use super::{
        DeskText, DeskTextId, Piece, Place, ProductId, Timestamp, fill, for_product, pieces,
    };
    use proptest::collection::vec;
    use proptest::prelude::{prop_assert_eq, proptest};
    use uuid::Uuid;

    fn known(place: Place) -> Option<String> {
        Some(format!("<{}>", place.name()))
    }

    #[test]
    fn a_reply_is_filled_in_or_not_sent_at_all() {
        let body = "您好，{agent}收到了 {number}。";
        let filled = fill(body, known);
        assert_eq!(filled.as_deref(), Some("您好，<agent>收到了 <number>。"));
        let without = fill(body, |place| known(place).filter(|_| place != Place::Agent));
        assert_eq!(without, None, "nobody is sent a gap");
        assert_eq!(fill(body, |_| Some(String::new())), None);
    }

    #[test]
    fn what_cannot_be_filled_in_is_refused_and_named() {
        for body in [
            "{phone}",
            "{",
            "}",
            "a}b",
            "{number",
            "{{number}}",
            "{ number }",
            "{}",
        ] {
            let error = pieces(body).unwrap_err();
            assert_eq!(
                (error.rule.as_str(), error.field.as_deref()),
                ("reply_place", Some("body"))
            );
            for place in Place::ALL {
                assert!(
                    error.en.contains(&format!("{{{}}}", place.name())),
                    "{}",
                    error.en
                );
            }
        }
    }

    proptest! {
        /// Whatever words and places a reply is made of, it is read as that.
        #[test]
        fn a_reply_is_read_as_it_was_put_together(parts in vec((0..8_usize, "[a-z 好\n]{1,5}"), 0..8)) {
            let body: String = parts
                .iter()
                .map(|(kind, words)| Place::ALL.get(*kind).map_or_else(|| words.clone(), |place| format!("{{{}}}", place.name())))
                .collect();
            let read: String = pieces(&body)
                .unwrap()
                .into_iter()
                .map(|piece| match piece {
                    Piece::Words(words) => words.to_owned(),
                    Piece::Place(place) => format!("{{{}}}", place.name()),
                })
                .collect();
            prop_assert_eq!(&read, &body);
            let filled = fill(&body, |place| Some(place.name().to_owned())).unwrap();
            prop_assert_eq!(filled, body.replace(['{', '}'], ""));
        }
    }

    fn text(id: u128, product: Option<u128>, category: &str) -> DeskText {
        DeskText {
            id: DeskTextId(Uuid::from_u128(id)),
            version: 1,
            lang: "en".to_owned(),
            category: category.to_owned(),
            product: product.map(|id| ProductId(Uuid::from_u128(id))),
            product_name: String::new(),
            title: id.to_string(),
            body: "Does it leak?".to_owned(),
            saved_at: Timestamp(0),
        }
    }

    #[test]
    fn questions_of_the_product_come_before_those_of_its_category_and_those_for_all() {
        let texts = [
            text(1, None, ""),
            text(2, None, "washer"),
            text(3, Some(7), ""),
            text(4, Some(8), ""),
            text(5, None, "lamp"),
        ];
        let titles = |product: Option<u128>, category: &str| -> Vec<String> {
            let product = product.map(|id| ProductId(Uuid::from_u128(id)));
            for_product(&texts, product, category)
                .iter()
                .map(|text| text.title.clone())
                .collect()
        };
        assert_eq!(titles(Some(7), "washer"), ["3", "2", "1"]);
        assert_eq!(titles(Some(9), "lamp"), ["5", "1"]);
        assert_eq!(titles(None, ""), ["1"]);
    }
}
