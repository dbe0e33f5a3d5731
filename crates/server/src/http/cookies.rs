//! The two session cookies: one of colleagues, one of the claimant of a case, so that somebody who
//! follows a case of their own is not signed out of the desk.

use axum::http::{HeaderMap, HeaderValue, header};

/// Whose session a cookie holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Session {
    /// Somebody with an account.
    Staff,
    /// The claimant of one case.
    Claimant,
}

/// The cookie's name. `__Host-` makes browsers insist on `Secure`, `Path=/` and no `Domain`; without
/// TLS (loopback only) that prefix cannot be set, and the name says so.
#[must_use]
pub const fn name(session: Session, secure: bool) -> &'static str {
    match (session, secure) {
        (Session::Staff, true) => "__Host-aftercare",
        (Session::Staff, false) => "aftercare-dev",
        (Session::Claimant, true) => "__Host-aftercare-case",
        (Session::Claimant, false) => "aftercare-case-dev",
    }
}

/// The value of a cookie.
#[must_use]
pub fn get<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(found, _)| *found == name)
        .map(|(_, value)| value)
        .filter(|value| !value.is_empty())
}

/// The token of a session.
#[must_use]
pub fn session(headers: &HeaderMap, session: Session, secure: bool) -> Option<&str> {
    let value = get(headers, name(session, secure))?;
    Some(value.split_once('.').map_or(value, |(token, _)| token))
}

/// The mark of the link through which a claimant's session began.
#[must_use]
pub fn mark(headers: &HeaderMap, secure: bool) -> Option<&str> {
    get(headers, name(Session::Claimant, secure))?
        .split_once('.')
        .map(|(_, mark)| mark)
}

fn set(text: &str) -> Option<HeaderValue> {
    HeaderValue::from_str(text).ok()
}

/// `Set-Cookie` that begins a session; `mark` ties a claimant's to its link. It lasts as long as the browser runs or, at most, as long as
/// the session itself.
#[must_use]
pub fn begin(
    session: Session,
    secure: bool,
    token: &str,
    mark: Option<&str>,
) -> Option<HeaderValue> {
    let seconds = aftercare_app::limits::SESSION_MS / 1_000;
    set(&format!(
        "{}={token}{}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{}",
        name(session, secure),
        mark.map(|mark| format!(".{mark}")).unwrap_or_default(),
        if secure { "; Secure" } else { "" },
    ))
}

/// `Set-Cookie` that ends a session.
#[must_use]
pub fn end(session: Session, secure: bool) -> Option<HeaderValue> {
    set(&format!(
        "{}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0{}",
        name(session, secure),
        if secure { "; Secure" } else { "" },
    ))
}

/// What the name of a cookie begins with, so that no other host can set it: nothing without TLS.
const fn prefix(secure: bool) -> &'static str {
    if secure { "__Host-" } else { "" }
}

/// The value of a cookie that [`setting`] or [`flash`] set.
#[must_use]
pub fn kept<'a>(headers: &'a HeaderMap, name: &str, secure: bool) -> Option<&'a str> {
    get(headers, &format!("{}{name}", prefix(secure)))
}

/// `Set-Cookie` of a setting that is not secret, such as the language, kept for a year.
#[must_use]
pub fn setting(name: &str, value: &str, secure: bool) -> Option<HeaderValue> {
    set(&format!(
        "{}{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age=31536000{}",
        prefix(secure),
        if secure { "; Secure" } else { "" },
    ))
}

/// `Set-Cookie` of a word for the next page; read once.
#[must_use]
pub fn flash(name: &str, value: &str, secure: bool) -> Option<HeaderValue> {
    set(&format!(
        "{}{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age=60{}",
        prefix(secure),
        if secure { "; Secure" } else { "" },
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_bound_to_this_host_and_hidden_from_scripts() {
        for kind in [Session::Staff, Session::Claimant] {
            for made in [
                begin(kind, true, "token", Some("mark")),
                end(kind, true),
                flash("aftercare-said", "saved", true),
                setting("aftercare-lang", "en", true),
            ] {
                let made = made.expect("a header");
                let text = made.to_str().expect("text");
                assert!(text.starts_with("__Host-"), "{text}");
                for part in ["; Path=/", "; SameSite=Lax", "; Secure", "; HttpOnly"] {
                    assert!(text.contains(part), "{part}: {text}");
                }
                assert!(!text.contains("Domain"), "{text}");
            }
        }
    }
}
