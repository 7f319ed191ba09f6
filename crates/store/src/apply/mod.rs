//! Turns each change into rows. One page of arms; the compiler names a change that was forgotten.

mod claimed_domain;
mod departure;
mod factor;
mod group;
mod identity;
mod invite_link;
mod joining;
mod limit;
pub(crate) mod member;
mod organization;
pub(crate) mod places;
mod resource;
mod role;
mod scim;
mod service_account;
mod sso;
mod tenant;
mod token;

use std::cell::RefCell;

use guildhall_domain::change::Change;
use guildhall_domain::factor::asks_anew;
use guildhall_domain::ids::OrgId;
use guildhall_domain::invitation::State;
use guildhall_domain::member::{Member, Status};
use guildhall_domain::time::Timestamp;

use crate::conn::Conn;
use crate::error::StoreError;
use places::Places;

/// Every statement of this folder, for the test that prepares them on both engines.
pub(crate) fn statements() -> impl Iterator<Item = &'static str> {
    organization::STATEMENTS
        .iter()
        .chain(member::STATEMENTS)
        .chain(identity::STATEMENTS)
        .chain(invite_link::STATEMENTS)
        .chain(group::STATEMENTS)
        .chain(resource::STATEMENTS)
        .chain(service_account::STATEMENTS)
        .chain(token::STATEMENTS)
        .chain(departure::STATEMENTS)
        .chain(limit::STATEMENTS)
        .chain(tenant::STATEMENTS)
        .chain(factor::STATEMENTS)
        .chain(role::STATEMENTS)
        .chain(sso::STATEMENTS)
        .chain(claimed_domain::STATEMENTS)
        .chain(joining::STATEMENTS)
        .chain(scim::STATEMENTS)
        .chain(places::STATEMENTS)
        .copied()
}

/// What applying a change needs beside the change.
pub(crate) struct At<'a> {
    pub(crate) now: Timestamp,
    pub(crate) revision_of: &'a dyn Fn(OrgId) -> Option<u64>,
    pub(crate) places: &'a RefCell<Places>,
}

impl At<'_> {
    /// INVARIANT: nothing of an organization is changed before the organization was taken.
    fn revision(&self, organization: OrgId) -> Result<u64, StoreError> {
        (self.revision_of)(organization)
            .ok_or_else(|| StoreError::Bug(format!("{organization} was not taken before it was changed")))
    }
}

pub(crate) fn rows(conn: &mut Conn<'_>, at: &At<'_>, change: &Change) -> Result<(), StoreError> {
    match change {
        Change::InstanceSetUp => organization::instance_set_up(conn),
        Change::OrganizationCreated { organization } => organization::created(conn, organization),
        Change::OrganizationRenamed { organization: id, after, .. } => organization::renamed(conn, at, *id, after),
        Change::OrganizationDeleted { organization, .. } => organization::deleted(conn, at, *organization),
        Change::PolicyChanged { .. } | Change::PresetApplied { .. } | Change::SessionLengthsKept { .. } => {
            rows_of_policy(conn, at, change)
        }
        Change::AccountChanged { organization: id, after, .. } => organization::account_changed(conn, at, *id, after),
        Change::AuthenticationReset { organization: id, at: from } => {
            organization::authentication_reset(conn, at, *id, *from)
        }
        Change::IdentityCreated { identity, password } => identity::created(conn, identity, password.as_deref()),
        Change::ProfileEdited { user, after, .. } => identity::profile_edited(conn, *user, after),
        Change::EmailVerified { user, after, at: when, .. } => identity::email_verified(conn, *user, after, *when),
        Change::PasswordChanged { user, hash } => identity::password_changed(conn, *user, hash),
        Change::IdentityAuthenticationReset { user, at: from } => identity::authentication_reset(conn, *user, *from),
        Change::MemberJoined { member } => member::inserted(conn, at, member),
        Change::MemberInvited { .. }
        | Change::InvitationResent { .. }
        | Change::InvitationRoleChanged { .. }
        | Change::InvitationAccepted { .. }
        | Change::InvitationCarriesChanged { .. }
        | Change::InvitationRefused { .. }
        | Change::InvitationCancelled { .. } => rows_of_invitation(conn, at, change),
        Change::InvitationReissueOverridden { .. } | Change::InvitationCarriedInPart { .. } => Ok(()), // trail alone
        Change::MemberApproved { member, at: when } => member::approved(conn, at, member, *when),
        Change::MemberRoleChanged { member: m, after } => member::role_changed(conn, at, m.organization, m.id, after),
        Change::MemberDeactivated { member } => member::status(conn, at, member, Status::Deactivated),
        Change::MemberReactivated { member } => member::status(conn, at, member, Status::Active),
        Change::MemberRejected { member: m, reason, at: on } => joining::rejected(conn, at, m, reason.as_deref(), *on),
        Change::MemberRemoved { member } | Change::MemberLeft { member } => gone(conn, at, member),
        Change::RemovalKept { member, kept, until } => departure::kept(conn, at, member, kept, *until),
        Change::MemberRestored { member, kept } => departure::restored(conn, at, member, kept),
        Change::IdentityDeleted { identity } => departure::identity_deleted(conn, at, identity),
        Change::MemberSessionsEnded { member, at: from } => member::sessions_from(conn, at, member, *from),
        Change::SessionsEnded { user, except, .. } => identity::sessions_ended(conn, *user, *except),
        Change::SessionProved { session, factor, at, .. } => factor::session_proved(conn, *session, *factor, *at),
        Change::SessionEnded { user, session } => identity::session_ended(conn, *user, *session),
        Change::Token(change) => token::changed(conn, at, change),
        Change::TokensRevoked { organization, member } => token::all_revoked(conn, at, *organization, *member),
        Change::TokenValuesErased { organization } => token::values_erased(conn, *organization),
        Change::ServiceAccount(change) => service_account::changed(conn, at, change),
        Change::LinkIssued { link, kind, user, email, hash, expires_at: until } => {
            identity::link_issued(conn, at, *link, *kind, *user, email, hash, *until)
        }
        Change::LinkUsed { link } => identity::link_used(conn, *link),
        Change::Link(change) => invite_link::changed(conn, at, change),
        Change::Join(change) => joining::changed(conn, at, change),
        Change::Group(change) => group::changed(conn, at, change),
        Change::Scim(change) => scim::changed(conn, at, change),
        Change::Resource(change) => resource::changed(conn, at, change),
        Change::DeployKey(_) | Change::Sso(_) | Change::Domain(_) => rows_of_trust(conn, at, change),
        Change::Limit(change) => limit::changed(conn, at, change),
        Change::Factor(change) => factor::changed(conn, change),
        Change::Tenant(change) => tenant::changed(conn, at, change),
        Change::InstanceAuthenticationReset { at: from } => tenant::everybody_reset(conn, *from),
        Change::Role(change) => role::changed(conn, at, change),
        Change::MailQueued { mail, organization, invitation, kind, to, sealed } => {
            identity::mail_queued(conn, at, *mail, (*organization, *invitation), kind, to, sealed)
        }
    }
}

fn rows_of_policy(conn: &mut Conn<'_>, at: &At<'_>, change: &Change) -> Result<(), StoreError> {
    if let Some(organization) = asks_anew(change) {
        factor::asked(conn, at, organization)?;
    }
    match change {
        Change::PolicyChanged { organization: id, before, after } => {
            organization::policy_changed(conn, at, *id, (before, after))
        }
        Change::PresetApplied { after, .. } => organization::preset_applied(conn, at, after),
        Change::SessionLengthsKept { organization: id, lengths } => factor::lengths_kept(conn, at, *id, *lengths),
        // INVARIANT: `rows` sends nothing else here.
        _ => Err(StoreError::Bug("a change that is not the policy's".to_owned())),
    }
}

/// What proves whom: keys of installations, identity providers, mail domains.
fn rows_of_trust(conn: &mut Conn<'_>, at: &At<'_>, change: &Change) -> Result<(), StoreError> {
    match change {
        Change::DeployKey(change) => token::deploy_key_changed(conn, change),
        Change::Sso(change) => sso::changed(conn, at, change),
        Change::Domain(change) => claimed_domain::changed(conn, at, change),
        // INVARIANT: `rows` sends nothing else here.
        _ => Err(StoreError::Bug("a change that is nobody's proof".to_owned())),
    }
}

fn rows_of_invitation(conn: &mut Conn<'_>, at: &At<'_>, change: &Change) -> Result<(), StoreError> {
    match change {
        Change::MemberInvited { member, invitation, secret } => member::invited(conn, at, member, invitation, secret),
        Change::InvitationResent { invitation, deliver, secret, expires_at } => {
            member::invitation_resent(conn, at, invitation, *deliver, secret, *expires_at)
        }
        Change::InvitationRoleChanged { invitation, after } => member::invitation_role(conn, at, invitation, after),
        Change::InvitationAccepted { invitation, member } => member::invitation_accepted(conn, at, invitation, member),
        Change::InvitationCarriesChanged { invitation, after } => {
            member::invitation_carries(conn, at, invitation, after)
        }
        Change::InvitationRefused { invitation } => member::invitation_closed(conn, at, invitation, State::Refused),
        Change::InvitationCancelled { invitation, state } => member::invitation_closed(conn, at, invitation, *state),
        // INVARIANT: `rows` sends nothing else here.
        _ => Err(StoreError::Bug("a change that is not an invitation's".to_owned())),
    }
}

/// Somebody who is gone is in no group, is granted nothing, owns nothing, answers for no program and is kept by no
/// directory.
fn gone(conn: &mut Conn<'_>, at: &At<'_>, member: &Member) -> Result<(), StoreError> {
    resource::member_gone(conn, at, member.organization, member.id)?;
    service_account::owner_gone(conn, member.organization, member.id)?;
    scim::let_go(conn, at, member.organization, member.id)?;
    member::status(conn, at, member, Status::Removed)
}
