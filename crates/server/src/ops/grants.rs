//! Grants on resources, and who reaches a resource and whence.

use guildhall_domain::ids::{GrantId, GroupId, MemberId};
use guildhall_domain::member::Status;
use guildhall_domain::reach::{self, Site, Who};
use guildhall_domain::refusal::{Code, Refusal};
use guildhall_domain::resource::{self as rules_of, Given, Grant, Resource, Subject, Verb};
use guildhall_domain::rights;
use guildhall_domain::time::Timestamp;
use guildhall_store::read::member::Filter;
use guildhall_store::read::{Page, group as groups, member as members, resource as resources};
use guildhall_store::{Conn, Stop};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::resources::{grant_id, to_look_at, to_share};
use super::view::{List, MemberIdentity, MemberView, Nothing};
use super::{Answer, Ctx, Place};
use crate::http::cursor;

/// Who is granted something.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SubjectBody {
    /// `member`, `group` or `everyone`.
    #[serde(rename = "type")]
    pub kind: String,
    /// `mem_…` or `grp_…`; left out for everyone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
}

/// A new grant: a role or one permission.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewGrant {
    /// To whom.
    pub subject: SubjectBody,
    /// Slug or id of a role that applies to the resource's type.
    #[serde(default)]
    pub role: Option<String>,
    /// Name of a permission.
    #[serde(default)]
    pub permission: Option<String>,
    /// When it ends; left out: never.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
}

/// One grant.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct GrantView {
    /// `grt_…`
    pub id: String,
    /// `res_…`
    pub resource: String,
    /// To whom.
    pub subject: SubjectBody,
    /// The role, when it gives one.
    pub role: Option<String>,
    /// The permission, when it gives one.
    pub permission: Option<String>,
    /// When it ends; `null` is never.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// Membership of who made it.
    pub created_by: Option<String>,
}

impl From<&Grant> for GrantView {
    fn from(g: &Grant) -> Self {
        let (kind, id) = match g.subject {
            Subject::Member(id) => ("member", Some(id.to_string())),
            Subject::Group(id) => ("group", Some(id.to_string())),
            Subject::Everyone => ("everyone", None),
        };
        let (role, permission) = match &g.given {
            Given::Role(slug) => (Some(slug.clone()), None),
            Given::Permission(name) => (None, Some(name.clone())),
        };
        Self {
            id: g.id.to_string(),
            resource: g.resource.to_string(),
            subject: SubjectBody { kind: kind.to_owned(), id },
            role,
            permission,
            expires_at: g.expires_at,
            created_at: g.created_at,
            created_by: g.created_by.map(|id| id.to_string()),
        }
    }
}

/// Somebody who reaches a resource.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ReachView {
    /// `mem_…`
    pub member: String,
    /// Who.
    pub identity: MemberIdentity,
    /// What they may do there.
    pub permissions: Vec<String>,
    /// Whence: roles and grants that give something there.
    pub sources: Vec<Value>,
}

fn subject(conn: &mut Conn<'_>, place: &Place, body: &SubjectBody) -> Result<Subject, Stop> {
    let nobody = || Stop::Refused(Refusal::value(Code::GrantSubject, "subject.id", "there is nobody like that here"));
    let here = place.organization.id;
    match (body.kind.as_str(), body.id.as_deref()) {
        ("member", Some(id)) => {
            let id: MemberId = id.parse().map_err(|_| nobody())?;
            let found = members::by_id(conn, here, id)?.filter(|m| m.status != Status::Invited);
            found.map(|m| Subject::Member(m.id)).ok_or_else(nobody)
        }
        ("group", Some(id)) => {
            let id: GroupId = id.parse().map_err(|_| nobody())?;
            groups::by_id(conn, here, id)?.map(|g| Subject::Group(g.id)).ok_or_else(nobody)
        }
        ("everyone", None) => Ok(Subject::Everyone),
        _ => {
            Err(Refusal::field("subject", "field.invalid", "`member` or `group` with an id, or `everyone` without")
                .into())
        }
    }
}

fn given(wanted: &NewGrant) -> Result<Given, Refusal> {
    match (&wanted.role, &wanted.permission) {
        (Some(role), None) => Ok(Given::Role(role.clone())),
        (None, Some(permission)) => Ok(Given::Permission(permission.clone())),
        _ => Err(Refusal::field("role", "field.invalid", "name either `role` or `permission`")),
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
    let what = given(&wanted)?;
    ctx.write(move |ctx, tx| {
        let place = ctx.take_place(tx, &organization)?;
        let (target, permit) = to_share(ctx, tx, &place, &resource)?;
        let made = Grant {
            id: GrantId::new(tx.fresh()),
            organization: place.organization.id,
            resource: target.id,
            subject: subject(tx, &place, &wanted.subject)?,
            given: match &what {
                Given::Role(name) => Given::Role(place.role_slug(&target.kind, name)),
                Given::Permission(name) => Given::Permission(name.clone()),
            },
            expires_at: wanted.expires_at,
            created_at: ctx.now,
            created_by: Some(permit.member()),
        };
        let view = GrantView::from(&made);
        tx.apply(rules_of::grant(&permit, &place.rules, &target, made, ctx.now)?)?;
        Ok(view)
    })
    .await
}

/// A page of the grants on a resource, oldest first.
///
/// # Errors
/// `not_found`, `access.denied`.
pub async fn list(ctx: &Ctx, organization: &str, resource: &str, page: Page<GrantId>) -> Result<List<GrantView>, Stop> {
    let (organization, resource) = (organization.to_owned(), resource.to_owned());
    ctx.read(move |ctx, conn| {
        let place = ctx.place(conn, &organization)?;
        let target = to_look_at(ctx, conn, &place, &resource, Verb::Share)?;
        let limit = page.limit;
        let found = resources::grants(conn, place.organization.id, target.id, &Page { limit: limit + 1, ..page })?;
        let (shown, last) = cursor::window(&found, limit);
        let next = last.map(|g| g.id.to_string());
        Ok(List { items: shown.iter().map(Into::into).collect(), next })
    })
    .await
}

/// Takes a grant back.
///
/// # Errors
/// `not_found`, `access.denied`.
pub async fn revoke(ctx: &Ctx, organization: &str, grant: &str) -> Result<Answer<Nothing>, Stop> {
    let (organization, grant) = (organization.to_owned(), grant.to_owned());
    ctx.write(move |ctx, tx| {
        let place = ctx.take_place(tx, &organization)?;
        let found = resources::grant_by_id(tx, place.organization.id, grant_id(&grant)?)?.ok_or(Code::NotFound)?;
        let (target, permit) = to_share(ctx, tx, &place, &found.resource.to_string())?;
        tx.apply(rules_of::revoke(&permit, &target, &found))?;
        Ok(Nothing {})
    })
    .await
}

/// A page of the people who reach a resource, with what they may do there and whence it comes. A
/// page may be short where people reach nothing; it is the last when `next` is `null`.
///
/// # Errors
/// `not_found`, `access.denied`, `cursor.invalid`.
pub async fn people(
    ctx: &Ctx,
    organization: &str,
    resource: &str,
    limit: Option<u32>,
    after: Option<String>,
) -> Result<List<ReachView>, Stop> {
    let (organization, resource) = (organization.to_owned(), resource.to_owned());
    let limit = cursor::limit(limit)?;
    let after = after.as_deref().map(cursor::read::<(String, String)>).transpose()?;
    let after =
        after.map(|(key, id)| Ok::<_, Refusal>((key, id.parse().map_err(|_| Code::CursorInvalid)?))).transpose()?;
    ctx.read(move |ctx, conn| {
        let place = ctx.place(conn, &organization)?;
        let target = to_look_at(ctx, conn, &place, &resource, Verb::Share)?;
        let here = place.organization.id;
        let filter = Filter { status: Some(Status::Active), ..Filter::default() };
        let found = members::list(conn, here, &filter, &Page { after, limit: limit + 1 })?;
        let (window, last) = cursor::window(&found, limit);
        let path = resources::path(conn, here, target.id)?;
        let grants = resources::path_grants(conn, here, target.id)?;
        let site = Site { path: &path, grants: &grants };
        let mut items = Vec::new();
        for (_, member) in window {
            let mine = groups::of_member(conn, here, member.id)?;
            let standing = place.rules.standing(&member.role, true, None);
            let who = Who { member: member.id, groups: &mine };
            items.extend(reached(&place, &path, site, standing, who, member, ctx.now));
        }
        let next = last.map(|((key, id), _)| cursor::write(&(key, id.to_string())));
        Ok(List { items, next })
    })
    .await
}

fn reached(
    place: &Place,
    path: &[Resource],
    site: Site<'_>,
    standing: rights::Standing<'_>,
    who: Who<'_>,
    member: &guildhall_domain::member::Member,
    now: Timestamp,
) -> Option<ReachView> {
    let preset = place.rules.preset();
    let kind = path.last().map(|r| r.kind.as_str())?;
    reach::with(&place.rules, Some(standing), site, who, now, |inputs| {
        let mask = rights::effective(inputs);
        let there = |p: &guildhall_domain::preset::Permission| p.applies_to == kind;
        let permissions: Vec<(_, String)> = preset
            .catalogue
            .iter()
            .filter(|(bit, p)| there(p) && mask.contains(*bit))
            .map(|(bit, p)| (bit, p.name.clone()))
            .collect();
        let mut sources: Vec<Value> = Vec::new();
        for (bit, _) in &permissions {
            for reason in rights::explain(inputs, *bit) {
                let told = serde_json::to_value(&reason).unwrap_or_default();
                if matches!(reason, rights::Reason::Role { .. } | rights::Reason::Grant { .. })
                    && !sources.contains(&told)
                {
                    sources.push(told);
                }
            }
        }
        (!permissions.is_empty()).then(|| ReachView {
            member: member.id.to_string(),
            identity: MemberView::from(member).identity,
            permissions: permissions.into_iter().map(|(_, name)| name).collect(),
            sources,
        })
    })
}
