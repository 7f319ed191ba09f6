//! What the program tells of itself: schemas, resource types and what it offers (RFC 7643, 5 to 7). Open to anybody.

use serde_json::{Map, Value, json};

use super::schema::{Access, Attribute, GROUPS_TYPE, ResourceType, Schema, Shape, USERS};

/// Most operations of one bulk request.
pub const BULK_MOST: usize = 1_000;
/// Most resources of one page, and how many where nobody says.
pub const PAGE_MOST: u64 = 500;
/// How many resources a page has where nobody says.
pub const PAGE_USUAL: u64 = 100;
/// The schema of a list.
pub const LIST: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";

const SCHEMA: &str = "urn:ietf:params:scim:schemas:core:2.0:Schema";
const RESOURCE_TYPE: &str = "urn:ietf:params:scim:schemas:core:2.0:ResourceType";
const PROVIDER: &str = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig";

fn attribute(a: &Attribute) -> Value {
    let (kind, parts, references) = match a.shape {
        Shape::Text => ("string", None, None),
        Shape::Flag => ("boolean", None, None),
        Shape::Moment => ("dateTime", None, None),
        Shape::Reference(to) => ("reference", None, Some(to)),
        Shape::Complex(parts) => ("complex", Some(parts), None),
    };
    let mut told = json!({
        "name": a.name,
        "type": kind,
        "multiValued": a.many,
        "description": a.about,
        "required": a.required,
        "caseExact": a.exact,
        "mutability": match a.access {
            Access::ReadWrite => "readWrite",
            Access::ReadOnly => "readOnly",
            Access::Immutable => "immutable",
        },
        "returned": if a.always { "always" } else { "default" },
        "uniqueness": if a.unique { "server" } else { "none" },
    });
    let mut add = |name: &str, value: Value| told.as_object_mut().and_then(|all| all.insert(name.to_owned(), value));
    if !a.choices.is_empty() {
        add("canonicalValues", json!(a.choices));
    }
    if let Some(to) = references {
        add("referenceTypes", json!(to));
    }
    if let Some(parts) = parts {
        add("subAttributes", parts.iter().map(attribute).collect());
    }
    told
}

fn schema(base: &str, s: &Schema) -> Value {
    json!({
        "schemas": [SCHEMA],
        "id": s.id,
        "name": s.name,
        "description": s.about,
        "attributes": s.attributes.iter().map(attribute).collect::<Vec<_>>(),
        "meta": {"resourceType": "Schema", "location": format!("{base}/Schemas/{}", s.id)},
    })
}

fn resource_type(base: &str, r: &ResourceType) -> Value {
    let extensions = r.extensions.iter().map(|s| json!({"schema": s.id, "required": false}));
    json!({
        "schemas": [RESOURCE_TYPE],
        "id": r.name,
        "name": r.name,
        "description": r.schema.about,
        "endpoint": r.endpoint,
        "schema": r.schema.id,
        "schemaExtensions": extensions.collect::<Vec<_>>(),
        "meta": {"resourceType": "ResourceType", "location": format!("{base}/ResourceTypes/{}", r.name)},
    })
}

/// Every schema.
#[must_use]
pub fn schemas(base: &str) -> Vec<Value> {
    [&USERS, &GROUPS_TYPE]
        .into_iter()
        .flat_map(|r| std::iter::once(r.schema).chain(r.extensions.iter().copied()))
        .map(|s| schema(base, s))
        .collect()
}

/// Every resource type.
#[must_use]
pub fn resource_types(base: &str) -> Vec<Value> {
    vec![resource_type(base, &USERS), resource_type(base, &GROUPS_TYPE)]
}

/// What is offered, and how much of it.
#[must_use]
pub fn provider(base: &str, most_bytes: usize) -> Value {
    let yes = json!({"supported": true});
    json!({
        "schemas": [PROVIDER],
        "patch": yes,
        "bulk": {"supported": true, "maxOperations": BULK_MOST, "maxPayloadSize": most_bytes},
        "filter": {"supported": true, "maxResults": PAGE_MOST},
        "changePassword": {"supported": false},
        "sort": yes,
        "etag": yes,
        "pagination": {
            "cursor": true,
            "index": true,
            "defaultPaginationMethod": "index",
            "defaultPageSize": PAGE_USUAL,
            "maxPageSize": PAGE_MOST,
        },
        "authenticationSchemes": [{
            "type": "oauthbearertoken",
            "name": "Bearer token",
            "description": "A token made on the organization's provisioning page, sent as `Authorization: Bearer`.",
            "specUri": "https://www.rfc-editor.org/rfc/rfc6750",
            "primary": true,
        }],
        "meta": {"resourceType": "ServiceProviderConfig", "location": format!("{base}/ServiceProviderConfig")},
    })
}

/// Some things as a list that is whole.
#[must_use]
pub fn list(resources: Vec<Value>) -> Value {
    let many = resources.len();
    let mut told = Map::new();
    told.insert("schemas".to_owned(), json!([LIST]));
    told.insert("totalResults".to_owned(), json!(many));
    told.insert("itemsPerPage".to_owned(), json!(many));
    told.insert("startIndex".to_owned(), json!(1));
    told.insert("Resources".to_owned(), Value::Array(resources));
    Value::Object(told)
}
