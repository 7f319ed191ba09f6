//! What lets somebody in who is granted nothing on the place itself, told for people.

use super::{Site, Who, with};
use crate::ids::GrantId;
use crate::permission::Mask;
use crate::preset::Rules;
use crate::resource::Grant;
use crate::rights::{self, Reason, Standing, Whence};
use crate::time::Timestamp;

/// Where access to a place comes from, other than from a grant to the member on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// From the organization role of this slug.
    Role(String),
    /// From owning the resource of this name.
    Owner(String),
    /// From a group that gives something in the whole organization.
    Belonging,
    /// From a group, on the resource of this name.
    Group(String),
    /// From another scope, on the resource of this name.
    Scope(String),
    /// From what everybody is granted on the resource of this name.
    Everyone(String),
    /// From a grant on the resource of this name, further up.
    Above(String),
}

impl Origin {
    /// What to tell somebody who wanted to take it away here.
    #[must_use]
    pub fn sentence(&self) -> String {
        match self {
            Self::Role(role) => format!(
                "this access comes from the organization: the role `{role}` gives it; change the role there, or remove the person there"
            ),
            Self::Owner(name) => format!("this access comes from owning `{name}`; hand that to somebody else first"),
            Self::Belonging => {
                "this access comes from a group that gives rights in the organization; take the person out of it"
                    .to_owned()
            }
            Self::Group(name) => {
                format!(
                    "this access comes from a group that is granted something on `{name}`; take the person out of it"
                )
            }
            Self::Scope(name) => format!("`{name}` is shared to a scope the person is in; take them out of that"),
            Self::Everyone(name) => format!("everybody is granted something on `{name}`; take that back there"),
            Self::Above(name) => format!("this access comes from a grant on `{name}`, further up; take it back there"),
        }
    }
}

/// What would still give the member any of `wanted` there, were the grants of `without` not.
#[must_use]
pub fn elsewhere(
    rules: &Rules,
    standing: Standing<'_>,
    site: Site<'_>,
    who: Who<'_>,
    (wanted, without): (Mask, &[GrantId]),
    now: Timestamp,
) -> Option<Origin> {
    let left: Vec<Grant> = site.grants.iter().filter(|grant| !without.contains(&grant.id)).cloned().collect();
    let name = |depth: u16| {
        let at = usize::from(depth).checked_sub(1).and_then(|at| site.path.get(at));
        at.map(|resource| resource.name.clone()).unwrap_or_default()
    };
    with(rules, Some(standing), Site { grants: &left, ..site }, who, now, |inputs| {
        let bit = (rights::effective(inputs) & wanted).iter().next()?;
        rights::explain(inputs, bit).into_iter().find_map(|reason| match reason {
            Reason::Role { role } => Some(Origin::Role(role.to_owned())),
            Reason::Grant { whence, depth, .. } => Some(match whence {
                Whence::Owner => Origin::Owner(name(depth)),
                Whence::Group(_) if depth == 0 => Origin::Belonging,
                Whence::Group(_) | Whence::GroupManager(_) => Origin::Group(name(depth)),
                Whence::Share(_) => Origin::Scope(name(depth)),
                Whence::Everyone => Origin::Everyone(name(depth)),
                Whence::Direct => Origin::Above(name(depth)),
            }),
            _ => None,
        })
    })
}
