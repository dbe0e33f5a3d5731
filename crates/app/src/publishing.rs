//! Listing photos as the operator publishes them (人工智能生成合成内容标识办法, article 6).
//!
//! A photo without a ground for a label is shown as it came. With one (a label in its file, the declaration of whoever
//! keeps the catalogue, a named person's decision) it is shown with the label and the visible mark, or it is not shown and
//! the answer says why. The original stays byte for byte as it came, for those who may see evidence.

use crate::access::{staff, staff_or_scope};
use crate::app::App;
use crate::catalogue::ListingReading;
use crate::engine::Side;
use crate::error::{AppError, ErrorKind};
use crate::evidence::Picture;
use crate::limits::PUBLISHED_BYTES_KEPT;
use crate::principal::Principal;
use crate::sealing::sha256;
use crate::shops::serves;
use crate::views::{ListingPhotoDetail, NamedAct, PublicationDetail};
use aftercare_domain::audit::{AuditBody, SuspicionGround};
use aftercare_domain::ids::{ListingPhotoId, ProductId, TenantId, UserId};
use aftercare_domain::{Actor, Role};
use aftercare_labels::carry::{Decision, Declaration, Ground, Identifier, Operator};
use aftercare_labels::publish::{NotPublished, Publication, ShownAs, Visible};
use aftercare_store::{Write, rows};
use serde::Deserialize;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Who may declare that AI made or changed a listing photo: whoever may add one.
const DECLARERS: &[Role] = &[Role::Admin, Role::Merchant];
const SCOPE: &str = "catalogue:write";
/// Who may decide that one is suspected to be generated: the operator's people, never the shop alone.
const JUDGES: &[Role] = &[Role::Reviewer, Role::RiskManager, Role::Agent, Role::Admin];
/// Who may see the original: those who keep the catalogue and those who see evidence.
const READERS: &[Role] = &[
    Role::Admin,
    Role::Merchant,
    Role::Reviewer,
    Role::RiskManager,
    Role::Agent,
    Role::Auditor,
];
/// Those of them whom no shop bounds.
const READERS_OF_ALL: &[Role] = &[
    Role::Admin,
    Role::Reviewer,
    Role::RiskManager,
    Role::Agent,
    Role::Auditor,
];

/// Which copy of a listing photo.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ListingForm {
    /// As pages show it: with the visible mark and the label, where there is a ground for them.
    #[default]
    Shown,
    /// The file with the label, every pixel as it came.
    File,
    /// As it came; for colleagues who may see evidence.
    Original,
}

/// Who publishes: named in the settings, and the only one who is ever written into a label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publisher {
    /// The operator's name, as pages say it.
    pub name: String,
    operator: Operator,
}

impl Publisher {
    /// The operator with that name and provider code.
    ///
    /// # Errors
    /// `Invalid` when the name is empty or the code is not that of a service that propagates content.
    pub fn new(name: &str, code: &str) -> Result<Self, AppError> {
        let name = crate::catalogue::short("publisher_name", name)?;
        let operator = Operator::new(code).map_err(|_| {
            AppError::invalid(
                "publisher_code",
                "publisher_code",
                "服务提供者编码应为 27 位（TC260-PG-20252A），校验码正确，且不是生成服务的编码。",
                "A provider code has 27 characters (TC260-PG-20252A) with a right check character, and is not that of a service that generates content.",
            )
        })?;
        Ok(Self { name, operator })
    }
}

/// Copies that are kept in memory.
#[derive(Default)]
pub(crate) struct Shelf {
    copies: HashMap<(ListingPhotoId, u8), Arc<Copies>>,
    bytes: usize,
}

struct Copies {
    shown: Picture,
    file: Picture,
    level: u8,
    visible: Visible,
    breaks_manifest: bool,
}

impl Shelf {
    fn keep(&mut self, key: (ListingPhotoId, u8), copies: Arc<Copies>) {
        let bytes = copies.shown.bytes.len() + copies.file.bytes.len();
        if self.bytes + bytes > PUBLISHED_BYTES_KEPT {
            self.copies.clear();
            self.bytes = 0;
        }
        self.bytes += bytes;
        if let Some(before) = self.copies.insert(key, copies) {
            self.bytes -= before.shown.bytes.len() + before.file.bytes.len();
        }
    }
}

fn picture(media_type: &str, bytes: Vec<u8>) -> Picture {
    Picture {
        media_type: media_type.to_owned(),
        etag: hex::encode(sha256(&bytes)),
        bytes,
    }
}

fn unknown() -> AppError {
    AppError::not_found("这张主图", "listing photo")
}

fn refused(why: NotPublished) -> AppError {
    AppError::new(
        ErrorKind::Refused,
        "listing_not_published",
        format!(
            "这张主图须带人工智能标识才能展示，但未能写入：{}。请换一张图片。",
            why.zh()
        ),
        format!(
            "This listing photo must carry an AI label to be shown, and none could be written: {}. Please use another picture.",
            why.en()
        ),
    )
}

fn without_publisher() -> AppError {
    AppError::new(
        ErrorKind::Refused,
        "publisher_missing",
        "这张主图须带人工智能标识才能展示，但尚未设置传播服务提供者。请管理员在设置中填写 publisher_name 和 publisher_code。",
        "This listing photo must carry an AI label to be shown, and no propagating service is set. An administrator names it with the settings publisher_name and publisher_code.",
    )
}

fn not_read_whole() -> AppError {
    AppError::new(
        ErrorKind::Refused,
        "listing_not_whole",
        "这张主图的文件未能完整读取，可能带有未读到的人工智能标识，因此不予展示。请用原来的软件重新导出后再上传。",
        "The file of this listing photo could not be read whole, and may carry an AI label that was missed, so it is not shown. Please export it again with the program that made it, and add that file.",
    )
}

fn unread() -> AppError {
    AppError::new(
        ErrorKind::Unavailable,
        "listing_not_read",
        "暂时未能核验这张主图的标识，请稍后再试。",
        "The labels of this listing photo could not be read just now. Please try again later.",
    )
}

/// The account that acted.
const fn account(by: Actor) -> Option<UserId> {
    match by {
        Actor::Integrator { user } | Actor::Technician { user, .. } => Some(user),
        Actor::Human(human) => Some(human.user),
        Actor::Claimant { .. } | Actor::System => None,
    }
}

impl App {
    /// Says who publishes; the first call counts, and until then no photo with a ground for a label is shown.
    pub fn publish_as(&self, publisher: Publisher) {
        let _ = self.publisher_slot().set(publisher);
    }

    /// Who publishes.
    pub fn publisher(&self) -> Option<&Publisher> {
        self.publisher_slot().get()
    }

    async fn listing_row(&self, id: ListingPhotoId) -> Result<rows::ListingPhotoRow, AppError> {
        self.store().listing_photo(id).await?.ok_or_else(unknown)
    }

    async fn listing_row_of(
        &self,
        tenant: TenantId,
        id: ListingPhotoId,
    ) -> Result<rows::ListingPhotoRow, AppError> {
        let row = self.listing_row(id).await?;
        if row.tenant == tenant {
            Ok(row)
        } else {
            Err(unknown())
        }
    }

    /// A listing photo that the requester may see or keep: to a merchant who is none of `beside`, one of another shop is as if
    /// there were none.
    async fn listing_row_for(
        &self,
        principal: &Principal,
        beside: &[Role],
        id: ListingPhotoId,
    ) -> Result<rows::ListingPhotoRow, AppError> {
        let row = self.listing_row_of(principal.tenant(), id).await?;
        if self.keeps_listing(principal, beside, &row).await? {
            Ok(row)
        } else {
            Err(unknown())
        }
    }

    /// Whether no shop bounds the requester, or the product of the photo is of one of its own.
    async fn keeps_listing(
        &self,
        principal: &Principal,
        beside: &[Role],
        row: &rows::ListingPhotoRow,
    ) -> Result<bool, AppError> {
        let Some(own) = self.shop_bounds(principal, beside).await? else {
            return Ok(true);
        };
        let product = self.store().product(row.product).await?;
        Ok(product.is_some_and(|product| serves(&own, product.shop.as_deref())))
    }

    /// The file of a listing photo as it came.
    pub(crate) async fn listing_bytes(
        &self,
        row: &rows::ListingPhotoRow,
    ) -> Result<Vec<u8>, AppError> {
        let sealed = self.store().get_blob(&row.blob).await?;
        self.open_listing(row.tenant, row.id, &sealed)
    }

    async fn original(&self, row: &rows::ListingPhotoRow) -> Result<Picture, AppError> {
        Ok(Picture {
            media_type: row.media_type.clone(),
            bytes: self.listing_bytes(row).await?,
            etag: row.blob.clone(),
        })
    }

    /// A listing photo as everybody may see it: public, as on the product page.
    ///
    /// # Errors
    /// `NotFound`; `Refused` when it needs a label that cannot be written, in words.
    pub async fn listing_picture(
        &self,
        id: ListingPhotoId,
        form: ListingForm,
    ) -> Result<Picture, AppError> {
        let row = self.listing_row(id).await?;
        let reading = self.listing_reading(&row).await.ok_or_else(unread)?;
        let Some(copies) = self.copies(&row, &reading).await? else {
            return self.original(&row).await;
        };
        match form {
            ListingForm::Shown => Ok(copies.shown.clone()),
            ListingForm::File => Ok(copies.file.clone()),
            ListingForm::Original => Err(AppError::forbidden()),
        }
    }

    /// A listing photo as it came, for colleagues who may see evidence.
    ///
    /// # Errors
    /// `NotFound`, or a missing role.
    pub async fn listing_original(
        &self,
        principal: &Principal,
        id: ListingPhotoId,
    ) -> Result<Picture, AppError> {
        staff_or_scope(principal, READERS, SCOPE)?;
        let row = self.listing_row_for(principal, READERS_OF_ALL, id).await?;
        self.original(&row).await
    }

    /// The published copies; none where there is no ground for a label. That there is none has to be known: a file that was
    /// not read whole is not shown.
    async fn copies(
        &self,
        row: &rows::ListingPhotoRow,
        reading: &ListingReading,
    ) -> Result<Option<Arc<Copies>>, AppError> {
        let number = |text: String| {
            Identifier::new(&text).map_err(|error| AppError::internal(error.to_string()))
        };
        let event = |act: &str| number(format!("{act}:{}", row.id));
        let (tag, ground) = if let Some(user) = row.declared_by {
            let declaration = Declaration {
                uploader: number(user.to_string())?,
                event: event("listing_photo_declared.v1")?,
            };
            (2, Ground::Declared(declaration))
        } else if let Some(user) = row.judged_by {
            let decision = Decision {
                person: number(user.to_string())?,
                event: event("listing_photo_judged.v1")?,
            };
            (3, Ground::Decided(decision))
        } else if !reading.labels.is_empty() {
            (1, Ground::Label)
        } else if reading.is_whole {
            return Ok(None);
        } else {
            return Err(not_read_whole());
        };
        let publisher = self.publisher().ok_or_else(without_publisher)?;
        // Two who ask at once get one copy.
        let _alone = self.alone_here(row.id.0).await;
        let key = (row.id, tag);
        if let Some(known) = self.shelf().lock().await.copies.get(&key) {
            return Ok(Some(Arc::clone(known)));
        }
        let publication = Publication {
            operator: publisher.operator.clone(),
            propagate_id: number(row.id.to_string())?,
            ground,
        };
        let bytes = self.listing_bytes(row).await?;
        let made = self.screener().publish(bytes, publication).await?;
        let made = made.map_err(refused)?;
        let shown_as = match made.copy.shown_as {
            ShownAs::File => row.media_type.as_str(),
            ShownAs::Png => "image/png",
            ShownAs::Jpeg => "image/jpeg",
        };
        let copies = Arc::new(Copies {
            shown: picture(shown_as, made.shown),
            file: picture(&row.media_type, made.file),
            level: made.copy.level,
            visible: made.copy.visible,
            breaks_manifest: made.copy.breaks_manifest,
        });
        self.shelf().lock().await.keep(key, Arc::clone(&copies));
        Ok(Some(copies))
    }

    /// A listing photo with its labels, what was declared and decided about it, and how it is published.
    ///
    /// # Errors
    /// `NotFound`, or a missing role.
    pub async fn listing_detail(
        &self,
        principal: &Principal,
        id: ListingPhotoId,
    ) -> Result<ListingPhotoDetail, AppError> {
        staff_or_scope(principal, READERS, SCOPE)?;
        let row = self.listing_row_for(principal, READERS_OF_ALL, id).await?;
        let may_keep = staff_or_scope(principal, DECLARERS, SCOPE).is_ok()
            && self.keeps_listing(principal, &[Role::Admin], &row).await?;
        let reading = self.listing_reading(&row).await;
        let publication = match &reading {
            None => PublicationDetail::refused(&unread()),
            Some(reading) => match self.copies(&row, reading).await {
                Ok(None) => PublicationDetail::plain(),
                Ok(Some(copies)) => PublicationDetail {
                    state: "labeled".to_owned(),
                    level: Some(copies.level),
                    visible: Some(crate::detail::name(&copies.visible)),
                    publisher: self.publisher().map(|publisher| publisher.name.clone()),
                    breaks_manifest: copies.breaks_manifest,
                    zh: String::new(),
                    en: String::new(),
                },
                Err(error) if error.kind == ErrorKind::Internal => return Err(error),
                Err(error) => PublicationDetail::refused(&error),
            },
        };
        let product = self.product_name(row.product).await?.unwrap_or_default();
        Ok(ListingPhotoDetail {
            id,
            product: row.product,
            product_name: product,
            version: row.version,
            media_type: row.media_type.clone(),
            bytes: row.bytes,
            added_at: row.added_at,
            retired_at: row.retired_at,
            declared: self.named(row.declared_by, row.declared_at, None).await?,
            judged: self
                .named(row.judged_by, row.judged_at, row.judged_why.clone())
                .await?,
            labels: reading
                .as_ref()
                .map(|reading| reading.labels.clone())
                .unwrap_or_default(),
            marks: reading.map(|reading| {
                let marks = reading.marks.clone();
                if staff(principal, JUDGES).is_ok() {
                    marks
                } else {
                    crate::marks::for_parties(marks)
                }
            }),
            publication,
            may_declare: row.declared_by.is_none() && may_keep,
            may_judge: row.judged_by.is_none() && staff(principal, JUDGES).is_ok(),
        })
    }

    async fn named(
        &self,
        user: Option<UserId>,
        at: Option<aftercare_domain::Timestamp>,
        why: Option<String>,
    ) -> Result<Option<NamedAct>, AppError> {
        let (Some(user), Some(at)) = (user, at) else {
            return Ok(None);
        };
        let name = self.store().user(user).await?;
        Ok(Some(NamedAct {
            name: name.map(|row| row.display_name).unwrap_or_default(),
            at,
            why,
        }))
    }

    /// Declares that AI made or changed a listing photo (article 6(2)). A second declaration changes nothing.
    ///
    /// # Errors
    /// A missing role or no such photo.
    pub async fn declare_listing_photo(
        &self,
        principal: &Principal,
        id: ListingPhotoId,
    ) -> Result<(), AppError> {
        let by = staff_or_scope(principal, DECLARERS, SCOPE)?;
        let known = self.listing_row_for(principal, &[Role::Admin], id).await?;
        // All that changes a listing photo, its end as well, holds its product.
        let _alone = self.alone(known.product.0).await?;
        let mut row = self.listing_row_for(principal, &[Role::Admin], id).await?;
        if row.declared_by.is_some() {
            return Ok(());
        }
        self.declare(&mut row, by);
        self.commit_listing(row, by, AuditBody::ListingPhotoDeclared { photo: id })
            .await
    }

    /// Writes the declaration into the row.
    pub(crate) fn declare(&self, row: &mut rows::ListingPhotoRow, by: Actor) {
        row.declared_by = account(by);
        row.declared_at = Some(self.now());
    }

    /// Decides that a listing photo is suspected to be generated (article 6(3)). The first decision stands: a label is
    /// never taken away, and a photo that should not have one is retired.
    ///
    /// # Errors
    /// A missing role, no such photo, or a decision that stands.
    pub async fn judge_listing_photo(
        &self,
        principal: &Principal,
        id: ListingPhotoId,
        why: SuspicionGround,
    ) -> Result<(), AppError> {
        let by = staff(principal, JUDGES)?;
        let known = self.listing_row_of(principal.tenant(), id).await?;
        let _alone = self.alone(known.product.0).await?;
        let mut row = self.listing_row_of(principal.tenant(), id).await?;
        if row.judged_by.is_some() {
            return Err(AppError::new(
                ErrorKind::Refused,
                "listing_judged",
                "这张主图已有认定，标识不会撤下；如认定有误，请停用后重新上传。",
                "A decision about this listing photo stands, and a label is not taken away. If it is wrong, retire the photo and add it again.",
            ));
        }
        row.judged_by = account(by);
        row.judged_at = Some(self.now());
        row.judged_why = Some(why.name().to_owned());
        self.commit_listing(row, by, AuditBody::ListingPhotoJudged { photo: id, why })
            .await
    }

    async fn commit_listing(
        &self,
        row: rows::ListingPhotoRow,
        by: Actor,
        body: AuditBody,
    ) -> Result<(), AppError> {
        let tenant = row.tenant;
        self.commit_side(Side {
            writes: vec![Write::ListingPhoto(row)],
            audit: vec![self.audited(by, tenant, body)],
            ..Side::default()
        })
        .await
    }

    /// Every listing photo that stands of the products of the tenant, or of a merchant's own shops, by product and version.
    ///
    /// # Errors
    /// A missing role.
    pub async fn standing_listing_photos(
        &self,
        principal: &Principal,
    ) -> Result<Vec<(ProductId, ListingPhotoId, u32)>, AppError> {
        staff_or_scope(principal, READERS, SCOPE)?;
        let rows = self
            .store()
            .tenant_listing_photos(principal.tenant())
            .await?;
        let mut standing: Vec<_> = rows
            .into_iter()
            .filter(|row| row.retired_at.is_none())
            .collect();
        if let Some(own) = self.shop_bounds(principal, READERS_OF_ALL).await? {
            let products = self.store().products(principal.tenant()).await?.into_iter();
            let kept: HashSet<ProductId> = products
                .filter(|product| serves(&own, product.shop.as_deref()))
                .map(|product| product.id)
                .collect();
            standing.retain(|row| kept.contains(&row.product));
        }
        Ok(standing
            .into_iter()
            .map(|row| (row.product, row.id, row.version))
            .collect())
    }
}
