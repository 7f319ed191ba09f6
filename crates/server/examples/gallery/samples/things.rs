//! Samples of pages that are made of parts: a list, one thing with its forms, a question, and why.

use askama::Template;
use guildhall_server::console::view::{
    Action, Cell, Chip, Choice, Consequence, Empty, Fact, Field, Flash, Form, Input, Link, Pager, Part, Row,
    ScopeGroup, Select, Table, ThingPage, Tone, Why,
};

use super::shared::{BACKWARDS, SCRIPT, Visit, ada, endless, grace};
use super::{Sample, answer, page};

pub(crate) const SAMPLES: &[Sample] = &[
    page("/acme/admin/service-accounts", "Service accounts", |v| list(v, rows(v)).render()),
    page("/service-accounts-empty", "Service accounts, none", |v| list(v, Vec::new()).render()),
    page("/acme/admin/groups/grp_1", "Group", |v| one(v, None).render()),
    answer("/acme/admin/groups/grp_1", "Group, refused", 409, |v| {
        one(v, Some("Another group has that name.")).render()
    }),
    page("/acme/admin/why", "Why", |v| why(v).render()),
];

fn rows(visit: &Visit) -> Vec<Row> {
    let href = "/acme/admin/service-accounts/svc_1";
    let row = |name: &str, chip: Chip| Row {
        about: name.to_owned(),
        cells: vec![
            Cell::Name { label: name.to_owned(), href: href.to_owned(), under: endless(), chips: vec![chip] },
            Cell::Text("Contributor".to_owned()),
            Cell::Codes(vec!["member.list".to_owned()], "Everything it may"),
            Cell::When(Some(visit.ago(3_700)), "Never"),
        ],
        actions: vec![Action::link("View", href), Action::ask("Delete", format!("{href}/delete")).danger()],
    };
    vec![row("build-server", Chip::new("Active", Tone::Good)), row(SCRIPT, Chip::new("Deactivated", Tone::Plain))]
}

fn list(visit: &Visit, rows: Vec<Row>) -> ThingPage {
    let new = Action::link("New service account", "/acme/admin/service-accounts/new");
    ThingPage {
        page: visit.shell("Service accounts"),
        title: "Service accounts".to_owned(),
        lead: "Accounts of programs: nobody signs in with one, it works with its tokens alone.".to_owned(),
        acts: vec![new.clone()],
        begins: true,
        parts: vec![Part {
            pager: Some(Pager { summary: format!("{} shown", rows.len()), ..Pager::default() }),
            table: Some(Table::new("Service accounts", &["Name", "Role", "Scopes", "Last used"], rows)),
            empty: Some(Empty::new("key", "No service accounts yet", "A program has an account of its own.").act(new)),
            ..Part::default()
        }],
        ..ThingPage::default()
    }
}

fn one(visit: &Visit, wrong: Option<&str>) -> ThingPage {
    let name = wrong.map_or_else(|| Input::of(BACKWARDS), |why| Input::of(BACKWARDS).wrong(why));
    let seat = Row {
        about: "Grace Hopper".to_owned(),
        cells: vec![Cell::Who(grace()), Cell::State(Chip::new("Runs it", Tone::Info))],
        actions: vec![Action::post("Take out", "/acme/admin/groups/grp_1/members/mem_2/out").danger()],
    };
    let permission = |name: &str, label: &str| Choice::new(name, label).hint(name);
    let fields = vec![
        Field::text("name", "Name", name),
        Field::area("description", "What it is for", Input::default()).optional(),
        Field::select("role", "Role", Select::of(vec![Choice::new("viewer", "Viewer")])),
        Field::options("life", "Ends", Select::of(vec![Choice::new("never", "Never").hint("Until it is revoked.")])),
        Field::tick("manager", Choice::new("true", "They run it")),
        Field::ticks(
            "permissions",
            "Permissions",
            vec![ScopeGroup {
                label: "Member".to_owned(),
                scopes: vec![permission("member.list", "View list of users")],
            }],
        )
        .hint("None chosen gives nothing."),
        Field::hidden("section", SCRIPT),
    ];
    let form = Form {
        action: "/acme/admin/groups/grp_1".to_owned(),
        fields,
        yes: "Save".to_owned(),
        cancel_href: "/acme/admin/groups".to_owned(),
        ..Form::default()
    };
    ThingPage {
        page: visit.below("Designers", &[("Groups", "/acme/admin/groups")]),
        title: endless(),
        chips: vec![Chip::new("For everybody", Tone::Info)],
        acts: vec![Action::refused("Delete group", "It comes with the preset and stays.")],
        notes: vec![Flash::new(Tone::Wait, "A directory keeps it.")],
        parts: vec![
            Part { facts: vec![Fact::text("Made by", "Ada Lovelace")], ..Part::new("about", "About") },
            Part {
                table: Some(Table::new("Who is in it", &["Name", "Place"], vec![seat])),
                ..Part::new("people", "Who is in it")
            },
            Part {
                consequences: vec![Consequence::ends("Loses access"), Consequence::stays("Keeps the account")],
                form: Some(form),
                ..Part::new("edit", "Name and purpose").intro("One sentence.")
            },
            Part { danger: true, empty: Some(Empty::new("key", "", "Nothing.")), ..Part::new("end", "End") },
        ],
        ..ThingPage::default()
    }
}

fn why(visit: &Visit) -> ThingPage {
    let link = |kind: &str, label: &str, stops: bool| Link {
        kind: kind.to_owned(),
        label: label.to_owned(),
        href: if stops { String::new() } else { "/acme/admin/roles/viewer".to_owned() },
        stops,
    };
    let because = |allowed: bool, chains: Vec<Vec<Link>>| Why {
        label: "View project parameters".to_owned(),
        name: "parameter.read".to_owned(),
        allowed,
        chains,
    };
    let by_group =
        vec![link("Member", "Viewer", false), link("Group", SCRIPT, false), link("Granted on", &endless(), false)];
    let whys = vec![
        because(true, vec![vec![link("Member", "Viewer", false), link("Role", "Viewer", false)], by_group]),
        because(false, vec![vec![link("Member", "Viewer", false), link("Stops", "Neither gives it", true)]]),
    ];
    let form = Form {
        action: "/acme/admin/why".to_owned(),
        asks: true,
        fields: vec![Field::code("who", "Who", Input::of(ada().email)).hint("An address.").optional()],
        yes: "Ask".to_owned(),
        ..Form::default()
    };
    ThingPage {
        page: visit.below("Why", &[("Users", "/acme/admin/users")]),
        title: "Who may do what, and why".to_owned(),
        parts: vec![
            Part { form: Some(form), ..Part::new("question", "Ask") },
            Part { whys, ..Part::new("answer", "What Ada may do on Rocket").intro("1 of 2.") },
        ],
        ..ThingPage::default()
    }
}
