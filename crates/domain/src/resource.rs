//! Inner scopes and resources: a tree of things of the preset's types below an organization, who
//! owns them, and what is granted on them. What a verb on a type needs is read from the preset's
//! permissions. Does not load anything.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::change::{AuditFact, Change};
use crate::ids::{GrantId, GroupId, MemberId, OrgId, ResourceId};
use crate::member::{Member, Status};
use crate::permission::{Bit, Mask};
use crate::preset::{ORGANIZATION, Preset, Rules};
use crate::refusal::{Code, Refusal};
use crate::time::Timestamp;

/// Deepest place a resource may have below its organization.
pub const MAX_DEPTH: usize = 16;

/// One resource, as the store keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resource {
    /// Its id.
    pub id: ResourceId,
    /// Where.
    pub organization: OrgId,
    /// Slug of its type in the preset.
    pub kind: String,
    /// What the product calls it, unique within its type.
    pub external_id: Option<String>,
    /// For people.
    pub name: String,
    /// What it stands under; `None` is the organization.
    pub parent: Option<ResourceId>,
    /// Who owns it.
    pub owner: Option<MemberId>,
    /// Whether rights from above stop here (CT-31).
    pub controlled: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// Revision of its last change.
    pub revision: u64,
}

/// Who is granted something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "id", rename_all = "snake_case")]
pub enum Subject {
    /// One member.
    Member(MemberId),
    /// Everybody in a group.
    Group(GroupId),
    /// Every active member of the organization.
    Everyone,
}

/// What is granted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Given {
    /// A role that applies to the resource's type.
    Role(String),
    /// One permission.
    Permission(String),
}

/// One grant, as the store keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// Its id.
    pub id: GrantId,
    /// Where.
    pub organization: OrgId,
    /// On what.
    pub resource: ResourceId,
    /// To whom.
    pub subject: Subject,
    /// What.
    pub given: Given,
    /// When it ends; `None` is never. Time is not a change: a grant knows when it ends.
    pub expires_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Who made it.
    pub created_by: Option<MemberId>,
}

impl Grant {
    /// Whether it still gives something at `now`.
    #[must_use]
    pub fn lives(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|end| end > now)
    }

    /// What it gives on a resource of type `kind`; a role or permission that is not known
    /// any more gives nothing.
    #[must_use]
    pub fn mask(&self, rules: &Rules, kind: &str) -> Mask {
        match &self.given {
            Given::Role(slug) => rules.role(kind, slug).map_or(Mask::EMPTY, |role| role.floor),
            Given::Permission(name) => rules.preset().bit(name).map_or(Mask::EMPTY, |bit| Mask::EMPTY.with(bit)),
        }
    }
}

/// One recorded change of a resource or a grant.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "the fields are named by what they hold")]
pub enum ResourceChange {
    Created {
        resource: Box<Resource>,
    },
    Edited {
        before: Box<Resource>,
        after: Box<Resource>,
    },
    /// It and everything under it.
    Deleted {
        resource: Box<Resource>,
    },
    Granted {
        resource: Box<Resource>,
        grant: Box<Grant>,
    },
    Revoked {
        resource: Box<Resource>,
        grant: Box<Grant>,
    },
}

impl ResourceChange {
    /// The resource it is about.
    #[must_use]
    pub fn resource(&self) -> &Resource {
        match self {
            Self::Created { resource }
            | Self::Edited { after: resource, .. }
            | Self::Deleted { resource }
            | Self::Granted { resource, .. }
            | Self::Revoked { resource, .. } => resource,
        }
    }

    /// What the audit trail says of it.
    #[must_use]
    pub fn audit(&self) -> AuditFact {
        let shown = |r: &Resource| json!({"type": r.kind, "external_id": r.external_id, "name": r.name, "parent": r.parent, "owner": r.owner, "controlled": r.controlled});
        let granted =
            |g: &Grant| json!({"grant": g.id, "subject": g.subject, "given": g.given, "expires_at": g.expires_at});
        let (kind, before, after) = match self {
            Self::Created { resource } => ("resource.created", Value::Null, shown(resource)),
            Self::Edited { before, after } => ("resource.edited", shown(before), shown(after)),
            Self::Deleted { resource } => ("resource.deleted", shown(resource), Value::Null),
            Self::Granted { grant, .. } => ("grant.created", Value::Null, granted(grant)),
            Self::Revoked { grant, .. } => ("grant.revoked", granted(grant), Value::Null),
        };
        let resource = self.resource();
        AuditFact {
            organization: Some(resource.organization),
            kind,
            target: ("resource", resource.id.to_string(), resource.name.clone()),
            before,
            after,
        }
    }
}

/// What may be done to a resource of any type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Know that it is there.
    Read,
    /// Make one.
    Create,
    /// Rename and move it, hand it on.
    Update,
    /// End it.
    Delete,
    /// Decide who reaches it.
    Share,
}

impl Verb {
    /// The verbs a preset may name the permission by, the most specific first: where `project.create`
    /// is not in the catalogue, `project.manage` stands for it.
    const fn names(self) -> &'static [&'static str] {
        match self {
            Self::Read => &["read", "view", "use"],
            Self::Create => &["create", "manage", "edit"],
            Self::Update => &["edit", "update", "manage"],
            Self::Delete => &["delete", "manage", "edit"],
            Self::Share => &["share", "manage"],
        }
    }

    /// The permission this verb needs on resources of type `kind`: its bit and name. `None` when the
    /// preset has none, and then nobody may.
    #[must_use]
    pub fn permission(self, preset: &Preset, kind: &str) -> Option<(Bit, String)> {
        self.names().iter().find_map(|verb| {
            let name = format!("{kind}.{verb}");
            preset.bit(&name).map(|bit| (bit, name))
        })
    }
}

/// Leave to do one verb to one resource (or, for making one, below one place).
#[derive(Clone, Debug)]
pub struct ResourcePermit {
    member: MemberId,
    rights: Mask,
}

impl ResourcePermit {
    /// The holder's membership.
    #[must_use]
    pub const fn member(&self) -> MemberId {
        self.member
    }

    /// Everything the holder may do there.
    #[must_use]
    pub const fn rights(&self) -> Mask {
        self.rights
    }
}

/// Gives a permit for `verb` on a resource of type `kind` where the caller has `rights`. What the
/// caller may not even read does not exist.
///
/// # Errors
/// `not_found`, `access.denied`.
pub fn authorize(
    member: MemberId,
    rights: Mask,
    preset: &Preset,
    kind: &str,
    verb: Verb,
) -> Result<ResourcePermit, Refusal> {
    let has = |verb: Verb| verb.permission(preset, kind).is_some_and(|(bit, _)| rights.contains(bit));
    if verb != Verb::Create && !has(Verb::Read) {
        return Err(Refusal::of(Code::NotFound));
    }
    if !has(verb) {
        let wanted = verb.permission(preset, kind).map_or_else(|| kind.to_owned(), |(_, name)| name);
        return Err(Refusal::because(Code::AccessDenied, format!("you do not have `{wanted}` here")));
    }
    Ok(ResourcePermit { member, rights })
}

/// Refuses a place that the preset or the tree does not allow. `path` is the parent's path from the
/// top, the parent last; empty for the organization itself.
fn guard_place(preset: &Preset, resource: &Resource, path: &[Resource]) -> Result<(), Refusal> {
    let Some(kind) = preset.resource_type(&resource.kind) else {
        let known: Vec<_> = preset.types.iter().map(|t| t.slug.as_str()).collect();
        let detail = format!("no type `{}`; there are {}", resource.kind, known.join(", "));
        return Err(Refusal::value(Code::ResourceType, "type", detail));
    };
    let under = path.last().map_or(ORGANIZATION, |parent| parent.kind.as_str());
    if !kind.parents.iter().any(|allowed| allowed == under) {
        let detail = format!("a {} stands under: {}", kind.slug, kind.parents.join(", "));
        return Err(Refusal::value(Code::ResourceParent, "parent", detail));
    }
    if path.iter().any(|above| above.id == resource.id) {
        return Err(Refusal::value(Code::ResourceCycle, "parent", "a resource cannot stand under itself"));
    }
    if path.len() >= MAX_DEPTH {
        return Err(Refusal::value(Code::ResourceParent, "parent", format!("at most {MAX_DEPTH} levels")));
    }
    Ok(())
}

fn guard_owner(owner: Option<&Member>) -> Result<(), Refusal> {
    match owner {
        Some(member) if member.status != Status::Active => {
            Err(Refusal::value(Code::ResourceOwner, "owner", "only an active member can own something"))
        }
        _ => Ok(()),
    }
}

/// Makes a resource below `path`.
///
/// # Errors
/// `resource.type`, `resource.parent`, `resource.owner`, `resource.external_id_taken`.
pub fn create(
    _permit: &ResourcePermit,
    rules: &Rules,
    resource: Resource,
    path: &[Resource],
    owner: Option<&Member>,
    taken: bool,
) -> Result<Vec<Change>, Refusal> {
    guard_place(rules.preset(), &resource, path)?;
    guard_owner(owner)?;
    if taken {
        return Err(Refusal::of(Code::ResourceTaken));
    }
    Ok(vec![Change::Resource(ResourceChange::Created { resource: Box::new(resource) })])
}

/// Renames a resource, moves it below `path`, hands it to another owner, or controls it.
///
/// # Errors
/// `resource.parent`, `resource.cycle`, `resource.owner`.
pub fn edit(
    permit: &ResourcePermit,
    rules: &Rules,
    before: &Resource,
    after: Resource,
    path: &[Resource],
    owner: Option<&Member>,
) -> Result<Vec<Change>, Refusal> {
    if *before == after {
        return Ok(Vec::new());
    }
    if before.parent != after.parent {
        guard_place(rules.preset(), &after, path)?;
    }
    if before.owner != after.owner {
        guard_owner(owner)?;
    }
    // Who owns a thing and whether it is controlled decide who enters; to edit it is not enough.
    if before.owner != after.owner || before.controlled != after.controlled {
        authorize(permit.member, permit.rights, rules.preset(), &before.kind, Verb::Share)?;
    }
    let owned = rules.preset().roles_of(&before.kind).next().map_or(Mask::EMPTY, |role| role.floor);
    if after.owner.is_some() && before.owner != after.owner && !owned.is_subset_of(permit.rights) {
        return Err(Refusal::of(Code::GrantAboveOwn));
    }
    Ok(vec![Change::Resource(ResourceChange::Edited { before: Box::new(before.clone()), after: Box::new(after) })])
}

/// Ends a resource, everything under it, and every grant on any of them.
#[must_use]
pub fn delete(_permit: &ResourcePermit, resource: &Resource) -> Vec<Change> {
    vec![Change::Resource(ResourceChange::Deleted { resource: Box::new(resource.clone()) })]
}

/// Grants something on a resource. Nobody grants more than they have there.
///
/// # Errors
/// `role.unknown`, `permission.unknown`, `grant.above_own`, `grant.expired`.
pub fn grant(
    permit: &ResourcePermit,
    rules: &Rules,
    resource: &Resource,
    grant: Grant,
    now: Timestamp,
) -> Result<Vec<Change>, Refusal> {
    match &grant.given {
        Given::Role(slug) if rules.role(&resource.kind, slug).is_none() => {
            let known: Vec<_> = rules.roles_of(&resource.kind).map(|r| r.slug.as_str()).collect();
            let detail = format!("no role `{slug}` of a {}; there are {}", resource.kind, known.join(", "));
            return Err(Refusal::value(Code::RoleUnknown, "role", detail));
        }
        Given::Permission(name) if rules.preset().bit(name).is_none() => {
            return Err(Refusal::value(Code::PermissionUnknown, "permission", format!("no permission `{name}`")));
        }
        Given::Role(_) | Given::Permission(_) => {}
    }
    if !grant.mask(rules, &resource.kind).is_subset_of(permit.rights) {
        return Err(Refusal::of(Code::GrantAboveOwn));
    }
    if !grant.lives(now) {
        return Err(Refusal::value(Code::GrantExpired, "expires_at", "lies in the past"));
    }
    Ok(vec![Change::Resource(ResourceChange::Granted { resource: Box::new(resource.clone()), grant: Box::new(grant) })])
}

/// Takes a grant back.
#[must_use]
pub fn revoke(_permit: &ResourcePermit, resource: &Resource, grant: &Grant) -> Vec<Change> {
    vec![Change::Resource(ResourceChange::Revoked {
        resource: Box::new(resource.clone()),
        grant: Box::new(grant.clone()),
    })]
}
