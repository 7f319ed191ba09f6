//! Roles, knobs and the forms of names, in the model's own words.

use guildhall_domain::permission::Mask;
use guildhall_domain::policy::Knob;
use guildhall_domain::preset::Preset;
use serde_json::{Map, Value, json};

use super::Organization;

/// What a preset says, as plain lists of names.
#[derive(Clone, Debug, Default)]
pub struct Rulebook {
    /// The preset's name.
    pub preset: String,
    /// Its whole file.
    pub text: String,
    /// Organization roles, the top role first, each with what it gives.
    pub roles: Vec<(String, Vec<String>)>,
    /// What each organization role is beside what it gives at the organization.
    pub reach: Vec<Reach>,
    /// Types of resources, each with what it may stand under.
    pub types: Vec<(String, Vec<String>)>,
    /// Types of which one that stands in a scope never leaves it.
    pub staying: Vec<String>,
    /// Roles of each type, the highest first: type, slug, what it gives.
    pub inner: Vec<(String, String, Vec<String>)>,
    /// Every permission.
    pub permissions: Vec<String>,
    /// What each permission is asked of.
    pub asked_of: Vec<String>,
    /// The value of every knob.
    pub policy: Map<String, Value>,
    /// Knobs an administrator may turn.
    pub open: Vec<String>,
}

/// How far an organization role goes.
#[derive(Clone, Debug, Default)]
pub struct Reach {
    /// The role.
    pub slug: String,
    /// What remains of everything a holder is given from anywhere.
    pub ceiling: Vec<String>,
    /// What of the role's own holds below the organization too.
    pub below: Vec<String>,
    /// Whether controlled resources stay open to it.
    pub bypass: bool,
}

impl Rulebook {
    /// Reads a preset.
    #[must_use]
    pub fn of(preset: &Preset) -> Self {
        let owned = |mask: Mask| -> Vec<String> {
            let in_it = preset.catalogue.iter().filter(|(bit, _)| mask.contains(*bit));
            in_it.map(|(_, permission)| permission.name.clone()).collect()
        };
        Self {
            preset: preset.name.clone(),
            text: preset.text.clone(),
            roles: preset
                .organization_roles()
                .map(|role| (role.slug.clone(), owned(role.floor & role.ceiling)))
                .collect(),
            reach: preset
                .organization_roles()
                .map(|role| Reach {
                    slug: role.slug.clone(),
                    ceiling: owned(role.ceiling),
                    below: owned(role.below),
                    bypass: role.bypass,
                })
                .collect(),
            types: preset.types.iter().map(|t| (t.slug.clone(), t.parents.clone())).collect(),
            staying: preset.types.iter().filter(|t| t.stays).map(|t| t.slug.clone()).collect(),
            inner: preset
                .roles
                .iter()
                .filter(|role| role.applies_to != "organization")
                .map(|role| (role.applies_to.clone(), role.slug.clone(), owned(role.floor)))
                .collect(),
            permissions: preset.catalogue.iter().map(|(_, p)| p.name.clone()).collect(),
            asked_of: preset.catalogue.iter().map(|(_, p)| p.applies_to.clone()).collect(),
            policy: Knob::ALL.iter().map(|k| (k.name().to_owned(), preset.policy.get(*k))).collect(),
            open: preset.open_knobs.iter().map(|k| k.name().to_owned()).collect(),
        }
    }
}

impl Rulebook {
    /// What a list of permissions means: whoever has one has it under every condition too.
    pub(super) fn whole(&self, names: &[String]) -> Vec<String> {
        let also = self.permissions.iter().filter(|p| follows(p, names) && !names.contains(p));
        names.iter().chain(also).cloned().collect()
    }
}

/// Whether a permission is another one of the list under a condition.
fn follows(permission: &str, names: &[String]) -> bool {
    permission.split_once('@').is_some_and(|(plain, _)| names.iter().any(|name| name == plain))
}

/// A list of permissions as it is shown: without those that follow from another one.
pub(super) fn shown(names: &[String]) -> Vec<String> {
    names.iter().filter(|p| !follows(p, names)).cloned().collect()
}

impl Organization {
    /// The value of a knob here.
    #[must_use]
    pub fn knob(&self, name: &str) -> Value {
        self.left_of(name, self.own_knob(name))
    }

    /// The same before a tenant takes from it.
    pub(super) fn own_knob(&self, name: &str) -> Value {
        self.policy.get(name).or_else(|| self.rules.policy.get(name)).cloned().unwrap_or_default()
    }

    pub(super) fn knob_is(&self, name: &str, value: &str) -> bool {
        self.knob(name).as_str() == Some(value)
    }

    pub(super) fn knob_lists(&self, name: &str, value: &str) -> bool {
        self.knob(name).as_array().is_some_and(|list| list.iter().any(|one| one.as_str() == Some(value)))
    }

    /// The role that may do everything.
    #[must_use]
    pub fn top(&self) -> &str {
        &self.rules.roles[0].0
    }

    /// What can be held by a role of this type: what is asked of it or of anything that may stand below it.
    pub(super) fn reachable(&self, kind: &str) -> Vec<String> {
        let below = |of: &str| {
            let mut known = vec![kind.to_owned()];
            for _ in &self.rules.types {
                for (slug, parents) in &self.rules.types {
                    if parents.iter().any(|p| known.contains(p)) {
                        known.push(slug.clone());
                    }
                }
            }
            known.iter().any(|one| one == of)
        };
        let all = self.rules.permissions.iter().zip(&self.rules.asked_of);
        all.filter(|(_, of)| kind == "organization" || below(of)).map(|(p, _)| p.clone()).collect()
    }

    /// Whether a role by which everybody joins would make them top, where the preset has others.
    pub(super) fn would_raise_all(&self, role: &str) -> bool {
        let own = |slug: &String| self.own.iter().any(|own| own.applies_to == "organization" && own.slug == *slug);
        role == self.top() && self.rules.roles.iter().filter(|(slug, _)| !own(slug)).count() > 1
    }

    pub(super) fn has_role(&self, slug: &str) -> bool {
        self.rules.roles.iter().any(|(role, _)| role == slug)
    }

    /// What a role gives after the knobs have taken from it.
    #[must_use]
    pub fn role_rights(&self, slug: &str) -> Vec<String> {
        let Some((_, gives)) = self.rules.roles.iter().find(|(role, _)| role == slug) else { return Vec::new() };
        gives.iter().filter(|permission| !self.knobs_take(slug, permission)).cloned().collect()
    }

    pub(super) fn knobs_take(&self, role: &str, permission: &str) -> bool {
        let managing =
            ["member.change_role", "member.remove", "member.deactivate", "role.manage"].contains(&permission);
        // "Who changes roles, removes and deactivates: the top role alone …"
        (managing && self.knob_is("role_change.authority", "top") && role != self.top())
            // "Whether the organization may make roles of its own beside the preset's."
            || (permission == "role.manage" && self.knob("roles.custom") != json!(true))
            // "How people are taken out: switched off, removed, or either."
            || (permission == "member.deactivate" && !self.knob_lists("offboard.modes", "deactivate"))
            || (permission == "member.remove" && !self.knob_lists("offboard.modes", "remove"))
            // "The roles whose holders may leave by themselves."
            || (permission == "member.leave"
                && !self.knob_lists("leave.allowed_for", role)
                && !self.knob_lists("leave.allowed_for", "*"))
    }

    /// Whether somebody who joins with this address has to wait for an approval.
    pub(super) fn must_wait(&self, email: &str, named: bool, proved: bool) -> bool {
        let domain = key(email).rsplit_once('@').map(|(_, d)| d.to_owned()).unwrap_or_default();
        let waits = self.knob_is("approval.mode", "all")
            || (self.knob_is("approval.mode", "outside_domains")
                && !((proved || named) && self.knob_lists("approval.domains", &domain)));
        waits && !(named && self.knob("approval.exempt_named_invites") == json!(true))
    }
}

/// Whether a knob takes a value, whatever roles there are.
pub(super) fn fits(knob: &str, value: &Value) -> bool {
    let number = |least: i64, most: i64| value.as_i64().is_some_and(|n| (least..=most).contains(&n));
    let absent = value.is_null() || value.as_str() == Some("none");
    let word = |words: &[&str]| value.as_str().is_some_and(|w| words.contains(&w));
    let year_s = 366 * 86_400;
    let any_of = |words: &[&str]| {
        value.as_array().is_some_and(|list| {
            let known = |one: &Value| one.as_str().is_some_and(|w| words.contains(&w));
            list.iter().enumerate().all(|(at, one)| known(one) && !list[..at].contains(one))
        })
    };
    let slugs = |of: &Value| {
        let good = |s: &str| s == "*" || (!s.is_empty() && s.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'));
        of.as_array().is_some_and(|list| list.iter().all(|one| one.as_str().is_some_and(good)))
    };
    match knob {
        "invite.ttl_s" | "invite_link.ttl_s" | "session.idle_s" | "token.min_life_s" => absent || number(60, year_s),
        "session.absolute_s" => number(60, year_s),
        "invite.addressee" => any_of(&["email", "handle"]),
        "invite.carries" => any_of(&["role", "groups", "resources"]),
        "invite.bulk" => word(&["each", "all_or_nothing"]),
        "invite.reissue_override" | "invite.names_required" => value.is_boolean(),
        "invite_link.uses" => absent || number(1, 1_000_000),
        "token.max_per_member" | "service_account.max_tokens" => absent || number(0, 10_000),
        "token.max_life_s" => absent || number(3_600, 10 * year_s),
        "share_link.max_life_s" => absent || number(60, 10 * year_s),
        "scope.controlled_by_grants" | "grants.offered" | "share_link.allowed" => value.is_boolean(),
        "owners.recommended" => number(1, 100),
        "roles.custom"
        | "self.demote"
        | "approval.exempt_named_invites"
        | "signup.open"
        | "invite_link.offered"
        | "token.whole_days"
        | "token.value_again"
        | "session.new_only"
        | "offboard.upstream_notice"
        | "sso.required"
        | "domain.claimed_only"
        | "deploy_keys.offered" => value.is_boolean(),
        "invite.reissue_after_expiry" => word(&["always", "never"]),
        "invite.deliver" => word(&["email", "link"]),
        "role_change.authority" => word(&["top", "admin_below_own_rank", "admin"]),
        "self.deactivate_or_remove" => word(&["forbidden", "leave"]),
        "delete.precondition" => word(&["none", "deactivated", "transferred"]),
        "delete.owned_objects" => word(&["org_owned", "block", "orphan", "transfer_required"]),
        "removal.grace_s" => absent || number(60, year_s),
        "approval.mode" => word(&["off", "all", "outside_domains"]),
        "signup.closed_by_invites" => word(&["never", "implicit", "implicit_literal", "switch"]),
        "identity.organizations" => word(&["one", "many"]),
        "organization.created_by" => word(&["anyone", "administrators"]),
        "role.default" => value.as_str().is_some_and(|s| slugs(&json!([s])) && s != "*"),
        "leave.allowed_for" => slugs(value),
        "offboard.modes" => value.as_array().is_some_and(|list| {
            let known = |v: &Value| v == "deactivate" || v == "remove";
            !list.is_empty() && list.iter().all(known) && (list.len() < 2 || list[0] != list[1]) && list.len() < 3
        }),
        "approval.on_disable" => word(&["approve_all", "keep_waiting"]),
        "join.requests" | "seats.counts_invited" | "signup.verified_email" | "domain.excludes_links" => {
            value.is_boolean()
        }
        "seats.max" => absent || number(1, 10_000_000),
        "seats.mode" => word(&["warn", "cap"]),
        "approval.domains" | "domain.exclusive" | "domain.auto_join" | "signup.domains" => {
            value.as_array().is_some_and(|list| list.iter().all(|d| d.as_str().is_some_and(|d| d.contains('.'))))
        }
        _ => false,
    }
}

/// The form under which equal addresses meet.
pub(super) fn key(email: &str) -> String {
    email.trim().to_lowercase()
}

/// An address as it is shown: the domain in lower case. `None` when it is none.
pub(super) fn address(text: &str) -> Option<String> {
    let (local, domain) = text.trim().rsplit_once('@')?;
    let good = !local.is_empty() && !local.contains([' ', '@']) && domain.contains('.') && !domain.contains(' ');
    good.then(|| format!("{local}@{}", domain.to_lowercase()))
}

/// A name without needless white space; `None` when nothing is left.
pub(super) fn tidy(text: &str) -> Option<String> {
    let tidy = text.split_whitespace().collect::<Vec<_>>().join(" ");
    (!tidy.is_empty()).then_some(tidy)
}

/// Whether a text can be a slug or handle.
pub(super) fn is_slug(text: &str) -> bool {
    let plain = text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    plain && !text.is_empty() && !text.starts_with('-') && !text.ends_with('-') && text != "admin" && text != "api"
}

/// A slug from a name of letters, digits and spaces.
pub(super) fn slug_of(name: &str) -> String {
    name.to_lowercase().split(' ').collect::<Vec<_>>().join("-")
}
