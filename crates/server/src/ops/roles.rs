//! The roles and permissions of an organization: its preset's, and the roles it makes for itself.

use guildhall_domain::action::Action;
use guildhall_domain::change::Change;
use guildhall_domain::ids::RoleId;
use guildhall_domain::member::Status;
use guildhall_domain::permission::Mask;
use guildhall_domain::preset::{ORGANIZATION, Role};
use guildhall_domain::refusal::{Code, Refusal};
use guildhall_domain::role::{self as rules_of, CustomRole, Holders, built_in_id};
use guildhall_domain::text;
use guildhall_store::read::member::Filter;
use guildhall_store::read::{Page, invitation as invitations, member as members, role as rows};
use guildhall_store::{Conn, Stop, Tx};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use super::view::{List, Nothing};
use super::{Answer, Ctx, Place};

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
    /// What it lets all sources together give, after the policy; left out where that is everything.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ceiling: Option<Vec<String>>,
    /// What of a role of the organization holds in everything below it too; left out where that is everything.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub below: Option<Vec<String>>,
    /// Revision of its last change, as in its `ETag`; 0 for a built-in one.
    pub revision: u64,
}

/// A new role.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRole {
    /// Its name for people.
    pub name: String,
    /// Its short name, unique within what it applies to; made from the name when left out.
    #[serde(default)]
    pub slug: Option<String>,
    /// What it is for.
    #[serde(default)]
    pub description: Option<String>,
    /// `organization` or a resource type; left out: `organization`.
    #[serde(default)]
    pub applies_to: Option<String>,
    /// Names of the permissions it gives.
    pub permissions: Vec<String>,
    /// What it lets all sources together give; left out: everything.
    #[serde(default)]
    pub ceiling: Option<Vec<String>>,
    /// What of it holds in everything below the organization too; left out: everything.
    #[serde(default)]
    pub below: Option<Vec<String>>,
}

/// Changes of a role; what is left out stays.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EditRole {
    /// The new name.
    #[serde(default)]
    pub name: Option<String>,
    /// The new description.
    #[serde(default)]
    pub description: Option<String>,
    /// Everything it gives from now on.
    #[serde(default)]
    pub permissions: Option<Vec<String>>,
    /// The new ceiling; `null` is none.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Vec<String>>)]
    pub ceiling: Option<Option<Vec<String>>>,
    /// What of it holds below the organization too; `null` is everything.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Vec<String>>)]
    pub below: Option<Option<Vec<String>>>,
}

/// Tells a field that is `null` from one that is left out.
pub(super) fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(from: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(from).map(Some)
}

/// What becomes of the holders of a role that ends.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ending {
    /// Slug or id of the role they have from then on.
    #[serde(default)]
    pub replace_with: Option<String>,
    /// Read with the request already; named here because this reader is strict.
    #[serde(default, rename = "dry_run")]
    _dry_run: Option<bool>,
}

/// One permission.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct PermissionView {
    /// `type.verb`, or `type.verb@condition` for what roles can give under a condition.
    pub name: String,
    /// For people.
    pub label: String,
    /// What it is asked of.
    pub applies_to: String,
    /// Lines of the product's own description that it stands for.
    pub covers: Vec<String>,
    /// The expression on which it depends; `null` when it depends on none.
    pub when: Option<String>,
}

/// The catalogue, never paged.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Permissions {
    /// Every permission.
    pub items: Vec<PermissionView>,
    /// Always `null`.
    pub next: Option<String>,
}

fn shown(place: &Place, role: &Role) -> RoleView {
    let own = place.rules.own_roles().iter().find(|own| own.applies_to == role.applies_to && own.slug == role.slug);
    let own = own.filter(|_| !role.built_in);
    let of_organization = role.applies_to == ORGANIZATION;
    let (given, ceiling) = match of_organization {
        true => (place.rules.role_mask(&role.slug), place.rules.ceiling(&role.slug)),
        false => (role.floor & role.ceiling, role.ceiling),
    };
    let names = |mask: Mask| place.rules.preset().catalogue.names(mask).into_iter().map(str::to_owned).collect();
    RoleView {
        id: own
            .map_or_else(|| built_in_id(place.organization.id, &role.applies_to, &role.slug), |own| own.id)
            .to_string(),
        slug: role.slug.clone(),
        name: role.name.clone(),
        description: role.description.clone(),
        applies_to: role.applies_to.clone(),
        built_in: role.built_in,
        permissions: names(given),
        ceiling: (role.ceiling != Mask::ALL).then(|| names(ceiling)),
        below: (role.below != Mask::ALL).then(|| names(given & role.below)),
        revision: own.map_or(0, |own| own.revision),
    }
}

/// A role by its id, or by its slug among the organization's roles.
fn found<'a>(place: &'a Place, name: &str) -> Option<&'a Role> {
    place.role(ORGANIZATION, name).or_else(|| {
        let of_types = place.rules.preset().types.iter();
        of_types.filter(|_| name.parse::<RoleId>().is_ok()).find_map(|kind| place.role(&kind.slug, name))
    })
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
        Ok(List { items: place.rules.all_roles().map(|role| shown(&place, role)).collect(), next: None })
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
        Ok(shown(&place, found(&place, &wanted).ok_or(Code::NotFound)?))
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
        let catalogue = &place.rules.preset().catalogue;
        let items = catalogue.iter().map(|(bit, p)| PermissionView {
            name: p.name.clone(),
            label: p.label.clone(),
            applies_to: p.applies_to.clone(),
            covers: p.covers.clone(),
            when: catalogue.condition_of(bit).map(|one| one.condition.when.clone()),
        });
        Ok(Permissions { items: items.collect(), next: None })
    })
    .await
}

fn described(text: Option<&str>) -> Result<String, Refusal> {
    match text.map(str::trim).filter(|t| !t.is_empty()) {
        Some(given) => text::name(given, "description"),
        None => Ok(String::new()),
    }
}

fn again(ctx: &Ctx, tx: &mut Tx<'_>, place: &Place, id: RoleId) -> Result<RoleView, Stop> {
    let rules = ctx.app.rules_uncached(tx, &place.organization)?;
    let after = Place { rules, ..place.clone() };
    Ok(shown(&after, found(&after, &id.to_string()).ok_or(Code::NotFound)?))
}

/// Makes a role.
///
/// # Errors
/// `not_found`, `access.denied`, `role.slug_taken`, `role.above_own`, refused values.
pub async fn create(ctx: &Ctx, organization: &str, wanted: NewRole) -> Result<Answer<RoleView>, Stop> {
    let organization = organization.to_owned();
    ctx.write(move |ctx, tx| {
        let place = ctx.take_place(tx, &organization)?;
        let permit = place.permit(Action::RoleManage)?;
        let name = text::name(&wanted.name, "name")?;
        let slug = wanted.slug.clone().or_else(|| Some(text::slug_from(&name)?.replace('-', "_"))).unwrap_or_default();
        let made = CustomRole {
            id: RoleId::new(tx.fresh()),
            organization: place.organization.id,
            applies_to: wanted.applies_to.clone().unwrap_or_else(|| ORGANIZATION.to_owned()),
            slug,
            name,
            description: described(wanted.description.as_deref())?,
            permissions: wanted.permissions.clone(),
            ceiling: wanted.ceiling.clone(),
            below: wanted.below.clone(),
            created_at: ctx.now,
            revision: 0,
        };
        let which = made.id;
        tx.apply(rules_of::create(&permit, &place.rules, made)?)?;
        again(ctx, tx, &place, which)
    })
    .await
}

/// One of the organization's own roles, for a write; a built-in one is not changed.
fn own(ctx: &Ctx, place: &Place, name: &str) -> Result<CustomRole, Refusal> {
    let role = found(place, name).ok_or(Code::NotFound)?;
    if role.built_in {
        return Err(Refusal::of(Code::RoleBuiltIn));
    }
    let same = |own: &&CustomRole| own.applies_to == role.applies_to && own.slug == role.slug;
    let own = place.rules.own_roles().iter().find(same).ok_or(Code::NotFound)?;
    ctx.guard_seen(own.revision)?;
    Ok(own.clone())
}

/// Changes a role; its holders have the new rights from the next request on.
///
/// # Errors
/// `not_found`, `access.denied`, `etag.stale`, `role.built_in`, and those of the decision.
pub async fn edit(ctx: &Ctx, organization: &str, role: &str, wanted: EditRole) -> Result<Answer<RoleView>, Stop> {
    let (organization, role) = (organization.to_owned(), role.to_owned());
    ctx.write(move |ctx, tx| {
        let place = ctx.take_place(tx, &organization)?;
        let permit = place.permit(Action::RoleManage)?;
        let before = own(ctx, &place, &role)?;
        let mut after = before.clone();
        if let Some(name) = &wanted.name {
            after.name = text::name(name, "name")?;
        }
        if let Some(description) = &wanted.description {
            after.description = described(Some(description))?;
        }
        after.permissions = wanted.permissions.clone().unwrap_or(after.permissions);
        after.ceiling = wanted.ceiling.clone().unwrap_or(after.ceiling);
        after.below = wanted.below.clone().unwrap_or(after.below);
        let granted = rows::grants_of(tx, place.organization.id, &before.applies_to, &before.slug)? > 0;
        tx.apply(rules_of::edit(&permit, &place.rules, &before, after, granted)?)?;
        again(ctx, tx, &place, before.id)
    })
    .await
}

/// Everybody and everything that names a role.
fn holders(conn: &mut Conn<'_>, place: &Place, role: &CustomRole) -> Result<Holders, Stop> {
    let here = place.organization.id;
    if role.applies_to != ORGANIZATION {
        let grants = rows::grants_of(conn, here, &role.applies_to, &role.slug)?;
        return Ok(Holders { grants, ..Holders::default() });
    }
    let filter = Filter { role: Some(role.slug.clone()), ..Filter::default() };
    let found = members::list(conn, here, &filter, &Page { after: None, limit: u32::MAX })?;
    let (waiting, members): (Vec<_>, Vec<_>) =
        found.into_iter().map(|(_, member)| member).partition(|member| member.status == Status::Invited);
    let waiting: Vec<_> = waiting.iter().map(|member| member.id).collect();
    let invitations = invitations::of_members(conn, here, &waiting)?;
    Ok(Holders { members, invitations, links: rows::links_of(conn, here, &role.slug)?, grants: 0 })
}

/// Ends a role, perhaps giving its holders another one.
///
/// # Errors
/// `not_found`, `access.denied`, `etag.stale`, `role.built_in`, `role.in_use`, and those of the decision.
pub async fn delete(ctx: &Ctx, organization: &str, role: &str, heir: Option<String>) -> Result<Answer<Nothing>, Stop> {
    let (organization, role) = (organization.to_owned(), role.to_owned());
    ctx.write(move |ctx, tx| {
        let place = ctx.take_place(tx, &organization)?;
        let permit = place.permit(Action::RoleManage)?;
        let ends = own(ctx, &place, &role)?;
        let holders = holders(tx, &place, &ends)?;
        let heir = heir.as_deref().filter(|h| !h.is_empty()).map(|h| place.role_slug(&ends.applies_to, h));
        let policy = &place.organization.policy;
        let changes: Vec<Change> = rules_of::delete(&permit, &place.rules, &ends, &holders, heir.as_deref(), policy)?;
        tx.apply(changes)?;
        Ok(Nothing {})
    })
    .await
}
