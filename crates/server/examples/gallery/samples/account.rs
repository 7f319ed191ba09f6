//! Samples of one's own account and of tokens.

use askama::Template;
use guildhall_server::console::view::{
    Action, Chip, Choice, Input, MePage, NewTokenPage, Pager, Person, ScopeGroup, Select, SessionRow, TokenCreatedPage,
    TokenRow, TokensPage, Tone,
};

use super::shared::{SCRIPT, Visit, endless, words};
use super::{Sample, answer, page};

pub(crate) const SAMPLES: &[Sample] = &[
    page("/acme/me", "My account", |v| me(v, true).render()),
    page("/me-fresh", "My account, fresh", |v| me(v, false).render()),
    page("/acme/me/tokens/new", "New token", |v| new_token(v).render()),
    answer("/acme/me/tokens", "Token created", 200, |v| created(v).render()),
    page("/token-created", "Token created", |v| created(v).render()),
    page("/acme/admin/tokens", "Tokens", |v| tokens(v, token_rows(v, true)).render()),
    page("/tokens-empty", "Tokens, none", |v| tokens(v, Vec::new()).render()),
];

pub(crate) fn token_rows(visit: &Visit, with_holder: bool) -> Vec<TokenRow> {
    let row = |name: &str, tail: &str, holder: &str, scopes: &[&str], state: Chip| TokenRow {
        name: name.to_owned(),
        tail: format!("gld_pat_…{tail}"),
        holder: if with_holder { holder.to_owned() } else { String::new() },
        scopes: scopes.iter().map(|&scope| scope.to_owned()).collect(),
        state,
        created: visit.ago(30 * 86_400),
        expires: None,
        last_used: None,
        revoke: Action::ask("Revoke", "/acme/admin/users/mem_2/remove").danger(),
    };
    vec![
        TokenRow {
            last_used: Some(visit.ago(300)),
            ..row("Laptop", "x7Kq", "Ada Lovelace", &[], Chip::new("Active", Tone::Good))
        },
        TokenRow {
            expires: Some(visit.ago(-12 * 86_400 - 60)),
            ..row(
                "CI pipeline",
                "p0Zs",
                "Grace Hopper",
                &["member.list", "audit.read"],
                Chip::new("Active", Tone::Good),
            )
        },
        TokenRow {
            expires: Some(visit.ago(86_400)),
            ..row(SCRIPT, "9fQa", &endless(), &["member.list"], Chip::new("Expired", Tone::Plain))
        },
    ]
}

fn tokens(visit: &Visit, tokens: Vec<TokenRow>) -> TokensPage {
    TokensPage {
        page: visit.shell("API Tokens"),
        words: words(),
        pager: Pager { summary: format!("{} shown", tokens.len()), ..Pager::default() },
        tokens,
    }
}

fn me(visit: &Visit, settled: bool) -> MePage {
    let session = |device: &str, address: &str, used_s: i64, current: bool| SessionRow {
        device: device.to_owned(),
        address: address.to_owned(),
        started: visit.ago(used_s + 200_000),
        last_used: visit.ago(used_s),
        current,
        end: Action::post("End", "/acme/me/sessions/ses_2/end"),
    };
    MePage {
        page: visit.shell("My account"),
        words: words(),
        href: "/acme/me".to_owned(),
        name: Input::of("Ada Lovelace"),
        handle: Input::of(if settled { "ada" } else { "" }),
        email: Input::of("ada@acme.example"),
        email_verified: settled,
        email_waiting: settled.then(|| "ada.lovelace@acme.example".to_owned()),
        current_password: if settled {
            Input::default()
        } else {
            Input::default().wrong("This is not your current password.")
        },
        password: Input::default(),
        password_hint: "At least 10 characters.".to_owned(),
        security: "Password, Phone. 9 backup codes left.".to_owned(),
        sessions: if settled {
            vec![
                session("Firefox on Linux", "192.0.2.10", 10, true),
                session("Safari on iPhone", "198.51.100.7", 7_300, false),
                session("Unknown browser", "2001:db8::17", 200_000, false),
            ]
        } else {
            vec![session("Firefox on Linux", "192.0.2.10", 10, true)]
        },
        end_others: Action::post("End all others", "/acme/me/sessions/end-others"),
        tokens: if settled { token_rows(visit, false) } else { Vec::new() },
        new_token: if settled {
            Action::link("New token", "/acme/me/tokens/new")
        } else {
            Action::refused("New token", "Your role may not make personal tokens.")
        },
        organizations: vec![
            Person::new("Acme Rockets", "acme", "acme").href("/acme").label("Owner"),
            Person::new(&endless(), "endless", "endless").href("/endless").label("Viewer"),
        ],
        leave: if settled {
            Action::ask_and_leave("Leave Organization", "/acme/leave").danger()
        } else {
            Action::refused("Leave Organization", "Only Owners and Admins can leave; ask one of them to remove you.")
        },
        delete: if settled {
            Action::ask_and_leave("Delete account", "/acme/me/delete").danger()
        } else {
            Action::refused("Delete account", "You are the only active holder of the top role of acme.")
        },
    }
}

fn new_token(visit: &Visit) -> NewTokenPage {
    let group = |label: &str, scopes: &[(&str, &str)]| ScopeGroup {
        label: label.to_owned(),
        scopes: scopes.iter().map(|(value, hint)| Choice::new(*value, *value).hint(*hint)).collect(),
    };
    NewTokenPage {
        page: visit.below("New personal token", &[("My account", "/acme/me")]),
        words: words(),
        action: "/acme/me/tokens".to_owned(),
        cancel_href: "/acme/me".to_owned(),
        name: Input::default(),
        expiry: Select::of(vec![
            Choice::new("604800", "In 7 days"),
            Choice::new("2592000", "In 30 days").selected(true),
            Choice::new("31536000", "In a year"),
            Choice::new("", "Never"),
        ]),
        groups: vec![
            group("Members", &[("member.list", "See who belongs here"), ("member.invite", "Invite people")]),
            group("Audit", &[("audit.read", "Read and export the audit log")]),
            group("Tokens", &[("token.create", "Make more tokens, never with more than this one has")]),
        ],
        scopes_error: None,
    }
}

fn created(visit: &Visit) -> TokenCreatedPage {
    TokenCreatedPage {
        page: visit.below("Your token", &[("My account", "/acme/me")]),
        name: "Laptop".to_owned(),
        token: "gld_pat_7mQ2cX9vK4nT8wZ1aB5yR0eU3iO6pL2dF8gH".to_owned(),
        expires: Some(visit.ago(-30 * 86_400 + 600)),
        scopes: vec!["member.list".to_owned(), "audit.read".to_owned()],
        all: "Everything you may",
        back_href: "/acme/me".to_owned(),
    }
}
