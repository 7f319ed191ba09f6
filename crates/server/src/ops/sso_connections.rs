//! Connections to identity providers: made, changed, tried, switched on and off; an organization's, and the
//! installation's.

use guildhall_domain::account::guard_sso;
use guildhall_domain::action::Action;
use guildhall_domain::change::Change;
use guildhall_domain::group::GroupChange;
use guildhall_domain::group::GroupOrigin;
use guildhall_domain::identity::Identity;
use guildhall_domain::ids::{ConnectionId, GroupId, OrgId};
use guildhall_domain::preset::ORGANIZATION;
use guildhall_domain::refusal::{Code, Refusal};
use guildhall_domain::sso::{self as rules_of, By, Connection, Kind, MailTrust, Rule, Wish};
use guildhall_store::read::{Page, group as groups, identity, organization as organizations, sso as connections};
use guildhall_store::{Conn, Stop, StoreError, Tx};
use serde_json::json;

use super::identities::guard_whole;
pub use super::saml_shapes::{AttributeNames, CertificateView};
pub use super::sso_shapes::{ConnectionView, ConnectionWish, MappingRule};
use super::view::{List, Nothing};
use super::{Answer, Ctx, Place, id, saml_shapes, sso};
use crate::http::cursor;

/// What a client's secret is sealed for.
const PURPOSE: &str = "sso-client";

/// Whose connections are meant, and who asks.
enum Desk {
    Organization(Box<Place>, guildhall_domain::access::Permit),
    Installation(Identity),
}

impl Desk {
    fn by(&self) -> By<'_> {
        match self {
            Self::Organization(place, permit) => By::Permit(permit, &place.rules),
            Self::Installation(who) => By::Administrator(who),
        }
    }

    fn owner(&self) -> Option<OrgId> {
        match self {
            Self::Organization(place, _) => Some(place.organization.id),
            Self::Installation(_) => None,
        }
    }

    fn read(ctx: &Ctx, conn: &mut Conn<'_>, organization: Option<&str>) -> Result<Self, Stop> {
        match organization {
            Some(name) => {
                let place = ctx.place(conn, name)?;
                let permit = place.permit(Action::SsoManage)?;
                Ok(Self::Organization(Box::new(place), permit))
            }
            None => Ok(Self::Installation(ctx.caller()?.identity.clone())),
        }
    }

    fn take(ctx: &Ctx, tx: &mut Tx<'_>, organization: Option<&str>) -> Result<Self, Stop> {
        match organization {
            Some(name) => {
                let place = ctx.take_place(tx, name)?;
                let permit = place.permit(Action::SsoManage)?;
                Ok(Self::Organization(Box::new(place), permit))
            }
            None => {
                tx.take_instance()?;
                let who = identity::by_id(tx, ctx.caller()?.identity.id)?.ok_or(Code::AuthInvalid)?;
                Ok(Self::Installation(who))
            }
        }
    }

    fn load(&self, conn: &mut Conn<'_>, connection: &str) -> Result<connections::Stored, Stop> {
        let found = connections::by_id(conn, id(connection)?)?;
        Ok(found.filter(|(c, _)| c.organization == self.owner()).ok_or(Code::NotFound)?)
    }

    /// Whether no other connection here is switched on.
    fn is_last(&self, conn: &mut Conn<'_>, but: ConnectionId) -> Result<bool, Stop> {
        match self.owner() {
            Some(here) => Ok(!connections::others_open(conn, here, but)?),
            None => Ok(false),
        }
    }

    /// Refuses what the organization's plan does not have.
    fn guard_plan(&self, conn: &mut Conn<'_>) -> Result<(), Stop> {
        match self {
            Self::Organization(place, _) => guard_plan(conn, place),
            Self::Installation(_) => Ok(()),
        }
    }

    fn wish(&self, conn: &mut Conn<'_>, wanted: &ConnectionWish) -> Result<Wish, Stop> {
        let slug = |name: &String| match self {
            Self::Organization(place, _) => place.role_slug(ORGANIZATION, name),
            Self::Installation(_) => name.clone(),
        };
        let trust = |word: &String| {
            MailTrust::of(word).ok_or_else(|| {
                Refusal::field("mail_trust", "field.invalid", "one of `never`, `claimed_domains`, `always`")
            })
        };
        let mapping = match &wanted.mapping {
            Some(rules) => Some(self.mapping(conn, rules, slug)?),
            None => None,
        };
        let (issuer, saml) = saml_shapes::said(wanted)?;
        Ok(Wish {
            name: wanted.name.clone(),
            issuer,
            client_id: wanted.client_id.clone(),
            saml,
            scopes: wanted.scopes.clone(),
            domains: wanted.domains.clone(),
            position: wanted.position,
            enabled: wanted.enabled,
            just_in_time: wanted.just_in_time,
            role: wanted.role.as_ref().map(|role| role.as_ref().map(slug)),
            mail_trust: wanted.mail_trust.as_ref().map(trust).transpose()?,
            mapping,
        })
    }

    fn mapping(
        &self,
        conn: &mut Conn<'_>,
        rules: &[MappingRule],
        slug: impl Fn(&String) -> String,
    ) -> Result<Vec<Rule>, Stop> {
        let mut made = Vec::new();
        for (at, rule) in rules.iter().enumerate() {
            let field = format!("mapping[{at}].group");
            let unknown = || Refusal::value(Code::GroupUnknown, field.clone(), "there is no such group here");
            let group = match (&rule.group, self.owner()) {
                (None, _) => None,
                (Some(name), Some(here)) => {
                    let id: GroupId = name.parse().map_err(|_| unknown())?;
                    Some(groups::by_id(conn, here, id)?.ok_or_else(unknown)?.id)
                }
                (Some(_), None) => return Err(unknown().into()),
            };
            let (claim, value) = (rule.claim.trim().to_owned(), rule.value.trim().to_owned());
            made.push(Rule { claim, value, role: rule.role.as_ref().map(&slug), group });
        }
        Ok(made)
    }

    /// Marks the groups that a mapping keeps from now on, and those it has let go of.
    fn keep_groups(&self, ctx: &Ctx, tx: &mut Tx<'_>, before: &[Rule], after: &Connection) -> Result<(), Stop> {
        let Self::Organization(place, permit) = self else { return Ok(()) };
        let named = |rules: &[Rule]| rules.iter().filter_map(|r| r.group).collect::<std::collections::BTreeSet<_>>();
        let (old, new) = (named(before), named(&after.mapping));
        for (id, kept) in old.difference(&new).map(|g| (g, false)).chain(new.difference(&old).map(|g| (g, true))) {
            let Some(group) = groups::by_id(tx, place.organization.id, *id)? else { continue };
            if kept {
                let more = super::groups::grants_more(ctx, tx, place, &group, true)?;
                guildhall_domain::group::guard_mapped(permit, &place.rules, &group, more)?;
            }
            let origin = if kept { GroupOrigin::External } else { GroupOrigin::Local };
            let external_id = kept.then(|| after.id.to_string());
            tx.apply(vec![Change::Group(GroupChange::KeptBy { group: Box::new(group), origin, external_id })])?;
        }
        Ok(())
    }
}

fn sealed(ctx: &Ctx, connection: ConnectionId, secret: &str) -> Result<Vec<u8>, Refusal> {
    if secret.is_empty() || secret.len() > 4_000 || secret.chars().any(char::is_control) {
        return Err(Refusal::field("client_secret", "field.invalid", "1 to 4000 bytes, without control characters"));
    }
    Ok(ctx.app.key.seal(PURPOSE, connection.uuid().as_bytes(), secret.as_bytes(), ctx.app.entropy.as_ref()))
}

/// What kind of connection is meant.
fn kind(wanted: &ConnectionWish) -> Result<Option<Kind>, Refusal> {
    let read =
        |word: &String| Kind::of(word).ok_or_else(|| Refusal::field("kind", "field.invalid", "one of `oidc`, `saml`"));
    wanted.kind.as_ref().map(read).transpose()
}

/// Refuses to make one kind the other, and a secret where there is no client.
fn guard_kind(connection: &Connection, wanted: &ConnectionWish) -> Result<(), Refusal> {
    if kind(wanted)?.is_some_and(|kind| kind != connection.kind()) {
        return Err(Refusal::field("kind", "field.invalid", "a connection stays of its kind; make another one"));
    }
    match (&wanted.client_secret, connection.kind()) {
        (Some(Some(_)), Kind::Saml) => {
            Err(Refusal::field("client_secret", "field.invalid", "a connection that speaks SAML has no client"))
        }
        _ => Ok(()),
    }
}

/// A client's secret as it was given.
///
/// # Errors
/// [`StoreError::Corrupt`] when it was sealed with another key.
pub fn opened(ctx: &Ctx, connection: &Connection, sealed: Option<&[u8]>) -> Result<Option<Vec<u8>>, Stop> {
    let open = |bytes| ctx.app.key.open(PURPOSE, connection.id.uuid().as_bytes(), bytes);
    let text = sealed.map(open).transpose().map_err(|e| StoreError::Corrupt(format!("a client's secret: {e}")))?;
    Ok(text.map(|secret| secret.expose().clone()))
}

/// Refuses a new way in by a provider with a plan that does not have it.
fn guard_plan(conn: &mut Conn<'_>, place: &Place) -> Result<(), Stop> {
    let (account, _) = organizations::account(conn, place.organization.id)?;
    guard_sso(place.rules.policy(), &account).map_err(Into::into)
}

/// What speaks against connecting a provider here; `None` when nothing does.
///
/// # Errors
/// `not_found`, `access.denied`.
pub async fn closed(ctx: &Ctx, organization: &str) -> Result<Option<Refusal>, Stop> {
    let name = organization.to_owned();
    ctx.read(move |ctx, conn| {
        let place = ctx.place(conn, &name)?;
        place.permit(Action::SsoManage)?;
        match guard_plan(conn, &place) {
            Err(Stop::Refused(refusal)) => Ok(Some(refusal)),
            other => other.map(|()| None),
        }
    })
    .await
}

fn guard_installation(ctx: &Ctx, organization: Option<&str>) -> Result<(), Stop> {
    if organization.is_some() {
        return Ok(());
    }
    guard_whole(ctx)?;
    By::Administrator(&ctx.caller()?.identity).guard_any().map_err(Into::into)
}

/// Makes a connection, switched off. `None` is the installation.
///
/// # Errors
/// `not_found`, `access.denied`, `instance.administrator_required`, and those of the decision.
pub async fn create(
    ctx: &Ctx,
    organization: Option<&str>,
    wanted: ConnectionWish,
) -> Result<Answer<ConnectionView>, Stop> {
    guard_installation(ctx, organization)?;
    let kind = kind(&wanted)?.unwrap_or(Kind::OpenId);
    for (field, given) in [("name", &wanted.name), ("issuer", &wanted.issuer), ("client_id", &wanted.client_id)] {
        if given.is_none() && (kind == Kind::OpenId || field == "name") {
            return Err(Refusal::field(field, "field.missing", "must be given").into());
        }
    }
    let organization = organization.map(str::to_owned);
    ctx.write(move |ctx, tx| {
        let desk = Desk::take(ctx, tx, organization.as_deref())?;
        desk.guard_plan(tx)?;
        let blank = Connection::new(ConnectionId::new(tx.fresh()), desk.owner(), ctx.now);
        let blank = if kind == Kind::Saml { blank.speaking_saml() } else { blank };
        guard_kind(&blank, &wanted)?;
        let wish = desk.wish(tx, &wanted)?;
        let secret = match &wanted.client_secret {
            Some(Some(text)) => Some(sealed(ctx, blank.id, text.expose())?),
            Some(None) | None => None,
        };
        tx.apply(rules_of::create(desk.by(), &blank, &wish, secret)?)?;
        let (made, _) = connections::by_id(tx, blank.id)?.ok_or(Code::NotFound)?;
        desk.keep_groups(ctx, tx, &[], &made)?;
        Ok(ConnectionView::of(ctx, &made))
    })
    .await
}

/// A page of connections, newest first.
///
/// # Errors
/// `not_found`, `access.denied`, `instance.administrator_required`.
pub async fn list(
    ctx: &Ctx,
    organization: Option<&str>,
    page: Page<ConnectionId>,
) -> Result<List<ConnectionView>, Stop> {
    guard_installation(ctx, organization)?;
    let organization = organization.map(str::to_owned);
    ctx.read(move |ctx, conn| {
        let desk = Desk::read(ctx, conn, organization.as_deref())?;
        let limit = page.limit;
        let found = connections::list(conn, desk.owner(), &Page { limit: limit + 1, ..page })?;
        let (window, last) = cursor::window(&found, limit);
        let items = window.iter().map(|(c, _)| ConnectionView::of(ctx, c)).collect();
        Ok(List { items, next: last.map(|(c, _)| c.id.to_string()) })
    })
    .await
}

/// One connection.
///
/// # Errors
/// `not_found`, `access.denied`, `instance.administrator_required`.
pub async fn get(ctx: &Ctx, organization: Option<&str>, connection: &str) -> Result<ConnectionView, Stop> {
    guard_installation(ctx, organization)?;
    let (organization, connection) = (organization.map(str::to_owned), connection.to_owned());
    ctx.read(move |ctx, conn| {
        let desk = Desk::read(ctx, conn, organization.as_deref())?;
        Ok(ConnectionView::of(ctx, &desk.load(conn, &connection)?.0))
    })
    .await
}

/// Changes a connection, switches it on or off.
///
/// # Errors
/// `not_found`, `access.denied`, `etag.stale`, and those of the decision.
pub async fn edit(
    ctx: &Ctx,
    organization: Option<&str>,
    connection: &str,
    wanted: ConnectionWish,
) -> Result<Answer<ConnectionView>, Stop> {
    guard_installation(ctx, organization)?;
    let (organization, connection) = (organization.map(str::to_owned), connection.to_owned());
    ctx.write(move |ctx, tx| {
        let desk = Desk::take(ctx, tx, organization.as_deref())?;
        let (before, _) = desk.load(tx, &connection)?;
        ctx.guard_seen(before.revision)?;
        guard_kind(&before, &wanted)?;
        if wanted.enabled == Some(true) && !before.enabled {
            desk.guard_plan(tx)?;
        }
        let wish = desk.wish(tx, &wanted)?;
        let secret = match &wanted.client_secret {
            None => None,
            Some(None) => Some(None),
            Some(Some(text)) => Some(Some(sealed(ctx, before.id, text.expose())?)),
        };
        let last = desk.is_last(tx, before.id)?;
        tx.apply(rules_of::edit(desk.by(), &before, &wish, secret, last)?)?;
        let (after, _) = connections::by_id(tx, before.id)?.ok_or(Code::NotFound)?;
        desk.keep_groups(ctx, tx, &before.mapping, &after)?;
        Ok(ConnectionView::of(ctx, &after))
    })
    .await
}

/// Deletes a connection; the sessions it began end.
///
/// # Errors
/// `not_found`, `access.denied`, `sso.last_connection`.
pub async fn delete(ctx: &Ctx, organization: Option<&str>, connection: &str) -> Result<Answer<Nothing>, Stop> {
    guard_installation(ctx, organization)?;
    let (organization, connection) = (organization.map(str::to_owned), connection.to_owned());
    ctx.write(move |ctx, tx| {
        let desk = Desk::take(ctx, tx, organization.as_deref())?;
        let (found, _) = desk.load(tx, &connection)?;
        let last = desk.is_last(tx, found.id)?;
        let gone = Connection { mapping: Vec::new(), ..found.clone() };
        desk.keep_groups(ctx, tx, &found.mapping, &gone)?;
        tx.apply(rules_of::delete(desk.by(), &found, last)?)?;
        Ok(Nothing {})
    })
    .await
}

/// Tries a connection, step by step, and keeps what was found.
///
/// # Errors
/// `not_found`, `access.denied`, `instance.administrator_required`.
pub async fn test(ctx: &Ctx, organization: Option<&str>, connection: &str) -> Result<Answer<ConnectionView>, Stop> {
    guard_installation(ctx, organization)?;
    let (organization, connection) = (organization.map(str::to_owned), connection.to_owned());
    let (name, asked) = (organization.clone(), connection.clone());
    let (found, secret) = ctx
        .read(move |ctx, conn| {
            let desk = Desk::read(ctx, conn, name.as_deref())?;
            let (found, sealed) = desk.load(conn, &asked)?;
            desk.guard_plan(conn)?;
            let secret = opened(ctx, &found, sealed.as_deref())?;
            Ok((found, secret.and_then(|bytes| String::from_utf8(bytes).ok())))
        })
        .await?;
    let redirect = sso::redirect_uri(ctx);
    let trial = ctx.app.providers.try_out(&found, secret.as_deref(), &redirect, ctx.now).await;
    ctx.write(move |ctx, tx| {
        let desk = Desk::take(ctx, tx, organization.as_deref())?;
        let (present, _) = desk.load(tx, &connection)?;
        // What was tried may have changed meanwhile.
        let works = trial.works && present.is_tested_by(&found);
        tx.apply(rules_of::tested(&present, works, json!(trial), ctx.now))?;
        Ok(ConnectionView::of(ctx, &desk.load(tx, &connection)?.0))
    })
    .await
}
