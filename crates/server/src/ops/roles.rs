//! The roles and permissions of an organization, as its preset has them.

use guildhall_domain::action::Action;
use guildhall_domain::ids::RoleId;
use guildhall_domain::permission::Mask;
use guildhall_domain::preset::{ORGANIZATION, Role, Rules};
use guildhall_domain::refusal::Code;
use guildhall_store::Stop;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::view::List;
use super::{Ctx, Place};

/// One role.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct RoleView {
    /// `rol_…`
    pub id: String,
    /// Its short name, unique within what it applies to.
    pub slug: String,
    /// Its name for people.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// `organization` or a resource type.
    pub applies_to: String,
    /// Comes with the preset and cannot be edited.
    pub built_in: bool,
    /// What it gives, after the policy.
    pub permissions: Vec<String>,
}

/// One permission.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct PermissionView {
    /// `type.verb`
    pub name: String,
    /// For people.
    pub label: String,
    /// What it is asked of.
    pub applies_to: String,
    /// Lines of the product's own description that it stands for.
    pub covers: Vec<String>,
}

/// The catalogue, never paged.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Permissions {
    /// Every permission.
    pub items: Vec<PermissionView>,
    /// Always `null`.
    pub next: Option<String>,
}

/// A built-in role's id follows from its organization and name, so that it stays the same.
fn role_id(place: &Place, role: &Role) -> RoleId {
    let mut bits = place.organization.id.uuid().as_u128();
    for byte in role.applies_to.bytes().chain([0]).chain(role.slug.bytes()) {
        // FNV-1a with 128 bits: spreads names; two of one preset that met would be one id for two roles.
        bits = (bits ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
    }
    RoleId::new(Uuid::from_u128(bits))
}

fn mask(rules: &Rules, role: &Role) -> Mask {
    if role.applies_to == ORGANIZATION { rules.role_mask(&role.slug) } else { role.floor & role.ceiling }
}

fn shown(place: &Place, role: &Role) -> RoleView {
    let given = mask(&place.rules, role);
    RoleView {
        id: role_id(place, role).to_string(),
        slug: role.slug.clone(),
        name: role.name.clone(),
        description: role.description.clone(),
        applies_to: role.applies_to.clone(),
        built_in: role.built_in,
        permissions: place
            .rules
            .preset()
            .catalogue
            .iter()
            .filter(|(bit, _)| given.contains(*bit))
            .map(|(_, p)| p.name.clone())
            .collect(),
    }
}

/// Every role.
///
/// # Errors
/// `not_found`, `access.denied`.
pub async fn list(ctx: &Ctx, organization: &str) -> Result<List<RoleView>, Stop> {
    let organization = organization.to_owned();
    ctx.read(move |ctx, conn| {
        let place = ctx.place(conn, &organization)?;
        place.permit(Action::RoleList)?;
        Ok(List { items: place.rules.preset().roles.iter().map(|role| shown(&place, role)).collect(), next: None })
    })
    .await
}

/// One role, by id, or by slug among the organization's roles.
///
/// # Errors
/// `not_found`, `access.denied`.
pub async fn get(ctx: &Ctx, organization: &str, role: &str) -> Result<RoleView, Stop> {
    let (organization, wanted) = (organization.to_owned(), role.to_owned());
    ctx.read(move |ctx, conn| {
        let place = ctx.place(conn, &organization)?;
        place.permit(Action::RoleList)?;
        let by_id = wanted.parse::<RoleId>().ok();
        let found = place.rules.preset().roles.iter().find(|role| match by_id {
            Some(id) => role_id(&place, role) == id,
            None => role.applies_to == ORGANIZATION && role.slug == wanted,
        });
        Ok(shown(&place, found.ok_or(Code::NotFound)?))
    })
    .await
}

/// The catalogue of permissions.
///
/// # Errors
/// `not_found`, `access.denied`.
pub async fn permissions(ctx: &Ctx, organization: &str) -> Result<Permissions, Stop> {
    let organization = organization.to_owned();
    ctx.read(move |ctx, conn| {
        let place = ctx.place(conn, &organization)?;
        place.permit(Action::RoleList)?;
        let items = place.rules.preset().catalogue.iter().map(|(_, p)| PermissionView {
            name: p.name.clone(),
            label: p.label.clone(),
            applies_to: p.applies_to.clone(),
            covers: p.covers.clone(),
        });
        Ok(Permissions { items: items.collect(), next: None })
    })
    .await
}
