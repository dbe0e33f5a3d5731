//! Putting and getting objects, with another try where the other side may only be busy.

use crate::PART_BYTES;
use crate::settings::Settings;
use crate::sign::{Signed, encoded, sha256, sign};
use aftercare_outbound::{Answer, Client, ObjectMethod, OutboundError, Target};
use aftercare_store::{BlobPlace, StoreError, blob_name_of};
use async_trait::async_trait;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// Pauses between the tries of one request.
const PAUSES_MS: [u64; 3] = [200, 800, 3_200];
/// The longest pause that the other side can ask for, in seconds.
const PAUSE_S_MAX: u32 = 10;
/// How long one request may take: a part over a slow line.
const REQUEST_SECONDS_MAX: u64 = 60;
/// Characters of the other side's words that an error repeats.
const WORDS_MAX: usize = 200;
/// Name of the object that says whose the place is.
const OWNER: &str = "owner";
/// Characters of a name for an upload in parts; servers give a few hundred at most.
const UPLOAD_CHARS_MAX: usize = 1_000;

/// A bucket in use.
pub struct ObjectStorage {
    pub(crate) settings: Settings,
    client: Client,
    /// Milliseconds since 1970; a signature is good for a quarter of an hour.
    now_ms: Arc<dyn Fn() -> i64 + Send + Sync>,
}

impl std::fmt::Debug for ObjectStorage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "ObjectStorage({}/{})",
            self.settings.endpoint, self.settings.bucket
        )
    }
}

/// What became of an object that was removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removed {
    /// It is gone.
    Gone,
    /// The bucket keeps it as an earlier version, until a rule of the bucket ends those.
    KeptAsVersion,
}

/// One request, before it is signed.
pub(crate) struct Ask<'a> {
    pub method: ObjectMethod,
    /// As it is sent.
    pub path: String,
    /// Encoded, in the order of the names.
    pub query: String,
    pub body: &'a [u8],
}

impl ObjectStorage {
    /// A bucket; nothing is asked yet.
    ///
    /// # Errors
    /// What the TLS library says.
    pub fn new(
        settings: Settings,
        now_ms: Arc<dyn Fn() -> i64 + Send + Sync>,
    ) -> Result<Self, String> {
        let client = Client::new(&aftercare_outbound::Settings {
            allowed: settings.allowed.clone(),
            authorities: Vec::new(),
            patience: Some(Duration::from_secs(REQUEST_SECONDS_MAX)),
        })?;
        Ok(Self {
            settings,
            client,
            now_ms,
        })
    }

    /// Keeps a few bytes that nobody else has, reads them and removes them: whether the storage does all that it will be asked
    /// for, and whether what ends by its period is gone from it then.
    ///
    /// # Errors
    /// What it refuses, and [`StoreError::Corrupt`] where it gives back something else, or still gives what was removed.
    pub async fn try_out(&self, bytes: &[u8]) -> Result<Removed, StoreError> {
        let name = blob_name_of(bytes);
        self.put(&name, bytes.to_vec()).await?;
        let back = self.get(&name).await;
        // Whatever came back, they are not left there.
        let removed = self.removed(&name).await?;
        let wrong = |what: &str| StoreError::corrupt("the storage of objects", what);
        if back?.as_deref() != Some(bytes) {
            return Err(wrong("it does not give back what it was given"));
        }
        match self.get(&name).await? {
            None => Ok(removed),
            Some(_) => Err(wrong("it still gives what was removed")),
        }
    }

    async fn removed(&self, name: &str) -> Result<Removed, StoreError> {
        let answer = self
            .ask(Ask {
                method: ObjectMethod::Delete,
                path: self.path(name)?,
                query: String::new(),
                body: b"",
            })
            .await?;
        match answer.status {
            200 | 204 if answer.keeps_version => Ok(Removed::KeptAsVersion),
            200 | 204 => Ok(Removed::Gone),
            404 if !String::from_utf8_lossy(&answer.body).contains("NoSuchBucket") => {
                Ok(Removed::Gone)
            }
            _ => Err(refused(&answer, "removing a blob")),
        }
    }

    /// The path of an object: folders of 256, as in a data directory.
    fn path(&self, name: &str) -> Result<String, StoreError> {
        let hexadecimal = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if name.len() != 64 || !name.bytes().all(hexadecimal) {
            let shown: String = name.chars().take(80).collect();
            return Err(StoreError::corrupt("the name of a blob", shown));
        }
        let key = self.key(&format!("{}/{}", &name[..2], &name[2..]));
        Ok(format!("/{}/{key}", self.settings.bucket))
    }

    /// The path of the object that says whose the place is; no blob has such a name.
    fn owner_path(&self) -> String {
        format!("/{}/{}", self.settings.bucket, self.key(OWNER))
    }

    /// What the storage calls something below the prefix.
    pub(crate) fn key(&self, below: &str) -> String {
        let prefix = &self.settings.prefix;
        let slash = if prefix.is_empty() { "" } else { "/" };
        format!("{prefix}{slash}{below}")
    }

    async fn once(&self, ask: &Ask<'_>, body_hash: &str) -> Result<Answer, OutboundError> {
        let path = ask.path.as_str();
        let host = self
            .settings
            .endpoint
            .split_once("://")
            .map_or("", |(_, host)| host);
        let signed = sign(
            &self.settings.credentials,
            &Signed {
                method: match ask.method {
                    ObjectMethod::Head => "HEAD",
                    ObjectMethod::Get => "GET",
                    ObjectMethod::Put => "PUT",
                    ObjectMethod::Post => "POST",
                    ObjectMethod::Delete => "DELETE",
                },
                host,
                path,
                query: &ask.query,
                body: body_hash,
                region: &self.settings.region,
                at_ms: (self.now_ms)(),
            },
        );
        let question = if ask.query.is_empty() { "" } else { "?" };
        let target: Target =
            format!("{}{path}{question}{}", self.settings.endpoint, ask.query).parse()?;
        let headers = [
            ("x-amz-date", signed.date.as_str()),
            ("x-amz-content-sha256", body_hash),
            ("authorization", signed.authorization.as_str()),
        ];
        self.client
            .object(ask.method, &target, &headers, ask.body.to_vec())
            .await
    }

    /// Asks until there is an answer that another try would not change.
    pub(crate) async fn ask(&self, ask: Ask<'_>) -> Result<Answer, StoreError> {
        let body_hash = sha256(ask.body);
        let mut pauses = PAUSES_MS.into_iter();
        loop {
            let answered = self.once(&ask, &body_hash).await;
            let Some(pause) = pauses.next().filter(|_| worth_another_try(&answered)) else {
                return answered.map_err(|error| {
                    StoreError::Other(format!("the storage of objects gave no answer: {error}"))
                });
            };
            let asked_for = answered
                .ok()
                .and_then(|answer| answer.retry_after_s)
                .map_or(0, |seconds| u64::from(seconds.min(PAUSE_S_MAX)) * 1_000);
            tracing::debug!(
                pause_ms = pause.max(asked_for),
                "another try at the storage of objects"
            );
            tokio::time::sleep(Duration::from_millis(pause.max(asked_for))).await;
        }
    }

    async fn whole(&self, name: &str, sealed: &[u8]) -> Result<(), StoreError> {
        let answer = self
            .ask(Ask {
                method: ObjectMethod::Put,
                path: self.path(name)?,
                query: String::new(),
                body: sealed,
            })
            .await?;
        good(&answer, "keeping a blob")
    }

    /// Sends a large object part by part; nobody sees it before the last step.
    async fn in_parts(&self, name: &str, sealed: &[u8]) -> Result<(), StoreError> {
        let begun = self
            .ask(Ask {
                method: ObjectMethod::Post,
                path: self.path(name)?,
                query: "uploads=".to_owned(),
                body: b"",
            })
            .await?;
        good(&begun, "beginning a large blob")?;
        let text = String::from_utf8_lossy(&begun.body);
        let upload = element(&text, "UploadId")
            .filter(|upload| !upload.is_empty() && upload.len() <= UPLOAD_CHARS_MAX)
            .map(|upload| encoded(&upload))
            .ok_or_else(|| {
                StoreError::Other("the storage of objects named no upload".to_owned())
            })?;
        let sent = self.parts(name, sealed, &upload).await;
        if sent.is_err() {
            // What is left of a failed upload is only room that somebody pays for.
            let given_up = self
                .ask(Ask {
                    method: ObjectMethod::Delete,
                    path: self.path(name)?,
                    query: format!("uploadId={upload}"),
                    body: b"",
                })
                .await;
            if let Err(error) = given_up {
                tracing::warn!(%error, "an upload in parts was not given up; a rule of the bucket should end it");
            }
        }
        sent
    }

    async fn parts(&self, name: &str, sealed: &[u8], upload: &str) -> Result<(), StoreError> {
        let mut list = String::from("<CompleteMultipartUpload>");
        for (index, part) in sealed.chunks(PART_BYTES).enumerate() {
            let number = index + 1;
            let answer = self
                .ask(Ask {
                    method: ObjectMethod::Put,
                    path: self.path(name)?,
                    query: format!("partNumber={number}&uploadId={upload}"),
                    body: part,
                })
                .await?;
            good(&answer, "keeping a part of a blob")?;
            let etag = answer.etag.ok_or_else(|| {
                StoreError::Other("the storage of objects named no part".to_owned())
            })?;
            let etag = etag.replace('&', "&amp;").replace('<', "&lt;");
            list.push_str(&format!(
                "<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>"
            ));
        }
        list.push_str("</CompleteMultipartUpload>");
        let answer = self
            .ask(Ask {
                method: ObjectMethod::Post,
                path: self.path(name)?,
                query: format!("uploadId={upload}"),
                body: list.as_bytes(),
            })
            .await?;
        good(&answer, "ending a large blob")?;
        // This answer begins before the work is done, so its status says nothing.
        if String::from_utf8_lossy(&answer.body).contains("<Error>") {
            return Err(refused(&answer, "ending a large blob"));
        }
        Ok(())
    }
}

#[async_trait]
impl BlobPlace for ObjectStorage {
    async fn put(&self, name: &str, sealed: Vec<u8>) -> Result<(), StoreError> {
        // The same name is the same bytes: a request that is sent again does not send them again.
        let there = self
            .ask(Ask {
                method: ObjectMethod::Head,
                path: self.path(name)?,
                query: String::new(),
                body: b"",
            })
            .await?;
        match there.status {
            200 => Ok(()),
            404 if sealed.len() <= PART_BYTES => self.whole(name, &sealed).await,
            404 => self.in_parts(name, &sealed).await,
            _ => Err(refused(&there, "looking for a blob")),
        }
    }

    async fn get(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let answer = self
            .ask(Ask {
                method: ObjectMethod::Get,
                path: self.path(name)?,
                query: String::new(),
                body: b"",
            })
            .await?;
        match answer.status {
            200 if answer.cut => Err(StoreError::corrupt(
                format!("blob {name}"),
                "the storage of objects gives more than any blob has",
            )),
            200 => Ok(Some(answer.body)),
            // A bucket that is not there is no blob that is not there.
            404 if !String::from_utf8_lossy(&answer.body).contains("NoSuchBucket") => Ok(None),
            _ => Err(refused(&answer, "reading a blob")),
        }
    }

    async fn remove(&self, name: &str) -> Result<(), StoreError> {
        self.removed(name).await.map(|_| ())
    }

    async fn older(&self, folder: u8, before_ms: i64) -> Result<BTreeSet<String>, StoreError> {
        self.listed(folder, before_ms).await
    }

    async fn owner(&self) -> Result<Option<String>, StoreError> {
        let answer = self
            .ask(Ask {
                method: ObjectMethod::Get,
                path: self.owner_path(),
                query: String::new(),
                body: b"",
            })
            .await?;
        match answer.status {
            200 => Ok(Some(String::from_utf8_lossy(&answer.body).into_owned())),
            404 if !String::from_utf8_lossy(&answer.body).contains("NoSuchBucket") => Ok(None),
            _ => Err(refused(&answer, "reading whose the place is")),
        }
    }

    async fn set_owner(&self, text: &str) -> Result<(), StoreError> {
        let answer = self
            .ask(Ask {
                method: ObjectMethod::Put,
                path: self.owner_path(),
                query: String::new(),
                body: text.as_bytes(),
            })
            .await?;
        good(&answer, "keeping whose the place is")
    }
}

/// Whether the other side may only be busy, restarting or out of reach.
fn worth_another_try(answered: &Result<Answer, OutboundError>) -> bool {
    match answered {
        Ok(answer) => {
            matches!(answer.status, 408 | 425 | 429 | 500 | 502 | 503 | 504)
                || answer.status == 200 && answer.body.starts_with(b"<Error>")
        }
        Err(error) => matches!(
            error,
            OutboundError::Unresolved { .. }
                | OutboundError::Unreachable { .. }
                | OutboundError::TooSlow { .. }
                | OutboundError::NotHttp { .. }
        ),
    }
}

pub(crate) fn good(answer: &Answer, doing: &str) -> Result<(), StoreError> {
    match answer.status {
        200 | 201 | 204 => Ok(()),
        _ => Err(refused(answer, doing)),
    }
}

pub(crate) fn refused(answer: &Answer, doing: &str) -> StoreError {
    let text = String::from_utf8_lossy(&answer.body);
    let code = element(&text, "Code").unwrap_or_default();
    if answer.status == 507 || code == "QuotaExceeded" || code == "XMinioStorageFull" {
        return StoreError::Full;
    }
    let message = element(&text, "Message").unwrap_or_default();
    let told: String = [code.as_str(), message.as_str()]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(": ");
    let told: String = told
        .chars()
        .filter(|c| !c.is_control())
        .take(WORDS_MAX)
        .collect();
    let remedy = match (answer.status, code.as_str()) {
        (_, "RequestTimeTooSkewed") => ": the clock of this machine or of the storage is wrong",
        // Without a body (HEAD) nothing is said of the reason.
        (403, _) => ": check the key, what it may do in this bucket, and the clock of this machine",
        _ => "",
    };
    StoreError::Other(format!(
        "the storage of objects refuses ({doing}): status {} {told}{remedy}",
        answer.status
    ))
}

/// The text of the first element of that name; answers of S3 have no attributes on those that are read here.
pub(crate) fn element(text: &str, name: &str) -> Option<String> {
    let (_, rest) = text.split_once(&format!("<{name}>"))?;
    let (inner, _) = rest.split_once(&format!("</{name}>"))?;
    Some(
        inner
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&quot;", "\"")
            .replace("&#34;", "\"")
            .replace("&apos;", "'")
            .replace("&amp;", "&"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_read_and_others_are_not_there() {
        let text = "<A><UploadId>x&amp;y&lt;</UploadId><Code/></A>";
        assert_eq!(element(text, "UploadId").as_deref(), Some("x&y<"));
        assert_eq!(element(text, "Code"), None);
        assert_eq!(element("<UploadId>", "UploadId"), None);
    }

    #[test]
    fn a_full_storage_is_a_full_disk() {
        let answer = |status, body: &str| Answer {
            status,
            retry_after_s: None,
            body: body.as_bytes().to_vec(),
            cut: false,
            etag: None,
            keeps_version: false,
        };
        let full = answer(507, "");
        assert_eq!(refused(&full, "keeping a blob"), StoreError::Full);
        let quota = answer(403, "<Error><Code>QuotaExceeded</Code></Error>");
        assert_eq!(refused(&quota, "keeping a blob"), StoreError::Full);
        let denied = answer(
            403,
            "<Error><Code>AccessDenied</Code><Message>no\u{7}</Message></Error>",
        );
        let told = refused(&denied, "keeping a blob").to_string();
        assert!(
            told.contains("403 AccessDenied: no") && !told.contains('\u{7}'),
            "{told}"
        );
    }
}
