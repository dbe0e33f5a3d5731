//! The administrator's pages: accounts, and the catalogue with its imports.

use crate::api::catalogue::{kind_of, suspicion};
use crate::handlers::confirm;
use crate::handlers::frame::{Frame, Said};
use crate::handlers::public::again;
use crate::http::body::Form;
use crate::http::problem::{Answer, Failure};
use crate::http::state::Server;
use crate::http::who::Staff;
use crate::pages::FormState;
use crate::pages::confirm::DeskConfirm;
use crate::pages::desk::{Catalogue, ListingPhoto, Users};
use aftercare_app::accounts::Invitation;
use aftercare_app::{AppError, ErrorKind, Principal};
use aftercare_domain::Role;
use aftercare_domain::ids::{ListingPhotoId, ProductId, UserId};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use std::collections::BTreeSet;

async fn users_with(
    server: &Server,
    frame: &Frame,
    principal: &Principal,
    form: FormState,
    invitation: Option<Invitation>,
    status: StatusCode,
) -> Answer<Response> {
    let page = Users {
        shell: frame.shell(Some(principal)),
        form,
        users: server.app().users(principal).await?,
        groups: match server.app().review_groups(principal).await {
            Ok(groups) => groups,
            // Who sees accounts and no groups, sees accounts.
            Err(error) if error.kind == ErrorKind::Forbidden => Vec::new(),
            Err(error) => return Err(Failure(error)),
        },
        full_link: invitation
            .as_ref()
            .map(|invitation| format!("{}{}", frame.origin(), invitation.link))
            .unwrap_or_default(),
        invitation,
    };
    frame.page(status, &page)
}

/// `GET /desk/users`
pub async fn users(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
) -> Answer<Response> {
    let form = FormState::default();
    users_with(&server, &frame, &principal, form, None, StatusCode::OK).await
}

fn roles_of(form: &Form) -> Result<Vec<Role>, AppError> {
    form.all("roles")
        .filter(|name| !name.is_empty())
        .map(|name| {
            serde_json::from_value(serde_json::Value::from(name)).map_err(|_| {
                AppError::invalid(
                    "roles",
                    "role_unknown",
                    "没有这个角色，请刷新页面后重试。",
                    "There is no such role. Please reload the page and try again.",
                )
            })
        })
        .collect()
}

/// Shows the accounts again after a form: with the new link, or with what was wrong, in the card of the account that the
/// form was about.
async fn answered(
    server: &Server,
    frame: Frame,
    principal: &Principal,
    form: &Form,
    (action, about): (&str, Option<UserId>),
    result: Result<Option<Invitation>, AppError>,
) -> Answer<Response> {
    let here = frame.clone().at("/desk/users");
    match result {
        Ok(None) => Ok(frame.go("/desk/users", Some(Said::Saved))),
        // The link is shown once, on this answer.
        Ok(Some(invitation)) => {
            let form = FormState::default();
            users_with(
                server,
                &here,
                principal,
                form,
                Some(invitation),
                StatusCode::CREATED,
            )
            .await
        }
        Err(error) => {
            let (mut state, status) = again(form, &error, &frame)?;
            action.clone_into(&mut state.action);
            state.subject = about.map_or_else(String::new, |user| user.to_string());
            users_with(server, &here, principal, state, None, status).await
        }
    }
}

/// `POST /desk/users`
pub async fn create_user(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    form: Form,
) -> Answer<Response> {
    let result = match roles_of(&form) {
        Ok(roles) => {
            server
                .app()
                .create_user(
                    &principal,
                    form.get("login"),
                    form.get("display_name"),
                    &roles,
                )
                .await
        }
        Err(error) => Err(error),
    };
    let new = ("", None);
    answered(&server, frame, &principal, &form, new, result.map(Some)).await
}

/// The shops an account answers for, where the form says them, and its roles.
async fn change(
    server: &Server,
    principal: &Principal,
    user: UserId,
    roles: Result<Vec<Role>, AppError>,
    shops: Option<Vec<String>>,
) -> Result<(), AppError> {
    let roles = roles?;
    if let Some(shops) = shops {
        server.app().change_shops(principal, user, &shops).await?;
    }
    server.app().change_roles(principal, user, &roles).await
}

/// `POST /desk/users/{user}/roles`
pub async fn change_roles(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    Path(user): Path<UserId>,
    form: Form,
) -> Answer<Response> {
    // Codes of shops, one after the other: a wrong one is said before anything changes.
    let shops: Option<Vec<String>> = form.all("shops").next().map(|text| {
        text.split([',', '，', '、', ' '])
            .filter(|shop| !shop.is_empty())
            .map(str::to_owned)
            .collect()
    });
    let result = change(&server, &principal, user, roles_of(&form), shops).await;
    answered(
        &server,
        frame,
        &principal,
        &form,
        ("roles", Some(user)),
        result.map(|()| None),
    )
    .await
}

/// `POST /desk/users/{user}/groups`: names with commas or spaces between them.
pub async fn set_groups(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    Path(user): Path<UserId>,
    form: Form,
) -> Answer<Response> {
    let names = form.get("groups");
    let names = names.split([',', '，', '、', ' ', '\t']);
    let names: BTreeSet<String> = names
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect();
    let names: Vec<String> = names.into_iter().collect();
    let result = server.app().set_groups_of(&principal, user, &names).await;
    answered(
        &server,
        frame,
        &principal,
        &form,
        ("groups", Some(user)),
        result.map(|()| None),
    )
    .await
}

/// `POST /desk/users/{user}/disabled`
pub async fn set_disabled(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    Path(user): Path<UserId>,
    form: Form,
) -> Answer<Response> {
    let disabled = form.get("disabled") == "true";
    let result = server.app().set_disabled(&principal, user, disabled).await;
    answered(
        &server,
        frame,
        &principal,
        &form,
        ("disabled", Some(user)),
        result.map(|()| None),
    )
    .await
}

/// `POST /desk/users/{user}/invite`
pub async fn invite(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    Path(user): Path<UserId>,
    form: Form,
) -> Answer<Response> {
    let result = server.app().invite_again(&principal, user).await;
    answered(
        &server,
        frame,
        &principal,
        &form,
        ("invite", Some(user)),
        result.map(Some),
    )
    .await
}

/// `POST /desk/erasures`
pub async fn erase(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    form: Form,
) -> Answer<Response> {
    let app = server.app();
    let erased = match app.case_named(&principal, form.get("case")).await {
        Ok(case) if confirm::asks(&form) && !form.get("reason").is_empty() => {
            let (number, whom) = app.to_be_erased(&principal, case).await?;
            let asked = DeskConfirm {
                shell: frame.shell(Some(&principal)),
                question: confirm::of_erasure(&form, number, whom),
            };
            return frame.page(StatusCode::OK, &asked);
        }
        Ok(case) => app.shred_person(&principal, case, form.get("reason")).await,
        Err(error) => Err(error),
    };
    match erased {
        Ok(erased) => {
            let left = u64::try_from(erased.left.len()).unwrap_or(u64::MAX);
            Ok(frame.go("/desk/users", Some(Said::Erased(left))))
        }
        Err(error) => {
            let erase = ("erase", None);
            answered(&server, frame, &principal, &form, erase, Err(error)).await
        }
    }
}

// ---- catalogue ----

#[derive(Default)]
struct Imported {
    words: Option<String>,
    rejected: Vec<String>,
}

async fn catalogue_with(
    server: &Server,
    frame: &Frame,
    principal: &Principal,
    form: FormState,
    imported: Imported,
    status: StatusCode,
) -> Answer<Response> {
    if !principal.has(Role::Admin) && !principal.has(Role::Merchant) {
        return Err(Failure(AppError::forbidden()));
    }
    let page = Catalogue {
        shell: frame.shell(Some(principal)),
        form,
        products: server.app().kept_products(principal).await?,
        prices: server.app().prices_of(principal.tenant()).await?,
        photos: server.app().standing_listing_photos(principal).await?,
        imported: imported.words,
        rejected: imported.rejected,
    };
    frame.page(status, &page)
}

/// `GET /desk/catalogue`
pub async fn catalogue(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
) -> Answer<Response> {
    let (form, imported) = (FormState::default(), Imported::default());
    catalogue_with(&server, &frame, &principal, form, imported, StatusCode::OK).await
}

async fn import_file(
    server: &Server,
    frame: &Frame,
    principal: &Principal,
    form: &Form,
) -> Result<Imported, AppError> {
    let kind = kind_of(form.get("kind")).map_err(|Failure(error)| error)?;
    let file = form
        .files
        .iter()
        .find(|(name, bytes)| name == "file" && !bytes.is_empty())
        .map(|(_, bytes)| bytes.as_slice())
        .ok_or_else(|| {
            AppError::invalid(
                "file",
                "file_needed",
                "请选择要导入的文件（CSV 或 JSON）。",
                "Please choose the file to import (CSV or JSON).",
            )
        })?;
    // A JSON import is a list of rows; a table that begins with a bracket does not exist.
    let json = file.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[');
    let report = server.app().import(principal, kind, file, json).await?;
    let saved = report.saved;
    let words = if report.errors.is_empty() {
        frame.lang.pick("已导入，共 ", "Imported rows: ").to_owned()
            + &saved.to_string()
            + frame.lang.pick(" 行。", ".")
    } else {
        frame
            .lang
            .pick(
                "没有导入：请改正下面几行后重新上传，整份文件要么全部导入，要么都不导入。",
                "Nothing was imported. Please correct the rows below and upload the file again: all rows are taken or none.",
            )
            .to_owned()
    };
    let rejected = report
        .errors
        .iter()
        .map(|wrong| {
            let text = frame.lang.pick(&wrong.zh, &wrong.en);
            match frame.lang {
                crate::i18n::Lang::ZhCn => format!("第 {} 行 {}：{text}", wrong.row, wrong.column),
                crate::i18n::Lang::En => format!("Row {} {}: {text}", wrong.row, wrong.column),
            }
        })
        .collect();
    Ok(Imported {
        words: Some(words),
        rejected,
    })
}

/// `POST /desk/catalogue/import`
pub async fn import(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    form: Form,
) -> Answer<Response> {
    let here = frame.at("/desk/catalogue");
    let (state, imported, status) = match import_file(&server, &here, &principal, &form).await {
        Ok(imported) if imported.rejected.is_empty() => {
            (FormState::default(), imported, StatusCode::OK)
        }
        Ok(imported) => (
            FormState::default(),
            imported,
            StatusCode::UNPROCESSABLE_ENTITY,
        ),
        Err(error) => {
            let (mut state, status) = again(&form, &error, &here)?;
            "import".clone_into(&mut state.action);
            (state, Imported::default(), status)
        }
    };
    catalogue_with(&server, &here, &principal, state, imported, status).await
}

async fn store_photos(server: &Server, principal: &Principal, form: &Form) -> Result<(), AppError> {
    let product: ProductId = form.get("product").parse().map_err(|_| {
        AppError::invalid(
            "product",
            "product_required",
            "请选择商品。",
            "Please choose the product.",
        )
    })?;
    if form.photos.is_empty() {
        return Err(AppError::invalid(
            "photos",
            "photos_needed",
            "请选择主图。",
            "Please choose the listing photos.",
        ));
    }
    for photo in &form.photos {
        server
            .app()
            .store_listing_photo(principal, product, photo.bytes.clone(), photo.ai_declared)
            .await?;
    }
    Ok(())
}

/// `POST /desk/catalogue/photo`
pub async fn listing_photo(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    form: Form,
) -> Answer<Response> {
    let here = frame.clone().at("/desk/catalogue");
    match store_photos(&server, &principal, &form).await {
        Ok(()) => Ok(frame.go("/desk/catalogue", Some(Said::Saved))),
        Err(error) => {
            let (mut state, status) = again(&form, &error, &here)?;
            "photo".clone_into(&mut state.action);
            catalogue_with(
                &server,
                &here,
                &principal,
                state,
                Imported::default(),
                status,
            )
            .await
        }
    }
}

// ---- one listing photo ----

async fn listing_with(
    server: &Server,
    frame: &Frame,
    principal: &Principal,
    photo: ListingPhotoId,
    form: FormState,
    status: StatusCode,
) -> Answer<Response> {
    let page = ListingPhoto {
        shell: frame.shell(Some(principal)),
        form,
        photo: server.app().listing_detail(principal, photo).await?,
    };
    frame.page(status, &page)
}

/// `GET /desk/listing/{photo}`
pub async fn listing_page(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    Path(photo): Path<ListingPhotoId>,
) -> Answer<Response> {
    let form = FormState::default();
    listing_with(&server, &frame, &principal, photo, form, StatusCode::OK).await
}

/// `POST /desk/listing/{photo}`: `action` is `declare`, or `judge` with `why`.
pub async fn act_listing(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    Path(photo): Path<ListingPhotoId>,
    form: Form,
) -> Answer<Response> {
    let app = server.app();
    let address = format!("/desk/listing/{photo}");
    let done = match form.get("action") {
        "judge" => match suspicion(form.get("why")) {
            Ok(why) => app.judge_listing_photo(&principal, photo, why).await,
            Err(error) => Err(error),
        },
        _ => app.declare_listing_photo(&principal, photo).await,
    };
    match done {
        Ok(()) => Ok(frame.go(&address, Some(Said::Saved))),
        Err(error) => {
            let here = frame.clone().at(&address);
            let (state, status) = again(&form, &error, &here)?;
            listing_with(&server, &here, &principal, photo, state, status).await
        }
    }
}
