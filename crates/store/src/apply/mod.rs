//! Turns each change into rows. One page of arms; the compiler names a change that was forgotten.

mod group;
mod identity;
mod invite_link;
mod joining;
mod limit;
mod member;
mod organization;
mod resource;
mod role;

use guildhall_domain::change::Change;
use guildhall_domain::ids::OrgId;
use guildhall_domain::member::Status;
use guildhall_domain::time::Timestamp;

use crate::conn::Conn;
use crate::error::StoreError;

/// Every statement of this folder, for the test that prepares them on both engines.
pub(crate) fn statements() -> impl Iterator<Item = &'static str> {
    organization::STATEMENTS
        .iter()
        .chain(member::STATEMENTS)
        .chain(identity::STATEMENTS)
        .chain(invite_link::STATEMENTS)
        .chain(group::STATEMENTS)
        .chain(resource::STATEMENTS)
        .chain(limit::STATEMENTS)
        .chain(role::STATEMENTS)
        .chain(joining::STATEMENTS)
        .copied()
}

/// What applying a change needs beside the change.
pub(crate) struct At<'a> {
    now: Timestamp,
    revision_of: &'a dyn Fn(OrgId) -> Option<u64>,
}

impl At<'_> {
    /// INVARIANT: nothing of an organization is changed before the organization was taken.
    fn revision(&self, organization: OrgId) -> Result<u64, StoreError> {
        (self.revision_of)(organization)
            .ok_or_else(|| StoreError::Bug(format!("{organization} was not taken before it was changed")))
    }
}

pub(crate) fn rows(
    conn: &mut Conn<'_>,
    change: &Change,
    now: Timestamp,
    revision_of: &dyn Fn(OrgId) -> Option<u64>,
) -> Result<(), StoreError> {
    let at = At { now, revision_of };
    match change {
        Change::InstanceSetUp => organization::instance_set_up(conn),
        Change::OrganizationCreated { organization } => organization::created(conn, organization),
        Change::OrganizationRenamed { organization, after, .. } => {
            organization::renamed(conn, &at, *organization, after)
        }
        Change::OrganizationDeleted { organization, .. } => organization::deleted(conn, &at, *organization),
        Change::PolicyChanged { organization, before, after } => {
            joining::policy_changed(conn, *organization, before, after)?;
            organization::policy_changed(conn, &at, *organization, after)
        }
        Change::PresetApplied { after, .. } => organization::preset_applied(conn, &at, after),
        Change::AccountChanged { organization, after, .. } => {
            organization::account_changed(conn, &at, *organization, after)
        }
        Change::AuthenticationReset { organization, at: from } => {
            organization::authentication_reset(conn, &at, *organization, *from)
        }
        Change::IdentityCreated { identity, password } => identity::created(conn, identity, password.as_deref()),
        Change::ProfileEdited { user, after, .. } => identity::profile_edited(conn, *user, after),
        Change::EmailVerified { user, after, at: when, .. } => identity::email_verified(conn, *user, after, *when),
        Change::PasswordChanged { user, hash } => identity::password_changed(conn, *user, hash),
        Change::IdentityAuthenticationReset { user, at: from } => identity::authentication_reset(conn, *user, *from),
        Change::MemberJoined { member } => member::inserted(conn, &at, member),
        Change::MemberInvited { member, invitation, secret } => {
            member::inserted(conn, &at, member)?;
            member::invitation_inserted(conn, &at, invitation, secret)
        }
        Change::InvitationResent { invitation, deliver, secret, expires_at } => {
            member::invitation_resent(conn, &at, invitation, *deliver, secret, *expires_at)
        }
        Change::InvitationRoleChanged { invitation, after } => member::invitation_role(conn, &at, invitation, after),
        Change::InvitationCancelled { invitation } => member::invitation_cancelled(conn, &at, invitation),
        Change::InvitationAccepted { invitation, member } => {
            member::invitation_accepted(conn, &at, invitation)?;
            member::replaced(conn, &at, member)
        }
        Change::MemberApproved { member, at: when } => member::approved(conn, &at, member, *when),
        Change::MemberRoleChanged { member, after } => {
            member::role_changed(conn, &at, member.organization, member.id, after)
        }
        Change::MemberDeactivated { member } => member::status(conn, &at, member, Status::Deactivated),
        Change::MemberReactivated { member } => member::status(conn, &at, member, Status::Active),
        Change::MemberRejected { member, reason, at: when } => {
            joining::rejected(conn, &at, member, reason.as_deref(), *when)
        }
        Change::MemberRemoved { member } | Change::MemberLeft { member } => {
            resource::member_gone(conn, &at, member.organization, member.id)?;
            member::status(conn, &at, member, Status::Removed)
        }
        Change::MemberSessionsEnded { member, at: from } => member::sessions_from(conn, &at, member, *from),
        Change::SessionsEnded { user, except, .. } => identity::sessions_ended(conn, *user, *except),
        Change::SessionEnded { user, session } => identity::session_ended(conn, *user, *session),
        Change::TokenCreated { token, hash } => identity::token_created(conn, token, hash),
        Change::TokenRevoked { token } => identity::token_revoked(conn, &at, token),
        Change::TokensRevoked { organization, member } => identity::tokens_revoked(conn, &at, *organization, *member),
        Change::LinkIssued { link, kind, user, email, hash, expires_at } => {
            identity::link_issued(conn, &at, *link, *kind, *user, email, hash, *expires_at)
        }
        Change::LinkUsed { link } => identity::link_used(conn, *link),
        Change::Link(change) => invite_link::changed(conn, &at, change),
        Change::Join(change) => joining::changed(conn, &at, change),
        Change::Group(change) => group::changed(conn, &at, change),
        Change::Resource(change) => resource::changed(conn, &at, change),
        Change::Limit(change) => limit::changed(conn, &at, change),
        Change::Role(change) => role::changed(conn, &at, change),
        Change::MailQueued { mail, organization, invitation, kind, to, sealed } => {
            identity::mail_queued(conn, &at, *mail, (*organization, *invitation), kind, to, sealed)
        }
    }
}
