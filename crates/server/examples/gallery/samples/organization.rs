//! Samples of the organization's own page and of its roles.

use askama::Template;
use guildhall_server::console::view::{
    Action, ApprovalSwitch, Choice, Input, Knob, KnobControl, KnobGroup, MatrixCell, MatrixRow, MatrixSection,
    OrganizationPage, Place, RoleHead, RolesPage, SettingsPage,
};

use super::shared::{Visit, words};
use super::{Sample, page};

pub(crate) const SAMPLES: &[Sample] = &[
    page("/acme/admin/org", "Settings", |v| settings(v, true).render()),
    page("/settings-read-only", "Settings, read only", |v| settings(v, false).render()),
    page("/acme/admin/org/settings/joining", "Settings, joining", |v| joining_page(v).render()),
    page("/acme/admin/roles", "Roles", |v| roles(v).render()),
];

fn knob(name: &str, label: &str, sentence: &str, control: KnobControl) -> Knob {
    Knob { name: name.to_owned(), label: label.to_owned(), sentence: sentence.to_owned(), control, error: None }
}

fn number(value: &str, unit: &str) -> KnobControl {
    KnobControl::Number { value: value.to_owned(), min: "1".to_owned(), max: "365".to_owned(), unit: unit.to_owned() }
}

/// The pages of the settings, one of them current.
fn sections(current: &str) -> Vec<Place> {
    let place = |label: &str, rest: &str| Place {
        current: label == current,
        ..Place::new(label, format!("/acme/admin/org{rest}"))
    };
    vec![place("General", ""), place("Joining", "/settings/joining"), place("Sharing", "/settings/sharing")]
}

fn joining_page(visit: &Visit) -> SettingsPage {
    SettingsPage {
        page: visit.below("Joining", &[("Settings", "/acme/admin/org")]),
        words: words(),
        title: "Joining".to_owned(),
        intro: "How people come in.".to_owned(),
        sections: sections("Joining"),
        section: "joining".to_owned(),
        policy_action: "/acme/admin/org/policy".to_owned(),
        approvals: Some(ApprovalSwitch {
            action: "/acme/admin/org/policy".to_owned(),
            section: "approval".to_owned(),
            on: true,
            waiting: "Disabling lets in who waits: grace@acme.example.".to_owned(),
        }),
        open: joining(),
        fixed: sessions_and_tokens(),
        may_save: true,
    }
}

fn joining() -> KnobGroup {
    KnobGroup {
        title: "Joining".to_owned(),
        intro: "How people come in, and who has a say.".to_owned(),
        knobs: vec![
            knob(
                "approval.mode",
                "Approvals",
                "Whoever joins waits until somebody approves them.",
                KnobControl::Choice(vec![
                    Choice::new("off", "Off").selected(true),
                    Choice::new("all", "For everybody"),
                    Choice::new("outside_domains", "Outside our domains"),
                ]),
            ),
            knob(
                "approval.exempt_named_invites",
                "Named invitations skip it",
                "People invited by name come in without waiting.",
                KnobControl::Toggle(true),
            ),
            knob(
                "join.domains",
                "Allowed domains",
                "Only addresses of these domains may be invited; one a line, none means all.",
                KnobControl::Lines("acme.example\nacme-labs.example".to_owned()),
            ),
            Knob {
                error: Some("At most 365 days.".to_owned()),
                ..knob(
                    "invite.ttl",
                    "Invitations live for",
                    "Afterwards the link is dead and has to be sent again.",
                    number("400", "days"),
                )
            },
        ],
    }
}

fn sessions_and_tokens() -> KnobGroup {
    KnobGroup {
        title: "Sessions and tokens".to_owned(),
        intro: String::new(),
        knobs: vec![
            knob(
                "session.life",
                "Sessions live for",
                "New sessions only; those that are open keep their end.",
                number("30", "days"),
            ),
            knob(
                "token.max_per_user",
                "Tokens for each person",
                "How many personal tokens one may hold.",
                number("5", ""),
            ),
            knob(
                "token.max_life_s",
                "Longest life of a token",
                "Left empty, a token may live for ever.",
                KnobControl::Span {
                    value: "90".to_owned(),
                    units: vec![Choice::new("86400", "days").selected(true), Choice::new("3600", "hours")],
                },
            ),
            knob(
                "leave.allowed_for",
                "Who may leave",
                "The roles whose holders may leave by themselves.",
                KnobControl::Ticks(vec![
                    Choice::new("owner", "Owner").selected(true),
                    Choice::new("admin", "Admin").selected(true),
                    Choice::new("viewer", "Viewer"),
                ]),
            ),
            knob(
                "token.value_again",
                "Show a token again",
                "A token is shown once, right after it is made.",
                KnobControl::Shown("No".to_owned()),
            ),
        ],
    }
}

fn settings(visit: &Visit, may_edit: bool) -> OrganizationPage {
    OrganizationPage {
        page: visit.shell("Settings"),
        words: words(),
        profile_action: "/acme/admin/org".to_owned(),
        name: Input::of("Acme Rockets"),
        slug: Input::of("acme"),
        preset: "cloudtruth, version 1".to_owned(),
        may_edit,
        sections: sections("General"),
        preset_action: Action::link("Preset", "/acme/admin/org/preset"),
        approvals: None,
        account: None,
        reset_links: may_edit
            .then(|| Action::ask_and_leave("Reset Invite Links", "/acme/admin/org/reset-links").danger()),
        reset_authentication: may_edit
            .then(|| Action::ask_and_leave("End all sessions and tokens", "/acme/admin/org/reset").danger()),
        delete: if may_edit {
            Action::ask_and_leave("Delete organization", "/acme/admin/org/delete").danger()
        } else {
            Action::refused("Delete organization", "Only an Owner deletes it.")
        },
    }
}

fn roles(visit: &Visit) -> RolesPage {
    let role = |name: &str, slug: &str, sentence: &str, holders: &str| RoleHead {
        name: name.to_owned(),
        slug: slug.to_owned(),
        href: format!("/acme/admin/roles/{slug}"),
        sentence: sentence.to_owned(),
        holders: holders.to_owned(),
        holders_href: format!("/acme/admin/users?role={slug}"),
        own: slug == "owner",
        made: false,
    };
    let row = |label: &str, name: &str, cells: [bool; 5]| MatrixRow {
        label: label.to_owned(),
        name: name.to_owned(),
        cells: cells.into_iter().map(|allowed| MatrixCell { allowed, note: String::new() }).collect(),
    };
    let mut update = row("Update non-owner roles and users", "member.update", [true, true, false, false, false]);
    if let Some(cell) = update.cells.get_mut(1) {
        cell.note = "below Owner".to_owned();
    }
    RolesPage {
        page: visit.shell("Roles"),
        words: words(),
        new: Action::refused("New role", "The preset's roles are all there are here."),
        roles: vec![
            role("Owner", "owner", "Everything, the account included.", "1 user"),
            role("Admin", "admin", "Invites and manages users below Owner, integrations, audit logs.", "2 users"),
            role("Contributor", "contributor", "Changes projects, parameters, environments and templates.", "2 users"),
            role("Viewer", "viewer", "Sees everything, secrets included.", "6 users"),
            role("Viewer, no secrets", "viewer_no_secrets", "Sees everything but secrets.", "1 user"),
        ],
        sections: vec![
            MatrixSection {
                label: "Organization".to_owned(),
                rows: vec![
                    row("View list of users", "member.list", [true; 5]),
                    row("Create personal API access tokens", "token.create_own", [true, true, true, false, false]),
                    row("Manage and invite users", "member.invite", [true, true, false, false, false]),
                    row("View and download audit logs", "audit.read", [true, true, false, false, false]),
                    update,
                    row("Manage account", "account.manage", [true, false, false, false, false]),
                ],
            },
            MatrixSection {
                label: "Configuration".to_owned(),
                rows: vec![
                    row("View project parameters", "parameter.view", [true; 5]),
                    row("View project secrets", "secret.view", [true, true, true, true, false]),
                    row("Create, update, delete projects", "project.manage", [true, true, true, false, false]),
                ],
            },
        ],
    }
}
