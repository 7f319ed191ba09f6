//! What the audit trail says of each change. Decides neither what is a change nor who did it.

use serde_json::{Value, json};

use super::Change;
use crate::ids::{OrgId, UserId};
use crate::invitation::Invitation;
use crate::member::Member;
use crate::organization::Organization;

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
            Self::Link(change) => return Some(change.audit()),
            Self::Join(change) => return change.audit(),
            Self::Factor(change) => return change.audit(),
            Self::Group(change) => return Some(change.audit()),
            Self::Resource(change) => return Some(change.audit()),
            Self::ServiceAccount(change) => return Some(change.audit()),
            Self::Token(change) => return Some(change.audit()),
            Self::DeployKey(change) => return Some(change.audit()),
            Self::Limit(change) => return Some(change.audit()),
            Self::Sso(change) => return Some(change.audit()),
            Self::Domain(change) => return change.audit(),
            Self::Tenant(change) => return Some(change.audit()),
            Self::Role(change) => return Some(change.audit()),
            Self::Scim(change) => return Some(change.audit()),
            _ => {}
        }
        self.audit_of_organization()
            .or_else(|| self.audit_of_member())
            .or_else(|| self.audit_of_invitation())
            .or_else(|| self.audit_of_identity())
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
            Self::PresetApplied { before, after } => {
                let shown = |o: &Organization| json!({"preset": o.preset, "preset_version": o.preset_version, "policy": o.policy});
                fact(after.id, "preset.applied", &after.name, shown(before), shown(after))
            }
            Self::AccountChanged { organization, before, after } => {
                fact(*organization, "account.changed", "", json!(before), json!(after))
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
                target: ("member", m.id.to_string(), m.label().to_owned()),
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
            Self::InvitationAccepted { invitation: i, member: m } => member(
                m,
                "invitation.accepted",
                json!({"invitation": i.id}),
                json!({"identity": m.user, "role": m.role, "status": m.status.word()}),
            ),
            Self::MemberApproved { member: m, .. } => {
                member(m, "member.approved", state(m), json!({"role": m.role, "status": "active"}))
            }
            Self::MemberRejected { member: m, reason, .. } => {
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
            Self::MemberRestored { member: m, kept } => member(
                m,
                "member.restored",
                json!({"status": "removed"}),
                json!({"role": m.role, "status": m.status.word(), "groups": kept.groups(), "grants": kept.grant_ids()}),
            ),
            Self::MemberSessionsEnded { member: m, at } => {
                member(m, "member.sessions_ended", Value::Null, json!({"before": at}))
            }
            _ => None,
        }
    }

    fn audit_of_invitation(&self) -> Option<AuditFact> {
        let invitation = |i: &Invitation, kind, before, after| {
            Some(AuditFact {
                organization: Some(i.organization),
                kind,
                target: ("invitation", i.id.to_string(), i.addressee()),
                before,
                after,
            })
        };
        match self {
            Self::MemberInvited { invitation: i, .. } => invitation(
                i,
                "invitation.created",
                Value::Null,
                json!({"role": i.role, "expires_at": i.expires_at, "deliver": i.deliver.word(), "carries": i.carried.told()}),
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
            Self::InvitationCarriesChanged { invitation: i, after } => {
                invitation(i, "invitation.carries_changed", i.carried.told(), after.told())
            }
            Self::InvitationReissueOverridden { invitation: i } => {
                invitation(i, "invitation.reissue_overridden", json!({"expired_at": i.expires_at}), Value::Null)
            }
            Self::InvitationCarriedInPart { invitation: i, skipped } => {
                invitation(i, "invitation.carried_in_part", i.carried.told(), json!({"skipped": skipped.told()}))
            }
            Self::InvitationRefused { invitation: i } => {
                invitation(i, "invitation.refused", json!({"role": i.role}), Value::Null)
            }
            Self::InvitationCancelled { invitation: i, .. } => {
                invitation(i, "invitation.cancelled", json!({"role": i.role}), Value::Null)
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
            Self::InstanceAuthenticationReset { at } => Some(AuditFact {
                organization: None,
                kind: "instance.authentication_reset",
                target: ("instance", String::new(), String::new()),
                before: Value::Null,
                after: json!({"valid_from": at}),
            }),
            Self::IdentityCreated { identity: i, .. } => fact(
                i.id,
                "identity.created",
                &i.email,
                Value::Null,
                json!({"email": i.email, "name": i.name, "verified": i.email_verified_at.is_some()}),
            ),
            Self::IdentityDeleted { identity: i } => {
                fact(i.id, "identity.deleted", &i.email, json!({"email": i.email, "name": i.name}), Value::Null)
            }
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
            Self::SessionProved { user, session, factor, .. } => {
                fact(*user, "session.proved", "", Value::Null, json!({"session": session, "factor": factor}))
            }
            Self::SessionEnded { user, session } => {
                fact(*user, "session.ended", "", json!({"session": session}), Value::Null)
            }
            _ => None,
        }
    }
}
