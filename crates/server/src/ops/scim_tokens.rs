//! Tokens of directories and what these asked lately: made, listed, renamed, rotated, revoked, shown.

use guildhall_domain::access::Permit;
use guildhall_domain::action::Action;
use guildhall_domain::ids::{EventId, TokenId};
use guildhall_domain::provisioning::{self as rules_of, ScimToken};
use guildhall_domain::refusal::Code;
use guildhall_domain::text;
use guildhall_domain::time::Timestamp;
use guildhall_store::read::Page;
use guildhall_store::read::scim::{self, ScimRequest};
use guildhall_store::{Stop, Tx};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::view::{List, Nothing};
use super::{Answer, Ctx, Place, id};
use crate::http::cursor;
use crate::security::token::TokenKind;

/// A new token of a directory, or another name for one.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewScimToken {
    /// Which directory has it; 1 to 100 characters.
    pub name: String,
}

/// One token of a directory, without its secret.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ScimTokenView {
    /// `tok_…`
    pub id: String,
    /// Which directory has it.
    pub name: String,
    /// The last four characters of the secret.
    pub last4: String,
    /// The address the directory is given.
    pub base_url: String,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When its present secret was made.
    #[schema(value_type = String, format = DateTime)]
    pub issued_at: Timestamp,
    /// `mem_…` of who made it.
    pub created_by: Option<String>,
    /// Last time the directory came with it, kept roughly; `null` until it is connected.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_used_at: Option<Timestamp>,
    /// The secret itself, in the answer that made it and never again.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub token: Option<String>,
}

/// One request of a directory.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ScimRequestView {
    /// `evt_…`
    pub id: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// The name of the token it came with.
    pub token: String,
    /// Its method.
    pub method: String,
    /// Its path below the organization's address, with what was asked for.
    pub path: String,
    /// The status it was answered with.
    pub status: u16,
    /// What was done in the words of the audit trail, or why not.
    pub outcome: String,
}

impl From<&ScimRequest> for ScimRequestView {
    fn from(r: &ScimRequest) -> Self {
        Self {
            id: r.id.to_string(),
            at: r.at,
            token: r.token_name.clone(),
            method: r.method.clone(),
            path: r.path.clone(),
            status: r.status,
            outcome: r.outcome.clone(),
        }
    }
}

/// The address a directory of this organization is given.
#[must_use]
pub fn base_url(ctx: &Ctx, place: &Place) -> String {
    format!("{}/scim/v2/{}", ctx.app.public_url, place.organization.slug)
}

fn view(ctx: &Ctx, place: &Place, t: &ScimToken) -> ScimTokenView {
    ScimTokenView {
        id: t.id.to_string(),
        name: t.name.clone(),
        last4: t.last4.clone(),
        base_url: base_url(ctx, place),
        created_at: t.created_at,
        issued_at: t.issued_at,
        created_by: t.created_by.map(|id| id.to_string()),
        last_used_at: t.last_used_at,
        token: None,
    }
}

/// Makes a token; its secret is in this answer only.
///
/// # Errors
/// `not_found`, `access.denied`, `session.proof_required`, `scim.not_offered`, `scim_token.limit`, refused values.
pub async fn create(ctx: &Ctx, organization: &str, wanted: NewScimToken) -> Result<Answer<ScimTokenView>, Stop> {
    let organization = organization.to_owned();
    let name = text::short_name(&wanted.name, "name")?;
    ctx.write(move |ctx, tx| {
        let place = ctx.take_place(tx, &organization)?;
        let permit = place.permit(Action::DirectoryManage)?;
        ctx.guard_recent(&place)?;
        let living = scim::tokens(tx, place.organization.id)?.len();
        let minted = ctx.app.credentials.mint(TokenKind::Scim, ctx.app.entropy.as_ref());
        let token = ScimToken {
            id: TokenId::new(tx.fresh()),
            organization: place.organization.id,
            name: name.clone(),
            last4: minted.last4.clone(),
            created_at: ctx.now,
            issued_at: ctx.now,
            created_by: Some(permit.member()),
            last_used_at: None,
        };
        let shown = view(ctx, &place, &token);
        tx.apply(rules_of::create_token(&permit, &place.rules, living, token, minted.hash)?)?;
        Ok(ScimTokenView { token: Some(minted.secret.expose().clone()).filter(|_| !ctx.dry_run), ..shown })
    })
    .await
}

fn taken(ctx: &Ctx, tx: &mut Tx<'_>, organization: &str, token: &str) -> Result<(Place, Permit, ScimToken), Stop> {
    let place = ctx.take_place(tx, organization)?;
    let permit = place.permit(Action::DirectoryManage)?;
    let found = scim::token_by_id(tx, place.organization.id, id(token)?)?.ok_or(Code::NotFound)?;
    Ok((place, permit, found))
}

/// Calls a token something else.
///
/// # Errors
/// `not_found`, `access.denied`, refused values.
pub async fn rename(
    ctx: &Ctx,
    organization: &str,
    token: &str,
    wanted: NewScimToken,
) -> Result<Answer<ScimTokenView>, Stop> {
    let (organization, token) = (organization.to_owned(), token.to_owned());
    let name = text::short_name(&wanted.name, "name")?;
    ctx.write(move |ctx, tx| {
        let (place, permit, found) = taken(ctx, tx, &organization, &token)?;
        let shown = ScimTokenView { name: name.clone(), ..view(ctx, &place, &found) };
        tx.apply(rules_of::rename_token(&permit, found, name.clone()))?;
        Ok(shown)
    })
    .await
}

/// Gives a token another secret, in this answer only; the one before opens nothing from here on.
///
/// # Errors
/// `not_found`, `access.denied`, `scim.not_offered`.
pub async fn rotate(ctx: &Ctx, organization: &str, token: &str) -> Result<Answer<ScimTokenView>, Stop> {
    let (organization, token) = (organization.to_owned(), token.to_owned());
    ctx.write(move |ctx, tx| {
        let (place, permit, found) = taken(ctx, tx, &organization, &token)?;
        ctx.guard_recent(&place)?;
        let minted = ctx.app.credentials.mint(TokenKind::Scim, ctx.app.entropy.as_ref());
        let (last4, secret) = (minted.last4.clone(), minted.secret.expose().clone());
        let before = view(ctx, &place, &found);
        let shown = ScimTokenView { last4: last4.clone(), issued_at: ctx.now, ..before };
        tx.apply(rules_of::rotate_token(&permit, &place.rules, found, last4, minted.hash, ctx.now)?)?;
        Ok(ScimTokenView { token: Some(secret).filter(|_| !ctx.dry_run), ..shown })
    })
    .await
}

/// Ends a token: it opens nothing from here on.
///
/// # Errors
/// `not_found`, `access.denied`.
pub async fn revoke(ctx: &Ctx, organization: &str, token: &str) -> Result<Answer<Nothing>, Stop> {
    let (organization, token) = (organization.to_owned(), token.to_owned());
    ctx.write(move |ctx, tx| {
        let (_, permit, found) = taken(ctx, tx, &organization, &token)?;
        tx.apply(rules_of::revoke_token(&permit, found))?;
        Ok(Nothing {})
    })
    .await
}

/// The tokens, newest first. There are few: all of them are one page.
///
/// # Errors
/// `not_found`, `access.denied`.
pub async fn list(ctx: &Ctx, organization: &str, page: Page<TokenId>) -> Result<List<ScimTokenView>, Stop> {
    let organization = organization.to_owned();
    ctx.app.write_marks().await?;
    ctx.read(move |ctx, conn| {
        let place = ctx.place(conn, &organization)?;
        place.permit(Action::DirectoryManage)?;
        let mut found = scim::tokens(conn, place.organization.id)?;
        found.retain(|token| page.after.is_none_or(|after| token.id < after));
        let (window, last) = cursor::window(&found, page.limit);
        let items = window.iter().map(|token| view(ctx, &place, token)).collect();
        Ok(List { items, next: last.map(|token| token.id.to_string()) })
    })
    .await
}

/// One token.
///
/// # Errors
/// `not_found`, `access.denied`.
pub async fn get(ctx: &Ctx, organization: &str, token: &str) -> Result<ScimTokenView, Stop> {
    let (organization, token) = (organization.to_owned(), token.to_owned());
    ctx.read(move |ctx, conn| {
        let place = ctx.place(conn, &organization)?;
        place.permit(Action::DirectoryManage)?;
        let found = scim::token_by_id(conn, place.organization.id, id(&token)?)?.ok_or(Code::NotFound)?;
        Ok(view(ctx, &place, &found))
    })
    .await
}

/// What directories asked lately and what was done with each request, newest first.
///
/// # Errors
/// `not_found`, `access.denied`.
pub async fn requests(ctx: &Ctx, organization: &str, page: Page<EventId>) -> Result<List<ScimRequestView>, Stop> {
    let organization = organization.to_owned();
    // What this node still keeps in mind belongs to the list.
    ctx.app.write_marks().await?;
    ctx.read(move |ctx, conn| {
        let place = ctx.place(conn, &organization)?;
        place.permit(Action::DirectoryManage)?;
        let limit = page.limit;
        let found = scim::requests(conn, place.organization.id, &Page { limit: limit + 1, ..page })?;
        let (window, last) = cursor::window(&found, limit);
        Ok(List { items: window.iter().map(Into::into).collect(), next: last.map(|r| r.id.to_string()) })
    })
    .await
}
