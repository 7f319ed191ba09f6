#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]
use std::collections::BTreeSet;

use super::settings::{SETTINGS, find};
use super::*;

fn config(given: &[(&'static str, &str)]) -> Config {
    let accepted = given.iter().map(|(key, text)| (*key, find(key).unwrap().accept(&Value::from(*text)).unwrap()));
    Config::assemble(&accepted.collect()).unwrap()
}

#[test]
fn every_default_is_allowed_and_together_they_are_a_config() {
    for setting in SETTINGS {
        if let Some(default) = setting.default {
            assert!(setting.accept(&Value::from(default)).is_some(), "{}", setting.key);
        }
    }
    let config = config(&[]);
    assert_eq!(config.listen, "127.0.0.1:8080".parse().unwrap());
    assert_eq!((config.body_limit_bytes, config.bulk_body_limit_bytes), (1 << 20, 16 << 20));
    assert_eq!(config.outbox.retry_schedule_s, [60, 300, 1800, 7200, 21600, 86400]);
    assert!(config.database.is_none() && config.smtp.is_none() && config.trusted_proxies.is_empty());
    assert_eq!(config.password_params(), crate::security::password::DEFAULT_COSTS);
}

#[test]
fn defaults_allow_what_the_contract_promises() {
    let limits = config(&[]).limits;
    assert!(limits.sign_up_per_minute_per_address >= 60 && limits.accept_per_minute_per_address >= 60);
    assert!(limits.sign_in_failures_per_minute_per_address >= 30);
    assert!(limits.sign_in_failures_per_hour_per_account_and_address >= 30);
    assert!(limits.sign_in_failures_per_hour_per_account >= 30);
}

#[test]
fn keys_and_variables_are_unique_and_sentences_are_sentences() {
    let variables: BTreeSet<_> = SETTINGS.iter().map(settings::Setting::variable).collect();
    assert_eq!(variables.len(), SETTINGS.len());
    for setting in SETTINGS {
        assert!(setting.summary.ends_with('.'), "{}", setting.key);
        assert!(!setting.is_secret || setting.default.is_none(), "{}", setting.key);
    }
    assert_eq!(find("log.level").unwrap().variable(), "GUILDHALL_LOG_LEVEL");
}

#[test]
fn values_outside_their_bounds_are_not_accepted() {
    let bad = [
        ("listen", "8080"),
        ("listen", "localhost:8080"),
        ("database", "mysql://x"),
        ("database", "postgres://"),
        ("public_url", "example.com"),
        ("public_url", "https://a b"),
        ("smtp", "mail.example.com"),
        ("log.format", "xml"),
        ("mail_from", "nobody"),
        ("mail_from", "a@example.com\nBcc: b@example.com"),
        ("trusted_proxies", "10.0.0.0/8, x"),
        ("instance_key", "c2hvcnQ="),
        ("body_limit_bytes", "1"),
        ("body_limit_bytes", "-1"),
        ("body_limit_bytes", "1e6"),
        ("password.memory_kib", "7"),
        ("password.min_length", "4"),
        ("session.cookie_name", "a;b"),
        ("data", ""),
        ("outbox.retry_schedule_s", ""),
        ("outbox.retry_schedule_s", "60, soon"),
        ("limits.accept_per_minute_per_address", ""),
    ];
    for (key, text) in bad {
        assert!(find(key).unwrap().accept(&Value::from(text)).is_none(), "{key} = {text}");
    }
    assert!(find("listen").unwrap().accept(&Value::from(8080)).is_none());
    assert!(find("body_limit_bytes").unwrap().accept(&Value::from(2048.5)).is_none());
    assert!(find("data").unwrap().accept(&Value::from(true)).is_none());
}

#[test]
fn what_follows_from_the_public_address() {
    let bound = "127.0.0.1:4321".parse().unwrap();
    let plain = config(&[]);
    assert_eq!(
        (plain.public_url(bound), plain.cookie_name()),
        ("http://127.0.0.1:4321".to_owned(), "guildhall_session".to_owned())
    );
    assert_eq!(plain.public_url("0.0.0.0:80".parse().unwrap()), "http://localhost:80");
    assert_eq!(plain.public_url("[::1]:80".parse().unwrap()), "http://[::1]:80");
    let tls = config(&[("public_url", "https://teams.example.com/")]);
    assert_eq!(tls.public_url(bound), "https://teams.example.com");
    assert!(tls.is_https() && tls.cookie_name() == "__Host-guildhall_session");
}

#[test]
fn secrets_are_not_printed_and_proxies_are_trusted_by_range() {
    let config = config(&[
        ("database", "postgres://guildhall:hunter2@db/guildhall"),
        ("smtp", "smtps://user:hunter2@mail.example.com"),
        ("trusted_proxies", "10.0.0.0/8, fd00::/8"),
    ]);
    assert!(!format!("{config:?}").contains("hunter2"));
    assert!(
        config.is_trusted_proxy("10.1.1.1".parse().unwrap()) && config.is_trusted_proxy("fd00::1".parse().unwrap())
    );
    assert!(!config.is_trusted_proxy("192.0.2.1".parse().unwrap()));
}

#[test]
fn the_reference_names_every_setting_once() {
    let page = config_md();
    for setting in SETTINGS {
        assert_eq!(page.matches(&format!("### `{}`\n", setting.key)).count(), 1);
        assert!(page.contains(&setting.variable()));
    }
    assert!(page.contains("## `[limits]`") && !page.contains("19456 KiB"));
}
