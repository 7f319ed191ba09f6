//! Giving a member another role, and what that brings with it in groups.

use guildhall_domain::action::Action;
use guildhall_domain::ids::GroupId;
use guildhall_domain::member::{Member, Status};
use guildhall_domain::preset::ORGANIZATION;
use guildhall_domain::refusal::{Code, Refusal};
use guildhall_domain::{group, invitation, member as rules_of};
use guildhall_store::read::{group as groups, invitation as invitations, member as members};
use guildhall_store::{Stop, Tx};
use serde::Deserialize;
use utoipa::ToSchema;

use super::groups::grants_more;
use super::members::{load, whole};
use super::view::MemberView;
use super::{Answer, Ctx, Place};

/// A member's new role, and the groups they manage where the role is that of managers.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMemberRole {
    /// Slug or id of the role.
    pub role: String,
    /// `grp_…` of each group to manage.
    #[serde(default)]
    pub groups: Vec<String>,
}

/// What changing the role of somebody in this state asks for: the role of an invited person is the
/// invitation's, that of somebody who cannot work yet or any more is part of their record.
pub(super) const fn role_action(status: Status) -> Action {
    match status {
        Status::Invited => Action::InvitationManage,
        Status::Active => Action::MemberChangeRole,
        Status::Requested | Status::PendingApproval | Status::Deactivated | Status::Removed => Action::MemberUpdate,
    }
}

/// Gives a member another role; an invited member's role is the invitation's.
///
/// # Errors
/// `not_found`, `access.denied`, `etag.stale`, and those of the decision.
pub async fn change(
    ctx: &Ctx,
    organization: &str,
    member: &str,
    wanted: NewMemberRole,
) -> Result<Answer<MemberView>, Stop> {
    let (organization, member) = (organization.to_owned(), member.to_owned());
    ctx.write(move |ctx, tx| {
        let place = ctx.take_place(tx, &organization)?;
        place.permit(Action::MemberList)?;
        let found = load(tx, &place, &member)?;
        let permit = place.permit(role_action(found.status))?;
        let role = place.role_slug(ORGANIZATION, &wanted.role);
        if found.status == Status::Invited {
            ctx.guard_seen(found.revision)?;
            let waiting = invitations::of_member(tx, place.organization.id, found.id)?.ok_or(Code::NotFound)?;
            if !wanted.groups.is_empty() {
                return Err(Refusal::field("groups", "field.invalid", "an invited person is in no group yet").into());
            }
            tx.apply(invitation::change_role(&permit, &place.rules, &waiting, &role)?)?;
            return whole(tx, &place, &member);
        }
        ctx.guard_seen(found.revision)?;
        let around = members::surroundings(tx, &found, &place.rules.preset().top_role().slug)?;
        tx.apply(rules_of::change_role(&permit, &place.rules, &found, around, &role)?)?;
        follow(ctx, tx, &place, &found, &role, &wanted.groups)?;
        whole(tx, &place, &member)
    })
    .await
}

/// What a change of role brings with it in groups.
fn follow(
    ctx: &Ctx,
    tx: &mut Tx<'_>,
    place: &Place,
    member: &Member,
    role: &str,
    chosen: &[String],
) -> Result<(), Stop> {
    let held = groups::held(tx, place.organization.id, member.id)?;
    let mut wanted = Vec::new();
    for name in chosen {
        let unknown = || Refusal::field("groups", "field.invalid", format!("there is no group `{name}` here"));
        let id: GroupId = name.parse().map_err(|_| unknown())?;
        let group = groups::by_id(tx, place.organization.id, id)?.ok_or_else(unknown)?;
        if grants_more(ctx, tx, place, &group, true)? {
            return Err(Code::GroupGrantsAboveOwn.into());
        }
        let seat = held.iter().find(|(one, _)| one.id == id).map(|(_, seat)| *seat);
        wanted.push((group, seat));
    }
    Ok(tx.apply(group::follow_role(&place.rules, member, role, &held, &wanted)?)?)
}
