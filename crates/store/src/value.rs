//! The few kinds of value that both engines keep, and how the product's types become them. Does
//! not know any engine.

use guildhall_domain::claimed_domain::{ClaimState, VerifyBy};
use guildhall_domain::factor::FactorKind;
use guildhall_domain::group::GroupOrigin;
use guildhall_domain::ids::{
    ConnectionId, DomainId, EventId, FactorId, GrantId, GroupId, InvitationId, InviteLinkId, LimitId, LinkId, MailId,
    MemberId, OrgId, ResourceId, RoleId, ServiceAccountId, SessionId, ShareLinkId, TenantId, TenantMemberId,
    TenantResourceId, TokenId, UserId,
};
use guildhall_domain::invitation::{Deliver, Delivery, State};
use guildhall_domain::invite_link::LinkState;
use guildhall_domain::member::{MemberKind, Origin, Status};
use guildhall_domain::proof::Method;
use guildhall_domain::sso::MailTrust;
use guildhall_domain::tenant::TenantRole;
use guildhall_domain::time::Timestamp;
use uuid::Uuid;

use crate::error::StoreError;

/// One value of a row or a parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Nothing.
    Null,
    /// Integers, times (microseconds) and yes or no (0, 1).
    Int(i64),
    /// Text.
    Text(String),
    /// Bytes: hashes and sealed data.
    Bytes(Vec<u8>),
    /// The 128 bits of an id.
    Id(Uuid),
}

/// One row, read from left to right.
#[derive(Debug)]
pub struct Row {
    values: std::vec::IntoIter<Value>,
}

impl Row {
    pub(crate) fn new(values: Vec<Value>) -> Self {
        Self { values: values.into_iter() }
    }

    /// The next column.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when the column is missing or of another kind.
    #[allow(
        clippy::should_implement_trait,
        reason = "each column has a type of its own, which an iterator cannot have"
    )]
    pub fn next<T: FromValue>(&mut self) -> Result<T, StoreError> {
        let value =
            self.values.next().ok_or_else(|| StoreError::Corrupt("a row is shorter than its reader".to_owned()))?;
        T::from_value(value)
    }
}

/// A type that a column can be read as.
pub trait FromValue: Sized {
    /// Reads it.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when the value is of another kind.
    fn from_value(value: Value) -> Result<Self, StoreError>;
}

fn odd<T>(wanted: &str, got: &Value) -> Result<T, StoreError> {
    let kind = match got {
        Value::Null => "nothing",
        Value::Int(_) => "an integer",
        Value::Text(_) => "text",
        Value::Bytes(_) => "bytes",
        Value::Id(_) => "an id",
    };
    Err(StoreError::Corrupt(format!("a column holds {kind} where {wanted} is needed")))
}

impl FromValue for i64 {
    fn from_value(value: Value) -> Result<Self, StoreError> {
        match value {
            Value::Int(n) => Ok(n),
            other => odd("an integer", &other),
        }
    }
}

impl FromValue for u64 {
    fn from_value(value: Value) -> Result<Self, StoreError> {
        let n = i64::from_value(value)?;
        Self::try_from(n).map_err(|_| StoreError::Corrupt(format!("a count is negative: {n}")))
    }
}

impl FromValue for bool {
    fn from_value(value: Value) -> Result<Self, StoreError> {
        Ok(i64::from_value(value)? != 0)
    }
}

impl FromValue for String {
    fn from_value(value: Value) -> Result<Self, StoreError> {
        match value {
            Value::Text(text) => Ok(text),
            other => odd("text", &other),
        }
    }
}

impl FromValue for Vec<u8> {
    fn from_value(value: Value) -> Result<Self, StoreError> {
        match value {
            Value::Bytes(bytes) => Ok(bytes),
            other => odd("bytes", &other),
        }
    }
}

impl FromValue for Uuid {
    fn from_value(value: Value) -> Result<Self, StoreError> {
        match value {
            Value::Id(id) => Ok(id),
            Value::Bytes(bytes) => {
                Self::from_slice(&bytes).map_err(|_| StoreError::Corrupt("an id is not 16 bytes long".to_owned()))
            }
            other => odd("an id", &other),
        }
    }
}

impl FromValue for Timestamp {
    fn from_value(value: Value) -> Result<Self, StoreError> {
        i64::from_value(value).map(Self::from_micros)
    }
}

impl FromValue for serde_json::Value {
    fn from_value(value: Value) -> Result<Self, StoreError> {
        match value {
            Value::Null => Ok(Self::Null),
            other => serde_json::from_str(&String::from_value(other)?)
                .map_err(|e| StoreError::Corrupt(format!("stored JSON: {e}"))),
        }
    }
}

impl FromValue for serde_json::Map<String, serde_json::Value> {
    fn from_value(value: Value) -> Result<Self, StoreError> {
        match serde_json::Value::from_value(value)? {
            serde_json::Value::Object(map) => Ok(map),
            _ => Err(StoreError::Corrupt("stored JSON is not an object".to_owned())),
        }
    }
}

impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: Value) -> Result<Self, StoreError> {
        match value {
            Value::Null => Ok(None),
            other => T::from_value(other).map(Some),
        }
    }
}

impl From<i64> for Value {
    fn from(n: i64) -> Self {
        Self::Int(n)
    }
}

impl From<u64> for Value {
    fn from(n: u64) -> Self {
        Self::Int(i64::try_from(n).unwrap_or(i64::MAX))
    }
}

impl From<u32> for Value {
    fn from(n: u32) -> Self {
        Self::Int(i64::from(n))
    }
}

impl From<bool> for Value {
    fn from(yes: bool) -> Self {
        Self::Int(i64::from(yes))
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Self {
        Self::Text(text.clone())
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes)
    }
}

impl From<[u8; 32]> for Value {
    fn from(bytes: [u8; 32]) -> Self {
        Self::Bytes(bytes.to_vec())
    }
}

impl From<Uuid> for Value {
    fn from(id: Uuid) -> Self {
        Self::Id(id)
    }
}

impl From<Timestamp> for Value {
    fn from(at: Timestamp) -> Self {
        Self::Int(at.micros())
    }
}

impl From<&serde_json::Value> for Value {
    fn from(json: &serde_json::Value) -> Self {
        if json.is_null() { Self::Null } else { Self::Text(json.to_string()) }
    }
}

impl From<&serde_json::Map<String, serde_json::Value>> for Value {
    fn from(map: &serde_json::Map<String, serde_json::Value>) -> Self {
        // Text under text is always JSON.
        Self::Text(serde_json::to_string(map).unwrap_or_default())
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(maybe: Option<T>) -> Self {
        maybe.map_or(Self::Null, Into::into)
    }
}

macro_rules! stored_ids {
    ($($id:ty),* $(,)?) => {$(
        impl From<$id> for Value {
            fn from(id: $id) -> Self {
                Self::Id(id.uuid())
            }
        }
        impl FromValue for $id {
            fn from_value(value: Value) -> Result<Self, StoreError> {
                Uuid::from_value(value).map(<$id>::new)
            }
        }
    )*};
}

stored_ids!(
    OrgId,
    UserId,
    MemberId,
    InvitationId,
    TokenId,
    SessionId,
    ConnectionId,
    FactorId,
    DomainId,
    EventId,
    LinkId,
    InviteLinkId,
    MailId,
    GroupId,
    ResourceId,
    GrantId,
    LimitId,
    RoleId,
    ServiceAccountId,
    TenantId,
    TenantMemberId,
    TenantResourceId,
    ShareLinkId,
);

macro_rules! stored_words {
    ($($word:ty),* $(,)?) => {$(
        impl From<$word> for Value {
            fn from(word: $word) -> Self {
                Self::Text(word.word().to_owned())
            }
        }
        impl FromValue for $word {
            fn from_value(value: Value) -> Result<Self, StoreError> {
                let text = String::from_value(value)?;
                <$word>::of(&text).ok_or_else(|| StoreError::Corrupt(format!("`{text}` is not a known word")))
            }
        }
    )*};
}

stored_words!(
    FactorKind,
    VerifyBy,
    ClaimState,
    MailTrust,
    Method,
    GroupOrigin,
    LinkState,
    TenantRole,
    Status,
    Origin,
    MemberKind,
    State,
    Deliver,
    Delivery
);

/// Parameters of a statement.
#[macro_export]
macro_rules! params {
    ($($value:expr),* $(,)?) => { &[$($crate::value::Value::from($value)),*] };
}
