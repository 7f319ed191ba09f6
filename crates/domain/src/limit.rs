//! Usage limits: a budget of some unit in a trailing period, for the organization, a group or a
//! member. Made, tuned and ended here; what use comes to under them is `usage`.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::access::Permit;
use crate::change::{AuditFact, Change};
use crate::ids::{GroupId, LimitId, MemberId, OrgId};
use crate::refusal::{Code, Refusal};
use crate::time::Timestamp;

/// Longest trailing period: a leap year. What is older is not kept.
pub const PERIOD_MOST_S: i64 = 366 * 24 * 3_600;
/// Largest budget; sums of amounts stay far below what both engines add up exactly.
pub const BUDGET_MOST: u64 = 1_000_000_000_000_000;
/// Most limits of one organization: each check looks at all of a unit's.
pub const MOST: u64 = 500;

/// Whose use is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "id", rename_all = "snake_case")]
pub enum Scope {
    /// Everybody's together, anonymous use included.
    Organization,
    /// That of a group's members.
    Group(GroupId),
    /// One member's; without an id that of each member by themself.
    Member(Option<MemberId>),
}

impl Scope {
    /// The word callers and the store use.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Organization => "organization",
            Self::Group(_) => "group",
            Self::Member(_) => "member",
        }
    }

    /// The id of the group or the one member, as text.
    #[must_use]
    pub fn id(self) -> Option<String> {
        match self {
            Self::Group(id) => Some(id.to_string()),
            Self::Member(id) => id.map(|id| id.to_string()),
            Self::Organization => None,
        }
    }
}

/// What an administrator sets of a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Terms {
    /// How much, in the limit's unit.
    pub budget: u64,
    /// In how many seconds back from each moment.
    pub period_s: i64,
    /// A group's members share the budget; otherwise each has it by themself.
    pub pooled: bool,
    /// Whether it is in force.
    pub enabled: bool,
}

impl Terms {
    /// Terms whose numbers are in range. Only a group's limit can be one or the other of pooled: an
    /// organization's always is, a member's never.
    ///
    /// # Errors
    /// `field.out_of_range`, naming the field.
    pub fn checked(self, scope: Scope) -> Result<Self, Refusal> {
        if self.budget > BUDGET_MOST {
            return Err(Refusal::field("budget", "field.out_of_range", format!("0 to {BUDGET_MOST}")));
        }
        if !(1..=PERIOD_MOST_S).contains(&self.period_s) {
            return Err(Refusal::field("period_s", "field.out_of_range", format!("1 to {PERIOD_MOST_S}")));
        }
        let pooled = match scope {
            Scope::Organization => true,
            Scope::Group(_) => self.pooled,
            Scope::Member(_) => false,
        };
        Ok(Self { pooled, ..self })
    }
}

/// One limit, as the store keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Its id.
    pub id: LimitId,
    /// Where.
    pub organization: OrgId,
    /// Whose use.
    pub scope: Scope,
    /// Of what, in the product's word.
    pub unit: String,
    /// How much in how long.
    pub terms: Terms,
    /// When it was made.
    pub created_at: Timestamp,
    /// Revision of its last change.
    pub revision: u64,
}

/// The name of what is measured, such as `tokens`, `cost_cents` or `compute_s`.
///
/// # Errors
/// `field.invalid`, naming `unit`.
pub fn unit(text: &str) -> Result<String, Refusal> {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'.' | b'-');
    let good = text.len() <= 63 && text.bytes().all(plain) && text.starts_with(|c: char| c.is_ascii_lowercase());
    if !good {
        let why = "1 to 63 lower-case letters, digits, `_`, `.` and `-`, begun by a letter";
        return Err(Refusal::field("unit", "field.invalid", why));
    }
    Ok(text.to_owned())
}

/// One recorded change of a limit.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "the fields are named by what they hold")]
pub enum LimitChange {
    Created { limit: Box<Limit> },
    Edited { limit: Box<Limit>, after: Terms },
    Deleted { limit: Box<Limit> },
}

impl LimitChange {
    /// The limit it is about, as it was.
    #[must_use]
    pub fn limit(&self) -> &Limit {
        match self {
            Self::Created { limit } | Self::Edited { limit, .. } | Self::Deleted { limit } => limit,
        }
    }

    /// What the audit trail says of it.
    #[must_use]
    pub fn audit(&self) -> AuditFact {
        let limit = self.limit();
        let with = |terms: &Terms| {
            let mut fact = json!({"scope": limit.scope, "unit": limit.unit});
            if let (Some(fact), Value::Object(terms)) = (fact.as_object_mut(), json!(terms)) {
                fact.extend(terms);
            }
            fact
        };
        let (kind, before, after) = match self {
            Self::Created { limit } => ("usage_limit.created", Value::Null, with(&limit.terms)),
            Self::Edited { after, .. } => ("usage_limit.edited", with(&limit.terms), with(after)),
            Self::Deleted { .. } => ("usage_limit.deleted", with(&limit.terms), Value::Null),
        };
        AuditFact {
            organization: Some(limit.organization),
            kind,
            target: ("usage_limit", limit.id.to_string(), limit.unit.clone()),
            before,
            after,
        }
    }
}

/// Makes a limit. `present` is how many the organization has.
///
/// # Errors
/// `usage_limit.too_many`.
pub fn create(_permit: &Permit, limit: Limit, present: u64) -> Result<Vec<Change>, Refusal> {
    if present >= MOST {
        return Err(Refusal::of(Code::UsageLimitTooMany));
    }
    Ok(vec![Change::Limit(LimitChange::Created { limit: Box::new(limit) })])
}

/// Changes a limit's terms; nothing changes when nothing differs.
#[must_use]
pub fn edit(_permit: &Permit, limit: &Limit, after: Terms) -> Vec<Change> {
    if limit.terms == after {
        return Vec::new();
    }
    vec![Change::Limit(LimitChange::Edited { limit: Box::new(limit.clone()), after })]
}

/// Ends a limit. What was used stays counted for the others.
#[must_use]
pub fn delete(_permit: &Permit, limit: &Limit) -> Vec<Change> {
    vec![Change::Limit(LimitChange::Deleted { limit: Box::new(limit.clone()) })]
}
