//! People: their data is sealed under a key of their own when it comes in, shown masked, opened in
//! full only by a reveal that is in the log before anything is opened, and gone when the key is.

use crate::access::allow;
use crate::app::App;
use crate::error::{AppError, ErrorKind};
use crate::limits::{ADDRESS_CHARS_MAX, NAME_CHARS_MAX};
use crate::notify::Recipient;
use crate::opening::{HeldKey, RevealedTo, TABLE, column};
use crate::place_told::PlaceTold;
use crate::places::TOWN_DIGITS;
use crate::principal::Principal;
use crate::relays::through_the_relay;
use crate::views::MaskedPerson;
use aftercare_domain::audit::{AuditBody, AuditEvent, PersonField, UsePurpose};
use aftercare_domain::case::RepairState;
use aftercare_domain::ids::{CaseId, PersonId, TenantId};
use aftercare_domain::{Actor, Case, Role};
use aftercare_store::{Write, rows};
use aftercare_vault::{
    E164, Field, Masked, PersonKey, Plain, RevealField, RevealRequest, Sealed, mask_address,
    mask_name, mask_phone, normalize_phone,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashMap};
use utoipa::ToSchema;

const MASKED_NAME: &str = "masked_name";
const MASKED_PHONE: &str = "masked_phone";
const MASKED_ADDRESS: &str = "masked_address";

/// A person as entered.
#[derive(Deserialize, ToSchema)]
pub struct PersonInput {
    #[schema(value_type = String)]
    pub name: Plain<String>,
    #[schema(value_type = String)]
    pub phone: Plain<String>,
    /// Needed for a visit.
    #[serde(default = "empty")]
    #[schema(value_type = String)]
    pub address: Plain<String>,
    /// Where the visit is, in degrees; from the phone or from the address.
    #[serde(default)]
    #[schema(value_type = Option<crate::datum::PlaceInput>)]
    pub place: Option<Place>,
}

pub(crate) fn empty() -> Plain<String> {
    Plain::new(String::new())
}

impl std::fmt::Debug for PersonInput {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PersonInput(..)")
    }
}

/// A point in millionths of a degree (WGS 84). One that comes in says its datum, if it has another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(from = "crate::datum::PlaceInput")]
pub struct Place {
    pub latitude_e6: i32,
    pub longitude_e6: i32,
}

/// Where a visit of somebody goes, as far as it is known.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Spot {
    pub place: Option<Place>,
    /// Code of the town that the address named.
    pub town: Option<String>,
}

impl std::fmt::Debug for Spot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Spot(..)")
    }
}

/// A person sealed, ready to be stored.
pub struct SealedPerson {
    /// The row.
    pub row: rows::PersonRow,
}

/// What a reveal opened.
#[derive(Serialize, ToSchema)]
pub struct RevealedPerson {
    pub name: Option<String>,
    pub phone: Option<String>,
    pub address: Option<String>,
    pub place: Option<Place>,
    /// Where the reveal stands in the log.
    pub seq: u64,
}

impl std::fmt::Debug for RevealedPerson {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RevealedPerson(logged as {}, ..)", self.seq)
    }
}

/// What was opened is wiped when its answer is written: care takes each text over to wipe it.
impl Drop for RevealedPerson {
    fn drop(&mut self) {
        for text in [&mut self.name, &mut self.phone, &mut self.address] {
            drop(Plain::new(text.take()));
        }
    }
}

/// Whether a place is one on the earth.
///
/// # Errors
/// `Invalid` for the field `place`.
pub(crate) fn place_fits(place: Place) -> Result<(), AppError> {
    let fits = (-90_000_000..=90_000_000).contains(&place.latitude_e6)
        && (-180_000_000..=180_000_000).contains(&place.longitude_e6);
    if fits {
        return Ok(());
    }
    Err(AppError::invalid(
        "place",
        "place",
        "坐标超出范围：纬度 ±90 度，经度 ±180 度（单位为百万分之一度）。",
        "The coordinates are out of range: ±90 and ±180 degrees, in millionths.",
    ))
}

/// The phone number as it is compared.
///
/// # Errors
/// `Invalid` for the field `phone`.
pub(crate) fn phone_of(input: &PersonInput) -> Result<E164, AppError> {
    phone_read(&input.phone)
}

/// A phone number as it is compared.
///
/// # Errors
/// `Invalid` for the field `phone`.
pub(crate) fn phone_read(text: &Plain<String>) -> Result<E164, AppError> {
    normalize_phone(text.expose_str()).map_err(|error| {
        AppError::invalid(
            "phone",
            "phone",
            format!("{}。", error.zh()),
            format!("{error}."),
        )
    })
}

/// Everything that is wrong with what a person entered about themselves, each with its field.
#[must_use]
pub fn faults(input: &PersonInput) -> Vec<AppError> {
    let name = checked(&input.name, "name", NAME_CHARS_MAX, true).err();
    let phone = phone_of(input).err();
    let address = checked(&input.address, "address", ADDRESS_CHARS_MAX, false).err();
    name.into_iter().chain(phone).chain(address).collect()
}

impl App {
    /// Seals a person under a new key of their own; `county` is that of their visit, if there is one.
    ///
    /// # Errors
    /// `Invalid` naming the field.
    pub(crate) fn seal_person(
        &self,
        tenant: TenantId,
        person: PersonId,
        input: &PersonInput,
        county: &str,
    ) -> Result<SealedPerson, AppError> {
        let (row, _) = self.seal_person_with_key(tenant, person, input, county)?;
        Ok(SealedPerson { row })
    }

    /// The same with the new key, which seals what else is theirs.
    ///
    /// # Errors
    /// `Invalid` naming the field.
    pub(crate) fn seal_person_with_key(
        &self,
        tenant: TenantId,
        person: PersonId,
        input: &PersonInput,
        county: &str,
    ) -> Result<(rows::PersonRow, PersonKey), AppError> {
        let name = checked(&input.name, "name", NAME_CHARS_MAX, true)?;
        let address = checked(&input.address, "address", ADDRESS_CHARS_MAX, false)?;
        let phone = phone_of(input)?;
        input.place.map_or(Ok(()), place_fits)?;
        let tenant_text = tenant.to_string();
        let id = person.to_string();
        let intake = self.vault().intake_key(&tenant_text)?;
        let (key, wrapped) = intake.new_person_key(&id)?;
        let seal = |field: PersonField, plain: &Plain<String>| -> Result<Vec<u8>, AppError> {
            Ok(key
                .seal(&Field::new(TABLE, &id, column(field)), plain)?
                .into_bytes())
        };
        let display = self.vault().display_key(&tenant_text)?;
        let mask = |column: &str, masked: &Masked| -> Result<Vec<u8>, AppError> {
            Ok(display
                .seal(&Field::new(TABLE, &id, column), masked)?
                .into_bytes())
        };
        let spot = self.spot_entered(input.place, county, &address);
        let place = match spot.written() {
            Some(written) => Some(seal(PersonField::Place, &written)?),
            None => None,
        };
        let (phone_index, last4_index) = self.indexes_of(&tenant_text, &phone)?;
        let row = rows::PersonRow {
            id: person,
            tenant,
            wrapped_key: Some(wrapped.as_bytes().to_vec()),
            name: Some(seal(PersonField::Name, &name)?),
            phone: Some(seal(PersonField::Phone, &phone.to_plain())?),
            address: Some(seal(PersonField::Address, &address)?),
            place,
            masked_name: Some(mask(MASKED_NAME, &mask_name(name.expose_str()))?),
            masked_phone: Some(mask(MASKED_PHONE, &mask_phone(&phone))?),
            masked_address: Some(mask(MASKED_ADDRESS, &mask_address(address.expose_str()))?),
            phone_index: Some(phone_index),
            last4_index: Some(last4_index),
            created_at: self.now(),
            shredded_at: None,
        };
        Ok((row, key))
    }

    /// Where a visit goes as it was entered: the point, and the town that the address names in the county that is known,
    /// or by itself where none is.
    pub(crate) fn spot_entered(
        &self,
        place: Option<Place>,
        county: &str,
        address: &Plain<String>,
    ) -> Spot {
        Spot {
            place,
            town: self.town_told(county, address.expose_str()),
        }
    }

    /// The change of a person's row that a new address makes; none when nothing was said about it. `town` is that of the
    /// address that is known, which stays when only a point is told.
    ///
    /// # Errors
    /// `Invalid` naming the field, and when the person was destroyed; a keeper of the key that does not answer.
    pub(crate) async fn moved(
        &self,
        row: &rows::PersonRow,
        (county, told): (&str, &PlaceTold),
        town: Option<String>,
    ) -> Result<Option<Write>, AppError> {
        let address = checked(&told.address, "address", ADDRESS_CHARS_MAX, false)?;
        told.place.map_or(Ok(()), place_fits)?;
        let (key, sealed) = match (self.person_key(row)?, &row.address, &row.masked_address) {
            (None, _, _) => return Err(shredded()),
            (Some(key), Some(address), Some(masked)) => (key, Some((address, masked))),
            (Some(key), _, _) => (key, None),
        };
        let known = sealed.filter(|_| address.expose_str().is_empty());
        let spot = match known {
            Some(_) if told.place.is_none() => return Ok(None),
            Some(_) => Spot {
                place: told.place,
                town,
            },
            None => self.spot_entered(told.place, county, &address),
        };
        let other = known.is_none().then_some(&address);
        self.row_at(row, &key, &spot, other).await.map(Some)
    }

    /// The change of a person's row that takes the point on the map out of it: the address and its town stay.
    ///
    /// # Errors
    /// `Invalid` when the person was destroyed; a keeper of the key that does not answer.
    pub(crate) async fn without_point(
        &self,
        row: &rows::PersonRow,
        spot: &Spot,
    ) -> Result<Write, AppError> {
        let key = self.person_key(row)?.ok_or_else(shredded)?;
        let town_alone = Spot {
            place: None,
            town: spot.town.clone(),
        };
        self.row_at(row, &key, &town_alone, None).await
    }

    /// What a number is found by, whole and by its last four digits.
    fn indexes_of(&self, tenant: &str, phone: &E164) -> Result<([u8; 16], [u8; 16]), AppError> {
        let vault = self.vault();
        let whole = *vault.phone_index(tenant, phone)?.as_bytes();
        let last4 = *vault.last4_index(tenant, &phone.last4())?.as_bytes();
        Ok((whole, last4))
    }

    /// The change of a person's row that another place makes; the address that is known stays where no other one is given.
    async fn row_at(
        &self,
        row: &rows::PersonRow,
        key: &HeldKey,
        spot: &Spot,
        other: Option<&Plain<String>>,
    ) -> Result<Write, AppError> {
        let id = row.id.to_string();
        let place = match spot.written() {
            Some(written) => {
                let field = Field::new(TABLE, &id, column(PersonField::Place));
                Some(key.seal(&field, &written).await?)
            }
            None => None,
        };
        let nothing = Plain::new(String::new());
        let (address, masked_address) = match (other, &row.address, &row.masked_address) {
            (None, Some(address), Some(masked)) => (address.clone(), masked.clone()),
            (other, _, _) => {
                let address = other.unwrap_or(&nothing);
                let masked = mask_address(address.expose_str());
                let display = self.vault().display_key(&row.tenant.to_string())?;
                let masked = display.seal(&Field::new(TABLE, &id, MASKED_ADDRESS), &masked)?;
                let field = Field::new(TABLE, &id, column(PersonField::Address));
                (key.seal(&field, address).await?, masked.into_bytes())
            }
        };
        Ok(Write::PersonPlace {
            person: row.id,
            address,
            masked_address,
            place,
        })
    }

    /// The change of a person's row that the right phone number makes.
    ///
    /// # Errors
    /// `Invalid` when it is the number that is known, and when the person was destroyed; a keeper of the key that does not
    /// answer.
    pub(crate) async fn reached_at(
        &self,
        row: &rows::PersonRow,
        phone: &E164,
    ) -> Result<Write, AppError> {
        let key = self.person_key(row)?.ok_or_else(shredded)?;
        self.number_under(&key, row, phone).await
    }

    async fn number_under(
        &self,
        key: &HeldKey,
        row: &rows::PersonRow,
        phone: &E164,
    ) -> Result<Write, AppError> {
        let (tenant, id) = (row.tenant.to_string(), row.id.to_string());
        let (phone_index, last4_index) = self.indexes_of(&tenant, phone)?;
        if row.phone_index == Some(phone_index) {
            return Err(AppError::invalid(
                "phone",
                "phone_same",
                "登记的就是这个号码，不用更正。",
                "This is the number on record; there is nothing to correct.",
            ));
        }
        let field = Field::new(TABLE, &id, column(PersonField::Phone));
        let phone_sealed = key.seal(&field, &phone.to_plain()).await?;
        let display = self.vault().display_key(&tenant)?;
        let masked = display.seal(&Field::new(TABLE, &id, MASKED_PHONE), &mask_phone(phone))?;
        Ok(Write::PersonPhone {
            person: row.id,
            phone: phone_sealed,
            masked_phone: masked.into_bytes(),
            phone_index,
            last4_index,
        })
    }

    /// A person's row with what was entered anew, under the key that is there: what else is sealed under it stays readable.
    ///
    /// # Errors
    /// `Invalid` naming the field, and when the person was destroyed; a keeper of the key that does not answer.
    pub(crate) async fn entered_anew(
        &self,
        row: &rows::PersonRow,
        input: &PersonInput,
    ) -> Result<rows::PersonRow, AppError> {
        let name = checked(&input.name, "name", NAME_CHARS_MAX, true)?;
        let address = checked(&input.address, "address", ADDRESS_CHARS_MAX, false)?;
        let phone = phone_of(input)?;
        let key = self.person_key(row)?.ok_or_else(shredded)?;
        let (tenant, id) = (row.tenant.to_string(), row.id.to_string());
        let mut changed = row.clone();
        let written = self.spot_entered(None, "", &address).written();
        let plain_phone = phone.to_plain();
        for (field, text, slot) in [
            (PersonField::Name, Some(&name), &mut changed.name),
            (PersonField::Phone, Some(&plain_phone), &mut changed.phone),
            (PersonField::Address, Some(&address), &mut changed.address),
            (PersonField::Place, written.as_ref(), &mut changed.place),
        ] {
            *slot = match text {
                Some(text) => {
                    let place = Field::new(TABLE, &id, column(field));
                    Some(key.seal(&place, text).await?)
                }
                None => None,
            };
        }
        let display = self.vault().display_key(&tenant)?;
        for (column, masked, slot) in [
            (
                MASKED_NAME,
                mask_name(name.expose_str()),
                &mut changed.masked_name,
            ),
            (MASKED_PHONE, mask_phone(&phone), &mut changed.masked_phone),
            (
                MASKED_ADDRESS,
                mask_address(address.expose_str()),
                &mut changed.masked_address,
            ),
        ] {
            let sealed = display.seal(&Field::new(TABLE, &id, column), &masked)?;
            *slot = Some(sealed.into_bytes());
        }
        let (phone_index, last4_index) = self.indexes_of(&tenant, &phone)?;
        (changed.phone_index, changed.last4_index) = (Some(phone_index), Some(last4_index));
        // What is kept of it counts from now on.
        changed.created_at = self.now();
        Ok(changed)
    }

    /// A person of whom nothing is known but that there is one: the buyer of a platform, who is reached through it.
    ///
    /// # Errors
    /// When the tenant has no keys.
    pub(crate) fn unnamed_person(
        &self,
        tenant: TenantId,
        person: PersonId,
    ) -> Result<rows::PersonRow, AppError> {
        Ok(self.new_person(tenant, person)?.0)
    }

    /// The same with the new key, which seals.
    fn new_person(
        &self,
        tenant: TenantId,
        person: PersonId,
    ) -> Result<(rows::PersonRow, PersonKey), AppError> {
        let intake = self.vault().intake_key(&tenant.to_string())?;
        let (key, wrapped) = intake.new_person_key(&person.to_string())?;
        let row = rows::PersonRow {
            id: person,
            tenant,
            wrapped_key: Some(wrapped.as_bytes().to_vec()),
            name: None,
            phone: None,
            address: None,
            place: None,
            masked_name: None,
            masked_phone: None,
            masked_address: None,
            phone_index: None,
            last4_index: None,
            created_at: self.now(),
            shredded_at: None,
        };
        Ok((row, key))
    }

    /// A person of whom the number alone is known: somebody who called.
    ///
    /// # Errors
    /// When the tenant has no keys.
    pub(crate) async fn caller(
        &self,
        tenant: TenantId,
        person: PersonId,
        number: &E164,
    ) -> Result<rows::PersonRow, AppError> {
        let (mut row, key) = self.new_person(tenant, person)?;
        let key = HeldKey::Here(key);
        if let Write::PersonPhone {
            phone,
            masked_phone,
            phone_index,
            last4_index,
            ..
        } = self.number_under(&key, &row, number).await?
        {
            row.phone = Some(phone);
            row.masked_phone = Some(masked_phone);
            row.phone_index = Some(phone_index);
            row.last4_index = Some(last4_index);
        }
        Ok(row)
    }

    /// A person as lists show them.
    pub(crate) async fn masked_person(
        &self,
        tenant: TenantId,
        person: PersonId,
    ) -> Result<MaskedPerson, AppError> {
        let Some(row) = self.store().person(person).await? else {
            return Ok(crate::lists::nobody());
        };
        if row.shredded_at.is_some() {
            return Ok(crate::lists::nobody());
        }
        let display = self.vault().display_key(&tenant.to_string())?;
        let id = person.to_string();
        let open = |column: &str, sealed: &Option<Vec<u8>>| -> Result<String, AppError> {
            match sealed {
                None => Ok(String::new()),
                Some(bytes) => {
                    let sealed = Sealed::<Masked>::from_bytes(bytes.clone())?;
                    let masked = display.open(&Field::new(TABLE, &id, column), &sealed)?;
                    Ok(masked.as_str().to_owned())
                }
            }
        };
        Ok(MaskedPerson {
            name: open(MASKED_NAME, &row.masked_name)?,
            phone: open(MASKED_PHONE, &row.masked_phone)?,
            address: open(MASKED_ADDRESS, &row.masked_address)?,
            shredded: false,
        })
    }

    /// Where visits go, for distances and times of technicians: the spots of those people of whom one is known, all under one
    /// use in the log.
    pub(crate) async fn spots_for_dispatch(
        &self,
        tenant: TenantId,
        people: impl IntoIterator<Item = PersonId>,
    ) -> Result<HashMap<PersonId, Spot>, AppError> {
        let people: BTreeSet<PersonId> = people.into_iter().collect();
        let mut rows = Vec::with_capacity(people.len());
        for person in people {
            rows.extend(self.store().person(person).await?);
        }
        let opened = self
            .open_for(
                (tenant, None),
                UsePurpose::Dispatch,
                PersonField::Place,
                &rows,
            )
            .await?;
        Ok(opened
            .into_iter()
            .map(|(person, plain)| (person, Spot::read(plain.expose_str())))
            .collect())
    }

    /// Where a visit goes, for whom to send.
    pub(crate) async fn spot_for_dispatch(
        &self,
        tenant: TenantId,
        person: PersonId,
    ) -> Result<Spot, AppError> {
        let mut spots = self.spots_for_dispatch(tenant, [person]).await?;
        Ok(spots.remove(&person).unwrap_or_default())
    }

    /// The claimant of a case as a recipient of messages; `None` when the key is destroyed.
    pub(crate) async fn claimant_of(
        &self,
        tenant: TenantId,
        case: CaseId,
    ) -> Result<Option<Recipient>, AppError> {
        let state = self.load(case).await?;
        let person = crate::detail::opened(&state)?.claimant;
        let Some(row) = self.store().person(person).await? else {
            return Ok(None);
        };
        let mut opened = self
            .open_for(
                (tenant, Some(case)),
                UsePurpose::Notify,
                PersonField::Phone,
                &[row],
            )
            .await?;
        let Some(plain) = opened.remove(&person) else {
            return Ok(None);
        };
        Ok(Some(Recipient::Claimant {
            phone: plain.expose().clone(),
            masked: self.masked_person(tenant, person).await?.phone,
        }))
    }

    /// Opens fields of the claimant of a case for a user, with a reason. The reveal is committed to
    /// the log first; only its receipt opens anything.
    ///
    /// # Errors
    /// A role that is missing, an empty reason, a case that is not the user's, a destroyed key, too many people within an hour.
    pub async fn reveal(
        &self,
        principal: &Principal,
        case: CaseId,
        fields: &[PersonField],
        reason: &str,
    ) -> Result<RevealedPerson, AppError> {
        crate::text::required("reason", reason)?;
        let state = self.readable(principal, case).await?;
        let actor = may_reveal(principal, &state)?;
        let opened = crate::detail::opened(&state)?.clone();
        let row = self
            .store()
            .person(opened.claimant)
            .await?
            .ok_or_else(|| AppError::not_found("这位客户", "person"))?;
        let now = self.now();
        let request = RevealRequest {
            tenant: opened.tenant.to_string(),
            actor: actor_name(actor),
            person: opened.claimant.to_string(),
            case: Some(case.to_string()),
            fields: fields
                .iter()
                .map(|field| RevealField::new(TABLE, column(*field)))
                .collect(),
            reason: reason.trim().to_owned(),
            at_ms: now.0,
        };
        request.validate()?;
        // Where a number stands in between, nobody who can call through it needs the other.
        if let Actor::Technician { technician, .. } = actor
            && fields.contains(&PersonField::Phone)
        {
            for work_order in state.work_orders.keys() {
                let relayed = self.is_relayed(opened.tenant, *work_order, technician);
                if relayed.await? {
                    return Err(through_the_relay());
                }
            }
        }
        let _counted = self
            .within_quota(opened.tenant, actor, opened.claimant)
            .await?;
        let case_key = self.case_key(opened.tenant, case).await?;
        let event = AuditEvent {
            at: now,
            by: actor,
            tenant: opened.tenant,
            body: AuditBody::DataRevealed {
                person: opened.claimant,
                case: Some(case),
                fields: fields.to_vec(),
                reason: case_key.seal_text(reason.trim())?,
            },
        };
        let revealed = self.reveal_to(&row, request, event).await?;
        let revealed = revealed.ok_or_else(shredded)?;
        let place = named(&revealed, fields, PersonField::Place).await?;
        Ok(RevealedPerson {
            name: named(&revealed, fields, PersonField::Name).await?,
            phone: named(&revealed, fields, PersonField::Phone).await?,
            address: named(&revealed, fields, PersonField::Address).await?,
            place: place.and_then(|spot| Spot::read(&spot).place),
            seq: revealed.seq(),
        })
    }
}

/// A field, where it is among those that the reveal names.
pub(crate) async fn named(
    revealed: &RevealedTo<'_>,
    fields: &[PersonField],
    field: PersonField,
) -> Result<Option<String>, AppError> {
    if !fields.contains(&field) {
        return Ok(None);
    }
    let content = revealed.open(field).await?;
    Ok(content.map(|content| content.expose().clone()))
}

fn checked(
    text: &Plain<String>,
    field: &str,
    chars_max: usize,
    required: bool,
) -> Result<Plain<String>, AppError> {
    let trimmed = text.expose_str().trim();
    if required && trimmed.is_empty() {
        return Err(AppError::invalid(
            field,
            "text_required",
            "这里不能空着。",
            "This cannot be empty.",
        ));
    }
    if trimmed.chars().count() > chars_max {
        return Err(AppError::invalid(
            field,
            "text_too_long",
            format!("最多 {chars_max} 字。"),
            format!("At most {chars_max} characters."),
        ));
    }
    Ok(Plain::new(trimmed.to_owned()))
}

pub(crate) fn shredded() -> AppError {
    AppError::new(
        ErrorKind::Refused,
        "person_shredded",
        "这位客户的信息已按规定销毁，无法再查看。",
        "This person's data was destroyed as required; nothing is left to show.",
    )
}

impl Spot {
    /// `30250000,120170000` with `,330106003` behind it where the town is known; nothing when neither is.
    fn written(&self) -> Option<Plain<String>> {
        let place = self
            .place
            .map(|place| format!("{},{}", place.latitude_e6, place.longitude_e6));
        let written = match &self.town {
            Some(town) => {
                let place = place.unwrap_or_else(|| ",".to_owned());
                Some(format!("{place},{town}"))
            }
            None => place,
        };
        written.map(Plain::new)
    }

    fn read(text: &str) -> Self {
        let mut parts = text.split(',');
        let mut number = || parts.next()?.parse().ok();
        let (latitude, longitude) = (number(), number());
        let town = parts.next().filter(|town| town.len() == TOWN_DIGITS);
        Self {
            place: latitude
                .zip(longitude)
                .map(|(latitude_e6, longitude_e6)| Place {
                    latitude_e6,
                    longitude_e6,
                }),
            town: town.map(str::to_owned),
        }
    }
}

pub(crate) fn actor_name(actor: Actor) -> String {
    match actor {
        Actor::Claimant { person } => person.to_string(),
        Actor::Human(human) => human.user.to_string(),
        Actor::Technician { user, .. } | Actor::Integrator { user } => user.to_string(),
        Actor::System => "system".to_owned(),
    }
}

/// Agents and dispatchers see the people of open cases; a technician sees the customer of an own
/// visit only while it is under way. Nobody else sees anybody; programs never do.
fn may_reveal(principal: &Principal, case: &Case) -> Result<Actor, AppError> {
    let Some(signed_in) = principal.signed_in() else {
        return Err(AppError::forbidden());
    };
    if let Some(technician) = signed_in.technician
        && signed_in.has(Role::Technician)
    {
        let visiting = case.work_orders.values().any(|order| {
            (order.technician == Some(technician) || order.helper == Some(technician))
                && matches!(
                    order.state,
                    RepairState::Accepted
                        | RepairState::Scheduled
                        | RepairState::EnRoute
                        | RepairState::Arrived
                        | RepairState::Diagnosed
                        | RepairState::QuotePending
                        | RepairState::Consented
                        | RepairState::InWork
                        | RepairState::WaitingForParts
                )
        });
        if visiting {
            return Ok(Actor::Technician {
                technician,
                user: signed_in.user,
            });
        }
    }
    if case.closed {
        return Err(AppError::new(
            ErrorKind::Forbidden,
            "case_closed",
            "案件已办结，不能再查看个人信息。",
            "The case is closed; personal data is not shown any more.",
        ));
    }
    allow(principal, &[Role::Agent, Role::Dispatcher])
}
