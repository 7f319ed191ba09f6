//! What single sign-on changes, and what the audit trail says of it.

use serde_json::{Value, json};

use super::Connection;
use crate::change::AuditFact;
use crate::ids::{ConnectionId, OrgId, UserId};
use crate::time::Timestamp;

/// The tie between somebody at a provider and an identity here: by issuer and subject, never by an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// By which connection.
    pub connection: ConnectionId,
    /// Whose connection it is.
    pub organization: Option<OrgId>,
    /// The provider, as it names itself.
    pub issuer: String,
    /// What the provider calls the person.
    pub subject: String,
    /// Who that is here.
    pub user: UserId,
    /// Whether the provider's word counts wherever the person belongs: their account began with it, or the
    /// organization owns the address. Otherwise it counts in the connection's organization alone.
    pub whole: bool,
    /// The address the provider named, for the list.
    pub email: String,
    /// Since when.
    pub created_at: Timestamp,
}

/// One recorded change.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "the fields are named by what they hold")]
pub enum SsoChange {
    Created {
        connection: Box<Connection>,
        secret: Option<Vec<u8>>,
    },
    Edited {
        before: Box<Connection>,
        after: Box<Connection>,
        secret: Option<Option<Vec<u8>>>,
    },
    Tested {
        connection: Box<Connection>,
        works: bool,
    },
    Deleted {
        connection: Box<Connection>,
    },
    Linked {
        link: Box<Link>,
    },
    /// The provider ended somebody's sessions: one, by its own name for it, or all it began.
    SessionsEnded {
        connection: Box<Connection>,
        user: Option<UserId>,
        sid: Option<String>,
    },
}

impl SsoChange {
    /// What the audit trail says of it.
    #[must_use]
    pub fn audit(&self) -> AuditFact {
        let of = |c: &Connection, kind, before, after| AuditFact {
            organization: c.organization,
            kind,
            target: ("sso_connection", c.id.to_string(), c.name.clone()),
            before,
            after,
        };
        match self {
            Self::Created { connection, .. } => {
                of(connection, "sso_connection.created", Value::Null, shown(connection))
            }
            Self::Edited { before, after, secret } => {
                let mut now = shown(after);
                if let (Some(_), Some(fields)) = (secret, now.as_object_mut()) {
                    fields.insert("client_secret".to_owned(), json!("changed"));
                }
                of(after, "sso_connection.edited", shown(before), now)
            }
            Self::Tested { connection, works } => {
                of(connection, "sso_connection.tested", Value::Null, json!({"works": works}))
            }
            Self::Deleted { connection } => of(connection, "sso_connection.deleted", shown(connection), Value::Null),
            Self::Linked { link } => AuditFact {
                organization: link.organization,
                kind: "sso_connection.linked",
                target: ("identity", link.user.to_string(), link.email.clone()),
                before: Value::Null,
                after: json!({"connection": link.connection, "issuer": link.issuer, "subject": link.subject}),
            },
            Self::SessionsEnded { connection, user, sid } => {
                of(connection, "session.ended_by_provider", Value::Null, json!({"identity": user, "sid": sid}))
            }
        }
    }
}

fn shown(c: &Connection) -> Value {
    let fingerprints: Option<Vec<&str>> =
        c.saml.as_ref().map(|saml| saml.certificates.iter().map(|one| one.fingerprint.as_str()).collect());
    json!({
        "name": c.name, "kind": c.kind().word(), "issuer": c.issuer, "client_id": c.client_id,
        "sso_url": c.saml.as_ref().map(|saml| &saml.sso_url), "certificates": fingerprints,
        "attributes": c.saml.as_ref().map(|saml| &saml.attributes), "scopes": c.scopes, "domains": c.domains,
        "position": c.position, "enabled": c.enabled, "just_in_time": c.just_in_time, "role": c.role,
        "mail_trust": c.mail_trust.word(), "mapping": c.mapping,
    })
}
