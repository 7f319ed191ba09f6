//! The operations of a directory on one resource, each one transaction: made, shown, replaced, patched, deleted.

use std::sync::Arc;

use guildhall_domain::ids::MemberId;
use guildhall_store::read::scim::{self, Kind};
use guildhall_store::{Conn, Tx};
use serde_json::Value;

use super::people::Edit;
use super::{Directory, Halt, Site, Written, groups, people, shapes};
use crate::scim::ScimError;
use crate::scim::document::Document;
use crate::scim::projection::Projection;
use crate::scim::schema::{GROUPS_TYPE, ResourceType, USERS};

/// The type of a list's resources.
#[must_use]
pub const fn type_of(kind: Kind) -> &'static ResourceType {
    match kind {
        Kind::People => &USERS,
        Kind::Groups => &GROUPS_TYPE,
    }
}

/// A resource as it is answered.
#[derive(Clone, Debug)]
pub struct Resource {
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: u64,
    /// Its address.
    pub location: String,
    /// What of it is shown.
    pub document: Document,
}

/// The versions a client says it has seen, as `If-Match` has them; `None` is any.
#[derive(Clone, Debug, Default)]
pub struct Seen(Option<Arc<Vec<String>>>);

impl Seen {
    /// Reads `If-Match`, or the `version` of a bulk operation.
    #[must_use]
    pub fn of(header: Option<&str>) -> Self {
        let named = header.filter(|text| text.trim() != "*");
        Self(named.map(|text| Arc::new(text.split(',').map(|one| bare(one).to_owned()).collect())))
    }

    /// Refuses where none of them is `present`.
    fn guard(&self, present: u64) -> Result<(), ScimError> {
        match &self.0 {
            Some(seen) if !seen.iter().any(|one| *one == present.to_string()) => Err(ScimError::stale()),
            _ => Ok(()),
        }
    }
}

/// A version without the signs around it.
#[must_use]
pub fn bare(tag: &str) -> &str {
    tag.trim().trim_start_matches("W/").trim_matches('"')
}

/// Who a resource's path is about, to be taken before the organization.
#[must_use]
pub fn about(kind: Kind, id: &str) -> Vec<MemberId> {
    match kind {
        Kind::People => id.parse().into_iter().collect(),
        Kind::Groups => Vec::new(),
    }
}

/// A resource of which only is told where it stands.
fn named(site: &Site, kind: Kind, id: String, version: u64) -> Resource {
    Resource { location: shapes::location(site, type_of(kind), &id), id, version, document: Document::new() }
}

fn shown_person(
    conn: &mut Conn<'_>,
    site: &Site,
    kept: &scim::KeptPerson,
    projection: &Projection,
) -> Result<Resource, Halt> {
    let (id, version) = (kept.member.id.to_string(), shapes::person_version(kept));
    if projection.is_nothing() {
        return Ok(named(site, Kind::People, id, version));
    }
    let groups = match projection.shows("groups") {
        true => scim::groups_of(conn, site.organization.id, &[kept.member.id])?,
        false => Vec::new(),
    };
    let groups: Vec<_> = groups.into_iter().map(|(_, id, name)| (id, name)).collect();
    let document = projection.apply(&USERS, shapes::person(site, kept, &groups));
    Ok(Resource { document, ..named(site, Kind::People, id, version) })
}

fn shown_group(
    conn: &mut Conn<'_>,
    site: &Site,
    kept: &scim::KeptGroup,
    projection: &Projection,
) -> Result<Resource, Halt> {
    let (id, version) = (kept.group.id.to_string(), kept.group.revision);
    if projection.is_nothing() {
        return Ok(named(site, Kind::Groups, id, version));
    }
    let seats = match projection.shows("members") {
        true => scim::seats(conn, site.organization.id, kept.group.id)?,
        false => Vec::new(),
    };
    let document = projection.apply(&GROUPS_TYPE, shapes::group(site, kept, &seats));
    Ok(Resource { document, ..named(site, Kind::Groups, id, version) })
}

/// Makes a resource inside a transaction.
///
/// # Errors
/// As the decision.
pub fn made(
    site: &Site,
    tx: &mut Tx<'_>,
    kind: Kind,
    body: &Document,
    projection: &Projection,
) -> Result<Resource, Halt> {
    match kind {
        Kind::People => {
            let id = people::create(site, tx, body)?;
            match tx.revision(site.organization.id).filter(|_| projection.is_nothing()) {
                // What was just written is of the revision that the transaction took.
                Some(version) => Ok(named(site, kind, id.to_string(), version)),
                None => {
                    let kept = people::of(tx, site, id)?;
                    shown_person(tx, site, &kept, projection)
                }
            }
        }
        Kind::Groups => {
            let kept = groups::create(site, tx, body)?;
            shown_group(tx, site, &kept, projection)
        }
    }
}

/// Brings a resource up to date inside a transaction.
///
/// # Errors
/// As the decision, 404, 412.
pub fn edited(
    site: &Site,
    tx: &mut Tx<'_>,
    (kind, id): (Kind, &str),
    edit: Edit<'_>,
    seen: &Seen,
    projection: &Projection,
) -> Result<Resource, Halt> {
    let guard = |version| seen.guard(version);
    match kind {
        Kind::People => {
            let kept = people::edit(site, tx, id, edit, &guard)?;
            shown_person(tx, site, &kept, projection)
        }
        Kind::Groups => {
            let kept = groups::edit(site, tx, id, edit, &guard)?;
            shown_group(tx, site, &kept, projection)
        }
    }
}

/// Deletes a resource inside a transaction.
///
/// # Errors
/// As the decision, 404, 412.
pub fn deleted(site: &Site, tx: &mut Tx<'_>, (kind, id): (Kind, &str), seen: &Seen) -> Result<(), Halt> {
    let guard = |version| seen.guard(version);
    match kind {
        Kind::People => people::delete(site, tx, id, &guard),
        Kind::Groups => groups::delete(site, tx, id, &guard),
    }
}

/// Shows a resource.
///
/// # Errors
/// 404.
pub async fn get(directory: &Directory, kind: Kind, id: &str, projection: Projection) -> Result<Resource, Halt> {
    let id = id.to_owned();
    let work = move |site: &Site, conn: &mut Conn<'_>| match kind {
        Kind::People => {
            let kept = people::load(conn, site, &id)?;
            shown_person(conn, site, &kept, &projection)
        }
        Kind::Groups => {
            let kept = groups::load(conn, site, &id)?;
            shown_group(conn, site, &kept, &projection)
        }
    };
    directory.read(work).await
}

/// Makes a resource.
///
/// # Errors
/// As the decision.
pub async fn create(
    directory: &Directory,
    kind: Kind,
    body: Document,
    projection: Projection,
) -> Result<Written<Resource>, Halt> {
    directory.write(Vec::new(), move |site, tx| made(site, tx, kind, &body, &projection)).await
}

/// Replaces (PUT) or patches (PATCH) a resource.
///
/// # Errors
/// As the decision, 404, 412.
pub async fn edit(
    directory: &Directory,
    (kind, id): (Kind, &str),
    (whole, body): (bool, Document),
    seen: Seen,
    projection: Projection,
) -> Result<Written<Resource>, Halt> {
    let (id, about) = (id.to_owned(), about(kind, id));
    let work = move |site: &Site, tx: &mut Tx<'_>| {
        let edit = if whole { Edit::Replace(&body) } else { Edit::Patch(&body) };
        edited(site, tx, (kind, &id), edit, &seen, &projection)
    };
    directory.write(about, work).await
}

/// Deletes a resource.
///
/// # Errors
/// As the decision, 404, 412.
pub async fn delete(directory: &Directory, kind: Kind, id: &str, seen: Seen) -> Result<Written<()>, Halt> {
    let (id, about) = (id.to_owned(), about(kind, id));
    directory.write(about, move |site, tx| deleted(site, tx, (kind, &id), &seen)).await
}

/// A resource as JSON.
#[must_use]
pub fn json(resource: &Resource) -> Value {
    Value::Object(resource.document.clone())
}
