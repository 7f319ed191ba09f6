//! Samples of the pages before sign-in.

use askama::Template;
use guildhall_server::console::view::{
    Choice, ForgotPage, Input, LinkState, NewOrganizationPage, OrganizationsPage, Person, Place, ProblemPage,
    ResetPage, Select, SetupPage, SignInPage, SignInStep, SignUpPage, VerifyPage, WaitingPage,
};

use super::shared::{EMOJI, SCRIPT, Visit, endless};
use super::{Sample, answer, page};

pub(crate) const SAMPLES: &[Sample] = &[
    page("/setup", "Set-up", |v| setup(v, false).render()),
    page("/setup-wrong", "Set-up, mistakes", |v| setup(v, true).render()),
    page("/setup-hint", "Set-up, not begun", |v| {
        SetupPage { state: LinkState::Unknown, token: String::new(), ..setup(v, false) }.render()
    }),
    page("/setup-used", "Set-up, used", |v| SetupPage { state: LinkState::Used, ..setup(v, false) }.render()),
    page("/sign-in", "Sign-in", |v| sign_in(v, None).render()),
    answer("/sign-in", "Sign-in, refused", 422, |v| {
        sign_in(v, Some("That address and password do not go together.")).render()
    }),
    page("/sign-in-wrong", "Sign-in, refused", |v| {
        sign_in(v, Some("That address and password do not go together.")).render()
    }),
    page("/password/forgot", "Forgot password", |v| forgot(v, false).render()),
    answer("/password/forgot", "Forgot password, sent", 200, |v| forgot(v, true).render()),
    page("/password/forgot-sent", "Forgot password, sent", |v| forgot(v, true).render()),
    page("/password/reset/open", "Reset password", |v| reset(v, LinkState::Open).render()),
    page("/password/reset/done", "Reset password, done", |v| reset(v, LinkState::Done).render()),
    page("/password/reset/expired", "Reset password, expired", |v| reset(v, LinkState::Expired).render()),
    page("/email/verify/open", "Verify address", |v| verify(v, LinkState::Open).render()),
    page("/email/verify/done", "Verify address, done", |v| verify(v, LinkState::Done).render()),
    page("/email/verify/unknown", "Verify address, unknown", |v| verify(v, LinkState::Unknown).render()),
    page("/sign-up", "Sign-up", |v| sign_up(v).render()),
    page("/organizations", "Organizations", |v| organizations(v, true).render()),
    page("/organizations-none", "Organizations, none", |v| organizations(v, false).render()),
    page("/waiting", "Waiting for approval", |v| {
        WaitingPage {
            page: v.plain("Waiting for approval"),
            organization_name: endless(),
            slug: "acme".to_owned(),
            asked: false,
            email: "ada@acme.example".to_owned(),
        }
        .render()
    }),
    page("/organizations/new", "New organization", |v| new_organization(v).render()),
    page("/problem/400", "Problem 400", |v| {
        problem(
            v,
            400,
            "This request does not make sense here",
            "The link you followed holds a page mark that has run out. Go back to the first page.",
            "cursor.invalid",
        )
        .render()
    }),
    page("/problem/403", "Problem 403", |v| {
        problem(
            v,
            403,
            "You may not do that",
            "Your role here does not include it. An Owner can change your role or do it for you.",
            "access.forbidden",
        )
        .render()
    }),
    page("/problem/404", "Problem 404", |v| {
        problem(v, 404, "Nothing here", "There is no such page, or it is not for you to see.", "not_found").render()
    }),
    page("/problem/409", "Problem 409", |v| {
        problem(
            v,
            409,
            "Somebody was faster",
            "This was changed since you opened the page. Open it again and look at it first.",
            "revision.stale",
        )
        .render()
    }),
    page("/problem/422", "Problem 422", |v| {
        problem(
            v,
            422,
            "Something is not right",
            "The form holds a value that cannot be used. Go back and look at the marked fields.",
            "request.invalid",
        )
        .render()
    }),
    page("/problem/429", "Problem 429", |v| {
        problem(v, 429, "Too many tries", "Wait 42 seconds, then try again.", "rate.limited").render()
    }),
    page("/problem/500", "Problem 500", |v| {
        problem(
            v,
            500,
            "Something broke on our side",
            "It is logged. Try again; if it stays, tell whoever runs this installation the number below.",
            "",
        )
        .render()
    }),
    page("/problem/503", "Problem 503", |v| {
        problem(
            v,
            503,
            "Not available just now",
            "The database does not answer. Nothing was lost; try again in a minute.",
            "store.unavailable",
        )
        .render()
    }),
];

fn presets() -> Select {
    Select::of(vec![
        Choice::new("standard", "Standard")
            .hint("Our own best practice: owner, admin, member and guest, workspaces and projects.")
            .selected(true),
        Choice::new("cloudtruth", "CloudTruth")
            .hint("Owner, Admin, Contributor, Viewer; people are invited by mail with a role each."),
        Choice::new("pixie-hydra", "Pixie with Hydra")
            .hint("No roles: every member administers. Invitations are links that live for an hour."),
        Choice::new("onyx", "Onyx").hint("Admin, Basic, Curator; groups own connectors and document sets."),
    ])
}

const PASSWORD_RULE: &str = "At least 10 characters. A few plain words make a good one.";

fn setup(visit: &Visit, wrong: bool) -> SetupPage {
    let mut setup = SetupPage {
        page: visit.plain("Set up"),
        token: "sample".to_owned(),
        state: LinkState::Open,
        organization_name: Input::default(),
        slug: Input::default(),
        preset: presets(),
        name: Input::default(),
        email: Input::default(),
        password: Input::default(),
        password_hint: PASSWORD_RULE.to_owned(),
    };
    if wrong {
        setup.organization_name = Input::of(SCRIPT);
        setup.slug = Input::of("Acme!").wrong("Use small letters, digits and hyphens, at most 40.");
        setup.email = Input::of("ada@").wrong("This is not an email address: what comes after the @ is missing.");
        setup.name = Input::of(EMOJI);
        setup.password = Input::default().wrong("This has 4 characters, at least 10 are needed.");
    }
    setup
}

fn sign_in(visit: &Visit, problem: Option<&str>) -> SignInPage {
    SignInPage {
        page: visit.plain("Sign in"),
        email: Input::of(problem.map_or("", |_| "ada@acme.example")),
        next: "/acme/admin/users".to_owned(),
        problem: problem.map(str::to_owned),
        step: if problem.is_some() { SignInStep::Password } else { SignInStep::Address },
        passkeys: true,
        other_ways: Vec::new(),
        sign_up_href: Some("/sign-up".to_owned()),
        demo: None,
    }
}

fn forgot(visit: &Visit, sent: bool) -> ForgotPage {
    ForgotPage { page: visit.plain("New password"), email: Input::of(if sent { "ada@acme.example" } else { "" }), sent }
}

fn reset(visit: &Visit, state: LinkState) -> ResetPage {
    ResetPage {
        page: visit.plain("New password"),
        token: "sample/one".to_owned(),
        email: "ada@acme.example".to_owned(),
        state,
        password: Input::default(),
        password_hint: PASSWORD_RULE.to_owned(),
    }
}

fn verify(visit: &Visit, state: LinkState) -> VerifyPage {
    VerifyPage {
        page: visit.plain("Confirm address"),
        token: "sample".to_owned(),
        email: "ada@acme.example".to_owned(),
        state,
    }
}

fn sign_up(visit: &Visit) -> SignUpPage {
    SignUpPage {
        page: visit.plain("Create an account"),
        organization_name: Some("Acme Rockets".to_owned()),
        organization: "acme".to_owned(),
        name: Input::default(),
        email: Input::default(),
        password: Input::default(),
        password_hint: PASSWORD_RULE.to_owned(),
        problem: None,
    }
}

fn organizations(visit: &Visit, some: bool) -> OrganizationsPage {
    let place = |name: &str, slug: &str, role: &str| {
        Person::new(name, slug, slug).href(format!("/{slug}/admin/users")).label(role)
    };
    OrganizationsPage {
        page: visit.plain("Organizations"),
        email: "ada@acme.example".to_owned(),
        turned_away: Vec::new(),
        places: if some {
            vec![
                place("Acme Rockets", "acme", "Owner"),
                place(SCRIPT, "script", "Viewer"),
                place(&endless(), "endless", "Admin"),
            ]
        } else {
            Vec::new()
        },
        create_href: Some("/organizations/new".to_owned()),
    }
}

fn new_organization(visit: &Visit) -> NewOrganizationPage {
    NewOrganizationPage {
        page: visit.plain("New organization"),
        name: Input::default(),
        slug: Input::default(),
        preset: presets(),
    }
}

fn problem(visit: &Visit, status: u16, title: &str, detail: &str, code: &str) -> ProblemPage {
    ProblemPage {
        page: visit.plain(title),
        status,
        title: title.to_owned(),
        detail: detail.to_owned(),
        code: code.to_owned(),
        request_id: "0193f0c2-6a41-7c8e-9d35-52a1c1b4a0de".to_owned(),
        ways: vec![Place::new("Go to the start page", "/"), Place::new("Try again", visit.path.as_str())],
    }
}
