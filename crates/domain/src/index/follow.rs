//! Following the changes of a commit, so that the index is what a fresh load would be. What has no
//! arm here, or does not fit, is not guessed at: the organization is loaded anew.

use super::{Index, Unfit};
use crate::change::Change;
use crate::departure::Kept;
use crate::group::GroupChange;
use crate::joining::JoinChange;
use crate::member::{Member, Status};
use crate::resource::ResourceChange;
use crate::service_account::ServiceAccountChange;

/// What became of following a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Followed {
    /// The index is at the commit's revision now.
    Here,
    /// It is not to be used any more.
    Lost,
}

impl Index {
    /// Follows all changes of one commit, which raised the organization to `revision`.
    pub fn follow(&mut self, revision: u64, changes: &[Change]) -> Followed {
        if revision != self.revision + 1 || changes.iter().any(|change| self.change(change).is_err()) {
            return Followed::Lost;
        }
        self.revision = revision;
        Followed::Here
    }

    fn change(&mut self, change: &Change) -> Result<(), Unfit> {
        match change {
            // Nothing that rights depend on: who is who, secrets, letters, names, and what is
            // looked up elsewhere at each request.
            Change::InstanceSetUp
            | Change::InstanceAuthenticationReset { .. }
            | Change::OrganizationCreated { .. }
            | Change::OrganizationRenamed { .. }
            | Change::AuthenticationReset { .. }
            | Change::AccountChanged { .. }
            | Change::IdentityCreated { .. }
            | Change::IdentityDeleted { .. }
            | Change::IdentityAuthenticationReset { .. }
            | Change::ProfileEdited { .. }
            | Change::EmailVerified { .. }
            | Change::PasswordChanged { .. }
            | Change::InvitationResent { .. }
            | Change::InvitationCarriesChanged { .. }
            | Change::InvitationReissueOverridden { .. }
            | Change::InvitationCarriedInPart { .. }
            | Change::RemovalKept { .. }
            | Change::MemberSessionsEnded { .. }
            | Change::SessionsEnded { .. }
            | Change::SessionProved { .. }
            | Change::Factor(_)
            | Change::Scim(_)
            | Change::Sso(_)
            | Change::Domain(_)
            | Change::SessionLengthsKept { .. }
            | Change::SessionEnded { .. }
            | Change::Token(_)
            | Change::TokensRevoked { .. }
            | Change::TokenValuesErased { .. }
            | Change::DeployKey(_)
            | Change::LinkIssued { .. }
            | Change::LinkUsed { .. }
            | Change::Link(_)
            | Change::Limit(_)
            | Change::MailQueued { .. } => Ok(()),
            // What a tenant lays over its organizations is among the rules.
            Change::Tenant(_) => Err(Unfit),
            Change::Join(change) => self.joining(change),
            Change::ServiceAccount(change) => self.program(change),
            Change::Group(change) if change.group().organization == self.organization => self.group(change),
            Change::Resource(change) if change.resource().organization == self.organization => {
                self.resource_changed(change)
            }
            Change::Group(_) | Change::Resource(_) => Ok(()),
            _ => self.membership(change),
        }
    }

    fn membership(&mut self, change: &Change) -> Result<(), Unfit> {
        match change {
            Change::MemberJoined { member }
            | Change::MemberInvited { member, .. }
            | Change::InvitationAccepted { member, .. } => self.present(member, &member.role, member.status),
            Change::MemberApproved { member, .. } | Change::MemberReactivated { member } => {
                self.known(member, &member.role, Status::Active)
            }
            Change::MemberDeactivated { member } => self.known(member, &member.role, Status::Deactivated),
            Change::MemberRoleChanged { member, after } => self.known(member, after, member.status),
            Change::MemberRejected { member, .. }
            | Change::MemberRemoved { member }
            | Change::MemberLeft { member } => self.gone(member),
            Change::MemberRestored { member, kept } => self.restored(member, kept),
            Change::InvitationRoleChanged { invitation, after } if invitation.organization == self.organization => {
                self.set_role(invitation.member, after)
            }
            Change::InvitationCancelled { invitation, .. } | Change::InvitationRefused { invitation }
                if invitation.organization == self.organization =>
            {
                self.take_member(invitation.member)
            }
            Change::InvitationRoleChanged { .. }
            | Change::InvitationCancelled { .. }
            | Change::InvitationRefused { .. } => Ok(()),
            // A change of rules touches everybody, and is rare. Whatever is new here is not known.
            _ => Err(Unfit),
        }
    }

    fn joining(&mut self, change: &JoinChange) -> Result<(), Unfit> {
        match change {
            JoinChange::Requested { member } => self.present(member, &member.role, member.status),
            JoinChange::Withdrawn { member } => self.gone(member),
            JoinChange::SeatsReached { .. }
            | JoinChange::DomainsSet { .. }
            | JoinChange::SignUpWaits { .. }
            | JoinChange::SignUpSettled { .. } => Ok(()),
        }
    }

    fn program(&mut self, change: &ServiceAccountChange) -> Result<(), Unfit> {
        let member = &change.account().member;
        match change {
            ServiceAccountChange::Created { .. } => self.present(member, &member.role, member.status),
            ServiceAccountChange::Edited { .. } => Ok(()),
            ServiceAccountChange::Deleted { .. } => self.gone(member),
        }
    }

    fn gone(&mut self, member: &Member) -> Result<(), Unfit> {
        if self.is_here(member) { self.take_member(member.id) } else { Ok(()) }
    }

    fn restored(&mut self, member: &Member, kept: &Kept) -> Result<(), Unfit> {
        self.present(member, &member.role, member.status)?;
        if !self.is_here(member) {
            return Ok(());
        }
        kept.seats.iter().try_for_each(|(group, manager)| self.seat(*group, member.id, Some(*manager)))?;
        kept.grants.iter().try_for_each(|grant| self.put_grant(grant))
    }

    fn is_here(&self, member: &Member) -> bool {
        member.organization == self.organization
    }

    fn present(&mut self, member: &Member, role: &str, status: Status) -> Result<(), Unfit> {
        if self.is_here(member) {
            self.put_member(member.id, member.user, member.kind, role, status);
        }
        Ok(())
    }

    /// The same for somebody who was here before.
    fn known(&mut self, member: &Member, role: &str, status: Status) -> Result<(), Unfit> {
        if self.is_here(member) {
            self.member_at(member.id.uuid()).ok_or(Unfit)?;
        }
        self.present(member, role, status)
    }

    fn group(&mut self, change: &GroupChange) -> Result<(), Unfit> {
        match change {
            GroupChange::Edited { .. } | GroupChange::KeptBy { .. } => Ok(()),
            GroupChange::SeatSet { group, after, .. } => self.seat(group.id, after.member, Some(after.manager)),
            GroupChange::SeatLeft { group, seat, .. } => self.seat(group.id, seat.member, None),
            // What a group gives by itself is among the rules.
            GroupChange::Created { group } | GroupChange::Deleted { group } if !group.permissions.is_empty() => {
                Err(Unfit)
            }
            GroupChange::PermissionsSet { .. } => Err(Unfit),
            GroupChange::Created { group } => {
                self.put_group(group.id);
                Ok(())
            }
            GroupChange::Deleted { group } => self.take_group(group.id),
        }
    }

    fn resource_changed(&mut self, change: &ResourceChange) -> Result<(), Unfit> {
        match change {
            ResourceChange::Created { resource } | ResourceChange::Edited { after: resource, .. } => {
                if resource.owner.is_some_and(|owner| self.member_at(owner.uuid()).is_none()) {
                    return Err(Unfit);
                }
                self.put_resource(resource)
            }
            ResourceChange::Deleted { resource } => self.take_resource(resource.id),
            ResourceChange::Granted { grant, .. } => self.put_grant(grant),
            ResourceChange::GrantChanged { resource, before, after } => {
                self.take_grant(resource.id, before.id)?;
                self.put_grant(after)
            }
            ResourceChange::Revoked { resource, grant } => self.take_grant(resource.id, grant.id),
            ResourceChange::LinkShared { .. } | ResourceChange::LinkRevoked { .. } | ResourceChange::Kept { .. } => {
                Ok(())
            }
        }
    }
}
