//! The policy of an organization: ONE list of knobs, each with a dotted name, a type and a sentence.
//!
//! Adding a knob is one row in `policy/knobs.rs` (and, for a new kind of value, one row in
//! `policy/choice.rs`). Which roles exist, and which knobs an administrator may turn, is the preset's
//! knowledge: [`crate::preset::Preset::change_policy`].

mod addresses;
mod choice;
mod knobs;
mod labels;
mod value;

pub use addresses::AddressList;
pub use choice::{
    ApprovalMode, ApprovalOnDisable, DeletePrecondition, DirectJoin, FactorsRequired, GroupsShown, InviteAddressee,
    InviteBulk, InviteCarries, InviteDelivery, InviteReissue, OffboardMode, OrganizationCreators,
    OrganizationsPerIdentity, OwnedObjects, RoleChangeAuthority, SeatsMode, SelfRemoval, SignupClosedByInvites,
};
pub use knobs::{Knob, Policy};
pub use labels::LabelList;
pub use value::{AnyOf, CharList, DomainList, NetworkList, RoleList, RoleSlug, Shape, domain};

use crate::preset::nearest;
use serde_json::{Map, Value};
use std::fmt;

/// A knob that cannot be set to the value asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KnobError {
    /// The dotted name as it was given.
    pub name: String,
    /// Stable: `knob.unknown`, `knob.value`, `knob.role_unknown`, `knob.role_top` or `knob.closed`.
    pub rule: &'static str,
    /// What is wrong.
    pub detail: String,
    /// What would be right.
    pub hint: String,
}

impl fmt::Display for KnobError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} ({})", self.rule, self.detail, self.hint)
    }
}

impl std::error::Error for KnobError {}

impl Knob {
    /// The knob with this dotted name.
    pub fn parse(name: &str) -> Option<Knob> {
        Knob::ALL.iter().copied().find(|knob| knob.name() == name)
    }

    /// The knob with this dotted name.
    ///
    /// # Errors
    /// `knob.unknown`, with the nearest name as hint.
    pub fn require(name: &str) -> Result<Knob, KnobError> {
        Knob::parse(name).ok_or_else(|| KnobError {
            name: name.to_owned(),
            rule: "knob.unknown",
            detail: format!("there is no knob `{name}`"),
            hint: match nearest(name, Knob::ALL.iter().map(|knob| knob.name())) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "the policy reference lists all knobs".to_owned(),
            },
        })
    }
}

impl Policy {
    /// Turns one knob.
    ///
    /// # Errors
    /// `knob.unknown` for a name that is none, `knob.value` for a value outside [`Knob::allowed`]; the
    /// policy is then unchanged. Whether a named role exists is not looked at.
    pub fn set(&mut self, name: &str, value: &Value) -> Result<(), KnobError> {
        let knob = Knob::require(name)?;
        self.assign(knob, value).ok_or_else(|| KnobError {
            name: name.to_owned(),
            rule: "knob.value",
            detail: format!("`{name}` cannot be `{value}`"),
            hint: format!("allowed: {}", knob.allowed()),
        })
    }

    /// Whether what a directory keeps is changed there alone.
    #[must_use]
    pub const fn keeps_directory_apart(&self) -> bool {
        self.scim_offered && !self.scim_local_changes
    }

    /// The knobs that differ from `base`, by dotted name, with their present values.
    pub fn changed_from(&self, base: &Policy) -> Map<String, Value> {
        Knob::ALL
            .iter()
            .filter(|knob| self.get(**knob) != base.get(**knob))
            .map(|knob| (knob.name().to_owned(), self.get(*knob)))
            .collect()
    }
}

/// The list of knobs as a Markdown table, for the generated reference.
pub fn markdown() -> String {
    let defaults = Policy::default();
    let mut table = "| Knob | Allowed | Default | Meaning |\n|---|---|---|---|\n".to_owned();
    for knob in Knob::ALL {
        let default = match knob {
            Knob::RoleDefault => "the preset's lowest role".to_owned(),
            _ => format!("`{}`", defaults.get(*knob)),
        };
        let (name, allowed, sentence) = (knob.name(), knob.allowed(), knob.sentence());
        table += &format!("| `{name}` | {allowed} | {default} | {sentence} |\n");
    }
    table
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_knob_takes_back_its_own_value_and_says_what_it_is() {
        let mut policy = Policy::default();
        for knob in Knob::ALL {
            assert_eq!(Knob::parse(knob.name()), Some(*knob));
            assert!(knob.sentence().ends_with('.'), "{}", knob.name());
            assert!(!knob.allowed().is_empty());
            if *knob != Knob::RoleDefault {
                let value = policy.get(*knob);
                policy.set(knob.name(), &value).unwrap();
                assert!(markdown().contains(&format!("| `{}` |", knob.name())));
            }
        }
        assert_eq!(policy, Policy::default());
    }

    #[test]
    fn wrong_values_are_refused_and_leave_the_policy_alone() {
        let mut policy = Policy::default();
        let cases = [
            ("invite.ttl_s", json!(5), "60"),
            ("invite.ttl_s", json!("1h"), "null"),
            ("invite.ttl_s", json!(3600.5), "null"),
            ("session.absolute_s", json!(null), "whole number"),
            ("approval.mode", json!("on"), "`outside_domains`"),
            ("self.demote", json!("yes"), "`true` or `false`"),
            ("offboard.modes", json!([]), "at least one"),
            ("offboard.modes", json!(["remove", "remove"]), "each once"),
            ("leave.allowed_for", json!("owner"), "list"),
            ("leave.allowed_for", json!(["Not A Slug"]), "slug"),
            ("approval.domains", json!(["@example.org"]), "example.org"),
            ("role.default", json!(7), "slug"),
        ];
        for (name, value, expected) in cases {
            let error = policy.set(name, &value).unwrap_err();
            assert_eq!((error.rule, error.name.as_str()), ("knob.value", name));
            assert!(error.hint.contains(expected), "{name}: {error}");
        }
        assert_eq!(policy, Policy::default());
    }

    #[test]
    fn an_unknown_knob_names_its_nearest() {
        let error = Policy::default().set("invite.ttl", &json!(60)).unwrap_err();
        assert_eq!(error.rule, "knob.unknown");
        assert_eq!(error.hint, "did you mean `invite.ttl_s`?");
    }

    #[test]
    fn only_changes_are_listed() {
        let mut policy = Policy::default();
        policy.set("invite.ttl_s", &json!("none")).unwrap();
        policy.set("approval.domains", &json!(["Bücher.example"])).unwrap();
        policy.set("leave.allowed_for", &json!(["*"])).unwrap();
        assert_eq!(
            Value::Object(policy.changed_from(&Policy::default())),
            json!({"invite.ttl_s": null, "approval.domains": ["xn--bcher-kva.example"]})
        );
    }
}
