//! What may be done about one person or invitation, asked of the same decisions that answer when it is
//! done. Every answer is a dry question: nothing is loaded here and nothing changes.

use guildhall_domain::action::Action;
use guildhall_domain::approval;
use guildhall_domain::departure::{self, Estate};
use guildhall_domain::invitation::{self, Invitation};
use guildhall_domain::joining::{Address, Facts};
use guildhall_domain::member::{self, Member, MemberKind, Status, Surroundings};
use guildhall_domain::policy::RoleSlug;
use guildhall_domain::preset::Role;
use guildhall_domain::refusal::{Code, Refusal};
use guildhall_domain::time::Timestamp;

use super::Place;
use super::member_role::role_action;

/// Something that can be done about somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Another role.
    ChangeRole,
    /// Send the invitation again.
    Resend,
    /// Withdraw the invitation.
    Cancel,
    /// Let somebody who waits in.
    Approve,
    /// Turn somebody who waits away.
    Reject,
    /// End their sessions.
    EndSessions,
    /// Switch off.
    Deactivate,
    /// Switch on again.
    Reactivate,
    /// Remove somebody else.
    Remove,
    /// Leave, at one's own row.
    Leave,
    /// Take their second factors away.
    ResetFactors,
    /// Mail them a link for a new password.
    SendPasswordLink,
}

impl Act {
    /// What the act asks for, at somebody in this state.
    #[must_use]
    pub const fn action(self, status: Status) -> Action {
        match self {
            Self::ChangeRole => role_action(status),
            Self::Resend | Self::Cancel => Action::InvitationManage,
            Self::Approve | Self::Reject => Action::MemberApprove,
            Self::EndSessions => Action::MemberEndSessions,
            Self::Deactivate | Self::Reactivate => Action::MemberDeactivate,
            Self::Remove => Action::MemberRemove,
            Self::Leave => Action::MemberLeave,
            Self::ResetFactors | Self::SendPasswordLink => Action::MemberRecover,
        }
    }
}

/// Somebody with everything that decisions about them rest on.
#[derive(Clone, Debug)]
pub struct Subject {
    /// The membership.
    pub member: Member,
    /// Its waiting invitation, for readers who may manage invitations.
    pub invitation: Option<Invitation>,
    /// Somebody else is an active person with the top role.
    pub other_top_holder: bool,
    /// The person proved their address; known only of somebody who asked to join.
    pub proved: bool,
    /// What letting them in rests on.
    pub facts: Facts,
}

impl Subject {
    /// Whether it is the reader.
    #[must_use]
    pub fn is_me(&self, place: &Place) -> bool {
        place.standing.member.as_ref().is_some_and(|me| me.id == self.member.id)
    }

    /// What can be done about somebody in this state, as far as anybody in the organization can.
    #[must_use]
    pub fn acts(&self, place: &Place) -> Vec<Act> {
        let end = if self.is_me(place) { Act::Leave } else { Act::Remove };
        let fitting: &[Act] = match self.member.status {
            Status::Invited => &[Act::ChangeRole, Act::Resend, Act::Cancel],
            Status::Requested => &[Act::Approve, Act::Reject],
            // Somebody who waits is removed by being turned away.
            Status::PendingApproval => &[Act::Approve, Act::ChangeRole, Act::EndSessions, Act::Reject],
            Status::Active => &[Act::ChangeRole, Act::EndSessions, Act::Deactivate, end],
            Status::Deactivated => &[Act::ChangeRole, Act::EndSessions, Act::Reactivate, end],
            Status::Removed => &[],
        };
        let top = place.rules.role_mask(&place.rules.preset().top_role().slug);
        let has_roles = place.rules.organization_roles().count() > 1;
        let known = |act: &Act| {
            // What not even the top role can do is not done in this organization at all.
            top.contains(place.rules.preset().action_bit(act.action(self.member.status)))
                && (*act != Act::ChangeRole || has_roles)
        };
        fitting.iter().copied().filter(known).collect()
    }

    /// How somebody is helped back in, which their own page offers.
    #[must_use]
    pub fn recovery(&self) -> &'static [Act] {
        match (self.member.kind, self.member.status) {
            (MemberKind::Person, Status::Active) => &[Act::ResetFactors, Act::SendPasswordLink],
            _ => &[],
        }
    }

    /// Would `act` be done, and if not, why?
    ///
    /// # Errors
    /// What doing it would answer.
    pub fn ask(&self, place: &Place, act: Act, now: Timestamp) -> Result<(), Refusal> {
        let (rules, member, around) = (&place.rules, &self.member, self.around());
        let permit = place.permit(act.action(member.status))?;
        // What somebody owns is decided about where the question is put.
        let owned = Estate::default();
        let changes = match act {
            Act::ChangeRole => return self.ask_any_role(place),
            // The secret is made when it is sent; the decision does not look at it.
            Act::Resend => {
                let waiting = self.waiting()?;
                invitation::resend(&permit, rules, waiting, waiting.deliver, [0; 32], now)
            }
            Act::Cancel => invitation::cancel(&permit, rules, self.waiting()?, now),
            Act::Approve => {
                let address = Address::of(&member.email, self.proved);
                approval::approve(&permit, rules, member, address, &self.facts, now)
            }
            Act::Reject => approval::reject(&permit, member, around, None, now),
            Act::EndSessions => member::end_sessions(&permit, rules, member, around, now),
            Act::Deactivate => member::deactivate(&permit, rules, member, around),
            Act::Reactivate => member::reactivate(&permit, rules, member, self.facts.seats),
            Act::Remove => departure::remove(&permit, rules, member, around, &owned, now),
            Act::Leave => departure::leave(&permit, rules, member, around, &owned),
            // Whether they are elsewhere too is looked up when it is done.
            Act::ResetFactors | Act::SendPasswordLink => {
                return member::guard_recovery(&permit, rules, member).map(drop);
            }
        };
        changes.map(drop)
    }

    /// Each role of the organization, and whether this person could be given it.
    #[must_use]
    pub fn roles<'a>(&self, place: &'a Place) -> Vec<(&'a Role, Result<(), Refusal>)> {
        let roles = place.rules.organization_roles();
        roles.map(|role| (role, self.ask_role(place, &role.slug))).collect()
    }

    fn ask_role(&self, place: &Place, role: &str) -> Result<(), Refusal> {
        let managers = place.rules.policy().group_manager_role.as_ref().map(RoleSlug::as_str);
        if managers == Some(role) && self.member.role != role {
            return Err(Refusal::because(Code::GroupsNeeded, "make them manager of a group; the role comes with it"));
        }
        let permit = place.permit(role_action(self.member.status))?;
        let changes = match self.member.status {
            Status::Invited => invitation::change_role(&permit, &place.rules, self.waiting()?, role),
            _ => member::change_role(&permit, &place.rules, &self.member, self.around(), role),
        };
        changes.map(drop)
    }

    /// Is there another role to give? When not, what speaks against the lowest one tells most.
    fn ask_any_role(&self, place: &Place) -> Result<(), Refusal> {
        let others = self.roles(place).into_iter().filter(|(role, _)| role.slug != self.member.role);
        let mut refused = Ok(());
        for (_, answer) in others {
            match answer {
                Ok(()) => return Ok(()),
                Err(why) => refused = Err(why),
            }
        }
        refused
    }

    const fn around(&self) -> Surroundings {
        // Where else somebody is active changes what follows, never whether it may be done.
        Surroundings { other_top_holder: self.other_top_holder, active_elsewhere: false }
    }

    fn waiting(&self) -> Result<&Invitation, Refusal> {
        self.invitation.as_ref().ok_or_else(|| Code::InvitationNotPending.into())
    }
}
