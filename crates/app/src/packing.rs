//! Packing records: what a parcel of an order was when it was packed, recorded before anybody complains. A record begins with
//! digits that the server gives and that the pictures show, gets its photos and clips, and ends with what the packer wrote
//! down. Beginning and end are leaves of the log, and a chain of hashes holds everything in between together. A claim about the
//! order finds it ([`case`]).

mod attests;
mod case;
mod sealing;
mod whole;

use crate::access::{Alone, staff_or_scope};
use crate::app::App;
use crate::consistency::counted;
use crate::engine::{IdempotencyKey, Side};
use crate::error::{AppError, ErrorKind};
use crate::evidence::{Upload, numbered};
use crate::limits::{
    NAME_CHARS_MAX, PACKING_LISTED_MAX, PACKING_NONCE_DIGITS, PACKING_OPEN_MS, PACKING_PIECES_MAX,
    PACKING_RECORDS_MAX, PACKING_SERIALS_MAX, PARCEL_G_MAX,
};
use crate::lookups::order_unknown;
use crate::principal::Principal;
use crate::sealing::sha256;
use crate::shops::serves;
use crate::views::NoteDetail;
use aftercare_domain::audit::{AuditBody, AuditEvent};
use aftercare_domain::consistency::PackedFacts;
use aftercare_domain::ids::{OrderId, PackingId, PackingPieceId, TenantId, UserId};
use aftercare_domain::limits::COUNTS_PER_READING_MAX;
use aftercare_domain::{Actor, Human, Role, Timestamp};
use aftercare_store::rows::{OrderRow, PackingPieceRow, PackingRecordRow};
use aftercare_store::{IdempotencyRecord, Outcome, Unit, Write};
use aftercare_vault::random_code;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use utoipa::ToSchema;

pub use case::{PackedFactsDetail, PackingDetail, PackingForm, PackingPieceDetail};
pub(crate) use case::{packing_of, packing_text};
pub use whole::all_as_named;

/// Roles and scope that pack.
const PACKERS: &[Role] = &[Role::Merchant, Role::Admin];
const SCOPE: &str = "packing:write";

/// A parcel about to be packed.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
pub struct BeginPacking {
    /// Number of the order.
    pub order_number: String,
    /// What the packer's own clock says, in milliseconds; it is kept beside the server's.
    #[serde(default)]
    #[schema(value_type = Option<i64>)]
    pub client_at: Option<Timestamp>,
    /// Whether it was packed without a connection, and is sent afterwards: no digits are given then, since no picture can show
    /// them any more.
    #[serde(default)]
    pub offline: bool,
}

/// What a packer writes down about a closed parcel.
#[derive(Clone, Default, Deserialize, ToSchema)]
pub struct PackedInput {
    /// Number of the waybill.
    #[serde(default)]
    pub waybill: String,
    /// Serial numbers of what went in.
    #[serde(default)]
    pub serials: Vec<String>,
    /// Weight of the closed parcel, in grams.
    #[serde(default)]
    pub weight_g: Option<u32>,
    /// What was counted, a thing each, such as `公蟹 2`.
    #[serde(default)]
    pub counts: Vec<String>,
    /// What the packer's own clock says, in milliseconds; it is kept beside the server's.
    #[serde(default)]
    #[schema(value_type = Option<i64>)]
    pub client_at: Option<Timestamp>,
    /// SHA-256 of each picture and clip that the record must have by now, in hexadecimal: it does not end while one is missing.
    #[serde(default)]
    pub sha256: Vec<String>,
}

/// A parcel with everything at once.
#[derive(Clone, Default, Deserialize, ToSchema)]
pub struct PackInput {
    /// Number of the order.
    pub order_number: String,
    /// Whether it was packed without a connection, and is sent afterwards.
    #[serde(default)]
    pub offline: bool,
    /// When it was begun, by the packer's own clock, in milliseconds.
    #[serde(default)]
    #[schema(value_type = Option<i64>)]
    pub client_begun_at: Option<Timestamp>,
    /// When it was closed, by the packer's own clock, in milliseconds.
    #[serde(default)]
    #[schema(value_type = Option<i64>)]
    pub client_ended_at: Option<Timestamp>,
    /// Number of the waybill.
    #[serde(default)]
    pub waybill: String,
    /// Serial numbers of what went in.
    #[serde(default)]
    pub serials: Vec<String>,
    /// Weight of the closed parcel, in grams.
    #[serde(default)]
    pub weight_g: Option<u32>,
    /// What was counted, a thing each, such as `公蟹 2`.
    #[serde(default)]
    pub counts: Vec<String>,
}

impl std::fmt::Debug for PackedInput {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // A waybill number leads to a person.
        f.write_str("PackedInput(..)")
    }
}

impl std::fmt::Debug for PackInput {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PackInput(..)")
    }
}

/// Where something stands in the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct LogPlace {
    /// Its number in the log: `GET /log/proof/{seq}` proves it.
    pub seq: u64,
    /// Its leaf, in hexadecimal.
    pub leaf: String,
}

/// A packing record as its packer sees it. Nothing of what was written down or shown is in it: that opens with a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PackingView {
    #[schema(value_type = String, format = "uuid")]
    pub id: PackingId,
    pub order_number: String,
    /// Digits to be shown in the pictures; `null` where everything came at once.
    pub nonce: Option<String>,
    /// Whether it was packed without a connection.
    pub offline: bool,
    /// When it was begun, by the server's clock.
    #[schema(value_type = i64)]
    pub begun_at: Timestamp,
    /// When everything was there, by the server's clock; `null` while it is open.
    #[schema(value_type = Option<i64>)]
    pub ended_at: Option<Timestamp>,
    /// What the packer's own clock said.
    #[schema(value_type = Option<i64>)]
    pub client_begun_at: Option<Timestamp>,
    #[schema(value_type = Option<i64>)]
    pub client_ended_at: Option<Timestamp>,
    /// How many photos and clips it has.
    pub pieces: u32,
    /// What it still needs before it can be ended: `photos`.
    pub missing: Vec<String>,
    /// Where its beginning stands in the log.
    pub begun: Option<LogPlace>,
    /// Where its end stands in the log.
    pub ended: Option<LogPlace>,
    /// SHA-256 over everything, in hexadecimal, as its end in the log has it.
    pub chain: Option<String>,
    /// What this server can say about it, and what it cannot.
    pub attests: Vec<NoteDetail>,
    /// When its pictures and facts were destroyed, because the time for which they are kept was over.
    #[schema(value_type = Option<i64>)]
    pub expired_at: Option<Timestamp>,
}

/// Whoever packs: as it stands in the log, and the account.
#[derive(Clone, Copy)]
struct Packer {
    by: Actor,
    account: UserId,
}

impl Packer {
    fn of(principal: &Principal) -> Result<Self, AppError> {
        let by = staff_or_scope(principal, PACKERS, SCOPE)?;
        match by {
            Actor::Human(Human { user, .. }) | Actor::Integrator { user } => {
                Ok(Self { by, account: user })
            }
            _ => Err(AppError::forbidden()),
        }
    }
}

/// Whether somebody may pack at all, before anything of what they send is read.
///
/// # Errors
/// `Forbidden` otherwise.
pub fn may_pack(principal: &Principal) -> Result<(), AppError> {
    Packer::of(principal).map(|_| ())
}

/// A weight as people write it: `1250`, `1250 g`, `1.25 kg`, `1250克`, `1.25公斤`; `None` for nothing. In grams.
///
/// # Errors
/// `weight_format` for anything else; `weight_too_much` beyond [`PARCEL_G_MAX`].
pub fn grams(field: &str, text: &str) -> Result<Option<u32>, AppError> {
    let text = text.trim().to_lowercase();
    if text.is_empty() {
        return Ok(None);
    }
    let wrong = || {
        AppError::invalid(
            field,
            "weight_format",
            "重量请写成 1250（克）或 1.25 kg。",
            "Write the weight as 1250 (grams) or 1.25 kg.",
        )
    };
    let unit = |names: &[&str]| {
        names
            .iter()
            .find_map(|name| text.strip_suffix(name))
            .map(str::trim_end)
    };
    let (number, decimals) = match unit(&["kg", "公斤", "千克"]) {
        Some(number) => (number, 3_usize),
        None => (unit(&["克", "g"]).unwrap_or(&text), 0),
    };
    let (whole, rest) = number.split_once('.').unwrap_or((number, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(rest) || rest.len() > decimals {
        return Err(wrong());
    }
    let padded = format!("{whole}{rest:0<decimals$}");
    let grams: u32 = padded.parse().map_err(|_| wrong())?;
    weight_ok(field, grams).map(Some)
}

fn weight_ok(field: &str, grams: u32) -> Result<u32, AppError> {
    if (1..=PARCEL_G_MAX).contains(&grams) {
        return Ok(grams);
    }
    Err(AppError::invalid(
        field,
        "weight_too_much",
        format!("重量要在 1 到 {PARCEL_G_MAX} 克之间，请核对单位。"),
        format!("A weight is between 1 and {PARCEL_G_MAX} grams. Please check the unit."),
    ))
}

fn facts_of(input: &PackedInput) -> Result<PackedFacts, AppError> {
    let line = |field: &str, text: &str| crate::catalogue::line(field, text, 0, NAME_CHARS_MAX);
    let waybill = line("waybill", &input.waybill)?;
    let mut serials = Vec::new();
    for serial in &input.serials {
        let serial = line("serials", serial)?;
        if !serial.is_empty() && !serials.contains(&serial) {
            serials.push(serial);
        }
    }
    if serials.len() > PACKING_SERIALS_MAX {
        return Err(AppError::invalid(
            "serials",
            "packing_serials",
            format!("一个包裹最多记 {PACKING_SERIALS_MAX} 个序列号。"),
            format!("At most {PACKING_SERIALS_MAX} serial numbers are kept of one parcel."),
        ));
    }
    let lines = input.counts.iter().filter(|line| !line.trim().is_empty());
    let counts = lines
        .map(|line| counted(line))
        .collect::<Result<Vec<_>, _>>()?;
    let names: HashSet<&str> = counts.iter().map(|one| one.what.as_str()).collect();
    if counts.len() > COUNTS_PER_READING_MAX || names.len() < counts.len() {
        return Err(AppError::invalid(
            "counts",
            "packing_counts",
            format!("一个包裹最多记 {COUNTS_PER_READING_MAX} 种数量，每种只写一次。"),
            format!(
                "At most {COUNTS_PER_READING_MAX} things are counted in one parcel, each of them once."
            ),
        ));
    }
    for one in &counts {
        line("counts", &one.what)?;
    }
    Ok(PackedFacts {
        waybill: Some(waybill).filter(|text| !text.is_empty()),
        serials,
        weight_g: match input.weight_g {
            Some(grams) => Some(weight_ok("weight_g", grams)?),
            None => None,
        },
        counts,
    })
}

/// The hash that comes after `before` when `next` is added: SHA-256 of both.
fn chained(before: &[u8; 32], next: &[u8; 32]) -> [u8; 32] {
    sha256(&[before.as_slice(), next.as_slice()].concat())
}

/// Where the chain of a record begins: a salt that is sealed with the facts, and who began what when.
fn beginning(salt: &str, row: &PackingRecordRow) -> [u8; 32] {
    let text = format!(
        "aftercare packing v1\n{salt}\nrecord {}\norder {}\npacker {}\nnonce {}\noffline {}\nbegun {}\n",
        row.id,
        row.order,
        row.packer,
        row.nonce.as_deref().unwrap_or("-"),
        row.offline,
        row.begun_at.0,
    );
    sha256(text.as_bytes())
}

/// Facts as they are hashed at the end of the chain.
fn hash_of(facts: &PackedFacts) -> Result<[u8; 32], AppError> {
    let bytes = serde_json::to_vec(facts)
        .map_err(|error| AppError::internal(format!("facts of a parcel: {error}")))?;
    Ok(sha256(&bytes))
}

fn unknown() -> AppError {
    AppError::not_found("这份打包记录", "packing record")
}

fn ended() -> AppError {
    AppError::new(
        ErrorKind::Refused,
        "packing_ended",
        "这份打包记录已经结束，不能再改。要补充的，请为这个订单新建一份。",
        "This packing record has ended and does not change any more. Begin another one of the order for what is to be added.",
    )
}

impl App {
    /// Begins a record of a parcel: the digits that come back are to be shown in its pictures. One that was packed without a
    /// connection gets none.
    ///
    /// # Errors
    /// A missing role, an unknown order, more records of it than there can be.
    pub async fn begin_packing(
        &self,
        principal: &Principal,
        input: &BeginPacking,
        idempotency: Option<IdempotencyKey>,
    ) -> Result<PackingView, AppError> {
        let packer = Packer::of(principal)?;
        let tenant = principal.tenant();
        if let Some(known) = self.packed_before(idempotency.as_ref()).await? {
            return self.own_view(packer.by, tenant, known).await;
        }
        let order = self
            .order_for_packing(packer.by, tenant, &input.order_number)
            .await?;
        let mut row = self.new_record(packer, tenant, order);
        row.offline = input.offline;
        if !input.offline {
            row.nonce = Some(random_code(PACKING_NONCE_DIGITS)?.expose().clone());
        }
        row.client_begun_at = input.client_at;
        let mut side = Side {
            idempotency,
            ..Side::default()
        };
        self.seal_beginning(&mut row)?;
        side.audit
            .push(self.packed(packer, tenant, row.begun_at, begun(&row)));
        side.writes.push(Write::PackingRecord(row.clone()));
        let id = self.commit_packing(side, row.id, None).await?;
        self.own_view(packer.by, tenant, id).await
    }

    /// Adds photos and clips to a record that is open. A file that it has already is not added again.
    ///
    /// # Errors
    /// A missing role, an unknown record, one that has ended or was begun too long ago, the first file that cannot be used.
    pub async fn add_to_packing(
        &self,
        principal: &Principal,
        id: PackingId,
        uploads: Vec<Upload>,
        client_at: Option<Timestamp>,
    ) -> Result<PackingView, AppError> {
        let packer = Packer::of(principal)?;
        let tenant = principal.tenant();
        if uploads.is_empty() {
            return Err(AppError::invalid(
                "photos",
                "packing_photos",
                "请选择要加入记录的照片或视频。",
                "Please choose the photos or clips to add to the record.",
            ));
        }
        let (alone, mut row) = self.own_record_alone(packer.by, tenant, id).await?;
        let mut side = Side::default();
        let added = self
            .take_pieces(&mut row, uploads, client_at, &mut side)
            .await?;
        if added > 0 {
            self.still_open(&row)?;
            side.writes.push(Write::PackingRecord(row));
            self.commit_packing(side, id, Some(alone)).await?;
        }
        self.own_view(packer.by, tenant, id).await
    }

    /// Ends a record with what the packer wrote down. Said twice in the same words, it is one matter.
    ///
    /// # Errors
    /// A missing role, an unknown record, one without a picture or without one that was named, one that ended with other words.
    pub async fn end_packing(
        &self,
        principal: &Principal,
        id: PackingId,
        input: &PackedInput,
    ) -> Result<PackingView, AppError> {
        let packer = Packer::of(principal)?;
        let tenant = principal.tenant();
        let facts = facts_of(input)?;
        let (alone, mut row) = self.own_record_alone(packer.by, tenant, id).await?;
        if row.ended_at.is_some() {
            if !self.was_ended_with(&row, &facts)? {
                return Err(ended());
            }
            return self.packing_view(&row).await;
        }
        self.still_open(&row)?;
        self.all_there(&row, &input.sha256).await?;
        let mut side = Side::default();
        row.client_ended_at = input.client_at;
        self.end_record(packer, &mut row, facts, &mut side)?;
        side.writes.push(Write::PackingRecord(row));
        self.commit_packing(side, id, Some(alone)).await?;
        self.own_view(packer.by, tenant, id).await
    }

    /// Records a parcel with everything at once, such as one that was packed without a connection. No digits were given before,
    /// so that only the time of its arrival is certain.
    ///
    /// # Errors
    /// As the steps one by one.
    pub async fn pack_parcel(
        &self,
        principal: &Principal,
        input: &PackInput,
        uploads: Vec<Upload>,
        idempotency: Option<IdempotencyKey>,
    ) -> Result<PackingView, AppError> {
        let packer = Packer::of(principal)?;
        let tenant = principal.tenant();
        if let Some(known) = self.packed_before(idempotency.as_ref()).await? {
            return self.own_view(packer.by, tenant, known).await;
        }
        let facts = facts_of(&PackedInput {
            waybill: input.waybill.clone(),
            serials: input.serials.clone(),
            weight_g: input.weight_g,
            counts: input.counts.clone(),
            ..PackedInput::default()
        })?;
        let order = self
            .order_for_packing(packer.by, tenant, &input.order_number)
            .await?;
        let mut row = self.new_record(packer, tenant, order);
        row.offline = input.offline;
        row.client_begun_at = input.client_begun_at;
        row.client_ended_at = input.client_ended_at;
        let mut side = Side {
            idempotency,
            ..Side::default()
        };
        self.seal_beginning(&mut row)?;
        side.audit
            .push(self.packed(packer, tenant, row.begun_at, begun(&row)));
        self.take_pieces(&mut row, uploads, None, &mut side).await?;
        self.end_record(packer, &mut row, facts, &mut side)?;
        side.writes.insert(0, Write::PackingRecord(row.clone()));
        let id = self.commit_packing(side, row.id, None).await?;
        self.own_view(packer.by, tenant, id).await
    }

    /// A record of an order of the packer's shops.
    ///
    /// # Errors
    /// A missing role, an unknown record.
    pub async fn packing_record(
        &self,
        principal: &Principal,
        id: PackingId,
    ) -> Result<PackingView, AppError> {
        let packer = Packer::of(principal)?;
        self.own_view(packer.by, principal.tenant(), id).await
    }

    /// The latest records of orders of the packer's shops, or those of an order.
    ///
    /// # Errors
    /// A missing role, an unknown order.
    pub async fn packing_records(
        &self,
        principal: &Principal,
        order_number: Option<&str>,
    ) -> Result<Vec<PackingView>, AppError> {
        let packer = Packer::of(principal)?;
        let tenant = principal.tenant();
        let rows = match order_number {
            Some(number) => {
                let order = self.order_by_number(tenant, number).await?;
                if !self.packs_for(packer.by, &order).await? {
                    return Err(order_unknown());
                }
                self.store().packing_of_order(order.id).await?
            }
            None => {
                let most = PACKING_LISTED_MAX;
                self.store().latest_packing(tenant, most).await?
            }
        };
        let mut views = Vec::with_capacity(rows.len());
        for row in &rows {
            let order = self.store().order(row.order).await?;
            if let Some(order) = order
                && self.packs_for(packer.by, &order).await?
            {
                views.push(self.packing_view(row).await?);
            }
        }
        Ok(views)
    }

    /// The account with that login as whoever packs, for the command line of the machine itself.
    ///
    /// # Errors
    /// An account that is unknown, switched off, or does not pack.
    pub async fn packer_from_console(&self, login: &str) -> Result<Principal, AppError> {
        let user = self
            .store()
            .user_by_login(&login.trim().to_lowercase())
            .await?
            .filter(|user| !user.disabled)
            .ok_or_else(|| AppError::not_found("这个账号", "account"))?;
        let principal = Principal::User(crate::principal::SignedIn {
            tenant: user.tenant,
            user: user.id,
            display_name: user.display_name,
            roles: user.roles,
            technician: user.technician,
        });
        may_pack(&principal).map_err(|_| {
            AppError::invalid(
                "by",
                "packer",
                "这个账号不是商家或管理员，不能做打包记录。",
                "This account is of no merchant and no administrator: it makes no packing records.",
            )
        })?;
        Ok(principal)
    }

    /// Whether somebody packs for the shop of an order.
    async fn packs_for(&self, by: Actor, order: &OrderRow) -> Result<bool, AppError> {
        let own = self.shops_of_actor(by).await?;
        Ok(own.is_none_or(|own| serves(&own, order.shop.as_deref())))
    }

    async fn own_record(
        &self,
        by: Actor,
        tenant: TenantId,
        id: PackingId,
    ) -> Result<PackingRecordRow, AppError> {
        let row = self.store().packing_record(id).await?;
        let row = row.filter(|row| row.tenant == tenant).ok_or_else(unknown)?;
        match self.store().order(row.order).await? {
            Some(order) if !self.packs_for(by, &order).await? => Err(unknown()),
            _ => Ok(row),
        }
    }

    /// A record of the packer's shops as nobody else can change it now; asked before too, so that nobody waits for another's.
    async fn own_record_alone(
        &self,
        by: Actor,
        tenant: TenantId,
        id: PackingId,
    ) -> Result<(Alone, PackingRecordRow), AppError> {
        self.own_record(by, tenant, id).await?;
        let alone = self.alone(id.0).await?;
        Ok((alone, self.own_record(by, tenant, id).await?))
    }

    /// A record of the packer's shops as it is stored.
    async fn own_view(
        &self,
        by: Actor,
        tenant: TenantId,
        id: PackingId,
    ) -> Result<PackingView, AppError> {
        let row = self.own_record(by, tenant, id).await?;
        self.packing_view(&row).await
    }

    /// The order of a parcel, if it can have another record.
    async fn order_for_packing(
        &self,
        by: Actor,
        tenant: TenantId,
        number: &str,
    ) -> Result<OrderId, AppError> {
        let order = self.order_by_number(tenant, number).await?;
        if !self.packs_for(by, &order).await? {
            return Err(order_unknown());
        }
        let order = order.id;
        if self.store().packing_of_order(order).await?.len() >= PACKING_RECORDS_MAX {
            return Err(AppError::invalid(
                "order_number",
                "packing_records",
                format!("一个订单最多 {PACKING_RECORDS_MAX} 份打包记录，请核对订单号。"),
                format!(
                    "An order has at most {PACKING_RECORDS_MAX} packing records. Please check the number."
                ),
            ));
        }
        Ok(order)
    }

    fn new_record(&self, packer: Packer, tenant: TenantId, order: OrderId) -> PackingRecordRow {
        PackingRecordRow {
            id: PackingId(self.new_id()),
            tenant,
            order,
            packer: packer.account,
            nonce: None,
            offline: false,
            begun_at: self.now(),
            ended_at: None,
            client_begun_at: None,
            client_ended_at: None,
            pieces: 0,
            chain: [0; 32],
            sealed: None,
            expired_at: None,
        }
    }

    /// Refuses a record that does not change any more.
    fn still_open(&self, row: &PackingRecordRow) -> Result<(), AppError> {
        if row.ended_at.is_some() {
            return Err(ended());
        }
        if self.now().since_ms(row.begun_at) <= PACKING_OPEN_MS {
            return Ok(());
        }
        let hours = PACKING_OPEN_MS / aftercare_domain::time::HOUR_MS;
        Err(AppError::new(
            ErrorKind::Refused,
            "packing_too_late",
            format!("这份打包记录是 {hours} 小时以前开始的，不能再补。请为这个订单新建一份。"),
            format!(
                "This packing record was begun more than {hours} hours ago and takes nothing more. Begin another one of the order."
            ),
        ))
    }

    /// Reads, seals and chains files; gives how many are new.
    async fn take_pieces(
        &self,
        row: &mut PackingRecordRow,
        uploads: Vec<Upload>,
        client_at: Option<Timestamp>,
        side: &mut Side,
    ) -> Result<u32, AppError> {
        let there = self.store().packing_pieces(row.id).await?;
        let mut known: HashSet<[u8; 32]> = there.iter().map(|piece| piece.exact_index).collect();
        let before = row.pieces;
        for (position, upload) in uploads.into_iter().enumerate() {
            let hash = sha256(&upload.bytes);
            let index = self.photo_index(row.tenant, &hash)?;
            if !known.insert(index) {
                continue;
            }
            if row.pieces >= PACKING_PIECES_MAX {
                return Err(whole::too_many("photos"));
            }
            let is_clip = aftercare_media::video::is_clip(&upload.bytes);
            let read = self
                .read_file(upload.bytes.clone())
                .await
                .map_err(|error| numbered(error, position, is_clip))?;
            row.pieces += 1;
            row.chain = chained(&row.chain, &hash);
            let id = PackingPieceId(self.new_id());
            let bytes = u64::try_from(upload.bytes.len()).unwrap_or(u64::MAX);
            let mut put = |bytes: Option<Vec<u8>>| -> Result<Option<String>, AppError> {
                let Some(bytes) = bytes else {
                    return Ok(None);
                };
                let sealed = self.seal_packing_blob(row.tenant, &bytes)?;
                Ok(Some(self.put_blob(sealed, side)))
            };
            let preview_blob = put(read.preview)?;
            let copy_blob = put(read.copy)?;
            let sealed = self.seal_packing_blob(row.tenant, &upload.bytes)?;
            let blob = self.put_blob(sealed, side);
            side.writes.push(Write::PackingPiece(PackingPieceRow {
                id,
                record: row.id,
                tenant: row.tenant,
                number: row.pieces,
                blob,
                preview_blob,
                copy_blob,
                bytes,
                media_type: read.media_type,
                plain_hash_sealed: self.seal_packing_hash(row.tenant, id, &hash)?,
                exact_index: index,
                added_at: self.now(),
                client_at: client_at.or(read.taken_at),
                clip: read.clip,
                expired_at: None,
            }));
        }
        Ok(row.pieces - before)
    }

    /// Puts the end of the chain into a record, and its leaf beside it.
    fn end_record(
        &self,
        packer: Packer,
        row: &mut PackingRecordRow,
        facts: PackedFacts,
        side: &mut Side,
    ) -> Result<(), AppError> {
        if row.pieces == 0 {
            return Err(AppError::invalid(
                "photos",
                "packing_empty",
                "还没有照片或视频：请至少拍一张，再结束记录。",
                "There is no photo or clip yet: take at least one before the record ends.",
            ));
        }
        row.chain = chained(&row.chain, &hash_of(&facts)?);
        let at = self.now();
        row.ended_at = Some(at);
        self.seal_facts(row, facts)?;
        let body = AuditBody::PackingEnded {
            record: row.id,
            pieces: row.pieces,
            chain: hex::encode(row.chain),
        };
        side.audit.push(self.packed(packer, row.tenant, at, body));
        Ok(())
    }

    /// The leaf of a beginning or an end, of the very millisecond that stands in the record: its place is found by it.
    fn packed(
        &self,
        packer: Packer,
        tenant: TenantId,
        at: Timestamp,
        body: AuditBody,
    ) -> AuditEvent {
        AuditEvent {
            at,
            ..self.audited(packer.by, tenant, body)
        }
    }

    /// Commits what belongs to a record, which is held until the end is known; gives the record of the same request, where it was
    /// carried out before.
    async fn commit_packing(
        &self,
        side: Side,
        id: PackingId,
        alone: Option<Alone>,
    ) -> Result<PackingId, AppError> {
        let answer = serde_json::to_vec(&id)
            .map_err(|error| AppError::internal(format!("answer: {error}")))?;
        let at = self.now();
        let unit = Unit {
            audit: side.audit,
            writes: side.writes,
            idempotency: side.idempotency.map(|key| IdempotencyRecord {
                scope: key.scope,
                key: key.key,
                body_hash: key.body_hash,
                status: 200,
                body: answer,
                at,
            }),
            ..Unit::default()
        };
        match self.keep(side.blobs, unit, alone, || {}).await? {
            Outcome::Committed(_) => Ok(id),
            Outcome::Replayed(stored) => record_of(&stored.body),
        }
    }

    /// The record of a request that was sent before.
    async fn packed_before(
        &self,
        idempotency: Option<&IdempotencyKey>,
    ) -> Result<Option<PackingId>, AppError> {
        let Some(key) = idempotency else {
            return Ok(None);
        };
        let answer = self.answered_before(key).await?;
        answer.as_deref().map(record_of).transpose()
    }

    /// A record without anything that was written down or shown.
    async fn packing_view(&self, row: &PackingRecordRow) -> Result<PackingView, AppError> {
        let order = self.store().order(row.order).await?;
        let (begun, _) = self.place_of_packing(row, row.begun_at, false).await?;
        let (ended, chain) = match row.ended_at {
            Some(at) => self.place_of_packing(row, at, true).await?,
            None => (None, None),
        };
        let missing = if row.pieces == 0 && row.ended_at.is_none() {
            vec!["photos".to_owned()]
        } else {
            Vec::new()
        };
        Ok(PackingView {
            id: row.id,
            order_number: order.map(|order| order.number).unwrap_or_default(),
            nonce: row.nonce.clone(),
            offline: row.offline,
            begun_at: row.begun_at,
            ended_at: row.ended_at,
            client_begun_at: row.client_begun_at,
            client_ended_at: row.client_ended_at,
            pieces: row.pieces,
            missing,
            begun,
            ended,
            chain,
            attests: attests::attests(row)
                .into_iter()
                .map(NoteDetail::from)
                .collect(),
            expired_at: row.expired_at,
        })
    }

    /// Where the beginning or the end of a record stands in the log, and the chain that stands there.
    async fn place_of_packing(
        &self,
        row: &PackingRecordRow,
        at: Timestamp,
        is_end: bool,
    ) -> Result<(Option<LogPlace>, Option<String>), AppError> {
        for act in self.store().packing_acts(row.tenant, at).await? {
            let chain = match act.event.body {
                AuditBody::PackingBegun { record, .. } if record == row.id && !is_end => None,
                AuditBody::PackingEnded { record, chain, .. } if record == row.id && is_end => {
                    Some(chain)
                }
                _ => continue,
            };
            let place = LogPlace {
                seq: act.seq,
                leaf: hex::encode(act.leaf),
            };
            return Ok((Some(place), chain));
        }
        Ok((None, None))
    }
}

fn begun(row: &PackingRecordRow) -> AuditBody {
    AuditBody::PackingBegun {
        record: row.id,
        order: row.order,
        nonce: row.nonce.clone(),
        offline: row.offline,
    }
}

fn record_of(answer: &[u8]) -> Result<PackingId, AppError> {
    serde_json::from_slice(answer)
        .map_err(|error| AppError::internal(format!("stored answer: {error}")))
}

#[cfg(test)]
mod tests {
    use super::{PARCEL_G_MAX, PackedInput, facts_of, grams};

    #[test]
    fn a_weight_is_read_as_people_write_it() {
        for (text, expected) in [
            ("", None),
            ("1250", Some(1_250)),
            (" 1250 g ", Some(1_250)),
            ("1250克", Some(1_250)),
            ("1.25 kg", Some(1_250)),
            ("1.5公斤", Some(1_500)),
            ("2KG", Some(2_000)),
        ] {
            assert_eq!(grams("weight", text).unwrap(), expected, "{text}");
        }
        for text in [
            "a lot",
            "1,25 kg",
            "1.2 g",
            "-3",
            "1.2345 kg",
            "kg",
            ".5 kg",
        ] {
            let error = grams("weight", text).unwrap_err();
            assert_eq!(error.rule, "weight_format", "{text}");
        }
        for grams_written in [0, PARCEL_G_MAX + 1] {
            let error = grams("weight", &grams_written.to_string()).unwrap_err();
            assert_eq!(error.rule, "weight_too_much");
        }
    }

    #[test]
    fn what_a_packer_writes_down_is_kept_once_and_within_limits() {
        let input = PackedInput {
            waybill: " SF 100 ".to_owned(),
            serials: ["SN-1", " SN-1 ", "", "SN-2"].map(str::to_owned).to_vec(),
            weight_g: Some(900),
            counts: vec!["公蟹 4".to_owned(), "  ".to_owned()],
            ..PackedInput::default()
        };
        let facts = facts_of(&input).unwrap();
        assert_eq!(facts.waybill.as_deref(), Some("SF 100"));
        assert_eq!(facts.serials, ["SN-1", "SN-2"]);
        assert_eq!((facts.counts.len(), facts.weight_g), (1, Some(900)));
        let rule = |input: PackedInput| facts_of(&input).unwrap_err().rule;
        let counts = ["公蟹 4", "公蟹 3"].map(str::to_owned).to_vec();
        assert_eq!(
            rule(PackedInput {
                counts,
                ..input.clone()
            }),
            "packing_counts"
        );
        let serials = (0..201).map(|one| format!("SN-{one}")).collect();
        assert_eq!(
            rule(PackedInput {
                serials,
                ..input.clone()
            }),
            "packing_serials"
        );
        assert_eq!(
            rule(PackedInput {
                waybill: "长".repeat(500),
                ..input.clone()
            }),
            "short_text"
        );
        // Nothing of it is printed.
        assert!(!format!("{input:?} {facts:?}").contains("100"));
    }
}
