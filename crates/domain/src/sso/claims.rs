//! What a provider says of somebody, and what the organization makes of it: a role and places in groups,
//! decided anew at each sign-in (K43).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Connection;
use crate::ids::GroupId;
use crate::preset::{ORGANIZATION, Rules};
use crate::refusal::Refusal;

/// What the provider says of the person who signs in.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Claims {
    /// Its own name for them, never given to anybody else.
    pub subject: String,
    /// Their address, if it says one.
    pub email: Option<String>,
    /// Whether it says that the address is theirs.
    pub email_verified: bool,
    /// Their name, perhaps empty.
    pub name: String,
    /// The domain whose account it is, where the provider hosts those of many (`hd`).
    pub hosted_domain: Option<String>,
    /// Its own name for the session, for ending it later.
    pub sid: Option<String>,
    /// Everything it says.
    pub all: Map<String, Value>,
}

/// One line of a mapping: whoever has `value` in `claim` gets a role, or a place in a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// The claim, by its name.
    pub claim: String,
    /// Its value, or one of its values.
    pub value: String,
    /// The role it gives.
    #[serde(default)]
    pub role: Option<String>,
    /// The group it leads into.
    #[serde(default)]
    pub group: Option<GroupId>,
}

impl Rule {
    /// Refuses a rule that asks for nothing or gives nothing.
    ///
    /// # Errors
    /// `field.empty`, `field.missing`, `field.too_long`.
    pub(super) fn check(&self, field: &str) -> Result<(), Refusal> {
        for (name, text) in [("claim", &self.claim), ("value", &self.value)] {
            super::line(text, &format!("{field}.{name}"))?;
        }
        if self.role.is_none() && self.group.is_none() {
            return Err(Refusal::field(field, "field.missing", "give a `role` or a `group`"));
        }
        Ok(())
    }

    fn holds(&self, claims: &Claims) -> bool {
        let is = |value: &Value| match value {
            Value::String(text) => *text == self.value,
            Value::Bool(yes) => self.value == if *yes { "true" } else { "false" },
            Value::Number(number) => number.to_string() == self.value,
            _ => false,
        };
        match claims.all.get(&self.claim) {
            Some(Value::Array(many)) => many.iter().any(is),
            Some(one) => is(one),
            None => false,
        }
    }
}

/// What the mapping makes of somebody's claims.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gains {
    /// The role of the first rule that holds and names one there is.
    pub role: Option<String>,
    /// The roles that the mapping gives anybody: it takes them from whoever has no claim to them.
    pub mapped_roles: Vec<String>,
    /// The groups to be in.
    pub groups: Vec<GroupId>,
    /// The groups that the mapping keeps: whoever has no claim to one is not in it.
    pub mapped_groups: Vec<GroupId>,
}

/// Looks claims up in a connection's mapping. Roles that are gone give nothing.
#[must_use]
pub fn gains(rules: &Rules, connection: &Connection, claims: &Claims) -> Gains {
    let mut gains = Gains::default();
    for rule in &connection.mapping {
        let holds = rule.holds(claims);
        if let Some(role) = rule.role.as_ref().filter(|role| rules.role(ORGANIZATION, role).is_some()) {
            gains.mapped_roles.push(role.clone());
            if holds && gains.role.is_none() {
                gains.role = Some(role.clone());
            }
        }
        if let Some(group) = rule.group {
            gains.mapped_groups.push(group);
            if holds && !gains.groups.contains(&group) {
                gains.groups.push(group);
            }
        }
    }
    gains
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_rule_holds_for_one_value_or_one_of_many_and_never_by_part() {
        let rule =
            |claim: &str, value: &str| Rule { claim: claim.into(), value: value.into(), role: None, group: None };
        let all = json!({"groups": ["eng", "ops"], "dept": "eng", "level": 3, "vip": true, "x": {"eng": 1}});
        let claims = Claims { all: all.as_object().unwrap().clone(), ..Claims::default() };
        for (claim, value) in [("groups", "ops"), ("dept", "eng"), ("level", "3"), ("vip", "true")] {
            assert!(rule(claim, value).holds(&claims), "{claim} {value}");
        }
        for (claim, value) in [("groups", "en"), ("dept", "Eng"), ("x", "eng"), ("none", ""), ("level", "33")] {
            assert!(!rule(claim, value).holds(&claims), "{claim} {value}");
        }
    }
}
