//! The desks of colleagues: what waits, one case, and what is done about it.

use crate::api::PageQuery;
use crate::handlers::frame::{Frame, Said};
use crate::handlers::public::{again, products};
use crate::handlers::{calls, choices, confirm, conversations, field, forms, saved};
use crate::http::acted_at::ActedAt;
use crate::http::body::Form;
use crate::http::idempotency::Key;
use crate::http::problem::{Answer, Failure};
use crate::http::state::Server;
use crate::http::who::Staff;
use crate::pages::board::Day;
use crate::pages::confirm::DeskConfirm;
use crate::pages::desk::{CasePage, Cases, Dispatch, Home, Intake, Log, Near};
use crate::pages::field::Job;
use crate::pages::inbox::{Inbox, InboxCase};
use crate::pages::review::{Blind, Queue, Review, Risk};
use crate::pages::{FormState, is_blind};
use aftercare_app::act::How;
use aftercare_app::calls::OpenedCall;
use aftercare_app::intake::NOTICE_VERSION;
use aftercare_app::limits::PAGE_ROWS_MAX;
use aftercare_app::lists::{InboxPart, Paging};
use aftercare_app::logbook::Verification;
use aftercare_app::people::RevealedPerson;
use aftercare_app::review_groups::QueueOf;
use aftercare_app::technicians::TechnicianView;
use aftercare_app::views::{CaseDetail, IntakeReceipt, Page};
use aftercare_app::visit_terms::VisitTerms;
use aftercare_app::{AppError, ErrorKind, Principal};
use aftercare_domain::Role;
use aftercare_domain::audit::PersonField;
use aftercare_domain::ids::{CaseId, ProductId};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;

/// `GET /desk`
pub async fn home(frame: Frame, Staff(principal): Staff) -> Answer<Response> {
    let page = Home {
        shell: frame.shell(Some(&principal)),
    };
    frame.page(StatusCode::OK, &page)
}

// ---- intake by phone ----

pub(crate) async fn intake_with(
    server: &Server,
    frame: &Frame,
    principal: &Principal,
    form: FormState,
    (receipt, call): (Option<IntakeReceipt>, Option<OpenedCall>),
    status: StatusCode,
) -> Answer<Response> {
    // Whoever called about something is asked about that, and whoever is called about finished work, about it.
    let of_call = call.as_ref().and_then(|call| {
        let followed = call.follows.as_ref().map(|work| work.case);
        followed.or_else(|| call.cases.first().map(|row| row.id))
    });
    let chosen = form.value("product").parse::<ProductId>().ok();
    let lang = frame.lang.tag();
    let scripts = server
        .app()
        .scripts_for(principal, chosen, of_call, lang)
        .await?;
    let book = server.app().prices_of(principal.tenant()).await?;
    let page = Intake {
        scripts,
        terms: VisitTerms::of(&book).sentences(),
        shell: frame.shell(Some(principal)),
        products: products(server, principal.tenant()).await?,
        counties: choices::counties(server.app(), &form, frame.lang),
        form,
        notice_version: NOTICE_VERSION.to_owned(),
        receipt,
        call,
    };
    frame.page(status, &page)
}

pub(super) fn needs(principal: &Principal, roles: &[Role]) -> Answer<()> {
    if roles.iter().any(|role| principal.has(*role)) {
        return Ok(());
    }
    Err(Failure(AppError::forbidden()))
}

/// `GET /desk/intake`
pub async fn intake(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
) -> Answer<Response> {
    needs(&principal, &[Role::Agent, Role::Dispatcher])?;
    let form = forms::fresh()?;
    let with = (None, None);
    intake_with(&server, &frame, &principal, form, with, StatusCode::OK).await
}

/// `POST /desk/intake`
pub async fn send_intake(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    mut form: Form,
) -> Answer<Response> {
    needs(&principal, &[Role::Agent, Role::Dispatcher])?;
    let brought = saved::bring(&server, &mut form);
    let key = Key::of_form(&server, Some(&principal), "desk/intake", &form)?;
    let brought = saved::unless_taken(&server, brought, key.as_ref()).await;
    let taken = match brought.and_then(|()| forms::repair(&form)) {
        Ok(input) => {
            let photos = forms::photos_of_report(&form);
            server
                .app()
                .report_repair(principal.tenant(), Some(&principal), input, photos, key)
                .await
        }
        Err(error) => Err(error),
    };
    let (state, receipt, status) = match taken {
        Ok(receipt) => {
            calls::became(&server, &principal, &form, receipt.case).await;
            (forms::fresh()?, Some(receipt), StatusCode::CREATED)
        }
        Err(error) => {
            let (mut state, status) = saved::again(&server, &form, &error, &frame)?;
            if error.kind == ErrorKind::Invalid {
                forms::add_faults(&mut state, &form, &forms::faults_of_repair(&form), &frame);
            }
            (forms::with_id(state, &error, &frame)?, None, status)
        }
    };
    let with = (receipt, None);
    intake_with(&server, &frame, &principal, state, with, status).await
}

// ---- lists ----

/// Technicians where the reader may list them, else none.
async fn technicians(server: &Server, principal: &Principal) -> Answer<Vec<TechnicianView>> {
    match server.app().technicians(principal).await {
        Ok(technicians) => Ok(technicians),
        Err(error) if error.kind == ErrorKind::Forbidden => Ok(Vec::new()),
        Err(error) => Err(Failure(error)),
    }
}

async fn dispatch_with(
    server: &Server,
    frame: &Frame,
    principal: &Principal,
    form: FormState,
    paging: &Paging,
    which: &DayQuery,
    status: StatusCode,
) -> Answer<Response> {
    let page = Dispatch {
        shell: frame.shell(Some(principal)),
        form,
        page: server.app().at_dispatch(principal, paging).await?,
        technicians: technicians(server, principal).await?,
        board: Day::of(server.app().board(principal).await?, which.day).with_moved(&which.moved),
    };
    frame.page(status, &page)
}

/// Which day of the plan is shown beside the list.
#[derive(Debug, Default, Deserialize)]
pub struct DayQuery {
    /// Days from today.
    #[serde(default)]
    pub day: i64,
    /// The visit that was moved a moment ago.
    #[serde(default)]
    pub moved: String,
}

/// `GET /desk/dispatch`
pub async fn dispatch(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    Query(query): Query<PageQuery>,
    Query(which): Query<DayQuery>,
) -> Answer<Response> {
    let form = FormState::default();
    dispatch_with(
        &server,
        &frame,
        &principal,
        form,
        &query.paging(),
        &which,
        StatusCode::OK,
    )
    .await
}

/// Which cases a list shows.
#[derive(Debug, Default, Deserialize)]
pub struct CasesQuery {
    /// `1` or `true`: only those that are not closed.
    #[serde(default)]
    pub open: String,
    /// Where to go on.
    pub cursor: Option<String>,
}

impl CasesQuery {
    pub(crate) fn open_only(&self) -> bool {
        matches!(self.open.as_str(), "1" | "true")
    }
}

/// `GET /desk/cases`
pub async fn cases(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    Query(query): Query<CasesQuery>,
) -> Answer<Response> {
    let open_only = query.open_only();
    let paging = Paging {
        cursor: query.cursor,
        limit: None,
    };
    let page = Cases {
        shell: frame.shell(Some(&principal)),
        page: server.app().cases(&principal, open_only, &paging).await?,
        open_only,
        form: FormState::default(),
        found: false,
    };
    frame.page(StatusCode::OK, &page)
}

/// `POST /desk/cases`: the cases of whoever calls. A phone number stands in no address, which would be kept and logged.
pub async fn find_cases(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    form: Form,
) -> Answer<Response> {
    let app = server.app();
    let (page, state, status) = match app.find_cases(&principal, form.get("sought")).await {
        Ok(page) => (page, FormState::default(), StatusCode::OK),
        Err(error) => {
            let (state, status) = again(&form, &error, &frame)?;
            let none = Page {
                items: Vec::new(),
                next_cursor: None,
            };
            (none, state, status)
        }
    };
    let found = state.errors.is_empty() && state.problem.is_none();
    let page = Cases {
        shell: frame.shell(Some(&principal)),
        page,
        open_only: false,
        form: state,
        found,
    };
    frame.page(status, &page)
}

/// `POST /desk/cases/{case}/access`: a new link and code to the phone on record.
pub async fn reissue_access(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    Path(case): Path<CaseId>,
    form: Form,
) -> Answer<Response> {
    let page = from_page(&form, case);
    let checked = form.get("checked") == "true";
    let sent = server.app().reissue_access(&principal, case, checked).await;
    match sent {
        Ok(()) => Ok(frame.go(&page, Some(Said::Saved))),
        Err(error) => {
            let (form, status) = again(&form, &error, &frame)?;
            let extra = Extra {
                form,
                revealed: None,
            };
            let (frame, desk) = (frame.at(&page), Desk::of(&page));
            show(&server, &frame, &principal, case, desk, extra, status).await
        }
    }
}

/// Which of the merchant's claims are listed.
#[derive(Debug, Default, Deserialize)]
pub struct InboxQuery {
    /// `running`, `ended`, or else those that wait for the merchant.
    #[serde(default)]
    pub part: String,
}

/// `GET /desk/inbox`
pub async fn inbox(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    Query(query): Query<PageQuery>,
    Query(which): Query<InboxQuery>,
) -> Answer<Response> {
    let part = InboxPart::of(&which.part);
    let page = Inbox {
        shell: frame.shell(Some(&principal)),
        part,
        page: server
            .app()
            .inbox_part(&principal, part, &query.paging())
            .await?,
    };
    frame.page(StatusCode::OK, &page)
}

/// In which order the queue is shown, and whose part of it.
#[derive(Debug, Default, Deserialize)]
pub struct OrderQuery {
    /// `stake`: the largest amount first; else the nearest deadline.
    #[serde(default)]
    pub by: String,
    /// `mine`, the name of a group, or nothing.
    #[serde(default)]
    pub group: String,
}

/// `GET /desk/review`
pub async fn review(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    Query(query): Query<PageQuery>,
    Query(order): Query<OrderQuery>,
) -> Answer<Response> {
    let app = server.app();
    let by_stake = order.by == "stake";
    let of = QueueOf::of(&order.group);
    let page = if by_stake {
        app.review_queue_of_by_stake(&principal, &of).await?
    } else {
        app.review_queue_of(&principal, &of, &query.paging())
            .await?
    };
    let groups: Vec<String> = app
        .review_groups(&principal)
        .await?
        .into_iter()
        .map(|group| group.name)
        .collect();
    // Only what is a name stands in links.
    let known = order.group == "mine" || groups.contains(&order.group);
    let looks = match app.second_looks(&principal).await {
        Ok(looks) => looks,
        Err(error) if error.kind == ErrorKind::Forbidden => Vec::new(),
        Err(error) => return Err(Failure(error)),
    };
    let page = Queue {
        shell: frame.shell(Some(&principal)),
        page,
        by_stake,
        group: if known { order.group } else { String::new() },
        groups,
        looks,
    };
    frame.page(StatusCode::OK, &page)
}

/// Pages of claims that one page of referrals looks through: few claims are referred.
const RISK_PAGES_MAX: usize = 20;
/// Referrals that end a page.
const RISK_ROWS: usize = 50;

/// `GET /desk/risk`: claims that a reviewer referred, whatever their state.
pub async fn risk(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    Query(query): Query<PageQuery>,
) -> Answer<Response> {
    needs(&principal, &[Role::RiskManager])?;
    let mut paging = Paging {
        limit: Some(PAGE_ROWS_MAX),
        ..query.paging()
    };
    let mut items = Vec::new();
    for _ in 0..RISK_PAGES_MAX {
        let found = server.app().review_queue(&principal, true, &paging).await?;
        items.extend(found.items.into_iter().filter(|row| row.fraud_referral));
        paging.cursor = found.next_cursor;
        if paging.cursor.is_none() || items.len() >= RISK_ROWS {
            break;
        }
    }
    let page = Risk {
        shell: frame.shell(Some(&principal)),
        measures: server.app().review_measures(&principal).await?,
        page: Page {
            items,
            next_cursor: paging.cursor,
        },
    };
    frame.page(StatusCode::OK, &page)
}

// ---- one case ----

/// From which desk a case is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Desk {
    Case,
    Job,
    Inbox,
    Review,
    Dispatch,
}

impl Desk {
    /// The desk of a path.
    fn of(path: &str) -> Self {
        match path
            .strip_prefix("/desk/")
            .and_then(|rest| rest.split('/').next())
        {
            Some("jobs") => Self::Job,
            Some("inbox") => Self::Inbox,
            Some("review") => Self::Review,
            Some("dispatch") => Self::Dispatch,
            _ => Self::Case,
        }
    }
}

/// What a page of one case shows besides the case.
#[derive(Default)]
struct Extra {
    form: FormState,
    revealed: Option<RevealedPerson>,
}

async fn show(
    server: &Server,
    frame: &Frame,
    principal: &Principal,
    case: CaseId,
    desk: Desk,
    extra: Extra,
    status: StatusCode,
) -> Answer<Response> {
    let Extra { form, revealed } = extra;
    if desk == Desk::Dispatch {
        return dispatch_with(
            server,
            frame,
            principal,
            form,
            &Paging::default(),
            &DayQuery::default(),
            status,
        )
        .await;
    }
    let app = server.app();
    let case = app.case_detail(principal, case).await?;
    let shell = frame.shell(Some(principal));
    match desk {
        Desk::Job => {
            let prices = app.prices_for_case(principal, case.id).await?;
            let codes = app.codes_of(principal.tenant()).await?;
            let times = choices::times(server, principal, &case, &shell).await?;
            let cards = choices::cards(server, principal, case.id, frame.origin()).await;
            let page = frame.page(
                status,
                &Job {
                    shell,
                    form,
                    case,
                    prices,
                    codes,
                    times,
                    cards,
                    revealed,
                    mine: principal.signed_in().and_then(|who| who.technician),
                    account: field::account(principal),
                },
            )?;
            Ok(field::kept_for(principal, page))
        }
        Desk::Inbox => {
            needs(principal, &[Role::Merchant])?;
            let rows = app.inbox(principal, false, &Paging::default()).await?.items;
            frame.page(
                status,
                &InboxCase {
                    shell,
                    form,
                    case,
                    rows,
                },
            )
        }
        Desk::Review => {
            needs(principal, &[Role::Reviewer, Role::RiskManager])?;
            let mut claims = case.claims.iter();
            if !case.claims.is_empty() && claims.all(|claim| is_blind(&case, claim)) {
                frame.page(status, &Blind { shell, form, case })
            } else {
                let rules = choices::rules(server, principal, &case, frame.lang).await?;
                frame.page(
                    status,
                    &Review {
                        shell,
                        form,
                        case,
                        rules,
                    },
                )
            }
        }
        Desk::Case | Desk::Dispatch => {
            let technicians = technicians(server, principal).await?;
            let times = choices::times(server, principal, &case, &shell).await?;
            let cards = choices::cards(server, principal, case.id, frame.origin()).await;
            let near = near(server, principal, &case).await?;
            let counties = choices::counties_told(app, &form, frame.lang);
            let untold = app.untold(principal, case.id).await?;
            let prices = app.prices_for_case(principal, case.id).await?;
            let talk = conversations::talk(server, principal, &case, &form).await?;
            let form = conversations::with_reply(form, talk.as_ref());
            frame.page(
                status,
                &CasePage {
                    shell,
                    form,
                    case,
                    technicians,
                    times,
                    cards,
                    near,
                    counties,
                    revealed,
                    talk,
                    untold,
                    prices,
                },
            )
        }
    }
}

/// Who is near repairs that nobody covers or takes, for whoever looks for somebody.
async fn near(server: &Server, principal: &Principal, case: &CaseDetail) -> Answer<Near> {
    let mut near = Vec::new();
    for order in &case.work_orders {
        let sought = order.escalation.as_deref();
        if !matches!(
            sought,
            Some("no_coverage" | "no_candidate_left" | "not_accepted")
        ) {
            continue;
        }
        match server.app().nearest(principal, case.id, order.id).await {
            Ok(found) => near.extend(found.map(|found| (order.id, found))),
            Err(error) if error.kind == ErrorKind::Forbidden => {}
            Err(error) => return Err(Failure(error)),
        }
    }
    Ok(Near(near))
}

macro_rules! one_case {
    ($($(#[$doc:meta])* $name:ident => $desk:expr;)+) => {$(
        $(#[$doc])*
        pub async fn $name(
            State(server): State<Server>,
            frame: Frame,
            Staff(principal): Staff,
            Path(case): Path<CaseId>,
        ) -> Answer<Response> {
            let extra = Extra::default();
            show(&server, &frame, &principal, case, $desk, extra, StatusCode::OK).await
        }
    )+};
}

/// Which reply is put into the form of a message.
#[derive(Debug, Default, Deserialize)]
pub struct ReplyQuery {
    #[serde(default)]
    pub reply: String,
}

/// `GET /desk/cases/{case}`
pub async fn case(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    Path(case): Path<CaseId>,
    Query(query): Query<ReplyQuery>,
) -> Answer<Response> {
    let form = conversations::chosen_reply(&query.reply);
    case_with(&server, &frame, &principal, case, form, StatusCode::OK).await
}

/// The page of a case with a form as it was left.
pub(crate) async fn case_with(
    server: &Server,
    frame: &Frame,
    principal: &Principal,
    case: CaseId,
    form: FormState,
    status: StatusCode,
) -> Answer<Response> {
    let extra = Extra {
        form,
        revealed: None,
    };
    show(server, frame, principal, case, Desk::Case, extra, status).await
}

one_case! {
    /// `GET /desk/jobs/{case}`
    job => Desk::Job;
    /// `GET /desk/inbox/{case}`
    inbox_case => Desk::Inbox;
    /// `GET /desk/review/{case}`
    review_case => Desk::Review;
}

/// The page a form came from: what it says itself, else the case.
fn from_page(form: &Form, case: CaseId) -> String {
    forms::next(form).map_or_else(|| format!("/desk/cases/{case}"), str::to_owned)
}

/// `POST /desk/cases/{case}/act`
pub async fn act(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    Path(case): Path<CaseId>,
    ActedAt(told_at): ActedAt,
    headers: HeaderMap,
    mut form: Form,
) -> Answer<Response> {
    let page = from_page(&form, case);
    field::same_account(&headers, &principal)?;
    let sent_later = field::is_of_queue(&headers);
    if !sent_later && confirm::asks(&form) {
        let to = format!("/desk/cases/{case}/act");
        let case = server.app().case_detail(&principal, case).await?;
        let asked = DeskConfirm {
            shell: frame.shell(Some(&principal)),
            question: confirm::of_case(&form, &case, &to, &page),
        };
        return frame.page(StatusCode::OK, &asked);
    }
    let brought = saved::bring(&server, &mut form);
    // The same form sent twice (a double tap, a bad network) is one act.
    let route = format!("case/{case}/act");
    let key = Key::of_form(&server, Some(&principal), &route, &form)?;
    let brought = saved::unless_taken(&server, brought, key.as_ref()).await;
    let done = match brought.and_then(|()| forms::action(&form)) {
        Ok(action) => {
            let photos = form.photos.clone();
            let how = How {
                told_at,
                ..How::default()
            };
            server
                .app()
                .act_so(&principal, case, action, photos, key, how)
                .await
        }
        Err(error) => Err(error),
    };
    match done {
        Ok(acted) if sent_later => Ok(axum::Json(acted).into_response()),
        // The page that sent it keeps what was entered.
        Err(error) if sent_later => Err(Failure(error)),
        Ok(acted) => Ok(frame.go(&page, Some(Said::Logged(acted.seq)))),
        Err(error) => {
            let action = form.get("action").to_owned();
            came_back(&server, frame, &principal, case, &form, &action, &error).await
        }
    }
}

/// The page that a form of `action` came from, with what is wrong in it.
///
/// # Errors
/// The failure itself, when showing the form again would not help.
pub(crate) async fn came_back(
    server: &Server,
    frame: Frame,
    principal: &Principal,
    case: CaseId,
    form: &Form,
    action: &str,
    error: &AppError,
) -> Answer<Response> {
    let (state, status) = saved::again(server, form, error, &frame)?;
    let mut state = forms::with_id(state, error, &frame)?;
    action.clone_into(&mut state.action);
    let extra = Extra {
        form: state,
        revealed: None,
    };
    let page = from_page(form, case);
    let (frame, desk) = (frame.at(&page), Desk::of(&page));
    show(server, &frame, principal, case, desk, extra, status).await
}

fn fields_of(form: &Form) -> Result<Vec<PersonField>, AppError> {
    let missing = || {
        AppError::invalid(
            "fields",
            "fields_needed",
            "请选择要查看的内容。",
            "Please choose what to open.",
        )
    };
    let fields: Vec<PersonField> = form
        .all("fields")
        .flat_map(|text| text.split(','))
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .map(|name| serde_json::from_value(serde_json::Value::from(name)).map_err(|_| missing()))
        .collect::<Result<_, _>>()?;
    if fields.is_empty() {
        return Err(missing());
    }
    Ok(fields)
}

/// `POST /desk/cases/{case}/place`: where a visit is, as the customer told in a call.
pub async fn tell_place(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    Path(case): Path<CaseId>,
    form: Form,
) -> Answer<Response> {
    let page = from_page(&form, case);
    let done = match forms::place_told(&form) {
        Ok(told) => server.app().tell_place(&principal, case, &told).await,
        Err(error) => Err(error),
    };
    match done {
        Ok(acted) => Ok(frame.go(&page, Some(Said::Logged(acted.seq)))),
        Err(error) => {
            came_back(
                &server,
                frame,
                &principal,
                case,
                &form,
                "tell_place",
                &error,
            )
            .await
        }
    }
}

/// `POST /desk/cases/{case}/phone`: the right number of a customer who called.
pub async fn correct_phone(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    Path(case): Path<CaseId>,
    form: Form,
) -> Answer<Response> {
    let page = from_page(&form, case);
    let input = forms::phone(&form);
    match server.app().correct_phone(&principal, case, &input).await {
        Ok(_) => Ok(frame.go(&page, Some(Said::Saved))),
        Err(error) => {
            let (mut form, status) = again(&form, &error, &frame)?;
            "phone".clone_into(&mut form.action);
            let extra = Extra {
                form,
                revealed: None,
            };
            let (frame, desk) = (frame.at(&page), Desk::of(&page));
            show(&server, &frame, &principal, case, desk, extra, status).await
        }
    }
}

/// `POST /desk/cases/{case}/reveal`: shown on this answer only, never by an address that can be
/// opened again.
pub async fn reveal(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    Path(case): Path<CaseId>,
    form: Form,
) -> Answer<Response> {
    let page = from_page(&form, case);
    let opened = match fields_of(&form) {
        Ok(fields) => {
            server
                .app()
                .reveal(&principal, case, &fields, form.get("reason"))
                .await
        }
        Err(error) => Err(error),
    };
    let (extra, status) = match opened {
        Ok(revealed) => (
            Extra {
                revealed: Some(revealed),
                ..Extra::default()
            },
            StatusCode::OK,
        ),
        Err(error) => {
            let (mut form, status) = again(&form, &error, &frame)?;
            "reveal".clone_into(&mut form.action);
            (
                Extra {
                    form,
                    revealed: None,
                },
                status,
            )
        }
    };
    let desk = Desk::of(&page);
    show(
        &server,
        &frame.at(&page),
        &principal,
        case,
        desk,
        extra,
        status,
    )
    .await
}

/// `POST /desk/cases/{case}/hold`: everything of the case is kept, or the periods go on.
pub async fn hold(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    Path(case): Path<CaseId>,
    form: Form,
) -> Answer<Response> {
    let (app, reason) = (server.app(), form.get("reason"));
    let done = if form.get("release") == "true" {
        app.release_hold(&principal, case, reason).await
    } else {
        app.place_hold(&principal, case, reason).await
    };
    let page = from_page(&form, case);
    let error = match done {
        Ok(_) => return Ok(frame.go(&page, Some(Said::Saved))),
        Err(error) => error,
    };
    let (mut form, status) = again(&form, &error, &frame)?;
    "hold".clone_into(&mut form.action);
    let extra = Extra {
        form,
        revealed: None,
    };
    let desk = Desk::of(&page);
    let frame = frame.at(&page);
    show(&server, &frame, &principal, case, desk, extra, status).await
}

// ---- the log ----

async fn log_with(
    server: &Server,
    frame: &Frame,
    principal: &Principal,
    paging: &Paging,
    verification: Option<Verification>,
) -> Answer<Response> {
    let page = Log {
        shell: frame.shell(Some(principal)),
        page: server.app().log_page(principal, paging).await?,
        head: server.app().log_head().await?,
        verification,
    };
    frame.page(StatusCode::OK, &page)
}

/// `GET /desk/log`
pub async fn log(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    Query(query): Query<PageQuery>,
) -> Answer<Response> {
    log_with(&server, &frame, &principal, &query.paging(), None).await
}

/// `POST /desk/log/verify`
pub async fn verify_log(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
) -> Answer<Response> {
    let verification = server.app().log_verify(&principal).await?;
    let frame = frame.at("/desk/log");
    log_with(
        &server,
        &frame,
        &principal,
        &Paging::default(),
        Some(verification),
    )
    .await
}
