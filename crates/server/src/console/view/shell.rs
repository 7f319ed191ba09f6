//! What surrounds every page: title, theme, navigation, messages. It does not know what the page is about.

use askama::Template;

use super::{Avatar, Flash, Place};

/// The themes one may choose: value of the cookie and of the form field, and its word.
pub const THEMES: [(&str, &str); 3] = [("auto", "Auto"), ("light", "Light"), ("dark", "Dark")];

/// The surroundings of a page without an organization: sign-in, set-up, invitation, problem.
#[derive(Clone, Debug, Default)]
pub struct Plain {
    /// The title of the window.
    pub title: String,
    /// The value of the `theme` cookie: `light`, `dark`, anything else is the system's.
    pub theme: String,
    /// The token every form sends as `csrf`.
    pub csrf: String,
    /// What just happened.
    pub flash: Vec<Flash>,
    /// Whether all data is made up.
    pub demo: bool,
}

/// The surroundings of an organization's pages.
#[derive(Clone, Debug, Default)]
pub struct Shell {
    /// The title of the window.
    pub title: String,
    /// As in [`Plain`].
    pub theme: String,
    /// As in [`Plain`].
    pub csrf: String,
    /// What just happened: shown once, may be put away.
    pub flash: Vec<Flash>,
    /// What holds until somebody mends it, such as mail that is written to files.
    pub notices: Vec<Flash>,
    /// The organization of the address.
    pub organization: OrganizationMark,
    /// The reader's organizations, for the switcher.
    pub organizations: Vec<Place>,
    /// The tabs the preset has and the reader may open.
    pub nav: Vec<NavGroup>,
    /// The reader.
    pub account: Account,
    /// The way here, without the page itself; empty on a page of the navigation.
    pub trail: Vec<Place>,
    /// As in [`Plain`].
    pub demo: bool,
}

/// An organization's name and picture.
#[derive(Clone, Debug, Default)]
pub struct OrganizationMark {
    /// Its name.
    pub name: String,
    /// Initials and colour.
    pub avatar: Avatar,
}

/// A group of tabs.
#[derive(Clone, Debug, Default)]
pub struct NavGroup {
    /// Its heading; empty for none.
    pub label: String,
    /// Its tabs.
    pub links: Vec<NavLink>,
}

/// One tab.
#[derive(Clone, Debug, Default)]
pub struct NavLink {
    /// The preset's word.
    pub label: String,
    /// The address.
    pub href: String,
    /// The name of an icon, as in `1-tokens.css`.
    pub icon: String,
    /// Whether the page is this tab or below it.
    pub current: bool,
}

/// The reader, in the corner.
#[derive(Clone, Debug, Default)]
pub struct Account {
    /// Their name.
    pub name: String,
    /// Their address.
    pub email: String,
    /// Initials and colour.
    pub avatar: Avatar,
    /// Their own page, such as `/acme/me`.
    pub href: String,
}

/// The side column, rendered once for every page that has one.
#[derive(Template)]
#[template(path = "parts/side.html")]
pub struct Side<'a> {
    page: &'a Shell,
}

impl Shell {
    /// The side column of this page.
    #[must_use]
    pub fn side(&self) -> Side<'_> {
        Side { page: self }
    }

    /// Whether `value` is the theme chosen; nothing chosen counts as `auto`.
    #[must_use]
    pub fn has_theme(&self, value: &str) -> bool {
        let chosen = if matches!(self.theme.as_str(), "light" | "dark") { self.theme.as_str() } else { "auto" };
        chosen == value
    }
}
