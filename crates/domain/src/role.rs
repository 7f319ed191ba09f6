//! Roles that an organization makes for itself: made, changed, ended. Nobody makes or changes one so
//! that it holds more than they do. Built-in roles are the preset's; what a role means under the policy
//! is [`crate::preset::Rules`]'s.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::access::Permit;
use crate::action::Action;
use crate::change::{AuditFact, Change};
use crate::ids::{OrgId, RoleId};
use crate::invitation::Invitation;
use crate::member::{Member, guard_role};
use crate::permission::Mask;
use crate::policy::{Knob, Shape};
use crate::preset::{ORGANIZATION, RoleRights, Rules, is_slug};
use crate::refusal::{Code, Refusal};
use crate::service_account::guard_gift;
use crate::time::Timestamp;

/// One role of an organization's own, as the store keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomRole {
    /// Its id.
    pub id: RoleId,
    /// Where.
    pub organization: OrgId,
    /// [`ORGANIZATION`] or a type of the preset.
    pub applies_to: String,
    /// Unique among the roles of the same type, built-in ones included.
    pub slug: String,
    /// For people.
    pub name: String,
    /// What it is for, perhaps empty.
    pub description: String,
    /// What it gives, by name.
    pub permissions: Vec<String>,
    /// What it lets all sources together give, by name; `None` is everything.
    pub ceiling: Option<Vec<String>>,
    /// What of an organization role's permissions holds in everything below the organization too; `None` is all.
    pub below: Option<Vec<String>>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Revision of its last change.
    pub revision: u64,
}

/// The id of a built-in role follows from its organization and name, so that it stays the same.
#[must_use]
pub fn built_in_id(organization: OrgId, applies_to: &str, slug: &str) -> RoleId {
    let mut bits = organization.uuid().as_u128();
    for byte in applies_to.bytes().chain([0]).chain(slug.bytes()) {
        // FNV-1a with 128 bits: spreads names; two of one preset that met would be one id for two roles.
        bits = (bits ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
    }
    RoleId::new(Uuid::from_u128(bits))
}

/// One recorded change of a role.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "the fields are named by what they hold")]
pub enum RoleChange {
    Created {
        role: Box<CustomRole>,
    },
    Edited {
        before: Box<CustomRole>,
        after: Box<CustomRole>,
    },
    /// Grants and invite links of it give `replaced_by` from here on; its holders and invitations were changed before.
    Deleted {
        role: Box<CustomRole>,
        replaced_by: Option<String>,
    },
}

impl RoleChange {
    /// The role it is about, as it was.
    #[must_use]
    pub fn role(&self) -> &CustomRole {
        match self {
            Self::Created { role } | Self::Edited { before: role, .. } | Self::Deleted { role, .. } => role,
        }
    }

    /// What the audit trail says of it.
    #[must_use]
    pub fn audit(&self) -> AuditFact {
        let shown = |r: &CustomRole| {
            json!({
                "slug": r.slug, "name": r.name, "description": r.description, "applies_to": r.applies_to,
                "permissions": r.permissions, "ceiling": r.ceiling, "below": r.below,
            })
        };
        let (kind, before, after) = match self {
            Self::Created { role } => ("role.created", Value::Null, shown(role)),
            Self::Edited { before, after } => ("role.edited", shown(before), shown(after)),
            Self::Deleted { role, replaced_by } => ("role.deleted", shown(role), json!({"replaced_by": replaced_by})),
        };
        let role = self.role();
        AuditFact {
            organization: Some(role.organization),
            kind,
            target: ("role", role.id.to_string(), role.name.clone()),
            before,
            after,
        }
    }
}

/// Who and what names a role.
#[derive(Clone, Debug, Default)]
pub struct Holders {
    /// Members who came in.
    pub members: Vec<Member>,
    /// Invitations that wait.
    pub invitations: Vec<Invitation>,
    /// How many open invite links give it.
    pub links: u64,
    /// How many grants give it.
    pub grants: u64,
}

/// The permissions of a list as a mask, or the refusal that names the wrong one.
fn read(rules: &Rules, applies_to: &str, names: &[String], field: &str) -> Result<Mask, Refusal> {
    let reachable = rules.preset().reachable(applies_to);
    let mut mask = Mask::EMPTY;
    for (at, name) in names.iter().enumerate() {
        match rules.preset().bit(name) {
            Some(bit) if reachable.contains(bit) => mask = mask.with(bit),
            Some(_) => {
                let detail = format!("`{name}` is not asked of `{applies_to}` or of anything below it");
                return Err(Refusal::value(Code::PermissionUnknown, format!("{field}[{at}]"), detail));
            }
            None => {
                let detail = format!("no permission `{name}`");
                return Err(Refusal::value(Code::PermissionUnknown, format!("{field}[{at}]"), detail));
            }
        }
    }
    Ok(rules.preset().catalogue.whole(mask))
}

/// Is everything about the role well formed?
fn guard_form(rules: &Rules, role: &CustomRole) -> Result<(), Refusal> {
    if !is_slug(&role.slug) {
        let detail = "a lower-case letter, then lower-case letters, digits and `_`, 40 at most";
        return Err(Refusal::field("slug", "field.invalid", detail));
    }
    let of_organization = role.applies_to == ORGANIZATION;
    if !of_organization && rules.preset().resource_type(&role.applies_to).is_none() {
        let known: Vec<_> = rules.preset().types.iter().map(|t| t.slug.as_str()).collect();
        let detail = format!("`{ORGANIZATION}` or a type; there are {}", known.join(", "));
        return Err(Refusal::value(Code::ResourceType, "applies_to", detail));
    }
    let floor = read(rules, &role.applies_to, &role.permissions, "permissions")?;
    if floor.is_empty() {
        return Err(Refusal::field("permissions", "field.empty", "name at least one permission"));
    }
    for (field, names) in [("ceiling", &role.ceiling), ("below", &role.below)] {
        let Some(names) = names else { continue };
        if !of_organization {
            let detail = format!("only a role of the organization has a `{field}`");
            return Err(Refusal::field(field, "field.invalid", detail));
        }
        let mask = read(rules, ORGANIZATION, names, field)?;
        if field == "ceiling" && !floor.is_subset_of(mask) {
            return Err(Refusal::field(field, "field.invalid", "must hold everything that the role gives"));
        }
    }
    Ok(())
}

/// May the permit's holder have such a role made? INVARIANT: a role never holds what whoever made or
/// changed it did not hold at that moment.
fn guard_own(permit: &Permit, rules: &Rules, role: &CustomRole) -> Result<(), Refusal> {
    let rights = RoleRights::new(&rules.made_of(role), rules.policy());
    let covered = if role.applies_to == ORGANIZATION {
        // A ceiling gives nothing, but it lets others give: nobody opens it beyond their own.
        permit.covers_role(&rights) && permit.covers_ceiling(rights.ceiling)
    } else {
        (rights.floor & rights.ceiling).is_subset_of(permit.below())
    };
    if covered {
        return Ok(());
    }
    let detail = format!("`{}` would hold rights that you do not hold; nobody gives more than their own", role.slug);
    Err(Refusal::because(Code::RoleAboveOwn, detail))
}

/// May the permit's holder act on this role as it is?
fn guard_rank(permit: &Permit, rules: &Rules, role: &CustomRole) -> Result<(), Refusal> {
    guard_own(permit, rules, role).map_err(|_| {
        let detail = format!("`{}` has rights that you do not hold; ask somebody who does", role.slug);
        Refusal::because(Code::RoleAboveOwn, detail)
    })
}

/// Makes a role.
///
/// # Errors
/// `role.slug_taken`, `role.above_own`, refused values.
pub fn create(permit: &Permit, rules: &Rules, role: CustomRole) -> Result<Vec<Change>, Refusal> {
    guard_form(rules, &role)?;
    if rules.role(&role.applies_to, &role.slug).is_some() {
        return Err(Refusal::of(Code::RoleSlugTaken));
    }
    guard_own(permit, rules, &role)?;
    Ok(vec![Change::Role(RoleChange::Created { role: Box::new(role) })])
}

/// Changes a role: every holder has the new rights from the next request on.
///
/// # Errors
/// `role.above_own`, `member.self_demote`, refused values.
pub fn edit(
    permit: &Permit,
    rules: &Rules,
    before: &CustomRole,
    after: CustomRole,
    granted: bool,
) -> Result<Vec<Change>, Refusal> {
    guard_form(rules, &after)?;
    guard_rank(permit, rules, before)?;
    guard_own(permit, rules, &after)?;
    if *before == after {
        return Ok(Vec::new());
    }
    let masks = [before, &after].map(|role| rules.made_of(role).floor);
    let [was, is] = masks;
    // Where it is granted inside a controlled scope, whoever cannot look in does not open it.
    if before.applies_to != ORGANIZATION && granted && !(is - was).is_subset_of(permit.past_control()) {
        return Err(Refusal::of(Code::RoleAboveOwn));
    }
    let own = before.applies_to == ORGANIZATION && permit.role() == before.slug;
    if own && !was.is_subset_of(is) && !rules.policy().self_demote {
        return Err(Refusal::of(Code::SelfDemote));
    }
    let (before, after) = (Box::new(before.clone()), Box::new(after));
    Ok(vec![Change::Role(RoleChange::Edited { before, after })])
}

/// Ends a role that nobody holds, or gives its holders another one.
///
/// # Errors
/// `role.in_use`, `role.unknown`, `role.above_own`.
pub fn delete(
    permit: &Permit,
    rules: &Rules,
    role: &CustomRole,
    holders: &Holders,
    replace_with: Option<&str>,
    policy: &serde_json::Map<String, Value>,
) -> Result<Vec<Change>, Refusal> {
    guard_rank(permit, rules, role)?;
    let knobs = knobs_naming(rules, role);
    let Some(heir) = replace_with else {
        let free = holders.members.is_empty() && holders.invitations.is_empty() && holders.links + holders.grants == 0;
        if !free || !knobs.is_empty() {
            return Err(in_use(holders, &knobs));
        }
        return Ok(vec![Change::Role(RoleChange::Deleted { role: Box::new(role.clone()), replaced_by: None })]);
    };
    let unknown = |detail: String| Err(Refusal::value(Code::RoleUnknown, "replace_with", detail));
    if heir == role.slug {
        return unknown("name another role than the one that ends".to_owned());
    }
    let Some(next) = rules.role(&role.applies_to, heir) else {
        return unknown(format!("no role `{heir}` of `{}`", role.applies_to));
    };
    if role.applies_to == ORGANIZATION {
        guard_role(permit, rules, heir, "replace_with")?;
        holders.members.iter().try_for_each(|member| guard_gift(permit, rules, member, heir))?;
    } else if !(next.floor & next.ceiling).is_subset_of(permit.below()) {
        return Err(Refusal::of(Code::RoleAboveOwn));
    }
    if !knobs.is_empty() && !permit.may(Action::PolicyUpdate) {
        return Err(in_use(holders, &knobs));
    }
    let mut changes = Vec::new();
    for member in &holders.members {
        let lowers = !rules.role_mask(&role.slug).is_subset_of(rules.role_mask(heir));
        if permit.is_self(member.id) && lowers && !rules.policy().self_demote {
            return Err(Refusal::of(Code::SelfDemote));
        }
        changes.push(Change::MemberRoleChanged { member: Box::new(member.clone()), after: heir.to_owned() });
    }
    changes.extend(holders.invitations.iter().map(|waiting| Change::InvitationRoleChanged {
        invitation: Box::new(waiting.clone()),
        after: heir.to_owned(),
    }));
    if !knobs.is_empty() {
        changes.push(renamed_in_policy(rules, role, heir, policy)?);
    }
    let (role, replaced_by) = (Box::new(role.clone()), Some(heir.to_owned()));
    changes.push(Change::Role(RoleChange::Deleted { role, replaced_by }));
    Ok(changes)
}

fn in_use(holders: &Holders, knobs: &[Knob]) -> Refusal {
    let (members, invitations) = (holders.members.len(), holders.invitations.len());
    let (links, grants) = (holders.links, holders.grants);
    let names: Vec<_> = knobs.iter().map(|knob| knob.name()).collect();
    let detail = format!(
        "held by {members} members, {invitations} invitations, {links} invite links, {grants} grants and {} settings; name another role in `replace_with`",
        names.len()
    );
    let counted = json!({"members": members, "invitations": invitations, "invite_links": links, "grants": grants, "settings": names});
    Refusal { extra: Some(("holders", counted)), ..Refusal::because(Code::RoleInUse, detail) }
}

/// The knobs whose value names the role.
fn knobs_naming(rules: &Rules, role: &CustomRole) -> Vec<Knob> {
    let names = |knob: &&Knob| rules.policy().roles_named_by(**knob).contains(&role.slug.as_str());
    match role.applies_to.as_str() {
        ORGANIZATION => Knob::ALL.iter().filter(names).copied().collect(),
        _ => Vec::new(),
    }
}

/// The policy with the heir's name where the role's stood.
fn renamed_in_policy(
    rules: &Rules,
    role: &CustomRole,
    heir: &str,
    policy: &serde_json::Map<String, Value>,
) -> Result<Change, Refusal> {
    let mut after = policy.clone();
    for knob in Knob::ALL.iter().filter(|knob| matches!(knob.shape(), Shape::Role | Shape::Roles)) {
        match after.get_mut(knob.name()) {
            Some(Value::Array(list)) if list.contains(&json!(role.slug)) => {
                list.retain(|one| *one != json!(role.slug) && *one != json!(heir));
                list.push(json!(heir));
            }
            Some(value) if *value == json!(role.slug) => *value = json!(heir),
            _ => {}
        }
    }
    let policy_after = rules.policy_from(&after).map_err(|errors| crate::organization::refused_knobs(&errors))?;
    let after = policy_after.changed_from(&rules.preset().policy);
    Ok(Change::PolicyChanged { organization: role.organization, before: policy.clone(), after })
}
