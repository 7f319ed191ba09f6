//! Resources of a tenant, such as connections that all its organizations use: made once, and there in each organization
//! they go to. What they become there is kept by the tenant, see [`crate::resource::Keeper`].

use serde_json::{Value, json};

use super::{Tenant, TenantChange, TenantPermit};
use crate::change::Change;
use crate::ids::{OrgId, ResourceId, TenantId, TenantResourceId};
use crate::preset::Preset;
use crate::refusal::{Code, Refusal};
use crate::resource::{Keeper, Resource, ResourceChange, guard_top};
use crate::time::Timestamp;

/// One, as the store keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantResource {
    /// Its id.
    pub id: TenantResourceId,
    /// Whose.
    pub tenant: TenantId,
    /// Its type, in the presets of the organizations.
    pub kind: String,
    /// For people.
    pub name: String,
    /// Where it goes; `None` is to all organizations, those to come too.
    pub to: Option<Vec<OrgId>>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Revision of its last change.
    pub revision: u64,
}

impl TenantResource {
    /// Whether it goes to an organization.
    #[must_use]
    pub fn goes_to(&self, organization: OrgId) -> bool {
        self.to.as_ref().is_none_or(|named| named.contains(&organization))
    }

    pub(super) fn told(&self) -> Value {
        json!({"type": self.kind, "name": self.name, "organizations": self.to})
    }
}

fn boxed(tenant: &Tenant) -> Box<Tenant> {
    Box::new(tenant.clone())
}

/// Makes one.
#[must_use]
pub fn create_resource(_permit: TenantPermit, tenant: &Tenant, resource: TenantResource) -> Vec<Change> {
    vec![Change::Tenant(TenantChange::ResourceCreated { tenant: boxed(tenant), resource: Box::new(resource) })]
}

/// Renames one, or sends it elsewhere; nothing changes when nothing differs.
#[must_use]
pub fn edit_resource(
    _permit: TenantPermit,
    tenant: &Tenant,
    before: &TenantResource,
    after: TenantResource,
) -> Vec<Change> {
    if *before == after {
        return Vec::new();
    }
    let (before, after) = (Box::new(before.clone()), Box::new(after));
    vec![Change::Tenant(TenantChange::ResourceEdited { tenant: boxed(tenant), before, after })]
}

/// Ends one.
#[must_use]
pub fn delete_resource(_permit: TenantPermit, tenant: &Tenant, resource: &TenantResource) -> Vec<Change> {
    vec![Change::Tenant(TenantChange::ResourceDeleted { tenant: boxed(tenant), resource: Box::new(resource.clone()) })]
}

/// What follows of it in one organization, whose place among the tenant's is `goes`: it comes, is renamed, or goes with
/// everything that was granted on it. An organization whose preset has no such type is left out, unless it was named.
///
/// # Errors
/// `resource.type`, `resource.parent`.
pub fn in_organization(
    from: &TenantResource,
    goes: bool,
    here: OrgId,
    preset: &Preset,
    present: Option<&Resource>,
    fresh: ResourceId,
    now: Timestamp,
) -> Result<Vec<Change>, Refusal> {
    let change = |change: ResourceChange| Ok(vec![Change::Resource(change)]);
    match present {
        Some(known) if !goes => change(ResourceChange::Deleted { resource: Box::new(known.clone()) }),
        Some(known) if known.name != from.name => {
            let after = Resource { name: from.name.clone(), ..known.clone() };
            change(ResourceChange::Edited { before: Box::new(known.clone()), after: Box::new(after) })
        }
        None if goes => {
            let made = Resource {
                id: fresh,
                organization: here,
                kind: from.kind.clone(),
                external_id: None,
                name: from.name.clone(),
                parent: None,
                owner: None,
                controlled: false,
                created_at: now,
                revision: 0,
            };
            match guard_top(preset, &made) {
                Err(_) if from.to.is_none() => return Ok(Vec::new()),
                other => other?,
            }
            let keeper = Keeper::Tenant(from.id);
            let created = ResourceChange::Created { resource: Box::new(made.clone()) };
            let kept = ResourceChange::Kept { resource: Box::new(made), keeper };
            Ok(vec![Change::Resource(created), Change::Resource(kept)])
        }
        _ => Ok(Vec::new()),
    }
}

/// Refuses a type that no organization it goes to would know.
///
/// # Errors
/// `resource.type`.
pub fn guard_known(kind: &str, presets: &[&Preset]) -> Result<(), Refusal> {
    if presets.is_empty() || presets.iter().any(|preset| preset.resource_type(kind).is_some()) {
        return Ok(());
    }
    Err(Refusal::value(
        Code::ResourceType,
        "type",
        format!("no organization of the tenant has things of type `{kind}`"),
    ))
}
