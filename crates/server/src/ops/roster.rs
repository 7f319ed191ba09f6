//! The people of an organization as its console shows them: members and invitations in one list, and one
//! of them with everything about them. Loads only what the reader may see; changes nothing.

use guildhall_domain::action::Action;
use guildhall_domain::ids::{InvitationId, MemberId};
use guildhall_domain::invitation::{Invitation, State};
use guildhall_domain::joining::Facts;
use guildhall_domain::member::{Member, Status};
use guildhall_domain::refusal::Code;
use guildhall_domain::service_account::shown_id;
use guildhall_domain::time::Timestamp;
use guildhall_store::read::audit::Filter;
use guildhall_store::read::{Page, audit, credential, invitation as invitations, member as members};
use guildhall_store::{Conn, Stop};

use super::departures::undoable;
use super::members::{Listing, MemberQuery, load};
use super::offers::Subject;
use super::view::{EventView, TokenView};
use super::{Ctx, Place, approvals, id, joining};

/// How many sessions, tokens and records the page of one person shows at most.
const SHOWN: u32 = 100;
const EVENTS: u32 = 8;
/// How many removals the list of people offers to undo at most.
const REMOVED: u32 = 5;

/// A page of people.
#[derive(Clone, Debug)]
pub struct Roster {
    /// The rows, in the order of their names.
    pub rows: Vec<Subject>,
    /// Where the next page begins.
    pub next: Option<String>,
    /// How many people hold the top role, counted up to the recommended number.
    pub top_holders: usize,
    /// People who were removed and whom the reader could bring back, until when.
    pub removed: Vec<(Member, Timestamp)>,
}

/// Everything about one person that the reader may see.
#[derive(Clone, Debug)]
pub struct Person {
    /// Who.
    pub subject: Subject,
    /// Who invited them.
    pub inviter: Option<Member>,
    /// How many sessions work here; `None` when that is not the reader's to know.
    pub sessions: Option<usize>,
    /// Tokens that work here; `None` as above.
    pub tokens: Option<Vec<TokenView>>,
    /// The latest that happened to or by them; `None` as above.
    pub events: Option<Vec<EventView>>,
}

/// One invitation, whatever became of it.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The invitation.
    pub invitation: Invitation,
    /// Whom it waits for; `None` when it waits no more.
    pub waiting: Option<Subject>,
    /// Who invited them.
    pub inviter: Option<Member>,
}

/// Two holders of the top role are enough to know of each member whether there is another one.
fn top_holders(conn: &mut Conn<'_>, place: &Place) -> Result<Vec<MemberId>, Stop> {
    let enough = u32::try_from(place.rules.policy().owners_recommended).unwrap_or(u32::MAX).max(2);
    Ok(members::top_holders(conn, place.organization.id, &place.rules.preset().top_role().slug, enough)?)
}

/// Puts the facts of decisions beside members: their invitations and the other holders of the top role,
/// in one question each, however many members there are.
fn subjects(conn: &mut Conn<'_>, place: &Place, tops: &[MemberId], rows: Vec<Member>) -> Result<Vec<Subject>, Stop> {
    let waiting: Vec<MemberId> = rows.iter().filter(|m| m.status == Status::Invited).map(|m| m.id).collect();
    let mut found = match place.permit(Action::InvitationManage) {
        Ok(_) => invitations::of_members(conn, place.organization.id, &waiting)?,
        Err(_) => Vec::new(),
    };
    let seats = joining::seats(conn, &place.rules, place.organization.id)?;
    let mut subject = |member: Member| {
        let at = found.iter().position(|i| i.member == member.id);
        let invitation = at.map(|at| found.swap_remove(at));
        let (proved, facts) = approvals::facts(conn, &place.rules, &member)?;
        let facts = Facts { seats, ..facts };
        Ok(Subject { other_top_holder: tops.iter().any(|id| *id != member.id), invitation, proved, facts, member })
    };
    rows.into_iter().map(&mut subject).collect()
}

fn subject(conn: &mut Conn<'_>, place: &Place, member: Member) -> Result<Subject, Stop> {
    let tops = top_holders(conn, place)?;
    Ok(subjects(conn, place, &tops, vec![member])?.pop().ok_or(Code::NotFound)?)
}

fn inviter(conn: &mut Conn<'_>, place: &Place, by: Option<MemberId>) -> Result<Option<Member>, Stop> {
    let ids: Vec<MemberId> = by.into_iter().collect();
    Ok(members::some(conn, place.organization.id, &ids)?.pop())
}

/// A page of people and invitations, with what decisions about each rest on.
///
/// # Errors
/// `not_found`, `access.denied`, `cursor.invalid`, refused values.
pub async fn list(ctx: &Ctx, organization: &str, query: MemberQuery) -> Result<Roster, Stop> {
    let (name, listing) = (organization.to_owned(), Listing::of(&query)?);
    listing.look_up(ctx, organization).await?;
    ctx.read(move |ctx, conn| {
        let place = ctx.place(conn, &name)?;
        let (rows, next) = listing.rows(ctx, conn, &place)?;
        let tops = top_holders(conn, &place)?;
        let removed = undoable(ctx, conn, &place, REMOVED)?;
        Ok(Roster { rows: subjects(conn, &place, &tops, rows)?, next, top_holders: tops.len(), removed })
    })
    .await
}

/// One member, with what decisions about them rest on.
///
/// # Errors
/// `not_found`, `access.denied`.
pub async fn one(ctx: &Ctx, organization: &str, member: &str) -> Result<Subject, Stop> {
    let (name, member) = (organization.to_owned(), member.to_owned());
    ctx.read(move |ctx, conn| {
        let place = ctx.place(conn, &name)?;
        place.permit(Action::MemberList)?;
        let found = load(conn, &place, &member)?;
        subject(conn, &place, found)
    })
    .await
}

/// One member with everything about them.
///
/// # Errors
/// `not_found`, `access.denied`.
pub async fn person(ctx: &Ctx, organization: &str, member: &str) -> Result<Person, Stop> {
    let (name, member) = (organization.to_owned(), member.to_owned());
    ctx.read(move |ctx, conn| {
        let place = ctx.place(conn, &name)?;
        place.permit(Action::MemberList)?;
        let member = load(conn, &place, &member)?;
        let organization = place.organization.id;
        let sessions = match (member.user, place.permit(Action::MemberEndSessions)) {
            (Some(user), Ok(_)) => {
                let all = credential::sessions_of_identity(conn, user, &Page { after: None, limit: SHOWN })?;
                let works = |s: &&credential::Session| s.created_at >= member.sessions_from && s.expires_at > ctx.now;
                Some(all.iter().filter(works).count())
            }
            _ => None,
        };
        let tokens = match place.permit(Action::TokenManage) {
            Ok(_) => {
                Some(credential::tokens_of_member(conn, organization, member.id, &Page { after: None, limit: SHOWN })?)
            }
            Err(_) => None,
        };
        let events = match place.permit(Action::AuditRead) {
            Ok(_) => Some(events(conn, &place, &member)?),
            Err(_) => None,
        };
        Ok(Person {
            inviter: inviter(conn, &place, member.created_by)?,
            subject: subject(conn, &place, member)?,
            sessions,
            tokens: tokens.map(|all| all.iter().map(Into::into).collect()),
            events,
        })
    })
    .await
}

/// The latest records of what happened to somebody and of what they did.
fn events(conn: &mut Conn<'_>, place: &Place, member: &Member) -> Result<Vec<EventView>, Stop> {
    let page = || Page { after: None, limit: EVENTS };
    let to = Filter { target: Some(member.id.to_string()), ..Filter::default() };
    let mut found = audit::list(conn, place.organization.id, &to, &page())?;
    if let Some(user) = member.user {
        let by = Filter { actor: Some(shown_id(user, member.kind)), ..Filter::default() };
        found.extend(audit::list(conn, place.organization.id, &by, &page())?);
    }
    found.sort_by_key(|e| std::cmp::Reverse((e.revision, e.id)));
    found.dedup_by_key(|e| e.id);
    found.truncate(EVENTS as usize);
    Ok(found.into_iter().map(Into::into).collect())
}

/// One invitation with everything about it.
///
/// # Errors
/// `not_found`, `access.denied`.
pub async fn invitation(ctx: &Ctx, organization: &str, invitation: &str) -> Result<Asked, Stop> {
    let (name, wanted) = (organization.to_owned(), id::<InvitationId>(invitation)?);
    ctx.read(move |ctx, conn| {
        let place = ctx.place(conn, &name)?;
        place.permit(Action::InvitationManage)?;
        let found = invitations::by_id(conn, place.organization.id, wanted)?.ok_or(Code::NotFound)?;
        let waits = found.state == State::Pending;
        let member = if waits { members::by_id(conn, place.organization.id, found.member)? } else { None };
        let waiting = member.map(|member| subject(conn, &place, member)).transpose()?;
        Ok(Asked { inviter: inviter(conn, &place, found.created_by)?, invitation: found, waiting })
    })
    .await
}
