//! Reading what comes: JSON, or a form with photos.

use crate::http::busy::Sender;
use crate::http::patience::too_slow;
use crate::http::problem::{Failure, malformed, too_large, unsupported};
use crate::limits::{FIELD_BYTES_MAX, FIELDS_MAX, JSON_BYTES_MAX, UPLOAD_BYTES_MAX};
use aftercare_app::clips;
use aftercare_app::evidence::Upload;
use aftercare_app::{AppError, ErrorKind, Plain};
use aftercare_domain::evidence::EvidenceKind;
use axum::body::Bytes;
use axum::extract::multipart::{Field, Multipart, MultipartError};
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use serde::de::DeserializeOwned;

/// Bytes at the start of a file that say whether it is a clip.
const START_BYTES: usize = 32;

/// A request with an input and, in a form, photos.
#[derive(Clone, Debug, Default)]
pub struct WithPhotos {
    /// The JSON of the input, wiped when it goes.
    pub input: Plain<Vec<u8>>,
    /// The photos.
    pub photos: Vec<Upload>,
}

/// Every text field of a form in order, and its photos.
#[derive(Clone, Debug, Default)]
pub struct Form {
    /// Name and value, wiped when they go.
    pub fields: Plain<Vec<(String, String)>>,
    /// The photos.
    pub photos: Vec<Upload>,
    /// Another file, such as an import: its name in the form and its bytes.
    pub files: Vec<(String, Vec<u8>)>,
    /// Who sends it, where it brings files.
    pub sender: Option<Sender>,
}

/// The media type without its parameters, in lower case.
fn media_type(headers: &HeaderMap) -> String {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.split(';').next())
        .map(|text| text.trim().to_ascii_lowercase())
        .unwrap_or_default()
}

/// What the serializer says in English, and where.
///
/// # Errors
/// `malformed` with the place.
pub fn from_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Failure> {
    serde_json::from_slice(bytes).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        // What serde says of a wrong value may quote it; unknown or missing names do not.
        let what = if error.is_data() {
            let text = error.to_string();
            if text.starts_with("missing field") || text.starts_with("unknown variant") {
                text
            } else {
                format!("a field has a value of the wrong type at line {line} column {column}")
            }
        } else {
            format!("not JSON at line {line} column {column}")
        };
        Failure(malformed(
            format!("JSON 读不出来（第 {line} 行第 {column} 列）：{what}。"),
            format!("The JSON could not be read: {what}."),
        ))
    })
}

/// A JSON body of at most [`JSON_BYTES_MAX`] bytes.
#[derive(Clone, Debug)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failure> {
        let found = media_type(request.headers());
        if found != "application/json" && !found.ends_with("+json") {
            return Err(Failure(unsupported("application/json")));
        }
        let bytes = read(request, state, JSON_BYTES_MAX).await?;
        from_json(&bytes).map(Self)
    }
}

/// The body, at most `bytes_max` bytes.
///
/// # Errors
/// 413 with the limit.
pub async fn read<S: Send + Sync>(
    request: Request,
    _: &S,
    bytes_max: usize,
) -> Result<Bytes, Failure> {
    axum::body::to_bytes(request.into_body(), bytes_max)
        .await
        .map_err(|error| {
            let large = std::error::Error::source(&error)
                .is_some_and(|source| source.is::<http_body_util::LengthLimitError>());
            Failure(if large {
                too_large(bytes_max)
            } else {
                too_slow(&error).unwrap_or_else(cut_off)
            })
        })
}

fn cut_off() -> AppError {
    malformed(
        "内容没有传完，请检查网络后再试。",
        "The content did not arrive completely. Please check your connection and try again.",
    )
}

fn multipart_error(error: &MultipartError) -> Failure {
    if let Some(error) = too_slow(error) {
        return Failure(error);
    }
    Failure(match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => too_large(UPLOAD_BYTES_MAX),
        _ => malformed(
            "表单读不出来：格式不对，或者没有传完。",
            "The form could not be read: its format is wrong, or it did not arrive completely.",
        ),
    })
}

async fn bytes_of(mut field: Field<'_>, bytes_max: usize) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    while let Some(chunk) = field
        .chunk()
        .await
        .map_err(|error| multipart_error(&error))?
    {
        if bytes.len() + chunk.len() > bytes_max {
            return Err(Failure(too_large(bytes_max)));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// A photo or a clip; which of both, and so how long it may be, its first bytes say.
async fn evidence_of(mut field: Field<'_>) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    while let Some(chunk) = field
        .chunk()
        .await
        .map_err(|error| multipart_error(&error))?
    {
        bytes.extend_from_slice(&chunk);
        let start = &bytes[..bytes.len().min(START_BYTES)];
        if bytes.len() > clips::bytes_max(start) {
            return Err(Failure(clips::too_large(start)));
        }
    }
    Ok(bytes)
}

/// The field by which a sender declares that AI made or changed photos of the form: `yes`.
pub const AI_DECLARED: &str = "ai_declared";

/// The field by which a sender says what the photos of the form show.
pub const PHOTOS_KIND: &str = "photos_kind";

fn unknown_kind() -> AppError {
    AppError::invalid(
        PHOTOS_KIND,
        "kind_unknown",
        "请从列出的内容里选照片拍的是什么。",
        "Please choose what the photos show from the list.",
    )
}

/// What a part says it is: `photos` is the damage, `photos.whole_item_photo` and so on say more.
fn kind_of(name: &str) -> Option<EvidenceKind> {
    let kind = name.strip_prefix("photos")?;
    match kind {
        "" | "[]" => Some(EvidenceKind::DamagePhoto),
        _ => serde_json::from_value(serde_json::Value::String(
            kind.strip_prefix('.')?.to_owned(),
        ))
        .ok(),
    }
}

impl Form {
    /// The first value of a field as it was sent: a password has the spaces that somebody gave it.
    #[must_use]
    pub fn raw(&self, name: &str) -> &str {
        self.fields
            .expose()
            .iter()
            .find(|(found, _)| found == name)
            .map_or("", |(_, value)| value)
    }

    /// The first value of a field, trimmed; empty when it is not there.
    #[must_use]
    pub fn get(&self, name: &str) -> &str {
        self.fields
            .expose()
            .iter()
            .find(|(found, _)| found == name)
            .map_or("", |(_, value)| value.trim())
    }

    /// Every value of a field.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.fields
            .expose()
            .iter()
            .filter(move |(found, _)| found == name)
            .map(|(_, value)| value.trim())
    }

    async fn multipart(mut multipart: Multipart) -> Result<Self, Failure> {
        let mut form = Self::default();
        let mut fields = Vec::new();
        let mut count = 0;
        while let Some(field) = multipart
            .next_field()
            .await
            .map_err(|error| multipart_error(&error))?
        {
            count += 1;
            if count > FIELDS_MAX {
                return Err(Failure(too_large(UPLOAD_BYTES_MAX)));
            }
            let name = field.name().unwrap_or_default().to_owned();
            // A browser sends an empty part without a file name when nothing was chosen. A file that was chosen and is
            // empty is no such part: whoever sent it is told.
            let is_chosen = field.file_name().is_some_and(|file| !file.is_empty());
            if let Some(kind) = kind_of(&name) {
                let bytes = evidence_of(field).await?;
                if is_chosen || !bytes.is_empty() {
                    form.photos.push(Upload {
                        kind,
                        bytes,
                        ai_declared: false,
                    });
                }
            } else if field.file_name().is_some() {
                let bytes = bytes_of(field, crate::limits::IMPORT_BYTES_MAX)
                    .await
                    .map_err(|failure| file_too_large(failure, &name))?;
                if is_chosen || !bytes.is_empty() {
                    form.files.push((name, bytes));
                }
            } else {
                let bytes = bytes_of(field, FIELD_BYTES_MAX).await?;
                let text = String::from_utf8(bytes).map_err(|_| {
                    Failure(malformed(
                        "表单须为 UTF-8 编码。",
                        "The form must be UTF-8.",
                    ))
                })?;
                fields.push((name, text));
            }
        }
        form.fields = Plain::new(fields);
        // What the sender says that the photos show stands for those whose part says nothing more.
        let shown = form.get(PHOTOS_KIND);
        if !shown.is_empty() {
            let shown: EvidenceKind =
                serde_json::from_value(shown.into()).map_err(|_| Failure(unknown_kind()))?;
            for photo in &mut form.photos {
                if photo.kind == EvidenceKind::DamagePhoto {
                    photo.kind = shown;
                }
            }
        }
        // The sender's declaration stands for all photos that come with it.
        let declared = form.get(AI_DECLARED) == "yes";
        for photo in &mut form.photos {
            photo.ai_declared = declared;
        }
        Ok(form)
    }
}

/// A picture of the quick check says what a photo says, and which field it was.
fn file_too_large(failure: Failure, name: &str) -> Failure {
    if !matches!(name, "photo" | "reference") {
        return failure;
    }
    let Failure(error) = photo_too_large(failure);
    let field = error.field.as_ref().map(|_| name.to_owned());
    Failure(AppError { field, ..error })
}

fn photo_too_large(failure: Failure) -> Failure {
    if failure.0.kind != ErrorKind::TooLarge {
        return failure;
    }
    Failure(clips::too_large(&[]))
}

impl<S: Send + Sync> FromRequest<S> for Form {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failure> {
        match media_type(request.headers()).as_str() {
            "multipart/form-data" => {
                let sender = request.extensions().get::<Sender>().cloned();
                let multipart = Multipart::from_request(request, state).await.map_err(|_| {
                    Failure(malformed(
                        "表单缺少 boundary。",
                        "The form's Content-Type has no boundary.",
                    ))
                })?;
                let form = Self::multipart(multipart).await?;
                Ok(Self { sender, ..form })
            }
            "application/x-www-form-urlencoded" => {
                let bytes = read(request, state, JSON_BYTES_MAX).await?;
                Ok(Self {
                    fields: Plain::new(urlencoded(&bytes)?),
                    ..Self::default()
                })
            }
            _ => Err(Failure(unsupported(
                "multipart/form-data or application/x-www-form-urlencoded",
            ))),
        }
    }
}

fn urlencoded(bytes: &[u8]) -> Result<Vec<(String, String)>, Failure> {
    serde_urlencoded::from_bytes(bytes).map_err(|_| {
        Failure(malformed(
            "表单读不出来：编码不对。",
            "The form could not be read: its encoding is wrong.",
        ))
    })
}

impl<S: Send + Sync> FromRequest<S> for WithPhotos {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failure> {
        match media_type(request.headers()).as_str() {
            "multipart/form-data" => {
                let form = Form::from_request(request, state).await?;
                let input = form
                    .fields
                    .expose()
                    .iter()
                    .find(|(name, _)| name == "input")
                    .map(|(_, value)| value.clone().into_bytes())
                    .or_else(|| {
                        form.files
                            .iter()
                            .find(|(name, _)| name == "input")
                            .map(|(_, bytes)| bytes.clone())
                    })
                    .ok_or_else(|| {
                        Failure(malformed(
                            "表单缺少名为 input 的部分（JSON）。",
                            "The form has no part named `input` (JSON).",
                        ))
                    })?;
                Ok(Self {
                    input: Plain::new(input),
                    photos: form.photos,
                })
            }
            "application/json" => Ok(Self {
                input: Plain::new(read(request, state, JSON_BYTES_MAX).await?.to_vec()),
                photos: Vec::new(),
            }),
            _ => Err(Failure(unsupported(
                "application/json or multipart/form-data",
            ))),
        }
    }
}

impl WithPhotos {
    /// The parts that an idempotency key stands for.
    #[must_use]
    pub fn parts(&self) -> Vec<&[u8]> {
        std::iter::once(self.input.expose().as_slice())
            .chain(self.photos.iter().map(|photo| photo.bytes.as_slice()))
            .chain(
                self.photos
                    .iter()
                    .any(|photo| photo.ai_declared)
                    .then_some(AI_DECLARED.as_bytes()),
            )
            .collect()
    }
}
