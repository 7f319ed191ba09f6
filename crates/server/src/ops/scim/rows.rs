//! Rows of the lists a directory keeps: behind a place, or as an index finds them for a filter.

use guildhall_domain::ids::{GroupId, MemberId, OrgId};
use guildhall_store::Conn;
use guildhall_store::read::Page;
use guildhall_store::read::scim::{self, KeptGroup, KeptPerson, Kind};
use serde_json::Value;

use super::Halt;
use crate::scim::filter::{Filter, Op};

/// One row of either list.
#[derive(Clone, Debug)]
pub(super) enum Row {
    /// Somebody.
    Person(Box<KeptPerson>),
    /// A group.
    Group(Box<KeptGroup>),
}

impl Row {
    /// Its place in the list.
    pub(super) fn place(&self) -> u64 {
        match self {
            Self::Person(kept) => kept.place,
            Self::Group(kept) => kept.place,
        }
    }
}

/// The rows behind a place, in the order they came.
///
/// # Errors
/// [`Halt`].
pub(super) fn rows(here: OrgId, conn: &mut Conn<'_>, kind: Kind, after: u64, limit: u64) -> Result<Vec<Row>, Halt> {
    let page = Page { after: Some(after), limit: u32::try_from(limit).unwrap_or(u32::MAX) };
    Ok(match kind {
        Kind::People => scim::people(conn, here, &page)?.into_iter().map(|kept| Row::Person(Box::new(kept))).collect(),
        Kind::Groups => scim::groups(conn, here, &page)?.into_iter().map(|kept| Row::Group(Box::new(kept))).collect(),
    })
}

/// A question that an index answers.
pub(super) enum Probe {
    Person(Option<MemberId>),
    UserName(String),
    PersonCalled(String),
    Address(String),
    Group(Option<GroupId>),
    GroupName(String),
    GroupCalled(String),
    With(Option<MemberId>),
}

/// What an index can narrow a filter to: every resource that fits is among what it finds.
pub(super) fn probe(kind: Kind, filter: &Filter) -> Option<Probe> {
    match filter {
        Filter::All(all) => all.iter().find_map(|one| probe(kind, one)),
        Filter::Compare(target, Op::Eq, Value::String(text)) if target.extension.is_none() => {
            let part = target.part.map(|part| part.name);
            match (kind, target.attribute.name, part) {
                (Kind::People, "id", None) => Some(Probe::Person(text.parse().ok())),
                (Kind::People, "userName", None) => Some(Probe::UserName(text.clone())),
                (Kind::People, "externalId", None) => Some(Probe::PersonCalled(text.clone())),
                (Kind::People, "emails", None | Some("value")) => Some(Probe::Address(text.clone())),
                (Kind::Groups, "id", None) => Some(Probe::Group(text.parse().ok())),
                (Kind::Groups, "displayName", None) => Some(Probe::GroupName(text.clone())),
                (Kind::Groups, "externalId", None) => Some(Probe::GroupCalled(text.clone())),
                (Kind::Groups, "members", None | Some("value")) => Some(Probe::With(text.parse().ok())),
                _ => None,
            }
        }
        Filter::Within(target, inner) => {
            let text = value_wanted(inner)?;
            match (kind, target.attribute.name) {
                (Kind::People, "emails") => Some(Probe::Address(text)),
                (Kind::Groups, "members") => Some(Probe::With(text.parse().ok())),
                _ => None,
            }
        }
        _ => None,
    }
}

/// The `value` that conditions on one value ask for.
fn value_wanted(filter: &Filter) -> Option<String> {
    match filter {
        Filter::All(all) => all.iter().find_map(value_wanted),
        Filter::Compare(target, Op::Eq, Value::String(text)) if target.attribute.name == "value" => Some(text.clone()),
        _ => None,
    }
}

/// What an index finds.
///
/// # Errors
/// [`Halt`].
pub(super) fn probed(here: OrgId, conn: &mut Conn<'_>, probe: &Probe) -> Result<Vec<Row>, Halt> {
    let people = |found: Vec<KeptPerson>| found.into_iter().map(|kept| Row::Person(Box::new(kept))).collect();
    let groups = |found: Vec<KeptGroup>| found.into_iter().map(|kept| Row::Group(Box::new(kept))).collect();
    Ok(match probe {
        Probe::Person(None) | Probe::Group(None) | Probe::With(None) => Vec::new(),
        Probe::Person(Some(id)) => people(scim::by_member(conn, here, *id)?.into_iter().collect()),
        Probe::UserName(name) => people(scim::by_user_name(conn, here, name)?.into_iter().collect()),
        Probe::PersonCalled(id) => people(scim::by_external_id(conn, here, id)?),
        Probe::Address(address) => people(scim::by_address(conn, here, address)?),
        Probe::Group(Some(id)) => groups(scim::group_by_id(conn, here, *id)?.into_iter().collect()),
        Probe::GroupName(name) => groups(scim::group_by_name(conn, here, name)?.into_iter().collect()),
        Probe::GroupCalled(id) => groups(scim::group_by_external_id(conn, here, id)?.into_iter().collect()),
        Probe::With(Some(member)) => groups(scim::groups_with(conn, here, *member)?),
    })
}
