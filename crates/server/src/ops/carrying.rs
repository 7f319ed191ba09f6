//! What invitations carry beside a role: read and asked about when one is made or changed, given when
//! somebody comes in. Decides nothing.

use guildhall_domain::action::Action;
use guildhall_domain::group;
use guildhall_domain::ids::{GrantId, GroupId};
use guildhall_domain::invitation::{self, Carried, CarriedRole, Found, Invitation, MOST_CARRIED};
use guildhall_domain::member::Member;
use guildhall_domain::preset::Rules;
use guildhall_domain::refusal::{Code, Refusal};
use guildhall_domain::resource::Verb;
use guildhall_store::read::{group as groups, resource as resources};
use guildhall_store::{Stop, Tx};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::groups::grants_more;
use super::resources::permitted;
use super::{Ctx, Place};

/// A role inside a resource.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResourceRole {
    /// `res_…` or `type:external_id`.
    pub resource: String,
    /// Slug of a role of its type.
    pub role: String,
}

impl From<&CarriedRole> for ResourceRole {
    fn from(carried: &CarriedRole) -> Self {
        Self { resource: carried.resource.to_string(), role: carried.role.clone() }
    }
}

/// Puts together what an invitation shall carry, asking about each thing that `before` does not hold.
///
/// # Errors
/// `group.unknown`, `resource.unknown`, `access.denied`, and those of the decisions.
pub(super) fn asked(
    ctx: &Ctx,
    tx: &mut Tx<'_>,
    place: &Place,
    (wanted_groups, wanted_resources): (&[String], &[ResourceRole]),
    before: &Carried,
) -> Result<Carried, Stop> {
    let mut carried = Carried::default();
    for (field, many) in [("groups", wanted_groups.len()), ("resources", wanted_resources.len())] {
        if many > MOST_CARRIED {
            return Err(Refusal::field(field, "field.too_long", format!("at most {MOST_CARRIED}")).into());
        }
    }
    for (at, name) in wanted_groups.iter().enumerate() {
        let id = asked_group(ctx, tx, place, name, &format!("groups[{at}]"), before)?;
        if !carried.groups.contains(&id) {
            carried.groups.push(id);
        }
    }
    for (at, one) in wanted_resources.iter().enumerate() {
        let role = asked_resource(ctx, tx, place, one, &format!("resources[{at}].resource"), before)?;
        if !carried.resources.contains(&role) {
            carried.resources.push(role);
        }
    }
    Ok(carried)
}

fn asked_group(
    ctx: &Ctx,
    tx: &mut Tx<'_>,
    place: &Place,
    name: &str,
    field: &str,
    before: &Carried,
) -> Result<GroupId, Stop> {
    let unknown = || Refusal::value(Code::GroupUnknown, field, "there is no such group here");
    let id: GroupId = name.parse().map_err(|_| unknown())?;
    if before.groups.contains(&id) {
        return Ok(id);
    }
    place.permit(Action::GroupList)?;
    let found = groups::by_id(tx, place.organization.id, id)?.ok_or_else(unknown)?;
    let mine = groups::seat(tx, place.organization.id, id, place.me()?.id)?;
    let all = place.permit(Action::GroupManage).is_ok();
    let permit = place.permit(group::action_for(mine.is_some_and(|seat| seat.manager), all))?;
    let more = grants_more(ctx, tx, place, &found, false)?;
    invitation::guard_group(&permit, &place.rules, &found, more)?;
    Ok(id)
}

fn asked_resource(
    ctx: &Ctx,
    tx: &mut Tx<'_>,
    place: &Place,
    one: &ResourceRole,
    field: &str,
    before: &Carried,
) -> Result<CarriedRole, Stop> {
    let kept = before.resources.iter().find(|c| c.role == one.role && c.resource.to_string() == one.resource);
    if let Some(kept) = kept {
        return Ok(kept.clone());
    }
    let (seen, permit) = permitted(ctx, tx, place, &one.resource, Verb::Share).map_err(|stop| match stop {
        Stop::Refused(refusal) if refusal.code == Code::NotFound => {
            Refusal::value(Code::ResourceUnknown, field, "there is no such resource here").into()
        }
        stop => stop,
    })?;
    let target = seen.resource;
    let role = place.role_slug(&target.kind, &one.role);
    invitation::guard_resource(&permit, &place.rules, &target, &role)?;
    Ok(CarriedRole { resource: target.id, role })
}

/// Gives somebody who has just come in what their invitation carries, as far as it is still there.
pub(super) fn give(
    ctx: &Ctx,
    tx: &mut Tx<'_>,
    rules: &Rules,
    accepted: &Invitation,
    member: &Member,
) -> Result<(), Stop> {
    let mut found = Vec::new();
    for id in &accepted.carried.groups {
        found.push(Found::Group(*id, groups::by_id(tx, accepted.organization, *id)?));
    }
    for role in &accepted.carried.resources {
        let target = resources::by_id(tx, accepted.organization, role.resource)?;
        found.push(Found::Resource(role.clone(), target, GrantId::new(tx.fresh())));
    }
    tx.apply(invitation::carry_out(rules, accepted, member, found, ctx.now))?;
    Ok(())
}
