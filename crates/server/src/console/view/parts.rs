//! The small parts pages are made of: chips, flashes, actions, facts, pager. No texts of their own
//! and no markup: the macros of `templates/parts` draw them.

use super::Time;

/// The mood of a chip or a flash; colour is never its only sign, the text says it too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    /// No mood.
    #[default]
    Plain,
    /// Done, well, active.
    Good,
    /// Waits for somebody.
    Wait,
    /// Worth knowing.
    Info,
    /// Failed, ended, refused.
    Bad,
}

impl Tone {
    /// The class of a chip.
    #[must_use]
    pub fn chip(self) -> &'static str {
        match self {
            Self::Plain => "chip-plain",
            Self::Good => "chip-good",
            Self::Wait => "chip-wait",
            Self::Info => "chip-info",
            Self::Bad => "chip-bad",
        }
    }

    /// The class of a flash.
    #[must_use]
    pub fn flash(self) -> &'static str {
        match self {
            Self::Plain => "flash-plain",
            Self::Good => "flash-good",
            Self::Wait => "flash-wait",
            Self::Info => "flash-info",
            Self::Bad => "flash-bad",
        }
    }

    /// The icon of a flash.
    #[must_use]
    pub fn icon(self) -> &'static str {
        match self {
            Self::Good => "check",
            Self::Wait | Self::Bad => "alert",
            Self::Plain | Self::Info => "info",
        }
    }

    /// How a screen reader takes a flash: bad news at once, the rest when it is idle.
    #[must_use]
    pub fn role(self) -> &'static str {
        if self == Self::Bad { "alert" } else { "status" }
    }
}

/// A state in one or two words.
#[derive(Clone, Debug, Default)]
pub struct Chip {
    /// The words.
    pub label: String,
    /// Their mood.
    pub tone: Tone,
}

impl Chip {
    /// A chip.
    #[must_use]
    pub fn new(label: impl Into<String>, tone: Tone) -> Self {
        Self { label: label.into(), tone }
    }
}

/// A link with its words.
#[derive(Clone, Debug, Default)]
pub struct Place {
    /// The words.
    pub label: String,
    /// The address, of this site.
    pub href: String,
    /// Whether the reader is there.
    pub current: bool,
}

impl Place {
    /// A place the reader is not at.
    #[must_use]
    pub fn new(label: impl Into<String>, href: impl Into<String>) -> Self {
        Self { label: label.into(), href: href.into(), current: false }
    }
}

/// A message above the page: what just happened (shown once) or what holds (a notice).
#[derive(Clone, Debug, Default)]
pub struct Flash {
    /// Its mood.
    pub tone: Tone,
    /// One sentence.
    pub text: String,
    /// A second, quieter sentence; empty for none.
    pub detail: String,
    /// Where to go next.
    pub link: Option<Place>,
    /// Where a form posts that takes back what just happened; empty for none.
    pub undo: String,
}

impl Flash {
    /// One sentence in a mood.
    #[must_use]
    pub fn new(tone: Tone, text: impl Into<String>) -> Self {
        Self { tone, text: text.into(), ..Self::default() }
    }

    /// With a second sentence.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into();
        self
    }

    /// With a button that takes back what just happened.
    #[must_use]
    pub fn undo(mut self, href: impl Into<String>) -> Self {
        self.undo = href.into();
        self
    }

    /// Whether it floats over the page and goes by itself: good news does, what must be read stays.
    #[must_use]
    pub fn passes(&self) -> bool {
        matches!(self.tone, Tone::Good | Tone::Plain)
    }

    /// With a link at the end of the first sentence.
    #[must_use]
    pub fn link(mut self, label: impl Into<String>, href: impl Into<String>) -> Self {
        self.link = Some(Place::new(label, href));
        self
    }
}

/// How an action is taken.
#[derive(Clone, Debug)]
pub enum ActionKind {
    /// Go to a page.
    Link,
    /// Go to a page that asks first, shown as a dialog when scripts run. `leaves` is set when a yes
    /// makes the page the action stands on disappear, so the browser must follow the answer.
    Ask {
        /// See above.
        leaves: bool,
    },
    /// Do it at once: a form that posts.
    Post,
    /// Not offered to this reader now.
    Refused {
        /// Why, in a sentence the reader can act on.
        why: String,
    },
}

/// Something the reader may do here, or may not and why.
#[derive(Clone, Debug)]
pub struct Action {
    /// The preset's word for it.
    pub label: String,
    /// The address; empty when refused.
    pub href: String,
    /// Whether it ends something.
    pub danger: bool,
    /// How it is taken.
    pub kind: ActionKind,
}

impl Action {
    fn new(label: impl Into<String>, href: impl Into<String>, kind: ActionKind) -> Self {
        Self { label: label.into(), href: href.into(), danger: false, kind }
    }

    /// A link to a page.
    #[must_use]
    pub fn link(label: impl Into<String>, href: impl Into<String>) -> Self {
        Self::new(label, href, ActionKind::Link)
    }

    /// A question whose yes leaves the reader on the page.
    #[must_use]
    pub fn ask(label: impl Into<String>, href: impl Into<String>) -> Self {
        Self::new(label, href, ActionKind::Ask { leaves: false })
    }

    /// A question whose yes leads the reader elsewhere.
    #[must_use]
    pub fn ask_and_leave(label: impl Into<String>, href: impl Into<String>) -> Self {
        Self::new(label, href, ActionKind::Ask { leaves: true })
    }

    /// A form that posts at once.
    #[must_use]
    pub fn post(label: impl Into<String>, href: impl Into<String>) -> Self {
        Self::new(label, href, ActionKind::Post)
    }

    /// Shown with the reason why it is not offered.
    #[must_use]
    pub fn refused(label: impl Into<String>, why: impl Into<String>) -> Self {
        Self::new(label, "", ActionKind::Refused { why: why.into() })
    }

    /// Marks an action that ends something.
    #[must_use]
    pub fn danger(mut self) -> Self {
        self.danger = true;
        self
    }
}

/// The value of a fact.
#[derive(Clone, Debug)]
pub enum FactValue {
    /// Words.
    Text(String),
    /// An id or a code.
    Code(String),
    /// Several, each as a label of its own.
    Marks(Vec<String>),
    /// The same of long lists, told by how many they are until they are opened.
    Many(Vec<String>),
    /// A moment.
    When(Time),
    /// A state.
    State(Chip),
    /// A link.
    Link(Place),
    /// Nothing known.
    Nothing,
}

/// One line of a key-value list.
#[derive(Clone, Debug)]
pub struct Fact {
    /// The key.
    pub label: String,
    /// The value.
    pub value: FactValue,
}

impl Fact {
    /// A fact.
    #[must_use]
    pub fn new(label: impl Into<String>, value: FactValue) -> Self {
        Self { label: label.into(), value }
    }

    /// A fact in words.
    #[must_use]
    pub fn text(label: impl Into<String>, text: impl Into<String>) -> Self {
        Self::new(label, FactValue::Text(text.into()))
    }
}

/// Where one is in a list that is paged by cursor.
#[derive(Clone, Debug, Default)]
pub struct Pager {
    /// What is shown, such as `50 people`.
    pub summary: String,
    /// Address of the first page, when this is not it.
    pub first: Option<String>,
    /// Address of the next page.
    pub next: Option<String>,
}
