//! A client of HTTP/1.1 on loopback that is sure of one thing: an answer that was cut off by a kill is no answer.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);

/// Bytes of an answer that a drill is ready to read.
const ANSWER_BYTES_MAX: u64 = 16 * 1_024 * 1_024;

/// One request.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) idempotency_key: Option<String>,
    pub(crate) bearer: Option<String>,
    /// Empty where there is none.
    pub(crate) body: Vec<u8>,
    pub(crate) content_type: &'static str,
}

/// What requests of programs carry.
pub(crate) const JSON: &str = "application/json";

/// What forms of pages carry.
pub(crate) const FORM: &str = "application/x-www-form-urlencoded";

/// What tables carry.
pub(crate) const CSV: &str = "text/csv";

/// What forms with photos carry.
pub(crate) const PHOTOS: &str = "multipart/form-data; boundary=CUT";

/// A whole answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) body: String,
}

/// Sends a request and reads the whole answer.
///
/// # Errors
/// Nobody listens, the connection broke, or the answer is not complete: whether it was carried out is not known then. Also where
/// it is no text.
pub(crate) fn send(address: SocketAddr, request: &Request) -> Result<Response> {
    let (status, body) = send_for_bytes(address, request)?;
    response(status, body)
}

/// An answer whose body is text.
///
/// # Errors
/// When it is none.
pub(crate) fn response(status: u16, body: Vec<u8>) -> Result<Response> {
    let body = String::from_utf8(body).context("the body of the answer is not text")?;
    Ok(Response { status, body })
}

/// The same for an answer that may be no text: its status and its body.
///
/// # Errors
/// Nobody listens, the connection broke, or the answer is not complete.
pub(crate) fn send_for_bytes(address: SocketAddr, request: &Request) -> Result<(u16, Vec<u8>)> {
    let body = request.body.as_slice();
    let mut stream = TcpStream::connect_timeout(&address, CONNECT_TIMEOUT)?;
    stream.set_read_timeout(Some(ANSWER_TIMEOUT))?;
    stream.set_write_timeout(Some(ANSWER_TIMEOUT))?;
    stream.set_nodelay(true)?;
    let mut head = format!(
        "{} {} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n",
        request.method, request.path
    );
    if let Some(key) = &request.idempotency_key {
        head.push_str(&format!("idempotency-key: {key}\r\n"));
    }
    if let Some(token) = &request.bearer {
        head.push_str(&format!("authorization: Bearer {token}\r\n"));
    }
    if !body.is_empty() {
        head.push_str(&format!("content-type: {}\r\n", request.content_type));
    }
    head.push_str(&format!("content-length: {}\r\n\r\n", body.len()));
    stream.write_all(head.as_bytes())?;
    stream.write_all(body)?;
    let mut bytes = Vec::new();
    stream.take(ANSWER_BYTES_MAX).read_to_end(&mut bytes)?;
    parse(&bytes)
}

/// The status and the body of an answer; one that is shorter than it says is an error.
fn parse(bytes: &[u8]) -> Result<(u16, Vec<u8>)> {
    let end = bytes
        .windows(4)
        .position(|window| window == b"\r\n\r\n")
        .context("the answer has no end of its head")?;
    let head = std::str::from_utf8(&bytes[..end]).context("the head of the answer is not text")?;
    let body = &bytes[end + 4..];
    let mut lines = head.split("\r\n");
    let status = lines
        .next()
        .and_then(|line| line.split(' ').nth(1))
        .and_then(|status| status.parse().ok())
        .context("the answer has no status")?;
    let header = |name: &str| {
        head.split("\r\n").skip(1).find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    };
    let body = if header("transfer-encoding").is_some_and(|coding| coding == "chunked") {
        joined(body)?
    } else if let Some(length) = header("content-length") {
        let length: usize = length.parse().context("the length of the answer")?;
        ensure!(
            body.len() == length,
            "{} of {length} bytes of the answer came",
            body.len()
        );
        body.to_vec()
    } else if status == 204 {
        Vec::new()
    } else {
        bail!("the answer does not say how long it is");
    };
    Ok((status, body))
}

/// The body of an answer that came in chunks; the last, empty one must be there.
fn joined(mut rest: &[u8]) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = rest
            .windows(2)
            .position(|window| window == b"\r\n")
            .context("a chunk without its size")?;
        let size = std::str::from_utf8(&rest[..end])?;
        let size = usize::from_str_radix(size.trim(), 16).context("the size of a chunk")?;
        rest = &rest[end + 2..];
        if size == 0 {
            return Ok(body);
        }
        let chunk = rest.get(..size).context("a chunk was cut off")?;
        body.extend_from_slice(chunk);
        rest = rest.get(size + 2..).context("a chunk was cut off")?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_answer_is_read() {
        let (status, body) = parse(b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok").unwrap();
        assert_eq!(
            response(status, body).unwrap(),
            Response {
                status: 201,
                body: "ok".to_owned()
            }
        );
        let (_, body) = parse(
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n1\r\n!\r\n0\r\n\r\n",
        )
        .unwrap();
        assert_eq!(body, b"ok!");
        let (status, _) = parse(b"HTTP/1.1 204 No Content\r\n\r\n").unwrap();
        assert_eq!(status, 204);
    }

    #[test]
    fn a_photo_is_an_answer_and_no_text() {
        let (status, body) = parse(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n\x89PN").unwrap();
        assert_eq!((status, body.as_slice()), (200, &b"\x89PN"[..]));
        assert!(response(status, body).is_err());
    }

    #[test]
    fn an_answer_that_was_cut_off_is_no_answer() {
        for cut in [
            &b""[..],
            b"HTTP/1.1 201 Created\r\nContent-Le",
            b"HTTP/1.1 201 Created\r\nContent-Length: 3\r\n\r\nok",
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n",
            b"HTTP/1.1 200 OK\r\n\r\nno length",
        ] {
            assert!(parse(cut).is_err(), "{}", String::from_utf8_lossy(cut));
        }
    }
}
