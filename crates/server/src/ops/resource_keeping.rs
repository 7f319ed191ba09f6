//! What is done to a resource as a whole by whoever may: handing it on, and ending it; and the door before any change of
//! what an integration or the tenant keeps.

use guildhall_domain::ownership;
use guildhall_domain::resource::{self as rules_of, Keeper, Resource, ResourcePermit, Verb};
use guildhall_store::read::tenant_resource;
use guildhall_store::{Conn, Stop};

use super::departures::heir;
use super::resource_shapes::{ResourceView, Transfer};
use super::resources::{again, permitted};
use super::view::Nothing;
use super::{Answer, Ctx};

/// Who keeps a resource, if somebody does.
pub(super) fn keeper(conn: &mut Conn<'_>, resource: &Resource) -> Result<Option<Keeper>, Stop> {
    Ok(tenant_resource::keeper(conn, resource.organization, resource.id)?)
}

/// Refuses a change of what somebody else keeps.
///
/// # Errors
/// `resource.kept`.
pub(super) fn guard(conn: &mut Conn<'_>, permit: &ResourcePermit, resource: &Resource) -> Result<(), Stop> {
    let keeper = keeper(conn, resource)?;
    Ok(rules_of::guard_keeper(keeper, permit.member())?)
}

/// Hands a resource on to another member, or to the organization.
///
/// # Errors
/// `not_found`, `access.denied`, `etag.stale`, `transfer.heir`, `grant.above_own`,
/// `resource.kept`.
pub async fn transfer(
    ctx: &Ctx,
    organization: &str,
    resource: &str,
    wanted: Transfer,
) -> Result<Answer<ResourceView>, Stop> {
    let (organization, resource) = (organization.to_owned(), resource.to_owned());
    ctx.write(move |ctx, tx| {
        let place = ctx.take_place(tx, &organization)?;
        let (found, permit) = permitted(ctx, tx, &place, &resource, Verb::Update)?;
        ctx.guard_seen(found.resource.revision)?;
        guard(tx, &permit, &found.resource)?;
        let to = match wanted.to.as_deref().filter(|to| !to.is_empty()) {
            Some(name) => Some(heir(tx, &place, "to", name)?),
            None => None,
        };
        tx.apply(ownership::transfer(&permit, &place.rules, &found.resource, to.as_ref())?)?;
        again(ctx, tx, &place, found.resource.id)
    })
    .await
}

/// Ends a resource and everything under it.
///
/// # Errors
/// `not_found`, `access.denied`, `etag.stale`, `resource.kept`.
pub async fn delete(ctx: &Ctx, organization: &str, resource: &str) -> Result<Answer<Nothing>, Stop> {
    let (organization, resource) = (organization.to_owned(), resource.to_owned());
    ctx.write(move |ctx, tx| {
        let place = ctx.take_place(tx, &organization)?;
        let (found, permit) = permitted(ctx, tx, &place, &resource, Verb::Delete)?;
        ctx.guard_seen(found.resource.revision)?;
        guard(tx, &permit, &found.resource)?;
        tx.apply(rules_of::delete(&permit, &found.resource))?;
        Ok(Nothing {})
    })
    .await
}
