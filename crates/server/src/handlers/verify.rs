//! The page on which anybody holds a receipt, or the hash of a step, against the log.

use crate::handlers::frame::Frame;
use crate::handlers::public::again;
use crate::http::body::Form;
use crate::http::problem::Answer;
use crate::http::state::Server;
use crate::pages::FormState;
use crate::pages::public::Verify;
use aftercare_app::AppError;
use aftercare_app::checking::Checked;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

async fn verify_with(
    server: &Server,
    frame: &Frame,
    form: FormState,
    checked: Option<Checked>,
    status: StatusCode,
) -> Answer<Response> {
    let head = server.app().log_head().await?;
    let page = Verify {
        shell: frame.shell(None),
        form,
        checked,
        key: head.verifier_key,
        checkpoint: head.checkpoint.unwrap_or_default(),
        address: frame.origin().to_owned(),
    };
    frame.page(status, &page)
}

/// `GET /verify`
pub async fn verify(State(server): State<Server>, frame: Frame) -> Answer<Response> {
    verify_with(&server, &frame, FormState::default(), None, StatusCode::OK).await
}

/// What the form asks about: the file that was chosen before what was pasted, and a hash where neither is there.
async fn check(server: &Server, form: &Form) -> Result<Checked, AppError> {
    let app = server.app();
    let file = form.files.iter().find(|(name, _)| name == "receipt");
    if let Some((_, bytes)) = file.filter(|(_, bytes)| !bytes.is_empty()) {
        let text = String::from_utf8_lossy(bytes);
        return app.check_receipt(&text).await;
    }
    if !form.get("text").is_empty() {
        return app.check_receipt(form.raw("text")).await;
    }
    if form.get("hash").is_empty() {
        return Err(AppError::invalid(
            "text",
            "receipt_needed",
            "请选择凭证文件、粘贴它的内容，或填写日志编号和哈希。",
            "Please choose the file of a receipt, paste it, or enter a number of the log and a hash.",
        ));
    }
    let number = form.get("number").trim_start_matches('#');
    let seq = number.parse().map_err(|_| {
        AppError::invalid(
            "number",
            "log_number",
            "日志编号是一个数字，写在哈希旁边，如 128。",
            "The number in the log stands beside the hash, such as 128.",
        )
    })?;
    app.check_hash(seq, form.get("hash")).await
}

/// `POST /verify`
pub async fn send_verify(
    State(server): State<Server>,
    frame: Frame,
    form: Form,
) -> Answer<Response> {
    match check(&server, &form).await {
        Ok(checked) => {
            let form = FormState::default();
            verify_with(&server, &frame, form, Some(checked), StatusCode::OK).await
        }
        Err(error) => {
            let (state, status) = again(&form, &error, &frame)?;
            verify_with(&server, &frame, state, None, status).await
        }
    }
}
