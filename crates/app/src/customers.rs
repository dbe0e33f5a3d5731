//! Customers who are taken over from another program: sealed as whoever reports, found by the keyed hash of their number, offered
//! to the agent whom they call, taken out again, and destroyed with the person. They are there to recognize who calls and to fill in
//! the report; nothing is sent to them, and nothing is decided by them.

use crate::access::staff;
use crate::app::App;
use crate::catalogue::{Known, Saved, line};
use crate::engine::Side;
use crate::error::AppError;
use crate::limits::{CUSTOMER_NUMBER_CHARS_MAX, REVEALED_PEOPLE_PER_HOUR_MAX};
use crate::opening::{RevealedTo, TABLE, column};
use crate::people::{PersonInput, RevealedPerson, actor_name, phone_of, phone_read, shredded};
use crate::principal::Principal;
use crate::views::MaskedPerson;
use aftercare_domain::audit::{AuditBody, AuditEvent, PersonField};
use aftercare_domain::evidence::Envelope;
use aftercare_domain::ids::{PersonId, TenantId};
use aftercare_domain::{Actor, Role};
use aftercare_store::Write;
use aftercare_store::rows::{CustomerRow, PersonRow};
use aftercare_vault::{
    Field, PhoneKind, Plain, RevealField, RevealRequest, mask_phone, normalize_phone,
};

/// Who recognizes a caller.
const TAKERS: &[Role] = &[Role::Agent, Role::Dispatcher];
/// What is opened of a customer.
const FIELDS: [PersonField; 3] = [PersonField::Name, PersonField::Phone, PersonField::Address];

/// A customer as a row of another program has them.
pub(crate) struct CustomerInput {
    /// The number under which the shop knows them; empty where there is none.
    pub number: String,
    pub language: String,
    pub person: PersonInput,
}

impl CustomerInput {
    /// What finds it again: the telephone number as it is compared.
    pub fn key(&self) -> String {
        let written = self.person.phone.expose_str();
        match normalize_phone(written) {
            Ok(phone) => phone.expose().to_owned(),
            Err(_) => written.to_owned(),
        }
    }

    /// The number of the shop. It is not sealed, and stays when the person is destroyed: where programs take the telephone number
    /// for it, or write it into it, there is none.
    fn number_of_shop(&self) -> &str {
        let number = self.number.trim();
        let is_mobile =
            normalize_phone(number).is_ok_and(|phone| phone.kind() == PhoneKind::Mobile);
        let digits: String = number.chars().filter(char::is_ascii_digit).collect();
        let digits = Plain::new(digits);
        let own = normalize_phone(self.person.phone.expose_str());
        let has_own = own.is_ok_and(|phone| {
            let text = phone.expose().trim_start_matches('+');
            digits
                .expose_str()
                .contains(text.strip_prefix("86").unwrap_or(text))
        });
        if is_mobile || has_own { "" } else { number }
    }

    /// Under what it is shown: the number of the shop, else the telephone number, masked.
    pub fn shown(&self) -> String {
        let number = self.number_of_shop();
        if !number.is_empty() {
            return number.to_owned();
        }
        let phone = normalize_phone(self.person.phone.expose_str());
        phone.map_or_else(
            |_| String::new(),
            |phone| mask_phone(&phone).as_str().to_owned(),
        )
    }
}

/// A customer under a number, as an agent sees them before anything is opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomerView {
    pub person: PersonId,
    /// The number under which the shop knows them.
    pub number: Option<String>,
    /// `zh` or `en`, where it is known.
    pub lang: Option<String>,
    pub masked: MaskedPerson,
}

/// A customer as they are taken out again.
pub(crate) struct CustomerOut {
    pub number: String,
    pub language: String,
    pub name: String,
    pub phone: String,
    pub address: String,
}

/// The language that a text names, as programs write it.
fn language(text: &str) -> Result<Option<String>, AppError> {
    let short: String = text.trim().to_lowercase();
    let short = short.split(['-', '_']).next().unwrap_or_default();
    match short {
        "" => Ok(None),
        "zh" | "中文" | "汉语" | "chinese" => Ok(Some("zh".to_owned())),
        "en" | "英文" | "英语" | "english" => Ok(Some("en".to_owned())),
        _ => Err(AppError::invalid(
            "language",
            "customer_language",
            "语言写 zh 或 en，不清楚的留空。",
            "Write zh or en, or leave it empty where it is not known.",
        )),
    }
}

impl App {
    /// Takes over a customer. The telephone number finds whoever is there; so does the number of the shop, for whom it is put
    /// right, and which stays where the row has none. Whoever had their data destroyed stays so.
    ///
    /// # Errors
    /// `Invalid` naming the field.
    pub(crate) async fn put_customer(
        &self,
        by: Actor,
        tenant: TenantId,
        input: &CustomerInput,
        read: &mut Known,
        side: &mut Side,
    ) -> Result<Saved, AppError> {
        let number = line(
            "number",
            input.number_of_shop(),
            0,
            CUSTOMER_NUMBER_CHARS_MAX,
        )?;
        let lang = language(&input.language)?;
        let phone = phone_of(&input.person)?;
        let of = tenant.to_string();
        let index = self.vault().phone_index(&of, &phone)?;
        let found = self
            .store()
            .customers_like(tenant, index.as_bytes(), &number)
            .await?;
        let before = match found.as_slice() {
            [] => None,
            [only] => Some(only),
            _ => {
                return Err(AppError::invalid(
                    "number",
                    "customer_of_another",
                    "这个客户编号是另一个手机号的客户的，请核对编号和手机号。",
                    "This number of the shop belongs to a customer with another telephone number. Please check both.",
                ));
            }
        };
        // Two rows of a file are two people: neither has the number of the other, nor what the other left a moment ago.
        let is_again = before.is_some_and(|row| !read.customers.insert(row.person))
            || (!number.is_empty() && !read.customer_numbers.insert(number.clone()));
        if is_again {
            return Err(AppError::invalid(
                "number",
                "customer_twice",
                "表中前面有一行已经是这位客户（编号相同，或手机号是其原来的），请核对；确实换了人的，分两次导入。",
                "An earlier row is this customer already: it has the same number of the shop, or had this telephone number. Please check \
                 both; where the number went to somebody else, import one after the other.",
            ));
        }
        // Under the number of the shop an erasure is remembered: a table without numbers takes none away.
        let kept = before.and_then(|row| row.number.clone());
        let number = if number.is_empty() {
            kept.unwrap_or_default()
        } else {
            number
        };
        let content = Plain::new(
            [
                number.as_str(),
                lang.as_deref().unwrap_or_default(),
                input.person.name.expose_str().trim(),
                phone.expose(),
                input.person.address.expose_str().trim(),
            ]
            .join("\u{1f}"),
        );
        let content = self
            .vault()
            .code_hash(&of, "customer", content.expose_str())?;
        let person = match before {
            Some(row) if row.content.is_none_or(|known| known == content) => {
                return Ok(Saved::Unchanged);
            }
            Some(row) => {
                let known = self.store().person(row.person).await?;
                let known = known.ok_or_else(shredded)?;
                self.entered_anew(&known, &input.person).await?
            }
            None => {
                let id = PersonId(self.new_id());
                self.seal_person(tenant, id, &input.person, "")?.row
            }
        };
        let body = AuditBody::PersonSealed { person: person.id };
        side.audit.push(self.audited(by, tenant, body));
        side.writes.push(Write::Customer(CustomerRow {
            person: person.id,
            tenant,
            number: Some(number).filter(|number| !number.is_empty()),
            lang,
            content: Some(content),
            saved_at: self.now(),
        }));
        side.writes.push(Write::Person(person));
        Ok(match before {
            Some(_) => Saved::Updated,
            None => Saved::Created,
        })
    }

    /// The customer under a telephone number, masked; nothing is opened for it.
    ///
    /// # Errors
    /// A missing role, a text that is no number.
    pub async fn customer_of_phone(
        &self,
        principal: &Principal,
        phone: &str,
    ) -> Result<Option<CustomerView>, AppError> {
        staff(principal, TAKERS)?;
        self.of_whole_tenant(principal).await?;
        let tenant = principal.tenant();
        let phone = phone_read(&Plain::new(phone.to_owned()))?;
        let index = self.vault().phone_index(&tenant.to_string(), &phone)?;
        let found = self
            .store()
            .customers_like(tenant, index.as_bytes(), "")
            .await?;
        let Some(row) = found.into_iter().next() else {
            return Ok(None);
        };
        Ok(Some(CustomerView {
            masked: self.masked_person(tenant, row.person).await?,
            person: row.person,
            number: row.number,
            lang: row.lang,
        }))
    }

    /// Opens name, number and address of a customer who calls. The reveal is in the log before.
    ///
    /// # Errors
    /// A missing role, no such customer; too many people within an hour; a person whose data was destroyed.
    pub async fn open_customer(
        &self,
        principal: &Principal,
        customer: PersonId,
    ) -> Result<RevealedPerson, AppError> {
        let by = staff(principal, TAKERS)?;
        self.of_whole_tenant(principal).await?;
        let unknown = || AppError::not_found("这位客户", "customer");
        let row = self.store().customer(customer).await?;
        let row = row.filter(|row| row.tenant == principal.tenant());
        row.ok_or_else(unknown)?;
        let person = self.store().person(customer).await?.ok_or_else(unknown)?;
        let revealed = self
            .reveal_customer(by, &person, "客户来电，填写报修")
            .await?;
        Ok(RevealedPerson {
            name: text_of(&revealed, PersonField::Name).await?,
            phone: text_of(&revealed, PersonField::Phone).await?,
            address: text_of(&revealed, PersonField::Address).await?,
            place: None,
            seq: revealed.seq(),
        })
    }

    /// Customers as they were taken over, after the first `skip` of them: as many as one account may look at within an hour, each
    /// with a reveal in the log before.
    ///
    /// # Errors
    /// A missing role; too many people within an hour.
    pub(crate) async fn customers_opened(
        &self,
        by: Actor,
        tenant: TenantId,
        skip: u32,
    ) -> Result<Vec<CustomerOut>, AppError> {
        let most = u32::try_from(REVEALED_PEOPLE_PER_HOUR_MAX).unwrap_or(u32::MAX);
        let mut opened = Vec::new();
        for row in self.store().customers(tenant, skip, most).await? {
            let Some(person) = self.store().person(row.person).await? else {
                continue;
            };
            let revealed = self.reveal_customer(by, &person, "导出客户").await?;
            opened.push(CustomerOut {
                number: row.number.unwrap_or_default(),
                language: row.lang.unwrap_or_default(),
                name: text_of(&revealed, PersonField::Name)
                    .await?
                    .unwrap_or_default(),
                phone: text_of(&revealed, PersonField::Phone)
                    .await?
                    .unwrap_or_default(),
                address: text_of(&revealed, PersonField::Address)
                    .await?
                    .unwrap_or_default(),
            });
        }
        Ok(opened)
    }

    async fn reveal_customer<'a>(
        &'a self,
        by: Actor,
        person: &'a PersonRow,
        reason: &str,
    ) -> Result<RevealedTo<'a>, AppError> {
        let tenant = person.tenant;
        let key = self.person_key(person)?.ok_or_else(shredded)?;
        let _counted = self.within_quota(tenant, by, person.id).await?;
        let (now, id) = (self.now(), person.id.to_string());
        let fields = FIELDS.map(|field| RevealField::new(TABLE, column(field)));
        let request = RevealRequest {
            tenant: tenant.to_string(),
            actor: actor_name(by),
            person: id.clone(),
            case: None,
            fields: fields.to_vec(),
            reason: reason.to_owned(),
            at_ms: now.0,
        };
        let place = Field::new(TABLE, &id, "reason");
        let sealed = key.seal(&place, &Plain::new(reason.to_owned())).await?;
        let event = AuditEvent {
            at: now,
            by,
            tenant,
            body: AuditBody::DataRevealed {
                person: person.id,
                case: None,
                fields: FIELDS.to_vec(),
                reason: Envelope(sealed),
            },
        };
        let revealed = self.reveal_to(person, request, event).await?;
        revealed.ok_or_else(shredded)
    }
}

async fn text_of(
    revealed: &RevealedTo<'_>,
    field: PersonField,
) -> Result<Option<String>, AppError> {
    let text = revealed.open(field).await?;
    Ok(text.map(|text| text.expose().clone()))
}
