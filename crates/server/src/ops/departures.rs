//! Going: what a person owns and has, removing, leaving, and undoing a removal.

use std::collections::BTreeMap;

use guildhall_domain::access::Permit;
use guildhall_domain::action::Action;
use guildhall_domain::change::Change;
use guildhall_domain::departure::{self as rules_of, Estate, Fate, Holding, Kept, Undo, Way};
use guildhall_domain::ids::{MemberId, ResourceId};
use guildhall_domain::invitation;
use guildhall_domain::member::{Member, Status, Surroundings};
use guildhall_domain::ownership;
use guildhall_domain::permission::Mask;
use guildhall_domain::refusal::{Code, Refusal};
use guildhall_domain::resource::Resource;
use guildhall_domain::time::Timestamp;
use guildhall_store::read::{
    group as groups, identity, invitation as invitations, member as members, removal, resource as resources,
};
use guildhall_store::{Conn, Stop};
use serde::Deserialize;
use utoipa::ToSchema;

use super::joining;
use super::members::{load, whole};
use super::resources::rights_at;
use super::view::{MemberView, Nothing};
use super::{Answer, Ctx, Place, id};

/// Who gets what somebody who goes owns.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Handover {
    /// `mem_…` of who gets everything that `transfers` does not name.
    #[serde(default)]
    pub transfer_to: Option<String>,
    /// Resource to member: `res_…` to `mem_…`, or to `null` for the organization.
    #[serde(default)]
    pub transfers: BTreeMap<String, Option<String>>,
}

pub(super) fn heir(conn: &mut Conn<'_>, place: &Place, field: &str, name: &str) -> Result<Member, Stop> {
    let unknown = || Refusal::value(Code::TransferHeir, field, "there is no such member here");
    let wanted: MemberId = name.parse().map_err(|_| unknown())?;
    Ok(members::by_id(conn, place.organization.id, wanted)?.ok_or_else(unknown)?)
}

/// Where each thing goes, as far as it was said.
fn fates(conn: &mut Conn<'_>, place: &Place, owned: &[Resource], said: &Handover) -> Result<Vec<Fate>, Stop> {
    let given = |name: &Option<String>| name.clone().filter(|name| !name.is_empty());
    let all = match given(&said.transfer_to) {
        Some(name) => Fate::Heir(Box::new(heir(conn, place, "transfer_to", &name)?)),
        None => Fate::Unsaid,
    };
    let mut each: BTreeMap<ResourceId, Fate> = BTreeMap::new();
    for (thing, to) in &said.transfers {
        let unowned = || Refusal::value(Code::TransferNotOwned, format!("transfers.{thing}"), "they do not own that");
        let wanted: ResourceId = thing.parse().map_err(|_| unowned())?;
        let found = owned.iter().find(|r| r.id == wanted).ok_or_else(unowned)?;
        let fate = match given(to) {
            Some(name) => Fate::Heir(Box::new(heir(conn, place, &format!("transfers.{thing}"), &name)?)),
            None => Fate::Organization,
        };
        each.insert(found.id, fate);
    }
    Ok(owned.iter().map(|r| each.get(&r.id).unwrap_or(&all).clone()).collect())
}

/// What the caller may do at something they hand on. Whoever may do enough everywhere need not be
/// asked about each place.
fn rights_over(ctx: &Ctx, conn: &mut Conn<'_>, place: &Place, thing: &Resource) -> Result<Mask, Stop> {
    let everywhere = place.rules.everywhere(&place.me()?.role) & place.standing.scopes.unwrap_or(Mask::ALL);
    if ownership::needed(place.rules.preset(), &thing.kind).is_some_and(|needed| needed.is_subset_of(everywhere)) {
        return Ok(everywhere);
    }
    let path = resources::path(conn, place.organization.id, thing.id)?;
    rights_at(ctx, conn, place, &path)
}

/// Everything `member` has here, with where it goes.
pub(super) fn estate(
    ctx: &Ctx,
    conn: &mut Conn<'_>,
    place: &Place,
    member: &Member,
    said: &Handover,
) -> Result<Estate, Stop> {
    let here = place.organization.id;
    let owned = resources::owned_by(conn, here, member.id)?;
    let mut holdings = Vec::with_capacity(owned.len());
    for (resource, to) in owned.iter().zip(fates(conn, place, &owned, said)?) {
        let rights = if matches!(to, Fate::Heir(_)) { rights_over(ctx, conn, place, resource)? } else { Mask::EMPTY };
        holdings.push(Holding { resource: resource.clone(), to, rights });
    }
    let seats = groups::of_members(conn, here, &[member.id])?;
    let seats = seats.into_iter().map(|(_, manager, group, _)| (group, manager)).collect();
    Ok(Estate { holdings, seats, grants: resources::of_member(conn, here, member.id)? })
}

/// What `member` owns, nothing of it given to anybody.
pub(super) fn owned_estate(conn: &mut Conn<'_>, member: &Member) -> Result<Estate, Stop> {
    let owned = resources::owned_by(conn, member.organization, member.id)?;
    let unsaid = |resource| Holding { resource, to: Fate::Unsaid, rights: Mask::EMPTY };
    Ok(Estate { holdings: owned.into_iter().map(unsaid).collect(), ..Estate::default() })
}

/// The facts beside a member.
pub(super) fn around(conn: &mut Conn<'_>, place: &Place, member: &Member) -> Result<Surroundings, Stop> {
    Ok(members::surroundings(conn, member, &place.rules.preset().top_role().slug)?)
}

/// Removes a member; an invited one's invitation is withdrawn.
///
/// # Errors
/// `not_found`, `access.denied`, and those of the decision.
pub async fn remove(ctx: &Ctx, organization: &str, member: &str, said: Handover) -> Result<Answer<Nothing>, Stop> {
    let (organization, member) = (organization.to_owned(), member.to_owned());
    ctx.write(move |ctx, tx| {
        let place = ctx.take_place(tx, &organization)?;
        place.permit(Action::MemberList)?;
        let found = load(tx, &place, &member)?;
        if found.status == Status::Invited {
            let permit = place.permit(Action::InvitationManage)?;
            ctx.guard_seen(found.revision)?;
            let waiting = invitations::of_member(tx, place.organization.id, found.id)?.ok_or(Code::NotFound)?;
            tx.apply(invitation::cancel(&permit, &place.rules, &waiting, ctx.now)?)?;
            return Ok(Nothing {});
        }
        let mine = place.me()?.id == found.id;
        let permit = place.permit(if mine { Action::MemberLeave } else { Action::MemberRemove })?;
        ctx.guard_seen(found.revision)?;
        let around = around(tx, &place, &found)?;
        let estate = estate(ctx, tx, &place, &found, &said)?;
        tx.apply(rules_of::remove(&permit, &place.rules, &found, around, &estate, ctx.now)?)?;
        Ok(Nothing {})
    })
    .await
}

/// Leaves the organization.
///
/// # Errors
/// `not_found`, `access.denied`, and those of the decision.
pub async fn leave(ctx: &Ctx, organization: &str, said: Handover) -> Result<Answer<Nothing>, Stop> {
    let organization = organization.to_owned();
    ctx.write(move |ctx, tx| {
        let place = ctx.take_place(tx, &organization)?;
        let permit = place.permit(Action::MemberLeave)?;
        let me = &own(tx, &place)?;
        let around = around(tx, &place, me)?;
        let estate = estate(ctx, tx, &place, me, &said)?;
        tx.apply(rules_of::leave(&permit, &place.rules, me, around, &estate)?)?;
        Ok(Nothing {})
    })
    .await
}

/// The membership that the caller leaves: theirs as it is, whatever an owner of the tenant is beside it.
fn own(conn: &mut Conn<'_>, place: &Place) -> Result<Member, Stop> {
    let me = place.me()?;
    Ok(members::by_id(conn, place.organization.id, me.id)?.unwrap_or_else(|| me.clone()))
}

/// What would refuse the end of a membership at this moment, without ending it. Asked by somebody
/// who may remove, or about oneself.
pub(super) fn obstacles(place: &Place, member: &Member, around: Surroundings, estate: &Estate) -> Vec<Refusal> {
    let mine = place.standing.member.as_ref().is_some_and(|me| me.id == member.id);
    let (action, way) = if mine { (Action::MemberLeave, Way::Left) } else { (Action::MemberRemove, Way::Removed) };
    match place.permit(action) {
        Ok(permit) => rules_of::obstacles(&permit, &place.rules, member, around, estate, way),
        Err(why) => vec![why],
    }
}

/// What leaving would refuse the caller now, without leaving: for the page that asks.
///
/// # Errors
/// `not_found`; what leaving refuses is the answer, not an error.
pub async fn leave_refusal(ctx: &Ctx, organization: &str) -> Result<Option<Refusal>, Stop> {
    let organization = organization.to_owned();
    ctx.read(move |ctx, conn| {
        let place = ctx.place(conn, &organization)?;
        let me = &own(conn, &place)?;
        let around = around(conn, &place, me)?;
        let estate = estate(ctx, conn, &place, me, &Handover::default())?;
        Ok(obstacles(&place, me, around, &estate).into_iter().next())
    })
    .await
}

/// A removed membership; `None` when there never was one of that id here.
fn once(conn: &mut Conn<'_>, place: &Place, member: MemberId) -> Result<Option<Member>, Stop> {
    Ok(members::some(conn, place.organization.id, &[member])?.pop())
}

/// What of a removal's kept things is still there.
fn undo(conn: &mut Conn<'_>, place: &Place, member: &Member) -> Result<Option<Undo>, Stop> {
    let here = place.organization.id;
    let Some((mut kept, until)) = removal::kept(conn, here, member.id)? else { return Ok(None) };
    let identity = match member.user {
        Some(user) => identity::by_id(conn, user)?,
        None => None,
    };
    let Some(identity) = identity else { return Ok(None) };
    let Kept { seats, grants, owned, .. } = &mut kept;
    let mut ownerless = Vec::new();
    for resource in owned.iter() {
        ownerless.extend(resources::by_id(conn, here, *resource)?.filter(|r| r.owner.is_none()));
    }
    let mut there = Vec::new();
    for (group, manager) in seats.iter() {
        there.extend(groups::by_id(conn, here, *group)?.map(|found| (found.id, *manager)));
    }
    *seats = there;
    let mut left = Vec::new();
    for grant in grants.drain(..) {
        left.extend(resources::by_id(conn, here, grant.resource)?.map(|_| grant));
    }
    *grants = left;
    Ok(Some(Undo { kept, until, identity, ownerless }))
}

/// What undoing a removal comes to.
fn brought_back(
    ctx: &Ctx,
    conn: &mut Conn<'_>,
    place: &Place,
    permit: &Permit,
    member: &Member,
) -> Result<Vec<Change>, Stop> {
    let facts = joining::facts(conn, &place.rules, place.organization.id, member.user)?;
    let undo = undo(conn, place, member)?;
    Ok(rules_of::restore(permit, &place.rules, member, undo, &facts, ctx.now)?)
}

/// The latest removals that this caller could undo now, and until when.
pub(super) fn undoable(
    ctx: &Ctx,
    conn: &mut Conn<'_>,
    place: &Place,
    most: u32,
) -> Result<Vec<(Member, Timestamp)>, Stop> {
    let Ok(permit) = place.permit(Action::MemberRemove) else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for (id, until) in removal::latest(conn, place.organization.id, ctx.now, most)? {
        let Some(member) = once(conn, place, id)? else { continue };
        match brought_back(ctx, conn, place, &permit, &member) {
            Ok(_) => found.push((member, until)),
            Err(Stop::Refused(_)) => {}
            Err(failed) => return Err(failed),
        }
    }
    Ok(found)
}

/// Undoes a removal.
///
/// # Errors
/// `not_found`, `access.denied`, and those of the decision.
pub async fn restore(ctx: &Ctx, organization: &str, member: &str) -> Result<Answer<MemberView>, Stop> {
    let (organization, member) = (organization.to_owned(), member.to_owned());
    ctx.write(move |ctx, tx| {
        // An identity is taken before its organizations, so whose membership it is is looked up first.
        let seen = ctx.place(tx, &organization)?;
        seen.permit(Action::MemberRemove)?;
        let wanted: MemberId = id(&member)?;
        if let Some(user) = once(tx, &seen, wanted)?.ok_or(Code::NotFound)?.user {
            tx.take_identity(user)?;
        }
        let place = ctx.take_place(tx, &organization)?;
        let permit = place.permit(Action::MemberRemove)?;
        let found = once(tx, &place, wanted)?.ok_or(Code::NotFound)?;
        let changes = brought_back(ctx, tx, &place, &permit, &found)?;
        tx.apply(changes)?;
        whole(tx, &place, &member)
    })
    .await
}
