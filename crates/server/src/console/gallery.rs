//! `/design`: every component on one page, with made-up data, so that a change of the design is seen
//! in one place. It reads nothing and links nowhere that matters.

use askama::Template;

use super::view::{
    Account, Action, AuditEvent, Avatar, Cell, Chip, Choice, Empty, Fact, FactValue, Field, FieldChange, Flash, Form,
    Input, NavGroup, NavLink, OrganizationMark, Pager, Part, Person, Place, Row, Select, Shell, Table, Time, Tone,
};

/// `GET /design`
#[derive(Clone, Debug, Template)]
#[template(path = "gallery.html")]
pub struct GalleryPage {
    /// Surroundings.
    pub page: Shell,
    /// Flashes in every tone.
    pub flashes: Vec<Flash>,
    /// A message that floats and goes by itself, with a way back.
    pub passing: Vec<Flash>,
    /// Parts of a page: a table with menus, an empty one, a form.
    pub parts: Vec<Part>,
    /// Chips in every tone.
    pub chips: Vec<Chip>,
    /// People, some with names nobody would wish for.
    pub people: Vec<Person>,
    /// Actions of every kind.
    pub actions: Vec<Action>,
    /// A field as it is.
    pub field: Input,
    /// A field that is wrong.
    pub wrong: Input,
    /// A select and radio buttons.
    pub select: Select,
    /// Facts of every kind.
    pub facts: Vec<Fact>,
    /// A record of the audit trail.
    pub event: AuditEvent,
    /// A pager in the middle of a list.
    pub pager: Pager,
    /// Class, name of each colour.
    pub colours: Vec<(&'static str, &'static str)>,
    /// Names of the icons.
    pub icons: Vec<&'static str>,
}

const COLOURS: [(&str, &str); 12] = [
    ("sw-page", "page"),
    ("sw-side", "side"),
    ("sw-sunk", "sunk"),
    ("sw-line", "line"),
    ("sw-edge", "edge"),
    ("sw-ink", "ink"),
    ("sw-ink-2", "ink-2"),
    ("sw-ink-3", "ink-3"),
    ("sw-strong", "strong"),
    ("sw-link", "link"),
    ("sw-focus", "focus"),
    ("sw-danger", "danger"),
];

const ICONS: [&str; 28] = [
    "mark", "users", "user", "shield", "list", "key", "gear", "building", "mail", "search", "plus", "more", "down",
    "updown", "right", "left", "check", "cross", "copy", "alert", "info", "out", "clock", "screen", "lock", "file",
    "stack", "gauge",
];

impl GalleryPage {
    /// The page in `theme`, with `csrf` for its forms, at the moment `now_ms` (since 1970).
    #[must_use]
    pub fn new(theme: &str, csrf: &str, now_ms: i64) -> Self {
        let now = Time::from_millis(now_ms - 3 * 3_600_000, now_ms);
        Self {
            page: shell(theme, csrf),
            flashes: flashes(),
            passing: vec![Flash::new(Tone::Good, "Grace Hopper is deactivated.").undo("/design/reactivate")],
            parts: parts(),
            chips: chips(),
            people: people(),
            actions: actions(),
            field: Input::of("acme"),
            wrong: Input::of("ACME!").wrong("use small letters, digits and hyphens"),
            select: Select::of(vec![
                Choice::new("admin", "Admin").hint("Manages people, roles and settings").selected(true),
                Choice::new("viewer", "Viewer").hint("Reads everything, changes nothing"),
                Choice::new("owner", "Owner").hint("Everything").refused("Only an Owner makes Owners."),
            ]),
            facts: facts(now.clone()),
            event: event(now),
            pager: Pager {
                summary: "50 shown".to_owned(),
                first: Some("/design#pager".to_owned()),
                next: Some("/design#pager".to_owned()),
            },
            colours: COLOURS.to_vec(),
            icons: ICONS.to_vec(),
        }
    }
}

fn shell(theme: &str, csrf: &str) -> Shell {
    let link = |label: &str, anchor: &str, icon: &str| NavLink {
        label: label.to_owned(),
        href: format!("/design#{anchor}"),
        icon: icon.to_owned(),
        current: false,
    };
    Shell {
        title: "Design".to_owned(),
        theme: theme.to_owned(),
        csrf: csrf.to_owned(),
        organization: OrganizationMark { name: "Acme".to_owned(), avatar: Avatar::of("Acme", "acme") },
        nav: vec![NavGroup {
            label: "Design".to_owned(),
            links: vec![
                link("Foundations", "foundations", "stack"),
                link("Actions", "buttons", "check"),
                link("Forms", "forms", "file"),
                link("States", "states", "info"),
                link("Lists", "lists", "list"),
                link("Questions", "questions", "alert"),
            ],
        }],
        account: Account {
            name: "Ada Lovelace".to_owned(),
            email: "ada@example.com".to_owned(),
            avatar: Avatar::of("Ada Lovelace", "ada"),
            href: "/design".to_owned(),
        },
        ..Shell::default()
    }
}

fn flashes() -> Vec<Flash> {
    vec![
        Flash::new(Tone::Good, "3 invitations are on their way.").link("See them", "/design#states"),
        Flash::new(Tone::Info, "Only one person is an Owner.")
            .detail("Make a second one, so that nobody is locked out when one of them leaves."),
        Flash::new(Tone::Wait, "Mail is written to files: no mail server is set."),
        Flash::new(Tone::Bad, "The role was not changed: another Owner is needed first."),
        Flash::new(Tone::Plain, "Nothing changed."),
    ]
}

fn chips() -> Vec<Chip> {
    vec![
        Chip::new("Active", Tone::Good),
        Chip::new("Invited", Tone::Info),
        Chip::new("Waiting for approval", Tone::Wait),
        Chip::new("Deactivated", Tone::Plain),
        Chip::new("Mail failed", Tone::Bad),
    ]
}

fn people() -> Vec<Person> {
    vec![
        Person::new("Ada Lovelace", "ada@example.com", "usr_1").href("/design#states").label("You"),
        Person::new("", "grace@example.com", "usr_2").href("/design#states"),
        Person::new("<script>alert('name')</script>", "bobby@example.com", "usr_3").href("/design#states"),
        Person::new("\u{202e}gnp.exe\u{202c} ‏שרה כהן", "sara@example.com", "usr_4").href("/design#states"),
        Person::new(&"Wolfeschlegelsteinhausenbergerdorff ".repeat(6), "long@example.com", "usr_5"),
        Person::new("deploy-bot", "", "svc_1").label("Service account"),
    ]
}

fn actions() -> Vec<Action> {
    vec![
        Action::link("View profile", "/design#menus"),
        Action::ask("Change role", "/design/question"),
        Action::post("Resend invitation", "/design"),
        Action::refused("Deactivate", "You cannot deactivate yourself."),
        Action::ask("Remove", "/design/question").danger(),
    ]
}

/// The parts that most pages are made of.
fn parts() -> Vec<Part> {
    let row = |name: &str, chip: Chip| Row {
        about: name.to_owned(),
        cells: vec![
            Cell::Name {
                label: name.to_owned(),
                href: "/design#lists".to_owned(),
                under: "A quieter line".to_owned(),
                chips: vec![chip],
            },
            Cell::Codes(vec!["member.list".to_owned(), "audit.read".to_owned()], "Nothing"),
            Cell::When(None, "Never"),
        ],
        actions: actions(),
    };
    let rows = vec![
        row("deploy-bot", Chip::new("On", Tone::Good)),
        row("<script>alert('name')</script>", Chip::new("Off", Tone::Plain)),
    ];
    let form = Form {
        action: "/design".to_owned(),
        fields: vec![
            Field::code("claim", "Claim", Input::of("groups")).hint("What the provider calls it."),
            Field::file("lines", "Lines", Input::default()).hint("One a line.").optional(),
            Field::tick("runs", Choice::new("true", "They run it")),
        ],
        yes: "Save".to_owned(),
        cancel_href: "/design#lists".to_owned(),
        ..Form::default()
    };
    vec![
        Part {
            table: Some(Table::new("Programs", &["Name", "May", "Last used"], rows)),
            ..Part::new("part-table", "A part with a table").intro("Rows may have menus.")
        },
        Part {
            empty: Some(Empty::new("key", "", "Nothing yet; this says how to begin.")),
            ..Part::new("part-empty", "An empty part")
        },
        Part { form: Some(form), ..Part::new("part-form", "A part with a form") },
    ]
}

fn facts(at: Time) -> Vec<Fact> {
    vec![
        Fact::text("Role", "Admin"),
        Fact::new("State", FactValue::State(Chip::new("Active", Tone::Good))),
        Fact::new("Last active", FactValue::When(at)),
        Fact::new("Invited by", FactValue::Link(Place::new("Grace Hopper", "/design#lists"))),
        Fact::new("Id", FactValue::Code("mem_01jd8x2v7k".to_owned())),
        Fact::new("Group", FactValue::Nothing),
    ]
}

fn event(at: Time) -> AuditEvent {
    AuditEvent {
        id: "evt_example".to_owned(),
        at,
        actor: Person::new("Ada Lovelace", "ada@example.com", "usr_1"),
        verb: "changed the role of".to_owned(),
        target: Some(Place::new("Grace Hopper", "/design#lists")),
        rest: "from Viewer to Admin".to_owned(),
        kind: "member.role_changed".to_owned(),
        outcome: None,
        changes: vec![FieldChange {
            field: "role".to_owned(),
            before: Some("viewer".to_owned()),
            after: Some("admin".to_owned()),
        }],
        facts: vec![Fact::text("Address", "127.0.0.1")],
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
    use super::*;

    #[test]
    fn hostile_names_stay_text() {
        let html = GalleryPage::new("dark", "c\"srf", 1_790_000_000_000).render().unwrap();
        assert!(html.contains("&#60;script&#62;alert("), "the name is shown");
        assert!(!html.contains("<script>alert("), "the name is not markup");
        assert!(html.contains("c&#34;srf"), "attributes are escaped");
    }

    #[test]
    fn nothing_is_inline() {
        let html = GalleryPage::new("", "", 1_790_000_000_000).render().unwrap();
        for inline in [" style=", "<style", " onclick", " onload", "javascript:"] {
            assert!(!html.contains(inline), "{inline}");
        }
        assert_eq!(html.matches("<script").count(), 1, "the one script is a file");
        assert!(!html.contains("http://") && !html.contains("https://"));
    }

    #[test]
    fn every_icon_named_is_drawn() {
        let style = super::super::assets::all().iter().find(|a| a.name == "console.css").unwrap();
        let style = std::str::from_utf8(style.body).unwrap();
        for icon in ICONS {
            assert!(style.contains(&format!(".i-{icon} {{")), "{icon}");
        }
    }
}
