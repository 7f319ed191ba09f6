//! Share links: made, listed, revoked, and what whoever holds one may do. The holder is nobody's
//! member: a link gives what it gives and nothing else.

use std::net::IpAddr;
use std::sync::Arc;

use guildhall_domain::change::Change;
use guildhall_domain::condition::Scene;
use guildhall_domain::ids::{OrgId, ShareLinkId};
use guildhall_domain::index::Index;
use guildhall_domain::organization::Organization;
use guildhall_domain::preset::Rules;
use guildhall_domain::reach;
use guildhall_domain::refusal::{Code, Refusal};
use guildhall_domain::resource::{self as rules_of, Given, Resource, ResourceChange, ShareLink, Verb};
use guildhall_domain::time::Timestamp;
use guildhall_store::read::{Page, resource as resources, share};
use guildhall_store::{Conn, Stop};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::check::{Check, Checked, known, resource};
use super::grant_shapes::given;
use super::introspect::Introspected;
use super::resources::permitted;
use super::sessions::limited;
use super::view::{List, Nothing};
use super::{Answer, Ctx, id};
use crate::app::App;
use crate::http::cursor;
use crate::memory::Head;
use crate::security::limits::address_key;
use crate::security::token::TokenKind;

/// A new share link: a role or one permission.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewShareLink {
    /// Slug or id of a role that applies to the resource's type.
    #[serde(default)]
    pub role: Option<String>,
    /// Name of a permission.
    #[serde(default)]
    pub permission: Option<String>,
    /// When it ends; left out: as late as the policy lets it.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
}

/// One share link.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ShareLinkView {
    /// `lnk_…`
    pub id: String,
    /// `res_…`
    pub resource: String,
    /// The role, when it gives one.
    pub role: Option<String>,
    /// The permission, when it gives one.
    pub permission: Option<String>,
    /// The last four characters of the secret.
    pub last4: String,
    /// Whether it opens anything now.
    pub active: bool,
    /// When it ends; `null` is when it is revoked.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// Membership of who made it.
    pub created_by: String,
    /// The secret, in the answer that made it and never again: for products.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub token: Option<String>,
    /// The address with the secret, in the answer that made it and never again: for people.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub link: Option<String>,
}

impl ShareLinkView {
    /// As it is seen under these rules at `now`.
    #[must_use]
    pub fn at(link: &ShareLink, rules: &Rules, valid_from: Timestamp, now: Timestamp) -> Self {
        let (role, permission) = match &link.given {
            Given::Role(slug) => (Some(slug.clone()), None),
            Given::Permission(name) => (None, Some(name.clone())),
        };
        Self {
            id: link.id.to_string(),
            resource: link.resource.to_string(),
            role,
            permission,
            last4: link.last4.clone(),
            active: link.lives(rules, valid_from, now),
            expires_at: link.expires_at,
            created_at: link.created_at,
            created_by: link.created_by.to_string(),
            token: None,
            link: None,
        }
    }
}

/// Shares a resource by a link; its secret is in this answer only.
///
/// # Errors
/// `not_found`, `access.denied`, and those of the decision.
pub async fn create(
    ctx: &Ctx,
    organization: &str,
    resource: &str,
    wanted: NewShareLink,
) -> Result<Answer<ShareLinkView>, Stop> {
    let (organization, resource) = (organization.to_owned(), resource.to_owned());
    let what = given(wanted.role.as_ref(), wanted.permission.as_ref())?;
    ctx.write(move |ctx, tx| {
        let place = ctx.take_place(tx, &organization)?;
        let (target, permit) = permitted(ctx, tx, &place, &resource, Verb::Share)?;
        let minted = ctx.app.credentials.mint(TokenKind::Share, ctx.app.entropy.as_ref());
        let draft = ShareLink {
            id: ShareLinkId::new(tx.fresh()),
            organization: place.organization.id,
            resource: target.resource.id,
            given: place.given(&target.resource.kind, &what),
            last4: minted.last4.clone(),
            expires_at: wanted.expires_at,
            created_at: ctx.now,
            created_by: permit.member(),
        };
        let changes =
            rules_of::share(&permit, &place.rules, &target.resource, place.me()?, draft, minted.hash, ctx.now)?;
        let made = changes.iter().find_map(|change| match change {
            Change::Resource(ResourceChange::LinkShared { link, .. }) => {
                Some(ShareLinkView::at(link, &place.rules, place.organization.valid_from, ctx.now))
            }
            _ => None,
        });
        tx.apply(changes)?;
        let view = made.ok_or(Code::NotFound)?;
        let token = Some(minted.secret.expose().clone()).filter(|_| !ctx.dry_run);
        let link = token.as_ref().map(|token| format!("{}/share/{token}", ctx.app.public_url));
        Ok(ShareLinkView { token, link, ..view })
    })
    .await
}

/// A page of the links that share a resource, oldest first.
///
/// # Errors
/// `not_found`, `access.denied`.
pub async fn list(
    ctx: &Ctx,
    organization: &str,
    resource: &str,
    page: Page<ShareLinkId>,
) -> Result<List<ShareLinkView>, Stop> {
    let (organization, resource) = (organization.to_owned(), resource.to_owned());
    ctx.read(move |ctx, conn| {
        let place = ctx.place(conn, &organization)?;
        let (target, _) = permitted(ctx, conn, &place, &resource, Verb::Share)?;
        let limit = page.limit;
        let page = Page { limit: limit + 1, ..page };
        let found = share::of_resource(conn, place.organization.id, target.resource.id, &page)?;
        let (shown, last) = cursor::window(&found, limit);
        let next = last.map(|link| link.id.to_string());
        let view = |link| ShareLinkView::at(link, &place.rules, place.organization.valid_from, ctx.now);
        Ok(List { items: shown.iter().map(view).collect(), next })
    })
    .await
}

/// Ends a share link.
///
/// # Errors
/// `not_found`, `access.denied`.
pub async fn revoke(ctx: &Ctx, organization: &str, resource: &str, link: &str) -> Result<Answer<Nothing>, Stop> {
    let (organization, resource, link) = (organization.to_owned(), resource.to_owned(), link.to_owned());
    ctx.write(move |ctx, tx| {
        let place = ctx.take_place(tx, &organization)?;
        let (target, permit) = permitted(ctx, tx, &place, &resource, Verb::Share)?;
        let found = share::by_id(tx, place.organization.id, id::<ShareLinkId>(&link)?)?;
        let found = found.filter(|link| link.resource == target.resource.id).ok_or(Code::NotFound)?;
        tx.apply(rules_of::revoke_link(&permit, &target.resource, found))?;
        Ok(Nothing {})
    })
    .await
}

/// A share link that opens something, and where.
#[derive(Clone, Debug)]
pub struct Held {
    /// The link.
    pub link: Arc<ShareLink>,
    /// Where.
    pub organization: Arc<Organization>,
    /// Its rules.
    pub rules: Arc<Rules>,
}

impl Held {
    /// The link with its organization, while it opens anything.
    fn living(link: Arc<ShareLink>, head: Head, now: Timestamp) -> Option<Self> {
        let Head { organization, rules, .. } = head;
        link.lives(&rules, organization.valid_from, now).then_some(Self { link, organization, rules })
    }
}

/// The hash of a share link's token, when the text is one.
#[must_use]
pub fn token(ctx: &Ctx, text: &str) -> Option<[u8; 32]> {
    of_text(&ctx.app, text)
}

fn of_text(app: &App, text: &str) -> Option<[u8; 32]> {
    app.credentials.parse_as(TokenKind::Share, text)
}

/// The link of a token's hash, while it opens anything.
///
/// # Errors
/// Faults.
pub async fn held(ctx: &Ctx, hash: [u8; 32]) -> Result<Option<Held>, Stop> {
    living_now(&ctx.app, hash, ctx.now).await
}

fn living(app: &App, conn: &mut Conn<'_>, hash: &[u8; 32], now: Timestamp) -> Result<Option<Held>, Stop> {
    let Some(link) = app.link(conn, hash)? else { return Ok(None) };
    Ok(app.head_of(conn, link.organization)?.and_then(|head| Held::living(link, head, now)))
}

/// The same, without the database when memory knows it all.
async fn living_now(app: &Arc<App>, hash: [u8; 32], now: Timestamp) -> Result<Option<Held>, Stop> {
    if let Some(link) = app.recall_link(&hash)
        && let Some(head) = app.recall_head_of(link.organization)
    {
        return Ok(Held::living(link, head, now));
    }
    let asked = Arc::clone(app);
    app.store.glance(move |conn| living(&asked, conn, &hash, now)).await
}

/// The share link that came as credential, if one did.
///
/// # Errors
/// `auth.invalid`, `rate.limited`, faults.
pub async fn shown(app: &Arc<App>, text: &str, from: IpAddr) -> Result<Option<[u8; 32]>, Stop> {
    let Some(hash) = of_text(app, text) else { return Ok(None) };
    let now = app.now();
    if living_now(app, hash, now).await?.is_none() {
        app.limits.bad_tokens.take(&address_key(from), now.micros() / 1_000).map_err(limited)?;
        return Err(Code::AuthInvalid.into());
    }
    Ok(Some(hash))
}

/// What a link answers for itself.
///
/// # Errors
/// `auth.invalid`, `not_found` elsewhere and about anybody else, refused values.
pub(super) async fn check(ctx: &Ctx, organization: &str, link: [u8; 32], asked: Check) -> Result<Checked, Stop> {
    if asked.subject.as_deref().is_some_and(|subject| token(ctx, subject) != Some(link)) {
        return Err(Code::NotFound.into());
    }
    let held = held(ctx, link).await?.ok_or(Code::AuthInvalid)?;
    let here = &held.organization;
    if here.slug != organization && organization.parse::<OrgId>().ok() != Some(here.id) {
        return Err(Code::NotFound.into());
    }
    let index = ctx.app.index_now(here.id).await?.ok_or(Code::NotFound)?;
    answer(&index, Some(&held), &asked, "")
}

/// What a link allows; nothing when there is none.
///
/// # Errors
/// Refused values.
pub(super) fn answer(index: &Index, held: Option<&Held>, asked: &Check, field: &str) -> Result<Checked, Stop> {
    let (rules, revision) = (index.rules(), index.revision());
    let bit = known(rules, asked, revision, field)?;
    let (Some(held), Ok(at)) = (held, resource(index, asked.resource.as_deref())) else {
        return Ok(Checked { allowed: false, revision, reasons: asked.explain.then(Vec::new) });
    };
    let ground = index.ground(at);
    let (kind, resource) = index.name_of(at);
    let (subject, id, told) = ("share_link", held.link.id.to_string(), asked.told());
    let scene = || Scene { subject, id, role: None, groups: Vec::new(), kind, resource, told };
    let (allowed, reason) = reach::by_link(rules, &held.link, ground.site(), bit, scene);
    let reasons = asked.explain.then(|| serde_json::to_value(&reason).into_iter().collect());
    Ok(Checked { allowed, revision, reasons })
}

/// Tells a product what a share link stands for.
///
/// # Errors
/// Faults.
pub(super) async fn introspect(ctx: &Ctx, organization: OrgId, link: [u8; 32]) -> Result<Introspected, Stop> {
    let held = ctx.read(move |ctx, conn| described(ctx, conn, &link)).await?;
    let Some((held, target)) = held.filter(|(held, _)| held.organization.id == organization) else {
        return Ok(Introspected::default());
    };
    Ok(Introspected {
        active: true,
        kind: Some("share_link".to_owned()),
        organization: Some(organization.to_string()),
        resource: Some(target.id.to_string()),
        permissions: Some(permissions(&held, &target)),
        ..Introspected::default()
    })
}

fn permissions(held: &Held, target: &Resource) -> Vec<String> {
    let preset = held.rules.preset();
    let names = preset.catalogue.names(held.link.given.mask(&held.rules, &target.kind));
    names.into_iter().map(str::to_owned).collect()
}

fn described(ctx: &Ctx, conn: &mut Conn<'_>, link: &[u8; 32]) -> Result<Option<(Held, Resource)>, Stop> {
    let Some(held) = living(&ctx.app, conn, link, ctx.now)? else { return Ok(None) };
    let target = resources::by_id(conn, held.organization.id, held.link.resource)?;
    Ok(target.map(|target| (held, target)))
}

/// What a share link opens, for whoever holds it.
///
/// # Errors
/// `share_link.invalid`.
pub async fn open(ctx: &Ctx, text: &str) -> Result<(Held, Resource), Stop> {
    let hash = of_text(&ctx.app, text).ok_or(Code::ShareLinkInvalid)?;
    let found = ctx.read(move |ctx, conn| described(ctx, conn, &hash)).await?;
    Ok(found.ok_or_else(|| Refusal::of(Code::ShareLinkInvalid))?)
}
