//! The catalogue: products, variants, listing photos with their versions, warranty terms.

use crate::access::staff_or_scope;
use crate::app::App;
use crate::engine::Side;
use crate::error::AppError;
use crate::evidence::{Picture, media_type};
use crate::limits::{LISTING_PHOTOS_MAX, NAME_CHARS_MAX};
use crate::principal::Principal;
use aftercare_domain::audit::{AuditBody, AuditEvent};
use aftercare_domain::ids::{ListingPhotoId, ProductId, SkuId, TenantId};
use aftercare_domain::{Actor, Role};
use aftercare_store::{Write, rows};
use serde::{Deserialize, Serialize};
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
}

/// A variant as entered or imported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SkuInput {
    pub product_code: String,
    pub code: String,
    pub name: String,
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
}

pub(crate) fn short(field: &str, text: &str) -> Result<String, AppError> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > NAME_CHARS_MAX {
        return Err(AppError::invalid(
            field,
            "short_text",
            format!("{field}：1 到 {NAME_CHARS_MAX} 个字。"),
            format!("{field}: 1 to {NAME_CHARS_MAX} characters."),
        ));
    }
    Ok(text.to_owned())
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
        let id = self
            .put_product(by, principal.tenant(), input, &mut side)
            .await?;
        self.commit_side(side).await?;
        Ok(id)
    }

    pub(crate) async fn put_product(
        &self,
        by: Actor,
        tenant: TenantId,
        input: &ProductInput,
        side: &mut Side,
    ) -> Result<ProductId, AppError> {
        let code = short("code", &input.code)?;
        let name = short("name", &input.name)?;
        let id = match pending_product(side, &code) {
            Some(id) => id,
            None => match self.store().product_by_code(tenant, &code).await? {
                Some(row) => row.id,
                None => ProductId(self.new_id()),
            },
        };
        let skill = match input.skill.trim() {
            "" => "general".to_owned(),
            skill => short("skill", skill)?,
        };
        side.writes.push(Write::Product(rows::ProductRow {
            id,
            tenant,
            code,
            name,
            category: input.category.trim().to_owned(),
            skill,
            warranty_days: input.warranty_days,
            perishable: input.perishable,
            updated_at: self.now(),
        }));
        side.audit
            .push(self.audited(by, tenant, AuditBody::ProductSaved { product: id }));
        Ok(id)
    }

    pub(crate) async fn put_sku(
        &self,
        by: Actor,
        tenant: TenantId,
        input: &SkuInput,
        side: &mut Side,
    ) -> Result<SkuId, AppError> {
        let product = self
            .store()
            .product_by_code(tenant, input.product_code.trim())
            .await?
            .ok_or_else(|| {
                AppError::invalid(
                    "product_code",
                    "product_unknown",
                    format!("没有编号为“{}”的商品，请先导入商品。", input.product_code),
                    format!("There is no product `{}`. Import the products first.", input.product_code),
                )
            })?;
        let code = short("code", &input.code)?;
        let known = self.store().skus(product.id).await?;
        let id = known
            .into_iter()
            .find(|sku| sku.code == code)
            .map_or_else(|| SkuId(self.new_id()), |sku| sku.id);
        side.writes.push(Write::Sku(rows::SkuRow {
            id,
            product: product.id,
            code,
            name: short("name", &input.name)?,
        }));
        side.audit.push(self.audited(
            by,
            tenant,
            AuditBody::ProductSaved {
                product: product.id,
            },
        ));
        Ok(id)
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
            .map(|row| ProductView {
                id: row.id,
                code: row.code,
                name: row.name,
                category: row.category,
                skill: row.skill,
                warranty_days: row.warranty_days,
                perishable: row.perishable,
            })
            .collect())
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
            .ok_or_else(|| {
                AppError::invalid(
                    "product",
                    "product_unknown",
                    "没有这个商品，请重新选择。",
                    "There is no such product. Please choose again.",
                )
            })
    }

    /// Adds a listing photo. Earlier versions are kept: a claim is compared with what the buyer saw.
    ///
    /// # Errors
    /// A missing role, an unknown product, a file that is no photo.
    pub async fn store_listing_photo(
        &self,
        principal: &Principal,
        product: ProductId,
        bytes: Vec<u8>,
    ) -> Result<ListingPhotoId, AppError> {
        let by = staff_or_scope(principal, KEEPERS, SCOPE)?;
        let tenant = principal.tenant();
        self.product_of(tenant, product).await?;
        let known = self.store().listing_photos(product).await?;
        let standing = known.iter().filter(|photo| photo.retired_at.is_none()).count();
        if standing >= LISTING_PHOTOS_MAX {
            return Err(AppError::invalid(
                "photos",
                "listing_photos",
                format!("一个商品最多 {LISTING_PHOTOS_MAX} 张主图，请先停用旧图。"),
                format!("A product has at most {LISTING_PHOTOS_MAX} listing photos. Please retire old ones first."),
            ));
        }
        let report = self.read_photo(bytes.clone()).await?;
        let mut side = Side::default();
        let sealed = self.seal_listing(tenant, &bytes)?;
        let blob = self.put_blob(sealed, &mut side).await?;
        let id = ListingPhotoId(self.new_id());
        let version = known.iter().map(|photo| photo.version).max().unwrap_or(0) + 1;
        side.writes.push(Write::ListingPhoto(rows::ListingPhotoRow {
            id,
            product,
            tenant,
            version,
            blob: blob.clone(),
            media_type: media_type(report.format).to_owned(),
            bytes: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
            fingerprint: report.fingerprint.to_bytes().to_vec(),
            added_at: self.now(),
            retired_at: None,
        }));
        side.audit.push(self.audited(
            by,
            tenant,
            AuditBody::ListingPhotoAdded {
                product,
                photo: id,
                blob,
            },
        ));
        self.commit_side(side).await?;
        let mut indexes = self.indexes().lock().await;
        indexes
            .entry(tenant)
            .or_default()
            .add_listing(id, &report.fingerprint)?;
        Ok(id)
    }

    /// A listing photo: public, as on the product page.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn listing_picture(&self, id: ListingPhotoId) -> Result<Picture, AppError> {
        let row = self
            .store()
            .listing_photo(id)
            .await?
            .ok_or_else(|| AppError::not_found("这张主图", "listing photo"))?;
        let sealed = self.store().get_blob(&row.blob).await?;
        Ok(Picture {
            media_type: row.media_type,
            bytes: self.open_listing(row.tenant, id, &sealed)?,
            etag: row.blob,
        })
    }
}

/// The id of a product that the same unit is about to write.
fn pending_product(side: &Side, code: &str) -> Option<ProductId> {
    side.writes.iter().find_map(|write| match write {
        Write::Product(row) if row.code == code => Some(row.id),
        _ => None,
    })
}
