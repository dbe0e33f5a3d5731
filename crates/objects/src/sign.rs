//! AWS Signature Version 4 of one request (AWS General Reference, “Authenticating Requests: Using the Authorization
//! Header”), with the hash of the body in it, so that the other side refuses bytes that changed on the way.

use aws_lc_rs::{digest, hmac};
use zeroize::Zeroizing;

/// Who asks.
pub struct Credentials {
    /// Name of the key.
    pub id: String,
    /// The key itself.
    pub secret: Zeroizing<String>,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Credentials({}, ..)", self.id)
    }
}

/// What is signed besides the key.
pub(crate) struct Signed<'a> {
    pub method: &'a str,
    /// Host and port as the request names them.
    pub host: &'a str,
    /// The path, already as it is sent.
    pub path: &'a str,
    /// Names and values of the query, encoded, in the order of their names.
    pub query: &'a str,
    /// Hexadecimal SHA-256 of the body.
    pub body: &'a str,
    pub region: &'a str,
    /// Milliseconds since 1970.
    pub at_ms: i64,
}

/// The headers that carry a signature, besides the host.
pub(crate) struct Headers {
    pub date: String,
    pub authorization: String,
}

const HEADERS: &str = "host;x-amz-content-sha256;x-amz-date";
const DAY_MS: i64 = 86_400_000;

/// Hexadecimal SHA-256.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex::encode(digest::digest(&digest::SHA256, bytes))
}

fn mac(key: &[u8], text: &str) -> hmac::Tag {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text.as_bytes())
}

/// Signs a request.
pub(crate) fn sign(credentials: &Credentials, signed: &Signed<'_>) -> Headers {
    let date = timestamp(signed.at_ms);
    let day = &date[..8];
    let request = format!(
        "{}\n{}\n{}\nhost:{}\nx-amz-content-sha256:{}\nx-amz-date:{date}\n\n{HEADERS}\n{}",
        signed.method, signed.path, signed.query, signed.host, signed.body, signed.body
    );
    let scope = format!("{day}/{}/s3/aws4_request", signed.region);
    let text = format!(
        "AWS4-HMAC-SHA256\n{date}\n{scope}\n{}",
        sha256(request.as_bytes())
    );
    let first = Zeroizing::new(format!("AWS4{}", credentials.secret.as_str()));
    let mut key = mac(first.as_bytes(), day);
    for part in [signed.region, "s3", "aws4_request"] {
        key = mac(key.as_ref(), part);
    }
    let signature = hex::encode(mac(key.as_ref(), &text));
    Headers {
        authorization: format!(
            "AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={HEADERS}, Signature={signature}",
            credentials.id
        ),
        date,
    }
}

/// `20130524T000000Z`, in UTC (Hinnant, “chrono-compatible low-level date algorithms”, `civil_from_days`).
fn timestamp(at_ms: i64) -> String {
    let days = at_ms.div_euclid(DAY_MS);
    let seconds = at_ms.rem_euclid(DAY_MS) / 1_000;
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 {
        from_march + 3
    } else {
        from_march - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!(
        "{year:04}{month:02}{day:02}T{:02}{:02}{:02}Z",
        seconds / 3_600,
        seconds / 60 % 60,
        seconds % 60
    )
}

/// A value of a query: everything but letters, digits and `-._~` in percent signs.
pub(crate) fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_the_standard_does() {
        for (at_ms, text) in [
            (0, "19700101T000000Z"),
            (1_369_353_600_000, "20130524T000000Z"),
            (1_709_208_000_000, "20240229T120000Z"),
            (1_793_581_200_999, "20261102T010000Z"),
            (4_102_444_799_000, "20991231T235959Z"),
        ] {
            assert_eq!(timestamp(at_ms), text);
        }
    }

    #[test]
    fn values_are_encoded_byte_by_byte() {
        assert_eq!(encoded("a-B_9.~"), "a-B_9.~");
        assert_eq!(encoded("2~x+/= &中"), "2~x%2B%2F%3D%20%26%E4%B8%AD");
    }

    /// The request for the lifecycle of a bucket of the reference (“Examples: Signature Calculations”); its signature is
    /// computed there over the same three headers.
    #[test]
    fn the_example_of_the_reference_is_signed_as_it_says() {
        let credentials = Credentials {
            id: "AKIAIOSFODNN7EXAMPLE".to_owned(),
            secret: Zeroizing::new("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_owned()),
        };
        let empty = sha256(b"");
        let headers = sign(
            &credentials,
            &Signed {
                method: "GET",
                host: "examplebucket.s3.amazonaws.com",
                path: "/",
                query: "lifecycle=",
                body: &empty,
                region: "us-east-1",
                at_ms: 1_369_353_600_000,
            },
        );
        assert_eq!(headers.date, "20130524T000000Z");
        assert!(
            headers.authorization.ends_with(
                "Signature=fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"
            ),
            "{}",
            headers.authorization
        );
        assert!(!format!("{credentials:?}").contains("wJalr"));
    }
}
