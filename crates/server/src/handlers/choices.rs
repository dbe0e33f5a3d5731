//! Short lists that pages offer: counties that an address leaves open, and rules that may be cited.

use crate::http::qr;
use crate::http::state::Server;
use crate::i18n::Lang;
use crate::pages::field::{CardView, Cards, Times};
use crate::pages::review::Citables;
use crate::pages::{Choice, FormState, Shell};
use aftercare_app::places::COUNTY_TO_ASK;
use aftercare_app::views::CaseDetail;
use aftercare_app::{App, AppError, Principal};
use aftercare_domain::ids::CaseId;

/// Times to which the visits of a case can move, where the reader may move them or ask for it.
pub async fn times(
    server: &Server,
    principal: &Principal,
    case: &CaseDetail,
    shell: &Shell,
) -> Result<Times, AppError> {
    let mut times = Vec::new();
    for offer in &case.actions {
        let moves = matches!(offer.action.as_str(), "schedule" | "propose_times");
        let Some(work_order) = offer.work_order.filter(|_| moves) else {
            continue;
        };
        let app = server.app();
        let slots = app.visit_times(principal, case.id, work_order).await?.slots;
        let choices = slots.iter().map(|slot| {
            let value = format!("{}-{}", slot.from.0, slot.until.0);
            Choice::new(value, shell.span(&slot.from, &slot.until))
        });
        times.push((work_order, choices.collect()));
    }
    Ok(Times(times))
}

/// The cards of the visits of a case, each with the address at which it is checked. A page without them is better than none.
pub async fn cards(server: &Server, principal: &Principal, case: CaseId, origin: &str) -> Cards {
    let cards = match server.app().visit_cards(principal, case).await {
        Ok(cards) => cards,
        Err(error) => {
            tracing::warn!(rule = %error.rule, detail = ?error.detail, "a page without its cards");
            return Cards::default();
        }
    };
    let shown = cards.into_iter().map(|shown| {
        let address = format!(
            "/genuine?{}",
            aftercare_app::genuine::in_address(&shown.note)
        );
        let card = CardView {
            technician: Some(shown.technician),
            drawing: qr::drawing(&format!("{origin}{address}")),
            address,
            ..CardView::of(&shown.card)
        };
        (shown.work_order, card)
    });
    Cards(shown.collect())
}

/// Counties to choose from when the address of a form leaves its county open, and that we may call about it. None
/// before that: an address tells its county.
#[must_use]
pub fn counties(app: &App, form: &FormState, lang: Lang) -> Vec<Choice> {
    if form.error("county").is_none() && form.value("county").is_empty() {
        return Vec::new();
    }
    let mut choices: Vec<Choice> = app
        .read_address(form.value("address"))
        .choices
        .into_iter()
        .map(|place| Choice::new(place.county, place.name))
        .collect();
    let chosen = form.value("county");
    if chosen != COUNTY_TO_ASK
        && !choices.iter().any(|choice| choice.value == chosen)
        && let Some(name) = app.division_name(chosen)
    {
        choices.push(Choice::new(chosen, name));
    }
    choices.push(Choice::new(
        COUNTY_TO_ASK,
        lang.pick("由客服电话核对", "Call me about it"),
    ));
    choices
}

/// The same for a colleague who was told the place in a call: to ask again is no choice.
#[must_use]
pub fn counties_told(app: &App, form: &FormState, lang: Lang) -> Vec<Choice> {
    let mut choices = counties(app, form, lang);
    choices.retain(|choice| choice.value != COUNTY_TO_ASK);
    choices
}

/// What a decision about a claim may cite, in the reader's language: the rules that apply to it and
/// the law, both as they stood on the day it was filed. Choices by claim.
pub async fn rules(
    server: &Server,
    principal: &Principal,
    case: &CaseDetail,
    lang: Lang,
) -> Result<Citables, AppError> {
    let mut citables = Vec::new();
    for claim in &case.claims {
        let decides = case.actions.iter().any(|offer| {
            matches!(offer.action.as_str(), "decide" | "decide_appeal")
                && offer.claim == Some(claim.id)
        });
        if !decides {
            continue;
        }
        let known = server.app().citable(principal, case.id, claim.id).await?;
        let choices = known.iter().map(|one| {
            Choice::new(
                format!("{}|{}", one.rule, one.version),
                lang.pick(&one.zh, &one.en).to_owned(),
            )
        });
        citables.push((claim.id, choices.collect()));
    }
    Ok(Citables(citables))
}
