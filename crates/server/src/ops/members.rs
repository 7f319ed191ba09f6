//! Members: listed, shown, given another role, switched off and on. How they go stands in
//! [`departures`](super::departures).

use std::collections::HashMap;

use guildhall_domain::access::Permit;
use guildhall_domain::action::Action;
use guildhall_domain::change::Change;
use guildhall_domain::ids::{GroupId, MemberId, OrgId};
use guildhall_domain::member::{self, Member, MemberKind, Status, Surroundings};
use guildhall_domain::refusal::{Code, Refusal};
use guildhall_domain::text::fold;
use guildhall_store::read::member::Filter;
use guildhall_store::read::{Page, group as groups, member as members};
use guildhall_store::{Conn, Stop, Tx};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::view::{List, MemberGroup, MemberView, Nothing};
use super::{Answer, Ctx, Place, id, joining};
use crate::http::cursor;

/// How many members one step of an export reads.
const STEP: u32 = 100;

/// Which members to list.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct MemberQuery {
    /// Part of a name, address or handle.
    pub query: Option<String>,
    /// Only of this status.
    pub status: Option<String>,
    /// Only with this role.
    pub role: Option<String>,
    /// Only in this group: `grp_…`.
    pub group: Option<String>,
    /// `person` or `service_account`.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// How many at most: 1 to 100.
    pub limit: Option<u32>,
    /// Where the page before ended.
    pub after: Option<String>,
}

/// A member's new role.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRole {
    /// Slug or id of the role.
    pub role: String,
}

fn word<T>(
    text: Option<&str>,
    field: &str,
    of: impl Fn(&str) -> Option<T>,
    known: &[&str],
) -> Result<Option<T>, Refusal> {
    let Some(text) = text.filter(|t| !t.is_empty()) else { return Ok(None) };
    match of(text) {
        Some(value) => Ok(Some(value)),
        None => Err(Refusal::field(field, "field.invalid", format!("one of {}", known.join(", ")))),
    }
}

fn filter(query: &MemberQuery) -> Result<Filter, Refusal> {
    let listed: Vec<&str> = Status::ALL.iter().filter(|s| **s != Status::Removed).map(|s| s.word()).collect();
    let kinds: Vec<&str> = MemberKind::ALL.iter().map(|k| k.word()).collect();
    Ok(Filter {
        query: query.query.as_deref().map(fold).filter(|q| !q.trim().is_empty()).map(|q| q.trim().to_owned()),
        status: word(query.status.as_deref(), "status", |t| Status::of(t).filter(|s| *s != Status::Removed), &listed)?,
        role: query.role.clone().filter(|r| !r.is_empty()),
        group: word(query.group.as_deref(), "group", |t| t.parse::<GroupId>().ok(), &["`grp_…`"])?,
        kind: word(query.kind.as_deref(), "type", MemberKind::of, &kinds)?,
    })
}

/// A list somebody asked for, read and checked.
pub(super) struct Listing {
    filter: Filter,
    limit: u32,
    after: Option<members::After>,
}

impl Listing {
    pub(super) fn of(query: &MemberQuery) -> Result<Self, Refusal> {
        let after = query.after.as_deref().map(cursor::read::<(String, String)>).transpose()?;
        let after =
            after.map(|(key, id)| Ok::<_, Refusal>((key, id.parse().map_err(|_| Code::CursorInvalid)?))).transpose()?;
        Ok(Self { filter: filter(query)?, limit: cursor::limit(query.limit)?, after })
    }

    /// Whether the directory is asked: the tables have no order of their own for a part of a name, for
    /// programs, or for a role in whatever state.
    const fn is_looked_up(&self) -> bool {
        let Filter { query, status, role, kind, group } = &self.filter;
        group.is_none() && (query.is_some() || kind.is_some() || (role.is_some() && status.is_none()))
    }

    /// Makes sure, where the directory is asked, that it knows all that was committed before. Whoever may not
    /// list members causes nothing.
    pub(super) async fn look_up(&self, ctx: &Ctx, organization: &str) -> Result<(), Stop> {
        if !self.is_looked_up() || ctx.app.memory().is_none() {
            return Ok(());
        }
        let name = organization.to_owned();
        let may = move |ctx: &Ctx, conn: &mut Conn<'_>| {
            let place = ctx.place(conn, &name)?;
            place.permit(Action::MemberList)?;
            Ok(place.organization.id)
        };
        let here = ctx.read(may).await?;
        // Reads of its own, since what is renewed must not be older than what was touched.
        ctx.read(move |ctx, conn| match ctx.app.memory() {
            Some(memory) => Ok(memory.directories.renew(conn, here)?),
            None => Ok(()),
        })
        .await
    }

    /// The page and one more, from the directory where it can tell.
    fn found(&self, ctx: &Ctx, conn: &mut Conn<'_>, here: OrgId) -> Result<Vec<(members::After, Member)>, Stop> {
        let page = Page { after: self.after.clone(), limit: self.limit + 1 };
        let memory = ctx.app.memory().filter(|_| self.is_looked_up());
        let Some(looked_up) = memory.and_then(|kept| kept.directories.search(here, &self.filter, &page)) else {
            return Ok(members::list(conn, here, &self.filter, &page)?);
        };
        let ids: Vec<MemberId> = looked_up.iter().map(|(_, id)| *id).collect();
        let some = members::some(conn, here, &ids)?.into_iter().filter(|member| member.status != Status::Removed);
        let mut rows: HashMap<MemberId, Member> = some.map(|member| (member.id, member)).collect();
        Ok(looked_up.into_iter().filter_map(|after| rows.remove(&after.1).map(|member| (after, member))).collect())
    }

    /// The rows of the page and the cursor of the next one.
    pub(super) fn rows(
        self,
        ctx: &Ctx,
        conn: &mut Conn<'_>,
        place: &Place,
    ) -> Result<(Vec<Member>, Option<String>), Stop> {
        place.permit(Action::MemberList)?;
        let mut found = self.found(ctx, conn, place.organization.id)?;
        let more = found.len() > self.limit as usize;
        found.truncate(self.limit as usize);
        let next = found.last().filter(|_| more).map(|((key, id), _)| cursor::write(&(key, id.to_string())));
        Ok((found.into_iter().map(|(_, member)| member).collect(), next))
    }
}

/// A page of members, people who are invited among them, in the order of their names.
///
/// # Errors
/// `not_found`, `access.denied`, `cursor.invalid`, refused values.
pub async fn list(ctx: &Ctx, organization: &str, query: MemberQuery) -> Result<List<MemberView>, Stop> {
    let name = organization.to_owned();
    let listing = Listing::of(&query)?;
    listing.look_up(ctx, organization).await?;
    ctx.read(move |ctx, conn| {
        let place = ctx.place(conn, &name)?;
        let (rows, next) = listing.rows(ctx, conn, &place)?;
        Ok(List { items: viewed(conn, &place, &rows)?, next })
    })
    .await
}

/// An export under way: it goes through the list page by page, and asks at each whether it still may.
#[derive(Debug)]
pub struct Export {
    ctx: Ctx,
    organization: String,
    /// What is asked next; `None` at the end.
    query: Option<MemberQuery>,
    /// The first page, read before the answer begins so that a refusal is one.
    first: Option<List<MemberView>>,
}

/// Begins an export of the members that a query finds.
///
/// # Errors
/// `not_found`, `access.denied`, refused values.
pub async fn export(ctx: &Ctx, organization: &str, query: MemberQuery) -> Result<Export, Stop> {
    let query = MemberQuery { limit: Some(STEP), ..query };
    let first = Some(list(ctx, organization, query.clone()).await?);
    Ok(Export { ctx: ctx.clone(), organization: organization.to_owned(), query: Some(query), first })
}

impl Export {
    /// The next members; `None` at the end.
    ///
    /// # Errors
    /// As [`export`].
    pub async fn step(&mut self) -> Result<Option<Vec<MemberView>>, Stop> {
        let Some(query) = self.query.take() else { return Ok(None) };
        let page = match self.first.take() {
            Some(first) => first,
            None => list(&self.ctx, &self.organization, query.clone()).await?,
        };
        self.query = page.next.map(|after| MemberQuery { after: Some(after), ..query });
        Ok(Some(page.items))
    }
}

/// Members as callers see them, with their groups.
fn viewed(conn: &mut Conn<'_>, place: &Place, rows: &[Member]) -> Result<Vec<MemberView>, Stop> {
    let mut items: Vec<MemberView> = rows.iter().map(Into::into).collect();
    let ids: Vec<MemberId> = rows.iter().map(|m| m.id).collect();
    with_groups(conn, place.organization.id, &ids, &mut items)?;
    Ok(items)
}

/// One member.
///
/// # Errors
/// `not_found`, `access.denied`.
pub async fn get(ctx: &Ctx, organization: &str, member: &str) -> Result<MemberView, Stop> {
    let (name, member) = (organization.to_owned(), member.to_owned());
    ctx.read(move |ctx, conn| {
        let place = ctx.place(conn, &name)?;
        place.permit(Action::MemberList)?;
        whole(conn, &place, &member)
    })
    .await
}

/// One member with their groups.
pub(super) fn whole(conn: &mut Conn<'_>, place: &Place, member: &str) -> Result<MemberView, Stop> {
    let found = load(conn, place, member)?;
    grouped(conn, &found)
}

/// A member as callers see them, with their groups.
pub(super) fn grouped(conn: &mut Conn<'_>, member: &Member) -> Result<MemberView, Stop> {
    let mut items = [MemberView::from(member)];
    with_groups(conn, member.organization, &[member.id], &mut items)?;
    let [view] = items;
    Ok(view)
}

/// Fills in the groups of a page of members with one question.
fn with_groups(conn: &mut Conn<'_>, here: OrgId, ids: &[MemberId], items: &mut [MemberView]) -> Result<(), Stop> {
    for (member, manager, group, name) in groups::of_members(conn, here, ids)? {
        let at = ids.iter().position(|id| *id == member);
        if let Some(view) = at.and_then(|at| items.get_mut(at)) {
            view.groups.push(MemberGroup { id: group.to_string(), name, manager });
        }
    }
    Ok(())
}

pub(super) fn load(conn: &mut Conn<'_>, place: &Place, member: &str) -> Result<Member, Stop> {
    let wanted: MemberId = id(member)?;
    Ok(members::by_id(conn, place.organization.id, wanted)?.ok_or(Code::NotFound)?)
}

/// Everything a decision about one member rests on, read after the organization was taken.
pub(super) struct Facts {
    pub(super) place: Place,
    pub(super) permit: Permit,
    pub(super) member: Member,
    pub(super) around: Surroundings,
}

fn facts(ctx: &Ctx, tx: &mut Tx<'_>, organization: &str, member: &str, action: Action) -> Result<Facts, Stop> {
    let place = ctx.take_place(tx, organization)?;
    // Who may not even list members learns nothing about one.
    let permit = place.permit(action)?;
    let member = load(tx, &place, member)?;
    ctx.guard_seen(member.revision)?;
    let around = members::surroundings(tx, &member, &place.rules.preset().top_role().slug)?;
    Ok(Facts { place, permit, member, around })
}

pub(super) async fn decide<T>(
    ctx: &Ctx,
    organization: &str,
    member: &str,
    action: Action,
    decision: impl Fn(&Ctx, &mut Tx<'_>, &Facts) -> Result<Vec<Change>, Stop> + Send + 'static,
    answer: impl Fn(&mut Tx<'_>, &Facts) -> Result<T, Stop> + Send + 'static,
) -> Result<Answer<T>, Stop>
where
    T: serde::Serialize + serde::de::DeserializeOwned + Send + 'static,
{
    let (organization, member) = (organization.to_owned(), member.to_owned());
    ctx.write(move |ctx, tx| {
        let facts = facts(ctx, tx, &organization, &member, action)?;
        let changes = decision(ctx, tx, &facts)?;
        tx.apply(changes)?;
        answer(tx, &facts)
    })
    .await
}

pub(super) fn shown(tx: &mut Tx<'_>, facts: &Facts) -> Result<MemberView, Stop> {
    whole(tx, &facts.place, &facts.member.id.to_string())
}

pub(super) fn gone(_: &mut Tx<'_>, _: &Facts) -> Result<Nothing, Stop> {
    Ok(Nothing {})
}

/// Switches a member off.
///
/// # Errors
/// `not_found`, `access.denied`, and those of the decision.
pub async fn deactivate(ctx: &Ctx, organization: &str, member: &str) -> Result<Answer<MemberView>, Stop> {
    decide(
        ctx,
        organization,
        member,
        Action::MemberDeactivate,
        |_, _, f| Ok(member::deactivate(&f.permit, &f.place.rules, &f.member, f.around)?),
        shown,
    )
    .await
}

/// Switches a member on again.
///
/// # Errors
/// `not_found`, `access.denied`, and those of the decision.
pub async fn reactivate(ctx: &Ctx, organization: &str, member: &str) -> Result<Answer<MemberView>, Stop> {
    decide(
        ctx,
        organization,
        member,
        Action::MemberDeactivate,
        |_, tx, f| {
            let seats = joining::seats(tx, &f.place.rules, f.place.organization.id)?;
            Ok(member::reactivate(&f.permit, &f.place.rules, &f.member, seats)?)
        },
        shown,
    )
    .await
}

/// Ends the sessions a member has here.
///
/// # Errors
/// `not_found`, `access.denied`, and those of the decision.
pub async fn end_sessions(ctx: &Ctx, organization: &str, member: &str) -> Result<Answer<Nothing>, Stop> {
    decide(
        ctx,
        organization,
        member,
        Action::MemberEndSessions,
        |ctx, _, f| Ok(member::end_sessions(&f.permit, &f.place.rules, &f.member, f.around, ctx.now)?),
        gone,
    )
    .await
}
