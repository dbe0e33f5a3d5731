//! Applications to be a technician: the form and its link for everybody, the queue for the desk.

use crate::api::photos::show;
use crate::handlers::forms;
use crate::handlers::frame::{Frame, Said};
use crate::handlers::public::again;
use crate::handlers::saved;
use crate::http::body::Form;
use crate::http::busy;
use crate::http::idempotency::Key;
use crate::http::problem::Answer;
use crate::http::state::Server;
use crate::http::who::Staff;
use crate::pages::FormState;
use crate::pages::applications::{
    Application, Applications, Applied, Apply, CERTIFICATE_ROWS, OwnApplicationPage,
};
use aftercare_app::accounts::Invitation;
use aftercare_app::applications::{
    APPLY_NOTICE_VERSION, AcceptInput, ApplicationAct, ApplicationInput, CertificateInput,
    CheckInput, OpenedApplication, faults,
};
use aftercare_app::intake::ConsentInput;
use aftercare_app::{AppError, ErrorKind, Plain, Principal};
use aftercare_domain::Role;
use aftercare_domain::ids::ApplicationId;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;

/// What a form says that it checks, where it is no certificate.
const IDENTITY: &str = "identity";

/// What was entered.
fn entered(form: &Form) -> ApplicationInput {
    let plain = |name: &str| Plain::new(form.get(name).to_owned());
    let certificates = (0..CERTIFICATE_ROWS).filter_map(|row| {
        let of = |field: &str| form.get(&format!("certificate_{field}_{row}")).to_owned();
        let (skill, number, until) = (of("skill"), of("number"), of("until"));
        let is_empty = number.is_empty() && until.is_empty();
        (!is_empty).then(|| CertificateInput {
            skill,
            number: Plain::new(number),
            until,
        })
    });
    ApplicationInput {
        name: plain("name"),
        phone: plain("phone"),
        county: plain("county"),
        skills: form.all("skills").map(str::to_owned).collect(),
        certificates: certificates.collect(),
        consent: ConsentInput {
            notice_version: form.get("notice_version").to_owned(),
            purposes: form.all("purposes").map(str::to_owned).collect(),
        },
    }
}

async fn apply_with(
    server: &Server,
    frame: &Frame,
    form: FormState,
    status: StatusCode,
) -> Answer<Response> {
    let tenant = server.config().tenant;
    let page = Apply {
        shell: frame.shell(None),
        form,
        skills: server.app().skills_offered(tenant).await?,
        notice_version: APPLY_NOTICE_VERSION.to_owned(),
    };
    frame.page(status, &page)
}

/// `GET /apply`
pub async fn apply(State(server): State<Server>, frame: Frame) -> Answer<Response> {
    apply_with(&server, &frame, forms::fresh()?, StatusCode::OK).await
}

/// `POST /apply`
pub async fn send_apply(
    State(server): State<Server>,
    frame: Frame,
    mut form: Form,
) -> Answer<Response> {
    let tenant = server.config().tenant;
    let brought = saved::bring(&server, &mut form);
    // The same form sent twice (a double tap, a reload) is one application.
    let key = Key::of_form(&server, None, "form/apply", &form)?;
    let brought = saved::unless_taken(&server, brought, key.as_ref()).await;
    let taken = match brought.and_then(|()| busy::intake(&server)) {
        Ok(()) => {
            let (input, photos) = (entered(&form), form.photos.clone());
            server.app().apply(tenant, input, photos, key).await
        }
        Err(error) => Err(error),
    };
    match taken {
        Ok(receipt) => {
            let page = Applied {
                shell: frame.shell(None),
                full_link: format!("{}{}", frame.origin(), receipt.link),
                link: receipt.link,
            };
            frame.page(StatusCode::CREATED, &page)
        }
        Err(error) => {
            let (mut state, status) = saved::again(&server, &form, &error, &frame)?;
            if error.kind == ErrorKind::Invalid {
                let offered = server.app().skills_offered(tenant).await?;
                forms::add_faults(
                    &mut state,
                    &form,
                    &faults(&entered(&form), &offered),
                    &frame,
                );
            }
            let state = forms::with_id(state, &error, &frame)?;
            apply_with(&server, &frame, state, status).await
        }
    }
}

async fn own_with(
    server: &Server,
    frame: &Frame,
    token: String,
    form: FormState,
    status: StatusCode,
) -> Answer<Response> {
    let tenant = server.config().tenant;
    let page = OwnApplicationPage {
        shell: frame.shell(None),
        own: server.app().own_application(tenant, &token).await?,
        form,
        token,
    };
    frame.page(status, &page)
}

/// `GET /apply/{receipt}`
pub async fn own(
    State(server): State<Server>,
    frame: Frame,
    Path(token): Path<String>,
) -> Answer<Response> {
    own_with(&server, &frame, token, FormState::default(), StatusCode::OK).await
}

/// `POST /apply/{receipt}`: answers a refusal, or takes the application back.
pub async fn act_own(
    State(server): State<Server>,
    frame: Frame,
    Path(token): Path<String>,
    form: Form,
) -> Answer<Response> {
    let tenant = server.config().tenant;
    let app = server.app();
    let done = match busy::intake(&server) {
        Ok(()) if form.get("do") == "withdraw" => app.withdraw_application(tenant, &token).await,
        Ok(()) => app.reply_to_refusal(tenant, &token, form.get("text")).await,
        Err(error) => Err(error),
    };
    match done {
        Ok(()) => {
            // Whoever came this far has a link of ours: nothing else is in it.
            Ok(frame.go(&format!("/apply/{token}"), Some(Said::Saved)))
        }
        Err(error) => {
            let (state, status) = again(&form, &error, &frame)?;
            own_with(&server, &frame, token, state, status).await
        }
    }
}

/// `GET /desk/applications`
pub async fn applications(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
) -> Answer<Response> {
    let page = Applications {
        list: server.app().applications(&principal).await?,
        shell: frame.shell(Some(&principal)),
    };
    frame.page(StatusCode::OK, &page)
}

/// What an answer to a form shows once.
#[derive(Default)]
struct Once {
    opened: Option<OpenedApplication>,
    invitation: Option<Invitation>,
}

async fn one_with(
    server: &Server,
    frame: &Frame,
    principal: &Principal,
    id: ApplicationId,
    (form, once, status): (FormState, Once, StatusCode),
) -> Answer<Response> {
    let invited = once.invitation.map(|made| {
        let whole = format!("{}{}", frame.origin(), made.link);
        (made, whole)
    });
    let page = Application {
        one: server.app().application(principal, id).await?,
        shell: frame.shell(Some(principal)),
        form,
        opened: once.opened,
        invited,
        judges: principal.has(Role::Admin),
    };
    frame.page(status, &page)
}

/// `GET /desk/applications/{application}`
pub async fn application(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    Path(id): Path<ApplicationId>,
) -> Answer<Response> {
    let shown = (FormState::default(), Once::default(), StatusCode::OK);
    one_with(&server, &frame, &principal, id, shown).await
}

/// What a form says to do.
fn act_of(form: &Form) -> ApplicationAct {
    let text = |name: &str| form.get(name).to_owned();
    match form.get("act") {
        "check" => ApplicationAct::Check(CheckInput {
            certificate: match form.get("certificate") {
                IDENTITY => None,
                // What is no number is no certificate's.
                number => Some(number.parse().unwrap_or(0)),
            },
            holds: form.get("holds") == "true",
            until: text("until"),
        }),
        "accept" => ApplicationAct::Accept(AcceptInput {
            login: text("login"),
            display_name: text("display_name"),
            outlet_code: text("outlet_code"),
        }),
        _ => ApplicationAct::Refuse {
            reason: text("reason"),
        },
    }
}

/// `POST /desk/applications/{application}`
pub async fn act(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    Path(id): Path<ApplicationId>,
    form: Form,
) -> Answer<Response> {
    let page = format!("/desk/applications/{id}");
    let acted = server
        .app()
        .act_on_application(&principal, id, &act_of(&form))
        .await;
    let shown = match acted {
        Ok(acted) if acted.invitation.is_none() => return Ok(frame.go(&page, Some(Said::Saved))),
        Ok(acted) => {
            let once = Once {
                invitation: acted.invitation,
                ..Once::default()
            };
            (FormState::default(), once, StatusCode::OK)
        }
        Err(error) => {
            let (mut state, status) = again(&form, &error, &frame)?;
            form.get("act").clone_into(&mut state.action);
            form.get("certificate").clone_into(&mut state.subject);
            (state, Once::default(), status)
        }
    };
    one_with(&server, &frame.at(&page), &principal, id, shown).await
}

/// A photo of a certificate, which no browser keeps.
fn photo(picture: aftercare_app::evidence::Picture) -> Answer<Response> {
    let mut response = show(picture, &HeaderMap::new())?;
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// `POST /desk/applications/{application}/open`: what the applicant wrote, or with `photo` one of the photos; the look and its
/// reason are in the log first.
pub async fn open(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    Path(id): Path<ApplicationId>,
    form: Form,
) -> Answer<Response> {
    let (app, reason) = (server.app(), form.get("reason"));
    let opened: Result<OpenedApplication, AppError> = match form.get("photo").parse::<usize>() {
        Ok(number) => {
            let shown = app
                .open_application_photo(&principal, id, number, reason)
                .await;
            match shown {
                Ok(picture) => return photo(picture),
                Err(error) => Err(error),
            }
        }
        Err(_) => app.open_application(&principal, id, reason).await,
    };
    let page = format!("/desk/applications/{id}");
    let shown = match opened {
        Ok(opened) => {
            let once = Once {
                opened: Some(opened),
                ..Once::default()
            };
            (FormState::default(), once, StatusCode::OK)
        }
        Err(error) => {
            let (mut state, status) = again(&form, &error, &frame)?;
            "open".clone_into(&mut state.action);
            (state, Once::default(), status)
        }
    };
    one_with(&server, &frame.at(&page), &principal, id, shown).await
}
