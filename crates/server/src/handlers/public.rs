//! Pages for everybody: landing, report, claim, and finding one's case again.

use crate::handlers::frame::Frame;
use crate::handlers::widget::{self, Filled};
use crate::handlers::{choices, claimant, forms, saved};
use crate::http::body::Form;
use crate::http::busy;
use crate::http::idempotency::Key;
use crate::http::problem::{Answer, Failure};
use crate::http::state::Server;
use crate::pages::public::{ClaimPage, Done, Follow, Landing, Report};
use crate::pages::{Choice, FormState};
use aftercare_app::intake::NOTICE_VERSION;
use aftercare_app::views::IntakeReceipt;
use aftercare_app::visit_terms::VisitTerms;
use aftercare_app::{AppError, ErrorKind};
use aftercare_domain::ids::TenantId;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Deserialize;

/// The name of the business.
async fn tenant_name(server: &Server) -> Answer<String> {
    let tenant = server.config().tenant;
    Ok(server
        .app()
        .tenants()
        .await?
        .into_iter()
        .find(|(id, _)| *id == tenant)
        .map(|(_, name)| name)
        .unwrap_or_default())
}

/// `GET /`
pub async fn landing(State(server): State<Server>, frame: Frame) -> Answer<Response> {
    let page = Landing {
        shell: frame.shell(None),
        tenant_name: tenant_name(&server).await?,
    };
    frame.page(StatusCode::OK, &page)
}

/// Products as a list of choices.
pub(crate) async fn products(server: &Server, tenant: TenantId) -> Answer<Vec<Choice>> {
    Ok(server
        .app()
        .products_of(tenant)
        .await?
        .into_iter()
        .map(|product| {
            // Two shops may sell what has the same name.
            let name = match product.shop {
                Some(shop) => format!("{}（{shop}）", product.name),
                None => product.name,
            };
            Choice::new(product.id.to_string(), name)
        })
        .collect())
}

async fn report_with(
    server: &Server,
    frame: &Frame,
    form: FormState,
    status: StatusCode,
) -> Answer<Response> {
    let book = server.app().prices_of(server.config().tenant).await?;
    let page = Report {
        shell: frame.shell(None),
        products: products(server, server.config().tenant).await?,
        counties: choices::counties(server.app(), &form, frame.lang),
        form,
        notice_version: NOTICE_VERSION.to_owned(),
        terms: VisitTerms::of(&book).sentences(),
    };
    frame.page(status, &page)
}

/// `GET /report`
pub async fn report(
    State(server): State<Server>,
    frame: Frame,
    Query(filled): Query<Filled>,
) -> Answer<Response> {
    let mut form = forms::fresh()?;
    widget::fill(&server, &filled, &mut form).await?;
    report_with(&server, &frame, form, StatusCode::OK).await
}

fn done(frame: &Frame, receipt: IntakeReceipt) -> Answer<Response> {
    let page = Done {
        shell: frame.shell(None),
        full_link: format!("{}{}", frame.origin(), receipt.link),
        receipt,
    };
    frame.page(StatusCode::CREATED, &page)
}

/// `POST /report`
pub async fn send_report(
    State(server): State<Server>,
    frame: Frame,
    mut form: Form,
) -> Answer<Response> {
    let tenant = server.config().tenant;
    let brought = saved::bring(&server, &mut form);
    // The same form sent twice (a double tap, a reload) is one report.
    let key = Key::of_form(&server, None, "form/report", &form)?;
    let brought = saved::unless_taken(&server, brought, key.as_ref()).await;
    let input = brought.and_then(|()| forms::repair(&form));
    let taken = match input.and_then(|input| busy::intake(&server).map(|()| input)) {
        Ok(input) => {
            let photos = forms::photos_of_report(&form);
            server
                .app()
                .report_repair(tenant, None, input, photos, key)
                .await
        }
        Err(error) => Err(error),
    };
    match taken {
        Ok(receipt) => done(&frame, receipt),
        Err(error) => {
            let (mut state, status) = saved::again(&server, &form, &error, &frame)?;
            if error.kind == ErrorKind::Invalid {
                forms::add_faults(&mut state, &form, &forms::faults_of_repair(&form), &frame);
            }
            let state = forms::with_id(state, &error, &frame)?;
            report_with(&server, &frame, state, status).await
        }
    }
}

/// The state of a form that failed and the status to show it under.
///
/// # Errors
/// The failure itself, when showing the form again would not help.
pub(crate) fn again(
    form: &Form,
    error: &AppError,
    frame: &Frame,
) -> Result<(FormState, StatusCode), Failure> {
    if !forms::worth_showing(error) {
        return Err(Failure(error.clone()));
    }
    if let Some(detail) = &error.detail {
        tracing::warn!(target: "aftercare::problem", rule = %error.rule, %detail, "a form failed");
    }
    Ok((
        forms::failed(form, error, frame),
        crate::http::problem::status_of(error),
    ))
}

async fn claim_with(
    server: &Server,
    frame: &Frame,
    form: FormState,
    status: StatusCode,
) -> Answer<Response> {
    let mut form = form;
    let lines = lines_of_order(server, &form).await?;
    // Told with the other mistakes, not in a round of its own.
    if form.failed() && lines.len() > 1 && form.value("line").is_empty() {
        let words = frame.lang.pick(
            "这个订单有多件商品，请选择是哪一件。",
            "This order has several items. Please choose which one it is about.",
        );
        let line = form.errors.entry("line".to_owned());
        line.or_insert_with(|| words.to_owned());
    }
    let page = ClaimPage {
        shell: frame.shell(None),
        clocks: server
            .app()
            .published_clocks(server.config().tenant)
            .await?,
        lines,
        form,
        notice_version: NOTICE_VERSION.to_owned(),
    };
    frame.page(status, &page)
}

/// Products to choose the line from, once the order turned out to have several. Which lines an order has is told to its buyer
/// only, and nothing is tried where the number or the phone was refused.
async fn lines_of_order(server: &Server, form: &FormState) -> Answer<Vec<Choice>> {
    let (number, phone) = (form.value("order_number"), form.value("phone"));
    let is_refused = form.error("order_number").is_some() || form.error("phone").is_some();
    if number.is_empty() || phone.is_empty() || is_refused {
        return Ok(Vec::new());
    }
    let lines = server
        .app()
        .lines_for_buyer(server.config().tenant, number, phone)
        .await?;
    let lines: Vec<Choice> = lines
        .into_iter()
        .map(|line| Choice::new(line.id.to_string(), line.name))
        .collect();
    Ok(if lines.len() > 1 { lines } else { Vec::new() })
}

/// What a shop's page may fill in.
#[derive(Debug, Default, Deserialize)]
pub struct ClaimQuery {
    /// The order number.
    #[serde(default)]
    pub order: String,
}

/// `GET /claim`
pub async fn claim(
    State(server): State<Server>,
    frame: Frame,
    Query(query): Query<ClaimQuery>,
) -> Answer<Response> {
    let mut form = forms::fresh()?;
    if !query.order.is_empty() {
        form.values.insert("order_number".to_owned(), query.order);
    }
    claim_with(&server, &frame, form, StatusCode::OK).await
}

/// `POST /claim`
pub async fn send_claim(
    State(server): State<Server>,
    frame: Frame,
    mut form: Form,
) -> Answer<Response> {
    let tenant = server.config().tenant;
    let brought = saved::bring(&server, &mut form);
    let key = Key::of_form(&server, None, "form/claim", &form)?;
    let brought = saved::unless_taken(&server, brought, key.as_ref()).await;
    let input = brought.and_then(|()| forms::claim(&form));
    let taken = match input.and_then(|input| busy::intake(&server).map(|()| input)) {
        Ok(input) => {
            let photos = form.photos.clone();
            server
                .app()
                .file_claim(tenant, None, input, photos, key)
                .await
        }
        Err(error) => Err(error),
    };
    match taken {
        Ok(receipt) => done(&frame, receipt),
        Err(error) => {
            let (mut state, status) = saved::again(&server, &form, &error, &frame)?;
            if error.kind == ErrorKind::Invalid {
                forms::add_faults(&mut state, &form, &forms::faults_of_claim(&form), &frame);
            }
            let state = forms::with_id(state, &error, &frame)?;
            claim_with(&server, &frame, state, status).await
        }
    }
}

/// `GET /follow`
pub async fn follow(frame: Frame) -> Answer<Response> {
    let page = Follow {
        shell: frame.shell(None),
        form: FormState::default(),
    };
    frame.page(StatusCode::OK, &page)
}

/// `POST /follow`: the whole link, or only its last part.
pub async fn send_follow(
    State(server): State<Server>,
    frame: Frame,
    headers: HeaderMap,
    form: Form,
) -> Answer<Response> {
    let link = form.get("link");
    let token = link.rsplit_once("/c/").map_or(link, |(_, token)| token);
    let token = token.split(['/', '?', '#']).next().unwrap_or_default();
    match claimant::open(&server, &frame, &headers, token, form.get("code")).await {
        Ok(response) => Ok(response),
        Err(Failure(error)) => {
            let page = Follow {
                shell: frame.shell(None),
                form: FormState {
                    problem: Some(frame.words(&error).to_owned()),
                    ..forms::failed(&form, &error, &frame)
                },
            };
            frame.page(crate::http::problem::status_of(&error), &page)
        }
    }
}
