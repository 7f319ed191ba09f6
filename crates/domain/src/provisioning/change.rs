//! What a directory's doing changes, and what the audit trail says of it. Decides nothing.

use serde_json::{Map, Value, json};

use super::{Record, ScimToken};
use crate::change::AuditFact;
use crate::group::Group;
use crate::ids::UserId;
use crate::member::Member;

/// One recorded change.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "the fields are named by what they hold")]
pub enum ScimChange {
    TokenCreated {
        token: Box<ScimToken>,
        hash: [u8; 32],
    },
    TokenRenamed {
        token: Box<ScimToken>,
        after: String,
    },
    /// `token` is what it is from here on.
    TokenRotated {
        token: Box<ScimToken>,
        hash: [u8; 32],
    },
    TokenRevoked {
        token: Box<ScimToken>,
    },
    /// The directory keeps this person, from here on or with other facts.
    PersonKept {
        member: Box<Member>,
        before: Option<Box<Record>>,
        after: Box<Record>,
    },
    /// The directory keeps this person no more.
    PersonLetGo {
        member: Box<Member>,
        record: Box<Record>,
    },
    /// The directory gave them another address, which is not proved.
    AddressChanged {
        member: Box<Member>,
        user: UserId,
        before: String,
        after: String,
    },
    /// Another id of the directory's own for a group.
    GroupCalled {
        group: Box<Group>,
        after: Option<String>,
    },
}

/// The attributes in which two records differ, as they stand in the first.
fn differing(one: &Record, other: &Record) -> Value {
    let differs = |(name, value): &(&String, &Value)| other.attributes.get(*name) != Some(*value);
    let pairs = one.attributes.iter().filter(differs).map(|(name, value)| (name.clone(), value.clone()));
    Value::Object(pairs.collect::<Map<_, _>>())
}

impl ScimChange {
    /// What the audit trail says of it.
    #[must_use]
    pub fn audit(&self) -> AuditFact {
        match self {
            Self::TokenCreated { token, .. } => of_token(token, "scim_token.created", Value::Null, named(token)),
            Self::TokenRenamed { token, after } => {
                of_token(token, "scim_token.renamed", named(token), json!({"name": after, "last4": token.last4}))
            }
            Self::TokenRotated { token, .. } => of_token(token, "scim_token.rotated", Value::Null, named(token)),
            Self::TokenRevoked { token } => of_token(token, "scim_token.revoked", named(token), Value::Null),
            Self::PersonKept { member, before: None, after } => {
                of_member(member, "member.directory_linked", Value::Null, whole(after))
            }
            Self::PersonKept { member, before: Some(before), after } => {
                of_member(member, "member.directory_edited", differing(before, after), differing(after, before))
            }
            Self::PersonLetGo { member, record } => {
                of_member(member, "member.directory_unlinked", whole(record), Value::Null)
            }
            Self::AddressChanged { member, before, after, .. } => {
                of_member(member, "member.address_changed", json!({"email": before}), json!({"email": after}))
            }
            Self::GroupCalled { group, after } => AuditFact {
                organization: Some(group.organization),
                kind: "group.external_id_changed",
                target: ("group", group.id.to_string(), group.name.clone()),
                before: json!({"external_id": group.external_id}),
                after: json!({"external_id": after}),
            },
        }
    }
}

fn named(token: &ScimToken) -> Value {
    json!({"name": token.name, "last4": token.last4})
}

fn whole(record: &Record) -> Value {
    json!({"user_name": record.user_name, "external_id": record.external_id})
}

fn of_token(token: &ScimToken, kind: &'static str, before: Value, after: Value) -> AuditFact {
    let target = ("scim_token", token.id.to_string(), token.name.clone());
    AuditFact { organization: Some(token.organization), kind, target, before, after }
}

fn of_member(member: &Member, kind: &'static str, before: Value, after: Value) -> AuditFact {
    let target = ("member", member.id.to_string(), member.label().to_owned());
    AuditFact { organization: Some(member.organization), kind, target, before, after }
}
