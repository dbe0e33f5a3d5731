//! Acts that cannot be taken back are asked about first, on a page that works without a script: a thumb that slipped pays no
//! refund. Forms of such acts ask for it by a field; whoever sends the act without it means it.

use crate::http::body::Form;
use crate::pages::confirm::Question;
use aftercare_app::views::CaseDetail;

/// The field by which a form asks for the question.
pub const CONFIRM: &str = "confirm";

/// Whether the form is to be asked about. Where a form has two buttons, the one that takes nothing away is not.
#[must_use]
pub fn asks(form: &Form) -> bool {
    form.get(CONFIRM) == "ask"
        && match form.get("action") {
            "receive_return" => form.get("as_described") == "false",
            "answer_settlement" => form.get("accept") == "true",
            _ => true,
        }
}

/// The fields that the question brings again.
fn fields(form: &Form) -> Vec<(String, String)> {
    let fields = form
        .fields
        .expose()
        .iter()
        .filter(|(name, _)| name != CONFIRM);
    fields.cloned().collect()
}

/// The question about an act of a case; `to` is where its form goes, `back` the page that it came from.
#[must_use]
pub fn of_case(form: &Form, case: &CaseDetail, to: &str, back: &str) -> Question {
    let claim = case
        .claims
        .iter()
        .find(|claim| claim.id.to_string() == form.get("claim"));
    let what = claim.and_then(|claim| match form.get("action") {
        "agree" => Some(claim.ask.clone()),
        "answer_settlement" => claim.settlement.clone(),
        _ => None,
    });
    Question {
        action: form.get("action").to_owned(),
        number: case.number.clone(),
        what,
        whom: String::new(),
        fields: fields(form),
        to: to.to_owned(),
        back: back.to_owned(),
    }
}

/// The question before a person's data is destroyed.
#[must_use]
pub fn of_erasure(form: &Form, number: String, whom: String) -> Question {
    Question {
        action: "erase".to_owned(),
        number,
        what: None,
        whom,
        fields: fields(form),
        to: "/desk/erasures".to_owned(),
        back: "/desk/users".to_owned(),
    }
}
