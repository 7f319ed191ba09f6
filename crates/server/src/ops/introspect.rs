//! What a session, a token, a share link or a deploy key that was shown to a product stands for.

use guildhall_domain::action::Action;
use guildhall_domain::deploy_key::proves;
use guildhall_store::Stop;
use guildhall_store::read::deploy_key;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::token_shapes::kind_of;
use super::view::{MemberIdentity, MemberView};
use super::{Credential, Ctx, Place, share_links, tenants};
use crate::security::token::TokenKind;

/// A session or token somebody showed a product.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Introspect {
    /// The token, or the value of the session cookie.
    pub token: String,
    /// The organization it is used for: id or slug.
    pub organization: String,
}

/// What a session or token stands for.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct Introspected {
    /// Whether it opens anything in that organization now; a deploy key, whether it proves it.
    pub active: bool,
    /// `session`, `personal_token`, `service_token`, `deploy_key` or `share_link`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub kind: Option<String>,
    /// Who.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub identity: Option<MemberIdentity>,
    /// `mem_…`
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub membership: Option<String>,
    /// `org_…`
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub organization: Option<String>,
    /// Slug of the role.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub role: Option<String>,
    /// What the credential carries; absent is everything its holder may.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub scopes: Option<Vec<String>>,
    /// `res_…` that a share link shares.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub resource: Option<String>,
    /// Of an organization of a tenant: whether its workspaces have a database endpoint, as the tenant says.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub database_endpoint: Option<bool>,
    /// What a share link gives there.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub permissions: Option<Vec<String>>,
}

/// Tells a product what a credential that it was shown stands for.
///
/// # Errors
/// `not_found`, `access.denied`.
pub async fn introspect(ctx: &Ctx, asked: Introspect) -> Result<Introspected, Stop> {
    let asking = ctx.place_now(&asked.organization).await?;
    asking.permit(Action::AccessCheck)?;
    if let Some(hash) = ctx.app.credentials.parse_as(TokenKind::Dep, &asked.token) {
        return of_deploy_key(ctx, asking, hash).await;
    }
    if let Some(link) = share_links::token(ctx, &asked.token) {
        return share_links::introspect(ctx, asking.organization.id, link).await;
    }
    let Some((caller, seen_at)) = crate::http::context::shown(&ctx.app, &asked.token, ctx.address).await? else {
        return Ok(Introspected::default());
    };
    let theirs = Ctx { caller: Some(caller), seen_at, ..ctx.clone() };
    let place = match theirs.place_now(&asked.organization).await {
        Ok(place) => place,
        Err(Stop::Refused(_)) => return Ok(Introspected::default()),
        Err(failed) => return Err(failed),
    };
    let database_endpoint = match place.organization.tenant {
        None => None,
        Some(_) => {
            let place = place.clone();
            Some(ctx.read(move |_, conn| tenants::settings_above(conn, &place)).await?.database_endpoint)
        }
    };
    let me = place.me()?;
    let (kind, scopes) = match theirs.caller.as_ref().map(|c| &c.credential) {
        Some(Credential::Token(token)) => (kind_of(token.holder), token.scopes.clone()),
        _ => ("session", None),
    };
    Ok(Introspected {
        active: true,
        kind: Some(kind.to_owned()),
        identity: Some(MemberView::from(me).identity),
        membership: Some(me.id.to_string()),
        organization: Some(place.organization.id.to_string()),
        role: Some(me.role.clone()),
        scopes,
        database_endpoint,
        ..Introspected::default()
    })
}

/// A deploy key proves its organization and does nothing else (PX-42).
async fn of_deploy_key(ctx: &Ctx, place: Place, hash: [u8; 32]) -> Result<Introspected, Stop> {
    let here = place.organization.id;
    let found = ctx.glance(move |_, conn| Ok(deploy_key::by_secret(conn, &hash)?)).await?;
    let Some(key) = found.filter(|k| k.organization == here && proves(&place.rules, k, place.organization.valid_from))
    else {
        return Ok(Introspected::default());
    };
    ctx.app.mark_token(key.id);
    Ok(Introspected {
        active: true,
        kind: Some("deploy_key".to_owned()),
        organization: Some(here.to_string()),
        ..Introspected::default()
    })
}
