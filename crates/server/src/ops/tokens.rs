//! Tokens that people make for themselves, and what administrators see of all tokens.

use guildhall_domain::access::Permit;
use guildhall_domain::action::Action;
use guildhall_domain::change::Change;
use guildhall_domain::ids::{MemberId, OrgId, TokenId, UserId};
use guildhall_domain::member::{Member, MemberKind};
use guildhall_domain::preset::Rules;
use guildhall_domain::refusal::{Code, Refusal};
use guildhall_domain::text;
use guildhall_domain::token::{self, KeptSecret, Token, TokenChange, TokenEdit};
use guildhall_store::read::{Page, credential, member as members};
use guildhall_store::{Conn, Stop, StoreError, Tx};

use super::service_tokens::guard_gifts;
pub use super::token_shapes::{EditToken, NewToken, TokenValue, TokenView};
use super::view::{List, Nothing};
use super::{Answer, Credential, Ctx, Place, id};
use crate::security::secret::Secret;
use crate::security::token::TokenKind;

/// What values of tokens are sealed for.
const VALUES: &str = "token.value";

/// A secret just made: its text, and what is kept of it.
pub(super) struct Minted {
    text: Secret<String>,
    pub(super) last4: String,
    pub(super) kept: KeptSecret,
}

impl Minted {
    /// Makes a secret for a token. Whether the sealed value is kept is the domain's to say.
    pub(super) fn of(ctx: &Ctx, kind: TokenKind, token: TokenId) -> Self {
        let minted = ctx.app.credentials.mint(kind, ctx.app.entropy.as_ref());
        let (text, entropy) = (minted.secret, ctx.app.entropy.as_ref());
        let sealed = ctx.app.key.seal(VALUES, token.uuid().as_bytes(), text.expose().as_bytes(), entropy);
        Self { last4: minted.last4, kept: KeptSecret { hash: minted.hash, sealed: Some(sealed) }, text }
    }

    /// A token of that secret, made now, with nothing said about where and how far it works.
    pub(super) fn token(&self, ctx: &Ctx, id: TokenId, (user, holder): (UserId, MemberKind), name: &str) -> Token {
        Token {
            id,
            organization: None,
            member: None,
            user,
            holder,
            name: name.to_owned(),
            scopes: None,
            last4: self.last4.clone(),
            expires_at: None,
            created_at: ctx.now,
            issued_at: ctx.now,
            last_used_at: None,
            active: true,
            revoked_at: None,
        }
    }
}

/// Applies what makes or rotates a token, and answers with the secret.
pub(super) fn created(ctx: &Ctx, tx: &mut Tx<'_>, changes: Vec<Change>, minted: &Minted) -> Result<TokenView, Stop> {
    let made = changes.iter().find_map(|change| match change {
        Change::Token(change) => Some(TokenView::from(change.token())),
        _ => None,
    });
    tx.apply(changes)?;
    let view = made.ok_or(Code::NotFound)?;
    Ok(TokenView { token: Some(minted.text.expose().clone()).filter(|_| !ctx.dry_run), ..view })
}

/// Applies new values of a token.
pub(super) fn edited(
    tx: &mut Tx<'_>,
    found: &Token,
    name: Option<String>,
    active: Option<bool>,
) -> Result<TokenView, Stop> {
    let edit = TokenEdit { name, active };
    tx.apply(token::edit(found, &edit))?;
    let (name, active) = (edit.name.unwrap_or_else(|| found.name.clone()), edit.active.unwrap_or(found.active));
    Ok((&Token { name, active, ..found.clone() }).into())
}

/// Applies the end of a token.
pub(super) fn revoked(tx: &mut Tx<'_>, found: Token) -> Result<Nothing, Stop> {
    tx.apply(vec![Change::Token(TokenChange::Revoked { token: Box::new(found) })])?;
    Ok(Nothing {})
}

/// Records that a token's value is shown again, and opens it.
pub(super) fn value(ctx: &Ctx, tx: &mut Tx<'_>, rules: &Rules, found: &Token) -> Result<TokenValue, Stop> {
    tx.apply(token::show_value(rules, found)?)?;
    // Made before the policy kept values: there is nothing to show.
    let sealed = credential::sealed_value(tx, found.id)?.ok_or(Code::TokenValueHidden)?;
    let opened = ctx.app.key.open(VALUES, found.id.uuid().as_bytes(), &sealed);
    let opened = opened.map_err(|e| StoreError::Corrupt(format!("the value of {}: {e}", found.id)))?;
    let token = String::from_utf8_lossy(opened.expose()).into_owned();
    Ok(TokenValue { id: found.id.to_string(), token })
}

/// Makes a token; its secret is in this answer only.
///
/// # Errors
/// `not_found`, `access.denied`, `token.*`, refused values.
pub async fn create(ctx: &Ctx, wanted: NewToken) -> Result<Answer<TokenView>, Stop> {
    let name = text::short_name(&wanted.name, "name")?;
    let by_token = matches!(&ctx.caller()?.credential, Credential::Token(t) if t.organization.is_some());
    ctx.write(move |ctx, tx| {
        let place = ctx.take_place(tx, &wanted.organization)?;
        let permit = place.permit(Action::TokenCreate)?;
        ctx.guard_recent(&place)?;
        let me = place.me()?;
        let which = TokenId::new(tx.fresh());
        let minted = Minted::of(ctx, TokenKind::Pat, which);
        let draft = Token {
            organization: Some(place.organization.id),
            member: Some(me.id),
            scopes: wanted.scopes.clone(),
            expires_at: wanted.expires_at,
            ..minted.token(ctx, which, (me.user.ok_or(Code::NotFound)?, MemberKind::Person), &name)
        };
        let held = credential::tokens_held(tx, place.organization.id, me.id, ctx.now)?;
        let kept = minted.kept.clone();
        let changes = token::create(&permit, &place.rules, draft, kept, by_token, held, ctx.now)?;
        created(ctx, tx, changes, &minted)
    })
    .await
}

/// The one token that belongs to the first owner as administrator of the installation: valid
/// wherever that person is a member. Made by the operator at the command line only.
///
/// # Errors
/// [`Stop`].
pub fn create_for_operator(ctx: &Ctx, tx: &mut Tx<'_>, user: UserId) -> Result<String, Stop> {
    let which = TokenId::new(tx.fresh());
    let minted = Minted::of(ctx, TokenKind::Pat, which);
    let token = Box::new(minted.token(ctx, which, (user, MemberKind::Person), "made at init"));
    let secret = KeptSecret { sealed: None, ..minted.kept };
    tx.apply(vec![Change::Token(TokenChange::Created { token, secret })])?;
    Ok(minted.text.expose().clone())
}

pub(super) fn listed(found: &[Token], limit: u32) -> List<TokenView> {
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
    ctx.caller()?;
    let which = id::<TokenId>(token)?;
    ctx.write(move |ctx, tx| {
        let found = own(ctx, tx, which)?;
        revoked(tx, found)
    })
    .await
}

/// One of the caller's tokens, with its organization taken.
fn own(ctx: &Ctx, tx: &mut Tx<'_>, which: TokenId) -> Result<Token, Stop> {
    let reach = reach(ctx)?;
    let found = credential::token_of_identity(tx, ctx.caller()?.identity.id, which)?;
    let found = found.filter(|t| reach.covers(t)).ok_or(Code::NotFound)?;
    if let Some(organization) = found.organization {
        tx.take_organization(organization)?.ok_or(Code::NotFound)?;
    }
    Ok(found)
}

fn guard_minting(ctx: &Ctx) -> Result<(), Refusal> {
    match &ctx.caller()?.credential {
        Credential::Token(in_use) => token::guard_minting(in_use),
        Credential::Session(_) => Ok(()),
    }
}

/// Renames one of the caller's tokens, switches it off or on.
///
/// # Errors
/// `auth.required`, `token.scope_missing`, `not_found`, refused values.
pub async fn edit_mine(ctx: &Ctx, token: &str, wanted: EditToken) -> Result<Answer<TokenView>, Stop> {
    guard_minting(ctx)?;
    let which = id::<TokenId>(token)?;
    let name = wanted.name.as_deref().map(|name| text::short_name(name, "name")).transpose()?;
    ctx.write(move |ctx, tx| {
        let found = own(ctx, tx, which)?;
        edited(tx, &found, name.clone(), wanted.active)
    })
    .await
}

/// Shows the value of one of the caller's tokens again, where the policy keeps values.
///
/// # Errors
/// `auth.required`, `token.scope_missing`, `not_found`, `token.value_hidden`.
pub async fn my_value(ctx: &Ctx, token: &str) -> Result<TokenValue, Stop> {
    guard_minting(ctx)?;
    let which = id::<TokenId>(token)?;
    let shown = ctx.write(move |ctx, tx| {
        let found = own(ctx, tx, which)?;
        let organization = found.organization.ok_or(Code::TokenValueHidden)?;
        let place = ctx.place(tx, &organization.to_string())?;
        ctx.guard_recent(&place)?;
        value(ctx, tx, &place.rules, &found)
    });
    shown.await?.done()
}

/// The organization's tokens, for administrators.
///
/// # Errors
/// `not_found`, `access.denied`.
pub async fn of_organization(ctx: &Ctx, organization: &str, page: Page<TokenId>) -> Result<List<TokenView>, Stop> {
    let organization = organization.to_owned();
    ctx.read(move |ctx, conn| Ok(listed(&all(ctx, conn, &organization, &page)?.1, page.limit))).await
}

/// A page of an organization's tokens, with one more where there is one.
fn all(ctx: &Ctx, conn: &mut Conn<'_>, organization: &str, page: &Page<TokenId>) -> Result<(Place, Vec<Token>), Stop> {
    let place = ctx.place(conn, organization)?;
    place.permit(Action::TokenManage)?;
    let page = Page { after: page.after, limit: page.limit + 1 };
    let found = credential::tokens_of_organization(conn, place.organization.id, &page)?;
    Ok((place, found))
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
        let (place, found) = all(ctx, conn, &organization, &page)?;
        let ids: Vec<MemberId> = found.iter().filter_map(|t| t.member).collect();
        let holders = members::some(conn, place.organization.id, &ids)?;
        let List { items, next } = listed(&found, page.limit);
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

/// Everything a decision about a token of the organization rests on.
fn held_token(
    ctx: &Ctx,
    tx: &mut Tx<'_>,
    organization: &str,
    token: &str,
) -> Result<(Place, Permit, Token, Option<Member>), Stop> {
    let place = ctx.take_place(tx, organization)?;
    let permit = place.permit(Action::TokenManage)?;
    let found = credential::token_of_organization(tx, place.organization.id, id(token)?)?.ok_or(Code::NotFound)?;
    let holder = found.member.map(|member| members::by_id(tx, place.organization.id, member)).transpose()?.flatten();
    // Whoever is gone holds no token any more; an owner of the tenant holds one without a membership.
    Ok((place, permit, found, holder))
}

/// Revokes somebody's token.
///
/// # Errors
/// `not_found`, `access.denied`, `service_account.other_top`.
pub async fn revoke_of_organization(ctx: &Ctx, organization: &str, token: &str) -> Result<Answer<Nothing>, Stop> {
    let (organization, which) = (organization.to_owned(), token.to_owned());
    ctx.write(move |ctx, tx| {
        let (place, permit, found, holder) = held_token(ctx, tx, &organization, &which)?;
        if let Some(holder) = &holder {
            token::guard_holder(&permit, &place.rules, holder)?;
        }
        revoked(tx, found)
    })
    .await
}

/// Shows the value of somebody's token again, where the policy keeps values.
///
/// # Errors
/// `not_found`, `access.denied`, and those of the decision.
pub async fn value_of_organization(ctx: &Ctx, organization: &str, token: &str) -> Result<TokenValue, Stop> {
    let (organization, which) = (organization.to_owned(), token.to_owned());
    let shown = ctx.write(move |ctx, tx| {
        let (place, permit, found, holder) = held_token(ctx, tx, &organization, &which)?;
        let holder = holder.ok_or(Code::NotFound)?;
        guard_gifts(ctx, tx, (&place, &permit), &holder)?;
        token::guard_secret(&permit, &place.rules, &holder)?;
        ctx.guard_recent(&place)?;
        value(ctx, tx, &place.rules, &found)
    });
    shown.await?.done()
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
