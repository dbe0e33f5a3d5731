//! The catalogue: products, variants, listing photos with their versions, warranty terms.

use crate::access::staff_or_scope;
use crate::app::App;
use crate::engine::Side;
use crate::error::AppError;
use crate::limits::{
    LISTING_LABELS_KEPT, LISTING_PHOTOS_MAX, NAME_CHARS_MAX, TITLE_CHARS_MAX, WARRANTY_DAYS_MAX,
};
use crate::principal::Principal;
use crate::shops::serves;
use crate::views::{MarkDetail, PictureLabel};
use aftercare_domain::audit::{AuditBody, AuditEvent};
use aftercare_domain::ids::{ListingPhotoId, PersonId, ProductId, SkuId, TenantId};
use aftercare_domain::time::SECOND_MS;
use aftercare_domain::{Actor, Role, Timestamp};
use aftercare_labels::Report;
use aftercare_labels::consistency::Times;
use aftercare_store::{Write, rows};
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use utoipa::ToSchema;

/// Roles and scope that keep the catalogue.
const KEEPERS: &[Role] = &[Role::Admin, Role::Merchant];
const SCOPE: &str = "catalogue:write";

/// A product as entered or imported; the code finds it again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProductInput {
    pub code: String,
    pub name: String,
    #[serde(default)]
    pub category: String,
    /// Skill a technician needs, such as `lamp`.
    #[serde(default)]
    pub skill: String,
    #[serde(default)]
    pub warranty_days: u32,
    #[serde(default)]
    pub perishable: bool,
    /// Code of the shop that keeps it, where the tenant has several: each shop has codes of its own. Left out, it is of the
    /// only shop of the merchant who saves it, and an administrator's or a program's is of no shop.
    #[serde(default)]
    pub shop: Option<String>,
}

/// A variant as entered or imported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SkuInput {
    pub product_code: String,
    pub code: String,
    pub name: String,
    /// Code of the shop that keeps the product, as with the product.
    #[serde(default)]
    pub shop: Option<String>,
}

/// A product as lists show it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ProductView {
    #[schema(value_type = String)]
    pub id: ProductId,
    pub code: String,
    pub name: String,
    pub category: String,
    pub skill: String,
    pub warranty_days: u32,
    pub perishable: bool,
    /// Code of the shop that keeps it.
    pub shop: Option<String>,
}

/// A variant as the product page shows it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SkuView {
    #[schema(value_type = String)]
    pub id: SkuId,
    pub code: String,
    pub name: String,
}

/// One version of a listing photo.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ListingPhotoView {
    #[schema(value_type = String)]
    pub id: ListingPhotoId,
    pub version: u32,
    pub media_type: String,
    pub bytes: u64,
    #[schema(value_type = i64)]
    pub added_at: Timestamp,
    /// It stands until then; for ever when there is no time.
    #[schema(value_type = Option<i64>)]
    pub retired_at: Option<Timestamp>,
}

/// A product with its variants and every version of its listing photos.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ProductDetail {
    pub product: ProductView,
    pub skus: Vec<SkuView>,
    pub photos: Vec<ListingPhotoView>,
}

/// Whether saving something was a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Saved {
    Created,
    Updated,
    /// It stood like that already: nothing is written.
    Unchanged,
}

/// How the row that stood compares with the one that is to stand.
pub(crate) fn saved<R: PartialEq>(known: Option<&R>, row: &R) -> Saved {
    match known {
        None => Saved::Created,
        Some(known) if known == row => Saved::Unchanged,
        Some(_) => Saved::Updated,
    }
}

/// What an import read already, so that a file of many rows about few things asks once for each.
#[derive(Default)]
pub(crate) struct Known {
    /// By shop and code.
    products: HashMap<(Option<String>, String), Option<rows::ProductRow>>,
    skus: HashMap<ProductId, Vec<rows::SkuRow>>,
    pub(crate) outlets: Option<Vec<rows::OutletRow>>,
    /// Customers whom a row put right, and the numbers of the shop that rows name.
    pub(crate) customers: HashSet<PersonId>,
    pub(crate) customer_numbers: HashSet<String>,
}

/// A text of one line that is needed, such as a code or a name.
///
/// # Errors
/// `Invalid` naming the field.
pub(crate) fn short(field: &str, text: &str) -> Result<String, AppError> {
    line(field, text, 1, NAME_CHARS_MAX)
}

/// A text of one line of `least` to `most` characters.
///
/// # Errors
/// `Invalid` naming the field.
pub(crate) fn line(field: &str, text: &str, least: usize, most: usize) -> Result<String, AppError> {
    let text = text.trim();
    let chars = text.chars().count();
    if (least..=most).contains(&chars) && !text.chars().any(char::is_control) {
        return Ok(text.to_owned());
    }
    Err(AppError::invalid(
        field,
        "short_text",
        format!("这里要写 {least} 到 {most} 个字，不能换行，现在是 {chars} 个字。"),
        format!("This takes {least} to {most} characters on one line; it has {chars}."),
    ))
}

fn product_view(row: rows::ProductRow) -> ProductView {
    ProductView {
        id: row.id,
        code: row.code,
        name: row.name,
        category: row.category,
        skill: row.skill,
        warranty_days: row.warranty_days,
        perishable: row.perishable,
        shop: row.shop,
    }
}

/// There is no such product, or another shop keeps it.
fn no_product() -> AppError {
    AppError::invalid(
        "product",
        "product_unknown",
        "没有这个商品，请重新选择。",
        "There is no such product. Please choose again.",
    )
}

impl App {
    /// An audited act of now.
    pub(crate) fn audited(&self, by: Actor, tenant: TenantId, body: AuditBody) -> AuditEvent {
        AuditEvent {
            at: self.now(),
            by,
            tenant,
            body,
        }
    }

    /// Saves a product.
    ///
    /// # Errors
    /// A missing role, or the field that is wrong.
    pub async fn save_product(
        &self,
        principal: &Principal,
        input: &ProductInput,
    ) -> Result<ProductId, AppError> {
        let by = staff_or_scope(principal, KEEPERS, SCOPE)?;
        let mut side = Side::default();
        let (id, saved) = self
            .put_product(
                by,
                principal.tenant(),
                input,
                &mut Known::default(),
                &mut side,
            )
            .await?;
        self.save_catalogue(principal, by, id, saved, side).await?;
        Ok(id)
    }

    /// Saves a variant of a product.
    ///
    /// # Errors
    /// A missing role, or the field that is wrong.
    pub async fn save_sku(
        &self,
        principal: &Principal,
        input: &SkuInput,
    ) -> Result<SkuId, AppError> {
        let by = staff_or_scope(principal, KEEPERS, SCOPE)?;
        let mut side = Side::default();
        let (row, saved) = self
            .put_sku(
                by,
                principal.tenant(),
                input,
                &mut Known::default(),
                &mut side,
            )
            .await?;
        self.save_catalogue(principal, by, row.product, saved, side)
            .await?;
        Ok(row.id)
    }

    async fn save_catalogue(
        &self,
        principal: &Principal,
        by: Actor,
        product: ProductId,
        saved: Saved,
        mut side: Side,
    ) -> Result<(), AppError> {
        if saved == Saved::Unchanged {
            return Ok(());
        }
        side.audit
            .push(self.audited(by, principal.tenant(), AuditBody::ProductSaved { product }));
        self.commit_side(side).await
    }

    /// Adds the row of a product to the unit, unless it stands like that already.
    pub(crate) async fn put_product(
        &self,
        by: Actor,
        tenant: TenantId,
        input: &ProductInput,
        known: &mut Known,
        side: &mut Side,
    ) -> Result<(ProductId, Saved), AppError> {
        let code = short("code", &input.code)?;
        let name = line("name", &input.name, 1, TITLE_CHARS_MAX)?;
        let category = line("category", &input.category, 0, NAME_CHARS_MAX)?;
        let skill = match input.skill.trim() {
            "" => "general".to_owned(),
            skill => short("skill", skill)?,
        };
        if input.warranty_days > WARRANTY_DAYS_MAX {
            return Err(AppError::invalid(
                "warranty_days",
                "warranty_days",
                format!("保修天数最多 {WARRANTY_DAYS_MAX} 天。"),
                format!("A warranty has at most {WARRANTY_DAYS_MAX} days."),
            ));
        }
        let shop = self.shop_of_product(by, input.shop.as_deref()).await?;
        let earlier = self
            .product_by_code(tenant, shop.as_deref(), &code, known)
            .await?;
        let now = self.now();
        let mut row = rows::ProductRow {
            id: match &earlier {
                Some(earlier) => earlier.id,
                None => ProductId(self.new_id()),
            },
            tenant,
            code: code.clone(),
            name,
            category,
            skill,
            warranty_days: input.warranty_days,
            perishable: input.perishable,
            updated_at: earlier.as_ref().map_or(now, |earlier| earlier.updated_at),
            shop,
        };
        let (id, saved) = (row.id, saved(earlier.as_ref(), &row));
        if saved != Saved::Unchanged {
            row.updated_at = now;
            side.writes.push(Write::Product(row));
        }
        Ok((id, saved))
    }

    /// Adds the row of a variant to the unit, unless it stands like that already.
    pub(crate) async fn put_sku(
        &self,
        by: Actor,
        tenant: TenantId,
        input: &SkuInput,
        known: &mut Known,
        side: &mut Side,
    ) -> Result<(rows::SkuRow, Saved), AppError> {
        let shop = self.shop_of_product(by, input.shop.as_deref()).await?;
        let product = self
            .product_by_code(tenant, shop.as_deref(), input.product_code.trim(), known)
            .await?
            .ok_or_else(|| product_unknown(&input.product_code))?;
        let code = short("code", &input.code)?;
        let earlier = self.sku_by_code(product.id, &code, known).await?;
        let row = rows::SkuRow {
            id: match &earlier {
                Some(earlier) => earlier.id,
                None => SkuId(self.new_id()),
            },
            product: product.id,
            code,
            name: line("name", &input.name, 1, TITLE_CHARS_MAX)?,
        };
        let saved = saved(earlier.as_ref(), &row);
        if saved != Saved::Unchanged {
            side.writes.push(Write::Sku(row.clone()));
        }
        Ok((row, saved))
    }

    /// The product of that code that a shop keeps, or that none keeps; asked once.
    pub(crate) async fn product_by_code(
        &self,
        tenant: TenantId,
        shop: Option<&str>,
        code: &str,
        known: &mut Known,
    ) -> Result<Option<rows::ProductRow>, AppError> {
        let key = (shop.map(str::to_owned), code.to_owned());
        if let Some(found) = known.products.get(&key) {
            return Ok(found.clone());
        }
        let found = self.store().product_by_code(tenant, shop, code).await?;
        known.products.insert(key, found.clone());
        Ok(found)
    }

    /// The variant of that code, asked once.
    pub(crate) async fn sku_by_code(
        &self,
        product: ProductId,
        code: &str,
        known: &mut Known,
    ) -> Result<Option<rows::SkuRow>, AppError> {
        if let std::collections::hash_map::Entry::Vacant(place) = known.skus.entry(product) {
            place.insert(self.store().skus(product).await?);
        }
        let skus = known.skus.get(&product);
        Ok(skus.and_then(|skus| skus.iter().find(|sku| sku.code == code).cloned()))
    }

    /// Products of a tenant: what the forms offer. Public.
    ///
    /// # Errors
    /// What the store says.
    pub async fn products_of(&self, tenant: TenantId) -> Result<Vec<ProductView>, AppError> {
        Ok(self
            .store()
            .products(tenant)
            .await?
            .into_iter()
            .map(product_view)
            .collect())
    }

    /// Products that the requester keeps: a merchant those of its own shops, an administrator all of them.
    ///
    /// # Errors
    /// A missing role.
    pub async fn kept_products(&self, principal: &Principal) -> Result<Vec<ProductView>, AppError> {
        staff_or_scope(principal, KEEPERS, SCOPE)?;
        let own = self.shop_bounds(principal, &[Role::Admin]).await?;
        let mut products = self.products_of(principal.tenant()).await?;
        if let Some(own) = own {
            products.retain(|product| serves(&own, product.shop.as_deref()));
        }
        Ok(products)
    }

    /// A product with its variants and the versions of its listing photos. Public.
    ///
    /// # Errors
    /// `Invalid` when the tenant has no such product.
    pub async fn product_detail(
        &self,
        tenant: TenantId,
        id: ProductId,
    ) -> Result<ProductDetail, AppError> {
        let product = product_view(self.product_of(tenant, id).await?);
        let skus = self.store().skus(id).await?.into_iter().map(|row| SkuView {
            id: row.id,
            code: row.code,
            name: row.name,
        });
        let photos = self.store().listing_photos(id).await?.into_iter();
        Ok(ProductDetail {
            product,
            skus: skus.collect(),
            photos: photos
                .map(|row| ListingPhotoView {
                    id: row.id,
                    version: row.version,
                    media_type: row.media_type,
                    bytes: row.bytes,
                    added_at: row.added_at,
                    retired_at: row.retired_at,
                })
                .collect(),
        })
    }

    /// A product of the tenant.
    pub(crate) async fn product_of(
        &self,
        tenant: TenantId,
        id: ProductId,
    ) -> Result<rows::ProductRow, AppError> {
        self.store()
            .product(id)
            .await?
            .filter(|row| row.tenant == tenant)
            .ok_or_else(no_product)
    }

    /// A product of the tenant that whoever acts keeps: to a merchant, one of another shop is as if there were none.
    async fn product_kept(
        &self,
        by: Actor,
        tenant: TenantId,
        id: ProductId,
    ) -> Result<rows::ProductRow, AppError> {
        let product = self.product_of(tenant, id).await?;
        match self.shops_of_actor(by).await? {
            Some(own) if !serves(&own, product.shop.as_deref()) => Err(no_product()),
            _ => Ok(product),
        }
    }

    /// Adds a listing photo; `ai_declared` when its sender declares that AI made or changed it. Earlier versions are kept: a
    /// claim is compared with what the buyer saw.
    ///
    /// # Errors
    /// A missing role, a product that is unknown or another shop's, a file that is no photo.
    pub async fn store_listing_photo(
        &self,
        principal: &Principal,
        product: ProductId,
        bytes: Vec<u8>,
        ai_declared: bool,
    ) -> Result<ListingPhotoId, AppError> {
        let by = staff_or_scope(principal, KEEPERS, SCOPE)?;
        let tenant = principal.tenant();
        self.product_kept(by, tenant, product).await?;
        let _alone = self.alone(product.0).await?;
        let known = self.store().listing_photos(product).await?;
        let standing = known
            .iter()
            .filter(|photo| photo.retired_at.is_none())
            .count();
        if standing >= LISTING_PHOTOS_MAX {
            return Err(AppError::invalid(
                "photos",
                "listing_photos",
                format!("一个商品最多 {LISTING_PHOTOS_MAX} 张主图，请先停用旧图。"),
                format!(
                    "A product has at most {LISTING_PHOTOS_MAX} listing photos. Please retire old ones first."
                ),
            ));
        }
        let report = self.read_photo(bytes.clone()).await?;
        let mut side = Side::default();
        let sealed = self.seal_listing(tenant, &bytes)?;
        let blob = self.put_blob(sealed, &mut side);
        let id = ListingPhotoId(self.new_id());
        let version = known.iter().map(|photo| photo.version).max().unwrap_or(0) + 1;
        let mut row = rows::ListingPhotoRow {
            id,
            product,
            tenant,
            version,
            blob: blob.clone(),
            media_type: report.format.media_type().to_owned(),
            bytes: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
            fingerprint: report.fingerprint.to_bytes().to_vec(),
            added_at: self.now(),
            retired_at: None,
            declared_by: None,
            declared_at: None,
            judged_by: None,
            judged_at: None,
            judged_why: None,
        };
        if ai_declared {
            self.declare(&mut row, by);
        }
        let added_at = row.added_at;
        side.writes.push(Write::ListingPhoto(row));
        side.audit.push(self.audited(
            by,
            tenant,
            AuditBody::ListingPhotoAdded {
                product,
                photo: id,
                blob,
            },
        ));
        if ai_declared {
            let declared = AuditBody::ListingPhotoDeclared { photo: id };
            side.audit.push(self.audited(by, tenant, declared));
        }
        self.commit_side(side).await?;
        let mut indexes = self.indexes().lock().await;
        indexes
            .entry(tenant)
            .or_default()
            .add_listing(id, &report.fingerprint, added_at)?;
        Ok(id)
    }

    /// Ends the listing photos of a product that stand now: what is bought from now on is compared
    /// with those added afterwards. The earlier ones are kept for what was bought before.
    ///
    /// # Errors
    /// A missing role, or a product that is unknown or another shop's.
    pub async fn retire_listing_photos(
        &self,
        principal: &Principal,
        product: ProductId,
    ) -> Result<(), AppError> {
        let by = staff_or_scope(principal, KEEPERS, SCOPE)?;
        let tenant = principal.tenant();
        self.product_kept(by, tenant, product).await?;
        // Whoever declares or judges one of them meanwhile does not put it back.
        let _alone = self.alone(product.0).await?;
        self.commit_side(Side {
            writes: vec![Write::RetireListingPhotos {
                product,
                at: self.now(),
            }],
            audit: vec![self.audited(by, tenant, AuditBody::ProductSaved { product })],
            ..Side::default()
        })
        .await
    }

    /// What was read in a listing photo's file. It is read when a page first shows the photo, and kept in memory: a listing
    /// photo never changes. `None` when reading failed: that costs the note, never the page.
    pub(crate) async fn listing_reading(
        &self,
        photo: &rows::ListingPhotoRow,
    ) -> Option<Arc<ListingReading>> {
        if let Some(known) = self.known_listings().lock().await.get(&photo.id) {
            return Some(Arc::clone(known));
        }
        let bytes = match self.listing_bytes(photo).await {
            Ok(bytes) => bytes,
            Err(error) => {
                tracing::error!(%error, "the label of a listing photo could not be read");
                return None;
            }
        };
        let report = self.report_of(bytes).await;
        if report.is_stopped() {
            return None;
        }
        let reading = Arc::new(ListingReading {
            labels: picture_labels(&photo.id.to_string(), &report),
            marks: crate::marks::details(&report),
            is_whole: report.is_whole(),
        });
        let mut known = self.known_listings().lock().await;
        if known.len() >= LISTING_LABELS_KEPT {
            known.clear();
        }
        known.insert(photo.id, Arc::clone(&reading));
        Some(reading)
    }

    /// What a file says about itself.
    pub(crate) async fn report_of(&self, bytes: Vec<u8>) -> Report {
        let today = self.now().0.div_euclid(SECOND_MS);
        self.screener()
            .marks(bytes, self.trusted_signers(), today, Times::default())
            .await
    }
}

/// What a listing photo's file says about itself.
pub(crate) struct ListingReading {
    /// The AI-content labels.
    pub(crate) labels: Vec<PictureLabel>,
    /// Labels, traces, a manifest, what stands in the pixels, and whether something could not be read.
    pub(crate) marks: Vec<MarkDetail>,
    /// Whether every place was read where a label may stand: else that there is none is not known.
    pub(crate) is_whole: bool,
}

/// The AI-content labels of a file, as notes about `picture`.
pub(crate) fn picture_labels(picture: &str, report: &Report) -> Vec<PictureLabel> {
    let labels = crate::marks::labels(report).into_iter();
    labels
        .map(|label| PictureLabel {
            picture: picture.to_owned(),
            label,
        })
        .collect()
}

/// There is no product of that code.
pub(crate) fn product_unknown(code: &str) -> AppError {
    let shown: String = code.chars().take(NAME_CHARS_MAX).collect();
    AppError::invalid(
        "product_code",
        "product_unknown",
        format!("没有编号为“{shown}”的商品，请先导入商品。"),
        format!("There is no product `{shown}`. Import the products first."),
    )
}
