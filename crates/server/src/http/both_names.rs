//! A case of a platform has two names: ours, and the platform's with its number (`wechat:2000000000123`). Every path that takes
//! the one takes the other.

use crate::http::problem::{Failure, finish};
use crate::http::state::Server;
use crate::http::who::anybody;
use aftercare_app::{AppError, ErrorKind};
use axum::extract::{Request, State};
use axum::http::Uri;
use axum::http::uri::PathAndQuery;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

/// What stands before the name of a case in paths.
const BEFORE: [&str; 4] = ["cases", "inbox", "review", "jobs"];

/// The name of a platform's case in a path, decoded, and where it stands.
fn named(path: &str) -> Option<(usize, String)> {
    let parts: Vec<&str> = path.split('/').collect();
    let position = parts.iter().position(|part| BEFORE.contains(part))? + 1;
    let name = parts.get(position)?.replace("%3A", ":").replace("%3a", ":");
    aftercare_app::platforms::platform_reference(&name)?;
    Some((position, name))
}

/// The same address with another part in its path.
fn with_part(uri: &Uri, position: usize, part: &str) -> Option<Uri> {
    let path = uri
        .path()
        .split('/')
        .enumerate()
        .map(|(at, old)| if at == position { part } else { old })
        .collect::<Vec<_>>()
        .join("/");
    let text = match uri.query() {
        Some(query) => format!("{path}?{query}"),
        None => path,
    };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(text.parse::<PathAndQuery>().ok()?);
    Uri::from_parts(parts).ok()
}

/// A failure with its body: the layers that write it are inside of this one.
fn failed(server: &Server, error: AppError) -> Response {
    let failure = Failure(error);
    let instance = format!("urn:aftercare:request:{}", server.app().new_id());
    let mut response = failure.clone().into_response();
    finish(&failure, &instance, &mut response);
    response
}

/// The layer, before the router: whose case it is follows from who asks.
pub async fn layer(State(server): State<Server>, request: Request, next: Next) -> Response {
    let Some((position, name)) = named(request.uri().path()) else {
        return next.run(request).await;
    };
    let (mut parts, body) = request.into_parts();
    let found = match anybody(&parts, &server).await {
        Ok(Some(principal)) => server.app().case_of_both_names(principal.tenant(), &name),
        // The handler says that nobody is signed in, or that a token is none.
        Ok(None) => Ok(None),
        Err(error) if error.kind == ErrorKind::Unauthenticated => Ok(None),
        Err(error) => Err(error),
    };
    match found {
        Ok(Some(case)) => {
            let Some(uri) = with_part(&parts.uri, position, &case.to_string()) else {
                return failed(&server, AppError::not_found("这个案件", "case"));
            };
            parts.uri = uri;
        }
        Ok(None) => {}
        Err(error) => return failed(&server, error),
    }
    next.run(Request::from_parts(parts, body)).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_platforms_name_is_found_in_a_path_and_replaced() {
        for (path, expected) in [
            ("/api/v1/cases/wechat:12", Some((4, "wechat:12"))),
            ("/api/v1/cases/taobao%3A12/pack", Some((4, "taobao:12"))),
            ("/desk/inbox/douyin:7", Some((3, "douyin:7"))),
            ("/api/v1/cases/0198", None),
            ("/api/v1/cases", None),
            ("/api/v1/cases/other:12", None),
            ("/assets/wechat:12", None),
        ] {
            let expected = expected.map(|(at, name)| (at, name.to_owned()));
            assert_eq!(named(path), expected, "{path}");
        }
        let uri: Uri = "/api/v1/cases/wechat:12/pack?for=court".parse().unwrap();
        let other = with_part(&uri, 4, "abc").unwrap();
        assert_eq!(other.to_string(), "/api/v1/cases/abc/pack?for=court");
    }
}
