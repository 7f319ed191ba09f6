//! A change: a record of what was and what is. It is the only way state moves; the store turns
//! each into rows, and its audit record travels in the same commit. Does not decide anything.

mod audit;

pub use audit::AuditFact;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::account::Account;
use crate::claimed_domain::DomainChange;
use crate::departure::Kept;
use crate::deploy_key::DeployKeyChange;
use crate::factor::FactorChange;
use crate::group::GroupChange;
use crate::identity::Identity;
use crate::ids::{LinkId, MailId, MemberId, OrgId, SessionId, UserId};
use crate::invitation::{Carried, Deliver, Invitation, SecretHash, State};
use crate::invite_link::LinkChange;
use crate::joining::JoinChange;
use crate::limit::LimitChange;
use crate::member::Member;
use crate::organization::Organization;
use crate::proof::Lengths;
use crate::provisioning::ScimChange;
use crate::resource::ResourceChange;
use crate::role::RoleChange;
use crate::service_account::ServiceAccountChange;
use crate::sso::SsoChange;
use crate::tenant::TenantChange;
use crate::time::Timestamp;
use crate::token::TokenChange;

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
    /// Another preset is in force, or another version; people's roles follow as changes of their own.
    PresetApplied {
        before: Box<Organization>,
        after: Box<Organization>,
    },
    AccountChanged {
        organization: OrgId,
        before: Account,
        after: Account,
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
    /// A founder, or a person who came in by themself.
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
    InvitationCarriesChanged {
        invitation: Box<Invitation>,
        after: Carried,
    },
    /// A holder of the top role invites again although the last invitation expired.
    InvitationReissueOverridden {
        invitation: Box<Invitation>,
    },
    /// What an accepted invitation carried and could not give any more.
    InvitationCarriedInPart {
        invitation: Box<Invitation>,
        skipped: Carried,
    },
    InvitationRefused {
        invitation: Box<Invitation>,
    },
    /// `state` is what it is from here on.
    InvitationCancelled {
        invitation: Box<Invitation>,
        state: State,
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
        at: Timestamp,
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
    /// What a removed member had, kept until it can be undone no more.
    RemovalKept {
        member: Box<Member>,
        kept: Box<Kept>,
        until: Timestamp,
    },
    /// A removal was undone; `member` is the membership as it is from here on.
    MemberRestored {
        member: Box<Member>,
        kept: Box<Kept>,
    },
    /// The person is gone from the installation; what remains holds nothing about them.
    IdentityDeleted {
        identity: Box<Identity>,
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
    /// Whoever is signed in proved once more who they are, perhaps with a second factor.
    SessionProved {
        user: UserId,
        session: SessionId,
        factor: bool,
        at: Timestamp,
    },
    SessionEnded {
        user: UserId,
        session: SessionId,
    },
    /// A token was made, changed or revoked.
    Token(TokenChange),
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
    /// No token of the organization has a value that can be shown again any more.
    TokenValuesErased {
        organization: OrgId,
    },
    /// A service account.
    ServiceAccount(ServiceAccountChange),
    /// A deploy key.
    DeployKey(DeployKeyChange),
    /// An invite link, or all of them.
    Link(LinkChange),
    /// What joining by oneself changes beside a membership.
    Join(JoinChange),
    /// A group or somebody's place in it.
    Group(GroupChange),
    /// A role of the organization's own.
    Role(RoleChange),
    /// What a directory keeps, and its tokens.
    Scim(ScimChange),
    /// A resource or a grant on it.
    Resource(ResourceChange),
    /// A tenant, or somebody in it.
    Tenant(TenantChange),
    /// Nothing issued before `at` opens anything of the installation any more.
    InstanceAuthenticationReset {
        at: Timestamp,
    },
    /// A second factor of somebody, or their backup codes.
    Factor(FactorChange),
    /// The lengths of sessions that hold for those begun until now; the new ones are for new sessions.
    SessionLengthsKept {
        organization: OrgId,
        lengths: Lengths,
    },
    /// A connection to an identity provider, or what it did.
    Sso(SsoChange),
    /// A mail domain that the organization claims.
    Domain(DomainChange),
    /// A usage limit.
    Limit(LimitChange),
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

impl Change {
    /// The organization in which this change may raise the number of seats taken, or their share.
    #[must_use]
    pub fn fills_seats(&self) -> Option<OrgId> {
        match self {
            Self::MemberJoined { member: m }
            | Self::MemberInvited { member: m, .. }
            | Self::InvitationAccepted { member: m, .. }
            | Self::MemberApproved { member: m, .. }
            | Self::MemberReactivated { member: m } => Some(m.organization),
            Self::ServiceAccount(ServiceAccountChange::Created { account, .. }) => Some(account.member.organization),
            Self::PolicyChanged { organization, .. } => Some(*organization),
            Self::PresetApplied { after, .. } => Some(after.id),
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
                email: m.label().to_owned(),
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
            Self::ServiceAccount(ServiceAccountChange::Created { account, .. }) => {
                of(&account.member, None, Some(&account.member.role))
            }
            Self::ServiceAccount(ServiceAccountChange::Deleted { account }) => {
                of(&account.member, role_if_active(&account.member).as_deref(), None)
            }
            Self::MemberRestored { member: m, .. } => of(m, None, role_if_active(m).as_deref()),
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
    /// Their address, or the name of a service account.
    pub email: String,
    /// Role before, `None` for no access.
    pub before: Option<String>,
    /// Role after, `None` for no access.
    pub after: Option<String>,
}
