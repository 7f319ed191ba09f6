//! What was shared with the caller, and what the caller shared. Only what was given by name, to the
//! person or a group of theirs: not what a role gives, and not what everybody has.

use std::collections::HashMap;

use guildhall_domain::action::Action;
use guildhall_domain::ids::{GrantId, MemberId, ResourceId, ShareLinkId};
use guildhall_domain::member::Member;
use guildhall_domain::permission::Mask;
use guildhall_domain::refusal::{Code, Refusal};
use guildhall_domain::resource::{self as rules_of, Given, Grant, Resource, ShareLink, Subject, Verb};
use guildhall_domain::time::Timestamp;
use guildhall_store::read::{Page, group as groups, member as members, reach as reaches, resource as resources, share};
use guildhall_store::{Conn, Stop};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::people::asked_of;
use super::resource_shapes::OwnerView;
use super::resources::{permitted, rights_on};
use super::view::List;
use super::{Ctx, Place};

/// What is shared.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct SharedResource {
    /// `res_…`
    pub id: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// What the product calls it.
    pub external_id: Option<String>,
    /// For people.
    pub name: String,
}

/// To whom it is shared.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct SharedTo {
    /// `member`, `group`, `resource`, `everyone` or `link`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its id; `null` for everyone.
    pub id: Option<String>,
    /// For people; of a link its last characters.
    pub name: String,
}

/// One share.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct SharedView {
    /// `grt_…`, or `lnk_…` of a share link.
    pub id: String,
    /// What.
    pub resource: SharedResource,
    /// Slug of the role, or name of the permission, that is given.
    pub level: String,
    /// With me: what I may do there by it. By me: what it gives.
    pub permissions: Vec<String>,
    /// To whom, and so whence the caller has it.
    pub to: SharedTo,
    /// Who shared it; `null` when they are gone.
    pub shared_by: Option<OwnerView>,
    /// Whether it gives anything at this moment.
    pub active: bool,
    /// When it ends; `null` is never.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
    /// When it was shared.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
}

/// A share on its way to be shown.
struct Share {
    at: Uuid,
    resource: Resource,
    given: Given,
    to: Option<Subject>,
    by: Option<MemberId>,
    /// The last characters of a link.
    tail: String,
    view: (String, bool, Option<Timestamp>, Timestamp),
}

impl Share {
    fn grant(resource: Resource, grant: Grant, now: Timestamp) -> Self {
        let view = (grant.id.to_string(), grant.lives(now), grant.expires_at, grant.created_at);
        let (to, by) = (Some(grant.subject), grant.created_by);
        Self { at: grant.id.uuid(), resource, given: grant.given, to, by, tail: String::new(), view }
    }

    fn link(resource: Resource, link: ShareLink, place: &Place, now: Timestamp) -> Self {
        let lives = link.lives(&place.rules, place.organization.valid_from, now);
        let view = (link.id.to_string(), lives, link.expires_at, link.created_at);
        let (at, by) = (link.id.uuid(), Some(link.created_by));
        Self { at, resource, given: link.given, to: None, by, tail: link.last4, view }
    }
}

/// The names behind the ids of a page.
#[derive(Default)]
struct Names {
    members: HashMap<MemberId, Member>,
    scopes: HashMap<ResourceId, String>,
}

impl Names {
    fn of(conn: &mut Conn<'_>, place: &Place, shares: &[Share]) -> Result<Self, Stop> {
        let here = place.organization.id;
        let people = shares.iter().flat_map(|share| {
            let to = match share.to {
                Some(Subject::Member(id)) => Some(id),
                _ => None,
            };
            to.into_iter().chain(share.by)
        });
        let people: Vec<MemberId> = people.collect();
        let scopes: Vec<ResourceId> = shares
            .iter()
            .filter_map(|share| match share.to {
                Some(Subject::Resource(id)) => Some(id),
                _ => None,
            })
            .collect();
        Ok(Self {
            members: members::some(conn, here, &people)?.into_iter().map(|m| (m.id, m)).collect(),
            scopes: reaches::some(conn, here, &scopes)?.into_iter().map(|r| (r.id, r.name)).collect(),
        })
    }

    fn to(&self, conn: &mut Conn<'_>, place: &Place, share: &Share) -> Result<SharedTo, Stop> {
        let shown = |kind: &str, id: Option<String>, name: String| SharedTo { kind: kind.to_owned(), id, name };
        Ok(match share.to {
            Some(Subject::Member(id)) => {
                let name = self.members.get(&id).map(called).unwrap_or_default();
                shown("member", Some(id.to_string()), name)
            }
            Some(Subject::Group(id)) => {
                let name = groups::by_id(conn, place.organization.id, id)?.map(|group| group.name);
                shown("group", Some(id.to_string()), name.unwrap_or_default())
            }
            Some(Subject::Resource(id)) => {
                let name = self.scopes.get(&id).cloned().unwrap_or_default();
                shown("resource", Some(id.to_string()), name)
            }
            Some(Subject::Everyone) => shown("everyone", None, String::new()),
            None => shown("link", None, format!("…{}", share.tail)),
        })
    }
}

fn called(member: &Member) -> String {
    if member.name.is_empty() { member.email.clone() } else { member.name.clone() }
}

fn shown(
    conn: &mut Conn<'_>,
    place: &Place,
    names: &Names,
    share: Share,
    permissions: Mask,
) -> Result<SharedView, Stop> {
    let to = names.to(conn, place, &share)?;
    let (id, active, expires_at, created_at) = share.view;
    let by = share.by.and_then(|id| names.members.get(&id));
    Ok(SharedView {
        id,
        to,
        resource: SharedResource {
            id: share.resource.id.to_string(),
            kind: share.resource.kind,
            external_id: share.resource.external_id,
            name: share.resource.name,
        },
        level: share.given.word().to_owned(),
        permissions: place.rules.preset().catalogue.names(permissions).into_iter().map(str::to_owned).collect(),
        shared_by: by.map(|m| OwnerView { id: m.id.to_string(), email: m.email.clone(), name: m.name.clone() }),
        active,
        expires_at,
        created_at,
    })
}

/// Where a page of shares ended.
///
/// # Errors
/// `cursor.invalid`.
pub fn after(text: &str) -> Result<Uuid, Refusal> {
    let grant = text.parse::<GrantId>().map(GrantId::uuid);
    grant.or_else(|_| text.parse::<ShareLinkId>().map(ShareLinkId::uuid)).map_err(|_| Code::CursorInvalid.into())
}

/// A page of what is shared with the caller, or with a group of theirs, oldest first. What is there to
/// be used appears only with the right to use it (PL-19), and what the caller's role lets nothing of
/// through does not appear. A page may be short; it is the last when `next` is `null`.
///
/// # Errors
/// `not_found`, `cursor.invalid`.
pub async fn with_me(ctx: &Ctx, organization: &str, page: Page<Uuid>) -> Result<List<SharedView>, Stop> {
    let organization = organization.to_owned();
    ctx.read(move |ctx, conn| {
        let place = ctx.place(conn, &organization)?;
        place.permit(Action::OrganizationRead)?;
        let (me, preset) = (place.me()?.clone(), place.rules.preset());
        let limit = page.limit;
        let found = share::grants_with(conn, place.organization.id, me.id, &Page { limit: limit + 1, ..page })?;
        let more = found.len() > limit as usize;
        let shares: Vec<Share> =
            found.into_iter().take(limit as usize).map(|(r, g)| Share::grant(r, g, ctx.now)).collect();
        let next = shares.last().filter(|_| more).map(|share| share.view.0.clone());
        let names = Names::of(conn, &place, &shares)?;
        let mut items = Vec::new();
        for share in shares.into_iter().filter(|share| share.view.1) {
            let ground = reaches::ground(conn, place.organization.id, share.resource.id)?;
            let held = rights_on(ctx, conn, &place, &me, place.standing.scopes, &ground)?;
            let kind = &share.resource.kind;
            let mine = share.given.mask(&place.rules, kind) & held & asked_of(preset, kind);
            let needed = preset.bit(&format!("{kind}.use"));
            if !mine.is_empty() && needed.is_none_or(|needed| mine.contains(needed)) {
                items.push(shown(conn, &place, &names, share, mine)?);
            }
        }
        Ok(List { items, next })
    })
    .await
}

/// A page of what the caller shared, or what is shared of theirs, while they may decide about it,
/// oldest first; ended ones too, so that they can be taken back. A page may be short; it is the last
/// when `next` is `null`.
///
/// # Errors
/// `not_found`, `cursor.invalid`.
pub async fn by_me(ctx: &Ctx, organization: &str, page: Page<Uuid>) -> Result<List<SharedView>, Stop> {
    let organization = organization.to_owned();
    ctx.read(move |ctx, conn| {
        let place = ctx.place(conn, &organization)?;
        place.permit(Action::OrganizationRead)?;
        let (me, preset) = (place.me()?.clone(), place.rules.preset());
        let limit = page.limit;
        let page = Page { limit: limit + 1, ..page };
        let here = place.organization.id;
        let links = share::links_by(conn, here, me.id, &page)?;
        let grants = share::grants_by(conn, here, me.id, &page)?.into_iter();
        let mut shares: Vec<Share> = grants.map(|(r, g)| Share::grant(r, g, ctx.now)).collect();
        shares.extend(links.into_iter().map(|(r, l)| Share::link(r, l, &place, ctx.now)));
        shares.sort_by_key(|share| share.at);
        let more = shares.len() > limit as usize;
        shares.truncate(limit as usize);
        let next = shares.last().filter(|_| more).map(|share| share.view.0.clone());
        let names = Names::of(conn, &place, &shares)?;
        let mut items = Vec::new();
        for share in shares {
            let ground = reaches::ground(conn, here, share.resource.id)?;
            let held = rights_on(ctx, conn, &place, &me, place.standing.scopes, &ground)?;
            if rules_of::authorize(me.id, held, preset, &share.resource.kind, Verb::Share).is_ok() {
                let gives = share.given.mask(&place.rules, &share.resource.kind);
                items.push(shown(conn, &place, &names, share, gives)?);
            }
        }
        Ok(List { items, next })
    })
    .await
}

/// Everything that is shared of one resource, by grants and by links, with the names behind the ids:
/// the first of each. `None` for grants where they are not offered.
#[derive(Clone, Debug)]
pub struct OnResource {
    /// Grants.
    pub grants: Option<Vec<SharedView>>,
    /// Links.
    pub links: Vec<SharedView>,
}

/// What is shared of one resource, for its page.
///
/// # Errors
/// `not_found`, `access.denied`.
pub async fn on(ctx: &Ctx, organization: &str, resource: &str, most: u32) -> Result<OnResource, Stop> {
    let (organization, resource) = (organization.to_owned(), resource.to_owned());
    ctx.read(move |ctx, conn| {
        let place = ctx.place(conn, &organization)?;
        let (target, _) = permitted(ctx, conn, &place, &resource, Verb::Share)?;
        let (here, on) = (place.organization.id, target.resource);
        let grants = resources::grants(conn, here, on.id, &Page { after: None, limit: most })?;
        let links = share::of_resource(conn, here, on.id, &Page { after: None, limit: most })?;
        let grants = grants.into_iter().map(|grant| Share::grant(on.clone(), grant, ctx.now)).collect();
        let links = links.into_iter().map(|link| Share::link(on.clone(), link, &place, ctx.now)).collect();
        let mut told = |shares: Vec<Share>| -> Result<Vec<SharedView>, Stop> {
            let names = Names::of(conn, &place, &shares)?;
            let mask = |share: &Share| share.given.mask(&place.rules, &on.kind);
            shares
                .into_iter()
                .map(|share| {
                    let mask = mask(&share);
                    shown(conn, &place, &names, share, mask)
                })
                .collect()
        };
        let offered = place.rules.policy().grants_offered;
        Ok(OnResource { grants: if offered { Some(told(grants)?) } else { None }, links: told(links)? })
    })
    .await
}
