//! People of a directory: taken in or taken over, brought up to date, let go.

use guildhall_domain::group::Belonging;
use guildhall_domain::identity::Identity;
use guildhall_domain::ids::{MemberId, UserId};
use guildhall_domain::invitation::Invitation;
use guildhall_domain::member::{Member, Status, Surroundings};
use guildhall_domain::provisioning::{self as rules_of, Known, Newcomer, Record};
use guildhall_domain::refusal::Code;
use guildhall_domain::text::{Email, fold};
use guildhall_store::read::scim::{self, KeptPerson};
use guildhall_store::read::{
    group as groups, identity, invitation as invitations, joining as joins, member as members, tenant as tenants,
};
use guildhall_store::{Conn, Tx};
use serde_json::Value;

use super::shapes::{self, record};
use super::{Halt, Site, corrupt};
use crate::ops::joining;
use crate::scim::ScimError;
use crate::scim::document::{self, Document};
use crate::scim::patch;
use crate::scim::schema::USERS;

/// How somebody is brought up to date.
#[derive(Clone, Copy, Debug)]
pub enum Edit<'a> {
    /// Everything is said anew.
    Replace(&'a Document),
    /// Operations on what was said.
    Patch(&'a Document),
}

/// The person of an id.
///
/// # Errors
/// 404.
pub fn load(conn: &mut Conn<'_>, site: &Site, id: &str) -> Result<KeptPerson, Halt> {
    let missing = || ScimError::missing(format!("there is no user `{id}`"));
    let wanted: MemberId = id.parse().map_err(|_| missing())?;
    Ok(scim::by_member(conn, site.organization.id, wanted)?.ok_or_else(missing)?)
}

/// Somebody who was just taken in.
///
/// # Errors
/// A fault when nobody is there.
pub fn of(conn: &mut Conn<'_>, site: &Site, member: MemberId) -> Result<KeptPerson, Halt> {
    Ok(scim::by_member(conn, site.organization.id, member)?.ok_or(Code::NotFound)?)
}

/// Whether somebody is to work, as a resource says; what it says is not kept in the record.
fn take_active(document: &mut Document) -> Option<bool> {
    document.remove("active").and_then(|value| value.as_bool())
}

fn surroundings(conn: &mut Conn<'_>, site: &Site, member: &Member) -> Result<Surroundings, Halt> {
    Ok(members::surroundings(conn, member, &site.rules.preset().top_role().slug)?)
}

/// The invitation of an address that waits here.
fn waiting(tx: &mut Tx<'_>, site: &Site, email: &Email) -> Result<Option<Invitation>, Halt> {
    let here = site.organization.id;
    let invited = members::by_email(tx, here, email.key())?.filter(|m| m.status == Status::Invited);
    Ok(match invited {
        Some(member) => invitations::of_member(tx, here, member.id)?,
        None => None,
    })
}

/// What is known already of somebody a directory brings.
#[derive(Default)]
struct Met {
    taken: bool,
    who: Option<Identity>,
    present: Option<Member>,
    waiting: Option<Invitation>,
    around: Surroundings,
}

fn met(tx: &mut Tx<'_>, site: &Site, record: &Record, email: &Email) -> Result<Met, Halt> {
    let here = site.organization.id;
    // Most are new to everybody, and one question tells.
    if !joins::knows_or_keeps(tx, here, email.key(), &record.user_name)? {
        return Ok(Met::default());
    }
    let taken = scim::by_user_name(tx, here, &record.user_name)?.is_some()
        || scim::signs_in_with(tx, here, email.key())?.is_some();
    let who = identity::verified(tx, email.key())?;
    let present = match &who {
        Some(who) => members::of_identity_here(tx, here, who.id)?,
        None => None,
    };
    let around = match &present {
        Some(member) => surroundings(tx, site, member)?,
        None => Surroundings::default(),
    };
    Ok(Met { taken, who, present, waiting: waiting(tx, site, email)?, around })
}

/// Takes somebody in, or takes over the account here that proved the address.
///
/// # Errors
/// As the decision.
pub fn create(site: &Site, tx: &mut Tx<'_>, body: &Document) -> Result<MemberId, Halt> {
    let mut document = document::read(&USERS, body)?;
    let active = take_active(&mut document).unwrap_or(true);
    let record = record(document)?;
    let email = Email::parse(&record.address, "emails")?;
    let met = met(tx, site, &record, &email)?;
    let facts = joining::facts(tx, &site.rules, site.organization.id, met.who.as_ref().map(|who| who.id))?;
    let ids = (UserId::new(tx.fresh()), MemberId::new(tx.fresh()));
    let newcomer = Newcomer {
        record: &record,
        active,
        taken: met.taken,
        who: met.who.as_ref(),
        present: met.present.as_ref(),
        waiting: met.waiting.as_ref(),
        facts: &facts,
        around: met.around,
        ids,
    };
    let now = tx.now();
    tx.apply(rules_of::take_in(&site.permit, &site.rules, &newcomer, now)?)?;
    Ok(met.present.map_or(ids.1, |member| member.id))
}

/// Brings somebody up to date; nothing is written when nothing differs.
///
/// # Errors
/// As the decision, 404, 412.
pub fn edit(
    site: &Site,
    tx: &mut Tx<'_>,
    id: &str,
    edit: Edit<'_>,
    version: &dyn Fn(u64) -> Result<(), ScimError>,
) -> Result<KeptPerson, Halt> {
    let kept = load(tx, site, id)?;
    version(shapes::person_version(&kept))?;
    let mut said = match edit {
        Edit::Replace(body) => document::read(&USERS, body)?,
        Edit::Patch(body) => {
            let mut said = kept.attributes.clone();
            said.insert("active".to_owned(), Value::Bool(kept.member.status == Status::Active));
            patch::apply(&USERS, &mut said, body)?;
            said
        }
    };
    let active = take_active(&mut said);
    let after = record(said)?;
    let changes = changes(site, tx, &kept, &after, active)?;
    if changes.is_empty() {
        return Ok(kept);
    }
    tx.apply(changes)?;
    load(tx, site, id)
}

fn changes(
    site: &Site,
    tx: &mut Tx<'_>,
    kept: &KeptPerson,
    after: &Record,
    active: Option<bool>,
) -> Result<Vec<guildhall_domain::change::Change>, Halt> {
    let (here, member) = (site.organization.id, &kept.member);
    let before = record(kept.attributes.clone()).map_err(|error| corrupt(&error))?;
    let same = active.is_none_or(|on| on == (member.status == Status::Active));
    if before == *after && same {
        return Ok(Vec::new());
    }
    let who = match member.user {
        Some(user) => identity::by_id(tx, user)?,
        None => None,
    };
    let who = who.ok_or(Code::NotFound)?;
    let email = Email::parse(&after.address, "emails")?;
    let other = |found: Option<MemberId>| found.is_some_and(|found| found != member.id);
    let renamed = fold(&before.user_name) != fold(&after.user_name);
    let mut taken = renamed && other(scim::by_user_name(tx, here, &after.user_name)?.map(|p| p.member.id));
    taken |= before.address != after.address && other(scim::signs_in_with(tx, here, email.key())?);
    let holder = match identity::verified(tx, email.key())?.filter(|holder| holder.id != who.id) {
        Some(holder) => Some(leads(tx, site, holder.id)?),
        None => None,
    };
    let known = Known {
        member,
        who: &who,
        before: &before,
        around: surroundings(tx, site, member)?,
        seats: joining::seats(tx, &site.rules, here)?,
        taken,
        elsewhere: members::present_elsewhere(tx, who.id, here)?,
        in_tenant: !tenants::roles_of(tx, who.id)?.is_empty(),
        manages: manages(&groups::of_member(tx, here, member.id)?),
        holder,
    };
    let now = tx.now();
    Ok(rules_of::change(&site.permit, &site.rules, &known, after, active, now)?)
}

fn manages(groups: &[Belonging]) -> bool {
    groups.iter().any(|one| one.manager)
}

/// Whether somebody holds the top role here or manages a group.
fn leads(tx: &mut Tx<'_>, site: &Site, user: UserId) -> Result<bool, Halt> {
    let here = site.organization.id;
    let Some(member) = members::of_identity_here(tx, here, user)? else { return Ok(false) };
    Ok(site.rules.preset().is_top(&member.role) || manages(&groups::of_member(tx, here, member.id)?))
}

/// Lets somebody go.
///
/// # Errors
/// As the decision, 404, 412.
pub fn delete(
    site: &Site,
    tx: &mut Tx<'_>,
    id: &str,
    version: &dyn Fn(u64) -> Result<(), ScimError>,
) -> Result<(), Halt> {
    let kept = load(tx, site, id)?;
    version(shapes::person_version(&kept))?;
    let record = record(kept.attributes.clone()).map_err(|error| corrupt(&error))?;
    let around = surroundings(tx, site, &kept.member)?;
    let seats = groups::held(tx, site.organization.id, kept.member.id)?;
    Ok(tx.apply(rules_of::let_go(&site.permit, &site.rules, &kept.member, &record, around, &seats)?)?)
}
