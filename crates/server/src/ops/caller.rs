//! Whoever asks, once the credential was recognised. Does not recognise credentials, and does not know what
//! they allow.

use guildhall_domain::identity::Identity;
use guildhall_domain::ids::SessionId;
use guildhall_domain::member::MemberKind;
use guildhall_domain::proof::Method;
use guildhall_domain::service_account::shown_id;
use guildhall_domain::time::Timestamp;
use guildhall_domain::token::Token;
use guildhall_store::Author;
use guildhall_store::read::credential::Session;

/// With what a caller proved who they are.
#[derive(Clone, Debug)]
pub enum Credential {
    /// A browser session.
    Session(Session),
    /// A token.
    Token(Token),
}

/// Somebody whose credential was recognised.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Who.
    pub identity: Identity,
    /// With what.
    pub credential: Credential,
}

impl Caller {
    /// The session in use, if it is one.
    #[must_use]
    pub const fn session(&self) -> Option<SessionId> {
        match &self.credential {
            Credential::Session(session) => Some(session.id),
            Credential::Token(_) => None,
        }
    }

    /// How the session in use began, if it is one, as tenants name ways of signing in: what somebody has or knows
    /// for themself, or a provider's word.
    #[must_use]
    pub const fn method(&self) -> Option<&'static str> {
        match &self.credential {
            Credential::Session(session) => Some(match session.proof.method {
                Method::Password | Method::Passkey => "password",
                Method::Sso => "oidc",
            }),
            Credential::Token(_) => None,
        }
    }

    pub(super) const fn issued_at(&self) -> Timestamp {
        match &self.credential {
            Credential::Session(session) => session.created_at,
            Credential::Token(token) => token.issued_at,
        }
    }

    /// Whether an identity provider vouched for the session in use.
    #[must_use]
    pub const fn is_vouched_for(&self) -> bool {
        matches!(&self.credential, Credential::Session(session) if session.proof.connection.is_some())
    }

    /// Whether it is a person or a program.
    #[must_use]
    pub const fn kind(&self) -> MemberKind {
        match &self.credential {
            Credential::Session(_) => MemberKind::Person,
            Credential::Token(token) => token.holder,
        }
    }

    /// How the audit trail names them and their credential.
    #[must_use]
    pub fn author(&self) -> Author {
        let (kind, name) = match self.kind() {
            MemberKind::Person => ("identity", &self.identity.email),
            MemberKind::ServiceAccount => ("service_account", &self.identity.name),
        };
        Author {
            kind: kind.to_owned(),
            id: shown_id(self.identity.id, self.kind()),
            name: name.clone(),
            credential: match &self.credential {
                Credential::Session(session) => session.id.to_string(),
                Credential::Token(token) => token.id.to_string(),
            },
            ..Author::default()
        }
    }
}
