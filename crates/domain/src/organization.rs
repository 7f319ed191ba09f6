//! Organizations: what one is, and the decisions that make, rename, tune and end one. Does not
//! decide who belongs to it; that is `member`.

pub mod preset;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::access::Permit;
use crate::change::{Change, Naming};
use crate::identity::Identity;
use crate::ids::{MemberId, OrgId, TenantId};
use crate::joining::domains_set;
use crate::member::{Member, MemberKind, Origin, Status};
use crate::policy::{Knob, KnobError, Policy};
use crate::preset::{Preset, Rules};
use crate::proof::Lengths;
use crate::refusal::{Code, FieldError, Refusal};
use crate::tenant::Tenant;
use crate::time::Timestamp;

/// One organization, as the store keeps it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Organization {
    /// Its id.
    pub id: OrgId,
    /// Its name in addresses, unique in the installation.
    pub slug: String,
    /// Its name for people.
    pub name: String,
    /// The preset it was made with, and that preset's version.
    pub preset: String,
    /// The version of the preset copied into it.
    pub preset_version: u32,
    /// The preset file itself, as copied when it was chosen; a changed file has no effect here.
    pub preset_text: String,
    /// Knobs that an administrator changed, by dotted name.
    pub policy: Map<String, Value>,
    /// Credentials issued before this moment are not valid here.
    pub valid_from: Timestamp,
    /// Revision of its last change; the order of its audit trail.
    pub revision: u64,
    /// When it was made.
    pub created_at: Timestamp,
    /// The tenant it belongs to, if any.
    pub tenant: Option<TenantId>,
}

/// Refuses a name that the policy does not take; `taken` tells that another organization has it.
///
/// # Errors
/// `field.too_short`, `field.too_long`, `field.invalid`, `organization.name_taken`.
pub fn guard_name(policy: &Policy, name: &str, taken: bool) -> Result<(), Refusal> {
    let (least, most) = (policy.organization_name_length_min, policy.organization_name_length_max);
    let bytes = i64::try_from(name.len()).unwrap_or(i64::MAX);
    if bytes < least {
        return Err(Refusal::field("name", "field.too_short", format!("at least {least} bytes")));
    }
    if bytes > most {
        return Err(Refusal::field("name", "field.too_long", format!("at most {most} bytes")));
    }
    if let Some(c) = policy.organization_name_forbids.first_in(name) {
        return Err(Refusal::field("name", "field.invalid", format!("`{c}` cannot stand in a name here")));
    }
    if taken { Err(Refusal::of(Code::NameTaken)) } else { Ok(()) }
}

/// Refuses whatever would bring somebody into a person's own organization, or share something in it (TP-20).
///
/// # Errors
/// `organization.personal`.
pub fn guard_shared(policy: &Policy) -> Result<(), Refusal> {
    if policy.organization_personal { Err(Code::OrganizationPersonal.into()) } else { Ok(()) }
}

/// What makes an organization a person's own.
#[must_use]
pub fn personal() -> Map<String, Value> {
    Map::from_iter([(Knob::OrganizationPersonal.name().to_owned(), Value::Bool(true))])
}

/// Puts a new organization below its tenant, if it has one: what that made invalid is not valid here either (TP-33).
#[must_use]
pub fn below(made: Organization, above: Option<&Tenant>) -> Organization {
    match above {
        Some(tenant) => Organization { tenant: Some(tenant.id), valid_from: tenant.valid_from, ..made },
        None => made,
    }
}

/// Refuses a second organization of one's own; `present` is one that the person belongs to.
///
/// # Errors
/// `organization.personal_taken`.
pub fn guard_first_own(present: Option<&Organization>) -> Result<(), Refusal> {
    let own = |place: &&Organization| place.policy.get(Knob::OrganizationPersonal.name()) == Some(&Value::Bool(true));
    if present.filter(own).is_some() { Err(Code::PersonalTaken.into()) } else { Ok(()) }
}

/// Makes an organization with `founder` as holder of its top role.
#[must_use]
pub fn create(
    organization: Organization,
    preset: &Preset,
    founder: &Identity,
    member: MemberId,
    now: Timestamp,
) -> Vec<Change> {
    let joined = Member {
        id: member,
        organization: organization.id,
        user: Some(founder.id),
        kind: MemberKind::Person,
        email: founder.email.clone(),
        name: founder.name.clone(),
        handle: founder.handle.clone(),
        role: preset.top_role().slug.clone(),
        status: Status::Active,
        origin: Origin::Founder,
        joined_at: Some(now),
        created_at: now,
        created_by: None,
        last_active_at: None,
        sessions_from: Timestamp::default(),
        managed: false,
        revision: 0,
    };
    let id = organization.id;
    let led = preset.policy_with(&organization.policy).ok().and_then(|policy| domains_set(id, None, &policy));
    let mut changes = vec![
        Change::OrganizationCreated { organization: Box::new(organization) },
        Change::MemberJoined { member: Box::new(joined) },
    ];
    changes.extend(led);
    changes
}

/// Renames an organization; nothing changes when nothing differs.
#[must_use]
pub fn rename(_permit: &Permit, organization: &Organization, after: Naming) -> Vec<Change> {
    let before = Naming { name: organization.name.clone(), slug: organization.slug.clone() };
    if before == after {
        return Vec::new();
    }
    vec![Change::OrganizationRenamed { organization: organization.id, before, after }]
}

/// Ends an organization. `typed` must be its slug: deleting is an act of its own, never a side
/// effect.
///
/// # Errors
/// `organization.confirm_name`.
pub fn delete(_permit: &Permit, organization: &Organization, typed: &str) -> Result<Vec<Change>, Refusal> {
    if typed != organization.slug {
        return Err(Refusal::value(Code::DeleteConfirm, "confirm", format!("type `{}` to confirm", organization.slug)));
    }
    Ok(vec![Change::OrganizationDeleted {
        organization: organization.id,
        slug: organization.slug.clone(),
        name: organization.name.clone(),
    }])
}

/// Changes knobs of an organization's policy. Every value is checked before any is taken.
///
/// # Errors
/// `policy.unknown_knob`, `policy.closed`, `policy.invalid_value`, each naming the knob.
pub fn change_policy(
    _permit: &Permit,
    organization: &Organization,
    rules: &Rules,
    wanted: &Map<String, Value>,
) -> Result<Vec<Change>, Refusal> {
    let policy = rules.change_policy(wanted).map_err(|errors| refused_knobs(&errors))?;
    let after = policy.changed_from(&rules.preset().policy);
    if after == organization.policy {
        return Ok(Vec::new());
    }
    let before = organization.policy.clone();
    let mut changes = vec![Change::PolicyChanged { organization: organization.id, before, after }];
    changes.extend(follows_policy(organization.id, rules, &policy));
    Ok(changes)
}

/// What else moves when the policy becomes another, by its knobs or by another preset.
fn follows_policy(organization: OrgId, rules: &Rules, policy: &Policy) -> Vec<Change> {
    let mut changes = Vec::new();
    if rules.policy().token_value_again && !policy.token_value_again {
        changes.push(Change::TokenValuesErased { organization });
    }
    let (was, is) = (Lengths::of(rules.own_policy()), Lengths::of(policy));
    if was != is && policy.session_new_only {
        changes.push(Change::SessionLengthsKept { organization, lengths: was });
    }
    changes.extend(domains_set(organization, Some(rules), policy));
    changes
}

pub(crate) fn refused_knobs(errors: &[KnobError]) -> Refusal {
    let code = match errors.first().map(|e| e.rule) {
        Some("knob.unknown") => Code::KnobUnknown,
        Some("knob.closed") => Code::KnobClosed,
        Some("knob.role_unknown" | "knob.role_top") => Code::RoleUnknown,
        _ => Code::KnobInvalid,
    };
    let errors: Vec<FieldError> = errors
        .iter()
        .map(|e| FieldError {
            field: e.name.clone(),
            code: e.rule.to_owned(),
            detail: format!("{}; {}", e.detail, e.hint),
        })
        .collect();
    let detail = errors.first().map_or_else(String::new, |e| e.detail.clone());
    Refusal { detail, errors, ..Refusal::of(code) }
}
