//! Deploy keys: made, listed, deleted, recognised.

use guildhall_domain::action::Action;
use guildhall_domain::deploy_key::{self as rules_of, DeployKey};
use guildhall_domain::ids::TokenId;
use guildhall_domain::refusal::Code;
use guildhall_domain::text;
use guildhall_domain::time::Timestamp;
use guildhall_store::Stop;
use guildhall_store::read::{Page, deploy_key as keys};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::view::{List, Nothing};
use super::{Answer, Ctx, id};
use crate::http::cursor;
use crate::security::token::TokenKind;

/// A new deploy key.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDeployKey {
    /// What it is for; 1 to 100 characters.
    pub name: String,
}

/// One deploy key, without its secret.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct DeployKeyView {
    /// `tok_…`
    pub id: String,
    /// What it is for.
    pub name: String,
    /// The last four characters of the secret.
    pub last4: String,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// `mem_…` of who made it.
    pub created_by: Option<String>,
    /// Last time it was shown to a product, kept roughly; `null` until first used.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_used_at: Option<Timestamp>,
    /// The secret itself, in the answer that made it and never again.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub token: Option<String>,
}

impl From<&DeployKey> for DeployKeyView {
    fn from(k: &DeployKey) -> Self {
        Self {
            id: k.id.to_string(),
            name: k.name.clone(),
            last4: k.last4.clone(),
            created_at: k.created_at,
            created_by: k.created_by.map(|id| id.to_string()),
            last_used_at: k.last_used_at,
            token: None,
        }
    }
}

/// Makes a deploy key; its secret is in this answer only.
///
/// # Errors
/// `not_found`, `access.denied`, `deploy_key.not_offered`, refused values.
pub async fn create(ctx: &Ctx, organization: &str, wanted: NewDeployKey) -> Result<Answer<DeployKeyView>, Stop> {
    let organization = organization.to_owned();
    let name = text::short_name(&wanted.name, "name")?;
    ctx.write(move |ctx, tx| {
        let place = ctx.take_place(tx, &organization)?;
        let permit = place.permit(Action::TokenDeploy)?;
        ctx.guard_recent(&place)?;
        let minted = ctx.app.credentials.mint(TokenKind::Dep, ctx.app.entropy.as_ref());
        let key = DeployKey {
            id: TokenId::new(tx.fresh()),
            organization: place.organization.id,
            name: name.clone(),
            last4: minted.last4.clone(),
            created_at: ctx.now,
            created_by: Some(permit.member()),
            last_used_at: None,
        };
        let view = DeployKeyView::from(&key);
        tx.apply(rules_of::create(&permit, &place.rules, key, minted.hash)?)?;
        Ok(DeployKeyView { token: Some(minted.secret.expose().clone()).filter(|_| !ctx.dry_run), ..view })
    })
    .await
}

/// A page of deploy keys, newest first.
///
/// # Errors
/// `not_found`, `access.denied`.
pub async fn list(ctx: &Ctx, organization: &str, page: Page<TokenId>) -> Result<List<DeployKeyView>, Stop> {
    let organization = organization.to_owned();
    ctx.read(move |ctx, conn| {
        let place = ctx.place(conn, &organization)?;
        place.permit(Action::TokenDeploy)?;
        let limit = page.limit;
        let found = keys::list(conn, place.organization.id, &Page { limit: limit + 1, ..page })?;
        let (window, last) = cursor::window(&found, limit);
        Ok(List { items: window.iter().map(Into::into).collect(), next: last.map(|k| k.id.to_string()) })
    })
    .await
}

/// Deletes a deploy key: it proves nothing from here on.
///
/// # Errors
/// `not_found`, `access.denied`.
pub async fn delete(ctx: &Ctx, organization: &str, key: &str) -> Result<Answer<Nothing>, Stop> {
    let (organization, key) = (organization.to_owned(), key.to_owned());
    ctx.write(move |ctx, tx| {
        let place = ctx.take_place(tx, &organization)?;
        let permit = place.permit(Action::TokenDeploy)?;
        let found = keys::by_id(tx, place.organization.id, id(&key)?)?.ok_or(Code::NotFound)?;
        tx.apply(rules_of::delete(&permit, found))?;
        Ok(Nothing {})
    })
    .await
}
