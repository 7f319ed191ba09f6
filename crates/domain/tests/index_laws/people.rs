//! What happens at random to people and programs, and to those who come and go.

use guildhall_domain::change::Change;
use guildhall_domain::departure::Kept;
use guildhall_domain::ids::UserId;
use guildhall_domain::invitation::State;
use guildhall_domain::joining::JoinChange;
use guildhall_domain::member::{Member, MemberKind, Status};
use guildhall_domain::resource::Subject;
use guildhall_domain::service_account::{ServiceAccount, ServiceAccountChange};
use guildhall_domain::time::Timestamp;

use crate::facts::Facts;

impl Facts {
    fn newcomer(&mut self) -> Option<Change> {
        let some = [Status::Active, Status::Active, Status::PendingApproval, Status::Invited, Status::Requested];
        let status = *self.dice.of(&some)?;
        let mut member = self.member(status);
        let program = status == Status::Active && self.dice.one_in(4);
        if program {
            member.kind = MemberKind::ServiceAccount;
        }
        self.members.push(member.clone());
        let invitation = Box::new(self.invitation(&member));
        if program {
            let account = Box::new(account(&member));
            let identity = Box::new(crate::laws::nobody(member.user?));
            return Some(Change::ServiceAccount(ServiceAccountChange::Created { account, identity }));
        }
        let member = Box::new(member);
        Some(match status {
            Status::Invited => Change::MemberInvited { member, invitation, secret: [0; 32] },
            Status::Requested => Change::Join(JoinChange::Requested { member }),
            _ => Change::MemberJoined { member },
        })
    }

    pub(crate) fn people(&mut self) -> Option<Change> {
        if self.members.len() < 3 || self.dice.one_in(4) {
            return self.newcomer();
        }
        if !self.removed.is_empty() && self.dice.one_in(8) {
            return Some(self.restored());
        }
        let found = self.dice.of(&self.members)?.clone();
        if found.kind == MemberKind::ServiceAccount && self.dice.one_in(5) {
            self.forget(found.id);
            let account = Box::new(account(&found));
            return Some(Change::ServiceAccount(ServiceAccountChange::Deleted { account }));
        }
        Some(match found.status {
            Status::Invited => self.invited(&found),
            Status::PendingApproval | Status::Requested => self.waiting(&found),
            _ => self.settled(&found),
        })
    }

    fn invited(&mut self, found: &Member) -> Change {
        let invitation = Box::new(self.invitation(found));
        match self.dice.below(6) {
            0..=2 => {
                let after = Member { user: Some(UserId::new(self.dice.id())), status: Status::Active, ..found.clone() };
                self.set(found, |m| *m = after.clone());
                Change::InvitationAccepted { invitation, member: Box::new(after) }
            }
            3 => {
                let after = self.role();
                self.set(found, |m| m.role.clone_from(&after));
                Change::InvitationRoleChanged { invitation, after }
            }
            4 => {
                self.forget(found.id);
                Change::InvitationRefused { invitation }
            }
            _ => {
                self.forget(found.id);
                Change::InvitationCancelled { invitation, state: State::Cancelled }
            }
        }
    }

    fn waiting(&mut self, found: &Member) -> Change {
        let member = Box::new(found.clone());
        if self.dice.one_in(3) {
            self.forget(found.id);
            return match found.status {
                Status::Requested => Change::Join(JoinChange::Withdrawn { member }),
                _ => Change::MemberRejected { member, reason: None, at: Timestamp::default() },
            };
        }
        self.set(found, |m| m.status = Status::Active);
        Change::MemberApproved { member, at: Timestamp::default() }
    }

    fn settled(&mut self, found: &Member) -> Change {
        let member = Box::new(found.clone());
        match (found.status, self.dice.below(6)) {
            (Status::Deactivated, 0..=3) => {
                self.set(found, |m| m.status = Status::Active);
                Change::MemberReactivated { member }
            }
            (_, 0) => {
                let kept = self.kept(found);
                self.removed.push((found.clone(), kept));
                self.forget(found.id);
                if self.dice.one_in(2) { Change::MemberLeft { member } } else { Change::MemberRemoved { member } }
            }
            (Status::Active, 1) => {
                self.set(found, |m| m.status = Status::Deactivated);
                Change::MemberDeactivated { member }
            }
            _ => {
                let after = self.role();
                self.set(found, |m| m.role.clone_from(&after));
                Change::MemberRoleChanged { member, after }
            }
        }
    }

    fn kept(&self, of: &Member) -> Kept {
        let seats = self.seats.iter().filter(|(_, member, _)| *member == of.id);
        let grants = self.grants.iter().filter(|grant| grant.subject == Subject::Member(of.id));
        Kept {
            status: of.status,
            seats: seats.map(|(group, _, manager)| (*group, *manager)).collect(),
            grants: grants.cloned().collect(),
            owned: Vec::new(),
        }
    }

    /// Somebody comes back, with what of theirs is still there.
    fn restored(&mut self) -> Change {
        let at = self.dice.below(self.removed.len());
        let (member, mut kept) = self.removed.remove(at);
        kept.seats.retain(|(group, _)| self.groups.iter().any(|g| g.id == *group));
        kept.grants.retain(|grant| self.resources.iter().any(|r| r.id == grant.resource));
        self.seats.extend(kept.seats.iter().map(|(group, manager)| (*group, member.id, *manager)));
        self.grants.extend(kept.grants.iter().cloned());
        self.members.push(member.clone());
        Change::MemberRestored { member: Box::new(member), kept: Box::new(kept) }
    }
}

fn account(member: &Member) -> ServiceAccount {
    ServiceAccount { member: member.clone(), description: String::new(), owner: None }
}
