//! Groups: made, listed, changed, ended; and who is in them.

use guildhall_domain::access::Permit;
use guildhall_domain::action::Action;
use guildhall_domain::group::{self as rules_of, Around, Group, GroupOrigin, Seat};
use guildhall_domain::ids::{GroupId, MemberId};
use guildhall_domain::member::Member;
use guildhall_domain::permission::Mask;
use guildhall_domain::refusal::{Code, Refusal};
use guildhall_domain::text;
use guildhall_domain::time::Timestamp;
use guildhall_store::read::{Page, group as groups, member as members, resource as resources};
use guildhall_store::{Stop, Tx};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::group_sight::{load, runs, seen};
use super::resources::rights_at;
use super::view::{List, Nothing};
use super::{Answer, Ctx, Place, id};
use crate::http::cursor;

/// A new group.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewGroup {
    /// Its name, unique here.
    pub name: String,
    /// What it is for.
    #[serde(default)]
    pub description: Option<String>,
    /// What being in it gives at the organization and below.
    #[serde(default)]
    pub permissions: Vec<String>,
}

/// Changes of a group; what is left out stays.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EditGroup {
    /// The new name.
    #[serde(default)]
    pub name: Option<String>,
    /// The new description.
    #[serde(default)]
    pub description: Option<String>,
    /// Everything that being in it gives from now on.
    #[serde(default)]
    pub permissions: Option<Vec<String>>,
}

/// A member's place in a group.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSeat {
    /// Whether they run the group.
    #[serde(default)]
    pub manager: bool,
}

/// One group.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct GroupView {
    /// `grp_…`
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it is for, perhaps empty.
    pub description: String,
    /// `local` or `external`.
    pub origin: String,
    /// How the directory that keeps it calls it.
    pub external_id: Option<String>,
    /// What being in it gives at the organization and below.
    pub permissions: Vec<String>,
    /// Whether whoever joins enters it.
    pub default: bool,
    /// Whether it stays as the preset has it.
    pub reserved: bool,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// Revision of its last change, as in its `ETag`.
    pub revision: u64,
}

impl From<&Group> for GroupView {
    fn from(g: &Group) -> Self {
        Self {
            id: g.id.to_string(),
            name: g.name.clone(),
            description: g.description.clone(),
            origin: g.origin.word().to_owned(),
            external_id: g.external_id.clone(),
            permissions: g.permissions.clone(),
            default: g.joins,
            reserved: g.reserved,
            created_at: g.created_at,
            revision: g.revision,
        }
    }
}

/// Somebody in a group.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct SeatView {
    /// `mem_…`
    pub member: String,
    /// Their address.
    pub email: String,
    /// Their name.
    pub name: String,
    /// Their status in the organization.
    pub status: String,
    /// Whether they run the group.
    pub manager: bool,
}

fn described(text: Option<&str>) -> Result<String, Refusal> {
    match text.map(str::trim).filter(|t| !t.is_empty()) {
        Some(given) => text::name(given, "description"),
        None => Ok(String::new()),
    }
}

/// Decides what being in a group gives.
fn give(tx: &mut Tx<'_>, place: &Place, group: &Group, permissions: Vec<String>) -> Result<(), Stop> {
    let permit = place.permit(Action::GroupPermissions)?;
    Ok(tx.apply(rules_of::set_permissions(&permit, &place.rules, group, permissions)?)?)
}

/// Makes a group.
///
/// # Errors
/// `not_found`, `access.denied`, `group.name_taken`, `group.grants_above_own`, refused values.
pub async fn create(ctx: &Ctx, organization: &str, wanted: NewGroup) -> Result<Answer<GroupView>, Stop> {
    let organization = organization.to_owned();
    ctx.write(move |ctx, tx| {
        let place = ctx.take_place(tx, &organization)?;
        let made = make(ctx, tx, &place, &wanted)?;
        if !wanted.permissions.is_empty() {
            give(tx, &place, &made, wanted.permissions.clone())?;
        }
        Ok((&groups::by_id(tx, place.organization.id, made.id)?.ok_or(Code::NotFound)?).into())
    })
    .await
}

/// Makes a group that gives nothing yet.
pub(super) fn make(ctx: &Ctx, tx: &mut Tx<'_>, place: &Place, wanted: &NewGroup) -> Result<Group, Stop> {
    let permit = place.permit(Action::GroupManage)?;
    let name = text::name(&wanted.name, "name")?;
    let taken = groups::by_name(tx, place.organization.id, &name)?.is_some();
    let made = Group {
        id: GroupId::new(tx.fresh()),
        organization: place.organization.id,
        name,
        description: described(wanted.description.as_deref())?,
        origin: GroupOrigin::Local,
        external_id: None,
        slug: None,
        reserved: false,
        joins: false,
        permissions: Vec::new(),
        created_at: ctx.now,
        revision: 0,
    };
    tx.apply(rules_of::create(&permit, made.clone(), taken)?)?;
    Ok(made)
}

/// A page of groups in the order of their names.
///
/// # Errors
/// `not_found`, `access.denied`, `cursor.invalid`.
pub async fn list(
    ctx: &Ctx,
    organization: &str,
    limit: Option<u32>,
    after: Option<String>,
) -> Result<List<GroupView>, Stop> {
    let organization = organization.to_owned();
    let limit = cursor::limit(limit)?;
    let after = after.as_deref().map(cursor::read::<(String, String)>).transpose()?;
    let after =
        after.map(|(key, id)| Ok::<_, Refusal>((key, id.parse().map_err(|_| Code::CursorInvalid)?))).transpose()?;
    ctx.read(move |ctx, conn| {
        let place = ctx.place(conn, &organization)?;
        place.permit(Action::GroupList)?;
        let found = seen(conn, &place, &Page { after, limit: limit + 1 })?;
        let (shown, next) = cursor::window(&found, limit);
        Ok(List {
            items: shown.iter().map(|(_, g)| g.into()).collect(),
            next: next.map(|((key, id), _)| cursor::write(&(key, id.to_string()))),
        })
    })
    .await
}

/// One group.
///
/// # Errors
/// `not_found`, `access.denied`.
pub async fn get(ctx: &Ctx, organization: &str, group: &str) -> Result<GroupView, Stop> {
    let (organization, group) = (organization.to_owned(), group.to_owned());
    ctx.read(move |ctx, conn| {
        let place = ctx.place(conn, &organization)?;
        place.permit(Action::GroupList)?;
        Ok((&load(conn, &place, &group)?).into())
    })
    .await
}

/// The group, and leave to run it: as one who manages all groups, or as its own manager.
fn taken(ctx: &Ctx, tx: &mut Tx<'_>, organization: &str, group: &str) -> Result<(Place, Permit, Group), Stop> {
    let place = ctx.take_place(tx, organization)?;
    place.permit(Action::GroupList)?;
    let found = load(tx, &place, group)?;
    let all = place.permit(Action::GroupManage).is_ok();
    let permit = place.permit(rules_of::action_for(runs(tx, &place, found.id)?, all))?;
    ctx.guard_seen(found.revision)?;
    Ok((place, permit, found))
}

/// Renames or describes a group.
///
/// # Errors
/// `not_found`, `access.denied`, `etag.stale`, and those of the decision.
pub async fn edit(ctx: &Ctx, organization: &str, group: &str, wanted: EditGroup) -> Result<Answer<GroupView>, Stop> {
    let (organization, group) = (organization.to_owned(), group.to_owned());
    ctx.write(move |ctx, tx| {
        if let (None, None, Some(permissions)) = (&wanted.name, &wanted.description, &wanted.permissions) {
            // To decide what a group gives is not to run it.
            let place = ctx.take_place(tx, &organization)?;
            place.permit(Action::GroupList)?;
            let found = load(tx, &place, &group)?;
            place.permit(Action::GroupPermissions)?;
            ctx.guard_seen(found.revision)?;
            give(tx, &place, &found, permissions.clone())?;
            return Ok((&load(tx, &place, &group)?).into());
        }
        let (place, permit, found) = taken(ctx, tx, &organization, &group)?;
        let name = wanted.name.as_deref().map_or_else(|| Ok(found.name.clone()), |n| text::name(n, "name"))?;
        let description = match &wanted.description {
            Some(given) => described(Some(given))?,
            None => found.description.clone(),
        };
        let other = groups::by_name(tx, place.organization.id, &name)?.filter(|other| other.id != found.id);
        tx.apply(rules_of::edit(&permit, &place.rules, &found, name, description, other.is_some())?)?;
        if let Some(permissions) = &wanted.permissions {
            give(tx, &place, &found, permissions.clone())?;
        }
        Ok((&load(tx, &place, &group)?).into())
    })
    .await
}

/// A page of the people in a group.
///
/// # Errors
/// `not_found`, `access.denied`, `cursor.invalid`.
pub async fn seats(ctx: &Ctx, organization: &str, group: &str, page: Page<MemberId>) -> Result<List<SeatView>, Stop> {
    let (organization, group) = (organization.to_owned(), group.to_owned());
    ctx.read(move |ctx, conn| {
        let place = ctx.place(conn, &organization)?;
        place.permit(Action::GroupList)?;
        let found = load(conn, &place, &group)?;
        let limit = page.limit;
        let seats = groups::seats(conn, place.organization.id, found.id, &Page { limit: limit + 1, ..page })?;
        let (shown, last) = cursor::window(&seats, limit);
        let mut items = Vec::with_capacity(shown.len());
        for seat in shown {
            if let Some(member) = members::by_id(conn, place.organization.id, seat.member)? {
                items.push(SeatView {
                    member: member.id.to_string(),
                    email: member.email.clone(),
                    name: member.name.clone(),
                    status: member.status.word().to_owned(),
                    manager: seat.manager,
                });
            }
        }
        let next = last.map(|s| s.member.to_string());
        Ok(List { items, next })
    })
    .await
}

/// Whether the group is granted something that the caller lacks where it is granted, or lets its managers do
/// something there that the caller may not.
pub(super) fn grants_more(
    ctx: &Ctx,
    tx: &mut Tx<'_>,
    place: &Place,
    group: &Group,
    manager: bool,
) -> Result<bool, Stop> {
    for grant in resources::of_group(tx, place.organization.id, group.id)? {
        let path = resources::path(tx, place.organization.id, grant.resource)?;
        let Some(target) = path.last() else { continue };
        let managing = if manager { place.rules.preset().group_manager_mask(&target.kind) } else { Mask::EMPTY };
        let given = grant.mask(&place.rules, &target.kind) | managing;
        if grant.lives(ctx.now) && !given.is_subset_of(rights_at(ctx, tx, place, &path)?) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The member's places in other groups.
fn around(tx: &mut Tx<'_>, member: &Member, group: &Group) -> Result<Around, Stop> {
    let mut others = groups::of_member(tx, member.organization, member.id)?;
    others.retain(|one| one.group != group.id);
    Ok(Around {
        elsewhere: !others.is_empty(),
        manages_elsewhere: others.iter().any(|one| one.manager),
        grants_more: false,
    })
}

/// Takes a member into a group, or changes whether they run it.
///
/// # Errors
/// `not_found`, `access.denied`, and those of the decision.
pub async fn set_seat(
    ctx: &Ctx,
    organization: &str,
    group: &str,
    member: &str,
    wanted: NewSeat,
) -> Result<Answer<Nothing>, Stop> {
    let (organization, group, member) = (organization.to_owned(), group.to_owned(), member.to_owned());
    ctx.write(move |ctx, tx| {
        let (place, permit, found) = taken(ctx, tx, &organization, &group)?;
        let who = members::by_id(tx, place.organization.id, id(&member)?)?.ok_or(Code::NotFound)?;
        seat(ctx, tx, &place, &permit, (&found, &who), wanted.manager)?;
        Ok(Nothing {})
    })
    .await
}

/// Gives somebody a place in a group.
pub(super) fn seat(
    ctx: &Ctx,
    tx: &mut Tx<'_>,
    place: &Place,
    permit: &Permit,
    (group, who): (&Group, &Member),
    manager: bool,
) -> Result<(), Stop> {
    let before = groups::seat(tx, place.organization.id, group.id, who.id)?;
    let grants_more = grants_more(ctx, tx, place, group, manager)?;
    let around = Around { grants_more, ..around(tx, who, group)? };
    Ok(tx.apply(rules_of::set_seat(permit, &place.rules, group, who, before, manager, around)?)?)
}

/// Takes a member out of a group.
///
/// # Errors
/// `not_found`, `access.denied`, and those of the decision.
pub async fn leave_seat(ctx: &Ctx, organization: &str, group: &str, member: &str) -> Result<Answer<Nothing>, Stop> {
    let (organization, group, member) = (organization.to_owned(), group.to_owned(), member.to_owned());
    ctx.write(move |ctx, tx| {
        let (place, permit, found) = taken(ctx, tx, &organization, &group)?;
        let who = members::by_id(tx, place.organization.id, id(&member)?)?.ok_or(Code::NotFound)?;
        let seat: Seat = groups::seat(tx, place.organization.id, found.id, who.id)?.ok_or(Code::NotFound)?;
        let around = around(tx, &who, &found)?;
        tx.apply(rules_of::leave_seat(&permit, &place.rules, &found, &who, seat, around)?)?;
        Ok(Nothing {})
    })
    .await
}
