//! Changes of a person's row that are less than the whole of it: where to visit, at which number to call, what another program knew of
//! them, and the end of everything that is known.

use super::Link;
use super::checked::Rows;
use crate::error::StoreError;
use crate::types::Write;
use crate::value::Column as _;

/// Leaves nothing of a person but the id and the times.
pub(super) const SHRED: &str = "UPDATE persons SET wrapped_key = NULL, name = NULL, phone = NULL, address = NULL, place = NULL, masked_name = NULL, masked_phone = NULL, masked_address = NULL, phone_index = NULL, last4_index = NULL, shredded_at = $2";

pub(super) async fn change<L: Link>(
    link: &mut L,
    rows: &mut Rows,
    write: &Write,
) -> Result<(), StoreError> {
    match write {
        Write::PersonPlace {
            person,
            address,
            masked_address,
            place,
        } => {
            // Whoever was destroyed meanwhile stays so.
            let touched = rows
                .change(
                    link,
                    "persons",
                    "UPDATE persons SET address = $2, masked_address = $3, place = $4 WHERE id = $1 AND shredded_at IS NULL",
                    vec![
                        person.to_value(),
                        address.to_value(),
                        masked_address.to_value(),
                        place.to_value(),
                    ],
                )
                .await?;
            if touched.len() != 1 {
                return Err(StoreError::NotFound("person"));
            }
        }
        Write::PersonPhone {
            person,
            phone,
            masked_phone,
            phone_index,
            last4_index,
        } => {
            let touched = rows
                .change(
                    link,
                    "persons",
                    "UPDATE persons SET phone = $2, masked_phone = $3, phone_index = $4, last4_index = $5 WHERE id = $1 AND shredded_at IS NULL",
                    vec![
                        person.to_value(),
                        phone.to_value(),
                        masked_phone.to_value(),
                        phone_index.to_value(),
                        last4_index.to_value(),
                    ],
                )
                .await?;
            if touched.len() != 1 {
                return Err(StoreError::NotFound("person"));
            }
        }
        Write::Customer(row) => {
            // A table is read for a while: whoever was destroyed since then is not brought back by it.
            let sql = "SELECT id FROM persons WHERE id = $1 AND shredded_at IS NOT NULL";
            let destroyed = link.read(sql, vec![row.person.to_value()]).await?;
            if !destroyed.is_empty() {
                return Err(StoreError::NotFound("person"));
            }
            rows.upsert(link, row).await?;
        }
        Write::ShredPerson { person, at } => {
            rows.change(
                link,
                "persons",
                &format!("{SHRED} WHERE id = $1"),
                vec![person.to_value(), at.to_value()],
            )
            .await?;
            rows.remove(
                link,
                "fingerprints",
                "DELETE FROM fingerprints WHERE person = $1",
                vec![person.to_value()],
            )
            .await?;
            rows.remove(
                link,
                "preferences",
                "DELETE FROM preferences WHERE who = $1",
                vec![person.to_value()],
            )
            .await?;
            // The number of the shop stays: under it the next import knows that this one asked to be forgotten.
            let sql = "DELETE FROM customers WHERE person = $1 AND number IS NULL";
            rows.remove(link, "customers", sql, vec![person.to_value()])
                .await?;
            let sql = "UPDATE customers SET lang = NULL, content = NULL WHERE person = $1";
            rows.change(link, "customers", sql, vec![person.to_value()])
                .await?;
        }
        _ => {}
    }
    Ok(())
}
