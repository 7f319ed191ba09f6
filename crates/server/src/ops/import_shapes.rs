//! What an import takes and answers.

use guildhall_domain::refusal::Refusal;
use guildhall_domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A part of a directory.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewImport {
    /// Up to 1,000, taken in their order: what an item names stands before it or is there already.
    pub items: Vec<ImportItem>,
}

/// One person, group, place in a group, resource or grant. What is there already by its key stays as it is: a
/// person by address, a group by name, a resource by type and external id.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportItem {
    /// `person`, `group`, `group_member`, `resource` or `grant`.
    pub kind: String,
    /// Address of the person; of the one in the group, or of the one who is granted something.
    #[serde(default)]
    pub email: Option<String>,
    /// Name of the person, the group or the resource.
    #[serde(default)]
    pub name: Option<String>,
    /// Slug or id of the person's role here, or of the granted role.
    #[serde(default)]
    pub role: Option<String>,
    /// Name of the group.
    #[serde(default)]
    pub group: Option<String>,
    /// Whether the person runs the group.
    #[serde(default)]
    pub manager: bool,
    /// What the group is for.
    #[serde(default)]
    pub description: Option<String>,
    /// The resource's type.
    #[serde(default, rename = "type")]
    pub resource_type: Option<String>,
    /// What the product calls the resource.
    #[serde(default)]
    pub external_id: Option<String>,
    /// What the resource stands under: `res_…` or `type:external_id`.
    #[serde(default)]
    pub parent: Option<String>,
    /// Address of the resource's owner; left out: whoever imports.
    #[serde(default)]
    pub owner: Option<String>,
    /// Whether rights from above stop at the resource.
    #[serde(default)]
    pub controlled: bool,
    /// On what something is granted: `res_…` or `type:external_id`.
    #[serde(default)]
    pub resource: Option<String>,
    /// The granted permission, where it is no role.
    #[serde(default)]
    pub permission: Option<String>,
    /// Grant it to everybody, not to a person or a group.
    #[serde(default)]
    pub everyone: bool,
    /// When the grant ends; left out: never.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
}

/// What became of one item.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct ImportOutcome {
    /// `created`, `unchanged` or `refused`.
    pub status: String,
    /// Its id, where it has one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub id: Option<String>,
    /// Why it was refused.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub code: Option<String>,
    /// The same, for people.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub detail: Option<String>,
}

impl ImportOutcome {
    pub(super) fn created(id: impl Into<Option<String>>) -> Self {
        Self { status: "created".to_owned(), id: id.into(), ..Self::default() }
    }

    pub(super) fn unchanged(id: impl Into<Option<String>>) -> Self {
        Self { status: "unchanged".to_owned(), id: id.into(), ..Self::default() }
    }

    pub(super) fn refused(refusal: Refusal) -> Self {
        let code = refusal.errors.first().map_or(refusal.code.name(), |error| error.code.as_str());
        Self { status: "refused".to_owned(), id: None, code: Some(code.to_owned()), detail: Some(refusal.detail) }
    }
}

/// An answer for each item, in their order.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Imported {
    /// One per item.
    pub items: Vec<ImportOutcome>,
}
