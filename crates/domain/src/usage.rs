//! What use comes to under the limits: whom each measures, how much is left, and who is stopped
//! until when. Does not count; the sums come in.

use crate::ids::{GroupId, MemberId};
use crate::limit::{Limit, Scope};
use crate::member::MemberKind;
use crate::time::Timestamp;

/// Most that one report may say.
pub const AMOUNT_MOST: u64 = 1_000_000_000_000;

/// Whose use it is. Anonymous use is nobody's.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The membership, if any, and who holds it.
    pub member: Option<(MemberId, MemberKind)>,
    /// Its groups.
    pub groups: &'a [GroupId],
}

/// Whose use a limit adds up for a subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measured {
    /// Everybody's.
    All,
    /// That of a group's members.
    Group(GroupId),
    /// One member's.
    One(MemberId),
}

/// Whose use a limit adds up to say whether `subject` may go on; `None` when it does not concern
/// them. Programs and anonymous use know the organization's limits only (ON-37).
#[must_use]
pub fn measured(limit: &Limit, subject: Subject<'_>) -> Option<Measured> {
    let person = subject.member.filter(|(_, kind)| *kind == MemberKind::Person).map(|(id, _)| id);
    match (limit.scope, person) {
        _ if !limit.terms.enabled => None,
        (Scope::Organization, _) => Some(Measured::All),
        (Scope::Member(only), Some(me)) if only.is_none_or(|one| one == me) => Some(Measured::One(me)),
        (Scope::Group(group), Some(me)) if subject.groups.contains(&group) => {
            Some(if limit.terms.pooled { Measured::Group(group) } else { Measured::One(me) })
        }
        _ => None,
    }
}

/// The last second that does not count any more in a period that ends at `now`.
#[must_use]
pub const fn gone_by_s(now: Timestamp, period_s: i64) -> i64 {
    now.micros().div_euclid(1_000_000) - period_s
}

/// One limit and how much of it is used.
#[derive(Clone, Debug)]
pub struct Gauge {
    /// The limit.
    pub limit: Limit,
    /// What was used in its period up to now.
    pub used: u64,
    /// When what is asked for will fit, if it does not now: the moment enough of the use has left
    /// the period. `None` with [`Gauge::is_full`] is never.
    pub free_at: Option<Timestamp>,
}

fn fits(used: u64, budget: u64, amount: u64) -> bool {
    used < budget && used.saturating_add(amount) <= budget
}

impl Gauge {
    /// Whether `amount` more does not fit. A budget that is reached is exceeded, whatever is asked
    /// for (ON-36).
    #[must_use]
    pub fn is_full(&self, amount: u64) -> bool {
        !fits(self.used, self.limit.terms.budget, amount)
    }

    /// What is left.
    #[must_use]
    pub fn remaining(&self) -> u64 {
        self.limit.terms.budget.saturating_sub(self.used)
    }

    /// The same with the moment `amount` will fit, from the use of its period: each second up to
    /// which something was used, and how much, in the order of time.
    #[must_use]
    pub fn until(self, window: &[(i64, u64)], amount: u64) -> Self {
        let (budget, period_s) = (self.limit.terms.budget, self.limit.terms.period_s);
        let mut left: u64 = window.iter().map(|(_, used)| used).sum();
        let free_s = window.iter().find_map(|(until_s, used)| {
            left = left.saturating_sub(*used);
            fits(left, budget, amount).then_some(until_s + period_s)
        });
        Self { free_at: free_s.map(|s| Timestamp::default().plus_s(s)), ..self }
    }
}

fn later(gauge: &Gauge) -> i64 {
    gauge.free_at.map_or(i64::MAX, Timestamp::micros)
}

/// The limited groups of a person, each with its gauges.
fn by_group(gauges: &[Gauge]) -> Vec<Vec<&Gauge>> {
    let mut groups: Vec<(GroupId, Vec<&Gauge>)> = Vec::new();
    for gauge in gauges {
        let Scope::Group(group) = gauge.limit.scope else { continue };
        match groups.iter_mut().find(|(id, _)| *id == group) {
            Some((_, same)) => same.push(gauge),
            None => groups.push((group, vec![gauge])),
        }
    }
    groups.into_iter().map(|(_, same)| same).collect()
}

/// The gauge that stops `amount` more, the last to give way; `None` when it fits.
///
/// Every limit of the organization and of the member must have room. Of a person's limited groups
/// one with room is enough: a group has room when each of its limits has (ON-37).
#[must_use]
pub fn stopped_by(gauges: &[Gauge], amount: u64) -> Option<&Gauge> {
    let full = |gauge: &&Gauge| gauge.is_full(amount);
    let own = gauges.iter().filter(|g| !matches!(g.limit.scope, Scope::Group(_)));
    let own = own.filter(full).max_by_key(|g| later(g));
    let groups: Option<Vec<&Gauge>> =
        by_group(gauges).into_iter().map(|same| same.into_iter().filter(full).max_by_key(|g| later(g))).collect();
    let group = groups.and_then(|all| all.into_iter().min_by_key(|g| later(g)));
    own.into_iter().chain(group).max_by_key(|g| later(g))
}

/// How much may still be used; `None` where nothing limits it.
#[must_use]
pub fn remaining(gauges: &[Gauge]) -> Option<u64> {
    let own = gauges.iter().filter(|g| !matches!(g.limit.scope, Scope::Group(_))).map(Gauge::remaining).min();
    let groups = by_group(gauges).into_iter().filter_map(|same| same.into_iter().map(Gauge::remaining).min()).max();
    own.into_iter().chain(groups).min()
}
