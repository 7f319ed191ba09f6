//! Tenants: the tier above organizations. Who belongs to one, what its owners may do in its
//! organizations, and the settings it lays over them. Does not know what happens inside those.

mod keeping;
mod resource;
mod settings;

pub use keeping::{Named, keep};
pub use resource::{TenantResource, create_resource, delete_resource, edit_resource, guard_known, in_organization};
pub use settings::{SIGN_IN_METHODS, SeatMode, Settings, seat_step};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::change::{AuditFact, Change};
use crate::identity::Identity;
use crate::ids::{MemberId, OrgId, TenantId, TenantMemberId, UserId};
use crate::member::{Member, MemberKind, Origin, Status, words};
use crate::refusal::{Code, Refusal};
use crate::text::Email;
use crate::time::Timestamp;

words! {
    /// What somebody is in a tenant.
    TenantRole {
        /// Settings, members, and full control of all organizations of the tenant.
        Owner = "owner",
        /// May be added to its organizations; nothing else by itself (TP-21).
        Member = "member",
    }
}

/// One tenant, as the store keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tenant {
    /// Its id.
    pub id: TenantId,
    /// Its name in addresses, unique among tenants.
    pub slug: String,
    /// Its name for people.
    pub name: String,
    /// What it lays over its organizations.
    pub settings: Settings,
    /// Credentials issued before this moment are not valid for the tenant.
    pub valid_from: Timestamp,
    /// Revision of its last change; the order of its audit trail.
    pub revision: u64,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Tenant {
    /// Where its audit trail stands: under its own id, among those of organizations.
    #[must_use]
    pub const fn trail(&self) -> OrgId {
        trail(self.id)
    }
}

/// Where the audit trail of a tenant stands.
#[must_use]
pub const fn trail(id: TenantId) -> OrgId {
    OrgId::new(id.uuid())
}

/// Somebody of a tenant: by identity, or by an address that counts for whoever proves it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantMember {
    /// Where.
    pub tenant: TenantId,
    /// The id of the place.
    pub id: TenantMemberId,
    /// Who, where that is known: not where an address names somebody who has yet to prove it.
    pub user: Option<UserId>,
    /// How they were named: an address, or `@handle`.
    pub label: String,
    /// What they are.
    pub role: TenantRole,
    /// Since when.
    pub created_at: Timestamp,
    /// Last request seen in any organization of the tenant, kept roughly.
    pub last_active_at: Option<Timestamp>,
}

/// One recorded change of a tenant.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "the fields are named by what they hold")]
pub enum TenantChange {
    Created { tenant: Box<Tenant>, owner: Box<TenantMember> },
    Renamed { tenant: Box<Tenant>, name: String },
    SettingsChanged { tenant: Box<Tenant>, after: Box<Settings> },
    MemberAdded { tenant: Box<Tenant>, member: Box<TenantMember> },
    MemberRoleChanged { tenant: Box<Tenant>, member: Box<TenantMember>, after: TenantRole },
    MemberBound { tenant: Box<Tenant>, member: Box<TenantMember>, user: UserId },
    MemberRemoved { tenant: Box<Tenant>, member: Box<TenantMember> },
    AuthenticationReset { tenant: Box<Tenant>, at: Timestamp },
    ResourceCreated { tenant: Box<Tenant>, resource: Box<TenantResource> },
    ResourceEdited { tenant: Box<Tenant>, before: Box<TenantResource>, after: Box<TenantResource> },
    ResourceDeleted { tenant: Box<Tenant>, resource: Box<TenantResource> },
}

impl TenantChange {
    /// The tenant it is about, as it was.
    #[must_use]
    pub fn tenant(&self) -> &Tenant {
        match self {
            Self::Created { tenant, .. }
            | Self::Renamed { tenant, .. }
            | Self::SettingsChanged { tenant, .. }
            | Self::MemberAdded { tenant, .. }
            | Self::MemberRoleChanged { tenant, .. }
            | Self::MemberBound { tenant, .. }
            | Self::MemberRemoved { tenant, .. }
            | Self::AuthenticationReset { tenant, .. }
            | Self::ResourceCreated { tenant, .. }
            | Self::ResourceEdited { tenant, .. }
            | Self::ResourceDeleted { tenant, .. } => tenant,
        }
    }

    /// What the audit trail says of it.
    #[must_use]
    pub fn audit(&self) -> AuditFact {
        let tenant = self.tenant();
        let whole = ("tenant", tenant.id.to_string(), tenant.name.clone());
        let somebody = |m: &TenantMember| ("tenant_member", m.id.to_string(), m.label.clone());
        let role = |role: TenantRole| json!({"role": role.word()});
        let thing = |r: &TenantResource| ("tenant_resource", r.id.to_string(), r.name.clone());
        let (kind, target, before, after) = match self {
            Self::Created { .. } => ("tenant.created", whole, Value::Null, json!({"name": tenant.name})),
            Self::Renamed { name, .. } => {
                ("tenant.renamed", whole, json!({"name": tenant.name}), json!({"name": name}))
            }
            Self::SettingsChanged { after, .. } => {
                ("tenant.settings_changed", whole, json!(tenant.settings), json!(after))
            }
            Self::MemberAdded { member: m, .. } => ("tenant.member_added", somebody(m), Value::Null, role(m.role)),
            Self::MemberRoleChanged { member: m, after, .. } => {
                ("tenant.member_role_changed", somebody(m), role(m.role), role(*after))
            }
            Self::MemberBound { member: m, user, .. } => {
                ("tenant.member_bound", somebody(m), Value::Null, json!({"identity": user}))
            }
            Self::MemberRemoved { member: m, .. } => ("tenant.member_removed", somebody(m), role(m.role), Value::Null),
            Self::AuthenticationReset { at, .. } => {
                ("tenant.authentication_reset", whole, Value::Null, json!({"valid_from": at}))
            }
            Self::ResourceCreated { resource: r, .. } => ("tenant.resource_created", thing(r), Value::Null, r.told()),
            Self::ResourceEdited { before, after, .. } => {
                ("tenant.resource_edited", thing(after), before.told(), after.told())
            }
            Self::ResourceDeleted { resource: r, .. } => ("tenant.resource_deleted", thing(r), r.told(), Value::Null),
        };
        AuditFact { organization: Some(tenant.trail()), kind, target, before, after }
    }
}

/// What somebody wants of a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Know that it is there.
    See,
    /// Its settings, its people, its organizations, its trail.
    Run,
}

/// Leave to do something to a tenant.
#[derive(Clone, Copy, Debug)]
pub struct TenantPermit(());

/// Gives a permit, or says no. To somebody who does not belong to it a tenant does not exist; a
/// member sees that it is there and nothing more (TP-21).
///
/// # Errors
/// `not_found`, `access.denied`.
pub fn authorize(role: Option<TenantRole>, deed: Deed) -> Result<TenantPermit, Refusal> {
    match (role, deed) {
        (None, _) => Err(Code::NotFound.into()),
        (Some(TenantRole::Member), Deed::Run) => {
            Err(Refusal::because(Code::AccessDenied, "only an owner of the tenant may do this"))
        }
        (Some(TenantRole::Owner), _) | (Some(TenantRole::Member), Deed::See) => Ok(TenantPermit(())),
    }
}

/// Makes a tenant; whoever makes it owns it (TP-22).
///
/// # Errors
/// `tenant.create_denied`, `tenant.slug_taken`.
pub fn create(
    maker: &Identity,
    tenant: Tenant,
    place: TenantMemberId,
    slug_taken: bool,
) -> Result<Vec<Change>, Refusal> {
    if !maker.administrator {
        return Err(Code::TenantCreate.into());
    }
    if slug_taken {
        return Err(Code::TenantSlugTaken.into());
    }
    let owner = TenantMember {
        tenant: tenant.id,
        id: place,
        user: Some(maker.id),
        label: maker.email.clone(),
        role: TenantRole::Owner,
        created_at: tenant.created_at,
        last_active_at: None,
    };
    Ok(vec![Change::Tenant(TenantChange::Created { tenant: Box::new(tenant), owner: Box::new(owner) })])
}

/// Renames a tenant; nothing changes when nothing differs.
#[must_use]
pub fn rename(_permit: TenantPermit, tenant: &Tenant, name: String) -> Vec<Change> {
    if tenant.name == name {
        return Vec::new();
    }
    vec![Change::Tenant(TenantChange::Renamed { tenant: Box::new(tenant.clone()), name })]
}

/// Changes a tenant's settings; nothing changes when nothing differs.
#[must_use]
pub fn change_settings(_permit: TenantPermit, tenant: &Tenant, after: Settings) -> Vec<Change> {
    if tenant.settings == after {
        return Vec::new();
    }
    vec![Change::Tenant(TenantChange::SettingsChanged { tenant: Box::new(tenant.clone()), after: Box::new(after) })]
}

/// Takes somebody into a tenant that has `people` already.
///
/// # Errors
/// `tenant.member_already`, `tenant.seats`, `tenant.domain`.
pub fn add(
    _permit: TenantPermit,
    tenant: &Tenant,
    member: TenantMember,
    email: Option<&Email>,
    already: bool,
    people: u64,
) -> Result<Vec<Change>, Refusal> {
    if already {
        return Err(Code::TenantMemberAlready.into());
    }
    tenant.settings.admits(email)?;
    let capped = tenant.settings.seat_mode == SeatMode::Cap && tenant.settings.seats.is_some_and(|most| people >= most);
    if capped {
        return Err(Code::TenantSeats.into());
    }
    let (tenant, member) = (Box::new(tenant.clone()), Box::new(member));
    Ok(vec![Change::Tenant(TenantChange::MemberAdded { tenant, member })])
}

/// INVARIANT: a tenant keeps an owner who can sign in; asked after the tenant was taken.
fn guard_last(member: &TenantMember, other_owner: bool) -> Result<(), Refusal> {
    if member.role == TenantRole::Owner && !other_owner { Err(Code::TenantLastOwner.into()) } else { Ok(()) }
}

/// Gives somebody another role in a tenant.
///
/// # Errors
/// `tenant.last_owner`.
pub fn change_role(
    _permit: TenantPermit,
    tenant: &Tenant,
    member: &TenantMember,
    after: TenantRole,
    other_owner: bool,
) -> Result<Vec<Change>, Refusal> {
    if member.role == after {
        return Ok(Vec::new());
    }
    guard_last(member, other_owner)?;
    let (tenant, member) = (Box::new(tenant.clone()), Box::new(member.clone()));
    Ok(vec![Change::Tenant(TenantChange::MemberRoleChanged { tenant, member, after })])
}

/// Takes somebody out of a tenant. Their memberships of its organizations stay.
///
/// # Errors
/// `tenant.last_owner`.
pub fn remove(
    _permit: TenantPermit,
    tenant: &Tenant,
    member: &TenantMember,
    other_owner: bool,
) -> Result<Vec<Change>, Refusal> {
    guard_last(member, other_owner)?;
    let (tenant, member) = (Box::new(tenant.clone()), Box::new(member.clone()));
    Ok(vec![Change::Tenant(TenantChange::MemberRemoved { tenant, member })])
}

/// Makes every session and token issued up to now invalid for the tenant and in each of its
/// organizations (TP-33).
#[must_use]
pub fn reset_authentication(
    _permit: TenantPermit,
    tenant: &Tenant,
    organizations: &[OrgId],
    now: Timestamp,
) -> Vec<Change> {
    let own = Change::Tenant(TenantChange::AuthenticationReset { tenant: Box::new(tenant.clone()), at: now });
    let each = organizations.iter().map(|id| Change::AuthenticationReset { organization: *id, at: now });
    std::iter::once(own).chain(each).collect()
}

/// Under which an owner of a tenant stands in its organizations without being a member: nobody's membership, and only
/// this person can ever stand under it.
#[must_use]
pub const fn place_of(owner: UserId) -> MemberId {
    MemberId::new(owner.uuid())
}

/// How somebody stands in an organization of a tenant: an owner of the tenant stands there as a
/// holder of the top role, with a membership or without one; everybody else as the member they are
/// (TP-21).
#[must_use]
pub fn standing(
    role: Option<TenantRole>,
    who: &Identity,
    organization: OrgId,
    top_role: &str,
    member: Option<Member>,
) -> Option<Member> {
    if role != Some(TenantRole::Owner) {
        return member;
    }
    let top = top_role.to_owned();
    Some(member.map_or_else(
        || Member {
            id: place_of(who.id),
            organization,
            user: Some(who.id),
            kind: MemberKind::Person,
            email: who.email.clone(),
            name: who.name.clone(),
            handle: who.handle.clone(),
            role: top.clone(),
            status: Status::Active,
            origin: Origin::Tenant,
            joined_at: None,
            created_at: who.created_at,
            created_by: None,
            last_active_at: None,
            sessions_from: Timestamp::default(),
            managed: false,
            revision: 0,
        },
        |member| Member { role: top.clone(), ..member },
    ))
}
