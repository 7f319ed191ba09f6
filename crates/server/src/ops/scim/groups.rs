//! Groups of a directory: made, renamed, filled and emptied, ended.

use std::collections::{BTreeMap, BTreeSet};

use guildhall_domain::change::Change;
use guildhall_domain::group::{self as rules_of, Around, Group, GroupOrigin, Seat};
use guildhall_domain::ids::{GroupId, MemberId};
use guildhall_domain::provisioning::{call_group, guard_group_name};
use guildhall_domain::refusal::{Code, Refusal};
use guildhall_domain::text;
use guildhall_store::read::scim::{self, KeptGroup};
use guildhall_store::read::{group as groups, member as members};
use guildhall_store::{Conn, Tx};
use serde_json::Value;

use super::people::Edit;
use super::{Halt, Site, shapes};
use crate::scim::document::{self, Document};
use crate::scim::schema::GROUPS_TYPE;
use crate::scim::{ScimError, patch};

/// The group of an id.
///
/// # Errors
/// 404.
pub fn load(conn: &mut Conn<'_>, site: &Site, id: &str) -> Result<KeptGroup, Halt> {
    let missing = || ScimError::missing(format!("there is no group `{id}`"));
    let wanted: GroupId = id.parse().map_err(|_| missing())?;
    Ok(scim::group_by_id(conn, site.organization.id, wanted)?.ok_or_else(missing)?)
}

/// What is ours of a group's resource.
struct Said {
    name: String,
    external_id: Option<String>,
    members: BTreeSet<MemberId>,
}

fn read(document: &Document) -> Result<Said, ScimError> {
    let said = |name: &str| document.get(name).and_then(Value::as_str);
    let name = said("displayName").ok_or_else(|| ScimError::value("`displayName` must be given"))?;
    let name = text::name(name, "displayName").map_err(|refusal| ScimError::value(refusal.detail))?;
    let mut members = BTreeSet::new();
    for one in document.get("members").and_then(Value::as_array).into_iter().flatten() {
        let part = |name: &str| one.get(name).and_then(Value::as_str);
        let id = part("value").or_else(|| part("$ref")?.rsplit('/').next()).unwrap_or_default();
        members.insert(id.parse::<MemberId>().map_err(|_| unknown(id))?);
    }
    Ok(Said { name, external_id: said("externalId").map(str::to_owned), members })
}

fn unknown(id: impl std::fmt::Display) -> ScimError {
    Refusal::because(Code::ScimMemberUnknown, format!("the directory keeps nobody with the id `{id}` here")).into()
}

/// Refuses a name or an external id that another group has, and a name that is kept for a role.
fn guard_names(tx: &mut Tx<'_>, site: &Site, said: &Said, own: Option<&Group>) -> Result<bool, Halt> {
    let here = site.organization.id;
    let mine = |id: GroupId| own.is_some_and(|own| own.id == id);
    if own.is_none_or(|own| own.name != said.name) {
        guard_group_name(&site.rules, &said.name)?;
    }
    if let Some(external) = &said.external_id
        && scim::external_id_of(tx, here, external)?.is_some_and(|id| !mine(id))
    {
        return Err(ScimError::unique("another group has that `externalId`").into());
    }
    Ok(groups::by_name(tx, here, &said.name)?.is_some_and(|other| !mine(other.id)))
}

/// People who come into a group.
fn entering(tx: &mut Tx<'_>, site: &Site, group: &Group, ids: &[MemberId]) -> Result<Vec<Change>, Halt> {
    let found = members::some(tx, site.organization.id, ids)?;
    let of: BTreeMap<MemberId, _> = found.into_iter().filter(|m| m.managed).map(|m| (m.id, m)).collect();
    let mut changes = Vec::with_capacity(ids.len());
    for id in ids {
        let member = of.get(id).ok_or_else(|| unknown(id))?;
        // Somebody may be there already, put in by hand before the directory kept them.
        let before = groups::seat(tx, site.organization.id, group.id, *id)?;
        if before.is_none() {
            let around = Around::default();
            changes.extend(rules_of::set_seat(&site.permit, &site.rules, group, member, before, false, around)?);
        }
    }
    Ok(changes)
}

/// People who go out of a group.
fn leaving(tx: &mut Tx<'_>, site: &Site, group: &Group, gone: &[Seat]) -> Result<Vec<Change>, Halt> {
    let here = site.organization.id;
    let ids: Vec<MemberId> = gone.iter().map(|seat| seat.member).collect();
    let found = members::some(tx, here, &ids)?;
    let of: BTreeMap<MemberId, _> = found.into_iter().map(|m| (m.id, m)).collect();
    let mut changes = Vec::with_capacity(gone.len());
    for seat in gone {
        let member = of.get(&seat.member).ok_or(Code::NotFound)?;
        let mut around = Around::default();
        if seat.manager {
            let held = groups::of_member(tx, here, seat.member)?;
            around.manages_elsewhere = held.iter().any(|one| one.manager && one.group != group.id);
        }
        changes.extend(rules_of::leave_seat(&site.permit, &site.rules, group, member, *seat, around)?);
    }
    Ok(changes)
}

/// Makes a group.
///
/// # Errors
/// As the decision.
pub fn create(site: &Site, tx: &mut Tx<'_>, body: &Document) -> Result<KeptGroup, Halt> {
    let said = read(&document::read(&GROUPS_TYPE, body)?)?;
    let taken = guard_names(tx, site, &said, None)?;
    let group = Group {
        id: GroupId::new(tx.fresh()),
        organization: site.organization.id,
        name: said.name,
        description: String::new(),
        origin: GroupOrigin::External,
        external_id: said.external_id,
        slug: None,
        reserved: false,
        joins: false,
        permissions: Vec::new(),
        created_at: tx.now(),
        revision: 0,
    };
    let mut changes = rules_of::create(&site.permit, group.clone(), taken)?;
    let ids: Vec<MemberId> = said.members.into_iter().collect();
    changes.extend(entering(tx, site, &group, &ids)?);
    tx.apply(changes)?;
    load(tx, site, &group.id.to_string())
}

/// Brings a group up to date; nothing is written when nothing differs. Whoever stays keeps running it (ON-50).
///
/// # Errors
/// As the decision, 404, 412.
pub fn edit(
    site: &Site,
    tx: &mut Tx<'_>,
    id: &str,
    edit: Edit<'_>,
    version: &dyn Fn(u64) -> Result<(), ScimError>,
) -> Result<KeptGroup, Halt> {
    let kept = load(tx, site, id)?;
    let group = &kept.group;
    version(group.revision)?;
    let seats = scim::seats(tx, site.organization.id, group.id)?;
    let document = match edit {
        Edit::Replace(body) => document::read(&GROUPS_TYPE, body)?,
        Edit::Patch(body) => {
            let mut document = shapes::said_of_group(&kept);
            if !seats.is_empty() {
                document.insert("members".to_owned(), Value::Array(shapes::members(site, &seats)));
            }
            patch::apply(&GROUPS_TYPE, &mut document, body)?;
            document
        }
    };
    let said = read(&document)?;
    let taken = guard_names(tx, site, &said, Some(group))?;
    let present: BTreeSet<MemberId> = seats.iter().map(|seat| seat.member).collect();
    let come: Vec<MemberId> = said.members.difference(&present).copied().collect();
    let gone: Vec<Seat> = seats.into_iter().filter(|seat| !said.members.contains(&seat.member)).collect();
    let mut changes = rules_of::edit(&site.permit, &site.rules, group, said.name, group.description.clone(), taken)?;
    changes.extend(call_group(&site.permit, group, said.external_id));
    changes.extend(leaving(tx, site, group, &gone)?);
    changes.extend(entering(tx, site, group, &come)?);
    if changes.is_empty() {
        return Ok(kept);
    }
    tx.apply(changes)?;
    load(tx, site, id)
}

/// Ends a group; its people stay.
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
    version(kept.group.revision)?;
    let here = site.organization.id;
    let managers = groups::managers_of_this_only(tx, here, kept.group.id)?;
    let managers = members::some(tx, here, &managers)?;
    Ok(tx.apply(rules_of::delete(&site.permit, &site.rules, &kept.group, false, &managers)?)?)
}
