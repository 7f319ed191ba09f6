//! What callers send and see of grants. Does not load anything.

use guildhall_domain::refusal::Refusal;
use guildhall_domain::resource::{Given, Grant, Subject};
use guildhall_domain::time::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use super::Place;

/// Who is granted something.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SubjectBody {
    /// `member`, `group`, `resource` or `everyone`.
    #[serde(rename = "type")]
    pub kind: String,
    /// `mem_…`, `grp_…`, or a resource whose people are meant; left out for everyone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
}

/// A new grant: a role or one permission.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewGrant {
    /// To whom.
    pub subject: SubjectBody,
    /// Slug or id of a role that applies to the resource's type.
    #[serde(default)]
    pub role: Option<String>,
    /// Name of a permission.
    #[serde(default)]
    pub permission: Option<String>,
    /// When it ends; left out: never.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
}

/// One grant.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct GrantView {
    /// `grt_…`
    pub id: String,
    /// `res_…`
    pub resource: String,
    /// To whom.
    pub subject: SubjectBody,
    /// The role, when it gives one.
    pub role: Option<String>,
    /// The permission, when it gives one.
    pub permission: Option<String>,
    /// When it ends; `null` is never.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// Membership of who made it.
    pub created_by: Option<String>,
}

impl From<&Grant> for GrantView {
    fn from(g: &Grant) -> Self {
        let (kind, id) = match g.subject {
            Subject::Member(id) => ("member", Some(id.to_string())),
            Subject::Group(id) => ("group", Some(id.to_string())),
            Subject::Resource(id) => ("resource", Some(id.to_string())),
            Subject::Everyone => ("everyone", None),
        };
        let (role, permission) = match &g.given {
            Given::Role(slug) => (Some(slug.clone()), None),
            Given::Permission(name) => (None, Some(name.clone())),
        };
        Self {
            id: g.id.to_string(),
            resource: g.resource.to_string(),
            subject: SubjectBody { kind: kind.to_owned(), id },
            role,
            permission,
            expires_at: g.expires_at,
            created_at: g.created_at,
            created_by: g.created_by.map(|id| id.to_string()),
        }
    }
}

/// Changes of a grant; what is left out stays.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EditGrant {
    /// Slug or id of the role it gives from now on.
    #[serde(default)]
    pub role: Option<String>,
    /// Name of the permission it gives from now on.
    #[serde(default)]
    pub permission: Option<String>,
    /// When it ends; `null`: never.
    #[serde(default, deserialize_with = "named")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Option<Timestamp>>,
}

/// Tells a field that is `null` from one that is not there.
fn named<'de, D: Deserializer<'de>>(reader: D) -> Result<Option<Option<Timestamp>>, D::Error> {
    Option::deserialize(reader).map(Some)
}

/// What a request gives: a role or one permission.
///
/// # Errors
/// `field.invalid` for both and for neither.
pub fn given(role: Option<&String>, permission: Option<&String>) -> Result<Given, Refusal> {
    match (role, permission) {
        (Some(role), None) => Ok(Given::Role(role.clone())),
        (None, Some(permission)) => Ok(Given::Permission(permission.clone())),
        _ => Err(Refusal::field("role", "field.invalid", "name either `role` or `permission`")),
    }
}

impl Place {
    /// What a request gives on a resource of type `kind`, its role by the slug.
    #[must_use]
    pub fn given(&self, kind: &str, wanted: &Given) -> Given {
        match wanted {
            Given::Role(name) => Given::Role(self.role_slug(kind, name)),
            Given::Permission(name) => Given::Permission(name.clone()),
        }
    }
}
