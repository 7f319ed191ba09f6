//! Putting another preset into force, or another version of the same one. What is in use must have a place
//! afterwards; nothing is guessed. Does not read files.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::{Organization, follows_policy};
use crate::access::Permit;
use crate::action::Action;
use crate::change::Change;
use crate::invitation::Invitation;
use crate::member::{Member, Status};
use crate::policy::Knob;
use crate::preset::{ORGANIZATION, Preset, Rules};
use crate::refusal::{Code, Refusal};
use crate::resource::Given;
use crate::service_account;

/// What of the preset in force is in use.
#[derive(Clone, Debug, Default)]
pub struct InUse {
    /// Roles of memberships that are not over, each with how many hold it.
    pub roles: Vec<RoleInUse>,
    /// Types of the resources there are.
    pub types: Vec<String>,
    /// What grants give, with the type of the resource they are on.
    pub granted: Vec<(String, Given)>,
}

/// One role in use.
#[derive(Clone, Debug)]
pub struct RoleInUse {
    /// Its slug.
    pub slug: String,
    /// How many memberships have it, waiting ones included.
    pub holders: u64,
    /// How many of them are active people.
    pub active_people: u64,
    /// How many of them are service accounts.
    pub programs: u64,
}

/// What becomes of the roles that go.
pub type RoleMap = BTreeMap<String, String>;

/// Whoever has a role that goes, with the waiting invitation of those who are invited.
pub type Holder = (Member, Option<Invitation>);

/// Where the holders of `slug` are afterwards; `None` when nobody has said.
fn role_after<'a>(next: &Rules, map: &'a RoleMap, slug: &'a str) -> Option<&'a str> {
    match map.get(slug) {
        Some(mapped) => Some(mapped.as_str()),
        None => next.role(ORGANIZATION, slug).map(|_| slug),
    }
}

fn guard_roles(next: &Rules, map: &RoleMap, used: &[RoleInUse]) -> Result<(), Refusal> {
    let known = || next.organization_roles().map(|role| role.slug.as_str());
    if let Some((from, to)) = map.iter().find(|(_, to)| next.role(ORGANIZATION, to).is_none()) {
        let known: Vec<_> = known().collect();
        let detail = format!("`{}` has no role `{to}`; there are {}", next.preset().name, known.join(", "));
        return Err(Refusal::value(Code::RoleUnknown, format!("roles.{from}"), detail));
    }
    let lost: Vec<&RoleInUse> = used.iter().filter(|role| role_after(next, map, &role.slug).is_none()).collect();
    if !lost.is_empty() {
        let names: Vec<_> = lost.iter().map(|role| format!("`{}`", role.slug)).collect();
        let detail =
            format!("`{}` has no role {}; say in `roles` what becomes of them", next.preset().name, names.join(", "));
        let told = lost.iter().map(|role| json!({"role": role.slug, "holders": role.holders}));
        return Err(Refusal {
            extra: Some(("roles", told.collect())),
            ..Refusal::because(Code::PresetRoleUnmapped, detail)
        });
    }
    let top = &next.preset().top_role().slug;
    let stays = used.iter().any(|r| r.active_people > 0 && role_after(next, map, &r.slug) == Some(top.as_str()));
    if !stays {
        let detail = format!("nobody active would be `{top}`; map the role of somebody who is to run the organization");
        return Err(Refusal::because(Code::LastOwner, detail));
    }
    Ok(())
}

/// The organization keeps the roles it made, so none of them may be called as one of the preset's.
fn guard_own_roles(next: &Preset, rules: &Rules) -> Result<(), Refusal> {
    match rules.own_roles().iter().find(|own| next.role(&own.applies_to, &own.slug).is_some()) {
        Some(own) => {
            let detail = format!("`{}` has a role `{}` too; end the one you made first", next.name, own.slug);
            Err(Refusal::because(Code::RoleSlugTaken, detail))
        }
        None => Ok(()),
    }
}

/// A service account makes no other one a holder of the top role, by another preset neither (TP-35).
fn guard_programs(
    permit: &Permit,
    rules: &Rules,
    next: &Rules,
    map: &RoleMap,
    used: &[RoleInUse],
) -> Result<(), Refusal> {
    let top = next.preset().top_role().slug.as_str();
    let rises = |role: &RoleInUse| !rules.preset().is_top(&role.slug) && role_after(next, map, &role.slug) == Some(top);
    if permit.is_program() && used.iter().any(|role| role.programs > 0 && rises(role)) {
        return Err(service_account::top_given());
    }
    Ok(())
}

fn guard_resources(next: &Rules, used: &InUse) -> Result<(), Refusal> {
    let gone: BTreeSet<&str> =
        used.types.iter().map(String::as_str).filter(|slug| next.preset().resource_type(slug).is_none()).collect();
    let given_gone = used.granted.iter().filter(|(kind, given)| match given {
        Given::Role(slug) => next.role(kind, slug).is_none(),
        Given::Permission(name) => next.preset().bit(name).is_none(),
    });
    let mut given: Vec<_> = given_gone.map(|(kind, given)| json!({"type": kind, "given": given})).collect();
    if gone.is_empty() && given.is_empty() {
        return Ok(());
    }
    given.extend(gone.iter().map(|slug| json!({"type": slug})));
    let detail =
        format!("`{}` has no place for resources or grants that are there; delete them first", next.preset().name);
    Err(Refusal { extra: Some(("in_use", given.into())), ..Refusal::because(Code::PresetInUse, detail) })
}

/// The changed knobs that the next preset leaves open and that mean something in it. A person's own organization
/// stays their own under every preset: nobody opens it to others by that (TP-20).
#[must_use]
pub fn kept_policy(next: &Rules, policy: &Map<String, Value>) -> Map<String, Value> {
    let fits = |name: &str, value: &Value| {
        let one = Map::from_iter([(name.to_owned(), value.clone())]);
        let own = name == Knob::OrganizationPersonal.name();
        own || next.change_policy(&one).is_ok()
    };
    policy.iter().filter(|(name, value)| fits(name, value)).map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// Puts `next` into force. `holders` are the people whose role `map` names.
///
/// # Errors
/// `member.top_role_required`, `role.slug_taken`, `role.unknown`, `preset.role_unmapped`, `preset.in_use`, `member.last_owner`.
pub fn apply(
    permit: &Permit,
    organization: &Organization,
    rules: &Rules,
    next: &Preset,
    map: &RoleMap,
    used: &InUse,
    holders: Vec<Holder>,
) -> Result<Vec<Change>, Refusal> {
    // Another preset may give anybody anything, the top role too.
    if !permit.may(Action::MemberManageTop) {
        return Err(Refusal::of(Code::TopRoleRequired));
    }
    guard_own_roles(next, rules)?;
    let made = Rules::with_own(Arc::new(next.clone()), next.policy.clone(), rules.own_roles().to_vec());
    guard_roles(&made, map, &used.roles)?;
    guard_programs(permit, rules, &made, map, &used.roles)?;
    guard_resources(&made, used)?;
    if rules.preset().text == next.text && map.is_empty() {
        return Ok(Vec::new());
    }
    let after = Organization {
        preset: next.name.clone(),
        preset_version: next.version,
        preset_text: next.text.clone(),
        policy: kept_policy(&made, &organization.policy),
        ..organization.clone()
    };
    let policy = next.policy_with(&after.policy).unwrap_or_else(|_| next.policy.clone());
    let mut changes = vec![Change::PresetApplied { before: Box::new(organization.clone()), after: Box::new(after) }];
    changes.extend(follows_policy(organization.id, rules, &policy));
    for (member, invitation) in holders {
        let Some(role) = map.get(&member.role).filter(|role| **role != member.role) else { continue };
        changes.push(match invitation.filter(|_| member.status == Status::Invited) {
            Some(invitation) => Change::InvitationRoleChanged { invitation: Box::new(invitation), after: role.clone() },
            None => Change::MemberRoleChanged { member: Box::new(member), after: role.clone() },
        });
    }
    Ok(changes)
}
