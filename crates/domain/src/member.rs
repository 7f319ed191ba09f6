//! Memberships: one state machine, and the decisions that move it. Every rule about who may do
//! what to whom, and that an organization is never ownerless, stands here. Does not look anything
//! up: the facts come in.

use serde::{Deserialize, Serialize};

use crate::access::Permit;
use crate::action::Action;
use crate::change::Change;
use crate::identity::Identity;
use crate::ids::{MemberId, OrgId, UserId};
use crate::policy::RoleChangeAuthority;
use crate::preset::{ORGANIZATION, Rules};
use crate::provisioning::guard_managed;
use crate::refusal::{Code, Refusal};
use crate::seats::{self, Seats};
use crate::service_account;
use crate::time::Timestamp;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$vdoc])* $variant,)* }

        impl $name {
            /// Every value.
            pub const ALL: &'static [$name] = &[$($name::$variant,)*];

            /// The word callers and the store use.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $($name::$variant => $word,)* }
            }

            /// The value of a word.
            #[must_use]
            pub fn of(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.word() == word)
            }
        }
    };
}
pub(crate) use words;

words! {
    /// Where a membership stands.
    Status {
        /// Waits for the person.
        Invited = "invited",
        /// The person asked; waits for an administrator.
        Requested = "requested",
        /// The person came in; waits for an administrator.
        PendingApproval = "pending_approval",
        /// Works.
        Active = "active",
        /// Switched off, kept.
        Deactivated = "deactivated",
        /// Gone. Kept for the audit trail's sake, never listed.
        Removed = "removed",
    }
}

words! {
    /// How a membership came to be.
    Origin {
        /// Made the organization.
        Founder = "founder",
        /// Invited by name.
        Invitation = "invitation",
        /// Signed up by themself.
        SignUp = "sign_up",
        /// Put in by an administrator.
        Direct = "direct",
        /// No membership: an owner of the tenant above.
        Tenant = "tenant",
        /// Came with an invite link.
        InviteLink = "invite_link",
        /// Came by an address of the organization's own mail domain.
        Domain = "domain",
        /// Asked to join.
        Request = "request",
        /// Brought by a directory.
        Scim = "scim",
        /// Came by single sign-on.
        Provider = "provider",
        /// Came with an import.
        Import = "import",
    }
}

words! {
    /// Who holds a membership.
    MemberKind {
        /// A human being.
        Person = "person",
        /// A program.
        ServiceAccount = "service_account",
    }
}

/// One membership, as the store keeps it. An invited person has one too, without an identity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Its id.
    pub id: MemberId,
    /// Where.
    pub organization: OrgId,
    /// Who; `None` while invited.
    pub user: Option<UserId>,
    /// A person or a program.
    pub kind: MemberKind,
    /// Address of the identity, or the invited one.
    pub email: String,
    /// Name of the identity, or as the inviter typed it.
    pub name: String,
    /// Handle of the identity.
    pub handle: Option<String>,
    /// Slug of the organization role.
    pub role: String,
    /// Where it stands.
    pub status: Status,
    /// How it came to be.
    pub origin: Origin,
    /// When the person came in.
    pub joined_at: Option<Timestamp>,
    /// When the row was made.
    pub created_at: Timestamp,
    /// Who made it.
    pub created_by: Option<MemberId>,
    /// Last request seen here, kept roughly.
    pub last_active_at: Option<Timestamp>,
    /// Sessions begun before this moment are not valid here.
    pub sessions_from: Timestamp,
    /// Kept by a directory, by SCIM.
    pub managed: bool,
    /// Revision of its last change.
    pub revision: u64,
}

impl Member {
    /// Whether they are in at this moment. Whoever waits for an approval or is switched off is not, and every
    /// request asks (PX-31).
    #[must_use]
    pub fn is_in(&self) -> bool {
        self.status == Status::Active
    }

    /// Whether they came in, and are neither only asked nor only asking: what a place in a group (ON-35) and a
    /// share in anything (TP-13) are for.
    #[must_use]
    pub fn came_in(&self) -> bool {
        matches!(self.status, Status::Active | Status::Deactivated | Status::PendingApproval)
    }

    /// What people call it: the address, or the name of a service account, which has none.
    #[must_use]
    pub fn label(&self) -> &str {
        if self.email.is_empty() { &self.name } else { &self.email }
    }
}

/// What a decision about a member needs to know beside the member.
#[derive(Clone, Copy, Debug, Default)]
pub struct Surroundings {
    /// Somebody else is an active person with the top role.
    pub other_top_holder: bool,
    /// The person is an active member of another organization.
    pub active_elsewhere: bool,
}

/// Refuses when `member` is the last active holder of the top role.
/// INVARIANT: every decision that lowers, switches off or removes a member asks this, and the
/// facts were read after the organization was locked.
pub(crate) fn guard_last_top(rules: &Rules, member: &Member, around: Surroundings) -> Result<(), Refusal> {
    let holds_top = member.status == Status::Active && rules.preset().is_top(&member.role);
    if holds_top && !around.other_top_holder {
        let top = &rules.preset().top_role().name;
        return Err(Refusal::because(
            Code::LastOwner,
            format!("`{}` is the only active {top}; make somebody else {top} first", member.label()),
        ));
    }
    Ok(())
}

/// May the permit's holder act on somebody with `member`'s role?
pub(crate) fn guard_rank(permit: &Permit, rules: &Rules, member: &Member) -> Result<(), Refusal> {
    if rules.preset().is_top(&member.role) && !permit.may(Action::MemberManageTop) {
        return Err(Refusal::of(Code::TopRoleRequired));
    }
    service_account::guard_other_top(permit, rules, member)?;
    let guarded = rules.policy().role_change_authority == RoleChangeAuthority::AdminBelowOwnRank;
    if guarded && !permit.covers_role(rules.rights(&member.role)) {
        return Err(Refusal::because(
            Code::AccessDenied,
            "their role has rights that you do not hold; ask somebody who does",
        ));
    }
    Ok(())
}

/// May the permit's holder give `role`?
///
/// # Errors
/// `role.unknown`, `role.above_own`.
pub fn guard_role(permit: &Permit, rules: &Rules, role: &str, field: &str) -> Result<(), Refusal> {
    if rules.role(ORGANIZATION, role).is_none() {
        let known: Vec<&str> = rules.organization_roles().map(|r| r.slug.as_str()).collect();
        return Err(Refusal::value(
            Code::RoleUnknown,
            field,
            format!("no role `{role}`; there are {}", known.join(", ")),
        ));
    }
    let top = rules.preset().is_top(role);
    if (top && !permit.may(Action::MemberManageTop)) || !permit.covers_role(rules.rights(role)) {
        return Err(Refusal::because(
            Code::RoleAboveOwn,
            format!("`{role}` has rights that you do not hold; nobody gives more than their own"),
        ));
    }
    Ok(())
}

pub(crate) fn wrong_state(member: &Member, wanted: &str) -> Refusal {
    Refusal::because(Code::MemberState, format!("the member is `{}`; {wanted}", member.status.word()))
}

/// Gives a member another role. An invited member's role is the invitation's; see
/// [`crate::invitation::change_role`].
///
/// # Errors
/// `role.unknown`, `role.above_own`, `member.top_role_required`, `member.self_demote`,
/// `member.last_owner`, `member.state`, `role.fixed`.
pub fn change_role(
    permit: &Permit,
    rules: &Rules,
    member: &Member,
    around: Surroundings,
    role: &str,
) -> Result<Vec<Change>, Refusal> {
    if !member.came_in() {
        return Err(wrong_state(member, "only people who came in have a role to change"));
    }
    guard_role(permit, rules, role, "role")?;
    guard_rank(permit, rules, member)?;
    service_account::guard_gift(permit, rules, member, role)?;
    if member.role == role {
        return Ok(Vec::new());
    }
    let fixed = |slug: &str| rules.role(ORGANIZATION, slug).is_some_and(|role| role.fixed);
    if member.kind == MemberKind::Person && (fixed(role) || fixed(&member.role)) {
        return Err(Refusal::value(Code::RoleFixed, "role", Code::RoleFixed.meaning()));
    }
    let lowers = !rules.role_mask(&member.role).is_subset_of(rules.role_mask(role));
    if permit.is_self(member.id) && lowers && !rules.policy().self_demote {
        return Err(Refusal::of(Code::SelfDemote));
    }
    if !rules.preset().is_top(role) {
        guard_last_top(rules, member, around)?;
    }
    Ok(vec![Change::MemberRoleChanged { member: Box::new(member.clone()), after: role.to_owned() }])
}

pub(crate) fn end_of_access(member: &Member, around: Surroundings, why: &'static str) -> Vec<Change> {
    match member.user {
        // A program has no sessions, and it is nowhere else.
        Some(user) if !around.active_elsewhere && member.kind == MemberKind::Person => {
            vec![Change::SessionsEnded { user, except: None, why }]
        }
        _ => Vec::new(),
    }
}

/// Switches a member off; everything they have is kept.
///
/// # Errors
/// `member.state`, `member.self`, `member.managed`, `member.top_role_required`, `member.last_owner`.
pub fn deactivate(
    permit: &Permit,
    rules: &Rules,
    member: &Member,
    around: Surroundings,
) -> Result<Vec<Change>, Refusal> {
    if member.status == Status::Deactivated {
        return Ok(Vec::new());
    }
    if member.status != Status::Active {
        return Err(wrong_state(member, "only an active member can be deactivated"));
    }
    if permit.is_self(member.id) {
        return Err(Refusal::of(Code::SelfRemove));
    }
    guard_managed(permit, rules, member)?;
    guard_rank(permit, rules, member)?;
    guard_last_top(rules, member, around)?;
    let mut changes = vec![Change::MemberDeactivated { member: Box::new(member.clone()) }];
    changes.extend(end_of_access(member, around, "membership deactivated"));
    Ok(changes)
}

/// Switches a member on again, exactly as they were. They take a seat again.
///
/// # Errors
/// `member.state`, `member.managed`, `member.top_role_required`, `seats.full`.
pub fn reactivate(permit: &Permit, rules: &Rules, member: &Member, seats: Seats) -> Result<Vec<Change>, Refusal> {
    if member.status == Status::Active {
        return Ok(Vec::new());
    }
    if member.status != Status::Deactivated {
        return Err(wrong_state(member, "only a deactivated member can be reactivated"));
    }
    guard_managed(permit, rules, member)?;
    guard_rank(permit, rules, member)?;
    seats::guard(rules.policy(), seats)?;
    Ok(vec![Change::MemberReactivated { member: Box::new(member.clone()) }])
}

/// Whom a link for a new password is mailed to.
///
/// # Errors
/// `member.top_role_required`, `access.denied`, `member.state`.
pub fn guard_recovery(permit: &Permit, rules: &Rules, member: &Member) -> Result<UserId, Refusal> {
    guard_rank(permit, rules, member)?;
    let person = member.user.filter(|_| member.kind == MemberKind::Person);
    person.ok_or_else(|| wrong_state(member, "nobody has signed in with it yet"))
}

/// Ends the person's sessions here: those begun before `now` are not valid in this organization
/// any more, and when the person is active nowhere else they end altogether. Another organization
/// of theirs is not disturbed.
///
/// # Errors
/// `member.state`, `member.top_role_required`.
pub fn end_sessions(
    permit: &Permit,
    rules: &Rules,
    member: &Member,
    around: Surroundings,
    now: Timestamp,
) -> Result<Vec<Change>, Refusal> {
    guard_rank(permit, rules, member)?;
    if member.user.is_none() {
        return Err(wrong_state(member, "nobody has signed in with it yet"));
    }
    let mut changes = vec![Change::MemberSessionsEnded { member: Box::new(member.clone()), at: now }];
    changes.extend(end_of_access(member, around, "ended by an administrator"));
    Ok(changes)
}

/// The membership of a person whom somebody with a permit brings in, at once and without an invitation.
pub(crate) fn brought_in(
    permit: &Permit,
    id: MemberId,
    who: &Identity,
    role: &str,
    origin: Origin,
    now: Timestamp,
) -> Member {
    Member {
        id,
        organization: permit.organization(),
        user: Some(who.id),
        kind: MemberKind::Person,
        email: who.email.clone(),
        name: who.name.clone(),
        handle: who.handle.clone(),
        role: role.to_owned(),
        status: Status::Active,
        origin,
        joined_at: Some(now),
        created_at: now,
        created_by: Some(permit.member()),
        last_active_at: None,
        sessions_from: Timestamp::default(),
        managed: false,
        revision: 0,
    }
}
