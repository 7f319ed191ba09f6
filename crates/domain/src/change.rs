//! A change: a record of what was and what is. It is the only way state moves; the store turns
//! each into rows, and its audit record travels in the same commit. Does not decide anything.

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::group::GroupChange;
use crate::identity::Identity;
use crate::ids::{LinkId, MailId, MemberId, OrgId, SessionId, UserId};
use crate::invitation::{Deliver, Invitation, SecretHash};
use crate::member::Member;
use crate::organization::Organization;
use crate::resource::ResourceChange;
use crate::time::Timestamp;
use crate::token::Token;

/// Name and slug of an organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Naming {
    /// For people.
    pub name: String,
    /// For addresses.
    pub slug: String,
}

/// What an identity shows of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Profile {
    /// For people.
    pub name: String,
    /// Short and unique.
    pub handle: Option<String>,
}

/// What a mailed link lets its bearer do, once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkKind {
    /// Set a new password.
    PasswordReset,
    /// Prove an address.
    EmailVerify,
    /// Make the first organization.
    SetUp,
}

impl LinkKind {
    /// The word the store uses.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::PasswordReset => "password_reset",
            Self::EmailVerify => "email_verify",
            Self::SetUp => "set_up",
        }
    }
}

/// One recorded change.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "the fields are named by what they hold")]
pub enum Change {
    /// The installation has its first organization; the set-up address is dead.
    InstanceSetUp,
    OrganizationCreated {
        organization: Box<Organization>,
    },
    OrganizationRenamed {
        organization: OrgId,
        before: Naming,
        after: Naming,
    },
    OrganizationDeleted {
        organization: OrgId,
        slug: String,
        name: String,
    },
    PolicyChanged {
        organization: OrgId,
        before: Map<String, Value>,
        after: Map<String, Value>,
    },
    /// Credentials issued before `at` are not valid in the organization any more.
    AuthenticationReset {
        organization: OrgId,
        at: Timestamp,
    },
    IdentityCreated {
        identity: Box<Identity>,
        password: Option<String>,
    },
    ProfileEdited {
        user: UserId,
        before: Profile,
        after: Profile,
    },
    EmailVerified {
        user: UserId,
        before: String,
        after: String,
        at: Timestamp,
    },
    PasswordChanged {
        user: UserId,
        hash: String,
    },
    /// Credentials of the identity issued before `at` are not valid any more.
    IdentityAuthenticationReset {
        user: UserId,
        at: Timestamp,
    },
    /// A founder or a person who signed up.
    MemberJoined {
        member: Box<Member>,
    },
    MemberInvited {
        member: Box<Member>,
        invitation: Box<Invitation>,
        secret: SecretHash,
    },
    InvitationResent {
        invitation: Box<Invitation>,
        deliver: Deliver,
        secret: SecretHash,
        expires_at: Option<Timestamp>,
    },
    InvitationRoleChanged {
        invitation: Box<Invitation>,
        after: String,
    },
    InvitationCancelled {
        invitation: Box<Invitation>,
    },
    /// `member` is the membership as it is from here on.
    InvitationAccepted {
        invitation: Box<Invitation>,
        member: Box<Member>,
    },
    MemberApproved {
        member: Box<Member>,
        at: Timestamp,
    },
    MemberRejected {
        member: Box<Member>,
        reason: Option<String>,
    },
    MemberRoleChanged {
        member: Box<Member>,
        after: String,
    },
    MemberDeactivated {
        member: Box<Member>,
    },
    MemberReactivated {
        member: Box<Member>,
    },
    MemberRemoved {
        member: Box<Member>,
    },
    MemberLeft {
        member: Box<Member>,
    },
    MemberSessionsEnded {
        member: Box<Member>,
        at: Timestamp,
    },
    SessionsEnded {
        user: UserId,
        except: Option<SessionId>,
        why: &'static str,
    },
    SessionEnded {
        user: UserId,
        session: SessionId,
    },
    TokenCreated {
        token: Box<Token>,
        hash: [u8; 32],
    },
    TokenRevoked {
        token: Box<Token>,
    },
    /// Every token a membership holds.
    TokensRevoked {
        organization: OrgId,
        member: MemberId,
    },
    /// A mailed link for an identity replaces earlier ones of its kind.
    LinkIssued {
        link: LinkId,
        kind: LinkKind,
        user: Option<UserId>,
        email: String,
        hash: SecretHash,
        expires_at: Timestamp,
    },
    LinkUsed {
        link: LinkId,
    },
    /// A group or somebody's place in it.
    Group(GroupChange),
    /// A resource or a grant on it.
    Resource(ResourceChange),
    /// A message waits in the outbox; `sealed` is unreadable without the instance key.
    MailQueued {
        mail: MailId,
        organization: Option<OrgId>,
        invitation: Option<crate::ids::InvitationId>,
        kind: &'static str,
        to: String,
        sealed: Vec<u8>,
    },
}

/// What an audit record says of a change.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditFact {
    /// Whose trail it stands in; `None` is the installation's.
    pub organization: Option<OrgId>,
    /// Dotted name, noun then verb in the past tense; append-only.
    pub kind: &'static str,
    /// What it happened to: kind, id, name.
    pub target: (&'static str, String, String),
    /// What was.
    pub before: Value,
    /// What is.
    pub after: Value,
}

impl Change {
    /// What the audit trail says of this change; `None` for parts of another change.
    #[must_use]
    pub fn audit(&self) -> Option<AuditFact> {
        match self {
            Self::Group(change) => return Some(change.audit()),
            Self::Resource(change) => return Some(change.audit()),
            _ => {}
        }
        self.audit_of_organization().or_else(|| self.audit_of_member()).or_else(|| self.audit_of_identity())
    }

    fn audit_of_organization(&self) -> Option<AuditFact> {
        let fact = |id: OrgId, kind, name: &str, before, after| {
            Some(AuditFact {
                organization: Some(id),
                kind,
                target: ("organization", id.to_string(), name.to_owned()),
                before,
                after,
            })
        };
        match self {
            Self::OrganizationCreated { organization: o } => fact(
                o.id,
                "organization.created",
                &o.name,
                Value::Null,
                json!({"name": o.name, "slug": o.slug, "preset": o.preset, "preset_version": o.preset_version}),
            ),
            Self::OrganizationRenamed { organization, before, after } => {
                fact(*organization, "organization.renamed", &after.name, json!(before), json!(after))
            }
            Self::OrganizationDeleted { organization, slug, name } => Some(AuditFact {
                organization: None,
                ..fact(*organization, "organization.deleted", name, json!({"name": name, "slug": slug}), Value::Null)?
            }),
            Self::PolicyChanged { organization, before, after } => {
                fact(*organization, "policy.changed", "", json!(before), json!(after))
            }
            Self::AuthenticationReset { organization, at } => {
                fact(*organization, "authentication.reset", "", Value::Null, json!({"valid_from": at}))
            }
            _ => None,
        }
    }

    fn audit_of_member(&self) -> Option<AuditFact> {
        let member = |m: &Member, kind, before, after| {
            Some(AuditFact {
                organization: Some(m.organization),
                kind,
                target: ("member", m.id.to_string(), m.email.clone()),
                before,
                after,
            })
        };
        let invitation = |i: &Invitation, kind, before, after| {
            Some(AuditFact {
                organization: Some(i.organization),
                kind,
                target: ("invitation", i.id.to_string(), i.email.clone()),
                before,
                after,
            })
        };
        let state = |m: &Member| json!({"role": m.role, "status": m.status.word()});
        match self {
            Self::MemberJoined { member: m } => member(
                m,
                "member.joined",
                Value::Null,
                json!({"role": m.role, "status": m.status.word(), "origin": m.origin.word()}),
            ),
            Self::MemberInvited { invitation: i, .. } => invitation(
                i,
                "invitation.created",
                Value::Null,
                json!({"role": i.role, "expires_at": i.expires_at, "deliver": i.deliver.word()}),
            ),
            Self::InvitationResent { invitation: i, expires_at, deliver, .. } => invitation(
                i,
                "invitation.resent",
                json!({"expires_at": i.expires_at}),
                json!({"expires_at": expires_at, "deliver": deliver.word()}),
            ),
            Self::InvitationRoleChanged { invitation: i, after } => {
                invitation(i, "invitation.role_changed", json!({"role": i.role}), json!({"role": after}))
            }
            Self::InvitationCancelled { invitation: i } => {
                invitation(i, "invitation.cancelled", json!({"role": i.role}), Value::Null)
            }
            Self::InvitationAccepted { invitation: i, member: m } => member(
                m,
                "invitation.accepted",
                json!({"invitation": i.id}),
                json!({"identity": m.user, "role": m.role, "status": m.status.word()}),
            ),
            Self::MemberApproved { member: m, .. } => {
                member(m, "member.approved", state(m), json!({"role": m.role, "status": "active"}))
            }
            Self::MemberRejected { member: m, reason } => {
                member(m, "member.rejected", state(m), json!({"reason": reason}))
            }
            Self::MemberRoleChanged { member: m, after } => {
                member(m, "member.role_changed", json!({"role": m.role}), json!({"role": after}))
            }
            Self::MemberDeactivated { member: m } => {
                member(m, "member.deactivated", state(m), json!({"role": m.role, "status": "deactivated"}))
            }
            Self::MemberReactivated { member: m } => {
                member(m, "member.reactivated", state(m), json!({"role": m.role, "status": "active"}))
            }
            Self::MemberRemoved { member: m } => member(m, "member.removed", state(m), Value::Null),
            Self::MemberLeft { member: m } => member(m, "member.left", state(m), Value::Null),
            Self::MemberSessionsEnded { member: m, at } => {
                member(m, "member.sessions_ended", Value::Null, json!({"before": at}))
            }
            Self::TokenCreated { token: t, .. } => Some(token_fact(
                t,
                "token.created",
                Value::Null,
                json!({"name": t.name, "scopes": t.scopes, "expires_at": t.expires_at}),
            )),
            Self::TokenRevoked { token: t } => {
                Some(token_fact(t, "token.revoked", json!({"name": t.name}), Value::Null))
            }
            _ => None,
        }
    }

    fn audit_of_identity(&self) -> Option<AuditFact> {
        let fact = |user: UserId, kind, name: &str, before, after| {
            Some(AuditFact {
                organization: None,
                kind,
                target: ("identity", user.to_string(), name.to_owned()),
                before,
                after,
            })
        };
        match self {
            Self::InstanceSetUp => Some(AuditFact {
                organization: None,
                kind: "instance.set_up",
                target: ("instance", String::new(), String::new()),
                before: Value::Null,
                after: Value::Null,
            }),
            Self::IdentityCreated { identity: i, .. } => fact(
                i.id,
                "identity.created",
                &i.email,
                Value::Null,
                json!({"email": i.email, "name": i.name, "verified": i.email_verified_at.is_some()}),
            ),
            Self::ProfileEdited { user, before, after } => {
                fact(*user, "identity.edited", &after.name, json!(before), json!(after))
            }
            Self::EmailVerified { user, before, after, .. } => {
                fact(*user, "identity.email_verified", after, json!({"email": before}), json!({"email": after}))
            }
            Self::PasswordChanged { user, .. } => {
                fact(*user, "identity.password_changed", "", Value::Null, Value::Null)
            }
            Self::IdentityAuthenticationReset { user, at } => {
                fact(*user, "identity.authentication_reset", "", Value::Null, json!({"valid_from": at}))
            }
            Self::SessionsEnded { user, why, .. } => {
                fact(*user, "identity.sessions_ended", "", Value::Null, json!({"why": why}))
            }
            Self::SessionEnded { user, session } => {
                fact(*user, "session.ended", "", json!({"session": session}), Value::Null)
            }
            _ => None,
        }
    }

    /// How this change alters somebody's role in an organization: membership, role before and
    /// after. `None` is no access.
    #[must_use]
    pub fn access(&self) -> Option<AccessChange> {
        let of = |m: &Member, before: Option<&str>, after: Option<&str>| {
            Some(AccessChange {
                organization: m.organization,
                member: m.id,
                email: m.email.clone(),
                before: before.map(str::to_owned),
                after: after.map(str::to_owned),
            })
        };
        let active = |m: &Member| m.status == crate::member::Status::Active;
        let role_if_active = |m: &Member| active(m).then(|| m.role.clone());
        match self {
            Self::MemberJoined { member: m } | Self::InvitationAccepted { member: m, .. } => {
                of(m, None, role_if_active(m).as_deref())
            }
            Self::MemberApproved { member: m, .. } | Self::MemberReactivated { member: m } => {
                of(m, None, Some(&m.role))
            }
            Self::MemberRoleChanged { member: m, after } if active(m) => of(m, Some(&m.role), Some(after)),
            Self::MemberDeactivated { member: m }
            | Self::MemberRemoved { member: m }
            | Self::MemberLeft { member: m } => of(m, role_if_active(m).as_deref(), None),
            _ => None,
        }
    }
}

/// Somebody's role in an organization before and after a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessChange {
    /// Where.
    pub organization: OrgId,
    /// Whose membership.
    pub member: MemberId,
    /// Their address.
    pub email: String,
    /// Role before, `None` for no access.
    pub before: Option<String>,
    /// Role after, `None` for no access.
    pub after: Option<String>,
}

fn token_fact(token: &Token, kind: &'static str, before: Value, after: Value) -> AuditFact {
    AuditFact {
        organization: token.organization,
        kind,
        target: ("token", token.id.to_string(), token.name.clone()),
        before,
        after,
    }
}
