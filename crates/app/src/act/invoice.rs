//! The invoice that a customer asks for, and that the desk sends.

use super::Asked;
use crate::actions::Action;
use crate::catalogue::short;
use crate::error::AppError;
use crate::limits::{EMAIL_CHARS_MAX, TAX_NUMBER_CHARS};
use aftercare_domain::Role;
use aftercare_domain::command::Command;

/// The tax number of a company: fifteen to twenty letters and digits; none for a person.
fn tax_number(text: &str) -> Result<String, AppError> {
    let number: String = text
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '-')
        .map(|c| c.to_ascii_uppercase())
        .collect();
    let is_one = TAX_NUMBER_CHARS.contains(&number.len())
        && number.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if number.is_empty() || is_one {
        return Ok(number);
    }
    Err(AppError::invalid(
        "tax_number",
        "tax_number",
        "税号是 15 到 20 位字母和数字（统一社会信用代码 18 位）；开给个人的请留空。",
        "A tax number has 15 to 20 letters and digits (the unified social credit code has 18). Leave it empty for a person.",
    ))
}

/// An address to which an invoice can be sent.
fn email(text: &str) -> Result<String, AppError> {
    let text = text.trim();
    let is_one = text.chars().count() <= EMAIL_CHARS_MAX
        && !text.chars().any(|c| c.is_whitespace() || c.is_control())
        && text.split_once('@').is_some_and(|(who, place)| {
            !who.is_empty() && !place.contains('@') && place.contains('.') && place.len() > 2
        });
    if is_one {
        return Ok(text.to_owned());
    }
    Err(AppError::invalid(
        "email",
        "email_form",
        "请写完整的邮箱地址，例如 name@example.com。",
        "Please write a whole e-mail address, such as name@example.com.",
    ))
}

impl Asked<'_> {
    pub(super) fn invoice(&self, action: &Action) -> Result<Vec<Command>, AppError> {
        Ok(vec![match action {
            Action::RequestInvoice {
                work_order,
                title,
                tax_number: number,
                email: address,
            } => {
                let by = self.claimant_side()?;
                let title = short("title", title)?;
                let number = tax_number(number)?;
                let address = email(address)?;
                let number = match number.as_str() {
                    "" => String::new(),
                    number => format!("\n税号 / tax number: {number}"),
                };
                let details = format!("抬头 / title: {title}{number}\n邮箱 / e-mail: {address}");
                Command::RequestInvoice {
                    by,
                    work_order: self.work_order(*work_order)?,
                    details: self.key.seal_text(&details)?,
                }
            }
            Action::SendInvoice { work_order, number } => Command::SendInvoice {
                by: self.human(&[Role::Dispatcher, Role::Agent])?,
                work_order: self.work_order(*work_order)?,
                number: self.key.seal_text(&short("number", number)?)?,
            },
            _ => return self.claim_action(action),
        }])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tax_numbers_and_addresses_are_read_as_people_write_them() {
        assert_eq!(
            tax_number(" 91330106-ma2aaaaaxx ").expect("one"),
            "91330106MA2AAAAAXX"
        );
        assert_eq!(tax_number("  ").expect("none"), "");
        for wrong in ["123", "九一三三", "91330106MA2AAAAAXX123"] {
            assert_eq!(tax_number(wrong).expect_err(wrong).rule, "tax_number");
        }
        assert_eq!(email(" a.b@example.com ").expect("one"), "a.b@example.com");
        for wrong in [
            "",
            "a",
            "a@b",
            "@example.com",
            "a b@example.com",
            "a@b@c.de",
        ] {
            assert_eq!(email(wrong).expect_err(wrong).rule, "email_form");
        }
    }
}
