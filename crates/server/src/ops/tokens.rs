//! Tokens that people make for themselves, and what administrators see of them.

use guildhall_domain::access::Permit;
use guildhall_domain::action::Action;
use guildhall_domain::change::Change;
use guildhall_domain::ids::{MemberId, OrgId, TokenId, UserId};
use guildhall_domain::member::Member;
use guildhall_domain::refusal::{Code, Refusal};
use guildhall_domain::text;
use guildhall_domain::time::Timestamp;
use guildhall_domain::token::{self, Token};
use guildhall_store::read::{Page, credential, member as members};
use guildhall_store::{Stop, Tx};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::view::{List, MemberIdentity, MemberView, Nothing, TokenView};
use super::{Answer, Credential, Ctx, id};
use crate::security::token::TokenKind;

/// A new token for oneself.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewToken {
    /// What it is for.
    pub name: String,
    /// Id or slug of the organization it is bound to.
    pub organization: String,
    /// Permissions it carries; left out: everything its holder may, except making tokens.
    #[serde(default)]
    pub scopes: Option<Vec<String>>,
    /// When it stops working; left out: never, unless the policy sets a longest life.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
}

/// Makes a token; its secret is in this answer only.
///
/// # Errors
/// `not_found`, `access.denied`, `token.*`, refused values.
pub async fn create(ctx: &Ctx, wanted: NewToken) -> Result<Answer<TokenView>, Stop> {
    let name = text::name(&wanted.name, "name")?;
    let by_token = matches!(&ctx.caller()?.credential, Credential::Token(t) if t.organization.is_some());
    ctx.write(move |ctx, tx| {
        let place = ctx.take_place(tx, &wanted.organization)?;
        let permit = place.permit(Action::TokenCreate)?;
        let me = place.me()?;
        let user = me.user.ok_or(Code::NotFound)?;
        let minted = ctx.app.credentials.mint(TokenKind::Pat, ctx.app.entropy.as_ref());
        let draft = Token {
            id: TokenId::new(tx.fresh()),
            organization: Some(place.organization.id),
            member: Some(me.id),
            user,
            name: name.clone(),
            scopes: wanted.scopes.clone(),
            last4: minted.last4.clone(),
            expires_at: wanted.expires_at,
            created_at: ctx.now,
            last_used_at: None,
            revoked_at: None,
        };
        let held = credential::tokens_held(tx, place.organization.id, me.id, ctx.now)?;
        let changes = token::create(&permit, &place.rules, draft, minted.hash, by_token, held, ctx.now)?;
        let made = changes.iter().find_map(|c| match c {
            Change::TokenCreated { token, .. } => Some(TokenView::from(token.as_ref())),
            _ => None,
        });
        tx.apply(changes)?;
        let view = made.ok_or(Code::NotFound)?;
        Ok(TokenView { token: Some(minted.secret.expose().clone()).filter(|_| !ctx.dry_run), ..view })
    })
    .await
}

/// The one token that belongs to the first owner as administrator of the installation: valid
/// wherever that person is a member. Made by the operator at the command line only.
///
/// # Errors
/// [`Stop`].
pub fn create_for_operator(ctx: &Ctx, tx: &mut Tx<'_>, user: UserId) -> Result<String, Stop> {
    let minted = ctx.app.credentials.mint(TokenKind::Pat, ctx.app.entropy.as_ref());
    let token = Token {
        id: TokenId::new(tx.fresh()),
        organization: None,
        member: None,
        user,
        name: "made at init".to_owned(),
        scopes: None,
        last4: minted.last4.clone(),
        expires_at: None,
        created_at: ctx.now,
        last_used_at: None,
        revoked_at: None,
    };
    tx.apply(vec![Change::TokenCreated { token: Box::new(token), hash: minted.hash }])?;
    Ok(minted.secret.expose().clone())
}

fn listed(found: &[Token], limit: u32) -> List<TokenView> {
    let items: Vec<TokenView> = found.iter().take(limit as usize).map(Into::into).collect();
    let next = (found.len() > items.len()).then(|| items.last().map(|t| t.id.clone())).flatten();
    List { items, next }
}

/// The caller's tokens, newest first; of a token with scopes, itself.
///
/// # Errors
/// `auth.required`.
pub async fn mine(ctx: &Ctx, page: Page<TokenId>) -> Result<List<TokenView>, Stop> {
    let user = ctx.caller()?.identity.id;
    let reach = reach(ctx)?;
    ctx.read(move |_, conn| {
        let limit = page.limit;
        if let Reach::Itself(which) = reach {
            let found = credential::token_of_identity(conn, user, which)?;
            return Ok(listed(found.as_slice(), limit));
        }
        let found = credential::tokens_of_identity(conn, user, reach.here(), &Page { limit: limit + 1, ..page })?;
        Ok(listed(&found, limit))
    })
    .await
}

/// Which of its holder's tokens a credential sees and revokes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    /// All: a session, or the token made at `init`.
    Everywhere,
    /// Those bound to the same organization.
    Here(OrgId),
    /// Only itself: it was made for a narrow purpose.
    Itself(TokenId),
}

impl Reach {
    const fn here(self) -> Option<OrgId> {
        match self {
            Self::Here(organization) => Some(organization),
            Self::Everywhere | Self::Itself(_) => None,
        }
    }

    fn covers(self, token: &Token) -> bool {
        match self {
            Self::Everywhere => true,
            Self::Here(organization) => token.organization == Some(organization),
            Self::Itself(which) => token.id == which,
        }
    }
}

fn reach(ctx: &Ctx) -> Result<Reach, Refusal> {
    Ok(match &ctx.caller()?.credential {
        Credential::Token(token) if token.scopes.is_some() => Reach::Itself(token.id),
        Credential::Token(token) => token.organization.map_or(Reach::Everywhere, Reach::Here),
        Credential::Session(_) => Reach::Everywhere,
    })
}

/// Revokes one of the caller's tokens.
///
/// # Errors
/// `auth.required`, `not_found`.
pub async fn revoke_mine(ctx: &Ctx, token: &str) -> Result<Answer<Nothing>, Stop> {
    let (user, reach, which) = (ctx.caller()?.identity.id, reach(ctx)?, id::<TokenId>(token)?);
    ctx.write(move |_, tx| {
        let found = credential::token_of_identity(tx, user, which)?;
        let found = found.filter(|t| reach.covers(t)).ok_or(Code::NotFound)?;
        if let Some(organization) = found.organization {
            tx.take_organization(organization)?.ok_or(Code::NotFound)?;
        }
        tx.apply(vec![Change::TokenRevoked { token: Box::new(found) }])?;
        Ok(Nothing {})
    })
    .await
}

/// The organization's tokens, for administrators.
///
/// # Errors
/// `not_found`, `access.denied`.
pub async fn of_organization(ctx: &Ctx, organization: &str, page: Page<TokenId>) -> Result<List<TokenView>, Stop> {
    let organization = organization.to_owned();
    ctx.read(move |ctx, conn| {
        let place = ctx.place(conn, &organization)?;
        place.permit(Action::TokenManage)?;
        let limit = page.limit;
        let found =
            credential::tokens_of_organization(conn, place.organization.id, &Page { limit: limit + 1, ..page })?;
        Ok(listed(&found, limit))
    })
    .await
}

/// A token and the membership that holds it.
#[derive(Clone, Debug)]
pub struct Held {
    /// The token.
    pub token: TokenView,
    /// Who holds it.
    pub holder: Option<Member>,
}

/// The organization's tokens with the names of their holders, for administrators.
///
/// # Errors
/// `not_found`, `access.denied`.
pub async fn held(ctx: &Ctx, organization: &str, page: Page<TokenId>) -> Result<List<Held>, Stop> {
    let organization = organization.to_owned();
    ctx.read(move |ctx, conn| {
        let place = ctx.place(conn, &organization)?;
        place.permit(Action::TokenManage)?;
        let limit = page.limit;
        let found =
            credential::tokens_of_organization(conn, place.organization.id, &Page { limit: limit + 1, ..page })?;
        let ids: Vec<MemberId> = found.iter().filter_map(|t| t.member).collect();
        let holders = members::some(conn, place.organization.id, &ids)?;
        let List { items, next } = listed(&found, limit);
        let holder = |t: &Token| holders.iter().find(|m| Some(m.id) == t.member).cloned();
        let items = items.into_iter().zip(&found).map(|(token, t)| Held { token, holder: holder(t) }).collect();
        Ok(List { items, next })
    })
    .await
}

/// One token of the organization, for administrators.
///
/// # Errors
/// `not_found`, `access.denied`.
pub async fn one_of_organization(ctx: &Ctx, organization: &str, token: &str) -> Result<Held, Stop> {
    let (organization, which) = (organization.to_owned(), id::<TokenId>(token)?);
    ctx.read(move |ctx, conn| {
        let place = ctx.place(conn, &organization)?;
        place.permit(Action::TokenManage)?;
        let found = credential::token_of_organization(conn, place.organization.id, which)?.ok_or(Code::NotFound)?;
        let ids: Vec<MemberId> = found.member.into_iter().collect();
        let holder = members::some(conn, place.organization.id, &ids)?.pop();
        Ok(Held { token: (&found).into(), holder })
    })
    .await
}

/// Revokes somebody's token.
///
/// # Errors
/// `not_found`, `access.denied`.
pub async fn revoke_of_organization(ctx: &Ctx, organization: &str, token: &str) -> Result<Answer<Nothing>, Stop> {
    let (organization, which) = (organization.to_owned(), token.to_owned());
    ctx.write(move |ctx, tx| {
        let place = ctx.take_place(tx, &organization)?;
        let _permit: Permit = place.permit(Action::TokenManage)?;
        let found = credential::token_of_organization(tx, place.organization.id, id(&which)?)?.ok_or(Code::NotFound)?;
        tx.apply(vec![Change::TokenRevoked { token: Box::new(found) }])?;
        Ok(Nothing {})
    })
    .await
}

/// Makes every session and token issued up to now invalid in the organization.
///
/// # Errors
/// `not_found`, `access.denied`.
pub async fn reset_authentication(ctx: &Ctx, organization: &str) -> Result<Answer<Nothing>, Stop> {
    let organization = organization.to_owned();
    ctx.write(move |ctx, tx| {
        let place = ctx.take_place(tx, &organization)?;
        place.permit(Action::AuthenticationReset)?;
        tx.apply(vec![Change::AuthenticationReset { organization: place.organization.id, at: ctx.now }])?;
        Ok(Nothing {})
    })
    .await
}

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
    /// Whether it opens anything in that organization now.
    pub active: bool,
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
}

/// Tells a product what a credential that it was shown stands for.
///
/// # Errors
/// `not_found`, `access.denied`.
pub async fn introspect(ctx: &Ctx, asked: Introspect) -> Result<Introspected, Stop> {
    ctx.place_now(&asked.organization).await?.permit(Action::AccessCheck)?;
    let Some(caller) = crate::http::context::shown(&ctx.app, &asked.token, ctx.address).await? else {
        return Ok(Introspected::default());
    };
    let theirs = Ctx { caller: Some(caller), ..ctx.clone() };
    let found = theirs.place_now(&asked.organization).await;
    let place = match found {
        Ok(place) => place,
        Err(Stop::Refused(_)) => return Ok(Introspected::default()),
        Err(failed) => return Err(failed),
    };
    let me = place.me()?;
    let scopes = match theirs.caller.as_ref().map(|c| &c.credential) {
        Some(Credential::Token(token)) => token.scopes.clone(),
        _ => None,
    };
    Ok(Introspected {
        active: true,
        identity: Some(MemberView::from(me).identity),
        membership: Some(me.id.to_string()),
        organization: Some(place.organization.id.to_string()),
        role: Some(me.role.clone()),
        scopes,
    })
}
