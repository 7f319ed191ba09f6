//! What callers send and see of resources. Does not load anything.

use guildhall_domain::refusal::Refusal;
use guildhall_domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Longest external id, in bytes.
const EXTERNAL_MAX_BYTES: usize = 255;

/// A new resource.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewResource {
    /// A type of the preset.
    #[serde(rename = "type")]
    pub kind: String,
    /// What the product calls it, unique within its type.
    #[serde(default)]
    pub external_id: Option<String>,
    /// For people.
    pub name: String,
    /// What it stands under; left out: the organization.
    #[serde(default)]
    pub parent: Option<String>,
    /// `mem_…` of who owns it; left out: whoever makes it.
    #[serde(default)]
    pub owner: Option<String>,
    /// Whether rights from above stop here.
    #[serde(default)]
    pub controlled: bool,
    /// Whether only the service account that makes it changes it: what an integration brings.
    #[serde(default)]
    pub integration: bool,
}

/// Changes of a resource; what is left out stays.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EditResource {
    /// The new name.
    #[serde(default)]
    pub name: Option<String>,
    /// Where it stands from now on; an empty text is the organization.
    #[serde(default)]
    pub parent: Option<String>,
    /// `mem_…` of the new owner; an empty text is nobody.
    #[serde(default)]
    pub owner: Option<String>,
    /// Whether rights from above stop here.
    #[serde(default)]
    pub controlled: Option<bool>,
}

/// Who a resource is handed on to.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Transfer {
    /// `mem_…` of the new owner; `null` or an empty text is the organization.
    #[serde(deserialize_with = "Option::deserialize")]
    pub to: Option<String>,
}

/// Who owns a resource.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct OwnerView {
    /// `mem_…`
    pub id: String,
    /// Their address.
    pub email: String,
    /// Their name.
    pub name: String,
}

/// One resource.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ResourceView {
    /// `res_…`
    pub id: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// What the product calls it.
    pub external_id: Option<String>,
    /// For people.
    pub name: String,
    /// `res_…` of what it stands under; `null` is the organization.
    pub parent: Option<String>,
    /// Who owns it; `null` is the organization.
    pub owner: Option<OwnerView>,
    /// Whether rights from above stop here, by itself or because something is granted on it.
    pub controlled: bool,
    /// Who alone changes it: `mem_…` of an integration, `tnr_…` of the tenant's; `null` is whoever may.
    pub kept_by: Option<String>,
    /// Slug of the highest role of its type whose rights the caller has there.
    pub role: Option<String>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// Revision of its last change, as in its `ETag`.
    pub revision: u64,
}

/// Which resources to list.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ResourceQuery {
    /// Only of this type.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Only directly under this one; `organization`: only those at the top.
    pub parent: Option<String>,
    /// Part of a name or an external id.
    pub query: Option<String>,
    /// Only owned by this member.
    pub owner: Option<String>,
    /// How many at most: 1 to 100.
    pub limit: Option<u32>,
    /// Where the page before ended.
    pub after: Option<String>,
}

/// What the product calls it, as it may be kept; an empty one is none.
///
/// # Errors
/// `field.invalid`.
pub(super) fn external(text: Option<&str>) -> Result<Option<String>, Refusal> {
    let Some(given) = text.filter(|t| !t.is_empty()) else { return Ok(None) };
    if given.len() > EXTERNAL_MAX_BYTES || given.chars().any(char::is_control) {
        return Err(Refusal::field(
            "external_id",
            "field.invalid",
            format!("at most {EXTERNAL_MAX_BYTES} bytes, no control characters"),
        ));
    }
    Ok(Some(given.to_owned()))
}
