//! What is kept in memory so that a request need not ask the database: who holds which credential,
//! where somebody belongs, what an organization is and by which rules, whose an address is, and
//! who may do what. Filled on first use, kept true by the commits of this process, bounded.
//!
//! INVARIANT: a commit is followed before it is answered. What a change touches is forgotten (or,
//! for rights, changed), and what is not known to be untouched is forgotten too. Nothing is kept
//! that was read before it was forgotten: see [`kept`].
//!
//! Decides nothing, and reads nothing from the database by itself.

pub mod directories;
pub mod kept;
pub mod people;
mod recall;
pub mod rights;

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use guildhall_domain::change::Change;
use guildhall_domain::group::GroupChange;
use guildhall_domain::ids::{MemberId, OrgId, TenantId, UserId};
use guildhall_domain::joining::JoinChange;
use guildhall_domain::member::Member;
use guildhall_domain::organization::Organization;
use guildhall_domain::preset::Rules;
use guildhall_domain::proof::Past;
use guildhall_domain::provisioning::ScimChange;
use guildhall_domain::resource::{ResourceChange, ShareLink};
use guildhall_domain::tenant::Settings;
use guildhall_domain::text::Email;
use guildhall_domain::token::TokenChange;
use guildhall_store::{Commit, Follower};

use crate::ops::view::MemberGroup;
use directories::Directories;
use kept::Kept;
use people::People;
use rights::Rights;

/// How long nothing is kept after a commit whose end nobody knows: by then the database has
/// finished it or given it up.
const DOUBT: Duration = Duration::from_secs(5);
/// Organizations whose names and rules are kept.
const PLACES: usize = 10_000;

/// An organization, the rules in force in it, and what its tenant lays over it.
#[derive(Clone, Debug)]
pub struct Head {
    /// It.
    pub organization: Arc<Organization>,
    /// Its rules.
    pub rules: Arc<Rules>,
    /// The settings of its tenant, when it belongs to one.
    pub above: Option<Arc<Settings>>,
    /// What it asked of sessions before.
    pub past: Arc<Past>,
}

/// The memory of one process.
pub struct Memory {
    /// Credentials and memberships.
    pub people: People,
    /// Organizations by id.
    pub places: Kept<OrgId, Head>,
    /// Organizations by slug.
    pub slugs: Kept<String, OrgId>,
    /// Whose a proved address is, by its key.
    pub addresses: Kept<String, Option<UserId>>,
    /// Who owns a tenant.
    pub owners: Kept<TenantId, Arc<Vec<UserId>>>,
    /// The groups somebody is in, by their membership.
    pub groups: Kept<MemberId, Arc<Vec<MemberGroup>>>,
    /// Share links by the hash of their secret.
    pub links: Kept<[u8; 32], Arc<ShareLink>>,
    /// Who may do what.
    pub rights: Rights,
    /// Who is called what, where somebody looked for people.
    pub directories: Directories,
    /// For tables whose keys callers choose.
    pub(crate) seed: u64,
    begun: Instant,
    doubt_until_ms: AtomicU64,
}

impl Memory {
    /// An empty one for so many people, and rights of so many bytes.
    #[must_use]
    pub fn new(people: usize, rights_bytes: usize, directories_bytes: usize, seed: u64) -> Self {
        Self {
            people: People::new(people),
            places: Kept::new(PLACES),
            slugs: Kept::new(PLACES),
            addresses: Kept::new(people),
            owners: Kept::new(PLACES),
            groups: Kept::new(people),
            links: Kept::new(people),
            rights: Rights::new(rights_bytes),
            directories: Directories::new(directories_bytes),
            seed,
            begun: Instant::now(),
            doubt_until_ms: AtomicU64::new(0),
        }
    }

    fn ms(&self, ahead: Duration) -> u64 {
        u64::try_from((self.begun.elapsed() + ahead).as_millis()).unwrap_or(u64::MAX)
    }

    /// Whether what is here may be answered from, as far as commits tell.
    #[must_use]
    pub fn is_sure(&self) -> bool {
        let until = self.doubt_until_ms.load(Ordering::SeqCst);
        until == 0 || self.ms(Duration::ZERO) >= until
    }

    /// Forgets everything but rights.
    fn forget_facts(&self) {
        self.people.forget_all();
        self.places.forget_all();
        self.slugs.forget_all();
        self.addresses.forget_all();
        self.owners.forget_all();
        self.groups.forget_all();
        self.links.forget_all();
    }

    fn forget_place(&self, organization: OrgId) {
        self.places.forget(&organization);
        self.slugs.forget_where(|id| *id == organization);
        // What a role gives to links goes with the role.
        self.links.forget_where(|link| link.organization == organization);
    }

    /// An address became somebody's or nobody's, and with it what it stands for.
    fn forget_address(&self, address: &str) {
        self.owners.forget_all();
        match Email::parse(address, "email") {
            Ok(email) => self.addresses.forget(&email.key().to_owned()),
            Err(_) => self.addresses.forget_all(),
        }
    }

    /// A tenant changed: what it lays over its organizations, or who is what in it.
    fn forget_tenant(&self, tenant: TenantId) {
        self.people.forget_belongings();
        self.owners.forget(&tenant);
        self.places.forget_where(|head| head.organization.tenant == Some(tenant));
    }

    fn follow(&self, commit: &Commit, change: &Change) {
        if let Some(member) = member_of(change) {
            self.groups.forget(&member.id);
            if let Some(user) = member.user {
                self.people.forget(user);
            }
        }
        match change {
            // Nothing of what is kept here: secrets that are looked up when they are shown, and
            // what is said of a member above.
            Change::InstanceSetUp
            | Change::OrganizationCreated { .. }
            | Change::LinkIssued { .. }
            | Change::LinkUsed { .. }
            | Change::MailQueued { .. }
            | Change::MemberJoined { .. }
            | Change::MemberInvited { .. }
            | Change::InvitationResent { .. }
            | Change::InvitationRoleChanged { .. }
            | Change::InvitationCarriesChanged { .. }
            | Change::InvitationReissueOverridden { .. }
            | Change::InvitationCarriedInPart { .. }
            | Change::InvitationRefused { .. }
            | Change::InvitationCancelled { .. }
            | Change::InvitationAccepted { .. }
            | Change::MemberApproved { .. }
            | Change::MemberRejected { .. }
            | Change::MemberRoleChanged { .. }
            | Change::MemberDeactivated { .. }
            | Change::MemberReactivated { .. }
            | Change::MemberRemoved { .. }
            | Change::MemberLeft { .. }
            | Change::RemovalKept { .. }
            | Change::MemberRestored { .. }
            | Change::MemberSessionsEnded { .. }
            | Change::TokenValuesErased { .. }
            | Change::DeployKey(_)
            | Change::ServiceAccount(_)
            | Change::Join(_)
            | Change::Factor(_)
            | Change::Link(_)
            | Change::Limit(_) => {}
            Change::OrganizationRenamed { organization, .. }
            | Change::PolicyChanged { organization, .. }
            | Change::AccountChanged { organization, .. }
            | Change::AuthenticationReset { organization, .. } => {
                self.forget_place(*organization);
            }
            Change::Role(change) => self.forget_place(change.role().organization),
            Change::PresetApplied { after, .. } => self.forget_place(after.id),
            // What a group gives by itself is among the rules.
            Change::Group(change) => self.follow_group(change),
            Change::Resource(change) => self.follow_link(change),
            Change::Tenant(change) => self.forget_tenant(change.tenant().id),
            _ => self.follow_people(commit, change),
        }
    }

    fn follow_people(&self, commit: &Commit, change: &Change) {
        match change {
            Change::IdentityCreated { identity, .. } => self.forget_address(&identity.email),
            Change::IdentityDeleted { identity } => {
                self.people.forget(identity.id);
                self.forget_address(&identity.email);
            }
            Change::EmailVerified { user, before, after, .. } => {
                self.people.forget(*user);
                self.forget_address(before);
                self.forget_address(after);
            }
            Change::Scim(ScimChange::AddressChanged { user, before, after, .. }) => {
                self.people.forget(*user);
                self.forget_address(before);
                self.forget_address(after);
            }
            Change::Scim(_) => {}
            Change::ProfileEdited { user, .. }
            | Change::PasswordChanged { user, .. }
            | Change::IdentityAuthenticationReset { user, .. }
            | Change::SessionsEnded { user, .. }
            | Change::SessionProved { user, .. }
            | Change::SessionEnded { user, .. } => self.people.forget(*user),
            Change::Token(TokenChange::Created { .. } | TokenChange::ValueShown { .. }) => {}
            Change::Token(change) => self.people.forget(change.token().user),
            Change::TokensRevoked { organization, member } => {
                // Whoever takes tokens away mostly names the holder in the same breath.
                let named = commit.changes.iter().filter_map(member_of).any(|m| m.id == *member && m.user.is_some());
                if !named {
                    self.people.forget_tokens(*organization, *member);
                }
            }
            // Whatever has no arm may touch anything.
            _ => self.forget_facts(),
        }
    }

    fn follow_group(&self, change: &GroupChange) {
        match change {
            GroupChange::SeatSet { after: seat, .. } | GroupChange::SeatLeft { seat, .. } => {
                self.groups.forget(&seat.member);
            }
            GroupChange::Created { .. } => {}
            // Rare, and whom it touches is not said.
            _ => self.groups.forget_all(),
        }
        if changes_rules(change) {
            self.forget_place(change.group().organization);
        }
    }

    /// What a link opens ends with it, and with what it shares.
    fn follow_link(&self, change: &ResourceChange) {
        match change {
            ResourceChange::LinkRevoked { link, .. } => self.links.forget_where(|known| known.id == link.id),
            ResourceChange::Deleted { resource } => {
                self.links.forget_where(|known| known.organization == resource.organization);
            }
            _ => {}
        }
    }
}

const fn changes_rules(change: &GroupChange) -> bool {
    match change {
        GroupChange::PermissionsSet { .. } => true,
        GroupChange::Created { group } | GroupChange::Deleted { group } => !group.permissions.is_empty(),
        GroupChange::Edited { .. }
        | GroupChange::KeptBy { .. }
        | GroupChange::SeatSet { .. }
        | GroupChange::SeatLeft { .. } => false,
    }
}

/// The membership a change is about.
fn member_of(change: &Change) -> Option<&Member> {
    match change {
        Change::MemberJoined { member }
        | Change::MemberInvited { member, .. }
        | Change::InvitationAccepted { member, .. }
        | Change::MemberApproved { member, .. }
        | Change::MemberRejected { member, .. }
        | Change::MemberRoleChanged { member, .. }
        | Change::MemberDeactivated { member }
        | Change::MemberReactivated { member }
        | Change::MemberRemoved { member }
        | Change::MemberLeft { member }
        | Change::RemovalKept { member, .. }
        | Change::MemberRestored { member, .. }
        | Change::MemberSessionsEnded { member, .. }
        | Change::Join(JoinChange::Requested { member } | JoinChange::Withdrawn { member }) => Some(member),
        Change::Scim(
            ScimChange::PersonKept { member, .. }
            | ScimChange::PersonLetGo { member, .. }
            | ScimChange::AddressChanged { member, .. },
        ) => Some(member),
        Change::ServiceAccount(change) => Some(&change.account().member),
        _ => None,
    }
}

impl Follower for Memory {
    fn committed(&self, commit: Commit) {
        for change in &commit.changes {
            self.follow(&commit, change);
        }
        // Links work while whoever made them is an active member. Once for all of them: a list of
        // thousands of people comes in one commit.
        let makers: HashSet<MemberId> = commit.changes.iter().filter_map(member_of).map(|member| member.id).collect();
        if !makers.is_empty() {
            self.links.forget_where(|link| makers.contains(&link.created_by));
        }
        self.directories.follow(&commit);
        self.rights.follow(commit);
    }

    fn unsure(&self) {
        self.doubt_until_ms.store(self.ms(DOUBT), Ordering::SeqCst);
        self.forget();
    }

    fn forget(&self) {
        self.forget_facts();
        self.rights.forget_all();
        self.directories.forget();
    }
}
