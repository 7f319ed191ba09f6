//! Samples of inviting and of what the invitee sees.

use askama::Template;
use guildhall_server::console::view::{
    AcceptPage, AcceptState, Action, Chip, Choice, Fact, FactValue, Input, InvitationPage, InviteAddressesPage,
    InviteResultPage, InviteRolesPage, InviteeRow, Person, Place, PlaceChoice, Select, SentRow, Tone,
};

use super::shared::{SCRIPT, Visit, endless, words};
use super::{Sample, answer, page};

pub(crate) const SAMPLES: &[Sample] = &[
    page("/acme/admin/invite", "Invite, addresses", |v| addresses(v, Input::default()).render()),
    page("/invite-empty-list", "Invite, nothing typed", |v| {
        addresses(v, Input::of(" , ").wrong("There is no address in this list. Type at least one.")).render()
    }),
    answer("/acme/admin/invite/roles", "Invite, roles", 200, |v| roles(v).render()),
    page("/invite-roles", "Invite, roles", |v| roles(v).render()),
    answer("/acme/admin/invite/send", "Invite, result", 200, |v| result(v).render()),
    page("/invite-result", "Invite, result", |v| result(v).render()),
    page("/acme/admin/invitations/inv_1", "Invitation", |v| invitation(v).render()),
    page("/invite/new", "Accept, new person", |v| accept(v, new_person(false)).render()),
    page("/invite/bearer", "Accept, bearer link", |v| accept(v, new_person(true)).render()),
    page("/invite/ready", "Accept, signed in", |v| {
        accept(v, AcceptState::Ready { signed_in_as: "linus@acme.example".to_owned() }).render()
    }),
    page("/invite/other", "Accept, other account", |v| {
        accept(v, AcceptState::OtherAccount { signed_in_as: "ada@acme.example".to_owned() }).render()
    }),
    page("/invite/sign-in", "Accept, sign in first", |v| accept(v, AcceptState::SignIn).render()),
    page("/invite/not-now", "Accept, not now", |v| {
        accept(v, AcceptState::NotNow { why: "That person is a member already.".to_owned() }).render()
    }),
    page("/invite/expired", "Accept, expired", |v| accept(v, AcceptState::Expired).render()),
    page("/invite/used", "Accept, used", |v| accept(v, AcceptState::Used).render()),
    page("/invite/cancelled", "Accept, cancelled", |v| accept(v, AcceptState::Cancelled).render()),
    page("/invite/invalid", "Accept, not valid", |v| {
        let why = "All invite links of the organization were reset; ask for a new one.".to_owned();
        accept(v, AcceptState::Invalid { why }).render()
    }),
];

pub(crate) fn role_choices(chosen: &str) -> Select {
    Select::of(
        [
            ("owner", "Owner"),
            ("admin", "Admin"),
            ("contributor", "Contributor"),
            ("viewer", "Viewer"),
            ("viewer_no_secrets", "Viewer, no secrets"),
        ]
        .into_iter()
        .map(|(value, label)| Choice::new(value, label).selected(value == chosen))
        .collect(),
    )
}

fn addresses(visit: &Visit, typed: Input) -> InviteAddressesPage {
    InviteAddressesPage {
        page: visit.below("Invite team members", &[("Users", "/acme/admin/users")]),
        words: words(),
        action: "/acme/admin/invite/roles".to_owned(),
        cancel_href: "/acme/admin/users".to_owned(),
        addresses: typed,
        role: role_choices("viewer"),
        deliver: Select::of(vec![
            Choice::new("email", "By mail").hint("We send each of them a link.").selected(true),
            Choice::new("link", "By a link you hand over").hint("Nothing is sent; you get one link for each."),
        ]),
        by_handle: true,
        groups: operations(),
        places: places("all"),
        place_query: Some(String::new()),
        links_href: Some("/acme/admin/invite/links".to_owned()),
        warning: None,
    }
}

fn operations() -> Vec<Choice> {
    vec![Choice::new("grp_1", "Operations").selected(true), Choice::new("grp_2", "Design")]
}

fn places(row: &str) -> Vec<PlaceChoice> {
    let choices = vec![Choice::new("", "No role there"), Choice::new("reader", "Reader").selected(true)];
    vec![PlaceChoice { key: format!("place.{row}.res_1"), label: SCRIPT.to_owned(), choices }]
}

fn roles(visit: &Visit) -> InviteRolesPage {
    let row = |index: usize, email: &str, role: &str, problem: Option<&str>| InviteeRow {
        index,
        email: email.to_owned(),
        name: String::new(),
        problem: problem.map(str::to_owned),
        role: role_choices(role),
        names: Some(("Ann".to_owned(), "Lee".to_owned())),
        groups: operations(),
        places: places(&index.to_string()),
    };
    InviteRolesPage {
        page: visit.below("Set User Roles", &[("Users", "/acme/admin/users")]),
        words: words(),
        send_action: "/acme/admin/invite/send".to_owned(),
        again_action: "/acme/admin/invite/roles".to_owned(),
        back_action: "/acme/admin/invite".to_owned(),
        deliver: "email".to_owned(),
        problem: None,
        rows: vec![
            row(0, "linus@acme.example", "admin", None),
            row(1, "margaret.hamilton@acme.example", "viewer", None),
            row(2, "katherine@@acme", "viewer", Some("Not an email address: it has two @ signs.")),
            row(3, SCRIPT, "viewer", Some("Not an email address: it holds a < sign.")),
            row(4, "dorothy.vaughan.of.the.west.area.computing.unit@long-subdomain.acme.example", "contributor", None),
        ],
        all_role: role_choices("viewer"),
        problems: 2,
    }
}

fn result(visit: &Visit) -> InviteResultPage {
    InviteResultPage {
        page: visit.below("Invitations", &[("Users", "/acme/admin/users")]),
        words: words(),
        rows: vec![
            SentRow {
                email: "linus@acme.example".to_owned(),
                role: "Admin".to_owned(),
                state: Chip::new("On its way", Tone::Good),
                href: "/acme/admin/invitations/inv_1".to_owned(),
                ..SentRow::default()
            },
            SentRow {
                email: "margaret.hamilton@acme.example".to_owned(),
                role: "Viewer".to_owned(),
                state: Chip::new("Link made", Tone::Info),
                link: Some("http://127.0.0.1:8080/invite/gld_inv_5Tq0y3L9bW2mX7cK4nR8vZ1aJ6sD0fH2uE".to_owned()),
                href: "/acme/admin/invitations/inv_1".to_owned(),
                ..SentRow::default()
            },
            SentRow {
                email: "grace@acme.example".to_owned(),
                state: Chip::new("Refused", Tone::Bad),
                detail: "Is a member already.".to_owned(),
                code: "invitation.already_member".to_owned(),
                ..SentRow::default()
            },
        ],
        created: 2,
        refused: 1,
        people_href: "/acme/admin/users".to_owned(),
        again_href: "/acme/admin/invite".to_owned(),
    }
}

fn invitation(visit: &Visit) -> InvitationPage {
    let base = "/acme/admin/invitations/inv_1";
    InvitationPage {
        page: visit.below("Invitation", &[("Users", "/acme/admin/users")]),
        words: words(),
        person: Person::new("", "linus@acme.example", "inv_1"),
        state: Chip::new("Pending", Tone::Info),
        facts: vec![
            Fact::text("Role", "Admin"),
            Fact::new("Invited by", FactValue::Link(Place::new("Ada Lovelace", "/acme/admin/users/mem_2"))),
            Fact::new("Created", FactValue::When(visit.ago(2 * 86_400))),
            Fact::new("Expires", FactValue::When(visit.ago(-5 * 86_400 - 60))),
            Fact::new("Id", FactValue::Code("inv_01jd8x2v7kq3m5".to_owned())),
        ],
        delivery: Chip::new("Failed", Tone::Bad),
        delivery_detail: "550 5.1.1 <linus@acme.example>: no such mailbox. Tried 3 times, last 20 minutes ago. Check the address, then send it again.".to_owned(),
        link: Some("http://127.0.0.1:8080/invite/gld_inv_5Tq0y3L9bW2mX7cK4nR8vZ1aJ6sD0fH2uE".to_owned()),
        actions: vec![
            Action::ask("Change Role", format!("{base}/role")),
            Action::post("Resend Invitation", format!("{base}/resend")),
            Action::ask_and_leave("Delete Invitation", format!("{base}/cancel")).danger(),
        ],
    }
}

fn new_person(bearer: bool) -> AcceptState {
    AcceptState::NewPerson {
        email: Input::default(),
        name: Input::default(),
        password: Input::default(),
        password_hint: "At least 10 characters.".to_owned(),
        bearer,
    }
}

fn accept(visit: &Visit, state: AcceptState) -> AcceptPage {
    let bearer = matches!(state, AcceptState::NewPerson { bearer: true, .. });
    AcceptPage {
        page: visit.plain("Invitation"),
        action: visit.path.clone(),
        sign_in_href: "/sign-in?next=/invite/new".to_owned(),
        organization_name: if bearer { endless() } else { "Acme Rockets".to_owned() },
        inviter: if bearer { SCRIPT.to_owned() } else { "Ada Lovelace".to_owned() },
        email: if bearer { String::new() } else { "linus@acme.example".to_owned() },
        role: "Viewer".to_owned(),
        state,
        problem: None,
    }
}
