//! Inner scopes and resources: a tree of things of the preset's types below an organization, who
//! owns them, and what is granted on them. What a verb on a type needs is read from the preset's
//! permissions. Does not load anything.

mod grant;
mod keeper;
mod link;

pub use grant::{
    Given, Grant, Subject, change_grant, grant, guard_given, guard_kept, guard_offered, guard_receiver, revoke,
    revoke_all, revoke_of_member, take_out,
};
pub use keeper::{Keeper, guard_home, guard_keeper, guard_move, home, keep, rights_left};
pub use link::{ShareLink, revoke_link, share};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::change::{AuditFact, Change};
use crate::ids::{MemberId, OrgId, ResourceId};
use crate::member::Member;
use crate::ownership;
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
    GrantChanged {
        resource: Box<Resource>,
        before: Box<Grant>,
        after: Box<Grant>,
    },
    Revoked {
        resource: Box<Resource>,
        grant: Box<Grant>,
    },
    LinkShared {
        resource: Box<Resource>,
        link: Box<ShareLink>,
        hash: [u8; 32],
    },
    LinkRevoked {
        resource: Box<Resource>,
        link: Box<ShareLink>,
    },
    /// From now on only its keeper changes it.
    Kept {
        resource: Box<Resource>,
        keeper: Keeper,
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
            | Self::GrantChanged { resource, .. }
            | Self::Revoked { resource, .. }
            | Self::LinkShared { resource, .. }
            | Self::LinkRevoked { resource, .. }
            | Self::Kept { resource, .. } => resource,
        }
    }

    /// What the audit trail says of it.
    #[must_use]
    pub fn audit(&self) -> AuditFact {
        let shown = |r: &Resource| json!({"type": r.kind, "external_id": r.external_id, "name": r.name, "parent": r.parent, "owner": r.owner, "controlled": r.controlled});
        let granted =
            |g: &Grant| json!({"grant": g.id, "subject": g.subject, "given": g.given, "expires_at": g.expires_at});
        let shared = |l: &ShareLink| json!({"share_link": l.id, "given": l.given, "expires_at": l.expires_at});
        let (kind, before, after) = match self {
            Self::Created { resource } => ("resource.created", Value::Null, shown(resource)),
            Self::Edited { before, after } => ("resource.edited", shown(before), shown(after)),
            Self::Deleted { resource } => ("resource.deleted", shown(resource), Value::Null),
            Self::Granted { grant, .. } => ("grant.created", Value::Null, granted(grant)),
            Self::GrantChanged { before, after, .. } => ("grant.changed", granted(before), granted(after)),
            Self::Revoked { grant, .. } => ("grant.revoked", granted(grant), Value::Null),
            Self::LinkShared { link, .. } => ("share_link.created", Value::Null, shared(link)),
            Self::LinkRevoked { link, .. } => ("share_link.revoked", shared(link), Value::Null),
            Self::Kept { keeper, .. } => ("resource.kept", Value::Null, keeper.told()),
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
    /// Give it to everyone.
    Publish,
}

impl Verb {
    /// The verbs a preset may name the permission by, the most specific first: where `project.create`
    /// is not in the catalogue, `project.manage` stands for it.
    const fn names(self) -> &'static [&'static str] {
        match self {
            // Who may change a thing whose preset knows no reading may know that it is there.
            Self::Read => &["read", "view", "use", "manage", "edit"],
            Self::Create => &["create", "manage", "edit"],
            Self::Update => &["edit", "update", "manage"],
            Self::Delete => &["delete", "manage", "edit"],
            Self::Share => &["share", "manage"],
            Self::Publish => &["publish", "share", "manage"],
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
    if verb != Verb::Create && guard_verb(rights, preset, kind, Verb::Read).is_err() {
        return Err(Refusal::of(Code::NotFound));
    }
    guard_verb(rights, preset, kind, verb)?;
    Ok(ResourcePermit { member, rights })
}

/// The highest role of a type all of whose rights are among `rights`.
#[must_use]
pub fn role_held<'a>(rules: &'a Rules, kind: &str, rights: Mask) -> Option<&'a str> {
    let mut roles = rules.roles_of(kind).filter(|role| role.floor.is_subset_of(rights));
    roles.next().map(|role| role.slug.as_str())
}

/// Where a resource is to stand.
#[derive(Clone, Copy, Debug, Default)]
pub struct Spot<'a> {
    /// The parent's path from the top, the parent last; empty for the organization itself.
    pub path: &'a [Resource],
    /// How many levels come with it below.
    pub levels: usize,
    /// Whether it would be shared to a scope there, and it, or something in it, receives as a scope.
    pub chained: bool,
}

/// Refuses whoever does not have what `verb` needs.
pub(crate) fn guard_verb(rights: Mask, preset: &Preset, kind: &str, verb: Verb) -> Result<(), Refusal> {
    match verb.permission(preset, kind) {
        Some((bit, _)) if rights.contains(bit) => Ok(()),
        wanted => {
            let name = wanted.map_or_else(|| kind.to_owned(), |(_, name)| name);
            Err(Refusal::because(Code::AccessDenied, format!("you do not have `{name}` here")))
        }
    }
}

/// Refuses a place that the preset or the tree does not allow.
fn guard_place(preset: &Preset, resource: &Resource, spot: Spot<'_>) -> Result<(), Refusal> {
    let path = spot.path;
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
    if path.len() + spot.levels >= MAX_DEPTH {
        return Err(Refusal::value(Code::ResourceParent, "parent", format!("at most {MAX_DEPTH} levels")));
    }
    if spot.chained {
        return Err(Refusal::value(Code::GrantChained, "parent", Code::GrantChained.meaning()));
    }
    Ok(())
}

/// Refuses a resource that cannot stand at the top of an organization.
///
/// # Errors
/// `resource.type`, `resource.parent`.
pub fn guard_top(preset: &Preset, resource: &Resource) -> Result<(), Refusal> {
    guard_place(preset, resource, Spot::default())
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
    guard_place(rules.preset(), &resource, Spot { path, ..Spot::default() })?;
    ownership::guard_owner(owner, Code::ResourceOwner, "owner")?;
    if taken {
        return Err(Refusal::of(Code::ResourceTaken));
    }
    Ok(vec![Change::Resource(ResourceChange::Created { resource: Box::new(resource) })])
}

/// Renames a resource, moves it to `spot`, hands it to another owner, or controls it.
///
/// # Errors
/// `resource.parent`, `resource.cycle`, `resource.owner`, `grant.chained`.
pub fn edit(
    permit: &ResourcePermit,
    rules: &Rules,
    before: &Resource,
    after: Resource,
    spot: Spot<'_>,
    owner: Option<&Member>,
) -> Result<Vec<Change>, Refusal> {
    if *before == after {
        return Ok(Vec::new());
    }
    if before.parent != after.parent {
        guard_place(rules.preset(), &after, spot)?;
    }
    if before.owner != after.owner {
        ownership::guard_owner(owner, Code::ResourceOwner, "owner")?;
        ownership::guard_handing_on(permit.rights, rules.preset(), &before.kind, after.owner)?;
    }
    // Whether it is controlled decides who enters; to edit it is not enough.
    if before.controlled != after.controlled {
        guard_verb(permit.rights, rules.preset(), &before.kind, Verb::Share)?;
    }
    Ok(vec![Change::Resource(ResourceChange::Edited { before: Box::new(before.clone()), after: Box::new(after) })])
}

/// Ends a resource, everything under it, and every grant on any of them.
#[must_use]
pub fn delete(_permit: &ResourcePermit, resource: &Resource) -> Vec<Change> {
    vec![Change::Resource(ResourceChange::Deleted { resource: Box::new(resource.clone()) })]
}
