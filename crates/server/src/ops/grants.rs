//! Grants on resources: given, changed, taken back one by one or all together.

use guildhall_domain::action::Action;
use guildhall_domain::group;
use guildhall_domain::ids::{GrantId, GroupId, MemberId};
use guildhall_domain::member::Member;
use guildhall_domain::refusal::{Code, Refusal};
use guildhall_domain::resource::{self as rules_of, Grant, Resource, ResourcePermit, Subject, Verb};
use guildhall_domain::text::Email;
use guildhall_store::read::{Page, group as groups, member as members, reach as reaches, resource as resources, share};
use guildhall_store::{Conn, Stop, Tx};

use super::grant_shapes::given;
pub use super::grant_shapes::{EditGrant, GrantView, NewGrant, SubjectBody};
use super::resources::{is_handed, permitted, rights_at};
use super::view::{List, Nothing};
use super::{Answer, Ctx, Place, id};
use crate::http::cursor;

fn subject(
    ctx: &Ctx,
    conn: &mut Conn<'_>,
    place: &Place,
    target: &Resource,
    body: &SubjectBody,
) -> Result<Subject, Stop> {
    let nobody = || Stop::Refused(Refusal::value(Code::GrantSubject, "subject.id", "there is nobody like that here"));
    let here = place.organization.id;
    match (body.kind.as_str(), body.id.as_deref()) {
        ("member", Some(id)) => {
            let id: MemberId = id.parse().map_err(|_| nobody())?;
            let found = members::by_id(conn, here, id)?.filter(Member::came_in);
            found.map(|m| Subject::Member(m.id)).ok_or_else(nobody)
        }
        ("group", Some(id)) => {
            let id: GroupId = id.parse().map_err(|_| nobody())?;
            let group = groups::by_id(conn, here, id)?.ok_or_else(nobody)?;
            group::guard_receives(&group)?;
            Ok(Subject::Group(group.id))
        }
        ("resource", Some(name)) => {
            // A scope that the caller may not see cannot be named.
            let (scope, _) = match permitted(ctx, conn, place, name, Verb::Read) {
                Err(Stop::Refused(_)) => return Err(nobody()),
                other => other?,
            };
            let receives = reaches::below(conn, here, target.id)?.1;
            let handed = is_handed(conn, &scope.resource)?;
            rules_of::guard_receiver(target, &scope.ground.path, handed, receives)?;
            let path = resources::path(conn, here, target.id)?;
            rules_of::guard_home(place.rules.preset(), &path, &scope.ground.path)?;
            Ok(Subject::Resource(scope.resource.id))
        }
        ("everyone", None) => Ok(Subject::Everyone),
        _ => Err(Refusal::field(
            "subject",
            "field.invalid",
            "`member`, `group` or `resource` with an id, or `everyone` without",
        )
        .into()),
    }
}

/// Grants something on a resource.
///
/// # Errors
/// `not_found`, `access.denied`, and those of the decision.
pub async fn create(
    ctx: &Ctx,
    organization: &str,
    resource: &str,
    wanted: NewGrant,
) -> Result<Answer<GrantView>, Stop> {
    let (organization, resource) = (organization.to_owned(), resource.to_owned());
    ctx.write(move |ctx, tx| {
        let place = ctx.take_place(tx, &organization)?;
        make(ctx, tx, &place, &resource, &wanted)
    })
    .await
}

/// Grants something in a transaction that has taken its organization.
pub(super) fn make(
    ctx: &Ctx,
    tx: &mut Tx<'_>,
    place: &Place,
    resource: &str,
    wanted: &NewGrant,
) -> Result<GrantView, Stop> {
    let what = given(wanted.role.as_ref(), wanted.permission.as_ref())?;
    let (target, permit) = permitted(ctx, tx, place, resource, Verb::Share)?;
    rules_of::guard_offered(&place.rules)?;
    let target = target.resource;
    let made = Grant {
        id: GrantId::new(tx.fresh()),
        organization: place.organization.id,
        resource: target.id,
        subject: subject(ctx, tx, place, &target, &wanted.subject)?,
        given: place.given(&target.kind, &what),
        expires_at: wanted.expires_at,
        created_at: ctx.now,
        created_by: Some(permit.member()),
    };
    let view = GrantView::from(&made);
    tx.apply(rules_of::grant(&permit, &place.rules, &target, made, ctx.now)?)?;
    let path = resources::path(tx, place.organization.id, target.id)?;
    rules_of::guard_kept(&permit, rights_at(ctx, tx, place, &path)?, &place.rules, &target.kind)?;
    Ok(view)
}

/// Whom a form names: somebody by address, a group by name, a scope by id or `type:external_id`.
///
/// # Errors
/// `not_found`, `access.denied`, `grant.subject`.
pub async fn named(ctx: &Ctx, organization: &str, kind: &str, name: &str) -> Result<SubjectBody, Stop> {
    let (organization, kind, name) = (organization.to_owned(), kind.to_owned(), name.trim().to_owned());
    ctx.read(move |ctx, conn| {
        let place = ctx.place(conn, &organization)?;
        let here = place.organization.id;
        let id = match kind.as_str() {
            "member" => {
                place.permit(Action::MemberList)?;
                let address = Email::parse(&name, "who")?;
                members::by_email(conn, here, address.key())?.map(|member| member.id.to_string())
            }
            "group" => {
                place.permit(Action::GroupList)?;
                groups::by_name(conn, here, &name)?.map(|group| group.id.to_string())
            }
            "everyone" => return Ok(SubjectBody { kind, id: None }),
            _ => Some(name),
        };
        let id = id.ok_or_else(|| Refusal::value(Code::GrantSubject, "who", "there is nobody like that here"))?;
        Ok(SubjectBody { kind, id: Some(id) })
    })
    .await
}

/// A page of the grants on a resource, oldest first.
///
/// # Errors
/// `not_found`, `access.denied`, `grant.not_offered`.
pub async fn list(ctx: &Ctx, organization: &str, resource: &str, page: Page<GrantId>) -> Result<List<GrantView>, Stop> {
    let (organization, resource) = (organization.to_owned(), resource.to_owned());
    ctx.read(move |ctx, conn| {
        let place = ctx.place(conn, &organization)?;
        let (target, _) = permitted(ctx, conn, &place, &resource, Verb::Share)?;
        rules_of::guard_offered(&place.rules)?;
        let (limit, on) = (page.limit, target.resource.id);
        let found = resources::grants(conn, place.organization.id, on, &Page { limit: limit + 1, ..page })?;
        let (shown, last) = cursor::window(&found, limit);
        let next = last.map(|g| g.id.to_string());
        Ok(List { items: shown.iter().map(Into::into).collect(), next })
    })
    .await
}

/// A grant by its id, what it is on, and leave to share that.
fn found(
    ctx: &Ctx,
    conn: &mut Conn<'_>,
    place: &Place,
    grant: &str,
) -> Result<(Grant, Resource, ResourcePermit), Stop> {
    let found = resources::grant_by_id(conn, place.organization.id, id(grant)?)?.ok_or(Code::NotFound)?;
    let (target, permit) = permitted(ctx, conn, place, &found.resource.to_string(), Verb::Share)?;
    Ok((found, target.resource, permit))
}

/// One grant.
///
/// # Errors
/// `not_found`, `access.denied`, `grant.not_offered`.
pub async fn get(ctx: &Ctx, organization: &str, grant: &str) -> Result<GrantView, Stop> {
    let (organization, grant) = (organization.to_owned(), grant.to_owned());
    ctx.read(move |ctx, conn| {
        let place = ctx.place(conn, &organization)?;
        let (found, _, _) = found(ctx, conn, &place, &grant)?;
        rules_of::guard_offered(&place.rules)?;
        Ok(GrantView::from(&found))
    })
    .await
}

/// Lets a grant give something else, or end at another time.
///
/// # Errors
/// `not_found`, `access.denied`, and those of the decision.
pub async fn edit(ctx: &Ctx, organization: &str, grant: &str, wanted: EditGrant) -> Result<Answer<GrantView>, Stop> {
    let (organization, grant) = (organization.to_owned(), grant.to_owned());
    ctx.write(move |ctx, tx| {
        let place = ctx.take_place(tx, &organization)?;
        let (before, target, permit) = found(ctx, tx, &place, &grant)?;
        let mut after = before.clone();
        if wanted.role.is_some() || wanted.permission.is_some() {
            after.given = place.given(&target.kind, &given(wanted.role.as_ref(), wanted.permission.as_ref())?);
        }
        after.expires_at = wanted.expires_at.unwrap_or(before.expires_at);
        let view = GrantView::from(&after);
        tx.apply(rules_of::change_grant(&permit, &place.rules, &target, &before, after, ctx.now)?)?;
        Ok(view)
    })
    .await
}

/// Takes a grant back.
///
/// # Errors
/// `not_found`, `access.denied`, `grant.not_offered`.
pub async fn revoke(ctx: &Ctx, organization: &str, grant: &str) -> Result<Answer<Nothing>, Stop> {
    let (organization, grant) = (organization.to_owned(), grant.to_owned());
    ctx.write(move |ctx, tx| {
        let place = ctx.take_place(tx, &organization)?;
        let (found, target, permit) = found(ctx, tx, &place, &grant)?;
        tx.apply(rules_of::revoke(&permit, &place.rules, &target, found)?)?;
        Ok(Nothing {})
    })
    .await
}

/// Everything granted on the resource itself.
fn on(tx: &mut Tx<'_>, target: &Resource) -> Result<Vec<Grant>, Stop> {
    let everything = Page { after: None, limit: u32::MAX };
    Ok(resources::grants(tx, target.organization, target.id, &everything)?)
}

/// Takes back everything granted on a resource, in one step.
///
/// # Errors
/// `not_found`, `access.denied`, `grant.not_offered`.
pub async fn revoke_all(ctx: &Ctx, organization: &str, resource: &str) -> Result<Answer<Nothing>, Stop> {
    let (organization, resource) = (organization.to_owned(), resource.to_owned());
    ctx.write(move |ctx, tx| {
        let place = ctx.take_place(tx, &organization)?;
        let (target, permit) = permitted(ctx, tx, &place, &resource, Verb::Share)?;
        let all = on(tx, &target.resource)?;
        tx.apply(rules_of::revoke_all(&permit, &place.rules, &target.resource, all)?)?;
        Ok(Nothing {})
    })
    .await
}

/// Takes back everything granted to a member, in one step.
///
/// # Errors
/// `not_found`, `access.denied`, `grant.not_offered`.
pub async fn revoke_of_member(ctx: &Ctx, organization: &str, member: &str) -> Result<Answer<Nothing>, Stop> {
    let (organization, member) = (organization.to_owned(), member.to_owned());
    ctx.write(move |ctx, tx| {
        let place = ctx.take_place(tx, &organization)?;
        let permit = place.permit(Action::GrantManage)?;
        let who: Member = members::by_id(tx, place.organization.id, id(&member)?)?.ok_or(Code::NotFound)?;
        let held = share::grants_of(tx, place.organization.id, who.id)?;
        tx.apply(rules_of::revoke_of_member(&permit, &place.rules, held)?)?;
        Ok(Nothing {})
    })
    .await
}
