//! What SCIM clients are told when something is refused (RFC 7644, 3.12). Does not decide.

use guildhall_domain::refusal::{Code, Kind, Refusal};
use serde_json::{Value, json};

use crate::http::problem::status;

/// The schema of an error.
pub const ERROR: &str = "urn:ietf:params:scim:api:messages:2.0:Error";

/// A refusal in SCIM's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScimError {
    /// The HTTP status.
    pub status: u16,
    /// SCIM's own word for it, where it has one.
    pub kind: Option<&'static str>,
    /// What happened and what to do.
    pub detail: String,
    /// Seconds to wait, where waiting helps.
    pub retry_after_s: Option<u64>,
}

impl ScimError {
    fn of(status: u16, kind: Option<&'static str>, detail: impl Into<String>) -> Self {
        Self { status, kind, detail: detail.into(), retry_after_s: None }
    }

    /// The body or an operation in it is not made as it must be.
    pub fn syntax(detail: impl Into<String>) -> Self {
        Self::of(400, Some("invalidSyntax"), detail)
    }

    /// A value cannot be taken.
    pub fn value(detail: impl Into<String>) -> Self {
        Self::of(400, Some("invalidValue"), detail)
    }

    /// A filter cannot be read.
    pub fn filter(detail: impl Into<String>) -> Self {
        Self::of(400, Some("invalidFilter"), detail)
    }

    /// A path cannot be read, or names nothing.
    pub fn path(detail: impl Into<String>) -> Self {
        Self::of(400, Some("invalidPath"), detail)
    }

    /// A path fits nothing that is there.
    pub fn no_target(detail: impl Into<String>) -> Self {
        Self::of(400, Some("noTarget"), detail)
    }

    /// The attribute is not the client's to write.
    pub fn mutability(detail: impl Into<String>) -> Self {
        Self::of(400, Some("mutability"), detail)
    }

    /// The cursor is from another list, or broken (RFC 9865).
    pub fn cursor(detail: impl Into<String>) -> Self {
        Self::of(400, Some("invalidCursor"), detail)
    }

    /// Something else has that value already.
    pub fn unique(detail: impl Into<String>) -> Self {
        Self::of(409, Some("uniqueness"), detail)
    }

    /// Nothing is there.
    pub fn missing(detail: impl Into<String>) -> Self {
        Self::of(404, None, detail)
    }

    /// The request is too large.
    pub fn too_large(detail: impl Into<String>) -> Self {
        Self::of(413, None, detail)
    }

    /// Not offered here.
    pub fn not_offered(detail: impl Into<String>) -> Self {
        Self::of(501, None, detail)
    }

    /// The client's copy is older than the resource.
    pub fn stale() -> Self {
        Self::of(412, None, "the resource has changed since you read it; read it again and repeat")
    }

    /// The error as a body.
    #[must_use]
    pub fn body(&self) -> Value {
        let mut body = json!({"schemas": [ERROR], "status": self.status.to_string(), "detail": self.detail});
        if let (Some(kind), Some(fields)) = (self.kind, body.as_object_mut()) {
            fields.insert("scimType".to_owned(), kind.into());
        }
        body
    }
}

impl From<Refusal> for ScimError {
    fn from(refusal: Refusal) -> Self {
        let kind = refusal.code.kind();
        let (status, scim) = match (kind, refusal.code) {
            // ON-25: who is not paid for is refused here as forbidden.
            (Kind::Unpaid, _) | (_, Code::ScimNotOffered) => (403, None),
            (Kind::Invalid, _) => (400, Some("invalidValue")),
            (_, Code::CursorInvalid) => (400, Some("invalidCursor")),
            (Kind::Malformed, _) => (400, Some("invalidSyntax")),
            (
                _,
                Code::ScimTaken
                | Code::EmailTaken
                | Code::GroupNameTaken
                | Code::ScimNameReserved
                | Code::MemberElsewhere
                | Code::MemberAlready,
            ) => (409, Some("uniqueness")),
            _ => (status(kind).as_u16(), None),
        };
        let wait = refusal.extra.filter(|(name, _)| *name == "retry_after_s").and_then(|(_, v)| v.as_u64());
        Self { retry_after_s: wait, ..Self::of(status, scim, refusal.detail) }
    }
}
