//! Inner scopes and resources: made, listed, changed, ended; what is granted on them, and who
//! reaches them.

use guildhall_domain::ids::{MemberId, OrgId, ResourceId};
use guildhall_domain::member::{Member, Status};
use guildhall_domain::ownership;
use guildhall_domain::permission::Mask;
use guildhall_domain::preset::ORGANIZATION;
use guildhall_domain::reach::{self, Ground, Who};
use guildhall_domain::refusal::{Code, Refusal};
use guildhall_domain::resource::{self as rules_of, Keeper, Resource, ResourcePermit, Spot, Subject, Verb};
use guildhall_domain::text;
use guildhall_store::read::resource::Filter;
use guildhall_store::read::{Page, group as groups, member as members, reach as reaches, resource as resources};
use guildhall_store::{Conn, Stop, Tx};

pub use super::resource_shapes::{EditResource, NewResource, ResourceQuery, ResourceView};
use super::resource_shapes::{OwnerView, external};
use super::view::List;
use super::{Answer, Ctx, Place, resource_keeping};
use crate::http::cursor;

/// A resource by `res_…` or by `type:external_id`.
///
/// # Errors
/// `not_found`.
pub fn find(conn: &mut Conn<'_>, place: &Place, name: &str) -> Result<Resource, Stop> {
    Ok(find_in(conn, place.organization.id, name)?.ok_or(Code::NotFound)?)
}

/// A resource of an organization, if it is there.
///
/// # Errors
/// [`Stop`].
pub fn find_in(conn: &mut Conn<'_>, here: OrgId, name: &str) -> Result<Option<Resource>, Stop> {
    Ok(match name.parse::<ResourceId>() {
        Ok(id) => resources::by_id(conn, here, id)?,
        Err(_) => match name.split_once(':') {
            Some((kind, external)) => resources::by_external(conn, here, kind, external)?,
            None => None,
        },
    })
}

/// Everything the caller may do at the end of `path`.
///
/// # Errors
/// [`Stop`].
pub fn rights_at(ctx: &Ctx, conn: &mut Conn<'_>, place: &Place, path: &[Resource]) -> Result<Mask, Stop> {
    let me = place.me()?;
    let mask = rights_of(ctx, conn, place, me, place.standing.scopes, path)?;
    Ok(mask)
}

/// Everything `member` may do at the end of `path`.
///
/// # Errors
/// [`Stop`].
pub fn rights_of(
    ctx: &Ctx,
    conn: &mut Conn<'_>,
    place: &Place,
    member: &Member,
    scopes: Option<Mask>,
    path: &[Resource],
) -> Result<Mask, Stop> {
    let ground = match path.last() {
        Some(target) => reaches::ground(conn, place.organization.id, target.id)?,
        None => Ground::default(),
    };
    rights_on(ctx, conn, place, member, scopes, &ground)
}

/// Everything `member` may do on this ground.
///
/// # Errors
/// [`Stop`].
pub fn rights_on(
    ctx: &Ctx,
    conn: &mut Conn<'_>,
    place: &Place,
    member: &Member,
    scopes: Option<Mask>,
    ground: &Ground,
) -> Result<Mask, Stop> {
    let groups = groups::of_member(conn, place.organization.id, member.id)?;
    let standing = place.rules.standing(&member.role, member.status == Status::Active, scopes);
    let who = Who { member: member.id, groups: &groups };
    Ok(reach::rights(&place.rules, Some(standing), ground.site(), who, ctx.now))
}

/// A resource, what decides who reaches it, and what the caller may do there.
pub(super) struct Seen {
    pub(super) resource: Resource,
    pub(super) ground: Ground,
    pub(super) rights: Mask,
}

fn look(ctx: &Ctx, conn: &mut Conn<'_>, place: &Place, resource: Resource) -> Result<Seen, Stop> {
    let ground = reaches::ground(conn, place.organization.id, resource.id)?;
    let rights = rights_on(ctx, conn, place, place.me()?, place.standing.scopes, &ground)?;
    Ok(Seen { resource, ground, rights })
}

/// A resource by its name, and leave to do `verb` to it.
///
/// # Errors
/// `not_found`, `access.denied`.
pub(super) fn permitted(
    ctx: &Ctx,
    conn: &mut Conn<'_>,
    place: &Place,
    name: &str,
    verb: Verb,
) -> Result<(Seen, ResourcePermit), Stop> {
    let resource = find(conn, place, name)?;
    let seen = look(ctx, conn, place, resource)?;
    let preset = place.rules.preset();
    let permit = rules_of::authorize(place.me()?.id, seen.rights, preset, &seen.resource.kind, verb)?;
    Ok((seen, permit))
}

fn shown(conn: &mut Conn<'_>, place: &Place, seen: &Seen) -> Result<ResourceView, Stop> {
    let resource = &seen.resource;
    let owner = match resource.owner {
        Some(id) => members::by_id(conn, place.organization.id, id)?,
        None => None,
    };
    let has_grants = seen.ground.grants.iter().any(|grant| grant.resource == resource.id);
    let role = rules_of::role_held(&place.rules, &resource.kind, seen.rights);
    Ok(ResourceView {
        id: resource.id.to_string(),
        kind: resource.kind.clone(),
        external_id: resource.external_id.clone(),
        name: resource.name.clone(),
        parent: resource.parent.map(|id| id.to_string()),
        owner: owner.map(|m| OwnerView { id: m.id.to_string(), email: m.email, name: m.name }),
        controlled: reach::is_controlled(&place.rules, resource, has_grants),
        kept_by: resource_keeping::keeper(conn, resource)?.map(Keeper::shown),
        role: role.map(str::to_owned),
        created_at: resource.created_at,
        revision: resource.revision,
    })
}

pub(super) fn again(ctx: &Ctx, conn: &mut Conn<'_>, place: &Place, id: ResourceId) -> Result<ResourceView, Stop> {
    let after = resources::by_id(conn, place.organization.id, id)?.ok_or(Code::NotFound)?;
    let seen = look(ctx, conn, place, after)?;
    shown(conn, place, &seen)
}

/// What a move of `resource` below `path` meets there.
fn spot<'a>(conn: &mut Conn<'_>, resource: &Resource, path: &'a [Resource]) -> Result<Spot<'a>, Stop> {
    let (levels, receives) = reaches::below(conn, resource.organization, resource.id)?;
    let handed = match path.last() {
        Some(parent) if receives => is_handed(conn, parent)?,
        _ => false,
    };
    Ok(Spot { path, levels, chained: receives && handed })
}

/// Whether a resource, or what it stands under, is shared to a scope.
pub(super) fn is_handed(conn: &mut Conn<'_>, resource: &Resource) -> Result<bool, Stop> {
    let grants = resources::path_grants(conn, resource.organization, resource.id)?;
    Ok(grants.iter().any(|grant| matches!(grant.subject, Subject::Resource(_))))
}

/// The parent somebody names, and the way to it; the organization for none. What one may not see
/// cannot be named.
fn under(ctx: &Ctx, conn: &mut Conn<'_>, place: &Place, parent: Option<&str>) -> Result<Vec<Resource>, Stop> {
    let Some(name) = parent.filter(|p| !p.is_empty()) else { return Ok(Vec::new()) };
    let unknown = || Stop::Refused(Refusal::value(Code::ResourceParent, "parent", "there is no such resource here"));
    match permitted(ctx, conn, place, name, Verb::Read) {
        Ok((found, _)) => Ok(found.ground.path),
        Err(Stop::Refused(_)) => Err(unknown()),
        Err(failed) => Err(failed),
    }
}

fn owner_named(conn: &mut Conn<'_>, place: &Place, name: &str) -> Result<Member, Stop> {
    let unknown = || Refusal::value(Code::ResourceOwner, "owner", "there is no such member here");
    let id: MemberId = name.parse().map_err(|_| unknown())?;
    Ok(members::by_id(conn, place.organization.id, id)?.ok_or_else(unknown)?)
}

/// Makes a resource.
///
/// # Errors
/// `not_found`, `access.denied`, and those of the decision.
pub async fn create(ctx: &Ctx, organization: &str, wanted: NewResource) -> Result<Answer<ResourceView>, Stop> {
    let organization = organization.to_owned();
    ctx.write(move |ctx, tx| {
        let place = ctx.take_place(tx, &organization)?;
        let which = make(ctx, tx, &place, &wanted)?;
        again(ctx, tx, &place, which)
    })
    .await
}

/// Makes a resource in a transaction that has taken its organization.
pub(super) fn make(ctx: &Ctx, tx: &mut Tx<'_>, place: &Place, wanted: &NewResource) -> Result<ResourceId, Stop> {
    let path = under(ctx, tx, place, wanted.parent.as_deref())?;
    let rights = rights_at(ctx, tx, place, &path)?;
    let permit = rules_of::authorize(place.me()?.id, rights, place.rules.preset(), &wanted.kind, Verb::Create)?;
    let owner = match wanted.owner.as_deref().filter(|o| !o.is_empty()) {
        Some(name) => Some(owner_named(tx, place, name)?),
        None => ownership::of_maker(place.me()?).cloned(),
    };
    let external_id = external(wanted.external_id.as_deref())?;
    let taken = match &external_id {
        Some(id) => resources::by_external(tx, place.organization.id, &wanted.kind, id)?.is_some(),
        None => false,
    };
    let made = Resource {
        id: ResourceId::new(tx.fresh()),
        organization: place.organization.id,
        kind: wanted.kind.clone(),
        external_id,
        name: text::name(&wanted.name, "name")?,
        parent: path.last().map(|p| p.id),
        owner: owner.as_ref().map(|owner| owner.id),
        controlled: wanted.controlled,
        created_at: ctx.now,
        revision: 0,
    };
    let kept = if wanted.integration { rules_of::keep(&made, place.me()?)? } else { Vec::new() };
    let which = made.id;
    tx.apply(rules_of::create(&permit, &place.rules, made, &path, owner.as_ref(), taken)?)?;
    tx.apply(kept)?;
    Ok(which)
}

/// A page of the resources the caller may see, oldest first. A page may be short where others are
/// hidden; it is the last when `next` is `null`.
///
/// # Errors
/// `not_found`, `cursor.invalid`, refused values.
pub async fn list(ctx: &Ctx, organization: &str, query: ResourceQuery) -> Result<List<ResourceView>, Stop> {
    let organization = organization.to_owned();
    let limit = cursor::limit(query.limit)?;
    let after = query.after.as_deref().map(|c| c.parse().map_err(|_| Refusal::of(Code::CursorInvalid))).transpose()?;
    ctx.read(move |ctx, conn| {
        let place = ctx.place(conn, &organization)?;
        let given = |text: &Option<String>| text.clone().filter(|t| !t.is_empty());
        let parent = match given(&query.parent) {
            Some(name) if name == ORGANIZATION => Some(None),
            Some(name) => Some(Some(permitted(ctx, conn, &place, &name, Verb::Read)?.0.resource.id)),
            None => None,
        };
        let owner = given(&query.owner).map(|name| owner_named(conn, &place, &name)).transpose()?.map(|m| m.id);
        let filter =
            Filter { kind: given(&query.kind), parent, owner, query: given(&query.query).map(|q| text::fold(&q)) };
        let found = resources::list(conn, place.organization.id, &filter, &Page { after, limit: limit + 1 })?;
        let (window, last) = cursor::window(&found, limit);
        let mut items = Vec::with_capacity(window.len());
        for one in window {
            let seen = look(ctx, conn, &place, one.clone())?;
            if rules_of::authorize(place.me()?.id, seen.rights, place.rules.preset(), &one.kind, Verb::Read).is_ok() {
                items.push(shown(conn, &place, &seen)?);
            }
        }
        let next = last.map(|r| r.id.to_string());
        Ok(List { items, next })
    })
    .await
}

/// One resource.
///
/// # Errors
/// `not_found`.
pub async fn get(ctx: &Ctx, organization: &str, resource: &str) -> Result<ResourceView, Stop> {
    let (organization, resource) = (organization.to_owned(), resource.to_owned());
    ctx.read(move |ctx, conn| {
        let place = ctx.place(conn, &organization)?;
        let (found, _) = permitted(ctx, conn, &place, &resource, Verb::Read)?;
        shown(conn, &place, &found)
    })
    .await
}

/// A resource, the way to it, and what the caller may do there: for its page.
#[derive(Clone, Debug)]
pub struct Looked {
    /// The resource.
    pub view: ResourceView,
    /// What it stands under, from the top: id and name.
    pub above: Vec<(ResourceId, String)>,
    /// Everything the caller may do there, but what its keeper alone does.
    pub rights: Mask,
}

/// One resource as a page needs it.
///
/// # Errors
/// `not_found`.
pub async fn looked(ctx: &Ctx, organization: &str, resource: &str) -> Result<Looked, Stop> {
    let (organization, resource) = (organization.to_owned(), resource.to_owned());
    ctx.read(move |ctx, conn| {
        let place = ctx.place(conn, &organization)?;
        let (found, _) = permitted(ctx, conn, &place, &resource, Verb::Read)?;
        let above = found.ground.path.iter().filter(|step| step.id != found.resource.id);
        let above = above.map(|step| (step.id, step.name.clone())).collect();
        let (keeper, me) = (resource_keeping::keeper(conn, &found.resource)?, place.me()?.id);
        let preset = place.rules.preset();
        let rights = rules_of::rights_left(preset, &found.resource.kind, found.rights, keeper, me);
        Ok(Looked { view: shown(conn, &place, &found)?, above, rights })
    })
    .await
}

/// Renames a resource, moves it, hands it on, controls it.
///
/// # Errors
/// `not_found`, `access.denied`, `etag.stale`, and those of the decision.
pub async fn edit(
    ctx: &Ctx,
    organization: &str,
    resource: &str,
    wanted: EditResource,
) -> Result<Answer<ResourceView>, Stop> {
    let (organization, resource) = (organization.to_owned(), resource.to_owned());
    ctx.write(move |ctx, tx| {
        let place = ctx.take_place(tx, &organization)?;
        let (found, permit) = permitted(ctx, tx, &place, &resource, Verb::Update)?;
        let before = found.resource;
        ctx.guard_seen(before.revision)?;
        resource_keeping::guard(tx, &permit, &before)?;
        let mut after = before.clone();
        if let Some(name) = &wanted.name {
            after.name = text::name(name, "name")?;
        }
        after.controlled = wanted.controlled.unwrap_or(before.controlled);
        let mut path = Vec::new();
        if let Some(parent) = &wanted.parent {
            path = under(ctx, tx, &place, Some(parent))?;
            after.parent = path.last().map(|p| p.id);
            if after.parent != before.parent {
                rules_of::guard_move(place.rules.preset(), &found.ground.path, &path)?;
                // Moving is making it there: the right to make one is asked at the new place.
                let rights = rights_at(ctx, tx, &place, &path)?;
                rules_of::authorize(place.me()?.id, rights, place.rules.preset(), &before.kind, Verb::Create)?;
            }
        }
        let owner = match wanted.owner.as_deref() {
            None => None,
            Some("") => {
                after.owner = None;
                None
            }
            Some(name) => {
                let member = owner_named(tx, &place, name)?;
                after.owner = Some(member.id);
                Some(member)
            }
        };
        let spot = spot(tx, &before, &path)?;
        tx.apply(rules_of::edit(&permit, &place.rules, &before, after, spot, owner.as_ref())?)?;
        again(ctx, tx, &place, before.id)
    })
    .await
}
