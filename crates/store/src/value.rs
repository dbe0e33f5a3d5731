//! Values of columns. One small type between rows and databases: what a row holds is written and read
//! in one place, and a dump needs no second description of the tables.

use crate::error::StoreError;
use aftercare_domain::Fen;
use aftercare_domain::Timestamp;
use aftercare_domain::actor::Role;
use aftercare_domain::ids::{
    ApplicationId, CallId, CaseId, ClaimId, CoreId, DeskTextId, EvidenceId, ListingPhotoId,
    OrderId, OrderLineId, OutletId, PackingId, PackingPieceId, PersonId, ProductId, SkuId,
    StatementId, TechnicianId, TenantId, UserId, WebhookId, WorkOrderId,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

/// A value of a column.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    /// Nothing.
    Null,
    /// A whole number; also times (milliseconds), amounts (fen) and truth values (0 or 1).
    Int(i64),
    /// Text.
    Text(String),
    /// Bytes; also ids (16 bytes).
    Blob(Vec<u8>),
}

/// What can stand in a column.
pub trait Column: Sized {
    /// As stored.
    fn to_value(&self) -> Value;
    /// From what is stored.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when something else is stored.
    fn from_value(value: Value) -> Result<Self, StoreError>;
}

fn wrong(expected: &str, value: &Value) -> StoreError {
    let found = match value {
        Value::Null => "nothing",
        Value::Int(_) => "a number",
        Value::Text(_) => "text",
        Value::Blob(_) => "bytes",
    };
    StoreError::corrupt(
        "a column",
        format!("{expected} was expected, {found} is stored"),
    )
}

impl Column for String {
    fn to_value(&self) -> Value {
        Value::Text(self.clone())
    }
    fn from_value(value: Value) -> Result<Self, StoreError> {
        match value {
            Value::Text(text) => Ok(text),
            other => Err(wrong("text", &other)),
        }
    }
}

impl Column for Vec<u8> {
    fn to_value(&self) -> Value {
        Value::Blob(self.clone())
    }
    fn from_value(value: Value) -> Result<Self, StoreError> {
        match value {
            Value::Blob(bytes) => Ok(bytes),
            other => Err(wrong("bytes", &other)),
        }
    }
}

impl<const N: usize> Column for [u8; N] {
    fn to_value(&self) -> Value {
        Value::Blob(self.to_vec())
    }
    fn from_value(value: Value) -> Result<Self, StoreError> {
        match value {
            Value::Blob(bytes) => bytes.try_into().map_err(|bytes: Vec<u8>| {
                StoreError::corrupt(
                    "a column",
                    format!("{N} bytes were expected, {} are stored", bytes.len()),
                )
            }),
            other => Err(wrong("bytes", &other)),
        }
    }
}

macro_rules! number {
    ($($type:ty),+) => {$(
        impl Column for $type {
            fn to_value(&self) -> Value {
                // Numbers beyond the range of the database do not occur: every one has a limit.
                Value::Int(i64::try_from(*self).unwrap_or(i64::MAX))
            }
            fn from_value(value: Value) -> Result<Self, StoreError> {
                match value {
                    Value::Int(number) => Self::try_from(number)
                        .map_err(|_| StoreError::corrupt("a column", format!("{number} is out of range"))),
                    other => Err(wrong("a number", &other)),
                }
            }
        }
    )+};
}
number!(i64, u64, u32, i32);

impl Column for bool {
    fn to_value(&self) -> Value {
        Value::Int(i64::from(*self))
    }
    fn from_value(value: Value) -> Result<Self, StoreError> {
        match value {
            Value::Int(number) => Ok(number != 0),
            other => Err(wrong("0 or 1", &other)),
        }
    }
}

impl Column for Timestamp {
    fn to_value(&self) -> Value {
        Value::Int(self.0)
    }
    fn from_value(value: Value) -> Result<Self, StoreError> {
        i64::from_value(value).map(Self)
    }
}

impl Column for Fen {
    fn to_value(&self) -> Value {
        Value::Int(self.0)
    }
    fn from_value(value: Value) -> Result<Self, StoreError> {
        i64::from_value(value).map(Self)
    }
}

impl Column for Uuid {
    fn to_value(&self) -> Value {
        Value::Blob(self.as_bytes().to_vec())
    }
    fn from_value(value: Value) -> Result<Self, StoreError> {
        <[u8; 16]>::from_value(value).map(Self::from_bytes)
    }
}

macro_rules! ids {
    ($($type:ident),+) => {$(
        impl Column for $type {
            fn to_value(&self) -> Value {
                self.0.to_value()
            }
            fn from_value(value: Value) -> Result<Self, StoreError> {
                Uuid::from_value(value).map(Self)
            }
        }
    )+};
}
ids!(
    ApplicationId,
    CallId,
    CaseId,
    ClaimId,
    DeskTextId,
    EvidenceId,
    ListingPhotoId,
    OrderId,
    OrderLineId,
    OutletId,
    PackingId,
    PackingPieceId,
    PersonId,
    ProductId,
    SkuId,
    StatementId,
    CoreId,
    TechnicianId,
    TenantId,
    UserId,
    WebhookId,
    WorkOrderId
);

impl<T: Column> Column for Option<T> {
    fn to_value(&self) -> Value {
        self.as_ref().map_or(Value::Null, Column::to_value)
    }
    fn from_value(value: Value) -> Result<Self, StoreError> {
        match value {
            Value::Null => Ok(None),
            other => T::from_value(other).map(Some),
        }
    }
}

/// A small structure kept as JSON text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Json<T>(pub T);

impl<T: Serialize + DeserializeOwned> Column for Json<T> {
    fn to_value(&self) -> Value {
        Value::Text(serde_json::to_string(&self.0).unwrap_or_default())
    }
    fn from_value(value: Value) -> Result<Self, StoreError> {
        let text = String::from_value(value)?;
        serde_json::from_str(&text)
            .map(Self)
            .map_err(|error| StoreError::corrupt("a column of JSON", error.to_string()))
    }
}

macro_rules! json {
    ($($type:ty),+) => {$(
        impl Column for $type {
            fn to_value(&self) -> Value {
                Value::Text(serde_json::to_string(self).unwrap_or_default())
            }
            fn from_value(value: Value) -> Result<Self, StoreError> {
                Json::from_value(value).map(|Json(inner)| inner)
            }
        }
    )+};
}
json!(
    Vec<String>,
    Vec<Role>,
    serde_json::Value,
    aftercare_domain::event::Resolution
);
