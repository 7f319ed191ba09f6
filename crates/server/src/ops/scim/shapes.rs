//! People and groups as SCIM resources, and what of a resource is ours: user name, address, name.

use guildhall_domain::group::Seat;
use guildhall_domain::ids::GroupId;
use guildhall_domain::member::Status;
use guildhall_domain::provisioning::Record;
use guildhall_domain::text::{self, Email};
use guildhall_store::read::scim::{KeptGroup, KeptPerson};
use serde_json::{Value, json};

use super::Site;
use crate::scim::ScimError;
use crate::scim::document::Document;
use crate::scim::schema::{GROUP, ResourceType, USERS};

/// Largest record of a person, in bytes.
const RECORD_MOST: usize = 65_536;

/// The version of a person's resource: what the directory said, and where the membership stands.
#[must_use]
pub fn person_version(kept: &KeptPerson) -> u64 {
    kept.revision.max(kept.member.revision)
}

/// A version as an `ETag`.
#[must_use]
pub fn etag(version: u64) -> String {
    format!("W/\"{version}\"")
}

/// A person as a resource; `groups` as far as they are to be shown.
#[must_use]
pub fn person(site: &Site, kept: &KeptPerson, groups: &[(GroupId, String)]) -> Document {
    let id = kept.member.id.to_string();
    let mut shown = Document::new();
    let extensions = USERS.extensions.iter().map(|s| s.id).filter(|id| kept.attributes.contains_key(*id));
    shown.insert("schemas".to_owned(), std::iter::once(USERS.schema.id).chain(extensions).collect());
    shown.insert("id".to_owned(), json!(id));
    shown.extend(kept.attributes.clone());
    shown.insert("active".to_owned(), json!(kept.member.status == Status::Active));
    if !groups.is_empty() {
        let group = |(id, name): &(GroupId, String)| json!({"value": id, "$ref": format!("{}/Groups/{id}", site.base), "display": name, "type": "direct"});
        shown.insert("groups".to_owned(), groups.iter().map(group).collect());
    }
    let meta = json!({
        "resourceType": "User",
        "created": kept.created_at,
        "lastModified": kept.changed_at,
        "location": format!("{}/Users/{id}", site.base),
        "version": etag(person_version(kept)),
    });
    shown.insert("meta".to_owned(), meta);
    shown
}

/// A group as a resource; `seats` as far as they are to be shown.
#[must_use]
pub fn group(site: &Site, kept: &KeptGroup, seats: &[Seat]) -> Document {
    let id = kept.group.id.to_string();
    let mut shown = Document::new();
    shown.insert("schemas".to_owned(), json!([GROUP.id]));
    shown.insert("id".to_owned(), json!(id));
    shown.extend(said_of_group(kept));
    if !seats.is_empty() {
        shown.insert("members".to_owned(), Value::Array(members(site, seats)));
    }
    let meta = json!({
        "resourceType": "Group",
        "created": kept.group.created_at,
        "lastModified": kept.changed_at,
        "location": format!("{}/Groups/{id}", site.base),
        "version": etag(kept.group.revision),
    });
    shown.insert("meta".to_owned(), meta);
    shown
}

/// What the directory said of a group, but for who is in it.
#[must_use]
pub fn said_of_group(kept: &KeptGroup) -> Document {
    let mut said = Document::new();
    if let Some(external) = &kept.group.external_id {
        said.insert("externalId".to_owned(), json!(external));
    }
    said.insert("displayName".to_owned(), json!(kept.group.name));
    said
}

/// Everybody in a group, as its `members`.
#[must_use]
pub fn members(site: &Site, seats: &[Seat]) -> Vec<Value> {
    let member = |seat: &Seat| {
        let id = seat.member;
        json!({"value": id, "$ref": format!("{}/Users/{id}", site.base), "type": "User"})
    };
    seats.iter().map(member).collect()
}

fn said<'a>(document: &'a Document, name: &str) -> Option<&'a str> {
    document.get(name).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty())
}

/// The address somebody signs in with: the primary one, else the one at work, else the first; where none is given,
/// the user name.
fn address(document: &Document) -> Option<&str> {
    let emails = document.get("emails").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let by = |wanted: &dyn Fn(&&Value) -> bool| emails.iter().find(wanted);
    let chosen = by(&|e| e.get("primary") == Some(&Value::Bool(true)))
        .or_else(|| by(&|e| e.get("type").and_then(Value::as_str) == Some("work")))
        .or_else(|| emails.first());
    chosen.and_then(|email| email.get("value")?.as_str()).or_else(|| said(document, "userName"))
}

fn name(document: &Document) -> String {
    let parts = document.get("name").and_then(Value::as_object);
    let part = |name: &str| parts.and_then(|parts| said(parts, name));
    let whole = said(document, "displayName").or_else(|| part("formatted")).map(str::to_owned);
    let joined = || [part("givenName"), part("familyName")].into_iter().flatten().collect::<Vec<_>>().join(" ");
    whole.unwrap_or_else(joined)
}

/// What is ours of a person's resource.
///
/// # Errors
/// `invalidValue` for a blank user name, or an address that is none.
pub fn record(attributes: Document) -> Result<Record, ScimError> {
    let user_name = said(&attributes, "userName").ok_or_else(|| ScimError::value("`userName` must not be blank"))?;
    let user_name = user_name.to_owned();
    let Some(address) = address(&attributes) else {
        return Err(ScimError::value("an address is needed, in `emails`"));
    };
    let email = Email::parse(address, "emails")
        .map_err(|refusal| ScimError::value(format!("{}; send the person's address in `emails`", refusal.detail)))?;
    let name = match name(&attributes) {
        blank if blank.is_empty() => blank,
        given => text::name(&given, "displayName").map_err(|refusal| ScimError::value(refusal.detail))?,
    };
    if serde_json::to_vec(&attributes).map_or(usize::MAX, |text| text.len()) > RECORD_MOST {
        return Err(ScimError::too_large(format!("a person's attributes take at most {RECORD_MOST} bytes")));
    }
    let external_id = attributes.get("externalId").and_then(Value::as_str).map(str::to_owned);
    Ok(Record { user_name, external_id, address: email.shown().to_owned(), name, attributes })
}

/// The type behind a resource, for what both have in common.
#[must_use]
pub fn location(site: &Site, kind: &ResourceType, id: &str) -> String {
    format!("{}{}/{id}", site.base, kind.endpoint)
}
