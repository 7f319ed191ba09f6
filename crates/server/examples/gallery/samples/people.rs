//! Samples of the list of people, one of them, and the questions about them.

use askama::Template;
use guildhall_server::console::view::{
    Action, ChangeRolePage, Chip, Choice, ConfirmPage, Consequence, Fact, FactValue, GoingPage, Handing, Heirloom,
    Input, MemberPage, Pager, PeoplePage, Person, PersonRow, RemovedRow, Select, Tone, TypedWord,
};

use super::account::token_rows;
use super::reference::events;
use super::shared::{BACKWARDS, EMOJI, SCRIPT, Visit, ada, endless, grace, words};
use super::{Sample, answer, page};

pub(crate) const SAMPLES: &[Sample] = &[
    page("/acme/admin/users", "Users", |v| list(v, rows(v)).render()),
    page("/users-empty", "Users, none", |v| list(v, Vec::new()).render()),
    page("/acme/admin/users/mem_2", "User", |v| member(v).render()),
    page("/acme/admin/users/mem_2/role", "Change role", |v| change_role(v, None).render()),
    answer("/acme/admin/users/mem_2/role", "Change role, refused", 409, |v| {
        change_role(v, Some("Grace is the only Owner. Make somebody else an Owner first.")).render()
    }),
    page("/acme/admin/users/mem_2/remove", "Remove", |v| remove(v, None).render()),
    answer("/acme/admin/users/mem_2/remove", "Remove, refused", 422, |v| {
        remove(v, Some("Nobody who is active here has that address.")).render()
    }),
    page("/acme/me/delete", "Delete account", |v| farewell(v).render()),
    page("/acme/admin/users/mem_2/deactivate", "Deactivate", |v| deactivate(v).render()),
    page("/acme/admin/users/mem_2/reactivate", "Reactivate", |v| reactivate(v).render()),
    page("/acme/leave", "Leave", |v| leave(v, None).render()),
    page("/leave-refused", "Leave, refused", |v| {
        leave(v, Some("You are the only Owner. Make somebody else an Owner, then you can leave.")).render()
    }),
    page("/acme/admin/org/delete", "Delete organization", |v| delete(v, None).render()),
    answer("/acme/admin/org/delete", "Delete organization, mistyped", 422, |v| delete(v, Some("acme-rocket")).render()),
];

fn rows(visit: &Visit) -> Vec<PersonRow> {
    let base = "/acme/admin/users/mem_2";
    let usual = || {
        vec![
            Action::link("View", base),
            Action::ask("Change Role", format!("{base}/role")),
            Action::post("End sessions", format!("{base}/end-sessions")),
            Action::ask("Deactivate", format!("{base}/deactivate")),
            Action::ask("Remove Access", format!("{base}/remove")).danger(),
        ]
    };
    let row = |person: Person, role: &str, state: Chip, seen_s: i64| PersonRow {
        person,
        role: role.to_owned(),
        state,
        last_active: (seen_s > 0).then(|| visit.ago(seen_s)),
        actions: usual(),
        ..PersonRow::default()
    };
    let named = |name: &str, email: &str| Person::new(name, email, email).href(base);
    let active = || Chip::new("Active", Tone::Good);
    let invited = || Chip::new("Invited", Tone::Info);
    let invitation = |email: &str, detail: &str, delivery: Chip| PersonRow {
        person: Person::new("", email, email).href("/acme/admin/invitations/inv_1"),
        role: "Viewer".to_owned(),
        state: delivery,
        state_detail: detail.to_owned(),
        actions: vec![
            Action::link("View", "/acme/admin/invitations/inv_1"),
            Action::ask("Change Role", format!("{base}/role")),
            Action::post("Resend Invitation", "/acme/admin/invitations/inv_1/resend"),
            Action::ask("Delete Invitation", format!("{base}/remove")).danger(),
        ],
        ..PersonRow::default()
    };
    let own = vec![
        Action::link("View", base),
        Action::refused("Change Role", "You are the only Owner: make somebody else an Owner first."),
        Action::refused("Deactivate", "You cannot deactivate yourself."),
        Action::ask_and_leave("Leave Organization", "/acme/leave").danger(),
    ];
    vec![
        PersonRow { actions: own, ..row(ada().label("You"), "Owner", active(), 20) },
        row(grace(), "Admin", active(), 3_700),
        invitation("linus@acme.example", "Expires in 5 days", invited()),
        invitation("margaret.hamilton@acme.example", "Mail failed", Chip::new("Invited", Tone::Bad)),
        row(named("Annie Easley", "annie@acme.example"), "Contributor", active(), 90_000),
        PersonRow {
            off: true,
            ..row(
                named("Alan Turing", "alan@acme.example"),
                "Viewer",
                Chip::new("Deactivated", Tone::Plain),
                40 * 86_400,
            )
        },
        row(named(SCRIPT, "bobby.tables@acme.example"), "Viewer", active(), 400),
        row(named(BACKWARDS, "sara@acme.example"), "Viewer, no secrets", active(), 400),
        row(named(&endless(), &format!("{}@acme.example", "x".repeat(180))), "Viewer", active(), 400),
        row(named(EMOJI, "zoe@acme.example"), "Viewer", Chip::new("Waiting for approval", Tone::Wait), 0),
        row(named("\u{200b}   ", "blank@acme.example"), "Viewer", active(), 0),
        row(Person::new("deploy-bot", "", "svc_1").href(base).label("Service account"), "Contributor", active(), 61),
    ]
}

fn list(visit: &Visit, mut rows: Vec<PersonRow>) -> PeoplePage {
    let query = visit.asked("query").to_owned();
    let wanted = query.to_lowercase();
    let role = visit.asked("role");
    rows.retain(|row| {
        let text = format!("{} {}", row.person.name, row.person.email).to_lowercase();
        text.contains(&wanted) && (role.is_empty() || row.role.eq_ignore_ascii_case(role))
    });
    let filtered = !query.is_empty() || !role.is_empty() || !visit.asked("status").is_empty();
    let choices = |all: &str, list: &[&str], chosen: &str| {
        let first = Choice::new("", all).selected(chosen.is_empty());
        let rest = list
            .iter()
            .map(|label| Choice::new(label.to_lowercase(), *label).selected(label.eq_ignore_ascii_case(chosen)));
        std::iter::once(first).chain(rest).collect()
    };
    PeoplePage {
        page: visit.shell("Users"),
        words: words(),
        href: "/acme/admin/users".to_owned(),
        seats: Some((18, 20)),
        domains: None,
        query,
        roles: choices("All roles", &["Owner", "Admin", "Contributor", "Viewer"], role),
        groups: Vec::new(),
        kinds: choices("All kinds", &["People", "Service accounts"], ""),
        bulk: vec![("role", "Change Role".to_owned()), ("remove", "Remove Access".to_owned())],
        export_href: "/api/v1/organizations/acme/members/export?format=csv".to_owned(),
        import_href: Some("/acme/admin/import".to_owned()),
        statuses: choices("All states", &["Active", "Invited", "Deactivated"], visit.asked("status")),
        filtered,
        pager: Pager {
            summary: format!("{} shown", rows.len()),
            first: None,
            next: (!filtered && !rows.is_empty()).then(|| "/acme/admin/users?after=next".to_owned()),
        },
        has_roles: true,
        invite: Some(Action::link("+ Create Users", "/acme/admin/invite")),
        advice: (!rows.is_empty() && !filtered).then(|| {
            "Only one user is an Owner. Two are recommended, in case one needs to leave or be removed.".to_owned()
        }),
        removed: if rows.is_empty() { Vec::new() } else { removed(visit) },
        rows,
    }
}

fn removed(visit: &Visit) -> Vec<RemovedRow> {
    let undo = Action::post("Undo", "/acme/admin/users/mem_2/restore");
    vec![RemovedRow { person: grace(), until: visit.ago(-86_400), undo }]
}

fn member(visit: &Visit) -> MemberPage {
    let base = "/acme/admin/users/mem_2";
    MemberPage {
        page: visit.below("Grace Hopper", &[("Users", "/acme/admin/users")]),
        words: words(),
        person: grace(),
        state: Chip::new("Active", Tone::Good),
        facts: vec![
            Fact::text("Email", "grace@acme.example"),
            Fact::text("Role", "Admin"),
            Fact::new("Joined", FactValue::When(visit.ago(90 * 86_400))),
            Fact::text("Came by", "Invitation from Ada Lovelace"),
            Fact::new("Last active", FactValue::When(visit.ago(3_700))),
            Fact::new("Id", FactValue::Code("mem_01jd8x2v7kq3m5".to_owned())),
        ],
        actions: vec![
            Action::ask("Change Role", format!("{base}/role")),
            Action::refused("Deactivate", "Only an Owner deactivates an Admin."),
            Action::ask_and_leave("Remove Access", format!("{base}/remove")).danger(),
        ],
        sessions: Some(2),
        recovery: vec![Action::ask("Reset second factors", "/acme/admin/users/mem_2/reset-factors").danger()],
        end_sessions: Action::post("End sessions", format!("{base}/end-sessions")),
        tokens: Some(token_rows(visit, false)),
        events: events(visit).into_iter().take(3).collect(),
        history_href: Some("/acme/admin/audit".to_owned()),
    }
}

fn change_role(visit: &Visit, error: Option<&str>) -> ChangeRolePage {
    ChangeRolePage {
        page: visit.below("EDIT USER", &[("Users", "/acme/admin/users")]),
        words: words(),
        person: grace(),
        role: Select {
            choices: vec![
                Choice::new("owner", "Owner")
                    .hint("Everything, the account included.")
                    .refused("Only an Owner makes Owners."),
                Choice::new("admin", "Admin")
                    .hint("Invites and manages users below Owner, integrations, audit logs.")
                    .selected(true),
                Choice::new("contributor", "Contributor")
                    .hint("Changes projects, parameters, environments and templates."),
                Choice::new("viewer", "Viewer").hint("Sees everything, secrets included."),
                Choice::new("viewer_no_secrets", "Viewer, no secrets").hint("Sees everything but secrets."),
            ],
            error: error.map(str::to_owned),
        },
        warning: None,
        action: "/acme/admin/users/mem_2/role".to_owned(),
        cancel_href: "/acme/admin/users".to_owned(),
    }
}

fn question(visit: &Visit, title: &str, yes: &str) -> ConfirmPage {
    ConfirmPage {
        page: visit.below(title, &[("Users", "/acme/admin/users")]),
        title: title.to_owned(),
        person: Some(grace()),
        lead: String::new(),
        consequences: Vec::new(),
        refused: None,
        typed: None,
        reason: None,
        action: visit.path.clone(),
        yes: yes.to_owned(),
        danger: true,
        cancel_href: "/acme/admin/users".to_owned(),
    }
}

fn going(visit: &Visit, title: &str, yes: &str) -> GoingPage {
    GoingPage {
        page: visit.below(title, &[("Users", "/acme/admin/users")]),
        title: title.to_owned(),
        person: None,
        lead: String::new(),
        consequences: Vec::new(),
        refused: None,
        problem: None,
        handing: None,
        after: Vec::new(),
        typed: None,
        password: None,
        action: visit.path.clone(),
        yes: yes.to_owned(),
        cancel_href: "/acme/admin/users".to_owned(),
    }
}

/// Two things with an owner who goes; the one for whom `wrong` is said was answered wrongly.
fn handing(wrong: Option<&str>) -> Handing {
    let thing = |id: &str, name: &str, heir: Input| Heirloom {
        field: format!("transfers.res_{id}"),
        name: name.to_owned(),
        kind: "Project".to_owned(),
        heir,
    };
    let heir = wrong.map_or_else(Input::default, |why| Input::of("nobody@acme.test").wrong(why));
    Handing {
        lead: "2 things here have this owner. Each needs another owner first.".to_owned(),
        all: Input::default(),
        each: vec![thing("1", "Difference engine", heir), thing("2", &endless(), Input::default())],
        hidden: 0,
        people: vec![Choice::new("ada@acme.test", "Ada Lovelace")],
    }
}

fn remove(visit: &Visit, wrong: Option<&str>) -> GoingPage {
    GoingPage {
        person: Some(grace()),
        lead: "Grace loses access to Acme Rockets. For a while it can be undone.".to_owned(),
        consequences: vec![
            Consequence::ends("Their sessions here end with the very next request"),
            Consequence::ends("They leave 2 groups, 1 of them as manager"),
            Consequence::stays("What they did stays in the audit log"),
        ],
        handing: Some(handing(wrong)),
        after: vec!["Replace wherever they are in use: Deploy (…x7Kq).".to_owned()],
        ..going(visit, "Remove access?", "Yes, remove")
    }
}

fn farewell(visit: &Visit) -> GoingPage {
    GoingPage {
        lead: "This cannot be undone.".to_owned(),
        consequences: vec![Consequence::ends("Every session and every token of yours, at once")],
        typed: Some(TypedWord { expected: "ada".to_owned(), input: Input::default() }),
        password: Some(Input::default()),
        ..going(visit, "Delete your account?", "Delete your account")
    }
}

fn deactivate(visit: &Visit) -> ConfirmPage {
    ConfirmPage {
        lead: "Access ends at once and can be given back at any time.".to_owned(),
        consequences: vec![
            Consequence::ends("2 sessions end in this organization"),
            Consequence::ends("Personal tokens stop working while deactivated"),
            Consequence::stays("Role, groups and grants are kept"),
        ],
        ..question(visit, "Deactivate this user?", "Deactivate")
    }
}

fn reactivate(visit: &Visit) -> ConfirmPage {
    ConfirmPage {
        lead: "Access comes back with the role Admin. Sessions that ended stay ended: they sign in again.".to_owned(),
        danger: false,
        ..question(visit, "Reactivate this user?", "Reactivate")
    }
}

fn leave(visit: &Visit, refused: Option<&str>) -> GoingPage {
    GoingPage {
        lead: "You lose access to Acme Rockets at once. To come back you need a new invitation.".to_owned(),
        consequences: vec![
            Consequence::ends("Your role, grants and tokens here"),
            Consequence::stays("Your account and your other organizations"),
        ],
        refused: refused.map(str::to_owned),
        ..going(visit, "Leave Acme Rockets?", "Yes, leave")
    }
}

fn delete(visit: &Visit, typed: Option<&str>) -> ConfirmPage {
    let input = typed
        .map_or_else(Input::default, |text| Input::of(text).wrong("This is not the short name. Nothing was deleted."));
    ConfirmPage {
        person: None,
        lead: "Nothing of it can be brought back.".to_owned(),
        consequences: vec![
            Consequence::ends("12 users lose access at once"),
            Consequence::ends("Every session and token of it ends"),
            Consequence::ends("Its audit log is gone: export it first if you need it"),
        ],
        typed: Some(TypedWord { expected: "acme".to_owned(), input }),
        cancel_href: "/acme/admin/org".to_owned(),
        page: visit.below("Delete organization", &[("Settings", "/acme/admin/org")]),
        ..question(visit, "Delete Acme Rockets?", "Delete for ever")
    }
}
