//! What there is: people, organizations, memberships and what they hold.

use serde_json::Value;

use super::{Model, OwnRole, Rulebook, Seconds};

/// A person.
#[derive(Clone, Debug)]
pub struct Person {
    pub id: String,
    pub email: String,
    pub verified: bool,
    pub name: String,
    pub handle: Option<String>,
    /// Empty for whoever has none yet.
    pub password: String,
    pub administrator: bool,
    pub valid_from: Seconds,
}

impl Person {
    pub(super) fn opens_with(&self, password: &str) -> bool {
        !self.password.is_empty() && self.password == password
    }
}

/// An organization and everything that happened in it.
#[derive(Clone, Debug)]
pub struct Organization {
    pub id: String,
    pub slug: String,
    pub name: String,
    pub rules: Rulebook,
    /// Roles it made for itself; what they mean stands in `rules` too.
    pub own: Vec<OwnRole>,
    /// The tenant it belongs to, and the settings that lays over it; none is none.
    pub tenant: Option<String>,
    pub above: serde_json::Map<String, Value>,
    /// Knobs that differ from the preset.
    pub policy: serde_json::Map<String, Value>,
    /// How long sessions lasted that began before a moment, idle and in use; later lengths are for new ones.
    pub lengths: Vec<(Seconds, [Value; 2])>,
    pub valid_from: Seconds,
    /// Raised by every write.
    pub revision: u64,
    /// Revision of the last change of the organization itself.
    pub object: u64,
    pub deleted: bool,
    /// The share of seats its owners were told of, in per cent.
    pub seats_told: i64,
    /// Its audit trail: revision and type, oldest first.
    pub trail: Vec<(u64, &'static str)>,
}

/// A membership, also a waiting one.
#[derive(Clone, Debug)]
pub struct Member {
    pub id: String,
    pub organization: String,
    /// The person, or the service account.
    pub person: Option<String>,
    /// Whether it is a service account.
    pub program: bool,
    pub email: String,
    pub name: String,
    pub handle: Option<String>,
    pub role: String,
    /// `invited`, `requested`, `pending_approval`, `active`, `deactivated` or `removed`.
    pub status: &'static str,
    pub origin: &'static str,
    pub joined: bool,
    pub sessions_from: Seconds,
    pub revision: u64,
}

/// An invitation.
#[derive(Clone, Debug)]
pub struct Invitation {
    pub id: String,
    pub organization: String,
    pub member: String,
    /// Empty for somebody invited by handle.
    pub email: String,
    /// Person and handle of somebody invited by it.
    pub invitee: Option<(String, String)>,
    pub name: String,
    pub role: String,
    /// Groups, and resources with the role inside each.
    pub carried: (Vec<String>, Vec<(String, String)>),
    /// Membership of who invited.
    pub by: String,
    pub deliver: String,
    /// `pending`, `accepted`, `refused`, `cancelled`, or `expired` when it was withdrawn after its end.
    pub state: &'static str,
    pub expires: Option<Seconds>,
    pub secret: String,
    pub revision: u64,
}

/// A session; ended ones are gone from the list.
#[derive(Clone, Debug)]
pub struct Session {
    pub id: String,
    pub secret: String,
    pub person: String,
    pub created: Seconds,
    pub seen: Seconds,
    /// When it was seen before the request at hand.
    pub seen_before: Seconds,
    pub expires: Seconds,
}

/// A token of a person or of a service account.
#[derive(Clone, Debug)]
pub struct Token {
    pub id: String,
    pub secret: String,
    /// When that secret was issued.
    pub issued: Seconds,
    /// The secret before, when it was issued, and until when it works.
    pub old: Option<(String, Seconds, Seconds)>,
    /// Whether it is a service account's.
    pub program: bool,
    /// Whether it is switched on.
    pub active: bool,
    /// Whether its value is kept, to be shown again.
    pub kept: bool,
    pub organization: Option<String>,
    pub member: Option<String>,
    pub person: String,
    pub name: String,
    pub scopes: Option<Vec<String>>,
    pub expires: Option<Seconds>,
    pub revoked: bool,
}

/// A mailed link of a person; used ones are gone from the list.
#[derive(Clone, Debug)]
pub struct Link {
    pub kind: &'static str,
    pub person: String,
    pub email: String,
    pub secret: String,
    pub expires: Seconds,
}

impl Model {
    /// The system after `guildhall init`: the first owner with the token made there.
    #[must_use]
    pub fn begun(email: &str, name: &str, password: &str) -> Self {
        let mut model = Self::default();
        let person = model.fresh("usr");
        let (id, secret) = (model.fresh("tok"), model.fresh("pat"));
        model.people.push(Person {
            id: person.clone(),
            email: email.to_owned(),
            verified: true,
            name: name.to_owned(),
            handle: None,
            password: password.to_owned(),
            administrator: true,
            valid_from: i64::MIN,
        });
        model.tokens.push(Token {
            id,
            secret,
            issued: 0,
            old: None,
            program: false,
            active: true,
            kept: false,
            organization: None,
            member: None,
            person,
            name: "made at init".to_owned(),
            scopes: None,
            expires: None,
            revoked: false,
        });
        for kind in ["instance.set_up", "identity.created", "token.created"] {
            model.act("", kind);
        }
        model
    }
}
