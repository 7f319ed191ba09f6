#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]
use super::*;

const NOW: i64 = 1_790_000_000_000;

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn limits() -> Limits {
    Limits::new(LimitRates {
        sign_up: Rate::per_minute(600),
        accept: Rate::per_minute(600),
        sign_in_failures_by_address: Rate::per_minute(60),
        sign_in_failures_by_account_and_address: Rate::per_hour(40),
        sign_in_failures_by_account: Rate::per_hour(100),
        bad_tokens: Rate::per_minute(600),
        mail_requests: Rate::per_minute(60),
        mails_to_recipient: Rate::per_hour(30),
        mails_of_organization: Rate::per_hour(0),
    })
}

#[test]
fn a_bucket_gives_its_count_at_once_and_refills_evenly() {
    let limiter = Limiter::new(Rate::per_minute(3));
    for _ in 0..3 {
        assert_eq!(limiter.peek("a", NOW), Ok(()));
        assert_eq!(limiter.take("a", NOW), Ok(()));
    }
    assert_eq!(limiter.take("a", NOW), Err(RetryAfter { seconds: 20 }));
    assert_eq!(limiter.peek("a", NOW), Err(RetryAfter { seconds: 20 }));
    assert_eq!(limiter.take("b", NOW), Ok(()), "keys are apart");
    assert_eq!(limiter.take("a", NOW + 19_999), Err(RetryAfter { seconds: 1 }));
    assert_eq!(limiter.take("a", NOW + 20_000), Ok(()));
    assert!(limiter.take("a", NOW + 20_000).is_err());
    for _ in 0..3 {
        assert_eq!(limiter.take("a", NOW + 600_000), Ok(()));
    }
    assert!(limiter.take("a", NOW + 600_000).is_err(), "rest does not add up past the count");
}

#[test]
fn zero_is_no_limit_and_a_clock_that_steps_back_costs_one_period() {
    let open = Limiter::new(Rate::per_minute(0));
    assert!((0..10_000).all(|_| open.take("a", NOW).is_ok()) && open.is_empty());
    let limiter = Limiter::new(Rate::per_minute(1));
    limiter.take("a", NOW + 3_600_000).unwrap();
    assert_eq!(limiter.take("a", NOW), Err(RetryAfter { seconds: 60 }));
    assert_eq!(limiter.take("a", NOW + 60_000), Ok(()));
    assert_eq!(Limiter::new(Rate::per_minute(1)).take("a", i64::MIN), Ok(()));
}

#[test]
fn memory_is_bounded_and_the_busiest_are_remembered() {
    let limiter = Limiter::with_max_keys(Rate::per_minute(10), 1000);
    for _ in 0..10 {
        limiter.take("offender", NOW).unwrap();
    }
    for stranger in 0..5000 {
        limiter.take(&format!("stranger {stranger}"), NOW).unwrap();
        assert!(limiter.len() <= 1000);
    }
    assert!(limiter.take("offender", NOW).is_err());
    limiter.take("later", NOW + 120_000).unwrap();
    for stranger in 0..1000 {
        limiter.take(&format!("later {stranger}"), NOW + 120_000).unwrap();
    }
    assert!(limiter.len() <= 1000);
}

#[test]
fn a_flood_of_equal_buckets_is_halved_too() {
    let limiter = Limiter::with_max_keys(Rate::per_minute(1), 100);
    for stranger in 0..1000 {
        limiter.take(&format!("{stranger}"), NOW).unwrap();
        assert!(limiter.len() <= 100);
    }
}

#[test]
fn an_address_that_fails_with_many_accounts_is_slowed_and_right_ones_are_not_counted() {
    let limits = limits();
    let office = address("192.0.2.1");
    for person in 0..1000 {
        let account = format!("person{person}@example.com");
        limits.may_sign_in(&account, office, NOW).unwrap();
        limits.sign_in_succeeded(&account, office, NOW);
    }
    for guess in 0..60 {
        let account = format!("guess{guess}@example.com");
        limits.may_sign_in(&account, office, NOW).unwrap();
        limits.sign_in_failed(&account, office, NOW);
    }
    assert_eq!(limits.may_sign_in("person1@example.com", office, NOW), Err(RetryAfter { seconds: 1 }));
    assert!(limits.may_sign_in("person1@example.com", address("192.0.2.2"), NOW).is_ok());
}

#[test]
fn one_machine_at_one_account_is_slowed_without_the_owner_noticing() {
    let limits = limits();
    let stranger = address("198.51.100.7");
    for _ in 0..31 {
        limits.may_sign_in("ada@example.com", stranger, NOW).unwrap();
        limits.sign_in_failed("ada@example.com", stranger, NOW);
    }
    assert_eq!(limits.may_sign_in("ada@example.com", stranger, NOW), Err(RetryAfter { seconds: 1 }), "waits double");
    for _ in 31..40 {
        limits.sign_in_failed("ada@example.com", stranger, NOW);
    }
    assert_eq!(limits.may_sign_in("ada@example.com", stranger, NOW), Err(RetryAfter { seconds: 90 }));
    assert!(limits.may_sign_in("ada@example.com", address("192.0.2.1"), NOW).is_ok());
    assert!(limits.may_sign_in("bob@example.com", stranger, NOW).is_ok());
}

#[test]
fn many_machines_slow_guessing_but_do_not_lock_the_owner_out() {
    let limits = limits();
    let home = address("2001:db8:1:2::1");
    limits.sign_in_succeeded("ada@example.com", home, NOW);
    for machine in 0..100 {
        let stranger = IpAddr::from([198, 51, 100, machine]);
        limits.may_sign_in("ada@example.com", stranger, NOW).unwrap();
        limits.sign_in_failed("ada@example.com", stranger, NOW);
    }
    let next = limits.may_sign_in("ada@example.com", address("203.0.113.9"), NOW);
    assert_eq!(next, Err(RetryAfter { seconds: 36 }));
    assert!(limits.may_sign_in("ada@example.com", home, NOW).is_ok());
    let same_household = address("2001:db8:1:2:ffff::9");
    assert!(limits.may_sign_in("ada@example.com", same_household, NOW).is_ok());
    limits.sign_in_succeeded("ada@example.com", home, NOW + 5000);
    let later = NOW + 5000 + i64::from(KNOWN_ADDRESS_S) * 1000;
    assert!(limits.known.peek(&Whence::from(home).pair("ada@example.com"), later).is_ok(), "known for 30 days");
    assert!(limits.known.peek(&Whence::from(home).pair("ada@example.com"), later - 1).is_err());
}

#[test]
fn addresses_are_keyed_by_what_one_customer_holds() {
    assert_eq!(address_key(address("::ffff:192.0.2.1")), "192.0.2.1");
    assert_eq!(address_key(address("2001:db8::1")), address_key(address("2001:db8::ffff:1")));
    assert_ne!(address_key(address("2001:db8::1")), address_key(address("2001:db8:0:1::1")));
}

#[test]
fn a_known_browser_gets_in_whatever_a_stranger_does_from_the_same_place() {
    let limits = limits();
    let (ada, home) = ("ada@example.com", address("192.0.2.1"));
    for _ in 0..10_000 {
        limits.sign_in_failed(ada, home, NOW);
    }
    assert!(limits.may_sign_in(ada, home, NOW).is_err());
    assert_eq!(limits.may_sign_in(ada, Whence::device("her phone"), NOW), Ok(()));
    // The cookie is no way to guess without end either.
    for _ in 0..10_000 {
        limits.sign_in_failed(ada, Whence::device("stolen"), NOW);
    }
    assert!(limits.may_sign_in(ada, Whence::device("stolen"), NOW).is_err());
    assert_eq!(limits.may_sign_in(ada, Whence::device("her phone"), NOW), Ok(()));
}
