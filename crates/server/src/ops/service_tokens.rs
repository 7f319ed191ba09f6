//! Tokens of service accounts: made, listed, changed, rotated, shown again, revoked.

use guildhall_domain::access::Permit;
use guildhall_domain::action::Action;
use guildhall_domain::ids::{GroupId, OrgId, ResourceId, TokenId};
use guildhall_domain::member::{Member, MemberKind};
use guildhall_domain::refusal::Code;
use guildhall_domain::resource::Grant;
use guildhall_domain::service_account::ServiceAccount;
use guildhall_domain::text;
use guildhall_domain::token::{self as rules_of, Rotation, Token};
use guildhall_store::read::{Page, credential, group as groups, resource as resources};
use guildhall_store::{Conn, Stop, Tx};

use super::resources::rights_at;
use super::service_accounts::{load, taken};
use super::token_shapes::{EditToken, NewServiceToken, Rotate, TokenValue, TokenView};
use super::tokens::{Minted, created, edited, listed, revoked, value};
use super::view::{List, Nothing};
use super::{Answer, Ctx, Place, id};
use crate::security::token::TokenKind;

/// A page of a service account's tokens, newest first.
///
/// # Errors
/// `not_found`, `access.denied`.
pub async fn list(ctx: &Ctx, organization: &str, account: &str, page: Page<TokenId>) -> Result<List<TokenView>, Stop> {
    let (organization, account) = (organization.to_owned(), account.to_owned());
    ctx.read(move |ctx, conn| {
        let place = ctx.place(conn, &organization)?;
        place.permit(Action::ServiceAccountManage)?;
        let holder = load(conn, &place, &account)?.member.id;
        let limit = page.limit;
        let page = Page { limit: limit + 1, ..page };
        Ok(listed(&credential::tokens_of_member(conn, place.organization.id, holder, &page)?, limit))
    })
    .await
}

/// Looks at everything somebody whose secret it is is given beside the role, and asks whether the caller has it too.
pub(super) fn guard_gifts(
    ctx: &Ctx,
    tx: &mut Tx<'_>,
    (place, permit): (&Place, &Permit),
    holder: &Member,
) -> Result<(), Stop> {
    let here = place.organization.id;
    let seats: Vec<GroupId> = groups::of_member(tx, here, holder.id)?.iter().map(|seat| seat.group).collect();
    let mut grants = resources::of_member(tx, here, holder.id)?;
    for group in &seats {
        grants.extend(resources::of_group(tx, here, *group)?);
    }
    grants.retain(|grant| grant.lives(ctx.now));
    let mut given: Vec<(ResourceId, Option<Grant>)> = grants.into_iter().map(|g| (g.resource, Some(g))).collect();
    given.extend(resources::owned_by(tx, here, holder.id)?.into_iter().map(|owned| (owned.id, None)));
    let mut more = false;
    for (resource, grant) in given {
        let path = resources::path(tx, here, resource)?;
        let Some(target) = path.last() else { continue };
        let owner = || place.rules.preset().owner_mask(&target.kind);
        let mask = grant.map_or_else(owner, |grant| grant.mask(&place.rules, &target.kind));
        more |= !mask.is_subset_of(rights_at(ctx, tx, place, &path)?);
    }
    Ok(rules_of::guard_gifts(permit, &place.rules, &seats, more)?)
}

/// Makes a token for a service account; its secret is in this answer only.
///
/// # Errors
/// `not_found`, `access.denied`, and those of the decision.
pub async fn create(
    ctx: &Ctx,
    organization: &str,
    account: &str,
    wanted: NewServiceToken,
) -> Result<Answer<TokenView>, Stop> {
    let (organization, account) = (organization.to_owned(), account.to_owned());
    let name = wanted.name.as_deref().map(|name| text::short_name(name, "name")).transpose()?;
    ctx.write(move |ctx, tx| {
        let (place, permit, found) = taken(ctx, tx, &organization, &account)?;
        ctx.guard_recent(&place)?;
        let holder = &found.member;
        let token = TokenId::new(tx.fresh());
        let minted = Minted::of(ctx, TokenKind::Svc, token);
        let draft = Token {
            organization: Some(place.organization.id),
            member: Some(holder.id),
            scopes: wanted.scopes.clone(),
            expires_at: wanted.expires_at,
            ..minted.token(
                ctx,
                token,
                (holder.user.ok_or(Code::NotFound)?, MemberKind::ServiceAccount),
                name.as_ref().unwrap_or(&holder.name),
            )
        };
        let held = credential::tokens_held(tx, place.organization.id, holder.id, ctx.now)?;
        guard_gifts(ctx, tx, (&place, &permit), holder)?;
        let changes = rules_of::create_for(&permit, &place.rules, holder, draft, minted.kept.clone(), held, ctx.now)?;
        created(ctx, tx, changes, &minted)
    })
    .await
}

fn token_of(conn: &mut Conn<'_>, organization: OrgId, account: &ServiceAccount, token: &str) -> Result<Token, Stop> {
    let found = credential::token_of_organization(conn, organization, id(token)?)?;
    Ok(found.filter(|t| t.member == Some(account.member.id)).ok_or(Code::NotFound)?)
}

/// Renames a service account's token, switches it off or on.
///
/// # Errors
/// `not_found`, `access.denied`, `service_account.other_top`, refused values.
pub async fn edit(
    ctx: &Ctx,
    organization: &str,
    account: &str,
    token: &str,
    wanted: EditToken,
) -> Result<Answer<TokenView>, Stop> {
    let (organization, account, token) = (organization.to_owned(), account.to_owned(), token.to_owned());
    let name = wanted.name.as_deref().map(|name| text::short_name(name, "name")).transpose()?;
    ctx.write(move |ctx, tx| {
        let (place, permit, account) = taken(ctx, tx, &organization, &account)?;
        let found = token_of(tx, place.organization.id, &account, &token)?;
        rules_of::guard_holder(&permit, &place.rules, &account.member)?;
        edited(tx, &found, name.clone(), wanted.active)
    })
    .await
}

/// Gives a service account's token a new secret, shown in this answer only.
///
/// # Errors
/// `not_found`, `access.denied`, and those of the decision.
pub async fn rotate(
    ctx: &Ctx,
    organization: &str,
    account: &str,
    token: &str,
    wanted: Rotate,
) -> Result<Answer<TokenView>, Stop> {
    let (organization, account, token) = (organization.to_owned(), account.to_owned(), token.to_owned());
    ctx.write(move |ctx, tx| {
        let (place, permit, account) = taken(ctx, tx, &organization, &account)?;
        ctx.guard_recent(&place)?;
        let found = token_of(tx, place.organization.id, &account, &token)?;
        guard_gifts(ctx, tx, (&place, &permit), &account.member)?;
        let minted = Minted::of(ctx, TokenKind::Svc, found.id);
        let rotation =
            Rotation { overlap_s: wanted.overlap_s, expires_at: wanted.expires_at, last4: minted.last4.clone() };
        let (rules, kept) = (&place.rules, minted.kept.clone());
        let changes = rules_of::rotate(&permit, rules, &account.member, &found, &rotation, kept, ctx.now)?;
        created(ctx, tx, changes, &minted)
    })
    .await
}

/// Revokes a service account's token.
///
/// # Errors
/// `not_found`, `access.denied`, `service_account.other_top`.
pub async fn revoke(ctx: &Ctx, organization: &str, account: &str, token: &str) -> Result<Answer<Nothing>, Stop> {
    let (organization, account, token) = (organization.to_owned(), account.to_owned(), token.to_owned());
    ctx.write(move |ctx, tx| {
        let (place, permit, account) = taken(ctx, tx, &organization, &account)?;
        let found = token_of(tx, place.organization.id, &account, &token)?;
        rules_of::guard_holder(&permit, &place.rules, &account.member)?;
        revoked(tx, found)
    })
    .await
}

/// Shows the value of a service account's token again, where the policy keeps values.
///
/// # Errors
/// `not_found`, `access.denied`, and those of the decision.
pub async fn show_value(ctx: &Ctx, organization: &str, account: &str, token: &str) -> Result<TokenValue, Stop> {
    let (organization, account, token) = (organization.to_owned(), account.to_owned(), token.to_owned());
    let shown = ctx.write(move |ctx, tx| {
        let (place, permit, account) = taken(ctx, tx, &organization, &account)?;
        let found = token_of(tx, place.organization.id, &account, &token)?;
        rules_of::guard_secret(&permit, &place.rules, &account.member)?;
        guard_gifts(ctx, tx, (&place, &permit), &account.member)?;
        value(ctx, tx, &place.rules, &found)
    });
    shown.await?.done()
}
