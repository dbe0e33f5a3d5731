//! What the risk manager takes along, and what runs beside the rules and thresholds in force.

use crate::handlers::frame::{Frame, Said};
use crate::handlers::public::again;
use crate::handlers::tables;
use crate::http::body::Form;
use crate::http::problem::Answer;
use crate::http::state::Server;
use crate::http::who::Staff;
use crate::pages::review::ShadowPage;
use crate::pages::{Choice, FormState};
use aftercare_app::rule_packs::{ChecksInput, PackName, ShadowInput, accusing_codes};
use aftercare_app::{AppError, Principal};
use aftercare_domain::Role;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

/// The page of the shadow.
const SHADOW: &str = "/desk/risk/shadow";

/// `GET /desk/risk/measures.csv`: the figures of the page as a table.
pub async fn csv(State(server): State<Server>, Staff(principal): Staff) -> Answer<Response> {
    let measures = server.app().review_measures(&principal).await?;
    Ok(tables::file("review-measures.csv", measures.to_csv()))
}

async fn shadow_with(
    server: &Server,
    frame: &Frame,
    principal: &Principal,
    form: FormState,
    status: StatusCode,
) -> Answer<Response> {
    let app = server.app();
    let shadow = app.shadow(principal).await?;
    let packs = app.rule_packs(principal).await?;
    let page = ShadowPage {
        shell: frame.shell(Some(principal)),
        form,
        shadow,
        packs: packs
            .into_iter()
            .filter(|pack| pack.stage != "effective")
            .map(|pack| {
                let name = format!("{}@{}", pack.id, pack.version);
                let title = frame.lang.pick(&pack.title_zh, &pack.title_en);
                let label = format!("{title} ({name})");
                Choice::new(name, label)
            })
            .collect(),
        codes: accusing_codes(),
        writes: principal.has(Role::RiskManager),
    };
    frame.page(status, &page)
}

/// `GET /desk/risk/shadow`
pub async fn shadow(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
) -> Answer<Response> {
    let form = FormState::default();
    shadow_with(&server, &frame, &principal, form, StatusCode::OK).await
}

/// A strength such as `2` or `-0.5`, in thousandths.
fn strength(text: &str) -> Result<i32, AppError> {
    let wrong = || {
        AppError::invalid(
            "strength",
            "shadow_strength",
            "强度写成数字，最多三位小数，例如 2 或者 1.5。",
            "Write the strength as a number with three decimals at most, such as 2 or 1.5.",
        )
    };
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || part.len() > 3 || !is_digits(whole) || !is_digits(part) {
        return Err(wrong());
    }
    let milli: i32 = format!("{whole}{part:0<3}").parse().map_err(|_| wrong())?;
    Ok(if negative { -milli } else { milli })
}

/// What the form asks to run.
fn asked(form: &Form) -> Result<ShadowInput, AppError> {
    let named = form.get("pack").split_once('@');
    let pack = named.map(|(id, version)| PackName {
        id: id.to_owned(),
        version: version.to_owned(),
    });
    let checks = match form.get("strength") {
        "" => None,
        text => Some(ChecksInput {
            strength_milli: strength(text)?,
            without: form.all("without").map(str::to_owned).collect(),
        }),
    };
    Ok(ShadowInput {
        pack,
        checks,
        from: Some(form.get("from").to_owned()),
    })
}

/// `POST /desk/risk/shadow`
pub async fn begin_shadow(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    form: Form,
) -> Answer<Response> {
    let begun = match asked(&form) {
        Ok(input) => server.app().begin_shadow(&principal, &input).await,
        Err(error) => Err(error),
    };
    match begun {
        Ok(()) => Ok(frame.go(SHADOW, Some(Said::Saved))),
        Err(error) => {
            let (state, status) = again(&form, &error, &frame)?;
            let frame = frame.at(SHADOW);
            shadow_with(&server, &frame, &principal, state, status).await
        }
    }
}

/// `POST /desk/risk/shadow/end`
pub async fn end_shadow(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
) -> Answer<Response> {
    server.app().end_shadow(&principal).await?;
    Ok(frame.go(SHADOW, Some(Said::Saved)))
}

#[cfg(test)]
mod tests {
    use super::strength;

    #[test]
    fn a_strength_is_read_in_thousandths_and_anything_else_is_refused() {
        for (text, milli) in [("2", 2_000), ("1.5", 1_500), ("-0.25", -250), ("0.001", 1)] {
            assert_eq!(strength(text).expect("a strength"), milli, "{text}");
        }
        for text in ["", "-", ".5", "1.2345", "2e3", "٢", "1,5", "99999999999"] {
            let refused = strength(text).expect_err(text);
            assert_eq!(refused.rule, "shadow_strength", "{text}");
        }
    }
}
