//! A page about one thing, or about many of a kind: a head and parts, each with facts, a table, a form or an
//! empty state. Pages that need no layout of their own are made of it. No texts of its own.

use askama::Template;

use super::{Action, Chip, Choice, Consequence, Fact, Flash, Input, Pager, Person, ScopeGroup, Select, Shell, Time};

/// Lists, each after the word that says what it is of.
pub type Lists = Vec<(&'static str, Vec<String>)>;

/// One cell of a table.
#[derive(Clone, Debug)]
pub enum Cell {
    /// What the row is about: its name with a page, a quieter line below, and states.
    Name {
        /// The name.
        label: String,
        /// Its page; empty for none.
        href: String,
        /// The line below; empty for none.
        under: String,
        /// States behind it.
        chips: Vec<Chip>,
    },
    /// Somebody.
    Who(Person),
    /// Words; empty shows a dash.
    Text(String),
    /// Names of permissions or other codes; none shows the words beside them.
    Codes(Vec<String>, &'static str),
    /// Sentences below one another.
    Lines(Vec<String>),
    /// Lists, each after the word that says what it is of.
    Told(Lists),
    /// Whether it is so.
    Held(bool),
    /// A moment; none shows the word beside it.
    When(Option<Time>, &'static str),
    /// A state.
    State(Chip),
}

impl Cell {
    /// A name without states.
    #[must_use]
    pub fn name(label: impl Into<String>, href: impl Into<String>, under: impl Into<String>) -> Self {
        Self::Name { label: label.into(), href: href.into(), under: under.into(), chips: Vec::new() }
    }
}

/// A row: its cells in the order of the columns, and what may be done about it.
#[derive(Clone, Debug, Default)]
pub struct Row {
    /// What it is about, for the name of its menu.
    pub about: String,
    /// The cells, the first one naming the row.
    pub cells: Vec<Cell>,
    /// The entries of its menu; none, no menu.
    pub actions: Vec<Action>,
}

/// A table whose rows may have menus.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// What it lists, for those who cannot see it.
    pub caption: String,
    /// The headings.
    pub columns: Vec<String>,
    /// The rows.
    pub rows: Vec<Row>,
}

impl Table {
    /// A table.
    #[must_use]
    pub fn new(caption: &str, columns: &[&str], rows: Vec<Row>) -> Self {
        Self { caption: caption.to_owned(), columns: columns.iter().map(|one| (*one).to_owned()).collect(), rows }
    }

    /// Whether any row has a menu.
    #[must_use]
    pub fn has_menus(&self) -> bool {
        self.rows.iter().any(|row| !row.actions.is_empty())
    }

    /// The heading above a cell.
    #[must_use]
    pub fn heading(&self, at: &usize) -> &str {
        self.columns.get(*at).map_or("", String::as_str)
    }
}

/// How a field takes its answer.
#[derive(Clone, Debug)]
pub enum Control {
    /// One line.
    Text {
        /// What was typed.
        input: Input,
        /// Whether it is a code: an id, a slug, an address.
        code: bool,
        /// The most characters.
        max: usize,
    },
    /// Several lines.
    Area(Input),
    /// Several lines, typed or taken from a file.
    File(Input),
    /// A list that opens.
    Select(Select),
    /// Few choices with a sentence each.
    Options(Select),
    /// Any number of many, in groups.
    Ticks(Vec<ScopeGroup>),
    /// Yes or no.
    Tick(Choice),
    /// Carried along.
    Hidden(String),
}

impl Control {
    fn is_wrong(&self) -> bool {
        match self {
            Self::Text { input, .. } | Self::Area(input) | Self::File(input) => input.error.is_some(),
            Self::Select(select) | Self::Options(select) => select.error.is_some(),
            Self::Ticks(_) | Self::Tick(_) | Self::Hidden(_) => false,
        }
    }
}

/// One field of a form.
#[derive(Clone, Debug)]
pub struct Field {
    /// The heading of the fields from here on; empty where none begins.
    pub heading: &'static str,
    /// Its name as it is sent, and its id.
    pub key: String,
    /// What it asks.
    pub label: String,
    /// A sentence below; empty for none.
    pub hint: String,
    /// Whether it may stay empty.
    pub optional: bool,
    /// The input.
    pub control: Control,
}

impl Field {
    fn new(key: &str, label: &str, control: Control) -> Self {
        let (key, label) = (key.to_owned(), label.to_owned());
        Self { heading: "", key, label, hint: String::new(), optional: false, control }
    }

    /// One line.
    #[must_use]
    pub fn text(key: &str, label: &str, input: Input) -> Self {
        Self::new(key, label, Control::Text { input, code: false, max: 200 })
    }

    /// One line that is a code.
    #[must_use]
    pub fn code(key: &str, label: &str, input: Input) -> Self {
        Self::new(key, label, Control::Text { input, code: true, max: 300 })
    }

    /// Several lines.
    #[must_use]
    pub fn area(key: &str, label: &str, input: Input) -> Self {
        Self::new(key, label, Control::Area(input))
    }

    /// Several lines, typed or taken from a file.
    #[must_use]
    pub fn file(key: &str, label: &str, input: Input) -> Self {
        Self::new(key, label, Control::File(input))
    }

    /// A list that opens.
    #[must_use]
    pub fn select(key: &str, label: &str, select: Select) -> Self {
        Self::new(key, label, Control::Select(select))
    }

    /// Few choices with a sentence each.
    #[must_use]
    pub fn options(key: &str, label: &str, select: Select) -> Self {
        Self::new(key, label, Control::Options(select))
    }

    /// Any number of many.
    #[must_use]
    pub fn ticks(key: &str, label: &str, groups: Vec<ScopeGroup>) -> Self {
        Self::new(key, label, Control::Ticks(groups))
    }

    /// Yes or no.
    #[must_use]
    pub fn tick(key: &str, choice: Choice) -> Self {
        Self::new(key, "", Control::Tick(choice))
    }

    /// Carried along.
    #[must_use]
    pub fn hidden(key: &str, value: impl Into<String>) -> Self {
        Self::new(key, "", Control::Hidden(value.into()))
    }

    /// With a sentence below.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }

    /// Below a heading of its own, with the fields that follow.
    #[must_use]
    pub const fn below(mut self, heading: &'static str) -> Self {
        self.heading = heading;
        self
    }

    /// It may stay empty.
    #[must_use]
    pub fn optional(mut self) -> Self {
        self.optional = true;
        self
    }
}

/// A form.
#[derive(Clone, Debug, Default)]
pub struct Form {
    /// Where it posts; with `asks` where it is asked.
    pub action: String,
    /// Whether it only asks: its answer stands in the address, and nothing is changed.
    pub asks: bool,
    /// The fields.
    pub fields: Vec<Field>,
    /// The word on the button.
    pub yes: String,
    /// Whether it ends something.
    pub danger: bool,
    /// Whether its `pick`s are answered one by one where scripts run, so that progress can be shown.
    pub each: bool,
    /// Back; empty for none.
    pub cancel_href: String,
}

impl Form {
    /// Whether something typed into it came back wrong.
    #[must_use]
    pub fn is_wrong(&self) -> bool {
        self.fields.iter().any(|field| field.control.is_wrong())
    }
}

/// What stands where nothing is listed, and the next step.
#[derive(Clone, Debug, Default)]
pub struct Empty {
    /// The name of an icon.
    pub icon: String,
    /// A few words.
    pub title: String,
    /// What will be here, and how to begin.
    pub text: String,
    /// The next step.
    pub act: Option<Action>,
}

impl Empty {
    /// An empty state.
    #[must_use]
    pub fn new(icon: &str, title: &str, text: impl Into<String>) -> Self {
        Self { icon: icon.to_owned(), title: title.to_owned(), text: text.into(), act: None }
    }

    /// With the next step.
    #[must_use]
    pub fn act(mut self, act: Action) -> Self {
        self.act = Some(act);
        self
    }
}

/// One link of a chain that tells why.
#[derive(Clone, Debug, Default)]
pub struct Link {
    /// What kind of link it is, such as `Role`.
    pub kind: String,
    /// Its name.
    pub label: String,
    /// Its page; empty for none.
    pub href: String,
    /// Whether it stops here.
    pub stops: bool,
}

/// Something one may or may not do, and the ways it comes about.
#[derive(Clone, Debug, Default)]
pub struct Why {
    /// What, in words.
    pub label: String,
    /// The name of the permission.
    pub name: String,
    /// Whether it is allowed.
    pub allowed: bool,
    /// Each way, from the membership on.
    pub chains: Vec<Vec<Link>>,
}

/// One part of the page.
#[derive(Clone, Debug, Default)]
pub struct Part {
    /// Its id on the page.
    pub id: String,
    /// Its heading; empty for a part that is the page itself, such as the one table of a list.
    pub title: String,
    /// One sentence; empty for none.
    pub intro: String,
    /// What may be done, beside the heading.
    pub acts: Vec<Action>,
    /// Facts.
    pub facts: Vec<Fact>,
    /// What ends and what stays.
    pub consequences: Vec<Consequence>,
    /// Chains that tell why.
    pub whys: Vec<Why>,
    /// A table.
    pub table: Option<Table>,
    /// What stands there when the table has no rows.
    pub empty: Option<Empty>,
    /// Around the pages of the table.
    pub pager: Option<Pager>,
    /// A form.
    pub form: Option<Form>,
    /// What opens the form, or the table where there is none; empty: it stands open. A form that came back with
    /// something wrong is open.
    pub opens: &'static str,
    /// Whether it ends something.
    pub danger: bool,
}

impl Part {
    /// A part with a heading.
    #[must_use]
    pub fn new(id: &str, title: impl Into<String>) -> Self {
        Self { id: id.to_owned(), title: title.into(), ..Self::default() }
    }

    /// With a sentence below the heading.
    #[must_use]
    pub fn intro(mut self, intro: impl Into<String>) -> Self {
        self.intro = intro.into();
        self
    }

    /// Whether anything stands below the heading.
    #[must_use]
    pub fn has_body(&self) -> bool {
        !self.facts.is_empty() || !self.consequences.is_empty() || !self.whys.is_empty() || self.form.is_some()
    }

    /// Whether there is a table with something in it.
    #[must_use]
    pub fn has_rows(&self) -> bool {
        self.table.as_ref().is_some_and(|table| !table.rows.is_empty())
    }
}

/// A page made of parts.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "thing.html")]
pub struct ThingPage {
    /// Surroundings.
    pub page: Shell,
    /// The heading.
    pub title: String,
    /// One or two sentences below it; empty for none.
    pub lead: String,
    /// States behind the heading.
    pub chips: Vec<Chip>,
    /// What may be done about the whole; the first one stands out on a list.
    pub acts: Vec<Action>,
    /// Whether the first of them begins something.
    pub begins: bool,
    /// What to know first.
    pub notes: Vec<Flash>,
    /// Whether it reads better narrow, as forms do.
    pub narrow: bool,
    /// The parts.
    pub parts: Vec<Part>,
}
