//! Invite links: made, withdrawn, reset all at once, and joining with one. Whoever holds a link may
//! use it; it names nobody and proves nothing about an address. Does not make or compare secrets.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::access::Permit;
use crate::change::{AuditFact, Change};
use crate::identity::Identity;
use crate::ids::{InviteLinkId, MemberId, OrgId};
use crate::invitation::SecretHash;
use crate::joining::{Address, Facts, Way, guard_join};
use crate::member::{Member, MemberKind, Origin, Status, guard_role, words};
use crate::preset::Rules;
use crate::refusal::{Code, Refusal};
use crate::time::Timestamp;

/// The shortest life somebody may choose for a link.
const MIN_LIFE_S: i64 = 60;

words! {
    /// What was done to a link. That it is expired or used up is told by its time and its uses.
    LinkState {
        /// Nothing.
        Open = "open",
        /// It was withdrawn.
        Cancelled = "cancelled",
        /// It was withdrawn together with all others.
        Reset = "reset",
    }
}

/// One invite link, as the store keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InviteLink {
    /// Its id.
    pub id: InviteLinkId,
    /// Where to.
    pub organization: OrgId,
    /// The role it gives.
    pub role: String,
    /// What was done to it.
    pub state: LinkState,
    /// When it stops working by itself; `None` is never.
    pub expires_at: Option<Timestamp>,
    /// How many people may still come in with it; `None` is any number.
    pub uses_left: Option<u64>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Who made it.
    pub created_by: Option<MemberId>,
    /// Revision of its last change.
    pub revision: u64,
}

impl InviteLink {
    /// Can anybody come in with it? In the order in which reasons tell most.
    ///
    /// # Errors
    /// `invitation.cancelled`, `invite_link.reset`, `invite_link.used_up`, `invite_link.expired`.
    pub fn open(&self, now: Timestamp) -> Result<(), Refusal> {
        match self.state {
            LinkState::Cancelled => Err(Refusal::of(Code::InvitationCancelled)),
            LinkState::Reset => Err(Refusal::of(Code::InviteLinkReset)),
            LinkState::Open if self.uses_left == Some(0) => Err(Refusal::of(Code::InviteLinkUsedUp)),
            LinkState::Open if self.expires_at.is_some_and(|end| end <= now) => {
                Err(Refusal::of(Code::InviteLinkExpired))
            }
            LinkState::Open => Ok(()),
        }
    }

    /// The word callers see.
    #[must_use]
    pub fn shown_state(&self, now: Timestamp) -> &'static str {
        match self.open(now).err().map(|refusal| refusal.code) {
            Some(Code::InviteLinkUsedUp) => "used_up",
            Some(Code::InviteLinkExpired) => "expired",
            _ => self.state.word(),
        }
    }
}

/// One recorded change of invite links.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "the fields are named by what they hold")]
pub enum LinkChange {
    Created {
        link: Box<InviteLink>,
        secret: SecretHash,
    },
    /// `link` as it was before somebody came in with it.
    Used {
        link: Box<InviteLink>,
        member: MemberId,
        email: String,
    },
    Cancelled {
        link: Box<InviteLink>,
    },
    /// Every link that was open at `at`, `count` of them.
    AllReset {
        organization: OrgId,
        at: Timestamp,
        count: u64,
    },
}

impl LinkChange {
    /// Where the links lead.
    #[must_use]
    pub fn organization(&self) -> OrgId {
        match self {
            Self::Created { link, .. } | Self::Used { link, .. } | Self::Cancelled { link } => link.organization,
            Self::AllReset { organization, .. } => *organization,
        }
    }

    /// What the audit trail says of it.
    #[must_use]
    pub fn audit(&self) -> AuditFact {
        let fact = |link: &InviteLink, kind, before, after| AuditFact {
            organization: Some(link.organization),
            kind,
            target: ("invite_link", link.id.to_string(), link.role.clone()),
            before,
            after,
        };
        match self {
            Self::Created { link, .. } => {
                let made = json!({"role": link.role, "expires_at": link.expires_at, "uses_left": link.uses_left});
                fact(link, "invite_link.created", Value::Null, made)
            }
            Self::Used { link, member, email } => {
                let left = link.uses_left.map(|uses| uses.saturating_sub(1));
                let after = json!({"uses_left": left, "member": member, "email": email});
                fact(link, "invite_link.used", json!({"uses_left": link.uses_left}), after)
            }
            Self::Cancelled { link } => fact(link, "invite_link.cancelled", json!({"role": link.role}), Value::Null),
            Self::AllReset { organization, count, .. } => AuditFact {
                organization: Some(*organization),
                kind: "invite_link.all_reset",
                target: ("organization", organization.to_string(), String::new()),
                before: json!({"open": count}),
                after: json!({"open": 0}),
            },
        }
    }
}

/// A wanted link.
#[derive(Clone, Debug)]
pub struct WantedLink {
    /// Fresh id.
    pub id: InviteLinkId,
    /// The role to give; `None` takes the policy's default.
    pub role: Option<String>,
    /// How long it shall live; `None` takes the longest the policy allows.
    pub expires_in_s: Option<i64>,
    /// How many may come in with it; `None` takes the most the policy allows.
    pub uses: Option<i64>,
    /// Hash of the fresh secret.
    pub secret: SecretHash,
}

/// The number asked for, when it is between `least` and what the policy allows.
fn within(asked: Option<i64>, least: i64, most: Option<i64>, field: &str) -> Result<Option<i64>, Refusal> {
    let Some(asked) = asked else { return Ok(most) };
    if asked < least || most.is_some_and(|most| asked > most) {
        let detail = match most {
            Some(most) => format!("from {least} to {most}"),
            None => format!("at least {least}"),
        };
        return Err(Refusal::field(field, "field.out_of_range", detail));
    }
    Ok(Some(asked))
}

fn guard_offered(rules: &Rules) -> Result<(), Refusal> {
    if rules.policy().invite_link_offered { Ok(()) } else { Err(Refusal::of(Code::InviteLinkNotOffered)) }
}

/// Makes a link.
///
/// # Errors
/// `invite_link.not_offered`, `role.unknown`, `role.above_own`, refused values.
pub fn create(permit: &Permit, rules: &Rules, wanted: WantedLink, now: Timestamp) -> Result<Vec<Change>, Refusal> {
    guard_offered(rules)?;
    let policy = rules.policy();
    let role = wanted.role.unwrap_or_else(|| policy.role_default.as_str().to_owned());
    guard_role(permit, rules, &role, "role")?;
    let life_s = within(wanted.expires_in_s, MIN_LIFE_S, policy.invite_link_ttl_s, "expires_in_s")?;
    let uses = within(wanted.uses, 1, policy.invite_link_uses, "uses")?;
    let link = InviteLink {
        id: wanted.id,
        organization: permit.organization(),
        role,
        state: LinkState::Open,
        expires_at: life_s.map(|life_s| now.plus_s(life_s)),
        uses_left: uses.and_then(|uses| u64::try_from(uses).ok()),
        created_at: now,
        created_by: Some(permit.member()),
        revision: 0,
    };
    Ok(vec![Change::Link(LinkChange::Created { link: Box::new(link), secret: wanted.secret })])
}

/// Withdraws one link. Taking away a way in needs no rank.
///
/// # Errors
/// Those of [`InviteLink::open`] for a link that was withdrawn before.
pub fn cancel(_permit: &Permit, link: &InviteLink, now: Timestamp) -> Result<Vec<Change>, Refusal> {
    match link.state {
        LinkState::Open => Ok(vec![Change::Link(LinkChange::Cancelled { link: Box::new(link.clone()) })]),
        LinkState::Cancelled | LinkState::Reset => link.open(now).map(|()| Vec::new()),
    }
}

/// Withdraws every link of the organization at once (PX-18). `open` is how many there are.
#[must_use]
pub fn reset_all(permit: &Permit, open: u64, now: Timestamp) -> Vec<Change> {
    vec![Change::Link(LinkChange::AllReset { organization: permit.organization(), at: now, count: open })]
}

/// Somebody who comes in with a link.
#[derive(Clone, Debug)]
pub struct Joiner {
    /// Who; made by this joining when there is a password.
    pub identity: Identity,
    /// Password hash of somebody new.
    pub password: Option<String>,
    /// Fresh id of the membership.
    pub member: MemberId,
}

/// Would a link let anybody in now, as far as its organization goes?
///
/// # Errors
/// Those of [`InviteLink::open`], `invite_link.not_offered`.
pub fn guard_open(rules: &Rules, link: &InviteLink, now: Timestamp) -> Result<(), Refusal> {
    link.open(now)?;
    guard_offered(rules)
}

/// Joins with a link. The address stays as proved or unproved as it was, and only a proved one
/// counts where the approval looks at it.
///
/// INVARIANT: the link was read after its organization was taken, so that its uses count down one
/// by one.
///
/// # Errors
/// Those of [`guard_open`] and [`guard_join`].
pub fn join(
    rules: &Rules,
    link: &InviteLink,
    joiner: Joiner,
    facts: &Facts,
    now: Timestamp,
) -> Result<Vec<Change>, Refusal> {
    guard_open(rules, link, now)?;
    let who = joiner.identity;
    let status = guard_join(rules, Way::Link, Address::of(&who.email, who.email_verified_at.is_some()), facts)?;
    let member = Member {
        id: joiner.member,
        organization: link.organization,
        user: Some(who.id),
        kind: MemberKind::Person,
        email: who.email.clone(),
        name: who.name.clone(),
        handle: who.handle.clone(),
        role: link.role.clone(),
        status,
        origin: Origin::InviteLink,
        joined_at: (status == Status::Active).then_some(now),
        created_at: now,
        created_by: link.created_by,
        last_active_at: None,
        sessions_from: Timestamp::default(),
        managed: false,
        revision: 0,
    };
    let mut changes = Vec::new();
    let used = LinkChange::Used { link: Box::new(link.clone()), member: member.id, email: who.email.clone() };
    if joiner.password.is_some() {
        changes.push(Change::IdentityCreated { identity: Box::new(who), password: joiner.password });
    }
    changes.push(Change::Link(used));
    changes.push(Change::MemberJoined { member: Box::new(member) });
    Ok(changes)
}
