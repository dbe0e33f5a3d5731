//! An address that a request can go to.

use crate::error::OutboundError;
use crate::limits::ADDRESS_CHARS_MAX;
use hyper::Uri;
use std::fmt;
use std::net::Ipv6Addr;
use std::str::FromStr;

/// An address of HTTP, checked in form: scheme, host, port and path, with no name or password in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    uri: Uri,
    host: String,
    port: u16,
    encrypted: bool,
    mail: bool,
}

const fn wrong(zh: &'static str, en: &'static str) -> OutboundError {
    OutboundError::NotATarget { zh, en }
}

impl FromStr for Target {
    type Err = OutboundError;

    fn from_str(text: &str) -> Result<Self, OutboundError> {
        if text.len() > ADDRESS_CHARS_MAX {
            return Err(wrong("网址太长。", "The address is too long."));
        }
        if text.contains('#') {
            return Err(wrong(
                "网址里不能有 #。",
                "The address must not contain a #.",
            ));
        }
        let uri: Uri = text.parse().map_err(|_| {
            wrong(
                "这不是网址，请写成 https://example.com/hook 的样子（中文域名请用 xn-- 形式）。",
                "This is not an address: write it as https://example.com/hook (other letters in their xn-- form).",
            )
        })?;
        let encrypted = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => {
                return Err(wrong(
                    "网址应以 https:// 开头。",
                    "The address must begin with https://.",
                ));
            }
        };
        let authority = uri
            .authority()
            .ok_or_else(|| wrong("网址里没有主机名。", "The address has no host."))?;
        if authority.as_str().contains('@') {
            return Err(wrong(
                "网址里不能有用户名或密码。",
                "The address must not contain a name or password.",
            ));
        }
        // Whoever speaks IPv6 writes brackets; a resolver does not know them.
        let host = match authority.host().strip_prefix('[') {
            Some(rest) => {
                let inner = rest.strip_suffix(']').unwrap_or(rest);
                inner
                    .parse::<Ipv6Addr>()
                    .map_err(|_| {
                        wrong(
                            "方括号里不是 IPv6 地址。",
                            "There is no IPv6 address in the brackets.",
                        )
                    })?
                    .to_string()
            }
            None => authority.host().to_ascii_lowercase(),
        };
        if host.is_empty() {
            return Err(wrong("网址里没有主机名。", "The address has no host."));
        }
        let port = match authority.port() {
            Some(port) => port.as_u16(),
            // A colon without a number is not the usual port.
            None if authority.as_str().ends_with(':') => 0,
            None if encrypted => 443,
            None => 80,
        };
        if port == 0
            || (authority.port().is_none()
                && authority.as_str().matches(':').count() > host.matches(':').count())
        {
            return Err(wrong(
                "网址里的端口不对。",
                "The port of the address is wrong.",
            ));
        }
        Ok(Self {
            uri,
            host,
            port,
            encrypted,
            mail: false,
        })
    }
}

impl Target {
    /// A mail server: `smtps://HOST[:PORT]`, or `smtp://HOST[:PORT]` without encryption.
    pub(crate) fn of_mail(text: &str) -> Result<Self, OutboundError> {
        let (scheme, rest, usual_port) = match text.split_once("://") {
            Some(("smtps", rest)) => ("https", rest, 465),
            Some(("smtp", rest)) => ("http", rest, 25),
            _ => {
                return Err(wrong(
                    "邮件服务器请写成 smtps://smtp.example.com 的样子。",
                    "Write the mail server as smtps://smtp.example.com.",
                ));
            }
        };
        // Host and port are written as those of the web are.
        let mut target: Self = format!("{scheme}://{rest}").parse()?;
        if target.path() != "/" {
            return Err(wrong(
                "邮件服务器的地址里只有主机名和端口。",
                "The address of a mail server has a host and a port only.",
            ));
        }
        if target.uri.port().is_none() {
            target.port = usual_port;
        }
        target.mail = true;
        Ok(target)
    }

    /// Whether it is a mail server.
    pub(crate) const fn is_mail(&self) -> bool {
        self.mail
    }

    /// The host, in lower case; IPv6 without brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port, the usual one when none is written.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Whether it is https.
    #[must_use]
    pub const fn encrypted(&self) -> bool {
        self.encrypted
    }

    /// What stands after the host.
    pub(crate) fn path(&self) -> &str {
        self.uri.path_and_query().map_or("/", |path| {
            if path.as_str().is_empty() {
                "/"
            } else {
                path.as_str()
            }
        })
    }

    /// Host and port as a request names them.
    pub(crate) fn authority(&self) -> &str {
        self.uri
            .authority()
            .map_or("", |authority| authority.as_str())
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.uri.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_address_is_read_into_its_parts() {
        let target: Target = "https://HOOKS.example.com/a/b?c=d".parse().expect("target");
        assert_eq!(
            (
                target.host(),
                target.port(),
                target.encrypted(),
                target.path()
            ),
            ("hooks.example.com", 443, true, "/a/b?c=d")
        );
        let target: Target = "http://[::1]:8080".parse().expect("target");
        assert_eq!(
            (
                target.host(),
                target.port(),
                target.encrypted(),
                target.path()
            ),
            ("::1", 8_080, false, "/")
        );
        assert_eq!(target.authority(), "[::1]:8080");
    }

    #[test]
    fn a_mail_server_has_its_own_ports_and_no_path() {
        for (text, port, encrypted) in [
            ("smtps://smtp.example.com", 465, true),
            ("smtps://smtp.example.com:2465", 2_465, true),
            ("smtps://smtp.example.com:443/", 443, true),
            ("smtp://10.0.0.5", 25, false),
        ] {
            let target = Target::of_mail(text).expect(text);
            assert_eq!((target.port(), target.encrypted()), (port, encrypted));
            assert!(target.is_mail());
        }
        for text in [
            "https://smtp.example.com",
            "smtp.example.com:465",
            "smtps://",
            "smtps://user@smtp.example.com",
            "smtps://smtp.example.com/inbox",
            "smtps://smtp.example.com?a=b",
            "smtps://smtp.example.com:0",
        ] {
            assert!(Target::of_mail(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused_with_a_reason() {
        let odd = [
            "",
            "/hook",
            "user:secret@example.com/",
            "user@example.com/",
            "example.com:0/",
            "example.com:/",
            "example.com:99999/",
            "[::1/",
            "[nonsense]/",
            "example.com/#part",
            "例子.example/",
            "example.com/a b",
            "example.com/\r\nhost: other",
        ];
        let secure = odd.map(|rest| format!("{}://{rest}", "https"));
        let other = ["", "/hook", "example.com/hook", "ftp://example.com/"];
        for wrong in secure.into_iter().chain(other.map(str::to_owned)) {
            let error = wrong.parse::<Target>().expect_err(&wrong);
            assert_eq!(error.code(), "not_an_address", "{wrong}: {error}");
        }
        let long = format!("https://example.com/{}", "a".repeat(ADDRESS_CHARS_MAX));
        assert!(long.parse::<Target>().is_err());
    }

    proptest! {
        #[test]
        fn no_text_panics_and_what_is_read_reads_again(text in "(https?://)?[\\PC]{0,60}") {
            if let Ok(target) = text.parse::<Target>() {
                let again: Target = target.to_string().parse().expect("its own text");
                prop_assert_eq!((again.host(), again.port()), (target.host(), target.port()));
                prop_assert!(target.port() != 0 && !target.host().is_empty());
            }
        }
    }
}
