//! Which groups a caller knows of and runs. Decides nothing about what they do with one.

use guildhall_domain::action::Action;
use guildhall_domain::group::{self as rules_of, Group};
use guildhall_domain::ids::GroupId;
use guildhall_domain::refusal::Code;
use guildhall_domain::text;
use guildhall_store::read::{Page, group as groups};
use guildhall_store::{Conn, Stop};

use super::{Place, id};

/// A page of the groups that the caller may know of.
pub(super) fn seen(
    conn: &mut Conn<'_>,
    place: &Place,
    page: &Page<groups::After>,
) -> Result<Vec<(groups::After, Group)>, Stop> {
    let all = place.permit(Action::GroupManage).is_ok();
    if rules_of::is_seen(&place.rules, false, all) {
        return Ok(groups::list(conn, place.organization.id, page)?);
    }
    // Few enough to look at each.
    let me = place.me()?;
    let held = groups::held(conn, place.organization.id, me.id)?.into_iter();
    let run = held.filter(|(_, seat)| rules_of::runs(&place.rules, &me.role, Some(seat.manager)));
    let mut found: Vec<_> = run.map(|(group, _)| ((text::fold(&group.name), group.id), group)).collect();
    found.retain(|(at, _)| page.after.as_ref().is_none_or(|after| at > after));
    found.sort_by(|one, other| one.0.cmp(&other.0));
    found.truncate(page.limit as usize);
    Ok(found)
}

/// Whether the caller runs a group.
pub(super) fn runs(conn: &mut Conn<'_>, place: &Place, group: GroupId) -> Result<bool, Stop> {
    let me = place.me()?;
    let mine = groups::seat(conn, place.organization.id, group, me.id)?;
    Ok(rules_of::runs(&place.rules, &me.role, mine.map(|seat| seat.manager)))
}

/// A group that the caller may know of.
pub(super) fn load(conn: &mut Conn<'_>, place: &Place, group: &str) -> Result<Group, Stop> {
    let found = groups::by_id(conn, place.organization.id, id(group)?)?.ok_or(Code::NotFound)?;
    let all = place.permit(Action::GroupManage).is_ok();
    let seen = rules_of::is_seen(&place.rules, runs(conn, place, found.id)?, all);
    if seen { Ok(found) } else { Err(Code::NotFound.into()) }
}
