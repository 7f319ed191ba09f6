//! Whom limits measure, and who is stopped until when.
#![allow(clippy::unwrap_used)]

use guildhall_domain::ids::{GroupId, LimitId, MemberId, OrgId};
use guildhall_domain::limit::{self, Limit, Scope, Terms};
use guildhall_domain::member::MemberKind;
use guildhall_domain::time::Timestamp;
use guildhall_domain::usage::{Gauge, Measured, Subject, gone_by_s, measured, remaining, stopped_by};
use uuid::Uuid;

const ME: MemberId = MemberId::new(Uuid::from_u128(1));
const OTHER: MemberId = MemberId::new(Uuid::from_u128(2));
const RED: GroupId = GroupId::new(Uuid::from_u128(3));
const BLUE: GroupId = GroupId::new(Uuid::from_u128(4));

fn limit(scope: Scope, budget: u64) -> Limit {
    Limit {
        id: LimitId::new(Uuid::from_u128(9)),
        organization: OrgId::new(Uuid::nil()),
        scope,
        unit: "tokens".to_owned(),
        terms: Terms { budget, period_s: 60, pooled: true, enabled: true },
        created_at: Timestamp::default(),
        revision: 1,
    }
}

fn gauge(scope: Scope, used: u64, free_at_s: i64) -> Gauge {
    Gauge { limit: limit(scope, 100), used, free_at: Some(Timestamp::default().plus_s(free_at_s)) }
}

fn me(groups: &[GroupId]) -> Subject<'_> {
    Subject { member: Some((ME, MemberKind::Person)), groups }
}

#[test]
fn on_37_programs_and_anonymous_use_know_the_organizations_limits_only() {
    let program = Subject { member: Some((ME, MemberKind::ServiceAccount)), groups: &[RED] };
    let nobody = Subject { member: None, groups: &[] };
    let scopes = [Scope::Organization, Scope::Group(RED), Scope::Member(None), Scope::Member(Some(ME))];
    for subject in [program, nobody] {
        let concerned = scopes.map(|scope| measured(&limit(scope, 1), subject));
        assert_eq!(concerned, [Some(Measured::All), None, None, None]);
    }
}

#[test]
fn on_37_a_person_is_measured_alone_and_a_group_over_all_its_members_unless_each_is() {
    let of = |scope| measured(&limit(scope, 1), me(&[RED]));
    assert_eq!(of(Scope::Member(None)), Some(Measured::One(ME)));
    assert_eq!(of(Scope::Member(Some(ME))), Some(Measured::One(ME)));
    assert_eq!(of(Scope::Member(Some(OTHER))), None);
    assert_eq!(of(Scope::Group(RED)), Some(Measured::Group(RED)));
    assert_eq!(of(Scope::Group(BLUE)), None);
    let mut each = limit(Scope::Group(RED), 1);
    each.terms.pooled = false;
    assert_eq!(measured(&each, me(&[RED])), Some(Measured::One(ME)));
    each.terms.enabled = false;
    assert_eq!(measured(&each, me(&[RED])), None);
}

#[test]
fn on_36_a_budget_that_is_reached_stops_and_one_unit_below_it_does_not() {
    let full = |used, amount| stopped_by(&[gauge(Scope::Organization, used, 9)], amount).is_some();
    assert!(!full(99, 0) && !full(99, 1) && full(99, 2) && full(100, 0) && full(101, 0));
    assert!(full(0, 101), "what is larger than the budget never fits");
    assert!(stopped_by(&[], 1).is_none(), "without limits nobody is stopped");
}

#[test]
fn on_37_one_group_with_room_is_enough_and_all_exceeded_stop() {
    let red = |used, at| gauge(Scope::Group(RED), used, at);
    let blue = |used, at| gauge(Scope::Group(BLUE), used, at);
    assert!(stopped_by(&[red(100, 9), blue(99, 9)], 1).is_none());
    let both = [red(100, 9), blue(100, 7)];
    assert_eq!(stopped_by(&both, 1).unwrap().limit.scope, Scope::Group(BLUE), "the first to have room again");
    // A group with two limits has room when both have.
    let twice = [red(100, 9), red(10, 0), blue(100, 20)];
    assert_eq!(stopped_by(&twice, 1).unwrap().free_at, Some(Timestamp::default().plus_s(9)));
    // Room in a group does not help against the organization's limit or one's own.
    for scope in [Scope::Organization, Scope::Member(None)] {
        let gauges = [gauge(scope, 100, 5), red(0, 0)];
        assert_eq!(stopped_by(&gauges, 1).unwrap().limit.scope, scope);
    }
    assert_eq!(remaining(&[red(100, 9), blue(60, 9)]), Some(40));
    assert_eq!(remaining(&[gauge(Scope::Organization, 90, 9), blue(60, 9)]), Some(10));
    assert_eq!(remaining(&[]), None);
}

#[test]
fn on_38_room_comes_when_enough_of_the_use_has_left_the_period() {
    let full = Gauge { limit: limit(Scope::Organization, 100), used: 110, free_at: None };
    let window = [(1_000, 30), (1_010, 50), (1_020, 30)];
    let at = |amount| full.clone().until(&window, amount).free_at;
    let second = |s| Some(Timestamp::default().plus_s(s));
    assert_eq!(at(1), second(1_060), "80 are left once the first are gone");
    assert_eq!(at(21), second(1_070));
    assert_eq!(at(100), second(1_080));
    assert_eq!(at(101), None);
    assert_eq!(gone_by_s(Timestamp::from_micros(1_060_999_999), 60), 1_000);
    assert_eq!(gone_by_s(Timestamp::from_micros(1_059_999_999), 60), 999);
}

#[test]
fn terms_out_of_range_and_odd_units_are_refused() {
    let terms = Terms { budget: 1, period_s: 60, pooled: true, enabled: true };
    assert!(!terms.checked(Scope::Member(None)).unwrap().pooled);
    assert!(Terms { pooled: false, ..terms }.checked(Scope::Organization).unwrap().pooled);
    for bad in [
        Terms { budget: limit::BUDGET_MOST + 1, ..terms },
        Terms { period_s: 0, ..terms },
        Terms { period_s: limit::PERIOD_MOST_S + 1, ..terms },
    ] {
        assert!(bad.checked(Scope::Organization).is_err(), "{bad:?}");
    }
    for good in ["tokens", "cost_cents", "compute_s", "a.b-c1"] {
        assert_eq!(limit::unit(good).unwrap(), good);
    }
    for bad in ["", "Tokens", "1a", "a b", "é", &"a".repeat(64)] {
        assert!(limit::unit(bad).is_err(), "{bad}");
    }
}
